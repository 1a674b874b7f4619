//! What can go wrong when a simulator is set up.

use std::io;
use std::path::PathBuf;

/// Why a simulator could not be started or configured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimError {
    /// A folder could not be made or read.
    #[error("{}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No port could be bound, or no thread started.
    #[error("could not {what}: {source}")]
    Start {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A collection cannot be simulated as given.
    #[error("collection {key:?}: {why}")]
    Collection {
        /// Its key.
        key: String,
        /// What is wrong with it.
        why: String,
    },
    /// A clock is to be off that nothing has.
    #[error("skew of {name:?}: no service (globus_transfer, scicat, prefect) or collection is called so")]
    Skew {
        /// The name that was given.
        name: String,
    },
    /// A client's key cannot be used.
    #[error("the key of client {client} {why}")]
    Key {
        /// The client's id.
        client: String,
        /// What is wrong.
        why: String,
    },
    /// A config file could not be used.
    #[error("config: {0}")]
    Config(String),
}

impl SimError {
    pub(crate) fn start(what: &'static str, source: io::Error) -> Self {
        Self::Start { what, source }
    }

    pub(crate) fn folder(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Folder {
            path: path.into(),
            source,
        }
    }
}
