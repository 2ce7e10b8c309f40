//! `portcullis jobs`

use app::{
    App, Ctx,
    access::guard,
    work::jobs::{self, Filter, JobSummary, State},
};
use clap::{Args, Subcommand};
use domain::JobId;

use super::{
    failure::{Exit, Failure},
    operator, out,
    progress::Progress,
};
use crate::config::Loaded;

/// List background jobs, and retry or discard failed ones
///
/// A job that has failed too often is a dead letter: it is not retried, and is kept for 90 days.
#[derive(Debug, Args)]
pub struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List waiting jobs or dead letters, the newest first
    List(Which),
    /// Retry dead letters
    Replay(Dead),
    /// Delete a job without doing it
    Discard {
        /// The id of a job
        id: JobId,
    },
}

#[derive(Debug, Args)]
struct Which {
    /// List dead letters instead of waiting jobs
    #[arg(long)]
    dead: bool,
    /// Only this kind, such as mail.welcome
    #[arg(long)]
    kind: Option<String>,
    /// The maximum number of jobs
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=500))]
    limit: i64,
    /// Continue after this job, the last one of the previous page
    #[arg(long, value_name = "ID")]
    before: Option<JobId>,
    /// Print one JSON object per line, for scripts
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Dead {
    /// The id of a dead letter
    id: Option<JobId>,
    /// All of them
    #[arg(long)]
    all: bool,
}

pub async fn run(options: Options, loaded: Loaded) -> Result<(), Failure> {
    operator::at(loaded, async |app, ctx| match options.action {
        Action::List(which) => list(app, ctx, which).await,
        Action::Replay(Dead { id: Some(id), .. }) => {
            let replayed = jobs::replay(app, ctx, &guard::operator(), id).await;
            found(replayed, id, "there is no such dead letter", "jobs list --dead")?;
            Ok(out::line(format_args!("{id}: will be tried again"))?)
        }
        Action::Replay(Dead { id: None, .. }) => replay_all(app, ctx).await,
        Action::Discard { id } => {
            let discarded = jobs::discard(app, ctx, &guard::operator(), id).await;
            found(discarded, id, "there is no such job, or it runs", "jobs list")?;
            Ok(out::line(format_args!("{id}: discarded"))?)
        }
    })
    .await
}

/// Names the job that was not found, and the command that lists jobs.
fn found(outcome: app::Result<()>, id: JobId, what: &str, command: &str) -> Result<(), Failure> {
    match outcome {
        Err(error) if error.problem().code == domain::Code::NotFound => {
            let hint = format!("portcullis {command} shows what there is");
            Err(Failure::new(Exit::Failed, format_args!("{id}: {what}")).hint(hint))
        }
        outcome => Ok(outcome?),
    }
}

async fn list(app: &App, ctx: &Ctx, which: Which) -> Result<(), Failure> {
    let state = if which.dead { State::Dead } else { State::Waiting };
    let filter = Filter { state, kind: which.kind, before: which.before };
    let jobs = jobs::list(app, ctx, &guard::operator(), filter, which.limit).await?;
    for job in &jobs {
        if which.json {
            let line = serde_json::to_string(job);
            out::line(line.map_err(|it| Failure::new(Exit::Failed, it))?)?;
        } else {
            out::line(line(job))?;
        }
    }
    if jobs.is_empty() && !which.json {
        let what = if which.dead { "there are no dead letters" } else { "no job waits" };
        out::line(what)?;
    }
    Ok(())
}

fn line(job: &JobSummary) -> String {
    let state = match job.dead_at {
        Some(dead_at) => format!("dead since {dead_at}"),
        None if job.is_running => "running".to_owned(),
        None => format!("due {}", job.due_at),
    };
    let mut line = format!("{}  {:<28}  {state}", job.id, job.kind);
    match job.failures {
        0 => {}
        1 => line.push_str(", failed once"),
        failures => line.push_str(&format!(", failed {failures} times")),
    }
    if let Some(error) = &job.last_error {
        line.push_str(&format!(": {error}"));
    }
    // Errors may contain text from a mail server.
    line.replace(char::is_control, " ")
}

async fn replay_all(app: &App, ctx: &Ctx) -> Result<(), Failure> {
    let progress = Progress::counting(
        "trying again".to_owned(),
        jobs::count_dead(app, &guard::operator()).await?,
    );
    let (mut count, mut left, mut before) = (0, 0, None);
    loop {
        let step = jobs::replay_some(app, ctx, &guard::operator(), before).await?;
        progress.advance(step.seen);
        count += step.count;
        left += step.seen - step.count;
        before = step.next;
        if before.is_none() {
            break;
        }
    }
    drop(progress);
    out::line(format_args!("{count} dead letters will be tried again"))?;
    if left > 0 {
        out::line(format_args!("{left} stay: a waiting job does the same"))?;
    }
    Ok(())
}
