//! A login: a link to open, and what comes back from it.

use rest_core::Method;
use rest_core::{RequestParts, SecretString, Url};

use super::token::ExchangeCode;
use crate::endpoint::TokenEndpoint;
use crate::requirements::AuthorizationRequirements;
use crate::{Error, Result, pkce};

/// Where a native client's codes are shown, to be copied by the person, below the service's base URL.
const CODE_PAGE: &str = "v2/web/auth-code";

/// What to ask a person for. Made by [`Client::login`](crate::Client::login) and
/// [`NativeClient::login`](crate::NativeClient::login).
#[derive(Clone, Debug)]
#[must_use = "a login does nothing until it is begun"]
pub struct LoginRequest {
    endpoint: TokenEndpoint,
    scopes: Vec<String>,
    redirect_uri: Option<String>,
    state: Option<String>,
    verifier: Option<SecretString>,
    refresh_tokens: bool,
    named_grant: Option<String>,
    session: AuthorizationRequirements,
}

impl LoginRequest {
    pub(crate) fn new(endpoint: TokenEndpoint, scopes: Vec<String>, redirect_uri: Option<String>) -> Self {
        Self {
            endpoint,
            scopes,
            redirect_uri,
            state: None,
            verifier: None,
            refresh_tokens: false,
            named_grant: None,
            session: AuthorizationRequirements::default(),
        }
    }

    /// Where the browser goes afterwards, with the code. For a native client the default is a page of the service
    /// that shows the code to the person.
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uri = Some(uri.into());
        self
    }

    /// What comes back with the code, by which the answer is known; default 128 bits by chance.
    pub fn state(mut self, state: impl Into<String>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// The PKCE verifier, 43 to 128 characters; default 256 bits by chance for a native client, none for a
    /// confidential one.
    pub fn verifier(mut self, verifier: impl Into<SecretString>) -> Self {
        self.verifier = Some(verifier.into());
        self
    }

    /// Whether to ask for refresh tokens too; default no.
    pub fn refresh_tokens(mut self, wanted: bool) -> Self {
        self.refresh_tokens = wanted;
        self
    }

    /// What the page of consents calls this login at first, the machine's name for instance.
    pub fn prefill_named_grant(mut self, name: impl Into<String>) -> Self {
        self.named_grant = Some(name.into());
        self
    }

    /// Meets what a service wanted: asks for its scopes besides, and for a session of the kind it named.
    pub fn requirements(mut self, wanted: &AuthorizationRequirements) -> Self {
        self.scopes.extend(wanted.required_scopes.iter().cloned());
        self.session = wanted.clone();
        self
    }

    /// What the login page tells the person.
    pub fn session_message(mut self, message: impl Into<String>) -> Self {
        self.session.session_message = Some(message.into());
        self
    }

    /// The person must log in with these identities (ids or user names).
    pub fn session_required_identities<S: Into<String>>(mut self, ids: impl IntoIterator<Item = S>) -> Self {
        self.session.session_required_identities = ids.into_iter().map(Into::into).collect();
        self
    }

    /// The person must log in with an identity of one of these domains.
    pub fn session_required_single_domain<S: Into<String>>(
        mut self,
        domains: impl IntoIterator<Item = S>,
    ) -> Self {
        self.session.session_required_single_domain = domains.into_iter().map(Into::into).collect();
        self
    }

    /// The session must satisfy these policies (ids).
    pub fn session_required_policies<S: Into<String>>(mut self, ids: impl IntoIterator<Item = S>) -> Self {
        self.session.session_required_policies = ids.into_iter().map(Into::into).collect();
        self
    }

    /// Whether the person must log in with a second factor.
    pub fn session_required_mfa(mut self, required: bool) -> Self {
        self.session.session_required_mfa = Some(required);
        self
    }

    /// Lets the person log in again (`login`), even with a session that is still good.
    pub fn prompt(mut self, prompt: impl Into<String>) -> Self {
        self.session.prompt = Some(prompt.into());
        self
    }

    /// Begins the login: what is by chance is chosen, and there is a link to open. Sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) without a scope, without a URI to come back to, or with a
    /// verifier that PKCE does not allow.
    pub fn begin(&self) -> Result<PendingLogin> {
        if self.scopes.is_empty() {
            return Err(Error::config("a login was asked for without a scope"));
        }
        let redirect_uri = self.come_back_to()?;
        let state = self.state.clone().unwrap_or_else(pkce::new_state);
        let by_chance = || self.endpoint.is_native().then(pkce::new_verifier);
        let verifier = self.verifier.clone().or_else(by_chance);
        let mut parts = self.parts(&redirect_uri, &state);
        if let Some(verifier) = &verifier {
            parts = parts
                .query("code_challenge", pkce::challenge(verifier)?)
                .query("code_challenge_method", "S256");
        }
        let parts = self.session_parts(parts);
        Ok(PendingLogin {
            url: parts.url(self.endpoint.rest().base_url())?,
            parts,
            endpoint: self.endpoint.clone(),
            redirect_uri,
            state,
            verifier,
        })
    }

    fn come_back_to(&self) -> Result<String> {
        if let Some(uri) = &self.redirect_uri {
            return Ok(uri.clone());
        }
        if !self.endpoint.is_native() {
            return Err(Error::config(
                "a confidential client's login needs a redirect URI",
            ));
        }
        let base = self.endpoint.rest().base_url().as_str();
        Ok(format!("{}/{CODE_PAGE}", base.trim_end_matches('/')))
    }

    fn parts(&self, redirect_uri: &str, state: &str) -> RequestParts {
        let access_type = if self.refresh_tokens { "offline" } else { "online" };
        RequestParts::new("globus_auth.authorize", Method::GET, "/v2/oauth2/authorize")
            .query("client_id", self.endpoint.client_id())
            .query("redirect_uri", redirect_uri)
            .query("scope", self.scopes.join(" "))
            .query("state", state)
            .query("response_type", "code")
            .query("access_type", access_type)
            .query_opt("prefill_named_grant", self.named_grant.as_deref())
            .anonymous()
    }

    fn session_parts(&self, parts: RequestParts) -> RequestParts {
        let session = &self.session;
        let joined = |list: &[String]| (!list.is_empty()).then(|| list.join(","));
        // The service's own SDK writes it so.
        let mfa = session
            .session_required_mfa
            .map(|mfa| if mfa { "True" } else { "False" });
        parts
            .query_opt("session_message", session.session_message.as_deref())
            .query_opt(
                "session_required_identities",
                joined(&session.session_required_identities),
            )
            .query_opt(
                "session_required_single_domain",
                joined(&session.session_required_single_domain),
            )
            .query_opt(
                "session_required_policies",
                joined(&session.session_required_policies),
            )
            .query_opt("session_required_mfa", mfa)
            .query_opt("prompt", session.prompt.as_deref())
    }
}

/// A login that a person is to go through. Made by [`LoginRequest::begin`].
///
/// It holds the secret that belongs to the link, so the code is exchanged by the same value that gave the link.
#[derive(Clone, Debug)]
pub struct PendingLogin {
    endpoint: TokenEndpoint,
    parts: RequestParts,
    url: Url,
    redirect_uri: String,
    state: String,
    verifier: Option<SecretString>,
}

impl PendingLogin {
    /// The link to open: `GET /v2/oauth2/authorize`.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The link as a request, which the person's browser sends.
    pub fn parts(&self) -> &RequestParts {
        &self.parts
    }

    /// Where the browser goes afterwards.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// What comes back with the code.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// Turns a code that the person copied into tokens. Blanks around it do not matter.
    pub fn exchange(&self, code: impl Into<SecretString>) -> ExchangeCode {
        let exchange = ExchangeCode::new(self.endpoint.clone(), code.into(), self.redirect_uri.clone());
        match &self.verifier {
            Some(verifier) => exchange.verifier(verifier.clone()),
            None => exchange,
        }
    }

    /// Turns what the browser came back with into tokens: the whole URL, or its query.
    ///
    /// # Errors
    /// [`ErrorKind::Auth`](crate::ErrorKind::Auth) if the answer does not carry this login's `state` (it is another's,
    /// or forged), if the person or the service refused, or if there is no code in it.
    pub fn exchange_redirect(&self, answer: &str) -> Result<ExchangeCode> {
        let query = answer.split_once('?').map_or(answer, |(_, query)| query);
        let query = query.split_once('#').map_or(query, |(query, _)| query);
        let url = Url::parse(&format!("http://localhost/?{query}"))
            .map_err(|_| Error::auth("the answer to the login cannot be read"))?;
        let field = |name: &str| {
            let mut pairs = url.query_pairs();
            pairs
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        if field("state").as_deref() != Some(self.state.as_str()) {
            return Err(Error::auth(
                "the answer belongs to another login: its state is not ours",
            ));
        }
        if let Some(error) = field("error") {
            let told: String = field("error_description")
                .unwrap_or_default()
                .chars()
                .take(200)
                .collect();
            let (error, told) = (error.escape_debug(), told.escape_debug());
            return Err(Error::auth(
                format!("the login was refused: {error} {told}").trim_end(),
            ));
        }
        match field("code").filter(|code| !code.trim().is_empty()) {
            Some(code) => Ok(self.exchange(code)),
            None => Err(Error::auth("the answer to the login has no code")),
        }
    }
}
