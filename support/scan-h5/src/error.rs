//! Why a scan could not be read or written.

use std::error::Error as StdError;
use std::path::PathBuf;

/// A result whose error is [`Error`] unless said otherwise.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a scan could not be read or written. Every variant names the file, and the HDF5 path where there is one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be opened.
    #[error("{}: {source}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The path is no regular file.
    #[error("{} is not a regular file", file.display())]
    NotAFile {
        /// The path.
        file: PathBuf,
    },
    /// The file is not HDF5, or is damaged at its head.
    #[error("{} is not a readable HDF5 file: {source}", file.display())]
    NotHdf5 {
        /// The file.
        file: PathBuf,
        /// What the parser said.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The value is there, and cannot be read: damaged, too large, or in an encoding that is not supported.
    #[error("{}: {at}: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The HDF5 path.
        at: String,
        /// What the parser said.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The value is of another type than the one asked for.
    #[error("{}: {at} holds {found}, not {expected}", file.display())]
    WrongType {
        /// The file.
        file: PathBuf,
        /// The HDF5 path.
        at: String,
        /// What was asked for.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// The dataset holds several values.
    #[error("{}: {at} holds {count} values, not one", file.display())]
    NotScalar {
        /// The file.
        file: PathBuf,
        /// The HDF5 path.
        at: String,
        /// How many values it holds.
        count: u64,
    },
    /// The value or frame is larger than what is read.
    #[error("{}: {at} is too large to be read: {what}", file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// The HDF5 path.
        at: String,
        /// How large it is, and what the limit is.
        what: String,
    },
    /// The dataset has another number of dimensions than the one asked for.
    #[error("{}: {at} has the shape {shape:?}, and {expected} is expected", file.display())]
    WrongShape {
        /// The file.
        file: PathBuf,
        /// The HDF5 path.
        at: String,
        /// What was asked for.
        expected: &'static str,
        /// Its extent in each dimension.
        shape: Vec<u64>,
    },
    /// There is nothing at this index.
    #[error("{}: {at} has no index {index} in a dimension of {count}", file.display())]
    OutOfRange {
        /// The file.
        file: PathBuf,
        /// The HDF5 path.
        at: String,
        /// The index asked for.
        index: u64,
        /// The extent of that dimension.
        count: u64,
    },
    /// The file is HDF5 and not whole: cut, or still being written.
    #[error("{} is not complete: {reason}", file.display())]
    Incomplete {
        /// The file.
        file: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// The parser panicked: the file is damaged in a way that the parser does not expect.
    #[error("{}: {at}: the HDF5 parser failed: {message}", file.display())]
    Parser {
        /// The file.
        file: PathBuf,
        /// The HDF5 path, `/` while the file is opened.
        at: String,
        /// The panic's message.
        message: String,
    },
    /// The scan cannot be written.
    #[cfg(feature = "write")]
    #[error("{}: cannot be written: {source}", file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        source: Box<dyn StdError + Send + Sync>,
    },
}
