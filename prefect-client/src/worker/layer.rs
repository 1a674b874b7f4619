//! What is traced within a run goes to the run's log.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::logs::{ERROR, INFO, Origin, RunLogs, WARNING};
use crate::{FlowRunId, TaskRunId};

/// The span in which a run's handler is polled.
pub(crate) const SPAN: &str = "flow_run";
/// The field by which a span says which task run it is.
const TASK_RUN: &str = "task_run_id";
/// The field of [`SPAN`] that says which run it is.
const FLOW_RUN: &str = "flow_run_id";

/// A layer for `tracing` that collects what happens within runs. Made by [`RunLogs::layer`].
///
/// A line is what the event says, then its fields, then those of the spans around it within the run. A span with a
/// field `task_run_id` puts its lines into that task run's log.
#[derive(Clone, Debug)]
pub struct RunLogLayer {
    logs: RunLogs,
    level: Level,
}

impl RunLogLayer {
    pub(crate) fn new(logs: RunLogs) -> Self {
        Self {
            logs,
            level: Level::INFO,
        }
    }

    /// Collects what is at least this severe; info unless said.
    pub fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }
}

/// What a span within a run adds.
struct Added {
    flow_run: Option<FlowRunId>,
    task_run: Option<TaskRunId>,
    fields: String,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for RunLogLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut texts = Texts::default();
        attributes.record(&mut texts);
        let ours = attributes.metadata().name() == SPAN
            && attributes
                .metadata()
                .target()
                .starts_with("prefect_client::worker");
        let added = Added {
            flow_run: texts.flow_run.filter(|_| ours).map(FlowRunId::new),
            task_run: texts.task_run.map(TaskRunId::new),
            fields: if ours { String::new() } else { texts.fields },
        };
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(added);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if *event.metadata().level() > self.level {
            return;
        }
        let Some(scope) = context.event_scope(event) else {
            return;
        };
        let (mut around, mut task_run, mut flow_run) = (String::new(), None, None);
        for span in scope {
            let extensions = span.extensions();
            let Some(added) = extensions.get::<Added>() else {
                continue;
            };
            around.push_str(&added.fields);
            task_run = task_run.or_else(|| added.task_run.clone());
            if let Some(id) = &added.flow_run {
                flow_run = Some(id.clone());
                break;
            }
        }
        let Some(flow_run) = flow_run else { return };
        let mut texts = Texts::default();
        event.record(&mut texts);
        let line = format!("{}{}{around}", texts.message, texts.fields);
        let origin = Origin { flow_run, task_run };
        self.logs.push(
            &origin,
            event.metadata().target(),
            severity(*event.metadata().level()),
            line.trim(),
        );
    }
}

fn severity(level: Level) -> i64 {
    match level {
        Level::ERROR => ERROR,
        Level::WARN => WARNING,
        Level::INFO => INFO,
        Level::DEBUG => 10,
        Level::TRACE => 5,
    }
}

/// The fields of a span or event as text.
#[derive(Default)]
struct Texts {
    message: String,
    fields: String,
    flow_run: Option<String>,
    task_run: Option<String>,
}

impl Texts {
    fn add(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value}"),
            FLOW_RUN => {
                self.flow_run = Some(value.to_string());
                Ok(())
            }
            TASK_RUN => {
                self.task_run = Some(value.to_string());
                Ok(())
            }
            name => write!(self.fields, " {name}={value}"),
        };
    }
}

impl Visit for Texts {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format_args!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::prelude::*;

    use super::*;

    #[test]
    fn what_is_traced_in_a_run_is_in_its_log() {
        let logs = RunLogs::default();
        let subscriber = tracing_subscriber::registry().with(logs.layer());
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!("outside of any run");
            let run = tracing::error_span!("flow_run", flow_run_id = "run-1", flow = "copy");
            let _run = run.enter();
            tracing::info!(bytes = 3, "copied");
            tracing::debug!("too little");
            let task = tracing::info_span!("transfer", task_run_id = "task-1", to = "tape");
            let _task = task.enter();
            tracing::warn!(token = "abcdefgh12345678", "slow");
        });
        let lines = logs.kept();
        let shown: Vec<(&str, i64, Option<&str>)> = lines
            .iter()
            .map(|(origin, level, text)| {
                (
                    text.as_str(),
                    *level,
                    origin.task_run.as_ref().map(TaskRunId::as_str),
                )
            })
            .collect();
        assert_eq!(shown[0], ("copied bytes=3", INFO, None));
        assert_eq!((shown[1].1, shown[1].2), (WARNING, Some("task-1")));
        assert!(
            shown[1].0.starts_with("slow") && shown[1].0.ends_with("to=tape"),
            "{shown:?}"
        );
        assert!(!shown[1].0.contains("abcdefgh"), "{shown:?}");
        assert!(
            lines
                .iter()
                .all(|(origin, ..)| origin.flow_run.as_str() == "run-1")
        );
        assert_eq!(lines.len(), 2);
    }
}
