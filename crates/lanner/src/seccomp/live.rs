//! The filters of running processes, where other verbs take a program.

use anyhow::{Result, bail};
use clap::Args;
use lanner_seccomp::bpf::Insn;
use lanner_seccomp::live;

use super::report;

/// A process in place of a file.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct LiveArgs {
    /// Take the filter that this process (or thread) runs under. Stops it for a moment, and needs
    /// CAP_SYS_ADMIN.
    #[arg(long, value_name = "PID")]
    pub(crate) pid: Option<i32>,

    /// Which of its filters, where there are several: 1 is the first that was loaded [default: the
    /// last].
    #[arg(long, value_name = "NUMBER", requires = "pid")]
    pub(crate) filter: Option<usize>,
}

impl LiveArgs {
    /// The program, and a name for it.
    ///
    /// # Errors
    /// The process has none, or it cannot be read.
    pub(crate) fn program(&self) -> Result<(String, Vec<Insn>)> {
        let pid = self.pid.unwrap_or_default();
        let mut filters = live::filters(pid)?;
        let all = filters.len();
        if all == 0 {
            bail!("process {pid} has no seccomp filter");
        }
        let number = self.filter.unwrap_or(all);
        if number == 0 || number > all {
            bail!("process {pid} has filters 1 to {all}, there is no {number}");
        }
        if all > 1 && self.filter.is_none() {
            report::note(&format!(
                "note: process {pid} has {all} filters, of which the strictest decides each call; \
                 this is the last, --filter takes another\n"
            ));
        }
        let program = filters.swap_remove(number - 1).program;
        Ok((format!("filter {number} of process {pid}"), program))
    }
}
