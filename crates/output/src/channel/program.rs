//! A program that reads alerts from its standard input.

use std::collections::VecDeque;
use std::io::{self, PipeWriter, Write};

use rustix::event::PollFlags;
use rustix::io::ioctl_fionread;

use super::{Failure, Others, Stop, Transport, wait_at_most, wait_for};
use crate::launcher::{Programs, Running};
use crate::queue::{Item, Portion};

/// The channel: one program for all alerts (`keep_alive`), or one for each.
pub(super) struct Program {
    command: String,
    keep_alive: bool,
    programs: Programs,
    running: Option<Running>,
    /// The last lines that a program for all alerts was given, the oldest first: as many as may
    /// still be in the pipe.
    given: VecDeque<Vec<u8>>,
    /// Lines that one which has ended did not read, for the next.
    unread: VecDeque<Vec<u8>>,
}

/// Bytes of lines that are remembered before it is asked how many are in the pipe.
const REMEMBERED: usize = 64 * 1024;

/// How often it is asked whether a program has read everything, in milliseconds.
const LOOK: u32 = 10;

impl Program {
    /// Makes sure that the program may be started; it is with the first alert.
    pub(super) fn open(
        command: &str,
        keep_alive: bool,
        programs: &Programs,
    ) -> io::Result<Program> {
        programs.permit(command)?;
        Ok(Program {
            command: command.to_owned(),
            keep_alive,
            programs: programs.clone(),
            running: None,
            given: VecDeque::new(),
            unread: VecDeque::new(),
        })
    }

    /// Writes a line; how it failed, and whether part of the line was written.
    fn write(&mut self, line: Vec<u8>, stop: &Stop) -> Result<(), (io::Error, bool)> {
        self.catch_up(stop).map_err(|error| (error, false))?;
        self.put(line, stop)
    }

    /// Starts the program if there is none, and gives it what the one before did not read.
    fn catch_up(&mut self, stop: &Stop) -> io::Result<()> {
        if self.running.is_none() {
            self.running = Some(self.programs.start(&self.command, stop)?);
        }
        while let Some(line) = self.unread.front().cloned() {
            self.put(line, stop).map_err(|(error, _)| error)?;
            self.unread.pop_front();
        }
        Ok(())
    }

    fn put(&mut self, line: Vec<u8>, stop: &Stop) -> Result<(), (io::Error, bool)> {
        let Some(running) = &mut self.running else {
            return Err((io::ErrorKind::BrokenPipe.into(), false));
        };
        match write_all(&mut running.input, &line, stop) {
            Ok(()) if self.keep_alive => {
                self.given.push_back(line);
                self.forget_read();
                Ok(())
            }
            Ok(()) => Ok(()),
            // One for this alert alone may do without reading it.
            Err((error, _)) if error.kind() == io::ErrorKind::BrokenPipe && !self.keep_alive => {
                Ok(())
            }
            Err((error, _)) if error.kind() == io::ErrorKind::BrokenPipe => {
                Err((self.reclaim(), false))
            }
            Err((error, written)) => {
                // It will read what it was given, up to the end of its input.
                self.running = None;
                self.given.clear();
                Err((error, written > 0))
            }
        }
    }

    /// The bytes in the pipe that the program has not read; pipe(7), FIONREAD.
    fn in_pipe(&self) -> usize {
        let running = self.running.as_ref();
        let bytes = running.and_then(|r| ioctl_fionread(&r.input).ok());
        usize::try_from(bytes.unwrap_or_default()).unwrap_or(usize::MAX)
    }

    /// Forgets lines that the program has read.
    fn forget_read(&mut self) {
        let mut remembered: usize = self.given.iter().map(Vec::len).sum();
        if remembered <= REMEMBERED {
            return;
        }
        let in_pipe = self.in_pipe();
        while let Some(first) = self.given.front()
            && remembered - first.len() >= in_pipe
        {
            remembered -= first.len();
            self.given.pop_front();
        }
    }

    /// The program has ended, or closed its input: what it did not read is for the next. What is
    /// to be told of it.
    fn reclaim(&mut self) -> io::Error {
        let mut in_pipe = self.in_pipe();
        while in_pipe > 0
            && let Some(line) = self.given.pop_back()
        {
            in_pipe = in_pipe.saturating_sub(line.len());
            self.unread.push_front(line);
        }
        self.given.clear();
        let ended = self.running.take().map(|running| running.close().wait());
        let why = match ended {
            Some(Ok(Some(status))) => format!("`{}` ended: {status}", self.command),
            _ => format!("`{}` has closed its input", self.command),
        };
        io::Error::new(io::ErrorKind::BrokenPipe, why)
    }

    /// Waits until the program has read everything. If it ends before, what it did not read is
    /// given to another, unless it read nothing.
    fn drain(&mut self, stop: &Stop) -> io::Result<()> {
        loop {
            let left = self.unread.len();
            if self.running.is_none() && left == 0 {
                return Ok(());
            }
            let read = self
                .catch_up(stop)
                .and_then(|()| self.wait_until_read(stop));
            match read {
                Err(error)
                    if error.kind() == io::ErrorKind::BrokenPipe
                        && (left == 0 || self.unread.len() < left) => {}
                result => return result,
            }
        }
    }

    fn wait_until_read(&mut self, stop: &Stop) -> io::Result<()> {
        while let Some(running) = &self.running
            && self.in_pipe() > 0
        {
            // Nothing is asked for, so only the end of the other side is told.
            if wait_at_most(&running.input, PollFlags::empty(), LOOK)? {
                return Err(self.reclaim());
            }
            if stop.is_set() {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
        Ok(())
    }

    /// Closes the input of the program and waits for its end; what it ended with, if not 0.
    fn finish(&mut self, stop: &Stop) -> io::Result<()> {
        let Some(running) = self.running.take() else {
            return Ok(());
        };
        self.given.clear();
        let mut end = running.close();
        loop {
            match end.wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => {
                    return Err(io::Error::other(format!("`{}`: {status}", self.command)));
                }
                None if stop.is_set() => return Err(io::ErrorKind::TimedOut.into()),
                None => {}
            }
        }
    }
}

/// Writes everything; how it failed, and after how many bytes.
fn write_all(to: &mut PipeWriter, bytes: &[u8], stop: &Stop) -> Result<(), (io::Error, usize)> {
    let mut written = 0;
    while written < bytes.len() {
        match to.write(&bytes[written..]) {
            Ok(n) => written += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                if stop.is_set() {
                    return Err((io::ErrorKind::TimedOut.into(), written));
                }
                wait_for(to, PollFlags::OUT).map_err(|e| (e, written))?;
            }
            Err(e) => return Err((e, written)),
        }
    }
    Ok(())
}

impl Transport for Program {
    fn portion(&self) -> Portion {
        Portion {
            items: if self.keep_alive { 64 } else { 1 },
            bytes: 64 << 10,
        }
    }

    fn send(&mut self, items: &[Item], stop: &Stop) -> Result<(), Failure> {
        for (delivered, item) in items.iter().enumerate() {
            let failed = |(error, partly): (io::Error, bool)| Failure {
                delivered,
                others: match partly {
                    true => Others::Unknown { timeout: false },
                    false => Others::Untaken { after: None },
                },
                error: error.to_string(),
            };
            let mut line = item.line().into_owned();
            line.push(b'\n');
            self.write(line, stop).map_err(failed)?;
            if !self.keep_alive {
                self.finish(stop).map_err(|error| match error.kind() {
                    io::ErrorKind::TimedOut => Failure {
                        delivered,
                        others: Others::Unknown { timeout: false },
                        error: error.to_string(),
                    },
                    // It was given the alert. As with pclose(3), how it ends changes nothing
                    // about that, but should be known.
                    _ => Failure {
                        delivered: delivered + 1,
                        others: Others::Lost {
                            count: 0,
                            closed: false,
                        },
                        error: error.to_string(),
                    },
                })?;
            }
        }
        Ok(())
    }

    fn close(&mut self, stop: &Stop) -> Result<(), Failure> {
        let closed = self.drain(stop).and_then(|()| self.finish(stop));
        let count = self.unread.len();
        self.unread.clear();
        closed.map_err(|error| Failure {
            delivered: 0,
            others: Others::Lost {
                count,
                closed: false,
            },
            error: error.to_string(),
        })
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.running = None;
        self.given.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// What became of lines given to a program that stays, one by one; what is repeated is
    /// repeated at once.
    fn give(command: &str, dir: &Path, lines: usize) -> (Vec<String>, Option<usize>) {
        let command = format!("cd {} && {command}", dir.display());
        let mut program = Program::open(&command, true, &Programs::Here).unwrap();
        let stop = Stop::default();
        for n in 0..lines {
            let line = || format!("{n}\n").into_bytes();
            while let Err((error, partly)) = program.write(line(), &stop) {
                assert_eq!((error.kind(), partly), (io::ErrorKind::BrokenPipe, false));
            }
        }
        let lost = program.close(&stop).err().map(|f| match f.others {
            Others::Lost { count, .. } => count,
            others => panic!("{others:?}"),
        });
        let taken = fs::read_to_string(dir.join("taken")).unwrap_or_default();
        (taken.lines().map(str::to_owned).collect(), lost)
    }

    #[test]
    fn what_a_program_that_ended_did_not_read_is_given_to_the_next() {
        let dir = tempfile::tempdir().unwrap();
        // One line each.
        let (taken, lost) = give("read x; echo $x >> taken", dir.path(), 50);
        let all: Vec<String> = (0..50).map(|n| n.to_string()).collect();
        assert_eq!((taken, lost), (all, None));
    }

    #[test]
    fn what_no_program_reads_is_counted() {
        let dir = tempfile::tempdir().unwrap();
        let once = "test -e taken && exit; read x; echo $x > taken";
        let (taken, lost) = give(once, dir.path(), 3);
        assert_eq!((taken, lost), (vec!["0".to_owned()], Some(2)));
    }

    #[test]
    fn the_end_of_the_program_is_waited_for_and_how_it_ended_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let (taken, lost) = give("sleep 0.1; cat > taken; exit 3", dir.path(), 2);
        assert_eq!((taken.len(), lost), (2, Some(0)));
    }

    #[test]
    fn lines_that_were_read_are_forgotten() {
        let mut program = Program::open("cat > /dev/null", true, &Programs::Here).unwrap();
        let stop = Stop::default();
        for _ in 0..200 {
            program.write(vec![b'x'; 4096], &stop).unwrap();
            let kept: usize = program.given.iter().map(Vec::len).sum();
            assert!(kept <= 2 * REMEMBERED + 4096, "{kept}");
        }
        assert!(program.close(&stop).is_ok());
    }

    #[test]
    fn a_program_for_one_alert_need_not_read_it() {
        let mut program = Program::open("exec < /dev/null", false, &Programs::Here).unwrap();
        let stop = Stop::default();
        for _ in 0..20 {
            program.write(b"x\n".to_vec(), &stop).unwrap();
            program.finish(&stop).unwrap();
        }
    }
}
