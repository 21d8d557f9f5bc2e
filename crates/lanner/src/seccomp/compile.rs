//! `lanner seccomp compile`: a profile as the classic BPF program that seccomp(2) takes.

use std::fmt::Write as _;
use std::fs;
use std::io::IsTerminal;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use lanner_seccomp::bpf::{self, Insn};
use lanner_seccomp::compile::{self, Options};
use serde_json::json;

use super::Found;
use super::input;
use super::report::{self, Format, FormatArgs};
use super::sim;
use super::target::TargetArgs;

/// Compile a profile to classic BPF.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lanner seccomp compile profile.json -o profile.bpf
  lanner seccomp compile --emit asm profile.json
  lanner seccomp compile --weights run.scap profile.json -o profile.bpf
  lanner seccomp compile --runtime docker --emit c default.json > filter.h

A raw program is an array of struct sock_filter in the byte order of the machine. With the runtime
runc (the default) it starts with the ENOSYS stub that runc puts first; --runtime crun leaves it
out.")]
pub(crate) struct Compile {
    /// The profile; `-` reads it from standard input.
    pub(crate) profile: PathBuf,

    /// Where to write to [default: standard output].
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// What to write.
    #[arg(long, value_enum, value_name = "FORM", default_value_t)]
    pub(crate) emit: Emit,

    /// Put the calls that this capture has most often nearer to the start, as far as no other
    /// call pays for it in the worst case.
    #[arg(long, value_name = "CAPTURE")]
    pub(crate) weights: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// What is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Emit {
    /// The program as the kernel takes it, eight bytes an instruction.
    #[default]
    Raw,
    /// A C array of struct sock_filter.
    C,
    /// Readable assembly.
    Asm,
}

/// Compiles, writes.
pub(crate) fn run(compile: &Compile) -> Result<Found> {
    let loaded = input::load(&compile.profile)?;
    let (target, _, policy) = loaded.apply(&compile.target)?;
    let options = match &compile.weights {
        Some(capture) => sim::weights(capture, &policy, compile.target.abi()?)?,
        None => Options::default(),
    };
    let program = compile::compile(&policy, &options)?;
    let bytes = match (compile.format.format, compile.emit) {
        (Format::Json, _) => {
            let insns: Vec<_> = program
                .iter()
                .map(|i| [u32::from(i.code), i.jt.into(), i.jf.into(), i.k])
                .collect();
            let value = json!({
                "machine": target.native.to_string(),
                "instructions": program.len(),
                "code": insns,
            });
            format!("{value}\n").into_bytes()
        }
        (_, Emit::Raw) => bpf::to_bytes(&program, target.native.big_endian()),
        (_, Emit::C) => c_array(&program).into_bytes(),
        (_, Emit::Asm) => super::disasm::assembly(&program).into_bytes(),
    };
    match &compile.output {
        Some(path) => fs::write(path, &bytes).with_context(|| path.display().to_string())?,
        None => {
            let raw = compile.format.format == Format::Text && compile.emit == Emit::Raw;
            if raw && std::io::stdout().is_terminal() {
                bail!("a raw program is nothing for a terminal: give -o FILE, or --emit asm");
            }
            report::write(&bytes)?;
        }
    }
    Ok(Found::Nothing)
}

fn c_array(program: &[Insn]) -> String {
    let mut out = format!(
        "#include <linux/filter.h>\n\nstatic const struct sock_filter filter[{}] = {{\n",
        program.len()
    );
    for Insn { code, jt, jf, k } in program {
        // Writing to a string does not fail.
        let _ = writeln!(out, "\t{{ {code:#06x}, {jt}, {jf}, {k:#010x} }},");
    }
    out + "};\n"
}
