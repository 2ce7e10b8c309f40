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
use self::{masters::Seals, seal::Seal};
pub use self::{
    ring::SHARED,
    rotation::{Changes, Step, When},
};
use crate::{Clock, Error, OpenError, Result};

/// The minimum interval between reloads caused by unknown key ids.
const RELOAD: Span = Span::seconds(1);

pub struct Keys {
    masters: Masters,
    /// For text that is compared and must not be readable, such as unknown names in the audit log.
    index: MacKey,
    /// For the keys that wrong passwords are counted under.
    pub(crate) lockout: MacKey,
    /// For choosing the hash that an unknown name is checked against.
    pub(crate) dummy: MacKey,
    /// For the secret part of jobs.
    pub(crate) outbox: Seals,
    pub(crate) signing: Seals,
    store: Store,
    tokens: Tokens,
    clock: Clock,
    ring: RwLock<Arc<Ring>>,
    /// When keys were last read, by the monotonic clock. Locked while they are read, so that an
    /// older result never replaces a newer one.
    loaded: Mutex<Option<Span>>,
}

impl Keys {
    /// Derives and loads the keys. There may be no signing key yet: see [`Keys::can_sign`].
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

    /// The keyed hash of an identifier, which is not stored itself because people type passwords
    /// there.
    pub fn index(&self, identifier: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.index.sign(&[identifier.as_bytes()]))
    }

    /// A keyed hash of text that is compared and must not be readable.
    pub fn index_of(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.index.sign(parts)
    }

    /// The refresh token of one generation of a session.
    pub fn refresh_token(&self, session: &Session, generation: i64) -> Secret {
        self.masters.refresh_token(session, generation)
    }

    /// Whether a refresh token was issued for this session.
    pub fn is_genuine(&self, token: &RefreshToken, session: &Session) -> bool {
        self.masters.is_genuine(token, session)
    }

    /// The signed cookie of a device.
    pub fn device_cookie(&self, device: DeviceId) -> String {
        self.masters.device_cookie(device)
    }

    /// The device of a cookie. `None`: the cookie is not ours.
    pub fn device(&self, cookie: &str) -> Option<DeviceId> {
        self.masters.device(cookie)
    }

    /// Whether there is a signing key.
    pub fn can_sign(&self) -> bool {
        self.ring().can_sign()
    }

    /// Signs a token.
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

    /// The claims of a token that one of our keys has signed. `None`: forged, malformed, or of
    /// another algorithm, purpose or key. Times, issuer and audience are not checked here.
    pub async fn verify(&self, token: &str, now: Time) -> Result<Option<Arc<Claims>>> {
        match self.ring().verify(token, now) {
            TokenCheck::Genuine(claims) => return Ok(Some(claims)),
            TokenCheck::Forged => return Ok(None),
            TokenCheck::UnknownKey => {}
        }
        // Another process may have just made the key. Limited, because strangers can cause this.
        let mut loaded = self.loaded.lock().await;
        let monotonic = self.clock.monotonic();
        if loaded.is_none_or(|it| monotonic.beyond(it) >= RELOAD) {
            // Also if the reload fails, so that a database that is down delays one request only.
            *loaded = Some(monotonic);
            self.reload_locked(now).await?;
        }
        drop(loaded);
        match self.ring().verify(token, now) {
            TokenCheck::Genuine(claims) => Ok(Some(claims)),
            TokenCheck::Forged | TokenCheck::UnknownKey => Ok(None),
        }
    }

    /// Reloads the keys after a change. If that fails, the old ones stay.
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
            tracing::error!(
                kid,
                "a signing key cannot be opened with the configured master secrets"
            );
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
