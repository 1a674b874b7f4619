//! One task's work on the file system. Runs on blocking threads, round by round until nothing is left.

use std::cell::Cell;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::copy::{self, CopyError, Side};
use super::task::{Counts, Delivered, Item, Kind, Plan, Skipped, Task, Trouble};
use super::tree::Tree;
use super::{Transfer, delete, rules};
use crate::collection::Collection;
use crate::fault::Spoil;

/// The outcome of one go at everything that is left.
#[derive(Debug)]
pub(crate) enum Round {
    Done,
    /// An error that may pass: try again later.
    Again(Trouble),
    /// An error that ends the task.
    Failed(Trouble),
    /// The task was ended meanwhile.
    Stopped,
}

/// Why an item was left.
#[derive(Debug)]
pub(crate) enum Halt {
    Trouble(Side, Trouble),
    Stopped,
}

#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) transfer: Arc<Transfer>,
    task_id: String,
    pub(crate) plan: Arc<Plan>,
    pub(crate) source: Tree,
    destination: Tree,
    /// Seconds by which the destination's clock is off.
    clock_off: i64,
    stop: Arc<AtomicBool>,
    /// What is wrong with what it delivers.
    pub(crate) spoil: Option<Spoil>,
    /// Since when it has moved how many bytes, if it is to be slow.
    paced: Cell<Option<(DateTime<Utc>, u64)>>,
    items_done: HashSet<usize>,
    /// Destination paths that are settled: delivered, found equal, or left out.
    settled: HashSet<String>,
    /// Destination paths that stand in the counters already.
    counted: HashSet<String>,
}

impl Job {
    pub(crate) fn new(transfer: &Arc<Transfer>, task_id: &str) -> Option<Self> {
        let (plan, stop) = transfer
            .tasks
            .with(task_id, |task| (Arc::clone(&task.plan), Arc::clone(&task.stop)))?;
        let source = transfer.tree(&plan.source).ok()?;
        let destination = match &plan.destination {
            Some(uuid) => transfer.tree(uuid).ok()?,
            None => source.clone(),
        };
        let receiver = plan.destination.as_ref().unwrap_or(&plan.source);
        let clock_off = transfer.collection(receiver).map_or(0, Collection::clock_off);
        Some(Self {
            transfer: Arc::clone(transfer),
            task_id: task_id.to_owned(),
            plan,
            source,
            destination,
            clock_off,
            stop,
            spoil: None,
            paced: Cell::new(None),
            items_done: HashSet::new(),
            settled: HashSet::new(),
            counted: HashSet::new(),
        })
    }

    /// Tries everything that is left once.
    pub(crate) fn round(&mut self) -> Round {
        let plan = Arc::clone(&self.plan);
        let mut first = None;
        for (n, item) in plan.items.iter().enumerate() {
            if self.items_done.contains(&n) {
                continue;
            }
            let done = match plan.kind {
                Kind::Transfer => self.item(item),
                Kind::Delete => delete::item(self, item),
            };
            match done {
                Ok(()) => {
                    self.items_done.insert(n);
                    self.change(|task| {
                        let left_out = task.skipped.iter().any(|skipped| skipped.source == item.source);
                        task.counts.succeeded += u64::from(!left_out);
                    });
                }
                Err(Halt::Stopped) => return Round::Stopped,
                Err(Halt::Trouble(_, trouble)) if plan.kind == Kind::Delete => return Round::Failed(trouble),
                Err(Halt::Trouble(_, trouble)) => {
                    first.get_or_insert(trouble);
                }
            }
        }
        first.map_or(Round::Done, Round::Again)
    }

    fn item(&mut self, item: &Item) -> Result<(), Halt> {
        let (from, to) = (item.source.as_str(), item.destination.as_str());
        let source = match self.source.existing(from) {
            Ok(path) => path,
            Err(e) => {
                let halt = self.path_trouble(Side::Source, from, &e);
                return self.skip(from, to, halt);
            }
        };
        match (source.is_dir(), item.recursive) {
            (true, Some(false)) => Err(self.trouble(Side::Source, from, "IS_A_DIRECTORY", "is a directory")),
            (false, Some(true)) => {
                Err(self.trouble(Side::Source, from, "NOT_A_DIRECTORY", "not a directory"))
            }
            (true, _) => self.folder(&source, from.trim_end_matches('/'), to.trim_end_matches('/')),
            (false, _) if to.ends_with('/') => {
                Err(self.trouble(Side::Destination, to, "IS_A_DIRECTORY", "is a directory"))
            }
            (false, _) => self.file(&source, from, to),
        }
    }

    /// Copies a folder with all that is in it. Symbolic links inside are left out, as by the real service.
    fn folder(&mut self, source: &Path, from: &str, to: &str) -> Result<(), Halt> {
        self.stopped()?;
        if self.counted.insert(format!("{to}/")) {
            self.count(|counts| counts.directories += 1);
        }
        let to_path = if to.is_empty() { "/" } else { to };
        let target = self
            .destination
            .entry(to_path)
            .map_err(|e| self.path_trouble(Side::Destination, to, &e))?;
        std::fs::create_dir_all(&target).map_err(|e| self.io_trouble(Side::Destination, to, &e))?;

        let listed = |e| self.io_trouble(Side::Source, from, &e);
        let mut entries = std::fs::read_dir(source)
            .map_err(listed)?
            .collect::<Result<Vec<_>, _>>()
            .map_err(listed)?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        let mut first = None;
        for entry in entries {
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                return Err(self.trouble(Side::Source, from, "INVALID_PATH_NAME", "a name is not UTF-8"));
            };
            let kind = entry
                .file_type()
                .map_err(|e| self.io_trouble(Side::Source, from, &e))?;
            if !rules::include(&self.plan.options.filter_rules, name, kind.is_dir()) {
                continue;
            }
            let (from, to) = (format!("{from}/{name}"), format!("{to}/{name}"));
            let done = if kind.is_dir() {
                self.folder(&entry.path(), &from, &to)
            } else if kind.is_file() {
                self.file(&entry.path(), &from, &to)
            } else {
                continue;
            };
            match done {
                Err(Halt::Stopped) => return Err(Halt::Stopped),
                Err(trouble) => first = first.or(Some(trouble)),
                Ok(()) => {}
            }
        }
        first.map_or(Ok(()), Err)
    }

    fn file(&mut self, source: &Path, from: &str, to: &str) -> Result<(), Halt> {
        self.stopped()?;
        if self.settled.contains(to) {
            return Ok(());
        }
        if self.counted.insert(to.to_owned()) {
            self.count(|counts| counts.files += 1);
        }
        if self.spoil == Some(Spoil::Skip) {
            self.spoil = None;
            let details = self.details(Side::Source, from, "permission denied");
            self.leave_out(from, to, "PERMISSION_DENIED", details);
            return Ok(());
        }
        let target = self
            .destination
            .entry(to)
            .map_err(|e| self.path_trouble(Side::Destination, to, &e))?;
        match self.copy(source, &target) {
            Ok(copy::Outcome::Copied { size, checksum }) => {
                let file = Delivered {
                    source: from.to_owned(),
                    destination: to.to_owned(),
                    size,
                    checksum,
                };
                let now = self.transfer.clock.now();
                self.change(|task| {
                    task.counts.files_transferred += 1;
                    task.delivered.push(file);
                    task.progressed(now);
                });
            }
            Ok(copy::Outcome::Equal) => self.count(|counts| counts.files_skipped += 1),
            Ok(copy::Outcome::Stopped) => return Err(Halt::Stopped),
            Err(CopyError { side, error }) => {
                let path = if side == Side::Source { from } else { to };
                let halt = match error {
                    copy::Fault::Io(e) => self.io_trouble(side, path, &e),
                    copy::Fault::Code(code, description) => self.trouble(side, path, code, description),
                };
                return self.skip(from, to, halt);
            }
        }
        self.settled.insert(to.to_owned());
        Ok(())
    }

    fn copy(&self, source: &Path, target: &Path) -> Result<copy::Outcome, CopyError> {
        let options = &self.plan.options;
        let host_off = self.clock_off;
        let (chunk, clock_off) = match self.spoil {
            Some(Spoil::Slow(rate)) => (usize::try_from(rate / 10).unwrap_or(usize::MAX).max(1), host_off),
            Some(Spoil::Skew(seconds)) => (copy::CHUNK, host_off.saturating_add(seconds)),
            _ => (copy::CHUNK, host_off),
        };
        let outcome = copy::sync(&copy::Order {
            source,
            target,
            suffix: &self.task_id,
            sync_level: options.sync_level,
            checksum: options.verify_checksum || options.sync_level == Some(3),
            keep_mtime: options.preserve_timestamp,
            clock_off,
            chunk: chunk.min(copy::CHUNK),
            stopped: &|| self.stopped().is_err(),
            sent: &|bytes| {
                self.count(|counts| counts.bytes_transferred += bytes);
                self.keep_pace(bytes);
            },
            hashed: &|bytes| self.count(|counts| counts.bytes_checksummed += bytes),
            arrives: &|| self.transfer.changes.note(&self.destination, &[target]),
        })?;
        if matches!(outcome, copy::Outcome::Copied { .. }) {
            match self.spoil {
                Some(Spoil::Corrupt) => copy::damage(target).map_err(CopyError::destination)?,
                Some(Spoil::Truncate) => copy::shorten(target).map_err(CopyError::destination)?,
                _ => {}
            }
        }
        Ok(outcome)
    }

    /// Waits, if the task is slow, until its bytes are due by the simulator's clock.
    fn keep_pace(&self, bytes: u64) {
        let Some(Spoil::Slow(rate)) = self.spoil else {
            return;
        };
        let clock = &self.transfer.clock;
        let (since, before) = self.paced.get().unwrap_or_else(|| (clock.now(), 0));
        let total = before + bytes;
        self.paced.set(Some((since, total)));
        let takes = i64::try_from(u128::from(total) * 1000 / u128::from(rate)).unwrap_or(i64::MAX);
        let due = TimeDelta::try_milliseconds(takes).and_then(|takes| since.checked_add_signed(takes));
        let due = due.unwrap_or(DateTime::<Utc>::MAX_UTC);
        while clock.now() < due && self.stopped().is_ok() {
            // A blocking thread cannot be woken by the clock: it looks at it again and again.
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// With `skip_source_errors`, notes an error of the source and goes on without the path.
    fn skip(&mut self, from: &str, to: &str, halt: Halt) -> Result<(), Halt> {
        let Halt::Trouble(Side::Source, trouble) = &halt else {
            return Err(halt);
        };
        let code = match trouble.code.as_str() {
            "FILE_NOT_FOUND" => "FILE_NOT_FOUND",
            "PERMISSION_DENIED" => "PERMISSION_DENIED",
            _ => return Err(halt),
        };
        if !self.plan.options.skip_source_errors {
            return Err(halt);
        }
        self.leave_out(from, to, code, trouble.details.clone());
        Ok(())
    }

    /// Goes on without a path, and notes it among the skipped.
    fn leave_out(&mut self, from: &str, to: &str, code: &'static str, details: String) {
        let skipped = Skipped {
            source: from.to_owned(),
            destination: to.to_owned(),
            code,
            details,
            time: self.transfer.clock.now(),
        };
        self.settled.insert(to.to_owned());
        self.change(|task| {
            task.counts.skipped_errors += 1;
            task.skipped.push(skipped);
        });
    }

    pub(crate) fn stopped(&self) -> Result<(), Halt> {
        if self.stop.load(Ordering::Relaxed) || self.transfer.shared.is_stopping() {
            return Err(Halt::Stopped);
        }
        Ok(())
    }

    pub(crate) fn count(&self, add: impl FnOnce(&mut Counts)) {
        self.change(|task| add(&mut task.counts));
    }

    fn change(&self, change: impl FnOnce(&mut Task)) {
        self.transfer.tasks.with(&self.task_id, change);
    }
}
