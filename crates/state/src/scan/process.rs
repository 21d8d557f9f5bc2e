//! One process and its threads.

use std::mem::MaybeUninit;

use bstr::{BString, ByteSlice as _};
use hashbrown::HashMap;
use lanner_event::snapshot::{FdEntry, Snapshot, ThreadEntry};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, Mode, OFlags, RawDir, StatxFlags};

use super::{Shared, now};
use crate::thread::flags;

/// The longest that is kept of arguments and of the environment, as in captures.
const MAX_TEXT: usize = 4096;

/// The ticks per second that the kernel counts in for programs, on every architecture.
const TICK_NS: u64 = 1_000_000_000 / 100;

/// `PF_KTHREAD` in the flags of a task.
const KERNEL_THREAD: u64 = 0x0020_0000;

/// Room for the entries of a directory.
const DIR_BUFFER: usize = 32 * 1024;

/// Why there is nothing to tell of a process.
pub(super) enum Absent {
    /// It ended.
    Vanished,
    /// It runs no program: a kernel thread, or a zombie.
    NoProgram,
}

/// A process as it was read.
pub(super) struct Process {
    pub(super) pid: i64,
    /// Its threads, each with the time it was read; the main thread first.
    pub(super) threads: Vec<(ThreadEntry, u64)>,
    pub(super) fds: Vec<FdEntry>,
    /// Its descriptors may not be read.
    pub(super) denied: bool,
    /// Threads that ended while they were read.
    pub(super) vanished: u64,
}

/// Reads processes, using the same room for all of them.
pub(super) struct Reader<'a> {
    pub(super) shared: &'a Shared,
    pub(super) text: Vec<u8>,
    pub(super) names: Vec<MaybeUninit<u8>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(shared: &'a Shared) -> Reader<'a> {
        Reader {
            shared,
            text: Vec::with_capacity(16 * 1024),
            names: vec![MaybeUninit::uninit(); DIR_BUFFER],
        }
    }

    /// Reads the process of this thread id, which need not be that of its main thread.
    pub(super) fn process(&mut self, id: i64) -> Result<Process, Absent> {
        let read_at = now();
        let dir = open_number(&self.shared.proc_dir, id).ok_or(Absent::Vanished)?;
        let dir = dir.as_fd();
        let mut thread = ThreadEntry {
            tid: id,
            pid: id,
            loginuid: u32::MAX,
            fdlimit: -1,
            ..ThreadEntry::default()
        };
        let stat = self
            .stat(dir, "stat", &mut thread)
            .ok_or(Absent::Vanished)?;
        if stat.dead {
            return Err(Absent::NoProgram);
        }
        let exe = read_link(dir, "exe");
        let read = self.read(dir, "cmdline", MAX_TEXT);
        if !read && exe.is_none() {
            return Err(Absent::Vanished);
        }
        if self.text.is_empty() && exe.is_none() {
            return Err(Absent::NoProgram);
        }
        split_command_line(&self.text, &mut thread);
        if !self.status(dir, "status", &mut thread) {
            return Err(Absent::Vanished);
        }
        if self.read(dir, "environ", MAX_TEXT) {
            thread.env = self.text.as_slice().into();
        }
        if self.read(dir, "cgroup", 64 * 1024) {
            thread.cgroups = self.shared.cgroups.list(&self.text);
        }
        if self.read(dir, "loginuid", 64) {
            thread.loginuid = number(&self.text).unwrap_or(u64::from(u32::MAX)) as u32;
        }
        if self.read(dir, "limits", 4096) {
            thread.fdlimit = open_file_limit(&self.text);
        }
        thread.cwd = read_link(dir, "cwd").unwrap_or_default();
        thread.root = read_link(dir, "root").unwrap_or_default();
        thread.exepath = exe.unwrap_or_default();
        executable(dir, &mut thread);
        if thread.vtid != thread.tid {
            // Turned into a time once the init processes of all namespaces are known.
            thread.pidns_init_start_ts = namespace(dir, "ns/pid");
        }
        let main = thread.tid == thread.pid;
        let (fds, denied) = if main {
            self.fds(dir)
        } else {
            (Vec::new(), false)
        };
        let mut process = Process {
            pid: thread.pid,
            threads: vec![(thread, read_at)],
            fds,
            denied,
            vanished: 0,
        };
        if main && stat.threads > 1 {
            self.other_threads(dir, &mut process);
        }
        Ok(process)
    }

    fn other_threads(&mut self, dir: BorrowedFd<'_>, process: &mut Process) {
        let Some(tasks) = open_dir_at(dir, "task") else {
            return;
        };
        for tid in numbers_in(&tasks) {
            if tid == process.pid {
                continue;
            }
            let read_at = now();
            // What threads have in common is not read again.
            let mut thread = ThreadEntry {
                tid,
                flags: flags::THREAD | flags::FILES,
                env: BString::default(),
                cwd: BString::default(),
                ..process.threads[0].0.clone()
            };
            let stat = self.stat(tasks.as_fd(), &format!("{tid}/stat"), &mut thread);
            let alive = stat.is_some_and(|s| !s.dead);
            if alive && self.status(tasks.as_fd(), &format!("{tid}/status"), &mut thread) {
                process.threads.push((thread, read_at));
            } else {
                process.vanished += 1;
            }
        }
    }

    /// Reads at most `max` bytes of a file into `self.text`. False, and empty, if that fails.
    pub(super) fn read(&mut self, dir: BorrowedFd<'_>, name: &str, max: usize) -> bool {
        self.text.clear();
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let Ok(file) = rustix::fs::openat(dir, name, flags, Mode::empty()) else {
            return false;
        };
        self.text.resize(max, 0);
        let mut len = 0;
        while len < max {
            match rustix::io::read(&file, &mut self.text[len..]) {
                Ok(0) => break,
                Ok(n) => len += n,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => {
                    self.text.clear();
                    return false;
                }
            }
        }
        self.text.truncate(len);
        true
    }

    /// Takes over `/proc/PID/stat`.
    fn stat(&mut self, dir: BorrowedFd<'_>, name: &str, thread: &mut ThreadEntry) -> Option<Stat> {
        if !self.read(dir, name, 4096) {
            return None;
        }
        // The name stands in parentheses and may itself contain some.
        let open = self.text.find_byte(b'(')?;
        let close = self.text.rfind_byte(b')')?;
        thread.comm = self.text.get(open + 1..close)?.into();
        let fields: Vec<&[u8]> = self.text.get(close + 2..)?.fields().collect();
        // Field 3 of proc(5) is the first here.
        let field = |n: usize| fields.get(n - 3).and_then(|f| signed(f));
        thread.pgid = field(5)?;
        thread.sid = field(6)?;
        thread.tty = field(7)? as u32;
        thread.pfminor = field(10)? as u64;
        thread.pfmajor = field(12)? as u64;
        let started = field(22)? as u64;
        thread.clone_ts = self.shared.boot_ts + started.saturating_mul(TICK_NS);
        Some(Stat {
            dead: matches!(fields.first(), Some(&(b"Z" | b"X" | b"x")))
                || field(9)? as u64 & KERNEL_THREAD != 0,
            threads: field(20)?,
        })
    }

    /// Takes over `/proc/PID/status`.
    fn status(&mut self, dir: BorrowedFd<'_>, name: &str, thread: &mut ThreadEntry) -> bool {
        if !self.read(dir, name, 8192) {
            return false;
        }
        thread.vtid = thread.tid;
        for line in self.text.lines() {
            let Some((key, value)) = line.split_once_str(b":") else {
                continue;
            };
            let mut values = value.fields();
            let hex = || u64::from_str_radix(value.trim().to_str().ok()?, 16).ok();
            match key {
                b"Tgid" => thread.pid = number(value).map_or(thread.pid, |n| n as i64),
                b"PPid" => thread.ptid = number(value).unwrap_or(0) as i64,
                // Real, effective, saved, file system.
                b"Uid" => thread.uid = effective(values),
                b"Gid" => thread.gid = effective(values),
                b"VmSize" => thread.vmsize_kb = number(value).unwrap_or(0) as u32,
                b"VmRSS" => thread.vmrss_kb = number(value).unwrap_or(0) as u32,
                b"VmSwap" => thread.vmswap_kb = number(value).unwrap_or(0) as u32,
                b"CapInh" => thread.cap_inheritable = hex().unwrap_or(0),
                b"CapPrm" => thread.cap_permitted = hex().unwrap_or(0),
                b"CapEff" => thread.cap_effective = hex().unwrap_or(0),
                // One number for each pid namespace, the thread's own last.
                b"NSpid" => set_last(&mut thread.vtid, values),
                b"NStgid" => set_last(&mut thread.vpid, values),
                b"NSsid" => set_last(&mut thread.sid, values),
                b"NSpgid" => {
                    if let Some(first) = values.next().and_then(signed) {
                        thread.pgid = first;
                        thread.vpgid = first;
                    }
                    set_last(&mut thread.vpgid, values);
                }
                _ => {}
            }
        }
        if thread.vpid == 0 {
            thread.vpid = thread.pid;
        }
        true
    }
}

struct Stat {
    /// A zombie or a kernel thread.
    dead: bool,
    threads: i64,
}

/// Takes over what the file of the executable tells.
fn executable(dir: BorrowedFd<'_>, thread: &mut ThreadEntry) {
    thread.exe_from_memfd = thread.exepath.starts_with(b"/memfd:");
    let mask = StatxFlags::INO
        | StatxFlags::CTIME
        | StatxFlags::MTIME
        | StatxFlags::MODE
        | StatxFlags::UID
        | StatxFlags::GID;
    let Ok(stat) = rustix::fs::statx(dir, "exe", AtFlags::STATX_DONT_SYNC, mask) else {
        return;
    };
    let nanoseconds = |t: rustix::fs::StatxTimestamp| {
        (t.tv_sec.max(0) as u64)
            .saturating_mul(1_000_000_000)
            .saturating_add(u64::from(t.tv_nsec))
    };
    thread.exe_ino = stat.stx_ino;
    thread.exe_ino_ctime = nanoseconds(stat.stx_ctime);
    thread.exe_ino_mtime = nanoseconds(stat.stx_mtime);
    // The owner can make it writable if it is not.
    thread.exe_writable = thread.uid == stat.stx_uid
        || thread.uid == 0
        || (thread.gid == stat.stx_gid && stat.stx_mode & 0o020 != 0)
        || stat.stx_mode & 0o002 != 0;
}

/// Puts the start of the init process of its pid namespace on every thread.
pub(super) fn date_pid_namespaces(snapshot: &mut Snapshot) {
    let host_init = snapshot
        .threads
        .iter()
        .find(|t| t.tid == 1)
        .map_or(snapshot.machine.boot_ts, |t| t.clone_ts);
    let inits: HashMap<u64, u64> = snapshot
        .threads
        .iter()
        .filter(|t| t.vtid == 1 && t.tid != 1)
        .map(|t| (t.pidns_init_start_ts, t.clone_ts))
        .collect();
    for thread in &mut snapshot.threads {
        thread.pidns_init_start_ts = if thread.vtid == thread.tid {
            host_init
        } else {
            inits.get(&thread.pidns_init_start_ts).copied().unwrap_or(0)
        };
    }
}

/// The first string is the program, the rest are its arguments.
fn split_command_line(text: &[u8], thread: &mut ThreadEntry) {
    match text.find_byte(0) {
        Some(nul) => {
            thread.exe = text[..nul].into();
            thread.args = text[nul + 1..].into();
        }
        None => thread.exe = text.into(),
    }
}

/// The soft limit in the line `Max open files  1024  4096  files`.
fn open_file_limit(text: &[u8]) -> i64 {
    let line = text.lines().find_map(|l| l.strip_prefix(b"Max open files"));
    match line.and_then(|l| l.fields().next()) {
        Some(b"unlimited") | None => -1,
        Some(limit) => signed(limit).unwrap_or(-1),
    }
}

fn effective<'a>(mut values: impl Iterator<Item = &'a [u8]>) -> u32 {
    values
        .nth(1)
        .and_then(number)
        .map_or(u32::MAX, |n| n as u32)
}

fn set_last<'a>(field: &mut i64, values: impl Iterator<Item = &'a [u8]>) {
    if let Some(last) = values.last().and_then(signed) {
        *field = last;
    }
}

/// The number that text begins with, after blanks.
pub(super) fn number(text: &[u8]) -> Option<u64> {
    let text = text.trim_start();
    let digits = text.iter().take_while(|c| c.is_ascii_digit()).count();
    text[..digits].to_str().ok()?.parse().ok()
}

fn signed(text: &[u8]) -> Option<i64> {
    text.to_str().ok()?.parse().ok()
}

/// The numbers among the names in a directory, sorted.
pub(super) fn numbers_in(dir: &OwnedFd) -> Vec<i64> {
    let mut buffer = vec![MaybeUninit::uninit(); DIR_BUFFER];
    let mut numbers = Vec::new();
    let mut entries = RawDir::new(dir, &mut buffer);
    while let Some(Ok(entry)) = entries.next() {
        if let Some(n) = signed(entry.file_name().to_bytes()) {
            numbers.push(n);
        }
    }
    numbers.sort_unstable();
    numbers
}

pub(super) fn open_number(dir: &OwnedFd, number: i64) -> Option<OwnedFd> {
    open_dir_at(dir.as_fd(), &number.to_string())
}

pub(super) fn open_dir_at(dir: BorrowedFd<'_>, name: &str) -> Option<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(dir, name, flags, Mode::empty()).ok()
}

/// Where a link leads.
pub(super) fn read_link(dir: BorrowedFd<'_>, name: &str) -> Option<BString> {
    let mut buffer = [MaybeUninit::<u8>::uninit(); 4096];
    let (target, _) = rustix::fs::readlinkat_raw(dir, name, &mut buffer[..]).ok()?;
    Some((&*target).into())
}

/// The number of a namespace, 0 if unknown.
pub(super) fn namespace(dir: BorrowedFd<'_>, name: &str) -> u64 {
    let link = read_link(dir, name).unwrap_or_default();
    link.split_once_str(b":[")
        .and_then(|(_, n)| number(n))
        .unwrap_or(0)
}
