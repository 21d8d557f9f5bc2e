//! How far the delivery of a spool has come, in a file.
//!
//! Two slots are written in turn, each with a checksum and a number that grows: whatever moment
//! the writing is cut off at, one of them is whole. Little-endian.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use super::{Position, checksum};

/// What is remembered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Alerts up to here are delivered.
    pub(super) acked: Position,
    /// Alerts up to here may be: an attempt to deliver them began.
    pub(super) attempted: Position,
    /// It was written at the end of a run, and reached the disk.
    pub(super) clean: bool,
    /// The boot of the machine in which it was written.
    pub(super) boot: [u8; 16],
}

/// The file.
pub(super) struct Cursor {
    file: File,
    generation: u64,
}

const MAGIC: [u8; 4] = *b"LSC1";
const SLOT: usize = 80;
/// Slots are in different sectors, so that writing one cannot tear the other.
const APART: u64 = 512;

impl Cursor {
    /// Opens the file; the progress is `None` if it says nothing that can be relied on.
    pub(super) fn open(path: &Path) -> io::Result<(Cursor, Option<Progress>)> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
        let slots = [read(&file, 0), read(&file, 1)];
        let newest = slots.into_iter().flatten().max_by_key(|(g, _)| *g);
        if newest.is_none() {
            // Takes the space now, so that a full disk does not stop it later.
            file.write_all_at(&[0; (APART * 2) as usize], 0)?;
        }
        let generation = newest.map_or(0, |(g, _)| g);
        Ok((Cursor { file, generation }, newest.map(|(_, p)| p)))
    }

    /// Writes the progress.
    pub(super) fn write(&mut self, progress: &Progress) -> io::Result<()> {
        self.generation += 1;
        let mut slot = Vec::with_capacity(SLOT);
        slot.extend_from_slice(&MAGIC);
        slot.extend_from_slice(&u32::from(progress.clean).to_le_bytes());
        slot.extend_from_slice(&self.generation.to_le_bytes());
        for position in [progress.acked, progress.attempted] {
            slot.extend_from_slice(&position.segment.to_le_bytes());
            slot.extend_from_slice(&position.offset.to_le_bytes());
        }
        slot.extend_from_slice(&progress.boot);
        let sum = checksum(&slot);
        slot.extend_from_slice(&sum.to_le_bytes());
        slot.resize(SLOT, 0);
        self.file.write_all_at(&slot, self.generation % 2 * APART)
    }

    /// Has it reach the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

fn read(file: &File, index: u64) -> Option<(u64, Progress)> {
    let mut slot = [0; SLOT];
    file.read_exact_at(&mut slot, index * APART).ok()?;
    let number = |at: usize| {
        let bytes = slot[at..at + 8].try_into().unwrap_or_default();
        u64::from_le_bytes(bytes)
    };
    let position = |at: usize| Position {
        segment: number(at),
        offset: number(at + 8),
    };
    let sum = u32::from_le_bytes(slot[64..68].try_into().ok()?);
    if slot[..4] != MAGIC || sum != checksum(&slot[..64]) {
        return None;
    }
    let progress = Progress {
        clean: slot[4] != 0,
        acked: position(16),
        attempted: position(32),
        boot: slot[48..64].try_into().ok()?,
    };
    Some((number(8), progress))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_slot_leaves_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cursor");
        let at = |offset| Progress {
            acked: Position { segment: 7, offset },
            attempted: Position {
                segment: 8,
                offset: 99,
            },
            clean: true,
            boot: [3; 16],
        };
        let (mut cursor, found) = Cursor::open(&path).unwrap();
        assert_eq!(found, None);
        for offset in 1..=5 {
            cursor.write(&at(offset)).unwrap();
        }
        assert_eq!(Cursor::open(&path).unwrap().1, Some(at(5)));
        // Generation 5 is in the second slot.
        cursor.file.write_all_at(&[0xff; 40], APART + 20).unwrap();
        assert_eq!(Cursor::open(&path).unwrap().1, Some(at(4)));
        cursor.file.write_all_at(&[0xff; 40], 20).unwrap();
        assert_eq!(Cursor::open(&path).unwrap().1, None);
    }
}
