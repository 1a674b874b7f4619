//! `splash-flows login`

use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use clap::Args;
use globus_auth::environment::Service;
use globus_auth::rest_core::{SecretString, StaticToken, Vars};
use globus_auth::{
    ApiClient, IssuedToken, NativeClient, PendingLogin, TRANSFER_RESOURCE_SERVER, TokenStore, scopes,
    stored_tokens,
};
use splash_flows::config::Config;
use splash_flows::copy::collection;
use splash_flows::dotenv::Environment;
use splash_flows::facility::{globus_variables, person_tokens, state_dir};
use splash_flows::failure::Failure;

use super::run::until_interrupted;
use super::{configuration, say};
use crate::Settings;

const STEP: &str = "login";
const AUTH: &str = "auth.globus.org";

/// Show who the Globus credentials log in as, what they allow and until when: one line each, no secret.
///
/// They are GLOBUS_CLIENT_ID and GLOBUS_CLIENT_SECRET; where GLOBUS_NATIVE_CLIENT_ID is set, the tokens of a person's
/// login instead, as in every flow. Exit status: 0 Globus takes them, 1 it does not, 130 interrupted.
#[derive(Debug, Args)]
pub(crate) struct Login {
    /// Log in as a person, with the native app that GLOBUS_NATIVE_CLIENT_ID names: open a link, paste the code. The
    /// tokens are kept in the state folder, readable for its owner only, and renew themselves.
    #[arg(long)]
    native: bool,
}

impl Login {
    /// Logs in and prints what came of it.
    pub(crate) fn execute(&self, settings: &Settings) -> ExitCode {
        let ran = self.begin(settings).and_then(|work| {
            until_interrupted(work.finish()).map_err(|error| failed("runtime", &error.to_string()))
        });
        match ran {
            Ok(Some(Ok(lines))) if writeln!(std::io::stdout().lock(), "{}", lines.join("\n")).is_ok() => {
                ExitCode::SUCCESS
            }
            Ok(Some(Ok(_))) => ExitCode::FAILURE,
            Ok(Some(Err(failure))) | Err(failure) => {
                say(&failure.to_string());
                ExitCode::FAILURE
            }
            Ok(None) => ExitCode::from(130),
        }
    }

    /// Everything up to the first request; asks for the code of a person's login.
    fn begin(&self, settings: &Settings) -> Result<Work, Failure> {
        let (config, environment) = configuration(settings)?;
        let scopes = wanted(&config)?;
        let refused = |error: globus_auth::Error| Failure::service(STEP, "globus_auth", &error);
        let native = NativeClient::from_vars(environment.lookup()).map_err(refused)?;
        let credentials = match native {
            None if self.native => {
                let text = "a person logs in with a native app, and GLOBUS_NATIVE_CLIENT_ID names none";
                return Err(failed("no_native_client", text).remedy(
                    "register one at https://app.globus.org/settings/developers and put its id into .env",
                ));
            }
            None => Credentials::Client(scopes),
            Some(client) => {
                let store = person_tokens(&state_dir(settings.state_dir.as_deref(), &environment)?);
                let code = if self.native {
                    let login = client
                        .login(scopes)
                        .refresh_tokens(true)
                        .begin()
                        .map_err(refused)?;
                    let code = ask(&login)?;
                    Some(Box::new((login, code)))
                } else {
                    None
                };
                Credentials::Person(client, Arc::new(store), code)
            }
        };
        Ok(Work {
            config,
            environment,
            credentials,
        })
    }
}

/// Everything that the flows need, and who it is.
fn wanted(config: &Config) -> Result<Vec<String>, Failure> {
    let opened = config.data_access().map(|endpoint| collection(endpoint, STEP));
    let opened: Vec<_> = opened.collect::<Result<_, _>>()?;
    let transfer = scopes::transfer_with_data_access(opened.iter().map(globus_transfer::EndpointId::as_str));
    let person = [scopes::OPENID, scopes::PROFILE, scopes::EMAIL].map(str::to_owned);
    Ok([vec![transfer.to_string()], person.to_vec()].concat())
}

/// Shows the link, and waits for the code.
fn ask(login: &PendingLogin) -> Result<SecretString, Failure> {
    say(&format!(
        "Open this link, log in, and paste the code here:\n\n{}\n",
        login.url()
    ));
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    match read {
        Ok(_) if !line.trim().is_empty() => Ok(SecretString::from(line)),
        _ => Err(failed("no_code", "no code was given: nothing is changed")),
    }
}

fn failed(code: &str, text: &str) -> Failure {
    Failure::new(STEP, code, text)
}

/// What is left to do.
struct Work {
    config: Config,
    environment: Environment,
    credentials: Credentials,
}

enum Credentials {
    /// A confidential client, and the scopes to ask for.
    Client(Vec<String>),
    /// A native client, the tokens on disk, and the login that is to replace them.
    Person(
        NativeClient,
        Arc<globus_auth::FileStore>,
        Option<Box<(PendingLogin, SecretString)>>,
    ),
}

/// What Globus gave.
struct Given {
    /// The credentials, as far as they are no secret.
    credentials: String,
    transfer: IssuedToken,
    /// Tells who it is; not every login may ask.
    identity: Option<IssuedToken>,
    /// Whether the access token renews itself.
    renewed: &'static str,
}

impl Work {
    async fn finish(self) -> Result<Vec<String>, Failure> {
        let given = match self.credentials {
            Credentials::Client(ref scopes) => self.of_client(scopes.clone()).await?,
            Credentials::Person(ref client, ref store, ref code) => {
                of_person(client, store, code.as_deref()).await?
            }
        };
        let vars = self.environment.lookup();
        let vars = Vars::new(&vars);
        let address = |service: Service| {
            let url = service.url_from_vars(&vars);
            url.map_err(|error| Failure::service(STEP, "globus_auth", &error))
        };
        let (auth, transfer) = (address(Service::Auth)?, address(Service::Transfer)?);
        let taken = self.taken(&given.transfer).await?;
        let mut lines = vec![
            format!("service    Globus Auth at {auth}, Transfer at {transfer}"),
            format!("identity   {}", self.identity(&given).await),
            format!("scopes     {}", given.transfer.scopes.join(" ")),
        ];
        let opened: Vec<&str> = self.config.data_access().map(|one| one.key().as_str()).collect();
        if !opened.is_empty() {
            lines.push(format!("data       access asked for: {}", opened.join(", ")));
        }
        lines.push(format!(
            "expires    {}; {}",
            when(given.transfer.expires_at),
            given.renewed
        ));
        lines.push(format!("transfer   {taken}"));
        Ok(lines)
    }

    async fn of_client(&self, scopes: Vec<String>) -> Result<Given, Failure> {
        let refused = |error: globus_auth::Error| {
            Failure::service(STEP, "globus_auth", &error)
                .remedy("check GLOBUS_CLIENT_ID and GLOBUS_CLIENT_SECRET in .env (globus_apps in config.yml)")
        };
        let lookup = globus_variables(&self.config, &self.environment)?;
        let client = globus_auth::Client::from_vars(lookup).map_err(refused)?;
        let tokens = client.client_credentials(scopes).send().await.map_err(refused)?;
        Ok(Given {
            credentials: format!("client {}", client.client_id()),
            transfer: for_transfer(tokens.by_resource_server(TRANSFER_RESOURCE_SERVER).cloned())?,
            identity: tokens.by_resource_server(AUTH).cloned(),
            renewed: "each process asks for its own",
        })
    }

    /// Whether Transfer answers to the token.
    async fn taken(&self, token: &IssuedToken) -> Result<&'static str, Failure> {
        let client = globus_transfer::ClientBuilder::default()
            .vars(self.environment.lookup())
            .and_then(|builder| builder.tokens(Arc::new(StaticToken(token.to_token()))).build());
        let asked = async { client?.tasks().limit(1).send().await };
        match asked.await {
            Ok(_) => Ok("takes the token"),
            Err(error) => Err(Failure::service(STEP, "globus_transfer", &error)
                .remedy("the token is good but Transfer does not take it: wait a minute, then see https://status.globus.org")),
        }
    }

    /// Who it is; where Globus does not tell, what was logged in with.
    async fn identity(&self, given: &Given) -> String {
        let Some(token) = &given.identity else {
            return given.credentials.clone();
        };
        let api = ApiClient::builder()
            .tokens(Arc::new(StaticToken(token.to_token())))
            .vars(self.environment.lookup())
            .and_then(globus_auth::ApiClientBuilder::build);
        let asked = async { api?.userinfo().send().await };
        match asked.await {
            Ok(person) => {
                let names = [person.name, person.preferred_username].into_iter().flatten();
                let names: Vec<String> = names.collect();
                format!("{} ({}, {})", names.join(", "), person.sub, given.credentials)
            }
            Err(error) => format!("{} (Globus does not tell more: {error})", given.credentials),
        }
    }
}

/// The new login's tokens, or those on disk, renewed if need be.
async fn of_person(
    client: &NativeClient,
    store: &Arc<globus_auth::FileStore>,
    code: Option<&(PendingLogin, SecretString)>,
) -> Result<Given, Failure> {
    let refused = |error: globus_auth::Error| {
        Failure::service(STEP, "globus_auth", &error).remedy("log in again: splash-flows login --native")
    };
    if let Some((login, code)) = code {
        let tokens = login.exchange(code.clone()).send().await.map_err(refused)?;
        tokens.save_to(store.as_ref()).await.map_err(refused)?;
        say(&format!("the tokens are kept in {}", store.path().display()));
    }
    let mut kept = Vec::new();
    for server in [TRANSFER_RESOURCE_SERVER, AUTH] {
        let renewing: Arc<dyn TokenStore> = store.clone();
        let fetched = stored_tokens(client.clone(), renewing, server).token().await;
        if server == TRANSFER_RESOURCE_SERVER {
            fetched.map_err(refused)?;
        }
        kept.push(store.load(server).await.map_err(refused)?);
    }
    let identity = kept.pop().flatten();
    Ok(Given {
        credentials: format!("native client {}", client.client_id()),
        transfer: for_transfer(kept.pop().flatten())?,
        identity,
        renewed: "renewed by itself",
    })
}

fn for_transfer(token: Option<IssuedToken>) -> Result<IssuedToken, Failure> {
    token.ok_or_else(|| failed("no_token", "Globus Auth gave no token for Globus Transfer"))
}

/// The time, and how long until then.
fn when(at: Option<DateTime<Utc>>) -> String {
    let Some(at) = at else {
        return "Globus does not say when".to_owned();
    };
    let left = at - Utc::now();
    let at = at.trunc_subsecs(0).to_rfc3339();
    match left.num_hours() {
        0 => format!("{at} (in {} min)", left.num_minutes()),
        hours => format!("{at} (in {hours} h)"),
    }
}
