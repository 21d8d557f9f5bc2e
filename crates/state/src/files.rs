//! Descriptor tables, each used by the threads of one process (or by all that share it).

use crate::fd::FdTable;

/// A table; equal handles are the same table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FilesId(u32);

/// All tables in use.
#[derive(Default)]
pub(crate) struct Files {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

#[derive(Default)]
struct Slot {
    table: FdTable,
    refs: u32,
}

impl Files {
    /// Takes in a table, with one reference.
    pub(crate) fn add(&mut self, table: FdTable) -> FilesId {
        let slot = Slot { table, refs: 1 };
        match self.free.pop() {
            Some(index) => {
                self.slots[index as usize] = slot;
                FilesId(index)
            }
            None => {
                self.slots.push(slot);
                FilesId(self.slots.len() as u32 - 1)
            }
        }
    }

    /// Takes one more reference.
    pub(crate) fn share(&mut self, id: FilesId) -> FilesId {
        self.slots[id.0 as usize].refs += 1;
        id
    }

    /// A table with the same descriptors that changes on its own from here.
    pub(crate) fn fork(&mut self, id: FilesId) -> FilesId {
        let table = self.get(id).clone();
        self.add(table)
    }

    /// Gives a reference back.
    pub(crate) fn release(&mut self, id: FilesId) {
        let slot = &mut self.slots[id.0 as usize];
        slot.refs -= 1;
        if slot.refs == 0 {
            slot.table = FdTable::default();
            self.free.push(id.0);
        }
    }

    /// Whether more than one thread uses it.
    pub(crate) fn is_shared(&self, id: FilesId) -> bool {
        self.slots[id.0 as usize].refs > 1
    }

    pub(crate) fn get(&self, id: FilesId) -> &FdTable {
        &self.slots[id.0 as usize].table
    }

    pub(crate) fn get_mut(&mut self, id: FilesId) -> &mut FdTable {
        &mut self.slots[id.0 as usize].table
    }

    /// Tables there is room for without growing.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// Tables in use.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &FdTable> {
        self.slots.iter().filter(|s| s.refs > 0).map(|s| &s.table)
    }
}
