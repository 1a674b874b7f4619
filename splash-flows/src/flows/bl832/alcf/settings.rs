//! The key `alcf_recon` in config.yml.

use std::time::Duration;

use settings::Section;

const MINUTE: u64 = 60;

/// What the functions at ALCF run, and for how long.
#[derive(Debug, Clone)]
pub struct AlcfSettings {
    /// `endpoint`: the compute endpoint, before the variable and the Secret block.
    pub endpoint: Option<String>,
    /// `python`: the program that runs the site's scripts; python.
    pub python: String,
    /// `reconstruction_script`: its name in the folder of scripts.
    pub reconstruction_script: String,
    /// `multiresolution_script`: its name in the folder of scripts.
    pub multiresolution_script: String,
    /// `time`: how long each of the two may run; 20 minutes.
    pub time: Duration,
    /// `nested_folders`: whether scans may lie deeper than one folder.
    pub nested_folders: bool,
    /// `settle`: for how long a task whose answer was lost is looked for before it is sent again; 15 seconds.
    pub settle: Duration,
    /// `patience`: for how long a task may wait in the endpoint's queue, beside its `time`; 12 hours. Then it is sent once
    /// more, and after as long again the run fails.
    pub patience: Duration,
}

impl AlcfSettings {
    /// Reads the key below the top of config.yml, and notes what is wrong.
    pub(crate) fn read(top: &Section<'_>) -> Self {
        let own = top.section("alcf_recon");
        let file = |name, usual: &str| own.file_name(name).unwrap_or_else(|| usual.to_owned());
        let time = |name, usual| own.duration(name).unwrap_or(Duration::from_secs(usual));
        Self {
            endpoint: own.word("endpoint"),
            python: own.word("python").unwrap_or_else(|| "python".to_owned()),
            reconstruction_script: file("reconstruction_script", "globus_reconstruction.py"),
            multiresolution_script: file("multiresolution_script", "tiff_to_zarr.py"),
            time: time("time", 20 * MINUTE),
            nested_folders: own.boolean("nested_folders").unwrap_or(false),
            settle: time("settle", 15),
            patience: time("patience", 12 * 60 * MINUTE),
        }
    }
}
