//! The system's log: datagrams to `/dev/log` in the form that syslog(3) of glibc gives them
//! (RFC 3164 without the name of the host).

use std::io::{self, Write};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;

use super::{Failure, Others, Stop, Transport};
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
            None => connect(&self.path)?,
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

fn connect(path: &Path) -> io::Result<Socket> {
    let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", path.display()));
    let datagram = UnixDatagram::unbound()?;
    match datagram.connect(path) {
        Ok(()) => {
            datagram.set_nonblocking(true)?;
            Ok(Socket::Datagram(datagram))
        }
        // A daemon that listens on a stream.
        Err(e) if e.raw_os_error() == Some(rustix::io::Errno::PROTOTYPE.raw_os_error()) => {
            let stream = UnixStream::connect(path).map_err(named)?;
            stream.set_nonblocking(true)?;
            Ok(Socket::Stream(stream))
        }
        Err(e) => Err(named(e)),
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
                wait_writable(fd)?;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Waits until it can be written to, for a tenth of a second at most.
pub(super) fn wait_writable(fd: &impl std::os::fd::AsFd) -> io::Result<()> {
    let mut fds = [PollFd::new(fd, PollFlags::OUT)];
    let tenth = Timespec {
        tv_sec: 0,
        tv_nsec: 100_000_000,
    };
    match poll(&mut fds, Some(&tenth)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(e) => Err(e.into()),
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
                let large = rustix::io::Errno::MSGSIZE.raw_os_error();
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
