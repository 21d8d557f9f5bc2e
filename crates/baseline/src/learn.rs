//! From recordings to a profile.

use std::collections::{BTreeMap, BTreeSet};

use lanner_seccomp::lint::{Needs, START};
use lanner_seccomp::policy::{Condition, Op, Rule, Spec};
use lanner_seccomp::{Action, Arch, table};

use crate::arguments::{self, WIDTH};
use crate::{Call, Estimate, Recording};

/// What every program needs in the end, or when a signal comes.
const ALWAYS: [&str; 4] = ["exit", "exit_group", "restart_syscall", "rt_sigreturn"];

/// What the C library starts a program with, besides what [`START`] has.
const LIBRARY_START: [&str; 9] = [
    "access",
    "fstat",
    "futex",
    "getrandom",
    "pread64",
    "readlink",
    "rseq",
    "set_robust_list",
    "writev",
];

/// `arch_prctl` at the start: ARCH_SET_FS, and ARCH_CET_STATUS of older C libraries.
const START_ARCH_PRCTL: [u64; 2] = [0x1002, 0x3001];

/// The flags of threads, forks and spawns, which the C library makes by `clone` where there is no
/// `clone3`: VM, FS, FILES, SIGHAND, VFORK, THREAD, SYSVSEM, SETTLS, PARENT_SETTID,
/// CHILD_CLEARTID, CHILD_SETTID (linux/sched.h).
const CLONE_OF_LIBRARY: u64 = 0x013d_4f00;

/// Error number of calls that do not exist.
const ENOSYS: u16 = 38;

/// Values of an argument that a profile lists; calls with more are permitted whatever it is.
const MOST_VALUES: usize = 64;

/// What is to be made.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// What calls get that were not recorded.
    pub default: Action,
    /// Whether arguments are told apart.
    pub arguments: bool,
    /// Also what this runtime calls itself.
    pub runtime: Option<&'static Needs>,
    /// Whether that sets no_new_privs, and so loads the filter last.
    pub no_new_privs: bool,
}

impl Default for Options {
    /// ENOSYS: libraries try another way then, where on EPERM they give up.
    fn default() -> Options {
        Options {
            default: Action::Errno(ENOSYS),
            arguments: true,
            runtime: None,
            no_new_privs: true,
        }
    }
}

/// Why a call is permitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was recorded.
    Recorded {
        /// So often.
        count: u64,
        /// In so many runs.
        runs: u64,
        /// By these programs.
        programs: Vec<String>,
    },
    /// Every program needs it, at its start or end.
    Program,
    /// The runtime calls it after it has loaded the filter.
    Runtime(&'static str),
    /// The C library uses it where it does not have `clone3`.
    Fallback,
}

/// A profile that was learnt.
#[derive(Clone, Debug)]
pub struct Learnt {
    /// The profile.
    pub spec: Spec,
    /// Why each call is permitted.
    pub origins: BTreeMap<String, Origin>,
    /// What a person should know of how it was made.
    pub notes: Vec<String>,
    /// How far the recordings can be trusted.
    pub estimate: Estimate,
}

/// What is known of a call, of whatever ABI.
#[derive(Default)]
struct Known {
    count: u64,
    runs: u64,
    programs: BTreeSet<String>,
    /// Values of the argument that is told apart, and how often and in how many runs each came;
    /// `None` if they are not all known.
    values: Option<BTreeMap<u64, (u64, u64)>>,
}

/// Makes the profile that permits what recordings have; `None` without a recording, or for a
/// machine whose architecture is in no profile.
pub fn learn(recordings: &[Recording], options: &Options) -> Option<Learnt> {
    let merged = Recording::merge(recordings)?;
    let native = merged.native()?;
    let mut notes = Vec::new();
    let mut arches = vec![native];
    let mut calls: BTreeMap<&str, Known> = BTreeMap::new();
    for call in &merged.calls {
        let Some(arch) = Arch::from_name(&call.arch) else {
            continue;
        };
        if !arches.contains(&arch) {
            arches.push(arch);
        }
        if table::by_name(&call.name).is_none() {
            notes.push(format!(
                "call {} of {} was made {} times; it has no name, so no profile can permit it",
                call.number, call.arch, call.count
            ));
            continue;
        }
        calls.entry(&call.name).or_default().add(call);
    }
    let estimate = estimate(&merged, &calls, options);
    shortfall(&merged, &mut notes);
    let mut maker = Maker {
        options,
        native,
        plain: BTreeSet::new(),
        told: BTreeMap::new(),
        refused: Vec::new(),
        origins: BTreeMap::new(),
        notes,
    };
    for (name, known) in &calls {
        maker.recorded(name, known, &arches);
    }
    maker.clone3();
    maker.program();
    maker.runtime();
    let rules = maker.rules();
    Some(Learnt {
        spec: Spec {
            native,
            arches,
            default: options.default,
            rules,
            stub: true,
        },
        origins: maker.origins,
        notes: maker.notes,
        estimate,
    })
}

impl Known {
    fn add(&mut self, call: &Call) {
        let first = self.count == 0;
        self.count += call.count;
        self.runs = self.runs.max(call.runs);
        self.programs.extend(call.programs.keys().cloned());
        let told = arguments::condition(&call.name);
        let arg = told.filter(|_| call.values_complete).map(|(arg, _)| arg);
        let values = match &mut self.values {
            Some(values) => values,
            empty if first => empty.insert(BTreeMap::new()),
            None => return,
        };
        for seen in &call.values {
            let Some(value) = arg.and_then(|a| seen.args.get(&a)) else {
                self.values = None;
                return;
            };
            let entry = values.entry(value & WIDTH).or_default();
            entry.0 += seen.count;
            entry.1 = entry.1.max(seen.runs);
        }
        if arg.is_none() || call.values.is_empty() {
            self.values = None;
        }
    }
}

fn shortfall(recording: &Recording, notes: &mut Vec<String>) {
    let lost = &recording.shortfall;
    if lost.calls > 0 {
        notes.push(format!(
            "{} calls were not recorded: the profile may lack what they were",
            lost.calls
        ));
    }
    if lost.processes > 0 {
        notes.push(format!(
            "{} processes were not seen: the profile may lack what they called",
            lost.processes
        ));
    }
}

fn estimate(recording: &Recording, calls: &BTreeMap<&str, Known>, options: &Options) -> Estimate {
    let mut kinds: Vec<(u64, u64)> = Vec::new();
    for known in calls.values() {
        match &known.values {
            Some(values) if options.arguments => kinds.extend(values.values()),
            _ => kinds.push((known.count, known.runs)),
        }
    }
    let count = |wanted: fn(&&(u64, u64)) -> bool| kinds.iter().filter(wanted).count() as u64;
    Estimate {
        calls: recording.total(),
        kinds: kinds.len() as u64,
        once: count(|(count, _)| *count == 1),
        runs: recording.runs,
        in_one_run: count(|(_, runs)| *runs == 1),
    }
}

struct Maker<'a> {
    options: &'a Options,
    native: Arch,
    /// Permitted whatever their arguments.
    plain: BTreeSet<&'static str>,
    /// Permitted with these values.
    told: BTreeMap<&'static str, BTreeSet<u64>>,
    /// Refused otherwise than by default.
    refused: Vec<(&'static str, Action)>,
    origins: BTreeMap<String, Origin>,
    notes: Vec<String>,
}

impl Maker<'_> {
    fn recorded(&mut self, name: &str, known: &Known, arches: &[Arch]) {
        let Some(call) = table::by_name(name) else {
            return;
        };
        let origin = Origin::Recorded {
            count: known.count,
            runs: known.runs,
            programs: known.programs.iter().cloned().collect(),
        };
        self.origins.insert(name.to_owned(), origin);
        let s390 = arches.iter().any(|a| matches!(a, Arch::S390 | Arch::S390x));
        // There its first argument is another one.
        let misplaced = name == "clone" && s390;
        let values = known.values.as_ref().filter(|_| !misplaced);
        match values {
            Some(values) if self.options.arguments && arguments::condition(name).is_some() => {
                if values.len() <= MOST_VALUES {
                    self.told
                        .insert(call.name, values.keys().copied().collect());
                    return;
                }
                self.notes.push(format!(
                    "{name} was called with {} values of the argument that could be told apart: it \
                     is permitted with any",
                    values.len()
                ));
            }
            None if self.options.arguments && arguments::condition(name).is_some() => {
                self.notes.push(format!(
                    "of {name} the values of its arguments are not all known: it is permitted with \
                     any"
                ));
            }
            _ => {}
        }
        self.plain.insert(call.name);
    }

    /// The flags of `clone3` are in memory, where no filter sees them: it would be a way round the
    /// flags of `clone`.
    fn clone3(&mut self) {
        if !self.options.arguments || !self.plain.remove("clone3") {
            return;
        }
        if self.options.default != Action::Errno(ENOSYS) {
            self.refused.push(("clone3", Action::Errno(ENOSYS)));
        }
        self.origins.remove("clone3");
        if !self.plain.contains("clone") {
            self.told
                .entry("clone")
                .or_default()
                .insert(CLONE_OF_LIBRARY);
            self.origins
                .entry("clone".to_owned())
                .or_insert(Origin::Fallback);
        }
        self.notes.push(
            "clone3 was called; its flags are in memory, where no filter sees them, so it gets \
             ENOSYS, and the C library uses clone for threads and processes"
                .to_owned(),
        );
    }

    fn program(&mut self) {
        for name in START.into_iter().chain(LIBRARY_START).chain(ALWAYS) {
            if name == "arch_prctl" && self.options.arguments {
                if self.permit_told(name, &START_ARCH_PRCTL) {
                    self.origins
                        .entry(name.to_owned())
                        .or_insert(Origin::Program);
                }
            } else {
                self.permit(name, Origin::Program);
            }
        }
    }

    fn runtime(&mut self) {
        let Some(needs) = self.options.runtime else {
            return;
        };
        let early: &[&str] = match self.options.no_new_privs {
            true => &[],
            false => needs.early,
        };
        for name in needs.last.iter().chain(early) {
            if self.told.remove(name).is_some() {
                self.notes.push(format!(
                    "{} calls {name} itself, with arguments of its own: it is permitted with any",
                    needs.runtime
                ));
                self.plain.insert(name);
            }
            self.permit(name, Origin::Runtime(needs.runtime));
        }
    }

    /// Permits a call, if the machine has it and nothing about it is decided yet.
    fn permit(&mut self, name: &'static str, origin: Origin) {
        let exists = table::by_name(name).is_some_and(|c| c.number(self.native).is_some());
        if exists && !self.told.contains_key(name) && self.plain.insert(name) {
            self.origins.entry(name.to_owned()).or_insert(origin);
        }
    }

    fn permit_told(&mut self, name: &'static str, values: &[u64]) -> bool {
        let exists = table::by_name(name).is_some_and(|c| c.number(self.native).is_some());
        if !exists || self.plain.contains(name) {
            return false;
        }
        self.told.entry(name).or_default().extend(values);
        true
    }

    fn rules(&self) -> Vec<Rule> {
        let rule = |name: &str, action, conditions| Rule {
            names: vec![name.to_owned()],
            action,
            conditions,
        };
        let mut rules = vec![Rule {
            names: self.plain.iter().map(|n| (*n).to_owned()).collect(),
            action: Action::Allow,
            conditions: Vec::new(),
        }];
        for (name, values) in &self.told {
            for condition in conditions(name, values) {
                rules.push(rule(name, Action::Allow, vec![condition]));
            }
        }
        for (name, action) in &self.refused {
            rules.push(rule(name, *action, Vec::new()));
        }
        rules
    }
}

/// What permits these values of a call's argument, compared in 32 bits: what is above, the kernel
/// does not look at, and a comparison that did would refuse harmless calls whose register has
/// something there.
fn conditions(name: &str, values: &BTreeSet<u64>) -> Vec<Condition> {
    let Some((arg, kind)) = arguments::condition(name) else {
        return Vec::new();
    };
    let masked = |mask, value| Condition {
        arg,
        op: Op::MaskedEq(mask),
        value,
    };
    match kind {
        arguments::Condition::Values => values.iter().map(|v| masked(WIDTH, *v)).collect(),
        arguments::Condition::Bits { free } => {
            let seen = values.iter().fold(free, |all, v| all | v);
            vec![masked(WIDTH & !seen, 0)]
        }
    }
}
