//! Single-use tokens in mails: 32 random bytes, stored only as a hash, bound to a purpose and a
//! user, spent by one conditional update.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

pub use super::purpose::{Destination, Purpose};
use crate::{Secret, mac};

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
