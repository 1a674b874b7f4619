//! Why a scan cannot be catalogued.

use std::path::PathBuf;

/// Why a scan cannot be catalogued. Nothing was sent, unless it is [`Error::Catalogue`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be looked at.
    #[error("{}: {source}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The scan cannot be read, or is damaged where it matters.
    #[error(transparent)]
    Scan(#[from] scan_h5::Error),
    /// The scan has no frames where the rules say.
    #[error("{} has no {at}: it is not complete", file.display())]
    NoFrames {
        /// The file.
        file: PathBuf,
        /// The HDF5 path.
        at: String,
    },
    /// The file was written to while it was read.
    #[error("{} changed while it was read: it is still being written", file.display())]
    Changed {
        /// The file.
        file: PathBuf,
    },
    /// There is nothing to be catalogued.
    #[error("{what}")]
    Nothing {
        /// What is missing.
        what: String,
    },
    /// The frame makes no picture.
    #[error("no thumbnail: {0}")]
    Picture(String),
    /// The rules cannot be right.
    #[error("{0}")]
    Rules(String),
    /// The catalogue's own rules forbid it, or it refused or did not answer.
    #[error(transparent)]
    Catalogue(#[from] scicat::Error),
}

/// A result whose error is [`Error`] unless said otherwise.
pub type Result<T, E = Error> = std::result::Result<T, E>;
