//! What a worker meets beside runs that it can run: long lines, flows that it does not have, deployments that are gone.

use std::path::Path;
use std::time::Duration;

use prefect_client::worker::{Flow, FlowContext, RunLogs, Worker, WorkerBuilder};
use prefect_client::{Client, DeploymentId, FlowRun};
use serde::Deserialize;
use serde_json::json;

use crate::site::{ended, state_name};
use crate::support::{client, sent, shared, unique};

const LONG: usize = 2 * 1024 * 1024;

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct Nothing {}

async fn talk(context: FlowContext, _: Nothing) -> Result<(), String> {
    context.log(20, "x".repeat(LONG));
    context.log(20, "after it");
    Ok(())
}

/// A worker of a pool of its own, and a deployment there of the flow that is named.
struct Place {
    client: Client,
    pool: String,
    deployment: DeploymentId,
}

async fn place(flow: &str) -> Place {
    let client = client(shared());
    let pool = unique("pool");
    sent(async || client.work_pools().create(&pool, "process").send().await).await;
    let flow = sent(async || client.flows().create(flow).send().await).await;
    let create = async || {
        let create = client.deployments().create(&flow.id, unique("deployment"));
        let create = create.work_pool_name(&pool).enforce_parameter_schema(false);
        create
            .parameter_openapi_schema(json!({"type": "object", "properties": {}}))
            .send()
            .await
    };
    let deployment = sent(create).await.id;
    Place {
        client,
        pool,
        deployment,
    }
}

impl Place {
    async fn submit(&self) -> String {
        let create = self
            .client
            .create_flow_run(self.deployment.clone())
            .idempotency_key(unique("run"));
        sent(async || create.clone().send().await).await.id.to_string()
    }

    fn worker(&self) -> WorkerBuilder {
        Worker::builder(self.client.clone())
            .pool(&self.pool)
            .poll_interval(Duration::from_secs(1))
            .logs(RunLogs::default())
            .flow(Flow::new("talks", talk))
    }

    /// The run's end, by a worker that lives as long.
    async fn ended(&self, id: &str) -> FlowRun {
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let worker = tokio::spawn(self.worker().run(async {
            let _ = stopped.await;
        }));
        let run = ended(&self.client, id, Path::new("")).await;
        stop.send(()).unwrap();
        worker.await.unwrap().unwrap();
        run
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_two_megabytes_is_cut_and_the_next_one_comes_too() {
    let place = place("talks").await;
    let id = place.submit().await;
    let run = place.ended(&id).await;
    assert!(state_name(&run).starts_with("Completed"), "{}", state_name(&run));
    let logs = place.client.logs().list().flow_run_ids([&id]).limit(50);
    let lines = sent(async || logs.clone().send().await).await.items;
    let long = lines
        .iter()
        .find(|line| line.message.starts_with("xxxx"))
        .unwrap();
    assert!(long.message.len() < LONG / 2, "{}", long.message.len());
    assert!(long.message.contains("more bytes"));
    assert!(lines.iter().any(|line| line.message == "after it"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_a_flow_that_nobody_has_fails_and_says_which_there_are() {
    let place = place("sings").await;
    let id = place.submit().await;
    let run = place.ended(&id).await;
    let state = state_name(&run);
    assert!(
        state.starts_with("Failed") && state.contains("sings") && state.contains("talks"),
        "{state}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_deployment_was_deleted_while_it_was_pending_does_not_stay_so() {
    let place = place("talks").await;
    let id = place.submit().await;
    // Taken by a worker that has died since, as its message says.
    let taken =
        json!({"state": {"type": "PENDING", "message": "taken by worker of-old", "state_details": {}}});
    let set =
        prefect_client::RequestParts::new("test.set_state", http::Method::POST, "/flow_runs/{id}/set_state")
            .path_param("id", &id)
            .idempotent(true)
            .json(&taken)
            .unwrap();
    let answer: serde_json::Value = place.client.request(set).await.unwrap();
    assert_eq!(answer["status"], "ACCEPT");
    sent(async || {
        place
            .client
            .deployment_by_id(place.deployment.clone())
            .delete()
            .send()
            .await
    })
    .await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let worker = place.worker().heartbeat_interval(Duration::from_secs(2));
    let worker = tokio::spawn(worker.run(async {
        let _ = stopped.await;
    }));
    // Some servers let nobody run it any more; what it may not do is to be due for ever.
    let run = ended(&place.client, &id, Path::new("")).await;
    let state = state_name(&run);
    let is_refused = state.starts_with("Failed") && state.contains("its deployment was deleted");
    assert!(is_refused || state.starts_with("Completed"), "{state}");
    stop.send(()).unwrap();
    worker.await.unwrap().unwrap();
}
