//! Identifiers, each a type of its own so that they cannot be mistaken for one another.

use std::fmt;
use std::str::FromStr;

use crate::{Error, Result};

rest_core::newtype_id! {
    /// The id of a Slurm job, such as `123` or `123_4` of an array.
    pub struct JobId;
}

rest_core::newtype_id! {
    /// The id of a task of the service: a submission, cancellation or command on its way.
    pub struct TaskId;
}

rest_core::newtype_id! {
    /// The id of a Globus transfer that the service made.
    pub struct TransferId;
}

/// A computer of the facility.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Machine(String);

/// The machines that take jobs or hold files, as the service names them.
const KNOWN: [&str; 3] = ["perlmutter", "dtns", "dtn01"];

impl Machine {
    /// Perlmutter.
    pub fn perlmutter() -> Self {
        Self("perlmutter".to_owned())
    }

    /// The data transfer nodes.
    pub fn dtns() -> Self {
        Self("dtns".to_owned())
    }

    /// A machine by any name, not checked: for one that came after this version. Parsing checks.
    pub fn other(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name as the service writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Machine {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        if KNOWN.contains(&name) {
            return Ok(Self(name.to_owned()));
        }
        Err(Error::config(format!(
            "no machine is called {name:?}; known are {}",
            KNOWN.join(", ")
        )))
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_machine_is_refused_and_the_known_ones_are_named() {
        assert_eq!("perlmutter".parse::<Machine>().unwrap(), Machine::perlmutter());
        let error = "cori".parse::<Machine>().unwrap_err().to_string();
        assert!(
            error.contains("\"cori\"") && error.contains("perlmutter, dtns, dtn01"),
            "{error}"
        );
    }
}
