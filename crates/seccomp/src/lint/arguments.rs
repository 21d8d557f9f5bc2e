//! Conditions on arguments that do not mean what they say.

use hashbrown::HashSet;
use lanner_diag::Diagnostic;

use super::Subject;
use crate::policy::{Condition, Op};
use crate::profile::{ProfileArg, ProfileRule};
use crate::{Action, Arch, table};

pub(super) fn check(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    for index in subject.applied.origins.iter() {
        let rule = &subject.profile.rules[*index];
        repeated(subject, rule, faults);
        for arg in &rule.args {
            values(subject, arg, faults);
            pointer(subject, rule, arg, faults);
        }
    }
    narrowed(subject, faults);
    multiplexed(subject, faults);
}

fn repeated(subject: &Subject<'_>, rule: &ProfileRule, faults: &mut Vec<Diagnostic>) {
    for (i, arg) in rule.args.iter().enumerate() {
        let first = rule.args[..i]
            .iter()
            .find(|a| a.condition.arg == arg.condition.arg);
        let Some(first) = first else {
            continue;
        };
        let always = excludes_nothing(&first.condition, &arg.condition);
        let message = if always {
            "two conditions on one argument are joined by *or*: together they always hold"
        } else {
            "two conditions on one argument are joined by *or*, and so is every other condition of the rule"
        };
        let help = "write one rule per condition if *or* is meant, or one condition (a range as a mask) if *and* is";
        faults.push(
            Diagnostic::error("repeated-index", message)
                .label(subject.span(arg.index), "")
                .label(subject.span(first.index), "the same argument")
                .help(Some(help.to_owned())),
        );
        return;
    }
}

/// Whether every value satisfies one of the two.
fn excludes_nothing(a: &Condition, b: &Condition) -> bool {
    let (Some(a), Some(b)) = (a.ranges(), b.ranges()) else {
        return false;
    };
    let mut ranges: Vec<(u64, u64)> = a.into_iter().chain(b).collect();
    ranges.sort_unstable();
    let mut covered: Option<u64> = None;
    for (first, last) in ranges {
        let next = covered.map_or(Some(0), |c| c.checked_add(1));
        match next {
            None => return true,
            Some(next) if first <= next => covered = Some(covered.map_or(last, |c| c.max(last))),
            Some(_) => return false,
        }
    }
    covered == Some(u64::MAX)
}

fn values(subject: &Subject<'_>, arg: &ProfileArg, faults: &mut Vec<Diagnostic>) {
    match (arg.condition.op, &arg.value_two) {
        (Op::MaskedEq(0), _) => faults.push(
            Diagnostic::error("mask-zero", "the mask is 0, so the condition always holds")
                .label(subject.span(arg.value), "")
                .note("`value` is the mask, `valueTwo` what must be left under it"),
        ),
        (Op::MaskedEq(mask), Some(two)) if two.value & !mask != 0 => faults.push(
            Diagnostic::error(
                "mask-swapped",
                format!(
                    "`valueTwo` {:#x} has bits that the mask `value` {mask:#x} does not have: are the two swapped?",
                    two.value
                ),
            )
            .label(subject.span(two.span), "")
            .label(subject.span(arg.value), "the mask")
            .note("`value` is the mask, `valueTwo` what must be left under it; libseccomp drops the other bits"),
        ),
        (Op::MaskedEq(_), _) | (_, None) => {}
        (_, Some(two)) if two.value != 0 => faults.push(
            Diagnostic::warning(
                "unused-value",
                "`valueTwo` counts for SCMP_CMP_MASKED_EQ only",
            )
            .label(subject.span(two.span), ""),
        ),
        (_, Some(_)) => {}
    }
}

fn pointer(
    subject: &Subject<'_>,
    rule: &ProfileRule,
    arg: &ProfileArg,
    faults: &mut Vec<Diagnostic>,
) {
    let index = usize::from(arg.condition.arg);
    let zero = arg.condition.value == 0 && matches!(arg.condition.op, Op::Eq | Op::Ne);
    for name in &rule.names {
        let args = table::by_name(&name.value).and_then(|c| c.args.as_ref());
        let Some(args) = args else {
            continue;
        };
        let message = match args.get(index) {
            None => format!(
                "`{}` takes {} arguments; there is nothing to compare",
                name.value,
                args.len()
            ),
            Some(a) if a.ty.is_pointer() && !zero => format!(
                "argument {index} of `{}` (`{}`) is an address: a filter cannot see what is there",
                name.value, a.name
            ),
            Some(_) => continue,
        };
        faults.push(
            Diagnostic::warning("pointer-compared", message).label(subject.span(arg.span), ""),
        );
    }
}

/// Rules for one call for which a way round is looked for.
const MAX_CHOICES: usize = 500;

/// Calls that are refused for an argument as the kernel sees it and permitted for the same one
/// with bits set that the kernel drops.
fn narrowed(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    let mut seen = HashSet::new();
    for abi in &subject.policy.abis {
        let word = abi.arch.word_bits();
        for (number, decision) in &abi.decisions {
            let Some(call) = table::by_number(abi.arch, *number) else {
                continue;
            };
            let Some(args) = &call.args else {
                continue;
            };
            // Hundreds of rules for one call are more than any profile has.
            for choice in decision.choices.iter().take(MAX_CHOICES) {
                for condition in &choice.conditions {
                    let index = usize::from(condition.arg);
                    let bits = args.get(index).map_or(word, |a| a.ty.bits(word));
                    if bits >= word || !seen.insert((choice.rule, call.name, index)) {
                        continue;
                    }
                    let Some(way) =
                        way_round(subject, abi.arch, call.name, choice, condition, bits)
                    else {
                        continue;
                    };
                    let arg = &args[index];
                    let (seen_as, passed, action) = way;
                    faults.push(
                        Diagnostic::error(
                            "narrowed-argument",
                            format!(
                                "the filter compares 64 bits of `{}`, the kernel takes {bits}: {}({} = {passed:#x}) is {action} and does what {seen_as:#x} would, which is refused",
                                arg.name, call.name, arg.name
                            ),
                        )
                        .label(subject.call_span(choice.rule, abi.arch, *number), "")
                        .help(Some(format!(
                            "compare the low bits only: SCMP_CMP_MASKED_EQ with the mask {:#x}, one rule per value to allow",
                            crate::policy::word_mask(bits)
                        ))),
                    );
                }
            }
        }
    }
}

/// A value that is refused, the same with a dropped bit, and what happens to that.
fn way_round(
    subject: &Subject<'_>,
    arch: Arch,
    call: &str,
    choice: &crate::policy::Choice,
    condition: &Condition,
    bits: u8,
) -> Option<(u64, u64, Action)> {
    let base = crate::policy::witness(&[&choice.conditions])?;
    let index = usize::from(condition.arg);
    let keep = crate::policy::word_mask(bits);
    let v = condition.value;
    let candidates = [v, v.wrapping_add(1), v.wrapping_sub(1), 0, 1];
    candidates.into_iter().map(|c| c & keep).find_map(|low| {
        let mut args = base;
        args[index] = low;
        let refused = subject.decide(arch, call, args)?;
        let high = low | 1 << bits.max(32);
        args[index] = high;
        let passed = subject.decide(arch, call, args)?;
        (!refused.permits() && passed.permits()).then_some((low, high, passed))
    })
}

/// Conditions that `socketcall` and `ipc` go round.
fn multiplexed(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    let mut seen = HashSet::new();
    for abi in &subject.policy.abis {
        for (index, rule) in subject.applied.spec.rules.iter().enumerate() {
            if rule.conditions.is_empty()
                || !rule.action.permits()
                || subject.policy.default.permits()
            {
                continue;
            }
            for name in &rule.names {
                let Some((through, selector)) = abi.arch.multiplexer(name) else {
                    continue;
                };
                let open = subject
                    .decide(abi.arch, through, [selector, 0, 0, 0, 0, 0])
                    .is_some_and(Action::permits);
                if !open || !seen.insert((name.as_str(), abi.arch)) {
                    continue;
                }
                faults.push(
                    Diagnostic::warning(
                        "multiplexed",
                        format!(
                            "on {} `{name}` can be made through `{through}({selector}, \u{2026})`, where its arguments are in memory and the conditions do not count",
                            abi.arch.short_name()
                        ),
                    )
                    .label(subject.name_span(index, name), "")
                    .help(Some(format!("leave out {} if nothing needs it", abi.arch))),
                );
            }
        }
    }
}
