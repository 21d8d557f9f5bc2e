//! The thread that delivers the alerts of one channel.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::Fault;
use crate::backlog::{self, Backlog};
use crate::backoff::Backoff;
use crate::channel::{Failure, Others, Stop, Target, Transport};
use crate::host::{Host, Needs};
use crate::queue::{Item, Wake};
use crate::spool::SpoolSettings;
use crate::stats::Account;

/// Tells the operator what is wrong. Called from any thread of the outputs.
pub(crate) type OnFault = Arc<dyn Fn(Fault) + Send + Sync>;

/// How failed deliveries are repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The pause before the first repetition; it doubles from one to the next.
    pub first: Duration,
    /// The longest pause.
    pub most: Duration,
    /// So many times an attempt that the receiver did not answer in time is repeated without a
    /// pause (`max_consecutive_timeouts`).
    pub timeouts: u32,
}

impl Default for Retry {
    fn default() -> Retry {
        Retry {
            first: Duration::from_millis(200),
            most: Duration::from_secs(10),
            timeouts: 5,
        }
    }
}

/// One channel: where it goes and how. Two that are equal need no change on a reload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) target: Target,
    pub(crate) retry: Option<Retry>,
    pub(crate) buffered: bool,
    pub(crate) spool: Option<SpoolSettings>,
}

/// What the engine's side and the threads of a channel share.
#[derive(Default)]
struct Signals {
    /// The attempt under way is not waited for any longer.
    stop: Stop,
    /// Close and open again before the next attempt.
    reopen: AtomicBool,
    /// End after the attempt under way, and leave the rest to the next thread.
    hand_over: AtomicBool,
    /// The thread has ended.
    ended: Stop,
    backlog: backlog::Shared,
}

/// The engine's side of a channel.
pub(crate) struct Link {
    pub(crate) account: Arc<Account>,
    pub(crate) settings: Settings,
    signals: Arc<Signals>,
    on_fault: OnFault,
    /// That it is blocked was told.
    told: bool,
    /// It was waited for in vain, and has failed ever since.
    pub(crate) given_up: bool,
}

impl Link {
    /// Starts the thread of a channel. A `predecessor` is asked to end first; what it
    /// leaves in the queue of the account goes out before anything else.
    pub(crate) fn start(
        settings: Settings,
        transport: Box<dyn Transport>,
        account: Arc<Account>,
        predecessor: Option<&Link>,
        run: u64,
        (host, on_fault): (&Arc<dyn Host>, &OnFault),
    ) -> io::Result<Link> {
        let signals = Arc::new(Signals::default());
        let before = predecessor.map(|p| Arc::clone(&p.signals));
        let mut sender = Sender {
            account: Arc::clone(&account),
            signals: Arc::clone(&signals),
            transport,
            retry: settings.retry,
            backoff: settings.retry.map(|r| Backoff::new(r.first, r.most)),
            host: Arc::clone(host),
            on_fault: Arc::clone(on_fault),
            last: false,
        };
        let spool = settings.spool.clone();
        let name = format!("out-{}", account.name);
        std::thread::Builder::new().name(name).spawn(move || {
            if let Some(before) = before {
                while !before.ended.wait(Duration::from_secs(3600)) {}
            }
            sender.run(spool, run);
            sender.signals.ended.set();
        })?;
        if let Some(predecessor) = predecessor {
            predecessor.hand_over();
        }
        Ok(Link {
            account,
            settings,
            signals,
            on_fault: Arc::clone(on_fault),
            told: false,
            given_up: false,
        })
    }

    /// Has it closed and opened again before the next attempt.
    pub(crate) fn reopen(&self) {
        self.signals.reopen.store(true, Ordering::Relaxed);
        self.account.queue.poke();
    }

    /// Whether an attempt takes longer than it may, and that was not told yet.
    pub(crate) fn is_newly_blocked(&mut self) -> bool {
        let blocked = self.account.blocked().is_some();
        let newly = blocked && !self.told;
        self.told = blocked;
        newly
    }

    /// Has it end after the attempt under way, and leave the rest to the next.
    pub(crate) fn hand_over(&self) {
        self.signals.hand_over.store(true, Ordering::Relaxed);
        self.account.queue.poke();
    }

    /// Takes no more alerts; those that wait are still delivered.
    pub(crate) fn close(&self) {
        self.account.queue.close();
    }

    /// Whether it is of a channel that a reload took away.
    pub(crate) fn is_retired(&self) -> bool {
        self.account.removed.load(Ordering::Relaxed)
    }

    /// Whether its thread has ended.
    pub(crate) fn is_done(&self) -> bool {
        self.signals.ended.is_set()
    }

    /// Gives up the attempt under way if it takes too long and others wait for its end.
    pub(crate) fn stop_if_blocked(&self) {
        if self.account.blocked().is_some() {
            self.signals.stop.set();
        }
    }

    /// Waits for the end of a closed channel; whether everything it had is delivered, or in its
    /// spool. As long as alerts are being delivered the end may take as long as it needs, unless
    /// there is a spool to keep them.
    pub(crate) fn finish(&self, patience: Duration) -> bool {
        let mut progress = self.account.progress();
        loop {
            if self.signals.ended.wait(patience) {
                return true;
            }
            let now = self.account.progress();
            if now == progress || self.signals.backlog.lock().is_some() {
                break;
            }
            progress = now;
        }
        self.signals.stop.set();
        self.account.queue.poke();
        if self.signals.ended.wait(patience.min(STOPPING)) {
            return true;
        }
        self.abandon()
    }

    /// The thread is stuck: what it has goes to the spool, or is counted as discarded.
    fn abandon(&self) -> bool {
        let queue = &self.account.queue;
        let mut backlog = self.signals.backlog.lock();
        let mut left = self.account.in_flight.get();
        if let Some(backlog) = backlog.as_mut() {
            backlog.spill(&self.account, &self.on_fault);
            left = backlog.in_memory() as u64;
        }
        // What the thread does from now on concerns nobody.
        if let Some(backlog) = backlog.take() {
            // The next run sees that it was not closed, and marks more than it had to.
            let _ = backlog.close();
        }
        let waiting = queue.len();
        queue.discard(waiting);
        self.account.in_flight.set(0);
        self.account.discarded.add(left + waiting as u64);
        left + waiting as u64 == 0
    }
}

/// How long a thread that is told to stop is waited for.
const STOPPING: Duration = Duration::from_millis(200);

/// The thread.
struct Sender {
    account: Arc<Account>,
    signals: Arc<Signals>,
    transport: Box<dyn Transport>,
    retry: Option<Retry>,
    backoff: Option<Backoff>,
    host: Arc<dyn Host>,
    on_fault: OnFault,
    /// The last attempt was made after the end of the alerts.
    last: bool,
}

/// What to do after a failed attempt.
enum After {
    /// Try again.
    Again,
    /// Leave the rest to whoever comes next.
    Leave,
}

impl Sender {
    fn run(&mut self, spool: Option<SpoolSettings>, run: u64) {
        let needs = self.needs(spool.as_ref());
        let spooler = spool.and_then(|settings| self.open_spool(settings, run, &needs));
        // Its folder is there now.
        self.host.confine(&needs);
        loop {
            self.obey();
            if self.hands_over() || self.signals.stop.is_set() {
                break;
            }
            let items = self.take();
            if !items.is_empty() {
                self.deliver(items);
                continue;
            }
            if self.account.queue.wait_sender(None) == Wake::Closed {
                break;
            }
        }
        // Whatever waits for its end gives it up when it takes too long.
        self.account.begin();
        let closed = self.transport.close(&self.signals.stop);
        self.account.end();
        if let Err(failure) = closed {
            self.note(&failure);
        }
        if let Some((spooler, ends)) = spooler {
            ends.set();
            self.account.queue.poke();
            // It has nothing to say.
            let _ = spooler.join();
            self.close_spool();
            let alerts = self.account.spool_depth.get();
            if alerts > 0 && self.account.removed.load(Ordering::Relaxed) {
                (self.on_fault)(Fault::Left {
                    channel: self.account.name,
                    alerts,
                });
            }
        }
        if self.account.queue.is_closed() && !self.hands_over() {
            let left = self.account.queue.len();
            self.account.queue.discard(left);
            self.account.discarded.add(left as u64);
        }
    }

    /// What the threads of the channel need.
    fn needs(&self, spool: Option<&SpoolSettings>) -> Needs {
        let mut needs = self.transport.needs();
        if let Needs::Only { writes, .. } = &mut needs {
            writes.extend(spool.map(|s| s.dir.clone()));
        }
        needs
    }

    /// Opens the spool and starts its thread.
    fn open_spool(
        &self,
        settings: SpoolSettings,
        run: u64,
        needs: &Needs,
    ) -> Option<(JoinHandle<()>, Arc<Stop>)> {
        let opened = Backlog::open(settings, run, &self.account, &self.on_fault);
        let failed = |error: String| {
            (self.on_fault)(Fault::Spool {
                channel: self.account.name,
                error,
            });
        };
        let backlog = opened.map_err(|e| failed(e.to_string())).ok()?;
        *self.signals.backlog.lock() = Some(backlog);
        let ends = Arc::new(Stop::default());
        let (account, signals) = (Arc::clone(&self.account), Arc::clone(&self.signals));
        let (on_fault, stop) = (Arc::clone(&self.on_fault), Arc::clone(&ends));
        let (host, needs) = (Arc::clone(&self.host), needs.clone());
        let spooler = std::thread::Builder::new()
            .name(format!("spool-{}", self.account.name))
            .spawn(move || {
                host.confine(&needs);
                backlog::run_spooler(&signals.backlog, &account, &stop, &on_fault);
            });
        match spooler {
            Ok(spooler) => Some((spooler, ends)),
            Err(error) => {
                *self.signals.backlog.lock() = None;
                self.account.queue.set_spilling(false);
                failed(error.to_string());
                None
            }
        }
    }

    /// Writes what is left to the spool, and leaves it.
    fn close_spool(&self) {
        let mut shared = self.signals.backlog.lock();
        let Some(mut backlog) = shared.take() else {
            return;
        };
        if !self.hands_over() || backlog.in_memory() > 0 {
            backlog.spill(&self.account, &self.on_fault);
        }
        let left = backlog.take_from_memory();
        self.account.queue.put_back(left);
        self.account.in_flight.set(0);
        let closed = backlog.close();
        self.account.queue.set_spilling(false);
        if let Err(error) = closed {
            self.spool_failed(&error);
        }
    }

    fn spool_failed(&self, error: &io::Error) {
        (self.on_fault)(Fault::Spool {
            channel: self.account.name,
            error: error.to_string(),
        });
    }

    /// What to deliver next; nothing if there is nothing.
    fn take(&self) -> Vec<Item> {
        let portion = self.transport.portion();
        match self.signals.backlog.lock().as_mut() {
            Some(backlog) => backlog.take(portion, &self.account),
            None => {
                let items = self.account.queue.take(portion);
                self.account.in_flight.set(items.len() as u64);
                items
            }
        }
    }

    /// Does something with the backlog, if there is one; what goes wrong with its files is told.
    fn with_backlog(&self, what: impl FnOnce(&mut Backlog) -> io::Result<()>) {
        let result = self.signals.backlog.lock().as_mut().map(what);
        if let Some(Err(error)) = result {
            self.spool_failed(&error);
        }
    }

    fn hands_over(&self) -> bool {
        self.signals.hand_over.load(Ordering::Relaxed)
    }

    /// Does what was asked for between two attempts.
    fn obey(&mut self) {
        if !self.signals.reopen.swap(false, Ordering::Relaxed) {
            return;
        }
        if let Err(failure) = self.transport.flush() {
            self.note(&failure);
        }
        if let Err(error) = self.transport.reopen() {
            self.note(&Failure {
                delivered: 0,
                others: Others::Untaken { after: None },
                error: error.to_string(),
            });
        }
    }

    /// Delivers these alerts, however many attempts it takes.
    fn deliver(&mut self, mut rest: Vec<Item>) {
        let mut chunk = rest.len();
        let mut timeouts = 0;
        let mut repeated = false;
        while !rest.is_empty() {
            chunk = chunk.clamp(1, rest.len());
            let items = &rest[..chunk];
            if std::mem::take(&mut repeated) {
                self.account.retried.add(1);
            }
            let marked = items.iter().filter(|i| i.redelivery).count();
            self.account.redelivered.add(marked as u64);
            self.with_backlog(|b| b.attempt(chunk));
            self.last = self.account.queue.is_closed();
            self.account.begin();
            let result = self.transport.send(items, &self.signals.stop);
            self.account.end();
            let failure = match result {
                Ok(()) => {
                    self.settle(&mut rest, chunk);
                    self.restored();
                    timeouts = 0;
                    chunk = rest.len();
                    continue;
                }
                Err(failure) => failure,
            };
            self.settle(&mut rest, failure.delivered);
            let tried = chunk - failure.delivered;
            let mut after = After::Again;
            match failure.others {
                Others::Lost { .. } => {
                    self.note(&failure);
                    self.settle(&mut rest, tried);
                }
                Others::Rejected if tried > 1 => {
                    self.with_backlog(Backlog::refused);
                    // Which of them it does not want shows when there are fewer.
                    chunk = tried / 2;
                    continue;
                }
                Others::Rejected => self.reject(&mut rest, &failure),
                Others::Untaken { after: asked } => {
                    self.note(&failure);
                    self.with_backlog(Backlog::refused);
                    self.spill();
                    after = self.pause(asked);
                    repeated = true;
                }
                Others::Unknown { timeout } => {
                    self.note(&failure);
                    rest.iter_mut()
                        .take(tried)
                        .for_each(|i| i.redelivery = true);
                    self.with_backlog(|b| {
                        b.mark(tried);
                        Ok(())
                    });
                    self.spill();
                    timeouts = if timeout { timeouts + 1 } else { 0 };
                    let at_once = self.retry.map_or(0, |r| r.timeouts);
                    if !timeout || timeouts > at_once || self.is_over() {
                        after = self.pause(None);
                    }
                    repeated = true;
                }
            }
            if let After::Leave = after {
                return self.leave(rest);
            }
            chunk = rest.len();
        }
    }

    fn is_over(&self) -> bool {
        self.signals.stop.is_set() || self.hands_over() || self.account.queue.is_closed()
    }

    /// The first `count` of the rest are dealt with.
    fn settle(&self, rest: &mut Vec<Item>, count: usize) {
        if count == 0 {
            return;
        }
        rest.drain(..count);
        self.account.handled.add(count as u64);
        self.forget(count, rest.len());
    }

    /// `count` alerts need not be delivered any more, and `left` of the delivery do.
    fn forget(&self, count: usize, left: usize) {
        let settled = match self.signals.backlog.lock().as_mut() {
            Some(backlog) => backlog.settle(count, &self.account),
            None => {
                self.account.in_flight.set(left as u64);
                return;
            }
        };
        self.account.replayed.add(settled.0 as u64);
        if let Err(error) = settled.1 {
            self.spool_failed(&error);
        }
    }

    /// The receiver does not want the first of the rest.
    fn reject(&self, rest: &mut Vec<Item>, failure: &Failure) {
        let item = rest.remove(0);
        self.account.rejected.add(1);
        let kept = self.signals.backlog.lock().as_ref().map(|backlog| {
            let kept = backlog.keep_rejected(&item, &failure.error);
            kept.inspect_err(|error| self.spool_failed(error)).is_ok()
        });
        self.forget(1, rest.len());
        // Told at the first, the tenth, the hundredth…
        let count = self.account.rejected.get();
        if count == 10_u64.pow(count.ilog10()) {
            (self.on_fault)(Fault::Rejected {
                channel: self.account.name,
                error: failure.error.clone(),
                count,
                kept: kept.unwrap_or(false),
            });
        }
    }

    /// Everything that waits goes to the spool, if there is one.
    fn spill(&self) {
        if let Some(backlog) = self.signals.backlog.lock().as_mut() {
            backlog.spill(&self.account, &self.on_fault);
        }
    }

    /// Waits until another attempt may be made.
    fn pause(&mut self, asked: Option<Duration>) -> After {
        let pause = match &mut self.backoff {
            Some(backoff) => backoff.pause(asked),
            None => return After::Again,
        };
        let until = Instant::now() + pause;
        loop {
            if self.hands_over() || self.signals.stop.is_set() {
                return After::Leave;
            }
            if self.signals.reopen.load(Ordering::Relaxed) {
                // Whoever asks for it has mended something.
                self.obey();
                return After::Again;
            }
            match self.account.queue.wait_control(until) {
                Wake::Time => return After::Again,
                // A pause may have been long, so the receiver may be back: what no spool keeps gets
                // another attempt.
                Wake::Closed if !self.last && self.signals.backlog.lock().is_none() => {
                    return After::Again;
                }
                Wake::Closed => return After::Leave,
                Wake::Items | Wake::Poked => {}
            }
        }
    }

    /// Ends in the middle of a delivery.
    fn leave(&self, rest: Vec<Item>) {
        if self.signals.backlog.lock().is_none() {
            self.account.queue.put_back(rest);
            self.account.in_flight.set(0);
        }
        // At the end nobody comes next: what is left is dealt with where the thread ends.
        self.signals.stop.set();
    }

    /// Counts a failure, and tells it unless the attempt before failed too.
    fn note(&self, failure: &Failure) {
        let first = self.account.fail(&failure.error);
        let (mut lost, mut closed) = (0, false);
        if let Others::Lost { count, closed: c } = failure.others {
            self.account.lost.add(count as u64);
            (lost, closed) = (count as u64, c);
        }
        if closed || first {
            (self.on_fault)(Fault::Failed {
                channel: self.account.name,
                lost,
                closed,
                error: failure.error.clone(),
            });
        }
    }

    fn restored(&mut self) {
        if let Some(backoff) = &mut self.backoff {
            backoff.reset();
        }
        if self.account.succeed() {
            (self.on_fault)(Fault::Restored {
                channel: self.account.name,
            });
        }
    }
}
