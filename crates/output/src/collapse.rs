//! Holding back alerts that repeat others, and saying how many there were.
//!
//! The first alert of a group goes out at once and opens a window. Those that follow in the window
//! are held back. When it closes, the last of them goes out, with how many there were and in how
//! many seconds: so the first and the last are there in full, and the number of all. Windows are
//! measured by the time of events, so that the same capture gives the same alerts.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lanner_engine::matches_pattern;

use crate::record::{Kept, Record, Repeats};

/// Which alerts repeat each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collapse {
    /// The first rule that is about the name of an alert's rule says.
    pub rules: Vec<CollapseRule>,
    /// Groups that are remembered at once; an alert that would need one more goes out.
    pub max_groups: usize,
    /// A file that every alert which is held back is appended to.
    pub keep: Option<PathBuf>,
}

/// Alerts of these rules, and with equal values of these fields, are a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollapseRule {
    /// The name of the rule; `*` stands for anything.
    pub rule: String,
    /// Fields that the alert shows. One that it does not show has no value.
    pub by: Vec<String>,
    /// How long a window is.
    pub window: Duration,
    /// How many alerts go out before others are held back.
    pub first: u64,
}

/// What to do with an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It goes out.
    Pass,
    /// It is held back.
    Hold,
}

struct Group {
    opened: u64,
    /// Alerts that went out.
    passed: u64,
    /// Alerts that are held back, and the last of them.
    held: u64,
    last: Option<Kept>,
}

/// When a window closes, its number, and its group.
type Closing = (u64, u64, Arc<[u8]>);

/// The groups whose windows are open.
#[derive(Default)]
pub(crate) struct Groups {
    settings: Collapse,
    groups: HashMap<Arc<[u8]>, Group>,
    /// When windows close, the first on top; with the number of the window, so that those that
    /// close at once do so in the order of their opening.
    closing: BinaryHeap<Reverse<Closing>>,
    opened: u64,
    key: Vec<u8>,
}

impl Groups {
    pub(crate) fn new(settings: Collapse) -> Groups {
        Groups {
            settings,
            ..Groups::default()
        }
    }

    /// Whether it can hold anything back.
    pub(crate) fn is_idle(&self) -> bool {
        self.settings.rules.is_empty()
    }

    /// Decides about an alert.
    pub(crate) fn judge(&mut self, record: &Record<'_>) -> Verdict {
        let rules = &self.settings.rules;
        let about = |r: &&CollapseRule| matches_pattern(&r.rule, record.rule);
        let Some(rule) = rules.iter().find(about) else {
            return Verdict::Pass;
        };
        self.key.clear();
        self.key.extend_from_slice(record.rule.as_bytes());
        for field in &rule.by {
            // Between values stands what no text ends with.
            self.key.extend_from_slice(&[0xff, 0]);
            let value = record.fields.iter().find(|(name, _)| name == field);
            if let Some((_, value)) = value {
                crate::format::falco::write_value(value, &mut self.key);
            }
        }
        if let Some(group) = self.groups.get_mut(&self.key[..]) {
            if group.passed < rule.first {
                group.passed += 1;
                return Verdict::Pass;
            }
            group.held += 1;
            group.last = Some(Kept::new(record));
            return Verdict::Hold;
        }
        if self.groups.len() >= self.settings.max_groups || rule.window.is_zero() {
            return Verdict::Pass;
        }
        let window = u64::try_from(rule.window.as_nanos()).unwrap_or(u64::MAX);
        let key: Arc<[u8]> = Arc::from(&self.key[..]);
        self.opened += 1;
        let closes = record.ts.saturating_add(window);
        self.closing
            .push(Reverse((closes, self.opened, Arc::clone(&key))));
        let held = u64::from(rule.first == 0);
        self.groups.insert(
            key,
            Group {
                opened: record.ts,
                passed: 1 - held,
                held,
                last: (held == 1).then(|| Kept::new(record)),
            },
        );
        match held {
            0 => Verdict::Pass,
            _ => Verdict::Hold,
        }
    }

    /// The last alert of a window that closed before `now`, if any were held back in it. To be
    /// called until there is none.
    pub(crate) fn closed(&mut self, now: u64) -> Option<(Kept, Repeats)> {
        while let Some(Reverse((closes, ..))) = self.closing.peek() {
            if *closes > now {
                return None;
            }
            let Reverse((_, _, key)) = self.closing.pop()?;
            let Some(group) = self.groups.remove(&key) else {
                continue;
            };
            if let Some(last) = group.last {
                let lasted = last.ts().saturating_sub(group.opened);
                let repeats = Repeats {
                    count: group.held,
                    seconds: lasted.div_ceil(1_000_000_000).max(1),
                };
                return Some((last, repeats));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use lanner_engine::{Printed, Priority};

    use super::*;

    /// Feeds alerts of a rule, a value and a second; what goes out, with its repeats.
    #[track_caller]
    fn check(
        rules: &[(&str, &[&str], u64)],
        max: usize,
        alerts: &[(&str, &str, u64)],
        expect: &[&str],
    ) {
        let rules = rules.iter().map(|(rule, by, first)| CollapseRule {
            rule: (*rule).to_owned(),
            by: by.iter().map(|b| (*b).to_owned()).collect(),
            window: Duration::from_secs(60),
            first: *first,
        });
        let mut groups = Groups::new(Collapse {
            rules: rules.collect(),
            max_groups: max,
            keep: None,
        });
        let mut out = Vec::new();
        let close = |groups: &mut Groups, now: u64, out: &mut Vec<String>| {
            while let Some((last, repeats)) = groups.closed(now) {
                last.lend(Some(repeats), |record| out.push(show(record)));
            }
        };
        for (rule, value, second) in alerts {
            let fields = [("f", Printed::Text(value.as_bytes()))];
            let ts = second * 1_000_000_000;
            let record = Record {
                rule,
                priority: Priority::Notice,
                source: "syscall",
                tags: Some(&[]),
                ts,
                time: b"",
                text: value.as_bytes(),
                fields: &fields,
                repeats: None,
            };
            close(&mut groups, ts, &mut out);
            if groups.judge(&record) == Verdict::Pass {
                out.push(show(&record));
            }
        }
        close(&mut groups, u64::MAX, &mut out);
        assert_eq!(out, expect);
    }

    fn show(record: &Record<'_>) -> String {
        let mut text = format!("{} {} ", record.ts / 1_000_000_000, record.rule).into_bytes();
        crate::format::falco::message(record, &mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn repeats_in_a_window_become_one_alert_that_says_so() {
        check(
            &[("*", &[], 1)],
            9,
            &[("R", "a", 0), ("R", "b", 1), ("R", "c", 59), ("R", "d", 61)],
            &["0 R a", "59 R c (2 more like this in 59 s)", "61 R d"],
        );
    }

    #[test]
    fn groups_are_of_a_rule_and_of_values() {
        check(
            &[("Other", &[], 1), ("R*", &["f"], 1)],
            9,
            &[
                ("R1", "a", 0),
                ("R1", "b", 1),
                ("R2", "a", 2),
                ("R1", "a", 3),
                ("S", "a", 4),
                ("S", "a", 5),
            ],
            &[
                "0 R1 a",
                "1 R1 b",
                "2 R2 a",
                "4 S a",
                "5 S a",
                "3 R1 a (1 more like this in 3 s)",
            ],
        );
    }

    #[test]
    fn so_many_go_out_before_others_are_held_back() {
        check(
            &[("*", &[], 2)],
            9,
            &[("R", "a", 0), ("R", "b", 1), ("R", "c", 2), ("R", "d", 3)],
            &["0 R a", "1 R b", "3 R d (2 more like this in 3 s)"],
        );
        check(
            &[("*", &[], 0)],
            9,
            &[("R", "a", 0), ("R", "b", 1)],
            &["1 R b (2 more like this in 1 s)"],
        );
    }

    #[test]
    fn groups_beyond_the_limit_go_out() {
        check(
            &[("*", &["f"], 1)],
            1,
            &[("R", "a", 0), ("R", "b", 1), ("R", "b", 2), ("R", "a", 3)],
            &["0 R a", "1 R b", "2 R b", "3 R a (1 more like this in 3 s)"],
        );
    }
}
