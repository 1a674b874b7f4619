//! `splash-flows check sfapi`

use std::io::Write;
use std::process::ExitCode;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::Args;
use pipeline::superfacility::Superfacility;
use rest_core::Vars;
use sfapi::Machine;
use sfapi::key_file::Credentials;
use sfapi::model::{ResourceStatus, User};
use splash_flows::facility::Facility;
use splash_flows::failure::Failure;

use super::run::until_interrupted;
use super::{facility, say};
use crate::Settings;

const STEP: &str = "check";
const SERVICE: &str = "sfapi";
/// From how many days before its end a client is told to be renewed.
const SOON: i64 = 7;
const IRIS: &str = "make a new client in Iris (https://iris.nersc.gov: Profile, Superfacility API Clients), put its id \
                    and key into the files that PATH_NERSC_CLIENT_ID and PATH_NERSC_PRI_KEY name, and `chmod 600` the key";

/// Try the Superfacility API out: the key, a token, until when the client lives, whose account it is, and how the machine
/// stands. Changes nothing and runs no job.
///
/// Each failure says what to do. Exit status: 0 all is well, 1 something failed, 130 interrupted.
#[derive(Debug, Args)]
pub(crate) struct CheckSfapi {
    /// The machine that jobs run on.
    #[arg(long, default_value = "perlmutter")]
    machine: String,
}

impl CheckSfapi {
    /// Looks at one thing after the other.
    pub(crate) fn execute(&self, settings: &Settings) -> ExitCode {
        match until_interrupted(self.run(settings)) {
            Ok(Some(Ok(true))) => ExitCode::SUCCESS,
            Ok(Some(Ok(false))) => ExitCode::FAILURE,
            other => super::ended(other.map(|done| done.map(|done| done.map(drop)))),
        }
    }

    async fn run(&self, settings: &Settings) -> Result<bool, Failure> {
        let machine: Machine = self.machine.parse().map_err(|error| of(&error))?;
        let facility = facility(settings)?;
        let mut all_well = true;
        let mut told = |step: &str, outcome: Result<String, Failure>| {
            all_well &= outcome.is_ok();
            tell(step, &outcome);
            outcome.is_ok()
        };
        let key = credentials(&facility);
        let id = key.as_ref().ok().map(|key| key.client_id().to_owned());
        let keyed = told("key", key.map(|key| format!("of client {}", key.client_id())));
        if let (true, Ok(superfacility)) = (keyed, facility.superfacility()) {
            if told("token", token(superfacility).await) {
                told("user", user(superfacility).await);
                told(
                    "client",
                    expiry(superfacility, id.as_deref(), facility.now()).await,
                );
            }
            // This one needs no token: it tells an outage from a key that is not taken.
            told("machine", status(superfacility, &machine).await);
        }
        Ok(all_well)
    }
}

fn of(error: &sfapi::Error) -> Failure {
    Failure::service(STEP, SERVICE, error)
}

fn tell(step: &str, outcome: &Result<String, Failure>) {
    let (word, text) = match outcome {
        Ok(text) => ("ok", text.clone()),
        Err(failure) => ("FAIL", failure.to_string()),
    };
    if writeln!(std::io::stdout().lock(), "{word:<4}  {step:<8}  {text}").is_err() {
        say(&text);
    }
}

fn credentials(facility: &Facility) -> Result<Credentials, Failure> {
    let lookup = facility.environment().lookup();
    let found = Credentials::from_vars(Vars::new(&lookup));
    found.map_err(|error| of(&error).remedy(format!("name a key, or {IRIS}")))
}

async fn token(superfacility: &Superfacility) -> Result<String, Failure> {
    let taken = superfacility.client().rest().authenticate().await;
    taken.map(|()| "the service takes the key".to_owned()).map_err(|error| {
        let failure = of(&error);
        if error.is_transient() || error.is_exhausted() {
            failure.remedy("see that this machine reaches NERSC, and https://www.nersc.gov/live-status; then try again")
        } else {
            failure.remedy(IRIS)
        }
    })
}

async fn user(superfacility: &Superfacility) -> Result<String, Failure> {
    let asked = superfacility.client().account().user().send().await;
    let user: User = asked.map_err(|error| of(&error).remedy(IRIS))?;
    let person = [user.firstname, user.lastname]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>();
    Ok(format!("{} ({}), uid {}", user.name, person.join(" "), user.uid))
}

/// Until when the client lives, as far as the service tells.
async fn expiry(
    superfacility: &Superfacility,
    id: Option<&str>,
    now: DateTime<Utc>,
) -> Result<String, Failure> {
    let asked = superfacility.client().account().clients().send().await;
    let clients = asked.map_err(|error| of(&error))?;
    let Some(own) = clients
        .into_iter()
        .find(|client| Some(client.client_id.as_str()) == id)
    else {
        return Ok("the service does not list it: look in Iris when it ends".to_owned());
    };
    let Some(end) = end(&own.expires_at) else {
        return Ok(format!("{}, ends {:?}", own.name, own.expires_at));
    };
    let days = (end - now).num_days();
    let text = format!("{}, ends {}", own.name, end.format("%Y-%m-%d %H:%M UTC"));
    if end <= now {
        return Err(Failure::new(STEP, "expired", format!("{text}: it has ended")).remedy(IRIS));
    }
    if days < SOON {
        return Err(Failure::new(STEP, "expires_soon", format!("{text}: in {days} days")).remedy(IRIS));
    }
    Ok(format!("{text}, in {days} days"))
}

/// A date is over at its end, a time when it comes.
fn end(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    let date = NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok()?;
    let time = text
        .get(11..19)
        .and_then(|time| time.parse().ok())
        .unwrap_or(NaiveTime::MIN);
    Some(date.and_time(time).and_utc())
}

async fn status(superfacility: &Superfacility, machine: &Machine) -> Result<String, Failure> {
    let status = superfacility.client().status();
    let stands = status
        .of(machine.as_str())
        .send()
        .await
        .map_err(|error| of(&error))?;
    let outages = status
        .planned_outages_of(machine.as_str())
        .send()
        .await
        .map_err(|error| of(&error))?;
    let mut text = format!(
        "{} is {}",
        stands.full_name.as_deref().unwrap_or(machine.as_str()),
        stands.status
    );
    let notes = stands.notes.unwrap_or_default();
    for said in stands
        .description
        .iter()
        .chain(&notes)
        .filter(|said| !said.is_empty())
    {
        text = format!("{text}; {said}");
    }
    for outage in outages {
        let (from, to) = (
            outage.start_at.unwrap_or_default(),
            outage.end_at.unwrap_or_default(),
        );
        text = format!(
            "{text}; planned outage {from} to {to}: {}",
            outage.description.unwrap_or_default()
        );
    }
    match stands.status {
        ResourceStatus::Active => Ok(text),
        ResourceStatus::Degraded => Ok(format!("{text}; jobs may wait longer")),
        _ => Err(Failure::new(STEP, "unavailable", text)
            .of(SERVICE)
            .remedy("wait until it is back (https://www.nersc.gov/live-status); runs that wait for jobs go on by themselves")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_read_in_the_forms_that_services_write() {
        for (text, read) in [
            ("2026-12-22", "2026-12-22T00:00:00Z"),
            ("2026-12-22 10:30:00", "2026-12-22T10:30:00Z"),
            ("2026-12-22T10:30:00-08:00", "2026-12-22T18:30:00Z"),
            ("2026-12-22T10:30:00.123", "2026-12-22T10:30:00Z"),
        ] {
            assert_eq!(end(text), Some(read.parse().unwrap()), "{text}");
        }
        for text in ["", "soon", "2026-13-01", "ü026-12-22x"] {
            assert_eq!(end(text), None, "{text:?}");
        }
    }
}
