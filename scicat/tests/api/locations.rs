//! Where copies are: written down and taken out, each once, and without touching the dataset's size.

use scicat::{Client, ClientBuilder, DatasetPid, Location, LocationChange, NewOrigDatablock, NewRawDataset};
use service_sim::{Sim, SimBuilder};

use crate::support::{http, noon, required};

async fn bench(change: impl FnOnce(SimBuilder) -> SimBuilder) -> (Sim, Client, DatasetPid) {
    let sim = change(Sim::builder().scicat()).start().unwrap();
    let env = sim.env();
    let client = ClientBuilder::from_vars(|name| env.get(name).cloned())
        .unwrap()
        .http(http())
        .build()
        .unwrap();
    let upsert = client
        .datasets()
        .upsert(NewRawDataset::new(required()))
        .files(files("/data/raw", 5));
    let pid = upsert.send().await.unwrap().pid;
    (sim, client, pid)
}

fn files(folder: &str, size: u64) -> NewOrigDatablock {
    NewOrigDatablock::new().file(format!("{folder}/a.h5"), size, noon())
}

fn nersc() -> Location {
    Location::new("nersc", "/cfs/als: raw/a.h5").unwrap()
}

#[tokio::test]
async fn a_copy_is_written_down_once_and_taken_out_once() {
    for may_delete in [true, false] {
        let rights = |sim: SimBuilder| if may_delete { sim.scicat_may_delete() } else { sim };
        let (sim, client, pid) = bench(rights).await;
        let locations = client.dataset(pid.clone()).locations();
        let copy = files("/cfs/als: raw", 5);
        assert_eq!(
            locations.add(&nersc(), &copy).await.unwrap(),
            LocationChange::Added
        );
        assert_eq!(
            locations.add(&nersc(), &copy).await.unwrap(),
            LocationChange::Unchanged
        );
        let other = Location::new("alcf", "/eagle/a.h5").unwrap();
        assert_eq!(
            locations.add(&other, &files("/eagle", 5)).await.unwrap(),
            LocationChange::Added
        );
        assert_eq!(locations.list().await.unwrap(), [nersc(), other.clone()]);

        let dataset = client.dataset(pid.clone()).get().send().await.unwrap();
        assert_eq!(
            (dataset.size, dataset.number_of_files),
            (Some(5), Some(1)),
            "counted once"
        );
        assert_eq!(dataset.packed_size, Some(10));

        assert_eq!(locations.remove(&nersc()).await.unwrap(), LocationChange::Removed);
        assert_eq!(locations.remove(&nersc()).await.unwrap(), LocationChange::Absent);
        assert_eq!(locations.list().await.unwrap(), [other]);
        let left = sim.catalogued("datablocks").len();
        assert_eq!(
            left,
            if may_delete { 1 } else { 2 },
            "who may not delete empties it"
        );
        let again = if may_delete {
            LocationChange::Added
        } else {
            LocationChange::Updated
        };
        assert_eq!(locations.add(&nersc(), &copy).await.unwrap(), again);
        assert_eq!(locations.list().await.unwrap().len(), 2);
        assert_eq!(
            locations.add(&nersc(), &files("/cfs", 7)).await.unwrap(),
            LocationChange::Updated
        );
    }
}

#[tokio::test]
async fn a_lost_answer_writes_no_second_one() {
    let (sim, client, pid) = bench(|sim| sim).await;
    sim.fault("scicat.datablock_create:reset-after,nth=1".parse().unwrap());
    let locations = client.dataset(pid).locations();
    assert_eq!(
        locations.add(&nersc(), &files("/cfs", 5)).await.unwrap(),
        LocationChange::Added
    );
    assert_eq!(sim.catalogued("datablocks").len(), 1);
    sim.fault("scicat.datablock_create:reset-before,nth=1".parse().unwrap());
    let other = Location::new("alcf", "/eagle").unwrap();
    locations.add(&other, &files("/eagle", 5)).await.unwrap_err();
    assert_eq!(locations.list().await.unwrap(), [nersc()]);
}

#[test]
fn what_is_no_place_is_refused() {
    for (host, path) in [
        ("", "/a"),
        ("a:b", "/a"),
        ("a", " "),
        ("a", "/a\0"),
        ("a\n", "/a"),
    ] {
        assert!(Location::new(host, path).is_err(), "{host:?} {path:?}");
    }
    assert_eq!(nersc().to_string(), "nersc:/cfs/als: raw/a.h5");
}

#[test]
fn a_folder_holds_what_lies_below_it_on_the_same_host() {
    let at = |host: &str, path: &str| Location::new(host, path).unwrap();
    let folder = at("nersc", "/raw/f");
    for (place, within) in [
        (at("nersc", "/raw/f"), true),
        (at("nersc", "/raw/f/g/a.h5"), true),
        (at("nersc", "/raw/ff/a.h5"), false),
        (at("nersc", "/raw"), false),
        (at("alcf", "/raw/f/a.h5"), false),
    ] {
        assert_eq!(place.is_within(&folder), within, "{place}");
    }
}
