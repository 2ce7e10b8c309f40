//! New passwords: normalized, checked against the rules, against their owner and against the history.

use domain::{
    Problem, Secret,
    account::User,
    factor::{
        opaque,
        password::{self, Strength},
    },
    problem::FieldErrors,
};
use store::Db;

use crate::{App, Result, engine::hasher::Verified};

/// The field of a new password.
const FIELD: &str = "new_password";

/// A new password, and its repetition.
#[derive(Debug, Clone, Default)]
pub struct NewPassword {
    pub password: Option<Secret>,
    pub confirm: Option<Secret>,
}

/// Checks a new, normalized password against the rules and against the data of its owner.
pub(crate) async fn check(
    app: &App,
    field: &str,
    owner: &User,
    password: &Secret,
) -> Result<Strength> {
    let mut errors = FieldErrors::default();
    note_violations(app, &mut errors, field, password, owner);
    errors.check()?;
    estimate(app, field, owner, password).await
}

/// The cheap part of [`check`]: collects violations.
pub(crate) fn note_violations(
    app: &App,
    errors: &mut FieldErrors,
    field: &str,
    password: &Secret,
    owner: &User,
) {
    let rules = &app.settings.passwords;
    for error in password::violations(password.expose(), &owner.attributes(), rules) {
        errors.push(field, error);
    }
}

/// The expensive part of [`check`], for a password without violations.
pub(crate) async fn estimate(
    app: &App,
    field: &str,
    owner: &User,
    password: &Secret,
) -> Result<Strength> {
    let (owner, secret, rules) = (owner.clone(), password.clone(), app.settings.passwords.clone());
    let work = move || password::estimate(secret.expose(), &owner.attributes(), &rules);
    let (wrong, strength) = app.hasher.estimate(work).await?;
    let mut errors = FieldErrors::default();
    if let Some(error) = wrong {
        errors.push(field, error);
    }
    errors.check()?;
    Ok(strength)
}

/// Normalizes a new password, and compares it with its repetition if there is one. Errors go to
/// `field`, those of the repetition to `confirm`.
pub(crate) fn typed(
    errors: &mut FieldErrors,
    field: &str,
    password: Option<Secret>,
    confirm: &str,
    repeated: Option<Secret>,
) -> Secret {
    let password = password.unwrap_or_default();
    let form = |it: &Secret| opaque::prepare(it).unwrap_or_else(|| it.clone());
    if repeated.is_some_and(|it| form(&it) != form(&password)) {
        errors.add(confirm, "password_mismatch", domain::say!("The passwords are not the same."));
    }
    errors.take(field, password::prepare(&password)).unwrap_or_default()
}

/// A new password, normalized and as typed. Old hashes may be of the typed form.
pub(super) struct TypedPassword {
    pub password: Secret,
    typed: Secret,
}

pub(super) fn parse_new(new: NewPassword) -> Result<TypedPassword> {
    let mut errors = FieldErrors::default();
    let as_typed = new.password.clone().unwrap_or_default();
    let confirm = "new_password_confirm";
    let password = typed(&mut errors, FIELD, new.password, confirm, new.confirm);
    errors.check()?;
    Ok(TypedPassword { password, typed: as_typed })
}

/// Returns hash and strength of an acceptable new password. `old` is the current one, if it was
/// proved.
pub(super) async fn accept(
    app: &App,
    user: &User,
    old: Option<&Secret>,
    new: &TypedPassword,
) -> Result<(String, Strength)> {
    let strength = check(app, FIELD, user, &new.password).await?;
    // The current hash may be of another encoding of the same password.
    let is_old = old.and_then(opaque::prepare).as_ref() == Some(&new.password);
    if app.settings.passwords.history > 0 && is_old
        || was_used_before(app, user, &new.typed).await?
    {
        let message = domain::say!("Use a password that you have not had lately.");
        return Err(Problem::field(FIELD, "password_reused", message).into());
    }
    Ok((app.hasher.hash(&new.password).await?, strength))
}

async fn was_used_before(app: &App, user: &User, typed: &Secret) -> Result<bool> {
    let (id, limit) = (user.id, i64::from(app.settings.passwords.history));
    let unit = async move |db: Db| store::passwords::latest(&db, id, limit).await;
    let former = app.store.get(unit).await?;
    let current = user.password_hash.clone().into_iter();
    let mut seen: Vec<String> = current.chain(former.into_iter().map(|it| it.hash)).collect();
    seen.dedup();
    for hash in seen.iter().take(app.settings.passwords.history as usize) {
        if app.hasher.verify(typed, hash).await? != Verified::Wrong {
            return Ok(true);
        }
    }
    Ok(false)
}
