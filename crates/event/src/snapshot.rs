//! The state of a machine when a capture starts: what `/proc` tells live, and what the metadata
//! blocks of a capture file tell on replay (§8.2 to §8.6 of the interface).

use std::net::{Ipv4Addr, Ipv6Addr};

use bstr::BString;

/// Everything known of a machine before its first event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// The machine.
    pub machine: Machine,
    /// Its threads.
    pub threads: Vec<ThreadEntry>,
    /// Its open file descriptors, by process.
    pub fds: Vec<FdTableEntry>,
    /// Its users.
    pub users: Vec<UserEntry>,
    /// Its groups.
    pub groups: Vec<GroupEntry>,
    /// Its network interfaces.
    pub interfaces: Vec<Interface>,
}

/// The machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// CPUs.
    pub num_cpus: u32,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// Highest process id.
    pub max_pid: u64,
    /// Host name.
    pub hostname: BString,
    /// Time of boot, nanoseconds since the epoch.
    pub boot_ts: u64,
    /// Flags of the capture format.
    pub flags: u64,
}

/// One thread. Absent numbers are −1 (ids) or 0, as in the capture format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "names and units are those of table §8.5 of the interface"
)]
pub struct ThreadEntry {
    pub tid: i64,
    pub pid: i64,
    pub ptid: i64,
    pub sid: i64,
    pub vpgid: i64,
    pub pgid: i64,
    pub vtid: i64,
    pub vpid: i64,
    pub comm: BString,
    pub exe: BString,
    pub exepath: BString,
    /// NUL-separated, without the program itself.
    pub args: BString,
    /// NUL-separated `NAME=value`.
    pub env: BString,
    pub cwd: BString,
    pub root: BString,
    /// NUL-separated `subsystem=path`.
    pub cgroups: BString,
    pub fdlimit: i64,
    /// Clone flags in the capture format's own bits.
    pub flags: u32,
    pub uid: u32,
    pub gid: u32,
    pub loginuid: u32,
    pub tty: u32,
    pub vmsize_kb: u32,
    pub vmrss_kb: u32,
    pub vmswap_kb: u32,
    pub pfmajor: u64,
    pub pfminor: u64,
    /// When the process was started, nanoseconds since the epoch; 0 if unknown. Not in captures.
    pub clone_ts: u64,
    pub pidns_init_start_ts: u64,
    pub cap_inheritable: u64,
    pub cap_permitted: u64,
    pub cap_effective: u64,
    pub exe_ino: u64,
    pub exe_ino_ctime: u64,
    pub exe_ino_mtime: u64,
    pub exe_writable: bool,
    pub exe_upper_layer: bool,
    pub exe_lower_layer: bool,
    pub exe_from_memfd: bool,
}

/// The file descriptors of one process (or of a thread with a table of its own).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FdTableEntry {
    /// The thread that owns the table.
    pub tid: i64,
    /// Its descriptors.
    pub fds: Vec<FdEntry>,
}

/// One open file descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FdEntry {
    /// Its number.
    pub fd: i64,
    /// Inode number, 0 if unknown.
    pub ino: u64,
    /// What it is.
    pub kind: FdKind,
}

/// The transport protocol of a socket, by its number in the capture format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum L4 {
    #[default]
    Unknown,
    NotApplicable,
    Tcp,
    Udp,
    Icmp,
    Raw,
}

/// What a file descriptor refers to (§8.6 of the interface). Addresses in network order are held
/// as [`Ipv4Addr`] and [`Ipv6Addr`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum FdKind {
    Unknown,
    /// Regular file; open flags in the capture format's bits, device number (0 if unknown).
    File {
        flags: u32,
        name: BString,
        dev: u32,
    },
    Directory {
        name: BString,
    },
    Ipv4 {
        source: (Ipv4Addr, u16),
        dest: (Ipv4Addr, u16),
        l4: L4,
    },
    Ipv6 {
        source: (Ipv6Addr, u16),
        dest: (Ipv6Addr, u16),
        l4: L4,
    },
    Ipv4Server {
        addr: (Ipv4Addr, u16),
        l4: L4,
    },
    Ipv6Server {
        addr: (Ipv6Addr, u16),
        l4: L4,
    },
    Fifo {
        name: BString,
    },
    Unix {
        source: u64,
        dest: u64,
        path: BString,
    },
    Event {
        name: BString,
    },
    Unsupported {
        name: BString,
    },
    SignalFd {
        name: BString,
    },
    EventPoll {
        name: BString,
    },
    Inotify {
        name: BString,
    },
    TimerFd {
        name: BString,
    },
    Netlink {
        name: BString,
    },
    Bpf {
        name: BString,
    },
    UserFaultFd {
        name: BString,
    },
    IoUring {
        name: BString,
    },
    MemFd {
        name: BString,
    },
    PidFd {
        name: BString,
    },
}

/// One user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of passwd(5)")]
pub struct UserEntry {
    pub uid: u32,
    pub gid: u32,
    pub name: BString,
    pub home: BString,
    pub shell: BString,
}

/// One group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of group(5)")]
pub struct GroupEntry {
    pub gid: u32,
    pub name: BString,
}

/// One address of a network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Interface {
    V4 {
        name: BString,
        addr: Ipv4Addr,
        netmask: Ipv4Addr,
        broadcast: Ipv4Addr,
        speed: u64,
    },
    V6 {
        name: BString,
        addr: Ipv6Addr,
        netmask: Ipv6Addr,
        broadcast: Ipv6Addr,
        speed: u64,
    },
}
