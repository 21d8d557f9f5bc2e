//! A condition that is known to make sense: its fields exist, its operators fit their types.

mod compile;

use bumpalo::Bump;
use lanner_diag::TextRange;

use crate::ast::{Ast, Op};
use crate::intern::Interned;
use crate::operand::{Pool, Read, Source};
use crate::predicate::{Predicate, Test};
use crate::{Argument, Constant, FieldId, KindSet, Modifier, Record, Scheme};

/// A condition, typed against a [`Scheme`].
#[derive(Clone, Debug)]
pub struct Condition {
    pub(crate) pool: Pool,
    pub(crate) predicates: Vec<Predicate>,
    /// Children before their parents, the root last.
    pub(crate) nodes: Vec<Node>,
    /// For each node, the kinds in which it can be true, and in which it can be false: positions
    /// in `kind_sets`, of which there are few.
    outcomes: Vec<(u32, u32)>,
    kind_sets: Vec<KindSet>,
    kinds: KindSet,
    selected: KindSet,
    warnings: Vec<Remark>,
}

/// A node of a compiled condition; numbers are positions of nodes before it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    Const(bool),
    Predicate(u32),
    Not(u32),
    And(Vec<u32>),
    Or(Vec<u32>),
}

#[derive(Clone, Debug)]
struct Outcomes {
    can_hold: KindSet,
    can_fail: KindSet,
}

/// What a condition does not compile for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is no such field.
    UnknownField,
    /// No record has this value of a field that selects kinds.
    UnknownKind,
    /// Anything else.
    Other,
}

/// Why a condition does not compile, in one place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CompileError {
    /// What kind of fault it is.
    pub fault: Fault,
    /// In the words that tools look for.
    pub message: String,
    /// Where, in the text that `source` tells.
    pub range: TextRange,
    /// See [`crate::Node::source`].
    pub source_text: u32,
    /// What to do about it.
    pub help: Option<String>,
}

/// Something about a condition that is probably not what was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// In the words that tools look for.
    pub message: String,
    /// Where, in the text that `source_text` tells.
    pub range: TextRange,
    /// See [`crate::Node::source`].
    pub source_text: u32,
}

/// A comparison of a field with constants, as [`Condition::implies`] shows it.
#[derive(Clone, Copy, Debug)]
pub struct Fact<'c> {
    /// The field.
    pub field: FieldId,
    /// Its argument.
    pub arg: &'c Argument,
    /// The operator; `=` is shown as `In`.
    pub op: Op,
    /// How the operator applies to several constants. Without one, `Ne` means that none of them
    /// is equal, and other operators that one of them fits.
    pub modifier: Option<Modifier>,
    /// What the field is compared with; empty for `Exists`.
    pub constants: &'c [Constant],
    /// Whether it is the opposite that is known: the comparison fails, or the field is missing.
    pub negated: bool,
}

impl Condition {
    /// Types a condition. All faults are told, from left to right; the first is the one that the
    /// original reports.
    pub fn compile(ast: &Ast, scheme: &Scheme) -> Result<Condition, Vec<CompileError>> {
        let parts = compile::compile(ast, scheme)?;
        let mut condition = Condition {
            pool: parts.pool,
            predicates: parts.predicates,
            nodes: parts.nodes,
            outcomes: Vec::new(),
            kind_sets: Vec::new(),
            kinds: KindSet::empty(),
            selected: KindSet::empty(),
            warnings: parts.remarks,
        };
        if let Some(root) = condition.find_outcomes(scheme, false).pop() {
            condition.selected = root.can_hold;
        }
        let mut outcomes = condition.find_outcomes(scheme, true);
        if let Some(root) = outcomes.last() {
            condition.kinds = root.can_hold.clone();
        }
        let mut sets = Interned::default();
        let interned = outcomes
            .drain(..)
            .map(|o| (sets.intern(o.can_hold), sets.intern(o.can_fail)));
        condition.outcomes = interned.collect();
        condition.kind_sets = sets.into_items();
        Ok(condition)
    }

    /// The kinds of record that can satisfy the condition: in all others it is false.
    pub fn kinds(&self) -> &KindSet {
        &self.kinds
    }

    /// The kinds that the fields that select kinds leave possible, whatever other fields say: what
    /// the original calls the event types of a rule.
    pub fn selected_kinds(&self) -> &KindSet {
        &self.selected
    }

    /// What is probably not meant, from left to right.
    pub fn remarks(&self) -> &[Remark] {
        &self.warnings
    }

    /// The fields that the condition reads, each with its argument once.
    pub fn fields(&self) -> impl Iterator<Item = (FieldId, &Argument)> {
        self.pool.iter().filter_map(|source| match source {
            Source::Field(field, arg) => Some((*field, arg)),
            _ => None,
        })
    }

    /// Whether a record satisfies the condition. Slow, and plain: what the matcher must agree with.
    pub fn matches<'a, R: Record<'a> + ?Sized>(&self, record: &R, arena: &'a Bump) -> bool {
        let mut results: Vec<bool> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let of = |id: &u32| results[*id as usize];
            let result = match node {
                Node::Const(value) => *value,
                Node::Not(id) => !of(id),
                Node::And(ids) => ids.iter().all(of),
                Node::Or(ids) => ids.iter().any(of),
                Node::Predicate(id) => {
                    let predicate = &self.predicates[*id as usize];
                    let value = |id| self.pool.eval(id, Read::Compare, record, arena);
                    predicate.holds(value(predicate.left), value, arena)
                }
            };
            results.push(result);
        }
        results.last().copied().unwrap_or(false)
    }

    /// Whether every record of these kinds that satisfies the condition also satisfies a
    /// comparison (or, negated, fails one) that `known` accepts. For example: with a `known` that
    /// accepts `evt.res = SUCCESS`, whether the rule needs only successful calls.
    pub fn implies(&self, kinds: &KindSet, known: &dyn Fn(&Fact<'_>) -> bool) -> bool {
        // Whether it follows if the node holds, and if it fails.
        let mut follows: Vec<(bool, bool)> = Vec::with_capacity(self.nodes.len());
        let impossible: Vec<bool> = self
            .kind_sets
            .iter()
            .map(|set| set.intersection(kinds).is_empty())
            .collect();
        for (node, (can_hold, can_fail)) in self.nodes.iter().zip(&self.outcomes) {
            let held = |id: &u32| follows[*id as usize].0;
            let failed = |id: &u32| follows[*id as usize].1;
            let (holds, fails) = match node {
                Node::Const(value) => (!value, *value),
                Node::Not(id) => (failed(id), held(id)),
                Node::And(ids) => (ids.iter().any(held), ids.iter().all(failed)),
                Node::Or(ids) => (ids.iter().all(held), ids.iter().any(failed)),
                Node::Predicate(id) => {
                    let fact = self.fact(&self.predicates[*id as usize]);
                    let accepts =
                        |negated| fact.is_some_and(|fact| known(&Fact { negated, ..fact }));
                    (accepts(false), accepts(true))
                }
            };
            follows.push((
                holds || impossible[*can_hold as usize],
                fails || impossible[*can_fail as usize],
            ));
        }
        follows.last().is_some_and(|root| root.0)
    }

    fn fact<'c>(&'c self, predicate: &'c Predicate) -> Option<Fact<'c>> {
        let Source::Field(field, arg) = self.pool.source(predicate.left) else {
            return None;
        };
        let (op, modifier, constants) = match &predicate.test {
            Test::Exists => (Op::Exists, None, &[][..]),
            Test::Values(values) => (values.op, values.modifier, &values.constants[..]),
            Test::Operand { .. } => return None,
        };
        Some(Fact {
            field: *field,
            arg,
            op,
            modifier,
            constants,
            negated: false,
        })
    }

    fn find_outcomes(&self, scheme: &Scheme, by_presence: bool) -> Vec<Outcomes> {
        let all = scheme.all_kinds();
        let mut found: Vec<Outcomes> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let unite = |ids: &[u32], of: fn(&Outcomes) -> &KindSet| {
                let sets = ids.iter().map(|id| of(&found[*id as usize]));
                sets.fold(KindSet::empty(), |a, b| a.union(b))
            };
            let intersect = |ids: &[u32], of: fn(&Outcomes) -> &KindSet| {
                let sets = ids.iter().map(|id| of(&found[*id as usize]));
                sets.fold(all.clone(), |a, b| a.intersection(b))
            };
            let can_hold: fn(&Outcomes) -> &KindSet = |o| &o.can_hold;
            let can_fail: fn(&Outcomes) -> &KindSet = |o| &o.can_fail;
            let (can_hold, can_fail) = match node {
                Node::Const(true) => (all.clone(), KindSet::empty()),
                Node::Const(false) => (KindSet::empty(), all.clone()),
                Node::Not(id) => {
                    let of = &found[*id as usize];
                    (of.can_fail.clone(), of.can_hold.clone())
                }
                Node::And(ids) => (intersect(ids, can_hold), unite(ids, can_fail)),
                Node::Or(ids) => (unite(ids, can_hold), intersect(ids, can_fail)),
                Node::Predicate(id) => {
                    let predicate = &self.predicates[*id as usize];
                    match &predicate.kinds {
                        Some(kinds) => (kinds.intersection(&all), all.difference(kinds)),
                        None if by_presence => {
                            (self.presence(predicate, scheme, &all), all.clone())
                        }
                        None => (all.clone(), all.clone()),
                    }
                }
            };
            found.push(Outcomes { can_hold, can_fail });
        }
        found
    }

    /// The kinds in which all operands of a predicate can have values.
    fn presence(&self, predicate: &Predicate, scheme: &Scheme, all: &KindSet) -> KindSet {
        let right = match &predicate.test {
            Test::Operand { right, .. } => self.pool.kinds(*right, scheme),
            _ => None,
        };
        let left = self.pool.kinds(predicate.left, scheme);
        let sets = [left, right].into_iter().flatten();
        sets.fold(all.clone(), |a, b| a.intersection(&b))
    }
}

impl Scheme {
    /// All kinds that records can have; every kind if the scheme does not say.
    pub fn all_kinds(&self) -> KindSet {
        let every = || (0..KindSet::CAPACITY as u16).map(crate::KindId).collect();
        self.all_kinds.clone().unwrap_or_else(every)
    }
}

#[cfg(test)]
mod tests;
