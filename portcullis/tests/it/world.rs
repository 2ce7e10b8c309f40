//! A server for one test: on free ports, with a database, a clock and an inbox of its own.
//!
//! The database is SQLite and the cache memory, or PostgreSQL and Redis where the environment names
//! them; no test can tell. Time passes by [`World::pass`]. A world that ends asserts that no job is
//! left undone and none has failed.

mod answer;
mod backend;
mod person;

use std::{collections::BTreeMap, net::SocketAddr, path::Path};

use app::Clock;
use domain::{Span, Time, settings::Settings};
use portcullis::{
    Running,
    config::{self, Flags},
};
use serde_json::Value;

use self::backend::Backend;
pub use self::{answer::Answer, person::Person};

/// When every world begins.
pub const START: Time = Time(1_800_000_000_000_000);
/// A password that all rules accept.
pub const PASSWORD: &str = "Str0ng&Quiet-River";

pub struct World {
    running: Option<Running>,
    pub settings: Settings,
    pub clock: Clock,
    backend: Backend,
    /// What jobs may be left when it ends.
    expects_failed_jobs: bool,
}

impl World {
    pub async fn start() -> World {
        World::with(|_| {}).await
    }

    /// With settings that differ from those of the testing profile.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> World {
        crate::install_crypto();
        let backend = Backend::new().await;
        let mut settings = settings(&backend);
        change(&mut settings);
        let clock = Clock::manual(START);
        let running = portcullis::start(settings.clone(), clock.clone()).await.unwrap();
        World { running: Some(running), settings, clock, backend, expects_failed_jobs: false }
    }

    fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    pub fn app(&self) -> &app::App {
        self.running().app()
    }

    pub fn address(&self) -> SocketAddr {
        self.running().addresses()[0]
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// Lets everything in the background happen, then moves the clock.
    pub async fn pass(&self, span: Span) {
        self.settle().await;
        self.clock.pass(span);
    }

    /// Lets everything in the background happen.
    pub async fn settle(&self) {
        app::settle(self.app()).await.unwrap();
    }

    /// For a test that makes jobs fail on purpose.
    pub fn expect_failed_jobs(&mut self) {
        self.expects_failed_jobs = true;
    }

    /// Somebody without an account, at a program of their own.
    pub fn stranger(&self) -> Person {
        Person::new(self.url(""))
    }

    /// Somebody who has just registered and is signed in.
    pub async fn registered(&self, email: &str) -> Person {
        let mut person = self.stranger();
        person.register(email).await.created();
        person
    }

    /// Somebody who has registered and proved their address.
    pub async fn verified(&self, email: &str) -> Person {
        let person = self.registered(email).await;
        let token = self.token(email, "/verify-email?token=").await;
        let body = serde_json::json!({ "token": token });
        person.post("/api/v1/auth/email/verify", body).await.ok();
        person
    }

    /// The mails to somebody, the latest first.
    pub async fn letters(&self, email: &str) -> Vec<Value> {
        self.settle().await;
        let all = self.stranger().get("/dev/inbox.json").await.ok();
        let list = all.as_array().cloned().unwrap_or_else(|| panic!("not a list: {all}"));
        list.into_iter().filter(|it| it["to"].as_str().unwrap().contains(email)).collect()
    }

    /// The token in the link of the latest mail to somebody.
    pub async fn token(&self, email: &str, before: &str) -> String {
        let letters = self.letters(email).await;
        let text = letters
            .iter()
            .filter_map(|it| it["text"].as_str())
            .find(|it| it.contains(before))
            .unwrap_or_else(|| panic!("no mail to {email} has {before}"));
        let rest = text.split(before).nth(1).unwrap();
        rest.chars().take_while(|it| it.is_ascii_alphanumeric() || "-_".contains(*it)).collect()
    }

    /// The audit rows about somebody, the latest first: event and outcome.
    pub async fn audit(&self, person: &Person) -> Vec<(String, String)> {
        let id = person.user_id();
        let unit = async move |db| store::audit::of_subject(&db, id, 100).await;
        let rows = self.app().store.get(unit).await.unwrap();
        rows.into_iter().map(|it| (it.event, it.outcome)).collect()
    }

    /// Stops the server in order, as SIGTERM would.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.until(std::future::ready(())).await;
        }
    }

    /// A second server on the same database and cache.
    pub async fn another_node(&self) -> Running {
        let settings = self.settings.clone();
        portcullis::start(settings, self.clock.clone()).await.unwrap()
    }

    async fn end(&mut self) {
        if let Some(running) = &self.running {
            app::settle(running.app()).await.unwrap();
            let unit = async |db| store::jobs::backlog(&db).await;
            let backlog = running.app().store.get(unit).await.unwrap();
            if !self.expects_failed_jobs {
                assert_eq!((backlog.waiting, backlog.dead), (0, 0), "jobs are left");
            }
        }
        self.stop().await;
        self.backend.end().await;
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(self.end());
        });
    }
}

/// What the testing profile says, on this backend.
fn settings(backend: &Backend) -> Settings {
    let mut environment = BTreeMap::from([
        ("PORTCULLIS_PROFILE".to_owned(), "testing".to_owned()),
        ("PORTCULLIS_SERVER__LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
        ("PORTCULLIS_SERVER__SHUTDOWN_GRACE".to_owned(), "3s".to_owned()),
    ]);
    environment.extend(backend.environment());
    let loaded = config::load(&environment, &Flags::default(), Path::new("/nonexistent"));
    loaded.unwrap_or_else(|error| panic!("{error:?}")).settings
}
