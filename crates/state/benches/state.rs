//! What it costs to follow events.

use lanner_event::snapshot::{Snapshot, ThreadEntry};
use lanner_event::testing::{EventBuilder, Record, strings, tuple};
use lanner_event::{Event, EventType as T};
use lanner_state::scan::{Options, scan};
use lanner_state::{Limits, State};

#[global_allocator]
static ALLOC: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

fn machine(fds: i64) -> State {
    let mut state = State::new(Limits::default());
    state.seed(Snapshot {
        threads: vec![ThreadEntry {
            tid: 100,
            pid: 100,
            ptid: 1,
            vtid: 100,
            vpid: 100,
            comm: "bash".into(),
            exe: "bash".into(),
            args: "-l\0".into(),
            cwd: "/home/user".into(),
            ..ThreadEntry::default()
        }],
        ..Snapshot::default()
    });
    for fd in 0..fds {
        state.apply(&open(fd, "/some/file").event());
    }
    state
}

fn open(fd: i64, name: &str) -> Record {
    EventBuilder::new(T::SYSCALL_OPENAT_2_X)
        .tid(100)
        .with("fd", fd)
        .with("dirfd", -100)
        .with("name", name)
        .with("flags", 0x1001)
        .with("mode", 0)
        .with("dev", 8)
        .with("ino", 1234)
        .build()
}

fn follow(state: &mut State, record: &Record) {
    let event: Event<'_> = record.event();
    divan::black_box(state.apply(&event));
    state.settle();
}

#[divan::bench(args = ["/usr/lib/x86_64-linux-gnu/libc.so.6", "../relative/path.txt"])]
fn open_close(bencher: divan::Bencher<'_, '_>, name: &str) {
    let mut state = machine(3);
    let close = EventBuilder::new(T::SYSCALL_CLOSE_X)
        .tid(100)
        .with("res", 0)
        .with("fd", 3)
        .build();
    let open = open(3, name);
    bencher.bench_local(|| {
        follow(&mut state, &open);
        follow(&mut state, &close);
    });
}

/// The same, without what decoding costs.
#[divan::bench]
fn open_close_decoded(bencher: divan::Bencher<'_, '_>) {
    let mut state = machine(3);
    let close = EventBuilder::new(T::SYSCALL_CLOSE_X)
        .tid(100)
        .with("res", 0)
        .with("fd", 3)
        .build();
    let open = open(3, "/usr/lib/x86_64-linux-gnu/libc.so.6");
    let (open, close) = (open.event(), close.event());
    bencher.bench_local(|| {
        for event in [&open, &close] {
            divan::black_box(state.apply(event));
            state.settle();
        }
    });
}

#[divan::bench]
fn read(bencher: divan::Bencher<'_, '_>) {
    let mut state = machine(4);
    let read = EventBuilder::new(T::SYSCALL_READ_X)
        .tid(100)
        .with("res", 4)
        .with("data", &[1, 2, 3, 4])
        .with("fd", 3)
        .build();
    bencher.bench_local(|| follow(&mut state, &read));
}

#[divan::bench]
fn udp_request_and_answer(bencher: divan::Bencher<'_, '_>) {
    let mut state = machine(3);
    let (local, peer) = (([10, 0, 0, 1], 4000).into(), ([1, 1, 1, 1], 53).into());
    let socket = EventBuilder::new(T::SOCKET_SOCKET_X)
        .tid(100)
        .with("fd", 3)
        .with("domain", 2)
        .with("type", 2)
        .build();
    follow(&mut state, &socket);
    let message = |ty, source, dest| {
        EventBuilder::new(ty)
            .tid(100)
            .with("res", 4)
            .with("fd", 3)
            .with("tuple", tuple(source, dest))
            .build()
    };
    let send = message(T::SOCKET_SENDTO_X, local, peer);
    let receive = message(T::SOCKET_RECVFROM_X, peer, local);
    bencher.bench_local(|| {
        follow(&mut state, &send);
        follow(&mut state, &receive);
    });
}

/// A process is created by one with this many descriptors, executes something, opens a file and
/// exits.
#[divan::bench(args = [3, 100, 10_000])]
fn short_life(bencher: divan::Bencher<'_, '_>, fds: i64) {
    let mut state = machine(fds);
    let clone = EventBuilder::new(T::SYSCALL_CLONE_20_X)
        .tid(200)
        .with("res", 0)
        .with("exe", "bash")
        .with("args", strings(&["-l"]))
        .with("comm", "bash")
        .with("pid", 200)
        .with("ptid", 100)
        .with("vtid", 200)
        .with("vpid", 200)
        .with("cgroups", strings(&["cpu=/a", "memory=/a"]))
        .build();
    let exec = EventBuilder::new(T::SYSCALL_EXECVE_19_X)
        .tid(200)
        .with("res", 0)
        .with("exe", "/usr/bin/ls")
        .with("args", strings(&["-l", "/tmp"]))
        .with("comm", "ls")
        .with("pid", 200)
        .with("ptid", 100)
        .with("cgroups", strings(&["cpu=/a", "memory=/a"]))
        .with("env", strings(&["PATH=/usr/bin:/bin", "HOME=/root"]))
        .with("trusted_exepath", "/usr/bin/ls")
        .build();
    let open = EventBuilder::new(T::SYSCALL_OPENAT_2_X)
        .tid(200)
        .with("fd", 5)
        .with("dirfd", -100)
        .with("name", "/etc/passwd")
        .build();
    let exit = EventBuilder::new(T::PROCEXIT_1_E).tid(200).build();
    bencher.bench_local(|| {
        for record in [&clone, &exec, &open, &exit] {
            follow(&mut state, record);
        }
    });
}

/// A scan of the machine that this runs on.
#[divan::bench(args = [1, 2], sample_count = 10)]
fn scan_proc(workers: usize) -> usize {
    let options = Options {
        workers,
        ..Options::default()
    };
    scan(&options).snapshot.threads.len()
}
