//! From a document's tree to the JSON that the API server would see, by the tables of
//! [`super::schema`]: unknown fields and wrong types are faults, what is not done is a warning.

use std::collections::HashMap;

use lanner_diag::yaml::Node;
use lanner_diag::{Diagnostic, FileId, Span, TextRange, nearest};
use serde_json::{Map, Value};

use super::schema::{Field, Shape, Support};

/// Where each field of a document is written, by its path (`spec.containers[0].image`).
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    spans: HashMap<String, Span>,
    whole: Option<Span>,
}

impl Places {
    /// The place of a field; of what encloses it if it is not written.
    pub(crate) fn of(&self, path: &str) -> Option<Span> {
        let mut path = path;
        loop {
            if let Some(span) = self.spans.get(path) {
                return Some(*span);
            }
            match path.rfind(['.', '[']) {
                Some(at) => path = &path[..at],
                None => return self.whole,
            }
        }
    }
}

/// A decoded document.
pub(crate) struct Decoded {
    pub(crate) value: Value,
    pub(crate) places: Places,
    pub(crate) faults: Vec<Diagnostic>,
}

/// Decodes a document by a table of fields.
pub(crate) fn decode(file: FileId, root: &Node, fields: &'static [Field]) -> Decoded {
    let mut decoder = Decoder {
        file,
        places: Places::default(),
        faults: Vec::new(),
    };
    decoder.places.whole = Some(decoder.span(root));
    let value = decoder.object(root, fields, "");
    Decoded {
        value,
        places: decoder.places,
        faults: decoder.faults,
    }
}

struct Decoder {
    file: FileId,
    places: Places,
    faults: Vec<Diagnostic>,
}

impl Decoder {
    fn span(&self, node: &Node) -> Span {
        let start = node.mark.offset as usize;
        // A block runs over many lines; its first byte is what to point at.
        let end = match node.is_scalar() {
            true => (node.end as usize).max(start + 1),
            false => start + 1,
        };
        Span {
            file: self.file,
            range: TextRange::new(start, end),
        }
    }

    fn object(&mut self, node: &Node, fields: &'static [Field], path: &str) -> Value {
        let Some(pairs) = node.as_map() else {
            return self.mismatch(node, path, "an object");
        };
        let mut object = Map::new();
        for (i, (key, value)) in pairs.iter().enumerate() {
            let name = key.as_str().unwrap_or_default();
            let at = match path {
                "" => name.to_owned(),
                _ => format!("{path}.{name}"),
            };
            let key_span = self.span(key);
            if pairs[..i].iter().any(|(k, _)| k.as_str() == key.as_str()) {
                self.faults.push(
                    Diagnostic::error(
                        "duplicate-field",
                        format!("strict decoding error: duplicate field \"{at}\""),
                    )
                    .label(key_span, "given before"),
                );
                continue;
            }
            let Some(field) = fields.iter().find(|f| f.name == name) else {
                let near = nearest(name, fields.iter().map(|f| f.name));
                self.faults.push(
                    Diagnostic::error(
                        "unknown-field",
                        format!("strict decoding error: unknown field \"{at}\""),
                    )
                    .label(key_span, "")
                    .help(near.map(|near| format!("did you mean `{near}`?"))),
                );
                continue;
            };
            self.places.spans.insert(at.clone(), self.span(value));
            if value.is_null() {
                continue;
            }
            self.support(field, &at, value, key_span);
            let value = self.value(value, field.shape, &at);
            object.insert(name.to_owned(), value);
        }
        Value::Object(object)
    }

    fn support(&mut self, field: &Field, path: &str, value: &Node, span: Span) {
        let why = match field.support {
            Support::Done => return,
            Support::Only(harmless, _) if value.as_str() == Some(harmless) => return,
            Support::Only(_, why) | Support::Not(why) => why,
        };
        let what = match value.as_str() {
            Some(text) => format!("{path}: {text}"),
            None => path.to_owned(),
        };
        self.faults.push(
            Diagnostic::warning("not-done", format!("{what} is not done here: {why}"))
                .label(span, ""),
        );
    }

    fn value(&mut self, node: &Node, shape: Shape, path: &str) -> Value {
        match shape {
            Shape::Text => match node.as_str() {
                Some(text) if node.quoted || !looks_typed(text) => Value::from(text),
                Some(text) => self.mismatch_as(node, path, "a string", kind_of(text), Some(text)),
                None => self.mismatch(node, path, "a string"),
            },
            Shape::Bool => match node.as_str() {
                Some("true") if !node.quoted => Value::Bool(true),
                Some("false") if !node.quoted => Value::Bool(false),
                _ => self.mismatch(node, path, "true or false"),
            },
            Shape::Int => match node.to_int().filter(|_| !node.quoted) {
                Some(number) => Value::from(number),
                None => self.mismatch(node, path, "a number"),
            },
            Shape::IntOrText => match (node.as_str(), node.to_int()) {
                (Some(_), Some(number)) if !node.quoted => Value::from(number),
                (Some(text), _) => Value::from(text),
                (None, _) => self.mismatch(node, path, "a string or a number"),
            },
            Shape::Texts => self.texts(node, path),
            Shape::List(element) => {
                let Some(items) = node.as_seq() else {
                    return self.mismatch(node, path, "a list");
                };
                let mut list = Vec::with_capacity(items.len());
                for (i, item) in items.iter().enumerate() {
                    let at = format!("{path}[{i}]");
                    self.places.spans.insert(at.clone(), self.span(item));
                    list.push(self.value(item, *element, &at));
                }
                Value::Array(list)
            }
            Shape::Object(fields) => self.object(node, fields, path),
            Shape::Any => any(node),
        }
    }

    /// Text by text; quantities and the like may be written as numbers.
    fn texts(&mut self, node: &Node, path: &str) -> Value {
        let Some(pairs) = node.as_map() else {
            return self.mismatch(node, path, "an object");
        };
        let quantities = path.ends_with(".limits") || path.ends_with(".requests");
        let mut object = Map::new();
        for (key, value) in pairs {
            let name = key.as_str().unwrap_or_default();
            let at = format!("{path}.{name}");
            self.places.spans.insert(at.clone(), self.span(value));
            let value = match value.as_str() {
                Some(text) if quantities => Value::from(text),
                None if value.is_null() => Value::from(""),
                _ => self.value(value, Shape::Text, &at),
            };
            object.insert(name.to_owned(), value);
        }
        Value::Object(object)
    }

    fn mismatch(&mut self, node: &Node, path: &str, wanted: &str) -> Value {
        let found = match node.as_str() {
            Some(text) if node.quoted => {
                return self.mismatch_as(node, path, wanted, "a string", Some(text));
            }
            Some(text) => kind_of(text),
            None if node.is_map() => "an object",
            None if node.is_seq() => "a list",
            None => "nothing",
        };
        self.mismatch_as(node, path, wanted, found, node.as_str())
    }

    fn mismatch_as(
        &mut self,
        node: &Node,
        path: &str,
        wanted: &str,
        found: &str,
        text: Option<&str>,
    ) -> Value {
        let shown = text.map(|t| format!(" `{t}`")).unwrap_or_default();
        let at = if path.is_empty() { "document" } else { path };
        let help = match (wanted, text) {
            ("a string", Some(text)) => Some(format!("write \"{text}\"")),
            ("true or false", Some("true" | "false")) | ("a number", Some(_)) if node.quoted => {
                Some("write it without quotes".to_owned())
            }
            _ => None,
        };
        let span = self.span(node);
        self.faults.push(
            Diagnostic::error(
                "wrong-type",
                format!("{at}: expected {wanted}, found {found}{shown}"),
            )
            .label(span, "")
            .help(help),
        );
        Value::Null
    }
}

/// Whether YAML gives a plain scalar another type than text.
fn looks_typed(text: &str) -> bool {
    kind_of(text) != "a string"
}

fn kind_of(text: &str) -> &'static str {
    let node = || Node::new(lanner_diag::yaml::Value::Scalar(text.into()));
    match text {
        "true" | "false" | "True" | "False" | "TRUE" | "FALSE" | "yes" | "no" | "on" | "off"
        | "Yes" | "No" | "On" | "Off" | "YES" | "NO" | "ON" | "OFF" | "y" | "n" | "Y" | "N" => {
            "a boolean"
        }
        _ if node().to_int().is_some() || node().to_float().is_some() => "a number",
        _ => "a string",
    }
}

fn any(node: &Node) -> Value {
    use lanner_diag::yaml::Value as Held;
    match &node.value {
        Held::Null => Value::Null,
        Held::Scalar(text) if node.quoted => Value::from(&**text),
        Held::Scalar(text) => match (kind_of(text), node.to_int()) {
            ("a boolean", _) => Value::Bool(node.to_bool().unwrap_or_default()),
            ("a number", Some(number)) => Value::from(number),
            ("a number", None) => node.to_float().map_or(Value::Null, Value::from),
            _ => Value::from(&**text),
        },
        Held::Seq(items) => items.iter().map(any).collect(),
        Held::Map(pairs) => pairs
            .iter()
            .map(|(key, value)| (key.as_str().unwrap_or_default().to_owned(), any(value)))
            .collect(),
    }
}
