//! One mapping of a document, and what is asked of it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::Value;

use crate::document::{Document, dotted};
use crate::duration::duration;
use crate::expand::{expand, reference};
use crate::node::{Key, Kind, Node, Position};
use crate::setting::{Setting, UnsetVariable};

/// A mapping of a [`Document`]; empty where the key has no value, or is absent.
///
/// A key that is absent or has no value (`key:`) reads as `None`. One whose value is of the wrong kind is a mistake of
/// the document and reads as `None` too, so that reading goes on.
pub struct Section<'d> {
    document: &'d Document<'d>,
    path: String,
    position: Position,
    entries: &'d [(Key, Node)],
}

impl fmt::Debug for Section<'_> {
    /// Never a value: it may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Section({})", self.path)
    }
}

impl<'d> Section<'d> {
    pub(crate) fn new(
        document: &'d Document<'d>,
        path: String,
        position: Position,
        entries: &'d [(Key, Node)],
    ) -> Self {
        Self {
            document,
            path,
            position,
            entries,
        }
    }

    /// The keys, each once, in the order of the file.
    pub fn keys(&self) -> Vec<&'d str> {
        let mut keys: Vec<&str> = Vec::new();
        for (key, _) in self.entries {
            if !keys.contains(&key.name.as_str()) {
                keys.push(&key.name);
            }
        }
        keys
    }

    /// The mapping below a key; empty if it is absent, and a mistake if it is something else.
    pub fn section(&self, name: &str) -> Self {
        match self.find(name) {
            Some((_, node)) => self.document.section_of(self.dotted(name), node),
            None => Self::new(self.document, self.dotted(name), self.position, &[]),
        }
    }

    /// The text below a key. A variable in it that is not set is an error when the text is used, and not before.
    pub fn setting(&self, name: &str) -> Option<Setting> {
        let (position, written) = self.text(name)?;
        Some(self.expanded(&self.dotted(name), position, written))
    }

    /// As [`Section::setting`]; a mistake where there is none.
    pub fn required(&self, name: &str) -> Setting {
        self.setting(name).unwrap_or_else(|| {
            self.missing(name);
            Setting::default()
        })
    }

    /// As [`Section::required`], for a secret. A `$` inside one is most likely part of it, and an error naming the
    /// "variable" would give it away: only a text that is nothing but a reference counts as one.
    pub fn required_secret(&self, name: &str) -> Setting {
        let mut setting = self.required(name);
        let written = self.text(name).map_or("", |(_, written)| written);
        if reference(written).is_none_or(|(_, length)| length != written.len()) {
            setting.unset = None;
        }
        setting
    }

    /// What `read` makes of the text below a key; where it makes nothing of it, that is a mistake: `problem` says what
    /// the value must be, going on after the key.
    pub fn parsed<T>(&self, name: &str, problem: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let (position, written) = self.text(name)?;
        self.parse(&self.dotted(name), position, written, problem, read)
    }

    /// As [`Section::parsed`], for each item of the list below a key. What cannot be read is left out.
    pub fn list<T>(
        &self,
        name: &str,
        problem: &str,
        mut read: impl FnMut(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let (_, node) = self.find(name)?;
        let Kind::List(items) = &node.kind else {
            if !node.is_null() {
                let problem = "must be a list (`[a, b]`, or lines of `- a`)".to_owned();
                self.document.note(node.position, self.dotted(name), problem);
            }
            return None;
        };
        let one = |(index, item): (usize, &Node)| {
            let key = format!("{}[{index}]", self.dotted(name));
            let written = self.written(&key, item)?;
            self.parse(&key, item.position, written, problem, &mut read)
        };
        Some(items.iter().enumerate().filter_map(one).collect())
    }

    /// Whether a key says yes; YAML's words in all their spellings (`true`, `yes`, `on`…).
    pub fn boolean(&self, name: &str) -> Option<bool> {
        self.parsed(name, "must be true or false", |text| {
            match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "y" | "on" => Some(true),
                "false" | "no" | "n" | "off" => Some(false),
                _ => None,
            }
        })
    }

    /// A time above zero: a number with the unit ms, s, m, h or d; without one, seconds.
    pub fn duration(&self, name: &str) -> Option<Duration> {
        let problem = "must be a time above zero such as 1h, 30m, 90s, or a number of seconds";
        self.parsed(name, problem, duration)
    }

    /// A whole number from 0.
    pub fn count(&self, name: &str) -> Option<u64> {
        self.parsed(name, "must be a whole number from 0", |text| text.parse().ok())
    }

    /// A whole number from 1.
    pub fn positive(&self, name: &str) -> Option<u32> {
        self.parsed(name, "must be a whole number from 1", |text| {
            text.parse().ok().filter(|number| *number > 0)
        })
    }

    /// A text without blanks that does not begin with a dash: what schedulers and containers take as one word.
    pub fn word(&self, name: &str) -> Option<String> {
        self.parsed(name, "must be one word, without blanks", |text| {
            let plain = !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control());
            (plain && !text.starts_with('-')).then(|| text.to_owned())
        })
    }

    /// The name of a file, without a folder.
    pub fn file_name(&self, name: &str) -> Option<String> {
        self.parsed(name, "must be the name of a file, without a folder", |text| {
            let plain =
                !text.is_empty() && !text.contains(['/', '\0', '\n', ':']) && !text.starts_with(['-', '.']);
            plain.then(|| text.to_owned())
        })
    }

    /// Whatever stands below a key, all texts expanded; variables that are not set stay as they were written.
    pub fn value(&self, name: &str) -> Option<Value> {
        let (_, node) = self.find(name)?;
        Some(self.document.value(node))
    }

    /// The values of all keys but these, as [`Section::value`]. They count as unknown to the reader of the file.
    pub fn others(&self, known: &[&str]) -> BTreeMap<String, Value> {
        let others = self
            .entries
            .iter()
            .filter(|(key, _)| !known.contains(&key.name.as_str()));
        // The first of two keys counts: a later one is overwritten by an earlier one.
        let value = |(key, node): &(Key, Node)| (key.name.clone(), self.document.value(node));
        others.rev().map(value).collect()
    }

    /// Notes a mistake in the value of a key; in the section itself if there is no such key.
    pub fn mistake(&self, name: &str, problem: &str) {
        let position = self.find(name).map_or(self.position, |(_, node)| node.position);
        self.document
            .note(position, self.dotted(name), problem.to_owned());
    }

    fn missing(&self, name: &str) {
        // A value of the wrong kind has been noted already.
        if self.find(name).is_none_or(|(_, node)| node.is_null()) {
            self.mistake(name, "is missing: add it");
        }
    }

    fn find(&self, name: &str) -> Option<(&'d Key, &'d Node)> {
        self.document.know(&self.dotted(name));
        let found = self.entries.iter().find(|(key, _)| key.name == name);
        found.map(|(key, node)| (key, node))
    }

    /// Where a key's text stands, and as it was written.
    fn text(&self, name: &str) -> Option<(Position, &'d str)> {
        let (_, node) = self.find(name)?;
        let written = self.written(&self.dotted(name), node)?;
        Some((node.position, written))
    }

    fn written(&self, key: &str, node: &'d Node) -> Option<&'d str> {
        if let Kind::Scalar { written, .. } = &node.kind {
            return (!node.is_null()).then_some(written);
        }
        let problem = "must be a text or a number, not a list or a mapping".to_owned();
        self.document.note(node.position, key.to_owned(), problem);
        None
    }

    fn expanded(&self, key: &str, position: Position, written: &str) -> Setting {
        let (text, unset) = expand(written, self.document.env());
        let place = self.document.place(position);
        let unset = unset.map(|variable| UnsetVariable {
            place: place.clone(),
            key: key.to_owned(),
            variable: variable.to_owned(),
        });
        Setting {
            text,
            unset: unset.map(Box::new),
            place: Some(Box::new(place)),
        }
    }

    fn parse<T>(
        &self,
        key: &str,
        position: Position,
        written: &str,
        problem: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let setting = self.expanded(key, position, written);
        let problem = match setting.get() {
            Ok(text) => match read(text) {
                Some(value) => return Some(value),
                None => problem.to_owned(),
            },
            Err(unset) => unset.problem(),
        };
        self.document.note(position, key.to_owned(), problem);
        None
    }

    fn dotted(&self, name: &str) -> String {
        dotted(&self.path, name)
    }
}
