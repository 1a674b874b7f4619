//! `.env` files, as python-dotenv reads them, and the environment that results.
//!
//! The incumbent's tools read the same file, so a value must come out the same here, quotes, comments and `${…}`
//! included. One difference: a line that cannot be read is an error, where python-dotenv warns and goes on.

mod parse;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{fmt, io};

use crate::Place;

/// The file that is read where none is named.
const DEFAULT_FILE: &str = ".env";

/// A line of a `.env` file cannot be read. The text is not shown: it may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct DotenvError {
    /// The line that the statement begins in, from 1.
    pub line: u64,
    /// The column that it begins in, in characters from 1.
    pub column: u64,
    /// What is wrong.
    pub problem: &'static str,
}

/// The environment cannot be read. Messages are complete in one line (no cause behind them).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvironmentError {
    /// The file cannot be opened, or is not UTF-8.
    #[error("the environment file {} cannot be read (check --env-file): {}", .0.display(), .1)]
    Read(PathBuf, io::Error),
    /// A line is wrong.
    #[error("the environment file {} cannot be understood: {}", .0.display(), .1)]
    Parse(PathBuf, DotenvError),
}

/// The process environment and `.env` together; what the process has wins. Its Debug shows names only.
#[derive(Clone, Default)]
pub struct Environment {
    values: BTreeMap<String, String>,
    /// The names that the `.env` file sets, and where if it is the file's value that counts.
    places: BTreeMap<String, Option<Place>>,
}

impl Environment {
    /// The process environment and `env_file`; without one, `.env` in the current folder if there is one.
    /// Variables that are not UTF-8 are left out.
    ///
    /// # Errors
    /// The file is missing (if named), unreadable, or has a line that cannot be read.
    pub fn load(env_file: Option<&Path>) -> Result<Self, EnvironmentError> {
        let (environment, errors) = Self::inspect(env_file)?;
        match errors.into_iter().next() {
            None => Ok(environment),
            Some(error) => {
                let path = env_file.unwrap_or(Path::new(DEFAULT_FILE)).to_owned();
                Err(EnvironmentError::Parse(path, error))
            }
        }
    }

    /// As [`Environment::load`], but goes on after a line that cannot be read: what can be, and every error.
    ///
    /// # Errors
    /// The file is missing (if named) or unreadable.
    pub fn inspect(env_file: Option<&Path>) -> Result<(Self, Vec<DotenvError>), EnvironmentError> {
        let process = Self::from_process();
        let path = env_file.unwrap_or(Path::new(DEFAULT_FILE));
        match std::fs::read_to_string(path) {
            Ok(content) => Ok(process.merged(&content, &path.display().to_string())),
            Err(error) if env_file.is_none() && error.kind() == io::ErrorKind::NotFound => {
                Ok((process, Vec::new()))
            }
            Err(error) => Err(EnvironmentError::Read(path.to_owned(), error)),
        }
    }

    /// The process environment alone.
    pub fn from_process() -> Self {
        let text =
            |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        Self::from_vars(std::env::vars_os().filter_map(text))
    }

    /// An environment of just these variables.
    pub fn from_vars(vars: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            values: vars.into_iter().collect(),
            places: BTreeMap::new(),
        }
    }

    /// Adds the variables of a `.env` text; those that are there already stay. `${NAME}` and `${NAME:-default}` are
    /// expanded from those that are there first, and then from the lines above. A name without `=` sets nothing.
    ///
    /// # Errors
    /// A line is no assignment, or a quote is not closed.
    pub fn with_dotenv(self, text: &str) -> Result<Self, DotenvError> {
        let (merged, errors) = self.merged(text, DEFAULT_FILE);
        errors.into_iter().next().map_or(Ok(merged), Err)
    }

    fn merged(mut self, text: &str, file: &str) -> (Self, Vec<DotenvError>) {
        let read = parse::variables(text, &self);
        for (name, variable) in read.variables {
            let (line, column) = variable.position;
            let place = Place {
                file: file.to_owned(),
                line,
                column,
            };
            let counts = !self.values.contains_key(&name);
            self.places.insert(name.clone(), counts.then_some(place));
            if let Some(value) = variable.value {
                self.values.entry(name).or_insert(value);
            }
        }
        (self, read.errors)
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Where the `.env` file sets a variable; nothing for one that comes from the process.
    pub fn place(&self, name: &str) -> Option<&Place> {
        self.places.get(name)?.as_ref()
    }

    /// The names that the `.env` file sets, those that the process has too included.
    pub fn file_names(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// A look-up for the clients' `from_vars`.
    pub fn lookup(&self) -> impl Fn(&str) -> Option<String> + '_ {
        |name| self.get(name).map(str::to_owned)
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

#[cfg(test)]
mod tests;
