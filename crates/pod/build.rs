//! Builds the shim: a static program without a standard library, which the crate embeds.

use std::path::PathBuf;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=shim");
    let var = |name: &str| std::env::var_os(name).expect("cargo sets it");
    let out = PathBuf::from(var("OUT_DIR")).join("shim");
    let status = Command::new(var("RUSTC"))
        .args([
            "--edition",
            "2024",
            "--crate-type",
            "bin",
            "--crate-name",
            "lanner_shim",
        ])
        .arg("--target")
        .arg(var("TARGET"))
        .args([
            "-C",
            "opt-level=s",
            "-C",
            "panic=abort",
            "-C",
            "strip=symbols",
        ])
        .args(["-C", "relocation-model=static", "-C", "link-arg=-nostdlib"])
        .args(["-C", "link-arg=-nostartfiles", "-C", "link-arg=-static"])
        .args(["-C", "link-arg=-Wl,--build-id=none,-z,noseparate-code"])
        .arg("-o")
        .arg(&out)
        .arg("shim/shim.rs")
        .status()
        .expect("rustc starts");
    assert!(status.success(), "the shim was not built");
}
