//! The first program of every container: it puts on user, capabilities and the seccomp filter, and
//! becomes the program of the container.
//!
//! A static program without a C library, built by `build.rs`, so that it runs in any image, calls
//! nothing that it does not mean to, and can be handed over as a memory file: nothing of it is
//! mounted into the container. runc starts it as `/proc/self/fd/3`; its orders are a [`Block`] in
//! the memory file on descriptor 4, where it also notes how far it got: that takes no system call,
//! so it can tell even when its filter refuses all. Descriptor 5 is a pipe that closes when the
//! container's program begins, or when there is nothing more to wait for.
//!
//! The filter is loaded last, also without no_new_privs: CAP_SYS_ADMIN, which that takes, is kept
//! until execve, where the kernel takes it away, the bounding set lacking it.
#![no_std]
#![no_main]

use core::arch::{asm, global_asm};
use core::mem::MaybeUninit;
use core::panic::PanicInfo;

include!("block.rs");

const AT_FDCWD: usize = -100_isize as usize;

mod nr {
    pub const WRITE: usize = 1;
    pub const CLOSE: usize = 3;
    pub const MMAP: usize = 9;
    pub const PAUSE: usize = 34;
    pub const EXECVE: usize = 59;
    pub const WAIT4: usize = 61;
    pub const FCNTL: usize = 72;
    pub const CHDIR: usize = 80;
    pub const UMASK: usize = 95;
    pub const SETGROUPS: usize = 116;
    pub const SETRESUID: usize = 117;
    pub const SETRESGID: usize = 119;
    pub const CAPSET: usize = 126;
    pub const PRCTL: usize = 157;
    pub const EXIT_GROUP: usize = 231;
    pub const OPENAT: usize = 257;
    pub const NEWFSTATAT: usize = 262;
    pub const FACCESSAT: usize = 269;
    pub const SECCOMP: usize = 317;
}

/// Makes a system call; what it returns below zero is an errno.
///
/// # Safety
/// The arguments must be what the call takes.
unsafe fn call(number: usize, args: [usize; 6]) -> isize {
    let result: isize;
    // SAFETY: the x86-64 convention: number in rax, arguments in these registers, rcx and r11 lost.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => result,
            in("rdi") args[0], in("rsi") args[1], in("rdx") args[2],
            in("r10") args[3], in("r8") args[4], in("r9") args[5],
            lateout("rcx") _, lateout("r11") _,
            options(nostack),
        );
    }
    result
}

global_asm!(".globl _start", "_start:", "xor ebp, ebp", "and rsp, -16", "call {main}", "ud2", main = sym main);

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    die()
}

/// Ends, also where ending is refused.
fn die() -> ! {
    loop {
        // SAFETY: exit_group takes a number; ud2 raises SIGILL and touches nothing.
        unsafe {
            call(nr::EXIT_GROUP, [127, 0, 0, 0, 0, 0]);
            asm!("ud2");
        }
    }
}

/// Where the orders are, and what is done with them.
struct Shim {
    block: *mut Block,
}

impl Shim {
    fn orders(&self) -> &Block {
        // SAFETY: `main` mapped it, and it stays mapped.
        unsafe { &*self.block }
    }

    /// Notes which step is next.
    fn at(&self, step: u32) {
        // SAFETY: as in `orders`; volatile, because another process reads it.
        unsafe { (&raw mut (*self.block).step).write_volatile(step) }
    }

    fn fail(&self, errno: isize) -> ! {
        // SAFETY: as in `at`.
        unsafe { (&raw mut (*self.block).errno).write_volatile(errno.unsigned_abs() as u32) }
        die()
    }

    fn check(&self, result: isize) -> isize {
        if result < 0 {
            self.fail(result);
        }
        result
    }

    fn prctl(&self, option: usize, a: usize, b: usize) -> isize {
        // SAFETY: options used here take numbers.
        unsafe { call(nr::PRCTL, [option, a, b, 0, 0, 0]) }
    }

    /// The address of something in the block.
    fn address(&self, offset: u64) -> usize {
        self.block as usize + offset as usize
    }

    /// Turns the offsets of a list that ends with 0 into addresses.
    fn relocate(&self, list: u64) -> usize {
        let at = self.address(list) as *mut u64;
        let mut i = 0;
        loop {
            // SAFETY: the list lies in the block and ends with 0 (`Block`'s own rule).
            unsafe {
                let entry = at.add(i);
                if *entry == 0 {
                    return at as usize;
                }
                *entry = self.address(*entry) as u64;
            }
            i += 1;
        }
    }

    /// Begins an audit session of its own, so that records can be told apart by it. It does not
    /// matter where that is refused.
    fn begin_session(&self, orders: &Block) {
        // SAFETY: the path ends with NUL; the text to write lies in the block.
        unsafe {
            let path = c"/proc/self/loginuid".as_ptr() as usize;
            let fd = call(nr::OPENAT, [AT_FDCWD, path, 1, 0, 0, 0]);
            if fd >= 0 {
                let text = self.address(orders.login);
                call(
                    nr::WRITE,
                    [fd as usize, text, orders.login_len as usize, 0, 0, 0],
                );
                call(nr::CLOSE, [fd as usize, 0, 0, 0, 0, 0]);
            }
        }
    }

    /// The first of the candidates that can be executed.
    fn find_program(&self, list: usize) -> usize {
        let mut errno = -2;
        let mut i = 0;
        loop {
            // SAFETY: `relocate` left addresses of NUL-terminated paths, ending with 0; the stat
            // buffer is as large as the kernel's struct.
            unsafe {
                let path = *(list as *const u64).add(i) as usize;
                if path == 0 {
                    self.fail(errno);
                }
                let mut stat = MaybeUninit::<[u32; 36]>::uninit();
                let buffer = stat.as_mut_ptr() as usize;
                let found = call(nr::NEWFSTATAT, [AT_FDCWD, path, buffer, 0, 0, 0]);
                // st_mode is the seventh word.
                let regular = found == 0
                    && stat.as_ptr().cast::<u32>().add(6).read() & 0o170_000 == 0o100_000;
                let may = call(nr::FACCESSAT, [AT_FDCWD, path, 1, 0, 0, 0]);
                if regular && may == 0 {
                    return path;
                }
                if found == 0 {
                    errno = -13;
                }
            }
            i += 1;
        }
    }

    fn run(&self) -> ! {
        let orders = self.orders();
        self.at(STEP_SESSION);
        // What audit records and process lists show until the program begins.
        self.prctl(15, c"lanner-shim".as_ptr() as usize, 0);
        if orders.login_len > 0 {
            self.begin_session(orders);
        }
        let argv = self.relocate(orders.argv);
        let envp = self.relocate(orders.envp);
        let candidates = self.relocate(orders.programs);
        self.at(STEP_FIND);
        let program = match orders.flags & FLAG_PAUSE {
            0 => self.find_program(candidates),
            _ => 0,
        };
        self.at(STEP_BOUNDING);
        for cap in 0..64 {
            if orders.caps >> cap & 1 == 0 && self.prctl(24, cap, 0) < 0 {
                // The kernel has no more.
                break;
            }
        }
        let cwd = self.address(orders.cwd);
        // SAFETY: the path ends with NUL.
        let before = unsafe { call(nr::CHDIR, [cwd, 0, 0, 0, 0, 0]) };
        self.at(STEP_GROUPS);
        // SAFETY: the groups lie in the block.
        self.check(unsafe {
            let list = self.address(orders.groups);
            call(
                nr::SETGROUPS,
                [orders.group_count as usize, list, 0, 0, 0, 0],
            )
        });
        self.at(STEP_GID);
        let gid = orders.gid as usize;
        // SAFETY: takes numbers.
        self.check(unsafe { call(nr::SETRESGID, [gid, gid, gid, 0, 0, 0]) });
        self.at(STEP_UID);
        self.prctl(8, 1, 0);
        let uid = orders.uid as usize;
        // SAFETY: takes numbers.
        self.check(unsafe { call(nr::SETRESUID, [uid, uid, uid, 0, 0, 0]) });
        self.at(STEP_CWD);
        // SAFETY: the path ends with NUL.
        let after = unsafe { call(nr::CHDIR, [cwd, 0, 0, 0, 0, 0]) };
        if before < 0 {
            self.check(after);
        }
        self.at(STEP_CAPS);
        let nnp = orders.flags & FLAG_NO_NEW_PRIVS != 0;
        let keep = if nnp { 0 } else { 1 << 21 };
        self.set_caps(orders.caps | keep);
        // SAFETY: takes a number.
        unsafe { call(nr::UMASK, [0o022, 0, 0, 0, 0, 0]) };
        self.at(STEP_NO_NEW_PRIVS);
        if nnp {
            self.check(self.prctl(38, 1, 0));
        }
        self.at(STEP_FILTER);
        if orders.filter_len > 0 {
            let program = Program {
                len: orders.filter_len as u16,
                filter: self.address(orders.filter),
            };
            let at = (&raw const program) as usize;
            // SAFETY: `program` is the kernel's sock_fprog, its instructions lie in the block.
            self.check(unsafe {
                call(nr::SECCOMP, [1, orders.filter_flags as usize, at, 0, 0, 0])
            });
        }
        self.at(STEP_EXEC);
        if orders.flags & FLAG_PAUSE != 0 {
            self.pause();
        }
        // SAFETY: the lists hold addresses of NUL-terminated texts and end with 0.
        self.fail(unsafe { call(nr::EXECVE, [program, argv, envp, 0, 0, 0]) });
    }

    fn set_caps(&self, caps: u64) {
        let header: [u32; 2] = [0x2008_0522, 0];
        let (low, high) = (caps as u32, (caps >> 32) as u32);
        // Effective, permitted, inheritable; twice.
        let data = [low, low, 0, high, high, 0];
        // SAFETY: both are as the third version of the call has them.
        self.check(unsafe {
            let header = (&raw const header) as usize;
            call(nr::CAPSET, [header, (&raw const data) as usize, 0, 0, 0, 0])
        });
    }

    /// Holds the namespaces of a pod, and reaps what is left to it.
    fn pause(&self) -> ! {
        // SAFETY: takes numbers and null pointers; descriptor 5 is ours.
        unsafe {
            call(nr::CLOSE, [5, 0, 0, 0, 0, 0]);
            loop {
                call(nr::PAUSE, [0; 6]);
                while call(nr::WAIT4, [usize::MAX, 0, 1, 0, 0, 0]) > 0 {}
            }
        }
    }
}

/// `struct sock_fprog`.
#[repr(C)]
struct Program {
    len: u16,
    filter: usize,
}

extern "C" fn main() -> ! {
    // SAFETY: takes numbers; the mapping is as long as the block says, which its writer set.
    let block = unsafe {
        for fd in [3, 4, 5] {
            call(nr::FCNTL, [fd, 2, 1, 0, 0, 0]);
        }
        let first = call(nr::MMAP, [0, 4096, 3, 1, 4, 0]);
        if first < 0 {
            die();
        }
        let len = (*(first as *const Block)).total as usize;
        let all = call(nr::MMAP, [0, len, 3, 1, 4, 0]);
        if all < 0 {
            die();
        }
        all as *mut Block
    };
    Shim { block }.run()
}
