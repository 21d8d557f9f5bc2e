#![no_main]

use lanner_fuzz::{decompile, seeds};

libfuzzer_sys::fuzz_target!(init: seeds::write("decompile"), |data: &[u8]| decompile::run(data));
