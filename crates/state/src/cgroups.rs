//! Sets of cgroups, each kept once however many threads are in it.

use std::sync::Arc;

use bstr::{BStr, ByteSlice};
use hashbrown::HashMap;

use crate::thread::CgroupId;

/// The sets in use. Id 0 is the empty set and always there.
#[derive(Default)]
pub(crate) struct Cgroups {
    ids: HashMap<Arc<[u8]>, u64>,
    sets: HashMap<u64, Set>,
    last_id: u64,
    scratch: Vec<u8>,
}

struct Set {
    text: Arc<[u8]>,
    refs: u32,
}

impl Cgroups {
    /// Takes a reference to the set in `raw` (NUL-separated `subsystem=path`); `None` if that is
    /// not a set of cgroups.
    pub(crate) fn intern(&mut self, raw: &[u8]) -> Option<CgroupId> {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        let ok = normalize(raw, &mut scratch);
        let id = ok.then(|| self.intern_normalized(&scratch));
        self.scratch = scratch;
        id
    }

    fn intern_normalized(&mut self, text: &[u8]) -> CgroupId {
        if text.is_empty() {
            return CgroupId(0);
        }
        if let Some(&id) = self.ids.get(text) {
            self.share(CgroupId(id));
            return CgroupId(id);
        }
        self.last_id += 1;
        let text: Arc<[u8]> = text.into();
        self.ids.insert(Arc::clone(&text), self.last_id);
        self.sets.insert(self.last_id, Set { text, refs: 1 });
        CgroupId(self.last_id)
    }

    /// Takes one more reference.
    pub(crate) fn share(&mut self, id: CgroupId) {
        if let Some(set) = self.sets.get_mut(&id.0) {
            set.refs += 1;
        }
    }

    /// Gives a reference back.
    pub(crate) fn release(&mut self, id: CgroupId) {
        let Some(set) = self.sets.get_mut(&id.0) else {
            return;
        };
        set.refs -= 1;
        if set.refs == 0
            && let Some(set) = self.sets.remove(&id.0)
        {
            self.ids.remove(&set.text);
        }
    }

    /// The set behind an id; empty for one that is not in use.
    pub(crate) fn get(&self, id: CgroupId) -> &BStr {
        self.sets
            .get(&id.0)
            .map_or(BStr::new(""), |set| set.text.as_bstr())
    }

    /// How many sets are in use.
    pub(crate) fn len(&self) -> usize {
        self.sets.len()
    }

    /// About how many bytes they take.
    pub(crate) fn bytes(&self) -> usize {
        let texts: usize = self.sets.values().map(|set| set.text.len()).sum();
        texts + self.sets.len() * 2 * size_of::<Set>()
    }
}

/// Writes the set with the names of subsystems that users know (those of cgroup v1), separated by
/// NUL. False if an item is not `subsystem=path`.
fn normalize(raw: &[u8], out: &mut Vec<u8>) -> bool {
    for item in raw.split(|b| *b == 0).filter(|i| !i.is_empty()) {
        let Some((subsystem, path)) = item.split_once_str(b"=") else {
            return false;
        };
        // `name=systemd=/path`: the name of the hierarchy has a `=` of its own, as upstream
        // splits at the first.
        if !out.is_empty() {
            out.push(0);
        }
        let start = out.len();
        match subsystem.find(b"_cgroup") {
            Some(at) => {
                out.extend_from_slice(&subsystem[..at]);
                out.extend_from_slice(&subsystem[at + b"_cgroup".len()..]);
            }
            None => out.extend_from_slice(subsystem),
        }
        let known: Option<&[u8]> = match &out[start..] {
            b"perf" => Some(b"perf_event"),
            b"mem" => Some(b"memory"),
            b"io" => Some(b"blkio"),
            _ => None,
        };
        if let Some(known) = known {
            out.truncate(start);
            out.extend_from_slice(known);
        }
        out.push(b'=');
        out.extend_from_slice(path);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_sets_share_an_id_until_the_last_reference_is_gone() {
        let mut cgroups = Cgroups::default();
        let a = cgroups.intern(b"cpu=/a\0io=/b\0").unwrap();
        let b = cgroups.intern(b"cpu=/a\0blkio=/b").unwrap();
        assert_eq!(a, b);
        assert_eq!(cgroups.get(a), "cpu=/a\0blkio=/b");
        cgroups.release(a);
        assert_eq!(cgroups.len(), 1);
        cgroups.release(b);
        assert_eq!(cgroups.len(), 0);
        assert_eq!(cgroups.get(a), "");
        let c = cgroups.intern(b"cpu=/a\0blkio=/b").unwrap();
        assert_ne!(a, c, "an id never comes to mean another set");
    }

    #[test]
    fn names_are_those_of_cgroup_v1() {
        let mut cgroups = Cgroups::default();
        let id = cgroups
            .intern(b"mem_cgroup=/m\0perf_event=/p\0mem=/q\0io=/r\0")
            .unwrap();
        assert_eq!(
            cgroups.get(id),
            "mem=/m\0perf_event=/p\0memory=/q\0blkio=/r"
                .replace("mem=", "memory=")
                .as_str()
        );
    }

    #[test]
    fn nonsense_is_refused_and_nothing_is_the_empty_set() {
        let mut cgroups = Cgroups::default();
        assert_eq!(cgroups.intern(b"nonsense"), None);
        assert_eq!(cgroups.intern(b""), Some(CgroupId(0)));
        cgroups.release(CgroupId(0));
        assert_eq!(cgroups.len(), 0);
    }
}
