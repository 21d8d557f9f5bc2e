//! Fields of the container and the pod that an event happened in.

use crate::args;
use crate::container;
use crate::field::{Extract, Field, FieldType, arg, field, ty};

pub(crate) const CONTAINER: &[Field] = &[
    row(
        "container.id",
        ty::STR,
        "First 12 characters of the container id; `host` outside containers.",
        container::id,
    )
    .suggested(),
    row(
        "container.full_id",
        ty::STR,
        "Full container id; `host` outside containers.",
        container::full_id,
    ),
    row(
        "container.name",
        ty::STR,
        "Name of the container; `host` outside containers.",
        container::name,
    )
    .suggested(),
    row(
        "container.image",
        ty::STR,
        "Image of the container, the full reference.",
        |r, _, _| container::text(r, |c| &c.image),
    ),
    row(
        "container.image.id",
        ty::STR,
        "Id of the image.",
        |r, _, _| container::text(r, |c| &c.image_id),
    ),
    row(
        "container.type",
        ty::STR,
        "Kind of the runtime: docker, podman, containerd, cri-o…; `host` outside containers.",
        container::kind,
    ),
    row(
        "container.privileged",
        ty::BOOL,
        "Whether the container runs privileged.",
        |r, _, _| container::flag(r, |c| c.privileged),
    ),
    row(
        "container.mounts",
        ty::STR,
        "Mounts of the container as source:dest:mode:rdwr:propagation, separated by commas.",
        container::mounts,
    ),
    mount(
        "container.mount",
        "One mount of the container as source:dest:mode:rdwr:propagation, by number or by a \
         pattern of its source.",
        container::whole_mount,
    ),
    mount(
        "container.mount.source",
        "Source of a mount, by number or by a pattern of its destination.",
        container::mount_source,
    ),
    mount(
        "container.mount.dest",
        "Destination of a mount, by number or by a pattern of its source.",
        container::mount_dest,
    ),
    mount(
        "container.mount.mode",
        "Mode of a mount, by number or by a pattern of its source.",
        container::mount_mode,
    ),
    mount(
        "container.mount.rdwr",
        "`true` for a mount that can be written to, by number or by a pattern of its source.",
        container::mount_rdwr,
    ),
    mount(
        "container.mount.propagation",
        "Propagation of a mount, by number or by a pattern of its source.",
        container::mount_propagation,
    ),
    row(
        "container.image.repository",
        ty::STR,
        "Repository of the image, without its tag.",
        |r, _, _| container::text(r, |c| &c.image_repository),
    )
    .suggested(),
    row(
        "container.image.tag",
        ty::STR,
        "Tag of the image.",
        |r, _, _| container::text(r, |c| &c.image_tag),
    )
    .suggested(),
    row(
        "container.image.digest",
        ty::STR,
        "Registry digest of the image.",
        |r, _, _| container::text(r, |c| &c.image_digest),
    ),
    row("container.healthcheck", ty::STR, GONE, container::gone),
    row("container.liveness_probe", ty::STR, GONE, container::gone),
    row("container.readiness_probe", ty::STR, GONE, container::gone),
    row(
        "container.start_ts",
        ty::ABSTIME,
        "When the first process of the container's pid namespace started, nanoseconds since the \
         epoch.",
        container::start_ts,
    ),
    row(
        "container.duration",
        ty::RELTIME,
        "Nanoseconds since container.start_ts.",
        container::duration,
    ),
    row(
        "container.ip",
        ty::STR,
        "IPv4 address of the container or its pod.",
        |r, _, _| container::text(r, |c| &c.ip),
    ),
    row(
        "container.cni.json",
        ty::STR,
        "Network set-up of the pod, the JSON that the CRI runtime stores.",
        |r, _, _| container::text(r, |c| &c.cni_json),
    ),
    row(
        "container.host_pid",
        ty::BOOL,
        "Whether the container shares the host's pid namespace.",
        |r, _, _| container::flag(r, |c| c.host_pid),
    ),
    row(
        "container.host_network",
        ty::BOOL,
        "Whether the container shares the host's network namespace.",
        |r, _, _| container::flag(r, |c| c.host_network),
    ),
    row(
        "container.host_ipc",
        ty::BOOL,
        "Whether the container shares the host's IPC namespace.",
        |r, _, _| container::flag(r, |c| c.host_ipc),
    ),
    row(
        "container.label",
        ty::STR,
        "One label of the container: container.label[app].",
        container::label,
    )
    .arg(arg::NEEDS_KEY)
    .resolve(args::key),
    row(
        "container.labels",
        ty::STR,
        "Labels of the container as name:value, separated by commas.",
        container::labels,
    ),
    row(
        "proc.is_container_healthcheck",
        ty::BOOL,
        GONE,
        container::gone,
    ),
    row(
        "proc.is_container_liveness_probe",
        ty::BOOL,
        GONE,
        container::gone,
    ),
    row(
        "proc.is_container_readiness_probe",
        ty::BOOL,
        GONE,
        container::gone,
    ),
    row("k8s.pod.name", ty::STR, "Name of the pod.", |r, _, _| {
        container::pod_name(r, |pod| &pod.name, "io.kubernetes.pod.name")
    })
    .suggested(),
    row(
        "k8s.ns.name",
        ty::STR,
        "Namespace of the pod.",
        |r, _, _| container::pod_name(r, |pod| &pod.namespace, "io.kubernetes.pod.namespace"),
    )
    .suggested(),
    row("k8s.pod.id", ty::STR, "Same as k8s.pod.uid.", |r, _, _| {
        container::pod_name(r, |pod| &pod.uid, "io.kubernetes.pod.uid")
    }),
    row(
        "k8s.pod.uid",
        ty::STR,
        "Unique id that Kubernetes gave the pod.",
        |r, _, _| container::pod_name(r, |pod| &pod.uid, "io.kubernetes.pod.uid"),
    ),
    row(
        "k8s.pod.sandbox_id",
        ty::STR,
        "First 12 characters of the id of the pod's sandbox container.",
        container::short_sandbox_id,
    ),
    row(
        "k8s.pod.full_sandbox_id",
        ty::STR,
        "Full id of the pod's sandbox container.",
        |r, _, _| container::pod_text(r, |pod| &pod.sandbox_id),
    ),
    row(
        "k8s.pod.label",
        ty::STR,
        "One label of the pod: k8s.pod.label[app].",
        container::pod_label,
    )
    .arg(arg::NEEDS_KEY)
    .resolve(args::key),
    row(
        "k8s.pod.labels",
        ty::STR,
        "Labels of the pod as name:value, separated by commas.",
        container::pod_labels,
    ),
    row(
        "k8s.pod.ip",
        ty::STR,
        "IPv4 address of the pod.",
        |r, _, _| container::pod_text(r, |pod| &pod.ip),
    ),
    row(
        "k8s.pod.cni.json",
        ty::STR,
        "Same as container.cni.json.",
        |r, _, _| container::pod_text(r, |pod| &pod.cni_json),
    ),
    row("k8s.rc.name", ty::STR, GONE, container::gone),
    row("k8s.rc.id", ty::STR, GONE, container::gone),
    gone_label("k8s.rc.label"),
    row("k8s.rc.labels", ty::STR, GONE, container::gone),
    row("k8s.svc.name", ty::STR, GONE, container::gone),
    row("k8s.svc.id", ty::STR, GONE, container::gone),
    gone_label("k8s.svc.label"),
    row("k8s.svc.labels", ty::STR, GONE, container::gone),
    row("k8s.ns.id", ty::STR, GONE, container::gone),
    gone_label("k8s.ns.label"),
    row("k8s.ns.labels", ty::STR, GONE, container::gone),
    row("k8s.rs.name", ty::STR, GONE, container::gone),
    row("k8s.rs.id", ty::STR, GONE, container::gone),
    gone_label("k8s.rs.label"),
    row("k8s.rs.labels", ty::STR, GONE, container::gone),
    row("k8s.deployment.name", ty::STR, GONE, container::gone),
    row("k8s.deployment.id", ty::STR, GONE, container::gone),
    gone_label("k8s.deployment.label"),
    row("k8s.deployment.labels", ty::STR, GONE, container::gone),
];

/// Falco's container plugin still names these fields and never has a value for them.
const GONE: &str = "Accepted for old rules; never has a value.";

const fn row(name: &'static str, ty: FieldType, desc: &'static str, value: Extract) -> Field {
    field(name, ty, desc, value).plugin()
}

const fn mount(name: &'static str, desc: &'static str, value: Extract) -> Field {
    row(name, ty::STR, desc, value)
        .arg(arg::NEEDS_INDEX_OR_KEY)
        .resolve(args::key)
}

const fn gone_label(name: &'static str) -> Field {
    row(name, ty::STR, GONE, container::gone)
        .arg(arg::NEEDS_KEY)
        .resolve(args::key)
}
