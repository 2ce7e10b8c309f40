//! A cache of verified tokens, so that presenting a token again costs a hash instead of a signature
//! check.
//!
//! It only replaces the signature check. The end of the key, the times, the issuer, the audience,
//! the session and the user are checked in each request. A cache belongs to one set of keys and is
//! dropped with it. It contains hashes, never tokens.

use std::sync::Arc;

use domain::{Time, mac::sha256, session::access_token::Claims};
use moka::sync::Cache;

use super::ring::VerifyingKey;

/// A token that one of our keys signed.
#[derive(Debug, Clone)]
pub struct VerifiedToken {
    pub claims: Arc<Claims>,
    /// The end of its key.
    ends_at: Option<Time>,
}

impl VerifiedToken {
    pub fn new(claims: Claims, key: &VerifyingKey) -> VerifiedToken {
        VerifiedToken { claims: Arc::new(claims), ends_at: key.ends_at }
    }
}

/// Verified tokens by hash. The least used ones are evicted.
#[derive(Clone)]
pub struct VerifiedTokens(Cache<[u8; 32], VerifiedToken>);

impl VerifiedTokens {
    pub fn new(entries: u64) -> VerifiedTokens {
        VerifiedTokens(Cache::new(entries))
    }

    /// An empty cache of the same size.
    pub fn empty_copy(&self) -> VerifiedTokens {
        VerifiedTokens::new(self.0.policy().max_capacity().unwrap_or_default())
    }

    /// The claims of a cached token whose key is valid at `now`, else the hash to insert it under.
    pub fn get(&self, token: &str, now: Time) -> Result<Arc<Claims>, [u8; 32]> {
        let hash = sha256(token.as_bytes());
        let found = self.0.get(&hash).filter(|it| it.ends_at.is_none_or(|end| now < end));
        found.map(|it| it.claims).ok_or(hash)
    }

    pub fn remember(&self, hash: [u8; 32], genuine: VerifiedToken) {
        self.0.insert(hash, genuine);
    }
}

#[cfg(test)]
mod tests {
    use domain::{SessionId, UserId};
    use serde_json::json;

    use super::*;

    fn genuine(ends_at: Option<Time>) -> VerifiedToken {
        let id = UserId::new(Time(0), [1; 10]);
        let claims = serde_json::from_value(json!({
            "iss": "i", "sub": id, "aud": "a", "exp": 1_900, "iat": 1_000, "jti": "j",
            "sid": SessionId::new(Time(0), [2; 10]), "gen": 1, "token_type": "access",
            "user_id": id, "email": "", "first_name": "", "last_name": "", "is_staff": false,
            "email_verified": false, "roles": [], "amr": [], "acr": "aal1", "auth_time": 1_000,
        }));
        VerifiedToken { claims: Arc::new(claims.unwrap()), ends_at }
    }

    #[test]
    fn a_token_is_known_until_its_key_ends() {
        let tokens = VerifiedTokens::new(10);
        let (now, end) = (Time(1), Time(2));
        let hash = tokens.get("token", now).unwrap_err();
        tokens.remember(hash, genuine(Some(end)));
        assert!(tokens.get("token", now).is_ok());
        assert_eq!(tokens.get("token", end).unwrap_err(), hash);
        assert!(tokens.get("tokem", now).is_err());
        tokens.remember(hash, genuine(None));
        assert!(tokens.get("token", end).is_ok());
        assert!(tokens.empty_copy().get("token", now).is_err());
    }

    #[test]
    fn no_more_are_kept_than_there_is_room_for() {
        let tokens = VerifiedTokens::new(10);
        for number in 0..1_000 {
            let hash = tokens.get(&number.to_string(), Time(0)).unwrap_err();
            tokens.remember(hash, genuine(None));
        }
        tokens.0.run_pending_tasks();
        assert!(tokens.0.entry_count() <= 10);
    }
}
