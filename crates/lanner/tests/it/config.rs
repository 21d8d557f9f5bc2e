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
