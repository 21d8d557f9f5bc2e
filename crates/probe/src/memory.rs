//! Memory shared with the kernel: a map, or a ring buffer, in our address space.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// A mapping of a map's memory; unmapped when dropped.
pub(crate) struct Mapping {
    start: NonNull<u8>,
    len: usize,
    writable: bool,
}

// SAFETY: the mapping is plain memory that no thread owns; all access is through atomics or
// volatile copies.
unsafe impl Send for Mapping {}

impl Mapping {
    /// Maps `len` bytes of `fd` from `offset` on.
    pub(crate) fn new(
        fd: BorrowedFd<'_>,
        offset: usize,
        len: usize,
        writable: bool,
    ) -> io::Result<Mapping> {
        let prot = libc::PROT_READ | if writable { libc::PROT_WRITE } else { 0 };
        // SAFETY: a new mapping at an address of the kernel's choice aliases nothing of ours.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                len,
                prot,
                libc::MAP_SHARED,
                fd.as_raw_fd(),
                libc::off_t::try_from(offset).map_err(io::Error::other)?,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or_else(io::Error::last_os_error)?;
        Ok(Mapping {
            start,
            len,
            writable,
        })
    }

    fn check(&self, offset: usize, len: usize) {
        assert!(
            offset.checked_add(len).is_some_and(|end| end <= self.len),
            "{len} bytes at {offset} of a mapping of {}",
            self.len
        );
    }

    /// The aligned word at `offset`, which the other side may change at any time.
    #[inline]
    pub(crate) fn u32(&self, offset: usize) -> &AtomicU32 {
        self.check(offset, 4);
        assert!(offset.is_multiple_of(4));
        // SAFETY: within the mapping (checked), aligned (the mapping is page-aligned), and only
        // ever reached as an atomic from this side.
        unsafe { self.start.add(offset).cast::<AtomicU32>().as_ref() }
    }

    /// As [`Mapping::u32`], for 64 bits.
    #[inline]
    pub(crate) fn u64(&self, offset: usize) -> &AtomicU64 {
        self.check(offset, 8);
        assert!(offset.is_multiple_of(8));
        // SAFETY: as in `u32`.
        unsafe { self.start.add(offset).cast::<AtomicU64>().as_ref() }
    }

    /// The `len` bytes at `offset`.
    ///
    /// # Safety
    ///
    /// Nobody may write to them while the slice lives.
    #[inline]
    pub(crate) unsafe fn bytes(&self, offset: usize, len: usize) -> &[u8] {
        self.check(offset, len);
        // SAFETY: within the mapping (checked); the caller answers for writers.
        unsafe { std::slice::from_raw_parts(self.start.add(offset).as_ptr(), len) }
    }

    /// Overwrites the value of type `T` at `offset`, which the kernel reads field by field.
    pub(crate) fn write<T: Copy>(&self, offset: usize, value: T) {
        self.check(offset, size_of::<T>());
        assert!(self.writable);
        // SAFETY: within a writable mapping (checked); unaligned writes are allowed; programs
        // that read meanwhile see old or new fields, either of which is valid for them.
        unsafe {
            self.start
                .add(offset)
                .cast::<T>()
                .as_ptr()
                .write_unaligned(value);
        }
    }

    /// Reads counters as they are now.
    pub(crate) fn counter(&self, offset: usize) -> u64 {
        self.u64(offset).load(Ordering::Relaxed)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: exactly what mmap gave; no reference into it outlives `self`.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.len) };
    }
}
