//! Alerts in the Elastic Common Schema, version 8.17.
//!
//! Fields of an alert that mean what a field of the schema means have its name and type
//! ([`FIELDS`]). All of them are also in `labels`, as text, with `_` where their names have what
//! names of labels must not have.

use lanner_engine::Printed;
use serde_json::{Map, Value, json};

use super::falco;
use crate::json;
use crate::record::Record;
use crate::spool::segment::severity;

/// The version that `ecs.version` tells.
const VERSION: &str = "8.17.0";

/// The type of a field in the schema.
#[derive(Clone, Copy)]
enum Kind {
    /// `keyword`: text.
    Keyword,
    /// `long`.
    Long,
    /// A path: text that begins with `/`, and nothing otherwise.
    Path,
    /// `ip`.
    Ip,
    /// Several of `keyword`.
    Keywords,
}

use Kind::{Ip, Keyword, Keywords, Long, Path};

/// Fields of alerts, and where the schema has them.
const FIELDS: &[(&str, &str, Kind)] = &[
    ("container.id", "container.id", Keyword),
    (
        "container.image.digest",
        "container.image.hash.all",
        Keywords,
    ),
    (
        "container.image.repository",
        "container.image.name",
        Keyword,
    ),
    ("container.image.tag", "container.image.tag", Keywords),
    ("container.name", "container.name", Keyword),
    ("evt.type", "event.action", Keyword),
    ("fd.cip", "source.ip", Ip),
    ("fd.cport", "source.port", Long),
    ("fd.directory", "file.directory", Path),
    ("fd.filename", "file.name", Keyword),
    ("fd.l4proto", "network.transport", Keyword),
    ("fd.name", "file.path", Path),
    ("fd.sip", "destination.ip", Ip),
    ("fd.sport", "destination.port", Long),
    ("fs.path.name", "file.path", Path),
    ("group.gid", "user.group.id", Keyword),
    ("group.name", "user.group.name", Keyword),
    ("k8s.ns.name", "orchestrator.namespace", Keyword),
    ("k8s.pod.name", "orchestrator.resource.name", Keyword),
    ("proc.cmdline", "process.command_line", Keyword),
    ("proc.cwd", "process.working_directory", Path),
    ("proc.exepath", "process.executable", Path),
    ("proc.name", "process.name", Keyword),
    ("proc.pcmdline", "process.parent.command_line", Keyword),
    ("proc.pexepath", "process.parent.executable", Path),
    ("proc.pid", "process.pid", Long),
    ("proc.pname", "process.parent.name", Keyword),
    ("proc.ppid", "process.parent.pid", Long),
    ("proc.vpid", "process.vpid", Long),
    ("user.name", "user.name", Keyword),
    ("user.uid", "user.id", Keyword),
];

/// Appends an alert.
pub(super) fn write(record: &Record<'_>, hostname: &str, out: &mut Vec<u8>) {
    let mut said = Vec::new();
    falco::message(record, &mut said);
    let mut time = Vec::new();
    json::utc(&mut time, record.ts);
    let mut document = Map::new();
    document.insert("@timestamp".to_owned(), text(&time));
    document.insert("message".to_owned(), text(&said));
    if let Some(tags) = record.tags {
        document.insert("tags".to_owned(), json!(tags));
    }
    let level = record.priority.name().to_ascii_lowercase();
    let code = severity(record.priority);
    for (path, value) in [
        ("ecs.version", json!(VERSION)),
        ("event.category", json!(["intrusion_detection"])),
        ("event.dataset", json!("lanner.alert")),
        ("event.kind", json!("alert")),
        ("event.module", json!("lanner")),
        ("event.provider", json!(record.source)),
        ("event.severity", json!(code)),
        ("event.type", json!(["info"])),
        ("host.hostname", json!(hostname)),
        ("host.name", json!(hostname)),
        ("log.level", json!(level)),
        ("log.syslog.severity.code", json!(code)),
        ("rule.name", json!(record.rule)),
    ] {
        put(&mut document, path, value);
    }
    let mut labels = Map::new();
    for (name, value) in record.fields {
        if let Some(text) = plain(value) {
            labels.insert(label(name), Value::String(text));
        }
        if let Some(known) = FIELDS.iter().find(|(n, ..)| n == name)
            && let Some(value) = typed(value, known.2)
        {
            put(&mut document, known.1, value);
        }
    }
    if let Some(repeats) = record.repeats {
        labels.insert(
            "lanner_repeats".to_owned(),
            json!(repeats.count.to_string()),
        );
    }
    if document.contains_key("orchestrator") {
        put(&mut document, "orchestrator.type", json!("kubernetes"));
        if record
            .fields
            .iter()
            .any(|(n, v)| *n == "k8s.pod.name" && plain(v).is_some())
        {
            put(&mut document, "orchestrator.resource.type", json!("pod"));
        }
    }
    if !labels.is_empty() {
        document.insert("labels".to_owned(), Value::Object(labels));
    }
    json::append(out, format_args!("{}", Value::Object(document)));
}

fn text(bytes: &[u8]) -> Value {
    Value::String(String::from_utf8_lossy(bytes).into_owned())
}

/// The name of a label: without dots, which would make it an object, and brackets.
fn label(name: &str) -> String {
    name.replace(['.', '[', ' ', '*'], "_").replace(']', "")
}

/// The value as text; `None` if it is missing.
fn plain(value: &Printed<'_>) -> Option<String> {
    Some(match value {
        Printed::Missing => return None,
        Printed::Bool(b) => b.to_string(),
        Printed::Int(n) => n.to_string(),
        Printed::Uint(n) => n.to_string(),
        Printed::Double(n) => n.to_string(),
        Printed::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Printed::List(items) => {
            let items: Vec<String> = items.iter().filter_map(plain).collect();
            items.join(",")
        }
    })
}

/// The value as the schema wants it; `None` if it cannot be that.
fn typed(value: &Printed<'_>, kind: Kind) -> Option<Value> {
    let plain = plain(value).filter(|text| text != "<NA>" && !text.is_empty())?;
    match kind {
        Keyword => Some(Value::String(plain)),
        Keywords => Some(json!([plain])),
        Long => plain.parse::<i64>().ok().map(Value::from),
        Path => plain.starts_with('/').then_some(Value::String(plain)),
        Ip => {
            let address: Result<std::net::IpAddr, _> = plain.parse();
            address.is_ok().then_some(Value::String(plain))
        }
    }
}

/// Puts a value at a path of names, unless there is one.
fn put(document: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            document.entry(path).or_insert(value);
        }
        Some((first, rest)) => {
            let inner = document
                .entry(first)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// Marks an alert as possibly delivered before, by an id to know it by.
pub(super) fn mark(bytes: &[u8], uuid: &str) -> Option<Vec<u8>> {
    let mut document: Map<String, Value> = serde_json::from_slice(bytes).ok()?;
    put(&mut document, "event.id", json!(uuid));
    put(&mut document, "labels.lanner_redelivery", json!("true"));
    Some(Value::Object(document).to_string().into_bytes())
}
