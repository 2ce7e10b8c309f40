//! The events of the audit log and their names.

use std::fmt;

macro_rules! events {
    ($($(#[doc = $doc:literal])+ $name:ident $word:literal $risk:ident;)+) => {
        /// A security event, in the past tense.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Event {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Event {
            pub const ALL: &[Event] = &[$(Event::$name),+];

            pub const fn word(self) -> &'static str {
                match self { $(Event::$name => $word),+ }
            }

            pub const fn risk(self) -> Risk {
                match self { $(Event::$name => Risk::$risk),+ }
            }
        }
    };
}

events! {
    /// An account was made, by registration or by an operator.
    UserRegistered "user.registered" Low;
    /// Somebody tried to register an address that has an account.
    RegistrationRepeated "user.registration_repeated" Low;
    /// Somebody was invited to make an account.
    UserInvited "user.invited" Medium;
    /// An invitation was taken back.
    InvitationRevoked "user.invitation_revoked" Low;
    /// What operators keep about an account was changed.
    MetadataUpdated "user.metadata_updated" Medium;
    /// A profile was changed.
    ProfileUpdated "user.profile_updated" Low;
    /// An account was disabled, and its sessions ended.
    UserDisabled "user.disabled" High;
    /// A disabled account may sign in again.
    UserEnabled "user.enabled" High;
    /// A verification mail was asked for.
    EmailVerificationRequested "email.verification_requested" Low;
    /// An address was proved.
    EmailVerified "email.verified" Low;
    /// Another address was asked for.
    EmailChangeRequested "email.change_requested" Medium;
    /// An account has another address.
    EmailChanged "email.changed" High;
    /// A change of address was taken back by whoever has the old one.
    EmailChangeUndone "email.change_undone" Critical;
    /// A password was changed by somebody who knew the old one.
    PasswordChanged "password.changed" Medium;
    /// Somebody who was to know the old password did not.
    PasswordChangeFailed "password.change_refused" Medium;
    /// A reset mail was asked for.
    PasswordResetRequested "password.reset_requested" Medium;
    /// A password was set by way of a reset mail.
    PasswordReset "password.reset" High;
    /// An account was deleted by its owner, who can still come back.
    AccountDeleted "user.deleted" High;
    /// A deleted account was brought back.
    AccountRestored "user.restored" High;
    /// An account was erased: deleted by its owner, at the end of its grace, or one that had not
    /// proved its address, when that was taken back.
    AccountErased "user.erased" High;
    /// Somebody signed in.
    SignedIn "session.started" Low;
    /// A sign-in was refused.
    SignInFailed "session.refused" Medium;
    /// Too many wrong passwords in a row: a name or an account is locked for a while.
    AccountLocked "account.locked" High;
    /// Somebody may try passwords again before the lock is over.
    AccountUnlocked "account.unlocked" Medium;
    /// A session was ended by its owner.
    SessionEnded "session.ended" Low;
    /// The oldest idle session made room for a new one.
    SessionReplaced "session.replaced" Low;
    /// All sessions, or all but one, were ended by their owner.
    SessionsEnded "session.all_ended" Medium;
    /// A rotation whose answer was lost was made up for.
    RefreshRecovered "session.refresh_recovered" Medium;
    /// A replaced refresh token was presented: theft.
    RefreshReused "session.refresh_reused" Critical;
    /// A dead letter is to be tried again.
    JobReplayed "job.replayed" Medium;
    /// A job was deleted without having been done.
    JobDiscarded "job.discarded" Medium;
    /// A signing key was made.
    KeyCreated "key.created" Medium;
    /// A signing key signs no more; what it signed counts until it expires.
    KeyRetired "key.retired" Medium;
    /// Nothing that a signing key signed counts any more.
    KeyRevoked "key.revoked" High;
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How much attention an event deserves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    Low,
    Medium,
    High,
    Critical,
}

impl Risk {
    pub const fn word(self) -> &'static str {
        match self {
            Risk::Low => "low",
            Risk::Medium => "medium",
            Risk::High => "high",
            Risk::Critical => "critical",
        }
    }
}
