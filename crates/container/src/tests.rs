//! Whole look-ups over trees of files as the runtimes leave them.

use std::fs;
use std::path::Path;

use bstr::{BStr, BString, ByteSlice};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::bolt::tests::{database, inline, leaf};

const ID: &str = "b1946ac92492d2347c6235b4d2611184b1946ac92492d2347c6235b4d2611184";
const POD: &str = "591785b794601e212b260e25925636fd591785b794601e212b260e25925636fd";
const IMAGE: &str = "0ca0fed353fb77c247abada85aebc667fd1f5fa0b5f6ab1efb26867ba18f2f0a";

/// A tree of files, JSON or (a string) plain text; in paths and contents `$ID`, `$POD` and
/// `$IMAGE` stand for the ids.
fn tree(files: &[(&str, Value)]) -> TempDir {
    let dir = TempDir::new().unwrap();
    files.iter().for_each(|(path, value)| {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        put(dir.path(), path, text.as_bytes());
    });
    dir
}

fn ids(text: &str) -> String {
    text.replace("$IMAGE", IMAGE)
        .replace("$POD", POD)
        .replace("$ID", ID)
}

fn put(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(ids(path).trim_start_matches('/'));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let text = bytes.to_str().map(ids);
    fs::write(path, text.as_deref().map_or(bytes, str::as_bytes)).unwrap();
}

fn ask_at(containers: &mut Containers, set: &str, now: u64) -> Option<Container> {
    let set = BString::from(ids(set));
    let number = set
        .iter()
        .fold(7u64, |h, b| h.wrapping_mul(31) + u64::from(*b));
    match containers.identify_in(&|_| set.as_bstr(), CgroupId(number), now) {
        Identity::Host => None,
        Identity::Container(container) => Some((**container).clone()),
    }
}

fn ask_once(root: &TempDir, set: &str) -> Option<Container> {
    ask_at(&mut Containers::new(root.path().to_owned()), set, 1)
}

/// The values of a container as rules see them; `-` is missing.
fn show(container: &Container) -> String {
    let text = |t: &Option<BString>| t.as_ref().map_or("-".to_owned(), ToString::to_string);
    let flag = |f: Option<bool>| f.map_or("-".to_owned(), |f| f.to_string());
    let mut out = format!(
        "{} {} name={} image={} repo={} tag={} digest={} id={} priv={} net={} ip={}",
        container.id,
        container.ty.name().unwrap_or("-"),
        text(&container.name),
        text(&container.image),
        text(&container.image_repository),
        text(&container.image_tag),
        text(&container.image_digest),
        text(&container.image_id),
        flag(container.privileged),
        flag(container.host_network),
        text(&container.ip),
    );
    for m in &container.mounts {
        out += &format!(
            " mount={}:{}:{}:{}:{}",
            m.source, m.dest, m.mode, m.rdwr, m.propagation
        );
    }
    for (key, value) in &container.labels {
        out += &format!(" {key}={value}");
    }
    if let Some(pod) = &container.pod {
        out += &format!(" pod={}/{}/{}/{}", pod.namespace, pod.name, pod.uid, pod.ip);
        for (key, value) in &pod.labels {
            out += &format!(" pod.{key}={value}");
        }
    }
    out
}

#[track_caller]
fn check(files: &[(&str, Value)], set: &str, expect: &str) {
    let container = ask_once(&tree(files), set).unwrap();
    assert_eq!(show(&container), ids(expect), "{set}");
    assert_eq!(container.full_id, ids("$ID"));
}

fn spec(extra: Value) -> Value {
    let mut spec = json!({
        "process": {"user": {"uid": 0}, "capabilities": {"bounding": ["CAP_CHOWN"]}},
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/data", "type": "bind", "source": "/srv/data",
             "options": ["rbind", "rprivate", "ro"]},
        ],
        "linux": {"namespaces": [{"type": "pid"}, {"type": "network"}, {"type": "ipc"}],
                  "maskedPaths": ["/proc/kcore"]},
    });
    let (Value::Object(spec), Value::Object(extra)) = (&mut spec, extra) else {
        panic!("not objects");
    };
    spec.extend(extra);
    Value::Object(spec.clone())
}

#[test]
fn a_pod_of_lanner_is_known_by_its_bundle() {
    let notes = json!({"annotations": {
        "io.kubernetes.cri.container-type": "container",
        "io.kubernetes.cri.container-name": "web",
        "io.kubernetes.cri.image-name": "docker.io/hashicorp/http-echo:1.0",
        "io.kubernetes.cri.sandbox-id": "$POD",
        "io.kubernetes.cri.sandbox-name": "fine-pod",
        "io.kubernetes.cri.sandbox-namespace": "default",
        "io.kubernetes.cri.sandbox-uid": "u-1",
        "lanner.user": "65532",
        "lanner.privileged": "false",
        "lanner.pod-labels": "{\"app\":\"fine\"}",
    }});
    check(
        &[("/run/lanner/containers/$ID/config.json", spec(notes))],
        "memory=/lanner/podu-1/$ID",
        "b1946ac92492 custom name=web image=docker.io/hashicorp/http-echo:1.0 \
         repo=docker.io/hashicorp/http-echo tag=1.0 digest= id= priv=false net=false ip=127.0.0.1 \
         mount=/srv/data:/data::false:rprivate \
         io.kubernetes.pod.name=fine-pod io.kubernetes.pod.namespace=default \
         io.kubernetes.pod.uid=u-1 io.kubernetes.sandbox.id=$POD \
         pod=default/fine-pod/u-1/127.0.0.1 pod.app=fine",
    );
}

#[test]
fn docker_tells_of_a_container_in_its_own_files() {
    let config = json!({
        "Name": "/monitor", "Image": "sha256:$IMAGE",
        "Config": {"Image": "nginx", "User": "www", "Labels": {"tier": "front"}},
        "NetworkSettings": {"Networks": {"bridge": {"IPAddress": "172.17.0.2"}}},
        "MountPoints": {"/data": {"Source": "/srv/data", "Destination": "/data", "RW": true,
                                  "Mode": "z", "Propagation": "rprivate"}},
    });
    let host = json!({"Privileged": true, "NetworkMode": "bridge", "PidMode": ""});
    let repositories = json!({"Repositories": {"nginx": {
        "nginx:1.25": "sha256:other",
        "nginx:latest": "sha256:$IMAGE",
        "nginx@sha256:d1": "sha256:$IMAGE",
    }}});
    let files = [
        ("/var/lib/docker/containers/$ID/config.v2.json", config),
        ("/var/lib/docker/containers/$ID/hostconfig.json", host),
        (
            "/var/lib/docker/image/overlay2/repositories.json",
            repositories,
        ),
    ];
    let expect = "b1946ac92492 docker name=monitor image=nginx repo=nginx tag=latest \
        digest=sha256:d1 id=$IMAGE priv=true net=false ip=172.17.0.2 \
        mount=/srv/data:/data:z:true:rprivate tier=front";
    check(&files, "memory=/docker/$ID\0pids=/docker/$ID\0", expect);
    check(
        &files,
        "memory=/\0\0=/system.slice/docker-$ID.scope\0",
        expect,
    );
    check(&files, "cpu=/../../docker/$ID/init.scope\0", expect);
    check(&files, "cpu=/some/parent/$ID\0", expect);
}

#[test]
fn podman_tells_of_a_container_in_its_store() {
    let containers = json!([
        {"id": "other", "names": ["x"]},
        {"id": "$ID", "names": ["monitor"], "image": "$IMAGE", "metadata":
            "{\"image-name\":\"localhost/box:1\",\"image-id\":\"$IMAGE\",\"name\":\"monitor\"}"},
    ]);
    let images = json!([{"id": "$IMAGE", "digest": "sha256:d2"}]);
    let bundle = spec(json!({
        "annotations": {"io.container.manager": "libpod",
                        "io.podman.annotations.privileged": "FALSE"},
        "mounts": [
            {"destination": "/etc/hosts", "type": "bind", "options": ["bind"], "source":
             "/run/containers/storage/overlay-containers/$ID/userdata/hosts"},
            {"destination": "/sock", "type": "bind", "source": "/run/docker.sock",
             "options": ["rbind", "rshared"]},
        ],
    }));
    let root = "/var/lib/containers/storage/overlay";
    let files = |store: &str, extra: Vec<(String, Value)>| -> Vec<(String, Value)> {
        [
            (
                format!("{store}-containers/containers.json"),
                containers.clone(),
            ),
            (
                format!("{store}-containers/$ID/userdata/config.json"),
                bundle.clone(),
            ),
            (format!("{store}-images/images.json"), images.clone()),
        ]
        .into_iter()
        .chain(extra)
        .collect()
    };
    let expect = "b1946ac92492 podman name=monitor image=localhost/box:1 repo=localhost/box tag=1 \
        digest=sha256:d2 id=$IMAGE priv=false net=false ip= mount=/run/docker.sock:/sock::true:rshared";
    let check = |files: Vec<(String, Value)>, set: &str| {
        let files: Vec<(&str, Value)> = files.iter().map(|(p, v)| (&**p, v.clone())).collect();
        check(&files, set, expect);
    };
    check(files(root, vec![]), "memory=/libpod_parent/libpod-$ID\0");
    check(
        files(root, vec![]),
        "memory=/machine.slice/libpod-$ID.scope/container\0",
    );
    check(files(root, vec![]), "memory=/docker\0pids=/a/$ID\0");
    check(
        files(
            "/home/ann/.local/share/containers/storage/overlay",
            vec![(
                "/etc/passwd".to_owned(),
                json!("root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n"),
            )],
        ),
        "x=/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-$ID.scope/container",
    );
    check(
        files(
            "/srv/pods/vfs",
            vec![(
                "/etc/containers/storage.conf".to_owned(),
                json!("[storage]\ndriver = \"vfs\"\ngraphroot = \"/srv/pods\"\n"),
            )],
        ),
        "x=/libpod_parent/libpod-$ID",
    );
}

#[test]
fn podman_tells_labels_and_address_in_its_database() {
    let store = "/var/lib/containers/storage";
    let index = json!([{"id": "$ID", "names": ["monitor"]}]);
    let dir = tree(&[
        (
            &format!("{store}/overlay-containers/containers.json"),
            index,
        ),
        (
            &format!("{store}/overlay-containers/$ID/userdata/config.json"),
            spec(json!({})),
        ),
    ]);
    let config = json!({"labels": {"x": "y"}, "user": "www", "networkMode": "bridge"});
    let network = json!({"networkStatus": {"podman": {"interfaces": {"eth0": {"subnets": [
        {"ipnet": "fd00::3/64"}, {"ipnet": "10.88.0.8/16"}]}}}}});
    let bytes = |json: &Value| json.to_string().into_bytes();
    let mut containers = Containers::new(dir.path().to_owned());
    let set = "cpu=/libpod_parent/libpod-$ID\0";
    let mut ask = |state: &Value, now| {
        let of = inline(&[(0, "config", bytes(&config)), (0, "state", bytes(state))]);
        let file = database(&[leaf(&[(1, "ctr", inline(&[(1, ID, of)]))])]);
        put(dir.path(), &format!("{store}/libpod/bolt_state.db"), &file);
        ask_at(&mut containers, set, now).unwrap()
    };
    // The address comes once the network is there.
    assert_eq!(ask(&json!({}), 1).ip.unwrap(), "");
    let container = ask(&network, 1 + SOONEST);
    assert_eq!(container.ip.unwrap(), "10.88.0.8");
    assert_eq!(container.user.unwrap(), "www");
    assert_eq!(container.labels, [("x".into(), "y".into())]);
}

#[test]
fn containerd_tells_of_a_pod_in_the_bundle() {
    let bundle = spec(json!({"annotations": {
        "io.kubernetes.cri.container-type": "container",
        "io.kubernetes.cri.container-name": "monitor",
        "io.kubernetes.cri.image-name": "docker.io/library/redis:7",
        "io.kubernetes.cri.sandbox-id": "$POD",
        "io.kubernetes.cri.sandbox-name": "web-0",
        "io.kubernetes.cri.sandbox-namespace": "prod",
        "io.kubernetes.cri.sandbox-uid": "u-1",
    }}));
    let cni = json!({"kind": "cniCacheV1", "result": {"ips": [
        {"address": "fd00::7/64"}, {"address": "10.22.0.7/16"}]}});
    let files = [
        (
            "/run/containerd/io.containerd.runtime.v2.task/k8s.io/$ID/config.json",
            bundle,
        ),
        ("/var/lib/cni/results/net-$POD-eth0", cni),
    ];
    let expect = "b1946ac92492 containerd name=monitor image=docker.io/library/redis:7 \
        repo=docker.io/library/redis tag=7 digest= id= priv=false net=false ip=10.22.0.7 \
        mount=/srv/data:/data::false:private io.kubernetes.pod.name=web-0 \
        io.kubernetes.pod.namespace=prod io.kubernetes.pod.uid=u-1 io.kubernetes.sandbox.id=$POD \
        pod=prod/web-0/u-1/10.22.0.7";
    check(&files, "cpu=/kubepods/besteffort/podu-1/$ID\0", expect);
    check(
        &files,
        "cpu=/kubepods.slice/kubepods-podu_1.slice/cri-containerd-$ID.scope\0",
        expect,
    );
    check(&files, "cpu=/k8s.io/$ID\0", expect);
}

#[test]
fn containerd_tells_image_and_labels_in_its_database() {
    let bundle = |kind: &str| {
        spec(json!({"annotations": {
            "io.kubernetes.cri.container-type": kind,
            "io.kubernetes.cri.container-name": "monitor",
            "io.kubernetes.cri.sandbox-id": "$POD",
        }}))
    };
    let tasks = "/run/containerd/io.containerd.runtime.v2.task/k8s.io";
    let dir = tree(&[(&format!("{tasks}/$ID/config.json"), bundle("container"))]);
    let text = |text: &str| text.as_bytes().to_vec();
    let labelled = |labels: &[(u32, &str, Vec<u8>)]| {
        inline(&[
            (0, "image", text("r.example/a:1")),
            (1, "labels", inline(labels)),
        ])
    };
    let target = inline(&[(0, "digest", text("sha256:d3"))]);
    let containers = [
        (
            1,
            POD,
            labelled(&[(0, "team", text("blue")), (0, "long", vec![b'x'; 101])]),
        ),
        (
            1,
            ID,
            labelled(&[
                (0, "io.cri-containerd.kind", text("container")),
                (0, "app", text("web")),
            ]),
        ),
    ];
    let namespace = inline(&[
        (1, "containers", inline(&containers)),
        (
            1,
            "images",
            inline(&[(1, "r.example/a:1", inline(&[(1, "target", target)]))]),
        ),
    ]);
    let file = database(&[leaf(&[(1, "v1", inline(&[(1, "k8s.io", namespace)]))])]);
    put(
        dir.path(),
        "/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db",
        &file,
    );
    let container = ask_once(&dir, "cpu=/kubepods/podx/$ID\0").unwrap();
    assert_eq!(container.image.unwrap(), "r.example/a:1");
    assert_eq!(container.image_digest.unwrap(), "sha256:d3");
    assert_eq!(container.labels[0], ("app".into(), "web".into()));
    assert_eq!(
        container.pod.unwrap().labels,
        [("team".into(), "blue".into())]
    );
}

#[test]
fn crio_tells_of_a_pod_in_the_bundles_of_container_and_sandbox() {
    let container = spec(json!({"annotations": {
        "io.kubernetes.cri-o.ContainerType": "container",
        "io.kubernetes.container.name": "monitor",
        "io.kubernetes.cri-o.ImageName": "quay.io/a/b:2",
        "io.kubernetes.cri-o.SandboxID": "$POD",
        "io.kubernetes.pod.name": "web-0",
        "io.kubernetes.pod.namespace": "prod",
        "io.kubernetes.pod.uid": "u-1",
        "io.kubernetes.cri-o.Labels": "{\"app\":\"web\"}",
    }}));
    let sandbox = spec(json!({"annotations": {
        "io.kubernetes.cri-o.IP.0": "10.85.0.3",
        "io.kubernetes.cri-o.Labels": "{\"team\":\"blue\"}",
    }}));
    let run = "/run/containers/storage/overlay-containers";
    check(
        &[
            (&format!("{run}/$ID/userdata/config.json"), container),
            (&format!("{run}/$POD/userdata/config.json"), sandbox),
        ],
        "cpu=/kubepods.slice/kubepods-podu_1.slice/crio-$ID.scope\0",
        "b1946ac92492 cri-o name=monitor image=quay.io/a/b:2 repo=quay.io/a/b tag=2 digest= id= \
         priv=false net=false ip=10.85.0.3 mount=/srv/data:/data::false:rprivate app=web \
         io.kubernetes.pod.name=web-0 io.kubernetes.pod.namespace=prod io.kubernetes.pod.uid=u-1 \
         io.kubernetes.sandbox.id=$POD pod=prod/web-0/u-1/10.85.0.3 pod.team=blue",
    );
}

#[test]
fn a_plain_bundle_is_a_container_once_its_runtime_says_so() {
    let files = tree(&[
        (
            "/run/runc/box/state.json",
            json!({"config": {"labels": ["bundle=/srv/box"]}}),
        ),
        (
            "/srv/box/config.json",
            spec(json!({"linux": {"namespaces": []}})),
        ),
        ("/run/crun/hut/status", json!({"bundle": "/srv/hut"})),
    ]);
    let shown = |set| ask_once(&files, set).as_ref().map(show);
    assert_eq!(
        shown("cpu=/box\0").unwrap(),
        "box custom name=box image= repo= tag= digest= id= priv=false net=true ip= \
         mount=/srv/data:/data::false:rprivate"
    );
    assert!(shown("cpu=/user.slice/runc-box.scope\0").is_some());
    assert!(shown("cpu=/hut\0").unwrap().contains("custom name=hut"));
    for host in [
        "cpu=/other\0",
        "cpu=/box.service\0",
        "cpu=/\0",
        "",
        "cpu=/..\0",
    ] {
        assert_eq!(shown(host), None, "{host}");
    }
}

#[test]
fn a_container_made_with_ctr_bears_its_id_as_name() {
    let path = "/run/containerd/io.containerd.runtime.v2.task/default/redis-server-1/config.json";
    let files = tree(&[(path, spec(json!({})))]);
    let container = ask_once(&files, "memory=/default/redis-server-1\0").unwrap();
    assert_eq!(container.name.unwrap(), "redis-server");
    assert_eq!(container.full_id, "redis-server-1");
    assert_eq!(ask_once(&files, "memory=/other/redis-server-1\0"), None);

    let elsewhere = tree(&[
        (
            "/etc/containerd/config.toml",
            json!("version = 2\nstate = '/srv/c'\n"),
        ),
        (
            "/srv/c/io.containerd.runtime.v2.task/n/box/config.json",
            spec(json!({})),
        ),
    ]);
    assert!(ask_once(&elsewhere, "memory=/n/box\0").is_some());
}

#[test]
fn a_privileged_bundle_is_one_without_fences() {
    let privileged = |extra: Value| {
        let mut container = Container::known("x", ContainerType::Containerd);
        oci::describe(&mut container, &spec(extra), |_| false);
        container.privileged.unwrap()
    };
    let caps = json!({"capabilities": {"bounding": ["CAP_SYS_ADMIN"]}});
    assert!(!privileged(json!({})));
    assert!(!privileged(json!({"process": caps})));
    assert!(!privileged(json!({"linux": {}})));
    assert!(privileged(json!({"process": caps, "linux": {}})));
    assert!(privileged(
        json!({"process": caps, "linux": {"maskedPaths": []}})
    ));
    assert!(!privileged(
        json!({"process": caps, "linux": {"seccomp": {"defaultAction": "x"}}})
    ));
}

#[test]
fn damaged_files_are_as_good_as_none() {
    let at = "/var/lib/docker/containers/$ID/config.v2.json";
    for junk in [
        &b""[..],
        b"{",
        b"\xff\xfe",
        b"[1,2]",
        b"null",
        &[b'['; 100_000],
    ] {
        let dir = TempDir::new().unwrap();
        put(dir.path(), at, junk);
        let container = ask_once(&dir, "cpu=/docker/$ID\0").unwrap();
        assert_eq!(container.id, ID[..12]);
        assert!(container.image.is_none_or(|image| image.is_empty()));
    }
    let store = "/var/lib/containers/storage/overlay-containers/containers.json";
    let dir = TempDir::new().unwrap();
    put(
        dir.path(),
        store,
        br#"[{"id":"$ID","names":["monitor"]},{"id":"torn"#,
    );
    let container = ask_once(&dir, "cpu=/libpod_parent/libpod-$ID\0").unwrap();
    assert_eq!(container.name.unwrap(), "monitor");
}

#[test]
fn a_pipe_or_a_huge_file_in_place_of_one_of_the_files_does_not_hold_up() {
    let dir = tree(&[("/run/runc/box/x", json!(1))]);
    let pipe = dir.path().join("run/runc/box/state.json");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .unwrap();
    assert!(made.success());
    assert_eq!(ask_once(&dir, "cpu=/box\0"), None);
    fs::remove_file(&pipe).unwrap();
    let sparse = fs::File::create(&pipe).unwrap();
    sparse.set_len(1 << 40).unwrap();
    assert_eq!(ask_once(&dir, "cpu=/box\0"), None);
}

#[test]
fn what_was_not_there_yet_is_looked_up_again_in_time() {
    let dir = TempDir::new().unwrap();
    let mut containers = Containers::new(dir.path().to_owned());
    let start = 1_000_000_000_000;
    let before = ask_at(&mut containers, "cpu=/docker/$ID\0", start).unwrap();
    assert_eq!((before.ty, &before.name), (ContainerType::Docker, &None));

    let config = json!({"Name": "/late", "Config": {"Image": "a:1"}});
    put(
        dir.path(),
        "/var/lib/docker/containers/$ID/config.v2.json",
        config.to_string().as_bytes(),
    );
    let early = ask_at(&mut containers, "cpu=/docker/$ID\0", start + SOONEST - 1).unwrap();
    assert_eq!(early.name, None);
    let late = ask_at(&mut containers, "cpu=/docker/$ID\0", start + SOONEST).unwrap();
    assert_eq!(late.name.unwrap(), "late");
}

#[test]
fn the_wait_between_look_ups_grows_with_age() {
    let dir = TempDir::new().unwrap();
    let mut containers = Containers::new(dir.path().to_owned());
    let mut looks = 0;
    let mut due = None;
    let second = 1_000_000_000;
    for now in (0..3600 * second).step_by(second as usize / 10) {
        ask_at(&mut containers, "cpu=/docker/$ID\0", now);
        let again = containers.cgroups.values().next().unwrap().again;
        looks += u32::from(again != due);
        due = again;
    }
    assert!((50..1000).contains(&looks), "{looks} look-ups in an hour");
}

#[test]
fn a_settled_container_is_not_looked_up_again() {
    let path = "/run/containerd/io.containerd.runtime.v2.task/default/box/config.json";
    let dir = tree(&[(path, spec(json!({})))]);
    let mut containers = Containers::new(dir.path().to_owned());
    let set = "memory=/default/box\0";
    assert!(ask_at(&mut containers, set, 1).is_some());
    drop(dir);
    assert!(ask_at(&mut containers, set, u64::MAX).is_some());
}

#[test]
fn cgroups_that_are_gone_are_forgotten() {
    let mut containers = Containers::offline();
    let newest = 100_000;
    for n in 0..newest {
        let set = BString::from(format!("cpu=/docker/{n:064x}"));
        let sets = |id: CgroupId| match id.0 + 10 > n {
            true => set.as_bstr(),
            false => BStr::new(""),
        };
        containers.identify_in(&sets, CgroupId(n), n);
    }
    assert!(containers.cgroups.len() <= SWEEP);
    assert!(containers.cgroups.contains_key(&CgroupId(newest - 1)));
}

const EVENT: &str = r#"{"container": {"id": "b1946ac92492", "full_id": "$ID", "type": 0,
    "name": "attacker", "image": "alpine:3", "imagerepo": "alpine", "imagetag": "3",
    "privileged": true, "ip": "10.0.0.9", "labels": {"io.kubernetes.pod.name": "p",
    "io.kubernetes.pod.namespace": "n"}, "pod_sandbox_id": "$POD", "pod_sandbox_labels": null,
    "Mounts": [{"Source": "/a", "Destination": "/b", "RW": true, "Mode": "", "Propagation": "x"}]}}"#;

#[test]
fn a_capture_tells_of_its_containers_in_events() {
    let mut containers = Containers::offline();
    let set = "cpu=/docker/$ID\0";
    let before = ask_at(&mut containers, set, 1).unwrap();
    assert_eq!((before.ty.name(), before.name), (None, None));

    let told = containers.learn_json(ids(EVENT).as_bytes()).unwrap();
    let known = ask_at(&mut containers, set, 2).unwrap();
    assert_eq!(known, *told);
    assert_eq!(
        show(&known),
        "b1946ac92492 docker name=attacker image=alpine:3 repo=alpine tag=3 digest= id= priv=true \
         net=false ip=10.0.0.9 mount=/a:/b::true:x io.kubernetes.pod.name=p \
         io.kubernetes.pod.namespace=n pod=n/p//"
    );

    containers.forget_json(ids(EVENT).as_bytes()).unwrap();
    assert_eq!(ask_at(&mut containers, set, 3).unwrap().name, None);

    containers.learn(&ID.as_bytes()[..12], 0, b"old", b"img");
    assert_eq!(
        ask_at(&mut containers, set, 4).unwrap().name.unwrap(),
        "old"
    );
    assert_eq!(
        ask_at(&mut containers, "cpu=/system.slice/x.service\0", 5),
        None
    );
}

#[test]
fn junk_in_a_container_event_teaches_nothing() {
    let mut containers = Containers::offline();
    for junk in [
        &b""[..],
        b"{}",
        b"{\"container\": 3}",
        b"{\"container\": {}}",
        b"\0",
        b"\xff",
    ] {
        assert_eq!(containers.learn_json(junk), None, "{}", junk.as_bstr());
    }
    assert!(
        containers
            .learn_json(b"{\"container\":{\"id\":\"a\"}}\0tail")
            .is_some()
    );
}

#[test]
fn what_a_capture_tells_of_a_container_reads_back() {
    let json = br#"{"container":{"type":11,"id":"0123456789ab","full_id":"0123456789abcdef","name":"web","image":"docker.io/x/web:1","imageid":"aa","imagerepo":"docker.io/x/web","imagetag":"1","imagedigest":"sha256:bb","privileged":true,"Mounts":[{"Source":"/a","Destination":"/b","Mode":"ro","RW":false,"Propagation":"private"}],"ip":"10.0.0.2","cni_json":"","host_pid":true,"host_network":false,"host_ipc":false,"labels":{"k":"v","io.kubernetes.pod.name":"p","io.kubernetes.pod.namespace":"n"},"User":"1000","pod_sandbox_id":"cc","pod_sandbox_labels":{"l":"m"}}}"#;
    let first = capture::container(json).unwrap();
    assert_eq!(first.name, Some("web".into()));
    assert_eq!(first.ty, ContainerType::Podman);
    assert_eq!(capture::container(&first.to_json()).as_ref(), Some(&first));
}
