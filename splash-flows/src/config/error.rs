//! What can be wrong with the configuration.

use std::io;
use std::path::PathBuf;

use super::{Place, UnsetVariable};

/// The configuration cannot be read or used. Messages name the place and the key, never a value that may be secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// There is no such file.
    #[error(
        "there is no configuration file {}: name another one with --config, or copy config.example.yml to it and fill it in",
        path.display()
    )]
    Missing {
        /// The path tried.
        path: PathBuf,
    },
    /// The file cannot be read, or is not UTF-8.
    #[error("the configuration file {} cannot be read", path.display())]
    Read {
        /// The path tried.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not valid YAML.
    #[error("{place}: {message}")]
    Yaml {
        /// Where the reader stopped.
        place: Place,
        /// What it says.
        message: String,
    },
    /// A key stands twice in the same mapping.
    #[error("{place}: the key `{key}` stands twice in this mapping; keep one of them")]
    DuplicateKey {
        /// Where the second one stands.
        place: Place,
        /// The key.
        key: String,
    },
    /// Values that cannot be what they should be.
    #[error("{}", lines(.0))]
    Invalid(Vec<Mistake>),
    /// A value that is needed names a variable that is not set.
    #[error(transparent)]
    Unset(#[from] UnsetVariable),
    /// No endpoint has this key.
    #[error("{file} has no endpoint `{key}` under globus.globus_endpoints; it has: {known}")]
    UnknownEndpoint {
        /// The configuration file.
        file: String,
        /// The key asked for.
        key: String,
        /// The keys there are.
        known: String,
    },
}

/// One wrong value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {key}: {problem}")]
pub struct Mistake {
    /// Where the value stands.
    pub place: Place,
    /// Its key, dotted from the top.
    pub key: String,
    /// What is wrong and what it should be.
    pub problem: String,
}

fn lines(mistakes: &[Mistake]) -> String {
    let lines: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    lines.join("\n")
}
