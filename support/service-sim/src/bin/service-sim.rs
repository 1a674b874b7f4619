//! Runs the simulators of Globus Auth, Globus Transfer, Globus Compute, SciCat, Prefect and the Superfacility API until it
//! is told to stop.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use serde_json::json;
use service_sim::config::Config;
use service_sim::{CollectionSpec, FaultSpec, Limits, Sim};
use tokio::signal::unix::{SignalKind, signal};

/// Simulators of Globus, SciCat and Prefect over real folders, each on its own loopback port.
///
/// When they answer, one line of JSON is printed: {"env": variables for clients and Python SDKs, "collections": where
/// each collection's files are, "journal": URL of the record of all requests}. Ends on SIGINT or SIGTERM.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Folder in which each host gets its tree; made if missing, kept afterwards
    #[arg(long, value_name = "DIR")]
    root: PathBuf,
    /// File that receives the environment as KEY=value lines
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// File that receives the ready line
    #[arg(long, value_name = "FILE")]
    ready_json: Option<PathBuf>,
    /// A config.yml whose globus.globus_endpoints are simulated instead of those of beamline 8.3.2
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// File that receives the config with the local_path of each endpoint filled in
    #[arg(long, value_name = "FILE")]
    write_config: Option<PathBuf>,
    /// Which limits are enforced; production: 20 requests/s over 10 s, 3 active transfers and 3 deletes, 100 pending
    /// tasks, tokens of 48 h
    #[arg(long, value_enum, default_value = "off")]
    limits: LimitsArg,
    /// How long each transfer is active before it copies: 500ms, 2s, 1m
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    transfer_delay: Duration,
    /// Seed of the faults that have a rate
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Keep from clients where the collections' folders are: no local_path in the written config
    #[arg(long)]
    no_local_mounts: bool,
    /// A collection whose storage cannot rename, repeatable
    #[arg(long = "no-rename", value_name = "KEY")]
    no_rename: Vec<String>,
    /// A collection that answers ConsentRequired to tokens that did not ask for access to its data, repeatable
    #[arg(long = "mapped", value_name = "KEY")]
    mapped: Vec<String>,
    /// A clock that is off: globus_transfer, scicat, prefect, or the host of a collection by its key; repeatable
    #[arg(long = "skew", value_name = "NAME=SECONDS", value_parser = skew, allow_hyphen_values = true)]
    skews: Vec<(String, i64)>,
    /// Hand jobs of the Superfacility API to the sbatch on PATH instead of running them with bash
    #[arg(long)]
    slurm: bool,
    /// How late the accounting of jobs is
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration)]
    sacct_lag: Duration,
    /// A client of the Superfacility API and the file of its public key, repeatable; default one of the simulator's own
    #[arg(long = "sfapi-client", value_name = "ID=PUBLIC.pem")]
    sfapi_clients: Vec<String>,
    /// A fault, repeatable; `--fault help` explains them
    #[arg(long = "fault", value_name = "SPEC")]
    faults: Vec<FaultSpec>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LimitsArg {
    Off,
    Production,
}

/// `2s`, `500ms`, `1.5m`, `1h`; a bare number is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.strip_prefix(digits).unwrap_or_default() {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("expected a duration such as 500ms, 2s or 1m".to_owned()),
    };
    let number: f64 = digits
        .parse()
        .map_err(|_| "expected a duration such as 500ms, 2s or 1m".to_owned())?;
    Duration::try_from_secs_f64(number * unit).map_err(|e| e.to_string())
}

fn skew(text: &str) -> Result<(String, i64), String> {
    let parts = text.split_once('=');
    let skew = parts.and_then(|(name, seconds)| Some((name.to_owned(), seconds.parse().ok()?)));
    skew.ok_or_else(|| "expected NAME=SECONDS".to_owned())
}

fn main() -> ExitCode {
    if asks_about_faults() {
        return finished(
            io::stdout()
                .write_all(FaultSpec::help().as_bytes())
                .map_err(Into::into),
        );
    }
    finished(run(&Args::parse()))
}

/// `--fault help` stands alone, without the arguments that are needed otherwise.
fn asks_about_faults() -> bool {
    let args: Vec<_> = std::env::args_os().collect();
    args.iter().any(|arg| arg == "--fault=help")
        || args
            .windows(2)
            .any(|pair| matches!(pair, [flag, help] if flag == "--fault" && help == "help"))
}

fn finished(result: Result<(), Box<dyn std::error::Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            // Nowhere is left to report a failure to report.
            let _: io::Result<()> = writeln!(io::stderr(), "service-sim: {e}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Box<dyn std::error::Error>> {
    let config = match &args.config {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
            Config::parse(&text).map_err(|e| format!("{}: {e}", path.display()))?
        }
        None => Config::example(),
    };
    let limits = match args.limits {
        LimitsArg::Off => Limits::Off,
        LimitsArg::Production => Limits::Production,
    };
    let mut builder = Sim::builder()
        .transfer()
        .flows()
        .scicat()
        .prefect()
        .sfapi()
        .root(&args.root);
    builder = builder
        .collections(collections(&config, args)?)
        .limits(limits)
        .seed(args.seed);
    for fault in &args.faults {
        builder = builder.fault(fault.clone());
    }
    for (name, seconds) in &args.skews {
        builder = builder.skew(name, *seconds);
    }
    if args.slurm {
        builder = builder.slurm();
    }
    for client in &args.sfapi_clients {
        let (id, path) = client
            .split_once('=')
            .ok_or("--sfapi-client takes ID=PUBLIC.pem")?;
        let pem = std::fs::read_to_string(path).map_err(|e| format!("{path}: {e}"))?;
        builder = builder.sfapi_client(id, pem);
    }
    if args.no_local_mounts {
        builder = builder.no_local_mounts();
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // The signals are caught before anyone can know that the simulator runs.
    let guard = runtime.enter();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    drop(guard);

    let sim = builder
        .transfer_delay(args.transfer_delay)
        .sacct_lag(args.sacct_lag)
        .start()?;
    if let Some(path) = &args.write_config {
        write_file(path, &config.with_local_paths(&sim)?)?;
    }
    if let Some(path) = &args.env_file {
        write_file(path, &env_lines(&sim)?)?;
    }
    let env = sim.env();
    let journal = env.get("SERVICE_SIM_URL").map(|url| format!("{url}/sim/journal"));
    let mut ready =
        json!({ "env": env, "collections": sim.collections_json(), "journal": journal }).to_string();
    ready.push('\n');
    if let Some(path) = &args.ready_json {
        write_file(path, &ready)?;
    }
    let mut out = io::stdout();
    out.write_all(ready.as_bytes()).and_then(|()| out.flush())?;

    runtime.block_on(async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    });
    Ok(())
}

/// The config's collections, some of which cannot rename.
fn collections(config: &Config, args: &Args) -> Result<Vec<CollectionSpec>, String> {
    let mut specs = config.collections().map_err(|e| e.to_string())?;
    let named = |flag: &str, keys: &[String]| {
        let known = |key: &String| specs.iter().any(|spec| spec.key == *key);
        match keys.iter().find(|key| !known(key)) {
            Some(key) => Err(format!("{flag} {key}: no such collection")),
            None => Ok(()),
        }
    };
    named("--no-rename", &args.no_rename)?;
    named("--mapped", &args.mapped)?;
    for spec in &mut specs {
        spec.rename_supported = !args.no_rename.contains(&spec.key);
        spec.mapped = args.mapped.contains(&spec.key);
    }
    Ok(specs)
}

/// `KEY=value` lines that a shell and python-dotenv read alike.
fn env_lines(sim: &Sim) -> Result<String, String> {
    let mut lines = String::new();
    for (key, value) in sim.env() {
        let plain = value
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-./:@%+,".contains(c));
        if value.contains(['\'', '\\', '\n']) {
            return Err(format!("{key} has a value that cannot be quoted for an env file"));
        }
        let quote = if plain { "" } else { "'" };
        // Writing to a String cannot fail.
        let _: std::fmt::Result = writeln!(lines, "{key}={quote}{value}{quote}");
    }
    Ok(lines)
}

/// Writes a file so that whoever waits for it sees all of it or nothing.
fn write_file(path: &Path, text: &str) -> Result<(), String> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".new");
    std::fs::write(&temporary, text)
        .and_then(|()| std::fs::rename(&temporary, path))
        .map_err(|e| format!("{}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments() {
        use clap::CommandFactory;
        Args::command().debug_assert();
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("2"), Ok(Duration::from_secs(2)));
        assert_eq!(skew("data832=-7200"), Ok(("data832".to_owned(), -7200)));
        assert!(skew("data832").is_err() && skew("data832=soon").is_err());
        assert!(duration("soon").is_err() && duration("-1s").is_err());
    }
}
