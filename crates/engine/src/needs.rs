//! What loaded rules need of a source.

use lanner_event::{OpenModes, Outcomes};
use lanner_fields::calls_behind;
use lanner_filter::condition::Fact;
use lanner_filter::{Condition, Constant, KindSet, Op, Scheme};
use lanner_rules::{Rule, Ruleset};

use crate::selection::{Need, OPENS, SyscallSet, needs_descriptors};

/// What each enabled rule needs.
pub fn needs(ruleset: &Ruleset, scheme: &Scheme) -> Vec<Need> {
    ruleset.enabled().map(|rule| need(rule, scheme)).collect()
}

fn need(rule: &Rule, scheme: &Scheme) -> Need {
    let condition = &rule.condition;
    let kinds = condition.kinds();
    let templates =
        std::iter::once(&rule.output).chain(rule.extra_fields.iter().map(|e| &e.template));
    let printed = templates.flat_map(|t| t.fields()).map(|f| f.field);
    let compared = condition.fields().map(|(field, _)| field);
    let outcomes = if condition.implies(kinds, &|fact| says_success(fact, kinds, scheme)) {
        Outcomes::SUCCESS
    } else if condition.implies(kinds, &|fact| says_failure(fact, scheme)) {
        Outcomes::FAILURE
    } else {
        Outcomes::ANY
    };
    let mut of_descriptors = compared
        .chain(printed)
        .map(|field| scheme.def(field).name)
        .filter(|name| needs_descriptors(name))
        .peekable();
    Need {
        calls: kinds.iter().flat_map(calls_behind).collect(),
        outcomes,
        descriptors: of_descriptors.peek().is_some(),
        opens: opens(condition, kinds, scheme),
        of_its_opens: opens_only(kinds)
            && of_descriptors.all(|name| {
                ["fd.", "fs.path.", "evt."]
                    .iter()
                    .any(|prefix| name.starts_with(prefix))
            }),
    }
}

/// How files are opened by the opens that a condition can match.
fn opens(condition: &Condition, kinds: &KindSet, scheme: &Scheme) -> OpenModes {
    let calls = SyscallSet::named(OPENS);
    let mut opening = KindSet::empty();
    for kind in kinds.iter() {
        if calls_behind(kind).any(|call| calls.contains(call)) {
            opening.insert(kind);
        }
    }
    let says = |field: &'static str| {
        move |fact: &Fact<'_>| {
            let value = match (fact.op, fact.negated) {
                (Op::In, false) | (Op::Ne, true) => true,
                (Op::In, true) | (Op::Ne, false) => false,
                _ => return false,
            };
            scheme.def(fact.field).name == field
                && fact.modifier.is_none()
                && matches!(fact.constants, [Constant::Bool(b)] if *b == value)
        }
    };
    if opening.is_empty() {
        OpenModes::NONE
    } else if condition.implies(&opening, &says("evt.is_open_write")) {
        OpenModes::WRITE
    } else if condition.implies(&opening, &says("evt.is_open_read")) {
        OpenModes::READ
    } else {
        OpenModes::ANY
    }
}

/// Whether a fact holds for no call that failed.
fn says_success(fact: &Fact<'_>, kinds: &KindSet, scheme: &Scheme) -> bool {
    let name = scheme.def(fact.field).name;
    let all = |accept: &dyn Fn(&Constant) -> bool| {
        !fact.constants.is_empty() && fact.modifier.is_none() && fact.constants.iter().all(accept)
    };
    let result = name == "evt.rawres" || (name == "evt.rawarg" && &*fact.arg.text == "res");
    match (name, fact.op, fact.negated) {
        // The names of errors begin with an E.
        ("evt.res", Op::In, false) => {
            all(&|c| matches!(c, Constant::Text(t) if t.first() != Some(&b'E')))
        }
        ("evt.res", Op::Ne, true) => all(&is_success),
        ("evt.failed", Op::In, false) => all(&|c| *c == Constant::Bool(false)),
        ("evt.failed", Op::In, true) | ("evt.failed", Op::Ne, false) => {
            all(&|c| *c == Constant::Bool(true))
        }
        (_, Op::In | Op::Ge, false) if result => all(&|c| integer(c).is_some_and(|n| n >= 0)),
        (_, Op::Gt, false) if result => all(&|c| integer(c).is_some_and(|n| n >= -1)),
        (_, Op::Lt, true) if result => all(&|c| integer(c).is_some_and(|n| n >= 0)),
        // An open that failed has no descriptor.
        ("fd.num", Op::Ge, false) if opens_only(kinds) => {
            all(&|c| integer(c).is_some_and(|n| n >= 0))
        }
        ("fd.num", Op::Gt, false) if opens_only(kinds) => {
            all(&|c| integer(c).is_some_and(|n| n >= -1))
        }
        _ => false,
    }
}

/// Whether a fact holds only for calls that failed.
fn says_failure(fact: &Fact<'_>, scheme: &Scheme) -> bool {
    let all = |accept: &dyn Fn(&Constant) -> bool| {
        !fact.constants.is_empty() && fact.modifier.is_none() && fact.constants.iter().all(accept)
    };
    if fact.negated {
        return false;
    }
    match (scheme.def(fact.field).name, fact.op) {
        ("evt.res", Op::In) => all(&|c| matches!(c, Constant::Text(t) if t.first() == Some(&b'E'))),
        ("evt.failed", Op::In) => all(&|c| *c == Constant::Bool(true)),
        ("evt.rawres", Op::In) => all(&|c| integer(c).is_some_and(|n| n < 0)),
        ("evt.rawres", Op::Lt) => all(&|c| integer(c).is_some_and(|n| n <= 0)),
        ("evt.rawres", Op::Le) => all(&|c| integer(c).is_some_and(|n| n < 0)),
        _ => false,
    }
}

fn is_success(constant: &Constant) -> bool {
    matches!(constant, Constant::Text(text) if **text == *b"SUCCESS")
}

fn integer(constant: &Constant) -> Option<i64> {
    match constant {
        Constant::Int(n) => Some(*n),
        Constant::Uint(n) => i64::try_from(*n).ok(),
        _ => None,
    }
}

/// Whether all of these kinds are calls whose result is the descriptor that they open.
fn opens_only(kinds: &KindSet) -> bool {
    let opens = SyscallSet::named(OPENS);
    kinds
        .iter()
        .flat_map(calls_behind)
        .all(|call| opens.contains(call))
}

#[cfg(test)]
mod tests {
    use lanner_rules::{Options, Ruleset};

    use super::*;

    #[test]
    fn how_a_rule_opens_files_follows_from_its_condition() {
        let scheme = lanner_fields::scheme();
        for (condition, opens, of_its_opens) in [
            (
                "evt.type in (open, openat) and evt.is_open_write=true and fd.name=/a",
                OpenModes::WRITE,
                true,
            ),
            (
                "evt.type=openat and evt.is_open_read=true",
                OpenModes::READ,
                true,
            ),
            (
                "evt.type=openat and not evt.is_open_read=true",
                OpenModes::ANY,
                true,
            ),
            ("evt.type=openat and fd.name=/a", OpenModes::ANY, true),
            (
                "evt.type=openat and proc.fdopencount > 5",
                OpenModes::ANY,
                false,
            ),
            ("evt.type=execve", OpenModes::NONE, false),
            (
                "evt.type=execve or (evt.type=openat and evt.is_open_write=true)",
                OpenModes::WRITE,
                false,
            ),
        ] {
            let text = format!(
                "- rule: r\n  desc: d\n  condition: {condition}\n  output: o\n  priority: ERROR\n"
            );
            let (ruleset, _) =
                Ruleset::load_texts([("r".to_owned(), text)], &scheme, &Options::default());
            let needs = needs(&ruleset.unwrap(), &scheme);
            assert_eq!(needs[0].opens, opens, "{condition}");
            assert_eq!(needs[0].of_its_opens, of_its_opens, "{condition}");
        }
    }
}
