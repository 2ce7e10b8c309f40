//! Lockout: after how many wrong passwords in a row no further one is checked for a while.
//!
//! Simultaneous guesses get no more tries than consecutive ones. Where guesses cannot take turns,
//! each is counted before it is checked. The guess that reaches the limit locks; until it has been
//! checked the lock is not settled, and others wait for the outcome: they may all be right.
//!
//! Each sign-in has two tallies: of the name, whose lock is reported, and of the account over all
//! its names, whose lock looks like a wrong password. Both are kept apart for each device that has
//! signed in to the account before, and for all other devices together.

use crate::{Span, Time, settings::Lockout};

/// No check takes longer. A lock that is not settled by then counts as settled.
const CHECK: Span = Span::seconds(30);

/// When a tally locks, for how long, and when it is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    pub failures: u32,
    pub span: Span,
    pub forget_after: Span,
}

impl Rule {
    /// How many guesses can go at once and lock nothing, while few were wrong.
    pub fn at_once(self) -> u32 {
        (self.failures / 2).max(1)
    }

    /// For one name.
    pub fn of_name(settings: &Lockout) -> Rule {
        let Lockout { failures, span, forget_after, .. } = *settings;
        Rule { failures, span, forget_after }
    }

    /// For one account, by whichever name.
    pub fn of_account(settings: &Lockout) -> Rule {
        Rule { failures: settings.account_failures, ..Rule::of_name(settings) }
    }
}

/// The guesses that were counted since the last right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    pub failures: i64,
    pub locked_until: Option<Time>,
    /// The guess that locked it has turned out wrong.
    pub settled: bool,
    /// When the last guess was counted.
    pub updated_at: Time,
}

/// What a tally means for another guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Open,
    /// The last guess is being checked.
    Checking,
    Locked {
        until: Time,
    },
}

impl Tally {
    /// An empty tally.
    pub const fn new(now: Time) -> Tally {
        Tally { failures: 0, locked_until: None, settled: false, updated_at: now }
    }

    pub fn standing(&self, now: Time) -> Standing {
        match self.locked_until {
            Some(until) if until > now => match self.settled || now.since(self.updated_at) >= CHECK
            {
                true => Standing::Locked { until },
                false => Standing::Checking,
            },
            _ => Standing::Open,
        }
    }

    /// With one more guess, if it is open. Guesses before an expired lock, or long ago, do not
    /// count.
    #[must_use]
    pub fn count(&self, rule: Rule, now: Time) -> Tally {
        let is_over = self.locked_until.is_some();
        let is_forgotten = now.since(self.updated_at) >= rule.forget_after;
        let before = if is_over || is_forgotten { 0 } else { self.failures.max(0) };
        let failures = before.saturating_add(1);
        let locks = failures >= i64::from(rule.failures);
        Tally {
            failures,
            locked_until: locks.then(|| now + rule.span),
            settled: false,
            updated_at: now,
        }
    }
}

/// What to do with a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It may be checked; these are the tallies with it.
    Check {
        name: Option<Tally>,
        account: Tally,
    },
    /// It is refused as wrong, unchecked; this is the tally of the name with it.
    Wrong {
        name: Option<Tally>,
    },
    /// It has to be decided again after others have been checked.
    Wait,
    Refuse {
        until: Time,
    },
}

/// Decides on a guess by the tallies of the account and, where one was presented, of the name.
pub fn decide(name: Option<Tally>, account: Tally, settings: &Lockout, now: Time) -> Decision {
    let counted = name.map(|it| it.count(Rule::of_name(settings), now));
    match (name.map_or(Standing::Open, |it| it.standing(now)), account.standing(now)) {
        (Standing::Locked { until }, _) => Decision::Refuse { until },
        (Standing::Checking, _) | (_, Standing::Checking) => Decision::Wait,
        (Standing::Open, Standing::Locked { .. }) => Decision::Wrong { name: counted },
        (Standing::Open, Standing::Open) => Decision::Check {
            name: counted,
            account: account.count(Rule::of_account(settings), now),
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Time = Time(1_800_000_000_000_000);
    const RULE: Rule = Rule { failures: 3, span: Span::minutes(30), forget_after: Span::hours(24) };

    fn settled(tally: Tally) -> Tally {
        Tally { settled: true, ..tally }
    }

    fn locked(at: Time) -> Tally {
        let tally = Tally::new(at).count(RULE, at).count(RULE, at).count(RULE, at);
        assert_eq!(tally.locked_until, Some(at + RULE.span));
        tally
    }

    #[test]
    fn what_a_tally_says() {
        let (one, last) = (Tally::new(NOW).count(RULE, NOW), locked(NOW));
        let until = NOW + RULE.span;
        let cases = [
            ("none", Tally::new(NOW), Span::ZERO, Standing::Open),
            ("one", one, Span::ZERO, Standing::Open),
            ("last, in check", last, Span::seconds(29), Standing::Checking),
            ("last, never settled", last, Span::seconds(30), Standing::Locked { until }),
            ("last, wrong", settled(last), Span::ZERO, Standing::Locked { until }),
            ("before the end", settled(last), Span::seconds(1799), Standing::Locked { until }),
            ("at the end", settled(last), Span::minutes(30), Standing::Open),
        ];
        for (name, tally, later, standing) in cases {
            assert_eq!(tally.standing(NOW + later), standing, "{name}");
        }
    }

    #[test]
    fn what_is_over_or_long_ago_begins_anew() {
        let one = Tally::new(NOW).count(RULE, NOW);
        let cases = [
            ("a moment later", one, Span::seconds(1), 2),
            ("just before it is forgotten", one, Span::seconds(24 * 3600 - 1), 2),
            ("forgotten", one, Span::hours(24), 1),
            ("a lock that is over", settled(locked(NOW)), Span::minutes(30), 1),
        ];
        for (name, tally, later, failures) in cases {
            let next = tally.count(RULE, NOW + later);
            assert_eq!((next.failures, next.locked_until), (failures, None), "{name}");
            assert_eq!(next.updated_at, NOW + later, "{name}");
        }
    }

    #[test]
    fn one_failure_may_be_too_many() {
        let strict = Rule { failures: 1, ..RULE };
        assert_eq!(Tally::new(NOW).count(strict, NOW).standing(NOW), Standing::Checking);
    }

    #[test]
    fn names_refuse_and_accounts_say_wrong() {
        let settings = Lockout { failures: 3, account_failures: 3, ..Lockout::default() };
        let (open, checking, full) = (Tally::new(NOW), locked(NOW), settled(locked(NOW)));
        let (one, until) = (open.count(RULE, NOW), NOW + RULE.span);
        let check = Decision::Check { name: Some(one), account: one };
        let cases = [
            (Some(open), open, check),
            (None, open, Decision::Check { name: None, account: one }),
            (Some(full), open, Decision::Refuse { until }),
            (Some(full), full, Decision::Refuse { until }),
            (Some(full), checking, Decision::Refuse { until }),
            (Some(checking), open, Decision::Wait),
            (Some(checking), full, Decision::Wait),
            (Some(open), checking, Decision::Wait),
            (Some(open), full, Decision::Wrong { name: Some(one) }),
            (None, full, Decision::Wrong { name: None }),
        ];
        for (number, (name, account, decision)) in cases.into_iter().enumerate() {
            assert_eq!(decide(name, account, &settings, NOW), decision, "case {number}");
        }
    }

    proptest! {
        /// Whatever the pauses, wrong guesses get no more checks in any span than the rule has.
        #[test]
        fn no_span_has_more_checks_than_the_rule(pauses in prop::collection::vec(0_u64..900, 1..200)) {
            let mut now = NOW;
            let mut tally = Tally::new(now);
            let mut since_free = 0_u32;
            for pause in pauses {
                now = now + Span::seconds(pause);
                match tally.standing(now) {
                    Standing::Open => {
                        if tally.locked_until.is_some() {
                            since_free = 0;
                        }
                        since_free += 1;
                        tally = settled(tally.count(RULE, now));
                        prop_assert!(since_free <= RULE.failures);
                        prop_assert_eq!(tally.locked_until.is_some(), since_free == RULE.failures);
                    }
                    Standing::Locked { until } => {
                        prop_assert_eq!(since_free, RULE.failures);
                        prop_assert!(until > now && until.since(now) <= RULE.span);
                    }
                    Standing::Checking => prop_assert!(false, "it was settled"),
                }
            }
        }

        /// Nothing that a database may hold makes it fail, or a lock longer than its span.
        #[test]
        fn any_tally_can_be_counted(
            failures: i64, until: Option<i64>, settled: bool, updated_at: i64, now: i64,
        ) {
            let (locked_until, now) = (until.map(Time), Time(now));
            let tally = Tally { failures, locked_until, settled, updated_at: Time(updated_at) };
            let next = tally.count(RULE, now);
            prop_assert!(next.failures >= 1);
            prop_assert!(next.locked_until.is_none_or(|it| it == now + RULE.span));
            let _ = tally.standing(now);
        }
    }
}
