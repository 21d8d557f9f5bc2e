//! Loads the BPF probe and reads its events.
//!
//! * [`Probe`]: opened with [`Options`], it is a [`Source`](lanner_event::Source) of live events.
//! * [`Capabilities`]: what the kernel lets it do, and in words what each refusal costs.
//! * [`ProbeError`]: why it cannot run at all.
//! * [`Recorder`]: counts the calls of some processes, with their arguments, in the kernel.
//!
//! The programs are in `bpf/`; their object is built by `cargo xtask bpf` and committed beside
//! this file. What is loaded and attached follows from the [`Selection`](lanner_event::Selection):
//! if only successful execs, forks, exits and signals are wanted, no hook is put on system calls.
//!
//! Each CPU has two ring buffers, one for exec, fork and exit and one for everything else, so that
//! a flood of opens cannot push a program start out. They are merged by time.
//!
//! Has `unsafe` for memory shared with the kernel. Depends on `event`.

mod buffers;
mod error;
mod layout;
mod loader;
mod memory;
mod probe;
mod recorder;
mod ring;
#[cfg(test)]
mod tests;

pub use error::{Capabilities, Hook, MIN_BUFFER, ProbeError};
pub use probe::{Buffer, Fault, Options, Probe};
pub use recorder::{Choice, Counted, Recorder, Scope, Shortfall};
