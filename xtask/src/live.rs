//! The main job on a fresh machine: install what is missing, build, and monitor.

use std::fs::File;
use std::process::Command;

use anyhow::{Context, Result, ensure};

pub fn run(extra: &[&str]) -> Result<()> {
    crate::setup::run()?;
    let root = crate::root();
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--bin", "lanner"])
        .current_dir(&root)
        .status()
        .context("cargo build cannot be started")?;
    ensure!(status.success(), "cargo build failed");
    let log = root.join("monitor.log");
    let out = File::create(&log).with_context(|| format!("creating {}", log.display()))?;
    let mut args = vec!["-M", "45", "-r", "examples/monitor_rules.yml"];
    args.extend(extra);
    println!("lanner {} > monitor.log", args.join(" "));
    let status = Command::new(root.join("target/release/lanner"))
        .args(args)
        .current_dir(&root)
        .stdout(out)
        .status()
        .context("lanner cannot be started")?;
    ensure!(status.success(), "lanner failed");
    print!("{}", std::fs::read_to_string(&log)?);
    Ok(())
}
