//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use examples::place::Wanted;

/// Move 8.3.2 scans end to end and prove every byte.
///
/// Without options: starts a simulated facility on loopback over real directories, writes one HDF5 scan onto
/// spot832, and runs the flow new_832_file_flow on it: to data832, to NERSC, into SciCat; the prunes of the
/// older copies are scheduled. Exit status: 0 if every copy is verified and has the source's sha256, 1 if
/// not, 2 for wrong usage.
#[derive(Debug, Parser)]
#[command(name = "bl832", version, max_term_width = 100)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Arguments {
    /// Print one JSON document on stdout and nothing else.
    #[arg(long)]
    pub(crate) json: bool,
    /// Make this many runs at once, with the ids R-1 to R-N.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) count: Option<u32>,
    /// A scan below /global/, such as raw/folder/scan.h5. Repeatable, one run each.
    #[arg(long = "name", value_name = "NAME", conflicts_with = "count")]
    pub(crate) names: Vec<String>,
    /// The scans may not leave the site: no NERSC, no catalogue.
    #[arg(long)]
    pub(crate) export_control: bool,
    /// Reconstruct each scan at NERSC after its move, and bring slices and volume home. The simulated NERSC runs real
    /// scripts and needs python3.
    #[arg(long, conflicts_with = "export_control")]
    pub(crate) nersc: bool,
    /// Reconstruct each scan at ALCF after its move, and after NERSC if both are asked for; slices and volume come home.
    /// The simulated endpoint runs real functions and needs python3.
    #[arg(long, conflicts_with = "export_control")]
    pub(crate) alcf: bool,
    /// Keep the facility's directories and the record of runs here. Default: a folder that is removed.
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// How long a simulated transfer takes before it copies, such as 2s or 500ms.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "0s")]
    pub(crate) transfer_delay: Duration,
    /// Let the runs share Globus tasks, as `batch_across_runs` in config.yml does.
    #[arg(long, conflicts_with = "config")]
    pub(crate) batch_across_runs: bool,
    /// The simulated services' limits. production: 20 requests a second for each user, metered over 10 s
    /// windows (429 with Retry-After beyond), 3 active and 100 pending tasks, tokens that expire after 48 h.
    #[arg(long, value_enum, default_value_t = Limits::Off)]
    pub(crate) limits: Limits,
    /// A fault of the simulated services; `--fault help` lists them. Repeatable.
    #[arg(long = "fault", value_name = "SPEC")]
    pub(crate) faults: Vec<String>,
    /// The seed of the scans' frames and of the faults.
    #[arg(long, default_value_t = 832)]
    pub(crate) seed: u64,
    /// The run's id; R of R-1 to R-N if there are several. Default: a new one.
    #[arg(long, value_name = "ID")]
    pub(crate) run_id: Option<String>,
    /// Use a simulator that runs already: the file that `service-sim --env-file` wrote.
    #[arg(long, value_name = "ENV_FILE", conflicts_with_all = ["config", "faults", "transfer_delay", "limits"])]
    pub(crate) connect: Option<PathBuf>,
    /// Use the real services with this configuration; needs --env-file and --name. Nothing is written
    /// onto spot832; sha256 is null, and `verified` is the flow's own verdict.
    #[arg(long, value_name = "CONFIG", requires_all = ["env_file", "names"], conflicts_with = "root")]
    pub(crate) config: Option<PathBuf>,
    /// The variables for --config.
    #[arg(long, value_name = "FILE", requires = "config")]
    pub(crate) env_file: Option<PathBuf>,
    /// Where runs are recorded. Default: with --root in that folder; with --config and --connect
    /// $XDG_STATE_HOME/splash-flows; else in the folder that is removed.
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
}

impl Arguments {
    /// The centres that are to reconstruct, each by its flow.
    pub(crate) fn centres(&self) -> Vec<&'static str> {
        let all = [(self.nersc, "nersc"), (self.alcf, "alcf")];
        all.into_iter()
            .filter_map(|(asked, centre)| asked.then_some(centre))
            .collect()
    }

    /// The place that they ask for.
    pub(crate) fn wanted(&self) -> Wanted {
        let batch = ("batch_across_runs".to_owned(), self.batch_across_runs.into());
        Wanted {
            config: self.config.clone(),
            env_file: self.env_file.clone(),
            connect: self.connect.clone(),
            root: self.root.clone(),
            state_dir: self.state_dir.clone(),
            faults: self.faults.clone(),
            seed: self.seed,
            transfer_delay: self.transfer_delay,
            limited: matches!(self.limits, Limits::Production),
            nersc: self.nersc,
            alcf: self.alcf,
            prefect: true,
            keys: serde_json::Map::from_iter([batch]),
        }
    }
}

/// The simulated services' limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Limits {
    /// Those of the real services.
    Production,
    /// None.
    Off,
}

/// Reads `2s`, `500ms`, `1m` or a number of seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, scale) = match text {
        _ if text.ends_with("ms") => (text.trim_end_matches("ms"), 0.001),
        _ if text.ends_with('s') => (text.trim_end_matches('s'), 1.0),
        _ if text.ends_with('m') => (text.trim_end_matches('m'), 60.0),
        _ => (text, 1.0),
    };
    number
        .parse::<f64>()
        .ok()
        .and_then(|number| Duration::try_from_secs_f64(number * scale).ok())
        .ok_or_else(|| format!("{text:?} is not a duration, such as 2s or 500ms"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for bad in ["", "s", "-1s", "1e300s", "soon"] {
            assert!(duration(bad).is_err(), "{bad:?}");
        }
    }
}
