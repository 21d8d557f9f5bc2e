//! From the state to a snapshot: what a capture that begins now starts with.

use std::net::SocketAddr;

use bstr::{BStr, BString};
use lanner_event::snapshot::{FdEntry, FdKind, FdTableEntry, L4, Snapshot, ThreadEntry};

use crate::State;
use crate::fd::{Fd, FdType, Role, Socket};
use crate::thread::{Thread, flags};

/// Bits that say how a thread was followed, not how it was created.
const FOLLOWED: u32 = flags::ACTIVE | flags::NAME_CHANGED | flags::INVERTED;

impl State {
    /// The machine as it is known now. Threads that were made up are left out; descriptors are
    /// listed once for each process, under its main thread.
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot {
            machine: self.machine.clone(),
            interfaces: self.interfaces.clone(),
            ..Snapshot::default()
        };
        if let Some(host) = self.users.database(BStr::new("")) {
            snapshot.users = host.users().into_iter().cloned().collect();
            snapshot.groups = host.groups().into_iter().cloned().collect();
        }
        for (_, entry) in self.threads.slots() {
            if entry.is_invalid() {
                continue;
            }
            snapshot.threads.push(self.thread_entry(&entry.thread));
            let table = self.files.get(entry.files);
            if entry.thread.is_main() && !table.is_empty() {
                snapshot.fds.push(FdTableEntry {
                    tid: entry.thread.tid,
                    fds: table.iter().map(|(n, fd)| fd_entry(n, fd)).collect(),
                });
            }
        }
        snapshot.threads.sort_by_key(|t| t.tid);
        snapshot.fds.sort_by_key(|t| t.tid);
        snapshot
    }

    fn thread_entry(&self, t: &Thread) -> ThreadEntry {
        let image = &t.image;
        ThreadEntry {
            tid: t.tid,
            pid: t.pid,
            ptid: t.ptid,
            sid: t.sid,
            vpgid: t.vpgid,
            pgid: t.pgid,
            vtid: t.vtid,
            vpid: t.vpid,
            comm: t.comm.clone(),
            exe: image.exe.clone(),
            exepath: image.exepath.clone(),
            args: image.args.clone(),
            env: image.env.clone(),
            cwd: t.cwd.clone(),
            root: t.root.clone(),
            cgroups: self.cgroups(t.cgroups).into(),
            fdlimit: t.fdlimit,
            flags: t.flags & !FOLLOWED,
            uid: t.uid,
            gid: t.gid,
            loginuid: t.loginuid,
            tty: t.tty,
            vmsize_kb: t.vmsize_kb,
            vmrss_kb: t.vmrss_kb,
            vmswap_kb: t.vmswap_kb,
            pfmajor: t.pfmajor,
            pfminor: t.pfminor,
            clone_ts: t.clone_ts,
            pidns_init_start_ts: t.pidns_init_start_ts,
            cap_inheritable: t.cap_inheritable,
            cap_permitted: t.cap_permitted,
            cap_effective: t.cap_effective,
            exe_ino: image.exe_ino,
            exe_ino_ctime: image.exe_ino_ctime,
            exe_ino_mtime: image.exe_ino_mtime,
            exe_writable: image.exe_writable,
            exe_upper_layer: image.exe_upper_layer,
            exe_lower_layer: image.exe_lower_layer,
            exe_from_memfd: image.exe_from_memfd,
        }
    }
}

fn fd_entry(number: i64, fd: &Fd) -> FdEntry {
    let name = fd.name.clone();
    let kind = match fd.ty {
        FdType::Unknown => FdKind::Unknown,
        FdType::File => FdKind::File {
            flags: fd.open_flags,
            name,
            dev: fd.dev,
        },
        FdType::Ipv4 | FdType::Ipv6 | FdType::Ipv4Server | FdType::Ipv6Server => {
            fd.socket.as_deref().map_or(FdKind::Unknown, inet)
        }
        FdType::Unix => {
            let (source, dest) = fd.socket.as_ref().map_or((0, 0), |s| s.unix_ends);
            FdKind::Unix {
                source,
                dest,
                path: unix_path(name),
            }
        }
        FdType::Directory => FdKind::Directory { name },
        FdType::Pipe => FdKind::Fifo { name },
        FdType::Event => FdKind::Event { name },
        FdType::Signal => FdKind::SignalFd { name },
        FdType::EventPoll => FdKind::EventPoll { name },
        FdType::Inotify => FdKind::Inotify { name },
        FdType::Timer => FdKind::TimerFd { name },
        FdType::Netlink => FdKind::Netlink { name },
        FdType::Bpf => FdKind::Bpf { name },
        FdType::UserFault => FdKind::UserFaultFd { name },
        FdType::IoUring => FdKind::IoUring { name },
        FdType::MemFd => FdKind::MemFd { name },
        FdType::PidFd => FdKind::PidFd { name },
        FdType::Unsupported => FdKind::Unsupported { name },
    };
    FdEntry {
        fd: number,
        ino: fd.ino,
        kind,
    }
}

/// An internet socket: a connection with the local end first, as the kernel lists it, or what it
/// is bound to.
fn inet(socket: &Socket) -> FdKind {
    let l4: L4 = socket.l4;
    let mut ends = (socket.source, socket.dest);
    if socket.role == Role::Server && ends.0.is_some() {
        ends = (ends.1, ends.0);
    }
    match ends {
        (Some(SocketAddr::V4(s)), Some(SocketAddr::V4(d))) => FdKind::Ipv4 {
            source: (*s.ip(), s.port()),
            dest: (*d.ip(), d.port()),
            l4,
        },
        (Some(SocketAddr::V6(s)), Some(SocketAddr::V6(d))) => FdKind::Ipv6 {
            source: (*s.ip(), s.port()),
            dest: (*d.ip(), d.port()),
            l4,
        },
        (None, Some(SocketAddr::V4(a))) => FdKind::Ipv4Server {
            addr: (*a.ip(), a.port()),
            l4,
        },
        (None, Some(SocketAddr::V6(a))) => FdKind::Ipv6Server {
            addr: (*a.ip(), a.port()),
            l4,
        },
        _ => FdKind::Unknown,
    }
}

/// The path in the name of a unix socket, which may stand behind the two ends: `a->b /path`.
fn unix_path(name: BString) -> BString {
    let path = name
        .iter()
        .position(|b| *b == b' ')
        .filter(|space| name[..*space].windows(2).any(|w| w == b"->"));
    match path {
        Some(space) => name[space + 1..].into(),
        None => name,
    }
}
