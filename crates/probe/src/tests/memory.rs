//! Memory: mapping, protecting, locking, and that of other processes.

use super::{Bytes, Empty, EventType, Param, S64, That, U32, U64, observe};
use crate::raw_syscall;

/// A size in KiB of this process, which is never none.
const SOME: Param<'static> = That(&|bytes| bytes.len() == 4 && bytes != [0; 4]);
/// One that may be.
const ANY: Param<'static> = That(&|bytes| bytes.len() == 4);

#[test]
fn root_mappings_report_memory_address_protection_and_flags() {
    use EventType as T;
    let types = [
        T::SYSCALL_MMAP_X,
        T::SYSCALL_MPROTECT_X,
        T::SYSCALL_MUNMAP_X,
    ];
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    let Some(seen) = observe(&types, || {
        let at = raw_syscall!(libc::SYS_mmap, 0, 0x8765, 3, flags, -1, 0);
        raw_syscall!(
            libc::SYS_mprotect,
            at,
            0x1000,
            libc::PROT_READ | libc::PROT_EXEC
        );
        raw_syscall!(libc::SYS_munmap, at, 0x8765);
        raw_syscall!(libc::SYS_mmap, 1, 0, 0x0300_0008, 0x2000, 5, 0x7000);
        at
    }) else {
        return;
    };
    let at = seen.value;
    let mapped: Vec<_> = seen.all_of(seen.tid, T::SYSCALL_MMAP_X);
    let ours = |e: &&&super::Seen| e.params[5] == 0x8765u64.to_le_bytes();
    mapped.iter().find(ours).expect("the mapping").assert(&[
        S64(at),
        SOME,
        SOME,
        ANY,
        U64(0),
        U64(0x8765),
        U32(3),
        U32(0x2 | 0x8 | 0x40),
        S64(-1),
        U64(0),
    ]);
    let failed = |e: &&&super::Seen| e.params[9] == 0x7000u64.to_le_bytes();
    mapped.iter().find(failed).expect("the failure").assert(&[
        S64(-i64::from(libc::EINVAL)),
        SOME,
        SOME,
        ANY,
        U64(1),
        U64(0),
        U32(0x38),
        U32(0x4000),
        S64(5),
        U64(0x7000),
    ]);
    let at = at as u64;
    let protect = |e: &&&super::Seen| e.params[1] == at.to_le_bytes();
    seen.all_of(seen.tid, T::SYSCALL_MPROTECT_X)
        .iter()
        .find(protect)
        .expect("mprotect")
        .assert(&[S64(0), U64(at), U64(0x1000), U32(5)]);
    let unmap = |e: &&&super::Seen| e.params[4] == at.to_le_bytes();
    seen.all_of(seen.tid, T::SYSCALL_MUNMAP_X)
        .iter()
        .find(unmap)
        .expect("munmap")
        .assert(&[S64(0), SOME, SOME, ANY, U64(at), U64(0x8765)]);
}

#[test]
fn root_brk_reports_where_memory_ends() {
    let Some(seen) = observe(&[EventType::SYSCALL_BRK_4_X], || {
        raw_syscall!(libc::SYS_brk, 3)
    }) else {
        return;
    };
    let asked = |e: &&&super::Seen| e.params[4] == 3u64.to_le_bytes();
    let events = seen.all_of(seen.tid, EventType::SYSCALL_BRK_4_X);
    events.iter().find(asked).expect("brk").assert(&[
        U64(seen.value as u64),
        SOME,
        SOME,
        ANY,
        U64(3),
    ]);
}

#[test]
fn root_locking_reports_address_length_and_flags() {
    use EventType as T;
    let types = [
        T::SYSCALL_MLOCK_X,
        T::SYSCALL_MLOCK2_X,
        T::SYSCALL_MUNLOCK_X,
        T::SYSCALL_MLOCKALL_X,
        T::SYSCALL_MUNLOCKALL_X,
    ];
    let Some(seen) = observe(&types, || {
        [
            raw_syscall!(libc::SYS_mlock, 0x1000, 0x2000),
            raw_syscall!(libc::SYS_mlock2, 0x3000, 0x4000, 1),
            raw_syscall!(libc::SYS_mlock2, 0x3000, 0x4000, 2),
            raw_syscall!(libc::SYS_munlock, 0x5000, 0x6000),
            raw_syscall!(libc::SYS_mlockall, 8 | 4),
            raw_syscall!(libc::SYS_munlockall),
        ]
    }) else {
        return;
    };
    let results = seen.value;
    seen.one(T::SYSCALL_MLOCK_X)
        .assert(&[S64(results[0]), U64(0x1000), U64(0x2000)]);
    let second = seen.all_of(seen.tid, T::SYSCALL_MLOCK2_X);
    second[0].assert(&[S64(results[1]), U64(0x3000), U64(0x4000), U32(1)]);
    second[1].assert(&[S64(results[2]), U64(0x3000), U64(0x4000), U32(0)]);
    seen.one(T::SYSCALL_MUNLOCK_X)
        .assert(&[S64(results[3]), U64(0x5000), U64(0x6000)]);
    seen.one(T::SYSCALL_MLOCKALL_X)
        .assert(&[S64(results[4]), U32(4)]);
    seen.one(T::SYSCALL_MUNLOCKALL_X).assert(&[S64(results[5])]);
}

#[test]
fn root_other_processes_memory_is_reported_with_what_was_moved() {
    use EventType as T;
    let own = i64::from(std::process::id());
    let Some(seen) = observe(
        &[
            T::SYSCALL_PROCESS_VM_READV_X,
            T::SYSCALL_PROCESS_VM_WRITEV_X,
        ],
        || {
            let source = *b"between processes";
            let (mut first, mut second) = ([0u8; 8], [0u8; 9]);
            let iov = |base: *mut u8, len| libc::iovec {
                iov_base: base.cast(),
                iov_len: len,
            };
            let local = [iov(first.as_mut_ptr(), 8), iov(second.as_mut_ptr(), 9)];
            let remote = [iov(source.as_ptr().cast_mut(), source.len())];
            let read = raw_syscall!(
                libc::SYS_process_vm_readv,
                own,
                local.as_ptr(),
                2,
                remote.as_ptr(),
                1,
                0
            );
            let written = raw_syscall!(
                libc::SYS_process_vm_writev,
                own,
                remote.as_ptr(),
                1,
                local.as_ptr(),
                2,
                0
            );
            let failed = raw_syscall!(
                libc::SYS_process_vm_readv,
                -1,
                local.as_ptr(),
                2,
                remote.as_ptr(),
                1,
                0
            );
            (read, written, failed)
        },
    ) else {
        return;
    };
    let (read, written, failed) = seen.value;
    assert_eq!((read, written), (17, 17));
    let reads = seen.all_of(seen.tid, T::SYSCALL_PROCESS_VM_READV_X);
    reads[0].assert(&[S64(17), S64(own), Bytes(b"between processes")]);
    reads[1].assert(&[S64(failed), S64(-1), Empty]);
    seen.one(T::SYSCALL_PROCESS_VM_WRITEV_X).assert(&[
        S64(17),
        S64(own),
        Bytes(b"between processes"),
    ]);
}
