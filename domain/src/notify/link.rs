//! Single-use tokens that travel by mail: 32 random bytes, kept only as a hash, bound to a purpose
//! and a user, spent by one conditional update.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{Secret, mac};

/// What a token is good for. One of another purpose is no token at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Proves an address.
    VerifyEmail,
    /// Sets a new password.
    ResetPassword,
    /// Proves the address an account is to have.
    ChangeEmail,
    /// Takes a change of address back.
    UndoEmailChange,
    /// Brings a deleted account back, from the mailbox.
    RestoreAccount,
    /// The same for whoever signs in: it must not void the one in the mailbox.
    OfferRestore,
    /// Lets somebody make an account.
    Invitation,
    /// Becomes a session, for the browser or app that began.
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

/// The token as its owner gets it, made from 32 random bytes.
pub fn token(random: &[u8; 32]) -> Secret {
    URL_SAFE_NO_PAD.encode(random).into()
}

/// The hash a presented token is looked up by. `None`: it cannot be one of ours.
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
