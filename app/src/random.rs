//! Random bytes, from the operating system by way of aws-lc.

use aws_lc_rs::rand;

use crate::{Error, Result};

/// `N` unpredictable bytes.
pub fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    let filled = rand::fill(&mut bytes);
    filled.map_err(|_| Error::broken("the system gives no random bytes"))?;
    Ok(bytes)
}

/// A correlation id for work that came without one: a UUIDv7.
pub fn request_id(now: domain::Time) -> String {
    let random = bytes().unwrap_or_default();
    domain::EventId::new(now, random).to_string()
}
