//! What lasts from event to event: how values print, and the few fields that compare an event with
//! those before it.

use std::cell::Cell;

use bstr::BString;
use hashbrown::HashMap;
use jiff::tz::TimeZone;
use lanner_event::Event;
use lanner_event::schema::{EventType, Kind};

/// How values print, and where they come from if not from events.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The time zone of `evt.time` and `evt.datetime`.
    pub zone: TimeZone,
    /// What `evt.hostname` is; `None` for the name of the machine behind the events.
    pub hostname: Option<BString>,
    /// `buffer_format_base64`: byte buffers print as base64 instead of text with dots.
    pub base64: bool,
    /// `static_fields`: names without `static.` and values, in the order of the scheme.
    pub statics: Vec<(String, BString)>,
}

impl Default for Settings {
    /// The time zone of this machine, no base64, no static fields.
    fn default() -> Settings {
        Settings {
            zone: TimeZone::system(),
            hostname: None,
            base64: false,
            statics: Vec::new(),
        }
    }
}

/// CPU time in a procinfo event, in the units of its producer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct CpuTime {
    pub(crate) user: u64,
    pub(crate) system: u64,
}

impl CpuTime {
    /// Time since `before`, at most 100 for each; 0 if there was none before.
    fn since(self, before: CpuTime) -> CpuShare {
        let share = |now: u64, before: u64| {
            if before == 0 {
                0.0
            } else {
                (now.wrapping_sub(before) as f64).min(100.0)
            }
        };
        CpuShare {
            user: share(self.user, before.user),
            system: share(self.system, before.system),
            total: share(
                self.user.wrapping_add(self.system),
                before.user.wrapping_add(before.system),
            ),
        }
    }
}

/// What a procinfo event says of its thread since the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct CpuShare {
    pub(crate) user: f64,
    pub(crate) system: f64,
    pub(crate) total: f64,
}

/// The state of extraction over the events of a run. Feed every event to [`Session::observe`], also
/// those that no condition sees, and before its fields are read.
#[derive(Debug, Default)]
pub struct Session {
    pub(crate) settings: Settings,
    /// Time of the first event that is none of the monitoring's own; 0 before.
    pub(crate) first_ts: u64,
    /// Nanoseconds since the previous event.
    pub(crate) delta: u64,
    previous_ts: u64,
    /// By CPU, when it last switched.
    switches: Vec<u64>,
    /// What the current switch event says of the thread that it takes off the CPU.
    pub(crate) on_cpu: u64,
    totals: HashMap<i64, u64>,
    cpu_times: HashMap<i64, CpuTime>,
    /// For a procinfo event.
    pub(crate) cpu_share: Option<CpuShare>,
    counter: Cell<u64>,
}

/// CPU numbers above this are not remembered.
const MAX_CPUS: usize = 4096;

/// Threads of which times are remembered; a run that exceeds it starts over.
const MAX_THREADS: usize = 1 << 17;

impl Session {
    /// A session before its first event.
    pub fn new(settings: Settings) -> Session {
        Session {
            settings,
            ..Session::default()
        }
    }

    /// How values print.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Prints values in another way from the next event on; what is remembered stays.
    pub fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// Takes note of an event; it is the one whose fields are read next.
    pub fn observe(&mut self, event: &Event<'_>) {
        if self.first_ts == 0 && event.info().kind != Kind::Meta {
            self.first_ts = event.ts;
        }
        self.delta = match self.previous_ts {
            0 => 0,
            previous => event.ts.wrapping_sub(previous),
        };
        self.previous_ts = event.ts;
        self.on_cpu = 0;
        self.cpu_share = None;
        match event.ty {
            EventType::SCHEDSWITCH_6_E => self.switch(event),
            EventType::PROCINFO_E => self.procinfo(event),
            EventType::PROCEXIT_1_E => {
                self.totals.remove(&event.tid);
                self.cpu_times.remove(&event.tid);
            }
            _ => {}
        }
    }

    fn switch(&mut self, event: &Event<'_>) {
        let cpu = usize::from(event.cpu);
        if cpu >= MAX_CPUS {
            return;
        }
        if self.switches.len() <= cpu {
            self.switches.resize(cpu + 1, 0);
        }
        let last = std::mem::replace(&mut self.switches[cpu], event.ts);
        if last != 0 {
            self.on_cpu = event.ts.wrapping_sub(last);
        }
        if self.totals.len() >= MAX_THREADS {
            self.totals.clear();
        }
        let total = self.totals.entry(event.tid).or_default();
        *total = total.wrapping_add(self.on_cpu);
    }

    fn procinfo(&mut self, event: &Event<'_>) {
        let now = CpuTime {
            user: event.uint(0).unwrap_or(0),
            system: event.uint(1).unwrap_or(0),
        };
        if self.cpu_times.len() >= MAX_THREADS {
            self.cpu_times.clear();
        }
        let before = self.cpu_times.insert(event.tid, now).unwrap_or_default();
        self.cpu_share = Some(now.since(before));
    }

    /// Nanoseconds that a thread was on a CPU so far.
    pub(crate) fn total_on_cpu(&self, tid: i64) -> u64 {
        self.totals.get(&tid).copied().unwrap_or(0)
    }

    /// The next value of `util.cnt`.
    pub(crate) fn count(&self) -> u64 {
        self.counter.set(self.counter.get().wrapping_add(1));
        self.counter.get()
    }
}

#[cfg(test)]
mod tests {
    use lanner_event::testing::EventBuilder;

    use super::*;

    #[test]
    fn times_between_events_are_remembered() {
        let mut session = Session::default();
        let mut see = |ty, ts, cpu| {
            let record = EventBuilder::new(ty).ts(ts).cpu(cpu).tid(7).build();
            session.observe(&record.event());
            let total = session.total_on_cpu(7);
            (session.first_ts, session.delta, session.on_cpu, total)
        };
        assert_eq!(see(EventType::PROCINFO_E, 5, 0), (0, 0, 0, 0));
        assert_eq!(see(EventType::SCHEDSWITCH_6_E, 10, 1), (10, 5, 0, 0));
        assert_eq!(see(EventType::SCHEDSWITCH_6_E, 17, 1), (10, 7, 7, 7));
        assert_eq!(see(EventType::SCHEDSWITCH_6_E, 18, 0), (10, 1, 0, 7));
        assert_eq!(see(EventType::SCHEDSWITCH_6_E, 20, 1), (10, 2, 3, 10));
        assert_eq!(see(EventType::SYSCALL_CLOSE_X, 21, 1), (10, 1, 0, 10));
        assert_eq!(see(EventType::PROCEXIT_1_E, 22, 1), (10, 1, 0, 0));
    }

    #[test]
    fn procinfo_events_give_shares() {
        let mut session = Session::default();
        let mut see = |user, system| {
            let record = EventBuilder::new(EventType::PROCINFO_E)
                .tid(7)
                .with("cpu_usr", user)
                .with("cpu_sys", system)
                .build();
            session.observe(&record.event());
            session.cpu_share.map(|s| (s.user, s.system, s.total))
        };
        assert_eq!(see(10, 0), Some((0.0, 0.0, 0.0)));
        assert_eq!(see(14, 3), Some((4.0, 0.0, 7.0)));
        assert_eq!(see(214, 6), Some((100.0, 3.0, 100.0)));
    }
}
