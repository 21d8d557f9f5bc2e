//! Which rules are enabled.

use super::{load_with, rule};
use crate::{Options, Priority, Ruleset, Select, Switch};

fn ruleset(options: &Options) -> Ruleset {
    let named = |name: &str, more: &str| {
        rule("evt.type=open").replace("rule: r", &format!("rule: {name}")) + more
    };
    let text = named("Write below etc", "  tags: [file, host]\n")
        + &named("Write below bin", "  tags: [file]\n  enabled: false\n")
        + &named("Shell", "").replace("INFO", "ERROR");
    load_with(&[&text], options).0.unwrap()
}

fn enabled(switches: &[(bool, Select)]) -> String {
    let mut ruleset = ruleset(&Options::default());
    let switches: Vec<Switch> = switches
        .iter()
        .map(|(enable, select)| Switch {
            enable: *enable,
            select: select.clone(),
        })
        .collect();
    ruleset.select(&switches);
    let names: Vec<&str> = ruleset.enabled().map(|rule| rule.name.as_str()).collect();
    names.join(", ")
}

#[test]
fn switches_apply_in_order() {
    let name = |pattern: &str| Select::Name(pattern.to_owned());
    let tag = |tag: &str| Select::Tag(tag.to_owned());
    assert_eq!(enabled(&[]), "Write below etc, Shell");
    assert_eq!(
        enabled(&[(true, tag("file"))]),
        "Write below etc, Write below bin, Shell"
    );
    assert_eq!(enabled(&[(false, name("*"))]), "");
    assert_eq!(
        enabled(&[(false, name("*")), (true, tag("host"))]),
        "Write below etc"
    );
    assert_eq!(enabled(&[(false, name("Write*"))]), "Shell");
    assert_eq!(enabled(&[(false, name("*e*etc"))]), "Shell");
    assert_eq!(
        enabled(&[(true, name("*bin"))]),
        "Write below etc, Write below bin, Shell"
    );
    assert_eq!(enabled(&[(false, name("Shell"))]), "Write below etc");
    assert_eq!(enabled(&[(false, name("Shel"))]), "Write below etc, Shell");
    assert_eq!(enabled(&[(false, name("*hell*"))]), "Write below etc");
    assert_eq!(enabled(&[(false, tag("host*"))]), "Write below etc, Shell");
}

#[test]
fn rules_below_the_least_priority_stay_disabled() {
    let options = Options {
        min_priority: Priority::Warning,
        ..Options::default()
    };
    let mut ruleset = ruleset(&options);
    ruleset.select(&[Switch {
        enable: true,
        select: Select::Name("*".to_owned()),
    }]);
    let names: Vec<&str> = ruleset.enabled().map(|rule| rule.name.as_str()).collect();
    assert_eq!(names, ["Shell"]);
    assert_eq!(ruleset.rules().len(), 3);
}

#[test]
fn priorities_are_known_by_name_in_any_case() {
    for (text, expect) in [
        ("EMERGENCY", Some(Priority::Emergency)),
        ("Info", Some(Priority::Informational)),
        ("informational", Some(Priority::Informational)),
        ("WARN", None),
        ("", None),
    ] {
        assert_eq!(Priority::parse(text), expect, "{text}");
    }
}
