//! The documents that go to the catalogue and come back from it.

mod attachment;
mod datablock;
mod dataset;
mod draft;
mod email;
mod instrument;
mod job;
mod lifecycle;
mod location;
mod logbook;
mod metadata;
mod new_dataset;
mod new_derived;
mod origdatablock;
mod policy;
mod proposal;
mod published_data;
mod sample;
mod user;
mod validity;

pub use attachment::{Attachment, AttachmentTarget, Content, NewAttachment};
pub use datablock::{Datablock, NewDatablock};
pub use dataset::{Dataset, DatasetType};
pub use email::ContactEmail;
pub use instrument::Instrument;
pub use job::{Job, JobDataset};
pub use lifecycle::Lifecycle;
pub use location::Location;
pub use logbook::Logbook;
pub use metadata::{DropReason, DroppedValue, ScientificMetadata};
pub use new_dataset::{NewDataset, NewRawDataset, RequiredFields};
pub use new_derived::{DerivedFields, NewDerivedDataset};
pub use origdatablock::{DataFile, NewDataFile, NewOrigDatablock, OrigDatablock};
pub use policy::Policy;
pub use proposal::Proposal;
pub use published_data::PublishedData;
pub use sample::Sample;
pub use user::{User, UserIdentity, UserSettings};
pub use validity::Validity;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serializer;

/// A time as it is sent: with a `T` and a `Z`, as the backend takes one without a zone to be in its own.
pub(crate) fn iso(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn rfc3339<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&iso(*time))
}
