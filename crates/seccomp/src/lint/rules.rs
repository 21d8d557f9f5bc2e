//! Rules that name nothing, decide nothing, or contradict each other.

use hashbrown::{HashMap, HashSet};
use lanner_diag::{Diagnostic, nearest};

use super::Subject;
use crate::table;

pub(super) fn check(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    names(subject, faults);
    dead(subject, faults);
    overlaps(subject, faults);
}

fn names(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    let abis = &subject.policy.abis;
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
                let help = nearest(&name.value, table::calls().iter().map(|c| c.name))
                    .map(|near| format!("did you mean `{near}`?"));
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
