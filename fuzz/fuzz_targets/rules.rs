#![no_main]

use lanner_fuzz::{rules, seeds};

libfuzzer_sys::fuzz_target!(init: seeds::write("rules"), |data: &[u8]| rules::run(data));
