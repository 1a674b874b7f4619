//! A broker, the simulated service and a real endpoint.

use std::sync::Arc;
use std::time::Duration;

use globus_compute::{Client, EndpointId, Executor, Function, Pace};
use peer_tests::{ComputeEndpoint, ComputeServices, RabbitMq};
use serde_json::json;
use service_sim::Sim;

pub(crate) struct Scene {
    // In the order in which they must end.
    pub(crate) endpoint: ComputeEndpoint,
    pub(crate) sim: Arc<Sim>,
    _broker: RabbitMq,
}

impl Scene {
    pub(crate) fn start() -> Self {
        let broker = RabbitMq::start().unwrap();
        let sim = Sim::builder()
            .flows()
            .scicat()
            .prefect()
            .compute_broker(broker.url())
            .start()
            .unwrap();
        let env = sim.env();
        let services = ComputeServices {
            compute: env["GLOBUS_SDK_SERVICE_URL_COMPUTE"].clone(),
            auth: env["GLOBUS_SDK_SERVICE_URL_AUTH"].clone(),
            client_id: env["GLOBUS_CLIENT_ID"].clone(),
            client_secret: env["GLOBUS_CLIENT_SECRET"].clone(),
        };
        let endpoint = ComputeEndpoint::start(services).unwrap();
        Self {
            endpoint,
            sim: Arc::new(sim),
            _broker: broker,
        }
    }

    pub(crate) fn client(&self) -> Client {
        let env = self.sim.env();
        let builder = globus_compute::ClientBuilder::from_vars(|name| env.get(name).cloned()).unwrap();
        builder.build().unwrap()
    }

    pub(crate) fn id(&self) -> EndpointId {
        EndpointId::parse(&self.endpoint.id().unwrap()).unwrap()
    }

    /// An executor that asks.
    pub(crate) fn asking(&self, engine: &str) -> Executor {
        let pace = Pace {
            first: Duration::from_millis(200),
            growth: 0.0,
            max: Duration::from_millis(200),
        };
        with_engine(Executor::new(self.client(), self.id()).pace(pace), engine)
    }

    /// An executor that would ask too late: what ends in time was pushed.
    pub(crate) fn pushed(&self, engine: &str) -> Executor {
        let pace = Pace {
            first: Duration::from_secs(3600),
            growth: 0.0,
            max: Duration::from_secs(3600),
        };
        with_engine(Executor::with_push(self.client(), self.id()).pace(pace), engine)
    }

    /// Waits until the service has the endpoint online, or offline.
    pub(crate) async fn until_online(&self, online: bool) {
        let client = self.client();
        loop {
            let status = client.endpoint(self.id()).status().send().await.unwrap();
            if status.is_online() == online {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

fn with_engine(executor: Executor, engine: &str) -> Executor {
    let config = json!({"engine_kind": engine});
    executor.user_endpoint_config(config.as_object().cloned().unwrap())
}

pub(crate) fn function(name: &str, source: &str) -> Function {
    Function::from_source(name, source).unwrap()
}
