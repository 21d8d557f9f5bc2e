//! Alerts as Falco writes them (§6.1, §6.2 and §6.6 of the interface).

use lanner_engine::Printed;

use super::Format;
use crate::json;
use crate::record::{Record, Repeats};

/// `time: Priority text`, with the values of an internal alert behind.
pub(super) fn text(record: &Record<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(record.time);
    json::append(out, format_args!(": {} ", record.priority.name()));
    message(record, out);
    if record.is_internal() {
        out.extend_from_slice(b" (");
        for (i, (name, value)) in record.fields.iter().enumerate() {
            let blank = if i == 0 { "" } else { " " };
            json::append(out, format_args!("{blank}{name}="));
            write_value(value, out);
        }
        out.push(b')');
    }
}

/// What the alert says, and how often it was said.
pub(crate) fn message(record: &Record<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(record.text);
    if let Some(Repeats { count, seconds }) = record.repeats {
        json::append(
            out,
            format_args!(" ({count} more like this in {seconds} s)"),
        );
    }
}

/// One object, its keys in the order of their names.
pub(super) fn json(record: &Record<'_>, format: &Format, out: &mut Vec<u8>) {
    let internal = record.is_internal();
    let properties = format.json;
    out.extend_from_slice(b"{\"hostname\":");
    json::string(out, format.hostname.as_bytes());
    let mut said = Vec::new();
    if properties.message && !internal {
        message(record, &mut said);
        out.extend_from_slice(b",\"message\":");
        json::string(out, &said);
    }
    if properties.output || internal {
        said.clear();
        match internal {
            true => message(record, &mut said),
            false => text(record, &mut said),
        }
        out.extend_from_slice(b",\"output\":");
        json::string(out, &said);
    }
    if properties.fields || internal {
        out.extend_from_slice(b",\"output_fields\":");
        write_fields(record, out);
    }
    let priority = record.priority.name();
    json::append(out, format_args!(",\"priority\":\"{priority}\",\"rule\":"));
    json::string(out, record.rule.as_bytes());
    out.extend_from_slice(b",\"source\":");
    json::string(out, record.source.as_bytes());
    if let Some(tags) = record.tags.filter(|_| properties.tags) {
        out.extend_from_slice(b",\"tags\":[");
        for (i, tag) in tags.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            json::string(out, tag.as_bytes());
        }
        out.push(b']');
    }
    out.extend_from_slice(b",\"time\":\"");
    json::utc(out, record.ts);
    out.extend_from_slice(b"\"}");
}

fn write_fields(record: &Record<'_>, out: &mut Vec<u8>) {
    out.push(b'{');
    let repeats = record
        .repeats
        .map(|r| ("lanner.repeats", Printed::Uint(r.count)));
    for (i, (key, value)) in record.fields.iter().chain(&repeats).enumerate() {
        if i > 0 {
            out.push(b',');
        }
        json::string(out, key.as_bytes());
        out.push(b':');
        write_value(value, out);
    }
    out.push(b'}');
}

/// A value as JSON.
pub(crate) fn write_value(value: &Printed<'_>, out: &mut Vec<u8>) {
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
    use lanner_engine::Priority;
    use serde_json::{Map, Value};

    use super::*;
    use crate::format::{Encoding, JsonFormat};
    use crate::record::{self, Internal};

    fn format() -> Format {
        Format {
            json: JsonFormat::default(),
            hostname: "h".to_owned(),
        }
    }

    #[test]
    fn an_alert_about_itself_has_falcos_form() {
        let mut fields = Map::new();
        fields.insert("n_drops".to_owned(), Value::String("3".to_owned()));
        fields.insert("n_evts".to_owned(), Value::from(7));
        let alert = Internal {
            rule: "Falco internal: x",
            priority: Priority::Debug,
            ts: 1_000_000_001,
            time: "01:00:01.000000001",
            message: "Falco internal: x. Done.",
            fields: &fields,
        };
        let check = |encoding: Encoding, expect: &str| {
            let mut out = Vec::new();
            record::of_internal(&alert, |r| format().write(encoding, r, &mut out));
            assert_eq!(String::from_utf8(out).unwrap(), expect);
        };
        check(
            Encoding::Text,
            "01:00:01.000000001: Debug Falco internal: x. Done. (n_drops=\"3\" n_evts=7)",
        );
        check(
            Encoding::Json,
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
