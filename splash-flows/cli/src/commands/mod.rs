//! The subcommands, a module each.

pub(crate) mod check;
pub(crate) mod env;
pub(crate) mod export_control;
pub(crate) mod flight_check;
pub(crate) mod flows;
pub(crate) mod ingest;
pub(crate) mod ingests;
pub(crate) mod login;
pub(crate) mod prune;
pub(crate) mod prunes;
pub(crate) mod run;
pub(crate) mod try_out;

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
