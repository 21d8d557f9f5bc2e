//! Names and attributes of files and directories.

use std::fs;
use std::os::unix::fs::MetadataExt;

use super::{Empty, EventType, Param, S64, Str, U8, U16, U32, U64, cstr, observe};
use crate::raw_syscall;

const ENOENT: i64 = -(libc::ENOENT as i64);
const EBADF: i64 = -(libc::EBADF as i64);
const NOWHERE: &str = "/no/such/place";

/// Makes a call and asserts that it gives `result`, and its event that and the parameters.
#[track_caller]
fn check(ty: EventType, call: impl FnOnce() -> i64 + Send, result: i64, rest: &[Param<'_>]) {
    let Some(seen) = observe(&[ty], call) else {
        return;
    };
    assert_eq!(seen.value, result);
    let event = seen.one(ty);
    assert_eq!(event.s64(0), result);
    event.assert_from(1, rest);
}

#[test]
fn root_calls_with_one_path_report_it() {
    let nowhere = cstr(NOWHERE);
    let path = nowhere.as_ptr() as usize;
    for (ty, number) in [
        (EventType::SYSCALL_UNLINK_2_X, libc::SYS_unlink),
        (EventType::SYSCALL_RMDIR_2_X, libc::SYS_rmdir),
        (EventType::SYSCALL_CHDIR_X, libc::SYS_chdir),
        (EventType::SYSCALL_CHROOT_X, libc::SYS_chroot),
        (EventType::SYSCALL_STAT_X, libc::SYS_stat),
        (EventType::SYSCALL_LSTAT_X, libc::SYS_lstat),
    ] {
        check(
            ty,
            || raw_syscall!(number, path, 0),
            ENOENT,
            &[Str(NOWHERE)],
        );
        let fault = -i64::from(libc::EFAULT);
        check(ty, || raw_syscall!(number, 8, 0), fault, &[Empty]);
    }
}

#[test]
fn root_calls_with_two_paths_report_both() {
    let (nowhere, other) = (cstr(NOWHERE), cstr("/no/other"));
    let (from, to) = (nowhere.as_ptr() as usize, other.as_ptr() as usize);
    for (ty, number) in [
        (EventType::SYSCALL_RENAME_X, libc::SYS_rename),
        (EventType::SYSCALL_LINK_2_X, libc::SYS_link),
        (EventType::SYSCALL_SYMLINK_X, libc::SYS_symlink),
    ] {
        check(
            ty,
            || raw_syscall!(number, from, to),
            ENOENT,
            &[Str(NOWHERE), Str("/no/other")],
        );
    }
    for (ty, number, flags, told) in [
        (EventType::SYSCALL_RENAMEAT_X, libc::SYS_renameat, None, 0),
        (
            EventType::SYSCALL_RENAMEAT2_X,
            libc::SYS_renameat2,
            Some(3),
            3,
        ),
        (
            EventType::SYSCALL_LINKAT_2_X,
            libc::SYS_linkat,
            Some(0x1401),
            0x1400,
        ),
    ] {
        let mut expected = vec![S64(-100), Str(NOWHERE), S64(-7), Str("/no/other")];
        let mut result = ENOENT;
        if flags.is_some() {
            expected.push(U32(told));
            result = -i64::from(libc::EINVAL);
        }
        check(
            ty,
            || raw_syscall!(number, -100, from, -7, to, flags.unwrap_or(0)),
            result,
            &expected,
        );
    }
    check(
        EventType::SYSCALL_SYMLINKAT_X,
        || raw_syscall!(libc::SYS_symlinkat, to, -100, from),
        ENOENT,
        &[Str("/no/other"), S64(-100), Str(NOWHERE)],
    );
}

#[test]
fn root_a_rename_that_succeeds_is_reported_too() {
    let dir = tempfile::tempdir().unwrap();
    let from = dir.path().join("a").to_str().unwrap().to_owned();
    let to = dir.path().join("b").to_str().unwrap().to_owned();
    fs::write(&from, "").unwrap();
    check(
        EventType::SYSCALL_RENAME_X,
        || raw_syscall!(libc::SYS_rename, cstr(&from).as_ptr(), cstr(&to).as_ptr()),
        0,
        &[Str(&from), Str(&to)],
    );
}

#[test]
fn root_calls_with_one_descriptor_report_it() {
    for (ty, number) in [
        (EventType::SYSCALL_FCHDIR_X, libc::SYS_fchdir),
        (EventType::SYSCALL_FSTAT_X, libc::SYS_fstat),
        (EventType::SYSCALL_GETDENTS_X, libc::SYS_getdents),
        (EventType::SYSCALL_GETDENTS64_X, libc::SYS_getdents64),
    ] {
        check(ty, || raw_syscall!(number, -3, 0, 0), EBADF, &[S64(-3)]);
    }
}

#[test]
fn root_calls_relative_to_a_directory_report_it_and_their_flags() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("made").to_str().unwrap().to_owned();
    let name = cstr(&path);
    let at = name.as_ptr() as usize;
    check(
        EventType::SYSCALL_MKDIRAT_X,
        || raw_syscall!(libc::SYS_mkdirat, -100, at, 0o1750),
        0,
        &[S64(-100), Str(&path), U32(0o1750)],
    );
    check(
        EventType::SYSCALL_NEWFSTATAT_X,
        || {
            raw_syscall!(
                libc::SYS_newfstatat,
                -9,
                at,
                [0u64; 32].as_mut_ptr(),
                0x1900
            )
        },
        0,
        &[S64(-9), Str(&path), U32(0x1900)],
    );
    check(
        EventType::SYSCALL_FCHMODAT_X,
        || raw_syscall!(libc::SYS_fchmodat, -100, at, 0o2711),
        0,
        &[S64(-100), Str(&path), U32(0o2711)],
    );
    check(
        EventType::SYSCALL_FCHOWNAT_X,
        || raw_syscall!(libc::SYS_fchownat, -100, at, -1, 17, 0x1100),
        0,
        &[S64(-100), Str(&path), U32(u32::MAX), U32(17), U32(0x1000)],
    );
    check(
        EventType::SYSCALL_UNLINKAT_2_X,
        || raw_syscall!(libc::SYS_unlinkat, -100, at, libc::AT_REMOVEDIR),
        0,
        &[S64(-100), Str(&path), U32(0x200)],
    );
    check(
        EventType::SYSCALL_MKNODAT_X,
        || raw_syscall!(libc::SYS_mknodat, -100, at, libc::S_IFIFO | 0o600, 0),
        0,
        &[S64(-100), Str(&path), U32(libc::S_IFIFO | 0o600), U32(0)],
    );
}

#[test]
fn root_mkdir_mknod_chmod_chown_access_report_mode_and_owner() {
    let nowhere = cstr(NOWHERE);
    let at = nowhere.as_ptr() as usize;
    check(
        EventType::SYSCALL_MKDIR_2_X,
        || raw_syscall!(libc::SYS_mkdir, at, 0o755),
        ENOENT,
        &[Str(NOWHERE), U32(0o755)],
    );
    // The device number is encoded twice, as in Falco.
    check(
        EventType::SYSCALL_MKNOD_X,
        || raw_syscall!(libc::SYS_mknod, at, 0o640, 61440),
        ENOENT,
        &[Str(NOWHERE), U32(libc::S_IFREG | 0o640), U32(251_658_240)],
    );
    check(
        EventType::SYSCALL_CHMOD_X,
        || raw_syscall!(libc::SYS_chmod, at, 0o14777),
        ENOENT,
        &[Str(NOWHERE), U32(0o4777)],
    );
    check(
        EventType::SYSCALL_FCHMOD_X,
        || raw_syscall!(libc::SYS_fchmod, -1, 0o644),
        EBADF,
        &[S64(-1), U32(0o644)],
    );
    for (ty, number) in [
        (EventType::SYSCALL_CHOWN_X, libc::SYS_chown),
        (EventType::SYSCALL_LCHOWN_X, libc::SYS_lchown),
    ] {
        check(
            ty,
            || raw_syscall!(number, at, 12, -1),
            ENOENT,
            &[Str(NOWHERE), U32(12), U32(u32::MAX)],
        );
    }
    check(
        EventType::SYSCALL_FCHOWN_X,
        || raw_syscall!(libc::SYS_fchown, -1, 12, 13),
        EBADF,
        &[S64(-1), U32(12), U32(13)],
    );
    for mode in [0, 4, 2, 1, 7] {
        check(
            EventType::SYSCALL_ACCESS_X,
            || raw_syscall!(libc::SYS_access, at, mode),
            ENOENT,
            &[Str(NOWHERE), U32(mode)],
        );
    }
}

#[test]
fn root_mounts_report_source_place_type_and_flags() {
    let (device, nowhere, kind) = (cstr("/dev/nothing"), cstr(NOWHERE), cstr("ext4"));
    let pointers = [
        device.as_ptr() as usize,
        nowhere.as_ptr() as usize,
        kind.as_ptr() as usize,
    ];
    for (flags, told) in [(1 | 32 | 4096, 1 | 32 | 4096), (0xc0ed_0003_i64, 3)] {
        check(
            EventType::SYSCALL_MOUNT_X,
            || {
                raw_syscall!(
                    libc::SYS_mount,
                    pointers[0],
                    pointers[1],
                    pointers[2],
                    flags,
                    0
                )
            },
            ENOENT,
            &[Str("/dev/nothing"), Str(NOWHERE), Str("ext4"), U32(told)],
        );
    }
    check(
        EventType::SYSCALL_UMOUNT2_X,
        || raw_syscall!(libc::SYS_umount2, pointers[1], 2),
        ENOENT,
        &[Str(NOWHERE), U32(2)],
    );
}

#[test]
fn root_umount_of_32_bit_programs_has_no_flags() {
    let fault = -i64::from(libc::EFAULT);
    check(
        EventType::SYSCALL_UMOUNT_1_X,
        || super::compat_syscall(22, [8, 0, 0]),
        fault,
        &[Empty],
    );
    check(
        EventType::SYSCALL_LLSEEK_X,
        || super::compat_syscall(140, [u32::MAX, 1, 2]),
        EBADF,
        &[S64(-1), U64(0x1_0000_0002), U8(0)],
    );
}

#[test]
fn root_getcwd_reports_the_directory_if_it_succeeds() {
    let cwd = std::env::current_dir().unwrap();
    let cwd = cwd.to_str().unwrap();
    let mut buffer = [0u8; 4096];
    let pointer = buffer.as_mut_ptr() as usize;
    check(
        EventType::SYSCALL_GETCWD_X,
        || raw_syscall!(libc::SYS_getcwd, pointer, 4096),
        cwd.len() as i64 + 1,
        &[Str(cwd)],
    );
    check(
        EventType::SYSCALL_GETCWD_X,
        || raw_syscall!(libc::SYS_getcwd, pointer, 1),
        -i64::from(libc::ERANGE),
        &[Empty],
    );
}

#[test]
fn root_lseek_and_flock_report_descriptor_and_operation() {
    for (whence, told) in [(0, 0), (1, 1), (2, 2), (3, 0)] {
        check(
            EventType::SYSCALL_LSEEK_X,
            || raw_syscall!(libc::SYS_lseek, -1, -5, whence),
            EBADF,
            &[S64(-1), U64(-5i64 as u64), U8(told)],
        );
    }
    for operation in [1, 2 | 4, 8] {
        check(
            EventType::SYSCALL_FLOCK_X,
            || raw_syscall!(libc::SYS_flock, -1, operation),
            EBADF,
            &[S64(-1), U32(operation)],
        );
    }
}

#[test]
fn root_creat_openat2_and_open_by_handle_report_the_file_they_opened() {
    let dir = tempfile::tempdir().unwrap();
    let dir_path = dir.path().canonicalize().unwrap();
    let path = dir_path.join("file").to_str().unwrap().to_owned();
    let name = cstr(&path);
    let at = name.as_ptr() as usize;
    let types = [
        EventType::SYSCALL_CREAT_X,
        EventType::SYSCALL_OPENAT2_X,
        EventType::SYSCALL_OPEN_BY_HANDLE_AT_X,
    ];
    let how = [(libc::O_RDWR | libc::O_CREAT) as u64, 0o640, 0x2 | 0x4];
    let mut handle = [0u32; 40];
    handle[0] = 128;
    let mut mount = 0i32;
    let Some(seen) = observe(&types, || {
        let creat = raw_syscall!(libc::SYS_creat, at, 0o4600);
        let openat2 = raw_syscall!(libc::SYS_openat2, -100, at, how.as_ptr(), 24);
        let named = raw_syscall!(
            libc::SYS_name_to_handle_at,
            -100,
            at,
            handle.as_mut_ptr(),
            &raw mut mount,
            0
        );
        let by_handle = raw_syscall!(libc::SYS_open_by_handle_at, -100, handle.as_ptr(), 2);
        [creat, openat2, named, by_handle]
    }) else {
        return;
    };
    let meta = fs::metadata(&path).unwrap();
    let (dev, ino) = (U32(meta.dev() as u32), U64(meta.ino()));
    let [creat, openat2, named, by_handle] = seen.value;
    seen.one(types[0])
        .assert(&[S64(creat), Str(&path), U32(0o4600), dev, ino, U16(0)]);
    let (dev, ino) = (U32(meta.dev() as u32), U64(meta.ino()));
    seen.one(types[1]).assert(&[
        S64(openat2),
        S64(-100),
        Str(&path),
        U32(0x3 | 0x4),
        U32(0o640),
        // NO_MAGICLINKS, NO_SYMLINKS
        U32(0x4 | 0x8),
        dev,
        ino,
    ]);
    if named == 0 && by_handle >= 0 {
        let (dev, ino) = (U32(meta.dev() as u32), U64(meta.ino()));
        seen.one(types[2])
            .assert(&[S64(by_handle), S64(-100), U32(0x3), Str(&path), dev, ino]);
    } else {
        seen.one(types[2])
            .assert(&[S64(by_handle), S64(-100), U32(0x3), Empty, U32(0), U64(0)]);
    }
}
