//! Containers that really run, under live monitoring: every program that starts in one is logged,
//! the first included, with the container's name and image.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

#[path = "../../container/tests/engines/mod.rs"]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
mod engines;
#[path = "monitor/mod.rs"]
#[expect(dead_code, reason = "waiting for an alert is for other tests")]
mod monitor;

use engines::{Containerd, IMAGE, Podman, shown, unique};
use monitor::Monitor;

/// A rules file with one rule that has this condition.
fn rules(dir: &TempDir, condition: &str) -> PathBuf {
    let path = dir.path().join("rules.yaml");
    let rule = format!(
        "- rule: spawned\n  desc: a program was started\n  condition: {condition}\n  \
         output: \"%evt.time,%container.id,%container.name,%container.image,%proc.name,%proc.args,\
         %k8s.pod.name,%k8s.ns.name\"\n  priority: NOTICE\n"
    );
    fs::write(&path, rule).expect("a file");
    path
}

/// The values of a field in alerts, in order.
fn values<'a>(alerts: &'a [Value], field: &str) -> Vec<&'a str> {
    let text = |alert: &'a Value| alert["output_fields"][field].as_str().unwrap_or("<NA>");
    alerts.iter().map(text).collect()
}

#[test]
fn root_every_program_of_a_named_container_is_logged_the_first_included() {
    let Some(podman) = Podman::new("a named container") else {
        return;
    };
    let name = unique("monitor");
    let dir = TempDir::new().expect("a folder");
    let condition =
        format!("container.name = \"{name}\" and evt.type = execve and evt.res = SUCCESS");
    let monitor = Monitor::start(&["-r", &rules(&dir, &condition).to_string_lossy()]);
    let script = "/bin/cat /dev/null; /bin/ls /tmp; /bin/true; exec /bin/sleep 0";
    let other = podman.run(&unique("other"), &[], &["/bin/true"]).output();
    let output = podman.run(&name, &[], &["/bin/sh", "-c", script]).output();
    let alerts = monitor.finish();

    let (other, output) = (other.expect("podman"), output.expect("podman"));
    assert!(other.status.success(), "{}", shown(&other));
    assert!(output.status.success(), "{}", shown(&output));
    let programs = values(&alerts, "proc.name");
    // What the low-level runtime itself runs in the container's cgroup comes before.
    let own: Vec<&str> = programs
        .iter()
        .copied()
        .skip_while(|program| *program != "sh")
        .collect();
    assert_eq!(own, ["sh", "cat", "ls", "true", "sleep"], "{programs:?}");
    assert!(
        values(&alerts, "container.image")
            .iter()
            .all(|image| *image == IMAGE)
    );
    assert!(
        values(&alerts, "container.id")
            .iter()
            .all(|id| id.len() == 12)
    );
}

/// How many containers are started one after the other, on each of two hands.
fn crowd() -> usize {
    let set = std::env::var("LANNER_CONTAINERS").ok();
    set.and_then(|number| number.parse().ok()).unwrap_or(24) / 2
}

#[test]
fn root_each_of_many_brief_containers_has_its_name_and_image_at_the_first_exec() {
    let Some(podman) = Podman::new("many brief containers") else {
        return;
    };
    let stem = unique("brief");
    let dir = TempDir::new().expect("a folder");
    let condition = format!("container.name startswith \"{stem}\" and evt.type = execve");
    let monitor = Monitor::start(&["-r", &rules(&dir, &condition).to_string_lossy()]);
    std::thread::scope(|scope| {
        for hand in ["left", "right"] {
            let (podman, stem) = (&podman, &stem);
            scope.spawn(move || {
                for number in 0..crowd() {
                    let name = format!("{stem}-{hand}-{number}");
                    let output = podman
                        .run(&name, &["--rm"], &["/bin/sleep", "0.05"])
                        .output();
                    let output = output.expect("podman");
                    assert!(output.status.success(), "{}", shown(&output));
                }
            });
        }
    });
    let alerts = monitor.finish();

    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    let names = values(&alerts, "container.name");
    let images = values(&alerts, "container.image");
    for (at, program) in values(&alerts, "proc.name").into_iter().enumerate() {
        if program == "sleep" {
            first.entry(names[at]).or_insert(images[at]);
        }
    }
    let missing: Vec<String> = ["left", "right"]
        .iter()
        .flat_map(|hand| (0..crowd()).map(move |number| (hand, number)))
        .map(|(hand, number)| format!("{stem}-{hand}-{number}"))
        .filter(|name| first.get(&**name) != Some(&IMAGE))
        .collect();
    assert_eq!(missing, [""; 0], "of {}", 2 * crowd());
}

#[test]
fn root_the_programs_of_a_pod_are_logged_with_its_names() {
    let Some(podman) = Podman::new("a pod") else {
        return;
    };
    let Some(containerd) = Containerd::new("a pod", &podman) else {
        return;
    };
    let name = unique("pod");
    let dir = TempDir::new().expect("a folder");
    let condition = format!("container.name = \"{name}\" and evt.type = execve");
    let monitor = Monitor::start(&["-r", &rules(&dir, &condition).to_string_lossy()]);
    let script = ["/bin/sh", "-c", "/bin/cat /dev/null; exec /bin/sleep 0.05"];
    let output = containerd.pod(&"e".repeat(64), &name, &script).output();
    let alerts = monitor.finish();

    let output = output.expect("ctr");
    assert!(output.status.success(), "{}", shown(&output));
    let programs = values(&alerts, "proc.name");
    let own: Vec<&str> = programs
        .iter()
        .copied()
        .skip_while(|program| *program != "sh")
        .collect();
    assert_eq!(own, ["sh", "cat", "sleep"], "{programs:?}");
    for (field, expect) in [
        ("container.image", IMAGE),
        ("k8s.pod.name", "box-pod"),
        ("k8s.ns.name", "box-space"),
    ] {
        assert!(
            values(&alerts, field).iter().all(|value| *value == expect),
            "{alerts:?}"
        );
    }
}
