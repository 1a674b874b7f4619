//! `jobs`: work that other systems do on datasets.

use serde_json::{Map, Value, json};

use super::call::{call, command, fields, optional};
use super::find::{Find, FullQuery, Place};
use crate::{ApiVersion, Client, DatasetPid, Job, JobId};

impl Client {
    /// The jobs.
    pub fn jobs(&self) -> JobsHandle {
        JobsHandle { client: self.clone() }
    }
}

/// What can be asked of the jobs. Made by [`Client::jobs`].
#[derive(Clone, Debug)]
pub struct JobsHandle {
    client: Client,
}

impl JobsHandle {
    /// Asks for a job of this type, which must be one that the backend is configured for.
    pub fn create(&self, kind: impl Into<String>) -> CreateJob {
        let mut create = CreateJob::new(&self.client, &[]);
        create.call.set("type", kind.into());
        create.call.set("jobParams", Map::new());
        if self.client.version() == ApiVersion::V3 {
            create.call.set("datasetList", Value::Array(Vec::new()));
        }
        create
    }

    /// Reads a job.
    pub fn get(&self, id: &JobId) -> GetJob {
        GetJob::new(&self.client, &[("id", id.as_str())])
    }

    /// Changes how a job stands.
    pub fn update(&self, id: &JobId) -> UpdateJob {
        let call = UpdateJob::new(&self.client, &[("id", id.as_str())]).call;
        UpdateJob {
            call: call.body(&Map::new()).with(|parts| parts.idempotent(true)),
        }
    }

    /// Deletes a job.
    pub fn delete(&self, id: &JobId) -> DeleteJob {
        DeleteJob::new(&self.client, &[("id", id.as_str())])
    }

    /// Finds jobs: `GET /jobs?filter=…`.
    pub fn find(&self) -> Find<Job> {
        let path = super::call::versioned!(self.client, "/v3/jobs", "/v4/jobs");
        let place = Place {
            version: self.client.version(),
            ..Place::v3("scicat.job_find", path)
        };
        Find::new(&self.client, place, "createdAt")
    }

    /// Searches jobs: `GET /v3/jobs/fullquery`.
    pub fn full_query(&self) -> FullQuery<Job> {
        let place = Place::v3("scicat.job_full_query", "/v3/jobs/fullquery");
        FullQuery::new(&self.client, place, "createdAt")
    }
}

call! {
    /// Asks for a job. Made by [`JobsHandle::create`].
    CreateJob: "scicat.job_create", POST "/v3/jobs" | "/v4/jobs" -> Job;
    /// The new job. Not repeated once it may have been acted on. It is 400 if its type is not configured.
}

impl CreateJob {
    /// Adds a dataset and which of its files; none named are all of them.
    pub fn dataset<F: Into<String>>(mut self, pid: &DatasetPid, files: impl IntoIterator<Item = F>) -> Self {
        let files: Vec<String> = files.into_iter().map(Into::into).collect();
        let entry = json!({ "pid": pid, "files": files });
        match self.call.version() {
            ApiVersion::V3 => {
                let list = appended(self.call.asked("datasetList"), entry);
                self.call.set("datasetList", list);
            }
            ApiVersion::V4 => {
                let list = appended(
                    self.call.asked("jobParams").and_then(|p| p.get("datasetList")),
                    entry,
                );
                self = self.param("datasetList", list);
            }
        }
        self
    }

    /// Sets a parameter of the job.
    pub fn param(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let mut params = self
            .call
            .asked("jobParams")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        params.insert(name.into(), value.into());
        self.call.set("jobParams", params);
        self
    }

    /// Sets whom to tell.
    pub fn contact_email(mut self, email: impl Into<String>) -> Self {
        let key = match self.call.version() {
            ApiVersion::V3 => "emailJobInitiator",
            ApiVersion::V4 => "contactEmail",
        };
        self.call.set(key, email.into());
        self
    }

    /// Sets the group that owns it. API v4 only.
    pub fn owner_group(mut self, group: impl Into<String>) -> Self {
        match self.call.version() {
            ApiVersion::V3 => self.call.refuse("a job of API v3 has no ownerGroup"),
            ApiVersion::V4 => self.call.set("ownerGroup", group.into()),
        }
        self
    }
}

fn appended(list: Option<&Value>, entry: Value) -> Value {
    let mut list = list.and_then(Value::as_array).cloned().unwrap_or_default();
    list.push(entry);
    Value::Array(list)
}

call! {
    /// Reads a job. Made by [`JobsHandle::get`].
    GetJob: "scicat.job_get", GET "/v3/jobs/{id}" | "/v4/jobs/{id}" -> Job;
    /// The job. Retried.
}
optional!(GetJob -> Job);

call! {
    /// Changes how a job stands. Made by [`JobsHandle::update`].
    UpdateJob: "scicat.job_update", PATCH "/v3/jobs/{id}" | "/v4/jobs/{id}" -> Job;
    /// The job as it is then. Retried.
}

fields!(UpdateJob {
    /// Sets how it stands, in v3.
    job_status_message "jobStatusMessage": text;
    /// Sets how it stands, in v4.
    status_code "statusCode": text;
    /// Sets how it stands in words, in v4.
    status_message "statusMessage": text;
    /// Sets what came of it.
    job_result_object "jobResultObject": object;
});

command! {
    /// Deletes a job. Made by [`JobsHandle::delete`].
    DeleteJob: "scicat.job_delete", DELETE "/v3/jobs/{id}" | "/v4/jobs/{id}";
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}
