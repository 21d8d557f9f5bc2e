//! Starting one container, from its image to its first instruction.
//!
//! Each step leaves a note on disk before it leaves anything else. What fails is what the kubelet
//! shows for it: before the runtime is asked `CreateContainerConfigError` and the words for images,
//! then `CreateContainerError`, then `RunContainerError`.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::volumes::{Mounts, VolumeError};
use super::{Running, Supervisor, fault};
use crate::caps::CapSet;
use crate::engine::block::{DEFAULT_PATH, Orders};
use crate::engine::bundle::Bundle;
use crate::engine::users::{self, Rootfs};
use crate::engine::{At, EngineError, RuncError, bundle_path};
use crate::env;
use crate::home::{Live, Note, Sandbox};
use crate::image::{Image, ImageError, Reference};
use crate::logs::{self, Copier};
use crate::machine::Slot;
use crate::manifest::{Container, Pod};
use crate::profile::{self, As, Broken, Choice, Kind, Loaded, Phase, Start};
use crate::status::Terminated;

/// What the runtime says before its own words.
const TASK: &str = "failed to create containerd task: failed to create shim task: OCI runtime \
    create failed: runc create failed: ";

/// Why a container does not start.
enum Failure {
    /// It was not made: the waiting reason, and the message.
    NotCreated(&'static str, String),
    /// It was made, and could not be started.
    NotStarted(String),
    /// It was started, and the runtime itself ended with this code before the program began.
    Ended(i32),
    /// Ours to fail of.
    Engine(EngineError),
}

impl<E: Into<EngineError>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Engine(error.into())
    }
}

/// The container of a pod that a slot stands for.
pub(crate) fn container_of(pod: &Pod, slot: Slot) -> &Container {
    match slot {
        Slot::Init(i) => &pod.spec.init_containers[i],
        Slot::Main(i) => &pod.spec.containers[i],
    }
}

/// The hostname of a pod.
pub(crate) fn hostname(pod: &Pod, node: &str) -> String {
    if pod.spec.host_network {
        return node.to_owned();
    }
    let name = pod.spec.hostname.clone();
    let mut name = name.unwrap_or_else(|| pod.metadata.name.clone());
    // The kernel takes 64 characters, the kubelet cuts at 63.
    name.truncate(63);
    name.trim_end_matches(['-', '.']).to_owned()
}

/// A number of 64 hexadecimal digits that nobody else has.
pub(crate) fn new_id() -> Result<String, EngineError> {
    let path = Path::new("/dev/urandom");
    let mut bytes = [0; 32];
    File::open(path).at(path)?.read_exact(&mut bytes).at(path)?;
    Ok(bytes.iter().map(|b| format!("{b:02x}")).collect())
}

/// What a container's program is started with.
pub(crate) struct Prepared {
    pub(crate) orders: Orders,
    pub(crate) caps: CapSet,
    pub(crate) choice: Choice,
    pub(crate) loaded: Option<Loaded>,
}

/// The capabilities of a container.
pub(crate) fn caps_of(container: &Container) -> CapSet {
    let listed = container.security().capabilities.unwrap_or_default();
    CapSet::of(container.privileged(), &listed.add, &listed.drop)
}

impl Supervisor {
    /// Starts a container, and notes what came of it.
    pub(super) fn start(&mut self, slot: Slot) -> Result<(), EngineError> {
        let name = self.name_of(slot);
        self.record
            .machine
            .status
            .start_time
            .get_or_insert_with(Timestamp::now);
        let id = new_id()?;
        let result = match self.ensure_sandbox() {
            Ok(()) => self.try_start(slot, &id),
            Err(failure) => Err(failure),
        };
        let Err(failure) = result else {
            return Ok(());
        };
        self.discard(&id)?;
        let now = Timestamp::now();
        let machine = &mut self.record.machine;
        match failure {
            Failure::NotCreated(reason, message) => {
                let event = match reason {
                    "ErrImagePull"
                    | "CreateContainerError"
                    | "CreateContainerConfigError"
                    | "ErrImageNeverPull"
                    | "InvalidImageName" => Some(("Failed", format!("Error: {message}"))),
                    "ImagePullBackOff" => Some(("BackOff", message.clone())),
                    "ContainerCreating" => Some(("FailedMount", message.clone())),
                    _ => None,
                };
                let event = event.map(|(kind, text)| match reason {
                    // The message itself came before.
                    "ErrImagePull" | "ErrImageNeverPull" => (kind, format!("Error: {reason}")),
                    _ => (kind, text),
                });
                if let Some((kind, text)) = event {
                    machine.record(now, "Warning", kind, &text);
                }
                machine.not_created(slot, reason, &message, now);
            }
            Failure::NotStarted(message) => {
                machine.record(now, "Warning", "Failed", &format!("Error: {message}"));
                machine.not_started(slot, &id, &message, now);
            }
            Failure::Ended(exit_code) => {
                let message = format!("Started container {name}");
                machine.record(now, "Normal", "Started", &message);
                machine.started(slot, &id, now);
                machine.exited(
                    slot,
                    Terminated {
                        container_id: format!("lanner://{id}"),
                        exit_code,
                        reason: "Error".to_owned(),
                        message: String::new(),
                        started_at: now,
                        finished_at: now,
                    },
                );
            }
            Failure::Engine(error) => {
                // Nothing that a node would have: the disk is full, or runc is gone.
                let message = format!("failed to create containerd container: {error}");
                machine.record(now, "Warning", "Failed", &format!("Error: {message}"));
                machine.not_created(slot, "CreateContainerError", &message, now);
            }
        }
        self.save()
    }

    /// Begins the sandbox if there is none.
    fn ensure_sandbox(&mut self) -> Result<(), Failure> {
        if self.sandbox_watch.is_some() {
            return Ok(());
        }
        let id = new_id()?;
        self.record.sandbox = Some(Sandbox {
            id: id.clone(),
            process: None,
        });
        self.save()?;
        fault("sandbox-noted");
        let begun = self.begin_sandbox(&id);
        if begun.is_err() {
            self.drop_sandbox()?;
        }
        begun
    }

    fn begin_sandbox(&mut self, id: &str) -> Result<(), Failure> {
        let root = bundle_path(id).join("rootfs");
        fs::create_dir_all(&root).at(&root)?;
        let hostname = hostname(&self.record.pod, &self.node);
        self.engine.write_bundle(&Bundle {
            pod: &self.record.pod,
            container: None,
            id,
            sandbox_id: id,
            sandbox_pid: None,
            rootfs: &root,
            image: "",
            caps: CapSet::default(),
            uid: 65_535,
            hostname: &hostname,
            cwd: "/",
            binds: &[],
            root: self.home.home.root(),
        })?;
        // Whatever the pod says, its sandbox has RuntimeDefault.
        let choice = Choice {
            kind: Kind::RuntimeDefault,
            why: "",
        };
        let loaded = choice.load(CapSet::default(), As::default().runtime());
        let loaded = loaded.map_err(|b| Failure::NotCreated("CreateContainerError", b.message))?;
        let orders = Orders {
            pause: true,
            no_new_privs: true,
            filter: loaded.map(|l| (l.program, l.flags)),
            uid: 65_535,
            gid: 65_535,
            cwd: "/".to_owned(),
            ..Orders::default()
        };
        let begun = self.engine.begin(id, &orders, None, &self.lock);
        let failed = |message: String| {
            let message = format!("Failed to create pod sandbox: {message}");
            Failure::NotCreated("ContainerCreating", message)
        };
        let (process, reached) = begun.map_err(|e| failed(e.to_string()))?;
        fault("sandbox-begun");
        if !reached.executed() {
            return Err(failed(reached.message(&orders)));
        }
        let watch = process.open().at(Path::new("the sandbox"))?;
        self.record.sandbox = Some(Sandbox {
            id: id.to_owned(),
            process: Some(process),
        });
        self.sandbox_watch = Some(watch);
        Ok(self.save()?)
    }

    fn try_start(&mut self, slot: Slot, id: &str) -> Result<(), Failure> {
        let pod = self.record.pod.clone();
        let container = container_of(&pod, slot).clone();
        let image = self.image(&container)?;
        let config = |m: String| Failure::NotCreated("CreateContainerConfigError", m);
        let maps = self.home.home.maps(&pod.metadata.namespace)?;
        let node = self.node.clone();
        let hostname = hostname(&pod, &node);
        let mounts = Mounts::new(&self.home, &pod, &container, &maps, &hostname);
        let mounts = mounts.map_err(|e| match e {
            VolumeError::Setup(m) => Failure::NotCreated("ContainerCreating", m),
            VolumeError::Engine(e) => Failure::Engine(e),
        })?;
        let variables = env::variables(&pod, &container, &maps, &node);
        let variables = variables.map_err(|e| config(e.to_string()))?;
        let attempt = self.record.machine.container(slot).restart_count;
        self.record.live.push(Live {
            slot,
            id: id.to_owned(),
            attempt,
            process: None,
            session: None,
        });
        self.save()?;
        fault("noted");
        let root = self
            .engine
            .mount_image(&self.store, &image, id, &self.home.above(id))?;
        fault("mounted");
        let prepared = self.prepare(&pod, &container, &image, &root, variables)?;
        let name = format!("{}@{}", image.reference.name(), image.digest);
        self.record.machine.container_mut(slot).image_id = name;
        let (sandbox_id, sandbox_pid) = match &self.record.sandbox {
            Some(s) => (s.id.clone(), s.process.map(|p| p.pid)),
            None => (id.to_owned(), None),
        };
        self.engine.write_bundle(&Bundle {
            pod: &pod,
            container: Some(&container),
            id,
            sandbox_id: &sandbox_id,
            sandbox_pid,
            rootfs: &root,
            image: &image.reference.to_string(),
            caps: prepared.caps,
            uid: prepared.orders.uid,
            hostname: &hostname,
            cwd: &prepared.orders.cwd,
            binds: &mounts.binds,
            root: self.home.home.root(),
        })?;
        fault("bundled");
        let created = format!("Created container: {}", container.name);
        self.event("Normal", "Created", &created);
        self.check_runtime(&container, &prepared, id)?;
        self.begin(slot, id, &container.name, attempt, &prepared)
    }

    /// The image of a container, pulled if it has to be.
    fn image(&mut self, container: &Container) -> Result<Image, Failure> {
        let name = &container.image;
        let reference = Reference::parse(name)
            .map_err(|e| Failure::NotCreated("InvalidImageName", e.to_string()))?;
        let policy = container
            .image_pull_policy
            .as_deref()
            .unwrap_or("IfNotPresent");
        let found = match policy {
            "Always" => None,
            _ => match self.store.find(&reference) {
                Err(ImageError::NotFound(_)) => None,
                other => Some(other?),
            },
        };
        if let Some(image) = found {
            let message = format!(
                "Container image \"{name}\" already present on machine and can be accessed by the pod"
            );
            self.event("Normal", "Pulled", &message);
            return Ok(image);
        }
        if policy == "Never" {
            let message =
                format!("Container image \"{name}\" is not present with pull policy of Never");
            self.event("Warning", "ErrImageNeverPull", &message);
            return Err(Failure::NotCreated("ErrImageNeverPull", message));
        }
        let now = Timestamp::now();
        let before = self.pulls.iter().position(|p| p.0 == *name);
        if let Some(at) = before
            && now < self.pulls[at].2
        {
            let message = format!("Back-off pulling image \"{name}\"");
            return Err(Failure::NotCreated("ImagePullBackOff", message));
        }
        self.event("Normal", "Pulling", &format!("Pulling image \"{name}\""));
        self.save()?;
        match self.store.pull(&reference) {
            Ok(image) => {
                self.pulls.retain(|p| p.0 != *name);
                let took = Timestamp::now().duration_since(now);
                let took = format!("{}.{:03}s", took.as_secs(), took.subsec_millis());
                let message = format!(
                    "Successfully pulled image \"{name}\" in {took} ({took} including waiting). \
                     Image size: {} bytes.",
                    image.size
                );
                self.event("Normal", "Pulled", &message);
                Ok(image)
            }
            Err(error) => {
                let wait = before.map_or(10, |at| (self.pulls[at].1 * 2).min(300));
                self.pulls.retain(|p| p.0 != *name);
                let until = Timestamp::now() + SignedDuration::from_secs(wait);
                self.pulls.push((name.clone(), wait, until));
                let message = format!("Failed to pull image \"{name}\": {error}");
                self.event("Warning", "Failed", &message);
                Err(Failure::NotCreated("ErrImagePull", error.to_string()))
            }
        }
    }

    /// User, environment, command and profile of a container whose root is at `root`.
    fn prepare(
        &mut self,
        pod: &Pod,
        container: &Container,
        image: &Image,
        root: &Path,
        variables: Vec<(String, String)>,
    ) -> Result<Prepared, Failure> {
        let options = self.record.options.clone();
        let defaults = &image.config.config;
        let user = defaults.user.as_deref().unwrap_or_default();
        let user = users::resolve(pod, container, user, &Rootfs::open(root).at(root)?);
        let user = user.map_err(|e| {
            let reason = match e.is_config() {
                true => "CreateContainerConfigError",
                false => "CreateContainerError",
            };
            Failure::NotCreated(reason, e.to_string())
        })?;
        let caps = caps_of(container);
        let choice = profile::choose(
            pod,
            container,
            &options.seccomp_root,
            options.seccomp_default,
        );
        let loaded = match choice.load(caps, options.runtime.runtime()) {
            Ok(loaded) => loaded,
            Err(broken) => return Err(self.broken(container, &choice, broken)),
        };
        let listed = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
        let argv = env::command_line(
            container,
            &listed(&defaults.entrypoint),
            &listed(&defaults.cmd),
            &variables,
        );
        if argv.is_empty() {
            return Err(Failure::NotCreated(
                "CreateContainerError",
                "failed to create containerd container: no command specified".to_owned(),
            ));
        }
        let mut env: Vec<(String, String)> = vec![("PATH".to_owned(), DEFAULT_PATH.to_owned())];
        let hostname = hostname(pod, &self.node);
        env.push(("HOSTNAME".to_owned(), hostname));
        let of_image = listed(&defaults.env);
        let of_image = of_image.iter().filter_map(|e| e.split_once('='));
        let of_image = of_image.map(|(k, v)| (k.to_owned(), v.to_owned()));
        for (name, value) in of_image.chain(variables) {
            match env.iter_mut().find(|e| e.0 == name) {
                Some(old) => old.1 = value,
                None => env.push((name, value)),
            }
        }
        if !env.iter().any(|e| e.0 == "HOME") {
            let home = user.home.clone().unwrap_or_else(|| "/".to_owned());
            env.push(("HOME".to_owned(), home));
        }
        let cwd = container
            .working_dir
            .clone()
            .or(defaults.working_dir.clone());
        let cwd = cwd
            .filter(|c| c.starts_with('/'))
            .unwrap_or_else(|| "/".to_owned());
        Ok(Prepared {
            orders: Orders {
                no_new_privs: container.no_new_privs(),
                filter: loaded.as_ref().map(|l| (l.program.clone(), l.flags)),
                uid: user.uid,
                gid: user.gid,
                groups: user.groups,
                caps,
                cwd,
                argv,
                env,
                login: Some(login_user()),
                ..Orders::default()
            },
            caps,
            choice,
            loaded,
        })
    }

    fn note(&mut self, container: &Container, choice: &Choice) -> &mut Note {
        let name = &container.name;
        self.record.notes.retain(|n| n.container != *name);
        self.record.notes.push(Note {
            container: name.clone(),
            profile: format!("{}: {}", choice.name(), choice.why),
            ..Note::default()
        });
        let last = self.record.notes.len() - 1;
        &mut self.record.notes[last]
    }

    fn broken(&mut self, container: &Container, choice: &Choice, broken: Broken) -> Failure {
        let note = self.note(container, choice);
        note.trouble = broken.detail;
        note.advice = Some(broken.advice);
        match broken.phase {
            Phase::Create => Failure::NotCreated("CreateContainerError", broken.message),
            Phase::Start => Failure::NotStarted(broken.message),
        }
    }

    /// Whether the runtime that is asked for would start it, and what to say of others.
    fn check_runtime(
        &mut self,
        container: &Container,
        prepared: &Prepared,
        id: &str,
    ) -> Result<(), Failure> {
        let runtime = self.record.options.runtime;
        let nnp = container.no_new_privs();
        let note = self.note(container, &prepared.choice);
        let Some(loaded) = &prepared.loaded else {
            return Ok(());
        };
        let explained = explain(runtime, loaded, nnp);
        match runtime.start(&loaded.policy, nnp, id) {
            Start::Starts => {}
            Start::Dies(_) if runtime == As::Lanner => {}
            Start::Dies(code) => {
                note.trouble = explained.0;
                note.advice = explained.1;
                return Err(Failure::Ended(code));
            }
            Start::Fails(message) => {
                note.trouble = explained.0;
                note.advice = explained.1;
                return Err(Failure::NotStarted(message));
            }
        }
        for other in As::OTHERS
            .into_iter()
            .filter(|o| o.needs().name != runtime.needs().name)
        {
            let lacking = other.missing(&loaded.policy, nnp).hard;
            if !lacking.is_empty() {
                let line = format!(
                    "{} would not start it: it also needs {}",
                    other.title(),
                    lacking.join(", ")
                );
                note.elsewhere.push(line);
            }
        }
        Ok(())
    }

    fn begin(
        &mut self,
        slot: Slot,
        id: &str,
        name: &str,
        attempt: u32,
        prepared: &Prepared,
    ) -> Result<(), Failure> {
        let bundle = bundle_path(id);
        let (out, err) = (bundle.join("out"), bundle.join("err"));
        let read = (logs::pipe(&out).at(&out)?, logs::pipe(&err).at(&err)?);
        let ends = (
            logs::pipe_end(&out).at(&out)?,
            logs::pipe_end(&err).at(&err)?,
        );
        // Without a filter the kernel logs nothing that would be worth a listener.
        if prepared.loaded.is_some() {
            self.collector(name, id, None);
        }
        let filtered = prepared.loaded.as_ref().zip(self.collector.as_ref());
        let orders = &prepared.orders;
        let begin = || {
            self.engine
                .begin(id, orders, Some((&ends.0, &ends.1)), &self.lock)
        };
        let begun = match filtered {
            Some((loaded, collector)) => collector.record(name, &loaded.policy, begin),
            None => begin(),
        };
        let filtered = filtered.is_some();
        fault("begun");
        let (process, reached) = begun.map_err(|e| match e {
            EngineError::Runc(RuncError::Failed(m)) => {
                Failure::NotStarted(format!("{TASK}{m}: unknown"))
            }
            other => Failure::Engine(other),
        })?;
        if !reached.executed() {
            super::reap(process.pid);
            let message = reached.message(orders);
            return Err(Failure::NotStarted(format!(
                "{TASK}unable to start container process: {message}: unknown"
            )));
        }
        let watch = process.open().at(&bundle)?;
        let session = fs::read_to_string(format!("/proc/{}/sessionid", process.pid)).ok();
        let session = session
            .and_then(|t| t.trim().parse().ok())
            .filter(|s| *s != u32::MAX);
        if filtered {
            let collector = self.collector(name, id, session);
            collector.follow(name, &[process.pid]);
        }
        let log = self.home.log(name, attempt);
        forget_older(&log, attempt);
        let copier = Copier::start(read.0, read.1, &log).at(&log)?;
        let now = Timestamp::now();
        if let Some(live) = self.record.live.iter_mut().find(|l| l.id == id) {
            live.process = Some(process);
            live.session = session;
        }
        self.record.machine.started(slot, id, now);
        self.event("Normal", "Started", &format!("Started container {name}"));
        self.running.push(Running {
            slot,
            id: id.to_owned(),
            process,
            watch,
            started: now,
            copier: Some(copier),
        });
        self.save()?;
        fault("started");
        Ok(())
    }
}

/// The user that a container's audit session belongs to: who asked for the pod.
fn login_user() -> u32 {
    let text = fs::read_to_string("/proc/self/loginuid").unwrap_or_default();
    let user = text.trim().parse().ok().filter(|uid| *uid != u32::MAX);
    user.unwrap_or(0)
}

/// Keeps the log of this run and of the one before.
fn forget_older(log: &Path, attempt: u32) {
    let Some(folder) = log.parent() else { return };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let number = name.to_string_lossy();
        let number = number.split('.').next().and_then(|n| n.parse::<u32>().ok());
        if number.is_some_and(|n| n + 1 < attempt) {
            // It is read by nobody; the next start tries again.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// What keeps a runtime from starting a container under a profile, for somebody who has never
/// heard of seccomp, and the smallest change.
pub(crate) fn explain(runtime: As, loaded: &Loaded, nnp: bool) -> (Vec<String>, Option<String>) {
    let lacking = runtime.missing(&loaded.policy, nnp).hard;
    if lacking.is_empty() {
        return (Vec::new(), None);
    }
    let action = loaded.policy.default;
    let what = match action {
        lanner_seccomp::Action::Errno(1) => "error 1, operation not permitted".to_owned(),
        lanner_seccomp::Action::Errno(errno) => format!("error {errno}"),
        _ => action.name().to_owned(),
    };
    let trouble = vec![
        "A seccomp profile is a list of the system calls (requests to the kernel, such as opening \
         a file) that a container may make."
            .to_owned(),
        format!(
            "{} puts it in force and then still has to make calls of its own to start the \
             container's program. The profile refuses {} that it cannot do without ({what}): {}.",
            runtime.title(),
            match lacking.len() {
                1 => "one".to_owned(),
                n => n.to_string(),
            },
            lacking.join(", ")
        ),
        "So the program of the container never began: its log is empty, and restarting does not \
         help."
            .to_owned(),
    ];
    let mut advice = format!("Permit them in the profile: {}.", snippet(&lacking));
    let with = runtime.missing(&loaded.policy, true).hard;
    if !nnp && with.len() < lacking.len() {
        advice.push_str(&format!(
            " With `allowPrivilegeEscalation: false` in the container's securityContext the \
             filter is loaded last, and {} needed.",
            match with.len() {
                0 => "none of them is".to_owned(),
                n => format!("only {n} of them: {}", with.join(", ")),
            }
        ));
    }
    if kills_all(loaded) {
        advice.push_str(
            " The profile permits nothing at all, so the program itself will need more: run it \
             under `\"defaultAction\": \"SCMP_ACT_LOG\"` first and permit what \
             `lanner pod logs --syscalls` lists.",
        );
    }
    (trouble, Some(advice))
}

fn kills_all(loaded: &Loaded) -> bool {
    !loaded.policy.default.permits() && loaded.policy.abis.iter().all(|a| a.decisions.is_empty())
}

/// A rule of a profile that permits these calls.
fn snippet(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|n| format!("\"{n}\"")).collect();
    format!(
        "{{\"names\": [{}], \"action\": \"SCMP_ACT_ALLOW\"}}",
        names.join(", ")
    )
}
