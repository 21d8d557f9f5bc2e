//! How an alert becomes bytes.

pub(crate) mod ecs;
pub(crate) mod falco;
pub(crate) mod otlp;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use prost::Message;

use crate::json;
use crate::record::Record;

/// What an alert looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Falco's text (§6.1 of the interface).
    Text,
    /// Falco's JSON (§6.2 of the interface).
    Json,
    /// The Elastic Common Schema, JSON.
    Ecs,
    /// An OpenTelemetry log record: a request of OTLP/HTTP in its JSON encoding.
    OtlpJson,
    /// An OpenTelemetry log record: a request of OTLP/HTTP in its protobuf encoding. Not a line
    /// of text: for [`Target::Http`](crate::Target::Http) only.
    OtlpProtobuf,
}

impl Encoding {
    /// All, each at the place of its number in the files of a spool; these never change.
    const ALL: [Encoding; 5] = [
        Encoding::Text,
        Encoding::Json,
        Encoding::Ecs,
        Encoding::OtlpJson,
        Encoding::OtlpProtobuf,
    ];

    /// Whether the values of fields are part of it.
    pub(crate) fn has_fields(self, json: JsonFormat) -> bool {
        match self {
            Encoding::Text => false,
            Encoding::Json => json.fields,
            Encoding::Ecs | Encoding::OtlpJson | Encoding::OtlpProtobuf => true,
        }
    }

    /// The number of it in the files of a spool.
    pub(crate) fn code(self) -> u8 {
        let at = Encoding::ALL.iter().position(|e| *e == self);
        at.unwrap_or_default() as u8
    }

    /// The encoding of this number.
    pub(crate) fn by_code(code: u8) -> Option<Encoding> {
        Encoding::ALL.get(usize::from(code)).copied()
    }

    /// The alert, marked as one that may have been delivered before, with an id to know it by.
    pub(crate) fn mark<'b>(self, bytes: &'b [u8], uuid: &str) -> Cow<'b, [u8]> {
        let marked = match self {
            Encoding::Text => Some([bytes, format!(" (redelivery {uuid})").as_bytes()].concat()),
            Encoding::Json => bytes
                .strip_suffix(b"}")
                .map(|open| [open, format!(",\"uuid\":\"{uuid}\"}}").as_bytes()].concat()),
            Encoding::Ecs => ecs::mark(bytes, uuid),
            Encoding::OtlpJson => otlp::mark_json(bytes, uuid),
            Encoding::OtlpProtobuf => otlp::mark_protobuf(bytes, uuid),
        };
        marked.map_or(Cow::Borrowed(bytes), Cow::Owned)
    }
}

/// What formats need to know besides the alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// The properties of Falco's JSON.
    pub json: JsonFormat,
    /// The name of the host.
    pub hostname: String,
}

/// The properties of a JSON alert that can be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl Default for JsonFormat {
    /// Falco's defaults.
    fn default() -> JsonFormat {
        JsonFormat {
            output: true,
            message: false,
            fields: true,
            tags: true,
        }
    }
}

impl Format {
    /// Appends an alert, without a line end.
    pub(crate) fn write(&self, encoding: Encoding, record: &Record<'_>, out: &mut Vec<u8>) {
        match encoding {
            Encoding::Text => falco::text(record, out),
            Encoding::Json => falco::json(record, self, out),
            Encoding::Ecs => ecs::write(record, &self.hostname, out),
            Encoding::OtlpJson => {
                let request = otlp::to_json(&otlp::request(record, &self.hostname));
                json::append(out, format_args!("{request}"));
            }
            Encoding::OtlpProtobuf => {
                let request = otlp::request(record, &self.hostname);
                out.extend_from_slice(&request.encode_to_vec());
            }
        }
    }
}
