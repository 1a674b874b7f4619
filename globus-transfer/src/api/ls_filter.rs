//! Filters for listings, instead of the service's text for them.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::model::EntryKind;
use crate::{Error, Result};

/// Which entries a listing gives: those that fit every setting, and of several values of one setting any.
///
/// ```
/// use globus_transfer::LsFilter;
/// use globus_transfer::model::EntryKind;
/// let filter = LsFilter::new().kind(EntryKind::File).name_like("*.h5").larger_than(1024);
/// assert_eq!(filter.to_text()?, "name:~*.h5/type:file/size:>1024");
/// # Ok::<(), globus_transfer::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "a filter does nothing until a listing has it"]
pub struct LsFilter {
    names: Vec<(&'static str, String)>,
    kinds: Vec<EntryKind>,
    sizes: Vec<String>,
    modified: Option<String>,
    users: Vec<String>,
    groups: Vec<String>,
}

impl LsFilter {
    /// A filter that every entry fits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Entries of this name.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.named("=", name)
    }

    /// Entries of any other name.
    pub fn name_not(self, name: impl Into<String>) -> Self {
        self.named("!=", name)
    }

    /// Entries whose name fits a pattern of `*` and `?`.
    pub fn name_like(self, pattern: impl Into<String>) -> Self {
        self.named("~", pattern)
    }

    /// Entries whose name does not fit a pattern of `*` and `?`.
    pub fn name_unlike(self, pattern: impl Into<String>) -> Self {
        self.named("!~", pattern)
    }

    fn named(mut self, operator: &'static str, name: impl Into<String>) -> Self {
        self.names.push((operator, name.into()));
        self
    }

    /// Entries of this kind.
    pub fn kind(mut self, kind: EntryKind) -> Self {
        self.kinds.push(kind);
        self
    }

    /// Entries of more bytes than this.
    pub fn larger_than(mut self, bytes: u64) -> Self {
        self.sizes.push(format!(">{bytes}"));
        self
    }

    /// Entries of fewer bytes than this.
    pub fn smaller_than(mut self, bytes: u64) -> Self {
        self.sizes.push(format!("<{bytes}"));
        self
    }

    /// Entries last written within these times, either of which may be open.
    pub fn modified_between(mut self, from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Self {
        self.modified = Some(between(from, to));
        self
    }

    /// Entries of this owner.
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.users.push(user.into());
        self
    }

    /// Entries of this group.
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.groups.push(group.into());
        self
    }

    /// The filter as the service wants it; empty if nothing was set.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when a text is empty or contains `,` or `/`: the service has
    /// no way to quote them.
    pub fn to_text(&self) -> Result<String> {
        let mut clauses = Vec::new();
        let names = self
            .names
            .iter()
            .map(|(operator, name)| (*operator, name.as_str()));
        clauses.extend(clause("name", names)?);
        clauses.extend(clause("type", self.kinds.iter().map(|kind| ("", kind.as_str())))?);
        // Values of one clause are alternatives, and both bounds must hold.
        clauses.extend(self.sizes.iter().map(|size| format!("size:{size}")));
        clauses.extend(self.modified.iter().map(|range| format!("last_modified:{range}")));
        clauses.extend(clause("user", self.users.iter().map(|user| ("", user.as_str())))?);
        clauses.extend(clause(
            "group",
            self.groups.iter().map(|group| ("", group.as_str())),
        )?);
        Ok(clauses.join("/"))
    }
}

/// `key:a,b`, nothing for no values.
fn clause<'a>(key: &str, values: impl Iterator<Item = (&'static str, &'a str)>) -> Result<Option<String>> {
    let mut texts = Vec::new();
    for (operator, value) in values {
        if value.is_empty() || value.contains([',', '/']) {
            return Err(Error::config(format!(
                "{value:?} cannot be used as a filter for {key}"
            )));
        }
        texts.push(format!("{operator}{value}"));
    }
    Ok((!texts.is_empty()).then(|| format!("{key}:{}", texts.join(","))))
}

/// `from,to` as the service wants it, an open side being blank.
pub(super) fn between(from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> String {
    let text = |date: Option<DateTime<Utc>>| {
        date.map(|date| date.to_rfc3339_opts(SecondsFormat::Secs, true))
            .unwrap_or_default()
    };
    format!("{},{}", text(from), text(to))
}
