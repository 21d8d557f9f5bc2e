//! Where the values of a configuration came from, and the configuration shown with that.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use lanner_diag::yaml::{Node, Value};
use serde_json::{Map, Value as Json, json};

use super::tree::{self, Strategy};
use super::{Config, keys, show};

/// What each file and each override contributed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origins {
    /// By key at the top: the files whose values count, in order.
    files: BTreeMap<String, Vec<(PathBuf, Node)>>,
    /// Overrides: the dotted name without indexes, and how it was written.
    options: Vec<(String, String)>,
}

impl Origins {
    /// A file was merged, as [`tree::merge`] does it.
    pub(super) fn merged(&mut self, path: &Path, root: &Node, strategy: Strategy) {
        for (key, value) in root.as_map().unwrap_or_default() {
            let name = key.as_str().unwrap_or_default();
            let known = self.files.entry(name.to_owned()).or_default();
            let joined = |n: &Node| matches!(n.value, Value::Seq(_));
            match strategy {
                Strategy::AddOnly if !known.is_empty() => continue,
                Strategy::Append if joined(value) && known.iter().all(|(_, v)| joined(v)) => {}
                _ => known.clear(),
            }
            known.push((path.to_owned(), value.clone()));
        }
    }

    /// A key was set by an override.
    pub(super) fn overridden(&mut self, key: &str, option: &str) {
        self.options
            .push((tree::plain_name(key), option.to_owned()));
    }

    /// Where the value of a dotted name came from; `None` for the default.
    pub(crate) fn of(&self, name: &str) -> Option<String> {
        let covers = |a: &str, b: &str| {
            a.strip_prefix(b)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let mut options = self.options.iter().rev();
        if let Some((_, option)) = options.find(|(n, _)| covers(n, name) || covers(name, n)) {
            return Some(format!("-o {option}"));
        }
        let (top, below) = name.split_once('.').unwrap_or((name, ""));
        let mut places = Vec::new();
        for (path, value) in self.files.get(top)? {
            let found = match below {
                "" => Some(value),
                below => tree::find(value, below),
            };
            if let Some(found) = found {
                places.push(format!("{}:{}", path.display(), found.mark.line + 1));
            }
        }
        (!places.is_empty()).then(|| places.join(", "))
    }
}

/// Keys whose values are not shown: whoever has them can speak in this host's name.
const SECRET: [&str; 2] = ["http_output.token", "http_output.headers"];

const NOT_SHOWN: &str = "(not shown)";

/// The configuration as the files and options have it, for others to read: without secrets.
pub(crate) fn public(config: &Config) -> Json {
    let mut tree = show(&config.tree);
    for name in SECRET {
        let place = format!("/{}", name.replace('.', "/"));
        if let Some(value) = tree.pointer_mut(&place) {
            *value = Json::from(NOT_SHOWN);
        }
    }
    tree
}

/// An argument of the command line, for others to read: without secrets.
pub(crate) fn public_argument(argument: &str) -> String {
    for name in SECRET {
        if let Some(at) = argument.find(name) {
            return format!("{}={NOT_SHOWN}", &argument[..at + name.len()]);
        }
    }
    argument.to_owned()
}

/// The configuration as YAML, each value with where it came from; `all` includes defaults.
pub(crate) fn yaml(config: &Config, all: bool) -> String {
    let tree = with_defaults(config, all);
    let mut out = String::new();
    write_map(&mut out, config, &tree, "", 0);
    out
}

/// The same as one JSON object: dotted names, each with `value` and `origin`.
pub(crate) fn json(config: &Config, all: bool) -> Json {
    let mut out = Map::new();
    collect(&mut out, config, &with_defaults(config, all), "");
    Json::Object(out)
}

/// The merged tree, with the keys that it lacks if all are asked for.
fn with_defaults(config: &Config, all: bool) -> Node {
    let mut tree = config.tree.clone();
    for (name, kind, default) in keys::KEYS.iter().filter(|_| all) {
        let known = tree::find(&tree, name).is_some_and(|n| !n.is_null());
        // An old name of another.
        if known || *name == "rules_file" {
            continue;
        }
        let default = match (*default, kind, *name) {
            ("", _, "http_output.headers" | "static_fields") => "{}",
            ("", keys::Kind::List | keys::Kind::Any, _) => "[]",
            (default, ..) => default,
        };
        // The names of keys are such names.
        let _ = tree::set(&mut tree, name, default);
    }
    tree
}

fn collect(out: &mut Map<String, Json>, config: &Config, node: &Node, prefix: &str) {
    for (key, value) in node.as_map().unwrap_or_default() {
        let name = below(prefix, key);
        match value.as_map() {
            Some(entries) if !entries.is_empty() && keys::key(&name).is_none() => {
                collect(out, config, value, &name);
            }
            _ => {
                let origin = config.origins.of(&name);
                let value = json!({"value": shown(&name, value), "origin": origin});
                out.insert(name, value);
            }
        }
    }
}

fn write_map(out: &mut String, config: &Config, node: &Node, prefix: &str, depth: usize) {
    for (key, value) in node.as_map().unwrap_or_default() {
        let name = below(prefix, key);
        let key = key.to_text().unwrap_or_default();
        let indent = "  ".repeat(depth);
        // Writing to a string does not fail.
        match value.as_map() {
            Some(entries) if !entries.is_empty() && keys::key(&name).is_none() => {
                let _ = writeln!(out, "{indent}{key}:");
                write_map(out, config, value, &name, depth + 1);
            }
            _ => {
                let origin = config.origins.of(&name);
                let origin = origin.unwrap_or_else(|| "default".to_owned());
                let line = format!("{indent}{key}: {}", text(&shown(&name, value)));
                let _ = writeln!(out, "{line:<50} # {}", origin.replace('\n', " "));
            }
        }
    }
}

fn below(prefix: &str, key: &Node) -> String {
    let key = key.to_text().unwrap_or_default();
    match prefix {
        "" => key.to_owned(),
        prefix => format!("{prefix}.{key}"),
    }
}

fn shown(name: &str, value: &Node) -> Json {
    let is_empty = value.as_map().is_some_and(<[_]>::is_empty) || value.as_str() == Some("");
    match SECRET.contains(&name) && !value.is_null() && !is_empty {
        true => Json::from(NOT_SHOWN),
        false => show(value),
    }
}

/// A value in YAML: a plain word if it is one, JSON otherwise, which YAML includes.
fn text(value: &Json) -> String {
    let plain = |t: &str| {
        let first = t
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'/');
        first
            && t.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b))
    };
    match value {
        Json::String(text) if plain(text) => text.clone(),
        other => other.to_string(),
    }
}
