//! `splash-flows check transfer`

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use proved_transfer::endpoint::StorageEndpoint;
use proved_transfer::probe::{self, Own, OwnName};
use proved_transfer::session::{Begun, Session, new_run_id};
use serde_json::json;
use splash_flows::config::Config;
use splash_flows::facility::Facility;
use splash_flows::failure::Failure;
use splash_flows::progress::Progress;

use super::run::{interrupted, runtime};
use super::{facility, say};
use crate::Settings;

/// The incumbent's name of the flow, in the record of runs.
const FLOW: &str = "check-globus-transfer";
const STEP: &str = "check";
const WRITTEN: &str = "written";
const READ_BACK: &str = "read-back";

/// Try one endpoint out: whose it is, its list; then make a folder, write a small file by a transfer, read it back by
/// another, and delete the folder, whatever happened.
///
/// Each failure says what to do. Exit status: 0 all is well, 1 something failed, 130 interrupted (the folder is deleted
/// first).
#[derive(Debug, Args)]
pub(crate) struct TryOut {
    /// A key of config.yml, or the uuid of a collection.
    endpoint: String,
    /// Look only: change nothing.
    #[arg(long)]
    read_only: bool,
    /// The file to write a copy of, below the endpoint's root. Default: the first small one that is found there.
    #[arg(long, value_name = "PATH", conflicts_with = "read_only")]
    file: Option<String>,
}

impl TryOut {
    /// Tries the endpoint out.
    pub(crate) fn execute(&self, settings: &Settings) -> ExitCode {
        let runtime = match runtime() {
            Ok(runtime) => runtime,
            Err(error) => {
                say(&format!("no runtime: {error}"));
                return ExitCode::FAILURE;
            }
        };
        match runtime.block_on(self.run(settings)) {
            Ok(code) => code,
            Err(failure) => {
                say(&failure.to_string());
                ExitCode::FAILURE
            }
        }
    }

    async fn run(&self, settings: &Settings) -> Result<ExitCode, Failure> {
        let facility = Arc::new(facility(settings)?);
        let endpoint = endpoint(facility.config(), &self.endpoint)?;
        let parameters = json!({ "endpoint_id": self.endpoint, "read_only": self.read_only });
        let place = facility.workplace().clone();
        let run_id = new_run_id();
        let opened = Session::open(place, FLOW, &run_id, &parameters, Progress::default());
        let Begun::Open(session) = opened.await? else {
            return Err(Failure::new(STEP, "run_store", "a new run is not new"));
        };
        let mut tried = Tried {
            facility: &facility,
            session,
            endpoint: &endpoint,
            failures: 0,
        };
        let scratch = Own::new(&endpoint, "", &OwnName::new(".splash-flows-check-", ""));
        let ended = tokio::select! {
            () = tried.steps(self, &scratch) => true,
            () = interrupted() => false,
        };
        if !self.read_only {
            tried.clean_up(&scratch).await;
        }
        let ok = ended && tried.failures == 0;
        tried.session.finish(&json!({ "ok": ok }), ok).await?;
        Ok(match (ended, ok) {
            (false, _) => ExitCode::from(130),
            (true, true) => ExitCode::SUCCESS,
            (true, false) => ExitCode::FAILURE,
        })
    }
}

/// The endpoint with this key, or the whole of the collection with this uuid.
fn endpoint(config: &Config, name: &str) -> Result<StorageEndpoint, Failure> {
    match config.endpoint(name) {
        Ok(endpoint) => Ok(endpoint.clone()),
        Err(unknown) => {
            let whole = StorageEndpoint::new(name, name, "", "/");
            match whole.uuid() {
                Ok(_) => Ok(whole),
                Err(_) => Err(Failure::new(STEP, "config", unknown.to_string())
                    .remedy("give one of these keys, or the uuid of a collection")),
            }
        }
    }
}

struct Tried<'a> {
    facility: &'a Facility,
    session: Session,
    endpoint: &'a StorageEndpoint,
    failures: u32,
}

impl Tried<'_> {
    /// One step after the other, as far as each makes sense after those before it.
    async fn steps(&mut self, asked: &TryOut, scratch: &Own<'_>) {
        let place = self.facility.workplace();
        let looked = self.collection().await;
        if self.told("collection", looked).is_none() {
            return;
        }
        let listed = probe::count(place, self.endpoint).await;
        let listed = listed.map(|entries| format!("{entries} entries in {}", root(self.endpoint)));
        self.told("list", listed);
        if asked.read_only {
            return;
        }
        let made = probe::make_folder(&self.session, scratch).await;
        if self
            .told("make", made.map(|()| scratch.path().to_owned()))
            .is_none()
        {
            return;
        }
        let from = self.source(asked).await;
        let written = match from {
            Ok(from) => self.copied(&from, &scratch.within(WRITTEN)).await,
            Err(failure) => Err(failure),
        };
        if self.told("write", written).is_none() {
            return;
        }
        let again = self
            .copied(scratch.within(WRITTEN).path(), &scratch.within(READ_BACK))
            .await;
        self.told("read back", again);
    }

    /// Whose the collection is.
    async fn collection(&self) -> Result<String, Failure> {
        let look = probe::look(self.facility.workplace(), self.endpoint).await?;
        let name = look.display_name.unwrap_or_else(|| "(without a name)".to_owned());
        let owner = look.owner.as_deref().unwrap_or("an owner it does not name");
        let kind = look.kind.map_or_else(String::new, |kind| format!(", {kind}"));
        let mut text = format!("{name}, of {owner}{kind}");
        let mut opened = self.facility.config().data_access();
        if look.needs_data_access && !opened.any(|one| one.uuid().ok() == self.endpoint.uuid().ok()) {
            text += "; a mapped collection: it may want `data_access: true` in config.yml";
        }
        Ok(text)
    }

    /// What to copy.
    async fn source(&self, asked: &TryOut) -> Result<String, Failure> {
        if let Some(file) = &asked.file {
            return Ok(file.clone());
        }
        let found = probe::small_file(self.facility.workplace(), self.endpoint).await?;
        found.map(|file| file.path).ok_or_else(|| {
            let text = "no file of at most 1 MiB was found to copy";
            Failure::new(STEP, "no_file", text)
                .hop(self.endpoint.key())
                .remedy("put a small file there, or name one with --file PATH")
        })
    }

    async fn copied(&self, from: &str, to: &Own<'_>) -> Result<String, Failure> {
        let bytes = probe::copy(&self.session, from, to).await?;
        Ok(format!("{bytes} bytes of {from}"))
    }

    async fn clean_up(&mut self, scratch: &Own<'_>) {
        let removed = probe::remove(&self.session, scratch, &[WRITTEN, READ_BACK]).await;
        match removed {
            Ok(false) => {}
            removed => {
                self.told("delete", removed.map(|_| scratch.path().to_owned()));
            }
        }
    }

    /// Prints a step's line; what it found if it went well.
    fn told(&mut self, step: &str, outcome: Result<String, Failure>) -> Option<String> {
        let (word, text) = match &outcome {
            Ok(text) => ("ok", text.clone()),
            Err(failure) => ("FAIL", failure.to_string()),
        };
        // A closed stdout must not keep the folder from being deleted.
        let _ = writeln!(std::io::stdout().lock(), "{word:<4}  {step:<10}  {text}");
        self.failures += u32::from(outcome.is_err());
        outcome.ok()
    }
}

fn root(endpoint: &StorageEndpoint) -> String {
    endpoint.root().map(|root| root + "/").unwrap_or_default()
}
