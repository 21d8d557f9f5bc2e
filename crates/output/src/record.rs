//! What every format is made of: an alert of a rule, or one of the monitoring about itself, with
//! its texts and values at hand.

use std::collections::BTreeMap;

use lanner_engine::{Alert, Printed, Priority};
use serde_json::{Map, Value};

/// An alert, ready to be written in any format.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    /// The name of the rule.
    pub(crate) rule: &'a str,
    /// How severe it is.
    pub(crate) priority: Priority,
    /// The source of the event; `internal` of an alert of the monitoring about itself.
    pub(crate) source: &'a str,
    /// The tags of the rule; internal alerts have none.
    pub(crate) tags: Option<&'a [String]>,
    /// When, nanoseconds since the epoch.
    pub(crate) ts: u64,
    /// When, as text alerts begin.
    pub(crate) time: &'a [u8],
    /// What the alert says.
    pub(crate) text: &'a [u8],
    /// The values, in the order of their names.
    pub(crate) fields: &'a [(&'a str, Printed<'a>)],
    /// What it stands for besides itself.
    pub(crate) repeats: Option<Repeats>,
}

/// Alerts that were held back because they repeat the one before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Repeats {
    /// How many, the one that is shown included.
    pub(crate) count: u64,
    /// From the first alert to the last, whole seconds, rounded up.
    pub(crate) seconds: u64,
}

/// An alert of the monitoring about itself (§6.6 of the interface).
#[derive(Clone, Copy, Debug)]
pub struct Internal<'a> {
    /// What stands in the place of the rule's name.
    pub rule: &'a str,
    /// How severe it is.
    pub priority: Priority,
    /// When, nanoseconds since the epoch.
    pub ts: u64,
    /// When, as text alerts have it: local time.
    pub time: &'a str,
    /// What is the matter.
    pub message: &'a str,
    /// Values, in order.
    pub fields: &'a Map<String, Value>,
}

impl Record<'_> {
    /// Whether it is an alert of the monitoring about itself.
    pub(crate) fn is_internal(&self) -> bool {
        self.tags.is_none()
    }
}

/// Lends the record of an alert. Values are read only if some format shows them.
pub(crate) fn of_alert<R>(
    alert: &Alert<'_, '_>,
    with_fields: bool,
    scratch: &mut Scratch,
    lend: impl FnOnce(&Record<'_>) -> R,
) -> R {
    let rule = alert.rule;
    scratch.time.clear();
    alert.render(alert.time, &mut scratch.time);
    scratch.text.clear();
    alert.render(&rule.output, &mut scratch.text);
    let fields: Vec<(&str, Printed<'_>)> = match with_fields {
        true => fields(alert).into_iter().collect(),
        false => Vec::new(),
    };
    lend(&Record {
        rule: &rule.name,
        priority: rule.priority,
        source: &rule.source,
        tags: Some(&rule.tags),
        ts: alert.ts,
        time: &scratch.time,
        text: &scratch.text,
        fields: &fields,
        repeats: None,
    })
}

/// Lends the record of an alert of the monitoring about itself.
pub(crate) fn of_internal<R>(internal: &Internal<'_>, lend: impl FnOnce(&Record<'_>) -> R) -> R {
    let texts: Vec<String> = internal.fields.values().map(text).collect();
    let fields: Vec<(&str, Printed<'_>)> = internal
        .fields
        .iter()
        .zip(&texts)
        .map(|((name, value), text)| (name.as_str(), printed(value, text)))
        .collect();
    lend(&Record {
        rule: internal.rule,
        priority: internal.priority,
        source: "internal",
        tags: None,
        ts: internal.ts,
        time: internal.time.as_bytes(),
        text: internal.message.as_bytes(),
        fields: &fields,
        repeats: None,
    })
}

/// The text of a value that has no simple type.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => value.to_string(),
        _ => String::new(),
    }
}

/// A JSON value as a printed one.
fn printed<'a>(value: &'a Value, text: &'a str) -> Printed<'a> {
    match value {
        Value::Null => Printed::Missing,
        Value::Bool(b) => Printed::Bool(*b),
        Value::Number(n) => match (n.as_u64(), n.as_i64(), n.as_f64()) {
            (Some(n), ..) => Printed::Uint(n),
            (_, Some(n), _) => Printed::Int(n),
            (.., Some(n)) => Printed::Double(n),
            _ => Printed::Missing,
        },
        Value::String(_) | Value::Array(_) | Value::Object(_) => Printed::Text(text.as_bytes()),
    }
}

/// Buffers that are used again.
#[derive(Default)]
pub(crate) struct Scratch {
    time: Vec<u8>,
    text: Vec<u8>,
}

/// The values of the fields that the text names, of the time, and of the fields that the
/// configuration adds, in the order of their names.
fn fields<'t, 'a>(alert: &'t Alert<'_, 'a>) -> BTreeMap<&'t str, Printed<'a>> {
    let mut fields: BTreeMap<&str, Printed<'a>> = BTreeMap::new();
    fields.extend(alert.values(&alert.rule.output));
    fields.extend(alert.values(alert.time));
    for extra in &alert.rule.extra_fields {
        if extra.raw {
            fields.extend(alert.values(&extra.template));
        } else {
            let mut text = Vec::new();
            alert.render(&extra.template, &mut text);
            fields.insert(&extra.key, Printed::Text(alert.keep(&text)));
        }
    }
    fields
}

/// A record that lasts.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    rule: String,
    priority: Priority,
    source: String,
    tags: Vec<String>,
    ts: u64,
    time: Vec<u8>,
    text: Vec<u8>,
    fields: Vec<(String, KeptValue)>,
}

#[derive(Clone, Debug)]
enum KeptValue {
    Missing,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(Vec<u8>),
    List(Vec<KeptValue>),
}

impl Kept {
    /// Keeps a record of a rule's alert.
    pub(crate) fn new(record: &Record<'_>) -> Kept {
        Kept {
            rule: record.rule.to_owned(),
            priority: record.priority,
            source: record.source.to_owned(),
            tags: record.tags.unwrap_or_default().to_vec(),
            ts: record.ts,
            time: record.time.to_vec(),
            text: record.text.to_vec(),
            fields: record
                .fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), KeptValue::new(value)))
                .collect(),
        }
    }

    /// When it happened.
    pub(crate) fn ts(&self) -> u64 {
        self.ts
    }

    /// Lends it as it was, with what it stands for.
    pub(crate) fn lend<R>(
        &self,
        repeats: Option<Repeats>,
        lend: impl FnOnce(&Record<'_>) -> R,
    ) -> R {
        let lists: Vec<Vec<Printed<'_>>> = self
            .fields
            .iter()
            .map(|(_, value)| match value {
                KeptValue::List(items) => items.iter().map(|i| i.printed(&[])).collect(),
                _ => Vec::new(),
            })
            .collect();
        let fields: Vec<(&str, Printed<'_>)> = self
            .fields
            .iter()
            .zip(&lists)
            .map(|((name, value), list)| (name.as_str(), value.printed(list)))
            .collect();
        lend(&Record {
            rule: &self.rule,
            priority: self.priority,
            source: &self.source,
            tags: Some(&self.tags),
            ts: self.ts,
            time: &self.time,
            text: &self.text,
            fields: &fields,
            repeats,
        })
    }
}

impl KeptValue {
    fn new(value: &Printed<'_>) -> KeptValue {
        match value {
            Printed::Missing => KeptValue::Missing,
            Printed::Bool(b) => KeptValue::Bool(*b),
            Printed::Int(n) => KeptValue::Int(*n),
            Printed::Uint(n) => KeptValue::Uint(*n),
            Printed::Double(n) => KeptValue::Double(*n),
            Printed::Text(text) => KeptValue::Text(text.to_vec()),
            Printed::List(items) => KeptValue::List(items.iter().map(KeptValue::new).collect()),
        }
    }

    /// The value; `list` holds the elements if it is a list. (No field is a list of lists.)
    fn printed<'a>(&'a self, list: &'a [Printed<'a>]) -> Printed<'a> {
        match self {
            KeptValue::Missing => Printed::Missing,
            KeptValue::Bool(b) => Printed::Bool(*b),
            KeptValue::Int(n) => Printed::Int(*n),
            KeptValue::Uint(n) => Printed::Uint(*n),
            KeptValue::Double(n) => Printed::Double(*n),
            KeptValue::Text(text) => Printed::Text(text),
            KeptValue::List(_) => Printed::List(list),
        }
    }
}
