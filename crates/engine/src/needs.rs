//! What loaded rules need of a source.

use lanner_event::Outcomes;
use lanner_fields::calls_behind;
use lanner_filter::condition::Fact;
use lanner_filter::{Constant, KindSet, Op, Scheme};
use lanner_rules::{Rule, Ruleset};

use crate::selection::{Need, SyscallSet, needs_descriptors};

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
    Need {
        calls: kinds.iter().flat_map(calls_behind).collect(),
        outcomes,
        descriptors: compared
            .chain(printed)
            .any(|field| needs_descriptors(scheme.def(field).name)),
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
    let opens = SyscallSet::named(["creat", "open", "open_by_handle_at", "openat", "openat2"]);
    kinds
        .iter()
        .flat_map(calls_behind)
        .all(|call| opens.contains(call))
}
