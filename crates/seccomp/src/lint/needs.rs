//! What a runtime and the start of a program call under the filter.
//!
//! Measured by running each runtime under a profile that logs every call, 25 to 40 runs each, and
//! by leaving out one call at a time; a C library's start-up likewise.

use lanner_diag::Diagnostic;

use super::{Subject, enumerate};

/// Calls that a runtime makes after it has loaded the filter.
#[derive(Debug)]
pub struct Needs {
    /// The runtime and its version.
    pub runtime: &'static str,
    /// The name by which a person asks for it.
    pub name: &'static str,
    /// With `no_new_privs`: the filter is loaded last.
    pub last: &'static [&'static str],
    /// Besides, without it: the filter is loaded before user, capabilities and directory are set.
    pub early: &'static [&'static str],
    /// Of all these, those that it can do without.
    pub optional: &'static [&'static str],
}

/// The runtimes that were measured.
pub const RUNTIMES: [Needs; 4] = [
    Needs {
        runtime: "runc 1.1",
        name: "runc-1.1",
        last: &[
            "close",
            "openat",
            "write",
            "getpid",
            "epoll_ctl",
            "fstatfs",
            "getdents64",
            "execve",
        ],
        early: &[
            "fcntl",
            "chdir",
            "capget",
            "read",
            "prctl",
            "futex",
            "newfstatat",
            "fstat",
            "setgroups",
            "setgid",
            "setuid",
            "getcwd",
            "capset",
            "getppid",
            "faccessat2",
            "rt_sigreturn",
        ],
        optional: &["epoll_ctl", "getpid", "faccessat2", "rt_sigreturn", "futex"],
    },
    Needs {
        runtime: "runc 1.5",
        name: "runc",
        last: &[
            "close",
            "fstatfs",
            "fstat",
            "openat2",
            "openat",
            "fcntl",
            "statx",
            "write",
            "getdents64",
            "execve",
            "futex",
            "mmap",
        ],
        early: &[
            "tgkill",
            "getpid",
            "setuid",
            "setgid",
            "setgroups",
            "getcwd",
            "prctl",
            "capget",
            "capset",
            "getppid",
            "newfstatat",
            "faccessat2",
            "close_range",
            "chdir",
            "epoll_ctl",
            "read",
            "rt_sigreturn",
        ],
        optional: &[
            "openat2",
            "tgkill",
            "faccessat2",
            "close_range",
            "getpid",
            "epoll_ctl",
            "rt_sigreturn",
        ],
    },
    Needs {
        runtime: "crun 1.8",
        name: "crun",
        last: &["close", "execve"],
        early: &[
            "prctl",
            "setresgid",
            "setresuid",
            "capset",
            "rt_sigprocmask",
            "rt_sigaction",
            "write",
        ],
        optional: &[],
    },
    Needs {
        runtime: "youki 0.7",
        name: "youki",
        last: &[
            "socket",
            "connect",
            "close",
            "newfstatat",
            "openat",
            "statx",
            "sendmsg",
            "accept4",
            "recvfrom",
            "execve",
        ],
        early: &[],
        optional: &[],
    },
];

impl Needs {
    /// The runtime that a person names; containerd and CRI-O start runc unless told otherwise.
    pub fn of(name: &str) -> Option<&'static Needs> {
        let name = match name {
            "containerd" | "cri-o" | "crio" | "docker" | "podman" => "runc",
            other => other,
        };
        RUNTIMES.iter().find(|n| n.name == name)
    }
}

/// What a dynamically linked program of the C library calls before its own first line.
const START: [&str; 12] = [
    "execve",
    "brk",
    "arch_prctl",
    "mmap",
    "mprotect",
    "openat",
    "read",
    "close",
    "newfstatat",
    "set_tid_address",
    "prlimit64",
    "munmap",
];

pub(super) fn check(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    runtime(subject, faults);
    program(subject, faults);
}

fn runtime(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    let Some(needs) = subject.context.needs else {
        return;
    };
    let early: &[&str] = if subject.context.no_new_privs {
        &[]
    } else {
        needs.early
    };
    let refused = |names: &[&'static str], optional: bool| -> Vec<&'static str> {
        names
            .iter()
            .filter(|n| needs.optional.contains(n) == optional)
            .filter(|n| !subject.permits_some(n))
            .copied()
            .collect()
    };
    let mut hard = refused(needs.last, false);
    hard.extend(refused(early, false));
    let mut soft = refused(needs.last, true);
    soft.extend(refused(early, true));
    if !hard.is_empty() {
        let when = if subject.context.no_new_privs {
            "with no_new_privs, so after the filter is loaded"
        } else {
            "without no_new_privs, so also while it still sets up user and capabilities"
        };
        let mut fault = Diagnostic::error(
            "runtime-needs",
            format!(
                "{} cannot start a container: it also needs {}",
                needs.runtime,
                enumerate(&hard, 40)
            ),
        )
        .label(subject.default_span(), "these get the default action")
        .note(format!("measured {when}"));
        if !subject.context.no_new_privs && !needs.early.is_empty() {
            fault = fault.note("allowPrivilegeEscalation: false loads the filter last, and most of them are not needed");
        }
        faults.push(fault.help(Some(format!("permit {}", enumerate(&hard, 40)))));
    }
    if !soft.is_empty() {
        faults.push(
            Diagnostic::warning(
                "runtime-needs",
                format!(
                    "{} also calls {}, and can do without",
                    needs.runtime,
                    enumerate(&soft, 40)
                ),
            )
            .label(subject.default_span(), ""),
        );
    }
}

fn program(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    let missing: Vec<&str> = START
        .into_iter()
        .filter(|n| !subject.permits_some(n))
        .collect();
    if missing.is_empty() {
        return;
    }
    let message = if missing.len() == START.len() {
        "no program can start: every call that it begins with is refused".to_owned()
    } else {
        format!(
            "a dynamically linked program may not start: it begins with {}",
            enumerate(&missing, 12)
        )
    };
    faults.push(Diagnostic::warning("program-needs", message).label(subject.default_span(), ""));
}
