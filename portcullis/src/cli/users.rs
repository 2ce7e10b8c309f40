//! `portcullis users`

use std::io::{self, Read as _};

use app::{
    App, Ctx,
    access::guard,
    account::users::{self, Details, ManagedChange, NewUser},
};
use clap::{Args, Subcommand};
use domain::{Secret, account::User, session::Session};
use serde_json::{Map, Value as Json, json};

use super::{
    failure::{Exit, Failure},
    operator, out,
};
use crate::config::{Loaded, environment::contents};

/// The longest password that is read from standard input, in bytes.
const LONGEST: u64 = 4096;

const HELP: &str = "\
A user is named by id, email address or username. A server that runs on the same database follows
within a second.

Examples:
  portcullis users create anna@example.com --first-name Anna
  portcullis users show anna@example.com --json
  portcullis users disable anna@example.com";

/// Manage accounts
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Options {
    #[command(subcommand)]
    action: Action,
    /// Print JSON, for scripts
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Create an account; without a password, its owner gets a mail to choose one
    Create(NewAccount),
    /// Show an account and its sessions
    Show(Who),
    /// Disable an account and end its sessions
    Disable(Who),
    /// Enable a disabled account
    Enable(Who),
    /// Unlock an account that is locked after too many wrong passwords
    Unlock(Who),
    /// Mark an account's email address as verified
    Verify(Who),
    /// End all sessions of an account
    EndSessions(Who),
    /// Send a mail with a link to choose a new password
    SendReset(Who),
}

#[derive(Debug, Args)]
struct Who {
    /// An id, an email address or a username
    user: String,
}

#[derive(Debug, Args)]
struct NewAccount {
    /// The address to sign in with
    email: String,
    /// A name to sign in with
    #[arg(long)]
    username: Option<String>,
    /// The name shown
    #[arg(long, default_value = "")]
    first_name: String,
    /// The family name shown
    #[arg(long, default_value = "")]
    last_name: String,
    /// A file that holds the password; - is standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<String>,
    /// Mark the address as verified
    #[arg(long)]
    verified: bool,
}

pub async fn run(options: Options, loaded: Loaded) -> Result<(), Failure> {
    let report = operator::at(loaded, async |app, ctx| options.action.run(app, ctx).await).await?;
    match options.json {
        true => out::line(report.json)?,
        false => out::line(report.text)?,
    }
    Ok(())
}

impl Action {
    async fn run(self, app: &App, ctx: &Ctx) -> Result<Report, Failure> {
        let acting = guard::operator();
        Ok(match self {
            Action::Create(new) => create(app, ctx, new).await?,
            Action::Show(who) => show(app, ctx, who).await?,
            Action::Disable(who) => {
                let user = who.user(app).await?;
                Report::change(&user, "disabled", users::disable(app, ctx, &acting, user.id).await?)
            }
            Action::Enable(who) => {
                let user = who.user(app).await?;
                Report::change(&user, "enabled", users::enable(app, ctx, &acting, user.id).await?)
            }
            Action::Unlock(who) => {
                let user = who.user(app).await?;
                Report::change(&user, "unlocked", users::unlock(app, ctx, &acting, user.id).await?)
            }
            Action::Verify(who) => {
                let user = who.user(app).await?;
                Report::change(
                    &user,
                    "verified",
                    users::verify_email(app, ctx, &acting, user.id).await?,
                )
            }
            Action::EndSessions(who) => {
                let user = who.user(app).await?;
                Report::ended(&user, users::end_sessions(app, ctx, &acting, user.id).await?)
            }
            Action::SendReset(who) => {
                let user = who.user(app).await?;
                users::send_reset(app, ctx, &acting, user.id).await?;
                Report::new(&user, "sent", true, "a mail is on its way".to_owned())
            }
        })
    }
}

impl Who {
    async fn user(&self, app: &App) -> Result<User, Failure> {
        operator::user(app, &self.user).await
    }
}

async fn create(app: &App, ctx: &Ctx, new: NewAccount) -> Result<Report, Failure> {
    let mail = new.password_file.is_none() || !new.verified;
    let user = users::create(app, ctx, &guard::operator(), new_user(new)?).await?;
    let word = if mail { "made; a mail is on its way" } else { "made" };
    Ok(Report::new(&user, "created", true, word.to_owned()))
}

async fn show(app: &App, ctx: &Ctx, who: Who) -> Result<Report, Failure> {
    let id = who.user(app).await?.id;
    let gone = || Failure::new(Exit::Failed, "the user was deleted meanwhile");
    Ok(Report::details(&users::show(app, ctx, &guard::operator(), id).await?.ok_or_else(gone)?))
}

fn new_user(new: NewAccount) -> Result<NewUser, Failure> {
    Ok(NewUser {
        email: new.email,
        username: new.username,
        first_name: new.first_name,
        last_name: new.last_name,
        password: new.password_file.as_deref().map(password).transpose()?,
        email_verified: new.verified,
        is_superuser: false,
    })
}

fn password(path: &str) -> Result<Secret, Failure> {
    if path != "-" {
        return Ok(contents(path).map_err(|it| Failure::new(Exit::Failed, it))?.into());
    }
    let mut text = String::new();
    io::stdin().lock().take(LONGEST).read_to_string(&mut text)?;
    Ok(text.trim_end_matches(['\r', '\n']).into())
}

/// The result of a command, as text and as JSON.
struct Report {
    text: String,
    json: Json,
}

impl Report {
    fn new(user: &User, key: &str, value: impl Into<Json>, word: String) -> Report {
        let mut json = json!({ "id": user.id, "email": user.email.as_str() });
        if let Json::Object(fields) = &mut json {
            fields.insert(key.to_owned(), value.into());
        }
        Report { text: format!("{} ({}): {word}", user.email, user.id), json }
    }

    fn change(user: &User, word: &str, change: ManagedChange) -> Report {
        match change {
            ManagedChange::Unchanged => {
                Report::new(user, "changed", false, format!("{word} already"))
            }
            ManagedChange::Applied { sessions: 0 } => {
                Report::new(user, "changed", true, word.to_owned())
            }
            ManagedChange::Applied { sessions } => {
                let text = format!("{word}; {}", ended(sessions));
                Report::new(user, "changed", true, text)
            }
        }
    }

    fn ended(user: &User, sessions: usize) -> Report {
        Report::new(user, "ended", sessions, ended(sessions))
    }

    fn details(details: &Details) -> Report {
        let Details { user, sessions } = details;
        let fields = [
            ("id", json!(user.id)),
            ("email", json!(user.email.as_str())),
            ("email_verified_at", json!(user.email_verified_at)),
            ("username", json!(user.username)),
            ("first_name", json!(user.first_name)),
            ("last_name", json!(user.last_name)),
            ("phone_number", json!(user.phone_number)),
            ("phone_verified_at", json!(user.phone_verified_at)),
            ("has_password", json!(user.password_hash.is_some())),
            ("is_active", json!(user.is_active)),
            ("is_staff", json!(user.is_staff)),
            ("is_superuser", json!(user.is_superuser)),
            ("created_at", json!(user.created_at)),
            ("last_login_at", json!(user.last_login_at)),
            ("deleted_at", json!(user.deleted_at)),
        ];
        let line = |(key, value): &(&str, Json)| format!("{key:<18} {}", shown(value));
        let mut lines: Vec<String> = fields.iter().map(line).collect();
        for it in sessions {
            let (id, device, ip) = (it.id, &it.device_name, &it.ip_address);
            lines.push(format!("session {id}  {device}, {ip}, used {}", it.last_activity_at));
        }
        let mut json: Map<_, _> =
            fields.map(|(key, it)| (key.to_owned(), it)).into_iter().collect();
        let sessions = sessions.iter().map(session).collect();
        json.insert("sessions".to_owned(), Json::Array(sessions));
        Report { text: lines.join("\n"), json: json.into() }
    }
}

fn ended(sessions: usize) -> String {
    match sessions {
        1 => "1 session ended".to_owned(),
        _ => format!("{sessions} sessions ended"),
    }
}

fn session(session: &Session) -> Json {
    json!({
        "id": session.id,
        "device_name": session.device_name,
        "ip_address": session.ip_address,
        "created_at": session.created_at,
        "last_activity_at": session.last_activity_at,
        "expires_at": session.expires_at,
    })
}

/// A value as text.
fn shown(value: &Json) -> String {
    match value {
        Json::Null => "-".to_owned(),
        Json::String(text) if text.is_empty() => "-".to_owned(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
