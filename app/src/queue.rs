//! Background work: written down in the transaction that causes it, done at least once afterwards
//! (docs/decisions/0004). `tx.rs` inserts jobs, `work/worker.rs` does them. What must not be read in
//! the database is in the sealed part of a job.

use domain::{
    JobId, Secret, UserId,
    account::{Email, User},
    notify::Letter,
};
use serde::{Deserialize, Serialize};
use store::jobs::Job;

use crate::{App, Ctx, Error, Result, engine::locale::Language, random};

/// The work of a job.
#[derive(Debug, Clone)]
pub enum Task {
    /// Sends a mail.
    Letter(Envelope),
    /// Sends a verification link if the account of this address needs one.
    RequestVerification { email_canonical: Secret },
    /// Sends a reset link if there is an account of this address.
    RequestPasswordReset { email_canonical: Secret },
    /// Runs a schedule.
    Scheduled { name: String },
}

/// A letter and its recipient.
#[derive(Debug, Clone)]
pub struct Envelope {
    pub letter: Letter,
    /// `None`: the recipient has no account.
    pub user_id: Option<UserId>,
    /// `None`: the address of the user at the time of sending.
    pub to: Option<Email>,
    /// The token in the link.
    pub token: Option<Secret>,
    /// `None`: the language of the user.
    pub language: Option<Language>,
}

impl Envelope {
    /// A letter to the address of a user, without a link.
    pub fn new(letter: Letter, user_id: UserId) -> Envelope {
        Envelope { letter, user_id: Some(user_id), to: None, token: None, language: None }
    }
}

impl Task {
    /// A letter without a link, about what happens to a user now. It goes to the address that is
    /// verified now, even if that changes while the letter waits. An unverified address may be a
    /// typing error; then it goes to the address at the time of sending.
    pub fn letter(letter: Letter, user: &User) -> Task {
        let to = user.email_verified_at.map(|_| user.email.clone());
        Task::Letter(Envelope { to, ..Envelope::new(letter, user.id) })
    }
}

/// The part of a task that is stored in plain text.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Payload {
    Letter {
        letter: Letter,
        user_id: Option<UserId>,
        to: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<String>,
    },
    RequestVerification,
    RequestPasswordReset,
    Scheduled {
        name: String,
    },
}

/// Why a job failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A retry may succeed.
    Temporary(String),
    /// A retry may succeed once an operator has fixed our side.
    Ours(String),
    /// No retry can succeed.
    Permanent(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        match &error {
            Error::Refused(problem) => Failure::Permanent(problem.detail().into()),
            Error::Broken(cause) => Failure::Temporary(cause.to_string()),
        }
    }
}

/// The row of a new job that is due now.
pub fn draft(app: &App, ctx: &Ctx, task: &Task) -> Result<Job> {
    let id = JobId::new(ctx.now, random::bytes()?);
    let (payload, secret) = match task {
        Task::Letter(Envelope { letter, user_id, to, token, language }) => {
            let to = to.as_ref().map(ToString::to_string);
            let language = language.map(|it| it.tag().to_owned());
            let payload = Payload::Letter { letter: *letter, user_id: *user_id, to, language };
            (payload, token.as_ref())
        }
        Task::RequestVerification { email_canonical } => {
            (Payload::RequestVerification, Some(email_canonical))
        }
        Task::RequestPasswordReset { email_canonical } => {
            (Payload::RequestPasswordReset, Some(email_canonical))
        }
        Task::Scheduled { name } => (Payload::Scheduled { name: name.clone() }, None),
    };
    let seal = |it: &Secret| app.keys.outbox.close(&id.to_string(), it.expose().as_bytes());
    Ok(Job {
        kind: payload.kind(),
        payload: serde_json::to_value(&payload).map_err(Error::broken)?,
        sealed: secret.map(seal).transpose()?,
        request_id: ctx.request_id.clone(),
        unique_key: None,
        due_at: ctx.now,
        failures: 0,
        last_error: None,
        claim: None,
        claimed_until: None,
        created_at: ctx.now,
        dead_at: None,
        id,
    })
}

/// The task of a row.
pub(crate) fn task(app: &App, job: &Job) -> Result<Task> {
    let unreadable = || Error::broken("a job cannot be read");
    let payload = serde_json::from_value(job.payload.clone()).map_err(|_| unreadable())?;
    let secret = match &job.sealed {
        None => None,
        Some(sealed) => {
            let opened = app.keys.outbox.open(&job.id.to_string(), sealed);
            let text = String::from_utf8(opened.ok_or_else(unreadable)?);
            Some(Secret::from(text.map_err(|_| unreadable())?))
        }
    };
    Ok(match payload {
        Payload::Letter { letter, user_id, to, language } => Task::Letter(Envelope {
            letter,
            user_id,
            to: to.map(Email::from),
            token: secret,
            language: language.as_deref().and_then(Language::of),
        }),
        Payload::RequestVerification => {
            Task::RequestVerification { email_canonical: secret.ok_or_else(unreadable)? }
        }
        Payload::RequestPasswordReset => {
            Task::RequestPasswordReset { email_canonical: secret.ok_or_else(unreadable)? }
        }
        Payload::Scheduled { name } => Task::Scheduled { name },
    })
}

impl Payload {
    fn kind(&self) -> String {
        match self {
            Payload::Letter { letter, .. } => format!("mail.{}", letter.name()),
            Payload::RequestVerification => "email.request_verification".into(),
            Payload::RequestPasswordReset => "password.request_reset".into(),
            Payload::Scheduled { name } => format!("schedule.{name}"),
        }
    }
}
