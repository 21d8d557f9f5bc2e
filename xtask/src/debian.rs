//! A clean Debian tree: the package is tried in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::deb;
use crate::dist::run_tool;

/// Packages on top of a minimal system: a service manager, and what the checks call.
const PACKAGES: &str = "systemd,systemd-sysv,dbus,kmod,curl,procps";

/// The tree, made when it is not there yet.
pub fn tree() -> Result<PathBuf> {
    let tree = crate::root().join("target/debian/bookworm");
    if tree.join("usr/bin/systemctl").exists() {
        return Ok(tree);
    }
    fs::create_dir_all(tree.parent().unwrap_or(&tree))?;
    println!("making a Debian tree in {}", tree.display());
    run_tool(
        Command::new("mmdebstrap")
            .args(["--quiet", "--variant=minbase"])
            .arg(format!("--include={PACKAGES}"))
            .arg("bookworm")
            .arg(&tree),
    )?;
    Ok(tree)
}

/// Installs, upgrades, removes and purges the package, and puts it in the place of another that
/// has Falco's files, as `check.sh` says.
pub fn check(package: &Path) -> Result<()> {
    let clean = tree()?;
    let scratch = clean.with_file_name("check");
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    run_tool(Command::new("cp").arg("-a").args([&clean, &scratch]))?;
    let work = scratch.join("check");
    fs::create_dir(&work)?;
    fs::copy(package, work.join("lanner.deb"))?;
    next_version(package, &work)?;
    fs::write(work.join("check.sh"), include_str!("debian/check.sh"))?;
    let status = Command::new("unshare")
        .args(["--mount", "--pid", "--fork", "chroot"])
        .arg(&scratch)
        .args(["/bin/sh", "/check/check.sh"])
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(std::process::Stdio::null())
        .status()
        .context("unshare cannot be started")?;
    ensure!(status.success(), "the package failed its checks");
    fs::remove_dir_all(&scratch)?;
    Ok(())
}

/// Makes the package of a later version, whose configuration and rules changed.
fn next_version(package: &Path, work: &Path) -> Result<()> {
    let tree = work.join("next");
    run_tool(
        Command::new("dpkg-deb")
            .arg("--raw-extract")
            .args([package, &tree]),
    )?;
    for file in ["etc/falco/falco.yaml", "etc/falco/falco_rules.yaml"] {
        let file = tree.join(file);
        let text = fs::read_to_string(&file)?;
        fs::write(&file, format!("{text}# Of the later version.\n"))?;
    }
    let control = tree.join("DEBIAN/control");
    let text = fs::read_to_string(&control)?;
    let version = env!("CARGO_PKG_VERSION");
    let text = text.replace(
        &format!("Version: {version}\n"),
        &format!("Version: {version}+next\n"),
    );
    fs::write(&control, text)?;
    deb::pack(&tree, &work.join("next.deb"))?;
    fs::remove_dir_all(&tree)?;
    Ok(())
}
