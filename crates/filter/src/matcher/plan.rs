//! How a set of conditions is evaluated.
//!
//! All conditions become one graph in which equal parts are one node. Of each condition the
//! planner picks *access predicates*: at least one of them holds whenever the condition does, and
//! all of them can be looked up in an index of their operand. An index is asked once for a record
//! and answers with the conditions that are worth evaluating; how many others there are costs
//! nothing. Conditions without such predicates are evaluated for every record of their kinds,
//! behind a *gate* where many of them begin with the same cheap test.

use hashbrown::{HashMap, HashSet};

use super::fast::Fast;
use super::index::{Index, Key, Keys, keys};
use crate::condition::Node;
use crate::intern::Interned;
use crate::operand::{OperandId, Pool, Source};
use crate::predicate::{Predicate, Test};
use crate::{Condition, KindSet, Many, Op, Type};

/// A number of a node of the graph.
pub(super) type NodeIndex = u32;

/// All conditions as one graph, and how to find those worth evaluating.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) pool: Pool,
    pub(super) predicates: Vec<Prepared>,
    pub(super) steps: Vec<Step>,
    /// The children of `and` and `or`, by the ranges in [`Step`].
    pub(super) children: Vec<NodeIndex>,
    /// By rule.
    pub(super) roots: Vec<NodeIndex>,
    pub(super) groups: Vec<Group>,
    /// By kind.
    pub(super) groups_of_kind: Vec<Vec<u32>>,
    /// By operand.
    pub(super) indexes: Vec<Option<Index>>,
    pub(super) accesses: Vec<Access>,
    pub(super) postings: Vec<Posting>,
    /// Rules that postings and groups refer to by range.
    pub(super) rules: Vec<u32>,
}

/// A predicate, ready to be decided.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) predicate: Predicate,
    pub(super) fast: Fast,
    /// Once the index of its operand was asked, it holds exactly if the index said so.
    pub(super) indexed: bool,
}

/// What evaluating a node takes.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) kind: StepKind,
    /// Its result is wanted more than once.
    pub(super) shared: bool,
}

#[derive(Clone, Debug)]
pub(super) enum StepKind {
    Const(bool),
    Predicate(u32),
    Not(NodeIndex),
    And(u32, u32),
    Or(u32, u32),
}

/// Rules that can match in the same kinds and begin with the same test.
#[derive(Debug)]
pub(super) struct Group {
    /// A node that must hold for any of the rules to.
    pub(super) gate: Option<NodeIndex>,
    /// The operands whose indexes name rules of this group.
    pub(super) operands: Vec<OperandId>,
    /// The rules to evaluate whenever the gate is open.
    pub(super) always: (u32, u32),
}

/// An access predicate.
#[derive(Debug)]
pub(super) struct Access {
    /// Its node, which holds if the index names the access and `exact`.
    pub(super) node: NodeIndex,
    pub(super) exact: bool,
    pub(super) postings: (u32, u32),
}

/// The rules of a group that an access predicate makes worth evaluating.
#[derive(Debug)]
pub(super) struct Posting {
    pub(super) group: u32,
    pub(super) rules: (u32, u32),
}

/// How many sets of kinds are told apart; rules with rarer ones share their union.
const MAX_KIND_SETS: usize = 64;

/// How many gates the rules of one set of kinds have.
const MAX_GATES: usize = 8;

/// A gate is worth it for so many rules.
const MIN_GATED: usize = 4;

/// An index is worth it for so many rules of a group; fewer are evaluated one by one.
const MIN_INDEXED: usize = 4;

/// Conditions as likely as this are not worth looking up.
const LIKELY: f32 = 0.5;

impl Plan {
    pub(super) fn new<'c>(conditions: impl Iterator<Item = &'c Condition>) -> Plan {
        let mut builder = Builder::default();
        for condition in conditions {
            builder.absorb(condition);
        }
        builder.estimate();
        builder.finish()
    }
}

#[derive(Default)]
struct Builder {
    pool: Pool,
    predicates: Interned<Predicate>,
    nodes: Interned<Node>,
    roots: Vec<NodeIndex>,
    kinds: Vec<KindSet>,
    estimates: Vec<Estimate>,
    keys: Vec<Option<Keys>>,
}

/// What is guessed of a node.
#[derive(Clone, Copy, Debug, Default)]
struct Estimate {
    /// How often it holds.
    chance: f32,
    /// What it takes to find out; 1 is comparing a number.
    cost: f32,
    /// How often the access predicates hold that it needs to hold, and that it needs to fail.
    access: (f32, f32),
    uses: u32,
}

/// Which of its predicates a rule is found by.
type AccessSet = Vec<u32>;

impl Builder {
    fn absorb(&mut self, condition: &Condition) {
        let operands = self.pool.absorb(&condition.pool);
        let at = |id: OperandId| operands[id.0 as usize];
        let predicates: Vec<u32> = condition
            .predicates
            .iter()
            .map(|predicate| {
                let mut moved = predicate.clone();
                moved.left = at(moved.left);
                if let Test::Operand { right, .. } = &mut moved.test {
                    *right = at(*right);
                }
                self.predicates.intern(moved)
            })
            .collect();
        let mut placed: Vec<NodeIndex> = Vec::with_capacity(condition.nodes.len());
        for node in &condition.nodes {
            let all = |ids: &[u32]| {
                let mut ids: Vec<u32> = ids.iter().map(|id| placed[*id as usize]).collect();
                ids.sort_unstable();
                ids
            };
            let moved = match node {
                Node::Const(value) => Node::Const(*value),
                Node::Predicate(id) => Node::Predicate(predicates[*id as usize]),
                Node::Not(id) => Node::Not(placed[*id as usize]),
                Node::And(ids) => Node::And(all(ids)),
                Node::Or(ids) => Node::Or(all(ids)),
            };
            placed.push(self.nodes.intern(moved));
        }
        let root = match placed.last() {
            Some(root) => *root,
            None => self.nodes.intern(Node::Const(false)),
        };
        self.roots.push(root);
        self.kinds.push(condition.kinds().clone());
    }

    /// Guesses for all nodes.
    fn estimate(&mut self) {
        self.keys = self.predicates.items().iter().map(keys).collect();
        // The more different values a field is compared with, the rarer each of them is: it has
        // one at a time.
        let mut distinct: HashMap<(OperandId, Class), usize> = HashMap::new();
        for predicate in self.predicates.items() {
            if let Test::Values(values) = &predicate.test {
                let class = Class::of(values.op);
                *distinct.entry((predicate.left, class)).or_default() += values.constants.len();
            }
        }
        let mut uses = vec![0u32; self.nodes.items().len()];
        for node in self.nodes.items() {
            match node {
                Node::Not(id) => uses[*id as usize] += 1,
                Node::And(ids) | Node::Or(ids) => ids.iter().for_each(|id| uses[*id as usize] += 1),
                Node::Const(_) | Node::Predicate(_) => {}
            }
        }
        self.roots.iter().for_each(|root| uses[*root as usize] += 1);
        for (node, uses) in self.nodes.items().iter().zip(uses) {
            let of = |id: &u32| self.estimates[*id as usize];
            let estimate = match node {
                Node::Const(value) => Estimate {
                    chance: if *value { 1.0 } else { 0.0 },
                    cost: 0.0,
                    access: if *value { (1.0, 0.0) } else { (0.0, 1.0) },
                    uses,
                },
                Node::Predicate(id) => {
                    let predicate = &self.predicates.items()[*id as usize];
                    let (chance, cost) = self.guess(predicate, &distinct);
                    let indexed = self.keys[*id as usize].is_some() && predicate.kinds.is_none();
                    Estimate {
                        chance,
                        cost,
                        access: (if indexed { chance } else { 1.0 }, 1.0),
                        uses,
                    }
                }
                Node::Not(id) => {
                    let of = of(id);
                    Estimate {
                        chance: 1.0 - of.chance,
                        access: (of.access.1, of.access.0),
                        uses,
                        ..of
                    }
                }
                Node::And(ids) | Node::Or(ids) => {
                    let or = matches!(node, Node::Or(_));
                    let parts = || ids.iter().map(of);
                    // Together: the rarest of what all need, the sum of what any may need.
                    let least =
                        |pick: fn(&Estimate) -> f32| parts().map(|e| pick(&e)).fold(1.0, f32::min);
                    let sum = |pick: fn(&Estimate) -> f32| {
                        parts().map(|e| pick(&e)).sum::<f32>().min(1.0)
                    };
                    let holds: fn(&Estimate) -> f32 = |e| e.access.0;
                    let fails: fn(&Estimate) -> f32 = |e| e.access.1;
                    let stays = |e: &Estimate| if or { 1.0 - e.chance } else { e.chance };
                    let all_stay: f32 = parts().map(|e| stays(&e)).product();
                    let mut reached = 1.0;
                    let mut cost = 0.5;
                    for part in parts() {
                        cost += reached * part.cost;
                        reached *= stays(&part);
                    }
                    Estimate {
                        chance: if or { 1.0 - all_stay } else { all_stay },
                        cost,
                        access: if or {
                            (sum(holds), least(fails))
                        } else {
                            (least(holds), sum(fails))
                        },
                        uses,
                    }
                }
            };
            self.estimates.push(estimate);
        }
    }

    /// How often a predicate holds, and what it costs.
    fn guess(
        &self,
        predicate: &Predicate,
        distinct: &HashMap<(OperandId, Class), usize>,
    ) -> (f32, f32) {
        let many: f32 = if predicate.many == Many::One {
            1.0
        } else {
            4.0
        };
        let made = match self.pool.source(predicate.left) {
            Source::Field(..) => 0.0,
            _ => 5.0,
        };
        if predicate.kinds.is_some() {
            return (0.5, 0.1);
        }
        let values = match &predicate.test {
            Test::Exists => return (0.8, 1.0 + made),
            Test::Operand { .. } => return (0.3, 5.0 + made),
            Test::Values(values) => values,
        };
        let class = Class::of(values.op);
        let others = distinct.get(&(predicate.left, class)).copied().unwrap_or(0) as f32;
        let count = values.constants.len() as f32;
        let number = !matches!(
            predicate.ty,
            Type::Str | Type::Path | Type::Bytes | Type::IpName | Type::Dynamic
        );
        let (chance, cost) = match (values.op, predicate.ty) {
            (Op::In | Op::Intersects, Type::Bool) => (0.4, 1.0),
            (Op::In | Op::Intersects, _) if number => (count / (others + 4.0), 1.0),
            (Op::In | Op::Intersects, _) => (count / (others + 20.0), 1.5),
            (Op::Ne, _) => (0.9, 1.5),
            (_, _) if number => (0.5, 1.0),
            (Op::Contains | Op::IContains | Op::BContains, _) => {
                (2.0 * count / (others + 20.0), 4.0)
            }
            (Op::StartsWith | Op::BStartsWith | Op::EndsWith, _) => {
                (2.0 * count / (others + 20.0), 1.5)
            }
            (Op::PMatch, _) => (2.0 * count / (others + 20.0), 4.0),
            (Op::Glob | Op::IGlob, _) => (2.0 * count / (others + 20.0), 6.0 * count),
            (Op::Regex, _) => (2.0 * count / (others + 20.0), 20.0 * count),
            _ => (0.5, 2.0),
        };
        // Short texts are found in almost everything.
        let shortest = values.constants.iter().map(|c| match c {
            crate::Constant::Text(text) => text.len(),
            _ => usize::MAX,
        });
        let short = match (class, shortest.min().unwrap_or(0)) {
            (Class::Equal, _) | (_, 4..) => 0.0,
            (_, 3) => 0.05,
            (_, 2) => 0.2,
            _ => 0.5,
        };
        (
            (chance * many.min(2.0)).max(short).min(0.9),
            cost * many + made,
        )
    }

    /// The access predicates of a node that must hold (or fail), as far as they were estimated.
    fn access_set(&self, root: NodeIndex) -> Option<AccessSet> {
        if self.estimates[root as usize].access.0 >= LIKELY {
            return None;
        }
        let mut found = HashSet::new();
        let mut seen = HashSet::new();
        let mut todo = vec![(root, true)];
        while let Some((id, holds)) = todo.pop() {
            if !seen.insert((id, holds)) {
                continue;
            }
            let cost = |id: &u32| {
                let (held, failed) = self.estimates[*id as usize].access;
                if holds { held } else { failed }
            };
            match (&self.nodes.items()[id as usize], holds) {
                // What cannot be needs no predicate to find it by.
                (Node::Const(value), _) if *value != holds => {}
                (Node::Const(_), _) | (Node::Predicate(_), false) => return None,
                (Node::Predicate(predicate), true) => {
                    self.keys[*predicate as usize].as_ref()?;
                    found.insert(id);
                }
                (Node::Not(of), _) => todo.push((*of, !holds)),
                (Node::And(ids), true) | (Node::Or(ids), false) => {
                    let least = ids.iter().min_by(|a, b| cost(a).total_cmp(&cost(b)))?;
                    todo.push((*least, holds));
                }
                (Node::And(ids), false) | (Node::Or(ids), true) => {
                    todo.extend(ids.iter().map(|id| (*id, holds)));
                }
            }
        }
        let mut found: Vec<u32> = found.into_iter().collect();
        found.sort_unstable();
        Some(found)
    }

    /// For each rule, the number of its set of kinds; and the sets.
    fn kind_sets(&self) -> (Vec<u32>, Vec<KindSet>) {
        // By set: how many rules have it, and the first of them.
        let mut counts: HashMap<&KindSet, (usize, usize)> = HashMap::new();
        for (rule, set) in self.kinds.iter().enumerate() {
            counts.entry(set).or_insert((0, rule)).0 += 1;
        }
        let mut sets: Vec<(&KindSet, (usize, usize))> = counts.into_iter().collect();
        let many = sets.len() > MAX_KIND_SETS;
        sets.sort_by_key(|(_, (count, first))| (if many { usize::MAX - count } else { 0 }, *first));
        let kept = sets.len().min(MAX_KIND_SETS);
        let numbers: HashMap<&KindSet, u32> = sets
            .iter()
            .enumerate()
            .map(|(i, (set, _))| (*set, i.min(MAX_KIND_SETS - 1) as u32))
            .collect();
        let mut united = vec![KindSet::empty(); kept];
        for (set, number) in &numbers {
            united[*number as usize] = united[*number as usize].union(set);
        }
        (self.kinds.iter().map(|set| numbers[set]).collect(), united)
    }

    /// For each rule, the gate that it stands behind.
    fn gates(&self, set_of: &[u32], accesses: &[Option<AccessSet>]) -> Vec<Option<NodeIndex>> {
        let parts = |rule: usize| match &self.nodes.items()[self.roots[rule] as usize] {
            Node::And(ids) => ids.as_slice(),
            _ => &[],
        };
        let own =
            |rule: usize, id: &u32| accesses[rule].as_ref().is_some_and(|set| set.contains(id));
        let fit = |rule: usize, id: &&u32| {
            let estimate = self.estimates[**id as usize];
            let selects_kinds = match &self.nodes.items()[**id as usize] {
                Node::Predicate(p) => self.predicates.items()[*p as usize].kinds.is_some(),
                _ => false,
            };
            !selects_kinds && estimate.cost <= 3.0 && !own(rule, id)
        };
        let mut counts: HashMap<(u32, NodeIndex), usize> = HashMap::new();
        for (rule, set) in set_of.iter().enumerate() {
            for id in parts(rule).iter().filter(|id| fit(rule, id)) {
                *counts.entry((*set, *id)).or_default() += 1;
            }
        }
        // What a gate saves: the rules that it spares, as often as it is shut.
        let worth = |set: u32, id: u32| {
            let count = counts.get(&(set, id)).copied().unwrap_or(0);
            let shut = 1.0 - self.estimates[id as usize].chance;
            if count >= MIN_GATED {
                count as f32 * shut
            } else {
                0.0
            }
        };
        let mut by_set: HashMap<u32, Vec<(f32, NodeIndex)>> = HashMap::new();
        for (set, id) in counts.keys() {
            let worth = worth(*set, *id);
            if worth > 0.0 {
                by_set.entry(*set).or_default().push((worth, *id));
            }
        }
        for gates in by_set.values_mut() {
            gates.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            gates.truncate(MAX_GATES);
        }
        set_of
            .iter()
            .enumerate()
            .map(|(rule, set)| {
                let gates = by_set.get(set)?;
                let has = |id: &u32| parts(rule).iter().any(|p| p == id && fit(rule, &p));
                gates.iter().map(|(_, id)| *id).find(has)
            })
            .collect()
    }

    fn finish(self) -> Plan {
        let (set_of, sets) = self.kind_sets();
        let mut accesses: Vec<Option<AccessSet>> = self
            .roots
            .iter()
            .map(|root| self.access_set(*root))
            .collect();
        let gates = self.gates(&set_of, &accesses);
        // Groups, in the order of their first rules.
        let mut group_ids: HashMap<(u32, Option<NodeIndex>), u32> = HashMap::new();
        let mut group_keys = Vec::new();
        let mut group_of = Vec::with_capacity(set_of.len());
        for key in set_of.iter().copied().zip(gates) {
            let id = *group_ids.entry(key).or_insert_with(|| {
                group_keys.push(key);
                group_keys.len() as u32 - 1
            });
            group_of.push(id);
        }
        self.drop_thin_accesses(&group_of, &mut accesses);
        let mut plan = Plan {
            roots: self.roots.clone(),
            ..Plan::default()
        };
        let mut indexed = HashSet::new();
        self.add_accesses(&mut plan, &group_of, &mut accesses, &mut indexed);
        self.add_groups(&mut plan, &group_keys, &group_of, &accesses);
        plan.groups_of_kind = (0..KindSet::CAPACITY as u16)
            .map(|kind| {
                let in_kind = |id: &u32| {
                    sets[group_keys[*id as usize].0 as usize].contains(crate::KindId(kind))
                };
                (0..group_keys.len() as u32).filter(in_kind).collect()
            })
            .collect();
        self.add_steps(&mut plan);
        plan.predicates = self
            .predicates
            .into_items()
            .into_iter()
            .enumerate()
            .map(|(i, predicate)| Prepared {
                fast: Fast::new(&predicate),
                predicate,
                indexed: indexed.contains(&(i as u32)),
            })
            .collect();
        plan.pool = self.pool;
        plan
    }

    fn operand_of(&self, node: NodeIndex) -> Option<OperandId> {
        match self.nodes.items()[node as usize] {
            Node::Predicate(id) => Some(self.predicates.items()[id as usize].left),
            _ => None,
        }
    }

    /// Rules that would need an index for hardly more than themselves are evaluated always.
    fn drop_thin_accesses(&self, group_of: &[u32], accesses: &mut [Option<AccessSet>]) {
        let mut counts: HashMap<(u32, OperandId), usize> = HashMap::new();
        for (group, set) in group_of.iter().zip(accesses.iter()) {
            let operands: HashSet<OperandId> = set
                .iter()
                .flatten()
                .filter_map(|id| self.operand_of(*id))
                .collect();
            for operand in operands {
                *counts.entry((*group, operand)).or_default() += 1;
            }
        }
        for (group, set) in group_of.iter().zip(accesses.iter_mut()) {
            let thin = |id: &u32| {
                let operand = self.operand_of(*id);
                operand.is_none_or(|operand| counts[&(*group, operand)] < MIN_INDEXED)
            };
            if set.iter().flatten().any(thin) {
                *set = None;
            }
        }
    }

    fn add_accesses(
        &self,
        plan: &mut Plan,
        group_of: &[u32],
        accesses: &mut [Option<AccessSet>],
        indexed: &mut HashSet<u32>,
    ) {
        // Nodes by operand, in order.
        let mut nodes: Vec<NodeIndex> = accesses.iter().flatten().flatten().copied().collect();
        nodes.sort_unstable();
        nodes.dedup();
        let mut by_operand: HashMap<OperandId, HashMap<Key, Vec<u32>>> = HashMap::new();
        let mut types: HashMap<OperandId, Type> = HashMap::new();
        for (number, node) in nodes.iter().enumerate() {
            let Node::Predicate(id) = self.nodes.items()[*node as usize] else {
                continue;
            };
            let predicate = &self.predicates.items()[id as usize];
            let Some(keys) = &self.keys[id as usize] else {
                continue;
            };
            types.insert(predicate.left, predicate.ty);
            let index = by_operand.entry(predicate.left).or_default();
            for key in &keys.keys {
                index.entry(key.clone()).or_default().push(number as u32);
            }
        }
        plan.indexes.resize_with(self.pool.len(), || None);
        for (operand, keys) in by_operand {
            plan.indexes[operand.0 as usize] = Index::new(types[&operand], keys);
        }
        // Rules whose index could not be built are evaluated always.
        for set in accesses.iter_mut() {
            let built = |id: &u32| {
                self.operand_of(*id)
                    .is_some_and(|o| plan.indexes[o.0 as usize].is_some())
            };
            if !set.iter().flatten().all(built) {
                *set = None;
            }
        }
        let mut rules_of: HashMap<NodeIndex, Vec<(u32, u32)>> = HashMap::new();
        for (rule, set) in accesses.iter().enumerate() {
            for node in set.iter().flatten() {
                rules_of
                    .entry(*node)
                    .or_default()
                    .push((group_of[rule], rule as u32));
            }
        }
        for node in nodes {
            let mut rules = rules_of.remove(&node).unwrap_or_default();
            rules.sort_unstable();
            let first = plan.postings.len() as u32;
            for of_group in rules.chunk_by(|a, b| a.0 == b.0) {
                let start = plan.rules.len() as u32;
                plan.rules.extend(of_group.iter().map(|(_, rule)| *rule));
                plan.postings.push(Posting {
                    group: of_group[0].0,
                    rules: (start, plan.rules.len() as u32),
                });
            }
            let mut exact = false;
            if let Node::Predicate(id) = self.nodes.items()[node as usize] {
                exact = self.keys[id as usize]
                    .as_ref()
                    .is_some_and(|keys| keys.exact);
                if exact {
                    indexed.insert(id);
                }
            }
            plan.accesses.push(Access {
                node,
                exact,
                postings: (first, plan.postings.len() as u32),
            });
        }
    }

    fn add_groups(
        &self,
        plan: &mut Plan,
        group_keys: &[(u32, Option<NodeIndex>)],
        group_of: &[u32],
        accesses: &[Option<AccessSet>],
    ) {
        let mut always: Vec<Vec<u32>> = vec![Vec::new(); group_keys.len()];
        let mut operands: Vec<Vec<OperandId>> = vec![Vec::new(); group_keys.len()];
        for (rule, (group, set)) in group_of.iter().zip(accesses).enumerate() {
            // A condition that is false has neither.
            if self.nodes.items()[self.roots[rule] as usize] == Node::Const(false) {
                continue;
            }
            match set {
                None => always[*group as usize].push(rule as u32),
                Some(set) => {
                    let of = set.iter().filter_map(|id| self.operand_of(*id));
                    operands[*group as usize].extend(of);
                }
            }
        }
        for ((_, gate), (always, mut operands)) in
            group_keys.iter().zip(always.into_iter().zip(operands))
        {
            operands.sort_unstable();
            operands.dedup();
            let start = plan.rules.len() as u32;
            plan.rules.extend(always);
            plan.groups.push(Group {
                gate: *gate,
                operands,
                always: (start, plan.rules.len() as u32),
            });
        }
    }

    fn add_steps(&self, plan: &mut Plan) {
        for (node, estimate) in self.nodes.items().iter().zip(&self.estimates) {
            let kind = match node {
                Node::Const(value) => StepKind::Const(*value),
                Node::Predicate(id) => StepKind::Predicate(*id),
                Node::Not(id) => StepKind::Not(*id),
                Node::And(ids) | Node::Or(ids) => {
                    let or = matches!(node, Node::Or(_));
                    // First what is cheap and likely to settle it, or known from other rules.
                    let rank = |id: &u32| {
                        let e = self.estimates[*id as usize];
                        let settles = if or { e.chance } else { 1.0 - e.chance };
                        e.cost / (1.0 + (e.uses as f32).ln_1p()) / settles.max(0.01)
                    };
                    let mut ids = ids.clone();
                    ids.sort_by(|a, b| rank(a).total_cmp(&rank(b)));
                    let start = plan.children.len() as u32;
                    plan.children.extend(ids);
                    let end = plan.children.len() as u32;
                    if or {
                        StepKind::Or(start, end)
                    } else {
                        StepKind::And(start, end)
                    }
                }
            };
            plan.steps.push(Step {
                kind,
                shared: estimate.uses > 1,
            });
        }
    }
}

/// Operators that say the same sort of thing about a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Class {
    Equal,
    Begin,
    End,
    Contain,
    Match,
    Other,
}

impl Class {
    fn of(op: Op) -> Class {
        match op {
            Op::In | Op::Intersects | Op::Eq => Class::Equal,
            Op::StartsWith | Op::BStartsWith | Op::PMatch => Class::Begin,
            Op::EndsWith => Class::End,
            Op::Contains | Op::IContains | Op::BContains => Class::Contain,
            Op::Glob | Op::IGlob | Op::Regex => Class::Match,
            _ => Class::Other,
        }
    }
}
