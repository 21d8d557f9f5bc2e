//! Pods on this machine under their seccomp profiles.
//!
//! * [`manifest`]: Pods and ConfigMaps as people write them, with every fault and its place.
//! * [`machine`]: when containers are started and started again: the kubelet's rules over a clock
//!   that is handed in.
//! * [`status`]: the status of a pod in the API's words, and as `kubectl` prints it.
//! * [`env`](mod@env), [`caps`]: what a container is started with.
//! * [`image`]: names of images.
//!
//! Depends on `lanner-diag` and `lanner-seccomp` only.
#![forbid(unsafe_code)]

pub mod caps;
pub mod env;
pub mod image;
pub mod machine;
pub mod manifest;
pub mod status;
