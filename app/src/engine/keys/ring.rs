//! An immutable set of keys: the signing key, and all keys that verify.
//!
//! It guarantees that a token is verified with the key of its `kid` and with the algorithm of that
//! key, whatever its header says, and not after the key has ended.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Secret, Time,
    session::access_token::Claims,
    settings::{SigningAlgorithm, Tokens},
};
use jsonwebtoken::{
    DecodingKey, Validation,
    jwk::{Jwk, JwkSet},
};
use serde::Serialize;
use serde_json::json;
use store::keys::{MADE, SIGNING, SigningKey};

use super::{
    crypto,
    masters::Seals,
    material::Material,
    remembered::{VerifiedToken, VerifiedTokens},
};
use crate::Result;

/// The `kid` of the configured shared secret.
pub const SHARED: &str = "hs256";
/// Longer tokens are not ours and are not parsed.
const MAX_TOKEN_LENGTH: usize = 8 * 1024;

/// The result of verifying a token.
#[derive(Debug)]
pub enum TokenCheck {
    /// One of our keys signed it. Times, issuer and audience are not checked here.
    Genuine(Arc<Claims>),
    /// Its `kid` is unknown, or not known yet.
    UnknownKey,
    /// Malformed, forged, or of another algorithm or purpose.
    Forged,
}

pub struct Ring {
    signer: Option<Arc<Signer>>,
    known: Vec<VerifyingKey>,
    cache: VerifiedTokens,
}

struct Signer {
    /// The encoded header of each token.
    header: String,
    key: Material,
}

pub struct VerifyingKey {
    id: String,
    key: DecodingKey,
    validation: Validation,
    pub(super) ends_at: Option<Time>,
    jwk: Option<Jwk>,
}

impl Ring {
    /// Opens the keys of these rows. Also returns the ids of rows that cannot be opened; they are
    /// left out.
    pub fn new(
        rows: &[SigningKey],
        seals: &Seals,
        settings: &Tokens,
        now: Time,
    ) -> Result<(Ring, Vec<String>)> {
        let cache = VerifiedTokens::new(0);
        let mut ring = Ring { signer: None, known: Vec::new(), cache };
        let mut closed = Vec::new();
        if !settings.hs256_secret.is_empty() {
            let secret = settings.hs256_secret.expose().as_bytes();
            let key = Material::read(SigningAlgorithm::Hs256, secret);
            let key = key.ok_or_else(|| crypto("shared secret"))?;
            ring.known.push(verifying_key(SHARED, &key, None)?);
            if settings.algorithm == SigningAlgorithm::Hs256 {
                ring.signer = Some(signer(SHARED, key));
            }
        }
        let mut rows: Vec<&SigningKey> = rows.iter().filter(|it| it.counts(now)).collect();
        let rank = |state: &str| [SIGNING, MADE].iter().position(|it| *it == state).unwrap_or(2);
        rows.sort_by_key(|it| rank(&it.state));
        for row in rows {
            let Some(key) = open(row, seals) else {
                closed.push(row.id.clone());
                continue;
            };
            ring.known.push(verifying_key(&row.id, &key, row.ends_at)?);
            if row.state == SIGNING && ring.signer.is_none() {
                ring.signer = Some(signer(&row.id, key));
            }
        }
        Ok((ring, closed))
    }

    /// Keeps the signing key of `before` if this set has none.
    pub fn with_signer_from(mut self, before: &Ring) -> Ring {
        if self.signer.is_none() {
            self.signer.clone_from(&before.signer);
        }
        self
    }

    /// Caches this number of verified tokens.
    pub fn with_cache(mut self, entries: u64) -> Ring {
        self.cache = VerifiedTokens::new(entries);
        self
    }

    /// Keeps the cache of `before` if the keys are the same, else starts an empty one of the same
    /// size.
    pub fn with_cache_from(mut self, before: &Ring) -> Ring {
        let keys = |it: &Ring| -> Vec<(String, Option<Time>)> {
            it.known.iter().map(|key| (key.id.clone(), key.ends_at)).collect()
        };
        let is_same = keys(&self) == keys(before);
        let cache = &before.cache;
        self.cache = if is_same { cache.clone() } else { cache.empty_copy() };
        self
    }

    pub fn can_sign(&self) -> bool {
        self.signer.is_some()
    }

    /// A JWS in compact form (RFC 7515, section 7.1).
    pub fn sign(&self, claims: &impl Serialize) -> Result<Secret> {
        let signer = self.signer.as_ref().ok_or_else(|| crypto("no signing key"))?;
        let payload = serde_json::to_vec(claims).map_err(|_| crypto("signing"))?;
        let mut token = format!("{}.{}", signer.header, URL_SAFE_NO_PAD.encode(payload));
        let signature = signer.key.sign(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token.into())
    }

    pub fn verify(&self, token: &str, now: Time) -> TokenCheck {
        if token.len() > MAX_TOKEN_LENGTH {
            return TokenCheck::Forged;
        }
        let hash = match self.cache.get(token, now) {
            Ok(claims) => return TokenCheck::Genuine(claims),
            Err(hash) => hash,
        };
        let Ok(header) = jsonwebtoken::decode_header(token) else { return TokenCheck::Forged };
        let Some(kid) = header.kid else { return TokenCheck::Forged };
        let Some(known) = self.keys_at(now).find(|it| it.id == kid) else {
            return TokenCheck::UnknownKey;
        };
        match jsonwebtoken::decode::<Claims>(token, &known.key, &known.validation) {
            Ok(data) => {
                let genuine = VerifiedToken::new(data.claims, known);
                self.cache.remember(hash, genuine.clone());
                TokenCheck::Genuine(genuine.claims)
            }
            Err(_) => TokenCheck::Forged,
        }
    }

    /// The public keys (RFC 7517), the signing one first.
    pub fn jwks(&self, now: Time) -> JwkSet {
        JwkSet { keys: self.keys_at(now).filter_map(|it| it.jwk.clone()).collect() }
    }

    fn keys_at(&self, now: Time) -> impl Iterator<Item = &VerifyingKey> {
        self.known.iter().filter(move |it| it.ends_at.is_none_or(|end| now < end))
    }
}

/// Opens the key of a row. `None`: it is not sealed under a known master secret.
pub fn open(row: &SigningKey, seals: &Seals) -> Option<Material> {
    let algorithm = SigningAlgorithm::ALL.into_iter().find(|it| it.word() == row.algorithm)?;
    Material::read(algorithm, &seals.open(&row.id, &row.sealed)?)
}

fn signer(id: &str, key: Material) -> Arc<Signer> {
    let header = json!({ "typ": "JWT", "alg": key.algorithm().word(), "kid": id }).to_string();
    Arc::new(Signer { header: URL_SAFE_NO_PAD.encode(header), key })
}

fn verifying_key(id: &str, key: &Material, ends_at: Option<Time>) -> Result<VerifyingKey> {
    let (decoding, algorithm) = key.verifying();
    // The domain checks the claims, against the time of the request.
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    Ok(VerifyingKey { id: id.into(), key: decoding, validation, ends_at, jwk: key.jwk(id)? })
}
