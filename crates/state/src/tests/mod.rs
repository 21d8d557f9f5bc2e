//! What events do to the state, event by event.

mod bounds;
mod fd;
mod ids;
mod net;
mod process;

use bstr::ByteSlice as _;
use lanner_event::EventType as T;
use lanner_event::snapshot::{Machine, Snapshot, ThreadEntry};
use lanner_event::testing::{EventBuilder, strings};

use crate::{Fd, Limits, State, Subject, Thread};

/// One second.
const S: u64 = 1_000_000_000;

/// A machine with an init and a shell (100) whose parent it is.
fn machine() -> State {
    let mut state = State::new(Limits {
        threads: 1000,
        fds_per_process: 64,
    });
    state.seed(Snapshot {
        machine: Machine {
            boot_ts: 77,
            ..Machine::default()
        },
        threads: vec![
            entry(1, 1, 0, "init"),
            ThreadEntry {
                cgroups: "cpu=/shell\0".into(),
                env: "HOME=/root\0".into(),
                sid: 100,
                pgid: 100,
                vpgid: 100,
                tty: 34816,
                loginuid: 1000,
                cap_effective: 7,
                exe_ino: 5,
                ..entry(100, 100, 1, "bash")
            },
        ],
        ..Snapshot::default()
    });
    state
}

fn entry(tid: i64, pid: i64, ptid: i64, comm: &str) -> ThreadEntry {
    ThreadEntry {
        tid,
        pid,
        ptid,
        vtid: tid,
        vpid: pid,
        comm: comm.into(),
        exe: comm.into(),
        exepath: format!("/bin/{comm}").into(),
        args: "-l\0".into(),
        cwd: "/home/u".into(),
        fdlimit: 1024,
        ..ThreadEntry::default()
    }
}

fn apply(state: &mut State, event: &EventBuilder) -> Subject {
    let record = event.build();
    let subject = state.apply(&record.event());
    state.settle();
    subject
}

fn thread(state: &State, tid: i64) -> &Thread {
    state
        .by_tid(tid)
        .unwrap_or_else(|| panic!("no thread {tid}"))
}

fn open_fd(state: &State, tid: i64, fd: i64) -> &Fd {
    state
        .fds(thread(state, tid))
        .and_then(|t| t.get(fd))
        .unwrap_or_else(|| panic!("{tid} has no descriptor {fd}"))
}

/// The numbers and names of the descriptors of a thread.
fn fds(state: &State, tid: i64) -> Vec<(i64, String)> {
    state
        .fds(thread(state, tid))
        .into_iter()
        .flat_map(crate::FdTable::iter)
        .map(|(n, fd)| (n, fd.name.to_str_lossy().into_owned()))
        .collect()
}

/// A half of a clone of thread 100 by itself: `res` is the child in the creator and 0 in it.
fn clone(tid: i64, res: i64, flags: u32) -> EventBuilder {
    EventBuilder::new(T::SYSCALL_CLONE_20_X)
        .tid(tid)
        .ts(10 * S)
        .with("res", res)
        .with("exe", "bash")
        .with("args", strings(&["-l"]))
        .with("comm", "bash")
        .with("cgroups", strings(&["cpu=/shell"]))
        .with("fdlimit", 512)
        .with("flags", flags)
        .with("uid", 1000)
        .with("gid", 1001)
        .with("tid", tid)
}

/// The child's half of a clone.
fn clone_child(tid: i64, pid: i64, ptid: i64, flags: u32) -> EventBuilder {
    clone(tid, 0, flags)
        .with("pid", pid)
        .with("ptid", ptid)
        .with("vtid", tid)
        .with("vpid", pid)
}

fn exec(tid: i64, program: &str) -> EventBuilder {
    EventBuilder::new(T::SYSCALL_EXECVE_19_X)
        .tid(tid)
        .ts(20 * S)
        .with("res", 0)
        .with("exe", program)
        .with("args", strings(&["a", "", "b c"]))
        .with("comm", program)
        .with("pid", tid)
        .with("ptid", 100)
        .with("tid", tid)
        .with("trusted_exepath", format!("/usr/bin/{program}").as_str())
}

fn exit(tid: i64, reaper: i64) -> EventBuilder {
    EventBuilder::new(T::PROCEXIT_1_E)
        .tid(tid)
        .ts(30 * S)
        .with("reaper_tid", reaper)
}

fn open(tid: i64, fd: i64, name: &str) -> EventBuilder {
    EventBuilder::new(T::SYSCALL_OPENAT_2_X)
        .tid(tid)
        .ts(15 * S)
        .with("fd", fd)
        .with("dirfd", -100)
        .with("name", name)
        .with("flags", 1)
}

fn close(tid: i64, fd: i64) -> EventBuilder {
    EventBuilder::new(T::SYSCALL_CLOSE_X)
        .tid(tid)
        .ts(16 * S)
        .with("res", 0)
        .with("fd", fd)
}
