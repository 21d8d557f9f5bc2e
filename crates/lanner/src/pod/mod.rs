//! `lanner pod`: Pods on this machine under their seccomp profiles. Each verb has a file, with
//! `kubectl`'s columns, words and exit codes; what they share is here.

mod apply;
mod check;
mod delete;
mod describe;
mod exec;
mod forward;
mod get;
mod image;
mod logs;
mod reconcile;
mod recorder;
mod supervise;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, anyhow};
use clap::{Args, Subcommand};
use lanner_pod::home::{Home, Options, PodHome, ROOT, Record};
use lanner_pod::profile::{As, SECCOMP_ROOT};

use crate::seccomp::report::print;

/// Run Pod manifests on this machine under their seccomp profiles.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lanner pod run -f pod.yaml
  lanner pod get -w
  lanner pod describe violation-pod
  lanner pod logs --syscalls audit-pod
  lanner pod check -f pod.yaml

It needs root and runc, and no cluster. Exit codes: 0 done; 1 not, with the reason on stderr.")]
pub(crate) struct PodArgs {
    #[command(flatten)]
    shared: Shared,
    #[command(subcommand)]
    verb: Verb,
}

/// What all verbs take.
#[derive(Args, Clone, Debug)]
pub(crate) struct Shared {
    /// Where pods and images are kept.
    #[arg(long, global = true, value_name = "FOLDER", default_value = ROOT)]
    pub(crate) root: PathBuf,

    /// The namespace [default: that of the manifest, else `default`].
    #[arg(short = 'n', long, global = true, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
}

/// What on a node the kubelet and its runtime settle.
#[derive(Args, Clone, Debug)]
pub(crate) struct NodeArgs {
    /// Where Localhost profiles are, as under the kubelet's folder.
    #[arg(long, value_name = "FOLDER", default_value = SECCOMP_ROOT)]
    pub(crate) seccomp_root: PathBuf,

    /// Pods that set no profile get RuntimeDefault, as with the kubelet's seccompDefault.
    #[arg(long)]
    pub(crate) seccomp_default: bool,

    /// As which runtime to answer: containerd (with runc 1.5), runc, runc-1.1, crun; or lanner,
    /// which starts whatever can be started here.
    #[arg(long = "as", value_name = "RUNTIME", default_value = "containerd", value_parser = runtime)]
    pub(crate) runtime: As,
}

fn runtime(name: &str) -> Result<As, String> {
    As::from_name(name)
        .ok_or_else(|| "known are containerd, runc, runc-1.1, crun and lanner".to_owned())
}

impl NodeArgs {
    fn options(&self) -> Options {
        let root = &self.seccomp_root;
        Options {
            runtime: self.runtime,
            seccomp_root: std::path::absolute(root).unwrap_or_else(|_| root.clone()),
            seccomp_default: self.seccomp_default,
        }
    }
}

impl Shared {
    fn home(&self) -> Home {
        Home::new(&self.root)
    }

    fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or("default")
    }

    /// The pod of this name (`web` or `pod/web`).
    fn pod(&self, name: &str) -> Result<(PodHome, Record)> {
        let name = bare(name);
        let missing = || anyhow!("Error from server (NotFound): pods \"{name}\" not found");
        if name.contains(['/', '_']) {
            return Err(missing());
        }
        let home = self.home().pod(self.namespace(), name);
        let record = home.read()?.ok_or_else(missing)?;
        Ok((home, record))
    }
}

/// A name without `pod/` before it.
fn bare(name: &str) -> &str {
    let kinds = ["pod/", "pods/", "po/"];
    kinds
        .iter()
        .find_map(|k| name.strip_prefix(k))
        .unwrap_or(name)
}

#[derive(Debug, Subcommand)]
enum Verb {
    Run(apply::Run),
    Apply(apply::Apply),
    Check(check::Check),
    Get(get::Get),
    Describe(describe::Describe),
    Logs(logs::Logs),
    Exec(exec::Exec),
    PortForward(forward::PortForward),
    Delete(delete::Delete),
    Image(image::ImageArgs),
    #[command(hide = true)]
    Supervise(supervise::Supervise),
}

/// Does what the command line asks for.
pub(crate) fn run(pod: &PodArgs) -> ExitCode {
    let shared = &pod.shared;
    let needs_root = !matches!(pod.verb, Verb::Check(_));
    let outcome = if needs_root && !rustix::process::geteuid().is_root() {
        Err(anyhow!(
            "error: `lanner pod` makes containers, which needs root; only `lanner pod check` does not"
        ))
    } else {
        match &pod.verb {
            Verb::Run(run) => apply::run(shared, run),
            Verb::Apply(apply) => apply::apply(shared, apply),
            Verb::Check(check) => check::run(shared, check),
            Verb::Get(get) => get::run(shared, get),
            Verb::Describe(describe) => describe::run(shared, describe),
            Verb::Logs(logs) => logs::run(shared, logs),
            Verb::Exec(exec) => exec::run(shared, exec),
            Verb::PortForward(forward) => forward::run(shared, forward),
            Verb::Delete(delete) => delete::run(shared, delete),
            Verb::Image(image) => image::run(shared, image),
            Verb::Supervise(supervise) => supervise::run(shared, supervise),
        }
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            // Nobody is left to tell if stderr is closed.
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Lines of cells as `kubectl` prints a table: columns three blanks apart.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |i: usize| {
        rows.iter()
            .filter_map(|r| r.get(i))
            .map(|c| c.chars().count())
            .max()
    };
    let widths: Vec<usize> = (0..columns).map(|i| widest(i).unwrap_or(0) + 3).collect();
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths);
        let line: String = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_kubectls() {
        let rows = [
            vec!["NAME".to_owned(), "AGE".to_owned()],
            vec!["audit-pod".to_owned(), "5s".to_owned()],
        ];
        assert_eq!(table(&rows), "NAME        AGE\naudit-pod   5s\n");
    }
}
