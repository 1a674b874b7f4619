//! One scan on disk.

use std::fmt;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hdf5_reader::error::Error as ParseError;
use hdf5_reader::{Dataset, FileStorage, Hdf5File, OpenOptions, Storage, StorageBuffer};

use crate::value::{self, Mismatch};
use crate::{Error, Result};

/// Most bytes that one value may take. A file says itself how large its values are, and may lie.
const MAX_VALUE_BYTES: usize = 1 << 20;
/// Most bytes of one compressed chunk that a value stands in.
const MAX_CHUNK_BYTES: usize = 16 << 20;
/// Most bytes of one object's header. Real ones take a few KiB.
const MAX_HEADER_BYTES: usize = 4 << 20;
/// Most bytes of one read from the file, whatever it is for (as the heap that variable-length text stands in).
const MAX_RANGE_BYTES: usize = 64 << 20;

/// Text and numbers of a scan, by HDF5 path.
pub trait ScanReader {
    /// The text at a path: of fixed or variable length, without its NUL or blank padding, in UTF-8 or else in
    /// Latin-1. `None` when there is no such dataset, or it holds no value.
    ///
    /// # Errors
    /// [`Error::NotScalar`] for more than one text, [`Error::WrongType`] for a group or another type,
    /// [`Error::Unreadable`] and [`Error::Parser`] for damage.
    fn string(&self, path: &str) -> Result<Option<String>>;

    /// The number at a path: an integer of any width, a float of 2, 4 or 8 bytes, or a boolean (0 or 1), in any
    /// byte order. Integers beyond 2^53 lose their last digits. It may be NaN or infinite. `None` as for
    /// [`string`](Self::string).
    ///
    /// # Errors
    /// As for [`string`](Self::string).
    fn number(&self, path: &str) -> Result<Option<f64>>;
}

/// A scan on disk. Reads only what is asked for, however large the file is; its calls block on the disk.
///
/// Sizes that the file claims are checked against limits before memory is taken for them. Should the parser
/// panic on a damaged file, the panic is caught and becomes [`Error::Parser`] (the panic hook still prints it):
/// one bad file must not end a process that handles many.
pub struct Scan {
    file: PathBuf,
    hdf5: Hdf5File,
}

impl fmt::Debug for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

impl Scan {
    /// Opens a file and reads its head.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be opened, [`Error::NotAFile`] for a folder, pipe or device,
    /// [`Error::NotHdf5`] when its head is not that of an HDF5 file.
    pub fn open(file: &Path) -> Result<Self> {
        let io = |source| Error::Io {
            file: file.to_owned(),
            source,
        };
        // Opening a named pipe would wait for its writer for ever.
        if !fs::metadata(file).map_err(io)?.is_file() {
            return Err(Error::NotAFile {
                file: file.to_owned(),
            });
        }
        let options = OpenOptions::default()
            .with_max_read_bytes(MAX_VALUE_BYTES)
            .with_max_chunk_bytes(MAX_CHUNK_BYTES)
            .with_max_object_header_bytes(MAX_HEADER_BYTES);
        let open = || {
            let storage = Limited(FileStorage::open(file)?);
            Hdf5File::from_storage_with_options(Arc::new(storage), options)
        };
        match guarded(file, "/", open)? {
            Ok(hdf5) => Ok(Self {
                file: file.to_owned(),
                hdf5,
            }),
            Err(ParseError::Io(source)) => Err(io(source)),
            Err(source) => Err(Error::NotHdf5 {
                file: file.to_owned(),
                source: Box::new(source),
            }),
        }
    }

    /// Finds the dataset and has `read` make one value of it.
    fn one<T>(
        &self,
        at: &str,
        expected: &'static str,
        read: impl FnOnce(&Dataset) -> Result<T, Mismatch>,
    ) -> Result<Option<T>> {
        let named = || (self.file.clone(), at.to_owned());
        let outcome = guarded(&self.file, at, || {
            let Some(dataset) = find(&self.hdf5, at)? else {
                return Ok(None);
            };
            match count(&dataset)? {
                0 => Ok(None),
                1 => read(&dataset).map(Some),
                count => Err(Mismatch::Count(count)),
            }
        })?;
        outcome.map_err(|mismatch| {
            let (file, at) = named();
            match mismatch {
                Mismatch::Parse(source) => Error::Unreadable {
                    file,
                    at,
                    source: source.into(),
                },
                Mismatch::Type(found) => Error::WrongType {
                    file,
                    at,
                    expected,
                    found,
                },
                Mismatch::Count(count) => Error::NotScalar { file, at, count },
            }
        })
    }
}

impl ScanReader for Scan {
    fn string(&self, path: &str) -> Result<Option<String>> {
        self.one(path, "text", value::text)
    }

    fn number(&self, path: &str) -> Result<Option<f64>> {
        self.one(path, "a number", value::number)
    }
}

/// A file of which no large piece is read at once: the parser limits only some of what it allocates.
struct Limited(FileStorage);

impl Storage for Limited {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_range(&self, offset: u64, len: usize) -> Result<StorageBuffer, ParseError> {
        if len > MAX_RANGE_BYTES {
            return Err(ParseError::ResourceLimit(format!(
                "a piece of {len} bytes is to be read at once"
            )));
        }
        self.0.read_range(offset, len)
    }
}

/// Runs the parser and turns its panic into an error. What the parser shares between calls are caches that it
/// only adds finished entries to, so a call that was cut short leaves them sound.
fn guarded<T>(file: &Path, at: &str, parse: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(parse)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        let message = text.unwrap_or_else(|| "without a message".to_owned());
        Error::Parser {
            file: file.to_owned(),
            at: at.to_owned(),
            message,
        }
    })
}

/// Absent is no error; a group where a dataset should be is one.
fn find(hdf5: &Hdf5File, at: &str) -> Result<Option<Dataset>, Mismatch> {
    match hdf5.dataset(at) {
        Ok(dataset) => Ok(Some(dataset)),
        Err(error) if is_absent(&error) => match hdf5.group(at) {
            Ok(_) => Err(Mismatch::Type("a group")),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error.into()),
        },
        Err(error) => Err(error.into()),
    }
}

fn is_absent(error: &ParseError) -> bool {
    match error {
        ParseError::DatasetNotFound(_) | ParseError::GroupNotFound(_) => true,
        ParseError::Context { source, .. } => is_absent(source),
        _ => false,
    }
}

fn count(dataset: &Dataset) -> Result<u64, Mismatch> {
    Ok(dataset.num_elements()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_parser_is_an_error_that_names_the_place() {
        let outcome: Result<()> = guarded(Path::new("scan.h5"), "/a/b", || panic!("index {} of {}", 7, 3));
        let message = outcome.map_err(|error| error.to_string());
        assert_eq!(
            message,
            Err("scan.h5: /a/b: the HDF5 parser failed: index 7 of 3".to_owned())
        );
    }
}
