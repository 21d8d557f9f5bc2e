//! Who a process is and what it may. What changes it runs in a child.

use super::{Empty, EventType, Observed, Param, S64, Seen, Str, That, U8, U32, U64, cstr, observe};
use crate::raw_syscall;

const EPERM: i64 = -(libc::EPERM as i64);
const EINVAL: i64 = -(libc::EINVAL as i64);
const EBADF: i64 = -(libc::EBADF as i64);

/// Runs `act` in a forked child, which then ends; its id. `act` may make system calls only.
fn in_child(act: impl FnOnce()) -> i64 {
    let child = raw_syscall!(libc::SYS_fork);
    if child == 0 {
        act();
        raw_syscall!(libc::SYS_exit_group, 0);
    }
    let mut status = 0i32;
    raw_syscall!(libc::SYS_wait4, child, &raw mut status, 0, 0);
    assert_eq!(status, 0, "the child ends well");
    child
}

/// What a child did, as `observe`, with its id as the value.
fn observe_child(types: &[EventType], act: impl FnOnce() + Send) -> Option<Observed<i64>> {
    observe(types, || in_child(act))
}

fn child_events(seen: &Observed<i64>, ty: EventType) -> Vec<&Seen> {
    seen.all_of(seen.value, ty)
}

#[test]
fn root_changes_of_users_and_groups_report_the_ids_asked_for() {
    use EventType as T;
    let types = [
        T::SYSCALL_SETUID_X,
        T::SYSCALL_SETGID_X,
        T::SYSCALL_SETREUID_X,
        T::SYSCALL_SETREGID_X,
        T::SYSCALL_SETRESUID_X,
        T::SYSCALL_SETRESGID_X,
    ];
    let Some(seen) = observe_child(&types, || {
        raw_syscall!(libc::SYS_setresgid, 1, 2, 3);
        raw_syscall!(libc::SYS_setregid, 2, 3);
        raw_syscall!(libc::SYS_setgid, 4);
        raw_syscall!(libc::SYS_setresuid, -1, 0, -1);
        raw_syscall!(libc::SYS_setreuid, 0, 0);
        raw_syscall!(libc::SYS_setuid, 1234);
        raw_syscall!(libc::SYS_setuid, 0);
    }) else {
        return;
    };
    let check = |ty, at: usize, expect: &[Param<'_>]| child_events(&seen, ty)[at].assert(expect);
    check(T::SYSCALL_SETRESGID_X, 0, &[S64(0), U32(1), U32(2), U32(3)]);
    check(T::SYSCALL_SETREGID_X, 0, &[S64(0), U32(2), U32(3)]);
    check(T::SYSCALL_SETGID_X, 0, &[S64(0), U32(4)]);
    check(
        T::SYSCALL_SETRESUID_X,
        0,
        &[S64(0), U32(u32::MAX), U32(0), U32(u32::MAX)],
    );
    check(T::SYSCALL_SETREUID_X, 0, &[S64(0), U32(0), U32(0)]);
    check(T::SYSCALL_SETUID_X, 0, &[S64(0), U32(1234)]);
    check(T::SYSCALL_SETUID_X, 1, &[S64(EPERM), U32(0)]);
}

#[test]
fn root_questions_for_ids_report_the_answers() {
    use EventType as T;
    let types = [
        T::SYSCALL_GETUID_X,
        T::SYSCALL_GETEUID_X,
        T::SYSCALL_GETGID_X,
        T::SYSCALL_GETEGID_X,
        T::SYSCALL_GETRESUID_X,
        T::SYSCALL_GETRESGID_X,
    ];
    let Some(seen) = observe_child(&types, || {
        raw_syscall!(libc::SYS_setresgid, 5, 6, 7);
        raw_syscall!(libc::SYS_setresuid, 8, 9, 10);
        raw_syscall!(libc::SYS_getuid);
        raw_syscall!(libc::SYS_geteuid);
        raw_syscall!(libc::SYS_getgid);
        raw_syscall!(libc::SYS_getegid);
        let mut ids = [0u32; 3];
        let at = ids.as_mut_ptr();
        raw_syscall!(
            libc::SYS_getresuid,
            at,
            at.wrapping_add(1),
            at.wrapping_add(2)
        );
        raw_syscall!(
            libc::SYS_getresgid,
            at,
            at.wrapping_add(1),
            at.wrapping_add(2)
        );
        raw_syscall!(libc::SYS_getresgid, 8, 8, 8);
    }) else {
        return;
    };
    let check = |ty, at: usize, expect: &[Param<'_>]| child_events(&seen, ty)[at].assert(expect);
    check(T::SYSCALL_GETUID_X, 0, &[U32(8)]);
    check(T::SYSCALL_GETEUID_X, 0, &[U32(9)]);
    check(T::SYSCALL_GETGID_X, 0, &[U32(5)]);
    check(T::SYSCALL_GETEGID_X, 0, &[U32(6)]);
    check(
        T::SYSCALL_GETRESUID_X,
        0,
        &[S64(0), U32(8), U32(9), U32(10)],
    );
    check(T::SYSCALL_GETRESGID_X, 0, &[S64(0), U32(5), U32(6), U32(7)]);
    check(
        T::SYSCALL_GETRESGID_X,
        1,
        &[S64(-i64::from(libc::EFAULT)), U32(0), U32(0), U32(0)],
    );
}

#[test]
fn root_sessions_and_groups_of_processes_report_their_ids() {
    use EventType as T;
    let Some(seen) = observe_child(&[T::SYSCALL_SETSID_X, T::SYSCALL_SETPGID_X], || {
        raw_syscall!(libc::SYS_setpgid, 0, -5);
        raw_syscall!(libc::SYS_setsid);
        raw_syscall!(libc::SYS_setsid);
    }) else {
        return;
    };
    child_events(&seen, T::SYSCALL_SETPGID_X)[0].assert(&[S64(EINVAL), S64(0), S64(-5)]);
    let sessions = child_events(&seen, T::SYSCALL_SETSID_X);
    sessions[0].assert(&[S64(seen.value)]);
    sessions[1].assert(&[S64(EPERM)]);
}

#[test]
fn root_capset_reports_the_sets_as_they_are_afterwards() {
    let Some(seen) = observe_child(&[EventType::SYSCALL_CAPSET_X], || {
        // Version 3, this process: CAP_CHOWN and CAP_KILL permitted, CAP_KILL effective.
        let header = [0x2008_0522u32, 0];
        let sets = [0x20u32, 0x21, 0x20, 0, 0, 0];
        raw_syscall!(libc::SYS_capset, header.as_ptr(), sets.as_ptr());
        let more = [u32::MAX; 6];
        raw_syscall!(libc::SYS_capset, header.as_ptr(), more.as_ptr());
    }) else {
        return;
    };
    let events = child_events(&seen, EventType::SYSCALL_CAPSET_X);
    events[0].assert(&[S64(0), U64(0x20), U64(0x21), U64(0x20)]);
    events[1].assert(&[S64(EPERM), U64(0x20), U64(0x21), U64(0x20)]);
}

#[test]
fn root_prctl_reports_text_or_a_number() {
    let name = cstr("renamed");
    let Some(seen) = observe_child(&[EventType::SYSCALL_PRCTL_X], || {
        let mut found = -1i32;
        raw_syscall!(libc::SYS_prctl, libc::PR_SET_NAME, name.as_ptr());
        raw_syscall!(libc::SYS_prctl, libc::PR_SET_CHILD_SUBREAPER, 1);
        raw_syscall!(
            libc::SYS_prctl,
            libc::PR_GET_CHILD_SUBREAPER,
            &raw mut found
        );
        raw_syscall!(libc::SYS_prctl, 9999, 77);
    }) else {
        return;
    };
    let events = child_events(&seen, EventType::SYSCALL_PRCTL_X);
    events[0].assert(&[S64(0), U32(15), Str("renamed"), S64(0)]);
    events[1].assert(&[S64(0), U32(36), Empty, S64(1)]);
    events[2].assert(&[S64(0), U32(37), Empty, S64(1)]);
    events[3].assert(&[S64(EINVAL), U32(9999), Empty, S64(77)]);
}

#[test]
fn root_seccomp_reports_operation_and_flags() {
    let Some(seen) = observe(&[EventType::SYSCALL_SECCOMP_X], || {
        raw_syscall!(libc::SYS_seccomp, 99, 0x1_0000_0003i64, 0)
    }) else {
        return;
    };
    seen.one(EventType::SYSCALL_SECCOMP_X)
        .assert(&[S64(EINVAL), U64(99), U64(3)]);
}

#[test]
fn root_limits_are_reported_as_asked_and_as_they_were() {
    use EventType as T;
    let types = [
        T::SYSCALL_GETRLIMIT_X,
        T::SYSCALL_SETRLIMIT_X,
        T::SYSCALL_PRLIMIT_X,
    ];
    let Some(seen) = observe_child(&types, || {
        let few = [11u64, 22];
        let none = [33u64, u64::MAX];
        let mut was = [0u64; 2];
        raw_syscall!(libc::SYS_setrlimit, libc::RLIMIT_CORE, few.as_ptr());
        raw_syscall!(libc::SYS_getrlimit, libc::RLIMIT_CORE, was.as_mut_ptr());
        raw_syscall!(libc::SYS_getrlimit, 99, was.as_mut_ptr());
        raw_syscall!(
            libc::SYS_prlimit64,
            0,
            libc::RLIMIT_CORE,
            few.as_ptr(),
            was.as_mut_ptr()
        );
        raw_syscall!(
            libc::SYS_prlimit64,
            -7,
            libc::RLIMIT_NOFILE,
            none.as_ptr(),
            was.as_mut_ptr()
        );
    }) else {
        return;
    };
    let check = |ty, at: usize, expect: &[Param<'_>]| child_events(&seen, ty)[at].assert(expect);
    check(
        T::SYSCALL_SETRLIMIT_X,
        0,
        &[S64(0), S64(11), S64(22), U8(4)],
    );
    check(
        T::SYSCALL_GETRLIMIT_X,
        0,
        &[S64(0), S64(11), S64(22), U8(4)],
    );
    check(
        T::SYSCALL_GETRLIMIT_X,
        1,
        &[S64(EINVAL), S64(-1), S64(-1), U8(255)],
    );
    let prlimit = child_events(&seen, T::SYSCALL_PRLIMIT_X);
    prlimit[0].assert(&[S64(0), S64(11), S64(22), S64(11), S64(22), S64(0), U8(4)]);
    let refused: Param<'_> = That(&|b| i64::from_le_bytes(b.try_into().unwrap()) < 0);
    prlimit[1].assert(&[refused, S64(33), S64(-1), S64(-1), S64(-1), S64(-7), U8(7)]);
}

#[test]
fn root_namespaces_are_reported_in_the_bits_of_the_capture_format() {
    use EventType as T;
    let Some(seen) = observe_child(&[T::SYSCALL_UNSHARE_X, T::SYSCALL_SETNS_X], || {
        raw_syscall!(libc::SYS_unshare, libc::CLONE_NEWUTS | libc::CLONE_NEWNS);
        raw_syscall!(libc::SYS_unshare, libc::CLONE_PARENT);
        raw_syscall!(libc::SYS_setns, -1, libc::CLONE_NEWNET);
    }) else {
        return;
    };
    let events = child_events(&seen, T::SYSCALL_UNSHARE_X);
    events[0].assert(&[S64(0), U32(0x80 | 0x20)]);
    events[1].assert(&[S64(EINVAL), U32(0x100)]);
    child_events(&seen, T::SYSCALL_SETNS_X)[0].assert(&[S64(EBADF), S64(-1), U32(0x10)]);
}
