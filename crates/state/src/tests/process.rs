//! Creation, execution and exit.

use std::sync::Arc;

use super::*;
use crate::thread::flags;
use crate::{Found, Live};

#[test]
fn a_snapshot_is_taken_over() {
    let state = machine();
    let shell = thread(&state, 100);
    assert_eq!(
        (shell.pid, shell.ptid, shell.sid, shell.nthreads),
        (100, 1, 100, 1)
    );
    assert_eq!(shell.cwd, "/home/u/");
    assert_eq!(shell.image.exepath, "/bin/bash");
    assert_eq!(shell.image.args, "-l\0");
    assert_eq!(state.cgroups(shell.cgroups), "cpu=/shell");
    assert!(!shell.invented);
    assert_eq!(state.parent(shell).map(|p| p.tid), Some(1));
    assert_eq!(state.thread_count(), 2);
    assert_eq!(thread(&state, 1).ptid, 0);
}

#[test]
fn a_snapshot_can_be_taken_again() {
    let mut state = machine();
    apply(&mut state, &open(100, 3, "x"));
    apply(&mut state, &clone(100, 200, 0));
    apply(&mut state, &clone(200, 300, flags::THREAD));
    apply(&mut state, &exec(200, "ls"));
    apply(&mut state, &clone(200, 301, flags::THREAD));
    // Nothing is known of this one.
    apply(&mut state, &open(900, 3, "/x"));
    let snapshot = state.snapshot();
    let tids: Vec<i64> = snapshot.threads.iter().map(|t| t.tid).collect();
    assert_eq!(tids, [1, 100, 200, 301]);
    let mut again = State::new(Limits::default());
    again.seed(snapshot.clone());
    assert_eq!(again.snapshot(), snapshot);
    for tid in tids {
        let (a, b) = (thread(&state, tid), thread(&again, tid));
        assert_eq!(a.image, b.image);
        assert_eq!((a.nthreads, a.ptid, &a.cwd), (b.nthreads, b.ptid, &b.cwd));
        assert_eq!(fds(&state, tid), fds(&again, tid));
    }
}

#[test]
fn a_fork_takes_after_its_parent() {
    let mut state = machine();
    apply(&mut state, &open(100, 3, "x"));
    let subject = apply(&mut state, &clone(100, 200, 0));
    assert_eq!(
        subject.thread.and_then(|k| state.thread(k)).map(|t| t.tid),
        Some(100)
    );
    let (child, parent) = (thread(&state, 200), thread(&state, 100));
    assert_eq!(
        (child.tid, child.pid, child.ptid, child.vtid, child.vpid),
        (200, 200, 100, 200, 200)
    );
    assert!(Arc::ptr_eq(&child.image, &parent.image));
    assert_eq!((child.sid, child.pgid, child.vpgid), (100, 100, 100));
    assert_eq!((child.tty, child.loginuid), (34816, 1000));
    assert_eq!((child.uid, child.gid), (1000, 1001));
    assert_eq!((child.cap_effective, child.fdlimit), (7, 512));
    assert_eq!((child.clone_ts, child.exec_ts), (10 * S, 0));
    assert_eq!(child.pidns_init_start_ts, 77);
    assert_eq!(child.cwd, "/home/u/");
    assert_eq!(child.cgroups, parent.cgroups);
    assert_eq!(fds(&state, 200), fds(&state, 100));
}

#[test]
fn a_fork_has_descriptors_of_its_own_and_a_thread_has_not() {
    let mut state = machine();
    apply(&mut state, &open(100, 3, "x"));
    apply(&mut state, &clone(100, 200, 0));
    apply(&mut state, &clone(100, 300, flags::THREAD));
    apply(&mut state, &clone(100, 400, flags::FILES));
    apply(&mut state, &open(100, 4, "y"));
    let both = vec![(3, "/home/u/x".to_owned()), (4, "/home/u/y".to_owned())];
    assert_eq!(fds(&state, 100), both);
    assert_eq!(fds(&state, 200), both[..1]);
    assert_eq!(fds(&state, 300), both);
    assert_eq!(fds(&state, 400), both);
    // What executes stops sharing.
    apply(&mut state, &exec(400, "ls"));
    apply(&mut state, &close(400, 3));
    assert_eq!(fds(&state, 400), both[1..]);
    assert_eq!(fds(&state, 100), both);
}

#[test]
fn a_thread_belongs_to_its_process() {
    let mut state = machine();
    apply(&mut state, &exec(100, "srv").ts(5 * S));
    apply(&mut state, &clone(100, 300, flags::THREAD));
    let other = thread(&state, 300);
    assert_eq!((other.pid, other.ptid, other.vpid), (100, 1, 100));
    assert!(!other.is_main());
    assert_eq!(other.exec_ts, 5 * S);
    assert_eq!(thread(&state, 100).nthreads, 2);
    assert_eq!(state.leader(other).map(|l| l.tid), Some(100));
    apply(&mut state, &exit(300, 0));
    assert_eq!(thread(&state, 100).nthreads, 1);
    assert!(state.by_tid(300).is_none());
}

#[test]
fn the_childs_half_creates_it_when_it_comes_first() {
    let mut state = machine();
    let subject = apply(&mut state, &clone_child(200, 200, 100, 0));
    let key = subject.thread.unwrap();
    let child = state.thread(key).unwrap();
    assert_eq!((child.tid, child.ptid), (200, 100));
    assert_ne!(child.flags & flags::INVERTED, 0);
    assert_eq!(child.cwd, "/home/u/");
    apply(&mut state, &exec(200, "ls"));
    // The creator's half comes late and changes nothing.
    apply(&mut state, &clone(100, 200, 0));
    assert!(state.thread(key).is_some());
    assert_eq!(thread(&state, 200).comm, "ls");
}

#[test]
fn the_childs_half_changes_nothing_when_it_comes_second() {
    let mut state = machine();
    apply(&mut state, &clone(100, 200, 0));
    let before = format!("{:?}", thread(&state, 200));
    apply(&mut state, &clone_child(200, 200, 1, 0).ts(11 * S));
    assert_eq!(format!("{:?}", thread(&state, 200)), before);
}

#[test]
fn an_old_thread_of_the_same_id_is_replaced() {
    for second in [clone(100, 200, 0), clone_child(200, 200, 100, 0)] {
        let mut state = machine();
        apply(&mut state, &clone(100, 200, 0));
        let old = apply(&mut state, &open(200, 3, "/x")).thread.unwrap();
        apply(&mut state, &second.ts(500 * S));
        assert!(state.thread(old).is_none());
        assert_eq!(thread(&state, 200).clone_ts, 500 * S);
        assert_eq!(state.thread_count(), 3);
    }
}

#[test]
fn with_an_old_process_its_threads_are_replaced() {
    for second in [clone(100, 200, 0), clone_child(200, 200, 100, 0)] {
        let mut state = machine();
        apply(&mut state, &clone(100, 200, 0));
        apply(&mut state, &clone(200, 201, flags::THREAD));
        apply(&mut state, &clone(200, 202, flags::THREAD));
        apply(&mut state, &second.ts(500 * S));
        assert_eq!(thread(&state, 200).clone_ts, 500 * S);
        assert_eq!(thread(&state, 200).nthreads, 1);
        assert_eq!((state.thread_count(), state.threads().count()), (3, 3));
    }
}

#[test]
fn only_the_child_knows_its_id_in_a_pid_namespace() {
    for bits in [flags::IN_PIDNS, flags::NEWPID, flags::PARENT, flags::VFORK] {
        let mut state = machine();
        apply(&mut state, &clone(100, 2, bits));
        assert!(state.by_tid(2).is_none(), "{bits:#x}");
    }
    let mut state = machine();
    let child = clone_child(200, 200, 100, flags::NEWPID)
        .with("vtid", 1)
        .with("vpid", 1)
        .with("pidns_init_start_ts", 5);
    apply(&mut state, &child);
    let init = thread(&state, 200);
    assert_eq!((init.vtid, init.vpid, init.pidns_init_start_ts), (1, 1, 82));
    assert!(init.is_in_pid_namespace());
}

#[test]
fn a_child_that_is_gone_does_not_come_back_with_its_creators_half() {
    let mut state = machine();
    apply(&mut state, &clone_child(200, 200, 100, 0));
    apply(&mut state, &exit(200, 0));
    apply(&mut state, &clone(100, 200, 0).ts(31 * S));
    assert!(state.by_tid(200).is_none());
    // Much later the id may be somebody else's.
    apply(&mut state, &clone(100, 200, 0).ts(40 * S));
    assert!(state.by_tid(200).is_some());
}

#[test]
fn a_failed_clone_changes_nothing() {
    let mut state = machine();
    let subject = apply(&mut state, &clone(100, -11, 0));
    assert!(subject.thread.is_some());
    assert_eq!(state.thread_count(), 2);
}

#[test]
fn an_unknown_creator_is_made_up_from_the_event() {
    let mut state = machine();
    let event = clone(500, 600, 0)
        .with("pid", 500)
        .with("ptid", 1)
        .with("vtid", 500)
        .with("vpid", 500);
    apply(&mut state, &event);
    let (creator, child) = (thread(&state, 500), thread(&state, 600));
    assert_eq!((creator.pid, creator.ptid), (500, 1));
    assert_eq!((child.pid, child.ptid), (600, 500));
    assert_eq!(state.parent(creator).map(|t| t.tid), Some(1));
    assert_eq!(
        (creator.comm.to_string(), creator.invented),
        ("bash".into(), false)
    );
}

#[test]
fn a_thread_whose_process_is_unknown_teaches_it() {
    let mut state = machine();
    apply(&mut state, &clone_child(701, 700, 1, flags::THREAD));
    let (leader, other) = (thread(&state, 700), thread(&state, 701));
    assert_eq!((leader.pid, leader.ptid), (700, 1));
    assert_eq!(leader.comm, "bash");
    assert_eq!(leader.nthreads, 2);
    assert_eq!((other.pid, other.ptid), (700, 1));
}

#[test]
fn execution_replaces_the_image() {
    let mut state = machine();
    apply(&mut state, &open(100, 3, "keep"));
    apply(&mut state, &open(100, 4, "drop").with("flags", 0x1001));
    apply(&mut state, &clone(100, 200, 0));
    let event = exec(200, "ls")
        .with("env", strings(&["A=1", "B=2"]))
        .with("cgroups", strings(&["cpu=/other"]))
        .with("tty", 5)
        .with("vpgid", 201)
        .with("pgid", 202)
        .with("loginuid", 7)
        .with("flags", 1 | 2 | 4)
        .with("cap_inheritable", 1)
        .with("cap_permitted", 2)
        .with("cap_effective", 3)
        .with("exe_ino", 10)
        .with("exe_ino_ctime", 11)
        .with("exe_ino_mtime", 12)
        .with("uid", 13)
        .with("gid", 14)
        .with("fdlimit", 99)
        .with("pgft_maj", 21)
        .with("pgft_min", 22)
        .with("vm_size", 23)
        .with("vm_rss", 24)
        .with("vm_swap", 25);
    apply(&mut state, &event);
    let t = thread(&state, 200);
    assert_eq!(
        (t.comm.to_string(), t.image.exe.to_string()),
        ("ls".into(), "ls".into())
    );
    assert_eq!(t.image.exepath, "/usr/bin/ls");
    assert_eq!(t.image.args, "a\0\0b c\0");
    assert_eq!(t.image.env, "A=1\0B=2\0");
    assert_eq!(state.cgroups(t.cgroups), "cpu=/other");
    assert_eq!((t.tty, t.vpgid, t.pgid, t.loginuid), (5, 201, 202, 7));
    assert!(t.image.exe_writable && t.image.exe_upper_layer && t.image.exe_from_memfd);
    assert!(!t.image.exe_lower_layer);
    assert_eq!(
        (t.cap_inheritable, t.cap_permitted, t.cap_effective),
        (1, 2, 3)
    );
    assert_eq!(
        (
            t.image.exe_ino,
            t.image.exe_ino_ctime,
            t.image.exe_ino_mtime
        ),
        (10, 11, 12)
    );
    assert_eq!((t.uid, t.gid, t.fdlimit, t.exec_ts), (13, 14, 99, 20 * S));
    assert_eq!(
        (t.pfmajor, t.pfminor, t.vmsize_kb, t.vmrss_kb, t.vmswap_kb),
        (21, 22, 23, 24, 25)
    );
    assert_eq!((t.clone_ts, t.ptid, t.sid), (10 * S, 100, 100));
    assert_eq!(fds(&state, 200), [(3, "/home/u/keep".to_owned())]);
    assert_eq!(fds(&state, 100).len(), 2, "the parent keeps both");
    assert_eq!(thread(&state, 100).image.exe, "bash");
}

#[test]
fn a_failed_execution_leaves_the_image() {
    let mut state = machine();
    let before = format!("{:?}", thread(&state, 100).image);
    apply(&mut state, &exec(100, "nope").with("res", -2));
    assert_eq!(format!("{:?}", thread(&state, 100).image), before);
    assert_eq!(thread(&state, 100).comm, "bash");
}

#[test]
fn the_path_of_the_executable_comes_from_where_it_is_known() {
    let enter = |name: &str| {
        EventBuilder::new(T::SYSCALL_EXECVE_19_E)
            .tid(100)
            .with("filename", name)
    };
    let at = |dirfd: i64, name: &str, flags: u32| {
        EventBuilder::new(T::SYSCALL_EXECVEAT_E)
            .tid(100)
            .with("dirfd", dirfd)
            .with("pathname", name)
            .with("flags", flags)
    };
    for (enter, trusted, expect) in [
        (None, "/x/y", "/x/y"),
        (None, "/x/y (deleted)", "/x/y"),
        (None, "", "/bin/bash"),
        (Some(enter("./prog")), "", "/home/u/prog"),
        (Some(enter("/opt/prog")), "/real", "/real"),
        (Some(enter("<NA>")), "", "<NA>"),
        (Some(at(3, "prog", 0)), "", "/dir/prog"),
        (Some(at(3, "/abs", 0)), "", "/abs"),
        (Some(at(3, "", 1)), "", "/dir"),
        (Some(at(9, "prog", 0)), "", "<NA>"),
        (Some(at(-100, "prog", 0)), "", "/home/u/prog"),
    ] {
        let mut state = machine();
        apply(&mut state, &open(100, 3, "/dir"));
        if let Some(enter) = &enter {
            apply(&mut state, enter);
        }
        let mut event = exec(100, "prog").with("trusted_exepath", trusted);
        if trusted.is_empty() {
            event = event.with("trusted_exepath", &[]);
        }
        apply(&mut state, &event);
        assert_eq!(
            thread(&state, 100).image.exepath,
            expect,
            "{enter:?} {trusted}"
        );
    }
}

#[test]
fn execution_ends_the_other_threads() {
    let mut state = machine();
    for tid in 301..304 {
        apply(&mut state, &clone(100, tid, flags::THREAD));
    }
    assert_eq!(thread(&state, 100).nthreads, 4);
    apply(&mut state, &exec(100, "next"));
    assert_eq!(thread(&state, 100).nthreads, 1);
    assert_eq!(state.thread_count(), 2);
}

#[test]
fn a_main_thread_that_is_dead_lives_again_when_another_executes() {
    let mut state = machine();
    apply(&mut state, &clone(100, 301, flags::THREAD));
    apply(&mut state, &exit(100, 301));
    assert_ne!(thread(&state, 100).flags & flags::CLOSED, 0);
    assert_eq!(thread(&state, 100).nthreads, 1);
    apply(&mut state, &exec(100, "next").ts(31 * S));
    assert_eq!(thread(&state, 100).flags & flags::CLOSED, 0);
    assert_eq!(thread(&state, 100).nthreads, 1);
    assert!(state.by_tid(301).is_none());
    apply(&mut state, &exit(100, 1));
    assert!(state.by_tid(100).is_none());
}

#[test]
fn an_unknown_thread_is_made_up_and_learns_from_execution() {
    let mut state = machine();
    let subject = apply(&mut state, &open(900, 3, "/x").ts(1));
    let key = subject.thread.unwrap();
    let made_up = state.thread(key).unwrap();
    assert!(made_up.invented);
    assert_eq!((made_up.pid, made_up.ptid, made_up.uid), (-1, -1, u32::MAX));
    assert_eq!(made_up.comm, "<NA>");
    assert_eq!(fds(&state, 900), [(3, "/x".to_owned())]);
    assert_eq!(state.counters().threads_invented, 1);
    apply(&mut state, &exec(900, "ls"));
    let known = state.thread(key).unwrap();
    assert!(!known.invented);
    assert_eq!((known.pid, known.ptid, known.vpid), (900, 100, 900));
    assert_eq!(state.parent(known).map(|p| p.tid), Some(100));
}

#[test]
fn nothing_is_made_up_for_an_exit_or_a_negative_id() {
    let mut state = machine();
    assert_eq!(apply(&mut state, &exit(900, 0)), Subject::default());
    assert_eq!(apply(&mut state, &open(-1, 3, "/x")), Subject::default());
    assert_eq!(state.thread_count(), 2);
}

#[test]
fn a_thread_that_exits_is_there_until_settled() {
    let mut state = machine();
    apply(&mut state, &clone(100, 200, 0));
    let record = exit(200, 0).build();
    let key = state.apply(&record.event()).thread.unwrap();
    assert_eq!(state.thread(key).map(|t| t.tid), Some(200));
    assert!(state.by_tid(200).is_some());
    state.settle();
    assert!(state.thread(key).is_none() && state.by_tid(200).is_none());
    // Its slot is used again; the key is not.
    apply(&mut state, &clone(100, 201, 0).ts(40 * S));
    assert!(state.thread(key).is_none());
}

#[test]
fn orphans_go_to_who_the_kernel_names_or_would_choose() {
    // 100 -> 200 -> 300 -> 400, and 300 has a thread 301.
    let tree = |subreaper: bool| {
        let mut state = machine();
        apply(&mut state, &clone(100, 200, 0));
        if subreaper {
            let prctl = EventBuilder::new(T::SYSCALL_PRCTL_X)
                .tid(200)
                .with("res", 0)
                .with("option", 0x24)
                .with("arg2_int", 1);
            apply(&mut state, &prctl);
        }
        apply(&mut state, &clone(200, 300, 0));
        apply(&mut state, &clone(300, 400, 0));
        state
    };
    for (subreaper, reaper, expect) in [(false, 100, 100), (false, 0, 1), (true, 0, 200)] {
        let mut state = tree(subreaper);
        apply(&mut state, &exit(300, reaper));
        assert_eq!(thread(&state, 400).ptid, expect, "{subreaper} {reaper}");
    }
    // Another thread of the process is nearest.
    let mut state = tree(true);
    apply(&mut state, &clone(300, 301, flags::THREAD));
    apply(&mut state, &exit(300, 0));
    assert_eq!(thread(&state, 400).ptid, 301);
    // An id that means nobody is as good as none.
    let mut state = tree(false);
    apply(&mut state, &exit(300, 300));
    assert_eq!(thread(&state, 400).ptid, 1);
    // Without init there is no parent.
    let mut state = tree(false);
    apply(&mut state, &exit(1, 0));
    apply(&mut state, &exit(300, 0));
    assert_eq!(thread(&state, 400).ptid, 0);
}

#[test]
fn no_circle_of_parents_can_be_made() {
    let mut state = machine();
    apply(&mut state, &clone(100, 200, 0));
    // 100 appears again as a child of its own child.
    apply(&mut state, &clone_child(100, 100, 200, 0).ts(900 * S));
    for start in [100, 200] {
        let mut at = thread(&state, start);
        for _ in 0..10 {
            match state.parent(at) {
                Some(parent) => at = parent,
                None => break,
            }
        }
        assert!(state.parent(at).is_none(), "from {start}");
    }
    // A thread that is its own parent.
    apply(&mut state, &clone_child(800, 800, 800, 0));
    assert!(state.parent(thread(&state, 800)).is_none());
    assert_eq!(state.threads().count(), state.thread_count());
}

/// A machine that has process 900 with a thread 902, and nobody else.
struct OneThread;

impl Live for OneThread {
    fn thread(&mut self, tid: i64) -> Option<Found> {
        let file = lanner_event::snapshot::FdEntry {
            fd: 7,
            ino: 1,
            kind: lanner_event::snapshot::FdKind::Directory { name: "/d".into() },
        };
        (tid == 900 || tid == 902).then(|| Found {
            thread: entry(tid, 900, 100, "found"),
            fds: if tid == 900 { vec![file] } else { Vec::new() },
            read_at: 50 * S,
        })
    }

    fn fd(&mut self, _: i64, _: i64) -> Option<lanner_event::snapshot::FdEntry> {
        None
    }

    fn is_alive(&mut self, _: i64, tid: i64) -> bool {
        tid == 900
    }

    fn users(&mut self) -> Option<(Vec<crate::User>, Vec<crate::Group>)> {
        None
    }

    fn users_of(&mut self, pid: i64) -> Option<(Vec<crate::User>, Vec<crate::Group>)> {
        let user = crate::User {
            uid: 0,
            name: format!("root of {pid}").into(),
            ..Default::default()
        };
        (pid != 1).then(|| (vec![user], Vec::new()))
    }
}

fn live_machine() -> State {
    let mut state = machine();
    let threads = vec![entry(1, 1, 0, "init"), entry(100, 100, 1, "bash")];
    let scan = crate::scan::Scan {
        snapshot: Snapshot {
            threads,
            ..Snapshot::default()
        },
        read_at: vec![(1, 50 * S), (100, 50 * S)],
        ..Default::default()
    };
    state.seed_scan(scan, Some(Box::new(OneThread)));
    state
}

#[test]
fn what_was_read_later_is_not_overwritten_by_older_events() {
    let mut state = live_machine();
    // All of these happened before the scan.
    apply(&mut state, &exec(100, "older").ts(40 * S));
    apply(&mut state, &open(100, 3, "/old").ts(41 * S));
    apply(&mut state, &clone(1, 100, 0).ts(42 * S));
    apply(&mut state, &clone_child(100, 100, 1, 0).ts(42 * S));
    let shell = thread(&state, 100);
    assert_eq!((shell.comm.to_string(), shell.exec_ts), ("bash".into(), 0));
    assert!(fds(&state, 100).is_empty());
    // A thread that was born and died before it: both of its events are in the buffer.
    apply(&mut state, &clone(100, 200, 0).ts(43 * S));
    assert!(state.by_tid(200).is_some());
    apply(&mut state, &exit(200, 0).ts(44 * S));
    assert!(state.by_tid(200).is_none());
    // An exit of a thread that is gone already.
    assert_eq!(apply(&mut state, &exit(201, 0).ts(45 * S)).thread, None);
    // After the scan, events count again.
    apply(&mut state, &exec(100, "newer").ts(60 * S));
    assert_eq!(thread(&state, 100).comm, "newer");
}

#[test]
fn an_exit_older_than_the_thread_that_was_read_is_of_another() {
    let mut state = live_machine();
    let scan = crate::scan::Scan {
        snapshot: Snapshot {
            threads: vec![ThreadEntry {
                clone_ts: 48 * S,
                ..entry(100, 100, 1, "new")
            }],
            ..Snapshot::default()
        },
        read_at: vec![(100, 50 * S)],
        ..Default::default()
    };
    state.seed_scan(scan, None);
    apply(&mut state, &exit(100, 0).ts(47 * S));
    assert!(state.by_tid(100).is_some());
    // Read just before it ended.
    apply(&mut state, &exit(100, 0).ts(49 * S));
    assert!(state.by_tid(100).is_none());
}

#[test]
fn a_thread_that_only_the_machine_knows_is_looked_up() {
    let mut state = live_machine();
    let subject = apply(&mut state, &open(900, 3, "/x").ts(60 * S));
    let found = state.thread(subject.thread.unwrap()).unwrap();
    assert_eq!((found.comm.to_string(), found.ptid), ("found".into(), 100));
    assert!(!found.invented);
    assert_eq!(state.counters().threads_recovered, 1);
    apply(&mut state, &open(901, 3, "/x").ts(60 * S));
    assert!(thread(&state, 901).invented);
}

#[test]
fn with_a_thread_its_process_is_looked_up() {
    let mut state = live_machine();
    let event = open(902, 3, "x").with("dirfd", 7).ts(60 * S);
    apply(&mut state, &event);
    let (main, other) = (thread(&state, 900), thread(&state, 902));
    assert_eq!((main.nthreads, other.pid), (2, 900));
    assert_eq!(open_fd(&state, 900, 3).name, "/d/x");
    assert_eq!(open_fd(&state, 902, 7).name, "/d");
}

#[test]
fn users_of_containers_are_read_when_one_is_met() {
    use bstr::BStr;

    let mut state = live_machine();
    let mut meet = |tid: i64, container: &str| {
        let key = apply(&mut state, &open(tid, 3, "/x").ts(60 * S))
            .thread
            .unwrap();
        state.meet_container(BStr::new(container), key);
        let user = state.user(BStr::new(container), 0);
        user.map(|u| u.name.to_string())
    };
    assert_eq!(meet(100, "c1").as_deref(), Some("root of 100"));
    assert_eq!(meet(900, "c1").as_deref(), Some("root of 100"));
    assert_eq!(meet(900, "c2").as_deref(), Some("root of 900"));
    // A process in the host's file system has no users of a container.
    assert_eq!(meet(1, "c3"), None);
    // A replay asks nobody.
    let mut replay = machine();
    let key = apply(&mut replay, &open(100, 3, "/x")).thread.unwrap();
    replay.meet_container(BStr::new("c1"), key);
    assert!(replay.user(BStr::new("c1"), 0).is_none());
}
