//! What the database is filled with, through the product's own statements, and the tokens that go
//! with it.

use std::{path::Path, sync::Arc};

use app::{App, Clock, Ctx, engine::keys::Keys, session::tokens};
use aws_lc_rs::rand;
use domain::{
    SessionId, Time, UserId,
    account::{Email, User},
    session::{Session, Superseded, expires_at},
    settings::Settings,
};
use store::{Db, Store};

use crate::{hash, outcome::Outcome, progress::Progress};

/// How many rows a transaction writes.
const BATCH: usize = 1_000;
/// The number of signed-in users who read, and of those who refresh.
const SIGNED_IN: usize = 10_000;

/// The data that the load uses.
pub struct Data {
    /// Of users who are signed in, and whose they are.
    pub access: Vec<String>,
    pub readers: Vec<UserId>,
    /// Of other sessions.
    pub refresh: Vec<String>,
    /// Sessions of others, for the ceiling of the refresh.
    pub spare: Vec<SessionId>,
    /// Users who sign in, and whose answers are compared with those for unknown users.
    pub dear: Vec<String>,
    pub people: Vec<String>,
}

/// Makes the schema and the keys, and fills the tables.
pub async fn fill(settings: &Settings, users: usize) -> Outcome<Data> {
    let store = app::connect(settings).await?;
    let clock = Clock::System;
    app::migrate(&store, clock.now()).await?;
    let (app, _background) = App::with_store(settings.clone(), clock, store.clone()).await?;
    let made = people(settings, users, app.clock().now())?;
    write_users(&store, &made).await?;
    let signed_in = (users / 5).clamp(1, SIGNED_IN);
    let sessions = made.iter().take(3 * signed_in).map(|it| session(it, &app));
    let sessions = sessions.collect::<Outcome<Vec<Session>>>()?;
    write_sessions(&store, &sessions).await?;
    if is_postgres(settings) {
        store.put(async |db| db.script("ANALYZE").await).await?;
    }
    let keys = Keys::open(settings, &store, app.clock()).await?;
    let data = tokens_of(&app, &keys, &made, &sessions, signed_in)?;
    store.close().await;
    Ok(data)
}

fn people(settings: &Settings, users: usize, now: Time) -> Outcome<Vec<Arc<User>>> {
    let hash = hash::phc(&hash::today(settings)?)?;
    let mut made = Vec::with_capacity(users);
    for number in 0..users {
        let email = Email::parse(&address(number)).map_err(|it| it.message)?;
        let mut user = User::new(UserId::new(now, random()?), email, now);
        user.password_hash = Some(hash.clone());
        user.email_verified_at = Some(now);
        user.first_name = "Ada".into();
        user.last_name = "Lovelace".into();
        made.push(Arc::new(user));
    }
    Ok(made)
}

fn address(number: usize) -> String {
    format!("person-{number:06}@example.com")
}

fn session(user: &User, app: &App) -> Outcome<Session> {
    let now = app.clock().now();
    Ok(Session {
        id: SessionId::new(now, random()?),
        user_id: user.id,
        secret: random()?,
        head: 1,
        parent: None,
        superseded: Superseded::default(),
        floor: 1,
        head_made_at: now,
        head_shown: false,
        remembered: false,
        device_name: "Firefox on Linux".into(),
        device_fingerprint: "0123456789abcdef".into(),
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0".into(),
        browser: "Firefox".into(),
        os: "Linux".into(),
        device_type: "desktop".into(),
        ip_address: "127.0.0.1".into(),
        city: String::new(),
        country: String::new(),
        mfa_verified: false,
        amr: "pwd".into(),
        authenticated_at: now,
        created_at: now,
        last_activity_at: now,
        last_rotation_at: None,
        expires_at: expires_at(now, now, false, &app.settings().tokens),
        ended_at: None,
        end_reason: None,
    })
}

fn random<const N: usize>() -> Outcome<[u8; N]> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| "the system gives no random bytes")?;
    Ok(bytes)
}

async fn write_users(store: &Store, users: &[Arc<User>]) -> Outcome<()> {
    let progress = Progress::begin("users", users.len());
    for (number, batch) in users.chunks(BATCH).enumerate() {
        let batch = batch.to_vec();
        let unit = async move |db: Db| {
            for user in &batch {
                store::users::insert(&db, user).await?;
            }
            Ok(())
        };
        store.write(unit).await?;
        progress.at((number + 1) * BATCH);
    }
    progress.end();
    Ok(())
}

async fn write_sessions(store: &Store, sessions: &[Session]) -> Outcome<()> {
    let progress = Progress::begin("sessions", sessions.len());
    for (number, batch) in sessions.chunks(BATCH).enumerate() {
        let batch = batch.to_vec();
        let unit = async move |db: Db| {
            for session in &batch {
                store::sessions::insert(&db, session).await?;
            }
            Ok(())
        };
        store.write(unit).await?;
        progress.at((number + 1) * BATCH);
    }
    progress.end();
    Ok(())
}

/// A third of the sessions is for reads, a third for refreshes, a third for the ceiling.
fn tokens_of(
    app: &App,
    keys: &Keys,
    users: &[Arc<User>],
    sessions: &[Session],
    signed_in: usize,
) -> Outcome<Data> {
    let ctx = Ctx::local(app.clock().now(), "bench");
    let mut access = Vec::with_capacity(signed_in);
    for (user, session) in users.iter().zip(sessions).take(signed_in) {
        let pair = tokens::issue(app, &ctx, user, &Arc::new(session.clone()))?;
        access.push(pair.access.expose().to_owned());
    }
    let refreshing = sessions.iter().skip(signed_in).take(signed_in);
    let refresh = |it: &Session| keys.refresh_token(it, it.head).expose().to_owned();
    let emails = |all: &[Arc<User>]| all.iter().map(|it| it.email.to_string()).collect();
    let (rest, people) = users.split_at(users.len() - users.len() / 10);
    let (_, others) = rest.split_at(3 * signed_in.min(rest.len() / 3));
    Ok(Data {
        access,
        readers: users.iter().take(signed_in).map(|it| it.id).collect(),
        refresh: refreshing.map(refresh).collect(),
        spare: sessions.iter().skip(2 * signed_in).map(|it| it.id).collect(),
        dear: emails(others),
        people: emails(people),
    })
}

/// Gives every user a hash that is cheap to verify: a different kind would stand out.
pub async fn make_cheap(settings: &Settings) -> Outcome<()> {
    let store = app::connect(settings).await?;
    let hash = hash::phc(&hash::cheap()?)?;
    let kind = domain::factor::phc::kind(&hash).unwrap_or_default().to_owned();
    let unit = async move |db: Db| {
        db.execute("UPDATE users SET password_hash = $1", store::args![hash]).await?;
        db.execute("DELETE FROM hash_kinds", store::args![]).await?;
        let text = "INSERT INTO hash_kinds (kind, accounts) SELECT $1, COUNT(*) FROM users";
        db.execute(text, store::args![kind]).await
    };
    store.write(unit).await?;
    store.close().await;
    Ok(())
}

fn is_postgres(settings: &Settings) -> bool {
    settings.database.url.expose().starts_with("postgres")
}

/// What the database calls itself.
pub async fn version(settings: &Settings, file: &Path) -> Outcome<String> {
    let store = Store::connect(&settings.database, file).await?;
    let version = if is_postgres(settings) {
        let text = "SELECT current_setting('server_version')";
        store.get(async move |db| db.value::<String>(text, &[]).await).await?
    } else {
        let text = "SELECT sqlite_version()";
        store.get(async move |db| db.value::<String>(text, &[]).await).await?
    };
    store.close().await;
    Ok(version)
}

/// The first process of PostgreSQL, where it runs on this machine.
pub async fn postmaster(settings: &Settings, file: &Path) -> Outcome<Option<u32>> {
    if !is_postgres(settings) {
        return Ok(None);
    }
    let store = Store::connect(&settings.database, file).await?;
    let text = "SELECT CAST(pg_backend_pid() AS BIGINT)";
    let backend: i64 = store.get(async move |db| db.value(text, &[]).await).await?;
    store.close().await;
    Ok(u32::try_from(backend).ok().and_then(crate::process::parent))
}
