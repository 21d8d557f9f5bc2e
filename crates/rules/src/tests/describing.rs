//! What `-L` and `-l` print.

use serde_json::json;

use super::{load_with, rule, scheme};
use crate::{Append, Options, description_text};

#[test]
fn rules_macros_and_lists_are_described() {
    let options = Options {
        describe: true,
        append: vec![Append {
            texts: vec![("k".to_owned(), "%fd.name".to_owned())],
            ..Append::default()
        }],
        ..Options::default()
    };
    let text = "- required_engine_version: 0.40.0\n- required_plugin_versions: [{name: container, \
                version: 0.2.0}]\n- list: l\n  items: [a, b]\n- list: k\n  items: [l, c]\n- macro: m\n  \
                condition: proc.name in (l)\n"
        .to_owned()
        + &rule("evt.type=open and m and not proc.aname[2] startswith anyof (x)")
            .replace("%evt.num", "%container.id")
        + "  exceptions: [{name: e, fields: fd.name, values: [/x]}]\n";
    let (ruleset, _) = load_with(&[&text], &options);
    let mut ruleset = ruleset.unwrap();
    let names = |kinds: &lanner_filter::KindSet| vec![format!("{} kinds", kinds.len())];
    let all = ruleset.describe(None, &scheme(), &names).unwrap();
    assert_eq!(
        all,
        json!({
            "required_engine_version": "0.40.0",
            "required_plugin_versions": [{ "name": "container", "version": "0.2.0", "alternatives": [] }],
            "rules": [{
                "info": {
                    "name": "r",
                    "condition": "evt.type=open and m and not proc.aname[2] startswith anyof (x)",
                    "priority": "Informational",
                    "output": "o %container.id",
                    "description": "d",
                    "enabled": true,
                    "source": "syscall",
                    "capture": false,
                    "capture_duration": 0,
                    "tags": [],
                },
                "details": {
                    "macros": ["m"],
                    "lists": [],
                    "condition_operators": ["=", "in", "startswith anyof"],
                    "condition_fields": ["evt.type", "fd.name", "proc.aname[2]", "proc.name"],
                    "extra_output_formatted_fields": { "k": "%fd.name" },
                    "output_fields": ["%fd.name", "container.id"],
                    "exception_fields": ["fd.name"],
                    "exception_names": ["e"],
                    "exception_operators": ["in"],
                    "events": ["1 kinds"],
                    "condition_compiled": "((evt.type = open and proc.name in (a, b) and not \
                        proc.aname[2] startswith anyof (x)) and not fd.name in (/x))",
                    "output_compiled": "o %container.id",
                    "plugins": ["container"],
                },
            }],
            "macros": [{
                "info": { "name": "m", "condition": "proc.name in (l)" },
                "details": {
                    "used": true,
                    "macros": [],
                    "lists": ["l"],
                    "condition_operators": ["in"],
                    "condition_fields": ["proc.name"],
                    "events": ["200 kinds"],
                    "condition_compiled": "proc.name in (a, b)",
                    "plugins": [],
                },
            }],
            "lists": [
                {
                    "info": { "name": "l", "items": ["a", "b"] },
                    "details": { "used": true, "lists": [], "items_compiled": ["a", "b"], "plugins": [] },
                },
                {
                    "info": { "name": "k", "items": ["c"] },
                    "details": { "used": false, "lists": ["l"], "items_compiled": ["a", "b", "c"], "plugins": [] },
                },
            ],
        })
    );
    let one = ruleset.describe(Some("r"), &scheme(), &names).unwrap();
    assert_eq!(one, json!({ "rules": all["rules"] }));
    assert!(ruleset.describe(Some("s"), &scheme(), &names).is_none());
}

#[test]
fn conditions_are_written_as_falco_writes_them() {
    for (condition, expect) in [
        (
            r#"proc.name in (a, 'b c', "", '(x)', "it's")"#,
            r#"proc.name in (a, "b c", , (x), "it's")"#,
        ),
        (
            "not (evt.num=1 or not evt.num=2) and fd.name exists",
            "(not (evt.num = 1 or not evt.num = 2) and fd.name exists)",
        ),
        (
            "tolower(proc.aname[1]) = val(proc.name)",
            "tolower(proc.aname[1]) = val(proc.name)",
        ),
        (r"proc.name = 'a=b\\c'", r#"proc.name = "a=b\\c""#),
    ] {
        let text = rule(&format!("|-\n    {condition}"));
        assert_eq!(super::compiled(&[&text]), expect, "{text}");
    }
}

#[test]
fn descriptions_are_wrapped_in_a_second_column() {
    let description = json!({ "rules": [
        { "info": { "name": "Short", "description": "A description that is so long that it does not fit into the second column of a line" } },
        { "info": { "name": "n".repeat(60), "description": "d" } },
    ] });
    let pad = " ".repeat(45);
    let expect = format!(
        "Rule{0} Description\n----{0} -----------\nShort{pad} A description that is so long that it \
         does not fit into \n{1}the second column of a line \n\n{2} d \n\n",
        " ".repeat(46),
        " ".repeat(51),
        "n".repeat(60),
    );
    assert_eq!(description_text(&description), expect);
}

#[test]
fn the_schema_names_every_key() {
    let schema = crate::rule_schema();
    let keys = schema["definitions"]["FalcoRule"]["properties"]
        .as_object()
        .unwrap();
    assert_eq!(keys.len(), 20);
    assert_eq!(
        keys["priority"],
        json!({ "$ref": "#/definitions/Priority" })
    );
    assert_eq!(
        schema["definitions"]["Exception"]["required"],
        json!(["name"])
    );
}
