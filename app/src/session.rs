//! Sessions and the tokens that stand for them.
//!
//! A sign-in makes a session, and the session is the unit of revocation: every token names it.
//!
//! - Refresh tokens are generations of a session and no rows (docs/decisions/0002). A rotation changes
//!   columns of the session's row and writes no audit row; a reuse and a recovery write one.
//! - Access tokens are JWTs that name their session and their generation. `access/caller.rs` verifies
//!   one, and then asks whether its session is alive and its user may sign in.
//! - A change of password or address draws a new secret for the session that goes on, and ends the
//!   others. The session's `floor` then says from which generation on access tokens count.
//! - What ends is a revocation, a row in a sequence (docs/decisions/0003). `tx.rs` writes them. The
//!   process that ends a session forgets it before it answers; others ask every second, or sooner when
//!   the cache wakes them (`work/hearing.rs`). A row of neither a session nor a user says that signing
//!   keys have changed.

pub mod device;
pub mod sessions;
pub mod tokens;
