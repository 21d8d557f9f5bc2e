//! Control groups of containers: who is in them, and that they go.
//!
//! runc makes them at `/lanner/podUID/ID` in every hierarchy; here they are found by that path.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process};

/// The cgroup of a container of a pod.
pub(crate) fn path(uid: &str, id: &str) -> String {
    format!("/lanner/pod{uid}/{id}")
}

/// Where hierarchies are mounted.
fn mounts() -> Vec<PathBuf> {
    let text = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let (head, tail) = line.split_once(" - ")?;
            let kind = tail.split(' ').next()?;
            let mut fields = head.split(' ').skip(3);
            // Only whole hierarchies.
            let root = fields.next()?;
            let at = fields.next()?;
            (matches!(kind, "cgroup" | "cgroup2") && root == "/").then(|| PathBuf::from(at))
        })
        .collect()
}

/// The folders of a cgroup, one for each hierarchy that has it.
fn folders(path: &str) -> Vec<PathBuf> {
    let path = path.trim_start_matches('/');
    let all = mounts().into_iter().map(|m| m.join(path));
    all.filter(|p| p.is_dir()).collect()
}

/// The processes in a cgroup and below it.
pub(crate) fn processes(path: &str) -> Vec<i32> {
    fn collect(folder: &Path, pids: &mut Vec<i32>) {
        let text = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
        pids.extend(
            text.lines()
                .filter_map(|l| l.parse::<i32>().ok())
                .filter(|p| *p > 0),
        );
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|t| t.is_dir()) {
                collect(&entry.path(), pids);
            }
        }
    }
    let mut pids = Vec::new();
    for folder in folders(path) {
        collect(&folder, &mut pids);
    }
    pids.sort_unstable();
    pids.dedup();
    pids
}

/// Kills everything in a cgroup and removes it.
///
/// # Errors
/// Something in it does not die, or a folder cannot be removed.
pub(crate) fn remove(path: &str) -> io::Result<()> {
    // Each round may find what was forked since the last. A killed process leaves its cgroup on
    // its way out, after it can no longer run.
    for round in 0..200 {
        let pids = processes(path);
        if pids.is_empty() {
            break;
        }
        for pid in pids.into_iter().filter_map(Pid::from_raw) {
            // It may be gone by now.
            let _ = kill_process(pid, Signal::KILL);
        }
        if round > 0 {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
    for folder in folders(path) {
        let mut tries = 0;
        // A cgroup whose last process is still on its way out is busy for a moment.
        while let Err(error) = remove_tree(&folder) {
            tries += 1;
            if error.raw_os_error() != Some(libc::EBUSY) || tries > 200 {
                return Err(error);
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
    Ok(())
}

fn remove_tree(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|t| t.is_dir()) {
            remove_tree(&entry.path())?;
        }
    }
    match fs::remove_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
