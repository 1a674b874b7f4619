//! The simulator's control port, asked in HTTP/1.0: one request a connection, the answer ends with it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::Result;

const PATIENCE: Duration = Duration::from_secs(60);

/// The control port of a simulator.
#[derive(Debug)]
pub(crate) struct Control {
    address: String,
}

impl Control {
    /// At `http://HOST:PORT`.
    pub(crate) fn new(url: &str) -> Result<Self> {
        let address = url
            .strip_prefix("http://")
            .ok_or("the control port is not http")?;
        Ok(Self {
            address: address.trim_end_matches('/').to_owned(),
        })
    }

    /// The body of a GET.
    pub(crate) fn get(&self, path: &str) -> Result<String> {
        self.ask("GET", path, "")
    }

    /// Sends a JSON document.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<String> {
        self.ask("POST", path, &body.to_string())
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Result<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}",
            self.address
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer
            .split_once("\r\n\r\n")
            .ok_or("the control port gave no answer")?;
        if head.split(' ').nth(1) != Some("200") {
            return Err(format!("{method} {path}: {head} {body}").into());
        }
        Ok(body.to_owned())
    }
}
