//! The subcommands, a module each.

pub(crate) mod check;
pub(crate) mod check_compute;
pub(crate) mod check_sfapi;
pub(crate) mod deploy;
pub(crate) mod env;
pub(crate) mod export_control;
pub(crate) mod flight_check;
pub(crate) mod flows;
pub(crate) mod globus_flow;
pub(crate) mod ingest;
pub(crate) mod ingests;
pub(crate) mod jobs;
mod kept;
pub(crate) mod login;
pub(crate) mod prune;
pub(crate) mod prunes;
pub(crate) mod run;
pub(crate) mod settings;
pub(crate) mod submit;
pub(crate) mod try_out;
pub(crate) mod worker;

use std::process::ExitCode;

use splash_flows::config::Config;
use splash_flows::dotenv::Environment;
use splash_flows::facility::Facility;
use splash_flows::failure::Failure;

pub(crate) use splash_flows_cli::logging::say;

use crate::Settings;

/// Reads the configuration and the variables that every subcommand shares.
pub(crate) fn configuration(settings: &Settings) -> Result<(Config, Environment), Failure> {
    let refused = |error: String| Failure::new("preflight", "config", error);
    let environment =
        Environment::load(settings.env_file.as_deref()).map_err(|error| refused(error.to_string()))?;
    let config = Config::load(&settings.config, &environment, &splash_flows::SITE_RULES)
        .map_err(|error| refused(error.to_string()))?;
    Ok((config, environment))
}

/// The facility as the configuration describes it. Nothing is sent yet.
pub(crate) fn facility(settings: &Settings) -> Result<Facility, Failure> {
    let (config, environment) = configuration(settings)?;
    Facility::connect(config, environment, settings.state_dir.as_deref())
}

/// The compute endpoint that config.yml names.
pub(crate) fn alcf_endpoint(facility: &Facility) -> Option<String> {
    splash_flows::alcf_settings(facility.config())?.endpoint.clone()
}

/// A client of the Prefect server that the variables name, and the variables.
pub(crate) fn prefect(settings: &Settings) -> Result<(prefect_client::Client, Environment), Failure> {
    let environment = Environment::load(settings.env_file.as_deref())
        .map_err(|error| Failure::new("preflight", "config", error.to_string()))?;
    let client = prefect_client::Client::from_vars(environment.lookup())
        .map_err(|error| Failure::service("preflight", "prefect", &error))?;
    Ok((client, environment))
}

/// The exit status of a command that says itself what it did.
pub(crate) fn ended(outcome: std::io::Result<Option<Result<(), Failure>>>) -> ExitCode {
    match outcome {
        Ok(Some(Ok(()))) => ExitCode::SUCCESS,
        Ok(Some(Err(failure))) => {
            say(&failure.to_string());
            ExitCode::FAILURE
        }
        Ok(None) => {
            say("interrupted");
            ExitCode::from(130)
        }
        Err(error) => {
            say(&format!("no runtime: {error}"));
            ExitCode::FAILURE
        }
    }
}
