//! What of a channel is not delivered: the delivery under way, and the spool behind it.
//!
//! With a spool, alerts flow through memory while the receiver keeps up. When a delivery fails, or
//! the queue in memory is half full, everything that waits goes to the spool, in order, the
//! delivery under way first, and so does everything that comes until the spool is empty again.
//! What was spooled is therefore always older than what is in memory.
//!
//! The sender of the channel and its spooler share a [`Backlog`] behind a lock, which neither
//! holds while it waits for the receiver.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Fault;
use crate::channel::Stop;
use crate::delivery::OnFault;
use crate::queue::{Item, Portion, Wake};
use crate::spool::{Position, Spool, SpoolError, SpoolSettings};
use crate::stats::Account;

/// How many alerts are written to the spool at once.
const WRITTEN_AT_ONCE: Portion = Portion {
    items: 1024,
    bytes: 1 << 20,
};

/// How often the spooler looks whether what it wrote should be forced to the disk.
const SYNC_LOOK: Duration = Duration::from_millis(500);

/// How long the spooler waits when the spool takes nothing.
const FULL_WAIT: Duration = Duration::from_millis(100);

/// The delivery under way, and the spool behind it.
pub(crate) struct Backlog {
    spool: Spool,
    /// The alerts of the delivery under way, and where each ends in the spool if it is there.
    under_way: Vec<(Item, Option<Position>)>,
    /// So many of them an attempt concerns that may have delivered them.
    attempted: usize,
    /// That the spool takes nothing was told.
    told: bool,
}

/// Shared by the two threads, and by the engine's at the end.
#[derive(Default)]
pub(crate) struct Shared(Mutex<Option<Backlog>>);

impl Shared {
    /// The backlog; `None` if the channel has no spool.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Option<Backlog>> {
        // What is in it stays consistent if a thread ends in the middle: files are.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backlog {
    /// Opens the spool.
    pub(crate) fn open(
        settings: SpoolSettings,
        run: u64,
        account: &Account,
        on_fault: &OnFault,
    ) -> Result<Backlog, SpoolError> {
        let mut spool = Spool::open(settings, run)?;
        let losses = spool.take_losses();
        // After a reload the spool holds what this run put into it.
        let found = spool.depth().saturating_sub(account.spool_depth.get());
        account.recovered.add(found + losses.damaged);
        account.damaged.add(losses.damaged);
        if found + losses.damaged > 0 {
            on_fault(Fault::Recovered {
                channel: account.name,
                alerts: found,
                damaged: losses.damaged,
            });
        }
        let backlog = Backlog {
            spool,
            under_way: Vec::new(),
            attempted: 0,
            told: false,
        };
        backlog.count(account);
        account.queue.set_spilling(backlog.spool.depth() > 0);
        Ok(backlog)
    }

    fn count(&self, account: &Account) {
        account.spool_depth.set(self.spool.depth());
        account.spool_bytes.set(self.spool.bytes());
        let in_memory = self.under_way.iter().filter(|(_, at)| at.is_none()).count();
        account.in_flight.set(in_memory as u64);
    }

    /// Takes the alerts of the next delivery: from the spool as long as there is something in it.
    pub(crate) fn take(&mut self, portion: Portion, account: &Account) -> Vec<Item> {
        let read = self.spool.read(portion);
        let losses = self.spool.take_losses();
        account.expired.add(losses.expired);
        account.damaged.add(losses.damaged);
        self.attempted = 0;
        self.under_way = read.into_iter().map(|(i, at)| (i, Some(at))).collect();
        if self.under_way.is_empty() && self.spool.depth() == 0 {
            account.queue.set_spilling(false);
            let items = account.queue.take(portion);
            self.under_way = items.into_iter().map(|i| (i, None)).collect();
        }
        self.count(account);
        self.under_way.iter().map(|(i, _)| i.clone()).collect()
    }

    /// An attempt to deliver the first `count` alerts begins.
    pub(crate) fn attempt(&mut self, count: usize) -> io::Result<()> {
        self.attempted = count;
        self.note_attempt()
    }

    fn note_attempt(&mut self) -> io::Result<()> {
        let first = self.under_way.iter().take(self.attempted);
        match first.filter_map(|(_, at)| *at).next_back() {
            Some(at) => self.spool.attempt(at),
            None => Ok(()),
        }
    }

    /// The first `count` alerts are dealt with; how many of them came from the spool.
    pub(crate) fn settle(&mut self, count: usize, account: &Account) -> (usize, io::Result<()>) {
        let settled: Vec<Position> = self
            .under_way
            .drain(..count.min(self.under_way.len()))
            .filter_map(|(_, at)| at)
            .collect();
        self.attempted = self.attempted.saturating_sub(count);
        let result = match settled.last() {
            Some(at) => self.spool.ack(*at, settled.len() as u64),
            None => Ok(()),
        };
        self.count(account);
        (settled.len(), result)
    }

    /// The attempt failed, and for certain.
    pub(crate) fn refused(&mut self) -> io::Result<()> {
        let was = std::mem::take(&mut self.attempted);
        // What an earlier attempt may have delivered stays marked.
        let marked = self.under_way.iter().take_while(|(i, _)| i.redelivery);
        let known = marked.filter_map(|(_, at)| *at).last();
        match self.under_way.first() {
            Some((_, Some(_))) if was > 0 => self.spool.refused(known.unwrap_or_default()),
            _ => Ok(()),
        }
    }

    /// The attempt may have delivered the first `count` alerts.
    pub(crate) fn mark(&mut self, count: usize) {
        for (item, _) in self.under_way.iter_mut().take(count) {
            item.redelivery = true;
        }
    }

    /// Keeps what a receiver refused for good.
    pub(crate) fn keep_rejected(&self, item: &Item, reason: &str) -> io::Result<()> {
        self.spool.rejected.add(item, reason)
    }

    /// Writes everything that is only in memory to the spool; whether it took it all.
    pub(crate) fn spill(&mut self, account: &Account, on_fault: &OnFault) -> bool {
        account.queue.set_spilling(true);
        let result = self.spill_all(account);
        self.count(account);
        match result {
            Ok(()) => self.told = false,
            Err(error) => {
                if !std::mem::replace(&mut self.told, true) {
                    on_fault(Fault::Spool {
                        channel: account.name,
                        error: error.to_string(),
                    });
                }
                return false;
            }
        }
        true
    }

    fn spill_all(&mut self, account: &Account) -> Result<(), SpoolError> {
        // Those that are in the spool come first.
        let from = self.under_way.partition_point(|(_, at)| at.is_some());
        if from < self.under_way.len() {
            let items: Vec<Item> = self.under_way[from..]
                .iter()
                .map(|(i, _)| i.clone())
                .collect();
            let (ends, error) = self.spool.append(&items);
            account.spooled.add(ends.len() as u64);
            for ((_, at), end) in self.under_way[from..].iter_mut().zip(ends) {
                *at = Some(end);
            }
            // They are read already.
            if let Some((_, Some(at))) = self.under_way.iter().rfind(|(_, at)| at.is_some()) {
                self.spool.skip_to(*at);
            }
            let noted = self.note_attempt();
            if let Some(error) = error {
                return Err(error);
            }
            noted.map_err(|e| self.spool.failed("writing its cursor", e))?;
        }
        loop {
            let items = account.queue.peek(WRITTEN_AT_ONCE);
            if items.is_empty() {
                return Ok(());
            }
            let (ends, error) = self.spool.append(&items);
            account.spooled.add(ends.len() as u64);
            account.queue.discard(ends.len());
            if let Some(error) = error {
                return Err(error);
            }
        }
    }

    /// What is neither delivered nor in the spool.
    pub(crate) fn in_memory(&self) -> usize {
        self.under_way.iter().filter(|(_, at)| at.is_none()).count()
    }

    /// Takes those out that no spool has.
    pub(crate) fn take_from_memory(&mut self) -> Vec<Item> {
        let taken = std::mem::take(&mut self.under_way).into_iter();
        taken
            .filter(|(_, at)| at.is_none())
            .map(|(i, _)| i)
            .collect()
    }

    /// Leaves the spool at the end of a run.
    pub(crate) fn close(self) -> io::Result<()> {
        self.spool.close()
    }
}

/// The thread that writes to the spool what the sender does not keep up with.
pub(crate) fn run_spooler(shared: &Shared, account: &Account, ends: &Stop, on_fault: &OnFault) {
    loop {
        let wake = account.queue.wait_spooler(Instant::now() + SYNC_LOOK);
        if ends.is_set() || wake == Wake::Closed {
            return;
        }
        let mut backlog = shared.lock();
        let Some(backlog_now) = backlog.as_mut() else {
            return;
        };
        let full = wake == Wake::Items && !backlog_now.spill(account, on_fault);
        if let Err(error) = backlog_now.spool.sync_if_due() {
            let error = backlog_now.spool.failed("syncing", error);
            on_fault(Fault::Spool {
                channel: account.name,
                error: error.to_string(),
            });
        }
        drop(backlog);
        if full {
            ends.wait(FULL_WAIT);
        }
    }
}
