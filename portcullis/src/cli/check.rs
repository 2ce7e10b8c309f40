//! `portcullis check`

use std::{io, time::Duration};

use clap::Args;
use domain::settings::{Server, Settings};
use outside::cache::Cache;
use store::{
    Store,
    db::migrate::{self, MIGRATIONS},
};
use web::serve::max_per_client;

use super::{
    failure::{Exit, Failure},
    out,
};
use crate::config::{
    Loaded,
    check::{DatabaseKind, check, database_kind},
};

/// How long a database or a cache may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Check the configuration, the database and the cache without starting or changing anything
///
/// The exit status is 1 if there are findings.
#[derive(Debug, Args)]
pub struct Options {}

pub async fn run(loaded: Loaded) -> Result<(), Failure> {
    let settings = &loaded.settings;
    out::line(format_args!("profile: {}", settings.profile.word()))?;
    let mut problems = configuration(&loaded)?;
    let database = match database_kind(settings) {
        None => Err("the URL names no supported database".to_owned()),
        Some(kind) => within(database(settings, kind)).await,
    };
    problems += say("templates", templates(settings))?;
    problems += say("database", database)?;
    problems += say("cache", within(cache(settings)).await)?;
    match problems {
        0 => Ok(()),
        1 => Err(Failure::new(Exit::Failed, "1 problem was found")),
        _ => Err(Failure::new(Exit::Failed, format_args!("{problems} problems were found"))),
    }
}

/// Prints the findings and returns their number.
fn configuration(loaded: &Loaded) -> io::Result<usize> {
    let findings = check(&loaded.settings);
    if findings.is_empty() {
        out::line("configuration: fine")?;
    }
    for finding in &findings {
        let source =
            loaded.source(finding.name).map_or_else(|| "default".into(), |it| it.to_string());
        out::line(format_args!("configuration: {finding} ({source})"))?;
        out::line(format_args!("  {}", finding.remedy))?;
    }
    clipped(&loaded.settings.server).map_or(Ok(()), out::line)?;
    Ok(findings.len())
}

/// A setting that another limit reduces. It does not prevent a start.
fn clipped(server: &Server) -> Option<String> {
    let (wanted, all) = (server.max_connections_per_client, server.max_connections);
    let most = max_per_client(wanted, all);
    (most < wanted).then(|| {
        format!(
            "configuration: of server.max_connections ({all}) one client address may have {most}, \
             less than server.max_connections_per_client ({wanted})"
        )
    })
}

fn say(what: &str, outcome: Result<String, String>) -> io::Result<usize> {
    let (problems, text) = match outcome {
        Ok(text) => (0, text),
        Err(text) => (1, text),
    };
    out::line(format_args!("{what}: {text}")).map(|()| problems)
}

async fn within(question: impl Future<Output = Result<String, String>>) -> Result<String, String> {
    let late = |_| Err(format!("no response within {} seconds", PATIENCE.as_secs()));
    tokio::time::timeout(PATIENCE, question).await.unwrap_or_else(late)
}

async fn database(settings: &Settings, kind: DatabaseKind) -> Result<String, String> {
    let file = app::database_file(settings);
    let named = match kind {
        DatabaseKind::Postgres => "PostgreSQL".to_owned(),
        // Opening it would create it.
        DatabaseKind::Sqlite if settings.database.url.is_empty() && !file.exists() => {
            return Ok(format!("SQLite, {} will be made", file.display()));
        }
        DatabaseKind::Sqlite => "SQLite".to_owned(),
    };
    let told = |error| format!("{named}, {}", with_remedy(error));
    let store = Store::connect(&settings.database, &file).await.map_err(told)?;
    let pending = pending(&store).await;
    let pooled = if store.is_pooled() { " behind a pooler in transaction mode" } else { "" };
    store.close().await;
    let names = pending.map_err(told)?;
    Ok(match names.len() {
        0 => format!("{named}{pooled}, reachable, schema up to date"),
        count => {
            let names = names.join(", ");
            format!("{named}{pooled}, reachable, {count} migrations pending: {names}")
        }
    })
}

/// The pending migrations of a database that this program can migrate.
async fn pending(store: &Store) -> store::Result<Vec<&'static str>> {
    let names = migrate::plan(store, MIGRATIONS).await?;
    migrate::check_rights(store, &names).await?;
    Ok(names)
}

/// On a line of its own, as those of the configuration are.
fn with_remedy(error: store::Error) -> String {
    match error {
        store::Error::Unsuitable { what, remedy } => format!("{what}\n  {remedy}"),
        error => error.to_string(),
    }
}

fn templates(settings: &Settings) -> Result<String, String> {
    let server = &settings.server;
    let compiled = app::engine::templates::compile(&server.templates_dir);
    let compiled = compiled.map_err(|it| format!("server.templates_dir: {it}"))?;
    web::page::check(&server.name, compiled.locale, &compiled.overrides)
        .map_err(|it| format!("server.templates_dir: {it}"))?;
    Ok(match server.templates_dir.as_str() {
        "" => "built in".to_owned(),
        folder => format!("{folder} before those built in"),
    })
}

async fn cache(settings: &Settings) -> Result<String, String> {
    if settings.cache.url.is_empty() {
        return Ok("the memory of the process".to_owned());
    }
    let cache = Cache::connect(&settings.cache).await.map_err(|it| it.to_string())?;
    cache.ping().await.map_err(|it| format!("Redis, {it}"))?;
    Ok("Redis, reachable".to_owned())
}
