//! From an event to the alerts that it raises.

use bumpalo::Bump;
use lanner_container::Containers;
use lanner_event::RawEvent;
use lanner_event::snapshot::Snapshot;
use lanner_fields::{Session, kind_of};
use lanner_filter::{KindId, RuleIndex};
use lanner_rules::Ruleset;
use lanner_state::State;

use crate::alert::{Alert, Sink};
use crate::compiled::CompiledRuleset;
use crate::counters::Counters;
use crate::follower::{Follower, Step};

/// The machine as the events leave it, the rules, and what they have counted.
pub struct Pipeline {
    follower: Follower,
    rules: CompiledRuleset,
    matched: Vec<RuleIndex>,
    counters: Counters,
    arena: Bump,
}

impl Pipeline {
    /// A pipeline before its first event.
    pub fn new(
        state: State,
        containers: Containers,
        session: Session,
        rules: CompiledRuleset,
    ) -> Pipeline {
        Pipeline {
            follower: Follower::new(state, containers, session),
            counters: Counters::new(rules.ruleset.rules().len()),
            rules,
            matched: Vec::new(),
            arena: Bump::new(),
        }
    }

    /// The machine.
    pub fn state(&self) -> &State {
        self.follower.state()
    }

    /// Cgroups of which is remembered what container they belong to.
    pub fn known_cgroups(&self) -> usize {
        self.follower.known_cgroups()
    }

    /// The machine, to be seeded.
    pub fn state_mut(&mut self) -> &mut State {
        self.follower.state_mut()
    }

    /// The rules.
    pub fn ruleset(&self) -> &Ruleset {
        &self.rules.ruleset
    }

    /// The rules with what matching them has cost.
    pub fn rules(&self) -> &CompiledRuleset {
        &self.rules
    }

    /// What was counted so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Takes over the state of a machine, forgetting everything before.
    pub fn seed(&mut self, snapshot: Snapshot) {
        self.follower.seed(snapshot);
    }

    /// Matches other rules from the next event on. The machine stays as it is known, and so do
    /// the counters: a rule keeps its count by its name. Returns the rules that were replaced:
    /// to free ten thousand of them takes long enough for another thread to do it.
    pub fn replace(
        &mut self,
        rules: CompiledRuleset,
        fields: lanner_fields::Settings,
    ) -> CompiledRuleset {
        self.counters.rename(
            self.rules.ruleset.rules().iter().map(|r| r.name.as_str()),
            rules.ruleset.rules().iter().map(|r| r.name.as_str()),
        );
        self.follower.set_fields(fields);
        std::mem::replace(&mut self.rules, rules)
    }

    /// The summary at the end of a run, as Falco prints it.
    pub fn summary(&self) -> String {
        let names = self.rules.ruleset.rules().iter().map(|r| r.name.as_str());
        self.counters.summary(names)
    }

    /// Takes in a record, and hands the alerts that it raises to `sink`. Returns the time of the
    /// event.
    pub fn take(&mut self, raw: &RawEvent<'_>, sink: &mut dyn Sink) -> u64 {
        self.counters.events += 1;
        let Ok(step) = self.follower.take(raw) else {
            self.counters.malformed += 1;
            return 0;
        };
        let kind = kind_of(&step.event);
        if !raw.state_only && self.rules.wants(kind) {
            self.evaluate(&step, kind, sink);
            self.arena.reset();
        }
        sink.event(raw, &step, &mut self.follower);
        self.follower.settle();
        step.event.ts
    }

    fn evaluate(&mut self, step: &Step<'_>, kind: KindId, sink: &mut dyn Sink) {
        self.counters.evaluated += 1;
        let record = self.follower.record(step);
        self.matched.clear();
        self.rules
            .matches(kind, &record, &self.arena, &mut self.matched);
        for index in &self.matched {
            let Some(rule) = self.rules.rule(*index) else {
                continue;
            };
            self.counters.alert(rule.id, rule.priority);
            let settings = &self.rules.settings;
            sink.alert(&Alert {
                rule,
                ts: step.event.ts,
                time: &settings.time,
                record: &record,
                print: settings.print,
                arena: &self.arena,
            });
        }
    }
}
