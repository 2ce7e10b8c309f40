//! The tallies of wrong passwords that a guess is decided by, and the turns in which one node reads them.

use domain::{
    access::lockout::{Rule, Tally},
    settings::Lockout,
};
use store::{Db, lockouts};

use super::counters::Counters;
use crate::{
    App,
    engine::turns::{Guesses, Moment, Slots, Turn},
};

/// The turns of a guess, held until they are dropped.
#[must_use = "dropping it ends the turns at once"]
pub(crate) struct HeldTurns<'a> {
    name: Option<Turn<'a>>,
    account: Turn<'a>,
}

impl<'a> HeldTurns<'a> {
    /// Always the name before the account, to avoid a deadlock. `None` after a timeout.
    pub(super) async fn wait(
        queues: &'a Guesses,
        counters: &Counters,
        of_name: Slots,
        of_account: Slots,
    ) -> Option<HeldTurns<'a>> {
        let name = match &counters.name {
            Some(hash) => Some(queues.names.wait(hash, of_name).await?),
            None => None,
        };
        let account = queues.accounts.wait(&counters.account, of_account).await?;
        Some(HeldTurns { name, account })
    }

    /// Whether tallies that were read at this moment are still current.
    fn none_ended_since(&self, name: Moment, account: Moment) -> bool {
        self.name.as_ref().is_none_or(|it| it.none_ended_since(name))
            && self.account.none_ended_since(account)
    }
}

/// The tallies of a guess; `None` where there is no row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tallies {
    pub name: Option<Tally>,
    pub account: Option<Tally>,
}

impl Tallies {
    pub async fn read(db: &Db, counters: &Counters) -> store::Result<Tallies> {
        let name = match &counters.name {
            Some(hash) => lockouts::by_hash(db, hash).await?,
            None => None,
        };
        Ok(Tallies { name, account: lockouts::by_hash(db, &counters.account).await? })
    }

    /// The slots that a guess takes, for the name and for the account.
    pub fn slots(&self, settings: &Lockout) -> (Slots, Slots) {
        let (name, account) = (Rule::of_name(settings), Rule::of_account(settings));
        (slots(self.name, name), slots(self.account, account))
    }
}

/// One slot while even a full queue of wrong guesses could not lock anything, else all of them.
fn slots(tally: Option<Tally>, rule: Rule) -> Slots {
    let failures = tally.map_or(0, |it| it.failures);
    if failures + i64::from(rule.at_once()) < i64::from(rule.failures) {
        Slots::One
    } else {
        Slots::All
    }
}

/// Tallies that were read before the turn began. They count unless another turn has ended since.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadTallies {
    pub(super) tallies: Tallies,
    read_at: (Moment, Moment),
}

impl ReadTallies {
    /// The moment for [`ReadTallies::read`], taken before reading. `None` where tallies need not be
    /// read early.
    pub fn moment(app: &App) -> Option<(Moment, Moment)> {
        let is_of_use = app.settings.lockout.enabled && app.store.is_single_node();
        is_of_use.then(|| (app.guesses.names.moment(), app.guesses.accounts.moment()))
    }

    pub async fn read(
        db: &Db,
        counters: &Counters,
        read_at: (Moment, Moment),
    ) -> store::Result<ReadTallies> {
        Ok(ReadTallies { tallies: Tallies::read(db, counters).await?, read_at })
    }

    pub(super) fn is_current(&self, turns: &HeldTurns<'_>) -> bool {
        turns.none_ended_since(self.read_at.0, self.read_at.1)
    }
}

#[cfg(test)]
mod tests {
    use domain::{Span, Time};

    use super::*;

    #[test]
    fn a_guess_takes_one_slot_while_a_full_queue_cannot_lock() {
        for failures in 1..=40 {
            let rule = Rule { failures, span: Span::ZERO, forget_after: Span::ZERO };
            for before in 0..=i64::from(failures) {
                let tally = Tally { failures: before, ..Tally::new(Time(0)) };
                let most = before + i64::from(rule.at_once());
                let is_alone = slots(Some(tally), rule) == Slots::All;
                assert_eq!(is_alone, most >= i64::from(failures), "{before} of {failures}");
            }
            assert_eq!(slots(None, rule) == Slots::All, failures < 2, "of {failures}");
        }
    }
}
