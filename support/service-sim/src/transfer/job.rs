//! One task's work on the file system. Runs on blocking threads, round by round until nothing is left.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::copy::{self, CopyError, Side};
use super::task::{Counts, Delivered, Item, Kind, Plan, Skipped, Task, Trouble};
use super::tree::{PathError, Tree};
use super::{Transfer, delete, rules};

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
    transfer: Arc<Transfer>,
    task_id: String,
    pub(crate) plan: Arc<Plan>,
    pub(crate) source: Tree,
    destination: Tree,
    stop: Arc<AtomicBool>,
    /// Whether copied files are damaged afterwards.
    pub(crate) corrupt: bool,
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
        Some(Self {
            transfer: Arc::clone(transfer),
            task_id: task_id.to_owned(),
            plan,
            source,
            destination,
            stop,
            corrupt: false,
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
                    self.count(|counts| counts.succeeded += 1);
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
                self.change(|task| {
                    task.counts.files_transferred += 1;
                    task.delivered.push(file);
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
        let outcome = copy::sync(&copy::Order {
            source,
            target,
            suffix: &self.task_id,
            sync_level: options.sync_level,
            checksum: options.verify_checksum || options.sync_level == Some(3),
            keep_mtime: options.preserve_timestamp,
            stopped: &|| self.stopped().is_err(),
            sent: &|bytes| self.count(|counts| counts.bytes_transferred += bytes),
            hashed: &|bytes| self.count(|counts| counts.bytes_checksummed += bytes),
        })?;
        if self.corrupt && matches!(outcome, copy::Outcome::Copied { .. }) {
            copy::damage(target).map_err(CopyError::destination)?;
        }
        Ok(outcome)
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
        let time = self.transfer.shared.clock.now();
        let details = trouble.details.clone();
        let skipped = Skipped {
            source: from.to_owned(),
            destination: to.to_owned(),
            code,
            details,
            time,
        };
        self.settled.insert(to.to_owned());
        self.change(|task| {
            task.counts.skipped_errors += 1;
            task.skipped.push(skipped);
        });
        Ok(())
    }

    /// The trouble that a fault feigns, about the first item.
    pub(crate) fn simulated_trouble(&self, code: &str) -> Trouble {
        let path = self.plan.items.first().map_or("", |item| item.source.as_str());
        let description = code.to_lowercase().replace('_', " ");
        Trouble {
            code: code.to_owned(),
            details: self.details(Side::Source, path, &description),
            description,
        }
    }

    pub(crate) fn path_trouble(&self, side: Side, path: &str, error: &PathError) -> Halt {
        match error {
            PathError::Escapes => self.trouble(side, path, "PERMISSION_DENIED", "permission denied"),
            PathError::Invalid(why) => self.trouble(side, path, "INVALID_PATH_NAME", why),
            PathError::Io(e) => self.io_trouble(side, path, e),
        }
    }

    pub(crate) fn io_trouble(&self, side: Side, path: &str, error: &std::io::Error) -> Halt {
        use std::io::ErrorKind;
        let (code, description) = match error.kind() {
            ErrorKind::NotFound => ("FILE_NOT_FOUND", "file not found"),
            ErrorKind::PermissionDenied => ("PERMISSION_DENIED", "permission denied"),
            ErrorKind::IsADirectory => ("IS_A_DIRECTORY", "is a directory"),
            ErrorKind::NotADirectory | ErrorKind::AlreadyExists => ("NOT_A_DIRECTORY", "not a directory"),
            ErrorKind::StorageFull => ("NO_SPACE_LEFT", "no space left"),
            ErrorKind::QuotaExceeded => ("QUOTA_EXCEEDED", "quota exceeded"),
            ErrorKind::InvalidFilename => ("INVALID_PATH_NAME", "invalid path name"),
            _ => ("ENDPOINT_ERROR", "endpoint error"),
        };
        self.trouble(side, path, code, description)
    }

    pub(crate) fn trouble(&self, side: Side, path: &str, code: &str, description: &str) -> Halt {
        let details = self.details(side, path, description);
        Halt::Trouble(
            side,
            Trouble {
                code: code.to_owned(),
                description: description.to_owned(),
                details,
            },
        )
    }

    fn details(&self, side: Side, path: &str, description: &str) -> String {
        let uuid = match (side, &self.plan.destination) {
            (Side::Destination, Some(uuid)) => uuid,
            _ => &self.plan.source,
        };
        let name = self
            .transfer
            .collection(uuid)
            .map_or("", |collection| collection.key());
        format!("Endpoint: {name} ({uuid})\nPath: {path}\nMessage: {description}")
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
