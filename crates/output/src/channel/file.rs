//! Standard output and files: a line an alert.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use super::{Failure, Others, Stop, Transport};
use crate::host::Needs;
use crate::queue::{Item, Portion};

/// Lines that could not be passed on.
#[derive(Debug)]
struct Lost {
    /// How many of those gathered were written whole.
    whole: usize,
    /// How many were not; a line that was written in part counts.
    lines: usize,
    /// Why.
    error: io::Error,
}

/// Bytes that are gathered before they are written.
const BUFFER: usize = 64 * 1024;

/// Lines gathered for a writer that may fail at any byte.
#[derive(Default)]
struct Lines {
    bytes: Vec<u8>,
    /// Where in `bytes` each line ends.
    ends: Vec<usize>,
    /// The last write ended in the middle of a line: the next begins with a line end, so that no
    /// two lines run together.
    torn: bool,
}

impl Lines {
    fn push(&mut self, line: &[u8]) {
        if self.torn && self.bytes.is_empty() {
            self.bytes.push(b'\n');
        }
        self.bytes.extend_from_slice(line);
        self.bytes.push(b'\n');
        self.ends.push(self.bytes.len());
    }

    /// Gathers alerts; whether they are to be written now.
    fn gather(&mut self, items: &[Item], buffered: bool) -> bool {
        items.iter().for_each(|item| self.push(&item.line()));
        !buffered || self.bytes.len() >= BUFFER
    }

    fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Forgets everything gathered, for this reason.
    fn give_up(&mut self, written: usize, error: io::Error) -> Lost {
        let whole = self.ends.partition_point(|end| *end <= written);
        let lost = Lost {
            whole,
            lines: self.ends.len() - whole,
            error,
        };
        if written > 0 {
            self.torn = self.bytes.get(written - 1) != Some(&b'\n');
        }
        self.bytes.clear();
        self.ends.clear();
        lost
    }

    /// Writes everything gathered. After an error, nothing is left either.
    fn write_to(&mut self, to: &mut impl Write) -> Result<(), Lost> {
        let mut written = 0;
        while written < self.bytes.len() {
            match to.write(&self.bytes[written..]) {
                Ok(0) => return Err(self.give_up(written, io::ErrorKind::WriteZero.into())),
                Ok(n) => written += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(self.give_up(written, e)),
            }
        }
        if written > 0 {
            self.torn = false;
        }
        self.bytes.clear();
        self.ends.clear();
        Ok(())
    }
}

/// How many alerts are taken at once: as many as fill the buffer, or are there.
const PORTION: Portion = Portion {
    items: 1024,
    bytes: BUFFER,
};

/// Standard output.
pub(super) struct Stdout {
    out: fs::File,
    lines: Lines,
    buffered: bool,
}

impl Stdout {
    /// Writes to a duplicate of standard output.
    pub(super) fn new(buffered: bool) -> io::Result<Stdout> {
        let out = io::stdout().as_fd().try_clone_to_owned()?;
        Ok(Stdout {
            out: fs::File::from(out),
            lines: Lines::default(),
            buffered,
        })
    }
}

impl Transport for Stdout {
    fn portion(&self) -> Portion {
        PORTION
    }

    fn send(&mut self, items: &[Item], _: &Stop) -> Result<(), Failure> {
        match self.lines.gather(items, self.buffered) {
            true => self.flush(),
            false => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.lines.write_to(&mut self.out).map_err(|lost| Failure {
            delivered: 0,
            others: Others::Lost {
                count: lost.lines,
                closed: lost.error.kind() == io::ErrorKind::BrokenPipe,
            },
            error: lost.error.to_string(),
        })
    }
}

/// A file that lines are appended to.
pub(super) struct File {
    path: PathBuf,
    keep_open: bool,
    buffered: bool,
    retry: bool,
    file: Option<fs::File>,
    lines: Lines,
}

impl File {
    /// Appends to `path`, which is opened at once to say early what is wrong.
    pub(super) fn open(
        path: &Path,
        keep_open: bool,
        buffered: bool,
        retry: bool,
    ) -> io::Result<File> {
        let mut file = File {
            path: path.to_owned(),
            keep_open,
            // What may have to be sent again cannot be taken as delivered before it is.
            buffered: buffered && !retry,
            retry,
            file: None,
            lines: Lines::default(),
        };
        file.file = Some(file.append()?);
        Ok(file)
    }

    fn append(&self) -> io::Result<fs::File> {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.path);
        file.map_err(|e| {
            let path = self.path.display();
            io::Error::new(e.kind(), format!("failed to open output file {path}: {e}"))
        })
    }

    fn write(&mut self) -> Result<(), Lost> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let mut file = match self.file.take() {
            Some(file) => file,
            None => match self.append() {
                Ok(file) => file,
                Err(e) => return Err(self.lines.give_up(0, e)),
            },
        };
        let result = self.lines.write_to(&mut file);
        if self.keep_open {
            self.file = Some(file);
        }
        result
    }
}

impl Transport for File {
    fn portion(&self) -> Portion {
        PORTION
    }

    fn needs(&self) -> Needs {
        Needs::Everything
    }

    fn send(&mut self, items: &[Item], _: &Stop) -> Result<(), Failure> {
        match self.lines.gather(items, self.buffered) {
            true => self.flush(),
            false => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.write().map_err(|lost| Failure {
            delivered: if self.retry { lost.whole } else { 0 },
            others: match self.retry {
                true => Others::Untaken { after: None },
                false => Others::Lost {
                    count: lost.lines,
                    closed: false,
                },
            },
            error: lost.error.to_string(),
        })
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.file = None;
        self.file = Some(self.append()?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Accepts `room` bytes, then fails.
    struct Disk {
        room: usize,
        held: Vec<u8>,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let n = bytes.len().min(self.room);
            self.room -= n;
            self.held.extend_from_slice(&bytes[..n]);
            Ok(n)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[track_caller]
    fn check(room: usize, expect_lost: usize, expect_held: &str) {
        let mut disk = Disk {
            room,
            held: Vec::new(),
        };
        let mut lines = Lines::default();
        for line in ["one", "two", "three"] {
            lines.push(line.as_bytes());
        }
        let lost = lines.write_to(&mut disk).err().map_or(0, |l| l.lines);
        assert_eq!(lost, expect_lost);
        disk.room = usize::MAX;
        lines.push(b"four");
        lines.write_to(&mut disk).unwrap();
        assert_eq!(String::from_utf8(disk.held).unwrap(), expect_held);
    }

    #[test]
    fn a_full_disk_loses_whole_lines_which_are_counted_and_never_runs_two_together() {
        check(usize::MAX, 0, "one\ntwo\nthree\nfour\n");
        check(0, 3, "four\n");
        check(2, 3, "on\nfour\n");
        check(4, 2, "one\nfour\n");
        check(7, 2, "one\ntwo\nfour\n");
        check(9, 1, "one\ntwo\nt\nfour\n");
    }

    fn send(file: &mut File, line: &str) {
        file.send(&[Item::of(line)], &Stop::default()).unwrap();
    }

    #[test]
    fn lines_wait_for_each_other_only_if_they_may() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alerts");
        let held = || fs::read(&path).unwrap().len();
        let mut file = File::open(&path, true, false, false).unwrap();
        send(&mut file, "a");
        assert_eq!(held(), 2);
        let mut file = File::open(&path, true, true, false).unwrap();
        send(&mut file, "b");
        assert_eq!(held(), 2);
        send(&mut file, &"c".repeat(BUFFER));
        assert_eq!(held(), 4 + BUFFER + 1);
        send(&mut file, "d");
        file.flush().unwrap();
        assert_eq!(held(), 4 + BUFFER + 1 + 2);
        // What may have to be sent again is not taken as delivered before it is.
        let mut file = File::open(&path, true, true, true).unwrap();
        send(&mut file, "e");
        assert_eq!(held(), 4 + BUFFER + 1 + 4);
    }

    #[test]
    fn a_file_that_is_moved_away_is_created_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alerts");
        let mut file = File::open(&path, false, false, false).unwrap();
        send(&mut file, "a");
        fs::rename(&path, dir.path().join("old")).unwrap();
        send(&mut file, "b");
        assert_eq!(fs::read(&path).unwrap(), b"b\n");
    }

    #[test]
    fn a_file_that_is_kept_open_follows_the_name_only_when_reopened() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alerts");
        let mut file = File::open(&path, true, false, false).unwrap();
        fs::rename(&path, dir.path().join("old")).unwrap();
        send(&mut file, "a");
        assert!(!path.exists());
        file.reopen().unwrap();
        send(&mut file, "b");
        assert_eq!(fs::read(dir.path().join("old")).unwrap(), b"a\n");
        assert_eq!(fs::read(&path).unwrap(), b"b\n");
    }

    #[test]
    fn a_line_that_may_have_been_written_before_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alerts");
        let mut file = File::open(&path, true, false, true).unwrap();
        let again = Item {
            redelivery: true,
            ..Item::of("a")
        };
        file.send(&[again], &Stop::default()).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("a (redelivery "), "{text}");
    }
}
