use lanner_diag::Files;

use super::*;
use crate::document;

fn read_text(text: &str) -> (Profile, Vec<String>) {
    let mut files = Files::new();
    let document = document::read(&mut files, "p.json", text.as_bytes()).expect("reads");
    let (profile, faults) = read(&document);
    let faults = faults
        .iter()
        .map(|d| {
            let at = d.span().map(|s| files.line_column(s));
            let at = at.map_or(String::new(), |at| format!("{}:{}", at.line, at.column));
            let help = d
                .help
                .as_deref()
                .map_or(String::new(), |h| format!(" ({h})"));
            format!("{at} {} {}{help}", d.code, d.message)
        })
        .collect();
    (profile, faults)
}

#[test]
fn every_key_of_a_profile_is_read() {
    let (profile, faults) = read_text(
        r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "defaultErrnoRet": 38,
  "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
  "flags": ["SECCOMP_FILTER_FLAG_LOG"],
  "listenerPath": "/run/a.sock",
  "listenerMetadata": "m",
  "syscalls": [
    {"names": ["clone"], "action": "SCMP_ACT_TRACE", "errnoRet": 7,
     "args": [{"index": 1, "value": 2114060288, "valueTwo": 5, "op": "SCMP_CMP_MASKED_EQ"}]}
  ]
}"#,
    );
    assert_eq!(faults, [""; 0]);
    assert_eq!(profile.format, Format::Oci);
    assert_eq!(
        profile.default_action.map(|a| a.value),
        Some(Action::Errno(38))
    );
    let arches: Vec<Arch> = profile
        .architectures
        .into_iter()
        .flatten()
        .map(|a| a.value)
        .collect();
    assert_eq!(arches, [Arch::X86_64, Arch::X86]);
    assert_eq!(
        profile.listener_path.map(|p| p.value).as_deref(),
        Some("/run/a.sock")
    );
    assert_eq!(
        profile.listener_metadata.map(|p| p.value).as_deref(),
        Some("m")
    );
    let rule = &profile.rules[0];
    assert_eq!(
        rule.action.as_ref().map(|a| a.value),
        Some(Action::Trace(7))
    );
    let expect = Condition {
        arg: 1,
        op: Op::MaskedEq(2_114_060_288),
        value: 5,
    };
    assert_eq!(rule.args[0].condition, expect);
}

#[test]
fn profiles_are_found_in_a_config_and_in_a_resource() {
    let check = |text: &str, format| {
        let (profile, faults) = read_text(text);
        assert_eq!(faults, [""; 0]);
        assert_eq!(profile.format, format);
        assert_eq!(profile.default_action.map(|a| a.value), Some(Action::Log));
        assert_eq!(profile.rules[0].names[0].value, "read");
    };
    let rule = r#"{"names": ["read"], "action": "SCMP_ACT_ALLOW"}"#;
    check(
        &format!(
            r#"{{"ociVersion": "1.0", "linux": {{"seccomp": {{"defaultAction": "SCMP_ACT_LOG", "syscalls": [{rule}]}}}}}}"#
        ),
        Format::Oci,
    );
    check(
        "apiVersion: security-profiles-operator.x-k8s.io/v1beta1\nkind: SeccompProfile\nmetadata: {name: p}\nspec:\n  defaultAction: SCMP_ACT_LOG\n  syscalls:\n  - names: [read]\n    action: SCMP_ACT_ALLOW\n",
        Format::Operator,
    );
    check(
        r#"{"defaultAction": "SCMP_ACT_LOG", "defaultErrno": "ENOSYS", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}"#,
        Format::Engine,
    );
}

#[test]
fn every_fault_of_form_has_its_place() {
    let check = |text: &str, expect: &[&str]| {
        let (_, faults) = read_text(text);
        assert_eq!(faults, expect, "{text}");
    };
    let d = r#""defaultAction": "SCMP_ACT_LOG""#;
    let help = r#"(add what happens to calls without a rule: "defaultAction": "SCMP_ACT_ERRNO")"#;
    check(
        "{}",
        &[&format!(
            "1:1 no-default-action this is no seccomp profile: it has no `defaultAction` {help}"
        )],
    );
    check(
        r#"{"syscalls": []}"#,
        &[&format!(
            "1:1 no-default-action the profile has no `defaultAction` {help}"
        )],
    );
    check(
        "[1]",
        &["1:1 wrong-type expected a seccomp profile: an object, found a list"],
    );
    check(
        r#"{"defaultAction": "SCMP_ACT_ALOW"}"#,
        &["1:19 unknown-action `SCMP_ACT_ALOW` is no action (did you mean `SCMP_ACT_ALLOW`?)"],
    );
    check(
        &format!(r#"{{{d}, "architecture": []}}"#),
        &[
            "1:35 unknown-key `architecture` is no key of a seccomp profile; runtimes pass over it (did you mean `architectures`?)",
        ],
    );
    check(
        &format!(r#"{{{d}, "architectures": ["SCMP_ARCH_X86-64"]}}"#),
        &[
            "1:53 unknown-arch `SCMP_ARCH_X86-64` is no architecture (did you mean `SCMP_ARCH_X86_64`?)",
        ],
    );
    check(
        &format!("{{{d},\n{d}}}"),
        &["2:1 repeated-key `defaultAction` is given twice; runtimes take the last one"],
    );
    let rule = |rest: &str| format!("{{{d}, \"syscalls\": [\n{{\"names\": [\"read\"]{rest}}}]}}");
    check(
        &rule(""),
        &[r#"2:1 no-action the rule has no `action` (add "action": "SCMP_ACT_ALLOW")"#],
    );
    let args = |arg: &str| rule(&format!(r#", "action": "SCMP_ACT_ALLOW", "args": [{arg}]"#));
    check(
        &args(r#"{"index": 6, "value": 1, "op": "SCMP_CMP_EQ"}"#),
        &["2:68 wrong-index a call has arguments 0 to 5, there is no 6"],
    );
    check(
        &args(r#"{"index": 0, "value": 18446744073709551616, "op": "SCMP_CMP_EQ"}"#),
        &[
            "2:80 wrong-number expected value: a whole number from 0 to 2^64 - 1, found `18446744073709551616`",
        ],
    );
    check(
        &args(r#"{"index": 0, "value": 1, "op": "EQ"}"#),
        &["2:89 unknown-op `EQ` is no comparison"],
    );
    check(
        &args(r#"{"index": 0, "value": 1}"#),
        &["2:58 no-op the condition has no `op`"],
    );
    check(
        &args("3"),
        &["2:58 wrong-type expected an entry of args: an object, found a number"],
    );
    check(
        &rule(r#", "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4"}"#),
        &[r#"2:75 wrong-kernel expected minKernel: a version like "4.8", found "4""#],
    );
    check(
        &rule(r#", "action": "SCMP_ACT_ERRNO", "errno": "ENOPE""#),
        &["2:58 unknown-errno `ENOPE` is no error number"],
    );
    check(
        &rule(r#", "action": "SCMP_ACT_ERRNO", "errnoRet": "1""#),
        &["2:61 wrong-number expected errnoRet: a whole number from 0 to 2^64 - 1, found a string"],
    );
}
