//! Lockout, carried out: a guess is counted in a transaction of its own before it is checked, and
//! what came of it is written beside the answer. What names and accounts are is kept as keyed
//! hashes alone. Names that nobody has take the same statements.

use domain::{
    Code, Problem, Span, Time, UserId,
    account::{
        User,
        lockout::{self, Decision, Tally},
    },
    event::Event,
    mac,
    session::Session,
};
use store::{Db, lockouts};

use crate::{
    App, Ctx, Error, Result,
    audit::{self, Entry},
};

/// How long others wait while the last guess is checked, in milliseconds.
const PAUSES: [u64; 12] = [10, 20, 40, 80, 160, 320, 640, 640, 640, 640, 640, 640];
/// When to come back if that was not enough.
const RETRY_AFTER: Span = Span::seconds(2);
/// How many rows one statement deletes.
const BATCH: i64 = 1_000;

type Hash = [u8; 32];

/// What is counted apart.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Name = 1,
    Account = 2,
    /// In place of the account, for names that nobody has.
    Nobody = 3,
}

/// The device where it has signed in to the account before; without one, all strangers together.
fn hash(app: &App, kind: Kind, device: Option<&str>, what: &[u8]) -> Hash {
    let device = device.map_or([0; 32], |it| mac::sha256(it.as_bytes()));
    app.keys.lockout.sign(&[&[kind as u8], &device, what])
}

/// What a guess is counted on.
#[derive(Debug, Clone)]
pub(crate) struct Counters {
    user: Option<UserId>,
    name: Option<Hash>,
    account: Hash,
    /// What all counters of the account are found by.
    group: Hash,
}

impl Counters {
    /// Of a sign-in by `name`. `device` is one that is known to the user.
    pub fn of_sign_in(
        app: &App,
        name: &str,
        user: Option<UserId>,
        device: Option<&str>,
    ) -> Counters {
        let account = |device| match user {
            Some(user) => hash(app, Kind::Account, device, user.0.as_bytes()),
            None => hash(app, Kind::Nobody, device, name.as_bytes()),
        };
        Counters {
            user,
            name: Some(hash(app, Kind::Name, device, name.as_bytes())),
            account: account(device),
            group: account(None),
        }
    }

    /// Of somebody who is signed in and is asked for the password: on the device of the session.
    pub fn of_check(app: &App, user: &User, session: &Session) -> Counters {
        let id = user.id.0.as_bytes();
        Counters {
            user: Some(user.id),
            name: None,
            account: hash(app, Kind::Account, Some(&session.device_fingerprint), id),
            group: hash(app, Kind::Account, None, id),
        }
    }
}

/// A guess that has been counted and may be checked.
#[derive(Debug, Clone, Default)]
#[must_use = "what came of it has to be written"]
pub(crate) struct Guess {
    counted: Vec<Hash>,
    /// What is locked if it is wrong, and what the audit log says then.
    locks: Vec<(Hash, Entry)>,
    is_barred: bool,
}

/// Counts a guess. Refused where the name is locked.
pub(crate) async fn count(app: &App, ctx: &Ctx, counters: &Counters) -> Result<Guess> {
    if !app.settings.lockout.enabled {
        return Ok(Guess::default());
    }
    for pause in PAUSES {
        match decide(app, ctx, counters).await? {
            Decision::Wait => tokio::time::sleep(Span::millis(pause).duration()).await,
            Decision::Refuse { until } => {
                let locked = Problem::from(Code::AccountLocked);
                return Err(locked.retry_after(until.since(ctx.now)).into());
            }
            Decision::Check { name, account } => {
                return Guess::new(ctx, counters, name, Some(account));
            }
            Decision::Wrong { name } => return Guess::new(ctx, counters, name, None),
        }
    }
    let busy = Code::Unavailable.because("Too many sign-ins at once.");
    Err(busy.retry_after(RETRY_AFTER).into())
}

/// Decides, and writes what was decided.
async fn decide(app: &App, ctx: &Ctx, counters: &Counters) -> Result<Decision> {
    let (settings, now) = (app.settings.lockout.clone(), ctx.now);
    let Counters { name, account, group, .. } = *counters;
    let unit = async move |db: Db| {
        // The name before the account, always, lest two wait for each other.
        let tally = match name {
            Some(hash) => Some(claim(&db, &hash, &group, now).await?),
            None => None,
        };
        let of_account = claim(&db, &account, &group, now).await?;
        let decision = lockout::decide(tally, of_account, &settings, now);
        let (of_name, of_account) = match decision {
            Decision::Check { name, account } => (name, Some(account)),
            Decision::Wrong { name } => (name, None),
            Decision::Wait | Decision::Refuse { .. } => (None, None),
        };
        for (hash, tally) in name.zip(of_name).into_iter().chain(of_account.map(|it| (account, it)))
        {
            lockouts::put(&db, &hash, &row(tally)).await?;
        }
        Ok(decision)
    };
    Ok(app.store.write(unit).await?)
}

async fn claim(db: &Db, hash: &Hash, group: &Hash, now: Time) -> store::Result<Tally> {
    let lockouts::Lockout { failures, locked_until, settled, updated_at } =
        lockouts::claim(db, hash, group, now).await?;
    Ok(Tally { failures, locked_until, settled, updated_at })
}

fn row(tally: Tally) -> lockouts::Lockout {
    let Tally { failures, locked_until, settled, updated_at } = tally;
    lockouts::Lockout { failures, locked_until, settled, updated_at }
}

impl Guess {
    fn new(
        ctx: &Ctx,
        counters: &Counters,
        name: Option<Tally>,
        account: Option<Tally>,
    ) -> Result<Guess> {
        let mut guess = Guess { is_barred: account.is_none(), ..Guess::default() };
        let name = counters.name.zip(name).map(|(hash, tally)| (hash, tally, "name"));
        let account = account.map(|tally| (counters.account, tally, "account"));
        for (hash, tally, what) in name.into_iter().chain(account) {
            guess.counted.push(hash);
            if let Some(until) = tally.locked_until {
                let entry = audit::event(ctx, Event::AccountLocked)?.about(counters.user);
                let entry = entry.with("what", what).with("until", until.to_string());
                guess.locks.push((hash, entry));
            }
        }
        Ok(guess)
    }

    /// Whether it counts as wrong even if it is right.
    pub fn is_barred(&self) -> bool {
        self.is_barred
    }

    /// It was wrong: in the transaction of the refusal.
    pub async fn wrong(&self, db: &Db, now: Time) -> store::Result<()> {
        for (hash, entry) in &self.locks {
            if lockouts::settle(db, hash, now).await? {
                audit::record(db, entry).await?;
            }
        }
        Ok(())
    }

    /// It was right: in the transaction of what it was for. What was counted before is forgotten.
    pub async fn right(&self, db: &Db) -> store::Result<()> {
        for hash in &self.counted {
            lockouts::delete(db, hash).await?;
        }
        Ok(())
    }

    /// It has not been checked, which is our own fault. If that cannot be written, it counts.
    pub async fn give_back(&self, app: &App) {
        let counted = self.counted.clone();
        let unit = async move |db: Db| {
            for hash in &counted {
                lockouts::give_back(&db, hash).await?;
            }
            Ok(())
        };
        if let Err(error) = app.store.write(unit).await {
            tracing::warn!(%error, "a guess that was not checked stays counted");
        }
    }

    /// What is counted against whoever guessed. Anything else is our own fault.
    pub async fn unless_answered<T>(
        &self,
        app: &App,
        outcome: Result<T>,
        answers: &[Code],
    ) -> Result<T> {
        match &outcome {
            Ok(_) => {}
            Err(Error::Refused(it)) if answers.contains(&it.code) => {}
            Err(_) => self.give_back(app).await,
        }
        outcome
    }
}

/// What has to be forgotten for an account to be open again.
#[derive(Debug, Clone)]
pub(crate) struct Unlock {
    group: Hash,
    names: [Option<Hash>; 3],
}

impl Unlock {
    pub fn of(app: &App, user: &User) -> Unlock {
        let name = |it: &str| hash(app, Kind::Name, None, it.as_bytes());
        let phone = user.phone_number.as_deref().filter(|_| user.phone_verified_at.is_some());
        Unlock {
            group: hash(app, Kind::Account, None, user.id.0.as_bytes()),
            // They may have been counted before somebody had them.
            names: [
                Some(name(&user.email.canonical())),
                user.username.as_deref().map(name),
                phone.map(name),
            ],
        }
    }

    /// Whether anything was locked.
    pub async fn write(&self, db: &Db, now: Time) -> store::Result<bool> {
        let forgotten = lockouts::delete_all(db, &self.group, &self.names).await?;
        Ok(forgotten.iter().any(|it| it.locked_until.is_some_and(|until| until > now)))
    }
}

/// Forgets what is over, and beyond the bound what was not used for longest.
pub(crate) async fn sweep(app: &App, now: Time) -> Result<()> {
    let settings = &app.settings.lockout;
    let before = now - settings.forget_after;
    let keep = i64::try_from(settings.max_entries).unwrap_or(i64::MAX);
    loop {
        let unit = async move |db: Db| {
            let over = lockouts::sweep(&db, before, now, BATCH).await?;
            Ok((over, lockouts::trim(&db, keep, BATCH).await?))
        };
        let (over, beyond) = app.store.write(unit).await?;
        if beyond > 0 {
            tracing::warn!(beyond, keep, "lockout.max_entries was reached");
        }
        if over.max(beyond) < BATCH.unsigned_abs() {
            return Ok(());
        }
    }
}
