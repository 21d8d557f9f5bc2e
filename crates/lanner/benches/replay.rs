//! The whole pipeline on a capture: decoding, state, matching, alerts that are formatted and
//! dropped. `cargo bench -p lanner --bench replay`; with allocations per pass over the capture.
//!
//! The capture is made here: shells that start programs, which open, read and close files and
//! connect. It is passed once before the clock starts, so that the state has what it needs.

use std::io::Cursor;

use divan::counter::ItemsCount;
use lanner_container::Containers;
use lanner_engine::{Alert, CompiledRuleset, Matching, Pipeline, Settings, Sink, Template};
use lanner_event::snapshot::{Machine, Snapshot, ThreadEntry};
use lanner_event::testing::{EventBuilder, strings};
use lanner_event::{EventType, Poll, RawEvent, Source};
use lanner_fields::{Session, scheme};
use lanner_filter::PrintOptions;
use lanner_rules::{Options, Ruleset};
use lanner_scap::{Compression, Reader, Writer};
use lanner_state::{Limits, State};

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

/// Programs that are started in the capture.
const PROGRAMS: u64 = 500;

/// Files that each opens.
const FILES: u64 = 10;

/// A capture, and how many events are in it.
fn capture() -> (Vec<u8>, usize) {
    let shell = ThreadEntry {
        tid: 100,
        pid: 100,
        ptid: 1,
        comm: "bash".into(),
        exe: "bash".into(),
        exepath: "/usr/bin/bash".into(),
        cwd: "/root/".into(),
        ..ThreadEntry::default()
    };
    let snapshot = Snapshot {
        machine: Machine {
            num_cpus: 1,
            ..Machine::default()
        },
        threads: vec![shell],
        ..Snapshot::default()
    };
    let mut writer = Writer::new(Vec::new(), Compression::None, &snapshot).expect("memory");
    let mut ts = 1_700_000_000_000_000_000;
    let mut count = 0;
    let mut add = |event: EventBuilder| {
        ts += 1000;
        count += 1;
        let record = event.ts(ts).build();
        let raw = RawEvent {
            cpu: 0,
            state_only: false,
            counted: true,
            bytes: record.bytes(),
        };
        writer.event(&raw).expect("memory");
    };
    for n in 0..PROGRAMS {
        add(execve(&format!("/usr/bin/program{}", n % 50)));
        for file in 0..FILES {
            add(openat(&format!("/usr/lib/directory{}/file{file}", n % 20)));
            add(EventBuilder::new(EventType::SYSCALL_CLOSE_X)
                .tid(100)
                .with("res", 0)
                .with("fd", 3));
        }
    }
    (writer.finish().expect("memory"), count)
}

fn execve(program: &str) -> EventBuilder {
    let comm = program.rsplit('/').next().unwrap_or(program);
    EventBuilder::new(EventType::SYSCALL_EXECVE_19_X)
        .tid(100)
        .with("res", 0)
        .with("exe", program)
        .with("args", strings(&["--quiet", "input"]))
        .with("tid", 100)
        .with("pid", 100)
        .with("ptid", 1)
        .with("cwd", "/root/")
        .with("comm", comm)
        .with("cgroups", strings(&["cpuset=/"]))
        .with("env", strings(&["HOME=/root", "PATH=/usr/bin"]))
        .with("loginuid", 0)
        .with("uid", 0)
        .with("trusted_exepath", program)
}

fn openat(path: &str) -> EventBuilder {
    EventBuilder::new(EventType::SYSCALL_OPENAT_2_X)
        .tid(100)
        .with("fd", 3)
        .with("dirfd", -100)
        .with("name", path)
        .with("flags", 1)
        .with("mode", 0)
}

/// So many rules that match nothing: on programs and on files, by turns.
fn ruleset(count: usize) -> Ruleset {
    let mut text = String::new();
    for i in 0..count {
        let condition = match i % 2 {
            0 => format!("evt.type = execve and proc.name = nothing{i}"),
            _ => format!("evt.type in (open, openat, openat2) and fd.name startswith /nothing{i}/"),
        };
        text += &format!(
            "- rule: r{i}\n  desc: d\n  condition: {condition}\n  output: \"%proc.name\"\n  \
             priority: NOTICE\n"
        );
    }
    let texts = [("bench.yaml".to_owned(), text)];
    let (ruleset, results) = Ruleset::load_texts(texts, &scheme(), &Options::default());
    ruleset.unwrap_or_else(|| panic!("{:?}", results.failure()))
}

fn pipeline(ruleset: Ruleset) -> Pipeline {
    let settings = Settings {
        matching: Matching::First,
        time: Template::parse("%evt.time", &scheme()).expect("a field"),
        print: PrintOptions::default(),
    };
    let state = State::new(Limits::default());
    Pipeline::new(
        state,
        Containers::offline(),
        Session::default(),
        CompiledRuleset::new(ruleset, settings),
    )
}

/// Counts the alerts.
struct Count(u64);

impl Sink for Count {
    fn alert(&mut self, alert: &Alert<'_, '_>) {
        self.0 += alert.ts & 1;
    }
}

fn pass(pipeline: &mut Pipeline, reader: &mut Reader) -> u64 {
    let mut sink = Count(0);
    while let Ok(Poll::Event(raw)) = reader.poll(std::time::Duration::ZERO) {
        pipeline.take(&raw, &mut sink);
    }
    sink.0
}

/// Events a second, by the number of rules.
#[divan::bench(args = [0, 1, 100, 1_000, 10_000], sample_count = 20)]
fn events(bencher: divan::Bencher<'_, '_>, rules: usize) {
    let (bytes, count) = capture();
    let open = || Reader::from_read(Box::new(Cursor::new(bytes.clone()))).expect("a capture");
    let mut warm = pipeline(ruleset(rules));
    let mut first = open();
    warm.seed(first.snapshot());
    pass(&mut warm, &mut first);
    bencher
        .counter(ItemsCount::new(count))
        .with_inputs(open)
        .bench_local_refs(|reader| pass(&mut warm, reader));
}

/// Time to load so many rules.
#[divan::bench(args = [100, 1_000, 10_000], sample_count = 5, sample_size = 1)]
fn load(rules: usize) -> usize {
    ruleset(rules).rules().len()
}
