//! Everything that is wrong, dangerous or surprising in a profile, with a stable code and a mend.
//!
//! Faults of form come from [`crate::profile::read`]; here are those of meaning. Where a check
//! depends on who applies the profile, it asks the [`Target`].
//!
//!
//! The codes are listed in [`CODES`].

mod arguments;
mod calls;
mod codes;
mod form;
pub mod needs;
mod rules;

pub use codes::{CODES, Code};
pub use needs::{Missing, Needs, RUNTIMES, START, missing};

use lanner_diag::{Diagnostic, Span, TextRange};

use crate::policy::{Lookup, Policy};
use crate::profile::Profile;
use crate::target::{Applied, Target};
use crate::{Action, Arch, bpf, table};

/// What else is known of where the profile is to serve.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context {
    /// The runtime that must be able to start a container under it.
    pub needs: Option<&'static Needs>,
    /// `allowPrivilegeEscalation: false`: the filter is loaded last.
    pub no_new_privs: bool,
}

/// All faults of meaning, in the order of the catalogue.
///
/// # Errors
/// None: what an engine would refuse is among the faults.
pub fn lint(profile: &Profile, target: &Target, context: &Context) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    let applied = match target.apply(profile) {
        Ok(Some(applied)) => applied,
        Ok(None) => return faults,
        Err(fault) => return vec![fault],
    };
    let policy = Policy::new(&applied.spec);
    let subject = Subject {
        profile,
        target,
        context,
        applied: &applied,
        policy: &policy,
    };
    form::check(&subject, &mut faults);
    rules::check(&subject, &mut faults);
    arguments::check(&subject, &mut faults);
    calls::check(&subject, &mut faults);
    needs::check(&subject, &mut faults);
    faults
}

/// A profile, and what it means on the target.
struct Subject<'a> {
    profile: &'a Profile,
    target: &'a Target,
    context: &'a Context,
    applied: &'a Applied,
    policy: &'a Policy,
}

impl Subject<'_> {
    fn span(&self, range: TextRange) -> Span {
        Span {
            file: self.profile.file,
            range,
        }
    }

    /// Where the default action is written.
    fn default_span(&self) -> Span {
        let action = self.profile.default_action.as_ref();
        self.span(action.map_or(self.profile.span, |a| a.span))
    }

    /// Where a name of a rule of the spec is written; the rule itself if it does not have it.
    fn name_span(&self, rule: usize, name: &str) -> Span {
        let rule = &self.profile.rules[self.applied.origins[rule]];
        let written = rule.names.iter().find(|n| n.value == name);
        self.span(written.map_or(rule.span, |n| n.span))
    }

    /// Where the name of the call with this number is written in a rule of the spec; of a
    /// multiplexer, where one of the calls is that it carries.
    fn call_span(&self, rule: usize, arch: Arch, number: u32) -> Span {
        let call = table::by_number(arch, number).map_or("", |c| c.name);
        let names = &self.applied.spec.rules[rule].names;
        let carried = names.iter().find(|n| {
            arch.multiplexer(n)
                .is_some_and(|(through, _)| through == call)
        });
        match carried {
            Some(name) if !names.iter().any(|n| n == call) => self.name_span(rule, name),
            _ => self.name_span(rule, call),
        }
    }

    /// What happens to a call; `None` if the ABI does not have it.
    fn decide(&self, arch: Arch, name: &str, args: [u64; 6]) -> Option<Action> {
        let number = table::by_name(name)?.number(arch)?;
        Some(self.policy.decide(&bpf::Data::new(arch, number, args)).0)
    }

    /// For which arguments a call happens on the native ABI; for none if the ABI does not have it.
    fn permission(&self, name: &str) -> Permission {
        permission(self.policy, self.target.native, name)
    }

    /// Whether a call happens for any arguments on the native ABI.
    fn permits_some(&self, name: &str) -> bool {
        self.permission(name) != Permission::Never
    }

    /// Whether a call happens whatever its arguments are, on the native ABI.
    fn permits_all(&self, name: &str) -> bool {
        self.permission(name) == Permission::Always
    }
}

/// For which arguments a call happens on an ABI; for none if the ABI does not have it.
fn permission(policy: &Policy, arch: Arch, name: &str) -> Permission {
    let Some(number) = table::by_name(name).and_then(|c| c.number(arch)) else {
        return Permission::Never;
    };
    match policy.lookup(arch.audit(), number) {
        Lookup::Fixed(action, _) => Permission::of([action.permits()]),
        Lookup::Decided(_, decision) => {
            let closed = decision.choices.iter().any(|c| c.conditions.is_empty());
            let otherwise = (!closed).then_some(policy.default);
            let actions = decision.choices.iter().map(|c| c.action);
            Permission::of(actions.chain(otherwise).map(Action::permits))
        }
    }
}

/// For which arguments a call happens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Permission {
    Never,
    Sometimes,
    Always,
}

impl Permission {
    /// From whether each of the possible outcomes permits the call.
    fn of(outcomes: impl IntoIterator<Item = bool>) -> Permission {
        let (mut any, mut all) = (false, true);
        for permits in outcomes {
            any |= permits;
            all &= permits;
        }
        match (any, all) {
            (false, _) => Permission::Never,
            (true, false) => Permission::Sometimes,
            (true, true) => Permission::Always,
        }
    }
}

/// `a, b and c`; of more than `most`, how many there are.
fn enumerate(names: &[&str], most: usize) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        _ if names.len() > most => {
            format!(
                "{} and {} more",
                names[..most].join(", "),
                names.len() - most
            )
        }
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests;
