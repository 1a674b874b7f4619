//! `splash-flows submit`

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use prefect_client::{Client, FlowRun, FlowRunId, StateType};
use splash_flows::failure::Failure;
use splash_flows_cli::{parameters, serve};

use super::run::until_interrupted;
use super::{prefect, say};
use crate::Settings;

const STEP: &str = "submit";
const POLL: Duration = Duration::from_secs(2);

/// Start a run of a deployment on the Prefect server, and print its id.
#[derive(Debug, Args)]
pub(crate) struct Submit {
    /// The deployment, as FLOW/DEPLOYMENT.
    deployment: String,
    /// A parameter, as key=value. Repeatable. A value is text, true, false, null, JSON, or a number where the flow takes one.
    #[arg(long = "param", value_name = "KEY=VALUE")]
    parameters: Vec<String>,
    /// When: a time as 2026-11-22T18:00:00-08:00, or from now as 90s, 2h, 14d. Default: now.
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<DateTime<Utc>>,
    /// The run's name. Default: the server makes one up.
    #[arg(long)]
    name: Option<String>,
    /// A key: the same key again gives the same run.
    #[arg(long)]
    key: Option<String>,
    /// Wait for the run's end; exit status 1 if it is not Completed.
    #[arg(long)]
    wait: bool,
}

/// A time, or a duration from now.
fn time(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    settings::duration(text)
        .and_then(|after| TimeDelta::from_std(after).ok())
        .and_then(|after| Utc::now().checked_add_signed(after))
        .ok_or_else(|| {
            "is neither a time such as 2026-11-22T18:00:00-08:00 nor a duration such as 2h".to_owned()
        })
}

impl Submit {
    /// Starts the run.
    pub(crate) fn execute(&self, settings: &Settings) -> ExitCode {
        let flow = self.deployment.split_once('/').map_or("", |(flow, _)| flow);
        let parameters = match parameters::parse(flow, &self.parameters) {
            Ok(parameters) => parameters,
            Err(error) => {
                say(&error);
                return ExitCode::from(2);
            }
        };
        super::ended(until_interrupted(self.run(settings, parameters)))
    }

    async fn run(&self, settings: &Settings, parameters: serde_json::Value) -> Result<(), Failure> {
        let Some((flow, name)) = self.deployment.split_once('/') else {
            let text = format!("{:?} is not FLOW/DEPLOYMENT", self.deployment);
            return Err(Failure::new(STEP, "no_deployment", text));
        };
        serve::check_parameters(flow, &parameters).map_err(|text| Failure::new(STEP, "parameters", text))?;
        let (client, _) = prefect(settings)?;
        let failed = |error: prefect_client::Error| Failure::service(STEP, "prefect", &error);
        let deployment = client
            .deployment(flow, name)
            .get()
            .send_opt()
            .await
            .map_err(failed)?;
        let deployment = deployment.ok_or_else(|| {
            let text = format!("the Prefect server has no deployment {}", self.deployment);
            Failure::new(STEP, "no_deployment", text).remedy("splash-flows deploy makes those of a beamline")
        })?;
        let key = self.key.clone().unwrap_or_else(splash_flows::run::new_run_id);
        let mut create = client
            .create_flow_run(deployment.id)
            .parameters(parameters)
            .idempotency_key(key);
        if let Some(name) = &self.name {
            create = create.name(name);
        }
        if let Some(at) = self.at {
            create = create.scheduled_at(at);
        }
        let run = create.send().await.map_err(failed)?;
        writeln!(std::io::stdout().lock(), "{}", run.id)
            .map_err(|error| Failure::new(STEP, "stdout", error.to_string()))?;
        if self.wait {
            end_of(&client, &run.id).await
        } else {
            Ok(())
        }
    }
}

async fn end_of(client: &Client, id: &FlowRunId) -> Result<(), Failure> {
    let mut shown = String::new();
    loop {
        let run = client.flow_run(id.clone()).get().send().await;
        let run = run.map_err(|error| Failure::service(STEP, "prefect", &error))?;
        let state = run.state_name.clone().unwrap_or_default();
        if state != shown {
            say(&state);
            shown = state;
        }
        match run.state_type.as_ref().filter(|kind| kind.is_terminal()) {
            Some(StateType::Completed) => return Ok(()),
            Some(_) => return Err(ended_badly(&run)),
            None => tokio::time::sleep(POLL).await,
        }
    }
}

fn ended_badly(run: &FlowRun) -> Failure {
    let message = run
        .state
        .as_ref()
        .and_then(|state| state.message.as_deref())
        .unwrap_or("it says no more");
    let text = format!(
        "the run {} ended {}: {message}",
        run.id,
        run.state_name.as_deref().unwrap_or("?")
    );
    Failure::new(STEP, "run_failed", text)
}
