//! Copies one file: temporary name, fsync, checksum, rename.

use std::fs::{File, FileTimes, Metadata};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::clock;

pub(crate) const CHUNK: usize = 1 << 20;

/// Which end of a transfer something is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Source,
    Destination,
}

/// What is to be copied, and who wants to hear about it.
pub(crate) struct Order<'a> {
    pub(crate) source: &'a Path,
    pub(crate) target: &'a Path,
    /// Makes the temporary name unique.
    pub(crate) suffix: &'a str,
    pub(crate) sync_level: Option<u8>,
    /// Whether both sides are read and compared by SHA-256.
    pub(crate) checksum: bool,
    pub(crate) keep_mtime: bool,
    /// Seconds by which the destination's clock is off.
    pub(crate) clock_off: i64,
    /// How many bytes are read at a time.
    pub(crate) chunk: usize,
    pub(crate) stopped: &'a dyn Fn() -> bool,
    pub(crate) sent: &'a dyn Fn(u64),
    pub(crate) hashed: &'a dyn Fn(u64),
    /// Told just before the file appears at the target.
    pub(crate) arrives: &'a dyn Fn(),
}

#[derive(Debug)]
pub(crate) enum Outcome {
    Copied {
        size: u64,
        checksum: Option<String>,
    },
    /// The sync level found nothing to do.
    Equal,
    Stopped,
}

#[derive(Debug)]
pub(crate) struct CopyError {
    pub(crate) side: Side,
    pub(crate) error: Fault,
}

#[derive(Debug)]
pub(crate) enum Fault {
    Io(io::Error),
    /// An event code with its description.
    Code(&'static str, &'static str),
}

impl CopyError {
    fn source(error: io::Error) -> Self {
        Self {
            side: Side::Source,
            error: Fault::Io(error),
        }
    }

    pub(crate) fn destination(error: io::Error) -> Self {
        Self {
            side: Side::Destination,
            error: Fault::Io(error),
        }
    }
}

/// Copies the file unless the sync level finds it in place.
pub(crate) fn sync(order: &Order<'_>) -> Result<Outcome, CopyError> {
    let source = order.source.metadata().map_err(CopyError::source)?;
    if let Ok(target) = order.target.symlink_metadata() {
        if target.is_dir() {
            let error = Fault::Code("IS_A_DIRECTORY", "is a directory");
            return Err(CopyError {
                side: Side::Destination,
                error,
            });
        }
        if let Some(level) = order.sync_level
            && in_place(order, level, &source, &target)?
        {
            return Ok(Outcome::Equal);
        }
    }
    if let Some(folder) = order.target.parent() {
        std::fs::create_dir_all(folder).map_err(CopyError::destination)?;
    }
    let temporary = temporary(order);
    let copied = write(order, &source, &temporary);
    if !matches!(copied, Ok(Outcome::Copied { .. })) {
        // What stopped the copy is what counts; a left-over temporary file is only untidy.
        let _: io::Result<()> = std::fs::remove_file(&temporary);
    }
    copied
}

/// Levels 0 to 3: there at all, same size, also not older, also same checksum.
fn in_place(order: &Order<'_>, level: u8, source: &Metadata, target: &Metadata) -> Result<bool, CopyError> {
    let same_size = source.len() == target.len();
    match level {
        0 => Ok(true),
        1 => Ok(same_size),
        2 => {
            let from = source.modified().map_err(CopyError::source)?;
            let to = target.modified().map_err(CopyError::destination)?;
            Ok(same_size && from <= to)
        }
        _ if !same_size => Ok(false),
        _ => {
            let from = hash_file(order, order.source).map_err(CopyError::source)?;
            let to = hash_file(order, order.target).map_err(CopyError::destination)?;
            Ok(from == to)
        }
    }
}

fn temporary(order: &Order<'_>) -> PathBuf {
    let name = order
        .target
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let full = format!(".{name}.globus-{}", order.suffix);
    // Most file systems end a name at 255 bytes. The items of a task are copied one after another.
    order.target.with_file_name(if full.len() > 255 {
        format!(".globus-{}", order.suffix)
    } else {
        full
    })
}

fn write(order: &Order<'_>, source: &Metadata, temporary: &Path) -> Result<Outcome, CopyError> {
    let mut from = File::open(order.source).map_err(CopyError::source)?;
    let mut to = File::create(temporary).map_err(CopyError::destination)?;
    let mut hash = order.checksum.then(Sha256::new);
    let most = usize::try_from(source.len()).unwrap_or(CHUNK).saturating_add(1);
    let mut buffer = vec![0; order.chunk.min(most)];
    let mut size = 0;
    loop {
        if (order.stopped)() {
            return Ok(Outcome::Stopped);
        }
        let n = from.read(&mut buffer).map_err(CopyError::source)?;
        let chunk = buffer.get(..n).unwrap_or_default();
        if chunk.is_empty() {
            break;
        }
        to.write_all(chunk).map_err(CopyError::destination)?;
        if let Some(hash) = &mut hash {
            hash.update(chunk);
        }
        size += n as u64;
        (order.sent)(n as u64);
    }
    if size != source.len() {
        let error = Fault::Code("FILE_SIZE_CHANGED", "file size changed");
        return Err(CopyError {
            side: Side::Source,
            error,
        });
    }
    let checksum = hash.map(|hash| hex(&hash.finalize()));
    settle(order, source, &to, temporary, checksum.as_deref())?;
    if (order.stopped)() {
        return Ok(Outcome::Stopped);
    }
    (order.arrives)();
    std::fs::rename(temporary, order.target).map_err(CopyError::destination)?;
    Ok(Outcome::Copied { size, checksum })
}

/// Makes what was written durable, and compares it with what was read.
fn settle(
    order: &Order<'_>,
    source: &Metadata,
    to: &File,
    temporary: &Path,
    checksum: Option<&str>,
) -> Result<(), CopyError> {
    if order.keep_mtime {
        let modified = source.modified().map_err(CopyError::source)?;
        set_modified(to, modified).map_err(CopyError::destination)?;
    } else if order.clock_off != 0 {
        let modified = SystemTime::now();
        set_modified(to, clock::off(modified, order.clock_off)).map_err(CopyError::destination)?;
    }
    to.sync_all().map_err(CopyError::destination)?;
    if let Some(checksum) = checksum {
        let written = hash_file(order, temporary).map_err(CopyError::destination)?;
        if written != checksum {
            let error = Fault::Code("VERIFY_CHECKSUM", "checksum mismatch");
            return Err(CopyError {
                side: Side::Destination,
                error,
            });
        }
    }
    Ok(())
}

fn set_modified(file: &File, at: SystemTime) -> io::Result<()> {
    file.set_times(FileTimes::new().set_modified(at))
}

fn hash_file(order: &Order<'_>, path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(buffer.get(..n).unwrap_or_default());
        (order.hashed)(n as u64);
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _: std::fmt::Result = write!(text, "{byte:02x}");
        text
    })
}

/// Cuts a file to half its length.
pub(crate) fn shorten(path: &Path) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    file.set_len(file.metadata()?.len() / 2)
}

/// Changes one byte in the middle of a file, or gives an empty file one.
pub(crate) fn damage(path: &Path) -> io::Result<()> {
    let mut file = File::options().read(true).write(true).open(path)?;
    let middle = file.metadata()?.len() / 2;
    let mut byte = [0];
    file.seek(SeekFrom::Start(middle))?;
    let read = file.read(&mut byte)?;
    file.seek(SeekFrom::Start(middle))?;
    file.write_all(&[if read == 0 { b'!' } else { byte[0] ^ 0xff }])
}
