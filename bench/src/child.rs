//! Processes that this program starts and ends: the server and its ceilings.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use portcullis::config::Environment;

use crate::{
    clock::instant,
    http::{self, Connection},
    outcome::Outcome,
};

const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(30);
/// How often a starting server is asked whether it answers.
const PAUSE: Duration = Duration::from_micros(250);

/// A serving process.
pub struct Serving {
    child: Child,
    pub address: SocketAddr,
    /// The time from its start to its first 200.
    pub started_in: Duration,
}

impl Serving {
    /// Starts `program` with these settings and nothing else of ours, and waits for its first 200.
    /// Its log goes to `/dev/null`: writing it is part of the cost, keeping it is not.
    pub async fn start(
        program: &Path,
        arguments: &[&str],
        environment: &Environment,
        address: SocketAddr,
    ) -> Outcome<Serving> {
        let began = instant();
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut serving = Serving { child, address, started_in: Duration::ZERO };
        serving.answers(began).await?;
        serving.started_in = began.elapsed();
        Ok(serving)
    }

    async fn answers(&mut self, began: Instant) -> Outcome<()> {
        let request = http::get("/health/", None);
        while began.elapsed() < START {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("a server ended at its start: {status}").into());
            }
            if let Ok(mut connection) = Connection::open(self.address).await
                && let Ok(answer) = connection.ask(&request).await
                && answer.status == 200
            {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err("a server did not answer in time".into())
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills a ceiling, which has no data to lose.
    pub fn stop_hard(self) {
        drop(self);
    }

    /// Ends it as an operator would.
    pub async fn stop(mut self) -> Outcome<()> {
        signal(self.pid(), "TERM")?;
        let began = instant();
        while self.child.try_wait()?.is_none() {
            if began.elapsed() > STOP {
                return Err("a server did not stop".into());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // It may have ended at this moment.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

pub fn signal(pid: u32, name: &str) -> Outcome<()> {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status()?;
    if sent.success() { Ok(()) } else { Err(format!("process {pid} cannot be signalled").into()) }
}

/// A free address.
pub fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}
