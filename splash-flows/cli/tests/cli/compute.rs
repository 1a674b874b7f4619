//! `check compute` and `globus-flow init`: whether an endpoint takes us, and the flows that call our functions there.

use std::process::Output;

use scan_h5::{ScanSpec, write_scan};
use serde_json::Value;
use service_sim::SimBuilder;

use crate::child::{Beamline, document, finish, kill};

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn check(beamline: &Beamline, arguments: &[&str]) -> Output {
    let mut all = vec!["check", "compute"];
    all.extend(arguments);
    let mut command = beamline.command(&all);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    finish(command)
}

#[test]
fn an_endpoint_is_looked_at_and_tried_out() {
    let beamline = Beamline::with(SimBuilder::compute);
    let output = check(&beamline, &["--probe"]);
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    for words in [
        "ok    endpoint  c0a1f3f2",
        "ok    token",
        "ok    online    online; workers 4, idle 4, tasks waiting 0",
        "ok    version   4.19.0",
        "plain source and JSON",
        "ok    probe     a function of 1.",
    ] {
        assert!(said.contains(words), "{words:?} in\n{said}");
    }
    let output = check(&beamline, &[]);
    assert!(output.status.success() && !text(&output).contains("probe"));
    assert_eq!(
        beamline.sim.compute_tasks().len(),
        1,
        "without --probe nothing runs"
    );

    let old = Beamline::with(|sim| sim.compute().compute_version("2.25.0"));
    let said = text(&check(&old, &["--probe"]));
    assert!(
        said.contains("plain pickles") && said.contains("ok    probe"),
        "{said}"
    );
}

#[test]
fn what_is_wrong_is_told_with_what_to_do() {
    let beamline = Beamline::with(SimBuilder::compute);
    beamline.sim.set_compute_online(false);
    let output = check(&beamline, &["--probe"]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("FAIL  online") && said.contains("globus-compute-endpoint start"),
        "{said}"
    );
    assert!(said.contains("ok    version"), "{said}");
    assert!(beamline.sim.compute_tasks().is_empty());

    let other = "11111111-2222-4333-8444-555555555555";
    let said = text(&check(&beamline, &[other]));
    assert!(
        said.contains("ENDPOINT_NOT_FOUND") && said.contains("globus-compute-endpoint list"),
        "{said}"
    );

    let said = text(&check(&beamline, &["polaris"]));
    assert!(said.contains("FAIL  endpoint"), "{said}");
}

#[test]
fn a_probe_that_fails_is_told_in_the_endpoint_s_words() {
    let beamline = Beamline::with(|sim| sim.compute().fault("compute.submit:give-up".parse().unwrap()));
    let output = check(&beamline, &["--probe"]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("could not start a user endpoint") && said.contains("endpoint.log"),
        "{said}"
    );
}

fn init(beamline: &Beamline, what: &str) -> Value {
    let output = finish(beamline.command(&["globus-flow", "init", what, "--json"]));
    assert!(output.status.success(), "{output:?}");
    document(&output)
}

fn requests(beamline: &Beamline, operation: &str) -> usize {
    beamline.sim.journal().count(|entry| entry.operation == operation)
}

#[test]
fn flows_are_made_once_and_brought_up_to_date() {
    let beamline = Beamline::with(SimBuilder::flows);
    for what in ["reconstruction", "tiff-to-zarr"] {
        let first = init(&beamline, what);
        assert_eq!(
            (&first["flow"], &first["function"]),
            (&"created".into(), &"created".into())
        );
        let second = init(&beamline, what);
        assert_eq!(
            (&second["flow"], &second["function"]),
            (&"unchanged".into(), &"unchanged".into())
        );
        assert_eq!(
            (&second["flow_id"], &second["function_id"]),
            (&first["flow_id"], &first["function_id"])
        );
    }
    assert_eq!(
        (
            requests(&beamline, "flows.create"),
            requests(&beamline, "compute.function_register")
        ),
        (2, 2)
    );
    let kept = finish(beamline.command(&["settings", "get", "globus-tiff-to-zarr-function"]));
    assert!(text(&kept).contains("conversion_func"), "{kept:?}");

    // Somebody else's hand: the flow's states are changed, and the kept ids are lost.
    let env = beamline.sim.env();
    let client = globus_flows::Client::from_vars(|name| env.get(name).cloned()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let first = init(&beamline, "reconstruction");
    let id = globus_flows::FlowId::parse(first["flow_id"].as_str().unwrap()).unwrap();
    let flow = runtime.block_on(client.flow(id.clone()).get().send()).unwrap();
    let definition = flow.definition.unwrap();
    let state = &definition["States"]["Reconstruction"];
    assert_eq!(flow.title.as_deref(), Some("Reconstruction flow"));
    assert_eq!(
        (&state["WaitTime"], &state["ResultPath"]),
        (&3600.into(), &"$.ReconstructionOutput".into())
    );
    assert_eq!(state["Parameters"]["kwargs.$"], "$.input.compute_function_kwargs");
    let mut changed = definition.clone();
    changed["States"]["Reconstruction"]["WaitTime"] = 60.into();
    runtime
        .block_on(client.flow(id.clone()).update().definition(changed).send())
        .unwrap();
    let lost = forget(&beamline, "globus-reconstruction-flow-id");
    assert!(lost);
    let again = init(&beamline, "reconstruction");
    assert_eq!(
        (&again["flow"], &again["flow_id"]),
        (&"updated".into(), &first["flow_id"])
    );
    let flow = runtime.block_on(client.flow(id).get().send()).unwrap();
    assert_eq!(flow.definition, Some(definition));
}

#[test]
fn without_a_prefect_server_the_ids_are_kept_in_the_state_folder() {
    let beamline = Beamline::with(SimBuilder::flows);
    beamline.without_prefect();
    let first = init(&beamline, "reconstruction");
    let second = init(&beamline, "reconstruction");
    assert_eq!(
        (&second["flow"], &second["function"]),
        (&"unchanged".into(), &"unchanged".into())
    );
    assert_eq!(second["function_id"], first["function_id"]);
    assert_eq!(requests(&beamline, "compute.function_register"), 1);
    let said = text(&finish(beamline.command(&[
        "globus-flow",
        "init",
        "reconstruction",
    ])));
    assert!(
        said.contains("globus-reconstruction-function in ") && said.contains("globus-flows.json"),
        "{said}"
    );
    let file = said.trim_end().rsplit(" in ").next().unwrap();
    std::fs::write(file, "no JSON").unwrap();
    let output = finish(beamline.command(&["globus-flow", "init", "reconstruction"]));
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("globus-flows.json") && said.contains("move the file away"),
        "{said}"
    );
}

/// Takes a kept id away.
fn forget(beamline: &Beamline, name: &str) -> bool {
    let env = beamline.sim.env();
    let client = prefect_client::Client::from_vars(|name| env.get(name).cloned()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(client.variable(name).delete().send()).is_ok()
}

#[test]
fn a_reconstruction_that_is_killed_around_its_submission_is_taken_up_again_and_runs_once() {
    for hold in ["hold", "hold-before"] {
        let fault = format!("compute.submit:{hold}=reply,nth=1");
        let beamline = Beamline::with(|sim| sim.compute().fault(fault.parse().unwrap()));
        let path = beamline.sim.collection("data832_raw").path("f/scan.h5");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_scan(&path, &ScanSpec::new(2, 16, 16)).unwrap();
        let recon = || {
            let file = "file_path=/global/raw/f/scan.h5";
            beamline.command(&[
                "run",
                "alcf_recon_flow",
                "--json",
                "--run-id",
                "R",
                "--param",
                file,
            ])
        };
        let child = recon().spawn().unwrap();
        beamline.wait_for("compute.submit");
        kill(child);
        beamline.sim.clear_faults();

        let report = document(&finish(recon()));
        assert_eq!(report["steps"].as_array().unwrap().len(), 2, "{hold}: {report:#}");
        assert_eq!(
            report["copies"].as_array().unwrap().len(),
            3,
            "{hold}: {report:#}"
        );
        let claims = beamline.sim.collection("alcf832_raw").dir().join("data/.runs/R");
        let claims: Vec<_> = std::fs::read_dir(claims).unwrap().collect();
        assert_eq!(claims.len(), 2, "{hold}: one attempt of each step");
    }
}
