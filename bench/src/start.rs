//! How long the server takes to answer after its start, and what memory it holds.

use std::time::Duration;

use crate::{
    http::{self, Connection},
    options::Options,
    outcome::Outcome,
    process,
    progress::say,
    site::Site,
    table,
};

/// Long enough for all work of the start-up to be done.
const IDLE: Duration = Duration::from_secs(2);
const FEW: usize = 20;

pub async fn measure(site: &Site, options: &Options) -> Outcome<()> {
    say(format_args!("{}: cold starts", site.backend.title()));
    let mut times = Vec::new();
    let (mut idle, mut used) = (0.0, 0.0);
    for _ in 0..options.cold_starts() {
        let server = site.server(&[]).await?;
        times.push(server.started_in.as_secs_f64() * 1_000.0);
        if times.len() == 1 {
            tokio::time::sleep(IDLE).await;
            idle = process::resident(server.pid());
            let mut connection = Connection::open(server.address).await?;
            for token in site.data.access.iter().take(FEW) {
                connection.ask(&http::get("/api/v1/auth/profile", Some(token))).await?;
            }
            used = process::resident(server.pid());
        }
        server.stop().await?;
    }
    times.sort_by(f64::total_cmp);
    let at = |index: usize| times.get(index).copied().unwrap_or_default();
    let (median, worst) = (at(times.len() / 2), at(times.len() - 1));
    table::line(format_args!("\n### start and memory on {}\n", site.backend.title()))?;
    table::line("| what | value |\n|---|--:|")?;
    table::line(format_args!(
        "| cold start to the first 200, median of {} | {median:.1} ms |",
        times.len()
    ))?;
    table::line(format_args!("| the same, the longest | {worst:.1} ms |"))?;
    table::line(format_args!("| resident when idle | {idle:.1} MiB |"))?;
    table::line(format_args!("| resident after {FEW} requests | {used:.1} MiB |"))
}
