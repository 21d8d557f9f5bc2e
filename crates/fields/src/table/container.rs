//! Fields of the container and the pod that an event happened in.

use crate::args;
use crate::field::{Field, arg, field, ty};

pub(crate) const CONTAINER: &[Field] = &[
    row(
        "container.id",
        ty::STR,
        "First 12 characters of the container id; `host` outside containers.",
    )
    .suggested(),
    row(
        "container.full_id",
        ty::STR,
        "Full container id; `host` outside containers.",
    ),
    row(
        "container.name",
        ty::STR,
        "Name of the container; `host` outside containers.",
    )
    .suggested(),
    row(
        "container.image",
        ty::STR,
        "Image of the container, the full reference.",
    ),
    row("container.image.id", ty::STR, "Id of the image."),
    row(
        "container.type",
        ty::STR,
        "Kind of the runtime: docker, podman, containerd, cri-o…; `host` outside containers.",
    ),
    row(
        "container.privileged",
        ty::BOOL,
        "Whether the container runs privileged.",
    ),
    row(
        "container.mounts",
        ty::STR,
        "Mounts of the container as source:dest:mode:rdwr:propagation, separated by commas.",
    ),
    mount(
        "container.mount",
        "One mount of the container as source:dest:mode:rdwr:propagation, by number or by a \
         pattern of its source.",
    ),
    mount(
        "container.mount.source",
        "Source of a mount, by number or by a pattern of its destination.",
    ),
    mount(
        "container.mount.dest",
        "Destination of a mount, by number or by a pattern of its source.",
    ),
    mount(
        "container.mount.mode",
        "Mode of a mount, by number or by a pattern of its source.",
    ),
    mount(
        "container.mount.rdwr",
        "`true` for a mount that can be written to, by number or by a pattern of its source.",
    ),
    mount(
        "container.mount.propagation",
        "Propagation of a mount, by number or by a pattern of its source.",
    ),
    row(
        "container.image.repository",
        ty::STR,
        "Repository of the image, without its tag.",
    )
    .suggested(),
    row("container.image.tag", ty::STR, "Tag of the image.").suggested(),
    row(
        "container.image.digest",
        ty::STR,
        "Registry digest of the image.",
    ),
    row("container.healthcheck", ty::STR, GONE),
    row("container.liveness_probe", ty::STR, GONE),
    row("container.readiness_probe", ty::STR, GONE),
    row(
        "container.start_ts",
        ty::ABSTIME,
        "When the first process of the container's pid namespace started, nanoseconds since the \
         epoch.",
    ),
    row(
        "container.duration",
        ty::RELTIME,
        "Nanoseconds since container.start_ts.",
    ),
    row(
        "container.ip",
        ty::STR,
        "IPv4 address of the container or its pod.",
    ),
    row(
        "container.cni.json",
        ty::STR,
        "Network set-up of the pod, the JSON that the CRI runtime stores.",
    ),
    row(
        "container.host_pid",
        ty::BOOL,
        "Whether the container shares the host's pid namespace.",
    ),
    row(
        "container.host_network",
        ty::BOOL,
        "Whether the container shares the host's network namespace.",
    ),
    row(
        "container.host_ipc",
        ty::BOOL,
        "Whether the container shares the host's IPC namespace.",
    ),
    row(
        "container.label",
        ty::STR,
        "One label of the container: container.label[app].",
    )
    .arg(arg::NEEDS_KEY)
    .resolve(args::key),
    row(
        "container.labels",
        ty::STR,
        "Labels of the container as name:value, separated by commas.",
    ),
    row("proc.is_container_healthcheck", ty::BOOL, GONE),
    row("proc.is_container_liveness_probe", ty::BOOL, GONE),
    row("proc.is_container_readiness_probe", ty::BOOL, GONE),
    row("k8s.pod.name", ty::STR, "Name of the pod.").suggested(),
    row("k8s.ns.name", ty::STR, "Namespace of the pod.").suggested(),
    row("k8s.pod.id", ty::STR, "Same as k8s.pod.uid."),
    row(
        "k8s.pod.uid",
        ty::STR,
        "Unique id that Kubernetes gave the pod.",
    ),
    row(
        "k8s.pod.sandbox_id",
        ty::STR,
        "First 12 characters of the id of the pod's sandbox container.",
    ),
    row(
        "k8s.pod.full_sandbox_id",
        ty::STR,
        "Full id of the pod's sandbox container.",
    ),
    row(
        "k8s.pod.label",
        ty::STR,
        "One label of the pod: k8s.pod.label[app].",
    )
    .arg(arg::NEEDS_KEY)
    .resolve(args::key),
    row(
        "k8s.pod.labels",
        ty::STR,
        "Labels of the pod as name:value, separated by commas.",
    ),
    row("k8s.pod.ip", ty::STR, "IPv4 address of the pod."),
    row("k8s.pod.cni.json", ty::STR, "Same as container.cni.json."),
    row("k8s.rc.name", ty::STR, GONE),
    row("k8s.rc.id", ty::STR, GONE),
    gone_label("k8s.rc.label"),
    row("k8s.rc.labels", ty::STR, GONE),
    row("k8s.svc.name", ty::STR, GONE),
    row("k8s.svc.id", ty::STR, GONE),
    gone_label("k8s.svc.label"),
    row("k8s.svc.labels", ty::STR, GONE),
    row("k8s.ns.id", ty::STR, GONE),
    gone_label("k8s.ns.label"),
    row("k8s.ns.labels", ty::STR, GONE),
    row("k8s.rs.name", ty::STR, GONE),
    row("k8s.rs.id", ty::STR, GONE),
    gone_label("k8s.rs.label"),
    row("k8s.rs.labels", ty::STR, GONE),
    row("k8s.deployment.name", ty::STR, GONE),
    row("k8s.deployment.id", ty::STR, GONE),
    gone_label("k8s.deployment.label"),
    row("k8s.deployment.labels", ty::STR, GONE),
];

/// Falco's container plugin still names these fields and never has a value for them.
const GONE: &str = "Accepted for old rules; never has a value.";

const fn row(name: &'static str, ty: crate::field::FieldType, desc: &'static str) -> Field {
    field(name, ty, desc).plugin()
}

const fn mount(name: &'static str, desc: &'static str) -> Field {
    row(name, ty::STR, desc)
        .arg(arg::NEEDS_INDEX_OR_KEY)
        .resolve(args::key)
}

const fn gone_label(name: &'static str) -> Field {
    row(name, ty::STR, GONE)
        .arg(arg::NEEDS_KEY)
        .resolve(args::key)
}
