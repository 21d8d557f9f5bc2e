//! The filters that a running process has.
//!
//! The kernel hands out the classic programs that were loaded, one by one, to a tracer with
//! CAP_SYS_ADMIN in the initial user namespace that has no filter itself (Linux 4.4, with
//! CONFIG_CHECKPOINT_RESTORE). The thread stops for the moment that takes.

use std::io;

use crate::bpf::Insn;
use crate::load::Flags;
use crate::ptrace;

/// One filter of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveFilter {
    /// The program.
    pub program: Vec<Insn>,
    /// What the kernel keeps of its flags: LOG, or none.
    pub flags: Flags,
}

/// Why filters cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// No such thread.
    #[error("there is no process {0}")]
    NoProcess(i32),
    /// It may not be traced.
    #[error("process {0} may not be traced: it needs CAP_SYS_PTRACE, and nobody else tracing it")]
    NotPermitted(i32),
    /// Filters may not be read.
    #[error(
        "reading filters needs CAP_SYS_ADMIN in the initial user namespace, and no filter on \
         whoever reads them"
    )]
    Privilege,
    /// The kernel cannot.
    #[error("the kernel was built without CONFIG_CHECKPOINT_RESTORE: it hands out no filters")]
    Unsupported,
    /// Anything else.
    #[error("the filters of process {pid} cannot be read: {error}")]
    Other {
        /// The process.
        pid: i32,
        /// Why.
        error: io::Error,
    },
}

/// The filters of a thread (of a process: its first), in the order they were loaded. Empty if
/// it has none. All of them are asked for each call, and the strictest answer counts.
///
/// # Errors
/// It cannot be traced, or its filters cannot be read.
pub fn filters(pid: i32) -> Result<Vec<LiveFilter>, LiveError> {
    match seccomp_mode(pid) {
        None => return Err(LiveError::NoProcess(pid)),
        Some(2) => {}
        // Mode 1 is the strict one, which has no filter.
        Some(_) => return Ok(Vec::new()),
    }
    let other = |error| LiveError::Other { pid, error };
    ptrace::seize(pid, 0).map_err(|e| match e.raw_os_error() {
        Some(libc::EPERM) => LiveError::NotPermitted(pid),
        Some(libc::ESRCH) => LiveError::NoProcess(pid),
        _ => other(e),
    })?;
    let found = stop(pid).map_err(other).and_then(|()| read(pid));
    // It may be gone; then there is nothing to let go.
    let _ = ptrace::detach(pid);
    found
}

fn stop(pid: i32) -> io::Result<()> {
    ptrace::interrupt(pid)?;
    while ptrace::wait(pid, true)?.is_none() {}
    Ok(())
}

fn read(pid: i32) -> Result<Vec<LiveFilter>, LiveError> {
    let explain = |error: io::Error| match error.raw_os_error() {
        Some(libc::EACCES) => LiveError::Privilege,
        Some(libc::EIO) => LiveError::Unsupported,
        _ => LiveError::Other { pid, error },
    };
    let mut found = Vec::new();
    while let Some(program) = ptrace::filter(pid, found.len() as u64).map_err(explain)? {
        // Before Linux 4.16 there is no metadata.
        let flags = ptrace::filter_flags(pid, found.len() as u64).unwrap_or(0);
        let flags = match flags & u64::from(Flags::LOG.bits()) {
            0 => Flags::default(),
            _ => Flags::LOG,
        };
        found.push(LiveFilter { program, flags });
    }
    Ok(found)
}

/// `Seccomp` of /proc/PID/status; `None` without such a process.
pub fn seccomp_mode(pid: i32) -> Option<u8> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("Seccomp:"));
    // A kernel without seccomp has no such line.
    line.map_or(Some(0), |l| l.trim().parse().ok())
}
