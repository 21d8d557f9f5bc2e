//! A receiver for tests: what becomes of each attempt is written down before.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use super::{Failure, Others, Stop, Transport};
use crate::queue::{Item, Portion};

/// What becomes of an attempt.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// So many are delivered, and the others are not.
    Fail(usize, Others),
    /// It lasts until [`Receiver::release`], then succeeds.
    Hang,
    /// All fail that hold an alert of this text, for good.
    Reject(&'static str),
}

#[derive(Debug, Default)]
struct State {
    script: VecDeque<Reply>,
    reject: Option<&'static str>,
    /// Once the script is over.
    then: Option<Others>,
    lines: Vec<String>,
    attempts: usize,
    hanging: bool,
    released: bool,
    reopened: usize,
}

/// The receiver; copies are the same.
#[derive(Clone, Debug)]
pub struct Receiver {
    state: Arc<(Mutex<State>, Condvar)>,
    portion: usize,
}

impl PartialEq for Receiver {
    fn eq(&self, other: &Receiver) -> bool {
        Arc::ptr_eq(&self.state, &other.state) && self.portion == other.portion
    }
}

impl Eq for Receiver {}

impl Receiver {
    /// Takes so many alerts at once.
    pub(crate) fn new(portion: usize, script: &[Reply]) -> Receiver {
        let state = State {
            script: script.iter().cloned().collect(),
            ..State::default()
        };
        Receiver {
            state: Arc::new((Mutex::new(state), Condvar::new())),
            portion,
        }
    }

    /// The same receiver, which differs for the configuration.
    pub(crate) fn changed(&self) -> Receiver {
        Receiver {
            portion: self.portion + 1,
            ..self.clone()
        }
    }

    /// From now on every attempt fails so, or, with `None`, succeeds.
    pub(crate) fn be(&self, then: Option<Others>) {
        self.state.0.lock().unwrap().then = then;
    }

    /// What was delivered.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.state.0.lock().unwrap().lines.clone()
    }

    /// Ends the attempt that hangs, and those that would.
    pub(crate) fn release(&self) {
        self.state.0.lock().unwrap().released = true;
        self.state.1.notify_all();
    }

    /// Waits until this holds of lines, attempts and whether one hangs; fails after ten seconds.
    #[track_caller]
    pub(crate) fn wait(&self, until: impl Fn(&[String], usize, bool) -> bool) {
        let state = self.state.0.lock().unwrap();
        let waited = self
            .state
            .1
            .wait_timeout_while(state, Duration::from_secs(10), |s| {
                !until(&s.lines, s.attempts, s.hanging)
            });
        let (state, result) = waited.unwrap();
        assert!(!result.timed_out(), "{state:?}");
    }

    pub(crate) fn reopened(&self) -> usize {
        self.state.0.lock().unwrap().reopened
    }
}

impl Transport for Receiver {
    fn portion(&self) -> Portion {
        Portion {
            items: self.portion,
            bytes: usize::MAX,
        }
    }

    fn send(&mut self, items: &[Item], stop: &Stop) -> Result<(), Failure> {
        let mut state = self.state.0.lock().unwrap();
        state.attempts += 1;
        let text = |i: &Item| String::from_utf8(i.line().into_owned()).unwrap();
        let mut delivered = items.len();
        let mut result = None;
        match state.script.pop_front() {
            Some(Reply::Fail(some, others)) => {
                delivered = some;
                result = Some(others);
            }
            Some(Reply::Hang) => {
                state.hanging = true;
                self.state.1.notify_all();
                while !state.released && !stop.is_set() {
                    let waited = self.state.1.wait_timeout(state, Duration::from_millis(10));
                    state = waited.unwrap().0;
                }
                state.hanging = false;
                if !state.released {
                    delivered = 0;
                    result = Some(Others::Unknown { timeout: false });
                }
            }
            Some(Reply::Reject(text)) => state.reject = Some(text),
            None => {
                if let Some(others) = state.then.clone() {
                    delivered = 0;
                    result = Some(others);
                }
            }
        }
        if let Some(reject) = state.reject
            && items.iter().any(|i| text(i) == reject)
        {
            delivered = 0;
            result = Some(Others::Rejected);
        }
        state.lines.extend(items[..delivered].iter().map(text));
        self.state.1.notify_all();
        match result {
            None => Ok(()),
            Some(others) => Err(Failure {
                delivered,
                others,
                error: "as told".to_owned(),
            }),
        }
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.state.0.lock().unwrap().reopened += 1;
        self.state.1.notify_all();
        Ok(())
    }
}
