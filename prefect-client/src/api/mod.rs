//! Requests, one builder each.
//!
//! A builder's `into_parts` is pure: it says what would be sent without sending it.

mod admin;
mod artifacts;
mod automations;
mod blocks;
mod call;
mod concurrency;
mod create_flow_run;
mod deployments;
mod events;
mod flow_runs;
mod flows;
mod logs;
mod schedules;
mod set_state;
mod task_runs;
mod variables;
mod work_pools;
mod work_queues;

pub use admin::{GetApiVersion, GetHealth, GetReady, GetSettings, GetVersion};
pub use artifacts::{
    ArtifactHandle, Artifacts, CountArtifacts, CreateArtifact, DeleteArtifact, GetArtifact,
    GetLatestArtifact, ListArtifacts, ListLatestArtifacts, UpdateArtifact,
};
pub use automations::{
    Automations, CountAutomations, CreateAutomation, DeleteAutomation, EnableAutomation, GetAutomation,
    ListAutomations, ReplaceAutomation,
};
pub use blocks::{
    Blocks, CreateBlock, CreateBlockSchema, CreateBlockType, DeleteBlock, DeleteBlockType, GetBlockByName,
    GetBlockType, ListBlockSchemas, ListBlockTypes, ListBlocks, UpdateBlock,
};
pub(crate) use call::time_text;
pub use concurrency::{
    ConcurrencyLimitHandle, ConcurrencyLimits, CreateConcurrencyLimit, DeleteConcurrencyLimit,
    GetConcurrencyLimit, GiveBackSlots, LeaseSlots, ListConcurrencyLimits, ReleaseLease, RenewLease,
    TakeSlots, UpdateConcurrencyLimit,
};
pub use create_flow_run::CreateFlowRun;
pub use deployments::{
    CountDeployments, CreateDeployment, DeleteDeployment, DeploymentById, DeploymentHandle, Deployments,
    GetDeployment, GetDeploymentById, ListDeployments, PauseDeployment, ResumeDeployment, UpdateDeployment,
};
pub use events::{EmitEvents, Events, ListEvents, NextEvents};
pub use flow_runs::{
    CountFlowRuns, CreateFlowRunOfFlow, DeleteFlowRun, FlowRunHandle, FlowRuns, GetFlowRun, GetFlowRunGraph,
    LabelFlowRun, ListFlowRunStates, ListFlowRuns, ResumeFlowRun, UpdateFlowRun,
};
pub use flows::{
    CountFlows, CreateFlow, DeleteFlow, FlowHandle, Flows, GetFlow, GetFlowByName, ListFlows, UpdateFlow,
};
pub use logs::{CreateLogs, ListLogs, Logs};
pub use schedules::{AddSchedules, DeleteSchedule, ListSchedules, ScheduleNow, UpdateSchedule};
pub use set_state::{SetFlowRunState, SetTaskRunState};
pub use task_runs::{
    CountTaskRuns, CreateTaskRun, DeleteTaskRun, GetTaskRun, ListTaskRunStates, ListTaskRuns, TaskRunHandle,
    TaskRuns, UpdateTaskRun,
};
pub use variables::{
    CountVariables, CreateVariable, DeleteVariable, GetVariable, ListVariables, UpdateVariable,
    VariableHandle, Variables,
};
pub use work_pools::{
    CountWorkPools, CreateWorkPool, DeleteWorkPool, DeleteWorker, GetScheduledRuns, GetWorkPool,
    ListWorkPools, ListWorkers, UpdateWorkPool, WorkPoolConcurrencyStatus, WorkPoolHandle, WorkPools,
    WorkerHeartbeat,
};
pub use work_queues::{
    CreateWorkQueue, DeleteWorkQueue, GetWorkQueue, ListPoolQueues, UpdateWorkQueue, WorkQueueHandle,
};
