//! Against the simulator, which carries runs out over its own Transfer and Compute.

use std::time::Duration;

use futures_util::StreamExt;
use globus_flows::{Action, Client, Definition, ErrorExt, Pace, RunError, State, definition};
use serde_json::{Value, json};
use service_sim::{Limits, Sim};

const PACE: Pace = Pace {
    first: Duration::from_millis(100),
    growth: 0.0,
    max: Duration::from_millis(100),
};

fn start() -> (Sim, Client) {
    let sim = Sim::builder().flows().limits(Limits::Production).start().unwrap();
    let env = sim.env();
    let builder = globus_flows::ClientBuilder::from_vars(|name| env.get(name).cloned()).unwrap();
    let http = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap();
    (sim, builder.http(http).build().unwrap())
}

fn schema() -> Value {
    json!({"type": "object", "required": ["input"], "additionalProperties": false,
        "properties": {"input": {"type": "object", "properties": {"from": {"type": "string"}}, "required": ["from", "to"]}}})
}

#[tokio::test]
async fn a_transfer_is_really_carried_out_and_told() {
    let (sim, client) = start();
    let (from, to) = (sim.collection("spot832"), sim.collection("data832"));
    from.write("raw/scan.h5", b"bytes of a scan");
    let copy = Action::new(definition::TRANSFER_ACTION)
        .parameter("source_endpoint.$", "$.input.from")
        .parameter("destination_endpoint.$", "$.input.to")
        .parameter(
            "DATA",
            json!([{"source_path.$": "$.input.path", "destination_path.$": "$.input.place"}]),
        )
        .result_path("$.Copied")
        .next("Done");
    let built = Definition::new("Copy")
        .state("Copy", copy)
        .state("Done", State::pass().end())
        .build()
        .unwrap();
    client.validate_flow(&built).send().await.unwrap();
    let flow = client
        .create_flow("Copy flow", built, schema())
        .send()
        .await
        .unwrap();
    let handle = client.flow(flow.id.clone());

    let wrong = handle
        .validate_run(json!({"input": {"from": 1}}))
        .unwrap()
        .send()
        .await
        .unwrap_err();
    assert!(
        wrong.is_bad_input() && wrong.to_string().contains("'to' is a required property"),
        "{wrong}"
    );

    let [path, place] = [&from, &to].map(|collection| format!("{}/raw/scan.h5", collection.root_path()));
    let body = json!({"input": {"from": from.uuid(), "to": to.uuid(), "path": path, "place": place}});
    let started = handle
        .run_once("run-1", body.clone())
        .unwrap()
        .label("scan")
        .send()
        .await
        .unwrap();
    let run = client.run(started.run.run_id.clone());
    let codes = run
        .follow_logs_at(PACE)
        .map(|entry| entry.unwrap().code.unwrap())
        .collect::<Vec<String>>()
        .await;
    assert_eq!(
        codes,
        [
            "FlowStarted",
            "ActionStarted",
            "ActionCompleted",
            "PassStarted",
            "PassCompleted",
            "FlowSucceeded"
        ]
    );
    let ended = run.wait().pace(PACE).await.unwrap();
    assert_eq!(ended.output().unwrap()["Copied"]["status"], "SUCCEEDED");
    assert_eq!(std::fs::read(to.path("raw/scan.h5")).unwrap(), b"bytes of a scan");
    let again = handle.run_once("run-1", body).unwrap().resume().await.unwrap();
    assert!(again.found && again.run.run_id == started.run.run_id);
    assert_eq!(sim.flows_runs().len(), 1);
    run.release().send().await.unwrap();
    assert!(client.runs().collect().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_function_that_raises_fails_the_run_or_is_caught() {
    let (sim, client) = start();
    let endpoint = sim.env()["GLOBUS_COMPUTE_ENDPOINT"].clone();
    let call = |function: &str| {
        Action::new(definition::COMPUTE_ACTION)
            .parameter("endpoint", endpoint.clone())
            .parameter("function", function)
            .parameter("kwargs.$", "$.input.kwargs")
            .result_path("$.Output")
    };
    let missing = "00000000-0000-4000-8000-000000000000";
    let plain = Definition::new("Call")
        .state("Call", call(missing).end())
        .build()
        .unwrap();
    let caught = Definition::new("Call")
        .state(
            "Call",
            call(missing).catch(["States.ALL"], "$.Problem", "Noted").end(),
        )
        .state("Noted", State::pass().end())
        .build()
        .unwrap();
    let body = json!({"input": {"kwargs": {"n": 1}}});
    let run = |definition: Value| {
        let (client, body) = (client.clone(), body.clone());
        async move {
            let flow = client
                .create_flow("Call", definition, json!({}))
                .send()
                .await
                .unwrap();
            let run = client.flow(flow.id).run(body).unwrap().send().await.unwrap();
            client.run(run.run_id).wait().pace(PACE).await
        }
    };
    let error = run(plain).await.unwrap_err();
    assert!(matches!(error, RunError::Failed(_)), "{error}");
    let noted = run(caught).await.unwrap();
    assert_eq!(
        noted.output().unwrap()["Problem"]["error"],
        "ActionFailedException"
    );
}

#[tokio::test]
async fn a_run_is_cancelled_and_not_released_while_it_goes_on() {
    let (sim, client) = start();
    let waiting = Definition::new("Wait")
        .state("Wait", State::wait(3600).end())
        .build()
        .unwrap();
    let flow = client
        .create_flow("Wait", waiting, json!({}))
        .send()
        .await
        .unwrap();
    let run = client
        .flow(flow.id.clone())
        .run(json!({}))
        .unwrap()
        .send()
        .await
        .unwrap();
    let run = client.run(run.run_id);
    assert!(run.release().send().await.unwrap_err().is_state_conflict());
    run.cancel().send().await.unwrap();
    assert!(matches!(run.wait().pace(PACE).await, Err(RunError::Cancelled(_))));
    let second = client.flow(flow.id).run(json!({})).unwrap().send().await.unwrap();
    let second = client.run(second.run_id);
    // The wait counts from when its state is entered, which may be after the first of these.
    while !second.get().send().await.unwrap().status.is_terminal() {
        sim.advance(Duration::from_secs(3601));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(second.wait().pace(PACE).await.is_ok());
}

/// The form of the site's flows: three paths into the input, a wait of an hour, no schema.
#[tokio::test]
async fn a_flow_of_one_function_by_paths_into_its_input() {
    let (sim, client) = start();
    let endpoint = sim.env()["GLOBUS_COMPUTE_ENDPOINT"].clone();
    let source =
        "def reconstruction_wrapper(rundir, h5_file_name):\n    return rundir + '/' + h5_file_name\n";
    let function = register(&sim, "reconstruction_wrapper", source).await;
    let call = Action::new(definition::COMPUTE_ACTION)
        .parameter("endpoint.$", "$.input.compute_endpoint_id")
        .parameter("function.$", "$.input.compute_function_id")
        .parameter("kwargs.$", "$.input.compute_function_kwargs")
        .result_path("$.ReconstructionOutput")
        .wait_time(3600)
        .end();
    let definition = Definition::new("Reconstruction")
        .state("Reconstruction", call)
        .build()
        .unwrap();
    let flow = client
        .create_flow("Reconstruction flow", definition, json!({}))
        .send()
        .await
        .unwrap();
    let input = json!({"input": {"compute_endpoint_id": endpoint, "compute_function_id": function,
        "compute_function_kwargs": {"rundir": "data/raw", "h5_file_name": "scan.h5"}}});
    let run = client.flow(flow.id).run(input).unwrap().send().await.unwrap();
    let ended = client.run(run.run_id).wait().pace(PACE).await.unwrap();
    let output = ended.output().unwrap();
    assert_eq!(
        output["ReconstructionOutput"]["details"]["result"],
        json!(["data/raw/scan.h5"])
    );
}

/// Registers a function as the service's own clients do.
async fn register(sim: &Sim, name: &str, source: &str) -> String {
    let env = sim.env();
    let scope = "https://auth.globus.org/scopes/facd7ccc-c5f4-42aa-916b-a0e270e2c2a9/all";
    let http = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap();
    let answer = |request: reqwest::RequestBuilder| async {
        let text = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let token = http
        .post(format!("{}v2/oauth2/token", env["GLOBUS_SDK_SERVICE_URL_AUTH"]))
        .basic_auth(&env["GLOBUS_CLIENT_ID"], Some(&env["GLOBUS_CLIENT_SECRET"]))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("grant_type=client_credentials&scope={scope}"));
    let token = answer(token).await;
    let document = json!({"function_name": name, "function_code": source, "serialized": false});
    let made = http
        .post(format!("{}v3/functions", env["GLOBUS_SDK_SERVICE_URL_COMPUTE"]))
        .bearer_auth(token["access_token"].as_str().unwrap())
        .body(document.to_string());
    answer(made).await["function_uuid"].as_str().unwrap().to_owned()
}
