//! What a runtime and the start of a program call under the filter.
//!
//! Measured by running each runtime under a profile that logs every call, 25 to 40 runs each, and
//! by leaving out one call at a time; a C library's start-up likewise.

use lanner_diag::Diagnostic;

use super::{Permission, Subject, enumerate, permission};
use crate::policy::Policy;
use crate::{Arch, table};

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

/// What a dynamically linked program of the C library calls before its own first line.
pub const START: [&str; 12] = [
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
    "pread64",
    "munmap",
];

pub(super) fn check(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    runtime(subject, faults);
    program(subject, faults);
}

/// Calls of a runtime that a policy refuses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// Without these it does not start a container.
    pub hard: Vec<&'static str>,
    /// Without these it does.
    pub soft: Vec<&'static str>,
}

/// What a policy refuses of what a runtime calls on a machine.
pub fn missing(policy: &Policy, native: Arch, needs: &Needs, no_new_privs: bool) -> Missing {
    let early = if no_new_privs { &[] } else { needs.early };
    let mut found = refused(policy, native, needs, needs.last);
    let more = refused(policy, native, needs, early);
    found.hard.extend(more.hard);
    found.soft.extend(more.soft);
    found
}

fn refused(
    policy: &Policy,
    native: Arch,
    needs: &Needs,
    calls: &'static [&'static str],
) -> Missing {
    let exists = |n: &str| table::by_name(n).is_some_and(|c| c.number(native).is_some());
    let calls = calls.iter().copied();
    let refused = calls.filter(|n| exists(n) && permission(policy, native, n) == Permission::Never);
    let (soft, hard) = refused.partition(|n| needs.optional.contains(n));
    Missing { hard, soft }
}

fn runtime(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    let Some(needs) = subject.context.needs else {
        return;
    };
    let (policy, native) = (subject.policy, subject.target.native);
    let last = refused(policy, native, needs, needs.last);
    let early = match subject.context.no_new_privs {
        true => Missing::default(),
        false => refused(policy, native, needs, needs.early),
    };
    let mut parts = Vec::new();
    if !last.hard.is_empty() {
        parts.push(format!("it also needs {}", enumerate(&last.hard, 40)));
    }
    if !early.hard.is_empty() {
        parts.push(format!(
            "unless allowPrivilegeEscalation is false {} {}",
            if last.hard.is_empty() {
                "it needs"
            } else {
                "also"
            },
            enumerate(&early.hard, 40)
        ));
    }
    if !parts.is_empty() {
        let message = format!(
            "{} cannot start a container: {}",
            needs.runtime,
            parts.join(", and ")
        );
        let mut fault = Diagnostic::error("runtime-needs", message)
            .label(subject.default_span(), "these get the default action");
        if !early.hard.is_empty() {
            fault = fault.note(
                "with allowPrivilegeEscalation: false (no_new_privs) the filter is loaded last; \
                 without it before user, capabilities and directory are set",
            );
        }
        let all: Vec<&str> = last.hard.iter().chain(&early.hard).copied().collect();
        faults.push(fault.help(Some(format!("permit {}", enumerate(&all, 40)))));
    }
    let soft: Vec<&str> = last.soft.iter().chain(&early.soft).copied().collect();
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
