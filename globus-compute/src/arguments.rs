//! What a function is called with.

use serde::Serialize;

use crate::serial::{Dialect, Value, to_value};
use crate::{Error, Result};

/// The arguments of one call: any values that serde can write.
///
/// They travel as JSON (as plain pickles to endpoints before 3.3). Structs and maps become dictionaries, `None`
/// becomes `None`, numbers stay as they are, infinities included. Bytes, sets and keys that are no text do not fit into
/// JSON: the error names the way round.
///
/// ```
/// use globus_compute::Arguments;
/// let arguments = Arguments::new().arg("scan.h5").arg(17).kwarg("folder", "raw");
/// # let _ = arguments;
/// ```
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    args: Vec<Value>,
    kwargs: Vec<(Value, Value)>,
    problem: Option<String>,
}

impl Arguments {
    /// No arguments.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a positional argument.
    pub fn arg(mut self, value: impl Serialize) -> Self {
        match to_value(&value) {
            Ok(value) => self.args.push(value),
            Err(error) => self.refuse(
                &format!("positional argument {}", self.args.len()),
                &error.to_string(),
            ),
        }
        self
    }

    /// Adds an argument by name.
    pub fn kwarg(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        let name = name.into();
        if self.kwargs.iter().any(|(known, _)| known.as_str() == Some(&name)) {
            self.refuse(&format!("argument `{}`", name.escape_debug()), "given twice");
            return self;
        }
        match to_value(&value) {
            Ok(value) => self.kwargs.push((Value::Text(name), value)),
            Err(error) => self.refuse(&format!("argument `{}`", name.escape_debug()), &error.to_string()),
        }
        self
    }

    fn refuse(&mut self, which: &str, problem: &str) {
        if self.problem.is_none() {
            self.problem = Some(format!("{which}: {problem}"));
        }
    }

    /// The payload of a task.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if one of them cannot be sent, with the way round.
    pub fn payload(&self, dialect: Dialect) -> Result<String> {
        if let Some(problem) = &self.problem {
            return Err(Error::config(problem.clone()));
        }
        let payload = dialect.arguments(self.args.clone(), self.kwargs.clone());
        payload.map_err(|error| Error::config(error.to_string()))
    }
}
