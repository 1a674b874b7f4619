//! Live progress: bars on a terminal, lines elsewhere. Always on stderr; stdout is for results.

use std::collections::HashMap;
use std::io::{IsTerminal, Write, stderr};
use std::sync::{Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use splash_flows::progress::{Event, Progress};

use crate::logging;

/// Progress for people, as bars if stderr is a terminal and as lines if not. None where stderr is a log for machines,
/// which has it too.
pub fn progress() -> Progress {
    if logging::is_json() {
        silent()
    } else if stderr().is_terminal() {
        bars()
    } else {
        lines()
    }
}

/// No progress at all, for `--json` in a pipe.
pub fn silent() -> Progress {
    Progress::default()
}

fn lines() -> Progress {
    Progress::new(|run_id, event| {
        if let Some(text) = line(event) {
            // A closed stderr must not end a run.
            let _ = writeln!(stderr(), "{run_id}  {text}");
        }
    })
}

/// One bar for each hop of each run; everything else is a line above the bars.
fn bars() -> Progress {
    let all = MultiProgress::new();
    let open: Mutex<HashMap<(String, String), ProgressBar>> = Mutex::new(HashMap::new());
    Progress::new(move |run_id, event| {
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Moving {
                hop,
                bytes,
                total,
                status,
            } => {
                let bar = open.entry((run_id.to_owned(), hop.clone())).or_insert_with(|| {
                    let bar = all.add(ProgressBar::new(*total).with_style(style()));
                    bar.set_prefix(format!("{run_id}  {hop}"));
                    bar
                });
                bar.set_position(*bytes);
                bar.set_message(status.clone());
            }
            Event::Verified { hop, .. } => {
                if let Some(bar) = open.remove(&(run_id.to_owned(), hop.clone())) {
                    bar.finish_and_clear();
                }
                print_above(&all, run_id, event);
            }
            other => print_above(&all, run_id, other),
        }
    })
}

fn print_above(all: &MultiProgress, run_id: &str, event: &Event) {
    if let Some(text) = line(event) {
        let _ = all.println(format!("{run_id}  {text}"));
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix}  {bar:24} {bytes}/{total_bytes} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// What happened, in one line; nothing for what only a bar can show.
fn line(event: &Event) -> Option<String> {
    Some(match event {
        Event::Started { flow } => format!("{flow} begins"),
        Event::Notice { text } => format!("note: {text}"),
        Event::Submitted { hop, task_id } => format!("{hop}: task {task_id}"),
        Event::Verified { hop, bytes } => format!("{hop}: verified, {bytes} bytes"),
        Event::Catalogued { pid } => format!("SciCat dataset {pid}"),
        Event::PruneScheduled { endpoint, at } => format!("prune of {endpoint} scheduled for {at}"),
        Event::Failed { failure } => format!("FAILED {failure}"),
        _ => return None,
    })
}
