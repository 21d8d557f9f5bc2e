//! From a snapshot to the state.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bstr::{BStr, BString};
use hashbrown::HashSet;
use lanner_event::snapshot::{FdEntry, FdKind, FdTableEntry, L4, Snapshot, ThreadEntry};

use crate::fd::{Fd, FdTable, FdType, Role, Socket};
use crate::live::{Budgeted, Found, Live};
use crate::scan::Scan;
use crate::thread::{Image, Thread, flags};
use crate::threads::Entry;
use crate::{State, path, sock};

impl State {
    /// Takes over a snapshot, forgetting everything before but the limits.
    pub fn seed(&mut self, snapshot: Snapshot) {
        *self = State {
            limits: self.limits,
            purge: self.purge,
            ..State::default()
        };
        self.machine = snapshot.machine;
        self.interfaces = snapshot.interfaces;
        self.users.learn_host(snapshot.users, snapshot.groups);
        // Main threads first: the others share what these have.
        let (main, others): (Vec<_>, Vec<_>) =
            snapshot.threads.into_iter().partition(|t| t.tid == t.pid);
        for thread in main.into_iter().chain(others) {
            self.seed_thread(thread);
        }
        let slots: Vec<u32> = self.threads.slots().map(|(slot, _)| slot).collect();
        for slot in slots {
            self.threads.attach(slot);
        }
        let ports = server_ports(&snapshot.fds);
        for table in snapshot.fds {
            self.seed_fds(table, &ports);
        }
    }

    /// Takes over a scan of the running machine, and keeps `live` to ask it about what events
    /// need and the scan did not see.
    ///
    /// Events may have been buffered since before the scan: what one of them would change about a
    /// thread that was read after it is left alone.
    pub fn seed_scan(&mut self, scan: Scan, live: Option<Box<dyn Live>>) {
        self.seed(scan.snapshot);
        self.read_at(scan.read_at);
        self.live = live.map(Budgeted::new);
    }

    /// Brings what was not followed until now up to the state of a scan: descriptors, working
    /// directories, credentials. Lineage and programs, which are always followed, stay as events
    /// told them; threads that were missed are added. To be called once the source reports what
    /// was not followed, with a scan that began after that.
    pub fn refresh(&mut self, scan: Scan) {
        let ports = server_ports(&scan.snapshot.fds);
        let (main, others): (Vec<_>, Vec<_>) =
            (scan.snapshot.threads.into_iter()).partition(|t| t.tid == t.pid);
        let mut added = Vec::new();
        for thread in main.into_iter().chain(others) {
            let Some(slot) = self.threads.find(thread.tid) else {
                added.extend(self.seed_thread(thread));
                continue;
            };
            let Some(entry) = self.threads.get_mut(slot) else {
                continue;
            };
            if let Some(cgroups) = self.cgroups.intern(&thread.cgroups) {
                let old = std::mem::replace(&mut entry.thread.cgroups, cgroups);
                self.cgroups.release(old);
            }
            let known = &mut entry.thread;
            if known.is_main() {
                known.cwd = directory(&thread.cwd);
            }
            known.root = thread.root;
            (known.uid, known.gid) = (thread.uid, thread.gid);
            (known.sid, known.pgid, known.vpgid) = (thread.sid, thread.pgid, thread.vpgid);
            known.loginuid = thread.loginuid;
            known.fdlimit = thread.fdlimit;
            known.cap_inheritable = thread.cap_inheritable;
            known.cap_permitted = thread.cap_permitted;
            known.cap_effective = thread.cap_effective;
        }
        for slot in added {
            self.threads.attach(slot);
        }
        for table in scan.snapshot.fds {
            if let Some(files) = self.threads.by_tid(table.tid).map(|e| e.files) {
                *self.files.get_mut(files) = FdTable::default();
            }
            self.seed_fds(table, &ports);
        }
        self.read_at(scan.read_at);
    }

    /// Remembers when threads were read.
    fn read_at(&mut self, times: impl IntoIterator<Item = (i64, u64)>) {
        for (tid, read_at) in times {
            if let Some(slot) = self.threads.find(tid)
                && let Some(entry) = self.threads.get_mut(slot)
            {
                entry.known_since = read_at;
            }
        }
    }

    /// Adds a thread that was read from the machine just now.
    pub(crate) fn add_found(&mut self, found: Found) -> Option<u32> {
        let tid = found.thread.tid;
        let slot = self.seed_thread(found.thread)?;
        if let Some(entry) = self.threads.get_mut(slot) {
            entry.known_since = found.read_at;
        }
        self.threads.attach(slot);
        let table = FdTableEntry {
            tid,
            fds: found.fds,
        };
        self.seed_fds(table, &HashSet::new());
        Some(slot)
    }

    fn seed_thread(&mut self, from: ThreadEntry) -> Option<u32> {
        if self.threads.find(from.tid).is_some() || from.tid < 0 {
            return None;
        }
        if self.threads.len() >= self.limits.threads {
            self.counters.threads_refused += 1;
            return None;
        }
        let leader = self
            .threads
            .find(from.pid)
            .filter(|_| from.tid != from.pid)
            .and_then(|slot| self.threads.get(slot));
        let image = match leader {
            Some(l) if same_program(&l.thread.image, &from) => Arc::clone(&l.thread.image),
            _ => Arc::new(image(&from)),
        };
        let shared = leader.map(|l| l.files);
        let files = match shared {
            Some(files) => self.files.share(files),
            None => self.files.add(FdTable::default()),
        };
        let cgroups = self.cgroups.intern(&from.cgroups).unwrap_or_default();
        let cwd = match from.tid == from.pid {
            true => directory(&from.cwd),
            false => BString::default(),
        };
        let thread = Thread {
            pid: from.pid,
            ptid: from.ptid,
            sid: from.sid,
            vpgid: from.vpgid,
            pgid: from.pgid,
            vtid: from.vtid,
            vpid: from.vpid,
            comm: from.comm,
            image,
            cwd,
            root: from.root,
            cgroups,
            flags: from.flags | flags::ACTIVE | flags::NAME_CHANGED,
            uid: from.uid,
            gid: from.gid,
            loginuid: from.loginuid,
            tty: from.tty,
            fdlimit: from.fdlimit,
            cap_inheritable: from.cap_inheritable,
            cap_permitted: from.cap_permitted,
            cap_effective: from.cap_effective,
            vmsize_kb: from.vmsize_kb,
            vmrss_kb: from.vmrss_kb,
            vmswap_kb: from.vmswap_kb,
            pfmajor: from.pfmajor,
            pfminor: from.pfminor,
            clone_ts: from.clone_ts,
            pidns_init_start_ts: from.pidns_init_start_ts,
            invented: false,
            ..Thread::invented(from.tid)
        };
        self.counters.threads_added += 1;
        Some(self.threads.insert(Entry::new(thread, files)))
    }

    fn seed_fds(&mut self, entry: FdTableEntry, ports: &HashSet<u16>) {
        let Some(files) = self.threads.by_tid(entry.tid).map(|e| e.files) else {
            return;
        };
        for fd in entry.fds {
            let number = fd.fd;
            if let Some(fd) = self.seed_fd(fd, ports) {
                self.put_fd(files, number, fd);
            }
        }
    }

    /// A descriptor as it was read, with its name and, for connections, its direction: one whose
    /// local port some process listens on was accepted.
    pub(crate) fn seed_fd(&mut self, from: FdEntry, ports: &HashSet<u16>) -> Option<Fd> {
        let mut fd = Fd {
            ino: from.ino,
            ..Fd::default()
        };
        let (ty, name) = match from.kind {
            FdKind::Unknown => return None,
            FdKind::File { flags, name, dev } => {
                fd.open_flags = flags;
                fd.cloexec = flags & crate::fd::open_flags::CLOEXEC != 0;
                fd.dev = dev;
                (FdType::File, name)
            }
            FdKind::Ipv4 { source, dest, l4 } => {
                let (source, dest) = (source.into(), dest.into());
                self.seed_connection(&mut fd, FdType::Ipv4, source, dest, l4, ports);
                return Some(fd);
            }
            FdKind::Ipv6 { source, dest, l4 } => {
                let (source, dest) = (SocketAddr::from(source), SocketAddr::from(dest));
                match (sock::as_v4(source), sock::as_v4(dest)) {
                    (Some(source), Some(dest)) => {
                        self.seed_connection(&mut fd, FdType::Ipv4, source, dest, l4, ports);
                    }
                    _ => self.seed_connection(&mut fd, FdType::Ipv6, source, dest, l4, ports),
                }
                return Some(fd);
            }
            FdKind::Ipv4Server { addr, l4 } => {
                (FdType::Ipv4Server, server(&mut fd, addr.into(), l4))
            }
            FdKind::Ipv6Server { addr, l4 } => {
                (FdType::Ipv6Server, server(&mut fd, addr.into(), l4))
            }
            FdKind::Unix { source, dest, path } => {
                let role = if path.is_empty() {
                    Role::Client
                } else {
                    Role::Server
                };
                fd.socket = Some(Box::new(Socket {
                    unix_ends: (source, dest),
                    role,
                    ..Socket::new(L4::NotApplicable)
                }));
                (FdType::Unix, path)
            }
            FdKind::Directory { name } => (FdType::Directory, name),
            FdKind::Fifo { name } => (FdType::Pipe, name),
            FdKind::Event { name } => (FdType::Event, name),
            FdKind::Unsupported { name } => (FdType::Unsupported, name),
            FdKind::SignalFd { name } => (FdType::Signal, name),
            FdKind::EventPoll { name } => (FdType::EventPoll, name),
            FdKind::Inotify { name } => (FdType::Inotify, name),
            FdKind::TimerFd { name } => (FdType::Timer, name),
            FdKind::Netlink { name } => (FdType::Netlink, name),
            FdKind::Bpf { name } => (FdType::Bpf, name),
            FdKind::UserFaultFd { name } => (FdType::UserFault, name),
            FdKind::IoUring { name } => (FdType::IoUring, name),
            FdKind::MemFd { name } => (FdType::MemFd, name),
            FdKind::PidFd { name } => (FdType::PidFd, name),
        };
        fd.ty = ty;
        fd.name = name;
        Some(fd)
    }

    fn seed_connection(
        &mut self,
        fd: &mut Fd,
        ty: FdType,
        source: SocketAddr,
        dest: SocketAddr,
        l4: L4,
        ports: &HashSet<u16>,
    ) {
        fd.ty = ty;
        let mut socket = Socket {
            source: Some(source),
            dest: Some(dest),
            connected: l4 == L4::Tcp,
            ..Socket::new(l4)
        };
        self.complete(&mut socket);
        socket.role = if ports.contains(&source.port()) {
            socket.swap();
            Role::Server
        } else {
            Role::Client
        };
        socket.write_pair(&mut fd.name);
        fd.socket = Some(Box::new(socket));
    }

    /// Fills in an end that is unknown (all zero) from the addresses of this machine.
    pub(crate) fn complete(&self, socket: &mut Socket) {
        let (Some(source), Some(dest)) = (socket.source, socket.dest) else {
            return;
        };
        let (missing, known) = match (source.ip().is_unspecified(), dest.ip().is_unspecified()) {
            (false, false) => return,
            (true, _) => (&mut socket.source, dest),
            (false, true) => (&mut socket.dest, source),
        };
        let Some(ip) = self.local_ip_for(known.ip()) else {
            return;
        };
        if ip == known.ip() && source.port() == dest.port() {
            return;
        }
        if let Some(addr) = missing {
            addr.set_ip(ip);
        }
    }

    /// The address that this machine would use to talk to `peer`: its own, one of the same
    /// network, or the first that is not loopback.
    fn local_ip_for(&self, peer: IpAddr) -> Option<IpAddr> {
        use lanner_event::snapshot::Interface;
        match peer {
            IpAddr::V4(peer) => {
                let own = || {
                    self.interfaces.iter().filter_map(|i| match i {
                        Interface::V4 { addr, netmask, .. } => Some((*addr, *netmask)),
                        Interface::V6 { .. } => None,
                    })
                };
                own()
                    .find(|(addr, _)| *addr == peer)
                    .or_else(|| own().find(|(addr, mask)| addr & mask == peer & mask))
                    .or_else(|| own().find(|(addr, _)| *addr != std::net::Ipv4Addr::LOCALHOST))
                    .map(|(addr, _)| addr.into())
            }
            IpAddr::V6(peer) => {
                let own = || {
                    self.interfaces.iter().filter_map(|i| match i {
                        Interface::V6 { addr, .. } => Some(*addr),
                        Interface::V4 { .. } => None,
                    })
                };
                let network = |ip: std::net::Ipv6Addr| ip.to_bits() >> 64;
                own()
                    .find(|addr| *addr == peer)
                    .or_else(|| own().find(|addr| network(*addr) == network(peer)))
                    .or_else(|| own().find(|addr| !addr.is_loopback()))
                    .map(IpAddr::from)
            }
        }
    }

    /// Reads the users of the host again if one is needed that is not known.
    pub(crate) fn need_user(&mut self, uid: u32, gid: u32) {
        let Some(live) = &mut self.live else {
            return;
        };
        if self.users.ask(BStr::new(""), uid, gid, self.now)
            && let Some((users, groups)) = live.users(self.now)
        {
            self.users.learn_host(users, groups);
        }
    }
}

/// A path in its shortest form, with a slash at its end.
fn directory(path: &[u8]) -> BString {
    let mut out = BString::default();
    path::join(b"", path, &mut out);
    if out.last() != Some(&b'/') {
        out.push(b'/');
    }
    out
}

fn server(fd: &mut Fd, addr: SocketAddr, l4: L4) -> BString {
    fd.socket = Some(Box::new(Socket {
        dest: Some(addr),
        // A datagram socket may still turn out to be a client's.
        ..Socket::new(l4)
    }));
    let mut name = BString::default();
    sock::push_addr(addr, &mut name);
    name
}

/// The ports that some process listens on.
fn server_ports(tables: &[FdTableEntry]) -> HashSet<u16> {
    tables
        .iter()
        .flat_map(|t| &t.fds)
        .filter_map(|fd| match fd.kind {
            FdKind::Ipv4Server { addr, .. } => Some(addr.1),
            FdKind::Ipv6Server { addr, .. } => Some(addr.1),
            _ => None,
        })
        .collect()
}

fn same_program(image: &Image, thread: &ThreadEntry) -> bool {
    image.exe == thread.exe
        && image.exepath == without_deleted(&thread.exepath)
        && crate::apply::same_strings(&image.args, &thread.args)
}

fn image(from: &ThreadEntry) -> Image {
    Image {
        exe: from.exe.clone(),
        exepath: without_deleted(&from.exepath).into(),
        args: crate::apply::terminated(&from.args),
        env: crate::apply::terminated(&from.env),
        exe_ino: from.exe_ino,
        exe_ino_ctime: from.exe_ino_ctime,
        exe_ino_mtime: from.exe_ino_mtime,
        exe_writable: from.exe_writable,
        exe_upper_layer: from.exe_upper_layer,
        exe_lower_layer: from.exe_lower_layer,
        exe_from_memfd: from.exe_from_memfd,
    }
}

/// The path of an executable, without what the kernel appends once the file is removed.
pub(crate) fn without_deleted(path: &[u8]) -> &[u8] {
    match path.strip_suffix(b" (deleted)") {
        Some(rest) if !rest.is_empty() => rest,
        _ => path,
    }
}
