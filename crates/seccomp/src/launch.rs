//! Starting a command under a filter.
//!
//! The child waits until it is told to go, so that it can be traced from its first call on; then
//! it sets no_new_privs, loads the filter and executes the command, as a runtime does. Between the
//! two it makes no call, so a filter need allow no more than execve(2); how far it got is told in
//! memory that it shares with its parent.
#![expect(
    unsafe_code,
    reason = "fork(2), mmap(2) and execve(2) have no safe wrapper"
)]

use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI32, AtomicI64, Ordering};

use crate::load::{self, Failure, Filter, LoadError, Step};

/// Why a command could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// There is no such program.
    #[error("{0}: no such program")]
    NotFound(String),
    /// The command has a NUL byte in it.
    #[error("{0:?} has a NUL byte in it")]
    Nul(OsString),
    /// No process could be made.
    #[error("no process can be started: {0}")]
    Process(io::Error),
    /// The filter was refused.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The program was refused.
    #[error("{program} cannot be executed: {error}{}", hint(.error))]
    Exec {
        /// The program.
        program: String,
        /// Why.
        error: io::Error,
    },
    /// The descriptor that gets notifications could not be had from the child.
    #[error("the listener of the filter cannot be had: {0}")]
    Listener(io::Error),
}

fn hint(error: &io::Error) -> &'static str {
    match error.raw_os_error() {
        Some(libc::ENOEXEC) => " (a script must start with #!)",
        _ => "",
    }
}

/// How far the child got.
const WAITS: i32 = 0;
const NNP_REFUSED: i32 = 1;
const LOAD_REFUSED: i32 = 2;
const LOADED: i32 = 3;
const EXEC_REFUSED: i32 = 4;

/// So often a child looks whether its parent has the listener: minutes, where milliseconds will do
/// unless the parent is gone.
const MOST_TURNS: u64 = 1 << 32;

/// What the child tells, in shared memory.
#[repr(C)]
struct Progress {
    stage: AtomicI32,
    /// The listener's number in the child, or -1.
    listener: AtomicI32,
    /// Whether the parent has its copy of the listener, which execve(2) closes in the child.
    taken: AtomicI32,
    /// With a refusal: what the kernel answered.
    value: AtomicI64,
}

/// A command that waits to be started.
#[derive(Debug)]
pub struct Child {
    pid: i32,
    program: String,
    go: Option<OwnedFd>,
    progress: *mut Progress,
}

impl Drop for Child {
    fn drop(&mut self) {
        // SAFETY: mapped by `spawn` with this length, and not used after this.
        unsafe { libc::munmap(self.progress.cast(), size_of::<Progress>()) };
    }
}

impl Child {
    /// Makes a process for a command; it waits for [`Child::go`], and ends without it.
    ///
    /// # Errors
    /// There is no such program, or no process could be made.
    pub fn spawn(
        command: &[OsString],
        filter: Option<&Filter>,
        no_new_privs: bool,
    ) -> Result<Child, LaunchError> {
        let name = command.first().map_or(OsStr::new(""), OsString::as_os_str);
        let c_string = |text: &OsStr| {
            CString::new(text.as_bytes()).map_err(|_| LaunchError::Nul(text.to_owned()))
        };
        let argv: Vec<CString> = command
            .iter()
            .map(|a| c_string(a))
            .collect::<Result<_, _>>()?;
        let program =
            find(name).ok_or_else(|| LaunchError::NotFound(name.to_string_lossy().into_owned()))?;
        let path = c_string(program.as_os_str())?;
        let environment: Vec<CString> = std::env::vars_os()
            .filter_map(|(key, value)| {
                CString::new([key.as_bytes(), b"=", value.as_bytes()].concat()).ok()
            })
            .collect();
        let pointers = |list: &[CString]| {
            let mut all: Vec<*const libc::c_char> = list.iter().map(|s| s.as_ptr()).collect();
            all.push(std::ptr::null());
            all
        };
        let (argv, environment) = (pointers(&argv), pointers(&environment));
        let progress = shared().map_err(LaunchError::Process)?;
        let (wait, go) = pipe().map_err(LaunchError::Process)?;
        // SAFETY: the child of a process with threads makes only calls that neither allocate nor
        // lock, in `child`.
        let pid = unsafe { libc::fork() };
        if pid < 0 {
            let error = io::Error::last_os_error();
            // SAFETY: mapped above, and not used after this.
            unsafe { libc::munmap(progress.cast(), size_of::<Progress>()) };
            return Err(LaunchError::Process(error));
        }
        if pid == 0 {
            drop(go);
            // SAFETY: the mapping lives as long as the child; both lists end with a null pointer,
            // and their strings live in memory that the child has a copy of.
            unsafe {
                child(
                    &*progress,
                    &wait,
                    filter,
                    no_new_privs,
                    path.as_ptr(),
                    &argv,
                    &environment,
                )
            }
        }
        Ok(Child {
            pid,
            program: program.display().to_string(),
            go: Some(go),
            progress,
        })
    }

    /// Its process id.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Lets it go.
    pub fn go(&mut self) {
        if let Some(go) = self.go.take() {
            // If it is gone already, its status tells.
            let _ = rustix::io::write(&go, b"!");
        }
    }

    fn progress(&self) -> &Progress {
        // SAFETY: the mapping lives until `self` is dropped, and has atomic numbers only.
        unsafe { &*self.progress }
    }

    /// The listener of its filter, once it has loaded that; `None` before, and if it has none. A
    /// child whose filter has one waits until it was asked for.
    ///
    /// # Errors
    /// The kernel does not let us have it: the child may not be traced.
    pub fn listener(&self) -> Result<Option<OwnedFd>, LaunchError> {
        if self.progress().stage.load(Ordering::Acquire) < LOADED {
            return Ok(None);
        }
        let number = self.progress().listener.load(Ordering::Acquire);
        if number < 0 {
            return Ok(None);
        }
        let fd = fd_of(self.pid, number).map_err(LaunchError::Listener)?;
        self.progress().taken.store(1, Ordering::Release);
        Ok(Some(fd))
    }

    /// Whether the kernel has said yes or no to the filter.
    pub fn is_past_loading(&self) -> bool {
        self.progress().stage.load(Ordering::Acquire) != WAITS
    }

    /// Whether the kernel has refused the command, and the child is on its way out.
    pub(crate) fn is_given_up(&self) -> bool {
        self.progress().stage.load(Ordering::Acquire) == EXEC_REFUSED
    }

    /// Why it never became the command; `None` if it did, or died of the filter before.
    pub fn failure(&self, filter: Option<&Filter>) -> Option<LaunchError> {
        let value = self.progress().value.load(Ordering::Acquire);
        let failure = |step| Failure { step, value };
        match self.progress().stage.load(Ordering::Acquire) {
            NNP_REFUSED => {
                let errno = load::Errno(i32::try_from(-value).unwrap_or(0));
                Some(LoadError::NoNewPrivs(errno).into())
            }
            LOAD_REFUSED => Some(failure(Step::Filter).explain(filter?).into()),
            EXEC_REFUSED => Some(LaunchError::Exec {
                program: self.program.clone(),
                error: io::Error::from_raw_os_error(i32::try_from(-value).unwrap_or(0)),
            }),
            _ => None,
        }
    }
}

/// The child's side. Never returns.
///
/// # Safety
/// `path` is a string, and `argv` and `environment` are lists of strings that end with null.
unsafe fn child(
    progress: &Progress,
    wait: &OwnedFd,
    filter: Option<&Filter>,
    no_new_privs: bool,
    path: *const libc::c_char,
    argv: &[*const libc::c_char],
    environment: &[*const libc::c_char],
) -> ! {
    let end = |stage: i32, value: i64| -> ! {
        progress.value.store(value, Ordering::Release);
        progress.stage.store(stage, Ordering::Release);
        // SAFETY: ends the child without running what the parent registered for its end.
        unsafe { libc::_exit(127) }
    };
    // SAFETY: signals are set back to what a new program expects; the set is the child's own.
    unsafe {
        // Rust ignores SIGPIPE, which an execve(2) keeps.
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &none, std::ptr::null_mut());
    }
    let mut byte = [0];
    loop {
        match rustix::io::read(wait, &mut byte) {
            Ok(1) => break,
            Err(rustix::io::Errno::INTR) => {}
            // The parent is gone.
            _ => end(WAITS, 0),
        }
    }
    if no_new_privs && let Err(failure) = load::set_no_new_privs() {
        end(NNP_REFUSED, failure.value);
    }
    let mut listener = -1;
    if let Some(filter) = filter {
        match filter.load() {
            Ok(None) => {}
            // It closes itself at execve(2).
            Ok(Some(fd)) => listener = std::os::fd::IntoRawFd::into_raw_fd(fd),
            Err(failure) => end(LOAD_REFUSED, failure.value),
        }
    }
    progress.listener.store(listener, Ordering::Release);
    progress.stage.store(LOADED, Ordering::Release);
    // The filter may refuse whatever call could wait for this.
    let mut turns = 0u64;
    while listener >= 0 && progress.taken.load(Ordering::Acquire) == 0 {
        std::hint::spin_loop();
        turns += 1;
        if turns > MOST_TURNS {
            end(WAITS, 0);
        }
    }
    // SAFETY: by the caller.
    unsafe { libc::execve(path, argv.as_ptr(), environment.as_ptr()) };
    let errno = io::Error::last_os_error().raw_os_error().unwrap_or(0);
    end(EXEC_REFUSED, -i64::from(errno))
}

/// The program of this name: itself if it has a slash, else the first in PATH that may be
/// executed, as execvp(3) has it.
fn find(name: &OsStr) -> Option<PathBuf> {
    if name.is_empty() {
        return None;
    }
    if name.as_bytes().contains(&b'/') {
        return Some(PathBuf::from(name)).filter(|p| p.exists());
    }
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
    std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|p| is_executable(p))
}

fn is_executable(path: &Path) -> bool {
    use rustix::fs::{Access, AtFlags, CWD, accessat};
    path.is_file() && accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS).is_ok()
}

fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    use rustix::pipe::{PipeFlags, pipe_with};
    Ok(pipe_with(PipeFlags::CLOEXEC)?)
}

/// Memory that a child will share.
fn shared() -> io::Result<*mut Progress> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
    let len = size_of::<Progress>();
    // SAFETY: new memory, full of zeroes: WAITS.
    let at = unsafe { libc::mmap(std::ptr::null_mut(), len, protection, flags, -1, 0) };
    if at == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    Ok(at.cast())
}

/// A copy of another process's descriptor (pidfd_getfd(2), Linux 5.6).
fn fd_of(pid: i32, number: i32) -> io::Result<OwnedFd> {
    let pid = rustix::process::Pid::from_raw(pid).ok_or(io::ErrorKind::NotFound)?;
    let process = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty())?;
    let raw = {
        use std::os::fd::AsRawFd;
        process.as_fd().as_raw_fd()
    };
    // SAFETY: takes three numbers.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_getfd, raw, number, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}
