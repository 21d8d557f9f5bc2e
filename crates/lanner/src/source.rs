//! Where the events of a run come from: the kernel, or a capture.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use lanner_event::snapshot::Snapshot;
use lanner_event::{Ledger, Poll, RawEvent, Selection, Source, SourceError};
use lanner_probe::{Buffer, Options, Probe};
use lanner_scap::{Progress, Reader};

use crate::config::Config;
use crate::log::Log;

/// How long to wait for an event before looking at signals and clocks.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// Events between two looks at signals and clocks when they keep coming.
const EVENTS_BETWEEN_LOOKS: u32 = 256;

/// When to look at signals and clocks though events keep coming: the clock is too expensive to be
/// asked at each.
#[derive(Default)]
pub(crate) struct Looks {
    events: u32,
    last: u64,
}

impl Looks {
    /// Whether it is time, at an event of this time; 0 if that is not the time now.
    pub(crate) fn is_due(&mut self, ts: u64) -> bool {
        self.events += 1;
        // Events that trickle in leave no time to be idle.
        let is_long_ago = u128::from(ts.saturating_sub(self.last)) >= TICK.as_nanos();
        if self.events < EVENTS_BETWEEN_LOOKS && !is_long_ago {
            return false;
        }
        *self = Looks {
            events: 0,
            last: ts,
        };
        true
    }
}

/// The events of a run.
pub(crate) enum Events {
    /// From the kernel.
    Live(Box<Probe>),
    /// From a capture.
    Capture(Box<Reader>),
    /// From nowhere: a run that waits to be ended.
    Nothing,
}

/// What [`Events::read`] hands over.
pub(crate) enum Read<'a> {
    /// The state at the start of a section: forget everything before.
    Machine(Snapshot),
    /// The next event.
    Event(RawEvent<'a>),
}

impl Events {
    /// Attaches the probe.
    pub(crate) fn attach(wanted: Selection, config: &Config, log: &Log) -> Result<Events> {
        let options = Options {
            selection: wanted,
            buffer_bytes: usize::try_from(config.buffer_bytes).unwrap_or(usize::MAX),
            snaplen: u16::try_from(config.snaplen).unwrap_or(u16::MAX),
            ..Options::default()
        };
        let probe = Probe::open(&options).map_err(|e| anyhow!(e))?;
        for lack in probe.capabilities().lacks() {
            log.warn(lack);
        }
        Ok(Events::Live(Box::new(probe)))
    }

    /// Opens a capture.
    pub(crate) fn open(path: &Path) -> Result<Events> {
        let reader = Reader::open(path).map_err(|e| anyhow!(e))?;
        Ok(Events::Capture(Box::new(reader)))
    }

    /// The state at the start of a section of a capture.
    pub(crate) fn snapshot(&mut self) -> Snapshot {
        match self {
            Events::Capture(reader) => reader.snapshot(),
            Events::Live(_) | Events::Nothing => Snapshot::default(),
        }
    }

    /// Reads a capture to its end, or until `take` has seen enough and returns false.
    pub(crate) fn read(&mut self, mut take: impl FnMut(Read<'_>) -> Result<bool>) -> Result<()> {
        let mut more = take(Read::Machine(self.snapshot()))?;
        while more {
            more = match self.poll(Duration::MAX).map_err(|e| anyhow!(e))? {
                Poll::Event(raw) => take(Read::Event(raw))?,
                Poll::Section => take(Read::Machine(self.snapshot()))?,
                Poll::Idle => true,
                Poll::End => false,
            };
        }
        Ok(())
    }

    /// How events are read, as Falco calls it.
    pub(crate) fn engine(&self) -> &'static str {
        match self {
            Events::Live(_) => "modern_bpf",
            Events::Capture(_) => "savefile",
            Events::Nothing => "nodriver",
        }
    }

    /// How full the buffers are.
    pub(crate) fn buffers(&self) -> Vec<Buffer> {
        match self {
            Events::Live(probe) => probe.buffers().collect(),
            Events::Capture(_) | Events::Nothing => Vec::new(),
        }
    }

    /// The time now, by the clock of the events.
    pub(crate) fn now(&self) -> u64 {
        match self {
            Events::Live(probe) => probe.now(),
            Events::Capture(_) | Events::Nothing => 0,
        }
    }

    /// Delivers something else from now on; what was wanted before and still is has no gap.
    pub(crate) fn set_wanted(&mut self, wanted: &Selection) -> Result<()> {
        match self {
            Events::Live(probe) => probe.set_wanted(wanted).map_err(|e| anyhow!(e)),
            Events::Capture(_) | Events::Nothing => Ok(()),
        }
    }

    /// Lets no more events happen; those that did can still be polled.
    pub(crate) fn stop(&mut self) {
        if let Events::Live(probe) = self {
            probe.stop();
        }
    }

    /// What was left out of a capture, in words.
    pub(crate) fn left_out(&self) -> Vec<String> {
        let Events::Capture(reader) = self else {
            return Vec::new();
        };
        let progress = reader.progress();
        [
            (
                progress.unknown_blocks,
                "blocks of an unknown type were skipped",
            ),
            (
                progress.unknown_events,
                "events of an unknown type were skipped",
            ),
            (
                progress.unfit_events,
                "events that do not fit their type were skipped",
            ),
            (
                progress.broken_metadata,
                "blocks of the initial state are broken",
            ),
            (
                progress.forgotten_entries,
                "times entries of system calls were forgotten",
            ),
        ]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("capture: {n} {what}"))
        .collect()
    }
}

impl Source for Events {
    #[inline]
    fn poll(&mut self, timeout: Duration) -> Result<Poll<'_>, SourceError> {
        match self {
            Events::Live(probe) => probe.poll(timeout),
            Events::Capture(reader) => reader.poll(timeout),
            Events::Nothing => {
                std::thread::sleep(timeout);
                Ok(Poll::Idle)
            }
        }
    }

    fn ledger(&self) -> Ledger {
        match self {
            Events::Live(probe) => probe.ledger(),
            Events::Capture(reader) => reader.ledger(),
            Events::Nothing => Ledger::default(),
        }
    }
}

/// How far a replay is, on a terminal, once it has taken longer than a second.
pub(crate) struct ProgressBar {
    started: Instant,
    shown: bool,
    terminal: bool,
}

impl ProgressBar {
    /// Shows nothing yet.
    pub(crate) fn new() -> ProgressBar {
        ProgressBar {
            started: Instant::now(),
            shown: false,
            terminal: std::io::stderr().is_terminal(),
        }
    }

    /// Shows how far `events` are, if there is somebody to see it.
    pub(crate) fn show(&mut self, events: &Events, now: Instant) {
        let Events::Capture(reader) = events else {
            return;
        };
        if !self.terminal || now.duration_since(self.started) < Duration::from_secs(1) {
            return;
        }
        let line = bar(&reader.progress());
        // A bar that cannot be shown is not missed.
        let _ = write!(std::io::stderr(), "\r{line}");
        self.shown = true;
    }

    /// Takes the bar away.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

/// How far a capture was read, in one line.
fn bar(progress: &Progress) -> String {
    let events = progress.events;
    match progress.size {
        Some(size) if size > 0 => {
            let percent = (progress.bytes.saturating_mul(100) / size).min(100);
            let filled = "#".repeat(usize::try_from(percent / 4).unwrap_or(25));
            format!("[{filled:<25}] {percent:3} % {events} events")
        }
        _ => format!("{} MiB, {events} events", progress.bytes >> 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_tells_how_far_a_file_is_and_how_much_of_a_pipe() {
        let check = |bytes, size, expect: &str| {
            let progress = Progress {
                bytes,
                size,
                events: 7,
                ..Progress::default()
            };
            assert_eq!(bar(&progress), expect);
        };
        check(0, Some(200), "[                         ]   0 % 7 events");
        check(100, Some(200), "[############             ]  50 % 7 events");
        check(300, Some(200), "[#########################] 100 % 7 events");
        check(3 << 20, None, "3 MiB, 7 events");
        check(3 << 20, Some(0), "3 MiB, 7 events");
    }

    #[test]
    fn the_bar_shows_on_a_terminal_once_it_takes_longer() {
        let mut capture = Vec::new();
        let empty = lanner_scap::Writer::new(
            &mut capture,
            lanner_scap::Compression::None,
            &Snapshot::default(),
        );
        empty.and_then(lanner_scap::Writer::finish).expect("memory");
        let reader = Reader::from_read(Box::new(std::io::Cursor::new(capture)));
        let events = Events::Capture(Box::new(reader.expect("a capture")));
        let check = |terminal, events: &Events, seconds, expect| {
            let mut bar = ProgressBar {
                terminal,
                ..ProgressBar::new()
            };
            let later = bar.started + Duration::from_secs(seconds);
            bar.show(events, later);
            assert_eq!(bar.shown, expect);
            bar.clear();
            assert!(!bar.shown);
        };
        check(true, &events, 0, false);
        check(true, &events, 2, true);
        check(false, &events, 2, false);
        check(true, &Events::Nothing, 2, false);
    }
}
