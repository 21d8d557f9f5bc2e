//! The test command: format, lints, the checks of the tree, and every test.

use std::process::Command;

use anyhow::{Context, Result, ensure};

pub fn run() -> Result<()> {
    crate::setup::run()?;
    for args in [
        &["fmt", "--all", "--check"][..],
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ],
        &["xtask", "tidy"],
        &["test", "--workspace"],
    ] {
        println!("cargo {}", args.join(" "));
        let status = Command::new(env!("CARGO"))
            .args(args)
            .current_dir(crate::root())
            .status()
            .with_context(|| format!("cargo {} cannot be started", args.join(" ")))?;
        ensure!(status.success(), "cargo {} failed", args.join(" "));
    }
    Ok(())
}
