//! Lanner: behavioural monitoring for Linux. The command line, the configuration and everything
//! that talks to people; the work is done in the other crates, all of which it may use.
#![forbid(unsafe_code)]

mod cli;
mod config;
mod legacy;
mod list_events;
mod log;
mod version;

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Result, bail};
use lanner_engine::selection;

use crate::cli::{Flags, Invocation};
use crate::log::Log;

fn main() -> ExitCode {
    let invocation = match cli::parse(std::env::args_os()) {
        Ok(invocation) => invocation,
        Err(error) => {
            let code = u8::from(error.use_stderr());
            // Nobody is left to tell if the terminal is gone.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match run(&invocation) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(invocation: &Invocation) -> Result<()> {
    let log = Log::new();
    let legacy = invocation.flags.legacy.translate();
    for warning in &legacy.warnings {
        log.warn(warning);
    }
    if let Some(text) = listing(&invocation.flags, legacy.list_events) {
        return print(&text);
    }
    bail!("monitoring is not there yet")
}

/// What flags that need no configuration print.
fn listing(flags: &Flags, list_events: bool) -> Option<String> {
    if flags.ignored {
        let names = selection::ignored().names();
        let lines: String = names.iter().map(|n| format!("- {n}\n")).collect();
        return Some(format!("Ignored syscall(s):\n{lines}\n"));
    }
    if flags.list_events || list_events {
        return Some(list_events::render(flags.list_format()));
    }
    if flags.version {
        return Some(version::text());
    }
    None
}

fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}
