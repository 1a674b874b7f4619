//! Identifiers of the server; each is a UUID as text.

rest_core::newtype_id! {
    /// The identifier of a flow.
    pub struct FlowId;
}

rest_core::newtype_id! {
    /// The identifier of a deployment.
    pub struct DeploymentId;
}

rest_core::newtype_id! {
    /// The identifier of a flow run.
    pub struct FlowRunId;
}
