//! What each event changes.
//!
//! Which parameter means what follows the event schema; where upstream's reading of an event
//! differs from the kernel's semantics in a way that rules can see, upstream's is kept: the same
//! capture must give the same alerts. So `prctl(PR_SET_NAME)` does not change the name of a
//! thread and `setpgid` not its group: both are known again at the next `execve`.

mod fd;
mod ids;
mod net;
mod process;

use std::sync::LazyLock;

use bstr::{BStr, BString, ByteSlice as _};
use lanner_event::schema::EVENT_COUNT;
use lanner_event::{Event, EventFlags, EventType as T, ParamType};

use crate::thread::{Thread, flags};
use crate::threads::Entry;
use crate::{State, Subject};

/// The working directory, where a descriptor of a directory is expected.
const AT_FDCWD: i64 = -100;

/// The largest enter half that is kept.
const MAX_ENTER: usize = 64 * 1024;

/// For each event type the parameter that holds the descriptor that it uses.
static USED_FD: LazyLock<[Option<u8>; EVENT_COUNT]> = LazyLock::new(|| {
    let mut places = [None; EVENT_COUNT];
    for ty in T::all() {
        let info = ty.info();
        if !info.has(EventFlags::USES_FD) {
            continue;
        }
        // The first parameter of an exit is what the call returned.
        let from = usize::from(!ty.is_enter());
        let found = info
            .params
            .iter()
            .skip(from)
            .position(|p| p.ty == ParamType::Fd);
        places[usize::from(ty.0)] = match ty {
            // Upstream shows the descriptor that is written to.
            T::SYSCALL_SPLICE_X => Some(2),
            _ => found.map(|i| (i + from) as u8),
        };
    }
    places
});

impl State {
    /// Takes in an event and tells what it is about.
    pub fn apply(&mut self, event: &Event<'_>) -> Subject {
        self.settle();
        self.now = self.now.max(event.ts);
        let mut subject = Subject::default();
        let ty = event.ty;
        match ty {
            T::USER_ADDED_E | T::USER_DELETED_E | T::GROUP_ADDED_E | T::GROUP_DELETED_E => {
                self.user_event(event);
                return subject;
            }
            T::CONTAINER_E
            | T::CONTAINER_JSON_E
            | T::CONTAINER_JSON_2_E
            | T::PLUGINEVENT_E
            | T::ASYNCEVENT_E => return subject,
            T::SYSCALL_CLONE_20_X
            | T::SYSCALL_FORK_20_X
            | T::SYSCALL_VFORK_20_X
            | T::SYSCALL_CLONE3_X => {
                self.clone_exit(event, &mut subject);
                self.drop_enter(&subject);
                return subject;
            }
            T::PROCEXIT_1_E => {
                self.thread_exit(event, &mut subject);
                return subject;
            }
            T::SCHEDSWITCH_6_E => {
                if let Some(slot) = self.threads.find(event.tid) {
                    subject.thread = Some(self.threads.key(slot));
                    self.context_switch(event, slot);
                }
                return subject;
            }
            _ => {}
        }
        if event.info().has(EventFlags::SKIP_PARSE_RESET) {
            if ty == T::PROCINFO_E {
                subject.thread = self.threads.find(event.tid).map(|s| self.threads.key(s));
            }
            return subject;
        }
        let Some(slot) = self.acting(event.tid) else {
            return subject;
        };
        subject.thread = Some(self.threads.key(slot));
        subject.fd = self.used_fd(event);
        let Some(entry) = self.threads.get_mut(slot) else {
            return subject;
        };
        entry.last_event = event.ts;
        entry.thread.flags |= flags::ACTIVE;
        if ty.is_enter() {
            self.keep_enter(event, slot);
            return subject;
        }
        if event.ts < entry.known_since {
            entry.enter.clear();
            subject.fd = subject.fd.or_else(|| created_fd(event));
            return subject;
        }
        if entry.enter.is_empty() {
            self.dispatch(event, None, slot, &mut subject);
            return subject;
        }
        let enter = std::mem::take(&mut entry.enter);
        let half = Event::parse(&enter, event.cpu, 0)
            .ok()
            .filter(|half| is_half_of(half.ty, ty));
        if half.is_some() {
            self.counters.enters_used += 1;
        }
        self.dispatch(event, half.as_ref(), slot, &mut subject);
        // The room is kept for the next call.
        if let Some(entry) = self.threads.get_mut(slot) {
            entry.enter = enter;
            entry.enter.clear();
        }
        subject
    }

    /// Carries out what had to wait until rules saw the last event.
    #[inline]
    pub fn settle(&mut self) {
        if self.pending.close.is_some() || self.pending.exit.is_some() || self.live.is_some() {
            self.settle_pending();
        }
    }

    fn settle_pending(&mut self) {
        if let Some((files, fd)) = self.pending.close.take()
            && let Some(old) = self.files.get_mut(files).remove(fd)
        {
            self.counters.fds_removed += 1;
            self.keep_spare(old);
        }
        if let Some(slot) = self.pending.exit.take()
            && let Some(entry) = self.threads.get(slot)
        {
            let (ptid, tid) = (entry.thread.ptid, entry.thread.tid);
            self.exits.record(ptid, tid, self.now);
            self.remove_thread(slot);
        }
        self.purge_some();
    }

    fn dispatch(
        &mut self,
        event: &Event<'_>,
        enter: Option<&Event<'_>>,
        slot: u32,
        subject: &mut Subject,
    ) {
        match event.ty {
            T::SYSCALL_OPEN_X
            | T::SYSCALL_CREAT_X
            | T::SYSCALL_OPENAT_2_X
            | T::SYSCALL_OPENAT2_X
            | T::SYSCALL_OPEN_BY_HANDLE_AT_X => self.open(event, enter, slot, subject),
            T::SYSCALL_CLOSE_X => self.close(event, slot, subject),
            T::SYSCALL_READ_X
            | T::SYSCALL_READV_X
            | T::SYSCALL_PREAD_X
            | T::SYSCALL_PREADV_X
            | T::SYSCALL_WRITE_X
            | T::SYSCALL_WRITEV_X
            | T::SYSCALL_PWRITE_X
            | T::SYSCALL_PWRITEV_X => self.transfer(event, slot, subject, None),
            T::SOCKET_RECVFROM_X => self.transfer(event, slot, subject, Some(2)),
            T::SOCKET_RECVMSG_X => self.transfer(event, slot, subject, Some(3)),
            T::SOCKET_RECV_X
            | T::SOCKET_RECVMMSG_X
            | T::SOCKET_SEND_X
            | T::SOCKET_SENDTO_X
            | T::SOCKET_SENDMSG_X
            | T::SOCKET_SENDMMSG_X => self.transfer(event, slot, subject, Some(4)),
            T::SYSCALL_BRK_4_X | T::SYSCALL_MMAP_X | T::SYSCALL_MMAP2_X | T::SYSCALL_MUNMAP_X => {
                self.memory(event, slot);
            }
            T::SYSCALL_EXECVE_19_X | T::SYSCALL_EXECVEAT_X => {
                self.exec(event, enter, slot, subject);
            }
            T::SOCKET_SOCKET_X => self.socket(event, slot, subject),
            T::SOCKET_BIND_X => self.bind(event, slot, subject),
            T::SOCKET_CONNECT_X => self.connect(event, enter, slot, subject),
            T::SOCKET_ACCEPT_5_X | T::SOCKET_ACCEPT4_6_X => self.accept(event, slot, subject),
            T::SOCKET_SOCKETPAIR_X => self.socketpair(event, slot, subject),
            T::SOCKET_GETSOCKOPT_X => self.getsockopt(event, slot, subject),
            T::SYSCALL_DUP_1_X | T::SYSCALL_DUP2_X | T::SYSCALL_DUP3_X => {
                self.dup(event, slot, subject);
            }
            T::SYSCALL_FCNTL_X => self.fcntl(event, slot, subject),
            T::SYSCALL_CLOSE_RANGE_X => self.close_range(event, slot),
            T::SYSCALL_PIPE_X | T::SYSCALL_PIPE2_X => self.pipe(event, slot, subject),
            T::SYSCALL_EVENTFD_X
            | T::SYSCALL_EVENTFD2_X
            | T::SYSCALL_SIGNALFD_X
            | T::SYSCALL_SIGNALFD4_X
            | T::SYSCALL_TIMERFD_CREATE_X
            | T::SYSCALL_INOTIFY_INIT_X
            | T::SYSCALL_INOTIFY_INIT1_X
            | T::SYSCALL_BPF_2_X
            | T::SYSCALL_USERFAULTFD_X
            | T::SYSCALL_IO_URING_SETUP_X
            | T::SYSCALL_EPOLL_CREATE_X
            | T::SYSCALL_EPOLL_CREATE1_X => self.anonymous(event, slot, subject),
            T::SYSCALL_MEMFD_CREATE_X => self.memfd_create(event, slot, subject),
            T::SYSCALL_PIDFD_OPEN_X => self.pidfd_open(event, slot, subject),
            T::SYSCALL_PIDFD_GETFD_X => self.pidfd_getfd(event, slot, subject),
            T::SYSCALL_CHDIR_X | T::SYSCALL_GETCWD_X => self.chdir(event, slot),
            T::SYSCALL_FCHDIR_X => self.fchdir(event, slot, subject),
            T::SYSCALL_CHROOT_X => self.chroot(event, slot),
            T::SYSCALL_SETSID_X => self.setsid(event, slot),
            T::SYSCALL_SETUID_X => self.set_uid(event, slot, 1),
            T::SYSCALL_SETRESUID_X | T::SYSCALL_SETREUID_X => self.set_uid(event, slot, 2),
            T::SYSCALL_SETGID_X => self.set_gid(event, slot, 1),
            T::SYSCALL_SETRESGID_X | T::SYSCALL_SETREGID_X => self.set_gid(event, slot, 2),
            T::SYSCALL_CAPSET_X => self.capset(event, slot),
            T::SYSCALL_UNSHARE_X => self.unshare(event, slot, 1),
            T::SYSCALL_SETNS_X => self.unshare(event, slot, 2),
            T::SYSCALL_GETRLIMIT_X | T::SYSCALL_SETRLIMIT_X => self.rlimit(event, slot),
            T::SYSCALL_PRLIMIT_X => self.prlimit(event),
            T::SYSCALL_PRCTL_X => self.prctl(event, slot),
            _ => self.count_missing_fd(slot, subject),
        }
    }

    /// The thread that causes an event: the one in the table, the one that the machine knows, or
    /// one that is made up. `None` if the table is full.
    fn acting(&mut self, tid: i64) -> Option<u32> {
        if let Some(slot) = self.threads.find_recent(tid) {
            return Some(slot);
        }
        self.learn(tid)
    }

    /// Brings a thread that is missing into the table.
    fn learn(&mut self, tid: i64) -> Option<u32> {
        if tid < 0 {
            return None;
        }
        self.counters.threads_missing += 1;
        if self.threads.len() >= self.limits.threads {
            self.counters.threads_refused += 1;
            return None;
        }
        if let Some(slot) = self.recover(tid) {
            return Some(slot);
        }
        self.counters.threads_invented += 1;
        self.counters.threads_added += 1;
        let files = self.files.add(Default::default());
        let entry = Entry::new(Thread::invented(tid), files);
        Some(self.threads.insert(entry))
    }

    /// Asks the machine for a thread that is missing, and for the main thread of its process if
    /// that is missing, too: it has the descriptors.
    fn recover(&mut self, tid: i64) -> Option<u32> {
        let now = self.now;
        let found = self.live.as_mut()?.thread(tid, now)?;
        let pid = found.thread.pid;
        if found.thread.tid != tid {
            return None;
        }
        if pid != tid
            && self.threads.find(pid).is_none()
            && let Some(main) = self.live.as_mut()?.thread(pid, now)
            && main.thread.tid == pid
        {
            self.add_found(main);
        }
        let slot = self.add_found(found)?;
        self.counters.threads_recovered += 1;
        Some(slot)
    }

    /// The descriptor that an event uses, as it says itself.
    fn used_fd(&self, event: &Event<'_>) -> Option<i64> {
        let place = (*USED_FD.get(usize::from(event.ty.0))?)?;
        event.int(usize::from(place)).filter(|fd| *fd != -1)
    }

    fn count_missing_fd(&mut self, slot: u32, subject: &Subject) {
        if let Some(fd) = subject.fd
            && self
                .threads
                .get(slot)
                .is_some_and(|e| self.files.get(e.files).get(fd).is_none())
        {
            self.counters.fds_missing += 1;
        }
    }

    /// Keeps an enter half for the exit of its call.
    fn keep_enter(&mut self, event: &Event<'_>, slot: u32) {
        let wanted = match event.ty {
            T::SYSCALL_OPEN_E
            | T::SYSCALL_CREAT_E
            | T::SYSCALL_OPENAT_2_E
            | T::SYSCALL_OPENAT2_E
            | T::SYSCALL_EXECVE_19_E => event.value(0).is_some(),
            T::SYSCALL_EXECVEAT_E | T::SOCKET_CONNECT_E => true,
            _ => false,
        };
        if !wanted || event.bytes().len() > MAX_ENTER {
            return;
        }
        if let Some(entry) = self.threads.get_mut(slot) {
            entry.enter.clear();
            entry.enter.extend_from_slice(event.bytes());
            self.counters.enters_stored += 1;
        }
    }

    fn drop_enter(&mut self, subject: &Subject) {
        if let Some(key) = subject.thread
            && let Some(entry) = self.threads.get_mut(key.slot)
        {
            entry.enter.clear();
        }
    }

    /// The directory that relative paths of a thread start from, with a slash at the end.
    fn cwd(&self, slot: u32) -> &BStr {
        let Some(entry) = self.threads.get(slot) else {
            return BStr::new("./");
        };
        if entry.thread.is_main() {
            return entry.thread.cwd.as_bstr();
        }
        match self.threads.by_tid(entry.thread.pid) {
            Some(leader) if leader.thread.is_main() => leader.thread.cwd.as_bstr(),
            _ => BStr::new("./"),
        }
    }
}

/// Whether `enter` is the enter half of the call that ends with `exit`. A successful `execveat`
/// ends as an `execve`.
fn is_half_of(enter: T, exit: T) -> bool {
    enter.0 + 1 == exit.0 || (enter == T::SYSCALL_EXECVEAT_E && exit == T::SYSCALL_EXECVE_19_X)
}

/// The descriptor that a successful call gave, for events whose first parameter is that.
fn created_fd(event: &Event<'_>) -> Option<i64> {
    let info = event.info();
    if !info.has(EventFlags::CREATES_FD) {
        return None;
    }
    let first = info.params.first()?;
    (first.ty == ParamType::Fd)
        .then(|| event.int(0))?
        .filter(|fd| *fd >= 0)
}

/// Text of a parameter; what is missing reads `<NA>`, as upstream has it.
fn text<'a>(event: &Event<'a>, index: usize) -> &'a [u8] {
    match event.value(index) {
        None => b"<NA>",
        Some(b"(NULL)\0") => b"<NA>",
        Some(bytes) => bytes.find_byte(0).map_or(bytes, |nul| &bytes[..nul]),
    }
}

/// Strings with a NUL after each, whether or not the last has one.
pub(crate) fn terminated(strings: &[u8]) -> BString {
    let mut out = BString::new(Vec::with_capacity(strings.len() + 1));
    out.extend_from_slice(strings);
    if out.last().is_some_and(|last| *last != 0) {
        out.push(0);
    }
    out
}

/// Whether `kept` is what [`terminated`] makes of `raw`.
pub(crate) fn same_strings(kept: &[u8], raw: &[u8]) -> bool {
    match raw.last() {
        None | Some(0) => kept == raw,
        Some(_) => kept.split_last() == Some((&0, raw)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_descriptor_of_an_event_is_where_the_interface_says() {
        for (ty, expect) in [
            (T::SYSCALL_CLOSE_X, Some(1)),
            (T::SYSCALL_READ_X, Some(2)),
            (T::SOCKET_CONNECT_X, Some(2)),
            (T::SOCKET_RECVFROM_X, Some(3)),
            (T::SOCKET_RECVMSG_X, Some(5)),
            (T::SYSCALL_MMAP_X, Some(8)),
            (T::SYSCALL_SPLICE_X, Some(2)),
            (T::SYSCALL_SENDFILE_X, Some(2)),
            (T::SYSCALL_DUP3_X, Some(1)),
            (T::SYSCALL_SYMLINKAT_X, Some(2)),
            (T::SYSCALL_OPENAT_2_X, None),
            (T::SYSCALL_CLOSE_E, Some(0)),
            (T::SOCKET_SOCKET_X, None),
        ] {
            assert_eq!(USED_FD[usize::from(ty.0)], expect, "{}", ty.info().symbol);
        }
    }

    #[test]
    fn strings_are_compared_as_they_would_be_kept() {
        for raw in [&b""[..], b"a", b"a\0", b"a\0b", b"a\0\0"] {
            assert!(same_strings(&terminated(raw), raw), "{raw:?}");
        }
        assert!(!same_strings(b"a\0", b"b"));
        assert!(!same_strings(b"", b"b"));
    }
}
