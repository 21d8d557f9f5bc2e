//! open, close, read, write.

use std::fs;
use std::os::unix::fs::MetadataExt;

use super::{
    Bytes, Empty, EventType, S64, Str, U32, U64, cstr, observe, observe_with, options, select,
};
use crate::raw_syscall;

/// st_dev as the capture format has it: stat's own encoding, in 32 bits.
fn dev(path: &str) -> u32 {
    fs::metadata(path).unwrap().dev() as u32
}

#[test]
fn root_open_reports_path_flags_mode_device_and_inode() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("new").to_str().unwrap().to_owned();
    let name = cstr(&path);
    let flags = libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC | libc::O_CLOEXEC;
    let Some(seen) = observe(&[EventType::SYSCALL_OPEN_X], || {
        raw_syscall!(libc::SYS_open, name.as_ptr(), flags, 0o4640)
    }) else {
        return;
    };
    seen.one(EventType::SYSCALL_OPEN_X).assert(&[
        S64(seen.value),
        Str(&path),
        // O_TRUNC, O_CREAT, O_WRONLY, O_CLOEXEC, O_F_CREATED
        U32(0x100 | 0x4 | 0x2 | 0x1000 | 0x4000),
        U32(0o4640),
        U32(dev(&path)),
        U64(fs::metadata(&path).unwrap().ino()),
    ]);
}

#[test]
fn root_a_failed_open_has_no_mode_device_or_inode() {
    let name = cstr("/does/not/exist");
    let Some(seen) = observe(&[EventType::SYSCALL_OPEN_X], || {
        raw_syscall!(libc::SYS_open, name.as_ptr(), libc::O_RDWR, 0o777)
    }) else {
        return;
    };
    seen.one(EventType::SYSCALL_OPEN_X).assert(&[
        S64(-i64::from(libc::ENOENT)),
        Str("/does/not/exist"),
        U32(0x3),
        U32(0),
        U32(0),
        U64(0),
    ]);
}

#[test]
fn root_an_unreadable_path_is_no_value() {
    let Some(seen) = observe(&[EventType::SYSCALL_OPENAT_2_X], || {
        raw_syscall!(libc::SYS_openat, -1, 8, 0, 0)
    }) else {
        return;
    };
    seen.one(EventType::SYSCALL_OPENAT_2_X).assert(&[
        S64(-i64::from(libc::EFAULT)),
        S64(-1),
        Empty,
        U32(0x1),
        U32(0),
        U32(0),
        U64(0),
    ]);
}

#[test]
fn root_openat_reports_the_directory_and_an_existing_file_is_not_created() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("old").to_str().unwrap().to_owned();
    fs::write(&path, "x").unwrap();
    let name = cstr(&path);
    let flags = libc::O_CREAT | libc::O_APPEND | libc::O_RDWR | libc::O_NONBLOCK;
    let Some(seen) = observe(&[EventType::SYSCALL_OPENAT_2_X], || {
        raw_syscall!(
            libc::SYS_openat,
            libc::AT_FDCWD,
            name.as_ptr(),
            flags,
            0o600
        )
    }) else {
        return;
    };
    seen.one(EventType::SYSCALL_OPENAT_2_X).assert(&[
        S64(seen.value),
        S64(-100),
        Str(&path),
        U32(0x4 | 0x8 | 0x3 | 0x40),
        U32(0o600),
        U32(dev(&path)),
        U64(fs::metadata(&path).unwrap().ino()),
    ]);
}

#[test]
fn root_a_path_is_cut_at_4096_bytes() {
    let long = format!("/{}", "a/".repeat(4000));
    let name = cstr(&long);
    let Some(seen) = observe(&[EventType::SYSCALL_OPEN_X], || {
        raw_syscall!(libc::SYS_open, name.as_ptr(), 0, 0)
    }) else {
        return;
    };
    seen.one(EventType::SYSCALL_OPEN_X).assert(&[
        S64(-i64::from(libc::ENAMETOOLONG)),
        Str(&long[..4095]),
        U32(1),
        U32(0),
        U32(0),
        U64(0),
    ]);
}

#[test]
fn root_close_reports_result_and_descriptor() {
    let Some(seen) = observe(&[EventType::SYSCALL_CLOSE_X], || {
        raw_syscall!(libc::SYS_close, -7)
    }) else {
        return;
    };
    seen.one(EventType::SYSCALL_CLOSE_X)
        .assert(&[S64(-i64::from(libc::EBADF)), S64(-7)]);
}

#[test]
fn root_read_reports_what_was_read_up_to_the_snap_length() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    fs::write(&path, [b'x'; 200]).unwrap();
    let file = fs::File::open(&path).unwrap();
    let fd = std::os::fd::AsRawFd::as_raw_fd(&file);
    for (snaplen, wanted) in [(80, 80), (16, 16), (0, 0), (1000, 200)] {
        let mut buffer = [0u8; 300];
        let options = crate::Options {
            snaplen,
            ..options(select(&[EventType::SYSCALL_READ_X]))
        };
        std::io::Seek::rewind(&mut &file).unwrap();
        let Some(seen) = observe_with(&options, || {
            raw_syscall!(libc::SYS_read, fd, buffer.as_mut_ptr(), buffer.len())
        }) else {
            return;
        };
        seen.one(EventType::SYSCALL_READ_X).assert(&[
            S64(200),
            Bytes(&[b'x'; 200][..wanted]),
            S64(i64::from(fd)),
            U32(300),
        ]);
    }
}

#[test]
fn root_a_failed_read_has_no_data() {
    let mut buffer = [0u8; 8];
    let Some(seen) = observe(&[EventType::SYSCALL_READ_X], || {
        raw_syscall!(libc::SYS_read, -1, buffer.as_mut_ptr(), buffer.len())
    }) else {
        return;
    };
    seen.one(EventType::SYSCALL_READ_X).assert(&[
        S64(-i64::from(libc::EBADF)),
        Empty,
        S64(-1),
        U32(8),
    ]);
}

#[test]
fn root_write_reports_what_was_written_and_a_failed_one_what_would_have_been() {
    let text = b"hello";
    for fd in [-1, {
        let null = fs::File::options().write(true).open("/dev/null").unwrap();
        std::os::fd::IntoRawFd::into_raw_fd(null)
    }] {
        let Some(seen) = observe(&[EventType::SYSCALL_WRITE_X], || {
            raw_syscall!(libc::SYS_write, fd, text.as_ptr(), text.len())
        }) else {
            return;
        };
        let result = if fd < 0 { -i64::from(libc::EBADF) } else { 5 };
        assert_eq!(seen.value, result);
        seen.one(EventType::SYSCALL_WRITE_X).assert(&[
            S64(result),
            Bytes(text),
            S64(fd.into()),
            U32(5),
        ]);
    }
}

/// Two buffers, as `struct iovec`.
fn iovecs(first: &[u8], second: &[u8]) -> [usize; 4] {
    [
        first.as_ptr() as usize,
        first.len(),
        second.as_ptr() as usize,
        second.len(),
    ]
}

#[test]
fn root_reads_and_writes_at_a_position_report_it() {
    let file = tempfile::tempfile().unwrap();
    let fd = std::os::fd::AsRawFd::as_raw_fd(&file);
    let text = b"hello, world";
    let mut buffer = [0u8; 8];
    let types = [EventType::SYSCALL_PWRITE_X, EventType::SYSCALL_PREAD_X];
    let Some(seen) = observe(&types, || {
        raw_syscall!(libc::SYS_pwrite64, fd, text.as_ptr(), text.len(), 5);
        raw_syscall!(libc::SYS_pread64, fd, buffer.as_mut_ptr(), buffer.len(), 5)
    }) else {
        return;
    };
    let own = S64(i64::from(fd));
    seen.one(types[0])
        .assert(&[S64(12), Bytes(text), own, U32(12), U64(5)]);
    let own = S64(i64::from(fd));
    seen.one(types[1])
        .assert(&[S64(8), Bytes(b"hello, w"), own, U32(8), U64(5)]);
}

#[test]
fn root_vectored_writes_report_the_bytes_of_all_buffers() {
    let file = tempfile::tempfile().unwrap();
    let fd = std::os::fd::AsRawFd::as_raw_fd(&file);
    let vectors = iovecs(b"hello, ", b"world");
    let at = vectors.as_ptr() as usize;
    let types = [EventType::SYSCALL_WRITEV_X, EventType::SYSCALL_PWRITEV_X];
    for fd in [fd, -1] {
        let Some(seen) = observe(&types, || {
            raw_syscall!(libc::SYS_writev, fd, at, 2);
            raw_syscall!(libc::SYS_pwritev, fd, at, 2, 3, 0)
        }) else {
            return;
        };
        let result = if fd < 0 { -i64::from(libc::EBADF) } else { 12 };
        let all = [
            S64(result),
            Bytes(b"hello, world"),
            S64(fd.into()),
            U32(12),
            U64(3),
        ];
        seen.one(types[0]).assert(&all[..4]);
        seen.one(types[1]).assert(&all);
    }
}

#[test]
fn root_vectored_reads_report_what_was_read() {
    let file = tempfile::tempfile().unwrap();
    std::os::unix::fs::FileExt::write_at(&file, b"hello, world", 0).unwrap();
    let fd = std::os::fd::AsRawFd::as_raw_fd(&file);
    let (first, second) = ([0u8; 7], [0u8; 3]);
    let vectors = iovecs(&first, &second);
    let at = vectors.as_ptr() as usize;
    let types = [EventType::SYSCALL_READV_X, EventType::SYSCALL_PREADV_X];
    for fd in [fd, -1] {
        let Some(seen) = observe(&types, || {
            raw_syscall!(libc::SYS_readv, fd, at, 2);
            raw_syscall!(libc::SYS_preadv, fd, at, 2, 0, 0)
        }) else {
            return;
        };
        let all = if fd < 0 {
            [S64(-i64::from(libc::EBADF)), U32(0), Empty, S64(-1), U64(0)]
        } else {
            let own = S64(i64::from(fd));
            [S64(10), U32(10), Bytes(b"hello, wor"), own, U64(0)]
        };
        seen.one(types[0]).assert(&all[..4]);
        seen.one(types[1]).assert(&all);
    }
}
