//! Single-use tokens in mails: 32 random bytes, stored only as a hash, bound to a purpose and a
//! user, spent by one conditional update.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{Secret, mac};

/// What a token can be used for. It is not valid for anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Proves an address.
    VerifyEmail,
    /// Sets a new password.
    ResetPassword,
    /// Proves the new address of an account.
    ChangeEmail,
    /// Undoes a change of address.
    UndoEmailChange,
    /// Restores a deleted account, from the mailbox.
    RestoreAccount,
    /// The same, offered at a sign-in: it must not void the one in the mailbox.
    OfferRestore,
    /// Allows somebody to create an account.
    Invitation,
    /// Starts a session, for the browser or app that began the flow.
    Exchange,
}

impl Purpose {
    pub const ALL: [Purpose; 8] = [
        Purpose::VerifyEmail,
        Purpose::ResetPassword,
        Purpose::ChangeEmail,
        Purpose::UndoEmailChange,
        Purpose::RestoreAccount,
        Purpose::OfferRestore,
        Purpose::Invitation,
        Purpose::Exchange,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Purpose::VerifyEmail => "verify_email",
            Purpose::ResetPassword => "reset_password",
            Purpose::ChangeEmail => "change_email",
            Purpose::UndoEmailChange => "undo_email_change",
            Purpose::RestoreAccount => "restore_account",
            Purpose::OfferRestore => "offer_restore",
            Purpose::Invitation => "invitation",
            Purpose::Exchange => "exchange",
        }
    }
}

/// The token as it is mailed, made from 32 random bytes.
pub fn token(random: &[u8; 32]) -> Secret {
    URL_SAFE_NO_PAD.encode(random).into()
}

/// The hash by which a presented token is looked up. `None`: it cannot be one of ours.
pub fn hash(token: &str) -> Option<[u8; 32]> {
    // Longer text is refused before it is decoded.
    let bytes = URL_SAFE_NO_PAD.decode(token.get(..43).filter(|it| it.len() == token.len())?);
    let bytes: [u8; 32] = bytes.ok()?.try_into().ok()?;
    Some(mac::sha256(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_is_found_again() {
        let made = token(&[9; 32]);
        assert_eq!(hash(made.expose()), Some(mac::sha256(&[9; 32])));
    }

    #[test]
    fn what_was_not_made_is_refused() {
        let long = "A".repeat(44);
        for wrong in ["", "short", "ünïcödé", long.as_str(), &"!".repeat(43)] {
            assert_eq!(hash(wrong), None, "{wrong}");
        }
    }
}
