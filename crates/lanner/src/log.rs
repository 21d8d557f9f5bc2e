//! Lanner's own log: to stderr, one line a message, in Falco's format, and to the system's log,
//! which adds time and name itself.

use std::cell::Cell;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lanner_output::Syslog;

use crate::config::program_name;

/// How grave a message is, most grave first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Emergency,
    Alert,
    Critical,
    Error,
    Warning,
    Notice,
    Info,
    Debug,
}

impl Level {
    /// All names, as `log_level` takes them.
    pub(crate) const NAMES: [&str; 8] = [
        "emergency",
        "alert",
        "critical",
        "error",
        "warning",
        "notice",
        "info",
        "debug",
    ];

    /// The level of this name.
    pub(crate) fn by_name(name: &str) -> Option<Level> {
        const ALL: [Level; 8] = [
            Level::Emergency,
            Level::Alert,
            Level::Critical,
            Level::Error,
            Level::Warning,
            Level::Notice,
            Level::Info,
            Level::Debug,
        ];
        let at = Self::NAMES.iter().position(|n| *n == name)?;
        Some(ALL[at])
    }
}

/// Where messages go, and which.
pub(crate) struct Log {
    sinks: Mutex<Sinks>,
    zone: TimeZone,
}

struct Sinks {
    settings: Settings,
    syslog: Option<Syslog>,
    /// Messages that the system's log did not take since the last one that it took.
    missed: u64,
}

/// What the configuration says about the log.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Messages graver than or as grave as this one are written.
    pub(crate) level: Level,
    /// Whether they are written to stderr (`log_stderr`).
    pub(crate) stderr: bool,
    /// The socket of the system's log, if they are sent there (`log_syslog`).
    pub(crate) syslog: Option<PathBuf>,
    /// Times in ISO 8601, in UTC (`time_format_iso_8601`).
    pub(crate) iso_time: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            level: Level::Info,
            stderr: true,
            syslog: None,
            iso_time: false,
        }
    }
}

impl Log {
    /// A log with the settings that hold until the configuration is read.
    pub(crate) fn new() -> Log {
        Log {
            sinks: Mutex::new(Sinks {
                settings: Settings::default(),
                syslog: None,
                missed: 0,
            }),
            zone: TimeZone::system(),
        }
    }

    /// Takes over the settings of the configuration.
    pub(crate) fn configure(&self, settings: Settings) {
        let twice = settings.stderr && stderr_is_journal();
        let socket = settings.syslog.as_ref().filter(|_| !twice);
        let syslog = socket.map(|path| Syslog::new(path, &program_name()));
        if let Ok(mut sinks) = self.sinks.lock() {
            *sinks = Sinks {
                settings,
                syslog,
                missed: 0,
            };
        }
    }

    /// Writes a message.
    pub(crate) fn write(&self, level: Level, message: &str) {
        let Ok(mut sinks) = self.sinks.lock() else {
            return;
        };
        let Sinks {
            settings,
            syslog,
            missed,
        } = &mut *sinks;
        if level > settings.level {
            return;
        }
        let message = message.trim_end_matches('\n');
        if settings.stderr {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let seconds = now.map_or(0, |d| d.as_secs() as i64);
            let stamp = stamp(seconds, settings.iso_time, &self.zone);
            // Nobody is left to tell if stderr is closed.
            let _ = std::io::stderr().write_all(format!("{stamp}: {message}\n").as_bytes());
        }
        if let Some(syslog) = syslog {
            // A daemon that is behind is waited for once, until it takes messages again: the
            // monitor must not depend on it.
            let wait = Cell::new(*missed == 0);
            let mut send = |level: Level, message: &str| {
                let sent = syslog.send(level as u8, message.as_bytes(), &|| wait.replace(false));
                sent.is_ok()
            };
            if !send(level, message) {
                *missed += 1;
            } else if *missed > 0 {
                let gap = format!("{missed} messages before this one are not in this log");
                *missed = u64::from(!send(Level::Warning, &gap));
            }
        }
    }

    /// Writes an ordinary message.
    pub(crate) fn info(&self, message: impl AsRef<str>) {
        self.write(Level::Info, message.as_ref());
    }

    /// Writes a warning.
    pub(crate) fn warn(&self, message: impl AsRef<str>) {
        self.write(Level::Warning, message.as_ref());
    }

    /// Writes an error.
    pub(crate) fn error(&self, message: impl AsRef<str>) {
        self.write(Level::Error, message.as_ref());
    }

    /// Writes what only a search for a fault needs.
    pub(crate) fn debug(&self, message: impl AsRef<str>) {
        self.write(Level::Debug, message.as_ref());
    }
}

/// Whether stderr goes to the journal already, where `/dev/log` leads too (systemd.exec(5),
/// `JOURNAL_STREAM`).
fn stderr_is_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else {
        return false;
    };
    rustix::fs::fstat(std::io::stderr())
        .is_ok_and(|stat| stream == format!("{}:{}", stat.st_dev, stat.st_ino))
}

/// A time of day as text alerts have it: local, to the nanosecond. Of an alert that no event
/// caused, for those take theirs from the event.
pub(crate) fn time_of_day(ts: Timestamp) -> String {
    let local = ts.to_zoned_datetime(TimeZone::system());
    local.strftime("%H:%M:%S.%9f").to_string()
}

fn stamp(seconds: i64, iso: bool, zone: &TimeZone) -> String {
    let ts = Timestamp::from_second(seconds).unwrap_or_default();
    if iso {
        return ts.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string();
    }
    let local = ts.to_zoned_datetime(zone.clone());
    local.strftime("%a %b %d %H:%M:%S %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_printed_as_falco_prints_them() {
        let utc = TimeZone::UTC;
        let east = TimeZone::fixed(jiff::tz::offset(2));
        let at = 1_700_000_000;
        assert_eq!(stamp(at, false, &utc), "Tue Nov 14 22:13:20 2023");
        assert_eq!(stamp(at, false, &east), "Wed Nov 15 00:13:20 2023");
        assert_eq!(stamp(at, true, &east), "2023-11-14T22:13:20+0000");
    }

    #[test]
    fn every_level_has_its_name() {
        assert_eq!(Level::by_name("emergency"), Some(Level::Emergency));
        assert_eq!(Level::by_name("debug"), Some(Level::Debug));
        assert_eq!(Level::by_name("loud"), None);
    }
}
