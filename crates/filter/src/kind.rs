//! Kinds of records: what conditions are bucketed by.
//!
//! A kind is what a condition can select a record by before it looks at any other field (for
//! events: the event type, or for generic events the system call). The scheme translates the
//! values of its kind fields (`evt.type`) to sets of kinds.

/// A kind of record, 0 to [`KindSet::CAPACITY`] − 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KindId(pub u16);

/// A set of kinds.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KindSet([u64; KindSet::CAPACITY / 64]);

impl KindSet {
    /// How many kinds there can be.
    pub const CAPACITY: usize = 1024;

    /// No kind.
    pub const fn empty() -> KindSet {
        KindSet([0; KindSet::CAPACITY / 64])
    }

    /// Adds a kind; one beyond the capacity is ignored.
    pub fn insert(&mut self, kind: KindId) {
        if let Some(word) = self.0.get_mut(usize::from(kind.0) / 64) {
            *word |= 1 << (kind.0 % 64);
        }
    }

    /// Whether the kind is in the set.
    #[inline]
    pub fn contains(&self, kind: KindId) -> bool {
        self.0
            .get(usize::from(kind.0) / 64)
            .is_some_and(|w| w >> (kind.0 % 64) & 1 == 1)
    }

    /// How many kinds are in the set.
    pub fn len(&self) -> usize {
        self.0.iter().map(|w| w.count_ones() as usize).sum()
    }

    /// Whether no kind is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|w| *w == 0)
    }

    /// Kinds in either set.
    pub fn union(&self, other: &KindSet) -> KindSet {
        self.zip(other, |a, b| a | b)
    }

    /// Kinds in both sets.
    pub fn intersection(&self, other: &KindSet) -> KindSet {
        self.zip(other, |a, b| a & b)
    }

    /// Kinds in this set and not in the other.
    pub fn difference(&self, other: &KindSet) -> KindSet {
        self.zip(other, |a, b| a & !b)
    }

    /// The kinds in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = KindId> + '_ {
        (0..KindSet::CAPACITY as u16)
            .map(KindId)
            .filter(|k| self.contains(*k))
    }

    fn zip(&self, other: &KindSet, f: impl Fn(u64, u64) -> u64) -> KindSet {
        let mut out = KindSet::empty();
        for ((o, a), b) in out.0.iter_mut().zip(self.0).zip(other.0) {
            *o = f(a, b);
        }
        out
    }
}

impl FromIterator<KindId> for KindSet {
    fn from_iter<I: IntoIterator<Item = KindId>>(kinds: I) -> KindSet {
        let mut set = KindSet::empty();
        kinds.into_iter().for_each(|k| set.insert(k));
        set
    }
}

impl std::fmt::Debug for KindSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter().map(|k| k.0)).finish()
    }
}
