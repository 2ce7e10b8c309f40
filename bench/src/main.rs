//! The benchmark: one command that starts the release server on a fresh database, fills it, and
//! prints its figures beside the ceilings. `docs/performance.md` has its tables.

mod ceiling;
mod child;
mod clock;
mod data;
mod hash;
mod http;
mod load;
mod measured;
mod operations;
mod options;
mod outcome;
mod postgres;
mod process;
mod progress;
mod script;
mod site;
mod start;
mod statistics;
mod table;
mod timing;
mod watched;

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use clap::Parser as _;

use crate::{
    operations::Operations,
    options::{Backend, Options, Part, Role},
    outcome::Outcome,
    progress::say,
    site::Site,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // It only fails if a provider is installed already, which is fine.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let options = with_environment(Options::parse());
    let outcome = match options.role {
        Some(Role::Ceiling { kind }) => serve_ceiling(kind),
        None => measure(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(format_args!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this program has no configuration to take it from")]
fn with_environment(mut options: Options) -> Options {
    if options.postgres.is_none() {
        options.postgres = std::env::var("PORTCULLIS_TEST_DATABASE_URL").ok();
    }
    options
}

/// On the same runtime as the server.
fn serve_ceiling(kind: options::Ceiling) -> Outcome<()> {
    let settings = site::settings(&std::env::vars().collect())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(ceiling::serve(kind, settings))
}

/// The generator has one thread: more would take CPU time from the server.
fn measure(options: &Options) -> Outcome<()> {
    if cfg!(debug_assertions) {
        return Err("this measures release builds: cargo run --release -p bench".into());
    }
    let program = match &options.program {
        Some(program) => program.clone(),
        None => build()?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(options, &program))
}

/// Builds the server beside this program.
#[expect(clippy::disallowed_methods, reason = "cargo says where it is only this way")]
fn build() -> Outcome<PathBuf> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let built = Command::new(cargo)
        .args(["build", "--release", "--locked", "-p", "portcullis", "--manifest-path"])
        .arg(manifest)
        .status()?;
    if !built.success() {
        return Err("the server does not build".into());
    }
    Ok(std::env::current_exe()?.with_file_name("portcullis"))
}

async fn run(options: &Options, program: &Path) -> Outcome<()> {
    let (machine, load) = (process::description(), process::load());
    table::line(format_args!("Machine: {machine}; load before the run {load:.2}."))?;
    table::line("The generator has one thread and shares the cores with what it measures.")?;
    for backend in [Backend::Sqlite, Backend::Postgres] {
        if options.wants_database(backend) {
            one(options, backend, program).await?;
        }
    }
    Ok(())
}

async fn one(options: &Options, backend: Backend, program: &Path) -> Outcome<()> {
    let name = backend.title();
    let Some(site) = Site::open(options, backend, program).await? else {
        return table::line(format_args!("\n## {name}\n\nNot here: no initdb and no --postgres."));
    };
    let (version, users) = (&site.version, options.users());
    table::line(format_args!("\n## {name} {version}, {users} users"))?;
    if options.wants(Part::Start) {
        start::measure(&site, options).await?;
    }
    let server = site.server(&[]).await?;
    Operations { site: &site, server: &server, options }.run().await?;
    let resident = process::resident(server.pid());
    table::line(format_args!("\nResident after all of that: {resident:.1} MiB."))?;
    server.stop().await?;
    if options.wants(Part::Timing) {
        timing::measure(&site, options).await?;
    }
    site.close()
}
