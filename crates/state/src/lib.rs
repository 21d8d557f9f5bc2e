//! What is known of the machine: threads, file descriptors, users and groups, as events change
//! them.
//!
//! [`State::apply`] takes each event before rules see it and tells which thread and descriptor it
//! is about ([`Subject`]); [`State::settle`] carries out afterwards what must not happen before
//! (the removal of a closed descriptor or of a thread that exited). One writer: the engine thread.
//! Bounded: past the limits, entries are refused and counted.
//!
//! # Starting
//!
//! Live, the order is: attach the probe, read `/proc` ([`scan`]), [`State::seed_scan`], then apply
//! the events that the probe buffered meanwhile. Nothing is lost between the scan and the first
//! event, and what was read later than an event happened is not overwritten by it: every thread
//! remembers when it was read, and an older event tells rules who did what but changes nothing
//! about that thread. A replay starts with [`State::seed`].
//!
//! Depends on `lanner-event` only.
#![forbid(unsafe_code)]

mod apply;
mod cgroups;
mod exits;
pub mod fd;
mod files;
mod live;
mod path;
mod purge;
pub mod scan;
mod seed;
mod snapshot;
mod sock;
pub mod thread;
mod threads;
pub mod users;

pub use fd::{Fd, FdTable, FdType, Role, Socket};
pub use live::{Found, Live};
pub use thread::{CgroupId, Image, Thread, ThreadKey};
pub use users::{Database, Group, User};

use bstr::BStr;
use lanner_event::snapshot::{Interface, Machine};

use cgroups::Cgroups;
use exits::Exits;
use files::{Files, FilesId};
use threads::Threads;
use users::Users;

/// What an event is about, as [`State::apply`] found it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The thread that caused it.
    pub thread: Option<ThreadKey>,
    /// The number of the descriptor it creates, destroys or uses, if it is one of those events;
    /// negative where the call was given a negative number (−100 is the working directory). What
    /// Falco prints as `fd.num` is −1 where this is `None`.
    pub fd: Option<i64>,
    /// This event changed the address of a datagram socket, or gave a descriptor its name
    /// (`fd.name_changed`).
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

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            threads: 262_144,
            fds_per_process: 16_384,
        }
    }
}

/// What was done and what went wrong so far. The names in quotes are those of Falco's metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Threads put in the table (`n_added_threads`).
    pub threads_added: u64,
    /// Threads taken out of it (`n_removed_threads`).
    pub threads_removed: u64,
    /// Threads that an event needed and the table did not have (`n_failed_thread_lookups`).
    pub threads_missing: u64,
    /// Threads refused because the table was full (`n_drops_full_threadtable`).
    pub threads_refused: u64,
    /// Of the missing, those that `/proc` still had.
    pub threads_recovered: u64,
    /// Of the missing, those made up because nothing was known of them.
    pub threads_invented: u64,
    /// Threads found dead without their exit having been seen.
    pub threads_purged: u64,
    /// Descriptors put in tables (`n_added_fds`).
    pub fds_added: u64,
    /// Descriptors taken out of them by `close` (`n_removed_fds`).
    pub fds_removed: u64,
    /// Descriptors that an event used and its table did not have (`n_failed_fd_lookups`).
    pub fds_missing: u64,
    /// Descriptors refused because their process had too many.
    pub fds_refused: u64,
    /// Enter halves kept for the exit of their call (`n_stored_evts`).
    pub enters_stored: u64,
    /// Of these, used (`n_retrieved_evts`).
    pub enters_used: u64,
}

/// What a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// Which table.
    pub name: &'static str,
    /// How many entries.
    pub entries: usize,
    /// About how many bytes they take. What forked processes still share counts for each.
    pub bytes: usize,
}

/// What waits until rules saw the event.
#[derive(Clone, Copy, Debug, Default)]
struct Pending {
    close: Option<(FilesId, i64)>,
    exit: Option<u32>,
}

/// Everything that is known of the machine.
#[derive(Default)]
pub struct State {
    limits: Limits,
    threads: Threads,
    files: Files,
    cgroups: Cgroups,
    users: Users,
    machine: Machine,
    interfaces: Vec<Interface>,
    counters: Counters,
    exits: Exits,
    pending: Pending,
    /// Descriptors that were closed, kept for the room of their texts.
    spare: Vec<Fd>,
    scratch: Vec<u8>,
    live: Option<live::Budgeted>,
    purge: purge::Purge,
    /// The time of the latest event.
    now: u64,
}

impl State {
    /// An empty state with these limits.
    pub fn new(limits: Limits) -> State {
        State {
            limits,
            ..State::default()
        }
    }

    /// The thread behind a key, unless it is gone.
    #[inline]
    pub fn thread(&self, key: ThreadKey) -> Option<&Thread> {
        self.threads.resolve(key).map(|e| &e.thread)
    }

    /// The thread with this id.
    pub fn by_tid(&self, tid: i64) -> Option<&Thread> {
        self.threads.by_tid(tid).map(|e| &e.thread)
    }

    /// The main thread of a thread's process.
    pub fn leader(&self, thread: &Thread) -> Option<&Thread> {
        self.by_tid(thread.pid)
    }

    /// The parent of a thread.
    pub fn parent(&self, thread: &Thread) -> Option<&Thread> {
        self.by_tid(thread.ptid)
    }

    /// All threads, in no meaningful order.
    pub fn threads(&self) -> impl Iterator<Item = &Thread> {
        self.threads.slots().map(|(_, e)| &e.thread)
    }

    /// The descriptors that a thread uses.
    pub fn fds(&self, thread: &Thread) -> Option<&FdTable> {
        let entry = self.threads.by_tid(thread.tid)?;
        Some(self.files.get(entry.files))
    }

    /// The descriptors that the thread behind a key uses.
    #[inline]
    pub fn fds_of(&self, key: ThreadKey) -> Option<&FdTable> {
        let entry = self.threads.resolve(key)?;
        Some(self.files.get(entry.files))
    }

    /// The cgroups behind an id, as NUL-separated `subsystem=path` with the names of cgroup v1
    /// (`memory`, `blkio`…); no NUL at the end.
    pub fn cgroups(&self, id: CgroupId) -> &BStr {
        self.cgroups.get(id)
    }

    /// The user with this id, from the user database of a container (the first 12 characters of
    /// its id; empty for the host's).
    pub fn user(&self, container: &BStr, uid: u32) -> Option<&User> {
        self.users.user(container, uid)
    }

    /// The group with this id, from the group database of a container as for [`State::user`].
    pub fn group(&self, container: &BStr, gid: u32) -> Option<&Group> {
        self.users.group(container, gid)
    }

    /// All users and groups that are known of a container, as for [`State::user`].
    pub fn users(&self, container: &BStr) -> Option<&Database> {
        self.users.database(container)
    }

    /// Tells that a thread is in a container (by the first 12 characters of its id). The users
    /// and groups of the container are read from its file system, and again when a user appears
    /// that they do not have. Live only; a replay has events for it.
    pub fn meet_container(&mut self, container: &BStr, key: ThreadKey) {
        let Some(live) = &mut self.live else {
            return;
        };
        let Some(entry) = self.threads.resolve(key) else {
            return;
        };
        let (pid, uid, gid) = (entry.thread.pid, entry.thread.uid, entry.thread.gid);
        if !self.users.ask(container, uid, gid, self.now) {
            return;
        }
        match live.users_of(pid, self.now) {
            Some((users, groups)) => self.users.learn_container(container.into(), users, groups),
            None => self.users.ask_soon(container, self.now),
        }
    }

    /// The machine.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The network interfaces.
    pub fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// What was done and what went wrong so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Threads in the table (`n_threads`).
    pub fn thread_count(&self) -> usize {
        self.threads.len()
    }

    /// Open descriptors over all processes (`n_fds`). Walks the table.
    pub fn fd_count(&self) -> usize {
        self.files.tables().map(FdTable::len).sum()
    }

    /// Distinct sets of cgroups in use.
    pub fn cgroup_count(&self) -> usize {
        self.cgroups.len()
    }

    /// What the tables hold, and about how much memory that takes. Walks them.
    pub fn tables(&self) -> Vec<Table> {
        let heap = |texts: &[&bstr::BString]| texts.iter().map(|t| t.capacity()).sum::<usize>();
        let mut threads = self.threads.slot_count() as usize * size_of::<threads::Entry>();
        for (_, entry) in self.threads.slots() {
            let (thread, image) = (&entry.thread, &entry.thread.image);
            threads += heap(&[&thread.comm, &thread.cwd, &thread.root]) + entry.enter.capacity();
            // Threads of a process share what they run.
            let texts = heap(&[&image.exe, &image.exepath, &image.args, &image.env]);
            threads += (texts + size_of::<Image>()) / std::sync::Arc::strong_count(image);
        }
        let mut fds = 0;
        for (_, fd) in self.files.tables().flat_map(FdTable::iter) {
            let socket = fd.socket.as_ref().map_or(0, |_| size_of::<Socket>());
            fds += size_of::<Fd>() + heap(&[&fd.name, &fd.raw_name]) + socket;
        }
        let table = |name, entries, bytes| Table {
            name,
            entries,
            bytes,
        };
        vec![
            table("threads", self.thread_count(), threads),
            table("fds", self.fd_count(), fds),
            table("cgroups", self.cgroup_count(), self.cgroups.bytes()),
            table(
                "users",
                self.users.len(),
                self.users.len() * size_of::<User>(),
            ),
        ]
    }

    /// Processes in the table.
    pub fn process_count(&self) -> usize {
        self.threads.group_count()
    }
}

#[cfg(test)]
mod tests;
