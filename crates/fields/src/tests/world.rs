//! The machine, the containers and the events that the tests read fields of.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use bstr::BString;
use lanner_container::{Container, ContainerType, Identity, Mount, Pod};
use lanner_event::EventType;
use lanner_event::snapshot::{
    FdEntry, FdKind, FdTableEntry, GroupEntry, Interface, L4, Machine, Snapshot, ThreadEntry,
    UserEntry,
};
use lanner_event::testing::{EventBuilder, Record, strings};

/// When events happen: 2019-04-11 19:43:51.000000042 UTC.
pub(super) const NOW: u64 = 1_555_011_831_000_000_042;

const SECOND: u64 = 1_000_000_000;

fn text(text: &str) -> BString {
    text.into()
}

fn process(tid: i64, ptid: i64, comm: &str) -> ThreadEntry {
    ThreadEntry {
        tid,
        pid: tid,
        ptid,
        sid: 100,
        vpgid: tid,
        pgid: tid,
        vtid: tid,
        vpid: tid,
        comm: text(comm),
        exe: text(comm),
        exepath: text(&format!("/usr/bin/{comm}")),
        cwd: text("/"),
        fdlimit: -1,
        loginuid: u32::MAX,
        ..ThreadEntry::default()
    }
}

/// init (1) started a login shell (100), that started a program (200) with a second thread (201).
pub(super) fn snapshot() -> Snapshot {
    let init = ThreadEntry {
        sid: 1,
        exe: text("/sbin/init"),
        ..process(1, 0, "systemd")
    };
    let shell = ThreadEntry {
        exe: text("-bash"),
        args: strings(&["-l"]).into(),
        env: strings(&["HOME=/root", "EDITOR= vi ", "EMPTY="]).into(),
        clone_ts: NOW - 100 * SECOND,
        ..process(100, 1, "bash")
    };
    let program = ThreadEntry {
        exe: text("./app"),
        exepath: text("/srv/app"),
        args: strings(&["-v", "", "in put"]).into(),
        env: strings(&["A=1", "B= two "]).into(),
        cwd: text("/data"),
        cgroups: text("cpu=/a\0memory=/b c"),
        fdlimit: 16,
        flags: 0,
        uid: 1000,
        gid: 1000,
        loginuid: 1001,
        tty: 34816,
        vmsize_kb: 10,
        vmrss_kb: 7,
        vmswap_kb: 3,
        pfmajor: 4,
        pfminor: 5,
        clone_ts: NOW - 10 * SECOND,
        pidns_init_start_ts: NOW - 60 * SECOND,
        cap_inheritable: 1,
        cap_permitted: 1 << 21 | 1 << 12,
        cap_effective: 0,
        exe_ino: 77,
        exe_ino_ctime: NOW - 40 * SECOND,
        exe_ino_mtime: NOW - 50 * SECOND,
        exe_writable: true,
        exe_upper_layer: true,
        ..process(200, 100, "app")
    };
    let worker = ThreadEntry {
        tid: 201,
        vtid: 201,
        pgid: 200,
        vpgid: 200,
        ..program.clone()
    };
    Snapshot {
        machine: Machine {
            hostname: text("node-1"),
            num_cpus: 4,
            ..Machine::default()
        },
        threads: vec![init, shell, program, worker],
        fds: vec![FdTableEntry {
            tid: 200,
            fds: fds(),
        }],
        users: vec![
            UserEntry {
                uid: 1000,
                gid: 1000,
                name: text("me"),
                home: text("/home/me"),
                shell: text("/bin/zsh"),
            },
            // A writer that could not look it up.
            UserEntry {
                uid: 0,
                gid: 0,
                name: text("<NA>"),
                home: text("<NA>"),
                shell: text("<NA>"),
            },
        ],
        groups: vec![
            GroupEntry {
                gid: 1000,
                name: text("team"),
            },
            GroupEntry {
                gid: 0,
                name: text("<NA>"),
            },
        ],
        interfaces: vec![
            Interface::V4 {
                name: text("eth0"),
                addr: Ipv4Addr::new(10, 0, 0, 2),
                netmask: Ipv4Addr::new(255, 255, 255, 0),
                broadcast: Ipv4Addr::new(10, 0, 0, 255),
                speed: 0,
            },
            Interface::V6 {
                name: text("eth0"),
                addr: Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 2),
                netmask: Ipv6Addr::UNSPECIFIED,
                broadcast: Ipv6Addr::UNSPECIFIED,
                speed: 0,
            },
        ],
    }
}

/// Descriptors of the program.
fn fds() -> Vec<FdEntry> {
    let file = |name: &str, flags| FdKind::File {
        flags,
        name: text(name),
        dev: 0x0010_3082,
    };
    let kinds = [
        file("/dev/null", 0),
        FdKind::Fifo {
            name: text("pipe:[7]"),
        },
        file("/data/log", 0x8000),
        file("/etc/passwd", 0x1_0000),
        FdKind::Ipv4 {
            source: (Ipv4Addr::new(10, 0, 0, 2), 4000),
            dest: (Ipv4Addr::new(93, 184, 216, 34), 80),
            l4: L4::Tcp,
        },
        FdKind::Directory { name: text("/srv") },
        FdKind::Ipv4Server {
            addr: (Ipv4Addr::new(10, 0, 0, 2), 22),
            l4: L4::Tcp,
        },
        FdKind::Ipv6 {
            source: (Ipv6Addr::new(0xfd01, 0, 0, 0, 0, 0, 0, 9), 5000),
            dest: (Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1), 53),
            l4: L4::Udp,
        },
        FdKind::Unix {
            source: 0xa,
            dest: 0xb,
            path: text("/dev/log"),
        },
    ];
    kinds
        .into_iter()
        .zip(0..)
        .map(|(kind, fd)| FdEntry { fd, ino: 30, kind })
        .collect()
}

/// What an event happened in: `host`, `pod` (a container that is described), `bare` (one of which
/// only the id is known), `none`.
pub(super) fn identity(place: &str) -> Option<Identity> {
    let container = match place {
        "none" => return None,
        "host" => return Some(Identity::Host),
        "pod" => pod(),
        "bare" => Container {
            name: None,
            image: None,
            image_id: None,
            image_repository: None,
            image_tag: None,
            image_digest: None,
            privileged: None,
            mounts: Vec::new(),
            ip: None,
            cni_json: None,
            host_pid: None,
            host_network: None,
            host_ipc: None,
            labels: Vec::new(),
            user: None,
            pod: None,
            ..pod()
        },
        other => panic!("no place {other}"),
    };
    Some(Identity::Container(Arc::new(container)))
}

fn pod() -> Container {
    let full_id = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";
    Container {
        id: text(&full_id[..12]),
        full_id: text(full_id),
        ty: ContainerType::Containerd,
        name: Some(text("web")),
        image: Some(text("docker.io/library/nginx:1.27")),
        image_id: Some(text("sha256:11")),
        image_repository: Some(text("docker.io/library/nginx")),
        image_tag: Some(text("1.27")),
        image_digest: Some(text("sha256:22")),
        privileged: Some(true),
        mounts: vec![
            Mount {
                source: text("/data"),
                dest: text("/var/data"),
                mode: text("ro"),
                rdwr: false,
                propagation: text("rprivate"),
            },
            Mount {
                source: text("/etc/hosts"),
                dest: text("/etc/hosts"),
                rdwr: true,
                ..Mount::default()
            },
        ],
        ip: Some(text("10.1.0.7")),
        cni_json: Some(text("{}")),
        host_pid: Some(true),
        host_network: Some(false),
        host_ipc: Some(true),
        labels: vec![
            (text("app"), text("shop")),
            (text("empty"), text("")),
            (text("io.kubernetes.pod.name"), text("web-0")),
        ],
        user: Some(text("www")),
        pod: Some(Pod {
            namespace: text("prod"),
            name: text("web-0"),
            uid: text("3e41dc6b"),
            sandbox_id: text("63060edc2d3aa803ab55"),
            labels: vec![(text("tier"), text("front")), (text("x/y"), text("1"))],
            ip: text("10.1.0.7"),
            cni_json: text("{}"),
        }),
    }
}

fn poll_fds(items: &[(i64, i16)]) -> Vec<u8> {
    let mut out = (items.len() as u16).to_le_bytes().to_vec();
    for (fd, events) in items {
        out.extend_from_slice(&fd.to_le_bytes());
        out.extend_from_slice(&events.to_le_bytes());
    }
    out
}

/// The event with this label.
pub(super) fn event(label: &str) -> Record {
    builder(label).build()
}

/// What the event with this label is built from.
pub(super) fn builder(label: &str) -> EventBuilder {
    use EventType as T;
    let of = |ty| EventBuilder::new(ty).tid(200).ts(NOW).num(9).cpu(2);
    let read = |fd: i64| {
        of(T::SYSCALL_READ_X)
            .with("res", 5)
            .with("data", b"he\0lo")
            .with("fd", fd)
            .with("size", 5)
    };
    let openat = |fd: i64| {
        of(T::SYSCALL_OPENAT_2_X)
            .with("fd", fd)
            .with("dirfd", -100)
            .with("name", "sub/..//new")
            .with("flags", 0x4000 | 4 | 2)
            .with("mode", 0o755)
            .with("dev", 0x0010_3082)
            .with("ino", 99)
    };
    match label {
        "read" => read(3),
        "read-net" => read(4),
        "read-net6" => read(7),
        "read-pipe" => read(1),
        "read-null" => read(0),
        "read-worker" => read(3).tid(201),
        "read-shell" => read(3).tid(100),
        "read-init" => read(3).tid(1),
        "read-nothing" => of(T::SYSCALL_READ_X).with("res", -11).with("fd", 4),
        "write-log" => of(T::SYSCALL_WRITE_X)
            .with("res", 2)
            .with("data", b"hi")
            .with("fd", 8)
            .with("size", 2),
        "write-net" => of(T::SYSCALL_WRITE_X)
            .with("res", 2)
            .with("data", b"hi")
            .with("fd", 4)
            .with("size", 2),
        "write-file" => of(T::SYSCALL_WRITE_X)
            .with("res", 2)
            .with("data", b"\xff\n")
            .with("fd", 2)
            .with("size", 2),
        "listen" => of(T::SOCKET_LISTEN_X)
            .with("res", 0)
            .with("fd", 6)
            .with("backlog", 5),
        "open" => openat(9),
        "open-read" => openat(9).with("flags", 1),
        "open-failed" => openat(-2),
        "open-forbidden" => openat(-1),
        "open-tmp" => openat(9).with("flags", 0x2000 | 2).with("mode", 0o600),
        "open-at-dir" => openat(9).with("dirfd", 5),
        "open-handle" => of(T::SYSCALL_OPEN_BY_HANDLE_AT_X)
            .with("fd", 9)
            .with("mountfd", 5)
            .with("flags", 1)
            .with("path", "/srv/x"),
        "creat" => of(T::SYSCALL_CREAT_X)
            .with("fd", -13)
            .with("name", "/tmp/x")
            .with("mode", 0o711),
        "close" => of(T::SYSCALL_CLOSE_X).with("res", 0).with("fd", 3),
        "close-dir" => of(T::SYSCALL_CLOSE_X).with("res", 0).with("fd", 5),
        "socket" => of(T::SOCKET_SOCKET_X)
            .with("fd", 9)
            .with("domain", 10)
            .with("type", 2)
            .with("proto", 0),
        "accept-failed" => of(T::SOCKET_ACCEPT4_6_X).with("fd", -11),
        "mmap" => of(T::SYSCALL_MMAP_X)
            .with("res", -12)
            .with("addr", 0)
            .with("fd", -1),
        "brk" => of(T::SYSCALL_BRK_4_X).with("res", 0),
        "kill" => of(T::SYSCALL_KILL_X)
            .with("res", -1)
            .with("pid", 100)
            .with("sig", 9),
        "getpid" => of(T::GENERIC_X).with("ID", 16).with("nativeID", 39),
        "unknown-call" => of(T::GENERIC_X).with("ID", 0).with("nativeID", 39),
        "poll" => of(T::SYSCALL_POLL_X)
            .with("res", 1)
            .with("fds", poll_fds(&[(4, 1), (6, 4), (1, 0), (44, 0), (7, 5)]))
            .with("timeout", -1),
        "poll-pipe" => of(T::SYSCALL_POLL_X)
            .with("res", 1)
            .with("fds", poll_fds(&[(1, 0)])),
        "rename" => of(T::SYSCALL_RENAMEAT2_X)
            .with("res", 0)
            .with("olddirfd", 5)
            .with("oldpath", "a")
            .with("newdirfd", -100)
            .with("newpath", "./b"),
        "rename-failed" => of(T::SYSCALL_RENAMEAT2_X)
            .with("res", -2)
            .with("olddirfd", 44)
            .with("oldpath", "a")
            .with("newpath", "b"),
        "link" => of(T::SYSCALL_LINK_2_X)
            .with("res", 0)
            .with("oldpath", "/old")
            .with("newpath", "new"),
        "mkdir" => of(T::SYSCALL_MKDIR_2_X)
            .with("res", 0)
            .with("path", "d//e/"),
        "mkdirat" => of(T::SYSCALL_MKDIRAT_X)
            .with("res", 0)
            .with("dirfd", 5)
            .with("path", "d"),
        "mkdir-failed" => of(T::SYSCALL_MKDIR_2_X).with("res", -17).with("path", "d"),
        "fchmod" => of(T::SYSCALL_FCHMOD_X).with("res", 0).with("fd", 3),
        "procexit" => of(T::PROCEXIT_1_E).with("status", 0),
        "switch" => of(T::SCHEDSWITCH_6_E).with("next", 1),
        "procinfo" => of(T::PROCINFO_E).with("cpu_usr", 12).with("cpu_sys", 6),
        "procinfo-worker" => of(T::PROCINFO_E).tid(201),
        "drop" => of(T::DROP_E).tid(-1),
        "container" => of(T::ASYNCEVENT_E)
            .with("name", "container")
            .with("data", b"{}"),
        "infra" => of(T::INFRASTRUCTURE_EVENT_E).with(
            "description",
            "Event:pull; ID:0123456789abcdef;name:web;Image:nginx@sha256:1",
        ),
        "nanosleep" => of(T::SYSCALL_NANOSLEEP_X)
            .with("res", 0)
            .with("interval", 1_500_000_000u64),
        "setuid" => of(T::SYSCALL_SETUID_X).with("res", 0).with("uid", 1000),
        other => panic!("no event {other}"),
    }
}

/// All labels that [`event`] knows.
pub(super) const EVENTS: &[&str] = &[
    "read",
    "read-net",
    "read-net6",
    "read-pipe",
    "read-null",
    "read-worker",
    "read-shell",
    "read-init",
    "read-nothing",
    "write-log",
    "write-net",
    "write-file",
    "listen",
    "open",
    "open-read",
    "open-failed",
    "open-forbidden",
    "open-tmp",
    "open-at-dir",
    "open-handle",
    "creat",
    "close",
    "close-dir",
    "socket",
    "accept-failed",
    "mmap",
    "brk",
    "kill",
    "getpid",
    "unknown-call",
    "poll",
    "poll-pipe",
    "rename",
    "rename-failed",
    "link",
    "mkdir",
    "mkdirat",
    "mkdir-failed",
    "fchmod",
    "procexit",
    "switch",
    "procinfo",
    "procinfo-worker",
    "drop",
    "container",
    "infra",
    "nanosleep",
    "setuid",
];
