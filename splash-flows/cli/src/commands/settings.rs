//! `splash-flows settings`

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use prefect_client::Client;
use serde_json::{Map, Value};
use splash_flows::failure::Failure;
use splash_flows_cli::deploy::setting;
use splash_flows_cli::deploy::tables::{Beamline, variables};
use splash_flows_cli::settings_of;

use super::prefect;
use super::run::until_interrupted;
use crate::Settings;

const STEP: &str = "settings";

/// The settings that staff keep on the Prefect server as variables.
#[derive(Debug, Args)]
pub(crate) struct ServerSettings {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print every setting of a beamline.
    Show {
        /// The beamline.
        #[arg(value_enum, default_value = "832")]
        beamline: Beamline,
    },
    /// Print a variable, or one key of it.
    Get {
        /// The variable.
        variable: String,
        /// The key in its document.
        key: Option<String>,
    },
    /// Set keys of a variable, which is made if it is not there; the others stay.
    Set {
        /// The variable.
        variable: String,
        /// The keys, as key=value. A value is JSON: true, 14, 0.5, "text".
        #[arg(required = true, value_name = "KEY=VALUE")]
        pairs: Vec<String>,
    },
}

impl ServerSettings {
    /// Does it; exit status 1 if it failed or was refused.
    pub(crate) fn execute(&self, settings: &Settings) -> ExitCode {
        super::ended(until_interrupted(self.run(settings)))
    }

    async fn run(&self, settings: &Settings) -> Result<(), Failure> {
        let (client, _) = prefect(settings)?;
        match &self.action {
            Action::Show { beamline } => {
                for (name, usual) in variables(*beamline) {
                    match read(&client, name).await? {
                        Some(value) => line(&format!("{name} = {value}"))?,
                        None => line(&format!("{name} is not set (usual: {usual})"))?,
                    }
                }
                if let Some(hold) = read(&client, "deletion-hold").await? {
                    line(&format!("deletion-hold = {hold}"))?;
                }
                Ok(())
            }
            Action::Get { variable, key } => {
                let absent = |what: String| Failure::new(STEP, "no_variable", format!("{what} is not set"));
                let value = read(&client, variable)
                    .await?
                    .ok_or_else(|| absent(variable.clone()))?;
                let value = match key {
                    None => value,
                    Some(key) => value
                        .get(key)
                        .cloned()
                        .ok_or_else(|| absent(format!("{key} in {variable}")))?,
                };
                line(&value.to_string())
            }
            Action::Set { variable, pairs } => set(&client, variable, pairs).await,
        }
    }
}

async fn read(client: &Client, name: &str) -> Result<Option<Value>, Failure> {
    let value = setting(client, name)
        .await
        .map_err(|error| Failure::service(STEP, "prefect", &error))?;
    // Prefect 2 keeps a variable's JSON as text.
    Ok(value.map(|value| match &value {
        Value::String(text) => serde_json::from_str(text).unwrap_or(value),
        _ => value,
    }))
}

async fn set(client: &Client, variable: &str, pairs: &[String]) -> Result<(), Failure> {
    let mut document = match read(client, variable).await? {
        Some(Value::Object(document)) => document,
        None => Map::new(),
        Some(other) => {
            let text = format!("the variable {variable} is {other}, and has no keys");
            return Err(Failure::new(STEP, "bad_variable", text));
        }
    };
    for pair in pairs {
        let (key, value) = settings_of::pair(pair).map_err(|text| Failure::new(STEP, "usage", text))?;
        document.insert(key, value);
    }
    let value = Value::Object(document);
    settings_of::check(variable, &value)?;
    let failed = |error: prefect_client::Error| Failure::service(STEP, "prefect", &error);
    let there = client.variable(variable).get().send_opt().await.map_err(failed)?;
    match there {
        Some(_) => client
            .variable(variable)
            .update()
            .value(value.clone())
            .send()
            .await
            .map_err(failed)?,
        None => drop(
            client
                .variables()
                .create(variable, value.clone())
                .send()
                .await
                .map_err(failed)?,
        ),
    }
    line(&format!("{variable} = {value}"))
}

fn line(text: &str) -> Result<(), Failure> {
    writeln!(std::io::stdout().lock(), "{text}")
        .map_err(|error| Failure::new(STEP, "stdout", error.to_string()))
}
