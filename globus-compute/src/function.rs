//! Functions as source text.

use crate::serial::Dialect;
use crate::{Error, Result, source};

/// A Python function, by its source.
///
/// The source is run as it stands in an empty module, and the function of that name is called. Imports and helpers may
/// stand beside the function; endpoints older than 3.3 ([`Dialect::Legacy`]) want all of it inside.
///
/// A running call cannot be stopped from outside: the service has no such request. What may take too long needs its
/// time limit in the function itself, as [`Command`](crate::Command) has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Function {
    name: String,
    source: String,
    description: Option<String>,
}

impl Function {
    /// The function `name` of this source.
    ///
    /// ```
    /// use globus_compute::Function;
    /// let add = Function::from_source("add", "def add(a, b):\n    return a + b\n")?;
    /// assert_eq!(add.name(), "add");
    /// assert!(Function::from_source("add", "  def add(a, b): return a + b").is_err()); // indented
    /// # Ok::<(), globus_compute::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the line, if the source is indented as a whole or is no
    /// Python of today, or does not define the function. What only running it shows comes back as a failed task with
    /// Python's own words.
    pub fn from_source(name: impl Into<String>, source: impl Into<String>) -> Result<Self> {
        let (name, source) = (name.into(), source.into());
        source::check(&name, &source)
            .map_err(|problem| Error::config(format!("function `{}`: {problem}", name.escape_debug())))?;
        Ok(Self {
            name,
            source,
            description: None,
        })
    }

    /// Says what it is for, where functions are listed.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its source.
    pub fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn described(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The text that is registered (`function_code`).
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the dialect is [`Dialect::Legacy`] and the source has more
    /// than the function.
    pub fn code(&self, dialect: Dialect) -> Result<String> {
        if dialect == Dialect::Legacy && !source::is_self_contained(&self.source) {
            return Err(Error::config(format!(
                "function `{}`: on an endpoint older than 3.3 it cannot see what stands beside it; move imports and \
                 helpers into the function",
                self.name
            )));
        }
        Ok(dialect.function_code(&self.name, &self.source))
    }
}
