//! `[limits]`, and each limit by name. The table at the end is all there is to a limit: its settings
//! key, which is also its name in headers and counters, whom it counts for, and its default.

use super::section;
use crate::{Span, access::limit::Rate};

const HOUR: Span = Span::hours(1);

/// Whom a limit counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// The network of a client's address.
    Network,
    /// The session of whoever calls, so that a stolen one cannot use up the owner's others.
    Session,
    /// The person who calls, or whom a token is about.
    User,
    /// An account, each of its known devices apart.
    Account,
    /// An address that mail goes to.
    Recipient,
}

macro_rules! limits {
    ($($(#[doc = $doc:literal])+ $name:ident $key:ident: $per:ident = $rate:expr;)+) => {
        section! {
            /// Rate limits, each a count and a time such as `25/1h`. A client address is an IPv4 address or
            /// an IPv6 /64; all of a /48 have 16 times the rate together.
            pub struct Limits {
                /// Whether there are any.
                pub enabled: bool = true,
                $($(#[doc = $doc])+ pub $key: Rate = $rate,)+
            }
        }

        /// A rate limit.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Limit {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Limit {
            /// Its name in `RateLimit` headers, counters and the settings.
            pub const fn name(self) -> &'static str {
                match self { $(Limit::$name => stringify!($key)),+ }
            }

            pub const fn per(self) -> Per {
                match self { $(Limit::$name => Per::$per),+ }
            }

            pub const fn rate(self, settings: &Limits) -> Rate {
                match self { $(Limit::$name => settings.$key),+ }
            }
        }
    };
}

limits! {
    /// Accounts made, for each client address.
    Register register: Network = Rate::new(5, HOUR);
    /// Registrations that were refused, for each client address.
    RegisterFailures register_failures: Network = Rate::new(50, HOUR);
    /// Failed sign-ins, for each client address.
    Login login: Network = Rate::new(25, HOUR);
    /// Right passwords at a sign-in, for each account. Each device that has signed in to it before has a
    /// count of its own, and all of them together 16 times as many.
    LoginSuccess login_success: Account = Rate::new(100, HOUR);
    /// Refreshes of one session.
    Refresh refresh: Session = Rate::new(60, HOUR);
    /// Failed refreshes, for each client address.
    RefreshFailures refresh_failures: Network = Rate::new(10, Span::minutes(1));
    /// Tokens to be looked at, for each client address.
    TokenVerify token_verify: Network = Rate::new(100, HOUR);
    /// Verification tokens presented, for each client address.
    EmailVerify email_verify: Network = Rate::new(10, HOUR);
    /// Verification mails asked for, for each client address.
    EmailResend email_resend: Network = Rate::new(5, HOUR);
    /// Reset mails asked for, for each client address.
    PasswordReset password_reset: Network = Rate::new(5, HOUR);
    /// Reset tokens presented, for each client address.
    PasswordResetConfirm password_reset_confirm: Network = Rate::new(10, HOUR);
    /// Changes of password, for each session, so that a stolen session cannot use up the owner's.
    PasswordChange password_change: Session = Rate::new(10, HOUR);
    /// Changes of address asked for, for each user.
    EmailChange email_change: User = Rate::new(5, HOUR);
    /// New addresses confirmed, for each user.
    EmailChangeConfirm email_change_confirm: User = Rate::new(5, HOUR);
    /// Tokens presented that take a change of address back, for each client address.
    EmailChangeUndo email_change_undo: Network = Rate::new(10, HOUR);
    /// Changes of a profile, for each user.
    ProfileUpdate profile_update: User = Rate::new(120, HOUR);
    /// Deletions of an account asked for, for each user.
    AccountDelete account_delete: User = Rate::new(5, HOUR);
    /// Tokens presented that restore a deleted account, for each client address.
    AccountRestore account_restore: Network = Rate::new(10, HOUR);
    /// Exchange tokens presented, for each client address.
    Exchange exchange: Network = Rate::new(10, HOUR);
    /// Mails of one kind to one address; beyond it nothing is sent and nobody is told.
    EmailRecipient email_recipient: Recipient = Rate::new(3, HOUR);
    /// Lists of sessions, for each session.
    Sessions sessions: Session = Rate::new(30, HOUR);
    /// Sessions ended one by one, for each session.
    SessionEnd session_end: Session = Rate::new(30, HOUR);
    /// Times that all sessions are ended, for each session.
    SessionEndAll session_end_all: Session = Rate::new(10, HOUR);
    /// CSRF tokens, for each client address.
    Csrf csrf: Network = Rate::new(100, HOUR);
}
