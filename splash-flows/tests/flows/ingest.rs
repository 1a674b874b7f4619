//! Scans of 8.3.2 and other files into the catalogue.

use std::time::{Duration, SystemTime};

use scan_h5::{PixelType, ScanSpec, TextForm, write_scan};
use serde_json::{Value, json};
use splash_flows::flows;
use splash_flows::flows::scicat::{IngestParameters, dry_run};
use splash_flows::ingest::{due_flows, open_flow, open_flows};
use splash_flows::progress::{Event, Progress};

use crate::bench::{Bench, facility_with};
use crate::prunes_folders::deliver_folder;

const EMAIL: &str = "/measurement/sample/experimenter/email";

/// A scan with texts of this test's own, so that the expected bodies stand here.
fn spec() -> ScanSpec {
    ScanSpec::new(24, 12, 16)
        .text("/measurement/instrument/instrument_name", "Beamline 8.3.2")
        .text("/measurement/sample/experiment/beamline", "bl832")
        .text("/measurement/sample/experiment/pi", "Ada Example")
        .text("/measurement/sample/experiment/proposal", "ALS-00832")
        .text(EMAIL, "ada@example.org")
        .text("/measurement/sample/file_name", "20240105_120000_Sample-A")
}

/// The bodies as they would be sent for a scan on data832, or the failure's code.
async fn bodies(bench: &Bench, spec: &ScanSpec) -> Result<Value, String> {
    let path = bench.sim.collection("data832").path("raw/2024/scan.h5");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    write_scan(&path, spec).unwrap();
    let parameters = IngestParameters::new("/global/raw/2024/scan.h5", None);
    let (config, environment) = (bench.facility.config(), bench.facility.environment());
    dry_run(config, environment, &parameters)
        .await
        .map_err(|failure| failure.code)
}

#[tokio::test]
async fn the_bodies_of_a_plain_scan() {
    let bench = Bench::local();
    let plain = bodies(&bench, &spec()).await.unwrap();
    let mut dataset = plain["dataset"].clone();
    let metadata = dataset
        .as_object_mut()
        .unwrap()
        .remove("scientificMetadata")
        .unwrap();
    let time = dataset.as_object_mut().unwrap().remove("creationTime").unwrap();
    assert_eq!(
        dataset,
        json!({
            "type": "raw", "dataFormat": "DX", "isPublished": false,
            "owner": "Ada Example", "principalInvestigator": "Ada Example", "contactEmail": "ada@example.org",
            "ownerGroup": "ALS-00832", "accessGroups": ["8.3.2"], "proposalId": "ALS-00832",
            "creationLocation": "Beamline 8.3.2", "instrumentId": "Beamline 8.3.2",
            "sourceFolder": "/global/raw/2024", "datasetName": "20240105_120000_Sample-A",
            "description": "20240105 120000 sample a", "sampleId": "20240105 120000 sample a",
            "keywords": ["20240105", "120000", "sample", "a"],
        })
    );
    assert!(time.as_str().unwrap().ends_with('Z'));
    let metadata = metadata.as_object().unwrap();
    assert_eq!(metadata.len(), 39 + 1, "every value, and the samples");
    assert_eq!(metadata["/process/acquisition/rotation/num_angles"], 24);
    assert_eq!(metadata["/process/acquisition/name"], "Normal");
    let samples = metadata["data_sample"].as_object().unwrap();
    assert_eq!(samples.len(), 13);
    assert!(
        samples
            .values()
            .all(|sample| sample.as_array().unwrap().len() == 12)
    );
    let size = plain["origdatablock"]["size"].clone();
    assert_eq!(
        plain["origdatablock"],
        json!({"size": size, "dataFileList": [{"path": "/global/raw/2024/scan.h5", "size": size, "time": time}]})
    );
    let attachment = &plain["attachment"];
    assert_eq!(attachment["caption"], "raw image");
    assert_eq!(attachment["ownerGroup"], "ALS-00832");
    assert_eq!(attachment["accessGroups"], json!(["8.3.2"]));
    let picture = attachment["thumbnail"].as_str().unwrap();
    assert!(
        picture.starts_with("data:image/png;base64,iVBORw0KGgo"),
        "{picture}"
    );
    assert_eq!(plain["issues"], json!([]));
    assert!(bench.sim.journal().entries().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn the_bodies_of_seven_other_kinds_of_scans() {
    let bench = Bench::local();
    let plain = bodies(&bench, &spec()).await.unwrap();
    // Text of every other form says the same.
    for form in [
        TextForm::BlankPadded,
        TextForm::Variable,
        TextForm::VariableScalar,
    ] {
        let other = bodies(&bench, &spec().text_form(form)).await.unwrap();
        assert_eq!(
            other["dataset"]["scientificMetadata"],
            plain["dataset"]["scientificMetadata"]
        );
        assert_eq!(
            other["dataset"]["keywords"], plain["dataset"]["keywords"],
            "{form:?}"
        );
        assert_eq!(other["attachment"], plain["attachment"]);
    }
    let even = bodies(&bench, &spec().pixel_type(PixelType::U8).constant())
        .await
        .unwrap();
    assert_ne!(even["attachment"]["thumbnail"], plain["attachment"]["thumbnail"]);
    assert_eq!(even["issues"], json!([]));
    let garbage = bodies(&bench, &spec().text(EMAIL, "garbage")).await.unwrap();
    assert_eq!(garbage["dataset"]["contactEmail"], "unknown@example.com");
    let without = bodies(&bench, &spec().without("/exchange/data")).await;
    assert_eq!(without.unwrap_err(), "incomplete");

    let optional = [
        "/measurement/instrument/instrument_name",
        "/measurement/sample/experiment/beamline",
        "/measurement/sample/experiment/pi",
        "/measurement/sample/experiment/proposal",
        EMAIL,
        "/process/acquisition/rotation/blur_limit",
    ];
    let spec = optional.iter().fold(spec(), |spec, path| spec.without(*path));
    let sparse = bodies(&bench, &spec).await.unwrap();
    let dataset = &sparse["dataset"];
    for (field, value) in [
        ("owner", "Unknown"),
        ("ownerGroup", "8.3.2"),
        ("contactEmail", "unknown@example.com"),
        ("creationLocation", "Unknown"),
    ] {
        assert_eq!(dataset[field], value, "{field}");
    }
    assert_eq!(dataset["accessGroups"], json!([]));
    assert!(dataset.get("proposalId").is_none());
    let said: Vec<&str> = sparse["issues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|issue| issue["msg"].as_str().unwrap())
        .collect();
    assert_eq!(said.len(), optional.len(), "each once: {said:?}");
    assert!(bench.sim.journal().entries().is_empty(), "nothing was sent");
}

async fn ingest(bench: &Bench, run_id: &str, parameters: Value) -> Value {
    let ran = bench.run(run_id, "scicat-ingest-flow", parameters).await;
    ran.unwrap().report
}

fn pictures(bench: &Bench) -> usize {
    bench.requests("scicat.attachment_create")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_catalogues_a_scan_once_under_either_of_its_names() {
    let bench = Bench::local();
    let file = bench.scan("raw/scan.h5");
    let report = ingest(
        &bench,
        "R",
        json!({ "dataset_path": file, "owner_username": "x" }),
    )
    .await;
    assert_eq!(report["ok"], true, "{report:#}");
    assert_eq!(report["dataset"]["sourceFolder"], "/global/raw");
    assert!(report["attachment"]["thumbnail"].is_string());
    let parameters = json!({ "file_path": file, "ingestor": "orchestration.flows.bl832.ingest_tomo832" });
    let again = bench
        .run("S", "scicat_dataset_ingest", parameters)
        .await
        .unwrap()
        .report;
    assert_eq!(again["dataset_id"], report["dataset_id"], "{again:#}");
    assert_eq!(bench.sim.datasets().len(), 1);
    assert_eq!(
        (pictures(&bench), bench.requests("scicat.origdatablock_create")),
        (1, 1)
    );
    let finished = ingest(
        &bench,
        "R",
        json!({ "dataset_path": file, "owner_username": "x" }),
    )
    .await;
    assert_eq!(finished["dataset_id"], report["dataset_id"]);
    assert!(
        finished.get("attachment").is_none(),
        "pictures are not kept in the record of runs"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_catalogue_did_not_take_is_tried_again_until_it_stands() {
    let mut bench = Bench::local();
    let file = bench.scan("raw/scan.h5");
    bench.sim.fault("scicat.*:status=403".parse().unwrap());
    let before = chrono::Utc::now();
    let moved = bench.run_move("R", &file).await;
    assert_eq!(
        (&moved["ok"], &moved["error"]["step"]),
        (&json!(false), &json!("ingest")),
        "{moved:#}"
    );
    assert_eq!(moved["copies"].as_array().unwrap().len(), 2, "the copies stand");
    let open = open_flows(&bench.facility).await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(
        (open[0].file.as_str(), open[0].id.as_str()),
        (file.as_str(), moved["again"]["id"].as_str().unwrap())
    );
    let minutes = |open: &[splash_flows::ingest::OpenFlow]| (open[0].due - before).num_minutes();
    assert!((14..=16).contains(&minutes(&open)), "{open:?}");
    assert!(open[0].reason.as_ref().unwrap().contains("403"), "{open:?}");
    assert!(due_flows(&bench.facility).await.unwrap().is_empty(), "not yet");

    // The next tries are further and further apart; nothing is sent to Globus for them.
    let transfers = bench.requests("transfer.submit");
    for expected in [60, 360, 1440, 1440] {
        bench.restart();
        let due = open_flow(&bench.facility, &open[0].id).await.unwrap();
        let report = bench
            .run(&due.run_id, &due.flow, due.parameters)
            .await
            .unwrap()
            .report;
        assert_eq!(report["ok"], false, "{report:#}");
        let open = open_flows(&bench.facility).await.unwrap();
        assert_eq!(open.len(), 1);
        assert!(
            (expected - 1..=expected + 2).contains(&minutes(&open)),
            "{expected}: {open:?}"
        );
    }
    bench.sim.clear_faults();
    bench.restart();
    let due = open_flow(&bench.facility, &open[0].id).await.unwrap();
    let report = bench
        .run(&due.run_id, &due.flow, due.parameters)
        .await
        .unwrap()
        .report;
    assert_eq!(report["ok"], true, "{report:#}");
    assert!(open_flows(&bench.facility).await.unwrap().is_empty());
    assert_eq!((bench.sim.datasets().len(), pictures(&bench)), (1, 1));
    assert_eq!(bench.requests("transfer.submit"), transfers);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_that_stays_incomplete_is_listed_and_moved_once_it_is_whole() {
    let mut bench = Bench::local();
    bench.configure(&json!({ "validate": "header" }));
    let file = bench.scan("raw/scan.h5");
    let path = bench.sim.collection("spot832").path("raw/scan.h5");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    // What an earlier move left does not speak for the scan.
    bench.sim.collection("data832").write("raw/scan.h5", &whole);
    let report = bench.run_move("R", &file).await;
    assert_eq!(report["error"]["code"], "incomplete", "{report:#}");
    assert!(bench.sim.tasks().is_empty() && bench.sim.datasets().is_empty());
    let open = open_flows(&bench.facility).await.unwrap();
    assert_eq!(
        (open.len(), open[0].id.as_str()),
        (1, report["again"]["id"].as_str().unwrap())
    );
    std::fs::write(&path, &whole).unwrap();
    bench.configure(&json!({ "validate": "header" }));
    let due = open_flow(&bench.facility, &open[0].id).await.unwrap();
    assert_eq!(due.run_id, "R", "the same run goes on");
    let moved = bench.run(&due.run_id, &due.flow, due.parameters).await.unwrap();
    assert!(moved.ok, "{:#}", moved.report);
    bench.assert_everywhere("raw/scan.h5");
    assert!(open_flows(&bench.facility).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_that_is_not_complete_is_not_moved_nor_catalogued() {
    let mut bench = Bench::local();
    bench.configure(&json!({ "validate": "frames" }));
    let file = bench.scan("raw/scan.h5");
    let path = bench.sim.collection("spot832").path("raw/scan.h5");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    // The last byte comes once the flow has looked and waits.
    let progress = Progress::new(move |_, event| {
        if let Event::Notice { text } = event
            && text.contains("waiting for the scan")
        {
            std::fs::write(&path, &whole).unwrap();
        }
    });
    let parameters = json!({ "file_path": file });
    let ran = flows::run(&bench.facility, "new_832_file_flow", &parameters, "R", progress);
    let report = ran.await.unwrap().report;
    assert_eq!(report["ok"], true, "{report:#}");
    bench.assert_everywhere("raw/scan.h5");
    assert_eq!(bench.sim.datasets().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_another_beamline_are_catalogued_by_rules_in_config_yml() {
    let mut bench = Bench::local();
    let rules = json!({ "als733_saxs": { "group": "7.3.3", "instrument": { "default": "Beamline 7.3.3" } } });
    bench.configure(&json!({ "ingest": { "rules": rules, "thumbnail_side": 0 } }));
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<String> = ["a.edf", "a.txt"]
        .iter()
        .map(|name| {
            std::fs::write(folder.path().join(name), name).unwrap();
            folder.path().join(name).to_str().unwrap().to_owned()
        })
        .collect();
    let report = ingest(
        &bench,
        "R",
        json!({ "dataset_path": paths, "ingester_spec": "als733_saxs" }),
    )
    .await;
    assert_eq!(report["ok"], true, "{report:#}");
    let dataset = &bench.sim.datasets()[0];
    assert_eq!(
        (&dataset["ownerGroup"], &dataset["numberOfFiles"]),
        (&json!("7.3.3"), &json!(2))
    );
    assert_eq!(dataset["size"], 10);
    let unknown = ingest(
        &bench,
        "S",
        json!({ "dataset_path": paths, "ingester_spec": "als999" }),
    )
    .await;
    assert_eq!(unknown["error"]["code"], "no_rules");
    assert!(
        unknown["error"]["message"]
            .as_str()
            .unwrap()
            .contains("als733_saxs"),
        "{unknown:#}"
    );
    assert!(unknown.get("again").is_none(), "waiting mends nothing here");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_names_what_it_was_computed_from_and_whose_it_is() {
    let bench = Bench::local();
    let file = bench.scan("raw/scan.h5");
    let raw = ingest(&bench, "R", json!({ "dataset_path": file })).await;
    let folder = tempfile::tempdir().unwrap();
    for n in 0..3 {
        std::fs::write(folder.path().join(format!("slice_{n}.tif")), "tiff").unwrap();
    }
    let parameters = json!({
        "dataset_path": folder.path().to_str().unwrap(), "input_datasets": [raw["dataset_id"]],
        "used_software": ["tomopy 1.15"], "job_parameters": { "algorithm": "gridrec" },
    });
    let report = ingest(&bench, "S", parameters.clone()).await;
    assert_eq!(report["ok"], true, "{report:#}");
    let datasets = bench.sim.datasets();
    let derived = datasets.iter().find(|one| one["type"] == "derived").unwrap();
    assert_eq!(derived["inputDatasets"], json!([raw["dataset_id"]]));
    assert_eq!(derived["usedSoftware"], json!(["tomopy 1.15"]));
    assert_eq!(derived["jobParameters"], json!({ "algorithm": "gridrec" }));
    assert_eq!(derived["ownerGroup"], datasets[0]["ownerGroup"]);
    assert_eq!(
        (&derived["numberOfFiles"], &derived["size"]),
        (&json!(3), &json!(12))
    );
    assert_eq!(
        ingest(&bench, "T", parameters).await["dataset_id"],
        report["dataset_id"]
    );
    let nobody = json!({ "dataset_path": file, "input_datasets": ["20.500/none"], "used_software": ["x 1"] });
    let refused = ingest(&bench, "U", nobody).await;
    assert_eq!(refused["error"]["status"], "404", "{refused:#}");
    assert_eq!(bench.sim.datasets().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_are_told_of_after_a_move_and_no_more_after_a_prune() {
    let bench = Bench::new();
    let file = bench.scan("raw/2026/scan.h5");
    let report = bench.run_move("R", &file).await;
    assert_eq!(report["issues"], json!([]), "{report:#}");
    let client = bench.facility.catalogue().unwrap();
    let locations = client
        .dataset(scicat::DatasetPid::new(report["scicat"]["pid"].as_str().unwrap()))
        .locations();
    let hosts = async || {
        let mut list: Vec<String> = locations
            .list()
            .await
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        list.sort();
        list
    };
    let both = hosts().await;
    assert_eq!(both.len(), 2, "{both:?}");
    assert!(
        both.iter()
            .any(|place| place.ends_with(":/data/raw/2026/scan.h5")),
        "{both:?}"
    );
    let pruned = bench
        .prune_of("P", "/raw/2026/scan.h5", ("data832", "nersc832"))
        .await;
    assert_eq!(pruned["outcome"], "deleted", "{pruned:#}");
    let left = hosts().await;
    assert_eq!(left.len(), 1);
    assert!(!left[0].ends_with(":/data/raw/2026/scan.h5"), "{left:?}");
}

/// What the catalogue tells of copies, of all datasets.
fn told(bench: &Bench) -> Vec<String> {
    let blocks = bench.sim.catalogued("datablocks").into_iter();
    let held = blocks.filter(|block| {
        block["dataFileList"]
            .as_array()
            .is_some_and(|files| !files.is_empty())
    });
    let mut told: Vec<String> = held
        .map(|block| block["archiveId"].as_str().unwrap().to_owned())
        .collect();
    told.sort();
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_pruned_folder_the_copies_of_all_scans_below_it_are_told_of_no_more() {
    let bench = Bench::new();
    for (run_id, name) in [("A", "2026/0.h5"), ("B", "2026/night/1.h5"), ("C", "2026-2/2.h5")] {
        let file = bench.scan(&format!("raw/{name}"));
        let report = bench.run_move(run_id, &file).await;
        assert_eq!(report["issues"], json!([]), "{report:#}");
    }
    assert_eq!(told(&bench).len(), 6);
    let hop = ("data832", "nersc832");
    deliver_folder(&bench, "D", "/raw/2026", hop).await.unwrap();
    let pruned = bench.prune_of("P", "/raw/2026", hop).await;
    assert_eq!(pruned["outcome"], "deleted", "{pruned:#}");
    let left = told(&bench);
    let on_data832: Vec<&String> = left
        .iter()
        .filter(|place| place.contains(":/data/raw/"))
        .collect();
    assert_eq!(left.len(), 4, "{left:?}");
    assert!(
        matches!(on_data832.as_slice(), [one] if one.ends_with("/raw/2026-2/2.h5")),
        "{on_data832:?}"
    );
}

/// Runs what is listed, whenever it is due.
async fn retry_all(bench: &mut Bench) {
    bench.sim.clear_faults();
    for one in open_flows(&bench.facility).await.unwrap() {
        bench.restart();
        let due = open_flow(&bench.facility, &one.id).await.unwrap();
        let retried = bench.run(&due.run_id, &due.flow, due.parameters).await.unwrap();
        assert!(retried.ok, "{:#}", retried.report);
    }
    assert!(open_flows(&bench.facility).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_list_of_scans_each_that_was_not_catalogued_is_tried_again() {
    let mut bench = Bench::local();
    let files: Vec<String> = (0..3).map(|n| bench.scan(&format!("raw/list/{n}.h5"))).collect();
    bench.sim.fault("scicat.*:status=403".parse().unwrap());
    let moved = bench
        .run("R", "new_832_file_flow", json!({ "file_path": files }))
        .await;
    assert!(!moved.unwrap().ok);
    let open = open_flows(&bench.facility).await.unwrap();
    let mut listed: Vec<&str> = open.iter().map(|one| one.file.as_str()).collect();
    listed.sort_unstable();
    assert_eq!(listed, files);
    retry_all(&mut bench).await;
    assert_eq!(bench.sim.datasets().len(), 3);
    assert_eq!(told(&bench).len(), 6, "and their copies are told of");
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_that_the_catalogue_was_not_told_of_keep_no_data_and_are_told_later() {
    let mut bench = Bench::new();
    let file = bench.scan("raw/f/scan.h5");
    bench
        .sim
        .fault("scicat.datablock_create:status=403".parse().unwrap());
    let report = bench.run_move("R", &file).await;
    assert_eq!(report["ok"], true, "the data is there: {report:#}");
    assert_eq!(report["issues"].as_array().unwrap().len(), 2, "{report:#}");
    let open = open_flows(&bench.facility).await.unwrap();
    assert_eq!(
        (open.len(), open[0].id.as_str()),
        (1, report["again"]["id"].as_str().unwrap())
    );
    assert!(told(&bench).is_empty());
    // What is pruned until then is not told of.
    let pruned = bench
        .prune_of("P", "/raw/f/scan.h5", ("data832", "nersc832"))
        .await;
    assert_eq!(pruned["outcome"], "deleted", "{pruned:#}");
    retry_all(&mut bench).await;
    let told = told(&bench);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("/global/cfs/"), "{told:?}");
    assert_eq!(
        bench.requests("scicat.origdatablock_create"),
        1,
        "nothing is catalogued again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_was_pruned_while_the_catalogue_was_down_is_taken_out_later() {
    let mut bench = Bench::new();
    let file = bench.scan("raw/f/scan.h5");
    bench.run_move("R", &file).await;
    assert_eq!(told(&bench).len(), 2);
    bench.sim.fault("scicat.*:status=403".parse().unwrap());
    let pruned = bench
        .prune_of("P", "/raw/f/scan.h5", ("data832", "nersc832"))
        .await;
    assert_eq!(
        pruned["outcome"], "deleted",
        "the catalogue keeps nothing: {pruned:#}"
    );
    assert_eq!(told(&bench).len(), 2);
    retry_all(&mut bench).await;
    let told = told(&bench);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("/global/cfs/"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_copies_in_a_folder_that_was_pruned_are_taken_out() {
    let bench = Bench::new();
    for name in ["raw/f/a.h5", "raw/f/b.h5", "raw/ff/c.h5"] {
        let file = bench.scan(name);
        for key in ["data832", "nersc832"] {
            let scan = bench.sim.collection("spot832").read(name);
            bench.sim.collection(key).write(name, scan);
        }
        let parameters = json!({ "dataset_path": file, "copies": ["data832", "nersc832"] });
        let report = ingest(&bench, name, parameters).await;
        assert_eq!(report["ok"], true, "{report:#}");
    }
    assert_eq!(told(&bench).len(), 6);
    let parameters = json!({
        "relative_path": "/raw/f", "source_endpoint": "data832", "check_endpoint": "nersc832", "verify": "size",
    });
    let pruned = bench
        .run("P", "prune_globus_endpoint", parameters)
        .await
        .unwrap()
        .report;
    assert_eq!(pruned["outcome"], "deleted", "{pruned:#}");
    let told = told(&bench);
    let left = told.iter().filter(|place| !place.contains("/global/cfs/"));
    let left: Vec<&String> = left.collect();
    assert_eq!((told.len(), left.len()), (4, 1), "{told:?}");
    assert!(left[0].ends_with("/raw/ff/c.h5"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_scans_at_once_need_one_login() {
    let bench = Bench::local();
    let scan = |n| {
        let (name, written) = (
            format!("raw/many/{n}.h5"),
            SystemTime::UNIX_EPOCH + Duration::from_secs(n),
        );
        let file = bench.scan(&name);
        let scan = std::fs::File::options()
            .write(true)
            .open(bench.sim.collection("spot832").path(&name));
        scan.unwrap().set_modified(written).unwrap();
        file
    };
    let files: Vec<String> = (0..100).map(scan).collect();
    let runs = files.iter().enumerate().map(|(n, file)| {
        let bench = &bench;
        async move { ingest(bench, &format!("R-{n}"), json!({ "dataset_path": file })).await }
    });
    let reports = futures_util::future::join_all(runs).await;
    for report in &reports {
        assert_eq!(report["ok"], true, "{report:#}");
    }
    assert_eq!(bench.sim.datasets().len(), 100);
    assert_eq!(bench.requests("scicat.login"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_among_the_parameters_is_kept_nowhere() {
    let bench = Bench::local();
    let file = bench.scan("raw/scan.h5");
    let parameters =
        json!({ "dataset_path": file, "scicat_username": "nobody", "scicat_password": "hush-hush" });
    let report = ingest(&bench, "R", parameters).await;
    assert_eq!(
        (&report["ok"], &report["error"]["status"]),
        (&json!(false), &json!("401")),
        "{report:#}"
    );
    assert!(!report.to_string().contains("hush-hush"));
    let open = open_flows(&bench.facility).await.unwrap();
    let kept = open_flow(&bench.facility, &open[0].id).await.unwrap();
    assert_eq!(kept.parameters["scicat_username"], "nobody");
    assert!(!format!("{kept:?} {open:?}").contains("hush-hush"));
    for entry in std::fs::read_dir(bench.state_dir()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap_or_default();
        assert!(!bytes.windows(9).any(|part| part == b"hush-hush"));
    }
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_and_sends_nothing() {
    let bench = Bench::local();
    let facility = std::sync::Arc::new(facility_with(
        &bench.sim,
        &bench.state_dir().join("other"),
        &json!({}),
    ));
    for (parameters, code) in [
        (json!({ "dataset_path": "" }), "path"),
        (json!({ "dataset_path": "/global/raw/../x.h5" }), "path"),
        (json!({ "dataset_path": "a\u{0}b" }), "path"),
        (json!({ "dataset_path": [] }), "path"),
        (json!({ "dataset_path": "/global/raw/absent.h5" }), "unreadable"),
    ] {
        let progress = Progress::default();
        let id = splash_flows::run::new_run_id();
        let ran = flows::run(&facility, "scicat-ingest-flow", &parameters, &id, progress);
        let report = ran.await.unwrap().report;
        assert_eq!(report["error"]["code"], code, "{report:#}");
    }
    assert!(bench.sim.journal().entries().is_empty());
}
