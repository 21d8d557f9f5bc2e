//! Alerts as OpenTelemetry log records, for OTLP/HTTP.
//!
//! Each alert is a whole `ExportLogsServiceRequest` with one record. Such requests can be merged
//! without reading them: in the protobuf encoding they follow each other, in the JSON encoding the
//! items of their one list do.
//!
//! The messages, their field numbers and types are those of opentelemetry-proto 1.x
//! (`collector/logs/v1/logs_service.proto`, `logs/v1/logs.proto`, `common/v1/common.proto`,
//! `resource/v1/resource.proto`), as far as they are used here. The names of attributes are those
//! of the semantic conventions where there are any (`host.name`, `service.name`,
//! `security_rule.name`, `log.record.uid`); the values of an alert have the names of their fields.

use std::borrow::Cow;

use lanner_engine::{Printed, Priority};
use prost::Message;
use serde_json::{Value, json};

use super::falco;
use crate::record::Record;

/// `opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ExportLogsServiceRequest {
    #[prost(message, repeated, tag = "1")]
    pub(crate) resource_logs: Vec<ResourceLogs>,
}

/// `opentelemetry.proto.logs.v1.ResourceLogs`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ResourceLogs {
    #[prost(message, optional, tag = "1")]
    pub(crate) resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) scope_logs: Vec<ScopeLogs>,
}

/// `opentelemetry.proto.resource.v1.Resource`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Resource {
    #[prost(message, repeated, tag = "1")]
    pub(crate) attributes: Vec<KeyValue>,
}

/// `opentelemetry.proto.logs.v1.ScopeLogs`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ScopeLogs {
    #[prost(message, optional, tag = "1")]
    pub(crate) scope: Option<Scope>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) log_records: Vec<LogRecord>,
}

/// `opentelemetry.proto.common.v1.InstrumentationScope`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Scope {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) version: String,
}

/// `opentelemetry.proto.logs.v1.LogRecord`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct LogRecord {
    #[prost(fixed64, tag = "1")]
    pub(crate) time_unix_nano: u64,
    #[prost(int32, tag = "2")]
    pub(crate) severity_number: i32,
    #[prost(string, tag = "3")]
    pub(crate) severity_text: String,
    #[prost(message, optional, tag = "5")]
    pub(crate) body: Option<AnyValue>,
    #[prost(message, repeated, tag = "6")]
    pub(crate) attributes: Vec<KeyValue>,
    #[prost(fixed64, tag = "11")]
    pub(crate) observed_time_unix_nano: u64,
    #[prost(string, tag = "12")]
    pub(crate) event_name: String,
}

/// `opentelemetry.proto.common.v1.KeyValue`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct KeyValue {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) value: Option<AnyValue>,
}

/// `opentelemetry.proto.common.v1.AnyValue`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct AnyValue {
    #[prost(oneof = "AnyKind", tags = "1, 2, 3, 4, 5")]
    pub(crate) value: Option<AnyKind>,
}

/// The kinds of `AnyValue` that alerts have.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum AnyKind {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(bool, tag = "2")]
    Bool(bool),
    #[prost(int64, tag = "3")]
    Int(i64),
    #[prost(double, tag = "4")]
    Double(f64),
    #[prost(message, tag = "5")]
    Array(ArrayValue),
}

/// `opentelemetry.proto.common.v1.ArrayValue`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ArrayValue {
    #[prost(message, repeated, tag = "1")]
    pub(crate) values: Vec<AnyValue>,
}

/// `opentelemetry.proto.collector.logs.v1.ExportLogsServiceResponse`.
#[derive(Clone, PartialEq, Message)]
struct ExportLogsServiceResponse {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<ExportLogsPartialSuccess>,
}

/// `opentelemetry.proto.collector.logs.v1.ExportLogsPartialSuccess`.
#[derive(Clone, PartialEq, Message)]
struct ExportLogsPartialSuccess {
    #[prost(int64, tag = "1")]
    rejected_log_records: i64,
    #[prost(string, tag = "2")]
    error_message: String,
}

/// The severity of a priority: the mapping of syslog's in the specification of the data model of
/// logs, appendix B.
fn severity(priority: Priority) -> (i32, &'static str) {
    match priority {
        Priority::Emergency => (21, "FATAL"),
        Priority::Alert => (19, "ERROR3"),
        Priority::Critical => (18, "ERROR2"),
        Priority::Error => (17, "ERROR"),
        Priority::Warning => (13, "WARN"),
        Priority::Notice => (10, "INFO2"),
        Priority::Informational => (9, "INFO"),
        Priority::Debug => (5, "DEBUG"),
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn text(value: impl Into<String>) -> AnyValue {
    AnyValue {
        value: Some(AnyKind::Text(value.into())),
    }
}

fn attribute(key: &str, value: AnyValue) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(value),
    }
}

/// The value of a field; `None` if it is missing.
fn any(value: &Printed<'_>) -> Option<AnyValue> {
    let kind = match value {
        Printed::Missing => return None,
        Printed::Bool(b) => AnyKind::Bool(*b),
        Printed::Int(n) => AnyKind::Int(*n),
        // There are no unsigned integers: what is too large for a signed one is text.
        Printed::Uint(n) => match i64::try_from(*n) {
            Ok(n) => AnyKind::Int(n),
            Err(_) => AnyKind::Text(n.to_string()),
        },
        Printed::Double(n) => AnyKind::Double(*n),
        Printed::Text(bytes) => AnyKind::Text(lossy(bytes)),
        Printed::List(items) => AnyKind::Array(ArrayValue {
            values: items.iter().filter_map(any).collect(),
        }),
    };
    Some(AnyValue { value: Some(kind) })
}

/// The request of one alert.
pub(crate) fn request(record: &Record<'_>, hostname: &str) -> ExportLogsServiceRequest {
    let (number, _) = severity(record.priority);
    let mut said = Vec::new();
    falco::message(record, &mut said);
    let mut attributes = vec![
        attribute("security_rule.name", text(record.rule)),
        attribute("lanner.source", text(record.source)),
    ];
    if let Some(tags) = record.tags {
        let values = tags.iter().map(|t| text(t.as_str())).collect();
        let tags = AnyKind::Array(ArrayValue { values });
        attributes.push(attribute("lanner.tags", AnyValue { value: Some(tags) }));
    }
    if let Some(repeats) = record.repeats {
        attributes
            .extend(any(&Printed::Uint(repeats.count)).map(|v| attribute("lanner.repeats", v)));
    }
    for (name, value) in record.fields {
        attributes.extend(any(value).map(|v| attribute(name, v)));
    }
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(Resource {
                attributes: vec![
                    attribute("service.name", text("lanner")),
                    attribute("host.name", text(hostname)),
                ],
            }),
            scope_logs: vec![ScopeLogs {
                scope: Some(Scope {
                    name: "lanner".to_owned(),
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                }),
                log_records: vec![LogRecord {
                    time_unix_nano: record.ts,
                    severity_number: number,
                    severity_text: record.priority.name().to_owned(),
                    body: Some(text(lossy(&said))),
                    attributes,
                    // The event was seen when it happened, as far as alerts tell.
                    observed_time_unix_nano: record.ts,
                    event_name: "lanner.alert".to_owned(),
                }],
            }],
        }],
    }
}

/// The JSON encoding: that of protobuf messages, except that numbers of 64 bits are text and
/// enumerations are numbers.
pub(super) fn to_json(request: &ExportLogsServiceRequest) -> Value {
    let logs = request.resource_logs.iter().map(|r| {
        let scopes = r.scope_logs.iter().map(|s| {
            let records: Vec<Value> = s.log_records.iter().map(record_json).collect();
            let scope = s.scope.as_ref();
            let scope = scope.map(|s| json!({"name": s.name, "version": s.version}));
            json!({"scope": scope, "logRecords": records})
        });
        let scopes: Vec<Value> = scopes.collect();
        let attributes = r.resource.iter().flat_map(|r| &r.attributes);
        let attributes: Vec<Value> = attributes.map(key_value_json).collect();
        json!({"resource": {"attributes": attributes}, "scopeLogs": scopes})
    });
    json!({"resourceLogs": logs.collect::<Vec<Value>>()})
}

fn record_json(record: &LogRecord) -> Value {
    let attributes: Vec<Value> = record.attributes.iter().map(key_value_json).collect();
    json!({
        "timeUnixNano": record.time_unix_nano.to_string(),
        "observedTimeUnixNano": record.observed_time_unix_nano.to_string(),
        "severityNumber": record.severity_number,
        "severityText": record.severity_text,
        "eventName": record.event_name,
        "body": record.body.as_ref().map(any_json),
        "attributes": attributes,
    })
}

fn key_value_json(pair: &KeyValue) -> Value {
    json!({"key": pair.key, "value": pair.value.as_ref().map(any_json)})
}

fn any_json(value: &AnyValue) -> Value {
    match &value.value {
        None => json!({}),
        Some(AnyKind::Text(text)) => json!({"stringValue": text}),
        Some(AnyKind::Bool(b)) => json!({"boolValue": b}),
        Some(AnyKind::Int(n)) => json!({"intValue": n.to_string()}),
        Some(AnyKind::Double(n)) if n.is_finite() => json!({"doubleValue": n}),
        // As protobuf's JSON has them.
        Some(AnyKind::Double(n)) if n.is_nan() => json!({"doubleValue": "NaN"}),
        Some(AnyKind::Double(n)) if *n > 0.0 => json!({"doubleValue": "Infinity"}),
        Some(AnyKind::Double(_)) => json!({"doubleValue": "-Infinity"}),
        Some(AnyKind::Array(array)) => {
            let values: Vec<Value> = array.values.iter().map(any_json).collect();
            json!({"arrayValue": {"values": values}})
        }
    }
}

const BEGIN: &[u8] = b"{\"resourceLogs\":[";
const END: &[u8] = b"]}";

/// One request of several, in the JSON encoding.
pub(crate) fn merge_json<'b>(requests: impl Iterator<Item = Cow<'b, [u8]>>) -> Vec<u8> {
    let mut merged = BEGIN.to_vec();
    for (i, request) in requests.enumerate() {
        if i > 0 {
            merged.push(b',');
        }
        let inner = request.strip_prefix(BEGIN);
        let inner = inner.and_then(|r| r.strip_suffix(END));
        merged.extend_from_slice(inner.unwrap_or_default());
    }
    merged.extend_from_slice(END);
    merged
}

/// Marks the records of a request as possibly delivered before, by an id to know them by.
pub(super) fn mark_protobuf(bytes: &[u8], uuid: &str) -> Option<Vec<u8>> {
    let mut request = ExportLogsServiceRequest::decode(bytes).ok()?;
    for record in request
        .resource_logs
        .iter_mut()
        .flat_map(|r| &mut r.scope_logs)
        .flat_map(|s| &mut s.log_records)
    {
        record
            .attributes
            .push(attribute("log.record.uid", text(uuid)));
        let yes = AnyKind::Bool(true);
        record.attributes.push(attribute(
            "lanner.redelivery",
            AnyValue { value: Some(yes) },
        ));
    }
    Some(request.encode_to_vec())
}

/// [`mark_protobuf`] for the JSON encoding.
pub(super) fn mark_json(bytes: &[u8], uuid: &str) -> Option<Vec<u8>> {
    let mut request: Value = serde_json::from_slice(bytes).ok()?;
    let attributes = request
        .pointer_mut("/resourceLogs/0/scopeLogs/0/logRecords/0/attributes")?
        .as_array_mut()?;
    attributes.push(json!({"key": "log.record.uid", "value": {"stringValue": uuid}}));
    attributes.push(json!({"key": "lanner.redelivery", "value": {"boolValue": true}}));
    Some(request.to_string().into_bytes())
}

/// How many records a reply in the JSON encoding says were rejected, and why.
pub(crate) fn rejected_json(reply: &[u8]) -> (u64, String) {
    let reply: Value = serde_json::from_slice(reply).unwrap_or_default();
    let partial = &reply["partialSuccess"];
    let count = &partial["rejectedLogRecords"];
    let count = match count.as_str() {
        Some(text) => text.parse().ok(),
        None => count.as_u64(),
    };
    let why = partial["errorMessage"].as_str().unwrap_or_default();
    (count.unwrap_or_default(), why.to_owned())
}

/// [`rejected_json`] for the protobuf encoding.
pub(crate) fn rejected_protobuf(reply: &[u8]) -> (u64, String) {
    let reply = ExportLogsServiceResponse::decode(reply).unwrap_or_default();
    let partial = reply.partial_success.unwrap_or_default();
    let count = u64::try_from(partial.rejected_log_records);
    (count.unwrap_or_default(), partial.error_message)
}
