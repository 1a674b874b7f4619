//! Logs, for people or for machines; always on stderr, for stdout is for results.
//!
//! As text the log is off unless `RUST_LOG` asks for it, for progress and report say what people need. As JSON it is
//! all that stderr has, one object a line, from level `info` on unless `RUST_LOG` says otherwise. Every line of a run
//! has `run_id`, `file` and `step`.

use std::fmt;
use std::io::{IsTerminal, Write, stderr};
use std::sync::OnceLock;

use clap::ValueEnum;
use prefect_client::worker::{RunLogLayer, RunLogs};
use serde_json::{Map, Value};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::{Directive, LevelFilter};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::{LookupSpan, Scope};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// What a line of the log looks like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

static FORMAT: OnceLock<LogFormat> = OnceLock::new();

/// Begins to log. Once in a process; what a second call asks for is left out.
pub fn start(format: LogFormat) {
    let default = match format {
        LogFormat::Text => LevelFilter::OFF,
        LogFormat::Json => LevelFilter::INFO,
    };
    begin(format, default, None);
}

/// As [`start`], for a worker: its log is on unless `RUST_LOG` says otherwise, and what is logged in a run goes to the
/// run's log on the server too.
pub fn start_worker(format: LogFormat, runs: &RunLogs) {
    begin(format, LevelFilter::INFO, Some(runs.layer()));
}

fn begin(format: LogFormat, default: LevelFilter, runs: Option<RunLogLayer>) {
    let filter = EnvFilter::builder()
        .with_default_directive(default.into())
        .from_env_lossy()
        // Whatever is logged tells its run.
        .add_directive(always(splash_flows::span::TARGET, "error", default));
    let log = tracing_subscriber::fmt::layer().with_writer(stderr);
    // A subscriber that is there already stays: this is a process with a log of its own.
    let _ = FORMAT.set(format);
    let registry = tracing_subscriber::registry().with(runs);
    let _ = match format {
        LogFormat::Text => registry
            .with(log.with_ansi(stderr().is_terminal()).with_filter(filter))
            .try_init(),
        LogFormat::Json => registry
            .with(
                log.with_ansi(false)
                    .fmt_fields(JsonFields::new())
                    .event_format(Flat)
                    .with_filter(filter.add_directive(always(env!("CARGO_CRATE_NAME"), "info", default))),
            )
            .try_init(),
    };
}

/// Whether stderr is for machines.
pub fn is_json() -> bool {
    FORMAT.get() == Some(&LogFormat::Json)
}

/// A line for whoever runs the command: as it is, or as a line of the JSON log.
pub fn say(text: &str) {
    if is_json() {
        tracing::info!("{text}");
    } else {
        // A closed stderr must not end a run.
        let _ = writeln!(stderr(), "{text}");
    }
}

fn always(target: &str, level: &str, otherwise: LevelFilter) -> Directive {
    // Both are words of ours, so this is always a directive.
    format!("{target}={level}")
        .parse()
        .unwrap_or_else(|_| otherwise.into())
}

/// One flat object: what the event says, over what its spans say, from the innermost to the outermost.
struct Flat;

impl<S, N> FormatEvent<S, N> for Flat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Map::new();
        for span in context.event_scope().into_iter().flat_map(Scope::from_root) {
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                add(&mut line, &fields.fields);
            }
        }
        let mut fields = String::new();
        context.format_fields(Writer::new(&mut fields), event)?;
        add(&mut line, &fields);
        let mut timestamp = String::new();
        SystemTime.format_time(&mut Writer::new(&mut timestamp))?;
        line.insert("timestamp".to_owned(), timestamp.into());
        line.insert("level".to_owned(), event.metadata().level().as_str().into());
        line.insert("target".to_owned(), event.metadata().target().into());
        writeln!(writer, "{}", Value::Object(line))
    }
}

/// Adds the fields of an object written as text.
fn add(line: &mut Map<String, Value>, fields: &str) {
    if let Ok(Value::Object(fields)) = serde_json::from_str(fields) {
        line.extend(fields);
    }
}
