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
