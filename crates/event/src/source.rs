//! What yields events, and the ledger of what was lost on the way.

use std::time::Duration;

/// A record as a source hands it over, to be decoded with [`crate::Event::parse`].
#[derive(Clone, Copy, Debug)]
pub struct RawEvent<'a> {
    /// The CPU it happened on.
    pub cpu: u16,
    /// True for events that update state and are not shown to rules.
    pub state_only: bool,
    /// Whether the event takes a number (`evt.num`); enter halves in old captures do not.
    pub counted: bool,
    /// The record: header, lengths, parameters.
    pub bytes: &'a [u8],
}

impl RawEvent<'_> {
    /// When it happened, nanoseconds since the epoch: the first eight bytes of its header. 0 of a
    /// record that is too short to have one.
    #[inline]
    pub fn ts(&self) -> u64 {
        self.bytes
            .first_chunk::<8>()
            .map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }
}

/// What a poll of a source gave.
#[derive(Debug)]
pub enum Poll<'a> {
    /// The next event, in the order of time as far as the source can know.
    Event(RawEvent<'a>),
    /// Nothing within the time given.
    Idle,
    /// A new section of a capture begins: forget all state and ask for its snapshot.
    Section,
    /// No more events will come.
    End,
}

/// Something that yields events: the probe, or a capture file.
pub trait Source {
    /// The next event. Waits at most `timeout` for one.
    fn poll(&mut self, timeout: Duration) -> Result<Poll<'_>, SourceError>;

    /// What was produced, received and lost so far.
    fn ledger(&self) -> Ledger;
}

/// Why a source cannot go on.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct SourceError {
    /// What happened, where, and what is missing, in one sentence.
    pub message: String,
}

/// The classes of events that losses are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LossClass {
    /// clone, clone3, fork, vfork.
    CloneFork,
    /// execve, execveat.
    Execve,
    /// connect.
    Connect,
    /// open, openat, openat2, creat, open_by_handle_at.
    Open,
    /// Directory and file changes: rename, unlink, mkdir, link, chmod and the like.
    DirFile,
    /// Other events that change state (socket, dup, setuid and the like).
    OtherInterest,
    /// close.
    Close,
    /// Exit of a thread.
    ProcExit,
    /// Reads, writes, sends and receives.
    Io,
    /// Everything else.
    Other,
}

impl LossClass {
    /// All classes, in the order in which the probe counts them.
    pub const ALL: [LossClass; 10] = [
        LossClass::CloneFork,
        LossClass::Execve,
        LossClass::Connect,
        LossClass::Open,
        LossClass::DirFile,
        LossClass::OtherInterest,
        LossClass::Close,
        LossClass::ProcExit,
        LossClass::Io,
        LossClass::Other,
    ];

    /// The name that reports and metrics use.
    pub fn name(self) -> &'static str {
        match self {
            LossClass::CloneFork => "clone_fork",
            LossClass::Execve => "execve",
            LossClass::Connect => "connect",
            LossClass::Open => "open",
            LossClass::DirFile => "dir_file",
            LossClass::OtherInterest => "other_interest",
            LossClass::Close => "close",
            LossClass::ProcExit => "proc",
            LossClass::Io => "io",
            LossClass::Other => "other",
        }
    }
}

/// What one CPU produced and lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CpuLedger {
    /// Events that the probe set out to deliver.
    pub produced: u64,
    /// Of these, lost because the ring buffer was full, by [`LossClass::ALL`].
    pub lost_full: [u64; LossClass::ALL.len()],
    /// Lost because the record did not fit in the scratch space or the ring buffer at all.
    pub lost_too_large: u64,
    /// Lost because the scratch space was in use (an event within an event).
    pub lost_nested: u64,
    /// Lost because the probe could not hand over to the program for this event.
    pub lost_dispatch: u64,
}

impl CpuLedger {
    /// All losses of this CPU.
    pub fn lost(&self) -> u64 {
        self.lost_full.iter().sum::<u64>()
            + self.lost_too_large
            + self.lost_nested
            + self.lost_dispatch
    }
}

/// What was produced, received and lost: `produced = received + lost`, exactly, once the source
/// is stopped and drained.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Per CPU, as counted in the kernel; empty for captures.
    pub cpus: Vec<CpuLedger>,
    /// Events that were read from the source.
    pub received: u64,
    /// Records that could not be decoded, counted by the reader.
    pub malformed: u64,
}

impl Ledger {
    /// Events that the probe set out to deliver, over all CPUs.
    pub fn produced(&self) -> u64 {
        self.cpus.iter().map(|c| c.produced).sum()
    }

    /// Losses, over all CPUs and causes.
    pub fn lost(&self) -> u64 {
        self.cpus.iter().map(CpuLedger::lost).sum()
    }

    /// Losses by class, over all CPUs; only those that a full ring buffer caused have one.
    pub fn lost_full_by_class(&self) -> [u64; LossClass::ALL.len()] {
        let mut sum = [0; LossClass::ALL.len()];
        for cpu in &self.cpus {
            sum.iter_mut().zip(cpu.lost_full).for_each(|(s, n)| *s += n);
        }
        sum
    }
}
