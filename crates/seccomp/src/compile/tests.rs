use proptest::prelude::*;

use super::*;
use crate::bpf::{self, Data};
use crate::defaults::{RuntimeDefault, runtime_default};
use crate::policy::{Condition, Op, Rule, Spec};
use crate::target::{DEFAULT_CAPS, Engine, Runtime, Target};

/// Asserts that the program says what the policy says for numbers and arguments around every
/// boundary, and returns it.
fn agree(spec: &Spec) -> Vec<Insn> {
    let policy = Policy::new(spec);
    let program = compile(&policy, &Options::default()).expect("compiles");
    bpf::check(&program).expect("the kernel takes it");
    let mut values = vec![0, 1, u64::MAX, u64::from(u32::MAX), 1 << 32];
    for condition in spec.rules.iter().flat_map(|r| &r.conditions) {
        let v = condition.value;
        values.extend([
            v,
            v.wrapping_add(1),
            v.wrapping_sub(1),
            v ^ 1 << 32,
            !v,
            v & 0xffff_ffff,
        ]);
        if let Op::MaskedEq(mask) = condition.op {
            values.extend([
                mask,
                !mask,
                v & mask,
                v | !mask,
                (v & mask) ^ (mask & mask.wrapping_neg()),
            ]);
        }
    }
    values.sort_unstable();
    values.dedup();
    for arch in Arch::all() {
        let mut numbers = vec![
            0,
            1,
            511,
            512,
            5000,
            X32_BIT,
            X32_BIT + 5,
            1 << 31,
            (1 << 31) + 5,
            u32::MAX - 1,
            u32::MAX,
            u32::MAX - X32_BIT,
        ];
        for name in spec.rules.iter().flat_map(|r| &r.names) {
            let number = table::by_name(name).and_then(|c| c.number(arch));
            numbers.extend(
                number
                    .map(|n| [n, n.wrapping_sub(1), n + 1])
                    .into_iter()
                    .flatten(),
            );
        }
        for through in ["socketcall", "ipc"] {
            numbers.extend(table::by_name(through).and_then(|c| c.number(arch)));
        }
        for number in numbers {
            for (i, value) in values.iter().enumerate() {
                let second = values[(i * 7 + 3) % values.len()];
                for args in [
                    [*value; 6],
                    [*value, second, *value, second, 0, 0],
                    [1, *value, second, 0, 0, 0],
                ] {
                    let data = Data::new(arch, number, args);
                    let (action, reason) = policy.decide(&data);
                    let outcome = bpf::run(&program, &data).expect("runs");
                    assert_eq!(
                        outcome.ret,
                        action.ret(),
                        "{arch} {number:#x} {args:x?}: {reason:?}"
                    );
                }
            }
        }
    }
    program
}

fn allow_list(names: &[&str], arches: &[Arch]) -> Spec {
    Spec {
        native: Arch::X86_64,
        arches: arches.to_vec(),
        default: Action::Errno(1),
        rules: vec![Rule {
            names: names.iter().map(|n| n.to_string()).collect(),
            action: Action::Allow,
            conditions: Vec::new(),
        }],
        stub: false,
    }
}

#[test]
fn a_profile_without_rules_is_one_return_per_architecture() {
    let program = agree(&allow_list(&[], &[]));
    assert!(program.len() <= 8, "{program:?}");
}

#[test]
fn three_hundred_and_fifty_calls_take_a_balanced_tree() {
    let names: Vec<&str> = table::calls()
        .iter()
        .filter(|c| c.number(Arch::X86_64).is_some_and(|n| n % 12 != 0))
        .map(|c| c.name)
        .collect();
    let program = agree(&allow_list(&names, &[]));
    let steps = |nr| bpf::run(&program, &Data::new(Arch::X86_64, nr, [0; 6])).map(|o| o.steps);
    let worst = (0..600).filter_map(steps).max();
    assert!(worst <= Some(11), "{worst:?} of {}", program.len());
    assert!(program.len() <= 140, "{}", program.len());
}

#[test]
fn five_values_of_one_argument_are_a_tree() {
    let mut spec = allow_list(&["read"], &[]);
    for value in [0, 8, 0x20000, 0x20008, 0xffff_ffff] {
        spec.rules.push(Rule {
            names: vec!["personality".into()],
            action: Action::Allow,
            conditions: vec![Condition {
                arg: 0,
                op: Op::Eq,
                value,
            }],
        });
    }
    let program = agree(&spec);
    let data = Data::new(Arch::X86_64, 135, [0xffff_ffff, 0, 0, 0, 0, 0]);
    let outcome = bpf::run(&program, &data).expect("runs");
    assert!(outcome.steps <= 14, "{}", outcome.steps);
    assert!(!outcome.constant);
}

#[test]
fn calls_without_conditions_are_constant_to_the_kernel() {
    let program = agree(&allow_list(
        &["read", "openat", "mseal"],
        &[Arch::X86, Arch::X32],
    ));
    for arch in [Arch::X86_64, Arch::X86] {
        let number = table::by_name("openat")
            .and_then(|c| c.number(arch))
            .expect("a number");
        let outcome = bpf::run(&program, &Data::new(arch, number, [0; 6])).expect("runs");
        assert!(outcome.constant);
        assert_eq!(outcome.ret, Action::Allow.ret());
    }
}

#[test]
fn frequent_calls_come_first_where_no_other_pays() {
    let names: Vec<&str> = table::calls()
        .iter()
        .filter(|c| c.number(Arch::X86_64).is_some_and(|n| n % 2 == 0))
        .map(|c| c.name)
        .collect();
    let policy = Policy::new(&allow_list(&names, &[]));
    let plain = compile(&policy, &Options::default()).expect("compiles");
    let mut options = Options::default();
    options.weights.insert((Arch::X86_64.audit(), 0), 1_000_000);
    let weighted = compile(&policy, &options).expect("compiles");
    let steps = |program: &[Insn], nr| {
        bpf::run(program, &Data::new(Arch::X86_64, nr, [0; 6])).map_or(0, |o| o.steps)
    };
    assert!(steps(&weighted, 0) < steps(&plain, 0));
    let worst = |program| (0..500).map(|nr| steps(program, nr)).max();
    assert_eq!(worst(&weighted), worst(&plain));
}

#[test]
fn weights_lower_the_average_of_what_was_recorded() {
    let spec = runtime_default(
        RuntimeDefault::Docker,
        &Target {
            engine: Engine::Docker,
            runtime: Runtime::Crun,
            native: Arch::X86_64,
            caps: DEFAULT_CAPS.map(String::from).to_vec(),
            kernel: (6, 18),
        },
    );
    let policy = Policy::new(&spec);
    let recorded = [
        ("read", 90_000),
        ("futex", 70_000),
        ("epoll_wait", 40_000),
        ("clone", 9_000),
        ("openat", 5_000),
        ("socket", 3_000),
        ("mmap", 800),
    ];
    let mut options = Options::default();
    let number = |name| table::by_name(name).and_then(|c| c.number(Arch::X86_64));
    for (name, count) in recorded {
        let number = number(name).expect(name);
        options
            .weights
            .insert((Arch::X86_64.audit(), number), count);
    }
    let average = |options: &Options| {
        let program = compile(&policy, options).expect("compiles");
        let steps = recorded.map(|(name, count)| {
            let data = Data::new(Arch::X86_64, number(name).expect(name), [0; 6]);
            count * bpf::run(&program, &data).expect("runs").steps as u64
        });
        steps.iter().sum::<u64>() as f64 / recorded.map(|r| r.1).iter().sum::<u64>() as f64
    };
    let (plain, weighted) = (average(&Options::default()), average(&options));
    assert!(weighted < plain - 0.5, "{weighted} and {plain}");
}

#[test]
fn targets_beyond_255_instructions_are_reached() {
    let mut spec = allow_list(&[], &[Arch::X86]);
    // Every call has a return of its own, so no two share what is near.
    for call in table::calls() {
        if let Some(number) = call.number(Arch::X86_64).filter(|n| *n < 500) {
            spec.rules.push(Rule {
                names: vec![call.name.into()],
                action: Action::Errno(1000 + number as u16),
                conditions: vec![Condition {
                    arg: 0,
                    op: Op::Le,
                    value: 7 << 33,
                }],
            });
        }
    }
    let program = agree(&spec);
    assert!(program.len() > 2000, "{}", program.len());
    // A jump alone reaches further than the two of a comparison.
    let far = program.iter().filter(|i| i.code == Insn::jump(0).code);
    assert!(far.max_by_key(|i| i.k).is_some_and(|i| i.k > 255));
}

#[test]
fn the_halves_of_an_argument_lie_as_the_abi_has_them() {
    let check = |arch, value, expect: &[u32]| {
        let mut spec = allow_list(&[], &[]);
        spec.native = arch;
        spec.rules = vec![Rule {
            names: vec!["personality".into()],
            action: Action::Allow,
            conditions: vec![Condition {
                arg: 1,
                op: Op::Eq,
                value,
            }],
        }];
        let program = agree(&spec);
        let load = Insn::load(0).code;
        let loads = program.iter().filter(|i| i.code == load);
        let offsets: Vec<u32> = loads.map(|i| i.k).filter(|k| *k >= OFF_ARGS).collect();
        assert_eq!(offsets, expect, "{arch}");
    };
    // Argument 1 is at offset 24.
    let wide = 3 << 32 | 5;
    for arch in [Arch::S390x, Arch::Ppc64, Arch::Mips64] {
        check(arch, wide, &[24, 28]);
    }
    for arch in [Arch::X86_64, Arch::Ppc64le, Arch::Mipsel64, Arch::Riscv64] {
        check(arch, wide, &[28, 24]);
    }
    for arch in [Arch::S390, Arch::Ppc, Arch::Mips] {
        check(arch, 5, &[28]);
    }
    for arch in [Arch::X86, Arch::Arm, Arch::Mipsel] {
        check(arch, 5, &[24]);
    }
}

#[test]
fn a_filter_that_is_too_long_is_an_error() {
    let mut spec = allow_list(&[], &[]);
    for call in table::calls()
        .iter()
        .filter(|c| c.number(Arch::X86_64).is_some())
    {
        for value in 0..20 {
            spec.rules.push(Rule {
                names: vec![call.name.into()],
                action: Action::Allow,
                conditions: vec![Condition {
                    arg: value % 6,
                    op: Op::Eq,
                    value: (u64::from(value) * 77
                        + u64::from(call.number(Arch::X86_64).unwrap_or(0)))
                        << 20,
                }],
            });
        }
    }
    let error = compile(&Policy::new(&spec), &Options::default());
    assert!(
        matches!(error, Err(CompileError::TooLong(n)) if n > MAX_LEN),
        "{error:?}"
    );
}

fn conditions() -> impl Strategy<Value = Vec<Condition>> {
    let value = prop_oneof![
        0u64..4,
        Just(u64::from(u32::MAX)),
        Just(1u64 << 32),
        (0u64..3).prop_map(|n| n << 32 | 7),
        Just(u64::MAX),
        any::<u64>(),
    ];
    let mask = prop_oneof![
        Just(0u64),
        Just(1),
        Just(0x7E02_0000),
        Just(u64::MAX),
        Just(3 << 32 | 3),
        any::<u64>()
    ];
    let op = prop_oneof![
        Just(Op::Ne),
        Just(Op::Lt),
        Just(Op::Le),
        Just(Op::Eq),
        Just(Op::Ge),
        Just(Op::Gt),
        mask.prop_map(Op::MaskedEq),
    ];
    let condition = (0u8..3, op, value).prop_map(|(arg, op, value)| Condition { arg, op, value });
    prop::collection::vec(condition, 0..4)
}

fn actions() -> impl Strategy<Value = Action> {
    prop::sample::select(vec![
        Action::Allow,
        Action::Log,
        Action::Errno(1),
        Action::Errno(38),
        Action::KillProcess,
        Action::Trace(7),
    ])
}

fn specs() -> impl Strategy<Value = Spec> {
    let names = prop::sample::select(vec![
        "read",
        "open",
        "socket",
        "accept",
        "shmat",
        "clone",
        "clone3",
        "rt_sigaction",
        "mseal",
        "no_such",
        "getpid",
        "restart_syscall",
    ]);
    let rule = (prop::collection::vec(names, 1..4), actions(), conditions()).prop_map(
        |(names, action, conditions)| Rule {
            names: names.into_iter().map(String::from).collect(),
            action,
            conditions,
        },
    );
    let arches: Vec<Arch> = Arch::all().collect();
    let arch = prop::sample::select(arches);
    (
        arch.clone(),
        prop::collection::vec(arch, 0..4),
        actions(),
        prop::collection::vec(rule, 0..6),
        any::<bool>(),
    )
        .prop_map(|(native, arches, default, rules, stub)| Spec {
            native,
            arches,
            default,
            rules,
            stub,
        })
}

/// Cases of the comparison with the policy; `LANNER_PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let cases = std::env::var("LANNER_PROPTEST_CASES")
        .ok()
        .and_then(|n| n.parse().ok());
    ProptestConfig::with_cases(cases.unwrap_or(150))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_program_says_what_its_policy_says(spec in specs()) {
        agree(&spec);
    }
}
