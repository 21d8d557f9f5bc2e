//! What the fuzzers do with a piece of input, one module a target.
//!
//! Each `run` panics on a finding. `fuzz_targets/` hands it to libFuzzer; the test `corpora` of the
//! binary's crate includes this file and replays `corpus/` through the same functions, so an input
//! that once told something keeps being tried.

pub mod bpf;
pub mod capture;
pub mod compile;
pub mod condition;
pub mod decompile;
pub mod event;
pub mod profile;
pub mod rules;
pub mod seeds;
pub mod world;
