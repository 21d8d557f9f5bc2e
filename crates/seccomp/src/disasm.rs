//! BPF programs as assembly that says what is looked at: names of calls, architectures, actions.

use std::fmt::Write as _;

use crate::bpf::{Alu, Insn, OFF_ARCH, OFF_ARGS, OFF_IP, OFF_NR, Operation, Test};
use crate::symbolic::words;
use crate::{Action, Arch, table};

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its index.
    pub at: usize,
    /// What it does; jumps name the index of their target.
    pub text: String,
    /// What that means; may be empty.
    pub note: String,
    /// The instructions that jump here.
    pub from: Vec<usize>,
}

/// What is known where an instruction stands, on all paths to it.
#[derive(Clone, Copy, PartialEq)]
struct Known {
    held: Held,
    /// The audit architecture.
    audit: Option<u32>,
    /// The call's number lies between these.
    numbers: (u32, u32),
}

/// What register A holds.
#[derive(Clone, Copy, PartialEq)]
enum Held {
    Unknown,
    Nr,
    Arch,
    /// The word at an offset of the arguments, and the mask that was laid over it.
    Arg(u32, u32),
}

/// A program that [`crate::bpf::check`] accepts, line by line.
pub fn listing(program: &[Insn]) -> Vec<Line> {
    let mut known: Vec<Option<Known>> = vec![None; program.len()];
    let mut from: Vec<Vec<usize>> = vec![Vec::new(); program.len()];
    let start = Known {
        held: Held::Unknown,
        audit: None,
        numbers: (0, u32::MAX),
    };
    if let Some(first) = known.first_mut() {
        *first = Some(start);
    }
    let mut lines = Vec::with_capacity(program.len());
    for (at, insn) in program.iter().enumerate() {
        let here = known[at].unwrap_or(start);
        let operation = insn.operation();
        let mut next = here;
        let mut arrive = |to: usize, with: Known| {
            if let Some(slot) = known.get_mut(to) {
                *slot = Some(slot.map_or(with, |before| merge(before, with)));
            }
        };
        match operation {
            Operation::Load(OFF_NR) => next.held = Held::Nr,
            Operation::Load(OFF_ARCH) => next.held = Held::Arch,
            Operation::Load(k) if k >= OFF_ARGS => next.held = Held::Arg(k - OFF_ARGS, u32::MAX),
            Operation::Alu(Alu::And, Some(k)) => {
                next.held = match here.held {
                    Held::Arg(offset, mask) => Held::Arg(offset, mask & k),
                    _ => Held::Unknown,
                };
            }
            Operation::Alu(..)
            | Operation::Negate
            | Operation::Load(_)
            | Operation::LoadImm(_)
            | Operation::LoadMem(_)
            | Operation::LoadLen
            | Operation::Txa => next.held = Held::Unknown,
            _ => {}
        }
        match operation {
            Operation::Return(_) | Operation::ReturnA => {}
            Operation::Jump(k) => {
                let to = at + 1 + k as usize;
                arrive(to, next);
                if let Some(sources) = from.get_mut(to) {
                    sources.push(at);
                }
            }
            Operation::Branch {
                test,
                operand,
                jt,
                jf,
            } => {
                for (holds, skip) in [(true, jt), (false, jf)] {
                    let to = at + 1 + usize::from(skip);
                    arrive(to, narrowed(next, test, operand, holds));
                    if skip > 0
                        && let Some(sources) = from.get_mut(to)
                    {
                        sources.push(at);
                    }
                }
            }
            _ => arrive(at + 1, next),
        }
        lines.push(Line {
            at,
            text: text(at, operation),
            note: note(&here, operation),
            from: Vec::new(),
        });
    }
    for (line, mut sources) in lines.iter_mut().zip(from) {
        sources.dedup();
        line.from = sources;
    }
    lines
}

fn merge(a: Known, b: Known) -> Known {
    Known {
        held: if a.held == b.held {
            a.held
        } else {
            Held::Unknown
        },
        audit: a.audit.filter(|audit| b.audit == Some(*audit)),
        numbers: (a.numbers.0.min(b.numbers.0), a.numbers.1.max(b.numbers.1)),
    }
}

/// What is known on one way out of a branch.
fn narrowed(mut known: Known, test: Test, operand: Option<u32>, holds: bool) -> Known {
    let Some(k) = operand else {
        return known;
    };
    let (low, high) = &mut known.numbers;
    match (known.held, test, holds) {
        (Held::Arch, Test::Eq, true) => known.audit = Some(k),
        (Held::Nr, Test::Eq, true) => (*low, *high) = (k, k),
        (Held::Nr, Test::Ge, true) => *low = (*low).max(k),
        (Held::Nr, Test::Gt, true) => *low = (*low).max(k.saturating_add(1)),
        (Held::Nr, Test::Ge, false) => *high = (*high).min(k.saturating_sub(1)),
        (Held::Nr, Test::Gt, false) => *high = (*high).min(k),
        _ => {}
    }
    known
}

/// ABIs with an audit number.
fn abis(audit: u32) -> Vec<Arch> {
    Arch::all().filter(|a| a.audit() == audit).collect()
}

/// The ABI of a number, where the architecture is known.
fn abi(audit: Option<u32>, number: u32) -> Option<Arch> {
    let found = abis(audit?);
    let x32 = found.contains(&Arch::X32) && number & crate::arch::X32_BIT != 0;
    found.into_iter().find(|a| (*a == Arch::X32) == x32)
}

fn text(at: usize, operation: Operation) -> String {
    let next = at + 1;
    let value = |operand: Option<u32>| operand.map_or("X".to_owned(), |k| format!("{k:#x}"));
    match operation {
        Operation::Load(OFF_NR) => "A = nr".to_owned(),
        Operation::Load(OFF_ARCH) => "A = arch".to_owned(),
        Operation::Load(k) if k < OFF_ARGS => format!("A = ip[{}]", k - OFF_IP),
        Operation::Load(k) => {
            let (arg, byte) = ((k - OFF_ARGS) / 8, (k - OFF_ARGS) % 8);
            format!("A = args[{arg}][{byte}]")
        }
        Operation::LoadLen => "A = 64".to_owned(),
        Operation::LoadXLen => "X = 64".to_owned(),
        Operation::LoadImm(k) => format!("A = {k:#x}"),
        Operation::LoadXImm(k) => format!("X = {k:#x}"),
        Operation::LoadMem(k) => format!("A = M[{k}]"),
        Operation::LoadXMem(k) => format!("X = M[{k}]"),
        Operation::Store(k) => format!("M[{k}] = A"),
        Operation::StoreX(k) => format!("M[{k}] = X"),
        Operation::Tax => "X = A".to_owned(),
        Operation::Txa => "A = X".to_owned(),
        Operation::Negate => "A = -A".to_owned(),
        Operation::Alu(op, operand) => {
            let sign = match op {
                Alu::Add => "+",
                Alu::Sub => "-",
                Alu::Mul => "*",
                Alu::Div => "/",
                Alu::Or => "|",
                Alu::And => "&",
                Alu::Lsh => "<<",
                Alu::Rsh => ">>",
                Alu::Xor => "^",
            };
            format!("A {sign}= {}", value(operand))
        }
        Operation::Jump(k) => format!("goto {}", next + k as usize),
        Operation::Branch {
            test,
            operand,
            jt,
            jf,
        } => {
            let k = value(operand);
            let (yes, no) = (next + usize::from(jt), next + usize::from(jf));
            let holds = match test {
                Test::Eq => format!("A == {k}"),
                Test::Gt => format!("A > {k}"),
                Test::Ge => format!("A >= {k}"),
                Test::Set => format!("A & {k} != 0"),
            };
            let fails = match test {
                Test::Eq => format!("A != {k}"),
                Test::Gt => format!("A <= {k}"),
                Test::Ge => format!("A < {k}"),
                Test::Set => format!("A & {k} == 0"),
            };
            match (jt, jf) {
                (_, 0) => format!("if {holds} goto {yes}"),
                (0, _) => format!("if {fails} goto {no}"),
                _ => format!("if {holds} goto {yes} else {no}"),
            }
        }
        Operation::Return(k) => format!("return {k:#010x}"),
        Operation::ReturnA => "return A".to_owned(),
        Operation::Unknown => "not allowed".to_owned(),
    }
}

fn note(known: &Known, operation: Operation) -> String {
    match operation {
        Operation::Return(k) => {
            let action = Action::from_ret(k);
            let mut said = action.to_string();
            if let Action::Errno(n) = action
                && let Some(name) = crate::profile::errno_name(n)
            {
                said = format!("{} {name}", action.name());
            }
            said
        }
        Operation::Load(k) if k >= OFF_ARGS => {
            let half = if is_low(known, k) { "low" } else { "high" };
            format!("{}, {half} half", arg_name(known, (k - OFF_ARGS) / 8))
        }
        Operation::Branch {
            test,
            operand: Some(k),
            ..
        } => match known.held {
            Held::Arch => {
                let names: Vec<&str> = abis(k).into_iter().map(Arch::short_name).collect();
                names.join(", ")
            }
            Held::Nr => {
                let abi = abi(known.audit, k);
                let call = abi.and_then(|a| table::by_number(a, k)).map(|c| c.name);
                match (call, test) {
                    _ if k == crate::arch::X32_BIT => "x32".to_owned(),
                    (Some(call), Test::Eq) => call.to_owned(),
                    (Some(call), Test::Ge) => format!("from {call} on"),
                    (Some(call), Test::Gt) => format!("behind {call}"),
                    _ => String::new(),
                }
            }
            Held::Arg(offset, _) if is_low(known, offset) => argument(known, offset, k),
            Held::Arg(..) => String::new(),
            Held::Unknown => String::new(),
        },
        _ => String::new(),
    }
}

/// Whether the word at an offset is the low half of an argument.
fn is_low(known: &Known, offset: u32) -> bool {
    let little = known.audit.is_none_or(|a| a & 0x4000_0000 != 0);
    offset.is_multiple_of(8) == little
}

/// The call that is decided, where only one is left.
fn call(known: &Known) -> Option<(Arch, &'static table::Call)> {
    let (low, high) = known.numbers;
    let abi = abi(known.audit, low).filter(|_| low == high)?;
    Some((abi, table::by_number(abi, low)?))
}

fn arg_name(known: &Known, arg: u32) -> String {
    match call(known) {
        Some((abi, call)) => words::arg_name(arg as u8, abi, Some(call)),
        None => format!("argument {arg}"),
    }
}

/// An argument's value, by its name if it has one.
fn argument(known: &Known, offset: u32, value: u32) -> String {
    let arg = (offset / 8) as u8;
    let Some((abi, call)) = call(known) else {
        return String::new();
    };
    let mut out = String::new();
    if let Some(set) = crate::constants::of(abi, call.name, arg) {
        let name = set.render(u64::from(value));
        if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            // Writing to a string does not fail.
            let _ = write!(out, "{name}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::{Options, compile};
    use crate::policy::{Condition, Op, Policy, Rule, Spec};

    #[test]
    fn a_listing_names_what_is_looked_at() {
        let spec = Spec {
            native: Arch::X86_64,
            arches: Vec::new(),
            default: Action::Errno(1),
            rules: vec![Rule {
                names: vec!["socket".to_owned()],
                action: Action::Allow,
                conditions: vec![Condition {
                    arg: 0,
                    op: Op::Eq,
                    value: 40,
                }],
            }],
            stub: false,
        };
        let program = compile(&Policy::new(&spec), &Options::default()).expect("compiles");
        let lines = listing(&program);
        let said: Vec<String> = lines
            .iter()
            .map(|l| format!("{} | {} | {:?}", l.text, l.note, l.from))
            .collect();
        let has = |line: &str| {
            assert!(
                said.iter().any(|s| s.starts_with(line)),
                "{line} in {said:#?}"
            )
        };
        has("A = arch |  | []");
        has("if A != 0xc000003e goto");
        let has_part =
            |part: &str| assert!(said.iter().any(|s| s.contains(part)), "{part} in {said:#?}");
        has("if A != 0x29 goto");
        has_part(" | socket |");
        has("if A < 0x40000000 goto");
        has_part(" | x32 |");
        has_part(" | AF_VSOCK |");
        has("A = args[0][4] | family, high half");
        has("return 0x00050001 | SCMP_ACT_ERRNO EPERM");
    }
}
