//! What runc is told: the OCI configuration of a container, without a seccomp profile and with the
//! shim as its program.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::caps::CapSet;
use crate::manifest::{Container, Pod, parse_quantity};

/// A folder or file of the machine that appears in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bind {
    pub(crate) source: PathBuf,
    pub(crate) target: String,
    pub(crate) read_only: bool,
}

/// What makes up a container for runc.
pub(crate) struct Bundle<'a> {
    pub(crate) pod: &'a Pod,
    /// `None` for the sandbox.
    pub(crate) container: Option<&'a Container>,
    pub(crate) id: &'a str,
    pub(crate) sandbox_id: &'a str,
    /// The first process of the sandbox; `None` for the sandbox itself.
    pub(crate) sandbox_pid: Option<i32>,
    pub(crate) rootfs: &'a Path,
    pub(crate) image: &'a str,
    pub(crate) caps: CapSet,
    pub(crate) uid: u32,
    pub(crate) hostname: &'a str,
    pub(crate) cwd: &'a str,
    pub(crate) binds: &'a [Bind],
    /// Where the pod's state is.
    pub(crate) root: &'a Path,
}

const MASKED: [&str; 10] = [
    "/proc/asound",
    "/proc/acpi",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
];
const READ_ONLY: [&str; 5] = [
    "/proc/bus",
    "/proc/fs",
    "/proc/irq",
    "/proc/sys",
    "/proc/sysrq-trigger",
];

/// Capabilities that the shim needs besides those of the container, as far as it may have them.
const SHIM: [&str; 5] = ["SETPCAP", "SYS_ADMIN", "SETUID", "SETGID", "AUDIT_CONTROL"];

impl Bundle<'_> {
    /// The whole configuration.
    pub(crate) fn config(&self) -> Value {
        let privileged = self.container.is_some_and(Container::privileged);
        let security = self.container.map(Container::security).unwrap_or_default();
        let caps = shim_caps(self.caps);
        let mut linux = json!({
            "cgroupsPath": super::cgroup::path(&self.pod.metadata.uid, self.id),
            "namespaces": self.namespaces(),
            "resources": self.resources(privileged),
        });
        if privileged {
            linux["devices"] = devices();
        } else {
            linux["maskedPaths"] = json!(MASKED);
            linux["readonlyPaths"] = json!(READ_ONLY);
        }
        let mut config = json!({
            "ociVersion": "1.0.2",
            "process": {
                "terminal": false,
                "user": {"uid": 0, "gid": 0},
                "args": ["/proc/self/fd/3"],
                "env": [],
                "cwd": self.cwd,
                "capabilities": {"bounding": caps, "effective": caps, "permitted": caps},
                "noNewPrivileges": false,
            },
            "root": {
                "path": self.rootfs,
                "readonly": self.container.is_none()
                    || security.read_only_root_filesystem == Some(true),
            },
            "mounts": self.mounts(privileged),
            "annotations": self.annotations(),
            "linux": linux,
        });
        let own_uts = self.sandbox_pid.is_none() && !self.pod.spec.host_network;
        if own_uts {
            config["hostname"] = json!(self.hostname);
        }
        config
    }

    fn namespaces(&self) -> Value {
        let spec = &self.pod.spec;
        let mut list = vec![json!({"type": "mount"})];
        let shared = |name: &str, file: &str| match self.sandbox_pid {
            None => json!({"type": name}),
            Some(pid) => json!({"type": name, "path": format!("/proc/{pid}/ns/{file}")}),
        };
        if !spec.host_network {
            list.push(shared("network", "net"));
            list.push(shared("uts", "uts"));
        }
        if !spec.host_ipc {
            list.push(shared("ipc", "ipc"));
        }
        if !spec.host_pid {
            list.push(match spec.share_process_namespace {
                true => shared("pid", "pid"),
                false => json!({"type": "pid"}),
            });
        }
        json!(list)
    }

    fn mounts(&self, privileged: bool) -> Value {
        let mount = |target: &str, kind: &str, source: &str, options: &[&str]| json!({"destination": target, "type": kind, "source": source, "options": options});
        let sys = if privileged { "rw" } else { "ro" };
        let mut list = vec![
            mount("/proc", "proc", "proc", &["nosuid", "noexec", "nodev"]),
            mount(
                "/dev",
                "tmpfs",
                "tmpfs",
                &["nosuid", "strictatime", "mode=755", "size=65536k"],
            ),
        ];
        if self.container.is_some() {
            let pts = [
                "nosuid",
                "noexec",
                "newinstance",
                "ptmxmode=0666",
                "mode=0620",
                "gid=5",
            ];
            let plain = ["nosuid", "noexec", "nodev"];
            list.push(mount("/dev/pts", "devpts", "devpts", &pts));
            list.push(mount("/dev/mqueue", "mqueue", "mqueue", &plain));
            list.push(mount(
                "/sys",
                "sysfs",
                "sysfs",
                &["nosuid", "noexec", "nodev", sys],
            ));
            list.push(mount(
                "/sys/fs/cgroup",
                "cgroup",
                "cgroup",
                &["nosuid", "noexec", "nodev", "relatime", "ro"],
            ));
        }
        for bind in self.binds {
            let mode = if bind.read_only { "ro" } else { "rw" };
            list.push(json!({
                "destination": bind.target,
                "type": "bind",
                "source": bind.source,
                "options": ["rbind", "rprivate", mode],
            }));
        }
        json!(list)
    }

    fn resources(&self, privileged: bool) -> Value {
        let mut resources = json!({"devices": [{"allow": privileged, "access": "rwm"}]});
        let Some(container) = self.container else {
            return resources;
        };
        let limit = |name: &str| {
            container
                .resources
                .limits
                .get(name)
                .and_then(|t| parse_quantity(t))
        };
        let request = container
            .resources
            .requests
            .get("cpu")
            .and_then(|t| parse_quantity(t));
        if let Some(memory) = limit("memory").map(|q| q.ceil()).filter(|m| *m > 0) {
            resources["memory"] = json!({"limit": i64::try_from(memory).unwrap_or(i64::MAX)});
        }
        // As the kubelet converts them: 1024 shares and 100 ms of 100 ms are a processor.
        let shares = request.map_or(2, |q| (q.milli() * 1024 / 1000).clamp(2, 262_144));
        let mut cpu = json!({"shares": i64::try_from(shares).unwrap_or(2)});
        if let Some(most) = limit("cpu").map(|q| q.milli()).filter(|m| *m > 0) {
            let quota = (most * 100).max(1000);
            cpu["quota"] = json!(i64::try_from(quota).unwrap_or(i64::MAX));
            cpu["period"] = json!(100_000);
        }
        resources["cpu"] = cpu;
        resources
    }

    /// As containerd's CRI plugin writes them, so that what reads those reads these.
    fn annotations(&self) -> Value {
        let metadata = &self.pod.metadata;
        let mut notes = json!({
            "io.kubernetes.cri.container-type": "sandbox",
            "io.kubernetes.cri.sandbox-id": self.sandbox_id,
            "io.kubernetes.cri.sandbox-name": metadata.name,
            "io.kubernetes.cri.sandbox-namespace": metadata.namespace,
            "io.kubernetes.cri.sandbox-uid": metadata.uid,
            "lanner.user": self.uid.to_string(),
            "lanner.pod-labels": json!(metadata.labels).to_string(),
            "lanner.root": self.root,
        });
        if let Some(container) = self.container {
            notes["io.kubernetes.cri.container-type"] = json!("container");
            notes["lanner.privileged"] = json!(container.privileged().to_string());
            notes["io.kubernetes.cri.container-name"] = json!(container.name);
            notes["io.kubernetes.cri.image-name"] = json!(self.image);
        }
        notes
    }
}

/// What the shim is given so that a container can have these capabilities.
pub(crate) fn shim_caps(caps: CapSet) -> Vec<String> {
    let own = SHIM.iter().filter_map(|n| crate::caps::by_name(n));
    CapSet(own.fold(caps.0, |set, n| set | 1 << n) & available()).names()
}

/// The capabilities of this process: what it may pass on.
fn available() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("CapPrm:"));
    line.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok())
        .unwrap_or(u64::MAX)
}

/// The devices of this machine, for privileged containers.
fn devices() -> Value {
    const DEPTH: usize = 3;
    fn walk(folder: &Path, depth: usize, list: &mut Vec<Value>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let Ok(meta) = fs::symlink_metadata(&path) else {
                continue;
            };
            let kind = meta.file_type();
            let hidden = ["pts", "shm", "fd", "mqueue", ".lxc", "console"];
            if hidden
                .iter()
                .any(|h| path.file_name().is_some_and(|n| n == *h))
            {
                continue;
            }
            if kind.is_dir() && depth > 0 {
                walk(&path, depth - 1, list);
            }
            let letter = match (kind.is_char_device(), kind.is_block_device()) {
                (true, _) => "c",
                (_, true) => "b",
                _ => continue,
            };
            list.push(json!({
                "path": path,
                "type": letter,
                "major": rustix::fs::major(meta.rdev()),
                "minor": rustix::fs::minor(meta.rdev()),
                "fileMode": meta.mode() & 0o777,
                "uid": meta.uid(),
                "gid": meta.gid(),
            }));
        }
    }
    let mut list = Vec::new();
    walk(Path::new("/dev"), DEPTH, &mut list);
    json!(list)
}
