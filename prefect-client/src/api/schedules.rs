//! `deployments/{id}/schedules`.

use super::call::{act, call, fields};
use crate::model::{DeploymentSchedule, Schedule};

call! {
    /// Lists a deployment's schedules. Made by [`DeploymentById::schedules`](super::DeploymentById::schedules).
    ListSchedules: "prefect.schedule_list", GET "/deployments/{id}/schedules" -> Vec<DeploymentSchedule>;
    /// The schedules. Retried.
}

call! {
    /// Adds schedules. Made by [`DeploymentById::add_schedules`](super::DeploymentById::add_schedules).
    AddSchedules: "prefect.schedule_add", POST "/deployments/{id}/schedules" -> Vec<DeploymentSchedule>;
    /// The new schedules. Not repeated once it may have been acted on.
}

act! {
    /// Changes a schedule. Made by [`DeploymentById::update_schedule`](super::DeploymentById::update_schedule).
    UpdateSchedule: "prefect.schedule_update", PATCH(repeatable) "/deployments/{id}/schedules/{schedule_id}";
    /// Changes it; what is not said stays. Retried.
}

fields!(UpdateSchedule {
    /// Whether it makes runs.
    active: flag;
    /// Parameters of the runs that it makes, a JSON object.
    parameters: json;
});

impl UpdateSchedule {
    /// When it makes runs.
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        match serde_json::to_value(schedule) {
            Ok(schedule) => self.call.set("schedule", schedule),
            Err(problem) => self
                .call
                .refuse(format!("the schedule cannot be written: {problem}")),
        }
        self
    }
}

act! {
    /// Deletes a schedule. Made by [`DeploymentById::delete_schedule`](super::DeploymentById::delete_schedule).
    DeleteSchedule: "prefect.schedule_delete", DELETE "/deployments/{id}/schedules/{schedule_id}";
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}

act! {
    /// Has the server make scheduled runs now. Made by
    /// [`DeploymentById::schedule_now`](super::DeploymentById::schedule_now).
    ScheduleNow: "prefect.deployment_schedule", POST(repeatable) "/deployments/{id}/schedule";
    /// Makes them; those that are there already stay. Retried.
}

fields!(ScheduleNow {
    /// Runs of this time or later.
    start_time: date;
    /// Runs of this time or earlier.
    end_time: date;
    /// How many at most.
    max_runs: number;
});
