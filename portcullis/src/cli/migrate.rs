//! `portcullis migrate`

use app::Clock;
use clap::Args;
use store::db::migrate::{self, MIGRATIONS};

use super::{failure::Failure, out, progress::Progress, refuse_findings};
use crate::{config::Loaded, telemetry};

/// Bring the database's schema up to date
///
/// `serve`, `worker` and `create-superuser` also migrate when they start. Run this alone to migrate
/// before new nodes start. It waits for the database up to database.startup_timeout.
#[derive(Debug, Args)]
pub struct Options {
    /// Only list what would run
    #[arg(long)]
    plan: bool,
}

pub async fn run(options: Options, loaded: Loaded) -> Result<(), Failure> {
    refuse_findings(&loaded, |name| name.starts_with("database."))?;
    let settings = loaded.settings;
    telemetry::start(&settings.log, settings.profile)?;
    let store = app::connect(&settings).await?;
    let (names, word) = if options.plan {
        (migrate::plan(&store, MIGRATIONS).await?, "pending")
    } else {
        let _progress = Progress::spinning("migrating".to_owned());
        (migrate::run(&store, MIGRATIONS, Clock::System.now()).await?, "ran")
    };
    store.close().await;
    for name in &names {
        out::line(format_args!("{word} {name}"))?;
    }
    if names.is_empty() {
        out::line("the schema is up to date")?;
    }
    Ok(())
}
