//! Sockets: a listener whose connections can be cut on purpose.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use crate::error::SimError;

/// A service that has its port but is not served yet.
#[derive(Debug)]
pub(crate) struct Bound {
    listener: std::net::TcpListener,
    port: u16,
}

impl Bound {
    /// Takes a free loopback port. From now on clients can connect; they are answered once it is served.
    pub(crate) fn new() -> Result<Self, SimError> {
        let bind = || {
            let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
            listener.set_nonblocking(true)?;
            let port = listener.local_addr()?.port();
            Ok(Self { listener, port })
        };
        bind().map_err(|e| SimError::start("bind a loopback port", e))
    }

    /// `http://127.0.0.1:port`, without a slash at the end.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Serves `router` for as long as the runtime lives. Must be called within the runtime.
    pub(crate) fn serve(self, router: Router) -> io::Result<()> {
        let listener = Cuttable(TcpListener::from_std(self.listener)?);
        let service = router.into_make_service_with_connect_info::<Peer>();
        tokio::spawn(async move {
            // Ends only with the runtime: the listener retries failed accepts.
            let _: io::Result<()> = axum::serve(listener, service).await;
        });
        Ok(())
    }
}

/// The other end of a connection, and the means to cut it.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) port: u16,
    pub(crate) cut: Cut,
    socket: Option<Arc<std::net::TcpStream>>,
}

impl Peer {
    /// Whether the client has closed its end, asked of the system itself: the server may not have noticed yet.
    pub(crate) fn is_gone(&self) -> bool {
        let Some(socket) = &self.socket else {
            return false;
        };
        match socket.peek(&mut [0]) {
            Ok(read) => read == 0,
            Err(e) => e.kind() != io::ErrorKind::WouldBlock,
        }
    }
}

/// Whether and how a connection is to end early.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cut(Arc<AtomicU8>);

const OPEN: u8 = 0;
const RESET: u8 = 1;
const AFTER_FLUSH: u8 = 2;

impl Cut {
    /// Nothing more is written; the connection is reset.
    pub(crate) fn reset(&self) {
        self.0.store(RESET, Ordering::SeqCst);
    }

    /// What is buffered is still written, then the connection is closed.
    pub(crate) fn after_flush(&self) {
        self.0.store(AFTER_FLUSH, Ordering::SeqCst);
    }

    fn state(&self) -> u8 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Connected<IncomingStream<'_, Cuttable>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Cuttable>) -> Self {
        Self {
            port: stream.remote_addr().port(),
            cut: stream.io().cut.clone(),
            socket: stream.io().socket.clone(),
        }
    }
}

struct Cuttable(TcpListener);

impl Listener for Cuttable {
    type Io = Stream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Stream, SocketAddr) {
        let (stream, addr) = Listener::accept(&mut self.0).await;
        // Without this small replies wait for the client's delayed acknowledgement. Failure only costs time.
        let _: io::Result<()> = stream.set_nodelay(true);
        let socket = stream.as_fd().try_clone_to_owned().ok();
        let stream = Stream {
            inner: stream,
            socket: socket.map(|socket| Arc::new(socket.into())),
            cut: Cut::default(),
        };
        (stream, addr)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A connection that obeys its [`Cut`].
struct Stream {
    inner: TcpStream,
    /// The same socket, to be looked at from where the request is answered.
    socket: Option<Arc<std::net::TcpStream>>,
    cut: Cut,
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.cut.state() == RESET {
            // With a zero linger the close sends RST instead of FIN. If it cannot be set, the client sees EOF.
            let _: io::Result<()> = self.inner.set_zero_linger();
        }
    }
}

fn cut_error() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "cut by a fault")
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.cut.state() == RESET {
            return Poll::Ready(Err(cut_error()));
        }
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.cut.state() {
            RESET => Poll::Ready(Err(cut_error())),
            AFTER_FLUSH => {
                ready!(Pin::new(&mut self.inner).poll_flush(cx))?;
                ready!(Pin::new(&mut self.inner).poll_shutdown(cx))?;
                Poll::Ready(Err(cut_error()))
            }
            OPEN.. => Pin::new(&mut self.inner).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.cut.state() == RESET {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
