//! Driving runc: one command at a time, with the shim's descriptors at the numbers it expects.
#![expect(
    unsafe_code,
    reason = "descriptors are put in place between fork and exec"
)]

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::io::fcntl_dupfd_cloexec;

/// runc, and where it keeps its state.
#[derive(Clone, Debug)]
pub(crate) struct Runc {
    program: PathBuf,
    root: PathBuf,
}

/// What a container's first process is given: the shim, its orders, the pipe that tells when it is
/// done; and what runc itself must hold on to.
pub(crate) struct Handed<'a> {
    pub(crate) shim: &'a File,
    pub(crate) orders: &'a File,
    pub(crate) done: &'a OwnedFd,
    pub(crate) lock: Option<&'a File>,
}

/// runc did not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum RuncError {
    /// It is not there.
    #[error("runc is not installed, and it is what makes containers here: apt-get install runc")]
    Missing,
    /// It could not be started.
    #[error("runc cannot be started: {0}")]
    Start(#[from] io::Error),
    /// It failed; its own words.
    #[error("{0}")]
    Failed(String),
}

impl Runc {
    /// Finds it.
    pub(crate) fn find(root: &Path) -> Result<Runc, RuncError> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).map(|f| f.join("runc"));
        let usual = ["/usr/sbin/runc", "/usr/bin/runc", "/usr/local/sbin/runc"];
        let mut all = folders.chain(usual.map(PathBuf::from));
        let program = all.find(|p| p.is_file()).ok_or(RuncError::Missing)?;
        Ok(Runc {
            program,
            root: root.to_owned(),
        })
    }

    fn command(&self, log: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("--root")
            .arg(&self.root)
            .arg("--log")
            .arg(log)
            .args(["--log-format", "json"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// `runc run --detach`: when it returns the shim is on its way.
    pub(crate) fn run(
        &self,
        id: &str,
        bundle: &Path,
        handed: &Handed<'_>,
        output: Option<(&File, &File)>,
    ) -> Result<(), RuncError> {
        let log = bundle.join("runc.log");
        let mut command = self.command(&log);
        command
            .args(["run", "--detach", "--preserve-fds", "3", "--pid-file"])
            .arg(bundle.join("pid"))
            .arg("--bundle")
            .arg(bundle)
            .arg(id);
        if let Some((out, err)) = output {
            command.stdout(out.try_clone()?).stderr(err.try_clone()?);
        }
        hand_over(&mut command, handed)?;
        finish(command, &log)
    }

    /// `runc exec` with this process, standard streams inherited; gives its exit code, or the
    /// signal that killed it and 128.
    pub(crate) fn exec(
        &self,
        id: &str,
        process: &Path,
        log: &Path,
        handed: &Handed<'_>,
        stdin: bool,
    ) -> Result<std::process::ExitStatus, RuncError> {
        let mut command = self.command(log);
        command
            .args(["exec", "--preserve-fds", "3", "--process"])
            .arg(process)
            .arg(id)
            .stdin(if stdin {
                Stdio::inherit()
            } else {
                Stdio::null()
            })
            .stdout(Stdio::inherit())
            .stderr(Stdio::inherit());
        hand_over(&mut command, handed)?;
        Ok(command.status()?)
    }

    /// `runc delete --force`; whether there was such a container does not matter.
    pub(crate) fn delete(&self, id: &str) -> Result<(), RuncError> {
        if !self.root.join(id).exists() {
            return Ok(());
        }
        let mut command = self.command(Path::new("/dev/null"));
        command.args(["delete", "--force", id]);
        command.status()?;
        // What it leaves behind when it was killed while it wrote is of no use to it.
        match std::fs::remove_dir_all(self.root.join(id)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e.into()),
            _ => Ok(()),
        }
    }
}

/// Puts descriptors 3, 4, 5 in place, and the lock on 6.
fn hand_over(command: &mut Command, handed: &Handed<'_>) -> Result<(), RuncError> {
    let lock = handed.lock.map(AsFd::as_fd);
    let given = [
        handed.shim.as_fd(),
        handed.orders.as_fd(),
        handed.done.as_fd(),
    ];
    let mut high = Vec::new();
    for fd in given.into_iter().chain(lock) {
        // Out of the way of the numbers that they go to.
        high.push(fcntl_dupfd_cloexec(fd, 16).map_err(io::Error::from)?);
    }
    let place = move || {
        for (i, fd) in high.iter().enumerate() {
            // SAFETY: dup2 takes two numbers and is async-signal-safe; `high` is moved into this
            // closure, so its descriptors are open.
            if unsafe { libc::dup2(fd.as_raw_fd(), 3 + i as i32) } < 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    };
    // SAFETY: `place` runs between fork and exec and calls dup2 only; it neither allocates nor
    // takes a lock.
    unsafe {
        command.pre_exec(place);
    }
    Ok(())
}

fn finish(mut command: Command, log: &Path) -> Result<(), RuncError> {
    let status = command.status()?;
    if status.success() {
        return Ok(());
    }
    Err(RuncError::Failed(last_error(log).unwrap_or_else(|| {
        format!("runc ended with {status} and said nothing")
    })))
}

/// The last error in runc's log.
fn last_error(log: &Path) -> Option<String> {
    let text = std::fs::read_to_string(log).ok()?;
    let messages = text.lines().filter_map(|line| {
        let entry: serde_json::Value = serde_json::from_str(line).ok()?;
        let level = entry.get("level")?.as_str()?;
        let message = entry.get("msg")?.as_str()?.to_owned();
        matches!(level, "error" | "fatal").then_some(message)
    });
    // The last one names the cause.
    messages.reduce(|_, last| last)
}
