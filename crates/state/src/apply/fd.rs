//! Descriptors of files and of everything without an address.

use std::io::Write as _;

use lanner_event::{Event, EventType as T};

use super::{AT_FDCWD, text};
use crate::fd::{Fd, FdType, open_flags};
use crate::files::FilesId;
use crate::{State, Subject, path};

/// Closed descriptors that are kept for the room of their texts, and the most room that one keeps.
const MAX_SPARE: usize = 64;
const MAX_ROOM: usize = 512;

/// Flags that the probe adds to those of the caller.
const ADDED: u32 = !(open_flags::CREATED - 1);

/// `FD_UPPER_LAYER_CREAT` and `FD_LOWER_LAYER_CREAT` of `creat`.
const CREAT_UPPER: u64 = 1;
const CREAT_LOWER: u64 = 2;

/// Commands of `fcntl`.
const F_DUPFD: u64 = 1;
const F_SETFD: u64 = 3;
const F_DUPFD_CLOEXEC: u64 = 0x1a;

/// `FD_CLOEXEC`, the argument of `F_SETFD`.
const FD_CLOEXEC: u64 = 1;

/// Flags of `close_range`.
const RANGE_UNSHARE: u64 = 2;
const RANGE_CLOEXEC: u64 = 4;

/// `EPOLL_CLOEXEC` and `MFD_CLOEXEC` in the capture format.
const FIRST_BIT: u32 = 1;

impl State {
    /// The open family.
    pub(super) fn open(
        &mut self,
        event: &Event<'_>,
        enter: Option<&Event<'_>>,
        slot: u32,
        subject: &mut Subject,
    ) {
        let Some(number) = event.int(0).filter(|fd| *fd >= 0) else {
            return;
        };
        let Some(files) = self.threads.get(slot).map(|e| e.files) else {
            return;
        };
        let mut call = Call::of(event);
        if let Some(enter) = enter {
            call.trust(enter);
        }
        let mut fd = self.new_fd();
        fd.ty = if call.flags & open_flags::DIRECTORY != 0 {
            FdType::Directory
        } else {
            FdType::File
        };
        fd.open_flags = call.flags;
        fd.cloexec = call.flags & open_flags::CLOEXEC != 0;
        fd.dev = call.dev;
        fd.ino = call.ino;
        path::squeeze(call.name, &mut fd.raw_name);
        self.resolve(slot, call.dirfd, call.name, &mut fd.name);
        self.add_fd(files, number, fd, subject);
    }

    /// Writes the absolute form of a path to `out`.
    fn resolve(&self, slot: u32, dirfd: Option<i64>, name: &[u8], out: &mut Vec<u8>) {
        if name.starts_with(b"/") {
            return path::join(b"", name, out);
        }
        match dirfd {
            None => path::join(b"", name, out),
            Some(AT_FDCWD) => path::join(self.cwd(slot), name, out),
            Some(dirfd) => {
                let dir = self
                    .threads
                    .get(slot)
                    .and_then(|e| self.files.get(e.files).get(dirfd));
                match dir {
                    None => path::join(b"<UNKNOWN>", name, out),
                    Some(dir) if dir.name.is_empty() || dir.name.ends_with(b"/") => {
                        path::join(&dir.name, name, out);
                    }
                    Some(dir) => {
                        let mut base = dir.name.to_vec();
                        base.push(b'/');
                        path::join(&base, name, out);
                    }
                }
            }
        }
    }

    /// The directory that `name` is relative to, with a slash at the end; empty if `name` is
    /// absolute, `None` if the directory is not known.
    pub(super) fn directory(&self, slot: u32, dirfd: i64, name: &[u8]) -> Option<Vec<u8>> {
        if name.starts_with(b"/") {
            return Some(Vec::new());
        }
        if dirfd == AT_FDCWD {
            return Some(self.cwd(slot).to_vec());
        }
        let entry = self.threads.get(slot)?;
        let mut dir = self.files.get(entry.files).get(dirfd)?.name.to_vec();
        if !dir.is_empty() && !dir.ends_with(b"/") {
            dir.push(b'/');
        }
        Some(dir)
    }

    pub(super) fn close(&mut self, event: &Event<'_>, slot: u32, subject: &Subject) {
        let (Some(fd), Some(entry)) = (subject.fd, self.threads.get(slot)) else {
            return;
        };
        if event.int(0).is_none_or(|res| res < 0) {
            return;
        }
        if self.files.get(entry.files).get(fd).is_some() {
            self.pending.close = Some((entry.files, fd));
        } else {
            self.counters.fds_missing += 1;
        }
    }

    pub(super) fn close_range(&mut self, event: &Event<'_>, slot: u32) {
        let (Some(first), Some(last)) = (event.uint(1), event.uint(2)) else {
            return;
        };
        if event.int(0).is_none_or(|res| res < 0) {
            return;
        }
        let bits = event.uint(3).unwrap_or(0);
        if bits & RANGE_UNSHARE != 0 {
            self.own_files(slot);
        }
        let Some(files) = self.threads.get(slot).map(|e| e.files) else {
            return;
        };
        let table = self.files.get_mut(files);
        let range = first as i64..=last as i64;
        if bits & RANGE_CLOEXEC != 0 {
            table.change(
                range,
                |fd| !fd.cloexec,
                |fd| {
                    fd.cloexec = true;
                    fd.open_flags |= open_flags::CLOEXEC;
                },
            );
        } else {
            let removed = table.remove_all(range, |_| true);
            self.counters.fds_removed += removed as u64;
        }
    }

    /// `dup`, `dup2`, `dup3`.
    pub(super) fn dup(&mut self, event: &Event<'_>, slot: u32, subject: &mut Subject) {
        let cloexec = event.ty == T::SYSCALL_DUP3_X
            && event.uint(3).unwrap_or(0) as u32 & open_flags::CLOEXEC != 0;
        self.duplicate(event.int(0), slot, cloexec, subject);
    }

    pub(super) fn fcntl(&mut self, event: &Event<'_>, slot: u32, subject: &mut Subject) {
        let Some(command) = event.uint(2) else {
            return;
        };
        match command {
            F_DUPFD | F_DUPFD_CLOEXEC => {
                self.duplicate(event.int(0), slot, command == F_DUPFD_CLOEXEC, subject);
            }
            F_SETFD if event.int(0).is_some_and(|res| res >= 0) => {
                let cloexec = event.uint(3).unwrap_or(0) & FD_CLOEXEC != 0;
                if let (Some(number), Some(entry)) = (subject.fd, self.threads.get(slot))
                    && let Some(fd) = self.files.get_mut(entry.files).get_mut(number)
                {
                    set_cloexec(fd, cloexec);
                }
            }
            _ => self.count_missing_fd(slot, subject),
        }
    }

    /// Makes `to` a second number of the descriptor that the event uses.
    fn duplicate(&mut self, to: Option<i64>, slot: u32, cloexec: bool, subject: &mut Subject) {
        let (Some(to), Some(from)) = (to.filter(|fd| *fd >= 0), subject.fd) else {
            return;
        };
        let Some(files) = self.threads.get(slot).map(|e| e.files) else {
            return;
        };
        let mut new = self.new_fd();
        let Some(old) = self.files.get(files).get(from) else {
            self.counters.fds_missing += 1;
            return self.keep_spare(new);
        };
        copy(old, &mut new);
        set_cloexec(&mut new, cloexec);
        self.add_fd(files, to, new, subject);
        subject.fd_name_changed = false;
    }

    /// `pipe`, `pipe2`.
    pub(super) fn pipe(&mut self, event: &Event<'_>, slot: u32, subject: &mut Subject) {
        if event.int(0).is_none_or(|res| res < 0) {
            return;
        }
        let bits = match event.ty {
            T::SYSCALL_PIPE2_X => event.uint(4).unwrap_or(0) as u32,
            _ => 0,
        };
        let Some(files) = self.threads.get(slot).map(|e| e.files) else {
            return;
        };
        for end in [event.int(1), event.int(2)] {
            let Some(number) = end.filter(|fd| *fd >= 0) else {
                continue;
            };
            let mut fd = self.new_fd();
            fd.ty = FdType::Pipe;
            fd.ino = event.uint(3).unwrap_or(0);
            fd.open_flags = bits;
            fd.cloexec = bits & open_flags::CLOEXEC != 0;
            self.add_fd(files, number, fd, subject);
        }
    }

    /// Calls that return a descriptor without a name.
    pub(super) fn anonymous(&mut self, event: &Event<'_>, slot: u32, subject: &mut Subject) {
        let Some(number) = event.int(0).filter(|fd| *fd >= 0) else {
            return;
        };
        let Some(files) = self.threads.get(slot).map(|e| e.files) else {
            return;
        };
        let bits = |index| event.uint(index).unwrap_or(0) as u32;
        let (ty, flags) = match event.ty {
            T::SYSCALL_EVENTFD_X => (FdType::Event, 0),
            T::SYSCALL_EVENTFD2_X => (FdType::Event, bits(1)),
            T::SYSCALL_SIGNALFD_X => (FdType::Signal, 0),
            T::SYSCALL_SIGNALFD4_X => (FdType::Signal, bits(1)),
            T::SYSCALL_TIMERFD_CREATE_X => (FdType::Timer, bits(2)),
            T::SYSCALL_INOTIFY_INIT_X => (FdType::Inotify, 0),
            T::SYSCALL_INOTIFY_INIT1_X => (FdType::Inotify, bits(1)),
            // The kernel gives these `O_CLOEXEC` whether asked or not.
            T::SYSCALL_BPF_2_X => (FdType::Bpf, open_flags::CLOEXEC),
            T::SYSCALL_IO_URING_SETUP_X => (FdType::IoUring, open_flags::CLOEXEC),
            T::SYSCALL_USERFAULTFD_X => (FdType::UserFault, bits(1)),
            T::SYSCALL_EPOLL_CREATE1_X if bits(1) & FIRST_BIT != 0 => {
                (FdType::EventPoll, open_flags::CLOEXEC)
            }
            _ => (FdType::EventPoll, 0),
        };
        let mut fd = self.new_fd();
        fd.ty = ty;
        fd.open_flags = flags;
        fd.cloexec = flags & open_flags::CLOEXEC != 0;
        self.add_fd(files, number, fd, subject);
    }

    pub(super) fn memfd_create(&mut self, event: &Event<'_>, slot: u32, subject: &mut Subject) {
        let Some(number) = event.int(0).filter(|fd| *fd >= 0) else {
            return;
        };
        let Some(files) = self.threads.get(slot).map(|e| e.files) else {
            return;
        };
        let mut fd = self.new_fd();
        fd.ty = FdType::MemFd;
        fd.name.extend_from_slice(text(event, 1));
        fd.open_flags = event.uint(2).unwrap_or(0) as u32;
        fd.cloexec = fd.open_flags & (FIRST_BIT | open_flags::CLOEXEC) != 0;
        self.add_fd(files, number, fd, subject);
    }

    pub(super) fn pidfd_open(&mut self, event: &Event<'_>, slot: u32, subject: &mut Subject) {
        let Some(number) = event.int(0).filter(|fd| *fd >= 0) else {
            return;
        };
        let Some(files) = self.threads.get(slot).map(|e| e.files) else {
            return;
        };
        let mut fd = self.new_fd();
        fd.ty = FdType::PidFd;
        fd.pid = event.int(1).unwrap_or(-1);
        // Writing to a vector cannot fail.
        drop(write!(fd.name, "/proc/{}", fd.pid));
        fd.open_flags = event.uint(2).unwrap_or(0) as u32;
        fd.cloexec = true;
        self.add_fd(files, number, fd, subject);
    }

    pub(super) fn pidfd_getfd(&mut self, event: &Event<'_>, slot: u32, subject: &mut Subject) {
        let numbers = (event.int(0), event.int(1), event.int(2));
        let (Some(number), Some(pidfd), Some(target)) = numbers else {
            return;
        };
        let Some(files) = self.threads.get(slot).map(|e| e.files) else {
            return;
        };
        let owner = self
            .files
            .get(files)
            .get(pidfd)
            .filter(|fd| fd.ty == FdType::PidFd && number >= 0)
            .and_then(|fd| self.threads.by_tid(fd.pid))
            .map(|owner| owner.files);
        let Some(owner) = owner else {
            return;
        };
        let mut new = self.new_fd();
        let Some(old) = self.files.get(owner).get(target) else {
            return self.keep_spare(new);
        };
        copy(old, &mut new);
        set_cloexec(&mut new, true);
        self.add_fd(files, number, new, subject);
    }

    /// An empty descriptor, with room for texts if one was closed before.
    pub(super) fn new_fd(&mut self) -> Fd {
        self.spare.pop().unwrap_or_default()
    }

    /// Keeps a descriptor that is not needed any more for [`State::new_fd`].
    pub(super) fn keep_spare(&mut self, mut fd: Fd) {
        let room = fd.name.capacity().max(fd.raw_name.capacity());
        if self.spare.len() < MAX_SPARE && room <= MAX_ROOM {
            fd.reset();
            self.spare.push(fd);
        }
    }

    /// Puts a descriptor that an event created into a table.
    pub(super) fn add_fd(&mut self, files: FilesId, number: i64, fd: Fd, subject: &mut Subject) {
        subject.fd = Some(number);
        subject.fd_name_changed = !fd.name.is_empty();
        self.put_fd(files, number, fd);
    }

    /// Puts a descriptor into a table, in place of the one with this number.
    pub(crate) fn put_fd(&mut self, files: FilesId, number: i64, fd: Fd) {
        let table = self.files.get_mut(files);
        if table.len() >= self.limits.fds_per_process && table.get(number).is_none() {
            self.counters.fds_refused += 1;
            return self.keep_spare(fd);
        }
        match table.insert(number, fd) {
            Some(old) => self.keep_spare(old),
            None => self.counters.fds_added += 1,
        }
    }
}

/// What a call of the open family was given.
struct Call<'a> {
    name: &'a [u8],
    /// `None` where the path is absolute by itself.
    dirfd: Option<i64>,
    flags: u32,
    dev: u32,
    ino: u64,
}

impl<'a> Call<'a> {
    fn of(event: &Event<'a>) -> Call<'a> {
        let number = |i| event.uint(i).unwrap_or(0);
        let (name, dirfd, flags, dev, ino) = match event.ty {
            T::SYSCALL_OPEN_X => (1, Some(AT_FDCWD), number(2) as u32, 4, 5),
            T::SYSCALL_CREAT_X => {
                let layer = match number(5) {
                    l if l & CREAT_UPPER != 0 => open_flags::UPPER_LAYER,
                    l if l & CREAT_LOWER != 0 => open_flags::LOWER_LAYER,
                    _ => 0,
                };
                (1, Some(AT_FDCWD), layer, 3, 4)
            }
            T::SYSCALL_OPENAT_2_X => (2, event.int(1), number(3) as u32, 5, 6),
            T::SYSCALL_OPENAT2_X => (2, event.int(1), number(3) as u32, 6, 7),
            // The kernel's own absolute path.
            _ => (3, None, number(2) as u32, 4, 5),
        };
        Call {
            name: text(event, name),
            dirfd,
            flags,
            dev: number(dev) as u32,
            ino: number(ino),
        }
    }

    /// Takes what was read before the call ran over what was read after it: the caller may have
    /// changed the path in between. Flags that the probe added stay.
    fn trust(&mut self, enter: &Event<'a>) {
        let (name, flags, dirfd) = match enter.ty {
            T::SYSCALL_OPEN_E => (0, Some(1), None),
            T::SYSCALL_CREAT_E => (0, None, None),
            T::SYSCALL_OPENAT_2_E | T::SYSCALL_OPENAT2_E => (1, Some(2), Some(0)),
            _ => return,
        };
        let name = text(enter, name);
        if name == b"<NA>" {
            return;
        }
        self.name = name;
        if let Some(flags) = flags.and_then(|i| enter.uint(i)) {
            self.flags = flags as u32 | self.flags & ADDED;
        }
        if let Some(dirfd) = dirfd.and_then(|i| enter.int(i)) {
            self.dirfd = Some(dirfd);
        }
    }
}

fn set_cloexec(fd: &mut Fd, on: bool) {
    fd.cloexec = on;
    if on {
        fd.open_flags |= open_flags::CLOEXEC;
    } else {
        fd.open_flags &= !open_flags::CLOEXEC;
    }
}

/// Copies a descriptor into one that may have room for its texts.
fn copy(from: &Fd, to: &mut Fd) {
    let (mut name, mut raw_name) = (
        std::mem::take(&mut to.name),
        std::mem::take(&mut to.raw_name),
    );
    name.clear();
    name.extend_from_slice(&from.name);
    raw_name.clear();
    raw_name.extend_from_slice(&from.raw_name);
    *to = Fd {
        name,
        raw_name,
        socket: from.socket.clone(),
        ..*from
    };
}
