//! File descriptors.

use std::net::SocketAddr;

use bstr::BString;
use lanner_event::snapshot::L4;

/// What a descriptor refers to, as `fd.type` names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of fd.type")]
pub enum FdType {
    #[default]
    Unknown,
    File,
    Directory,
    Ipv4,
    Ipv6,
    Ipv4Server,
    Ipv6Server,
    Unix,
    Pipe,
    Event,
    Signal,
    EventPoll,
    Inotify,
    Timer,
    Netlink,
    Bpf,
    UserFault,
    IoUring,
    MemFd,
    PidFd,
    Unsupported,
}

/// Which end of a connection this process is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Not known: client and server fields are missing.
    #[default]
    Unknown,
    /// It connected.
    Client,
    /// It accepted.
    Server,
}

/// What is known of a socket beyond its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Socket {
    /// Transport protocol.
    pub l4: L4,
    /// The client's end (or the address a server listens on, in `dest`).
    pub source: Option<SocketAddr>,
    /// The server's end.
    pub dest: Option<SocketAddr>,
    /// For unix sockets: kernel addresses of the two ends.
    pub unix_ends: (u64, u64),
    /// Which end this is.
    pub role: Role,
    /// A connection is established (or a datagram socket has a peer).
    pub connected: bool,
    /// A non-blocking connect is under way.
    pub pending: bool,
}

/// One open file descriptor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fd {
    /// What it refers to.
    pub ty: FdType,
    /// What `fd.name` prints: an absolute path, a tuple, or the kernel's name for it.
    pub name: BString,
    /// The path as it was passed, duplicate slashes removed; empty if unknown.
    pub raw_name: BString,
    /// For sockets.
    pub socket: Option<Box<Socket>>,
    /// Open flags in the capture format's bits.
    pub open_flags: u32,
    /// Device number, 0 unknown.
    pub dev: u32,
    /// Inode number, 0 unknown.
    pub ino: u64,
    /// For [`FdType::PidFd`]: the process it refers to.
    pub pid: i64,
    /// Closed by `execve`.
    pub cloexec: bool,
}

/// The descriptors of one process.
#[derive(Clone, Debug, Default)]
pub struct FdTable {
    pub(crate) fds: hashbrown::HashMap<i64, Fd>,
}

impl FdTable {
    /// The descriptor with this number.
    pub fn get(&self, fd: i64) -> Option<&Fd> {
        self.fds.get(&fd)
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.fds.len()
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.fds.is_empty()
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (i64, &Fd)> {
        self.fds.iter().map(|(n, fd)| (*n, fd))
    }
}
