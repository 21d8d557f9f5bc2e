//! A BPF program back as a profile.
//!
//! The program is taken as the function that it is ([`crate::symbolic`]), so any program that is
//! not too complex has a profile that comes as near to it as profiles can. What a profile cannot
//! say (another action for architectures that are not listed, a look at the instruction pointer,
//! numbers without a call) shows when the result is compared with the program.

use hashbrown::HashMap;

use crate::arch::X32_BIT;
use crate::policy::{Condition, Op, Policy, Rule, Spec, word_mask};
use crate::symbolic::{ArgSet, Function, Outcomes, Space, TooComplex};
use crate::table::{self, Call};
use crate::{Action, Arch};

/// Rules that one call may need.
const MAX_RULES: usize = 256;

/// Why there is no profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecompileError {
    /// It decides too many cases.
    #[error(transparent)]
    TooComplex(#[from] TooComplex),
    /// It treats all architectures alike.
    #[error("the program does not look at the architecture: no profile does that")]
    NoArchitecture,
}

/// A profile for what a function (of return values) decides.
///
/// # Errors
/// There is none that comes near.
pub fn decompile(
    space: &mut Space,
    function: Function,
    native: Option<Arch>,
) -> Result<Spec, DecompileError> {
    let listed = listed(space, function);
    let native = match native
        .filter(|n| listed.contains(n))
        .or(listed.first().copied())
    {
        Some(native) => native,
        None => return Err(DecompileError::NoArchitecture),
    };
    let mut arches = listed;
    arches.sort_by_key(|a| *a != native);
    let (default, stub) = default_action(space, function, native);
    let mut spec = Spec {
        native,
        arches: arches.clone(),
        default,
        rules: Vec::new(),
        stub,
    };
    let mut groups: Vec<(Action, Vec<Condition>, Vec<&'static str>)> = Vec::new();
    for call in table::calls() {
        let abi = arches.iter().copied().find(|a| call.number(*a).is_some());
        let Some((abi, number)) = abi.and_then(|a| Some((a, call.number(a)?))) else {
            continue;
        };
        // What a multiplexer gives follows from the calls that it carries, and is checked below.
        if matches!(call.name, "socketcall" | "ipc") {
            continue;
        }
        // Naming a call above the stub's line would move the line.
        if stub && stub_line(space, function, abi).is_some_and(|line| number >= line) {
            continue;
        }
        let here = space.at_call(function, abi, number);
        for (action, conditions) in rules(space, here, abi, default)? {
            let same =
                |g: &&mut (Action, Vec<Condition>, Vec<&str>)| g.0 == action && g.1 == conditions;
            match groups.iter_mut().find(same) {
                Some(group) => group.2.push(call.name),
                None => groups.push((action, conditions, vec![call.name])),
            }
        }
    }
    groups.sort_by_key(|g| (!g.1.is_empty(), !g.0.permits()));
    spec.rules = groups
        .into_iter()
        .map(|(action, conditions, names)| Rule {
            names: names.into_iter().map(str::to_owned).collect(),
            action,
            conditions,
        })
        .collect();
    if stub {
        name_highest(space, function, &mut spec);
    }
    multiplexers(space, function, &mut spec)?;
    Ok(spec)
}

/// The ABIs that the program treats otherwise than one that no machine has.
fn listed(space: &Space, function: Function) -> Vec<Arch> {
    let elsewhere = space.elsewhere(function);
    let other = elsewhere.first().map(|s| s.1);
    let differs = |arch: &Arch| {
        let numbers = space.numbers(function, arch.audit());
        let own = |n: u32| match arch {
            Arch::X86_64 => n & X32_BIT == 0,
            Arch::X32 => n & X32_BIT != 0 && n != u32::MAX,
            _ => true,
        };
        numbers.iter().any(|(n, f)| own(*n) && Some(*f) != other)
    };
    // Big and little endian have numbers of their own; PPC64 and PPC64LE too.
    Arch::all().filter(differs).collect()
}

/// What calls without a rule get, and whether runc's stub answers for the newest numbers.
fn default_action(space: &Space, function: Function, native: Arch) -> (Action, bool) {
    let numbers = space.numbers(function, native.audit());
    let own = |n: u32| native != Arch::X86_64 || n < X32_BIT;
    let constant = |f: Function| space.value(f).map(Action::from_ret);
    let last = numbers
        .iter()
        .rfind(|(n, f)| own(*n) && constant(*f).is_some());
    let above = last
        .and_then(|(_, f)| constant(*f))
        .unwrap_or(Action::KillThread);
    // Numbers below that no call has tell what the profile says of unlisted ones.
    let end = last.map_or(0, |l| l.0);
    let unnamed = (0..end.min(8192)).find(|n| {
        table::by_number(native, *n).is_none()
            && constant(space.at_call(function, native, *n)).is_some()
    });
    let below = unnamed.and_then(|n| constant(space.at_call(function, native, n)));
    match (above, below) {
        (Action::Errno(38), Some(below)) if below != above => (below, true),
        // Without a gap the calls that are refused most often tell.
        (Action::Errno(38), None) => (
            most_refused(space, function, native, end).unwrap_or(above),
            true,
        ),
        _ => (above, false),
    }
}

/// The refusal that most calls below a number get.
fn most_refused(space: &Space, function: Function, native: Arch, end: u32) -> Option<Action> {
    let mut counts: HashMap<Action, usize> = HashMap::new();
    for number in table::calls().iter().filter_map(|c| c.number(native)) {
        let action = space
            .value(space.at_call(function, native, number))
            .map(Action::from_ret);
        if let Some(action) = action.filter(|a| number < end && !a.permits()) {
            *counts.entry(action).or_default() += 1;
        }
    }
    let most = counts.into_iter().max_by_key(|(a, n)| (*n, a.ret()));
    most.map(|(action, _)| action)
}

/// The first of the highest numbers of an ABI, if they all get ENOSYS.
fn stub_line(space: &Space, function: Function, arch: Arch) -> Option<u32> {
    let numbers = space.numbers(function, arch.audit());
    let own = |n: u32| match arch {
        Arch::X86_64 => n < X32_BIT,
        Arch::X32 => (X32_BIT..1 << 31).contains(&n),
        _ => true,
    };
    let (first, last) = numbers.iter().rfind(|(n, _)| own(*n))?;
    (space.value(*last).map(Action::from_ret) == Some(Action::Errno(38))).then_some(*first)
}

/// With a stub, names the call below which it begins, so that it begins there again.
fn name_highest(space: &Space, function: Function, spec: &mut Spec) {
    let line = stub_line(space, function, spec.native);
    let highest = line.and_then(|l| l.checked_sub(1));
    let call = highest.and_then(|n| table::by_number(spec.native, n));
    if let Some(call) = call
        && !spec
            .rules
            .iter()
            .any(|r| r.names.iter().any(|n| n == call.name))
    {
        spec.rules.push(Rule {
            names: vec![call.name.to_owned()],
            action: spec.default,
            conditions: Vec::new(),
        });
    }
}

/// The rules of a call: conditions that exclude each other, with the action of each.
fn rules(
    space: &mut Space,
    here: Function,
    arch: Arch,
    default: Action,
) -> Result<Vec<(Action, Vec<Condition>)>, TooComplex> {
    let word = arch.word_bits();
    let mut found = Vec::new();
    for region in space.regions(here, word)? {
        let action = Action::from_ret(region.value);
        if action == default || region.args.iter().any(|(arg, _)| *arg > 5) {
            continue;
        }
        let mut alternatives: Vec<Vec<Condition>> = vec![Vec::new()];
        for ((arg, set), part) in region.args.iter().zip(&region.parts) {
            let choices = conditions(space, *arg, set, *part, word)?;
            let mut next = Vec::new();
            for before in &alternatives {
                for choice in &choices {
                    let mut all = before.clone();
                    all.push(*choice);
                    next.push(all);
                }
            }
            if next.len() > MAX_RULES {
                return Err(TooComplex);
            }
            alternatives = next;
        }
        found.extend(alternatives.into_iter().map(|c| (action, c)));
        if found.len() > MAX_RULES {
            return Err(TooComplex);
        }
    }
    Ok(found)
}

/// A set of values as conditions of which exactly one holds for each.
fn conditions(
    space: &Space,
    arg: u8,
    set: &ArgSet,
    part: Function,
    word: u8,
) -> Result<Vec<Condition>, TooComplex> {
    let last = word_mask(word);
    let when = |op, value| Condition { arg, op, value };
    if let ArgSet::Ranges(ranges) = set {
        if let [(0, a), (b, end)] = ranges.as_slice()
            && *end == last
            && b - a == 2
        {
            return Ok(vec![when(Op::Ne, a + 1)]);
        }
        let simple = |(a, b): &(u64, u64)| match (*a, *b) {
            (a, b) if a == b => Some(when(Op::Eq, a)),
            (0, b) => Some(when(Op::Le, b)),
            (a, b) if b == last => Some(when(Op::Ge, a)),
            _ => None,
        };
        let all: Option<Vec<Condition>> = ranges.iter().map(simple).collect();
        if let Some(all) = all {
            return Ok(all);
        }
    }
    let masks = space
        .masks_of(arg, part, word, MAX_RULES)
        .ok_or(TooComplex)?;
    Ok(masks
        .into_iter()
        .map(|(mask, value)| when(Op::MaskedEq(mask), value))
        .collect())
}

/// Rules for the multiplexers, where those of the calls that they carry do not say it.
fn multiplexers(space: &mut Space, function: Function, spec: &mut Spec) -> Result<(), TooComplex> {
    for name in ["socketcall", "ipc"] {
        let call: Option<&Call> = table::by_name(name);
        let abi = spec
            .arches
            .iter()
            .copied()
            .find(|a| call.and_then(|c| c.number(*a)).is_some());
        let Some((abi, number)) = abi.and_then(|a| Some((a, call?.number(a)?))) else {
            continue;
        };
        let mut verdicts = Outcomes::new();
        let policy = space.policy(&Policy::new(spec), &mut verdicts)?;
        let said = space.returns(policy, &verdicts);
        let here = space.at_call(function, abi, number);
        if space.at_call(said, abi, number) == here {
            continue;
        }
        for (action, conditions) in rules(space, here, abi, spec.default)? {
            spec.rules.push(Rule {
                names: vec![name.to_owned()],
                action,
                conditions,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::{Options, compile};
    use crate::defaults::{self, RuntimeDefault};
    use crate::target::{DEFAULT_CAPS, Engine, Runtime, Target};
    use proptest::prelude::*;

    /// Asserts that the profile read back from a spec's filter does the same.
    fn check(spec: &Spec) {
        let program = compile(&Policy::new(spec), &Options::default()).expect("compiles");
        let mut space = Space::new();
        let function = space.program(&program).expect("is followed");
        let back = decompile(&mut space, function, Some(spec.native)).expect("has a profile");
        let mut verdicts = Outcomes::new();
        let policy = space
            .policy(&Policy::new(&back), &mut verdicts)
            .expect("is small");
        let again = space.returns(policy, &verdicts);
        let differs = space.combine(function, again, &mut |a, b| u32::from(a != b));
        assert_eq!(space.example(differs), None);
    }

    #[test]
    fn default_profiles_read_back() {
        for runtime in [Runtime::Runc, Runtime::Crun] {
            let target = Target {
                engine: Engine::None,
                runtime,
                native: Arch::X86_64,
                caps: DEFAULT_CAPS.map(str::to_owned).to_vec(),
                kernel: (6, 1),
            };
            check(&defaults::runtime_default(RuntimeDefault::Docker, &target));
            check(&defaults::runtime_default(
                RuntimeDefault::ContainersCommon,
                &target,
            ));
            let arm = Target {
                native: Arch::Aarch64,
                ..target
            };
            check(&defaults::runtime_default(RuntimeDefault::Containerd, &arm));
        }
    }

    fn condition() -> impl Strategy<Value = Condition> {
        let value = prop_oneof![0..9u64, Just(0x7e02_0000), any::<u32>().prop_map(u64::from)];
        // Of a mask of many bits the opposite is a condition for each, and beside another value one
        // for each bit of that: more than a profile may have.
        let mask = prop_oneof![0..9u64, Just(0x6000_0000)];
        (0..2u8, 0..7usize, value, mask).prop_map(|(arg, op, value, mask)| Condition {
            arg,
            op: [
                Op::Ne,
                Op::Lt,
                Op::Le,
                Op::Eq,
                Op::Ge,
                Op::Gt,
                Op::MaskedEq(mask),
            ][op],
            value,
        })
    }

    #[test]
    fn a_profile_of_too_many_rules_is_refused() {
        let when = |arg, op, value| Condition { arg, op, value };
        let rule = |action, conditions| Rule {
            names: vec!["read".to_owned()],
            action,
            conditions,
        };
        let spec = Spec {
            native: Arch::X86_64,
            arches: vec![Arch::X86_64],
            default: Action::Allow,
            rules: vec![
                rule(
                    Action::Errno(13),
                    vec![when(1, Op::MaskedEq(0x0aa4_5763), 0)],
                ),
                rule(Action::Log, vec![when(1, Op::Ne, 1)]),
            ],
            stub: false,
        };
        let program = compile(&Policy::new(&spec), &Options::default()).unwrap();
        let mut space = Space::new();
        let function = space.program(&program).unwrap();
        let back = decompile(&mut space, function, Some(Arch::X86_64));
        assert!(
            matches!(back, Err(DecompileError::TooComplex(_))),
            "{back:?}"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn profiles_of_one_architecture_read_back(
            default in prop::sample::select(vec![Action::Allow, Action::Errno(1), Action::KillProcess]),
            rules in prop::collection::vec(
                (
                    prop::sample::select(vec!["read", "umask", "clone", "mseal"]),
                    prop::sample::select(vec![Action::Allow, Action::Errno(13), Action::Log]),
                    prop::collection::vec(condition(), 0..3),
                ),
                0..5,
            ),
        ) {
            let rules = rules.into_iter().map(|(name, action, conditions)| Rule {
                names: vec![name.to_owned()],
                action,
                conditions,
            });
            check(&Spec {
                native: Arch::X86_64,
                arches: vec![Arch::X86_64],
                default,
                rules: rules.collect(),
                stub: false,
            });
        }
    }
}
