//! The keys of the server: what is derived from the master secret, and what signs tokens.
//!
//! The master secret comes from the configuration, or is made once and kept in the data folder.
//! Each derived key serves one purpose. Signing keys live in the database, sealed under one of
//! them, so that neither the database nor the master alone can sign.

mod master;
mod seal;
mod signing;

use domain::{
    Secret,
    mac::{MacKey, derive},
    session::{Session, access_token::Claims, refresh::RefreshToken},
    settings::Settings,
};
use store::Store;

pub use self::seal::Seal;
use self::signing::Signer;
use crate::{Error, OpenError, Result};

/// Which refresh key new tokens are made with; older ids stay valid while their key is known.
const REFRESH_KEY: u8 = 1;

pub struct Keys {
    refresh: MacKey,
    /// Of the device cookie.
    pub device: MacKey,
    /// Of text that is looked up and must not be read: unknown identifiers in the audit log.
    pub index: MacKey,
    /// Of what waits in the outbox.
    pub outbox: Seal,
    signer: Signer,
}

impl Keys {
    /// Derives, loads and, at the very first start, makes the keys.
    pub async fn open(
        settings: &Settings,
        store: &Store,
        now: domain::Time,
    ) -> Result<Keys, OpenError> {
        let master = master::secret(settings)?;
        let master = master.expose().as_bytes();
        let seal = Seal::new(&derive(master, "signing keys"))?;
        Ok(Keys {
            refresh: MacKey::new(&derive(master, "refresh tokens")),
            device: MacKey::new(&derive(master, "device cookie")),
            index: MacKey::new(&derive(master, "index")),
            outbox: Seal::new(&derive(master, "outbox"))?,
            signer: Signer::open(store, &seal, now).await?,
        })
    }

    /// The refresh token of one generation of a session.
    pub fn refresh_token(&self, session: &Session, generation: i64) -> Secret {
        RefreshToken::derive(session, generation, REFRESH_KEY, &self.refresh).encode()
    }

    /// Whether a presented refresh token was made here for this session.
    pub fn is_genuine(&self, token: &RefreshToken, session: &Session) -> bool {
        token.key_id == REFRESH_KEY && token.is_genuine(session, &self.refresh)
    }

    /// A signed access token.
    pub fn sign(&self, claims: &Claims) -> Result<Secret> {
        self.signer.sign(claims)
    }

    /// The claims of a token that one of our keys signed. `None`: forged, malformed, or of another
    /// algorithm, purpose or key. Times, issuer and audience are still to be checked.
    pub fn verify(&self, token: &str) -> Option<Claims> {
        self.signer.verify(token)
    }

    /// The public keys (RFC 7517).
    pub fn jwks(&self) -> &jsonwebtoken::jwk::JwkSet {
        self.signer.jwks()
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(***)")
    }
}

fn crypto(what: &str) -> Error {
    Error::broken(format!("cryptography failed: {what}"))
}
