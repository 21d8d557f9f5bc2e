//! Sockets.

use std::net::SocketAddr;

use lanner_event::snapshot::{FdEntry, FdKind, FdTableEntry, Interface, L4};
use lanner_event::testing::{sockaddr, sockaddr_unix, tuple, tuple_unix};

use super::*;
use crate::{FdType, Role};

fn v(s: &str) -> SocketAddr {
    s.parse().unwrap()
}

fn socket(fd: i64, domain: u32, kind: u32) -> EventBuilder {
    EventBuilder::new(T::SOCKET_SOCKET_X)
        .tid(100)
        .with("fd", fd)
        .with("domain", domain)
        .with("type", kind)
}

fn connect(fd: i64, res: i64, tuple: &[u8]) -> EventBuilder {
    EventBuilder::new(T::SOCKET_CONNECT_X)
        .tid(100)
        .with("res", res)
        .with("fd", fd)
        .with("tuple", tuple)
}

fn bind(fd: i64, addr: &[u8]) -> EventBuilder {
    EventBuilder::new(T::SOCKET_BIND_X)
        .tid(100)
        .with("res", 0)
        .with("fd", fd)
        .with("addr", addr)
}

fn message(ty: T, fd: i64, source: &str, dest: &str) -> EventBuilder {
    EventBuilder::new(ty)
        .tid(100)
        .with("res", 1)
        .with("fd", fd)
        .with("tuple", tuple(v(source), v(dest)))
}

/// Name, role, connected.
fn seen(state: &State, fd: i64) -> (String, Role, bool) {
    let fd = open_fd(state, 100, fd);
    let socket = fd.socket.as_ref().unwrap();
    (fd.name.to_string(), socket.role, socket.connected)
}

#[test]
fn sockets_have_type_and_protocol() {
    for (domain, kind, ty, l4) in [
        (2, 1, FdType::Ipv4, Some(L4::Tcp)),
        (10, 2, FdType::Ipv6, Some(L4::Udp)),
        (1, 1, FdType::Unix, Some(L4::NotApplicable)),
        (16, 3, FdType::Netlink, None),
        (17, 3, FdType::Unknown, None),
    ] {
        let mut state = machine();
        let event = socket(3, domain, kind).with("flags", 0x1000);
        let subject = apply(&mut state, &event);
        assert_eq!((subject.fd, subject.fd_name_changed), (Some(3), false));
        let fd = open_fd(&state, 100, 3);
        assert_eq!((fd.ty, fd.socket.as_ref().map(|s| s.l4)), (ty, l4));
        assert!(fd.cloexec && fd.name.is_empty());
    }
}

#[test]
fn a_connection_makes_a_client() {
    let t4 = tuple(v("10.0.0.1:40000"), v("1.2.3.4:443"));
    let t6 = tuple(v("[fd00::1]:40000"), v("[fd00::2]:443"));
    let mapped = tuple(v("[::ffff:10.0.0.1]:40000"), v("[::ffff:1.2.3.4]:443"));
    let unix = tuple_unix(0xa, 0xb, "/run/s");
    for (domain, res, tuple, ty, name) in [
        (2, 0, &t4, FdType::Ipv4, "10.0.0.1:40000->1.2.3.4:443"),
        (2, -115, &t4, FdType::Ipv4, "10.0.0.1:40000->1.2.3.4:443"),
        (10, 0, &t6, FdType::Ipv6, "fd00::1:40000->fd00::2:443"),
        (10, 0, &mapped, FdType::Ipv4, "10.0.0.1:40000->1.2.3.4:443"),
        (1, 0, &unix, FdType::Unix, "a->b /run/s"),
    ] {
        let mut state = machine();
        apply(&mut state, &socket(3, domain, 1));
        let subject = apply(&mut state, &connect(3, res, tuple));
        assert_eq!((subject.fd, subject.fd_name_changed), (Some(3), true));
        assert_eq!(seen(&state, 3), (name.to_owned(), Role::Client, true));
        let fd = open_fd(&state, 100, 3);
        assert_eq!(fd.ty, ty);
        assert_eq!(fd.socket.as_ref().map(|s| s.pending), Some(res != 0));
    }
}

#[test]
fn a_connection_that_fails_changes_nothing() {
    let mut state = machine();
    apply(&mut state, &socket(3, 2, 1));
    let event = connect(3, -111, &tuple(v("10.0.0.1:1"), v("1.2.3.4:443")));
    assert_eq!(apply(&mut state, &event).fd, Some(3));
    assert_eq!(seen(&state, 3), (String::new(), Role::Unknown, false));
    // Neither does one of a socket that is not known.
    apply(
        &mut state,
        &connect(9, 0, &tuple(v("10.0.0.1:1"), v("1.2.3.4:443"))),
    );
    assert_eq!(fds(&state, 100).len(), 1);
}

#[test]
fn a_connection_in_the_background_is_pending_until_used_or_asked() {
    let asked = EventBuilder::new(T::SOCKET_GETSOCKOPT_X)
        .tid(100)
        .with("res", 0)
        .with("fd", 3)
        .with("level", 1)
        .with("optname", 4);
    let used = EventBuilder::new(T::SYSCALL_WRITE_X)
        .tid(100)
        .with("res", 1)
        .with("fd", 3);
    for event in [asked, used] {
        let mut state = machine();
        apply(&mut state, &socket(3, 2, 1));
        let t = tuple(v("10.0.0.1:1"), v("1.2.3.4:443"));
        apply(&mut state, &connect(3, -115, &t));
        apply(&mut state, &event);
        let fd = open_fd(&state, 100, 3);
        assert_eq!(
            fd.socket.as_ref().map(|s| (s.connected, s.pending)),
            Some((true, false))
        );
    }
}

#[test]
fn an_address_that_changed_during_the_call_does_not_count() {
    let enter = |addr: Vec<u8>| {
        EventBuilder::new(T::SOCKET_CONNECT_E)
            .tid(100)
            .with("fd", 3)
            .with("addr", addr)
    };
    let (real, lie) = (v("6.6.6.6:66"), v("1.2.3.4:443"));
    let me = v("10.0.0.1:1");
    for (tuple, given, expect) in [
        // The tuple was filled from the caller's memory: what the call began with counts.
        (
            tuple(me, lie),
            Some(sockaddr(lie)),
            "10.0.0.1:1->6.6.6.6:66",
        ),
        // The tuple is the kernel's own.
        (
            tuple(me, v("7.7.7.7:77")),
            Some(sockaddr(lie)),
            "10.0.0.1:1->7.7.7.7:77",
        ),
        (tuple(me, lie), None, "10.0.0.1:1->1.2.3.4:443"),
        // Nothing but the enter half.
        (Vec::new(), None, ""),
    ] {
        let mut state = machine();
        apply(&mut state, &socket(3, 2, 1));
        apply(&mut state, &enter(sockaddr(real)));
        let mut event = connect(3, 0, &tuple);
        if let Some(given) = given {
            event = event.with("addr", given);
        }
        apply(&mut state, &event);
        assert_eq!(open_fd(&state, 100, 3).name, expect);
        if tuple.is_empty() {
            let fd = open_fd(&state, 100, 3);
            assert_eq!(fd.socket.as_ref().and_then(|s| s.dest), Some(real));
        }
    }
    let mut state = machine();
    apply(&mut state, &socket(3, 1, 1));
    apply(&mut state, &enter(sockaddr_unix("/true")));
    let event = connect(3, 0, &tuple_unix(1, 2, "/lie")).with("addr", sockaddr_unix("/lie"));
    apply(&mut state, &event);
    assert_eq!(open_fd(&state, 100, 3).name, "1->2 /true");
}

#[test]
fn bound_sockets_are_servers_and_named_by_their_address() {
    for (domain, addr, ty, name, role) in [
        (
            2,
            sockaddr(v("0.0.0.0:80")),
            FdType::Ipv4Server,
            "0.0.0.0:80",
            Role::Server,
        ),
        (
            2,
            sockaddr(v("0.0.0.0:0")),
            FdType::Ipv4,
            "0.0.0.0:0",
            Role::Unknown,
        ),
        (
            10,
            sockaddr(v("[fd00::1]:80")),
            FdType::Ipv6Server,
            "fd00::1:80",
            Role::Server,
        ),
        (
            10,
            sockaddr(v("[::]:80")),
            FdType::Ipv4Server,
            ":::80",
            Role::Server,
        ),
        (
            1,
            sockaddr_unix("/run/s"),
            FdType::Unix,
            "/run/s",
            Role::Unknown,
        ),
    ] {
        let mut state = machine();
        apply(&mut state, &socket(3, domain, 1));
        assert!(apply(&mut state, &bind(3, &addr)).fd_name_changed);
        let fd = open_fd(&state, 100, 3);
        assert_eq!(fd.ty, ty);
        assert_eq!(seen(&state, 3), (name.to_owned(), role, false));
    }
}

#[test]
fn an_accepted_connection_is_of_a_server() {
    let t4 = tuple(v("1.2.3.4:5555"), v("10.0.0.1:80"));
    let unix = tuple_unix(1, 2, "/run/s");
    for (tuple, ty, name) in [
        (t4, FdType::Ipv4, "1.2.3.4:5555->10.0.0.1:80"),
        (unix, FdType::Unix, "1->2 /run/s"),
    ] {
        let mut state = machine();
        let event = EventBuilder::new(T::SOCKET_ACCEPT4_6_X)
            .tid(100)
            .with("fd", 4)
            .with("tuple", tuple)
            .with("flags", 0x1000);
        let subject = apply(&mut state, &event);
        assert_eq!((subject.fd, subject.fd_name_changed), (Some(4), true));
        assert_eq!(seen(&state, 4), (name.to_owned(), Role::Server, true));
        let fd = open_fd(&state, 100, 4);
        assert_eq!((fd.ty, fd.cloexec), (ty, true));
        apply(&mut state, &event.with("fd", -11));
        assert_eq!(fds(&state, 100).len(), 1);
    }
}

#[test]
fn datagrams_tell_the_addresses_and_the_role() {
    let (local, peer) = ("10.0.0.1:5353", "8.8.8.8:53");
    let client = "10.0.0.1:5353->8.8.8.8:53".to_owned();
    // A client: sends first, then receives.
    let mut state = machine();
    apply(&mut state, &socket(3, 2, 2));
    let subject = apply(&mut state, &message(T::SOCKET_SENDTO_X, 3, local, peer));
    assert!(subject.fd_name_changed);
    assert_eq!(seen(&state, 3), (client.clone(), Role::Client, true));
    let subject = apply(&mut state, &message(T::SOCKET_RECVFROM_X, 3, peer, local));
    assert!(
        !subject.fd_name_changed,
        "the same tuple the other way round"
    );
    assert_eq!(seen(&state, 3).0, client);
    // A server: bound, receives from two clients.
    let mut state = machine();
    apply(&mut state, &socket(3, 2, 2));
    apply(&mut state, &bind(3, &sockaddr(v("0.0.0.0:53"))));
    for peer in ["1.1.1.1:1000", "2.2.2.2:2000"] {
        let event = message(T::SOCKET_RECVMSG_X, 3, peer, "10.0.0.1:53");
        assert!(apply(&mut state, &event).fd_name_changed);
        let (name, role, _) = seen(&state, 3);
        assert_eq!((name, role), (format!("{peer}->10.0.0.1:53"), Role::Server));
        let event = message(T::SOCKET_SENDMSG_X, 3, "10.0.0.1:53", peer);
        assert!(!apply(&mut state, &event).fd_name_changed);
    }
    // It sends to somebody it has not heard of.
    let event = message(T::SOCKET_SENDMSG_X, 3, "10.0.0.1:53", "3.3.3.3:3000");
    assert!(apply(&mut state, &event).fd_name_changed);
    assert_eq!(seen(&state, 3).0, "3.3.3.3:3000->10.0.0.1:53");
    assert_eq!(open_fd(&state, 100, 3).ty, FdType::Ipv4);
    // A client that talks to another server.
    let mut state = machine();
    apply(&mut state, &socket(3, 2, 2));
    for peer in ["8.8.8.8:53", "9.9.9.9:53"] {
        apply(&mut state, &message(T::SOCKET_SENDTO_X, 3, local, peer));
        assert_eq!(
            seen(&state, 3),
            (format!("{local}->{peer}"), Role::Client, true)
        );
    }
    // Neither bound nor connected: who reads first serves.
    let mut state = machine();
    apply(&mut state, &socket(3, 2, 2));
    apply(&mut state, &message(T::SOCKET_RECVMMSG_X, 3, peer, local));
    assert_eq!(
        seen(&state, 3),
        ("8.8.8.8:53->10.0.0.1:5353".to_owned(), Role::Server, true)
    );
}

#[test]
fn a_stream_does_not_change_its_name() {
    let mut state = machine();
    apply(&mut state, &socket(3, 2, 1));
    apply(
        &mut state,
        &connect(3, 0, &tuple(v("10.0.0.1:1"), v("1.2.3.4:443"))),
    );
    let event = message(T::SOCKET_SENDTO_X, 3, "10.0.0.1:1", "9.9.9.9:9");
    assert!(!apply(&mut state, &event).fd_name_changed);
    assert_eq!(seen(&state, 3).0, "10.0.0.1:1->1.2.3.4:443");
}

#[test]
fn a_socket_that_was_not_seen_is_guessed_from_what_it_sends() {
    let mut state = machine();
    let event = message(T::SOCKET_SENDTO_X, 5, "10.0.0.1:1", "8.8.8.8:53");
    apply(&mut state, &event);
    assert_eq!(
        seen(&state, 5),
        ("10.0.0.1:1->8.8.8.8:53".to_owned(), Role::Client, true)
    );
    assert_eq!(
        open_fd(&state, 100, 5).socket.as_ref().map(|s| s.l4),
        Some(L4::Udp)
    );
    // Not from what fails, and not from what it receives.
    apply(&mut state, &event.with("fd", 6).with("res", -1));
    let event = message(T::SOCKET_RECVFROM_X, 7, "8.8.8.8:53", "10.0.0.1:1");
    apply(&mut state, &event);
    assert_eq!(fds(&state, 100).len(), 1);
}

#[test]
fn an_unknown_own_address_is_taken_from_the_interfaces() {
    let mut state = machine();
    state.seed(Snapshot {
        threads: vec![entry(1, 1, 0, "init"), entry(100, 100, 1, "bash")],
        interfaces: [
            "127.0.0.1/255.0.0.0",
            "192.168.1.5/255.255.255.0",
            "10.9.9.9/255.0.0.0",
        ]
        .into_iter()
        .map(|i| {
            let (addr, netmask) = i.split_once('/').unwrap();
            Interface::V4 {
                name: "if".into(),
                addr: addr.parse().unwrap(),
                netmask: netmask.parse().unwrap(),
                broadcast: [0; 4].into(),
                speed: 0,
            }
        })
        .collect(),
        ..Snapshot::default()
    });
    for (fd, peer, expect) in [
        (3, "10.1.2.3:53", "10.9.9.9:7->10.1.2.3:53"),
        (4, "8.8.8.8:53", "192.168.1.5:7->8.8.8.8:53"),
        (5, "10.9.9.9:53", "10.9.9.9:7->10.9.9.9:53"),
    ] {
        apply(&mut state, &socket(fd, 2, 2));
        apply(
            &mut state,
            &message(T::SOCKET_SENDTO_X, fd, "0.0.0.0:7", peer),
        );
        assert_eq!(seen(&state, fd).0, expect);
    }
}

#[test]
fn unix_datagrams_name_their_socket() {
    let mut state = machine();
    apply(&mut state, &socket(3, 1, 2));
    let event = EventBuilder::new(T::SOCKET_SENDMSG_X)
        .tid(100)
        .with("res", 1)
        .with("fd", 3)
        .with("tuple", tuple_unix(1, 2, "/dev/log"));
    assert!(apply(&mut state, &event).fd_name_changed);
    assert_eq!(open_fd(&state, 100, 3).name, "1->2 /dev/log");
    assert!(!apply(&mut state, &event).fd_name_changed);
}

#[test]
fn both_ends_of_a_socket_pair_are_known() {
    let mut state = machine();
    let event = EventBuilder::new(T::SOCKET_SOCKETPAIR_X)
        .tid(100)
        .with("res", 0)
        .with("fd1", 3)
        .with("fd2", 4)
        .with("source", 8)
        .with("peer", 9);
    assert_eq!(apply(&mut state, &event).fd, Some(4));
    for end in [3, 4] {
        let fd = open_fd(&state, 100, end);
        assert_eq!(fd.ty, FdType::Unix);
        assert_eq!(fd.socket.as_ref().map(|s| s.unix_ends), Some((8, 9)));
    }
}

#[test]
fn connections_that_were_there_get_their_direction_from_who_listens() {
    let end = |s: &str| match v(s) {
        SocketAddr::V4(a) => (*a.ip(), a.port()),
        SocketAddr::V6(_) => panic!("{s}"),
    };
    let l4 = L4::Tcp;
    let fd = |fd, kind| FdEntry { fd, ino: 1, kind };
    let mut state = machine();
    state.seed(Snapshot {
        threads: vec![entry(1, 1, 0, "init"), entry(100, 100, 1, "bash")],
        fds: vec![
            FdTableEntry {
                tid: 1,
                fds: vec![fd(
                    9,
                    FdKind::Ipv4Server {
                        addr: end("0.0.0.0:80"),
                        l4,
                    },
                )],
            },
            FdTableEntry {
                tid: 100,
                fds: vec![
                    fd(
                        3,
                        FdKind::Ipv4 {
                            source: end("10.0.0.1:80"),
                            dest: end("1.2.3.4:5555"),
                            l4,
                        },
                    ),
                    fd(
                        4,
                        FdKind::Ipv4 {
                            source: end("10.0.0.1:40000"),
                            dest: end("1.2.3.4:443"),
                            l4,
                        },
                    ),
                    fd(
                        5,
                        FdKind::Unix {
                            source: 1,
                            dest: 2,
                            path: "/run/s".into(),
                        },
                    ),
                ],
            },
        ],
        ..Snapshot::default()
    });
    assert_eq!(open_fd(&state, 1, 9).name, "0.0.0.0:80");
    let server = ("1.2.3.4:5555->10.0.0.1:80".to_owned(), Role::Server, true);
    let client = ("10.0.0.1:40000->1.2.3.4:443".to_owned(), Role::Client, true);
    assert_eq!((seen(&state, 3), seen(&state, 4)), (server, client));
    assert_eq!(seen(&state, 5), ("/run/s".to_owned(), Role::Server, false));
    // A snapshot of that is the one it came from.
    let before = state.snapshot();
    let mut again = machine();
    again.seed(before.clone());
    assert_eq!(again.snapshot(), before);
    for fd in [3, 4, 5] {
        assert_eq!(seen(&again, fd), seen(&state, fd));
    }
}
