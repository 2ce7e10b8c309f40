//! `portcullis keys`
//!
//! Works beside a running server, which applies a change within a second.

use app::{
    App, Ctx,
    access::guard,
    work::keys::{self, Changes, Resealed, SHARED, Step, When},
};
use clap::{Args, Subcommand};
use domain::settings::{Settings, SigningAlgorithm};
use store::keys::SigningKey;

use super::{
    failure::{Exit, Failure},
    operator, out, refuse_findings,
};
use crate::{config::Loaded, telemetry};

const HELP: &str = "\
Examples:
  portcullis keys list
  portcullis keys rotate          publish a new key now, sign with it a day later
  portcullis keys rotate --now    sign with a new key at once
  portcullis keys revoke KID      after a leak: believe nothing that this key signed
  portcullis keys reseal          after secrets.master has changed";

/// List, rotate and revoke the keys that sign tokens
///
/// A running server applies a change within a second. docs/guide/keys.md says what each command
/// invalidates.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the current, the next and the retired keys
    List,
    #[command(flatten)]
    Change(KeyChange),
}

#[derive(Debug, Subcommand)]
enum KeyChange {
    /// Create a new key; tokens of the old one stay valid until they expire
    Rotate {
        /// Sign with it at once, before services that cache the key set know it
        #[arg(long)]
        now: bool,
    },
    /// Refuse every token that a key signed; if it was the current key, it is replaced at once
    Revoke {
        /// The key, as `list` shows it
        #[arg(value_name = "KID", allow_hyphen_values = true)]
        kid: String,
    },
    /// Encrypt again, with the current master secret, what an older one encrypted
    Reseal,
}

pub async fn run(options: Options, loaded: Loaded) -> Result<(), Failure> {
    refuse_findings(&loaded, |name| {
        ["database.", "secrets.", "tokens.", "cache."].iter().any(|it| name.starts_with(it))
    })?;
    let settings = loaded.settings;
    telemetry::start(&settings.log, settings.profile)?;
    let store = operator::open(&settings).await?;
    let command = match options.command {
        Command::Change(command) => command,
        Command::List => {
            let rows = store.get(async |db| store::keys::all(&db).await).await;
            store.close().await;
            return Ok(list(&rows?, &settings)?);
        }
    };
    operator::with(settings, store, async |app, ctx| change(app, ctx, command).await).await
}

async fn change(app: &App, ctx: &Ctx, change: KeyChange) -> Result<(), Failure> {
    match change {
        KeyChange::Rotate { now } => {
            let when = if now { When::Now } else { When::Published };
            let changes = keys::rotate(app, ctx, &guard::operator(), when).await?;
            if changes.steps.is_empty() {
                out::line("a new key waits already; --now replaces it and signs at once")?;
            }
            Ok(say(&changes)?)
        }
        KeyChange::Revoke { kid } => {
            Ok(say(&keys::revoke(app, ctx, &guard::operator(), &kid).await?)?)
        }
        KeyChange::Reseal => reseal(app).await,
    }
}

fn say(changes: &Changes) -> std::io::Result<()> {
    let made = changes.made.as_deref().unwrap_or_default();
    for step in &changes.steps {
        match step {
            Step::Make { signs_at } => {
                out::line(format_args!("made {made}, which signs from {signs_at}"))
            }
            Step::Promote(kid) => out::line(format_args!("{kid} signs from now on")),
            Step::Retire(kid) => {
                out::line(format_args!("retired {kid}; its tokens stay valid until they expire"))
            }
            Step::Withdraw(kid) => out::line(format_args!("took back {kid}, which never signed")),
            Step::Revoke(kid) => out::line(format_args!("revoked {kid}; its tokens are invalid")),
        }?;
    }
    Ok(())
}

async fn reseal(app: &App) -> Result<(), Failure> {
    let acting = guard::operator();
    let done = keys::reseal(app, &acting, |so_far| {
        let Resealed { keys, jobs, .. } = so_far;
        tracing::info!(keys, jobs, "sealing anew");
    });
    let Resealed { keys, jobs, already, closed } = done.await?;
    out::line(format_args!(
        "encrypted again: {keys} signing keys, {jobs} jobs; with the current master already: {already}"
    ))?;
    match closed {
        0 => Ok(()),
        _ => Err(Failure::new(
            Exit::Failed,
            format_args!("{closed} cannot be decrypted with any of the master secrets"),
        )
        .hint("add the master secret that encrypted them to secrets.previous")),
    }
}

fn list(rows: &[SigningKey], settings: &Settings) -> std::io::Result<()> {
    if !settings.tokens.hs256_secret.is_empty() {
        let signs = settings.tokens.algorithm == SigningAlgorithm::Hs256;
        let state = if signs { "signing" } else { "retired" };
        out::line(format_args!("{SHARED}  HS256  {state}  given by tokens.hs256_secret"))?;
    }
    for row in rows {
        let SigningKey { id, algorithm, state, created_at, signs_at, .. } = row;
        let mut line = format!("{id}  {algorithm}  {state}  made {created_at}, signs {signs_at}");
        for (word, time) in [("retired", row.retired_at), ("counts until", row.ends_at)] {
            if let Some(time) = time {
                line.push_str(&format!(", {word} {time}"));
            }
        }
        out::line(line)?;
    }
    Ok(())
}
