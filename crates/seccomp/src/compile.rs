//! A policy as a classic BPF program.
//!
//! Per audit architecture the numbers fall into ranges with one decision each; a balanced tree of
//! comparisons finds the range. Conditions on one argument become ranges of its upper and lower
//! word in the same way, so a five-way comparison is a tree and not a chain. Everything is built
//! as a graph whose equal parts are one, and laid out backwards from its returns.
//!
//! Only instructions that the kernel's constant-action analysis understands stand before the first
//! look at an argument, so its bitmap serves every call that is allowed without one.

use hashbrown::HashMap;

use crate::arch::X32_BIT;
use crate::bpf::{Insn, MAX_LEN, OFF_ARCH, OFF_ARGS, OFF_NR, Test};
use crate::policy::{AbiPolicy, Policy};
use crate::{Action, Arch, table};

mod decide;
mod tree;

use decide::Question;
use tree::{Peer, Tree, in_rows};

const ENOSYS: Action = Action::Errno(38);

/// A node is at most this many apart while it is built; a program that needs more is too long.
const MAX_NODES: usize = 16 * MAX_LEN;

/// Profiles that decide about fewer numbers get the shortest tests of arguments, others the
/// quickest, if what ranges of numbers save is more than what that costs.
const FEW_CALLS: usize = 32;

/// How a policy is compiled.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How often each number of an audit architecture was seen, to put frequent calls nearer to
    /// the start, as far as no other call pays for it in the worst case. Numbers without an entry
    /// count as one.
    pub weights: HashMap<(u32, u32), u64>,
}

/// Why a policy has no program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// More instructions than the kernel takes.
    #[error(
        "the filter would have {0} instructions, and the kernel takes {MAX_LEN}: list fewer \
         architectures, or use fewer conditions"
    )]
    TooLong(usize),
    /// Conditions that combine to more cases than a filter can hold.
    #[error(
        "the conditions on call number {number} of {arch} combine to more cases than a filter \
         can hold: use fewer conditions on different arguments"
    )]
    TooManyCases {
        /// The ABI.
        arch: Arch,
        /// The number of the call.
        number: u32,
    },
}

/// Compiles a policy. The program passes [`crate::bpf::check`], and returns for each call what
/// [`Policy::decide`] says.
pub fn compile(policy: &Policy, options: &Options) -> Result<Vec<Insn>, CompileError> {
    let calls = policy.abis.iter().map(|a| a.decisions.len()).sum::<usize>();
    let short = calls < FEW_CALLS;
    let (mut program, balance) = build(policy, options, short)?;
    if !short && balance < 0 {
        // What ranges of numbers save does not pay for the quickest tests of arguments.
        program = build(policy, options, true)?.0;
    }
    if program.len() > MAX_LEN {
        return Err(CompileError::TooLong(program.len()));
    }
    Ok(program)
}

/// The program of a policy, with the shortest tests of arguments or the quickest; and how many
/// comparisons fewer it has than there would be for single numbers and single values.
fn build(
    policy: &Policy,
    options: &Options,
    short: bool,
) -> Result<(Vec<Insn>, isize), CompileError> {
    let mut graph = Graph {
        short,
        ..Graph::default()
    };
    let mut audits: Vec<u32> = Vec::new();
    for abi in &policy.abis {
        if !audits.contains(&abi.arch.audit()) {
            audits.push(abi.arch.audit());
        }
    }
    let mut next = graph.ret(Action::KillThread);
    for audit in audits.into_iter().rev() {
        let numbers = graph.numbers(policy, audit, options)?;
        next = graph.branch(Test::Eq, audit, numbers, next);
    }
    let root = graph.node(Node::Load(OFF_ARCH, next));
    Ok((graph.lay_out(root), graph.balance))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct NodeId(u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Node {
    Ret(u32),
    /// A := word; then.
    Load(u32, NodeId),
    /// A := A and k; then.
    And(u32, NodeId),
    Branch(Test, u32, NodeId, NodeId),
}

/// A range of values: its first, and what is decided up to the next one.
type Segment<T> = (T, NodeId);

/// A program as a graph without cycles, equal nodes being one.
#[derive(Default)]
struct Graph {
    nodes: Vec<Node>,
    /// Of each node, the instructions on the longest way to a return.
    depths: Vec<usize>,
    ids: HashMap<Node, NodeId>,
    decided: HashMap<Question, NodeId>,
    /// Tests of arguments are the shortest, not the quickest.
    short: bool,
    /// Comparisons of single numbers and values that there would be, less those that there are.
    balance: isize,
    /// Orders of arguments that have been tried.
    tries: usize,
}

/// Too many nodes.
struct Overflow;

impl Graph {
    fn node(&mut self, node: Node) -> NodeId {
        let (nodes, depths) = (&mut self.nodes, &mut self.depths);
        *self.ids.entry(node).or_insert_with(|| {
            let of = |id: NodeId| depths[id.0 as usize];
            depths.push(match node {
                Node::Ret(_) => 1,
                Node::Load(_, then) | Node::And(_, then) => 1 + of(then),
                Node::Branch(_, _, yes, no) => 1 + of(yes).max(of(no)),
            });
            nodes.push(node);
            NodeId(nodes.len() as u32 - 1)
        })
    }

    fn ret(&mut self, action: Action) -> NodeId {
        self.node(Node::Ret(action.ret()))
    }

    fn branch(&mut self, test: Test, k: u32, yes: NodeId, no: NodeId) -> NodeId {
        if yes == no {
            yes
        } else {
            self.node(Node::Branch(test, k, yes, no))
        }
    }

    fn load(&mut self, offset: u32, then: NodeId) -> NodeId {
        match self.nodes[then.0 as usize] {
            Node::Ret(_) | Node::Load(..) => then,
            _ => self.node(Node::Load(offset, then)),
        }
    }

    /// Everything that is decided for one audit architecture, from the load of the number on.
    fn numbers(
        &mut self,
        policy: &Policy,
        audit: u32,
        options: &Options,
    ) -> Result<NodeId, CompileError> {
        let abis: Vec<&AbiPolicy> = policy
            .abis
            .iter()
            .filter(|a| a.arch.audit() == audit)
            .collect();
        let x86 = audit == Arch::X86_64.audit();
        let x32 = abis.iter().find(|a| a.arch == Arch::X32);
        let plain = abis.iter().find(|a| a.arch != Arch::X32);
        let default = self.ret(policy.default);
        let kill = self.ret(Action::KillThread);
        let enosys = self.ret(ENOSYS);
        // What numbers without a decision give, from a number upward.
        let mut ground: Vec<Segment<u32>> = Vec::new();
        let above =
            |abi: &AbiPolicy, ground: &mut Vec<Segment<u32>>, from: u32, otherwise| match abi
                .highest
            {
                Some(highest) if highest >= from => {
                    ground.extend([(from, default), (highest + 1, enosys)]);
                }
                Some(_) => ground.push((from, enosys)),
                None => ground.push((from, otherwise)),
            };
        if x86 {
            // Bit 30 tells x32, also in numbers from bit 31 upward.
            for upper in [0, 1 << 31] {
                match plain {
                    Some(abi) if upper == 0 || x32.is_some() || abi.highest.is_some() => {
                        above(abi, &mut ground, upper, default);
                    }
                    _ => ground.push((upper, kill)),
                }
                match x32 {
                    Some(abi) => above(abi, &mut ground, upper | X32_BIT, default),
                    None => ground.push((upper | X32_BIT, kill)),
                }
            }
            if x32.is_none() {
                ground.push((u32::MAX, default));
            }
        } else if let Some(abi) = plain {
            above(abi, &mut ground, 0, default);
        }
        let mut points: Vec<Segment<u32>> = Vec::new();
        for abi in &abis {
            if matches!(abi.arch, Arch::S390 | Arch::S390x) && abi.highest.is_some() {
                points.push((0, enosys));
            }
            // A multiplexer may be above all that is named.
            let below_stub = |number: u32| abi.highest.is_none_or(|highest| number <= highest);
            for (number, decision) in abi.decisions.iter().filter(|d| below_stub(d.0)) {
                let node = self.decision(abi.arch, &decision.choices, policy.default);
                let node = node.map_err(|Overflow| CompileError::TooManyCases {
                    arch: abi.arch,
                    number: *number,
                })?;
                if points.last().is_none_or(|p| p.0 != *number) {
                    points.push((*number, node));
                }
            }
        }
        points.sort_by_key(|p| p.0);
        let segments = overlay(&ground, &points);
        let mut calls: Vec<u32> = points.iter().map(|p| p.0).collect();
        for abi in &abis {
            calls.extend(table::calls().iter().filter_map(|c| c.number(abi.arch)));
        }
        calls.sort_unstable();
        calls.dedup();
        let mut sums = vec![0u64];
        for number in &calls {
            let weight = options.weights.get(&(audit, *number)).copied();
            sums.push(sums[sums.len() - 1].saturating_add(weight.unwrap_or(1)));
        }
        let weight = |first: u32, last: u32| {
            let before = |number| sums[calls.partition_point(|n| *n < number)];
            let upto = |number| sums[calls.partition_point(|n| *n <= number)];
            upto(last) - before(first)
        };
        // Where x32 is not listed, two more keep it out.
        let guard = if x86 && x32.is_none() { 2 } else { 0 };
        let depth = |node: NodeId| self.depths[node.0 as usize];
        let named: Vec<Segment<u32>> = points.iter().copied().filter(|p| p.1 != default).collect();
        let before = usize::from(guard > 0);
        let weighted = !options.weights.is_empty();
        let peer = Peer::new(&named, depth(default), &weight, &depth, before, weighted);
        let allowed = in_rows(points.len()) + guard;
        let tree = Tree::best(&segments, &weight, &depth, allowed, Some(peer));
        self.balance += (in_rows(named.len()) + before) as isize - tree.len() as isize;
        let tree = self.plant(&tree);
        Ok(self.load(OFF_NR, tree))
    }

    fn load_word(&mut self, arg: u8, upper: bool, big_endian: bool, then: NodeId) -> NodeId {
        let half = if upper == big_endian { 0 } else { 4 };
        self.load(OFF_ARGS + 8 * u32::from(arg) + half, then)
    }

    /// Finds the range that an argument is in: the upper word's, then the lower word's.
    fn words(&mut self, arg: u8, segments: &[Segment<u64>], bits: u8, big_endian: bool) -> NodeId {
        if let [(_, only)] = segments {
            return *only;
        }
        let one = |_: u32, _: u32| 1;
        let mut upper: Vec<Segment<u32>> = Vec::new();
        let mut at = 0;
        while at < segments.len() {
            let high = (segments[at].0 >> 32) as u32;
            let inside = segments[at..]
                .iter()
                .take_while(|s| (s.0 >> 32) as u32 == high)
                .count();
            let mut lower: Vec<Segment<u32>> = Vec::new();
            if segments[at].0 as u32 != 0 {
                lower.push((0, segments[at - 1].1));
            }
            lower.extend(segments[at..at + inside].iter().map(|s| (s.0 as u32, s.1)));
            at += inside;
            let tree = self.tree(&lower, &one, self.values(lower.len() / 2));
            let node = if lower.len() > 1 {
                self.load_word(arg, false, big_endian, tree)
            } else {
                tree
            };
            upper.push((high, node));
            let next = segments.get(at).map(|s| (s.0 >> 32) as u32);
            if let Some(after) = high.checked_add(1)
                && next != Some(after)
            {
                upper.push((after, segments[at - 1].1));
            }
        }
        if bits <= 32 {
            return upper[0].1;
        }
        upper.dedup_by_key(|s| s.1);
        let tree = self.tree(&upper, &one, self.values(upper.len() / 2));
        if upper.len() > 1 {
            self.load_word(arg, true, big_endian, tree)
        } else {
            tree
        }
    }

    /// Comparisons that may be spent on so many values of an argument.
    fn values(&self, count: usize) -> usize {
        if self.short { count } else { in_rows(count) }
    }

    /// A tree of comparisons that finds the segment of the word in A; see [`Tree::best`].
    fn tree(
        &mut self,
        segments: &[Segment<u32>],
        weight: &dyn Fn(u32, u32) -> u64,
        allowed: usize,
    ) -> NodeId {
        let depth = |node: NodeId| self.depths[node.0 as usize];
        let tree = Tree::best(segments, weight, &depth, allowed, None);
        self.balance -= tree.len().saturating_sub(segments.len() / 2) as isize;
        self.plant(&tree)
    }

    fn plant(&mut self, tree: &Tree) -> NodeId {
        match tree {
            Tree::Found(node) => *node,
            Tree::Branch(test, value, yes, no) => {
                let (yes, no) = (self.plant(yes), self.plant(no));
                self.branch(*test, *value, yes, no)
            }
        }
    }

    /// The program, laid out from its end: what a node leads to is placed before it is.
    fn lay_out(&self, root: NodeId) -> Vec<Insn> {
        let mut layout = Layout {
            backwards: Vec::new(),
            placed: HashMap::new(),
        };
        // Whether the nodes that this one leads to have been placed.
        let mut work = vec![(root, false)];
        while let Some((id, ready)) = work.pop() {
            if layout.placed.contains_key(&id) {
                continue;
            }
            let node = self.nodes[id.0 as usize];
            if !ready {
                work.push((id, true));
                match node {
                    Node::Ret(_) => {}
                    Node::Load(_, then) | Node::And(_, then) => work.push((then, false)),
                    // The last to be placed is nearest; that is the branch that is popped last.
                    Node::Branch(Test::Ge, _, yes, no) => work.extend([(no, false), (yes, false)]),
                    Node::Branch(_, _, yes, no) => work.extend([(yes, false), (no, false)]),
                }
                continue;
            }
            layout.place(id, node, &self.nodes);
        }
        layout.backwards.reverse();
        layout.backwards
    }
}

/// Instructions in reverse, and where each node stands nearest to the start.
struct Layout {
    backwards: Vec<Insn>,
    placed: HashMap<NodeId, usize>,
}

impl Layout {
    /// How many instructions lie between the next one to be placed and a node.
    fn distance(&self, id: NodeId) -> usize {
        self.backwards.len() - 1 - self.placed.get(&id).copied().unwrap_or_default()
    }

    fn push(&mut self, id: NodeId, insn: Insn) {
        self.placed.insert(id, self.backwards.len());
        self.backwards.push(insn);
    }

    /// Brings a node within reach of a jump: a return is repeated, and so is a comparison that can
    /// still reach what it leads to; to anything else a jump is put.
    fn bring_near(&mut self, id: NodeId, nodes: &[Node]) {
        let near = |layout: &Layout, id| u8::try_from(layout.distance(id)).ok();
        let insn = match nodes[id.0 as usize] {
            Node::Ret(k) => Insn::ret(k),
            Node::Branch(test, k, yes, no)
                if let (Some(jt), Some(jf)) = (near(self, yes), near(self, no)) =>
            {
                Insn::branch(test, k, jt, jf)
            }
            _ => Insn::jump(self.distance(id) as u32),
        };
        self.push(id, insn);
    }

    fn place(&mut self, id: NodeId, node: Node, nodes: &[Node]) {
        let next = |layout: &mut Layout, then: NodeId| {
            if layout.distance(then) != 0 {
                layout.bring_near(then, nodes);
            }
        };
        match node {
            Node::Ret(k) => self.push(id, Insn::ret(k)),
            Node::Load(offset, then) => {
                next(self, then);
                self.push(id, Insn::load(offset));
            }
            Node::And(k, then) => {
                next(self, then);
                self.push(id, Insn::and(k));
            }
            Node::Branch(test, k, yes, no) => {
                // What is brought near moves the other one off by one.
                while let Some(far) = [yes, no].into_iter().find(|n| self.distance(*n) > 255) {
                    self.bring_near(far, nodes);
                }
                let (jt, jf) = (self.distance(yes) as u8, self.distance(no) as u8);
                self.push(id, Insn::branch(test, k, jt, jf));
            }
        }
    }
}

/// Points laid over segments, equal neighbours merged.
fn overlay(ground: &[Segment<u32>], points: &[Segment<u32>]) -> Vec<Segment<u32>> {
    let mut starts: Vec<u32> = ground.iter().map(|s| s.0).collect();
    for (number, _) in points {
        starts.push(*number);
        starts.extend(number.checked_add(1));
    }
    starts.sort_unstable();
    starts.dedup();
    let mut out: Vec<Segment<u32>> = Vec::with_capacity(starts.len());
    for start in starts {
        let point = points.binary_search_by_key(&start, |p| p.0);
        let node = match point {
            Ok(at) => points[at].1,
            Err(_) => {
                let at = ground.partition_point(|s| s.0 <= start);
                match at.checked_sub(1).and_then(|i| ground.get(i)) {
                    Some(segment) => segment.1,
                    None => continue,
                }
            }
        };
        out.push((start, node));
    }
    out.dedup_by_key(|s| s.1);
    out
}

#[cfg(test)]
mod tests;
