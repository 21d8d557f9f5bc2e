//! One connection to the server: its request as it comes in pieces, and its answer.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Instant;

use rustls::{ServerConfig, ServerConnection};

use super::{Answer, PATIENCE, REQUEST, Route};

/// Headers of a request, at most.
const HEADERS: usize = 64;

/// A connection.
pub(super) struct Connection {
    stream: TcpStream,
    tls: Option<Box<ServerConnection>>,
    request: Vec<u8>,
    /// The answer, and how much of it was handed over.
    answer: Vec<u8>,
    sent: usize,
    answered: bool,
    /// Everything was sent, and the other side was told.
    shut: bool,
    deadline: Instant,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, tls: Option<Arc<ServerConfig>>) -> io::Result<Connection> {
        stream.set_nonblocking(true)?;
        let tls = tls.map(ServerConnection::new).transpose();
        let tls = tls.map_err(io::Error::other)?.map(|mut tls| {
            tls.set_buffer_limit(Some(64 * 1024));
            Box::new(tls)
        });
        Ok(Connection {
            stream,
            tls,
            request: Vec::new(),
            answer: Vec::new(),
            sent: 0,
            answered: false,
            shut: false,
            deadline: Instant::now() + PATIENCE,
        })
    }

    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// When it is closed, whatever it is at.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Whether it waits for room to write, rather than for something to read.
    pub(super) fn wants_write(&self) -> bool {
        let tls = self.tls.as_ref().is_some_and(|tls| tls.wants_write());
        !self.shut && (tls || (self.answered && self.sent < self.answer.len()))
    }

    /// Does what can be done without waiting. False once it is over.
    pub(super) fn go_on(&mut self, route: &Route) -> bool {
        match self.step(route) {
            Ok(more) => more,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => true,
            Err(error) => error.kind() == io::ErrorKind::Interrupted,
        }
    }

    fn step(&mut self, route: &Route) -> io::Result<bool> {
        if !self.answered {
            self.read(route)?;
        }
        if self.answered && !self.shut {
            self.write()?;
        }
        if self.shut {
            return self.drain();
        }
        Ok(true)
    }

    /// Reads until there is a request or nothing more comes for now.
    fn read(&mut self, route: &Route) -> io::Result<()> {
        let mut piece = [0; 2048];
        while !self.answered {
            let read = match &mut self.tls {
                None => self.stream.read(&mut piece)?,
                Some(tls) => match tls.reader().read(&mut piece) {
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                        receive(tls, &mut self.stream)?;
                        continue;
                    }
                    other => other?,
                },
            };
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.request.extend_from_slice(&piece[..read]);
            if let Some(answer) = understand(&self.request, route) {
                self.answer = answer;
                self.answered = true;
                self.request = Vec::new();
            }
        }
        Ok(())
    }

    /// Writes until everything is sent or there is no room for now.
    fn write(&mut self) -> io::Result<()> {
        loop {
            let rest = &self.answer[self.sent..];
            match &mut self.tls {
                None if rest.is_empty() => break,
                None => self.sent += self.stream.write(rest)?,
                Some(tls) => {
                    if !rest.is_empty() {
                        self.sent += tls.writer().write(rest)?;
                        if self.sent == self.answer.len() {
                            tls.send_close_notify();
                        }
                    }
                    if !tls.wants_write() {
                        break;
                    }
                    if tls.write_tls(&mut self.stream)? == 0 {
                        return Err(io::ErrorKind::WriteZero.into());
                    }
                }
            }
        }
        self.shut = true;
        self.stream.shutdown(Shutdown::Write)
    }

    /// Throws away what is still sent to us: closing a connection with it unread would take the
    /// answer back. True until the other side ends.
    fn drain(&mut self) -> io::Result<bool> {
        let mut piece = [0; 4096];
        for _ in 0..16 {
            if self.stream.read(&mut piece)? == 0 {
                return Ok(false);
            }
        }
        // It has been sending for long enough to have read the answer.
        Ok(false)
    }
}

/// Takes what came, and answers what the protocol itself asks.
fn receive(tls: &mut ServerConnection, stream: &mut TcpStream) -> io::Result<()> {
    while tls.wants_write() {
        tls.write_tls(stream)?;
    }
    if tls.read_tls(stream)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    if let Err(error) = tls.process_new_packets() {
        // Best effort: an alert tells the other side what it did wrong.
        let _ = tls.write_tls(stream);
        return Err(io::Error::other(error));
    }
    while tls.wants_write() {
        tls.write_tls(stream)?;
    }
    Ok(())
}

/// The answer to a request; `None` while it is not complete.
fn understand(bytes: &[u8], route: &Route) -> Option<Vec<u8>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let refused = |status| Some(whole(&Answer::text(status, reason(status)), true));
    match request.parse(bytes) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) if bytes.len() < REQUEST => return None,
        Ok(httparse::Status::Partial) => return refused(431),
        Err(httparse::Error::TooManyHeaders) => return refused(431),
        Err(_) => return refused(400),
    }
    let head = match request.method {
        Some("GET") => false,
        Some("HEAD") => true,
        _ => return refused(405),
    };
    let path = request.path.unwrap_or_default();
    let path = path.split(['?', '#']).next().unwrap_or_default();
    Some(whole(&route(path), !head))
}

/// An answer as it goes over the wire.
fn whole(answer: &Answer, with_body: bool) -> Vec<u8> {
    let Answer {
        status,
        media_type,
        body,
    } = answer;
    let allow = match status {
        405 => "Allow: GET, HEAD\r\n",
        _ => "",
    };
    let mut out = format!(
        "HTTP/1.1 {status} {}\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\n{allow}\
         Connection: close\r\n\r\n",
        reason(*status),
        body.len()
    );
    if with_body {
        out.push_str(body);
    }
    out.into_bytes()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Error",
    }
}
