//! File descriptors.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;

use bstr::BString;
use lanner_event::snapshot::L4;

/// What a descriptor refers to, as `fd.type` names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of fd.type")]
pub enum FdType {
    #[default]
    Unknown,
    File,
    Directory,
    Ipv4,
    Ipv6,
    Ipv4Server,
    Ipv6Server,
    Unix,
    Pipe,
    Event,
    Signal,
    EventPoll,
    Inotify,
    Timer,
    Netlink,
    Bpf,
    UserFault,
    IoUring,
    MemFd,
    PidFd,
    Unsupported,
}

/// Which end of a connection this process is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Not known: client and server fields are missing.
    #[default]
    Unknown,
    /// It connected.
    Client,
    /// It accepted.
    Server,
}

/// What is known of a socket beyond its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Socket {
    /// Transport protocol.
    pub l4: L4,
    /// The client's end (or the address a server listens on, in `dest`).
    pub source: Option<SocketAddr>,
    /// The server's end.
    pub dest: Option<SocketAddr>,
    /// For unix sockets: kernel addresses of the two ends.
    pub unix_ends: (u64, u64),
    /// Which end this is.
    pub role: Role,
    /// A connection is established (or a datagram socket has a peer).
    pub connected: bool,
    /// A non-blocking connect is under way.
    pub pending: bool,
}

impl Socket {
    /// A socket of this protocol of which nothing else is known.
    pub(crate) fn new(l4: L4) -> Socket {
        Socket {
            l4,
            source: None,
            dest: None,
            unix_ends: (0, 0),
            role: Role::Unknown,
            connected: false,
            pending: false,
        }
    }

    /// Exchanges the two ends.
    pub(crate) fn swap(&mut self) {
        std::mem::swap(&mut self.source, &mut self.dest);
    }

    /// Writes the name of a connection: `source->dest`.
    pub(crate) fn write_pair(&self, out: &mut Vec<u8>) {
        let any = |other: Option<SocketAddr>| match other {
            Some(SocketAddr::V6(_)) => SocketAddr::from(([0u16; 8], 0)),
            _ => SocketAddr::from(([0u8; 4], 0)),
        };
        let source = self.source.unwrap_or_else(|| any(self.dest));
        let dest = self.dest.unwrap_or_else(|| any(self.source));
        crate::sock::write_tuple(source, dest, self.l4, out);
    }
}

/// One open file descriptor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fd {
    /// What it refers to.
    pub ty: FdType,
    /// What `fd.name` prints: an absolute path, a tuple, or the kernel's name for it.
    pub name: BString,
    /// The path as it was passed, duplicate slashes removed; empty if unknown.
    pub raw_name: BString,
    /// For sockets.
    pub socket: Option<Box<Socket>>,
    /// Open flags in the capture format's bits.
    pub open_flags: u32,
    /// Device number, 0 unknown.
    pub dev: u32,
    /// Inode number, 0 unknown.
    pub ino: u64,
    /// For [`FdType::PidFd`]: the process it refers to.
    pub pid: i64,
    /// Closed by `execve`.
    pub cloexec: bool,
}

/// Bits of [`Fd::open_flags`] and of the flags in events, in the capture format.
pub mod open_flags {
    /// `O_CREAT` and the rest below 1 << 14 are the caller's; these are added by the probe.
    pub const CREATED: u32 = 1 << 14;
    /// The descriptor is a directory (`O_DIRECTORY`).
    pub const DIRECTORY: u32 = 1 << 10;
    /// `O_CLOEXEC`.
    pub const CLOEXEC: u32 = 1 << 12;
    /// The file is in the upper layer of an overlay.
    pub const UPPER_LAYER: u32 = 1 << 15;
    /// The file is in the lower layer of an overlay.
    pub const LOWER_LAYER: u32 = 1 << 16;
}

impl Fd {
    /// Empties it, keeping the room of its texts.
    pub(crate) fn reset(&mut self) {
        let (mut name, mut raw_name) = (
            std::mem::take(&mut self.name),
            std::mem::take(&mut self.raw_name),
        );
        name.clear();
        raw_name.clear();
        *self = Fd {
            name,
            raw_name,
            ..Fd::default()
        };
    }

    /// Whether it is a connected or bound internet socket, or may become one.
    pub fn is_inet(&self) -> bool {
        matches!(
            self.ty,
            FdType::Ipv4 | FdType::Ipv6 | FdType::Ipv4Server | FdType::Ipv6Server
        )
    }
}

/// Descriptors that a chunk holds. Small, so that a change after a fork copies little.
const CHUNK: usize = 8;

/// Chunks below this index are held in a vector, others in a map: descriptors 0 to 4,095.
const DENSE: usize = 512;

type Chunk = [Option<Fd>; CHUNK];

/// The descriptors of one process.
///
/// A clone shares everything with the original until either changes, and then copies eight
/// descriptors at a time: `fork` costs one count for every eight descriptors.
#[derive(Clone, Debug, Default)]
pub struct FdTable {
    dense: Vec<Option<Arc<Chunk>>>,
    sparse: BTreeMap<u32, Arc<Chunk>>,
    len: usize,
}

impl FdTable {
    /// The descriptor with this number.
    #[inline]
    pub fn get(&self, fd: i64) -> Option<&Fd> {
        let (chunk, at) = place(fd)?;
        let chunk = match self.dense.get(chunk as usize) {
            Some(chunk) => chunk.as_ref()?,
            None => self.sparse.get(&chunk)?,
        };
        chunk[at].as_ref()
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All of them, by number.
    pub fn iter(&self) -> impl Iterator<Item = (i64, &Fd)> {
        let dense = self
            .dense
            .iter()
            .enumerate()
            .filter_map(|(i, chunk)| Some((i as i64, chunk.as_ref()?)));
        let sparse = self.sparse.iter().map(|(i, chunk)| (i64::from(*i), chunk));
        dense.chain(sparse).flat_map(|(i, chunk)| {
            chunk
                .iter()
                .enumerate()
                .filter_map(move |(at, fd)| Some((i * CHUNK as i64 + at as i64, fd.as_ref()?)))
        })
    }

    /// The descriptor with this number, to be changed.
    pub(crate) fn get_mut(&mut self, fd: i64) -> Option<&mut Fd> {
        let (chunk, at) = place(fd)?;
        let chunk = self.chunk_mut(chunk)?;
        // A look before the copy: what is not there needs none.
        chunk[at].as_ref()?;
        Arc::make_mut(chunk)[at].as_mut()
    }

    /// Puts a descriptor in and returns the one that it replaces. Numbers that no descriptor can
    /// have are handed back.
    pub(crate) fn insert(&mut self, fd: i64, new: Fd) -> Option<Fd> {
        let Some((chunk, at)) = place(fd) else {
            return Some(new);
        };
        let index = chunk as usize;
        let chunk = if index < DENSE {
            if self.dense.len() <= index {
                self.dense.resize(index + 1, None);
            }
            self.dense[index].get_or_insert_default()
        } else {
            self.sparse.entry(chunk).or_default()
        };
        let old = Arc::make_mut(chunk)[at].replace(new);
        self.len += usize::from(old.is_none());
        old
    }

    /// Takes a descriptor out.
    pub(crate) fn remove(&mut self, fd: i64) -> Option<Fd> {
        let (index, at) = place(fd)?;
        let chunk = self.chunk_mut(index)?;
        chunk[at].as_ref()?;
        let old = Arc::make_mut(chunk)[at].take();
        if index as usize >= DENSE && chunk.iter().all(Option::is_none) {
            self.sparse.remove(&index);
        }
        self.len -= 1;
        old
    }

    /// Changes those in a range of numbers for which `wanted` is true.
    pub(crate) fn change(
        &mut self,
        range: RangeInclusive<i64>,
        wanted: impl Fn(&Fd) -> bool,
        mut change: impl FnMut(&mut Fd),
    ) {
        self.chunks_in(&range, |chunk, first| {
            let hit = |at: usize, fd: &Fd| range.contains(&(first + at as i64)) && wanted(fd);
            let open = |(at, fd): (usize, &Option<Fd>)| fd.as_ref().is_some_and(|fd| hit(at, fd));
            if chunk.iter().enumerate().any(open) {
                for (at, slot) in Arc::make_mut(chunk).iter_mut().enumerate() {
                    if let Some(fd) = slot.as_mut().filter(|fd| hit(at, fd)) {
                        change(fd);
                    }
                }
            }
        });
    }

    /// Takes out those in a range of numbers for which `gone` is true, and tells how many.
    pub(crate) fn remove_all(
        &mut self,
        range: RangeInclusive<i64>,
        gone: impl Fn(&Fd) -> bool,
    ) -> usize {
        let mut removed = 0;
        self.chunks_in(&range, |chunk, first| {
            let hit = |at: usize, fd: &Fd| range.contains(&(first + at as i64)) && gone(fd);
            let open = |(at, fd): (usize, &Option<Fd>)| fd.as_ref().is_some_and(|fd| hit(at, fd));
            let hits = chunk.iter().enumerate().filter(|slot| open(*slot)).count();
            if hits == 0 {
                return;
            }
            removed += hits;
            match Arc::get_mut(chunk) {
                Some(own) => {
                    for (at, slot) in own.iter_mut().enumerate() {
                        if slot.as_ref().is_some_and(|fd| hit(at, fd)) {
                            *slot = None;
                        }
                    }
                }
                // Shared with another table: only what stays is copied.
                None => {
                    let stays = |at: usize| chunk[at].as_ref().filter(|fd| !hit(at, fd)).cloned();
                    *chunk = Arc::new(std::array::from_fn(stays));
                }
            }
        });
        self.len -= removed;
        self.sparse
            .retain(|_, chunk| chunk.iter().any(Option::is_some));
        removed
    }

    /// The chunks that overlap a range of numbers, each with the number of its first descriptor.
    fn chunks_in(
        &mut self,
        range: &RangeInclusive<i64>,
        mut visit: impl FnMut(&mut Arc<Chunk>, i64),
    ) {
        let dense = self.dense.iter_mut().enumerate();
        let dense = dense.filter_map(|(i, chunk)| Some((i as i64, chunk.as_mut()?)));
        let sparse = self.sparse.iter_mut().map(|(i, c)| (i64::from(*i), c));
        for (i, chunk) in dense.chain(sparse) {
            let first = i * CHUNK as i64;
            if first <= *range.end() && first + CHUNK as i64 > *range.start() {
                visit(chunk, first);
            }
        }
    }

    fn chunk_mut(&mut self, chunk: u32) -> Option<&mut Arc<Chunk>> {
        match self.dense.get_mut(chunk as usize) {
            Some(chunk) => chunk.as_mut(),
            None => self.sparse.get_mut(&chunk),
        }
    }
}

/// The chunk of a descriptor and its place there. The kernel's numbers are 31 bits wide.
#[inline]
fn place(fd: i64) -> Option<(u32, usize)> {
    let fd = u32::try_from(fd).ok().filter(|fd| *fd <= i32::MAX as u32)?;
    Some((fd / CHUNK as u32, fd as usize % CHUNK))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> Fd {
        Fd {
            ty: FdType::File,
            name: name.into(),
            ..Fd::default()
        }
    }

    fn numbers(table: &FdTable) -> Vec<i64> {
        table.iter().map(|(n, _)| n).collect()
    }

    #[test]
    fn descriptors_of_any_number_are_kept() {
        let mut table = FdTable::default();
        for fd in [0, 7, 8, 4095, 4096, 1 << 20, i64::from(i32::MAX)] {
            assert_eq!(table.insert(fd, file("a")), None, "{fd}");
            assert_eq!(table.insert(fd, file("b")), Some(file("a")), "{fd}");
            assert_eq!(table.get(fd), Some(&file("b")), "{fd}");
        }
        assert_eq!(table.len(), 7);
        assert_eq!(
            numbers(&table),
            [0, 7, 8, 4095, 4096, 1 << 20, i64::from(i32::MAX)]
        );
        for fd in [-1, -100, i64::from(i32::MAX) + 1, i64::MAX, i64::MIN] {
            assert_eq!(table.insert(fd, file("x")), Some(file("x")), "{fd}");
            assert_eq!(table.get(fd), None, "{fd}");
            assert_eq!(table.remove(fd), None, "{fd}");
        }
        for fd in numbers(&table) {
            assert_eq!(table.remove(fd), Some(file("b")), "{fd}");
            assert_eq!(table.remove(fd), None, "{fd}");
        }
        assert!(table.is_empty() && table.sparse.is_empty());
    }

    #[test]
    fn a_clone_does_not_see_later_changes() {
        let mut parent = FdTable::default();
        for fd in 0..100 {
            parent.insert(fd, file("p"));
        }
        let mut child = parent.clone();
        child.remove(3);
        child.insert(50, file("c"));
        if let Some(fd) = parent.get_mut(99) {
            fd.name = "changed".into();
        }
        assert_eq!((parent.len(), child.len()), (100, 99));
        assert_eq!(parent.get(50), Some(&file("p")));
        assert_eq!(child.get(99), Some(&file("p")));
        // What neither touched is still one.
        let same = |i: usize| match (&parent.dense[i], &child.dense[i]) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            _ => false,
        };
        assert!(same(1) && !same(0) && !same(6) && !same(12));
    }

    #[test]
    fn a_range_is_changed_or_removed() {
        let mut table = FdTable::default();
        for fd in [0, 1, 2, 9, 10, 5000] {
            table.insert(fd, file("x"));
        }
        table.change(2..=9, |_| true, |fd| fd.cloexec = true);
        let marked: Vec<i64> = table
            .iter()
            .filter(|(_, fd)| fd.cloexec)
            .map(|(n, _)| n)
            .collect();
        assert_eq!(marked, [2, 9]);
        let before = table.clone();
        assert_eq!(table.remove_all(0..=i64::MAX, |fd| fd.cloexec), 2);
        assert_eq!(numbers(&table), [0, 1, 10, 5000]);
        assert_eq!(numbers(&before), [0, 1, 2, 9, 10, 5000]);
        drop(before);
        assert_eq!(table.remove_all(10..=i64::MAX, |_| true), 2);
        assert_eq!(numbers(&table), [0, 1]);
        assert_eq!(table.len(), 2);
        assert!(table.sparse.is_empty());
    }
}
