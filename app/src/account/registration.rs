//! Registration: who may make an account, and the account made.
//!
//! [`form`] reads every field and notes all that is wrong at once. One transaction writes the account,
//! its consents, the end of the invitation, the idempotency key, the audit row, the mail and the
//! session. A request that is repeated under its `Idempotency-Key` is answered from the row that it
//! made (docs/decisions/0016).
//!
//! With `privacy.enumeration = "strict"` a known address costs the same hash and one transaction as a
//! new one, and an account whose address is not proved is hidden (`User::is_hidden`): sign-in takes it
//! for nobody, and whoever asks for its username next gets it, also by a registration that made no
//! account.

mod form;

use std::sync::Arc;

use domain::{
    Code, UserId,
    account::User,
    event::Event,
    notify::Letter,
    settings::{Limit, RegistrationMode},
    sign_in::{Proof, Proofs, WayIn},
};
use store::{consents::Consent, invitations::Invitation};

pub use self::form::Registration;
use self::form::{ReadForm, consents};
pub(crate) use self::form::{name, optional};
use super::{invitations, names};
pub use crate::factor::password::Strength;
use crate::{
    App, Ctx, Error, Result,
    access::{
        idempotency::{self, Key},
        limits,
    },
    audit::Entry,
    factor::password,
    notify::{allowance, link::Mailed},
    sign_in::finish::{self, DraftOutcome, Finished, SessionDraft, SignIn},
    tx::Tx,
};

/// The number of tries while others take the same username.
const ROUNDS: usize = 5;

/// The result of a registration.
#[derive(Debug)]
pub enum Registered {
    /// The new account, and the result of its first sign-in where `registration.auto_login` is set.
    Account { user: Arc<User>, strength: Strength, sign_in: Option<Finished> },
    /// An earlier request with the same idempotency key has made this account. No tokens.
    Repeated { user: Arc<User> },
    /// The answer must not show whether the address is known; its owner is told by mail.
    Silent,
}

/// Makes an account. One limit counts new accounts, another refusals: a refusal may tell whether an
/// address is known, and may cost an estimate of a password.
pub async fn register(app: &App, ctx: &Ctx, input: Registration) -> Result<Registered> {
    let who = ctx.client.network();
    let refused = limits::take(app, ctx, Limit::RegisterFailures, &who).await?;
    let made = match limits::take(app, ctx, Limit::Register, &who).await {
        Ok(made) => made,
        Err(limited) => {
            limits::give_back(app, ctx, refused).await;
            return Err(limited);
        }
    };
    let outcome = try_register(app, ctx, input).await;
    if !matches!(outcome, Ok(Registered::Account { .. } | Registered::Silent)) {
        limits::give_back(app, ctx, made).await;
    }
    if !matches!(outcome, Err(Error::Refused(_))) {
        limits::give_back(app, ctx, refused).await;
    }
    outcome
}

async fn try_register(app: &App, ctx: &Ctx, input: Registration) -> Result<Registered> {
    let sent = input.idempotency_key.clone();
    let key = idempotency::key(app, "register", sent.as_deref(), &input.fingerprint())?;
    if let Some(known) = idempotency::find_result(app, ctx, key).await? {
        return answer_repeated(app, UserId(known)).await;
    }
    match create(app, ctx, input, key).await {
        Ok(registered) => Ok(registered),
        Err(error) => {
            let known = idempotency::find_result_after(app, ctx, key, error).await?;
            answer_repeated(app, UserId(known)).await
        }
    }
}

async fn create(app: &App, ctx: &Ctx, input: Registration, key: Option<Key>) -> Result<Registered> {
    let invitation = admit(app, ctx, &input).await?;
    let (form, errors) = form::read(app, ctx, input, invitation.as_ref())?;
    let ReadForm { mut user, password, binding, consents: accepted } = form;
    errors.check()?;
    refuse_known(app, &user).await?;
    let strength = password::estimate(app, "password", &user, &password).await?;
    user.password_hash = Some(app.hasher.hash(&password).await?);
    let consents = consents(app, ctx, user.id, &accepted)?;
    let account =
        NewAccount { consents, invitation, key, ..NewAccount::draft(app, ctx, user, binding)? };
    let added = add(app, ctx, account).await?;
    let Some(account) = added.filter(|_| !app.settings.privacy.is_strict()) else {
        return Ok(Registered::Silent);
    };
    let NewAccount { user, session, .. } = account;
    let sign_in = match session {
        Some(draft) => Some(Finished::SignedIn(Box::new(draft.tokens(app, ctx, user.clone())?))),
        None => None,
    };
    Ok(Registered::Account { user: Arc::new(user), strength, sign_in })
}

/// Checks `registration.mode`: anybody may register, only invited people, or nobody.
async fn admit(app: &App, ctx: &Ctx, input: &Registration) -> Result<Option<Invitation>> {
    if app.settings.registration.mode == RegistrationMode::Closed {
        return Err(Code::RegistrationClosed.into());
    }
    let invitation = match &input.invitation_token {
        Some(token) => Some(invitations::acceptable(app, ctx, token).await?),
        None => None,
    };
    match (app.settings.registration.mode, &invitation) {
        (RegistrationMode::Invite, None) => Err(Code::InvitationRequired.into()),
        _ => Ok(invitation),
    }
}

async fn answer_repeated(app: &App, id: UserId) -> Result<Registered> {
    if app.settings.privacy.is_strict() {
        return Ok(Registered::Silent);
    }
    let user = app.store.get(async move |db| store::users::by_id(&db, id).await).await?;
    // A deleted account has no answer to repeat.
    let user = user.filter(User::is_usable).ok_or(Code::IdempotencyKeyReused)?;
    Ok(Registered::Repeated { user: Arc::new(user) })
}

/// An account to be written, and everything that is written with it.
#[derive(Debug, Clone)]
struct NewAccount {
    user: User,
    /// `None` where an invitation has verified the address.
    verification: Option<Mailed>,
    session: Option<SessionDraft>,
    consents: Vec<Consent>,
    invitation: Option<Invitation>,
    key: Option<Key>,
}

impl NewAccount {
    fn draft(app: &App, ctx: &Ctx, user: User, binding: Option<[u8; 32]>) -> Result<NewAccount> {
        let session = if app.settings.registration.auto_login {
            first_session(app, ctx, &user)?
        } else {
            None
        };
        let verification = match user.email_verified_at {
            Some(_) => None,
            None => Some(Mailed::draft(app, ctx, &user, Letter::VerifyEmail)?.bound(binding)),
        };
        let last_login_at = session.as_ref().map(|_| ctx.now);
        let user = User { last_login_at, ..user };
        let (consents, invitation, key) = (Vec::new(), None, None);
        Ok(NewAccount { user, verification, session, consents, invitation, key })
    }

    /// Returns false if the address or the username is taken.
    async fn write(&self, tx: &Tx) -> Result<bool> {
        let (user, now) = (&self.user, tx.now());
        if !store::users::insert(tx, user).await? {
            return Ok(false);
        }
        idempotency::record(tx, self.key, user.id.0, now).await?;
        if let Some(invitation) = &self.invitation
            && !store::invitations::consume(tx, invitation.id, now).await?
        {
            return Err(Code::InvitationRequired.into());
        }
        for consent in &self.consents {
            store::consents::insert(tx, consent).await?;
        }
        tx.audit(Entry::by(Event::UserRegistered, user.id)).await?;
        match &self.verification {
            Some(verification) => verification.write(tx).await?,
            None => tx.send(Letter::Welcome, user).await?,
        }
        if let Some(draft) = &self.session {
            draft.insert(tx).await?;
        }
        Ok(true)
    }
}

/// The session of the first sign-in. `None`: the account cannot sign in yet.
fn first_session(app: &App, ctx: &Ctx, user: &User) -> Result<Option<SessionDraft>> {
    let sign_in = SignIn::new(WayIn::Registration, Proofs::of(&[Proof::Password]));
    Ok(match finish::draft(app, ctx, user, sign_in)? {
        DraftOutcome::Session(draft) => Some(*draft),
        DraftOutcome::Challenge(challenge) => match challenge {},
        DraftOutcome::OfferRestore | DraftOutcome::Refused(_) => None,
    })
}

/// Refuses early, before the expensive hash, where the answer may show that a name is taken.
async fn refuse_known(app: &App, user: &User) -> Result<()> {
    if !app.settings.privacy.is_strict() && names::email_owner(app, user).await?.is_some() {
        return Err(names::email_taken().into());
    }
    names::check_username(app, user).await
}

/// Writes an account. `None`: the address is known, and only a mail tells its owner. Both cases
/// take one transaction, and both take the username from an account whose address is not verified.
/// Otherwise the username would later show which case it was.
async fn add(app: &App, ctx: &Ctx, mut account: NewAccount) -> Result<Option<NewAccount>> {
    let is_strict = app.settings.privacy.is_strict();
    let (letter, email) = (Letter::RegistrationRepeated, &account.user.email);
    let may_tell = is_strict && allowance::may_write_to(app, ctx, letter, email).await;
    for round in 0..=ROUNDS {
        let known = names::email_owner(app, &account.user).await?;
        if known.is_some() && !is_strict {
            return Err(names::email_taken().into());
        }
        // Others take it at the same time. Nobody owns it until an address is verified.
        if round == ROUNDS && is_strict {
            account.user.username = None;
        }
        let (made, is_known) = (account.clone(), known.is_some());
        let unit = async move |tx: Tx| -> Result<_> {
            names::claim_username(&tx, is_strict, &made.user).await?;
            match &known {
                Some(owner) => tell_owner(&tx, owner, &made, may_tell).await.map(|()| true),
                None => made.write(&tx).await,
            }
        };
        if app.write(ctx, unit).await? {
            return Ok(Some(account).filter(|_| !is_known));
        }
    }
    Err(Error::away("too many concurrent registrations of one name"))
}

/// Mails the owner of a known address. The idempotency key is used up, as if the account had been
/// made.
async fn tell_owner(tx: &Tx, owner: &User, account: &NewAccount, may_tell: bool) -> Result<()> {
    idempotency::record(tx, account.key, account.user.id.0, tx.now()).await?;
    tx.audit(Entry::about(Event::RegistrationRepeated, owner.id)).await?;
    if may_tell {
        tx.send(Letter::RegistrationRepeated, owner).await?;
    }
    Ok(())
}
