//! Commands whose arguments are data.

use crate::{Error, Result};

/// A program and its arguments. Each is one word for the shell, whatever it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a command does nothing until it stands in a script"]
pub struct Command {
    words: Vec<Word>,
    or_exit: Option<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    Value(String),
    /// Words that were quoted before.
    Line(Line),
}

/// A line of quoted words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line(String);

impl Line {
    /// The line as the shell reads it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Command {
    /// A program.
    pub fn new(program: impl Into<String>) -> Self {
        Self {
            words: vec![Word::Value(program.into())],
            or_exit: None,
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.words.push(Word::Value(arg.into()));
        self
    }

    /// Adds arguments.
    pub fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.words
            .extend(args.into_iter().map(|arg| Word::Value(arg.into())));
        self
    }

    /// Adds the words of another command, as arguments: `srun` before what it runs.
    pub fn words(mut self, line: Line) -> Self {
        self.words.push(Word::Line(line));
        self
    }

    /// Adds one argument that holds another command for a shell to read: the text of `bash -c`.
    ///
    /// # Errors
    /// As for [`line`](Self::line).
    pub fn shell_text(self, command: &Command) -> Result<Self> {
        let line = command.line()?;
        Ok(self.arg(line.0))
    }

    /// Ends the script with this exit code if the command fails.
    pub fn or_exit(mut self, code: u8) -> Self {
        self.or_exit = Some(code);
        self
    }

    /// The command as a line of a script.
    ///
    /// # Errors
    /// `Config` when a word holds NUL or a newline.
    pub fn line(&self) -> Result<Line> {
        let words = self.words.iter().map(|word| match word {
            Word::Value(value) => quote(value),
            Word::Line(line) => Ok(line.0.clone()),
        });
        let line = words.collect::<Result<Vec<_>>>()?.join(" ");
        let line = match self.or_exit {
            Some(code) => format!("{line} || exit {code}"),
            None => line,
        };
        Ok(Line(line))
    }
}

/// The value as one word for a POSIX shell.
///
/// # Errors
/// `Config` when it holds NUL, which no argument can, or a newline, which a script's line cannot.
pub fn quote(value: &str) -> Result<String> {
    let problem = |what: &str| {
        Error::config(format!(
            "{value:?} holds {what}, and cannot stand in a job script"
        ))
    };
    if value.contains('\n') {
        return Err(problem("a newline"));
    }
    let quoted = shlex::try_quote(value).map_err(|_| problem("a NUL character"))?;
    Ok(quoted.into_owned())
}
