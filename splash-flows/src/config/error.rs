//! What can be wrong with the configuration.

use std::io;
use std::path::PathBuf;

use super::Place;

/// The configuration cannot be read. Messages are complete in one line (no cause behind them); they name the place and
/// the key, never a value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// There is no such file.
    #[error("there is no configuration file {}: name another one with --config, or copy config.example.yml to it and fill it in", .0.display())]
    Missing(PathBuf),
    /// The file cannot be read, or is not UTF-8.
    #[error("the configuration file {} cannot be read: {}", .0.display(), .1)]
    Read(PathBuf, io::Error),
    /// The file is not valid YAML, or a value is of the wrong kind: the file's name, and what the YAML reader says with
    /// line and column.
    #[error("{0}: {1}")]
    Yaml(String, String),
    /// A key stands twice in the same mapping: where the second one stands, and the key.
    #[error("{0}: the key `{1}` stands twice in this mapping; keep one of them")]
    DuplicateKey(Place, String),
    /// A value cannot be what it should be: where it stands, its key, and what it should be.
    #[error("{0}: {1} {2}")]
    Invalid(Place, &'static str, &'static str),
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
