//! What decides among the rules of one call: tests of arguments.
//!
//! There are two shapes. A diagram looks at each argument once, and knows of every rule what that
//! says; where rules test different arguments, parts of it are there several times. A chain tests
//! one rule after the other; nothing is there twice, but it may look at an argument again.

use hashbrown::HashSet;

use super::{Graph, MAX_NODES, Node, NodeId, Overflow, Segment};
use crate::bpf::Test;
use crate::policy::{Choice, Condition, Op, word_mask};
use crate::{Action, Arch};

/// Rules with up to so many conditions are tried with every order of their arguments.
const FEW_CONDITIONS: usize = 6;

/// Orders of arguments that are tried for one program; after that, one is as good as another.
const MAX_TRIES: usize = 2000;

/// Conditions that must all hold, and what the filter then returns.
pub(super) type Case = (Vec<Condition>, u32);
/// The first whose conditions hold decides.
pub(super) type Cases = Vec<Case>;

/// What one decision depends on: its cases, what is returned if none holds, and of the ABI the
/// width and the byte order.
pub(super) type Question = (Cases, u32, u8, bool);

impl Graph {
    /// What decides among the choices of one call.
    pub(super) fn decision(
        &mut self,
        arch: Arch,
        choices: &[Choice],
        default: Action,
    ) -> Result<NodeId, Overflow> {
        // A mask that leaves everything is none, and values without one can be a tree.
        let unmasked = |c: &Condition| match c.op {
            Op::MaskedEq(mask) if mask == word_mask(arch.word_bits()) => {
                Condition { op: Op::Eq, ..*c }
            }
            _ => *c,
        };
        let rules: Cases = choices
            .iter()
            .map(|c| (c.conditions.iter().map(unmasked).collect(), c.action.ret()))
            .collect();
        let (bits, big_endian) = (arch.word_bits(), arch.big_endian());
        let (rules, last) = significant(rules, default.ret());
        let several = rules.len() > 1 && rules.iter().any(|r| r.0.len() > 1);
        let chain = several.then(|| self.chain(&rules, last, bits, big_endian));
        let diagram = self.decide(rules, last, bits, big_endian)?;
        let Some(chain) = chain else {
            return Ok(diagram);
        };
        if self.cost(chain) < self.cost(diagram) {
            return Ok(chain);
        }
        self.balance -= self.size(diagram).saturating_sub(self.size(chain)) as isize;
        Ok(diagram)
    }

    /// Tests one rule after the other, and of each one condition after the other: that may look at
    /// an argument more than once, but no test stands there twice.
    fn chain(&mut self, rules: &[Case], default: u32, bits: u8, big_endian: bool) -> NodeId {
        let mut next = self.node(Node::Ret(default));
        for (conditions, ret) in rules.iter().rev() {
            let mut then = self.node(Node::Ret(*ret));
            for condition in conditions.iter().rev() {
                let Condition { arg, op, value } = *condition;
                then = match (op, condition.ranges()) {
                    (Op::MaskedEq(mask), _) => {
                        self.masked(arg, mask, value, then, next, big_endian)
                    }
                    (_, ranges) => {
                        let one = [(vec![*condition], 0)];
                        let holds = |at: &u64| {
                            let ranges = ranges.iter().flatten();
                            ranges
                                .into_iter()
                                .any(|(first, last)| (*first..=*last).contains(at))
                        };
                        let starts = boundaries(&one, arg, bits).into_iter();
                        let segments = starts.map(|at| (at, if holds(&at) { then } else { next }));
                        let segments: Vec<Segment<u64>> = segments.collect();
                        self.words(arg, &segments, bits, big_endian)
                    }
                };
            }
            next = then;
        }
        next
    }

    /// The first of `rules` whose conditions hold gives its value, and `default` if none does.
    fn decide(
        &mut self,
        rules: Cases,
        default: u32,
        bits: u8,
        big_endian: bool,
    ) -> Result<NodeId, Overflow> {
        let (rules, last) = significant(rules, default);
        if rules.is_empty() {
            return Ok(self.node(Node::Ret(last)));
        }
        let key = (rules, last, bits, big_endian);
        if let Some(node) = self.decided.get(&key) {
            return Ok(*node);
        }
        if self.nodes.len() > MAX_NODES {
            return Err(Overflow);
        }
        let rules = &key.0;
        let conditions = rules.iter().map(|r| r.0.len()).sum::<usize>();
        let node = if conditions <= FEW_CONDITIONS && self.tries < MAX_TRIES {
            // Whatever order of the arguments is shortest, of those that are quickest.
            let mut best = None;
            for arg in arguments(rules) {
                self.tries += 1;
                let node = self.decide_by(arg, rules, last, bits, big_endian)?;
                // What takes more stands at the end, where other ABIs may share it.
                let tests = rules.iter().flat_map(|r| &r.0).filter(|c| c.arg == arg);
                let cost = (self.cost(node), tests.count());
                if best.is_none_or(|(least, _)| cost < least) {
                    best = Some((cost, node));
                }
            }
            match best {
                Some((_, node)) => node,
                None => self.node(Node::Ret(last)),
            }
        } else {
            self.decide_by(busiest_argument(rules), rules, last, bits, big_endian)?
        };
        self.decided.insert(key, node);
        Ok(node)
    }

    /// The instructions from a node on, and the most that are executed of them, in the order of
    /// what matters more.
    fn cost(&self, node: NodeId) -> (usize, usize) {
        let depth = self.depths[node.0 as usize];
        if self.short {
            (self.size(node), depth)
        } else {
            (depth, self.size(node))
        }
    }

    /// The instructions from a node on.
    fn size(&self, node: NodeId) -> usize {
        let mut reached: HashSet<NodeId> = HashSet::new();
        reached.insert(node);
        let mut work = vec![node];
        while let Some(id) = work.pop() {
            let next = match self.nodes[id.0 as usize] {
                Node::Ret(_) => [None, None],
                Node::Load(_, then) | Node::And(_, then) => [Some(then), None],
                Node::Branch(_, _, yes, no) => [Some(yes), Some(no)],
            };
            work.extend(next.into_iter().flatten().filter(|id| reached.insert(*id)));
        }
        reached.len()
    }

    /// Decides by one argument first.
    fn decide_by(
        &mut self,
        arg: u8,
        rules: &[Case],
        last: u32,
        bits: u8,
        big_endian: bool,
    ) -> Result<NodeId, Overflow> {
        let masked = rules.iter().flat_map(|r| &r.0).find_map(|c| match c.op {
            Op::MaskedEq(mask) if c.arg == arg => Some((mask, c.value)),
            _ => None,
        });
        let node = match masked {
            Some((mask, _)) if one_word(mask) && values_under(rules, arg, mask).len() > 1 => {
                let upper = mask > u64::from(u32::MAX);
                let none = under_mask(rules, arg, mask, None);
                let mut tree = self.decide(none, last, bits, big_endian)?;
                for value in values_under(rules, arg, mask) {
                    let rest = under_mask(rules, arg, mask, Some(value));
                    let node = self.decide(rest, last, bits, big_endian)?;
                    let value = if upper { value >> 32 } else { value } as u32;
                    tree = self.branch(Test::Eq, value, node, tree);
                }
                let word = if upper { mask >> 32 } else { mask } as u32;
                let tree = match word {
                    u32::MAX => tree,
                    word => self.node(Node::And(word, tree)),
                };
                self.load_word(arg, upper, big_endian, tree)
            }
            Some((mask, value)) => {
                let test = Condition {
                    arg,
                    op: Op::MaskedEq(mask),
                    value,
                };
                let yes = self.decide(given(rules, &test, true), last, bits, big_endian)?;
                let no = self.decide(given(rules, &test, false), last, bits, big_endian)?;
                self.masked(arg, mask, value, yes, no, big_endian)
            }
            None => {
                let mut segments = Vec::new();
                for first in boundaries(rules, arg, bits) {
                    let rest = at_value(rules, arg, first);
                    let node = self.decide(rest, last, bits, big_endian)?;
                    segments.push((first, node));
                }
                segments.dedup_by_key(|s| s.1);
                self.words(arg, &segments, bits, big_endian)
            }
        };
        Ok(node)
    }

    /// `yes` if the bits of `mask` are those of `value`.
    fn masked(
        &mut self,
        arg: u8,
        mask: u64,
        value: u64,
        yes: NodeId,
        no: NodeId,
        big_endian: bool,
    ) -> NodeId {
        let mut then = yes;
        for upper in [true, false] {
            let shift = if upper { 32 } else { 0 };
            let (mask, value) = ((mask >> shift) as u32, (value >> shift) as u32);
            if mask == 0 {
                continue;
            }
            let test = if mask == u32::MAX {
                self.branch(Test::Eq, value, then, no)
            } else if value == 0 {
                self.branch(Test::Set, mask, no, then)
            } else if mask.is_power_of_two() {
                self.branch(Test::Set, mask, then, no)
            } else {
                let equal = self.branch(Test::Eq, value, then, no);
                if then == no {
                    equal
                } else {
                    self.node(Node::And(mask, equal))
                }
            };
            then = self.load_word(arg, upper, big_endian, test);
        }
        then
    }
}

/// Rules without those that change nothing, and what is given if none of them holds.
fn significant(mut rules: Cases, default: u32) -> (Cases, u32) {
    if let Some(at) = rules.iter().position(|r| r.0.is_empty()) {
        rules.truncate(at + 1);
    }
    // What comes last and gives what would be given anyway need not be tested.
    let last = match rules.last() {
        Some((conditions, ret)) if conditions.is_empty() => *ret,
        _ => default,
    };
    while rules.last().is_some_and(|r| r.1 == last) {
        rules.pop();
    }
    let mut seen = Vec::with_capacity(rules.len());
    for rule in rules {
        if !seen.contains(&rule) {
            seen.push(rule);
        }
    }
    (seen, last)
}

/// The arguments that rules test, ascending.
fn arguments(rules: &[Case]) -> impl Iterator<Item = u8> {
    (0..6).filter(|arg| rules.iter().flat_map(|r| &r.0).any(|c| c.arg == *arg))
}

/// The argument that most rules test; the first of several.
fn busiest_argument(rules: &[Case]) -> u8 {
    let tests = |arg: u8| {
        let conditions = rules.iter().flat_map(|r| &r.0);
        conditions.filter(|c| c.arg == arg).count()
    };
    (0..6).rev().max_by_key(|arg| tests(*arg)).unwrap_or(0)
}

/// The rules that are left once it is known whether `test` holds.
fn given(rules: &[Case], test: &Condition, holds: bool) -> Cases {
    let left = rules.iter().filter(|r| holds || !r.0.contains(test));
    left.map(|(conditions, ret)| {
        let rest = conditions.iter().filter(|c| *c != test).copied().collect();
        (rest, *ret)
    })
    .collect()
}

/// Whether a mask has bits in one half of an argument only.
fn one_word(mask: u64) -> bool {
    mask != 0 && (mask >> 32 == 0 || mask as u32 == 0)
}

/// The values that an argument is compared with under a mask, ascending.
fn values_under(rules: &[Case], arg: u8, mask: u64) -> Vec<u64> {
    let conditions = rules.iter().flat_map(|r| &r.0).filter(|c| c.arg == arg);
    let mut values: Vec<u64> = conditions
        .filter(|c| c.op == Op::MaskedEq(mask))
        .map(|c| c.value)
        .collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// The rules that are left once it is known which value an argument has under a mask, or that it
/// has none of those that it is compared with.
fn under_mask(rules: &[Case], arg: u8, mask: u64, value: Option<u64>) -> Cases {
    let known = |c: &Condition| c.arg == arg && c.op == Op::MaskedEq(mask);
    let fits = |r: &&Case| {
        let mut conditions = r.0.iter().filter(|c| known(c));
        conditions.all(|c| Some(c.value) == value)
    };
    let left = rules.iter().filter(fits);
    left.map(|(conditions, ret)| {
        let rest = conditions.iter().filter(|c| !known(c)).copied().collect();
        (rest, *ret)
    })
    .collect()
}

/// The first values of the ranges of `arg` in which no rule's ranges begin or end.
fn boundaries(rules: &[Case], arg: u8, bits: u8) -> Vec<u64> {
    let mut starts = vec![0];
    for condition in rules.iter().flat_map(|r| &r.0).filter(|c| c.arg == arg) {
        for (first, last) in condition.ranges().unwrap_or_default() {
            starts.push(first);
            starts.extend(last.checked_add(1));
        }
    }
    starts.retain(|s| *s <= word_mask(bits));
    starts.sort_unstable();
    starts.dedup();
    starts
}

/// The rules that are left if `arg` is `value`, for rules without masks on it.
fn at_value(rules: &[Case], arg: u8, value: u64) -> Cases {
    let mut args = [0; 6];
    args[usize::from(arg)] = value;
    let fits = |c: &&Condition| c.arg == arg && !c.holds(&args);
    let left = rules.iter().filter(|r| r.0.iter().find(fits).is_none());
    left.map(|(conditions, ret)| {
        let rest = conditions
            .iter()
            .filter(|c| c.arg != arg)
            .copied()
            .collect();
        (rest, *ret)
    })
    .collect()
}
