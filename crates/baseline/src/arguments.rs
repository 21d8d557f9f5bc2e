//! Which arguments are recorded, and which a profile may tell apart.

use lanner_seccomp::{Arch, constants, table};

/// How a profile tells values of an argument apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Each value that was seen is permitted.
    Values,
    /// Each bit that was seen is permitted, in whatever company, except these, of which any is.
    Bits {
        /// Bits that are not looked at.
        free: u64,
    },
}

/// The arguments that a profile tells apart: what makes a call dangerous or harmless is in them,
/// and programs use few values. Each is 32 bits wide to the kernel, or of no more effect than its
/// lower 32 bits (clone, unshare, setns: linux/sched.h).
const CONDITIONS: [(&str, u8, Condition); 13] = [
    ("arch_prctl", 0, Condition::Values),
    ("bpf", 0, Condition::Values),
    // The lowest byte is a signal.
    ("clone", 0, Condition::Bits { free: 0xff }),
    ("ioctl", 1, Condition::Values),
    ("keyctl", 0, Condition::Values),
    ("personality", 0, Condition::Values),
    ("prctl", 0, Condition::Values),
    ("ptrace", 0, Condition::Values),
    ("seccomp", 0, Condition::Values),
    ("setns", 1, Condition::Bits { free: 0 }),
    ("socket", 0, Condition::Values),
    ("socketpair", 0, Condition::Values),
    ("unshare", 0, Condition::Bits { free: 0 }),
];

/// The width that all of these are compared with.
pub const WIDTH: u64 = 0xffff_ffff;

/// The argument of a call that a profile tells apart, and how; `None` where it should not look.
pub fn condition(call: &str) -> Option<(u8, Condition)> {
    let found = CONDITIONS.iter().find(|(name, ..)| *name == call);
    found.map(|(_, arg, condition)| (*arg, *condition))
}

/// Arguments of a call that are recorded: a bit each, and of these which the kernel takes 32 bits
/// of. Those that take constants; never pointers.
pub fn recorded(arch: Arch, call: &table::Call) -> (u8, u8) {
    let (mut chosen, mut narrow) = (0, 0);
    for (i, arg) in call.args.iter().flatten().enumerate().take(6) {
        if arg.ty.is_pointer() || constants::of(arch, call.name, i as u8).is_none() {
            continue;
        }
        chosen |= 1 << i;
        if arg.ty.bits(arch.word_bits()) <= 32 {
            narrow |= 1 << i;
        }
    }
    (chosen, narrow)
}
