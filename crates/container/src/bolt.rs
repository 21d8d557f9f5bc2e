//! Reads single values from a bbolt database while its owner writes to it.
//!
//! Facts (bbolt's `page.go`, `bucket.go`, `meta.go`): pages of a fixed size form a B+ tree per
//! bucket; a page begins with id, flags, number of elements and number of overflow pages. A value
//! that is itself a bucket holds the number of its root page, or 0 and the page itself. Two meta
//! pages take turns; that with a good checksum and the higher transaction id is valid. Pages are
//! never changed in place, but those that became free are used again by later transactions: a read
//! counts only if no transaction ended meanwhile.

use std::fs::File;
use std::os::unix::fs::FileExt;

/// Bytes before the elements of a page, and of each element.
const HEADER: usize = 16;
const LEAF: u16 = 2;
const BRANCH: u16 = 1;
const MAGIC: u32 = 0xED0C_DAED;
const VERSION: u32 = 2;
/// Bytes of a meta page that its checksum covers.
const SUMMED: usize = 56;
/// Largest page with its overflow that is read.
const MAX_PAGE: u64 = 4 << 20;
/// Deepest tree; a real one has three or four levels.
const MAX_DEPTH: usize = 16;

/// An open database.
pub(crate) struct Bolt {
    file: File,
    page_size: u64,
    root: u64,
    transaction: u64,
}

/// Where a bucket's tree begins.
enum Bucket {
    Root(u64),
    Inline(Vec<u8>),
}

impl Bolt {
    /// Finds the valid meta page.
    pub(crate) fn open(file: File) -> Option<Bolt> {
        let first = Meta::read(&file, 0);
        let page_size = first.as_ref().map_or(4096, |meta| meta.page_size);
        let second = Meta::read(&file, page_size);
        let meta = [first, second]
            .into_iter()
            .flatten()
            .max_by_key(|meta| meta.transaction)?;
        Some(Bolt {
            file,
            page_size: meta.page_size,
            root: meta.root,
            transaction: meta.transaction,
        })
    }

    /// Whether what was read since [`Bolt::open`] is what one transaction left.
    pub(crate) fn undisturbed(&self) -> bool {
        let metas = [
            Meta::read(&self.file, 0),
            Meta::read(&self.file, self.page_size),
        ];
        metas.iter().flatten().map(|meta| meta.transaction).max() == Some(self.transaction)
    }

    /// The value at a path of keys; all but the last are buckets.
    pub(crate) fn value(&self, path: &[&str]) -> Option<Vec<u8>> {
        let (key, buckets) = path.split_last()?;
        match self.find(&self.bucket(buckets)?, key.as_bytes())? {
            (false, value) => Some(value),
            (true, _) => None,
        }
    }

    /// All keys with values, not buckets, of the bucket at a path.
    pub(crate) fn values(&self, path: &[&str]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut out = Vec::new();
        if let Some(bucket) = self.bucket(path) {
            self.collect(&bucket, MAX_DEPTH, &mut out);
        }
        out
    }

    fn bucket(&self, path: &[&str]) -> Option<Bucket> {
        let mut bucket = Bucket::Root(self.root);
        for key in path {
            let (is_bucket, value) = self.find(&bucket, key.as_bytes())?;
            bucket = is_bucket.then(|| Bucket::new(&value))??;
        }
        Some(bucket)
    }

    /// The value of a key and whether it is a bucket.
    fn find(&self, bucket: &Bucket, key: &[u8]) -> Option<(bool, Vec<u8>)> {
        let mut page = self.first_page(bucket)?;
        for _ in 0..MAX_DEPTH {
            match page.flags {
                LEAF => {
                    let (flags, _, value) = page.leaves().find(|(_, k, _)| *k == key)?;
                    return Some((flags & 1 != 0, value.to_vec()));
                }
                BRANCH => {
                    // The last child that does not begin behind the key; before all, the first.
                    let mut children = page.branches();
                    let (_, mut child) = children.next()?;
                    for (first, next) in children {
                        if first > key {
                            break;
                        }
                        child = next;
                    }
                    page = self.page(child)?;
                }
                _ => return None,
            }
        }
        None
    }

    fn collect(&self, bucket: &Bucket, depth: usize, out: &mut Vec<(Vec<u8>, Vec<u8>)>) {
        let (Some(page), Some(depth)) = (self.first_page(bucket), depth.checked_sub(1)) else {
            return;
        };
        for (flags, key, value) in page.leaves() {
            if flags & 1 == 0 {
                out.push((key.to_vec(), value.to_vec()));
            }
        }
        if page.flags == BRANCH {
            for (_, child) in page.branches() {
                self.collect(&Bucket::Root(child), depth, out);
            }
        }
    }

    fn first_page(&self, bucket: &Bucket) -> Option<Page> {
        match bucket {
            Bucket::Root(id) => self.page(*id),
            Bucket::Inline(bytes) => Page::new(bytes.clone()),
        }
    }

    fn page(&self, id: u64) -> Option<Page> {
        let at = id.checked_mul(self.page_size)?;
        let mut header = [0; HEADER];
        self.file.read_exact_at(&mut header, at).ok()?;
        let overflow = u64::from(u32_at(&header, 12)?);
        let size = (overflow + 1)
            .checked_mul(self.page_size)
            .filter(|size| *size <= MAX_PAGE)?;
        let mut bytes = vec![0; size as usize];
        self.file.read_exact_at(&mut bytes, at).ok()?;
        Page::new(bytes)
    }
}

impl Bucket {
    fn new(value: &[u8]) -> Option<Bucket> {
        Some(match u64_at(value, 0)? {
            0 => Bucket::Inline(value.get(16..)?.to_vec()),
            root => Bucket::Root(root),
        })
    }
}

struct Page {
    flags: u16,
    count: usize,
    bytes: Vec<u8>,
}

impl Page {
    fn new(bytes: Vec<u8>) -> Option<Page> {
        let pair = bytes.get(8..12)?;
        Some(Page {
            flags: u16::from_le_bytes([pair[0], pair[1]]),
            count: usize::from(u16::from_le_bytes([pair[2], pair[3]])),
            bytes,
        })
    }

    /// Flags, key and value of each element of a leaf.
    fn leaves(&self) -> impl Iterator<Item = (u32, &[u8], &[u8])> {
        let count = if self.flags == LEAF { self.count } else { 0 };
        (0..count).map_while(|index| {
            let element = self.bytes.get(HEADER * (index + 1)..)?;
            let key_at = u32_at(element, 4)? as usize;
            let value_at = key_at.checked_add(u32_at(element, 8)? as usize)?;
            let end = value_at.checked_add(u32_at(element, 12)? as usize)?;
            let (key, value) = (element.get(key_at..value_at)?, element.get(value_at..end)?);
            Some((u32_at(element, 0)?, key, value))
        })
    }

    /// First key and page of each child of a branch.
    fn branches(&self) -> impl Iterator<Item = (&[u8], u64)> {
        (0..self.count).map_while(|index| {
            let element = self.bytes.get(HEADER * (index + 1)..)?;
            let at = u32_at(element, 0)? as usize;
            let end = at.checked_add(u32_at(element, 4)? as usize)?;
            Some((element.get(at..end)?, u64_at(element, 8)?))
        })
    }
}

struct Meta {
    page_size: u64,
    root: u64,
    transaction: u64,
}

impl Meta {
    fn read(file: &File, at: u64) -> Option<Meta> {
        let mut page = [0; HEADER + SUMMED + 8];
        file.read_exact_at(&mut page, at).ok()?;
        let meta = &page[HEADER..];
        let page_size = u32_at(meta, 8)?;
        let good = u32_at(meta, 0)? == MAGIC
            && u32_at(meta, 4)? == VERSION
            && u64_at(meta, SUMMED)? == fnv1a(&meta[..SUMMED])
            && page_size.is_power_of_two()
            && u64::from(page_size) <= MAX_PAGE;
        good.then_some(Meta {
            page_size: page_size.into(),
            root: u64_at(meta, 16)?,
            transaction: u64_at(meta, 48)?,
        })
    }
}

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let (chunk, _) = bytes.get(at..)?.split_first_chunk::<4>()?;
    Some(u32::from_le_bytes(*chunk))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let (chunk, _) = bytes.get(at..)?.split_first_chunk::<8>()?;
    Some(u64::from_le_bytes(*chunk))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write as _;

    use super::*;

    const SIZE: usize = 4096;

    /// A page of these elements: (flags, key, value) of a leaf.
    pub(crate) fn leaf(elements: &[(u32, &str, Vec<u8>)]) -> Vec<u8> {
        let mut page = vec![0; HEADER];
        page[8..10].copy_from_slice(&LEAF.to_le_bytes());
        page[10..12].copy_from_slice(&(elements.len() as u16).to_le_bytes());
        let mut data = Vec::new();
        for (index, (flags, key, value)) in elements.iter().enumerate() {
            let at = HEADER * (elements.len() - index) + data.len();
            for number in [*flags, at as u32, key.len() as u32, value.len() as u32] {
                page.extend_from_slice(&number.to_le_bytes());
            }
            data.extend_from_slice(key.as_bytes());
            data.extend_from_slice(value);
        }
        page.extend_from_slice(&data);
        page
    }

    fn branch(children: &[(&str, u64)]) -> Vec<u8> {
        let mut page = vec![0; HEADER];
        page[8..10].copy_from_slice(&BRANCH.to_le_bytes());
        page[10..12].copy_from_slice(&(children.len() as u16).to_le_bytes());
        let mut data = Vec::new();
        for (index, (key, child)) in children.iter().enumerate() {
            let at = HEADER * (children.len() - index) + data.len();
            page.extend_from_slice(&(at as u32).to_le_bytes());
            page.extend_from_slice(&(key.len() as u32).to_le_bytes());
            page.extend_from_slice(&child.to_le_bytes());
            data.extend_from_slice(key.as_bytes());
        }
        page.extend_from_slice(&data);
        page
    }

    /// A bucket whose page lies in its value.
    pub(crate) fn inline(elements: &[(u32, &str, Vec<u8>)]) -> Vec<u8> {
        [vec![0; 16], leaf(elements)].concat()
    }

    fn rooted(page: u64) -> Vec<u8> {
        [page.to_le_bytes(), [0; 8]].concat()
    }

    fn meta(root: u64, transaction: u64) -> Vec<u8> {
        let mut meta = Vec::new();
        for number in [MAGIC, VERSION, SIZE as u32, 0] {
            meta.extend_from_slice(&number.to_le_bytes());
        }
        for number in [root, 0, 2, 9, transaction] {
            meta.extend_from_slice(&number.to_le_bytes());
        }
        let sum = fnv1a(&meta);
        [vec![0; HEADER], meta, sum.to_le_bytes().to_vec()].concat()
    }

    /// A database of two meta pages and these pages from number 2 on; the root is page 2.
    pub(crate) fn database(pages: &[Vec<u8>]) -> Vec<u8> {
        let mut file = Vec::new();
        for page in [meta(99, 4), meta(2, 5)].iter().chain(pages) {
            assert!(page.len() <= SIZE);
            file.extend_from_slice(page);
            file.resize(file.len().next_multiple_of(SIZE), 0);
        }
        file
    }

    fn open(bytes: &[u8]) -> Option<Bolt> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Bolt::open(file)
    }

    fn sample() -> Vec<u8> {
        let text = |t: &str| t.as_bytes().to_vec();
        database(&[
            leaf(&[
                (1, "big", rooted(3)),
                (1, "v1", inline(&[(0, "k", text("v"))])),
            ]),
            branch(&[("a", 4), ("m", 5)]),
            leaf(&[(0, "a", text("1")), (0, "l", text("2"))]),
            leaf(&[
                (0, "m", text("3")),
                (1, "z", inline(&[(0, "deep", text("4"))])),
            ]),
        ])
    }

    #[test]
    fn values_are_found_through_buckets_and_branches() {
        let bolt = open(&sample()).unwrap();
        for (path, expect) in [
            (&["v1", "k"][..], Some("v")),
            (&["big", "a"], Some("1")),
            (&["big", "l"], Some("2")),
            (&["big", "m"], Some("3")),
            (&["big", "z", "deep"], Some("4")),
            (&["big", "b"], None),
            (&["big", "z"], None),
            (&["v1", "k", "x"], None),
            (&["none"], None),
            (&[], None),
        ] {
            let got = bolt.value(path);
            assert_eq!(got.as_deref(), expect.map(str::as_bytes), "{path:?}");
        }
        assert_eq!(bolt.values(&["big"]).len(), 3);
        assert!(bolt.undisturbed());
    }

    #[test]
    fn no_damage_makes_it_panic_or_hang() {
        let good = sample();
        assert!(open(&[]).is_none());
        assert!(open(&vec![0; 3 * SIZE]).is_none());
        for at in 0..good.len() {
            for byte in [0, 0x7f, 0xff] {
                let mut bad = good.clone();
                if bad[at] == byte || at % SIZE > 200 {
                    continue;
                }
                bad[at] = byte;
                if let Some(bolt) = open(&bad) {
                    bolt.value(&["big", "z", "deep"]);
                    bolt.values(&["big"]);
                }
            }
        }
    }

    #[test]
    fn a_branch_that_leads_to_itself_ends() {
        let bolt = open(&database(&[branch(&[("a", 2), ("b", 2)])])).unwrap();
        assert_eq!(bolt.value(&["a"]), None);
    }
}
