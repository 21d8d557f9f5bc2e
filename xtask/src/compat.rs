//! `cargo xtask compat`: Lanner against what was measured on Falco (`crates/lanner/tests/compat.rs`).

use std::process::Command;

use anyhow::{Context, Result, bail};

/// Compares, and shows up to `show` differences of each capture whose name contains `only`.
pub fn run(only: &str, show: &str) -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args(["test", "--release", "-p", "lanner", "--test", "compat"])
        .args(["--", "--nocapture", "--test-threads=1"])
        .env("LANNER_COMPAT_ONLY", only)
        .env("LANNER_COMPAT_SHOW", show)
        .current_dir(crate::root())
        .status()
        .context("cargo")?;
    if !status.success() {
        bail!("there are differences");
    }
    Ok(())
}
