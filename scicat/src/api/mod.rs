//! Requests, one builder each.
//!
//! A builder's `into_parts` is pure: it says what would be sent without sending it.

mod attachments;
mod call;
mod datablocks;
mod dataset;
mod dataset_changes;
mod datasets;
mod find;
mod instruments;
mod jobs;
mod locations;
mod logbooks;
pub(crate) mod login;
mod matching;
mod origdatablocks;
mod policies;
mod proposals;
mod published_data;
mod samples;
mod sub_attachments;
mod upsert;
mod upsert_error;
mod users;

pub use attachments::{
    AttachmentsHandle, CreateAttachment, DeleteAttachment, GetThumbnail, ListAttachments, UpdateAttachment,
};
pub use datablocks::{CreateDatablock, DatablocksHandle, DeleteDatablock, ListDatablocks, UpdateDatablock};
pub use dataset::{DatasetHandle, DeleteDataset, GetDataset, GetLifecycle, UpdateLifecycle};
pub use dataset_changes::{AppendToDataset, ReplaceDataset, UpdateDataset};
pub use datasets::{
    Count, CountDatasets, CreateDataset, DatasetFacets, DatasetsHandle, FindDatasets, FindOneDataset,
    IsValidDataset, MetadataKeys,
};
pub use find::{Find, FullQuery, List};
pub use instruments::{
    CountInstruments, CreateInstrument, DeleteInstrument, FindOneInstrument, GetInstrument,
    InstrumentsHandle, UpdateInstrument,
};
pub use jobs::{CreateJob, DeleteJob, GetJob, JobsHandle, UpdateJob};
pub use locations::{LocationChange, LocationsHandle};
pub use logbooks::{DatasetLogbook, GetLogbook, ListLogbooks, LogbooksHandle};
pub use matching::{Conditions, Matching, Query};
pub use origdatablocks::{
    CreateOrigDatablock, DeleteOrigDatablock, IsValidOrigDatablock, ListOrigDatablocks, OrigDatablocksHandle,
    UpdateOrigDatablock,
};
pub use policies::{
    CountPolicies, CreatePolicy, DeletePolicy, GetPolicy, PoliciesHandle, UpdatePolicies, UpdatePolicy,
};
pub use proposals::{
    CountProposals, CreateProposal, DeleteProposal, GetProposal, IsValidProposal, ListProposalDatasets,
    ProposalsHandle, UpdateProposal,
};
pub use published_data::{CountPublishedData, GetPublishedData, PublishedDataHandle};
pub use samples::{
    CountSamples, CreateSample, DeleteSample, GetSample, ListSampleDatasets, SampleMetadataKeys,
    SamplesHandle, UpdateSample,
};
pub use sub_attachments::{
    CreateSubAttachment, DeleteSubAttachment, ListSubAttachments, SubAttachmentsHandle,
};
pub use upsert::{Upsert, Upserted};
pub use upsert_error::{Step, UpsertError};
pub use users::{
    GetMe, GetMyIdentity, GetMySettings, GetUser, GetUserIdentity, GetUserSettings, ListUsers, Logout,
    MayCreateDatasets, UpdateUserSettings, UsersHandle, WhoAmI,
};
