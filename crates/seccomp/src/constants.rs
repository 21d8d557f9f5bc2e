//! What values of arguments are called: `O_CREAT`, `AF_INET`, `CLONE_NEWUSER`.
//!
//! Read once from `table/constants.tsv`, which names its source.

use std::sync::LazyLock;

use hashbrown::HashMap;

use crate::Arch;
use crate::policy::word_mask;
use crate::table::{ArgType, Call};

/// The constants that an argument takes.
#[derive(Debug)]
pub struct Set {
    name: &'static str,
    value_bits: u64,
    constants: Vec<(&'static str, u64)>,
}

struct Table {
    sets: Vec<Set>,
    uses: HashMap<(&'static str, u8), usize>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| parse(include_str!("../table/constants.tsv")));

/// Sets whose values differ between architectures; they are known for the generic ones only.
const GENERIC_ONLY: [&str; 9] = [
    "O", "SOCK", "MAP", "IOCTL", "SIG", "CLOEXEC", "EFD", "SOL", "RLIMIT",
];

/// The constants of an argument of a call; `None` where it takes none, or where the architecture's
/// are not known.
pub fn of(arch: Arch, call: &str, arg: u8) -> Option<&'static Set> {
    let found = match (call, arg) {
        // s390 takes the stack first.
        ("clone", 0 | 1) if matches!(arch, Arch::S390 | Arch::S390x) => {
            (arg == 1).then_some(("clone", 0))?
        }
        other => other,
    };
    let set = &TABLE.sets[*TABLE.uses.get(&found)?];
    match arch {
        Arch::Arm | Arch::Aarch64 if set.name == "O" => by_name("O_ARM"),
        Arch::Mips
        | Arch::Mips64
        | Arch::Mips64n32
        | Arch::Mipsel
        | Arch::Mipsel64
        | Arch::Mipsel64n32
        | Arch::Ppc
        | Arch::Ppc64
        | Arch::Ppc64le
            if GENERIC_ONLY.contains(&set.name) =>
        {
            None
        }
        _ => Some(set),
    }
}

fn by_name(name: &str) -> Option<&'static Set> {
    TABLE.sets.iter().find(|s| s.name == name)
}

/// The value of a name of any set.
pub fn value(name: &str) -> Option<u64> {
    let all = TABLE.sets.iter().flat_map(|s| &s.constants);
    all.into_iter().find(|c| c.0 == name).map(|c| c.1)
}

/// The names of all sets.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.sets.iter().flat_map(|s| &s.constants).map(|c| c.0)
}

impl Set {
    /// The bits that hold one of several values; every other bit is a flag of its own. All bits
    /// where the argument is one value, 0 where it is flags only.
    pub fn value_bits(&self) -> u64 {
        self.value_bits
    }

    /// A value by its names, joined by `|`; what has none is in hexadecimal.
    pub fn render(&self, value: u64) -> String {
        let mut out = String::new();
        let mut rest = value;
        let mut add = |name: &str| {
            if !out.is_empty() {
                out.push('|');
            }
            out.push_str(name);
        };
        let choice = value & self.value_bits;
        if self.value_bits != 0 {
            let named = self.constants.iter();
            let mut named = named.filter(|(_, v)| v & !self.value_bits == 0 && *v == choice);
            if let Some((name, _)) = named.next() {
                add(name);
                rest &= !self.value_bits;
            }
        }
        for (name, flag) in &self.constants {
            if *flag != 0 && flag & self.value_bits == 0 && rest & flag == *flag {
                add(name);
                rest &= !flag;
            }
        }
        if rest != 0 {
            add(&format!("{rest:#x}"));
        }
        if out.is_empty() {
            out.push('0');
        }
        out
    }

    /// The value of names joined by `|`, numbers among them.
    pub fn parse(&self, text: &str) -> Option<u64> {
        text.split('|')
            .map(|part| self.value_of(part.trim()))
            .try_fold(0, |all, part| Some(all | part?))
    }

    fn value_of(&self, part: &str) -> Option<u64> {
        let named = self.constants.iter().find(|(name, _)| *name == part);
        named
            .map(|(_, value)| *value)
            .or_else(|| parse_number(part))
    }

    /// The names, with their values.
    pub fn constants(&self) -> &[(&'static str, u64)] {
        &self.constants
    }
}

/// A number in decimal, `0x` hexadecimal or `0` octal; negative ones as the register holds them.
pub fn parse_number(text: &str) -> Option<u64> {
    if let Some(positive) = text.strip_prefix('-') {
        return Some(positive.parse::<u64>().ok()?.wrapping_neg());
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return u64::from_str_radix(hex, 16).ok();
    }
    match text.strip_prefix('0') {
        Some(octal) if !octal.is_empty() => u64::from_str_radix(octal, 8).ok(),
        _ => text.parse().ok(),
    }
}

/// An argument for people: by its names where it has any, else as its type has it.
pub fn render_arg(arch: Arch, call: &Call, arg: u8, value: u64) -> String {
    let declared = call.args.as_ref().and_then(|a| a.get(usize::from(arg)));
    let ty = declared.map_or(ArgType::UintWord, |a| a.ty);
    let bits = ty.bits(arch.word_bits());
    let narrowed = value & word_mask(bits);
    if let Some(set) = of(arch, call.name, arg) {
        return set.render(narrowed);
    }
    let name = declared.map_or("", |a| a.name);
    match ty {
        _ if ty.is_pointer() && narrowed == 0 => "NULL".to_owned(),
        _ if ty.is_pointer() => format!("{narrowed:#x}"),
        _ if matches!(name, "mode" | "mask") => format!("{narrowed:#o}"),
        _ if is_directory(name) && narrowed as u32 == (-100i32) as u32 => "AT_FDCWD".to_owned(),
        _ if matches!(name, "fd" | "fildes" | "oldfd" | "newfd") => {
            (narrowed as u32 as i32).to_string()
        }
        ArgType::Int(_) | ArgType::IntWord => {
            let shift = 64 - u32::from(bits);
            (((narrowed << shift) as i64) >> shift).to_string()
        }
        ArgType::Uint(16 | 32) => narrowed.to_string(),
        _ if narrowed < 1 << 16 => narrowed.to_string(),
        _ => format!("{narrowed:#x}"),
    }
}

fn is_directory(name: &str) -> bool {
    matches!(
        name,
        "dfd" | "dirfd" | "olddfd" | "newdfd" | "fd_dfd" | "from_dfd" | "to_dfd"
    )
}

fn parse(text: &'static str) -> Table {
    let mut table = Table {
        sets: Vec::new(),
        uses: HashMap::new(),
    };
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        let cells: Vec<&'static str> = line.split('\t').collect();
        match cells.as_slice() {
            ["@", name, bits] => table.sets.push(Set {
                name,
                value_bits: match *bits {
                    "all" => u64::MAX,
                    bits => parse_number(bits).unwrap_or(0),
                },
                constants: Vec::new(),
            }),
            [">", name, uses] => {
                let Some(set) = table.sets.iter().position(|s| s.name == *name) else {
                    continue;
                };
                for (call, arg) in uses.split(' ').filter_map(|u| u.split_once(':')) {
                    table.uses.insert((call, arg.parse().unwrap_or(0)), set);
                }
            }
            [name, value] => {
                if let (Some(set), Some(value)) = (table.sets.last_mut(), parse_number(value)) {
                    set.constants.push((name, value));
                }
            }
            _ => {}
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table;

    #[test]
    fn every_line_of_the_table_is_well_formed() {
        let text = include_str!("../table/constants.tsv");
        let mut sets = Vec::new();
        for line in text.lines().filter(|l| !l.starts_with('#')) {
            let cells: Vec<&str> = line.split('\t').collect();
            match cells.as_slice() {
                ["@", name, bits] => {
                    assert!(*bits == "all" || parse_number(bits).is_some(), "{line}");
                    sets.push(*name);
                }
                [">", name, uses] => {
                    assert!(sets.contains(name), "{line}");
                    for u in uses.split(' ') {
                        let (call, arg) = u.split_once(':').unwrap();
                        let call = table::by_name(call).expect(line);
                        let args = call.args.as_ref().expect(line);
                        assert!(arg.parse::<usize>().unwrap() < args.len(), "{line}: {u}");
                    }
                }
                [_, value] => assert!(parse_number(value).is_some(), "{line}"),
                _ => panic!("{line}"),
            }
        }
    }

    #[test]
    fn values_are_rendered_and_read_by_name() {
        let check = |call, arg, value, expect| {
            let set = of(Arch::X86_64, call, arg).unwrap();
            assert_eq!(set.render(value), expect);
            assert_eq!(set.parse(expect), Some(value));
        };
        check("openat", 2, 0x80241, "O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC");
        check("openat", 2, 0, "O_RDONLY");
        check("openat", 2, 0x8000_0000, "O_RDONLY|0x80000000");
        check("socket", 0, 40, "AF_VSOCK");
        check(
            "socket",
            1,
            0x80801,
            "SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC",
        );
        check("socket", 0, 99, "0x63");
        check(
            "clone",
            0,
            0x1200011,
            "SIGCHLD|CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID",
        );
        check("clone", 0, 0x1000_0000, "CLONE_NEWUSER");
        check("mmap", 2, 0, "0");
        check("mmap", 3, 0x22, "MAP_PRIVATE|MAP_ANONYMOUS");
        check("ioctl", 1, 0x5412, "TIOCSTI");
        check("ioctl", 1, 0x1234_5678, "0x12345678");
        check("futex", 1, 0x81, "FUTEX_WAKE|FUTEX_PRIVATE_FLAG");
        let set = of(Arch::X86_64, "ioctl", 1).unwrap();
        assert_eq!(set.parse("TIOCSTY"), None);
    }

    #[test]
    fn architectures_have_their_own_values() {
        let render = |arch, call, arg, value| of(arch, call, arg).map(|s| s.render(value));
        let directory = |text: &str| Some(text.to_owned());
        assert_eq!(
            render(Arch::Aarch64, "openat", 2, 0x4000),
            directory("O_RDONLY|O_DIRECTORY")
        );
        assert_eq!(render(Arch::Mips, "openat", 2, 0x4000), None);
        assert_eq!(render(Arch::S390x, "clone", 1, 0x11), directory("SIGCHLD"));
        assert_eq!(render(Arch::S390x, "clone", 0, 0x11), None);
    }

    #[test]
    fn arguments_are_shown_as_their_types_have_them() {
        let check = |call, arg, value, expect| {
            let call = table::by_name(call).unwrap();
            assert_eq!(render_arg(Arch::X86_64, call, arg, value), expect);
        };
        check("openat", 0, 0xffff_ff9c, "AT_FDCWD");
        check("openat", 1, 0x7f00_0000, "0x7f000000");
        check("openat", 3, 0x1a4, "0o644");
        check("kill", 0, 0xdead_ffff_ffff, "-1");
        check("kill", 1, 9, "SIGKILL");
        check("mount", 3, 0x1000, "MS_BIND");
        check("mount", 4, 0, "NULL");
        check("lseek", 1, u64::MAX, "-1");
    }
}
