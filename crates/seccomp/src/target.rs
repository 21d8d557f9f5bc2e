//! Who applies a profile, and where: what of it counts then.

use lanner_diag::{Diagnostic, Span};

use crate::policy::{Rule, Spec};
use crate::profile::{Filter, Profile, Spanned};
use crate::{Action, Arch};

/// Who makes an OCI profile of what the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Nobody: the runtime gets the file as it is (plain runc or crun, containerd).
    None,
    /// Docker: `archMap`, `includes` and `excludes`, `minKernel`.
    Docker,
    /// containers-common (Podman, Buildah, CRI-O): the same without `minKernel`, and error
    /// numbers by name.
    ContainersCommon,
}

/// Who loads the filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// runc: puts a stub first that answers ENOSYS for calls newer than the profile.
    Runc,
    /// crun: loads what the profile says and nothing else.
    Crun,
    /// youki: the same.
    Youki,
}

/// Where a profile is applied.
#[derive(Clone, Debug)]
pub struct Target {
    /// Who resolves the file.
    pub engine: Engine,
    /// Who loads the filter.
    pub runtime: Runtime,
    /// The ABI of the machine.
    pub native: Arch,
    /// The container's bounding capabilities (`CAP_…`).
    pub caps: Vec<String>,
    /// The kernel's major and minor version.
    pub kernel: (u16, u16),
}

/// The capabilities of a container to which nothing was added and from which nothing was dropped,
/// in Docker and in containerd.
pub const DEFAULT_CAPS: [&str; 14] = [
    "CAP_AUDIT_WRITE",
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_MKNOD",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_RAW",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
];

/// All capabilities (linux/capability.h, as of Linux 5.9, the last that brought one).
#[rustfmt::skip]
pub const CAPS: [&str; 41] = [
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID",
    "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK",
    "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG",
    "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
];

/// A profile as it counts on a target.
#[derive(Clone, Debug)]
pub struct Applied {
    /// What it says.
    pub spec: Spec,
    /// Where each rule of the spec stands, an index into [`Profile::rules`].
    pub origins: Vec<usize>,
}

impl Target {
    /// What of a profile counts here; `None` where it has no default action and so decides
    /// nothing.
    ///
    /// # Errors
    /// The engine would refuse the profile.
    pub fn apply(&self, profile: &Profile) -> Result<Option<Applied>, Diagnostic> {
        let Some(default) = &profile.default_action else {
            return Ok(None);
        };
        if let (true, Some(map)) = (self.engine != Engine::None, &profile.arch_map) {
            let listed = profile
                .architectures
                .as_ref()
                .is_some_and(|a| !a.is_empty());
            if listed && !map.value.is_empty() {
                let span = Span {
                    file: profile.file,
                    range: map.span,
                };
                return Err(Diagnostic::error(
                    "arches-and-map",
                    "`architectures` and `archMap` cannot both be given",
                )
                .label(span, "")
                .help(Some(
                    "keep archMap for an engine, architectures for a runtime".into(),
                )));
            }
        }
        Ok(Some(self.resolve(profile, default.value)))
    }

    /// What of a profile counts here, whatever an engine would say of it.
    pub(crate) fn resolve(&self, profile: &Profile, default: Action) -> Applied {
        let listed = profile.architectures.iter().flatten();
        let mut arches: Vec<Arch> = listed.map(|a| a.value).collect();
        if let (true, Some(map)) = (self.engine != Engine::None, &profile.arch_map)
            && let Some(entry) = map.value.iter().find(|e| e.arch.value == self.native)
        {
            arches.push(entry.arch.value);
            arches.extend(entry.sub.iter().map(|a| a.value));
        }
        let mut applied = Applied {
            spec: Spec {
                native: self.native,
                arches,
                default,
                rules: Vec::new(),
                stub: self.runtime == Runtime::Runc,
            },
            origins: Vec::new(),
        };
        for (index, rule) in profile.rules.iter().enumerate() {
            let Some(action) = &rule.action else {
                continue;
            };
            // Runtimes know no `name`.
            if self.engine == Engine::None && rule.legacy_name.is_some() && rule.names.len() == 1 {
                continue;
            }
            if self.engine != Engine::None && !self.keeps(&rule.includes, &rule.excludes) {
                continue;
            }
            applied.origins.push(index);
            applied.spec.rules.push(Rule {
                names: rule.names.iter().map(|n| n.value.clone()).collect(),
                action: action.value,
                conditions: rule.args.iter().map(|a| a.condition).collect(),
            });
        }
        applied
    }

    /// Whether the engine keeps a rule.
    fn keeps(
        &self,
        includes: &Option<Spanned<Filter>>,
        excludes: &Option<Spanned<Filter>>,
    ) -> bool {
        let has_cap = |cap: &Spanned<String>| self.caps.contains(&cap.value);
        let is_arch = |arch: &Spanned<String>| arch.value == self.native.go_name();
        // containers-common drops the field when it reads the file.
        let kernel = |filter: &Filter| {
            let wanted = filter.min_kernel.as_ref();
            wanted
                .filter(|_| self.engine == Engine::Docker)
                .map(|wanted| self.kernel >= wanted.value)
        };
        if let Some(Spanned { value: out, .. }) = excludes {
            let excluded = out.arches.iter().any(is_arch)
                || out.caps.iter().any(has_cap)
                || kernel(out) == Some(true);
            if excluded {
                return false;
            }
        }
        match includes {
            Some(Spanned { value: only, .. }) => {
                (only.arches.is_empty() || only.arches.iter().any(is_arch))
                    && only.caps.iter().all(has_cap)
                    && kernel(only) != Some(false)
            }
            None => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use lanner_diag::Files;

    use super::*;
    use crate::{document, profile};

    fn names(text: &str, engine: Engine, caps: &[&str], native: Arch) -> Vec<String> {
        let mut files = Files::new();
        let document = document::read(&mut files, "p.json", text.as_bytes()).expect("reads");
        let (profile, faults) = profile::read(&document);
        assert_eq!(faults, []);
        let target = Target {
            engine,
            runtime: Runtime::Runc,
            native,
            caps: caps.iter().map(|c| c.to_string()).collect(),
            kernel: (6, 1),
        };
        let applied = target.apply(&profile).expect("applies").expect("decides");
        applied
            .spec
            .rules
            .into_iter()
            .flat_map(|r| r.names)
            .collect()
    }

    #[test]
    fn engines_keep_the_rules_whose_conditions_hold() {
        let text = r#"{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
            {"names": ["read"], "action": "SCMP_ACT_ALLOW", "comment": "always"},
            {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
            {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_SYS_ADMIN"], "arches": ["s390x"]}},
            {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "6.2"}},
            {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "excludes": {"minKernel": "4.8"}},
            {"names": ["arch_prctl"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["amd64", "x32"]}},
            {"name": "write", "action": "SCMP_ACT_ALLOW"}
        ]}"#;
        let check = |engine, caps: &[&str], arch, expect: &[&str]| {
            assert_eq!(
                names(text, engine, caps, arch),
                expect,
                "{engine:?} {caps:?} {arch}"
            );
        };
        let all = ["read", "mount", "clone", "ptrace", "bpf", "arch_prctl"];
        check(Engine::None, &[], Arch::X86_64, &all);
        check(
            Engine::Docker,
            &[],
            Arch::X86_64,
            &["read", "clone", "arch_prctl", "write"],
        );
        check(
            Engine::Docker,
            &["CAP_SYS_ADMIN"],
            Arch::S390x,
            &["read", "mount", "write"],
        );
        check(
            Engine::ContainersCommon,
            &[],
            Arch::Aarch64,
            &["read", "clone", "ptrace", "bpf", "write"],
        );
    }

    #[test]
    fn only_engines_expand_the_map_of_architectures() {
        let text = r#"{"defaultAction": "SCMP_ACT_ALLOW", "archMap": [
            {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}]}"#;
        let mut files = Files::new();
        let document = document::read(&mut files, "p.json", text.as_bytes()).expect("reads");
        let (profile, _) = profile::read(&document);
        for (engine, expect) in [
            (Engine::None, vec![]),
            (Engine::Docker, vec![Arch::X86_64, Arch::X86]),
        ] {
            let target = Target {
                engine,
                runtime: Runtime::Crun,
                native: Arch::X86_64,
                caps: Vec::new(),
                kernel: (6, 1),
            };
            let applied = target.apply(&profile).expect("applies").expect("decides");
            assert_eq!(applied.spec.arches, expect);
        }
    }
}
