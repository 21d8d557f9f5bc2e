//! Many conditions, evaluated at once.

use bumpalo::Bump;

use crate::{Condition, KindId, KindSet, Record};

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

/// What a matcher remembers during one record; kept between records for its memory only.
#[derive(Debug, Default)]
pub struct Scratch {
    _private: (),
}

/// Many conditions, compiled to be evaluated at once.
#[derive(Debug)]
pub struct Matcher {
    conditions: Vec<Condition>,
    kinds: KindSet,
}

impl Matcher {
    /// Compiles conditions. Their order is that of the rules.
    pub fn new<'c>(conditions: impl IntoIterator<Item = &'c Condition>) -> Matcher {
        let conditions: Vec<Condition> = conditions.into_iter().cloned().collect();
        let kinds = conditions.iter().map(Condition::kinds);
        let kinds = kinds.fold(KindSet::empty(), |a, b| a.union(b));
        Matcher { conditions, kinds }
    }

    /// The kinds of record that can satisfy any of the conditions.
    pub fn kinds(&self) -> &KindSet {
        &self.kinds
    }

    /// How many conditions there are.
    pub fn len(&self) -> usize {
        self.conditions.len()
    }

    /// Whether there are no conditions.
    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Room to remember things in, for one thread.
    pub fn scratch(&self) -> Scratch {
        Scratch::default()
    }

    /// Appends the conditions that a record satisfies to `out`, in order. `kind` must be the kind
    /// of the record, and `scratch` one that this matcher made.
    pub fn matches<'a, R: Record<'a> + ?Sized>(
        &self,
        kind: KindId,
        record: &R,
        arena: &'a Bump,
        _scratch: &mut Scratch,
        matching: Matching,
        out: &mut Vec<RuleIndex>,
    ) {
        for (i, condition) in self.conditions.iter().enumerate() {
            if condition.kinds().contains(kind) && condition.matches(record, arena) {
                out.push(RuleIndex(i as u32));
                if matching == Matching::First {
                    return;
                }
            }
        }
    }
}
