//! Identifiers of the catalogue.

rest_core::newtype_id! {
    /// The persistent identifier of a dataset: the site's prefix, a slash and a UUID, such as
    /// `20.500.12345/cc461548-d698-41e6-9d29-869cae4278af`.
    ///
    /// In a URL it is one segment: its slash travels as `%2F`, or the backend does not find the route.
    pub struct DatasetPid;
}

rest_core::newtype_id! {
    /// The identifier of an original datablock.
    pub struct OrigDatablockId;
}

rest_core::newtype_id! {
    /// The identifier of a datablock.
    pub struct DatablockId;
}

rest_core::newtype_id! {
    /// The identifier of an attachment.
    pub struct AttachmentId;
}

rest_core::newtype_id! {
    /// The identifier of a sample.
    pub struct SampleId;
}

rest_core::newtype_id! {
    /// The identifier of a proposal, such as `ALS-11532`.
    pub struct ProposalId;
}

rest_core::newtype_id! {
    /// The persistent identifier of an instrument.
    pub struct InstrumentId;
}

rest_core::newtype_id! {
    /// The identifier of a job.
    pub struct JobId;
}

rest_core::newtype_id! {
    /// The identifier of a policy.
    pub struct PolicyId;
}

rest_core::newtype_id! {
    /// The identifier of a user's account.
    pub struct UserId;
}
