//! Globus Compute, as every run of a process shares it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use globus_compute::{Client, EndpointId};
use judged_functions::Functions;
use rest_core::{ExposeSecret, OnRequest};

use crate::facility::Facility;
use crate::failure::Failure;

const STEP: &str = "preflight";
const SERVICE: &str = "globus_compute";
/// The variable that names the endpoint, and the Secret block that does so where it is not set.
const VARIABLE: &str = "GLOBUS_COMPUTE_ENDPOINT";
const BLOCK: &str = "globus-compute-endpoint";

/// Globus Compute: one client, and the functions of each endpoint, whose waits share their polls.
#[derive(Debug)]
pub struct Compute {
    client: Client,
    functions: Mutex<BTreeMap<EndpointId, Functions>>,
}

impl Compute {
    /// The client that the variables describe: `GLOBUS_COMPUTE_CLIENT_ID` and `GLOBUS_COMPUTE_CLIENT_SECRET`, else those
    /// of Globus. Nothing is sent yet.
    pub(crate) fn new(
        variables: impl Fn(&str) -> Option<String>,
        counter: OnRequest,
    ) -> Result<Self, Failure> {
        let client = globus_compute::ClientBuilder::from_vars(variables)
            .and_then(|builder| builder.on_request(counter).build())
            .map_err(|error| Failure::service(STEP, SERVICE, &error))?;
        Ok(Self {
            client,
            functions: Mutex::default(),
        })
    }

    /// The client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The functions of an endpoint. Sends nothing.
    pub fn functions(&self, endpoint: &EndpointId) -> Functions {
        let mut known = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
        let functions = known.entry(endpoint.clone());
        functions
            .or_insert_with(|| Functions::new(&self.client, endpoint.clone()))
            .clone()
    }
}

impl Facility {
    /// The endpoint that functions run on: the one that is asked for, else that of the variable
    /// `GLOBUS_COMPUTE_ENDPOINT`, else that of the Secret block `globus-compute-endpoint`, for which the server is asked
    /// once, retried.
    ///
    /// # Errors
    /// None is named, one is no UUID, or the server could not be asked.
    pub async fn compute_endpoint(&self, asked: Option<&str>) -> Result<EndpointId, Failure> {
        let given = |text: &str| (!text.trim().is_empty()).then(|| text.to_owned());
        let asked = asked.and_then(given).map(|text| ("the endpoint asked for", text));
        let variable = || Some((VARIABLE, given(self.environment().get(VARIABLE)?)?));
        if let Some((name, text)) = asked.or_else(variable) {
            return EndpointId::parse(&text)
                .map_err(|error| Failure::new(STEP, "no_endpoint", format!("{name}: {error}")).of(SERVICE));
        }
        let Some(secret) = self.scheduler().secret(BLOCK).await? else {
            let text = "no compute endpoint is named";
            return Err(Failure::new(STEP, "no_endpoint", text).remedy(format!(
                "set {VARIABLE}, or the Secret block {BLOCK} on the Prefect server"
            )));
        };
        // Whatever stands there was meant to be secret: it is not repeated.
        EndpointId::parse(secret.expose_secret()).map_err(|_| {
            let text = format!("the Secret block {BLOCK} holds no endpoint's id, which is a UUID");
            Failure::new(STEP, "no_endpoint", text).of(SERVICE)
        })
    }
}
