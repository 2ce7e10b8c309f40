//! How a database is opened and closed.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use domain::{Secret, settings::Database};
use store::{Error, Result, Store};
use tokio::task::JoinSet;

use crate::{people::users, world::World};

#[tokio::test(flavor = "multi_thread")]
async fn an_open_database_answers() {
    let world = World::start().await;
    assert_eq!(world.store.ping().await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_ends_what_was_asked_for() {
    let mut world = World::start().await;
    let id = world.user().await.id;
    let mut asked = JoinSet::new();
    for _ in 0..200 {
        let store = world.store.clone();
        asked.spawn(async move {
            store.write(async move |db| users::record_failure(&db, id).await).await
        });
    }
    tokio::task::yield_now().await;
    let closed = tokio::time::timeout(Duration::from_secs(20), world.store.close()).await;
    assert!(closed.is_ok());
    let outcomes = asked.join_all().await;
    let refused = world.store.get(async move |db| users::by_id(&db, id).await).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    assert!(matches!(world.store.ping().await, Err(Error::Unavailable(_))));
    world.store.close().await;
    // What was acknowledged is there, what was refused is not.
    let counted = outcomes.iter().filter(|it| it.is_ok()).count();
    let others = outcomes.iter().filter(|it| matches!(it, Err(Error::Unavailable(_)))).count();
    assert_eq!(counted + others, 200);
    world.store = world.another().await;
    assert_eq!(world.failures(id).await, i64::try_from(counted).unwrap());
}

/// The file alone is the database once it is closed. PostgreSQL keeps its files itself.
#[tokio::test(flavor = "multi_thread")]
async fn sqlite_files_are_private_and_whole() {
    let Some(world) = World::sqlite().await else { return };
    world.user().await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let log = PathBuf::from(format!("{}-wal", world.file.display()));
    assert_eq!(mode(world.file.parent().unwrap()), 0o700);
    assert_eq!((mode(&world.file), mode(&log)), (0o600, 0o600));
    fs::set_permissions(&world.file, fs::Permissions::from_mode(0o644)).unwrap();
    let other = world.another().await;
    assert_eq!(mode(&world.file), 0o600, "an existing file is closed to others");
    other.close().await;
    world.store.close().await;
    let left = fs::metadata(&log).map_or(0, |it| it.len());
    assert_eq!(left, 0);
}

async fn connect(url: &str, ca_file: &str) -> Result<Store> {
    let (url, ca_file) = (Secret::from(url), ca_file.into());
    let settings = Database { url, ca_file, ..Database::default() };
    Store::connect(&settings, Path::new("/nowhere")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_there_may_come() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "no folder").unwrap();
    let below = format!("sqlite://{}/test.db", file.display());
    for url in ["postgres://anna:hunter2@127.0.0.1:1/test", below.as_str()] {
        let Err(Error::Unavailable(text)) = connect(url, "").await else { panic!("{url}") };
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_cannot_work_are_told() {
    let server = "postgres://anna:hunter2@127.0.0.1:1/test";
    for (url, ca_file, told) in [
        ("mysql://anna:hunter2@host/test", "", "neither sqlite: nor postgres:"),
        ("sqlite::memory:", "", "does not name a file"),
        ("sqlite://test.db?mode=rwc", "", "does not name a file"),
        ("postgres://anna:hunter2@host/test?sslmode=perhaps", "", "sslmode"),
        (&format!("{server}?sslmode=require"), "/nowhere.pem", "/nowhere.pem"),
        (&format!("{server}?sslmode=require"), "Cargo.toml", "holds no certificate"),
    ] {
        let Err(Error::Corrupt(text)) = connect(url, ca_file).await else { panic!("{url}") };
        assert!(text.contains(told) && !text.contains("hunter2"), "{text}");
    }
}

/// The server ends statements itself. SQLite has another way, tested with the units.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_knows_the_limits() {
    let Some(world) = World::postgres().await else { return };
    for (question, answer) in [
        ("SHOW statement_timeout", "10s"),
        ("SHOW idle_in_transaction_session_timeout", "15s"),
        ("SHOW TimeZone", "UTC"),
        ("SHOW application_name", "portcullis"),
    ] {
        let told = world.store.get(async move |db| db.value(question, &[]).await).await;
        assert_eq!(told, Ok(answer.to_owned()));
    }
}
