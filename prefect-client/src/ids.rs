//! Identifiers of the server; each is a UUID as text.

macro_rules! ids {
    ($( $(#[$doc:meta])* $name:ident; )+) => {
        $( rest_core::newtype_id! {
            $(#[$doc])*
            pub struct $name;
        } )+
    };
}

ids! {
    /// The identifier of a flow.
    FlowId;
    /// The identifier of a deployment.
    DeploymentId;
    /// The identifier of a deployment's schedule.
    ScheduleId;
    /// The identifier of a flow run.
    FlowRunId;
    /// The identifier of a task run.
    TaskRunId;
    /// The identifier of a state.
    StateId;
    /// The identifier of an artifact.
    ArtifactId;
    /// The identifier of a block's type.
    BlockTypeId;
    /// The identifier of a block's schema.
    BlockSchemaId;
    /// The identifier of a block document.
    BlockDocumentId;
    /// The identifier of an automation.
    AutomationId;
    /// The identifier of a lease of concurrency slots.
    LeaseId;
}
