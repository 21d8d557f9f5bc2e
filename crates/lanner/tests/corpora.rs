//! What the fuzzers (`fuzz/`) found worth keeping, through the same functions: whatever was mended
//! once stays so. `cargo xtask fuzz TARGET` looks for more.

use std::path::Path;

#[expect(
    dead_code,
    unreachable_pub,
    reason = "the fuzzers use it as a crate of its own"
)]
#[path = "../../../fuzz/src/lib.rs"]
mod fuzz;

/// Runs a target over its first inputs and its corpus.
fn replay(target: &str, run: fn(&[u8])) {
    let seeds = fuzz::seeds::seeds(target).expect("seeds are made in memory");
    seeds.iter().for_each(|(_, bytes)| run(bytes));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let inputs = std::fs::read_dir(folder.join(target)).expect("every target has a corpus");
    let mut count = 0;
    for input in inputs {
        let path = input.expect("a readable folder").path();
        let bytes = std::fs::read(&path).expect("a readable input");
        run(&bytes);
        count += 1;
    }
    assert!(count > 20, "{count} inputs");
}

#[test]
fn captures() {
    replay("capture", fuzz::capture::run);
}

#[test]
fn events() {
    replay("event", fuzz::event::run);
}

#[test]
fn profiles() {
    replay("profile", fuzz::profile::run);
}

#[test]
fn compiled_policies() {
    replay("compile", fuzz::compile::run);
}

#[test]
fn bpf_programs() {
    replay("bpf", fuzz::bpf::run);
}

#[test]
fn programs_read_back() {
    replay("decompile", fuzz::decompile::run);
}

#[test]
fn rules() {
    replay("rules", fuzz::rules::run);
}

#[test]
fn conditions() {
    replay("condition", fuzz::condition::run);
}
