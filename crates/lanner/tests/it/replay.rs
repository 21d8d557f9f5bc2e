//! Alerts of the binary on captures: formats, summary, exit codes.

use std::io::Write;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use crate::lab::{Lab, Ran, rule};

fn exec_rule() -> String {
    rule(
        "Exec",
        "evt.type = execve",
        "ran %proc.name %proc.args missing=%fd.name",
    )
}

fn replay(lab: &Lab, more: &[&str]) -> Ran {
    lab.file("rules.yaml", exec_rule());
    lab.capture("x.scap", &["/bin/ls", "/bin/cat"]);
    let mut args = vec!["replay", "x.scap", "-r", "rules.yaml"];
    args.extend(more);
    lab.run(args)
}

const SUMMARY: &str = "Events detected: 2\n\
     Rule counts by severity:\n   NOTICE: 2\n\
     Triggered rules by rule name:\n   Exec: 2\n";

#[test]
fn text_alerts_then_the_summary_go_to_stdout_and_the_log_to_stderr() {
    let ran = replay(&Lab::new(), &[]);
    assert_eq!(
        ran.stdout,
        format!(
            "22:13:20.000000007: Notice ran ls -a b c missing=<NA>\n\
             22:13:21.000000007: Notice ran cat -a b c missing=<NA>\n{SUMMARY}"
        )
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("Loading rules from:"), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("Syscall event drop monitoring:\n   - event drop detected: 0 occurrences"),
        "{}",
        ran.stderr
    );
}

#[test]
fn json_alerts_have_falcos_keys_in_order() {
    let ran = replay(&Lab::new(), &["-o", "json_output=true"]);
    let first = ran.stdout.lines().next().unwrap();
    assert_eq!(
        first,
        "{\"hostname\":\"lab\",\
         \"output\":\"22:13:20.000000007: Notice ran ls -a b c missing=<NA>\",\
         \"output_fields\":{\"evt.time\":1700000000000000007,\"fd.name\":null,\
         \"proc.args\":\"-a b c\",\"proc.name\":\"ls\"},\
         \"priority\":\"Notice\",\"rule\":\"Exec\",\"source\":\"syscall\",\
         \"tags\":[\"a_tag\",\"b_tag\"],\"time\":\"2023-11-14T22:13:20.000000007Z\"}"
    );
}

#[test]
fn json_keys_can_be_left_out_and_a_message_added() {
    let ran = replay(
        &Lab::new(),
        &[
            "-o",
            "json_output=true",
            "-o",
            "json_include_output_property=false",
            "-o",
            "json_include_tags_property=false",
            "-o",
            "json_include_output_fields_property=false",
            "-o",
            "json_include_message_property=true",
        ],
    );
    assert_eq!(
        ran.stdout.lines().next().unwrap(),
        "{\"hostname\":\"lab\",\"message\":\"ran ls -a b c missing=<NA>\",\
         \"priority\":\"Notice\",\"rule\":\"Exec\",\"source\":\"syscall\",\
         \"time\":\"2023-11-14T22:13:20.000000007Z\"}"
    );
}

#[test]
fn times_are_iso_8601_if_asked_for() {
    let ran = replay(
        &Lab::new(),
        &["-o", "time_format_iso_8601=true", "-o", "json_output=true"],
    );
    let first = ran.stdout.lines().next().unwrap();
    assert!(
        first.contains("\"output\":\"2023-11-14T22:13:20.000000007+0000: Notice ran ls"),
        "{first}"
    );
    assert!(
        first.contains("\"evt.time.iso8601\":1700000000000000007"),
        "{first}"
    );
}

#[test]
fn outputs_are_appended_to_and_fields_added() {
    let ran = replay(
        &Lab::new(),
        &[
            "-o",
            "json_output=true",
            "-o",
            "append_output[]={match: {tags: [a_tag]}, extra_output: 'pid=%proc.pid', \
             extra_fields: [proc.vpid, {greeting: 'hello %proc.name'}]}",
            "-o",
            "append_output[]={match: {rule: Other}, extra_output: never}",
        ],
    );
    let first = ran.stdout.lines().next().unwrap();
    assert!(first.contains("missing=<NA> pid=100\""), "{first}");
    assert!(first.contains("\"greeting\":\"hello ls\""), "{first}");
    assert!(first.contains("\"proc.pid\":100"), "{first}");
    assert!(first.contains("\"proc.vpid\":"), "{first}");
    assert!(!first.contains("never"), "{first}");
}

#[test]
fn every_way_to_name_a_capture_gives_the_same_bytes() {
    let lab = Lab::new();
    let expect = replay(&lab, &[]).stdout;
    for args in [
        "-o engine.kind=replay -o engine.replay.capture_file=x.scap",
        "-e x.scap",
    ] {
        let ran = lab.run(args.split(' ').chain(["-r", "rules.yaml"]));
        assert_eq!(ran.stdout, expect, "{args}: {}", ran.stderr);
    }
    let capture = std::fs::File::open(lab.path().join("x.scap")).unwrap();
    let piped = lab
        .lanner(["replay", "-", "-r", "rules.yaml"])
        .stdin(Stdio::from(capture))
        .output()
        .unwrap();
    assert_eq!(Ran::from(piped).stdout, expect);
}

#[test]
fn a_pipe_of_several_sections_gives_the_same_bytes_twice() {
    let lab = Lab::new();
    lab.file("rules.yaml", exec_rule());
    let mut joined = std::fs::read(lab.capture("x.scap", &["/bin/ls", "/bin/cat"])).unwrap();
    joined.extend(std::fs::read(lab.capture("y.scap", &["/bin/id"])).unwrap());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&joined).unwrap();
    let expect = |programs: &[&str]| -> Vec<String> {
        let alerts = programs.iter().enumerate();
        // The second section begins at the same time as the first.
        let alert = |(i, program): (usize, &&str)| {
            format!(
                "22:13:2{}.000000007: Notice ran {program} -a b c missing=<NA>",
                i % 2
            )
        };
        alerts.map(alert).collect()
    };
    for bytes in [joined, gzip.finish().unwrap()] {
        let run = || {
            let mut child = lab
                .lanner(["replay", "-", "-r", "rules.yaml"])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut stdin = child.stdin.take().unwrap();
            // In small pieces, as pipes have them.
            for piece in bytes.chunks(100) {
                stdin.write_all(piece).unwrap();
            }
            drop(stdin);
            Ran::from(child.wait_with_output().unwrap())
        };
        let (first, second) = (run(), run());
        assert_eq!(first.code, Some(0), "{}", first.stderr);
        assert_eq!(first.stdout, second.stdout);
        let alerts: Vec<&str> = first.stdout.lines().take(3).collect();
        assert_eq!(alerts, expect(&["ls", "cat", "id"]));
    }
}

#[test]
fn called_falco_it_behaves_as_falco() {
    let lab = Lab::new();
    let expect = replay(&lab, &[]).stdout;
    let falco = lab.path().join("falco");
    symlink(env!("CARGO_BIN_EXE_lanner"), &falco).unwrap();
    let run = |args: &[&str]| -> Ran {
        Command::new(&falco)
            .args(args)
            .current_dir(lab.path())
            .env("TZ", "UTC")
            .env("FALCO_HOSTNAME", "lab")
            .output()
            .unwrap()
            .into()
    };
    let ran = run(&["-c", "falco.yaml", "-e", "x.scap", "-r", "rules.yaml"]);
    assert_eq!(ran.stdout, expect, "{}", ran.stderr);
    let ran = run(&["replay", "x.scap"]);
    assert_eq!(ran.code, Some(1));
}

#[test]
fn rule_matching_decides_between_the_first_rule_and_all() {
    let lab = Lab::new();
    lab.capture("x.scap", &["/bin/ls"]);
    let rules = rule("One", "evt.type = execve", "one") + &rule("Two", "proc.name = ls", "two");
    lab.file("rules.yaml", rules);
    let base = ["replay", "x.scap", "-r", "rules.yaml"];
    let first = lab.run(base);
    assert!(
        first.stdout.contains("Events detected: 1\n"),
        "{}",
        first.stdout
    );
    let all = lab.run(base.into_iter().chain(["-o", "rule_matching=all"]));
    assert!(
        all.stdout.contains("Events detected: 2\n"),
        "{}",
        all.stdout
    );
}

#[test]
fn rules_are_switched_by_name_tag_and_priority() {
    let lab = Lab::new();
    lab.capture("x.scap", &["/bin/ls"]);
    lab.file(
        "rules.yaml",
        rule("One", "evt.type = execve", "one") + &rule("Two", "evt.type = execve", "two"),
    );
    let check = |options: &[&str], expect: &str| {
        let mut args = vec![
            "replay",
            "x.scap",
            "-r",
            "rules.yaml",
            "-o",
            "rule_matching=all",
        ];
        for option in options {
            args.extend(["-o", option]);
        }
        let ran = lab.run(args);
        let alerts: Vec<&str> = ran
            .stdout
            .lines()
            .filter_map(|l| l.split_once(": Notice ").map(|(_, text)| text))
            .collect();
        assert_eq!(alerts.join(","), expect, "{options:?}: {}", ran.stderr);
    };
    check(&[], "one,two");
    check(&["rules[].disable.rule=O*"], "two");
    check(
        &["rules[].disable.rule=*", "rules[].enable.tag=a_tag"],
        "one,two",
    );
    check(&["rules[].disable.tag=b_tag"], "");
    check(&["priority=warning"], "");
}

#[test]
fn a_damaged_capture_is_read_as_far_as_it_goes() {
    let lab = Lab::new();
    replay(&lab, &[]);
    let mut bytes = std::fs::read(lab.path().join("x.scap")).unwrap();
    bytes.truncate(bytes.len() - 10);
    lab.file("cut.scap", bytes);
    let ran = lab.run(["replay", "cut.scap", "-r", "rules.yaml"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("ran ls"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("Events detected: 1\n"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stderr.contains("what follows is missing"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_is_no_capture_is_refused() {
    let lab = Lab::new();
    lab.file("rules.yaml", exec_rule());
    let ran = lab.run(["replay", "rules.yaml", "-r", "rules.yaml"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("Error: rules.yaml is not a capture"),
        "{}",
        ran.stderr
    );
    let ran = lab.run(["replay", "nothing.scap", "-r", "rules.yaml"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("nothing.scap"), "{}", ran.stderr);
}

#[test]
fn a_dry_run_checks_everything_and_reads_nothing() {
    let lab = Lab::new();
    let ran = replay(&lab, &["--dry-run"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(!ran.stdout.contains("ran ls"), "{}", ran.stdout);
}
