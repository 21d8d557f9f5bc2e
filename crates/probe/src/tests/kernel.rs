//! Signals, tracing, keys, modules, semaphores, futexes, devices, quotas.

use super::{Bytes, Empty, EventType, Param, S64, Str, That, U8, U16, U32, U64, cstr, observe};
use crate::raw_syscall;

const EINVAL: i64 = -(libc::EINVAL as i64);
const ESRCH: i64 = -(libc::ESRCH as i64);
const EBADF: i64 = -(libc::EBADF as i64);

#[test]
fn root_signals_that_are_sent_name_target_and_signal() {
    use EventType as T;
    let own = i64::from(std::process::id());
    let types = [T::SYSCALL_KILL_X, T::SYSCALL_TKILL_X, T::SYSCALL_TGKILL_X];
    let Some(seen) = observe(&types, || {
        raw_syscall!(libc::SYS_kill, own, 0);
        raw_syscall!(libc::SYS_kill, 0x7fff_fff0, libc::SIGUSR1);
        raw_syscall!(libc::SYS_tkill, 0x7fff_fff1, libc::SIGTERM);
        raw_syscall!(libc::SYS_tgkill, 0x7fff_fff2, 0x7fff_fff3, libc::SIGKILL);
    }) else {
        return;
    };
    let kills = seen.all_of(seen.tid, T::SYSCALL_KILL_X);
    kills[0].assert(&[S64(0), S64(own), U8(0)]);
    kills[1].assert(&[S64(ESRCH), S64(0x7fff_fff0), U8(10)]);
    seen.one(T::SYSCALL_TKILL_X)
        .assert(&[S64(ESRCH), S64(0x7fff_fff1), U8(15)]);
    seen.one(T::SYSCALL_TGKILL_X)
        .assert(&[S64(ESRCH), S64(0x7fff_fff2), S64(0x7fff_fff3), U8(9)]);
}

#[test]
fn root_sleeping_and_waiting_report_how_long_and_where() {
    use EventType as T;
    let word = 5u32;
    let Some(seen) = observe(&[T::SYSCALL_NANOSLEEP_X, T::SYSCALL_FUTEX_X], || {
        let time = [0i64, 1234];
        let wrong = [3i64, 1_000_000_000];
        raw_syscall!(libc::SYS_nanosleep, time.as_ptr(), 0);
        raw_syscall!(libc::SYS_nanosleep, wrong.as_ptr(), 0);
        // FUTEX_WAKE_BITSET, private, of the real-time clock: no such combination.
        raw_syscall!(libc::SYS_futex, &raw const word, 10 | 128 | 256, 7);
    }) else {
        return;
    };
    let sleeps = seen.all_of(seen.tid, T::SYSCALL_NANOSLEEP_X);
    sleeps[0].assert(&[S64(0), U64(1234)]);
    sleeps[1].assert(&[S64(EINVAL), U64(4_000_000_000)]);
    let at = &raw const word as u64;
    let ours = |e: &&&super::Seen| e.params[1] == at.to_le_bytes();
    let futexes = seen.all_of(seen.tid, T::SYSCALL_FUTEX_X);
    let result: Param<'_> = That(&|b| i64::from_le_bytes(b.try_into().unwrap()) < 0);
    futexes
        .iter()
        .find(ours)
        .expect("the futex")
        .assert(&[result, U64(at), U16(0x18a), U64(7)]);
}

#[test]
fn root_ptrace_reports_requests_in_the_capture_formats_numbers() {
    let requests = [
        (1i64, 2u16),
        (2, 3),
        (3, 4),
        (4, 5),
        (5, 6),
        (6, 7),
        (7, 8),
        (8, 9),
        (9, 0xa),
        (12, 0x1a),
        (13, 0x1b),
        (14, 0x1c),
        (15, 0x1d),
        (16, 0xb),
        (17, 0xc),
        (18, 0x1e),
        (19, 0x1f),
        (21, 0x20),
        (24, 0xd),
        (25, 0x21),
        (26, 0x22),
        (30, 0x23),
        (31, 0x24),
        (32, 0x25),
        (33, 0x26),
        (0x4200, 0xe),
        (0x4201, 0xf),
        (0x4202, 0x10),
        (0x4203, 0x11),
        (0x4204, 0x12),
        (0x4205, 0x13),
        (0x4206, 0x14),
        (0x4207, 0x15),
        (0x4208, 0x16),
        (0x4209, 0x17),
        (0x420a, 0x18),
        (0x420b, 0x19),
        (777, 0),
    ];
    let Some(seen) = observe(&[EventType::SYSCALL_PTRACE_X], || {
        requests.map(|(request, _)| raw_syscall!(libc::SYS_ptrace, request, 0x7fff_fff0, 1, 2))
    }) else {
        return;
    };
    let events = seen.all_of(seen.tid, EventType::SYSCALL_PTRACE_X);
    assert_eq!(events.len(), requests.len());
    let zero = [0u8; 9];
    for ((event, (_, expect)), result) in events.iter().zip(requests).zip(seen.value) {
        event.assert(&[
            S64(result),
            Bytes(&zero),
            Bytes(&zero),
            U16(expect),
            S64(0x7fff_fff0),
        ]);
    }
}

#[test]
fn root_ptrace_of_a_child_reports_addresses_data_and_signals() {
    let word = 0x1122_3344_5566_7788u64;
    let Some(seen) = observe(&[EventType::SYSCALL_PTRACE_X], || {
        let child = raw_syscall!(libc::SYS_fork);
        if child == 0 {
            raw_syscall!(libc::SYS_pause);
            raw_syscall!(libc::SYS_exit_group, 0);
        }
        let (mut status, mut peeked) = (0i32, 0u64);
        assert_eq!(
            raw_syscall!(libc::SYS_ptrace, libc::PTRACE_ATTACH, child, 0, 0),
            0
        );
        raw_syscall!(libc::SYS_wait4, child, &raw mut status, 0, 0);
        raw_syscall!(
            libc::SYS_ptrace,
            libc::PTRACE_PEEKDATA,
            child,
            &raw const word,
            &raw mut peeked
        );
        assert_eq!(peeked, word);
        raw_syscall!(
            libc::SYS_ptrace,
            libc::PTRACE_DETACH,
            child,
            0,
            libc::SIGKILL
        );
        raw_syscall!(libc::SYS_wait4, child, &raw mut status, 0, 0);
        child
    }) else {
        return;
    };
    let child = seen.value;
    let number = |n: u64| [&[0u8][..], &n.to_le_bytes()].concat();
    let events = seen.all_of(seen.tid, EventType::SYSCALL_PTRACE_X);
    events[0].assert(&[
        S64(0),
        Bytes(&number(0)),
        Bytes(&number(0)),
        U16(0xb),
        S64(child),
    ]);
    let at = number(&raw const word as u64);
    events[1].assert(&[S64(0), Bytes(&at), Bytes(&number(word)), U16(3), S64(child)]);
    events[2].assert(&[
        S64(0),
        Bytes(&number(0)),
        Bytes(&[1, 9]),
        U16(0xc),
        S64(child),
    ]);
}

#[test]
fn root_keyctl_reports_as_many_arguments_as_the_operation_has() {
    let (kind, description) = (cstr("user"), cstr("lanner:none"));
    let Some(seen) = observe(&[EventType::SYSCALL_KEYCTL_X], || {
        let search = raw_syscall!(
            libc::SYS_keyctl,
            10,
            -99,
            kind.as_ptr(),
            description.as_ptr(),
            4
        );
        let revoke = raw_syscall!(libc::SYS_keyctl, 3, -98, 7, 8, 9);
        let unknown = raw_syscall!(libc::SYS_keyctl, 999, 1, 2, 3, 4);
        (search, revoke, unknown)
    }) else {
        return;
    };
    let (search, revoke, unknown) = seen.value;
    let number = |n: i64| [&[0u8][..], &n.to_le_bytes()].concat();
    let text = |t: &str| [&[1u8][..], t.as_bytes(), b"\0"].concat();
    let events = seen.all_of(seen.tid, EventType::SYSCALL_KEYCTL_X);
    let check = |at: usize, result, operation, arguments: [Vec<u8>; 4]| {
        let [a, b, c, d] = &arguments;
        events[at].assert(&[
            S64(result),
            U32(operation),
            Bytes(a),
            Bytes(b),
            Bytes(c),
            Bytes(d),
        ]);
    };
    check(
        0,
        search,
        10,
        [number(-99), text("user"), text("lanner:none"), number(4)],
    );
    check(1, revoke, 3, [number(-98), number(0), number(0), number(0)]);
    check(
        2,
        unknown,
        999,
        [number(0), number(0), number(0), number(0)],
    );
}

#[test]
fn root_modules_report_image_arguments_and_flags() {
    use EventType as T;
    let types = [
        T::SYSCALL_INIT_MODULE_X,
        T::SYSCALL_FINIT_MODULE_X,
        T::SYSCALL_DELETE_MODULE_X,
    ];
    let (image, arguments, name) = (*b"no module at all", cstr("a=1 b=2"), cstr("lanner_none"));
    let Some(seen) = observe(&types, || {
        let flags = libc::O_NONBLOCK | libc::O_TRUNC;
        [
            raw_syscall!(
                libc::SYS_init_module,
                image.as_ptr(),
                image.len(),
                arguments.as_ptr()
            ),
            raw_syscall!(libc::SYS_finit_module, -1, arguments.as_ptr(), 3),
            raw_syscall!(libc::SYS_delete_module, name.as_ptr(), flags),
        ]
    }) else {
        return;
    };
    let results = seen.value;
    assert!(results.iter().all(|r| *r < 0), "{results:?}");
    seen.one(T::SYSCALL_INIT_MODULE_X).assert(&[
        S64(results[0]),
        Bytes(&image),
        U64(16),
        Str("a=1 b=2"),
    ]);
    seen.one(T::SYSCALL_FINIT_MODULE_X)
        .assert(&[S64(results[1]), S64(-1), Str("a=1 b=2"), U32(3)]);
    seen.one(T::SYSCALL_DELETE_MODULE_X)
        .assert(&[S64(results[2]), Str("lanner_none"), U32(3)]);
}

#[test]
fn root_semaphores_report_keys_commands_and_operations() {
    use EventType as T;
    let types = [T::SYSCALL_SEMGET_X, T::SYSCALL_SEMCTL_X, T::SYSCALL_SEMOP_X];
    let Some(seen) = observe(&types, || {
        let id = raw_syscall!(
            libc::SYS_semget,
            libc::IPC_PRIVATE,
            2,
            libc::IPC_CREAT | libc::IPC_EXCL | 0o600
        );
        raw_syscall!(libc::SYS_semctl, id, 1, libc::SETVAL, 3);
        let sembuf = |sem_num, sem_op, sem_flg| libc::sembuf {
            sem_num,
            sem_op,
            sem_flg,
        };
        let undo = libc::SEM_UNDO as i16 | libc::IPC_NOWAIT as i16;
        let three = [sembuf(1, -2, undo), sembuf(0, 4, 0), sembuf(0, 1, 0)];
        let done = raw_syscall!(libc::SYS_semop, id, three.as_ptr(), 3);
        raw_syscall!(libc::SYS_semop, id, three.as_ptr(), 1);
        raw_syscall!(libc::SYS_semctl, id, 0, libc::IPC_RMID, 99);
        raw_syscall!(libc::SYS_semctl, -1, 0, 77, 0);
        (id, done)
    }) else {
        return;
    };
    let (id, done) = seen.value;
    let semid = id as u32;
    assert_eq!(done, 0);
    seen.one(T::SYSCALL_SEMGET_X)
        .assert(&[S64(id), U32(0), U32(2), U32(0x6000)]);
    let controls = seen.all_of(seen.tid, T::SYSCALL_SEMCTL_X);
    controls[0].assert(&[S64(0), U32(semid), U32(1), U16(0x1000), U32(3)]);
    controls[1].assert(&[S64(0), U32(semid), U32(0), U16(4), U32(0)]);
    controls[2].assert(&[S64(EINVAL), U32(u32::MAX), U32(0), U16(0), U32(0)]);
    let operations = seen.all_of(seen.tid, T::SYSCALL_SEMOP_X);
    let minus_two = (-2i16) as u16;
    operations[0].assert(&[
        S64(0),
        U32(3),
        U16(1),
        U16(minus_two),
        U16(3),
        U16(0),
        U16(4),
        U16(0),
        U32(semid),
    ]);
    // One operation that had to wait.
    let again = -i64::from(libc::EAGAIN);
    operations[1].assert(&[
        S64(again),
        U32(1),
        U16(0),
        U16(0),
        U16(0),
        U16(0),
        U16(0),
        U16(0),
        U32(semid),
    ]);
}

#[test]
fn root_ioctl_reports_request_and_argument() {
    let Some(seen) = observe(&[EventType::SYSCALL_IOCTL_3_X], || {
        raw_syscall!(libc::SYS_ioctl, -1, 0x5413, 0x1_2345_6789i64)
    }) else {
        return;
    };
    seen.one(EventType::SYSCALL_IOCTL_3_X).assert(&[
        S64(EBADF),
        S64(-1),
        U64(0x5413),
        U64(0x1_2345_6789),
    ]);
}

#[test]
fn root_fsconfig_reports_the_value_that_the_command_takes() {
    let (kind, key, value) = (cstr("tmpfs"), cstr("source"), cstr("lanner"));
    let Some(seen) = observe(&[EventType::SYSCALL_FSCONFIG_X], || {
        let fs = raw_syscall!(libc::SYS_fsopen, kind.as_ptr(), 1);
        let set = raw_syscall!(libc::SYS_fsconfig, fs, 1, key.as_ptr(), value.as_ptr(), 0);
        let failed = raw_syscall!(libc::SYS_fsconfig, -1, 2, key.as_ptr(), value.as_ptr(), 4);
        raw_syscall!(libc::SYS_close, fs);
        (fs, set, failed)
    }) else {
        return;
    };
    let (fs, set, failed) = seen.value;
    assert_eq!(set, 0);
    let events = seen.all_of(seen.tid, EventType::SYSCALL_FSCONFIG_X);
    events[0].assert(&[
        S64(0),
        S64(fs),
        U32(1),
        Str("source"),
        Empty,
        Str("lanner"),
        U32(0),
    ]);
    events[1].assert(&[
        S64(failed),
        S64(-1),
        U32(2),
        Str("source"),
        Empty,
        Empty,
        U32(4),
    ]);
}

#[test]
fn root_quotactl_reports_the_parts_that_are_valid() {
    let device = cstr("/dev/none");
    let Some(seen) = observe(&[EventType::SYSCALL_QUOTACTL_X], || {
        // struct if_dqblk: limits of blocks and the time of inodes are valid.
        let mut block = [11u64, 12, 13, 14, 15, 16, 17, 18, 1 | 32];
        let set = raw_syscall!(
            libc::SYS_quotactl,
            0x8000_0801u32 as i32,
            device.as_ptr(),
            1000,
            block.as_mut_ptr()
        );
        // struct if_dqinfo: only flags are valid.
        let mut info = [21u64, 22, 2 | 4 << 32];
        let info_set = raw_syscall!(
            libc::SYS_quotactl,
            0x8000_0600u32 as i32,
            device.as_ptr(),
            1000,
            info.as_mut_ptr()
        );
        let on = raw_syscall!(
            libc::SYS_quotactl,
            0x8000_0200u32 as i32,
            device.as_ptr(),
            4,
            device.as_ptr()
        );
        [set, info_set, on]
    }) else {
        return;
    };
    let results = seen.value;
    let events = seen.all_of(seen.tid, EventType::SYSCALL_QUOTACTL_X);
    let blocks =
        |[a, b, c, d, e, f, g]: [u64; 7]| [U64(a), U64(b), U64(c), U64(d), U64(e), U64(f), U64(g)];
    let check = |at: usize,
                 path: Param<'static>,
                 block: [u64; 7],
                 grace: [u64; 2],
                 rest: [Param<'static>; 6]| {
        let head = [S64(results[at]), Str("/dev/none"), path];
        let all: Vec<Param<'_>> = head
            .into_iter()
            .chain(blocks(block))
            .chain(grace.map(U64))
            .chain(rest)
            .collect();
        events[at].assert(&all);
    };
    // Flags of info; format read; command; type; id; format given.
    check(
        0,
        Empty,
        [11, 12, 0, 0, 0, 0, 18],
        [0, 0],
        [U8(0), U8(1), U16(0x40), U8(2), U32(1000), U8(1)],
    );
    check(
        1,
        Empty,
        [0; 7],
        [0, 0],
        [U8(2), U8(1), U16(0x10), U8(1), U32(0), U8(1)],
    );
    check(
        2,
        Str("/dev/none"),
        [0; 7],
        [0, 0],
        [U8(0), U8(1), U16(1), U8(1), U32(0), U8(8)],
    );
}
