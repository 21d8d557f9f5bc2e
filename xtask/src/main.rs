//! `cargo xtask`: what the project needs done besides building and testing.
//!
//! * `live [FLAGS]`: sets up, builds, and monitors with `examples/monitor_rules.yml`.
//! * `setup`: installs what a Debian 12 machine with Rust lacks.
//! * `bpf [--check]`: builds the probe from `bpf/` with the pinned clang.
//! * `codegen [--check]`: turns `crates/event/schema` into Rust tables and a C header.
//! * `compat [NAME [COUNT]]`: compares with what Falco was seen to do on captures (those with NAME
//!   in their names), and shows COUNT differences of each.
//! * `dist [--check]`: the static binary and the Debian package, in `target/dist`; `--check`
//!   installs, upgrades and removes the package in a clean Debian tree.
//! * `http-echo FILE`: an archive of the stand-in for the image `hashicorp/http-echo:1.0` that the
//!   tests use, for machines without a network.
//! * `fuzz TARGET [SECONDS]`: looks for inputs that break something (`fuzz/`).
//! * `fuzz --minimise TARGET`: keeps of what was found the inputs that add coverage.
//! * `manifests`: checks what is in `deploy/` with Helm's engine, kubectl and Kubernetes' schema.
//! * `tidy`: the checks of the tree that no compiler makes.
//! * `vm [GUEST…]`: tries package, service and probe on other kernels, in guests of QEMU.
//! * `test`: format, lints, `tidy` and every test.

mod bpf;
mod check;
mod codegen;
mod compat;
mod deb;
mod debian;
mod dist;
#[path = "../../crates/lanner/tests/echo/mod.rs"]
mod echo;
mod fuzz;
mod live;
mod manifests;
mod setup;
mod tidy;
mod vm;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        ["live", extra @ ..] => live::run(extra),
        ["setup"] => setup::run(),
        ["bpf"] => bpf::run(false),
        ["bpf", "--check"] => bpf::run(true),
        ["codegen"] => codegen::run(false),
        ["codegen", "--check"] => codegen::run(true),
        ["compat"] => compat::run("", "3"),
        ["compat", only] => compat::run(only, "10"),
        ["compat", only, show] => compat::run(only, show),
        ["dist"] => dist::run(false),
        ["dist", "--check"] => dist::run(true),
        ["http-echo", file] => http_echo(Path::new(file)),
        ["fuzz", "--minimise", target] => fuzz::minimise(target),
        ["fuzz", target] => fuzz::run(target, None),
        ["fuzz", target, seconds] => fuzz::run(target, Some(seconds)),
        ["manifests"] => manifests::run(),
        ["tidy"] => tidy::run(),
        ["vm", guests @ ..] => vm::run(guests),
        ["test"] => check::run(),
        _ => bail!(
            "expected one of: live, setup, bpf [--check], codegen [--check], \
             compat [NAME [COUNT]], dist [--check], fuzz [--minimise] TARGET [SECONDS], \
             http-echo FILE, manifests, tidy, vm [GUEST…], test"
        ),
    }
}

/// The root of the checkout.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
        .to_owned()
}

fn http_echo(file: &Path) -> Result<()> {
    let folder = root().join("target/http-echo");
    std::fs::create_dir_all(&folder)?;
    let archive = echo::build(&folder).map_err(anyhow::Error::msg)?;
    std::fs::copy(archive, file)?;
    println!(
        "{} is {}: not the real one, see docs/pods.md",
        file.display(),
        echo::IMAGE
    );
    Ok(())
}
