//! seccomp profiles: what they mean, and the filters they become.
//!
//! * [`Arch`] and [`table`]: the system call ABIs, and the numbers, arguments and ages of calls.
//! * [`constants`]: what values of arguments are called.
//! * [`expression`]: calls as people write them.
//! * [`purpose`]: what calls are for.
//! * [`document`], [`profile`]: profiles as people write them, with the place of everything.
//! * [`target`]: who applies a profile and where, and what of it counts then.
//! * [`defaults`]: the profiles that engines apply where none is named.
//! * [`oci`]: profiles as JSON text.
//! * [`lint`]: what is wrong, dangerous or surprising in a profile.
//! * [`policy`]: what a profile decides for each call, number by number.
//! * [`compile`]: a policy as a classic BPF program.
//! * [`symbolic`]: what a policy or a program does with every call there is.
//! * [`bpf`]: such programs: checking as the kernel does, emulating, printing.
//! * [`disasm`], [`decompile`]: programs as assembly, and back as profiles.
//! * [`load`]: loading them into the running kernel.
//! * [`launch`], [`supervise`], [`notify`]: commands under a filter, and what it refuses them.
//! * [`live`]: the filters that a running process has.
//! * [`audit`]: what the kernel logs of refused calls.
//!
//! # What a profile means
//!
//! A filter sees a call as an audit architecture, a number, an instruction pointer and six 64-bit
//! arguments. A profile gives each call one action, as runc with libseccomp does wherever that is
//! well defined:
//!
//! 1. A rule whose action (with its error number) is the profile's default is left out.
//! 2. A rule names calls; it applies to the ABIs that have them. Its conditions must all hold, but
//!    where two of them test the same argument each condition becomes a rule of its own.
//! 3. Of the rules of a call without conditions the first decides, whatever rules with conditions
//!    there are. Otherwise the call gets the action of the rule whose conditions hold, and the
//!    default action where none does. Rules of different actions that can hold together are not
//!    well defined: here the first of them decides, and [`policy::Policy::overlaps`] tells.
//! 4. Comparisons are unsigned and as wide as a register of the ABI, also where the kernel narrows
//!    the argument.
//! 5. Where an ABI reaches a call through a multiplexer (`socketcall`, `ipc`), a rule for the call
//!    applies to the multiplexer too, selected by its first argument and by that alone: the
//!    conditions are about arguments that are in memory there.
//! 6. Calls of ABIs that the profile does not list kill the thread. The native ABI is always
//!    listed. Of x32 without x32 listed, so does every number but 0xFFFFFFFF.
//! 7. With the stub that runc puts first (unless the default action lets calls happen), numbers
//!    above the highest that the profile names on an ABI give ENOSYS, and so does number 0 on
//!    s390.
//!
//! Depends on `lanner-diag` only.
#![deny(unsafe_code)]

pub mod action;
pub mod arch;
pub mod audit;
pub mod bpf;
pub mod compile;
pub mod constants;
pub mod decompile;
pub mod defaults;
pub mod disasm;
pub mod document;
pub mod expression;
pub mod launch;
pub mod lint;
pub mod live;
pub mod load;
pub mod notify;
pub mod oci;
pub mod policy;
pub mod profile;
mod ptrace;
pub mod purpose;
pub mod supervise;
pub mod symbolic;
pub mod table;
pub mod target;

pub use action::Action;
pub use arch::Arch;
