//! The table of system calls: numbers, arguments, and the kernel that brought each.
//!
//! Read once from `table/syscalls.tsv`, which names its sources.

use std::sync::LazyLock;

use hashbrown::HashMap;

use crate::Arch;

/// What the kernel narrows the register of an argument to before it looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArgType {
    /// A signed number of so many bits.
    Int(u8),
    /// An unsigned number of so many bits.
    Uint(u8),
    /// A signed number as wide as a register.
    IntWord,
    /// An unsigned number as wide as a register.
    UintWord,
    /// A pointer to a path or name.
    Text,
    /// Any other pointer.
    Pointer,
}

impl ArgType {
    /// Bits that count on an ABI whose registers have `word` bits.
    pub fn bits(self, word: u8) -> u8 {
        match self {
            ArgType::Int(bits) | ArgType::Uint(bits) => bits.min(word),
            _ => word,
        }
    }

    /// Whether the register holds an address: a filter cannot see what is there.
    pub fn is_pointer(self) -> bool {
        matches!(self, ArgType::Text | ArgType::Pointer)
    }
}

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arg {
    /// Its name in the kernel's source.
    pub name: &'static str,
    /// Its type.
    pub ty: ArgType,
}

/// One system call.
#[derive(Debug)]
pub struct Call {
    /// Its name.
    pub name: &'static str,
    /// The first kernel that has it, as major and minor; `None` if unknown or before Linux 2.0.
    pub since: Option<(u16, u16)>,
    /// Its arguments; `None` if they are not known.
    pub args: Option<Vec<Arg>>,
    /// Whose default profile names it without a condition, a letter each; the file tells which.
    pub(crate) defaults: &'static str,
    numbers: Vec<Option<u32>>,
}

impl Call {
    /// Its number on an ABI, the x32 bit included.
    pub fn number(&self, arch: Arch) -> Option<u32> {
        self.numbers[*TABLE.columns.get(arch.column())?]
    }
}

struct Table {
    calls: Vec<Call>,
    by_name: HashMap<&'static str, usize>,
    columns: HashMap<&'static str, usize>,
    by_number: Vec<HashMap<u32, usize>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| parse(include_str!("../table/syscalls.tsv")));

/// All calls, by name.
pub fn calls() -> &'static [Call] {
    &TABLE.calls
}

/// The call of this name on any ABI.
pub fn by_name(name: &str) -> Option<&'static Call> {
    TABLE.by_name.get(name).map(|i| &TABLE.calls[*i])
}

/// The call with this number on an ABI.
pub fn by_number(arch: Arch, number: u32) -> Option<&'static Call> {
    let column = *TABLE.columns.get(arch.column())?;
    TABLE.by_number[column]
        .get(&number)
        .map(|i| &TABLE.calls[*i])
}

/// Reads the table; a malformed line (tests hold the file to its form) is left out.
fn parse(text: &'static str) -> Table {
    let mut lines = text.lines().filter(|l| !l.starts_with('#'));
    let head: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let abis = head
        .get(3..head.len().saturating_sub(1))
        .unwrap_or_default();
    let mut table = Table {
        calls: Vec::new(),
        by_name: HashMap::new(),
        columns: abis.iter().enumerate().map(|(i, n)| (*n, i)).collect(),
        by_number: vec![HashMap::new(); abis.len()],
    };
    for line in lines {
        let cells: Vec<&'static str> = line.split('\t').collect();
        let [name, since, defaults, numbers @ .., args] = cells.as_slice() else {
            continue;
        };
        let index = table.calls.len();
        let numbers: Vec<Option<u32>> = numbers.iter().map(|n| n.parse().ok()).collect();
        for (column, number) in table.by_number.iter_mut().zip(&numbers) {
            if let Some(number) = number {
                column.entry(*number).or_insert(index);
            }
        }
        table.by_name.insert(name, index);
        table.calls.push(Call {
            name,
            since: parse_version(since),
            args: parse_args(args),
            defaults,
            numbers,
        });
    }
    table
}

fn parse_version(text: &str) -> Option<(u16, u16)> {
    let mut parts = text.split('.').map(str::parse);
    match (parts.next()?, parts.next()?) {
        (Ok(major), Ok(minor)) => Some((major, minor)),
        _ => None,
    }
}

fn parse_args(cell: &'static str) -> Option<Vec<Arg>> {
    match cell {
        "?" => None,
        "()" => Some(Vec::new()),
        list => list.split(' ').map(parse_arg).collect(),
    }
}

fn parse_arg(text: &'static str) -> Option<Arg> {
    let (name, ty) = text.split_once(':')?;
    let ty = match ty {
        "i32" => ArgType::Int(32),
        "i64" => ArgType::Int(64),
        "u16" => ArgType::Uint(16),
        "u32" => ArgType::Uint(32),
        "u64" => ArgType::Uint(64),
        "iword" => ArgType::IntWord,
        "word" => ArgType::UintWord,
        "str" => ArgType::Text,
        "ptr" => ArgType::Pointer,
        _ => return None,
    };
    Some(Arg { name, ty })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_well_formed() {
        let text = include_str!("../table/syscalls.tsv");
        let lines: Vec<_> = text.lines().filter(|l| !l.starts_with('#')).collect();
        assert_eq!(calls().len(), lines.len() - 1);
        for line in &lines[1..] {
            let cells: Vec<_> = line.split('\t').collect();
            let call = by_name(cells[0]).expect(line);
            assert_eq!(call.since.is_none(), cells[1] == "-", "{line}");
            assert_eq!(call.args.is_none(), cells[cells.len() - 1] == "?", "{line}");
            for (cell, number) in cells[3..cells.len() - 1].iter().zip(&call.numbers) {
                assert_eq!(number.is_none(), *cell == "-", "{line}");
            }
        }
    }

    #[test]
    fn every_arch_has_a_column() {
        for arch in Arch::all() {
            assert!(TABLE.columns.contains_key(arch.column()), "{arch}");
        }
    }

    #[test]
    fn numbers_are_those_of_the_kernel() {
        let check = |name, arch, expect| {
            assert_eq!(
                by_name(name).and_then(|c| c.number(arch)),
                expect,
                "{name} {arch}"
            );
        };
        check("openat", Arch::X86_64, Some(257));
        check("openat", Arch::X86, Some(295));
        check("openat", Arch::X32, Some(0x4000_0000 + 257));
        check("openat", Arch::Aarch64, Some(56));
        check("open", Arch::Aarch64, None);
        check("accept", Arch::X86, None);
        check("rt_sigaction", Arch::X32, Some(0x4000_0000 + 512));
        check("mseal", Arch::Mipsel, Some(4462));
    }

    /// The numbers that a header of this machine defines, as the table has them. An older header
    /// lacks what came later, a newer one what was removed.
    #[test]
    fn numbers_are_those_of_the_headers_of_this_machine() {
        const HEADERS: [(&str, Arch); 3] = [
            ("unistd_64.h", Arch::X86_64),
            ("unistd_32.h", Arch::X86),
            ("unistd_x32.h", Arch::X32),
        ];
        for (header, arch) in HEADERS {
            let path = format!("/usr/include/x86_64-linux-gnu/asm/{header}");
            let Ok(text) = std::fs::read_to_string(&path) else {
                println!("{path} is not there: not compared");
                continue;
            };
            let mut compared = 0;
            for line in text.lines() {
                let Some(definition) = line.strip_prefix("#define __NR_") else {
                    continue;
                };
                let (name, value) = definition.split_once(' ').expect(line);
                let (bit, number) = match value.strip_prefix("(__X32_SYSCALL_BIT + ") {
                    Some(rest) => (crate::arch::X32_BIT, rest.trim_end_matches(')')),
                    None => (0, value),
                };
                let number = bit + number.parse::<u32>().expect(line);
                // Of calls that came after the table there is nothing to compare.
                if let Some(call) = by_name(name) {
                    assert_eq!(call.number(arch), Some(number), "{name} in {path}");
                    compared += 1;
                }
            }
            assert!(compared > 300, "{compared} in {path}");
        }
    }
}
