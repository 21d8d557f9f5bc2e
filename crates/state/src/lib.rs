//! What is known of the machine: threads, file descriptors, users and groups, as events change
//! them.
//!
//! [`State::apply`] takes each event before rules see it and tells which thread and descriptor it
//! is about ([`Subject`]); [`State::settle`] carries out afterwards what must not happen before
//! (the removal of a closed descriptor or of a thread that exited). One writer: the engine thread.
//! Bounded: past the limits, entries are evicted and counted.
//!
//! Depends on `lanner-event` only.
#![forbid(unsafe_code)]

pub mod fd;
pub mod thread;
pub mod users;

pub use fd::{Fd, FdTable, FdType, Role, Socket};
pub use thread::{CgroupId, Image, Thread, ThreadKey};

use bstr::BStr;
use lanner_event::Event;
use lanner_event::snapshot::{GroupEntry, Interface, Machine, Snapshot, UserEntry};

/// What an event is about, as [`State::apply`] found it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject {
    /// The thread that caused it.
    pub thread: Option<ThreadKey>,
    /// The number of the descriptor it creates, destroys or uses, if it is one of those events
    /// and the number is valid.
    pub fd: Option<i64>,
    /// This event changed the address of a datagram socket (`fd.name_changed`).
    pub fd_name_changed: bool,
}

/// Limits of what is remembered.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Threads (`falco_libs.thread_table_size`).
    pub threads: usize,
    /// Descriptors of one process.
    pub fds_per_process: usize,
}

/// Everything that is known of the machine.
#[derive(Default)]
pub struct State {}

impl State {
    /// An empty state with these limits.
    pub fn new(limits: Limits) -> State {
        let _ = limits;
        State {}
    }

    /// Takes over a snapshot, forgetting everything before.
    pub fn seed(&mut self, snapshot: Snapshot) {
        let _ = snapshot;
    }

    /// Takes in an event and tells what it is about.
    pub fn apply(&mut self, event: &Event<'_>) -> Subject {
        let _ = event;
        Subject::default()
    }

    /// Carries out what had to wait until rules saw the last event.
    pub fn settle(&mut self) {}

    /// The thread behind a key, unless it is gone.
    pub fn thread(&self, key: ThreadKey) -> Option<&Thread> {
        let _ = key;
        None
    }

    /// The thread with this id.
    pub fn by_tid(&self, tid: i64) -> Option<&Thread> {
        let _ = tid;
        None
    }

    /// The main thread of a thread's process.
    pub fn leader(&self, thread: &Thread) -> Option<&Thread> {
        self.by_tid(thread.pid)
    }

    /// The parent of a thread.
    pub fn parent(&self, thread: &Thread) -> Option<&Thread> {
        self.by_tid(thread.ptid)
    }

    /// The descriptors that a thread uses.
    pub fn fds(&self, thread: &Thread) -> Option<&FdTable> {
        let _ = thread;
        None
    }

    /// The cgroups behind an id, as NUL-separated `subsystem=path`.
    pub fn cgroups(&self, id: CgroupId) -> &BStr {
        let _ = id;
        BStr::new("")
    }

    /// The user with this id, from the user database of a container (the first 12 characters of
    /// its id; empty for the host's).
    pub fn user(&self, container: &BStr, uid: u32) -> Option<&UserEntry> {
        let _ = (container, uid);
        None
    }

    /// The group with this id, from the group database of a container as for [`State::user`].
    pub fn group(&self, container: &BStr, gid: u32) -> Option<&GroupEntry> {
        let _ = (container, gid);
        None
    }

    /// The machine.
    pub fn machine(&self) -> &Machine {
        static UNKNOWN: Machine = Machine {
            num_cpus: 0,
            memory_bytes: 0,
            max_pid: 0,
            hostname: bstr::BString::new(Vec::new()),
            boot_ts: 0,
            flags: 0,
        };
        &UNKNOWN
    }

    /// The network interfaces.
    pub fn interfaces(&self) -> &[Interface] {
        &[]
    }
}
