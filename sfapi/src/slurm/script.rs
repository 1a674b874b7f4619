//! Job scripts.

use std::time::Duration;

use super::command::Command;
use super::fence::Fence;
use super::output::OutputPaths;
use super::time::{check_within, format_time, longest_time};
use crate::{Error, JobId, Result};

/// The longest name of a job that Slurm's accounting keeps whole is 255 bytes.
const LONGEST_NAME: usize = 200;

/// A job script for `sbatch`: directives, then commands. What is wrong comes out at [`text`](Self::text).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a script does nothing until it is submitted"]
pub struct Script {
    name: String,
    directives: Vec<(String, Option<String>)>,
    qos: Option<String>,
    time: Option<Duration>,
    longest: Option<Duration>,
    output: Option<String>,
    error: Option<String>,
    fence: Option<Fence>,
    body: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Command(Command),
    Line(String),
}

impl Script {
    /// A script for a job of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            directives: Vec::new(),
            qos: None,
            time: None,
            longest: None,
            output: None,
            error: None,
            fence: None,
            body: Vec::new(),
        }
    }

    fn set(mut self, option: &str, value: impl Into<String>) -> Self {
        self.directives.retain(|(known, _)| known != option);
        self.directives.push((option.to_owned(), Some(value.into())));
        self
    }

    /// The quality of service, such as `regular`, `debug` or `realtime`.
    pub fn qos(mut self, qos: impl Into<String>) -> Self {
        let qos = qos.into();
        self.qos = Some(qos.clone());
        self.set("qos", qos)
    }

    /// The account that pays.
    pub fn account(self, account: impl Into<String>) -> Self {
        self.set("account", account)
    }

    /// The kind of node, `cpu` or `gpu`, or a list of features.
    pub fn constraint(self, constraint: impl Into<String>) -> Self {
        self.set("constraint", constraint)
    }

    /// How many nodes.
    pub fn nodes(self, nodes: u32) -> Self {
        self.set("nodes", nodes.to_string())
    }

    /// How many tasks on each node.
    pub fn tasks_per_node(self, tasks: u32) -> Self {
        self.set("ntasks-per-node", tasks.to_string())
    }

    /// How many CPUs for each task.
    pub fn cpus_per_task(self, cpus: u32) -> Self {
        self.set("cpus-per-task", cpus.to_string())
    }

    /// How many GPUs in all.
    pub fn gpus(self, gpus: u32) -> Self {
        self.set("gpus", gpus.to_string())
    }

    /// How many GPUs for each task.
    pub fn gpus_per_task(self, gpus: u32) -> Self {
        self.set("gpus-per-task", gpus.to_string())
    }

    /// How long it may run. More than the qos allows is refused where that is documented, see
    /// [`longest_time`](super::longest_time).
    pub fn time(mut self, time: Duration) -> Self {
        self.time = Some(time);
        self.set("time", format_time(time))
    }

    /// How long the qos allows, where it is not the documented time.
    pub fn longest(mut self, time: Duration) -> Self {
        self.longest = Some(time);
        self
    }

    /// Has its nodes to itself.
    pub fn exclusive(mut self) -> Self {
        self.directives.retain(|(known, _)| known != "exclusive");
        self.directives.push(("exclusive".to_owned(), None));
        self
    }

    /// Where standard output goes; `%x` is the job's name, `%j` its id.
    pub fn output(mut self, pattern: impl Into<String>) -> Self {
        let pattern = pattern.into();
        self.output = Some(pattern.clone());
        self.set("output", pattern)
    }

    /// Where errors go; without it where standard output goes.
    pub fn error(mut self, pattern: impl Into<String>) -> Self {
        let pattern = pattern.into();
        self.error = Some(pattern.clone());
        self.set("error", pattern)
    }

    /// Any other option of `sbatch`, by its long name without dashes.
    pub fn option(self, option: &str, value: impl Into<String>) -> Self {
        self.set(option, value)
    }

    /// Begins with a fence.
    pub fn fence(mut self, fence: Fence) -> Self {
        self.fence = Some(fence);
        self
    }

    /// Adds a command.
    pub fn command(mut self, command: Command) -> Self {
        self.body.push(Part::Command(command));
        self
    }

    /// Adds a line of shell as it is. It must come from the program or its configuration, never from data.
    pub fn shell_line(mut self, line: impl Into<String>) -> Self {
        self.body.push(Part::Line(line.into()));
        self
    }

    /// The job's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The pattern of standard output.
    pub fn output_pattern(&self) -> Option<&str> {
        self.output.as_deref()
    }

    /// The pattern of errors.
    pub fn error_pattern(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// The files that a job of this script writes to.
    pub fn output_paths(&self, id: &JobId, user: Option<&str>) -> OutputPaths {
        OutputPaths::of(
            self.output.as_deref(),
            self.error.as_deref(),
            id,
            &self.name,
            user,
        )
    }

    /// The script's text.
    ///
    /// # Errors
    /// `Config` for a time of 0 or beyond the qos, a value that is empty or holds NUL, a newline or another control
    /// character, and whatever a command refuses.
    pub fn text(&self) -> Result<String> {
        self.check_time()?;
        let mut text = "#!/bin/bash\n".to_owned();
        let name = ("job-name".to_owned(), Some(self.name.clone()));
        for (option, value) in std::iter::once(&name).chain(&self.directives) {
            text.push_str(&directive(option, value.as_deref())?);
        }
        if let Some(fence) = &self.fence {
            text.push_str(&fence.lines()?);
        }
        for part in &self.body {
            match part {
                Part::Command(command) => text.push_str(command.line()?.as_str()),
                Part::Line(line) => text.push_str(check_line(line)?),
            }
            text.push('\n');
        }
        Ok(text)
    }

    fn check_time(&self) -> Result<()> {
        let Some(time) = self.time else { return Ok(()) };
        let qos = self.qos.as_deref().unwrap_or_default();
        check_within(qos, self.longest.or_else(|| longest_time(qos)), time)
    }
}

/// A line for `sbatch`, which splits words at blanks but in quotes (a backslash does not keep a blank), takes `#` for a
/// comment, and in double quotes a backslash before `"` and `\` for these.
fn directive(option: &str, value: Option<&str>) -> Result<String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if option.is_empty() || !option.chars().all(plain) {
        return Err(Error::config(format!(
            "{option:?} is not the name of an option of sbatch"
        )));
    }
    let Some(value) = value else {
        return Ok(format!("#SBATCH --{option}\n"));
    };
    let problem = |what: &str| Err(Error::config(format!("--{option}={value:?} {what}")));
    if value.is_empty() {
        return problem("is empty");
    }
    if value.chars().any(char::is_control) {
        return problem(
            "holds a NUL, newline or another control character, and cannot stand in a job script",
        );
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./%:,+=@".contains(c);
    if value.chars().all(plain) {
        return Ok(format!("#SBATCH --{option}={value}\n"));
    }
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
    Ok(format!("#SBATCH --{option}=\"{escaped}\"\n"))
}

fn check_line(line: &str) -> Result<&str> {
    let problem = |what: &str| Err(Error::config(format!("the script line {line:?} {what}")));
    if line.contains(['\0', '\n']) {
        return problem("holds a NUL or newline");
    }
    if line.trim_start().starts_with("#SBATCH") {
        return problem("is a directive: set it as an option");
    }
    Ok(line)
}

/// A name for a job by which it can be found again: what it is about, its step, and its run. Characters that could
/// mean something to Slurm become `_`; what it is about is cut where the whole would be too long.
pub fn job_name(about: &str, step: &str, run_id: &str) -> String {
    let plain = |text: &str| -> String {
        let keep = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '@');
        text.chars().map(|c| if keep(c) { c } else { '_' }).collect()
    };
    let end = format!(".{}.{}", plain(step), plain(run_id));
    let about = plain(about);
    let room = LONGEST_NAME.saturating_sub(end.len());
    let about = about.get(..room.min(about.len())).unwrap_or_default();
    format!("{about}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_quoted_for_sbatch() {
        let odd = directive("comment", Some("a b#c'd\\e \"f\"")).unwrap();
        assert_eq!(odd, "#SBATCH --comment=\"a b#c'd\\\\e \\\"f\\\"\"\n");
        assert_eq!(
            directive("output", Some("/l/%x_%j.out")).unwrap(),
            "#SBATCH --output=/l/%x_%j.out\n"
        );
        for (option, value) in [
            ("comment", ""),
            ("comment", "a\nb"),
            ("comment", "\0"),
            ("a b", "x"),
            ("", "x"),
            ("a=b", "x"),
        ] {
            assert!(directive(option, Some(value)).is_err(), "{option} {value:?}");
        }
    }

    #[test]
    fn a_time_of_nothing_or_beyond_the_qos_is_refused() {
        let script = |qos: &str, seconds| {
            Script::new("x")
                .qos(qos)
                .time(Duration::from_secs(seconds))
                .text()
        };
        assert!(script("debug", 0).unwrap_err().to_string().contains("no limit"));
        let error = script("debug", 1801).unwrap_err().to_string();
        assert!(
            error.contains("0:30:01") && error.contains("0:30:00") && error.contains("debug"),
            "{error}"
        );
        script("debug", 1800).unwrap();
        script("realtime", 360_000).unwrap();
        let own = Script::new("x")
            .qos("realtime")
            .longest(Duration::from_secs(60))
            .time(Duration::from_secs(61));
        assert!(own.text().is_err());
    }

    #[test]
    fn a_name_carries_step_and_run() {
        assert_eq!(job_name("tomo/a b", "recon", "4f"), "tomo_a_b.recon.4f");
        let long = job_name(&"x".repeat(300), "recon", "4f");
        assert!(
            long.len() == LONGEST_NAME && long.ends_with(".recon.4f"),
            "{long}"
        );
    }

    #[test]
    fn a_setter_used_again_takes_the_place_of_the_first() {
        let text = Script::new("x")
            .nodes(1)
            .nodes(2)
            .exclusive()
            .exclusive()
            .text()
            .unwrap();
        assert_eq!(
            text,
            "#!/bin/bash\n#SBATCH --job-name=x\n#SBATCH --nodes=2\n#SBATCH --exclusive\n"
        );
    }
}
