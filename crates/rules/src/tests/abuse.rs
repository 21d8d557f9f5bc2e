//! Files that nobody should write, and many rules.

use std::fmt::Write as _;
use std::io::Write as _;

use super::{load, problems, rule, scheme};
use crate::{Options, RulesFiles, Ruleset};

#[test]
fn files_that_cannot_be_read_give_one_clear_error_each() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::File::create(&path)
            .unwrap()
            .write_all(bytes)
            .unwrap();
        path
    };
    let large = file("large.yaml", b"- rule: r\n");
    std::fs::OpenOptions::new()
        .write(true)
        .open(&large)
        .unwrap()
        .set_len(100 << 20)
        .unwrap();
    for (path, expect) in [
        (large, "it has 100 MiB, more than the 64 MiB that are read"),
        (
            file("binary.yaml", b"\x7fELF\x02\x01\x01\0"),
            "it is not text: byte 0 is 0x7f",
        ),
        (
            folder.path().join("none.yaml"),
            "No such file or directory (os error 2)",
        ),
        (
            folder.path().join("no/such/folder"),
            "No such file or directory (os error 2)",
        ),
        (folder.path().to_owned(), "it is a directory"),
    ] {
        let (ruleset, results) = Ruleset::load(&[&path], &scheme(), &Options::default());
        assert!(ruleset.is_none());
        let failure = results.failure().unwrap();
        assert!(
            failure.starts_with("Could not ") && failure.ends_with(expect),
            "{failure}"
        );
        assert!(failure.contains(&path.display().to_string()), "{failure}");
        assert_eq!(results.results[0].errors.len(), 1);
    }
}

#[test]
fn folders_stand_for_the_yaml_files_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["b.yaml", "a.yml", "c.txt", "d.yaml.bak", ".e.yaml"] {
        std::fs::File::create(path(name)).unwrap();
    }
    std::fs::create_dir(path("f.yaml")).unwrap();
    let found = RulesFiles::find(&[folder.path().to_owned(), path("c.txt"), path("gone.yaml")]);
    assert_eq!(
        found.files,
        [
            path(".e.yaml"),
            path("a.yml"),
            path("b.yaml"),
            path("gone.yaml")
        ]
    );
    assert_eq!(found.folders, [folder.path()]);
    assert_eq!(found.ignored, [path("c.txt")]);
}

#[test]
fn lists_and_macros_that_multiply_are_refused() {
    let mut lists = String::new();
    for level in 0..12 {
        let items = vec![format!("l{}", level + 1); 10].join(", ");
        writeln!(lists, "- list: l{level}\n  items: [{items}]").unwrap();
    }
    let problems_of_lists = problems(&[&(lists + &rule("proc.name in (l0)"))]);
    let expect = "LOAD_ERR_COMPILE_CONDITION the condition is too long with its lists";
    assert!(
        problems_of_lists[0].ends_with(expect),
        "{problems_of_lists:?}"
    );

    // A macro that is used twice is stored once: this is small.
    let mut macros = "- macro: m0\n  condition: evt.num=1\n".to_owned();
    for level in 1..60 {
        let before = level - 1;
        writeln!(
            macros,
            "- macro: m{level}\n  condition: m{before} and not m{before}"
        )
        .unwrap();
    }
    assert!(load(&[&(macros + &rule("m59"))]).0.is_some());
}

#[test]
fn a_long_chain_of_macros_is_bounded() {
    let mut chain = "- macro: m0\n  condition: evt.num=1\n".to_owned();
    for level in 1..2000 {
        writeln!(
            chain,
            "- macro: m{level}\n  condition: m{} and evt.num={level}",
            level - 1
        )
        .unwrap();
    }
    let problems = problems(&[&(chain + &rule("m1999"))]);
    assert!(
        problems[0].contains("macros have more than 1048576 parts"),
        "{}",
        problems[0]
    );
}

#[test]
fn macros_that_refer_forward_after_redefinition_are_bounded() {
    let mut text = String::new();
    for level in 0..400 {
        writeln!(text, "- macro: m{level}\n  condition: evt.num=1").unwrap();
    }
    for level in 0..399 {
        writeln!(
            text,
            "- macro: m{level}\n  condition: m{} or m{0}",
            level + 1
        )
        .unwrap();
    }
    let problems = problems(&[&(text + &rule("m0"))]);
    assert!(
        problems[0].contains("macros refer to each other more than 200 deep"),
        "{}",
        problems[0]
    );
}

#[test]
fn errors_and_warnings_are_bounded() {
    let text = "- nonsense\n".repeat(2000);
    assert_eq!(load(&[&text]).1.results[0].errors.len(), 1000);
    let text = "- unknown: item\n".repeat(10_100);
    assert_eq!(load(&[&text]).1.results[0].warnings.len(), 10_000);
}

#[test]
fn many_rules_load() {
    let mut text =
        "- list: shells\n  items: [bash, sh]\n- macro: m\n  condition: evt.type in (open, type1)\n"
            .to_owned();
    for number in 0..2_000 {
        let rule = rule(&format!("m and proc.name in (shells, x{number})"));
        text.push_str(&rule.replace("rule: r", &format!("rule: rule {number}")));
    }
    let (ruleset, results) = load(&[&text]);
    let ruleset = ruleset.unwrap();
    assert_eq!(
        (ruleset.rules().len(), ruleset.enabled().count()),
        (2_000, 2_000)
    );
    assert_eq!(results.validation(), "0.yaml: Ok");
    assert_eq!(ruleset.rules()[1_999].name, "rule 1999");
}

#[test]
fn hostile_yaml_is_refused() {
    for text in [
        "[",
        "{",
        "- {a: [",
        "&a [*a]",
        "- *a",
        "\t- a",
        "- rule: \"",
        "%",
        "- @",
        "- rule: [a]",
        "- rule: {a: b}",
        "- ? [a]\n  : b",
        "- list: l\n  items: {a: b}",
        "- macro: ~",
        "- required_plugin_versions: a",
        "- required_plugin_versions: [a]",
        "- required_engine_version: ~",
        "- rule: r\n  override: [a]",
        "- rule: r\n  override: {[a]: b}",
        "- rule: r\n  exceptions: {a: b}",
        "- rule: r\n  desc: d\n  exceptions: [[a]]",
    ] {
        let (ruleset, results) = load(&[text]);
        assert!(
            ruleset.is_none() || results.results[0].successful(),
            "{text}"
        );
    }
}

#[test]
fn many_faults_of_one_condition_share_its_text() {
    let checks = vec!["proc.nope=1"; 3_000].join(" and ");
    let (_, results) = load(&[&rule(&checks)]);
    assert_eq!(results.results[0].errors.len(), 1000);
}
