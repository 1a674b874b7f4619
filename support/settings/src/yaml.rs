//! YAML whose texts know where they stand.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_saphyr::{Location, Spanned};

use crate::dotenv::Environment;
use crate::duration::duration;
use crate::expand::{expand, reference};
use crate::setting::{Place, Setting, UnsetVariable};

/// A YAML file cannot be understood. Messages are complete in one line (no cause behind them); they name the place and
/// the key, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum YamlError {
    /// The text is not valid YAML, or a value is of the wrong kind: the file's name, and what the YAML reader says with
    /// line and column.
    #[error("{0}: {1}")]
    Syntax(String, String),
    /// A key stands twice in the same mapping: where the second one stands, and the key.
    #[error("{0}: the key `{1}` stands twice in this mapping; keep one of them")]
    DuplicateKey(Place, String),
    /// A value cannot be what it should be: where it stands, its key, and what it should be.
    #[error("{0}: {1} {2}")]
    Invalid(Place, &'static str, &'static str),
}

/// A text of a YAML file as it was written, and where it stands. A number is read as text, so that an id such as 012 or
/// 1e5 keeps every character.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Text(Spanned<String>);

impl fmt::Debug for Text {
    /// Never the text: it may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text(…)")
    }
}

/// Reads one YAML file.
#[derive(Debug, Clone, Copy)]
pub struct Yaml<'a> {
    file: &'a str,
    env: &'a Environment,
}

impl<'a> Yaml<'a> {
    /// A reader of the file that messages call `file`; texts are expanded from `env`.
    pub fn new(file: &'a str, env: &'a Environment) -> Self {
        Self { file, env }
    }

    /// Reads the file's `text`; nothing is expanded yet.
    ///
    /// # Errors
    /// It is not YAML, has a key twice, or is no `T`.
    pub fn read<T: DeserializeOwned>(&self, text: &str) -> Result<T, YamlError> {
        let mut options = serde_saphyr::Options::default();
        // A snippet shows the neighbouring lines, and a neighbour may be a secret.
        options.with_snippet = false;
        options.leading_zero_numbers_as_strings = true;
        options.underscored_numbers_as_strings = true;
        serde_saphyr::from_str_with_options(text, options).map_err(|error| match error {
            serde_saphyr::Error::DuplicateMappingKey { key, location } => {
                YamlError::DuplicateKey(self.at(location), key.unwrap_or_default())
            }
            error => YamlError::Syntax(self.file.to_owned(), error.to_string()),
        })
    }

    /// The setting that `text` under `key` (dotted from the top) is.
    pub fn setting(&self, key: &str, text: &Text) -> Setting {
        let (expanded, unset) = expand(&text.0.value, self.env);
        let unset = unset.map(|variable| UnsetVariable {
            place: self.place(text),
            key: key.to_owned(),
            variable: variable.to_owned(),
        });
        Setting {
            text: expanded,
            unset: unset.map(Box::new),
            place: Some(Box::new(self.place(text))),
        }
    }

    /// As [`Yaml::setting`], for a secret. A `$` inside one is most likely part of it, and an error naming the
    /// "variable" would give it away: only a text that is nothing but a reference counts as one.
    pub fn secret(&self, key: &str, text: &Text) -> Setting {
        let mut setting = self.setting(key, text);
        let written = &text.0.value;
        if reference(written).is_none_or(|(_, length)| length != written.len()) {
            setting.unset = None;
        }
        setting
    }

    /// The text expanded; variables that are not set stay as they were written.
    pub fn text(&self, text: &Text) -> String {
        expand(&text.0.value, self.env).0
    }

    /// A time above zero: a number with the unit ms, s, m, h or d; without one, seconds.
    ///
    /// # Errors
    /// `text` is none of these.
    pub fn duration(&self, key: &'static str, text: &Text) -> Result<Duration, YamlError> {
        let problem = "must be a time above zero such as 1h, 30m, 90s, or a number of seconds";
        duration(&self.text(text)).ok_or_else(|| self.invalid(key, text, problem))
    }

    /// The error that `text` under `key` cannot be what it should be; `problem` goes on after the key.
    pub fn invalid(&self, key: &'static str, text: &Text, problem: &'static str) -> YamlError {
        YamlError::Invalid(self.place(text), key, problem)
    }

    /// The values with all their texts expanded; variables that are not set stay as they were written.
    pub fn values(&self, values: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
        let expanded = |(key, value)| (key, self.value(value));
        values.into_iter().map(expanded).collect()
    }

    fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(expand(&text, self.env).0),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(entries) => {
                let expanded = |(key, value)| (key, self.value(value));
                Value::Object(entries.into_iter().map(expanded).collect())
            }
            other => other,
        }
    }

    fn place(&self, text: &Text) -> Place {
        self.at(text.0.referenced)
    }

    fn at(&self, location: Location) -> Place {
        Place {
            file: self.file.to_owned(),
            line: location.line(),
            column: location.column(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    type Texts = BTreeMap<String, Text>;

    fn yaml(env: &Environment) -> Yaml<'_> {
        Yaml::new("c.yml", env)
    }

    #[test]
    fn a_dollar_inside_a_secret_is_part_of_it() {
        let env = Environment::default();
        let read: Texts = yaml(&env).read("a: pa$$word\nb: ${WORD}\n").unwrap();
        let secret = |key: &str| yaml(&env).secret(key, &read[key]);
        assert_eq!(secret("a").get(), Ok("pa$$word"));
        assert_eq!(secret("b").get().unwrap_err().variable, "WORD");
        assert_eq!(
            yaml(&env).setting("a", &read["a"]).get().unwrap_err().variable,
            "word"
        );
        assert!(!format!("{read:?}{:?}", secret("a")).contains("word"));
    }

    #[test]
    fn an_alias_stands_where_it_is_used() {
        let env = Environment::default();
        let read: Texts = yaml(&env).read("a: &x $NO\n\nb: *x\n").unwrap();
        let error = yaml(&env).setting("b", &read["b"]).get().unwrap_err().to_string();
        let expected = "c.yml:3:4: b needs the variable NO, which is not set";
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn numbers_keep_every_character_and_nested_texts_are_expanded() {
        let env = Environment::default().with_dotenv("A=1").unwrap();
        let read: Texts = yaml(&env).read("id: 012\ntime: ${A}m\n").unwrap();
        assert_eq!(yaml(&env).text(&read["id"]), "012");
        assert_eq!(
            yaml(&env).duration("time", &read["time"]),
            Ok(Duration::from_secs(60))
        );
        let values: BTreeMap<String, Value> = yaml(&env).read("v: {x: [$A, $NO, 2]}").unwrap();
        assert_eq!(yaml(&env).values(values)["v"], json!({"x": ["1", "$NO", 2]}));
    }

    #[test]
    fn errors_name_the_place_and_no_value() {
        let env = Environment::default();
        let message = |text: &str| yaml(&env).read::<Texts>(text).unwrap_err().to_string();
        assert!(message("a: 1\na: 2\n").starts_with("c.yml:2:1: the key `a` stands twice"));
        let wrong = message("a: hunter2\nb: [hunter2]\n");
        assert!(
            wrong.starts_with("c.yml: ") && wrong.contains("line 2, column 4"),
            "{wrong}"
        );
        assert!(!wrong.contains("hunter"), "{wrong}");
        let read: Texts = yaml(&env).read("a: hunter2\n").unwrap();
        let late = yaml(&env).duration("a", &read["a"]).unwrap_err().to_string();
        assert!(
            late.starts_with("c.yml:1:4: a must be a time above zero"),
            "{late}"
        );
    }
}
