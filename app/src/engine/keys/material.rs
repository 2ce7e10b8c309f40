//! Key pairs and secrets: generating, parsing, signing, and the public half.
//!
//! The public half is always computed from the sealed private one, so that whoever can write to the
//! database cannot insert a key of their own.

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
        RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{mac, settings::SigningAlgorithm};
use jsonwebtoken::{Algorithm, DecodingKey, jwk::Jwk};
use serde_json::{Value, json};

use super::crypto;
use crate::{Result, random};

/// Sufficient until 2030 (NIST SP 800-57, part 1, table 4), and supported by every verifier.
const RSA_SIZE: KeySize = KeySize::Rsa2048;
const HMAC_LENGTH: usize = 32;
/// An uncompressed point (SEC 1, section 2.3.3): one byte, then both coordinates.
const POINT_LENGTH: usize = 65;

/// A signing key.
pub enum Material {
    Eddsa(Ed25519KeyPair),
    Es256(EcdsaKeyPair),
    Rs256(Box<RsaKeyPair>),
    Hs256(Box<hmac::Key>, Vec<u8>),
}

impl Material {
    /// Generates the bytes of a new key, to be sealed. RSA is too slow for an async thread.
    pub fn generate(algorithm: SigningAlgorithm) -> Result<Vec<u8>> {
        let failed = |_| crypto("key pair");
        Ok(match algorithm {
            SigningAlgorithm::Eddsa => {
                let pair = Ed25519KeyPair::generate().map_err(failed)?;
                pair.to_pkcs8().map_err(failed)?.as_ref().to_vec()
            }
            SigningAlgorithm::Es256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
                pair.and_then(|it| it.to_pkcs8v1()).map_err(failed)?.as_ref().to_vec()
            }
            SigningAlgorithm::Rs256 => {
                let pair = RsaKeyPair::generate(RSA_SIZE).map_err(failed)?;
                let der: Pkcs8V1Der = pair.as_der().map_err(failed)?;
                der.as_ref().to_vec()
            }
            SigningAlgorithm::Hs256 => random::bytes::<HMAC_LENGTH>()?.to_vec(),
        })
    }

    /// `None`: not bytes of this algorithm.
    pub fn read(algorithm: SigningAlgorithm, bytes: &[u8]) -> Option<Material> {
        Some(match algorithm {
            SigningAlgorithm::Eddsa => Material::Eddsa(Ed25519KeyPair::from_pkcs8(bytes).ok()?),
            SigningAlgorithm::Es256 => Material::Es256(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes).ok()?,
            ),
            SigningAlgorithm::Rs256 => {
                Material::Rs256(Box::new(RsaKeyPair::from_pkcs8(bytes).ok()?))
            }
            SigningAlgorithm::Hs256 => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, bytes);
                Material::Hs256(Box::new(key), bytes.to_vec())
            }
        })
    }

    pub const fn algorithm(&self) -> SigningAlgorithm {
        match self {
            Material::Eddsa(_) => SigningAlgorithm::Eddsa,
            Material::Es256(_) => SigningAlgorithm::Es256,
            Material::Rs256(_) => SigningAlgorithm::Rs256,
            Material::Hs256(..) => SigningAlgorithm::Hs256,
        }
    }

    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let failed = |_| crypto("signing");
        let random = SystemRandom::new();
        Ok(match self {
            Material::Eddsa(pair) => pair.sign(message).as_ref().to_vec(),
            Material::Es256(pair) => pair.sign(&random, message).map_err(failed)?.as_ref().to_vec(),
            Material::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(failed)?;
                signature
            }
            Material::Hs256(key, _) => hmac::sign(key, message).as_ref().to_vec(),
        })
    }

    /// The verifying key, and the only algorithm allowed with it.
    pub fn verifying(&self) -> (DecodingKey, Algorithm) {
        match self {
            Material::Eddsa(pair) => {
                (DecodingKey::from_ed_der(pair.public_key().as_ref()), Algorithm::EdDSA)
            }
            Material::Es256(pair) => {
                (DecodingKey::from_ec_der(pair.public_key().as_ref()), Algorithm::ES256)
            }
            Material::Rs256(pair) => {
                let RsaPublicKeyComponents { n, e } = components(pair);
                (DecodingKey::from_rsa_raw_components(&n, &e), Algorithm::RS256)
            }
            Material::Hs256(_, secret) => (DecodingKey::from_secret(secret), Algorithm::HS256),
        }
    }

    /// The `kid` of a new key: the thumbprint of the public key (RFC 7638), or random for a shared
    /// secret.
    pub fn id(&self) -> Result<String> {
        let Some(members) = self.members()? else {
            return Ok(URL_SAFE_NO_PAD.encode(random::bytes::<16>()?));
        };
        // serde_json writes members sorted and without whitespace, as the RFC asks.
        Ok(URL_SAFE_NO_PAD.encode(mac::sha256(members.to_string().as_bytes())))
    }

    /// The entry in the key set; `None` for a shared secret.
    pub fn jwk(&self, id: &str) -> Result<Option<Jwk>> {
        let Some(mut jwk) = self.members()? else { return Ok(None) };
        if let Value::Object(members) = &mut jwk {
            members.insert("kid".into(), id.into());
            members.insert("use".into(), "sig".into());
            members.insert("alg".into(), self.algorithm().word().into());
        }
        serde_json::from_value(jwk).map(Some).map_err(|_| crypto("key set"))
    }

    /// The members of the public key (RFC 7518, section 6; RFC 8037, section 2).
    fn members(&self) -> Result<Option<Value>> {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        Ok(Some(match self {
            Material::Eddsa(pair) => {
                json!({ "crv": "Ed25519", "kty": "OKP", "x": text(pair.public_key().as_ref()) })
            }
            Material::Es256(pair) => {
                let point = pair.public_key().as_ref();
                let coordinates = point.get(1..).filter(|_| point.len() == POINT_LENGTH);
                let (x, y) = coordinates
                    .and_then(|it| it.split_at_checked(POINT_LENGTH / 2))
                    .ok_or_else(|| crypto("public key"))?;
                json!({ "crv": "P-256", "kty": "EC", "x": text(x), "y": text(y) })
            }
            Material::Rs256(pair) => {
                let RsaPublicKeyComponents { n, e } = components(pair);
                json!({ "e": text(&e), "kty": "RSA", "n": text(&n) })
            }
            Material::Hs256(..) => return Ok(None),
        }))
    }
}

fn components(pair: &RsaKeyPair) -> RsaPublicKeyComponents<Vec<u8>> {
    RsaPublicKeyComponents::from(pair.public_key())
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::jwk::ThumbprintHash;

    use super::*;

    fn made(algorithm: SigningAlgorithm) -> Material {
        Material::read(algorithm, &Material::generate(algorithm).unwrap()).unwrap()
    }

    /// The key pair of RFC 8037, appendix A.1, and its thumbprint in A.3.
    #[test]
    fn key_ids_are_thumbprints() {
        let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
        let id = Material::Eddsa(pair).id().unwrap();
        assert_eq!(id, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        for algorithm in [SigningAlgorithm::Es256, SigningAlgorithm::Rs256] {
            let key = made(algorithm);
            let id = key.id().unwrap();
            let jwk = key.jwk(&id).unwrap().unwrap();
            assert_eq!(jwk.thumbprint(ThumbprintHash::SHA256).unwrap(), id, "{algorithm:?}");
        }
    }

    #[test]
    fn what_is_shown_verifies_and_is_not_the_secret() {
        for algorithm in SigningAlgorithm::ALL {
            let key = made(algorithm);
            assert_eq!(key.algorithm(), algorithm);
            let signature = URL_SAFE_NO_PAD.encode(key.sign(b"message").unwrap());
            let (own, pinned) = key.verifying();
            let verify = |key: &DecodingKey| {
                jsonwebtoken::crypto::verify(&signature, b"message", key, pinned).unwrap()
            };
            assert!(verify(&own), "{algorithm:?}");
            assert!(!verify(&made(algorithm).verifying().0), "{algorithm:?}");
            let Some(jwk) = key.jwk("id").unwrap() else {
                assert_eq!(algorithm, SigningAlgorithm::Hs256);
                continue;
            };
            assert!(verify(&DecodingKey::from_jwk(&jwk).unwrap()), "{algorithm:?}");
            let shown = serde_json::to_value(&jwk).unwrap();
            let names = shown.as_object().unwrap().keys();
            let names: Vec<&str> = names.map(String::as_str).collect();
            let expected: &[&str] = match algorithm {
                SigningAlgorithm::Es256 => &["alg", "crv", "kid", "kty", "use", "x", "y"],
                SigningAlgorithm::Rs256 => &["alg", "e", "kid", "kty", "n", "use"],
                _ => &["alg", "crv", "kid", "kty", "use", "x"],
            };
            assert_eq!(names, expected);
        }
    }

    #[test]
    fn bytes_of_another_algorithm_are_not_read() {
        let bytes = Material::generate(SigningAlgorithm::Eddsa).unwrap();
        assert!(Material::read(SigningAlgorithm::Es256, &bytes).is_none());
        assert!(Material::read(SigningAlgorithm::Rs256, &bytes).is_none());
        assert!(Material::read(SigningAlgorithm::Eddsa, b"").is_none());
    }
}
