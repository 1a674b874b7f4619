//! A scope and the scopes that it depends on.

use std::fmt;
use std::str::FromStr;

use crate::scope_parse::{check_cycles, parse};
use crate::{Error, Result};

/// A scope with the scopes that it depends on, as Globus Auth writes them: `transfer:all[*collection:data_access]`.
///
/// A dependency may be optional (`*`): its consent can be taken back without the rest. Scopes of the same name beside
/// each other become one, which is required if one of them was.
///
/// ```
/// use globus_auth::{Scope, scopes};
///
/// let scope = scopes::transfer_with_data_access(["2b62f4a6-0000-4000-8000-000000000000"]);
/// let text = scope.to_string();
/// assert!(text.ends_with(":all[*https://auth.globus.org/scopes/2b62f4a6-0000-4000-8000-000000000000/data_access]"));
/// assert_eq!(text.parse::<Scope>()?, scope);
/// # Ok::<(), globus_auth::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    pub(crate) name: String,
    pub(crate) optional: bool,
    pub(crate) dependencies: Vec<Scope>,
}

impl Scope {
    /// A scope that depends on nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the name is empty or has blanks, control characters or one
    /// of `[`, `]` and `*`, which are signs of the grammar.
    pub fn new(name: impl Into<String>) -> Result<Self> {
        let name = name.into();
        let sign = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '[' | ']' | '*');
        if name.is_empty() || name.contains(sign) {
            let name = name.escape_debug();
            return Err(Error::config(format!("`{name}` is not the name of a scope")));
        }
        Ok(Self::new_unchecked(name))
    }

    pub(crate) fn new_unchecked(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            optional: false,
            dependencies: Vec::new(),
        }
    }

    /// Marks it as optional, which only means something for a dependency.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// Adds a scope that this one depends on. One of the same name that is there already takes over what it depends
    /// on, and becomes required unless both are optional.
    #[must_use]
    pub fn with(mut self, dependency: Scope) -> Self {
        merge_into(&mut self.dependencies, dependency);
        self
    }

    /// Reads one scope with what it depends on.
    ///
    /// # Errors
    /// As for [`Scope::parse_list`], and if there is not exactly one.
    pub fn parse(text: &str) -> Result<Self> {
        let mut scopes = Self::parse_list(text)?.into_iter();
        match (scopes.next(), scopes.next()) {
            (Some(scope), None) => Ok(scope),
            (None, _) => Err(Error::config("there is no scope in an empty text")),
            (Some(_), Some(_)) => Err(Error::config("there is more than one scope in the text")),
        }
    }

    /// Reads scopes separated by blanks.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the text does not follow the grammar, if a scope depends on
    /// itself, over whatever way, or if the nesting is deeper than 64.
    pub fn parse_list(text: &str) -> Result<Vec<Self>> {
        parse(text)
    }

    /// The text of many scopes, separated by blanks.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if one of them depends on itself, over whatever way.
    pub fn list_to_string(scopes: &[Self]) -> Result<String> {
        check_cycles(scopes)?;
        let texts: Vec<String> = scopes.iter().map(ToString::to_string).collect();
        Ok(texts.join(" "))
    }

    /// The scope's own name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is marked as optional.
    pub fn is_optional(&self) -> bool {
        self.optional
    }

    /// What it depends on.
    pub fn dependencies(&self) -> &[Scope] {
        &self.dependencies
    }
}

/// Adds a scope to its siblings, where each name stands once.
pub(crate) fn merge_into(siblings: &mut Vec<Scope>, scope: Scope) {
    match siblings.iter_mut().find(|sibling| sibling.name == scope.name) {
        Some(sibling) => {
            sibling.optional &= scope.optional;
            for dependency in scope.dependencies {
                merge_into(&mut sibling.dependencies, dependency);
            }
        }
        None => siblings.push(scope),
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.optional {
            f.write_str("*")?;
        }
        f.write_str(&self.name)?;
        for (index, dependency) in self.dependencies.iter().enumerate() {
            f.write_str(if index == 0 { "[" } else { " " })?;
            dependency.fmt(f)?;
        }
        f.write_str(if self.dependencies.is_empty() { "" } else { "]" })
    }
}

impl FromStr for Scope {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

impl From<&Scope> for String {
    fn from(scope: &Scope) -> Self {
        scope.to_string()
    }
}
