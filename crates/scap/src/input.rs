//! The bytes of a capture, decompressed if need be, in one window that moves over them.

use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

/// Size of the window; it grows where a block is longer.
const WINDOW: usize = 256 << 10;

/// What became of a wish for more bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fill {
    /// They are in the window.
    Ready,
    /// The capture ends before; fewer, possibly none, are in the window.
    Short,
    /// A signal came while waiting; ask again.
    Interrupted,
}

/// A window over the bytes of a capture.
pub(crate) struct Input {
    source: Box<dyn Read + Send>,
    buf: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes (decompressed) before the window.
    before: u64,
    ended: bool,
    compressed: bool,
    error: Option<io::Error>,
    raw: Arc<AtomicU64>,
}

impl Input {
    pub(crate) fn new(source: Box<dyn Read + Send>) -> io::Result<Input> {
        let raw = Arc::new(AtomicU64::new(0));
        let mut source = Counted {
            source,
            bytes: raw.clone(),
        };
        let mut first = Vec::with_capacity(2);
        (&mut source).take(2).read_to_end(&mut first)?;
        let compressed = first == [0x1f, 0x8b];
        let whole = io::Cursor::new(first).chain(source);
        let source: Box<dyn Read + Send> = if compressed {
            let buffered = BufReader::with_capacity(WINDOW, whole);
            Box::new(MultiGzDecoder::new(buffered))
        } else {
            Box::new(whole)
        };
        Ok(Input {
            source,
            buf: vec![0; WINDOW],
            start: 0,
            end: 0,
            before: 0,
            ended: false,
            compressed,
            error: None,
            raw,
        })
    }

    /// Sees to it that `count` bytes are in the window.
    #[inline]
    pub(crate) fn fill(&mut self, count: usize) -> Fill {
        if self.end - self.start >= count {
            Fill::Ready
        } else {
            self.read(count)
        }
    }

    #[cold]
    fn read(&mut self, count: usize) -> Fill {
        if self.start > 0 && self.buf.len() - self.start < count {
            self.buf.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        while self.end - self.start < count {
            if self.ended {
                return Fill::Short;
            }
            if self.end == self.buf.len() {
                // Twice as much as is there already, not what a header promises.
                let more = (self.buf.len() * 2).min(count.next_multiple_of(WINDOW));
                self.buf.resize(more.max(self.buf.len() + 1), 0);
            }
            match self.source.read(&mut self.buf[self.end..]) {
                Ok(0) => self.ended = true,
                Ok(n) => self.end += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => return Fill::Interrupted,
                Err(e) => {
                    self.ended = true;
                    // Bytes after the last compressed member are no member: gzip ignores them.
                    let trailing = self.compressed
                        && e.kind() == io::ErrorKind::InvalidInput
                        && self.start == self.end
                        && self.before > 0;
                    if !trailing {
                        self.error = Some(e);
                    }
                }
            }
        }
        Fill::Ready
    }

    /// What is in the window.
    #[inline]
    pub(crate) fn window(&self) -> &[u8] {
        self.buf.get(self.start..self.end).unwrap_or_default()
    }

    /// The position in [`Input::buffer`] of the first byte of the window.
    #[inline]
    pub(crate) fn position(&self) -> usize {
        self.start
    }

    /// The memory behind the window. Positions in it hold until the next [`Input::fill`].
    #[inline]
    pub(crate) fn buffer(&self) -> &[u8] {
        &self.buf
    }

    /// The same, to be changed in place.
    #[inline]
    pub(crate) fn buffer_mut(&mut self) -> &mut [u8] {
        &mut self.buf
    }

    /// Moves the window over bytes that are in it.
    #[inline]
    pub(crate) fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.before += count as u64;
    }

    /// Moves the window over bytes that need not be in it; false if there are not so many.
    pub(crate) fn skip(&mut self, mut count: usize) -> bool {
        while count > 0 {
            if self.fill(1) == Fill::Short {
                return false;
            }
            let there = (self.end - self.start).min(count);
            self.consume(there);
            count -= there;
        }
        true
    }

    /// Gives back memory that an unusually long block took.
    pub(crate) fn shrink(&mut self) {
        if self.buf.len() > WINDOW && self.end - self.start <= WINDOW {
            self.buf.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            self.buf.truncate(WINDOW);
            self.buf.shrink_to_fit();
        }
    }

    /// Bytes (decompressed) before the window.
    pub(crate) fn offset(&self) -> u64 {
        self.before
    }

    /// Bytes read from the file, compressed as they are there.
    pub(crate) fn raw_bytes(&self) -> u64 {
        self.raw.load(Ordering::Relaxed)
    }

    /// Why reading ended, if not because the file ends.
    pub(crate) fn error(&self) -> Option<&io::Error> {
        self.error.as_ref()
    }
}

/// Counts the bytes that pass.
struct Counted {
    source: Box<dyn Read + Send>,
    bytes: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.source.read(buf)?;
        self.bytes.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
