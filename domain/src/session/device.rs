//! The device cookie: a random id that a browser keeps between sessions, signed so that nobody can
//! claim another device.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::mac::MacKey;

/// A browser or app, known by its cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeviceId(pub [u8; 16]);

impl DeviceId {
    /// The value of the cookie: the id and its keyed hash.
    pub fn seal(&self, key: &MacKey) -> String {
        let mut bytes = [0; 48];
        let (id, mac) = bytes.split_at_mut(16);
        id.copy_from_slice(&self.0);
        mac.copy_from_slice(&key.sign(&[&self.0]));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a cookie. `None`: it is not one of ours.
    pub fn open(cookie: &str, key: &MacKey) -> Option<DeviceId> {
        if cookie.len() != 64 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(cookie).ok()?;
        let (id, mac) = bytes.split_at_checked(16)?;
        let (id, mac): ([u8; 16], [u8; 32]) = (id.try_into().ok()?, mac.try_into().ok()?);
        key.is_valid(&[&id], &mac).then_some(DeviceId(id))
    }

    /// What sessions show of the device.
    pub fn fingerprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_cookies_open() {
        let (key, other) = (MacKey::new(&[1; 32]), MacKey::new(&[2; 32]));
        let device = DeviceId([3; 16]);
        let cookie = device.seal(&key);
        assert_eq!(DeviceId::open(&cookie, &key), Some(device));
        assert_eq!(DeviceId::open(&cookie, &other), None);
        for wrong in ["", "x", &cookie[1..], &"A".repeat(64)] {
            assert_eq!(DeviceId::open(wrong, &key), None);
        }
    }
}
