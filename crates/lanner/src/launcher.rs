//! The process that starts the programs of `program_output`, because the monitor gives up the right
//! to. It is this binary under another name, with the command line of the monitor behind it; it
//! reads the configuration itself to know which program a reload may have it start, so that
//! whoever gets hold of the monitor cannot name another.

use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use lanner_output::Programs;
use lanner_output::launcher::{self, Launcher};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::cli::Invocation;
use crate::config::Config;
use crate::prepare;

/// The name of the process. The kernel keeps fifteen bytes of it (`TASK_COMM_LEN`).
pub(crate) const NAME: &str = "lanner-launcher";

/// Who starts the programs of a monitor that will confine itself.
pub(crate) fn start(config: &Config) -> Programs {
    let Some(command) = config.program() else {
        return Programs::Nobody(
            "program_output was off when the monitor confined itself; to switch it on, restart"
                .to_owned(),
        );
    };
    match spawn(command) {
        Ok(launcher) => Programs::Launcher(Arc::new(launcher)),
        Err(error) => Programs::Nobody(format!("{error:#}")),
    }
}

fn spawn(command: &str) -> Result<Launcher> {
    let (launcher, theirs) = launcher::pair().context("a pair of sockets")?;
    Command::new("/proc/self/exe")
        .arg0(NAME)
        .args(std::env::args_os())
        .stdin(theirs)
        .spawn()
        .context("the process that starts programs cannot be started")?;
    launcher.permit(command)?;
    Ok(launcher)
}

/// Is that process, until the monitor is gone.
pub(crate) fn serve(invocation: &Invocation) -> Result<()> {
    // Only how it is listed depends on it.
    let _ = rustix::thread::set_name(c"lanner-launcher");
    // What ends the monitor, and a whole service, ends this with the monitor: the last alerts may
    // need a program. Handlers, unlike ignored signals, do not pass on to programs.
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))?;
    }
    let socket: OwnedFd = rustix::io::dup(rustix::stdio::stdin()).context("standard input")?;
    let permit = |command: &str| {
        let config = prepare::configure(invocation).map_err(|e| format!("{e:#}"))?;
        match config.program() == Some(command) {
            true => Ok(()),
            false => Err("program_output.program was changed again meanwhile".to_owned()),
        }
    };
    launcher::serve(&socket, permit).context("the monitor cannot be listened to")
}
