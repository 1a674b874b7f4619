//! `splash-flows deploy`

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use prefect_client::Client;
use splash_flows::failure::Failure;
use splash_flows_cli::deploy::tables::{Beamline, Layout, deployments, variables};
use splash_flows_cli::deploy::{Plan, Wanted, apply, plan};

use super::run::until_interrupted;
use super::{prefect, say};
use crate::Settings;

/// How long a server that comes up is waited for, and how often it is asked.
const HEALTH_WITHIN: Duration = Duration::from_secs(180);
const HEALTH_EVERY: Duration = Duration::from_secs(3);

/// Set up a beamline on the Prefect server: its pools, queues, deployments, schedules and variables, where they are not
/// there. What is there stays: the value of a variable, and of a deployment the entrypoint, path, pull steps, job
/// variables, limits and whether it is paused. Again is no change.
#[derive(Debug, Args)]
pub(crate) struct Deploy {
    /// The beamline.
    #[arg(value_enum)]
    beamline: Beamline,
    /// How pools and queues are named.
    #[arg(long, value_enum, default_value_t)]
    layout: Layout,
    /// Only say what would be changed.
    #[arg(long)]
    diff: bool,
    /// Put deployments that stand in other pools or queues into those of the layout.
    #[arg(long = "move")]
    moves: bool,
    /// Write the Secret blocks from GLOBUS_CLIENT_ID, GLOBUS_CLIENT_SECRET and GLOBUS_COMPUTE_ENDPOINT.
    #[arg(long)]
    secrets: bool,
}

impl Deploy {
    /// Does it; exit status 1 if it failed.
    pub(crate) fn execute(&self, settings: &Settings) -> ExitCode {
        super::ended(until_interrupted(self.run(settings)))
    }

    async fn run(&self, settings: &Settings) -> Result<(), Failure> {
        let (client, environment) = prefect(settings)?;
        wait_for_health(&client).await?;
        let mut wanted = Wanted {
            deployments: deployments(self.beamline, self.layout).to_vec(),
            variables: variables(self.beamline),
            moves: self.moves,
            secrets: None,
        };
        if self.secrets {
            wanted = wanted.with_secrets(|name| environment.get(name).map(str::to_owned));
        }
        let failed = |error: prefect_client::Error| Failure::service("deploy", "prefect", &error);
        let Plan { changes, notes } = plan(&client, &wanted).await.map_err(failed)?;
        let secrets = wanted.secrets.unwrap_or_default();
        for change in &changes {
            if !self.diff {
                apply(&client, change, &secrets).await.map_err(failed)?;
            }
            line(&change.to_string())?;
        }
        for note in &notes {
            say(&format!("note: {note}"));
        }
        if changes.is_empty() {
            line("nothing to change")?;
        }
        Ok(())
    }
}

fn line(text: &str) -> Result<(), Failure> {
    writeln!(std::io::stdout().lock(), "{text}")
        .map_err(|error| Failure::new("deploy", "stdout", error.to_string()))
}

/// Waits for a server that is just coming up.
async fn wait_for_health(client: &Client) -> Result<(), Failure> {
    let deadline = Instant::now() + HEALTH_WITHIN;
    loop {
        match client.health().send().await {
            Ok(_) => return Ok(()),
            Err(error) if error.is_transient() && Instant::now() < deadline => {
                say(&format!("waiting for the Prefect server: {error}"));
                tokio::time::sleep(HEALTH_EVERY).await;
            }
            Err(error) => return Err(Failure::service("deploy", "prefect", &error)),
        }
    }
}
