//! Alerts on disk that could not be delivered yet: in order, bounded, and whole after any end of
//! the process.
//!
//! A spool is a folder: `lock`, which keeps other processes out; `cursor`, which tells how far
//! delivery has come ([`cursor`]); files of records with checksums ([`segment`]), deleted when
//! everything in them is delivered; `rejected.jsonl`, what a receiver refused for good
//! ([`rejected`]).
//!
//! What is promised. A record is written before it is counted as spooled, so a process that is
//! killed at any moment loses none. Before an attempt to deliver begins, the cursor says so, and
//! after it, whether it succeeded: what lies between is sent again, marked as possibly delivered
//! before, and nothing else is sent twice. After a crash of the *machine* the last moments may be
//! missing, up to a second with [`Sync::Second`]; what is found then is marked as a whole, because
//! the cursor may be old.

mod cursor;
pub(crate) mod rejected;
pub(crate) mod segment;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::fs::{FlockOperation, flock};

use self::cursor::{Cursor, Progress};
use self::rejected::Rejected;
use crate::queue::{Item, Portion};

/// How a spool is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolSettings {
    /// Its folder; created, for its owner only, if it is not there.
    pub dir: PathBuf,
    /// Bytes that its files may take; what does not fit any more is dropped and counted.
    pub max_bytes: u64,
    /// Older alerts are not delivered any more; they are counted.
    pub max_age: Duration,
    /// When what was written is forced to the disk.
    pub sync: Sync,
}

/// When what was written to a spool is forced to the disk. It matters only if the machine itself
/// goes down: the end of the process, by whatever signal, loses nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// When the kernel sees fit.
    Never,
    /// Once a second, and when a file is full.
    Second,
    /// Each time before alerts count as spooled.
    Always,
}

/// Why a spool cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpoolError {
    /// Something about its files failed.
    #[error("the spool {}: {what}: {error}", dir.display())]
    Io {
        /// Its folder.
        dir: PathBuf,
        /// What was being done.
        what: &'static str,
        /// How it failed.
        error: io::Error,
    },
    /// Another process has it.
    #[error("the spool {} is used by another process", dir.display())]
    Locked {
        /// Its folder.
        dir: PathBuf,
    },
    /// It is as large as it may be.
    #[error("the spool {} is full: it has {max_bytes} bytes, as many as it may have", dir.display())]
    Full {
        /// Its folder.
        dir: PathBuf,
        /// The limit.
        max_bytes: u64,
    },
}

/// A place between two records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    /// The number of the file.
    pub(crate) segment: u64,
    /// Bytes from its beginning.
    pub(crate) offset: u64,
}

/// What was found when a spool was opened, and what was left out since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Losses {
    /// Alerts that were too old.
    pub(crate) expired: u64,
    /// Records that cannot be read back; a torn end counts as one.
    pub(crate) damaged: u64,
}

struct Segment {
    number: u64,
    run: u64,
    path: PathBuf,
    /// Bytes up to the end of the last whole record.
    len: u64,
}

/// A spool, open. Used by the threads of one channel, one at a time.
pub(crate) struct Spool {
    settings: SpoolSettings,
    run: u64,
    /// Holds the lock as long as it is open.
    _lock: File,
    cursor: Cursor,
    progress: Progress,
    segments: VecDeque<Segment>,
    /// The last segment, if it is still written to.
    writer: Option<File>,
    /// Where reading goes on, and the file there if it is open.
    read: Position,
    reader: Option<(u64, File)>,
    /// Alerts that are not delivered.
    depth: u64,
    losses: Losses,
    unsynced: bool,
    synced: Instant,
    pub(crate) rejected: Rejected,
}

/// CRC-32.
fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX))
}

/// Identifies the boot of the machine: `/proc/sys/kernel/random/boot_id`, without its dashes.
fn boot() -> [u8; 16] {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let mut boot = [0; 16];
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    for (byte, pair) in boot.iter_mut().zip(digits.chunks(2)) {
        let pair = std::str::from_utf8(pair).unwrap_or_default();
        *byte = u8::from_str_radix(pair, 16).unwrap_or_default();
    }
    boot
}

impl Spool {
    /// Opens a spool, and finds what earlier runs left in it.
    pub(crate) fn open(settings: SpoolSettings, run: u64) -> Result<Spool, SpoolError> {
        let failed = |what| {
            let dir = settings.dir.clone();
            move |error| SpoolError::Io { dir, what, error }
        };
        let dir = &settings.dir;
        let mut builder = DirBuilder::new();
        builder
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(failed("creating it"))?;
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(dir.join("lock"))
            .map_err(failed("opening its lock"))?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Err(SpoolError::Locked { dir: dir.clone() });
        }
        let (cursor, found) =
            Cursor::open(&dir.join("cursor")).map_err(failed("opening its cursor"))?;
        let mut spool = Spool {
            run,
            _lock: lock,
            cursor,
            progress: found.unwrap_or_default(),
            segments: VecDeque::new(),
            writer: None,
            read: Position::default(),
            reader: None,
            depth: 0,
            losses: Losses::default(),
            unsynced: false,
            synced: Instant::now(),
            rejected: Rejected::new(dir.join("rejected.jsonl"), settings.max_bytes / 4),
            settings: settings.clone(),
        };
        spool.scan().map_err(failed("reading it"))?;
        let boot = boot();
        let sure = found.is_some_and(|p| p.clean || p.boot == boot);
        if !sure {
            spool.progress.attempted = spool.end();
        }
        spool.progress.boot = boot;
        spool.progress.clean = false;
        spool.read = spool.progress.acked;
        spool.persist().map_err(failed("writing its cursor"))?;
        spool.remove_delivered();
        Ok(spool)
    }

    /// Finds the files, and how much of each is whole.
    fn scan(&mut self) -> io::Result<()> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.settings.dir)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|n| n.to_str());
            let number = name
                .and_then(|n| n.strip_suffix(".spool"))
                .and_then(|n| u64::from_str_radix(n, 16).ok());
            found.extend(number.map(|n| (n, path)));
        }
        found.sort();
        for (number, path) in found {
            let acked = self.progress.acked;
            let file = File::open(&path)?;
            let len = file.metadata()?.len();
            let Some(run) = segment::run_of(&file) else {
                // Without a head nothing in it can be relied on. One that is too short for a head
                // was begun and never had a record.
                self.losses.damaged += u64::from(len >= segment::HEAD);
                match len >= segment::HEAD {
                    true => fs::rename(&path, path.with_extension("damaged"))?,
                    false => fs::remove_file(&path)?,
                }
                continue;
            };
            if number < acked.segment {
                fs::remove_file(&path)?;
                continue;
            }
            let mut offset = segment::HEAD;
            while offset < len {
                let head = segment::record_head(&file, offset);
                let end = head.map(|h| offset + segment::RECORD + h.len);
                let Some(end) = end.filter(|end| *end <= len) else {
                    self.losses.damaged += 1;
                    break;
                };
                let delivered = number == acked.segment && end <= acked.offset;
                self.depth += u64::from(!delivered);
                offset = end;
            }
            self.segments.push_back(Segment {
                number,
                run,
                path,
                len: offset,
            });
        }
        if let Some(first) = self.segments.front()
            && first.number > self.progress.acked.segment
        {
            self.progress.acked = Position {
                segment: first.number,
                offset: segment::HEAD,
            };
        }
        Ok(())
    }

    fn persist(&mut self) -> io::Result<()> {
        self.cursor.write(&self.progress)
    }

    /// The end of what was written.
    fn end(&self) -> Position {
        match self.segments.back() {
            None => self.progress.acked,
            Some(last) => Position {
                segment: last.number,
                offset: last.len,
            },
        }
    }

    /// Alerts that are not delivered.
    pub(crate) fn depth(&self) -> u64 {
        self.depth
    }

    /// Bytes of the files.
    pub(crate) fn bytes(&self) -> u64 {
        self.segments.iter().map(|s| s.len).sum()
    }

    /// What was left out since the last call.
    pub(crate) fn take_losses(&mut self) -> Losses {
        std::mem::take(&mut self.losses)
    }

    /// Writes alerts behind all others. The position behind each that was written; fewer than
    /// there are if the error says why.
    pub(crate) fn append(&mut self, items: &[Item]) -> (Vec<Position>, Option<SpoolError>) {
        let mut ends = Vec::with_capacity(items.len());
        let mut rest = items;
        let mut share = rest.len();
        while !rest.is_empty() {
            match self.append_some(&rest[..share.min(rest.len())]) {
                Ok(written) => {
                    rest = &rest[written.len()..];
                    ends.extend(written);
                }
                // Perhaps there is room for fewer.
                Err(SpoolError::Io { .. }) if share > 1 => share = share.div_ceil(2),
                Err(error) => return (ends, Some(error)),
            }
        }
        (ends, None)
    }

    /// Writes the first of these alerts, as many as fit in the current file.
    fn append_some(&mut self, items: &[Item]) -> Result<Vec<Position>, SpoolError> {
        let room = self.settings.max_bytes.saturating_sub(self.bytes());
        let most = self.segment_bytes();
        if self.segments.back().is_none_or(|s| s.len >= most) {
            self.writer = None;
        }
        let head = if self.writer.is_some() {
            0
        } else {
            segment::HEAD
        };
        let at = if self.writer.is_some() {
            self.end().offset
        } else {
            segment::HEAD
        };
        let (now, mut bytes, mut ends) = (now_ms(), Vec::new(), Vec::new());
        for item in items {
            let next = bytes.len() as u64 + segment::RECORD + item.bytes.len() as u64;
            if head + next > room || !ends.is_empty() && at + next > most {
                break;
            }
            segment::write(item, now, &mut bytes);
            ends.push(at + bytes.len() as u64);
        }
        if ends.is_empty() {
            return Err(SpoolError::Full {
                dir: self.settings.dir.clone(),
                max_bytes: self.settings.max_bytes,
            });
        }
        let failed = |what| {
            let dir = self.settings.dir.clone();
            move |error| SpoolError::Io { dir, what, error }
        };
        let failed = (
            failed("opening a file"),
            failed("writing"),
            failed("syncing"),
        );
        if self.writer.is_none() {
            self.begin_segment().map_err(failed.0)?;
        }
        let (Some(writer), Some(last)) = (&mut self.writer, self.segments.back_mut()) else {
            return Ok(Vec::new());
        };
        if let Err(error) = writer.write_all(&bytes) {
            // What was written in part is cut off; if even that fails, nothing follows it.
            if writer.set_len(last.len).is_err() {
                self.writer = None;
            }
            return Err(failed.1(error));
        }
        last.len += bytes.len() as u64;
        self.depth += ends.len() as u64;
        self.unsynced = true;
        let full = last.len >= most;
        let number = last.number;
        let sync = match self.settings.sync {
            Sync::Always => true,
            Sync::Second => full || self.synced.elapsed() >= Duration::from_secs(1),
            Sync::Never => false,
        };
        if sync {
            self.sync().map_err(failed.2)?;
        }
        let position = |offset| Position {
            segment: number,
            offset,
        };
        Ok(ends.into_iter().map(position).collect())
    }

    /// Bytes at which a file is full: small enough that a spool which is being delivered has room
    /// again soon.
    fn segment_bytes(&self) -> u64 {
        (self.settings.max_bytes / 8).clamp(4 << 10, 4 << 20)
    }

    fn begin_segment(&mut self) -> io::Result<()> {
        let last = self.segments.back().map_or(0, |s| s.number);
        let number = last.max(self.progress.acked.segment) + 1;
        let path = self.settings.dir.join(format!("{number:016x}.spool"));
        let mut file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        if let Err(error) = file.write_all(&segment::head(self.run, number)) {
            // An empty file would be in the way of the next attempt.
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        self.segments.push_back(Segment {
            number,
            run: self.run,
            path,
            len: segment::HEAD,
        });
        self.writer = Some(file);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.synced = Instant::now();
        if std::mem::take(&mut self.unsynced)
            && let Some(writer) = &self.writer
        {
            writer.sync_data()?;
            self.cursor.sync()?;
        }
        Ok(())
    }

    /// Forces what was written to the disk, if that is due.
    pub(crate) fn sync_if_due(&mut self) -> io::Result<()> {
        let due = self.settings.sync == Sync::Second
            && self.unsynced
            && self.synced.elapsed() >= Duration::from_secs(1);
        if due { self.sync() } else { Ok(()) }
    }

    /// Reads the oldest alerts that were not read yet, with the position behind each.
    pub(crate) fn read(&mut self, portion: Portion) -> Vec<(Item, Position)> {
        let mut found: Vec<(Item, Position)> = Vec::new();
        let mut bytes = 0;
        let oldest = now_ms()
            .saturating_sub(u64::try_from(self.settings.max_age.as_millis()).unwrap_or(u64::MAX));
        while found.len() < portion.items && self.next_segment() {
            let Some((number, file)) = &self.reader else {
                break;
            };
            let here = self.segments.iter().find(|s| s.number == *number);
            let run = here.map_or(0, |s| s.run);
            let offset = self.read.offset;
            let Some(head) = segment::record_head(file, offset) else {
                self.give_up_segment();
                continue;
            };
            if !found.is_empty() && bytes + head.len as usize > portion.bytes {
                break;
            }
            let alert = segment::alert(file, offset, &head, run);
            self.read.offset = offset + segment::RECORD + head.len;
            match alert {
                Ok(Some(_)) if head.written < oldest => {
                    self.losses.expired += 1;
                    self.depth = self.depth.saturating_sub(1);
                }
                Ok(Some(mut item)) => {
                    item.redelivery = self.read <= self.progress.attempted;
                    bytes += item.bytes.len();
                    found.push((item, self.read));
                }
                Ok(None) | Err(_) => {
                    self.losses.damaged += 1;
                    self.depth = self.depth.saturating_sub(1);
                }
            }
        }
        if found.is_empty() {
            // Nothing is left, or only what cannot be delivered.
            self.losses.damaged += std::mem::take(&mut self.depth);
            self.finish_to(self.end());
        }
        found
    }

    /// Opens the file in which reading goes on; whether there is something to read.
    fn next_segment(&mut self) -> bool {
        loop {
            let read = self.read;
            let after = |s: &&Segment| {
                s.number > read.segment || s.number == read.segment && s.len > read.offset
            };
            let Some(next) = self.segments.iter().find(after) else {
                return false;
            };
            if self.reader.as_ref().is_some_and(|(n, _)| *n == next.number) {
                return true;
            }
            let number = next.number;
            match File::open(&next.path) {
                Ok(file) => self.reader = Some((number, file)),
                Err(_) => {
                    self.read = Position {
                        segment: number,
                        offset: segment::HEAD,
                    };
                    self.give_up_segment();
                    continue;
                }
            }
            if number > self.read.segment {
                self.read = Position {
                    segment: number,
                    offset: segment::HEAD,
                };
            }
            self.read.offset = self.read.offset.max(segment::HEAD);
            return true;
        }
    }

    /// The rest of the file in which reading is cannot be read: it is left out.
    fn give_up_segment(&mut self) {
        let at = self.read.segment;
        if let Some(here) = self.segments.iter_mut().find(|s| s.number == at) {
            here.len = self.read.offset;
        }
        if self.segments.back().is_some_and(|s| s.number == at) {
            self.writer = None;
        }
        self.reader = None;
        let before = self.depth;
        self.recount();
        self.losses.damaged += before.saturating_sub(self.depth);
    }

    /// Counts again what is not delivered, after a file became shorter than it was.
    fn recount(&mut self) {
        let acked = self.progress.acked;
        self.depth = 0;
        for here in self.segments.iter().filter(|s| s.number >= acked.segment) {
            let Ok(file) = File::open(&here.path) else {
                continue;
            };
            let mut offset = segment::HEAD;
            while offset < here.len {
                let Some(head) = segment::record_head(&file, offset) else {
                    break;
                };
                offset += segment::RECORD + head.len;
                let delivered = here.number == acked.segment && offset <= acked.offset;
                self.depth += u64::from(!delivered);
            }
        }
    }

    /// An attempt to deliver everything up to here begins.
    pub(crate) fn attempt(&mut self, to: Position) -> io::Result<()> {
        if to <= self.progress.attempted {
            return Ok(());
        }
        self.progress.attempted = to;
        self.persist()
    }

    /// The attempt failed, and for certain: what is behind `known` was not delivered.
    pub(crate) fn refused(&mut self, known: Position) -> io::Result<()> {
        self.progress.attempted = known.max(self.progress.acked);
        self.persist()
    }

    /// Everything up to here is dealt with: `count` alerts.
    pub(crate) fn ack(&mut self, to: Position, count: u64) -> io::Result<()> {
        self.depth = self.depth.saturating_sub(count);
        let to = if self.depth == 0 { self.end() } else { to };
        self.progress.acked = to;
        self.progress.attempted = self.progress.attempted.max(to);
        let written = self.persist();
        self.remove_delivered();
        written
    }

    /// Nothing up to here is left to deliver.
    fn finish_to(&mut self, to: Position) {
        if to > self.progress.acked {
            self.progress.acked = to;
            self.progress.attempted = self.progress.attempted.max(to);
            // If it is not remembered, the next run leaves the same out again.
            let _ = self.persist();
        }
        self.remove_delivered();
    }

    fn remove_delivered(&mut self) {
        let acked = self.progress.acked;
        while let Some(first) = self.segments.front() {
            let delivered = first.number < acked.segment
                || first.number == acked.segment && acked.offset >= first.len;
            let written_to = self.segments.len() == 1 && self.writer.is_some();
            // The last file goes on being written to while the spool is in use; but one that is
            // worth deleting, and with nothing else in the spool, goes too.
            if !delivered || written_to && self.depth > 0 {
                break;
            }
            // One that cannot be deleted now is when the spool is opened again.
            let _ = fs::remove_file(&first.path);
            if self
                .reader
                .as_ref()
                .is_some_and(|(n, _)| *n == first.number)
            {
                self.reader = None;
            }
            if written_to {
                self.writer = None;
                self.unsynced = false;
            }
            self.segments.pop_front();
        }
    }

    /// Has reading go on behind what was just written, because it is known.
    pub(crate) fn skip_to(&mut self, to: Position) {
        self.read = self.read.max(to);
    }

    /// The error of a file of this spool.
    pub(crate) fn failed(&self, what: &'static str, error: io::Error) -> SpoolError {
        let dir = self.settings.dir.clone();
        SpoolError::Io { dir, what, error }
    }

    /// Leaves the spool at the end of a run.
    pub(crate) fn close(mut self) -> io::Result<()> {
        self.progress.clean = true;
        self.persist()?;
        self.sync()?;
        self.cursor.sync()
    }
}
