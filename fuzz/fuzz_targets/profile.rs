#![no_main]

use lanner_fuzz::{profile, seeds};

libfuzzer_sys::fuzz_target!(init: seeds::write("profile"), |data: &[u8]| profile::run(data));
