//! A YAML file read with patience: every mistake is kept, and reading goes on.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::dotenv::Environment;
use crate::expand::expand;
use crate::mistake::{Mistake, Mistakes};
use crate::node::{self, Key, Kind, Node, Position};
use crate::section::Section;
use crate::setting::Place;

/// One YAML file. Ask its sections for what they should hold; what is wrong is kept and [`Document::mistakes`] tells all
/// of it in the end. Texts are expanded as Python's `os.path.expandvars` does.
pub struct Document<'a> {
    file: &'a str,
    env: &'a Environment,
    top: Node,
    found: RefCell<Found>,
}

/// What came to light while the file was read.
#[derive(Default)]
struct Found {
    mistakes: Vec<Mistake>,
    /// The keys that were asked for.
    known: BTreeSet<String>,
}

impl std::fmt::Debug for Document<'_> {
    /// Never a value: it may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

impl<'a> Document<'a> {
    /// Reads `text`; messages call the file `file`. Keys that stand twice are mistakes to begin with; the first of them
    /// counts.
    ///
    /// # Errors
    /// The text is not YAML. The reader cannot go on then, so this is one mistake even if there are more.
    pub fn read(text: &str, file: &'a str, env: &'a Environment) -> Result<Self, Mistake> {
        let top = node::read(text).map_err(|((line, column), problem)| Mistake {
            place: Place {
                file: file.to_owned(),
                line,
                column,
            },
            key: String::new(),
            problem: format!("this is not YAML: {problem} (what follows was not looked at)"),
        })?;
        let document = Self {
            file,
            env,
            top,
            found: RefCell::default(),
        };
        document.find_twins(&document.top, "");
        Ok(document)
    }

    /// The mapping at the top.
    pub fn top(&self) -> Section<'_> {
        self.section_of(String::new(), &self.top)
    }

    /// Every mistake found so far, in the order of the file.
    pub fn mistakes(&self) -> Option<Mistakes> {
        Mistakes::new(self.found.borrow().mistakes.clone())
    }

    /// The keys that nobody asked a section for, other than those below one of them: where each stands, and its name
    /// dotted from the top. Only in sections that were asked for anything.
    pub fn unknown_keys(&self) -> Vec<(Place, String)> {
        let mut unknown = Vec::new();
        self.add_unknown(&self.top, "", &mut unknown);
        unknown
    }

    /// Where the value of each key stands, by the key's name dotted from the top.
    pub fn places(&self) -> BTreeMap<String, Place> {
        let mut places = BTreeMap::new();
        self.add_places(&self.top, "", &mut places);
        places
    }

    fn add_places(&self, node: &Node, path: &str, places: &mut BTreeMap<String, Place>) {
        let Kind::Mapping(entries) = &node.kind else {
            return;
        };
        for (key, value) in entries {
            let dotted = dotted(path, &key.name);
            self.add_places(value, &dotted, places);
            places.entry(dotted).or_insert_with(|| self.place(value.position));
        }
    }

    /// Notes that a key is one that the reader of the file knows.
    pub(crate) fn know(&self, key: &str) {
        self.found.borrow_mut().known.insert(key.to_owned());
    }

    pub(crate) fn env(&self) -> &'a Environment {
        self.env
    }

    fn add_unknown(&self, node: &Node, path: &str, unknown: &mut Vec<(Place, String)>) {
        let Kind::Mapping(entries) = &node.kind else {
            return;
        };
        let keys: Vec<_> = entries
            .iter()
            .map(|(key, value)| (key, dotted(path, &key.name), value))
            .collect();
        let known = |key: &String| self.found.borrow().known.contains(key);
        if !keys.iter().any(|(_, key, _)| known(key)) {
            return;
        }
        for (key, dotted, value) in keys {
            if known(&dotted) {
                self.add_unknown(value, &dotted, unknown);
            } else {
                unknown.push((self.place(key.position), dotted));
            }
        }
    }

    fn find_twins(&self, node: &Node, path: &str) {
        match &node.kind {
            Kind::Scalar { .. } => {}
            Kind::List(items) => items.iter().for_each(|item| self.find_twins(item, path)),
            Kind::Mapping(entries) => {
                let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
                for (key, value) in entries {
                    let dotted = dotted(path, &key.name);
                    if let Some(line) = seen.get(key.name.as_str()) {
                        let problem =
                            format!("stands twice in this mapping (first in line {line}): keep one of them");
                        self.note(key.position, dotted.clone(), problem);
                    }
                    seen.entry(&key.name).or_insert(key.position.0);
                    self.find_twins(value, &dotted);
                }
            }
        }
    }

    pub(crate) fn section_of<'d>(&'d self, path: String, node: &'d Node) -> Section<'d> {
        let entries: &[(Key, Node)] = match &node.kind {
            Kind::Mapping(entries) => entries,
            _ if node.is_null() => &[],
            _ => {
                let problem = "must be a mapping (lines of `key: value`)";
                let name = if path.is_empty() { "the file" } else { &path };
                self.note(node.position, name.to_owned(), problem.to_owned());
                &[]
            }
        };
        Section::new(self, path, node.position, entries)
    }

    pub(crate) fn note(&self, position: Position, key: String, problem: String) {
        let place = self.place(position);
        let mistake = Mistake { place, key, problem };
        let mistakes = &mut self.found.borrow_mut().mistakes;
        // What an alias repeats is one mistake.
        if !mistakes.contains(&mistake) {
            mistakes.push(mistake);
        }
    }

    pub(crate) fn place(&self, (line, column): Position) -> Place {
        Place {
            file: self.file.to_owned(),
            line,
            column,
        }
    }

    pub(crate) fn value(&self, node: &Node) -> Value {
        match &node.kind {
            Kind::Scalar { value, .. } => match value {
                Value::String(text) => expand(text, self.env).0.into(),
                other => other.clone(),
            },
            Kind::List(items) => items.iter().map(|item| self.value(item)).collect(),
            Kind::Mapping(entries) => {
                let entry = |(key, value): &(Key, Node)| (key.name.clone(), self.value(value));
                // The first of two keys counts: a later one is overwritten by an earlier one.
                Value::Object(entries.iter().rev().map(entry).collect())
            }
        }
    }
}

/// A key's name with those above it.
pub(crate) fn dotted(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

#[cfg(test)]
mod tests;
