//! `lanner pod supervise`: the process behind a pod. Not for people; `run` starts it.

use std::fs::OpenOptions;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};
use clap::Args;
use lanner_pod::home::{Home, PodHome};
use lanner_pod::supervisor;

use super::{Shared, recorder};

/// Run the containers of one pod until it is deleted.
#[derive(Args, Debug)]
pub(crate) struct Supervise {
    name: String,
}

pub(crate) fn run(shared: &Shared, supervise: &Supervise) -> Result<ExitCode> {
    let home = shared.home().pod(shared.namespace(), &supervise.name);
    let root = shared.home().root().to_owned();
    supervisor::supervise(&home, Box::new(move || recorder::open(&root)))
        .with_context(|| home.full_name())?;
    Ok(ExitCode::SUCCESS)
}

/// Starts the supervisor of a pod, detached from this process.
pub(crate) fn spawn(home: &Home, pod: &PodHome) -> Result<()> {
    let full = pod.full_name();
    let (namespace, name) = full.split_once('/').unwrap_or(("default", &full));
    let program = std::env::current_exe().context("this program")?;
    let log = pod.path.join("supervisor.log");
    let log = OpenOptions::new().create(true).append(true).open(&log);
    Command::new(program)
        .args(["pod", "--root"])
        .arg(home.root())
        .args(["-n", namespace, "supervise", name])
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log.context("supervisor.log")?)
        .spawn()
        .context("the supervisor")?;
    Ok(())
}
