//! Starting, several at once, dropping, waiting, speed.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use service_sim::{CollectionSpec, Sim, SimError};

use crate::support::{Client, fault, globus, to_data832};

fn port_is_open(url: &str) -> bool {
    TcpStream::connect(url.trim_start_matches("http://").trim_end_matches('/')).is_ok()
}

#[test]
fn dropping_frees_the_ports_and_the_folder() {
    let sim = globus().start().unwrap();
    let (env, dir) = (sim.env(), sim.collection("data832").dir().to_owned());
    let urls = [
        "GLOBUS_SDK_SERVICE_URL_AUTH",
        "GLOBUS_SDK_SERVICE_URL_TRANSFER",
        "SERVICE_SIM_URL",
    ]
    .map(|k| env[k].clone());
    assert!(urls.iter().all(|url| port_is_open(url)) && dir.is_dir());
    drop(sim);
    assert!(!urls.iter().any(|url| port_is_open(url)) && !dir.exists());
}

#[tokio::test]
async fn a_sim_can_be_dropped_in_async_code_while_it_is_busy() {
    let root = std::env::temp_dir().join(format!("service-sim-kept-{}", std::process::id()));
    let sim = globus()
        .root(&root)
        .fault(fault("task:hold"))
        .fault(fault("transfer.ls:hold=ls"))
        .start()
        .unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", "x");
    client.transfer(&to_data832(&sim, &[("/x", "/data/x")])).await;
    let start = Instant::now();
    drop(sim);
    assert!(start.elapsed() < Duration::from_secs(5));
    assert!(
        root.join("spot832.lbl.gov/x").is_file(),
        "a root that was named is kept"
    );
    std::fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn several_sims_do_not_meet() {
    let sims: Vec<Sim> = (0..4).map(|_| globus().start().unwrap()).collect();
    for (n, sim) in sims.iter().enumerate() {
        sim.collection("spot832").write("x", n.to_string());
        let client = Client::new(sim).await;
        client
            .done(&client.transfer(&to_data832(sim, &[("/x", "/data/x")])).await)
            .await;
    }
    for (n, sim) in sims.iter().enumerate() {
        assert_eq!(sim.collection("data832").read("x"), n.to_string().as_bytes());
        assert_eq!(
            (
                sim.tasks().len(),
                sim.journal().counts_by_service()["globus_auth"]
            ),
            (1, 1)
        );
    }
    let foreign = Client::new(&sims[0]).await;
    assert_eq!(foreign.get("submission_id", &[]).await.status, 200);
}

#[test]
fn waiting_for_the_journal_ends() {
    let sim = globus().start().unwrap();
    let error = sim
        .journal()
        .wait_for(Duration::from_millis(20), |entries| !entries.is_empty())
        .unwrap_err();
    assert_eq!(error.entries, 0);
    sim.journal().wait_for(Duration::ZERO, <[_]>::is_empty).unwrap();
}

#[test]
fn impossible_collections_are_refused() {
    let uuid = "75b478b2-37af-46df-bfbd-71ed692c6506";
    for (collections, why) in [
        (vec![CollectionSpec::new("a", uuid, "../up", "/")], "host"),
        (vec![CollectionSpec::new("a", uuid, "h", "/../..")], "root_path"),
        (vec![CollectionSpec::new("a", "", "h", "/")], "uuid"),
        (
            vec![
                CollectionSpec::new("a", uuid, "h", "/"),
                CollectionSpec::new("a", uuid, "h", "/b"),
            ],
            "twice",
        ),
        (
            vec![
                CollectionSpec::new("a", uuid, "h", "/"),
                CollectionSpec::new("b", uuid, "i", "/"),
            ],
            "the host h",
        ),
    ] {
        let error = globus().collections(collections).start().unwrap_err();
        assert!(
            matches!(error, SimError::Collection { .. }) && error.to_string().contains(why),
            "{error}"
        );
    }
}

#[tokio::test]
async fn twenty_delayed_tasks_run_at_the_same_time() {
    let delay = Duration::from_secs(2);
    let sim = globus().transfer_delay(delay).start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", vec![1; 100_000]);
    let start = Instant::now();
    let mut ids = Vec::new();
    for n in 0..20 {
        ids.push(
            client
                .transfer(&to_data832(&sim, &[("/x", &format!("/data/{n}"))]))
                .await,
        );
    }
    for id in &ids {
        assert_eq!(client.done(id).await["status"], "SUCCEEDED");
    }
    let took = start.elapsed();
    assert!(took >= delay && took < delay * 3, "{took:?}");
}
