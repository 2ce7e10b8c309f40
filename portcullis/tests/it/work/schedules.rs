//! Scheduled work. Every world begins at 08:00 UTC.

use domain::{SessionId, Span, Time, session::Session};
use serde_json::json;
use store::{Db, args, schedules::Schedule};

use crate::world::{PASSWORD, Person, START, World, eventually};

/// Later than anything in these tests.
const END_OF_TIME: Time = Time(START.0 * 2);

/// When and by which expression the cleanup is due.
async fn cleanup(world: &World) -> (String, String) {
    let unit = async |db| store::schedules::due(&db, END_OF_TIME).await;
    let all = world.store().get(unit).await.unwrap();
    let found = all.into_iter().find(|it| it.name == "cleanup").unwrap();
    let Schedule { cron, due_at, .. } = found;
    (cron, due_at.to_string())
}

async fn session_of(person: &Person) -> SessionId {
    let current = person.sessions().await.into_iter().find(|it| it["is_current"] == true);
    current.unwrap()["id"].as_str().unwrap().parse().unwrap()
}

async fn has_session(world: &World, id: SessionId) -> bool {
    let unit = async move |db| store::sessions::by_id(&db, id).await;
    world.store().get(unit).await.unwrap().is_some()
}

/// The number of revocations of sessions.
async fn revocations(world: &World) -> usize {
    let unit = async |db| store::revocations::after(&db, 0, 100).await;
    let all = world.store().get(unit).await.unwrap();
    all.into_iter().filter(|it| it.session_id.is_some()).count()
}

/// Deletes all single-use tokens, spent or not, and returns their number.
async fn take_all_links(world: &World) -> u64 {
    let unit = async |db| store::links::sweep(&db, END_OF_TIME, 100).await;
    world.store().put(unit).await.unwrap()
}

async fn until(world: &World, span: Span) {
    world.pass(span).await;
    world.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cleanup_runs_at_midnight_and_not_before() {
    let world = World::start().await;
    assert_eq!(cleanup(&world).await, ("0 0 * * *".into(), "2027-01-16T00:00:00Z".into()));
    world.registered("anna@example.com").await.logout().await.ok();
    assert_eq!(revocations(&world).await, 1);
    // Too young at the first midnight.
    until(&world, Span::hours(16)).await;
    assert_eq!(cleanup(&world).await.1, "2027-01-17T00:00:00Z");
    assert_eq!(revocations(&world).await, 1);
    // Old enough, but it is not midnight yet.
    until(&world, Span::minutes(24 * 60 - 1)).await;
    assert_eq!(revocations(&world).await, 1);
    until(&world, Span::minutes(1)).await;
    let swept = async || (revocations(&world).await == 0).then_some(());
    eventually("the cleanup", swept).await;
    assert_eq!(cleanup(&world).await.1, "2027-01-18T00:00:00Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_due_when_a_process_ended_is_done_by_the_next() {
    let mut world = World::start().await;
    world.registered("anna@example.com").await.logout().await.ok();
    // A process that queues what is due, and does nothing.
    world.restart(|it| it.jobs.workers = 0).await;
    world.pass(Span::hours(40)).await;
    for _ in 0..2 {
        app::work::schedule::run_due(world.app()).await.unwrap();
    }
    assert_eq!(cleanup(&world).await.1, "2027-01-18T00:00:00Z");
    let waiting = async |db| store::jobs::due(&db, END_OF_TIME).await;
    // Each of the four schedules, once.
    assert_eq!(world.store().get(waiting).await.unwrap(), 4);
    assert_eq!(revocations(&world).await, 1);
    world.restart(|it| it.jobs.workers = 2).await;
    let swept = async || (revocations(&world).await == 0).then_some(());
    eventually("the cleanup", swept).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_expired_long_ago_is_removed_and_nothing_else() {
    let world = World::start().await;
    let mut anna = world.registered("anna@example.com").await;
    let mut carl = world.registered("carl@example.com").await;
    let remembered = json!({ "email": carl.email, "password": PASSWORD, "remember_me": true });
    carl.login_as(remembered).await.ok();
    // They expire after 7 and 14 days, and stay for 30 more.
    let (old, kept) = (session_of(&anna).await, session_of(&carl).await);
    until(&world, Span::days(30)).await;
    anna.login("anna@example.com").await.ok();
    let recent = session_of(&anna).await;
    world.registered("ben@example.com").await;
    until(&world, Span::days(6)).await;
    assert!(has_session(&world, old).await);
    until(&world, Span::hours(25)).await;
    let gone = async || (!has_session(&world, old).await).then_some(());
    eventually("the cleanup", gone).await;
    assert!(has_session(&world, kept).await && has_session(&world, recent).await);
    // Anna's and Carl's links have been over for more than a week, Ben's for six days.
    assert_eq!(take_all_links(&world).await, 1);
    for email in ["anna@example.com", "ben@example.com", "carl@example.com"] {
        world.stranger().login(email).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_ended_go_sooner_than_those_that_expired() {
    let world = World::start().await;
    let anna = world.registered("anna@example.com").await;
    let ended = session_of(&anna).await;
    anna.logout().await.ok();
    let ben = world.registered("ben@example.com").await;
    let idle = session_of(&ben).await;
    until(&world, Span::days(7)).await;
    assert!(has_session(&world, ended).await);
    until(&world, Span::hours(25)).await;
    let gone = async || (!has_session(&world, ended).await).then_some(());
    eventually("the cleanup", gone).await;
    assert!(has_session(&world, idle).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_sessions_than_a_page_has_are_all_removed() {
    let world = World::start().await;
    let anna = world.registered("anna@example.com").await;
    let one = session_of(&anna).await;
    let unit = async move |db| {
        let session = store::sessions::by_id(&db, one).await?.unwrap();
        for number in 0..2_500_u16 {
            let mut random = [0; 10];
            random[..2].copy_from_slice(&number.to_be_bytes());
            let id = SessionId::new(START, random);
            store::sessions::insert(&db, &Session { id, ..session.clone() }).await?;
        }
        Ok(())
    };
    world.store().write(unit).await.unwrap();
    until(&world, Span::days(38)).await;
    let left = async || {
        let unit = async |db: Db| db.value("SELECT COUNT(*) FROM sessions", args![]).await;
        let count: i64 = world.store().get(unit).await.unwrap();
        (count == 0).then_some(())
    };
    eventually("the cleanup", left).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_expression_moves_the_schedule() {
    let mut world = World::start().await;
    for (expression, due) in [
        ("30 12 * * *", "2027-01-15T12:30:00Z"),
        ("0 9 * * 0", "2027-01-17T09:00:00Z"),
        // The same again leaves it where it is.
        ("0 9 * * 0", "2027-01-17T09:00:00Z"),
    ] {
        world.stop().await;
        world.settings.jobs.cleanup = expression.into();
        world.begin().await;
        assert_eq!(cleanup(&world).await, (expression.into(), due.into()));
    }
}
