//! From an event to the alerts that it raises.

use bumpalo::Bump;
use lanner_container::Containers;
use lanner_event::RawEvent;
use lanner_event::snapshot::Snapshot;
use lanner_fields::{Session, kind_of};
use lanner_filter::{KindId, Matcher, Matching, PrintOptions, RuleIndex, Scratch, Template};
use lanner_rules::{RuleId, Ruleset};
use lanner_state::State;

use crate::alert::{Alert, Sink};
use crate::counters::Counters;
use crate::follower::{Follower, Step};

/// How a pipeline works.
pub struct Settings {
    /// Which rules of an event raise alerts (`rule_matching`).
    pub matching: Matching,
    /// The time at the beginning of a text alert.
    pub time: Template,
    /// How values print.
    pub print: PrintOptions,
}

/// The machine as the events leave it, the rules, and what they have counted.
pub struct Pipeline {
    follower: Follower,
    ruleset: Ruleset,
    /// Of the enabled rules, in the order of definition.
    matcher: Matcher,
    /// The rule behind each condition of the matcher.
    enabled: Vec<RuleId>,
    scratch: Scratch,
    matched: Vec<RuleIndex>,
    settings: Settings,
    counters: Counters,
    arena: Bump,
}

impl Pipeline {
    /// A pipeline before its first event.
    pub fn new(
        state: State,
        containers: Containers,
        session: Session,
        ruleset: Ruleset,
        settings: Settings,
    ) -> Pipeline {
        let matcher = Matcher::new(ruleset.enabled().map(|rule| &rule.condition));
        Pipeline {
            follower: Follower::new(state, containers, session),
            counters: Counters::new(ruleset.rules().len()),
            enabled: ruleset.enabled().map(|rule| rule.id).collect(),
            scratch: matcher.scratch(),
            matched: Vec::new(),
            matcher,
            ruleset,
            settings,
            arena: Bump::new(),
        }
    }

    /// The machine.
    pub fn state(&self) -> &State {
        self.follower.state()
    }

    /// The machine, to be seeded.
    pub fn state_mut(&mut self) -> &mut State {
        self.follower.state_mut()
    }

    /// The number of the last event that was counted.
    pub fn num(&self) -> u64 {
        self.follower.num()
    }

    /// The rules.
    pub fn ruleset(&self) -> &Ruleset {
        &self.ruleset
    }

    /// What was counted so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Takes over the state of a machine, forgetting everything before.
    pub fn seed(&mut self, snapshot: Snapshot) {
        self.follower.seed(snapshot);
    }

    /// The summary at the end of a run, as Falco prints it.
    pub fn summary(&self) -> String {
        let names = self.ruleset.rules().iter().map(|r| r.name.as_str());
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
        if !raw.state_only && self.matcher.kinds().contains(kind) {
            self.evaluate(&step, kind, sink);
            self.arena.reset();
        }
        self.follower.settle();
        step.event.ts
    }

    fn evaluate(&mut self, step: &Step<'_>, kind: KindId, sink: &mut dyn Sink) {
        self.counters.evaluated += 1;
        let record = self.follower.record(step);
        self.matched.clear();
        self.matcher.matches(
            kind,
            &record,
            &self.arena,
            &mut self.scratch,
            self.settings.matching,
            &mut self.matched,
        );
        for index in &self.matched {
            let id = self.enabled.get(index.0 as usize);
            let Some(rule) = id.and_then(|id| self.ruleset.rule(*id)) else {
                continue;
            };
            self.counters.alert(rule.id, rule.priority);
            sink.alert(&Alert {
                rule,
                ts: step.event.ts,
                time: &self.settings.time,
                record: &record,
                print: self.settings.print,
                arena: &self.arena,
            });
        }
    }
}
