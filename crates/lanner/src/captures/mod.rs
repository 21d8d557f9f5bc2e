//! Captures that matches start (`capture` in the configuration and in rules): from the event that
//! matched until the time of the last match is over.

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use lanner_engine::Alert;
use lanner_event::RawEvent;
use lanner_scap::{Compression, Writer};
use lanner_state::State;

use crate::config::Captures as Settings;
use crate::log::Log;

/// Writes captures; one at a time.
pub(crate) struct Captures {
    settings: Settings,
    open: Option<Open>,
    /// What the matches of the current event ask for.
    asked: Asked,
}

#[derive(Clone, Copy, Default)]
struct Asked {
    /// One is to begin, unless one is open.
    begin: bool,
    /// It is to last so long after the event.
    duration: Option<Duration>,
}

struct Open {
    path: PathBuf,
    writer: Writer<File>,
    /// The time of events at which it ends, nanoseconds since the epoch.
    until: u64,
}

impl Captures {
    /// None is open yet.
    pub(crate) fn new(settings: Settings) -> Captures {
        Captures {
            settings,
            open: None,
            asked: Asked::default(),
        }
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

    /// Writes an event that was taken in at `ts` as number `num`, if a capture is open or is to
    /// begin with it.
    pub(crate) fn write(
        &mut self,
        raw: &RawEvent<'_>,
        ts: u64,
        num: u64,
        state: &State,
        log: &Log,
    ) {
        let asked = std::mem::take(&mut self.asked);
        let until = asked
            .duration
            .map(|d| ts.saturating_add(d.as_nanos() as u64));
        match &mut self.open {
            Some(open) => open.until = open.until.max(until.unwrap_or(0)),
            None if asked.begin => self.begin(ts, num, until.unwrap_or(ts), state, log),
            None => return,
        }
        let Some(open) = &mut self.open else {
            return;
        };
        if let Err(error) = open.writer.event(raw) {
            log.error(format!("capture {}: {error}", open.path.display()));
            self.open = None;
            return;
        }
        let full = self
            .settings
            .max_bytes
            .is_some_and(|max| open.writer.written() >= max);
        if full {
            log.info(format!(
                "Falco internal: capture size limit reached. Configured limit: {} MB. {} ends here.",
                self.settings.max_bytes.unwrap_or_default() >> 20,
                open.path.display()
            ));
        }
        if full || ts >= open.until {
            self.end(log);
        }
    }

    fn begin(&mut self, ts: u64, num: u64, until: u64, state: &State, log: &Log) {
        let path = PathBuf::from(format!("{}_{ts:020}_{num:020}.scap", self.settings.prefix));
        match Writer::create(&path, Compression::Gzip, &state.snapshot()) {
            Ok(writer) => {
                self.open = Some(Open {
                    path,
                    writer,
                    until,
                });
            }
            Err(error) => log.error(format!("capture {}: {error}", path.display())),
        }
    }

    /// Completes the capture that is open.
    pub(crate) fn end(&mut self, log: &Log) {
        if let Some(open) = self.open.take()
            && let Err(error) = open.writer.finish()
        {
            log.error(format!("capture {}: {error}", open.path.display()));
        }
    }
}
