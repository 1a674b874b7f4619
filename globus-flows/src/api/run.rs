//! Runs.

use rest_core::Page;

use super::paging::list;
use crate::model::{LogEntry, Run, RunDefinition};
use crate::{Client, FlowId, Result, RunId};

impl Client {
    /// The runs that the caller may see, the newest first.
    pub fn runs(&self) -> ListRuns {
        ListRuns::new(self.rest(), &[])
    }

    /// One run.
    pub fn run(&self, id: RunId) -> RunHandle {
        RunHandle {
            client: self.clone(),
            id,
        }
    }
}

/// What can be asked of one run. Made by [`Client::run`].
#[derive(Clone, Debug)]
pub struct RunHandle {
    pub(crate) client: Client,
    pub(crate) id: RunId,
}

impl RunHandle {
    /// The run's id.
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// Reads the run.
    pub fn get(&self) -> GetRun {
        GetRun::new(self.client.rest(), &[("run_id", self.id.as_str())])
    }

    /// The definition that it was started with.
    pub fn definition(&self) -> GetRunDefinition {
        GetRunDefinition::new(self.client.rest(), &[("run_id", self.id.as_str())])
    }

    /// What has happened, oldest first.
    pub fn logs(&self) -> ListLogs {
        ListLogs::new(self.client.rest(), &[("run_id", self.id.as_str())])
    }

    /// Changes its label, tags and readers.
    pub fn update(&self) -> UpdateRun {
        UpdateRun::new(self.client.rest(), &[("run_id", self.id.as_str())])
    }

    /// Ends the run. What its actions have begun may go on.
    pub fn cancel(&self) -> CancelRun {
        let mut cancel = CancelRun::new(self.client.rest(), &[("run_id", self.id.as_str())]);
        cancel.call = cancel.call.idempotent();
        cancel
    }

    /// Deletes the record of a run that has ended.
    pub fn release(&self) -> ReleaseRun {
        let mut release = ReleaseRun::new(self.client.rest(), &[("run_id", self.id.as_str())]);
        release.call = release.call.idempotent();
        release
    }

    /// Lets an inactive run go on, after the consent or the credentials that it waits for were given. It needs the token
    /// of the run's flow.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if no tokens can be had for the flow.
    pub fn resume(&self, flow: &FlowId) -> Result<ResumeRun> {
        let handle = self.client.flow(flow.clone());
        let rest = self.client.rest_of(flow, handle.scope())?;
        let mut resume = ResumeRun::new(&rest, &[("run_id", self.id.as_str())]);
        resume.call = resume.call.idempotent();
        Ok(resume)
    }
}

list! {
    /// Lists runs. Made by [`Client::runs`].
    ListRuns: "globus_flows.list_runs", "/runs" -> Run;
}

impl ListRuns {
    /// Those of these flows.
    pub fn flows<'a>(mut self, flows: impl IntoIterator<Item = &'a FlowId>) -> Self {
        self.call.ask_each("filter_flow_id", flows);
        self
    }

    /// Those in which the caller has one of these roles, such as `run_owner`.
    pub fn roles<S: ToString>(mut self, roles: impl IntoIterator<Item = S>) -> Self {
        self.call.ask_each("filter_roles", roles);
        self
    }
}

rest_core::call! {
    /// Reads a run. Made by [`RunHandle::get`].
    pub GetRun: "globus_flows.get_run", GET "/runs/{run_id}" -> Run, optional;
    /// The run. Retried.
}

impl GetRun {
    /// Whether the flow's description is to come with it.
    pub fn include_flow_description(mut self, yes: bool) -> Self {
        // As the SDK writes it.
        self.call
            .ask("include_flow_description", if yes { "True" } else { "False" });
        self
    }

    /// Asks once only: for callers that ask again by themselves.
    pub fn no_retry(mut self) -> Self {
        self.call = self.call.no_retry();
        self
    }
}

rest_core::call! {
    /// Reads the definition of a run. Made by [`RunHandle::definition`].
    pub GetRunDefinition: "globus_flows.get_run_definition", GET "/runs/{run_id}/definition" -> RunDefinition;
    /// The definition. Retried.
}

list! {
    /// Lists what has happened in a run. Made by [`RunHandle::logs`].
    ListLogs: "globus_flows.get_run_logs", "/runs/{run_id}/log" -> LogEntry;
}

impl ListLogs {
    /// How many entries a request asks for (1 to 100).
    pub fn limit(mut self, limit: u32) -> Self {
        self.call.ask("limit", limit.clamp(1, 100).to_string());
        self
    }

    /// Whether the newest come first.
    pub fn reverse_order(mut self, yes: bool) -> Self {
        self.call.ask("reverse_order", if yes { "True" } else { "False" });
        self
    }

    /// Begins at the marker of an earlier page.
    pub fn marker(mut self, marker: impl Into<String>) -> Self {
        self.call.ask("marker", marker);
        self
    }

    /// One page, with the marker under which it is found again.
    pub(crate) async fn page_at(&self, marker: Option<&str>) -> Result<Page<LogEntry>> {
        match marker {
            Some(marker) => self.clone().marker(marker).send().await,
            None => self.send().await,
        }
    }
}

rest_core::call! {
    /// Changes a run. Made by [`RunHandle::update`].
    pub UpdateRun: "globus_flows.update_run", PUT "/runs/{run_id}" -> Run;
    /// The run as it is then. Retried.
}

rest_core::fields!(UpdateRun {
    /// Its name for people.
    label: text;
    /// Words to find it by.
    tags: texts;
    /// Who may see it, as URNs.
    run_monitors: texts;
    /// Who may manage it, as URNs.
    run_managers: texts;
});

rest_core::call! {
    /// Ends a run. Made by [`RunHandle::cancel`].
    pub CancelRun: "globus_flows.cancel_run", POST "/runs/{run_id}/cancel" -> Run;
    /// The run as it is then. Retried.
}

rest_core::call! {
    /// Deletes the record of a run. Made by [`RunHandle::release`].
    pub ReleaseRun: "globus_flows.release_run", POST "/runs/{run_id}/release" -> Run;
    /// The run as it was; one that has not ended is status 409 (`STATE_CONFLICT`). Retried; 404 after a lost answer
    /// means that it is gone.
}

rest_core::call! {
    /// Lets a run go on. Made by [`RunHandle::resume`].
    pub ResumeRun: "globus_flows.resume_run", POST "/runs/{run_id}/resume" -> Run;
    /// The run as it is then. Retried.
}
