//! Environment, command and arguments of a container, as the kubelet puts them together.

use std::collections::BTreeMap;

use crate::manifest::{ConfigMap, Container, Pod};

/// Fields of the pod that a variable may take its value from.
pub const FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// Whether it is one of [`FIELDS`], or a label or an annotation by its key.
pub(crate) fn is_field(path: &str) -> bool {
    FIELDS.contains(&path) || keyed(path).is_some()
}

/// `labels` or `annotations`, and the key.
fn keyed(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix("metadata.")?;
    let (list, rest) = rest.split_once("['")?;
    let key = rest.strip_suffix("']")?;
    matches!(list, "labels" | "annotations").then_some((list, key))
}

/// The ConfigMaps of a namespace.
pub type ConfigMaps = BTreeMap<String, ConfigMap>;

/// Why the environment of a container cannot be put together; worded as the kubelet words it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvError {
    /// A ConfigMap that is not optional is not there.
    #[error("configmap \"{0}\" not found")]
    NoMap(String),
    /// A key that is not optional is not in it.
    #[error("couldn't find key {key} in ConfigMap {namespace}/{name}")]
    NoKey {
        /// The key.
        key: String,
        /// The namespace of the ConfigMap.
        namespace: String,
        /// Its name.
        name: String,
    },
}

/// Replaces `$(NAME)`; `$$` is a dollar sign, and what is not defined stays as it is.
pub fn expand(text: &str, value: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|r| r.split_once(')')) {
            match value(name) {
                Some(value) => out.push_str(&value),
                None => out.push_str(&format!("$({name})")),
            }
            rest = after;
        } else {
            out.push('$');
        }
    }
    out.push_str(rest);
    out
}

/// The variables that the manifest gives a container, in order, later ones able to refer to
/// earlier ones.
///
/// # Errors
/// Something that it refers to is not there.
pub fn variables(
    pod: &Pod,
    container: &Container,
    maps: &ConfigMaps,
    node: &str,
) -> Result<Vec<(String, String)>, EnvError> {
    let mut list: Vec<(String, String)> = Vec::new();
    let set = |list: &mut Vec<(String, String)>, name: String, value: String| match list
        .iter_mut()
        .find(|(n, _)| *n == name)
    {
        Some((_, old)) => *old = value,
        None => list.push((name, value)),
    };
    for from in &container.env_from {
        let Some(reference) = &from.config_map_ref else {
            continue;
        };
        match maps.get(&reference.name) {
            Some(map) => {
                for (key, value) in &map.data {
                    set(&mut list, format!("{}{key}", from.prefix), value.clone());
                }
            }
            None if reference.optional => {}
            None => return Err(EnvError::NoMap(reference.name.clone())),
        }
    }
    for var in &container.env {
        let value = match &var.value_from {
            None => {
                let text = var.value.as_deref().unwrap_or_default();
                let known = |name: &str| {
                    let found = list.iter().find(|(n, _)| n == name);
                    found.map(|(_, value)| value.clone())
                };
                Some(expand(text, &known))
            }
            Some(from) => match (&from.config_map_key_ref, &from.field_ref) {
                (Some(key), _) => {
                    let map = maps.get(&key.name);
                    let value = map.and_then(|m| m.data.get(&key.key));
                    match (map, value) {
                        (_, Some(value)) => Some(value.clone()),
                        _ if key.optional => None,
                        (None, _) => return Err(EnvError::NoMap(key.name.clone())),
                        (Some(_), None) => {
                            return Err(EnvError::NoKey {
                                key: key.key.clone(),
                                namespace: pod.metadata.namespace.clone(),
                                name: key.name.clone(),
                            });
                        }
                    }
                }
                (None, Some(field)) => Some(field_value(pod, &field.field_path, node)),
                (None, None) => None,
            },
        };
        if let Some(value) = value {
            set(&mut list, var.name.clone(), value);
        }
    }
    Ok(list)
}

fn field_value(pod: &Pod, path: &str, node: &str) -> String {
    let metadata = &pod.metadata;
    if let Some((list, key)) = keyed(path) {
        let list = match list {
            "labels" => &metadata.labels,
            _ => &metadata.annotations,
        };
        return list.get(key).cloned().unwrap_or_default();
    }
    match path {
        "metadata.name" => metadata.name.clone(),
        "metadata.namespace" => metadata.namespace.clone(),
        "metadata.uid" => metadata.uid.clone(),
        "spec.nodeName" => node.to_owned(),
        "spec.serviceAccountName" => "default".to_owned(),
        // A pod's network here is its loopback, or the machine's.
        _ => "127.0.0.1".to_owned(),
    }
}

/// What is executed: the manifest's `command` replaces the image's entry point and its command,
/// `args` alone replaces the command only.
pub fn command_line(
    container: &Container,
    entrypoint: &[String],
    cmd: &[String],
    variables: &[(String, String)],
) -> Vec<String> {
    let known = |name: &str| {
        let found = variables.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.clone())
    };
    let expanded = |list: &[String]| list.iter().map(|t| expand(t, &known)).collect::<Vec<_>>();
    let (mut line, args) = match (container.command.is_empty(), container.args.is_empty()) {
        (true, true) => (entrypoint.to_vec(), cmd.to_vec()),
        (true, false) => (entrypoint.to_vec(), expanded(&container.args)),
        (false, _) => (expanded(&container.command), expanded(&container.args)),
    };
    line.extend(args);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_expanded_as_by_the_kubelet() {
        let value = |name: &str| (name == "A").then(|| "1".to_owned());
        let check = |text: &str, expect: &str| assert_eq!(expand(text, &value), expect, "{text}");
        check("$(A)", "1");
        check("x$(A)y$(A)", "x1y1");
        check("$(B)", "$(B)");
        check("$$(A)", "$(A)");
        check("$$$(A)", "$1");
        check("$A $ $(A", "$A $ $(A");
        check("a$", "a$");
        check("$$", "$");
    }

    #[test]
    fn command_and_args_replace_what_the_image_has() {
        let own = |l: &[&str]| l.iter().map(|s| s.to_string()).collect::<Vec<_>>();
        let check = |command: &[&str], args: &[&str], expect: &[&str]| {
            let container = Container {
                command: own(command),
                args: own(args),
                ..Container::default()
            };
            let vars = [("N".to_owned(), "7".to_owned())];
            let got = command_line(&container, &own(&["/entry"]), &own(&["a", "$(N)"]), &vars);
            assert_eq!(got, own(expect));
        };
        check(&[], &[], &["/entry", "a", "$(N)"]);
        check(&[], &["$(N)"], &["/entry", "7"]);
        check(&["/x"], &[], &["/x"]);
        check(&["/x"], &["y", "$(N)"], &["/x", "y", "7"]);
    }
}
