//! Random bytes, from the operating system through aws-lc.

use aws_lc_rs::rand;

use crate::{Error, Result};

/// `N` unpredictable bytes.
pub fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    let filled = rand::fill(&mut bytes);
    filled.map_err(|_| Error::broken("the system returned no random bytes"))?;
    Ok(bytes)
}

/// A new correlation id, a UUIDv7.
pub fn request_id(now: domain::Time) -> String {
    let random = bytes().unwrap_or_default();
    domain::EventId::new(now, random).to_string()
}
