//! Captures that matches start (`capture` in the configuration and in rules): from the event that
//! matched until the time of the last match is over.
//!
//! The engine hands over bytes; compressing and writing is done in a thread of its own ([`disk`]).

mod disk;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lanner_engine::{Alert, Announcements, Follower, Step};
use lanner_event::RawEvent;
use lanner_scap::{Compression, Writer};

use crate::config::Captures as Settings;
use crate::log::Log;
use disk::{Disk, Spool};

/// Writes captures; one at a time.
pub(crate) struct Captures {
    settings: Settings,
    disk: Disk,
    log: Arc<Log>,
    open: Option<Open>,
    /// What the matches of the current event ask for.
    asked: Asked,
    cut: Vec<Cut>,
}

/// A capture that ended because it was as large as it may be.
pub(crate) struct Cut {
    /// What is said of it.
    pub(crate) message: String,
    /// How large it may be, in units of 1,048,576 bytes.
    pub(crate) max_megabytes: u64,
    /// How large it was, before compression.
    pub(crate) written: u64,
}

/// Captures that were cut between two looks of the monitor and are told one by one.
const MAX_CUTS: usize = 64;

#[derive(Clone, Copy, Default)]
struct Asked {
    /// One is to begin, unless one is open.
    begin: bool,
    /// It is to last so long after the event.
    duration: Option<Duration>,
}

struct Open {
    path: PathBuf,
    /// Its number at the disk.
    number: u64,
    writer: Writer<Spool>,
    announcements: Announcements,
    /// The time of events at which it ends, nanoseconds since the epoch.
    until: u64,
    /// Events that found no room.
    lost: u64,
}

impl Captures {
    /// None is open yet. If the disk is too slow, events are lost and counted, unless they can
    /// `wait`, as those of a replay do.
    pub(crate) fn new(settings: Settings, wait: bool, log: Arc<Log>) -> Captures {
        let told = Arc::clone(&log);
        let disk = Disk::start(wait, disk::file, move |path, error| {
            told.error(format!("capture {}: {error}", path.display()));
        });
        Captures {
            settings,
            disk,
            log,
            open: None,
            asked: Asked::default(),
            cut: Vec::new(),
        }
    }

    /// The captures that were cut since the last call.
    pub(crate) fn take_cuts(&mut self) -> Vec<Cut> {
        std::mem::take(&mut self.cut)
    }

    /// Goes on with other settings; a capture that is open ends as it began.
    pub(crate) fn configure(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// Notes what an alert asks for.
    pub(crate) fn note(&mut self, alert: &Alert<'_, '_>) {
        let rule = alert.rule;
        self.asked.begin |= self.settings.all_rules || rule.capture;
        let duration = match rule.capture_duration {
            0 => self.settings.duration,
            n => Duration::from_millis(n.into()),
        };
        self.asked.duration = self.asked.duration.max(Some(duration));
    }

    /// Writes an event, if a capture is open or is to begin with it.
    pub(crate) fn write(&mut self, raw: &RawEvent<'_>, step: &Step<'_>, follower: &mut Follower) {
        let asked = std::mem::take(&mut self.asked);
        let (ts, num) = (step.event.ts, step.event.num);
        let until = asked
            .duration
            .map(|d| ts.saturating_add(d.as_nanos() as u64));
        match &mut self.open {
            Some(open) => open.until = open.until.max(until.unwrap_or(0)),
            None if asked.begin => self.begin(ts, num, until.unwrap_or(ts), follower),
            None => return,
        }
        let Some(open) = &mut self.open else {
            return;
        };
        if self.disk.has_failed(open.number) {
            // It was said why; it stays open, so that not every further match begins another.
            if ts >= open.until {
                self.open = None;
            }
            return;
        }
        if self.disk.has_room() {
            open.event(raw, step, follower);
        } else {
            open.lost += 1;
        }
        let full = self
            .settings
            .max_bytes
            .is_some_and(|max| open.writer.written() >= max);
        if full {
            let max_megabytes = self.settings.max_bytes.unwrap_or_default() >> 20;
            let message = format!(
                "Falco internal: capture size limit reached. Configured limit: {max_megabytes} MB. \
                 {} ends here.",
                open.path.display()
            );
            self.log.info(&message);
            if self.cut.len() < MAX_CUTS {
                self.cut.push(Cut {
                    message,
                    max_megabytes,
                    written: open.writer.written(),
                });
            }
        }
        if full || ts >= open.until {
            self.end();
        }
    }

    fn begin(&mut self, ts: u64, num: u64, until: u64, follower: &Follower) {
        let path = PathBuf::from(format!("{}_{ts:020}_{num:020}.scap", self.settings.prefix));
        let (number, spool) = self.disk.begin(path.clone());
        // The spool takes everything.
        let snapshot = follower.state().snapshot();
        let Ok(writer) = Writer::new(spool, Compression::None, &snapshot) else {
            return;
        };
        self.open = Some(Open {
            path,
            number,
            writer,
            announcements: Announcements::new(follower.state()),
            until,
            lost: 0,
        });
    }

    /// Completes the capture that is open. What is not written yet is, also when this is dropped.
    pub(crate) fn end(&mut self) {
        let Some(open) = self.open.take() else {
            return;
        };
        if open.lost > 0 {
            self.log.error(format!(
                "capture {}: {} events were not written, because the disk is too slow",
                open.path.display(),
                open.lost
            ));
        }
        if open.writer.finish().is_ok() {
            self.disk.end();
        }
    }

    /// Completes the capture that is open, and waits until everything is written.
    pub(crate) fn finish(mut self) {
        self.end();
        if let Err(left) = self.disk.finish() {
            self.log.error(format!(
                "{left} bytes of captures were not written, because the disk takes no more"
            ));
        }
    }
}

impl Open {
    fn event(&mut self, raw: &RawEvent<'_>, step: &Step<'_>, follower: &mut Follower) {
        let writer = &mut self.writer;
        let mut write = |raw: &RawEvent<'_>| writer.event(raw);
        // Nothing fails at the spool; what does at the disk is said there.
        let _ = self
            .announcements
            .before(step, follower, &mut write)
            .and_then(|()| write(raw));
    }
}
