//! Telling somebody of what went wrong: one POST of a JSON document for each event, to `notify.webhook` of config.yml.
//!
//! A post that fails is a warning in the log and is not repeated; nothing waits for it longer than ten seconds. Its
//! address is a secret, and stands in no message.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use rest_core::mask_text;
use serde_json::{Value, json};
use tokio::time::Instant;
use webhook::Webhook;

use crate::config::{Config, Notify, Occasion};
use crate::facility::Facility;
use crate::failure::Failure;
use crate::prune::open_prunes;

/// How many posts an hour may have; the next one says how many were left out.
const MOST: usize = 20;
const HOUR: Duration = Duration::from_secs(60 * 60);
/// A prune that is due is not late at once.
const LATE: TimeDelta = TimeDelta::days(1);
/// How many late prunes one post names.
const NAMED: usize = 20;
/// The longest text in a post, in characters.
const TEXT: usize = 2000;

/// What sends the posts of a process.
#[derive(Debug)]
pub struct Notifier {
    notify: Option<Notify>,
    sent: Mutex<Sent>,
}

#[derive(Debug, Default)]
struct Sent {
    /// The posts of the last hour.
    times: VecDeque<Instant>,
    /// Left out since the last one.
    left_out: u64,
    /// Late prunes that were told of.
    overdue: BTreeSet<String>,
}

impl Notifier {
    /// What config.yml asks for; nothing is sent.
    pub fn new(config: &Config) -> Self {
        Self {
            notify: config.notify().cloned(),
            sent: Mutex::default(),
        }
    }

    fn on(&self, occasion: Occasion) -> Option<&Notify> {
        self.notify
            .as_ref()
            .filter(|notify| notify.on().contains(&occasion))
    }

    /// Tells how a run ended, if it did not end well; `report` has the failure under `error`.
    pub async fn ended(&self, flow: &str, run_id: &str, report: &Value) {
        let is_prune = flow.starts_with("prune_");
        let occasion = if is_prune {
            Occasion::RefusedPrune
        } else {
            Occasion::Failed
        };
        let Some(notify) = self.on(occasion) else { return };
        let error = first_error(report);
        let text = |name: &str| error.and_then(|error| error[name].as_str()).map(cut);
        let file = text("file").or_else(|| report["file"].as_str().map(cut));
        let mut document = json!({
            "event": occasion.name(), "flow": flow, "run_id": run_id, "file": file, "step": text("step"),
            "service": text("service"), "code": text("code"), "message": text("message"),
        });
        if is_prune {
            document["endpoint"] = report["endpoint"].clone();
        }
        let what = file.unwrap_or_else(|| format!("run {run_id}"));
        let why = text("message").unwrap_or_else(|| "it names no failure".to_owned());
        document["text"] = json!(cut(format!("{flow} of {what}: {why}")));
        self.post(notify, document).await;
    }

    async fn post(&self, notify: &Notify, mut document: Value) {
        let Some(left_out) = self.admitted() else { return };
        if left_out > 0 {
            document["left_out"] = json!(left_out);
        }
        if let Err(problem) = post(notify, &document).await {
            tracing::warn!(event = %document["event"], problem, "notify: nobody was told");
        }
    }

    /// Whether another post may go now, and how many did not since the last.
    fn admitted(&self) -> Option<u64> {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        while sent.times.front().is_some_and(|time| time.elapsed() >= HOUR) {
            sent.times.pop_front();
        }
        if sent.times.len() >= MOST {
            if sent.left_out == 0 {
                tracing::warn!(MOST, "notify: no more is told within this hour");
            }
            sent.left_out += 1;
            return None;
        }
        sent.times.push_back(Instant::now());
        Some(std::mem::take(&mut sent.left_out))
    }

    /// Of these late prunes the ones that nobody was told of yet.
    fn news(&self, late: &BTreeSet<String>) -> BTreeSet<String> {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let news = late.difference(&sent.overdue).cloned().collect();
        sent.overdue.clone_from(late);
        news
    }
}

/// Tells of the prunes that have become late since this was asked last, all in one post.
///
/// # Errors
/// The list of prunes cannot be read.
pub async fn tell_overdue(facility: &Facility) -> Result<(), Failure> {
    let notifier = facility.notifier();
    let Some(notify) = notifier.on(Occasion::Overdue) else {
        return Ok(());
    };
    let before = facility.now() - LATE;
    let mut late = open_prunes(facility).await?;
    late.retain(|prune| prune.due <= before);
    let news = notifier.news(&late.iter().map(|prune| prune.id.clone()).collect());
    late.retain(|prune| news.contains(&prune.id));
    if late.is_empty() {
        return Ok(());
    }
    let one = |prune: &crate::prune::OpenPrune| {
        json!({
            "endpoint": prune.endpoint, "path": cut(&prune.path), "due": prune.due, "tries": prune.tries,
            "reason": prune.reason.as_deref().map(cut),
        })
    };
    let named: Vec<Value> = late.iter().take(NAMED).map(one).collect();
    let text = format!(
        "{} prunes are more than a day late; the list: splash-flows prunes --overdue",
        late.len()
    );
    let event = Occasion::Overdue.name();
    let document = json!({"event": event, "count": late.len(), "prunes": named, "text": text});
    notifier.post(notify, document).await;
    Ok(())
}

/// Posts to the address; what went wrong, without it.
async fn post(notify: &Notify, document: &Value) -> Result<(), String> {
    let address = notify.webhook().map_err(|error| error.to_string())?;
    let webhook = Webhook::new(&address).map_err(|error| format!("notify.webhook: {error}"))?;
    webhook.post(document).await.map_err(|error| error.to_string())
}

/// The first failure in a report, or in one of those that it is a list of.
fn first_error(report: &Value) -> Option<&Value> {
    if report["error"].is_object() {
        return Some(&report["error"]);
    }
    let lists = report.as_object()?.values().filter_map(Value::as_array);
    lists
        .flatten()
        .map(|one| &one["error"])
        .find(|error| error.is_object())
}

/// A text that is not too long and has no secret in it.
fn cut(text: impl AsRef<str>) -> String {
    mask_text(text.as_ref()).chars().take(TEXT).collect()
}

#[cfg(test)]
mod tests;
