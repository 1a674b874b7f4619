//! One scan on disk.

use std::fmt;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hdf5_reader::error::Error as ParseError;
use hdf5_reader::{Dataset, FileStorage, Hdf5File, OpenOptions, Storage, StorageBuffer};

use crate::slab::{self, Frame, Select, Slab};
use crate::value::{self, Mismatch, Value};
use crate::{Error, Result, complete, limits};

/// Text, numbers and frames of a scan, by HDF5 path.
///
/// An answer of `None` means that there is no such dataset. Errors are the same everywhere: [`Error::WrongType`] for a
/// group or another type, [`Error::TooLarge`] beyond what is read at once, [`Error::Unreadable`] and [`Error::Parser`]
/// for damage.
pub trait ScanReader {
    /// The text at a path: of fixed or variable length, without its NUL or blank padding, in UTF-8 or else in
    /// Latin-1. `None` also when the dataset holds no value.
    ///
    /// # Errors
    /// [`Error::NotScalar`] for more than one text, and those of the trait.
    fn string(&self, path: &str) -> Result<Option<String>>;

    /// The number at a path: an integer of any width, a float of 2, 4 or 8 bytes, or a boolean (0 or 1), in any
    /// byte order. Integers beyond 2^53 lose their last digits. It may be NaN or infinite. `None` as for
    /// [`string`](Self::string).
    ///
    /// # Errors
    /// As for [`string`](Self::string).
    fn number(&self, path: &str) -> Result<Option<f64>>;

    /// What a dataset of no or one dimension holds: at most 10,000 values and 1 MiB. A single value that cannot grow,
    /// and a single text, comes as itself, everything else as a list.
    ///
    /// # Errors
    /// [`Error::WrongShape`] for more dimensions, and those of the trait.
    fn value(&self, path: &str) -> Result<Option<Value>>;

    /// The extent of a dataset in each of its dimensions; none for a single value without dimensions.
    ///
    /// # Errors
    /// Those of the trait.
    fn shape(&self, path: &str) -> Result<Option<Vec<u64>>>;

    /// A selection of a dataset of integers or floats, one [`Select`] for each of its dimensions, at most 96 MiB.
    ///
    /// # Errors
    /// [`Error::WrongShape`] if it has another number of dimensions, [`Error::OutOfRange`] for an index beyond its
    /// extent, and those of the trait.
    fn slab(&self, path: &str, selection: &[Select]) -> Result<Option<Slab>>;

    /// One frame of a stack, or the only frame (index 0) of an image, at most 96 MiB, in the number type of the file.
    /// Only the pieces of the file that hold it are read.
    ///
    /// # Errors
    /// [`Error::WrongShape`] if it is neither, [`Error::OutOfRange`] if there is no such frame, and those of the trait.
    fn frame(&self, path: &str, index: u64) -> Result<Option<Frame>>;
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
            .with_max_read_bytes(limits::MAX_SLAB_BYTES)
            .with_max_chunk_bytes(limits::MAX_SLAB_BYTES)
            .with_max_object_header_bytes(limits::MAX_HEADER_BYTES)
            // A frame is read once, so keeping its pieces would only double its memory.
            .with_chunk_cache_bytes(0);
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

    /// Whether the file has all the bytes that its head says it has: one that was cut, or is still being written, has not.
    ///
    /// # Errors
    /// [`Error::Incomplete`] with what is missing, [`Error::Unreadable`] and [`Error::Parser`] for damage.
    pub fn check_head(&self) -> Result<()> {
        let checked = guarded(&self.file, "/", || complete::head(&self.hdf5))?;
        checked.map_err(|mismatch| self.error("/", "a group", mismatch))
    }

    /// [`check_head`](Self::check_head), and whether every frame of the stack at `path` is written and can be decoded.
    /// Reads the whole stack, one piece at a time; frames, or pieces of them, of more than 96 MiB are not decoded.
    ///
    /// # Errors
    /// As for [`check_head`](Self::check_head), [`Error::WrongShape`] for something else than a stack.
    pub fn check_frames(&self, path: &str) -> Result<()> {
        self.check_head()?;
        let checked = self.at(path, "a stack of images", complete::frames)?;
        checked.ok_or_else(|| {
            self.error(
                path,
                "a stack of images",
                Mismatch::Incomplete(format!("it has no {path}")),
            )
        })
    }

    /// Finds the dataset and has `read` make something of it.
    fn at<T>(
        &self,
        at: &str,
        expected: &'static str,
        read: impl FnOnce(&Dataset) -> Result<T, Mismatch>,
    ) -> Result<Option<T>> {
        let outcome = guarded(&self.file, at, || {
            find(&self.hdf5, at)?.map(|dataset| read(&dataset)).transpose()
        })?;
        outcome.map_err(|mismatch| self.error(at, expected, mismatch))
    }

    /// As [`at`](Self::at), for a dataset that holds one element.
    fn one<T>(
        &self,
        at: &str,
        expected: &'static str,
        read: impl FnOnce(&Dataset) -> Result<T, Mismatch>,
    ) -> Result<Option<T>> {
        let found = self.at(at, expected, |dataset| match dataset.num_elements()? {
            0 => Ok(None),
            1 => read(dataset).map(Some),
            count => Err(Mismatch::Count(count)),
        });
        found.map(Option::flatten)
    }

    fn error(&self, at: &str, expected: &'static str, mismatch: Mismatch) -> Error {
        let (file, at) = (self.file.clone(), at.to_owned());
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
            Mismatch::Large(what) => Error::TooLarge { file, at, what },
            Mismatch::Shape(expected, shape) => Error::WrongShape {
                file,
                at,
                expected,
                shape,
            },
            Mismatch::Range { index, count } => Error::OutOfRange {
                file,
                at,
                index,
                count,
            },
            Mismatch::Incomplete(reason) => Error::Incomplete { file, reason },
        }
    }
}

impl ScanReader for Scan {
    fn string(&self, path: &str) -> Result<Option<String>> {
        self.one(path, "text", value::text)
    }

    fn number(&self, path: &str) -> Result<Option<f64>> {
        self.one(path, "a number", value::number)
    }

    fn value(&self, path: &str) -> Result<Option<Value>> {
        self.at(path, "text or numbers", value::whole)
    }

    fn shape(&self, path: &str) -> Result<Option<Vec<u64>>> {
        self.at(path, "a dataset", |dataset| Ok(dataset.shape().to_vec()))
    }

    fn slab(&self, path: &str, selection: &[Select]) -> Result<Option<Slab>> {
        self.at(path, "numbers", |dataset| slab::read(dataset, selection))
    }

    fn frame(&self, path: &str, index: u64) -> Result<Option<Frame>> {
        self.at(path, "images", |dataset| slab::frame(dataset, index))
    }
}

/// A file of which no large piece is read at once: the parser limits only some of what it allocates.
struct Limited(FileStorage);

impl Storage for Limited {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_range(&self, offset: u64, len: usize) -> Result<StorageBuffer, ParseError> {
        if len > limits::MAX_RANGE_BYTES {
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
