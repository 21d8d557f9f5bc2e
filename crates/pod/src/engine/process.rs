//! Processes by what tells them from later ones with the same number.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};

/// A process: its number, and when it was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    /// In clock ticks since the machine started; 0 if it was gone already.
    pub started: u64,
}

/// The fields of `/proc/PID/stat` behind the name of the program.
fn stat(pid: i32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

impl Process {
    /// The process that has this number now.
    pub fn of(pid: i32) -> Process {
        let started = stat(pid).and_then(|f| f.get(19)?.parse().ok());
        Process {
            pid,
            started: started.unwrap_or(0),
        }
    }

    /// Whether it is still there, and no zombie.
    pub fn is_alive(self) -> bool {
        self.started != 0
            && stat(self.pid).is_some_and(|f| {
                let started = f.get(19).and_then(|t| t.parse::<u64>().ok());
                started == Some(self.started) && f.first().is_none_or(|s| s != "Z" && s != "X")
            })
    }

    /// A descriptor of it.
    pub(crate) fn open(self) -> io::Result<OwnedFd> {
        let pid = Pid::from_raw(self.pid).ok_or(io::ErrorKind::NotFound)?;
        let fd = pidfd_open(pid, PidfdFlags::empty())?;
        // The number may have gone to another process in the meantime.
        match Process::of(self.pid).started == self.started {
            true => Ok(fd),
            false => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Sends it a signal.
    pub fn signal(self, signal: Signal) -> io::Result<()> {
        Ok(pidfd_send_signal(self.open()?, signal)?)
    }
}
