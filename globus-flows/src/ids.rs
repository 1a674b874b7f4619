//! Identifiers, each a type of its own so that they cannot be mistaken for one another.

rest_core::uuid_id! {
    /// The id of a flow.
    pub struct FlowId;
}

rest_core::uuid_id! {
    /// The id of a run of a flow.
    pub struct RunId;
}

rest_core::uuid_id! {
    /// The id of a question that a run asks somebody.
    pub struct WebInputId;
}

rest_core::uuid_id! {
    /// The id of an API that was registered for use in flows.
    pub struct RegisteredApiId;
}
