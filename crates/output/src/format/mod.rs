//! How an alert becomes bytes.

pub(crate) mod falco;

use std::borrow::Cow;

use crate::record::Record;

/// What an alert looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Falco's text (§6.1 of the interface).
    Text,
    /// Falco's JSON (§6.2 of the interface).
    Json,
}

impl Encoding {
    /// Whether the values of fields are part of it.
    pub(crate) fn has_fields(self, json: JsonFormat) -> bool {
        match self {
            Encoding::Text => false,
            Encoding::Json => json.fields,
        }
    }

    /// The number of it in the files of a spool; these never change.
    pub(crate) fn code(self) -> u8 {
        match self {
            Encoding::Text => 0,
            Encoding::Json => 1,
        }
    }

    /// The encoding of this number.
    pub(crate) fn by_code(code: u8) -> Option<Encoding> {
        [Encoding::Text, Encoding::Json]
            .into_iter()
            .find(|e| e.code() == code)
    }

    /// The alert, marked as one that may have been delivered before.
    pub(crate) fn mark<'b>(self, bytes: &'b [u8], uuid: &str) -> Cow<'b, [u8]> {
        let mut marked = bytes.to_vec();
        match self {
            Encoding::Text => marked.extend_from_slice(format!(" (redelivery {uuid})").as_bytes()),
            Encoding::Json => insert(&mut marked, "}", &format!(",\"uuid\":\"{uuid}\"")),
        }
        Cow::Owned(marked)
    }
}

/// Puts `text` before the end, which is `end`.
fn insert(bytes: &mut Vec<u8>, end: &str, text: &str) {
    if bytes.ends_with(end.as_bytes()) {
        let at = bytes.len() - end.len();
        bytes.splice(at..at, text.bytes());
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
        }
    }
}
