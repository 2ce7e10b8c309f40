//! Registration: who may make an account, and the account made.

mod form;

use std::sync::Arc;

use domain::{
    Code, Problem, UserId,
    account::User,
    event::Event,
    settings::{Enumeration, RegistrationMode},
};
use store::{Db, consents::Consent, invitations::Invitation};

pub use self::form::Registration;
use self::form::{Accepted, consents};
pub(crate) use self::form::{name, optional};
pub use crate::password::Strength;
use crate::{
    App, Ctx, Error, Result,
    audit::{self, Entry},
    email,
    idempotency::{self, Key},
    invitations,
    job::{self, Letter, Task},
    limits::{self, Limit},
    link::Mailed,
    password,
    sessions::{self, NewSession, Proof},
    tokens::{self, TokenPair},
};

/// What became of a registration.
#[derive(Debug)]
pub enum Registered {
    /// The account, signed in where `registration.auto_login` says so.
    Account { user: Arc<User>, strength: Strength, pair: Option<Box<TokenPair>> },
    /// The same request had made the account before; here it is, without tokens.
    Repeated { user: Arc<User> },
    /// Where the address must not show whether it is known: the mail tells its owner.
    Silent,
}

/// Makes an account. One limit counts accounts that were made, another what was refused: a refusal
/// tells whether an address is known, and may cost a look at a password.
pub async fn register(app: &App, ctx: &Ctx, input: Registration) -> Result<Registered> {
    let (rates, who) = (&app.settings.limits, ctx.client.network());
    let limit = Limit { name: "register_failures", rate: rates.register_failures };
    let refused = limits::take(app, ctx, limit, &who).await?;
    let limit = Limit { name: "register", rate: rates.register };
    let made = match limits::take(app, ctx, limit, &who).await {
        Ok(made) => made,
        Err(limited) => {
            limits::give_back(app, ctx, refused).await;
            return Err(limited);
        }
    };
    let outcome = try_register(app, ctx, input).await;
    match &outcome {
        Ok(Registered::Account { .. } | Registered::Silent) => limits::keep(made),
        _ => limits::give_back(app, ctx, made).await,
    }
    match &outcome {
        Err(Error::Refused(_)) => limits::keep(refused),
        _ => limits::give_back(app, ctx, refused).await,
    }
    outcome
}

async fn try_register(app: &App, ctx: &Ctx, input: Registration) -> Result<Registered> {
    let sent = input.idempotency_key.clone();
    let key = idempotency::key(app, "register", sent.as_deref(), &input.fingerprint())?;
    if let Some(known) = idempotency::look(app, ctx, key).await? {
        return replay(app, UserId(known)).await;
    }
    match make(app, ctx, input, key).await {
        Ok(registered) => Ok(registered),
        Err(error) => {
            let known = idempotency::recover(app, ctx, key, error).await?;
            replay(app, UserId(known)).await
        }
    }
}

async fn make(app: &App, ctx: &Ctx, input: Registration, key: Option<Key>) -> Result<Registered> {
    let invitation = admit(app, ctx, &input).await?;
    let (filled, mut errors) = form::read(app, ctx, input, invitation.as_ref())?;
    let Accepted { mut user, password, binding, consents: accepted } = filled;
    let strength = match password.is_empty() {
        true => None,
        false => Some(password::look(app, &mut errors, ("password", &password), &user).await?),
    };
    errors.check()?;
    let strength = strength.ok_or(Code::Validation)?;
    refuse_known(app, &user).await?;
    user.password_hash = Some(app.hasher.hash(&password).await?);
    let consents = consents(app, ctx, user.id, &accepted)?;
    let account = Account { consents, invitation, key, ..Account::draft(app, ctx, user, binding)? };
    let (made, now) = (account.clone(), ctx.now);
    let unit = async move |db: Db| -> Result<bool> { made.write(&db, now).await };
    if !app.store.attempt(unit).await? {
        return repeated(app, ctx, &account.user).await;
    }
    job::wake(app);
    if app.settings.privacy.enumeration == Enumeration::Strict {
        return Ok(Registered::Silent);
    }
    let Account { user, session, .. } = account;
    let user = Arc::new(user);
    let pair = match session {
        Some(draft) => Some(Box::new(tokens::issue(app, ctx, &user, &Arc::new(draft.session))?)),
        None => None,
    };
    Ok(Registered::Account { user, strength, pair })
}

/// Who may register: anybody, whoever was invited, or nobody.
async fn admit(app: &App, ctx: &Ctx, input: &Registration) -> Result<Option<Invitation>> {
    if app.settings.registration.mode == RegistrationMode::Closed {
        return Err(Code::RegistrationClosed.into());
    }
    let invitation = match &input.invitation_token {
        Some(token) => Some(invitations::look(app, ctx, token).await?),
        None => None,
    };
    match (app.settings.registration.mode, &invitation) {
        (RegistrationMode::Invite, None) => Err(Code::InvitationRequired.into()),
        _ => Ok(invitation),
    }
}

async fn replay(app: &App, id: UserId) -> Result<Registered> {
    if app.settings.privacy.enumeration == Enumeration::Strict {
        return Ok(Registered::Silent);
    }
    let user = app.store.get(async move |db| store::users::by_id(&db, id).await).await?;
    // An account that is gone since has no answer to repeat.
    let user = user.filter(User::is_usable).ok_or(Code::IdempotencyKeyReused)?;
    Ok(Registered::Repeated { user: Arc::new(user) })
}

/// An account that is yet to be written, with all that comes with it.
#[derive(Debug, Clone)]
struct Account {
    user: User,
    entry: Entry,
    /// To be proved, unless an invitation has done that.
    verification: Option<Mailed>,
    welcome: store::jobs::Job,
    session: Option<sessions::Draft>,
    consents: Vec<Consent>,
    invitation: Option<Invitation>,
    key: Option<Key>,
}

impl Account {
    fn draft(app: &App, ctx: &Ctx, user: User, binding: Option<[u8; 32]>) -> Result<Account> {
        let rules = &app.settings.registration;
        let is_proved = user.email_verified_at.is_some();
        let signs_in = rules.auto_login
            && (is_proved || !rules.require_verified_email)
            && app.settings.privacy.enumeration == Enumeration::Standard;
        let new =
            NewSession { remembered: false, device_name: String::new(), proof: Proof::Password };
        let session = if signs_in { Some(sessions::draft(app, ctx, &user, new)?) } else { None };
        let verification = match is_proved {
            true => None,
            false => Some(Mailed::draft(app, ctx, &user, Letter::VerifyEmail)?.bound(binding)),
        };
        let last_login_at = session.as_ref().map(|it| it.session.created_at);
        let user = User { last_login_at, ..user };
        Ok(Account {
            entry: audit::event(ctx, Event::UserRegistered)?.by(user.id),
            verification,
            welcome: job::draft(app, ctx, &Task::letter(Letter::Welcome, &user))?,
            session,
            consents: Vec::new(),
            invitation: None,
            key: None,
            user,
        })
    }

    /// False when the address or the username is taken.
    async fn write(&self, db: &Db, now: domain::Time) -> Result<bool> {
        if !store::users::insert(db, &self.user).await? {
            return Ok(false);
        }
        idempotency::note(db, self.key, self.user.id.0, now).await?;
        if let Some(invitation) = &self.invitation
            && !store::invitations::consume(db, invitation.id, now).await?
        {
            return Err(Code::InvitationRequired.into());
        }
        for consent in &self.consents {
            store::consents::insert(db, consent).await?;
        }
        audit::record(db, &self.entry).await?;
        match &self.verification {
            Some(verification) => verification.write(db).await?,
            None => drop(store::jobs::insert(db, &self.welcome).await?),
        }
        if let Some(draft) = &self.session {
            sessions::write(db, draft, now).await?;
        }
        Ok(true)
    }
}

pub(crate) fn email_taken() -> Problem {
    Problem::field("email", "email_taken", "A user with this email address already exists.")
}

pub(crate) fn username_taken() -> Problem {
    Problem::field("username", "username_taken", "This username is taken.")
}

/// Spares the hash where the answer may be told.
async fn refuse_known(app: &App, user: &User) -> Result<()> {
    let is_told = app.settings.privacy.enumeration == Enumeration::Standard;
    if is_told && owner(app, user).await?.is_some() {
        return Err(email_taken().into());
    }
    refuse_username(app, user).await
}

async fn refuse_username(app: &App, user: &User) -> Result<()> {
    let Some(username) = user.username.clone() else { return Ok(()) };
    let unit = async move |db: Db| store::users::is_username_taken(&db, &username, None).await;
    match app.store.get(unit).await? {
        true => Err(username_taken().into()),
        false => Ok(()),
    }
}

/// Who has the address.
pub(crate) async fn owner(app: &App, user: &User) -> Result<Option<User>> {
    let name = user.email_canonical.clone();
    Ok(app.store.get(async move |db| store::users::by_name(&db, &name).await).await?)
}

/// The row was refused: by its username, which may be told, or by its address.
async fn repeated(app: &App, ctx: &Ctx, user: &User) -> Result<Registered> {
    let Some(owner) = owner(app, user).await? else { return Err(username_taken().into()) };
    if app.settings.privacy.enumeration == Enumeration::Standard {
        return Err(email_taken().into());
    }
    refuse_username(app, user).await?;
    let entry = audit::event(ctx, Event::RegistrationRepeated)?.about(Some(owner.id));
    let letter = Letter::RegistrationRepeated;
    let job = job::draft(app, ctx, &Task::letter(letter, &owner))?;
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
