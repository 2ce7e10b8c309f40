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

/// How long a retired key stays valid after its last token has expired, for nodes that have not
/// reloaded yet and for clocks that differ.
const MARGIN: Span = Span::minutes(1);

/// Why keys are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occasion {
    /// A server starts: there must be a signing key, of the configured algorithm if possible.
    Start,
    /// The schedule is due.
    Clock,
    /// An operator asks for a new key.
    Rotate(When),
    /// An operator revokes a key.
    Revoke(String),
}

/// When a new key begins to sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// After it was published for `tokens.key_prepublish`.
    Published,
    /// At once, because the old one is no longer trusted.
    Now,
}

/// One change of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A new key is made, which signs from then on.
    Make { signs_at: Time },
    /// The waiting key begins to sign.
    Promote(String),
    /// The signing key stops signing.
    Retire(String),
    /// The waiting key is withdrawn.
    Withdraw(String),
    /// Nothing that the key has signed is valid any more.
    Revoke(String),
}

/// The settings of keys.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    algorithm: SigningAlgorithm,
    is_shared: bool,
    rotation: Span,
    prepublish: Span,
    access_lifetime: Span,
}

impl Rules {
    /// When a key that retires at `now` ends.
    fn end(&self, now: Time) -> Time {
        now + self.access_lifetime + MARGIN
    }

    /// The reaches of the start of the next key, the start of the signing key, and the end of a
    /// retired key.
    pub fn reaches(&self, now: Time) -> (Reach, Reach, Reach) {
        let retired = Reach::ahead(now, self.end(now).since(now));
        (Reach::ahead(now, self.prepublish), Reach::past(now), retired)
    }

    /// Whether the configured shared secret signs, and no key of the table.
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

/// The state that a plan depends on.
struct Planner<'a> {
    current: Option<&'a SigningKey>,
    next: Option<&'a SigningKey>,
    rules: &'a Rules,
    now: Time,
}

/// The changes that were made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    pub steps: Vec<Step>,
    /// The id of the new key, if one was made.
    pub made: Option<String>,
}

/// The steps to take, in order.
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

    /// A new key signs at once.
    fn replace(&self) -> Vec<Step> {
        let make = Step::Make { signs_at: self.now };
        self.withdraw().chain(self.retire()).chain([make]).collect()
    }

    /// A new key signs after it was published for long enough.
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
            // The shared secret signs, so no new key is needed.
            SIGNING if self.rules.is_shared => vec![revoke],
            SIGNING => self.withdraw().chain([revoke, Step::Make { signs_at: self.now }]).collect(),
            _ => vec![revoke],
        }
    }
}

/// Writes one step. `fresh` is the key for [`Step::Make`].
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

/// Generates a key and seals it. [`apply`] sets its state.
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
mod tests;
