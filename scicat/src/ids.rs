//! Identifiers of the catalogue.

rest_core::newtype_id! {
    /// The persistent identifier of a dataset: the site's prefix, a slash and a UUID, such as
    /// `20.500.12345/cc461548-d698-41e6-9d29-869cae4278af`.
    ///
    /// In a URL it is one segment: its slash travels as `%2F`, or the backend does not find the route.
    pub struct DatasetPid;
}
