//! The system's log: datagrams to `/dev/log` in the form that syslog(3) of glibc gives them
//! (RFC 3164 without the name of the host).

use std::io::{self, Write};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, socket_with};

use super::{Failure, Others, Stop, Transport, wait_for};
use crate::queue::{Item, Portion};
use crate::spool::segment::severity;

/// `LOG_USER`, what programs have that choose no facility.
const FACILITY: u8 = 1;

/// A connection to the system's log.
pub struct Syslog {
    path: PathBuf,
    ident: String,
    socket: Option<Socket>,
}

enum Socket {
    Datagram(UnixDatagram),
    Stream(UnixStream),
}

impl Syslog {
    /// Messages to the socket at `path` (usually `/dev/log`), under the name of the program
    /// `ident`. Connects with the first message, and anew after a failure.
    pub fn new(path: &Path, ident: &str) -> Syslog {
        Syslog {
            path: path.to_owned(),
            ident: ident.to_owned(),
            socket: None,
        }
    }

    /// Sends a message of a severity from 0 (emergency) to 7 (debug). Waits while the log is
    /// slow, as long as `go_on` says; its answer is asked for before each wait of a tenth of a second.
    pub fn send(
        &mut self,
        severity: u8,
        message: &[u8],
        go_on: &dyn Fn() -> bool,
    ) -> io::Result<()> {
        let now = Timestamp::now().to_zoned_datetime(TimeZone::system());
        let pri = FACILITY << 3 | severity.min(7);
        // The day is padded with a blank, not with a zero.
        let mut text =
            format!("<{pri}>{} {}: ", now.strftime("%b %e %H:%M:%S"), self.ident).into_bytes();
        text.extend_from_slice(message);
        let fresh = self.socket.is_none();
        match self.write(&text, go_on) {
            // The daemon was restarted since the last message: nothing of this one was taken.
            Err(e) if !fresh && is_gone(&e) => {
                self.socket = None;
                self.write(&text, go_on)
            }
            result => result,
        }
    }

    fn write(&mut self, text: &[u8], go_on: &dyn Fn() -> bool) -> io::Result<()> {
        let socket = match self.socket.take() {
            Some(socket) => socket,
            None => connect(&self.path, go_on)?,
        };
        let result = match &socket {
            Socket::Datagram(socket) => again(socket, go_on, || socket.send(text)).map(drop),
            Socket::Stream(stream) => write_all(stream, text, go_on),
        };
        if result.is_ok() || matches!(&result, Err(e) if e.kind() == io::ErrorKind::TimedOut) {
            self.socket = Some(socket);
        }
        result
    }
}

fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::NotConnected
            | ErrorKind::BrokenPipe
            | ErrorKind::NotFound
    )
}

fn connect(path: &Path, go_on: &dyn Fn() -> bool) -> io::Result<Socket> {
    let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", path.display()));
    let datagram = UnixDatagram::unbound()?;
    match datagram.connect(path) {
        Ok(()) => {
            datagram.set_nonblocking(true)?;
            Ok(Socket::Datagram(datagram))
        }
        // A daemon that listens on a stream.
        Err(e) if e.raw_os_error() == Some(Errno::PROTOTYPE.raw_os_error()) => {
            connect_stream(path, go_on)
                .map(Socket::Stream)
                .map_err(named)
        }
        Err(e) => Err(named(e)),
    }
}

/// Connects to a stream. The kernel does not tell when a daemon whose backlog is full has room
/// again, and would wait for it without end.
fn connect_stream(path: &Path, go_on: &dyn Fn() -> bool) -> io::Result<UnixStream> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    let address = SocketAddrUnix::new(path)?;
    loop {
        match rustix::net::connect(&socket, &address) {
            Ok(()) => return Ok(UnixStream::from(socket)),
            Err(Errno::AGAIN) if go_on() => std::thread::sleep(Duration::from_millis(100)),
            Err(Errno::AGAIN) => return Err(io::ErrorKind::TimedOut.into()),
            Err(Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
    }
}

/// Repeats what would block until it does not.
fn again<T>(
    fd: &impl std::os::fd::AsFd,
    go_on: &dyn Fn() -> bool,
    mut what: impl FnMut() -> io::Result<T>,
) -> io::Result<T> {
    loop {
        match what() {
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                if !go_on() {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                wait_for(fd, PollFlags::OUT)?;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// A message on a stream ends with a zero byte.
fn write_all(stream: &UnixStream, text: &[u8], go_on: &dyn Fn() -> bool) -> io::Result<()> {
    let mut rest = text.to_vec();
    rest.push(0);
    let mut written = 0;
    while written < rest.len() {
        let mut end = stream;
        let result = again(stream, go_on, || end.write(&rest[written..]));
        written += result.map_err(|e| match (written, e.kind()) {
            (1.., io::ErrorKind::TimedOut) => {
                // Behind half a message the stream is of no use any more: it is made anew.
                io::Error::new(io::ErrorKind::ConnectionAborted, "a message was cut off")
            }
            _ => e,
        })?;
    }
    Ok(())
}

impl Transport for Syslog {
    fn portion(&self) -> Portion {
        Portion {
            items: 64,
            bytes: 1 << 20,
        }
    }

    fn send(&mut self, items: &[Item], stop: &Stop) -> Result<(), Failure> {
        for (delivered, item) in items.iter().enumerate() {
            let sent = Syslog::send(self, severity(item.priority), &item.line(), &|| {
                !stop.is_set()
            });
            if let Err(error) = sent {
                // A datagram that the socket has no room for will not fit another time.
                let large = Errno::MSGSIZE.raw_os_error();
                let others = match error.raw_os_error() == Some(large) {
                    true => Others::Rejected,
                    false => Others::Untaken { after: None },
                };
                return Err(Failure {
                    delivered,
                    others,
                    error: error.to_string(),
                });
            }
        }
        Ok(())
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.socket = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io::Read;
    use std::os::unix::net::UnixListener;

    use rustix::net::{bind, listen};

    use super::*;

    #[test]
    fn a_daemon_that_takes_no_connection_is_not_waited_for_without_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let new = || socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).unwrap();
        let address = SocketAddrUnix::new(&path).unwrap();
        let daemon = new();
        bind(&daemon, &address).unwrap();
        listen(&daemon, 0).unwrap();
        let mut waiting = Vec::new();
        loop {
            let socket = new();
            match rustix::net::connect(&socket, &address) {
                Ok(()) => waiting.push(socket),
                Err(error) => {
                    assert_eq!(error, Errno::AGAIN);
                    break;
                }
            }
        }
        let mut syslog = Syslog::new(&path, "lab");
        let asked = Cell::new(0);
        let twice = || {
            asked.set(asked.get() + 1);
            asked.get() < 3
        };
        let error = syslog.send(5, b"lost", &twice).unwrap_err();
        assert_eq!((error.kind(), asked.get()), (io::ErrorKind::TimedOut, 3));
        // It has room again.
        let daemon = UnixListener::from(daemon);
        for _ in &waiting {
            drop(daemon.accept().unwrap());
        }
        syslog.send(5, b"taken", &|| true).unwrap();
        let (mut stream, _) = daemon.accept().unwrap();
        drop(syslog);
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert!(text.starts_with("<13>") && text.ends_with(" lab: taken\0"));
    }
}
