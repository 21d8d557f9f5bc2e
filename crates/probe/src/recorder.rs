//! Counts which calls some processes make, in the kernel.
//!
//! No event is written and no buffer can overflow: the kernel keeps one number for each call, the
//! values of its chosen arguments, and the program that made it. What does not fit its tables is
//! counted ([`Shortfall`]). Calls that a seccomp filter refuses are not made; they are counted, as
//! refused, by a recorder of what filters decide ([`Scope::Filtered`]) only.

use std::path::Path;

use libbpf_rs::{Link, MapCore, MapFlags, MapHandle, Object, ObjectBuilder, PrintLevel};

use crate::error::{ProbeError, explain, keep_reason};

/// The object, aligned as its reader wants it.
#[repr(C, align(16))]
struct Aligned<T: ?Sized>(T);

static OBJECT: &Aligned<[u8]> = &Aligned(*include_bytes!("recorder.bpf.o"));

/// Numbers that calls may have, on each of the two ABIs.
const NUMBERS: u32 = 512;
/// Of `struct call`.
const CALL_LEN: usize = 104;

/// Which arguments of a call are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The call's number.
    pub number: u32,
    /// Whether that is a number of 32-bit programs.
    pub compat: bool,
    /// The arguments, a bit each.
    pub args: u8,
    /// Those of them that the kernel takes 32 bits of.
    pub narrow: u8,
}

/// Which calls of the recorded processes are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those that are made, by the program's file.
    Made,
    /// Those that a seccomp filter decides on, made or refused, by the thread's name.
    Filtered,
}

/// How often a call was made or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The call's number, as the program gave it.
    pub number: u32,
    /// Whether it came by the 32-bit entry.
    pub compat: bool,
    /// The label of the process that made it.
    pub label: u32,
    /// The name of the program's file, at most 31 bytes of it; or of the thread ([`Scope`]).
    pub exe: String,
    /// What it returned if it was refused: an errno below zero, 0, or its own number where the
    /// thread got a signal. `None` if it was made.
    pub refused: Option<i32>,
    /// Arguments: those chosen; others are 0. `None` if values were left out because they did not
    /// fit.
    pub args: Option<[u64; 6]>,
    /// How often.
    pub count: u64,
}

/// What did not fit the kernel's tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shortfall {
    /// Calls that were counted without the values of their arguments.
    pub values: u64,
    /// Calls that were not counted.
    pub calls: u64,
    /// Processes that were not seen.
    pub processes: u64,
}

/// Counts calls until it is dropped.
pub struct Recorder {
    _object: Object,
    links: Vec<Link>,
    values: MapHandle,
    calls: MapHandle,
    tasks: MapHandle,
    namespaces: MapHandle,
    counters: MapHandle,
    choices: Vec<Choice>,
}

impl Recorder {
    /// Starts, with nobody to record yet.
    ///
    /// # Errors
    /// The kernel refuses it.
    pub fn open(choices: &[Choice], scope: Scope) -> Result<Recorder, ProbeError> {
        if !Path::new("/sys/kernel/btf/vmlinux").exists() {
            return Err(ProbeError::NoTypeInformation);
        }
        libbpf_rs::set_print(Some((PrintLevel::Warn, keep_reason)));
        let mut open = ObjectBuilder::default()
            .open_memory(&OBJECT.0)
            .map_err(|e| explain("read", &e))?;
        let filtered = u8::from(scope == Scope::Filtered);
        for mut map in open.maps_mut() {
            if map.name().to_string_lossy().ends_with(".rodata") {
                // `by_thread` and `filtered`, a byte each.
                if let Some(settings) = map.initial_value_mut() {
                    settings.fill(filtered);
                }
            }
        }
        let object = open.load().map_err(|e| explain("loaded", &e))?;
        let handle = |name: &str| {
            let map = object.maps().find(|m| m.name() == name);
            let map = map.ok_or_else(|| libbpf_rs::Error::from_raw_os_error(libc::ENOENT));
            map.and_then(|m| MapHandle::try_from(&m))
                .map_err(|e| explain("prepared", &e))
        };
        let chosen = handle("choices")?;
        for choice in choices.iter().filter(|c| c.number < NUMBERS) {
            let slot = choice.number + if choice.compat { NUMBERS } else { 0 };
            let value = [choice.args, choice.narrow];
            chosen
                .update(&slot.to_ne_bytes(), &value, MapFlags::ANY)
                .map_err(|e| explain("told what to record", &e))?;
        }
        let mut recorder = Recorder {
            values: handle("values")?,
            calls: handle("calls")?,
            tasks: handle("tasks")?,
            namespaces: handle("namespaces")?,
            counters: handle("counters")?,
            links: Vec::new(),
            choices: choices.to_vec(),
            _object: object,
        };
        recorder.attach(scope)?;
        Ok(recorder)
    }

    fn attach(&mut self, scope: Scope) -> Result<(), ProbeError> {
        let all = ["task__fork", "task__exit", "call__enter", "call__exit"];
        let wanted = match scope {
            Scope::Made => &all[..3],
            Scope::Filtered => &all,
        };
        // Births first: a process that is added must not have children unseen.
        for name in wanted {
            let program = self._object.progs_mut().find(|p| p.name() == *name);
            let program = program.ok_or_else(|| libbpf_rs::Error::from_raw_os_error(libc::ENOENT));
            let link = program.and_then(|p| p.attach());
            self.links.push(link.map_err(|e| explain("attached", &e))?);
        }
        Ok(())
    }

    /// Records a process, and all that come of it, under a label. Numbered as in the initial pid
    /// namespace.
    ///
    /// # Errors
    /// The kernel's table is full.
    pub fn add_process(&self, pid: u32, label: u32) -> Result<(), ProbeError> {
        add(&self.tasks, pid, label)
    }

    /// Records what a process does no longer. What came of it is recorded on.
    pub fn remove_process(&self, pid: u32) {
        // It may not be there.
        let _ = self.tasks.delete(&pid.to_ne_bytes());
    }

    /// Records whoever is in a mount namespace, which a container's processes share, under a
    /// label. By its inode (`/proc/PID/ns/mnt`).
    ///
    /// # Errors
    /// The kernel's table is full.
    pub fn add_mount_namespace(&self, inode: u32, label: u32) -> Result<(), ProbeError> {
        add(&self.namespaces, inode, label)
    }

    /// Records who is in a mount namespace no longer, but for processes that are recorded as such.
    /// Once a namespace is gone its inode may be another's.
    pub fn remove_mount_namespace(&self, inode: u32) {
        // It may not be there.
        let _ = self.namespaces.delete(&inode.to_ne_bytes());
    }

    /// Stops counting; what was counted stays.
    pub fn stop(&mut self) {
        self.links.clear();
    }

    /// What was counted.
    ///
    /// # Errors
    /// The kernel's tables cannot be read.
    pub fn counted(&self) -> Result<Vec<Counted>, ProbeError> {
        let mut all = Vec::new();
        for (map, with_values) in [(&self.values, true), (&self.calls, false)] {
            for key in map.keys() {
                let value = map
                    .lookup(&key, MapFlags::ANY)
                    .map_err(|e| explain("read", &e))?;
                let count = value.as_deref().and_then(|v| v.first_chunk());
                if let (Some(count), Some(call)) = (count, parse(&key)) {
                    let chosen = with_values || !self.has_choice(&call);
                    all.push(Counted {
                        args: call.args.filter(|_| chosen),
                        count: u64::from_ne_bytes(*count),
                        ..call
                    });
                }
            }
        }
        Ok(all)
    }

    fn has_choice(&self, call: &Counted) -> bool {
        let slot = |number: u32| number & (NUMBERS - 1);
        self.choices
            .iter()
            .any(|c| c.compat == call.compat && slot(c.number) == slot(call.number) && c.args != 0)
    }

    /// What did not fit so far.
    ///
    /// # Errors
    /// The kernel's table cannot be read.
    pub fn shortfall(&self) -> Result<Shortfall, ProbeError> {
        let value = self
            .counters
            .lookup(&0u32.to_ne_bytes(), MapFlags::ANY)
            .map_err(|e| explain("read", &e))?
            .unwrap_or_default();
        let word = |i: usize| {
            let bytes = value.get(i * 8..).and_then(|v| v.first_chunk());
            bytes.map_or(0, |b| u64::from_ne_bytes(*b))
        };
        Ok(Shortfall {
            values: word(0),
            calls: word(1),
            processes: word(2),
        })
    }
}

fn add(map: &MapHandle, key: u32, label: u32) -> Result<(), ProbeError> {
    map.update(&key.to_ne_bytes(), &label.to_ne_bytes(), MapFlags::ANY)
        .map_err(|e| explain("told whom to record", &e))
}

/// `struct call` of bpf/recorder.bpf.c.
fn parse(key: &[u8]) -> Option<Counted> {
    let key: &[u8; CALL_LEN] = key.try_into().ok()?;
    let word = |at: usize| Some(u32::from_ne_bytes(*key.get(at..)?.first_chunk()?));
    let mut args = [0; 6];
    for (i, arg) in args.iter_mut().enumerate() {
        *arg = u64::from_ne_bytes(*key.get(8 + 8 * i..)?.first_chunk()?);
    }
    let exe = key[72..].split(|b| *b == 0).next().unwrap_or_default();
    Some(Counted {
        number: word(0)?,
        compat: word(4)? != 0,
        label: word(56)?,
        refused: (word(64)? != 0).then_some(word(60)?.cast_signed()),
        exe: String::from_utf8_lossy(exe).into_owned(),
        args: Some(args),
        count: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `work` in a child that waits until it is recorded; what of `number` was counted.
    fn record(
        (scope, choices): (Scope, &[Choice]),
        number: i64,
        work: impl Fn(),
    ) -> Option<Vec<Counted>> {
        // SAFETY: a plain query.
        if unsafe { libc::geteuid() } != 0 {
            return None;
        }
        let mut recorder = Recorder::open(choices, scope).expect("the recorder loads");
        let mut ends = [0; 2];
        // SAFETY: two descriptors are written.
        assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
        // SAFETY: the child makes system calls only, and ends.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let mut byte = 0u8;
            // SAFETY: reads one byte; `work` makes system calls only.
            unsafe {
                libc::close(ends[1]);
                libc::read(ends[0], (&raw mut byte).cast(), 1);
            }
            work();
            // SAFETY: ends the child.
            unsafe { libc::_exit(0) };
        }
        recorder
            .add_process(child as u32, 7)
            .expect("there is room");
        // SAFETY: our own descriptors and child.
        unsafe {
            libc::close(ends[1]);
            libc::waitpid(child, std::ptr::null_mut(), 0);
            libc::close(ends[0]);
        }
        recorder.stop();
        assert_eq!(recorder.shortfall().unwrap(), Shortfall::default());
        let mut counted = recorder.counted().unwrap();
        counted.retain(|c| i64::from(c.number) == number);
        counted.sort_by_key(|c| c.args);
        Some(counted)
    }

    #[test]
    fn root_calls_are_counted_with_the_values_of_chosen_arguments() {
        let choice = Choice {
            number: libc::SYS_personality as u32,
            compat: false,
            args: 1,
            narrow: 1,
        };
        let ask = |value: u64| {
            // SAFETY: takes a number; this one changes nothing.
            unsafe { libc::syscall(libc::SYS_personality, value) };
        };
        let Some(counted) = record((Scope::Made, &[choice]), libc::SYS_personality, || {
            (0..3).for_each(|_| ask(0xffff_ffff));
            // The kernel takes the lower half.
            ask(0x1234_ffff_ffff);
            ask(0);
        }) else {
            return;
        };
        let seen: Vec<_> = counted
            .iter()
            .map(|c| (c.args.unwrap()[0], c.count))
            .collect();
        assert_eq!(seen, [(0, 1), (0xffff_ffff, 4)]);
        let program = std::env::current_exe().unwrap();
        let program = program.file_name().unwrap().to_str().unwrap();
        // The kernel's table has room for so much.
        assert_eq!(counted[0].exe, program[..program.len().min(31)]);
        assert!(!counted[0].compat);
        assert_eq!((counted[0].label, counted[0].refused), (7, None));
    }

    /// Has a filter refuse `personality` with EPERM if asked for 1, with 0 if for 2, and trap
    /// `getpgid`.
    fn refuse() {
        let insn = |code: u32, jt, jf, k| libc::sock_filter {
            code: code as u16,
            jt,
            jf,
            k,
        };
        let load = |at| insn(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, at);
        let test = |value, jt, jf| insn(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, jt, jf, value);
        let ret = |value| insn(libc::BPF_RET | libc::BPF_K, 0, 0, value);
        let mut program = [
            load(0),
            test(libc::SYS_getpgid as u32, 5, 0),
            test(libc::SYS_personality as u32, 0, 6),
            load(16),
            test(1, 1, 0),
            test(2, 2, 3),
            ret(libc::SECCOMP_RET_ERRNO | libc::EPERM as u32),
            ret(libc::SECCOMP_RET_TRAP),
            ret(libc::SECCOMP_RET_ERRNO),
            ret(libc::SECCOMP_RET_ALLOW),
        ];
        let program = libc::sock_fprog {
            len: program.len() as u16,
            filter: program.as_mut_ptr(),
        };
        // SAFETY: plain calls of a child that has one thread; the program outlives them. SIGSYS is
        // ignored by a handler that does nothing.
        unsafe {
            extern "C" fn nothing(_: libc::c_int) {}
            libc::signal(libc::SIGSYS, nothing as *const () as libc::sighandler_t);
            libc::prctl(libc::PR_SET_NAME, c"refused".as_ptr());
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
            let set = libc::SECCOMP_SET_MODE_FILTER;
            if libc::syscall(libc::SYS_seccomp, set, 0, &raw const program) != 0 {
                libc::_exit(1);
            }
        }
    }

    #[test]
    fn root_refused_calls_are_told_from_those_that_are_made() {
        let personality = Choice {
            number: libc::SYS_personality as u32,
            compat: false,
            args: 1,
            narrow: 1,
        };
        let work = || {
            // SAFETY: calls that take numbers and change nothing; the child ends at once.
            unsafe {
                libc::syscall(libc::SYS_personality, 0xffff_ffff_u32);
                refuse();
                for value in [1, 1, 2, 0xffff_ffff_u32] {
                    libc::syscall(libc::SYS_personality, value);
                }
                libc::syscall(libc::SYS_getpgid, 0);
                let child = libc::fork();
                if child == 0 {
                    libc::syscall(libc::SYS_personality, 1);
                    libc::_exit(0);
                }
                libc::waitpid(child, std::ptr::null_mut(), 0);
            }
        };
        let counted = |number| {
            let all = record((Scope::Filtered, &[personality]), number, work)?;
            let all: Vec<_> = all
                .iter()
                .map(|c| {
                    assert_eq!((c.label, &*c.exe), (7, "refused"));
                    (c.args.map(|a| a[0]), c.refused, c.count)
                })
                .collect();
            Some(all)
        };
        let Some(seen) = counted(libc::SYS_personality) else {
            return;
        };
        let wanted = [
            (Some(1), Some(-libc::EPERM), 3),
            (Some(2), Some(0), 1),
            // What came before the filter is not its business.
            (Some(0xffff_ffff), None, 1),
        ];
        assert_eq!(seen, wanted);
        let trapped = libc::SYS_getpgid as i32;
        let seen = counted(libc::SYS_getpgid).unwrap();
        assert_eq!(seen, [(Some(0), Some(trapped), 1)]);
        // The child's own return from fork is not a call that was refused.
        let forks = counted(libc::SYS_clone).unwrap();
        assert!(forks.iter().all(|f| f.1.is_none()), "{forks:?}");
    }

    #[test]
    fn root_a_mount_namespace_is_recorded_until_it_is_removed() {
        use std::io::{Read, Write};
        use std::os::unix::fs::MetadataExt;
        use std::os::unix::net::UnixStream;
        // SAFETY: a plain query.
        if unsafe { libc::geteuid() } != 0 {
            return;
        }
        let mut recorder = Recorder::open(&[], Scope::Made).expect("the recorder loads");
        let (mut ours, mut theirs) = UnixStream::pair().unwrap();
        // SAFETY: the child makes system calls only, and ends.
        let child = unsafe { libc::fork() };
        if child == 0 {
            drop(ours);
            let mut byte = [0];
            // SAFETY: calls that take numbers; the child ends whatever comes of them.
            unsafe {
                libc::unshare(libc::CLONE_NEWNS);
                let _ = theirs.write_all(&byte);
                while matches!(theirs.read(&mut byte), Ok(1)) {
                    libc::syscall(libc::SYS_getppid);
                    let _ = theirs.write_all(&byte);
                }
                libc::_exit(0);
            }
        }
        drop(theirs);
        let mut byte = [0];
        ours.read_exact(&mut byte).unwrap();
        let space = std::fs::metadata(format!("/proc/{child}/ns/mnt")).unwrap();
        let inode = space.ino() as u32;
        recorder.add_mount_namespace(inode, 3).unwrap();
        for _ in 0..2 {
            ours.write_all(&byte).unwrap();
            ours.read_exact(&mut byte).unwrap();
            recorder.remove_mount_namespace(inode);
        }
        drop(ours);
        // SAFETY: our own child.
        unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
        recorder.stop();
        let mut counted = recorder.counted().unwrap();
        counted.retain(|c| i64::from(c.number) == libc::SYS_getppid);
        let counted: Vec<_> = counted.iter().map(|c| (c.label, c.count)).collect();
        assert_eq!(counted, [(3, 1)]);
    }

    #[test]
    fn root_children_are_recorded_and_others_are_not() {
        let Some(counted) = record((Scope::Made, &[]), libc::SYS_getppid, || {
            // SAFETY: the child makes one call, and ends.
            unsafe {
                let child = libc::fork();
                if child == 0 {
                    libc::syscall(libc::SYS_getppid);
                    libc::_exit(0);
                }
                libc::waitpid(child, std::ptr::null_mut(), 0);
                libc::syscall(libc::SYS_getppid);
            }
        }) else {
            return;
        };
        // SAFETY: a call of ours, which nobody records.
        unsafe { libc::syscall(libc::SYS_getppid) };
        let counts: Vec<u64> = counted.iter().map(|c| c.count).collect();
        assert_eq!(counts, [2]);
    }
}
