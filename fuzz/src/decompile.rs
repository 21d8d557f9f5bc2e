//! Any program, read back: the disassembly, the function that it is, the profile that comes nearest.
//!
//! An input is a program as for `bpf`, or if its first byte is a multiple of three, a profile as for
//! `compile`, and the program is its filter.

use arbitrary::Unstructured;
use lanner_seccomp::bpf::{self, Data, Insn};
use lanner_seccomp::compile::{Options, compile};
use lanner_seccomp::decompile::decompile;
use lanner_seccomp::policy::Policy;
use lanner_seccomp::symbolic::{Function, ProgramError, Space};
use lanner_seccomp::{Arch, disasm, table};

/// Nodes that the functions of one input may take; more is too complex, and told.
const BUDGET: usize = 30_000;

pub fn run(data: &[u8]) {
    let program = match data.split_first() {
        Some((how, rest)) if how % 3 == 0 => {
            let spec = super::compile::spec(&mut Unstructured::new(rest));
            spec.ok()
                .and_then(|spec| compile(&Policy::new(&spec), &Options::default()).ok())
        }
        _ => super::bpf::program(data),
    };
    if let Some(program) = program {
        try_out(&program);
    }
}

fn try_out(program: &[Insn]) {
    let mut space = Space::with_budget(BUDGET);
    let function = match space.program(program) {
        Err(ProgramError::Refused(_)) => {
            assert!(bpf::check(program).is_err(), "{program:?}");
            return;
        }
        function => function,
    };
    assert_eq!(bpf::check(program), Ok(()));
    let lines = disasm::listing(program);
    assert_eq!(lines.len(), program.len());
    for (at, line) in lines.iter().enumerate() {
        assert!(line.at == at && !line.text.contains('\n'));
        assert!(line.from.iter().all(|from| *from < at));
    }
    let Ok(function) = function else {
        return;
    };
    let native = [None, Some(Arch::X86_64), Some(Arch::Mips)][program.len() % 3];
    let Ok(spec) = decompile(&mut space, function, native) else {
        return;
    };
    if let Ok(again) = compile(&Policy::new(&spec), &Options::default()) {
        compare(&mut space, function, program, &again);
    }
}

/// Asserts that two programs differ where their functions say so, and nowhere if those say so.
fn compare(space: &mut Space, function: Function, program: &[Insn], again: &[Insn]) {
    let Ok(other) = space.program(again) else {
        return;
    };
    let differs = space.combine(function, other, &mut |a, b| u32::from(a != b));
    if space.check().is_err() {
        return;
    }
    let ret = |program, data: &Data| bpf::run(program, data).expect("runs to a return").ret;
    if let Some(data) = space.example(differs) {
        assert_ne!(
            ret(program, &data),
            ret(again, &data),
            "{data:x?} of {program:?} and {again:?}"
        );
        return;
    }
    for arch in Arch::all() {
        let known = table::calls().iter().filter_map(|c| c.number(arch));
        for number in known
            .step_by(29)
            .chain([0, 1, 511, 1 << 30, 1 << 31, u32::MAX])
        {
            for args in [[0; 6], [u64::MAX; 6], [1, 2, 3 << 32, 4, 5, 6], [7; 6]] {
                let data = Data::new(arch, number, args);
                assert_eq!(
                    ret(program, &data),
                    ret(again, &data),
                    "{data:x?} of {program:?} and {again:?}"
                );
            }
        }
    }
}
