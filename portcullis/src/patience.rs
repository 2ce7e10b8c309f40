//! Waiting at start-up for what is not there yet, as a database that starts beside the server.

use std::{fmt, time::Duration};

use app::{App, Clock, OpenError};
use domain::{Span, settings::Settings};

const BETWEEN: Duration = Duration::from_secs(1);
/// A line in the log for so many attempts.
const LINE_EVERY: u32 = 5;

/// Opens the app once its database is there.
pub async fn open_app(settings: &Settings, clock: &Clock) -> Result<App, OpenError> {
    let may_pass =
        |error: &OpenError| matches!(error, OpenError::Store(store::Error::Unavailable(_)));
    let open = || App::open(settings.clone(), clock.clone());
    wait_for("the database", settings.database.startup_timeout, may_pass, open).await
}

/// Attempts until it succeeds, fails for good, or `patience` is over; then once more. `may_pass`
/// says which failures are worth another attempt.
pub async fn wait_for<T, E, Fut>(
    what: &str,
    patience: Span,
    may_pass: impl Fn(&E) -> bool,
    mut attempt: impl FnMut() -> Fut,
) -> Result<T, E>
where
    E: fmt::Display,
    Fut: Future<Output = Result<T, E>>,
{
    let over = tokio::time::sleep(patience.duration());
    tokio::pin!(over);
    let mut attempts = 0_u32;
    loop {
        match attempt().await {
            Err(error) if may_pass(&error) && !over.is_elapsed() => {
                if attempts.is_multiple_of(LINE_EVERY) {
                    tracing::warn!(%error, "waiting up to {patience} for {what}");
                }
                attempts += 1;
            }
            outcome => return outcome,
        }
        tokio::select! {
            () = &mut over => {}
            () = tokio::time::sleep(BETWEEN) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn attempts(patience: Span, answers: &[Result<u8, &'static str>]) -> (usize, String) {
        let mut answers = answers.iter();
        let mut made = 0;
        let attempt = || {
            made += 1;
            std::future::ready(answers.next().copied().unwrap_or(Err("away")))
        };
        let outcome = wait_for("a test", patience, |it| *it == "away", attempt).await;
        (made, format!("{outcome:?}"))
    }

    #[tokio::test]
    async fn what_may_pass_is_waited_for() {
        let answers = [Err("away"), Ok(7)];
        assert_eq!(attempts(Span::minutes(1), &answers).await, (2, "Ok(7)".into()));
        let answers = [Err("broken"), Ok(7)];
        assert_eq!(attempts(Span::minutes(1), &answers).await, (1, "Err(\"broken\")".into()));
        assert_eq!(attempts(Span::millis(5), &[]).await, (2, "Err(\"away\")".into()));
    }
}
