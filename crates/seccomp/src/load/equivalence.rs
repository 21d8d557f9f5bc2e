//! The running kernel decides as the policy and the emulator do: for each reference profile, every
//! number, and arguments at the boundaries of every condition.
//!
//! Each profile's filter is loaded into a child with every action exchanged for an error number of
//! its own, so the child makes all the calls and none of them happens. It tells what it got in
//! memory that it shares, and ends by an illegal instruction: it has no call left to end with.

use std::collections::BTreeSet;

use super::*;
use crate::arch::X32_BIT;
use crate::bpf::Data;
use crate::defaults::{RuntimeDefault, runtime_default};
use crate::policy::{Op, Spec};
use crate::target::{DEFAULT_CAPS, Engine, Runtime, Target};
use crate::{document, profile};

/// The allow-list that a course prints, with a path in front.
const ALLOW_LIST: &str = r#"// fine-grained.json
{"defaultAction": "SCMP_ACT_ERRNO",
 "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
 "syscalls": [{"names": ["accept4", "epoll_wait", "pselect6", "futex", "madvise", "epoll_ctl",
  "getsockname", "setsockopt", "vfork", "mmap", "read", "write", "close", "arch_prctl",
  "sched_getaffinity", "munmap", "brk", "rt_sigaction", "rt_sigprocmask", "sigaltstack", "gettid",
  "clone", "bind", "socket", "openat", "readlinkat", "exit_group", "epoll_create1", "listen",
  "rt_sigreturn", "sched_yield", "clock_gettime", "connect", "dup2", "epoll_pwait", "execve",
  "exit", "fcntl", "getpid", "getuid", "ioctl", "mprotect", "nanosleep", "open", "poll",
  "recvfrom", "sendto", "set_tid_address", "setitimer", "writev"], "action": "SCMP_ACT_ALLOW"}]}"#;

/// Every action, and conditions of every kind.
const MIXTURE: &str = r#"{"defaultAction": "SCMP_ACT_KILL_PROCESS",
 "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
 "syscalls": [
  {"names": ["read", "getpid"], "action": "SCMP_ACT_ALLOW"},
  {"names": ["write"], "action": "SCMP_ACT_LOG"},
  {"names": ["close"], "action": "SCMP_ACT_ERRNO", "errnoRet": 77},
  {"names": ["dup"], "action": "SCMP_ACT_KILL_THREAD"},
  {"names": ["dup2"], "action": "SCMP_ACT_TRAP"},
  {"names": ["pipe"], "action": "SCMP_ACT_TRACE", "errnoRet": 9},
  {"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"},
  {"names": ["umask"], "action": "SCMP_ACT_ALLOW", "args": [
    {"index": 0, "value": 4294967296, "op": "SCMP_CMP_GE"}]},
  {"names": ["lseek"], "action": "SCMP_ACT_ALLOW", "args": [
    {"index": 1, "value": 5, "op": "SCMP_CMP_GT"}, {"index": 2, "value": 3, "op": "SCMP_CMP_LT"}]},
  {"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [
    {"index": 0, "value": 4294967295, "valueTwo": 2, "op": "SCMP_CMP_MASKED_EQ"}]},
  {"names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 97, "args": [
    {"index": 0, "value": 40, "op": "SCMP_CMP_EQ"}]},
  {"names": ["ioctl"], "action": "SCMP_ACT_LOG", "args": [
    {"index": 1, "value": 21505, "op": "SCMP_CMP_NE"}]}]}"#;

/// Calls of the kernel's own probes, about which no filter is asked (Linux 6.14,
/// `__seccomp_filter`); elsewhere they end the process.
const UNASKED: [u32; 2] = [335, 336];

/// What an action is exchanged for: error numbers that no profile has.
fn mark(action: Action) -> u16 {
    match action {
        Action::Allow => 4001,
        Action::Log => 4002,
        Action::KillProcess => 4003,
        Action::KillThread => 4004,
        Action::Trap(_) => 4005,
        Action::Trace(_) => 4006,
        Action::Notify => 4007,
        Action::Errno(errno) => errno,
    }
}

fn marked(program: &[Insn]) -> Vec<Insn> {
    const RET_K: u16 = 0x06;
    let mut program = program.to_vec();
    for insn in program.iter_mut().filter(|i| i.code == RET_K) {
        insn.k = Action::Errno(mark(Action::from_ret(insn.k))).ret();
    }
    program
}

/// One call, with what the kernel gave for it.
#[repr(C)]
struct Case {
    number: u32,
    /// By the entry of 32-bit programs.
    compat: bool,
    args: [u64; 6],
    got: i64,
}

/// Values that tell a condition from its neighbours.
fn boundaries(condition: &crate::policy::Condition) -> Vec<u64> {
    let v = condition.value;
    let near = [v.wrapping_sub(1), v, v.wrapping_add(1)];
    let mut all: Vec<u64> = near
        .into_iter()
        .flat_map(|v| [v, v ^ 1 << 32, v ^ 1 << 63])
        .collect();
    if let Op::MaskedEq(mask) = condition.op {
        let lowest = mask & mask.wrapping_neg();
        let highest = mask.checked_ilog2().map_or(0, |bit| 1 << bit);
        all.extend([v ^ lowest, v ^ highest, v | !mask, v & mask]);
    }
    all
}

/// Arguments for one number: those that matter, one at a time and all at once.
fn arguments(decision: Option<&crate::policy::Decision>) -> BTreeSet<[u64; 6]> {
    let mut all = BTreeSet::from([[0; 6], [u64::MAX; 6]]);
    for choice in decision.iter().flat_map(|d| &d.choices) {
        let mut fitting = [0; 6];
        for condition in &choice.conditions {
            fitting[usize::from(condition.arg)] = condition.value;
        }
        all.insert(fitting);
        for condition in &choice.conditions {
            for value in boundaries(condition) {
                let mut args = fitting;
                args[usize::from(condition.arg)] = value;
                all.insert(args);
            }
        }
    }
    all
}

fn cases(policy: &Policy) -> Vec<Case> {
    let mut all = Vec::new();
    let plain = 0..600u32;
    let odd = [
        X32_BIT - 1,
        X32_BIT,
        0x7fff_ffff,
        0x8000_0000,
        u32::MAX - 1,
        u32::MAX,
    ];
    let x32 = plain.clone().map(|n| n | X32_BIT);
    for (number, compat) in plain
        .clone()
        .chain(x32)
        .chain(odd)
        .map(|n| (n, false))
        .filter(|(n, _)| !UNASKED.contains(n))
        .chain(plain.map(|n| (n, true)))
    {
        let arch = match (compat, number & X32_BIT != 0) {
            (true, _) => Arch::X86,
            (false, true) => Arch::X32,
            (false, false) => Arch::X86_64,
        };
        let abi = policy.abis.iter().find(|a| a.arch == arch);
        let found = abi.and_then(|a| {
            let at = a.decisions.binary_search_by_key(&number, |d| d.0).ok()?;
            Some(&a.decisions[at].1)
        });
        for mut args in arguments(found) {
            if compat {
                args = args.map(|a| a & 0xffff_ffff);
                // The frame pointer is needed while the call is made.
                args[5] = 0;
            }
            all.push(Case {
                number,
                compat,
                args,
                got: 0,
            });
        }
    }
    all
}

/// A call by the entry of 32-bit programs, with five arguments.
///
/// # Safety
/// The call does not happen.
unsafe fn compat_call(number: u32, args: &[u64; 6]) -> i64 {
    let result: u64;
    // SAFETY: a filter answers the call; registers are put back.
    unsafe {
        std::arch::asm!(
            "xchg rbx, {first}",
            "int 0x80",
            "xchg rbx, {first}",
            first = inout(reg) args[0] => _,
            inout("rax") u64::from(number) => result,
            in("rcx") args[1],
            in("rdx") args[2],
            in("rsi") args[3],
            in("rdi") args[4],
            out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
    }
    i64::from(result as u32 as i32)
}

/// Makes the calls in a child under the filter.
fn ask_kernel(program: &[Insn], cases: Vec<Case>) -> Vec<Case> {
    let len = cases.len() * size_of::<Case>();
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
    // SAFETY: new memory.
    let at = unsafe { libc::mmap(std::ptr::null_mut(), len, protection, flags, -1, 0) };
    assert_ne!(at, libc::MAP_FAILED);
    let shared: *mut Case = at.cast();
    let count = cases.len();
    for (i, case) in cases.into_iter().enumerate() {
        // SAFETY: within the mapping.
        unsafe { shared.add(i).write(case) };
    }
    let filter = Filter::new(program, Flags::default()).expect("a filter");
    // SAFETY: the child calls nothing that allocates or locks.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        if set_no_new_privs().is_err() || filter.load().is_err() {
            // SAFETY: ends the child.
            unsafe { libc::_exit(1) };
        }
        for i in 0..count {
            // SAFETY: within the mapping, which nobody else looks at until the child has ended;
            // the filter answers every call.
            unsafe {
                let case = &mut *shared.add(i);
                let [a, b, c, d, e, f] = case.args;
                case.got = match case.compat {
                    true => compat_call(case.number, &case.args),
                    false => {
                        let number = i64::from(case.number);
                        match libc::syscall(number, a, b, c, d, e, f) {
                            -1 => -i64::from(errno()),
                            value => value,
                        }
                    }
                };
            }
        }
        // SAFETY: ends the child.
        unsafe { std::arch::asm!("ud2", options(noreturn)) };
    }
    let mut status = 0;
    // SAFETY: reaps our own child.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert!(
        libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGILL,
        "the child did not come to its end: {status:#x}"
    );
    // SAFETY: all were written above, and the child has ended.
    let answered = (0..count).map(|i| unsafe { shared.add(i).read() });
    let answered = answered.collect();
    // SAFETY: mapped above.
    unsafe { libc::munmap(at, len) };
    answered
}

/// Compares kernel, emulator and policy; how many calls.
fn compare(name: &str, spec: &Spec) -> usize {
    let policy = Policy::new(spec);
    let program = compile::compile(&policy, &compile::Options::default()).expect("a program");
    let cases = ask_kernel(&marked(&program), cases(&policy));
    for case in &cases {
        let arch = if case.compat { Arch::X86 } else { Arch::X86_64 };
        let data = Data::new(arch, case.number, case.args);
        let call = format!("{name}: {} {arch} {:x?}", case.number, case.args);
        let emulated = Action::from_ret(bpf::run(&program, &data).expect("an outcome").ret);
        assert_eq!(
            emulated,
            policy.decide(&data).0,
            "emulator and policy, {call}"
        );
        assert_eq!(
            case.got,
            -i64::from(mark(emulated)),
            "kernel and emulator, {call}"
        );
    }
    cases.len()
}

fn target(engine: Engine) -> Target {
    Target {
        engine,
        runtime: Runtime::Runc,
        native: Arch::X86_64,
        caps: DEFAULT_CAPS.map(str::to_owned).to_vec(),
        kernel: (6, 1),
    }
}

fn read(text: &str) -> Spec {
    let mut files = lanner_diag::Files::new();
    let document = document::read(&mut files, "profile.json", text.as_bytes()).expect("a document");
    let (profile, _) = profile::read(&document);
    let applied = target(Engine::None).apply(&profile).expect("a profile");
    applied.expect("a default action").spec
}

#[test]
fn the_kernel_decides_as_policy_and_emulator_do() {
    let mut calls = 0;
    for text in [
        r#"{"defaultAction": "SCMP_ACT_LOG"}"#,
        r#"{"defaultAction": "SCMP_ACT_ERRNO"}"#,
        ALLOW_LIST,
        MIXTURE,
    ] {
        calls += compare(text.lines().next().unwrap(), &read(text));
    }
    for (which, engine) in [
        (RuntimeDefault::Docker, Engine::Docker),
        (RuntimeDefault::Containerd, Engine::Docker),
        (RuntimeDefault::ContainersCommon, Engine::ContainersCommon),
        (RuntimeDefault::CriO, Engine::ContainersCommon),
    ] {
        let spec = runtime_default(which, &target(engine));
        calls += compare(&format!("{which:?}"), &spec);
    }
    assert!(calls > 20_000, "only {calls}");
}
