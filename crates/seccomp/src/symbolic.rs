//! What a filter does with every call there is, exactly: functions from a call to an outcome as
//! decision diagrams over the bits of what a filter sees.
//!
//! * [`Space`] holds the diagrams. Equal functions are one node, so comparing two is free.
//! * [`policy`](Space::policy) and [`program`](Space::program) turn a profile's policy and a BPF
//!   program into functions; [`region`] turns functions into words of arguments.
//!
//! The 512 bits of `struct seccomp_data` are tested in the order architecture, number, arguments
//! 0 to 5, instruction pointer, each from its highest bit down. Comparisons with constants and
//! masks are chains in that order, so the diagrams of filters are small. Those of hostile programs
//! need not be: a space has a budget, and says when it is used up.

mod policy;
mod program;
mod region;
pub mod words;

pub use policy::{Outcomes, Verdict};
pub use program::ProgramError;
pub use region::{ArgSet, Region};

use hashbrown::HashMap;

use crate::Arch;
use crate::policy::{Condition, Op};

/// Nodes that a space holds unless told otherwise: some 60 MB.
const MAX_NODES: usize = 2_000_000;

/// Bits of the architecture come first.
pub(crate) const ARCH_BIT: u16 = 0;
/// Then those of the number.
pub(crate) const NR_BIT: u16 = 32;
/// Then 64 of each argument.
pub(crate) const ARG_BIT: u16 = 64;
/// Then those of the instruction pointer.
pub(crate) const IP_BIT: u16 = 448;
/// Number of bits; also what leaves have in place of a bit.
pub(crate) const BITS: u16 = 512;

/// A function in a [`Space`]; equal functions are equal nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Function(u32);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Node {
    /// The bit that is tested; [`BITS`] in a leaf.
    bit: u16,
    /// Where a 0 leads; the value of a leaf.
    zero: u32,
    /// Where a 1 leads.
    one: u32,
}

/// The diagrams would become too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are too many cases to look at each")]
pub struct TooComplex;

/// Decision diagrams. A function's values are numbers whose meaning is the caller's; a function
/// with the values 0 and 1 is a set.
pub struct Space {
    nodes: Vec<Node>,
    ids: HashMap<Node, u32>,
    choices: HashMap<(Function, Function, Function), Function>,
    budget: usize,
    exhausted: bool,
}

impl Default for Space {
    fn default() -> Space {
        Space::new()
    }
}

impl Space {
    /// The empty set.
    pub const NONE: Function = Function(0);
    /// The set of everything.
    pub const ALL: Function = Function(1);

    /// A space with the constants 0 and 1.
    pub fn new() -> Space {
        Space::with_budget(MAX_NODES)
    }

    /// The same, for at most so many nodes.
    pub fn with_budget(budget: usize) -> Space {
        let mut space = Space {
            nodes: Vec::new(),
            ids: HashMap::new(),
            choices: HashMap::new(),
            budget,
            exhausted: false,
        };
        space.leaf(0);
        space.leaf(1);
        space
    }

    /// Fails if the budget was used up: then no function of this space means anything.
    pub fn check(&self) -> Result<(), TooComplex> {
        if self.exhausted {
            Err(TooComplex)
        } else {
            Ok(())
        }
    }

    /// The constant function.
    pub fn leaf(&mut self, value: u32) -> Function {
        self.add(Node {
            bit: BITS,
            zero: value,
            one: value,
        })
    }

    /// The value of a constant function.
    pub fn value(&self, f: Function) -> Option<u32> {
        let node = self.node(f);
        (node.bit == BITS).then_some(node.zero)
    }

    fn node(&self, f: Function) -> Node {
        self.nodes[f.0 as usize]
    }

    fn add(&mut self, node: Node) -> Function {
        if let Some(id) = self.ids.get(&node) {
            return Function(*id);
        }
        if self.nodes.len() >= self.budget {
            self.exhausted = true;
            return Function(0);
        }
        let id = self.nodes.len() as u32;
        self.nodes.push(node);
        self.ids.insert(node, id);
        Function(id)
    }

    /// `one` where the bit is 1 and `zero` where it is 0, of functions that look at later bits.
    fn test(&mut self, bit: u16, zero: Function, one: Function) -> Function {
        if zero == one {
            return zero;
        }
        self.add(Node {
            bit,
            zero: zero.0,
            one: one.0,
        })
    }

    /// What is left of a function where a bit is 0 and where it is 1.
    fn halves(&self, f: Function, bit: u16) -> (Function, Function) {
        let node = self.node(f);
        if node.bit == bit {
            (Function(node.zero), Function(node.one))
        } else {
            (f, f)
        }
    }

    /// `yes` in the set and `no` outside it.
    pub fn choose(&mut self, set: Function, yes: Function, no: Function) -> Function {
        match set {
            Space::ALL => return yes,
            Space::NONE => return no,
            _ if yes == no => return yes,
            _ if (yes, no) == (Space::ALL, Space::NONE) => return set,
            _ if self.exhausted => return Space::NONE,
            _ => {}
        }
        let key = (set, yes, no);
        if let Some(known) = self.choices.get(&key) {
            return *known;
        }
        let bit = [set, yes, no]
            .map(|f| self.node(f).bit)
            .into_iter()
            .fold(BITS, u16::min);
        let (set0, set1) = self.halves(set, bit);
        let (yes0, yes1) = self.halves(yes, bit);
        let (no0, no1) = self.halves(no, bit);
        let zero = self.choose(set0, yes0, no0);
        let one = self.choose(set1, yes1, no1);
        let chosen = self.test(bit, zero, one);
        self.choices.insert(key, chosen);
        chosen
    }

    /// What is in both sets.
    pub fn and(&mut self, a: Function, b: Function) -> Function {
        self.choose(a, b, Space::NONE)
    }

    /// What is in either set.
    pub fn or(&mut self, a: Function, b: Function) -> Function {
        self.choose(a, Space::ALL, b)
    }

    /// What is not in the set.
    pub fn not(&mut self, a: Function) -> Function {
        self.choose(a, Space::NONE, Space::ALL)
    }

    /// The function whose value is `merge` of the values of two.
    pub fn combine(
        &mut self,
        a: Function,
        b: Function,
        merge: &mut dyn FnMut(u32, u32) -> u32,
    ) -> Function {
        let mut done = HashMap::new();
        self.combine_known(a, b, merge, &mut done)
    }

    fn combine_known(
        &mut self,
        a: Function,
        b: Function,
        merge: &mut dyn FnMut(u32, u32) -> u32,
        done: &mut HashMap<(Function, Function), Function>,
    ) -> Function {
        if let (Some(x), Some(y)) = (self.value(a), self.value(b)) {
            return self.leaf(merge(x, y));
        }
        if let Some(known) = done.get(&(a, b)) {
            return *known;
        }
        if self.exhausted {
            return Space::NONE;
        }
        let bit = self.node(a).bit.min(self.node(b).bit);
        let (a0, a1) = self.halves(a, bit);
        let (b0, b1) = self.halves(b, bit);
        let zero = self.combine_known(a0, b0, merge, done);
        let one = self.combine_known(a1, b1, merge, done);
        let combined = self.test(bit, zero, one);
        done.insert((a, b), combined);
        combined
    }

    /// The function whose value is `change` of the value of one.
    pub fn map(&mut self, f: Function, change: &mut dyn FnMut(u32) -> u32) -> Function {
        self.combine(f, Space::NONE, &mut |value, _| change(value))
    }

    /// The numbers `bits` bits wide, from bit `first` on, that equal `value`.
    pub(crate) fn equals(&mut self, first: u16, bits: u16, value: u64) -> Function {
        self.masked(first, bits, u64::MAX, value)
    }

    /// Those whose bits under `mask` are those of `value`.
    pub(crate) fn masked(&mut self, first: u16, bits: u16, mask: u64, value: u64) -> Function {
        let mut set = Space::ALL;
        for low in (0..bits).filter(|low| mask >> low & 1 == 1) {
            let bit = first + bits - 1 - low;
            set = if value >> low & 1 == 1 {
                self.test(bit, Space::NONE, set)
            } else {
                self.test(bit, set, Space::NONE)
            };
        }
        set
    }

    /// Those below `value`, or up to it.
    pub(crate) fn below(&mut self, first: u16, bits: u16, value: u64, inclusive: bool) -> Function {
        let mut set = if inclusive { Space::ALL } else { Space::NONE };
        for low in 0..bits {
            let bit = first + bits - 1 - low;
            set = if value >> low & 1 == 1 {
                self.test(bit, Space::ALL, set)
            } else {
                self.test(bit, set, Space::NONE)
            };
        }
        set
    }

    /// The calls for which a condition holds on an ABI with registers of `word` bits.
    pub fn condition(&mut self, condition: &Condition, word: u8) -> Function {
        let bits = u16::from(word.min(64));
        let first = ARG_BIT + 64 * u16::from(condition.arg % 6) + 64 - bits;
        let v = condition.value;
        match condition.op {
            Op::Eq => self.equals(first, bits, v),
            Op::Ne => {
                let equal = self.equals(first, bits, v);
                self.not(equal)
            }
            Op::Lt => self.below(first, bits, v, false),
            Op::Le => self.below(first, bits, v, true),
            Op::Ge => {
                let less = self.below(first, bits, v, false);
                self.not(less)
            }
            Op::Gt => {
                let less = self.below(first, bits, v, true);
                self.not(less)
            }
            Op::MaskedEq(mask) => self.masked(first, bits, mask, v & mask),
        }
    }

    /// What a function says of calls of one audit architecture and number.
    pub fn at(&self, f: Function, audit: u32, number: u32) -> Function {
        let mut now = f;
        loop {
            let node = self.node(now);
            let one = match node.bit {
                bit if bit < NR_BIT => audit >> (NR_BIT - 1 - bit) & 1 == 1,
                bit if bit < ARG_BIT => number >> (ARG_BIT - 1 - bit) & 1 == 1,
                _ => return now,
            };
            now = Function(if one { node.one } else { node.zero });
        }
    }

    /// What a function says of calls of an ABI.
    pub fn at_call(&self, f: Function, arch: Arch, number: u32) -> Function {
        self.at(f, arch.audit(), number)
    }

    /// Its value for a call.
    pub fn evaluate(&self, f: Function, data: &crate::bpf::Data) -> u32 {
        let mut now = self.at(f, data.arch, data.nr);
        loop {
            let node = self.node(now);
            let one = match node.bit {
                BITS => return node.zero,
                bit if bit >= IP_BIT => data.ip >> (BITS - 1 - bit) & 1 == 1,
                bit => {
                    let at = bit - ARG_BIT;
                    data.args[usize::from(at / 64)] >> (63 - at % 64) & 1 == 1
                }
            };
            now = Function(if one { node.one } else { node.zero });
        }
    }

    /// A call in the set; the one with the lowest bits.
    pub fn example(&self, set: Function) -> Option<crate::bpf::Data> {
        let mut data = crate::bpf::Data::default();
        let mut now = set;
        if now == Space::NONE {
            return None;
        }
        loop {
            let node = self.node(now);
            if node.bit == BITS {
                return Some(data);
            }
            // In a set every node leads somewhere.
            let one = node.zero == Space::NONE.0;
            if one {
                match node.bit {
                    bit if bit < NR_BIT => data.arch |= 1 << (NR_BIT - 1 - bit),
                    bit if bit < ARG_BIT => data.nr |= 1 << (ARG_BIT - 1 - bit),
                    bit if bit >= IP_BIT => data.ip |= 1 << (BITS - 1 - bit),
                    bit => {
                        let at = bit - ARG_BIT;
                        data.args[usize::from(at / 64)] |= 1 << (63 - at % 64);
                    }
                }
            }
            now = Function(if one { node.one } else { node.zero });
        }
    }

    /// The ranges of numbers of an audit architecture over which a function is the same, ascending:
    /// the first of each, and what the function says there.
    pub fn numbers(&self, f: Function, audit: u32) -> Vec<(u32, Function)> {
        let mut now = f;
        while self.node(now).bit < NR_BIT {
            let node = self.node(now);
            let one = audit >> (NR_BIT - 1 - node.bit) & 1 == 1;
            now = Function(if one { node.one } else { node.zero });
        }
        let mut found: Vec<(u32, Function)> = Vec::new();
        // Nodes with the first number below them and the bit that is next.
        let mut work = vec![(now, 0u32, NR_BIT)];
        while let Some((f, first, bit)) = work.pop() {
            if self.node(f).bit >= ARG_BIT {
                if found.last().is_none_or(|l| l.1 != f) {
                    found.push((first, f));
                }
                continue;
            }
            let (zero, one) = self.halves(f, bit);
            work.push((one, first | 1 << (ARG_BIT - 1 - bit), bit + 1));
            work.push((zero, first, bit + 1));
        }
        found
    }

    /// The audit architectures that a function tells apart from the rest; what it says of those
    /// that it does not is that of none of them.
    pub fn audits(&self, f: Function, candidates: &[u32]) -> Vec<u32> {
        let other = self.elsewhere(f);
        let differs = |audit: &&u32| self.numbers(f, **audit) != other;
        candidates.iter().filter(differs).copied().collect()
    }

    /// What a function says of an architecture that no machine has.
    pub fn elsewhere(&self, f: Function) -> Vec<(u32, Function)> {
        self.numbers(f, 0x3fff_ffff)
    }
}

#[cfg(test)]
mod tests;
