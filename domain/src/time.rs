//! Points in time and spans between them, in microseconds, the precision of both databases.

use std::{
    fmt,
    ops::{Add, Sub},
    str::FromStr,
    time::Duration,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Microseconds since 1970 in UTC. Text form: RFC 3339 with `Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// Whole seconds since 1970, as JWTs count (RFC 7519, section 2, NumericDate).
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    pub fn from_seconds(seconds: i64) -> Time {
        Time(seconds.saturating_mul(1_000_000))
    }

    pub fn millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// The span since `earlier`; zero if that is later.
    pub fn since(self, earlier: Time) -> Span {
        let micros = self.0.saturating_sub(earlier.0).max(0);
        Span(Duration::from_micros(micros.unsigned_abs()))
    }
}

impl Add<Span> for Time {
    type Output = Time;

    fn add(self, span: Span) -> Time {
        Time(self.0.saturating_add(span.micros()))
    }
}

impl Sub<Span> for Time {
    type Output = Time;

    fn sub(self, span: Span) -> Time {
        Time(self.0.saturating_sub(span.micros()))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(it) => it.fmt(f),
            Err(_) => write!(f, "{} µs", self.0),
        }
    }
}

impl FromStr for Time {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Time, jiff::Error> {
        text.parse::<jiff::Timestamp>().map(|it| Time(it.as_microsecond()))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A length of time. Text form: `15m`, `7d`, `1h 30m`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Span(Duration);

impl Span {
    pub const ZERO: Span = Span(Duration::ZERO);

    pub const fn millis(millis: u64) -> Span {
        Span(Duration::from_millis(millis))
    }

    pub const fn seconds(seconds: u64) -> Span {
        Span(Duration::from_secs(seconds))
    }

    pub const fn minutes(minutes: u64) -> Span {
        Span::seconds(minutes * 60)
    }

    pub const fn hours(hours: u64) -> Span {
        Span::minutes(hours * 60)
    }

    pub const fn days(days: u64) -> Span {
        Span::hours(days * 24)
    }

    pub const fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// For timers.
    pub const fn duration(self) -> Duration {
        self.0
    }

    pub fn micros(self) -> i64 {
        i64::try_from(self.0.as_micros()).unwrap_or(i64::MAX)
    }

    pub const fn as_seconds(self) -> u64 {
        self.0.as_secs()
    }

    /// Whole seconds, rounded up: a client told to wait must not come back too early.
    pub const fn seconds_up(self) -> u64 {
        self.0.as_secs() + if self.0.subsec_nanos() > 0 { 1 } else { 0 }
    }

    pub fn from_micros(micros: i64) -> Span {
        Span(Duration::from_micros(micros.max(0).unsigned_abs()))
    }

    /// By how much this is longer; zero if it is shorter.
    pub const fn beyond(self, other: Span) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = self.0.as_millis();
        if left == 0 {
            return f.write_str("0s");
        }
        let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
        let mut separator = "";
        for (unit, millis) in units {
            let count = left / millis;
            left %= millis;
            if count > 0 {
                write!(f, "{separator}{count}{unit}")?;
                separator = " ";
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Span {
    type Err = humantime::DurationError;

    fn from_str(text: &str) -> Result<Span, Self::Err> {
        humantime::parse_duration(text).map(Span)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(|error| {
            D::Error::custom(format!("{text:?} is no length of time such as \"15m\": {error}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339_in_utc() {
        let time = Time(1_800_000_000_123_456);
        assert_eq!(time.to_string(), "2027-01-15T08:00:00.123456Z");
        assert_eq!("2027-01-15T08:00:00.123456Z".parse::<Time>().unwrap(), time);
        assert_eq!(Time(-1).seconds(), -1);
    }

    #[test]
    fn spans_read_as_people_write_them() {
        let cases =
            [("15m", Span::minutes(15)), ("7d", Span::days(7)), ("1h 30m", Span::minutes(90))];
        for (text, span) in cases {
            assert_eq!(text.parse::<Span>().unwrap(), span);
        }
        assert!("soon".parse::<Span>().is_err());
        let written = [Span::days(90), Span::minutes(90), Span::ZERO, Span::millis(1_500)];
        assert_eq!(written.map(|it| it.to_string()), ["90d", "1h 30m", "0s", "1s 500ms"]);
        assert_eq!(Span::millis(1001).seconds_up(), 2);
    }

    #[test]
    fn time_never_overflows() {
        assert_eq!(Time(i64::MAX) + Span::days(1), Time(i64::MAX));
        assert_eq!(Time(0).since(Time(5)), Span::ZERO);
    }
}
