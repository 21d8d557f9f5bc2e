//! Which system calls the kernel must report: those that rules match, and those that keep the
//! state behind their fields right (§5.5 of the interface).

use std::collections::BTreeSet;

use lanner_event::{OpenFilter, OpenModes, Outcomes, Selection, Syscall};

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

/// What one rule needs of the source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// The calls that it can match.
    pub calls: SyscallSet,
    /// The outcomes that it can match.
    pub outcomes: Outcomes,
    /// It uses fields of descriptors, so that these must be followed.
    pub descriptors: bool,
    /// How files are opened by the opens that it can match.
    pub opens: OpenModes,
    /// Of descriptors it looks at those only that its opens return.
    pub of_its_opens: bool,
}

/// The calls that open files.
pub(crate) const OPENS: [&str; 5] = ["creat", "open", "open_by_handle_at", "openat", "openat2"];

/// What was selected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    /// What the source is to deliver.
    pub wanted: Selection,
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

/// Calls whose successes the scheduler reports, so that the system calls of the machine need not
/// be watched for them.
const SCHEDULER: [&str; 8] = [
    "clone",
    "clone3",
    "execve",
    "execveat",
    "fork",
    "sched_process_exit",
    "signal_deliver",
    "vfork",
];

/// Whether a field is read from the descriptors of processes.
pub fn needs_descriptors(field: &str) -> bool {
    const OTHERS: [&str; 9] = [
        "proc.",
        "thread.",
        "user.",
        "group.",
        "container.",
        "k8s.",
        "static.",
        "syscall.",
        "evt.",
    ];
    const PARAMETERS: [&str; 9] = [
        "evt.abspath",
        "evt.arg",
        "evt.buf",
        "evt.category",
        "evt.count.error",
        "evt.info",
        "evt.io_dir",
        "evt.is_io",
        "evt.rawarg",
    ];
    let of_processes = OTHERS.iter().any(|prefix| field.starts_with(prefix))
        && !PARAMETERS.iter().any(|prefix| field.starts_with(prefix));
    // `proc.ppid.duration` falls back to the number of descriptors, as Falco's does.
    !of_processes
        || ["fd", "stdin", "stdout", "stderr", "proc.ppid.duration"]
            .iter()
            .any(|part| field.contains(part))
}

/// The calls that keep the state right which the fields of these rules are read from.
fn state_for(needs: &[Need], rules: &SyscallSet) -> SyscallSet {
    let scheduler = SyscallSet::named(SCHEDULER);
    let tasks_only = rules.difference(&scheduler).is_empty()
        && needs
            .iter()
            .all(|n| Outcomes::SUCCESS.contains(n.outcomes) && !n.descriptors);
    if tasks_only {
        // The scheduler's own events carry what is new: directory, credentials, names.
        scheduler.difference(&SyscallSet::named(["signal_deliver"]))
    } else if needs.iter().any(|n| n.descriptors) {
        state()
    } else {
        SyscallSet::named(THREADS.into_iter().chain(THREADS_MORE))
    }
}

/// Selects what a source is to deliver for these rules.
pub fn select(needs: &[Need], base: &BaseSyscalls) -> Selected {
    let rules: SyscallSet = needs.iter().flat_map(|n| n.calls.iter()).collect();
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
    let state = if !positive.is_empty() {
        positive
    } else if base.repair {
        repair(&rules)
    } else {
        state_for(needs, &rules)
    };
    let mut calls = rules.union(&state).difference(&negative);
    if !base.all {
        calls = calls.difference(&ignored());
    }
    if base.repair && !base.custom_set.is_empty() {
        calls = repair(&calls);
    }
    calls = calls.union(&SyscallSet::named(["sched_process_exit"]));
    let mut wanted = Selection::new();
    let connect = Syscall::by_name("connect");
    for call in calls
        .iter()
        .filter(|c| !rules.contains(*c) || state.contains(*c))
    {
        // A connect that is under way fails at first.
        let outcomes = if Some(call) == connect {
            Outcomes::ANY
        } else {
            Outcomes::SUCCESS
        };
        wanted.track(call, outcomes);
    }
    for need in needs {
        for call in need.calls.iter().filter(|c| calls.contains(*c)) {
            wanted.show(call, need.outcomes);
        }
    }
    wanted.filter_opens(open_filter(needs, base));
    Selected {
        unmet: rules.difference(&calls),
        wanted,
        unknown,
    }
}

/// Which opens the rules can match, and which the state needs besides: without rules that look
/// at descriptors of other calls, only directories, for paths that are relative to them.
fn open_filter(needs: &[Need], base: &BaseSyscalls) -> OpenFilter {
    let asked_for = base.all || base.custom_set.iter().any(|n| !n.starts_with('!'));
    OpenFilter {
        shown: needs
            .iter()
            .fold(OpenModes::NONE, |all, need| all.or(need.opens)),
        track_directories_only: !asked_for
            && needs.iter().all(|n| !n.descriptors || n.of_its_opens),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_that_no_rule_can_match_and_the_state_does_not_need_are_left_out() {
        let write = Need {
            opens: OpenModes::WRITE,
            of_its_opens: true,
            ..need(&["openat"], Outcomes::ANY, true)
        };
        let spawned = Need {
            opens: OpenModes::NONE,
            ..need(&["execve"], Outcomes::ANY, false)
        };
        let dup = need(&["dup"], Outcomes::ANY, true);
        let base = BaseSyscalls::default();
        let check = |needs: &[Need], base: &BaseSyscalls, shown, directories_only| {
            let expected = OpenFilter {
                shown,
                track_directories_only: directories_only,
            };
            assert_eq!(select(needs, base).wanted.open_filter(), expected);
        };
        check(
            &[write.clone(), spawned.clone()],
            &base,
            OpenModes::WRITE,
            true,
        );
        check(&[spawned], &base, OpenModes::NONE, true);
        check(&[write.clone(), dup], &base, OpenModes::ANY, false);
        let all = BaseSyscalls { all: true, ..base };
        check(&[write], &all, OpenModes::WRITE, false);
    }

    fn need(calls: &[&str], outcomes: Outcomes, descriptors: bool) -> Need {
        Need {
            calls: SyscallSet::named(calls.iter().copied()),
            outcomes,
            descriptors,
            opens: OpenModes::ANY,
            of_its_opens: false,
        }
    }

    #[track_caller]
    fn check(rules: &[&str], base: &BaseSyscalls, with: &[&str], without: &[&str]) {
        let selected = select(&[need(rules, Outcomes::ANY, true)], base);
        let names = reported(&selected);
        for name in with {
            assert!(names.contains(name), "{name} is missing");
        }
        for name in without {
            assert!(!names.contains(name), "{name} is there");
        }
    }

    fn reported(selected: &Selected) -> Vec<&'static str> {
        let calls: SyscallSet = selected.wanted.iter().map(|(call, _)| call).collect();
        calls.names()
    }

    #[test]
    fn every_name_in_the_tables_is_a_system_call() {
        let tables = STATE
            .iter()
            .chain(&IGNORED)
            .chain(&THREADS)
            .chain(&THREADS_MORE);
        for name in tables.chain(&SCHEDULER).chain(&STATE_OF_PROCESSES_ONLY) {
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
    fn successful_execs_need_no_system_call_to_be_watched() {
        let rules = [
            need(&["execve"], Outcomes::SUCCESS, false),
            need(&["sched_process_exit"], Outcomes::SUCCESS, false),
        ];
        let selected = select(&rules, &BaseSyscalls::default());
        let scheduler = SyscallSet::named(SCHEDULER);
        for (call, want) in selected.wanted.iter() {
            assert!(scheduler.contains(call), "{}", call.name());
            assert_eq!(want.any(), Outcomes::SUCCESS, "{}", call.name());
        }
        let failures = [need(&["execve"], Outcomes::ANY, false)];
        let selected = select(&failures, &BaseSyscalls::default());
        assert!(reported(&selected).contains(&"chdir"));
        assert!(!reported(&selected).contains(&"openat"));
    }

    #[test]
    fn what_rules_do_not_match_is_for_the_state_only() {
        let rules = [need(&["openat"], Outcomes::FAILURE, true)];
        let wanted = select(&rules, &BaseSyscalls::default()).wanted;
        let openat = wanted.get(Syscall::by_name("openat").unwrap());
        assert_eq!(
            (openat.shown, openat.tracked),
            (Outcomes::FAILURE, Outcomes::SUCCESS)
        );
        let dup = wanted.get(Syscall::by_name("dup").unwrap());
        assert_eq!(
            (dup.shown, dup.tracked),
            (Outcomes::NONE, Outcomes::SUCCESS)
        );
        let connect = wanted.get(Syscall::by_name("connect").unwrap());
        assert_eq!(connect.tracked, Outcomes::ANY);
    }

    #[test]
    fn fields_of_processes_need_no_descriptors() {
        for (field, expect) in [
            ("proc.name", false),
            ("evt.type", false),
            ("evt.res", false),
            ("container.id", false),
            ("fd.name", true),
            ("evt.args", true),
            ("evt.arg.path", true),
            ("evt.is_io_read", true),
            ("fs.path.name", true),
            ("proc.stdin.type", true),
            ("proc.fdopencount", true),
            ("fdlist.nums", true),
        ] {
            assert_eq!(needs_descriptors(field), expect, "{field}");
        }
    }

    #[test]
    fn voluminous_calls_need_base_syscalls_all() {
        let rules = [need(&["read"], Outcomes::ANY, true)];
        let selected = select(&rules, &BaseSyscalls::default());
        assert_eq!(selected.unmet.names(), ["read"]);
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
        let selected = select(&[need(&["ptrace"], Outcomes::ANY, false)], &base);
        assert_eq!(selected.unknown, ["nosuch"]);
        assert_eq!(selected.unmet.names(), ["ptrace"]);
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
