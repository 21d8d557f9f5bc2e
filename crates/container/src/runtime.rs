//! The runtimes' files, one section per runtime: where they are, and what is read from them.
//!
//! All of them exist before the container's first program runs: an engine writes its own record
//! and the OCI bundle, then starts the low-level runtime, which joins the cgroup.

use bstr::BString;
use serde_json::Value;

use crate::cgroup::{Candidate, Hint};
use crate::files::Root;
use crate::{Container, ContainerType, Mount, Pod, image, oci};

/// Where the runtimes of a machine keep their files.
#[derive(Debug)]
pub(crate) struct Runtimes {
    root: Root,
    /// Docker's data folder.
    docker: String,
    /// The graph root and run root of containers/storage (Podman and CRI-O as root).
    storage: [String; 2],
    /// Where containerd keeps the bundles of running tasks, by namespace, and its database.
    tasks: Vec<(String, String)>,
}

/// What a look-up found.
pub(crate) struct Found {
    pub(crate) container: Container,
    /// Nothing of what this runtime tells was missing yet.
    pub(crate) complete: bool,
}

/// What containerd's database tells.
#[derive(Default)]
struct Stored {
    image: String,
    digest: Option<String>,
    labels: Vec<(BString, BString)>,
}

impl Runtimes {
    pub(crate) fn new(root: Root) -> Runtimes {
        let docker = root
            .json("/etc/docker/daemon.json")
            .and_then(|conf| Some(conf.get("data-root")?.as_str()?.to_owned()))
            .unwrap_or_else(|| "/var/lib/docker".to_owned());
        let conf = root
            .read("/etc/containers/storage.conf")
            .unwrap_or_default();
        let conf = String::from_utf8_lossy(&conf).into_owned();
        let storage = [
            ("graphroot", "/var/lib/containers/storage"),
            ("runroot", "/run/containers/storage"),
        ]
        .map(|(key, default)| toml_key(&conf, key).unwrap_or(default).to_owned());
        let conf = root.read("/etc/containerd/config.toml").unwrap_or_default();
        let conf = String::from_utf8_lossy(&conf).into_owned();
        let configured = toml_key(&conf, "root").unwrap_or(CONTAINERD[0].1);
        let tasks = toml_key(&conf, "state")
            .map(|state| (state, configured))
            .into_iter()
            .chain([(CONTAINERD[0].0, configured)])
            .chain(CONTAINERD)
            .flat_map(|(state, root)| {
                [
                    "io.containerd.runtime.v2.task",
                    "io.containerd.runtime.v1.linux",
                ]
                .map(|tasks| {
                    let database = format!("{root}/io.containerd.metadata.v1.bolt/meta.db");
                    (format!("{state}/{tasks}"), database)
                })
            })
            .collect();
        Runtimes {
            root,
            docker,
            storage,
            tasks,
        }
    }

    /// Asks the runtimes for a container, those first that its cgroup hints at.
    pub(crate) fn look_up(&self, wanted: &Candidate<'_>) -> Option<Found> {
        match wanted.hint {
            Hint::Podman => self.podman(wanted),
            Hint::Docker => self.docker(wanted).or_else(|| self.containerd(wanted)),
            Hint::Kubernetes => self
                .containerd(wanted)
                .or_else(|| self.docker(wanted))
                .or_else(|| self.crio(wanted)),
            Hint::CriO => self.crio(wanted),
            Hint::Nerdctl => self.containerd(wanted),
            Hint::Lanner => self.lanner(wanted),
            Hint::Any => self
                .docker(wanted)
                .or_else(|| self.containerd(wanted))
                .or_else(|| self.podman(wanted))
                .or_else(|| self.bundle(wanted)),
            Hint::Unproven => self
                .containerd_task(wanted.parent, wanted)
                .or_else(|| self.bundle(wanted)),
            Hint::Named(_) => None,
        }
    }

    // Docker: /var/lib/docker/containers/ID/{config.v2.json,hostconfig.json}.

    fn docker(&self, wanted: &Candidate<'_>) -> Option<Found> {
        let rootless = wanted
            .uid
            .and_then(|uid| self.root.home(uid))
            .map(|home| format!("{home}/.local/share/docker"));
        std::iter::once(self.docker.as_str())
            .chain(["/var/snap/docker/common/var-lib-docker"])
            .chain(rootless.as_deref())
            .find_map(|data| self.docker_in(data, wanted.id))
    }

    fn docker_in(&self, data: &str, id: &str) -> Option<Found> {
        let folder = format!("{data}/containers/{id}");
        let config = self.root.json(&format!("{folder}/config.v2.json"))?;
        let host = self.root.json(&format!("{folder}/hostconfig.json"));
        let text = |at: &str| {
            config
                .pointer(at)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let mode = |at: &str| {
            let host = host.as_ref()?;
            Some(host.get(at).and_then(Value::as_str) == Some("host"))
        };

        let mut container = Container::known(id, ContainerType::Docker);
        container.name = Some(text("/Name").trim_start_matches('/').into());
        container.user = Some(text("/Config/User").into());
        container.labels = labels(config.pointer("/Config/Labels"));
        container.host_pid = mode("PidMode");
        container.host_network = mode("NetworkMode");
        container.host_ipc = mode("IpcMode");
        container.privileged = host
            .as_ref()
            .map(|h| h.get("Privileged").and_then(Value::as_bool) == Some(true));
        container.mounts = config
            .get("MountPoints")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|mounts| mounts.values())
            .map(docker_mount)
            .collect();
        container.ip = docker_ip(&config);
        container.pod = labelled_pod(&container.labels);

        let image_id = text("/Image");
        let id_only = image_id.trim_start_matches("sha256:");
        container.image_id = Some(id_only.into());
        let mut reference = text("/Config/Image").to_owned();
        let repositories = self
            .root
            .json(&format!("{data}/image/overlay2/repositories.json"));
        let names = repository_names(repositories.as_ref(), image_id);
        let anonymous = reference.starts_with("sha256:") || id_only.starts_with(&reference);
        if anonymous && let Some(name) = names.iter().find(|n| !n.contains('@')) {
            reference = (*name).to_owned();
        }
        container.set_image(&reference);
        let (repository, tag, digest) = image::split(&reference);
        if tag.is_empty() && digest.is_empty() && !anonymous {
            container.image_tag = Some("latest".into());
        }
        if let Some((_, digest)) = names
            .iter()
            .filter_map(|n| n.split_once('@'))
            .find(|(name, _)| *name == repository)
        {
            container.image_digest = Some(digest.into());
        }

        // The address is written once the network is set up, which may be after the first event.
        let complete = host.is_some()
            && (container.ip.is_some()
                || container.host_network == Some(true)
                || host.as_ref().and_then(|h| h.get("NetworkMode")) == Some(&Value::from("none")));
        Some(Found {
            container: container.filled(),
            complete,
        })
    }

    // Podman and CRI-O: containers/storage. STORE/DRIVER-containers/containers.json has names and
    // images, STORE/DRIVER-containers/ID/userdata/config.json is the bundle.

    fn podman(&self, wanted: &Candidate<'_>) -> Option<Found> {
        let rootless = wanted
            .uid
            .and_then(|uid| self.root.home(uid))
            .map(|home| format!("{home}/.local/share/containers/storage"));
        // A transient store has all of it in the run root.
        self.storage
            .iter()
            .map(String::as_str)
            .chain(rootless.as_deref())
            .find_map(|store| self.podman_in(store, wanted.id))
    }

    fn podman_in(&self, store: &str, id: &str) -> Option<Found> {
        let (driver, entry) = self.stored(store, id)?;
        let folder = format!("{store}/{driver}-containers/{id}/userdata");
        let spec = self.root.json(&format!("{folder}/config.json"));
        let metadata: Value = entry
            .get("metadata")
            .and_then(Value::as_str)
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        let meta = |key: &str| metadata.get(key).and_then(Value::as_str);

        let mut container = Container::known(id, ContainerType::Podman);
        let name = meta("name").or_else(|| entry.pointer("/names/0")?.as_str());
        container.name = name.map(BString::from);
        container.set_image(meta("image-name").unwrap_or_default());
        let image_id = meta("image-id").or_else(|| entry.get("image")?.as_str());
        if let Some(image_id) = image_id.filter(|id| !id.is_empty()) {
            container.image_id = Some(image_id.into());
            if let Some(digest) = self.stored_digest(store, driver, image_id) {
                container.image_digest = Some(digest.into());
            }
        }
        if let Some(spec) = &spec {
            oci::describe(&mut container, spec, |source| {
                source.contains(id) && source.contains("/userdata/")
            });
            if let Some(flag) = oci::annotation(spec, "io.podman.annotations.privileged") {
                container.privileged = Some(flag == "TRUE");
            }
        }
        let mut awaited = spec.is_none();
        if let Some((config, state)) = self.podman_database(store, id) {
            container.labels = labels(config.get("labels"));
            container.user = config
                .get("user")
                .and_then(Value::as_str)
                .map(BString::from);
            container.ip = state.get("networkStatus").and_then(first_address);
            let bridged = config.get("networkMode").and_then(Value::as_str) == Some("bridge");
            awaited |= bridged && container.ip.is_none();
        }
        Some(Found {
            container: container.filled(),
            complete: !awaited,
        })
    }

    /// Configuration and state of a container in Podman's database, if it is bbolt: the default
    /// before Podman 5.
    fn podman_database(&self, store: &str, id: &str) -> Option<(Value, Value)> {
        (0..3).find_map(|_| {
            let bolt = self.root.bolt(&format!("{store}/libpod/bolt_state.db"))?;
            let json = |key: &str| {
                let value = bolt.value(&["ctr", id, key])?;
                serde_json::from_slice::<Value>(&value).ok()
            };
            let found = (json("config")?, json("state").unwrap_or_default());
            bolt.undisturbed().then_some(found)
        })
    }

    /// The storage driver and the index entry of a container.
    fn stored(&self, store: &str, id: &str) -> Option<(&'static str, Value)> {
        const DRIVERS: [&str; 5] = ["overlay", "vfs", "btrfs", "zfs", "aufs"];
        DRIVERS.into_iter().find_map(|driver| {
            ["containers", "volatile-containers"]
                .into_iter()
                .find_map(|index| {
                    let path = format!("{store}/{driver}-containers/{index}.json");
                    Some((driver, self.root.indexed(&path, id)?))
                })
        })
    }

    fn stored_digest(&self, store: &str, driver: &str, image_id: &str) -> Option<String> {
        let path = format!("{store}/{driver}-images/images.json");
        let entry = self.root.indexed(&path, image_id)?;
        Some(entry.get("digest")?.as_str()?.to_owned())
    }

    fn crio(&self, wanted: &Candidate<'_>) -> Option<Found> {
        let spec = self.crio_spec(wanted.id)?;
        let note = |key: &str| oci::annotation(&spec, key);
        let sandbox_id = note("io.kubernetes.cri-o.SandboxID").unwrap_or(wanted.id);
        let sandbox = if sandbox_id == wanted.id {
            None
        } else {
            self.crio_spec(sandbox_id)
        };
        let of_pod = |key: &str| {
            let own = note(key);
            own.or_else(|| oci::annotation(sandbox.as_ref()?, key))
        };

        let mut container = Container::known(wanted.id, ContainerType::CriO);
        let name = note("io.kubernetes.container.name").or(note("io.kubernetes.cri-o.Name"));
        container.name = name.map(BString::from);
        let reference = ["ImageName", "Image", "UserRequestedImage"]
            .into_iter()
            .filter_map(|key| note(&format!("io.kubernetes.cri-o.{key}")))
            .find(|text| !text.is_empty());
        container.set_image(reference.unwrap_or_default());
        if let Some(id) = note("io.kubernetes.cri-o.ImageRef") {
            let (_, _, digest) = image::split(id);
            if !digest.is_empty() {
                container.image_digest = Some(digest.into());
            } else {
                container.image_id = Some(id.into());
            }
        }
        oci::describe(&mut container, &spec, |source| {
            source.contains("-containers/") && source.contains("/userdata/")
        });
        if let Some(flag) = of_pod("io.kubernetes.cri-o.PrivilegedRuntime") {
            container.privileged = Some(flag == "true" && container.privileged == Some(true));
        }
        let parse = |text: Option<&str>| -> Vec<(BString, BString)> {
            let value: Option<Value> = text.and_then(|t| serde_json::from_str(t).ok());
            labels(value.as_ref())
        };
        container.labels = parse(note("io.kubernetes.cri-o.Labels"));
        let ip = of_pod("io.kubernetes.cri-o.IP.0").unwrap_or_default();
        let cni = of_pod("io.kubernetes.cri-o.CNIResult").unwrap_or_default();
        container.ip = Some(ip.into());
        container.cni_json = Some(cni.into());
        let pod_spec = sandbox.as_ref().unwrap_or(&spec);
        container.pod = Some(Pod {
            namespace: text_of(of_pod("io.kubernetes.pod.namespace")),
            name: text_of(of_pod("io.kubernetes.pod.name")),
            uid: text_of(of_pod("io.kubernetes.pod.uid")),
            sandbox_id: sandbox_id.into(),
            labels: parse(oci::annotation(pod_spec, "io.kubernetes.cri-o.Labels")),
            ip: ip.into(),
            cni_json: cni.into(),
        });
        container.add_pod_labels();
        Some(Found {
            container: container.filled(),
            complete: true,
        })
    }

    fn crio_spec(&self, id: &str) -> Option<Value> {
        let [graph, run] = &self.storage;
        [run, graph].into_iter().find_map(|store| {
            let path = format!("{store}/overlay-containers/{id}/userdata/config.json");
            self.root.json(&path)
        })
    }

    // containerd: STATE/io.containerd.runtime.v2.task/NAMESPACE/ID/config.json, with the CRI's
    // annotations in pods.

    fn containerd(&self, wanted: &Candidate<'_>) -> Option<Found> {
        ["k8s.io", "moby", "default"]
            .into_iter()
            .find_map(|namespace| self.containerd_task(namespace, wanted))
            .or_else(|| {
                self.tasks.iter().find_map(|(tasks, _)| {
                    self.root
                        .names(tasks)
                        .find_map(|namespace| self.containerd_task(&namespace, wanted))
                })
            })
    }

    fn containerd_task(&self, namespace: &str, wanted: &Candidate<'_>) -> Option<Found> {
        if namespace.is_empty() {
            return None;
        }
        let id = wanted.id;
        let (spec, database) = self.tasks.iter().find_map(|(tasks, database)| {
            let path = format!("{tasks}/{namespace}/{id}/config.json");
            Some((self.root.json(&path)?, database))
        })?;
        let note = |key: &str| oci::annotation(&spec, key);

        let mut container = Container::known(id, ContainerType::Containerd);
        oci::describe(&mut container, &spec, |source| {
            source.contains("/io.containerd.grpc.v1.cri/")
        });
        let stored = self.containerd_stored(database, namespace, id);
        container.name = Some(container.id.clone());
        container.set_image(&stored.image);
        container.labels = stored.labels;
        if let Some(name) = note("nerdctl/name") {
            container.name = Some(name.into());
        }
        let Some(kind) = note("io.kubernetes.cri.container-type") else {
            if let Some(digest) = stored.digest {
                container.image_digest = Some(digest.into());
            }
            return Some(Found {
                container: container.filled(),
                complete: true,
            });
        };
        let sandbox_id = note("io.kubernetes.cri.sandbox-id").unwrap_or(id);
        if kind == "container" {
            container.name = note("io.kubernetes.cri.container-name").map(BString::from);
        }
        let reference = note("io.kubernetes.cri.image-name")
            .or(note("io.kubernetes.cri.podsandbox.image-name"));
        if let Some(reference) = reference {
            container.set_image(reference);
        }
        for mount in &mut container.mounts {
            // The CRI's word for it.
            if mount.propagation == "rprivate" {
                mount.propagation = "private".into();
            }
        }
        if let Some(digest) = stored.digest {
            container.image_digest = Some(digest.into());
        }
        let pod_labels = if sandbox_id == id {
            container.labels.clone()
        } else {
            self.containerd_stored(database, namespace, sandbox_id)
                .labels
        };
        let (ip, cni) = self.cni_result(sandbox_id).unwrap_or_default();
        container.ip = Some(ip.clone());
        container.cni_json = Some(cni.clone());
        container.pod = Some(Pod {
            namespace: text_of(note("io.kubernetes.cri.sandbox-namespace")),
            name: text_of(note("io.kubernetes.cri.sandbox-name")),
            uid: text_of(note("io.kubernetes.cri.sandbox-uid")),
            sandbox_id: sandbox_id.into(),
            labels: pod_labels,
            ip,
            cni_json: cni,
        });
        container.add_pod_labels();
        Some(Found {
            container: container.filled(),
            complete: true,
        })
    }

    /// What containerd's database has on a container; nothing if it is written to all the time.
    fn containerd_stored(&self, database: &str, namespace: &str, id: &str) -> Stored {
        let attempt = || {
            let bolt = self.root.bolt(database)?;
            let text = |path: &[&str]| {
                let value = bolt.value(&[&["v1", namespace], path].concat())?;
                String::from_utf8(value).ok()
            };
            let image = text(&["containers", id, "image"]).unwrap_or_default();
            let digest = text(&["images", &image, "target", "digest"]);
            let labels = bolt
                .values(&["v1", namespace, "containers", id, "labels"])
                .into_iter()
                .filter(|(key, value)| {
                    value.len() <= LABEL_MAX && !key.starts_with(b"io.cri-containerd.")
                })
                .map(|(key, value)| (key.into(), value.into()))
                .collect();
            bolt.undisturbed().then_some(Stored {
                image,
                digest,
                labels,
            })
        };
        (0..3).find_map(|_| attempt()).unwrap_or_default()
    }

    /// The first IPv4 address and the whole result of the CNI plugins for a sandbox, from the
    /// cache that libcni keeps.
    fn cni_result(&self, sandbox_id: &str) -> Option<(BString, BString)> {
        const RESULTS: &str = "/var/lib/cni/results";
        let name = self
            .root
            .names(RESULTS)
            .find(|name| name.contains(sandbox_id) && !name.ends_with("-lo"))?;
        let cached = self.root.json(&format!("{RESULTS}/{name}"))?;
        let result = cached.get("result").unwrap_or(&cached);
        let ip = result
            .get("ips")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|ip| ip.get("address")?.as_str())
            .find(|address| address.contains('.'))
            .map(|address| address.split_once('/').map_or(address, |(ip, _)| ip))?;
        Some((ip.into(), result.to_string().into()))
    }

    // `lanner pod`: /run/lanner/containers/ID/config.json, with the annotations that containerd's
    // CRI plugin would write. It is there before runc is started.

    fn lanner(&self, wanted: &Candidate<'_>) -> Option<Found> {
        let id = wanted.id;
        let spec = self
            .root
            .json(&format!("/run/lanner/containers/{id}/config.json"))?;
        let note = |key: &str| oci::annotation(&spec, key);
        let mut container = Container::known(id, ContainerType::Custom);
        oci::describe(&mut container, &spec, |source| {
            source.ends_with("/shm") || source.contains("/etc/")
        });
        // The filter is loaded by the engine, so the bundle has none, also where there is one.
        container.privileged = Some(note("lanner.privileged") == Some("true"));
        let name = note("io.kubernetes.cri.container-name");
        container.name = Some(name.map_or_else(|| container.id.clone(), BString::from));
        container.set_image(note("io.kubernetes.cri.image-name").unwrap_or_default());
        container.user = note("lanner.user").map(BString::from);
        let host_network = container.host_network == Some(true);
        let ip = if host_network { "" } else { "127.0.0.1" };
        container.ip = Some(ip.into());
        let labels: Option<Value> =
            note("lanner.pod-labels").and_then(|text| serde_json::from_str(text).ok());
        container.pod = Some(Pod {
            namespace: text_of(note("io.kubernetes.cri.sandbox-namespace")),
            name: text_of(note("io.kubernetes.cri.sandbox-name")),
            uid: text_of(note("io.kubernetes.cri.sandbox-uid")),
            sandbox_id: text_of(note("io.kubernetes.cri.sandbox-id")),
            labels: self::labels(labels.as_ref()),
            ip: ip.into(),
            cni_json: BString::default(),
        });
        container.add_pod_labels();
        Some(Found {
            container: container.filled(),
            complete: true,
        })
    }

    // runc, crun, youki: the state folder names the bundle.

    fn bundle(&self, wanted: &Candidate<'_>) -> Option<Found> {
        let id = wanted.id;
        let user_run = wanted.uid.map(|uid| format!("/run/user/{uid}"));
        let states = ["/run"]
            .into_iter()
            .chain(user_run.as_deref())
            .flat_map(|run| {
                ["runc", "crun", "youki"].map(|runtime| {
                    let file = if runtime == "crun" {
                        "status"
                    } else {
                        "state.json"
                    };
                    format!("{run}/{runtime}/{id}/{file}")
                })
            });
        let state = states.into_iter().find_map(|path| self.root.json(&path))?;
        let bundle = state
            .get("bundle")
            .and_then(Value::as_str)
            .or_else(|| {
                // runc keeps it among the labels of its own configuration.
                state
                    .pointer("/config/labels")?
                    .as_array()?
                    .iter()
                    .find_map(|label| label.as_str()?.strip_prefix("bundle="))
            })
            .unwrap_or_default();
        let spec = self.root.json(&format!("{bundle}/config.json"));
        let mut container = Container::known(id, ContainerType::Custom);
        container.name = Some(id.into());
        if let Some(spec) = &spec {
            oci::describe(&mut container, spec, |_| false);
            let reference = oci::annotation(spec, "org.opencontainers.image.ref.name");
            container.set_image(reference.unwrap_or_default());
        }
        Some(Found {
            container: container.filled(),
            complete: spec.is_some(),
        })
    }
}

/// State and root folders of containerd: its own, and those of distributions that bring it along.
const CONTAINERD: [(&str, &str); 4] = [
    ("/run/containerd", "/var/lib/containerd"),
    (
        "/run/k3s/containerd",
        "/var/lib/rancher/k3s/agent/containerd",
    ),
    ("/run/host-containerd", "/var/lib/host-containerd"),
    (
        "/run/docker/containerd/daemon",
        "/var/lib/docker/containerd/daemon",
    ),
];

/// Longest value of a label that is kept (Falco's `label_max_len`).
const LABEL_MAX: usize = 100;

/// The value of a key in TOML; those asked for are plain strings on a line of their own.
fn toml_key<'a>(conf: &'a str, key: &str) -> Option<&'a str> {
    conf.lines().find_map(|line| {
        let value = line.trim().strip_prefix(key)?.trim_start();
        let value = value.strip_prefix('=')?.trim();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, _) = value[1..].split_once(quote)?;
        (!value.is_empty()).then_some(value)
    })
}

/// The first IPv4 address in the status of networks: `ipnet`, address and length.
fn first_address(status: &Value) -> Option<BString> {
    match status {
        Value::Object(members) => members
            .get("ipnet")
            .and_then(Value::as_str)
            .and_then(|net| net.split_once('/'))
            .filter(|(ip, _)| ip.contains('.'))
            .map(|(ip, _)| BString::from(ip))
            .or_else(|| members.values().find_map(first_address)),
        Value::Array(items) => items.iter().find_map(first_address),
        _ => None,
    }
}

fn text_of(text: Option<&str>) -> BString {
    text.unwrap_or_default().into()
}

/// The labels in an object, without those that are too long to be reported.
fn labels(object: Option<&Value>) -> Vec<(BString, BString)> {
    let mut labels = pairs(object);
    labels.retain(|(_, value)| value.len() <= LABEL_MAX);
    labels
}

/// The string members of an object, sorted by key.
pub(crate) fn pairs(object: Option<&Value>) -> Vec<(BString, BString)> {
    object
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.as_str().into(), value.as_str()?.into())))
        .collect()
}

/// The pod that a container's labels tell of: Docker under cri-dockerd, and captures.
pub(crate) fn labelled_pod(labels: &[(BString, BString)]) -> Option<Pod> {
    let label = |key: &str| {
        let found = labels.iter().find(|(k, _)| k == key);
        found.map(|(_, value)| value.clone())
    };
    let pod = Pod {
        namespace: label("io.kubernetes.pod.namespace").unwrap_or_default(),
        name: label("io.kubernetes.pod.name").unwrap_or_default(),
        uid: label("io.kubernetes.pod.uid").unwrap_or_default(),
        sandbox_id: label("io.kubernetes.sandbox.id").unwrap_or_default(),
        ..Pod::default()
    };
    (pod != Pod::default()).then_some(pod)
}

fn docker_mount(mount: &Value) -> Mount {
    let text = |key: &str| mount.get(key).and_then(Value::as_str).unwrap_or_default();
    Mount {
        source: text("Source").into(),
        dest: text("Destination").into(),
        mode: text("Mode").into(),
        rdwr: mount.get("RW").and_then(Value::as_bool).unwrap_or_default(),
        propagation: text("Propagation").into(),
    }
}

fn docker_ip(config: &Value) -> Option<BString> {
    config
        .pointer("/NetworkSettings/Networks")?
        .as_object()?
        .values()
        .filter_map(|network| network.get("IPAddress")?.as_str())
        .find(|ip| !ip.is_empty())
        .map(BString::from)
}

/// The references that Docker's image store has for an image id.
fn repository_names<'a>(repositories: Option<&'a Value>, image_id: &str) -> Vec<&'a str> {
    repositories
        .and_then(|r| r.get("Repositories")?.as_object())
        .into_iter()
        .flat_map(|repositories| repositories.values())
        .filter_map(Value::as_object)
        .flatten()
        .filter(|(_, id)| id.as_str() == Some(image_id))
        .map(|(name, _)| name.as_str())
        .collect()
}
