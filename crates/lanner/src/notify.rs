//! Telling systemd how the service is: sd_notify(3), the protocol of datagrams.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// The service manager, if there is one.
#[derive(Debug, Default)]
pub(crate) struct Notify {
    socket: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl Notify {
    /// The manager that the environment names (`NOTIFY_SOCKET`, `WATCHDOG_USEC`).
    pub(crate) fn from_env() -> Notify {
        let variable = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
        let socket = variable("NOTIFY_SOCKET").and_then(|path| {
            let address = match path.strip_prefix('@') {
                Some(name) => SocketAddr::from_abstract_name(name),
                None => SocketAddr::from_pathname(&path),
            };
            let socket = UnixDatagram::unbound().ok()?;
            // The engine's thread tells of itself, and waits for nobody.
            socket.set_nonblocking(true).ok()?;
            Some((socket, address.ok()?))
        });
        let ours = variable("WATCHDOG_PID").is_none_or(|pid| pid == std::process::id().to_string());
        let period = variable("WATCHDOG_USEC").and_then(|text| text.parse().ok());
        Notify {
            watchdog: period
                .filter(|_| ours && socket.is_some())
                .map(Duration::from_micros),
            socket,
        }
    }

    /// Events are being taken.
    pub(crate) fn ready(&self) {
        self.send("READY=1");
    }

    /// A reload has begun; it ends with [`Notify::ready`].
    pub(crate) fn reloading(&self) {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let micros = now.tv_sec * 1_000_000 + now.tv_nsec / 1000;
        self.send(&format!("RELOADING=1\nMONOTONIC_USEC={micros}"));
    }

    /// The end has begun.
    pub(crate) fn stopping(&self) {
        self.send("STOPPING=1");
    }

    /// One line for `systemctl status`.
    pub(crate) fn status(&self, text: &str) {
        self.send(&format!("STATUS={}", text.replace('\n', " ")));
    }

    /// The manager's watchdog is content for now.
    pub(crate) fn alive(&self) {
        self.send("WATCHDOG=1");
    }

    /// How often the watchdog wants to hear: half of the time after which it acts.
    pub(crate) fn watchdog(&self) -> Option<Duration> {
        self.watchdog.map(|period| period / 2)
    }

    fn send(&self, message: &str) {
        if let Some((socket, address)) = &self.socket {
            // A manager that does not listen cannot be helped.
            let _ = socket.send_to_addr(message.as_bytes(), address);
        }
    }
}
