//! Sockets: making and connecting them, their options, what is sent and received.

use std::net::Ipv6Addr;

use super::{Bytes, Empty, EventType, Param, S64, That, U8, U32, U64, observe};
use crate::raw_syscall;

const EBADF: i64 = -(libc::EBADF as i64);

const LOOPBACK: [u8; 4] = [127, 0, 0, 1];

fn close(fd: i64) {
    raw_syscall!(libc::SYS_close, fd);
}

/// `struct sockaddr_in`.
fn inet(port: u16) -> [u8; 16] {
    let mut out = [0; 16];
    out[0] = libc::AF_INET as u8;
    out[2..4].copy_from_slice(&port.to_be_bytes());
    out[4..8].copy_from_slice(&LOOPBACK);
    out
}

/// `struct sockaddr_in6`.
fn inet6(port: u16) -> [u8; 28] {
    let mut out = [0; 28];
    out[0] = libc::AF_INET6 as u8;
    out[2..4].copy_from_slice(&port.to_be_bytes());
    out[8..24].copy_from_slice(&Ipv6Addr::LOCALHOST.octets());
    out
}

/// `struct sockaddr_un` with this name, and its length.
fn unix(name: &str) -> ([u8; 110], usize) {
    let mut out = [0; 110];
    out[0] = libc::AF_UNIX as u8;
    out[2..2 + name.len()].copy_from_slice(name.as_bytes());
    (out, 2 + name.len())
}

/// An address in the capture format.
fn address(ip: &[u8], port: u16) -> Vec<u8> {
    let family = if ip.len() == 4 {
        libc::AF_INET
    } else {
        libc::AF_INET6
    };
    [&[family as u8], ip, &port.to_le_bytes()[..]].concat()
}

/// A tuple in the capture format.
fn tuple(source: (&[u8], u16), dest: (&[u8], u16)) -> Vec<u8> {
    let mut out = address(source.0, source.1);
    out.extend(dest.0);
    out.extend(dest.1.to_le_bytes());
    out
}

/// The port that a socket is bound to.
fn port_of(fd: i64) -> u16 {
    let mut name = [0u8; 28];
    let mut len = 28u32;
    assert_eq!(
        raw_syscall!(libc::SYS_getsockname, fd, name.as_mut_ptr(), &raw mut len),
        0
    );
    u16::from_be_bytes([name[2], name[3]])
}

/// A socket bound to any port of the loopback address.
fn bound(ty: i32) -> (i64, u16) {
    let fd = raw_syscall!(libc::SYS_socket, libc::AF_INET, ty, 0);
    assert_eq!(raw_syscall!(libc::SYS_bind, fd, inet(0).as_ptr(), 16), 0);
    (fd, port_of(fd))
}

#[test]
fn root_socket_reports_domain_type_protocol_and_flags() {
    let Some(seen) = observe(&[EventType::SOCKET_SOCKET_X], || {
        let flags = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        let fd = raw_syscall!(
            libc::SYS_socket,
            libc::AF_INET6,
            libc::SOCK_DGRAM | flags,
            17
        );
        let failed = raw_syscall!(libc::SYS_socket, 77, 1, 2);
        close(fd);
        (fd, failed)
    }) else {
        return;
    };
    let events = seen.all_of(seen.tid, EventType::SOCKET_SOCKET_X);
    events[0].assert(&[
        S64(seen.value.0),
        U32(10),
        U32(0o2004002),
        U32(17),
        U32(0x1040),
    ]);
    events[1].assert(&[S64(seen.value.1), U32(0), U32(1), U32(2), U32(0)]);
}

#[test]
fn root_bind_reports_addresses_of_every_family() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s").to_str().unwrap().to_owned();
    let Some(seen) = observe(&[EventType::SOCKET_BIND_X], || {
        let v4 = raw_syscall!(libc::SYS_socket, libc::AF_INET, libc::SOCK_DGRAM, 0);
        let v6 = raw_syscall!(libc::SYS_socket, libc::AF_INET6, libc::SOCK_DGRAM, 0);
        let un = raw_syscall!(libc::SYS_socket, libc::AF_UNIX, libc::SOCK_DGRAM, 0);
        let hidden = raw_syscall!(libc::SYS_socket, libc::AF_UNIX, libc::SOCK_DGRAM, 0);
        let results = [
            raw_syscall!(libc::SYS_bind, v4, inet(0).as_ptr(), 16),
            raw_syscall!(libc::SYS_bind, v6, inet6(0).as_ptr(), 28),
            raw_syscall!(libc::SYS_bind, un, unix(&path).0.as_ptr(), unix(&path).1),
            raw_syscall!(
                libc::SYS_bind,
                hidden,
                unix("\0lanner test").0.as_ptr(),
                2 + 12
            ),
            raw_syscall!(libc::SYS_bind, -1, 8, 16),
            raw_syscall!(libc::SYS_bind, -1, inet(7).as_ptr(), 0),
        ];
        [v4, v6, un, hidden].into_iter().for_each(close);
        ([v4, v6, un, hidden], results)
    }) else {
        return;
    };
    let (fds, results) = seen.value;
    assert_eq!(results[..4], [0; 4]);
    let events = seen.all_of(seen.tid, EventType::SOCKET_BIND_X);
    events[0].assert(&[S64(0), Bytes(&address(&LOOPBACK, 0)), S64(fds[0])]);
    events[1].assert(&[
        S64(0),
        Bytes(&address(&Ipv6Addr::LOCALHOST.octets(), 0)),
        S64(fds[1]),
    ]);
    let named = [b"\x01", path.as_bytes(), b"\0"].concat();
    events[2].assert(&[S64(0), Bytes(&named), S64(fds[2])]);
    events[3].assert(&[S64(0), Bytes(b"\x01lanner test\0"), S64(fds[3])]);
    events[4].assert(&[S64(EBADF), Empty, S64(-1)]);
    events[5].assert(&[S64(EBADF), Empty, S64(-1)]);
}

#[test]
fn root_a_connection_is_seen_from_both_ends() {
    use EventType as T;
    let types = [
        T::SOCKET_LISTEN_X,
        T::SOCKET_CONNECT_X,
        T::SOCKET_ACCEPT_5_X,
        T::SOCKET_ACCEPT4_6_X,
        T::SOCKET_SHUTDOWN_X,
    ];
    let Some(seen) = observe(&types, || {
        let (server, port) = bound(libc::SOCK_STREAM);
        raw_syscall!(libc::SYS_listen, server, 4);
        let dial = || {
            let fd = raw_syscall!(libc::SYS_socket, libc::AF_INET, libc::SOCK_STREAM, 0);
            assert_eq!(
                raw_syscall!(libc::SYS_connect, fd, inet(port).as_ptr(), 16),
                0
            );
            (fd, port_of(fd))
        };
        let clients = [dial(), dial()];
        let first = raw_syscall!(libc::SYS_accept, server, 0, 0);
        let second = raw_syscall!(
            libc::SYS_accept4,
            server,
            0,
            0,
            libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK
        );
        raw_syscall!(libc::SYS_shutdown, first, libc::SHUT_RDWR);
        raw_syscall!(libc::SYS_shutdown, -1, 9);
        raw_syscall!(libc::SYS_accept, -1, 0, 0);
        let refused = raw_syscall!(libc::SYS_connect, -1, inet(9).as_ptr(), 16);
        [server, clients[0].0, clients[1].0, first, second]
            .into_iter()
            .for_each(close);
        (server, port, clients, first, second, refused)
    }) else {
        return;
    };
    let (server, port, clients, first, second, refused) = seen.value;
    seen.one(T::SOCKET_LISTEN_X)
        .assert(&[S64(0), S64(server), U32(4)]);
    let connects = seen.all_of(seen.tid, T::SOCKET_CONNECT_X);
    let ends = |client: (i64, u16)| tuple((&LOOPBACK, client.1), (&LOOPBACK, port));
    for (event, client) in connects.iter().zip(clients) {
        let address = address(&LOOPBACK, port);
        event.assert(&[S64(0), Bytes(&ends(client)), S64(client.0), Bytes(&address)]);
    }
    connects[2].assert(&[S64(refused), Empty, S64(-1), Bytes(&address(&LOOPBACK, 9))]);
    let accepts = seen.all_of(seen.tid, T::SOCKET_ACCEPT_5_X);
    // One more waited in the queue of four.
    accepts[0].assert(&[S64(first), Bytes(&ends(clients[0])), U8(25), U32(1), U32(4)]);
    accepts[1].assert(&[S64(EBADF), Empty, U8(0), U32(0), U32(0)]);
    seen.one(T::SOCKET_ACCEPT4_6_X).assert(&[
        S64(second),
        Bytes(&ends(clients[1])),
        U8(0),
        U32(0),
        U32(4),
        U32(0x1040),
    ]);
    let shutdowns = seen.all_of(seen.tid, T::SOCKET_SHUTDOWN_X);
    shutdowns[0].assert(&[S64(0), S64(first), U8(2)]);
    shutdowns[1].assert(&[S64(EBADF), S64(-1), U8(255)]);
}

#[test]
fn root_connections_over_ipv6_and_unix_sockets_have_tuples_too() {
    use EventType as T;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("server").to_str().unwrap().to_owned();
    let Some(seen) = observe(&[T::SOCKET_CONNECT_X, T::SOCKET_ACCEPT_5_X], || {
        let six = raw_syscall!(libc::SYS_socket, libc::AF_INET6, libc::SOCK_STREAM, 0);
        assert_eq!(raw_syscall!(libc::SYS_bind, six, inet6(0).as_ptr(), 28), 0);
        raw_syscall!(libc::SYS_listen, six, 1);
        let port = port_of(six);
        let client6 = raw_syscall!(libc::SYS_socket, libc::AF_INET6, libc::SOCK_STREAM, 0);
        assert_eq!(
            raw_syscall!(libc::SYS_connect, client6, inet6(port).as_ptr(), 28),
            0
        );
        let from = port_of(client6);
        let accepted6 = raw_syscall!(libc::SYS_accept, six, 0, 0);

        let (name, len) = unix(&path);
        let server = raw_syscall!(libc::SYS_socket, libc::AF_UNIX, libc::SOCK_STREAM, 0);
        assert_eq!(raw_syscall!(libc::SYS_bind, server, name.as_ptr(), len), 0);
        raw_syscall!(libc::SYS_listen, server, 1);
        let client = raw_syscall!(libc::SYS_socket, libc::AF_UNIX, libc::SOCK_STREAM, 0);
        assert_eq!(
            raw_syscall!(libc::SYS_connect, client, name.as_ptr(), len),
            0
        );
        let accepted = raw_syscall!(libc::SYS_accept, server, 0, 0);
        [six, client6, accepted6, server, client, accepted]
            .into_iter()
            .for_each(close);
        (port, from, [client6, accepted6, client, accepted])
    }) else {
        return;
    };
    let (port, from, [client6, accepted6, client, accepted]) = seen.value;
    let local = Ipv6Addr::LOCALHOST.octets();
    let ends = tuple((&local, from), (&local, port));
    let connects = seen.all_of(seen.tid, T::SOCKET_CONNECT_X);
    let accepts = seen.all_of(seen.tid, T::SOCKET_ACCEPT_5_X);
    connects[0].assert(&[
        S64(0),
        Bytes(&ends),
        S64(client6),
        Bytes(&address(&local, port)),
    ]);
    accepts[0].assert(&[S64(accepted6), Bytes(&ends), U8(0), U32(0), U32(1)]);
    // A unix tuple names both sockets by address, and the path that was connected to.
    let named = [path.as_bytes(), b"\0"].concat();
    let unix_tuple =
        |bytes: &[u8]| bytes.len() == 17 + named.len() && bytes[0] == 1 && bytes[17..] == named;
    let address = [b"\x01", named.as_slice()].concat();
    connects[1].assert(&[S64(0), That(&unix_tuple), S64(client), Bytes(&address)]);
    accepts[1].assert(&[S64(accepted), That(&unix_tuple), U8(0), U32(0), U32(1)]);
    // The ends are the same two sockets, in the same order: the server's first.
    assert_eq!(connects[1].params[1][1..17], accepts[1].params[1][1..17]);
}

#[test]
fn root_socketpair_reports_both_ends() {
    let Some(seen) = observe(&[EventType::SOCKET_SOCKETPAIR_X], || {
        let mut fds = [0i32; 2];
        let made = raw_syscall!(
            libc::SYS_socketpair,
            libc::AF_UNIX,
            libc::SOCK_STREAM,
            0,
            fds.as_mut_ptr()
        );
        let failed = raw_syscall!(libc::SYS_socketpair, libc::AF_INET, 1, 6, 8);
        fds.into_iter().for_each(|fd| close(fd.into()));
        (made, failed, fds)
    }) else {
        return;
    };
    let (made, failed, fds) = seen.value;
    let kernel: Param<'_> = That(&|b| b.len() == 8 && b[7] == 0xff);
    let other: Param<'_> = That(&|b| b.len() == 8 && b[7] == 0xff);
    let events = seen.all_of(seen.tid, EventType::SOCKET_SOCKETPAIR_X);
    let (first, second) = (S64(fds[0].into()), S64(fds[1].into()));
    events[0].assert(&[
        S64(made),
        first,
        second,
        kernel,
        other,
        U32(1),
        U32(1),
        U32(0),
    ]);
    events[1].assert(&[
        S64(failed),
        S64(-1),
        S64(-1),
        U64(0),
        U64(0),
        U32(2),
        U32(1),
        U32(6),
    ]);
}

#[test]
fn root_names_of_sockets_are_asked_without_parameters() {
    use EventType as T;
    let Some(seen) = observe(&[T::SOCKET_GETSOCKNAME_X, T::SOCKET_GETPEERNAME_X], || {
        raw_syscall!(libc::SYS_getsockname, -1, 0, 0);
        raw_syscall!(libc::SYS_getpeername, -1, 0, 0);
    }) else {
        return;
    };
    seen.one(T::SOCKET_GETSOCKNAME_X).assert(&[]);
    seen.one(T::SOCKET_GETPEERNAME_X).assert(&[]);
}

#[test]
fn root_options_report_level_name_and_a_typed_value() {
    use EventType as T;
    let Some(seen) = observe(&[T::SOCKET_SETSOCKOPT_X, T::SOCKET_GETSOCKOPT_X], || {
        let (fd, _) = bound(libc::SOCK_STREAM);
        let set = |level: i32, name: i32, value: &[u8]| {
            raw_syscall!(
                libc::SYS_setsockopt,
                fd,
                level,
                name,
                value.as_ptr(),
                value.len()
            )
        };
        let timeout = [3i64.to_le_bytes(), 7i64.to_le_bytes()].concat();
        let results = [
            set(libc::SOL_SOCKET, libc::SO_REUSEADDR, &1u32.to_le_bytes()),
            set(libc::SOL_SOCKET, libc::SO_RCVTIMEO, &timeout),
            set(libc::SOL_TCP, libc::TCP_NODELAY, &1u32.to_le_bytes()),
            set(libc::SOL_SOCKET, libc::SO_LINGER, &[1, 0, 0, 0, 2, 0, 0, 0]),
            set(41, 3, b"xy"),
        ];
        let (mut value, mut len) = ([0u8; 8], 4u32);
        raw_syscall!(
            libc::SYS_getsockopt,
            fd,
            libc::SOL_SOCKET,
            libc::SO_ERROR,
            value.as_mut_ptr(),
            &raw mut len
        );
        len = 8;
        raw_syscall!(
            libc::SYS_getsockopt,
            fd,
            libc::SOL_SOCKET,
            57,
            value.as_mut_ptr(),
            &raw mut len
        );
        let cookie = value;
        len = 4;
        raw_syscall!(
            libc::SYS_getsockopt,
            -1,
            libc::SOL_SOCKET,
            libc::SO_TYPE,
            value.as_mut_ptr(),
            &raw mut len
        );
        close(fd);
        (fd, results, cookie, value)
    }) else {
        return;
    };
    let (fd, results, cookie, value) = seen.value;
    let typed = |index: u8, value: &[u8]| [&[index], value].concat();
    let sets = seen.all_of(seen.tid, T::SOCKET_SETSOCKOPT_X);
    let check = |at: usize, level, name, value: Vec<u8>, len| {
        sets[at].assert(&[
            S64(results[at]),
            S64(fd),
            U8(level),
            U8(name),
            Bytes(&value),
            U32(len),
        ]);
    };
    check(0, 1, 2, typed(2, &1u32.to_le_bytes()), 4);
    check(1, 1, 0x14, typed(4, &3_000_007_000u64.to_le_bytes()), 16);
    check(2, 2, 0, typed(0, &1u32.to_le_bytes()), 4);
    check(3, 1, 13, typed(0, &[1, 0, 0, 0, 2, 0, 0, 0]), 8);
    check(4, 0, 0, typed(0, b"xy"), 2);
    let gets = seen.all_of(seen.tid, T::SOCKET_GETSOCKOPT_X);
    gets[0].assert(&[
        S64(0),
        S64(fd),
        U8(1),
        U8(4),
        Bytes(&typed(1, &[0; 8])),
        U32(4),
    ]);
    gets[1].assert(&[
        S64(0),
        S64(fd),
        U8(1),
        U8(0x35),
        Bytes(&typed(3, &cookie)),
        U32(8),
    ]);
    gets[2].assert(&[
        S64(EBADF),
        S64(-1),
        U8(1),
        U8(3),
        Bytes(&typed(2, &value[..4])),
        U32(4),
    ]);
}

#[test]
fn root_datagrams_report_data_and_both_ends() {
    use EventType as T;
    let Some(seen) = observe(&[T::SOCKET_SENDTO_X, T::SOCKET_RECVFROM_X], || {
        let (one, one_port) = bound(libc::SOCK_DGRAM);
        let (two, two_port) = bound(libc::SOCK_DGRAM);
        let data = [b'x'; 100];
        raw_syscall!(
            libc::SYS_sendto,
            one,
            data.as_ptr(),
            100,
            0,
            inet(two_port).as_ptr(),
            16
        );
        let (mut buffer, mut from, mut len) = ([0u8; 200], [0u8; 16], 16u32);
        raw_syscall!(
            libc::SYS_recvfrom,
            two,
            buffer.as_mut_ptr(),
            200,
            0,
            from.as_mut_ptr(),
            &raw mut len
        );
        let empty = raw_syscall!(
            libc::SYS_recvfrom,
            two,
            buffer.as_mut_ptr(),
            200,
            libc::MSG_DONTWAIT,
            0,
            0
        );
        let failed = raw_syscall!(libc::SYS_sendto, -1, data.as_ptr(), 3, 0, 0, 0);
        [one, two].into_iter().for_each(close);
        ((one, one_port), (two, two_port), empty, failed)
    }) else {
        return;
    };
    let ((one, one_port), (two, two_port), empty, failed) = seen.value;
    let ends = tuple((&LOOPBACK, one_port), (&LOOPBACK, two_port));
    let data = [b'x'; 80];
    let sends = seen.all_of(seen.tid, T::SOCKET_SENDTO_X);
    sends[0].assert(&[S64(100), Bytes(&data), S64(one), U32(100), Bytes(&ends)]);
    sends[1].assert(&[S64(failed), Bytes(b"xxx"), S64(-1), U32(3), Empty]);
    let receives = seen.all_of(seen.tid, T::SOCKET_RECVFROM_X);
    receives[0].assert(&[S64(100), Bytes(&data), Bytes(&ends), S64(two), U32(200)]);
    receives[1].assert(&[S64(empty), Empty, Empty, S64(two), U32(200)]);
}

/// A message of two buffers.
fn message(buffers: &mut [libc::iovec], name: &mut [u8]) -> libc::msghdr {
    // SAFETY: all zeros is a value of the struct.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = buffers.as_mut_ptr();
    header.msg_iovlen = buffers.len();
    if !name.is_empty() {
        header.msg_name = name.as_mut_ptr().cast();
        header.msg_namelen = name.len() as u32;
    }
    header
}

fn buffer(bytes: &mut [u8]) -> libc::iovec {
    libc::iovec {
        iov_base: bytes.as_mut_ptr().cast(),
        iov_len: bytes.len(),
    }
}

#[test]
fn root_messages_report_data_of_all_buffers_and_control_data() {
    use EventType as T;
    let Some(seen) = observe(&[T::SOCKET_SENDMSG_X, T::SOCKET_RECVMSG_X], || {
        let mut pair = [0i32; 2];
        raw_syscall!(
            libc::SYS_socketpair,
            libc::AF_UNIX,
            libc::SOCK_DGRAM,
            0,
            pair.as_mut_ptr()
        );
        let (mut hello, mut world) = (*b"hello ", *b"world");
        let mut out = [buffer(&mut hello), buffer(&mut world)];
        let mut header = message(&mut out, &mut []);
        // SCM_RIGHTS with one descriptor.
        let mut control = [20u64, 1 | 1 << 32, pair[0] as u64];
        header.msg_control = control.as_mut_ptr().cast();
        header.msg_controllen = 24;
        let sent = raw_syscall!(libc::SYS_sendmsg, pair[0], &raw const header, 0);
        let mut space = [0u8; 30];
        let mut into = [buffer(&mut space)];
        let mut taken = message(&mut into, &mut []);
        let mut room = [0u64; 3];
        taken.msg_control = room.as_mut_ptr().cast();
        taken.msg_controllen = 24;
        let received = raw_syscall!(libc::SYS_recvmsg, pair[1], &raw mut taken, 0);
        let passed = (room[2] & 0xffff_ffff) as i64;
        let control: Vec<u8> = room
            .iter()
            .flat_map(|w| w.to_le_bytes())
            .take(taken.msg_controllen)
            .collect();
        raw_syscall!(libc::SYS_sendmsg, -1, 8, 0);
        raw_syscall!(libc::SYS_recvmsg, -1, 8, 0);
        [i64::from(pair[0]), i64::from(pair[1]), passed]
            .into_iter()
            .for_each(close);
        (pair, sent, received, control)
    }) else {
        return;
    };
    let (pair, sent, received, ref control) = seen.value;
    assert_eq!((sent, received), (11, 11));
    let unix_tuple: Param<'_> = That(&|b| b.len() == 17 && b[0] == 1);
    let sends = seen.all_of(seen.tid, T::SOCKET_SENDMSG_X);
    sends[0].assert(&[
        S64(11),
        Bytes(b"hello world"),
        S64(pair[0].into()),
        U32(11),
        unix_tuple,
    ]);
    sends[1].assert(&[S64(EBADF), Empty, S64(-1), Empty, Empty]);
    let unix_tuple: Param<'_> = That(&|b| b.len() == 17 && b[0] == 1);
    let receives = seen.all_of(seen.tid, T::SOCKET_RECVMSG_X);
    receives[0].assert(&[
        S64(11),
        U32(11),
        Bytes(b"hello world"),
        unix_tuple,
        Bytes(control),
        S64(pair[1].into()),
    ]);
    receives[1].assert(&[S64(EBADF), U32(0), Empty, Empty, Empty, S64(-1)]);
}

#[test]
fn root_several_messages_are_an_event_each() {
    use EventType as T;
    let Some(seen) = observe(&[T::SOCKET_SENDMMSG_X, T::SOCKET_RECVMMSG_X], || {
        let (one, one_port) = bound(libc::SOCK_DGRAM);
        let (two, two_port) = bound(libc::SOCK_DGRAM);
        let (mut first, mut second) = (*b"one", *b"second");
        let (mut a, mut b) = ([buffer(&mut first)], [buffer(&mut second)]);
        let mut to = inet(two_port);
        let mut to_again = inet(two_port);
        let mut out = [
            libc::mmsghdr {
                msg_hdr: message(&mut a, &mut to),
                msg_len: 0,
            },
            libc::mmsghdr {
                msg_hdr: message(&mut b, &mut to_again),
                msg_len: 0,
            },
        ];
        let sent = raw_syscall!(libc::SYS_sendmmsg, one, out.as_mut_ptr(), 2, 0);
        let (mut space, mut more) = ([0u8; 10], [0u8; 10]);
        let (mut a, mut b) = ([buffer(&mut space)], [buffer(&mut more)]);
        let (mut from, mut from_again) = ([0u8; 16], [0u8; 16]);
        let mut into = [
            libc::mmsghdr {
                msg_hdr: message(&mut a, &mut from),
                msg_len: 0,
            },
            libc::mmsghdr {
                msg_hdr: message(&mut b, &mut from_again),
                msg_len: 0,
            },
        ];
        let received = raw_syscall!(libc::SYS_recvmmsg, two, into.as_mut_ptr(), 2, 0, 0);
        raw_syscall!(libc::SYS_sendmmsg, -1, out.as_mut_ptr(), 2, 0);
        raw_syscall!(libc::SYS_recvmmsg, -1, into.as_mut_ptr(), 2, 0, 0);
        [one, two].into_iter().for_each(close);
        (one, two, one_port, two_port, sent, received)
    }) else {
        return;
    };
    let (one, two, one_port, two_port, sent, received) = seen.value;
    assert_eq!((sent, received), (2, 2));
    let ends = tuple((&LOOPBACK, one_port), (&LOOPBACK, two_port));
    let sends = seen.all_of(seen.tid, T::SOCKET_SENDMMSG_X);
    sends[0].assert(&[S64(3), S64(one), U32(3), Bytes(b"one"), Bytes(&ends)]);
    sends[1].assert(&[S64(6), S64(one), U32(6), Bytes(b"second"), Bytes(&ends)]);
    sends[2].assert(&[S64(EBADF), S64(-1), U32(0), Empty, Empty]);
    let receives = seen.all_of(seen.tid, T::SOCKET_RECVMMSG_X);
    receives[0].assert(&[S64(3), S64(two), U32(3), Bytes(b"one"), Bytes(&ends), Empty]);
    receives[1].assert(&[
        S64(6),
        S64(two),
        U32(6),
        Bytes(b"second"),
        Bytes(&ends),
        Empty,
    ]);
    receives[2].assert(&[S64(EBADF), S64(-1), U32(0), Empty, Empty, Empty]);
}
