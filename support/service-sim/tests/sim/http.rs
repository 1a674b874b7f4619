//! A plain JSON client.

use serde_json::Value;

/// One service, and the token for it.
pub(crate) struct Caller {
    client: reqwest::Client,
    base: String,
    pub(crate) token: Option<String>,
}

impl Caller {
    /// `base` as it stands in the simulator's environment.
    pub(crate) fn new(base: &str) -> Self {
        Self {
            client: reqwest::Client::new(),
            base: base.to_owned(),
            token: None,
        }
    }

    /// Where the service is.
    #[cfg(feature = "scicat")]
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Sends a request and returns the status and the JSON document, null where there is none.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> reqwest::Result<(u16, Value)> {
        let mut request = self
            .client
            .request(method.parse().unwrap(), format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let reply = request.send().await?;
        let status = reply.status().as_u16();
        let text = reply.text().await?;
        let document = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap()
        };
        Ok((status, document))
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.send("GET", path, None).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.send("POST", path, Some(body)).await.unwrap()
    }

    /// A request with further headers and a body of any kind.
    pub(crate) async fn raw(
        &self,
        method: &str,
        path: &str,
        header: (&str, &str),
        body: &str,
    ) -> (u16, Value) {
        let mut request = self
            .client
            .request(method.parse().unwrap(), format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let reply = request
            .header(header.0, header.1)
            .body(body.to_owned())
            .send()
            .await
            .unwrap();
        let status = reply.status().as_u16();
        (
            status,
            serde_json::from_str(&reply.text().await.unwrap()).unwrap_or_default(),
        )
    }
}

/// A path segment or query value, with everything encoded that could mean something.
pub(crate) fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let one = |byte: u8| {
        if plain(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(one).collect()
}
