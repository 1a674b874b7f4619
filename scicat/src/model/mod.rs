//! The documents that go to the catalogue and come back from it.

mod dataset;
mod email;
mod metadata;
mod new_dataset;
mod origdatablock;

pub use dataset::{Dataset, DatasetType};
pub use email::ContactEmail;
pub use metadata::{DropReason, DroppedValue, ScientificMetadata};
pub use new_dataset::{NewRawDataset, RequiredFields};
pub use origdatablock::{DataFile, NewOrigDatablock, OrigDatablock};
