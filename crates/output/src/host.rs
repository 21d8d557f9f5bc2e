//! What outputs ask of the process that they are part of.

use std::path::PathBuf;

use crate::Fault;

/// The process that outputs are part of. Called from any thread.
pub trait Host: Send + Sync {
    /// Tells the operator.
    fn fault(&self, fault: Fault);

    /// Confines the calling thread, and those that it starts, to what it needs.
    fn confine(&self, _: &Needs) {}

    /// Whether the run is to end, so that channels which take nothing are not waited for.
    fn is_ending(&self) -> bool {
        false
    }
}

/// What the thread of a channel needs, besides memory and what is open when it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needs {
    /// What the process may do: its files may be anywhere, and be moved away.
    Everything,
    /// This.
    Only {
        /// Reads files whoever they belong to: keys, tokens.
        reads_all: bool,
        /// Writes below these folders.
        writes: Vec<PathBuf>,
        /// Connects to these TCP ports.
        ports: Vec<u16>,
    },
}

impl Needs {
    /// No file of others, no folder, no port.
    pub(crate) fn nothing() -> Needs {
        Needs::Only {
            reads_all: false,
            writes: Vec::new(),
            ports: Vec::new(),
        }
    }
}
