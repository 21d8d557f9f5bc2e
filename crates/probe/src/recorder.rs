//! Counts which calls some processes make, in the kernel.
//!
//! No event is written and no buffer can overflow: the kernel keeps one number for each call, the
//! values of its chosen arguments, and the program that made it. What does not fit its tables is
//! counted ([`Shortfall`]). Calls that a seccomp filter refuses are not made, and not counted.

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
const CALL_LEN: usize = 88;

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

/// How often a call was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The call's number, as the program gave it.
    pub number: u32,
    /// Whether it came by the 32-bit entry.
    pub compat: bool,
    /// The name of the program's file, at most 31 bytes of it.
    pub exe: String,
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
    pub fn open(choices: &[Choice]) -> Result<Recorder, ProbeError> {
        if !Path::new("/sys/kernel/btf/vmlinux").exists() {
            return Err(ProbeError::NoTypeInformation);
        }
        libbpf_rs::set_print(Some((PrintLevel::Warn, keep_reason)));
        let open = ObjectBuilder::default()
            .open_memory(&OBJECT.0)
            .map_err(|e| explain("read", &e))?;
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
        recorder.attach()?;
        Ok(recorder)
    }

    fn attach(&mut self) -> Result<(), ProbeError> {
        // Births first: a process that is added must not have children unseen.
        for name in ["task__fork", "task__exit", "call__enter"] {
            let program = self._object.progs_mut().find(|p| p.name() == name);
            let program = program.ok_or_else(|| libbpf_rs::Error::from_raw_os_error(libc::ENOENT));
            let link = program.and_then(|p| p.attach());
            self.links.push(link.map_err(|e| explain("attached", &e))?);
        }
        Ok(())
    }

    /// Records a process, and all that come of it. Numbered as in the initial pid namespace.
    ///
    /// # Errors
    /// The kernel's table is full.
    pub fn add_process(&self, pid: u32) -> Result<(), ProbeError> {
        self.tasks
            .update(&pid.to_ne_bytes(), &[1], MapFlags::ANY)
            .map_err(|e| explain("told whom to record", &e))
    }

    /// Records whoever is in a mount namespace, which a container's processes share. By its inode
    /// (`/proc/PID/ns/mnt`).
    ///
    /// # Errors
    /// The kernel's table is full.
    pub fn add_mount_namespace(&self, inode: u32) -> Result<(), ProbeError> {
        self.namespaces
            .update(&inode.to_ne_bytes(), &[1], MapFlags::ANY)
            .map_err(|e| explain("told whom to record", &e))
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

/// `struct call` of bpf/recorder.bpf.c.
fn parse(key: &[u8]) -> Option<Counted> {
    let key: &[u8; CALL_LEN] = key.try_into().ok()?;
    let word = |at: usize| Some(u32::from_ne_bytes(*key.get(at..)?.first_chunk()?));
    let mut args = [0; 6];
    for (i, arg) in args.iter_mut().enumerate() {
        *arg = u64::from_ne_bytes(*key.get(8 + 8 * i..)?.first_chunk()?);
    }
    let exe = key[56..].split(|b| *b == 0).next().unwrap_or_default();
    Some(Counted {
        number: word(0)?,
        compat: word(4)? != 0,
        exe: String::from_utf8_lossy(exe).into_owned(),
        args: Some(args),
        count: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `work` in a child that waits until it is recorded; what of `number` was counted.
    fn record(choices: &[Choice], number: i64, work: impl Fn()) -> Option<Vec<Counted>> {
        // SAFETY: a plain query.
        if unsafe { libc::geteuid() } != 0 {
            return None;
        }
        let mut recorder = Recorder::open(choices).expect("the recorder loads");
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
        recorder.add_process(child as u32).expect("there is room");
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
        let Some(counted) = record(&[choice], libc::SYS_personality, || {
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
        assert!(
            counted[0].exe.starts_with("lanner_probe"),
            "{}",
            counted[0].exe
        );
        assert!(!counted[0].compat);
    }

    #[test]
    fn root_children_are_recorded_and_others_are_not() {
        let Some(counted) = record(&[], libc::SYS_getppid, || {
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
