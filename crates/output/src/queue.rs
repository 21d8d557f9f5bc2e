//! The bounded queue between the engine's thread and the threads of one channel.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lanner_engine::Priority;

use crate::format::Encoding;

/// Bytes of alerts that may wait for one channel, whatever their number is.
const MAX_BYTES: usize = 32 << 20;

/// One alert on its way to one channel. Cheap to copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// The alert, rendered; without a line end.
    pub(crate) bytes: Arc<[u8]>,
    /// As what it was rendered.
    pub(crate) encoding: Encoding,
    /// How severe it is.
    pub(crate) priority: Priority,
    /// What tells it from all others.
    pub(crate) id: Id,
    /// Whether an earlier attempt to deliver it may have succeeded.
    pub(crate) redelivery: bool,
}

impl Item {
    /// What is sent: the alert, marked if it may have been delivered before.
    pub(crate) fn line(&self) -> Cow<'_, [u8]> {
        match self.redelivery {
            false => Cow::Borrowed(&self.bytes),
            true => self.encoding.mark(&self.bytes, &self.id.uuid()),
        }
    }

    /// An alert of this text, for tests.
    #[cfg(test)]
    pub(crate) fn of(text: &str) -> Item {
        Item {
            bytes: text.as_bytes().into(),
            encoding: Encoding::Text,
            priority: Priority::Notice,
            id: Id { run: 1, seq: 1 },
            redelivery: false,
        }
    }
}

/// Tells an alert from all others, also of other runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Id {
    /// The run that raised it: random bits.
    pub(crate) run: u64,
    /// Its number in that run.
    pub(crate) seq: u64,
}

impl Id {
    /// As a UUID of version 8 (RFC 9562 §5.8): the bits of the run, then the number.
    pub(crate) fn uuid(self) -> String {
        let run = self.run & !0xf000 | 0x8000;
        let seq = self.seq & (u64::MAX >> 2) | 1 << 63;
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            run >> 32,
            run >> 16 & 0xffff,
            run & 0xffff,
            seq >> 48,
            seq & 0xffff_ffff_ffff
        )
    }
}

/// What to do with an alert for which the queue has no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// Drop and count it: events do not wait for outputs.
    Drop,
    /// Wait for room: a capture does not run away. Not for a channel that fails longer than an
    /// attempt may take.
    Wait,
}

/// How many alerts are taken at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Portion {
    /// At most so many alerts.
    pub(crate) items: usize,
    /// At most so many bytes, except that there is always room for one alert.
    pub(crate) bytes: usize,
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    /// There is something to take.
    Items,
    /// [`Queue::poke`] was called.
    Poked,
    /// The queue is closed; it may still hold alerts.
    Closed,
    /// The time is over.
    Time,
}

#[derive(Default)]
struct State {
    items: VecDeque<Item>,
    bytes: usize,
    capacity: usize,
    closed: bool,
    poked: bool,
    spooler_poked: bool,
    /// What comes goes to the spool, not to the sender.
    spilling: bool,
    sender_waits: bool,
    spooler_waits: bool,
    producer_waits: bool,
}

/// The queue. The engine pushes; the sender of the channel, and its spooler if it has one, take.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    sender: Condvar,
    spooler: Condvar,
    producer: Condvar,
}

impl Queue {
    pub(crate) fn new(capacity: usize) -> Queue {
        let queue = Queue::default();
        queue.set_capacity(capacity);
        queue
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes how many alerts may wait; those that already do stay.
    pub(crate) fn set_capacity(&self, capacity: usize) {
        self.lock().capacity = capacity.max(1);
    }

    /// Alerts that may wait.
    pub(crate) fn capacity(&self) -> usize {
        self.lock().capacity
    }

    /// Alerts that wait.
    pub(crate) fn len(&self) -> usize {
        self.lock().items.len()
    }

    /// Hands over an alert, if there is room.
    pub(crate) fn push(&self, item: Item) -> Result<(), Item> {
        self.add(self.lock(), item)
    }

    /// Hands over an alert; waits for room for at most `patience`.
    pub(crate) fn push_wait(&self, item: Item, patience: Duration) -> Result<(), Item> {
        let mut state = self.lock();
        let deadline = Instant::now() + patience;
        while !state.room(&item) && !state.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state.producer_waits = true;
            let waited = self.producer.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        self.add(state, item)
    }

    fn add(&self, mut state: MutexGuard<'_, State>, item: Item) -> Result<(), Item> {
        if !state.room(&item) || state.closed {
            return Err(item);
        }
        state.bytes += item.bytes.len();
        state.items.push_back(item);
        let sender = state.sender_waits;
        let spooler = state.spooler_waits && (state.spilling || state.is_high());
        drop(state);
        if sender {
            self.sender.notify_one();
        }
        if spooler {
            self.spooler.notify_one();
        }
        Ok(())
    }

    /// Takes the oldest alerts; none if there are none.
    pub(crate) fn take(&self, portion: Portion) -> Vec<Item> {
        let mut state = self.lock();
        let count = state.fitting(portion);
        let taken: Vec<Item> = state.items.drain(..count).collect();
        state.bytes -= taken.iter().map(|i| i.bytes.len()).sum::<usize>();
        self.tell_producer(state);
        taken
    }

    /// The oldest alerts, which stay until [`Queue::discard`] is told that they are elsewhere.
    pub(crate) fn peek(&self, portion: Portion) -> Vec<Item> {
        let state = self.lock();
        let count = state.fitting(portion);
        state.items.iter().take(count).cloned().collect()
    }

    /// Removes the oldest `count` alerts.
    pub(crate) fn discard(&self, count: usize) {
        let mut state = self.lock();
        let count = count.min(state.items.len());
        let gone: usize = state.items.drain(..count).map(|i| i.bytes.len()).sum();
        state.bytes -= gone;
        self.tell_producer(state);
    }

    /// Puts alerts back in front of all others, whatever room there is.
    pub(crate) fn put_back(&self, items: Vec<Item>) {
        let mut state = self.lock();
        for item in items.into_iter().rev() {
            state.bytes += item.bytes.len();
            state.items.push_front(item);
        }
    }

    fn tell_producer(&self, mut state: MutexGuard<'_, State>) {
        if std::mem::take(&mut state.producer_waits) {
            drop(state);
            self.producer.notify_all();
        }
    }

    /// Waits, as the sender, for alerts here or in the spool, or for something else to do.
    pub(crate) fn wait_sender(&self, until: Option<Instant>) -> Wake {
        self.wait(
            &self.sender,
            until,
            |s| &mut s.sender_waits,
            |s| s.spilling || !s.items.is_empty(),
        )
    }

    /// Waits, as the sender, only for something other than alerts.
    pub(crate) fn wait_control(&self, until: Instant) -> Wake {
        self.wait(
            &self.sender,
            Some(until),
            |s| &mut s.sender_waits,
            |_| false,
        )
    }

    /// Waits, as the spooler, for alerts that have to go to the spool.
    pub(crate) fn wait_spooler(&self, until: Instant) -> Wake {
        let mut state = self.lock();
        loop {
            if std::mem::take(&mut state.spooler_poked) {
                return Wake::Poked;
            }
            if state.closed {
                return Wake::Closed;
            }
            if state.is_high() || state.spilling && !state.items.is_empty() {
                return Wake::Items;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Wake::Time;
            }
            state.spooler_waits = true;
            let waited = self.spooler.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.spooler_waits = false;
        }
    }

    fn wait(
        &self,
        condvar: &Condvar,
        until: Option<Instant>,
        waits: impl Fn(&mut State) -> &mut bool,
        ready: impl Fn(&State) -> bool,
    ) -> Wake {
        let mut state = self.lock();
        loop {
            if std::mem::take(&mut state.poked) {
                return Wake::Poked;
            }
            if ready(&state) {
                return Wake::Items;
            }
            if state.closed {
                return Wake::Closed;
            }
            *waits(&mut state) = true;
            state = match until {
                None => condvar.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        *waits(&mut state) = false;
                        return Wake::Time;
                    }
                    let waited = condvar.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
            *waits(&mut state) = false;
        }
    }

    /// Says whether alerts have to go to the spool from now on.
    pub(crate) fn set_spilling(&self, spilling: bool) {
        let mut state = self.lock();
        if std::mem::replace(&mut state.spilling, spilling) != spilling {
            drop(state);
            self.spooler.notify_one();
            self.sender.notify_one();
        }
    }

    /// Wakes both threads up because there is something to do other than to send.
    pub(crate) fn poke(&self) {
        let mut state = self.lock();
        (state.poked, state.spooler_poked) = (true, true);
        drop(state);
        self.sender.notify_one();
        self.spooler.notify_one();
    }

    /// Takes no more; what waits can still be taken.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.sender.notify_all();
        self.spooler.notify_all();
        self.producer.notify_all();
    }

    /// Takes alerts again.
    pub(crate) fn open(&self) {
        self.lock().closed = false;
    }

    /// Whether it is closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }
}

impl State {
    fn room(&self, item: &Item) -> bool {
        self.items.len() < self.capacity
            && (self.items.is_empty() || self.bytes + item.bytes.len() <= MAX_BYTES)
    }

    /// Whether so much waits that the spooler has to make room.
    fn is_high(&self) -> bool {
        self.items.len() * 2 >= self.capacity && self.items.len() > 1 || self.bytes * 2 >= MAX_BYTES
    }

    fn fitting(&self, portion: Portion) -> usize {
        let mut bytes = 0;
        let fits = |item: &&Item| {
            bytes += item.bytes.len();
            bytes <= portion.bytes
        };
        let count = self.items.iter().take(portion.items).take_while(fits);
        count.count().max(1).min(self.items.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(seq: u64, len: usize) -> Item {
        Item {
            bytes: vec![b'x'; len].into(),
            encoding: Encoding::Text,
            priority: Priority::Notice,
            id: Id { run: 1, seq },
            redelivery: false,
        }
    }

    fn seqs(items: &[Item]) -> Vec<u64> {
        items.iter().map(|i| i.id.seq).collect()
    }

    #[test]
    fn a_portion_keeps_to_both_limits_but_has_room_for_one() {
        let check = |items, bytes, expect: &[u64]| {
            let queue = Queue::new(10);
            for seq in 0..4 {
                queue.push(item(seq, 10)).unwrap();
            }
            assert_eq!(seqs(&queue.take(Portion { items, bytes })), expect);
        };
        check(3, 1000, &[0, 1, 2]);
        check(9, 25, &[0, 1]);
        check(9, 5, &[0]);
        check(9, 1000, &[0, 1, 2, 3]);
    }

    #[test]
    fn room_is_bounded_by_number_and_by_bytes() {
        let queue = Queue::new(2);
        queue.push(item(0, 1)).unwrap();
        queue.push(item(1, 1)).unwrap();
        assert!(queue.push(item(2, 1)).is_err());
        let queue = Queue::new(100);
        queue.push(item(0, MAX_BYTES + 1)).unwrap();
        assert!(queue.push(item(1, 1)).is_err());
    }

    #[test]
    fn what_is_put_back_comes_first() {
        let queue = Queue::new(2);
        queue.push(item(2, 1)).unwrap();
        queue.put_back(vec![item(0, 1), item(1, 1)]);
        let all = Portion {
            items: 9,
            bytes: 99,
        };
        assert_eq!(seqs(&queue.peek(all)), [0, 1, 2]);
        queue.discard(1);
        assert_eq!(seqs(&queue.take(all)), [1, 2]);
    }

    #[test]
    fn an_id_is_a_uuid_of_version_8() {
        let id = Id {
            run: 0x0123_4567_89ab_cdef,
            seq: 5,
        };
        assert_eq!(id.uuid(), "01234567-89ab-8def-8000-000000000005");
    }
}
