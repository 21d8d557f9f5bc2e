//! Profiles of any shape: what is compiled is what was meant.
//!
//! For numbers and arguments around every boundary of the profile, the program in the emulator
//! returns what the policy decides; the program is one that the kernel takes; and every call that
//! is allowed whatever its arguments are is one that the kernel's bitmap can serve.

use arbitrary::{Result, Unstructured};
use lanner_seccomp::arch::X32_BIT;
use lanner_seccomp::bpf::{self, Data, Insn};
use lanner_seccomp::compile::{Options, compile};
use lanner_seccomp::policy::{Condition, Op, Policy, Rule, Spec};
use lanner_seccomp::{Action, Arch, table};

/// Arguments that are tried with each number.
const MAX_VALUES: usize = 24;

const VALUES: [u64; 14] = [
    0,
    1,
    2,
    7,
    0x7E02_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x1_0000_0001,
    0x7fff_ffff_0000_0000,
    0x8000_0000_0000_0000,
    u64::MAX - 1,
    u64::MAX,
];

/// Calls of every kind: everywhere, multiplexed, on few ABIs, newest, none.
const NAMES: [&str; 16] = [
    "read",
    "open",
    "socket",
    "accept",
    "sendmmsg",
    "shmat",
    "semtimedop",
    "clone",
    "clone3",
    "rt_sigaction",
    "mseal",
    "restart_syscall",
    "getpid",
    "personality",
    "socketcall",
    "no_such_call",
];

pub fn run(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let (Ok(spec), Ok(weighted)) = (spec(&mut u), u.arbitrary::<bool>()) else {
        return;
    };
    let policy = Policy::new(&spec);
    let mut options = Options::default();
    if weighted {
        for abi in &policy.abis {
            for (number, _) in &abi.decisions {
                let weight = u.arbitrary::<u32>().unwrap_or(3);
                options
                    .weights
                    .insert((abi.arch.audit(), *number), weight.into());
            }
        }
    }
    let Ok(program) = compile(&policy, &options) else {
        return;
    };
    bpf::check(&program).expect("the kernel takes what is compiled");
    agree(&spec, &policy, &program, &mut u);
    let big = u.arbitrary().unwrap_or(false);
    let bytes = bpf::to_bytes(&program, big);
    assert_eq!(bpf::from_bytes(&bytes, big).as_deref(), Some(&program[..]));
}

pub fn spec(u: &mut Unstructured<'_>) -> Result<Spec> {
    let arches: Vec<Arch> = Arch::all().collect();
    let native = *u.choose(&arches)?;
    let mut listed = Vec::new();
    for _ in 0..u.int_in_range(0..=4usize)? {
        listed.push(*u.choose(&arches)?);
    }
    let default = action(u)?;
    let stub = u.arbitrary()?;
    let mut rules = Vec::new();
    while rules.len() < 40 && !u.is_empty() && u.int_in_range(0..=7u8)? != 0 {
        let mut names = Vec::new();
        for _ in 0..u.int_in_range(1..=4usize)? {
            names.push(match u.arbitrary::<bool>()? {
                true => (*u.choose(&NAMES)?).to_owned(),
                false => u.choose(table::calls())?.name.to_owned(),
            });
        }
        let action = action(u)?;
        let mut conditions = Vec::new();
        for _ in 0..u.int_in_range(0..=4usize)? {
            conditions.push(condition(u)?);
        }
        rules.push(Rule {
            names,
            action,
            conditions,
        });
    }
    Ok(Spec {
        native,
        arches: listed,
        default,
        rules,
        stub,
    })
}

fn action(u: &mut Unstructured<'_>) -> Result<Action> {
    Ok(match u.int_in_range(0..=9u8)? {
        0 => Action::KillProcess,
        1 => Action::KillThread,
        2 => Action::Trap(u.arbitrary()?),
        3 => Action::Errno(u.arbitrary()?),
        4 => Action::Errno(38),
        5 => Action::Notify,
        6 => Action::Trace(u.arbitrary()?),
        7 => Action::Log,
        _ => Action::Allow,
    })
}

fn value(u: &mut Unstructured<'_>) -> Result<u64> {
    match u.int_in_range(0..=3u8)? {
        0 => u.arbitrary(),
        1 => Ok(u.arbitrary::<u8>()?.into()),
        _ => Ok(*u.choose(&VALUES)?),
    }
}

fn condition(u: &mut Unstructured<'_>) -> Result<Condition> {
    let op = match u.int_in_range(0..=7u8)? {
        0 => Op::Ne,
        1 => Op::Lt,
        2 => Op::Le,
        3 => Op::Ge,
        4 => Op::Gt,
        5 => Op::MaskedEq(value(u)?),
        _ => Op::Eq,
    };
    Ok(Condition {
        arg: u.int_in_range(0..=5)?,
        op,
        value: value(u)?,
    })
}

/// Asserts that the program says what the policy says.
fn agree(spec: &Spec, policy: &Policy, program: &[Insn], u: &mut Unstructured<'_>) {
    let mut values = vec![0, u64::MAX, 1 << 32];
    for condition in spec.rules.iter().flat_map(|r| &r.conditions) {
        let v = condition.value;
        values.extend([v, v.wrapping_add(1), v.wrapping_sub(1), v ^ 1 << 32]);
        if let Op::MaskedEq(mask) = condition.op {
            values.extend([v & mask, v | !mask, mask]);
        }
    }
    values.sort_unstable();
    values.dedup();
    let mut abis: Vec<Arch> = policy.abis.iter().map(|a| a.arch).collect();
    abis.extend([Arch::X86_64, Arch::X32, Arch::Mips]);
    abis.dedup();
    for arch in abis {
        let mut numbers = vec![0, 511, X32_BIT, X32_BIT + 5, 1 << 31, u32::MAX];
        for name in spec.rules.iter().flat_map(|r| &r.names) {
            let number = table::by_name(name).and_then(|c| c.number(arch));
            numbers.extend(
                number
                    .into_iter()
                    .flat_map(|n| [n, n.wrapping_sub(1), n + 1]),
            );
        }
        for through in ["socketcall", "ipc"] {
            numbers.extend(table::by_name(through).and_then(|c| c.number(arch)));
        }
        numbers.sort_unstable();
        numbers.dedup();
        for number in numbers {
            let step = values.len().div_ceil(MAX_VALUES).max(1);
            let first = u.arbitrary::<u8>().map_or(0, usize::from) % step;
            let mut cachable = None;
            for (i, value) in values.iter().enumerate().skip(first).step_by(step) {
                let second = values[(i * 7 + 3) % values.len()];
                for args in [
                    [*value; 6],
                    [*value, second, *value, second, 0, 0],
                    [second, *value, 0, *value, second, *value],
                ] {
                    let data = Data::new(arch, number, args);
                    let (action, reason) = policy.decide(&data);
                    let outcome = bpf::run(program, &data).expect("runs to a return");
                    assert_eq!(
                        outcome.ret,
                        action.ret(),
                        "{arch} {number:#x} {args:x?}: {reason:?} of {spec:?}"
                    );
                    assert!(outcome.steps <= program.len());
                    cachable = Some(outcome.constant);
                }
            }
            if unconditional(policy, arch, number) {
                assert_eq!(cachable, Some(true), "{arch} {number:#x} of {spec:?}");
            }
        }
    }
}

/// Whether the arguments of a call can change nothing.
fn unconditional(policy: &Policy, arch: Arch, number: u32) -> bool {
    let mut abis = policy
        .abis
        .iter()
        .filter(|a| a.arch.audit() == arch.audit());
    abis.all(|abi| {
        let at = abi.decisions.binary_search_by_key(&number, |d| d.0);
        at.map_or(true, |at| {
            let choices = &abi.decisions[at].1.choices;
            choices.first().is_none_or(|c| c.conditions.is_empty())
        })
    })
}
