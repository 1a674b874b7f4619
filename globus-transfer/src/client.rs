//! The client and how it is set up.

use std::sync::Arc;

use globus_auth::environment::Service;
use globus_auth::{TRANSFER_RESOURCE_SERVER, cached_tokens, scopes};
use rest_core::{Limiter, RequestParts, RestClient, RestClientBuilder, TokenProvider, Vars};
use serde::de::DeserializeOwned;

use crate::api::{
    EndpointHandle, GetSubmissionId, ListTasks, SubmissionDocument, Submit, SubmitDelete, SubmitTransfer,
    TaskHandle,
};
use crate::{EndpointId, Error, Result, TaskId};

/// Requests a second that the service allows a user.
const RATE: u32 = 20;
/// Seconds over which it counts them: so many seconds' worth may go at once after a rest.
const WINDOW: u32 = 10;

/// Where the service is, unless said otherwise.
pub const DEFAULT_BASE_URL: &str = "https://transfer.api.globus.org/";

/// A client of the Globus Transfer API (v0.10).
///
/// Cheap to clone; clones share connections and token. Building one needs no runtime and sends nothing.
#[derive(Clone, Debug)]
pub struct Client {
    rest: RestClient,
}

impl Client {
    /// A client set up by the environment: `GLOBUS_CLIENT_ID` and `GLOBUS_CLIENT_SECRET` of a confidential
    /// client, and if set `GLOBUS_SDK_SERVICE_URL_TRANSFER`, `GLOBUS_SDK_SERVICE_URL_AUTH`,
    /// `GLOBUS_SDK_ENVIRONMENT` and `ALLOW_HTTP_HOSTS`. An empty variable counts as unset.
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

    /// A client of the service at `base_url` with tokens from `tokens`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the URL cannot be used, or is plain http to a host
    /// that was not allowed (`ALLOW_HTTP_HOSTS`).
    pub fn new(base_url: impl AsRef<str>, tokens: Arc<dyn TokenProvider>) -> Result<Self> {
        Self::builder().base_url(base_url).tokens(tokens).build()
    }

    /// A client set up piece by piece.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Asks for a submission id.
    pub fn submission_id(&self) -> GetSubmissionId {
        GetSubmissionId::new(self.clone())
    }

    /// Submits a transfer from one collection to another.
    pub fn submit_transfer(&self, source: EndpointId, destination: EndpointId) -> SubmitTransfer {
        SubmitTransfer::new(self.clone(), source, destination)
    }

    /// Submits a deletion on one collection.
    pub fn submit_delete(&self, endpoint: EndpointId) -> SubmitDelete {
        SubmitDelete::new(self.clone(), endpoint)
    }

    /// Sends a document as it is: one that [`SubmitTransfer::document`] or [`SubmitDelete::document`] made,
    /// or one that was recorded. Sending it twice makes one task.
    pub fn submit(&self, document: &SubmissionDocument) -> Submit {
        Submit::new(self.clone(), document.clone())
    }

    /// One task.
    pub fn task(&self, id: TaskId) -> TaskHandle {
        TaskHandle::new(self.clone(), id)
    }

    /// The caller's tasks.
    pub fn tasks(&self) -> ListTasks {
        ListTasks::new(self.clone())
    }

    /// The files of one collection.
    pub fn endpoint(&self, id: EndpointId) -> EndpointHandle {
        EndpointHandle::new(self.clone(), id)
    }

    /// Sends any request to the service and decodes its answer: for what this crate does not cover.
    ///
    /// # Errors
    /// Those of any request. Retried as the parts allow.
    pub async fn request<T: DeserializeOwned>(&self, parts: RequestParts) -> Result<T> {
        self.rest.json(parts).await
    }

    /// As [`request`](Self::request), with 404 as `None`.
    ///
    /// # Errors
    /// Those of any request but 404. Retried as the parts allow.
    pub async fn request_opt<T: DeserializeOwned>(&self, parts: RequestParts) -> Result<Option<T>> {
        self.rest.json_opt(parts).await
    }

    /// The plain HTTP side of the client.
    pub fn rest(&self) -> &RestClient {
        &self.rest
    }
}

/// Sets up a [`Client`]. What is wrong comes out at [`build`](Self::build).
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    rest: RestClientBuilder,
    tokens: Option<Arc<dyn TokenProvider>>,
    auth: Option<globus_auth::ClientBuilder>,
    data_access: Vec<EndpointId>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        let rest = RestClient::builder("globus_transfer", DEFAULT_BASE_URL)
            .error_parser(crate::error::parse)
            .user_agent(concat!("globus-transfer-rs/", env!("CARGO_PKG_VERSION")))
            .limiter(Limiter::new(RATE, WINDOW * RATE));
        Self {
            rest,
            tokens: None,
            auth: None,
            data_access: Vec::new(),
        }
    }
}

rest_core::client_setters!(ClientBuilder);

impl ClientBuilder {
    /// Begins with the variables that [`Client::from_env`] reads. What is set on the builder afterwards also
    /// holds for the client that fetches the tokens.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the variable that is missing.
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let builder = Self {
            auth: Some(globus_auth::ClientBuilder::from_vars(&lookup)?),
            ..Self::default()
        };
        builder.vars(lookup)
    }

    /// Where the service is by `GLOBUS_SDK_SERVICE_URL_TRANSFER` and `GLOBUS_SDK_ENVIRONMENT`, and the hosts of
    /// `ALLOW_HTTP_HOSTS`. For a client with [`tokens`](Self::tokens) of its own.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for an unknown environment.
    pub fn vars(self, lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let vars = Vars::new(&lookup);
        let url = Service::Transfer.url_from_vars(&vars)?;
        Ok(self.base_url(url).insecure_http_hosts(vars.http_hosts()))
    }

    /// Asks for tokens that also open the data of these mapped collections
    /// ([`needs_data_access`](crate::model::Endpoint::needs_data_access) tells which want it). Without it the service
    /// answers `ConsentRequired` for them, with the scopes in
    /// [`required_scopes`](crate::Error::required_scopes). Only for the credentials that the builder began with:
    /// tokens from elsewhere have their scopes already.
    pub fn data_access(mut self, collections: impl IntoIterator<Item = EndpointId>) -> Self {
        self.data_access.extend(collections);
        self
    }

    /// Where the service is; default [`DEFAULT_BASE_URL`]. Paths below it carry the API's version.
    pub fn base_url(mut self, url: impl AsRef<str>) -> Self {
        self.rest = self.rest.base_url(url.as_ref());
        self
    }

    /// How many requests may go to the service, instead of the 20 a second that it allows a user: a part of them where
    /// several processes share a user.
    pub fn limiter(mut self, limiter: Limiter) -> Self {
        self.rest = self.rest.limiter(limiter);
        self
    }

    /// Where tokens come from, instead of the credentials that the builder may have begun with.
    pub fn tokens(mut self, tokens: Arc<dyn TokenProvider>) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// This process is one of so many that share the user: it keeps to its part of the rate that the service allows.
    pub fn one_of(mut self, processes: u32) -> Self {
        self.rest = self
            .rest
            .limiter(Limiter::new(RATE, WINDOW * RATE).shared_by(processes));
        self
    }

    /// The client. Sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming what is missing or wrong.
    pub fn build(self) -> Result<Client> {
        let tokens = match (self.tokens, self.auth) {
            (Some(tokens), _) => tokens,
            (None, Some(auth)) => {
                let collections = self.data_access.iter().map(EndpointId::as_str);
                let scope = scopes::transfer_with_data_access(collections).to_string();
                let auth = auth.settings_of(&self.rest).build()?;
                cached_tokens(auth, scope, TRANSFER_RESOURCE_SERVER)
            }
            (None, None) => return Err(Error::config("a Globus Transfer client needs a source of tokens")),
        };
        Ok(Client {
            rest: self.rest.tokens(tokens).build()?,
        })
    }
}
