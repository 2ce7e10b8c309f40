//! The command line as scripts and people use it: its output and exit status. Each run has an empty
//! environment and a folder of its own.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use tempfile::TempDir;

const OK: Option<i32> = Some(0);
const FAILED: Option<i32> = Some(1);
const USAGE: Option<i32> = Some(2);
const UNAVAILABLE: Option<i32> = Some(69);
const CONFIG: Option<i32> = Some(78);

/// A folder in which the program is run.
struct Place(TempDir);

/// The result of a run.
#[derive(Debug)]
struct Finished {
    status: Option<i32>,
    out: String,
    err: String,
}

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.args(arguments).env_clear().envs(variables.iter().copied());
        command.current_dir(self.path()).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Finished {
        let Output { status, stdout, stderr } =
            self.command(arguments, variables).output().unwrap();
        let text = |it| String::from_utf8(it).unwrap();
        Finished { status: status.code(), out: text(stdout), err: text(stderr) }
    }

    fn entries(&self) -> usize {
        fs::read_dir(self.path()).unwrap().count()
    }
}

impl Finished {
    /// Asserts the exit status, and that standard error contains all of this.
    fn assert(&self, status: Option<i32>, told: &[&str]) {
        assert_eq!(self.status, status, "{self:?}");
        for text in told {
            assert!(self.err.contains(text), "{text}: {self:?}");
        }
    }
}

#[test]
fn check_looks_and_changes_nothing() {
    let place = Place::new();
    let ran = place.run(&["check"], &[]);
    ran.assert(OK, &[]);
    for line in ["profile: development", "configuration: fine", "will be made", "cache: the memory"]
    {
        assert!(ran.out.contains(line), "{line}: {ran:?}");
    }
    assert_eq!(place.entries(), 0);
}

#[test]
fn check_says_where_clients_have_fewer_connections_than_set() {
    let ran = Place::new().run(&["check"], &[("PORTCULLIS_SERVER__MAX_CONNECTIONS", "400")]);
    ran.assert(OK, &[]);
    let told = "(400) one client address may have 100, less than \
                server.max_connections_per_client (1000)";
    assert!(ran.out.contains(told), "{ran:?}");
}

#[test]
fn check_tells_every_finding_and_fails() {
    let variables = [
        ("PORTCULLIS_PROFILE", "production"),
        ("PORTCULLIS_LIMITS__ENABLED", "false"),
        ("REDIS_URL", "redis://127.0.0.1:1/"),
    ];
    let ran = Place::new().run(&["check"], &variables);
    ran.assert(FAILED, &["4 problems were found"]);
    for name in ["server.public_url", "email.url", "limits.enabled", "cache: "] {
        assert!(ran.out.contains(name), "{name}: {ran:?}");
    }
    assert!(ran.out.contains("(PORTCULLIS_LIMITS__ENABLED)"));
}

#[test]
fn production_does_not_start_on_unsafe_values() {
    let place = Place::new();
    let ran = place.run(&["--profile", "production"], &[]);
    ran.assert(CONFIG, &["error: server.public_url: ", "error: email.url: ", "hint: "]);
    assert_eq!(place.entries(), 0);
}

#[test]
fn misspelled_settings_are_refused_with_a_hint() {
    let place = Place::new();
    let hint = "hint: did you mean `PORTCULLIS_EMAIL__URL`?";
    let ran = place.run(&["serve"], &[("PORTCULLIS_EMAIL_URL", "smtp://127.0.0.1")]);
    ran.assert(CONFIG, &["error: PORTCULLIS_EMAIL_URL: ", hint]);
    fs::write(place.path().join("portcullis.toml"), "[email]\nulr = \"smtp://a\"\n").unwrap();
    let told = ["portcullis.toml, line 2: email.ulr: ", "did you mean `email.url`?"];
    place.run(&["check"], &[]).assert(CONFIG, &told);
    place.run(&["check", "--config", "other.toml"], &[]).assert(CONFIG, &["other.toml"]);
}

#[test]
fn a_broken_file_does_not_give_its_secrets_away() {
    let place = Place::new();
    fs::write(place.path().join("portcullis.toml"), "[secrets]\nmaster = \"correct hor\n").unwrap();
    let ran = place.run(&["serve"], &[]);
    ran.assert(CONFIG, &["portcullis.toml, line 2"]);
    assert!(!ran.err.contains("correct hor"));
}

#[test]
fn a_wrong_command_line_is_usage() {
    let place = Place::new();
    place.run(&["fly"], &[]).assert(USAGE, &["unrecognized subcommand"]);
    place.run(&["serve", "--listen", "everywhere"], &[]).assert(USAGE, &["--listen"]);
    let help = place.run(&["--help"], &[]);
    help.assert(OK, &[]);
    for command in ["serve", "worker", "migrate", "users", "jobs", "config", "check", "openapi"] {
        assert!(help.out.contains(command), "{command}");
    }
}

#[test]
fn migrate_plans_and_runs_once() {
    let place = Place::new();
    let plan = place.run(&["migrate", "--plan"], &[]);
    plan.assert(OK, &[]);
    assert!(plan.out.starts_with("pending 0001_"), "{plan:?}");
    let ran = place.run(&["migrate"], &[]);
    assert_eq!(ran.out, plan.out.replace("pending", "ran"));
    let again = place.run(&["migrate"], &[]);
    assert_eq!((again.status, again.out.as_str()), (OK, "the schema is up to date\n"));
    assert!(place.run(&["check"], &[]).out.contains("schema up to date"));
}

#[test]
fn an_address_that_cannot_be_meant_is_explained() {
    let place = Place::new();
    for (query, error, hint) in [
        ("pgbouncer=true", "\"pgbouncer\" is not known", "database.pool_mode"),
        ("sslmode=verify-ca", "without the certificate authority", "database.ca_file"),
        ("sslmode=verify-full&sslrootcert=/nowhere.pem", "/nowhere.pem", "PEM file"),
    ] {
        let url = format!("postgres://portcullis:secret-word@127.0.0.1:1/accounts?{query}");
        let variables = [("DATABASE_URL", url.as_str())];
        let ran = place.run(&["migrate"], &variables);
        ran.assert(CONFIG, &["error: database.", error, "hint: ", hint]);
        let checked = place.run(&["check"], &variables);
        checked.assert(FAILED, &["1 problem was found"]);
        assert!(checked.out.contains(error) && checked.out.contains(hint), "{checked:?}");
        for ran in [ran, checked] {
            assert!(!ran.err.contains("secret-word") && !ran.err.contains("disagree"), "{ran:?}");
            assert!(!ran.out.contains("secret-word"), "{ran:?}");
        }
    }
}

#[test]
fn a_database_that_is_not_there_has_a_status_of_its_own() {
    let variables = [
        ("DATABASE_URL", "postgres://portcullis:secret-word@127.0.0.1:1/accounts"),
        ("PORTCULLIS_DATABASE__STARTUP_TIMEOUT", "300ms"),
    ];
    let ran = Place::new().run(&["migrate"], &variables);
    ran.assert(UNAVAILABLE, &["waiting for the database", "error: ", "hint: "]);
    assert!(!ran.err.contains("secret-word"));
}

#[test]
fn openapi_prints_the_document() {
    let ran = Place::new().run(&["openapi"], &[]);
    ran.assert(OK, &[]);
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    assert!(!document["paths"].as_object().unwrap().is_empty());
}

#[test]
fn a_superuser_is_made_once_without_questions() {
    let place = Place::new();
    let password = "lantern-Gravel-5-orbit";
    let variables = [
        ("PORTCULLIS_PROFILE", "testing"),
        ("DJANGO_SUPERUSER_EMAIL", "root@example.com"),
        ("PORTCULLIS_SUPERUSER_PASSWORD", password),
    ];
    let made = place.run(&["create-superuser", "--noinput"], &variables);
    made.assert(OK, &[]);
    assert_eq!(made.out, "superuser root@example.com is ready\n");
    let again = place.run(&["create-superuser", "--noinput"], &variables);
    again.assert(FAILED, &["error: email: "]);
    assert!(!format!("{made:?}{again:?}").contains(password));
}

#[test]
fn a_superuser_s_password_obeys_the_rules() {
    let place = Place::new();
    let variables = [("PORTCULLIS_PROFILE", "testing"), ("PORTCULLIS_SUPERUSER_PASSWORD", "short")];
    let arguments = ["create-superuser", "--noinput", "--email", "root@example.com"];
    place.run(&arguments, &variables).assert(FAILED, &["error: password: "]);
    place.run(&arguments[..2], &variables).assert(FAILED, &["PORTCULLIS_SUPERUSER_EMAIL"]);
    place.run(&arguments[..1], &variables).assert(FAILED, &["hint: use --noinput"]);
}

/// A server that was started, and its address; it ends with its test.
struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    fn start(place: &Place) -> Serving {
        let mut command = place.command(&["serve", "--listen", "127.0.0.1:0"], &[]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("Portcullis serves on http://").unwrap();
        Serving { address: address.to_owned(), child }
    }

    /// Sends a signal as a supervisor does.
    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It has ended already if the test passed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn serve_answers_and_stops_on_a_signal() {
    for name in ["TERM", "INT"] {
        let place = Place::new();
        let mut serving = Serving::start(&place);
        assert!(get(&serving.address, "/health").starts_with("HTTP/1.1 200 "), "{name}");
        assert!(place.path().join("data/portcullis.db").exists());
        serving.signal(name);
        assert_eq!(serving.child.wait().unwrap().code(), OK, "{name}");
        assert!(TcpStream::connect(&serving.address).is_err(), "{name}");
    }
}

#[test]
fn an_address_in_use_is_told() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    place.run(&["serve", "--listen", &address], &[]).assert(FAILED, &[&address]);
}
