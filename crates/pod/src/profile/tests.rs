//! Which profile, whether it can be used, and what runtimes do under it.

use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::manifest::{SeccompProfile, Security};

fn profile(kind: &str, file: Option<&str>) -> SeccompProfile {
    SeccompProfile {
        kind: kind.to_owned(),
        localhost_profile: file.map(str::to_owned),
    }
}

#[test]
fn the_containers_profile_wins_over_the_pods_and_privilege_over_both() {
    let local = || Some(profile("Localhost", Some("a/b.json")));
    let default = || Some(profile("RuntimeDefault", None));
    let check = |pod_has: Option<SeccompProfile>,
                 own: Option<SeccompProfile>,
                 privileged,
                 seccomp_default,
                 expect: &str| {
        let mut pod = Pod::default();
        pod.spec.security_context.seccomp_profile = pod_has;
        let container = Container {
            security_context: Some(Security {
                seccomp_profile: own,
                privileged: Some(privileged),
                ..Security::default()
            }),
            ..Container::default()
        };
        let choice = choose(&pod, &container, Path::new("/k"), seccomp_default);
        assert_eq!(format!("{}: {}", choice.name(), choice.why), expect);
    };
    check(
        None,
        None,
        false,
        false,
        "Unconfined: nothing is set, and the kubelet's seccompDefault is off",
    );
    check(
        None,
        None,
        false,
        true,
        "RuntimeDefault: nothing is set, and the kubelet's seccompDefault is on",
    );
    check(
        local(),
        None,
        false,
        true,
        "Localhost (/k/a/b.json): set on the pod",
    );
    check(
        None,
        default(),
        false,
        false,
        "RuntimeDefault: set on the container",
    );
    check(
        local(),
        default(),
        false,
        false,
        "RuntimeDefault: set on the container, which wins over the pod's",
    );
    check(
        Some(profile("Unconfined", None)),
        None,
        false,
        true,
        "Unconfined: set on the pod",
    );
    check(
        local(),
        default(),
        true,
        true,
        "Unconfined: privileged containers get no profile, whatever is set",
    );
}

fn load(text: &str) -> Result<Option<Loaded>, Broken> {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("p.json");
    fs::write(&path, text).unwrap();
    let choice = Choice {
        kind: Kind::Localhost(path),
        why: "",
    };
    choice
        .load(CapSet::default_set(), Runtime::Runc)
        .map_err(|mut broken| {
            broken.message = broken
                .message
                .replace(&*dir.path().to_string_lossy(), "DIR");
            broken
        })
}

#[test]
fn a_broken_profile_gives_the_runtimes_words() {
    let check = |text: &str, phase: Phase, expect: &str| {
        let broken = load(text).unwrap_err();
        assert_eq!((broken.phase, broken.message.as_str()), (phase, expect));
        assert!(!broken.advice.is_empty());
    };
    use Phase::{Create, Start};
    let decoding = |why: &str| {
        format!(
            "failed to create containerd container: decoding seccomp profile failed \"DIR/p.json\": {why}"
        )
    };
    let task = |why: &str| {
        format!(
            "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: {why}: unknown"
        )
    };
    check("", Create, &decoding("unexpected end of JSON input"));
    check(
        "{\"defaultAction\": \"SCMP_ACT_LOG\"",
        Create,
        &decoding("unexpected end of JSON input"),
    );
    check(
        "// mine\n{\"defaultAction\": \"SCMP_ACT_LOG\"}",
        Create,
        &decoding("invalid character '/' looking for beginning of value"),
    );
    check(
        "defaultAction: SCMP_ACT_LOG\n",
        Create,
        &decoding("invalid character 'd' looking for beginning of value"),
    );
    check(
        "{\"defaultAction\": \"SCMP_ACT_BOGUS\"}",
        Start,
        &task("string SCMP_ACT_BOGUS is not a valid action for seccomp"),
    );
    check(
        "{\"defaultAction\": \"SCMP_ACT_LOG\", \"architectures\": [\"SCMP_ARCH_Z80\"]}",
        Start,
        &task("string SCMP_ARCH_Z80 is not a valid arch for seccomp"),
    );
    check(
        "{\"defaultAction\": \"SCMP_ACT_LOG\", \"flags\": [\"SECCOMP_FILTER_FLAG_FOO\"]}",
        Start,
        &task("seccomp flag SECCOMP_FILTER_FLAG_FOO is not known to runc"),
    );
    check(
        "{\"defaultAction\": \"SCMP_ACT_NOTIFY\"}",
        Start,
        &task(
            "unable to start container process: error during container init: unable to init seccomp: SCMP_ACT_NOTIFY cannot be used as default action",
        ),
    );
    let missing = Choice {
        kind: Kind::Localhost("/nothing/p.json".into()),
        why: "",
    };
    let broken = missing.load(CapSet::default(), Runtime::Runc).unwrap_err();
    assert_eq!(
        broken.message,
        "failed to create containerd container: cannot load seccomp profile \"/nothing/p.json\": open /nothing/p.json: no such file or directory"
    );
    // Nothing to enforce is no profile.
    assert!(load("{}").unwrap().is_none());
}

#[test]
fn runtimes_are_answered_for_as_they_were_measured() {
    let check = |text: &str, nnp: bool, expect: [(As, &str); 4]| {
        let loaded = load(text).unwrap().unwrap();
        for (runtime, expect) in expect {
            let got = match runtime.start(&loaded.policy, nnp, "ID") {
                Start::Starts => "starts".to_owned(),
                Start::Dies(code) => format!("dies {code}"),
                Start::Fails(message) => message.replace("failed to create containerd task: failed to create shim task: OCI runtime create failed: ", "TASK "),
            };
            assert_eq!(got, expect, "{runtime:?} {nnp} {text}");
        }
    };
    let stopped = "failed to start containerd task \"ID\": cannot start a stopped process: unknown";
    let all = ["starts"; 4];
    let of = |words: [&'static str; 4]| {
        [
            (As::Containerd, words[0]),
            (As::Runc11, words[1]),
            (As::Crun, words[2]),
            (As::Lanner, words[3]),
        ]
    };
    for nnp in [false, true] {
        check("{\"defaultAction\": \"SCMP_ACT_LOG\"}", nnp, of(all));
        check("{\"defaultAction\": \"SCMP_ACT_ALLOW\"}", nnp, of(all));
    }
    check(
        "{\"defaultAction\": \"SCMP_ACT_ERRNO\"}",
        true,
        of([stopped, stopped, "dies 139", "dies 132"]),
    );
    check(
        "{\"defaultAction\": \"SCMP_ACT_KILL_PROCESS\"}",
        true,
        of([stopped, stopped, "dies 159", "dies 159"]),
    );
    check(
        "{\"defaultAction\": \"SCMP_ACT_ERRNO\"}",
        false,
        of([
            stopped,
            stopped,
            "TASK read from the init process: unknown",
            "dies 132",
        ]),
    );
    let only = |names: &str| {
        format!(
            "{{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{{\"names\": [{names}], \"action\": \"SCMP_ACT_ALLOW\"}}]}}"
        )
    };
    check(
        &only("\"close\", \"execve\""),
        true,
        of([stopped, stopped, "starts", "starts"]),
    );
    check(
        &only("\"execve\""),
        false,
        of([
            stopped,
            stopped,
            "TASK read from the init process: unknown",
            "starts",
        ]),
    );
    check(
        &only("\"close\", \"execve\", \"write\", \"openat\""),
        true,
        of([stopped, "dies 1", "starts", "starts"]),
    );
    check(
        &only("\"close\", \"execve\", \"write\", \"openat\""),
        false,
        of([
            "TASK runc create failed: unable to start container process: error during container init: operation not permitted: unknown",
            "TASK runc create failed: unable to start container process: operation not permitted: unknown",
            "TASK read from the init process: unknown",
            "starts",
        ]),
    );
}
