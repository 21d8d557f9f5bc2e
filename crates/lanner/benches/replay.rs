//! The whole pipeline on a capture: decoding, state, matching, alerts that are formatted and
//! dropped. `cargo bench -p lanner --bench replay`; with allocations per pass over the capture.
//!
//! The capture is made here: shells that start programs, which open, read and close files and
//! connect. It is passed once before the clock starts, so that the state has what it needs.

use std::io::Cursor;

use divan::counter::ItemsCount;
use lanner_container::Containers;
use lanner_engine::{Alert, CompiledRuleset, Matching, Pipeline, Settings, Sink, Template};
use lanner_event::{Poll, Source};
use lanner_fields::{Session, scheme};
use lanner_filter::PrintOptions;
use lanner_rules::{Options, Ruleset};
use lanner_scap::{Compression, Reader, Writer};
use lanner_state::{Limits, State};

mod made;

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

/// A capture, and how many events are in it.
fn capture() -> (Vec<u8>, usize) {
    let (snapshot, events) = made::capture();
    let mut writer = Writer::new(Vec::new(), Compression::None, &snapshot).expect("memory");
    for event in &events {
        writer.event(&event.raw()).expect("memory");
    }
    (writer.finish().expect("memory"), events.len())
}

fn ruleset(count: usize) -> Ruleset {
    let texts = [("bench.yaml".to_owned(), made::rules(count))];
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
