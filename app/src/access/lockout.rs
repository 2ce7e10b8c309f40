//! Lockout: whether a guess at a password may be checked. Concurrent guesses get no more tries than
//! consecutive ones, and the result of a guess is written in the transaction of the answer. Unknown
//! names run the same statements.
//!
//! - On a single node guesses take turns, per name and per account. A turn lasts until the result is
//!   written, so the tallies that were read decide, and a right guess has nothing to undo. While few
//!   guesses were wrong, as many run at once as cannot lock anything. With one queue per account from
//!   the first wrong guess on, waiting times would tell which names belong to one person.
//! - Several nodes count a guess in its own transaction before it is checked.

mod counters;
mod guess;
mod tallies;

use domain::{
    Code, Problem, Span, Time,
    access::lockout::{self, Decision, Tally},
};
use store::{Db, lockouts};

use self::tallies::Tallies;
pub(crate) use self::{
    counters::{Counters, Unlock},
    guess::Guess,
    tallies::{HeldTurns, ReadTallies},
};
use crate::{App, Ctx, Result, engine::turns::Slots};

/// The pauses before the retries while the last guess is being checked, in milliseconds.
const PAUSES: [u64; 12] = [10, 20, 40, 80, 160, 320, 640, 640, 640, 640, 640, 640];
/// `Retry-After` once these are used up.
const RETRY_AFTER: Span = Span::seconds(2);
/// The number of rows that one statement deletes.
const BATCH: i64 = 1_000;

/// Admits a guess to its check, with the turns to hold until its result is written. Refuses a locked
/// name.
pub(crate) async fn admit<'a>(
    app: &'a App,
    ctx: &Ctx,
    counters: &Counters,
    read: Option<ReadTallies>,
) -> Result<(Guess, Option<HeldTurns<'a>>)> {
    if !app.settings.lockout.enabled {
        return Ok((Guess::default(), None));
    }
    for pause in PAUSES {
        let (decision, before, turns) = if app.store.is_single_node() {
            decide_in_turn(app, ctx, counters, read).await?
        } else {
            count_before_check(app, ctx, counters).await?
        };
        let tallies = match decision {
            Decision::Check { name, account } => Tallies { name, account: Some(account) },
            Decision::Wrong { name } => Tallies { name, account: None },
            Decision::Refuse { until } => {
                let locked = Problem::from(Code::AccountLocked);
                return Err(locked.retry_after(until.since(ctx.now)).into());
            }
            Decision::Wait => {
                drop(turns);
                tokio::time::sleep(Span::millis(pause).duration()).await;
                continue;
            }
        };
        let mut guess = Guess::new(app, counters, before, tallies);
        guess.is_counted = turns.is_none();
        return Ok((guess, turns));
    }
    Err(too_many_at_once().into())
}

fn too_many_at_once() -> Problem {
    Code::Unavailable.because(domain::say!("Too many sign-ins at once.")).retry_after(RETRY_AFTER)
}

/// The decision about a guess, the tallies before it, and the turns held.
type Decided<'a> = (Decision, Tallies, Option<HeldTurns<'a>>);

/// On a single node: decides by tallies that are current in the turns held.
async fn decide_in_turn<'a>(
    app: &'a App,
    ctx: &Ctx,
    counters: &Counters,
    read: Option<ReadTallies>,
) -> Result<Decided<'a>> {
    let settings = &app.settings.lockout;
    let all = (Slots::All, Slots::All);
    let mut slots = read.map_or(all, |it| it.tallies.slots(settings));
    loop {
        let turns = HeldTurns::wait(&app.guesses, counters, slots.0, slots.1).await;
        let turns = turns.ok_or_else(too_many_at_once)?;
        let tallies = match read.filter(|it| it.is_current(&turns)) {
            Some(read) => read.tallies,
            None => {
                let counters = counters.clone();
                app.store.read(async move |db: Db| Tallies::read(&db, &counters).await).await?
            }
        };
        if slots == all || slots == tallies.slots(settings) {
            let none = Tally::new(ctx.now);
            let name = counters.name.map(|_| tallies.name.unwrap_or(none));
            let account = tallies.account.unwrap_or(none);
            let decision = lockout::decide(name, account, settings, ctx.now);
            return Ok((decision, tallies, Some(turns)));
        }
        slots = all;
    }
}

/// With several nodes: decides, and counts a guess that may be checked.
async fn count_before_check<'a>(app: &App, ctx: &Ctx, counters: &Counters) -> Result<Decided<'a>> {
    let (settings, now) = (app.settings.lockout.clone(), ctx.now);
    let Counters { name, account, group, .. } = *counters;
    let unit = async move |db: Db| {
        // Always the name before the account, to avoid a deadlock.
        let of_name = match name {
            Some(hash) => Some(lockouts::claim(&db, &hash, &group, now).await?),
            None => None,
        };
        let of_account = lockouts::claim(&db, &account, &group, now).await?;
        let decision = lockout::decide(of_name, of_account, &settings, now);
        if let Decision::Check { name: counted, .. } | Decision::Wrong { name: counted } = decision
            && let Some((hash, tally)) = name.zip(counted)
        {
            lockouts::put(&db, &hash, &tally).await?;
        }
        if let Decision::Check { account: tally, .. } = decision {
            lockouts::put(&db, &account, &tally).await?;
        }
        Ok((decision, Tallies { name: of_name, account: Some(of_account) }))
    };
    let (decision, tallies) = app.store.write(unit).await?;
    Ok((decision, tallies, None))
}

/// Deletes expired tallies, and beyond `lockout.max_entries` the least recently used ones.
pub(crate) async fn sweep(app: &App, now: Time) -> Result<()> {
    let settings = &app.settings.lockout;
    let before = now - settings.forget_after;
    let keep = i64::try_from(settings.max_entries).unwrap_or(i64::MAX);
    loop {
        let unit = async move |db: Db| {
            let expired = lockouts::sweep(&db, before, now, BATCH).await?;
            Ok((expired, lockouts::trim(&db, keep, BATCH).await?))
        };
        let (expired, trimmed) = app.store.write(unit).await?;
        if trimmed > 0 {
            tracing::warn!(trimmed, keep, "lockout.max_entries was reached");
        }
        if expired.max(trimmed) < BATCH.unsigned_abs() {
            return Ok(());
        }
    }
}
