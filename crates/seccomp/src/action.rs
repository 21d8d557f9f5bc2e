//! Actions: what happens to a call.

use std::fmt;

/// What a filter does with a call (seccomp(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Kills the process with SIGSYS.
    KillProcess,
    /// Kills the thread with SIGSYS.
    KillThread,
    /// Sends SIGSYS, with this value in `si_errno`.
    Trap(u16),
    /// Fails the call with this error number; the kernel caps it at 4095.
    Errno(u16),
    /// Asks the process at the other end of the listener.
    Notify,
    /// Asks the tracer, with this message.
    Trace(u16),
    /// Lets it happen and logs it.
    Log,
    /// Lets it happen.
    Allow,
}

impl Action {
    /// The value that a filter returns for it (`SECCOMP_RET_…` with its data).
    pub fn ret(self) -> u32 {
        match self {
            Action::KillProcess => 0x8000_0000,
            Action::KillThread => 0,
            Action::Trap(data) => 0x0003_0000 | u32::from(data),
            Action::Errno(errno) => 0x0005_0000 | u32::from(errno),
            Action::Notify => 0x7fc0_0000,
            Action::Trace(data) => 0x7ff0_0000 | u32::from(data),
            Action::Log => 0x7ffc_0000,
            Action::Allow => 0x7fff_0000,
        }
    }

    /// The action that the kernel takes for a filter's return value; unknown ones kill the
    /// process.
    pub fn from_ret(ret: u32) -> Action {
        let data = ret as u16;
        match ret & 0xffff_0000 {
            0 => Action::KillThread,
            0x0003_0000 => Action::Trap(data),
            0x0005_0000 => Action::Errno(data),
            0x7fc0_0000 => Action::Notify,
            0x7ff0_0000 => Action::Trace(data),
            0x7ffc_0000 => Action::Log,
            0x7fff_0000 => Action::Allow,
            _ => Action::KillProcess,
        }
    }

    /// The action called `name` in profiles (`SCMP_ACT_…`), with `errno` for those that take a
    /// number (default EPERM, 1).
    pub fn from_name(name: &str, errno: Option<u16>) -> Option<Action> {
        let data = errno.unwrap_or(1);
        Some(match name {
            "SCMP_ACT_KILL" | "SCMP_ACT_KILL_THREAD" => Action::KillThread,
            "SCMP_ACT_KILL_PROCESS" => Action::KillProcess,
            "SCMP_ACT_TRAP" => Action::Trap(0),
            "SCMP_ACT_ERRNO" => Action::Errno(data),
            "SCMP_ACT_TRACE" => Action::Trace(data),
            "SCMP_ACT_ALLOW" => Action::Allow,
            "SCMP_ACT_LOG" => Action::Log,
            "SCMP_ACT_NOTIFY" => Action::Notify,
            _ => return None,
        })
    }

    /// Its name in profiles.
    pub fn name(self) -> &'static str {
        match self {
            Action::KillProcess => "SCMP_ACT_KILL_PROCESS",
            Action::KillThread => "SCMP_ACT_KILL_THREAD",
            Action::Trap(_) => "SCMP_ACT_TRAP",
            Action::Errno(_) => "SCMP_ACT_ERRNO",
            Action::Notify => "SCMP_ACT_NOTIFY",
            Action::Trace(_) => "SCMP_ACT_TRACE",
            Action::Log => "SCMP_ACT_LOG",
            Action::Allow => "SCMP_ACT_ALLOW",
        }
    }

    /// Whether the call happens without anybody being asked.
    pub fn permits(self) -> bool {
        matches!(self, Action::Allow | Action::Log)
    }

    /// How strict the action is: of several filters the strictest decides, and that is the one
    /// with the lowest number (seccomp(2), "in decreasing order of precedence").
    pub fn strictness(self) -> i32 {
        (self.ret() & 0xffff_0000) as i32
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Errno(n) | Action::Trace(n) => write!(f, "{}({n})", self.name()),
            _ => f.write_str(self.name()),
        }
    }
}
