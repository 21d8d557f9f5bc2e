//! What a run has counted.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use lanner_rules::{Priority, RuleId};

/// Rules that are gone and whose counts are kept under their own names.
const MAX_RETIRED: usize = 4096;

/// The name under which the counts of all others are kept.
const RETIRED: &str = "rules that are no longer loaded";

/// Events and alerts of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Events that the source delivered.
    pub events: u64,
    /// Events that rules were asked about.
    pub evaluated: u64,
    /// Records that could not be decoded.
    pub malformed: u64,
    /// Alerts by rule, in the order of the rules.
    pub by_rule: Vec<u64>,
    /// Alerts of rules that were replaced by others of no such name, by name.
    pub retired: BTreeMap<String, u64>,
    /// Alerts by priority, in the order of [`Priority::ALL`].
    pub by_priority: [u64; Priority::ALL.len()],
}

impl Counters {
    /// Nothing counted yet for so many rules.
    pub fn new(rules: usize) -> Counters {
        Counters {
            by_rule: vec![0; rules],
            ..Counters::default()
        }
    }

    /// Counts an alert.
    #[inline]
    pub fn alert(&mut self, rule: RuleId, priority: Priority) {
        if let Some(count) = self.by_rule.get_mut(rule.0 as usize) {
            *count += 1;
        }
        if let Some(count) = self.by_priority.get_mut(priority as usize) {
            *count += 1;
        }
    }

    /// Counts for other rules from now on: `old` and `new` are the names of the rules, in order.
    /// A rule that is in both keeps its count.
    pub(crate) fn rename<'a>(
        &mut self,
        old: impl Iterator<Item = &'a str>,
        new: impl Iterator<Item = &'a str>,
    ) {
        let counts = old.zip(std::mem::take(&mut self.by_rule));
        let mut counts: HashMap<&str, u64> = counts.filter(|(_, n)| *n > 0).collect();
        self.by_rule = new
            .map(|name| {
                let count = counts.remove(name).unwrap_or(0);
                count + self.retired.remove(name).unwrap_or(0)
            })
            .collect();
        for (name, count) in counts {
            let known = self.retired.len() < MAX_RETIRED || self.retired.contains_key(name);
            let name = if known { name } else { RETIRED };
            *self.retired.entry(name.to_owned()).or_default() += count;
        }
    }

    /// Alerts in all.
    pub fn alerts(&self) -> u64 {
        self.by_priority.iter().sum()
    }

    /// The summary at the end of a run, as Falco prints it. `names` are those of the rules, in
    /// order.
    pub fn summary<'a>(&'a self, names: impl Iterator<Item = &'a str>) -> String {
        let mut out = format!(
            "Events detected: {}\nRule counts by severity:\n",
            self.alerts()
        );
        for (priority, count) in Priority::ALL.iter().zip(self.by_priority) {
            if count > 0 {
                let name = match priority {
                    Priority::Informational => "INFO".to_owned(),
                    other => other.name().to_ascii_uppercase(),
                };
                let _ = writeln!(out, "   {name}: {count}");
            }
        }
        out.push_str("Triggered rules by rule name:\n");
        let retired = self.retired.iter().map(|(name, n)| (name.as_str(), n));
        for (name, count) in names.zip(&self.by_rule).chain(retired) {
            if *count > 0 {
                let _ = writeln!(out, "   {name}: {count}");
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_follow_the_names_of_rules_through_reloads() {
        let mut counters = Counters::new(2);
        counters.alert(RuleId(0), Priority::Error);
        counters.alert(RuleId(1), Priority::Error);
        counters.rename(["a", "b"].into_iter(), ["c", "b"].into_iter());
        assert_eq!(counters.by_rule, [0, 1]);
        counters.alert(RuleId(0), Priority::Error);
        let summary = counters.summary(["c", "b"].into_iter());
        assert!(
            summary.ends_with("name:\n   c: 1\n   b: 1\n   a: 1\n"),
            "{summary}"
        );
        counters.rename(["c", "b"].into_iter(), ["a"].into_iter());
        assert_eq!(
            (counters.by_rule.as_slice(), counters.alerts()),
            (&[1][..], 3)
        );
        assert!(counters.retired.keys().eq(["b", "c"]));
    }

    #[test]
    fn the_summary_is_falcos() {
        let mut counters = Counters::new(3);
        counters.alert(RuleId(0), Priority::Informational);
        counters.alert(RuleId(2), Priority::Emergency);
        counters.alert(RuleId(2), Priority::Emergency);
        let summary = counters.summary(["quiet info", "never", "loud"].into_iter());
        assert_eq!(
            summary,
            "Events detected: 3\n\
             Rule counts by severity:\n   EMERGENCY: 2\n   INFO: 1\n\
             Triggered rules by rule name:\n   quiet info: 1\n   loud: 2\n"
        );
    }
}
