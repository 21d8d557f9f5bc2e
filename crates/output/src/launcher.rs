//! Starting the programs of `program_output`, as popen(3) starts them: from this process, or, where
//! it is confined, from one that was started before, keeps its rights and starts only what it was
//! told to be right.
//!
//! The two talk over a pair of sockets of the kind `SOCK_SEQPACKET` (unix(7)). A request is its
//! number (eight bytes), one byte that says what it is, and the command; the reply to it is its
//! number and, if it is refused or fails, why. With the reply to a start come two descriptors: the
//! program's standard input, and a pipe that its wait status is written to when it has ended.

use std::io::{self, IoSlice, IoSliceMut, PipeReader, PipeWriter, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use rustix::event::PollFlags;
use rustix::io::{Errno, ioctl_fionbio};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recv, recvmsg, send, sendmsg,
    socketpair,
};

use crate::channel::{Stop, wait_for};

/// Bytes of a command at most: as many as the kernel lets an argument have (`MAX_ARG_STRLEN`,
/// include/uapi/linux/binfmts.h), with the zero at its end.
const COMMAND: usize = 128 * 1024 - 1;

/// Bytes of a request before its command.
const HEAD: usize = 9;

/// Bytes of the number of a request.
const NUMBER: usize = 8;

/// Commands that a launcher remembers to be right.
const REMEMBERED: usize = 16;

const SHELL: &str = "/bin/sh";

const PERMIT: u8 = 0;
const START: u8 = 1;

/// Who starts the programs of `program_output`.
#[derive(Clone, Debug)]
pub enum Programs {
    /// This process.
    Here,
    /// A process of its own, at the other end: see [`serve`].
    Launcher(Arc<Launcher>),
    /// Nobody can; why.
    Nobody(String),
}

/// A process that starts programs for this one, which may not.
#[derive(Debug)]
pub struct Launcher {
    line: Mutex<Line>,
}

#[derive(Debug)]
struct Line {
    socket: OwnedFd,
    /// The number of the last request.
    number: u64,
}

/// A program at work. Its input ends when this is dropped.
pub(crate) struct Running {
    /// Its standard input, which does not block.
    pub(crate) input: PipeWriter,
    end: End,
}

/// The end of a program, to be waited for.
pub(crate) struct End(PipeReader);

impl Programs {
    /// Makes sure that a command may be started.
    pub(crate) fn permit(&self, command: &str) -> io::Result<()> {
        match self {
            Programs::Here => Ok(()),
            Programs::Launcher(launcher) => launcher.permit(command),
            Programs::Nobody(why) => Err(io::Error::other(why.clone())),
        }
    }

    /// Starts a command with `/bin/sh -c`.
    pub(crate) fn start(&self, command: &str, stop: &Stop) -> io::Result<Running> {
        match self {
            Programs::Here => start(command),
            Programs::Launcher(launcher) => launcher.start(command, stop),
            Programs::Nobody(why) => Err(io::Error::other(why.clone())),
        }
    }
}

impl Running {
    /// Ends its input.
    pub(crate) fn close(self) -> End {
        self.end
    }
}

impl End {
    /// Waits for it, for a tenth of a second at most.
    pub(crate) fn wait(&mut self) -> io::Result<Option<ExitStatus>> {
        if !wait_for(&self.0, PollFlags::IN)? {
            return Ok(None);
        }
        let mut status = [0; 4];
        self.0.read_exact(&mut status).map_err(|_| gone())?;
        Ok(Some(ExitStatus::from_raw(i32::from_ne_bytes(status))))
    }
}

/// Starts a command. A thread waits for its end, so that no zombie stays.
fn start(command: &str) -> io::Result<Running> {
    let (theirs, input) = io::pipe()?;
    ioctl_fionbio(&input, true)?;
    let (end, mut tell) = io::pipe()?;
    let mut shell = Command::new(SHELL);
    shell.arg("-c").arg(command).stdin(theirs);
    let (begun, outcome) = mpsc::sync_channel(1);
    let run = move || {
        let spawned = shell.spawn();
        // It holds the end of the pipe that the program reads from: whoever writes should see that
        // the program has closed it.
        drop(shell);
        let (outcome, child) = match spawned {
            Ok(child) => (Ok(()), Some(child)),
            Err(error) => {
                let named = format!("{SHELL} cannot be started: {error}");
                (Err(io::Error::new(error.kind(), named)), None)
            }
        };
        // Both are still there, or nobody wants to know.
        let _ = begun.send(outcome);
        if let Some(Ok(status)) = child.map(|mut child| child.wait()) {
            let _ = tell.write_all(&status.into_raw().to_ne_bytes());
        }
    };
    std::thread::Builder::new()
        .name("program".to_owned())
        .spawn(run)?;
    outcome.recv().map_err(|_| gone())??;
    Ok(Running {
        input,
        end: End(end),
    })
}

fn gone() -> io::Error {
    io::Error::new(
        io::ErrorKind::BrokenPipe,
        "the process that starts programs is gone; a restart brings it back",
    )
}

/// The two ends of what a monitor and its launcher talk over.
///
/// # Errors
/// The kernel has no more sockets for this process.
pub fn pair() -> io::Result<(Launcher, OwnedFd)> {
    let (socket, theirs) = socketpair(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        SocketFlags::CLOEXEC,
        None,
    )?;
    let line = Mutex::new(Line { socket, number: 0 });
    Ok((Launcher { line }, theirs))
}

impl Launcher {
    /// Has the other end make sure that a command may be started. The first one may, without a
    /// question: it is to be named before this process confines itself.
    ///
    /// # Errors
    /// The command is not that of the configuration, or the other end is gone.
    pub fn permit(&self, command: &str) -> io::Result<()> {
        self.ask(PERMIT, command, &Stop::default()).map(drop)
    }

    fn start(&self, command: &str, stop: &Stop) -> io::Result<Running> {
        let [input, end] = <[OwnedFd; 2]>::try_from(self.ask(START, command, stop)?)
            .map_err(|_| io::Error::other("the process that starts programs sent no pipes"))?;
        Ok(Running {
            input: PipeWriter::from(input),
            end: End(PipeReader::from(end)),
        })
    }

    /// Makes a request and waits for its reply.
    fn ask(&self, what: u8, command: &str, stop: &Stop) -> io::Result<Vec<OwnedFd>> {
        if command.len() > COMMAND {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("a command has {COMMAND} bytes at most"),
            ));
        }
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        line.number += 1;
        let number = line.number.to_le_bytes();
        let request = [&number, &[what][..], command.as_bytes()].concat();
        send(&line.socket, &request, SendFlags::NOSIGNAL).map_err(|e| match e {
            Errno::PIPE | Errno::CONNRESET => gone(),
            e => e.into(),
        })?;
        loop {
            if stop.is_set() {
                // A reply that comes later is known by its number.
                return Err(io::ErrorKind::TimedOut.into());
            }
            if !wait_for(&line.socket, PollFlags::IN)? {
                continue;
            }
            let (reply, descriptors) = receive(&line.socket)?;
            match reply.split_at_checked(NUMBER) {
                None => return Err(gone()),
                Some((to, _)) if to != number => {}
                Some((_, [])) => return Ok(descriptors),
                Some((_, why)) => {
                    return Err(io::Error::other(String::from_utf8_lossy(why).into_owned()));
                }
            }
        }
    }
}

/// A message and the descriptors that came with it; an empty one at the end.
fn receive(socket: &OwnedFd) -> io::Result<(Vec<u8>, Vec<OwnedFd>)> {
    let mut bytes = vec![0; 4096];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let iov = &mut [IoSliceMut::new(&mut bytes)];
    let received = match recvmsg(socket, iov, &mut control, RecvFlags::CMSG_CLOEXEC) {
        Ok(received) => received.bytes,
        Err(Errno::CONNRESET) => 0,
        Err(e) => return Err(e.into()),
    };
    bytes.truncate(received);
    let mut descriptors = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            descriptors.extend(rights);
        }
    }
    Ok((bytes, descriptors))
}

/// Starts programs for the process at the other end until it is gone. A command that is not known
/// to be right is taken if `permit` finds it so; the first one is taken as it is.
///
/// # Errors
/// The socket does not work.
pub fn serve(
    socket: &OwnedFd,
    mut permit: impl FnMut(&str) -> Result<(), String>,
) -> io::Result<()> {
    let mut permitted: Vec<String> = Vec::new();
    let mut request = vec![0; HEAD + COMMAND];
    loop {
        let length = match recv(socket, &mut request, RecvFlags::empty()) {
            Ok((_, length)) => length,
            Err(Errno::INTR) => continue,
            Err(Errno::CONNRESET) => return Ok(()),
            Err(e) => return Err(e.into()),
        };
        let Some((head, command)) = request[..length].split_at_checked(HEAD) else {
            return Ok(());
        };
        let (number, what) = head.split_at(NUMBER);
        let command = String::from_utf8_lossy(command);
        let known = permitted.iter().any(|p| *p == command);
        let outcome = match what {
            [PERMIT] if known => Ok(None),
            [PERMIT] => {
                let first = permitted.is_empty();
                let outcome = if first { Ok(()) } else { permit(&command) };
                outcome.map(|()| {
                    if permitted.len() == REMEMBERED {
                        permitted.remove(0);
                    }
                    permitted.push(command.into_owned());
                    None
                })
            }
            [START] if known => start(&command).map(Some).map_err(|e| e.to_string()),
            _ => Err("the configuration names no such program".to_owned()),
        };
        if !reply(socket, number, outcome)? {
            return Ok(());
        }
    }
}

/// Replies; false if nobody is there any more.
fn reply(
    socket: &OwnedFd,
    number: &[u8],
    outcome: Result<Option<Running>, String>,
) -> io::Result<bool> {
    let (why, running) = match outcome {
        Ok(running) => (String::new(), running),
        Err(why) => (why, None),
    };
    // No longer than what the other end reads.
    let why = &why.as_bytes()[..why.len().min(4096 - NUMBER)];
    let descriptors = running.as_ref().map(|r| [r.input.as_fd(), r.end.0.as_fd()]);
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if let Some(descriptors) = &descriptors {
        control.push(SendAncillaryMessage::ScmRights(descriptors));
    }
    let iov = [IoSlice::new(number), IoSlice::new(why)];
    loop {
        match sendmsg(socket, &iov, &mut control, SendFlags::NOSIGNAL) {
            Ok(_) => return Ok(true),
            Err(Errno::INTR) => {}
            Err(Errno::PIPE | Errno::CONNRESET) => return Ok(false),
            Err(e) => return Err(e.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs with a launcher whose configuration names these programs.
    fn with_launcher(named: &'static [&str], what: impl FnOnce(&Programs)) {
        let (launcher, theirs) = pair().unwrap();
        std::thread::scope(|scope| {
            let served = scope.spawn(move || {
                let permit = |command: &str| match named.contains(&command) {
                    true => Ok(()),
                    false => Err(format!("`{command}` is not named")),
                };
                serve(&theirs, permit)
            });
            what(&Programs::Launcher(Arc::new(launcher)));
            // It ends with the other end.
            served.join().unwrap().unwrap();
        });
    }

    /// What a program that is given this input ends with.
    fn ends(programs: &Programs, command: &str, input: &str) -> io::Result<ExitStatus> {
        let mut running = programs.start(command, &Stop::default())?;
        running.input.write_all(input.as_bytes())?;
        let mut end = running.close();
        loop {
            if let Some(status) = end.wait()? {
                return Ok(status);
            }
        }
    }

    #[test]
    fn a_launcher_starts_what_is_permitted_and_nothing_else() {
        let first = "read x; test \"$x\" = hello || exit 3";
        with_launcher(&["exit 4", "kill -9 $$"], |programs| {
            let refused = |outcome: io::Result<()>| outcome.unwrap_err().to_string();
            programs.permit(first).unwrap();
            assert!(ends(programs, first, "hello\n").unwrap().success());
            assert_eq!(ends(programs, first, "bye\n").unwrap().code(), Some(3));
            // Before it was permitted.
            let early = ends(programs, "exit 4", "").map(drop);
            assert_eq!(refused(early), "the configuration names no such program");
            assert_eq!(refused(programs.permit("id")), "`id` is not named");
            programs.permit("exit 4").unwrap();
            programs.permit("kill -9 $$").unwrap();
            assert_eq!(ends(programs, "exit 4", "").unwrap().code(), Some(4));
            assert_eq!(ends(programs, "kill -9 $$", "").unwrap().signal(), Some(9));
            // What was permitted before still is.
            assert!(ends(programs, first, "hello\n").unwrap().success());
            let long = refused(programs.permit(&"x".repeat(COMMAND + 1)));
            assert_eq!(long, "a command has 131071 bytes at most");
        });
    }

    #[test]
    fn the_same_is_done_here() {
        let status = ends(&Programs::Here, "read x; exit $x", "7\n").unwrap();
        assert_eq!(status.code(), Some(7));
    }

    #[test]
    fn a_reply_that_nobody_waited_for_is_not_taken_for_another() {
        let (launcher, theirs) = pair().unwrap();
        let stop = Stop::default();
        stop.set();
        let programs = Programs::Launcher(Arc::new(launcher));
        let given_up = programs.start("exit 5", &stop).err().unwrap();
        assert_eq!(given_up.kind(), io::ErrorKind::TimedOut);
        std::thread::scope(|scope| {
            scope.spawn(|| serve(&theirs, |_| Ok(())).unwrap());
            programs.permit("exit 6").unwrap();
            assert_eq!(ends(&programs, "exit 6", "").unwrap().code(), Some(6));
            drop(programs);
        });
    }

    #[test]
    fn a_launcher_that_is_gone_is_said_to_be() {
        let (launcher, theirs) = pair().unwrap();
        drop(theirs);
        let error = launcher.permit("true").unwrap_err().to_string();
        assert_eq!(error, gone().to_string());
        let nobody = Programs::Nobody("why".to_owned());
        assert_eq!(nobody.permit("true").unwrap_err().to_string(), "why");
    }
}
