//! What an OCI bundle's `config.json` tells of a container, whichever runtime wrote it.

use bstr::BString;
use serde_json::Value;

use crate::{Container, Mount};

/// An annotation.
pub(crate) fn annotation<'a>(spec: &'a Value, key: &str) -> Option<&'a str> {
    spec.get("annotations")?.get(key)?.as_str()
}

/// Takes over namespaces, mounts, privilege and user. Mounts for which `internal` holds of the
/// source are the runtime's own.
pub(crate) fn describe(container: &mut Container, spec: &Value, internal: impl Fn(&str) -> bool) {
    let list = |path: &str| spec.pointer(path).and_then(Value::as_array);
    let shared = |kind: &str| {
        !list("/linux/namespaces")
            .into_iter()
            .flatten()
            .any(|ns| ns.get("type").and_then(Value::as_str) == Some(kind))
    };
    container.host_pid = Some(shared("pid"));
    container.host_network = Some(shared("network"));
    container.host_ipc = Some(shared("ipc"));
    container.privileged = Some(privileged(spec));
    container.user = spec
        .pointer("/process/user/uid")
        .and_then(Value::as_u64)
        .map(|uid| BString::from(uid.to_string()));
    container.mounts = list("/mounts")
        .into_iter()
        .flatten()
        .filter_map(mount)
        .filter(|m| std::str::from_utf8(&m.source).is_ok_and(|s| !internal(s)))
        .collect();
}

/// A bind mount; the file systems that every container has are none of those.
fn mount(entry: &Value) -> Option<Mount> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
    let options: Vec<&str> = entry
        .get("options")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let bind = text("type") == "bind" || options.iter().any(|o| matches!(*o, "bind" | "rbind"));
    let propagation = options.iter().find(|o| {
        matches!(
            o.strip_prefix('r').unwrap_or(o),
            "private" | "shared" | "slave" | "unbindable"
        )
    });
    bind.then(|| Mount {
        source: text("source").into(),
        dest: text("destination").into(),
        mode: BString::default(),
        rdwr: !options.contains(&"ro"),
        propagation: propagation.copied().unwrap_or_default().into(),
    })
}

/// A privileged container is one from which the usual fences were taken away: nothing is masked
/// or read-only, no seccomp, nor AppArmor or SELinux confinement, and the right to administer.
fn privileged(spec: &Value) -> bool {
    let absent = |path: &str| match spec.pointer(path) {
        None | Some(Value::Null) => true,
        Some(Value::Array(list)) => list.is_empty(),
        Some(Value::String(text)) => text.is_empty() || text == "unconfined",
        Some(_) => false,
    };
    let may_administer = spec
        .pointer("/process/capabilities/bounding")
        .and_then(Value::as_array)
        .is_some_and(|caps| caps.iter().any(|c| c == "CAP_SYS_ADMIN"));
    may_administer
        && [
            "/linux/maskedPaths",
            "/linux/readonlyPaths",
            "/linux/seccomp",
            "/process/apparmorProfile",
            "/process/selinuxLabel",
        ]
        .into_iter()
        .all(absent)
}
