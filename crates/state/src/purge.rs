//! Threads whose exit was lost: found dead by asking the machine, some with each event, so that
//! the event path never waits for a walk over the whole table.

use crate::State;

/// Slots that are looked at after one event.
const STEP: u32 = 16;

/// When and what to purge, in nanoseconds of event time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Purge {
    interval: u64,
    timeout: u64,
    /// When the next walk begins; 0 before the first event.
    due: u64,
    /// The next slot to look at, during a walk.
    cursor: Option<u32>,
}

impl Default for Purge {
    fn default() -> Purge {
        Purge {
            interval: 300_000_000_000,
            timeout: 300_000_000_000,
            due: 0,
            cursor: None,
        }
    }
}

/// How soon after the start the first walk is.
const FIRST_NS: u64 = 30_000_000_000;

impl State {
    /// Sets how often dead threads are looked for and how long a thread must have caused no event
    /// to be looked at, both in nanoseconds (`falco_libs.thread_table_auto_purging_interval_s`
    /// and `…_thread_timeout_s`; 300 s each by default). Live only.
    pub fn set_purging(&mut self, interval_ns: u64, timeout_ns: u64) {
        self.purge.interval = interval_ns.max(1);
        self.purge.timeout = timeout_ns;
        self.purge.due = 0;
    }

    /// Looks at the next few threads, if it is time.
    pub(crate) fn purge_some(&mut self) {
        if self.live.is_none() {
            return;
        }
        let purge = &mut self.purge;
        if purge.due == 0 {
            purge.due = self.now + purge.interval.min(FIRST_NS);
        }
        let start = match purge.cursor {
            Some(cursor) => cursor,
            None if self.now >= purge.due => {
                purge.due = self.now + purge.interval;
                0
            }
            None => return,
        };
        let end = start.saturating_add(STEP).min(self.threads.slot_count());
        for slot in start..end {
            if self.is_stale(slot) {
                self.counters.threads_purged += 1;
                self.remove_thread(slot);
            }
        }
        self.purge.cursor = (end < self.threads.slot_count()).then_some(end);
    }

    fn is_stale(&mut self, slot: u32) -> bool {
        let Some(entry) = self.threads.get(slot) else {
            return false;
        };
        let (pid, tid) = (entry.thread.pid, entry.thread.tid);
        // An entry that is made up is worth another look in `/proc` when it acts again.
        if entry.is_invalid() {
            return true;
        }
        // A main thread that exited stays for the others of its process.
        if entry.is_dead() && self.threads.group(pid).is_some_and(|g| g.alive > 0) {
            return false;
        }
        let idle = self.now > entry.last_event.saturating_add(self.purge.timeout);
        idle && self
            .live
            .as_mut()
            .is_some_and(|live| !live.is_alive(pid, tid))
    }
}
