//! Credentials that are missing.

use splash_flows::config::Config;
use splash_flows::dotenv::Environment;

use super::Finding;
use super::config_file::ConfigFile;

/// Values of .env.example, which nobody has.
const PLACEHOLDERS: [&str; 2] = ["replace-me", "00000000-0000-0000-0000-000000000000"];

const APP: &str = "globus.globus_apps.als_transfer";

/// Checks the credentials of Globus, SciCat and Prefect, and what follows from a service that is not named.
pub(super) fn check(env: &Environment, config: Option<&ConfigFile>, findings: &mut Vec<Finding>) {
    globus(env, config, findings);
    for names in [
        &["SCICAT_INGEST_USERNAME", "SCICAT_INGEST_USER"][..],
        &["SCICAT_INGEST_PASSWORD"],
    ] {
        required(env, names, "SciCat's account that creates datasets", findings);
    }
    if !is_set(env, "SCICAT_INGEST_URL") && !is_set(env, "SCICAT_API_URL") {
        let message = format!("is not set: {} is used", scicat::DEFAULT_BASE_URL);
        findings.push(Finding::note(None, "SCICAT_INGEST_URL", message));
    }
    if !is_set(env, "PREFECT_API_URL") {
        let message = "is not set: prunes go into the local schedule, which `splash-flows prune --due` runs";
        findings.push(Finding::note(None, "PREFECT_API_URL", message));
    }
    if is_set(env, "PREFECT_API_KEY") {
        required(
            env,
            &["PREFECT_API_KEY"],
            "the key of the Prefect server",
            findings,
        );
    }
}

/// The application that transfers run as: of config.yml, else of the variables.
fn globus(env: &Environment, config: Option<&ConfigFile>, findings: &mut Vec<Finding>) {
    if is_set(env, "GLOBUS_NATIVE_CLIENT_ID") {
        let message = "is set: flows run in the name of the person of `splash-flows login --native`";
        let place = env.place("GLOBUS_NATIVE_CLIENT_ID");
        findings.push(Finding::note(place, "GLOBUS_NATIVE_CLIENT_ID", message));
        return;
    }
    let app = config.map(|file| file.config.globus_app());
    match (app, config) {
        (Some(Ok(Some(_))), Some(file)) => configured(file, env, findings),
        (Some(Err(unset)), _) => {
            // The file names the variables; each that is not set is told with its place.
            findings.push(Finding::error(Some(&unset.place), &unset.key, unset.problem()));
            let secret = "GLOBUS_CLIENT_SECRET";
            if unset.variable != secret && !is_set(env, secret) {
                required(env, &[secret], "the secret of the Globus application", findings);
            }
        }
        _ => {
            required(
                env,
                &["GLOBUS_CLIENT_ID"],
                "the id of the Globus application",
                findings,
            );
            required(
                env,
                &["GLOBUS_CLIENT_SECRET"],
                "the secret of the Globus application",
                findings,
            );
        }
    }
}

/// What config.yml holds must not be empty, nor an example.
fn configured(file: &ConfigFile, env: &Environment, findings: &mut Vec<Finding>) {
    for (field, variable) in [
        ("client_id", "GLOBUS_CLIENT_ID"),
        ("client_secret", "GLOBUS_CLIENT_SECRET"),
    ] {
        let key = format!("{APP}.{field}");
        let Some(problem) = empty_or_example(&value(&file.config, field)) else {
            continue;
        };
        // The value most likely comes from the variable: its place is the one to change.
        let place = env.place(variable).or_else(|| file.place(&key));
        findings.push(Finding::error(
            place,
            &key,
            format!("{problem}: set it in config.yml, or {variable} in .env"),
        ));
    }
}

fn value(config: &Config, field: &str) -> String {
    use rest_core::ExposeSecret;
    match (config.globus_app(), field) {
        (Ok(Some(app)), "client_id") => app.client_id,
        (Ok(Some(app)), _) => app.client_secret.expose_secret().to_owned(),
        _ => String::new(),
    }
}

/// One of `names` must be set.
fn required(env: &Environment, names: &[&str], what: &str, findings: &mut Vec<Finding>) {
    let name = names.iter().find(|name| is_set(env, name));
    let Some(name) = name else {
        let message = format!("is not set: put {what} into .env or the environment");
        findings.push(Finding::error(None, &names.join(" or "), message));
        return;
    };
    if let Some(problem) = env.get(name).and_then(empty_or_example) {
        findings.push(Finding::error(
            env.place(name),
            name,
            format!("{problem}: put {what} there"),
        ));
    }
}

fn empty_or_example(value: &str) -> Option<&'static str> {
    match value.trim() {
        "" => Some("is empty"),
        value if PLACEHOLDERS.contains(&value) => Some("still has the value of .env.example"),
        _ => None,
    }
}

fn is_set(env: &Environment, name: &str) -> bool {
    env.get(name).is_some_and(|value| !value.trim().is_empty())
}
