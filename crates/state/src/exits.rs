//! Threads that exited a moment ago: the creator's half of `clone` may come after its child is
//! gone, and must not bring it back.

use std::collections::VecDeque;

use hashbrown::HashMap;

/// How long an exit matters.
const MAX_AGE_NS: u64 = 2_000_000_000;

/// How many exits are remembered.
const CAPACITY: usize = 8192;

#[derive(Default)]
pub(crate) struct Exits {
    /// Time of the exit by parent and thread id.
    times: HashMap<(i64, i64), u64>,
    order: VecDeque<(i64, i64)>,
}

impl Exits {
    /// Remembers an exit.
    pub(crate) fn record(&mut self, ptid: i64, tid: i64, ts: u64) {
        if self.times.insert((ptid, tid), ts).is_some() {
            return;
        }
        self.order.push_back((ptid, tid));
        if self.order.len() > CAPACITY
            && let Some(oldest) = self.order.pop_front()
        {
            self.times.remove(&oldest);
        }
    }

    /// Whether the child of this parent exited shortly before `ts`.
    pub(crate) fn has(&self, ptid: i64, tid: i64, ts: u64) -> bool {
        self.times
            .get(&(ptid, tid))
            .is_some_and(|at| ts >= *at && ts - at < MAX_AGE_NS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exits_are_remembered_for_two_seconds_and_not_without_bound() {
        let mut exits = Exits::default();
        exits.record(1, 2, 1_000);
        assert!(exits.has(1, 2, 1_000));
        assert!(exits.has(1, 2, 1_000 + MAX_AGE_NS - 1));
        assert!(!exits.has(1, 2, 1_000 + MAX_AGE_NS));
        assert!(!exits.has(1, 2, 999));
        assert!(!exits.has(2, 1, 1_000));
        for tid in 0..3 * CAPACITY as i64 {
            exits.record(7, tid, 5);
        }
        assert_eq!((exits.times.len(), exits.order.len()), (CAPACITY, CAPACITY));
        assert!(!exits.has(1, 2, 1_000));
    }
}
