//! The JSON Schema of configuration files, made from the table of keys.

use serde_json::{Map, Value, json};

use super::keys::{KEYS, Kind};

/// What `--config-schema` prints.
pub(crate) fn config_schema() -> Value {
    let mut root = object();
    for (name, kind, default) in KEYS {
        let mut at = &mut root;
        let mut parts = name.split('.').peekable();
        while let Some(part) = parts.next() {
            let properties = &mut at["properties"];
            if parts.peek().is_none() {
                properties[part] = of_kind(*kind, default);
                break;
            }
            if properties.get(part).is_none() {
                properties[part] = object();
            }
            at = &mut properties[part];
        }
    }
    root["$schema"] = json!("http://json-schema.org/draft-06/schema#");
    root["title"] = json!("Configuration of Lanner, as falco.yaml");
    root
}

fn object() -> Value {
    json!({"type": "object", "additionalProperties": false, "properties": {}})
}

fn of_kind(kind: Kind, default: &str) -> Value {
    let mut schema = match kind {
        Kind::Bool => json!({"type": "boolean"}),
        Kind::Uint => json!({"type": "integer", "minimum": 0}),
        Kind::Float => json!({"type": "number"}),
        Kind::Text => json!({"type": "string"}),
        Kind::Checked(_, expected) => {
            json!({"type": ["string", "number"], "description": expected})
        }
        Kind::Word(words) => json!({"type": "string", "enum": words}),
        Kind::List => json!({"type": ["array", "string"], "items": {"type": "string"}}),
        Kind::Any => Value::Object(Map::new()),
    };
    if !default.is_empty() {
        schema["default"] = match kind {
            Kind::Bool => json!(default == "true"),
            Kind::Uint => json!(default.parse::<u64>().unwrap_or_default()),
            Kind::Float => json!(default.parse::<f64>().unwrap_or_default()),
            _ => json!(default),
        };
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_in_the_schema_with_its_default() {
        let schema = config_schema();
        for (name, _, default) in KEYS {
            let at = name
                .split('.')
                .fold(&schema, |at, part| &at["properties"][part]);
            assert!(at.is_object(), "{name}");
            assert_eq!(at.get("default").is_some(), !default.is_empty(), "{name}");
        }
        assert_eq!(
            schema["properties"]["engine"]["properties"]["kind"]["enum"][0],
            "modern_ebpf"
        );
    }
}
