//! Rules that name nothing, decide nothing, or contradict each other.

use hashbrown::{HashMap, HashSet};
use lanner_diag::{Diagnostic, nearest};

use super::Subject;
use crate::policy::{Condition, Op};
use crate::table;

pub(super) fn check(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    names(subject, faults);
    dead(subject, faults);
    overlaps(subject, faults);
    nothing_permitted(subject, faults);
    libseccomp(subject, faults);
    traced(subject, faults);
}

/// A profile that refuses everything: nothing starts under it.
fn nothing_permitted(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    let refuses = |a: crate::Action| !a.permits();
    let rules = &subject.applied.spec.rules;
    if !refuses(subject.policy.default) || rules.iter().any(|r| !refuses(r.action)) {
        return;
    }
    let message = "every call is refused: no container starts under this profile";
    let help = "add rules with SCMP_ACT_ALLOW, or start from a default profile";
    faults.push(
        Diagnostic::warning("nothing-permitted", message)
            .label(subject.default_span(), "")
            .help(Some(help.into())),
    );
}

/// Pairs of rules of which libseccomp, which runtimes use, makes something else, or nothing.
fn libseccomp(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    let rules = &subject.applied.spec.rules;
    let ordered = |op: Op| matches!(op, Op::Lt | Op::Le | Op::Ge | Op::Gt);
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, rule) in rules
        .iter()
        .enumerate()
        .filter(|(_, r)| !r.conditions.is_empty())
    {
        for name in &rule.names {
            by_name.entry(name).or_default().push(index);
        }
    }
    let mut found = Vec::new();
    for (name, indices) in &by_name {
        for (at, j) in indices.iter().enumerate() {
            // Some hundred rules for one call are more than any profile has.
            for i in indices[..at].iter().rev().take(200) {
                let (a, b) = (&rules[*i].conditions, &rules[*j].conditions);
                let shared = a
                    .iter()
                    .find(|c| b.contains(c) && !matches!(c.op, Op::Eq | Op::MaskedEq(_)));
                let higher = |c: &&Condition| shared.is_some_and(|s| c.arg > s.arg);
                let first = a.iter().filter(higher).any(|c| ordered(c.op));
                let second = b
                    .iter()
                    .filter(higher)
                    .any(|c| matches!(c.op, Op::Eq | Op::Ne));
                if first && second {
                    found.push(("libseccomp-hang", *i, *j, *name));
                }
                let apart = a.iter().any(|x| {
                    b.iter().any(|y| {
                        x.arg == y.arg
                            && ordered(x.op)
                            && ordered(y.op)
                            && x.value >> 32 != y.value >> 32
                    })
                });
                if apart && rules[*i].action == rules[*j].action {
                    found.push(("libseccomp-wide", *i, *j, *name));
                }
            }
        }
    }
    found.sort_unstable();
    for (code, first, second, name) in found {
        let (message, help) = match code {
            "libseccomp-hang" => (
                "libseccomp does not come back from these two rules together: the start of the container hangs",
                "put the rule with the equality first, or write the order as masks",
            ),
            _ => (
                "libseccomp makes a wrong filter of comparisons on one argument whose constants differ in their upper 32 bits",
                "compare the low 32 bits with a mask, or keep the constants below 2^32",
            ),
        };
        faults.push(
            Diagnostic::error(code, format!("`{name}`: {message}"))
                .label(subject.name_span(second, name), "")
                .label(subject.name_span(first, name), "together with this rule")
                .help(Some(help.into())),
        );
    }
}

/// Calls that a tracer is to decide.
fn traced(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    for (index, rule) in subject.applied.spec.rules.iter().enumerate() {
        if !matches!(rule.action, crate::Action::Trace(_)) {
            continue;
        }
        let origin = &subject.profile.rules[subject.applied.origins[index]];
        let action = origin.action.as_ref().map_or(origin.span, |a| a.span);
        faults.push(
            Diagnostic::warning(
                "trace-decides",
                "SCMP_ACT_TRACE asks a tracer; without one the call fails with ENOSYS",
            )
            .label(subject.span(action), "")
            .help(Some(
                "use SCMP_ACT_ERRNO or SCMP_ACT_LOG where no tracer is attached".into(),
            )),
        );
    }
}

/// Unknown names for which the nearest known one is looked for.
const MAX_SUGGESTED: usize = 500;

fn names(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    let abis = &subject.policy.abis;
    let mut unknown = 0;
    for rule in &subject.profile.rules {
        if rule.names.is_empty() {
            faults.push(
                Diagnostic::warning("empty-names", "the rule names no call")
                    .label(subject.span(rule.span), ""),
            );
        }
        let mut seen: HashMap<&str, lanner_diag::TextRange> = HashMap::new();
        for name in &rule.names {
            let span = subject.span(name.span);
            if let Some(first) = seen.insert(&name.value, name.span) {
                faults.push(
                    Diagnostic::warning(
                        "duplicate-syscall",
                        format!("`{}` is in this rule twice", name.value),
                    )
                    .label(span, "")
                    .label(subject.span(first), "first here"),
                );
                continue;
            }
            let Some(call) = table::by_name(&name.value) else {
                unknown += 1;
                // Thousands of unknown names are no slips of the pen.
                let near = (unknown <= MAX_SUGGESTED)
                    .then(|| nearest(&name.value, table::calls().iter().map(|c| c.name)))
                    .flatten();
                let help = near.map(|near| format!("did you mean `{near}`?"));
                let message = format!("`{}` is no system call; runtimes pass over it", name.value);
                faults.push(
                    Diagnostic::error("unknown-syscall", message)
                        .label(span, "")
                        .help(help),
                );
                continue;
            };
            let somewhere = abis
                .iter()
                .any(|a| call.number(a.arch).is_some() || a.arch.multiplexer(call.name).is_some());
            if !somewhere {
                let listed: Vec<&str> = abis.iter().map(|a| a.arch.short_name()).collect();
                faults.push(
                    Diagnostic::warning(
                        "not-on-arch",
                        format!(
                            "{} does not exist on {}",
                            call.name,
                            super::enumerate(&listed, 6)
                        ),
                    )
                    .label(span, ""),
                );
            }
        }
    }
    for (index, rule) in subject.applied.spec.rules.iter().enumerate() {
        if rule.action == subject.policy.default && !rule.names.is_empty() {
            let origin = &subject.profile.rules[subject.applied.origins[index]];
            let action = origin.action.as_ref().map_or(origin.span, |a| a.span);
            faults.push(
                Diagnostic::warning(
                    "equals-default",
                    format!("the rule does what the default does: {}", rule.action),
                )
                .label(subject.span(action), "")
                .note("runtimes leave it out, so a later rule for the same call decides"),
            );
        }
    }
}

/// Rules that an unconditional one decides before, call by call.
fn dead(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    let rules = &subject.applied.spec.rules;
    let live = |i: &usize| rules[*i].action != subject.policy.default;
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, rule) in rules.iter().enumerate().filter(|(i, _)| live(i)) {
        for name in rule.names.iter().collect::<HashSet<_>>() {
            by_name.entry(name).or_default().push(index);
        }
    }
    let mut found: Vec<(usize, usize, &str)> = Vec::new();
    for (name, indices) in &by_name {
        let Some(winner) = indices.iter().find(|i| rules[**i].conditions.is_empty()) else {
            continue;
        };
        let losers = indices.iter().filter(|i| *i != winner);
        found.extend(losers.map(|loser| (*loser, *winner, *name)));
    }
    found.sort_unstable();
    for (loser, winner, name) in found {
        let (lost, won) = (&rules[loser], &rules[winner]);
        let message = if lost.action == won.action {
            format!(
                "this adds nothing: another rule has {} for `{name}` whatever its arguments",
                won.action
            )
        } else {
            format!(
                "this never decides: another rule has {} for `{name}` whatever its arguments",
                won.action
            )
        };
        let fault = if lost.action == won.action {
            Diagnostic::warning("dead-rule", message)
        } else {
            Diagnostic::error("dead-rule", message)
        };
        faults.push(
            fault
                .label(subject.name_span(loser, name), "")
                .label(subject.name_span(winner, name), "this one decides")
                .help(Some("remove the name from one of the two".into())),
        );
    }
}

fn overlaps(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    let mut seen = HashSet::new();
    for overlap in subject.policy.overlaps() {
        let (first, second) = overlap.rules;
        let call = table::by_number(overlap.arch, overlap.number).map_or("?", |c| c.name);
        if !seen.insert((first, second, call)) {
            continue;
        }
        let rules = &subject.applied.spec.rules;
        let used = [first, second]
            .iter()
            .flat_map(|r| &rules[*r].conditions)
            .map(|c| c.arg)
            .collect::<HashSet<_>>();
        let mut used: Vec<u8> = used.into_iter().collect();
        used.sort_unstable();
        let example: Vec<String> = used
            .iter()
            .map(|a| format!("argument {a} = {:#x}", overlap.args[usize::from(*a)]))
            .collect();
        faults.push(
            Diagnostic::error(
                "overlap",
                format!(
                    "`{call}` is both {} and {} when {}",
                    rules[first].action,
                    rules[second].action,
                    example.join(" and ")
                ),
            )
            .label(subject.call_span(second, overlap.arch, overlap.number), "")
            .label(
                subject.call_span(first, overlap.arch, overlap.number),
                "the other rule",
            )
            .note(
                "which of them counts depends on the structure that libseccomp builds, not on \
                 their order or strictness: the rule with the higher argument index, or with the \
                 equality, or the first",
            )
            .help(Some("make the conditions exclude each other".into())),
        );
    }
}
