//! Alerts of the monitor about itself (§6.6 of the interface).

use jiff::Timestamp;
use lanner_output::Internal;
use lanner_rules::Priority;
use serde_json::{Map, Value};

use crate::log::time_of_day;
use crate::run::Lines;

/// Sends one to the outputs.
pub(crate) fn send(
    lines: &mut Lines,
    rule: &str,
    priority: Priority,
    message: &str,
    fields: &Map<String, Value>,
) {
    let ts = Timestamp::now();
    lines.outputs.internal(&Internal {
        rule,
        priority,
        ts: u64::try_from(ts.as_nanosecond()).unwrap_or_default(),
        time: &time_of_day(ts),
        message,
        fields,
    });
}
