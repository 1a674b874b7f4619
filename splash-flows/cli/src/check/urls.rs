//! Addresses of services that no client would take.

use splash_flows::dotenv::Environment;

use super::Finding;

/// Without these no client is made; what they are does not matter here.
const CREDENTIALS: [&str; 4] = [
    "GLOBUS_CLIENT_ID",
    "GLOBUS_CLIENT_SECRET",
    "SCICAT_INGEST_PASSWORD",
    "SCICAT_INGEST_USERNAME",
];

/// A look-up of variables.
type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Makes a client and throws it away.
type Build = fn(Lookup<'_>) -> rest_core::Result<()>;

/// Each address by its variable, and the client that must take it.
const ADDRESSES: [(&str, Build); 7] = [
    ("GLOBUS_SDK_ENVIRONMENT", transfer),
    ("GLOBUS_SDK_SERVICE_URL_AUTH", transfer),
    ("GLOBUS_SDK_SERVICE_URL_TRANSFER", transfer),
    ("PREFECT_API_URL", prefect),
    ("PUSHGATEWAY_URL", gateway),
    ("SCICAT_API_URL", catalogue),
    ("SCICAT_INGEST_URL", catalogue),
];

/// Checks each address alone, so that all that are wrong are told.
pub(super) fn check(env: &Environment, findings: &mut Vec<Finding>) {
    for (name, build) in ADDRESSES {
        if env.get(name).is_none_or(|url| url.trim().is_empty()) {
            continue;
        }
        let lookup = |asked: &str| match asked {
            _ if asked == name || asked == "ALLOW_HTTP_HOSTS" => env.get(asked).map(str::to_owned),
            // Without either, Prefect is sent no secret.
            "PREFECT_API_KEY" | "PREFECT_API_AUTH_STRING" => env.get(asked).map(|_| "x:y".to_owned()),
            _ => CREDENTIALS.contains(&asked).then(|| "x".to_owned()),
        };
        if let Err(error) = build(&lookup) {
            let text = error.to_string();
            let message = match text.strip_prefix(name) {
                Some(rest) => rest.trim_start().to_owned(),
                None => format!("is refused: {text}"),
            };
            findings.push(Finding::error(env.place(name), name, message));
        }
    }
    let login = "PREFECT_API_AUTH_STRING";
    if env
        .get(login)
        .is_some_and(|text| !text.is_empty() && !text.contains(':'))
    {
        findings.push(Finding::error(env.place(login), login, "must be user:password"));
    }
}

fn transfer(lookup: Lookup<'_>) -> rest_core::Result<()> {
    globus_transfer::Client::from_vars(lookup).map(drop)
}

fn catalogue(lookup: Lookup<'_>) -> rest_core::Result<()> {
    scicat::Client::from_vars(lookup).map(drop)
}

fn prefect(lookup: Lookup<'_>) -> rest_core::Result<()> {
    prefect_client::Client::from_vars(lookup).map(drop)
}

fn gateway(lookup: Lookup<'_>) -> rest_core::Result<()> {
    let url = lookup("PUSHGATEWAY_URL").unwrap_or_default();
    pushgateway::Gateway::new(&url, "job", "instance").map(drop)
}
