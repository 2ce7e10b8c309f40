//! A pooler that gives each transaction another PostgreSQL session: units must neither leave
//! anything in one nor expect anything there.

use domain::{
    Span,
    settings::{Database, PoolMode},
};
use store::{Db, Error, Store, args, db::migrate};
use tokio::task::JoinSet;

use crate::{
    people::{samples, users},
    statements::full,
    world::{NOW, World},
};

const PROCESS: &str = "SELECT CAST(pg_backend_pid() AS BIGINT)";

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_is_detected_at_the_start() {
    let Some(world) = World::pooled(Database::default()).await else { return };
    assert!(world.store.is_pooled());
    for mode in [PoolMode::Session, PoolMode::Transaction] {
        let settings = Database { pool_mode: mode, ..world.settings.clone() };
        let store = Store::connect(&settings, &world.file).await.unwrap();
        assert_eq!(store.is_pooled(), mode == PoolMode::Transaction, "what is said counts");
        store.close().await;
    }
    let Some(direct) = World::postgres().await else { return };
    assert!(!direct.store.is_pooled());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_is_made_behind_a_pooler() {
    let Some(world) = World::pooled(Database::default()).await else { return };
    let other = world.another().await;
    let all = migrate::MIGRATIONS;
    let (one, two) =
        tokio::join!(migrate::run(&world.store, all, NOW), migrate::run(&other, all, NOW));
    assert_eq!(one.unwrap().len() + two.unwrap().len(), all.len());
    other.close().await;
}

/// Two programs that both name their prepared statements `s0`, `s1`, and so on.
#[tokio::test(flavor = "multi_thread")]
async fn units_of_all_kinds_work_behind_a_pooler() {
    let Some(world) = World::pooled_people(Database::default()).await else { return };
    let id = world.user().await.id;
    let other = world.another().await;
    let mut asked = JoinSet::new();
    for number in 0..60 {
        let store = if number % 2 == 0 { world.store.clone() } else { other.clone() };
        asked.spawn(async move {
            let mut sample = full();
            if number % 3 == 0 {
                (sample.no_id, sample.no_text, sample.no_time, sample.no_json) =
                    (None, None, None, None);
            }
            let (made, sample_id) = (sample.clone(), sample.id);
            store.put(async move |db| samples::insert(&db, &made).await).await.unwrap();
            let found = store.get(async move |db| samples::by_id(&db, sample_id).await).await;
            assert_eq!(found.unwrap(), Some(sample));
            store.write(async move |db| users::record_failure(&db, id).await).await.unwrap();
            let process = async |db: &Db| db.value::<i64>(PROCESS, &[]).await;
            let read = store.read(async move |db| Ok((process(&db).await?, process(&db).await?)));
            let (before, after) = read.await.unwrap();
            assert_eq!(before, after, "one transaction, one session");
        });
    }
    asked.join_all().await;
    assert_eq!(world.failures(id).await, 60);
    assert_eq!(world.store.ping().await, Ok(()));
    other.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_a_pooler_are_left_as_they_were() {
    let limit = Database { statement_timeout: Span::seconds(7), ..Database::default() };
    let Some(world) = World::pooled_people(limit).await else { return };
    let limit = async |db: Db| db.value::<String>("SHOW statement_timeout", &[]).await;
    for _ in 0..4 {
        assert_eq!(world.store.get(limit).await, Ok("7s".to_owned()));
        assert_eq!(world.store.read(limit).await, Ok("7s".to_owned()));
        assert_eq!(world.store.write(limit).await, Ok("7s".to_owned()));
    }
    let prepared = "SELECT COUNT(*) FROM pg_prepared_statements";
    let told =
        "SELECT COUNT(*) FROM pg_settings WHERE name = 'statement_timeout' AND setting <> '0'";
    for question in [prepared, told] {
        world
            .order(&format!("DO $$ BEGIN IF ({question}) > 0 THEN RAISE 'left'; END IF; END $$"))
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_behind_a_pooler_fails_alone() {
    let limit = Database { statement_timeout: Span::millis(300), ..Database::default() };
    let Some(world) = World::pooled_people(limit).await else { return };
    let id = world.user().await.id;
    let refused = world.store.put(async move |db| users::set_failures(&db, id, -1).await).await;
    assert_eq!(refused, Err(Error::Conflict("users_failures_check".into())));
    let refused = world.store.write(async move |db| {
        users::record_failure(&db, id).await?;
        users::set_failures(&db, id, -1).await
    });
    assert_eq!(refused.await, Err(Error::Conflict("users_failures_check".into())));
    let endless = "SELECT COUNT(*) FROM generate_series(1, 1000000000)";
    let ended = world.store.get(async move |db| db.value::<i64>(endless, &[]).await).await;
    assert!(matches!(ended, Err(Error::Unavailable(_))), "{ended:?}");
    for (text, values) in [("SELECT $1::BIGINT", 0), ("SELECT 1::BIGINT", 1)] {
        let unit = async move |db: Db| match values {
            0 => db.value::<i64>(text, args![]).await,
            _ => db.value::<i64>(text, args![1_i64]).await,
        };
        assert!(matches!(world.store.get(unit).await, Err(Error::Bug(_))));
    }
    for count in 1..10 {
        let counted = world.store.put(async move |db| users::record_failure(&db, id).await).await;
        assert_eq!(counted, Ok(count));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn units_wait_where_a_pooler_has_fewer_sessions_than_the_pool() {
    let Some(world) = World::behind("session", Database::default()).await else { return };
    let world = world.unwrap();
    for mode in [PoolMode::Session, PoolMode::Auto] {
        let settings = Database { pool_mode: mode, ..world.settings.clone() };
        let store = Store::connect(&settings, &world.file).await.unwrap();
        let mut asked = JoinSet::new();
        for _ in 0..40 {
            let store = store.clone();
            let slow = "SELECT 1::BIGINT FROM pg_sleep(0.02)";
            asked.spawn(async move {
                store.get(async move |db| db.value::<i64>(slow, &[]).await).await
            });
        }
        for answer in asked.join_all().await {
            assert_eq!(answer, Ok(1), "{mode:?}");
        }
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_without_transactions_is_refused() {
    let Some(outcome) = World::behind("statement", Database::default()).await else { return };
    let outcome = outcome.map(drop);
    let Err(Error::Unsuitable { what, remedy }) = outcome else { panic!("{outcome:?}") };
    assert!(what.contains("transaction") && remedy.contains("pool_mode"), "{what}");
}
