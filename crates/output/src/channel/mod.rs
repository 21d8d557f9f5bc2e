//! Where alerts go: one module a kind of receiver.
//!
//! A [`Transport`] makes one attempt at a time and tells exactly what became of it. Whether there
//! is another attempt, and when, is decided in [`crate::delivery`].

mod file;
pub(crate) mod http;
mod program;
#[cfg(test)]
pub(crate) mod scripted;
pub(crate) mod syslog;

use std::io;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::time::Timespec;

use self::http::HttpSettings;
use self::syslog::Syslog;
use crate::host::Needs;
use crate::launcher::Programs;
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
    /// The system's log; facility `user`, the priority of the rule.
    Syslog {
        /// Its socket: `/dev/log`.
        socket: PathBuf,
        /// The name of the program in messages.
        ident: String,
    },
    /// A program that reads lines from its standard input; started by `/bin/sh -c`.
    Program {
        /// The command.
        command: String,
        /// One program for all alerts, started again when it ends (`keep_alive`); otherwise one
        /// for each alert, whose end is waited for.
        keep_alive: bool,
    },
    /// Requests to a server.
    Http(Box<HttpSettings>),
    /// The file of alerts that were held back because they repeat others: a line of Falco's JSON
    /// each. Named by [`Collapse::keep`](crate::Collapse::keep), not among the channels of a plan.
    Collapsed {
        /// The file.
        path: PathBuf,
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
            Target::Syslog { .. } => "syslog",
            Target::Program { .. } => "program",
            Target::Http(_) => "http",
            Target::Collapsed { .. } => "collapsed",
            #[cfg(test)]
            Target::Scripted(_) => "scripted",
        }
    }

    /// Whether only alerts that are held back go there.
    pub(crate) fn is_for_collapsed(&self) -> bool {
        matches!(self, Target::Collapsed { .. })
    }

    /// Opens it. `buffered`: lines may wait for each other; `retry`: a failed attempt will be
    /// repeated; `programs`: who starts them.
    pub(crate) fn open(
        &self,
        buffered: bool,
        retry: bool,
        programs: &Programs,
    ) -> io::Result<Box<dyn Transport>> {
        Ok(match self {
            Target::Stdout => Box::new(file::Stdout::new(buffered)?),
            Target::File { path, keep_open } => {
                Box::new(file::File::open(path, *keep_open, buffered, retry)?)
            }
            Target::Collapsed { path } => Box::new(file::File::open(path, false, false, false)?),
            Target::Syslog { socket, ident } => Box::new(Syslog::new(socket, ident)),
            Target::Program {
                command,
                keep_alive,
            } => Box::new(program::Program::open(command, *keep_alive, programs)?),
            Target::Http(settings) => Box::new(http::Http::open(settings)?),
            #[cfg(test)]
            Target::Scripted(receiver) => Box::new(receiver.clone()),
        })
    }
}

/// Delivers alerts to one receiver. Used by one thread.
pub(crate) trait Transport: Send {
    /// How many alerts it takes at once.
    fn portion(&self) -> Portion;

    /// What it needs of the kernel.
    fn needs(&self) -> Needs {
        Needs::nothing()
    }

    /// Makes one attempt to deliver these alerts, in order. Returns early when `stop` is set, if
    /// it can.
    fn send(&mut self, items: &[Item], stop: &Stop) -> Result<(), Failure>;

    /// Passes on what it holds back because lines may wait for each other.
    fn flush(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    /// Passes on what it holds back, and waits for the end of what it started; there are no more
    /// alerts.
    fn close(&mut self, _: &Stop) -> Result<(), Failure> {
        self.flush()
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

/// Waits until something can be done with a descriptor, for a tenth of a second at most; whether
/// it can.
pub(crate) fn wait_for(fd: &impl AsFd, what: PollFlags) -> io::Result<bool> {
    wait_at_most(fd, what, 100)
}

/// The same for at most so many milliseconds, of a second.
pub(crate) fn wait_at_most(fd: &impl AsFd, what: PollFlags, millis: u32) -> io::Result<bool> {
    let mut fds = [PollFd::new(fd, what)];
    let time = Timespec {
        tv_sec: 0,
        tv_nsec: i64::from(millis) * 1_000_000,
    };
    match poll(&mut fds, Some(&time)) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(false),
        Err(e) => Err(e.into()),
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
    /// The receiver may have some or all of them.
    Unknown {
        /// It did not answer in time.
        timeout: bool,
    },
    /// The receiver does not want them, and will not another time.
    Rejected,
}
