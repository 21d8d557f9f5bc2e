//! A program that reads alerts from its standard input, started as popen(3) starts it.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::process::{Child, ChildStdin, Command, Stdio};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::ioctl_fionbio;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use rustix::time::Timespec;

use super::syslog::wait_writable;
use super::{Failure, Others, Stop, Transport};
use crate::queue::{Item, Portion};

/// The channel: one program for all alerts (`keep_alive`), or one for each.
pub(super) struct Program {
    command: String,
    keep_alive: bool,
    running: Option<Child>,
}

impl Program {
    pub(super) fn new(command: &str, keep_alive: bool) -> Program {
        Program {
            command: command.to_owned(),
            keep_alive,
            running: None,
        }
    }

    fn start(&self) -> io::Result<Child> {
        let child = Command::new("/bin/sh")
            .arg("-c")
            .arg(&self.command)
            .stdin(Stdio::piped())
            .spawn()?;
        if let Some(stdin) = &child.stdin {
            ioctl_fionbio(stdin, true)?;
        }
        Ok(child)
    }

    /// Writes a line; how it failed, and whether part of the line was written.
    fn write(&mut self, line: &[u8], stop: &Stop) -> Result<(), (io::Error, bool)> {
        let mut child = match self.running.take() {
            Some(child) => child,
            None => self.start().map_err(|e| (e, false))?,
        };
        let Some(stdin) = child.stdin.as_mut() else {
            return Err((io::ErrorKind::BrokenPipe.into(), false));
        };
        let mut whole = line.to_vec();
        whole.push(b'\n');
        match write_all(stdin, &whole, stop) {
            Ok(()) => self.running = Some(child),
            Err((error, written)) => {
                // The end of its input tells it; what becomes of it is collected beside.
                drop(child.stdin.take());
                collect(child);
                return Err((error, written > 0));
            }
        }
        Ok(())
    }

    /// Closes the input of the program and waits for its end; what it ended with, if not 0.
    fn finish(&mut self, stop: &Stop) -> io::Result<()> {
        let Some(mut child) = self.running.take() else {
            return Ok(());
        };
        drop(child.stdin.take());
        loop {
            if let Some(status) = child.try_wait()? {
                return match status.success() {
                    true => Ok(()),
                    false => Err(io::Error::other(format!("`{}`: {status}", self.command))),
                };
            }
            if stop.is_set() {
                collect(child);
                return Err(io::ErrorKind::TimedOut.into());
            }
            wait_for_end(&child)?;
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(mut child) = self.running.take() {
            drop(child.stdin.take());
            collect(child);
        }
    }
}

/// Takes note of the end of a program in a thread of its own, so that no zombie stays.
fn collect(mut child: Child) {
    let wait = move || {
        // Nobody wants to know how it ended.
        let _ = child.wait();
    };
    // Without a thread it stays a zombie until the end of the process.
    let _ = std::thread::Builder::new()
        .name("reap".to_owned())
        .spawn(wait);
}

/// Waits for the end of a program, for a tenth of a second at most.
fn wait_for_end(child: &Child) -> io::Result<()> {
    let tenth = Timespec {
        tv_sec: 0,
        tv_nsec: 100_000_000,
    };
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let pidfd = pid.map(|pid| pidfd_open(pid, PidfdFlags::empty()));
    let Some(Ok(pidfd)) = pidfd else {
        return Err(io::Error::other(
            "the end of the program cannot be waited for",
        ));
    };
    let mut fds = [PollFd::new(&pidfd, PollFlags::IN)];
    match poll(&mut fds, Some(&tenth)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(e) => Err(e.into()),
    }
}

/// Writes everything; how it failed, and after how many bytes.
fn write_all(to: &mut ChildStdin, bytes: &[u8], stop: &Stop) -> Result<(), (io::Error, usize)> {
    let mut written = 0;
    while written < bytes.len() {
        match to.write(&bytes[written..]) {
            Ok(n) => written += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                if stop.is_set() {
                    return Err((io::ErrorKind::TimedOut.into(), written));
                }
                wait_writable(&to.as_fd()).map_err(|e| (e, written))?;
            }
            Err(e) => return Err((e, written)),
        }
    }
    Ok(())
}

impl Transport for Program {
    fn portion(&self) -> Portion {
        Portion {
            items: if self.keep_alive { 64 } else { 1 },
            bytes: 64 << 10,
        }
    }

    fn send(&mut self, items: &[Item], stop: &Stop) -> Result<(), Failure> {
        for (delivered, item) in items.iter().enumerate() {
            let failed = |(error, partly): (io::Error, bool)| Failure {
                delivered,
                others: match partly {
                    true => Others::Unknown { timeout: false },
                    false => Others::Untaken { after: None },
                },
                error: error.to_string(),
            };
            self.write(&item.line(), stop).map_err(failed)?;
            if !self.keep_alive {
                self.finish(stop).map_err(|error| match error.kind() {
                    io::ErrorKind::TimedOut => Failure {
                        delivered,
                        others: Others::Unknown { timeout: false },
                        error: error.to_string(),
                    },
                    // It was given the alert. As with pclose(3), how it ends changes nothing
                    // about that, but should be known.
                    _ => Failure {
                        delivered: delivered + 1,
                        others: Others::Lost {
                            count: 0,
                            closed: false,
                        },
                        error: error.to_string(),
                    },
                })?;
            }
        }
        Ok(())
    }

    fn reopen(&mut self) -> io::Result<()> {
        if let Some(mut child) = self.running.take() {
            drop(child.stdin.take());
            collect(child);
        }
        Ok(())
    }
}
