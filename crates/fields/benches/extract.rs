//! Reading typical fields of an event.

use bumpalo::Bump;
use lanner_event::EventType;
use lanner_event::testing::EventBuilder;
use lanner_fields::{EventRecord, Session, scheme};
use lanner_filter::{Argument, Record};
use lanner_state::{State, Subject};

fn main() {
    divan::main();
}

/// A field and its argument.
const FIELDS: [(&str, &str); 6] = [
    ("evt.type", ""),
    ("evt.arg", "flags"),
    ("evt.rawarg", "flags"),
    ("evt.is_open_write", ""),
    ("evt.args", ""),
    ("evt.time", ""),
];

#[divan::bench(args = FIELDS)]
fn extract(bencher: divan::Bencher<'_, '_>, (name, text): (&str, &str)) {
    let scheme = scheme();
    let Some(field) = scheme.by_name(name) else {
        return;
    };
    let arg = Argument {
        text: text.into(),
        index: text.parse().ok(),
        token: scheme
            .def(field)
            .resolve_arg
            .map_or(0, |resolve| resolve(text).unwrap_or(0)),
    };
    let record = EventBuilder::new(EventType::SYSCALL_OPENAT_2_X)
        .with("fd", 3)
        .with("dirfd", -100)
        .with("name", "/etc/passwd")
        .with("flags", 4097)
        .build();
    let event = record.event();
    let (state, mut session) = (State::default(), Session::default());
    session.observe(&event);
    let mut arena = Bump::new();
    bencher.bench_local(|| {
        arena.reset();
        let record = EventRecord::new(&event, &state, Subject::default(), None, &session);
        divan::black_box(record.extract(field, &arg, &arena).is_some())
    });
}
