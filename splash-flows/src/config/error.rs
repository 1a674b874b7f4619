//! What can be wrong with the configuration.

use std::io;
use std::path::PathBuf;

use super::Place;

/// The configuration cannot be read. Messages are complete in one line (no cause behind them); they name
/// the place and the key, never a value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// There is no such file.
    #[error("there is no configuration file {}: name another one with --config, or copy config.example.yml to it and fill it in", path.display())]
    Missing {
        /// The path tried.
        path: PathBuf,
    },
    /// The file cannot be read, or is not UTF-8.
    #[error("the configuration file {} cannot be read: {error}", path.display())]
    Read {
        /// The path tried.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file is not valid YAML, or a value is of the wrong kind.
    #[error("{file}: {message}")]
    Yaml {
        /// The file's name.
        file: String,
        /// What the YAML reader says, with line and column.
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
    /// A value cannot be what it should be.
    #[error("{place}: {key} {problem}")]
    Invalid {
        /// Where the value stands.
        place: Place,
        /// Its key.
        key: &'static str,
        /// What it should be.
        problem: &'static str,
    },
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
