//! Look-ups in the files of engines that really run.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use bstr::{BString, ByteSlice};

use crate::{Container, Containers, Identity};

#[path = "../tests/engines/mod.rs"]
mod engines;
use engines::{Containerd, IMAGE, Podman, unique};

/// What a process that reads its own cgroups, and then waits for its input to end, belongs to.
fn identify(mut command: Command) -> Container {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the engine starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut set = BString::default();
    let mut line = String::new();
    while lines.read_line(&mut line).expect("text") > 0 && line.trim() != "end" {
        // `4:memory:/a/b` as the probe and the scan of /proc hand it out: `memory=/a/b`.
        let mut parts = line.trim().splitn(3, ':').skip(1);
        let (subsystem, path) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        set.extend_from_slice(format!("{subsystem}={path}\0").as_bytes());
        line.clear();
    }
    let mut containers = Containers::new(PathBuf::from("/"));
    let sets = |_| set.as_bstr();
    let identity = containers.identify_in(&sets, Default::default(), 1).clone();
    drop(child.stdin.take());
    let mut rest = String::new();
    lines.read_to_string(&mut rest).expect("text");
    child.wait().expect("the engine ends");
    match identity {
        Identity::Container(container) => (*container).clone(),
        Identity::Host => panic!("of the host: {set:?}"),
    }
}

const SHOW: [&str; 3] = ["/bin/sh", "-c", "cat /proc/self/cgroup; echo end; cat"];

#[test]
fn root_podman_containers_have_name_image_and_mounts() {
    let Some(podman) = Podman::new("podman containers") else {
        return;
    };
    let name = unique("monitor");
    let container = identify(podman.run(&name, &["-i", "-v", "/usr:/host:ro"], &SHOW));
    assert_eq!(container.ty.name(), Some("podman"));
    assert_eq!(container.name, Some(name.into()));
    assert_eq!(container.image, Some(IMAGE.into()));
    assert_eq!(
        container.image_repository,
        Some("docker.io/lanner/box".into())
    );
    assert_eq!(container.image_tag, Some("1".into()));
    let digest = container.image_digest.expect("a digest");
    assert!(digest.starts_with(b"sha256:"), "{digest}");
    assert_eq!(
        (container.privileged, container.host_network),
        (Some(false), Some(false))
    );
    let mounts: Vec<_> = container
        .mounts
        .iter()
        .map(|m| (&m.source, &m.dest, m.rdwr))
        .collect();
    assert_eq!(mounts, [(&"/usr".into(), &"/host".into(), false)]);
    assert_eq!((container.id.len(), container.full_id.len()), (12, 64));

    let labelled = identify(podman.run(&unique("named"), &["-i", "--label", "x=y"], &SHOW));
    // Podman 5 keeps them in SQLite.
    assert!(labelled.labels.is_empty() || labelled.labels == [("x".into(), "y".into())]);

    let privileged = identify(podman.run(
        &unique("strong"),
        &["-i", "--privileged", "--network", "host", "--pid", "host"],
        &SHOW,
    ));
    assert_eq!(privileged.privileged, Some(true));
    assert_eq!(
        (privileged.host_network, privileged.host_pid),
        (Some(true), Some(true))
    );
}

#[test]
fn root_containerd_containers_have_their_id_and_pods_their_name() {
    let Some(podman) = Podman::new("containerd containers") else {
        return;
    };
    let Some(containerd) = Containerd::new("containerd containers", &podman) else {
        return;
    };
    let id = "d".repeat(64);
    let mut plain = containerd.ctr(&["run", "--rm", IMAGE, "plain-one"]);
    plain.args(SHOW);
    let plain = identify(plain);
    assert_eq!(plain.ty.name(), Some("containerd"));
    assert_eq!(
        (plain.full_id, plain.name),
        ("plain-one".into(), Some("plain-one".into()))
    );
    assert_eq!(plain.image, Some(IMAGE.into()));
    assert!(
        plain
            .image_digest
            .is_some_and(|digest| digest.starts_with(b"sha256:"))
    );

    let pod = identify(containerd.pod(&id, "monitor", &SHOW));
    assert_eq!((pod.full_id, pod.name), (id.into(), Some("monitor".into())));
    assert_eq!(pod.image, Some(IMAGE.into()));
    let of = pod.pod.expect("a pod");
    assert_eq!(
        (of.name, of.namespace),
        ("box-pod".into(), "box-space".into())
    );
}
