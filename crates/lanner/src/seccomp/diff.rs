//! `lanner seccomp diff`: what changes between two profiles, by what they do.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use lanner_seccomp::arch::X32_BIT;
use lanner_seccomp::symbolic::{Function, Outcomes, Space, words};
use lanner_seccomp::table::{self, Call};
use lanner_seccomp::{Action, Arch};
use serde_json::{Value, json};

use super::Found;
use super::filter::{Filter, calls_of, permission};
use super::report::{self, Format, FormatArgs, Paint};
use super::target::TargetArgs;

/// Show what two profiles do differently: which calls, for which arguments, on which architecture.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lanner seccomp diff old.json new.json
  lanner seccomp diff default:docker profile.json
  lanner seccomp diff profile.json container.bpf --runtime crun
  lanner seccomp diff default:docker default:containers-common --caps +sys_admin

Either side is a profile, a raw BPF program, or the default of an engine (default:docker,
default:containerd, default:containers-common). What is compared is what happens to every call
with every argument, not the text.

Exit code: 0 if they do the same, 1 if not, 2 if one cannot be read.")]
pub(crate) struct Diff {
    /// The profile before.
    pub(crate) old: PathBuf,

    /// The profile after.
    pub(crate) new: PathBuf,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// Ranges of numbers without a call that are shown.
const SHOWN_RANGES: usize = 6;

/// What an action becomes.
type Change = (Action, Action);

/// A call that is treated differently.
pub(crate) struct Changed {
    arch: Arch,
    /// `None` for numbers without a call.
    call: Option<&'static Call>,
    first: u32,
    last: u32,
    /// For which arguments; empty for all.
    when: String,
    change: Change,
}

/// Compares, prints.
pub(crate) fn run(args: &Diff) -> Result<Found> {
    let mut space = Space::new();
    let old = Filter::load(&args.old, &args.target, &mut space)?;
    let new = Filter::load(&args.new, &args.target, &mut space)?;
    let changed = compare(&mut space, old.function, new.function)?;
    match args.format.format {
        Format::Json => report::print_json(&json!({
            "old": old.name,
            "new": new.name,
            "same": old.function == new.function,
            "changes": changed.iter().map(changed_json).collect::<Vec<_>>(),
        }))?,
        Format::Text => report::print(&text(&old, &new, &changed))?,
    }
    Ok(match old.function == new.function {
        true => Found::Nothing,
        false => Found::Something,
    })
}

/// All that two functions do differently. Where no machine has the architecture, nothing is said.
pub(crate) fn compare(space: &mut Space, old: Function, new: Function) -> Result<Vec<Changed>> {
    let mut changes: Outcomes<Change> = Outcomes::new();
    let both = space.combine(old, new, &mut |a, b| {
        changes.id((Action::from_ret(a), Action::from_ret(b)))
    });
    space.check()?;
    let mut found = Vec::new();
    for arch in Arch::all() {
        let segments = space.numbers(both, arch.audit());
        for (i, (first, function)) in segments.iter().enumerate() {
            let last = segments.get(i + 1).map_or(u32::MAX, |s| s.0 - 1);
            for (first, last) in own_numbers(arch, *first, last) {
                let mut next = Some(first);
                let mut calls: Vec<_> = calls_of(arch)
                    .filter(|(_, n)| (first..=last).contains(n))
                    .collect();
                calls.sort_by_key(|c| c.1);
                for (call, number) in calls {
                    if let Some(start) = next.filter(|s| *s < number) {
                        add(
                            space,
                            &changes,
                            *function,
                            arch,
                            None,
                            start,
                            number - 1,
                            &mut found,
                        )?;
                    }
                    add(
                        space,
                        &changes,
                        *function,
                        arch,
                        Some(call),
                        number,
                        number,
                        &mut found,
                    )?;
                    next = number.checked_add(1);
                }
                if let Some(start) = next.filter(|s| *s <= last) {
                    add(
                        space, &changes, *function, arch, None, start, last, &mut found,
                    )?;
                }
            }
        }
    }
    Ok(found)
}

/// The part of a range of numbers that belongs to an ABI: bit 30 tells x32 from x86-64.
fn own_numbers(arch: Arch, first: u32, last: u32) -> Vec<(u32, u32)> {
    let parts: &[(u32, u32)] = match arch {
        Arch::X86_64 => &[(0, X32_BIT - 1), (1 << 31, (1 << 31) + X32_BIT - 1)],
        Arch::X32 => &[(X32_BIT, (1 << 31) - 1), ((1 << 31) + X32_BIT, u32::MAX)],
        _ => &[(0, u32::MAX)],
    };
    let cut = parts.iter().map(|(a, b)| (first.max(*a), last.min(*b)));
    cut.filter(|(a, b)| a <= b).collect()
}

#[expect(
    clippy::too_many_arguments,
    reason = "what it is about, and where it goes"
)]
fn add(
    space: &mut Space,
    changes: &Outcomes<Change>,
    function: Function,
    arch: Arch,
    call: Option<&'static Call>,
    first: u32,
    last: u32,
    found: &mut Vec<Changed>,
) -> Result<()> {
    for region in space.regions(function, arch.word_bits())? {
        let Some(change) = changes.get(region.value).filter(|(a, b)| a != b) else {
            continue;
        };
        found.push(Changed {
            arch,
            call,
            first,
            last,
            when: words::conditions(&region, arch, call),
            change,
        });
    }
    Ok(())
}

pub(crate) fn changed_json(changed: &Changed) -> Value {
    let effect = match permission(changed.change.1).cmp(&permission(changed.change.0)) {
        std::cmp::Ordering::Greater => "permits",
        std::cmp::Ordering::Less => "refuses",
        std::cmp::Ordering::Equal => "other",
    };
    json!({
        "arch": changed.arch.to_string(),
        "call": changed.call.map(|c| c.name),
        "number": changed.first,
        "last": changed.last,
        "when": changed.when,
        "old": report::action_json(changed.change.0),
        "new": report::action_json(changed.change.1),
        "effect": effect,
    })
}

fn text(old: &Filter, new: &Filter, changed: &[Changed]) -> String {
    let paint = Paint::stdout();
    let width = report::width();
    let mut out = String::new();
    if old.function == new.function {
        return format!(
            "{} and {} do the same with every call.\n",
            old.name, new.name
        );
    }
    if changed.is_empty() {
        return format!(
            "{} and {} differ only on architectures that are not known here.\n",
            old.name, new.name
        );
    }
    let named = |effect: fn(Change) -> bool| {
        let of = changed
            .iter()
            .filter(|c| c.call.is_some() && effect(c.change));
        let mut calls: Vec<_> = of.map(|c| (c.arch, c.first)).collect();
        calls.dedup();
        calls.len()
    };
    let more = named(|(a, b)| permission(b) > permission(a));
    let less = named(|(a, b)| permission(b) < permission(a));
    let other = named(|(a, b)| permission(b) == permission(a));
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "From {} to {}: {} permitted, {} refused, {} with another action.",
        paint.bold(&old.name),
        paint.bold(&new.name),
        report::counted(more, "call"),
        less,
        other
    );
    out += &changes(changed, paint, width);
    out
}

/// Changes by architecture and by what becomes of what.
pub(crate) fn changes(changed: &[Changed], paint: Paint, width: usize) -> String {
    let mut out = String::new();
    for arch in Arch::all() {
        let here: Vec<&Changed> = changed.iter().filter(|c| c.arch == arch).collect();
        if here.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n{}", paint.bold(arch.short_name()));
        let mut kinds: Vec<Change> = Vec::new();
        for c in &here {
            if !kinds.contains(&c.change) {
                kinds.push(c.change);
            }
        }
        kinds.sort_by_key(|(a, b)| {
            (
                i16::from(permission(*a)) - i16::from(permission(*b)),
                b.ret(),
            )
        });
        for kind in kinds {
            let of: Vec<&&Changed> = here.iter().filter(|c| c.change == kind).collect();
            let (from, to) = kind;
            let _ = writeln!(
                out,
                "  {} -> {}",
                paint.action(from, &report::action(from)),
                paint.action(to, &report::action(to))
            );
            let whole = of.iter().filter(|c| c.when.is_empty());
            let names: Vec<&str> = whole.filter_map(|c| c.call.map(|c| c.name)).collect();
            if !names.is_empty() {
                let _ = writeln!(out, "    {}", report::wrap(names, 4, width));
            }
            for c in of.iter().filter(|c| !c.when.is_empty()) {
                let name = match c.call {
                    Some(call) => call.name.to_owned(),
                    None => numbers(c.first, c.last),
                };
                let _ = writeln!(out, "    {name}: {}", c.when);
            }
            let unnamed = of.iter().filter(|c| c.when.is_empty() && c.call.is_none());
            let ranges: Vec<String> = unnamed.map(|c| numbers(c.first, c.last)).collect();
            if !ranges.is_empty() {
                let more = match ranges.len().checked_sub(SHOWN_RANGES) {
                    Some(more @ 1..) => format!("and {more} more"),
                    _ => String::new(),
                };
                let shown = ranges.iter().take(SHOWN_RANGES).map(String::as_str);
                let words = "numbers without a call:".split(' ').chain(shown);
                let words = words.chain(more.split_whitespace());
                let _ = writeln!(out, "    {}", report::wrap(words, 4, width));
            }
        }
    }
    out
}

/// A range of numbers.
fn numbers(first: u32, last: u32) -> String {
    let one = |n: u32| match n {
        0..0x4000_0000 => n.to_string(),
        n => format!("{n:#x}"),
    };
    if first == last {
        one(first)
    } else {
        format!("{}..{}", one(first), one(last))
    }
}

/// How a call is called on an ABI.
pub(crate) fn call_name(arch: Arch, number: u32) -> String {
    match table::by_number(arch, number) {
        Some(call) => call.name.to_owned(),
        None => format!("call {}", numbers(number, number)),
    }
}
