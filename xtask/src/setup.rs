//! Installs what a Debian 12 machine with Rust lacks to build, run and test.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// What a build needs, and a file that tells that the package is there.
const PACKAGES: &[(&str, &str)] = &[
    ("gcc", "/usr/bin/cc"),
    ("make", "/usr/bin/make"),
    ("pkg-config", "/usr/bin/pkg-config"),
    ("libelf-dev", "/usr/include/libelf.h"),
    ("zlib1g-dev", "/usr/include/zlib.h"),
    // What only tests and a change of the probe need.
    ("clang-14", "/usr/bin/clang-14"),
    ("llvm-14", "/usr/bin/llvm-strip-14"),
    ("libbpf-dev", "/usr/include/bpf/bpf_helpers.h"),
    ("openssl", "/usr/bin/openssl"),
    ("rsyslog", "/usr/sbin/rsyslogd"),
    ("libseccomp-dev", "/usr/include/seccomp.h"),
    ("g++", "/usr/bin/g++"),
    ("runc", "/usr/sbin/runc"),
    ("podman", "/usr/bin/podman"),
    ("containerd", "/usr/bin/containerd"),
    ("nginx-light", "/usr/sbin/nginx"),
    ("sysdig", "/usr/bin/sysdig"),
    ("curl", "/usr/bin/curl"),
    ("prometheus", "/usr/bin/promtool"),
];

/// What only packages and guests need, on top.
const DIST_PACKAGES: &[(&str, &str)] = &[
    ("lintian", "/usr/bin/lintian"),
    ("mmdebstrap", "/usr/bin/mmdebstrap"),
    ("e2fsprogs", "/usr/sbin/mke2fs"),
];

/// What checks of the manifests need.
const MANIFEST_PACKAGES: &[(&str, &str)] =
    &[("python3-venv", "/usr/lib/python3.11/ensurepip/__init__.py")];

/// Installs what builds and tests need.
pub fn run() -> Result<()> {
    install(PACKAGES)
}

/// Installs what `dist` and `vm` need besides.
pub fn dist() -> Result<()> {
    install(PACKAGES)?;
    install(DIST_PACKAGES)
}

/// Installs what `manifests` needs.
pub fn manifests() -> Result<()> {
    install(MANIFEST_PACKAGES)
}

fn install(packages: &[(&'static str, &str)]) -> Result<()> {
    let missing: Vec<&str> = packages
        .iter()
        .filter(|(_, file)| !Path::new(file).exists())
        .map(|(p, _)| *p)
        .collect();
    if missing.is_empty() {
        println!("nothing to install");
        return Ok(());
    }
    println!("installing {}", missing.join(" "));
    apt(&["update"])?;
    let mut install = vec!["install", "-y", "--no-install-recommends"];
    install.extend(&missing);
    apt(&install)
}

fn apt(args: &[&str]) -> Result<()> {
    let status = Command::new("apt-get")
        .args(args)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .status()
        .context("apt-get cannot be started; setup knows Debian 12 only")?;
    if !status.success() {
        bail!(
            "apt-get {} failed ({status}); setup needs root",
            args.join(" ")
        );
    }
    Ok(())
}
