//! What a run tells the server while it works: a progress bar, events, and at its end tables and links. None of it may
//! fail the run.

use std::time::{Duration, Instant};

use prefect_client::worker::FlowContext;
use prefect_client::{ArtifactId, Result};
use serde_json::{Value, json};
use splash_flows::progress::{Event, Progress};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How often a progress bar is moved.
const SELDOM: Duration = Duration::from_secs(5);

/// A sink for a run's events, and where they come out.
pub(super) fn channel() -> (Progress, UnboundedReceiver<Event>) {
    let (sender, receiver): (UnboundedSender<Event>, _) = unbounded_channel();
    let progress = Progress::new(move |_, event| {
        // Nobody listens once the run has ended.
        let _ = sender.send(event.clone());
    });
    (progress, receiver)
}

/// Tells of events as they come, until nobody can send any more.
pub(super) async fn tell(context: &FlowContext, mut events: UnboundedReceiver<Event>) {
    let mut bar: Option<ArtifactId> = None;
    let mut moved = Instant::now();
    while let Some(event) = events.recv().await {
        match event {
            Event::Moving {
                hop, bytes, total, ..
            } if bar.is_none() || moved.elapsed() >= SELDOM => {
                moved = Instant::now();
                log(
                    show(context, &mut bar, &hop, percent(bytes, total)).await,
                    "progress",
                );
            }
            Event::Verified { hop, bytes } => {
                log(verified(context, &hop, bytes).await, "event");
            }
            _ => {}
        }
    }
}

/// How much of a file has moved.
#[expect(clippy::cast_precision_loss, reason = "a bar on a screen")]
fn percent(bytes: u64, total: u64) -> f64 {
    if total == 0 {
        0.0
    } else {
        bytes as f64 / total as f64 * 100.0
    }
}

async fn show(context: &FlowContext, bar: &mut Option<ArtifactId>, hop: &str, percent: f64) -> Result<()> {
    if let Some(bar) = bar {
        return context.set_progress(bar, percent).await;
    }
    let create = context.progress("splash-transfer", percent).description(hop);
    *bar = Some(create.send().await?.id);
    Ok(())
}

async fn verified(context: &FlowContext, hop: &str, bytes: u64) -> Result<()> {
    let resource = format!("splash.copy.{}", context.run_id());
    let event = context.event("splash.copy.verified", resource);
    context
        .emit(event.payload(json!({"hop": hop, "bytes": bytes})))
        .await
}

/// The table of copies with a link to each transfer, or what a prune did.
pub(super) async fn report(context: &FlowContext, flow: &str, report: &Value) {
    let moved = if report["moved"].is_object() {
        &report["moved"]
    } else {
        report
    };
    let copies = moved["copies"].as_array().map_or(&[][..], Vec::as_slice);
    if !copies.is_empty() {
        log(
            context.table("splash-copies", copies).send().await.map(drop),
            "table",
        );
    }
    for task in copies
        .iter()
        .filter_map(|copy| copy["task_id"].as_str())
        .filter(|id| !id.is_empty())
    {
        let url = format!("https://app.globus.org/activity/{task}");
        let link = context.link("splash-transfer-task", url, format!("Globus task {task}"));
        log(link.send().await.map(drop), "link");
    }
    let outcome = report["outcome"].as_str().unwrap_or_default();
    if flow.starts_with("prune_") && matches!(outcome, "deleted" | "quarantined") {
        let endpoint = report["endpoint"].as_str().unwrap_or("?");
        let event = context.event("splash.prune.done", format!("splash.endpoint.{endpoint}"));
        let payload = json!({"outcome": outcome, "path": report["path"], "bytes": report["bytes"]});
        log(context.emit(event.payload(payload)).await, "event");
    }
}

fn log(told: Result<()>, what: &str) {
    if let Err(error) = told {
        tracing::debug!(%error, what, "not told to the server");
    }
}
