//! The listening end of NOTIFY: calls that wait for an answer.
//!
//! The kernel holds a call until it is answered, or its thread is killed. What the thread points
//! to may change meanwhile, so an answer that lets the call happen is no security decision
//! (seccomp_unotify(2)).
#![expect(
    unsafe_code,
    reason = "the ioctl(2)s of a listener have no safe wrapper"
)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use crate::bpf::Data;

/// A call that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notification {
    /// By which it is answered.
    pub id: u64,
    /// The thread that makes it, in the listener's pid namespace; 0 where it cannot be seen there.
    pub pid: i32,
    /// The call.
    pub call: Data,
}

/// What a call gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It happens (Linux 5.5).
    Continue,
    /// It fails with this error number.
    Errno(u16),
    /// It is said to have returned this, and does not happen.
    Return(i64),
}

/// The listener of a filter.
#[derive(Debug)]
pub struct Listener {
    fd: OwnedFd,
}

impl Listener {
    /// Of the descriptor that [`crate::load::Filter::load`] returned.
    pub fn new(fd: OwnedFd) -> Listener {
        Listener { fd }
    }

    /// Waits for the next call; `None` once no task has the filter any more.
    ///
    /// # Errors
    /// Waiting failed.
    pub fn receive(&self) -> io::Result<Option<Notification>> {
        use rustix::event::{PollFd, PollFlags, poll};
        loop {
            let mut fds = [PollFd::new(self, PollFlags::IN)];
            match poll(&mut fds, None) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
            let ready = fds[0].revents();
            if !ready.contains(PollFlags::IN) && ready.contains(PollFlags::HUP) {
                return Ok(None);
            }
            // SAFETY: plain numbers; the kernel wants them to be zero.
            let mut raw: libc::seccomp_notif = unsafe { std::mem::zeroed() };
            // SAFETY: the kernel writes one such struct; it may grow only with a new ioctl number.
            let result = unsafe {
                let at = std::ptr::from_mut(&mut raw);
                libc::ioctl(self.fd.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_RECV, at)
            };
            if result == 0 {
                return Ok(Some(Notification {
                    id: raw.id,
                    pid: raw.pid as i32,
                    call: Data {
                        nr: raw.data.nr as u32,
                        arch: raw.data.arch,
                        ip: raw.data.instruction_pointer,
                        args: raw.data.args,
                    },
                }));
            }
            let error = io::Error::last_os_error();
            match error.raw_os_error() {
                // The call was interrupted before it could be received.
                Some(libc::ENOENT | libc::EINTR | libc::EAGAIN) => {}
                _ => return Err(error),
            }
        }
    }

    /// Whether a call still waits: only then is its `pid` certainly its own.
    pub fn is_waiting(&self, id: u64) -> bool {
        // SAFETY: the kernel reads one u64.
        let result = unsafe {
            let at = std::ptr::from_ref(&id);
            libc::ioctl(self.fd.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_ID_VALID, at)
        };
        result == 0
    }

    /// Answers a call. One that does not wait any more needs no answer.
    ///
    /// # Errors
    /// The kernel does not take the answer.
    pub fn answer(&self, id: u64, answer: Answer) -> io::Result<()> {
        let (val, error, flags) = match answer {
            Answer::Continue => (0, 0, libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32),
            Answer::Errno(errno) => (0, -i32::from(errno), 0),
            Answer::Return(value) => (value, 0, 0),
        };
        let response = libc::seccomp_notif_resp {
            id,
            val,
            error,
            flags,
        };
        // SAFETY: the kernel reads one such struct.
        let result = unsafe {
            let at = std::ptr::from_ref(&response);
            libc::ioctl(self.fd.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_SEND, at)
        };
        let error = io::Error::last_os_error();
        if result == 0 || error.raw_os_error() == Some(libc::ENOENT) {
            return Ok(());
        }
        Err(error)
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
