//! Where a profile is applied: the options that all verbs share.

use anyhow::{Result, anyhow};
use clap::{Args, ValueEnum};
use lanner_seccomp::Arch;
use lanner_seccomp::lint::{self, Needs};
use lanner_seccomp::profile::{Format, Profile};
use lanner_seccomp::target::{DEFAULT_CAPS, Engine, Runtime, Target};

/// Where a profile is applied.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Where the profile is applied")]
pub(crate) struct TargetArgs {
    /// Who applies it. containerd starts runc; cri-o and podman resolve the file as
    /// containers-common does and start crun, docker resolves it and starts runc.
    #[arg(long, value_enum, value_name = "RUNTIME")]
    pub(crate) runtime: Option<RuntimeName>,

    /// Who resolves `archMap`, `includes` and `excludes` before; follows from --runtime, and is
    /// docker without it if the profile has such keys.
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub(crate) engine: Option<EngineName>,

    /// The architecture that calls are made on, as profiles, Linux or Go name it (x86_64, amd64,
    /// x86, arm64…) [default: this machine's].
    #[arg(long, value_name = "ARCH", value_parser = arch)]
    pub(crate) arch: Option<Arch>,

    /// The architecture of the machine, if it is not the 64-bit one that runs --arch.
    #[arg(long, value_name = "ARCH", value_parser = arch)]
    pub(crate) machine: Option<Arch>,

    /// Capabilities of the container: `default` (Docker's 14), `none`, `all`, a list (CAP_BPF,
    /// sys_admin), or changes to the default (+sys_admin,-chown).
    #[arg(long, value_name = "CAPS", value_parser = caps, allow_hyphen_values = true)]
    pub(crate) caps: Option<Caps>,

    /// Kernel version, like 6.1 [default: the one that runs].
    #[arg(long, value_name = "VERSION", value_parser = kernel)]
    pub(crate) kernel: Option<(u16, u16)>,
}

/// Who starts the container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RuntimeName {
    /// runc 1.5.
    Runc,
    /// runc 1.1.
    #[value(name = "runc-1.1")]
    Runc11,
    Crun,
    Youki,
    Containerd,
    #[value(name = "cri-o", alias = "crio")]
    CriO,
    Docker,
    Podman,
}

/// Who makes an OCI profile of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineName {
    None,
    Docker,
    ContainersCommon,
}

/// Names of capabilities (`CAP_…`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caps(pub(crate) Vec<String>);

impl TargetArgs {
    /// The ABI that calls are made on.
    pub(crate) fn abi(&self) -> Result<Arch> {
        self.arch.map_or_else(|| self.native(), Ok)
    }

    /// The architecture of the machine.
    pub(crate) fn native(&self) -> Result<Arch> {
        let native = self.machine.or(self.arch.map(Arch::machine));
        native
            .or(Arch::native())
            .ok_or_else(|| anyhow!("this machine's architecture is not known: give --arch"))
    }

    /// The target; `profile` tells which engine to assume where none is named.
    pub(crate) fn target(&self, profile: Option<&Profile>) -> Result<Target> {
        let engine = match (self.engine, self.runtime) {
            (Some(EngineName::None), _) => Engine::None,
            (Some(EngineName::Docker), _) => Engine::Docker,
            (Some(EngineName::ContainersCommon), _) => Engine::ContainersCommon,
            (None, Some(RuntimeName::Docker)) => Engine::Docker,
            (None, Some(RuntimeName::CriO | RuntimeName::Podman)) => Engine::ContainersCommon,
            (None, Some(_)) => Engine::None,
            (None, None) => assumed_engine(profile),
        };
        let runtime = match self.runtime {
            Some(RuntimeName::Crun | RuntimeName::CriO | RuntimeName::Podman) => Runtime::Crun,
            Some(RuntimeName::Youki) => Runtime::Youki,
            _ => Runtime::Runc,
        };
        let caps = match &self.caps {
            Some(Caps(list)) => list.clone(),
            None => DEFAULT_CAPS.map(str::to_owned).to_vec(),
        };
        Ok(Target {
            engine,
            runtime,
            native: self.native()?,
            caps,
            kernel: self.kernel.unwrap_or_else(running_kernel),
        })
    }

    /// What the named runtime calls under the filter.
    pub(crate) fn needs(&self) -> Option<&'static Needs> {
        self.runtime.map(RuntimeName::needs)
    }

    /// Whether the engine follows from the profile alone, and there is one.
    pub(crate) fn engine_is_assumed(&self, profile: &Profile) -> bool {
        self.engine.is_none()
            && self.runtime.is_none()
            && assumed_engine(Some(profile)) != Engine::None
    }
}

impl RuntimeName {
    /// What it calls under the filter.
    pub(crate) fn needs(self) -> &'static Needs {
        let [runc11, runc, crun, youki] = &lint::RUNTIMES;
        match self {
            RuntimeName::Runc | RuntimeName::Containerd | RuntimeName::Docker => runc,
            RuntimeName::Runc11 => runc11,
            RuntimeName::Crun | RuntimeName::CriO | RuntimeName::Podman => crun,
            RuntimeName::Youki => youki,
        }
    }
}

/// The engine for which a profile is written.
fn assumed_engine(profile: Option<&Profile>) -> Engine {
    match profile {
        Some(p) if p.format != Format::Engine => Engine::None,
        Some(p) if p.errno_names.is_some() => Engine::ContainersCommon,
        Some(_) => Engine::Docker,
        None => Engine::None,
    }
}

fn running_kernel() -> (u16, u16) {
    let release = rustix::system::uname()
        .release()
        .to_string_lossy()
        .into_owned();
    // A release that is no version has all features that were ever asked for.
    kernel(&release).unwrap_or((u16::MAX, 0))
}

fn arch(text: &str) -> Result<Arch, String> {
    Arch::from_any_name(text).ok_or_else(|| {
        let names: Vec<String> = Arch::all()
            .map(|a| a.short_name().to_ascii_lowercase())
            .collect();
        format!("known are {}", names.join(", "))
    })
}

fn kernel(text: &str) -> Result<(u16, u16), String> {
    let mut parts = text.split(['.', '-', '+']).map(str::parse);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Ok((major, minor)),
        _ => Err("expected a version like 6.1".to_owned()),
    }
}

fn caps(text: &str) -> Result<Caps, String> {
    let known = || lanner_seccomp::target::CAPS.iter();
    let one = |name: &str| {
        let upper = name.trim().to_ascii_uppercase();
        let full = if upper.starts_with("CAP_") {
            upper
        } else {
            format!("CAP_{upper}")
        };
        match known().find(|c| **c == full) {
            Some(_) => Ok(full),
            None => {
                let near = lanner_diag::nearest(&full, known().copied());
                let hint = near.map_or(String::new(), |n| format!(", did you mean {n}?"));
                Err(format!("{full} is no capability{hint}"))
            }
        }
    };
    let default = || DEFAULT_CAPS.map(str::to_owned).to_vec();
    match text {
        "default" => return Ok(Caps(default())),
        "none" | "" => return Ok(Caps(Vec::new())),
        "all" => return Ok(Caps(known().map(|c| (*c).to_owned()).collect())),
        _ => {}
    }
    let changes = text.starts_with(['+', '-']);
    let mut list = if changes { default() } else { Vec::new() };
    for item in text.split(',').map(str::trim).filter(|i| !i.is_empty()) {
        if let Some(dropped) = item.strip_prefix('-') {
            let dropped = one(dropped)?;
            list.retain(|c| *c != dropped);
        } else {
            let added = one(item.trim_start_matches('+'))?;
            if !list.contains(&added) {
                list.push(added);
            }
        }
    }
    Ok(Caps(list))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_named_as_people_do() {
        let check = |text: &str, expect: &[&str]| {
            assert_eq!(
                caps(text).map(|c| c.0),
                Ok(expect.iter().map(|c| c.to_string()).collect()),
                "{text}"
            );
        };
        check("none", &[]);
        check("sys_admin,CAP_BPF", &["CAP_SYS_ADMIN", "CAP_BPF"]);
        let changed = caps("+sys_admin,-chown").unwrap().0;
        assert_eq!(changed.len(), 14);
        assert!(changed.contains(&"CAP_SYS_ADMIN".to_owned()));
        assert!(!changed.contains(&"CAP_CHOWN".to_owned()));
        assert_eq!(caps("all").unwrap().0.len(), 41);
        assert_eq!(
            caps("sys_amdin"),
            Err("CAP_SYS_AMDIN is no capability, did you mean CAP_SYS_ADMIN?".to_owned())
        );
    }

    #[test]
    fn kernels_are_versions_or_releases() {
        assert_eq!(kernel("6.1"), Ok((6, 1)));
        assert_eq!(kernel("6.1.0-18-amd64"), Ok((6, 1)));
        assert_eq!(kernel("5.15-rc3"), Ok((5, 15)));
        assert!(kernel("six").is_err());
    }

    #[test]
    fn the_machine_is_the_one_that_runs_the_architecture() {
        let check = |arch, machine, expect| {
            let args = TargetArgs {
                arch: Some(arch),
                machine,
                ..TargetArgs::default()
            };
            assert_eq!(args.native().ok(), Some(expect));
            assert_eq!(args.abi().ok(), Some(arch));
        };
        check(Arch::X86, None, Arch::X86_64);
        check(Arch::X86, Some(Arch::X86), Arch::X86);
        check(Arch::Arm, None, Arch::Aarch64);
        check(Arch::Riscv64, None, Arch::Riscv64);
    }
}
