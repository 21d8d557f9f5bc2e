//! Many conditions, evaluated at once.
//!
//! What makes it fast: how a record is found to satisfy none of ten thousand conditions must not
//! depend on how many there are. See [`plan`] for how that is arranged. What makes it right: it
//! agrees with [`Condition::matches`], which a property test holds it to.

mod fast;
mod index;
mod plan;
mod trie;

use std::sync::atomic::{AtomicU64, Ordering};

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;

use crate::operand::{OperandId, Read, eval_source};
use crate::predicate::Test;
use crate::{Condition, KindId, KindSet, Record, Value};
use plan::{NodeIndex, Plan, StepKind};

/// A condition of a [`Matcher`]: its position in what the matcher was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleIndex(pub u32);

/// Which of the conditions that hold are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matching {
    /// The first one, in the order in which they were given.
    First,
    /// All of them, in that order.
    All,
}

/// Many conditions, compiled to be evaluated at once.
#[derive(Debug)]
pub struct Matcher {
    plan: Plan,
    kinds: KindSet,
    /// Tells matchers apart for [`Scratch`].
    id: u64,
}

/// What a matcher remembers during one record; kept between records for its memory only.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The matcher that the rest belongs to.
    matcher: u64,
    /// Counts records. What is remembered is marked with it, and so forgotten by counting on.
    epoch: u32,
    /// By node: twice the epoch, plus one if the node holds.
    results: Vec<u32>,
    /// By operand: the epoch, and where its value is.
    slots: Vec<(u32, u32)>,
    /// By operand: the epoch in which its index is going to be asked, and was asked.
    queued: Vec<u32>,
    asked: Vec<u32>,
    /// By group: the epoch in which its gate was open.
    open: Vec<u32>,
    /// By access predicate: the epoch in which an index named it.
    named: Vec<u32>,
    queue: Vec<OperandId>,
    hits: Vec<u32>,
    candidates: Vec<u32>,
}

impl Matcher {
    /// Compiles conditions. Their order is that of the rules.
    pub fn new<'c>(conditions: impl IntoIterator<Item = &'c Condition>) -> Matcher {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        let mut kinds = KindSet::empty();
        let conditions = conditions
            .into_iter()
            .inspect(|c| kinds = kinds.union(c.kinds()));
        let plan = Plan::new(conditions);
        Matcher {
            plan,
            kinds,
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// The kinds of record that can satisfy any of the conditions.
    pub fn kinds(&self) -> &KindSet {
        &self.kinds
    }

    /// How many conditions there are.
    pub fn len(&self) -> usize {
        self.plan.roots.len()
    }

    /// Whether there are no conditions.
    pub fn is_empty(&self) -> bool {
        self.plan.roots.is_empty()
    }

    /// Room to remember things in, for one thread.
    pub fn scratch(&self) -> Scratch {
        let mut scratch = Scratch::default();
        scratch.prepare(self);
        scratch
    }

    /// Appends the conditions that a record satisfies to `out`, in order. `kind` must be the kind
    /// of the record. Values live in `arena`; what is remembered from one record to the next is
    /// the memory of `scratch` only.
    pub fn matches<'a, R: Record<'a> + ?Sized>(
        &self,
        kind: KindId,
        record: &R,
        arena: &'a Bump,
        scratch: &mut Scratch,
        matching: Matching,
        out: &mut Vec<RuleIndex>,
    ) {
        if !self.kinds.contains(kind) {
            return;
        }
        scratch.prepare(self);
        let mut run = Run {
            plan: &self.plan,
            kind,
            record,
            arena,
            scratch,
            values: BumpVec::with_capacity_in(VALUES, arena),
        };
        run.find_candidates();
        run.scratch.candidates.sort_unstable();
        run.scratch.candidates.dedup();
        for i in 0..run.scratch.candidates.len() {
            let rule = run.scratch.candidates[i];
            if run.eval(self.plan.roots[rule as usize]) {
                out.push(RuleIndex(rule));
                if matching == Matching::First {
                    return;
                }
            }
        }
    }
}

/// Room for so many values is made at once; more make more.
const VALUES: usize = 16;

impl Scratch {
    /// Begins a record.
    fn prepare(&mut self, matcher: &Matcher) {
        if self.matcher != matcher.id || self.epoch >= u32::MAX / 2 {
            let plan = &matcher.plan;
            *self = Scratch {
                matcher: matcher.id,
                epoch: 0,
                results: vec![0; plan.steps.len()],
                slots: vec![(0, 0); plan.pool.len()],
                queued: vec![0; plan.pool.len()],
                asked: vec![0; plan.pool.len()],
                open: vec![0; plan.groups.len()],
                named: vec![0; plan.accesses.len()],
                queue: Vec::new(),
                hits: Vec::new(),
                candidates: Vec::new(),
            };
        }
        self.epoch += 1;
        self.queue.clear();
        self.candidates.clear();
    }
}

/// The evaluation of one record.
struct Run<'m, 'a, R: ?Sized> {
    plan: &'m Plan,
    kind: KindId,
    record: &'m R,
    arena: &'a Bump,
    scratch: &'m mut Scratch,
    values: BumpVec<'a, Option<Value<'a>>>,
}

impl<'m, 'a, R: Record<'a> + ?Sized> Run<'m, 'a, R> {
    /// Collects the rules worth evaluating, in no order and some more than once.
    fn find_candidates(&mut self) {
        let plan = self.plan;
        let epoch = self.scratch.epoch;
        let Some(groups) = plan.groups_of_kind.get(usize::from(self.kind.0)) else {
            return;
        };
        for id in groups {
            let group = &plan.groups[*id as usize];
            if group.gate.is_some_and(|gate| !self.eval(gate)) {
                continue;
            }
            self.scratch.open[*id as usize] = epoch;
            let (start, end) = group.always;
            let always = &plan.rules[start as usize..end as usize];
            self.scratch.candidates.extend_from_slice(always);
            for operand in &group.operands {
                let queued = &mut self.scratch.queued[operand.0 as usize];
                if *queued != epoch {
                    *queued = epoch;
                    self.scratch.queue.push(*operand);
                }
            }
        }
        for i in 0..self.scratch.queue.len() {
            self.ask_index(self.scratch.queue[i]);
        }
    }

    fn ask_index(&mut self, operand: OperandId) {
        let plan = self.plan;
        let value = self.value(operand);
        let scratch = &mut *self.scratch;
        scratch.asked[operand.0 as usize] = scratch.epoch;
        let (Some(value), Some(index)) = (value, &plan.indexes[operand.0 as usize]) else {
            return;
        };
        scratch.hits.clear();
        index.lookup(&value, self.arena, &mut scratch.hits);
        for hit in &scratch.hits {
            let named = &mut scratch.named[*hit as usize];
            if *named == scratch.epoch {
                continue;
            }
            *named = scratch.epoch;
            let access = &plan.accesses[*hit as usize];
            if access.exact {
                scratch.results[access.node as usize] = scratch.epoch << 1 | 1;
            }
            let (start, end) = access.postings;
            for posting in &plan.postings[start as usize..end as usize] {
                if scratch.open[posting.group as usize] == scratch.epoch {
                    let (start, end) = posting.rules;
                    let rules = &plan.rules[start as usize..end as usize];
                    scratch.candidates.extend_from_slice(rules);
                }
            }
        }
    }

    /// Whether a node holds. Conditions are not nested deeper than the compiler allows.
    fn eval(&mut self, node: NodeIndex) -> bool {
        let plan = self.plan;
        let step = &plan.steps[node as usize];
        match step.kind {
            StepKind::Const(value) => return value,
            StepKind::Not(of) => return !self.eval(of),
            _ => {}
        }
        let known = self.scratch.results[node as usize];
        if known >> 1 == self.scratch.epoch {
            return known & 1 == 1;
        }
        let holds = match step.kind {
            StepKind::Const(value) => value,
            StepKind::Not(of) => !self.eval(of),
            StepKind::Predicate(id) => self.decide(id),
            StepKind::And(start, end) => (start..end).all(|i| self.eval(plan.children[i as usize])),
            StepKind::Or(start, end) => (start..end).any(|i| self.eval(plan.children[i as usize])),
        };
        if step.shared {
            self.scratch.results[node as usize] = self.scratch.epoch << 1 | u32::from(holds);
        }
        holds
    }

    fn decide(&mut self, id: u32) -> bool {
        let plan = self.plan;
        let prepared = &plan.predicates[id as usize];
        let predicate = &prepared.predicate;
        if let Some(kinds) = &predicate.kinds {
            return kinds.contains(self.kind);
        }
        // What the index did not name does not hold.
        if prepared.indexed && self.scratch.asked[predicate.left.0 as usize] == self.scratch.epoch {
            return false;
        }
        let left = self.value(predicate.left);
        let arena = self.arena;
        match &predicate.test {
            Test::Operand { .. } => predicate.holds(left, |right| self.value(right), arena),
            _ => prepared.fast.holds(predicate, left, arena),
        }
    }

    /// The value of an operand, found out at most once for a record.
    fn value(&mut self, id: OperandId) -> Option<Value<'a>> {
        let (epoch, slot) = self.scratch.slots[id.0 as usize];
        if epoch == self.scratch.epoch {
            return self.values[slot as usize];
        }
        let source = self.plan.pool.source(id);
        let (record, arena) = (self.record, self.arena);
        let value = eval_source(source, Read::Compare, record, arena, &mut |of| {
            self.value(of)
        });
        self.scratch.slots[id.0 as usize] = (self.scratch.epoch, self.values.len() as u32);
        self.values.push(value);
        value
    }
}

#[cfg(test)]
mod tests;
