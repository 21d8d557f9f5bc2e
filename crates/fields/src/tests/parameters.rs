//! Parameters of every type as text.

use std::net::SocketAddr;

use bstr::BStr;
use bumpalo::Bump;
use lanner_event::EventType as T;
use lanner_event::testing::{EventBuilder, sockaddr, sockaddr_unix, strings, tuple, tuple_unix};
use lanner_state::State;

use super::{settings, world};
use crate::render::parameter;
use crate::{EventRecord, Session, Settings};

/// The raw and the resolved text of a parameter of an event of the program.
#[track_caller]
fn check_with(settings: Settings, event: EventBuilder, name: &str, raw: &str, resolved: &str) {
    let mut state = State::default();
    state.seed(world::snapshot());
    let session = Session::new(settings);
    let record = event.build();
    let event = record.event();
    let subject = state.apply(&event);
    let identity = world::identity("host");
    let arena = Bump::new();
    let record = EventRecord::new(&event, &state, subject, identity.as_ref(), &session);
    let index = event.info().param(name).unwrap();
    let found = parameter(&record, index, &arena).unwrap();
    let found = (BStr::new(found.raw), BStr::new(found.resolved));
    let expect = (BStr::new(raw), BStr::new(resolved));
    assert_eq!(found, expect, "{} {name}", event.info().symbol);
}

#[track_caller]
fn check(event: EventBuilder, name: &str, raw: &str, resolved: &str) {
    check_with(settings(), event, name, raw, resolved);
}

fn of(ty: T) -> EventBuilder {
    EventBuilder::new(ty).tid(200).ts(world::NOW)
}

#[test]
fn numbers_print_in_their_format() {
    let read = of(T::SYSCALL_READ_X);
    check(read.clone().with("size", 7), "size", "7", "");
    check(read.with("size", u32::MAX), "size", "-1", "");
    let seek = of(T::SYSCALL_LSEEK_X);
    check(seek.with("offset", u64::MAX), "offset", "-1", "");
    let mmap = of(T::SYSCALL_MMAP_X);
    check(mmap.clone().with("addr", 0x7fffu64), "addr", "7FFF", "");
    check(mmap.with("res", -12), "res", "-12", "ENOMEM");
    let open = of(T::SYSCALL_OPENAT_2_X);
    check(open.clone().with("mode", 0o644), "mode", "0644", "");
    check(open.clone().with("mode", 0), "mode", "0", "");
    check(open.with("dev", 0xca02), "dev", "CA02", "");
    let mode = of(T::SYSCALL_MKNOD_X);
    check(
        mode.clone().with("mode", 0o644),
        "mode",
        "0644",
        "S_IROTH|S_IRGRP|S_IWUSR|S_IRUSR",
    );
    check(mode.clone().with("mode", 0o400), "mode", "0400", "S_IRUSR");
    check(
        mode.with("mode", 0x8000 | 0o4001),
        "mode",
        "0104001",
        "S_IXOTH|S_ISUID|S_IFREG",
    );
}

#[test]
fn error_numbers_and_descriptors_are_named() {
    let close = of(T::SYSCALL_CLOSE_X);
    check(close.clone().with("res", -9), "res", "-9", "EBADF");
    check(close.clone().with("res", -999), "res", "-999", "");
    check(close.clone().with("res", 3), "res", "3", "");
    check(close.clone().with("fd", 3), "fd", "3", "<f>/etc/passwd");
    check(
        close.clone().with("fd", 4),
        "fd",
        "4",
        "<4t>10.0.0.2:4000->93.184.216.34:80",
    );
    check(
        close.clone().with("fd", 7),
        "fd",
        "7",
        "<6u>fd01::9:5000->fd00::1:53",
    );
    check(close.clone().with("fd", 8), "fd", "8", "<u>/dev/log");
    check(close.clone().with("fd", 44), "fd", "44", "");
    check(close.clone().tid(-1).with("fd", 3), "fd", "3", "");
    let open = of(T::SYSCALL_OPENAT_2_X);
    check(open.clone().with("fd", -2), "fd", "-2", "ENOENT");
    check(open.with("dirfd", -100), "dirfd", "-100", "AT_FDCWD");
    check(of(T::SYSCALL_KILL_X).with("pid", 100), "pid", "100", "bash");
    check(of(T::SYSCALL_KILL_X).with("pid", 4), "pid", "4", "");
    check(
        of(T::SYSCALL_KILL_X).with("sig", 15),
        "sig",
        "15",
        "SIGTERM",
    );
    check(of(T::SYSCALL_KILL_X).with("sig", 64), "sig", "64", "");
}

#[test]
fn texts_and_paths_are_completed() {
    let exec = of(T::SYSCALL_EXECVE_19_X);
    check(exec.clone().with("exe", "sh\nx"), "exe", "sh\nx", "");
    check(
        exec.clone().with("exe", &b"(NULL)\0"[..]),
        "exe",
        "<NA>",
        "",
    );
    check(exec, "exe", "<NA>", "");
    let mkdir = of(T::SYSCALL_MKDIR_2_X);
    check(
        mkdir.clone().with("path", "a/../b"),
        "path",
        "a/../b",
        "/data/b",
    );
    check(mkdir.clone().with("path", "/a/../b"), "path", "/a/../b", "");
    check(
        mkdir.clone().with("path", "a\u{7}"),
        "path",
        "a\u{fffd}",
        "/data/a\u{fffd}",
    );
    check(mkdir.clone().with("path", ""), "path", "", "");
    check(mkdir.clone(), "path", "<NA>", "");
    check(mkdir.tid(-1).with("path", "a"), "path", "a", "");
    let at = of(T::SYSCALL_MKDIRAT_X).with("path", "a");
    check(at.clone().with("dirfd", 5), "path", "a", "/srv/a");
    check(at.clone().with("dirfd", -100), "path", "a", "/data/a");
    check(at.with("dirfd", 44), "path", "a", "a");
}

#[test]
fn flags_are_named_in_the_order_of_their_table() {
    let open = |flags: u32| of(T::SYSCALL_OPENAT_2_X).with("flags", flags);
    check(open(0x1000 | 1), "flags", "4097", "O_RDONLY|O_CLOEXEC");
    check(
        open(0x100 | 4 | 3),
        "flags",
        "263",
        "O_TRUNC|O_CREAT|O_RDWR",
    );
    check(open(0), "flags", "0", "O_NONE");
    check(open(1 << 30), "flags", "1073741824", "");
    let socket = |domain: u32| of(T::SOCKET_SOCKET_X).with("domain", domain);
    check(socket(1), "domain", "1", "AF_LOCAL|AF_UNIX");
    check(socket(2), "domain", "2", "AF_INET");
    check(socket(99), "domain", "99", "");
    let wait = of(T::SYSCALL_IO_URING_ENTER_X).with("sig", 1 << 8 | 1 << 14);
    check(wait, "sig", "SIGKILL SIGTERM", "");
}

#[test]
fn addresses_and_tuples_print_both_ends() {
    let addr = |text: &str| text.parse::<SocketAddr>().unwrap();
    let bind = |bytes: Vec<u8>| of(T::SOCKET_BIND_X).with("addr", bytes);
    check(
        bind(sockaddr(addr("10.0.0.1:80"))),
        "addr",
        "10.0.0.1:80",
        "",
    );
    check(
        bind(sockaddr(addr("[fd00::1]:80"))),
        "addr",
        "fd00::1:80",
        "",
    );
    check(
        bind(sockaddr_unix("/run/x\t")),
        "addr",
        "/run/x\u{fffd}",
        "",
    );
    check(bind(vec![16, 0]), "addr", "family 16", "");
    check(bind(vec![2, 1, 2]), "addr", "INVALID IPv4", "");
    check(bind(vec![10, 1]), "addr", "INVALID IPv6", "");
    check(bind(vec![]), "addr", "<NA>", "");
    let connect = |bytes: Vec<u8>| of(T::SOCKET_CONNECT_X).with("tuple", bytes);
    let v4 = tuple(addr("10.0.0.1:80"), addr("1.2.3.4:5"));
    check(connect(v4), "tuple", "10.0.0.1:80->1.2.3.4:5", "");
    let v6 = tuple(addr("[fd00::1]:80"), addr("[::]:5"));
    check(connect(v6), "tuple", "fd00::1:80->:::5", "");
    let mapped = tuple(addr("[::ffff:1.2.3.4]:80"), addr("[::]:5"));
    check(connect(mapped), "tuple", "1.2.3.4:80->0.0.0.0:5", "");
    let unix = tuple_unix(0xab, 0xcd, "/run/x");
    check(connect(unix), "tuple", "ab->cd /run/x", "");
    check(connect(vec![1, 2]), "tuple", "INVALID PATH", "");
    check(connect(vec![2]), "tuple", "INVALID IPv4", "");
    check(connect(vec![17]), "tuple", "family 17", "");
    check(connect(vec![]), "tuple", "NULL", "");
}

#[test]
fn lists_and_variants_print_their_items() {
    check(
        world::builder("poll"),
        "fds",
        "4:41 6:44 1:p0 44:?0 7:65",
        "",
    );
    check(of(T::SYSCALL_POLL_X), "fds", "NULL", "");
    check(
        of(T::SYSCALL_POLL_X).with("fds", vec![9, 0, 1]),
        "fds",
        "",
        "",
    );
    let option = |bytes: Vec<u8>| of(T::SOCKET_SETSOCKOPT_X).with("val", bytes);
    check(option(vec![2, 1, 0, 0, 0]), "val", "1", "");
    check(
        option(vec![1, 254, 255, 255, 255, 255, 255, 255, 255]),
        "val",
        "-2",
        "ENOENT",
    );
    let second = 1_000_000_000u64.to_le_bytes();
    check(
        option([&[4][..], &second].concat()),
        "val",
        "1000000000",
        "1s",
    );
    check(option(vec![0, b'a', 0]), "val", "a.", "");
    check(option(vec![99, 1]), "val", "INVALID DYNAMIC PARAMETER", "");
    check(option(vec![2, 1, 2, 3]), "val", "<NA>", "");
    check(option(vec![]), "val", "NULL", "");
    check(of(T::GENERIC_X).with("ID", 16), "ID", "16", "getpid");
    check(
        of(T::GENERIC_X).with("ID", 9999),
        "ID",
        "<unknown syscall>",
        "",
    );
    let task = of(T::ITER_TASK_E).with("argv", strings(&["a", "b"]));
    check(task, "argv", "a.b", "");
}

#[test]
fn times_print_as_seconds_and_dates() {
    let sleep = |ns: u64| of(T::SYSCALL_NANOSLEEP_X).with("interval", ns);
    for (ns, resolved) in [
        (0, "0s"),
        (1, "1e-09s"),
        (100_000, "0.0001s"),
        (12_345, "1.2345e-05s"),
        (1_500_000_000, "1.5s"),
        (1_234_567_890, "1.23457s"),
        (999_999_999, "1s"),
        (123_456_000_000_000, "123456s"),
        (1_234_567_000_000_000, "1.23457e+06s"),
    ] {
        check(sleep(ns), "interval", &ns.to_string(), resolved);
    }
    check(sleep(u64::MAX), "interval", "none", "");
    let exec = of(T::SYSCALL_EXECVE_19_X).with("exe_ino_ctime", world::NOW);
    check(
        exec,
        "exe_ino_ctime",
        "2019-04-11 21:43:51.000000042 +0200",
        "",
    );
}

#[test]
fn users_and_groups_are_named() {
    let setuid = |uid: u32| of(T::SYSCALL_SETUID_X).with("uid", uid);
    check(setuid(1000), "uid", "1000", "me");
    check(setuid(7), "uid", "7", "<NA>");
    check(setuid(u32::MAX), "uid", "-1", "<NONE>");
    check(setuid(1 << 31), "uid", "-2147483648", "<NA>");
    check(
        of(T::SYSCALL_SETGID_X).with("gid", 1000),
        "gid",
        "1000",
        "team",
    );
    check(setuid(1000).tid(-1), "uid", "1000", "<NA>");
}

#[test]
fn buffers_print_with_dots_or_as_base64() {
    let read = |data: &[u8]| of(T::SYSCALL_READ_X).with("data", data);
    check(read(b"a b\n\xff~"), "data", "a b..~", "");
    check(read(b""), "data", "NULL", "");
    let base64 = || Settings {
        base64: true,
        ..settings()
    };
    check_with(base64(), read(b"a"), "data", "YQ==", "");
    check_with(base64(), read(b"ab"), "data", "YWI=", "");
    check_with(base64(), read(b"abc\xff"), "data", "YWJj/w==", "");
}
