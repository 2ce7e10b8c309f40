//! `portcullis serve`

use std::{io, net::SocketAddr};

use app::Clock;
use clap::Args;
use domain::settings::{Profile, Settings};
use tokio::sync::oneshot;

use super::{
    failure::{Exit, Failure},
    out, refuse_findings,
    signals::Signals,
};
use crate::{Running, config::Loaded, files, telemetry};

/// Serve until SIGTERM or SIGINT
///
/// The first signal stops gracefully: readiness turns off, and requests in progress end. A second
/// one stops at once.
#[derive(Debug, Default, Args)]
pub struct Options {
    /// An address to listen on; may be given several times [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Vec<SocketAddr>,
}

pub async fn run(loaded: Loaded) -> Result<(), Failure> {
    refuse_findings(&loaded, |_| true)?;
    let mut settings = loaded.settings;
    telemetry::start(&settings.log, settings.profile)?;
    files::make_room(&mut settings);
    let mut signals = Signals::listen()?;
    let running = tokio::select! {
        started = crate::start(settings.clone(), Clock::System) => started?,
        _ = signals.next() => return Ok(()),
    };
    if settings.profile == Profile::Development
        && let Err(error) = welcome(&settings, running.addresses())
    {
        tracing::warn!(%error, "standard output cannot be written to");
    }
    stop_gracefully(running, signals).await
}

async fn stop_gracefully(running: Running, mut signals: Signals) -> Result<(), Failure> {
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = running.until(async move { drop(stopped.await) });
    tokio::pin!(serving);
    tokio::select! {
        () = &mut serving => return Ok(()),
        signal = signals.next() => tracing::info!(signal, "stopping; a second signal stops at once"),
    }
    drop(stop);
    tokio::select! {
        () = &mut serving => Ok(()),
        signal = signals.next() => {
            Err(Failure::new(Exit::Interrupted, format_args!("stopped at once by {signal}")))
        }
    }
}

/// Prints the URLs, for people at a terminal.
fn welcome(settings: &Settings, addresses: &[SocketAddr]) -> io::Result<()> {
    let Some(first) = addresses.first() else { return Ok(()) };
    for address in addresses {
        out::line(format_args!("Portcullis serves on http://{address}"))?;
    }
    // A browser cannot open the unspecified address.
    let host = match first.ip().is_unspecified() {
        true => SocketAddr::from(([127, 0, 0, 1], first.port())),
        false => *first,
    };
    let site = format!("http://{host}");
    out::line(format_args!("  API reference   {site}/swagger/"))?;
    if settings.email.url.expose().starts_with("inbox:") {
        out::line(format_args!("  Captured mail   {site}/dev/inbox"))?;
    }
    out::line(format_args!("  Data folder     {}", settings.server.data_dir))?;
    out::line("  First operator  portcullis create-superuser")
}
