//! A guess at a password: what it adds to the tallies, and its result, written in the transaction of the
//! answer.

use domain::{
    Code, Time,
    access::lockout::{Rule, Tally},
    event::Event,
};
use store::{Db, lockouts};

use super::{
    counters::{Counters, Hash},
    tallies::Tallies,
};
use crate::{App, Error, Result, audit::Entry, tx::Tx};

/// A guess that may be checked.
#[derive(Debug, Clone, Default)]
#[must_use = "its result has to be written"]
pub(crate) struct Guess {
    updates: Vec<TallyUpdate>,
    /// It was counted before the check. Otherwise it is counted only if it is wrong.
    pub(super) is_counted: bool,
    counts_as_wrong: bool,
}

/// What a guess adds to one tally.
#[derive(Debug, Clone)]
struct TallyUpdate {
    hash: Hash,
    group: Hash,
    rule: Rule,
    /// There is a row to delete if the guess is right.
    has_row: bool,
    /// The audit entry if the guess is wrong and that locks.
    lock: Option<Entry>,
}

impl Guess {
    /// From the tallies before this guess and with it.
    pub(super) fn new(app: &App, counters: &Counters, before: Tallies, with: Tallies) -> Guess {
        let settings = &app.settings.lockout;
        let (name, account) = (Rule::of_name(settings), Rule::of_account(settings));
        let counted = [
            counters.name.zip(with.name).map(|it| (it, "name", name, before.name)),
            with.account.map(|it| ((counters.account, it), "account", account, before.account)),
        ];
        let mut updates = Vec::new();
        for ((hash, tally), what, rule, before) in counted.into_iter().flatten() {
            let lock = tally.locked_until.map(|until| {
                let entry = Entry::about(Event::AccountLocked, counters.user);
                entry.with("what", what).with("until", until.to_string())
            });
            let (group, has_row) = (counters.group, before.is_some());
            updates.push(TallyUpdate { hash, group, rule, has_row, lock });
        }
        Guess { updates, is_counted: false, counts_as_wrong: with.account.is_none() }
    }

    /// Whether even the right password gets the answer of a wrong one, as the account is locked.
    pub fn counts_as_wrong(&self) -> bool {
        self.counts_as_wrong
    }

    /// Records a wrong guess, in the transaction of the refusal.
    pub async fn record_wrong(&self, tx: &Tx) -> Result<()> {
        for it in &self.updates {
            let locks = if self.is_counted {
                it.lock.is_some() && lockouts::settle(tx, &it.hash, tx.now()).await?
            } else {
                it.write(tx, tx.now()).await?
            };
            if let Some(entry) = it.lock.as_ref().filter(|_| locks) {
                tx.audit(entry.clone()).await?;
            }
        }
        Ok(())
    }

    /// Whether there are rows to delete if it is right.
    pub fn has_rows(&self) -> bool {
        self.updates.iter().any(|it| it.has_row)
    }

    /// Records a right guess, in the transaction of what it was for. Earlier failures are forgotten.
    pub async fn record_right(&self, tx: &Tx) -> Result<()> {
        for it in self.updates.iter().filter(|it| it.has_row) {
            lockouts::delete(tx, &it.hash).await?;
        }
        Ok(())
    }

    /// Uncounts the guess where it was not checked, which is our own fault. `answers` are the
    /// refusals that follow a check.
    pub async fn give_back_on_fault<T>(
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

    /// If this fails, the guess stays counted.
    async fn give_back(&self, app: &App) {
        if !self.is_counted {
            return;
        }
        let hashes: Vec<Hash> = self.updates.iter().map(|it| it.hash).collect();
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
}

impl TallyUpdate {
    /// Counts a wrong guess, and returns whether that locks. The tally is read again, because an
    /// operator may have unlocked the account since.
    async fn write(&self, db: &Db, now: Time) -> store::Result<bool> {
        let tally = lockouts::claim(db, &self.hash, &self.group, now).await?.count(self.rule, now);
        let tally = Tally { settled: true, ..tally };
        lockouts::put(db, &self.hash, &tally).await?;
        Ok(tally.locked_until.is_some())
    }
}
