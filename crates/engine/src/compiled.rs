//! Rules made ready to be matched. That takes up to a second for ten thousand of them, so it is
//! done beside a running pipeline, which then takes the result between two events.

use std::time::Instant;

use bumpalo::Bump;
use lanner_fields::EventRecord;
use lanner_filter::{KindId, Matcher, Matching, PrintOptions, RuleIndex, Scratch, Template};
use lanner_rules::{Rule, RuleId, Ruleset};

/// How rules are matched, and alerts printed.
pub struct Settings {
    /// Which rules of an event raise alerts (`rule_matching`).
    pub matching: Matching,
    /// The time at the beginning of a text alert.
    pub time: Template,
    /// How values print.
    pub print: PrintOptions,
}

/// A ruleset compiled for matching, and what matching it has cost.
pub struct CompiledRuleset {
    pub(crate) ruleset: Ruleset,
    pub(crate) settings: Settings,
    /// Of the enabled rules, in the order of definition.
    matcher: Matcher,
    /// The rule behind each condition of the matcher.
    enabled: Vec<RuleId>,
    scratch: Scratch,
    /// Events that rules were asked about, by kind.
    by_kind: Vec<u64>,
    samples: Vec<Sample>,
    until_sample: u32,
    /// The enabled rule that is sampled next.
    next_sample: usize,
}

/// What was measured of one rule.
#[derive(Clone, Copy, Default)]
struct Sample {
    count: u64,
    nanos: u64,
}

/// What matching one rule has cost since it was loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleCost {
    /// Events of the kinds that the rule can match.
    pub evaluations: u64,
    /// Of these, how often its condition was evaluated alone, with a clock.
    pub sampled: u64,
    /// Nanoseconds that took. Together with other rules a condition costs less: what they share is
    /// found out once.
    pub nanos: u64,
}

/// One event of so many is sampled.
const EVENTS_PER_SAMPLE: u32 = 1024;

/// Rules that are tried on a sampled event.
const RULES_PER_SAMPLE: usize = 16;

impl CompiledRuleset {
    /// Compiles the enabled rules.
    pub fn new(ruleset: Ruleset, settings: Settings) -> CompiledRuleset {
        let matcher = Matcher::new(ruleset.enabled().map(|rule| &rule.condition));
        let kinds = matcher.kinds().iter().map(|k| usize::from(k.0) + 1);
        CompiledRuleset {
            enabled: ruleset.enabled().map(|rule| rule.id).collect(),
            scratch: matcher.scratch(),
            by_kind: vec![0; kinds.max().unwrap_or(0)],
            samples: vec![Sample::default(); ruleset.rules().len()],
            until_sample: EVENTS_PER_SAMPLE,
            next_sample: 0,
            matcher,
            ruleset,
            settings,
        }
    }

    /// The rules.
    pub fn ruleset(&self) -> &Ruleset {
        &self.ruleset
    }

    /// Whether any enabled rule can match events of this kind.
    #[inline]
    pub(crate) fn wants(&self, kind: KindId) -> bool {
        self.matcher.kinds().contains(kind)
    }

    /// Finds the rules that match an event, in the order of definition.
    pub(crate) fn matches<'a>(
        &mut self,
        kind: KindId,
        record: &EventRecord<'a>,
        arena: &'a Bump,
        out: &mut Vec<RuleIndex>,
    ) {
        if let Some(count) = self.by_kind.get_mut(usize::from(kind.0)) {
            *count += 1;
        }
        let matching = self.settings.matching;
        let scratch = &mut self.scratch;
        self.matcher
            .matches(kind, record, arena, scratch, matching, out);
        self.until_sample -= 1;
        if self.until_sample == 0 {
            self.until_sample = EVENTS_PER_SAMPLE;
            self.sample(kind, record, arena);
        }
    }

    /// The rule behind a condition of the matcher.
    pub(crate) fn rule(&self, index: RuleIndex) -> Option<&Rule> {
        self.ruleset.rule(*self.enabled.get(index.0 as usize)?)
    }

    /// Evaluates the conditions of some rules alone, each in its turn.
    fn sample<'a>(&mut self, kind: KindId, record: &EventRecord<'a>, arena: &'a Bump) {
        let mut tried = 0;
        // A kind that few rules are for must not have all the others looked at.
        for _ in 0..self.enabled.len().min(RULES_PER_SAMPLE * 16) {
            let id = self.enabled[self.next_sample % self.enabled.len()];
            self.next_sample = (self.next_sample + 1) % self.enabled.len();
            let rule = self.ruleset.rule(id);
            let Some(rule) = rule.filter(|r| r.condition.kinds().contains(kind)) else {
                continue;
            };
            let before = Instant::now();
            std::hint::black_box(rule.condition.matches(record, arena));
            let took = before.elapsed().as_nanos();
            if let Some(sample) = self.samples.get_mut(id.0 as usize) {
                sample.count += 1;
                sample.nanos += u64::try_from(took).unwrap_or(u64::MAX);
            }
            tried += 1;
            if tried == RULES_PER_SAMPLE {
                return;
            }
        }
    }

    /// What matching each enabled rule has cost.
    pub fn costs(&self) -> impl Iterator<Item = (&Rule, RuleCost)> {
        self.ruleset.enabled().map(|rule| {
            let kinds = rule.condition.kinds().iter();
            let sample = self.samples.get(rule.id.0 as usize).copied();
            let sample = sample.unwrap_or_default();
            let cost = RuleCost {
                evaluations: kinds
                    .filter_map(|k| self.by_kind.get(usize::from(k.0)))
                    .sum(),
                sampled: sample.count,
                nanos: sample.nanos,
            };
            (rule, cost)
        })
    }
}
