//! The real program in a process of its own: on the system's clock, to be killed and started again
//! on the same data.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use serde_json::Value;
use tokio::sync::oneshot;

use super::{Backend, Person, eventually};

/// Longer than a start takes on any machine.
const START: Duration = Duration::from_secs(60);

/// Where a program keeps its data, and how it is set up.
pub struct Place {
    backend: Backend,
    variables: Vec<(String, String)>,
}

impl Place {
    pub async fn new() -> Place {
        let backend = Backend::new().await;
        let mut variables = backend.environment();
        for (name, value) in [
            ("PORTCULLIS_PROFILE", "testing"),
            ("PORTCULLIS_LOG__FORMAT", "json"),
            // The port changes with each start, and the issuer of tokens must not.
            ("PORTCULLIS_SERVER__PUBLIC_URL", "http://127.0.0.1:8000"),
        ] {
            variables.push((name.to_owned(), value.to_owned()));
        }
        Place { backend, variables }
    }

    /// With one more variable.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Place {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// A process, as soon as it says that it is ready.
    pub async fn start(&self) -> Program {
        let (mut program, address) = self.spawn();
        match tokio::time::timeout(START, address).await {
            Ok(Ok(address)) => program.address = Some(address),
            _ => panic!("it did not start: {}", program.log()),
        }
        program
    }

    /// A process that is killed before anybody knows how far it came.
    pub async fn start_and_kill(&self, after: Duration) {
        let (program, _) = self.spawn();
        tokio::time::sleep(after).await;
        program.kill();
    }

    fn spawn(&self) -> (Program, oneshot::Receiver<SocketAddr>) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.args(["serve", "--listen", "127.0.0.1:0"]).env_clear();
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (lines, log) = (BufReader::new(child.stderr.take().unwrap()), Log::default());
        let (tell, address) = oneshot::channel();
        let (kept, mut tell) = (log.clone(), Some(tell));
        let reader = thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                if let (Some(address), true) = (ready(&line), tell.is_some()) {
                    drop(tell.take().map(|it| it.send(address)));
                }
                kept.0.lock().unwrap().push_str(&format!("{line}\n"));
            }
        });
        (Program { child, address: None, log, reader: Some(reader) }, address)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(self.backend.end());
        });
    }
}

/// The address in the line that says that the server is ready.
fn ready(line: &str) -> Option<SocketAddr> {
    let line: Value = serde_json::from_str(line).ok()?;
    let addresses = line["addresses"].as_str().filter(|_| line["message"] == "ready")?;
    addresses.trim_matches(['[', ']']).parse().ok()
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

/// A process. It does not outlive its test.
pub struct Program {
    child: Child,
    address: Option<SocketAddr>,
    log: Log,
    reader: Option<thread::JoinHandle<()>>,
}

impl Program {
    pub fn address(&self) -> SocketAddr {
        self.address.unwrap()
    }

    pub fn stranger(&self) -> Person {
        Person::new(format!("http://{}", self.address()))
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        self.log.0.lock().unwrap().clone()
    }

    /// As a power cut would.
    pub fn kill(self) {
        drop(self);
    }

    /// Sends a signal as a supervisor does.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// How it ended by itself, and all that it has said.
    pub async fn ended(mut self) -> (ExitStatus, String) {
        let status =
            eventually("the end of the program", async || self.child.try_wait().unwrap()).await;
        self.reader.take().unwrap().join().unwrap();
        (status, self.log())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It fails where the process has ended already; waiting leaves no zombie in either case.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
