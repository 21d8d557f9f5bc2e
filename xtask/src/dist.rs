//! What is handed out: one static binary, and the Debian package made of it.
//!
//! The binary is linked statically with glibc, libelf and zlib, so it runs on any distribution, in
//! containers without one, and in guests. It loads nothing at run time either: names of users come
//! from `/etc/passwd`, time zones from `/usr/share/zoneinfo`, host names from `/etc/hosts` and DNS
//! (`no_dlopen.c` tells why not from what `/etc/nsswitch.conf` names).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{deb, debian};

/// The only target; the probe is for x86-64.
pub const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Where `libelf.a` and `libz.a` are on Debian.
const LIBRARIES: &str = "/usr/lib/x86_64-linux-gnu";

/// Builds binary and package; with `check`, tries the package in a clean Debian tree.
pub fn run(check: bool) -> Result<()> {
    crate::setup::dist()?;
    let package = package()?;
    lintian(&package)?;
    if check {
        debian::check(&package)?;
    }
    Ok(())
}

/// The Debian package of this tree.
pub fn package() -> Result<PathBuf> {
    let binary = binary()?;
    let package = deb::build(&binary, env!("CARGO_PKG_VERSION"))?;
    for file in [&binary, &package] {
        let size = fs::metadata(file)?.len();
        println!("{} ({:.1} MB)", file.display(), size as f64 / 1e6);
    }
    Ok(package)
}

/// The folder of what is handed out.
pub fn folder() -> PathBuf {
    crate::root().join("target/dist")
}

/// Builds the static binary.
fn binary() -> Result<PathBuf> {
    cargo_static(&[
        "build",
        "--release",
        "--package",
        "lanner",
        "--bin",
        "lanner",
    ])?;
    let built = crate::root()
        .join("target")
        .join(TARGET)
        .join("release/lanner");
    let binary = folder().join("lanner");
    fs::create_dir_all(folder())?;
    run_tool(
        Command::new("strip")
            .arg("--strip-all")
            .arg("-o")
            .arg(&binary)
            .arg(&built),
    )?;
    needs_nothing(&binary)?;
    loads_nothing(&built)?;
    Ok(binary)
}

/// Runs cargo so that what it builds is linked statically; its standard output.
pub fn cargo_static(args: &[&str]) -> Result<String> {
    let root = crate::root();
    let cargo_home = std::env::var_os("CARGO_HOME").map_or_else(
        || Path::new(&std::env::var_os("HOME").unwrap_or_default()).join(".cargo"),
        PathBuf::from,
    );
    let no_dlopen = no_dlopen()?;
    // Paths of this machine have no place in what is handed out.
    let flags = [
        "-Ctarget-feature=+crt-static".to_owned(),
        format!("--remap-path-prefix={}=.", root.display()),
        format!("--remap-path-prefix={}=cargo", cargo_home.display()),
        format!("-Clink-arg={}", no_dlopen.display()),
        "-Clink-arg=-Wl,--wrap=__libc_dlopen_mode".to_owned(),
    ];
    let output = Command::new(env!("CARGO"))
        .args(args)
        .args(["--target", TARGET, "--features", "static"])
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .env("LIBBPF_SYS_LIBRARY_PATH", LIBRARIES)
        .current_dir(&root)
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cargo cannot be started")?;
    ensure!(output.status.success(), "cargo {} failed", args.join(" "));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The object that keeps glibc from loading anything.
fn no_dlopen() -> Result<PathBuf> {
    let object = folder().join("no_dlopen.o");
    fs::create_dir_all(folder())?;
    let source = crate::root().join("xtask/src/dist/no_dlopen.c");
    run_tool(
        Command::new("cc")
            .args(["-O2", "-ffunction-sections", "-c", "-o"])
            .args([&object, &source]),
    )?;
    Ok(object)
}

/// Fails if the binary asks for a loader or a shared library.
fn needs_nothing(binary: &Path) -> Result<()> {
    let output = Command::new("readelf")
        .args(["--wide", "--program-headers", "--dynamic"])
        .arg(binary)
        .output()
        .context("readelf cannot be started")?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success() && !text.contains("INTERP") && !text.contains("(NEEDED)"),
        "{} is not static:\n{text}",
        binary.display()
    );
    Ok(())
}

/// Fails if glibc could load a module: the linker drops what replaces its function if nothing calls
/// it.
fn loads_nothing(binary: &Path) -> Result<()> {
    let symbols = output(Command::new("nm").arg(binary))?;
    let symbols = String::from_utf8_lossy(&symbols);
    ensure!(
        symbols.contains("__wrap___libc_dlopen_mode") || !symbols.contains("__libc_dlopen_mode"),
        "{} can load shared libraries",
        binary.display()
    );
    Ok(())
}

/// Fails on what lintian calls an error; prints its warnings.
fn lintian(package: &Path) -> Result<()> {
    run_tool(
        Command::new("lintian")
            .args(["--allow-root", "--fail-on", "error"])
            .arg(package),
    )
}

/// Runs a program; its failure is an error.
pub fn run_tool(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .with_context(|| format!("{name} cannot be started"))?;
    ensure!(status.success(), "{name} failed ({status})");
    Ok(())
}

/// Runs a program; what it writes to standard output.
pub fn output(command: &mut Command) -> Result<Vec<u8>> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("{name} cannot be started"))?;
    ensure!(output.status.success(), "{name} failed ({})", output.status);
    Ok(output.stdout)
}
