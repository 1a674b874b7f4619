//! One text of the configuration: expanded, and able to say where it stands.

use std::fmt;

use serde_saphyr::Location;

use super::Environment;
use crate::dotenv::substitute;

/// A place in the configuration file, shown as `file:line:column`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file's name as it was given.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
    /// Column in characters, from 1.
    pub column: u64,
}

impl Place {
    pub(super) fn new(file: &str, location: Location) -> Self {
        let (line, column) = (location.line(), location.column());
        Self {
            file: file.to_owned(),
            line,
            column,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A value is needed that names a variable which is not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{place}: {key} needs the variable {variable}, which is not set: set it in the environment or in .env"
)]
pub struct UnsetVariable {
    /// Where the value stands.
    pub place: Place,
    /// The value's key, dotted from the top.
    pub key: String,
    /// The variable's name.
    pub variable: String,
}

/// A text with its variables expanded. One that is not set is an error only when the text is used, so that a file with
/// entries for other beamlines can be read without their variables.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Setting {
    text: String,
    unset: Option<Box<UnsetVariable>>,
}

impl fmt::Debug for Setting {
    /// Never the text: it may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Setting(…)")
    }
}

impl Setting {
    /// A text that does not come from a file; nothing in it is expanded.
    pub(crate) fn literal(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            unset: None,
        }
    }

    /// Expands `text`, which stands at `place` under `key`.
    pub(super) fn expanded(text: &str, env: &Environment, key: &str, place: Place) -> Self {
        let (expanded, unset) = expand(text, env);
        let key = key.to_owned();
        let unset = unset.map(|variable| Box::new(UnsetVariable { place, key, variable }));
        Self {
            text: expanded,
            unset,
        }
    }

    /// As [`Setting::expanded`], for a secret. A `$` inside one is most likely part of it, and an error naming the
    /// "variable" would give it away: only a text that is nothing but a reference counts as one.
    pub(super) fn secret(text: &str, env: &Environment, key: &str, place: Place) -> Self {
        let mut setting = Self::expanded(text, env, key, place);
        if reference(text).is_none_or(|(_, length)| length != text.len()) {
            setting.unset = None;
        }
        setting
    }

    /// The text, unless it names a variable that is not set.
    pub(crate) fn get(&self) -> Result<&str, UnsetVariable> {
        match &self.unset {
            None => Ok(&self.text),
            Some(unset) => Err(UnsetVariable::clone(unset)),
        }
    }

    /// The text for messages and comparison, with unset variables left as they were written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// Expands `$NAME` and `${NAME}` as Python's `os.path.expandvars` does: what is not set stays as it was written, and a
/// value that was put in is not expanded again. Also gives the first name that was not set.
pub(super) fn expand(text: &str, env: &Environment) -> (String, Option<String>) {
    let mut unset = None;
    let expanded = substitute(text, |rest| {
        let (name, length) = reference(rest)?;
        let value = env.get(name).unwrap_or_else(|| {
            unset.get_or_insert_with(|| name.to_owned());
            &rest[..length]
        });
        Some((value.to_owned(), length))
    });
    (expanded, unset)
}

/// The variable that `text` begins with, and the length of the reference.
fn reference(text: &str) -> Option<(&str, usize)> {
    let after = text.strip_prefix('$')?;
    if let Some(inner) = after.strip_prefix('{') {
        let name = &inner[..inner.find('}')?];
        return (!name.is_empty()).then_some((name, name.len() + 3));
    }
    let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let name = &after[..end.unwrap_or(after.len())];
    (!name.is_empty()).then_some((name, name.len() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values are those of `os.path.expandvars` (Python 3.11).
    #[test]
    fn expands_as_python_does() {
        let vars = [("A", "one"), ("B_2", "$A"), ("EMPTY", ""), ("A-B", "dash")];
        let env = Environment::from_vars(vars.map(|(n, v)| (n.to_owned(), v.to_owned())));
        for (text, expected, unset) in [
            ("", "", None),
            ("plain", "plain", None),
            ("$A", "one", None),
            ("${A}", "one", None),
            ("x$A/${A}y", "xone/oney", None),
            ("$B_2", "$A", None),
            ("${EMPTY}|$EMPTY", "|", None),
            ("${A-B}", "dash", None),
            ("$AB $A", "$AB one", Some("AB")),
            ("${NO}${A}", "${NO}one", Some("NO")),
            ("$$A", "$one", None),
            ("$", "$", None),
            ("${A", "${A", None),
            ("${}", "${}", None),
            ("$é$A", "$éone", None),
            ("$A€", "one€", None),
        ] {
            let (got, missing) = expand(text, &env);
            assert_eq!((got.as_str(), missing.as_deref()), (expected, unset), "{text}");
        }
    }

    #[test]
    fn a_dollar_inside_a_secret_is_part_of_it() {
        let env = Environment::default();
        let place = || Place {
            file: "c".into(),
            line: 1,
            column: 1,
        };
        assert_eq!(
            Setting::secret("pa$$word", &env, "k", place()).get().unwrap(),
            "pa$$word"
        );
        assert_eq!(
            Setting::secret("${WORD}", &env, "k", place())
                .get()
                .unwrap_err()
                .variable,
            "WORD"
        );
    }
}
