//! Creation, execution and exit.

use std::sync::Arc;

use lanner_event::{Event, EventType as T};

use super::{AT_FDCWD, same_strings, terminated, text};
use crate::fd::FdTable;
use crate::seed::without_deleted;
use crate::thread::{Image, Thread, flags};
use crate::threads::Entry;
use crate::{State, Subject, path};

/// A main thread that was created longer ago than this when its own half of `clone` comes is an
/// earlier one of the same id, whose exit was lost.
const STALE_NS: u64 = 2_000_000_000;

/// Bits of the `flags` parameter of `execve`.
mod exe_flags {
    pub(super) const WRITABLE: u32 = 1;
    pub(super) const UPPER_LAYER: u32 = 2;
    pub(super) const FROM_MEMFD: u32 = 4;
    pub(super) const LOWER_LAYER: u32 = 8;
}

/// `AT_EMPTY_PATH` in the flags of `execveat`.
const EMPTY_PATH: u64 = 1;

impl State {
    /// `clone`, `fork`, `vfork`, `clone3`: once in the creator, once in the child.
    pub(super) fn clone_exit(&mut self, event: &Event<'_>, subject: &mut Subject) {
        if let Some(slot) = self.threads.find_recent(event.tid) {
            subject.thread = Some(self.threads.key(slot));
            if let Some(entry) = self.threads.get_mut(slot) {
                entry.last_event = event.ts;
            }
        }
        match event.int(0) {
            Some(0) => self.clone_child(event, subject),
            Some(child) if child > 0 => self.clone_creator(event, child, subject),
            _ => {}
        }
    }

    fn clone_creator(&mut self, event: &Event<'_>, child: i64, subject: &mut Subject) {
        let Some(mut creator) = self.acting(event.tid) else {
            subject.thread = None;
            return;
        };
        let valid = self.threads.get(creator).is_some_and(|e| !e.is_invalid());
        if !valid {
            self.identify(creator, event);
        }
        subject.thread = Some(self.threads.key(creator));
        let bits = event.uint(15).unwrap_or(0) as u32;
        let vtid = self.threads.get(creator).map_or(-1, |e| e.thread.vtid);
        // The child's id as the creator sees it is not that of the initial namespace, or may not
        // be: only the child knows.
        if bits & (flags::IN_PIDNS | flags::NEWPID | flags::PARENT) != 0 || event.tid != vtid {
            return;
        }
        // The child may be gone by the time the creator returns.
        if bits & flags::VFORK != 0 || event.ty == T::SYSCALL_VFORK_20_X {
            return;
        }
        if self.exits.has(event.tid, child, event.ts) {
            return;
        }
        if let Some(existing) = self.threads.find(child) {
            let known = self.threads.get(existing).is_some_and(|e| {
                e.thread.flags & flags::INVERTED != 0 || e.known_since >= event.ts
            });
            if known {
                return;
            }
            self.replace(existing);
            match self.threads.find(event.tid) {
                Some(slot) => creator = slot,
                None => {
                    subject.thread = None;
                    return;
                }
            }
        }
        let is_thread = bits & flags::THREAD != 0;
        let Some(from) = self.threads.get(creator) else {
            return;
        };
        let ids = Ids {
            tid: child,
            pid: if is_thread { from.thread.pid } else { child },
            ptid: if is_thread {
                from.thread.ptid
            } else {
                from.thread.tid
            },
            vtid: child,
            vpid: if is_thread { from.thread.pid } else { child },
            flags: bits,
        };
        let pidns_init_start_ts = self.machine.boot_ts;
        self.create(event, ids, creator, valid, true, pidns_init_start_ts);
    }

    fn clone_child(&mut self, event: &Event<'_>, subject: &mut Subject) {
        if let Some(slot) = self.threads.find(event.tid)
            && let Some(entry) = self.threads.get(slot)
        {
            let created = entry.thread.clone_ts;
            let known = entry.known_since >= event.ts;
            if known || (created != 0 && event.ts.saturating_sub(created) < STALE_NS) {
                return;
            }
            self.replace(slot);
            subject.thread = None;
        }
        let bits = event.uint(15).unwrap_or(0) as u32 | flags::INVERTED;
        let is_thread = bits & flags::THREAD != 0;
        let (pid, ptid) = (event.int(4).unwrap_or(-1), event.int(5).unwrap_or(-1));
        let (vtid, vpid) = match (event.int(18), event.int(19)) {
            (Some(vtid), Some(vpid)) => (vtid, vpid),
            _ => (event.tid, -1),
        };
        let ids = Ids {
            tid: event.tid,
            pid,
            ptid,
            vtid,
            vpid,
            flags: bits,
        };
        // Threads take after the main thread of their process, processes after their parent.
        let Some(from) = self.acting(if is_thread { pid } else { ptid }) else {
            subject.thread = None;
            return;
        };
        let valid = self.threads.get(from).is_some_and(|e| !e.is_invalid());
        if !valid && is_thread {
            self.threads.set_pid(from, pid);
            if let Some(entry) = self.threads.get_mut(from) {
                entry.thread.invented = false;
                entry.thread.ptid = ptid;
                entry.thread.vpid = vpid;
                entry.thread.vtid = vpid;
            }
            self.threads.attach(from);
        }
        let in_pidns = bits & (flags::IN_PIDNS | flags::NEWPID) != 0 || event.tid != vtid;
        let pidns_init_start_ts = match (in_pidns, event.uint(20)) {
            (false, _) => self.machine.boot_ts,
            (true, Some(ts)) => ts.saturating_add(self.machine.boot_ts),
            (true, None) => 0,
        };
        let slot = self.create(event, ids, from, valid, is_thread, pidns_init_start_ts);
        subject.thread = slot.map(|slot| self.threads.key(slot));
    }

    /// Fills in the ids of a creator that was made up.
    fn identify(&mut self, slot: u32, event: &Event<'_>) {
        self.threads.set_pid(slot, event.int(4).unwrap_or(-1));
        if let Some(entry) = self.threads.get_mut(slot) {
            let thread = &mut entry.thread;
            thread.ptid = event.int(5).unwrap_or(-1);
            thread.invented = false;
            (thread.vtid, thread.vpid) = match (event.int(18), event.int(19)) {
                (Some(vtid), Some(vpid)) => (vtid, vpid),
                _ => (event.tid, -1),
            };
        }
        self.threads.attach(slot);
    }

    /// Adds the child of a clone event. It takes after `from` if that is `valid`; if not, and
    /// `teach` is set, `from` learns from the event what it runs.
    fn create(
        &mut self,
        event: &Event<'_>,
        ids: Ids,
        from: u32,
        valid: bool,
        teach: bool,
        pidns_init_start_ts: u64,
    ) -> Option<u32> {
        if self.threads.len() >= self.limits.threads {
            self.counters.threads_refused += 1;
            return None;
        }
        let is_thread = ids.flags & flags::THREAD != 0;
        let source = self.threads.get(from)?;
        let exe = text(event, 1);
        let args = event.param(2).unwrap_or_default();
        let comm = match event.value(13) {
            Some(_) => text(event, 13),
            None => exe,
        };
        let image = if valid {
            let image = &source.thread.image;
            if image.exe == exe && same_strings(&image.args, args) {
                Arc::clone(image)
            } else {
                Arc::new(Image {
                    exe: exe.into(),
                    args: terminated(args),
                    ..Image::clone(image)
                })
            }
        } else {
            Arc::new(Image {
                exe: exe.into(),
                args: terminated(args),
                ..Image::default()
            })
        };
        let mut thread = Thread {
            comm: comm.into(),
            image: Arc::clone(&image),
            flags: ids.flags,
            pid: ids.pid,
            ptid: ids.ptid,
            vtid: ids.vtid,
            vpid: ids.vpid,
            uid: event.uint(16).map_or(u32::MAX, |u| u as u32),
            gid: event.uint(17).map_or(u32::MAX, |g| g as u32),
            fdlimit: event.int(7).unwrap_or(-1),
            clone_ts: event.ts,
            pidns_init_start_ts,
            invented: false,
            ..Thread::invented(ids.tid)
        };
        if is_thread {
            thread.flags |= flags::FILES;
        }
        set_memory(&mut thread, event);
        let mut inherited = crate::CgroupId::default();
        if valid {
            let parent = &source.thread;
            thread.root.clone_from(&parent.root);
            thread.sid = parent.sid;
            thread.vpgid = parent.vpgid;
            thread.pgid = parent.pgid;
            thread.tty = parent.tty;
            thread.loginuid = parent.loginuid;
            thread.cap_inheritable = parent.cap_inheritable;
            thread.cap_permitted = parent.cap_permitted;
            thread.cap_effective = parent.cap_effective;
            inherited = parent.cgroups;
            if is_thread {
                thread.exec_ts = parent.exec_ts;
            } else {
                thread.cwd.extend_from_slice(self.cwd(from));
            }
        }
        let source_files = source.files;
        let shares = ids.flags & flags::FILES != 0;
        let files = if is_thread {
            let leader = self
                .threads
                .by_tid(ids.pid)
                .map_or(source_files, |l| l.files);
            self.files.share(leader)
        } else if !valid {
            self.files.add(FdTable::default())
        } else if shares {
            self.files.share(source_files)
        } else {
            self.files.fork(source_files)
        };
        thread.cgroups = match event.value(14).and_then(|raw| self.cgroups.intern(raw)) {
            Some(id) => id,
            None => {
                self.cgroups.share(inherited);
                inherited
            }
        };
        if !valid
            && teach
            && let Some(source) = self.threads.get_mut(from)
        {
            source.thread.image = image;
            source.thread.comm.clone_from(&thread.comm);
        }
        let (uid, gid) = (thread.uid, thread.gid);
        // Only where an event names a thread as its own parent is there still one.
        if let Some(old) = self.threads.find(ids.tid) {
            self.replace(old);
        }
        self.counters.threads_added += 1;
        let mut entry = Entry::new(thread, files);
        entry.last_event = event.ts;
        let slot = self.threads.insert(entry);
        self.threads.attach(slot);
        self.need_user(uid, gid);
        Some(slot)
    }

    /// `execve`, `execveat`. A call that failed changes nothing.
    pub(super) fn exec(
        &mut self,
        event: &Event<'_>,
        enter: Option<&Event<'_>>,
        slot: u32,
        subject: &mut Subject,
    ) {
        if event.int(0).is_none_or(|res| res < 0) {
            return;
        }
        if self.threads.get(slot).is_some_and(Entry::is_dead) {
            // The main thread exited, and another of its threads took its place.
            self.threads.mark_alive(slot);
        }
        let exepath = match event.value(27) {
            Some(_) => Some(without_deleted(text(event, 27)).to_vec()),
            None => enter.map(|enter| self.executed(enter, slot, subject)),
        };
        let invalid = self.threads.get(slot).is_some_and(Entry::is_invalid);
        if let Some(pid) = event.int(4) {
            self.threads.set_pid(slot, pid);
        }
        let cgroups = event.value(14).and_then(|raw| self.cgroups.intern(raw));
        let Some(entry) = self.threads.get_mut(slot) else {
            return;
        };
        let thread = &mut entry.thread;
        thread.exec_ts = event.ts;
        let exe = text(event, 1);
        thread.comm.clear();
        thread.comm.extend_from_slice(match event.value(13) {
            Some(_) => text(event, 13),
            None => exe,
        });
        if invalid {
            thread.invented = false;
            thread.ptid = event.int(5).unwrap_or(-1);
            if thread.flags & flags::IN_PIDNS == 0 {
                thread.vtid = thread.tid;
                thread.vpid = thread.pid;
            }
        }
        thread.fdlimit = event.int(7).unwrap_or(-1);
        set_memory(thread, event);
        thread.image = Arc::new(new_image(&thread.image, event, exe, exepath));
        if let Some(id) = cgroups {
            let old = std::mem::replace(&mut thread.cgroups, id);
            self.cgroups.release(old);
        }
        set(&mut thread.tty, event.uint(16).map(|n| n as u32));
        set(&mut thread.vpgid, event.int(17));
        set(&mut thread.loginuid, event.uint(18).map(|n| n as u32));
        if let (Some(inheritable), Some(permitted), Some(effective)) =
            (event.uint(20), event.uint(21), event.uint(22))
        {
            thread.cap_inheritable = inheritable;
            thread.cap_permitted = permitted;
            thread.cap_effective = effective;
        }
        set(&mut thread.uid, event.uint(26).map(|n| n as u32));
        thread.pgid = event.int(28).unwrap_or(-1);
        set(&mut thread.gid, event.uint(29).map(|n| n as u32));
        thread.flags = thread.flags & flags::INVERTED | flags::ACTIVE | flags::NAME_CHANGED;
        let (pid, uid, gid) = (thread.pid, thread.uid, thread.gid);
        if invalid {
            self.threads.attach(slot);
        }
        self.end_other_threads(slot, pid);
        self.own_files(slot);
        if let Some(entry) = self.threads.get(slot) {
            let table = self.files.get_mut(entry.files);
            table.remove_all(0..=i64::MAX, |fd| fd.cloexec);
        }
        self.need_user(uid, gid);
    }

    /// The path of what was executed, from the enter half of the call: captures made before the
    /// kernel's own path was recorded.
    fn executed(&mut self, enter: &Event<'_>, slot: u32, subject: &mut Subject) -> Vec<u8> {
        const UNKNOWN: &[u8] = b"<NA>";
        let mut full = Vec::new();
        if enter.ty == T::SYSCALL_EXECVE_19_E {
            match text(enter, 0) {
                UNKNOWN => full.extend_from_slice(UNKNOWN),
                name => path::join(self.cwd(slot), name, &mut full),
            }
        } else {
            let (dirfd, name) = (enter.int(0).unwrap_or(-1), text(enter, 1));
            let empty_path = enter.uint(2).is_some_and(|f| f & EMPTY_PATH != 0);
            let dir = self.directory(slot, dirfd, name);
            if !name.starts_with(b"/") && dir.is_some() && dirfd != AT_FDCWD {
                subject.fd = Some(dirfd);
            }
            match dir {
                Some(dir) if empty_path && !name.starts_with(b"/") => {
                    path::join(b"", &dir, &mut full);
                }
                Some(dir) if name != UNKNOWN => path::join(&dir, name, &mut full),
                _ => full.extend_from_slice(UNKNOWN),
            }
        }
        let keep = without_deleted(&full).len();
        full.truncate(keep);
        full
    }

    /// `execve` ends all other threads of the process.
    fn end_other_threads(&mut self, slot: u32, pid: i64) {
        if self.threads.group(pid).is_none_or(|g| g.alive <= 1) {
            return;
        }
        let others: Vec<u32> = self
            .threads
            .members(pid)
            .filter(|other| {
                *other != slot
                    && self
                        .threads
                        .get(*other)
                        .is_some_and(|e| !e.thread.is_main())
            })
            .collect();
        for other in others {
            self.remove_thread(other);
        }
    }

    /// Gives a thread that shares its descriptors a table of its own.
    pub(super) fn own_files(&mut self, slot: u32) {
        let Some(entry) = self.threads.get_mut(slot) else {
            return;
        };
        if self.files.is_shared(entry.files) {
            let own = self.files.fork(entry.files);
            let shared = std::mem::replace(&mut entry.files, own);
            self.files.release(shared);
        }
    }

    /// The end of a thread. It stays in the table until rules saw it.
    pub(super) fn thread_exit(&mut self, event: &Event<'_>, subject: &mut Subject) {
        let Some(slot) = self.threads.find(event.tid) else {
            return;
        };
        subject.thread = Some(self.threads.key(slot));
        let Some(entry) = self.threads.get_mut(slot) else {
            return;
        };
        if event.ts < entry.known_since && entry.thread.clone_ts > event.ts {
            // It was read later, and started later: another thread of the same id.
            return;
        }
        entry.last_event = event.ts;
        if entry.has_children() {
            entry.reaper_tid = event.int(4).unwrap_or(-1);
        }
        self.threads.mark_dead(slot);
        self.pending.exit = Some(slot);
    }

    /// Takes a thread out of the table. Its children go to whom the kernel named, or to whom the
    /// kernel would have chosen. A main thread stays while others of its process live.
    pub(crate) fn remove_thread(&mut self, slot: u32) {
        let Some(entry) = self.threads.get(slot) else {
            return;
        };
        if !entry.grouped {
            self.discard(slot);
            return;
        }
        let (pid, reaper_tid) = (entry.thread.pid, entry.reaper_tid);
        let (main, parent) = (entry.thread.is_main(), entry.has_children());
        self.threads.mark_dead(slot);
        if parent {
            let named = self.threads.find(reaper_tid).filter(|r| {
                *r != slot && reaper_tid > 0 && self.threads.get(*r).is_some_and(|e| e.grouped)
            });
            let reaper = named.or_else(|| self.find_reaper(slot));
            if let Some(reaper_pid) = reaper
                .and_then(|r| self.threads.get(r))
                .map(|e| e.thread.pid)
                .filter(|p| *p != pid)
                && let Some(group) = self.threads.group_mut(reaper_pid)
            {
                group.reaper = true;
            }
            self.threads.move_children(slot, reaper);
        }
        if self.threads.group(pid).is_none_or(|g| g.alive == 0) {
            if let Some(leader) = self.threads.find(pid)
                && leader != slot
            {
                self.discard(leader);
            }
            self.discard(slot);
        } else if !main {
            self.discard(slot);
        }
    }

    /// Takes out a thread whose id now means another. With a main thread its process is gone, and
    /// so are the other threads of it whose exits were lost.
    fn replace(&mut self, slot: u32) {
        let Some(entry) = self.threads.get(slot) else {
            return;
        };
        let tid = entry.thread.tid;
        if entry.grouped && entry.thread.is_main() {
            let others: Vec<u32> = self.threads.members(tid).filter(|o| *o != slot).collect();
            for other in others {
                self.remove_thread(other);
            }
        }
        self.remove_thread(slot);
        if let Some(left) = self.threads.find(tid) {
            self.discard(left);
        }
    }

    /// Who adopts the children of a thread, as the kernel chooses: another thread of the process,
    /// the nearest ancestor that asked for it, the init of the pid namespace.
    fn find_reaper(&self, slot: u32) -> Option<u32> {
        let entry = self.threads.get(slot)?;
        let alive = |pid: i64| {
            self.threads
                .members(pid)
                .find(|s| *s != slot && self.threads.get(*s).is_some_and(|e| !e.is_dead()))
        };
        if let Some(sibling) = alive(entry.thread.pid) {
            return Some(sibling);
        }
        let in_namespace = entry.thread.is_in_pid_namespace();
        let mut at = entry.thread.ptid;
        for _ in 0..4096 {
            let parent = self.threads.by_tid(at)?;
            if parent.thread.is_in_pid_namespace() != in_namespace {
                return None;
            }
            let pid = parent.thread.pid;
            if self.threads.group(pid).is_some_and(|g| g.reaper)
                && let Some(found) = alive(pid)
            {
                return Some(found);
            }
            at = parent.thread.ptid;
        }
        None
    }

    /// Takes an entry out of the table and gives back what it held.
    fn discard(&mut self, slot: u32) {
        if let Some(entry) = self.threads.erase(slot) {
            self.files.release(entry.files);
            self.cgroups.release(entry.thread.cgroups);
            self.counters.threads_removed += 1;
        }
    }
}

/// Who a new thread is.
struct Ids {
    tid: i64,
    pid: i64,
    ptid: i64,
    vtid: i64,
    vpid: i64,
    flags: u32,
}

fn new_image(old: &Image, event: &Event<'_>, exe: &[u8], exepath: Option<Vec<u8>>) -> Image {
    let mut image = Image {
        exe: exe.into(),
        exepath: exepath.map_or_else(|| old.exepath.clone(), Into::into),
        args: terminated(event.param(2).unwrap_or_default()),
        env: match event.value(15) {
            Some(env) => terminated(env),
            None => old.env.clone(),
        },
        ..*old
    };
    if let Some(bits) = event.uint(19) {
        let bits = bits as u32;
        image.exe_writable = bits & exe_flags::WRITABLE != 0;
        image.exe_upper_layer = bits & exe_flags::UPPER_LAYER != 0;
        image.exe_from_memfd = bits & exe_flags::FROM_MEMFD != 0;
        image.exe_lower_layer = bits & exe_flags::LOWER_LAYER != 0;
    }
    if let (Some(ino), Some(ctime), Some(mtime)) = (event.uint(23), event.uint(24), event.uint(25))
    {
        image.exe_ino = ino;
        image.exe_ino_ctime = ctime;
        image.exe_ino_mtime = mtime;
    }
    image
}

fn set<V>(field: &mut V, value: Option<V>) {
    if let Some(value) = value {
        *field = value;
    }
}

/// Takes over the memory figures of a creation or an execution, which come all or none.
fn set_memory(thread: &mut Thread, event: &Event<'_>) {
    let number = |i| event.uint(i).unwrap_or(0);
    if event.value(12).is_some() {
        thread.pfmajor = number(8);
        thread.pfminor = number(9);
        thread.vmsize_kb = number(10) as u32;
        thread.vmrss_kb = number(11) as u32;
        thread.vmswap_kb = number(12) as u32;
    }
}
