//! From a cgroup to the container, its name, image and pod.
//!
//! The cgroup gives the id; the runtime's own files on disk give the rest, synchronously, at the
//! first event, and are cached by cgroup. A runtime that is absent or broken costs one bounded
//! look-up and never delays an event; a container whose files are not there yet is looked up again
//! later, at growing intervals of event time.
//!
//! Depends on `lanner-state` only.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::sync::Arc;

use bstr::BString;
use lanner_state::{CgroupId, State};

/// The kind of runtime, as `container.type` prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of container.type")]
pub enum ContainerType {
    Docker,
    Podman,
    Cri,
    Containerd,
    CriO,
    Lxc,
    LibvirtLxc,
    Mesos,
    Rkt,
    Bpm,
    Custom,
    Static,
}

/// One mount of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of container.mount.*")]
pub struct Mount {
    pub source: BString,
    pub dest: BString,
    pub mode: BString,
    pub rdwr: bool,
    pub propagation: BString,
}

/// The Kubernetes pod that a container belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of k8s.*")]
pub struct Pod {
    pub namespace: BString,
    pub name: BString,
    pub uid: BString,
    pub sandbox_id: BString,
    pub labels: Vec<(BString, BString)>,
    pub ip: BString,
    pub cni_json: BString,
}

/// One container. What is unknown is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of container.*")]
pub struct Container {
    /// First 12 characters of the full id.
    pub id: BString,
    pub full_id: BString,
    pub ty: ContainerType,
    pub name: Option<BString>,
    /// The full reference.
    pub image: Option<BString>,
    pub image_id: Option<BString>,
    pub image_repository: Option<BString>,
    pub image_tag: Option<BString>,
    pub image_digest: Option<BString>,
    pub privileged: Option<bool>,
    pub mounts: Vec<Mount>,
    pub ip: Option<BString>,
    pub cni_json: Option<BString>,
    pub host_pid: Option<bool>,
    pub host_network: Option<bool>,
    pub host_ipc: Option<bool>,
    pub labels: Vec<(BString, BString)>,
    /// The user that the container is configured to run as.
    pub user: Option<BString>,
    pub pod: Option<Pod>,
}

/// What a cgroup belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// No container.
    Host,
    /// This container.
    Container(Arc<Container>),
}

/// Finds and remembers the containers of cgroups.
pub struct Containers {
    host_root: PathBuf,
}

impl Containers {
    /// Reads the runtimes' files below `host_root` (`/`, or `$HOST_ROOT`).
    pub fn new(host_root: PathBuf) -> Containers {
        Containers { host_root }
    }

    /// A resolver for captures: identities come from cgroup paths and from container events only;
    /// no file of this machine is read.
    pub fn offline() -> Containers {
        Containers {
            host_root: PathBuf::new(),
        }
    }

    /// What the cgroups `id` belong to. `now` is the time of the event, nanoseconds since the
    /// epoch, and decides when a container whose files were not there is looked up again.
    pub fn identify(&mut self, state: &State, id: CgroupId, now: u64) -> &Identity {
        let _ = (state, id, now, &self.host_root);
        &Identity::Host
    }

    /// Takes in the JSON of a container event of a capture.
    pub fn learn_json(&mut self, json: &[u8]) {
        let _ = json;
    }
}
