//! The thread that delivers the alerts of one channel.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::Fault;
use crate::backoff::Backoff;
use crate::channel::{Failure, Others, Stop, Target, Transport};
use crate::queue::{Item, Wake};
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
}

/// What the engine's side and the thread of a channel share.
#[derive(Default)]
struct Signals {
    /// The attempt under way is not waited for any longer.
    stop: Stop,
    /// Close and open again before the next attempt.
    reopen: AtomicBool,
    /// End after the attempt under way, and leave the rest in the queue to the next thread.
    hand_over: AtomicBool,
    done: Mutex<bool>,
    ended: Condvar,
}

impl Signals {
    fn end(&self) {
        *self.done.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.ended.notify_all();
    }

    /// Waits for the end of the thread; whether it came.
    fn wait(&self, patience: Option<Duration>) -> bool {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = match patience {
            None => self.ended.wait_while(done, |done| !*done).map(|d| *d),
            Some(patience) => {
                let waited = self.ended.wait_timeout_while(done, patience, |done| !*done);
                return *waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        };
        waited.unwrap_or(true)
    }
}

/// The engine's side of a channel.
pub(crate) struct Link {
    pub(crate) account: Arc<Account>,
    pub(crate) settings: Settings,
    signals: Arc<Signals>,
    /// That it is blocked was told.
    told: bool,
}

impl Link {
    /// Starts the thread of a channel. A `predecessor` is asked to end first; what it
    /// leaves in the queue of the account goes out before anything else.
    pub(crate) fn start(
        settings: Settings,
        transport: Box<dyn Transport>,
        account: Arc<Account>,
        predecessor: Option<&Link>,
        on_fault: &OnFault,
    ) -> io::Result<Link> {
        let signals = Arc::new(Signals::default());
        let before = predecessor.map(|p| Arc::clone(&p.signals));
        let mut sender = Sender {
            account: Arc::clone(&account),
            signals: Arc::clone(&signals),
            transport,
            retry: settings.retry,
            backoff: settings.retry.map(|r| Backoff::new(r.first, r.most)),
            on_fault: Arc::clone(on_fault),
        };
        let name = format!("out-{}", account.name);
        std::thread::Builder::new().name(name).spawn(move || {
            if let Some(before) = before {
                before.wait(None);
            }
            sender.run();
            sender.signals.end();
        })?;
        if let Some(predecessor) = predecessor {
            predecessor.signals.hand_over.store(true, Ordering::Relaxed);
            predecessor.account.queue.poke();
        }
        Ok(Link {
            account,
            settings,
            signals,
            told: false,
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

    /// Takes no more alerts; those that wait are still delivered.
    pub(crate) fn close(&self) {
        self.account.queue.close();
    }

    /// Whether its thread has ended.
    pub(crate) fn is_done(&self) -> bool {
        self.signals.wait(Some(Duration::ZERO))
    }

    /// Gives up the attempt under way if it takes too long and others wait for its end.
    pub(crate) fn stop_if_blocked(&self) {
        if self.account.blocked().is_some() {
            self.signals.stop.set();
        }
    }

    /// Waits for the end of a closed channel. As long as alerts are being delivered the end may
    /// take as long as it needs; whether it came.
    pub(crate) fn finish(&self, patience: Duration) -> bool {
        let mut progress = self.account.progress();
        loop {
            if self.signals.wait(Some(patience)) {
                return true;
            }
            let now = self.account.progress();
            if now == progress {
                break;
            }
            progress = now;
        }
        self.signals.stop.set();
        self.account.queue.poke();
        if self
            .signals
            .wait(Some(patience.min(Duration::from_millis(200))))
        {
            return true;
        }
        let left = self.account.queue.len() + self.account.in_flight.get() as usize;
        self.account.queue.discard(left);
        self.account.in_flight.set(0);
        self.account.discarded.add(left);
        false
    }
}

/// The thread.
struct Sender {
    account: Arc<Account>,
    signals: Arc<Signals>,
    transport: Box<dyn Transport>,
    retry: Option<Retry>,
    backoff: Option<Backoff>,
    on_fault: OnFault,
}

/// What to do after a failed attempt.
enum After {
    /// Try again.
    Again,
    /// Leave the rest to whoever comes next.
    Leave,
}

impl Sender {
    fn run(&mut self) {
        loop {
            self.obey();
            if self.hands_over() || self.signals.stop.is_set() {
                break;
            }
            let items = self.account.queue.take(self.transport.portion());
            if !items.is_empty() {
                self.deliver(items);
                continue;
            }
            if self.account.queue.wait_sender(None) == Wake::Closed {
                break;
            }
        }
        if let Err(failure) = self.transport.flush() {
            self.note(&failure);
        }
        if self.account.queue.is_closed() && !self.hands_over() {
            let left = self.account.queue.len();
            self.account.queue.discard(left);
            self.account.discarded.add(left);
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
        self.account.in_flight.set(rest.len() as u64);
        while !rest.is_empty() {
            chunk = chunk.clamp(1, rest.len());
            let items = &rest[..chunk];
            if repeated {
                self.account.retried.add(1);
            }
            let marked = items.iter().filter(|i| i.redelivery).count();
            self.account.begin();
            let result = self.transport.send(items, &self.signals.stop);
            self.account.end();
            self.account.redelivered.add(marked);
            repeated = false;
            match result {
                Ok(()) => {
                    self.settle(&mut rest, chunk);
                    self.restored();
                    timeouts = 0;
                }
                Err(failure) => {
                    self.settle(&mut rest, failure.delivered);
                    match failure.others {
                        Others::Lost { .. } => {
                            self.note(&failure);
                            let tried = chunk - failure.delivered;
                            self.settle(&mut rest, tried);
                        }
                        Others::Rejected if chunk > 1 => {
                            // Which of them it does not want shows when there are fewer.
                            chunk /= 2;
                            continue;
                        }
                        Others::Rejected => {
                            self.reject(&rest[0], &failure);
                            rest.remove(0);
                            self.account.in_flight.set(rest.len() as u64);
                        }
                        Others::Untaken { after } => {
                            self.note(&failure);
                            repeated = true;
                            if let After::Leave = self.pause(after) {
                                return self.leave(rest);
                            }
                        }
                        Others::Unknown { timeout } => {
                            self.note(&failure);
                            repeated = true;
                            let tried = chunk - failure.delivered;
                            rest.iter_mut()
                                .take(tried)
                                .for_each(|i| i.redelivery = true);
                            timeouts = if timeout { timeouts + 1 } else { 0 };
                            let at_once = self.retry.map_or(0, |r| r.timeouts);
                            let stopped = self.signals.stop.is_set() || self.hands_over();
                            if timeout && timeouts <= at_once && !stopped {
                                continue;
                            }
                            if let After::Leave = self.pause(None) {
                                return self.leave(rest);
                            }
                        }
                    }
                }
            }
            chunk = rest.len();
        }
        self.account.in_flight.set(0);
    }

    /// The first `count` of the rest are dealt with.
    fn settle(&self, rest: &mut Vec<Item>, count: usize) {
        rest.drain(..count);
        self.account.handled.add(count);
        self.account.in_flight.set(rest.len() as u64);
    }

    /// The receiver does not want an alert.
    fn reject(&self, _item: &Item, failure: &Failure) {
        self.note(failure);
        self.account.rejected.add(1);
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
                Wake::Closed => return After::Leave,
                Wake::Items | Wake::Poked => {}
            }
        }
    }

    /// Ends in the middle of a delivery.
    fn leave(&self, rest: Vec<Item>) {
        self.account.queue.put_back(rest);
        self.account.in_flight.set(0);
        // At the end nobody comes next: what is left is counted where the thread ends.
        self.signals.stop.set();
    }

    /// Counts a failure, and tells it unless the attempt before failed too.
    fn note(&self, failure: &Failure) {
        let first = self.account.fail(&failure.error);
        let (mut lost, mut closed) = (0, false);
        if let Others::Lost { count, closed: c } = failure.others {
            self.account.lost.add(count);
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
