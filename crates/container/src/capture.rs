//! Containers that captures tell of in events, as Falco's container plugin writes them.

use bstr::{BStr, BString, ByteSlice};
use serde_json::Value;

use crate::runtime::{labelled_pod, pairs};
use crate::{Container, ContainerType, Mount, Pod};

/// The container in the JSON of a container event.
pub(crate) fn container(json: &[u8]) -> Option<Container> {
    let end = json.find_byte(0).unwrap_or(json.len());
    let event: Value = serde_json::from_slice(&json[..end]).ok()?;
    let object = event.get("container")?;
    let text = |key: &str| -> Option<BString> {
        Some(
            object
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .into(),
        )
    };
    let flag = |key: &str| Some(object.get(key).and_then(Value::as_bool).unwrap_or_default());
    let labels = pairs(object.get("labels"));
    let sandbox_id = text("pod_sandbox_id").unwrap_or_default();
    let mut pod = labelled_pod(&labels);
    if !sandbox_id.is_empty() {
        let cni_json = text("cni_json").unwrap_or_default();
        let known = pod.take().unwrap_or_default();
        pod = Some(Pod {
            sandbox_id,
            labels: pairs(object.get("pod_sandbox_labels")),
            ip: text("ip")
                .filter(|_| !cni_json.is_empty())
                .unwrap_or_default(),
            cni_json,
            ..known
        });
    }
    let ty = object.get("type").and_then(Value::as_u64);
    Some(Container {
        id: text("id").filter(|id| !id.is_empty())?,
        full_id: text("full_id").unwrap_or_default(),
        ty: ty.map_or(ContainerType::Unknown, ContainerType::from_number),
        name: text("name"),
        image: text("image"),
        image_id: text("imageid"),
        image_repository: text("imagerepo"),
        image_tag: text("imagetag"),
        image_digest: text("imagedigest"),
        privileged: flag("privileged"),
        mounts: object
            .get("Mounts")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(mount)
            .collect(),
        ip: text("ip"),
        cni_json: text("cni_json"),
        host_pid: flag("host_pid"),
        host_network: flag("host_network"),
        host_ipc: flag("host_ipc"),
        labels,
        user: text("User"),
        pod,
    })
}

/// The container in the parameters of the first kind of container event.
pub(crate) fn plain(id: &BStr, ty: u64, name: &BStr, image: &BStr) -> Container {
    let mut container = Container::nameless(id.into(), ContainerType::from_number(ty));
    container.full_id = BString::default();
    container.name = Some(name.into());
    container.image = Some(image.into());
    container.filled()
}

/// The JSON of a container event that tells of a container: what [`container`] reads back.
pub(crate) fn to_json(container: &Container) -> Vec<u8> {
    let text = |text: &[u8]| Value::String(text.to_str_lossy().into_owned());
    let known = |field: &Option<BString>| text(field.as_deref().map_or(b"", |t| t));
    let flag = |field: Option<bool>| Value::Bool(field.unwrap_or_default());
    let map = |pairs: &[(BString, BString)]| -> Value {
        let pairs = pairs
            .iter()
            .map(|(k, v)| (k.to_str_lossy().into_owned(), text(v)));
        Value::Object(pairs.collect())
    };
    let mounts: Vec<Value> = container
        .mounts
        .iter()
        .map(|m| {
            serde_json::json!({
                "Source": text(&m.source),
                "Destination": text(&m.dest),
                "Mode": text(&m.mode),
                "RW": m.rdwr,
                "Propagation": text(&m.propagation),
            })
        })
        .collect();
    let mut object = serde_json::json!({
        "type": container.ty.number(),
        "id": text(&container.id),
        "full_id": text(&container.full_id),
        "name": known(&container.name),
        "image": known(&container.image),
        "imageid": known(&container.image_id),
        "imagerepo": known(&container.image_repository),
        "imagetag": known(&container.image_tag),
        "imagedigest": known(&container.image_digest),
        "privileged": flag(container.privileged),
        "Mounts": mounts,
        "ip": known(&container.ip),
        "cni_json": known(&container.cni_json),
        "host_pid": flag(container.host_pid),
        "host_network": flag(container.host_network),
        "host_ipc": flag(container.host_ipc),
        "labels": map(&container.labels),
        "User": known(&container.user),
    });
    if let Some(pod) = &container.pod {
        object["pod_sandbox_id"] = text(&pod.sandbox_id);
        object["pod_sandbox_labels"] = map(&pod.labels);
    }
    serde_json::json!({ "container": object })
        .to_string()
        .into_bytes()
}

fn mount(entry: &Value) -> Mount {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
    Mount {
        source: text("Source").into(),
        dest: text("Destination").into(),
        mode: text("Mode").into(),
        rdwr: entry.get("RW").and_then(Value::as_bool).unwrap_or_default(),
        propagation: text("Propagation").into(),
    }
}
