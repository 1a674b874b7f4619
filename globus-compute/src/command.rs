//! Commands on the endpoint's machine.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Arguments, Error, Function, Result};

/// The function that runs a command. It needs nothing beside itself, so every release of the endpoint can run it.
const SOURCE: &str = include_str!("command.py");
const NAME: &str = "run_command";
/// The characters kept of each output, from its end.
const KEPT: usize = 100_000;

/// A command that a worker of the endpoint runs, with its arguments as a list: no shell looks at them.
///
/// ```
/// use std::time::Duration;
/// use globus_compute::Command;
/// let reconstruct = Command::new("python3").args(["recon.py", "a scan's name.h5"]).cwd("/data").timeout(Duration::from_secs(1200));
/// # let _ = reconstruct;
/// ```
///
/// The time limit is kept by the worker: the command's whole process group is killed. Nothing can stop a task from
/// outside, so a command without a limit runs as long as it likes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a command does nothing until it is submitted"]
pub struct Command {
    argv: Vec<String>,
    cwd: Option<String>,
    env: Vec<(String, String)>,
    timeout: Option<Duration>,
    kept: usize,
}

impl Command {
    /// The program, by name or path.
    pub fn new(program: impl Into<String>) -> Self {
        Self {
            argv: vec![program.into()],
            cwd: None,
            env: Vec::new(),
            timeout: None,
            kept: KEPT,
        }
    }

    /// A line for `/bin/sh`.
    pub fn shell(line: impl Into<String>) -> Self {
        Self::new("/bin/sh").arg("-c").arg(line)
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.argv.push(arg.into());
        self
    }

    /// Adds arguments.
    pub fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.argv.extend(args.into_iter().map(Into::into));
        self
    }

    /// The folder to run it in. Without it, that of the worker.
    pub fn cwd(mut self, cwd: impl Into<String>) -> Self {
        self.cwd = Some(cwd.into());
        self
    }

    /// Sets a variable of its environment, which is the worker's otherwise.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// How long it may run. Then it is killed with all processes that it has started.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How many characters of each output are kept, from its end; default 100,000. All of a result together has at most
    /// 10 MB.
    pub fn keep_output(mut self, characters: usize) -> Self {
        self.kept = characters;
        self
    }

    /// The function that runs commands.
    ///
    /// # Errors
    /// None: its source is part of this crate.
    pub fn function() -> Result<Function> {
        Ok(Function::from_source(NAME, SOURCE)?.description("Runs a command, with its arguments as a list"))
    }

    /// What that function is called with for this command.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the program's name is empty, or something has a NUL character,
    /// which no system takes.
    pub fn arguments(&self) -> Result<Arguments> {
        let env = self.env.iter().flat_map(|(name, value)| [name, value]);
        let mut texts = self.argv.iter().chain(self.cwd.iter()).chain(env);
        if let Some(text) = texts.find(|text| text.contains('\0')) {
            return Err(Error::config(format!("{text:?} contains a NUL character")));
        }
        if self.argv.first().is_none_or(String::is_empty) {
            return Err(Error::config("the command has no program"));
        }
        let env: serde_json::Map<String, serde_json::Value> = self
            .env
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect();
        Ok(Arguments::new()
            .arg(&self.argv)
            .kwarg("cwd", &self.cwd)
            .kwarg("env", env)
            .kwarg("timeout", self.timeout.map(|timeout| timeout.as_secs_f64()))
            .kwarg("keep", self.kept))
    }
}

/// How a command ended and what it printed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct CommandOutput {
    /// Its exit status; the negative number of the signal if one ended it.
    pub returncode: i64,
    /// The end of what it printed. Bytes that are no UTF-8 are replaced.
    pub stdout: String,
    /// The end of what it printed as errors.
    pub stderr: String,
    /// Whether it was killed because its time was up.
    pub timed_out: bool,
    /// How long it ran, in seconds.
    pub seconds: Option<f64>,
}

impl CommandOutput {
    /// Whether it ended by itself with status 0.
    pub fn is_success(&self) -> bool {
        self.returncode == 0 && !self.timed_out
    }

    /// The last lines of what it printed as errors, or else of what it printed: for messages.
    pub fn tail(&self, lines: usize) -> String {
        let text = if self.stderr.trim().is_empty() {
            &self.stdout
        } else {
            &self.stderr
        };
        let all: Vec<&str> = text.trim_end().lines().collect();
        all.get(all.len().saturating_sub(lines)..)
            .unwrap_or_default()
            .join("\n")
    }
}
