//! Making accounts: by registration and by the operator.

use std::sync::Arc;

use domain::{
    Code, Problem, Secret, UserId,
    account::{Email, User, phone, profile, username},
    event::Event,
    problem::{FieldError, FieldErrors},
    settings::Enumeration,
};
use store::Db;

use crate::{
    App, Ctx, Error, Result, audit, email,
    job::{self, Letter, Task},
    limits::{self, Limit},
    link::{self, Mailed},
    password, random,
    sessions::{self, NewSession, Proof},
    tokens::{self, TokenPair},
};

pub use domain::account::password::Strength;

/// What somebody fills in to get an account.
#[derive(Debug, Clone, Default)]
pub struct Registration {
    pub email: Option<String>,
    pub password: Option<Secret>,
    pub password_confirm: Option<Secret>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub username: Option<String>,
    pub phone_number: Option<String>,
    pub terms_accepted: Option<bool>,
    pub privacy_policy_accepted: Option<bool>,
    /// For apps: binds the verification to whoever knows the verifier (RFC 7636, S256).
    pub code_challenge: Option<String>,
}

/// What became of a registration.
#[derive(Debug)]
pub enum Registered {
    /// The account, signed in where `registration.auto_login` says so.
    Account { user: Arc<User>, strength: Strength, pair: Option<Box<TokenPair>> },
    /// Where the address must not show whether it is known: the mail tells its owner.
    Silent,
}

/// Makes an account.
pub async fn register(app: &App, ctx: &Ctx, input: Registration) -> Result<Registered> {
    let limit = Limit { name: "register", rate: app.settings.limits.register };
    let spent = limits::take(app, ctx, limit, &ctx.client.network()).await?;
    match try_register(app, ctx, input).await {
        Ok(registered) => {
            limits::keep(spent);
            Ok(registered)
        }
        Err(error) => {
            // The limit counts accounts that were made.
            limits::give_back(app, ctx, spent).await;
            Err(error)
        }
    }
}

async fn try_register(app: &App, ctx: &Ctx, input: Registration) -> Result<Registered> {
    let is_strict = app.settings.privacy.enumeration == Enumeration::Strict;
    let binding = binding(ctx, input.code_challenge.as_deref())?;
    let (mut user, password) = check(app, ctx, input)?;
    let strength = password::check(app, "password", &user, &password).await?;
    if !is_strict {
        refuse_known(app, &user).await?;
    }
    user.password_hash = Some(app.hasher.hash(&password).await?);
    let verification = Mailed::draft(app, ctx, &user, Letter::VerifyEmail)?.bound(binding);
    let signs_in = app.settings.registration.auto_login
        && !app.settings.registration.require_verified_email
        && !is_strict;
    let new = NewSession { remembered: false, device_name: String::new(), proof: Proof::Password };
    let session = if signs_in { Some(sessions::draft(app, ctx, &user, new)?) } else { None };
    let entry = audit::event(ctx, Event::UserRegistered)?.by(user.id);
    let (made, now) = (user.clone(), ctx.now);
    let started = session.as_ref().map(|it| it.session.clone());
    let inserted = app
        .store
        .write(async move |db| {
            if !store::users::insert(&db, &made).await? {
                return Ok(false);
            }
            audit::record(&db, &entry).await?;
            verification.write(&db).await?;
            if let Some(draft) = &session {
                sessions::write(&db, draft, now).await?;
            }
            Ok(true)
        })
        .await?;
    if !inserted {
        return repeated(app, ctx, &user).await;
    }
    job::wake(app);
    if is_strict {
        return Ok(Registered::Silent);
    }
    let user = Arc::new(user);
    let pair = match started {
        Some(session) => Some(Box::new(tokens::issue(app, ctx, &user, &Arc::new(session))?)),
        None => None,
    };
    Ok(Registered::Account { user, strength, pair })
}

/// The fields, checked as far as that needs nobody else.
fn check(app: &App, ctx: &Ctx, input: Registration) -> Result<(User, Secret)> {
    let mut errors = FieldErrors::default();
    let email = errors.take("email", Email::parse(&input.email.unwrap_or_default()));
    let password = input.password.unwrap_or_default();
    if password.is_empty() {
        errors.add("password", "required", "This field is required.");
    }
    if input.password_confirm.is_some_and(|it| it.expose() != password.expose()) {
        errors.add("password_confirm", "password_mismatch", "The passwords are not the same.");
    }
    let accepted = |it: Option<bool>| it.unwrap_or_default().then_some(ctx.now);
    // Stands in while the errors are gathered; they are returned before it is used.
    let address = email.unwrap_or_else(|| Email::from(String::new()));
    let mut user = User::new(UserId::new(ctx.now, random::bytes()?), address, ctx.now);
    user.first_name = name(&mut errors, "first_name", input.first_name);
    user.last_name = name(&mut errors, "last_name", input.last_name);
    user.username = optional(&mut errors, "username", input.username, username::parse);
    user.phone_number = optional(&mut errors, "phone_number", input.phone_number, phone::parse);
    user.terms_accepted_at = accepted(input.terms_accepted);
    user.privacy_accepted_at = accepted(input.privacy_policy_accepted);
    require(&app.settings.registration.required_fields, &user, &mut errors);
    errors.check()?;
    Ok((user, password))
}

/// What the verification is bound to: the app that sent a challenge, else this browser.
fn binding(ctx: &Ctx, code_challenge: Option<&str>) -> Result<Option<[u8; 32]>> {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let Some(challenge) = code_challenge.filter(|it| !it.is_empty()) else {
        return Ok(link::device_binding(ctx));
    };
    let bytes = URL_SAFE_NO_PAD.decode(challenge).ok().and_then(|it| it.try_into().ok());
    let message = "Send the SHA-256 of the code verifier in base64url (RFC 7636, S256).";
    Ok(Some(bytes.ok_or_else(|| Problem::field("code_challenge", "invalid", message))?))
}

fn name(errors: &mut FieldErrors, field: &str, text: Option<String>) -> String {
    errors.take(field, profile::name(&text.unwrap_or_default())).unwrap_or_default()
}

fn optional(
    errors: &mut FieldErrors,
    field: &str,
    text: Option<String>,
    parse: fn(&str) -> Result<String, FieldError>,
) -> Option<String> {
    let text = text.filter(|it| !it.trim().is_empty())?;
    errors.take(field, parse(&text))
}

fn require(fields: &[String], user: &User, errors: &mut FieldErrors) {
    for field in fields {
        let is_missing = match field.as_str() {
            "first_name" => user.first_name.is_empty(),
            "last_name" => user.last_name.is_empty(),
            "username" => user.username.is_none(),
            "phone_number" => user.phone_number.is_none(),
            "terms_accepted" => user.terms_accepted_at.is_none(),
            "privacy_policy_accepted" => user.privacy_accepted_at.is_none(),
            _ => false,
        };
        let is_told = errors.iter().any(|(name, _)| name == field);
        if is_missing && !is_told {
            errors.add(field, "required", "This field is required.");
        }
    }
}

fn email_taken() -> Problem {
    Problem::field("email", "email_taken", "A user with this email address already exists.")
}

fn username_taken() -> Problem {
    Problem::field("username", "username_taken", "This username is taken.")
}

/// Spares the hash where the answer may be told.
async fn refuse_known(app: &App, user: &User) -> Result<()> {
    let name = user.email_canonical.clone();
    let known = app.store.get(async move |db| store::users::by_name(&db, &name).await).await?;
    if known.is_some() { Err(email_taken().into()) } else { Ok(()) }
}

/// The row was refused: by its username, which may be told, or by its address.
async fn repeated(app: &App, ctx: &Ctx, user: &User) -> Result<Registered> {
    let name = user.email_canonical.clone();
    let owner = app.store.get(async move |db| store::users::by_name(&db, &name).await).await?;
    let Some(owner) = owner else { return Err(username_taken().into()) };
    if app.settings.privacy.enumeration == Enumeration::Standard {
        return Err(email_taken().into());
    }
    if let Some(username) = user.username.clone() {
        let unit = async move |db: Db| store::users::is_username_taken(&db, &username, None).await;
        if app.store.get(unit).await? {
            return Err(username_taken().into());
        }
    }
    let entry = audit::event(ctx, Event::RegistrationRepeated)?.about(Some(owner.id));
    let letter = Letter::RegistrationRepeated;
    let job = job::draft(app, ctx, &Task::letter(letter, owner.id))?;
    let may_tell = email::may_write_to(app, ctx, letter, &owner.email).await;
    app.store
        .write(async move |db| {
            audit::record(&db, &entry).await?;
            if may_tell {
                store::jobs::insert(&db, &job).await?;
            }
            Ok(())
        })
        .await?;
    job::wake(app);
    Ok(Registered::Silent)
}

/// Who is to have every right.
#[derive(Debug, Clone, Default)]
pub struct NewSuperuser {
    pub email: String,
    pub username: Option<String>,
    pub first_name: String,
    pub last_name: String,
    pub password: Secret,
}

/// Makes an account with every right, its address taken for proved. For the operator at the
/// server, who needs no permission.
pub async fn create_superuser(app: &App, ctx: &Ctx, new: NewSuperuser) -> Result<User> {
    let mut errors = FieldErrors::default();
    let email = errors.take("email", Email::parse(&new.email));
    let username = optional(&mut errors, "username", new.username, username::parse);
    let first_name = name(&mut errors, "first_name", Some(new.first_name));
    let last_name = name(&mut errors, "last_name", Some(new.last_name));
    errors.check()?;
    let email = email.ok_or_else(|| Error::from(Code::Validation))?;
    let mut user = User {
        username,
        first_name,
        last_name,
        is_staff: true,
        is_superuser: true,
        email_verified_at: Some(ctx.now),
        ..User::new(UserId::new(ctx.now, random::bytes()?), email, ctx.now)
    };
    password::check(app, "password", &user, &new.password).await?;
    user.password_hash = Some(app.hasher.hash(&new.password).await?);
    let entry = audit::event(ctx, Event::UserRegistered)?
        .about(Some(user.id))
        .with("by", "operator")
        .with("is_superuser", true);
    let made = user.clone();
    let inserted = app
        .store
        .write(async move |db| {
            let inserted = store::users::insert(&db, &made).await?;
            if inserted {
                audit::record(&db, &entry).await?;
            }
            Ok(inserted)
        })
        .await?;
    if inserted {
        return Ok(user);
    }
    let name = user.email_canonical.clone();
    match app.store.get(async move |db| store::users::by_name(&db, &name).await).await? {
        Some(_) => Err(email_taken().into()),
        None => Err(username_taken().into()),
    }
}
