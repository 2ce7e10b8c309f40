//! The real program in a process of its own, on the system's clock. It can be killed and started
//! again on the same data.

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
    /// How many ports it listens on.
    ports: usize,
    /// The arguments of `ulimit` before it starts.
    files: Option<&'static str>,
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
        Place { backend, variables, ports: 1, files: None }
    }

    /// With one more variable.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Place {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// With this number of addresses to listen on.
    pub fn listening(mut self, ports: usize) -> Place {
        self.ports = ports;
        self
    }

    /// With a limit of open files, such as `-Sn 100`.
    pub fn with_files(mut self, limit: &'static str) -> Place {
        self.files = Some(limit);
        self
    }

    /// Several servers need a database that all can reach.
    pub fn has_room_for_nodes(&self) -> bool {
        self.backend.has_room_for_nodes()
    }

    /// A process, as soon as it says that it is ready.
    pub async fn start(&self) -> Program {
        let (mut program, addresses) = self.spawn();
        match tokio::time::timeout(START, addresses).await {
            Ok(Ok(addresses)) => program.addresses = addresses,
            _ => panic!("it did not start: {}", program.log()),
        }
        program
    }

    /// A worker beside whatever else runs, as soon as it says that it works.
    pub async fn start_worker(&self) -> Program {
        let (program, working) = self.spawn_with(&["worker"]);
        match tokio::time::timeout(START, working).await {
            Ok(Ok(_)) => program,
            _ => panic!("it did not start: {}", program.log()),
        }
    }

    /// Runs a command to its end beside whatever else runs.
    pub async fn run(&self, arguments: &[&str]) -> Finished {
        let mut command = self.command(arguments);
        let output = tokio::task::block_in_place(|| command.output()).unwrap();
        let text = |it| String::from_utf8(it).unwrap();
        Finished {
            status: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// A process that is killed during its start.
    pub async fn start_and_kill(&self, after: Duration) {
        let (program, _) = self.spawn();
        tokio::time::sleep(after).await;
        program.kill();
    }

    fn spawn(&self) -> (Program, oneshot::Receiver<Vec<SocketAddr>>) {
        let listen = ["--listen", "127.0.0.1:0"].repeat(self.ports);
        self.spawn_with(&[&["serve"], listen.as_slice()].concat())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let program = env!("CARGO_BIN_EXE_portcullis");
        let mut command = Command::new(self.files.map_or(program, |_| "/bin/sh"));
        if let Some(limit) = self.files {
            command.args(["-c", &format!("ulimit {limit}; exec \"$0\" \"$@\""), program]);
        }
        command.args(arguments).env_clear().stdin(Stdio::null());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    fn spawn_with(&self, arguments: &[&str]) -> (Program, oneshot::Receiver<Vec<SocketAddr>>) {
        let mut command = self.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (lines, log) = (BufReader::new(child.stderr.take().unwrap()), Log::default());
        let (tell, addresses) = oneshot::channel();
        let (kept, mut tell) = (log.clone(), Some(tell));
        let reader = thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                if let Some(addresses) = ready(&line)
                    && let Some(tell) = tell.take()
                {
                    // Nobody waits where it is to be killed.
                    let _ = tell.send(addresses);
                }
                kept.0.lock().unwrap().push_str(&format!("{line}\n"));
            }
        });
        (Program { child, addresses: Vec::new(), log, reader: Some(reader) }, addresses)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(self.backend.end());
        });
    }
}

/// The addresses in the line that says that the server is ready, none in that of a worker.
fn ready(line: &str) -> Option<Vec<SocketAddr>> {
    let line: Value = serde_json::from_str(line).ok()?;
    if line["message"] == "working" {
        return Some(Vec::new());
    }
    let addresses = line["addresses"].as_str().filter(|_| line["message"] == "ready")?;
    addresses.trim_matches(['[', ']']).split(", ").map(|it| it.parse().ok()).collect()
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

/// How a command ended, and its output.
#[derive(Debug)]
pub struct Finished {
    pub status: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Finished {
    /// The output of a command that succeeded.
    #[track_caller]
    pub fn ok(&self) -> &str {
        assert_eq!(self.status, Some(0), "{self:?}");
        &self.out
    }

    /// The JSON output of a command that succeeded.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(self.ok()).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// Asserts that it failed, printed nothing, and that standard error contains all of this.
    #[track_caller]
    pub fn failed(&self, told: &[&str]) {
        assert!(self.status != Some(0) && self.out.is_empty(), "{self:?}");
        for text in told {
            assert!(self.err.contains(text), "{text}: {self:?}");
        }
    }
}

/// A process. It does not outlive its test.
pub struct Program {
    child: Child,
    addresses: Vec<SocketAddr>,
    log: Log,
    reader: Option<thread::JoinHandle<()>>,
}

impl Program {
    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    pub fn stranger(&self) -> Person {
        Person::new(format!("http://{}", self.address()))
    }

    /// Its log so far.
    pub fn log(&self) -> String {
        self.log.0.lock().unwrap().clone()
    }

    /// Kills it as a power failure would.
    pub fn kill(self) {
        drop(self);
    }

    /// Sends a signal as a supervisor does.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Its exit status once it has ended by itself, and its whole log.
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
