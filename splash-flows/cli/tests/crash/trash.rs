//! SIGKILL before and after each request of a prune under `deletion: quarantine`.

use std::path::PathBuf;

use crate::cases;
use crate::child::{document, finish};
use crate::invariants::files_below;
use crate::scene::{NAME, Scene, Work};

/// A moved scan, and a configuration that quarantines.
fn scene() -> Scene {
    let scene = Scene::after(&[Work::Move]);
    let file = scene.beamline.folder().join("config.yml");
    let config = std::fs::read_to_string(&file).unwrap();
    let changed = config.replace(r#""deletion":"on""#, r#""deletion":"quarantine""#);
    assert_ne!(changed, config);
    std::fs::write(file, changed).unwrap();
    scene
}

/// The files on spot832.
fn on_spot832(scene: &Scene) -> Vec<PathBuf> {
    files_below(scene.beamline.sim.collection("spot832").dir())
}

fn expiries(scene: &Scene) -> usize {
    scene.beamline.sim.flow_runs().len() - 2
}

/// The scan lies in the trash, once, whole, with its evidence and one date on which it goes.
fn assert_in_trash(scene: &Scene) {
    let files = on_spot832(scene);
    assert_eq!(files.len(), 1, "{files:?}");
    let path = files[0].to_str().unwrap();
    assert!(path.contains("/.trash/") && path.ends_with("scan.h5"), "{path}");
    assert!(std::fs::read(&files[0]).unwrap() == scene.bytes);
    assert!(scene.beamline.sim.collection("data832").read(NAME) == scene.bytes);
    assert_eq!(expiries(scene), 1);
    assert!(scene.audit().iter().any(|line| line["action"] == "quarantine"));
    assert!(
        scene
            .beamline
            .sim
            .tasks()
            .iter()
            .all(|task| task.kind == "TRANSFER")
    );
}

#[test]
fn a_quarantine_killed_before_or_after_any_of_its_requests_is_completed_by_its_rerun() {
    let calm = scene();
    let moved = calm.operations().len();
    let report = document(&finish(calm.command(Work::PruneSpot)));
    assert_eq!(report["outcome"], "quarantined", "{report:#}");
    assert_in_trash(&calm);

    let operations = calm.operations().split_off(moved);
    let mut points = Vec::new();
    for (n, operation) in operations.iter().enumerate() {
        let nth = operations[..=n]
            .iter()
            .filter(|other| *other == operation)
            .count();
        for effect in ["hold-before", "hold"] {
            points.push((operation.clone(), nth, effect));
        }
    }
    let name = |(operation, nth, effect): &(String, usize, &str)| format!("{effect} of {operation} #{nth}");
    cases::each(&points, name, |(operation, nth, effect)| {
        let scene = scene();
        let fault = format!("{operation}:{effect}=point,nth={nth}");
        scene.beamline.sim.fault(fault.parse().unwrap());
        let held = format!("{effect}=point");
        scene.kill_when(Work::PruneSpot, |entries| {
            entries.iter().any(|entry| entry.fault.as_ref() == Some(&held))
        });
        scene.beamline.sim.clear_faults();
        let report = document(&finish(scene.command(Work::PruneSpot)));
        assert_eq!(report["outcome"], "quarantined", "{report:#}");
        assert_in_trash(&scene);
    });
}
