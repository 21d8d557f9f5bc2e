//! Users and groups, capabilities, directories, limits and memory of threads.

use bstr::BStr;
use lanner_event::{Event, EventType as T};

use super::text;
use crate::users::{Group, User};
use crate::{State, Subject, path};

/// `RLIMIT_NOFILE`.
const NOFILE: u64 = 7;

/// `PR_SET_CHILD_SUBREAPER` and `PR_GET_CHILD_SUBREAPER`.
const SUBREAPER: [u64; 2] = [0x24, 0x25];

/// All capabilities there are, which a thread has in a new user namespace.
const ALL_CAPABILITIES: u64 = (1 << 41) - 1;

impl State {
    /// The effective user, in parameter `index`. −1 means no change to the kernel, and an unknown
    /// user to Falco, until the next `execve`.
    pub(super) fn set_uid(&mut self, event: &Event<'_>, slot: u32, index: usize) {
        let Some(uid) = changed_id(event, index) else {
            return;
        };
        if let Some(entry) = self.threads.get_mut(slot) {
            entry.thread.uid = uid;
            let gid = entry.thread.gid;
            self.need_user(uid, gid);
        }
    }

    /// The effective group, in parameter `index`, as for [`State::set_uid`].
    pub(super) fn set_gid(&mut self, event: &Event<'_>, slot: u32, index: usize) {
        let Some(gid) = changed_id(event, index) else {
            return;
        };
        if let Some(entry) = self.threads.get_mut(slot) {
            entry.thread.gid = gid;
            let uid = entry.thread.uid;
            self.need_user(uid, gid);
        }
    }

    pub(super) fn capset(&mut self, event: &Event<'_>, slot: u32) {
        let sets = (event.uint(1), event.uint(2), event.uint(3));
        if let (true, (Some(inheritable), Some(permitted), Some(effective))) =
            (succeeded(event), sets)
            && let Some(entry) = self.threads.get_mut(slot)
        {
            entry.thread.cap_inheritable = inheritable;
            entry.thread.cap_permitted = permitted;
            entry.thread.cap_effective = effective;
        }
    }

    /// `unshare` and `setns`, whose flags are in parameter `index`.
    pub(super) fn unshare(&mut self, event: &Event<'_>, slot: u32, index: usize) {
        use crate::thread::flags;
        let bits = event.uint(index).unwrap_or(0) as u32;
        if !succeeded(event) {
            return;
        }
        if bits & flags::FILES != 0 && event.ty == T::SYSCALL_UNSHARE_X {
            self.own_files(slot);
        }
        if bits & flags::NEWUSER != 0
            && let Some(entry) = self.threads.get_mut(slot)
        {
            entry.thread.cap_inheritable = ALL_CAPABILITIES;
            entry.thread.cap_permitted = ALL_CAPABILITIES;
            entry.thread.cap_effective = ALL_CAPABILITIES;
        }
    }

    pub(super) fn setsid(&mut self, event: &Event<'_>, slot: u32) {
        if let Some(sid) = event.int(0).filter(|sid| *sid >= 0)
            && let Some(entry) = self.threads.get_mut(slot)
        {
            entry.thread.sid = sid;
        }
    }

    /// `prctl`, as far as it makes a process adopt the orphans below it.
    pub(super) fn prctl(&mut self, event: &Event<'_>, slot: u32) {
        let subreaper = event.uint(1).is_some_and(|o| SUBREAPER.contains(&o));
        if !succeeded(event) || !subreaper {
            return;
        }
        let Some(pid) = self
            .threads
            .get(slot)
            .filter(|e| e.grouped)
            .map(|e| e.thread.pid)
        else {
            return;
        };
        if let Some(group) = self.threads.group_mut(pid) {
            group.reaper = event.int(3).is_some_and(|on| on != 0);
        }
    }

    /// `chdir`, and `getcwd`, which tells where a thread is in case a change was lost.
    pub(super) fn chdir(&mut self, event: &Event<'_>, slot: u32) {
        if succeeded(event) {
            self.set_cwd(slot, text(event, 1));
        }
    }

    pub(super) fn fchdir(&mut self, event: &Event<'_>, slot: u32, subject: &Subject) {
        let Some(fd) = subject.fd.filter(|_| succeeded(event)) else {
            return;
        };
        let mut name = std::mem::take(&mut self.scratch);
        name.clear();
        let known = self
            .threads
            .get(slot)
            .and_then(|e| self.files.get(e.files).get(fd))
            .map(|fd| name.extend_from_slice(&fd.name))
            .is_some();
        if known {
            self.set_cwd(slot, &name);
        }
        self.scratch = name;
    }

    /// Moves a process: all of its threads are where the main thread is.
    fn set_cwd(&mut self, slot: u32, to: &[u8]) {
        let Some(pid) = self.threads.get(slot).map(|e| e.thread.pid) else {
            return;
        };
        let leader = self.threads.find(pid);
        if let Some(entry) = leader.and_then(|slot| self.threads.get_mut(slot)) {
            let from = std::mem::take(&mut entry.thread.cwd);
            let cwd = &mut entry.thread.cwd;
            path::join(&from, to, cwd);
            if cwd.last() != Some(&b'/') {
                cwd.push(b'/');
            }
        }
    }

    pub(super) fn chroot(&mut self, event: &Event<'_>, slot: u32) {
        if event.int(0) != Some(0) {
            return;
        }
        let to = text(event, 1);
        let mut root = Vec::new();
        if to.starts_with(b"/") {
            root.extend_from_slice(to);
        } else {
            path::join(self.cwd(slot), to, &mut root);
        }
        if let Some(entry) = self.threads.get_mut(slot) {
            entry.thread.root = root.into();
        }
    }

    /// `getrlimit`, `setrlimit`.
    pub(super) fn rlimit(&mut self, event: &Event<'_>, slot: u32) {
        if succeeded(event) && event.uint(3) == Some(NOFILE) {
            self.set_fdlimit(slot, event.int(1));
        }
    }

    /// `prlimit`, which may be about another process.
    pub(super) fn prlimit(&mut self, event: &Event<'_>) {
        if event.int(0) != Some(0) || event.uint(6) != Some(NOFILE) {
            return;
        }
        let target = match event.int(5) {
            Some(0) => Some(event.tid),
            other => other,
        };
        if let Some(slot) = target.and_then(|tid| self.threads.find(tid)) {
            self.set_fdlimit(slot, event.int(1));
        }
    }

    fn set_fdlimit(&mut self, slot: u32, limit: Option<i64>) {
        let leader = self
            .threads
            .get(slot)
            .and_then(|e| self.threads.find(e.thread.pid));
        if let (Some(leader), Some(limit)) = (leader, limit.filter(|l| *l != -1))
            && let Some(entry) = self.threads.get_mut(leader)
        {
            entry.thread.fdlimit = limit;
        }
    }

    /// `brk`, `mmap`, `munmap`: how large the process is now.
    pub(super) fn memory(&mut self, event: &Event<'_>, slot: u32) {
        let sizes = (event.uint(1), event.uint(2), event.uint(3));
        if let Some(entry) = self.threads.get_mut(slot)
            && let (Some(size), Some(rss), Some(swap)) = sizes
        {
            entry.thread.vmsize_kb = size as u32;
            entry.thread.vmrss_kb = rss as u32;
            entry.thread.vmswap_kb = swap as u32;
        }
    }

    pub(super) fn context_switch(&mut self, event: &Event<'_>, slot: u32) {
        if event.value(5).is_none() {
            return;
        }
        let number = |i| event.uint(i).unwrap_or(0);
        let Some(entry) = self.threads.get_mut(slot) else {
            return;
        };
        entry.thread.pfmajor = number(1);
        entry.thread.pfminor = number(2);
        let leader = self.threads.get(slot).map(|e| e.thread.pid);
        if let Some(leader) = leader.and_then(|pid| self.threads.find(pid))
            && let Some(entry) = self.threads.get_mut(leader)
        {
            entry.thread.vmsize_kb = number(3) as u32;
            entry.thread.vmrss_kb = number(4) as u32;
            entry.thread.vmswap_kb = number(5) as u32;
        }
    }

    /// Users and groups that were added or deleted, on the host or in a container.
    pub(super) fn user_event(&mut self, event: &Event<'_>) {
        let id = event.uint(0).unwrap_or(u64::from(u32::MAX)) as u32;
        // An empty text is "the host" here, not a missing value.
        let optional = |i| event.text(i).unwrap_or_default();
        match event.ty {
            T::USER_ADDED_E => {
                let user = User {
                    uid: id,
                    gid: event.uint(1).unwrap_or(u64::from(u32::MAX)) as u32,
                    name: text(event, 2).into(),
                    home: text(event, 3).into(),
                    shell: text(event, 4).into(),
                };
                self.users.add_user(optional(5), user);
            }
            T::USER_DELETED_E => self.users.remove_user(optional(5), id),
            T::GROUP_ADDED_E => {
                let group = Group {
                    gid: id,
                    name: text(event, 1).into(),
                };
                self.users.add_group(optional(2), group);
            }
            _ => self.users.remove_group(BStr::new(optional(2)), id),
        }
    }
}

/// Whether the call returned no error.
fn succeeded(event: &Event<'_>) -> bool {
    event.int(0).is_some_and(|res| res >= 0)
}

/// The id in parameter `index` of a successful call.
fn changed_id(event: &Event<'_>, index: usize) -> Option<u32> {
    let id = event.uint(index)? as u32;
    (event.int(0) == Some(0)).then_some(id)
}
