//! When a key is made, signs, retires and ends: the rules as a table, and the statements of each step.
//! [`plan`] is the whole rule, a pure function from the rows, the settings and the occasion to steps.
//!
//! It guarantees that of several processes one decides at a time, on what the others have done;
//! that a new key is published for `tokens.key_prepublish` before it signs, but for the first one
//! and for emergencies; and that every process hears of a change like it hears of revocations.

use domain::{
    Span, Time,
    reach::Reach,
    settings::{SigningAlgorithm, Tokens},
};
use store::{
    Db,
    keys::{MADE, SIGNING, SigningKey},
};

use super::{crypto, masters::Seals, material::Material};
use crate::{Error, Result};

/// How much longer than its last token a retired key counts: for a node that has not heard yet, and
/// for clocks that differ.
const MARGIN: Span = Span::minutes(1);

/// Why keys are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occasion {
    /// A server starts: there must be a key, of the configured algorithm if possible.
    Start,
    /// Time has passed.
    Clock,
    /// Somebody asks for a new key.
    Rotate(When),
    /// Somebody takes a key away.
    Revoke(String),
}

/// When a new key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Once it was published for a while.
    Published,
    /// At once, because the old one must not be trusted with more.
    Now,
}

/// One change of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A new key that signs from then on.
    Make { signs_at: Time },
    /// A made key signs.
    Promote(String),
    /// The signing key signs no more.
    Retire(String),
    /// A made key is taken back.
    Withdraw(String),
    /// Nothing that the key signed counts any more.
    Revoke(String),
}

/// What the configuration says about keys.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    algorithm: SigningAlgorithm,
    is_shared: bool,
    rotation: Span,
    prepublish: Span,
    access_lifetime: Span,
}

impl Rules {
    /// When nothing counts any more that a key signed which retires at `now`.
    fn end(&self, now: Time) -> Time {
        now + self.access_lifetime + MARGIN
    }

    /// The reaches of when the next key signs, since when another does, and when one ends.
    pub fn reaches(&self, now: Time) -> (Reach, Reach, Reach) {
        let retired = Reach::ahead(now, self.end(now).since(now));
        (Reach::ahead(now, self.prepublish), Reach::past(now), retired)
    }

    /// Whether the configuration gives the secret itself: no key of the table signs.
    pub fn is_shared(&self) -> bool {
        self.is_shared
    }
}

impl From<&Tokens> for Rules {
    fn from(settings: &Tokens) -> Rules {
        let is_shared =
            settings.algorithm == SigningAlgorithm::Hs256 && !settings.hs256_secret.is_empty();
        Rules {
            algorithm: settings.algorithm,
            is_shared,
            rotation: settings.key_rotation,
            prepublish: settings.key_prepublish,
            access_lifetime: settings.access_lifetime,
        }
    }
}

/// The keys that matter for what comes next.
struct Planner<'a> {
    current: Option<&'a SigningKey>,
    next: Option<&'a SigningKey>,
    rules: &'a Rules,
    now: Time,
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    pub steps: Vec<Step>,
    /// The key that was made for them.
    pub made: Option<String>,
}

/// What is to be done, in this order.
pub fn plan(rows: &[SigningKey], rules: &Rules, occasion: &Occasion, now: Time) -> Vec<Step> {
    let of = |state: &str| rows.iter().find(|it| it.state == state);
    let planner = Planner { current: of(SIGNING), next: of(MADE), rules, now };
    match occasion {
        Occasion::Revoke(id) => planner.on_revoke(rows, id),
        Occasion::Start if rules.is_shared => planner.withdraw().chain(planner.retire()).collect(),
        _ if rules.is_shared => Vec::new(),
        Occasion::Start => planner.on_start(),
        Occasion::Clock => planner.on_clock(),
        Occasion::Rotate(When::Published) if planner.next.is_some() => Vec::new(),
        Occasion::Rotate(When::Published) => planner.introduce(),
        Occasion::Rotate(When::Now) => planner.replace(),
    }
}

impl Planner<'_> {
    fn withdraw(&self) -> impl Iterator<Item = Step> {
        self.next.map(|it| Step::Withdraw(it.id.clone())).into_iter()
    }

    fn retire(&self) -> impl Iterator<Item = Step> {
        self.current.map(|it| Step::Retire(it.id.clone())).into_iter()
    }

    fn promote(&self, next: &SigningKey) -> Vec<Step> {
        self.retire().chain([Step::Promote(next.id.clone())]).collect()
    }

    /// A fresh key signs at once.
    fn replace(&self) -> Vec<Step> {
        let make = Step::Make { signs_at: self.now };
        self.withdraw().chain(self.retire()).chain([make]).collect()
    }

    /// A fresh key signs once it was published for long enough.
    fn introduce(&self) -> Vec<Step> {
        match self.current {
            Some(_) if !self.rules.prepublish.is_zero() => {
                let make = Step::Make { signs_at: self.now + self.rules.prepublish };
                self.withdraw().chain([make]).collect()
            }
            _ => self.replace(),
        }
    }

    fn on_start(&self) -> Vec<Step> {
        let is_right = |it: &SigningKey| it.algorithm == self.rules.algorithm.word();
        match (self.current, self.next) {
            (None, Some(next)) if is_right(next) => self.promote(next),
            (None, _) => self.replace(),
            (Some(_), Some(next)) if is_right(next) => Vec::new(),
            (Some(current), _) if is_right(current) => match self.next {
                Some(_) => self.withdraw().collect(),
                None => Vec::new(),
            },
            (Some(_), _) => self.introduce(),
        }
    }

    fn on_clock(&self) -> Vec<Step> {
        match (self.current, self.next) {
            (_, Some(next)) if next.signs_at <= self.now => self.promote(next),
            (Some(_), Some(_)) => Vec::new(),
            (None, _) => self.replace(),
            (Some(_), None) if self.rules.rotation.is_zero() => Vec::new(),
            (Some(current), None) => {
                let due_at = current.signs_at + self.rules.rotation;
                if due_at - self.rules.prepublish <= self.now { self.introduce() } else { vec![] }
            }
        }
    }

    fn on_revoke(&self, rows: &[SigningKey], id: &str) -> Vec<Step> {
        let Some(row) = rows.iter().find(|it| it.id == id && it.counts(self.now)) else {
            return Vec::new();
        };
        let revoke = Step::Revoke(row.id.clone());
        match row.state.as_str() {
            // A server that shares a secret signs with that.
            SIGNING if self.rules.is_shared => vec![revoke],
            SIGNING => self.withdraw().chain([revoke, Step::Make { signs_at: self.now }]).collect(),
            _ => vec![revoke],
        }
    }
}

/// Writes one step; `fresh` is the key for [`Step::Make`].
pub async fn apply(
    db: &Db,
    step: &Step,
    fresh: Option<&SigningKey>,
    rules: &Rules,
    now: Time,
) -> Result<()> {
    match step {
        Step::Make { signs_at } => {
            let key = fresh.ok_or_else(|| crypto("no key was made"))?;
            let state = if *signs_at <= now { SIGNING } else { MADE };
            let key = SigningKey { state: state.into(), signs_at: *signs_at, ..key.clone() };
            store::keys::insert(db, &key).await?;
        }
        Step::Promote(id) => drop(store::keys::set_signing(db, id, now).await?),
        Step::Retire(id) => drop(store::keys::retire(db, id, now, rules.end(now)).await?),
        Step::Withdraw(id) => drop(store::keys::withdraw(db, id).await?),
        Step::Revoke(id) => drop(store::keys::revoke(db, id, now).await?),
    }
    Ok(())
}

/// A new key, sealed; its state is decided where it is written.
pub async fn make(seals: &Seals, algorithm: SigningAlgorithm, now: Time) -> Result<SigningKey> {
    let made = tokio::task::spawn_blocking(move || Material::generate(algorithm));
    let bytes = made.await.map_err(Error::broken)??;
    let key = Material::read(algorithm, &bytes).ok_or_else(|| crypto("key pair"))?;
    let id = key.id()?;
    Ok(SigningKey {
        sealed: seals.close(&id, &bytes)?,
        id,
        algorithm: algorithm.word().into(),
        state: MADE.into(),
        created_at: now,
        signs_at: now,
        retired_at: None,
        ends_at: None,
    })
}

#[cfg(test)]
mod tests {
    use store::keys::RETIRED;

    use super::*;

    const START: Time = Time(1_800_000_000_000_000);

    fn row(id: &str, state: &str, signs_at: Time) -> SigningKey {
        let algorithm = if id.starts_with("es") { "ES256" } else { "EdDSA" };
        let ends_at = (state == RETIRED).then_some(signs_at + Span::hours(1));
        SigningKey {
            id: id.into(),
            algorithm: algorithm.into(),
            state: state.into(),
            sealed: Vec::new(),
            created_at: signs_at,
            signs_at,
            retired_at: None,
            ends_at,
        }
    }

    fn days(days: u64) -> Time {
        START + Span::days(days)
    }

    #[test]
    fn the_table_of_keys() {
        use Occasion::{Clock, Rotate, Start};
        use Step::{Make, Promote, Retire, Withdraw};
        let rules = Rules::from(&Tokens::default());
        let current = || row("a", SIGNING, START);
        let next = |signs_at| row("b", MADE, signs_at);
        let id = |it: &str| it.to_owned();
        let revoke = |it: &str| Occasion::Revoke(id(it));
        let fresh = Make { signs_at: days(5) };
        let later = Make { signs_at: days(6) };
        // What there is, why and at which day it is looked at, what follows.
        let cases = [
            (vec![], Start, 5, vec![fresh.clone()]),
            (vec![current()], Start, 5, vec![]),
            (vec![next(days(9))], Start, 5, vec![Promote(id("b"))]),
            (vec![row("es", SIGNING, START)], Start, 5, vec![later.clone()]),
            (vec![current(), row("es", MADE, days(9))], Start, 5, vec![Withdraw(id("es"))]),
            (vec![row("es", SIGNING, START), next(days(9))], Start, 5, vec![]),
            (vec![], Clock, 5, vec![fresh.clone()]),
            (vec![current()], Clock, 88, vec![]),
            (vec![current()], Clock, 89, vec![Make { signs_at: days(90) }]),
            (vec![current()], Clock, 200, vec![Make { signs_at: days(201) }]),
            (vec![current(), next(days(90))], Clock, 89, vec![]),
            (vec![current(), next(days(90))], Clock, 90, vec![Retire(id("a")), Promote(id("b"))]),
            (vec![current()], Rotate(When::Published), 5, vec![later]),
            (vec![current(), next(days(9))], Rotate(When::Published), 5, vec![]),
            (
                vec![current(), next(days(9))],
                Rotate(When::Now),
                5,
                vec![Withdraw(id("b")), Retire(id("a")), fresh.clone()],
            ),
            (vec![current()], revoke("a"), 5, vec![Step::Revoke(id("a")), fresh]),
            (vec![current(), next(days(9))], revoke("b"), 5, vec![Step::Revoke(id("b"))]),
            (
                vec![current(), row("r", RETIRED, days(5))],
                revoke("r"),
                5,
                vec![Step::Revoke(id("r"))],
            ),
            (vec![current(), row("r", RETIRED, days(4))], revoke("r"), 5, vec![]),
            (vec![current()], revoke("x"), 5, vec![]),
        ];
        for (number, (rows, occasion, day, expected)) in cases.into_iter().enumerate() {
            let steps = plan(&rows, &rules, &occasion, days(day));
            assert_eq!(steps, expected, "case {number}: {occasion:?} at day {day}");
        }
    }

    #[test]
    fn a_shared_secret_needs_no_key_of_the_table() {
        let settings = Tokens {
            algorithm: SigningAlgorithm::Hs256,
            hs256_secret: "x".repeat(32).into(),
            ..Tokens::default()
        };
        let rules = Rules::from(&settings);
        let rows = [row("a", SIGNING, START)];
        let steps = plan(&rows, &rules, &Occasion::Start, START);
        assert_eq!(steps, [Step::Retire("a".into())]);
        for occasion in [Occasion::Clock, Occasion::Rotate(When::Now)] {
            assert_eq!(plan(&rows, &rules, &occasion, days(999)), []);
        }
    }

    #[test]
    fn without_a_schedule_keys_stay() {
        let settings = Tokens { key_rotation: Span::ZERO, ..Tokens::default() };
        let rows = [row("a", SIGNING, START)];
        assert_eq!(plan(&rows, &Rules::from(&settings), &Occasion::Clock, days(9_999)), []);
    }
}
