//! The table of threads: a slab with generations, an index by thread id, the tree of parents and
//! children, and the groups of threads that are one process.

use hashbrown::HashMap;

use crate::files::FilesId;
use crate::thread::{Thread, ThreadKey, flags};

/// No slot.
pub(crate) const NIL: u32 = u32::MAX;

/// How far up a new parent is searched for the child that it is to get.
const MAX_DEPTH: usize = 4096;

/// A thread and what the table needs to know of it.
pub(crate) struct Entry {
    pub(crate) thread: Thread,
    pub(crate) files: FilesId,
    /// The enter half of the call that it is in, where a capture has one.
    pub(crate) enter: Vec<u8>,
    /// Who gets its children when it is gone, as the kernel said; −1 unknown.
    pub(crate) reaper_tid: i64,
    /// Time of its last event.
    pub(crate) last_event: u64,
    /// Events older than this must not change it: what is known was read later.
    pub(crate) known_since: u64,
    /// Part of a group, and of the tree.
    pub(crate) grouped: bool,
    links: Links,
}

#[derive(Clone, Copy)]
struct Links {
    parent: u32,
    first_child: u32,
    prev: u32,
    next: u32,
    group_prev: u32,
    group_next: u32,
}

impl Entry {
    pub(crate) fn new(thread: Thread, files: FilesId) -> Entry {
        Entry {
            thread,
            files,
            enter: Vec::new(),
            reaper_tid: -1,
            last_event: 0,
            known_since: 0,
            grouped: false,
            links: Links {
                parent: NIL,
                first_child: NIL,
                prev: NIL,
                next: NIL,
                group_prev: NIL,
                group_next: NIL,
            },
        }
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.thread.flags & flags::CLOSED != 0
    }

    /// Ids are missing: the entry is made up, and has no parent and no group.
    pub(crate) fn is_invalid(&self) -> bool {
        self.thread.tid < 0 || self.thread.pid < 0 || self.thread.ptid < 0
    }

    pub(crate) fn has_children(&self) -> bool {
        self.links.first_child != NIL
    }
}

/// The threads of one process.
#[derive(Clone, Copy)]
pub(crate) struct Group {
    /// Those that are alive.
    pub(crate) alive: u32,
    /// It adopts the orphans below it.
    pub(crate) reaper: bool,
    head: u32,
    tail: u32,
}

#[derive(Default)]
struct Slot {
    generation: u32,
    entry: Option<Entry>,
}

#[derive(Default)]
pub(crate) struct Threads {
    slots: Vec<Slot>,
    free: Vec<u32>,
    by_tid: HashMap<i64, u32>,
    groups: HashMap<i64, Group>,
    /// The last thread looked up: most events are of the same thread as the one before.
    last: Option<(i64, u32)>,
}

impl Threads {
    pub(crate) fn len(&self) -> usize {
        self.by_tid.len()
    }

    /// The slot of a thread, remembered for the next look-up.
    #[inline]
    pub(crate) fn find_recent(&mut self, tid: i64) -> Option<u32> {
        match self.last {
            Some((last, slot)) if last == tid => Some(slot),
            _ => {
                let slot = self.find(tid)?;
                self.last = Some((tid, slot));
                Some(slot)
            }
        }
    }

    #[inline]
    pub(crate) fn find(&self, tid: i64) -> Option<u32> {
        self.by_tid.get(&tid).copied()
    }

    pub(crate) fn get(&self, slot: u32) -> Option<&Entry> {
        self.slots.get(slot as usize)?.entry.as_ref()
    }

    pub(crate) fn get_mut(&mut self, slot: u32) -> Option<&mut Entry> {
        self.slots.get_mut(slot as usize)?.entry.as_mut()
    }

    pub(crate) fn by_tid(&self, tid: i64) -> Option<&Entry> {
        self.get(self.find(tid)?)
    }

    pub(crate) fn key(&self, slot: u32) -> ThreadKey {
        ThreadKey {
            slot,
            generation: self.slots.get(slot as usize).map_or(0, |s| s.generation),
        }
    }

    pub(crate) fn resolve(&self, key: ThreadKey) -> Option<&Entry> {
        let slot = self.slots.get(key.slot as usize)?;
        slot.entry
            .as_ref()
            .filter(|_| slot.generation == key.generation)
    }

    /// Slots there are, in use or not.
    pub(crate) fn slot_count(&self) -> u32 {
        self.slots.len() as u32
    }

    /// All slots in use, in slot order.
    pub(crate) fn slots(&self) -> impl Iterator<Item = (u32, &Entry)> {
        self.slots
            .iter()
            .enumerate()
            .filter_map(|(i, s)| Some((i as u32, s.entry.as_ref()?)))
    }

    /// Adds a thread that is not in the table. It gets no group and no parent yet.
    pub(crate) fn insert(&mut self, entry: Entry) -> u32 {
        let tid = entry.thread.tid;
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.slots.push(Slot::default());
                self.slots.len() as u32 - 1
            }
        };
        self.slots[slot as usize].entry = Some(entry);
        self.by_tid.insert(tid, slot);
        slot
    }

    /// Takes a thread out of the table, the tree and its group. Children that it still has lose
    /// their parent.
    pub(crate) fn erase(&mut self, slot: u32) -> Option<Entry> {
        self.unlink_parent(slot);
        self.move_children(slot, None);
        self.leave_group(slot);
        let entry = self.slots.get_mut(slot as usize)?.entry.take()?;
        self.slots[slot as usize].generation = self.slots[slot as usize].generation.wrapping_add(1);
        self.by_tid.remove(&entry.thread.tid);
        self.free.push(slot);
        if self.last.is_some_and(|(_, last)| last == slot) {
            self.last = None;
        }
        Some(entry)
    }

    pub(crate) fn group(&self, pid: i64) -> Option<&Group> {
        self.groups.get(&pid)
    }

    pub(crate) fn group_mut(&mut self, pid: i64) -> Option<&mut Group> {
        self.groups.get_mut(&pid)
    }

    /// How many processes are known.
    pub(crate) fn group_count(&self) -> usize {
        self.groups.len()
    }

    /// The slots of the threads of a process: the main thread first, the others by age.
    pub(crate) fn members(&self, pid: i64) -> impl Iterator<Item = u32> {
        let mut slot = self.groups.get(&pid).map_or(NIL, |g| g.head);
        std::iter::from_fn(move || {
            let entry = self.get(slot)?;
            let this = slot;
            slot = entry.links.group_next;
            Some(this)
        })
    }

    /// Puts a thread into its group and below its parent, if its ids are known.
    pub(crate) fn attach(&mut self, slot: u32) {
        let Some(entry) = self.get_mut(slot).filter(|e| !e.grouped) else {
            return;
        };
        if entry.is_invalid() {
            // Half an identity would lead nowhere, or in a circle.
            entry.thread.ptid = -1;
            return;
        }
        let (pid, ptid) = (entry.thread.pid, entry.thread.ptid);
        self.join_group(slot);
        let parent = self
            .find(ptid)
            .filter(|p| pid != 1 && self.get(*p).is_some_and(|p| !p.is_invalid()));
        self.set_parent(slot, parent);
    }

    fn join_group(&mut self, slot: u32) {
        let Some(entry) = self.slots[slot as usize].entry.as_ref() else {
            return;
        };
        let (pid, main, alive) = (
            entry.thread.pid,
            entry.thread.is_main(),
            u32::from(!entry.is_dead()),
        );
        let init = pid == 1 || entry.thread.vpid == 1;
        let group = self.groups.entry(pid).or_insert(Group {
            alive: 0,
            reaper: init,
            head: NIL,
            tail: NIL,
        });
        group.alive += alive;
        let (prev, next) = if main {
            (NIL, group.head)
        } else {
            (group.tail, NIL)
        };
        if prev == NIL {
            group.head = slot;
        }
        if next == NIL {
            group.tail = slot;
        }
        if let Some(p) = self.get_mut(prev) {
            p.links.group_next = slot;
        }
        if let Some(n) = self.get_mut(next) {
            n.links.group_prev = slot;
        }
        if let Some(e) = self.get_mut(slot) {
            e.grouped = true;
            e.links.group_prev = prev;
            e.links.group_next = next;
        }
        self.count_threads(pid);
    }

    /// Takes a thread out of its group; the group goes with its last member.
    fn leave_group(&mut self, slot: u32) {
        let Some(entry) = self.get_mut(slot).filter(|e| e.grouped) else {
            return;
        };
        entry.grouped = false;
        let (prev, next) = (entry.links.group_prev, entry.links.group_next);
        entry.links.group_prev = NIL;
        entry.links.group_next = NIL;
        let (pid, alive) = (entry.thread.pid, u32::from(!entry.is_dead()));
        if let Some(p) = self.get_mut(prev) {
            p.links.group_next = next;
        }
        if let Some(n) = self.get_mut(next) {
            n.links.group_prev = prev;
        }
        let Some(group) = self.groups.get_mut(&pid) else {
            return;
        };
        group.alive = group.alive.saturating_sub(alive);
        if group.head == slot {
            group.head = next;
        }
        if group.tail == slot {
            group.tail = prev;
        }
        if group.head == NIL {
            self.groups.remove(&pid);
        }
        self.count_threads(pid);
    }

    /// Marks a thread as dead; it stays until it is erased.
    pub(crate) fn mark_dead(&mut self, slot: u32) {
        self.mark(slot, true);
    }

    /// Undoes [`Threads::mark_dead`].
    pub(crate) fn mark_alive(&mut self, slot: u32) {
        self.mark(slot, false);
    }

    fn mark(&mut self, slot: u32, dead: bool) {
        let Some(entry) = self.get_mut(slot).filter(|e| e.is_dead() != dead) else {
            return;
        };
        entry.thread.flags ^= flags::CLOSED;
        let (pid, grouped) = (entry.thread.pid, entry.grouped);
        if !grouped {
            return;
        }
        if let Some(group) = self.groups.get_mut(&pid) {
            group.alive = if dead {
                group.alive.saturating_sub(1)
            } else {
                group.alive + 1
            };
        }
        self.count_threads(pid);
    }

    /// Keeps the count on the main thread current.
    fn count_threads(&mut self, pid: i64) {
        let alive = self.groups.get(&pid).map_or(0, |g| g.alive);
        if let Some(main) = self.find(pid)
            && let Some(entry) = self.get_mut(main)
        {
            entry.thread.nthreads = alive;
        }
    }

    /// Makes a thread the child of another, or of none; also of none where that would make a
    /// circle of parents.
    pub(crate) fn set_parent(&mut self, slot: u32, parent: Option<u32>) {
        self.unlink_parent(slot);
        let parent = parent.filter(|p| !self.descends(*p, slot));
        let ptid = parent.and_then(|p| self.get(p)).map_or(0, |p| p.thread.tid);
        let first = match parent.and_then(|p| self.get_mut(p)) {
            Some(p) => std::mem::replace(&mut p.links.first_child, slot),
            None => NIL,
        };
        if let Some(f) = self.get_mut(first) {
            f.links.prev = slot;
        }
        if let Some(e) = self.get_mut(slot) {
            e.thread.ptid = ptid;
            e.links.parent = parent.unwrap_or(NIL);
            e.links.prev = NIL;
            e.links.next = first;
        }
    }

    /// Whether `slot` is `ancestor` or below it.
    fn descends(&self, slot: u32, ancestor: u32) -> bool {
        let mut at = slot;
        for _ in 0..MAX_DEPTH {
            if at == ancestor {
                return true;
            }
            match self.get(at) {
                Some(e) if e.links.parent != NIL => at = e.links.parent,
                _ => return false,
            }
        }
        true
    }

    fn unlink_parent(&mut self, slot: u32) {
        let Some(entry) = self.get_mut(slot) else {
            return;
        };
        let Links {
            parent, prev, next, ..
        } = entry.links;
        entry.links.parent = NIL;
        entry.links.prev = NIL;
        entry.links.next = NIL;
        if let Some(p) = self.get_mut(prev) {
            p.links.next = next;
        } else if let Some(p) = self.get_mut(parent) {
            p.links.first_child = next;
        }
        if let Some(n) = self.get_mut(next) {
            n.links.prev = prev;
        }
    }

    /// Gives all children of a thread to another, or to none.
    pub(crate) fn move_children(&mut self, from: u32, to: Option<u32>) {
        while let Some(child) = self
            .get(from)
            .map(|e| e.links.first_child)
            .filter(|c| *c != NIL)
        {
            self.set_parent(child, to.filter(|t| *t != from));
        }
    }

    /// Changes the process id of a thread, and so its group.
    pub(crate) fn set_pid(&mut self, slot: u32, pid: i64) {
        let Some(grouped) = self
            .get(slot)
            .filter(|e| e.thread.pid != pid)
            .map(|e| e.grouped)
        else {
            return;
        };
        self.leave_group(slot);
        if let Some(e) = self.get_mut(slot) {
            e.thread.pid = pid;
        }
        if grouped {
            self.join_group(slot);
        }
    }
}
