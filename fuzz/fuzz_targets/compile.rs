#![no_main]

use lanner_fuzz::{compile, seeds};

libfuzzer_sys::fuzz_target!(init: seeds::write("compile"), |data: &[u8]| compile::run(data));
