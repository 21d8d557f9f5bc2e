//! Classic BPF programs as seccomp(2) takes them: checking, emulating, printing.
//!
//! Facts: the kernel's `bpf_check_classic` and `check_load_and_stores` (net/core/filter.c),
//! `seccomp_check_filter` (kernel/seccomp.c), and linux/filter.h.

use std::fmt;

use crate::Arch;

/// Instructions that a filter may have.
pub const MAX_LEN: usize = 4096;

/// Bytes of `struct seccomp_data`.
pub const DATA_LEN: u32 = 64;

/// Offset of the call's number in `struct seccomp_data`.
pub const OFF_NR: u32 = 0;
/// Offset of the audit architecture.
pub const OFF_ARCH: u32 = 4;
/// Offset of the instruction pointer.
pub const OFF_IP: u32 = 8;
/// Offset of the first argument; each takes eight bytes.
pub const OFF_ARGS: u32 = 16;

const LD_W_ABS: u16 = 0x20;
const LD_W_LEN: u16 = 0x80;
const LDX_W_LEN: u16 = 0x81;
const LD_IMM: u16 = 0x00;
const LDX_IMM: u16 = 0x01;
const LD_MEM: u16 = 0x60;
const LDX_MEM: u16 = 0x61;
const ST: u16 = 0x02;
const STX: u16 = 0x03;
const ALU: u16 = 0x04;
const ALU_NEG: u16 = 0x84;
const JMP: u16 = 0x05;
const JA: u16 = 0x05;
const RET_K: u16 = 0x06;
const RET_A: u16 = 0x16;
const TAX: u16 = 0x07;
const TXA: u16 = 0x87;
/// Operand X instead of a constant.
const SRC_X: u16 = 0x08;
const CLASS: u16 = 0x07;
const OP: u16 = 0xf0;
const MEMORY_WORDS: u32 = 16;

/// One instruction (`struct sock_filter`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Insn {
    /// Operation.
    pub code: u16,
    /// How many instructions a jump skips if its test holds.
    pub jt: u8,
    /// How many if not.
    pub jf: u8,
    /// Operand.
    pub k: u32,
}

/// A test of a conditional jump against a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Test {
    /// A = k.
    Eq,
    /// A > k, unsigned.
    Gt,
    /// A ≥ k, unsigned.
    Ge,
    /// A has any bit of k.
    Set,
}

impl Insn {
    /// Loads the word at an offset of the data.
    pub fn load(offset: u32) -> Insn {
        Insn {
            code: LD_W_ABS,
            k: offset,
            ..Insn::default()
        }
    }

    /// A := A and k.
    pub fn and(k: u32) -> Insn {
        Insn {
            code: ALU | 0x50,
            k,
            ..Insn::default()
        }
    }

    /// Ends with an action.
    pub fn ret(k: u32) -> Insn {
        Insn {
            code: RET_K,
            k,
            ..Insn::default()
        }
    }

    /// Skips k instructions.
    pub fn jump(k: u32) -> Insn {
        Insn {
            code: JA,
            k,
            ..Insn::default()
        }
    }

    /// Skips `jt` instructions if the test holds and `jf` if not.
    pub fn branch(test: Test, k: u32, jt: u8, jf: u8) -> Insn {
        let op = match test {
            Test::Eq => 0x10,
            Test::Gt => 0x20,
            Test::Ge => 0x30,
            Test::Set => 0x40,
        };
        Insn {
            code: JMP | op,
            jt,
            jf,
            k,
        }
    }
}

/// Arithmetic of A with an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of linux/bpf_common.h")]
pub enum Alu {
    Add,
    Sub,
    Mul,
    Div,
    Or,
    And,
    Lsh,
    Rsh,
    Xor,
}

/// What an instruction does; an operand that is `None` is the register X.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Operation {
    /// A := the word at an offset of the data.
    Load(u32),
    LoadLen,
    LoadXLen,
    LoadImm(u32),
    LoadXImm(u32),
    /// A := a scratch word.
    LoadMem(u32),
    LoadXMem(u32),
    Store(u32),
    StoreX(u32),
    /// X := A.
    Tax,
    /// A := X.
    Txa,
    Negate,
    Alu(Alu, Option<u32>),
    /// Skips so many instructions.
    Jump(u32),
    Branch {
        test: Test,
        operand: Option<u32>,
        jt: u8,
        jf: u8,
    },
    Return(u32),
    ReturnA,
    /// Nothing that a seccomp filter may do.
    Unknown,
}

impl Insn {
    /// What the instruction does.
    pub fn operation(&self) -> Operation {
        let Insn { code, jt, jf, k } = *self;
        let operand = (code & SRC_X == 0).then_some(k);
        match code {
            LD_W_ABS => Operation::Load(k),
            LD_W_LEN => Operation::LoadLen,
            LDX_W_LEN => Operation::LoadXLen,
            LD_IMM => Operation::LoadImm(k),
            LDX_IMM => Operation::LoadXImm(k),
            LD_MEM => Operation::LoadMem(k),
            LDX_MEM => Operation::LoadXMem(k),
            ST => Operation::Store(k),
            STX => Operation::StoreX(k),
            TAX => Operation::Tax,
            TXA => Operation::Txa,
            ALU_NEG => Operation::Negate,
            JA => Operation::Jump(k),
            RET_K => Operation::Return(k),
            RET_A => Operation::ReturnA,
            _ => match (code & CLASS, code & OP) {
                (ALU, 0x00) => Operation::Alu(Alu::Add, operand),
                (ALU, 0x10) => Operation::Alu(Alu::Sub, operand),
                (ALU, 0x20) => Operation::Alu(Alu::Mul, operand),
                (ALU, 0x30) => Operation::Alu(Alu::Div, operand),
                (ALU, 0x40) => Operation::Alu(Alu::Or, operand),
                (ALU, 0x50) => Operation::Alu(Alu::And, operand),
                (ALU, 0x60) => Operation::Alu(Alu::Lsh, operand),
                (ALU, 0x70) => Operation::Alu(Alu::Rsh, operand),
                (ALU, 0xa0) => Operation::Alu(Alu::Xor, operand),
                (JMP, op @ (0x10 | 0x20 | 0x30 | 0x40)) => Operation::Branch {
                    test: match op {
                        0x10 => Test::Eq,
                        0x20 => Test::Gt,
                        0x30 => Test::Ge,
                        _ => Test::Set,
                    },
                    operand,
                    jt,
                    jf,
                },
                _ => Operation::Unknown,
            },
        }
    }
}

/// Why the kernel would refuse a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No instruction, or more than [`MAX_LEN`].
    #[error("a filter has 1 to {MAX_LEN} instructions, this one has {0}")]
    Length(usize),
    /// An operation that filters may not use.
    #[error("instruction {at}: operation {code:#04x} is not allowed in a seccomp filter")]
    Operation {
        /// Its index.
        at: usize,
        /// Its operation.
        code: u16,
    },
    /// An operand outside its range.
    #[error("instruction {at}: operand {k:#x} is out of range")]
    Operand {
        /// Its index.
        at: usize,
        /// Its operand.
        k: u32,
    },
    /// A jump past the end.
    #[error("instruction {at}: jumps past the end of the filter")]
    Jump {
        /// Its index.
        at: usize,
    },
    /// A scratch word that is read on a path on which it was not written.
    #[error("instruction {at}: reads scratch word {word}, which may not have been written")]
    Unwritten {
        /// Its index.
        at: usize,
        /// The word.
        word: u32,
    },
    /// The last instruction is no return.
    #[error("the last instruction must be a return")]
    NoReturn,
}

/// Checks a program as the kernel does before it loads it.
pub fn check(program: &[Insn]) -> Result<(), Refused> {
    if program.is_empty() || program.len() > MAX_LEN {
        return Err(Refused::Length(program.len()));
    }
    for (at, insn) in program.iter().enumerate() {
        check_insn(program.len(), at, insn)?;
    }
    match program[program.len() - 1].code {
        RET_K | RET_A => check_memory(program),
        _ => Err(Refused::NoReturn),
    }
}

fn check_insn(len: usize, at: usize, insn: &Insn) -> Result<(), Refused> {
    let k = insn.k;
    let operand = |ok: bool| {
        if ok {
            Ok(())
        } else {
            Err(Refused::Operand { at, k })
        }
    };
    let target = |skip: usize| {
        if skip < len - at - 1 {
            Ok(())
        } else {
            Err(Refused::Jump { at })
        }
    };
    match insn.code {
        LD_W_ABS => operand(k < DATA_LEN && k.is_multiple_of(4)),
        LD_W_LEN | LDX_W_LEN | LD_IMM | LDX_IMM | RET_K | RET_A | TAX | TXA | ALU_NEG => Ok(()),
        LD_MEM | LDX_MEM | ST | STX => operand(k < MEMORY_WORDS),
        JA => target(k as usize),
        code if code & CLASS == ALU && code & !(CLASS | OP | SRC_X) == 0 => {
            let constant = code & SRC_X == 0;
            match code & OP {
                0x00 | 0x10 | 0x20 | 0x40 | 0x50 | 0xa0 => Ok(()),
                0x30 => operand(!constant || k != 0),
                0x60 | 0x70 => operand(!constant || k < 32),
                _ => Err(Refused::Operation { at, code }),
            }
        }
        code if code & CLASS == JMP && code & !(CLASS | OP | SRC_X) == 0 => match code & OP {
            0x10 | 0x20 | 0x30 | 0x40 => {
                target(usize::from(insn.jt))?;
                target(usize::from(insn.jf))
            }
            _ => Err(Refused::Operation { at, code }),
        },
        code => Err(Refused::Operation { at, code }),
    }
}

/// Every scratch word must have been written on every path to where it is read.
fn check_memory(program: &[Insn]) -> Result<(), Refused> {
    let mut valid = vec![u16::MAX; program.len()];
    let mut now = 0u16;
    for (at, insn) in program.iter().enumerate() {
        now &= valid[at];
        let mut reach = |skip: usize| valid[at + 1 + skip] &= now;
        match insn.code {
            ST | STX => now |= 1 << insn.k,
            LD_MEM | LDX_MEM if now >> insn.k & 1 == 0 => {
                return Err(Refused::Unwritten { at, word: insn.k });
            }
            JA => {
                reach(insn.k as usize);
                now = u16::MAX;
            }
            code if code & CLASS == JMP => {
                reach(usize::from(insn.jt));
                reach(usize::from(insn.jf));
                now = u16::MAX;
            }
            _ => {}
        }
    }
    Ok(())
}

/// What a filter sees of a call (`struct seccomp_data`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Data {
    /// Number, the x32 bit included.
    pub nr: u32,
    /// `AUDIT_ARCH_…`.
    pub arch: u32,
    /// Instruction pointer.
    pub ip: u64,
    /// Arguments.
    pub args: [u64; 6],
}

impl Data {
    /// A call on an ABI.
    pub fn new(arch: Arch, nr: u32, args: [u64; 6]) -> Data {
        Data {
            nr,
            arch: arch.audit(),
            ip: 0,
            args,
        }
    }

    /// The word at an offset; `None` for one that [`check`] does not let through.
    fn word(&self, offset: u32) -> Option<u32> {
        if !offset.is_multiple_of(4) {
            return None;
        }
        let wide = match offset {
            OFF_NR => return Some(self.nr),
            OFF_ARCH => return Some(self.arch),
            OFF_IP..OFF_ARGS => self.ip,
            _ => *self.args.get(((offset - OFF_ARGS) / 8) as usize)?,
        };
        // __AUDIT_ARCH_LE: without it the upper half comes first.
        let little = self.arch & 0x4000_0000 != 0;
        Some(if offset.is_multiple_of(8) == little {
            wide as u32
        } else {
            (wide >> 32) as u32
        })
    }
}

/// What running a program gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What it returned.
    pub ret: u32,
    /// Instructions that were executed.
    pub steps: usize,
    /// The index of the return.
    pub at: usize,
    /// Whether the kernel can know the outcome from number and architecture alone, and so skips
    /// the filter for a call that it allows (`seccomp_is_const_allow`).
    pub constant: bool,
}

/// Runs a program that [`check`] accepts; `None` for one that it would not.
pub fn run(program: &[Insn], data: &Data) -> Option<Outcome> {
    let (mut a, mut x) = (0u32, 0u32);
    let mut memory = [0u32; MEMORY_WORDS as usize];
    let mut at = 0;
    let mut constant = true;
    // Jumps go forward only, so a program ends within its length.
    for steps in 1..=program.len() {
        let insn = program.get(at)?;
        let k = insn.k;
        constant &= match insn.code {
            LD_W_ABS => k == OFF_NR || k == OFF_ARCH,
            JA | RET_K => true,
            code => code == (ALU | 0x50) || (code & CLASS == JMP && code & SRC_X == 0),
        };
        let ended = |ret| Outcome {
            ret,
            steps,
            at,
            constant,
        };
        let mut skip = 0;
        match insn.code {
            LD_W_ABS => a = data.word(k)?,
            LD_W_LEN => a = DATA_LEN,
            LDX_W_LEN => x = DATA_LEN,
            LD_IMM => a = k,
            LDX_IMM => x = k,
            LD_MEM => a = *memory.get(k as usize)?,
            LDX_MEM => x = *memory.get(k as usize)?,
            ST => *memory.get_mut(k as usize)? = a,
            STX => *memory.get_mut(k as usize)? = x,
            RET_K => return Some(ended(k)),
            RET_A => return Some(ended(a)),
            TAX => x = a,
            TXA => a = x,
            ALU_NEG => a = a.wrapping_neg(),
            JA => skip = k as usize,
            code => {
                let operand = if code & SRC_X == 0 { k } else { x };
                match (code & CLASS, code & OP) {
                    (ALU, 0x00) => a = a.wrapping_add(operand),
                    (ALU, 0x10) => a = a.wrapping_sub(operand),
                    (ALU, 0x20) => a = a.wrapping_mul(operand),
                    (ALU, 0x30) => match a.checked_div(operand) {
                        Some(quotient) => a = quotient,
                        None => return Some(ended(0)),
                    },
                    (ALU, 0x40) => a |= operand,
                    (ALU, 0x50) => a &= operand,
                    (ALU, 0x60) => a = a.wrapping_shl(operand),
                    (ALU, 0x70) => a = a.wrapping_shr(operand),
                    (ALU, 0xa0) => a ^= operand,
                    (JMP, op) => {
                        let holds = match op {
                            0x10 => a == operand,
                            0x20 => a > operand,
                            0x30 => a >= operand,
                            0x40 => a & operand != 0,
                            _ => return None,
                        };
                        skip = usize::from(if holds { insn.jt } else { insn.jf });
                    }
                    _ => return None,
                }
            }
        }
        at = at.checked_add(1)?.checked_add(skip)?;
    }
    None
}

/// The bytes of a program, eight an instruction, in the byte order of `big_endian`.
pub fn to_bytes(program: &[Insn], big_endian: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(program.len() * 8);
    for insn in program {
        if big_endian {
            out.extend(insn.code.to_be_bytes());
        } else {
            out.extend(insn.code.to_le_bytes());
        }
        out.extend([insn.jt, insn.jf]);
        if big_endian {
            out.extend(insn.k.to_be_bytes());
        } else {
            out.extend(insn.k.to_le_bytes());
        }
    }
    out
}

/// A program from its bytes; `None` if they are not a whole number of instructions.
pub fn from_bytes(bytes: &[u8], big_endian: bool) -> Option<Vec<Insn>> {
    let (insns, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return None;
    }
    Some(
        insns
            .iter()
            .map(|b| {
                let (code, k) = ([b[0], b[1]], [b[4], b[5], b[6], b[7]]);
                Insn {
                    code: if big_endian {
                        u16::from_be_bytes(code)
                    } else {
                        u16::from_le_bytes(code)
                    },
                    jt: b[2],
                    jf: b[3],
                    k: if big_endian {
                        u32::from_be_bytes(k)
                    } else {
                        u32::from_le_bytes(k)
                    },
                }
            })
            .collect(),
    )
}

/// One instruction as assembly, with the targets of its jumps as line numbers.
pub struct Line {
    /// Its index.
    pub at: usize,
    /// The instruction.
    pub insn: Insn,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Insn { code, jt, jf, k } = self.insn;
        let next = self.at + 1;
        write!(f, "{:4}: ", self.at)?;
        let operand = |f: &mut fmt::Formatter<'_>| {
            if code & SRC_X == 0 {
                write!(f, "{k:#x}")
            } else {
                f.write_str("X")
            }
        };
        match code {
            LD_W_ABS => match k {
                OFF_NR => f.write_str("A = nr"),
                OFF_ARCH => f.write_str("A = arch"),
                8..16 => write!(f, "A = ip[{}]", k - OFF_IP),
                16..64 => write!(f, "A = args[{}][{}]", (k - OFF_ARGS) / 8, k % 8),
                _ => write!(f, "A = data[{k}]"),
            },
            LD_W_LEN => write!(f, "A = {DATA_LEN}"),
            LDX_W_LEN => write!(f, "X = {DATA_LEN}"),
            LD_IMM => write!(f, "A = {k:#x}"),
            LDX_IMM => write!(f, "X = {k:#x}"),
            LD_MEM => write!(f, "A = M[{k}]"),
            LDX_MEM => write!(f, "X = M[{k}]"),
            ST => write!(f, "M[{k}] = A"),
            STX => write!(f, "M[{k}] = X"),
            RET_K => write!(f, "return {}", crate::Action::from_ret(k)),
            RET_A => f.write_str("return A"),
            TAX => f.write_str("X = A"),
            TXA => f.write_str("A = X"),
            ALU_NEG => f.write_str("A = -A"),
            JA => write!(f, "goto {}", next + k as usize),
            _ => {
                let (class, op) = (code & CLASS, code & OP);
                let sign = match (class, op) {
                    (ALU, 0x00) => "+",
                    (ALU, 0x10) => "-",
                    (ALU, 0x20) => "*",
                    (ALU, 0x30) => "/",
                    (ALU, 0x40) => "|",
                    (ALU, 0x50) => "&",
                    (ALU, 0x60) => "<<",
                    (ALU, 0x70) => ">>",
                    (ALU, 0xa0) => "^",
                    (JMP, 0x10) => "==",
                    (JMP, 0x20) => ">",
                    (JMP, 0x30) => ">=",
                    (JMP, 0x40) => "&",
                    _ => return write!(f, "operation {code:#06x} {k:#x}"),
                };
                if class == ALU {
                    write!(f, "A {sign}= ")?;
                    return operand(f);
                }
                write!(f, "if (A {sign} ")?;
                operand(f)?;
                let (yes, no) = (next + usize::from(jt), next + usize::from(jf));
                match (jt, jf) {
                    (_, 0) => write!(f, ") goto {yes}"),
                    (0, _) => write!(f, ") else goto {no}"),
                    _ => write!(f, ") goto {yes} else goto {no}"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(code: u16, jt: u8, jf: u8, k: u32) -> Insn {
        Insn { code, jt, jf, k }
    }

    #[test]
    fn what_the_kernel_refuses_is_refused() {
        let ret = Insn::ret(0);
        let check = |program: &[Insn], expect| assert_eq!(check(program), expect, "{program:?}");
        check(&[ret], Ok(()));
        check(&[], Err(Refused::Length(0)));
        check(&vec![ret; 4097], Err(Refused::Length(4097)));
        check(&[Insn::load(2), ret], Err(Refused::Operand { at: 0, k: 2 }));
        check(
            &[Insn::load(64), ret],
            Err(Refused::Operand { at: 0, k: 64 }),
        );
        check(&[Insn::jump(1), ret], Err(Refused::Jump { at: 0 }));
        check(&[Insn::jump(u32::MAX), ret], Err(Refused::Jump { at: 0 }));
        check(
            &[Insn::branch(Test::Eq, 0, 0, 1), ret],
            Err(Refused::Jump { at: 0 }),
        );
        check(
            &[raw(0x28, 0, 0, 0), ret],
            Err(Refused::Operation { at: 0, code: 0x28 }),
        );
        check(
            &[raw(0x94, 0, 0, 3), ret],
            Err(Refused::Operation { at: 0, code: 0x94 }),
        );
        check(
            &[raw(0x34, 0, 0, 0), ret],
            Err(Refused::Operand { at: 0, k: 0 }),
        );
        check(
            &[raw(0x64, 0, 0, 32), ret],
            Err(Refused::Operand { at: 0, k: 32 }),
        );
        check(
            &[raw(ST, 0, 0, 16), ret],
            Err(Refused::Operand { at: 0, k: 16 }),
        );
        check(&[Insn::load(0)], Err(Refused::NoReturn));
        let unwritten = Err(Refused::Unwritten { at: 2, word: 3 });
        check(
            &[
                Insn::branch(Test::Eq, 0, 0, 1),
                raw(ST, 0, 0, 3),
                raw(LD_MEM, 0, 0, 3),
                ret,
            ],
            unwritten,
        );
        check(
            &[raw(ST, 0, 0, 3), Insn::jump(0), raw(LD_MEM, 0, 0, 3), ret],
            Ok(()),
        );
    }

    #[test]
    fn what_is_not_checked_may_have_no_outcome_but_has_no_panic() {
        for program in [
            &[Insn::load(5), Insn::ret(0)][..],
            &[Insn::load(64), Insn::ret(0)],
            &[Insn::jump(u32::MAX), Insn::ret(0)],
            &[raw(LD_MEM, 0, 0, 16), Insn::ret(0)],
            &[raw(0xffff, 0, 0, 0), Insn::ret(0)],
            &[Insn::load(0)],
            &[],
        ] {
            assert!(check(program).is_err(), "{program:?}");
            assert_eq!(run(program, &Data::default()), None, "{program:?}");
        }
    }

    #[test]
    fn words_of_arguments_follow_the_byte_order_of_the_abi() {
        let args = [0x1111_2222_3333_4444, 0, 0, 0, 0, 0];
        let check = |arch, offset, expect| {
            let program = [Insn::load(offset), raw(RET_A, 0, 0, 0)];
            let outcome = run(&program, &Data::new(arch, 7, args));
            assert_eq!(outcome.map(|o| o.ret), Some(expect));
        };
        check(Arch::X86_64, 16, 0x3333_4444);
        check(Arch::X86_64, 20, 0x1111_2222);
        check(Arch::S390x, 16, 0x1111_2222);
        check(Arch::S390x, 20, 0x3333_4444);
        check(Arch::S390x, 0, 7);
    }

    #[test]
    fn arithmetic_is_that_of_the_kernel() {
        let check = |code: u16, a: u32, k: u32, expect: u32| {
            let program = [
                raw(LD_IMM, 0, 0, a),
                raw(LDX_IMM, 0, 0, k),
                raw(code, 0, 0, k),
                raw(RET_A, 0, 0, 0),
            ];
            let outcome = run(&program, &Data::default());
            assert_eq!(outcome.map(|o| o.ret), Some(expect), "{code:#x}");
        };
        check(0x04, u32::MAX, 2, 1);
        check(0x14, 1, 2, u32::MAX);
        check(0x24, 3, 5, 15);
        check(0x3c, 7, 0, 0);
        check(0x34, 7, 2, 3);
        check(0x6c, 1, 33, 2);
        check(0x74, 8, 2, 2);
        check(0xa4, 6, 3, 5);
        check(0x84, 1, 0, u32::MAX);
    }

    #[test]
    fn bytes_read_back() {
        let program = [
            Insn::load(4),
            Insn::branch(Test::Ge, 0xdead_beef, 1, 0),
            Insn::ret(3),
            Insn::ret(4),
        ];
        for big in [false, true] {
            assert_eq!(
                from_bytes(&to_bytes(&program, big), big).as_deref(),
                Some(&program[..])
            );
        }
        assert_eq!(from_bytes(&[0; 9], false), None);
    }

    #[test]
    fn assembly_shows_where_jumps_go() {
        let check = |insn, expect: &str| assert_eq!(Line { at: 4, insn }.to_string(), expect);
        check(Insn::load(4), "   4: A = arch");
        check(Insn::load(28), "   4: A = args[1][4]");
        check(
            Insn::branch(Test::Eq, 9, 1, 0),
            "   4: if (A == 0x9) goto 6",
        );
        check(
            Insn::branch(Test::Set, 9, 0, 3),
            "   4: if (A & 0x9) else goto 8",
        );
        check(Insn::jump(2), "   4: goto 7");
        check(Insn::ret(0x5_0001), "   4: return SCMP_ACT_ERRNO(1)");
    }
}
