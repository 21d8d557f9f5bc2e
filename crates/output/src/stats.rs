//! What became of alerts, by channel.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::queue::Queue;

/// What became of the alerts until now. Taken by [`StatsHandle::snapshot`] at any time, from any
/// thread, and returned by [`Outputs::finish`](crate::Outputs::finish).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// The channels, in the order of the configuration; those that a reload took away stay, at
    /// the end.
    pub channels: Vec<ChannelStats>,
    /// Alerts that were raised (each goes to every channel, or is collapsed).
    pub raised: u64,
    /// Alerts that were held back because they repeat another; each is in the count of an alert
    /// that says how many there were.
    pub collapsed: u64,
}

impl Stats {
    /// Alerts that did not fit in a queue, of all channels
    /// (`falco.outputs_queue_num_drops`).
    pub fn queue_drops(&self) -> u64 {
        self.channels.iter().map(|c| c.dropped).sum()
    }
}

/// What became of the alerts of one channel.
///
/// At any time when nothing moves,
/// `queued + recovered = sent + lost + dropped + rejected + expired + damaged + discarded +
/// depth + in_flight + spool_depth`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelStats {
    /// `stdout`, `file`, `syslog`, `program` or `http`.
    pub name: &'static str,
    /// Whether a reload took the channel away.
    pub removed: bool,
    /// Alerts of this run that were meant for the channel.
    pub queued: u64,
    /// Alerts of earlier runs that were found in the spool at the start.
    pub recovered: u64,
    /// Alerts that were delivered.
    pub sent: u64,
    /// Alerts that were given up after an attempt to deliver them failed.
    pub lost: u64,
    /// Alerts that were dropped because the queue, and the spool if there is one, was full.
    pub dropped: u64,
    /// Alerts that the receiver refused for good (http 400): they are in the dead-letter file,
    /// if there is a spool.
    pub rejected: u64,
    /// Alerts that became too old in the spool.
    pub expired: u64,
    /// Alerts in the spool that could not be read back; a torn end of it counts as one.
    pub damaged: u64,
    /// Alerts left at the end, when the channel did not take them in time and had no spool.
    pub discarded: u64,
    /// Attempts to deliver that failed; each may be of several alerts.
    pub failed: u64,
    /// Attempts to deliver that repeat a failed one.
    pub retried: u64,
    /// Alerts that were written to the spool.
    pub spooled: u64,
    /// Alerts that were delivered from the spool.
    pub replayed: u64,
    /// Alerts that were sent marked as possibly delivered before.
    pub redelivered: u64,
    /// Alerts that wait in memory.
    pub depth: u64,
    /// Alerts in the attempt that is under way and not in the spool.
    pub in_flight: u64,
    /// Alerts that may wait in memory (`outputs_queue.capacity`).
    pub capacity: u64,
    /// Alerts in the spool.
    pub spool_depth: u64,
    /// Bytes of the files of the spool.
    pub spool_bytes: u64,
    /// How long the attempt that is under way has taken, if it has taken longer than
    /// `output_timeout`.
    pub blocked: Option<Duration>,
    /// Whether the last attempt failed.
    pub failing: bool,
    /// The last failure, and when (seconds since the epoch).
    pub last_error: Option<(String, u64)>,
}

/// Gives [`Stats`] to whoever wants to show them: cheap to copy, usable from any thread, and valid
/// beyond the end of the outputs.
#[derive(Clone, Default)]
pub struct StatsHandle(pub(crate) Arc<Registry>);

impl StatsHandle {
    /// What became of the alerts until now.
    pub fn snapshot(&self) -> Stats {
        let channels = self.0.channels.lock();
        let channels = channels.unwrap_or_else(PoisonError::into_inner);
        let mut stats = Stats {
            channels: channels.iter().map(|c| c.snapshot()).collect(),
            raised: self.0.raised.load(Ordering::Relaxed),
            collapsed: self.0.collapsed.load(Ordering::Relaxed),
        };
        stats.channels.sort_by_key(|c| c.removed);
        stats
    }
}

/// All channels of a run.
#[derive(Default)]
pub(crate) struct Registry {
    pub(crate) channels: Mutex<Vec<Arc<Account>>>,
    pub(crate) raised: AtomicU64,
    pub(crate) collapsed: AtomicU64,
}

/// The counters of one channel, which outlive the configuration of it.
pub(crate) struct Account {
    pub(crate) name: &'static str,
    pub(crate) queue: Queue,
    pub(crate) removed: AtomicBool,
    pub(crate) queued: Counter,
    pub(crate) recovered: Counter,
    /// Alerts that a delivery dealt with: sent, or lost.
    pub(crate) handled: Counter,
    pub(crate) lost: Counter,
    pub(crate) dropped: Counter,
    pub(crate) rejected: Counter,
    pub(crate) expired: Counter,
    pub(crate) damaged: Counter,
    pub(crate) discarded: Counter,
    pub(crate) failed: Counter,
    pub(crate) retried: Counter,
    pub(crate) spooled: Counter,
    pub(crate) replayed: Counter,
    pub(crate) redelivered: Counter,
    pub(crate) in_flight: Counter,
    pub(crate) spool_depth: Counter,
    pub(crate) spool_bytes: Counter,
    /// When the attempt that is under way began: milliseconds of [`Account::clock`] plus one; 0 if
    /// none is.
    busy_since: AtomicU64,
    /// `output_timeout`, in milliseconds.
    timeout: AtomicU64,
    clock: Instant,
    error: Mutex<(bool, Option<(String, u64)>)>,
}

/// A number that several threads change.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    pub(crate) fn set(&self, n: u64) {
        self.0.store(n, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Account {
    pub(crate) fn new(name: &'static str, capacity: usize) -> Account {
        Account {
            name,
            queue: Queue::new(capacity),
            removed: AtomicBool::new(false),
            queued: Counter::default(),
            recovered: Counter::default(),
            handled: Counter::default(),
            lost: Counter::default(),
            dropped: Counter::default(),
            rejected: Counter::default(),
            expired: Counter::default(),
            damaged: Counter::default(),
            discarded: Counter::default(),
            failed: Counter::default(),
            retried: Counter::default(),
            spooled: Counter::default(),
            replayed: Counter::default(),
            redelivered: Counter::default(),
            in_flight: Counter::default(),
            spool_depth: Counter::default(),
            spool_bytes: Counter::default(),
            busy_since: AtomicU64::new(0),
            timeout: AtomicU64::new(0),
            clock: Instant::now(),
            error: Mutex::new((false, None)),
        }
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn set_timeout(&self, timeout: Duration) {
        let millis = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        self.timeout.store(millis, Ordering::Relaxed);
    }

    /// An attempt begins.
    pub(crate) fn begin(&self) {
        self.busy_since.store(self.millis() + 1, Ordering::Relaxed);
    }

    /// The attempt is over.
    pub(crate) fn end(&self) {
        self.busy_since.store(0, Ordering::Relaxed);
    }

    /// How long the attempt under way takes, if longer than it may.
    pub(crate) fn blocked(&self) -> Option<Duration> {
        let since = self.busy_since.load(Ordering::Relaxed).checked_sub(1)?;
        let lasts = self.millis().saturating_sub(since);
        let timeout = self.timeout.load(Ordering::Relaxed);
        (lasts > timeout).then(|| Duration::from_millis(lasts))
    }

    /// An attempt failed; whether the one before had not.
    pub(crate) fn fail(&self, error: &str) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |d| d.as_secs());
        let mut last = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        last.1 = Some((error.to_owned(), now));
        self.failed.add(1);
        !std::mem::replace(&mut last.0, true)
    }

    /// An attempt succeeded; whether the one before had failed.
    pub(crate) fn succeed(&self) -> bool {
        let mut last = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut last.0, false)
    }

    /// Whether the last attempt failed.
    pub(crate) fn is_failing(&self) -> bool {
        let last = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        last.0
    }

    /// What changes as alerts are dealt with.
    pub(crate) fn progress(&self) -> u64 {
        self.handled.get() + self.rejected.get() + self.expired.get()
    }

    fn snapshot(&self) -> ChannelStats {
        let error = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = self.lost.get();
        ChannelStats {
            name: self.name,
            removed: self.removed.load(Ordering::Relaxed),
            queued: self.queued.get(),
            recovered: self.recovered.get(),
            sent: self.handled.get().saturating_sub(lost),
            lost,
            dropped: self.dropped.get(),
            rejected: self.rejected.get(),
            expired: self.expired.get(),
            damaged: self.damaged.get(),
            discarded: self.discarded.get(),
            failed: self.failed.get(),
            retried: self.retried.get(),
            spooled: self.spooled.get(),
            replayed: self.replayed.get(),
            redelivered: self.redelivered.get(),
            depth: self.queue.len() as u64,
            in_flight: self.in_flight.get(),
            capacity: self.queue.capacity() as u64,
            spool_depth: self.spool_depth.get(),
            spool_bytes: self.spool_bytes.get(),
            blocked: self.blocked(),
            failing: error.0,
            last_error: error.1.clone(),
        }
    }
}
