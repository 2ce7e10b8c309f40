//! `[limits]`

use super::section;
use crate::{Span, access::limit::Rate};

const HOUR: Span = Span::hours(1);

section! {
    /// Rate limits, each a count and a time such as `25/1h`. A client address is an IPv4 address or
    /// an IPv6 /64; all of a /48 have 16 times the rate together.
    pub struct Limits {
        /// Whether there are any.
        pub enabled: bool = true,
        /// Accounts made, for each client address.
        pub register: Rate = Rate::new(5, HOUR),
        /// Registrations that were refused, for each client address.
        pub register_failures: Rate = Rate::new(50, HOUR),
        /// Failed sign-ins, for each client address.
        pub login: Rate = Rate::new(25, HOUR),
        /// Right passwords at a sign-in, for each account. Each device that has signed in to it before has a
        /// count of its own, and all of them together 16 times as many.
        pub login_success: Rate = Rate::new(100, HOUR),
        /// Refreshes of one session.
        pub refresh: Rate = Rate::new(60, HOUR),
        /// Failed refreshes, for each client address.
        pub refresh_failures: Rate = Rate::new(10, Span::minutes(1)),
        /// Tokens to be looked at, for each client address.
        pub token_verify: Rate = Rate::new(100, HOUR),
        /// Verification tokens presented, for each client address.
        pub email_verify: Rate = Rate::new(10, HOUR),
        /// Verification mails asked for, for each client address.
        pub email_resend: Rate = Rate::new(5, HOUR),
        /// Reset mails asked for, for each client address.
        pub password_reset: Rate = Rate::new(5, HOUR),
        /// Reset tokens presented, for each client address.
        pub password_reset_confirm: Rate = Rate::new(10, HOUR),
        /// Changes of password, for each session, so that a stolen session cannot use up the owner's.
        pub password_change: Rate = Rate::new(10, HOUR),
        /// Changes of address asked for, for each user.
        pub email_change: Rate = Rate::new(5, HOUR),
        /// Changes of a profile, for each user.
        pub profile_update: Rate = Rate::new(120, HOUR),
        /// Deletions of an account asked for, for each user.
        pub account_delete: Rate = Rate::new(5, HOUR),
        /// Exchange tokens presented, for each client address.
        pub exchange: Rate = Rate::new(10, HOUR),
        /// Mails of one kind to one address; beyond it nothing is sent and nobody is told.
        pub email_recipient: Rate = Rate::new(3, HOUR),
        /// Lists of sessions, for each session.
        pub sessions: Rate = Rate::new(30, HOUR),
        /// Sessions ended one by one, for each session.
        pub session_end: Rate = Rate::new(30, HOUR),
        /// Times that all sessions are ended, for each session.
        pub session_end_all: Rate = Rate::new(10, HOUR),
        /// CSRF tokens, for each client address.
        pub csrf: Rate = Rate::new(100, HOUR),
    }
}
