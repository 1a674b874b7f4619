//! The keys `nersc_recon`, `nersc_streaming` and the images in config.yml.

use std::time::Duration;

use settings::Section;
use sfapi::Machine;
use sfapi::slurm::check_time;

const MINUTE: u64 = 60;

/// What a reconstruction job at NERSC asks for, and what it runs.
#[derive(Debug, Clone)]
pub struct ReconSettings {
    /// `machine`: perlmutter.
    pub machine: String,
    /// `qos`: realtime.
    pub qos: String,
    /// `account`: als.
    pub account: String,
    /// `constraint`: cpu.
    pub constraint: String,
    /// `nodes`: 1.
    pub nodes: u32,
    /// `cpus_per_task`: 64.
    pub cpus_per_task: u32,
    /// `time`: 15 minutes.
    pub time: Duration,
    /// `exclusive`: true.
    pub exclusive: bool,
    /// `container`: podman-hpc or shifter.
    pub container: Runtime,
    /// `reconstruction_script`: its name in the folder of scripts.
    pub reconstruction_script: String,
    /// `multiresolution_script`: its name in the folder of scripts.
    pub multiresolution_script: String,
    /// `nested_folders`: whether scans may lie deeper than one folder.
    pub nested_folders: bool,
    /// `settle`: for how long a job whose answer was lost is looked for before it is submitted again; 90 seconds.
    pub settle: Duration,
    /// `ghcr_images832.recon_image`.
    pub recon_image: String,
    /// `ghcr_images832.multires_image`.
    pub multires_image: String,
}

/// What runs the images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    /// podman-hpc.
    PodmanHpc,
    /// shifter.
    Shifter,
}

/// What the streaming job asks for, and what it runs.
#[derive(Debug, Clone)]
pub struct StreamingSettings {
    /// `machine`: perlmutter.
    pub machine: String,
    /// `qos`: realtime.
    pub qos: String,
    /// `account`: als.
    pub account: String,
    /// `constraint`: gpu.
    pub constraint: String,
    /// `image`.
    pub image: String,
    /// `volumes`: each `outside:inside`; `{home}` and `{pscratch}` are the user's folders.
    pub volumes: Vec<(String, String)>,
    /// `shm_size`: 50G.
    pub shm_size: String,
    /// `log_folder`.
    pub log_folder: String,
}

/// The image that the incumbent names.
const IMAGE: &str = "ghcr.io/als-computing/microct:master";

impl ReconSettings {
    /// Reads the keys below the top of config.yml, and notes what is wrong.
    pub(crate) fn read(top: &Section<'_>) -> Self {
        let own = top.section("nersc_recon");
        let images = top.section("ghcr_images832");
        let container = own.parsed("container", "must be podman-hpc or shifter", |text| match text {
            "podman-hpc" => Some(Runtime::PodmanHpc),
            "shifter" => Some(Runtime::Shifter),
            _ => None,
        });
        let qos = word(&own, "qos", "realtime");
        let time = own.duration("time").unwrap_or(Duration::from_secs(15 * MINUTE));
        own.parsed("time", "must be no more than its qos allows", |_| {
            check_time(&qos, time).ok()
        });
        Self {
            machine: machine(&own),
            qos,
            account: word(&own, "account", "als"),
            constraint: word(&own, "constraint", "cpu"),
            nodes: own.positive("nodes").unwrap_or(1),
            cpus_per_task: own.positive("cpus_per_task").unwrap_or(64),
            time,
            exclusive: own.boolean("exclusive").unwrap_or(true),
            container: container.unwrap_or(Runtime::PodmanHpc),
            reconstruction_script: own
                .file_name("reconstruction_script")
                .unwrap_or_else(|| "sfapi_reconstruction.py".to_owned()),
            multiresolution_script: own
                .file_name("multiresolution_script")
                .unwrap_or_else(|| "tiff_to_zarr.py".to_owned()),
            settle: own.duration("settle").unwrap_or(Duration::from_secs(90)),
            nested_folders: own.boolean("nested_folders").unwrap_or(false),
            recon_image: word(&images, "recon_image", IMAGE),
            multires_image: word(&images, "multires_image", IMAGE),
        }
    }
}

impl StreamingSettings {
    /// Reads the keys below the top of config.yml, and notes what is wrong.
    pub(crate) fn read(top: &Section<'_>) -> Self {
        let own = top.section("nersc_streaming");
        let volumes = own.list(
            "volumes",
            "must be `outside:inside`, both absolute or beginning with {home} or {pscratch}",
            volume,
        );
        let usual = || {
            [
                (
                    "{home}/gits/als-epics-streaming/operators/832/recon/.env",
                    "/app/.env",
                ),
                ("{pscratch}/streaming_reconstructions", "/mnt/outputs"),
            ]
            .map(|(outside, inside)| (outside.to_owned(), inside.to_owned()))
            .into()
        };
        Self {
            machine: machine(&own),
            qos: word(&own, "qos", "realtime"),
            account: word(&own, "account", "als"),
            constraint: word(&own, "constraint", "gpu"),
            image: word(&own, "image", "als-computing/streamtomocupy-recon:latest"),
            volumes: volumes.unwrap_or_else(usual),
            shm_size: word(&own, "shm_size", "50G"),
            log_folder: word(
                &own,
                "log_folder",
                "/global/cfs/cdirs/als/data_mover/8.3.2/streaming_logs",
            ),
        }
    }
}

/// A machine that runs jobs.
fn machine(section: &Section<'_>) -> String {
    let problem = "must be a machine of NERSC's that runs jobs, such as perlmutter";
    let named = section.parsed("machine", problem, |text| {
        text.parse().ok().filter(|named| *named != Machine::dtns())
    });
    named.unwrap_or_else(Machine::perlmutter).to_string()
}

/// A text without blanks; what Slurm and containers take as one word.
fn word(section: &Section<'_>, name: &str, usual: &str) -> String {
    section.word(name).unwrap_or_else(|| usual.to_owned())
}

fn volume(text: &str) -> Option<(String, String)> {
    let (outside, inside) = text.split_once(':')?;
    let known = ["/", "{home}/", "{pscratch}/"];
    let is_outside = known.iter().any(|start| outside.starts_with(start));
    (is_outside && inside.starts_with('/')).then(|| (outside.to_owned(), inside.to_owned()))
}
