//! Records of any content through decoder, state, containers and every field.
//!
//! The first byte of the input tells how the rest is read: even, as records one after the other,
//! each as long as its header says; odd, as choices from which [`world::record`] makes records.

use std::cell::RefCell;

use arbitrary::Unstructured;
use bumpalo::Bump;
use lanner_engine::Follower;
use lanner_event::{Event, HEADER_LEN, RawEvent};
use lanner_fields::{kind_of, scheme};
use lanner_filter::{
    Condition, FieldDef, Matcher, Matching, PrintOptions, RuleIndex, Scheme, Scratch, Template,
    parse,
};

use super::world;

/// Longer records are cut.
const MAX_RECORD: usize = 4096;
/// More are not taken from one input.
const MAX_RECORDS: usize = 64;

/// Everything that can be asked of an event.
struct Questions {
    templates: Vec<Template>,
    matcher: Matcher,
    scratch: Scratch,
    arena: Bump,
}

impl Questions {
    fn new() -> Questions {
        let scheme = scheme();
        let matcher = Matcher::new(&conditions(&scheme));
        Questions {
            templates: templates(&scheme),
            scratch: matcher.scratch(),
            matcher,
            arena: Bump::new(),
        }
    }

    fn ask(&mut self, follower: &mut Follower, event: &RawEvent<'_>) {
        let Ok(step) = follower.take(event) else {
            return;
        };
        {
            let kind = kind_of(&step.event);
            let record = follower.record(&step);
            let mut matched: Vec<RuleIndex> = Vec::new();
            self.matcher.matches(
                kind,
                &record,
                &self.arena,
                &mut self.scratch,
                Matching::All,
                &mut matched,
            );
            let options = PrintOptions::default();
            let mut text = Vec::new();
            for template in &self.templates {
                text.clear();
                template.render(&record, options, &self.arena, &mut text);
                let values = template.values(&record, options, &self.arena);
                std::hint::black_box(values.count());
            }
        }
        follower.settle();
        self.arena.reset();
    }
}

thread_local! {
    static QUESTIONS: RefCell<Questions> = RefCell::new(Questions::new());
}

/// Ways to write a field with an argument.
const ARGUMENTS: [&str; 9] = [
    "", "[0]", "[1]", "[7]", "[HOME]", "[res]", "[name]", ".fd", "[uid]",
];

/// Those to try with a field.
fn arguments(field: &FieldDef) -> &'static [&'static str] {
    if field.arg.is_some() {
        &ARGUMENTS
    } else {
        &ARGUMENTS[..1]
    }
}

/// Every field, with every argument that it takes.
fn templates(scheme: &Scheme) -> Vec<Template> {
    let mut all = Vec::new();
    for (_, field) in scheme.fields() {
        for argument in arguments(field) {
            let text = format!("%{}{argument}", field.name);
            // Text that follows a field is no argument of it.
            if let Ok(template) = Template::parse(&text, scheme)
                && template.fields().len() == 1
                && (argument.is_empty() || !template.fields()[0].arg.text.is_empty())
            {
                all.push(template);
            }
        }
    }
    assert!(all.len() > 200, "{} fields", all.len());
    all
}

/// Conditions on every field, as far as its type takes them.
fn conditions(scheme: &Scheme) -> Vec<Condition> {
    let mut all = Vec::new();
    for (_, field) in scheme.fields() {
        for argument in arguments(field) {
            for test in [
                "exists",
                "= 1",
                "contains a",
                "in (/etc, 3)",
                "pmatch (/etc)",
            ] {
                let text = format!("{}{argument} {test}", field.name);
                let compiled = parse(&text)
                    .ok()
                    .and_then(|ast| Condition::compile(&ast, scheme).ok());
                all.extend(compiled);
            }
        }
    }
    assert!(all.len() > 400, "{} conditions", all.len());
    all
}

pub fn run(data: &[u8]) {
    let Some((how, rest)) = data.split_first() else {
        return;
    };
    let mut follower = world::follower();
    let mut take = |bytes: &[u8]| {
        let raw = RawEvent {
            cpu: 1,
            state_only: false,
            counted: true,
            bytes,
        };
        if let Ok(event) = Event::parse(bytes, 1, 1) {
            let sum: usize = event.params().map(<[u8]>::len).sum();
            assert!(sum <= bytes.len());
        }
        QUESTIONS.with_borrow_mut(|questions| questions.ask(&mut follower, &raw));
    };
    if how % 2 == 0 {
        raw_records(rest, &mut take);
    } else {
        let mut u = Unstructured::new(rest);
        let mut ts = 1_700_000_000_000_000_000;
        let mut bytes = Vec::new();
        for _ in 0..MAX_RECORDS {
            if u.is_empty() || world::record(&mut u, &mut ts, &mut bytes).is_err() {
                break;
            }
            take(&bytes);
        }
    }
}

fn raw_records(mut rest: &[u8], take: &mut dyn FnMut(&[u8])) {
    for _ in 0..MAX_RECORDS {
        let Some(len) = rest.get(16..20) else {
            take(rest);
            return;
        };
        let len = u32::from_le_bytes([len[0], len[1], len[2], len[3]]) as usize;
        let len = len.clamp(HEADER_LEN, MAX_RECORD).min(rest.len());
        let (record, behind) = rest.split_at(len);
        take(record);
        rest = behind;
    }
}
