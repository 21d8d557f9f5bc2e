#![no_main]

use lanner_fuzz::{event, seeds};

libfuzzer_sys::fuzz_target!(init: seeds::write("event"), |data: &[u8]| event::run(data));
