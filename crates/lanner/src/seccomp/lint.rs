//! `lanner seccomp lint`: everything that is wrong with profiles.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use lanner_diag::{Diagnostic, Files, Severity, render};
use lanner_pod::{check, manifest};
use lanner_seccomp::document::MAX_TEXT;
use lanner_seccomp::lint::{self, Context};
use serde_json::json;

use super::Found;
use super::input;
use super::report::{self, Format, FormatArgs};
use super::target::TargetArgs;

/// Find what is wrong, dangerous or surprising in profiles, and in Pods that name one.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lanner seccomp lint profile.json
  lanner seccomp lint --runtime runc --no-new-privs fine-grained.json
  lanner seccomp lint --explain narrowed-argument
  lanner seccomp lint --runtime containerd --format json /var/lib/kubelet/seccomp
  lanner seccomp lint pod.yaml

Of a Pod what its manifest says about seccomp is checked; `lanner pod check` also checks the
profiles that it names.

Exit code: 0 without faults, 1 with errors (with --strict also with warnings), 2 if something
cannot be read.")]
pub(crate) struct Lint {
    /// Profiles and Pod manifests: files, folders (all .json, .yaml and .yml in them), `-` for standard input.
    #[arg(required_unless_present = "explain", value_name = "PROFILE")]
    pub(crate) paths: Vec<PathBuf>,

    /// The container has allowPrivilegeEscalation: false, so its runtime loads the filter last.
    #[arg(long)]
    pub(crate) no_new_privs: bool,

    /// Print what a code means; `all` lists them.
    #[arg(long, value_name = "CODE")]
    pub(crate) explain: Option<String>,

    /// Warnings count as errors.
    #[arg(long)]
    pub(crate) strict: bool,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// What was found in one file.
struct Checked {
    name: String,
    files: Files,
    faults: Vec<Diagnostic>,
    unreadable: bool,
}

/// Faults of a file that are shown: to find the place of each, the file is read to there.
const MAX_SHOWN: usize = 200;

/// How many faults of a file are not shown.
fn omitted(file: &Checked) -> usize {
    file.faults.len().saturating_sub(MAX_SHOWN)
}

/// Checks all, prints all.
pub(crate) fn run(lint: &Lint) -> Result<Found> {
    if let Some(code) = &lint.explain {
        return explain(code, lint.format.format);
    }
    let mut checked = Vec::new();
    for path in input::find(&lint.paths)? {
        checked.push(check_file(lint, &path)?);
    }
    let count = |severity| -> usize {
        let of = |c: &Checked| c.faults.iter().filter(|f| f.severity == severity).count();
        checked.iter().map(of).sum()
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    match lint.format.format {
        Format::Json => {
            let one = |c: &Checked| {
                let faults = c.faults.iter().take(MAX_SHOWN);
                let faults: Vec<_> = faults
                    .map(|f| report::diagnostic_json(f, &c.files))
                    .collect();
                json!({ "file": c.name, "diagnostics": faults, "omitted": omitted(c) })
            };
            let files: Vec<_> = checked.iter().map(one).collect();
            report::print_json(&json!({
                "files": files, "errors": errors, "warnings": warnings,
            }))?;
        }
        Format::Text => {
            let style = report::style(&std::io::stdout());
            let mut out = String::new();
            for file in &checked {
                for fault in file.faults.iter().take(MAX_SHOWN) {
                    out += &render(fault, &file.files, style);
                    out += "\n\n";
                }
                if omitted(file) > 0 {
                    out += &format!("{}: {} more are not shown\n\n", file.name, omitted(file));
                }
            }
            out += &format!(
                "{}: {}, {}\n",
                report::counted(checked.len(), "file"),
                report::counted(errors, "error"),
                report::counted(warnings, "warning")
            );
            report::print(&out)?;
        }
    }
    if checked.iter().any(|c| c.unreadable) {
        return Ok(Found::Unusable);
    }
    Ok(if errors > 0 || lint.strict && warnings > 0 {
        Found::Something
    } else {
        Found::Nothing
    })
}

/// What a code means, or all of them.
fn explain(code: &str, format: Format) -> Result<Found> {
    let all = || lint::CODES.iter().chain(&check::CODES);
    let chosen: Vec<_> = all().filter(|c| code == "all" || c.code == code).collect();
    if chosen.is_empty() {
        let near = lanner_diag::nearest(code, all().map(|c| c.code));
        let hint = near.map_or(String::new(), |n| format!(", did you mean {n}?"));
        bail!("{code} is no code of lint{hint}");
    }
    match format {
        Format::Json => {
            let codes: Vec<_> = chosen
                .iter()
                .map(|c| json!({ "code": c.code, "finds": c.finds, "means": c.means }))
                .collect();
            report::print_json(&json!({ "codes": codes }))?;
        }
        Format::Text => {
            let mut out = String::new();
            for c in chosen {
                out += &format!(
                    "{}: {}\n  {}\n",
                    c.code,
                    c.finds,
                    report::wrap(c.means.split(' '), 2, report::width())
                );
            }
            report::print(&out)?;
        }
    }
    Ok(Found::Nothing)
}

/// Whether a file is an object of Kubernetes that is no profile itself.
fn is_manifest(bytes: &[u8]) -> bool {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    // Profiles in JSON are not parsed twice.
    if !text.contains("apiVersion") {
        return false;
    }
    let documents = lanner_diag::yaml::parse(text).unwrap_or_default();
    let kind = |d: &lanner_diag::yaml::Node| Some(d.get("kind")?.as_str()? != "SeccompProfile");
    documents.first().and_then(kind) == Some(true)
}

fn check_file(lint: &Lint, path: &std::path::Path) -> Result<Checked> {
    let source = input::read(path, MAX_TEXT)?;
    let mut files = Files::new();
    if is_manifest(&source.bytes) {
        let read = manifest::read(&mut files, &source.name, &source.bytes);
        let mut faults = read.faults;
        faults.extend(read.objects.iter().flat_map(check::lint));
        return Ok(Checked {
            name: source.name,
            files,
            faults,
            unreadable: false,
        });
    }
    let (faults, unreadable) = match input::parse(&source, &mut files) {
        Ok((profile, mut faults)) => {
            let target = lint.target.target(Some(&profile))?;
            let context = Context {
                needs: lint.target.needs(),
                no_new_privs: lint.no_new_privs,
            };
            faults.extend(lint::lint(&profile, &target, &context));
            (faults, false)
        }
        Err(fault) => (vec![fault], true),
    };
    Ok(Checked {
        name: source.name,
        files,
        faults,
        unreadable,
    })
}
