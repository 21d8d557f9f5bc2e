//! Which system calls the kernel must report: those that rules match, and those that keep the
//! state behind their fields right (§5.5 of the interface).

use std::collections::BTreeSet;

use lanner_event::Syscall;

/// A set of system calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyscallSet(BTreeSet<Syscall>);

impl SyscallSet {
    /// The calls of these names; names that no call has are left out.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> SyscallSet {
        names.into_iter().filter_map(Syscall::by_name).collect()
    }

    /// Whether it holds `call`.
    pub fn contains(&self, call: Syscall) -> bool {
        self.0.contains(&call)
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many calls it holds.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds a call.
    pub fn insert(&mut self, call: Syscall) {
        self.0.insert(call);
    }

    /// Calls in either set.
    #[must_use]
    pub fn union(&self, other: &SyscallSet) -> SyscallSet {
        self.0.union(&other.0).copied().collect()
    }

    /// Calls in this set and not in the other.
    #[must_use]
    pub fn difference(&self, other: &SyscallSet) -> SyscallSet {
        self.0.difference(&other.0).copied().collect()
    }

    /// Whether the two sets share a call.
    pub fn intersects(&self, other: &SyscallSet) -> bool {
        !self.0.is_disjoint(&other.0)
    }

    /// The calls, by number.
    pub fn iter(&self) -> impl Iterator<Item = Syscall> + '_ {
        self.0.iter().copied()
    }

    /// Their names in alphabetical order.
    pub fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.iter().map(Syscall::name).collect();
        names.sort_unstable();
        names
    }
}

impl FromIterator<Syscall> for SyscallSet {
    fn from_iter<I: IntoIterator<Item = Syscall>>(calls: I) -> SyscallSet {
        SyscallSet(calls.into_iter().collect())
    }
}

/// What `base_syscalls` of the configuration says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BaseSyscalls {
    /// Names that replace the state set; with a leading `!`, names that are left out altogether.
    pub custom_set: Vec<String>,
    /// Only what the state of the fields in use needs.
    pub repair: bool,
    /// Keep the calls that are left out for their volume.
    pub all: bool,
}

/// What was selected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The calls to report.
    pub calls: SyscallSet,
    /// Calls that rules match and that are not reported.
    pub unmet: SyscallSet,
    /// Names in `custom_set` that no call has.
    pub unknown: Vec<String>,
}

/// Calls left out for their volume unless `base_syscalls.all` is set.
const IGNORED: [&str; 12] = [
    "pread64",
    "preadv",
    "pwrite64",
    "pwritev",
    "read",
    "readv",
    "recv",
    "send",
    "sendfile",
    "sendfile64",
    "write",
    "writev",
];

/// Calls that change what is remembered of threads and descriptors.
const STATE: [&str; 70] = [
    "accept",
    "accept4",
    "bind",
    "capset",
    "chdir",
    "chroot",
    "clone",
    "clone3",
    "close",
    "close_range",
    "connect",
    "creat",
    "dup",
    "dup2",
    "dup3",
    "epoll_create",
    "epoll_create1",
    "eventfd",
    "eventfd2",
    "execve",
    "execveat",
    "fchdir",
    "fcntl",
    "fcntl64",
    "fork",
    "getsockopt",
    "inotify_init",
    "inotify_init1",
    "io_uring_setup",
    "memfd_create",
    "mount",
    "open",
    "open_by_handle_at",
    "openat",
    "openat2",
    "pidfd_getfd",
    "pidfd_open",
    "pipe",
    "pipe2",
    "prctl",
    "prlimit64",
    "recvfrom",
    "recvmmsg",
    "recvmsg",
    "sched_process_exit",
    "sendmmsg",
    "sendmsg",
    "sendto",
    "setgid",
    "setgid32",
    "setregid",
    "setresgid",
    "setresgid32",
    "setresuid",
    "setresuid32",
    "setreuid",
    "setrlimit",
    "setsid",
    "setuid",
    "setuid32",
    "shutdown",
    "signalfd",
    "signalfd4",
    "socket",
    "socketpair",
    "timerfd_create",
    "umount",
    "umount2",
    "userfaultfd",
    "vfork",
];

/// Calls that change what is remembered of threads: lineage, program, directory, credentials.
const THREADS: [&str; 19] = [
    "capset",
    "chdir",
    "chroot",
    "clone",
    "clone3",
    "execve",
    "execveat",
    "fchdir",
    "fork",
    "prctl",
    "setgid",
    "setgid32",
    "setpgid",
    "setresgid",
    "setresgid32",
    "setresuid",
    "setresuid32",
    "setsid",
    "vfork",
];

/// Calls of `THREADS` that Falco's repair set adds under another name.
const THREADS_MORE: [&str; 2] = ["setuid", "setuid32"];

/// The calls that are left out for their volume.
pub fn ignored() -> SyscallSet {
    SyscallSet::named(IGNORED)
}

/// The calls that keep the state right, whatever the rules.
pub fn state() -> SyscallSet {
    SyscallSet::named(STATE)
}

/// The calls without which fields that `rules` use would be wrong.
fn repair(rules: &SyscallSet) -> SyscallSet {
    let mut set = SyscallSet::named(THREADS.into_iter().chain(THREADS_MORE));
    let accepting = SyscallSet::named(["accept", "accept4", "listen"]);
    let network = SyscallSet::named([
        "accept",
        "accept4",
        "bind",
        "connect",
        "getpeername",
        "getsockname",
        "getsockopt",
        "listen",
        "recv",
        "recvfrom",
        "recvmmsg",
        "recvmsg",
        "send",
        "sendmmsg",
        "sendmsg",
        "sendto",
        "setsockopt",
        "shutdown",
        "socket",
        "socketpair",
    ]);
    if rules.intersects(&network) {
        set = set.union(&SyscallSet::named(["socket", "getsockopt"]));
    }
    if rules.intersects(&accepting) {
        set = set.union(&SyscallSet::named(["bind"]));
    }
    let processes = SyscallSet::named(STATE_OF_PROCESSES_ONLY);
    if !rules.difference(&processes).is_empty() {
        set = set.union(&SyscallSet::named(["close"]));
    }
    set.union(rules)
}

/// Calls that use no descriptor: rules on these alone need no `close`.
const STATE_OF_PROCESSES_ONLY: [&str; 28] = [
    "bpf",
    "capset",
    "chroot",
    "clone",
    "clone3",
    "execve",
    "execveat",
    "fork",
    "init_module",
    "kill",
    "prctl",
    "ptrace",
    "sched_process_exit",
    "setgid",
    "setgid32",
    "setns",
    "setpgid",
    "setresgid",
    "setresgid32",
    "setresuid",
    "setresuid32",
    "setsid",
    "setuid",
    "setuid32",
    "tgkill",
    "tkill",
    "unshare",
    "vfork",
];

/// Selects the calls to report for rules that match `rules`.
pub fn select(rules: &SyscallSet, base: &BaseSyscalls) -> Selection {
    let mut unknown = Vec::new();
    let mut positive = SyscallSet::default();
    let mut negative = SyscallSet::default();
    for name in base.custom_set.iter().filter(|n| !n.is_empty()) {
        let (bare, set) = match name.strip_prefix('!') {
            Some(bare) => (bare, &mut negative),
            None => (name.as_str(), &mut positive),
        };
        match Syscall::by_name(bare) {
            Some(call) => set.insert(call),
            None => unknown.push(name.clone()),
        }
    }
    let mut calls = if !positive.is_empty() {
        rules.union(&positive)
    } else if base.repair {
        repair(rules)
    } else {
        rules.union(&state())
    };
    calls = calls.difference(&negative);
    if !base.all {
        calls = calls.difference(&ignored());
    }
    if base.repair && !base.custom_set.is_empty() {
        calls = repair(&calls);
    }
    calls = calls.union(&SyscallSet::named(["sched_process_exit"]));
    Selection {
        unmet: rules.difference(&calls),
        calls,
        unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rules: &[&str], base: &BaseSyscalls, with: &[&str], without: &[&str]) {
        let rules = SyscallSet::named(rules.iter().copied());
        let selection = select(&rules, base);
        let names = selection.calls.names();
        for name in with {
            assert!(names.contains(name), "{name} is missing");
        }
        for name in without {
            assert!(!names.contains(name), "{name} is there");
        }
    }

    #[test]
    fn every_name_in_the_tables_is_a_system_call() {
        for name in STATE.iter().chain(&IGNORED).chain(&THREADS) {
            assert!(Syscall::by_name(name).is_some(), "{name}");
        }
    }

    #[test]
    fn rules_get_what_they_match_and_the_state_set() {
        let base = BaseSyscalls::default();
        check(
            &["ptrace"],
            &base,
            &["ptrace", "openat", "setuid"],
            &["read"],
        );
    }

    #[test]
    fn voluminous_calls_need_base_syscalls_all() {
        let rules = SyscallSet::named(["read"]);
        let selection = select(&rules, &BaseSyscalls::default());
        assert_eq!(selection.unmet.names(), ["read"]);
        let all = BaseSyscalls {
            all: true,
            ..BaseSyscalls::default()
        };
        assert!(select(&rules, &all).unmet.is_empty());
    }

    #[test]
    fn a_custom_set_replaces_the_state_set_and_subtracts() {
        let base = BaseSyscalls {
            custom_set: ["clone", "!ptrace", "nosuch"].map(String::from).to_vec(),
            ..BaseSyscalls::default()
        };
        check(
            &["ptrace", "bpf"],
            &base,
            &["clone", "bpf", "sched_process_exit"],
            &["ptrace", "openat"],
        );
        let selection = select(&SyscallSet::named(["ptrace"]), &base);
        assert_eq!(selection.unknown, ["nosuch"]);
        assert_eq!(selection.unmet.names(), ["ptrace"]);
    }

    #[test]
    fn repair_selects_the_least_that_the_rules_need() {
        let base = BaseSyscalls {
            repair: true,
            ..BaseSyscalls::default()
        };
        check(
            &["execve"],
            &base,
            &["clone", "execve"],
            &["openat", "close", "socket"],
        );
        check(&["openat"], &base, &["openat", "close"], &["socket"]);
        check(
            &["connect"],
            &base,
            &["connect", "socket", "close"],
            &["bind"],
        );
        check(&["accept4"], &base, &["bind", "socket"], &["openat"]);
    }
}
