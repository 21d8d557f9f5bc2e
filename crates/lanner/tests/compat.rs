//! Lanner against Falco 0.44.1, as measured: the alerts it raised on captures, the values of its
//! fields, what it says of faulty rules files.
//!
//! The measurements are no part of this repository. They are found in `../shared` beside it, or
//! where `LANNER_SHARED` says; the rules files of Falco's default rulesets in the folder that
//! `LANNER_FALCO_RULES` names. What is absent is skipped. `cargo xtask compat` runs this and shows
//! each difference; every one that is meant is explained in `docs/falco-differences.md`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test, and it prints tables"
)]

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use flate2::read::GzDecoder;
use serde_json::Value;

/// The measurements and the program that is held against them.
struct Oracle {
    captures: PathBuf,
    scratch: tempfile::TempDir,
    /// Only what has this in its name.
    only: String,
    /// How many differences are shown, at most.
    show: usize,
}

impl Oracle {
    fn find() -> Option<Oracle> {
        let shared = std::env::var_os("LANNER_SHARED").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
            PathBuf::from,
        );
        let captures = shared.join("captures");
        if !captures.join("scap").is_dir() {
            println!("skipped: no captures in {}", captures.display());
            return None;
        }
        let scratch = tempfile::tempdir().unwrap();
        fs::write(scratch.path().join("config.yaml"), CONFIG).unwrap();
        let env = |name| std::env::var(name).ok();
        Some(Oracle {
            captures: captures.canonicalize().unwrap(),
            scratch,
            only: env("LANNER_COMPAT_ONLY").unwrap_or_default(),
            show: env("LANNER_COMPAT_SHOW")
                .and_then(|n| n.parse().ok())
                .unwrap_or(3),
        })
    }

    /// The captures, by name.
    fn names(&self) -> Vec<String> {
        let index = self.json("fields/index.json");
        let names = index.as_object().unwrap().keys();
        names.filter(|n| n.contains(&self.only)).cloned().collect()
    }

    fn json(&self, path: &str) -> Value {
        serde_json::from_reader(File::open(self.captures.join(path)).unwrap()).unwrap()
    }

    fn lines(&self, path: &str) -> Vec<Value> {
        let Ok(file) = File::open(self.captures.join(path)) else {
            return Vec::new();
        };
        let mut text = String::new();
        GzDecoder::new(file).read_to_string(&mut text).unwrap();
        text.lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect()
    }

    fn lanner(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lanner"));
        command
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            .env("FALCO_HOSTNAME", "oracle")
            .arg("-c")
            .arg(self.scratch.path().join("config.yaml"));
        command
    }

    /// The alerts that rules raise on a capture.
    fn replay(&self, name: &str, rules: &[PathBuf]) -> Vec<Value> {
        let capture = self.captures.join(format!("scap/{name}.scap"));
        let mut command = self.lanner();
        command
            .arg("-o")
            .arg("engine.kind=replay")
            .arg("-o")
            .arg(format!("engine.replay.capture_file={}", capture.display()));
        for file in rules {
            command.arg("-r").arg(file);
        }
        let output = command.output().unwrap();
        assert!(
            output.status.success(),
            "{name}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        alerts(&output)
    }
}

/// As Falco was set up when it was measured.
const CONFIG: &str = "\
json_output: true
rule_matching: all
priority: debug
append_output: []
stdout_output:
  enabled: true
syslog_output:
  enabled: false
webserver:
  enabled: false
plugins:
  - name: container
    library_path: libcontainer.so
    init_config: {label_max_len: 100, with_size: false}
load_plugins: [container]
";

fn alerts(output: &Output) -> Vec<Value> {
    output
        .stdout
        .split(|b| *b == b'\n')
        .filter(|l| l.starts_with(b"{"))
        .filter_map(|l| serde_json::from_str::<Value>(&String::from_utf8_lossy(l)).ok())
        .filter(|a| a["rule"].is_string())
        .collect()
}

/// What a comparison found.
#[derive(Default)]
struct Tally {
    equal: usize,
    meant: usize,
    missing: usize,
    extra: usize,
    differ: usize,
    reordered: usize,
    notes: Vec<String>,
}

impl Tally {
    fn faults(&self) -> usize {
        self.missing + self.extra + self.differ + self.reordered
    }

    fn row(&self, name: &str) -> String {
        format!(
            "{name:90} {:>5} equal {:>3} meant {:>4} missing {:>4} extra {:>4} differ {:>3} reordered",
            self.equal, self.meant, self.missing, self.extra, self.differ, self.reordered
        )
    }
}

fn key(alert: &Value) -> String {
    format!("{} {}", alert["rule"], alert["time"])
}

/// Matches alerts by rule and time; several of the same are matched by their text first.
fn compare(expect: &[Value], got: &[Value]) -> Tally {
    let mut tally = Tally::default();
    let mut by_key: HashMap<String, VecDeque<&Value>> = HashMap::new();
    for alert in got {
        by_key.entry(key(alert)).or_default().push_back(alert);
    }
    for want in expect {
        let queue = by_key.entry(key(want)).or_default();
        let same = |a: &&Value| {
            a["output"] == want["output"] && a["output_fields"] == want["output_fields"]
        };
        let at = queue.iter().position(same).unwrap_or(0);
        let Some(have) = queue.remove(at) else {
            tally.missing += 1;
            tally.notes.push(format!("missing {want}"));
            continue;
        };
        if same(&have) && have["priority"] == want["priority"] {
            tally.equal += 1;
        } else {
            tally.differ += 1;
            tally.notes.push(difference(want, have));
        }
    }
    for have in by_key.values().flatten() {
        if MORE.iter().any(|rule| have["rule"] == **rule) {
            tally.meant += 1;
        } else {
            tally.extra += 1;
            tally.notes.push(format!("extra   {have}"));
        }
    }
    if tally.faults() == 0 {
        let order = |a: &[Value]| -> Vec<String> {
            let counted = a.iter().filter(|a| !MORE.iter().any(|r| a["rule"] == **r));
            counted.map(key).collect()
        };
        tally.reordered += usize::from(order(expect) != order(got));
    }
    tally
}

fn difference(want: &Value, have: &Value) -> String {
    let mut text = format!("differs {}", key(want));
    for (name, want, have) in unequal_fields(want, have) {
        let _ = write!(text, "\n    {name}: want {want}, have {have}");
    }
    if want["output"] != have["output"] {
        let (want, have) = (&want["output"], &have["output"]);
        let _ = write!(text, "\n    want {want}\n    have {have}");
    }
    text
}

fn unequal_fields<'a>(want: &'a Value, have: &'a Value) -> Vec<(&'a str, &'a Value, &'a Value)> {
    let (want, have) = (&want["output_fields"], &have["output_fields"]);
    let names = |a: &'a Value| a.as_object().into_iter().flat_map(|a| a.keys());
    let mut names: Vec<&str> = names(want).chain(names(have)).map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .map(|name| (name, &want[name], &have[name]))
        .filter(|(_, want, have)| want != have)
        .collect()
}

/// Rules that hold where Falco's do not: `fd.ip in` and `fd.net in` look at every item.
const MORE: &[&str] = &["cs ip in", "cs net in"];

/// Whether a field differs as `docs/falco-differences.md` says it does.
fn value_is_meant(field: &str, want: &Value, have: &Value) -> bool {
    let text = |v: &Value, text: &str| v.as_str() == Some(text);
    match field {
        "user.name" | "user.homedir" | "user.shell" | "group.name" => {
            text(have, "<NA>")
                || (text(want, "<NA>") && (text(have, "root") || text(have, "/root")))
        }
        "evt.deltatime" | "evt.deltatime.s" | "evt.deltatime.ns" => want.as_u64() == Some(0),
        "thread.cpu" | "thread.cpu.user" | "thread.cpu.system" => want.as_f64() == Some(0.0),
        "thread.exectime" | "thread.totexectime" => want.as_u64() < have.as_u64(),
        // As long as the buffer of the event before.
        "evt.buffer" => {
            let cut = |w: &str| w.starts_with("NULL") || "NULL".starts_with(w);
            text(have, "NULL") && want.as_str().is_some_and(cut)
        }
        // The same number on every machine: what stood in memory.
        "proc.exe_ino.ctime_duration_pidns_start" => want.as_u64() == Some(u64::MAX - 26_695),
        "fd.types" => {
            let sorted = |v: &Value| {
                let mut items = v.as_array().cloned().unwrap_or_default();
                items.sort_by_key(Value::to_string);
                items
            };
            sorted(want) == sorted(have)
        }
        "container.id" => {
            want.as_str().map(|w| w.replace('\n', "\u{fffd}")) == have.as_str().map(str::to_owned)
        }
        _ => false,
    }
}

#[test]
fn captures_raise_the_alerts_that_falco_raised() {
    let Some(oracle) = Oracle::find() else {
        return;
    };
    let own = vec![oracle.captures.join("rules/conformance-shared.yaml")];
    let mut rulesets = vec![("conformance-shared", own)];
    if let Some(folder) = std::env::var_os("LANNER_FALCO_RULES").map(PathBuf::from) {
        let file = |name: &str| folder.join(name);
        rulesets.push(("stable", vec![file("falco_rules.yaml")]));
        rulesets.push((
            "all3",
            vec![
                file("falco_rules.yaml"),
                file("falco-incubating_rules.yaml"),
                file("falco-sandbox_rules.yaml"),
            ],
        ));
    } else {
        println!("skipped: Falco's own rulesets, as LANNER_FALCO_RULES is not set");
    }
    let mut faults = 0;
    for (ruleset, files) in &rulesets {
        for name in oracle.names() {
            let expect = oracle.lines(&format!("alerts/{name}.{ruleset}.jsonl.gz"));
            let tally = compare(&expect, &oracle.replay(&name, files));
            println!("{}", tally.row(&format!("{name} {ruleset}")));
            let shown = tally.notes.iter().take(oracle.show);
            shown.for_each(|n| println!("  {n}"));
            faults += tally.faults();
        }
    }
    assert_eq!(faults, 0, "see above");
}

#[test]
fn fields_have_the_values_that_falco_printed() {
    let Some(oracle) = Oracle::find() else {
        return;
    };
    let list = fs::read_to_string(oracle.captures.join("fields/fields.txt")).unwrap();
    let output = list
        .split_ascii_whitespace()
        .filter(|f| *f != "evt.hostname" && *f != "proc.exe_ino.ctime_duration_proc_start")
        .map(|f| format!("%{f}"))
        .collect::<Vec<_>>()
        .join(" ");
    let mut faults: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let (mut equal, mut meant) = (0, 0);
    for name in oracle.names() {
        let expect = oracle.lines(&format!("fields/{name}.jsonl.gz"));
        let nums: Vec<String> = expect.iter().map(|e| e["n"].to_string()).collect();
        let rules = oracle.scratch.path().join("fields.yaml");
        let text = format!(
            "- rule: fields\n  desc: prints them\n  condition: evt.num in ({})\n  output: \"{output}\"\n  priority: DEBUG\n",
            nums.join(", ")
        );
        fs::write(&rules, text).unwrap();
        let got: HashMap<String, Value> = oracle
            .replay(&name, &[rules])
            .into_iter()
            .map(|mut a| {
                (
                    a["output_fields"]["evt.num"].to_string(),
                    a["output_fields"].take(),
                )
            })
            .collect();
        let before = faults.values().map(|f| f.0).sum::<usize>();
        for event in &expect {
            let num = event["n"].to_string();
            let have = got.get(&num).unwrap_or(&Value::Null);
            for field in output.split(' ').map(|f| &f[1..]) {
                let want = &event["f"][field];
                if have[field] == *want {
                    equal += 1;
                } else if value_is_meant(field, want, &have[field]) {
                    meant += 1;
                } else {
                    let entry = faults.entry(field.to_owned()).or_default();
                    entry.0 += 1;
                    if entry.1.is_empty() {
                        entry.1 = format!(
                            "{name} {num} {}: want {want} have {}",
                            event["f"]["evt.type"], have[field]
                        );
                    }
                }
            }
        }
        let after = faults.values().map(|f| f.0).sum::<usize>();
        println!("{name:70} {:>6} values differ", after - before);
    }
    let differ: usize = faults.values().map(|f| f.0).sum();
    println!("{equal} values equal, {meant} differ as meant, {differ} otherwise");
    for (field, (count, example)) in &faults {
        let example: String = example.chars().take(600).collect();
        println!("{count:>7} {field}: {example}");
    }
    assert_eq!(differ, 0, "see above");
}

#[test]
fn rules_files_are_judged_as_falco_judged_them() {
    let Some(oracle) = Oracle::find() else {
        return;
    };
    let folder = oracle.captures.join("broken");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .filter_map(|e| {
            let name = e.unwrap().file_name().into_string().unwrap();
            name.strip_suffix(".yaml").map(str::to_owned)
        })
        .filter(|n| n.contains(&oracle.only))
        .collect();
    names.sort();
    let (mut equal, mut differ) = (0, 0);
    for name in names {
        let want = oracle.json(&format!("broken/{name}.json"));
        let output = oracle
            .lanner()
            .current_dir(&folder)
            .arg("-V")
            .arg(format!("{name}.yaml"))
            .output()
            .unwrap();
        let (want, have) = (judged(&want), judgement(&output));
        if want == have {
            equal += 1;
        } else {
            differ += 1;
            println!("{name}\n    want {want}\n    have {have}");
        }
    }
    println!("{equal} verdicts equal, {differ} differ");
    assert_eq!(differ, 0, "see above");
}

/// Accepted or not, the codes of the errors in order, and those of the warnings.
fn judged(verdict: &Value) -> String {
    let accepted = matches!(verdict["verdict"].as_str(), Some("ok" | "warnings"));
    summary(accepted, verdict)
}

fn summary(accepted: bool, verdict: &Value) -> String {
    let codes = |key: &str| -> Vec<String> {
        let list = verdict[key].as_array().map_or(&[][..], Vec::as_slice);
        list.iter()
            .map(|e| e["code"].as_str().unwrap_or("?").to_owned())
            .collect()
    };
    let mut warnings = codes("warnings");
    warnings.sort();
    format!(
        "accepted: {accepted}, errors {:?}, warnings {warnings:?}",
        codes("errors")
    )
}

fn judgement(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    let result = text
        .lines()
        .filter_map(|l| serde_json::from_str::<Value>(l).ok())
        .find_map(|v| v["falco_load_results"].as_array()?.last().cloned());
    let ok = output.status.success();
    match result {
        Some(result) => {
            let errors = result["errors"].as_array().is_some_and(|e| !e.is_empty());
            summary(ok && !errors, &result)
        }
        None => summary(ok, &Value::Null),
    }
}
