//! Logs on standard error: text for people, or one line of JSON an event for machines. Times are
//! RFC 3339 in UTC. A panic is an event like any other, with its place and without a backtrace.
//! What libraries log about the values they handle is not shown at any level.

use std::{
    io::{self, IsTerminal as _},
    panic::PanicHookInfo,
    thread,
};

use domain::settings::{Log, LogFormat, Profile};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer, Registry, filter::filter_fn, fmt::MakeWriter, layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// Below info it logs the values bound to statements, which are personal data.
const DRIVER: &str = "tokio_postgres";
/// Its warnings are caused by clients, without a limit on their number.
const HTTP2: &str = "h2";

/// Why logging could not be started.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("log.level: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    #[error("logging has been started already: {0}")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Starts logging for the whole process.
pub fn start(log: &Log, profile: Profile) -> Result<(), TelemetryError> {
    subscriber(log, profile, io::stderr)?.try_init()?;
    std::panic::set_hook(Box::new(record_panic));
    Ok(())
}

fn subscriber<W>(log: &Log, profile: Profile, writer: W) -> Result<impl Subscriber, TelemetryError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(&log.level)?;
    let json = match log.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => profile == Profile::Production,
    };
    let lines = tracing_subscriber::fmt::layer::<Registry>().with_writer(writer);
    let lines = if json {
        lines.json().flatten_event(true).with_current_span(false).boxed()
    } else {
        lines.with_ansi(io::stderr().is_terminal()).boxed()
    };
    Ok(tracing_subscriber::registry().with(lines).with(filter).with(filter_fn(is_discreet)))
}

fn is_discreet(event: &Metadata<'_>) -> bool {
    let (level, target) = (*event.level(), event.target());
    match target.split("::").next() {
        Some(HTTP2) => level != Level::WARN,
        _ => level <= Level::INFO || !target.starts_with(DRIVER),
    }
}

fn record_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    let message = panic.payload_as_str().unwrap_or("no message");
    let thread = thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    tracing::error!(target: "panic", thread, location, "a thread panicked: {message}");
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(log: &Log, profile: Profile, work: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = subscriber(log, profile, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, work);
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn production_logs_one_object_a_line() {
        let text = logged(&Log::default(), Profile::Production, || {
            let span = tracing::info_span!("request", request_id = "r1");
            span.in_scope(|| tracing::info!(target: "access", status = 200, "answered"));
            tracing::debug!("not asked for");
        });
        let line: serde_json::Value = serde_json::from_str(text.trim_end()).unwrap();
        assert_eq!(line["status"], 200);
        assert_eq!(line["target"], "access");
        assert_eq!(line["spans"][0]["request_id"], "r1");
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
    }

    #[test]
    fn development_logs_text() {
        let log = Log { level: "warn,store=debug".into(), ..Log::default() };
        let text = logged(&log, Profile::Development, || {
            tracing::info!("hidden");
            tracing::debug!(target: "store", "shown");
        });
        assert!(text.contains("shown") && !text.contains("hidden"), "{text}");
        assert!(!text.contains('{'));
    }

    #[test]
    fn values_bound_to_statements_are_never_logged() {
        let log = Log { level: "trace,tokio_postgres::query=trace".into(), ..Log::default() };
        let text = logged(&log, Profile::Testing, || {
            tracing::debug!(target: "tokio_postgres::query", "with parameters: anna@example.com");
            tracing::warn!(target: "tokio_postgres::connection", "notice");
            tracing::trace!("others");
        });
        assert!(text.contains("notice") && text.contains("others"), "{text}");
        assert!(!text.contains("anna@example.com"), "{text}");
    }

    #[test]
    fn clients_do_not_write_the_log() {
        let log = Log { level: "trace".into(), ..Log::default() };
        let text = logged(&log, Profile::Testing, || {
            tracing::warn!(target: "h2::proto::streams::recv", "recv_reset; reached limit");
            tracing::error!(target: "h2::server", "broken");
            tracing::warn!(target: "h2o", "another");
        });
        assert!(text.contains("broken") && text.contains("another"), "{text}");
        assert!(!text.contains("reached limit"), "{text}");
    }

    #[test]
    fn a_wrong_filter_is_refused() {
        let log = Log { level: "store=loud".into(), ..Log::default() };
        assert!(subscriber(&log, Profile::Testing, io::stderr).is_err());
    }
}
