//! Any program: the checks of the kernel, the emulator, the disassembly.
//!
//! The first byte of the input tells how the rest is read: even, as the bytes of a program; odd, as
//! choices from which a program is made that the checks mostly let through.

use arbitrary::{Result, Unstructured};
use lanner_seccomp::bpf::{self, Data, Insn, Line};
use lanner_seccomp::{Arch, table};

/// More instructions are not taken from one input.
const MAX_INSNS: usize = 600;

/// Operations that filters may use, and two that they may not.
const CODES: [u16; 46] = [
    0x20, 0x80, 0x81, 0x00, 0x01, 0x60, 0x61, 0x02, 0x03, 0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34,
    0x3c, 0x44, 0x4c, 0x54, 0x5c, 0x64, 0x6c, 0x74, 0x7c, 0x84, 0xa4, 0xac, 0x05, 0x15, 0x1d, 0x25,
    0x2d, 0x35, 0x3d, 0x45, 0x4d, 0x06, 0x16, 0x07, 0x87, 0x20, 0x15, 0x35, 0x94, 0x28,
];

pub fn run(data: &[u8]) {
    if let Some(program) = program(data) {
        try_out(&program);
    }
}

/// The program that an input stands for.
pub fn program(data: &[u8]) -> Option<Vec<Insn>> {
    let (how, rest) = data.split_first()?;
    if how % 2 != 0 {
        return made(&mut Unstructured::new(rest)).ok();
    }
    let whole = &rest[..rest.len() / 8 * 8];
    let big = how % 4 == 0;
    let program = bpf::from_bytes(whole, big).expect("whole instructions");
    assert_eq!(bpf::to_bytes(&program, big), whole);
    Some(program)
}

/// Tries a program: it is refused, or it ends with a return whatever the call is.
pub fn try_out(program: &[Insn]) {
    let accepted = bpf::check(program).is_ok();
    for (i, arch) in [Arch::X86_64, Arch::X86, Arch::S390x]
        .into_iter()
        .enumerate()
    {
        let number = table::calls()[i * 7].number(arch).unwrap_or(1);
        for args in [[0; 6], [u64::MAX, 1, 2, 3, 0x1_0000_0000, 5]] {
            let data = Data::new(arch, number, args);
            let Some(outcome) = bpf::run(program, &data) else {
                assert!(!accepted, "no outcome of {program:?}");
                continue;
            };
            assert!(outcome.steps <= program.len() && outcome.at < program.len());
            // What the kernel knows from number and architecture, arguments cannot change.
            if accepted && outcome.constant {
                let other = Data {
                    ip: 0x1234_5678_9abc_def0,
                    args: args.map(|a| !a),
                    ..data
                };
                let second = bpf::run(program, &other);
                assert_eq!(second, Some(outcome), "of {program:?}");
            }
        }
    }
    for (at, insn) in program.iter().enumerate() {
        let text = Line { at, insn: *insn }.to_string();
        assert!(!text.contains('\n'));
    }
}

fn made(u: &mut Unstructured<'_>) -> Result<Vec<Insn>> {
    let len = u.int_in_range(1..=MAX_INSNS)?.min(u.len() / 3 + 1);
    let mut program = Vec::with_capacity(len);
    for at in 0..len {
        let left = len - at - 1;
        let near = |u: &mut Unstructured<'_>| -> Result<u8> {
            Ok((u.arbitrary::<u8>()? as usize % (left + 1)).min(255) as u8)
        };
        let code = *u.choose(&CODES)?;
        let k = match (code & 7, code) {
            (_, 0x20) => 4 * u.int_in_range(0..=16u32)?,
            (_, 0x02 | 0x03 | 0x60 | 0x61) => u.int_in_range(0..=16)?,
            (_, 0x64 | 0x74) => u.int_in_range(0..=32)?,
            (_, 0x05) => u.arbitrary::<u16>()? as u32 % (left as u32 + 1),
            (6, _) => *u.choose(&[0, 0x7fff_0000, 0x5_0001, 0x8000_0000, 0x7ffc_0000, 7])?,
            _ => match u.arbitrary::<u8>()? {
                0..200 => u.arbitrary::<u8>()?.into(),
                200..220 => 0xc000_003e,
                _ => u.arbitrary()?,
            },
        };
        program.push(Insn {
            code,
            jt: near(u)?,
            jf: near(u)?,
            k,
        });
    }
    if u.arbitrary::<u8>().unwrap_or(0) < 250
        && let Some(last) = program.last_mut()
    {
        *last = Insn::ret(0x7fff_0000);
    }
    Ok(program)
}
