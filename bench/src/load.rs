//! The load: concurrent connections, each of which sends its next request as soon as it has its
//! answer. Measuring starts once every connection is warm.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::Barrier;
use tokio_util::task::TaskTracker;

use crate::{
    clock::instant,
    http::Connection,
    measured::{Cpu, Measured},
    outcome::Outcome,
    script::Script,
    watched::{CpuTimes, Watched},
};

/// The number of failed requests that ends a run.
const MOST_FAILURES: usize = 100;

/// Runs one script a connection for `time`, after a warm-up of its own.
pub async fn run(
    watched: &Watched,
    address: SocketAddr,
    scripts: Vec<Script>,
    time: Duration,
) -> Outcome<Measured> {
    let both = run_together(watched, address, [scripts, Vec::new()], time).await?;
    let [measured, _] = both;
    Ok(measured)
}

/// Two loads at once. Their costs cannot be separated: they are those of both together, per request
/// of the first.
pub async fn run_together(
    watched: &Watched,
    address: SocketAddr,
    loads: [Vec<Script>; 2],
    time: Duration,
) -> Outcome<[Measured; 2]> {
    let connections = loads.iter().map(Vec::len).sum::<usize>();
    let (start, finish) = (Arc::new(Barrier::new(connections + 1)), TaskTracker::new());
    let ended = loads.map(|scripts| {
        let ended = Arc::new(Mutex::new(Vec::with_capacity(scripts.len())));
        for script in scripts {
            let (start, ended) = (start.clone(), ended.clone());
            finish.spawn(async move {
                let one = connection(address, script, &start, time).await;
                ended.lock().unwrap_or_else(PoisonError::into_inner).push(one);
            });
        }
        ended
    });
    finish.close();
    // Once all are warm, no request is in progress for a moment.
    start.wait().await;
    watched.quiet().await;
    let (before, began) = (watched.cpu_times(), instant());
    start.wait().await;
    finish.wait().await;
    let (after, took) = (watched.cpu_times(), began.elapsed());
    watched.quiet().await;
    let times = [before, after, watched.cpu_times()];
    let [first, second] = ended;
    Ok([gathered(&first, times, took)?, gathered(&second, times, took)?])
}

fn gathered(
    ended: &Mutex<Vec<Outcome<Ended>>>,
    [before, after, later]: [CpuTimes; 3],
    took: Duration,
) -> Outcome<Measured> {
    let all = std::mem::take(&mut *ended.lock().unwrap_or_else(PoisonError::into_inner));
    let (connections, mut latencies, mut failures) = (all.len(), Vec::new(), 0);
    for one in all {
        let one = one?;
        latencies.extend(one.latencies);
        failures += one.failures;
    }
    latencies.sort_unstable();
    let ours = after.all() - before.all();
    let others = (after.machine.busy - before.machine.busy - ours).max(0.0)
        + (after.machine.stolen - before.machine.stolen);
    let cpu = Cpu {
        server: after.server - before.server,
        hashers: after.hashers - before.hashers,
        database: after.database - before.database,
        generator: after.generator - before.generator,
        behind: later.server + later.database - after.server - after.database,
        others,
    };
    Ok(Measured { connections, failures, latencies, took, cpu })
}

struct Ended {
    /// Nanoseconds.
    latencies: Vec<u64>,
    failures: usize,
}

async fn connection(
    address: SocketAddr,
    mut script: Script,
    start: &Barrier,
    time: Duration,
) -> Outcome<Ended> {
    let warmed = warm_up(address, &mut script).await;
    // A connection that failed must not block the others.
    start.wait().await;
    start.wait().await;
    let mut connection = warmed?;
    rest(script.pace().delay).await;
    let (began, mut ended) = (instant(), Ended { latencies: Vec::new(), failures: 0 });
    while began.elapsed() < time {
        let request = script.request();
        let asked = instant();
        let answer = connection.ask(&request).await?;
        ended.latencies.push(u64::try_from(asked.elapsed().as_nanos()).unwrap_or(u64::MAX));
        if let Err(error) = script.learn(answer) {
            ended.failures += 1;
            if ended.failures > MOST_FAILURES {
                return Err(error);
            }
        }
        rest(script.pace().pause).await;
    }
    Ok(ended)
}

async fn rest(pause: Duration) {
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
}

async fn warm_up(address: SocketAddr, script: &mut Script) -> Outcome<Connection> {
    let mut connection = Connection::open(address).await?;
    for _ in 0..script.warm_up() {
        let request = script.request();
        let answer = connection.ask(&request).await?;
        script.learn(answer)?;
    }
    Ok(connection)
}
