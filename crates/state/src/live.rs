//! Questions to the running machine while events are applied. On replay there is nobody to ask.

use lanner_event::snapshot::{FdEntry, GroupEntry, ThreadEntry, UserEntry};

/// A thread that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The thread.
    pub thread: ThreadEntry,
    /// Its descriptors; empty for other than main threads.
    pub fds: Vec<FdEntry>,
    /// When it was read, nanoseconds since the epoch.
    pub read_at: u64,
}

/// What answers; [`crate::scan::Procfs`] does it from `/proc`.
pub trait Live: Send {
    /// The thread with this id, if it is alive.
    fn thread(&mut self, tid: i64) -> Option<Found>;

    /// One descriptor of a process.
    fn fd(&mut self, pid: i64, fd: i64) -> Option<FdEntry>;

    /// Whether the thread is alive.
    fn is_alive(&mut self, pid: i64, tid: i64) -> bool;

    /// The users and groups of the host, if they changed since they were last read.
    fn users(&mut self) -> Option<(Vec<UserEntry>, Vec<GroupEntry>)>;

    /// The users and groups that a process sees in its own file system; `None` if that is the
    /// host's, or the process is gone.
    fn users_of(&mut self, pid: i64) -> Option<(Vec<UserEntry>, Vec<GroupEntry>)>;
}

/// Questions that read many files are asked at most this often per second of event time: the
/// event path must not stand still when many start events were lost.
const PER_SECOND: u32 = 200;

pub(crate) struct Budgeted {
    live: Box<dyn Live>,
    second: u64,
    left: u32,
}

impl Budgeted {
    pub(crate) fn new(live: Box<dyn Live>) -> Budgeted {
        Budgeted {
            live,
            second: 0,
            left: PER_SECOND,
        }
    }

    pub(crate) fn thread(&mut self, tid: i64, now: u64) -> Option<Found> {
        self.spend(now).then(|| self.live.thread(tid))?
    }

    pub(crate) fn fd(&mut self, pid: i64, fd: i64, now: u64) -> Option<FdEntry> {
        self.spend(now).then(|| self.live.fd(pid, fd))?
    }

    pub(crate) fn users(&mut self, now: u64) -> Option<(Vec<UserEntry>, Vec<GroupEntry>)> {
        self.spend(now).then(|| self.live.users())?
    }

    pub(crate) fn users_of(
        &mut self,
        pid: i64,
        now: u64,
    ) -> Option<(Vec<UserEntry>, Vec<GroupEntry>)> {
        self.spend(now).then(|| self.live.users_of(pid))?
    }

    /// Costs one system call, so is not counted.
    pub(crate) fn is_alive(&mut self, pid: i64, tid: i64) -> bool {
        self.live.is_alive(pid, tid)
    }

    fn spend(&mut self, now: u64) -> bool {
        let second = now / 1_000_000_000;
        if second != self.second {
            self.second = second;
            self.left = PER_SECOND;
        }
        let granted = self.left > 0;
        self.left = self.left.saturating_sub(1);
        granted
    }
}
