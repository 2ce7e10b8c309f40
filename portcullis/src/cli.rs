//! The command line: one file per command. Scripts can rely on the exit status, people on `error:`
//! and `hint:` lines on standard error.

mod check;
mod create_superuser;
mod failure;
mod jobs;
mod keys;
mod migrate;
mod openapi;
mod operator;
mod out;
mod progress;
mod serve;
mod show_config;
mod signals;
mod users;
mod worker;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand, builder::PossibleValuesParser};

use self::failure::Failure;
use crate::config::{self, Environment, Flags, Loaded};

const HELP: &str = "\
Examples:
  portcullis                               serve on http://127.0.0.1:8000, SQLite in ./data
  portcullis serve --listen 0.0.0.0:8000   serve on every address
  DATABASE_URL=postgres://db/accounts portcullis --profile production check

Exit status: 0 success, 1 the operation failed, 2 usage, 69 the database is not reachable,
78 the configuration is wrong or the database not fit for use.";

/// Portcullis signs people in: accounts, sessions and tokens behind an HTTP API.
///
/// Every setting has a default. They come from portcullis.toml, DATABASE_URL, REDIS_URL, PORT and
/// PORTCULLIS_SECTION__KEY; docs/reference/configuration.md lists them.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, after_help = HELP)]
struct CommandLine {
    #[command(flatten)]
    common: Common,
    /// Without a command: serve.
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Args)]
struct Common {
    /// The configuration file [default: ./portcullis.toml if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Which defaults apply, and how strict the server is [default: development]
    #[arg(long, global = true, value_parser = PossibleValuesParser::new(PROFILES))]
    profile: Option<String>,
    /// The folder of the SQLite database and of generated secrets [default: ./data]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<String>,
}

const PROFILES: [&str; 3] = ["development", "production", "testing"];

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Options),
    Worker(worker::Options),
    Migrate(migrate::Options),
    CreateSuperuser(create_superuser::Options),
    Users(users::Options),
    Jobs(jobs::Options),
    Config(show_config::Options),
    Check(check::Options),
    Keys(keys::Options),
    Openapi(openapi::Options),
}

/// Runs what the arguments ask for.
pub fn run(
    arguments: impl Iterator<Item = OsString>,
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> ExitCode {
    let line = match CommandLine::try_parse_from(arguments) {
        Ok(line) => line,
        // Help and version come this way too.
        Err(error) => {
            let shown = error.print().map_err(|it| Failure::from(it).report());
            return shown.err().unwrap_or(ExitCode::from(if error.use_stderr() { 2 } else { 0 }));
        }
    };
    let outcome = config::environment::collect(variables)
        .map_err(Failure::from)
        .and_then(|environment| dispatch(line, &environment));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn dispatch(line: CommandLine, environment: &Environment) -> Result<(), Failure> {
    let CommandLine { common, command } = line;
    let command = command.unwrap_or_else(|| Command::Serve(serve::Options::default()));
    let listen = match &command {
        Command::Serve(options) => options.listen.clone(),
        _ => Vec::new(),
    };
    let Common { config, profile, data_dir } = common;
    let flags = Flags { config, profile, data_dir, listen };
    let load = || config::load(environment, &flags, Path::new(".")).map_err(Failure::from);
    match command {
        Command::Openapi(_) => openapi::run(),
        Command::Config(options) => show_config::run(&options, &load()?),
        Command::Serve(_) => wait(serve::run(load()?)),
        Command::Worker(_) => wait(worker::run(load()?)),
        Command::Users(options) => wait(users::run(options, load()?)),
        Command::Jobs(options) => wait(jobs::run(options, load()?)),
        Command::Migrate(options) => wait(migrate::run(options, load()?)),
        Command::Check(_) => wait(check::run(load()?)),
        Command::Keys(options) => wait(keys::run(options, load()?)),
        Command::CreateSuperuser(options) => {
            wait(create_superuser::run(options, load()?, environment))
        }
    }
}

/// Runs a command on a runtime of its own. Tasks that still run when the command has ended are not
/// waited for.
fn wait(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(command);
    runtime.shutdown_background();
    outcome
}

/// Refuses settings that contradict each other or are not safe.
fn refuse_findings(loaded: &Loaded, about: impl Fn(&str) -> bool) -> Result<(), Failure> {
    let findings = config::check::check(&loaded.settings);
    let findings: Vec<_> = findings.into_iter().filter(|it| about(it.name)).collect();
    if findings.is_empty() { Ok(()) } else { Err(Failure::findings(&findings, loaded)) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn options_stand_before_or_after_the_command() {
        for line in ["portcullis --data-dir x serve", "portcullis serve --data-dir x"] {
            let line = CommandLine::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(line.common.data_dir.as_deref(), Some("x"));
        }
        let wrong =
            ["portcullis --profile prod", "portcullis serve --listen here", "portcullis go"];
        for line in wrong {
            assert!(CommandLine::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }
}
