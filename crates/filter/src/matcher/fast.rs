//! Predicates prepared to be decided fast one at a time.

use std::net::IpAddr;
use std::sync::Arc;

use bumpalo::Bump;
use hashbrown::HashSet;
use memchr::memmem::Finder;

use super::index::normal_path;
use super::trie::Trie;
use crate::glob::Glob;
use crate::posix::Posix;
use crate::predicate::{
    Patterns, Predicate, Test, Values, bits, bytes, components, holds_for, ip, is_pattern,
};
use crate::print::to_utf8;
use crate::{Constant, Many, Modifier, Net, Op, Type, Value};

/// How one value is tested. A `bool` beside what it is compared with says that it must differ.
#[derive(Debug)]
pub(super) enum Fast {
    Exists,
    Text(Box<[u8]>, bool),
    Texts(HashSet<Box<[u8]>>, bool),
    Prefix(Box<[u8]>),
    Suffix(Box<[u8]>),
    Part(Box<Finder<'static>>),
    /// In lower case.
    FoldedPart(Box<[u8]>),
    Glob(Glob),
    Regex(Arc<Posix>),
    Paths(Paths),
    Bits(u64, bool),
    AnyBits(HashSet<u64>, bool),
    /// Signed bounds, both inclusive.
    Between(i64, i64),
    /// Unsigned bounds, both inclusive.
    UnsignedBetween(u64, u64),
    Ips(HashSet<IpAddr>, bool),
    Nets(Vec<Net>, bool),
    /// So many of these tests must hold.
    Count(Modifier, Vec<Fast>),
    Never,
    /// As [`Values::hold`] does it.
    Plain,
    /// Needs the value of another operand.
    Operand,
}

/// The right side of `pmatch`.
#[derive(Debug)]
pub(super) struct Paths {
    plain: Trie,
    /// Search paths with shell patterns in them, by components.
    patterns: Vec<Vec<Glob>>,
}

impl Paths {
    fn new(values: &Values) -> Paths {
        let (mut plain, mut patterns) = (Vec::new(), Vec::new());
        for constant in &values.constants {
            let Constant::Text(path) = constant else {
                continue;
            };
            if components(path).any(is_pattern) {
                let globs = components(path).map(|component| Glob::new(component, false));
                patterns.push(globs.collect());
            } else {
                let slashed = components(path).flat_map(|c| [b"/", c].concat());
                plain.push((slashed.collect::<Vec<u8>>(), 0));
            }
        }
        plain.sort_unstable();
        plain.dedup();
        Paths {
            plain: Trie::new(&plain),
            patterns,
        }
    }

    fn hold(&self, path: &[u8], arena: &Bump) -> bool {
        let normal = normal_path(path, arena);
        let mut found = false;
        self.plain.walk(normal.iter().copied(), |_, len| {
            found |= normal.get(len).is_none_or(|b| *b == b'/');
        });
        found
            || self.patterns.iter().any(|globs| {
                let mut have = components(path);
                globs
                    .iter()
                    .all(|glob| have.next().is_some_and(|c| glob.matches(c)))
            })
    }
}

impl Fast {
    pub(super) fn new(predicate: &Predicate) -> Fast {
        match &predicate.test {
            Test::Exists => Fast::Exists,
            Test::Operand { .. } => Fast::Operand,
            Test::Values(_) if predicate.ty == Type::Double => Fast::Plain,
            Test::Values(values) => Fast::of_values(values),
        }
    }

    fn of_values(values: &Values) -> Fast {
        let all = || 0..values.constants.len();
        match (values.modifier, values.op) {
            _ if values.constants.is_empty() => Fast::Never,
            (Some(modifier), _) => {
                let each = all().map(|i| Fast::of_one(values, i));
                Fast::Count(modifier, each.collect())
            }
            (None, Op::PMatch) => Fast::Paths(Paths::new(values)),
            (None, Op::In | Op::Intersects | Op::Ne) => Fast::of_set(values).unwrap_or(Fast::Plain),
            (None, _) => Fast::of_one(values, 0),
        }
    }

    fn of_set(values: &Values) -> Option<Fast> {
        let not = values.op == Op::Ne;
        let constants = &values.constants;
        Some(match constants.first()? {
            Constant::Text(text) if constants.len() == 1 => Fast::Text(text.clone(), not),
            Constant::Text(_) => {
                let texts = constants.iter().map(|c| match c {
                    Constant::Text(text) => Some(text.clone()),
                    _ => None,
                });
                Fast::Texts(texts.collect::<Option<_>>()?, not)
            }
            Constant::Ip(_) => {
                let ips = constants.iter().map(|c| match c {
                    Constant::Ip(ip) => Some(*ip),
                    _ => None,
                });
                Fast::Ips(ips.collect::<Option<_>>()?, not)
            }
            Constant::Net(_) => {
                let nets = constants.iter().map(|c| match c {
                    Constant::Net(net) => Some(*net),
                    _ => None,
                });
                Fast::Nets(nets.collect::<Option<_>>()?, not)
            }
            one if constants.len() == 1 => Fast::Bits(constant_bits(one)?, not),
            _ => Fast::AnyBits(
                constants.iter().map(constant_bits).collect::<Option<_>>()?,
                not,
            ),
        })
    }

    fn of_one(values: &Values, i: usize) -> Fast {
        let constant = &values.constants[i];
        match (constant, values.op) {
            (_, Op::In | Op::Intersects | Op::Eq | Op::Ne) => {
                let one = Values {
                    op: values.op,
                    modifier: None,
                    constants: vec![constant.clone()],
                    patterns: Patterns::default(),
                };
                Fast::of_set(&one).unwrap_or(Fast::Plain)
            }
            (Constant::Text(text), op) => match op {
                Op::StartsWith | Op::BStartsWith => Fast::Prefix(text.clone()),
                Op::EndsWith => Fast::Suffix(text.clone()),
                Op::Contains | Op::BContains => {
                    Fast::Part(Box::new(Finder::new(text).into_owned()))
                }
                Op::IContains => Fast::FoldedPart(text.to_ascii_lowercase().into()),
                Op::Glob => Fast::Glob(Glob::new(text, false)),
                Op::IGlob => Fast::Glob(Glob::new(text, true)),
                Op::Regex => match values.patterns.0.get(i) {
                    Some(regex) => Fast::Regex(regex.clone()),
                    None => Fast::Never,
                },
                _ => Fast::Plain,
            },
            (Constant::Int(n), op) => {
                let bounds = match op {
                    Op::Lt => n.checked_sub(1).map(|high| (i64::MIN, high)),
                    Op::Le => Some((i64::MIN, *n)),
                    Op::Gt => n.checked_add(1).map(|low| (low, i64::MAX)),
                    Op::Ge => Some((*n, i64::MAX)),
                    _ => None,
                };
                bounds.map_or(Fast::Never, |(low, high)| Fast::Between(low, high))
            }
            (Constant::Uint(n), op) => {
                let bounds = match op {
                    Op::Lt => n.checked_sub(1).map(|high| (0, high)),
                    Op::Le => Some((0, *n)),
                    Op::Gt => n.checked_add(1).map(|low| (low, u64::MAX)),
                    Op::Ge => Some((*n, u64::MAX)),
                    _ => None,
                };
                bounds.map_or(Fast::Never, |(low, high)| Fast::UnsignedBetween(low, high))
            }
            _ => Fast::Plain,
        }
    }

    /// Whether a value satisfies the predicate, which must not be one on another operand.
    pub(super) fn holds<'a>(
        &self,
        predicate: &Predicate,
        value: Option<Value<'a>>,
        arena: &'a Bump,
    ) -> bool {
        match (value, predicate.many) {
            (None, _) => false,
            (Some(Value::Many(_)), _) | (_, Many::List) => {
                holds_for(predicate, value, |item| self.test(predicate, item, arena))
            }
            (Some(one), _) => self.test(predicate, &one, arena),
        }
    }

    fn test<'a>(&self, predicate: &Predicate, item: &Value<'a>, arena: &'a Bump) -> bool {
        let decided = match self {
            Fast::Exists => return true,
            Fast::Never | Fast::Operand => return false,
            Fast::Text(text, not) => bytes(item).map(|b| (*b == **text) != *not),
            Fast::Texts(texts, not) => bytes(item).map(|b| texts.contains(b) != *not),
            Fast::Prefix(text) => bytes(item).map(|b| b.starts_with(text)),
            Fast::Suffix(text) => bytes(item).map(|b| b.ends_with(text)),
            Fast::Part(finder) => bytes(item).map(|b| finder.find(b).is_some()),
            Fast::FoldedPart(part) => bytes(item).map(|b| contains_folded(b, part)),
            Fast::Glob(glob) => bytes(item).map(|b| glob.matches(b)),
            Fast::Regex(regex) => bytes(item).map(|b| regex.matches(to_utf8(b, arena))),
            Fast::Paths(paths) => bytes(item).map(|b| paths.hold(b, arena)),
            Fast::Bits(want, not) => bits(item).map(|b| (b == *want) != *not),
            Fast::AnyBits(want, not) => bits(item).map(|b| want.contains(&b) != *not),
            Fast::Between(low, high) => bits(item).map(|b| (*low..=*high).contains(&(b as i64))),
            Fast::UnsignedBetween(low, high) => bits(item).map(|b| (*low..=*high).contains(&b)),
            Fast::Ips(ips, not) => ip(item).map(|ip| ips.contains(&ip) != *not),
            Fast::Nets(nets, not) => {
                ip(item).map(|ip| nets.iter().any(|net| net.contains(ip)) != *not)
            }
            Fast::Count(modifier, tests) => {
                let mut held = tests
                    .iter()
                    .filter(|test| test.test(predicate, item, arena));
                Some(match modifier {
                    Modifier::OneOf => held.next().is_some() && held.next().is_none(),
                    Modifier::AnyOf => held.next().is_some(),
                    Modifier::AllOf => tests.iter().all(|t| t.test(predicate, item, arena)),
                })
            }
            Fast::Plain => match &predicate.test {
                Test::Values(values) => Some(values.hold(item, predicate.ty, arena)),
                Test::Exists | Test::Operand { .. } => None,
            },
        };
        decided == Some(true)
    }
}

/// Whether a text contains a part that is given in lower case, in any case.
fn contains_folded(text: &[u8], part: &[u8]) -> bool {
    let Some((first, rest)) = part.split_first() else {
        return true;
    };
    let mut starts = memchr::memchr2_iter(*first, first.to_ascii_uppercase(), text);
    starts.any(|at| {
        text.get(at + 1..at + part.len())
            .is_some_and(|tail| tail.eq_ignore_ascii_case(rest))
    })
}

fn constant_bits(constant: &Constant) -> Option<u64> {
    constant.value().as_ref().and_then(bits)
}
