//! The running kernel takes the programs that [`bpf::check`] lets through and no others, and what it
//! takes returns what [`bpf::run`] says.
//!
//! Programs are random, half of them spoilt in a place or two. Each is loaded into a child of its
//! own, which then makes calls whose number no kernel has; so one that is allowed is ENOSYS.
//! `LANNER_RANDOM_PROGRAMS` says how many, `LANNER_RANDOM_SEED` where they begin.

use super::*;
use crate::bpf::Data;

/// How many programs are tried if nothing says how many.
const PROGRAMS: u64 = 2000;

/// A number that no call has.
const UNUSED: u32 = 5000;

/// What each program is asked.
const CALLS: [(u32, [u64; 6]); 6] = [
    (UNUSED, [0; 6]),
    (UNUSED, [u64::MAX; 6]),
    (UNUSED + 1, [1, 2, 3, 4, 5, 6]),
    (UNUSED, [1 << 32, 1 << 63, 0xffff_ffff, 7, 0x8000_0000, 31]),
    (0x1234_5678, [40, 5 << 33, 32, 1 << 31, 64, 255]),
    (UNUSED + 0x100, [7, 7, 7 << 32 | 7, 0, 1, 0x7e02_0000]),
];

/// What a child tells.
#[repr(C)]
#[derive(Clone, Copy)]
struct Told {
    /// What seccomp(2) said.
    loaded: i64,
    /// Where its calls are made from.
    ip: u64,
    /// What each call gave; [`UNMADE`] for what would end the child.
    got: [i64; CALLS.len()],
}

const UNMADE: i64 = i64::MIN;

/// A generator of numbers that is the same everywhere (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 33) as usize % end
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// Every operation that the kernel lets filters use: loads and stores, arithmetic, jumps, the rest.
const MEMORY: [u16; 4] = [0x60, 0x61, 0x02, 0x03];
const ARITHMETIC: [u16; 19] = [
    0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x44, 0x4c, 0x54, 0x5c, 0x64, 0x6c, 0x74, 0x7c,
    0x84, 0xa4, 0xac,
];
const JUMPS: [u16; 9] = [0x05, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d];
const OTHERS: [u16; 6] = [0x80, 0x81, 0x00, 0x01, 0x07, 0x87];
/// Of classic BPF, but not for filters of calls.
const FOREIGN: [u16; 8] = [0x28, 0x30, 0x40, 0x48, 0xb1, 0x94, 0x9c, 0xa6];

const RET_K: u16 = 0x06;
const RET_A: u16 = 0x16;
const LOAD: u16 = 0x20;

fn word(r: &mut Random) -> u32 {
    match r.below(6) {
        0 => r.next() as u32,
        1 => 1 << r.below(32),
        2 => u32::MAX,
        _ => r.below(40) as u32,
    }
}

fn value(r: &mut Random) -> u32 {
    match r.below(16) {
        0 => 0x7fff_0000,
        1 => r.pick(&[
            0,
            0x8000_0000,
            0x0003_0000,
            0x7fc0_0000,
            0x7ff0_0007,
            0x0004_0000,
            0x7fff_1234,
        ]),
        2 => 0x0005_0000 | r.pick(&[0, 4094, 4095, 4096, 0xffff]),
        _ => 0x0005_0000 | (1 + r.below(4000)) as u32,
    }
}

/// A program that the kernel mostly takes.
fn program(r: &mut Random) -> Vec<Insn> {
    let len = r.pick(&[1, 2, 4, 8, 16, 32, 64, 300]);
    let len = 1 + r.below(len);
    let raw = |code, jt, jf, k| Insn { code, jt, jf, k };
    let mut written = 0u16;
    let mut all = Vec::with_capacity(len + 3);
    for at in 0..len {
        // To the end there are three more.
        let left = len + 3 - at - 1;
        let near = |r: &mut Random| r.below(left.min(9)) as u8;
        all.push(match r.below(20) {
            0..6 => raw(LOAD, 0, 0, 4 * r.below(16) as u32),
            6..9 => {
                let code = r.pick(&MEMORY);
                let mut k = r.below(16) as u32;
                if matches!(code, 0x60 | 0x61) && r.below(50) > 0 {
                    // Of words that were written, on whatever path.
                    let known = (0..16).filter(|k| written >> k & 1 == 1);
                    let known: Vec<u32> = known.collect();
                    if known.is_empty() {
                        all.push(raw(0x02, 0, 0, k));
                        written |= 1 << k;
                        continue;
                    }
                    k = r.pick(&known);
                } else {
                    written |= 1 << k;
                }
                raw(code, 0, 0, k)
            }
            9..14 => {
                let code = r.pick(&ARITHMETIC);
                let k = match code {
                    0x64 | 0x74 => r.below(32) as u32,
                    0x34 => word(r).max(1),
                    _ => word(r),
                };
                raw(code, 0, 0, k)
            }
            14..17 => match r.pick(&JUMPS) {
                0x05 => Insn::jump(near(r).into()),
                code => raw(code, near(r), near(r), word(r)),
            },
            17..19 => raw(r.pick(&OTHERS), 0, 0, word(r)),
            _ => match r.below(4) {
                0 => Insn::ret(value(r)),
                _ => raw(LOAD, 0, 0, 4 * r.below(16) as u32),
            },
        });
    }
    // What A holds tells which way was taken.
    all.extend([
        raw(0x54, 0, 0, 0x7ff),
        raw(0x44, 0, 0, 0x0005_0000),
        match r.below(8) {
            0 => Insn::ret(value(r)),
            _ => raw(RET_A, 0, 0, 0),
        },
    ]);
    all
}

/// One thing made different.
fn spoil(r: &mut Random, program: &mut Vec<Insn>) {
    let at = r.below(program.len());
    let insn = &mut program[at];
    match r.below(9) {
        0 => insn.code = r.next() as u16,
        1 => insn.code = r.pick(&FOREIGN),
        2 => insn.code ^= 1 << r.below(16),
        3 => insn.k = word(r),
        4 => insn.k = 4 * r.below(20) as u32 + r.pick(&[0, 0, 0, 1, 2]),
        5 => (insn.jt, insn.jf) = (r.next() as u8, r.below(12) as u8),
        6 => drop(program.remove(at)),
        7 => program.truncate(at),
        _ => {
            let code = r.pick(&[0x60, 0x61, 0x02, 0x03, LOAD, RET_K, 0x05]);
            let k = r.pick(&[0, 1, 15, 16, 63, 64, u32::MAX]);
            program.insert(
                at,
                Insn {
                    code,
                    jt: 0,
                    jf: 0,
                    k,
                },
            );
        }
    }
}

/// A call, and where it is made from. What the kernel gives is not looked at.
///
/// # Safety
/// The call does nothing.
#[inline(never)]
unsafe fn call(number: u32, args: &[u64; 6]) -> (i64, u64) {
    let (result, ip): (i64, u64);
    // SAFETY: by the caller; registers that the call changes are named.
    unsafe {
        std::arch::asm!(
            "lea {ip}, [rip + 2f]",
            "syscall",
            "2:",
            ip = out(reg) ip,
            inlateout("rax") u64::from(number) => result,
            in("rdi") args[0],
            in("rsi") args[1],
            in("rdx") args[2],
            in("r10") args[3],
            in("r8") args[4],
            in("r9") args[5],
            out("rcx") _,
            out("r11") _,
        );
    }
    (result, ip)
}

/// What a call gives by what the filter returned for it; `None` if it ends the child (seccomp(2):
/// nobody traces or listens, and no kernel has the call).
fn given(ret: u32) -> Option<i64> {
    let data = i64::from(ret & 0xffff);
    match ret & 0xffff_0000 {
        0x7fff_0000 | 0x7ffc_0000 | 0x7ff0_0000 | 0x7fc0_0000 => Some(-i64::from(libc::ENOSYS)),
        0x0005_0000 => Some(-data.min(4095)),
        _ => None,
    }
}

/// Loads a program into a child and makes the calls there.
fn ask(insns: &[Insn], shared: *mut Told) -> (Told, libc::c_int) {
    let filters: Vec<libc::sock_filter> = insns
        .iter()
        .map(|i| libc::sock_filter {
            code: i.code,
            jt: i.jt,
            jf: i.jf,
            k: i.k,
        })
        .collect();
    let program = libc::sock_fprog {
        len: filters.len() as u16,
        filter: filters.as_ptr().cast_mut(),
    };
    // SAFETY: within the mapping, at which nobody else looks.
    unsafe {
        shared.write(Told {
            loaded: UNMADE,
            ip: 0,
            got: [UNMADE; CALLS.len()],
        });
    }
    // SAFETY: the child calls nothing that allocates or locks.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        // SAFETY: within the mapping, at which the parent does not look before the child has
        // ended; the kernel copies the program; no kernel has the calls that are made.
        unsafe {
            let told = &mut *shared;
            let (_, ip) = call(UNUSED, &[0; 6]);
            told.ip = ip;
            if set_no_new_privs().is_ok() {
                let at = std::ptr::from_ref(&program).cast();
                told.loaded = seccomp(libc::SECCOMP_SET_MODE_FILTER, 0, at);
            }
            if told.loaded == 0 {
                let mut deadly = None;
                for ((number, args), got) in CALLS.iter().zip(&mut told.got) {
                    let mut data = Data::new(Arch::X86_64, *number, *args);
                    data.ip = ip;
                    let outcome = bpf::run(insns, &data);
                    match outcome.and_then(|o| given(o.ret)) {
                        Some(_) => *got = call(*number, args).0,
                        None => deadly = Some((*number, args)),
                    }
                }
                if let Some((number, args)) = deadly {
                    call(number, args);
                }
            }
            std::arch::asm!("ud2", options(noreturn));
        }
    }
    let mut status = 0;
    // SAFETY: reaps our own child.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    // SAFETY: written above, and the child has ended.
    (unsafe { shared.read() }, status)
}

#[test]
fn the_kernel_takes_and_runs_programs_as_the_emulator_does() {
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    let count = number("LANNER_RANDOM_PROGRAMS").unwrap_or(PROGRAMS);
    let first = number("LANNER_RANDOM_SEED").unwrap_or(0);
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
    let len = size_of::<Told>();
    // SAFETY: new memory.
    let at = unsafe { libc::mmap(std::ptr::null_mut(), len, protection, flags, -1, 0) };
    assert_ne!(at, libc::MAP_FAILED);
    let (mut taken, mut refused, mut answers, mut deaths) = (0, 0, 0, 0);
    for seed in first..first + count {
        let mut r = Random((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut insns = program(&mut r);
        for _ in 0..r.pick(&[0, 0, 1, 2]) {
            if !insns.is_empty() {
                spoil(&mut r, &mut insns);
            }
        }
        let (told, status) = ask(&insns, at.cast());
        let checked = bpf::check(&insns);
        let shown = || format!("program {seed}: {insns:x?}");
        let expect = match checked {
            Ok(()) => 0,
            Err(_) => -i64::from(libc::EINVAL),
        };
        assert_eq!(told.loaded, expect, "{checked:?} of {}", shown());
        if checked.is_err() {
            refused += 1;
            continue;
        }
        taken += 1;
        let mut deadly = false;
        for ((number, args), got) in CALLS.iter().zip(told.got) {
            let mut data = Data::new(Arch::X86_64, *number, *args);
            data.ip = told.ip;
            let ret = bpf::run(&insns, &data).expect("an outcome").ret;
            deadly |= given(ret).is_none();
            let expect = given(ret).unwrap_or(UNMADE);
            assert_eq!(
                got,
                expect,
                "{number} {args:x?} at {:#x}, {}",
                told.ip,
                shown()
            );
            answers += usize::from(got != UNMADE);
        }
        deaths += usize::from(deadly);
        let signal = if deadly { libc::SIGSYS } else { libc::SIGILL };
        let ended = libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == signal;
        assert!(ended, "{status:#x} and not {signal}, {}", shown());
    }
    // SAFETY: mapped above.
    unsafe { libc::munmap(at, len) };
    println!("{taken} taken, {refused} refused, {answers} answers, {deaths} ended");
    assert!(
        taken * 4 > count && refused * 10 > count,
        "{taken} taken of {count}"
    );
}
