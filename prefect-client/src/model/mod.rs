//! The documents that come back from the server, and those that go to it.

mod artifact;
mod block;
mod concurrency;
mod deployment;
mod event;
mod flow;
mod flow_run;
mod log;
mod schedule;
mod state;
mod task_run_events;
mod variable;
mod work_pool;

pub use artifact::{Artifact, LatestArtifact};
pub use block::{BlockDocument, BlockSchema, BlockType};
pub use concurrency::{ConcurrencyLimit, SlotLease, SlotsOf};
pub use deployment::{Deployment, DeploymentStatus};
pub use event::{Automation, Event, EventPage, NewEvent};
pub use flow::Flow;
pub use flow_run::{FlowRun, RunPolicy, ScheduledRun, TaskRun};
pub use log::{Log, NewLog};
pub use schedule::{DeploymentSchedule, NewSchedule, Schedule};
pub(crate) use state::OrchestrationResult;
pub use state::{NewState, State, StateDetails, StateType, Transition, TransitionStatus};
pub use task_run_events::TaskRunEvents;
pub use variable::Variable;
pub use work_pool::{PoolStatus, WorkPool, WorkQueue, WorkerInfo, WorkerStatus};
