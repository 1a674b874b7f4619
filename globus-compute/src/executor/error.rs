//! How a task can end without a result.

use std::fmt;

use crate::{CommandOutput, Error, TaskId};

/// The characters of a reason that an error shows at most; the whole is in it.
const MAX_REASON: usize = 300;

/// Why there is no result.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TaskError {
    /// The function raised an exception, or the worker did while it ran it.
    Raised {
        /// The task.
        task_id: TaskId,
        /// Python's words, the function's frames included.
        traceback: String,
    },
    /// The service gave up on the task and says why.
    GivenUp {
        /// The task.
        task_id: TaskId,
        /// The service's words.
        reason: String,
    },
    /// The command ran and failed: its status is not 0, or its time was up.
    Command {
        /// The task.
        task_id: TaskId,
        /// What it left.
        output: Box<CommandOutput>,
    },
    /// The function returned what cannot be read, or not as the type that was asked for.
    Undecodable {
        /// The task.
        task_id: TaskId,
        /// What is wrong with it.
        reason: String,
    },
    /// The service does not know the task.
    Lost {
        /// The task.
        task_id: TaskId,
    },
    /// The service could not be asked.
    Service {
        /// The task.
        task_id: TaskId,
        /// The error.
        source: Error,
    },
}

impl TaskError {
    /// The task.
    pub fn task_id(&self) -> &TaskId {
        match self {
            Self::Raised { task_id, .. }
            | Self::GivenUp { task_id, .. }
            | Self::Command { task_id, .. }
            | Self::Undecodable { task_id, .. }
            | Self::Lost { task_id }
            | Self::Service { task_id, .. } => task_id,
        }
    }

    /// Whether the task may run all the same, now or later.
    pub fn may_still_run(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::Service { .. })
    }

    /// What the command left, if it was one that failed.
    pub fn output(&self) -> Option<&CommandOutput> {
        match self {
            Self::Command { output, .. } => Some(output),
            _ => None,
        }
    }
}

/// The last line of a traceback says what was raised.
fn last_line(text: &str) -> &str {
    text.trim_end().lines().last().unwrap_or("no words").trim()
}

/// The service's reasons have several lines, of which no single one says it all.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(MAX_REASON) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "compute task {}: ", self.task_id())?;
        match self {
            Self::Raised { traceback, .. } => write!(f, "the function raised {}", last_line(traceback)),
            Self::GivenUp { reason, .. } => write!(f, "the service gave up on it: {}", one_line(reason)),
            Self::Command { output, .. } => {
                if output.timed_out {
                    f.write_str("the command was killed, its time was up")?;
                } else {
                    write!(f, "the command ended with status {}", output.returncode)?;
                }
                let tail = output.tail(1);
                if tail.is_empty() {
                    Ok(())
                } else {
                    write!(f, ": {tail}")
                }
            }
            Self::Undecodable { reason, .. } => write!(f, "its result cannot be read: {reason}"),
            Self::Lost { .. } => f.write_str("the service does not know it"),
            Self::Service { .. } => f.write_str("the service could not be asked; the task may still run"),
        }
    }
}

impl std::error::Error for TaskError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Service { source, .. } => Some(source),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_of_many_lines_is_shown_on_one_and_not_without_end() {
        let task_id = TaskId::parse("33333333-3333-3333-3333-333333333333").unwrap();
        let shown = |reason: String| {
            TaskError::GivenUp {
                task_id: task_id.clone(),
                reason,
            }
            .to_string()
        };
        let two = shown("Failed to start:\n   PID file: 7\n".to_owned());
        assert!(
            two.ends_with("the service gave up on it: Failed to start: PID file: 7"),
            "{two}"
        );
        assert!(shown("ü".repeat(5000)).chars().count() < 400);
    }
}
