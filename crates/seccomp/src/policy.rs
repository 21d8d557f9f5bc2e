//! What a profile decides for each call: the semantics that the crate documentation states.

use hashbrown::HashMap;

use crate::arch::X32_BIT;
use crate::bpf::Data;
use crate::{Action, Arch, table};

/// Error number of calls that do not exist.
const ENOSYS: u16 = 38;

/// A comparison of an argument with a constant (`SCMP_CMP_…`), unsigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of profiles")]
pub enum Op {
    Ne,
    Lt,
    Le,
    Eq,
    Ge,
    Gt,
    /// The bits of the mask are those of the value.
    MaskedEq(u64),
}

/// A condition on one argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Condition {
    /// Which argument, 0 to 5.
    pub arg: u8,
    /// How it is compared.
    pub op: Op,
    /// With what.
    pub value: u64,
}

impl Condition {
    /// The condition as registers of `bits` bits see it.
    pub fn narrowed(self, bits: u8) -> Condition {
        let keep = word_mask(bits);
        Condition {
            arg: self.arg,
            op: match self.op {
                Op::MaskedEq(mask) => Op::MaskedEq(mask & keep),
                op => op,
            },
            value: match self.op {
                Op::MaskedEq(mask) => self.value & mask & keep,
                _ => self.value & keep,
            },
        }
    }

    /// Whether it holds for these arguments.
    pub fn holds(&self, args: &[u64; 6]) -> bool {
        let actual = args[usize::from(self.arg) % 6];
        match self.op {
            Op::Ne => actual != self.value,
            Op::Lt => actual < self.value,
            Op::Le => actual <= self.value,
            Op::Eq => actual == self.value,
            Op::Ge => actual >= self.value,
            Op::Gt => actual > self.value,
            Op::MaskedEq(mask) => actual & mask == self.value & mask,
        }
    }

    /// The values that satisfy it, as first and last of up to two ranges; `None` for a mask.
    pub fn ranges(&self) -> Option<Vec<(u64, u64)>> {
        let v = self.value;
        let below = v.checked_sub(1).map(|last| (0, last));
        let above = v.checked_add(1).map(|first| (first, u64::MAX));
        Some(match self.op {
            Op::Ne => below.into_iter().chain(above).collect(),
            Op::Lt => below.into_iter().collect(),
            Op::Le => vec![(0, v)],
            Op::Eq => vec![(v, v)],
            Op::Ge => vec![(v, u64::MAX)],
            Op::Gt => above.into_iter().collect(),
            Op::MaskedEq(_) => return None,
        })
    }
}

/// The low `bits` bits.
pub(crate) fn word_mask(bits: u8) -> u64 {
    if bits >= 64 {
        u64::MAX
    } else {
        (1 << bits) - 1
    }
}

/// A rule of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The calls that it is about; names that no ABI has are passed over.
    pub names: Vec<String>,
    /// What happens to them.
    pub action: Action,
    /// All must hold, unless two are about the same argument.
    pub conditions: Vec<Condition>,
}

/// A profile, as far as it decides anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The ABI of the machine, listed or not.
    pub native: Arch,
    /// The ABIs that are listed.
    pub arches: Vec<Arch>,
    /// What happens to calls without a rule.
    pub default: Action,
    /// Rules, in the order of the profile.
    pub rules: Vec<Rule>,
    /// Whether the runtime puts runc's ENOSYS stub first.
    pub stub: bool,
}

/// A choice among the rules of a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Choice {
    /// All must hold. In registers' width, sorted by argument.
    pub conditions: Vec<Condition>,
    /// Then this happens.
    pub action: Action,
    /// The rule it comes from, an index into [`Spec::rules`].
    pub rule: usize,
}

/// What is decided for one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// The first whose conditions hold decides.
    pub choices: Vec<Choice>,
}

/// Why a call gets its action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// This rule, an index into [`Spec::rules`].
    Rule(usize),
    /// No rule is about it.
    Default,
    /// Its ABI is not listed.
    Abi,
    /// Its number is above all that the profile names, or it is `setup` on s390.
    Stub,
}

/// What decides the calls of one number.
#[derive(Clone, Copy, Debug)]
pub enum Lookup<'a> {
    /// All get this.
    Fixed(Action, Reason),
    /// The choices of an ABI; the default action where none fits.
    Decided(Arch, &'a Decision),
}

/// What is decided for the calls of one ABI.
#[derive(Clone, Debug)]
pub struct AbiPolicy {
    /// The ABI.
    pub arch: Arch,
    /// By number, ascending.
    pub decisions: Vec<(u32, Decision)>,
    /// The highest number that a rule names, where the stub has one.
    pub highest: Option<u32>,
}

/// What a profile decides for every call.
#[derive(Clone, Debug)]
pub struct Policy {
    /// What happens to calls without a rule.
    pub default: Action,
    /// The native ABI first.
    pub abis: Vec<AbiPolicy>,
}

/// Two rules of different actions that can hold for the same call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The ABI.
    pub arch: Arch,
    /// The number of the call.
    pub number: u32,
    /// The rules, indices into [`Spec::rules`].
    pub rules: (usize, usize),
    /// Arguments for which both hold.
    pub args: [u64; 6],
}

/// Rules before it that a rule is compared with.
const MAX_COMPARED: usize = 200;

impl Policy {
    /// Works out a profile.
    pub fn new(spec: &Spec) -> Policy {
        let mut arches = vec![spec.native];
        for arch in &spec.arches {
            if !arches.contains(arch) {
                arches.push(*arch);
            }
        }
        Policy {
            default: spec.default,
            abis: arches.into_iter().map(|a| abi_policy(spec, a)).collect(),
        }
    }

    /// What happens to a call, and why.
    pub fn decide(&self, data: &Data) -> (Action, Reason) {
        let (arch, decision) = match self.lookup(data.arch, data.nr) {
            Lookup::Fixed(action, reason) => return (action, reason),
            Lookup::Decided(arch, decision) => (arch, decision),
        };
        let keep = word_mask(arch.word_bits());
        let args = data.args.map(|a| a & keep);
        let mut choices = decision.choices.iter();
        match choices.find(|c| c.conditions.iter().all(|t| t.holds(&args))) {
            Some(choice) => (choice.action, Reason::Rule(choice.rule)),
            None => (self.default, Reason::Default),
        }
    }

    /// What decides a call of this audit architecture and number.
    pub fn lookup(&self, audit: u32, nr: u32) -> Lookup<'_> {
        let mut abis = self.abis.iter().filter(|a| a.arch.audit() == audit);
        let Some(first) = abis.next() else {
            return Lookup::Fixed(Action::KillThread, Reason::Abi);
        };
        let second = abis.next();
        let is_x32 = first.arch.audit() == Arch::X86_64.audit() && nr & X32_BIT != 0;
        let wanted = |a: &&AbiPolicy| (a.arch == Arch::X32) == is_x32;
        let abi = Some(first).filter(wanted).or(second.filter(wanted));
        if let Some(highest) = abi.and_then(|a| a.highest)
            && nr > highest
        {
            return Lookup::Fixed(Action::Errno(ENOSYS), Reason::Stub);
        }
        let Some(abi) = abi else {
            return if nr == u32::MAX {
                Lookup::Fixed(self.default, Reason::Default)
            } else {
                Lookup::Fixed(Action::KillThread, Reason::Abi)
            };
        };
        // Without x32, libseccomp takes every number from its bit upward for x32.
        let x86_64_alone = abi.arch == Arch::X86_64 && second.is_none();
        if x86_64_alone && nr >= X32_BIT && nr != u32::MAX {
            return Lookup::Fixed(Action::KillThread, Reason::Abi);
        }
        if matches!(abi.arch, Arch::S390 | Arch::S390x) && abi.highest.is_some() && nr == 0 {
            return Lookup::Fixed(Action::Errno(ENOSYS), Reason::Stub);
        }
        match abi.decisions.binary_search_by_key(&nr, |d| d.0) {
            Ok(at) => Lookup::Decided(abi.arch, &abi.decisions[at].1),
            Err(_) => Lookup::Fixed(self.default, Reason::Default),
        }
    }

    /// Rules of different actions that can hold for the same call: there libseccomp's outcome
    /// depends on the structure of its tree, and a profile should not rely on it.
    ///
    /// Each rule is compared with the 200 before it that are about the same call: that is more
    /// than any profile has, and keeps the work within bounds for those that are none.
    pub fn overlaps(&self) -> Vec<Overlap> {
        let mut found = Vec::new();
        for abi in &self.abis {
            for (number, decision) in &abi.decisions {
                for (i, b) in decision.choices.iter().enumerate() {
                    for a in &decision.choices[i.saturating_sub(MAX_COMPARED)..i] {
                        if a.action != b.action
                            && let Some(args) = witness(&[&a.conditions, &b.conditions])
                        {
                            found.push(Overlap {
                                arch: abi.arch,
                                number: *number,
                                rules: (a.rule, b.rule),
                                args,
                            });
                        }
                    }
                }
            }
        }
        found
    }
}

fn abi_policy(spec: &Spec, arch: Arch) -> AbiPolicy {
    let bits = arch.word_bits();
    let mut by_number: HashMap<u32, Vec<Choice>> = HashMap::new();
    let mut highest = None;
    for (index, rule) in spec.rules.iter().enumerate() {
        for name in &rule.names {
            let number = table::by_name(name).and_then(|c| c.number(arch));
            highest = highest.max(number);
            if rule.action == spec.default {
                continue;
            }
            let mut add = |number: u32, conditions: Vec<Condition>| {
                by_number.entry(number).or_default().push(Choice {
                    conditions,
                    action: rule.action,
                    rule: index,
                });
            };
            if let Some(number) = number {
                for conditions in alternatives(&rule.conditions, bits) {
                    add(number, conditions);
                }
            }
            if let Some((through, selector)) = arch.multiplexer(name)
                && let Some(number) = table::by_name(through).and_then(|c| c.number(arch))
            {
                let selects = Condition {
                    arg: 0,
                    op: Op::Eq,
                    value: selector,
                };
                add(number, vec![selects]);
            }
        }
    }
    let mut decisions: Vec<(u32, Decision)> = by_number
        .into_iter()
        .map(|(number, choices)| (number, settle(choices)))
        .collect();
    decisions.sort_by_key(|d| d.0);
    let happens = matches!(spec.default, Action::Allow | Action::Log | Action::Trace(_));
    AbiPolicy {
        arch,
        decisions,
        highest: highest.filter(|_| spec.stub && !happens),
    }
}

/// The conditions of a rule as alternatives of conditions that must all hold.
fn alternatives(conditions: &[Condition], bits: u8) -> Vec<Vec<Condition>> {
    let mut narrowed: Vec<Condition> = conditions.iter().map(|c| c.narrowed(bits)).collect();
    let repeated = narrowed
        .iter()
        .enumerate()
        .any(|(i, c)| narrowed[..i].iter().any(|d| d.arg == c.arg));
    if repeated {
        return narrowed.into_iter().map(|c| vec![c]).collect();
    }
    narrowed.sort_by_key(|c| c.arg);
    vec![narrowed]
}

/// The first rule without conditions decides alone.
fn settle(choices: Vec<Choice>) -> Decision {
    let unconditional = choices.iter().position(|c| c.conditions.is_empty());
    Decision {
        choices: match unconditional {
            Some(at) => vec![choices[at].clone()],
            None => choices,
        },
    }
}

/// Arguments that satisfy all these conditions, if there are any.
pub fn witness(conjunctions: &[&[Condition]]) -> Option<[u64; 6]> {
    let mut args = [0; 6];
    for (arg, value) in (0..6u8).zip(&mut args) {
        let conditions: Vec<&Condition> = conjunctions
            .iter()
            .flat_map(|c| c.iter())
            .filter(|c| c.arg == arg)
            .collect();
        *value = witness_for(&conditions)?;
    }
    Some(args)
}

/// A value that satisfies all these conditions on one argument.
fn witness_for(conditions: &[&Condition]) -> Option<u64> {
    let (mut first, mut last) = (0u64, u64::MAX);
    let (mut mask, mut bits) = (0u64, 0u64);
    let mut not = Vec::new();
    for c in conditions {
        match c.op {
            Op::Ne => not.push(c.value),
            Op::Lt => last = last.min(c.value.checked_sub(1)?),
            Op::Le => last = last.min(c.value),
            Op::Eq => (first, last) = (first.max(c.value), last.min(c.value)),
            Op::Ge => first = first.max(c.value),
            Op::Gt => first = first.max(c.value.checked_add(1)?),
            Op::MaskedEq(m) => {
                if (bits ^ c.value) & mask & m != 0 {
                    return None;
                }
                mask |= m;
                bits |= c.value & m;
            }
        }
    }
    let mut value = next_with_bits(first, mask, bits)?;
    while value <= last {
        if !not.contains(&value) {
            return Some(value);
        }
        value = next_with_bits(value.checked_add(1)?, mask, bits)?;
    }
    None
}

/// The lowest number from `from` upward whose bits under `mask` are `bits`.
fn next_with_bits(from: u64, mask: u64, bits: u64) -> Option<u64> {
    if from & mask == bits {
        return Some(from);
    }
    // The result shares a prefix with `from`, has a 1 where `from` has a 0, and below that is as
    // low as the mask lets it be.
    (0..64).find_map(|bit: u32| {
        let low = word_mask(bit as u8);
        let here = 1u64 << bit;
        let prefix = !(low | here);
        let possible = from & here == 0
            && (mask & here == 0 || bits & here != 0)
            && (from ^ bits) & mask & prefix == 0;
        possible.then_some((from & prefix) | here | (bits & low & mask))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cond(arg: u8, op: Op, value: u64) -> Condition {
        Condition { arg, op, value }
    }

    fn rule(names: &[&str], action: Action, conditions: &[Condition]) -> Rule {
        Rule {
            names: names.iter().map(|n| n.to_string()).collect(),
            action,
            conditions: conditions.to_vec(),
        }
    }

    fn spec(default: Action, arches: &[Arch], rules: Vec<Rule>, stub: bool) -> Spec {
        Spec {
            native: Arch::X86_64,
            arches: arches.to_vec(),
            default,
            rules,
            stub,
        }
    }

    const EPERM: Action = Action::Errno(1);

    #[test]
    fn calls_get_the_action_of_their_rule() {
        use Action::{Allow, Errno, KillProcess, KillThread};
        let eq = |arg, value| cond(arg, Op::Eq, value);
        let rules = vec![
            rule(&["openat", "not_a_call"], Allow, &[]),
            rule(&["personality"], Allow, &[eq(0, 0), eq(0, 8)]),
            rule(&["socket"], Allow, &[eq(0, 1), eq(1, 2)]),
            rule(&["getpid"], EPERM, &[]),
            rule(&["getpid"], Allow, &[]),
            rule(&["getpid"], KillProcess, &[]),
            rule(&["umask"], KillProcess, &[eq(0, 1)]),
            rule(&["umask"], Allow, &[]),
        ];
        let policy = Policy::new(&spec(EPERM, &[Arch::X86], rules, true));
        let check = |arch: Arch, nr, a0, a1, expect| {
            let data = Data::new(arch, nr, [a0, a1, 0, 0, 0, 0]);
            assert_eq!(policy.decide(&data), expect, "{arch} {nr} {a0:#x} {a1:#x}");
        };
        check(Arch::X86_64, 257, 0, 0, (Allow, Reason::Rule(0)));
        check(Arch::X86_64, 135, 8, 0, (Allow, Reason::Rule(1)));
        check(Arch::X86_64, 135, 9, 0, (EPERM, Reason::Default));
        check(Arch::X86_64, 41, 1, 2, (Allow, Reason::Rule(2)));
        check(Arch::X86_64, 41, 1, 3, (EPERM, Reason::Default));
        // Comparisons are as wide as the register, also where the kernel narrows.
        check(Arch::X86_64, 41, 0x1_0000_0001, 2, (EPERM, Reason::Default));
        check(Arch::X86, 359, 0x1_0000_0001, 2, (Allow, Reason::Rule(2)));
        check(Arch::X86, 359, 2, 2, (EPERM, Reason::Default));
        // Through the multiplexer only the selector counts.
        check(Arch::X86, 102, 1, 77, (Allow, Reason::Rule(2)));
        check(Arch::X86, 102, 2, 0, (EPERM, Reason::Default));
        // A rule that equals the default is left out, so the next one is first.
        check(Arch::X86_64, 39, 0, 0, (Allow, Reason::Rule(4)));
        // A rule without conditions absorbs those with.
        check(Arch::X86_64, 95, 1, 0, (Allow, Reason::Rule(7)));
        check(Arch::X86_64, 258, 0, 0, (Errno(38), Reason::Stub));
        check(Arch::X86_64, X32_BIT, 0, 0, (KillThread, Reason::Abi));
        check(Arch::Aarch64, 56, 0, 0, (KillThread, Reason::Abi));
    }

    #[test]
    fn x32_has_a_stub_of_its_own() {
        let rules = vec![rule(&["rt_sigaction", "read"], Action::Allow, &[])];
        let policy = Policy::new(&spec(EPERM, &[Arch::X32], rules, true));
        let check = |nr, expect| {
            assert_eq!(
                policy.decide(&Data::new(Arch::X86_64, nr, [0; 6])).0,
                expect,
                "{nr:#x}"
            );
        };
        check(13, Action::Allow);
        check(14, Action::Errno(38));
        check(X32_BIT, Action::Allow);
        check(X32_BIT + 13, EPERM);
        check(X32_BIT + 512, Action::Allow);
        check(X32_BIT + 513, Action::Errno(38));
        check(u32::MAX, Action::Errno(38));
    }

    #[test]
    fn overlaps_come_with_arguments_for_which_both_hold() {
        let check = |a: Condition, b: Condition, expect: Option<u64>| {
            let rules = vec![
                rule(&["umask"], Action::Allow, &[a]),
                rule(&["umask"], Action::Log, &[b]),
            ];
            let found = Policy::new(&spec(EPERM, &[], rules, false)).overlaps();
            assert_eq!(found.first().map(|o| o.args[0]), expect, "{a:?} {b:?}");
        };
        check(cond(0, Op::Eq, 1), cond(0, Op::Eq, 2), None);
        check(cond(0, Op::Le, 5), cond(0, Op::Ge, 5), Some(5));
        check(cond(0, Op::Lt, 5), cond(0, Op::Ge, 5), None);
        check(cond(0, Op::Ne, 0), cond(0, Op::Lt, 2), Some(1));
        check(cond(0, Op::MaskedEq(1), 1), cond(0, Op::Eq, 4), None);
        check(cond(0, Op::MaskedEq(6), 4), cond(0, Op::Gt, 5), Some(12));
        check(
            cond(0, Op::MaskedEq(2), 2),
            cond(0, Op::MaskedEq(3), 1),
            None,
        );
        check(cond(0, Op::Gt, u64::MAX), cond(0, Op::Ge, 0), None);
    }

    proptest! {
        #[test]
        fn the_next_number_with_bits_is_the_lowest(from in 0u64..300, mask in 0u64..256, value in 0u64..256) {
            let bits = value & mask;
            let expect = (from..from + 600).find(|n| n & mask == bits);
            prop_assert_eq!(next_with_bits(from, mask, bits), expect);
        }

        #[test]
        fn ranges_are_what_a_condition_holds_for(op in 0..6usize, value in 0u64..4, probe in 0u64..6) {
            let op = [Op::Ne, Op::Lt, Op::Le, Op::Eq, Op::Ge, Op::Gt][op];
            let c = cond(0, op, value);
            let ranges = c.ranges().unwrap_or_default();
            let inside = ranges.iter().any(|r| (r.0..=r.1).contains(&probe));
            prop_assert_eq!(inside, c.holds(&[probe, 0, 0, 0, 0, 0]));
        }
    }
}
