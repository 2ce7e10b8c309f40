//! Signing in with a password.

use std::sync::Arc;

use domain::{
    Code, Problem, Secret, UserId,
    account::{Email, User, phone, username},
    event::Event,
    mac::MacKey,
    problem::FieldErrors,
    text,
};
use store::Db;

use crate::{
    App, Ctx, Error, Result,
    access::limits::{self, Limit, Who},
    account::deletion::{Offer, is_restorable},
    audit::{self, Entry},
    engine::hasher::Verified,
    revocations,
    session::{
        sessions::{self, NewSession, Proof},
        tokens::{self, TokenPair},
    },
    sign_in::lockout::{self, Counters, Guess, Seen},
};

const DEVICE_NAME_LENGTH: usize = 100;
/// What counts as a failure.
const COUNTED: &[Code] =
    &[Code::InvalidCredentials, Code::EmailNotVerified, Code::AccountDeleted, Code::AccountLocked];
/// How often a password is looked at: another sign-in may have replaced its hash since.
const ROUNDS: usize = 3;

/// What somebody signs in with.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// An address, a username or a verified phone number.
    pub name: Option<String>,
    /// The field it came in, for errors.
    pub name_field: &'static str,
    pub password: Option<Secret>,
    pub remember_me: Option<bool>,
    pub device_name: Option<String>,
}

/// A name somebody signs in with, in the form the database knows it by.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    Account(String),
    Phone(String),
}

/// Exchanges a password for a session. Unknown people, wrong passwords and accounts that may not
/// sign in cost the same, take the same statements and get the same answer.
pub async fn with_password(app: &App, ctx: &Ctx, input: Credentials) -> Result<TokenPair> {
    let (name, password, new) = check(input)?;
    let limit = Limit { name: "login", rate: app.settings.limits.login };
    let spent = limits::take(app, ctx, limit, &ctx.client.network()).await?;
    // Reading one costs more than refusing one too many.
    let attempt = Attempt { name: Name::parse(&name), password, new };
    let outcome = try_in(app, ctx, &attempt).await;
    match &outcome {
        Err(Error::Refused(it)) if COUNTED.contains(&it.code) => limits::keep(spent),
        // Neither a right password counts, nor what is our own fault.
        _ => limits::give_back(app, ctx, spent).await,
    }
    outcome
}

async fn try_in(app: &App, ctx: &Ctx, attempt: &Attempt) -> Result<TokenPair> {
    let Found { user, counters, seen } = find(app, ctx, &attempt.name).await?;
    let (guess, _held) = match lockout::admit(app, ctx, &counters, seen).await {
        Err(Error::Refused(it)) if it.code == Code::AccountLocked => {
            refuse(app, ctx, attempt, Outcome::Locked(user.map(|it| it.id))).await?;
            return Err(Error::Refused(it));
        }
        admitted => admitted?,
    };
    let outcome = check_password(app, ctx, attempt, (user, &counters, &guess)).await;
    guess.unless_answered(app, outcome, COUNTED).await
}

async fn check_password(
    app: &App,
    ctx: &Ctx,
    attempt: &Attempt,
    (mut user, counters, guess): (Option<User>, &Counters, &Guess),
) -> Result<TokenPair> {
    for _ in 0..ROUNDS {
        let verified = match user.as_ref().and_then(|it| it.password_hash.as_deref()) {
            Some(hash) => app.hasher.verify(&attempt.password, hash).await?,
            None => {
                let name = app.keys.dummy.sign(&[attempt.name.as_str().as_bytes()]);
                app.hasher.verify_nobody(&attempt.password, &name).await?
            }
        };
        let is_right = verified != Verified::Wrong && !guess.is_barred();
        let may_come = |it: &User| it.is_usable() || is_restorable(app, ctx, it);
        let Some(found) = user.clone().filter(|it| is_right && may_come(it)) else {
            refuse(app, ctx, attempt, Outcome::Wrong(user.map(|it| it.id), guess)).await?;
            return Err(Code::InvalidCredentials.into());
        };
        // Whatever a right password leads to leaves rows behind.
        let limit = Limit { name: "login_success", rate: app.settings.limits.login_success };
        let (own, whole) = counters.account();
        let who = Who::Part { own: &own, whole: &whole };
        let spent = limits::take(app, ctx, limit, who).await?;
        if let Some(pair) = admit(app, ctx, attempt, found, (verified, guess)).await? {
            limits::keep(spent);
            return Ok(pair);
        }
        limits::give_back(app, ctx, spent).await;
        user = find(app, ctx, &attempt.name).await?.user;
    }
    Err(Error::away("an account is changed too often at once"))
}

/// What somebody with the right password gets. `None`: the account has changed since it was read.
async fn admit(
    app: &App,
    ctx: &Ctx,
    attempt: &Attempt,
    user: User,
    (verified, guess): (Verified, &Guess),
) -> Result<Option<TokenPair>> {
    if !user.is_usable() {
        let refusal = offer(app, ctx, attempt, &user, guess).await?;
        return refusal.map_or(Ok(None), |it| Err(it.into()));
    }
    if app.settings.registration.require_verified_email && user.email_verified_at.is_none() {
        refuse(app, ctx, attempt, Outcome::Unverified(user.id, guess)).await?;
        return Err(Code::EmailNotVerified.into());
    }
    start(app, ctx, user, attempt, (verified, guess)).await
}

struct Attempt {
    name: Name,
    password: Secret,
    new: NewSession,
}

/// The name, the password and the session that is asked for.
fn check(input: Credentials) -> Result<(String, Secret, NewSession)> {
    let mut errors = FieldErrors::default();
    let name = input.name.unwrap_or_default();
    if name.trim().is_empty() {
        errors.add(input.name_field, "required", "This field is required.");
    }
    let password = input.password.unwrap_or_default();
    if password.is_empty() {
        errors.add("password", "required", "This field is required.");
    }
    let device_name = input.device_name.unwrap_or_default();
    let device_name = text::optional_line(&device_name, DEVICE_NAME_LENGTH);
    let device_name = errors.take("device_name", device_name).unwrap_or_default();
    errors.check()?;
    let remembered = input.remember_me.unwrap_or_default();
    let new = NewSession { remembered, device_name, proof: Proof::Password };
    Ok((name, password, new))
}

impl Name {
    /// What cannot be anybody's name stays as it is, and is looked for like any other.
    fn parse(text: &str) -> Name {
        if let Ok(email) = Email::parse(text) {
            return Name::Account(email.canonical());
        }
        if let Some(number) = phone::parse(text).ok().filter(|_| text.trim().starts_with('+')) {
            return Name::Phone(number);
        }
        Name::Account(username::parse(text).unwrap_or_else(|_| text.trim().to_lowercase()))
    }

    fn as_str(&self) -> &str {
        match self {
            Name::Account(it) | Name::Phone(it) => it,
        }
    }
}

/// Who has a name, as far as that may be known, and what guesses at it are counted on.
struct Found {
    user: Option<User>,
    counters: Counters,
    seen: Option<Seen>,
}

async fn find(app: &App, ctx: &Ctx, name: &Name) -> Result<Found> {
    let (name, owned) = (name.clone(), app.clone());
    let device = ctx.device.map(|it| it.fingerprint()).unwrap_or_default();
    let moment = Seen::moment(app);
    let unit = async move |db: Db| {
        let user = match &name {
            Name::Account(name) => store::users::by_name(&db, name).await?,
            Name::Phone(number) => store::users::by_phone(&db, number).await?,
        };
        let user = user.filter(|it| !it.is_hidden(&owned.settings.privacy));
        // Nobody's devices are looked for as well.
        let id = user.as_ref().map_or(UserId(Default::default()), |it| it.id);
        let is_known = store::sessions::is_known_device(&db, id, &device).await?;
        let (id, device) = (user.as_ref().map(|it| it.id), is_known.then_some(&*device));
        let counters = Counters::of_sign_in(&owned, name.as_str(), id, device);
        let seen = match moment {
            Some(moment) => Some(Seen::read(&db, &counters, moment).await?),
            None => None,
        };
        Ok(Found { user, counters, seen })
    };
    Ok(app.store.read(unit).await?)
}

/// Why somebody is not signed in.
#[derive(Clone, Copy)]
enum Outcome<'a> {
    Wrong(Option<UserId>, &'a Guess),
    Unverified(UserId, &'a Guess),
    Locked(Option<UserId>),
}

/// What was typed is kept only as a keyed hash: people type passwords there.
fn refusal(
    app: &App,
    ctx: &Ctx,
    attempt: &Attempt,
    (reason, user): (Code, Option<UserId>),
) -> Result<Entry> {
    let entry = audit::event(ctx, Event::SignInFailed)?.about(user).with("reason", reason.word());
    Ok(entry.with("identifier", index(&app.keys.index, attempt.name.as_str())).failed())
}

/// Records a refusal.
async fn refuse(app: &App, ctx: &Ctx, attempt: &Attempt, outcome: Outcome<'_>) -> Result<()> {
    let (reason, user, wrong, right) = match outcome {
        Outcome::Wrong(user, guess) => (Code::InvalidCredentials, user, Some(guess.clone()), None),
        Outcome::Unverified(user, guess) => {
            (Code::EmailNotVerified, Some(user), None, Some(guess.clone()))
        }
        Outcome::Locked(user) => (Code::AccountLocked, user, None, None),
    };
    let entry = refusal(app, ctx, attempt, (reason, user))?;
    let now = ctx.now;
    let unit = async move |db: Db| {
        audit::record(&db, &entry).await?;
        if let Some(guess) = &wrong {
            guess.wrong(&db, now).await?;
        }
        if let Some(guess) = &right {
            guess.right(&db).await?;
        }
        Ok(())
    };
    Ok(app.store.write(unit).await?)
}

/// Refuses whoever has deleted the account and knows its password, with a way back. `None`: it was
/// restored or erased since it was read.
async fn offer(
    app: &App,
    ctx: &Ctx,
    attempt: &Attempt,
    user: &User,
    guess: &Guess,
) -> Result<Option<Problem>> {
    let offer = Offer::draft(app, ctx, user)?;
    let entry = refusal(app, ctx, attempt, (Code::AccountDeleted, Some(user.id)))?;
    let (made, guess) = (offer.clone(), guess.clone());
    let unit = async move |db: Db| {
        if !made.write(&db).await? {
            return Ok(false);
        }
        audit::record(&db, &entry).await?;
        guess.right(&db).await?;
        Ok(true)
    };
    Ok(app.store.write(unit).await?.then(|| offer.problem()))
}

/// What an identifier is found by without being known.
pub(crate) fn index(key: &MacKey, identifier: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(key.sign(&[identifier.as_bytes()]))
}

/// `None`: the password was changed, its hash replaced, or the account disabled, since it was read.
async fn start(
    app: &App,
    ctx: &Ctx,
    user: User,
    attempt: &Attempt,
    (verified, guess): (Verified, &Guess),
) -> Result<Option<TokenPair>> {
    let draft = sessions::draft(app, ctx, &user, attempt.new.clone())?;
    let (session, known) = (draft.session.clone(), user.password_hash.clone());
    let guess = guess.clone();
    let (id, now) = (user.id, ctx.now);
    let started = app
        .store
        .write(async move |db: Db| {
            if !store::users::record_sign_in(&db, id, known.as_deref(), now).await? {
                return Ok(None);
            }
            guess.right(&db).await?;
            let replaced = sessions::write(&db, &draft, now).await?;
            if let (Verified::Outdated { hash }, Some(old)) = (&verified, &known) {
                store::users::upgrade_hash(&db, id, old, hash).await?;
                // Other nodes remember the hash of yesterday.
                revocations::user(&db, id, now).await?;
            }
            Ok(Some(replaced))
        })
        .await?;
    let Some(replaced) = started else { return Ok(None) };
    sessions::announce(app, &replaced);
    app.lookaside.forget_user(id);
    let user = User { last_login_at: Some(now), ..user };
    tokens::issue(app, ctx, &Arc::new(user), &Arc::new(session)).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        let cases = [
            ("Anna@Example.com", Name::Account("anna@example.com".into())),
            ("a.nna+x@gmail.com", Name::Account("anna@gmail.com".into())),
            ("Anna_1", Name::Account("anna_1".into())),
            ("+49 30 901820", Name::Phone("+4930901820".into())),
            ("no body!", Name::Account("no body!".into())),
        ];
        for (text, name) in cases {
            assert_eq!(Name::parse(text), name);
        }
    }
}
