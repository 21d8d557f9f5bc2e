//! A small machine, and records of any type, for the targets that need events.

use arbitrary::{Result, Unstructured};
use lanner_container::Containers;
use lanner_engine::Follower;
use lanner_event::snapshot::{FdEntry, FdKind, FdTableEntry, L4, Machine, Snapshot, ThreadEntry};
use lanner_event::testing::{EventBuilder, Record, strings, tuple};
use lanner_event::{EventFlags, EventType, HEADER_LEN, ParamType};
use lanner_fields::Session;
use lanner_state::{Limits, State};

/// Bounds that an input of some kilobytes can reach.
const LIMITS: Limits = Limits {
    threads: 64,
    fds_per_process: 32,
};

/// Threads that events are about: none, known ones, unknown ones.
const TIDS: [i64; 8] = [-1, 0, 1, 100, 101, 102, 4_000_000_000, i64::MAX];

/// Texts that state and fields look into.
const TEXTS: [&[u8]; 22] = [
    b"\0",
    b"/\0",
    b"/etc/passwd\0",
    b"../x\0",
    b"./a/../../b//\0",
    b"a b\nc\x1b[0m\0",
    b"HOME=/root\0PATH=/bin\0=\0x\0",
    b"cpuset=/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\0",
    b"memory=/kubepods/besteffort/pod1/cri-containerd-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope\0pids=/\0",
    b"{\"container\":{\"id\":\"0123456789ab\",\"type\":0,\"name\":\"n\",\"image\":\"i:1\",\"labels\":{\"a\":\"b\"}}}\0",
    b"{\"id\":\"3ad7b26ded6d\",\"type\":7,\"name\":\"x\",\"image\":\"y\"}\0",
    b"container\0",
    b"container_removed\0",
    b"(NULL)\0",
    b"socket:[123]\0",
    b"memfd:x (deleted)\0",
    b"\x02\x7f\0\0\x01\x50\0\x7f\0\0\x01\x51\0",
    b"\x02\x0a\0\0\x01\xbb\x01",
    b"\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x50\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x51\0",
    b"\x01\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0/run/s\0",
    b"\x01/run/s\0",
    b"\x01\0\x03\0\0\0\0\0\0\0\x01\0",
];

/// Numbers that ids, descriptors, results and flags may have.
const NUMBERS: [i64; 18] = [
    0,
    1,
    2,
    3,
    4,
    100,
    101,
    -1,
    -2,
    -100,
    -9999,
    0x40,
    0x800,
    0x7f_ffff,
    0x1000_0000,
    0x7fff_ffff,
    i64::MAX,
    i64::MIN,
];

/// A machine with a shell and its child, files and connections.
pub fn snapshot() -> Snapshot {
    let thread = |tid: i64, ptid: i64, comm: &str| ThreadEntry {
        tid,
        pid: tid,
        ptid,
        sid: 100,
        vpgid: 100,
        pgid: 100,
        vtid: tid,
        vpid: tid,
        comm: comm.into(),
        exe: comm.into(),
        exepath: format!("/usr/bin/{comm}").into(),
        args: "-c\0x\0".into(),
        cwd: "/root/".into(),
        env: "HOME=/root\0".into(),
        cgroups: "memory=/\0".into(),
        root: "/".into(),
        fdlimit: 1024,
        ..ThreadEntry::default()
    };
    let fd = |fd, kind| FdEntry { fd, ino: 7, kind };
    Snapshot {
        machine: Machine {
            num_cpus: 2,
            hostname: "host".into(),
            boot_ts: 1_699_999_000_000_000_000,
            ..Machine::default()
        },
        threads: vec![
            thread(1, 0, "init"),
            thread(100, 1, "bash"),
            thread(101, 100, "cat"),
        ],
        fds: vec![FdTableEntry {
            tid: 100,
            fds: vec![
                fd(
                    0,
                    FdKind::Directory {
                        name: "/tmp".into(),
                    },
                ),
                fd(
                    1,
                    FdKind::File {
                        flags: 2,
                        name: "/etc/hosts".into(),
                        dev: 1,
                    },
                ),
                fd(
                    3,
                    FdKind::Ipv4 {
                        source: ([127, 0, 0, 1].into(), 80),
                        dest: ([10, 0, 0, 1].into(), 443),
                        l4: L4::Tcp,
                    },
                ),
                fd(
                    4,
                    FdKind::Unix {
                        source: 1,
                        dest: 2,
                        path: "/run/s".into(),
                    },
                ),
            ],
        }],
        ..Snapshot::default()
    }
}

/// The machine, followed.
pub fn follower() -> Follower {
    let state = State::new(LIMITS);
    let mut follower = Follower::new(state, Containers::offline(), Session::default());
    follower.seed(snapshot());
    follower
}

/// Events that most fields have values for.
pub fn samples() -> Vec<Record> {
    let addr = |last: u8, port: u16| ([10, 0, 0, last], port).into();
    let ts = 1_700_000_000_123_456_789;
    let new = |ty| EventBuilder::new(ty).ts(ts).tid(100);
    vec![
        new(EventType::SYSCALL_EXECVE_19_X)
            .with("res", 0)
            .with("exe", "/usr/bin/nc")
            .with("args", strings(&["-l", "4444"]))
            .with("tid", 100)
            .with("pid", 100)
            .with("ptid", 1)
            .with("cwd", "/root/")
            .with("comm", "nc")
            .with("cgroups", strings(&["cpuset=/"]))
            .with("env", strings(&["HOME=/root"]))
            .with("trusted_exepath", "/usr/bin/nc")
            .build(),
        new(EventType::SYSCALL_OPENAT_2_X)
            .with("fd", 5)
            .with("dirfd", -100)
            .with("name", "shadow")
            .with("flags", 0x1003)
            .with("mode", 0o600)
            .build(),
        new(EventType::SYSCALL_OPENAT_2_X)
            .with("fd", -2)
            .with("dirfd", -100)
            .with("name", "/etc/none")
            .with("flags", 1)
            .build(),
        new(EventType::SOCKET_CONNECT_X)
            .with("res", 0)
            .with("tuple", tuple(addr(1, 5000), addr(2, 443)))
            .with("fd", 3)
            .build(),
        new(EventType::SYSCALL_CLOSE_X)
            .with("res", 0)
            .with("fd", 5)
            .build(),
        new(EventType::PROCEXIT_1_E).build(),
    ]
}

/// A record of any type with parameters of any content, more often such as make sense.
pub fn record(u: &mut Unstructured<'_>, ts: &mut u64, out: &mut Vec<u8>) -> Result<()> {
    let last = EventType::all().count() as u16;
    let ty = EventType(u.int_in_range(0..=last)?);
    let info = ty.info();
    let tid = *u.choose(&TIDS)?;
    *ts = ts.saturating_add(match u.int_in_range(0..=9u8)? {
        0 => u.arbitrary()?,
        1..=3 => 60_000_000_000,
        _ => 1000,
    });
    let count = match u.int_in_range(0..=9u8)? {
        0 => u.int_in_range(0..=35usize)?,
        1 => info.params.len().saturating_sub(1),
        _ => info.params.len(),
    };
    let mut params = Vec::with_capacity(count);
    for at in 0..count {
        let ty = info.params.get(at).map(|p| p.ty);
        params.push(parameter(u, ty)?);
    }
    let width = if info.has(EventFlags::LARGE_PAYLOAD) {
        4
    } else {
        2
    };
    let len = HEADER_LEN
        + params
            .iter()
            .map(|p: &Vec<u8>| p.len() + width)
            .sum::<usize>();
    out.clear();
    out.extend_from_slice(&ts.to_le_bytes());
    out.extend_from_slice(&tid.to_le_bytes());
    out.extend_from_slice(&(len as u32).to_le_bytes());
    out.extend_from_slice(&ty.0.to_le_bytes());
    out.extend_from_slice(&(count as u32).to_le_bytes());
    for param in &params {
        out.extend_from_slice(&(param.len() as u32).to_le_bytes()[..width]);
    }
    params.iter().for_each(|p| out.extend_from_slice(p));
    Ok(())
}

fn parameter(u: &mut Unstructured<'_>, ty: Option<ParamType>) -> Result<Vec<u8>> {
    let how = u.int_in_range(0..=15u8)?;
    if how == 0 {
        return Ok(Vec::new());
    }
    if how == 1 {
        let len = u.int_in_range(0..=40usize)?.min(u.len());
        return Ok(u.bytes(len)?.to_vec());
    }
    let number = *u.choose(&NUMBERS)?;
    let wide = number.to_le_bytes();
    use ParamType as T;
    Ok(match ty {
        Some(T::I8 | T::U8 | T::Flags8 | T::Enum8 | T::SigType | T::L4Proto) => wide[..1].to_vec(),
        Some(T::I16 | T::U16 | T::Flags16 | T::Enum16 | T::SyscallId | T::Port) => {
            wide[..2].to_vec()
        }
        Some(
            T::I32
            | T::U32
            | T::Flags32
            | T::Enum32
            | T::Uid
            | T::Gid
            | T::Mode
            | T::Bool
            | T::Fd32
            | T::Pid32
            | T::SigSet,
        ) => wide[..4].to_vec(),
        Some(T::I64 | T::U64 | T::RelTime | T::AbsTime | T::Errno | T::Fd | T::Pid | T::Double) => {
            wide.to_vec()
        }
        _ => u.choose(&TEXTS)?.to_vec(),
    })
}
