//! Which seccomp profile a container gets, what becomes of it, and which runtimes would start it.
//!
//! * [`choose`]: the container's field, else the pod's, else the kubelet's default; nothing for
//!   privileged containers.
//! * [`Choice::load`]: from there to a filter, or to what the kubelet would show instead.
//! * [`As::start`]: whether a runtime that is not here could start a container under it.
//!
//! Facts: the kubelet's `helpers.go`, containerd's CRI plugin, and each runtime under a profile
//! that logs every call.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use lanner_diag::{Diagnostic, Files, Severity};
use lanner_seccomp::bpf::Insn;
use lanner_seccomp::defaults::{RuntimeDefault, runtime_default};
use lanner_seccomp::lint::{Missing, Needs, RUNTIMES, missing};
use lanner_seccomp::load::{Flags, kernel_version};
use lanner_seccomp::policy::Policy;
use lanner_seccomp::profile::Profile;
use lanner_seccomp::target::{Engine, Runtime, Target};
use lanner_seccomp::{Action, Arch, compile, document, profile};
use serde::{Deserialize, Serialize};

use crate::caps::CapSet;
use crate::manifest::{Container, Pod, SeccompProfile};

/// Where the kubelet looks for profiles.
pub const SECCOMP_ROOT: &str = "/var/lib/kubelet/seccomp";

/// Which profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No filter.
    Unconfined,
    /// The runtime's own.
    RuntimeDefault,
    /// This file; an absolute path.
    Localhost(PathBuf),
}

/// A container's profile, and why it is that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Which.
    pub kind: Kind,
    /// Where that is said, as a sentence without a subject: `set on the pod`.
    pub why: &'static str,
}

/// The profile of a container, as the kubelet and the runtime settle it.
pub fn choose(pod: &Pod, container: &Container, root: &Path, seccomp_default: bool) -> Choice {
    if container.privileged() {
        return Choice {
            kind: Kind::Unconfined,
            why: "privileged containers get no profile, whatever is set",
        };
    }
    let own = container.security().seccomp_profile;
    let (chosen, why) = match (own, &pod.spec.security_context.seccomp_profile) {
        (Some(own), None) => (Some(own), "set on the container"),
        (Some(own), Some(_)) => (Some(own), "set on the container, which wins over the pod's"),
        (None, Some(pod)) => (Some(pod.clone()), "set on the pod"),
        (None, None) if seccomp_default => (
            None,
            "nothing is set, and the kubelet's seccompDefault is on",
        ),
        (None, None) => (
            None,
            "nothing is set, and the kubelet's seccompDefault is off",
        ),
    };
    let kind = match chosen {
        Some(chosen) => kind_of(&chosen, root),
        None if seccomp_default => Kind::RuntimeDefault,
        None => Kind::Unconfined,
    };
    Choice { kind, why }
}

fn kind_of(profile: &SeccompProfile, root: &Path) -> Kind {
    match (profile.kind.as_str(), &profile.localhost_profile) {
        ("RuntimeDefault", _) => Kind::RuntimeDefault,
        // Validation has refused absolute paths and such with `..`.
        ("Localhost", Some(file)) => Kind::Localhost(root.join(file)),
        _ => Kind::Unconfined,
    }
}

/// Why a container with this profile cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// When the runtime notices.
    pub phase: Phase,
    /// In the runtime's words.
    pub message: String,
    /// In ours: faults with their places, rendered.
    pub detail: Vec<String>,
    /// What to do.
    pub advice: String,
}

/// When a runtime notices that a profile cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Making the container: `CreateContainerError`, tried again.
    Create,
    /// Starting it: `RunContainerError`, then back-off.
    Start,
}

/// A profile that can be loaded.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The profile as written; `None` for RuntimeDefault.
    pub profile: Option<Profile>,
    /// What it decides.
    pub policy: Policy,
    /// The filter.
    pub program: Vec<Insn>,
    /// How it is loaded.
    pub flags: Flags,
    /// What is odd about it, rendered.
    pub warnings: Vec<String>,
}

impl Choice {
    /// `RuntimeDefault`, `Localhost (PATH)` or `Unconfined`.
    pub fn name(&self) -> String {
        match &self.kind {
            Kind::Unconfined => "Unconfined".to_owned(),
            Kind::RuntimeDefault => "RuntimeDefault".to_owned(),
            Kind::Localhost(path) => format!("Localhost ({})", path.display()),
        }
    }

    /// Reads and compiles the profile for a container with these capabilities; `None` if there is
    /// none, or if it decides nothing.
    ///
    /// # Errors
    /// The runtime could not use it.
    pub fn load(&self, caps: CapSet, runtime: Runtime) -> Result<Option<Loaded>, Broken> {
        let target = Target {
            engine: Engine::None,
            runtime,
            native: Arch::native().unwrap_or(Arch::X86_64),
            caps: caps.names(),
            kernel: kernel_version(),
        };
        match &self.kind {
            Kind::Unconfined => Ok(None),
            Kind::RuntimeDefault => {
                let spec = runtime_default(RuntimeDefault::Containerd, &target);
                let policy = Policy::new(&spec);
                let program = compile::compile(&policy, &compile::Options::default())
                    .map_err(|e| too_long(&e))?;
                Ok(Some(Loaded {
                    profile: None,
                    policy,
                    program,
                    flags: (Flags::LOG | Flags::SPEC_ALLOW).supported(),
                    warnings: Vec::new(),
                }))
            }
            Kind::Localhost(path) => read(path, &target),
        }
    }
}

const CREATE: &str = "failed to create containerd container: ";
const TASK: &str = "failed to create containerd task: failed to create shim task: OCI runtime \
    create failed: runc create failed: ";

fn too_long(error: &compile::CompileError) -> Broken {
    Broken {
        phase: Phase::Start,
        message: format!(
            "{TASK}unable to start container process: error during container init: unable to init \
             seccomp: error loading seccomp filter into kernel: invalid argument: unknown"
        ),
        detail: vec![error.to_string()],
        advice: "use fewer architectures or conditions".to_owned(),
    }
}

fn read(path: &Path, target: &Target) -> Result<Option<Loaded>, Broken> {
    let shown = path.display();
    let unreadable = |error: &io::Error| {
        let why = match error.kind() {
            io::ErrorKind::NotFound => "no such file or directory".to_owned(),
            io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            io::ErrorKind::IsADirectory => "is a directory".to_owned(),
            _ => error.to_string(),
        };
        Broken {
            phase: Phase::Create,
            message: format!(
                "{CREATE}cannot load seccomp profile \"{shown}\": open {shown}: {why}"
            ),
            detail: vec![format!("the profile {shown} cannot be read: {why}")],
            advice: format!("put the profile at {shown} on each node that may run the pod"),
        }
    };
    // A pipe or device in its place must not hold up the pod.
    let meta = fs::metadata(path).map_err(|e| unreadable(&e))?;
    if meta.is_dir() {
        return Err(unreadable(&io::ErrorKind::IsADirectory.into()));
    }
    if !meta.is_file() || meta.len() > document::MAX_TEXT as u64 {
        return Err(unreadable(&io::Error::other(
            "not a profile: not a file of at most 4 MiB",
        )));
    }
    let bytes = fs::read(path).map_err(|e| unreadable(&e))?;
    let mut files = Files::new();
    let show = |fault: &Diagnostic, files: &Files| {
        lanner_diag::render(fault, files, lanner_diag::Style::Plain)
    };
    let undecodable = |why: &str, detail: Vec<String>| Broken {
        phase: Phase::Create,
        message: format!("{CREATE}decoding seccomp profile failed \"{shown}\": {why}"),
        detail,
        advice: "write the profile as JSON without comments; `lanner seccomp lint` checks it"
            .to_owned(),
    };
    let document = match document::read(&mut files, &shown.to_string(), &bytes) {
        Ok(document) => document,
        Err(fault) => {
            let why = match fault.code {
                "empty" => "unexpected end of JSON input",
                _ if fault.message.contains("unterminated") => "unexpected end of JSON input",
                _ => fault.message.as_str(),
            };
            return Err(undecodable(why, vec![show(&fault, &files)]));
        }
    };
    if document.yaml || !document.comments.is_empty() {
        let first = bytes.trim_ascii_start().first().copied().unwrap_or(b'?');
        let first = if document.yaml { first } else { b'/' };
        let why = format!(
            "invalid character '{}' looking for beginning of {}",
            char::from(first),
            if first == b'/' && bytes.trim_ascii_start().first() != Some(&b'/') {
                "object key string"
            } else {
                "value"
            }
        );
        let what = if document.yaml {
            "YAML"
        } else {
            "JSON with comments"
        };
        return Err(undecodable(
            &why,
            vec![format!(
                "the profile is {what}, and runtimes read JSON only"
            )],
        ));
    }
    let (profile, faults) = profile::read(&document);
    let (errors, warnings): (Vec<_>, Vec<_>) =
        faults.iter().partition(|f| f.severity == Severity::Error);
    if let Some(first) = errors.first() {
        let empty = profile.rules.is_empty() && first.code == "no-default-action";
        if empty && errors.len() == 1 {
            // Nothing to enforce is no profile.
            return Ok(None);
        }
        let detail = errors.iter().map(|f| show(f, &files)).collect();
        return Err(refused(first, &files, detail, &shown.to_string()));
    }
    let applied = target.apply(&profile).map_err(|fault| {
        refused(
            &fault,
            &files,
            vec![show(&fault, &files)],
            &shown.to_string(),
        )
    })?;
    let Some(applied) = applied else {
        // Without a default action and without rules there is nothing to enforce.
        return Ok(None);
    };
    let mut flags = Flags::LOG;
    match &profile.flags {
        // What runc adds where the key is absent.
        None => flags = flags | Flags::SPEC_ALLOW,
        Some(list) => {
            for flag in &list.value {
                match Flags::from_name(&flag.value) {
                    Some(flag) => flags = flags | flag,
                    None => {
                        return Err(Broken {
                            phase: Phase::Start,
                            message: format!(
                                "{TASK}seccomp flag {} is not known to runc: unknown",
                                flag.value
                            ),
                            detail: vec![format!(
                                "the profile has an unknown flag: {}",
                                flag.value
                            )],
                            advice: "remove the flag from the profile".to_owned(),
                        });
                    }
                }
            }
        }
    }
    let policy = Policy::new(&applied.spec);
    if applied.spec.default == Action::Notify {
        return Err(Broken {
            phase: Phase::Start,
            message: format!(
                "{TASK}unable to start container process: error during container init: unable to \
                 init seccomp: SCMP_ACT_NOTIFY cannot be used as default action: unknown"
            ),
            detail: vec![
                "the default action hands every call to an agent, the runtime's own included"
                    .to_owned(),
            ],
            advice: "use SCMP_ACT_NOTIFY in rules only".to_owned(),
        });
    }
    let notifies = applied
        .spec
        .rules
        .iter()
        .any(|r| r.action == Action::Notify);
    if notifies {
        return Err(Broken {
            phase: Phase::Start,
            message: format!(
                "{TASK}unable to start container process: error during container init: seccomp \
                 listenerPath is not set: unknown"
            ),
            detail: vec!["the profile notifies an agent, and no agent listens here".to_owned()],
            advice: "use SCMP_ACT_ERRNO or SCMP_ACT_LOG to try the profile here".to_owned(),
        });
    }
    let program =
        compile::compile(&policy, &compile::Options::default()).map_err(|e| too_long(&e))?;
    // Each thread is the only one when its filter is loaded.
    let plain = Flags::LOG | Flags::SPEC_ALLOW;
    let flags = plain
        .each()
        .filter(|f| flags.has(*f))
        .fold(Flags::default(), |a, f| a | f);
    Ok(Some(Loaded {
        warnings: warnings.into_iter().map(|f| show(f, &files)).collect(),
        profile: Some(profile),
        policy,
        program,
        flags: flags.supported(),
    }))
}

/// A profile that decodes and that the runtime then refuses, or that does not decode.
fn refused(fault: &Diagnostic, files: &Files, detail: Vec<String>, shown: &str) -> Broken {
    let word = || {
        let span = fault.span()?;
        let text = files.text(span.file).get(span.range.offsets())?;
        Some(text.trim_matches('"').to_owned())
    };
    let word = match fault.code {
        "no-default-action" => String::new(),
        _ => word().unwrap_or_default(),
    };
    let what = match fault.code {
        "unknown-action" | "no-default-action" => Some("action"),
        "unknown-arch" => Some("arch"),
        "unknown-op" => Some("operator"),
        _ => None,
    };
    let advice = "`lanner seccomp lint` shows every fault of the profile".to_owned();
    match (what, fault.code) {
        (Some(what), _) => Broken {
            phase: Phase::Start,
            message: format!("{TASK}string {word} is not a valid {what} for seccomp: unknown"),
            detail,
            advice,
        },
        (None, "wrong-index") => Broken {
            phase: Phase::Start,
            message: format!(
                "{TASK}unable to start container process: error during container init: unable to \
                 init seccomp: error creating seccomp syscall condition: {}: unknown",
                fault.message
            ),
            detail,
            advice,
        },
        _ => Broken {
            phase: Phase::Create,
            message: format!(
                "{CREATE}decoding seccomp profile failed \"{shown}\": {}",
                fault.message
            ),
            detail,
            advice,
        },
    }
}

/// As which runtime to answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum As {
    /// containerd with runc 1.5: what a current node has.
    #[default]
    Containerd,
    /// runc 1.5.
    Runc,
    /// runc 1.1.
    #[serde(rename = "runc-1.1")]
    Runc11,
    /// crun.
    Crun,
    /// None: what starts here.
    Lanner,
}

/// Whether a runtime starts a container under a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// It does.
    Starts,
    /// `StartError`, with the runtime's message.
    Fails(String),
    /// It starts, and is dead at once with this exit code: the runtime itself ran into the filter.
    Dies(i32),
}

/// What runc 1.1 calls after it has told that the container started, measured with containerd 1.6:
/// its log has the reason then, and its exit code is 1.
const LAST_STEPS: [&str; 3] = ["fstatfs", "getdents64", "execve"];

/// What starts here: the shim's only call under the filter.
static LANNER: Needs = Needs {
    runtime: "lanner",
    name: "lanner",
    last: &["execve"],
    early: &[],
    optional: &[],
};

impl As {
    /// By the name that people give.
    pub fn from_name(name: &str) -> Option<As> {
        Some(match name {
            "containerd" | "docker" => As::Containerd,
            "runc" => As::Runc,
            "runc-1.1" => As::Runc11,
            "crun" | "cri-o" | "podman" => As::Crun,
            "lanner" => As::Lanner,
            _ => return None,
        })
    }

    /// Every runtime that is not here.
    pub const OTHERS: [As; 3] = [As::Runc, As::Runc11, As::Crun];

    /// What it calls after the filter is loaded.
    pub fn needs(self) -> &'static Needs {
        let name = match self {
            As::Containerd | As::Runc => "runc",
            As::Runc11 => "runc-1.1",
            As::Crun => "crun",
            As::Lanner => return &LANNER,
        };
        RUNTIMES.iter().find(|n| n.name == name).unwrap_or(&LANNER)
    }

    /// Its name and version.
    pub fn title(self) -> &'static str {
        match self {
            As::Containerd => "containerd with runc 1.5",
            _ => self.needs().runtime,
        }
    }

    /// Which filters it makes.
    pub fn runtime(self) -> Runtime {
        match self {
            As::Crun => Runtime::Crun,
            _ => Runtime::Runc,
        }
    }

    /// The calls that it needs and the profile refuses.
    pub fn missing(self, policy: &Policy, no_new_privs: bool) -> Missing {
        let native = policy.abis.first().map_or(Arch::X86_64, |abi| abi.arch);
        missing(policy, native, self.needs(), no_new_privs)
    }

    /// Whether it starts a container under this profile. `id` is the container's.
    pub fn start(self, policy: &Policy, no_new_privs: bool, id: &str) -> Start {
        let lacking = self.missing(policy, no_new_privs).hard;
        if lacking.is_empty() {
            return Start::Starts;
        }
        let stopped = format!(
            "failed to start containerd task \"{id}\": cannot start a stopped process: unknown"
        );
        match (self, no_new_privs) {
            (As::Crun, true) => Start::Dies(if kills(policy.default) { 159 } else { 139 }),
            (As::Crun, false) => Start::Fails(
                "failed to create containerd task: failed to create shim task: OCI runtime create \
                 failed: read from the init process: unknown"
                    .to_owned(),
            ),
            (As::Lanner, _) => Start::Dies(if kills(policy.default) { 159 } else { 132 }),
            // By then it has told that it started: only its last steps fail.
            (As::Runc11, true) if lacking.iter().all(|n| LAST_STEPS.contains(n)) => {
                Start::Dies(if kills(policy.default) { 159 } else { 1 })
            }
            // It could not even say what is wrong.
            (_, true) => Start::Fails(stopped),
            (_, false) if lacking.contains(&"write") || kills(policy.default) => {
                Start::Fails(stopped)
            }
            (As::Runc11, false) => Start::Fails(format!(
                "{TASK}unable to start container process: operation not permitted: unknown"
            )),
            (_, false) => Start::Fails(format!(
                "{TASK}unable to start container process: error during container init: operation \
                 not permitted: unknown"
            )),
        }
    }
}

fn kills(action: Action) -> bool {
    matches!(
        action,
        Action::KillProcess | Action::KillThread | Action::Trap(_)
    )
}

#[cfg(test)]
mod tests;
