//! Functions of arguments as a person reads them: regions, each a set of values per argument and
//! an outcome.

use hashbrown::{HashMap, HashSet};

use super::{ARG_BIT, BITS, Function, IP_BIT, Space, TooComplex};

/// Ranges or masks that are listed of one argument.
const MAX_LISTED: usize = 8;
/// Regions that a function may fall into.
const MAX_REGIONS: usize = 4096;

/// Values of one argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgSet {
    /// In these ranges, ascending, first and last.
    Ranges(Vec<(u64, u64)>),
    /// The low 32 bits are in these ranges; the others do not matter.
    Low(Vec<(u64, u64)>),
    /// The bits under a mask have these values: any of (mask, value).
    Masked(Vec<(u64, u64)>),
    /// The bits under the mask do not have this value.
    NotMasked(u64, u64),
    /// Something that is none of these; a value of it.
    Other(u64),
}

/// Arguments that are treated alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Which arguments matter, and their values; 6 is the instruction pointer.
    pub args: Vec<(u8, ArgSet)>,
    /// The same sets, as functions.
    pub(crate) parts: Vec<Function>,
    /// The function's value.
    pub value: u32,
    /// The calls of the region.
    pub set: Function,
}

/// The nodes of a function that look at some bits.
#[derive(Default)]
struct Part {
    /// What can follow, in the order of the lowest bits that lead there.
    exits: Vec<Function>,
    /// The nodes that lead to a node.
    before: HashMap<Function, Vec<Function>>,
}

impl Space {
    /// The regions of a function of arguments alone (as [`Space::at`] gives it), on an ABI with
    /// registers of `word` bits. Together they are all arguments, and none is in two.
    ///
    /// # Errors
    /// There are too many.
    pub fn regions(&mut self, f: Function, word: u8) -> Result<Vec<Region>, TooComplex> {
        let mut found = Vec::new();
        // What is left to decide, and the sets of the arguments before.
        let mut work: Vec<(Function, Vec<(u8, Function)>)> = vec![(f, Vec::new())];
        while let Some((f, before)) = work.pop() {
            if let Some(value) = self.value(f) {
                if found.len() >= MAX_REGIONS {
                    return Err(TooComplex);
                }
                let mut set = Space::ALL;
                for (_, part) in before.iter().rev() {
                    set = self.and(*part, set);
                }
                let mut args = Vec::with_capacity(before.len());
                for (arg, part) in &before {
                    args.push((*arg, self.arg_set(*arg, *part, word)));
                }
                found.push(Region {
                    args,
                    parts: before.iter().map(|p| p.1).collect(),
                    value,
                    set,
                });
                continue;
            }
            let arg = (self.node(f).bit - ARG_BIT) / 64;
            let end = ARG_BIT + 64 * (arg + 1);
            let part = self.part(f, end);
            if found.len() + work.len() + part.exits.len() > MAX_REGIONS {
                return Err(TooComplex);
            }
            for exit in part.exits.iter().rev() {
                let set = self.leading_to(f, *exit, &part);
                let mut path = before.clone();
                path.push((arg as u8, set));
                work.push((*exit, path));
            }
        }
        self.check()?;
        Ok(found)
    }

    /// The part of a function that looks at the bits before `end`.
    fn part(&self, f: Function, end: u16) -> Part {
        let mut part = Part::default();
        let mut seen = HashSet::new();
        let mut work = vec![f];
        while let Some(f) = work.pop() {
            if !seen.insert(f) {
                continue;
            }
            let node = self.node(f);
            if node.bit >= end {
                part.exits.push(f);
                continue;
            }
            for next in [node.one, node.zero].map(Function) {
                part.before.entry(next).or_default().push(f);
                work.push(next);
            }
        }
        part
    }

    /// The set of what leads from `f` to `exit`.
    fn leading_to(&mut self, f: Function, exit: Function, part: &Part) -> Function {
        // All other nodes lead elsewhere: with many exits, most do.
        let mut leading = HashSet::new();
        let mut work = vec![exit];
        while let Some(f) = work.pop() {
            if leading.insert(f) {
                work.extend(part.before.get(&f).into_iter().flatten());
            }
        }
        let mut done = HashMap::from([(exit, Space::ALL)]);
        self.leading_known(f, &leading, &mut done)
    }

    fn leading_known(
        &mut self,
        f: Function,
        leading: &HashSet<Function>,
        done: &mut HashMap<Function, Function>,
    ) -> Function {
        if !leading.contains(&f) {
            return Space::NONE;
        }
        if let Some(known) = done.get(&f) {
            return *known;
        }
        let node = self.node(f);
        let zero = self.leading_known(Function(node.zero), leading, done);
        let one = self.leading_known(Function(node.one), leading, done);
        let set = self.test(node.bit, zero, one);
        done.insert(f, set);
        set
    }

    /// A set of values of one argument in the form that says it best.
    fn arg_set(&mut self, arg: u8, set: Function, word: u8) -> ArgSet {
        let first = ARG_BIT + 64 * u16::from(arg);
        let narrow = word <= 32 && first < IP_BIT && self.node(set).bit >= first + 32;
        if narrow {
            return self.value_set(set, first + 32, 32);
        }
        self.value_set(set, first, 64)
    }

    fn value_set(&mut self, set: Function, first: u16, bits: u16) -> ArgSet {
        let ranges = self.ranges(set, first, bits);
        let low = (bits == 64 && self.node(set).bit >= first + 32)
            .then(|| self.ranges(set, first + 32, 32))
            .flatten();
        let short = |r: &Option<Vec<_>>| r.as_ref().is_some_and(|r| r.len() <= 2);
        if let (true, Some(ranges)) = (short(&ranges), &ranges) {
            return ArgSet::Ranges(ranges.clone());
        }
        if let (true, Some(low)) = (short(&low), &low) {
            return ArgSet::Low(low.clone());
        }
        let masks = self.masks(set, first, bits, MAX_LISTED);
        if let Some([_]) = masks.as_deref() {
            return ArgSet::Masked(masks.unwrap_or_default());
        }
        let outside = self.not(set);
        if let Some([(mask, value)]) = self.masks(outside, first, bits, 1).as_deref() {
            return ArgSet::NotMasked(*mask, *value);
        }
        match (ranges, low, masks) {
            (Some(ranges), ..) => ArgSet::Ranges(ranges),
            (None, Some(low), _) => ArgSet::Low(low),
            (None, None, Some(masks)) => ArgSet::Masked(masks),
            (None, None, None) => ArgSet::Other(self.lowest(set, first, bits)),
        }
    }

    /// A set of values of an argument as disjoint (mask, value) pairs, at most so many.
    pub(crate) fn masks_of(
        &self,
        arg: u8,
        set: Function,
        word: u8,
        most: usize,
    ) -> Option<Vec<(u64, u64)>> {
        let bits = u16::from(word.min(64));
        let first = ARG_BIT + 64 * u16::from(arg % 6) + 64 - bits;
        // On a narrow ABI a set of the upper half has no masks.
        let within = self.node(set).bit >= first;
        within.then(|| self.masks(set, first, bits, most)).flatten()
    }

    /// The lowest value in a set.
    fn lowest(&self, set: Function, first: u16, bits: u16) -> u64 {
        let mut value = 0;
        let mut now = set;
        while self.node(now).bit < first + bits {
            let node = self.node(now);
            let one = node.zero == Space::NONE.0;
            if one {
                value |= 1 << (first + bits - 1 - node.bit);
            }
            now = Function(if one { node.one } else { node.zero });
        }
        value
    }

    /// The values as ranges, if they are few.
    fn ranges(&self, set: Function, first: u16, bits: u16) -> Option<Vec<(u64, u64)>> {
        let mut found: Vec<(u64, u64)> = Vec::new();
        let mut work = vec![(set, 0u64, first)];
        while let Some((f, base, bit)) = work.pop() {
            let node = self.node(f);
            if node.bit == BITS {
                if f == Space::NONE {
                    continue;
                }
                let span = crate::policy::word_mask((first + bits - bit) as u8);
                let last = base | span;
                let full = found.len() >= MAX_LISTED;
                match found.last_mut() {
                    Some(before) if before.1.checked_add(1) == Some(base) => before.1 = last,
                    _ if full => return None,
                    _ => found.push((base, last)),
                }
                continue;
            }
            let (zero, one) = self.halves(f, bit);
            work.push((one, base | 1 << (first + bits - 1 - bit), bit + 1));
            work.push((zero, base, bit + 1));
        }
        Some(found)
    }

    /// The values as disjoint (mask, value) pairs, at most so many.
    pub(crate) fn masks(
        &self,
        set: Function,
        first: u16,
        bits: u16,
        most: usize,
    ) -> Option<Vec<(u64, u64)>> {
        let mut found = Vec::new();
        let mut work = vec![(set, 0u64, 0u64)];
        while let Some((f, mask, value)) = work.pop() {
            let node = self.node(f);
            if node.bit == BITS {
                if f != Space::NONE {
                    if found.len() >= most {
                        return None;
                    }
                    found.push((mask, value));
                }
                continue;
            }
            let here = 1u64 << (first + bits - 1 - node.bit);
            work.push((Function(node.one), mask | here, value | here));
            work.push((Function(node.zero), mask | here, value));
        }
        Some(found)
    }
}
