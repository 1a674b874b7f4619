//! The scan to be moved, and the sums of its copies.

use std::fmt;
use std::io::{self, Read};
use std::path::Path;

use scan_h5::{ScanSpec, write_scan};
use sha2::{Digest, Sha256};

/// Small enough to be quick, large enough to be a scan.
const PROJECTIONS: usize = 2;
const ROWS: usize = 256;
const COLUMNS: usize = 256;

/// Writes a scan unless it is there already: a rerun moves the file of the run before.
///
/// # Errors
/// The file or its folder cannot be written.
pub fn write(path: &Path, name: &str, seed: u64) -> Result<(), String> {
    if path.exists() {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let spec = ScanSpec::new(PROJECTIONS, ROWS, COLUMNS)
        .seed(seed)
        .text("/measurement/sample/file_name", name);
    write_scan(path, &spec).map_err(|error| error.to_string())
}

/// The sha256 of a file, in hexadecimal.
///
/// # Errors
/// The file cannot be read.
pub fn sha256(path: &Path) -> io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut sum = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            break;
        }
        sum.update(&block[..read]);
    }
    Ok(format!("{:x}", HexSum(&sum.finalize())))
}

struct HexSum<'a>(&'a [u8]);

impl fmt::LowerHex for HexSum<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
