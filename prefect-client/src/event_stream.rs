//! Events over websockets.

use std::collections::VecDeque;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use rest_core::{ExposeSecret, Token, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use uuid::Uuid;

use crate::api::{Events, time_text};
use crate::model::{Event, NewEvent};
use crate::{Client, Error, Result};

/// How long a connection, its handshake included, may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often a broken connection is made again before it is told.
const TRIES: u32 = 5;
/// How many events are remembered, so that none comes twice after a new connection.
const REMEMBERED: usize = 1000;
/// How far back a new connection looks.
const LOOK_BACK: TimeDelta = TimeDelta::seconds(60);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Which events are wanted.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    names: Vec<String>,
    prefixes: Vec<String>,
    resources: Vec<String>,
}

impl EventFilter {
    /// Events with this name. Called again, with these too.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.names.push(name.into());
        self
    }

    /// Events whose name begins so, such as `prefect.flow-run.`. Called again, with these too.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefixes.push(prefix.into());
        self
    }

    /// Events about this resource, such as `prefect.flow-run.<id>`. Called again, about these too.
    pub fn resource(mut self, id: impl Into<String>) -> Self {
        self.resources.push(id.into());
        self
    }

    /// The document, for events from this time on.
    fn document(&self, since: DateTime<Utc>) -> Value {
        let until = since + TimeDelta::days(365);
        let mut filter = json!({"occurred": {"since": time_text(since), "until": time_text(until)}});
        for (object, key, values) in [
            ("event", "name", &self.names),
            ("event", "prefix", &self.prefixes),
            ("resource", "id", &self.resources),
        ] {
            if !values.is_empty() {
                filter[object][key] = json!(values);
            }
        }
        filter
    }
}

impl Events {
    /// Follows events as they come: `/events/out`. Feature `events`.
    ///
    /// # Errors
    /// [`ErrorKind::Auth`](crate::ErrorKind::Auth) if the server does not let the client in,
    /// [`ErrorKind::Connect`](crate::ErrorKind::Connect) if there is no connection.
    pub async fn subscribe(&self, filter: EventFilter) -> Result<EventStream> {
        let since = Utc::now() - LOOK_BACK;
        let mut stream = EventStream {
            socket: connect(&self.client, "out").await?,
            client: self.client.clone(),
            filter,
            seen: VecDeque::new(),
        };
        stream.ask(since).await?;
        Ok(stream)
    }

    /// Opens a line for many events: `/events/in`. The server does not say that it has taken one; [`Events::emit`]
    /// does. Feature `events`.
    ///
    /// # Errors
    /// As for [`subscribe`](Self::subscribe).
    pub async fn open(&self) -> Result<EventSink> {
        let socket = connect(&self.client, "in").await?;
        Ok(EventSink { socket })
    }
}

/// Events as they come. Made by [`Events::subscribe`]. Some of the minute before may come first.
#[derive(Debug)]
pub struct EventStream {
    socket: Socket,
    client: Client,
    filter: EventFilter,
    seen: VecDeque<Uuid>,
}

impl EventStream {
    /// The next event. A connection that breaks is made again, and what was missed comes then, each event once.
    ///
    /// # Errors
    /// As for [`Events::subscribe`], once several connections have failed one after the other. It may be called again.
    pub async fn next(&mut self) -> Result<Event> {
        loop {
            match self.read().await {
                Ok(event) if self.is_new(&event) => return Ok(event),
                Ok(_) => {}
                Err(error) if error.is_unauthenticated() => return Err(error),
                Err(_) => self.reconnect().await?,
            }
        }
    }

    async fn read(&mut self) -> Result<Event> {
        #[derive(Deserialize)]
        struct Frame {
            #[serde(rename = "type")]
            kind: String,
            event: Option<Event>,
        }
        loop {
            let text = receive(&mut self.socket).await?;
            // A frame that this version does not know is none of ours.
            let Ok(frame) = serde_json::from_str::<Frame>(&text) else {
                continue;
            };
            if let ("event", Some(event)) = (frame.kind.as_str(), frame.event) {
                return Ok(event);
            }
        }
    }

    fn is_new(&mut self, event: &Event) -> bool {
        let Some(id) = event.id else { return true };
        if self.seen.contains(&id) {
            return false;
        }
        if self.seen.len() >= REMEMBERED {
            self.seen.pop_front();
        }
        self.seen.push_back(id);
        true
    }

    async fn reconnect(&mut self) -> Result<()> {
        let since = Utc::now() - LOOK_BACK;
        let mut pause = Duration::from_millis(500);
        let mut tries = 1;
        loop {
            self.client.rest().clock().sleep(pause).await;
            match connect(&self.client, "out").await {
                Ok(socket) => {
                    self.socket = socket;
                    return self.ask(since).await;
                }
                Err(error) if error.is_unauthenticated() || tries >= TRIES => return Err(error),
                Err(_) => {}
            }
            tries += 1;
            pause *= 2;
        }
    }

    async fn ask(&mut self, since: DateTime<Utc>) -> Result<()> {
        let filter = json!({"type": "filter", "filter": self.filter.document(since)});
        send(&mut self.socket, filter.to_string()).await
    }
}

/// A line for many events. Made by [`Events::open`].
#[derive(Debug)]
pub struct EventSink {
    socket: Socket,
}

impl EventSink {
    /// Sends an event. That the server has taken it is not told.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the connection is broken; open another.
    pub async fn send(&mut self, event: &NewEvent) -> Result<()> {
        let text = serde_json::to_string(event)
            .map_err(|problem| Error::config("the event cannot be written as JSON").with_source(problem))?;
        send(&mut self.socket, text).await
    }

    /// Sends what is on its way and closes the line.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the connection is broken.
    pub async fn close(mut self) -> Result<()> {
        self.socket.close(None).await.map_err(broken)
    }
}

const OPERATION: &str = "prefect.events";

async fn connect(client: &Client, way: &str) -> Result<Socket> {
    let token = client.token().await?;
    let connecting = async {
        let (mut socket, _) = connect_async(request(client, way, token.as_ref())?)
            .await
            .map_err(refused)?;
        let auth = json!({"type": "auth", "token": token.as_ref().map(plain)});
        send(&mut socket, auth.to_string()).await?;
        let answer: Value = serde_json::from_str(&receive(&mut socket).await?).unwrap_or_default();
        if answer["type"] != "auth_success" {
            return Err(Error::auth("the server does not let this client in").with_operation(OPERATION));
        }
        Ok(socket)
    };
    match tokio::time::timeout(PATIENCE, connecting).await {
        Ok(connected) => connected,
        Err(_) => Err(Error::timeout(
            OPERATION,
            format!("no connection within {} s", PATIENCE.as_secs()),
        )),
    }
}

fn request(
    client: &Client,
    way: &str,
    token: Option<&Token>,
) -> Result<tungstenite::handshake::client::Request> {
    let problem = |what: &str| Error::config(what.to_owned()).with_operation(OPERATION);
    let url = socket_url(client.rest().base_url(), way)
        .ok_or_else(|| problem("the address cannot be used for events"))?;
    let mut request = url
        .as_str()
        .into_client_request()
        .map_err(|source| problem("the address cannot be used for events").with_source(source))?;
    let headers = request.headers_mut();
    headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("prefect"));
    if let Some(token) = token {
        let text = format!("{} {}", token.scheme(), token.secret().expose_secret());
        let mut value = HeaderValue::from_str(&text)
            .map_err(|_| problem("the token has characters that no header can carry"))?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(request)
}

fn socket_url(base: &Url, way: &str) -> Option<Url> {
    let mut url = base.clone();
    url.set_scheme(if base.scheme() == "https" { "wss" } else { "ws" })
        .ok()?;
    url.set_path(&format!("{}/events/{way}", base.path().trim_end_matches('/')));
    Some(url)
}

/// The credential as the server's own handshake takes it.
fn plain(token: &Token) -> String {
    let credential = token.secret().expose_secret();
    let decoded = STANDARD
        .decode(credential)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded {
        Some(pair) if token.scheme() == "Basic" => pair,
        _ => credential.to_owned(),
    }
}

async fn send(socket: &mut Socket, text: String) -> Result<()> {
    socket.send(Message::text(text)).await.map_err(broken)
}

/// The next text; control frames are answered on the way.
async fn receive(socket: &mut Socket) -> Result<String> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Ok(text.to_string()),
            Some(Ok(Message::Close(frame))) => {
                let code = frame.map_or(0, |frame| u16::from(frame.code));
                // 1002 and 1008 are how the server says that the credential is none.
                return Err(if matches!(code, 1002 | 1008) {
                    Error::auth("the server does not let this client in").with_operation(OPERATION)
                } else {
                    lost(&format!("the server closed the line ({code})"))
                });
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(broken(error)),
            None => return Err(lost("the server closed the line")),
        }
    }
}

/// Without the cause's text, which may hold the request.
fn refused(error: tungstenite::Error) -> Error {
    match error {
        tungstenite::Error::Http(answer) if matches!(answer.status().as_u16(), 401 | 403) => Error::auth(
            format!("the server does not let this client in ({})", answer.status()),
        )
        .with_operation(OPERATION),
        tungstenite::Error::Http(answer) => lost(&format!(
            "the server has no line for events ({})",
            answer.status()
        )),
        error => broken(error),
    }
}

fn broken(error: tungstenite::Error) -> Error {
    match error {
        tungstenite::Error::Io(source) => lost("the line for events is broken").with_source(source),
        _ => lost("the line for events is broken"),
    }
}

fn lost(what: &str) -> Error {
    Error::timeout(OPERATION, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_where_the_api_is() {
        for (base, line) in [
            ("http://127.0.0.1:4200/api", "ws://127.0.0.1:4200/api/events/out"),
            (
                "https://prefect.example.org/x/api/",
                "wss://prefect.example.org/x/api/events/out",
            ),
        ] {
            assert_eq!(socket_url(&base.parse().unwrap(), "out").unwrap().as_str(), line);
        }
    }

    #[test]
    fn the_handshake_has_the_credential_in_plain() {
        assert_eq!(plain(&Token::basic("admin", &"s3:cret".into())), "admin:s3:cret");
        assert_eq!(plain(&Token::bearer("pnu_1")), "pnu_1");
    }

    #[test]
    fn a_filter_says_what_was_said() {
        let since = DateTime::parse_from_rfc3339("2026-03-01T12:00:00Z")
            .unwrap()
            .to_utc();
        let filter = EventFilter::default()
            .prefix("prefect.flow-run.")
            .resource("prefect.flow-run.1");
        assert_eq!(
            filter.document(since),
            json!({"occurred": {"since": "2026-03-01T12:00:00.000000Z", "until": "2027-03-01T12:00:00.000000Z"},
                "event": {"prefix": ["prefect.flow-run."]}, "resource": {"id": ["prefect.flow-run.1"]}})
        );
    }
}
