//! System call ABIs.

use std::fmt;

/// An ABI: a processor architecture as a profile lists them (`SCMP_ARCH_…`). Big- and
/// little-endian MIPS differ in their audit number alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are those of profiles")]
pub enum Arch {
    X86_64,
    X86,
    X32,
    Aarch64,
    Arm,
    Riscv64,
    S390x,
    S390,
    Ppc64le,
    Ppc64,
    Ppc,
    Mips,
    Mips64,
    Mips64n32,
    Mipsel,
    Mipsel64,
    Mipsel64n32,
    Loongarch64,
}

struct Facts {
    arch: Arch,
    /// After `SCMP_ARCH_`.
    name: &'static str,
    /// As Go and `includes.arches` spell it.
    go: &'static str,
    /// `AUDIT_ARCH_…` of linux/audit.h.
    audit: u32,
    /// Of a `long`, in bits.
    word: u8,
    big_endian: bool,
    /// Column of the table of calls.
    column: &'static str,
}

#[rustfmt::skip]
const FACTS: [Facts; 18] = {
    const fn f(arch: Arch, name: &'static str, go: &'static str, audit: u32, word: u8, big_endian: bool, column: &'static str) -> Facts {
        Facts { arch, name, go, audit, word, big_endian, column }
    }
    [
        f(Arch::X86_64, "X86_64", "amd64", 0xC000_003E, 64, false, "x86_64"),
        f(Arch::X86, "X86", "x86", 0x4000_0003, 32, false, "x86"),
        f(Arch::X32, "X32", "x32", 0xC000_003E, 32, false, "x32"),
        f(Arch::Aarch64, "AARCH64", "arm64", 0xC000_00B7, 64, false, "aarch64"),
        f(Arch::Arm, "ARM", "arm", 0x4000_0028, 32, false, "arm"),
        f(Arch::Riscv64, "RISCV64", "riscv64", 0xC000_00F3, 64, false, "riscv64"),
        f(Arch::S390x, "S390X", "s390x", 0x8000_0016, 64, true, "s390x"),
        f(Arch::S390, "S390", "s390", 0x0000_0016, 32, true, "s390"),
        f(Arch::Ppc64le, "PPC64LE", "ppc64le", 0xC000_0015, 64, false, "ppc64le"),
        f(Arch::Ppc64, "PPC64", "ppc64", 0x8000_0015, 64, true, "ppc64le"),
        f(Arch::Ppc, "PPC", "ppc", 0x0000_0014, 32, true, "ppc"),
        f(Arch::Mips, "MIPS", "mips", 0x0000_0008, 32, true, "mips"),
        f(Arch::Mips64, "MIPS64", "mips64", 0x8000_0008, 64, true, "mips64"),
        f(Arch::Mips64n32, "MIPS64N32", "mips64n32", 0xA000_0008, 32, true, "mips64n32"),
        f(Arch::Mipsel, "MIPSEL", "mipsel", 0x4000_0008, 32, false, "mips"),
        f(Arch::Mipsel64, "MIPSEL64", "mipsel64", 0xC000_0008, 64, false, "mips64"),
        f(Arch::Mipsel64n32, "MIPSEL64N32", "mipsel64n32", 0xE000_0008, 32, false, "mips64n32"),
        f(Arch::Loongarch64, "LOONGARCH64", "loong64", 0xC000_0102, 64, false, "loongarch64"),
    ]
};

/// Set in the numbers of x32 calls.
pub const X32_BIT: u32 = 0x4000_0000;

impl Arch {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Arch> {
        FACTS.iter().map(|f| f.arch)
    }

    fn facts(self) -> &'static Facts {
        // The table is in the order of the enum; a test holds it to that.
        &FACTS[self as usize]
    }

    /// The ABI with this name in profiles (`SCMP_ARCH_X86_64`).
    pub fn from_name(name: &str) -> Option<Arch> {
        let short = name.strip_prefix("SCMP_ARCH_")?;
        FACTS.iter().find(|f| f.name == short).map(|f| f.arch)
    }

    /// The ABI that a person names: `x86_64`, `amd64`, `SCMP_ARCH_X86_64`.
    pub fn from_any_name(name: &str) -> Option<Arch> {
        Arch::from_name(name).or_else(|| {
            FACTS
                .iter()
                .find(|f| f.name.eq_ignore_ascii_case(name) || f.go.eq_ignore_ascii_case(name))
                .map(|f| f.arch)
        })
    }

    /// The ABI of a call that a filter sees: its audit number, and the call's number, which tells
    /// x32 from x86-64.
    pub fn of_call(audit: u32, number: u32) -> Option<Arch> {
        let x32 = audit == Arch::X86_64.audit() && number & X32_BIT != 0 && number != u32::MAX;
        Arch::all().find(|a| a.audit() == audit && (*a == Arch::X32) == x32)
    }

    /// The ABI of this program.
    pub fn native() -> Option<Arch> {
        let little = cfg!(target_endian = "little");
        Some(match std::env::consts::ARCH {
            "x86_64" => Arch::X86_64,
            "x86" => Arch::X86,
            "aarch64" => Arch::Aarch64,
            "arm" => Arch::Arm,
            "riscv64" => Arch::Riscv64,
            "s390x" => Arch::S390x,
            "powerpc64" if little => Arch::Ppc64le,
            "powerpc64" => Arch::Ppc64,
            "powerpc" => Arch::Ppc,
            "mips" if little => Arch::Mipsel,
            "mips" => Arch::Mips,
            "mips64" if little => Arch::Mipsel64,
            "mips64" => Arch::Mips64,
            "loongarch64" => Arch::Loongarch64,
            _ => return None,
        })
    }

    /// Its name in profiles, without `SCMP_ARCH_`.
    pub fn short_name(self) -> &'static str {
        self.facts().name
    }

    /// Its name as Go and `includes.arches` spell it.
    pub fn go_name(self) -> &'static str {
        self.facts().go
    }

    /// The number by which the kernel tells it to filters (`AUDIT_ARCH_…`). x32 shares that of
    /// x86-64.
    pub fn audit(self) -> u32 {
        self.facts().audit
    }

    /// The width of comparisons, in bits: that of a `long`, as libseccomp compares, also where
    /// registers are wider (x32, n32).
    pub fn word_bits(self) -> u8 {
        self.facts().word
    }

    /// Whether the upper half of an argument comes first in memory.
    pub fn big_endian(self) -> bool {
        self.facts().big_endian
    }

    /// Its column in the table of calls.
    pub(crate) fn column(self) -> &'static str {
        self.facts().column
    }

    /// The ABIs that a machine of this one can run besides, as engines expand `archMap`.
    pub fn sub_arches(self) -> &'static [Arch] {
        match self {
            Arch::X86_64 => &[Arch::X86, Arch::X32],
            Arch::Aarch64 => &[Arch::Arm],
            Arch::Mips64 => &[Arch::Mips, Arch::Mips64n32],
            Arch::Mips64n32 => &[Arch::Mips, Arch::Mips64],
            Arch::Mipsel64 => &[Arch::Mipsel, Arch::Mipsel64n32],
            Arch::Mipsel64n32 => &[Arch::Mipsel, Arch::Mipsel64],
            Arch::S390x => &[Arch::S390],
            _ => &[],
        }
    }

    /// The 64-bit architecture whose machines run this one; itself if there is none.
    pub fn machine(self) -> Arch {
        match self {
            Arch::X86 | Arch::X32 => Arch::X86_64,
            Arch::Arm => Arch::Aarch64,
            Arch::S390 => Arch::S390x,
            Arch::Mips | Arch::Mips64n32 => Arch::Mips64,
            Arch::Mipsel | Arch::Mipsel64n32 => Arch::Mipsel64,
            Arch::Ppc => Arch::Ppc64,
            other => other,
        }
    }

    /// The multiplexer through which calls of this name are also made, and the value of its first
    /// argument that selects the call (linux/net.h, linux/ipc.h).
    pub fn multiplexer(self, call: &str) -> Option<(&'static str, u64)> {
        let has = matches!(
            self,
            Arch::X86 | Arch::S390 | Arch::S390x | Arch::Ppc | Arch::Ppc64 | Arch::Ppc64le
        ) || matches!(self, Arch::Mips | Arch::Mipsel);
        if !has {
            return None;
        }
        let position = |list: &[&str]| list.iter().position(|n| *n == call);
        if let Some(i) = position(&SOCKETCALLS) {
            return Some(("socketcall", i as u64 + 1));
        }
        let ipc = IPC_CALLS.iter().find(|(n, _)| *n == call)?.1;
        Some(("ipc", ipc))
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SCMP_ARCH_{}", self.facts().name)
    }
}

/// In the order of `SYS_SOCKET` (1) to `SYS_SENDMMSG` (20).
const SOCKETCALLS: [&str; 20] = [
    "socket",
    "bind",
    "connect",
    "listen",
    "accept",
    "getsockname",
    "getpeername",
    "socketpair",
    "send",
    "recv",
    "sendto",
    "recvfrom",
    "shutdown",
    "setsockopt",
    "getsockopt",
    "sendmsg",
    "recvmsg",
    "accept4",
    "recvmmsg",
    "sendmmsg",
];

const IPC_CALLS: [(&str, u64); 12] = [
    ("semop", 1),
    ("semget", 2),
    ("semctl", 3),
    ("semtimedop", 4),
    ("msgsnd", 11),
    ("msgrcv", 12),
    ("msgget", 13),
    ("msgctl", 14),
    ("shmat", 21),
    ("shmdt", 22),
    ("shmget", 23),
    ("shmctl", 24),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_in_the_order_of_the_enum() {
        for (i, arch) in Arch::all().enumerate() {
            assert_eq!(arch as usize, i, "{arch}");
            assert_eq!(Arch::from_name(&arch.to_string()), Some(arch));
        }
    }

    #[test]
    fn the_audit_number_tells_endianness_and_width() {
        for arch in Arch::all() {
            assert_eq!(
                arch.audit() & 0x4000_0000 != 0,
                !arch.big_endian(),
                "{arch}"
            );
            let wide = arch.audit() & 0x8000_0000 != 0;
            let n32 = matches!(arch, Arch::X32 | Arch::Mips64n32 | Arch::Mipsel64n32);
            assert_eq!(wide && !n32, arch.word_bits() == 64, "{arch}");
        }
    }

    #[test]
    fn multiplexed_calls_have_the_numbers_of_the_headers() {
        let check = |arch: Arch, call, expect| assert_eq!(arch.multiplexer(call), expect);
        check(Arch::X86, "accept", Some(("socketcall", 5)));
        check(Arch::S390x, "sendmmsg", Some(("socketcall", 20)));
        check(Arch::X86, "shmctl", Some(("ipc", 24)));
        check(Arch::X86, "read", None);
        check(Arch::X86_64, "socket", None);
    }
}
