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
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lanner_event::snapshot::{FdEntry, FdTableEntry, GroupEntry, Snapshot, UserEntry};
use rustix::fd::{AsFd as _, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::live::{Found, Live};
use crate::users;
use cgroup::CgroupTree;
use process::{Process, Reader};
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
}

impl Default for Options {
    fn default() -> Options {
        Options {
            host_root: PathBuf::from("/"),
            workers: 0,
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
    let shared = Shared {
        proc_dir,
        cgroups: CgroupTree::find(root),
        boot_ts: scan.snapshot.machine.boot_ts,
        nets: NetTables::default(),
    };
    let workers = match options.workers {
        0 => std::thread::available_parallelism().map_or(1, |n| n.get().min(4)),
        n => n,
    };
    let part = pids.len().div_ceil(workers).max(1);
    let mut parts: Vec<Part> = Vec::new();
    std::thread::scope(|scope| {
        let handles: Vec<_> = pids
            .chunks(part)
            .map(|pids| scope.spawn(|| read_part(&shared, pids)))
            .collect();
        parts = handles
            .into_iter()
            .map(|handle| handle.join().unwrap_or_default())
            .collect();
    });
    for part in parts {
        scan.report.vanished += part.vanished;
        scan.report.skipped += part.skipped;
        scan.report.denied += part.denied;
        for process in part.processes {
            take(&mut scan, process);
        }
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

#[derive(Default)]
struct Part {
    processes: Vec<Process>,
    vanished: u64,
    skipped: u64,
    denied: u64,
}

fn read_part(shared: &Shared, pids: &[i64]) -> Part {
    let mut part = Part::default();
    let mut reader = Reader::new(shared);
    for pid in pids {
        match reader.process(*pid) {
            Ok(process) => {
                part.denied += u64::from(process.denied);
                part.vanished += process.vanished;
                part.processes.push(process);
            }
            Err(process::Absent::Vanished) => part.vanished += 1,
            Err(process::Absent::NoProgram) => part.skipped += 1,
        }
    }
    part
}

fn take(scan: &mut Scan, process: Process) {
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
        let mounts = |pid: i64| {
            let dir = process::open_number(&self.shared.proc_dir, pid)?;
            Some(process::namespace(dir.as_fd(), "ns/mnt")).filter(|ns| *ns != 0)
        };
        if mounts(pid)? == mounts(1)? {
            return None;
        }
        let dir = process::open_number(&self.shared.proc_dir, pid)?;
        let root = process::open_dir_at(dir.as_fd(), "root")?;
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
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    let mut text = Vec::new();
    if let Ok(file) = rustix::fs::openat2(root, path, flags, Mode::empty(), resolve) {
        let file = std::fs::File::from(file);
        let is_file = file.metadata().is_ok_and(|m| m.is_file());
        if !is_file || file.take(MAX).read_to_end(&mut text).is_err() {
            text.clear();
        }
    }
    text
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
