//! Watching a command under a filter, each refused call while it stands still.
//!
//! The command is traced. Where its filter would fail a call, log it or ask a tracer, it asks us
//! instead ([`observed`]): registers, memory and stack can be read, and the call gets the answer
//! that the profile has for it, so the command sees no difference. What kills or traps is left to
//! the kernel; the death, or the signal, is reported with the call that caused it. Why it is done
//! this way is in `docs/decisions/0009-watching-refusals.md`.
//!
//! What a traced command cannot do is trace: its own ptrace(2) calls fail.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use crate::bpf::{Data, Insn};
use crate::launch::{Child, LaunchError};
use crate::load::{Filter, Flags};
use crate::ptrace::{self, Wait};
use crate::{Action, bpf};

pub use crate::notify::Answer;
pub use crate::ptrace::Registers;

/// What a refused call may end with, as a status has it.
pub const SIGSYS: i32 = libc::SIGSYS;

/// `RET k`.
const RET_K: u16 = 0x06;

/// Which calls are to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those that the filter fails, logs, or asks a tracer for. Kills, traps and notifications are
    /// the kernel's.
    Refused,
    /// Those that it does not plainly allow, kills among them: none of its actions takes effect.
    Audit,
}

/// The program with the actions of interest exchanged for the one that asks us. All else about it
/// stays, so it decides for the same calls.
pub fn observed(program: &[Insn], scope: Scope) -> Vec<Insn> {
    let exchanged = |action| match (scope, action) {
        (_, Action::Errno(_) | Action::Log | Action::Trace(_)) => true,
        (_, Action::Allow) => false,
        (Scope::Audit, _) => true,
        (Scope::Refused, _) => false,
    };
    let mut program = program.to_vec();
    for insn in &mut program {
        if insn.code == RET_K && exchanged(Action::from_ret(insn.k)) {
            insn.k = Action::Trace(0).ret();
        }
    }
    program
}

/// What a program does with a call.
pub fn verdict(program: &[Insn], call: &Data) -> Action {
    let outcome = bpf::run(program, call);
    // The kernel would not have loaded a program that does not end.
    Action::from_ret(outcome.map_or(Action::KillProcess.ret(), |o| o.ret))
}

/// A thread that stands still.
#[derive(Clone, Copy, Debug)]
pub struct Task {
    /// Its id.
    pub tid: i32,
    /// Whether it is a tracee of ours.
    traced: bool,
}

impl Task {
    /// A thread that waits in a call, as one whose call is being notified does.
    pub fn waiting(tid: i32) -> Task {
        Task { tid, traced: false }
    }

    /// Its process; the thread itself if it is gone.
    pub fn process(&self) -> i32 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.tid));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("Tgid:"));
        line.and_then(|l| l.trim().parse().ok()).unwrap_or(self.tid)
    }

    /// Where it stands; zeroes if it is gone. Of one that is not traced only the instruction and
    /// stack pointers are known.
    pub fn registers(&self) -> Registers {
        if self.traced {
            return ptrace::registers(self.tid).unwrap_or_default();
        }
        let text = std::fs::read_to_string(format!("/proc/{}/syscall", self.tid));
        let text = text.unwrap_or_default();
        let mut last = text.split_whitespace().rev();
        let mut number = || {
            let hex = last.next()?.strip_prefix("0x")?;
            u64::from_str_radix(hex, 16).ok()
        };
        let (ip, sp) = (number().unwrap_or(0), number().unwrap_or(0));
        Registers {
            ip,
            sp,
            ..Registers::default()
        }
    }

    /// The name of the thread; empty if it is gone.
    pub fn comm(&self) -> String {
        let comm = std::fs::read(format!("/proc/{}/comm", self.tid)).unwrap_or_default();
        String::from_utf8_lossy(&comm).trim_end().to_owned()
    }

    /// The program that it runs; empty if it is gone.
    pub fn exe(&self) -> String {
        let exe = std::fs::read_link(format!("/proc/{}/exe", self.tid)).unwrap_or_default();
        exe.to_string_lossy().into_owned()
    }

    /// Its memory, for reading.
    ///
    /// # Errors
    /// It may not be read.
    pub fn memory(&self) -> io::Result<File> {
        File::open(format!("/proc/{}/mem", self.tid))
    }

    /// Text at an address, up to its NUL byte or `most` bytes; `None` if it cannot be read.
    pub fn text(&self, address: u64, most: usize) -> Option<String> {
        let memory = self.memory().ok()?;
        let mut bytes = Vec::new();
        let mut chunk = [0; 256];
        while bytes.len() < most {
            // Up to the end of a page: the next one may not be there.
            let at = address.checked_add(bytes.len() as u64)?;
            let len = chunk.len().min((4096 - at % 4096) as usize);
            let len = match memory.read_at(&mut chunk[..len], at) {
                Ok(1..) => len,
                _ => return None,
            };
            match chunk[..len].iter().position(|b| *b == 0) {
                Some(end) => {
                    bytes.extend_from_slice(&chunk[..end]);
                    break;
                }
                None => bytes.extend_from_slice(&chunk[..len]),
            }
        }
        bytes.truncate(most);
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Who is told.
pub trait Watcher {
    /// The filter asks what to do with a call. An answer that the call returned something is that.
    fn asked(&mut self, task: &Task, call: &Data) -> Answer;

    /// A thread dies of SIGSYS. With KILL_PROCESS each thread of the process does; `call` is what
    /// it did last, which for all but one of them is another call.
    fn killed(&mut self, task: &Task, call: &Data);

    /// A thread gets SIGSYS for a call.
    fn trapped(&mut self, task: &Task, call: &Data);

    /// A thread runs another program than before, or is gone.
    fn changed(&mut self, tid: i32) {
        let _ = tid;
    }

    /// The filter has a listener.
    fn listens(&mut self, listener: OwnedFd);
}

/// Starts a command that waits, watches it and all that it starts until the last of them ends, and
/// returns its exit code, or the negated signal that it died of.
///
/// Reaps all children of the calling thread, which must be the one that made `child`. If this
/// process ends, so do they.
///
/// # Errors
/// The command cannot be traced; it could not be started; its filter was refused.
pub fn watch(
    child: &mut Child,
    filter: &Filter,
    watcher: &mut dyn Watcher,
) -> Result<i32, WatchError> {
    ptrace::seize(child.pid(), ptrace::OPTIONS).map_err(WatchError::Trace)?;
    child.go();
    let mut first = None;
    if filter.flags().has(Flags::NEW_LISTENER) {
        first = until_loaded(child)?;
        if let Some(listener) = child.listener()? {
            watcher.listens(listener);
        }
    }
    let mut code = 0;
    loop {
        let next = match first.take() {
            Some(event) => Some(event),
            None => match ptrace::wait(-1, true) {
                Ok(next) => next,
                Err(error) if error.raw_os_error() == Some(libc::ECHILD) => break,
                Err(error) => return Err(WatchError::Trace(error)),
            },
        };
        let Some((tid, what)) = next else { continue };
        if let Wait::Gone(_) | Wait::Exec = what {
            watcher.changed(tid);
        }
        if let Wait::Gone(status) = what {
            if tid == child.pid() {
                code = status;
            }
            continue;
        }
        // How a child that could not execute the command ends is no affair of the command's.
        let handled = match what {
            Wait::Filter if tid == child.pid() && child.is_given_up() => ptrace::proceed(tid, 0),
            what => handle(tid, what, watcher),
        };
        match handled {
            // It was killed meanwhile, and will be reported as gone.
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {}
            Err(error) => return Err(WatchError::Trace(error)),
            Ok(()) => {}
        }
    }
    match child.failure(Some(filter)) {
        Some(error) => Err(error.into()),
        None => Ok(code),
    }
}

/// Why a command cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// It was not started.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// It cannot be traced.
    #[error(
        "the command cannot be traced: {0} (is this process traced itself, or \
         kernel.yama.ptrace_scope 3?)"
    )]
    Trace(io::Error),
}

/// Waits until the kernel has taken the filter or not, or something happens to the child first.
fn until_loaded(child: &Child) -> Result<Option<(i32, Wait)>, WatchError> {
    while !child.is_past_loading() {
        if let Some(event) = ptrace::wait(-1, false).map_err(WatchError::Trace)? {
            return Ok(Some(event));
        }
        // Two system calls away; there is nothing else to wait for.
        std::thread::sleep(Duration::from_micros(50));
    }
    Ok(None)
}

fn handle(tid: i32, what: Wait, watcher: &mut dyn Watcher) -> io::Result<()> {
    let task = Task { tid, traced: true };
    match what {
        Wait::Filter => {
            let call = ptrace::call(tid)?;
            match watcher.asked(&task, &call) {
                Answer::Continue => {}
                Answer::Errno(errno) => ptrace::skip(tid, -i64::from(errno))?,
                Answer::Return(value) => ptrace::skip(tid, value)?,
            }
            ptrace::proceed(tid, 0)
        }
        Wait::Exit => {
            let status = ptrace::message(tid)? as i32;
            if libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == SIGSYS {
                watcher.killed(&task, &ptrace::last_call(tid)?);
            }
            ptrace::proceed(tid, 0)
        }
        Wait::Signal(signal) => {
            if signal == SIGSYS
                && let Some(call) = ptrace::trapped_call(tid)?
            {
                watcher.trapped(&task, &call);
            }
            ptrace::proceed(tid, signal)
        }
        Wait::GroupStop => ptrace::listen(tid),
        Wait::Birth | Wait::Exec | Wait::Fresh | Wait::Gone(_) => ptrace::proceed(tid, 0),
    }
}

/// Starts a command that waits, and waits until it ends, without tracing it. `listens` gets the
/// listener of its filter, if that has one. Returns its exit code, or the negated signal that it
/// died of.
///
/// # Errors
/// It could not be started; its filter was refused.
pub fn wait(
    child: &mut Child,
    filter: Option<&Filter>,
    listens: &mut dyn FnMut(OwnedFd),
) -> Result<i32, WatchError> {
    child.go();
    let mut first = None;
    if filter.is_some_and(|f| f.flags().has(Flags::NEW_LISTENER)) {
        first = until_loaded(child)?;
        if let Some(listener) = child.listener()? {
            listens(listener);
        }
    }
    let code = loop {
        let next = match first.take() {
            Some(event) => Some(event),
            None => ptrace::wait(child.pid(), true).map_err(WatchError::Trace)?,
        };
        if let Some((_, Wait::Gone(code))) = next {
            break code;
        }
    };
    match child.failure(filter) {
        Some(error) => Err(error.into()),
        None => Ok(code),
    }
}

#[cfg(test)]
mod tests;
