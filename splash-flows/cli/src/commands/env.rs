//! `splash-flows env`

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use rest_core::ExposeSecret;
use splash_flows::config::{Config, ConfigError};
use splash_flows::dotenv::Environment;

use super::say;
use crate::Settings;

/// Exported from the process environment too; every other name only if the file of variables has it.
const ALWAYS: &[&str] = &[
    "BEAMLINE",
    "GLOBUS_CLIENT_ID",
    "GLOBUS_CLIENT_SECRET",
    "GLOBUS_CLI_CLIENT_ID",
    "GLOBUS_CLI_CLIENT_SECRET",
    "GLOBUS_COMPUTE_CLIENT_ID",
    "GLOBUS_COMPUTE_CLIENT_SECRET",
    "PREFECT_API_KEY",
    "PREFECT_API_URL",
];

/// What Globus's other tools call the same credentials: set from these where they are not set.
const SAME: &[(&str, &str)] = &[
    ("GLOBUS_CLI_CLIENT_ID", "GLOBUS_CLIENT_ID"),
    ("GLOBUS_CLI_CLIENT_SECRET", "GLOBUS_CLIENT_SECRET"),
    ("GLOBUS_COMPUTE_CLIENT_ID", "GLOBUS_CLIENT_ID"),
    ("GLOBUS_COMPUTE_CLIENT_SECRET", "GLOBUS_CLIENT_SECRET"),
];

/// Print the variables of .env and the credentials of Globus and Prefect as shell exports, for
/// `eval "$(splash-flows env)"`.
#[derive(Debug, Args)]
pub(crate) struct ShowEnv {
    /// Print to a terminal too, where others may read the secrets.
    #[arg(long)]
    force: bool,
}

impl ShowEnv {
    /// Prints the exports: all of them, or none and why.
    pub(crate) fn execute(&self, settings: &Settings) -> ExitCode {
        let mut out = std::io::stdout().lock();
        if out.is_terminal() && !self.force {
            say(
                "this prints secrets, and stdout is a terminal: use eval \"$(splash-flows env)\", or --force to see them here",
            );
            return ExitCode::FAILURE;
        }
        match exports(settings) {
            Ok((text, notes)) => {
                for note in &notes {
                    say(note);
                }
                if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_ok() {
                    ExitCode::SUCCESS
                } else {
                    ExitCode::FAILURE
                }
            }
            Err(error) => {
                say(&error);
                ExitCode::FAILURE
            }
        }
    }
}

/// The exports, and what the user should know of them.
fn exports(settings: &Settings) -> Result<(String, Vec<String>), String> {
    let environment = Environment::load(settings.env_file.as_deref()).map_err(|error| error.to_string())?;
    let config = match Config::load(&settings.config, &environment, &splash_flows::SITE_RULES) {
        Ok(config) => Some(config),
        // Without a file of that name the variables are all there is.
        Err(ConfigError::Missing(path)) if path == Path::new(crate::CONFIG) => None,
        Err(error) => return Err(error.to_string()),
    };
    let mut notes = Vec::new();
    let variables = variables(&environment, config.as_ref(), &mut notes);
    Ok((script(&variables, &mut notes)?, notes))
}

/// Every variable to export.
fn variables(
    environment: &Environment,
    config: Option<&Config>,
    notes: &mut Vec<String>,
) -> BTreeMap<String, String> {
    let names = environment.file_names().chain(ALWAYS.iter().copied());
    let value = |name: &str| Some((name.to_owned(), environment.get(name)?.to_owned()));
    let mut variables: BTreeMap<String, String> = names.filter_map(value).collect();
    // As for the flows, the credentials in config.yml win.
    match config.map(Config::globus_app) {
        Some(Ok(Some(app))) => {
            variables.insert("GLOBUS_CLIENT_ID".to_owned(), app.client_id);
            let secret = app.client_secret.expose_secret().to_owned();
            variables.insert("GLOBUS_CLIENT_SECRET".to_owned(), secret);
        }
        Some(Err(unset)) => notes.push(unset.to_string()),
        Some(Ok(None)) | None => {}
    }
    for (name, from) in SAME {
        let is_set = variables.get(*name).is_some_and(|value| !value.is_empty());
        if !is_set && let Some(value) = variables.get(*from).cloned() {
            variables.insert((*name).to_owned(), value);
        }
    }
    let missing = ["GLOBUS_CLIENT_ID", "GLOBUS_CLIENT_SECRET", "PREFECT_API_URL"];
    for name in missing.iter().filter(|name| !variables.contains_key(**name)) {
        notes.push(format!("{name} is not set: put it into .env"));
    }
    variables
}

/// One `export` a line, each value quoted for every POSIX shell.
fn script(variables: &BTreeMap<String, String>, notes: &mut Vec<String>) -> Result<String, String> {
    let mut script = String::new();
    for (name, value) in variables {
        if !is_shell_name(name) {
            notes.push(format!(
                "{name:?} cannot be the name of a shell variable: left out"
            ));
            continue;
        }
        let quoted = shlex::try_quote(value).map_err(|_| {
            format!("the value of {name} has a NUL character, which no shell variable can hold")
        })?;
        script.extend(["export ", name, "=", &quoted, "\n"]);
    }
    Ok(script)
}

fn is_shell_name(name: &str) -> bool {
    let mut chars = name.chars();
    let begins = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    begins && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn the_other_names_of_the_credentials_are_filled_in_where_they_are_absent() {
        let text = "GLOBUS_CLIENT_ID=id\nGLOBUS_CLIENT_SECRET=s\nGLOBUS_CLI_CLIENT_ID=own\nGLOBUS_COMPUTE_CLIENT_ID=\n";
        let environment = Environment::default().with_dotenv(text).unwrap();
        let mut notes = Vec::new();
        let variables = variables(&environment, None, &mut notes);
        assert_eq!(
            variables,
            of(&[
                ("GLOBUS_CLIENT_ID", "id"),
                ("GLOBUS_CLIENT_SECRET", "s"),
                ("GLOBUS_CLI_CLIENT_ID", "own"),
                ("GLOBUS_CLI_CLIENT_SECRET", "s"),
                ("GLOBUS_COMPUTE_CLIENT_ID", "id"),
                ("GLOBUS_COMPUTE_CLIENT_SECRET", "s"),
            ])
        );
        assert_eq!(notes, ["PREFECT_API_URL is not set: put it into .env"]);
    }

    #[test]
    fn a_nul_is_refused_and_a_name_that_no_shell_takes_is_left_out() {
        let mut notes = Vec::new();
        assert!(
            script(&of(&[("A", "x\0y")]), &mut notes)
                .unwrap_err()
                .contains("value of A")
        );
        let text = script(
            &of(&[("A", "it's"), ("B-C", "x"), ("1D", "x"), ("_e1", "")]),
            &mut notes,
        )
        .unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
        assert_eq!(notes.len(), 2);
    }
}
