//! The mails that people get.

use serde::{Deserialize, Serialize};

use super::link::Purpose;

/// One kind of mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Letter {
    /// Prove that this address is yours.
    VerifyEmail,
    /// The address is proved.
    Welcome,
    /// A replaced refresh token was presented, and the session has ended.
    SessionReused,
    /// Somebody tried to register with your address.
    RegistrationRepeated,
    /// Set a new password.
    ResetPassword,
    /// Your password has been changed.
    PasswordChanged,
    /// Prove the address your account is to have.
    ChangeEmail,
    /// Your account has another address; take it back if that was not you.
    EmailChanged,
    /// Make an account.
    Invitation,
    /// Your account is deleted, and this is the way back.
    AccountDeleted,
}

impl Letter {
    pub const ALL: &[Letter] = &[
        Letter::VerifyEmail,
        Letter::Welcome,
        Letter::SessionReused,
        Letter::RegistrationRepeated,
        Letter::ResetPassword,
        Letter::PasswordChanged,
        Letter::ChangeEmail,
        Letter::EmailChanged,
        Letter::Invitation,
        Letter::AccountDeleted,
    ];

    /// The name of its templates.
    pub const fn name(self) -> &'static str {
        match self {
            Letter::VerifyEmail => "verify_email",
            Letter::Welcome => "welcome",
            Letter::SessionReused => "session_reused",
            Letter::RegistrationRepeated => "registration_repeated",
            Letter::ResetPassword => "reset_password",
            Letter::PasswordChanged => "password_changed",
            Letter::ChangeEmail => "change_email",
            Letter::EmailChanged => "email_changed",
            Letter::Invitation => "invitation",
            Letter::AccountDeleted => "account_deleted",
        }
    }

    /// The purpose of its link, if it has one.
    pub const fn purpose(self) -> Option<Purpose> {
        match self {
            Letter::VerifyEmail => Some(Purpose::VerifyEmail),
            Letter::ResetPassword => Some(Purpose::ResetPassword),
            Letter::ChangeEmail => Some(Purpose::ChangeEmail),
            Letter::EmailChanged => Some(Purpose::UndoEmailChange),
            Letter::Invitation => Some(Purpose::Invitation),
            Letter::AccountDeleted => Some(Purpose::RestoreAccount),
            Letter::Welcome
            | Letter::SessionReused
            | Letter::RegistrationRepeated
            | Letter::PasswordChanged => None,
        }
    }
}
