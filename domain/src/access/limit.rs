//! Rate limits: the generic cell rate algorithm (GCRA, ITU-T I.371). It allows a burst of the full
//! count, then an even rate, and stores one number a key, the theoretical arrival time.
//!
//! A use can be given back, because some limits count only failures or created accounts. A clock
//! that steps back makes nobody wait longer than the limit's own period. The same rule is a Lua
//! script in `outside::cache::redis`; one contract test runs against both.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    Span, Time,
    reach::{SKEW, TOLERANCE},
};

/// A count per period. Text form: `25/1h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub count: u32,
    pub per: Span,
}

impl Rate {
    pub const fn new(count: u32, per: Span) -> Rate {
        Rate { count, per }
    }

    /// Microseconds per use.
    pub fn interval(self) -> i64 {
        self.per.micros() / i64::from(self.count.max(1))
    }

    /// How much further ahead a stored number can be than this clock would have put it.
    pub fn slack(self) -> Span {
        self.per.beyond(Span::from_micros(self.interval())).clamp(SKEW, TOLERANCE)
    }
}

/// The decision of the limiter, and what the `RateLimit` headers need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    pub allowed: bool,
    pub rate: Rate,
    pub remaining: u32,
    /// Until the next use is allowed; zero while some remain.
    pub retry_after: Span,
    /// Until the full count is available again.
    pub reset_after: Span,
}

/// The stored number, unless it is later than it can be. Then it was written before the clock
/// stepped back, and is ignored, as if the cache had lost it. Clocks of nodes differ, and one that
/// is behind must not forget what another counted; but nobody waits longer than the limit's own
/// period and that difference.
fn possible(arrival: Option<Time>, now: Time, rate: Rate) -> Option<Time> {
    arrival.filter(|it| *it <= now + rate.per + rate.slack())
}

/// Takes one use at `now` from `rate`, of which `arrival` (the stored number) tells how much is
/// left. Returns the number to store, unchanged if nothing is left.
pub fn take(arrival: Option<Time>, now: Time, rate: Rate) -> (Time, Taken) {
    let (window, interval) = (rate.per.micros(), rate.interval());
    let before = possible(arrival, now, rate).map_or(now, |it| it.max(now));
    let after = Time(before.0.saturating_add(interval));
    let spare = now.0.saturating_add(window).saturating_sub(after.0);
    let allowed = spare >= 0;
    let kept = if allowed { after } else { before };
    let left = now.0.saturating_add(window).saturating_sub(kept.0).max(0);
    let remaining = u32::try_from(left / interval.max(1)).unwrap_or(u32::MAX);
    let retry_after = if allowed { Span::ZERO } else { Span::from_micros(-spare) };
    let taken = Taken { allowed, rate, remaining, retry_after, reset_after: kept.since(now) };
    (kept, taken)
}

/// Gives one use back. `None`: nothing needs to be stored any more.
pub fn give_back(arrival: Option<Time>, now: Time, rate: Rate) -> Option<Time> {
    let kept = Time(possible(arrival, now, rate)?.0.saturating_sub(rate.interval()));
    (kept > now).then_some(kept)
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, self.per)
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Rate, String> {
        let wrong = || format!("{text:?} is no rate such as \"25/1h\"");
        let (count, per) = text.split_once('/').ok_or_else(wrong)?;
        let count = count.trim().parse().map_err(|_| wrong())?;
        let per = per.trim().parse::<Span>().map_err(|_| wrong())?;
        match count > 0 && !per.is_zero() {
            true => Ok(Rate { count, per }),
            false => Err(wrong()),
        }
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Rate, D::Error> {
        std::borrow::Cow::<str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate::new(3, Span::seconds(30));

    /// Takes at each of these seconds; gives which were allowed.
    fn taken_at(seconds: &[i64]) -> Vec<bool> {
        let mut kept = None;
        let take_at = |second: &i64| {
            let (next, taken) = take(kept, Time::from_seconds(*second), RATE);
            kept = Some(next);
            taken.allowed
        };
        seconds.iter().map(take_at).collect()
    }

    #[test]
    fn a_burst_then_one_an_interval() {
        assert_eq!(taken_at(&[0, 0, 0, 0, 10, 10]), [true, true, true, false, true, false]);
        assert_eq!(taken_at(&[0, 0, 0, 29, 29, 29]), [true, true, true, true, true, false]);
    }

    #[test]
    fn what_is_left_and_when_to_come_back() {
        let now = Time::from_seconds(0);
        let (kept, first) = take(None, now, RATE);
        assert_eq!((first.remaining, first.reset_after), (2, Span::seconds(10)));
        let (kept, _) = take(Some(kept), now, RATE);
        let (kept, third) = take(Some(kept), now, RATE);
        assert_eq!((third.allowed, third.remaining), (true, 0));
        let (same, refused) = take(Some(kept), now, RATE);
        assert_eq!(same, kept);
        assert_eq!((refused.allowed, refused.retry_after), (false, Span::seconds(10)));
    }

    #[test]
    fn given_back_is_as_if_never_taken() {
        let now = Time::from_seconds(100);
        let (one, _) = take(None, now, RATE);
        assert_eq!(give_back(Some(one), now, RATE), None);
        let (two, _) = take(Some(one), now, RATE);
        assert_eq!(give_back(Some(two), now, RATE), Some(one));
    }

    #[test]
    fn a_clock_that_steps_back_costs_no_more_than_the_window() {
        let now = Time::from_seconds(0);
        for rate in [RATE, Rate::new(60, Span::hours(1)), Rate::new(1, Span::hours(1))] {
            // Whatever the step was, and however many were left.
            for (step, count) in (0..9_000).flat_map(|it| [(it, 1), (it, rate.count)]) {
                let before = now + Span::seconds(step);
                let kept = (0..count).fold(None, |kept, _| Some(take(kept, before, rate).0));
                let (_, taken) = take(kept, now, rate);
                // Short ones, and those of one, bear that clocks differ.
                let longest = now + SKEW + Span::from_micros(rate.interval());
                let longest = longest.max(now + rate.per);
                assert!(now + taken.retry_after <= longest, "{step} of {rate}");
                let is_far = now + Span::seconds(step) > now + rate.per + rate.slack();
                assert!(taken.allowed || !is_far, "{step} of {rate}");
            }
        }
    }

    #[test]
    fn what_was_taken_before_a_step_back_is_given_back_to_nobody() {
        let now = Time::from_seconds(0);
        let full = (0..3).fold(None, |kept, _| Some(take(kept, now + Span::days(1), RATE).0));
        assert_eq!(give_back(full, now, RATE), None);
    }

    /// Where one node's clock is behind another's, neither forgets what the other has counted.
    #[test]
    fn clocks_that_differ_make_no_limit_wider() {
        for rate in [RATE, Rate::new(10, Span::minutes(1)), Rate::new(1, Span::minutes(1))] {
            let now = Time::from_seconds(0);
            // As far apart as access tokens bear.
            let ahead = now + Span::seconds(15);
            let (mut kept, mut allowed) = (None, 0);
            for number in 0..100 {
                let (next, taken) = take(kept, if number % 2 == 0 { ahead } else { now }, rate);
                (kept, allowed) = (Some(next), allowed + i64::from(taken.allowed));
            }
            let skewed = Span::seconds(15).micros() / rate.interval();
            assert!(allowed <= i64::from(rate.count) + skewed, "{allowed} of {rate}");
        }
    }

    #[test]
    fn rates_read_as_people_write_them() {
        assert_eq!("25/1h".parse(), Ok(Rate::new(25, Span::hours(1))));
        for wrong in ["25", "0/1h", "5/0s", "x/1h", "5/soon"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }
}
