//! Calls that only 32-bit programs have, made through their gate.

use super::{Bytes, Empty, EventType, Param, S64, Str, That, U32, U64, compat_syscall6, observe};
use crate::raw_syscall;

const EBADF: i64 = -(libc::EBADF as i64);
const ENOENT: i64 = -(libc::ENOENT as i64);
const EINVAL: i64 = -(libc::EINVAL as i64);

/// A page that 32-bit pointers reach.
struct Page(*mut libc::c_void);

// SAFETY: memory of its own, which only its methods touch.
unsafe impl Send for Page {}
// SAFETY: as above; tests use it from one thread at a time.
unsafe impl Sync for Page {}

impl Page {
    fn new() -> Page {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_32BIT;
        let prot = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a fresh mapping.
        let page = unsafe { libc::mmap(std::ptr::null_mut(), 4096, prot, flags, -1, 0) };
        assert_ne!(page, libc::MAP_FAILED);
        Page(page)
    }

    /// Writes bytes at an offset; their address.
    fn put(&self, offset: usize, bytes: &[u8]) -> u32 {
        assert!(offset + bytes.len() <= 4096);
        // SAFETY: within the page (checked), which nobody else writes to.
        unsafe {
            let at = self.0.cast::<u8>().add(offset);
            at.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        }
        self.0 as u32 + offset as u32
    }

    fn put_words(&self, offset: usize, words: &[u32]) -> u32 {
        let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        self.put(offset, &bytes)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: exactly what mmap gave.
        unsafe { libc::munmap(self.0, 4096) };
    }
}

#[test]
fn root_stat64_and_its_kin_report_path_or_result() {
    use EventType as T;
    let page = Page::new();
    let types = [
        T::SYSCALL_STAT64_X,
        T::SYSCALL_LSTAT64_X,
        T::SYSCALL_FSTAT64_X,
    ];
    let Some(seen) = observe(&types, || {
        let path = page.put(0, b"/dev/null\0");
        let none = page.put(100, b"/no/such/file\0");
        let buffer = page.put(512, &[]);
        [
            compat_syscall6(195, [path, buffer, 0, 0, 0, 0]),
            compat_syscall6(196, [none, buffer, 0, 0, 0, 0]),
            compat_syscall6(197, [u32::MAX, buffer, 0, 0, 0, 0]),
        ]
    }) else {
        return;
    };
    assert_eq!(seen.value, [0, ENOENT, EBADF]);
    seen.one(T::SYSCALL_STAT64_X)
        .assert(&[S64(0), Str("/dev/null")]);
    seen.one(T::SYSCALL_LSTAT64_X)
        .assert(&[S64(ENOENT), Str("/no/such/file")]);
    seen.one(T::SYSCALL_FSTAT64_X).assert(&[S64(EBADF)]);
}

#[test]
fn root_mmap2_reports_its_six_arguments() {
    let ty = EventType::SYSCALL_MMAP2_X;
    // PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS; then a length of nothing.
    let Some(seen) = observe(&[ty], || {
        let mapped = compat_syscall6(192, [0, 0x3000, 3, 0x22, u32::MAX, 5]);
        let failed = compat_syscall6(192, [0x1000, 0, 1, 0x02, 7, 9]);
        raw_syscall!(libc::SYS_munmap, mapped as u32, 0x3000);
        (mapped, failed)
    }) else {
        return;
    };
    let (mapped, failed) = seen.value;
    assert_eq!(failed, EINVAL);
    let size: Param<'_> = That(&|b| b.len() == 4 && b != [0; 4]);
    let swap: Param<'_> = That(&|b| b.len() == 4);
    let result: Param<'_> = That(&|b| b[..4] == (mapped as u32).to_le_bytes());
    let events = seen.all_of(seen.tid, ty);
    events[0].assert(&[
        result,
        size,
        That(&|b| b.len() == 4),
        swap,
        U64(0),
        U64(0x3000),
        U32(3),
        U32(0x2 | 0x8),
        S64(-1),
        U64(5),
    ]);
    let any = || That(&|b: &[u8]| b.len() == 4);
    events[1].assert(&[
        S64(EINVAL),
        any(),
        any(),
        any(),
        U64(0x1000),
        U64(0),
        U32(1),
        U32(2),
        S64(7),
        U64(9),
    ]);
}

#[test]
fn root_send_and_recv_report_data_and_ends() {
    use EventType as T;
    let page = Page::new();
    let Some(seen) = observe(&[T::SOCKET_SEND_X, T::SOCKET_RECV_X], || {
        let mut pair = [0i32; 2];
        raw_syscall!(
            libc::SYS_socketpair,
            libc::AF_UNIX,
            libc::SOCK_DGRAM,
            0,
            pair.as_mut_ptr()
        );
        let data = page.put(0, b"hello");
        let buffer = page.put(100, &[]);
        let send = page.put_words(200, &[pair[0] as u32, data, 5, 0]);
        let recv = page.put_words(300, &[pair[1] as u32, buffer, 50, 0]);
        let wrong = page.put_words(400, &[u32::MAX, data, 4, 0]);
        let results = [
            compat_syscall6(102, [9, send, 0, 0, 0, 0]),
            compat_syscall6(102, [10, recv, 0, 0, 0, 0]),
            compat_syscall6(102, [9, wrong, 0, 0, 0, 0]),
            compat_syscall6(102, [10, wrong, 0, 0, 0, 0]),
        ];
        for fd in pair {
            raw_syscall!(libc::SYS_close, fd);
        }
        (pair.map(i64::from), results)
    }) else {
        return;
    };
    let ([one, two], results) = seen.value;
    assert_eq!(results, [5, 5, EBADF, EBADF]);
    let unix = || That(&|b: &[u8]| b.len() == 17 && b[0] == 1);
    let sends = seen.all_of(seen.tid, T::SOCKET_SEND_X);
    sends[0].assert(&[S64(5), Bytes(b"hello"), S64(one), U32(5), unix()]);
    sends[1].assert(&[S64(EBADF), Bytes(b"hell"), S64(-1), U32(4), Empty]);
    let receives = seen.all_of(seen.tid, T::SOCKET_RECV_X);
    receives[0].assert(&[S64(5), Bytes(b"hello"), S64(two), U32(50), unix()]);
    receives[1].assert(&[S64(EBADF), Empty, S64(-1), U32(4), Empty]);
}
