use proptest::prelude::*;

use super::*;
use crate::bpf::{self, Data, Insn, Test};
use crate::compile::{Options, compile};
use crate::policy::{Policy, Rule, Spec};
use crate::{Action, table};

fn condition() -> impl Strategy<Value = Condition> {
    let value = prop_oneof![
        0..4u64,
        Just(0x1_0000_0000),
        Just(0xffff_ffff),
        Just(u64::MAX),
        Just(0x7e02_0000),
        any::<u64>()
    ];
    (0..3u8, 0..7usize, value.clone(), value).prop_map(|(arg, op, value, mask)| {
        let op = [
            Op::Ne,
            Op::Lt,
            Op::Le,
            Op::Eq,
            Op::Ge,
            Op::Gt,
            Op::MaskedEq(mask),
        ][op];
        Condition { arg, op, value }
    })
}

fn spec() -> impl Strategy<Value = Spec> {
    let action = prop_oneof![
        Just(Action::Allow),
        Just(Action::Errno(1)),
        Just(Action::Errno(38)),
        Just(Action::KillProcess)
    ];
    let name = prop::sample::select(vec![
        "read",
        "socket",
        "clone",
        "openat",
        "personality",
        "mseal",
    ]);
    let rule = (
        prop::collection::vec(name, 1..3),
        action.clone(),
        prop::collection::vec(condition(), 0..3),
    )
        .prop_map(|(names, action, conditions)| Rule {
            names: names.iter().map(|n| n.to_string()).collect(),
            action,
            conditions,
        });
    let arches =
        prop::sample::subsequence(vec![Arch::X86, Arch::X32, Arch::S390x, Arch::Aarch64], 0..4);
    (
        action,
        arches,
        prop::collection::vec(rule, 0..6),
        any::<bool>(),
    )
        .prop_map(|(default, arches, rules, stub)| Spec {
            native: Arch::X86_64,
            arches,
            default,
            rules,
            stub,
        })
}

fn calls() -> Vec<(Arch, u32)> {
    let mut found = Vec::new();
    for arch in Arch::all() {
        for name in [
            "read",
            "socket",
            "clone",
            "openat",
            "personality",
            "mseal",
            "socketcall",
        ] {
            let number = table::by_name(name).and_then(|c| c.number(arch));
            found.extend(number.map(|n| (arch, n)));
        }
        found.extend([0, 7, 600, 0x4000_0000, 0x8000_0000, u32::MAX].map(|n| (arch, n)));
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_policy_its_function_and_that_of_its_program_are_one(
        spec in spec(),
        values in prop::collection::vec(prop_oneof![0..4u64, any::<u64>(), Just(1u64 << 32)], 3),
    ) {
        let policy = Policy::new(&spec);
        let mut space = Space::new();
        let mut verdicts = Outcomes::new();
        let function = space.policy(&policy, &mut verdicts).expect("is small");
        let expected = space.returns(function, &verdicts);
        if let Ok(program) = compile(&policy, &Options::default()) {
            let followed = space.program(&program).expect("is followed");
            prop_assert_eq!(expected, followed);
        }
        for (arch, number) in calls() {
            let args = [values[0], values[1], values[2], 0, 0, 0];
            let data = Data::new(arch, number, args);
            let verdict = verdicts.get(space.evaluate(function, &data));
            prop_assert_eq!(verdict, Some(policy.decide(&data)), "{} {:#x}", arch, number);
        }
    }

    #[test]
    fn regions_are_all_arguments_and_each_is_in_one(spec in spec()) {
        let policy = Policy::new(&spec);
        let mut space = Space::new();
        let mut verdicts = Outcomes::new();
        let function = space.policy(&policy, &mut verdicts).expect("is small");
        for (arch, number) in calls() {
            let here = space.at_call(function, arch, number);
            let regions = space.regions(here, arch.word_bits()).expect("are few");
            let mut all = Space::NONE;
            for region in regions {
                prop_assert_eq!(space.and(all, region.set), Space::NONE);
                all = space.or(all, region.set);
                let mut call = space.example(region.set).expect("has one");
                (call.arch, call.nr) = (arch.audit(), number);
                let verdict = verdicts.get(region.value).expect("is known");
                prop_assert_eq!(policy.decide(&call), verdict);
            }
            prop_assert_eq!(all, Space::ALL);
        }
    }

    #[test]
    fn programs_with_arithmetic_are_followed(
        body in prop::collection::vec((0..14usize, any::<u32>(), 0..40u32), 1..8),
        args in prop::collection::vec(any::<u64>(), 6),
        nr in 0..500u32,
    ) {
        let mut program = vec![Insn::load(bpf::OFF_NR)];
        for (kind, k, small) in body {
            let code: u16 = [0x04, 0x14, 0x44, 0x54, 0xa4, 0x64, 0x74, 0x84, 0x07, 0x87, 0x0c, 0x5c, 0x20, 0xac][kind];
            let k = match code {
                0x64 | 0x74 => small % 32,
                0x20 => [0, 4, 8, 16, 20, 24][small as usize % 6],
                _ => k % 4096,
            };
            program.push(Insn { code, k, ..Insn::default() });
        }
        program.push(Insn::branch(Test::Ge, 300, 0, 1));
        program.push(Insn::ret(7));
        program.push(Insn::branch(Test::Set, 5, 1, 0));
        program.push(Insn::ret(8));
        program.push(Insn::ret(9));
        let mut space = Space::new();
        let Ok(function) = space.program(&program) else {
            return Ok(());
        };
        let args: [u64; 6] = args.try_into().expect("six");
        for arch in [Arch::X86_64, Arch::S390x] {
            let data = Data::new(arch, nr, args);
            let ran = bpf::run(&program, &data).map(|o| o.ret);
            prop_assert_eq!(Some(space.evaluate(function, &data)), ran);
        }
    }
}

fn check_region(conditions: &[Condition], word: u8, expect: &[(u8, ArgSet)]) {
    let mut space = Space::new();
    let mut set = Space::ALL;
    for condition in conditions {
        let holds = space.condition(condition, word);
        set = space.and(set, holds);
    }
    let regions = space.regions(set, word).expect("are few");
    let inside = regions.iter().find(|r| r.value == 1).expect("has one");
    assert_eq!(inside.args, expect, "{conditions:?}");
}

#[test]
fn values_are_said_in_the_form_that_fits() {
    let when = |arg, op, value| Condition { arg, op, value };
    check_region(
        &[when(0, Op::Eq, 40)],
        64,
        &[(0, ArgSet::Ranges(vec![(40, 40)]))],
    );
    check_region(
        &[when(0, Op::Ne, 40), when(2, Op::Lt, 3)],
        64,
        &[
            (0, ArgSet::Ranges(vec![(0, 39), (41, u64::MAX)])),
            (2, ArgSet::Ranges(vec![(0, 2)])),
        ],
    );
    check_region(
        &[when(1, Op::MaskedEq(0xffff_ffff), 40)],
        64,
        &[(1, ArgSet::Low(vec![(40, 40)]))],
    );
    check_region(
        &[when(0, Op::MaskedEq(0x7e02_0000), 0)],
        64,
        &[(0, ArgSet::Masked(vec![(0x7e02_0000, 0)]))],
    );
    check_region(
        &[when(0, Op::Ge, 5)],
        32,
        &[(0, ArgSet::Ranges(vec![(5, 0xffff_ffff)]))],
    );
}

#[test]
fn a_program_that_computes_too_much_is_an_error() {
    // A := nr; X := argument; A := A * X, and again.
    let mut program = vec![
        Insn::load(bpf::OFF_ARGS),
        Insn {
            code: 0x07,
            ..Insn::default()
        },
        Insn::load(bpf::OFF_ARGS + 8),
    ];
    program.extend(
        [Insn {
            code: 0x2c,
            ..Insn::default()
        }; 8],
    );
    program.push(Insn {
        code: 0x16,
        ..Insn::default()
    });
    assert_eq!(
        Space::with_budget(20_000).program(&program),
        Err(ProgramError::TooComplex)
    );
}
