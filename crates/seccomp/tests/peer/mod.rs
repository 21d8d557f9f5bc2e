//! Profiles to compare compilers on, and what libseccomp makes of them.

use std::io::Read;

use lanner_seccomp::bpf::{self, Insn};
use lanner_seccomp::defaults::{RuntimeDefault, runtime_default};
use lanner_seccomp::policy::{Condition, Op, Policy, Rule, Spec};
use lanner_seccomp::target::{DEFAULT_CAPS, Engine, Runtime, Target};
use lanner_seccomp::{Action, Arch, table};
use libseccomp::{
    ScmpAction, ScmpArch, ScmpArgCompare, ScmpCompareOp, ScmpFilterContext, ScmpSyscall,
};

/// The profiles by name; `random/N` are others.
pub(crate) const REFERENCES: [&str; 12] = [
    "docker/x86_64",
    "docker/x86_64/one",
    "docker/aarch64",
    "docker/s390x",
    "containerd/x86_64",
    "containerd/riscv64",
    "containers-common/x86_64",
    "containers-common/aarch64",
    "course/log",
    "course/errno",
    "course/fine-grained",
    "course/fine-grained/one",
];

/// A profile without the calls that libseccomp does not know: it may be older than the table.
pub(crate) fn known_spec(name: &str) -> Spec {
    let mut spec = spec(name);
    let arches: Vec<Arch> = Policy::new(&spec).abis.iter().map(|a| a.arch).collect();
    let known = |name: &String| {
        let call = table::by_name(name);
        call.is_none_or(|call| known_alike(call, &arches))
    };
    spec.rules.iter_mut().for_each(|r| r.names.retain(known));
    spec
}

/// The calls that the course's `fine-grained.json` allows.
const FINE_GRAINED: &str = "accept4 epoll_wait pselect6 futex madvise epoll_ctl getsockname \
    setsockopt vfork mmap read write close arch_prctl sched_getaffinity munmap brk rt_sigaction \
    rt_sigprocmask sigaltstack gettid clone bind socket openat readlinkat exit_group \
    epoll_create1 listen rt_sigreturn sched_yield clock_gettime connect dup2 epoll_pwait execve \
    exit fcntl getpid getuid ioctl mprotect nanosleep open poll recvfrom sendto set_tid_address \
    setitimer writev";

/// The profile of this name, the ENOSYS stub of runc left out: libseccomp does not make it.
pub(crate) fn spec(name: &str) -> Spec {
    let (family, rest) = name.split_once('/').expect("family/name");
    let (which, alone) = match rest.split_once('/') {
        Some((which, _)) => (which, true),
        None => (rest, false),
    };
    let engine = match family {
        "random" => return random(which.parse().expect("a number")),
        "course" => return course(which, alone),
        "docker" => RuntimeDefault::Docker,
        "containerd" => RuntimeDefault::Containerd,
        "containers-common" => RuntimeDefault::ContainersCommon,
        other => panic!("no family {other}"),
    };
    let target = Target {
        engine: Engine::Docker,
        runtime: Runtime::Crun,
        native: Arch::from_any_name(which).expect("an ABI"),
        caps: DEFAULT_CAPS.map(String::from).to_vec(),
        kernel: (6, 18),
    };
    let mut spec = runtime_default(engine, &target);
    if alone {
        spec.arches.clear();
    }
    spec
}

fn course(which: &str, alone: bool) -> Spec {
    let (default, names) = match which {
        "log" => (Action::Log, ""),
        "errno" => (Action::Errno(1), ""),
        _ => (Action::Errno(1), FINE_GRAINED),
    };
    let arches = if alone || names.is_empty() {
        Vec::new()
    } else {
        vec![Arch::X86_64, Arch::X86, Arch::X32]
    };
    Spec {
        native: Arch::X86_64,
        arches,
        default,
        rules: vec![Rule {
            names: names.split_whitespace().map(String::from).collect(),
            action: Action::Allow,
            conditions: Vec::new(),
        }],
        stub: false,
    }
}

/// A generator of numbers that is the same everywhere (xorshift64*).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() >> 33) as usize % end
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// A random profile: from a handful of calls to most, some with conditions, on one machine's ABIs.
fn random(seed: u64) -> Spec {
    let mut r = Random::new(seed);
    let machines: [&[Arch]; 10] = [
        &[Arch::X86_64],
        &[Arch::X86_64, Arch::X86, Arch::X32],
        &[Arch::X86_64, Arch::X86],
        &[Arch::X86_64, Arch::X32],
        &[Arch::Aarch64, Arch::Arm],
        &[Arch::Riscv64],
        &[Arch::S390x, Arch::S390],
        &[Arch::Ppc64le],
        &[Arch::Mips64, Arch::Mips, Arch::Mips64n32],
        &[Arch::Mipsel],
    ];
    let machine = r.pick(&machines);
    // Half of them are for the most common machine.
    let machine = if r.below(2) == 0 {
        machines[0]
    } else {
        machine
    };
    let actions = [
        Action::Allow,
        Action::Errno(1),
        Action::Log,
        Action::KillProcess,
        Action::KillThread,
        Action::Errno(38),
        Action::Trace(7),
        Action::Trap(0),
    ];
    let default = r.pick(&actions[1..]);
    let known: Vec<&str> = table::calls()
        .iter()
        .filter(|c| known_alike(c, machine))
        .map(|c| c.name)
        .collect();
    let size = r.pick(&[0, 1, 2, 5, 12, 40, 100, 200, 300]);
    let mut rules = vec![Rule {
        names: (0..size).map(|_| r.pick(&known).to_owned()).collect(),
        action: Action::Allow,
        conditions: Vec::new(),
    }];
    for _ in 0..r.pick(&[0, 0, 1, 2, 4, 8, 16]) {
        let mut names = vec![r.pick(&known).to_owned()];
        if r.below(4) == 0 {
            names = vec![
                r.pick(&["socket", "clone", "personality", "ioctl", "shmget"])
                    .into(),
            ];
        }
        let conditions = conditions(&mut r);
        let action = if r.below(3) == 0 {
            r.pick(&actions)
        } else {
            Action::Allow
        };
        let values = r.pick(&[1, 1, 1, 2, 5]);
        for _ in 0..values {
            let mut conditions = conditions.clone();
            if let [only] = conditions.as_mut_slice() {
                only.value = value(&mut r);
            }
            rules.push(Rule {
                names: names.clone(),
                action,
                conditions,
            });
        }
    }
    Spec {
        native: machine[0],
        arches: machine.to_vec(),
        default,
        rules,
        stub: false,
    }
}

fn conditions(r: &mut Random) -> Vec<Condition> {
    let count = r.pick(&[0, 1, 1, 1, 1, 2, 2, 3]);
    let mut args: Vec<u8> = (0..6).collect();
    (0..count)
        .map(|_| {
            let arg = args.swap_remove(r.below(args.len()));
            let op = match r.below(12) {
                0 => Op::Ne,
                1 => Op::Lt,
                2 => Op::Le,
                3 => Op::Ge,
                4 => Op::Gt,
                5 | 6 => Op::MaskedEq(r.pick(&[1, 0x7E02_0000, 0xff, 3 << 32, u64::MAX])),
                _ => Op::Eq,
            };
            let value = match op {
                // What is outside the mask, libseccomp drops.
                Op::MaskedEq(mask) => value(r) & mask,
                _ => value(r),
            };
            Condition { arg, op, value }
        })
        .collect()
}

fn value(r: &mut Random) -> u64 {
    match r.below(8) {
        0 => 0xffff_ffff,
        1 => 1 << 32 | r.below(4) as u64,
        2 => r.next() & 0xffff_ffff,
        _ => r.below(64) as u64,
    }
}

/// The name of an ABI in libseccomp.
fn scmp_arch(arch: Arch) -> ScmpArch {
    match arch {
        Arch::X86_64 => ScmpArch::X8664,
        Arch::X86 => ScmpArch::X86,
        Arch::X32 => ScmpArch::X32,
        Arch::Aarch64 => ScmpArch::Aarch64,
        Arch::Arm => ScmpArch::Arm,
        Arch::Riscv64 => ScmpArch::Riscv64,
        Arch::S390x => ScmpArch::S390X,
        Arch::S390 => ScmpArch::S390,
        Arch::Ppc64le => ScmpArch::Ppc64Le,
        Arch::Ppc64 => ScmpArch::Ppc64,
        Arch::Ppc => ScmpArch::Ppc,
        Arch::Mips => ScmpArch::Mips,
        Arch::Mips64 => ScmpArch::Mips64,
        Arch::Mips64n32 => ScmpArch::Mips64N32,
        Arch::Mipsel => ScmpArch::Mipsel,
        Arch::Mipsel64 => ScmpArch::Mipsel64,
        Arch::Mipsel64n32 => ScmpArch::Mipsel64N32,
        Arch::Loongarch64 => ScmpArch::Loongarch64,
    }
}

/// Whether libseccomp, which may be older than the table, has a call where the table has it.
pub(crate) fn known_alike(call: &table::Call, arches: &[Arch]) -> bool {
    // Some of the numbers that stand for calls of other ABIs stand for two.
    let own = ScmpSyscall::from_name(call.name).and_then(|s| s.get_name());
    let unique = own.is_ok_and(|name| name == call.name);
    unique
        && arches.iter().all(|arch| {
            let theirs = ScmpSyscall::from_name_by_arch(call.name, scmp_arch(*arch));
            let theirs = theirs
                .ok()
                .and_then(|s| u32::try_from(s.as_raw_syscall()).ok());
            theirs == call.number(*arch)
        })
}

fn scmp_action(action: Action) -> ScmpAction {
    match action {
        Action::KillProcess => ScmpAction::KillProcess,
        Action::KillThread => ScmpAction::KillThread,
        Action::Trap(_) => ScmpAction::Trap,
        Action::Errno(errno) => ScmpAction::Errno(errno.into()),
        Action::Notify => ScmpAction::Notify,
        Action::Trace(data) => ScmpAction::Trace(data),
        Action::Log => ScmpAction::Log,
        Action::Allow => ScmpAction::Allow,
    }
}

fn scmp_compare(condition: &Condition) -> ScmpArgCompare {
    let op = match condition.op {
        Op::Ne => ScmpCompareOp::NotEqual,
        Op::Lt => ScmpCompareOp::Less,
        Op::Le => ScmpCompareOp::LessOrEqual,
        Op::Eq => ScmpCompareOp::Equal,
        Op::Ge => ScmpCompareOp::GreaterEqual,
        Op::Gt => ScmpCompareOp::Greater,
        Op::MaskedEq(mask) => ScmpCompareOp::MaskedEqual(mask),
    };
    ScmpArgCompare::new(condition.arg.into(), op, condition.value)
}

/// What libseccomp makes of a profile, as runc hands it over: as a list (1) or a tree (2).
///
/// It may never return.
pub(crate) fn libseccomp(spec: &Spec, optimize: u32) -> Result<Vec<Insn>, String> {
    build(spec, optimize).map_err(|e| e.to_string())
}

fn build(spec: &Spec, optimize: u32) -> Result<Vec<Insn>, Box<dyn std::error::Error>> {
    let mut context = ScmpFilterContext::new(scmp_action(spec.default))?;
    context.set_ctl_optimize(optimize)?;
    let policy = Policy::new(spec);
    let arches: Vec<Arch> = policy.abis.iter().map(|a| a.arch).collect();
    if !arches.contains(&Arch::X86_64) {
        context.remove_arch(ScmpArch::X8664)?;
    }
    for arch in &arches {
        if !context.is_arch_present(scmp_arch(*arch))? {
            context.add_arch(scmp_arch(*arch))?;
        }
    }
    for rule in spec.rules.iter().filter(|r| r.action != spec.default) {
        let mut indices: Vec<u8> = rule.conditions.iter().map(|c| c.arg).collect();
        indices.sort_unstable();
        let repeated = indices.windows(2).any(|w| w[0] == w[1]);
        let all: Vec<ScmpArgCompare> = rule.conditions.iter().map(scmp_compare).collect();
        for name in &rule.names {
            let Ok(call) = ScmpSyscall::from_name(name) else {
                continue;
            };
            if repeated {
                for one in &all {
                    context.add_rule_conditional(scmp_action(rule.action), call, &[*one])?;
                }
            } else {
                context.add_rule_conditional(scmp_action(rule.action), call, &all)?;
            }
        }
    }
    let (mut reader, writer) = std::io::pipe()?;
    let read = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map(|_| bytes)
    });
    context.export_bpf(&writer)?;
    drop(writer);
    let bytes = read.join().map_err(|_| "the reader panicked")??;
    let big_endian = arches[0].big_endian();
    let mut program = bpf::from_bytes(&bytes, big_endian).ok_or("no whole instructions")?;
    if big_endian {
        // On a little-endian host it leaves the values of some returns in the host's order.
        let actions = spec.rules.iter().map(|r| r.action).chain([spec.default]);
        let known: Vec<u32> = actions.map(Action::ret).collect();
        let returns = program.iter_mut().filter(|i| i.code == Insn::ret(0).code);
        for insn in returns.filter(|i| known.contains(&i.k.swap_bytes())) {
            insn.k = insn.k.swap_bytes();
        }
    }
    Ok(program)
}
