//! Rules files against the real fields.

use std::path::{Path, PathBuf};

use lanner_rules::{Code, LoadResults, Options, Problem, RulesFiles, Ruleset};
use serde_json::{Value, json};

fn shared() -> PathBuf {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    std::env::var_os("LANNER_SHARED").map_or_else(|| beside.into(), PathBuf::from)
}

fn load(paths: &[PathBuf]) -> (Option<Ruleset>, LoadResults) {
    Ruleset::load(paths, &lanner_fields::scheme(), &Options::default())
}

/// A problem in the terms of the recorded verdicts.
fn recorded(problem: &Problem) -> Value {
    let code = match problem.code {
        Code::Error(e) => e.code(),
        Code::Warning(w) => w.code(),
    };
    let locations = problem.context.locations();
    let items: Vec<Value> = locations
        .iter()
        .map(|l| json!([l.item.text(), l.item_name]))
        .collect();
    let mark = problem.context.mark();
    json!({
        "code": code,
        "message": problem.message,
        "items": items,
        "line": mark.line,
        "column": mark.column,
    })
}

#[test]
fn files_with_mistakes_get_the_verdict_that_falco_gives() {
    let folder = shared().join("captures/broken");
    let cases = RulesFiles::find(&[&folder]).files;
    if cases.is_empty() || !folder.is_dir() {
        eprintln!("skipped: no recorded verdicts in {}", folder.display());
        return;
    }
    let mut wrong = Vec::new();
    for case in &cases {
        let expected = std::fs::read_to_string(case.with_extension("json")).expect("a verdict");
        let expected: Value = serde_json::from_str(&expected).expect("JSON");
        let (ruleset, results) = load(std::slice::from_ref(case));
        let result = &results.results[0];
        let verdict = match (results.successful(), result.warnings.is_empty()) {
            (true, true) => "ok",
            (true, false) => "warnings",
            (false, _) => "errors",
        };
        assert_eq!(ruleset.is_some(), results.successful());
        let errors: Vec<Value> = result.errors.iter().take(1).map(recorded).collect();
        let warnings: Vec<Value> = result.warnings.iter().map(recorded).collect();
        let schema_ok = matches!(result.schema_validation(), "ok" | "none");
        for (key, is) in [
            ("verdict", json!(verdict)),
            ("errors", json!(errors)),
            ("warnings", json!(warnings)),
            ("schema_ok", json!(schema_ok)),
        ] {
            if expected[key] != is {
                let name = case.file_name().unwrap_or_default().to_string_lossy();
                wrong.push(format!(
                    "{name}: {key}\n  is  {is}\n  not {}",
                    expected[key]
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

#[test]
fn rules_in_use_load() {
    let Some(folder) = std::env::var_os("LANNER_UPSTREAM_RULES") else {
        eprintln!("skipped: LANNER_UPSTREAM_RULES names no folder of rules files");
        return;
    };
    let files = RulesFiles::find(&[Path::new(&folder)]).files;
    let (ruleset, results) = load(&files);
    let faults: Vec<String> = results.results.iter().map(|r| r.summary()).collect();
    let rules = ruleset.as_ref().map_or(0, |r| r.rules().len());
    eprintln!("{rules} rules in {} files", files.len());
    assert!(
        ruleset.is_some(),
        "{}\n{:?}",
        faults.join("\n"),
        results.failure()
    );
}
