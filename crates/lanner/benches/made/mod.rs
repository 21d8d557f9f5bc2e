//! What the benches of the binary make: a capture, and rules.

use lanner_event::EventType;
use lanner_event::snapshot::{Machine, Snapshot, ThreadEntry};
use lanner_event::testing::{EventBuilder, Record, strings};

/// Programs that are started in the capture.
const PROGRAMS: u64 = 500;

/// Files that each opens.
const FILES: u64 = 10;

/// A machine with a shell, and what the shell does: it starts programs, which open and close files.
pub(crate) fn capture() -> (Snapshot, Vec<Record>) {
    let shell = ThreadEntry {
        tid: 100,
        pid: 100,
        ptid: 1,
        comm: "bash".into(),
        exe: "bash".into(),
        exepath: "/usr/bin/bash".into(),
        cwd: "/root/".into(),
        ..ThreadEntry::default()
    };
    let snapshot = Snapshot {
        machine: Machine {
            num_cpus: 1,
            ..Machine::default()
        },
        threads: vec![shell],
        ..Snapshot::default()
    };
    let mut ts = 1_700_000_000_000_000_000;
    let mut events = Vec::new();
    let mut add = |event: EventBuilder| {
        ts += 1000;
        events.push(event.ts(ts).build());
    };
    for n in 0..PROGRAMS {
        add(execve(&format!("/usr/bin/program{}", n % 50)));
        for file in 0..FILES {
            add(openat(&format!("/usr/lib/directory{}/file{file}", n % 20)));
            add(EventBuilder::new(EventType::SYSCALL_CLOSE_X)
                .tid(100)
                .with("res", 0)
                .with("fd", 3));
        }
    }
    (snapshot, events)
}

fn execve(program: &str) -> EventBuilder {
    let comm = program.rsplit('/').next().unwrap_or(program);
    EventBuilder::new(EventType::SYSCALL_EXECVE_19_X)
        .tid(100)
        .with("res", 0)
        .with("exe", program)
        .with("args", strings(&["--quiet", "input"]))
        .with("tid", 100)
        .with("pid", 100)
        .with("ptid", 1)
        .with("cwd", "/root/")
        .with("comm", comm)
        .with("cgroups", strings(&["cpuset=/"]))
        .with("env", strings(&["HOME=/root", "PATH=/usr/bin"]))
        .with("loginuid", 0)
        .with("uid", 0)
        .with("trusted_exepath", program)
}

fn openat(path: &str) -> EventBuilder {
    EventBuilder::new(EventType::SYSCALL_OPENAT_2_X)
        .tid(100)
        .with("fd", 3)
        .with("dirfd", -100)
        .with("name", path)
        .with("flags", 1)
        .with("mode", 0)
}

/// So many rules that match nothing: on programs and on files, by turns.
pub(crate) fn rules(count: usize) -> String {
    let mut text = String::new();
    for i in 0..count {
        let condition = match i % 2 {
            0 => format!("evt.type = execve and proc.name = nothing{i}"),
            _ => format!("evt.type in (open, openat, openat2) and fd.name startswith /nothing{i}/"),
        };
        text += &format!(
            "- rule: r{i}\n  desc: d\n  condition: {condition}\n  output: \"%proc.name\"\n  \
             priority: NOTICE\n"
        );
    }
    text
}
