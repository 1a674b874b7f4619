//! The token endpoint, as one client sees it.

use rest_core::Method;
use rest_core::{RequestParts, RestClient, SecretString};

use crate::api::{ExchangeCode, Refresh, Revoke, TokenForm};

/// The token endpoint as one client sees it: a confidential one proves itself with its secret, a native one only
/// names itself. Made from a [`Client`](crate::Client) or [`NativeClient`](crate::NativeClient).
#[derive(Clone, Debug)]
pub struct TokenEndpoint {
    rest: RestClient,
    client_id: String,
    native: bool,
}

impl TokenEndpoint {
    pub(crate) fn new(rest: RestClient, client_id: String, native: bool) -> Self {
        Self {
            rest,
            client_id,
            native,
        }
    }

    pub(crate) fn rest(&self) -> &RestClient {
        &self.rest
    }

    pub(crate) fn client_id(&self) -> &str {
        &self.client_id
    }

    pub(crate) fn is_native(&self) -> bool {
        self.native
    }

    /// A form to the endpoint or one beside it. A native client's id goes into the form.
    pub(crate) fn form(
        &self,
        operation: &'static str,
        path: &'static str,
        fields: &[(&str, &str)],
    ) -> RequestParts {
        let mut form: Vec<(String, String)> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        if self.native {
            form.push(("client_id".to_owned(), self.client_id.clone()));
        }
        RequestParts::new(operation, Method::POST, path)
            .form(form)
            .sensitive()
    }

    /// Asks for another access token. See [`Client::refresh`](crate::Client::refresh).
    pub fn refresh(&self, refresh_token: impl Into<SecretString>) -> Refresh {
        Refresh::new(self.clone(), refresh_token.into())
    }

    /// Makes a token worthless. See [`Client::revoke`](crate::Client::revoke).
    pub fn revoke(&self, token: impl Into<SecretString>) -> Revoke {
        Revoke::new(self.clone(), token.into())
    }

    /// Turns a login's code into tokens. See [`Client::exchange_code`](crate::Client::exchange_code).
    pub fn exchange_code(
        &self,
        code: impl Into<SecretString>,
        redirect_uri: impl Into<String>,
    ) -> ExchangeCode {
        ExchangeCode::new(self.clone(), code.into(), redirect_uri.into())
    }

    /// Sends any form to the endpoint. See [`Client::token`](crate::Client::token).
    pub fn token(&self, fields: impl IntoIterator<Item = (String, String)>) -> TokenForm {
        TokenForm::new(self.clone(), fields.into_iter().collect())
    }
}
