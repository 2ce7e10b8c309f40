//! Measurements of a store: how many statements ran, and which units were slow.

use std::{
    cell::RefCell,
    fmt::{Debug, Write as _},
    sync::Once,
    time::Duration,
};

use domain::{Span, settings::Database};
use store::db::migrate;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use crate::{
    people::{self, users},
    world::{NOW, World},
};

#[tokio::test(flavor = "multi_thread")]
async fn statements_are_counted() {
    let world = World::start().await;
    let id = world.user().await.id;
    // A read that takes longer than a millisecond is started again.
    let mut least = u64::MAX;
    for _ in 0..5 {
        let before = world.store.statements();
        world.failures(id).await;
        least = least.min(world.store.clone().statements() - before);
    }
    assert_eq!(least, 1);
    let before = world.store.statements();
    world
        .store
        .write(async move |db| {
            db.lock("users", id).await?;
            users::record_failure(&db, id).await?;
            users::record_failure(&db, id).await
        })
        .await
        .unwrap();
    assert_eq!(world.store.statements() - before, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_units_are_logged_without_their_values() {
    let settings = Database { slow_query: Span::millis(200), ..Database::default() };
    let world = World::empty(settings).await;
    migrate::run(&world.store, people::MIGRATIONS, NOW).await.unwrap();
    let user = world.user().await;
    logged();
    world.failures(user.id).await;
    assert_eq!(logged(), "");
    world
        .store
        .write(async move |db| {
            users::set_failures(&db, user.id, 7_654_321).await?;
            std::thread::sleep(Duration::from_millis(250));
            Ok(())
        })
        .await
        .unwrap();
    let told = logged();
    assert_eq!(told.matches("a slow unit of work").count(), 1, "{told}");
    for part in ["kind=\"write\"", "store/tests/it/people/users.rs:", "took_ms=2"] {
        assert!(told.contains(part), "{told}");
    }
    assert!(!told.contains("7654321"));
    world.store.get(async |db| db.script("SELECT 1 FROM users").await).await.unwrap();
    assert_eq!(logged(), "");
}

thread_local! {
    static LOG: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What this thread has logged since the last call.
fn logged() -> String {
    static LISTEN: Once = Once::new();
    LISTEN.call_once(|| tracing::subscriber::set_global_default(Log).unwrap());
    LOG.take()
}

struct Log;

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        LOG.with_borrow_mut(|it| write!(it, "{field}={value:?} ")).unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("store")
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Log);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}
