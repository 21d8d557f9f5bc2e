//! What the engine's thread tells other threads of itself.
//!
//! It never waits for them: it leaves a heartbeat at every look around, and a [`Snapshot`] of its
//! counters when one was asked for. Whoever asks waits, and gets the last one if there is no newer
//! in time.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use crate::metrics::Snapshot;

/// A snapshot is not made again within this time: whoever asks more often gets the same.
const FRESH: Duration = Duration::from_millis(500);

/// How long the engine's thread may be busy elsewhere (with a reload, say) and count as at work.
const PULSE: Duration = Duration::from_secs(10);

/// An alert of the monitor about itself, to be sent by the engine's thread.
pub(crate) struct Notice {
    /// What stands in the place of a rule's name.
    pub(crate) rule: &'static str,
    /// What is the matter.
    pub(crate) message: String,
    /// Values.
    pub(crate) fields: Map<String, Value>,
}

/// The place where the threads meet.
pub(crate) struct Board {
    started: Instant,
    /// Milliseconds since `started` at the last look around.
    pulse: AtomicU64,
    rules: AtomicU64,
    asked: AtomicBool,
    snapshot: Mutex<Option<(Instant, Arc<Snapshot>)>>,
    fresh: Condvar,
    waiting: AtomicBool,
    notices: Mutex<Vec<Notice>>,
}

impl Board {
    /// Of a monitor whose source is open.
    pub(crate) fn new() -> Board {
        Board {
            started: Instant::now(),
            pulse: AtomicU64::new(0),
            rules: AtomicU64::new(0),
            asked: AtomicBool::new(false),
            snapshot: Mutex::new(None),
            fresh: Condvar::new(),
            waiting: AtomicBool::new(false),
            notices: Mutex::new(Vec::new()),
        }
    }

    /// The engine's thread is at work with so many rules.
    pub(crate) fn beat(&self, now: Instant, rules: usize) {
        let millis = now.saturating_duration_since(self.started).as_millis();
        let millis = u64::try_from(millis).unwrap_or(u64::MAX);
        self.pulse.store(millis, Ordering::Relaxed);
        self.rules.store(rules as u64, Ordering::Relaxed);
    }

    /// Why events do not flow, or no rules are at work; `None` if all is well.
    pub(crate) fn unready(&self) -> Option<String> {
        let pulse = Duration::from_millis(self.pulse.load(Ordering::Relaxed));
        let age = self.started.elapsed().saturating_sub(pulse);
        if age > PULSE {
            return Some(format!("no event was looked for in {} s", age.as_secs()));
        }
        let rules = self.rules.load(Ordering::Relaxed);
        (rules == 0).then(|| "no rule is enabled".to_owned())
    }

    /// Whether a snapshot is to be made; true once for each time.
    pub(crate) fn take_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed) && self.asked.swap(false, Ordering::Relaxed)
    }

    /// Leaves a snapshot.
    pub(crate) fn publish(&self, snapshot: Snapshot) {
        let mut held = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        *held = Some((Instant::now(), Arc::new(snapshot)));
        self.fresh.notify_all();
    }

    /// A snapshot of now, or the last one if the engine's thread makes none within `patience`.
    pub(crate) fn snapshot(&self, patience: Duration) -> Option<Arc<Snapshot>> {
        let end = Instant::now() + patience;
        let mut held = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |held: &Option<(Instant, _)>| {
            held.as_ref()
                .is_some_and(|(made, _)| made.elapsed() < FRESH)
        };
        self.asked.store(!is_fresh(&held), Ordering::Relaxed);
        while !is_fresh(&held) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.fresh.wait_timeout(held, left);
            held = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        held.as_ref().map(|(_, snapshot)| Arc::clone(snapshot))
    }

    /// Asks the engine's thread to send an alert.
    pub(crate) fn notify(&self, notice: Notice) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        notices.push(notice);
        self.waiting.store(true, Ordering::Release);
    }

    /// The alerts to be sent.
    pub(crate) fn take_notices(&self) -> Vec<Notice> {
        if !self.waiting.swap(false, Ordering::Acquire) {
            return Vec::new();
        }
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut notices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readiness_needs_a_pulse_and_rules() {
        let board = Board::new();
        assert_eq!(board.unready().as_deref(), Some("no rule is enabled"));
        board.beat(Instant::now(), 3);
        assert_eq!(board.unready(), None);
        let long_ago = Board {
            started: Instant::now().checked_sub(2 * PULSE).unwrap(),
            ..Board::new()
        };
        long_ago.beat(long_ago.started, 3);
        assert!(
            long_ago
                .unready()
                .unwrap()
                .contains("no event was looked for")
        );
    }

    #[test]
    fn a_snapshot_is_made_when_asked_for_and_shared() {
        let board = Board::new();
        assert!(!board.take_asked());
        assert!(board.snapshot(Duration::ZERO).is_none());
        assert!(board.take_asked() && !board.take_asked());
        board.publish(Snapshot::default());
        let first = board.snapshot(Duration::ZERO).unwrap();
        assert!(Arc::ptr_eq(
            &first,
            &board.snapshot(Duration::ZERO).unwrap()
        ));
        assert!(!board.take_asked());
    }
}
