//! A server for a few small documents: HTTP/1.1, over TLS if that is configured.
//!
//! It faces whoever can reach the port, so it gives nobody much: one thread serves all connections
//! by turns and never waits for one of them; there are at most [`CONNECTIONS`] (one more closes the
//! oldest), each may send [`REQUEST`] bytes within [`PATIENCE`], and is closed after one answer.
//! Requests have no body; what is sent behind one is thrown away.

mod connection;

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, poll};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use connection::Connection;

/// Connections at one time.
const CONNECTIONS: usize = 64;

/// Bytes of a request, its headers included.
const REQUEST: usize = 8 * 1024;

/// How long a connection may last.
const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 5 });

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// The media type of the body.
    pub(crate) media_type: &'static str,
    /// The body.
    pub(crate) body: String,
}

impl Answer {
    /// A JSON document.
    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Answer {
        Answer {
            status,
            media_type: "application/json",
            body: body.to_string(),
        }
    }

    /// A text.
    pub(crate) fn text(status: u16, body: impl Into<String>) -> Answer {
        Answer {
            status,
            media_type: "text/plain; charset=utf-8",
            body: body.into(),
        }
    }
}

/// What gives the answers: takes the path of a request, without a query.
pub(crate) type Route = dyn Fn(&str) -> Answer + Send;

/// A server at work. Dropping it ends it.
pub(crate) struct Server {
    address: SocketAddr,
    wake: UnixStream,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens at `address` and answers by `route`; over TLS with the certificate and key in the
    /// PEM file `certificate`. The thread does `begin` first, and this waits for it: who sees the
    /// server at work sees it confined.
    pub(crate) fn start(
        (address, port): (IpAddr, u16),
        certificate: Option<&Path>,
        route: Box<Route>,
        begin: impl FnOnce() + Send + 'static,
    ) -> Result<Server> {
        let tls = certificate.map(tls).transpose()?;
        let address = SocketAddr::new(address, port);
        let listener = TcpListener::bind(address)
            .with_context(|| format!("the webserver cannot listen at {address}"))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (wake, woken) = UnixStream::pair()?;
        let serving = Serving {
            listener,
            woken,
            tls,
            route,
            connections: Vec::new(),
        };
        let thread = std::thread::Builder::new().name("webserver".to_owned());
        let (begun, confined) = std::sync::mpsc::sync_channel::<()>(1);
        let thread = thread.spawn(move || {
            begin();
            drop(begun);
            serving.run();
        })?;
        // Nothing is sent: the other end goes away, even if `begin` panics.
        let _ = confined.recv();
        Ok(Server {
            address,
            wake,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The other end sees that this one is closed.
        let _ = self.wake.shutdown(std::net::Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            // It has nothing left to do but to return.
            let _ = thread.join();
        }
    }
}

/// Reads certificates and key.
fn tls(path: &Path) -> Result<Arc<ServerConfig>> {
    let shown = path.display();
    let pem = std::fs::read(path).with_context(|| format!("webserver.ssl_certificate {shown}"))?;
    let chain = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .with_context(|| format!("webserver.ssl_certificate {shown}: no certificate"))?;
    let key = PrivateKeyDer::from_pem_slice(&pem)
        .with_context(|| format!("webserver.ssl_certificate {shown}: no private key"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .with_context(|| {
            format!("webserver.ssl_certificate {shown}: certificate and key do not go together")
        })?;
    Ok(Arc::new(config))
}

/// The server's thread.
struct Serving {
    listener: TcpListener,
    woken: UnixStream,
    tls: Option<Arc<ServerConfig>>,
    route: Box<Route>,
    connections: Vec<Connection>,
}

impl Serving {
    fn run(mut self) {
        loop {
            match self.wait() {
                Ok(true) => return,
                Ok(false) => {}
                // Out of memory, say: nobody may spin here.
                Err(_) => std::thread::sleep(Duration::from_millis(100)),
            }
            self.accept();
            let now = Instant::now();
            let route = &*self.route;
            self.connections
                .retain_mut(|c| now < c.deadline() && c.go_on(route));
        }
    }

    /// Waits until something can be done; true if that is to end.
    fn wait(&self) -> io::Result<bool> {
        let mut fds = vec![
            PollFd::new(&self.woken, PollFlags::IN),
            PollFd::new(&self.listener, PollFlags::IN),
        ];
        for connection in &self.connections {
            let flags = match connection.wants_write() {
                true => PollFlags::OUT,
                false => PollFlags::IN,
            };
            fds.push(PollFd::from_borrowed_fd(connection.as_fd(), flags));
        }
        let next = self.connections.iter().map(Connection::deadline).min();
        let left = next.map(|at| at.saturating_duration_since(Instant::now()));
        // Rounded up: a deadline that is almost over is not waited for in circles.
        let left = left.map(|d| d + Duration::from_millis(1));
        let left = left.and_then(|d| rustix::time::Timespec::try_from(d).ok());
        match poll(&mut fds, left.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(!fds[0].revents().is_empty()),
            Err(error) => Err(error.into()),
        }
    }

    fn accept(&mut self) {
        // No more than there is room for, so that each gets its turn.
        for _ in 0..CONNECTIONS {
            let Ok((stream, _)) = self.listener.accept() else {
                return;
            };
            if self.connections.len() == CONNECTIONS {
                self.connections.remove(0);
            }
            if let Ok(connection) = Connection::new(stream, self.tls.clone()) {
                self.connections.push(connection);
            }
        }
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream().as_fd()
    }
}

#[cfg(test)]
mod tests;
