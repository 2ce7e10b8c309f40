//! A server for one test: on free ports, with a database, a clock and an inbox of its own.
//!
//! The database is SQLite and the cache memory, or PostgreSQL and Redis where the environment names
//! them; no test can tell. Time passes by [`World::pass`]. When a world ends it asserts that no job
//! is left and none has failed.

mod access_row;
mod answer;
mod backend;
#[path = "../../../store/tests/it/bouncer.rs"]
mod bouncer;
mod browser;
mod contract;
mod document;
mod operator;
mod outage;
mod person;
mod program;
mod raw;

use std::{collections::BTreeMap, net::SocketAddr, path::Path, time::Duration};

use app::Clock;
use domain::{Span, Time, settings::Settings};
use portcullis::{
    Running,
    config::{self, Flags},
};
use serde_json::Value;

pub(crate) use self::access_row::access;
use self::backend::Backend;
pub use self::backend::variable;
pub use self::{
    access_row::{ACCESS_ROWS, ADMIN, AccessRow, Attempt, Credential, MEMBER, STRANGER},
    answer::Answer,
    browser::Browser,
    document::Operation,
    operator::{at_once, claims},
    person::{Person, merged, registration},
    program::{Place, Program},
    raw::Raw,
};

/// The time at which every world begins.
pub const START: Time = Time(1_800_000_000_000_000);
/// A password that all rules accept.
pub const PASSWORD: &str = "Str0ng&Quiet-River";

pub struct World {
    running: Option<Running>,
    pub settings: Settings,
    pub clock: Clock,
    backend: Backend,
    /// Whether failed jobs may be left when it ends.
    expects_failed_jobs: bool,
}

impl World {
    pub async fn start() -> World {
        World::with(|_| {}).await
    }

    /// With settings that differ from those of the testing profile.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> World {
        let mut world = World::unstarted(Backend::new().await, change);
        world.begin().await;
        world
    }

    /// One whose database can become unreachable. Requests wait for it only briefly.
    pub async fn with_breakable_database() -> World {
        let mut world = World::unstarted(Backend::breakable().await, with_a_short_timeout);
        world.begin().await;
        world
    }

    /// A server that was started while its database was unreachable.
    pub async fn before_its_database() -> World {
        let mut backend = Backend::breakable().await;
        backend.goes_away().await;
        let mut world = World::unstarted(backend, with_a_short_timeout);
        let (settings, clock) = (world.settings.clone(), world.clock.clone());
        let mut starting = std::pin::pin!(portcullis::start(settings, clock));
        // Long enough for a connection attempt, and for the start to fail if it did not wait.
        let early = tokio::time::timeout(Duration::from_millis(700), &mut starting).await;
        assert!(early.is_err(), "it started without its database");
        world.backend.comes_back().await;
        world.running = Some(starting.await.unwrap());
        world
    }

    /// One with a pooler in transaction mode before its database. `None` on SQLite.
    pub async fn behind_a_pooler() -> Option<World> {
        let mut world = World::unstarted(Backend::pooled().await?, |_| {});
        world.begin().await;
        Some(world)
    }

    /// Two servers that were started at the same moment on a fresh database. `None` on SQLite, which
    /// means one node.
    pub async fn of_two_nodes(change: impl FnOnce(&mut Settings)) -> Option<(World, Node)> {
        let mut backend = Backend::new().await;
        if !backend.has_room_for_nodes() {
            backend.end().await;
            return None;
        }
        let mut world = World::unstarted(backend, |settings| {
            settings.server.public_url = "http://127.0.0.1:8000".into();
            change(settings);
        });
        let start = || portcullis::start(world.settings.clone(), world.clock.clone());
        let (one, other) = tokio::join!(start(), start());
        world.running = Some(one.unwrap());
        Some((world, Node(other.unwrap())))
    }

    fn unstarted(backend: Backend, change: impl FnOnce(&mut Settings)) -> World {
        crate::install_crypto();
        let mut settings = settings(&backend);
        change(&mut settings);
        let clock = Clock::manual(START);
        World { running: None, settings, clock, backend, expects_failed_jobs: false }
    }

    /// Starts the server, at first or again on the same data.
    pub async fn begin(&mut self) {
        let started = portcullis::start(self.settings.clone(), self.clock.clone()).await;
        self.running = Some(started.unwrap());
    }

    /// Makes the database of [`World::with_breakable_database`] unreachable.
    pub async fn database_goes_away(&mut self) {
        self.backend.goes_away().await;
    }

    pub async fn database_comes_back(&mut self) {
        self.backend.comes_back().await;
    }

    /// Makes the database of [`World::with_breakable_database`] read-only.
    pub async fn database_only_reads(&mut self) {
        self.backend.only_reads().await;
    }

    pub async fn database_can_be_written_again(&mut self) {
        self.backend.can_be_written_again().await;
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

    pub fn addresses(&self) -> &[SocketAddr] {
        self.running().addresses()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// Does all background work that is due, then moves the clock.
    pub async fn pass(&self, span: Span) {
        self.settle().await;
        self.clock.pass(span);
    }

    /// Does all background work that is due, sets the clock back, and does what is due because of
    /// that.
    pub async fn step_back(&self, span: Span) {
        self.settle().await;
        self.clock.step_back(span);
        self.settle().await;
    }

    /// Does all background work that is due.
    pub async fn settle(&self) {
        app::settle(self.app()).await.unwrap();
    }

    /// For a test that makes jobs fail on purpose.
    pub fn expect_failed_jobs(&mut self) {
        self.expects_failed_jobs = true;
    }

    /// A client without an account.
    pub fn stranger(&self) -> Person {
        Person::new(self.url(""))
    }

    /// A user who has just registered and is signed in.
    pub async fn registered(&self, email: &str) -> Person {
        let mut person = self.stranger();
        person.register(email).await.created();
        person
    }

    /// A user who has registered and verified their address.
    pub async fn verified(&self, email: &str) -> Person {
        let person = self.registered(email).await;
        let token = self.token(email, "/verify-email?token=").await;
        let body = serde_json::json!({ "token": token });
        person.post("/api/v1/auth/email/verify", body).await.ok();
        person
    }

    /// The mails to an address, the latest first.
    pub async fn mails(&self, email: &str) -> Vec<Value> {
        self.settle().await;
        let all = self.stranger().get("/dev/inbox.json").await.ok();
        let list = all.as_array().cloned().unwrap_or_else(|| panic!("not a list: {all}"));
        list.into_iter().filter(|it| it["to"].as_str().unwrap().contains(email)).collect()
    }

    /// The token in the link of the latest mail to an address.
    pub async fn token(&self, email: &str, before: &str) -> String {
        let letters = self.mails(email).await;
        let text = letters
            .iter()
            .filter_map(|it| it["text"].as_str())
            .find(|it| it.contains(before))
            .unwrap_or_else(|| panic!("no mail to {email} has {before}"));
        let rest = text.split(before).nth(1).unwrap();
        rest.chars().take_while(|it| it.is_ascii_alphanumeric() || "-_".contains(*it)).collect()
    }

    /// The audit events about a user, the latest first: event and outcome.
    pub async fn audit(&self, person: &Person) -> Vec<(String, String)> {
        let id = person.user_id();
        let unit = async move |db| store::events::of_subject(&db, id, 100).await;
        let rows = self.store().get(unit).await.unwrap();
        rows.into_iter().map(|it| (it.event, it.outcome)).collect()
    }

    /// Stops the server gracefully, as SIGTERM does.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.until(std::future::ready(())).await;
        }
    }

    /// The number of waiting jobs, and of jobs that failed permanently.
    pub async fn jobs(&self) -> (i64, i64) {
        let unit = async |db| store::jobs::backlog(&db).await;
        let backlog = self.store().get(unit).await.unwrap();
        (backlog.waiting, backlog.dead)
    }

    async fn end(&mut self) {
        if let Some(running) = &self.running {
            app::settle(running.app()).await.unwrap();
            if !self.expects_failed_jobs {
                assert_eq!(self.jobs().await, (0, 0), "jobs are left");
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

/// A second server on a world's database and cache.
pub struct Node(Running);

impl Node {
    pub fn app(&self) -> &app::App {
        self.0.app()
    }

    pub fn store(&self) -> &store::Store {
        self.0.store()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.0.addresses()[0])
    }

    pub async fn settle(&self) {
        app::settle(self.app()).await.unwrap();
    }

    pub async fn stop(self) {
        self.0.until(std::future::ready(())).await;
    }
}

/// Polls until there is a value, for what another process or task does asynchronously.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..6_000 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("waited in vain for {what}");
}

/// Limits how long a request waits for an unreachable database.
fn with_a_short_timeout(settings: &mut Settings) {
    settings.database.statement_timeout = Span::seconds(1);
}

/// The settings of the testing profile on this backend.
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
