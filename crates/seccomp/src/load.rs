//! Loading a filter into the kernel: seccomp(2).
//!
//! A [`Filter`] is a program that the kernel's checks have been made on beforehand. [`Filter::load`]
//! installs it for the calling thread and neither allocates nor takes a lock, so that it may run in
//! a child between fork(2) and execve(2). What the kernel said no to comes back as a [`Failure`], two
//! numbers that fit a pipe; [`Failure::explain`] makes a [`LoadError`] of them that tells why.
//!
//! Facts: seccomp(2), and the kernel's `seccomp_set_mode_filter` and `seccomp_attach_filter`
//! (kernel/seccomp.c).
#![expect(unsafe_code, reason = "seccomp(2) and prctl(2) have no safe wrapper")]

use std::fmt;
use std::os::fd::{FromRawFd, OwnedFd};

use crate::bpf::{self, Insn, Refused};
use crate::policy::Policy;
use crate::{Action, Arch, compile};

/// Instructions that all filters of a task may have together; each filter counts four more than it
/// has (`MAX_INSNS_PER_PATH`).
pub const MAX_STACK: usize = 32_768;

/// How a filter is loaded (`SECCOMP_FILTER_FLAG_…`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(u32);

impl Flags {
    /// Every thread of the process gets the filter, or none does.
    pub const TSYNC: Flags = Flags(1);
    /// What the filter refuses is logged, unless it merely allows.
    pub const LOG: Flags = Flags(1 << 1);
    /// No mitigation of speculative store bypass for the process.
    pub const SPEC_ALLOW: Flags = Flags(1 << 2);
    /// [`Filter::load`] returns a descriptor that gets the notifications.
    pub const NEW_LISTENER: Flags = Flags(1 << 3);
    /// With TSYNC: a thread that cannot have the filter is ESRCH, not a thread id.
    pub const TSYNC_ESRCH: Flags = Flags(1 << 4);
    /// Once a notification was received, only fatal signals interrupt the call.
    pub const WAIT_KILLABLE_RECV: Flags = Flags(1 << 5);

    /// Each flag: its name, and the kernel that brought it (seccomp(2), git log).
    const NAMED: [(Flags, &'static str, (u16, u16)); 6] = [
        (Flags::TSYNC, "TSYNC", (3, 17)),
        (Flags::LOG, "LOG", (4, 14)),
        (Flags::SPEC_ALLOW, "SPEC_ALLOW", (4, 17)),
        (Flags::NEW_LISTENER, "NEW_LISTENER", (5, 0)),
        (Flags::TSYNC_ESRCH, "TSYNC_ESRCH", (5, 7)),
        (Flags::WAIT_KILLABLE_RECV, "WAIT_KILLABLE_RECV", (5, 19)),
    ];

    /// The flag with this name in profiles (`SECCOMP_FILTER_FLAG_LOG`).
    pub fn from_name(name: &str) -> Option<Flags> {
        let short = name.strip_prefix("SECCOMP_FILTER_FLAG_")?;
        let found = Flags::NAMED.iter().find(|(_, n, _)| *n == short);
        found.map(|(flag, _, _)| *flag)
    }

    /// Whether all of `other` are set.
    pub fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// These without the others.
    pub fn without(self, other: Flags) -> Flags {
        Flags(self.0 & !other.0)
    }

    /// As seccomp(2) takes them.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// The flags that are set, one by one.
    pub fn each(self) -> impl Iterator<Item = Flags> {
        Flags::NAMED
            .into_iter()
            .map(|(flag, _, _)| flag)
            .filter(move |flag| self.has(*flag))
    }

    /// The first kernel that has all of them.
    pub fn since(self) -> (u16, u16) {
        let set = Flags::NAMED.iter().filter(|(f, _, _)| self.has(*f));
        set.map(|(_, _, since)| *since).max().unwrap_or((3, 17))
    }

    /// Those of them that the running kernel knows.
    pub fn supported(self) -> Flags {
        let known = self.each().filter(|f| f.is_supported());
        known.fold(Flags::default(), |all, f| all | f)
    }

    /// Whether the running kernel knows this flag: without a program it answers EFAULT if so, and
    /// EINVAL if not.
    fn is_supported(self) -> bool {
        // A flag that counts beside another one only.
        let flags = match self {
            Flags::WAIT_KILLABLE_RECV => self | Flags::NEW_LISTENER,
            _ => self,
        };
        // SAFETY: the kernel reads a struct sock_fprog at the address and finds none at 0; it
        // installs nothing.
        let result = unsafe { seccomp(libc::SECCOMP_SET_MODE_FILTER, flags.0, std::ptr::null()) };
        result == -i64::from(libc::EFAULT)
    }
}

impl std::ops::BitOr for Flags {
    type Output = Flags;

    fn bitor(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = Flags::NAMED.iter().filter(|(flag, _, _)| self.has(*flag));
        match names.next() {
            None => f.write_str("no flag"),
            Some((_, first, _)) => {
                write!(f, "SECCOMP_FILTER_FLAG_{first}")?;
                names.try_for_each(|(_, name, _)| write!(f, ", SECCOMP_FILTER_FLAG_{name}"))
            }
        }
    }
}

/// Why a filter cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The program is none that the kernel takes.
    #[error("the kernel would refuse the filter: {0}")]
    Program(#[from] Refused),
    /// The program could not be made.
    #[error(transparent)]
    Compile(#[from] compile::CompileError),
    /// The profile is for another machine: its filter would kill every call.
    #[error("the filter is for {wanted}, this machine is {}", arch_name(.machine))]
    Machine {
        /// Whose calls the filter is for.
        wanted: Arch,
        /// This machine; `None` for one that is in no profile.
        machine: Option<Arch>,
    },
    /// The kernel has no seccomp filters, or something confines this process to not load any.
    #[error(
        "the kernel has no seccomp filters ({0}): it was built without CONFIG_SECCOMP_FILTER, or \
         a filter that is already loaded refuses seccomp(2)"
    )]
    Unavailable(Errno),
    /// EACCES.
    #[error(
        "the kernel takes a filter from processes that cannot gain privileges only: set \
         no_new_privs first, or have CAP_SYS_ADMIN in the user namespace of the process"
    )]
    Privilege,
    /// Flags that the kernel does not know.
    #[error(
        "this kernel ({}.{}) does not know {flags}; Linux {}.{} brought it",
        .kernel.0, .kernel.1, .flags.since().0, .flags.since().1
    )]
    UnknownFlags {
        /// The flags.
        flags: Flags,
        /// Its version.
        kernel: (u16, u16),
    },
    /// Flags that do not go together.
    #[error("{flags} cannot be used without {needs}")]
    FlagNeeds {
        /// The flags.
        flags: Flags,
        /// What they need.
        needs: Flags,
    },
    /// Actions that the kernel does not know: it would kill instead.
    #[error(
        "this kernel ({}.{}) does not know {}; Linux {}.{} brought it",
        .kernel.0, .kernel.1, .action.name(), action_since(*.action).0, action_since(*.action).1
    )]
    UnknownAction {
        /// The action.
        action: Action,
        /// Its version.
        kernel: (u16, u16),
    },
    /// ENOMEM.
    #[error(
        "the filter of {len} instructions does not fit beside the filters that the process has \
         already: all together may have {MAX_STACK} instructions, and each counts 4 more than it has"
    )]
    StackFull {
        /// Of this one.
        len: usize,
    },
    /// EBUSY.
    #[error("the process has a filter with a listener already, and a second one may not be")]
    SecondListener,
    /// TSYNC: another thread has filters that this one has not.
    #[error("thread {0} has filters of its own, so TSYNC cannot give it this one")]
    ThreadDiffers(i64),
    /// no_new_privs could not be set.
    #[error("no_new_privs cannot be set: {0}")]
    NoNewPrivs(Errno),
    /// Anything else.
    #[error("the kernel refused the filter: {0}")]
    Other(Errno),
}

fn arch_name(arch: &Option<Arch>) -> String {
    match arch {
        Some(arch) => arch.to_string(),
        None => std::env::consts::ARCH.to_owned(),
    }
}

/// An error number of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub i32);

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        std::io::Error::from_raw_os_error(self.0).fmt(f)
    }
}

/// The first kernel that knows an action (seccomp(2)).
pub fn action_since(action: Action) -> (u16, u16) {
    match action {
        Action::KillProcess | Action::Log => (4, 14),
        Action::Notify => (5, 0),
        _ => (3, 5),
    }
}

/// Whether the running kernel knows an action.
pub fn action_available(action: Action) -> bool {
    let value = action.ret() & 0xffff_0000;
    // SAFETY: the kernel reads one u32 at the address of one.
    let result = unsafe {
        let at = std::ptr::from_ref(&value).cast();
        seccomp(libc::SECCOMP_GET_ACTION_AVAIL, 0, at)
    };
    result == 0
}

/// Makes sure that neither this thread nor what it starts can gain privileges by execve(2).
/// Allocates nothing.
///
/// # Errors
/// The kernel has no no_new_privs (before Linux 3.5).
pub fn set_no_new_privs() -> Result<(), Failure> {
    // SAFETY: takes four numbers.
    if unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } == 0 {
        return Ok(());
    }
    Err(Failure {
        step: Step::NoNewPrivs,
        value: -i64::from(errno()),
    })
}

/// The version of the running kernel, as far as it can be told.
pub fn kernel_version() -> (u16, u16) {
    let release = rustix::system::uname();
    let release = release.release().to_string_lossy();
    let mut parts = release
        .split(|c: char| !c.is_ascii_digit())
        .map_while(|p| p.parse().ok());
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

/// A program that is ready to be loaded.
#[derive(Clone)]
pub struct Filter {
    insns: Vec<libc::sock_filter>,
    flags: Flags,
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filter")
            .field("len", &self.insns.len())
            .field("flags", &self.flags)
            .finish()
    }
}

impl Filter {
    /// A program as it is. What it does on this machine is not looked at.
    ///
    /// # Errors
    /// The kernel would not take the program, or not with these flags.
    pub fn new(program: &[Insn], flags: Flags) -> Result<Filter, LoadError> {
        bpf::check(program)?;
        let companions = [
            (Flags::WAIT_KILLABLE_RECV, Flags::NEW_LISTENER),
            (Flags::TSYNC | Flags::NEW_LISTENER, Flags::TSYNC_ESRCH),
        ];
        for (used, needs) in companions {
            if flags.has(used) && !flags.has(needs) {
                return Err(LoadError::FlagNeeds { flags: used, needs });
            }
        }
        let insns = program.iter().map(|i| libc::sock_filter {
            code: i.code,
            jt: i.jt,
            jf: i.jf,
            k: i.k,
        });
        Ok(Filter {
            insns: insns.collect(),
            flags,
        })
    }

    /// The filter of a profile, for this machine.
    ///
    /// # Errors
    /// The profile's native ABI is not that of the running machine; the running kernel lacks one
    /// of its actions; the filter is too long.
    pub fn compile(
        policy: &Policy,
        options: &compile::Options,
        flags: Flags,
    ) -> Result<Filter, LoadError> {
        let machine = Arch::native();
        if let Some(abi) = policy.abis.first()
            && Some(abi.arch) != machine
        {
            return Err(LoadError::Machine {
                wanted: abi.arch,
                machine,
            });
        }
        let decisions = policy.abis.iter().flat_map(|a| &a.decisions);
        let chosen = decisions.flat_map(|d| d.1.choices.iter().map(|c| c.action));
        let mut actions: Vec<Action> = chosen.chain([policy.default]).collect();
        actions.sort_by_key(|a| a.strictness());
        actions.dedup_by_key(|a| a.strictness());
        if let Some(action) = actions.into_iter().find(|a| !action_available(*a)) {
            return Err(LoadError::UnknownAction {
                action,
                kernel: kernel_version(),
            });
        }
        Filter::new(&compile::compile(policy, options)?, flags)
    }

    /// How many instructions it has.
    pub fn len(&self) -> usize {
        self.insns.len()
    }

    /// Never: the kernel takes no filter without instructions.
    pub fn is_empty(&self) -> bool {
        self.insns.is_empty()
    }

    /// The flags it is loaded with.
    pub fn flags(&self) -> Flags {
        self.flags
    }

    /// Loads it for the calling thread (with TSYNC for all of the process), for good. Returns the
    /// listener if NEW_LISTENER asks for one. Allocates nothing.
    ///
    /// # Errors
    /// The kernel said no.
    pub fn load(&self) -> Result<Option<OwnedFd>, Failure> {
        let program = libc::sock_fprog {
            // `bpf::check` has seen that there are at most 4096.
            len: self.insns.len() as u16,
            filter: self.insns.as_ptr().cast_mut(),
        };
        // SAFETY: the kernel reads the instructions, and has copied them when it returns.
        let result = unsafe {
            let at = std::ptr::from_ref(&program).cast();
            seccomp(libc::SECCOMP_SET_MODE_FILTER, self.flags.0, at)
        };
        let listens = self.flags.has(Flags::NEW_LISTENER);
        match i32::try_from(result) {
            // SAFETY: the kernel has just made this descriptor for us.
            Ok(fd) if listens && fd >= 0 => Ok(Some(unsafe { OwnedFd::from_raw_fd(fd) })),
            Ok(0) => Ok(None),
            _ => Err(Failure {
                step: Step::Filter,
                value: result,
            }),
        }
    }
}

/// What the kernel refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// no_new_privs.
    NoNewPrivs,
    /// The filter.
    Filter,
}

/// That the kernel said no: as little as a child can tell through a pipe or shared memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What was refused.
    pub step: Step,
    /// What it answered: an error number, negated, or a thread that stands in the way of TSYNC.
    pub value: i64,
}

impl Failure {
    /// Why, as far as it can be found out; asks the running kernel what it knows.
    pub fn explain(self, filter: &Filter) -> LoadError {
        let errno = Errno(i32::try_from(-self.value).unwrap_or(0));
        if self.step == Step::NoNewPrivs {
            return LoadError::NoNewPrivs(errno);
        }
        let Flags(wanted) = filter.flags;
        match errno.0 {
            libc::EACCES => LoadError::Privilege,
            libc::ENOSYS => LoadError::Unavailable(errno),
            libc::ENOMEM => LoadError::StackFull { len: filter.len() },
            libc::EBUSY => LoadError::SecondListener,
            libc::EINVAL => {
                let missing = Flags(wanted & !filter.flags.supported().0);
                if missing != Flags::default() {
                    LoadError::UnknownFlags {
                        flags: missing,
                        kernel: kernel_version(),
                    }
                } else if action_available(Action::Allow) {
                    LoadError::Other(errno)
                } else {
                    LoadError::Unavailable(errno)
                }
            }
            libc::ESRCH => LoadError::ThreadDiffers(0),
            _ if self.value > 0 => LoadError::ThreadDiffers(self.value),
            _ => LoadError::Other(errno),
        }
    }
}

fn errno() -> i32 {
    // SAFETY: errno is the calling thread's own.
    unsafe { *libc::__errno_location() }
}

/// seccomp(2); a negated error number where it fails.
///
/// # Safety
/// `args` is what the operation takes.
unsafe fn seccomp(operation: u32, flags: u32, args: *const libc::c_void) -> i64 {
    // SAFETY: by the caller.
    let result = unsafe { libc::syscall(libc::SYS_seccomp, operation, flags, args) };
    if result == -1 {
        return -i64::from(errno());
    }
    result
}

#[cfg(all(test, target_arch = "x86_64"))]
mod equivalence;
#[cfg(all(test, target_arch = "x86_64"))]
mod programs;
#[cfg(test)]
mod tests;
