//! Manifests: Pods and ConfigMaps as people write them.
//!
//! [`read`] takes a file of one or several documents and gives what can be used of it, with every
//! fault: what the API server would refuse is an error in its words, what is valid and not done
//! here is a warning. [`Pod`] is then what the API server would store, defaults included.

mod decode;
mod quantity;
mod schema;
#[cfg(test)]
mod tests;
mod types;
mod validate;

use lanner_diag::yaml::{self, Mark, Node};
use lanner_diag::{Diagnostic, FileId, Files, Span, TextRange, nearest};
use serde_json::Value;

pub use quantity::{Quantity, parse as parse_quantity};
pub use types::*;

/// Longest manifest that is read, in bytes: more than the API server takes (3 MiB).
pub const MAX_TEXT: usize = 4 << 20;

/// What a file asks for.
#[derive(Clone, Debug)]
pub enum Object {
    /// A pod.
    Pod(Box<Pod>),
    /// A configuration that pods refer to.
    ConfigMap(Box<ConfigMap>),
}

/// An object and where it is written.
#[derive(Clone, Debug)]
pub struct Read {
    /// What it is.
    pub object: Object,
    /// Its first line.
    pub span: Span,
    /// Where the fields of it are written.
    places: decode::Places,
}

impl Read {
    /// Where a field (`spec.containers[0].image`) is written; of what encloses it if it is not.
    pub fn place(&self, path: &str) -> Span {
        self.places.of(path).unwrap_or(self.span)
    }
}

/// What was read of a file.
#[derive(Debug, Default)]
pub struct Manifest {
    /// The objects without errors, in the order of the file.
    pub objects: Vec<Read>,
    /// All that is wrong or not done.
    pub faults: Vec<Diagnostic>,
}

impl Manifest {
    /// Whether something cannot be used.
    pub fn has_errors(&self) -> bool {
        self.faults
            .iter()
            .any(|f| f.severity == lanner_diag::Severity::Error)
    }
}

/// Reads a manifest: YAML or JSON, several documents, `List`s.
pub fn read(files: &mut Files, name: &str, bytes: &[u8]) -> Manifest {
    let mut manifest = Manifest::default();
    let text = match text(name, bytes) {
        Ok(text) => text,
        Err(fault) => {
            manifest.faults.push(fault);
            return manifest;
        }
    };
    let file = files.add(name, text);
    let documents = match yaml::parse(text) {
        Ok(documents) => documents,
        Err(error) => {
            let at = point(file, error.mark);
            let message = format!("error parsing {name}: {}", error.message);
            manifest
                .faults
                .push(Diagnostic::error("not-yaml", message).label(at, ""));
            return manifest;
        }
    };
    let before = manifest.faults.len();
    for document in documents.iter().filter(|d| !d.is_null()) {
        let listed = document.get("kind").and_then(Node::as_str) == Some("List");
        match document.get("items").and_then(Node::as_seq) {
            Some(items) if listed => items.iter().for_each(|i| object(file, i, &mut manifest)),
            _ => object(file, document, &mut manifest),
        }
    }
    if manifest.objects.is_empty() && manifest.faults.len() == before {
        let message = format!("{name}: expected a Pod, found an empty file");
        manifest.faults.push(Diagnostic::error("empty", message));
    }
    manifest
}

fn text<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str, Diagnostic> {
    if bytes.len() > MAX_TEXT {
        let message = format!(
            "{name}: {} bytes is too long for a manifest; at most {MAX_TEXT} are read",
            bytes.len()
        );
        return Err(Diagnostic::error("too-long", message));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if text.contains('\0') => Err(Diagnostic::error(
            "not-text",
            format!("{name}: expected a manifest as text, found NUL bytes"),
        )),
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let message = format!(
                "{name}: expected UTF-8 text, found other bytes at offset {}",
                error.valid_up_to()
            );
            Err(Diagnostic::error("not-text", message))
        }
    }
}

fn point(file: FileId, mark: Mark) -> Span {
    let start = mark.offset as usize;
    Span {
        file,
        range: TextRange::new(start, start + 1),
    }
}

/// Kinds that make pods; their template can be run as a Pod.
const TEMPLATED: [&str; 7] = [
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
    "ReplicationController",
];

fn object(file: FileId, root: &Node, manifest: &mut Manifest) {
    let here = point(file, root.mark);
    let mut fault = |code, message: String, node: Option<&Node>, help: Option<String>| {
        let span = node.map_or(here, |n| point(file, n.mark));
        manifest
            .faults
            .push(Diagnostic::error(code, message).label(span, "").help(help));
    };
    if !root.is_map() {
        let message = "expected an object with apiVersion and kind".to_owned();
        return fault("wrong-type", message, None, None);
    }
    let kind = root.get("kind");
    let api = root.get("apiVersion");
    let Some(name) = kind.and_then(Node::as_str) else {
        let message = "Object 'Kind' is missing".to_owned();
        return fault("no-kind", message, kind, Some("write `kind: Pod`".into()));
    };
    let Some(version) = api.and_then(Node::as_str) else {
        let message = "Object 'apiVersion' is missing".to_owned();
        return fault(
            "no-kind",
            message,
            api,
            Some("write `apiVersion: v1`".into()),
        );
    };
    let fields = match (name, version) {
        ("Pod", "v1") => schema::POD,
        ("ConfigMap", "v1") => schema::CONFIG_MAP,
        _ => {
            let message = format!("no matches for kind \"{name}\" in version \"{version}\"");
            let help = match name {
                "Pod" | "ConfigMap" => Some("write `apiVersion: v1`".to_owned()),
                _ if TEMPLATED.contains(&name) => Some(format!(
                    "Pods and ConfigMaps run here; write the {name}'s template as a Pod"
                )),
                _ => nearest(name, ["Pod", "ConfigMap"])
                    .map(|near| format!("did you mean `{near}`?"))
                    .or_else(|| Some("Pods and ConfigMaps are what runs here".to_owned())),
            };
            return fault("unknown-kind", message, kind, help);
        }
    };
    let decoded = decode::decode(file, root, fields);
    let broken = decoded.faults.iter().any(is_error);
    manifest.faults.extend(decoded.faults);
    if broken {
        return;
    }
    let object = match name {
        "Pod" => serde_json::from_value::<Pod>(decoded.value)
            .map(|pod| Object::Pod(Box::new(pod.with_defaults()))),
        _ => serde_json::from_value(decoded.value).map(|map| Object::ConfigMap(Box::new(map))),
    };
    let object = match object {
        Ok(object) => object,
        // The tables and the types disagree, or a number is too large for its field.
        Err(error) => {
            let message = format!("{name} cannot be handled: {error}");
            manifest
                .faults
                .push(Diagnostic::error("wrong-type", message).label(here, ""));
            return;
        }
    };
    let faults = validate::validate(&object);
    let read = Read {
        object,
        span: here,
        places: decoded.places,
    };
    let broken = !faults.is_empty();
    for (path, message) in faults {
        let label = read.place(&path);
        let name = match &read.object {
            Object::Pod(pod) => format!("Pod \"{}\"", pod.metadata.name),
            Object::ConfigMap(map) => format!("ConfigMap \"{}\"", map.metadata.name),
        };
        let message = format!("The {name} is invalid: {path}: {message}");
        manifest
            .faults
            .push(Diagnostic::error("invalid", message).label(label, ""));
    }
    if !broken {
        manifest.objects.push(read);
    }
}

fn is_error(fault: &Diagnostic) -> bool {
    fault.severity == lanner_diag::Severity::Error
}

/// Reads an object that was stored as JSON before.
///
/// # Errors
/// The text is not what [`Pod`] serialises to.
pub fn restore(value: Value) -> Result<Pod, serde_json::Error> {
    serde_json::from_value(value)
}
