//! What containers write: from their pipes to files in the CRI's format, and back to text.
//!
//! A line is `TIME STREAM TAG TEXT`, where the tag is `F`, or `P` if the line goes on. The pipe has
//! a name in the bundle, and the container itself holds it open for reading: it lives on when the
//! supervisor dies, and the next one opens it again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use jiff::Timestamp;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};

/// Longest piece of a line, as in the kubelet's runtimes.
const MAX_PIECE: usize = 16 << 10;
/// A file that is longer is put aside; of those put aside the last one stays.
const MAX_FILE: u64 = 10 << 20;

/// Makes a pipe with a name, and opens it for reading and writing.
pub(crate) fn pipe(path: &Path) -> io::Result<File> {
    match mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0) {
        Ok(()) | Err(rustix::io::Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    let flags = (OFlags::NONBLOCK | OFlags::CLOEXEC).bits() as i32;
    OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(flags)
        .open(path)
}

/// The same for a container: without the flag that makes its writes fail when the pipe is full.
pub(crate) fn pipe_end(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

/// Copies the output of a container to its log, in a thread of its own.
#[derive(Debug)]
pub(crate) struct Copier {
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

struct Log {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Log {
    fn open(path: &Path) -> io::Result<Log> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Log {
            path: path.to_owned(),
            length: file.metadata()?.len(),
            file,
        })
    }

    fn put(&mut self, line: &[u8]) -> io::Result<()> {
        if self.length > MAX_FILE {
            fs::rename(&self.path, self.path.with_extension("log.1"))?;
            *self = Log::open(&self.path.clone())?;
        }
        self.length += line.len() as u64;
        self.file.write_all(line)
    }
}

impl Copier {
    /// Begins to copy from these pipes.
    pub(crate) fn start(out: File, err: File, log: &Path) -> io::Result<Copier> {
        let log = Arc::new(Mutex::new(Log::open(log)?));
        let done = Arc::new(AtomicBool::new(false));
        let told = done.clone();
        let thread = std::thread::Builder::new()
            .name("output".to_owned())
            .spawn(move || copy([("stdout", out), ("stderr", err)], &log, &told))?;
        Ok(Copier {
            done,
            thread: Some(thread),
        })
    }

    /// Copies what is left and ends.
    pub(crate) fn finish(mut self) {
        self.done.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // It does not panic.
            let _ = thread.join();
        }
    }
}

fn copy(pipes: [(&'static str, File); 2], log: &Mutex<Log>, done: &AtomicBool) {
    let mut held = [Vec::new(), Vec::new()];
    let mut buffer = vec![0; 64 << 10];
    // How soon the end of the container is noticed here, when nothing is written.
    let wait = Timespec {
        tv_sec: 0,
        tv_nsec: 50_000_000,
    };
    loop {
        let last = done.load(Ordering::Acquire);
        let mut any = false;
        for (i, (stream, pipe)) in pipes.iter().enumerate() {
            if let Ok(read) = (&*pipe).read(&mut buffer)
                && read > 0
            {
                any = true;
                held[i].extend_from_slice(&buffer[..read]);
                lines(&mut held[i], stream, log, false);
            }
        }
        if any {
            continue;
        }
        if last {
            break;
        }
        let mut fds = [
            PollFd::new(&pipes[0].1, PollFlags::IN),
            PollFd::new(&pipes[1].1, PollFlags::IN),
        ];
        // Interrupted or not, the loop looks again.
        let _ = poll(&mut fds, Some(&wait));
    }
    for (i, (stream, _)) in pipes.iter().enumerate() {
        lines(&mut held[i], stream, log, true);
    }
}

/// Writes the whole lines of what is held; at the end also what is no whole line.
fn lines(held: &mut Vec<u8>, stream: &str, log: &Mutex<Log>, end: bool) {
    let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
    let mut at = 0;
    loop {
        let rest = &held[at..];
        let newline = rest.iter().take(MAX_PIECE).position(|b| *b == b'\n');
        let (text, tag, skip) = match newline {
            Some(n) => (&rest[..n], "F", n + 1),
            None if rest.len() >= MAX_PIECE => (&rest[..MAX_PIECE], "P", MAX_PIECE),
            None if end && !rest.is_empty() => (rest, "P", rest.len()),
            None => break,
        };
        let time = Timestamp::now();
        let mut line = format!("{time:.9} {stream} {tag} ").into_bytes();
        line.extend_from_slice(text);
        line.push(b'\n');
        // A full disk loses output, and nothing else.
        let _ = log.put(&line);
        at += skip;
    }
    held.drain(..at);
}

/// The text of a line of a log, with its end; `None` if it is none.
pub fn text(line: &[u8]) -> Option<Vec<u8>> {
    let mut parts = line.splitn(4, |b| *b == b' ');
    let (_, _, tag, text) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let mut text = text.to_vec();
    if tag == b"F" {
        text.push(b'\n');
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_written_line_by_line_and_read_again() {
        let dir = tempfile::TempDir::new().unwrap();
        let log = dir.path().join("logs/c/0.log");
        let (out, err) = (dir.path().join("out"), dir.path().join("err"));
        let copier = Copier::start(pipe(&out).unwrap(), pipe(&err).unwrap(), &log).unwrap();
        let long = "x".repeat(MAX_PIECE + 3);
        pipe_end(&out)
            .unwrap()
            .write_all(format!("one\n\ntwo\n{long}\nhalf").as_bytes())
            .unwrap();
        pipe_end(&err).unwrap().write_all(b"bad\n").unwrap();
        copier.finish();
        let written = fs::read(&log).unwrap();
        let all: Vec<&[u8]> = written
            .split(|b| *b == b'\n')
            .filter(|l| !l.is_empty())
            .collect();
        let of = |stream: &str| -> String {
            let lines = all
                .iter()
                .filter(|l| l.splitn(3, |b| *b == b' ').nth(1) == Some(stream.as_bytes()));
            let texts: Vec<u8> = lines.flat_map(|l| text(l).unwrap()).collect();
            String::from_utf8(texts).unwrap()
        };
        assert_eq!(of("stdout"), format!("one\n\ntwo\n{long}\nhalf"));
        assert_eq!(of("stderr"), "bad\n");
        assert_eq!(all.len(), 7);
    }
}
