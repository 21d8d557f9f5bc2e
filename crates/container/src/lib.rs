//! From a cgroup to the container, its name, image and pod.
//!
//! The cgroup gives the id; the runtime's own files on disk give the rest, synchronously, at the
//! first event, and are cached by cgroup. A runtime that is absent or broken costs one bounded
//! look-up and never delays an event; a container whose files are not there yet is looked up again
//! later, at growing intervals of event time.
//!
//! * [`Containers::identify`]: what a cgroup belongs to.
//! * [`Containers::learn_json`], [`Containers::learn`], [`Containers::forget_json`]: the container
//!   events of captures.
//!
//! Not read, deliberately: the runtimes' sockets, which may be slow or gone, and databases in
//! SQLite. What only those know stays empty: labels and address of a container of Podman 5.
//!
//! Depends on `lanner-state` only.
#![forbid(unsafe_code)]

mod bolt;
mod capture;
mod cgroup;
#[cfg(test)]
mod engine_tests;
mod files;
mod image;
mod oci;
mod runtime;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};
use hashbrown::HashMap;
use lanner_state::{CgroupId, State};

use cgroup::{Candidate, Hint, Reading};
use files::Root;
use runtime::{Found, Runtimes};

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
    /// A plain OCI bundle, run with runc or the like.
    Custom,
    Static,
    /// Nothing but the id is known; `container.type` is missing.
    Unknown,
}

impl ContainerType {
    /// What `container.type` prints; `None` if it is not known.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            ContainerType::Docker => "docker",
            ContainerType::Podman => "podman",
            ContainerType::Cri => "cri",
            ContainerType::Containerd => "containerd",
            ContainerType::CriO => "cri-o",
            ContainerType::Lxc => "lxc",
            ContainerType::LibvirtLxc => "libvirt-lxc",
            ContainerType::Mesos => "mesos",
            ContainerType::Rkt => "rkt",
            ContainerType::Bpm => "bpm",
            ContainerType::Custom => "custom",
            ContainerType::Static => "static",
            ContainerType::Unknown => return None,
        })
    }

    /// The type by its number in the container events of captures.
    pub fn from_number(number: u64) -> ContainerType {
        let found = NUMBERS.iter().find(|(_, n)| *n == number);
        found.map_or(ContainerType::Unknown, |(ty, _)| *ty)
    }

    /// Its number in the container events of captures.
    pub fn number(self) -> u64 {
        let found = NUMBERS.iter().find(|(ty, _)| *ty == self);
        // What is unknown has a number that no type has.
        found.map_or(u64::from(u16::MAX), |(_, n)| *n)
    }
}

/// Types by their numbers in the container events of captures.
const NUMBERS: [(ContainerType, u64); 12] = [
    (ContainerType::Docker, 0),
    (ContainerType::Lxc, 1),
    (ContainerType::LibvirtLxc, 2),
    (ContainerType::Mesos, 3),
    (ContainerType::Rkt, 4),
    (ContainerType::Custom, 5),
    (ContainerType::Cri, 6),
    (ContainerType::Containerd, 7),
    (ContainerType::CriO, 8),
    (ContainerType::Bpm, 9),
    (ContainerType::Static, 10),
    (ContainerType::Podman, 11),
];

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

/// One container. As long as nothing but its id is known, `name` is `None` and so is the rest;
/// once its description is found, texts that are not in it are empty, as Falco prints them.
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

impl Container {
    /// The JSON by which a container event of a capture tells of it.
    pub fn to_json(&self) -> Vec<u8> {
        capture::to_json(self)
    }

    /// A container of which the id is known and nothing else.
    fn nameless(full_id: BString, ty: ContainerType) -> Container {
        let cut = full_id.len().min(12);
        Container {
            // Names of lxc and its like are ids as a whole, as in Falco.
            id: match ty {
                ContainerType::Lxc
                | ContainerType::LibvirtLxc
                | ContainerType::Mesos
                | ContainerType::Rkt
                | ContainerType::Bpm => full_id.clone(),
                _ => full_id[..cut].into(),
            },
            full_id,
            ty,
            name: None,
            image: None,
            image_id: None,
            image_repository: None,
            image_tag: None,
            image_digest: None,
            privileged: None,
            mounts: Vec::new(),
            ip: None,
            cni_json: None,
            host_pid: None,
            host_network: None,
            host_ipc: None,
            labels: Vec::new(),
            user: None,
            pod: None,
        }
    }

    fn known(full_id: &str, ty: ContainerType) -> Container {
        Container::nameless(full_id.into(), ty)
    }

    /// Marks the description as found: what it lacks is empty from now on.
    fn filled(mut self) -> Container {
        for text in [
            &mut self.name,
            &mut self.image,
            &mut self.image_id,
            &mut self.image_repository,
            &mut self.image_tag,
            &mut self.image_digest,
            &mut self.ip,
            &mut self.cni_json,
            &mut self.user,
        ] {
            text.get_or_insert_default();
        }
        for flag in [
            &mut self.privileged,
            &mut self.host_pid,
            &mut self.host_network,
            &mut self.host_ipc,
        ] {
            flag.get_or_insert_default();
        }
        self
    }

    fn set_image(&mut self, reference: &str) {
        let (repository, tag, digest) = image::split(reference);
        self.image = Some(reference.into());
        self.image_repository = Some(repository.into());
        self.image_tag = Some(tag.into());
        self.image_digest = Some(digest.into());
    }

    /// Adds the labels by which Kubernetes marks the containers of a pod.
    fn add_pod_labels(&mut self) {
        let Some(pod) = &self.pod else { return };
        for (key, value) in [
            ("io.kubernetes.pod.name", &pod.name),
            ("io.kubernetes.pod.namespace", &pod.namespace),
            ("io.kubernetes.pod.uid", &pod.uid),
            ("io.kubernetes.sandbox.id", &pod.sandbox_id),
        ] {
            if !self.labels.iter().any(|(k, _)| k == key) {
                self.labels.push((key.into(), value.clone()));
            }
        }
        self.labels.sort();
    }
}

/// What a cgroup belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// No container.
    Host,
    /// This container.
    Container(Arc<Container>),
}

/// How soon a look-up that found nothing is repeated at the earliest, nanoseconds. A runtime joins
/// the cgroup, then writes its state and starts the program some milliseconds later; asking this
/// often costs little and is in time for that first program.
const SOONEST: u64 = 200_000;
/// The wait grows with the age of what is missing: a 32nd of it.
const PATIENCE: u64 = 32;
/// Remembered cgroups at which those that are gone are swept out for the first time.
const SWEEP: usize = 1024;
/// Most cgroups, and most containers of a capture, that are remembered.
const MOST: usize = 1 << 16;

/// What is remembered of a cgroup.
#[derive(Debug)]
struct Known {
    identity: Identity,
    /// When it was seen first.
    since: u64,
    /// When to look again, if something was missing.
    again: Option<u64>,
}

/// The cgroup set behind an id, empty if it is gone.
type Sets<'f, 's> = &'f dyn Fn(CgroupId) -> &'s BStr;

/// Finds and remembers the containers of cgroups.
#[derive(Debug)]
pub struct Containers {
    /// `None` for captures.
    runtimes: Option<Runtimes>,
    cgroups: HashMap<CgroupId, Known>,
    sweep_at: usize,
    /// Those that a capture told of, by `container.id`.
    told: HashMap<BString, Arc<Container>>,
}

impl Containers {
    /// Reads the runtimes' files below `host_root` (`/`, or `$HOST_ROOT`).
    pub fn new(host_root: PathBuf) -> Containers {
        Containers {
            runtimes: Some(Runtimes::new(Root::new(host_root))),
            ..Containers::offline()
        }
    }

    /// A resolver for captures: identities come from cgroup paths and from container events only;
    /// no file of this machine is read.
    pub fn offline() -> Containers {
        Containers {
            runtimes: None,
            cgroups: HashMap::new(),
            sweep_at: SWEEP,
            told: HashMap::new(),
        }
    }

    /// Cgroups of which is remembered what they belong to.
    pub fn known(&self) -> usize {
        self.cgroups.len()
    }

    /// What the cgroups `id` belong to. `now` is the time of the event, nanoseconds since the
    /// epoch, and decides when a container whose files were not there is looked up again.
    ///
    /// Best asked at the first event of a new process already, before any condition needs it: the
    /// files of a container that lives briefly are gone soon after it.
    pub fn identify(&mut self, state: &State, id: CgroupId, now: u64) -> &Identity {
        self.identify_in(&|id| state.cgroups(id), id, now)
    }

    /// [`Containers::identify`] with a way to resolve cgroups instead of a state.
    fn identify_in(&mut self, sets: Sets<'_, '_>, id: CgroupId, now: u64) -> &Identity {
        static HOST: Identity = Identity::Host;
        let due = match self.cgroups.get(&id) {
            Some(known) => known.again.is_some_and(|at| now >= at),
            None => true,
        };
        if due {
            self.look_up(sets, id, now);
        }
        self.cgroups.get(&id).map_or(&HOST, |known| &known.identity)
    }

    fn look_up(&mut self, sets: Sets<'_, '_>, id: CgroupId, now: u64) {
        let set = sets(id);
        let since = self.cgroups.get(&id).map_or(now, |known| known.since);
        let (identity, settled) = match &self.runtimes {
            Some(runtimes) => ask(runtimes, set),
            None => (self.read_capture(set), true),
        };
        let wait = (now.saturating_sub(since) / PATIENCE).max(SOONEST);
        let again = (!settled).then(|| now.saturating_add(wait));
        if self.cgroups.len() >= self.sweep_at && !self.cgroups.contains_key(&id) {
            self.sweep(sets);
        }
        let known = Known {
            identity,
            since,
            again,
        };
        self.cgroups.insert(id, known);
    }

    /// Forgets cgroups that no thread is in any more.
    fn sweep(&mut self, sets: Sets<'_, '_>) {
        self.cgroups.retain(|id, _| !sets(*id).is_empty());
        if self.cgroups.len() >= MOST {
            self.cgroups.clear();
        }
        self.sweep_at = (2 * self.cgroups.len()).max(SWEEP);
    }

    fn read_capture(&self, set: &BStr) -> Identity {
        let Some((id, ty)) = cgroup::paths(set).find_map(cgroup::capture) else {
            return Identity::Host;
        };
        if let Some(container) = self.told.get(BStr::new(id)) {
            return Identity::Container(container.clone());
        }
        let container = match ty {
            Some(ty) => Container::nameless(id.into(), ty).filled(),
            None => Container::nameless(id.into(), ContainerType::Unknown),
        };
        Identity::Container(Arc::new(container))
    }

    /// Takes in the JSON of a container event of a capture (`container`, or the asynchronous event
    /// of that name). Returns the container that it describes, which is what `container.*` fields
    /// of that very event are about.
    pub fn learn_json(&mut self, json: &[u8]) -> Option<Arc<Container>> {
        Some(self.remember(capture::container(json)?))
    }

    /// Takes in the first kind of container event, with its four parameters.
    pub fn learn(&mut self, id: &[u8], ty: u32, name: &[u8], image: &[u8]) -> Arc<Container> {
        let container =
            capture::plain(id.as_bstr(), u64::from(ty), name.as_bstr(), image.as_bstr());
        self.remember(container)
    }

    /// Takes in the JSON of a `container_removed` event and returns the container it describes.
    pub fn forget_json(&mut self, json: &[u8]) -> Option<Arc<Container>> {
        let container = Arc::new(capture::container(json)?);
        self.told.remove(&container.id);
        self.replace(&container.id, &|old| {
            Container::nameless(old.full_id.clone(), ContainerType::Unknown)
        });
        Some(container)
    }

    fn remember(&mut self, container: Container) -> Arc<Container> {
        let container = Arc::new(container);
        if self.told.len() >= MOST {
            self.told.clear();
        }
        self.told.insert(container.id.clone(), container.clone());
        let new = container.clone();
        self.replace(&container.id, &|_| (*new).clone());
        container
    }

    fn replace(&mut self, id: &BString, with: &dyn Fn(&Container) -> Container) {
        for known in self.cgroups.values_mut() {
            if let Identity::Container(old) = &mut known.identity
                && old.id == *id
            {
                *old = Arc::new(with(old));
            }
        }
    }
}

/// What the cgroup set of a running machine belongs to, and whether that is final.
fn ask(runtimes: &Runtimes, set: &BStr) -> (Identity, bool) {
    let mut unproven: Vec<Candidate<'_>> = Vec::new();
    for path in cgroup::paths(set) {
        match cgroup::live(path) {
            Reading::Container(candidate) => return describe(runtimes, &candidate),
            Reading::Perhaps(list) => {
                for candidate in list {
                    if !unproven.contains(&candidate) {
                        unproven.push(candidate);
                    }
                }
            }
        }
    }
    for candidate in &unproven {
        if let Some(found) = runtimes.look_up(candidate) {
            return (
                Identity::Container(Arc::new(found.container)),
                found.complete,
            );
        }
    }
    (Identity::Host, unproven.is_empty())
}

fn describe(runtimes: &Runtimes, candidate: &Candidate<'_>) -> (Identity, bool) {
    let (container, complete) = match runtimes.look_up(candidate) {
        Some(Found {
            container,
            complete,
        }) => (container, complete),
        None => match candidate.hint {
            Hint::Named(ty) => {
                let mut container = Container::known(candidate.id, ty);
                container.name = Some(container.id.clone());
                (container.filled(), true)
            }
            hint => {
                let ty = match hint {
                    Hint::Podman => ContainerType::Podman,
                    Hint::Docker => ContainerType::Docker,
                    Hint::Kubernetes | Hint::Nerdctl => ContainerType::Containerd,
                    Hint::CriO => ContainerType::CriO,
                    Hint::Lanner => ContainerType::Custom,
                    Hint::Any | Hint::Unproven | Hint::Named(_) => ContainerType::Unknown,
                };
                (Container::known(candidate.id, ty), false)
            }
        },
    };
    (Identity::Container(Arc::new(container)), complete)
}
