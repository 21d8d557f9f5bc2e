//! One lookup that decides many predicates on one operand.

use std::net::IpAddr;
use std::sync::LazyLock;

use aho_corasick::automaton::OverlappingState;
use aho_corasick::{AhoCorasick, AhoCorasickBuilder, Input, MatchKind};
use bumpalo::Bump;
use hashbrown::HashMap;
use memchr::memmem::Finder;

use super::trie::Trie;
use crate::glob::Glob;
use crate::operand::elements;
use crate::predicate::{Predicate, Test, Values, bits, bytes, components, ip, is_pattern};
use crate::{Constant, Many, Modifier, Net, Op, Type, Value};

/// What a value of the operand must be, at least, for a predicate to hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Text(Box<[u8]>),
    Prefix(Box<[u8]>),
    /// As [`Prefix`](Key::Prefix), and the text ends there or goes on with a slash.
    Path(Box<[u8]>),
    /// Reversed.
    Suffix(Box<[u8]>),
    Part(Box<[u8]>),
    /// In lower case; found in any.
    FoldedPart(Box<[u8]>),
    Bits(u64),
    AtLeast(i128),
    AtMost(i128),
    Ip(IpAddr),
    Net(Net),
}

/// The keys of a predicate: it can hold only if a value has one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Keys {
    pub(super) keys: Vec<Key>,
    /// It holds if and only if a value has one of them.
    pub(super) exact: bool,
}

/// Literals of expressions are looked for only if they are so long.
const MIN_LITERAL: usize = 3;

/// The keys of a predicate; `None` if it cannot be indexed.
pub(super) fn keys(predicate: &Predicate) -> Option<Keys> {
    let Test::Values(values) = &predicate.test else {
        return None;
    };
    if predicate.many == Many::List && values.op != Op::Intersects {
        return None;
    }
    let mut exact = true;
    let mut keys = Vec::with_capacity(values.constants.len());
    for i in 0..values.constants.len() {
        let (key, sufficient) = key(values, i, predicate.ty)?;
        exact &= sufficient;
        keys.push(key);
    }
    match values.modifier {
        None | Some(Modifier::AnyOf) => {}
        Some(Modifier::OneOf) => exact = false,
        Some(Modifier::AllOf) => {
            // Any of them is required; the longest text tells most.
            let longest = keys.into_iter().max_by_key(Key::text_len)?;
            keys = vec![longest];
            exact = false;
        }
    }
    (!keys.is_empty()).then_some(Keys { keys, exact })
}

impl Key {
    fn text_len(&self) -> usize {
        match self {
            Key::Text(text)
            | Key::Prefix(text)
            | Key::Path(text)
            | Key::Suffix(text)
            | Key::Part(text)
            | Key::FoldedPart(text) => text.len(),
            _ => 0,
        }
    }
}

/// The key of one constant, and whether having it is enough.
fn key(values: &Values, i: usize, ty: Type) -> Option<(Key, bool)> {
    let text = match (&values.constants[i], values.op) {
        (Constant::Net(net), Op::In | Op::Intersects) => return Some((Key::Net(*net), true)),
        (Constant::Ip(ip), Op::In | Op::Intersects) => return Some((Key::Ip(*ip), true)),
        (_, _) if ty == Type::Double => return None,
        (Constant::Bool(b), op) => return number_key(op, (*b).into(), u64::from(*b)),
        (Constant::Int(n), op) => return number_key(op, (*n).into(), *n as u64),
        (Constant::Uint(n), op) => return number_key(op, (*n).into(), *n),
        (Constant::Text(text), _) => text,
        _ => return None,
    };
    let long =
        |literal: Vec<u8>| (literal.len() >= MIN_LITERAL).then(|| literal.into_boxed_slice());
    let key = match values.op {
        Op::In | Op::Intersects => (Key::Text(text.clone()), true),
        _ if text.is_empty() => return None,
        Op::StartsWith | Op::BStartsWith => (Key::Prefix(text.clone()), true),
        Op::EndsWith => (Key::Suffix(text.iter().rev().copied().collect()), true),
        Op::Contains | Op::BContains => (Key::Part(text.clone()), true),
        Op::IContains => (Key::FoldedPart(text.to_ascii_lowercase().into()), true),
        Op::PMatch => path_key(text)?,
        Op::Glob => (
            Key::Part(long(Glob::new(text, false).required_literal())?),
            false,
        ),
        Op::IGlob => (
            Key::FoldedPart(long(Glob::new(text, true).required_literal())?),
            false,
        ),
        Op::Regex => {
            let literal = long(values.patterns.0.get(i)?.required.clone())?;
            // Texts that are not UTF-8 have it only once they are repaired.
            if literal.windows(3).any(|w| w == "\u{fffd}".as_bytes()) {
                return None;
            }
            (Key::Part(literal), false)
        }
        _ => return None,
    };
    Some(key)
}

fn number_key(op: Op, number: i128, bits: u64) -> Option<(Key, bool)> {
    let key = match op {
        Op::In | Op::Intersects => Key::Bits(bits),
        Op::Lt => Key::AtMost(number - 1),
        Op::Le => Key::AtMost(number),
        Op::Gt => Key::AtLeast(number + 1),
        Op::Ge => Key::AtLeast(number),
        _ => return None,
    };
    Some((key, true))
}

/// The components before the first pattern; `None` if there are none.
fn path_key(path: &[u8]) -> Option<(Key, bool)> {
    let mut out = Vec::with_capacity(path.len() + 1);
    let mut exact = true;
    for component in components(path) {
        if is_pattern(component) {
            exact = false;
            break;
        }
        out.push(b'/');
        out.extend_from_slice(component);
    }
    (!out.is_empty()).then(|| (Key::Path(out.into()), exact))
}

/// Numbers of predicates by the keys that they need.
#[derive(Debug, Default)]
pub(super) struct Index {
    texts: HashMap<Box<[u8]>, u32>,
    /// Bit n: a text of n bytes is looked for; bit 63: a longer one.
    text_lens: u64,
    prefixes: Option<Trie>,
    paths: Option<Trie>,
    suffixes: Option<Trie>,
    parts: Option<Parts>,
    folded_parts: Option<Parts>,
    bits: HashMap<u64, u32>,
    /// By bound, ascending.
    at_least: Vec<(i128, u32)>,
    /// By bound, descending.
    at_most: Vec<(i128, u32)>,
    signed: bool,
    ips: HashMap<IpAddr, u32>,
    /// For each length of network that occurs.
    nets: Vec<(Net, HashMap<Net, u32>)>,
    /// Where the numbers for a key are.
    ranges: Vec<(u32, u32)>,
    numbers: Vec<u32>,
}

#[derive(Debug)]
struct Parts {
    automaton: AhoCorasick,
    keys: Vec<u32>,
}

impl Parts {
    fn new(parts: Vec<(Box<[u8]>, u32)>, fold: bool) -> Option<Parts> {
        if parts.is_empty() {
            return None;
        }
        // Overlapping matches are wanted: one part may lie within another.
        let automaton = AhoCorasickBuilder::new()
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(fold)
            .build(parts.iter().map(|(part, _)| part))
            .ok()?;
        let keys = parts.into_iter().map(|(_, key)| key).collect();
        Some(Parts { automaton, keys })
    }

    fn find(&self, text: &[u8], mut found: impl FnMut(u32)) {
        let input = Input::new(text);
        let mut state = OverlappingState::start();
        loop {
            if self
                .automaton
                .try_find_overlapping(input.clone(), &mut state)
                .is_err()
            {
                return;
            }
            match state.get_match() {
                Some(at) => found(self.keys[at.pattern().as_usize()]),
                None => return,
            }
        }
    }
}

fn len_bit(len: usize) -> u64 {
    1 << len.min(63)
}

impl Index {
    /// An index of predicates on an operand of type `ty`, by their keys. `None` if it cannot be
    /// built (too many parts for an automaton).
    pub(super) fn new(ty: Type, keys: HashMap<Key, Vec<u32>>) -> Option<Index> {
        let mut index = Index {
            signed: matches!(ty, Type::Int(_)),
            ..Index::default()
        };
        let (mut prefixes, mut paths, mut suffixes) = (Vec::new(), Vec::new(), Vec::new());
        let (mut parts, mut folded) = (Vec::new(), Vec::new());
        for (key, numbers) in keys {
            let id = index.ranges.len() as u32;
            let start = index.numbers.len() as u32;
            index.numbers.extend(numbers);
            index.ranges.push((start, index.numbers.len() as u32));
            match key {
                Key::Text(text) => {
                    index.text_lens |= len_bit(text.len());
                    index.texts.insert(text, id);
                }
                Key::Prefix(text) => prefixes.push((text, id)),
                Key::Path(text) => paths.push((text, id)),
                Key::Suffix(text) => suffixes.push((text, id)),
                Key::Part(text) => parts.push((text, id)),
                Key::FoldedPart(text) => folded.push((text, id)),
                Key::Bits(bits) => {
                    index.bits.insert(bits, id);
                }
                Key::AtLeast(bound) => index.at_least.push((bound, id)),
                Key::AtMost(bound) => index.at_most.push((bound, id)),
                Key::Ip(ip) => {
                    index.ips.insert(ip, id);
                }
                Key::Net(net) => {
                    let same = |of: &Net| {
                        of.prefix_len() == net.prefix_len() && of.is_ipv4() == net.is_ipv4()
                    };
                    let at = match index.nets.iter().position(|(of, _)| same(of)) {
                        Some(at) => at,
                        None => {
                            index.nets.push((net, HashMap::new()));
                            index.nets.len() - 1
                        }
                    };
                    index.nets[at].1.insert(net, id);
                }
            }
        }
        let trie = |mut keys: Vec<(Box<[u8]>, u32)>| {
            keys.sort_unstable();
            (!keys.is_empty()).then(|| Trie::new(&keys))
        };
        index.prefixes = trie(prefixes);
        index.paths = trie(paths);
        index.suffixes = trie(suffixes);
        index.at_least.sort_unstable();
        index.at_most.sort_unstable_by(|a, b| b.cmp(a));
        let wanted = (!parts.is_empty(), !folded.is_empty());
        index.parts = Parts::new(parts, false);
        index.folded_parts = Parts::new(folded, true);
        let built = (index.parts.is_some(), index.folded_parts.is_some());
        (built == wanted).then_some(index)
    }

    /// Appends the numbers of the predicates whose key a value has; one may come several times.
    pub(super) fn lookup(&self, value: &Value<'_>, arena: &Bump, out: &mut Vec<u32>) {
        for item in elements(value) {
            self.lookup_one(item, arena, out);
        }
    }

    fn lookup_one(&self, item: &Value<'_>, arena: &Bump, out: &mut Vec<u32>) {
        let mut found = |key: u32| {
            let (start, end) = self.ranges[key as usize];
            out.extend_from_slice(&self.numbers[start as usize..end as usize]);
        };
        if let Some(text) = bytes(item) {
            if self.text_lens & len_bit(text.len()) != 0
                && let Some(key) = self.texts.get(text)
            {
                found(*key);
            }
            if let Some(prefixes) = &self.prefixes {
                prefixes.walk(text.iter().copied(), |key, _| found(key));
            }
            if let Some(paths) = &self.paths {
                let path = normal_path(text, arena);
                paths.walk(path.iter().copied(), |key, len| {
                    if path.get(len).is_none_or(|b| *b == b'/') {
                        found(key);
                    }
                });
            }
            if let Some(suffixes) = &self.suffixes {
                suffixes.walk(text.iter().rev().copied(), |key, _| found(key));
            }
            if let Some(parts) = &self.parts {
                parts.find(text, &mut found);
            }
            if let Some(parts) = &self.folded_parts {
                parts.find(text, &mut found);
            }
        } else if let Some(bits) = bits(item) {
            if let Some(key) = self.bits.get(&bits) {
                found(*key);
            }
            let number = if self.signed {
                i128::from(bits as i64)
            } else {
                i128::from(bits)
            };
            for (bound, key) in &self.at_least {
                if *bound > number {
                    break;
                }
                found(*key);
            }
            for (bound, key) in &self.at_most {
                if *bound < number {
                    break;
                }
                found(*key);
            }
        } else if let Some(ip) = ip(item) {
            if let Some(key) = self.ips.get(&ip) {
                found(*key);
            }
            for (net, keys) in &self.nets {
                if net.is_ipv4() == ip.is_ipv4()
                    && let Some(key) = keys.get(&net.same_len(ip))
                {
                    found(*key);
                }
            }
        }
    }
}

/// The path with one slash before each component and none at its end; mostly it is already so.
pub(super) fn normal_path<'a>(path: &'a [u8], arena: &'a Bump) -> &'a [u8] {
    static TWO_SLASHES: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"//"));
    let normal = path.first() == Some(&b'/') && TWO_SLASHES.find(path).is_none();
    if normal {
        return path.strip_suffix(b"/").unwrap_or(path);
    }
    let mut out = bumpalo::collections::Vec::with_capacity_in(path.len() + 1, arena);
    for component in components(path) {
        out.push(b'/');
        out.extend_from_slice_copy(component);
    }
    out.into_bump_slice()
}
