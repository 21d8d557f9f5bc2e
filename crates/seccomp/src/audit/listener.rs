//! Where records come from.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, SystemTime};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SocketFlags, SocketType, bind, netlink, recv, socket_with, sockopt,
};

use super::record::{Record, SECCOMP, time_of};

/// `AUDIT_NLGRP_READLOG`, as a mask.
const READLOG: u32 = 1;
/// Longer than any record: the kernel cuts them at 8970 bytes.
const MESSAGE: usize = 16 << 10;
/// Of `struct nlmsghdr`.
const NETLINK_HEADER: usize = 16;
/// Bytes that wait in the kernel while nobody reads: some 20,000 records.
const BUFFER: usize = 16 << 20;

/// Where records are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The audit system's multicast group: everything.
    Multicast,
    /// The kernel log: 10 records in 5 seconds, and none where an auditd runs.
    KernelLog,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A record.
    Record(Record),
    /// Records that did not arrive.
    Lost(Lost),
}

/// Why records did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The reader was too slow for the multicast; so many messages, of whatever type. 0 where the
    /// kernel does not tell how many.
    Overrun(u64),
    /// The kernel log lets only 10 in 5 seconds through; so many more there were.
    Suppressed(u64),
    /// The kernel log has overwritten lines before they were read.
    Overwritten,
}

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Lost::Overrun(0) => {
                f.write_str("audit records were lost, because they came faster than they were read")
            }
            Lost::Overrun(count) => write!(
                f,
                "{count} audit records were lost, because they came faster than they were read"
            ),
            Lost::Suppressed(count) => write!(
                f,
                "{count} audit records are missing in the kernel log, which takes 10 in 5 seconds"
            ),
            Lost::Overwritten => f.write_str(
                "the kernel log was overwritten before it was read: records are missing",
            ),
        }
    }
}

/// Why records cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The kernel has no audit system.
    #[error("the kernel was built without CONFIG_AUDIT: it logs no refused calls")]
    NoAudit,
    /// The multicast may not be read.
    #[error("reading audit records needs CAP_AUDIT_READ in the initial user namespace")]
    Privilege,
    /// The multicast reaches one network namespace only.
    #[error(
        "the kernel sends audit records in the initial network namespace only, and this is \
         another one: run it there (in Kubernetes: hostNetwork)"
    )]
    NetworkNamespace,
    /// The kernel log may not be read.
    #[error("reading the kernel log needs CAP_SYSLOG: {0}")]
    KernelLog(io::Error),
    /// Anything else.
    #[error("audit records cannot be read: {0}")]
    Other(io::Error),
}

/// Reads records, from the moment it is opened.
#[derive(Debug)]
pub struct Listener {
    source: Source,
    buffer: Box<[u8; MESSAGE]>,
    /// What was recorded later is not wanted.
    until: Option<SystemTime>,
}

#[derive(Debug)]
enum Source {
    Multicast { socket: OwnedFd, drops: u64 },
    KernelLog { log: File },
}

impl Listener {
    /// From the multicast, or else from the kernel log. Tells also why it is the latter.
    ///
    /// # Errors
    /// Neither may be read: the error of the multicast, which is the one to mend.
    pub fn open() -> Result<(Listener, Option<OpenError>), OpenError> {
        match Listener::multicast(BUFFER) {
            Ok(listener) => Ok((listener, None)),
            Err(why) => match Listener::kernel_log() {
                Ok(listener) => Ok((listener, Some(why))),
                Err(_) => Err(why),
            },
        }
    }

    /// From the multicast; `buffer` bytes of records may wait.
    ///
    /// # Errors
    /// It may not be read, or is not sent here.
    pub fn multicast(buffer: usize) -> Result<Listener, OpenError> {
        if in_initial_network_namespace() == Some(false) {
            return Err(OpenError::NetworkNamespace);
        }
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let protocol = Some(netlink::AUDIT);
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, protocol);
        let socket = socket.map_err(|e| match e {
            Errno::PROTONOSUPPORT => OpenError::NoAudit,
            e => OpenError::Other(e.into()),
        })?;
        // Beyond the system's limit where that is permitted, else as much as is.
        if sockopt::set_socket_recv_buffer_size_force(&socket, buffer).is_err() {
            let _ = sockopt::set_socket_recv_buffer_size(&socket, buffer);
        }
        bind(&socket, &netlink::SocketAddrNetlink::new(0, READLOG)).map_err(|e| match e {
            Errno::PERM | Errno::ACCESS => OpenError::Privilege,
            e => OpenError::Other(e.into()),
        })?;
        Ok(Listener::on(Source::Multicast { socket, drops: 0 }))
    }

    /// From the kernel log.
    ///
    /// # Errors
    /// It may not be read.
    pub fn kernel_log() -> Result<Listener, OpenError> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let log = rustix::fs::open("/dev/kmsg", flags, Mode::empty());
        let mut log = File::from(log.map_err(|e| OpenError::KernelLog(e.into()))?);
        log.seek(SeekFrom::End(0)).map_err(OpenError::KernelLog)?;
        Ok(Listener::on(Source::KernelLog { log }))
    }

    fn on(source: Source) -> Listener {
        Listener {
            source,
            buffer: Box::new([0; MESSAGE]),
            until: None,
        }
    }

    /// From now on nothing new is wanted: once what has been recorded so far is read, [`next`] gives
    /// `None`, however much others go on to do.
    ///
    /// [`next`]: Listener::next
    pub fn finish(&mut self) {
        self.until = Some(SystemTime::now());
    }

    /// Where it reads.
    pub fn channel(&self) -> Channel {
        match self.source {
            Source::Multicast { .. } => Channel::Multicast,
            Source::KernelLog { .. } => Channel::KernelLog,
        }
    }

    /// The next thing that happened; `None` if nothing did within `timeout`, or if what did was
    /// another kind of audit record, or a signal arrived.
    ///
    /// # Errors
    /// Reading failed, and will again.
    pub fn next(&mut self, timeout: Duration) -> io::Result<Option<Event>> {
        if let Some(event) = self.read()? {
            return Ok(Some(event));
        }
        let timeout = Timespec::try_from(timeout).map_err(io::Error::other)?;
        let mut fds = [PollFd::new(self, PollFlags::IN)];
        match poll(&mut fds, Some(&timeout)) {
            Ok(0) | Err(Errno::INTR) => Ok(None),
            Ok(_) => self.read(),
            Err(error) => Err(error.into()),
        }
    }

    /// The next thing that has happened already.
    fn read(&mut self) -> io::Result<Option<Event>> {
        loop {
            let read = match &mut self.source {
                Source::Multicast { socket, .. } => {
                    recv(socket, &mut self.buffer[..], RecvFlags::empty())
                        .map(|(len, _)| len)
                        .map_err(io::Error::from)
                }
                Source::KernelLog { log } => log.read(&mut self.buffer[..]),
            };
            let len = match read {
                Ok(len) => len,
                Err(error) => match error.raw_os_error().map(Errno::from_raw_os_error) {
                    Some(Errno::AGAIN) => return Ok(None),
                    Some(Errno::INTR) => continue,
                    Some(Errno::NOBUFS) => return Ok(Some(Event::Lost(self.overrun()))),
                    Some(Errno::PIPE) => return Ok(Some(Event::Lost(Lost::Overwritten))),
                    _ => return Err(error),
                },
            };
            if self.is_unwanted(len) {
                return Ok(None);
            }
            if let Some(event) = self.parse(len) {
                return Ok(Some(event));
            }
        }
    }

    /// Whether a message was recorded after [`Listener::finish`].
    fn is_unwanted(&self, len: usize) -> bool {
        let Some(until) = self.until else {
            return false;
        };
        let text = String::from_utf8_lossy(&self.buffer[..len]);
        time_of(&text).is_some_and(|time| time > until)
    }

    fn parse(&self, len: usize) -> Option<Event> {
        let bytes = &self.buffer[..len];
        if self.channel() == Channel::KernelLog {
            return parse_log_line(&String::from_utf8_lossy(bytes));
        }
        let (header, text) = bytes.split_at_checked(NETLINK_HEADER)?;
        let ty = u16::from_ne_bytes([header[4], header[5]]);
        if ty != SECCOMP {
            return None;
        }
        Record::parse(String::from_utf8_lossy(text).trim_end_matches('\0')).map(Event::Record)
    }

    /// How many messages the socket dropped since last time.
    fn overrun(&mut self) -> Lost {
        let Source::Multicast { socket, drops } = &mut self.source else {
            return Lost::Overrun(0);
        };
        let table = std::fs::read_to_string("/proc/self/net/netlink").unwrap_or_default();
        let inode = rustix::fs::fstat(&*socket).map_or(0, |s| s.st_ino);
        let now = drops_of(&table, inode).unwrap_or(*drops);
        let lost = now.saturating_sub(*drops);
        *drops = now;
        Lost::Overrun(lost)
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.source {
            Source::Multicast { socket, .. } => socket.as_fd(),
            Source::KernelLog { log } => log.as_fd(),
        }
    }
}

/// A line of /dev/kmsg: `PRIORITY,SEQUENCE,TIME,FLAGS;TEXT`.
pub(super) fn parse_log_line(line: &str) -> Option<Event> {
    let (_, text) = line.split_once(';')?;
    let text = text.lines().next()?;
    if let Some(rest) = text.strip_prefix("kauditd_printk_skb: ") {
        let count = rest.split(' ').next()?.parse().ok()?;
        return Some(Event::Lost(Lost::Suppressed(count)));
    }
    // Text that others write into the log does not start like this.
    let record = text.strip_prefix("audit: type=1326 ")?;
    Record::parse(record).map(Event::Record)
}

/// The drops of one socket in /proc/net/netlink.
pub(super) fn drops_of(table: &str, inode: u64) -> Option<u64> {
    let mut lines = table.lines();
    let column = |name: &str, heads: &str| heads.split_whitespace().position(|h| h == name);
    let heads = lines.next()?;
    let (drops, inodes) = (column("Drops", heads)?, column("Inode", heads)?);
    lines.find_map(|line| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let here = cells.get(inodes)?.parse() == Ok(inode);
        here.then(|| cells.get(drops)?.parse().ok()).flatten()
    })
}

/// Whether this is the network namespace that the machine started with; `None` where that cannot
/// be told, because process 1 is not the machine's.
fn in_initial_network_namespace() -> Option<bool> {
    /// Of the initial pid namespace (`PROC_PID_INIT_INO`).
    const INITIAL_PID_NAMESPACE: &str = "pid:[4026531836]";
    let link = |path: &str| std::fs::read_link(path).ok();
    if link("/proc/self/ns/pid")?.as_os_str() != INITIAL_PID_NAMESPACE {
        return None;
    }
    Some(link("/proc/self/ns/net")? == link("/proc/1/ns/net")?)
}
