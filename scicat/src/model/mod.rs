//! The documents that go to the catalogue and come back from it.

pub(crate) mod dataset;
pub(crate) mod email;
pub(crate) mod metadata;
pub(crate) mod new_dataset;
pub(crate) mod origdatablock;
