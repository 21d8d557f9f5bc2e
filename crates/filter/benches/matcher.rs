//! What an event costs with so many rules, and what compiling them costs.

mod ruleset;

use bumpalo::Bump;
use lanner_filter::{Matcher, Matching};

#[global_allocator]
static ALLOC: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

const COUNTS: [usize; 4] = [1, 100, 1_000, 10_000];

/// Eight events of six kinds, of which none satisfies a rule.
#[divan::bench(args = COUNTS)]
fn eight_events(bencher: divan::Bencher<'_, '_>, rules: usize) {
    let scheme = ruleset::scheme();
    let matcher = Matcher::new(&ruleset::conditions(rules, &scheme));
    let events = ruleset::events();
    let (mut scratch, mut arena, mut out) = (matcher.scratch(), Bump::new(), Vec::new());
    let count = divan::counter::ItemsCount::new(events.len());
    bencher.counter(count).bench_local(|| {
        for event in &events {
            matcher.matches(
                event.kind,
                event,
                &arena,
                &mut scratch,
                Matching::All,
                &mut out,
            );
            arena.reset();
        }
        out.len()
    });
}

/// Parsing, typing and planning.
#[divan::bench(args = COUNTS, sample_count = 5, sample_size = 1)]
fn compile(bencher: divan::Bencher<'_, '_>, rules: usize) {
    let scheme = ruleset::scheme();
    bencher.bench_local(|| Matcher::new(&ruleset::conditions(rules, &scheme)));
}

/// Planning alone.
#[divan::bench(args = COUNTS, sample_count = 5, sample_size = 1)]
fn plan(bencher: divan::Bencher<'_, '_>, rules: usize) {
    let scheme = ruleset::scheme();
    let conditions = ruleset::conditions(rules, &scheme);
    bencher.bench_local(|| Matcher::new(&conditions));
}
