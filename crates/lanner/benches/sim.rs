//! `lanner seccomp sim` over a capture of a million events, the process and its reading included.
//! `cargo bench -p lanner --bench sim`; to be under two seconds.

use std::process::{Command, Stdio};

use divan::counter::ItemsCount;
use lanner_scap::{Compression, Writer};

#[expect(dead_code, reason = "the other benches use all of it")]
mod made;

/// Events of the capture.
const EVENTS: usize = 1_000_000;

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 5)]
fn million_events(bencher: divan::Bencher<'_, '_>) {
    let folder = tempfile::tempdir().expect("a folder");
    let (capture, profile) = (folder.path().join("m.scap"), folder.path().join("p.json"));
    let (snapshot, events) = made::capture();
    let mut writer = Writer::new(Vec::new(), Compression::None, &snapshot).expect("memory");
    for event in events.iter().cycle().take(EVENTS) {
        writer.event(&event.raw()).expect("memory");
    }
    std::fs::write(&capture, writer.finish().expect("memory")).expect("a file");
    let text = r#"{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
        {"names": ["openat", "execve"], "action": "SCMP_ACT_ALLOW"}]}"#;
    std::fs::write(&profile, text).expect("a file");
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| {
        let status = Command::new(env!("CARGO_BIN_EXE_lanner"))
            .args(["seccomp", "sim"])
            .args([&profile, &capture])
            .stdout(Stdio::null())
            .status();
        // Every `close` is refused.
        assert_eq!(status.expect("runs").code(), Some(1));
    });
}
