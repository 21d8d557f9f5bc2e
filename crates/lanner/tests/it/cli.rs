//! Flags that print something and end, and what is said when something is wrong.

use crate::lab::{Lab, rule};

#[test]
fn versions_are_told_in_text_and_json() {
    let lab = Lab::new();
    let ran = lab.run(["--version"]);
    assert_eq!(ran.code, Some(0));
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(
        lines[0].starts_with("Falco version: 0.44.1"),
        "{}",
        ran.stdout
    );
    assert!(lines[0].contains("Lanner"), "{}", ran.stdout);
    assert_eq!(lines[3], "Engine:        0.62.0");
    let ran = lab.run(["--version", "-o", "json_output=true"]);
    assert!(
        ran.stdout.contains("\"engine_version\":\"62\""),
        "{}",
        ran.stdout
    );
}

#[test]
fn listings_need_no_rules() {
    let lab = Lab::new();
    let ran = lab.run(["--list=syscall", "-N"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.lines().any(|l| l == "proc.name"));
    let ran = lab.run(["--list-events"]);
    assert!(ran.stdout.contains("\n< openat("));
    let ran = lab.run(["-i"]);
    assert!(
        ran.stdout.starts_with("Ignored syscall(s):\n- pread64\n"),
        "{}",
        ran.stdout
    );
    let ran = lab.run(["--list=nosuch"]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(
        ran.stderr.trim(),
        "Error: Value for --list must be a valid source type"
    );
}

#[test]
fn a_flag_that_does_not_exist_is_an_error_and_an_old_one_a_warning() {
    let lab = Lab::new();
    let ran = lab.run(["--nosuch"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    let ran = lab.run(["-k", "http://localhost", "--list", "-N"]);
    assert_eq!(ran.code, Some(0));
    let warnings = ran
        .stderr
        .lines()
        .filter(|l| l.contains("-k is an old flag"));
    assert_eq!(warnings.count(), 1, "{}", ran.stderr);
}

#[test]
fn help_goes_to_stdout() {
    let ran = Lab::new().run(["-h"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert!(ran.stdout.contains("-r <PATH>"), "{}", ran.stdout);
}

#[test]
fn rules_are_validated_one_line_a_file() {
    let lab = Lab::new();
    lab.file("good.yaml", rule("Good", "evt.type = execve", "x"));
    lab.file("warned.yaml", rule("All", "proc.name = x", "x"));
    lab.file(
        "bad.yaml",
        rule("Bad", "proc.nome = x and evt.type = execve", "x"),
    );
    let ran = lab.run(["-V", "good.yaml"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (Some(0), "good.yaml: Ok\n"),
        "{}",
        ran.stderr
    );
    let ran = lab.run(["-V", "warned.yaml"]);
    assert_eq!(ran.code, Some(0));
    assert!(
        ran.stdout.starts_with("warned.yaml: Ok, with warnings"),
        "{}",
        ran.stdout
    );
    let ran = lab.run(["-V", "good.yaml", "-V", "bad.yaml"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stdout.contains("bad.yaml: Invalid\n1 Errors:\n"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("LOAD_ERR_COMPILE_CONDITION"),
        "{}",
        ran.stdout
    );
    let ran = lab.run(["-V", "bad.yaml", "-o", "json_output=true"]);
    assert!(
        ran.stdout.starts_with("{\"falco_load_results\":["),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_mistake_in_a_rule_is_explained_where_it_stands() {
    let lab = Lab::new();
    lab.file(
        "bad.yaml",
        rule("Bad", "evt.type = execve and proc.nome = x", "x"),
    );
    lab.capture("x.scap", &["/bin/ls"]);
    let ran = lab.run(["replay", "x.scap", "-r", "bad.yaml"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("Error: bad.yaml: Invalid"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("did you mean `proc.name`?"),
        "{}",
        ran.stderr
    );
}

#[test]
fn rules_are_described() {
    let lab = Lab::new();
    lab.file("rules.yaml", rule("Good", "evt.type = execve", "x"));
    let ran = lab.run(["-r", "rules.yaml", "-L"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("Rule "), "{}", ran.stdout);
    let line = format!("{:<50} a rule of the tests", "Good");
    assert!(ran.stdout.contains(&line), "{}", ran.stdout);
    let ran = lab.run(["-r", "rules.yaml", "-l", "Good", "-o", "json_output=true"]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["rules"][0]["info"]["priority"], "Notice");
    assert_eq!(
        json["rules"][0]["details"]["condition_fields"][0],
        "evt.type"
    );
}

#[test]
fn something_must_be_there_to_run() {
    let lab = Lab::new();
    let check = |args: &[&str], expect: &str| {
        let ran = lab.run(args);
        assert_eq!(ran.code, Some(1), "{args:?}");
        assert!(ran.stderr.contains(expect), "{args:?}: {}", ran.stderr);
    };
    lab.file("rules.yaml", rule("Good", "evt.type = execve", "x"));
    lab.capture("x.scap", &["/bin/ls"]);
    check(
        &["replay", "x.scap"],
        "Error: You must specify at least one rules file/directory via -r or a rules_file entry \
         in falco.yaml",
    );
    check(
        &["replay", "x.scap", "-r", "nothing.yaml"],
        "Error: Could not open file nothing.yaml for reading",
    );
    check(
        &[
            "replay",
            "x.scap",
            "-r",
            "rules.yaml",
            "-o",
            "stdout_output.enabled=false",
        ],
        "Error: No output configured, please make sure at least one output is configured and \
         enabled.",
    );
    check(
        &["-r", "rules.yaml", "--enable-source", "k8s_audit"],
        "Error: Attempted enabling an unknown event source: k8s_audit",
    );
    check(
        &["-r", "rules.yaml", "--disable-source", "syscall"],
        "Error: Must enable at least one event source",
    );
}

#[test]
fn support_information_holds_no_secret() {
    let lab = Lab::new();
    lab.file("rules.yaml", rule("Any", "evt.num > 0", "x"));
    let token = "http_output.token=word-a";
    let headers = "http_output.headers[]=X: word-b";
    let ran = lab.run(["-r", "rules.yaml", "--support", "-o", token, "-o", headers]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(!ran.stdout.contains("word-"), "{}", ran.stdout);
    assert_eq!(
        ran.stdout.matches("(not shown)").count(),
        4,
        "{}",
        ran.stdout
    );
}

#[test]
fn support_information_is_one_json_object() {
    let lab = Lab::new();
    lab.file("rules.yaml", rule("Good", "evt.type = execve", "x"));
    let ran = lab.run(["-r", "rules.yaml", "--support"]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    for key in [
        "version",
        "system_info",
        "engine_info",
        "cmdline",
        "config",
        "rules_files",
    ] {
        assert!(!json[key].is_null(), "{key}");
    }
}
