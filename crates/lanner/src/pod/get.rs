//! `lanner pod get`: the table, or all of it as YAML or JSON.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use lanner_pod::home::Record;
use lanner_pod::status::{Phase, age};
use lanner_pod::supervisor::node_name;
use serde_json::{Value, json};

use super::{Shared, bare, print, reconcile, table};

/// List pods.
#[derive(Args, Debug)]
pub(crate) struct Get {
    /// Pods by name [default: all of the namespace].
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    /// How to print.
    #[arg(short = 'o', long, value_enum, value_name = "FORMAT")]
    output: Option<Output>,

    /// Go on, and print what changes.
    #[arg(short = 'w', long)]
    watch: bool,

    /// Pods of all namespaces.
    #[arg(short = 'A', long)]
    all_namespaces: bool,

    /// Without the first line.
    #[arg(long)]
    no_headers: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// With more columns.
    Wide,
    Yaml,
    Json,
    /// `pod/NAME`.
    Name,
}

pub(crate) fn run(shared: &Shared, get: &Get) -> Result<ExitCode> {
    reconcile::run(&shared.home())?;
    let records = find(shared, get)?;
    let code = match get.output {
        Some(Output::Json | Output::Yaml) => {
            let mut items: Vec<Value> = records.iter().map(object).collect();
            let value = match (get.names.as_slice(), items.len()) {
                ([_], 1) => items.remove(0),
                _ => {
                    json!({"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}})
                }
            };
            print(&match get.output {
                Some(Output::Json) => format!("{value:#}\n"),
                _ => yaml(&value),
            })?;
            ExitCode::SUCCESS
        }
        Some(Output::Name) => {
            for record in &records {
                print(&format!("pod/{}\n", record.pod.metadata.name))?;
            }
            ExitCode::SUCCESS
        }
        _ if records.is_empty() && !get.watch => {
            let what = match get.all_namespaces {
                true => "No resources found\n".to_owned(),
                false => format!("No resources found in {} namespace.\n", shared.namespace()),
            };
            eprint(&what);
            ExitCode::SUCCESS
        }
        _ => {
            let mut rows = rows(get, &records);
            if !get.no_headers {
                rows.insert(0, heads(get));
            }
            print(&table(&rows))?;
            ExitCode::SUCCESS
        }
    };
    if get.watch {
        watch(shared, get, &records)?;
    }
    Ok(code)
}

#[expect(clippy::print_stderr, reason = "where kubectl says it")]
fn eprint(text: &str) {
    eprint!("{text}");
}

fn find(shared: &Shared, get: &Get) -> Result<Vec<Record>> {
    if get.names.is_empty() {
        let mut records = Vec::new();
        for pod in shared.home().pods()? {
            // What is being deleted may be gone by now.
            let Some(record) = pod.read()? else { continue };
            if get.all_namespaces || record.pod.metadata.namespace == shared.namespace() {
                records.push(record);
            }
        }
        return Ok(records);
    }
    if get.all_namespaces {
        bail!("error: a resource cannot be retrieved by name across all namespaces");
    }
    let one = |name: &String| Ok(shared.pod(bare(name))?.1);
    get.names.iter().map(one).collect()
}

fn heads(get: &Get) -> Vec<String> {
    let mut heads = vec!["NAME", "READY", "STATUS", "RESTARTS", "AGE"];
    if get.all_namespaces {
        heads.insert(0, "NAMESPACE");
    }
    if get.output == Some(Output::Wide) {
        heads.extend(["IP", "NODE", "NOMINATED NODE", "READINESS GATES"]);
    }
    heads.into_iter().map(str::to_owned).collect()
}

fn rows(get: &Get, records: &[Record]) -> Vec<Vec<String>> {
    records.iter().map(|r| row(get, r)).collect()
}

fn row(get: &Get, record: &Record) -> Vec<String> {
    let now = Timestamp::now();
    let metadata = &record.pod.metadata;
    let status = &record.machine.status;
    let mut row = vec![metadata.name.clone()];
    row.extend(status.columns(record.pod.restart_policy(), now));
    row.push(created(record).map_or("<unknown>".to_owned(), |at| age(at, now)));
    if get.all_namespaces {
        row.insert(0, metadata.namespace.clone());
    }
    if get.output == Some(Output::Wide) {
        row.extend([
            ip(record),
            node_name(),
            "<none>".to_owned(),
            "<none>".to_owned(),
        ]);
    }
    row
}

/// When a pod was made.
pub(super) fn created(record: &Record) -> Option<Timestamp> {
    record
        .pod
        .metadata
        .creation_timestamp
        .as_ref()?
        .parse()
        .ok()
}

/// The pod's address: its loopback, once it has one.
pub(super) fn ip(record: &Record) -> String {
    match record.sandbox {
        Some(_) => "127.0.0.1".to_owned(),
        None => "<none>".to_owned(),
    }
}

/// Prints the line of each pod whose words change, until interrupted.
fn watch(shared: &Shared, get: &Get, before: &[Record]) -> Result<()> {
    // How soon a change is seen: states that last a second are not missed.
    const LOOK: Duration = Duration::from_millis(100);
    let words = |r: &Record| {
        let mut words = row(get, r);
        // Neither the age nor the time since the last restart is a change.
        let age = words
            .iter()
            .position(|w| Some(w) == row(get, r).get(4 + usize::from(get.all_namespaces)));
        if let Some(at) = age {
            words.remove(at);
        }
        for word in &mut words {
            *word = word.split(" (").next().unwrap_or_default().to_owned();
        }
        words
    };
    let key = |r: &Record| r.pod.metadata.uid.clone();
    let mut last: Vec<(String, Vec<String>)> = before.iter().map(|r| (key(r), words(r))).collect();
    loop {
        std::thread::sleep(LOOK);
        let records = find(shared, get).unwrap_or_default();
        for record in &records {
            let entry = (key(record), words(record));
            match last.iter_mut().find(|l| l.0 == entry.0) {
                Some(old) if *old == entry => continue,
                Some(old) => *old = entry,
                None => last.push(entry),
            }
            print(&table(&[row(get, record)]))?;
        }
        last.retain(|l| records.iter().any(|r| key(r) == l.0));
    }
}

/// A pod as the API server would give it.
fn object(record: &Record) -> Value {
    let status = &record.machine.status;
    let policy = record.pod.restart_policy();
    let phase = status.phase(policy);
    let mut object = serde_json::to_value(&record.pod).unwrap_or_default();
    object["apiVersion"] = json!("v1");
    object["kind"] = json!("Pod");
    object["spec"]["nodeName"] = json!(node_name());
    let mut shown = serde_json::to_value(status).unwrap_or_default();
    shown["phase"] = json!(phase.name());
    shown["conditions"] = conditions(record);
    if let Some(at) = shown
        .as_object_mut()
        .and_then(|o| o.remove("deletionTimestamp"))
    {
        object["metadata"]["deletionTimestamp"] = at;
    }
    if record.sandbox.is_some() {
        shown["podIP"] = json!("127.0.0.1");
        shown["hostIP"] = json!("127.0.0.1");
    }
    object["status"] = shown;
    object
}

/// The conditions of a pod, as type and status.
pub(super) fn condition_list(record: &Record) -> Vec<(&'static str, bool)> {
    let status = &record.machine.status;
    let over = matches!(
        status.phase(record.pod.restart_policy()),
        Phase::Succeeded | Phase::Failed
    );
    let ready = status.is_ready() && !over;
    vec![
        ("PodReadyToStartContainers", record.sandbox.is_some()),
        ("Initialized", status.is_initialized()),
        ("Ready", ready),
        ("ContainersReady", ready),
        ("PodScheduled", true),
    ]
}

fn conditions(record: &Record) -> Value {
    let one = |(kind, holds): &(&str, bool)| json!({"type": kind, "status": if *holds { "True" } else { "False" }});
    condition_list(record).iter().map(one).collect()
}

/// A value as YAML, as `kubectl` prints it: blocks, keys in order, quotes where they are needed.
pub(super) fn yaml(value: &Value) -> String {
    let mut out = String::new();
    block(value, 0, &mut out);
    out
}

fn block(value: &Value, indent: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                out.push_str(&format!("{pad}{}:", scalar(key)));
                nested(value, indent, out);
            }
        }
        Value::Array(list) => {
            for item in list {
                let mut inner = String::new();
                match item {
                    Value::Object(map) if !map.is_empty() => block(item, indent + 2, &mut inner),
                    _ => {
                        inner = format!("{pad}  ");
                        inner.push_str(&flat(item));
                        inner.push('\n');
                    }
                }
                inner.replace_range(indent..indent + 2, "- ");
                out.push_str(&inner);
            }
        }
        other => out.push_str(&format!("{pad}{}\n", flat(other))),
    }
}

fn nested(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            block(value, indent + 2, out);
        }
        Value::Array(list) if !list.is_empty() => {
            out.push('\n');
            block(value, indent, out);
        }
        other => out.push_str(&format!(" {}\n", flat(other))),
    }
}

fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        // Empty ones, and lists in lists: JSON is YAML, too.
        other => other.to_string(),
    }
}

/// Text, in quotes if YAML would take it for something else.
fn scalar(text: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || " -_./@()+=,".contains(c);
    let typed = [
        "true", "false", "null", "yes", "no", "on", "off", "y", "n", "~",
    ];
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && !text.ends_with(' ')
        && text.chars().all(|c| word(c) || c == ':')
        && !text.contains(": ")
        && !text.ends_with(':')
        && !typed.contains(&text.to_ascii_lowercase().as_str());
    if plain {
        return text.to_owned();
    }
    // JSON's strings are YAML's.
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_reads_back_as_what_it_was() {
        let value = json!({
            "a": [1, "two", {"b": null, "c": []}, [true]],
            "d": {"e": {}, "f": "x: y", "g": "true", "h": "", "i": "- z", "j": "1", "k": "a\nb"},
            "time": "2026-01-01T00:00:00Z",
        });
        let text = yaml(&value);
        assert_eq!(
            text,
            "a:\n- 1\n- two\n- b: null\n  c: []\n- [true]\nd:\n  e: {}\n  f: \"x: y\"\n  g: \"true\"\n  h: \"\"\n  i: \"- z\"\n  j: \"1\"\n  k: \"a\\nb\"\ntime: \"2026-01-01T00:00:00Z\"\n"
        );
    }
}
