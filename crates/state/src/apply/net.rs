//! Sockets: addresses, roles, and what messages tell of them.

use std::net::SocketAddr;

use hashbrown::HashSet;
use lanner_event::snapshot::L4;
use lanner_event::{Event, EventFlags, EventType as T};

use crate::fd::{Fd, FdType, Role, Socket, open_flags};
use crate::sock::{self, AF_INET, AF_INET6, AF_NETLINK, AF_UNIX, Addr, Tuple};
use crate::{State, Subject};

/// Kinds of sockets, in the low byte of `type`.
const SOCK_STREAM: u64 = 1;
const SOCK_DGRAM: u64 = 2;
const SOCK_RAW: u64 = 3;

/// Protocol numbers.
const IPPROTO_IP: u64 = 0;
const IPPROTO_ICMP: u64 = 1;
const IPPROTO_TCP: u64 = 6;
const IPPROTO_UDP: u64 = 17;
const IPPROTO_RAW: u64 = 255;

/// `EINPROGRESS`: a connection is being made in the background.
const EINPROGRESS: i64 = 115;

/// `SOL_SOCKET` and `SO_ERROR`.
const SOL_SOCKET: u64 = 1;
const SO_ERROR: u64 = 4;

/// `SCM_RIGHTS`, and the most descriptors that the kernel passes in one message.
const SCM_RIGHTS: u32 = 1;
const SCM_MAX_FD: usize = 253;

impl State {
    pub(super) fn socket(&mut self, event: &Event<'_>, slot: u32, subject: &mut Subject) {
        let Some(number) = event.int(0).filter(|fd| *fd >= 0) else {
            return;
        };
        let value = |i| event.uint(i).unwrap_or(0);
        let (domain, kind, protocol) = (value(1), value(2), value(3));
        let flags = value(4) as u32;
        self.add_socket(slot, number, domain, kind, protocol, flags, subject);
    }

    #[expect(clippy::too_many_arguments, reason = "the arguments of socket(2)")]
    fn add_socket(
        &mut self,
        slot: u32,
        number: i64,
        domain: u64,
        kind: u64,
        protocol: u64,
        flags: u32,
        subject: &mut Subject,
    ) {
        let Some(files) = self.threads.get(slot).map(|e| e.files) else {
            return;
        };
        let mut fd = self.new_fd();
        fd.open_flags = flags;
        fd.cloexec = flags & open_flags::CLOEXEC != 0;
        let l4 = match u8::try_from(domain) {
            Ok(AF_UNIX) => {
                fd.ty = FdType::Unix;
                Some(L4::NotApplicable)
            }
            Ok(AF_INET) => {
                fd.ty = FdType::Ipv4;
                Some(transport(kind, protocol))
            }
            Ok(AF_INET6) => {
                fd.ty = FdType::Ipv6;
                Some(transport(kind, protocol))
            }
            Ok(AF_NETLINK) => {
                fd.ty = FdType::Netlink;
                None
            }
            _ => None,
        };
        fd.socket = l4.map(|l4| Box::new(Socket::new(l4)));
        self.add_fd(files, number, fd, subject);
    }

    pub(super) fn bind(&mut self, event: &Event<'_>, slot: u32, subject: &mut Subject) {
        if event.int(0).is_none_or(|res| res < 0) {
            return;
        }
        let Some(addr) = event.value(1).and_then(sock::addr) else {
            return;
        };
        let mut name = std::mem::take(&mut self.scratch);
        sock::write_addr(addr, &mut name);
        if let Some(fd) = self.used_socket(slot, subject) {
            if let Addr::Inet(addr) = addr
                && addr.port() > 0
            {
                let addr = sock::as_v4(addr).unwrap_or(addr);
                fd.ty = match addr {
                    SocketAddr::V4(_) => FdType::Ipv4Server,
                    SocketAddr::V6(_) => FdType::Ipv6Server,
                };
                let socket = socket_of(fd);
                socket.source = None;
                socket.dest = Some(addr);
                socket.role = Role::Server;
            }
            subject.fd_name_changed = set_name(fd, &name);
        }
        self.scratch = name;
    }

    pub(super) fn connect(
        &mut self,
        event: &Event<'_>,
        enter: Option<&Event<'_>>,
        slot: u32,
        subject: &mut Subject,
    ) {
        let pending = match event.int(0) {
            Some(res) if res >= 0 => false,
            Some(res) if res == -EINPROGRESS => true,
            _ => return self.count_missing_fd(slot, subject),
        };
        let Some(mut fd) = self.take_socket(slot, subject) else {
            return;
        };
        let before = fd.name.clone();
        let socket = socket_of(&mut fd);
        socket.connected = true;
        socket.pending = pending;
        let entered = enter.and_then(|e| e.value(1)).and_then(sock::addr);
        match event.value(1) {
            None => {
                if let Some(addr) = entered {
                    connect_to(&mut fd, addr);
                }
            }
            Some(bytes) => {
                let given = event.value(3).and_then(sock::addr);
                if let Some(tuple) = sock::tuple(bytes) {
                    connected(&mut fd, tuple, given, entered);
                }
            }
        }
        subject.fd_name_changed = fd.name != before;
        self.return_socket(slot, subject, fd);
    }

    pub(super) fn accept(&mut self, event: &Event<'_>, slot: u32, subject: &mut Subject) {
        let Some(number) = event.int(0).filter(|fd| *fd >= 0) else {
            return;
        };
        subject.fd = Some(number);
        let Some(files) = self.threads.get(slot).map(|e| e.files) else {
            return;
        };
        let Some(tuple) = event.value(1).and_then(sock::tuple) else {
            return;
        };
        let mut fd = self.new_fd();
        match tuple {
            Tuple::Inet { source, dest } => {
                fd.ty = connection_type(source);
                fd.socket = Some(Box::new(Socket {
                    source: Some(source),
                    dest: Some(dest),
                    ..Socket::new(L4::Tcp)
                }));
                sock::write_tuple(source, dest, L4::Tcp, &mut fd.name);
            }
            Tuple::Unix { source, dest, path } => {
                fd.ty = FdType::Unix;
                fd.socket = Some(Box::new(Socket {
                    unix_ends: (source, dest),
                    ..Socket::new(L4::NotApplicable)
                }));
                sock::write_unix(source, dest, path, &mut fd.name);
            }
            Tuple::Other => return self.keep_spare(fd),
        }
        if event.ty == T::SOCKET_ACCEPT4_6_X {
            let flags = event.uint(5).unwrap_or(0) as u32 & open_flags::CLOEXEC;
            fd.open_flags = flags;
            fd.cloexec = flags != 0;
        }
        let socket = socket_of(&mut fd);
        socket.role = Role::Server;
        socket.connected = true;
        self.add_fd(files, number, fd, subject);
    }

    pub(super) fn socketpair(&mut self, event: &Event<'_>, slot: u32, subject: &mut Subject) {
        let (Some(first), Some(second)) = (event.int(1), event.int(2)) else {
            return;
        };
        if event.int(0).is_none_or(|res| res < 0) || first == second {
            return;
        }
        let Some(files) = self.threads.get(slot).map(|e| e.files) else {
            return;
        };
        let ends = (event.uint(3).unwrap_or(0), event.uint(4).unwrap_or(0));
        for number in [first, second].into_iter().filter(|fd| *fd >= 0) {
            let mut fd = self.new_fd();
            fd.ty = FdType::Unix;
            fd.socket = Some(Box::new(Socket {
                unix_ends: ends,
                ..Socket::new(L4::NotApplicable)
            }));
            self.add_fd(files, number, fd, subject);
        }
    }

    /// `getsockopt(SO_ERROR)` is how a program learns what became of a connection made in the
    /// background.
    pub(super) fn getsockopt(&mut self, event: &Event<'_>, slot: u32, subject: &mut Subject) {
        let asks = event.uint(2) == Some(SOL_SOCKET) && event.uint(3) == Some(SO_ERROR);
        if !asks || event.int(0).is_none_or(|res| res < 0) {
            return self.count_missing_fd(slot, subject);
        }
        if let Some(socket) = self
            .used_socket(slot, subject)
            .and_then(|fd| fd.socket.as_mut())
        {
            socket.pending = false;
        }
    }

    /// Reads and writes of all kinds. Messages carry the tuple of the socket in parameter
    /// `tuple`: for datagrams, and where the creation of the socket was not seen, it is news.
    pub(super) fn transfer(
        &mut self,
        event: &Event<'_>,
        slot: u32,
        subject: &mut Subject,
        tuple: Option<usize>,
    ) {
        let Some(number) = subject.fd else {
            return;
        };
        let Some(files) = self.threads.get(slot).map(|e| e.files) else {
            return;
        };
        let Some(res) = event.int(0) else {
            return;
        };
        let incoming = event.info().has(EventFlags::READS_FD);
        let tuple = tuple.and_then(|i| event.value(i));
        if self.files.get(files).get(number).is_none() {
            self.counters.fds_missing += 1;
            let sends = matches!(
                event.ty,
                T::SOCKET_SEND_X | T::SOCKET_SENDTO_X | T::SOCKET_SENDMSG_X
            );
            match tuple.and_then(|t| t.first()) {
                // A socket whose creation was lost; most such messages are datagrams.
                Some(&family @ (AF_INET | AF_INET6)) if sends && res >= 0 => {
                    let (domain, udp) = (u64::from(family), IPPROTO_UDP);
                    self.add_socket(slot, number, domain, SOCK_DGRAM, udp, 0, subject);
                }
                _ => return,
            }
        }
        let Some(fd) = self.files.get(files).get(number) else {
            return;
        };
        if res < 0 {
            return;
        }
        let inet = matches!(fd.ty, FdType::Ipv4 | FdType::Ipv6);
        let idle = fd
            .socket
            .as_ref()
            .is_some_and(|s| !s.connected || s.pending);
        let tcp = fd.ty == FdType::Ipv4 && fd.socket.as_ref().is_some_and(|s| s.l4 == L4::Tcp);
        let unix = fd.ty == FdType::Unix;
        let learns = tuple.is_some() && (fd.name.is_empty() || !tcp);
        if inet
            && idle
            && let Some(socket) = self
                .used_socket(slot, subject)
                .and_then(|fd| fd.socket.as_mut())
        {
            socket.connected = true;
            socket.pending = false;
        }
        if learns && let Some(tuple) = tuple.and_then(sock::tuple) {
            self.learn_tuple(slot, subject, tuple, incoming);
        }
        if unix && incoming {
            let control = match event.ty {
                T::SOCKET_RECVMSG_X => event.value(4),
                T::SOCKET_RECVMMSG_X => event.value(5),
                _ => None,
            };
            if let Some(control) = control {
                self.receive_descriptors(slot, control);
            }
        }
    }

    /// Takes over what a message tells of the two ends of its socket.
    fn learn_tuple(&mut self, slot: u32, subject: &mut Subject, tuple: Tuple<'_>, incoming: bool) {
        let Some(mut fd) = self.take_socket(slot, subject) else {
            return;
        };
        let mut name = std::mem::take(&mut self.scratch);
        let news = match tuple {
            Tuple::Inet { source, dest } => {
                let was = fd.ty;
                fd.ty = connection_type(source);
                let same_kind = was == fd.ty;
                let socket = socket_of(&mut fd);
                let news = set_ends(socket, same_kind, source, dest);
                if news {
                    if socket.l4 == L4::Unknown {
                        // A stream could not have changed its address.
                        socket.l4 = L4::Udp;
                    }
                    self.complete(socket);
                    if socket.role == Role::Unknown {
                        // A server starts with a read, a client with a write.
                        socket.role = if incoming { Role::Server } else { Role::Client };
                    }
                    let swapped = match socket.role {
                        Role::Client => incoming,
                        _ => !incoming,
                    };
                    if swapped {
                        socket.swap();
                    }
                    socket.write_pair(&mut name);
                }
                news
            }
            Tuple::Unix { source, dest, path } => {
                fd.ty = FdType::Unix;
                socket_of(&mut fd).unix_ends = (source, dest);
                sock::write_unix(source, dest, path, &mut name);
                true
            }
            Tuple::Other => false,
        };
        if news {
            subject.fd_name_changed = set_name(&mut fd, &name);
        }
        self.scratch = name;
        self.return_socket(slot, subject, fd);
    }

    /// Descriptors that were passed in a message: which numbers they got is in the control data,
    /// what they are only the machine knows.
    fn receive_descriptors(&mut self, slot: u32, control: &[u8]) {
        let Some((pid, files)) = self.threads.get(slot).map(|e| (e.thread.pid, e.files)) else {
            return;
        };
        for number in passed_descriptors(control) {
            let now = self.now;
            let Some(found) = self.live.as_mut().and_then(|l| l.fd(pid, number, now)) else {
                continue;
            };
            if let Some(fd) = self.seed_fd(found, &HashSet::new()) {
                self.put_fd(files, number, fd);
            }
        }
    }

    /// The descriptor that an event uses.
    fn used_socket(&mut self, slot: u32, subject: &Subject) -> Option<&mut Fd> {
        let files = self.threads.get(slot)?.files;
        let fd = self.files.get_mut(files).get_mut(subject.fd?);
        if fd.is_none() {
            self.counters.fds_missing += 1;
        }
        fd
    }

    /// Takes the descriptor that an event uses out of its place, to work on it.
    fn take_socket(&mut self, slot: u32, subject: &Subject) -> Option<Fd> {
        self.used_socket(slot, subject).map(std::mem::take)
    }

    /// Puts back what [`State::take_socket`] took.
    fn return_socket(&mut self, slot: u32, subject: &Subject, fd: Fd) {
        if let Some(place) = self.used_socket(slot, subject) {
            *place = fd;
        }
    }
}

/// The socket behind a descriptor, making up one that was not known to be one.
fn socket_of(fd: &mut Fd) -> &mut Socket {
    fd.socket
        .get_or_insert_with(|| Box::new(Socket::new(L4::Unknown)))
}

/// Gives a descriptor a name; true if that is another than it had.
fn set_name(fd: &mut Fd, name: &[u8]) -> bool {
    let changed = fd.name != name;
    if changed {
        fd.name.clear();
        fd.name.extend_from_slice(name);
    }
    changed
}

fn connection_type(addr: SocketAddr) -> FdType {
    match addr {
        SocketAddr::V4(_) => FdType::Ipv4,
        SocketAddr::V6(_) => FdType::Ipv6,
    }
}

/// The transport protocol of an internet socket.
fn transport(kind: u64, protocol: u64) -> L4 {
    let raw = |l4| if kind == SOCK_RAW { L4::Raw } else { l4 };
    match protocol {
        IPPROTO_TCP => raw(L4::Tcp),
        IPPROTO_UDP => raw(L4::Udp),
        IPPROTO_ICMP => raw(L4::Icmp),
        IPPROTO_RAW => L4::Raw,
        // Flags may stand above the kind.
        IPPROTO_IP => match kind & 0xff {
            SOCK_STREAM => L4::Tcp,
            SOCK_DGRAM => L4::Udp,
            _ => L4::Unknown,
        },
        _ => L4::Unknown,
    }
}

/// Sets the two ends; false if they are the known ones, in either direction. An end of another
/// address family (`same_kind` is false), or one that is not known, is always news.
fn set_ends(socket: &mut Socket, same_kind: bool, source: SocketAddr, dest: SocketAddr) -> bool {
    let known = (socket.source, socket.dest);
    let same = known == (Some(source), Some(dest)) || known == (Some(dest), Some(source));
    if same_kind && same {
        return false;
    }
    socket.source = Some(source);
    socket.dest = Some(dest);
    true
}

/// A connection of which only the far end is known.
fn connect_to(fd: &mut Fd, addr: Addr<'_>) {
    match addr {
        Addr::Inet(addr) => {
            let addr = sock::as_v4(addr).unwrap_or(addr);
            fd.ty = connection_type(addr);
            let socket = socket_of(fd);
            socket.source = socket.source.filter(|s| s.is_ipv4() == addr.is_ipv4());
            socket.dest = Some(addr);
        }
        Addr::Unix(path) => {
            fd.name.clear();
            fd.name.extend_from_slice(path);
        }
        Addr::Other(_) => {}
    }
}

/// A connection was made. `given` is the address as the call had it when it ended, `entered` when
/// it began: where the kernel's own tuple says what `given` says, it was filled from the caller's
/// memory, which may have changed in between, and `entered` counts.
fn connected(fd: &mut Fd, tuple: Tuple<'_>, given: Option<Addr<'_>>, entered: Option<Addr<'_>>) {
    match tuple {
        Tuple::Inet { source, dest } => {
            let given = match given {
                Some(Addr::Inet(addr)) => Some(sock::as_v4(addr).unwrap_or(addr)),
                _ => None,
            };
            let (source, dest) = match entered {
                Some(Addr::Inet(entered)) if given == Some(dest) => match sock::as_v4(entered) {
                    Some(v4) if source.is_ipv4() => (source, v4),
                    _ => (as_v6(source), as_v6(entered)),
                },
                _ => (source, dest),
            };
            let was = fd.ty;
            fd.ty = connection_type(source);
            let same_kind = was == fd.ty;
            let ipv4 = fd.ty == FdType::Ipv4;
            let socket = socket_of(fd);
            let changed = set_ends(socket, same_kind, source, dest);
            if changed && socket.role == Role::Server && ipv4 && socket.l4 == L4::Udp {
                // A server that connects to its client.
                socket.swap();
            }
            let mut name = std::mem::take(&mut fd.name);
            socket_of(fd).write_pair(&mut name);
            fd.name = name;
        }
        Tuple::Unix { source, dest, path } => {
            if fd.ty != FdType::Unix {
                return;
            }
            let path = match (given, entered) {
                (Some(Addr::Unix(given)), Some(Addr::Unix(entered))) if given == path => entered,
                _ => path,
            };
            socket_of(fd).unix_ends = (source, dest);
            sock::write_unix(source, dest, path, &mut fd.name);
        }
        Tuple::Other => return,
    }
    let socket = socket_of(fd);
    if socket.role == Role::Unknown {
        socket.role = Role::Client;
    }
}

fn as_v6(addr: SocketAddr) -> SocketAddr {
    match addr {
        SocketAddr::V4(v4) => SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port()),
        SocketAddr::V6(_) => addr,
    }
}

/// The numbers of the descriptors in the control data of a message (`cmsghdr` and what follows,
/// each aligned to 8 bytes). Ends at the first header that does not fit.
fn passed_descriptors(control: &[u8]) -> impl Iterator<Item = i64> {
    const HEADER: usize = 16;
    let mut rest = control;
    let rights = std::iter::from_fn(move || {
        loop {
            let len = u64::from_le_bytes(*rest.first_chunk()?);
            let ty = u32::from_le_bytes(*rest.get(12..HEADER)?.first_chunk()?);
            let len = usize::try_from(len).ok()?;
            let data = rest.get(HEADER..len)?;
            rest = rest.get(len.next_multiple_of(8)..).unwrap_or_default();
            let count = data.len() / 4;
            if ty == SCM_RIGHTS && data.len() % 4 == 0 && count <= SCM_MAX_FD {
                return Some(data);
            }
        }
    });
    rights.flat_map(|data| {
        data.chunks_exact(4)
            .map(|c| i64::from(i32::from_le_bytes([c[0], c[1], c[2], c[3]])))
            .filter(|fd| *fd >= 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(ty: u32, fds: &[i32]) -> Vec<u8> {
        let mut out = (16 + 4 * fds.len() as u64).to_le_bytes().to_vec();
        out.extend_from_slice(&1u32.to_le_bytes());
        out.extend_from_slice(&ty.to_le_bytes());
        for fd in fds {
            out.extend_from_slice(&fd.to_le_bytes());
        }
        out.resize(out.len().next_multiple_of(8), 0);
        out
    }

    #[test]
    fn passed_descriptors_are_found_in_control_data() {
        let mut control = message(2, &[9]);
        control.extend(message(1, &[3, 4, 5]));
        control.extend(message(1, &[7]));
        let all: Vec<i64> = passed_descriptors(&control).collect();
        assert_eq!(all, [3, 4, 5, 7]);
        for cut in 0..control.len() {
            assert!(passed_descriptors(&control[..cut]).count() <= 4, "{cut}");
        }
        let mut lying = message(1, &[3]);
        lying[0] = 200;
        assert_eq!(passed_descriptors(&lying).count(), 0);
        lying[0] = 0;
        assert_eq!(passed_descriptors(&lying).count(), 0);
    }

    #[test]
    fn the_protocol_follows_from_kind_and_number() {
        for (kind, protocol, expect) in [
            (1, 0, L4::Tcp),
            (2, 0, L4::Udp),
            (1 | 0o2000000, 0, L4::Tcp),
            (3, 6, L4::Raw),
            (2, 1, L4::Icmp),
            (3, 1, L4::Raw),
            (3, 255, L4::Raw),
            (5, 0, L4::Unknown),
            (1, 132, L4::Unknown),
        ] {
            assert_eq!(transport(kind, protocol), expect, "{kind} {protocol}");
        }
    }
}
