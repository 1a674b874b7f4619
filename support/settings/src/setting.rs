//! One text of a file: expanded, and able to say where it stands.

use std::fmt;

/// A place in a file, shown as `file:line:column`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file's name as it was given.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
    /// Column in characters, from 1.
    pub column: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A value is needed that names a variable which is not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {key} {}", self.problem())]
pub struct UnsetVariable {
    /// Where the value stands.
    pub place: Place,
    /// The value's key, dotted from the top.
    pub key: String,
    /// The variable's name.
    pub variable: String,
}

impl UnsetVariable {
    /// The message without the place and the key.
    pub fn problem(&self) -> String {
        let variable = &self.variable;
        format!("needs the variable {variable}, which is not set: set it in the environment or in .env")
    }
}

/// A text with its variables expanded. One that is not set is an error only when the text is used, so that a file can
/// be read without the variables of entries that nobody uses. [`Section::setting`](crate::Section::setting) makes it.
#[derive(Clone, Default)]
pub struct Setting {
    pub(crate) text: String,
    pub(crate) unset: Option<Box<UnsetVariable>>,
    pub(crate) place: Option<Box<Place>>,
}

impl PartialEq for Setting {
    /// By what they say, wherever they stand.
    fn eq(&self, other: &Self) -> bool {
        let unset = |setting: &Self| setting.unset.as_ref().map(|unset| unset.variable.clone());
        self.text == other.text && unset(self) == unset(other)
    }
}

impl Eq for Setting {}

impl fmt::Debug for Setting {
    /// Never the text: it may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Setting(…)")
    }
}

impl Setting {
    /// A text that does not come from a file; nothing in it is expanded.
    pub fn literal(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// The text.
    ///
    /// # Errors
    /// It names a variable that is not set.
    pub fn get(&self) -> Result<&str, UnsetVariable> {
        match &self.unset {
            None => Ok(&self.text),
            Some(unset) => Err(UnsetVariable::clone(unset)),
        }
    }

    /// The text for messages and comparison, with unset variables left as they were written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the text stands; nothing for one that does not come from a file.
    pub fn place(&self) -> Option<&Place> {
        self.place.as_deref()
    }
}
