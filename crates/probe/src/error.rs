//! Why there is no probe, and what one that runs cannot do here.

use std::collections::VecDeque;
use std::fs;
use std::sync::{Mutex, PoisonError};

/// Why the probe cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// A right is missing.
    #[error(
        "the kernel refuses to load the probe without {missing}; run as root{hint} (or with \
         the capabilities BPF and PERFMON)"
    )]
    Rights {
        /// What is missing.
        missing: String,
        /// What stands in the way of root, if anything does.
        hint: &'static str,
    },
    /// The kernel lets nobody read its memory.
    #[error(
        "the kernel is locked down for confidentiality (/sys/kernel/security/lockdown): it lets \
         nobody read its memory, and so runs no probe; boot it with lockdown=integrity, or without"
    )]
    Lockdown,
    /// Not even the smallest program can be loaded, though the rights are there.
    #[error("the kernel refuses every BPF program, {0}")]
    Withheld(&'static str),
    /// The kernel does not describe its types.
    #[error(
        "the kernel has no type information (/sys/kernel/btf/vmlinux): it was built without \
         CONFIG_DEBUG_INFO_BTF, which the probe needs to find its way"
    )]
    NoTypeInformation,
    /// A ring buffer of this size cannot be made.
    #[error(
        "a ring buffer of {bytes} bytes cannot hold every event: it takes a power of two of at \
         least {MIN_BUFFER} bytes"
    )]
    BufferSize {
        /// The size asked for.
        bytes: usize,
    },
    /// No memory for the buffers.
    #[error("no memory for the ring buffers, {cpus} times {bytes} bytes: {error}")]
    BufferMemory {
        /// CPUs.
        cpus: usize,
        /// Bytes per CPU.
        bytes: usize,
        /// What the kernel says.
        error: String,
    },
    /// Nothing of what was asked for can be seen.
    #[error("the kernel refuses every hook that is needed: {0}")]
    NoHook(String),
    /// Anything else.
    #[error("the probe cannot be {step}: {error}")]
    Kernel {
        /// What was being done.
        step: &'static str,
        /// What the kernel says.
        error: String,
    },
}

/// The smallest ring buffer: it holds one event of any size.
pub const MIN_BUFFER: usize = 128 * 1024;

/// A place in the kernel that the probe attaches to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hook {
    /// The end of every system call.
    SyscallExit,
    /// A program was started.
    Exec,
    /// A thread or process was made.
    Fork,
    /// A thread ended.
    Exit,
    /// A signal was delivered.
    Signal,
    /// A CPU turned to another thread.
    Switch,
    /// A program touched memory that was not there.
    FaultUser,
    /// The kernel touched memory that was not there.
    FaultKernel,
}

impl Hook {
    /// All hooks.
    pub const ALL: [Hook; 8] = [
        Hook::Exec,
        Hook::Fork,
        Hook::Exit,
        Hook::Signal,
        Hook::Switch,
        Hook::FaultUser,
        Hook::FaultKernel,
        Hook::SyscallExit,
    ];

    /// The kernel's name of the tracepoint.
    pub fn tracepoint(self) -> &'static str {
        match self {
            Hook::SyscallExit => "sys_exit",
            Hook::Exec => "sched_process_exec",
            Hook::Fork => "sched_process_fork",
            Hook::Exit => "sched_process_exit",
            Hook::Signal => "signal_deliver",
            Hook::Switch => "sched_switch",
            Hook::FaultUser => "page_fault_user",
            Hook::FaultKernel => "page_fault_kernel",
        }
    }

    /// What cannot be seen without it.
    pub fn cost_of_lack(self) -> &'static str {
        match self {
            Hook::SyscallExit => {
                "no system call is seen: no file, network or permission event, no failed exec"
            }
            Hook::Exec => "no started program is seen",
            Hook::Fork => "no new process is seen; what a child inherits is taken from /proc",
            Hook::Exit => "no end of a process is seen; dead processes are forgotten late",
            Hook::Signal => "no delivered signal is seen",
            Hook::Switch => "no context switch is seen",
            Hook::FaultUser => "no page fault of a program is seen",
            Hook::FaultKernel => "no page fault of the kernel is seen",
        }
    }

    pub(crate) fn program(self) -> &'static str {
        match self {
            Hook::SyscallExit => "syscall__exit",
            Hook::Exec => "task__exec",
            Hook::Fork => "task__fork",
            Hook::Exit => "task__exit",
            Hook::Signal => "signal__deliver",
            Hook::Switch => "task__switch",
            Hook::FaultUser => "fault__user",
            Hook::FaultKernel => "fault__kernel",
        }
    }
}

/// What the kernel lets the probe do.
#[derive(Clone, Debug, Default)]
pub struct Capabilities {
    /// Hooks in use.
    pub attached: Vec<Hook>,
    /// Hooks that the kernel refuses, and why.
    pub refused: Vec<(Hook, String)>,
}

impl Capabilities {
    /// One sentence for each thing that is missing.
    pub fn lacks(&self) -> impl Iterator<Item = String> {
        self.refused.iter().map(|(hook, why)| {
            format!(
                "the kernel refuses the tracepoint {} ({why}): {}",
                hook.tracepoint(),
                hook.cost_of_lack()
            )
        })
    }
}

/// The last things that libbpf said, which tell more than the error number that it returns.
static REASON: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

/// Lines kept of them.
const REASON_LINES: usize = 4;

/// Keeps what libbpf says instead of letting it print to stderr.
pub(crate) fn keep_reason(_: libbpf_rs::PrintLevel, message: String) {
    let mut lines = REASON.lock().unwrap_or_else(PoisonError::into_inner);
    for line in message.lines().map(str::trim) {
        // The verifier's account of itself follows its verdict.
        let noise = line.is_empty() || line.starts_with("processed ") || line.contains("LOAD LOG");
        let line = line.trim_start_matches("libbpf: ");
        if !noise && lines.back().is_none_or(|last| last != line) {
            lines.push_back(line.to_owned());
        }
        while lines.len() > REASON_LINES {
            lines.pop_front();
        }
    }
}

/// What libbpf said last, in one line.
pub(crate) fn take_reason() -> String {
    let mut lines = REASON.lock().unwrap_or_else(PoisonError::into_inner);
    let lines: Vec<String> = lines.drain(..).collect();
    if lines.is_empty() {
        String::new()
    } else {
        format!(" ({})", lines.join("; "))
    }
}

/// Tells a refusal for lack of rights from other failures.
pub(crate) fn explain(step: &'static str, error: &libbpf_rs::Error) -> ProbeError {
    let lockdown = fs::read_to_string("/sys/kernel/security/lockdown").unwrap_or_default();
    if lockdown.contains("[confidentiality]") {
        return ProbeError::Lockdown;
    }
    let held = effective_capabilities();
    let lacking: Vec<&str> = [("CAP_BPF", 39), ("CAP_PERFMON", 38)]
        .iter()
        .filter(|(_, bit)| held & (1 << bit) == 0 && held & (1 << 21) == 0)
        .map(|(name, _)| *name)
        .collect();
    let denied = error.kind() == libbpf_rs::ErrorKind::PermissionDenied;
    // The verifier, too, says "permission denied" of what it does not like.
    if !denied || lacking.is_empty() {
        let reason = take_reason();
        // What libbpf tries first, and says of it.
        if denied && reason.contains("Couldn't load trivial BPF program") {
            return ProbeError::Withheld(withheld_by());
        }
        return ProbeError::Kernel {
            step,
            error: chain(error) + &reason,
        };
    }
    // SAFETY: a plain query.
    let root = unsafe { libc::geteuid() } == 0;
    ProbeError::Rights {
        missing: lacking.join(" and "),
        hint: if root {
            " of the host, not of a container or user namespace that withholds it"
        } else {
            ""
        },
    }
}

/// What stands between capabilities that are held and the call bpf(2).
fn withheld_by() -> &'static str {
    let filtered = status("Seccomp:").is_some_and(|mode| mode == "2");
    let whole = "0 0 4294967295";
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    if !map.split_whitespace().eq(whole.split(' ')) {
        "since the capabilities held are those of a user namespace; run outside it"
    } else if filtered {
        "since a seccomp filter forbids the call bpf: profiles of older container runtimes allow \
         it only with the capability SYS_ADMIN; run with a newer profile, or with \
         seccomp=unconfined"
    } else {
        "though the capabilities BPF and PERFMON are held: an LSM forbids it (the kernel's log or \
         the audit log names it)"
    }
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut out = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        out += &format!(": {cause}");
        next = cause.source();
    }
    out
}

fn effective_capabilities() -> u64 {
    status("CapEff:")
        .and_then(|hex| u64::from_str_radix(&hex, 16).ok())
        .unwrap_or(0)
}

/// What the kernel says of this process under this key.
fn status(key: &str) -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let value = status.lines().find_map(|l| l.strip_prefix(key))?;
    Some(value.trim().to_owned())
}
