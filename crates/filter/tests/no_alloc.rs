//! Once it has seen each kind of event, the matcher asks for no memory.

#[path = "../benches/ruleset/mod.rs"]
mod ruleset;

use bumpalo::Bump;
use lanner_filter::{Matcher, Matching};

#[test]
fn matching_in_steady_state_does_not_allocate() {
    let scheme = ruleset::scheme();
    let matcher = Matcher::new(&ruleset::conditions(2_000, &scheme));
    let events = ruleset::events();
    let (mut scratch, mut arena, mut out) = (matcher.scratch(), Bump::new(), Vec::new());
    let mut pass = || {
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
    };
    pass();
    let counted = allocation_counter::measure(|| (0..10).for_each(|_| pass()));
    assert_eq!(counted.count_total, 0);
}
