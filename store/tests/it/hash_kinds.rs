//! The counts of hash kinds follow the accounts.

use std::collections::BTreeMap;

use domain::{
    Span, Time, UserId,
    account::{Email, User},
    factor::phc,
};
use store::{
    Db, Error, args,
    db::migrate::{self, MIGRATIONS},
    hash_kinds, users,
};
use tokio::task::JoinSet;

use crate::world::{LATER, NOW, World, new_id};

const OLD: &str = "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo";
const OLD_TOO: &str = "$argon2id$v=19$m=64,t=1,p=1$b3RoZXJzYWx0$b3RoZXJoYXNo";
const NEW: &str = "$argon2id$v=19$m=128,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo";
const OLD_KIND: &str = "$argon2id$v=19$m=64,t=1,p=1";
const NEW_KIND: &str = "$argon2id$v=19$m=128,t=1,p=1";

fn user(hash: Option<&str>) -> User {
    let id = UserId(new_id());
    let email = Email::parse(&format!("{}@example.com", id.0)).unwrap();
    User { password_hash: hash.map(Into::into), ..User::new(id, email, NOW) }
}

async fn insert(world: &World, user: &User) -> bool {
    let user = user.clone();
    world.store.write(async move |db| users::insert(&db, &user).await).await.unwrap()
}

async fn added(world: &World, hash: Option<&str>) -> UserId {
    let user = user(hash);
    assert!(insert(world, &user).await);
    user.id
}

async fn counts(world: &World) -> BTreeMap<String, i64> {
    let kinds = world.store.get(async |db: Db| hash_kinds::all(&db).await).await.unwrap();
    kinds.into_iter().map(|it| (it.kind, it.accounts)).collect()
}

fn expected(old: i64, new: i64) -> BTreeMap<String, i64> {
    let all = [(OLD_KIND.to_owned(), old), (NEW_KIND.to_owned(), new)];
    all.into_iter().filter(|it| it.1 > 0).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_follow_the_accounts() {
    let world = World::with(MIGRATIONS).await;
    assert_eq!(counts(&world).await, expected(0, 0));
    let anna = user(Some(OLD));
    assert!(insert(&world, &anna).await);
    assert!(!insert(&world, &User { id: UserId(new_id()), ..anna.clone() }).await, "it is taken");
    let (ben, nobody) = (added(&world, Some(OLD_TOO)).await, added(&world, None).await);
    assert_eq!(counts(&world).await, expected(2, 0));
    let upgrade = async |old: &'static str, new: &'static str| {
        let unit = async move |db: Db| users::upgrade_hash(&db, ben, old, new).await;
        world.store.write(unit).await.unwrap()
    };
    assert_eq!(upgrade(OLD_TOO, NEW).await, 1);
    assert_eq!(counts(&world).await, expected(1, 1));
    assert_eq!(upgrade(OLD_TOO, NEW).await, 0, "it is another already");
    assert_eq!(counts(&world).await, expected(1, 1));
    let set = async |id, old, new: &'static str| {
        let unit = async move |db: Db| users::set_password(&db, id, old, new, NOW).await;
        world.store.write(unit).await.unwrap()
    };
    assert!(set(nobody, None, NEW).await);
    assert!(set(ben, Some(NEW), OLD_TOO).await);
    assert!(set(anna.id, Some(OLD), OLD_TOO).await);
    assert!(!set(anna.id, Some(OLD), NEW).await, "it is another already");
    assert_eq!(counts(&world).await, expected(2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_erased_is_not_counted() {
    let world = World::with(MIGRATIONS).await;
    let (anna, ben) = (added(&world, Some(OLD)).await, added(&world, None).await);
    let carl = user(Some(NEW));
    assert!(insert(&world, &carl).await);
    assert_eq!(counts(&world).await, expected(1, 1));
    for id in [anna, ben] {
        let erase = async |before: Time| {
            let unit = async move |db: Db| users::erase(&db, id, before).await;
            world.store.write(unit).await.unwrap()
        };
        assert!(!erase(LATER).await, "it is not deleted");
        let delete = async move |db: Db| users::delete(&db, id, NOW).await;
        assert!(world.store.write(delete).await.unwrap());
        assert!(!erase(NOW - Span::seconds(1)).await, "its grace is not over");
        assert!(erase(NOW).await);
    }
    assert_eq!(counts(&world).await, expected(0, 1));
    let (id, email) = (carl.id, carl.email_canonical.clone());
    let unit = async move |db: Db| users::erase_unproved(&db, &email, anna).await;
    assert_eq!(world.store.write(unit).await, Ok(Some(id)));
    assert_eq!(counts(&world).await, expected(0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_undone_is_not_counted() {
    let world = World::with(MIGRATIONS).await;
    let anna = user(Some(OLD));
    let made = anna.clone();
    let undone = world.store.write(async move |db| {
        users::insert(&db, &made).await?;
        Err::<(), _>(Error::Unavailable("as a test".into()))
    });
    assert!(undone.await.is_err());
    assert_eq!(counts(&world).await, expected(0, 0));
    let single = world.store.put(async move |db| users::insert(&db, &anna).await).await;
    assert!(matches!(single, Err(Error::Bug(_))), "a count is a second statement: {single:?}");
}

/// Nodes of an older version write hashes and do not count them.
#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_drifted_is_never_negative() {
    let world = World::with(MIGRATIONS).await;
    let (anna, ben) = (added(&world, Some(OLD)).await, added(&world, Some(OLD)).await);
    for statement in ["UPDATE hash_kinds SET accounts = 1", "DELETE FROM hash_kinds"] {
        let unit = async move |db: Db| db.execute(statement, args![]).await;
        world.store.put(unit).await.unwrap();
        for (id, old, new) in [(anna, OLD, NEW), (ben, OLD, NEW), (anna, NEW, OLD), (ben, NEW, OLD)]
        {
            let unit = async move |db: Db| users::upgrade_hash(&db, id, old, new).await;
            assert_eq!(world.store.write(unit).await, Ok(1));
        }
        assert_eq!(counts(&world).await, expected(2, 0));
    }
}

/// Half of them change from one kind to the other, half back, and each changes two accounts.
#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_count_right() {
    let world = World::with(MIGRATIONS).await;
    let mut tasks = JoinSet::new();
    for number in 0..20 {
        let (from, to) = if number % 2 == 0 { (OLD, NEW) } else { (NEW, OLD) };
        let (one, two) = (added(&world, Some(from)).await, added(&world, Some(from)).await);
        let store = world.store.clone();
        tasks.spawn(async move {
            let unit = async move |db: Db| {
                users::upgrade_hash(&db, one, from, to).await?;
                users::upgrade_hash(&db, two, from, to).await
            };
            store.write(unit).await
        });
    }
    assert!(tasks.join_all().await.into_iter().all(|it| it == Ok(1)));
    assert_eq!(counts(&world).await, expected(20, 20));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_migration_counts_the_accounts_there_are() {
    let (before, _) = MIGRATIONS.split_at(3);
    let world = World::with(before).await;
    let hashes = [Some(OLD), Some(OLD_TOO), Some(NEW), None, Some("damaged"), Some("$2b$12$text")];
    for hash in hashes {
        // Its counts have no table yet.
        let user = user(None);
        let unit = async move |db: Db| {
            users::insert(&db, &user).await?;
            let text = "UPDATE users SET password_hash = $2 WHERE id = $1";
            db.execute(text, args![user.id, hash]).await
        };
        world.store.write(unit).await.unwrap();
    }
    migrate::run(&world.store, MIGRATIONS, NOW).await.unwrap();
    let mut all = expected(2, 1);
    all.insert(phc::kind("$2b$12$text").unwrap().to_owned(), 1);
    assert_eq!(counts(&world).await, all);
}
