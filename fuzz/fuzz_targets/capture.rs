#![no_main]

use lanner_fuzz::{capture, seeds};

libfuzzer_sys::fuzz_target!(init: seeds::write("capture"), |data: &[u8]| capture::run(data));
