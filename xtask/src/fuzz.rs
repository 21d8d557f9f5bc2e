//! Runs a libFuzzer target of `fuzz/`. The coverage that it needs is the compiler's own, so the
//! stable toolchain does.
//!
//! `fuzz/corpus/TARGET` holds the inputs that are worth keeping. What a run finds besides goes to
//! `fuzz/target/corpus/TARGET`; `minimise` takes over what adds coverage. An input that breaks
//! something is written to `fuzz/target/findings`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

const TARGETS: [&str; 8] = [
    "capture",
    "event",
    "profile",
    "compile",
    "bpf",
    "decompile",
    "rules",
    "condition",
];

/// Seconds of a run that says none.
const SECONDS: &str = "600";

/// Seconds after which an input counts as a hang, and MiB beyond which it counts as greedy.
const LIMITS: [&str; 2] = ["-timeout=10", "-rss_limit_mb=1024"];

/// Fuzzes a target for so many seconds.
pub fn run(target: &str, seconds: Option<&str>) -> Result<()> {
    let dir = crate::root().join("fuzz");
    build(&dir, target)?;
    let found = dir.join("target/corpus").join(target);
    let findings = dir.join("target/findings");
    fs::create_dir_all(&found)?;
    fs::create_dir_all(&findings)?;
    let mut args = vec![
        format!("-max_total_time={}", seconds.unwrap_or(SECONDS)),
        "-print_final_stats=1".into(),
        "-max_len=4096".into(),
        format!("-artifact_prefix={}/{target}-", findings.display()),
    ];
    args.extend(LIMITS.map(Into::into));
    let words = dir.join("dictionaries").join(format!("{target}.dict"));
    if words.exists() {
        args.push(format!("-dict={}", words.display()));
    }
    let seeds = dir.join("target/seeds").join(target);
    fs::create_dir_all(&seeds)?;
    let kept = dir.join("corpus").join(target);
    for inputs in [found, kept, seeds].iter().filter(|d| d.exists()) {
        args.push(inputs.display().to_string());
    }
    start(&dir, target, &args)
}

/// Takes over into the corpus what adds coverage, smallest first.
pub fn minimise(target: &str) -> Result<()> {
    let dir = crate::root().join("fuzz");
    build(&dir, target)?;
    let kept = dir.join("corpus").join(target);
    let merged = dir.join("target/merged").join(target);
    let _ = fs::remove_dir_all(&merged);
    fs::create_dir_all(&merged)?;
    let mut args = vec![
        "-set_cover_merge=1".into(),
        "-max_len=1024".into(),
        merged.display().to_string(),
        kept.display().to_string(),
        dir.join("target/corpus").join(target).display().to_string(),
    ];
    args.retain(|a: &String| a.starts_with('-') || Path::new(a).exists());
    args.extend(LIMITS.map(Into::into));
    start(&dir, target, &args)?;
    let _ = fs::remove_dir_all(&kept);
    fs::create_dir_all(kept.parent().unwrap_or(&dir))?;
    fs::rename(&merged, &kept).with_context(|| format!("writing {}", kept.display()))
}

fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output();
    let text = String::from_utf8(output.context("rustc cannot be started")?.stdout)?;
    let host = text.lines().find_map(|l| l.strip_prefix("host: "));
    Ok(host
        .context("rustc does not say what it is for")?
        .to_owned())
}

fn build(dir: &Path, target: &str) -> Result<()> {
    ensure!(
        TARGETS.contains(&target),
        "there is no target `{target}`; there are {}",
        TARGETS.join(", ")
    );
    let flags = [
        "-Cpasses=sancov-module",
        "-Cllvm-args=-sanitizer-coverage-level=4",
        "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
        "-Cllvm-args=-sanitizer-coverage-pc-table",
        "-Cllvm-args=-sanitizer-coverage-trace-compares",
    ];
    let status = Command::new(env!("CARGO"))
        // With a target, build scripts and macros are built without these flags.
        .args(["build", "--release", "--target", &host()?])
        .args(["--bin", target])
        .env("RUSTFLAGS", flags.join(" "))
        .current_dir(dir)
        .status()
        .context("cargo cannot be started")?;
    ensure!(status.success(), "the target does not build");
    Ok(())
}

fn start(dir: &Path, target: &str, args: &[String]) -> Result<()> {
    let path = dir
        .join("target")
        .join(host()?)
        .join("release")
        .join(target);
    let status = Command::new(&path)
        .args(args)
        // Where the target puts its first inputs.
        .env("LANNER_FUZZ_SEEDS", dir.join("target/seeds").join(target))
        .current_dir(dir)
        .status()
        .with_context(|| format!("{} cannot be started", path.display()))?;
    if !status.success() {
        bail!("{target} ended with {status}; what broke it is in fuzz/target/findings");
    }
    Ok(())
}
