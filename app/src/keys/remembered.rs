//! Tokens whose signature was verified before, so that presenting one again costs a hash and no
//! signature.
//!
//! It remembers who signed what and nothing that decides: whether the key still counts, the times,
//! the issuer, the audience, the session and the user are looked at in each request. It belongs to
//! one set of keys and is forgotten with it. It holds hashes and never tokens.

use std::sync::Arc;

use domain::{Time, mac::sha256, session::access_token::Claims};
use moka::sync::Cache;

use super::ring::Known;

/// A token that one of our keys signed.
#[derive(Debug, Clone)]
pub struct Genuine {
    pub claims: Arc<Claims>,
    /// When its key ends.
    ends_at: Option<Time>,
}

impl Genuine {
    pub fn new(claims: Claims, key: &Known) -> Genuine {
        Genuine { claims: Arc::new(claims), ends_at: key.ends_at }
    }
}

/// Verified tokens, the least used go first.
#[derive(Clone)]
pub struct Remembered(Cache<[u8; 32], Genuine>);

impl Remembered {
    pub fn new(entries: u64) -> Remembered {
        Remembered(Cache::new(entries))
    }

    /// The same room, empty.
    pub fn emptied(&self) -> Remembered {
        Remembered::new(self.0.policy().max_capacity().unwrap_or_default())
    }

    /// What the token says, if it was verified and its key counts at `now`; else what to remember
    /// it by.
    pub fn recall(&self, token: &str, now: Time) -> Result<Arc<Claims>, [u8; 32]> {
        let hash = sha256(token.as_bytes());
        let found = self.0.get(&hash).filter(|it| it.ends_at.is_none_or(|end| now < end));
        found.map(|it| it.claims).ok_or(hash)
    }

    pub fn remember(&self, hash: [u8; 32], genuine: Genuine) {
        self.0.insert(hash, genuine);
    }
}
