//! The files of a spool: a head, then records, each with checksums. Little-endian.
//!
//! | head | bytes | | record | bytes |
//! |---|---|---|---|---|
//! | `LANSPOOL` | 8 | | length of the alert | 4 |
//! | version, 1 | 4 | | checksum of the alert | 4 |
//! | run | 8 | | number of the alert in its run | 8 |
//! | number of the file | 8 | | when it was written, ms since the epoch | 8 |
//! | checksum of the above | 4 | | encoding, priority, two zeros | 4 |
//! | | | | checksum of the above | 4 |
//! | | | | the alert | |
//!
//! Checksums are CRC-32 (that of gzip).

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use lanner_engine::Priority;

use super::checksum;
use crate::format::Encoding;
use crate::queue::{Id, Item};

/// Bytes of the head of a file.
pub(super) const HEAD: u64 = 32;

/// Bytes of the head of a record.
pub(super) const RECORD: u64 = 32;

const MAGIC: [u8; 8] = *b"LANSPOOL";
const VERSION: u32 = 1;

/// The syslog number of a priority: 0 for the gravest, 7.
pub(crate) fn severity(priority: Priority) -> u8 {
    priority as u8
}

/// The head of a file.
pub(super) fn head(run: u64, number: u64) -> Vec<u8> {
    let mut head = Vec::with_capacity(HEAD as usize);
    head.extend_from_slice(&MAGIC);
    head.extend_from_slice(&VERSION.to_le_bytes());
    head.extend_from_slice(&run.to_le_bytes());
    head.extend_from_slice(&number.to_le_bytes());
    let sum = checksum(&head);
    head.extend_from_slice(&sum.to_le_bytes());
    head
}

/// The run that wrote a file; `None` if its head is not whole, or of another version.
pub(super) fn run_of(file: &File) -> Option<u64> {
    let mut head = [0; HEAD as usize];
    file.read_exact_at(&mut head, 0).ok()?;
    let sum = u32::from_le_bytes(head[28..].try_into().ok()?);
    let known = head[..8] == MAGIC && head[8..12] == VERSION.to_le_bytes();
    let whole = known && sum == checksum(&head[..28]);
    whole.then(|| u64_at(&head, 12))
}

/// Appends the record of an alert.
pub(super) fn write(item: &Item, now_ms: u64, out: &mut Vec<u8>) {
    let from = out.len();
    // An alert is far below 4 GiB: the queue holds 32 MiB.
    out.extend_from_slice(&(item.bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(&checksum(&item.bytes).to_le_bytes());
    out.extend_from_slice(&item.id.seq.to_le_bytes());
    out.extend_from_slice(&now_ms.to_le_bytes());
    out.extend_from_slice(&[item.encoding.code(), severity(item.priority), 0, 0]);
    let sum = checksum(&out[from..]);
    out.extend_from_slice(&sum.to_le_bytes());
    out.extend_from_slice(&item.bytes);
}

/// The head of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordHead {
    /// Bytes of the alert.
    pub(super) len: u64,
    sum: u32,
    seq: u64,
    /// When it was written, milliseconds since the epoch.
    pub(super) written: u64,
    encoding: Option<Encoding>,
    priority: Option<Priority>,
}

/// Reads the head of the record at `offset`; `None` if it is not whole.
pub(super) fn record_head(file: &File, offset: u64) -> Option<RecordHead> {
    let mut head = [0; RECORD as usize];
    file.read_exact_at(&mut head, offset).ok()?;
    if u32_at(&head, 28) != checksum(&head[..28]) {
        return None;
    }
    Some(RecordHead {
        len: u64::from(u32_at(&head, 0)),
        sum: u32_at(&head, 4),
        seq: u64_at(&head, 8),
        written: u64_at(&head, 16),
        encoding: Encoding::by_code(head[24]),
        priority: Priority::ALL.get(usize::from(head[25])).copied(),
    })
}

/// Reads the alert of a record; `Ok(None)` if it is not what was written.
pub(super) fn alert(
    file: &File,
    offset: u64,
    head: &RecordHead,
    run: u64,
) -> io::Result<Option<Item>> {
    let mut bytes = vec![0; head.len as usize];
    file.read_exact_at(&mut bytes, offset + RECORD)?;
    let (Some(encoding), Some(priority)) = (head.encoding, head.priority) else {
        return Ok(None);
    };
    if checksum(&bytes) != head.sum {
        return Ok(None);
    }
    Ok(Some(Item {
        bytes: bytes.into(),
        encoding,
        priority,
        id: Id { run, seq: head.seq },
        redelivery: false,
    }))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap_or_default())
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap_or_default())
}
