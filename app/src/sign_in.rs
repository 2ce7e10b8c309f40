//! Signing in with a password.

use std::sync::Arc;

use domain::{
    Code, Secret,
    account::{Email, User, phone, username},
    event::Event,
    mac::MacKey,
    problem::FieldErrors,
    text,
};
use store::Db;

use crate::{
    App, Ctx, Result, audit,
    hasher::Verified,
    limits::{self, Limit},
    sessions::{self, NewSession, Proof},
    tokens::{self, TokenPair},
};

const DEVICE_NAME_LENGTH: usize = 100;

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
    let attempt = check(input)?;
    let limit = Limit { name: "login", rate: app.settings.limits.login };
    let spent = limits::take(app, ctx, limit, &ctx.client.network()).await?;
    let user = find(app, &attempt.name).await?;
    let hash = user.as_ref().and_then(|it| it.password_hash.clone());
    let verified = app.hasher.verify(&attempt.password, hash.as_deref()).await?;
    let is_right = verified != Verified::Wrong;
    let Some(user) = user.clone().filter(|it| is_right && it.is_usable()) else {
        refuse(app, ctx, &attempt, user.as_ref(), "invalid_credentials").await?;
        return Err(Code::InvalidCredentials.into());
    };
    if app.settings.registration.require_verified_email && user.email_verified_at.is_none() {
        refuse(app, ctx, &attempt, Some(&user), "email_not_verified").await?;
        return Err(Code::EmailNotVerified.into());
    }
    limits::give_back(app, ctx, spent).await;
    start(app, ctx, user, attempt, verified).await
}

struct Attempt {
    name: Name,
    password: Secret,
    new: NewSession,
}

fn check(input: Credentials) -> Result<Attempt> {
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
    Ok(Attempt { name: Name::parse(&name), password, new })
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

async fn find(app: &App, name: &Name) -> Result<Option<User>> {
    let name = name.clone();
    let unit = async move |db: Db| match &name {
        Name::Account(name) => store::users::by_name(&db, name).await,
        Name::Phone(number) => store::users::by_phone(&db, number).await,
    };
    Ok(app.store.get(unit).await?)
}

/// Records a refusal. What was typed is kept only as a keyed hash: people type passwords there.
async fn refuse(
    app: &App,
    ctx: &Ctx,
    attempt: &Attempt,
    user: Option<&User>,
    reason: &str,
) -> Result<()> {
    let entry = audit::event(ctx, Event::SignInFailed)?
        .about(user.map(|it| it.id))
        .with("reason", reason)
        .with("identifier", index(&app.keys.index, attempt.name.as_str()))
        .failed();
    Ok(app.store.put(async move |db| audit::record(&db, &entry).await).await?)
}

/// What an identifier is found by without being known.
pub(crate) fn index(key: &MacKey, identifier: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(key.sign(&[identifier.as_bytes()]))
}

async fn start(
    app: &App,
    ctx: &Ctx,
    user: User,
    attempt: Attempt,
    verified: Verified,
) -> Result<TokenPair> {
    let draft = sessions::draft(app, ctx, &user, attempt.new)?;
    let (session, known) = (draft.session.clone(), user.password_hash.clone());
    let (id, now) = (user.id, ctx.now);
    let replaced = app
        .store
        .attempt(async move |db: Db| -> Result<_> {
            // A password that was changed, or an account that was disabled, since it was read.
            if !store::users::record_sign_in(&db, id, known.as_deref(), now).await? {
                return Err(Code::InvalidCredentials.into());
            }
            if let (Verified::Outdated { hash }, Some(old)) = (&verified, &known) {
                store::users::upgrade_hash(&db, id, old, hash).await?;
            }
            Ok(sessions::write(&db, &draft, now).await?)
        })
        .await?;
    sessions::announce(app, &replaced);
    app.lookaside.forget_user(id);
    let user = User { last_login_at: Some(now), ..user };
    tokens::issue(app, ctx, &Arc::new(user), &Arc::new(session))
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
