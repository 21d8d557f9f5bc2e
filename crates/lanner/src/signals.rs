//! Signals: what a running monitor is asked from outside.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::flag;

/// What was asked for and not yet done.
#[derive(Clone, Default)]
pub(crate) struct Signals {
    end: Arc<AtomicBool>,
    reopen: Arc<AtomicBool>,
    hangup: Arc<AtomicBool>,
}

impl Signals {
    /// Takes over SIGINT and SIGTERM (end), SIGUSR1 (reopen the outputs) and SIGHUP, which must
    /// not end a monitor that scripts ask to reload. A second SIGINT or
    /// SIGTERM ends the process at once.
    pub(crate) fn install() -> io::Result<Signals> {
        let signals = Signals::default();
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 1, Arc::clone(&signals.end))?;
            flag::register(signal, Arc::clone(&signals.end))?;
        }
        flag::register(SIGUSR1, Arc::clone(&signals.reopen))?;
        flag::register(SIGHUP, Arc::clone(&signals.hangup))?;
        Ok(signals)
    }

    /// Whether the end was asked for.
    pub(crate) fn end(&self) -> bool {
        self.end.load(Ordering::Relaxed)
    }

    /// Whether the outputs are to be reopened; asked for once, true once.
    pub(crate) fn take_reopen(&self) -> bool {
        take(&self.reopen)
    }

    /// Whether a reload was asked for; true once.
    pub(crate) fn take_hangup(&self) -> bool {
        take(&self.hangup)
    }
}

fn take(flag: &AtomicBool) -> bool {
    flag.load(Ordering::Relaxed) && flag.swap(false, Ordering::Relaxed)
}
