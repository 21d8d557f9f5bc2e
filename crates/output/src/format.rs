//! How an alert becomes a line (§6.1 and §6.2 of the interface).

use std::collections::BTreeMap;

use lanner_engine::{Alert, Printed, Priority};
use serde_json::{Map, Value};

use crate::json;

/// What a line looks like.
#[derive(Clone, Debug)]
pub struct Format {
    /// JSON instead of text, with these properties.
    pub json: Option<JsonFormat>,
    /// The name of the host in JSON alerts.
    pub hostname: String,
}

/// The properties of a JSON alert that can be left out.
#[derive(Clone, Copy, Debug)]
pub struct JsonFormat {
    /// The text (`json_include_output_property`).
    pub output: bool,
    /// The text without time and priority (`json_include_message_property`).
    pub message: bool,
    /// The values (`json_include_output_fields_property`).
    pub fields: bool,
    /// The tags of the rule (`json_include_tags_property`).
    pub tags: bool,
}

impl Format {
    /// Appends the line of an alert, without its end.
    pub fn write(&self, alert: &Alert<'_, '_>, out: &mut Vec<u8>) {
        match self.json {
            None => write_text(alert, out),
            Some(properties) => self.write_json(alert, properties, out),
        }
    }

    fn write_json(&self, alert: &Alert<'_, '_>, properties: JsonFormat, out: &mut Vec<u8>) {
        let rule = alert.rule;
        out.extend_from_slice(b"{\"hostname\":");
        json::string(out, self.hostname.as_bytes());
        let mut text = Vec::new();
        if properties.message {
            alert.render(&rule.output, &mut text);
            out.extend_from_slice(b",\"message\":");
            json::string(out, &text);
        }
        if properties.output {
            text.clear();
            write_text(alert, &mut text);
            out.extend_from_slice(b",\"output\":");
            json::string(out, &text);
        }
        if properties.fields {
            out.extend_from_slice(b",\"output_fields\":");
            write_fields(alert, out);
        }
        json::append(
            out,
            format_args!(",\"priority\":\"{}\",\"rule\":", rule.priority.name()),
        );
        json::string(out, rule.name.as_bytes());
        out.extend_from_slice(b",\"source\":");
        json::string(out, rule.source.as_bytes());
        if properties.tags {
            out.extend_from_slice(b",\"tags\":[");
            for (i, tag) in rule.tags.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                json::string(out, tag.as_bytes());
            }
            out.push(b']');
        }
        out.extend_from_slice(b",\"time\":\"");
        json::utc(out, alert.ts);
        out.extend_from_slice(b"\"}");
    }
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

impl Format {
    /// Appends the line of an alert of the monitoring about itself, without its end.
    pub fn write_internal(&self, alert: &Internal<'_>, out: &mut Vec<u8>) {
        let priority = alert.priority.name();
        if self.json.is_none() {
            json::append(
                out,
                format_args!("{}: {priority} {} (", alert.time, alert.message),
            );
            for (i, (key, value)) in alert.fields.iter().enumerate() {
                let blank = if i == 0 { "" } else { " " };
                json::append(out, format_args!("{blank}{key}={value}"));
            }
            out.push(b')');
            return;
        }
        out.extend_from_slice(b"{\"hostname\":");
        json::string(out, self.hostname.as_bytes());
        out.extend_from_slice(b",\"output\":");
        json::string(out, alert.message.as_bytes());
        out.extend_from_slice(b",\"output_fields\":{");
        for (i, (key, value)) in alert.fields.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            json::append(out, format_args!("{comma}\"{key}\":{value}"));
        }
        json::append(
            out,
            format_args!("}},\"priority\":\"{priority}\",\"rule\":"),
        );
        json::string(out, alert.rule.as_bytes());
        out.extend_from_slice(b",\"source\":\"internal\",\"time\":\"");
        json::utc(out, alert.ts);
        out.extend_from_slice(b"\"}");
    }
}

/// `time: Priority text`.
fn write_text(alert: &Alert<'_, '_>, out: &mut Vec<u8>) {
    alert.render(alert.time, out);
    json::append(out, format_args!(": {} ", alert.rule.priority.name()));
    alert.render(&alert.rule.output, out);
}

/// The values of the fields that the text names, of the time, and of the fields that the
/// configuration adds, in the order of their names.
fn write_fields(alert: &Alert<'_, '_>, out: &mut Vec<u8>) {
    let mut fields: BTreeMap<&str, Printed<'_>> = BTreeMap::new();
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
    out.push(b'{');
    for (i, (key, value)) in fields.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        json::string(out, key.as_bytes());
        out.push(b':');
        write_value(value, out);
    }
    out.push(b'}');
}

fn write_value(value: &Printed<'_>, out: &mut Vec<u8>) {
    match value {
        Printed::Missing => out.extend_from_slice(b"null"),
        Printed::Bool(b) => json::append(out, format_args!("{b}")),
        Printed::Int(n) => json::append(out, format_args!("{n}")),
        Printed::Uint(n) => json::append(out, format_args!("{n}")),
        Printed::Double(n) if n.is_finite() => json::append(out, format_args!("{n:?}")),
        Printed::Double(_) => out.extend_from_slice(b"null"),
        Printed::Text(text) => json::string(out, text),
        Printed::List(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_value(item, out);
            }
            out.push(b']');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_about_itself_has_falcos_form() {
        let mut fields = Map::new();
        fields.insert("n_drops".to_owned(), Value::from("3"));
        fields.insert("n_evts".to_owned(), Value::from(7));
        let alert = Internal {
            rule: "Falco internal: x",
            priority: Priority::Debug,
            ts: 1_000_000_001,
            time: "01:00:01.000000001",
            message: "Falco internal: x. Done.",
            fields: &fields,
        };
        let check = |json: bool, expect: &str| {
            let properties = JsonFormat {
                output: true,
                message: false,
                fields: true,
                tags: true,
            };
            let format = Format {
                json: json.then_some(properties),
                hostname: "h".to_owned(),
            };
            let mut out = Vec::new();
            format.write_internal(&alert, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expect);
        };
        check(
            false,
            "01:00:01.000000001: Debug Falco internal: x. Done. (n_drops=\"3\" n_evts=7)",
        );
        check(
            true,
            "{\"hostname\":\"h\",\"output\":\"Falco internal: x. Done.\",\
             \"output_fields\":{\"n_drops\":\"3\",\"n_evts\":7},\"priority\":\"Debug\",\
             \"rule\":\"Falco internal: x\",\"source\":\"internal\",\
             \"time\":\"1970-01-01T00:00:01.000000001Z\"}",
        );
    }

    #[test]
    fn values_have_their_json_type() {
        let check = |value: Printed<'_>, expect: &str| {
            let mut out = Vec::new();
            write_value(&value, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expect);
        };
        check(Printed::Missing, "null");
        check(Printed::Bool(true), "true");
        check(Printed::Int(-1), "-1");
        check(Printed::Uint(u64::MAX), "18446744073709551615");
        check(Printed::Double(2.0), "2.0");
        check(Printed::Double(f64::NAN), "null");
        check(Printed::Text(b"a\"b"), r#""a\"b""#);
        check(
            Printed::List(&[Printed::Uint(1), Printed::Text(b"x")]),
            r#"[1,"x"]"#,
        );
    }
}
