//! Reading a capture.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use lanner_event::schema::EVENT_COUNT;
use lanner_event::snapshot::Snapshot;
use lanner_event::{
    EventFlags, EventType, HEADER_LEN, Ledger, MAX_PARAMS, Poll, RawEvent, Source, SourceError,
};

use crate::block::{self, Block, HEAD, MAX_EVENT_BLOCK, MAX_METADATA, TAIL};
use crate::convert::{Converter, Outcome};
use crate::input::{Fill, Input};
use crate::metadata;
use crate::older;

/// Why something cannot be read as a capture.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot be opened or read.
    #[error("cannot read {name}: {error}")]
    Io {
        /// Its name.
        name: String,
        /// What the system says.
        error: io::Error,
    },
    /// It does not begin as captures do.
    #[error("{name} is not a capture: it does not begin with a section header")]
    NotACapture {
        /// Its name.
        name: String,
    },
    /// It was written on a big-endian machine.
    #[error("{name} was written on a big-endian machine; such captures cannot be read")]
    ByteOrder {
        /// Its name.
        name: String,
    },
    /// It is of a newer major version of the format.
    #[error("{name} is in version {major} of the capture format; this reads version 1")]
    Version {
        /// Its name.
        name: String,
        /// The version it says it is in.
        major: u16,
    },
}

/// How far a capture was read, and what was left out on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read from the file, compressed as they are there.
    pub bytes: u64,
    /// Size of the file in bytes, if it is a file and not a pipe.
    pub size: Option<u64>,
    /// Sections begun; a file made by joining captures has several.
    pub sections: u64,
    /// Events delivered.
    pub events: u64,
    /// Blocks of a type that is not known, skipped.
    pub unknown_blocks: u64,
    /// Events of a type that is not known, skipped.
    pub unknown_events: u64,
    /// Events whose parameters do not fit in their block, or that no event of the current schema
    /// can be made of; skipped.
    pub unfit_events: u64,
    /// Blocks of the state before the first event that are broken or too long; what could be
    /// read of them was taken.
    pub broken_metadata: u64,
    /// Times that entries of system calls were forgotten, for there were too many.
    pub forgotten_entries: u64,
}

/// Reads a capture.
pub struct Reader {
    name: String,
    input: Input,
    converter: Converter,
    snapshot: Snapshot,
    progress: Progress,
    /// Nothing but events that describe what existed before was seen in this section so far.
    preamble: bool,
    /// No more will come.
    ended: bool,
    /// Met before the first event, to be told when that is asked for.
    damage: Option<String>,
    /// A section was begun, and its events not reached, when the wait for input was interrupted.
    metadata_bytes: Option<u64>,
}

/// Where an event to be delivered is.
enum Found {
    Here { start: usize, end: usize },
    Converted,
}

struct Delivery {
    cpu: u16,
    state_only: bool,
    found: Found,
}

/// What one block was.
enum Step {
    Event(Delivery),
    /// Nothing to deliver.
    Nothing,
    Interrupted,
    Section,
    End,
    Damaged(String),
}

impl Reader {
    /// Opens the capture at `path`, or that on standard input if `path` is `-`, and reads it up to
    /// its first event.
    pub fn open(path: impl AsRef<Path>) -> Result<Reader, OpenError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        if path == Path::new("-") {
            return Reader::start(Box::new(io::stdin()), "standard input".into(), None);
        }
        let file = File::open(path).map_err(|error| OpenError::Io {
            name: name.clone(),
            error,
        })?;
        let size = file
            .metadata()
            .ok()
            .filter(|m| m.is_file())
            .map(|m| m.len());
        Reader::start(Box::new(file), name, size)
    }

    /// Reads a capture from anything, up to its first event.
    pub fn from_read(source: Box<dyn Read + Send>) -> Result<Reader, OpenError> {
        Reader::start(source, "capture".into(), None)
    }

    fn start(
        source: Box<dyn Read + Send>,
        name: String,
        size: Option<u64>,
    ) -> Result<Reader, OpenError> {
        let io_error = |error| OpenError::Io {
            name: name.clone(),
            error,
        };
        let input = Input::new(source).map_err(io_error)?;
        let mut reader = Reader {
            name: name.clone(),
            input,
            converter: Converter::default(),
            snapshot: Snapshot::default(),
            progress: Progress {
                size,
                ..Progress::default()
            },
            preamble: true,
            ended: false,
            damage: None,
            metadata_bytes: Some(0),
        };
        while reader.input.fill(HEAD + 8 + TAIL) == Fill::Interrupted {}
        let head = reader.input.window();
        if u32_at(head, 0) != Some(block::SECTION) {
            if let Some(error) = reader.input.error() {
                let error = io::Error::new(error.kind(), error.to_string());
                return Err(OpenError::Io { name, error });
            }
            return Err(OpenError::NotACapture { name });
        }
        match u32_at(head, HEAD) {
            Some(block::SECTION_MAGIC) => {}
            Some(magic) if magic.swap_bytes() == block::SECTION_MAGIC => {
                return Err(OpenError::ByteOrder { name });
            }
            _ => return Err(OpenError::NotACapture { name }),
        }
        let major = u16_at(head, HEAD + 4).unwrap_or_default();
        if major > block::MAJOR {
            return Err(OpenError::Version { name, major });
        }
        loop {
            match reader.metadata_block() {
                Step::Nothing | Step::Interrupted => {}
                Step::Damaged(message) => {
                    reader.damage = Some(message);
                    return Ok(reader);
                }
                _ => {
                    reader.begin_events();
                    return Ok(reader);
                }
            }
        }
    }

    /// The state of the machine at the start of this section; empty if it was asked for before.
    ///
    /// There is one after opening and one whenever [`Source::poll`] gives [`Poll::Section`].
    pub fn snapshot(&mut self) -> Snapshot {
        std::mem::take(&mut self.snapshot)
    }

    /// How far the capture was read, and what was left out.
    pub fn progress(&self) -> Progress {
        Progress {
            bytes: self.input.raw_bytes(),
            forgotten_entries: self.converter.forgotten(),
            ..self.progress.clone()
        }
    }

    /// What is wrong with the place where the window is.
    fn damage(&self, what: &str) -> Step {
        let cause = match self.input.error() {
            Some(error) => format!("{what} ({error})"),
            None => what.to_owned(),
        };
        Step::Damaged(format!(
            "{}: {cause} at byte {}, after {} events; what follows is missing",
            self.name,
            self.input.offset(),
            self.progress.events,
        ))
    }

    /// The type and length of the block at the window.
    #[inline]
    fn head(&mut self) -> Result<(Block, usize), Step> {
        match self.input.fill(HEAD) {
            Fill::Ready => {}
            Fill::Interrupted => return Err(Step::Interrupted),
            Fill::Short => {
                if self.input.window().is_empty() && self.input.error().is_none() {
                    return Err(Step::End);
                }
                return Err(self.damage("the capture ends in the middle of a block"));
            }
        }
        let window = self.input.window();
        let (Some(kind), Some(len)) = (u32_at(window, 0), u32_at(window, 4)) else {
            return Err(Step::End);
        };
        if (len as usize) < HEAD + TAIL {
            return Err(self.damage("a block is shorter than its own header"));
        }
        Ok((Block::of(kind), len as usize))
    }

    /// Reads the block at the window in whole; its body ends at `len - TAIL`.
    #[inline]
    fn whole(&mut self, len: usize) -> Result<(), Step> {
        match self.input.fill(len) {
            Fill::Ready => {}
            Fill::Interrupted => return Err(Step::Interrupted),
            Fill::Short => {
                return Err(self.damage("the capture ends in the middle of a block"));
            }
        }
        if u32_at(self.input.window(), len - TAIL) != Some(len as u32) {
            return Err(self.damage("a block does not end where it should"));
        }
        Ok(())
    }

    /// Reads one block before the first event of a section. Anything but `Nothing` and
    /// `Interrupted`: the events begin, or what is to be said of the capture instead.
    fn metadata_block(&mut self) -> Step {
        let (block, len) = match self.head() {
            Ok(head) => head,
            Err(step) => return step,
        };
        let so_far = self.metadata_bytes.unwrap_or(0);
        match block {
            Block::Event { .. } => return self.begin_events(),
            // A section without events, and the next.
            Block::Section if so_far > 0 => return self.begin_events(),
            _ => {}
        }
        if so_far + len as u64 > MAX_METADATA {
            self.progress.broken_metadata += 1;
            if !self.input.skip(len) {
                return self.damage("the capture ends in the middle of a block");
            }
            return Step::Nothing;
        }
        if let Err(step) = self.whole(len) {
            return step;
        }
        let body = self
            .input
            .window()
            .get(HEAD..len - TAIL)
            .unwrap_or_default();
        match block {
            Block::Section => {
                self.progress.sections += 1;
                if u32_at(body, 0) != Some(block::SECTION_MAGIC) {
                    return self.damage("a section begins in another byte order");
                }
                if u16_at(body, 4).is_none_or(|major| major > block::MAJOR) {
                    return self.damage("a section is of a newer version of the format");
                }
            }
            Block::Unknown => self.progress.unknown_blocks += 1,
            _ => {
                if metadata::read(block, body, &mut self.snapshot).is_err() {
                    self.progress.broken_metadata += 1;
                }
            }
        }
        self.metadata_bytes = Some(so_far + len as u64);
        self.input.consume(len);
        Step::Nothing
    }

    fn begin_events(&mut self) -> Step {
        self.metadata_bytes = None;
        self.input.shrink();
        Step::Section
    }

    fn step(&mut self) -> Step {
        if self.metadata_bytes.is_some() {
            return match self.metadata_block() {
                // What was read of a section counts, also if no event follows.
                Step::End => self.begin_events(),
                Step::Damaged(message) => {
                    self.damage = Some(message);
                    self.begin_events()
                }
                step => step,
            };
        }
        let (block, len) = match self.head() {
            Ok(head) => head,
            Err(step) => return step,
        };
        match block {
            Block::Event { flags, nparams } => {
                if len > MAX_EVENT_BLOCK as usize {
                    return self.damage("an event is longer than any can be");
                }
                if let Err(step) = self.whole(len) {
                    return step;
                }
                self.event(len, flags, nparams)
            }
            Block::Unknown => {
                if len > MAX_EVENT_BLOCK as usize {
                    return self.damage("what follows is no block of a capture");
                }
                if let Err(step) = self.whole(len) {
                    return step;
                }
                self.progress.unknown_blocks += 1;
                self.input.consume(len);
                Step::Nothing
            }
            _ => {
                self.snapshot = Snapshot::default();
                self.converter.clear();
                self.preamble = true;
                self.metadata_bytes = Some(0);
                Step::Nothing
            }
        }
    }

    /// Takes the event block of `len` bytes at the window.
    #[inline]
    fn event(&mut self, len: usize, flags: bool, nparams: bool) -> Step {
        let block = self.input.position();
        self.input.consume(len);
        let buffer = self.input.buffer_mut();
        let mut start = block + HEAD + 2 + if flags { 4 } else { 0 };
        let limit = block + len - TAIL;
        let header = if nparams { HEADER_LEN } else { HEADER_LEN - 4 };
        if start + header > limit {
            self.progress.unfit_events += 1;
            return Step::Nothing;
        }
        let cpu = u16_at(buffer, block + HEAD).unwrap_or_default();
        let bits = if flags {
            u32_at(buffer, block + HEAD + 2).unwrap_or_default()
        } else {
            0
        };
        let ty = EventType(u16_at(buffer, start + 20).unwrap_or_default());
        if usize::from(ty.0) >= EVENT_COUNT {
            self.progress.unknown_events += 1;
            return Step::Nothing;
        }
        if !nparams {
            // The old header lacks the number of parameters: make room in front, where the header
            // of the block was read already.
            buffer.copy_within(start..start + header, start - 4);
            start -= 4;
            if !complete(&mut buffer[start..limit], ty) {
                self.progress.unfit_events += 1;
                return Step::Nothing;
            }
        }
        let size = u32_at(buffer, start + 16).unwrap_or_default() as usize;
        let Some(count) = check(&buffer[start..limit], size, ty) else {
            self.progress.unfit_events += 1;
            return Step::Nothing;
        };
        let mut end = start + size;
        if ty == EventType::GENERIC_X
            && let Some(restored) = older::restore(&mut buffer[start..end])
        {
            end = start + restored;
        }
        let outcome = if count > MAX_PARAMS {
            if self.converter.shorten(&buffer[start..end], ty) {
                Outcome::Converted
            } else {
                Outcome::Unfit
            }
        } else {
            self.converter.convert(&buffer[start..end], ty, count)
        };
        let found = match outcome {
            Outcome::AsIs => Found::Here { start, end },
            Outcome::Converted => Found::Converted,
            Outcome::Dropped => {
                self.preamble = false;
                return Step::Nothing;
            }
            Outcome::Unfit => {
                self.preamble = false;
                self.progress.unfit_events += 1;
                return Step::Nothing;
            }
        };
        let ty = match found {
            Found::Here { .. } => ty,
            Found::Converted => {
                EventType(u16_at(self.converter.converted(), 20).unwrap_or_default())
            }
        };
        self.preamble &= describes_state(ty);
        self.progress.events += 1;
        Step::Event(Delivery {
            cpu,
            state_only: bits & 1 != 0 || self.preamble || is_entry(ty),
            found,
        })
    }
}

impl Source for Reader {
    /// The next event; after all, [`Poll::End`]. The wait for a pipe has no limit, but ends with
    /// [`Poll::Idle`] when a signal comes. A capture that is damaged gives all events before the
    /// damage, then one error that says where it ended, then the end.
    fn poll(&mut self, _timeout: Duration) -> Result<Poll<'_>, SourceError> {
        if let Some(message) = self.damage.take() {
            self.ended = true;
            return Err(SourceError { message });
        }
        loop {
            if self.ended {
                return Ok(Poll::End);
            }
            match self.step() {
                Step::Nothing => {}
                Step::Interrupted => return Ok(Poll::Idle),
                Step::Section => return Ok(Poll::Section),
                Step::End => self.ended = true,
                Step::Damaged(message) => {
                    self.ended = true;
                    return Err(SourceError { message });
                }
                Step::Event(event) => {
                    let bytes = match event.found {
                        Found::Here { start, end } => &self.input.buffer()[start..end],
                        Found::Converted => self.converter.converted(),
                    };
                    return Ok(Poll::Event(RawEvent {
                        cpu: event.cpu,
                        state_only: event.state_only,
                        counted: true,
                        bytes,
                    }));
                }
            }
        }
    }

    fn ledger(&self) -> Ledger {
        Ledger {
            cpus: Vec::new(),
            received: self.progress.events,
            malformed: self.progress.unfit_events,
        }
    }
}

/// The entries of system calls that are delivered, for what the exit does not say; rules do not
/// see them.
fn is_entry(ty: EventType) -> bool {
    matches!(
        ty,
        EventType::SYSCALL_OPEN_E
            | EventType::SYSCALL_CREAT_E
            | EventType::SYSCALL_OPENAT_2_E
            | EventType::SYSCALL_OPENAT2_E
            | EventType::SYSCALL_EXECVE_19_E
            | EventType::SYSCALL_EXECVEAT_E
            | EventType::SOCKET_CONNECT_E
    )
}

/// Events that describe what existed when the capture began, if they come before all others.
fn describes_state(ty: EventType) -> bool {
    matches!(
        ty,
        EventType::CONTAINER_JSON_2_E
            | EventType::USER_ADDED_E
            | EventType::USER_DELETED_E
            | EventType::GROUP_ADDED_E
            | EventType::GROUP_DELETED_E
            | EventType::ASYNCEVENT_E
    )
}

/// The number of parameters of the record of `size` bytes in `bytes`, if they are all in it.
#[inline]
fn check(bytes: &[u8], size: usize, ty: EventType) -> Option<usize> {
    if size < HEADER_LEN || size > bytes.len() {
        return None;
    }
    let count = u32_at(bytes, 22)? as usize;
    let lens = bytes.get(HEADER_LEN..)?;
    if count > lens.len() {
        return None;
    }
    let sum = if ty.info().has(EventFlags::LARGE_PAYLOAD) {
        lens.get(..count * 4)?
            .chunks_exact(4)
            .fold((count * 4) as u64, |sum, len| {
                sum + u64::from(u32_at(len, 0).unwrap_or_default())
            })
    } else {
        lens.get(..count * 2)?
            .chunks_exact(2)
            .fold((count * 2) as u64, |sum, len| {
                sum + u64::from(u16_at(len, 0).unwrap_or_default())
            })
    };
    (HEADER_LEN as u64 + sum <= size as u64).then_some(count)
}

/// Finds how many parameters a record has that does not say so: the most that this type has, or
/// fewer, so that their lengths give that of the record. Writes length and number in the header.
fn complete(bytes: &mut [u8], ty: EventType) -> bool {
    let Some(size) = u32_at(bytes, 16) else {
        return false;
    };
    let mut size = size.saturating_add(4);
    if matches!(
        ty,
        EventType::NOTIFICATION_E | EventType::INFRASTRUCTURE_EVENT_E
    ) {
        // Their writers counted three bytes too many.
        size = size.saturating_sub(3);
    }
    let end = size as usize;
    if end < HEADER_LEN || end > bytes.len() {
        return false;
    }
    let most = ty.info().params.len();
    let found = (0..=most).rev().find(|&count| {
        let Some(lens) = bytes.get(HEADER_LEN..HEADER_LEN + count * 2) else {
            return false;
        };
        let sum: usize = lens
            .chunks_exact(2)
            .map(|len| usize::from(u16_at(len, 0).unwrap_or_default()))
            .sum();
        HEADER_LEN + lens.len() + sum == end
    });
    let Some(count) = found else {
        return false;
    };
    bytes[16..20].copy_from_slice(&size.to_le_bytes());
    bytes[22..26].copy_from_slice(&(count as u32).to_le_bytes());
    true
}

#[inline]
fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[inline]
fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
