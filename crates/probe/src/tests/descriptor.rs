//! Descriptors: copies, those of no file, waiting on them, joining them.

use std::os::unix::fs::MetadataExt;

use super::{Bytes, Empty, EventType, Param, S64, Str, That, U8, U16, U32, U64, cstr, observe};
use crate::raw_syscall;

const EBADF: i64 = -(libc::EBADF as i64);
const EINVAL: i64 = -(libc::EINVAL as i64);

/// `O_NONBLOCK`, `O_CLOEXEC` and `O_DIRECT` in the capture format.
const NONBLOCK: u32 = 0x40;
const CLOEXEC: u32 = 0x1000;
const DIRECT: u32 = 0x200;

/// Closes what a call returned; a descriptor of a test that is left open hurts no other.
fn close(fd: i64) {
    if fd >= 0 {
        raw_syscall!(libc::SYS_close, fd);
    }
}

#[test]
fn root_dup_and_its_kin_report_old_and_new() {
    use EventType as T;
    let types = [T::SYSCALL_DUP_1_X, T::SYSCALL_DUP2_X, T::SYSCALL_DUP3_X];
    let Some(seen) = observe(&types, || {
        let first = raw_syscall!(libc::SYS_dup, 0);
        let second = raw_syscall!(libc::SYS_dup2, first, 713);
        let third = raw_syscall!(libc::SYS_dup3, first, 714, libc::O_CLOEXEC);
        let failed = raw_syscall!(libc::SYS_dup3, -1, -2, 0);
        [first, second, third].into_iter().for_each(close);
        (first, failed)
    }) else {
        return;
    };
    let (first, failed) = seen.value;
    seen.one(T::SYSCALL_DUP_1_X).assert(&[S64(first), S64(0)]);
    seen.one(T::SYSCALL_DUP2_X)
        .assert(&[S64(713), S64(first), S64(713)]);
    let third = seen.all_of(seen.tid, T::SYSCALL_DUP3_X);
    third[0].assert(&[S64(714), S64(first), S64(714), U32(CLOEXEC)]);
    third[1].assert(&[S64(failed), S64(-1), S64(-2), U32(0)]);
}

#[test]
fn root_fcntl_reports_the_command_in_the_capture_formats_numbers() {
    let commands = [
        (libc::F_DUPFD, 1u8),
        (libc::F_GETFD, 2),
        (libc::F_SETFD, 3),
        (libc::F_GETFL, 4),
        (libc::F_SETFL, 5),
        (libc::F_GETLK, 6),
        (libc::F_SETLK, 8),
        (libc::F_SETLKW, 9),
        (libc::F_SETOWN, 10),
        (libc::F_GETOWN, 12),
        (10, 13),
        (11, 15),
        (15, 0x15),
        (16, 0x16),
        (libc::F_OFD_GETLK, 0x1e),
        (libc::F_OFD_SETLK, 0x1f),
        (libc::F_OFD_SETLKW, 0x20),
        (libc::F_SETLEASE, 0x17),
        (libc::F_GETLEASE, 0x18),
        (libc::F_NOTIFY, 0x1b),
        (1029, 0x19),
        (libc::F_DUPFD_CLOEXEC, 0x1a),
        (libc::F_SETPIPE_SZ, 0x1c),
        (libc::F_GETPIPE_SZ, 0x1d),
        (12345, 0),
    ];
    let Some(seen) = observe(&[EventType::SYSCALL_FCNTL_X], || {
        for (command, _) in commands {
            raw_syscall!(libc::SYS_fcntl, -1, command, 0x1_2345_6789i64);
        }
    }) else {
        return;
    };
    let events = seen.all_of(seen.tid, EventType::SYSCALL_FCNTL_X);
    assert_eq!(events.len(), commands.len());
    for (event, (_, expect)) in events.iter().zip(commands) {
        event.assert(&[S64(EBADF), S64(-1), U8(expect), U64(0x1_2345_6789)]);
    }
}

#[test]
fn root_close_range_reports_its_bounds_and_flags() {
    let Some(seen) = observe(&[EventType::SYSCALL_CLOSE_RANGE_X], || {
        let ok = raw_syscall!(libc::SYS_close_range, 100_000, 100_001, 4);
        let failed = raw_syscall!(libc::SYS_close_range, 5, 4, 6);
        assert_eq!((ok, failed), (0, EINVAL));
    }) else {
        return;
    };
    let events = seen.all_of(seen.tid, EventType::SYSCALL_CLOSE_RANGE_X);
    events[0].assert(&[S64(0), U32(100_000), U32(100_001), U32(4)]);
    events[1].assert(&[S64(EINVAL), U32(5), U32(4), U32(6)]);
}

#[test]
fn root_pipes_report_both_ends_and_the_inode() {
    use EventType as T;
    let Some(seen) = observe(&[T::SYSCALL_PIPE_X, T::SYSCALL_PIPE2_X], || {
        let (mut one, mut two) = ([0i32; 2], [0i32; 2]);
        assert_eq!(raw_syscall!(libc::SYS_pipe, one.as_mut_ptr()), 0);
        let flags = libc::O_CLOEXEC | libc::O_NONBLOCK | libc::O_DIRECT;
        assert_eq!(raw_syscall!(libc::SYS_pipe2, two.as_mut_ptr(), flags), 0);
        raw_syscall!(libc::SYS_pipe2, 8, -1);
        let inode = |fd: i32| {
            std::fs::metadata(format!("/proc/self/fd/{fd}"))
                .unwrap()
                .ino()
        };
        let inodes = (inode(one[0]), inode(two[0]));
        for fd in one.into_iter().chain(two) {
            close(fd.into());
        }
        (one, two, inodes)
    }) else {
        return;
    };
    let (one, two, inodes) = seen.value;
    let ends = |fds: [i32; 2]| (S64(fds[0].into()), S64(fds[1].into()));
    let (first, second) = ends(one);
    seen.one(T::SYSCALL_PIPE_X)
        .assert(&[S64(0), first, second, U64(inodes.0)]);
    let (first, second) = ends(two);
    let events = seen.all_of(seen.tid, T::SYSCALL_PIPE2_X);
    events[0].assert(&[
        S64(0),
        first,
        second,
        U64(inodes.1),
        U32(CLOEXEC | NONBLOCK | DIRECT),
    ]);
    events[1].assert(&[S64(EINVAL), S64(-1), S64(-1), U64(0), U32(0)]);
}

#[test]
fn root_descriptors_of_no_file_report_their_flags() {
    use EventType as T;
    let types = [
        T::SYSCALL_EVENTFD_X,
        T::SYSCALL_EVENTFD2_X,
        T::SYSCALL_SIGNALFD_X,
        T::SYSCALL_SIGNALFD4_X,
        T::SYSCALL_TIMERFD_CREATE_X,
        T::SYSCALL_EPOLL_CREATE_X,
        T::SYSCALL_EPOLL_CREATE1_X,
        T::SYSCALL_INOTIFY_INIT_X,
        T::SYSCALL_INOTIFY_INIT1_X,
        T::SYSCALL_USERFAULTFD_X,
    ];
    let both = libc::O_CLOEXEC | libc::O_NONBLOCK;
    let Some(seen) = observe(&types, || {
        let mask = 0u64;
        let fds = [
            raw_syscall!(libc::SYS_eventfd, 7),
            raw_syscall!(libc::SYS_eventfd2, 8, both),
            raw_syscall!(libc::SYS_signalfd, -1, &raw const mask, 8),
            raw_syscall!(
                libc::SYS_signalfd4,
                -1,
                &raw const mask,
                8,
                libc::O_NONBLOCK
            ),
            raw_syscall!(
                libc::SYS_timerfd_create,
                libc::CLOCK_BOOTTIME,
                libc::O_NONBLOCK
            ),
            raw_syscall!(libc::SYS_epoll_create, 3),
            raw_syscall!(libc::SYS_epoll_create1, libc::O_CLOEXEC),
            raw_syscall!(libc::SYS_inotify_init),
            raw_syscall!(libc::SYS_inotify_init1, both),
            raw_syscall!(libc::SYS_userfaultfd, libc::O_CLOEXEC),
        ];
        raw_syscall!(libc::SYS_epoll_create, -1);
        raw_syscall!(libc::SYS_eventfd2, 0, -1);
        fds.into_iter().for_each(close);
        fds
    }) else {
        return;
    };
    let fds = seen.value;
    seen.one(T::SYSCALL_EVENTFD_X)
        .assert(&[S64(fds[0]), U64(7), U32(0)]);
    let eventfd2 = seen.all_of(seen.tid, T::SYSCALL_EVENTFD2_X);
    eventfd2[0].assert(&[S64(fds[1]), U16((CLOEXEC | NONBLOCK) as u16), U64(8)]);
    eventfd2[1].assert(&[S64(EINVAL), U16(0), U64(0)]);
    seen.one(T::SYSCALL_SIGNALFD_X)
        .assert(&[S64(fds[2]), S64(-1), U32(0), U8(0)]);
    seen.one(T::SYSCALL_SIGNALFD4_X)
        .assert(&[S64(fds[3]), U16(NONBLOCK as u16), S64(-1), U32(0)]);
    seen.one(T::SYSCALL_TIMERFD_CREATE_X)
        .assert(&[S64(fds[4]), U8(7), U8(NONBLOCK as u8)]);
    let epoll = seen.all_of(seen.tid, T::SYSCALL_EPOLL_CREATE_X);
    epoll[0].assert(&[S64(fds[5]), U32(3)]);
    epoll[1].assert(&[S64(EINVAL), U32(u32::MAX)]);
    seen.one(T::SYSCALL_EPOLL_CREATE1_X)
        .assert(&[S64(fds[6]), U32(1)]);
    seen.one(T::SYSCALL_INOTIFY_INIT_X)
        .assert(&[S64(fds[7]), U8(0)]);
    seen.one(T::SYSCALL_INOTIFY_INIT1_X)
        .assert(&[S64(fds[8]), U16((CLOEXEC | NONBLOCK) as u16)]);
    seen.one(T::SYSCALL_USERFAULTFD_X)
        .assert(&[S64(fds[9]), U32(CLOEXEC)]);
}

#[test]
fn root_memfd_create_reports_name_and_flags() {
    let name = cstr("secret");
    let Some(seen) = observe(&[EventType::SYSCALL_MEMFD_CREATE_X], || {
        let fd = raw_syscall!(
            libc::SYS_memfd_create,
            name.as_ptr(),
            libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING
        );
        let failed = raw_syscall!(libc::SYS_memfd_create, 8, 0);
        close(fd);
        (fd, failed)
    }) else {
        return;
    };
    let events = seen.all_of(seen.tid, EventType::SYSCALL_MEMFD_CREATE_X);
    events[0].assert(&[S64(seen.value.0), Str("secret"), U32(3)]);
    events[1].assert(&[S64(seen.value.1), Empty, U32(0)]);
}

#[test]
fn root_pidfds_report_the_process_and_the_descriptor_that_is_taken() {
    use EventType as T;
    let own = i64::from(std::process::id());
    let Some(seen) = observe(&[T::SYSCALL_PIDFD_OPEN_X, T::SYSCALL_PIDFD_GETFD_X], || {
        let pidfd = raw_syscall!(libc::SYS_pidfd_open, own, libc::O_NONBLOCK);
        let taken = raw_syscall!(libc::SYS_pidfd_getfd, pidfd, 0, 0);
        let failed = raw_syscall!(libc::SYS_pidfd_getfd, -1, 5, 9);
        close(taken);
        close(pidfd);
        (pidfd, taken, failed)
    }) else {
        return;
    };
    let (pidfd, taken, failed) = seen.value;
    seen.one(T::SYSCALL_PIDFD_OPEN_X)
        .assert(&[S64(pidfd), S64(own), U32(1)]);
    let events = seen.all_of(seen.tid, T::SYSCALL_PIDFD_GETFD_X);
    events[0].assert(&[S64(taken), S64(pidfd), S64(0), U32(0)]);
    events[1].assert(&[S64(failed), S64(-1), S64(5), U32(9)]);
}

#[test]
fn root_bpf_reports_its_command() {
    let Some(seen) = observe(&[EventType::SYSCALL_BPF_2_X], || {
        raw_syscall!(libc::SYS_bpf, 7, 8, 0)
    }) else {
        return;
    };
    seen.one(EventType::SYSCALL_BPF_2_X)
        .assert(&[S64(seen.value), U32(7)]);
}

#[test]
fn root_io_uring_reports_what_was_asked_and_given() {
    use EventType as T;
    let types = [
        T::SYSCALL_IO_URING_SETUP_X,
        T::SYSCALL_IO_URING_ENTER_X,
        T::SYSCALL_IO_URING_REGISTER_X,
    ];
    let Some(seen) = observe(&types, || {
        let mut params = [0u32; 30];
        params[2] = 1 << 3 | 1 << 4; // CQSIZE, CLAMP
        params[1] = 16;
        params[3] = 5;
        params[4] = 6;
        let fd = raw_syscall!(libc::SYS_io_uring_setup, 4, params.as_mut_ptr());
        let entered = raw_syscall!(libc::SYS_io_uring_enter, fd, 0, 0, 1, 0, 0);
        let refused = raw_syscall!(libc::SYS_io_uring_enter, -1, 2, 3, 15, 0x1_0000_0007i64, 8);
        let registered = raw_syscall!(libc::SYS_io_uring_register, -1, 9, 0x12_3456_789ai64, 4);
        close(fd);
        (fd, entered, refused, registered, params)
    }) else {
        return;
    };
    let (fd, entered, refused, registered, params) = seen.value;
    seen.one(T::SYSCALL_IO_URING_SETUP_X).assert(&[
        S64(fd),
        U32(4),
        U32(params[0]),
        U32(params[1]),
        U32(0x10 | 0x20),
        U32(5),
        U32(6),
        U32(params[5] & 0x7ff),
    ]);
    let enter = seen.all_of(seen.tid, T::SYSCALL_IO_URING_ENTER_X);
    enter[0].assert(&[S64(entered), S64(fd), U32(0), U32(0), U32(1), U32(0)]);
    enter[1].assert(&[S64(refused), S64(-1), U32(2), U32(3), U32(15), U32(7)]);
    seen.one(T::SYSCALL_IO_URING_REGISTER_X).assert(&[
        S64(registered),
        S64(-1),
        U16(9),
        U64(0x12_3456_789a),
        U32(4),
    ]);
}

/// A list of descriptors as the capture format has it.
fn fdlist(pairs: &[(i64, u16)]) -> Vec<u8> {
    let mut out = (pairs.len() as u16).to_le_bytes().to_vec();
    for (fd, events) in pairs {
        out.extend(fd.to_le_bytes());
        out.extend(events.to_le_bytes());
    }
    out
}

#[test]
fn root_waiting_reports_what_happened_to_each_descriptor() {
    use EventType as T;
    let types = [
        T::SYSCALL_POLL_X,
        T::SYSCALL_PPOLL_X,
        T::SYSCALL_SELECT_X,
        T::SYSCALL_EPOLLWAIT_X,
    ];
    let Some(seen) = observe(&types, || {
        let mut ends = [0i32; 2];
        raw_syscall!(libc::SYS_pipe, ends.as_mut_ptr());
        let waits = |fd, events| libc::pollfd {
            fd,
            events,
            revents: 0,
        };
        let wanted = libc::POLLOUT | libc::POLLWRNORM;
        let mut few = [
            waits(ends[1], wanted),
            waits(-1, libc::POLLIN),
            waits(999, libc::POLLIN),
        ];
        let polled = raw_syscall!(libc::SYS_poll, few.as_mut_ptr(), 3, -1);
        let mut many: Vec<libc::pollfd> = (0..20).map(|_| waits(ends[1], wanted)).collect();
        let time = libc::timespec {
            tv_sec: 2,
            tv_nsec: 5,
        };
        let mask = 0x0f0f_0000_0000_0400u64;
        let ppolled = raw_syscall!(
            libc::SYS_ppoll,
            many.as_mut_ptr(),
            20,
            &raw const time,
            &raw const mask,
            8
        );
        raw_syscall!(libc::SYS_poll, 8, 1, 0);
        let now = libc::timeval {
            tv_sec: 0,
            tv_usec: 0,
        };
        raw_syscall!(libc::SYS_select, 0, 0, 0, 0, &raw const now);
        raw_syscall!(libc::SYS_epoll_wait, -1, 0, 7, 0);
        ends.into_iter().for_each(|fd| close(fd.into()));
        (ends[1], polled, ppolled)
    }) else {
        return;
    };
    let (end, polled, ppolled) = seen.value;
    let end = i64::from(end);
    assert_eq!((polled, ppolled), (2, 20));
    let polls = seen.all_of(seen.tid, T::SYSCALL_POLL_X);
    // POLLOUT is 4, POLLWRNORM 0x200, POLLNVAL 0x40.
    let few = fdlist(&[(end, 0x204), (-1, 0), (999, 0x40)]);
    polls[0].assert(&[S64(2), Bytes(&few), S64(-1)]);
    polls[1].assert(&[S64(-i64::from(libc::EFAULT)), Bytes(&fdlist(&[])), S64(0)]);
    let many = fdlist(&vec![(end, 0x204); 16]);
    // The kernel has replaced the timeout by what was left of it.
    let left: Param<'_> = That(&|bytes| {
        let left = u64::from_le_bytes(bytes.try_into().unwrap());
        (1_000_000_000..=2_000_000_005).contains(&left)
    });
    seen.one(T::SYSCALL_PPOLL_X)
        .assert(&[S64(20), Bytes(&many), left, U32(0x400)]);
    seen.one(T::SYSCALL_SELECT_X).assert(&[S64(0)]);
    seen.one(T::SYSCALL_EPOLLWAIT_X)
        .assert(&[S64(EBADF), S64(7)]);
}

#[test]
fn root_calls_that_join_two_descriptors_report_both() {
    use EventType as T;
    let types = [
        T::SYSCALL_SPLICE_X,
        T::SYSCALL_SENDFILE_X,
        T::SYSCALL_COPY_FILE_RANGE_X,
    ];
    let Some(seen) = observe(&types, || {
        let offset = 77u64;
        let spliced = raw_syscall!(libc::SYS_splice, -1, 0, -2, 0, 4096, 3);
        let sent = raw_syscall!(libc::SYS_sendfile, -1, -2, &raw const offset, 11);
        let copied = raw_syscall!(libc::SYS_copy_file_range, -1, 0x10, -2, 0x20, 99, 0);
        (spliced, sent, copied)
    }) else {
        return;
    };
    let (spliced, sent, copied) = seen.value;
    seen.one(T::SYSCALL_SPLICE_X)
        .assert(&[S64(spliced), S64(-1), S64(-2), U64(4096), U32(3)]);
    seen.one(T::SYSCALL_SENDFILE_X)
        .assert(&[S64(sent), U64(77), S64(-1), S64(-2), U64(11)]);
    seen.one(T::SYSCALL_COPY_FILE_RANGE_X).assert(&[
        S64(copied),
        S64(-2),
        U64(0x20),
        S64(-1),
        U64(0x10),
        U64(99),
    ]);
}
