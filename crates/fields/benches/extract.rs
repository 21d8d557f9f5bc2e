//! Reading typical fields of an event, by conditions and by outputs. Counts allocations: only the
//! arena may grow.

use bstr::BString;
use bumpalo::Bump;
use divan::{AllocProfiler, Bencher};
use lanner_container::Identity;
use lanner_event::EventType;
use lanner_event::snapshot::{FdEntry, FdKind, FdTableEntry, Snapshot, ThreadEntry};
use lanner_event::testing::{EventBuilder, Record as Bytes};
use lanner_fields::{EventRecord, Session, scheme};
use lanner_filter::{Argument, Record};
use lanner_state::{State, Subject};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// A field and its argument.
const FIELDS: [(&str, &str); 19] = [
    ("evt.type", ""),
    ("evt.rawres", ""),
    ("evt.arg", "flags"),
    ("evt.rawarg", "flags"),
    ("evt.is_open_write", ""),
    ("evt.args", ""),
    ("evt.time", ""),
    ("proc.name", ""),
    ("proc.pname", ""),
    ("proc.aname", "2"),
    ("proc.aname", ""),
    ("proc.cmdline", ""),
    ("proc.sname", ""),
    ("fd.name", ""),
    ("fd.directory", ""),
    ("fd.typechar", ""),
    ("fs.path.name", ""),
    ("user.name", ""),
    ("container.id", ""),
];

/// An openat of a process with six ancestors.
struct Scene {
    state: State,
    session: Session,
    record: Bytes,
    subject: Subject,
}

impl Scene {
    fn new() -> Scene {
        let text = |text: &str| BString::from(text);
        let thread = |tid: i64| ThreadEntry {
            tid,
            pid: tid,
            ptid: tid - 1,
            sid: 2,
            vtid: tid,
            vpid: tid,
            comm: text("bash"),
            exepath: text("/usr/bin/bash"),
            args: text("-c\0some command line\0"),
            cwd: text("/home/user"),
            ..ThreadEntry::default()
        };
        let mut state = State::default();
        state.seed(Snapshot {
            threads: (1..=7).map(thread).collect(),
            fds: vec![FdTableEntry {
                tid: 7,
                fds: vec![FdEntry {
                    fd: 0,
                    ino: 1,
                    kind: FdKind::Directory { name: text("/") },
                }],
            }],
            ..Snapshot::default()
        });
        let record = EventBuilder::new(EventType::SYSCALL_OPENAT_2_X)
            .tid(7)
            .with("fd", 3)
            .with("dirfd", -100)
            .with("name", "../user/notes.txt")
            .with("flags", 0x1006)
            .with("mode", 0o644)
            .with("dev", 0)
            .with("ino", 7)
            .build();
        let mut session = Session::default();
        session.observe(&record.event());
        let subject = state.apply(&record.event());
        Scene {
            state,
            session,
            record,
            subject,
        }
    }
}

fn argument(name: &str, text: &str) -> Option<(lanner_filter::FieldId, Argument)> {
    let scheme = scheme();
    let field = scheme.by_name(name)?;
    let resolve = scheme.def(field).resolve_arg;
    let arg = Argument {
        text: text.into(),
        index: text.parse().ok(),
        token: resolve.map_or(0, |resolve| resolve(text).unwrap_or(0)),
    };
    Some((field, arg))
}

#[divan::bench(args = FIELDS)]
fn extract(bencher: Bencher<'_, '_>, (name, text): (&str, &str)) {
    let Some((field, arg)) = argument(name, text) else {
        return;
    };
    let scene = Scene::new();
    let event = scene.record.event();
    let mut arena = Bump::with_capacity(1 << 16);
    bencher.bench_local(|| {
        arena.reset();
        let record = EventRecord::new(
            &event,
            &scene.state,
            scene.subject,
            Some(&Identity::Host),
            &scene.session,
        );
        divan::black_box(record.extract(field, &arg, &arena).is_some())
    });
}

#[divan::bench(args = FIELDS)]
fn print(bencher: Bencher<'_, '_>, (name, text): (&str, &str)) {
    let Some((field, arg)) = argument(name, text) else {
        return;
    };
    let scene = Scene::new();
    let event = scene.record.event();
    let mut arena = Bump::with_capacity(1 << 16);
    bencher.bench_local(|| {
        arena.reset();
        let record = EventRecord::new(
            &event,
            &scene.state,
            scene.subject,
            Some(&Identity::Host),
            &scene.session,
        );
        divan::black_box(record.print(field, &arg, &arena).is_some())
    });
}
