//! What is wrong in a file, and where.

use crate::Place;

/// One thing that is wrong in a file: where it stands, its key, and what to do about it. The text names no value: it
/// may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where it stands.
    pub place: Place,
    /// The key, dotted from the top, or the variable; empty where the mistake belongs to none.
    pub key: String,
    /// What is wrong and what to do, going on after the key.
    pub problem: String,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: ", self.place)?;
        if !self.key.is_empty() {
            write!(f, "{} ", self.key)?;
        }
        f.write_str(&self.problem)
    }
}

/// A file has mistakes, at least one. Shown as the first one, complete in one line, and how many more there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// All of `list`, in the order of their places; nothing if it is empty.
    pub fn new(mut list: Vec<Mistake>) -> Option<Self> {
        list.sort_by_key(|mistake| (mistake.place.line, mistake.place.column));
        (!list.is_empty()).then_some(Self(list))
    }

    /// The mistakes, in the order of their places.
    pub fn list(&self) -> &[Mistake] {
        &self.0
    }
}

impl From<Mistake> for Mistakes {
    fn from(mistake: Mistake) -> Self {
        Self(vec![mistake])
    }
}

impl std::fmt::Display for Mistakes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some(first) = self.0.first() else {
            return Ok(());
        };
        write!(f, "{first}")?;
        match self.0.len() - 1 {
            0 => Ok(()),
            1 => f.write_str(" (and 1 more mistake)"),
            more => write!(f, " (and {more} more mistakes)"),
        }
    }
}

impl std::error::Error for Mistakes {}
