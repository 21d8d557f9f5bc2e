#![no_main]

use lanner_fuzz::{bpf, seeds};

libfuzzer_sys::fuzz_target!(init: seeds::write("bpf"), |data: &[u8]| bpf::run(data));
