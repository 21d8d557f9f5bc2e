//! Manifests, good and bad.

use expect_test::{Expect, expect};
use lanner_diag::{Severity, Style, render};

use super::*;

fn read_text(text: &str) -> (Manifest, Files) {
    let mut files = Files::new();
    let manifest = read(&mut files, "pod.yaml", text.as_bytes());
    (manifest, files)
}

/// A pod whose spec has these lines, indented by two.
fn with_spec(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n{spec}")
}

/// A pod of one container with these further lines, indented by four.
fn with_container(lines: &str) -> String {
    with_spec(&format!(
        "  containers:\n  - name: c\n    image: i:1\n{lines}"
    ))
}

/// The messages, with their lines and columns from 1, errors first named so.
fn faults(text: &str) -> String {
    let (manifest, files) = read_text(text);
    let shown = manifest.faults.iter().map(|f| {
        let at = f.span().map(|s| files.line_column(s));
        let at = at.map_or(String::new(), |p| format!("{}:{}: ", p.line, p.column));
        let kind = match f.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        format!("{at}{kind}: {}\n", f.message)
    });
    shown.collect()
}

#[track_caller]
fn check(text: &str, expect: Expect) {
    expect.assert_eq(&faults(text));
}

#[test]
fn an_ordinary_pod_has_no_faults_and_the_api_servers_defaults() {
    let text = r#"
apiVersion: v1
kind: Pod
metadata:
  name: fine-pod
  labels:
    app: fine-pod
spec:
  securityContext:
    seccompProfile:
      type: Localhost
      localhostProfile: profiles/fine-grained.json
  containers:
  - name: test-container
    image: hashicorp/http-echo:1.0
    args:
    - "-text=just made some more syscalls!"
    ports:
    - containerPort: 5678
    resources:
      limits: {cpu: 1, memory: 64Mi}
    securityContext:
      allowPrivilegeEscalation: false
"#;
    let (manifest, _) = read_text(text);
    assert_eq!(manifest.faults, []);
    let [read] = manifest.objects.as_slice() else {
        panic!("one object");
    };
    let Object::Pod(pod) = &read.object else {
        panic!("a pod");
    };
    expect![[r#"
        {
          "apiVersion": "v1",
          "kind": "Pod",
          "metadata": {
            "labels": {
              "app": "fine-pod"
            },
            "name": "fine-pod",
            "namespace": "default"
          },
          "spec": {
            "containers": [
              {
                "args": [
                  "-text=just made some more syscalls!"
                ],
                "image": "hashicorp/http-echo:1.0",
                "imagePullPolicy": "IfNotPresent",
                "name": "test-container",
                "ports": [
                  {
                    "containerPort": 5678,
                    "protocol": "TCP"
                  }
                ],
                "resources": {
                  "limits": {
                    "cpu": "1",
                    "memory": "64Mi"
                  },
                  "requests": {
                    "cpu": "1",
                    "memory": "64Mi"
                  }
                },
                "securityContext": {
                  "allowPrivilegeEscalation": false
                }
              }
            ],
            "restartPolicy": "Always",
            "securityContext": {
              "seccompProfile": {
                "localhostProfile": "profiles/fine-grained.json",
                "type": "Localhost"
              }
            },
            "terminationGracePeriodSeconds": 30
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&pod).unwrap());
    let again: Pod = serde_json::from_str(&serde_json::to_string(&pod).unwrap()).unwrap();
    assert_eq!(again, **pod);
}

#[test]
fn several_documents_lists_and_json_are_read() {
    let pod = |name: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, spec: {{containers: [{{name: c, image: i}}]}}}}"
        )
    };
    let text = format!(
        "---\n{}\n---\n---\napiVersion: v1\nkind: List\nitems: [{}, {}]\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\ndata:\n  k: v\n",
        pod("a"),
        pod("b"),
        pod("c")
    );
    let (manifest, _) = read_text(&text);
    assert_eq!(manifest.faults, []);
    let names: Vec<_> = manifest
        .objects
        .iter()
        .map(|r| match &r.object {
            Object::Pod(p) => p.full_name(),
            Object::ConfigMap(m) => format!("map {}", m.metadata.name),
        })
        .collect();
    assert_eq!(names, ["default/a", "default/b", "default/c", "map m"]);
    let json = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"j"},"spec":{"containers":[{"name":"c","image":"i"}]}}"#;
    assert_eq!(read_text(json).0.objects.len(), 1);
}

#[test]
fn what_is_no_manifest_is_one_fault() {
    check(
        "",
        expect![[r#"
        error: pod.yaml: expected a Pod, found an empty file
    "#]],
    );
    check(
        "a: [",
        expect![[r#"
        1:5: error: error parsing pod.yaml: end of sequence flow not found
    "#]],
    );
    check(
        "- 1",
        expect![[r#"
        1:1: error: expected an object with apiVersion and kind
    "#]],
    );
    check(
        "kind: Pod",
        expect![[r#"
        1:1: error: Object 'apiVersion' is missing
    "#]],
    );
    check(
        "apiVersion: v1\nspec: {}",
        expect![[r#"
        1:1: error: Object 'Kind' is missing
    "#]],
    );
    check(
        "apiVersion: apps/v1\nkind: Deployment",
        expect![[r#"
        2:7: error: no matches for kind "Deployment" in version "apps/v1"
    "#]],
    );
    check(
        "apiVersion: v2\nkind: Pod",
        expect![[r#"
        2:7: error: no matches for kind "Pod" in version "v2"
    "#]],
    );
    check(
        "apiVersion: v1\nkind: Pods",
        expect![[r#"
        2:7: error: no matches for kind "Pods" in version "v1"
    "#]],
    );
    check(
        "a\0b",
        expect![[r#"
        error: pod.yaml: expected a manifest as text, found NUL bytes
    "#]],
    );
}

#[test]
fn unknown_fields_and_wrong_types_are_named_with_their_place() {
    check(
        &with_spec("  foo: 1\n  containers:\n  - name: c\n    image: i\n    imag: x\n"),
        expect![[r#"
        6:3: error: strict decoding error: unknown field "spec.foo"
        10:5: error: strict decoding error: unknown field "spec.containers[0].imag"
    "#]],
    );
    check(
        &with_container(
            "    args: -x\n    ports:\n    - containerPort: http\n    env:\n    - name: A\n      value: 1\n    - name: B\n      value: true\n",
        ),
        expect![[r#"
        9:11: error: spec.containers[0].args: expected a list, found a string `-x`
        11:22: error: spec.containers[0].ports[0].containerPort: expected a number, found a string `http`
        14:14: error: spec.containers[0].env[0].value: expected a string, found a number `1`
        16:14: error: spec.containers[0].env[1].value: expected a string, found a boolean `true`
    "#]],
    );
    check(
        &with_spec("  containers: 3\n  hostNetwork: \"true\"\n"),
        expect![[r#"
        6:15: error: spec.containers: expected a list, found a number `3`
        7:16: error: spec.hostNetwork: expected true or false, found a string `true`
    "#]],
    );
    check(
        &with_container("    name: d\n"),
        expect![[r#"
        9:5: error: strict decoding error: duplicate field "spec.containers[0].name"
    "#]],
    );
    check(
        &with_container("    securityContext:\n      runAsUser: 99999999999999999999\n"),
        expect![[r#"
        10:18: error: spec.containers[0].securityContext.runAsUser: expected a number, found a number `99999999999999999999`
    "#]],
    );
}

#[test]
fn invalid_values_are_refused_in_the_api_servers_words() {
    check(
        "apiVersion: v1\nkind: Pod\nmetadata: {}\nspec: {}\n",
        expect![[r#"
        3:11: error: The Pod "" is invalid: metadata.name: Required value: name or generateName is required
        4:7: error: The Pod "" is invalid: spec.containers: Required value
    "#]],
    );
    check(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: A_b, namespace: x.y}\nspec: {containers: [{image: '', name: 'x y'}, {name: a, image: i}, {name: a, image: ' i'}]}\n",
        expect![[r#"
        3:18: error: The Pod "A_b" is invalid: metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        3:34: error: The Pod "A_b" is invalid: metadata.namespace: Invalid value: "x.y": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
        4:39: error: The Pod "A_b" is invalid: spec.containers[0].name: Invalid value: "x y": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
        4:29: error: The Pod "A_b" is invalid: spec.containers[0].image: Required value
        4:75: error: The Pod "A_b" is invalid: spec.containers[2].name: Duplicate value: "a"
        4:85: error: The Pod "A_b" is invalid: spec.containers[2].image: Invalid value: " i": must not have leading or trailing whitespace
    "#]],
    );
    check(
        &with_spec(
            "  restartPolicy: Sometimes\n  containers:\n  - name: c\n    image: i\n    imagePullPolicy: Maybe\n",
        ),
        expect![[r#"
        10:22: error: The Pod "p" is invalid: spec.containers[0].imagePullPolicy: Unsupported value: "Maybe": supported values: "Always", "IfNotPresent", "Never"
        6:18: error: The Pod "p" is invalid: spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"
    "#]],
    );
    let profile = |lines: &str| {
        with_spec(&format!(
            "  containers:\n  - name: c\n    image: i:1\n  securityContext:\n    seccompProfile:\n{lines}"
        ))
    };
    check(
        &profile("      type: Localhost\n"),
        expect![[r#"
        11:7: error: The Pod "p" is invalid: spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost
    "#]],
    );
    check(
        &profile("      type: Localhost\n      localhostProfile: /etc/x.json\n"),
        expect![[r#"
        12:25: error: The Pod "p" is invalid: spec.securityContext.seccompProfile.localhostProfile: Invalid value: "/etc/x.json": must be a relative path
    "#]],
    );
    check(
        &profile("      type: Localhost\n      localhostProfile: ../../x.json\n"),
        expect![[r#"
        12:25: error: The Pod "p" is invalid: spec.securityContext.seccompProfile.localhostProfile: Invalid value: "../../x.json": must not contain '..'
    "#]],
    );
    check(
        &profile("      type: RuntimeDefault\n      localhostProfile: a.json\n"),
        expect![[r#"
        12:25: error: The Pod "p" is invalid: spec.securityContext.seccompProfile.localhostProfile: Invalid value: "a.json": can only be set when seccomp type is Localhost
    "#]],
    );
    check(
        &profile("      type: runtime/default\n"),
        expect![[r#"
        11:13: error: The Pod "p" is invalid: spec.securityContext.seccompProfile.type: Unsupported value: "runtime/default": supported values: "Localhost", "RuntimeDefault", "Unconfined"
    "#]],
    );
    check(
        &profile("      localhostProfile: a\n"),
        expect![[r#"
        11:7: error: The Pod "p" is invalid: spec.securityContext.seccompProfile.type: Required value: type is required when seccompProfile is set
    "#]],
    );
    check(
        &with_container(
            "    securityContext:\n      privileged: true\n      allowPrivilegeEscalation: false\n      runAsUser: -1\n      capabilities:\n        add: [SYS_TIME, NOPE]\n",
        ),
        expect![[r#"
        12:18: error: The Pod "p" is invalid: spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive
        10:7: error: The Pod "p" is invalid: spec.containers[0].securityContext: Invalid value: "": cannot set `allowPrivilegeEscalation` to false and `privileged` to true
        14:25: error: The Pod "p" is invalid: spec.containers[0].securityContext.capabilities.add[1]: Invalid value: "NOPE": no such capability
    "#]],
    );
    check(
        &with_container(
            "    volumeMounts:\n    - name: v\n      mountPath: /a\n    - name: w\n      mountPath: /a\n      subPath: ../x\n  volumes:\n  - name: w\n    emptyDir: {}\n    hostPath: {path: /tmp}\n  - name: x\n",
        ),
        expect![[r#"
        16:5: error: The Pod "p" is invalid: spec.volumes[0]: Forbidden: may not specify more than 1 volume type
        19:5: error: The Pod "p" is invalid: spec.volumes[1]: Required value: must specify a volume type
        10:13: error: The Pod "p" is invalid: spec.containers[0].volumeMounts[0].name: Not found: "v"
        13:18: error: The Pod "p" is invalid: spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/a": must be unique
        14:16: error: The Pod "p" is invalid: spec.containers[0].volumeMounts[1].subPath: Invalid value: "../x": must not contain '..'
    "#]],
    );
    check(
        &with_container(
            "    resources:\n      limits: {memory: 1Mi, cpu: x}\n      requests: {memory: 2Mi}\n    ports:\n    - containerPort: 70000\n      protocol: ICMP\n    env:\n    - name: a=b\n      value: x\n    - name: c\n      valueFrom:\n        fieldRef: {fieldPath: spec.foo}\n",
        ),
        expect![[r#"
        16:13: error: The Pod "p" is invalid: spec.containers[0].env[0].name: Invalid value: "a=b": a valid environment variable name must consist only of printable ASCII characters other than '='
        20:31: error: The Pod "p" is invalid: spec.containers[0].env[1].valueFrom.fieldRef.fieldPath: Unsupported value: "spec.foo": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"
        13:22: error: The Pod "p" is invalid: spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive
        14:17: error: The Pod "p" is invalid: spec.containers[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"
        10:15: error: The Pod "p" is invalid: spec.containers[0].resources.limits[cpu]: Invalid value: "x": quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'
        11:17: error: The Pod "p" is invalid: spec.containers[0].resources.requests[cpu]: Invalid value: "x": quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'
        11:17: error: The Pod "p" is invalid: spec.containers[0].resources.requests: Invalid value: "2Mi": must be less than or equal to memory limit of 1Mi
    "#]],
    );
}

#[test]
fn what_is_valid_and_not_done_is_one_warning_each() {
    let text = with_spec(
        "  nodeSelector: {disk: ssd}\n  serviceAccountName: web\n  tolerations: []\n  schedulerName: default-scheduler\n  containers:\n  - name: c\n    image: i:1\n    livenessProbe:\n      httpGet: {path: /, port: 80}\n    stdin: true\n    tty: false\n    ports:\n    - containerPort: 80\n      hostPort: 80\n  volumes:\n  - name: s\n    secret: {secretName: x}\n  - name: e\n    emptyDir: {medium: Memory}\n",
    );
    check(
        &text,
        expect![[r#"
        6:3: warning: spec.nodeSelector is not done here: there is one machine and no scheduler
        7:3: warning: spec.serviceAccountName: web is not done here: there is no API server to give the pod a token for
        8:3: warning: spec.tolerations is not done here: there is one machine and no scheduler
        13:5: warning: spec.containers[0].livenessProbe is not done here: no probe is run; a container is ready as soon as it runs
        15:5: warning: spec.containers[0].stdin: true is not done here: standard input is /dev/null
        19:7: warning: spec.containers[0].ports[0].hostPort: 80 is not done here: no port of the machine is taken; use `lanner pod port-forward`
        22:5: warning: spec.volumes[0].secret is not done here: the volume is left out, with all mounts of it
        24:16: warning: spec.volumes[1].emptyDir.medium: Memory is not done here: the folder is on disk
    "#]],
    );
    assert_eq!(read_text(&text).0.objects.len(), 1);
}

#[test]
fn a_fault_is_shown_at_its_place() {
    let (manifest, files) = read_text(&with_container("    commands: [x]\n"));
    expect![[r#"
        error[unknown-field]: strict decoding error: unknown field "spec.containers[0].commands"
         --> pod.yaml:9:5
          |
        9 |     commands: [x]
          |     ^^^^^^^^
          |
          = help: did you mean `command`?"#]]
    .assert_eq(&render(&manifest.faults[0], &files, Style::Plain));
}

#[test]
fn rubbish_neither_panics_nor_hangs() {
    for text in [
        "{",
        "[[[[[[",
        "&a [*a, *a]",
        "? ?",
        "apiVersion: v1\nkind: Pod\nspec: [1, {a: b}]\nmetadata: 7",
        "apiVersion: [v1]\nkind: {Pod: x}",
        "apiVersion: v1\nkind: Pod\nspec: {containers: [null, 1, [], {}]}",
    ] {
        let (manifest, _) = read_text(text);
        assert!(manifest.has_errors(), "{text}");
    }
    let mut files = Files::new();
    assert!(read(&mut files, "x", &[0xff, 0xfe]).has_errors());
    assert!(read(&mut files, "x", &vec![b' '; MAX_TEXT + 1]).has_errors());
}
