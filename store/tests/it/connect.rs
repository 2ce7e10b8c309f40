//! Opening and closing a database.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use domain::{Secret, Span, settings::Database};
use store::{Error, Result, Store, db::migrate};
use tokio::task::JoinSet;

use crate::{
    people::users,
    world::{Created, NOW, World},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_open_database_answers() {
    let world = World::start().await;
    assert_eq!(world.store.ping().await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_finishes_accepted_work() {
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
    // Acknowledged work is there, refused work is not.
    let counted = outcomes.iter().filter(|it| it.is_ok()).count();
    let others = outcomes.iter().filter(|it| matches!(it, Err(Error::Unavailable(_)))).count();
    assert_eq!(counted + others, 200);
    world.store = world.another().await;
    assert_eq!(world.failures(id).await, i64::try_from(counted).unwrap());
}

/// Once it is closed, the file alone is the database. PostgreSQL manages its own files.
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
async fn an_unreachable_database_is_unavailable() {
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
async fn unusable_settings_are_reported() {
    let server = "postgres://anna:hunter2@127.0.0.1:1/test";
    for (url, ca_file, told) in [
        ("mysql://anna:hunter2@host/test", "", "neither sqlite: nor postgres:"),
        ("sqlite::memory:", "", "does not name a file"),
        ("sqlite://test.db?mode=rwc", "", "does not name a file"),
        ("postgres://anna:hunter2@host/test?sslmode=perhaps", "", "sslmode"),
        ("postgres://anna:hunter2@host/test?pgbouncer=true", "", "pgbouncer"),
        (&format!("{server}?sslmode=verify-ca"), "", "certificate authority"),
        (&format!("{server}?sslmode=verify-full"), "/nowhere.pem", "/nowhere.pem"),
        (&format!("{server}?sslmode=require"), "Cargo.toml", "holds no certificate"),
        (&format!("{server}?sslmode=require&sslrootcert=Cargo.toml"), "", "holds no certificate"),
    ] {
        let refused = connect(url, ca_file).await;
        let Err(Error::Unsuitable { what, remedy }) = refused else { panic!("{url}") };
        assert!(what.contains(told) && !what.contains("hunter2"), "{what}");
        assert!(!remedy.is_empty());
    }
}

/// Otherwise names in other scripts would fail one by one, at sign-in.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_another_encoding_is_refused() {
    let latin = "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0";
    let Some(database) = Created::differing(latin).await else { return };
    let refused = connect(&database.url(), "").await.map(drop);
    let Err(Error::Unsuitable { what, remedy }) = refused else { panic!("{refused:?}") };
    assert!(what.contains("LATIN1") && remedy.contains("ENCODING 'UTF8'"), "{what}: {remedy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_privileges_are_reported_before_anything_runs() {
    let Some(mut database) = Created::differing("").await else { return };
    let (all, role) = (migrate::MIGRATIONS, database.role("").await);
    let lacks = async |told: &str| {
        let store = connect(&role, "").await.unwrap();
        let refused = migrate::run(&store, all, NOW).await;
        let Err(Error::Unsuitable { what, remedy }) = refused else { panic!("{refused:?}") };
        assert!(what.contains(told) && !remedy.is_empty(), "{what}");
        store.close().await;
    };
    database.order("REVOKE CREATE ON SCHEMA public FROM PUBLIC").await;
    lacks("CREATE ON SCHEMA public").await;
    let owner = connect(&database.url(), "").await.unwrap();
    migrate::run(&owner, all, NOW).await.unwrap();
    owner.close().await;
    lacks("migrations").await;
    database.order("GRANT SELECT ON migrations TO PUBLIC").await;
    lacks("INSERT ON users").await;
    // A role that only serves need not own the tables, nor be able to change audit rows.
    database
        .order(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO PUBLIC;
             REVOKE DELETE ON audit_events FROM PUBLIC;
             REVOKE INSERT, UPDATE, DELETE ON migrations FROM PUBLIC",
        )
        .await;
    let store = connect(&role, "").await.unwrap();
    assert_eq!(migrate::run(&store, all, NOW).await, Ok(Vec::new()));
    store.close().await;
}

/// The server ends statements itself. SQLite does it in another way, tested with the units.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_has_the_timeouts() {
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

#[tokio::test(flavor = "multi_thread")]
async fn old_connections_are_replaced() {
    let Some(world) = World::postgres().await else { return };
    let process = async |store: &Store| {
        let text = "SELECT CAST(pg_backend_pid() AS BIGINT)";
        store.get(async move |db| db.value::<i64>(text, &[]).await).await.unwrap()
    };
    assert_eq!(process(&world.store).await, process(&world.store).await);
    let settings = Database { connection_lifetime: Span::ZERO, ..world.settings.clone() };
    let hasty = Store::connect(&settings, &world.file).await.unwrap();
    let first = process(&hasty).await;
    assert_ne!(process(&hasty).await, first);
    hasty.close().await;
}
