//! The keys of the server: what is derived from the master secret, and what signs tokens.
//!
//! The master secret comes from the configuration, or is made once and kept in the data folder
//! ([`master`]). HKDF-SHA-256 derives one key for each purpose from it:
//!
//! | purpose | for |
//! |---|---|
//! | `refresh tokens` | the keyed hash in a refresh token |
//! | `device cookie` | the signature of the device cookie |
//! | `index` | what is compared and never read: names in audit rows, recipients in limits, idempotency keys |
//! | `lockout` | what wrong passwords are counted on |
//! | `dummy hashes` | which hash an unknown name is checked against |
//! | `outbox` | what a job must keep secret |
//! | `signing keys` | the private signing keys in the database |
//!
//! Masters in `secrets.previous` still open and verify, and make nothing; the keys for `index`,
//! `lockout` and `dummy hashes` are of the current master alone.
//!
//! Signing keys live in the database, sealed, so that neither the database nor the master alone can
//! sign. They change while the server runs ([`rotation`]); [`ring`] is what one moment knows of them,
//! and is replaced as a whole. A token with an unknown `kid` makes a node look for new keys, at most
//! once a second. See docs/decisions/0005 and docs/guide/keys.md.

mod master;
mod masters;
mod material;
mod remembered;
mod ring;
mod rotation;
mod seal;

use std::sync::{Arc, PoisonError, RwLock};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Secret, Span, Time,
    mac::MacKey,
    session::{Session, access_token::Claims, device::DeviceId, refresh::RefreshToken},
    settings::{Settings, Tokens},
};
use jsonwebtoken::jwk::JwkSet;
use serde::Serialize;
use store::{Store, keys::SigningKey};
use tokio::sync::Mutex;

use self::{
    masters::Masters,
    ring::{Ring, TokenCheck},
};
pub(crate) use self::{
    masters::Renewed,
    rotation::{Occasion, Rules, apply, make, plan},
};
pub use self::{
    masters::Seals,
    ring::SHARED,
    rotation::{Changes, Step, When},
    seal::Seal,
};
use crate::{Clock, Error, OpenError, Result};

/// How often a token with an unknown key id makes a node look for new keys.
const RELOAD: Span = Span::seconds(1);

pub struct Keys {
    masters: Masters,
    /// Of text that is looked up and must not be read: unknown identifiers in the audit log.
    index: MacKey,
    /// Of what wrong passwords are counted on.
    pub lockout: MacKey,
    /// Of names that nobody has, which draw the hash that they are compared with.
    pub dummy: MacKey,
    /// Of what waits in the outbox.
    pub outbox: Seals,
    pub(crate) signing: Seals,
    store: Store,
    tokens: Tokens,
    clock: Clock,
    ring: RwLock<Arc<Ring>>,
    /// When keys were last read, by the monotonic clock. Held while they are, so that an
    /// older answer never comes last.
    loaded: Mutex<Option<Span>>,
}

impl Keys {
    /// Derives and loads the keys. There may be none yet that signs: [`Keys::can_sign`].
    pub async fn open(
        settings: &Settings,
        store: &Store,
        clock: &Clock,
    ) -> Result<Keys, OpenError> {
        let now = clock.now();
        let masters = Masters::open(settings)?;
        let signing = masters.seals("signing keys")?;
        let tokens = &settings.tokens;
        let (ring, closed) = Ring::new(&load(store).await?, &signing, tokens, now)?;
        if !closed.is_empty() {
            return Err(OpenError::Settings(
                "secrets.master does not open the signing keys in this database, which were sealed \
                 under another one: put that one into secrets.previous"
                    .into(),
            ));
        }
        let ring = ring.with_cache(settings.sessions.memory_entries);
        Ok(Keys {
            index: masters.mac("index")?,
            lockout: masters.mac("lockout")?,
            dummy: masters.mac("dummy hashes")?,
            outbox: masters.seals("outbox")?,
            masters,
            signing,
            store: store.clone(),
            tokens: tokens.clone(),
            clock: clock.clone(),
            ring: RwLock::new(Arc::new(ring)),
            loaded: Mutex::new(None),
        })
    }

    /// What an identifier is found by without being known: people type passwords there.
    pub fn index(&self, identifier: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.index.sign(&[identifier.as_bytes()]))
    }

    /// Keyed hashes for text that is looked up and must not be read.
    pub fn index_of(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.index.sign(parts)
    }

    /// The refresh token of one generation of a session.
    pub fn refresh_token(&self, session: &Session, generation: i64) -> Secret {
        self.masters.refresh_token(session, generation)
    }

    /// Whether a presented refresh token was made here for this session.
    pub fn is_genuine(&self, token: &RefreshToken, session: &Session) -> bool {
        self.masters.is_genuine(token, session)
    }

    /// What the cookie of a device says.
    pub fn device_cookie(&self, device: DeviceId) -> String {
        self.masters.device_cookie(device)
    }

    /// The device that a cookie names. `None`: it is not a cookie of ours.
    pub fn device(&self, cookie: &str) -> Option<DeviceId> {
        self.masters.device(cookie)
    }

    /// Whether there is a key to sign with.
    pub fn can_sign(&self) -> bool {
        self.ring().can_sign()
    }

    /// A signed token.
    pub fn sign(&self, claims: &impl Serialize) -> Result<Secret> {
        self.ring().sign(claims)
    }

    /// The public keys (RFC 7517).
    pub fn jwks(&self, now: Time) -> JwkSet {
        self.ring().jwks(now)
    }

    fn ring(&self) -> Arc<Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The claims of a token that one of our keys signed. `None`: forged, malformed, or of another
    /// algorithm, purpose or key. Times, issuer and audience are still to be checked.
    pub async fn verify(&self, token: &str, now: Time) -> Result<Option<Arc<Claims>>> {
        match self.ring().verify(token, now) {
            TokenCheck::Genuine(claims) => return Ok(Some(claims)),
            TokenCheck::Forged => return Ok(None),
            TokenCheck::UnknownKey => {}
        }
        // Another process may have made it a moment ago. Strangers can make this happen, so not often.
        let mut loaded = self.loaded.lock().await;
        let monotonic = self.clock.monotonic();
        if loaded.is_none_or(|it| monotonic.beyond(it) >= RELOAD) {
            // Also where it fails: nobody waits for a database that is away but the one who asks.
            *loaded = Some(monotonic);
            self.reload_locked(now).await?;
        }
        drop(loaded);
        match self.ring().verify(token, now) {
            TokenCheck::Genuine(claims) => Ok(Some(claims)),
            TokenCheck::Forged | TokenCheck::UnknownKey => Ok(None),
        }
    }

    /// Reads the keys anew, because they have changed. Goes on with the old ones where that fails.
    pub async fn reload(&self) -> Result<()> {
        let mut loaded = self.loaded.lock().await;
        let reading = self.clock.reading();
        self.reload_locked(reading.now).await?;
        *loaded = Some(reading.monotonic);
        Ok(())
    }

    async fn reload_locked(&self, now: Time) -> Result<()> {
        let rows = load(&self.store).await?;
        let (ring, closed) = Ring::new(&rows, &self.signing, &self.tokens, now)?;
        for kid in closed {
            tracing::error!(kid, "a signing key does not open with the master secrets known here");
        }
        let before = self.ring();
        let ring = Arc::new(ring.with_signer_from(&before).with_cache_from(&before));
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        Ok(())
    }
}

pub(crate) async fn load(store: &Store) -> Result<Vec<SigningKey>> {
    Ok(store.get(async |db| store::keys::all(&db).await).await?)
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(***)")
    }
}

fn crypto(what: &str) -> Error {
    Error::broken(format!("cryptography failed: {what}"))
}
