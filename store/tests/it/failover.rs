//! Broken connections: to a server that has become read-only, to one that restarted, and when the
//! server allows fewer than the pool wants.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use domain::settings::Database;
use store::{Db, Error, Store};
use tokio::{
    sync::Barrier,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    people::users,
    world::{Created, World},
};

const READ_ONLY: &str = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY";

/// Makes all connections read-only, as a server does that is not the primary any more.
async fn demote(world: &World) {
    let all = Arc::new(Barrier::new(4));
    let mut demoting = JoinSet::new();
    for _ in 0..4 {
        let (store, all) = (world.store.clone(), all.clone());
        demoting.spawn(async move {
            let unit = async move |db: Db| {
                db.script(READ_ONLY).await?;
                all.wait().await;
                Ok(())
            };
            store.write(unit).await
        });
    }
    assert_eq!(demoting.join_all().await, [Ok(()), Ok(()), Ok(()), Ok(())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn read_only_connections_are_replaced() {
    let Some(world) = World::postgres().await else { return };
    let id = world.user().await.id;
    demote(&world).await;
    let count = world.store.write(async move |db| users::record_failure(&db, id).await).await;
    assert_eq!(count, Ok(1));
    demote(&world).await;
    let count = world.store.put(async move |db| users::record_failure(&db, id).await).await;
    assert_eq!(count, Ok(2));
    // None of the others is left either.
    let read_only = async |db: Db| {
        db.value::<String>("SELECT current_setting('default_transaction_read_only')", &[]).await
    };
    for _ in 0..10 {
        assert_eq!(world.store.get(read_only).await, Ok("off".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ping_notices_that_nothing_can_be_written() {
    let Some(world) = World::postgres().await else { return };
    demote(&world).await;
    assert_eq!(world.store.ping().await, Ok(()), "there is another server");
    let name = world.settings.url.expose().rsplit('/').next().unwrap();
    world.order(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
    demote(&world).await;
    let told = world.store.ping().await;
    assert!(matches!(told, Err(Error::Unavailable(_))), "{told:?}");
    let opened = Store::connect(&world.settings, &world.file).await.map(drop);
    assert!(matches!(opened, Err(Error::Unavailable(_))), "{opened:?}");
    world.order(&format!("SET transaction_read_only = off; ALTER DATABASE {name} RESET ALL")).await;
    assert_eq!(world.store.ping().await, Ok(()), "its return is noticed");
}

const END_OTHERS: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_whose_connection_ends_is_retried() {
    let Some(world) = World::postgres().await else { return };
    let id = world.user().await.id;
    let (runs, url) = (Arc::new(AtomicU32::new(0)), world.settings.url.expose().to_owned());
    let ran = runs.clone();
    let unit = world.store.write(async move |db| {
        users::record_failure(&db, id).await?;
        if ran.fetch_add(1, Ordering::SeqCst) == 0 {
            crate::world::order(&url, END_OTHERS).await;
        }
        users::record_failure(&db, id).await
    });
    assert_eq!(unit.await, Ok(2));
    assert_eq!((runs.load(Ordering::SeqCst), world.failures(id).await), (2, 2));
    for count in 3..20 {
        world.order(END_OTHERS).await;
        let counted = world.store.write(async move |db| users::record_failure(&db, id).await).await;
        assert_eq!(counted, Ok(count), "an idle connection that ended is no accident");
        world.order(END_OTHERS).await;
        assert_eq!(world.failures(id).await, count);
    }
}

/// Whether it was committed is unknown.
#[tokio::test(flavor = "multi_thread")]
async fn a_unit_whose_commit_is_lost_is_not_retried() {
    let Some(world) = World::postgres().await else { return };
    let id = world.user().await.id;
    world
        .order(
            "CREATE FUNCTION hang_up() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
             CREATE CONSTRAINT TRIGGER hang_up AFTER UPDATE ON users
                 DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hang_up()",
        )
        .await;
    let runs = Arc::new(AtomicU32::new(0));
    let ran = runs.clone();
    let unit = world.store.write(async move |db| {
        ran.fetch_add(1, Ordering::SeqCst);
        users::record_failure(&db, id).await
    });
    let outcome = unit.await;
    assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert_eq!(world.failures(id).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn units_wait_where_the_server_has_fewer_connections_than_the_pool() {
    let Some(mut database) = Created::differing("").await else { return };
    let url = database.role("CONNECTION LIMIT 2").await;
    let settings = Database { url: url.into(), connections: 16, ..Database::default() };
    let store = Store::connect(&settings, "".as_ref()).await.unwrap();
    let mut asked = JoinSet::new();
    for number in 0..200_i64 {
        let store = store.clone();
        asked.spawn(async move {
            store
                .read(async move |db| db.value("SELECT $1::BIGINT", store::args![number]).await)
                .await
        });
    }
    let mut answers = asked.join_all().await;
    answers.sort_by_key(|it: &store::Result<i64>| it.clone().ok());
    assert_eq!(answers, (0..200).map(Ok).collect::<Vec<_>>());
    store.close().await;
}

/// All connections of the server are in use by others, until one of them ends.
#[tokio::test(flavor = "multi_thread")]
async fn a_unit_waits_for_a_connection_that_somebody_else_has() {
    let Some(mut database) = Created::differing("").await else { return };
    let url = database.role("CONNECTION LIMIT 1").await;
    let settings = Database { url: url.clone().into(), ..Database::default() };
    let store = Store::connect(&settings, "".as_ref()).await.unwrap();
    database.order(END_OTHERS).await;
    // A connection counts towards the limit until its process has ended.
    let connect = async || loop {
        match tokio_postgres::connect(&url, tokio_postgres::NoTls).await {
            Ok(connected) => break connected,
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    };
    let (other, connection) = timeout(Duration::from_secs(30), connect()).await.unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { drop(connection.await) });
    let mut waiting = JoinSet::new();
    let asking = store.clone();
    waiting
        .spawn(async move { asking.get(async |db| db.value("SELECT 1::BIGINT", &[]).await).await });
    // Everybody who asks in the meantime is refused, and so was the unit.
    for _ in 0..10 {
        assert!(tokio_postgres::connect(&url, tokio_postgres::NoTls).await.is_err());
    }
    assert!(waiting.try_join_next().is_none());
    drop(other);
    assert_eq!(waiting.join_next().await.unwrap().unwrap(), Ok(1_i64));
    store.close().await;
}
