//! The JSON Schema of rules files, and what a document is told that does not follow it.
//!
//! Schema faults never keep a file from loading. Their words are those of the validator that Falco
//! uses (valijson 1.0.2 with weak types: every scalar is a string, `true` may be a boolean).

use lanner_diag::yaml::{Node, Value};
use serde_json::{Map, Value as Json, json};

/// A type in the schema.
enum Shape {
    Any,
    Text,
    Bool,
    Integer,
    OneOf(&'static [&'static str]),
    IntegerOrText,
    Seq(&'static Shape, &'static str),
    Ref(&'static Object),
}

/// A mapping in the schema.
struct Object {
    title: &'static str,
    /// In the order of their names.
    keys: &'static [(&'static str, Shape)],
    required: &'static [&'static str],
    at_least: usize,
}

static ALTERNATIVE: Object = Object {
    title: "Alternative",
    keys: &[("name", Shape::Text), ("version", Shape::Text)],
    required: &["name", "version"],
    at_least: 0,
};

static PLUGIN: Object = Object {
    title: "RequiredPluginVersion",
    keys: &[
        (
            "alternatives",
            Shape::Seq(&Shape::Ref(&ALTERNATIVE), "Alternative"),
        ),
        ("name", Shape::Text),
        ("version", Shape::Text),
    ],
    required: &["name", "version"],
    at_least: 0,
};

static EXCEPTION: Object = Object {
    title: "Exception",
    keys: &[
        ("comps", Shape::Any),
        ("fields", Shape::Any),
        ("name", Shape::Text),
        ("values", Shape::Any),
    ],
    required: &["name"],
    at_least: 0,
};

const OVERRIDDEN: Shape = Shape::OneOf(&["append", "replace"]);

static OVERRIDE: Object = Object {
    title: "Override",
    keys: &[
        ("capture", OVERRIDDEN),
        ("capture_duration", OVERRIDDEN),
        ("condition", OVERRIDDEN),
        ("desc", OVERRIDDEN),
        ("enabled", OVERRIDDEN),
        ("exceptions", OVERRIDDEN),
        ("items", OVERRIDDEN),
        ("output", OVERRIDDEN),
        ("priority", OVERRIDDEN),
        ("skip-if-unknown-filter", OVERRIDDEN),
        ("tags", OVERRIDDEN),
        ("warn_evttypes", OVERRIDDEN),
    ],
    required: &[],
    at_least: 1,
};

const PRIORITIES: &[&str] = &[
    "EMERGENCY",
    "ALERT",
    "CRITICAL",
    "ERROR",
    "WARNING",
    "NOTICE",
    "INFO",
    "INFORMATIONAL",
    "DEBUG",
];

static ITEM: Object = Object {
    title: "FalcoRule",
    keys: &[
        ("append", Shape::Bool),
        ("capture", Shape::Bool),
        ("capture_duration", Shape::Integer),
        ("condition", Shape::Text),
        ("desc", Shape::Text),
        ("enabled", Shape::Bool),
        (
            "exceptions",
            Shape::Seq(&Shape::Ref(&EXCEPTION), "Exception"),
        ),
        ("items", Shape::Seq(&Shape::IntegerOrText, "Item")),
        ("list", Shape::Text),
        ("macro", Shape::Text),
        ("output", Shape::Text),
        ("override", Shape::Ref(&OVERRIDE)),
        ("priority", Shape::OneOf(PRIORITIES)),
        ("required_engine_version", Shape::Text),
        (
            "required_plugin_versions",
            Shape::Seq(&Shape::Ref(&PLUGIN), "RequiredPluginVersion"),
        ),
        ("rule", Shape::Text),
        ("skip-if-unknown-filter", Shape::Bool),
        ("source", Shape::Text),
        ("tags", Shape::Seq(&Shape::Text, "")),
        ("warn_evttypes", Shape::Bool),
    ],
    required: &[],
    at_least: 0,
};

static DOCUMENT: Shape = Shape::Seq(&Shape::Ref(&ITEM), "FalcoRule");

/// Adds to `status` what the schema says to a document: `ok`, or every fault.
pub(crate) fn validate(document: &Node, status: &mut Vec<String>) {
    let before = status.len();
    let mut path = "<root>".to_owned();
    if check(&DOCUMENT, document, &mut path, status) {
        status.truncate(before);
        status.push("ok".to_owned());
    }
}

fn fault(status: &mut Vec<String>, path: &str, text: impl AsRef<str>) {
    status.push(format!("failed for {path}: {}", text.as_ref()));
}

/// Checks a node that is at `path`, one step below it.
fn check_at(
    shape: &Shape,
    node: &Node,
    path: &mut String,
    step: &str,
    status: &mut Vec<String>,
) -> bool {
    let length = path.len();
    path.push('[');
    path.push_str(step);
    path.push(']');
    let valid = check(shape, node, path, status);
    path.truncate(length);
    valid
}

fn check(shape: &Shape, node: &Node, path: &mut String, status: &mut Vec<String>) -> bool {
    let of_type = match shape {
        Shape::Any => true,
        Shape::Text | Shape::OneOf(_) => node.is_scalar(),
        Shape::Bool => matches!(node.as_str(), Some("true" | "false")),
        Shape::Integer => node.as_str().is_some_and(is_integer),
        Shape::IntegerOrText => node.is_scalar(),
        Shape::Seq(..) => node.is_seq(),
        Shape::Ref(_) => node.is_map(),
    };
    const TYPE: &str = "Value type not permitted by 'type' constraint.";
    if let (Shape::IntegerOrText, false) = (shape, of_type) {
        for number in 0..2 {
            fault(status, path, TYPE);
            fault(
                status,
                path,
                format!("Failed to validate against child schema #{number}."),
            );
        }
        fault(
            status,
            path,
            "Failed to validate against any schemas allowed by anyOf constraint.",
        );
        return false;
    }
    let mut valid = of_type;
    if !of_type {
        fault(status, path, TYPE);
    }
    match (shape, &node.value) {
        (Shape::OneOf(values), _) if !node.as_str().is_some_and(|t| values.contains(&t)) => {
            fault(status, path, "Failed to match against any enum values.");
            valid = false;
        }
        (Shape::Seq(shape, _), Value::Seq(items)) => {
            for (i, item) in items.iter().enumerate() {
                if !check_at(shape, item, path, &i.to_string(), status) {
                    fault(
                        status,
                        path,
                        format!("Failed to validate item #{i} in array."),
                    );
                    valid = false;
                }
            }
        }
        (Shape::Ref(object), Value::Map(pairs)) => {
            valid &= check_object(object, node, pairs, path, status);
        }
        _ => {}
    }
    valid
}

fn check_object(
    object: &Object,
    node: &Node,
    pairs: &[(Node, Node)],
    path: &mut String,
    status: &mut Vec<String>,
) -> bool {
    let mut valid = true;
    if pairs.len() < object.at_least {
        let least = object.at_least;
        fault(
            status,
            path,
            format!("Object should have no fewer than {least} properties."),
        );
        valid = false;
    }
    let mut known = 0;
    for (key, shape) in object.keys {
        if let Some(value) = node.get(key) {
            known += 1;
            if !check_at(shape, value, path, key, status) {
                let text = "Failed to validate against schema associated with property name";
                fault(status, path, format!("{text} '{key}'."));
                valid = false;
            }
        }
    }
    if known != pairs.len() {
        let known = |key: &str| object.keys.iter().any(|(k, _)| *k == key);
        let mut keys = pairs.iter().filter_map(|(key, _)| key.to_text());
        let unwanted = keys.find(|key| !known(key)).unwrap_or_default();
        let text = "Object contains a property that could not be validated using 'properties' or \
                    'additionalProperties' constraints:";
        fault(status, path, format!("{text} '{unwanted}'."));
        valid = false;
    }
    for key in object.required {
        if node.get(key).is_none() {
            fault(status, path, format!("Missing required property '{key}'."));
            valid = false;
        }
    }
    valid
}

fn is_integer(text: &str) -> bool {
    text.trim_start()
        .trim_start_matches('+')
        .parse::<i64>()
        .is_ok()
}

/// The schema as a JSON Schema document (draft 6), for `--rule-schema`.
pub fn rule_schema() -> Json {
    let mut definitions = Map::new();
    for object in [&ITEM, &EXCEPTION, &OVERRIDE, &PLUGIN, &ALTERNATIVE] {
        let properties: Map<String, Json> = object
            .keys
            .iter()
            .map(|(key, shape)| ((*key).to_owned(), schema_of(shape)))
            .collect();
        let mut definition = json!({
            "type": "object",
            "additionalProperties": false,
            "properties": properties,
            "title": object.title,
        });
        if let Some(definition) = definition.as_object_mut() {
            match object.at_least {
                0 => definition.insert("required".to_owned(), json!(object.required)),
                n => definition.insert("minProperties".to_owned(), json!(n)),
            };
        }
        definitions.insert(object.title.to_owned(), definition);
    }
    definitions.insert(
        "Item".to_owned(),
        json!({ "anyOf": [{ "type": "integer" }, { "type": "string" }], "title": "Item" }),
    );
    for (title, values) in [
        ("OverriddenItem", &["append", "replace"][..]),
        ("Priority", PRIORITIES),
    ] {
        definitions.insert(
            title.to_owned(),
            json!({ "type": "string", "enum": values, "title": title }),
        );
    }
    json!({
        "$schema": "http://json-schema.org/draft-06/schema#",
        "type": "array",
        "items": { "$ref": "#/definitions/FalcoRule" },
        "definitions": definitions,
    })
}

fn schema_of(shape: &Shape) -> Json {
    let reference = |title: &str| json!({ "$ref": format!("#/definitions/{title}") });
    match shape {
        Shape::Any => json!({}),
        Shape::Text => json!({ "type": "string" }),
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Integer => json!({ "type": "integer" }),
        Shape::OneOf(values) if values.len() == 2 => reference("OverriddenItem"),
        Shape::OneOf(_) => reference("Priority"),
        Shape::IntegerOrText => reference("Item"),
        Shape::Seq(shape, "") => json!({ "type": "array", "items": schema_of(shape) }),
        Shape::Seq(_, title) => json!({ "type": "array", "items": reference(title) }),
        Shape::Ref(object) => reference(object.title),
    }
}
