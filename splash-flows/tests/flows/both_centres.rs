//! Results of both centres come home to the same place: neither is overwritten unnoticed, nor pruned by the other's proof.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use scan_h5::{ScanSpec, write_scan};
use serde_json::{Value, json};

use crate::bench::Bench;

const RESULTS: [&str; 2] = ["f/recscan", "f/recscan.zarr"];

/// A facility with both centres, and a scan that stands on data832 and at NERSC and is in the catalogue.
async fn bench() -> Bench {
    let mut bench = Bench::with(|sim| sim.compute().sfapi());
    let quick = json!({ "settle": "2s" });
    bench.configure(&json!({ "alcf_recon": quick, "nersc_recon": quick, "deletion": "on" }));
    for key in ["data832_raw", "nersc832_alsdev_raw"] {
        let path = bench.sim.collection(key).path("f/scan.h5");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_scan(&path, &ScanSpec::new(3, 16, 16)).unwrap();
    }
    bench.scan("raw/f/scan.h5");
    let raw = json!({ "dataset_path": "/global/raw/f/scan.h5" });
    assert!(bench.run("raw", "scicat-ingest-flow", raw).await.unwrap().ok);
    bench
}

async fn recon(bench: &Bench, centre: &str) -> Value {
    let flow = format!("{centre}_recon_flow");
    let parameters = json!({ "file_path": "/global/raw/f/scan.h5" });
    bench.run(centre, &flow, parameters).await.unwrap().report
}

fn replaced(report: &Value) -> Vec<&str> {
    let list = report["replaced"].as_array().into_iter().flatten();
    list.map(|text| text.as_str().unwrap()).collect()
}

/// Waits until what is written now has another time than what was written before: times are in whole seconds.
async fn another_second() {
    let second = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let now = second();
    while second() == now {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_replaces_the_first_and_says_so_and_no_prune_of_the_first_takes_it() {
    let bench = bench().await;
    let nersc = recon(&bench, "nersc").await;
    assert_eq!(nersc["ok"], true, "{nersc:#}");
    assert!(replaced(&nersc).is_empty(), "{nersc:#}");
    // The other centre finds something else, of the same size.
    let script = bench
        .sim
        .collection("alcf832_raw")
        .dir()
        .join("scripts/globus_reconstruction.py");
    let text = std::fs::read_to_string(&script).unwrap();
    let other = text.replace("tiff(pixels))", "tiff(bytes(255 - byte for byte in pixels)))");
    assert_ne!(text, other);
    std::fs::write(&script, other).unwrap();
    another_second().await;
    let alcf = recon(&bench, "alcf").await;
    assert_eq!(alcf["ok"], true, "{alcf:#}");
    let texts = replaced(&alcf);
    assert_eq!(texts.len(), 2, "{alcf:#}");
    for (text, result) in texts.iter().zip(RESULTS) {
        for words in [result, "run nersc", "nersc832_alsdev_scratch", "refuses"] {
            assert!(text.contains(words), "{text}");
        }
        let refused = bench
            .prune_of(
                &format!("N{result}"),
                result,
                ("data832_scratch", "nersc832_alsdev_scratch"),
            )
            .await;
        assert_eq!(refused["error"]["code"], "source_changed", "{refused:#}");
        assert!(bench.sim.collection("data832_scratch").path(result).exists());
        let pruned = bench
            .prune_of(
                &format!("A{result}"),
                result,
                ("alcf832_scratch", "data832_scratch"),
            )
            .await;
        assert_eq!(pruned["outcome"], "deleted", "{pruned:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_copy_of_the_first_is_not_overwritten() {
    let bench = bench().await;
    let alcf = recon(&bench, "alcf").await;
    assert_eq!(alcf["ok"], true, "{alcf:#}");
    for result in RESULTS {
        let pair = ("alcf832_scratch", "data832_scratch");
        let pruned = bench.prune_of(&format!("A{result}"), result, pair).await;
        assert_eq!(pruned["outcome"], "deleted", "{pruned:#}");
    }
    let slice = bench
        .sim
        .collection("data832_scratch")
        .path("f/recscan/scan_00000.tiff");
    let written = std::fs::metadata(&slice).unwrap().modified().unwrap();
    another_second().await;

    let nersc = recon(&bench, "nersc").await;
    let failures = [&nersc["error"], &nersc["further_errors"][0]];
    for failure in failures {
        assert_eq!(failure["code"], "occupied", "{nersc:#}");
        let message = failure["message"].as_str().unwrap();
        assert!(
            message.contains("run alcf") && message.contains("no other copy"),
            "{message}"
        );
    }
    assert_eq!(std::fs::metadata(&slice).unwrap().modified().unwrap(), written);
    let cfs = bench.sim.collection("nersc832_alsdev_scratch");
    assert!(cfs.path("f/recscan").exists(), "it waits there");
    let planned: Vec<&str> = nersc["prunes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|prune| prune["path"].as_str().unwrap())
        .collect();
    assert_eq!(planned, ["f/scan.h5"], "no result's copy goes");

    let home = bench.sim.collection("data832_scratch").path("f");
    std::fs::rename(&home, home.with_file_name("of_alcf")).unwrap();
    let mut bench = bench;
    bench.restart();
    let quick = json!({ "settle": "2s" });
    bench.configure(&json!({ "alcf_recon": quick, "nersc_recon": quick, "deletion": "on" }));
    let nersc = recon(&bench, "nersc").await;
    assert_eq!(nersc["ok"], true, "{nersc:#}");
    assert!(slice.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_at_once_one_waits_for_the_other() {
    let bench = bench().await;
    let (nersc, alcf) = tokio::join!(recon(&bench, "nersc"), recon(&bench, "alcf"));
    assert_eq!(
        (&nersc["ok"], &alcf["ok"]),
        (&json!(true), &json!(true)),
        "{nersc:#} {alcf:#}"
    );
    let mut both = replaced(&nersc);
    both.extend(replaced(&alcf));
    both.sort_unstable();
    assert_eq!(both.len(), 2, "each result came second once: {both:?}");
    for (text, result) in both.iter().zip(RESULTS) {
        assert!(
            text.starts_with(&format!("{result:?} on data832_scratch")),
            "{text}"
        );
    }
}
