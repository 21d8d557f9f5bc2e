//! Pods on this machine under their seccomp profiles.
//!
//! * [`manifest`]: Pods and ConfigMaps as people write them, with every fault and its place.
//! * [`machine`]: when containers are started and started again: the kubelet's rules over a clock
//!   that is handed in.
//! * [`status`]: the status of a pod in the API's words, and as `kubectl` prints it.
//! * [`profile`]: which profile a container gets, and which runtimes start it under that.
//! * [`check`]: what a pod would do, told without running it.
//! * [`image`]: images from archives and registries, in a store by digests.
//! * [`env`](mod@env), [`caps`]: what a container is started with.
//! * [`engine`]: containers: runc makes them, our own shim loads the filter.
//! * [`home`]: what is on disk; [`supervisor`]: the process that runs a pod from there.
//! * [`logs`], [`syscalls`]: what containers wrote, and what their filters logged or refused.
//!
//! Depends on `lanner-diag` and `lanner-seccomp` only.
#![deny(unsafe_code)]

pub mod caps;
pub mod check;
pub mod engine;
pub mod env;
pub mod home;
pub mod image;
pub mod logs;
pub mod machine;
pub mod manifest;
pub mod profile;
pub mod status;
pub mod supervisor;
pub mod syscalls;
