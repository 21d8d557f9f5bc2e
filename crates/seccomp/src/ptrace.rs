//! ptrace(2), as far as watching confined programs and reading their filters needs it.
#![expect(unsafe_code, reason = "ptrace(2) and waitpid(2) have no safe wrapper")]

use std::io;

use crate::bpf::{Data, Insn};

/// Filter stops, births, execs and deaths are reported; the tracees end with the tracer.
pub(crate) const OPTIONS: u64 = {
    let each = libc::PTRACE_O_TRACESECCOMP
        | libc::PTRACE_O_TRACEFORK
        | libc::PTRACE_O_TRACEVFORK
        | libc::PTRACE_O_TRACECLONE
        | libc::PTRACE_O_TRACEEXEC
        | libc::PTRACE_O_TRACEEXIT
        | libc::PTRACE_O_EXITKILL;
    each as u64
};

/// `PTRACE_EVENT_STOP` of linux/ptrace.h.
const EVENT_STOP: i32 = 128;
/// `PTRACE_SECCOMP_GET_FILTER` of linux/ptrace.h.
const SECCOMP_GET_FILTER: u32 = 0x420c;
/// `PTRACE_SECCOMP_GET_METADATA`.
const SECCOMP_GET_METADATA: u32 = 0x420d;
/// `PTRACE_GET_SYSCALL_INFO`.
const GET_SYSCALL_INFO: u32 = 0x420e;
/// `SYS_SECCOMP` of asm-generic/siginfo.h.
const SYS_SECCOMP: i32 = 1;

/// What wait(2) told of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// It is gone: its exit code, or the signal negated.
    Gone(i32),
    /// A filter returned TRACE.
    Filter,
    /// It made a task, whose id [`message`] has.
    Birth,
    /// It runs another program.
    Exec,
    /// It is about to end.
    Exit,
    /// It was stopped, as all of its process.
    GroupStop,
    /// A new task, or one that was interrupted.
    Fresh,
    /// It is about to get this signal.
    Signal(i32),
}

fn check(result: libc::c_long) -> io::Result<libc::c_long> {
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(result)
}

/// A request that takes numbers only.
fn plain(request: u32, pid: i32, data: u64) -> io::Result<()> {
    // SAFETY: neither argument is an address to this request.
    check(unsafe { libc::ptrace(request, pid, 0usize, data as usize) }).map(|_| ())
}

/// A request that fills `into`, whose size is in the address argument.
fn filled<T>(request: u32, pid: i32, mut into: T) -> io::Result<(T, usize)> {
    // SAFETY: the kernel writes at most so many bytes to the address, all of which are `into`'s.
    let len = check(unsafe {
        libc::ptrace(request, pid, size_of::<T>(), std::ptr::from_mut(&mut into))
    })?;
    Ok((into, len as usize))
}

/// Makes a task a tracee without stopping it.
pub(crate) fn seize(pid: i32, options: u64) -> io::Result<()> {
    plain(libc::PTRACE_SEIZE, pid, options)
}

/// Stops a tracee.
pub(crate) fn interrupt(pid: i32) -> io::Result<()> {
    plain(libc::PTRACE_INTERRUPT, pid, 0)
}

/// Lets a tracee go on, with a signal or 0.
pub(crate) fn proceed(pid: i32, signal: i32) -> io::Result<()> {
    plain(libc::PTRACE_CONT, pid, signal as u64)
}

/// Leaves a stopped tracee stopped until SIGCONT.
pub(crate) fn listen(pid: i32) -> io::Result<()> {
    plain(libc::PTRACE_LISTEN, pid, 0)
}

/// Lets a tracee go for good.
pub(crate) fn detach(pid: i32) -> io::Result<()> {
    plain(libc::PTRACE_DETACH, pid, 0)
}

/// What goes with the event: the id of a new task, or the status of one that ends.
pub(crate) fn message(pid: i32) -> io::Result<u64> {
    let mut message: libc::c_ulong = 0;
    // SAFETY: the kernel writes one unsigned long.
    check(unsafe {
        let at = std::ptr::from_mut(&mut message);
        libc::ptrace(libc::PTRACE_GETEVENTMSG, pid, 0usize, at)
    })?;
    Ok(message)
}

/// Waits for a tracee or child of the calling thread (-1: any); `None` if a signal of our own came instead, or nothing happened
/// and `wait` is not set.
///
/// # Errors
/// ECHILD: there is none left.
pub(crate) fn wait(pid: i32, wait: bool) -> io::Result<Option<(i32, Wait)>> {
    let mut status = 0;
    // Tracing is a thread's affair, and so is what it waits for.
    let options = libc::__WALL | libc::__WNOTHREAD | if wait { 0 } else { libc::WNOHANG };
    // SAFETY: writes one int.
    let found = unsafe { libc::waitpid(pid, &mut status, options) };
    match found {
        0 => return Ok(None),
        -1 => {
            let error = io::Error::last_os_error();
            return match error.kind() {
                io::ErrorKind::Interrupted => Ok(None),
                _ => Err(error),
            };
        }
        _ => {}
    }
    let what = if libc::WIFEXITED(status) {
        Wait::Gone(libc::WEXITSTATUS(status))
    } else if libc::WIFSIGNALED(status) {
        Wait::Gone(-libc::WTERMSIG(status))
    } else {
        let signal = libc::WSTOPSIG(status);
        match status >> 16 {
            0 => Wait::Signal(signal),
            libc::PTRACE_EVENT_SECCOMP => Wait::Filter,
            libc::PTRACE_EVENT_EXEC => Wait::Exec,
            libc::PTRACE_EVENT_EXIT => Wait::Exit,
            EVENT_STOP if signal != libc::SIGTRAP => Wait::GroupStop,
            EVENT_STOP => Wait::Fresh,
            _ => Wait::Birth,
        }
    };
    Ok(Some((found, what)))
}

/// `struct ptrace_syscall_info`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct SyscallInfo {
    op: u8,
    pad: [u8; 3],
    arch: u32,
    ip: u64,
    sp: u64,
    nr: u64,
    args: [u64; 6],
    ret_data: u32,
    reserved: u32,
}

/// The call that a tracee stands at, of which its filter has returned TRACE (Linux 5.3).
pub(crate) fn call(pid: i32) -> io::Result<Data> {
    let (info, _) = filled(GET_SYSCALL_INFO, pid, SyscallInfo::default())?;
    Ok(Data {
        nr: info.nr as u32,
        arch: info.arch,
        ip: info.ip,
        args: info.args,
    })
}

/// What a stack can be followed from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Registers {
    /// Instruction pointer.
    pub ip: u64,
    /// Stack pointer.
    pub sp: u64,
    /// Frame pointer; 0 where it is not known.
    pub fp: u64,
    /// Link register, on machines that have one.
    pub lr: u64,
}

#[cfg(target_arch = "x86_64")]
mod machine {
    use super::{Data, Registers, check, io};

    fn get(pid: i32) -> io::Result<libc::user_regs_struct> {
        // SAFETY: plain numbers, of which all zeroes are some.
        let mut regs: libc::user_regs_struct = unsafe { std::mem::zeroed() };
        // SAFETY: the kernel writes one such struct.
        check(unsafe {
            let at = std::ptr::from_mut(&mut regs);
            libc::ptrace(libc::PTRACE_GETREGS, pid, 0usize, at)
        })?;
        Ok(regs)
    }

    pub(crate) fn registers(pid: i32) -> io::Result<Registers> {
        let regs = get(pid)?;
        Ok(Registers {
            ip: regs.rip,
            sp: regs.rsp,
            fp: regs.rbp,
            lr: 0,
        })
    }

    /// The last call of a tracee that is stopped elsewhere than at a call, on its way out of one.
    pub(crate) fn last_call(pid: i32) -> io::Result<Data> {
        const USER32_CS: u64 = 0x23;
        let regs = get(pid)?;
        let (arch, args) = if regs.cs == USER32_CS {
            let args = [regs.rbx, regs.rcx, regs.rdx, regs.rsi, regs.rdi, regs.rbp];
            (crate::Arch::X86, args.map(|a| a & 0xffff_ffff))
        } else {
            let args = [regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8, regs.r9];
            (crate::Arch::X86_64, args)
        };
        Ok(Data {
            nr: regs.orig_rax as u32,
            arch: arch.audit(),
            ip: regs.rip,
            args,
        })
    }

    /// Makes a tracee that stands at a call skip it, and return `value` from it.
    pub(crate) fn skip(pid: i32, value: i64) -> io::Result<()> {
        let mut regs = get(pid)?;
        regs.orig_rax = u64::MAX;
        regs.rax = value as u64;
        // SAFETY: the kernel reads one such struct.
        check(unsafe {
            let at = std::ptr::from_ref(&regs);
            libc::ptrace(libc::PTRACE_SETREGS, pid, 0usize, at)
        })?;
        Ok(())
    }
}

#[cfg(target_arch = "aarch64")]
mod machine {
    use super::{Data, Registers, check, io};

    const NT_PRSTATUS: usize = 1;
    const NT_ARM_SYSTEM_CALL: usize = 0x404;

    /// A register set read or written.
    fn set<T>(request: libc::c_uint, pid: i32, which: usize, value: &mut T) -> io::Result<()> {
        let mut vector = libc::iovec {
            iov_base: std::ptr::from_mut(value).cast(),
            iov_len: size_of::<T>(),
        };
        // SAFETY: the kernel stays within the vector, which is `value`.
        check(unsafe { libc::ptrace(request, pid, which, std::ptr::from_mut(&mut vector)) })?;
        Ok(())
    }

    fn get(pid: i32) -> io::Result<libc::user_regs_struct> {
        // SAFETY: plain numbers, of which all zeroes are some.
        let mut regs: libc::user_regs_struct = unsafe { std::mem::zeroed() };
        set(libc::PTRACE_GETREGSET, pid, NT_PRSTATUS, &mut regs)?;
        Ok(regs)
    }

    pub(crate) fn registers(pid: i32) -> io::Result<Registers> {
        let regs = get(pid)?;
        Ok(Registers {
            ip: regs.pc,
            sp: regs.sp,
            fp: regs.regs[29],
            lr: regs.regs[30],
        })
    }

    /// The last call of a tracee that is stopped elsewhere than at a call, on its way out of one.
    pub(crate) fn last_call(pid: i32) -> io::Result<Data> {
        let regs = get(pid)?;
        let mut args = [0; 6];
        args.copy_from_slice(&regs.regs[..6]);
        Ok(Data {
            nr: regs.regs[8] as u32,
            arch: crate::Arch::Aarch64.audit(),
            ip: regs.pc,
            args,
        })
    }

    /// Makes a tracee that stands at a call skip it, and return `value` from it.
    pub(crate) fn skip(pid: i32, value: i64) -> io::Result<()> {
        let mut number = -1i32;
        set(libc::PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &mut number)?;
        let mut regs = get(pid)?;
        regs.regs[0] = value as u64;
        set(libc::PTRACE_SETREGSET, pid, NT_PRSTATUS, &mut regs)
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod machine {
    use super::{Data, Registers, io};

    fn unknown<T>() -> io::Result<T> {
        let arch = std::env::consts::ARCH;
        let why = format!("watching programs is not known to Lanner on {arch}");
        Err(io::Error::new(io::ErrorKind::Unsupported, why))
    }

    pub(crate) fn registers(_: i32) -> io::Result<Registers> {
        unknown()
    }

    pub(crate) fn last_call(_: i32) -> io::Result<Data> {
        unknown()
    }

    pub(crate) fn skip(_: i32, _: i64) -> io::Result<()> {
        unknown()
    }
}

pub(crate) use machine::{last_call, registers, skip};

/// The call for which a filter has sent a tracee SIGSYS; `None` where somebody else sent it.
pub(crate) fn trapped_call(pid: i32) -> io::Result<Option<Data>> {
    /// The part of siginfo_t that tells of a call (64-bit machines).
    #[repr(C)]
    struct Fields {
        signal: i32,
        errno: i32,
        code: i32,
        pad: i32,
        address: u64,
        number: i32,
        arch: u32,
    }
    #[repr(C)]
    union Info {
        whole: libc::siginfo_t,
        fields: std::mem::ManuallyDrop<Fields>,
    }
    // SAFETY: plain numbers, of which all zeroes are some.
    let mut info: Info = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes one siginfo_t, which is the larger of the union's members.
    check(unsafe {
        let at = std::ptr::from_mut(&mut info);
        libc::ptrace(libc::PTRACE_GETSIGINFO, pid, 0usize, at)
    })?;
    // SAFETY: both members are plain numbers, and all bytes of the union are written.
    let fields = unsafe { &info.fields };
    if fields.code != SYS_SECCOMP {
        return Ok(None);
    }
    // The registers are as they were before the call.
    let mut call = last_call(pid)?;
    (call.nr, call.arch) = (fields.number as u32, fields.arch);
    call.ip = fields.address;
    Ok(Some(call))
}

/// A filter of a stopped tracee; 0 is the one that was loaded first. `None` beyond the last.
///
/// # Errors
/// EACCES without CAP_SYS_ADMIN; EINVAL where the task has no filters.
pub(crate) fn filter(pid: i32, index: u64) -> io::Result<Option<Vec<Insn>>> {
    let ask = |into: *mut libc::sock_filter| {
        // SAFETY: the kernel writes the instructions of the filter, for which there is room, or,
        // at no address, nothing.
        check(unsafe { libc::ptrace(SECCOMP_GET_FILTER, pid, index as usize, into) })
    };
    let len = match ask(std::ptr::null_mut()) {
        Ok(len) => len as usize,
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => return Ok(None),
        Err(error) => return Err(error),
    };
    let empty = libc::sock_filter {
        code: 0,
        jt: 0,
        jf: 0,
        k: 0,
    };
    let mut program = vec![empty; len];
    ask(program.as_mut_ptr())?;
    let insns = program.iter().map(|i| Insn {
        code: i.code,
        jt: i.jt,
        jf: i.jf,
        k: i.k,
    });
    Ok(Some(insns.collect()))
}

/// The flags that a filter of a stopped tracee was loaded with, as far as the kernel keeps them
/// (LOG alone).
pub(crate) fn filter_flags(pid: i32, index: u64) -> io::Result<u64> {
    #[repr(C)]
    struct Metadata {
        index: u64,
        flags: u64,
    }
    let (metadata, _) = filled(SECCOMP_GET_METADATA, pid, Metadata { index, flags: 0 })?;
    Ok(metadata.flags)
}
