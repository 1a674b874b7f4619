//! `.env` files, as python-dotenv reads them, and the environment that results.
//!
//! The incumbent's tools read the same file, so a value must come out the same here, quotes, comments and `${…}`
//! included. One difference: a line that cannot be read is an error, where python-dotenv warns and goes on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fmt, io};

/// A line of a `.env` file cannot be read. The text is not shown: it may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct DotenvError {
    /// The line that the statement begins in, from 1.
    pub line: usize,
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
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The process environment and `env_file`; without one, `.env` in the current folder if there is one.
    /// Variables that are not UTF-8 are left out.
    ///
    /// # Errors
    /// The file is missing (if named), unreadable, or has a line that cannot be read.
    pub fn load(env_file: Option<&Path>) -> Result<Self, EnvironmentError> {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let process = Self::from_vars(std::env::vars_os().filter_map(text));
        let path = env_file.unwrap_or(Path::new(".env"));
        match std::fs::read_to_string(path) {
            Ok(content) => {
                let merged = process.with_dotenv(&content);
                merged.map_err(|error| EnvironmentError::Parse(path.to_owned(), error))
            }
            Err(error) if env_file.is_none() && error.kind() == io::ErrorKind::NotFound => Ok(process),
            Err(error) => Err(EnvironmentError::Read(path.to_owned(), error)),
        }
    }

    /// An environment of just these variables.
    pub fn from_vars(vars: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(vars.into_iter().collect())
    }

    /// Adds the variables of a `.env` text; those that are there already stay.
    ///
    /// # Errors
    /// As [`parse`].
    pub fn with_dotenv(mut self, text: &str) -> Result<Self, DotenvError> {
        for (name, value) in parse(text, |name| self.get(name))? {
            self.0.entry(name).or_insert(value);
        }
        Ok(self)
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A look-up for the clients' `from_vars`.
    pub fn lookup(&self) -> impl Fn(&str) -> Option<String> + '_ {
        |name| self.get(name).map(str::to_owned)
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The variables of a `.env` text in the order of their first mention, with `${NAME}` and `${NAME:-default}` expanded
/// from `process` first and then from the lines above. A name without `=` sets nothing.
///
/// # Errors
/// A line is no assignment, or a quote is not closed.
pub fn parse<'a>(
    text: &str,
    process: impl Fn(&str) -> Option<&'a str>,
) -> Result<Vec<(String, String)>, DotenvError> {
    // Python opens the file in text mode, where every kind of line end is read as \n, inside quotes too.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut reader = Reader { rest: &text };
    let mut found: Vec<(String, Option<String>)> = Vec::new();
    loop {
        reader.skip(space);
        if reader.rest.is_empty() {
            break;
        }
        let consumed = text.len() - reader.rest.len();
        let statement = reader.statement().map_err(|problem| DotenvError {
            line: text[..consumed].matches('\n').count() + 1,
            problem,
        })?;
        let Some((name, raw)) = statement else { continue };
        let value = raw.map(|raw| expand(&raw, &process, &found));
        match found.iter_mut().find(|(known, _)| *known == name) {
            Some(entry) => entry.1 = value,
            None => found.push((name, value)),
        }
    }
    let set = found.into_iter().filter_map(|(name, value)| Some((name, value?)));
    Ok(set.collect())
}

/// What Python's `\s` matches.
fn space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// The same within a line.
fn blank(c: char) -> bool {
    space(c) && c != '\n'
}

type Statement = Option<(String, Option<String>)>;

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// Takes the characters that `wanted` holds for.
    fn skip(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// One assignment or comment, up to and with the end of its line.
    fn statement(&mut self) -> Result<Statement, &'static str> {
        if let Some(after) = self
            .rest
            .strip_prefix("export")
            .filter(|after| after.starts_with(blank))
        {
            self.rest = after;
            self.skip(blank);
        }
        let statement = if self.rest.starts_with('#') {
            None
        } else {
            Some(self.assignment()?)
        };
        self.skip(blank);
        if self.rest.starts_with('#') {
            self.skip(|c| c != '\n');
        }
        match self.rest.strip_prefix('\n') {
            Some(rest) => self.rest = rest,
            None if self.rest.is_empty() => {}
            None => return Err("something follows the name or the closing quote; expected NAME=value"),
        }
        Ok(statement)
    }

    fn assignment(&mut self) -> Result<(String, Option<String>), &'static str> {
        let name = self.name()?.to_owned();
        self.skip(blank);
        let Some(after) = self.rest.strip_prefix('=') else {
            return Ok((name, None));
        };
        self.rest = after;
        let spaced = !self.skip(blank).is_empty();
        // `NAME= # comment` is empty, `NAME=#1` is not.
        let value = if spaced && self.rest.starts_with('#') {
            String::new()
        } else {
            self.value()?
        };
        if value.contains('\0') {
            return Err("the value has a NUL character");
        }
        Ok((name, Some(value)))
    }

    fn name(&mut self) -> Result<&'a str, &'static str> {
        let name = if let Some(quoted) = self.rest.strip_prefix('\'') {
            let end = quoted.find('\'').ok_or("the name's quote is not closed")?;
            self.rest = &quoted[end + 1..];
            &quoted[..end]
        } else {
            self.skip(|c| c != '=' && c != '#' && !space(c))
        };
        if name.is_empty() {
            return Err("there is no name before the =");
        }
        Ok(name)
    }

    fn value(&mut self) -> Result<String, &'static str> {
        if let Some(quote @ ('\'' | '"')) = self.rest.chars().next() {
            return self.quoted(quote);
        }
        let line = self.skip(|c| c != '\n');
        let comment = |(at, _): &(usize, &str)| line[..*at].ends_with(space);
        let end = line
            .match_indices('#')
            .find(comment)
            .map_or(line.len(), |(at, _)| at);
        Ok(line[..end].trim_end_matches(space).to_owned())
    }

    /// A quoted value; it may go over several lines.
    fn quoted(&mut self, quote: char) -> Result<String, &'static str> {
        let mut value = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.rest = &self.rest[at + 1..];
                return Ok(value);
            }
            if c != '\\' {
                value.push(c);
                continue;
            }
            let Some((_, escaped)) = chars.next() else { break };
            match unescape(quote, escaped) {
                Some(c) => value.push(c),
                None => value.extend(['\\', escaped]),
            }
        }
        Err("the value's quote is not closed")
    }
}

/// What a backslash and `c` stand for inside `quote`; `None` if the backslash stays.
fn unescape(quote: char, c: char) -> Option<char> {
    Some(match c {
        '\\' | '\'' => c,
        _ if quote == '\'' => return None,
        '"' => '"',
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        _ => return None,
    })
}

/// Expands `${NAME}` and `${NAME:-default}`; the default counts only if the name is nowhere, an empty value is a value.
fn expand<'a>(
    value: &str,
    process: &impl Fn(&str) -> Option<&'a str>,
    above: &[(String, Option<String>)],
) -> String {
    substitute(value, |text| {
        let (name, default, length) = reference(text)?;
        let known = above.iter().find(|(known, _)| known == name);
        let value = match (process(name), known) {
            (Some(value), _) => value,
            (None, Some((_, value))) => value.as_deref().unwrap_or_default(),
            (None, None) => default,
        };
        Some((value.to_owned(), length))
    })
}

/// Puts values in the place of references. `value_at` is given the rest of the text from each `$` on, and answers with
/// the value and the length of the reference, or with nothing if there is none. A value is not looked at again.
pub(crate) fn substitute(text: &str, mut value_at: impl FnMut(&str) -> Option<(String, usize)>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let (value, length) = value_at(&rest[at..]).unwrap_or_else(|| ("$".to_owned(), 1));
        out.push_str(&value);
        rest = &rest[at + length..];
    }
    out + rest
}

/// Name, default and length of the reference that `text` begins with.
fn reference(text: &str) -> Option<(&str, &str, usize)> {
    let inner = text.strip_prefix("${")?;
    let name = &inner[..inner.find(['}', ':'])?];
    let after = &inner[name.len()..];
    if after.starts_with('}') {
        return Some((name, "", name.len() + 3));
    }
    let default = after.strip_prefix(":-")?;
    let default = &default[..default.find('}')?];
    Some((name, default, name.len() + default.len() + 5))
}

#[cfg(test)]
mod tests;
