//! Values of `fd.*`, `fs.path.*` and `fdlist.*`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bstr::ByteSlice;
use bumpalo::Bump;
use bumpalo::collections::Vec;
use lanner_event::schema::EventType;
use lanner_event::snapshot::{Interface, L4};
use lanner_filter::{Argument, Value};
use lanner_state::{Fd, FdType, Role, Socket};

use crate::evt::{Out, word};
use crate::path;
use crate::paths::{PathSource, path_param, two_path_params};
use crate::record::EventRecord;
use crate::render::{self, AT_FDCWD, best, type_char, with_slash};
use crate::text::{Text, formatted};

/// Bits of the open flags that tell the layer of an overlay.
const UPPER_LAYER: u32 = 0x8000;
const LOWER_LAYER: u32 = 0x1_0000;

/// What stands for a directory that is not known.
const UNKNOWN_DIR: &[u8] = b"<UNKNOWN>";

/// `fd.type`.
pub(crate) fn type_name(ty: FdType) -> &'static str {
    match ty {
        FdType::File => "file",
        FdType::Directory => "directory",
        FdType::Ipv4 | FdType::Ipv4Server => "ipv4",
        FdType::Ipv6 | FdType::Ipv6Server => "ipv6",
        FdType::Unix => "unix",
        FdType::Pipe => "pipe",
        FdType::Event => "event",
        FdType::Signal => "signalfd",
        FdType::EventPoll => "eventpoll",
        FdType::Inotify => "inotify",
        FdType::Timer => "timerfd",
        FdType::Netlink => "netlink",
        FdType::Bpf => "bpf",
        FdType::UserFault => "userfaultfd",
        FdType::IoUring => "io_uring",
        FdType::MemFd => "memfd",
        FdType::PidFd => "pidfd",
        FdType::Unknown | FdType::Unsupported => "<NA>",
    }
}

/// The descriptor of an event about one.
pub(crate) fn known<'a>(record: &EventRecord<'a>) -> Option<&'a Fd> {
    if record.is_about_fd() {
        record.fd()
    } else {
        None
    }
}

fn is_socket(ty: FdType) -> bool {
    matches!(ty, FdType::Ipv4 | FdType::Ipv6)
}

fn is_server(ty: FdType) -> bool {
    matches!(ty, FdType::Ipv4Server | FdType::Ipv6Server)
}

pub(crate) fn number<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    record.is_about_fd().then(|| Value::Int(record.fd_number()))
}

pub(crate) fn type_char_of<'a>(record: &EventRecord<'a>, _: &Argument, arena: &'a Bump) -> Out<'a> {
    if !record.is_about_fd() {
        return None;
    }
    let c = match record.fd() {
        Some(fd) => type_char(fd.ty),
        None => type_char_by_event(record.event.ty),
    };
    Some(Value::Str(arena.alloc_slice_copy(&[c])))
}

/// What an event would have made, had it succeeded.
fn type_char_by_event(ty: EventType) -> u8 {
    match ty {
        EventType::SYSCALL_OPENAT_2_X
        | EventType::SYSCALL_OPENAT2_X
        | EventType::SYSCALL_CREAT_X => b'f',
        EventType::SOCKET_SOCKET_X
        | EventType::SOCKET_ACCEPT_5_X
        | EventType::SOCKET_ACCEPT4_6_X => b'4',
        EventType::SYSCALL_PIPE_X | EventType::SYSCALL_PIPE2_X => b'p',
        EventType::SYSCALL_EVENTFD_X | EventType::SYSCALL_EVENTFD2_X => b'e',
        EventType::SYSCALL_SIGNALFD_X | EventType::SYSCALL_SIGNALFD4_X => b's',
        EventType::SYSCALL_TIMERFD_CREATE_X => b't',
        EventType::SYSCALL_INOTIFY_INIT_X | EventType::SYSCALL_INOTIFY_INIT1_X => b'i',
        _ => b'o',
    }
}

/// The name of the descriptor; where it is not known, what the parameters say it would be.
fn name_of<'a>(record: &EventRecord<'a>, raw: bool, arena: &'a Bump) -> Option<&'a [u8]> {
    if !record.is_about_fd() {
        return None;
    }
    match record.fd() {
        Some(fd) if raw => Some(&fd.raw_name),
        Some(fd) => Some(&fd.name),
        None => name_by_event(record, raw, arena),
    }
}

fn name_by_event<'a>(record: &EventRecord<'a>, raw: bool, arena: &'a Bump) -> Option<&'a [u8]> {
    let event = record.event;
    match event.ty {
        ty if ty.is_enter() => None,
        EventType::SYSCALL_OPEN_X
        | EventType::SOCKET_ACCEPT_5_X
        | EventType::SOCKET_ACCEPT4_6_X
        | EventType::SYSCALL_CREAT_X
        | EventType::SOCKET_CONNECT_X => best(record, 1, arena),
        EventType::SYSCALL_OPENAT_2_X | EventType::SYSCALL_OPENAT2_X => {
            let name = render::text(event.value(2)?);
            if raw {
                return Some(name);
            }
            let base = directory_of(record, name, event.int(1)?, arena);
            Some(path::join(base, name, arena))
        }
        EventType::SYSCALL_OPEN_BY_HANDLE_AT_X => Some(render::text(event.param(3)?)),
        _ => Some(b""),
    }
}

/// The directory that `name` is relative to, given a directory descriptor.
fn directory_of<'a>(
    record: &EventRecord<'a>,
    name: &[u8],
    dirfd: i64,
    arena: &'a Bump,
) -> &'a [u8] {
    if name.starts_with(b"/") {
        return b".";
    }
    if record.thread().is_none() {
        return UNKNOWN_DIR;
    }
    if dirfd == AT_FDCWD {
        return record.cwd();
    }
    match record.fds().and_then(|fds| fds.get(dirfd)) {
        Some(dir) if dir.name.is_empty() => b"",
        Some(dir) => with_slash(&dir.name, arena),
        None => UNKNOWN_DIR,
    }
}

pub(crate) fn name<'a>(record: &EventRecord<'a>, _: &Argument, arena: &'a Bump) -> Out<'a> {
    name_of(record, false, arena).map(Value::Str)
}

pub(crate) fn name_raw<'a>(record: &EventRecord<'a>, _: &Argument, arena: &'a Bump) -> Out<'a> {
    let name = name_of(record, true, arena)?;
    Some(Value::Str(path::squeeze(name, arena)))
}

fn directory_name<'a>(record: &EventRecord<'a>, arena: &'a Bump) -> Option<&'a [u8]> {
    let name = name_of(record, false, arena)?;
    match record.fd().map(|fd| fd.ty) {
        Some(FdType::Directory) => return Some(name),
        Some(FdType::File) | None => {}
        Some(_) => return None,
    }
    Some(match name.rfind_byte(b'/') {
        None | Some(0) => b"/",
        Some(slash) if slash + 1 < name.len() => &name[..slash],
        Some(_) => name,
    })
}

pub(crate) fn directory<'a>(record: &EventRecord<'a>, _: &Argument, arena: &'a Bump) -> Out<'a> {
    directory_name(record, arena).map(Value::Str)
}

pub(crate) fn filename<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    let fd = known(record).filter(|fd| fd.ty == FdType::File)?;
    let name = match fd.name.rfind_byte(b'/') {
        None => b"/",
        Some(slash) if slash + 1 < fd.name.len() => &fd.name[slash + 1..],
        Some(_) => fd.name.as_slice(),
    };
    Some(Value::Str(name))
}

fn with_container<'a>(record: &EventRecord<'a>, name: &[u8], arena: &'a Bump) -> Out<'a> {
    let mut out = Text::new(arena);
    out.push(record.container_id()).byte(b':').push(name);
    Some(Value::Str(out.finish()))
}

pub(crate) fn container_name<'a>(
    record: &EventRecord<'a>,
    _: &Argument,
    arena: &'a Bump,
) -> Out<'a> {
    with_container(record, name_of(record, false, arena)?, arena)
}

pub(crate) fn container_directory<'a>(
    record: &EventRecord<'a>,
    _: &Argument,
    arena: &'a Bump,
) -> Out<'a> {
    with_container(record, directory_name(record, arena)?, arena)
}

/// One end of a connection.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum End {
    Client,
    Server,
    Local,
    Remote,
}

fn socket(fd: &Fd) -> Option<&Socket> {
    fd.socket.as_deref()
}

/// The address of one end. Which is which is only known once the role of this process is.
fn end(record: &EventRecord<'_>, which: End) -> Option<SocketAddr> {
    let fd = known(record)?;
    let socket = socket(fd).filter(|s| s.role != Role::Unknown)?;
    if is_server(fd.ty) {
        return (which == End::Server).then_some(socket.dest)?;
    }
    if !is_socket(fd.ty) {
        return None;
    }
    let client_is_local = || socket.source.is_some_and(|a| is_local(record, a.ip()));
    match which {
        End::Client => socket.source,
        End::Server => socket.dest,
        End::Local if client_is_local() => socket.source,
        End::Local => socket.dest,
        End::Remote if client_is_local() => socket.dest,
        End::Remote => socket.source,
    }
}

pub(crate) fn ip<'a>(record: &EventRecord<'a>, which: End) -> Out<'a> {
    end(record, which).map(|addr| Value::Ip(addr.ip()))
}

/// Falco prints a placeholder for fields that are compared with networks.
pub(crate) fn net_placeholder<'a>(record: &EventRecord<'a>, which: End) -> Out<'a> {
    end(record, which).and_then(|_| word("<IPNET>"))
}

pub(crate) fn port<'a>(record: &EventRecord<'a>, which: End) -> Out<'a> {
    // The port that a server listens on needs no role.
    if which == End::Server
        && let Some(fd) = known(record)
        && is_server(fd.ty)
    {
        let addr = socket(fd)?.dest?;
        return Some(Value::Uint(u64::from(addr.port())));
    }
    end(record, which).map(|addr| Value::Uint(u64::from(addr.port())))
}

/// The port as text; services are not looked up. Empty for sockets that have no such port.
pub(crate) fn service<'a>(record: &EventRecord<'a>, which: End, arena: &'a Bump) -> Out<'a> {
    let fd = known(record)?;
    let inet = is_socket(fd.ty);
    let has_role = socket(fd).is_some_and(|s| s.role != Role::Unknown);
    let text: &[u8] = match which {
        _ if inet => formatted(arena, format_args!("{}", end(record, which)?.port())),
        End::Client if has_role => b"",
        End::Server if is_server(fd.ty) => b"",
        _ => return None,
    };
    Some(Value::Str(text))
}

/// Both ends of the connection, or the address that a server listens on.
fn ends(record: &EventRecord<'_>) -> Option<[Option<SocketAddr>; 2]> {
    let fd = known(record)?;
    let socket = socket(fd)?;
    if is_server(fd.ty) {
        Some([socket.dest, None])
    } else if is_socket(fd.ty) {
        Some([socket.source, socket.dest])
    } else {
        None
    }
}

fn both<'a>(
    record: &EventRecord<'a>,
    value: fn(SocketAddr) -> Value<'a>,
    arena: &'a Bump,
) -> Out<'a> {
    let mut values = Vec::new_in(arena);
    values.extend(ends(record)?.into_iter().flatten().map(value));
    Some(Value::Many(values.into_bump_slice()))
}

pub(crate) fn both_ips<'a>(record: &EventRecord<'a>, _: &Argument, arena: &'a Bump) -> Out<'a> {
    both(record, |addr| Value::Ip(addr.ip()), arena)
}

pub(crate) fn both_ports<'a>(record: &EventRecord<'a>, _: &Argument, arena: &'a Bump) -> Out<'a> {
    both(record, |addr| Value::Uint(u64::from(addr.port())), arena)
}

/// Whether an address is one of this machine's, or of the container that the event happened in.
fn is_local(record: &EventRecord<'_>, ip: IpAddr) -> bool {
    if let Some(container) = record.container() {
        let IpAddr::V4(_) = ip else {
            return false;
        };
        match container.ip.as_ref().filter(|text| !text.is_empty()) {
            Some(own) => {
                if own.to_str().ok().and_then(|t| t.parse().ok()) == Some(ip) {
                    return true;
                }
            }
            None => return false,
        }
    }
    record.state.interfaces().iter().any(|i| match (i, ip) {
        (Interface::V4 { addr, .. }, IpAddr::V4(ip)) => *addr == ip,
        // Addresses of one /64 network pass for one machine.
        (Interface::V6 { addr, .. }, IpAddr::V6(ip)) => addr.octets()[..8] == ip.octets()[..8],
        _ => false,
    })
}

pub(crate) fn l4proto<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    let fd = known(record)?;
    word(match l4(fd) {
        L4::Tcp => "tcp",
        L4::Udp => "udp",
        L4::Icmp => "icmp",
        L4::Raw => "raw",
        L4::Unknown | L4::NotApplicable => "<NA>",
    })
}

/// The transport protocol of an internet socket. That of one that is neither client nor server yet
/// is not told, unless it is raw.
pub(crate) fn l4(fd: &Fd) -> L4 {
    match socket(fd) {
        Some(s) if is_server(fd.ty) => s.l4,
        Some(s) if is_socket(fd.ty) && (s.role != Role::Unknown || s.l4 == L4::Raw) => s.l4,
        _ => L4::NotApplicable,
    }
}

pub(crate) fn family<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    match known(record)?.ty {
        ty if is_socket(ty) || is_server(ty) => word("ip"),
        FdType::Unix => word("unix"),
        _ => None,
    }
}

pub(crate) fn serves<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    let fd = known(record)?;
    let serves = match fd.ty {
        ty if is_server(ty) => true,
        ty if is_socket(ty) => {
            // An unconnected socket counts with the unspecified address.
            let unspecified = match ty {
                FdType::Ipv4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
                _ => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
            };
            let dest = socket(fd).and_then(|s| s.dest);
            is_local(record, dest.map_or(unspecified, |addr| addr.ip()))
        }
        _ => false,
    };
    Some(Value::Bool(serves))
}

pub(crate) fn connected<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    let fd = known(record)?;
    Some(Value::Bool(socket(fd).is_some_and(|s| s.connected)))
}

pub(crate) fn name_changed<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    known(record)?;
    Some(Value::Bool(record.fd_name_changed()))
}

pub(crate) fn device<'a>(record: &EventRecord<'a>, part: fn(u32) -> u32) -> Out<'a> {
    Some(Value::Int(i64::from(part(known(record)?.dev) as i32)))
}

/// The major part of a device number as Linux encodes it for user space.
pub(crate) fn major(dev: u32) -> u32 {
    (dev & 0xf_ff00) >> 8
}

/// The minor part.
pub(crate) fn minor(dev: u32) -> u32 {
    (dev & 0xff) | (dev >> 12 & 0xf_ff00)
}

pub(crate) fn inode<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    Some(Value::Int(known(record)?.ino as i64))
}

pub(crate) fn upper_layer<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    Some(Value::Bool(known(record)?.open_flags & UPPER_LAYER != 0))
}

pub(crate) fn lower_layer<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    Some(Value::Bool(known(record)?.open_flags & LOWER_LAYER != 0))
}

pub(crate) fn kind<'a>(record: &EventRecord<'a>, _: &Argument, _: &'a Bump) -> Out<'a> {
    word(type_name(known(record)?.ty))
}

/// The types of all descriptors, each once, those of the highest descriptors first.
pub(crate) fn kinds<'a>(record: &EventRecord<'a>, arg: &Argument, arena: &'a Bump) -> Out<'a> {
    if !record.is_about_fd() {
        return None;
    }
    let mut values = Vec::new_in(arena);
    if arg.index.is_some() {
        let fd = record.fds()?.get(i64::from(arg.token))?;
        values.push(Value::Str(type_name(fd.ty).as_bytes()));
        return Some(Value::Many(values.into_bump_slice()));
    }
    // Of a thread without descriptors, the list is empty and so part of any other.
    record.thread()?;
    let mut found: Vec<'_, (i64, &'static str)> = Vec::new_in(arena);
    for (number, fd) in record.fds().into_iter().flat_map(|fds| fds.iter()) {
        let name = type_name(fd.ty);
        match found.iter_mut().find(|(_, known)| *known == name) {
            Some((highest, _)) => *highest = number.max(*highest),
            None => found.push((number, name)),
        }
    }
    found.sort_unstable();
    let names = found.iter().rev().map(|(_, name)| name.as_bytes());
    values.extend(names.map(Value::Str));
    Some(Value::Many(values.into_bump_slice()))
}

/// Which path of a call a field is about.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Which {
    Only,
    Source,
    Target,
}

/// Whether a call succeeded. An open that failed passes unless it lacked permission, since its
/// return value is compared with -1 only.
fn succeeded(record: &EventRecord<'_>) -> bool {
    let event = record.event;
    let opens = matches!(
        event.ty,
        EventType::SYSCALL_OPEN_X | EventType::SYSCALL_OPENAT_2_X | EventType::SYSCALL_OPENAT2_X
    );
    let name = if opens { "fd" } else { "res" };
    let value = event.info().param(name).and_then(|i| event.int(i));
    value.is_some_and(|value| if opens { value != -1 } else { value == 0 })
}

fn passed<'a>(record: &EventRecord<'a>, which: Which, arena: &'a Bump) -> Option<&'a [u8]> {
    let event = record.event;
    let source = match which {
        Which::Only => path_param(event.ty)?,
        Which::Source => PathSource::Param(two_path_params(event.ty)?.0),
        Which::Target => PathSource::Param(two_path_params(event.ty)?.1),
    };
    if !succeeded(record) {
        return None;
    }
    match source {
        PathSource::Param(name) => {
            let index = event.info().param(name)?;
            Some(render::text(event.param(index)?))
        }
        PathSource::FdName => name_of(record, false, arena),
    }
}

pub(crate) fn raw_path<'a>(record: &EventRecord<'a>, which: Which, arena: &'a Bump) -> Out<'a> {
    passed(record, which, arena).map(Value::Str)
}

pub(crate) fn full_path<'a>(record: &EventRecord<'a>, which: Which, arena: &'a Bump) -> Out<'a> {
    let name = passed(record, which, arena)?;
    record.thread()?;
    let base: &[u8] = if name.starts_with(b"/") {
        b""
    } else {
        match record.event.ty {
            EventType::SYSCALL_OPENAT_2_X | EventType::SYSCALL_OPENAT2_X => {
                let name = record.fd().map_or(UNKNOWN_DIR, |fd| &fd.name);
                return Some(Value::Str(path::join(b"", name, arena)));
            }
            EventType::SYSCALL_FCHOWNAT_X
            | EventType::SYSCALL_FCHMODAT_X
            | EventType::SYSCALL_MKDIRAT_X
            | EventType::SYSCALL_UNLINKAT_2_X => event_directory(record, arena),
            EventType::SYSCALL_SYMLINKAT_X if which == Which::Source => {
                event_directory(record, arena)
            }
            EventType::SYSCALL_SYMLINKAT_X => UNKNOWN_DIR,
            EventType::SYSCALL_RENAMEAT2_X => {
                let dirfd = if which == Which::Target { 3 } else { 1 };
                directory_of(record, name, record.event.int(dirfd)?, arena)
            }
            _ => record.cwd(),
        }
    };
    Some(Value::Str(path::join(base, name, arena)))
}

/// The directory that the descriptor of the event is.
fn event_directory<'a>(record: &EventRecord<'a>, arena: &'a Bump) -> &'a [u8] {
    match record.fd().filter(|fd| fd.ty == FdType::Directory) {
        Some(dir) if dir.name.is_empty() => b"",
        Some(dir) => with_slash(&dir.name, arena),
        None => UNKNOWN_DIR,
    }
}

/// What a descriptor list prints of each descriptor.
#[derive(Clone, Copy)]
pub(crate) enum Column {
    Number,
    Name,
    Address(End),
    Port(End),
}

/// One property of the descriptors that poll waits for, separated by commas; missing if none has
/// it.
pub(crate) fn list<'a>(record: &EventRecord<'a>, column: Column, arena: &'a Bump) -> Out<'a> {
    let event = record.event;
    if !matches!(
        event.ty,
        EventType::SYSCALL_POLL_X | EventType::SYSCALL_PPOLL_X
    ) {
        return None;
    }
    record.thread()?;
    let mut out = Text::new(arena);
    for (number, _) in render::fd_list_items(event.param(1)?) {
        let fd = record.fds().and_then(|fds| fds.get(number));
        match column {
            Column::Number => {
                out.separate(b',').format(format_args!("{number}"));
            }
            Column::Name => {
                let name = fd.map_or(&b""[..], |fd| &fd.name);
                out.separate(b',').push(match name {
                    b"" => render::NOT_AVAILABLE,
                    name => name,
                });
            }
            Column::Address(which) => {
                if let Some(addr) = fd.and_then(|fd| listed_end(fd, which, true)) {
                    out.separate(b',').ip(addr.ip());
                }
            }
            Column::Port(which) => {
                if let Some(addr) = fd.and_then(|fd| listed_end(fd, which, false)) {
                    out.separate(b',').format(format_args!("{}", addr.port()));
                }
            }
        }
    }
    (!out.is_empty()).then(|| Value::Str(out.finish()))
}

fn listed_end(fd: &Fd, which: End, servers: bool) -> Option<SocketAddr> {
    let socket = socket(fd)?;
    match which {
        End::Client if is_socket(fd.ty) => socket.source,
        End::Server if is_socket(fd.ty) => socket.dest,
        End::Server if servers && is_server(fd.ty) => socket.dest,
        _ => None,
    }
}
