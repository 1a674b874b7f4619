//! A server that breaks connections in ways that HTTP servers for tests cannot.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with one connection.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Resets the connection without reading the request.
    ResetBeforeRead,
    /// Reads the whole request, then resets the connection.
    ResetAfterRead,
    /// Reads the request, writes these bytes, closes.
    Write(String),
    /// Writes these bytes at once, whatever comes, and closes when the client does.
    Greet(String),
    /// Reads the request, writes these bytes, then keeps the connection open in silence.
    WriteAndStall(String),
}

/// Listens on loopback; each connection takes the next act, the last one for all further.
#[derive(Debug)]
pub(crate) struct FaultyServer {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl FaultyServer {
    pub(crate) async fn start(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let act = acts[number.min(acts.len() - 1)].clone();
                tokio::spawn(serve(stream, act, Arc::clone(&seen)));
            }
        });
        Self {
            address,
            requests,
            task,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests that were read, whole.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for FaultyServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, act: Act, seen: Arc<Mutex<Vec<String>>>) {
    if matches!(act, Act::ResetBeforeRead) {
        // Let the request arrive, so that it is certain to have been sent.
        stream.readable().await.unwrap();
        stream.set_zero_linger().unwrap();
        return;
    }
    if let Act::Greet(bytes) = &act {
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
        return;
    }
    let request = read_request(&mut stream).await;
    seen.lock().unwrap().push(request);
    match act {
        Act::ResetBeforeRead | Act::Greet(_) => unreachable!("handled above"),
        Act::ResetAfterRead => stream.set_zero_linger().unwrap(),
        Act::Write(bytes) => {
            stream.write_all(bytes.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        }
        Act::WriteAndStall(bytes) => {
            stream.write_all(bytes.as_bytes()).await.unwrap();
            // Until the client hangs up.
            let _ = stream.read(&mut [0]).await;
        }
    }
}

/// Reads headers and as much body as they announce.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_lowercase()
                        .strip_prefix("content-length:")?
                        .trim()
                        .parse()
                        .ok()
                })
                .unwrap_or(0);
            if body.len() >= length {
                return text;
            }
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return String::from_utf8_lossy(&bytes).into_owned();
        }
    }
}

/// A whole answer with `body`.
pub(crate) fn answer(status: &str, content_type: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}
