//! A policy as a function, and two functions side by side.

use hashbrown::HashMap;

use super::{ARCH_BIT, ARG_BIT, Function, NR_BIT, Space, TooComplex};
use crate::arch::X32_BIT;
use crate::policy::{Lookup, Policy, Reason};
use crate::{Action, Arch};

/// What is decided for a call, and why.
pub type Verdict = (Action, Reason);

/// Outcomes by the numbers that stand for them in a function.
#[derive(Clone, Debug, Default)]
pub struct Outcomes<T> {
    values: Vec<T>,
    ids: HashMap<T, u32>,
}

impl<T: Copy + Eq + std::hash::Hash> Outcomes<T> {
    /// No outcome yet.
    pub fn new() -> Outcomes<T> {
        Outcomes {
            values: Vec::new(),
            ids: HashMap::new(),
        }
    }

    /// The number that stands for an outcome.
    pub fn id(&mut self, outcome: T) -> u32 {
        let values = &mut self.values;
        *self.ids.entry(outcome).or_insert_with(|| {
            values.push(outcome);
            values.len() as u32 - 1
        })
    }

    /// The outcome that a number stands for.
    pub fn get(&self, id: u32) -> Option<T> {
        self.values.get(id as usize).copied()
    }
}

impl Space {
    /// What a policy decides for every call; the values are numbers of `verdicts`.
    ///
    /// # Errors
    /// Its conditions combine to too many cases.
    pub fn policy(
        &mut self,
        policy: &Policy,
        verdicts: &mut Outcomes<Verdict>,
    ) -> Result<Function, TooComplex> {
        let mut audits: Vec<u32> = policy.abis.iter().map(|a| a.arch.audit()).collect();
        audits.sort_unstable();
        audits.dedup();
        let kill = verdicts.id((Action::KillThread, Reason::Abi));
        let mut function = self.leaf(kill);
        for audit in audits {
            let numbers = self.policy_numbers(policy, audit, verdicts);
            let here = self.equals(ARCH_BIT, 32, u64::from(audit));
            function = self.choose(here, numbers, function);
        }
        self.check()?;
        Ok(function)
    }

    /// The same for one audit architecture.
    fn policy_numbers(
        &mut self,
        policy: &Policy,
        audit: u32,
        verdicts: &mut Outcomes<Verdict>,
    ) -> Function {
        // Between these nothing changes.
        let mut starts = vec![0, 1];
        for bit in [X32_BIT, 1 << 31, 1 << 31 | X32_BIT, u32::MAX] {
            starts.push(bit);
        }
        for abi in policy.abis.iter().filter(|a| a.arch.audit() == audit) {
            starts.extend(abi.highest.and_then(|h| h.checked_add(1)));
            for (number, _) in &abi.decisions {
                starts.push(*number);
                starts.extend(number.checked_add(1));
            }
        }
        starts.sort_unstable();
        starts.dedup();
        let mut segments = Vec::with_capacity(starts.len());
        for start in starts {
            let decided = self.policy_call(policy, audit, start, verdicts);
            segments.push((start, decided));
        }
        self.segments(&segments, NR_BIT)
    }

    fn policy_call(
        &mut self,
        policy: &Policy,
        audit: u32,
        number: u32,
        verdicts: &mut Outcomes<Verdict>,
    ) -> Function {
        match policy.lookup(audit, number) {
            Lookup::Fixed(action, reason) => self.leaf(verdicts.id((action, reason))),
            Lookup::Decided(arch, decision) => {
                let otherwise = verdicts.id((policy.default, Reason::Default));
                let mut function = self.leaf(otherwise);
                for choice in decision.choices.iter().rev() {
                    let value = verdicts.id((choice.action, Reason::Rule(choice.rule)));
                    let value = self.leaf(value);
                    let mut set = Space::ALL;
                    for condition in choice.conditions.iter().rev() {
                        let holds = self.condition(condition, arch.word_bits());
                        set = self.and(holds, set);
                    }
                    function = self.choose(set, value, function);
                }
                function
            }
        }
    }

    /// A function of a number of 32 bits from bit `first` on: the values of ascending ranges.
    fn segments(&mut self, segments: &[(u32, Function)], first: u16) -> Function {
        self.segment(segments, first, first, 0)
    }

    fn segment(&mut self, part: &[(u32, Function)], first: u16, bit: u16, base: u32) -> Function {
        if part.len() == 1 || bit == first + 32 {
            return part.first().map_or(Space::NONE, |s| s.1);
        }
        let half = base | 1 << (first + 31 - bit);
        // The range that reaches into the upper half is in both.
        let split = part.partition_point(|s| s.0 < half);
        let upper = if part.get(split).is_some_and(|s| s.0 == half) {
            split
        } else {
            split.saturating_sub(1)
        };
        let zero = self.segment(&part[..split.max(1)], first, bit + 1, base);
        let one = self.segment(&part[upper..], first, bit + 1, half);
        self.test(bit, zero, one)
    }

    /// The actions of a function whose values are numbers of `verdicts`, as return values of
    /// filters.
    pub fn returns(&mut self, f: Function, verdicts: &Outcomes<Verdict>) -> Function {
        let kill = Action::KillThread;
        self.map(f, &mut |v| verdicts.get(v).map_or(kill, |v| v.0).ret())
    }

    /// The calls of one audit architecture.
    pub fn on(&mut self, arch: Arch) -> Function {
        self.equals(ARCH_BIT, 32, u64::from(arch.audit()))
    }

    /// The calls with one number.
    pub fn numbered(&mut self, number: u32) -> Function {
        self.equals(NR_BIT, 32, u64::from(number))
    }

    /// The calls with this argument.
    pub fn with_arg(&mut self, arg: u8, value: u64) -> Function {
        self.equals(ARG_BIT + 64 * u16::from(arg % 6), 64, value)
    }

    /// What is left of a function if an argument has this value.
    pub fn given(&mut self, f: Function, arg: u8, value: u64) -> Function {
        let first = ARG_BIT + 64 * u16::from(arg % 6);
        let mut done = HashMap::new();
        self.given_known(f, first, value, &mut done)
    }

    fn given_known(
        &mut self,
        f: Function,
        first: u16,
        value: u64,
        done: &mut HashMap<Function, Function>,
    ) -> Function {
        let node = self.node(f);
        if node.bit >= first + 64 {
            return f;
        }
        if let Some(known) = done.get(&f) {
            return *known;
        }
        let (zero, one) = (Function(node.zero), Function(node.one));
        let left = if node.bit >= first {
            let bit = value >> (first + 63 - node.bit) & 1;
            let taken = if bit == 1 { one } else { zero };
            self.given_known(taken, first, value, done)
        } else {
            let zero = self.given_known(zero, first, value, done);
            let one = self.given_known(one, first, value, done);
            self.test(node.bit, zero, one)
        };
        done.insert(f, left);
        left
    }
}
