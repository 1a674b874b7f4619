//! Identifiers, each a type of its own so that they cannot be mistaken for one another.

rest_core::uuid_id! {
    /// The id of a compute endpoint.
    pub struct EndpointId;
}

rest_core::uuid_id! {
    /// The id of a registered function.
    pub struct FunctionId;
}

rest_core::uuid_id! {
    /// The id of a task: one call of a function.
    pub struct TaskId;
}

rest_core::uuid_id! {
    /// The id of a group of tasks. Everything that an [`Executor`](crate::Executor) submits is in one group.
    pub struct TaskGroupId;
}
