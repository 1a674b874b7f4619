//! Reading a gzip scan of 2160 x 2560 for the catalogue, beside reading one of its frames, and beside h5py with Pillow
//! doing the same. Each in a process of its own; what is timed begins when the process has loaded.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::{Result, peers, project, tools};

const RULES: &str = "splash-flows/src/rules/bl832.yml";
const RUNS: usize = 9;
/// The sides of a thumbnail: the usual one, and the frame's own.
const SIDES: [&str; 2] = ["1024", "0"];

/// Prints a line for each way.
pub(super) fn run() -> Result {
    let example = ["--package", "scan-ingest", "--example", "figures"];
    let build = [&["build", "--release", "--quiet"], &example[..]].concat();
    tools::run(tools::cargo(&build))?;
    let binary = project::target_folder()?.join("release/examples/figures");
    let folder = std::env::temp_dir().join(format!("figures-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let measured = measure(&binary, &folder);
    fs::remove_dir_all(&folder)?;
    measured
}

fn measure(binary: &Path, folder: &Path) -> Result {
    let python = peers::thumbnail_python()?;
    let (scan, rules) = (folder.join("scan.h5"), folder.join("rules.json"));
    fs::write(&rules, read_rules()?.to_string())?;
    let (scan, rules) = (scan.to_string_lossy(), rules.to_string_lossy());
    tools::output(tools::command(binary, &["make", &scan]))?;
    let frame = median(binary, &["frame", &scan])?;
    println!("one frame of a gzip 2160 x 2560 scan: {frame}");
    for side in SIDES {
        let ours = median(binary, &["ingest", &scan, &rules, side])?;
        let script = "support/peer-tests/thumbnail.py";
        let theirs = median(&python, &[script, &scan, &rules, side])?;
        let times = ours.milliseconds / frame.milliseconds;
        println!("its ingest, thumbnail of {side}: {ours}, {times:.2} x the frame");
        println!("the same with h5py and Pillow: {theirs}");
    }
    Ok(())
}

/// What was measured of one command.
struct Figure {
    milliseconds: f64,
    peak: f64,
    bytes: f64,
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (time, peak, kib) = (self.milliseconds, self.peak, self.bytes / 1024.0);
        write!(
            f,
            "median {time:.0} ms of {RUNS}, peak {peak:.0} MiB, {kib:.0} KiB"
        )
    }
}

/// The median time, the highest peak.
fn median(program: &Path, arguments: &[&str]) -> Result<Figure> {
    let mut times = Vec::new();
    let (mut peak, mut bytes) = (0_f64, 0.0);
    for _ in 0..RUNS {
        let text = tools::output(tools::command(program, arguments))?;
        let numbers: Vec<f64> = text
            .split_whitespace()
            .map_while(|word| word.parse().ok())
            .collect();
        let [time, memory, made] = numbers[..] else {
            return Err(format!("no figures: {text}").into());
        };
        times.push(time);
        peak = peak.max(memory);
        bytes = made;
    }
    times.sort_by(f64::total_cmp);
    Ok(Figure {
        milliseconds: times[RUNS / 2],
        peak,
        bytes,
    })
}

/// The paths that the rules of 8.3.2 name, in JSON; this program reads no YAML.
fn read_rules() -> Result<Value> {
    let text = fs::read_to_string(tools::root().join(RULES))?;
    let list = |name: &str| -> Vec<String> {
        let begin = format!("{name}:");
        let lines = text.lines().skip_while(|line| *line != begin).skip(1);
        let lines = lines.map_while(|line| line.strip_prefix("  - "));
        lines.map(str::to_owned).collect()
    };
    Ok(json!({
        "group": "8.3.2", "scientific": list("scientific"), "samples": list("samples"),
        "thumbnail": { "frames": "/exchange/data" },
    }))
}
