//! What a run has counted.

use std::fmt::Write;

use lanner_rules::{Priority, RuleId};

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

    /// Alerts in all.
    pub fn alerts(&self) -> u64 {
        self.by_priority.iter().sum()
    }

    /// The summary at the end of a run, as Falco prints it. `names` are those of the rules, in
    /// order.
    pub fn summary<'a>(&self, names: impl Iterator<Item = &'a str>) -> String {
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
        for (name, count) in names.zip(&self.by_rule) {
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
