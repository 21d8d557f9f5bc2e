//! `lanner pod exec`: one more program in a container, under the container's own profile.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use lanner_pod::supervisor::exec;

use super::{Shared, logs, reconcile};

/// Run a program in a container, under its profile, and return its exit code.
#[derive(Args, Debug)]
pub(crate) struct Exec {
    /// The pod.
    pod: String,

    /// The container, if it is not the only one.
    #[arg(short = 'c', long, value_name = "CONTAINER")]
    container: Option<String>,

    /// Pass on standard input.
    #[arg(short = 'i', long)]
    stdin: bool,

    /// With a terminal.
    #[arg(short = 't', long)]
    tty: bool,

    /// The program and its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

pub(crate) fn run(shared: &Shared, args: &Exec) -> Result<ExitCode> {
    reconcile::run(&shared.home())?;
    let (home, record) = shared.pod(&args.pod)?;
    let slot = logs::choose(&record, args.container.as_ref())?;
    let status = record.machine.container(slot);
    if !status.is_running() {
        bail!(
            "error: Internal error occurred: unable to upgrade connection: container not found (\"{}\")",
            status.name
        );
    }
    let asked = exec::Request {
        command: args.command.clone(),
        stdin: args.stdin,
        terminal: args.tty,
    };
    let code = exec::run(&home, &record, slot, &asked)?;
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}
