//! Registration: who may make an account, and the account made.

mod form;

use std::sync::Arc;

use domain::{Code, Problem, UserId, account::User, event::Event, settings::RegistrationMode};
use store::{Db, consents::Consent, invitations::Invitation};

pub use self::form::Registration;
use self::form::{Accepted, consents};
pub(crate) use self::form::{name, optional};
pub use crate::factor::password::Strength;
use crate::{
    App, Ctx, Error, Result,
    access::{
        idempotency::{self, Key},
        limits::{self, Limit},
    },
    account::{email, invitations, names},
    audit::{self, Entry},
    factor::password,
    notify::link::Mailed,
    queue::{self, Task},
    revocations,
    session::{
        sessions::{self, NewSession, Proof},
        tokens::{self, TokenPair},
    },
};
use domain::notify::Letter;

/// How often a username is tried that others want at the same moment.
const ROUNDS: usize = 5;

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
    let (filled, errors) = form::read(app, ctx, input, invitation.as_ref())?;
    let Accepted { mut user, password, binding, consents: accepted } = filled;
    errors.check()?;
    refuse_known(app, &user).await?;
    let strength = password::estimate(app, "password", &user, &password).await?;
    user.password_hash = Some(app.hasher.hash(&password).await?);
    let consents = consents(app, ctx, user.id, &accepted)?;
    let account = Account { consents, invitation, key, ..Account::draft(app, ctx, user, binding)? };
    let added = add(app, ctx, account).await?;
    queue::wake(app);
    let Some(account) = added.filter(|_| !app.settings.privacy.is_strict()) else {
        return Ok(Registered::Silent);
    };
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
    if app.settings.privacy.is_strict() {
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
            && !app.settings.privacy.is_strict();
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
            welcome: queue::draft(app, ctx, &Task::letter(Letter::Welcome, &user))?,
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

/// Spares the hash where the answer may be told.
async fn refuse_known(app: &App, user: &User) -> Result<()> {
    if !app.settings.privacy.is_strict() && owner(app, user).await?.is_some() {
        return Err(email_taken().into());
    }
    names::check(app, user).await
}

/// Who has the address.
pub(crate) async fn owner(app: &App, user: &User) -> Result<Option<User>> {
    let name = user.email_canonical.clone();
    Ok(app.store.get(async move |db| store::users::by_name(&db, &name).await).await?)
}

/// Writes an account down. `None`: the address is known, and its owner is told by mail alone. Both
/// take one transaction, and the same username from whoever had it without having proved an address:
/// what becomes of it later must not tell which it was.
async fn add(app: &App, ctx: &Ctx, mut account: Account) -> Result<Option<Account>> {
    let is_strict = app.settings.privacy.is_strict();
    let letter = Letter::RegistrationRepeated;
    let may_tell = is_strict && email::may_write_to(app, ctx, letter, &account.user.email).await;
    for round in 0..=ROUNDS {
        let known = owner(app, &account.user).await?;
        if known.is_some() && !is_strict {
            return Err(email_taken().into());
        }
        // Others want it at this moment. It is nobody's until an address is proved.
        if round == ROUNDS && is_strict {
            account.user.username = None;
        }
        let (made, now) = (account.clone(), ctx.now);
        let is_known = known.is_some();
        let known = known.map(|it| Repeated::draft(app, ctx, &it, may_tell)).transpose()?;
        let unit = async move |db: Db| -> Result<_> {
            let released = names::take(&db, is_strict, &made.user, now).await?;
            let written = match &known {
                Some(known) => known.write(&db, &made, now).await?,
                None => made.write(&db, now).await?,
            };
            if let Some(released) = released {
                revocations::user(&db, released, now).await?;
            }
            Ok((written, released))
        };
        let (written, released) = app.store.attempt(unit).await?;
        revocations::announced(app, &[], released);
        if written {
            return Ok(Some(account).filter(|_| !is_known));
        }
    }
    Err(Error::away("a name is asked for too often at once"))
}

/// What the owner of a known address is told, where nobody else is.
#[derive(Debug, Clone)]
struct Repeated {
    entry: Entry,
    job: Option<store::jobs::Job>,
}

impl Repeated {
    fn draft(app: &App, ctx: &Ctx, owner: &User, may_tell: bool) -> Result<Repeated> {
        let task = Task::letter(Letter::RegistrationRepeated, owner);
        Ok(Repeated {
            entry: audit::event(ctx, Event::RegistrationRepeated)?.about(Some(owner.id)),
            job: may_tell.then(|| queue::draft(app, ctx, &task)).transpose()?,
        })
    }

    /// The key stands for the request as if the account had been made.
    async fn write(&self, db: &Db, account: &Account, now: domain::Time) -> Result<bool> {
        idempotency::note(db, account.key, account.user.id.0, now).await?;
        audit::record(db, &self.entry).await?;
        if let Some(job) = &self.job {
            store::jobs::insert(db, job).await?;
        }
        Ok(true)
    }
}
