//! Any text as conditions, one a line: parsing, typing, and matching as one matcher what the plain
//! evaluation of each finds alone.

use bumpalo::Bump;
use lanner_event::RawEvent;
use lanner_fields::{kind_of, scheme};
use lanner_filter::{
    Condition, Matcher, Matching, PrintOptions, RuleIndex, Scheme, Template, parse,
};

use super::world;

/// More lines are not taken from one input.
const MAX_LINES: usize = 12;

thread_local! {
    static SCHEME: Scheme = scheme();
}

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    SCHEME.with(|scheme| lines(text, scheme));
}

fn lines(text: &str, scheme: &Scheme) {
    let mut conditions = Vec::new();
    let mut templates = Vec::new();
    for line in text.lines().take(MAX_LINES) {
        match parse(line) {
            Ok(ast) => match Condition::compile(&ast, scheme) {
                Ok(condition) => conditions.push(condition),
                Err(faults) => {
                    assert!(!faults.is_empty());
                    for fault in faults {
                        assert!(fault.range.offsets().end <= line.len());
                    }
                }
            },
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        if line.contains('%') {
            templates.extend(Template::parse(line, scheme));
        }
    }
    if conditions.is_empty() && templates.is_empty() {
        return;
    }
    let matcher = Matcher::new(&conditions);
    match_samples(&matcher, &conditions, &templates);
}

/// Matches some events, and holds the matcher to the plain evaluation.
pub fn match_samples(matcher: &Matcher, conditions: &[Condition], templates: &[Template]) {
    let mut follower = world::follower();
    let mut scratch = matcher.scratch();
    let mut arena = Bump::new();
    for sample in world::samples() {
        let raw = RawEvent {
            cpu: 0,
            state_only: false,
            counted: true,
            bytes: sample.bytes(),
        };
        let step = follower.take(&raw).expect("a sample decodes");
        {
            let kind = kind_of(&step.event);
            let record = follower.record(&step);
            let mut found: Vec<RuleIndex> = Vec::new();
            matcher.matches(
                kind,
                &record,
                &arena,
                &mut scratch,
                Matching::All,
                &mut found,
            );
            let plain: Vec<RuleIndex> = (0..)
                .zip(conditions)
                .filter(|(_, c)| c.kinds().contains(kind) && c.matches(&record, &arena))
                .map(|(i, _)| RuleIndex(i))
                .collect();
            assert_eq!(found, plain, "of {:?}", step.event);
            let mut text = Vec::new();
            for template in templates {
                template.render(&record, PrintOptions::default(), &arena, &mut text);
            }
        }
        follower.settle();
        arena.reset();
    }
}
