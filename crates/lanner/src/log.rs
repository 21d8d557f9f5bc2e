//! Lanner's own log: to stderr, one line a message, in Falco's format.

use std::io::Write;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use tz::{TimeZone, UtcDateTime};

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
    settings: Mutex<Settings>,
    zone: TimeZone,
}

/// What the configuration says about the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Messages graver than or as grave as this one are written.
    pub(crate) level: Level,
    /// Whether they are written to stderr (`log_stderr`).
    pub(crate) stderr: bool,
    /// Times in ISO 8601, in UTC (`time_format_iso_8601`).
    pub(crate) iso_time: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            level: Level::Info,
            stderr: true,
            iso_time: false,
        }
    }
}

impl Log {
    /// A log with the settings that hold until the configuration is read.
    pub(crate) fn new() -> Log {
        Log {
            settings: Mutex::new(Settings::default()),
            zone: TimeZone::local().unwrap_or_else(|_| TimeZone::utc()),
        }
    }

    /// Takes over the settings of the configuration.
    pub(crate) fn configure(&self, settings: Settings) {
        if let Ok(mut current) = self.settings.lock() {
            *current = settings;
        }
    }

    /// Writes a message.
    pub(crate) fn write(&self, level: Level, message: &str) {
        let Ok(settings) = self.settings.lock() else {
            return;
        };
        if level > settings.level || !settings.stderr {
            return;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let seconds = now.map_or(0, |d| d.as_secs() as i64);
        let line = format!(
            "{}: {}\n",
            stamp(seconds, settings.iso_time, &self.zone),
            message.trim_end_matches('\n')
        );
        // Nobody is left to tell if stderr is closed.
        let _ = std::io::stderr().write_all(line.as_bytes());
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

const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

fn stamp(seconds: i64, iso: bool, zone: &TimeZone) -> String {
    let offset = zone
        .find_local_time_type(seconds)
        .map_or(0, |t| i64::from(t.ut_offset()));
    let shown = if iso { seconds } else { seconds + offset };
    let Ok(t) = UtcDateTime::from_timespec(shown, 0) else {
        return seconds.to_string();
    };
    let (year, month, day) = (t.year(), t.month(), t.month_day());
    let (hour, minute, second) = (t.hour(), t.minute(), t.second());
    if iso {
        return format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+0000");
    }
    let weekday = DAYS[usize::from(t.week_day()) % 7];
    let month = MONTHS[usize::from(month.saturating_sub(1)) % 12];
    format!("{weekday} {month} {day:02} {hour:02}:{minute:02}:{second:02} {year:04}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_printed_as_falco_prints_them() {
        let utc = TimeZone::utc();
        let east = TimeZone::fixed(2 * 3600).unwrap();
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
