//! A [`RunStore`](run_store::RunStore) on a Prefect server, so that a worker on another host finds what this one
//! meant to do and did.
//!
//! | what | where on the server | why it is enough |
//! | --- | --- | --- |
//! | a run | the flow run whose id is the run's; a task run `run record` keeps flow and parameters, and the report of a run that ended well | a flow run is claimed by one worker |
//! | the lease | the flow run is RUNNING in the state in which it was opened, or was only paused and resumed since; its `run_count` is the fencing number | another worker can have the run only after CRASHED, SCHEDULED and PENDING |
//! | an intent | a task run of the flow run, with the request in its `task_inputs`; `task_key` is the step, `dynamic_key` the key and the attempt | `POST /task_runs/` makes one run for three equal keys: the first intent stands |
//! | a receipt | the task run's RUNNING state | the server refuses RUNNING to tasks of a flow run that is not running |
//! | an outcome | the task run's COMPLETED or FAILED state | a COMPLETED state with data is never left |
//! | a delivery, a deletion, a row of the list of prunes | an artifact without a flow run, found by its key | the newest of a key counts; it outlives the flow run |
//! | that one run is at a step which only one may be at | a variable `splash-flows-lock-…`, removed when the step is settled | a variable of one name is made once; a run that ended holds none |
//! | a path under export control | a variable `splash-flows-export-control-…` | staff see it, and no clean-up of old runs takes it |
//!
//! The lease is looked at before every effect, unless it was within the last seconds: no worker is declared dead so
//! fast. An owner that was stopped in between finds its run lost before its next effect; what it may still send are the
//! bytes that the next owner sends too.
//!
//! While the flow run is paused, looks, receipts and the next effects wait; who suspends it has its worker stop it.
//!
//! [`PrefectStore::new`] is for a worker. [`PrefectStore::with_local_runs`] keeps runs in another store, for a command on
//! a host of its own, and shares what outlives them.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod control;
mod inputs;
mod known;
mod locks;
mod records;
mod session;
mod store;
mod wire;

pub use store::PrefectStore;
