//! Vectors in which equal items are one.

use std::hash::{BuildHasher, Hash};

use hashbrown::{DefaultHashBuilder, HashTable};

/// Items in the order in which they were first seen. They are held once, in the vector; the table
/// only knows their positions.
#[derive(Clone, Debug)]
pub(crate) struct Interned<T> {
    items: Vec<T>,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl<T> Default for Interned<T> {
    fn default() -> Interned<T> {
        Interned {
            items: Vec::new(),
            table: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl<T: Eq + Hash> Interned<T> {
    /// The position of an item, which is added if it is new.
    pub(crate) fn intern(&mut self, item: T) -> u32 {
        let hash = self.hasher.hash_one(&item);
        if let Some(at) = self.table.find(hash, |at| self.items[*at as usize] == item) {
            return *at;
        }
        let at = self.items.len() as u32;
        self.items.push(item);
        let (items, hasher) = (&self.items, &self.hasher);
        self.table
            .insert_unique(hash, at, |at| hasher.hash_one(&items[*at as usize]));
        at
    }

    /// All items.
    pub(crate) fn items(&self) -> &[T] {
        &self.items
    }

    /// All items; what finds them is dropped.
    pub(crate) fn into_items(self) -> Vec<T> {
        self.items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_items_have_one_position() {
        let mut words = Interned::default();
        let at: Vec<u32> = ["a", "b", "a", "c", "b"].map(|w| words.intern(w)).into();
        assert_eq!(at, [0, 1, 0, 2, 1]);
        assert_eq!(words.into_items(), ["a", "b", "c"]);
    }
}
