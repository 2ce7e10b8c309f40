//! Signing and verifying access tokens: EdDSA over Ed25519 (RFC 8037).

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Secret, Time, event::Event, mac, session::access_token::Claims};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation,
    jwk::{Jwk, JwkSet},
};
use serde_json::json;
use store::{Store, audit::AuditEvent, keys::SigningKey};

use super::{Seal, crypto};
use crate::{Ctx, Error, Result, audit};

const ALGORITHM: &str = "EdDSA";
/// Longer ones are not ours and are not looked at.
const MAX_TOKEN_LENGTH: usize = 8 * 1024;

pub struct Signer {
    header: Header,
    key: EncodingKey,
    /// By key id.
    known: Vec<(String, DecodingKey)>,
    validation: Validation,
    jwks: JwkSet,
}

impl Signer {
    /// Loads the keys, after making one if there is none. Nodes that start together end up with
    /// one: the table has room for one current key of an algorithm.
    pub async fn open(store: &Store, seal: &Seal, now: Time) -> Result<Signer> {
        let mut rows = load(store).await?;
        if !rows.iter().any(|it| it.retired_at.is_none()) {
            let (key, event) = make(seal, now)?;
            store
                .write(async move |db| {
                    if store::keys::insert(&db, &key).await? {
                        store::audit::insert(&db, &event).await?;
                    }
                    Ok(())
                })
                .await?;
            rows = load(store).await?;
        }
        let current = rows.iter().find(|it| it.retired_at.is_none());
        Signer::from_rows(current.ok_or_else(|| crypto("no signing key"))?, &rows, seal)
    }

    fn from_rows(current: &SigningKey, rows: &[SigningKey], seal: &Seal) -> Result<Signer> {
        let private = seal.open(&current.id, &current.sealed).ok_or_else(|| {
            Error::broken(
                "the signing key in the database does not open with this master secret: it was \
                 sealed under another one",
            )
        })?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(current.id.clone());
        // The claims are checked by the domain, against the request's time and not the system's.
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let keys: Vec<Jwk> = rows.iter().map(jwk).collect::<Result<_>>()?;
        let decoding = |it: &SigningKey| (it.id.clone(), DecodingKey::from_ed_der(&it.public));
        Ok(Signer {
            header,
            key: EncodingKey::from_ed_der(&private),
            known: rows.iter().map(decoding).collect(),
            validation,
            jwks: JwkSet { keys },
        })
    }

    pub fn sign(&self, claims: &Claims) -> Result<Secret> {
        let token = jsonwebtoken::encode(&self.header, claims, &self.key);
        token.map(Secret::from).map_err(|_| crypto("signing"))
    }

    pub fn verify(&self, token: &str) -> Option<Claims> {
        if token.len() > MAX_TOKEN_LENGTH {
            return None;
        }
        let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
        let (_, key) = self.known.iter().find(|it| it.0 == kid)?;
        Some(jsonwebtoken::decode::<Claims>(token, key, &self.validation).ok()?.claims)
    }

    pub fn jwks(&self) -> &JwkSet {
        &self.jwks
    }
}

async fn load(store: &Store) -> Result<Vec<SigningKey>> {
    Ok(store.get(async |db| store::keys::all(&db).await).await?)
}

fn make(seal: &Seal, now: Time) -> Result<(SigningKey, AuditEvent)> {
    let pair = Ed25519KeyPair::generate().map_err(|_| crypto("key pair"))?;
    let private = pair.to_pkcs8().map_err(|_| crypto("key pair"))?;
    let public = pair.public_key().as_ref().to_vec();
    let id = thumbprint(&public);
    let key = SigningKey {
        sealed: seal.close(&id, private.as_ref())?,
        id,
        algorithm: ALGORITHM.into(),
        public,
        created_at: now,
        retired_at: None,
    };
    let ctx = Ctx::local(now, "start");
    let event = audit::event(&ctx, Event::KeyCreated)?.with("kid", key.id.as_str());
    Ok((key, event.into_row()))
}

/// RFC 7638 over RFC 8037's members.
fn thumbprint(public: &[u8]) -> String {
    let x = URL_SAFE_NO_PAD.encode(public);
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(mac::sha256(members.as_bytes()))
}

fn jwk(key: &SigningKey) -> Result<Jwk> {
    let jwk = json!({
        "kty": "OKP",
        "crv": "Ed25519",
        "x": URL_SAFE_NO_PAD.encode(&key.public),
        "kid": key.id,
        "use": "sig",
        "alg": key.algorithm,
    });
    serde_json::from_value(jwk).map_err(|_| crypto("key set"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 8037, appendix A.3.
    #[test]
    fn key_ids_are_thumbprints() {
        let public = URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        assert_eq!(thumbprint(&public), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
