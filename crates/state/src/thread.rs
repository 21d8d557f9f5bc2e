//! One thread, and the program image that it shares with others.

use std::sync::Arc;

use bstr::BString;

/// A handle to a thread in the table; it never comes to mean another thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThreadKey {
    pub(crate) slot: u32,
    pub(crate) generation: u32,
}

/// A set of cgroups that some threads are in; equal ids are equal sets, and an id never comes to
/// mean another set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CgroupId(pub u64);

/// What `execve` put in place; shared by the threads of a process and by forked children until
/// they execute something else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// argv\[0\].
    pub exe: BString,
    /// Path of the executable.
    pub exepath: BString,
    /// argv\[1..\], each NUL-terminated.
    pub args: BString,
    /// Environment, each `NAME=value` NUL-terminated.
    pub env: BString,
    /// Inode of the executable, 0 if unknown.
    pub exe_ino: u64,
    /// Its ctime, nanoseconds since the epoch; 0 if unknown.
    pub exe_ino_ctime: u64,
    /// Its mtime, nanoseconds since the epoch; 0 if unknown.
    pub exe_ino_mtime: u64,
    /// The executable was writable by the user who ran it.
    pub exe_writable: bool,
    /// The executable is in the upper layer of an overlay.
    pub exe_upper_layer: bool,
    /// The executable is in the lower layer of an overlay.
    pub exe_lower_layer: bool,
    /// The executable is a memfd.
    pub exe_from_memfd: bool,
}

/// Bits of [`Thread::flags`] that matter beyond printing, in the capture format's numbering.
pub mod flags {
    /// Shares its descriptors with its creator.
    pub const FILES: u32 = 1;
    /// The init process of a new pid namespace.
    pub const NEWPID: u32 = 1 << 6;
    /// Its parent is that of its creator.
    pub const PARENT: u32 = 1 << 8;
    /// A thread of its creator's process.
    pub const THREAD: u32 = 1 << 13;
    /// Its own half of `clone` was seen before that of its creator.
    pub const INVERTED: u32 = 1 << 16;
    /// It executed something.
    pub const NAME_CHANGED: u32 = 1 << 17;
    /// It exited, and is kept because threads of its process live.
    pub const CLOSED: u32 = 1 << 18;
    /// It caused an event other than its creation.
    pub const ACTIVE: u32 = 1 << 19;
    /// In a new user namespace.
    pub const NEWUSER: u32 = 1 << 20;
    /// Its creator waits until it executes something or exits.
    pub const VFORK: u32 = 1 << 27;
    /// It is not in the initial pid namespace.
    pub const IN_PIDNS: u32 = 1 << 29;
}

/// One thread. Ids that are unknown are −1.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Thread id in the initial pid namespace.
    pub tid: i64,
    /// Process id (tgid).
    pub pid: i64,
    /// Thread id of the parent (kept current when a parent exits).
    pub ptid: i64,
    /// Session id, as seen in the thread's own pid namespace.
    pub sid: i64,
    /// Process group, own pid namespace.
    pub vpgid: i64,
    /// Process group, initial pid namespace.
    pub pgid: i64,
    /// Thread id, own pid namespace.
    pub vtid: i64,
    /// Process id, own pid namespace.
    pub vpid: i64,
    /// Task name.
    pub comm: BString,
    /// What it runs.
    pub image: Arc<Image>,
    /// Working directory with a trailing `/`; meaningful on the leader.
    pub cwd: BString,
    /// Root directory, empty or `/` for the host's.
    pub root: BString,
    /// The cgroups it is in; resolve with `State::cgroups`.
    pub cgroups: CgroupId,
    /// Clone flags in the capture format's bits.
    pub flags: u32,
    /// Effective user id; `u32::MAX` unknown.
    pub uid: u32,
    /// Effective group id; `u32::MAX` unknown.
    pub gid: u32,
    /// Audit user id; `u32::MAX` unset.
    pub loginuid: u32,
    /// Controlling terminal (device number), 0 none.
    pub tty: u32,
    /// Limit of open files; −1 unknown.
    pub fdlimit: i64,
    /// Inheritable capabilities.
    pub cap_inheritable: u64,
    /// Permitted capabilities.
    pub cap_permitted: u64,
    /// Effective capabilities.
    pub cap_effective: u64,
    /// Virtual memory, KiB.
    pub vmsize_kb: u32,
    /// Resident memory, KiB.
    pub vmrss_kb: u32,
    /// Swapped memory, KiB.
    pub vmswap_kb: u32,
    /// Major page faults.
    pub pfmajor: u64,
    /// Minor page faults.
    pub pfminor: u64,
    /// When it was cloned, nanoseconds since the epoch; 0 unknown.
    pub clone_ts: u64,
    /// When it last executed something; 0 unknown.
    pub exec_ts: u64,
    /// When the init process of its pid namespace started; 0 unknown.
    pub pidns_init_start_ts: u64,
    /// Threads of this process that are alive, the leader included; meaningful on the leader.
    pub nthreads: u32,
    /// True for an entry made up because the thread's start was not seen: texts are empty or
    /// `<NA>`, ids −1.
    pub invented: bool,
}

impl Thread {
    /// A thread of which nothing but the id is known.
    pub(crate) fn invented(tid: i64) -> Thread {
        Thread {
            tid,
            pid: -1,
            ptid: -1,
            sid: -1,
            vpgid: -1,
            pgid: -1,
            vtid: -1,
            vpid: -1,
            comm: "<NA>".into(),
            image: Arc::new(Image {
                exe: "<NA>".into(),
                ..Image::default()
            }),
            cwd: BString::default(),
            root: BString::default(),
            cgroups: CgroupId::default(),
            flags: flags::NAME_CHANGED,
            uid: u32::MAX,
            gid: u32::MAX,
            loginuid: u32::MAX,
            tty: 0,
            fdlimit: -1,
            cap_inheritable: 0,
            cap_permitted: 0,
            cap_effective: 0,
            vmsize_kb: 0,
            vmrss_kb: 0,
            vmswap_kb: 0,
            pfmajor: 0,
            pfminor: 0,
            clone_ts: 0,
            exec_ts: 0,
            pidns_init_start_ts: 0,
            nthreads: 0,
            invented: true,
        }
    }

    /// Whether it is known to be in a pid namespace other than the initial one.
    pub fn is_in_pid_namespace(&self) -> bool {
        self.flags & flags::IN_PIDNS != 0 || (self.vtid >= 0 && self.tid != self.vtid)
    }

    /// Whether it is the main thread of its process.
    pub fn is_main(&self) -> bool {
        self.tid == self.pid
    }
}
