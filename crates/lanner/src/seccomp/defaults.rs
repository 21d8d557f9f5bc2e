//! `lanner seccomp defaults`: the profiles that engines apply where none is named.

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use lanner_seccomp::defaults::{self, RuntimeDefault};
use lanner_seccomp::oci;
use lanner_seccomp::profile::Profile;

use super::Found;
use super::report::{self, FormatArgs};
use super::target::{EngineName, RuntimeName, TargetArgs};

/// Print the profile that an engine applies where none is named (RuntimeDefault).
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lanner seccomp defaults                       Docker's, for this machine
  lanner seccomp defaults containerd --arch arm64 --kernel 6.1
  lanner seccomp defaults podman --caps +sys_admin
  lanner seccomp defaults docker --unexpanded   with archMap, includes and excludes

What is printed is a profile in JSON, whatever --format says.")]
pub(crate) struct Defaults {
    /// Whose profile [default: that of --runtime, or Docker's].
    #[arg(value_enum)]
    pub(crate) whose: Option<Whose>,

    /// Print the engine's own form, before it is resolved for a container.
    #[arg(long)]
    pub(crate) unexpanded: bool,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// Whose profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Whose {
    /// Docker.
    Docker,
    /// containerd, and Kubernetes with it.
    Containerd,
    /// Podman and Buildah.
    #[value(name = "containers-common", alias = "podman")]
    ContainersCommon,
    /// CRI-O: as Podman's, but new namespaces need CAP_SYS_ADMIN.
    #[value(name = "cri-o")]
    CriO,
}

/// Prints it.
pub(crate) fn run(args: &Defaults) -> Result<Found> {
    let which = which(args);
    let profile = if args.unexpanded {
        if which == RuntimeDefault::Containerd {
            bail!(
                "containerd makes its profile for each container and has no file of it: leave out \
                 --unexpanded"
            );
        }
        defaults::profile(which)
    } else {
        let target = args.target.target(None)?;
        Profile::from_spec(&defaults::runtime_default(which, &target))
    };
    report::print(&oci::write(&profile))?;
    Ok(Found::Nothing)
}

fn which(args: &Defaults) -> RuntimeDefault {
    match (args.whose, args.target.engine, args.target.runtime) {
        (Some(Whose::Docker), ..) => RuntimeDefault::Docker,
        (Some(Whose::Containerd), ..) => RuntimeDefault::Containerd,
        (Some(Whose::ContainersCommon), ..) => RuntimeDefault::ContainersCommon,
        (Some(Whose::CriO), ..) | (None, None, Some(RuntimeName::CriO)) => RuntimeDefault::CriO,
        (None, Some(EngineName::ContainersCommon), _) | (None, None, Some(RuntimeName::Podman)) => {
            RuntimeDefault::ContainersCommon
        }
        (None, None, Some(RuntimeName::Containerd)) => RuntimeDefault::Containerd,
        _ => RuntimeDefault::Docker,
    }
}
