//! Lists, macros, exceptions, redefinition, append and override.

use super::{compiled, problems, rule, rules};

#[track_caller]
fn check(text: &str, expect: &str) {
    assert_eq!(compiled(&[text]), expect);
}

#[test]
fn lists_are_text_in_conditions() {
    let with = |items: &str, condition: &str| {
        format!("- list: l\n  items: [{items}]\n{}", rule(condition))
    };
    check(&with("a, b", "proc.name in (l)"), "proc.name in (a, b)");
    check(
        &with("a, b", "proc.name in (x,l, \"y\")"),
        "proc.name in (x, a, b, y)",
    );
    check(
        &with("a b, c", "proc.name in (l)"),
        "proc.name in (\"a b\", c)",
    );
    check(
        &with("'\"a b\"'", "proc.name in (l)"),
        "proc.name in (\"a b\")",
    );
    check(&with("a", "proc.name=l"), "proc.name = a");
    check(&with("", "proc.name in (l)"), "proc.name in ()");
    check(&with("", "proc.name in (a, l)"), "proc.name in (a)");
    check(&with("", "proc.name in (l, a)"), "proc.name in (a)");
    check(
        &with("a", "proc.name in (l, ll, l)"),
        "proc.name in (a, ll, a)",
    );
    check(&with("a", "proc.name in (l,l,l)"), "proc.name in (a, a, a)");
}

#[test]
fn lists_of_lists_are_expanded_whatever_their_order() {
    let text = format!(
        "- list: inner\n  items: [a, b]\n- list: outer\n  items: [inner, c]\n- list: outest\n  \
         items: [outer, later]\n- list: later\n  items: [d]\n{}",
        rule("proc.name in (outest)")
    );
    // Two levels down an earlier list is not found any more, a later one is.
    check(&text, "proc.name in (inner, c, d)");
}

#[test]
fn a_list_that_names_itself_is_not_expanded_forever() {
    let text = format!("- list: l\n  items: [l, a]\n{}", rule("proc.name in (l)"));
    check(&text, "proc.name in (l, a)");
    let text = format!(
        "- list: k\n  items: [l, l]\n- list: l\n  items: [k, k]\n{}",
        rule("proc.name in (k)")
    );
    check(&text, "proc.name in (l, l, l, l, l, l, l, l)");
}

#[test]
fn macros_are_parts_of_conditions() {
    let text = format!(
        "- macro: m\n  condition: proc.name=a or proc.name=b\n{}",
        rule("evt.type=open and not m")
    );
    check(
        &text,
        "(evt.type = open and not (proc.name = a or proc.name = b))",
    );
    let later = format!("{}- macro: m\n  condition: proc.name=a\n", rule("m"));
    check(&later, "proc.name = a");
}

#[test]
fn macros_see_only_what_was_defined_before_them() {
    let text = "- macro: a\n  condition: b\n- macro: b\n  condition: evt.type=open\n";
    let text = format!("{text}{}", rule("a"));
    assert_eq!(
        problems(&[&text]),
        [
            "2:14: LOAD_ERR_VALIDATE Undefined macro 'b' used in filter. [a macro sees only those \
          before it: define `b` earlier]"
        ]
    );
    // Defining it again moves it behind what it refers to.
    let text = format!("{text}- macro: a\n  condition: b and evt.num=1\n");
    check(&text, "(evt.type = open and evt.num = 1)");
}

#[test]
fn macros_that_contain_themselves_are_refused() {
    let own = format!(
        "- macro: a\n  condition: evt.type=open and a\n{}",
        rule("a")
    );
    assert_eq!(
        problems(&[&own]),
        [
            "2:32: LOAD_ERR_VALIDATE Undefined macro 'a' used in filter. [a macro sees only those \
          before it: define `a` earlier]"
        ]
    );
    let appended = format!(
        "- macro: a\n  condition: evt.type=open\n- macro: a\n  condition: or a\n  override: \
         {{condition: append}}\n{}",
        rule("a")
    );
    assert_eq!(
        problems(&[&appended]),
        ["4:17: LOAD_ERR_VALIDATE reference loop in macro 'a'"]
    );
    let around = format!(
        "- macro: a\n  condition: evt.num=1\n- macro: b\n  condition: a\n- macro: a\n  condition: \
         b\n{}",
        rule("b")
    );
    assert_eq!(
        problems(&[&around])[0],
        "6:14: LOAD_ERR_VALIDATE reference loop in macro 'b'"
    );
}

#[test]
fn exceptions_become_a_part_of_the_condition() {
    let with = |exception: &str| {
        format!(
            "{}  exceptions:\n    - name: e\n      {exception}\n",
            rule("evt.type=open or m")
        ) + "- macro: m\n  condition: evt.num=1\n- list: l\n  items: [x, y]\n"
    };
    let base = "(evt.type = open or evt.num = 1)";
    for (exception, expect) in [
        (
            "fields: [proc.name, fd.name]\n      values: [[a, b], [c, /d]]",
            "((proc.name = a and fd.name = b) or (proc.name = c and fd.name = /d))",
        ),
        (
            "fields: [proc.name]\n      comps: [in]\n      values: [[[a, b c]], [l], ['(d)']]",
            "(proc.name in (a, \"b c\") or proc.name in (x, y) or proc.name in (d))",
        ),
        (
            "fields: [proc.name]\n      comps: [startswith]\n      values: [[a b]]",
            "proc.name startswith \"a b\"",
        ),
        (
            "fields: proc.name\n      values: [a, b c, l]",
            "proc.name in (a, \"b c\", x, y)",
        ),
        (
            "fields: proc.name\n      comps: startswith anyof\n      values: [a, b]",
            "proc.name startswith anyof (a, b)",
        ),
        (
            "fields: fd.name\n      comps: ' pmatch '\n      values: [/a]",
            "fd.name pmatch (/a)",
        ),
    ] {
        check(&with(exception), &format!("({base} and not {expect})"));
    }
    check(&with("fields: proc.name"), base);
    check(&with("fields: [proc.name]\n      values: []"), base);
}

#[test]
fn faults_in_exceptions_are_told() {
    let with = |exception: &str| {
        format!(
            "{}  exceptions:\n    - name: e\n      {exception}\n",
            rule("evt.type=open")
        )
    };
    for (exception, expect) in [
        (
            "values: [[a]]",
            "LOAD_ERR_YAML_VALIDATE Item has no mapping for key 'fields'",
        ),
        (
            "fields: [proc.name]\n      comps: [like]\n      values: [[a]]",
            "LOAD_ERR_VALIDATE 'like' is not a supported comparison operator",
        ),
        (
            "fields: [proc.nme]\n      values: [[a]]",
            "LOAD_ERR_VALIDATE 'proc.nme' is not a supported filter field [did you mean `proc.name`?]",
        ),
        (
            "fields: proc.name\n      comps: [in]\n      values: [a]",
            "LOAD_ERR_VALIDATE Fields and comps must both be strings",
        ),
        (
            "fields: proc.name\n      values: [[a]]",
            "LOAD_ERR_VALIDATE Expected values array to contain a list of strings",
        ),
        (
            "fields: [proc.name]\n      values: [[a, b]]",
            "LOAD_ERR_VALIDATE Fields and values lists must have equal length",
        ),
        (
            "fields: [proc.name]\n      values: a",
            "LOAD_ERR_YAML_VALIDATE Rule exception values must be a sequence",
        ),
    ] {
        let problems = problems(&[&with(exception)]);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].ends_with(expect), "{problems:?}");
    }
}

#[test]
fn a_second_definition_replaces_the_first_in_its_place() {
    let one = rule("evt.type=open") + &rule("evt.num=1").replace("rule: r", "rule: s");
    let again = rule("evt.num=2").replace("desc: d", "desc: e");
    let rules = rules(&[&one, &again]);
    let names: Vec<_> = rules
        .iter()
        .map(|r| (r.name.as_str(), r.desc.as_str(), r.id.0))
        .collect();
    assert_eq!(names, [("r", "e", 0), ("s", "d", 1)]);
    assert_eq!(compiled(&[&one, &again]), "evt.num = 2");
}

#[test]
fn append_and_override_change_what_they_name() {
    let base = format!(
        "- list: l\n  items: [a]\n- macro: m\n  condition: proc.name in (l)\n{}  tags: [t]\n  \
         exceptions:\n    - name: e\n      fields: [proc.name]\n      values: [[x]]\n",
        rule("evt.type=open or m")
    );
    let more = "- list: l\n  items: [b]\n  append: true\n- macro: m\n  condition: or evt.num=2\n  \
                override: {condition: append}\n- rule: r\n  condition: and fd.num=3\n  output: and \
                %fd.num\n  desc: and more\n  tags: [u]\n  exceptions:\n    - name: e\n      \
                values: [[y]]\n    - name: f\n      fields: fd.num\n      values: [4]\n  \
                priority: ALERT\n  enabled: no\n  capture: yes\n  capture_duration: 5\n  override:\n    \
                condition: append\n    output: append\n    desc: append\n    tags: append\n    \
                exceptions: append\n    priority: replace\n    enabled: replace\n    capture: \
                replace\n    capture_duration: replace\n";
    let rules = rules(&[&base, more]);
    let r = &rules[0];
    assert_eq!(
        (
            r.desc.as_str(),
            r.output_text.as_str(),
            r.priority.name(),
            r.enabled,
            r.capture
        ),
        ("d and more", "o %evt.num and %fd.num", "Alert", false, true)
    );
    assert_eq!(
        (r.capture_duration, r.tags.join(",")),
        (5, "t,u".to_owned())
    );
    assert_eq!(r.exception_fields, ["fd.num", "proc.name"]);
    assert_eq!(
        compiled(&[&base, more]),
        "((evt.type = open or ((proc.name in (a, b) or evt.num = 2) and fd.num = 3)) and not \
         (proc.name = x or proc.name = y) and not fd.num in (4))"
    );
}

#[test]
fn overrides_are_checked() {
    let base = rule("evt.type=open");
    for (item, expect) in [
        (
            "override: {condition: append}",
            "An append override for 'condition' was specified but 'condition' is not defined",
        ),
        (
            "priority: INFO\n  override: {priority: append}",
            "Key 'priority' cannot be appended to, use 'replace' instead",
        ),
        (
            "source: x\n  override: {source: replace}",
            "Key 'source' cannot be replaced",
        ),
        (
            "desc: x\n  override: {desc: prepend}",
            "Invalid override operation for key 'desc': 'prepend'. Allowed values are: append replace ",
        ),
        (
            "desc: x\n  tags: [a]\n  override: {desc: replace}",
            "Unexpected key 'tags': no corresponding entry under 'override' is defined.",
        ),
    ] {
        let text = format!("{base}- rule: r\n  {item}\n");
        let problems = problems(&[&text]);
        assert!(problems[0].contains(expect), "{problems:?}");
    }
}

#[test]
fn an_unchanged_rule_keeps_its_warnings_in_later_files() {
    let first = rule("evt.num=1") + "- list: unused\n  items: [a]\n";
    let twice = problems(&[&first, "- list: other\n  items: [b]\n"]);
    assert_eq!(
        twice,
        [
            "3:14: LOAD_NO_EVTTYPE Rule matches too many evt.type values. This has a significant \
             performance penalty. [name the event types that the rule is about: `evt.type in (...) \
             and ...`]",
            "6:3: LOAD_UNUSED_LIST List not referred to by any other rule/macro",
            "1:3: LOAD_UNUSED_LIST List not referred to by any other rule/macro",
        ]
    );
    // A macro that changes makes the rule be compiled again.
    let first = "- macro: m\n  condition: evt.type=open\n".to_owned() + &rule("m");
    assert_eq!(
        compiled(&[&first, "- macro: m\n  condition: evt.num=7\n"]),
        "evt.num = 7"
    );
    assert_eq!(
        rules(&[&first, "- macro: m\n  condition: evt.num=7\n"]).len(),
        1
    );
}
