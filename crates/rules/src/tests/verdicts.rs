//! What is said of files that cannot be used, and of those that can.

use super::{load, load_with, problems, rule};
use crate::{Append, Options};

#[test]
fn every_fault_of_a_file_is_told() {
    let text = "- rule: one\n  desc: d\n  condition: proc.nam=a and fd.num=x\n  output: '%proc.nam'\n  \
                priority: WARN\n- rule: two\n  condition: evt.type=opne\n  output: o\n  priority: \
                INFO\n- macro: m\n- list: l\n  items: a\n- rule: three\n  desc: d\n  condition: m \
                and undefined and proc.name in (l)\n  output: o\n  priority: INFO\n";
    assert_eq!(
        problems(&[text]),
        [
            "5:13: LOAD_ERR_YAML_VALIDATE Invalid priority [did you mean `WARNING`?]",
            "6:3: LOAD_ERR_YAML_VALIDATE Item has no mapping for key 'desc'",
            "10:3: LOAD_ERR_YAML_VALIDATE Item has no mapping for key 'condition'",
            "12:10: LOAD_ERR_YAML_VALIDATE Value is not a sequence [write `items: [a]`]",
            "4:12: LOAD_ERR_COMPILE_OUTPUT unknown filter: unexpected token after ' [filter_check \
             called with nonexistent field proc.nam; did you mean `%proc.name`?]",
            "3:14: LOAD_ERR_COMPILE_CONDITION filter_check called with nonexistent field proc.nam \
             [did you mean `proc.name`?]",
            "3:29: LOAD_ERR_COMPILE_CONDITION x is not a valid number",
            "7:23: LOAD_ERR_COMPILE_CONDITION unknown event type opne",
            "15:20: LOAD_ERR_VALIDATE Undefined macro 'undefined' used in filter.",
        ]
    );
}

#[test]
fn places_are_found_in_folded_conditions_behind_lists_and_in_macros() {
    let text = "- list: l\n  items: [aaaaaaaaaa, bbbbbbbb]\n- macro: m\n  condition: >\n    \
                evt.type=open\n    and fd.nun=1\n- rule: r\n  desc: d\n  condition: >-\n\n    \
                proc.name in (l)\n    and proc.pnam=x\n    and m\n  output: o\n  priority: INFO\n";
    assert_eq!(
        problems(&[text]),
        [
            "12:9: LOAD_ERR_COMPILE_CONDITION filter_check called with nonexistent field proc.pnam \
             [did you mean `proc.pname`?]",
            "6:9: LOAD_ERR_COMPILE_CONDITION filter_check called with nonexistent field fd.nun [did \
             you mean `fd.num`?]",
        ]
    );
}

#[test]
fn the_verbose_form_is_that_of_falco() {
    let (_, results) = load(&[&rule("evt.type=open and proc.name like x").replace("INFO", "info")]);
    let expect = "\
0.yaml: Invalid
3 Schema warnings:
------
failed for <root>[0][priority]: Failed to match against any enum values.
------
failed for <root>[0]: Failed to validate against schema associated with property name 'priority'.
------
failed for <root>: Failed to validate item #0 in array.
------

1 Errors:
In rules content: (0.yaml:0:0)
    rule 'r': (0.yaml:0:2)
    rule condition: (0.yaml:2:13)
    condition expression: (\"evt.type=open and...\":3:42)
------
evt.type=open and proc.name like x
                                 ^
------
LOAD_ERR_COMPILE_CONDITION (Error compiling condition): expected a valid check operator: one of ";
    let verbose = results.results[0].verbose(&results.files);
    assert!(verbose.starts_with(expect), "{verbose}");
    assert_eq!(results.failure(), Some(verbose.clone()));
    assert_eq!(results.validation(), verbose);
    let summary = results.results[0].summary();
    let expect = "0.yaml: Invalid\n 3 schema warnings: [failed for <root>[0][priority]: ";
    assert!(summary.starts_with(expect), "{summary}");
    assert!(
        summary.ends_with("\n 1 errors: [LOAD_ERR_COMPILE_CONDITION (Error compiling condition)]")
    );
}

#[test]
fn warnings_leave_a_file_valid() {
    let text = rule("evt.type=open and evt.dir=<") + "- macro: m\n  condition: evt.num=1\n";
    let (ruleset, results) = load(&[&text, &rule("evt.type=open")]);
    assert!(ruleset.is_some());
    let summary = results.results[0].summary();
    assert_eq!(
        summary,
        "0.yaml: Ok, with warnings\n 2 warnings: [LOAD_DEPRECATED_ITEM (Used deprecated item: field \
         'evt.dir') LOAD_UNUSED_MACRO (Unused macro)]"
    );
    assert_eq!(
        results.validation(),
        "0.yaml: Ok, with warnings\n1.yaml: Ok, with warnings"
    );
    let json = results.results[0].json(&results.files);
    assert_eq!(json["warnings"][0]["deprecated_field"], "evt.dir");
    assert_eq!(
        json["warnings"][0]["context"]["snippet"],
        "evt.type=open and evt.dir=<\n                          ^\n"
    );
    assert_eq!(
        json["warnings"][1]["codedesc"],
        "A macro is defined in the rules content but is not used by any other macro or rule."
    );
    assert_eq!(
        (&json["schema_valid"], &json["successful"]),
        (&true.into(), &true.into())
    );
}

#[test]
fn snippets_are_cut_around_the_place() {
    let long = format!(
        "evt.type=open and proc.name in ({}) and proc.name like x",
        "a, ".repeat(60) + "b"
    );
    let (_, results) = load(&[&rule(&long)]);
    let json = results.results[0].json(&results.files);
    let snippet = json["errors"][0]["context"]["snippet"].as_str().unwrap();
    let (line, marker) = snippet.split_once('\n').unwrap();
    assert!(
        line.starts_with("... a, ") && line.ends_with("proc.name like x"),
        "{line}"
    );
    assert_eq!(marker.len(), 82);
}

#[test]
fn requirements_are_checked() {
    let engine = |version: &str| format!("- required_engine_version: {version}\n");
    for version in ["0.62.0", "26", "0.31.0", "010"] {
        assert!(load(&[&engine(version)]).0.is_some(), "{version}");
    }
    for (version, message) in [
        (
            "0.63.0",
            "Rules require engine version 0.63.0, but engine version is 0.62.0",
        ),
        (
            "63",
            "Rules require engine version 0.63.0, but engine version is 0.62.0",
        ),
        (
            "1.0.0",
            "Rules require engine version 1.0.0, but engine version is 0.62.0",
        ),
        (
            "0.62",
            "Unable to parse engine version '0.62' as a semver string. Expected \"x.y.z\" semver format.",
        ),
    ] {
        let problems = problems(&[&engine(version)]);
        assert!(
            problems.len() == 1 && problems[0].ends_with(message),
            "{problems:?}"
        );
    }
    let plugin = |name: &str, version: &str| {
        format!("- required_plugin_versions:\n  - {{name: {name}, version: {version}}}\n")
    };
    assert!(load(&[&plugin("container", "0.2.2")]).0.is_some());
    for (name, version, message) in [
        (
            "json",
            "0.7.0",
            "Plugin requirement not satisfied, must load one of: json (>= 0.7.0)",
        ),
        (
            "container",
            "0.9.0",
            "Plugin 'container' version '0.7.1' is not compatible with required plugin version '0.9.0'",
        ),
    ] {
        let (ruleset, results) = load(&[&plugin(name, version)]);
        assert!(ruleset.is_none());
        assert_eq!(results.failure().as_deref(), Some(message));
    }
    let either = "- required_plugin_versions:\n  - name: json\n    version: 0.1.0\n    alternatives: \
                  [{name: container, version: 0.1.0}]\n";
    assert!(load(&[either]).0.is_some());
}

#[test]
fn rules_for_other_sources_or_with_unknown_fields_can_be_skipped() {
    let audit = rule("ka.verb=get") + "  source: k8s_audit\n";
    let (ruleset, results) = load(&[&audit]);
    assert_eq!(ruleset.unwrap().rules().len(), 0);
    let warnings = &results.results[0].warnings;
    assert_eq!(warnings[0].message, "Unknown source k8s_audit, skipping");
    let lenient = rule("proc.nope=1") + "  skip-if-unknown-filter: true\n";
    assert_eq!(load(&[&lenient]).0.unwrap().rules().len(), 0);
    let output =
        rule("evt.type=open").replace("%evt.num", "%evt.nope") + "  skip-if-unknown-filter: true\n";
    assert_eq!(load(&[&output]).0.unwrap().rules().len(), 0);
    let other = rule("fd.num=x") + "  skip-if-unknown-filter: true\n";
    assert!(load(&[&other]).0.is_none());
}

#[test]
fn event_types_are_counted_by_name_alone() {
    let warns = |condition: &str| !problems(&[&rule(condition)]).is_empty();
    let many: Vec<String> = (0..101).map(|n| format!("type{n}")).collect();
    for (condition, expect) in [
        ("evt.type=open", false),
        ("evt.num=1", true),
        ("not evt.num=1", true),
        ("evt.type=open and not proc.name=x", false),
        ("evt.type=open and evt.type=type1", true),
        ("evt.type=open or proc.name=x", true),
        ("evt.type!=open", true),
        ("not evt.type!=open", false),
        ("not (evt.type!=open or proc.name=x)", false),
        ("evt.type in ()", true),
        ("evt.type=open and proc.name in ()", false),
        (&format!("evt.type in ({})", many[..100].join(",")), false),
        (&format!("evt.type in ({})", many.join(",")), true),
        ("evt.type exists", true),
    ] {
        assert_eq!(warns(condition), expect, "{condition}");
    }
    assert_eq!(
        problems(&[&(rule("evt.num=1") + "  warn_evttypes: false\n")]).len(),
        0
    );
}

#[test]
fn outputs_get_what_the_configuration_appends() {
    let options = Options {
        append: vec![
            Append {
                output: Some("num=%fd.num".to_owned()),
                tags: vec!["t".to_owned()],
                ..Append::default()
            },
            Append {
                output: Some("never".to_owned()),
                rule: Some("other".to_owned()),
                ..Append::default()
            },
            Append {
                suggested: true,
                fields: vec!["proc.name".to_owned()],
                texts: vec![("k".to_owned(), "v %fd.name".to_owned())],
                source: Some("syscall".to_owned()),
                ..Append::default()
            },
        ],
        ..Options::default()
    };
    let text = rule("evt.type=open").replace("o %evt", "o %container.info %evt") + "  tags: [t]\n";
    let (ruleset, results) = load_with(&[&text], &options);
    let ruleset = ruleset.unwrap();
    let r = &ruleset.rules()[0];
    assert_eq!(
        r.output_text,
        "o  %evt.num num=%fd.num container_id=%container.id"
    );
    let fields: Vec<_> = r
        .extra_fields
        .iter()
        .map(|f| (&*f.key, &*f.text, f.raw))
        .collect();
    assert_eq!(
        fields,
        [
            ("k", "v %fd.name", false),
            ("proc.name", "%proc.name", true)
        ]
    );
    assert_eq!(
        results.results[0].warnings[0].code_text(),
        "LOAD_DEPRECATED_ITEM"
    );
}

#[test]
fn what_follows_from_another_file_is_not_told_again() {
    let user = rule("mm and evt.num=1") + &rule("mm and evt.num=2").replace("rule: r", "rule: s");
    let count = |texts: &[&str]| {
        let (_, results) = load(texts);
        results.diagnostics().map(|d| d.message).collect::<Vec<_>>()
    };
    let broken = "- macro: mm\n  condition: [\n";
    let messages = count(&[broken, &user]);
    assert_eq!(
        messages[1..],
        ["Undefined macro 'mm' used in filter."],
        "{messages:?}"
    );
    let faulty = rule("fd.num=x");
    assert_eq!(
        count(&[&faulty, "- list: l\n  items: []\n"]),
        ["x is not a valid number"]
    );
}
