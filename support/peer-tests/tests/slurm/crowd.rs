//! A hundred reconstructions at once, as a worker of the beamline runs them. Alone, for it fills the machine.

use std::time::Instant;

use futures_util::future::join_all;
use serde_json::{Value, json};
use splash_flows::config::Config;
use splash_flows::dotenv::Environment;
use splash_flows::facility::Facility;
use splash_flows::flows::{self, Outcome};
use splash_flows::progress::Progress;

use crate::site::Site;
use crate::support::accounted_like;

const RUNS: usize = 100;

/// What takes no time, for a hundred of them share two processors.
const SLICE: &str = "import os, sys
stem, folder = os.path.splitext(sys.argv[1])[0], sys.argv[2]
made = os.path.join('scratch', folder, 'rec' + stem)
os.makedirs(made, exist_ok=True)
with open(os.path.join(made, 'slice_0000.tiff'), 'w') as slice: slice.write(stem)
";
const VOLUME: &str = "import os, sys
made = sys.argv[1].rstrip('/') + '.zarr'
os.makedirs(made, exist_ok=True)
with open(os.path.join(made, '.zgroup'), 'w') as group: group.write(sys.argv[1])
";

fn facility(site: &Site) -> Facility {
    let environment = Environment::from_vars(site.sim.env());
    let path = site.folder.path().join("config.yml");
    let config = Config::load(&path, &environment, &splash_flows::SITE_RULES).unwrap();
    Facility::connect(config, environment, Some(site.folder.path())).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_reconstructions_each_once_and_all_come_home() {
    let site = Site::new(&json!({ "time": "1h" }));
    site.script_of("sfapi_reconstruction.py", SLICE);
    site.script_of("tiff_to_zarr.py", VOLUME);
    let names: Vec<String> = (0..RUNS).map(|number| format!("crowd{number:03}")).collect();
    for name in &names {
        site.scan(&format!("f/{name}.h5"));
    }
    let facility = std::sync::Arc::new(facility(&site));
    let begun = Instant::now();
    let runs = names.iter().map(|name| {
        let facility = std::sync::Arc::clone(&facility);
        async move {
            let parameters = json!({ "file_path": format!("/global/raw/f/{name}.h5") });
            flows::run(
                &facility,
                "nersc_recon_flow",
                &parameters,
                name,
                Progress::default(),
            )
            .await
        }
    });
    for (name, outcome) in names.iter().zip(join_all(runs).await) {
        assert_came_home(&site, name, &outcome.unwrap());
    }
    let journal = site.sim.journal();
    let asked = |operation: &str| journal.count(|entry| entry.operation == operation);
    println!(
        "{RUNS} reconstructions in {:.0} s: {} submissions, {} questions after jobs, {} transfers",
        begun.elapsed().as_secs_f64(),
        asked("sfapi.job_submit"),
        asked("sfapi.jobs"),
        asked("transfer.submit"),
    );
    assert_eq!(asked("sfapi.job_submit"), 2 * RUNS);
    let jobs = accounted_like(".crowd", 2 * RUNS);
    assert_eq!(jobs.len(), 2 * RUNS);
    assert!(jobs.iter().all(|(_, state)| state == "COMPLETED"), "{jobs:?}");
}

fn assert_came_home(site: &Site, name: &str, outcome: &Outcome) {
    let report: &Value = &outcome.report;
    assert_eq!(report["ok"], true, "{name}: {report:#}");
    let count = |key: &str| report[key].as_array().unwrap().len();
    assert_eq!((count("copies"), count("prunes")), (4, 5), "{name}: {report:#}");
    assert_eq!(site.claims(name), 2, "{name}: one job for each step");
    for key in ["nersc832_alsdev_scratch", "data832_scratch"] {
        let slice = site
            .sim
            .collection(key)
            .read(format!("f/rec{name}/slice_0000.tiff"));
        assert_eq!(slice, name.as_bytes(), "{name} on {key}");
    }
}
