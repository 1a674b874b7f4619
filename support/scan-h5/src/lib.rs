//! Metadata and frames of a beamline scan in HDF5.
//!
//! [`ScanReader`] is the small trait that catalogue code asks for text, numbers and frames by HDF5 path; [`Scan`] is a
//! file on disk behind it. Instruments write the same value in many ways (fixed or variable length, padded,
//! scalar or an array of one, any width and byte order): the reader takes them all and says plainly what it
//! cannot take. It works without the HDF5 library.
//!
//! ```no_run
//! use scan_h5::{Scan, ScanReader};
//!
//! let scan = Scan::open("scan.h5".as_ref())?;
//! let proposal = scan.string("/measurement/sample/experiment/proposal")?; // None: not in this file
//! let angles = scan.number("/process/acquisition/rotation/num_angles")?;
//! let first = scan.frame("/exchange/data", 0)?; // in the camera's own number type
//! # Ok::<(), scan_h5::Error>(())
//! ```
//!
//! Feature `write` adds [`write_scan`], which makes small scans for tests and demonstrations.

mod complete;
mod error;
mod limits;
mod reader;
mod slab;
mod value;
#[cfg(feature = "write")]
mod writer;

pub use error::{Error, Result};
pub use reader::{Scan, ScanReader};
pub use slab::{Frame, Numbers, Select, Slab};
pub use value::Value;
#[cfg(feature = "write")]
pub use writer::{PixelType, ScanSpec, ScanValue, TextForm, write_scan};
