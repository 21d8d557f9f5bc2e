//! `lanner pod describe`: a pod and its events as `kubectl` prints them, and what its seccomp
//! profiles have to do with its state, in words.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use lanner_pod::home::{Note, PodHome, Record};
use lanner_pod::manifest::Container;
use lanner_pod::status::{ContainerStatus, Event, State, Terminated, age};
use lanner_pod::supervisor::node_name;
use lanner_pod::syscalls::Syscalls;

use super::get::{condition_list, created, ip};
use super::{Shared, bare, print, reconcile, table};

/// Show all of a pod: its containers, its events, and why it does not run.
#[derive(Args, Debug)]
pub(crate) struct Describe {
    /// The pods [default: all of the namespace].
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

pub(crate) fn run(shared: &Shared, describe: &Describe) -> Result<ExitCode> {
    reconcile::run(&shared.home())?;
    let names: Vec<&str> = describe.names.iter().map(|n| bare(n)).collect();
    // `describe pod NAME`, as one is used to.
    let names = match names.as_slice() {
        ["pod" | "pods" | "po", rest @ ..] if !rest.is_empty() => rest.to_vec(),
        _ => names,
    };
    let mut pods: Vec<(PodHome, Record)> = Vec::new();
    for name in &names {
        pods.push(shared.pod(name)?);
    }
    if names.is_empty() {
        for home in shared.home().pods()? {
            if let Some(record) = home.read()?
                && record.pod.metadata.namespace == shared.namespace()
            {
                pods.push((home, record));
            }
        }
    }
    let texts: Vec<String> = pods
        .iter()
        .map(|(home, record)| text(home, record))
        .collect();
    print(&texts.join("\n\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// `Key:` and a value, at the column that `kubectl` would put it at.
struct Page {
    text: String,
}

impl Page {
    fn line(&mut self, indent: usize, key: &str, value: &str, column: usize) {
        let head = format!("{}{key}:", " ".repeat(indent));
        self.text
            .push_str(format!("{head:<column$}{value}").trim_end());
        self.text.push('\n');
    }

    fn top(&mut self, key: &str, value: &str) {
        self.line(0, key, value, 18);
    }

    fn of_container(&mut self, key: &str, value: &str) {
        self.line(4, key, value, 20);
    }
}

fn stamp(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

fn text(home: &PodHome, record: &Record) -> String {
    let mut page = Page {
        text: String::new(),
    };
    let pod = &record.pod;
    let status = &record.machine.status;
    let now = Timestamp::now();
    let pairs = |map: &std::collections::BTreeMap<String, String>, key: &str, page: &mut Page| {
        if map.is_empty() {
            return page.top(key, "<none>");
        }
        for (i, (name, value)) in map.iter().enumerate() {
            let shown = match key {
                "Labels" => format!("{name}={value}"),
                _ => format!("{name}: {value}"),
            };
            match i {
                0 => page.top(key, &shown),
                _ => page.text.push_str(&format!("{:18}{shown}\n", "")),
            }
        }
    };
    page.top("Name", &pod.metadata.name);
    page.top("Namespace", &pod.metadata.namespace);
    page.top("Node", &format!("{}/127.0.0.1", node_name()));
    if let Some(at) = status.start_time.or_else(|| created(record)) {
        page.top("Start Time", &stamp(at));
    }
    pairs(&pod.metadata.labels, "Labels", &mut page);
    pairs(&pod.metadata.annotations, "Annotations", &mut page);
    let phase = status.phase(pod.restart_policy()).name();
    match status.deletion_timestamp {
        Some(at) => page.top("Status", &format!("Terminating (lasts {})", age(at, now))),
        None => page.top("Status", phase),
    }
    if let Some(profile) = &pod.spec.security_context.seccomp_profile {
        page.top("SeccompProfile", &profile.kind);
        if let Some(file) = &profile.localhost_profile {
            page.line(2, "LocalhostProfile", file, 21);
        }
    }
    page.top("IP", &ip(record).replace("<none>", ""));
    page.top("IPs", "<none>");
    let lists = [
        (
            "Init Containers",
            &pod.spec.init_containers,
            &status.init_container_statuses,
        ),
        (
            "Containers",
            &pod.spec.containers,
            &status.container_statuses,
        ),
    ];
    for (head, containers, statuses) in lists {
        if !containers.is_empty() {
            page.text.push_str(&format!("{head}:\n"));
            for (container, status) in containers.iter().zip(statuses) {
                describe_container(&mut page, container, status);
            }
        }
    }
    page.text.push_str("Conditions:\n");
    let mut rows = vec![vec!["  Type".to_owned(), "Status".to_owned()]];
    for (kind, holds) in condition_list(record) {
        let word = if holds { "True" } else { "False" };
        rows.push(vec![format!("  {kind}"), word.to_owned()]);
    }
    page.text.push_str(&table(&rows));
    page.text.push_str("Volumes:");
    if pod.spec.volumes.is_empty() {
        page.text.push_str("           <none>");
    }
    page.text.push('\n');
    for volume in &pod.spec.volumes {
        page.text.push_str(&format!("  {}:\n", volume.name));
        let (kind, rest) = match (&volume.host_path, &volume.config_map, &volume.empty_dir) {
            (Some(host), ..) => (
                "HostPath (bare host directory volume)",
                vec![
                    ("Path", host.path.clone()),
                    ("HostPathType", host.kind.clone()),
                ],
            ),
            (_, Some(map), _) => (
                "ConfigMap (a volume populated by a ConfigMap)",
                vec![
                    ("Name", map.name.clone()),
                    ("Optional", map.optional.to_string()),
                ],
            ),
            (.., Some(_)) => (
                "EmptyDir (a temporary directory that shares a pod's lifetime)",
                vec![],
            ),
            _ => ("<not done here>", vec![]),
        };
        page.line(4, "Type", kind, 16);
        for (key, value) in rest {
            page.line(4, key, &value, 16);
        }
    }
    let seccomp = seccomp(home, record);
    if !seccomp.is_empty() {
        page.text.push_str("Seccomp:\n");
        page.text.push_str(&seccomp);
    }
    events(&mut page, &record.machine.events, now);
    page.text
}

fn describe_container(page: &mut Page, container: &Container, status: &ContainerStatus) {
    page.text.push_str(&format!("  {}:\n", container.name));
    page.of_container("Container ID", &status.container_id);
    page.of_container("Image", &container.image);
    page.of_container("Image ID", &status.image_id);
    let ports: Vec<String> = container
        .ports
        .iter()
        .map(|p| {
            format!(
                "{}/{}",
                p.container_port,
                p.protocol.as_deref().unwrap_or("TCP")
            )
        })
        .collect();
    let key = if ports.len() > 1 { "Ports" } else { "Port" };
    let shown = ports.join(", ");
    page.of_container(key, if ports.is_empty() { "<none>" } else { &shown });
    let own = container.security().seccomp_profile;
    if let Some(profile) = own {
        page.of_container("SeccompProfile", &profile.kind);
        if let Some(file) = profile.localhost_profile {
            page.line(6, "LocalhostProfile", &file, 25);
        }
    }
    for (key, list) in [("Command", &container.command), ("Args", &container.args)] {
        if !list.is_empty() {
            page.of_container(key, "");
            for word in list {
                page.text
                    .push_str(&format!("      {}\n", word.replace('\n', "\n      ")));
            }
        }
    }
    match &status.state {
        State::Waiting(waiting) => {
            page.of_container("State", "Waiting");
            page.line(6, "Reason", &waiting.reason, 22);
            if !waiting.message.is_empty() {
                page.line(6, "Message", &waiting.message, 22);
            }
        }
        State::Running(running) => {
            page.of_container("State", "Running");
            page.line(6, "Started", &stamp(running.started_at), 22);
        }
        State::Terminated(ended) => terminated(page, "State", ended),
    }
    if let Some(last) = &status.last_state {
        terminated(page, "Last State", last);
    }
    page.of_container("Ready", if status.ready { "True" } else { "False" });
    page.of_container("Restart Count", &status.restart_count.to_string());
    for (key, list) in [
        ("Limits", &container.resources.limits),
        ("Requests", &container.resources.requests),
    ] {
        if !list.is_empty() {
            page.of_container(key, "");
            for (name, amount) in list {
                page.line(6, name, amount, 20);
            }
        }
    }
    if container.env.is_empty() {
        page.of_container("Environment", "<none>");
    } else {
        page.of_container("Environment", "");
        for var in &container.env {
            let value = match (&var.value, &var.value_from) {
                (Some(value), _) => value.clone(),
                (None, Some(_)) => "<set from elsewhere>".to_owned(),
                (None, None) => String::new(),
            };
            page.line(6, &var.name, &value, 20);
        }
    }
    if container.volume_mounts.is_empty() {
        page.of_container("Mounts", "<none>");
    } else {
        page.of_container("Mounts", "");
        for mount in &container.volume_mounts {
            let mode = if mount.read_only { "ro" } else { "rw" };
            let line = format!("      {} from {} ({mode})\n", mount.mount_path, mount.name);
            page.text.push_str(&line);
        }
    }
}

fn terminated(page: &mut Page, key: &str, ended: &Terminated) {
    page.of_container(key, "Terminated");
    page.line(6, "Reason", &ended.reason, 22);
    if !ended.message.is_empty() {
        page.line(6, "Message", &ended.message, 22);
    }
    let code = match ended.signal().and_then(signal_name) {
        Some(name) => format!("{} ({name})", ended.exit_code),
        None => ended.exit_code.to_string(),
    };
    page.line(6, "Exit Code", &code, 22);
    page.line(6, "Started", &stamp(ended.started_at), 22);
    page.line(6, "Finished", &stamp(ended.finished_at), 22);
}

/// What killed a process, as people know it.
fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        4 => "SIGILL",
        6 => "SIGABRT",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        31 => "SIGSYS: killed by its seccomp filter",
        _ => return None,
    })
}

/// What the profiles have to do with it: which, whether they hinder, what they refused.
fn seccomp(home: &PodHome, record: &Record) -> String {
    let calls = Syscalls::read(&home.syscalls());
    let mut out = String::new();
    for status in record.machine.status.all() {
        let note = record.notes.iter().find(|n| n.container == status.name);
        let Some(note) = note else { continue };
        out.push_str(&format!("  {}:\n", status.name));
        out.push_str(&format!("    Profile:  {}\n", note.profile));
        let mut paragraphs = note.trouble.clone();
        paragraphs.extend(refused(status, &calls));
        if let Some(advice) = &note.advice {
            paragraphs.push(format!("What to do: {advice}"));
        }
        paragraphs.extend(note.elsewhere.iter().map(|l| format!("Here it runs. {l}.")));
        for paragraph in paragraphs {
            out.push_str(&wrapped(&paragraph));
        }
        tail(note, &calls, &mut out);
    }
    out
}

fn tail(note: &Note, calls: &Syscalls, out: &mut String) {
    for loss in &calls.losses {
        if note.trouble.is_empty() {
            out.push_str(&wrapped(&format!("Note: {loss}.")));
        }
    }
}

/// What the filter refused of a container's own calls.
fn refused(status: &ContainerStatus, calls: &Syscalls) -> Vec<String> {
    let of = |c: &&lanner_pod::syscalls::Call| c.container == status.name;
    let first: Vec<_> = calls.first.iter().filter(of).collect();
    if first.is_empty() {
        return Vec::new();
    }
    let counted: Vec<String> = first
        .iter()
        .map(|call| {
            let times = calls
                .list()
                .iter()
                .find(|(c, _)| c == call)
                .map_or(1, |(_, n)| *n);
            let how = match call.action.as_str() {
                "SCMP_ACT_ERRNO" => "refused",
                "SCMP_ACT_KILL_PROCESS" | "SCMP_ACT_KILL_THREAD" | "SCMP_ACT_KILL" => "killed for",
                other => other,
            };
            format!("{} by {} ({how} {times} times)", call.name, call.process)
        })
        .collect();
    let mut list = vec![format!(
        "The profile did not let these calls happen, in the order in which they came: {}.",
        counted.join("; ")
    )];
    let ended = status.terminated().or(status.last_state.as_ref());
    if let Some(ended) = ended.filter(|e| e.exit_code != 0) {
        let mut names: Vec<&str> = first.iter().map(|c| c.name.as_str()).collect();
        names.dedup();
        let names: Vec<String> = names.iter().map(|n| format!("\"{n}\"")).collect();
        list.push(format!(
            "It ended with exit code {}. If that is why, permit what it needs: {{\"names\": [{}], \
             \"action\": \"SCMP_ACT_ALLOW\"}}.",
            ended.exit_code,
            names.join(", ")
        ));
    }
    list
}

/// A paragraph, indented, in lines that fit a terminal.
fn wrapped(text: &str) -> String {
    const WIDTH: usize = 96;
    let mut out = String::new();
    // Carets of a rendered fault stay below what they point at.
    if text.contains('\n') {
        for line in text.lines() {
            out.push_str(&format!("    {line}\n"));
        }
        return out;
    }
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.len() + word.len() >= WIDTH {
            out.push_str(&format!("    {line}\n"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    out.push_str(&format!("    {line}\n"));
    out
}

fn events(page: &mut Page, events: &[Event], now: Timestamp) {
    if events.is_empty() {
        page.top("Events", "<none>");
        return;
    }
    page.text.push_str("Events:\n");
    let head = ["  Type", "Reason", "Age", "From", "Message"];
    let line = ["  ----", "------", "----", "----", "-------"];
    let mut rows: Vec<Vec<String>> = [head, line]
        .iter()
        .map(|r| r.iter().map(|c| (*c).to_owned()).collect())
        .collect();
    for event in events {
        let when = match event.count {
            1 => age(event.first_timestamp, now),
            n => format!(
                "{} (x{n} over {})",
                age(event.last_timestamp, now),
                age(event.first_timestamp, now)
            ),
        };
        rows.push(vec![
            format!("  {}", event.kind),
            event.reason.clone(),
            when,
            "lanner".to_owned(),
            event.message.replace('\n', " "),
        ]);
    }
    // kubectl sets columns of events two blanks apart.
    page.text.push_str(&table(&rows));
}
