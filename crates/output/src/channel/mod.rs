//! Where alerts go: one module a kind of receiver.
//!
//! A [`Transport`] makes one attempt at a time and tells exactly what became of it. Whether there
//! is another attempt, and when, is decided in [`crate::delivery`].

mod file;
#[cfg(test)]
pub(crate) mod scripted;

use std::io;
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::queue::{Item, Portion};

/// Where alerts go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Standard output: a line an alert.
    Stdout,
    /// A file that lines are appended to.
    File {
        /// The file; created if it is not there.
        path: PathBuf,
        /// Keep it open between alerts (`keep_alive`); otherwise a file that was moved away is
        /// created again.
        keep_open: bool,
    },
    /// A receiver that does what a test tells it.
    #[cfg(test)]
    Scripted(scripted::Receiver),
}

impl Target {
    /// The name of the channel in messages and counters.
    pub fn name(&self) -> &'static str {
        match self {
            Target::Stdout => "stdout",
            Target::File { .. } => "file",
            #[cfg(test)]
            Target::Scripted(_) => "scripted",
        }
    }

    /// Opens it. `buffered`: lines may wait for each other; `retry`: a failed attempt will be
    /// repeated.
    pub(crate) fn open(&self, buffered: bool, retry: bool) -> io::Result<Box<dyn Transport>> {
        Ok(match self {
            Target::Stdout => Box::new(file::Stdout::new(buffered)?),
            Target::File { path, keep_open } => {
                Box::new(file::File::open(path, *keep_open, buffered, retry)?)
            }
            #[cfg(test)]
            Target::Scripted(receiver) => Box::new(receiver.clone()),
        })
    }
}

/// Delivers alerts to one receiver. Used by one thread.
pub(crate) trait Transport: Send {
    /// How many alerts it takes at once.
    fn portion(&self) -> Portion;

    /// Makes one attempt to deliver these alerts, in order. Returns early when `stop` is set, if
    /// it can.
    fn send(&mut self, items: &[Item], stop: &Stop) -> Result<(), Failure>;

    /// Passes on what it holds back because lines may wait for each other.
    fn flush(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    /// Closes and opens it again, as after the rotation of a log file.
    fn reopen(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Tells a thread that nobody waits for what it does any longer.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    set: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    pub(crate) fn set(&self) {
        *self.set.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    pub(crate) fn is_set(&self) -> bool {
        *self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it is set, for at most so long; whether it is.
    pub(crate) fn wait(&self, patience: Duration) -> bool {
        let set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(set, patience, |set| !*set);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// An attempt that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// How many alerts, from the first on, were delivered all the same.
    pub(crate) delivered: usize,
    /// What became of the others.
    pub(crate) others: Others,
    /// Why, in words.
    pub(crate) error: String,
}

/// What became of the alerts that an attempt did not deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Others {
    /// So many are lost, perhaps of earlier attempts too: there is no use in trying again.
    Lost {
        /// How many.
        count: usize,
        /// The reader of standard output went away.
        closed: bool,
    },
    /// The receiver does not have them.
    Untaken {
        /// When it wants to be asked again, if it said so.
        after: Option<Duration>,
    },
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "of channels that are still to come")
    )]
    /// The receiver may have some or all of them.
    Unknown {
        /// It did not answer in time.
        timeout: bool,
    },
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "of channels that are still to come")
    )]
    /// The receiver does not want them, and will not another time.
    Rejected,
}
