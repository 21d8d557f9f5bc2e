//! Fields of the file descriptor that an event uses, of paths, and of descriptor lists.

use lanner_filter::Value;

use crate::fd::{self, Column, End, Which};
use crate::field::{Extract, Field, FieldType, arg, field, ty};
use crate::{args, kinds, proc};

pub(crate) const FD: &[Field] = &[
    row("fd.num", ty::I64, "Number of the descriptor.", fd::number),
    row(
        "fd.type",
        ty::STR,
        "What the descriptor refers to: file, directory, ipv4, ipv6, unix, pipe, event, signalfd, \
         eventpoll, inotify, timerfd, netlink, bpf, userfaultfd, io_uring, memfd or pidfd.",
        fd::kind,
    ),
    row(
        "fd.typechar",
        ty::STR,
        "fd.type as one character: f file, d directory, 4 ipv4, 6 ipv6, u unix or userfaultfd, \
         p pipe, e event, s signalfd, l eventpoll, i inotify, t timerfd, n netlink, b bpf, \
         r io_uring, m memfd, P pidfd, o unknown.",
        fd::type_char_of,
    ),
    row(
        "fd.name",
        ty::STR,
        "Name of what the descriptor refers to: the absolute path of a file, the two ends of a \
         connection.",
        fd::name,
    ),
    row(
        "fd.directory",
        ty::STR,
        "For a file: the directory it is in.",
        fd::directory,
    ),
    row(
        "fd.filename",
        ty::STR,
        "For a file: its name without the directory.",
        fd::filename,
    ),
    row(
        "fd.ip",
        ty::IP,
        "Address of either end of the connection.",
        fd::both_ips,
    )
    .prints(|_, _, _| None)
    .both_ends(),
    row("fd.cip", ty::IP, "Address of the client.", |r, _, _| {
        fd::ip(r, End::Client)
    }),
    row("fd.sip", ty::IP, "Address of the server.", |r, _, _| {
        fd::ip(r, End::Server)
    }),
    row("fd.lip", ty::IP, "Address of the local end.", |r, _, _| {
        fd::ip(r, End::Local)
    }),
    row("fd.rip", ty::IP, "Address of the remote end.", |r, _, _| {
        fd::ip(r, End::Remote)
    }),
    row(
        "fd.port",
        ty::PORT,
        "Port of either end of the connection.",
        fd::both_ports,
    )
    .prints(|_, _, _| None)
    .both_ends(),
    row("fd.cport", ty::PORT, "Port of the client.", |r, _, _| {
        fd::port(r, End::Client)
    }),
    row("fd.sport", ty::PORT, "Port of the server.", |r, _, _| {
        fd::port(r, End::Server)
    }),
    row("fd.lport", ty::PORT, "Port of the local end.", |r, _, _| {
        fd::port(r, End::Local)
    }),
    row(
        "fd.rport",
        ty::PORT,
        "Port of the remote end.",
        |r, _, _| fd::port(r, End::Remote),
    ),
    row(
        "fd.l4proto",
        ty::STR,
        "Transport protocol of a socket: tcp, udp, icmp or raw.",
        fd::l4proto,
    ),
    row(
        "fd.sockfamily",
        ty::STR,
        "Family of a socket: ip or unix.",
        fd::family,
    ),
    row(
        "fd.is_server",
        ty::BOOL,
        "Whether the socket listens, or the server's address is one of this machine.",
        fd::serves,
    ),
    row(
        "fd.uid",
        ty::STR,
        "Digits of the thread id followed by those of the descriptor number.",
        proc::fd_uid,
    ),
    row(
        "fd.containername",
        ty::STR,
        "Container id and fd.name, with a colon between.",
        fd::container_name,
    ),
    row(
        "fd.containerdirectory",
        ty::STR,
        "Container id and fd.directory, with a colon between.",
        fd::container_directory,
    ),
    row(
        "fd.proto",
        ty::PORT,
        "Port of either end of the connection, or the name of its service.",
        fd::both_ports,
    )
    .prints(|_, _, _| None)
    .both_ends(),
    row(
        "fd.cproto",
        ty::STR,
        "Service name or port of the client.",
        |r, _, arena| fd::service(r, End::Client, arena),
    ),
    row(
        "fd.sproto",
        ty::STR,
        "Service name or port of the server.",
        |r, _, arena| fd::service(r, End::Server, arena),
    ),
    row(
        "fd.lproto",
        ty::STR,
        "Service name or port of the local end.",
        |r, _, arena| fd::service(r, End::Local, arena),
    ),
    row(
        "fd.rproto",
        ty::STR,
        "Service name or port of the remote end.",
        |r, _, arena| fd::service(r, End::Remote, arena),
    ),
    row(
        "fd.net",
        ty::NET,
        "Address of either end, compared with networks.",
        fd::both_ips,
    )
    .prints(|_, _, _| None)
    .both_ends(),
    row(
        "fd.cnet",
        ty::NET,
        "Address of the client, compared with networks.",
        |r, _, _| fd::ip(r, End::Client),
    )
    .prints(|r, _, _| fd::net_placeholder(r, End::Client))
    .filter_only()
    .alone(),
    row(
        "fd.snet",
        ty::NET,
        "Address of the server, compared with networks.",
        |r, _, _| fd::ip(r, End::Server),
    )
    .prints(|r, _, _| fd::net_placeholder(r, End::Server))
    .filter_only()
    .alone(),
    row(
        "fd.lnet",
        ty::NET,
        "Address of the local end, compared with networks.",
        |r, _, _| fd::ip(r, End::Local),
    )
    .prints(|r, _, _| fd::net_placeholder(r, End::Local))
    .filter_only()
    .alone(),
    row(
        "fd.rnet",
        ty::NET,
        "Address of the remote end, compared with networks.",
        |r, _, _| fd::ip(r, End::Remote),
    )
    .prints(|r, _, _| fd::net_placeholder(r, End::Remote))
    .filter_only()
    .alone(),
    row(
        "fd.connected",
        ty::BOOL,
        "Whether the socket is connected.",
        fd::connected,
    ),
    row(
        "fd.name_changed",
        ty::BOOL,
        "Whether the event changed the name of the descriptor, as a datagram to another address \
         does.",
        fd::name_changed,
    ),
    row(
        "fd.cip.name",
        ty::IP_NAME,
        "Domain name of the client's address.",
        |r, _, _| fd::ip(r, End::Client),
    )
    .prints(|_, _, _| None)
    .alone(),
    row(
        "fd.sip.name",
        ty::IP_NAME,
        "Domain name of the server's address.",
        |r, _, _| fd::ip(r, End::Server),
    )
    .prints(|_, _, _| None)
    .alone(),
    row(
        "fd.lip.name",
        ty::IP_NAME,
        "Domain name of the local address.",
        |r, _, _| fd::ip(r, End::Local),
    )
    .prints(|_, _, _| None)
    .alone(),
    row(
        "fd.rip.name",
        ty::IP_NAME,
        "Domain name of the remote address.",
        |r, _, _| fd::ip(r, End::Remote),
    )
    .prints(|_, _, _| None)
    .alone(),
    row(
        "fd.dev",
        ty::I32_HEX,
        "Device number of the file system of a file.",
        |r, _, _| fd::device(r, |dev| dev),
    ),
    row(
        "fd.dev.major",
        ty::I32,
        "Major part of fd.dev.",
        |r, _, _| fd::device(r, fd::major),
    ),
    row(
        "fd.dev.minor",
        ty::I32,
        "Minor part of fd.dev.",
        |r, _, _| fd::device(r, fd::minor),
    ),
    row("fd.ino", ty::I64, "Inode number of a file.", fd::inode),
    row(
        "fd.nameraw",
        ty::STR,
        "For a file: the path as it was passed, repeated slashes left out.",
        fd::name_raw,
    ),
    row(
        "fd.types",
        ty::STR,
        "List of the fd.type of all open descriptors, each once; fd.types[1] is that of descriptor \
         1.",
        fd::kinds,
    )
    .arg(arg::INDEX)
    .list()
    .no_rhs()
    .resolve(args::index),
    row(
        "fd.is_upper_layer",
        ty::BOOL,
        "Whether the file is in the upper, writable layer of an overlay.",
        fd::upper_layer,
    ),
    row(
        "fd.is_lower_layer",
        ty::BOOL,
        "Whether the file is in a lower layer of an overlay.",
        fd::lower_layer,
    ),
];

/// Descriptor fields exist for events that create, use or destroy a descriptor.
const fn row(name: &'static str, ty: FieldType, desc: &'static str, value: Extract) -> Field {
    field(name, ty, desc, value).in_kinds(kinds::with_fd)
}

pub(crate) const FS_PATH: &[Field] = &[
    field(
        "fs.path.name",
        ty::STR,
        "Path that a successful call acted on (open, unlink, mkdir, chmod…), made absolute.",
        |r, _, arena| fd::full_path(r, Which::Only, arena),
    )
    .in_kinds(kinds::with_path),
    field(
        "fs.path.nameraw",
        ty::STR,
        "Path that a successful call acted on, as it was passed.",
        |r, _, arena| fd::raw_path(r, Which::Only, arena),
    )
    .in_kinds(kinds::with_path),
    field(
        "fs.path.source",
        ty::STR,
        "First path of a successful call with two (rename, link, symlink, mount), made absolute.",
        |r, _, arena| fd::full_path(r, Which::Source, arena),
    )
    .in_kinds(kinds::with_two_paths),
    field(
        "fs.path.sourceraw",
        ty::STR,
        "First path of a successful call with two, as it was passed.",
        |r, _, arena| fd::raw_path(r, Which::Source, arena),
    )
    .in_kinds(kinds::with_two_paths),
    field(
        "fs.path.target",
        ty::STR,
        "Second path of a successful call with two (rename, link, symlink, mount), made absolute.",
        |r, _, arena| fd::full_path(r, Which::Target, arena),
    )
    .in_kinds(kinds::with_two_paths),
    field(
        "fs.path.targetraw",
        ty::STR,
        "Second path of a successful call with two, as it was passed.",
        |r, _, arena| fd::raw_path(r, Which::Target, arena),
    )
    .in_kinds(kinds::with_two_paths),
];

pub(crate) const UTIL: &[Field] = &[field(
    "util.cnt",
    ty::U64,
    "Counts the evaluations of this field.",
    |r, _, _| Some(Value::Uint(r.session.count())),
)
.hidden()];

pub(crate) const FD_LIST: &[Field] = &[
    field(
        "fdlist.nums",
        ty::STR,
        "Numbers of the descriptors that poll waits for, separated by commas.",
        |r, _, arena| fd::list(r, Column::Number, arena),
    )
    .in_kinds(kinds::polls),
    field(
        "fdlist.names",
        ty::STR,
        "Names of the descriptors that poll waits for, separated by commas.",
        |r, _, arena| fd::list(r, Column::Name, arena),
    )
    .in_kinds(kinds::polls),
    field(
        "fdlist.cips",
        ty::STR,
        "Client addresses of the descriptors that poll waits for, separated by commas.",
        |r, _, arena| fd::list(r, Column::Address(End::Client), arena),
    )
    .in_kinds(kinds::polls),
    field(
        "fdlist.sips",
        ty::STR,
        "Server addresses of the descriptors that poll waits for, separated by commas.",
        |r, _, arena| fd::list(r, Column::Address(End::Server), arena),
    )
    .in_kinds(kinds::polls),
    field(
        "fdlist.cports",
        ty::STR,
        "Client ports of the descriptors that poll waits for, separated by commas.",
        |r, _, arena| fd::list(r, Column::Port(End::Client), arena),
    )
    .in_kinds(kinds::polls),
    field(
        "fdlist.sports",
        ty::STR,
        "Server ports of the descriptors that poll waits for, separated by commas.",
        |r, _, arena| fd::list(r, Column::Port(End::Server), arena),
    )
    .in_kinds(kinds::polls),
];
