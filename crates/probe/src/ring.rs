//! The reading end of one BPF ring buffer.
//!
//! One page that we write (how far we have read), one that the kernel writes (how far it has
//! written), and the data twice in a row, so that a record that wraps around lies in one piece.
//! Of the second copy only as much is mapped as a record can need: all of it would count as memory
//! of this process once more.
//! A record is an 8-byte header (length, and bits for "being written" and "discarded") and its
//! bytes, padded to 8.

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::Ordering;

use lanner_event::HEADER_LEN;

use crate::layout::{RECORD_MAX, RECORD_PREFIX};
use crate::memory::Mapping;

const BUSY: u32 = 1 << 31;
const DISCARDED: u32 = 1 << 30;
const RING_HEADER: u64 = 8;

/// Bytes of a length in front of a record that was moved.
const LEN: usize = 4;
/// Bytes of records that are kept out of the kernel's way, at most.
const KEPT_MAX: usize = 64 << 20;
/// Bytes that stay allocated for them once none is left.
const KEPT_IDLE: usize = 1 << 20;

/// A ring buffer of one CPU.
pub(crate) struct Ring {
    pub(crate) cpu: u16,
    consumer: Mapping,
    producer: Mapping,
    page: usize,
    size: u64,
    /// Where the next record that was not handed out begins.
    next: u64,
    /// How far the kernel knows that we have read.
    published: u64,
    head: Option<Head>,
    /// Records that were moved out of the kernel's way, each behind its length, from `kept_at` on.
    kept: Vec<u8>,
    kept_at: usize,
    /// Records too short to hold an event.
    pub(crate) malformed: u64,
}

/// A record that waits to be handed out.
#[derive(Clone, Copy)]
struct Head {
    ts: u64,
    len: u32,
}

impl Ring {
    /// Maps the ring buffer `fd` of `size` bytes (a power of two, at least a page).
    pub(crate) fn new(fd: BorrowedFd<'_>, size: usize, cpu: u16) -> io::Result<Ring> {
        let page = page_size();
        let longest = RING_HEADER as usize + RECORD_PREFIX + RECORD_MAX;
        let beyond = longest.next_multiple_of(page).min(size);
        Ok(Ring {
            cpu,
            consumer: Mapping::new(fd, 0, page, true)?,
            producer: Mapping::new(fd, page, page + size + beyond, false)?,
            page,
            size: size as u64,
            next: 0,
            published: 0,
            head: None,
            kept: Vec::new(),
            kept_at: 0,
            malformed: 0,
        })
    }

    /// Bytes that wait to be handed out: in the buffer, and moved out of the kernel's way.
    pub(crate) fn waiting(&self) -> (u64, u64) {
        let end = self.producer.u64(0).load(Ordering::Acquire);
        let kept = self.kept.len() - self.kept_at;
        (end.saturating_sub(self.published), kept as u64)
    }

    /// Its size in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// When the next record happened; `None` if there is none yet.
    #[inline]
    pub(crate) fn head_ts(&mut self) -> Option<u64> {
        if self.head.is_none() {
            self.head = self.first_kept().or_else(|| self.find());
        }
        self.head.map(|h| h.ts)
    }

    fn first_kept(&self) -> Option<Head> {
        let record = self.kept.get(self.kept_at..)?;
        let len = u32::from_le_bytes(*record.first_chunk::<LEN>()?);
        let ts = record.get(LEN + RECORD_PREFIX..)?.first_chunk()?;
        Some(Head {
            ts: u64::from_le_bytes(*ts),
            len,
        })
    }

    /// Moves what waits in the buffer to memory of our own if that is more than half of it, so
    /// that the kernel has room. Order and bytes stay as they are.
    pub(crate) fn relieve(&mut self) {
        if self.kept_at == self.kept.len() {
            self.kept.clear();
            self.kept.shrink_to(KEPT_IDLE);
            self.kept_at = 0;
        } else if self.kept_at > self.kept.len() / 2 {
            self.kept.drain(..self.kept_at);
            self.kept_at = 0;
        }
        let end = self.producer.u64(0).load(Ordering::Acquire);
        if end - self.published <= self.size / 2 {
            return;
        }
        // What was looked at and not taken is among what is moved.
        self.head = None;
        while self.kept.len() < KEPT_MAX
            && let Some(head) = self.find()
        {
            let at = self.offset(self.next) + RING_HEADER as usize;
            self.kept.extend_from_slice(&head.len.to_le_bytes());
            // SAFETY: a record that is not busy is written by nobody until the position after it
            // is published, which happens below, after the copy.
            let bytes = unsafe { self.producer.bytes(at, head.len as usize) };
            self.kept.extend_from_slice(bytes);
            self.skip(head.len);
        }
        self.release(true);
    }

    fn find(&mut self) -> Option<Head> {
        let end = self.producer.u64(0).load(Ordering::Acquire);
        while self.next < end {
            let at = self.offset(self.next);
            let header = self.producer.u32(at).load(Ordering::Acquire);
            if header & BUSY != 0 {
                return None;
            }
            let len = header & !DISCARDED;
            if header & DISCARDED == 0 {
                if len as usize >= RECORD_PREFIX + HEADER_LEN {
                    let ts = self.producer.u64(at + 8 + RECORD_PREFIX);
                    return Some(Head {
                        ts: ts.load(Ordering::Relaxed),
                        len,
                    });
                }
                self.malformed += 1;
            }
            self.skip(len);
        }
        None
    }

    /// Takes the record whose time [`Ring::head_ts`] told: its flags and the event. The bytes
    /// stay as they are until [`Ring::release`].
    #[inline]
    pub(crate) fn take(&mut self) -> Option<(u32, &[u8])> {
        let head = self.head.take()?;
        if self.kept_at < self.kept.len() {
            let start = self.kept_at + LEN;
            self.kept_at = start + head.len as usize;
            let record = self.kept.get(start..self.kept_at)?;
            let (prefix, bytes) = record.split_at_checked(RECORD_PREFIX)?;
            return Some((u32::from_le_bytes(*prefix.first_chunk()?), bytes));
        }
        let at = self.offset(self.next) + RING_HEADER as usize;
        self.skip(head.len);
        let flags = self.producer.u32(at).load(Ordering::Relaxed);
        // SAFETY: a record that is not busy is written by nobody until the position after it is
        // published, which takes `&mut self`, while the slice borrows `self`.
        let bytes = unsafe {
            self.producer
                .bytes(at + RECORD_PREFIX, head.len as usize - RECORD_PREFIX)
        };
        Some((flags, bytes))
    }

    /// Gives the space of all taken records back, at the latest when an eighth of the buffer has
    /// been read, or now. (Each time costs the writing CPU a cache miss.)
    #[inline]
    pub(crate) fn release(&mut self, now: bool) {
        let unread = self.next - self.published;
        if unread > self.size / 8 || now && unread > 0 {
            self.consumer.u64(0).store(self.next, Ordering::Release);
            self.published = self.next;
        }
    }

    #[inline]
    fn offset(&self, position: u64) -> usize {
        self.page + (position & (self.size - 1)) as usize
    }

    #[inline]
    fn skip(&mut self, len: u32) {
        self.next += (u64::from(len) + RING_HEADER).next_multiple_of(8);
    }
}

/// The size of a page of memory.
pub(crate) fn page_size() -> usize {
    // SAFETY: a plain query.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}
