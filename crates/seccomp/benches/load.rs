//! Filters in the running kernel: how long it takes to make one and to load it, and what a call
//! costs under it. Beside those of libseccomp (list and tree) and seccompiler, and no filter.
//! `cargo bench -p lanner-seccomp --bench load`; load times are to be at most libseccomp's.
//!
//! Each filter is loaded into children one after the other, in turns with the others. The best of
//! all rounds is shown: what else the machine does can only add to it.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::collections::BTreeMap;
use std::time::Instant;

use lanner_seccomp::bpf::{self, Data, Insn};
use lanner_seccomp::compile::{Options, compile};
use lanner_seccomp::load::{Filter, Flags, set_no_new_privs};
use lanner_seccomp::policy::{Condition, Op, Policy, Spec};
use lanner_seccomp::{Action, Arch, table};
use seccompiler::{
    SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch,
};

#[path = "../tests/peer/mod.rs"]
#[expect(dead_code, reason = "the comparison uses all of it")]
mod peer;

const PROFILES: [&str; 6] = [
    "docker/x86_64",
    "docker/x86_64/one",
    "containers-common/x86_64",
    "course/fine-grained",
    "course/fine-grained/one",
    "course/log",
];

/// Children that each filter is loaded into.
const ROUNDS: usize = 200;
/// Times that each filter is made.
const MAKES: usize = 20;
/// Calls whose mean is taken, in each round.
const CALLS: u32 = 10_000;

/// What is timed under each filter: allowed whatever its arguments are; allowed for these
/// arguments; refused, and without a filter EFAULT.
const TIMED: [(&str, libc::c_long, [u64; 2]); 3] = [
    ("getpid", libc::SYS_getpid, [0, 0]),
    ("personality", libc::SYS_personality, [0xffff_ffff, 0]),
    ("delete_module", libc::SYS_delete_module, [0, 0]),
];

/// Nanoseconds: of the load, and of each call of [`TIMED`].
type Times = [u64; 1 + TIMED.len()];

/// Not measured.
const NONE: u64 = u64::MAX;

struct Candidate {
    profile: &'static str,
    maker: &'static str,
    len: usize,
    make: u64,
    filter: Option<Filter>,
    /// Which calls are timed: those that the filter neither logs nor ends the process for.
    timed: [bool; TIMED.len()],
    best: Times,
}

fn main() {
    let mut all = vec![Candidate {
        profile: "",
        maker: "no filter",
        len: 0,
        make: NONE,
        filter: None,
        timed: [true; TIMED.len()],
        best: [NONE; 1 + TIMED.len()],
    }];
    for profile in PROFILES {
        let spec = peer::known_spec(profile);
        let made = |maker, make: &dyn Fn() -> Option<Vec<Insn>>| candidate(profile, maker, make);
        let ours = || {
            let policy = Policy::new(&spec);
            compile(&policy, &Options::default()).ok()
        };
        let theirs = |optimize| peer::libseccomp(&spec, optimize).ok();
        all.extend(made("Lanner", &ours));
        all.extend(made("libseccomp, list", &|| theirs(1)));
        all.extend(made("libseccomp, tree", &|| theirs(2)));
        all.extend(made("seccompiler", &|| seccompiler(&spec)));
    }
    let shared = shared();
    let mut order: Vec<usize> = (0..all.len()).collect();
    let mut random = 1u64;
    for _ in 0..ROUNDS {
        // The kernel frees a filter some time after its last process ended, while the next is
        // loaded: none may always come after the same one.
        for i in (1..order.len()).rev() {
            // An xorshift generator: any shuffle will do.
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            order.swap(i, random as usize % (i + 1));
        }
        for at in &order {
            let candidate = &mut all[*at];
            let times = round(candidate, shared);
            for (best, time) in candidate.best.iter_mut().zip(times) {
                *best = (*best).min(time);
            }
        }
    }
    println!(
        "best of {ROUNDS}: instructions; microseconds to make and to load; nanoseconds a call"
    );
    print!(
        "{:26}{:18}{:>6}{:>8}{:>8}",
        "profile", "by", "insns", "make", "load"
    );
    println!("{:>10}{:>13}{:>15}", TIMED[0].0, TIMED[1].0, TIMED[2].0);
    let micros = |ns: u64| match ns {
        NONE => "-".to_owned(),
        ns => format!("{:.1}", ns as f64 / 1000.0),
    };
    let nanos = |ns: u64| match ns {
        NONE => "-".to_owned(),
        ns => ns.to_string(),
    };
    for c in &all {
        let [load, cached, tested, refused] = c.best;
        print!(
            "{:26}{:18}{:>6}{:>8}",
            c.profile,
            c.maker,
            c.len,
            micros(c.make)
        );
        print!("{:>8}{:>10}", micros(load), nanos(cached));
        println!("{:>13}{:>15}", nanos(tested), nanos(refused));
    }
}

fn candidate(
    profile: &'static str,
    maker: &'static str,
    make: &dyn Fn() -> Option<Vec<Insn>>,
) -> Option<Candidate> {
    let program = make()?;
    let one = || {
        let start = Instant::now();
        std::hint::black_box(make());
        nanos_since(start)
    };
    let make = (0..MAKES).map(|_| one()).min().unwrap_or(NONE);
    let timed = TIMED.map(|(_, number, [first, second])| {
        let args = [first, second, 0, 0, 0, 0];
        let outcome = bpf::run(&program, &Data::new(Arch::X86_64, number as u32, args));
        let action = outcome.map(|o| Action::from_ret(o.ret));
        matches!(action, Some(Action::Allow | Action::Errno(_)))
    });
    Some(Candidate {
        profile,
        maker,
        len: program.len(),
        make,
        filter: Some(Filter::new(&program, Flags::default()).expect("the kernel takes it")),
        timed,
        best: [NONE; 1 + TIMED.len()],
    })
}

/// What seccompiler makes of a profile for x86-64 alone. It has one action for all rules, so calls
/// with another one than to allow are left out.
fn seccompiler(spec: &Spec) -> Option<Vec<Insn>> {
    if spec.arches.len() > 1 {
        return None;
    }
    let condition = |c: &Condition| {
        let op = match c.op {
            Op::Ne => SeccompCmpOp::Ne,
            Op::Lt => SeccompCmpOp::Lt,
            Op::Le => SeccompCmpOp::Le,
            Op::Eq => SeccompCmpOp::Eq,
            Op::Ge => SeccompCmpOp::Ge,
            Op::Gt => SeccompCmpOp::Gt,
            Op::MaskedEq(mask) => SeccompCmpOp::MaskedEq(mask),
        };
        SeccompCondition::new(c.arg, SeccompCmpArgLen::Qword, op, c.value).ok()
    };
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    for rule in spec.rules.iter().filter(|r| r.action == Action::Allow) {
        let conditions: Vec<_> = rule.conditions.iter().filter_map(condition).collect();
        for name in &rule.names {
            let number = table::by_name(name).and_then(|c| c.number(Arch::X86_64));
            let Some(number) = number else { continue };
            let chain = rules.entry(number.into()).or_default();
            if !conditions.is_empty() {
                chain.push(SeccompRule::new(conditions.clone()).ok()?);
            }
        }
    }
    let default = match spec.default {
        Action::Errno(errno) => SeccompAction::Errno(errno.into()),
        Action::Log => SeccompAction::Log,
        _ => return None,
    };
    let filter = SeccompFilter::new(rules, default, SeccompAction::Allow, TargetArch::x86_64);
    let program: Vec<seccompiler::sock_filter> = filter.ok()?.try_into().ok()?;
    let insn = |i: &seccompiler::sock_filter| Insn {
        code: i.code,
        jt: i.jt,
        jf: i.jf,
        k: i.k,
    };
    Some(program.iter().map(insn).collect())
}

/// Memory that children share with us.
fn shared() -> *mut Times {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
    let len = size_of::<Times>();
    // SAFETY: new memory.
    let at = unsafe { libc::mmap(std::ptr::null_mut(), len, protection, flags, -1, 0) };
    assert_ne!(at, libc::MAP_FAILED);
    at.cast()
}

/// Loads the filter into a child and makes the calls there.
fn round(candidate: &Candidate, shared: *mut Times) -> Times {
    // SAFETY: this process has one thread; the child ends in the block.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "fork(2) failed");
    if child == 0 {
        let mut times = [NONE; 1 + TIMED.len()];
        if let Some(filter) = &candidate.filter {
            let ready = set_no_new_privs().is_ok();
            let start = Instant::now();
            let loaded = filter.load().is_ok();
            times[0] = nanos_since(start);
            // SAFETY: ends the child.
            unsafe {
                if !ready || !loaded {
                    libc::_exit(1);
                }
            }
        }
        for (at, (_, number, [first, second])) in TIMED.iter().enumerate() {
            if candidate.timed[at] {
                let start = Instant::now();
                for _ in 0..CALLS {
                    // SAFETY: a call that changes nothing.
                    unsafe { libc::syscall(*number, *first, *second) };
                }
                times[1 + at] = nanos_since(start) / u64::from(CALLS);
            }
        }
        // SAFETY: the parent reads once the child has ended; ends the child.
        unsafe {
            shared.write(times);
            libc::_exit(0);
        }
    }
    let mut status = 0;
    // SAFETY: reaps our own child.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert_eq!(status, 0, "{} by {}", candidate.profile, candidate.maker);
    // SAFETY: the child wrote it and has ended.
    unsafe { shared.read() }
}

fn nanos_since(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(NONE)
}
