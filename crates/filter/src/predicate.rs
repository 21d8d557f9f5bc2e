//! One comparison, typed; and what it means, in the plainest code.
//!
//! This evaluation is what the matcher must agree with: it uses no index and remembers nothing.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use bumpalo::Bump;

use crate::glob::Glob;
use crate::operand::{OperandId, elements};
use crate::posix::Posix;
use crate::print::to_utf8;
use crate::{Constant, KindSet, Many, Modifier, Op, Type, Value};

/// A comparison of an operand with constants or another operand.
///
/// Operators that mean the same are one: `=`, `= anyof` and `intersects` on a single value are
/// `In`; `!= allof` is `Ne` with several values, none of which may be equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Predicate {
    pub(crate) left: OperandId,
    pub(crate) ty: Type,
    pub(crate) many: Many,
    pub(crate) test: Test,
    /// For a field that selects kinds: the kinds in which the predicate holds, and only there.
    pub(crate) kinds: Option<Box<KindSet>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Test {
    Exists,
    Values(Values),
    Operand { op: Op, right: OperandId },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Values {
    pub(crate) op: Op,
    pub(crate) modifier: Option<Modifier>,
    /// What is compared with. One, unless the operator or the modifier takes a list.
    pub(crate) constants: Vec<Constant>,
    /// The compiled expressions of `regex`.
    pub(crate) patterns: Patterns,
}

/// Expressions in the order of their constants, which tell them apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patterns(pub(crate) Vec<Arc<Posix>>);

impl PartialEq for Patterns {
    fn eq(&self, _: &Patterns) -> bool {
        true
    }
}

impl Eq for Patterns {}

impl Hash for Patterns {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// Whether a predicate holds for the value of its left operand; a missing value satisfies none.
/// `test` decides for one value.
pub(crate) fn holds_for<'a>(
    predicate: &Predicate,
    left: Option<Value<'a>>,
    mut test: impl FnMut(&Value<'a>) -> bool,
) -> bool {
    let Some(value) = left else {
        return false;
    };
    let op = match &predicate.test {
        Test::Exists => Op::Exists,
        Test::Values(values) => values.op,
        Test::Operand { op, .. } => *op,
    };
    let items = elements(&value);
    match (predicate.many, op) {
        (Many::Any, Op::Exists) => !items.is_empty(),
        (_, Op::Exists) => true,
        (Many::List, Op::In) => items.iter().all(test),
        (Many::BothEnds, Op::Ne) => !items.is_empty() && items.iter().all(test),
        _ => items.iter().any(&mut test),
    }
}

impl Predicate {
    /// Whether it holds, given the values of its operands.
    pub(crate) fn holds<'a>(
        &self,
        left: Option<Value<'a>>,
        right: impl FnOnce(OperandId) -> Option<Value<'a>>,
        arena: &'a Bump,
    ) -> bool {
        match &self.test {
            Test::Exists => holds_for(self, left, |_| true),
            Test::Values(values) => holds_for(self, left, |item| values.hold(item, self.ty, arena)),
            Test::Operand { op, right: id } => {
                let Some(right) = right(*id) else {
                    return false;
                };
                let op = if op.takes_list() { Op::In } else { *op };
                holds_for(self, left, |item| {
                    elements(&right)
                        .iter()
                        .any(|r| compare(op, self.ty, item, r))
                })
            }
        }
    }
}

impl Values {
    /// Whether one value satisfies the comparison.
    pub(crate) fn hold<'a>(&self, item: &Value<'a>, ty: Type, arena: &'a Bump) -> bool {
        let one = |i: usize| -> bool {
            let constant = &self.constants[i];
            match (self.op, constant) {
                (Op::Regex, _) => match (bytes(item), self.patterns.0.get(i)) {
                    (Some(text), Some(regex)) => regex.matches(to_utf8(text, arena)),
                    _ => false,
                },
                (Op::Ne, Constant::Net(net)) => ip(item).is_some_and(|ip| !net.contains(ip)),
                (_, Constant::Net(net)) => ip(item).is_some_and(|ip| net.contains(ip)),
                (op, constant) => constant
                    .value()
                    .is_some_and(|right| compare(op, ty, item, &right)),
            }
        };
        let mut all = 0..self.constants.len();
        if all.is_empty() {
            return false;
        }
        match (self.modifier, self.op) {
            (Some(Modifier::OneOf), _) => all.filter(|i| one(*i)).count() == 1,
            (Some(Modifier::AllOf), _) | (None, Op::Ne) => all.all(one),
            (Some(Modifier::AnyOf) | None, _) => all.any(one),
        }
    }
}

pub(crate) fn bytes<'a>(value: &Value<'a>) -> Option<&'a [u8]> {
    match value {
        Value::Str(bytes) | Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

pub(crate) fn ip(value: &Value<'_>) -> Option<std::net::IpAddr> {
    match value {
        Value::Ip(ip) => Some(*ip),
        _ => None,
    }
}

/// The bits of an integer or truth value.
pub(crate) fn bits(value: &Value<'_>) -> Option<u64> {
    match value {
        Value::Bool(b) => Some((*b).into()),
        Value::Int(n) => Some(*n as u64),
        Value::Uint(n) => Some(*n),
        _ => None,
    }
}

fn double(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Double(n) => Some(*n),
        Value::Int(n) => Some(*n as f64),
        Value::Uint(n) => Some(*n as f64),
        _ => None,
    }
}

/// Compares one value with one other; values of another type than `ty` compare as nothing.
fn compare(op: Op, ty: Type, left: &Value<'_>, right: &Value<'_>) -> bool {
    fn ordered<T: PartialOrd>(op: Op, left: T, right: T) -> bool {
        match op {
            Op::In | Op::Intersects | Op::Eq => left == right,
            Op::Ne => left != right,
            Op::Lt => left < right,
            Op::Le => left <= right,
            Op::Gt => left > right,
            Op::Ge => left >= right,
            _ => false,
        }
    }
    let compared = match ty {
        Type::Str | Type::Path | Type::Bytes | Type::Dynamic => {
            (|| Some(compare_bytes(op, bytes(left)?, bytes(right)?)))()
        }
        Type::Ip | Type::Net | Type::IpName => (|| match op {
            Op::In | Op::Intersects | Op::Eq => Some(ip(left)? == ip(right)?),
            Op::Ne => Some(ip(left)? != ip(right)?),
            _ => None,
        })(),
        Type::Double => (|| Some(ordered(op, double(left)?, double(right)?)))(),
        Type::Int(_) => (|| Some(ordered(op, bits(left)? as i64, bits(right)? as i64)))(),
        Type::Bool | Type::Uint(_) | Type::Port | Type::RelTime | Type::AbsTime => {
            (|| Some(ordered(op, bits(left)?, bits(right)?)))()
        }
    };
    compared == Some(true)
}

fn compare_bytes(op: Op, left: &[u8], right: &[u8]) -> bool {
    match op {
        Op::In | Op::Intersects | Op::Eq => left == right,
        Op::Ne => left != right,
        Op::Lt => left < right,
        Op::Le => left <= right,
        Op::Gt => left > right,
        Op::Ge => left >= right,
        Op::Contains | Op::BContains => contains(left, right),
        Op::IContains => contains(&left.to_ascii_lowercase(), &right.to_ascii_lowercase()),
        Op::StartsWith | Op::BStartsWith => left.starts_with(right),
        Op::EndsWith => left.ends_with(right),
        Op::Glob => Glob::new(right, false).matches(left),
        Op::IGlob => Glob::new(right, true).matches(left),
        Op::PMatch => path_matches(left, right),
        Op::Exists | Op::Regex => false,
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    part.is_empty() || text.windows(part.len()).any(|window| window == part)
}

/// The components of a path; empty ones do not count.
pub(crate) fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|b| *b == b'/')
        .filter(|component| !component.is_empty())
}

/// Whether a component of a search path is a shell pattern.
pub(crate) fn is_pattern(component: &[u8]) -> bool {
    component.iter().any(|b| b"?*[".contains(b))
}

/// Whether the components of `search` are the first ones of `path`; they may be shell patterns.
fn path_matches(path: &[u8], search: &[u8]) -> bool {
    let mut have = components(path);
    components(search).all(|want| {
        have.next().is_some_and(|have| match is_pattern(want) {
            true => Glob::new(want, false).matches(have),
            false => have == want,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_match_by_components() {
        fn check(path: &str, search: &str, expect: bool) {
            let got = compare_bytes(Op::PMatch, path.as_bytes(), search.as_bytes());
            assert_eq!(got, expect, "{path} pmatch {search}");
        }
        check("/var/run/docker", "/var/run", true);
        check("/var/run", "/var/run", true);
        check("/var", "/var/run", false);
        check("/varlog", "/var", false);
        check("/var//run/x", "/var/run/", true);
        check("var/run", "/var", true);
        check("/", "/", true);
        check("", "/", true);
        check("/home/a/.ssh/id", "/home/*/.ssh", true);
        check("/home/.ssh", "/home/*/.ssh", false);
    }

    #[test]
    fn texts_compare_as_bytes() {
        fn check(op: Op, left: &str, right: &str, expect: bool) {
            let got = compare_bytes(op, left.as_bytes(), right.as_bytes());
            assert_eq!(got, expect, "{left} {} {right}", op.text());
        }
        check(Op::Contains, "abc", "bc", true);
        check(Op::Contains, "abc", "", true);
        check(Op::Contains, "abc", "abcd", false);
        check(Op::IContains, "aBc", "Bc", true);
        check(Op::StartsWith, "abc", "", true);
        check(Op::StartsWith, "abc", "abc", true);
        check(Op::EndsWith, "abc", "bc", true);
        check(Op::EndsWith, "abc", "xabc", false);
        check(Op::Lt, "10", "9", true);
        check(Op::IGlob, "ABC", "a*", true);
        check(Op::Glob, "ABC", "a*", false);
    }
}
