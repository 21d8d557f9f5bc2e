//! `lanner pod delete`.

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use lanner_pod::home::PodHome;
use lanner_pod::manifest::Object;
use lanner_pod::supervisor::delete_unsupervised;
use rustix::process::Signal;

use super::{Shared, bare, print};

/// End pods and take away all that there is of them.
#[derive(Args, Debug)]
pub(crate) struct Delete {
    /// The pods.
    #[arg(value_name = "NAME", required_unless_present_any = ["all", "files"])]
    names: Vec<String>,

    /// Those of these manifests.
    #[arg(short = 'f', long = "filename", value_name = "FILE")]
    files: Vec<std::path::PathBuf>,

    /// All of the namespace.
    #[arg(long)]
    all: bool,

    /// Seconds to end in by themselves [default: the pod's terminationGracePeriodSeconds].
    #[arg(long, value_name = "SECONDS")]
    grace_period: Option<u32>,

    /// Kill at once.
    #[arg(long)]
    now: bool,

    /// Pods that are not there are no error.
    #[arg(long)]
    ignore_not_found: bool,
}

pub(crate) fn run(shared: &Shared, delete: &Delete) -> Result<ExitCode> {
    let mut pods: Vec<PodHome> = Vec::new();
    if delete.all {
        for pod in shared.home().pods()? {
            let full = pod.full_name();
            if full.split('/').next() == Some(shared.namespace()) {
                pods.push(pod);
            }
        }
        if pods.is_empty() {
            print("No resources found\n")?;
        }
    }
    let mut names: Vec<(String, String)> = Vec::new();
    for name in &delete.names {
        names.push((shared.namespace().to_owned(), bare(name).to_owned()));
    }
    if !delete.files.is_empty() {
        let files = super::apply::FileArgs {
            files: delete.files.clone(),
            recursive: false,
        };
        for read in files.read(shared.namespace.as_deref())?.objects {
            if let Object::Pod(pod) = read.object {
                names.push((pod.metadata.namespace.clone(), pod.metadata.name.clone()));
            }
        }
    }
    let mut failed = false;
    for (namespace, name) in names {
        let pod = shared.home().pod(&namespace, &name);
        let there = !name.contains(['/', '_']) && pod.path.is_dir();
        if there {
            pods.push(pod);
        } else if !delete.ignore_not_found {
            failed = true;
            // Nobody is left to tell if stderr is closed.
            let _ = writeln!(
                std::io::stderr(),
                "Error from server (NotFound): pods \"{name}\" not found"
            );
        }
    }
    let grace = if delete.now {
        Some(1)
    } else {
        delete.grace_period
    };
    for pod in &pods {
        request(pod, grace)?;
    }
    for pod in &pods {
        wait(pod)?;
        let full = pod.full_name();
        let (namespace, name) = full.split_once('/').unwrap_or(("default", &full));
        print(&format!(
            "pod \"{name}\" deleted from {namespace} namespace\n"
        ))?;
    }
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Asks the supervisor of a pod to end it.
fn request(pod: &PodHome, grace: Option<u32>) -> Result<()> {
    let path = pod.delete_request();
    let text = grace.map(|g| g.to_string()).unwrap_or_default();
    std::fs::write(&path, text).with_context(|| path.display().to_string())?;
    nudge(pod)
}

fn nudge(pod: &PodHome) -> Result<()> {
    if let Some(supervisor) = pod.read()?.and_then(|r| r.supervisor) {
        // It may be gone: then the pod is ended from here.
        let _ = supervisor.signal(Signal::USR1);
    }
    Ok(())
}

/// Until a pod is gone; ends it from here where nobody else does.
fn wait(pod: &PodHome) -> Result<()> {
    const LOOK: Duration = Duration::from_millis(20);
    // Beyond the longest grace: half an hour in which a supervisor says nothing.
    const PATIENCE: Duration = Duration::from_secs(1800);
    let start = Instant::now();
    let supervisor = pod.read()?.and_then(|r| r.supervisor);
    let lives = || supervisor.is_some_and(|s| s.is_alive());
    while pod.path.is_dir() || lives() {
        if delete_unsupervised(pod)? {
            return Ok(());
        }
        if start.elapsed() > PATIENCE {
            bail!(
                "pod {} does not end: see {}/supervisor.log",
                pod.full_name(),
                pod.path.display()
            );
        }
        std::thread::sleep(LOOK);
        // It may have begun to listen only now.
        nudge(pod).ok();
    }
    Ok(())
}
