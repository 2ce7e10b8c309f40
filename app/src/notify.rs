//! What people are told by mail, and the single-use tokens that travel in it.
//!
//! A mailed token is 32 random bytes. The database has its hash, its purpose, its user and the address
//! it was sent to; an invitation, which has no user yet, is a row of its own table. `purposes!` in
//! domain says word, lifetime and page of each. A token is spent by one conditional UPDATE, in the
//! transaction of what it is good for. A new one voids the older ones of its purpose, and a new
//! password voids all but the ways back to an old, proved address (docs/decisions/0014).
//!
//! Opening a link changes nothing, because programs that check mails open links too; the page has a
//! button. Links are built from `server.public_url` or from the operator's own template, never from
//! `Host`.
//!
//! Where an answer could tell whether an account exists, it comes before anybody has looked: the
//! request queues a job, and the job finds out. A flow that went through a mail can end signed in, by
//! an exchange token (`sign_in/exchange.rs`).

pub(crate) mod allowance;
pub mod inbox;
pub(crate) mod letter;
pub(crate) mod link;
