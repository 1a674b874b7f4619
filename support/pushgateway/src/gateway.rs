//! The gateway: where a group is, and the push.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use http::Method;
use rest_core::{RequestParts, RestClient, Result, Url};

use crate::Exposition;

const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// A gateway answers within milliseconds, or is not there.
const TIME_LIMIT: Duration = Duration::from_secs(3);

/// One group of a Pushgateway: a job and an instance.
#[derive(Debug, Clone)]
pub struct Gateway {
    client: RestClient,
    job: String,
    instance: String,
    time_limit: Duration,
}

impl Gateway {
    /// The group at `url`, such as `http://localhost:9091`; without a scheme it is `http://`, as for the Python
    /// client. Nothing is sent.
    ///
    /// # Errors
    /// The URL is none of http or https, or holds a user, a password, a query.
    pub fn new(url: &str, job: impl Into<String>, instance: impl Into<String>) -> Result<Self> {
        let url = url.trim();
        let has_scheme = url.contains("://");
        let url = if has_scheme {
            url.to_owned()
        } else {
            format!("http://{url}")
        };
        Ok(Self {
            client: RestClient::builder("pushgateway", &url).build()?,
            job: job.into(),
            instance: instance.into(),
            time_limit: TIME_LIMIT,
        })
    }

    /// Where the gateway is.
    pub fn url(&self) -> &Url {
        self.client.base_url()
    }

    /// How long a push may take, connection and answer included; default 3 s.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Puts `figures` in the place of what the group holds.
    pub fn push<'a>(&'a self, figures: &'a Exposition) -> Push<'a> {
        Push {
            gateway: self,
            figures,
        }
    }
}

/// `PUT /metrics/job/{job}/instance/{instance}`
#[derive(Debug, Clone, Copy)]
#[must_use = "nothing is sent before `send`"]
pub struct Push<'a> {
    gateway: &'a Gateway,
    figures: &'a Exposition,
}

impl Push<'_> {
    /// The request as data.
    pub fn into_parts(self) -> RequestParts {
        let (job, job_encoded) = segment(&self.gateway.job);
        let (instance, instance_encoded) = segment(&self.gateway.instance);
        let template = match (job_encoded, instance_encoded) {
            (false, false) => "/metrics/job/{job}/instance/{instance}",
            (true, false) => "/metrics/job@base64/{job}/instance/{instance}",
            (false, true) => "/metrics/job/{job}/instance@base64/{instance}",
            (true, true) => "/metrics/job@base64/{job}/instance@base64/{instance}",
        };
        RequestParts::new("pushgateway.push", Method::PUT, template)
            .path_param("job", job)
            .path_param("instance", instance)
            .text(CONTENT_TYPE, self.figures.as_str())
            .timeout(self.gateway.time_limit)
            .no_retry()
    }

    /// Sends it, once.
    ///
    /// # Errors
    /// No answer within the time limit, or another than success: 400 for a name that is none or a metric that
    /// contradicts another group's.
    pub async fn send(self) -> Result<()> {
        self.gateway.client.empty(self.into_parts()).await
    }
}

/// A label's value as one path segment, and whether it is in base64: what holds a `/`, or is empty or a relative
/// path, cannot stand there plain. The gateway has `=` for an empty value.
fn segment(value: &str) -> (String, bool) {
    match value {
        "" => ("=".to_owned(), true),
        "." | ".." => (URL_SAFE.encode(value), true),
        _ if value.contains('/') => (URL_SAFE.encode(value), true),
        _ => (value.to_owned(), false),
    }
}
