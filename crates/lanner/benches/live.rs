//! What monitoring costs the programs of a machine: nanoseconds of a system call with and without
//! the binary running over it. Needs root. `cargo bench -p lanner --bench live`.
//!
//! Each figure is the best of many short rounds, so that other load on the machine matters less.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a bench prints, and may fail loudly"
)]

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

const ROUNDS: usize = 300;
const CALLS: u32 = 1_000;

/// Nanoseconds of one `call`.
fn best(call: impl Fn()) -> f64 {
    let round = |_| {
        let start = Instant::now();
        (0..CALLS).for_each(|_| call());
        start.elapsed().as_nanos() as f64 / f64::from(CALLS)
    };
    (0..ROUNDS).map(round).fold(f64::MAX, f64::min)
}

fn open_close() {
    drop(File::open("/etc/hostname").expect("a file"));
}

fn getppid() {
    std::hint::black_box(rustix::process::getppid());
}

/// The binary at work over these rules, once its probe is attached.
struct Monitor {
    child: Child,
    started_ms: u128,
}

impl Monitor {
    fn start(name: &str, rules: &str) -> Monitor {
        let mut file = tempfile::Builder::new()
            .prefix(name)
            .suffix(".yaml")
            .tempfile()
            .expect("a rules file");
        file.write_all(rules.as_bytes()).expect("room for rules");
        let begin = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_lanner"))
            .arg("-r")
            .arg(file.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut log = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut text = String::new();
        while !text.contains("One ring buffer") {
            let read = log.read_line(&mut text).expect("a log");
            assert!(read > 0, "the monitor ended: {text}");
        }
        child.stderr = Some(log.into_inner());
        Monitor {
            child,
            started_ms: begin.elapsed().as_millis(),
        }
    }

    /// Peak memory in MiB.
    fn memory(&self) -> f64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        let kib = line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<f64>().ok());
        kib.unwrap_or_default() / 1024.0
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        // It may have ended by itself.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}

fn rule(condition: &str) -> String {
    format!(
        "- rule: Bench\n  desc: d\n  condition: {condition}\n  output: \"%proc.name\"\n  \
         priority: NOTICE\n"
    )
}

fn main() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: needs root");
        return;
    }
    let (pair, call) = (best(open_close), best(getppid));
    println!(
        "{:<44} {pair:>9.0} ns {call:>9.0} ns",
        "without monitoring: open+close, getppid"
    );
    let cases = [
        (
            "successful execs only",
            rule("evt.type = execve and evt.res = SUCCESS and proc.name = x"),
        ),
        (
            "execs, failed ones too",
            rule("evt.type = execve and proc.name = x"),
        ),
        (
            "opens for writing that succeed",
            rule(
                "evt.type in (open, openat, openat2) and evt.is_open_write = true and fd.num >= 0 and fd.name = /x",
            ),
        ),
        (
            "all opens",
            rule("evt.type in (open, openat, openat2) and fd.name = /x"),
        ),
    ];
    for (name, rules) in cases {
        let monitor = Monitor::start("bench", &rules);
        let (with_pair, with_call) = (best(open_close), best(getppid));
        println!(
            "{name:<44} {:>+9.0} ns {:>+9.0} ns   attached after {} ms, {:.1} MiB",
            with_pair - pair,
            with_call - call,
            monitor.started_ms,
            monitor.memory()
        );
    }
}
