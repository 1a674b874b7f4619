//! Starting a run once, though the service does not know a request again.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use futures_util::StreamExt;
use tracing::debug;

use crate::api::{FlowHandle, RunFlow};
use crate::{Error, Result, Run, Sent};

/// When to look for a run after an answer was lost: a request may still be on its way.
const LOOKS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(3), Duration::from_secs(10)];
/// How far back a run of the same key is looked for.
const BACK: TimeDelta = TimeDelta::days(14);
/// The service's limit for labels.
const MAX_LABEL: usize = 64;
/// A UUID has 36 characters.
const MAX_KEY: usize = 40;

/// Starts a run, or finds the one that was started under the same key. Made by [`FlowHandle::run_once`].
///
/// The key stands at the end of the run's label. When an answer is lost, the flow's recent runs are looked through for
/// it before anything else is done, and after a crash [`resume`](Self::resume) looks before it starts. A run whose start
/// the service takes longer than 13 s to show can still be missed: what must not happen twice needs a fence of its own.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct RunOnce {
    flow: FlowHandle,
    key: String,
    run: RunFlow,
}

/// A run, and whether it had been started before.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Started {
    /// The run.
    pub run: Run,
    /// It was found, not started by this call.
    pub found: bool,
}

impl RunOnce {
    pub(crate) fn new(flow: FlowHandle, key: String, run: RunFlow) -> Result<Self> {
        if key.trim().is_empty() || key.chars().count() > MAX_KEY || key.contains(char::is_whitespace) {
            return Err(Error::config(format!(
                "`{}` cannot be the key of a run: 1 to {MAX_KEY} characters without blanks are expected",
                key.escape_debug()
            )));
        }
        let once = Self { flow, key, run };
        Ok(once.label(""))
    }

    /// What stands before the key in the run's label; cut where both do not fit into 64 characters.
    pub fn label(mut self, text: &str) -> Self {
        self.run = self.run.label(labelled(text, &self.key));
        self
    }

    /// Words to find it by.
    pub fn tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.run = self.run.tags(tags);
        self
    }

    /// The request that starts the run.
    pub fn request(&self) -> &RunFlow {
        &self.run
    }

    /// Starts the run. For a key that was never used before; one that may have been is for [`resume`](Self::resume).
    ///
    /// # Errors
    /// Those of any request. One with [`was_sent`](crate::Error::was_sent) `Maybe` means that no run was found for 13 s.
    pub async fn send(&self) -> Result<Started> {
        let error = match self.run.send().await {
            Ok(run) => return Ok(Started { run, found: false }),
            Err(error) if error.was_sent() == Sent::Maybe => error,
            Err(error) => return Err(error),
        };
        match self.look().await? {
            Some(run) => Ok(Started { run, found: true }),
            None => Err(error),
        }
    }

    /// Looks for the run and starts it only if there is none: for a start that was on record before a crash.
    ///
    /// # Errors
    /// As for [`send`](Self::send); if the runs cannot be listed, nothing is started.
    pub async fn resume(&self) -> Result<Started> {
        match self.look().await? {
            Some(run) => Ok(Started { run, found: true }),
            None => self.send().await,
        }
    }

    /// The run that was started under the key, if there is one.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn find(&self) -> Result<Option<Run>> {
        let client = self.flow.client();
        let oldest = client.rest().clock().now().with_timezone(&Utc) - BACK;
        let mut runs = Box::pin(client.runs().flows([self.flow.id()]).items());
        while let Some(run) = runs.next().await {
            let run = run?;
            let label = run.label.as_deref().unwrap_or_default();
            if label.split_whitespace().next_back() == Some(self.key.as_str()) {
                return Ok(Some(run));
            }
            // The newest come first.
            if run.start_time.is_some_and(|at| at < oldest) {
                break;
            }
        }
        Ok(None)
    }

    async fn look(&self) -> Result<Option<Run>> {
        let clock = self.flow.client().rest().clock().clone();
        for pause in LOOKS {
            clock.sleep(pause).await;
            let found = self.find().await?;
            debug!(
                key = self.key,
                found = found.is_some(),
                "looked for a run that may have been started"
            );
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

/// A label that ends in the key whole.
fn labelled(text: &str, key: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let room = MAX_LABEL.saturating_sub(key.chars().count() + 1);
    let head: String = plain.trim().chars().take(room).collect();
    format!("{} {key}", head.trim_end()).trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_survives_a_long_label() {
        assert_eq!(labelled("", "k1"), "k1");
        assert_eq!(labelled(" scan\n17 ", "k1"), "scan 17 k1");
        let label = labelled(&"é".repeat(100), "k1");
        assert!(label.ends_with("é k1") && label.chars().count() == MAX_LABEL);
    }
}
