//! Any text as a rules file: loading, every report on it, and matching what was loaded.

use lanner_diag::{Style, render};
use lanner_fields::scheme;
use lanner_filter::{Matcher, Scheme};
use lanner_rules::{Options, Ruleset, description_text};

use super::condition::match_samples;

/// Diagnostics that are rendered of an input.
const MAX_SHOWN: usize = 40;

thread_local! {
    static SCHEME: Scheme = scheme();
}

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    SCHEME.with(|scheme| load(text, scheme));
}

fn load(text: &str, scheme: &Scheme) {
    let options = Options {
        describe: true,
        ..Options::default()
    };
    let texts = [("fuzz.yaml".to_owned(), text.to_owned())];
    let (ruleset, results) = Ruleset::load_texts(texts, scheme, &options);
    assert_eq!(ruleset.is_some(), results.successful());
    assert_eq!(results.failure().is_some(), !results.successful());
    std::hint::black_box(results.validation());
    std::hint::black_box(results.validation_json(None).to_string());
    for result in &results.results {
        std::hint::black_box((result.summary(), result.verbose(&results.files)));
    }
    for fault in results.diagnostics().take(MAX_SHOWN) {
        assert!(!render(&fault, &results.files, Style::Plain).is_empty());
    }
    let Some(mut ruleset) = ruleset else {
        return;
    };
    if let Some(description) = ruleset.describe(None, scheme, &|_| vec!["open".to_owned()]) {
        assert!(!description_text(&description).is_empty());
    }
    let matcher = Matcher::new(ruleset.enabled().map(|rule| &rule.condition));
    let rules: Vec<_> = ruleset.enabled().collect();
    let conditions: Vec<_> = rules.iter().map(|r| r.condition.clone()).collect();
    let templates: Vec<_> = rules.iter().map(|r| r.output.clone()).collect();
    match_samples(&matcher, &conditions, &templates);
}
