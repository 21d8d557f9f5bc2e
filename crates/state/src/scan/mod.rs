//! Reading the running machine from `/proc`.
//!
//! [`scan`] reads all of it once; [`Procfs`] answers single questions while events are applied.
//! Processes come and go meanwhile: what is gone is left out and counted, what may not be read is
//! left out and said ([`Report`]). With `$HOST_ROOT` the `/proc` and `/etc` below it are read.
//!
//! The time noted for a thread is taken before its files are read: an event that happens in
//! between is applied on top of what it may have changed already, which does no harm, and no
//! event is taken for older than it is.

mod cgroup;
mod fds;
mod machine;
mod process;
mod sockets;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lanner_event::snapshot::{FdEntry, FdTableEntry, GroupEntry, Snapshot, UserEntry};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::live::{Found, Live};
use crate::users;
use cgroup::CgroupTree;
use process::{Absent, Process, Reader};
use sockets::NetTables;

/// What was read, and when.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// The machine, its threads, descriptors, users and interfaces.
    pub snapshot: Snapshot,
    /// For each thread, when it was read: nanoseconds since the epoch.
    pub read_at: Vec<(i64, u64)>,
    /// What could not be read.
    pub report: Report,
}

/// What a scan could not read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Processes and threads that ended while they were read.
    pub vanished: u64,
    /// Kernel threads and zombies, which are left out as they run no program.
    pub skipped: u64,
    /// Processes whose descriptors may not be read.
    pub denied: u64,
    /// What is missing and what follows from it, a sentence each.
    pub problems: Vec<String>,
}

/// What to read.
#[derive(Clone, Debug)]
pub struct Options {
    /// The root of the host's file system: `/`, or `$HOST_ROOT`.
    pub host_root: PathBuf,
    /// Threads that read at the same time; 0 for one per CPU, at most four.
    pub workers: usize,
    /// How long to wait for them. Reading the files of a process whose memory map is locked (one
    /// that hangs on a dead file server, say) does not return.
    pub timeout: Duration,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            host_root: PathBuf::from("/"),
            workers: 0,
            timeout: Duration::from_secs(10),
        }
    }
}

impl Options {
    /// Those that the environment asks for (`$HOST_ROOT`).
    pub fn from_env() -> Options {
        let host_root = std::env::var_os("HOST_ROOT").filter(|root| !root.is_empty());
        Options {
            host_root: host_root.map_or_else(|| PathBuf::from("/"), PathBuf::from),
            ..Options::default()
        }
    }
}

/// Reads the machine. Never fails: what is missing is in the report.
pub fn scan(options: &Options) -> Scan {
    let mut scan = Scan::default();
    let root = options.host_root.as_path();
    machine::read(root, &mut scan);
    let proc_path = root.join("proc");
    let proc_dir = match open_dir(&proc_path) {
        Ok(dir) => dir,
        Err(error) => {
            scan.report.problems.push(format!(
                "{}: {}; processes that run already are known only by their events",
                proc_path.display(),
                std::io::Error::from(error)
            ));
            return scan;
        }
    };
    let pids = process::numbers_in(&proc_dir);
    if !pids.contains(&1) {
        scan.report.problems.push(format!(
            "{}: other users' processes are hidden (hidepid, or a pid namespace without the \
             host's); they are known only by their events",
            proc_path.display()
        ));
    }
    let work = Arc::new(Work {
        shared: Shared {
            proc_dir,
            cgroups: CgroupTree::find(root),
            boot_ts: scan.snapshot.machine.boot_ts,
            nets: NetTables::default(),
        },
        pids,
        next: AtomicUsize::new(0),
    });
    let mut processes = Vec::with_capacity(work.pids.len());
    let complete = gather(&work, options, &mut |index, read| match read {
        Ok(process) => processes.push((index, process)),
        Err(Absent::Vanished) => scan.report.vanished += 1,
        Err(Absent::NoProgram) => scan.report.skipped += 1,
    });
    if !complete {
        scan.report.problems.push(format!(
            "{}: reading did not end within {:?}; processes that were not read yet are looked up \
             when they do something",
            proc_path.display(),
            options.timeout
        ));
    }
    processes.sort_by_key(|(index, _)| *index);
    for (_, process) in processes {
        take(&mut scan, process);
    }
    if scan.report.denied > 0 {
        scan.report.problems.push(format!(
            "{}: the files of {} processes may not be read; run as root to know them",
            proc_path.display(),
            scan.report.denied
        ));
    }
    process::date_pid_namespaces(&mut scan.snapshot);
    scan
}

/// What all readers use.
struct Shared {
    proc_dir: OwnedFd,
    cgroups: CgroupTree,
    boot_ts: u64,
    nets: NetTables,
}

/// The processes to read, which the workers take one by one.
struct Work {
    shared: Shared,
    pids: Vec<i64>,
    next: AtomicUsize,
}

impl Work {
    /// Reads processes until none is left or nobody wants them any more.
    fn run(&self, mut done: impl FnMut(usize, Result<Process, Absent>) -> bool) {
        let mut reader = Reader::new(&self.shared);
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(pid) = self.pids.get(index) else {
                return;
            };
            if !done(index, reader.process(*pid)) {
                return;
            }
        }
    }
}

/// Has the work done and hands over what was read. False if time ran out: a worker that hangs is
/// left behind.
fn gather(
    work: &Arc<Work>,
    options: &Options,
    take: &mut dyn FnMut(usize, Result<Process, Absent>),
) -> bool {
    let workers = match options.workers {
        0 => std::thread::available_parallelism().map_or(1, |n| n.get().min(4)),
        n => n,
    };
    let deadline = Instant::now() + options.timeout;
    let (sender, receiver) = mpsc::channel();
    let mut threads = Vec::new();
    for _ in 0..workers {
        let (work, sender) = (Arc::clone(work), sender.clone());
        let worker = std::thread::Builder::new().name("scan".into());
        let run = move || work.run(|index, read| sender.send((index, read)).is_ok());
        threads.extend(worker.spawn(run));
    }
    drop(sender);
    if threads.is_empty() {
        work.run(|index, read| {
            take(index, read);
            true
        });
        return true;
    }
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match receiver.recv_timeout(left) {
            Ok((index, read)) => take(index, read),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => return false,
        }
    }
    // They have ended or are about to. Whoever confines the process next must not leave one of them
    // behind with all its rights.
    threads.into_iter().for_each(|thread| {
        let _ = thread.join();
    });
    true
}

fn take(scan: &mut Scan, process: Process) {
    scan.report.denied += u64::from(process.denied);
    scan.report.vanished += process.vanished;
    for (thread, read_at) in process.threads {
        scan.read_at.push((thread.tid, read_at));
        scan.snapshot.threads.push(thread);
    }
    if !process.fds.is_empty() {
        scan.snapshot.fds.push(FdTableEntry {
            tid: process.pid,
            fds: process.fds,
        });
    }
}

/// How old what is known of sockets may be.
const SOCKETS_FRESH: Duration = Duration::from_millis(500);

/// Answers questions about the running machine from `/proc`.
pub struct Procfs {
    root: PathBuf,
    shared: Shared,
    /// When the tables of sockets were forgotten.
    fresh: Instant,
    /// When the databases of users and groups were last changed.
    changed: [Option<SystemTime>; 2],
}

impl Procfs {
    /// Reads below `options.host_root`. `boot_ts` is the machine's from its [`Scan`]. An error if
    /// there is no `/proc`.
    pub fn new(options: &Options, boot_ts: u64) -> std::io::Result<Procfs> {
        let root = options.host_root.clone();
        Ok(Procfs {
            shared: Shared {
                proc_dir: open_dir(&root.join("proc"))?,
                cgroups: CgroupTree::find(&root),
                boot_ts,
                nets: NetTables::default(),
            },
            fresh: Instant::now(),
            changed: databases(&root).map(|path| modified(&path)),
            root,
        })
    }
}

impl Procfs {
    /// Forgets the tables of sockets now and then: sockets come and go, but with many of them a
    /// table takes long to read.
    fn refresh(&mut self) {
        if self.fresh.elapsed() > SOCKETS_FRESH {
            self.fresh = Instant::now();
            self.shared.nets = NetTables::default();
        }
    }
}

impl Live for Procfs {
    fn thread(&mut self, tid: i64) -> Option<Found> {
        self.refresh();
        let mut process = Reader::new(&self.shared).process(tid).ok()?;
        let found = process.threads.iter().position(|(t, _)| t.tid == tid)?;
        let (thread, read_at) = process.threads.swap_remove(found);
        Some(Found {
            fds: if thread.tid == thread.pid {
                process.fds
            } else {
                Vec::new()
            },
            thread,
            read_at,
        })
    }

    fn fd(&mut self, pid: i64, fd: i64) -> Option<FdEntry> {
        self.refresh();
        Reader::new(&self.shared).one_fd(pid, fd)
    }

    fn is_alive(&mut self, pid: i64, tid: i64) -> bool {
        let path = format!("{pid}/task/{tid}/stat");
        let stat = rustix::fs::statat(&self.shared.proc_dir, path, rustix::fs::AtFlags::empty());
        !matches!(stat, Err(Errno::NOENT))
    }

    fn users(&mut self) -> Option<(Vec<UserEntry>, Vec<GroupEntry>)> {
        let changed = databases(&self.root).map(|path| modified(&path));
        if changed == self.changed {
            return None;
        }
        self.changed = changed;
        Some(read_users(open_dir(&self.root).ok()?.as_fd()))
    }

    fn users_of(&mut self, pid: i64) -> Option<(Vec<UserEntry>, Vec<GroupEntry>)> {
        let proc_dir = self.shared.proc_dir.as_fd();
        let mounts = |process: &str| {
            let namespace = process::namespace(proc_dir, &format!("{process}/ns/mnt"));
            Some(namespace).filter(|ns| *ns != 0)
        };
        let place = |root: &OwnedFd| rustix::fs::fstat(root).ok().map(|s| (s.st_dev, s.st_ino));
        let root_of = |process: &str| process::open_dir_at(proc_dir, &format!("{process}/root"));
        // Some machines do not let even root look into their first process.
        let host = if mounts("1").is_some() { "1" } else { "self" };
        let process = pid.to_string();
        if mounts(&process)? == mounts(host)? {
            return None;
        }
        // A runtime that has not moved into the container's file system yet sees the host's.
        let root = root_of(&process)?;
        if place(&root)? == place(&root_of(host)?)? {
            return None;
        }
        Some(read_users(root.as_fd()))
    }
}

/// The users and groups in the databases below a root directory.
fn read_users(root: BorrowedFd<'_>) -> (Vec<UserEntry>, Vec<GroupEntry>) {
    (
        users::parse_passwd(&read_database(root, "etc/passwd")),
        users::parse_group(&read_database(root, "etc/group")),
    )
}

/// The text of a database, empty if there is none. The file system may be a container's: links
/// in it lead nowhere else, and what is no file is not waited for.
fn read_database(root: BorrowedFd<'_>, path: &str) -> Vec<u8> {
    /// A database is cut off here.
    const MAX: u64 = 4 << 20;
    let mut text = Vec::new();
    if let Ok(file) = open_in(root, path) {
        let file = std::fs::File::from(file);
        let is_file = file.metadata().is_ok_and(|m| m.is_file());
        if !is_file || file.take(MAX).read_to_end(&mut text).is_err() {
            text.clear();
        }
    }
    text
}

/// Opens a file below a root directory, which no link leads out of. Where openat2 is refused, as it
/// is to services that may set no set-user-id bits (systemd's RestrictSUIDSGID), no link is
/// followed.
fn open_in(root: BorrowedFd<'_>, path: &str) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    match rustix::fs::openat2(root, path, flags, Mode::empty(), resolve) {
        Err(Errno::NOSYS | Errno::PERM) => open_without_links(root, path),
        opened => opened,
    }
}

fn open_without_links(root: BorrowedFd<'_>, path: &str) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let mut folder: Option<OwnedFd> = None;
    let mut names = path.split('/').peekable();
    while let Some(name) = names.next() {
        let kind = match names.peek() {
            Some(_) => OFlags::PATH | OFlags::DIRECTORY,
            None => OFlags::RDONLY,
        };
        let at = folder.as_ref().map_or(root, AsFd::as_fd);
        folder = Some(rustix::fs::openat(at, name, flags | kind, Mode::empty())?);
    }
    folder.ok_or(Errno::NOENT)
}

fn databases(root: &Path) -> [PathBuf; 2] {
    ["etc/passwd", "etc/group"].map(|name| root.join(name))
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}

fn open_dir(path: &Path) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(CWD, path, flags, Mode::empty())
}

/// Now, nanoseconds since the epoch.
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_nanos() as u64)
}

/// The threads of a snapshot by what the tests look at.
#[cfg(test)]
fn find(snapshot: &Snapshot, tid: i64) -> Option<&lanner_event::snapshot::ThreadEntry> {
    snapshot.threads.iter().find(|t| t.tid == tid)
}

#[cfg(test)]
mod tests;
