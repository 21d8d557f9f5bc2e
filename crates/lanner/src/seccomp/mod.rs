//! `lanner seccomp`: the workbench for seccomp profiles. Each verb has a file; what all of them
//! take is in [`target`] (where a profile is applied), [`input`] (profiles from files, folders and
//! standard input) and [`report`] (how results are printed).

mod calls;
mod compile;
mod defaults;
mod diff;
mod disasm;
mod explain;
mod filter;
mod input;
mod learn;
mod lint;
mod live;
mod prove;
mod refusals;
pub(crate) mod report;
mod run;
mod sim;
mod stack;
mod target;
mod test;
pub(crate) mod trace;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};

/// Check, explain, compare, compile and try out seccomp profiles.
#[derive(Args, Debug)]
#[command(after_help = "\
Profiles are read as OCI, Docker and containers-common (JSON, with or without comments) and as
SeccompProfile resources of the security-profiles-operator (YAML); `-` is standard input.

Exit codes of all verbs: 0 fine; 1 faults, differences or refusals were found; 2 something cannot
be read or used, or the command line is wrong.")]
pub(crate) struct Seccomp {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Lint(lint::Lint),
    Explain(explain::Explain),
    Diff(diff::Diff),
    Prove(prove::Prove),
    Sim(sim::Sim),
    Test(test::Test),
    Compile(compile::Compile),
    Disasm(disasm::Disasm),
    Decompile(disasm::Decompile),
    Defaults(defaults::Defaults),
    Run(run::Run),
    Trace(trace::Trace),
    Learn(learn::Learn),
    Merge(learn::Merge),
}

/// The exit code if something cannot be read or used.
pub(crate) const CANNOT: u8 = 2;

/// What a verb found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing to complain of.
    Nothing,
    /// Faults, differences or refusals.
    Something,
    /// Something that could not be read or used, and was reported.
    Unusable,
}

/// Does what the command line asks for.
pub(crate) fn run(seccomp: &Seccomp) -> ExitCode {
    let outcome = match &seccomp.verb {
        Verb::Lint(lint) => lint::run(lint),
        Verb::Explain(explain) => explain::run(explain),
        Verb::Diff(diff) => diff::run(diff),
        Verb::Prove(prove) => prove::run(prove),
        Verb::Sim(sim) => sim::run(sim),
        Verb::Test(test) => test::run(test),
        Verb::Compile(compile) => compile::run(compile),
        Verb::Disasm(disasm) => disasm::run(disasm),
        Verb::Decompile(decompile) => disasm::run_decompile(decompile),
        Verb::Defaults(defaults) => defaults::run(defaults),
        Verb::Run(run) => return run::run(run),
        Verb::Trace(trace) => return trace::run(trace),
        Verb::Learn(learn) => learn::run(learn),
        Verb::Merge(merge) => learn::merge(merge),
    };
    exit_code(outcome)
}

fn exit_code(outcome: Result<Found>) -> ExitCode {
    match outcome {
        Ok(Found::Nothing) => ExitCode::SUCCESS,
        Ok(Found::Something) => ExitCode::FAILURE,
        Ok(Found::Unusable) => ExitCode::from(CANNOT),
        Err(error) => {
            complain(&error);
            ExitCode::from(CANNOT)
        }
    }
}

/// Tells what went wrong.
fn complain(error: &anyhow::Error) {
    let mut stderr = std::io::stderr();
    // Nobody is left to tell if stderr is closed.
    let _ = match error.downcast_ref::<input::Refused>() {
        Some(refused) => writeln!(stderr, "{refused}"),
        None => writeln!(stderr, "Error: {error:#}"),
    };
}
