//! Descriptors of files and of everything without an address.

use super::*;
use crate::FdType;

#[test]
fn paths_are_resolved_and_kept_as_they_were_passed() {
    for (dirfd, name, expect, raw) in [
        (-100, "/etc/passwd", "/etc/passwd", "/etc/passwd"),
        (-100, "../x//y", "/home/x/y", "../x/y"),
        (7, "y", "/dir/y", "y"),
        (8, "y", "/y", "y"),
        (9, "y", "<UNKNOWN>y", "y"),
        (9, "/y", "/y", "/y"),
        (-100, ".", "/home/u", "."),
    ] {
        let mut state = machine();
        apply(&mut state, &open(100, 7, "/dir"));
        apply(&mut state, &open(100, 8, "/"));
        let subject = apply(&mut state, &open(100, 3, name).with("dirfd", dirfd));
        assert_eq!((subject.fd, subject.fd_name_changed), (Some(3), true));
        let fd = open_fd(&state, 100, 3);
        assert_eq!(fd.name, expect, "{dirfd} {name}");
        assert_eq!(fd.raw_name, raw, "{dirfd} {name}");
    }
}

#[test]
fn a_refresh_replaces_what_was_not_followed_and_keeps_the_rest() {
    use lanner_event::snapshot::{FdEntry, FdKind, FdTableEntry};
    let mut state = machine();
    apply(&mut state, &open(100, 3, "/old"));
    apply(&mut state, &open(100, 4, "/closed since"));
    let name = "/new".into();
    let (flags, dev) = (1, 0);
    let kind = FdKind::File { flags, name, dev };
    let scan = crate::scan::Scan {
        snapshot: Snapshot {
            threads: vec![
                ThreadEntry {
                    cwd: "/elsewhere".into(),
                    cgroups: "cpu=/moved\0".into(),
                    uid: 7,
                    ..entry(100, 100, 50, "another name")
                },
                entry(200, 200, 100, "missed"),
            ],
            fds: vec![FdTableEntry {
                tid: 100,
                fds: vec![FdEntry {
                    fd: 3,
                    ino: 0,
                    kind,
                }],
            }],
            ..Snapshot::default()
        },
        read_at: vec![(100, 50 * S)],
        ..crate::scan::Scan::default()
    };
    state.refresh(scan);
    assert_eq!(fds(&state, 100), [(3, "/new".to_owned())]);
    let shell = thread(&state, 100);
    assert_eq!((shell.cwd.as_bstr(), shell.uid), ("/elsewhere/".into(), 7));
    assert_eq!((shell.comm.as_bstr(), shell.ptid), ("bash".into(), 1));
    assert_eq!(state.cgroups(shell.cgroups), "cpu=/moved");
    assert_eq!(state.cgroup_count(), 1, "the old set is given back");
    assert_eq!(thread(&state, 200).comm, "missed");
    // An event from before the scan changes nothing.
    apply(&mut state, &open(100, 5, "/late").ts(40 * S));
    apply(&mut state, &open(100, 6, "/later").ts(60 * S));
    let names = [(3, "/new".to_owned()), (6, "/later".to_owned())];
    assert_eq!(fds(&state, 100), names);
}

#[test]
fn the_open_family_fills_in_what_it_knows() {
    let path = "/d/f";
    let by = |ty: T| EventBuilder::new(ty).tid(100).with("fd", 5);
    let rest = |e: EventBuilder| e.with("dev", 8).with("ino", 9);
    for (event, flags, ty) in [
        (
            rest(
                by(T::SYSCALL_OPEN_X)
                    .with("name", path)
                    .with("flags", 0x1001),
            ),
            0x1001,
            FdType::File,
        ),
        (
            rest(
                by(T::SYSCALL_CREAT_X)
                    .with("name", path)
                    .with("creat_flags", 1),
            ),
            0x8000,
            FdType::File,
        ),
        (
            rest(
                by(T::SYSCALL_CREAT_X)
                    .with("name", path)
                    .with("creat_flags", 2),
            ),
            0x10000,
            FdType::File,
        ),
        (
            rest(
                by(T::SYSCALL_OPENAT_2_X)
                    .with("name", path)
                    .with("flags", 0x400),
            ),
            0x400,
            FdType::Directory,
        ),
        (
            rest(by(T::SYSCALL_OPENAT2_X).with("name", path).with("flags", 2)),
            2,
            FdType::File,
        ),
        (
            rest(
                by(T::SYSCALL_OPEN_BY_HANDLE_AT_X)
                    .with("path", path)
                    .with("flags", 1),
            ),
            1,
            FdType::File,
        ),
    ] {
        let mut state = machine();
        apply(&mut state, &event);
        let fd = open_fd(&state, 100, 5);
        assert_eq!(
            (fd.name.to_string(), fd.ty, fd.open_flags, fd.dev, fd.ino),
            (path.to_owned(), ty, flags, 8, 9),
            "{event:?}"
        );
        assert_eq!(fd.cloexec, flags & 0x1000 != 0);
    }
}

#[test]
fn a_failed_open_creates_nothing() {
    let mut state = machine();
    let subject = apply(&mut state, &open(100, -2, "/x"));
    assert_eq!((subject.fd, subject.fd_name_changed), (None, false));
    assert!(fds(&state, 100).is_empty());
}

#[test]
fn what_the_enter_half_says_counts() {
    let exit = |ty: T| {
        EventBuilder::new(ty)
            .tid(100)
            .with("fd", 3)
            .with("name", "/lie")
    };
    for (enter, exit, expect) in [
        (
            EventBuilder::new(T::SYSCALL_OPEN_E)
                .with("name", "/true")
                .with("flags", 2),
            exit(T::SYSCALL_OPEN_X).with("flags", 0x4001),
            ("/true", 0x4002),
        ),
        (
            EventBuilder::new(T::SYSCALL_OPENAT_2_E)
                .with("dirfd", -100)
                .with("name", "true")
                .with("flags", 2),
            exit(T::SYSCALL_OPENAT_2_X).with("flags", 1),
            ("/home/u/true", 2),
        ),
        (
            EventBuilder::new(T::SYSCALL_CREAT_E).with("name", "/true"),
            exit(T::SYSCALL_CREAT_X),
            ("/true", 0),
        ),
        // The half of another call, or none.
        (
            EventBuilder::new(T::SYSCALL_OPENAT_2_E)
                .with("dirfd", -100)
                .with("name", "/true"),
            exit(T::SYSCALL_OPEN_X).with("flags", 1),
            ("/lie", 1),
        ),
        (
            EventBuilder::new(T::SYSCALL_OPEN_E).with("name", "<NA>"),
            exit(T::SYSCALL_OPEN_X).with("flags", 1),
            ("/lie", 1),
        ),
    ] {
        let mut state = machine();
        apply(&mut state, &enter.tid(100));
        apply(&mut state, &exit);
        let fd = open_fd(&state, 100, 3);
        assert_eq!((fd.name.to_string().as_str(), fd.open_flags), expect);
        // It counts once only.
        apply(&mut state, &exit);
        assert_eq!(open_fd(&state, 100, 3).name, "/lie");
    }
}

#[test]
fn a_closed_descriptor_is_there_until_settled() {
    let mut state = machine();
    apply(&mut state, &open(100, 3, "/x"));
    let record = close(100, 3).build();
    let subject = state.apply(&record.event());
    assert_eq!(subject.fd, Some(3));
    assert_eq!(open_fd(&state, 100, 3).name, "/x");
    state.settle();
    assert!(fds(&state, 100).is_empty());
    assert_eq!(
        (state.counters().fds_added, state.counters().fds_removed),
        (1, 1)
    );
}

#[test]
fn a_failed_close_closes_nothing() {
    let mut state = machine();
    apply(&mut state, &open(100, 3, "/x"));
    apply(&mut state, &close(100, 3).with("res", -9));
    assert_eq!(fds(&state, 100).len(), 1);
    apply(&mut state, &close(100, 4));
    assert_eq!(state.counters().fds_missing, 1);
}

#[test]
fn duplicates_are_the_same_file() {
    let cases = [
        (T::SYSCALL_DUP_1_X, 4, None, false),
        (T::SYSCALL_DUP2_X, 1, None, false),
        (T::SYSCALL_DUP3_X, 4, Some(("flags", 0x1000)), true),
        (T::SYSCALL_DUP3_X, 4, Some(("flags", 0)), false),
        (T::SYSCALL_FCNTL_X, 4, Some(("cmd", 1)), false),
        (T::SYSCALL_FCNTL_X, 4, Some(("cmd", 0x1a)), true),
    ];
    for (ty, to, extra, cloexec) in cases {
        let mut state = machine();
        apply(&mut state, &open(100, 3, "/x").with("flags", 0x1001));
        apply(&mut state, &open(100, 1, "/old"));
        // Parameter 1 is the descriptor that is duplicated.
        let mut event = EventBuilder::new(ty).tid(100).with("res", to).at(1, 3);
        if let Some((name, value)) = extra {
            event = event.with(name, value);
        }
        let subject = apply(&mut state, &event);
        assert_eq!((subject.fd, subject.fd_name_changed), (Some(to), false));
        let fd = open_fd(&state, 100, to);
        assert_eq!(
            (fd.name.to_string().as_str(), fd.cloexec),
            ("/x", cloexec),
            "{event:?}"
        );
        assert!(open_fd(&state, 100, 3).cloexec, "the original is as it was");
    }
}

#[test]
fn a_duplicate_of_what_is_unknown_is_unknown() {
    let mut state = machine();
    let dup = EventBuilder::new(T::SYSCALL_DUP_1_X)
        .tid(100)
        .with("res", 4)
        .with("oldfd", 3);
    assert_eq!(apply(&mut state, &dup).fd, Some(3));
    assert!(fds(&state, 100).is_empty());
    let failed = dup.with("res", -9);
    apply(&mut state, &open(100, 3, "/x"));
    assert_eq!(apply(&mut state, &failed).fd, Some(3));
    assert_eq!(fds(&state, 100).len(), 1);
}

#[test]
fn close_on_exec_is_set_and_cleared() {
    let mut state = machine();
    apply(&mut state, &open(100, 3, "/x"));
    for (arg, expect) in [(1, true), (0, false)] {
        let fcntl = EventBuilder::new(T::SYSCALL_FCNTL_X)
            .tid(100)
            .with("res", 0)
            .with("fd", 3)
            .with("cmd", 3)
            .with("arg", arg);
        apply(&mut state, &fcntl);
        assert_eq!(open_fd(&state, 100, 3).cloexec, expect);
    }
}

#[test]
fn ranges_are_closed_or_marked() {
    for (flags, res, expect, marked) in [
        (0, 0, vec![3, 6], vec![]),
        (4, 0, vec![3, 4, 5, 6], vec![4, 5]),
        (0, -22, vec![3, 4, 5, 6], vec![]),
    ] {
        let mut state = machine();
        for fd in 3..7 {
            apply(&mut state, &open(100, fd, "/x"));
        }
        let event = EventBuilder::new(T::SYSCALL_CLOSE_RANGE_X)
            .tid(100)
            .with("res", res)
            .with("first", 4)
            .with("last", 5)
            .with("flags", flags);
        apply(&mut state, &event);
        let table = state.fds(thread(&state, 100)).unwrap();
        let open: Vec<i64> = table.iter().map(|(n, _)| n).collect();
        let cloexec: Vec<i64> = table.iter().filter(|f| f.1.cloexec).map(|f| f.0).collect();
        assert_eq!((open, cloexec), (expect, marked), "{flags} {res}");
    }
}

#[test]
fn descriptors_without_a_name_have_their_type() {
    let of = |ty: T| EventBuilder::new(ty).tid(100).at(0, 6);
    for (event, ty, cloexec) in [
        (of(T::SYSCALL_EVENTFD_X), FdType::Event, false),
        (
            of(T::SYSCALL_EVENTFD2_X).with("flags", 0x1000),
            FdType::Event,
            true,
        ),
        (of(T::SYSCALL_SIGNALFD_X), FdType::Signal, false),
        (
            of(T::SYSCALL_SIGNALFD4_X).with("flags", 0x1000),
            FdType::Signal,
            true,
        ),
        (of(T::SYSCALL_TIMERFD_CREATE_X), FdType::Timer, false),
        (of(T::SYSCALL_INOTIFY_INIT_X), FdType::Inotify, false),
        (
            of(T::SYSCALL_INOTIFY_INIT1_X).with("flags", 0x1000),
            FdType::Inotify,
            true,
        ),
        (of(T::SYSCALL_BPF_2_X), FdType::Bpf, true),
        (of(T::SYSCALL_USERFAULTFD_X), FdType::UserFault, false),
        (of(T::SYSCALL_IO_URING_SETUP_X), FdType::IoUring, true),
        (of(T::SYSCALL_EPOLL_CREATE_X), FdType::EventPoll, false),
        (
            of(T::SYSCALL_EPOLL_CREATE1_X).with("flags", 1),
            FdType::EventPoll,
            true,
        ),
        (
            of(T::SYSCALL_MEMFD_CREATE_X)
                .with("flags", 1)
                .with("name", "m"),
            FdType::MemFd,
            true,
        ),
        (
            of(T::SYSCALL_PIDFD_OPEN_X).with("pid", 1),
            FdType::PidFd,
            true,
        ),
    ] {
        let mut state = machine();
        assert_eq!(apply(&mut state, &event).fd, Some(6), "{event:?}");
        let fd = open_fd(&state, 100, 6);
        assert_eq!((fd.ty, fd.cloexec), (ty, cloexec), "{event:?}");
        let mut failed = machine();
        assert_eq!(apply(&mut failed, &event.at(0, -1)).fd, None);
        assert!(fds(&failed, 100).is_empty());
    }
}

#[test]
fn names_of_memory_and_process_descriptors() {
    let mut state = machine();
    let memfd = EventBuilder::new(T::SYSCALL_MEMFD_CREATE_X)
        .tid(100)
        .with("fd", 5)
        .with("name", "secret");
    apply(&mut state, &memfd);
    assert_eq!(open_fd(&state, 100, 5).name, "secret");
    let pidfd = EventBuilder::new(T::SYSCALL_PIDFD_OPEN_X)
        .tid(1)
        .with("fd", 6)
        .with("pid", 100);
    apply(&mut state, &pidfd);
    let fd = open_fd(&state, 1, 6);
    assert_eq!((fd.name.to_string().as_str(), fd.pid), ("/proc/100", 100));
    let get = EventBuilder::new(T::SYSCALL_PIDFD_GETFD_X)
        .tid(1)
        .with("fd", 7)
        .with("pid_fd", 6)
        .with("target_fd", 5);
    apply(&mut state, &get);
    let fd = open_fd(&state, 1, 7);
    assert_eq!(
        (fd.name.to_string().as_str(), fd.ty, fd.cloexec),
        ("secret", FdType::MemFd, true)
    );
    // A number that is no pidfd gives nothing.
    apply(&mut state, &get.with("fd", 8).with("pid_fd", 7));
    assert_eq!(fds(&state, 1).len(), 2);
}

#[test]
fn both_ends_of_a_pipe_are_known() {
    for (ty, flags) in [
        (T::SYSCALL_PIPE_X, None),
        (T::SYSCALL_PIPE2_X, Some(0x1000)),
    ] {
        let mut state = machine();
        let mut event = EventBuilder::new(ty)
            .tid(100)
            .with("res", 0)
            .with("fd1", 3)
            .with("fd2", 4)
            .with("ino", 12);
        if let Some(flags) = flags {
            event = event.with("flags", flags);
        }
        assert_eq!(apply(&mut state, &event).fd, Some(4));
        for end in [3, 4] {
            let fd = open_fd(&state, 100, end);
            assert_eq!(
                (fd.ty, fd.ino, fd.cloexec),
                (FdType::Pipe, 12, flags.is_some())
            );
        }
    }
}

#[test]
fn events_tell_which_descriptor_they_use() {
    let mut state = machine();
    for (event, expect) in [
        (EventBuilder::new(T::SYSCALL_READ_X).with("fd", 7), Some(7)),
        (EventBuilder::new(T::SYSCALL_MMAP_X).with("fd", -1), None),
        (
            EventBuilder::new(T::SYSCALL_UNLINKAT_2_X).with("dirfd", -100),
            Some(-100),
        ),
        (EventBuilder::new(T::SYSCALL_GETUID_X), None),
        (EventBuilder::new(T::SYSCALL_READ_X), None),
    ] {
        assert_eq!(apply(&mut state, &event.tid(100)).fd, expect);
    }
}
