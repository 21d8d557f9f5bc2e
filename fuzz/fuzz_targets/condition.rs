#![no_main]

use lanner_fuzz::{condition, seeds};

libfuzzer_sys::fuzz_target!(init: seeds::write("condition"), |data: &[u8]| condition::run(data));
