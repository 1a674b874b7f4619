//! Cataloguing a scan in SciCat.

mod catalogue_832;
mod entry;
mod metadata;

pub use entry::ingest;
pub use metadata::local_file;
