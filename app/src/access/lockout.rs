//! Lockout, carried out. Guesses that come at once get no more tries than those that come one after
//! another, and what came of a guess is written beside the answer. Names that nobody has take the
//! same statements.
//!
//! - A single node has guesses take turns, those at one name and those at one account. Turns last
//!   until what came of a guess is written, so that it is decided by what was read, and a right one
//!   leaves nothing to undo. While few were wrong, so many go at once as cannot lock anything: were
//!   there one queue for an account from the first wrong guess on, how long a guess waits would tell
//!   which names are one person's.
//! - Several nodes count a guess in a transaction of its own before it is checked.

mod counters;

use domain::{
    Code, Problem, Span, Time,
    access::lockout::{self, Decision, Rule, Tally},
    event::Event,
    settings::Lockout,
};
use store::{Db, lockouts};

use self::counters::Hash;
pub(crate) use self::counters::{Counters, Unlock};
use crate::{
    App, Ctx, Error, Result,
    audit::Entry,
    engine::turns::{Guesses, Moment, Share, Turn},
    tx::Tx,
};

/// How long others wait while the last guess is checked, in milliseconds.
const PAUSES: [u64; 12] = [10, 20, 40, 80, 160, 320, 640, 640, 640, 640, 640, 640];
/// When to come back if that was not enough.
const RETRY_AFTER: Span = Span::seconds(2);
/// How many rows one statement deletes.
const BATCH: i64 = 1_000;

/// Whether a tally leaves room for a whole queue of wrong guesses that lock nothing.
fn share(tally: Option<Tally>, rule: Rule) -> Share {
    let failures = tally.map_or(0, |it| it.failures);
    match failures + i64::from(rule.at_once()) < i64::from(rule.failures) {
        true => Share::Place,
        false => Share::Whole,
    }
}

/// The turns of a guess, until they are dropped.
#[must_use = "they end at once"]
pub(crate) struct Held<'a> {
    name: Option<Turn<'a>>,
    account: Turn<'a>,
}

impl<'a> Held<'a> {
    /// The name before the account, always, lest two wait for each other.
    async fn wait(
        queues: &'a Guesses,
        counters: &Counters,
        of_name: Share,
        of_account: Share,
    ) -> Option<Held<'a>> {
        let name = match &counters.name {
            Some(hash) => Some(queues.names.wait(hash, of_name).await?),
            None => None,
        };
        Some(Held { name, account: queues.accounts.wait(&counters.account, of_account).await? })
    }

    /// Whether what was read at this moment is still true.
    fn is_first_since(&self, name: Moment, account: Moment) -> bool {
        self.name.as_ref().is_none_or(|it| it.is_first_since(name))
            && self.account.is_first_since(account)
    }
}

/// The tallies of a guess, where there are any.
#[derive(Debug, Clone, Copy)]
struct Tallies {
    name: Option<Tally>,
    account: Option<Tally>,
}

impl Tallies {
    async fn read(db: &Db, counters: &Counters) -> store::Result<Tallies> {
        let name = match &counters.name {
            Some(hash) => lockouts::by_hash(db, hash).await?,
            None => None,
        };
        Ok(Tallies { name, account: lockouts::by_hash(db, &counters.account).await? })
    }

    fn shares(&self, settings: &Lockout) -> (Share, Share) {
        let (name, account) = (Rule::of_name(settings), Rule::of_account(settings));
        (share(self.name, name), share(self.account, account))
    }
}

/// Tallies that were read on the way, and when. They decide unless another guess came between.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    tallies: Tallies,
    at: (Moment, Moment),
}

impl Seen {
    /// To be asked for before the reading; `None` where tallies need not be read.
    pub fn moment(app: &App) -> Option<(Moment, Moment)> {
        let is_of_use = app.settings.lockout.enabled && app.store.is_single_node();
        is_of_use.then(|| (app.guesses.names.moment(), app.guesses.accounts.moment()))
    }

    pub async fn read(db: &Db, counters: &Counters, at: (Moment, Moment)) -> store::Result<Seen> {
        Ok(Seen { tallies: Tallies::read(db, counters).await?, at })
    }
}

/// A guess that may be checked.
#[derive(Debug, Clone, Default)]
#[must_use = "what came of it has to be written"]
pub(crate) struct Guess {
    counts: Vec<Count>,
    /// Before it is checked, and not only where it is wrong.
    is_counted: bool,
    is_barred: bool,
}

/// What a guess adds to one tally.
#[derive(Debug, Clone)]
struct Count {
    hash: Hash,
    group: Hash,
    rule: Rule,
    /// There is a row to be forgotten.
    is_kept: bool,
    /// What the audit log says if the guess is wrong and that locks the tally.
    lock: Option<Entry>,
}

/// Lets a guess be checked, in a turn that is to be held until what came of it is written. Refused
/// where the name is locked.
pub(crate) async fn admit<'a>(
    app: &'a App,
    ctx: &Ctx,
    counters: &Counters,
    seen: Option<Seen>,
) -> Result<(Guess, Option<Held<'a>>)> {
    if !app.settings.lockout.enabled {
        return Ok((Guess::default(), None));
    }
    for pause in PAUSES {
        let (decision, before, turn) = match app.store.is_single_node() {
            true => decide(app, ctx, counters, seen).await?,
            false => count(app, ctx, counters).await?,
        };
        let tallies = match decision {
            Decision::Check { name, account } => Tallies { name, account: Some(account) },
            Decision::Wrong { name } => Tallies { name, account: None },
            Decision::Refuse { until } => {
                let locked = Problem::from(Code::AccountLocked);
                return Err(locked.retry_after(until.since(ctx.now)).into());
            }
            Decision::Wait => {
                drop(turn);
                tokio::time::sleep(Span::millis(pause).duration()).await;
                continue;
            }
        };
        let guess = Guess::new(app, counters, before, tallies);
        return Ok((Guess { is_counted: turn.is_none(), ..guess }, turn));
    }
    Err(busy().into())
}

fn busy() -> Problem {
    Code::Unavailable.because(domain::say!("Too many sign-ins at once.")).retry_after(RETRY_AFTER)
}

/// What became of a guess, by which tallies, and in which turns.
type Decided<'a> = (Decision, Tallies, Option<Held<'a>>);

/// Of a single node: decides by what is true in its turns.
async fn decide<'a>(
    app: &'a App,
    ctx: &Ctx,
    counters: &Counters,
    seen: Option<Seen>,
) -> Result<Decided<'a>> {
    let settings = &app.settings.lockout;
    let whole = (Share::Whole, Share::Whole);
    let mut shares = seen.map_or(whole, |it| it.tallies.shares(settings));
    loop {
        let held = Held::wait(&app.guesses, counters, shares.0, shares.1).await.ok_or_else(busy)?;
        let tallies = match seen.filter(|it| held.is_first_since(it.at.0, it.at.1)) {
            Some(seen) => seen.tallies,
            None => {
                let counters = counters.clone();
                app.store.read(async move |db: Db| Tallies::read(&db, &counters).await).await?
            }
        };
        if shares == whole || shares == tallies.shares(settings) {
            let none = Tally::new(ctx.now);
            let name = counters.name.map(|_| tallies.name.unwrap_or(none));
            let account = tallies.account.unwrap_or(none);
            let decision = lockout::decide(name, account, settings, ctx.now);
            return Ok((decision, tallies, Some(held)));
        }
        shares = whole;
    }
}

/// Among nodes: decides, and counts what may be checked.
async fn count<'a>(app: &App, ctx: &Ctx, counters: &Counters) -> Result<Decided<'a>> {
    let (settings, now) = (app.settings.lockout.clone(), ctx.now);
    let Counters { name, account, group, .. } = *counters;
    let unit = async move |db: Db| {
        // The name before the account, always, lest two wait for each other.
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

impl Guess {
    /// With the tallies before it and with it.
    fn new(app: &App, counters: &Counters, before: Tallies, with: Tallies) -> Guess {
        let settings = &app.settings.lockout;
        let (name, account) = (Rule::of_name(settings), Rule::of_account(settings));
        let is_barred = with.account.is_none();
        let counted = [
            counters.name.zip(with.name).map(|it| (it, "name", name, before.name)),
            with.account.map(|it| ((counters.account, it), "account", account, before.account)),
        ];
        let mut counts = Vec::new();
        for ((hash, tally), what, rule, before) in counted.into_iter().flatten() {
            let lock = tally.locked_until.map(|until| {
                let entry = Entry::about(Event::AccountLocked, counters.user);
                entry.with("what", what).with("until", until.to_string())
            });
            let group = counters.group;
            counts.push(Count { hash, group, rule, is_kept: before.is_some(), lock });
        }
        Guess { counts, is_counted: false, is_barred }
    }

    /// Whether it counts as wrong even if it is right.
    pub fn is_barred(&self) -> bool {
        self.is_barred
    }

    /// It was wrong: in the transaction of the refusal.
    pub async fn wrong(&self, tx: &Tx) -> Result<()> {
        for it in &self.counts {
            let locks = match self.is_counted {
                true => it.lock.is_some() && lockouts::settle(tx, &it.hash, tx.now()).await?,
                false => it.write(tx, tx.now()).await?,
            };
            if let Some(entry) = it.lock.as_ref().filter(|_| locks) {
                tx.audit(entry.clone()).await?;
            }
        }
        Ok(())
    }

    /// Whether there is anything to forget if it was right.
    pub fn is_kept(&self) -> bool {
        self.counts.iter().any(|it| it.is_kept)
    }

    /// It was right: in the transaction of what it was for. What was counted before is forgotten.
    pub async fn right(&self, tx: &Tx) -> Result<()> {
        for it in self.counts.iter().filter(|it| it.is_kept) {
            lockouts::delete(tx, &it.hash).await?;
        }
        Ok(())
    }

    /// It has not been checked, which is our own fault. If that cannot be written, it counts.
    pub async fn give_back(&self, app: &App) {
        if !self.is_counted {
            return;
        }
        let hashes: Vec<Hash> = self.counts.iter().map(|it| it.hash).collect();
        let unit = async move |db: Db| {
            for hash in &hashes {
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

impl Count {
    /// Counts a wrong guess; gives whether that locks. An operator may have forgotten the tally
    /// since it was read.
    async fn write(&self, db: &Db, now: Time) -> store::Result<bool> {
        let tally = lockouts::claim(db, &self.hash, &self.group, now).await?.count(self.rule, now);
        let tally = Tally { settled: true, ..tally };
        lockouts::put(db, &self.hash, &tally).await?;
        Ok(tally.locked_until.is_some())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_go_at_once_as_cannot_lock_anything() {
        for failures in 1..=40 {
            let rule = Rule { failures, span: Span::ZERO, forget_after: Span::ZERO };
            for before in 0..=i64::from(failures) {
                let tally = Tally { failures: before, ..Tally::new(Time(0)) };
                let most = before + i64::from(rule.at_once());
                let is_alone = share(Some(tally), rule) == Share::Whole;
                assert_eq!(is_alone, most >= i64::from(failures), "{before} of {failures}");
            }
            assert_eq!(share(None, rule) == Share::Whole, failures < 2, "of {failures}");
        }
    }
}
