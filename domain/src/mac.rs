//! Keyed hashes: HMAC-SHA-256 (RFC 2104), with one key for each purpose.

use aws_lc_rs::{digest, hkdf, hmac};

/// A key of 32 bytes for one purpose.
#[derive(Clone)]
pub struct MacKey(hmac::Key);

impl MacKey {
    pub fn new(bytes: &[u8; 32]) -> MacKey {
        MacKey(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// The keyed hash of the concatenated parts. The caller ensures that no two lists of parts
    /// concatenate to the same bytes: all but the last have a fixed length.
    pub fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(part);
        }
        array(context.sign().as_ref())
    }

    /// Compares in constant time.
    pub fn is_valid(&self, parts: &[&[u8]], mac: &[u8; 32]) -> bool {
        use subtle::ConstantTimeEq as _;
        self.sign(parts).ct_eq(mac).into()
    }
}

impl std::fmt::Debug for MacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MacKey(***)")
    }
}

/// Derives the key of one purpose from the master secret: HKDF-SHA-256 (RFC 5869).
pub fn derive(master: &[u8], purpose: &str) -> [u8; 32] {
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"portcullis");
    let mut key = [0; 32];
    // Fails only for lengths over 255 hashes; this is one hash.
    let _ = salt
        .extract(master)
        .expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256)
        .and_then(|it| it.fill(&mut key));
    key
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    array(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn array(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(bytes);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_have_keys_of_their_own() {
        assert_ne!(derive(b"master", "refresh"), derive(b"master", "device"));
        assert_ne!(derive(b"master", "refresh"), derive(b"other", "refresh"));
        assert_ne!(derive(b"master", "refresh"), [0; 32]);
    }

    #[test]
    fn a_changed_part_is_refused() {
        let key = MacKey::new(&[7; 32]);
        let mac = key.sign(&[b"ab", b"c"]);
        assert!(key.is_valid(&[b"ab", b"c"], &mac));
        assert!(!key.is_valid(&[b"ab", b"d"], &mac));
    }
}
