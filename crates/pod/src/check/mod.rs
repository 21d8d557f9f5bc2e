//! What a pod would do, told without running it.
//!
//! * Which profile each container gets and why, whether it can be used, and which runtimes start a
//!   container under it.
//! * The Pod Security Standards (baseline and restricted, as of Kubernetes 1.35), in the words of
//!   their admission controller.

mod lint;

use lanner_diag::{Files, Style, render};
use lanner_seccomp::lint::{self as profile_lint, Context};
use lanner_seccomp::load::kernel_version;
use lanner_seccomp::target::{Engine, Target};
use lanner_seccomp::{Arch, document, profile as profile_file};

pub use self::lint::{CODES, lint};
use crate::home::Options;
use crate::manifest::{Container, Pod};
use crate::profile::{self, As, Kind, Loaded, Start};
use crate::supervisor::{caps_of, explain};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Fine,
    /// It works, and may not be what was meant.
    Warning,
    /// The container would not start.
    Error,
}

/// One thing to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What it is.
    pub text: String,
}

/// What is to know of one container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The container.
    pub name: String,
    /// Its place in the manifest.
    pub path: String,
    /// Everything, the most important first.
    pub findings: Vec<Finding>,
}

/// What is to know of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// By container, init containers first.
    pub containers: Vec<Checked>,
    /// What the baseline standard forbids of it.
    pub baseline: Vec<String>,
    /// What the restricted standard forbids of it, beyond that.
    pub restricted: Vec<String>,
}

impl Report {
    /// Whether every container would start.
    pub fn starts(&self) -> bool {
        let all = self.containers.iter().flat_map(|c| &c.findings);
        all.into_iter().all(|f| f.level != Level::Error)
    }
}

/// Checks a pod.
pub fn check(pod: &Pod, options: &Options) -> Report {
    let containers = pod.all_containers().map(|(path, container)| Checked {
        name: container.name.clone(),
        findings: one(pod, container, options),
        path,
    });
    let (baseline, restricted) = standards(pod);
    Report {
        containers: containers.collect(),
        baseline,
        restricted,
    }
}

fn one(pod: &Pod, container: &Container, options: &Options) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |level, text: String| findings.push(Finding { level, text });
    let choice = profile::choose(
        pod,
        container,
        &options.seccomp_root,
        options.seccomp_default,
    );
    add(
        Level::Fine,
        format!("profile {}: {}", choice.name(), choice.why),
    );
    let runtime = options.runtime;
    let caps = caps_of(container);
    let nnp = container.no_new_privs();
    let loaded = match choice.load(caps, runtime.runtime()) {
        Ok(loaded) => loaded,
        Err(broken) => {
            let reason = match broken.phase {
                profile::Phase::Create => "CreateContainerError",
                profile::Phase::Start => "RunContainerError",
            };
            let mut text = format!("{reason}: {}", broken.message);
            for detail in &broken.detail {
                text.push_str(&format!("\n{detail}"));
            }
            text.push_str(&format!("\n{}", broken.advice));
            add(Level::Error, text);
            return findings;
        }
    };
    let Some(loaded) = loaded else {
        if choice.kind != Kind::Unconfined {
            add(
                Level::Warning,
                "the profile has no defaultAction and no rules: it confines nothing".to_owned(),
            );
        }
        return findings;
    };
    starts(&mut add, runtime, &loaded, nnp);
    for other in As::OTHERS {
        if other.needs().name != runtime.needs().name {
            let lacking = other.missing(&loaded.policy, nnp).hard;
            match lacking.as_slice() {
                [] => add(Level::Fine, format!("{} starts it, too", other.title())),
                calls => add(
                    Level::Warning,
                    format!(
                        "{} would not start it: it also needs {}",
                        other.title(),
                        calls.join(", ")
                    ),
                ),
            }
        }
    }
    if let Kind::Localhost(path) = &choice.kind {
        lints(&mut add, path, caps.names(), runtime, nnp);
        if container.security().allow_privilege_escalation.is_none() {
            add(
                Level::Warning,
                "allowPrivilegeEscalation is not set: the filter is loaded early, and the runtime \
                 makes more calls under it"
                    .to_owned(),
            );
        }
    }
    findings
}

fn starts(add: &mut impl FnMut(Level, String), runtime: As, loaded: &Loaded, nnp: bool) {
    match runtime.start(&loaded.policy, nnp, "ID") {
        Start::Starts => add(Level::Fine, format!("{} starts it", runtime.title())),
        Start::Fails(message) => {
            let (trouble, advice) = explain(runtime, loaded, nnp);
            let mut text = format!("RunContainerError, then CrashLoopBackOff: {message}");
            for line in trouble.into_iter().skip(1).take(1).chain(advice) {
                text.push_str(&format!("\n{line}"));
            }
            add(Level::Error, text);
        }
        Start::Dies(code) => {
            let (trouble, advice) = explain(runtime, loaded, nnp);
            let mut text = format!("it would end with exit code {code} before its program begins");
            for line in trouble.into_iter().skip(1).take(1).chain(advice) {
                text.push_str(&format!("\n{line}"));
            }
            add(Level::Error, text);
        }
    }
}

/// What `lanner seccomp lint` says, but for what was said already.
fn lints(
    add: &mut impl FnMut(Level, String),
    path: &std::path::Path,
    caps: Vec<String>,
    runtime: As,
    nnp: bool,
) {
    let Ok(bytes) = std::fs::read(path) else {
        return;
    };
    let mut files = Files::new();
    let Ok(document) = document::read(&mut files, &path.display().to_string(), &bytes) else {
        return;
    };
    let (profile, mut faults) = profile_file::read(&document);
    let target = Target {
        engine: Engine::None,
        runtime: runtime.runtime(),
        native: Arch::native().unwrap_or(Arch::X86_64),
        caps,
        kernel: kernel_version(),
    };
    let context = Context {
        needs: Some(runtime.needs()),
        no_new_privs: nnp,
    };
    faults.extend(profile_lint::lint(&profile, &target, &context));
    for fault in faults.iter().filter(|f| f.code != "runtime-needs") {
        // An error of the linter does not keep the container from starting.
        let text = render(fault, &files, Style::Plain);
        add(Level::Warning, text);
    }
}

/// What the two standards forbid.
fn standards(pod: &Pod) -> (Vec<String>, Vec<String>) {
    let spec = &pod.spec;
    let mut baseline = Vec::new();
    let mut restricted = Vec::new();
    let named = |test: &dyn Fn(&Container) -> bool| -> Option<String> {
        let names: Vec<String> = pod
            .all_containers()
            .filter(|(_, c)| test(c))
            .map(|(_, c)| format!("\"{}\"", c.name))
            .collect();
        match names.len() {
            0 => None,
            1 => Some(format!("container {}", names[0])),
            _ => Some(format!("containers {}", names.join(", "))),
        }
    };
    let spaces: Vec<&str> = [
        (spec.host_network, "hostNetwork=true"),
        (spec.host_pid, "hostPID=true"),
        (spec.host_ipc, "hostIPC=true"),
    ]
    .into_iter()
    .filter_map(|(set, name)| set.then_some(name))
    .collect();
    if !spaces.is_empty() {
        baseline.push(format!("host namespaces ({})", spaces.join(", ")));
    }
    if let Some(who) = named(&|c| c.privileged()) {
        baseline.push(format!(
            "privileged ({who} must not set securityContext.privileged=true)"
        ));
    }
    let bare = |cap: &str| cap.strip_prefix("CAP_").unwrap_or(cap).to_owned();
    let default: Vec<String> = lanner_seccomp::target::DEFAULT_CAPS
        .iter()
        .map(|c| bare(c))
        // The runtime gives NET_RAW; the standard does not let it be asked for.
        .filter(|c| c != "NET_RAW")
        .collect();
    let adds = |c: &Container| c.security().capabilities.unwrap_or_default().add;
    let beyond = |c: &Container| adds(c).iter().any(|a| !default.contains(&bare(a)));
    if let Some(who) = named(&beyond) {
        baseline.push(format!(
            "non-default capabilities ({who} must not include other capabilities in \
             securityContext.capabilities.add)"
        ));
    }
    let host_paths: Vec<String> = spec
        .volumes
        .iter()
        .filter(|v| v.host_path.is_some())
        .map(|v| format!("\"{}\"", v.name))
        .collect();
    if !host_paths.is_empty() {
        baseline.push(format!(
            "hostPath volumes (volumes {})",
            host_paths.join(", ")
        ));
    }
    let kind = |c: &Container| c.security().seccomp_profile.map(|p| p.kind);
    let of_pod = spec
        .security_context
        .seccomp_profile
        .as_ref()
        .map(|p| p.kind.as_str());
    if of_pod == Some("Unconfined") {
        baseline.push(
            "seccompProfile (pod must not set securityContext.seccompProfile.type to \"Unconfined\")"
                .to_owned(),
        );
    }
    if let Some(who) = named(&|c| kind(c).as_deref() == Some("Unconfined")) {
        baseline.push(format!(
            "seccompProfile ({who} must not set securityContext.seccompProfile.type to \
             \"Unconfined\")"
        ));
    }
    if let Some(who) = named(&|c| c.security().allow_privilege_escalation != Some(false)) {
        restricted.push(format!(
            "allowPrivilegeEscalation != false ({who} must set \
             securityContext.allowPrivilegeEscalation=false)"
        ));
    }
    let drops = |c: &Container| {
        let caps = c.security().capabilities.unwrap_or_default();
        !caps.drop.iter().any(|d| d == "ALL")
            || caps.add.iter().any(|a| bare(a) != "NET_BIND_SERVICE")
    };
    if let Some(who) = named(&drops) {
        restricted.push(format!(
            "unrestricted capabilities ({who} must set securityContext.capabilities.drop=[\"ALL\"])"
        ));
    }
    let allowed = |v: &crate::manifest::Volume| {
        const ALLOWED: [&str; 7] = [
            "csi",
            "downwardAPI",
            "ephemeral",
            "persistentVolumeClaim",
            "projected",
            "secret",
            "image",
        ];
        v.config_map.is_some()
            || v.empty_dir.is_some()
            || v.other.keys().any(|k| ALLOWED.contains(&k.as_str()))
    };
    let volumes: Vec<String> = spec
        .volumes
        .iter()
        .filter(|v| !allowed(v))
        .map(|v| format!("\"{}\"", v.name))
        .collect();
    if !volumes.is_empty() {
        restricted.push(format!(
            "restricted volume types (volumes {})",
            volumes.join(", ")
        ));
    }
    let pod_non_root = spec.security_context.run_as_non_root;
    let may_be_root = |c: &Container| c.security().run_as_non_root.or(pod_non_root) != Some(true);
    if let Some(who) = named(&may_be_root) {
        restricted.push(format!(
            "runAsNonRoot != true (pod or {who} must set securityContext.runAsNonRoot=true)"
        ));
    }
    let pod_user = spec.security_context.run_as_user;
    if let Some(who) = named(&|c| c.security().run_as_user.or(pod_user) == Some(0)) {
        restricted.push(format!(
            "runAsUser=0 (pod or {who} must not set runAsUser=0)"
        ));
    }
    let confined = |kind: Option<&str>| matches!(kind, Some("RuntimeDefault" | "Localhost"));
    let open = |c: &Container| match kind(c) {
        Some(own) => !confined(Some(&own)),
        None => !confined(of_pod),
    };
    if let Some(who) = named(&open) {
        restricted.push(format!(
            "seccompProfile (pod or {who} must set securityContext.seccompProfile.type to \
             \"RuntimeDefault\" or \"Localhost\")"
        ));
    }
    // The restricted standard includes the other.
    let all = baseline.iter().cloned().chain(restricted).collect();
    (baseline, all)
}
