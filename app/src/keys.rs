//! The keys of the server: what is derived from the master secret, and what signs tokens.
//!
//! The master secret comes from the configuration, or is made once and kept in the data folder.
//! Each derived key serves one purpose. Signing keys live in the database, sealed under one of
//! them, so that neither the database nor the master alone can sign. They change while the server
//! runs; whoever asks gets those of the moment.

mod master;
mod masters;
mod material;
mod operate;
mod remembered;
mod ring;
mod rotation;
mod seal;

use std::sync::{Arc, PoisonError, RwLock};

use domain::{
    Secret, Span, Time,
    mac::MacKey,
    session::{Session, access_token::Claims, device::DeviceId, refresh::RefreshToken},
    settings::Settings,
};
use jsonwebtoken::jwk::JwkSet;
use serde::Serialize;
use store::{Store, keys::SigningKey};
use tokio::sync::Mutex;

pub(crate) use self::operate::rewind;
use self::{
    masters::Masters,
    ring::{Ring, Verified},
    rotation::{Occasion, Rules, Tools, carry_out},
};
pub use self::{
    masters::Seals,
    operate::{Resealed, reseal, revoke, rotate},
    ring::SHARED,
    rotation::{Changes, Step, When},
    seal::Seal,
};
use crate::{App, Ctx, Error, OpenError, Result, clock::Sight, random};

/// How often a token with an unknown key id makes a node look for new keys.
const LOOK: Span = Span::seconds(1);

pub struct Keys {
    masters: Masters,
    /// Of text that is looked up and must not be read: unknown identifiers in the audit log.
    pub index: MacKey,
    /// Of what wrong passwords are counted on.
    pub lockout: MacKey,
    /// Of names that nobody has, which draw the hash that they are compared with.
    pub dummy: MacKey,
    /// Of what waits in the outbox.
    pub outbox: Seals,
    signing: Seals,
    ring: RwLock<Arc<Ring>>,
    /// When keys were last read, by [`Clock::steady`](crate::Clock). Held while they are, so that an
    /// older answer never comes last.
    loaded: Mutex<Option<Span>>,
}

impl Keys {
    /// Derives, loads and, at the very first start, makes the keys.
    pub async fn open(settings: &Settings, store: &Store, now: Time) -> Result<Keys, OpenError> {
        let masters = Masters::open(settings)?;
        let signing = masters.seals("signing keys")?;
        let tokens = &settings.tokens;
        // Before anything is changed: the master secret may be the wrong one.
        let (_, closed) = Ring::new(&load(store).await?, &signing, tokens, now)?;
        if !closed.is_empty() {
            return Err(OpenError::Settings(
                "secrets.master does not open the signing keys in this database, which were sealed \
                 under another one: put that one into secrets.previous"
                    .into(),
            ));
        }
        let ctx = Ctx::local(now, "start");
        let tools = Tools { store, seals: &signing, rules: Rules::from(tokens), ctx: &ctx };
        carry_out(&tools, Occasion::Start).await?;
        let (ring, _) = Ring::new(&load(store).await?, &signing, tokens, now)?;
        if !ring.can_sign() {
            return Err(crypto("no signing key").into());
        }
        let ring = ring.remembering(settings.sessions.memory_entries);
        Ok(Keys {
            index: masters.mac("index")?,
            lockout: masters.mac("lockout")?,
            dummy: masters.mac("dummy hashes")?,
            outbox: masters.seals("outbox")?,
            masters,
            signing,
            ring: RwLock::new(Arc::new(ring)),
            loaded: Mutex::new(None),
        })
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

    /// Reads the keys anew, and goes on with the old ones where that fails.
    async fn reload(&self, settings: &Settings, store: &Store, sight: Sight) -> Result<()> {
        let mut loaded = self.loaded.lock().await;
        self.reload_locked(settings, store, sight.now).await?;
        *loaded = Some(sight.steady);
        Ok(())
    }

    async fn reload_locked(&self, settings: &Settings, store: &Store, now: Time) -> Result<()> {
        let rows = load(store).await?;
        let (ring, closed) = Ring::new(&rows, &self.signing, &settings.tokens, now)?;
        for kid in closed {
            tracing::error!(kid, "a signing key does not open with the master secrets known here");
        }
        let before = self.ring();
        let ring = Arc::new(ring.or_signer_of(&before).remembering_as(&before));
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        Ok(())
    }
}

/// The claims of a token that one of our keys signed. `None`: forged, malformed, or of another
/// algorithm, purpose or key. Times, issuer and audience are still to be checked.
pub async fn verify(app: &App, token: &str, now: Time) -> Result<Option<Arc<Claims>>> {
    match app.keys.ring().verify(token, now) {
        Verified::Genuine(claims) => return Ok(Some(claims)),
        Verified::Forged => return Ok(None),
        Verified::UnknownKey => {}
    }
    // Another process may have made it a moment ago. Strangers can make this happen, so not often.
    let mut loaded = app.keys.loaded.lock().await;
    let steady = app.clock.steady();
    if loaded.is_none_or(|it| steady.beyond(it) >= LOOK) {
        // Also where it fails: nobody waits for a database that is away but the one who asks.
        *loaded = Some(steady);
        app.keys.reload_locked(&app.settings, &app.store, now).await?;
    }
    drop(loaded);
    match app.keys.ring().verify(token, now) {
        Verified::Genuine(claims) => Ok(Some(claims)),
        Verified::Forged | Verified::UnknownKey => Ok(None),
    }
}

/// Reads the keys anew, because they have changed.
pub async fn reload(app: &App) -> Result<()> {
    app.keys.reload(&app.settings, &app.store, app.clock.sight()).await
}

/// Does what time asks for: makes the next key, lets it sign.
pub async fn advance(app: &App, now: Time) -> Result<()> {
    let ctx = Ctx::local(now, random::request_id(now));
    let changes = operate::change(app, &ctx, Occasion::Clock).await?;
    if !changes.steps.is_empty() {
        tracing::info!(?changes, "signing keys were changed by the schedule");
    }
    Ok(())
}

async fn load(store: &Store) -> Result<Vec<SigningKey>> {
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
