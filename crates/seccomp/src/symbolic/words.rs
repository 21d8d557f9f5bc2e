//! Regions in words: `family <= 37`, `clone_flags & 0x7e020000 = 0 and newsp != 0`.

use super::{ArgSet, Region};
use crate::Arch;
use crate::constants::{self, Set};
use crate::policy::word_mask;
use crate::table::Call;

/// The conditions of a region on calls of an ABI; empty if it is all arguments.
pub fn conditions(region: &Region, arch: Arch, call: Option<&Call>) -> String {
    let args = region.args.iter().map(|(arg, set)| {
        let name = arg_name(*arg, arch, call);
        let named = call.and_then(|c| constants::of(arch, c.name, *arg));
        one(&name, set, named, arch)
    });
    args.collect::<Vec<_>>().join(" and ")
}

/// How an argument is called: by its name where it is known.
pub fn arg_name(arg: u8, arch: Arch, call: Option<&Call>) -> String {
    if arg > 5 {
        return "the instruction pointer".to_owned();
    }
    let swapped = call.is_some_and(|c| c.name == "clone")
        && matches!(arch, Arch::S390 | Arch::S390x)
        && arg < 2;
    let index = usize::from(if swapped { 1 - arg } else { arg });
    let args = call.and_then(|c| c.args.as_ref());
    match args.and_then(|a| a.get(index)) {
        Some(known) => known.name.to_owned(),
        None => format!("arg{arg}"),
    }
}

/// A value, with its name where it has one.
pub fn value(value: u64, named: Option<&Set>) -> String {
    let plain = if value < 10_000 {
        value.to_string()
    } else {
        format!("{value:#x}")
    };
    match named.map(|n| n.render(value)) {
        Some(name) if name.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            format!("{name} ({plain})")
        }
        _ => plain,
    }
}

fn one(name: &str, set: &ArgSet, named: Option<&Set>, arch: Arch) -> String {
    match set {
        ArgSet::Ranges(list) => ranges(name, list, word_mask(arch.word_bits()), named),
        ArgSet::Low(list) => {
            let name = format!("the low 32 bits of {name}");
            ranges(&name, list, word_mask(32), named)
        }
        ArgSet::Masked(list) => {
            let masks: Vec<String> = list
                .iter()
                .map(|(mask, value)| format!("{name} & {mask:#x} = {value:#x}"))
                .collect();
            match masks.as_slice() {
                [one] => one.clone(),
                several => format!("({})", several.join(" or ")),
            }
        }
        ArgSet::NotMasked(mask, value) => format!("{name} & {mask:#x} != {value:#x}"),
        ArgSet::Other(example) => format!("some values of {name}, like {example:#x}"),
    }
}

fn ranges(name: &str, list: &[(u64, u64)], last: u64, named: Option<&Set>) -> String {
    let outside = gaps(list, last);
    let said = |v| value(v, named);
    match (list, outside.as_slice()) {
        ([(a, b)], _) if a == b => format!("{name} = {}", said(*a)),
        ([(0, b)], _) => format!("{name} <= {}", value(*b, None)),
        ([(a, b)], _) if *b == last => format!("{name} >= {}", value(*a, None)),
        (_, [(a, b)]) if a == b => format!("{name} != {}", said(*a)),
        (_, less) if less.len() < list.len() => {
            format!("{name} not in {}", listed(less, named))
        }
        _ => format!("{name} in {}", listed(list, named)),
    }
}

fn listed(list: &[(u64, u64)], named: Option<&Set>) -> String {
    let items: Vec<String> = list
        .iter()
        .map(|(a, b)| match (a == b, *b) {
            (true, _) => value(*a, named),
            (false, u64::MAX) => format!("{}..", value(*a, None)),
            (false, b) => format!("{}..{}", value(*a, None), value(b, None)),
        })
        .collect();
    format!("{{{}}}", items.join(", "))
}

/// What lies between ascending ranges up to `last`.
fn gaps(list: &[(u64, u64)], last: u64) -> Vec<(u64, u64)> {
    let mut found = Vec::new();
    let mut next = Some(0);
    for (first, end) in list {
        if let Some(start) = next
            && start < *first
        {
            found.push((start, first - 1));
        }
        next = end.checked_add(1);
    }
    if let Some(start) = next
        && start <= last
    {
        found.push((start, last));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbolic::Space;
    use crate::table;

    #[test]
    fn sets_of_values_are_said_briefly() {
        let check = |call: &str, arg: u8, set: ArgSet, expect: &str| {
            let region = Region {
                args: vec![(arg, set)],
                parts: Vec::new(),
                value: 1,
                set: Space::ALL,
            };
            let said = conditions(&region, Arch::X86_64, table::by_name(call));
            assert_eq!(said, expect);
        };
        let r = |list: &[(u64, u64)]| ArgSet::Ranges(list.to_vec());
        check("socket", 0, r(&[(40, 40)]), "family = AF_VSOCK (40)");
        check("socket", 0, r(&[(0, 37)]), "family <= 37");
        check("socket", 0, r(&[(41, u64::MAX)]), "family >= 41");
        check(
            "socket",
            0,
            r(&[(0, 39), (41, u64::MAX)]),
            "family != AF_VSOCK (40)",
        );
        check(
            "socket",
            0,
            r(&[(0, 37), (39, 39), (41, u64::MAX)]),
            "family not in {AF_ALG (38), AF_VSOCK (40)}",
        );
        check("umask", 0, r(&[(1, 3), (9, 9)]), "mask in {1..3, 9}");
        check(
            "clone",
            0,
            ArgSet::Masked(vec![(0x7e02_0000, 0)]),
            "clone_flags & 0x7e020000 = 0x0",
        );
        check(
            "socket",
            0,
            ArgSet::Low(vec![(40, 40)]),
            "the low 32 bits of family = AF_VSOCK (40)",
        );
    }
}
