//! `portcullis worker`

use app::Clock;
use clap::Args;

use super::{
    failure::{Exit, Failure},
    refuse_findings,
    signals::Signals,
};
use crate::{Working, config::Loaded, telemetry};

/// Run background jobs without serving, until SIGTERM or SIGINT
///
/// Beside `serve` with jobs.workers = 0 it runs all jobs; several workers share them. It runs at
/// least one job at a time, whatever jobs.workers says.
#[derive(Debug, Args)]
pub struct Options {}

pub async fn run(mut loaded: Loaded) -> Result<(), Failure> {
    refuse_findings(&loaded, |_| true)?;
    refuse_inbox(&loaded)?;
    loaded.settings.jobs.workers = loaded.settings.jobs.workers.max(1);
    let settings = loaded.settings;
    telemetry::start(&settings.log, settings.profile)?;
    let mut signals = Signals::listen()?;
    let working = tokio::select! {
        started = Working::start(settings, Clock::System) => started?,
        _ = signals.next() => return Ok(()),
    };
    let signal = signals.next().await;
    tracing::info!(signal, "stopping; a second signal stops at once");
    tokio::select! {
        () = working.stop() => Ok(()),
        signal = signals.next() => {
            Err(Failure::new(Exit::Interrupted, format_args!("stopped at once by {signal}")))
        }
    }
}

/// The inbox in memory of one process is not visible to another.
fn refuse_inbox(loaded: &Loaded) -> Result<(), Failure> {
    match loaded.settings.email.url.expose().starts_with("inbox:") {
        false => Ok(()),
        true => {
            let what =
                "email.url: mail would stay in the memory of the worker, where nobody can read it";
            let hint = "use smtp://user:password@host:587?tls=required, smtps://…, sendgrid: or file:folder";
            Err(Failure::new(Exit::Config, what).hint(hint))
        }
    }
}
