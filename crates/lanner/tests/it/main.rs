//! Tests of the binary as people run it.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

mod bad_days;
mod captures;
mod cli;
mod config;
mod effects;
mod endpoints;
mod keys;
mod lab;
mod live;
mod log;
// Its programs and numbers of calls are those of x86-64.
#[cfg(target_arch = "x86_64")]
mod observed;
mod outputs;
mod programs;
mod reload;
mod replay;
mod seccomp;
mod seccomp_output;
