//! Lanner: behavioural monitoring for Linux. The command line, the configuration and everything
//! that talks to people; the work is done in the other crates, all of which it may use.
#![forbid(unsafe_code)]

mod cli;
mod config;
mod info;
mod legacy;
mod list_events;
mod list_fields;
mod log;
mod signals;
mod version;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Result, bail};

use crate::cli::{Flags, Invocation};
use crate::config::Config;
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

/// Does what the command line asks for, in Falco's order: what only prints comes first.
fn run(invocation: &Invocation) -> Result<()> {
    let flags = &invocation.flags;
    let log = Arc::new(Log::new());
    let legacy = flags.legacy.translate();
    if let Some(text) = info::without_config(flags, legacy.list_events) {
        warn(&log, &legacy.warnings);
        return print(&text);
    }
    let config = configure(invocation, &legacy.options)?;
    log.configure(config.log);
    warn(&log, &legacy.warnings);
    if let Some(text) = info::with_config(flags, &config)? {
        return print(&text);
    }
    warn(&log, &config.warnings);
    info::check_sources(flags)?;
    bail!("monitoring is not there yet")
}

/// Reads the configuration; flags that stand for keys come after `-o`, so they win.
fn configure(invocation: &Invocation, legacy: &[String]) -> Result<Config> {
    let flags = &invocation.flags;
    let mut options = legacy.to_vec();
    options.extend_from_slice(&flags.options);
    if let Some(file) = &invocation.replay {
        options.push("engine.kind=replay".to_owned());
        options.push(format!("engine.replay.capture_file={}", file.display()));
    }
    if flags.unbuffered {
        options.push("buffered_outputs=false".to_owned());
    }
    config::load(&config::Request {
        path: flags.config.as_deref(),
        options: &options,
    })
}

fn warn(log: &Log, messages: &[String]) {
    messages.iter().for_each(|m| log.warn(m));
}

fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}
