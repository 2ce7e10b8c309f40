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

/// Something to be done.
#[derive(Debug, Clone)]
pub enum Task {
    /// Write to somebody.
    Letter(Envelope),
    /// Find out whether an address is to be proved, and if so send it a link.
    RequestVerification { email_canonical: Secret },
    /// Find out whether somebody has this name, and if so send them a link to a new password.
    RequestPasswordReset { email_canonical: Secret },
    /// What comes with the clock.
    Scheduled { name: String },
}

/// A letter and who gets it.
#[derive(Debug, Clone)]
pub struct Envelope {
    pub letter: Letter,
    /// `None`: somebody without an account.
    pub user_id: Option<UserId>,
    /// `None`: the address that the user has when it is sent.
    pub to: Option<Email>,
    /// What the mail's link holds.
    pub token: Option<Secret>,
    /// `None`: the user's own.
    pub language: Option<Language>,
}

impl Envelope {
    /// To a user at their own address, without a link.
    pub fn new(letter: Letter, user_id: UserId) -> Envelope {
        Envelope { letter, user_id: Some(user_id), to: None, token: None, language: None }
    }
}

impl Task {
    /// A letter without a link, about what happens to a user now. It goes to the address that they have
    /// proved now, whoever changes it while the letter waits. An unproved one may be a typing error:
    /// then it goes to whatever the account has when the letter is sent.
    pub fn letter(letter: Letter, user: &User) -> Task {
        let to = user.email_verified_at.map(|_| user.email.clone());
        Task::Letter(Envelope { to, ..Envelope::new(letter, user.id) })
    }
}

/// What of a task anybody who reads the database may see.
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

/// Why a job did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Another time it may.
    Temporary(String),
    /// Another time it may, once somebody has mended what we do.
    Ours(String),
    /// It never will.
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

/// The row of a task that is due now.
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
