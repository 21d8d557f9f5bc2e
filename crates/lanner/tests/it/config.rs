//! `lanner config`, `lanner doctor`, and the schemas.

use std::process::Command;

use serde_json::Value;

use crate::lab::{Lab, Ran};

fn run(lab: &Lab, args: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_lanner"))
        .args(args)
        .current_dir(lab.path())
        .output();
    output.unwrap().into()
}

#[test]
fn a_check_tells_every_fault_and_fails_where_the_monitor_would() {
    let lab = Lab::new();
    lab.file("doubtful.yaml", "json_ouput: true\nlog_stderr: perhaps\n");
    let ran = run(&lab, &["config", "check", "-c", "doubtful.yaml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for text in [
        "did you mean `json_output`?",
        "doubtful.yaml:2:13",
        "must be true or false",
    ] {
        assert!(ran.stdout.contains(text), "{text}: {}", ran.stdout);
    }
    let ran = run(
        &lab,
        &["config", "check", "--strict", "-c", "doubtful.yaml"],
    );
    assert_eq!(ran.code, Some(1));
    lab.file("wrong.yaml", "json_ouput: true\npriority: loud\n");
    let ran = run(&lab, &["config", "check", "-c", "wrong.yaml"]);
    assert_eq!(ran.code, Some(1));
    for text in [
        "Unknown priority \"loud\"",
        "wrong.yaml:2:11",
        "did you mean `json_output`?",
    ] {
        assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
    }
    let ran = run(&lab, &["config", "check", "-c", "falco.yaml"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (Some(0), "falco.yaml: ok\n")
    );
}

#[test]
fn of_a_key_that_is_there_twice_the_first_counts_and_the_other_is_told() {
    let lab = Lab::new();
    let text =
        "json_output: true\njson_output: false\nhttp_output:\n  url: http://a/\n  url: http://b/\n";
    lab.file("falco.yaml", text);
    let ran = run(&lab, &["config", "show", "-c", "falco.yaml"]);
    let shown: Vec<(&str, &str)> = (ran.stdout.lines())
        .filter_map(|l| l.split_once('#'))
        .map(|(value, origin)| (value.trim(), origin.trim()))
        .collect();
    let expect = [
        ("json_output: true", "falco.yaml:1"),
        ("url: \"http://a/\"", "falco.yaml:4"),
    ];
    assert_eq!(shown, expect);
    let ran = run(&lab, &["config", "check", "-c", "falco.yaml"]);
    expect_test::expect![[r#"
        falco.yaml: ok
        warning[CONFIG_DUPLICATE_KEY]: `json_output` is there twice, and the first one counts
         --> falco.yaml:2:1
          |
        1 | json_output: true
          | ----------- this one does
        2 | json_output: false
          | ^^^^^^^^^^^ this one does not count
        warning[CONFIG_DUPLICATE_KEY]: `http_output.url` is there twice, and the first one counts
         --> falco.yaml:5:3
          |
        4 |   url: http://a/
          |   --- this one does
        5 |   url: http://b/
          |   ^^^ this one does not count
    "#]]
    .assert_eq(&ran.stdout);
}

#[test]
fn what_is_wrong_with_an_output_is_told_with_its_place() {
    let lab = Lab::new();
    let check = |text: &str, expect: &str| {
        lab.file("falco.yaml", text);
        let ran = run(&lab, &["config", "check", "-c", "falco.yaml"]);
        assert_eq!(ran.code, Some(1), "{text}: {}", ran.stdout);
        assert!(ran.stderr.contains(expect), "{text}: {}", ran.stderr);
    };
    check(
        "http_output:\n  enabled: true\n",
        "http output enabled but no url in configuration block (falco.yaml:2: set http_output.url, \
         or http_output.enabled to false)",
    );
    let http = "http_output:\n  enabled: true\n  url: http://h/\n";
    check(&format!("{http}  format: xml\n"), " --> falco.yaml:4:11\n");
    check(
        &format!("{http}  timeout: soon\n"),
        " --> falco.yaml:4:12\n",
    );
    check(
        &format!("{http}outputs_spool:\n  max_age: 5 fortnights\n"),
        " --> falco.yaml:5:12\n",
    );
    // What is not used is no error.
    lab.file("falco.yaml", "outputs_spool:\n  max_age: 5 fortnights\n");
    let ran = run(&lab, &["config", "check", "-c", "falco.yaml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("must be a duration such as 1h30m"));
}

#[test]
fn what_is_shown_can_be_used_and_means_the_same() {
    let lab = Lab::new();
    let ran = run(
        &lab,
        &["config", "show", "-c", "falco.yaml", "-o", "priority=error"],
    );
    assert!(ran.stdout.contains("# falco.yaml:1\n"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("# -o priority=error\n"),
        "{}",
        ran.stdout
    );
    let all = run(&lab, &["config", "show", "--all", "-c", "falco.yaml"]);
    for line in [
        "  url: \"\"",
        "rules_files: []",
        "  headers: {}",
        "  token: \"\"",
    ] {
        let shown = |l: &str| l.starts_with(line) && l.ends_with("# default");
        assert!(all.stdout.lines().any(shown), "{line}: {}", all.stdout);
    }
    lab.file("again.yaml", &all.stdout);
    let again = run(&lab, &["config", "check", "--strict", "-c", "again.yaml"]);
    assert_eq!(again.code, Some(0), "{}{}", all.stdout, again.stderr);
    let json = run(
        &lab,
        &["config", "show", "--format", "json", "-c", "falco.yaml"],
    );
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["stdout_output.enabled"]["origin"], "falco.yaml:1");
}

#[test]
fn the_schemas_are_json() {
    let lab = Lab::new();
    for (flag, part) in [
        ("--config-schema", "properties"),
        ("--rule-schema", "definitions"),
    ] {
        let ran = run(&lab, &["run", flag]);
        let schema: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert!(schema[part].is_object(), "{flag}");
    }
}

#[test]
fn the_doctor_knows_whether_this_machine_can_be_monitored() {
    let lab = Lab::new();
    let ran = run(&lab, &["doctor", "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let fatal = |report: &Value| {
        let findings = report["findings"].as_array().unwrap();
        findings.iter().any(|f| f["status"] == "fatal")
    };
    assert_eq!(report["can_monitor"], !fatal(&report));
    assert_eq!(ran.code, Some(i32::from(fatal(&report))));
    // Without rights nothing can be monitored, and it says what is lacking.
    let output = Command::new("setpriv")
        .args(["--bounding-set=-all", "--inh-caps=-all", "--"])
        .args([env!("CARGO_BIN_EXE_lanner"), "doctor"])
        .output();
    let Ok(output) = output else {
        return;
    };
    let ran: Ran = output.into();
    if ran.stderr.contains("setpriv: ") {
        return;
    }
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    assert!(ran.stdout.contains("CAP_BPF: not held"), "{}", ran.stdout);
    assert!(ran.stdout.contains("cannot be monitored"), "{}", ran.stdout);
}
