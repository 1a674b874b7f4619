//! The grammar of `.env` files.

use std::collections::BTreeMap;

use super::{DotenvError, Environment};
use crate::expand::substitute;

/// A name, and its value if a `=` follows it.
type Assignment = (String, Option<String>);

/// How much references may add to one value, in bytes. The longest value that a process can be given is 128 KiB.
const LONGEST_EXPANSION: usize = 1 << 20;

/// What a `.env` text holds.
#[derive(Default)]
pub(super) struct Read {
    pub(super) variables: BTreeMap<String, Variable>,
    /// The lines that cannot be read.
    pub(super) errors: Vec<DotenvError>,
}

impl Read {
    fn note(&mut self, position: (u64, u64), problem: &'static str) {
        let (line, column) = position;
        self.errors.push(DotenvError {
            line,
            column,
            problem,
        });
    }
}

/// What a line says of a name.
pub(super) struct Variable {
    /// Line and column of the statement, from 1.
    pub(super) position: (u64, u64),
    /// Nothing for a name without `=`.
    pub(super) value: Option<String>,
}

/// The variables that `text` sets. References are expanded from `process` first and then from the lines above. Goes on
/// behind a line that cannot be read, as python-dotenv does.
pub(super) fn variables(text: &str, process: &Environment) -> Read {
    // Python opens the file in text mode, where every kind of line end is read as \n, inside quotes too.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut reader = Reader { rest: &text };
    let mut read = Read::default();
    loop {
        reader.skip(space);
        if reader.rest.is_empty() {
            return read;
        }
        let position = position(&text[..text.len() - reader.rest.len()]);
        match reader.statement() {
            Ok(None) => {}
            Ok(Some((name, raw))) => {
                match raw.map(|raw| expand(&raw, process, &read.variables)).transpose() {
                    Ok(value) => {
                        read.variables.insert(name, Variable { position, value });
                    }
                    Err(problem) => read.note(position, problem),
                }
            }
            Err(problem) => {
                read.note(position, problem);
                reader.skip(|c| c != '\n');
            }
        }
    }
}

/// Line and column behind `text`.
fn position(text: &str) -> (u64, u64) {
    let line = text.rsplit('\n').next().unwrap_or_default();
    let counted = |n: usize| u64::try_from(n).unwrap_or(u64::MAX).saturating_add(1);
    (counted(text.matches('\n').count()), counted(line.chars().count()))
}

/// Expands `${NAME}` and `${NAME:-default}`; the default counts only if the name is nowhere, an empty value is a value.
/// Lines that double the one above make terabytes of a kilobyte, so there is a limit.
fn expand(
    value: &str,
    process: &Environment,
    above: &BTreeMap<String, Variable>,
) -> Result<String, &'static str> {
    let mut room = Some(LONGEST_EXPANSION);
    let expanded = substitute(value, |text| {
        let (name, default, length) = reference(text)?;
        let value = match (process.get(name), above.get(name)) {
            (Some(value), _) => value,
            (None, Some(above)) => above.value.as_deref().unwrap_or_default(),
            (None, None) => default,
        };
        room = room?.checked_sub(value.len());
        room.map(|_| (value, length))
    });
    room.map(|_| expanded)
        .ok_or("the value is too long once its ${…} are put in")
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

/// What Python's `\s` matches.
fn space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// The same within a line.
fn blank(c: char) -> bool {
    space(c) && c != '\n'
}

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

    /// Whether `wanted` comes next; it is taken then.
    fn take(&mut self, wanted: char) -> bool {
        let after = self.rest.strip_prefix(wanted);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    /// One assignment or comment, up to and with the end of its line.
    fn statement(&mut self) -> Result<Option<Assignment>, &'static str> {
        if let Some(after) = self.rest.strip_prefix("export")
            && after.starts_with(blank)
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
        if !self.rest.is_empty() && !self.take('\n') {
            return Err("something follows the name or the closing quote; expected NAME=value");
        }
        Ok(statement)
    }

    fn assignment(&mut self) -> Result<Assignment, &'static str> {
        let name = self.name()?.to_owned();
        self.skip(blank);
        if !self.take('=') {
            return Ok((name, None));
        }
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
