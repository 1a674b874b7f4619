//! What can be wrong with the configuration.

use std::io;
use std::path::PathBuf;

use settings::Mistakes;

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
    /// The file has mistakes; shown are the first and how many more there are.
    #[error("{}{}", .0, see_all(.0))]
    Mistakes(#[from] Mistakes),
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

fn see_all(mistakes: &Mistakes) -> &'static str {
    if mistakes.list().len() > 1 {
        "; `splash-flows check config` lists them all"
    } else {
        ""
    }
}
