//! Administration of keys beside a running server: rotation, revocation, resealing. Also rotation
//! by the schedule.

use domain::{Code, JobId, Time, event::Event};
use store::{Db, jobs::Sealed, keys::SigningKey};
use uuid::Uuid;

pub use crate::engine::keys::{Changes, SHARED, Step, When};
use crate::{
    App, Ctx, Error, OpenError, Result,
    access::{Acting, Admin},
    audit::Entry,
    engine::keys::{Occasion, Renewed, Rules, apply, load, make, plan},
    random,
    tx::Tx,
};

/// The number of tries: a change is planned again after a key was made for it.
const ROUNDS: usize = 3;
/// The number of jobs that one transaction reseals.
const BATCH: i64 = 200;

/// Makes a new key, unless one is waiting to sign. Returns the changes.
pub async fn rotate(app: &App, ctx: &Ctx, acting: &Acting<Admin>, when: When) -> Result<Changes> {
    if Rules::from(&app.settings.tokens).is_shared() {
        let text = "the configuration gives the key: change tokens.hs256_secret";
        return Err(Error::broken(text));
    }
    change(app, ctx, Some(acting), Occasion::Rotate(when)).await
}

/// Revokes a key: nothing it has signed is valid any more. If it was the signing key, a new one
/// signs at once.
pub async fn revoke(app: &App, ctx: &Ctx, acting: &Acting<Admin>, id: &str) -> Result<Changes> {
    if id == SHARED && !app.settings.tokens.hs256_secret.is_empty() {
        let text = "the configuration gives the key: change tokens.hs256_secret";
        return Err(Error::broken(text));
    }
    let changes = change(app, ctx, Some(acting), Occasion::Revoke(id.into())).await?;
    if changes.steps.is_empty() {
        return Err(Code::NotFound
            .because(domain::say!("There is no such key, or it has ended."))
            .into());
    }
    Ok(changes)
}

/// Rotates by the schedule: makes the next key, promotes it.
pub(crate) async fn advance(app: &App, now: Time) -> Result<()> {
    let ctx = Ctx::local(now, random::request_id(now));
    let changes = change(app, &ctx, None, Occasion::Clock).await?;
    if !changes.steps.is_empty() {
        tracing::info!(?changes, "the schedule changed signing keys");
    }
    Ok(())
}

/// At start-up: makes sure that there is a signing key.
pub(crate) async fn start(app: &App) -> Result<(), OpenError> {
    let ctx = Ctx::local(app.clock.now(), "start");
    change(app, &ctx, None, Occasion::Start).await?;
    if !app.keys.can_sign() {
        // Another node has made it since the keys were read.
        app.keys.reload().await?;
    }
    if app.keys.can_sign() { Ok(()) } else { Err(Error::broken("no signing key").into()) }
}

/// Plans the changes, applies them, and reloads the keys of this process.
async fn change(
    app: &App,
    ctx: &Ctx,
    acting: Option<&Acting<Admin>>,
    occasion: Occasion,
) -> Result<Changes> {
    let (mut made, rules) = (None, Rules::from(&app.settings.tokens));
    for _ in 0..ROUNDS {
        let (fresh, occasion) = (made.clone(), occasion.clone());
        let unit = async move |tx: Tx| decide_and_apply(&tx, fresh, &rules, &occasion).await;
        let changes = match acting {
            Some(acting) => app.write_as(ctx, acting, unit).await?,
            None => app.write(ctx, unit).await?,
        };
        let Some(changes) = changes else {
            let algorithm = app.settings.tokens.algorithm;
            made = Some(make(&app.keys.signing, algorithm, ctx.now).await?);
            continue;
        };
        return Ok(changes);
    }
    Err(Error::away("too many concurrent changes of keys"))
}

/// `None`: a key has to be made first, which takes too long for a transaction.
async fn decide_and_apply(
    tx: &Tx,
    fresh: Option<SigningKey>,
    rules: &Rules,
    occasion: &Occasion,
) -> Result<Option<Changes>> {
    let now = tx.now();
    store::keys::lock(tx).await?;
    let steps = plan(&store::keys::all(tx).await?, rules, occasion, now);
    let makes = steps.iter().any(|it| matches!(it, Step::Make { .. }));
    if makes && fresh.is_none() {
        return Ok(None);
    }
    for step in &steps {
        apply(tx, step, fresh.as_ref(), rules, now).await?;
        if let Some(entry) = entry(step, fresh.as_ref()) {
            tx.audit(entry).await?;
        }
    }
    if !steps.is_empty() {
        tx.changed_keys();
    }
    let made = fresh.filter(|_| makes).map(|it| it.id);
    Ok(Some(Changes { steps, made }))
}

/// The audit entry of a step. A promotion has none, because `signs_at` is in the entry of the new
/// key.
fn entry(step: &Step, fresh: Option<&SigningKey>) -> Option<Entry> {
    let with_kid = |event, id: &str| Entry::from(event).with("kid", id);
    match step {
        Step::Make { signs_at } => fresh.map(|key| {
            with_kid(Event::KeyCreated, &key.id)
                .with("algorithm", key.algorithm.as_str())
                .with("signs_at", signs_at.to_string())
        }),
        Step::Promote(_) => None,
        Step::Retire(id) | Step::Withdraw(id) => Some(with_kid(Event::KeyRetired, id)),
        Step::Revoke(id) => Some(with_kid(Event::KeyRevoked, id)),
    }
}

/// Pulls the times of keys back after the clock stepped back, so that the next key signs, the
/// signing key is replaced and retired keys end in time.
pub(crate) async fn rewind(app: &App, now: Time) -> Result<u64> {
    let (next, signing, retired) = Rules::from(&app.settings.tokens).reaches(now);
    let unit = async move |tx: Tx| {
        store::keys::lock(&tx).await?;
        let changed = store::rewind::keys(&tx, next, signing, retired).await?;
        if changed > 0 {
            tx.changed_keys();
        }
        Ok(changed)
    };
    app.write(&Ctx::local(now, random::request_id(now)), unit).await
}

/// The progress of [`reseal`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    pub keys: u64,
    pub jobs: u64,
    /// Already under the current master secret.
    pub already: u64,
    /// Under an unknown master secret.
    pub closed: u64,
}

/// Reseals everything that is sealed under an older master secret. Reports to `progress`. It can be
/// repeated, and resumed after an interruption.
pub async fn reseal(
    app: &App,
    _acting: &Acting<Admin>,
    mut progress: impl FnMut(&Resealed),
) -> Result<Resealed> {
    let mut done = Resealed::default();
    for row in load(&app.store).await? {
        if !row.counts(app.clock.now()) {
            continue;
        }
        let Some(new) = resealed(app.keys.signing.resealed(&row.id, &row.sealed), &mut done)?
        else {
            continue;
        };
        let unit = async move |db: Db| store::keys::reseal(&db, &row.id, &row.sealed, &new).await;
        done.keys += u64::from(app.store.put(unit).await?);
    }
    progress(&done);
    let mut after = JobId(Uuid::nil());
    loop {
        let batch = app
            .store
            .get(async move |db| store::jobs::sealed_after(&db, after, BATCH).await)
            .await?;
        let Some(last) = batch.last() else { return Ok(done) };
        after = last.id;
        reseal_jobs(app, batch, &mut done).await?;
        progress(&done);
    }
}

async fn reseal_jobs(app: &App, batch: Vec<Sealed>, done: &mut Resealed) -> Result<()> {
    let mut changed = Vec::new();
    for job in batch {
        let found = app.keys.outbox.resealed(&job.id.to_string(), &job.sealed);
        if let Some(new) = resealed(found, done)? {
            changed.push((job, new));
        }
    }
    let unit = async move |db: Db| {
        let mut count = 0;
        for (job, new) in &changed {
            count += u64::from(store::jobs::reseal(&db, job, new).await?);
        }
        Ok(count)
    };
    done.jobs += app.store.write(unit).await?;
    Ok(())
}

/// The new bytes to write, if any; counts the other cases.
fn resealed(found: Option<Result<Renewed>>, done: &mut Resealed) -> Result<Option<Vec<u8>>, Error> {
    match found.transpose()? {
        Some(Renewed::Resealed(new)) => return Ok(Some(new)),
        Some(Renewed::Already) => done.already += 1,
        None => done.closed += 1,
    }
    Ok(None)
}
