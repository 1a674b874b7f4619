//! What may stand in no log of a run.

use rest_core::{ExposeSecret, SecretString};
use splash_flows::config::Config;
use splash_flows::dotenv::Environment;

/// Variables that hold a secret, whether the process has them or the file of variables.
const VARIABLES: [&str; 7] = [
    "API_KEY",
    "GLOBUS_CLIENT_SECRET",
    "GLOBUS_CLI_CLIENT_SECRET",
    "GLOBUS_COMPUTE_CLIENT_SECRET",
    "PREFECT_API_AUTH_STRING",
    "PREFECT_API_KEY",
    "SCICAT_INGEST_PASSWORD",
];

/// A variable of the file with one of these in its name holds one too.
const WORDS: [&str; 4] = ["AUTH_STRING", "PASSWORD", "SECRET", "TOKEN"];

/// Every secret that this process was given: in variables, in the file of variables, in config.yml.
pub fn secrets(environment: &Environment, config: &Config) -> Vec<SecretString> {
    let is_secret = |name: &&str| {
        let name = name.to_ascii_uppercase();
        // Where a token is got is none.
        WORDS.iter().any(|word| name.contains(word)) && !name.ends_with("URL")
    };
    let in_file = environment.file_names().filter(is_secret);
    let mut found: Vec<String> = VARIABLES
        .into_iter()
        .chain(in_file)
        .filter_map(|name| environment.get(name))
        .map(str::to_owned)
        .collect();
    // Of `user:password` the password alone is one too.
    let login = environment
        .get("PREFECT_API_AUTH_STRING")
        .and_then(|text| text.split_once(':'));
    found.extend(login.map(|(_, password)| password.to_owned()));
    if let Ok(Some(app)) = config.globus_app() {
        found.push(app.client_secret.expose_secret().to_owned());
    }
    if let Some(notify) = config.notify()
        && let Ok(webhook) = notify.webhook()
    {
        found.push(webhook.expose_secret().to_owned());
    }
    // The longest first: one may stand in another.
    found.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    found.dedup();
    found.into_iter().map(SecretString::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_holds_a_secret_is_found() {
        let vars = [
            ("PREFECT_API_AUTH_STRING", "admin:battery staple"),
            ("SCICAT_INGEST_PASSWORD", "catalogue"),
            ("GLOBUS_CLIENT_ID", "no secret"),
        ];
        let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let environment = Environment::from_vars(vars)
            .with_dotenv("POSTGRES_PASSWORD=database\nSFAPI_TOKEN_URL=https://oidc.example.org\n")
            .unwrap();
        let text = "globus:\n  globus_apps:\n    als_transfer: {client_id: x, client_secret: in the file}\n\
                    notify: {webhook: 'https://chat.example.org/hook/0123'}\n";
        let config = Config::parse(text, "config.yml", &environment, &splash_flows::SITE_RULES).unwrap();
        let found = secrets(&environment, &config);
        let found: Vec<&str> = found.iter().map(ExposeSecret::expose_secret).collect();
        assert_eq!(
            found,
            [
                "https://chat.example.org/hook/0123",
                "admin:battery staple",
                "battery staple",
                "in the file",
                "catalogue",
                "database"
            ]
        );
    }
}
