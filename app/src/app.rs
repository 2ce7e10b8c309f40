//! The parts that use cases work with, made once at start-up.

use std::{ops::Deref, sync::Arc};

use domain::{Time, session::device::DeviceId, settings::Settings};
use jsonwebtoken::jwk::JwkSet;
use outside::{cache::Cache, mail::Mailer};
use store::Store;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use crate::{
    Clock,
    engine::{
        activity::Activity,
        hasher::Hasher,
        health::{Health, SharedCheck},
        keys::Keys,
        locale::Locale,
        lookaside::LookAside,
        render::Render,
        steps::Steps,
        templates::Overrides,
        turns::Guesses,
    },
};

/// A running Portcullis; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`]. Other crates cannot name it: they reach the database only through use
/// cases.
pub struct Parts {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) cache: Cache,
    pub(crate) mailer: Mailer,
    pub(crate) keys: Keys,
    pub(crate) hasher: Hasher,
    pub(crate) lookaside: LookAside,
    /// The turns of guesses at a password.
    pub(crate) guesses: Guesses,
    pub(crate) activity: Activity,
    pub(crate) health: SharedCheck<Health>,
    pub(crate) steps: Steps,
    pub(crate) locale: Arc<Locale>,
    /// The operator's own templates and texts.
    pub(crate) overrides: Overrides,
    pub(crate) render: Render,
    /// Wakes the workers.
    pub(crate) wake: Arc<Notify>,
    /// Tasks that shutdown waits for.
    pub(crate) tasks: TaskTracker,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    pub(crate) fn new(parts: Parts) -> App {
        App(Arc::new(parts))
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    pub fn locale(&self) -> &Arc<Locale> {
        &self.locale
    }

    /// The operator's own templates and texts.
    pub fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    /// Tasks that shutdown waits for.
    pub fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    /// The public keys (RFC 7517).
    pub fn jwks(&self, now: Time) -> JwkSet {
        self.keys.jwks(now)
    }

    /// The device of a cookie. `None`: the cookie is not ours.
    pub fn device(&self, cookie: &str) -> Option<DeviceId> {
        self.keys.device(cookie)
    }

    /// The number of password hashes computed so far.
    pub fn hashes(&self) -> u64 {
        self.hasher.hashes()
    }

    /// The number of statements executed so far, with failures and retries.
    pub fn statements(&self) -> u64 {
        self.store.statements()
    }

    /// The hash that an unknown name is checked against. `name` is a keyed hash.
    pub fn dummy_hash(&self, name: &[u8; 32]) -> Arc<str> {
        self.hasher.dummy_for(name)
    }

    /// Waits until all recorded activity is written.
    pub async fn flush(&self) {
        self.activity.flush().await;
    }

    /// Closes the database after the running statements.
    pub async fn close(&self) {
        self.store.close().await;
    }

    /// The public URL, without a trailing slash.
    pub fn public_url(&self) -> &str {
        self.settings.server.public_url.trim_end_matches('/')
    }
}
