//! Sign-in with a password.

mod name;

use self::name::{Name, NameLookup, find_by_name};
use super::finish::{self, DraftOutcome, Finished, SessionDraft, SignIn};
use crate::{
    App, Ctx, Error, Result,
    access::{
        limits::{self, Who},
        lockout::{self, Counters, Guess},
    },
    account::deletion::RestoreOffer,
    audit::Entry,
    engine::hasher::Verified,
    tx::Tx,
};
use domain::{
    Code, Problem, Secret, UserId,
    account::User,
    event::Event,
    problem::FieldErrors,
    settings::Limit,
    sign_in::{Proof, Proofs, WayIn},
    text,
};

const DEVICE_NAME_LENGTH: usize = 100;
/// The refusals that count as failures.
const COUNTED: &[Code] =
    &[Code::InvalidCredentials, Code::EmailNotVerified, Code::AccountDeleted, Code::AccountLocked];
/// The number of tries: a concurrent sign-in may replace the hash.
const ROUNDS: usize = 3;

/// The fields of a sign-in.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// An address, a username or a verified phone number.
    pub name: Option<String>,
    /// The name of its field, for errors.
    pub name_field: &'static str,
    pub password: Option<Secret>,
    pub remember_me: Option<bool>,
    pub device_name: Option<String>,
}

/// Signs in with a password. Unknown names, wrong passwords and accounts that may not sign in take
/// the same time, run the same statements and get the same answer.
pub async fn with_password(app: &App, ctx: &Ctx, input: Credentials) -> Result<Finished> {
    let (name, password, sign_in) = check(input)?;
    let spent = limits::take(app, ctx, Limit::Login, &ctx.client.network()).await?;
    // Parsed after the limit, because parsing costs more than a refusal.
    let attempt = Attempt { name: Name::parse(&name), password, sign_in };
    let outcome = attempt_sign_in(app, ctx, &attempt).await;
    match &outcome {
        Err(Error::Refused(it)) if COUNTED.contains(&it.code) => {}
        // A right password does not count, and neither does a fault of ours.
        _ => limits::give_back(app, ctx, spent).await,
    }
    outcome
}

async fn attempt_sign_in(app: &App, ctx: &Ctx, attempt: &Attempt) -> Result<Finished> {
    let NameLookup { user, counters, tallies } = find_by_name(app, ctx, &attempt.name).await?;
    let (guess, _turns) = match lockout::admit(app, ctx, &counters, tallies).await {
        Err(Error::Refused(it)) if it.code == Code::AccountLocked => {
            let entry = failed_entry(app, attempt, Code::AccountLocked, user.map(|it| it.id));
            app.write(ctx, async move |tx: Tx| tx.audit(entry).await).await?;
            return Err(Error::Refused(it));
        }
        admitted => admitted?,
    };
    let outcome = check_password(app, ctx, attempt, user, &counters, &guess).await;
    guess.give_back_on_fault(app, outcome, COUNTED).await
}

async fn check_password(
    app: &App,
    ctx: &Ctx,
    attempt: &Attempt,
    mut user: Option<User>,
    counters: &Counters,
    guess: &Guess,
) -> Result<Finished> {
    for _ in 0..ROUNDS {
        let verified = match user.as_ref().and_then(|it| it.password_hash.as_deref()) {
            Some(hash) => app.hasher.verify(&attempt.password, hash).await?,
            None => {
                let name = app.keys.dummy.sign(&[attempt.name.as_str().as_bytes()]);
                app.hasher.verify_unknown(&attempt.password, &name).await?
            }
        };
        let is_right = verified != Verified::Wrong && !guess.counts_as_wrong();
        let outcome = match user.as_ref().filter(|_| is_right) {
            Some(user) => finish::draft(app, ctx, user, attempt.sign_in.clone())?,
            None => DraftOutcome::Refused(Code::InvalidCredentials),
        };
        let (Some(found), false) = (&user, is_as_wrong(&outcome)) else {
            record_wrong_password(app, ctx, attempt, user.map(|it| it.id), guess).await?;
            return Err(Code::InvalidCredentials.into());
        };
        // Limits the rows that right passwords write.
        let (part, whole) = counters.account();
        let who = Who::Part { part: &part, whole: &whole };
        let spent = limits::take(app, ctx, Limit::LoginSuccess, who).await?;
        let proved = VerifiedPassword { attempt, user: found, verified, guess };
        if let Some(finished) = proved.complete(app, ctx, outcome).await? {
            return Ok(finished);
        }
        limits::give_back(app, ctx, spent).await;
        user = find_by_name(app, ctx, &attempt.name).await?.user;
    }
    Err(Error::away("too many concurrent changes of one account"))
}

/// Whether the answer must be that of a wrong password.
fn is_as_wrong(outcome: &DraftOutcome) -> bool {
    matches!(outcome, DraftOutcome::Refused(Code::InvalidCredentials))
}

/// A sign-in whose password was verified.
struct VerifiedPassword<'a> {
    attempt: &'a Attempt,
    user: &'a User,
    verified: Verified,
    guess: &'a Guess,
}

impl VerifiedPassword<'_> {
    /// Writes the outcome. `None`: the account has changed since it was read.
    async fn complete(
        self,
        app: &App,
        ctx: &Ctx,
        outcome: DraftOutcome,
    ) -> Result<Option<Finished>> {
        match outcome {
            DraftOutcome::Session(draft) => self.begin_session(app, ctx, *draft).await,
            DraftOutcome::Challenge(challenge) => match challenge {},
            DraftOutcome::OfferRestore => match self.offer_restore(app, ctx).await? {
                Some(refusal) => Err(refusal.into()),
                None => Ok(None),
            },
            DraftOutcome::Refused(code) => {
                let entry = failed_entry(app, self.attempt, code, Some(self.user.id));
                let guess = self.guess.clone();
                let unit = async move |tx: Tx| {
                    tx.audit(entry).await?;
                    guess.record_right(&tx).await
                };
                app.write(ctx, unit).await?;
                Err(code.into())
            }
        }
    }

    /// The refusal for a deleted account, with a restore token. `None`: it was restored or erased
    /// since it was read.
    async fn offer_restore(&self, app: &App, ctx: &Ctx) -> Result<Option<Problem>> {
        let offer = RestoreOffer::draft(app, ctx, self.user)?;
        let entry = failed_entry(app, self.attempt, Code::AccountDeleted, Some(self.user.id));
        let (made, guess) = (offer.clone(), self.guess.clone());
        let unit = async move |tx: Tx| {
            if !made.write(&tx).await? {
                return Ok(false);
            }
            tx.audit(entry).await?;
            guess.record_right(&tx).await?;
            Ok(true)
        };
        Ok(app.write(ctx, unit).await?.then(|| offer.problem()))
    }

    /// Writes the session. `None`: the password was changed, its hash replaced, or the account
    /// disabled, since it was read.
    async fn begin_session(
        self,
        app: &App,
        ctx: &Ctx,
        draft: SessionDraft,
    ) -> Result<Option<Finished>> {
        let (written, guess, verified) = (draft.clone(), self.guess.clone(), self.verified);
        let (id, known) = (self.user.id, self.user.password_hash.clone());
        let unit = async move |tx: Tx| {
            if !written.write(&tx, known.as_deref()).await? {
                return Ok(false);
            }
            guess.record_right(&tx).await?;
            if let (Verified::Outdated { hash }, Some(old)) = (&verified, &known) {
                store::users::upgrade_hash(&tx, id, old, hash).await?;
                // Other nodes have cached the old hash.
                tx.changed(id);
            }
            Ok(true)
        };
        if !app.write(ctx, unit).await? {
            return Ok(None);
        }
        let pair = draft.tokens(app, ctx, self.user.clone())?;
        Ok(Some(Finished::SignedIn(Box::new(pair))))
    }
}

struct Attempt {
    name: Name,
    password: Secret,
    sign_in: SignIn,
}

/// Checks the fields.
fn check(input: Credentials) -> Result<(String, Secret, SignIn)> {
    let mut errors = FieldErrors::default();
    let name = input.name.unwrap_or_default();
    if name.trim().is_empty() {
        errors.add(input.name_field, "required", domain::say!("This field is required."));
    }
    let password = input.password.unwrap_or_default();
    if password.is_empty() {
        errors.add("password", "required", domain::say!("This field is required."));
    }
    let device_name = input.device_name.unwrap_or_default();
    let device_name = text::optional_line(&device_name, DEVICE_NAME_LENGTH);
    let device_name = errors.take("device_name", device_name).unwrap_or_default();
    errors.check()?;
    let remembered = input.remember_me.unwrap_or_default();
    let sign_in = SignIn::new(WayIn::Credentials, Proofs::of(&[Proof::Password]));
    Ok((name, password, SignIn { remembered, device_name, ..sign_in }))
}

/// The audit entry of a failed sign-in. The name is stored only as a keyed hash, because people
/// type passwords there.
fn failed_entry(app: &App, attempt: &Attempt, reason: Code, user: Option<UserId>) -> Entry {
    let entry = Entry::about(Event::SignInFailed, user).with("reason", reason.word());
    entry.with("identifier", app.keys.index(attempt.name.as_str())).failed()
}

/// Records a wrong password, or one that is answered like a wrong one.
async fn record_wrong_password(
    app: &App,
    ctx: &Ctx,
    attempt: &Attempt,
    user: Option<UserId>,
    guess: &Guess,
) -> Result<()> {
    let entry = failed_entry(app, attempt, Code::InvalidCredentials, user);
    let guess = guess.clone();
    let unit = async move |tx: Tx| {
        tx.audit(entry).await?;
        guess.record_wrong(&tx).await
    };
    app.write(ctx, unit).await
}
