//! `splash-flows globus-flow`

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use globus_compute::{Dialect, EndpointId, FunctionId};
use globus_flows::{Action, Client, Definition, Flow, FlowId, definition};
use serde_json::{Value, json};
use splash_flows::facility::{Facility, globus_variables};
use splash_flows::failure::Failure;
use splash_flows::flows::bl832::Stage;

use super::facility;
use super::kept::{self, keep, kept};
use super::run::until_interrupted;
use crate::Settings;

const STEP: &str = "globus-flow";
const COMPUTE: &str = "globus_compute";
const FLOWS: &str = "globus_flows";
/// How long the state of a flow may take, in seconds.
const WAIT_TIME: u64 = 3600;

/// Flows of Globus Flows that call the functions of ALCF.
#[derive(Debug, Args)]
pub(crate) struct GlobusFlow {
    #[command(subcommand)]
    action: Do,
}

#[derive(Debug, Subcommand)]
enum Do {
    /// Register a function and the flow that calls it, or bring the flow up to date. What has not changed stays as it
    /// is. Their ids are kept on the Prefect server, or in the state folder where there is none.
    Init {
        /// Which.
        #[arg(value_enum)]
        what: What,
        /// The compute endpoint that the function is written for. Default as for `check compute`.
        #[arg(long)]
        endpoint: Option<String>,
        /// Print one JSON document: flow_id, flow, function_id, function (each created, updated or unchanged).
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// reconstruction_wrapper, and the flow "Reconstruction flow".
    Reconstruction,
    /// conversion_wrapper, and the flow "Tiff to Zarr flow".
    TiffToZarr,
}

/// What is registered, and under which names the ids are kept.
struct Wanted {
    stage: Stage,
    title: &'static str,
    state: &'static str,
    flow_block: &'static str,
    function_block: &'static str,
    function_key: &'static str,
}

impl What {
    fn wanted(self) -> Wanted {
        match self {
            Self::Reconstruction => Wanted {
                stage: Stage::Reconstruction,
                title: "Reconstruction flow",
                state: "Reconstruction",
                flow_block: "globus-reconstruction-flow-id",
                function_block: "globus-reconstruction-function",
                function_key: "reconstruction_func",
            },
            Self::TiffToZarr => Wanted {
                stage: Stage::TiffToZarr,
                title: "Tiff to Zarr flow",
                state: "TiffToZarr",
                flow_block: "globus-tiff-to-zarr-flow-id",
                function_block: "globus-tiff-to-zarr-function",
                function_key: "conversion_func",
            },
        }
    }
}

impl Wanted {
    fn definition(&self) -> Result<Value, Failure> {
        let call = Action::new(definition::COMPUTE_ACTION)
            .parameter("endpoint.$", "$.input.compute_endpoint_id")
            .parameter("function.$", "$.input.compute_function_id")
            .parameter("kwargs.$", "$.input.compute_function_kwargs")
            .result_path("$.ReconstructionOutput")
            .wait_time(WAIT_TIME)
            .end();
        let built = Definition::new(self.state).state(self.state, call).build();
        built.map_err(|error| Failure::service(STEP, FLOWS, &error))
    }
}

impl GlobusFlow {
    /// Does it; exit status 1 if it failed.
    pub(crate) fn execute(&self, settings: &Settings) -> ExitCode {
        let Do::Init { what, endpoint, json } = &self.action;
        super::ended(until_interrupted(init(
            settings,
            *what,
            endpoint.as_deref(),
            *json,
        )))
    }
}

async fn init(settings: &Settings, what: What, endpoint: Option<&str>, as_json: bool) -> Result<(), Failure> {
    let (facility, wanted) = (facility(settings)?, what.wanted());
    let asked = endpoint
        .map(str::to_owned)
        .or_else(|| super::alcf_endpoint(&facility));
    let endpoint = facility.compute_endpoint(asked.as_deref()).await?;
    let (function_id, function) = register(&facility, &wanted, endpoint).await?;
    keep(
        &facility,
        wanted.function_block,
        wanted.function_key,
        function_id.as_str(),
    )
    .await?;
    let (flow_id, flow) = put(&facility, &wanted).await?;
    keep(&facility, wanted.flow_block, "flow_id", flow_id.as_str()).await?;
    let text = if as_json {
        json!({ "flow_id": flow_id, "flow": flow, "function_id": function_id, "function": function })
            .to_string()
    } else {
        let place = match kept::file(&facility) {
            Some(file) => format!(" in {}", file.display()),
            None => String::new(),
        };
        let kept = format!(
            "kept as {} and {}{place}",
            wanted.flow_block, wanted.function_block
        );
        format!(
            "flow      {flow_id}  {flow}  {:?}\nfunction  {function_id}  {function}\n{kept}",
            wanted.title
        )
    };
    writeln!(std::io::stdout().lock(), "{text}")
        .map_err(|error| Failure::new(STEP, "output", error.to_string()))
}

/// The function as the endpoint reads it: the one whose id is kept, if its text is the same, else a new one.
async fn register(
    facility: &Facility,
    wanted: &Wanted,
    endpoint: EndpointId,
) -> Result<(FunctionId, &'static str), Failure> {
    let failed = |error: globus_compute::Error| Failure::service(STEP, COMPUTE, &error);
    let client = facility.compute()?.client();
    let known = client.endpoint(endpoint).get().send().await.map_err(failed)?;
    let dialect = Dialect::of_version(known.endpoint_version.as_deref());
    let function = wanted.stage.function().map_err(failed)?;
    let code = function.code(dialect).map_err(failed)?;
    let earlier = kept(facility, wanted.function_block, wanted.function_key).await?;
    let mut change = "created";
    // An id that is none is as good as no id.
    if let Some(id) = earlier.and_then(|id| FunctionId::parse(&id).ok()) {
        let found = client.function(&id).send_opt().await.map_err(failed)?;
        match found {
            Some(found) if found.function_code.as_deref() == Some(&code) => return Ok((id, "unchanged")),
            _ => change = "updated",
        }
    }
    let registered = client.register_function(&function, dialect).send().await;
    registered.map(|new| (new.function_uuid, change)).map_err(failed)
}

/// The flow: the one whose id is kept, or one of ours with its title, changed where it differs; else a new one.
async fn put(facility: &Facility, wanted: &Wanted) -> Result<(FlowId, &'static str), Failure> {
    let failed = |error: globus_flows::Error| Failure::service(STEP, FLOWS, &error);
    let variables = globus_variables(facility.config(), facility.environment())?;
    let client = Client::from_vars(variables).map_err(failed)?;
    let (definition, schema) = (wanted.definition()?, json!({}));
    let Some(flow) = find(facility, &client, wanted).await? else {
        let made = client.create_flow(wanted.title, definition, schema).send().await;
        return made.map(|flow| (flow.id, "created")).map_err(|error| {
            failed(error).remedy("run it again: it looks for a flow of this title before it makes one")
        });
    };
    let same = flow.definition.as_ref() == Some(&definition)
        && flow.title.as_deref() == Some(wanted.title)
        && flow.input_schema.as_ref().is_none_or(|known| *known == schema);
    if same {
        return Ok((flow.id, "unchanged"));
    }
    let update = client.flow(flow.id).update().title(wanted.title);
    let updated = update.definition(definition).input_schema(schema).send().await;
    updated.map(|flow| (flow.id, "updated")).map_err(failed)
}

async fn find(facility: &Facility, client: &Client, wanted: &Wanted) -> Result<Option<Flow>, Failure> {
    let failed = |error: globus_flows::Error| Failure::service(STEP, FLOWS, &error);
    if let Some(id) = kept(facility, wanted.flow_block, "flow_id").await?
        && let Ok(id) = FlowId::parse(&id)
        && let Some(flow) = client.flow(id).get().send_opt().await.map_err(failed)?
    {
        return Ok(Some(flow));
    }
    let own = client
        .flows()
        .roles(["flow_owner"])
        .collect()
        .await
        .map_err(failed)?;
    Ok(own
        .into_iter()
        .find(|flow| flow.title.as_deref() == Some(wanted.title)))
}
