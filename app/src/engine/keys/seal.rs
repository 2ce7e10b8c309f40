//! Sealing: AES-256-GCM with a random nonce, bound to a context, so that what is sealed for one row
//! does not open in another.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};

use super::crypto;
use crate::Result;

const NONCE_LENGTH: usize = 12;

pub struct Seal(RandomizedNonceKey);

impl Seal {
    pub fn new(key: &[u8; 32]) -> Result<Seal> {
        RandomizedNonceKey::new(&AES_256_GCM, key).map(Seal).map_err(|_| crypto("sealing key"))
    }

    /// Returns nonce and ciphertext.
    pub fn close(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>> {
        let mut sealed = plain.to_vec();
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(context), &mut sealed)
            .map_err(|_| crypto("sealing"))?;
        Ok([nonce.as_ref().as_slice(), sealed.as_slice()].concat())
    }

    /// `None`: tampered with, of another context, or sealed under another key.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_at_checked(NONCE_LENGTH)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut rest = rest.to_vec();
        let plain = self.0.open_in_place(nonce, Aad::from(context), &mut rest).ok()?;
        Some(plain.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_and_context_open() {
        let (seal, other) = (Seal::new(&[1; 32]).unwrap(), Seal::new(&[2; 32]).unwrap());
        let sealed = seal.close("job 1", b"token").unwrap();
        assert_eq!(seal.open("job 1", &sealed).unwrap(), b"token");
        assert_eq!(seal.open("job 2", &sealed), None);
        assert_eq!(other.open("job 1", &sealed), None);
        assert_eq!(seal.open("job 1", &sealed[..5]), None);
        assert_ne!(seal.close("job 1", b"token").unwrap(), sealed);
    }
}
