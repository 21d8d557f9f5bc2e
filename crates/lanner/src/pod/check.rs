//! `lanner pod check`: what a manifest would do, without running anything.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use lanner_pod::check::{self, Finding, Level};
use lanner_pod::manifest::Object;

use super::apply::FileArgs;
use super::{NodeArgs, Shared, print};

/// Check manifests without running them: which profile applies, whether it lets a runtime start
/// the container, and the Pod Security Standards.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit code: 0 if every pod would start, 1 if not or if a manifest is invalid."
)]
pub(crate) struct Check {
    #[command(flatten)]
    files: FileArgs,
    #[command(flatten)]
    node: NodeArgs,
}

pub(crate) fn run(shared: &Shared, args: &Check) -> Result<ExitCode> {
    let manifests = args.files.read(shared.namespace.as_deref())?;
    let mut failed = manifests.broken;
    for read in &manifests.objects {
        let Object::Pod(pod) = &read.object else {
            continue;
        };
        let report = check::check(pod, &args.node.options());
        failed |= !report.starts();
        let mut text = format!("pod/{}\n", pod.metadata.name);
        for container in &report.containers {
            let at = manifests.files.line_column(read.place(&container.path));
            let place = format!("{}:{}", manifests.files.name(read.span.file), at.line);
            text.push_str(&format!("  {} ({place})\n", container.name));
            for Finding { level, text: line } in &container.findings {
                let mark = match level {
                    Level::Fine => "ok",
                    Level::Warning => "warning",
                    Level::Error => "error",
                };
                let mut lines = line.lines();
                let first = lines.next().unwrap_or_default();
                // A fault of a profile says itself how bad it is.
                let first = first.strip_prefix("warning").unwrap_or(first);
                text.push_str(&format!("    {mark:<8}{first}\n"));
                for line in lines {
                    text.push_str(&format!("            {line}\n"));
                }
            }
        }
        text.push_str("  Pod Security Standards\n");
        for (name, faults) in [
            ("baseline", &report.baseline),
            ("restricted", &report.restricted),
        ] {
            match faults.as_slice() {
                [] => text.push_str(&format!("    ok      {name}: allowed\n")),
                faults => {
                    text.push_str(&format!("    no      {name}: {}\n", faults.join("; ")));
                }
            }
        }
        print(&text)?;
    }
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
