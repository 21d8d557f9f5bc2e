//! Where lines go.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

/// A place where lines go. Called by the worker thread only.
pub trait Channel: Send {
    /// Its name in messages (`stdout`, `file`).
    fn name(&self) -> &'static str;

    /// Takes one line, without its end; it may be passed on later.
    fn write(&mut self, line: &[u8]) -> Result<(), Lost>;

    /// Passes on what it has taken.
    fn flush(&mut self) -> Result<(), Lost>;

    /// Closes and opens it again, as after the rotation of a log file.
    fn reopen(&mut self) -> io::Result<()>;
}

/// Lines that could not be passed on.
#[derive(Debug)]
pub struct Lost {
    /// How many; a line that was written in part counts.
    pub lines: u64,
    /// Why.
    pub error: io::Error,
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

    fn is_full(&self) -> bool {
        self.bytes.len() >= BUFFER
    }

    /// Forgets everything gathered, for this reason.
    fn give_up(&mut self, written: usize, error: io::Error) -> Lost {
        let whole = self.ends.partition_point(|end| *end <= written);
        let lost = Lost {
            lines: (self.ends.len() - whole) as u64,
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

/// Standard output.
pub struct Stdout {
    out: fs::File,
    lines: Lines,
}

impl Stdout {
    /// Writes to `out`, a duplicate of standard output.
    pub fn new(out: fs::File) -> Stdout {
        Stdout {
            out,
            lines: Lines::default(),
        }
    }
}

impl Channel for Stdout {
    fn name(&self) -> &'static str {
        "stdout"
    }

    fn write(&mut self, line: &[u8]) -> Result<(), Lost> {
        self.lines.push(line);
        if self.lines.is_full() {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Lost> {
        self.lines.write_to(&mut self.out)
    }

    fn reopen(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that lines are appended to.
pub struct File {
    path: PathBuf,
    keep_open: bool,
    file: Option<fs::File>,
    lines: Lines,
}

impl File {
    /// Appends to `path`, which is opened at once to say early what is wrong. `keep_open` keeps
    /// it so; otherwise it is opened anew each time lines are passed on, so that a file that was
    /// moved away is created again.
    pub fn open(path: PathBuf, keep_open: bool) -> io::Result<File> {
        let mut file = File {
            path,
            keep_open,
            file: None,
            lines: Lines::default(),
        };
        file.file = Some(file.append()?);
        Ok(file)
    }

    fn append(&self) -> io::Result<fs::File> {
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.path)
    }
}

impl Channel for File {
    fn name(&self) -> &'static str {
        "file"
    }

    fn write(&mut self, line: &[u8]) -> Result<(), Lost> {
        self.lines.push(line);
        if self.lines.is_full() {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Lost> {
        if self.lines.bytes.is_empty() {
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
    fn check(room: usize, expect_lost: u64, expect_held: &str) {
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

    #[test]
    fn a_file_that_is_moved_away_is_created_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alerts");
        let mut file = File::open(path.clone(), false).unwrap();
        file.write(b"a").unwrap();
        file.flush().unwrap();
        fs::rename(&path, dir.path().join("old")).unwrap();
        file.write(b"b").unwrap();
        file.flush().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"b\n");
    }

    #[test]
    fn a_file_that_is_kept_open_follows_the_name_only_when_reopened() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alerts");
        let mut file = File::open(path.clone(), true).unwrap();
        fs::rename(&path, dir.path().join("old")).unwrap();
        file.write(b"a").unwrap();
        file.flush().unwrap();
        assert!(!path.exists());
        file.reopen().unwrap();
        file.write(b"b").unwrap();
        file.flush().unwrap();
        assert_eq!(fs::read(dir.path().join("old")).unwrap(), b"a\n");
        assert_eq!(fs::read(&path).unwrap(), b"b\n");
    }
}
