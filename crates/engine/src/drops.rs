//! Watching the losses of a source (§7.5 of the interface).

use lanner_event::{Ledger, LossClass};

/// What is to be done when too much is lost (`syscall_event_drops`).
#[derive(Clone, Debug, PartialEq)]
pub struct DropSettings {
    /// Losses per event above which something is done, 0 to 1.
    pub threshold: f64,
    /// Actions per second that are allowed in the long run.
    pub rate: f64,
    /// Actions that are allowed at once.
    pub burst: f64,
    /// Each interval counts a loss more than there was (`simulate_drops`), to try out what is done.
    pub simulate: bool,
}

/// Losses of one interval that exceed the threshold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drop {
    /// Events produced in the interval.
    pub events: u64,
    /// Events lost in the interval.
    pub lost: u64,
    /// Of these, for a full ring buffer.
    pub lost_full: u64,
    /// Of the last, by [`LossClass::ALL`].
    pub by_class: [u64; LossClass::ALL.len()],
    /// Whether the rate of actions allows one now.
    pub act: bool,
}

/// Compares the ledger of a source from interval to interval.
#[derive(Debug)]
pub struct DropMonitor {
    settings: DropSettings,
    before: Ledger,
    tokens: f64,
    checked_at: u64,
    detected: u64,
    acted: u64,
}

impl DropMonitor {
    /// Nothing lost yet. `now` is in nanoseconds, of any clock that does not go back.
    pub fn new(settings: DropSettings, now: u64) -> DropMonitor {
        DropMonitor {
            tokens: settings.burst,
            settings,
            before: Ledger::default(),
            checked_at: now,
            detected: 0,
            acted: 0,
        }
    }

    /// Goes on with other settings.
    pub fn set_settings(&mut self, settings: DropSettings) {
        self.tokens = self.tokens.min(settings.burst);
        self.settings = settings;
    }

    /// Takes the ledger of now and tells of losses since the last call, if they are too many.
    pub fn check(&mut self, ledger: Ledger, now: u64) -> Option<Drop> {
        let seconds = now.saturating_sub(self.checked_at) as f64 / 1e9;
        self.checked_at = now;
        self.tokens = (self.tokens + seconds * self.settings.rate).min(self.settings.burst);
        let before = std::mem::replace(&mut self.before, ledger);
        let after = &self.before;
        let lost = after.lost().saturating_sub(before.lost()) + u64::from(self.settings.simulate);
        let events = after.produced().saturating_sub(before.produced());
        if lost == 0 || lost as f64 <= self.settings.threshold * events.max(1) as f64 {
            return None;
        }
        self.detected += 1;
        let act = self.tokens >= 1.0;
        if act {
            self.tokens -= 1.0;
            self.acted += 1;
        }
        let mut by_class = after.lost_full_by_class();
        for (now, then) in by_class.iter_mut().zip(before.lost_full_by_class()) {
            *now = now.saturating_sub(then);
        }
        Some(Drop {
            events,
            lost,
            lost_full: by_class.iter().sum(),
            by_class,
            act,
        })
    }

    /// What is said at the end of a run.
    pub fn summary(&self) -> String {
        format!(
            "Syscall event drop monitoring:\n   - event drop detected: {} occurrences\n   \
             - num times actions taken: {}\n",
            self.detected, self.acted
        )
    }
}

/// The balance of a source at its end, a line for each thing to say: `produced = received + lost`.
pub fn balance(ledger: &Ledger) -> Vec<String> {
    if ledger.cpus.is_empty() {
        return Vec::new();
    }
    let (produced, received, lost) = (ledger.produced(), ledger.received, ledger.lost());
    let sum = received + lost;
    let equal = if produced == sum { "=" } else { "differs from" };
    let mut lines = vec![format!(
        "Events: {produced} produced {equal} {received} received + {lost} lost"
    )];
    for (cpu, entry) in ledger.cpus.iter().enumerate().filter(|(_, c)| c.lost() > 0) {
        let mut causes: Vec<String> = LossClass::ALL
            .iter()
            .zip(entry.lost_full)
            .filter(|(_, n)| *n > 0)
            .map(|(class, n)| format!("{n} {} (ring buffer full)", class.name()))
            .collect();
        for (n, cause) in [
            (entry.lost_too_large, "too large for the ring buffer"),
            (entry.lost_nested, "within another event"),
            (entry.lost_dispatch, "not handed over in the probe"),
        ] {
            if n > 0 {
                causes.push(format!("{n} {cause}"));
            }
        }
        lines.push(format!(
            "CPU {cpu}: {} of {} lost: {}",
            entry.lost(),
            entry.produced,
            causes.join(", ")
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use lanner_event::source::CpuLedger;

    use super::*;

    fn ledger(produced: u64, lost_opens: u64) -> Ledger {
        let mut cpu = CpuLedger {
            produced,
            ..CpuLedger::default()
        };
        cpu.lost_full[3] = lost_opens;
        Ledger {
            received: produced - lost_opens,
            cpus: vec![CpuLedger::default(), cpu],
            malformed: 0,
        }
    }

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn losses_above_the_threshold_are_told_as_often_as_the_rate_allows() {
        let settings = DropSettings {
            threshold: 0.1,
            rate: 0.25,
            burst: 1.0,
            simulate: false,
        };
        let mut monitor = DropMonitor::new(settings, 0);
        assert_eq!(monitor.check(ledger(1000, 0), SECOND), None);
        assert_eq!(monitor.check(ledger(2000, 100), 2 * SECOND), None);
        let told = monitor.check(ledger(3000, 300), 3 * SECOND).unwrap();
        assert_eq!((told.events, told.lost, told.lost_full), (1000, 200, 200));
        assert_eq!(told.by_class[3], 200);
        assert!(told.act);
        assert!(!monitor.check(ledger(4000, 600), 4 * SECOND).unwrap().act);
        assert!(monitor.check(ledger(5000, 900), 8 * SECOND).unwrap().act);
        assert_eq!(
            monitor.summary(),
            "Syscall event drop monitoring:\n   - event drop detected: 3 occurrences\n   \
             - num times actions taken: 2\n"
        );
    }

    #[test]
    fn the_balance_names_each_cpu_that_lost_something() {
        assert_eq!(
            balance(&ledger(1000, 3)),
            [
                "Events: 1000 produced = 997 received + 3 lost",
                "CPU 1: 3 of 1000 lost: 3 open (ring buffer full)"
            ]
        );
        assert!(balance(&Ledger::default()).is_empty());
        let mut wrong = ledger(10, 0);
        wrong.received = 9;
        assert_eq!(
            balance(&wrong),
            ["Events: 10 produced differs from 9 received + 0 lost"]
        );
    }
}
