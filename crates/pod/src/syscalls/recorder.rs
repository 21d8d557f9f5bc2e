//! Calls as the kernel itself counts them, with their arguments, beside what audit records tell.
//!
//! An audit record has no arguments, and may be lost. Where calls can be counted in the kernel, by
//! a BPF program, they are; who does that is handed in, because this crate loads no BPF programs.

use std::collections::BTreeMap;

use lanner_seccomp::Action;
use lanner_seccomp::policy::{Lookup, Policy};

use super::Call;

/// Counts the calls that filters decide on, in the kernel.
pub trait Recorder: Send {
    /// Whoever this process starts from now on is recorded under a label, with all that come of
    /// it, until [`Recorder::leave_children`].
    ///
    /// # Errors
    /// Why it cannot be, in words.
    fn follow_children(&self, label: u32) -> Result<(), String>;

    /// Ends what [`Recorder::follow_children`] began; who is followed stays so.
    fn leave_children(&self);

    /// Records a process that runs already, and whoever is in its mount namespace, under a label.
    ///
    /// # Errors
    /// Why it cannot be, in words.
    fn follow(&mut self, pid: i32, label: u32) -> Result<(), String>;

    /// Ends what [`Recorder::follow`] began for the mount namespaces of a label.
    fn leave(&mut self, label: u32);

    /// What was counted so far, and what was lost of it, in words.
    ///
    /// # Errors
    /// Why it cannot be read, in words.
    fn counted(&self) -> Result<(Vec<Recorded>, Vec<String>), String>;
}

/// Begins to record; or why that cannot be done, in words.
pub type Open = Box<dyn Fn() -> Result<Box<dyn Recorder>, String>>;

/// A call that was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The label of its process.
    pub label: u32,
    /// Name, ABI, process and arguments; container and action are empty.
    pub call: Call,
    /// `AUDIT_ARCH_…`.
    pub audit_arch: u32,
    /// The call's number, the x32 bit included.
    pub number: u32,
    /// What it returned if it was refused, `None` if it was made.
    pub refused: Option<i32>,
    /// How often.
    pub count: u64,
}

/// A container that is recorded.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    pub(super) name: String,
    /// What its profile decides; `None` if that is not known any more.
    pub(super) policy: Option<Policy>,
}

impl Watched {
    /// What is done with all calls of this number; `None` if that depends on their arguments.
    fn fixed(&self, audit_arch: u32, number: u32) -> Option<Action> {
        let policy = self.policy.as_ref()?;
        match policy.lookup(audit_arch, number) {
            Lookup::Fixed(action, _) => Some(action),
            Lookup::Decided(_, decision) => match decision.choices.as_slice() {
                [] => Some(policy.default),
                [first, ..] if first.conditions.is_empty() => Some(first.action),
                _ => None,
            },
        }
    }

    /// What was done with a recorded call, as profiles name it; `None` if nobody wants to know.
    fn action(&self, recorded: &Recorded) -> Option<Action> {
        let fixed = self.fixed(recorded.audit_arch, recorded.number);
        match recorded.refused {
            // Whether a call was logged that may be allowed as well, its record has to tell.
            None => fixed.filter(|a| *a == Action::Log),
            // A filter of the program's own may have refused what the profile permits.
            Some(result) => Some(match (fixed, result) {
                (Some(action), _) if !action.permits() => action,
                (_, ..=0) => Action::Errno(result.unsigned_abs() as u16),
                _ => Action::Trap(0),
            }),
        }
    }
}

/// What a record and a counted call have in common: container, call, ABI, process, and whether it
/// was refused.
type Same<'a> = (&'a str, &'a str, &'a str, &'a str, bool);

fn same<'a>(container: &'a str, call: &'a Call, refused: bool) -> Same<'a> {
    (container, &call.name, &call.abi, &call.process, refused)
}

/// What records tell and what was counted, as one: the counted calls have arguments, and whatever
/// only one of both knows is there too.
pub(super) fn merge(
    records: &BTreeMap<Call, u64>,
    recorded: &[Recorded],
    watched: &[Watched],
) -> BTreeMap<Call, u64> {
    let mut merged: BTreeMap<Call, u64> = BTreeMap::new();
    // What is left of the records when the counted calls are taken away.
    let mut rest: BTreeMap<Same<'_>, Vec<(&Call, u64)>> = BTreeMap::new();
    for (call, count) in records {
        let key = same(&call.container, call, call.is_refused());
        rest.entry(key).or_default().push((call, *count));
    }
    for counted in recorded {
        let Some(container) = watched.get(counted.label as usize) else {
            continue;
        };
        let Some(action) = container.action(counted) else {
            continue;
        };
        let mut call = Call {
            container: container.name.clone(),
            action: action.name().to_owned(),
            ..counted.call.clone()
        };
        let key = same(&container.name, &counted.call, counted.refused.is_some());
        // The record knows better what was done.
        if let Some((record, left)) = rest.get_mut(&key).and_then(|list| list.first_mut()) {
            call.action.clone_from(&record.action);
            *left = left.saturating_sub(counted.count);
        }
        *merged.entry(call).or_default() += counted.count;
    }
    for (call, left) in rest.into_values().flatten().filter(|(_, left)| *left > 0) {
        *merged.entry(call.clone()).or_default() += left;
    }
    merged
}

#[cfg(test)]
mod tests {
    use lanner_seccomp::Arch;
    use lanner_seccomp::policy::{Rule, Spec};

    use super::*;

    fn call(container: &str, name: &str, action: &str) -> Call {
        Call {
            container: container.to_owned(),
            name: name.to_owned(),
            abi: String::new(),
            process: "web".to_owned(),
            action: action.to_owned(),
            arguments: String::new(),
        }
    }

    fn recorded(number: u32, name: &str, arguments: &str, refused: Option<i32>) -> Recorded {
        Recorded {
            label: 0,
            call: Call {
                arguments: arguments.to_owned(),
                ..call("", name, "")
            },
            audit_arch: Arch::X86_64.audit(),
            number,
            refused,
            count: 2,
        }
    }

    #[test]
    fn records_and_counted_calls_are_told_once() {
        let rule = Rule {
            names: vec!["socket".to_owned()],
            action: Action::Log,
            conditions: Vec::new(),
        };
        let policy = Policy::new(&Spec {
            native: Arch::X86_64,
            arches: Vec::new(),
            default: Action::Errno(1),
            rules: vec![rule],
            stub: false,
        });
        let watched = [Watched {
            name: "c".to_owned(),
            policy: Some(policy),
        }];
        let records = BTreeMap::from([
            (call("c", "socket", "SCMP_ACT_LOG"), 5),
            (call("c", "unshare", "SCMP_ACT_KILL_PROCESS"), 1),
            (call("old", "socket", "SCMP_ACT_LOG"), 1),
        ]);
        let counted = [
            recorded(41, "socket", "AF_INET", None),
            recorded(41, "socket", "AF_UNIX", None),
            recorded(272, "unshare", "CLONE_NEWUSER", Some(272)),
            // Its record was lost.
            recorded(135, "personality", "0", Some(-1)),
            // Made, though no rule logs it: not what was asked.
            recorded(39, "getpid", "", None),
            // Of a container that nobody named.
            Recorded {
                label: 9,
                ..recorded(41, "socket", "AF_INET", None)
            },
        ];
        let merged = merge(&records, &counted, &watched);
        let shown: Vec<String> = merged
            .iter()
            .map(|(c, n)| {
                format!(
                    "{n} {} {}({}) {}",
                    c.container, c.name, c.arguments, c.action
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "2 c personality(0) SCMP_ACT_ERRNO",
                "1 c socket() SCMP_ACT_LOG",
                "2 c socket(AF_INET) SCMP_ACT_LOG",
                "2 c socket(AF_UNIX) SCMP_ACT_LOG",
                "2 c unshare(CLONE_NEWUSER) SCMP_ACT_KILL_PROCESS",
                "1 old socket() SCMP_ACT_LOG",
            ]
        );
    }
}
