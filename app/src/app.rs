//! Everything a use case works with, made once at start-up.

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

/// What an [`App`] holds. Other crates cannot name it: they reach the database by use cases alone.
pub struct Parts {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) cache: Cache,
    pub(crate) mailer: Mailer,
    pub(crate) keys: Keys,
    pub(crate) hasher: Hasher,
    pub(crate) lookaside: LookAside,
    /// Of guesses at a password.
    pub(crate) guesses: Guesses,
    pub(crate) activity: Activity,
    pub(crate) health: SharedCheck<Health>,
    pub(crate) steps: Steps,
    pub(crate) locale: Arc<Locale>,
    /// The operator's own templates and texts.
    pub(crate) overrides: Overrides,
    pub(crate) render: Render,
    /// Rings when there is a job to do.
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

    /// The device that a cookie names. `None`: it is not a cookie of ours.
    pub fn device(&self, cookie: &str) -> Option<DeviceId> {
        self.keys.device(cookie)
    }

    /// How many passwords were hashed so far.
    pub fn hashes(&self) -> u64 {
        self.hasher.hashes()
    }

    /// How many statements were executed so far, failed ones and repetitions included.
    pub fn statements(&self) -> u64 {
        self.store.statements()
    }

    /// The hash that this name is checked against, as nobody has it. `name` is a keyed hash.
    pub fn dummy_hash(&self, name: &[u8; 32]) -> Arc<str> {
        self.hasher.dummy_for(name)
    }

    /// Waits until everything is written that was noted behind requests so far.
    pub async fn flush(&self) {
        self.activity.flush().await;
    }

    /// Closes the database, once what was asked of it is done.
    pub async fn close(&self) {
        self.store.close().await;
    }

    /// Where people reach the server, without a slash at the end.
    pub fn public_url(&self) -> &str {
        self.settings.server.public_url.trim_end_matches('/')
    }
}
