//! The client and how it is set up.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use globus_auth::environment::Service;
use globus_auth::{Scope, scopes};
use rest_core::{Limiter, RequestParts, RestClient, RestClientBuilder, TokenProvider, Vars};
use serde::de::DeserializeOwned;

use crate::{Error, FlowId, Result};

/// Requests a second, and at once after a rest. The service names no limit of its own; this is that of Transfer.
const RATE: u32 = 20;
const BURST: u32 = 200;

/// Where the service is, unless said otherwise.
pub const DEFAULT_BASE_URL: &str = "https://flows.automate.globus.org/";
/// The service's name as a resource server.
const RESOURCE_SERVER: &str = "flows.globus.org";

/// Where the tokens come from with which a flow is run: each flow is a resource server of its own.
///
/// A confidential client has them from Globus Auth ([`Client::from_env`]); a person's come from a login for
/// [`flow_scope`].
pub trait FlowTokens: Send + Sync {
    /// The tokens for this flow with this scope.
    fn tokens(&self, flow: &FlowId, scope: &Scope) -> Arc<dyn TokenProvider>;
}

impl<F: Fn(&FlowId, &Scope) -> Arc<dyn TokenProvider> + Send + Sync> FlowTokens for F {
    fn tokens(&self, flow: &FlowId, scope: &Scope) -> Arc<dyn TokenProvider> {
        self(flow, scope)
    }
}

/// The scope to run a flow that transfers from or to these mapped collections; guest and high-assurance collections are
/// left out.
pub fn flow_scope<S: AsRef<str>>(flow: &FlowId, collections: impl IntoIterator<Item = S>) -> Scope {
    let collections: Vec<S> = collections.into_iter().collect();
    let scope = scopes::flow_user(flow);
    if collections.is_empty() {
        return scope;
    }
    scope.with(scopes::transfer_with_data_access(collections).optional())
}

/// A client of Globus Flows.
///
/// Cheap to clone; clones share connections and tokens. Building one needs no runtime and sends nothing.
#[derive(Clone)]
pub struct Client {
    rest: RestClient,
    runs: Arc<Runs>,
}

/// Clients that run flows, by scope.
struct Runs {
    builder: RestClientBuilder,
    tokens: Option<Arc<dyn FlowTokens>>,
    known: Mutex<HashMap<String, RestClient>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("rest", &self.rest)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client set up by the environment: `GLOBUS_CLIENT_ID` and `GLOBUS_CLIENT_SECRET` of a confidential client, and if
    /// set `GLOBUS_SDK_SERVICE_URL_FLOWS`, `GLOBUS_SDK_SERVICE_URL_AUTH`, `GLOBUS_SDK_ENVIRONMENT` and
    /// `ALLOW_HTTP_HOSTS`. An empty variable counts as unset. It fetches a token for each flow that it runs.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the variable that is missing or wrong.
    pub fn from_env() -> Result<Self> {
        Self::from_vars(|name| std::env::var(name).ok())
    }

    /// As [`from_env`](Self::from_env), with the variables looked up by a function.
    ///
    /// # Errors
    /// As for [`from_env`](Self::from_env).
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        ClientBuilder::from_vars(lookup)?.build()
    }

    /// A client of the service at `base_url` with tokens from `tokens`, also for running flows; see
    /// [`ClientBuilder::flow_tokens`].
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the URL cannot be used, or is plain http to a host that was
    /// not allowed (`ALLOW_HTTP_HOSTS`).
    pub fn new(base_url: impl AsRef<str>, tokens: Arc<dyn TokenProvider>) -> Result<Self> {
        Self::builder().base_url(base_url).tokens(tokens).build()
    }

    /// A client set up piece by piece.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Sends any request to the service and decodes its answer: for what this crate does not cover.
    ///
    /// # Errors
    /// Those of any request. Retried as the parts allow.
    pub async fn request<T: DeserializeOwned>(&self, parts: RequestParts) -> Result<T> {
        self.rest.json(parts).await
    }

    /// The plain HTTP side of the client.
    pub fn rest(&self) -> &RestClient {
        &self.rest
    }

    /// The client with the token of this flow.
    pub(crate) fn rest_of(&self, flow: &FlowId, scope: &Scope) -> Result<RestClient> {
        let Some(tokens) = &self.runs.tokens else {
            return Ok(self.rest.clone());
        };
        let mut known = self.runs.known.lock().unwrap_or_else(PoisonError::into_inner);
        let key = scope.to_string();
        if let Some(rest) = known.get(&key) {
            return Ok(rest.clone());
        }
        let rest = self
            .runs
            .builder
            .clone()
            .tokens(tokens.tokens(flow, scope))
            .build()?;
        known.insert(key, rest.clone());
        Ok(rest)
    }
}

/// Sets up a [`Client`]. What is wrong comes out at [`build`](Self::build).
#[derive(Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    rest: RestClientBuilder,
    tokens: Option<Arc<dyn TokenProvider>>,
    flow_tokens: Option<Arc<dyn FlowTokens>>,
    auth: Option<globus_auth::ClientBuilder>,
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("rest", &self.rest)
            .finish_non_exhaustive()
    }
}

impl Default for ClientBuilder {
    fn default() -> Self {
        let rest = RestClient::builder("globus_flows", DEFAULT_BASE_URL)
            .error_parser(crate::error::parse)
            .user_agent(concat!("globus-flows-rs/", env!("CARGO_PKG_VERSION")))
            .limiter(Limiter::new(RATE, BURST));
        Self {
            rest,
            tokens: None,
            flow_tokens: None,
            auth: None,
        }
    }
}

rest_core::client_setters!(ClientBuilder);

impl ClientBuilder {
    /// Begins with the variables that [`Client::from_env`] reads. What is set on the builder afterwards also holds for
    /// the client that fetches the tokens.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the variable that is missing.
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let vars = Vars::new(&lookup);
        let builder = Self {
            auth: Some(globus_auth::ClientBuilder::from_vars(&lookup)?),
            ..Self::default()
        };
        let url = Service::Flows.url_from_vars(&vars)?;
        Ok(builder.insecure_http_hosts(vars.http_hosts()).base_url(url))
    }

    /// Where the service is; default [`DEFAULT_BASE_URL`].
    pub fn base_url(mut self, url: impl AsRef<str>) -> Self {
        self.rest = self.rest.base_url(url.as_ref());
        self
    }

    /// Where tokens come from, instead of the credentials that the builder may have begun with.
    pub fn tokens(mut self, tokens: Arc<dyn TokenProvider>) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// Where the tokens come from with which flows are run. Without it, and without credentials, those of
    /// [`tokens`](Self::tokens) are used for that too.
    pub fn flow_tokens(mut self, tokens: impl FlowTokens + 'static) -> Self {
        self.flow_tokens = Some(Arc::new(tokens));
        self
    }

    /// The client. Sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming what is missing or wrong.
    pub fn build(self) -> Result<Client> {
        let auth = self
            .auth
            .map(|auth| auth.settings_of(&self.rest).build())
            .transpose()?;
        let own = auth.clone().map(|auth| -> Arc<dyn FlowTokens> {
            Arc::new(move |flow: &FlowId, scope: &Scope| {
                globus_auth::cached_tokens(auth.clone(), scope.to_string(), flow.as_str())
            })
        });
        let tokens = match (self.tokens, auth) {
            (Some(tokens), _) => tokens,
            (None, Some(auth)) => globus_auth::cached_tokens(auth, scopes::FLOWS_ALL, RESOURCE_SERVER),
            (None, None) => return Err(Error::config("a Globus Flows client needs a source of tokens")),
        };
        let runs = Runs {
            builder: self.rest.clone(),
            tokens: self.flow_tokens.or(own),
            known: Mutex::default(),
        };
        Ok(Client {
            rest: self.rest.tokens(tokens).build()?,
            runs: Arc::new(runs),
        })
    }
}
