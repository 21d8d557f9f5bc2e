//! `lanner seccomp disasm` and `decompile`: what is in a BPF program.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use lanner_seccomp::bpf::Insn;
use lanner_seccomp::compile::{self, Options};
use lanner_seccomp::document::MAX_TEXT;
use lanner_seccomp::policy::Policy;
use lanner_seccomp::profile::Profile;
use lanner_seccomp::symbolic::{Outcomes, Space};
use lanner_seccomp::{decompile, disasm, oci};
use serde_json::{Value, json};

use super::Found;
use super::diff;
use super::filter;
use super::input;
use super::live::LiveArgs;
use super::report::{self, Format, FormatArgs, Paint};
use super::target::TargetArgs;

/// Print a BPF program, or the one that a profile is compiled to, as assembly.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lanner seccomp disasm container.bpf
  lanner seccomp disasm --runtime crun profile.json
  lanner seccomp disasm --pid 4711

Behind each instruction stands what it means, and which instructions jump to it.

Exit code: 0, or 2 if the program cannot be read or the kernel would refuse it.")]
pub(crate) struct Disasm {
    /// A raw BPF program, or a profile; `-` reads it from standard input.
    #[arg(required_unless_present = "pid", conflicts_with = "pid")]
    pub(crate) program: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) live: LiveArgs,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// Prints assembly.
pub(crate) fn run(args: &Disasm) -> Result<Found> {
    let program = match &args.program {
        None => args.live.program()?.1,
        Some(path) => {
            let source = input::read(path, MAX_TEXT)?;
            if filter::is_program(&source) {
                filter::program(&source, &args.target)?
            } else {
                let (_, _, policy) = input::load_source(&source)?.apply(&args.target)?;
                compile::compile(&policy, &Options::default())?
            }
        }
    };
    match args.format.format {
        Format::Text => report::print(&assembly(&program))?,
        Format::Json => {
            let lines: Vec<Value> = disasm::listing(&program)
                .into_iter()
                .zip(&program)
                .map(|(line, insn)| {
                    json!({
                        "at": line.at,
                        "code": insn.code, "jt": insn.jt, "jf": insn.jf, "k": insn.k,
                        "text": line.text, "note": line.note, "from": line.from,
                    })
                })
                .collect();
            report::print_json(&json!({ "instructions": program.len(), "lines": lines }))?;
        }
    }
    Ok(Found::Nothing)
}

/// A program as assembly, a line each.
pub(crate) fn assembly(program: &[Insn]) -> String {
    let mut out = String::new();
    for line in disasm::listing(program) {
        let from = match line.from.as_slice() {
            [] => String::new(),
            [first, .., last] if line.from.len() > 4 => {
                format!("<- {first} .. {last} ({})", line.from.len())
            }
            few => {
                let list: Vec<String> = few.iter().map(usize::to_string).collect();
                format!("<- {}", list.join(" "))
            }
        };
        let text = format!(
            "{:5}  {:<34} {:<28} {from}",
            line.at,
            line.text,
            match line.note.as_str() {
                "" => String::new(),
                note => format!("; {note}"),
            }
        );
        // Writing to a string does not fail.
        let _ = writeln!(out, "{}", text.trim_end());
    }
    out
}

/// Turn a BPF program back into a profile.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lanner seccomp decompile container.bpf > profile.json
  lanner seccomp decompile --arch arm64 container.bpf
  lanner seccomp decompile --pid 4711 > what-it-has.json

The profile is compared with the program over every call there is; what a profile cannot say is
printed on stderr. A program that runc loaded begins with a stub that answers ENOSYS for numbers
above the highest named; the profile leaves that to runc.

Exit code: 0 if the profile does the same, 1 if it comes near, 2 if there is none.")]
pub(crate) struct Decompile {
    /// A raw BPF program; `-` reads it from standard input.
    #[arg(required_unless_present = "pid", conflicts_with = "pid")]
    pub(crate) program: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) live: LiveArgs,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// Prints a profile.
pub(crate) fn run_decompile(args: &Decompile) -> Result<Found> {
    let (name, program) = match &args.program {
        None => args.live.program()?,
        Some(path) => {
            let source = input::read(path, MAX_TEXT)?;
            let program = filter::program(&source, &args.target)?;
            (source.name, program)
        }
    };
    decompile_program(
        &program,
        &name,
        args.target.native().ok(),
        args.format.format,
    )
}

/// Prints the profile of a program that the kernel takes.
pub(crate) fn decompile_program(
    program: &[Insn],
    name: &str,
    native: Option<lanner_seccomp::Arch>,
    format: Format,
) -> Result<Found> {
    let mut space = Space::new();
    let function = filter::function(&mut space, program).with_context(|| name.to_owned())?;
    let spec =
        decompile::decompile(&mut space, function, native).with_context(|| name.to_owned())?;
    let mut verdicts = Outcomes::new();
    let policy = space.policy(&Policy::new(&spec), &mut verdicts)?;
    let again = space.returns(policy, &verdicts);
    let changed = diff::compare(&mut space, function, again)?;
    let same = function == again;
    let text = oci::write(&Profile::from_spec(&spec));
    match format {
        Format::Text => report::print(&text)?,
        Format::Json => {
            let profile: Value = serde_json::from_str(&text).context("the profile as JSON")?;
            report::print_json(&json!({
                "profile": profile,
                "same": same,
                "stub": spec.stub,
                "differences": changed.iter().map(diff::changed_json).collect::<Vec<_>>(),
            }))?;
        }
    }
    if !same {
        let paint = Paint::plain();
        let mut notes = format!("note: {name}: no profile says all of it; with this one\n");
        if changed.is_empty() {
            notes += "  architectures that are not listed are treated otherwise\n";
        }
        notes += &diff::changes(&changed, paint, 100);
        report::note(&notes);
        return Ok(Found::Something);
    }
    Ok(Found::Nothing)
}
