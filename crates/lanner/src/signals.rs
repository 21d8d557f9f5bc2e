//! Signals: what a running monitor is asked from outside.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};
use signal_hook::flag;

/// What was asked for and not yet done.
#[derive(Clone, Default)]
pub(crate) struct Signals {
    end: Arc<AtomicBool>,
    reopen: Arc<AtomicBool>,
}

impl Signals {
    /// Takes over SIGINT and SIGTERM (end) and SIGUSR1 (reopen the outputs). A second SIGINT or
    /// SIGTERM ends the process at once.
    pub(crate) fn install() -> io::Result<Signals> {
        let signals = Signals::default();
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 1, Arc::clone(&signals.end))?;
            flag::register(signal, Arc::clone(&signals.end))?;
        }
        flag::register(SIGUSR1, Arc::clone(&signals.reopen))?;
        Ok(signals)
    }

    /// Whether the end was asked for.
    pub(crate) fn end(&self) -> bool {
        self.end.load(Ordering::Relaxed)
    }

    /// Whether the outputs are to be reopened; asked for once, true once.
    pub(crate) fn take_reopen(&self) -> bool {
        self.reopen.load(Ordering::Relaxed) && self.reopen.swap(false, Ordering::Relaxed)
    }
}
