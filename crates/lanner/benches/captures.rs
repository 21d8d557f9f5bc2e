//! Replay of a large capture by the binary, beside the distribution's sysdig where it is installed:
//! `cargo bench -p lanner --bench captures`.
//!
//! The capture is made of those in `../shared` (or where `LANNER_SHARED` says): each is a section,
//! and its events come over and over, with timestamps advanced. Without them it is made of what
//! the other bench makes. Rules match little or nothing. `LANNER_FALCO_RULES` names a folder with
//! the files of Falco's default rules, to be measured, too.
//!
//! Each run is a process of its own. Its CPU time counts, of all threads, so that other load on the
//! machine matters little; the same with a capture of few events is taken off, and is the time to
//! start and to load the rules. The best of several runs is printed.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use lanner_event::snapshot::Snapshot;
use lanner_event::{Poll, RawEvent, Source};
use lanner_scap::{Compression, Reader, Writer};

mod made;

/// Events that the capture has at least.
const EVENTS: usize = 2_000_000;

/// Runs of each kind.
const RUNS: usize = 5;

/// Events of each section in the capture that is taken off.
const FEW: usize = 50;

/// Clock ticks a second in `/proc`; the same on all Linux machines.
const TICKS: f64 = 100.0;

/// An event that owns its bytes.
struct Event {
    cpu: u16,
    state_only: bool,
    bytes: Vec<u8>,
}

/// The state of a machine, and what happened on it.
type Section = (Snapshot, Vec<Event>);

fn main() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| dir.path().join(name);
    let sections = sections();
    let passes = EVENTS.div_ceil(sections.iter().map(|s| s.1.len()).sum());
    let few = write(&at("few.scap"), &sections, 0);
    let events = write(&at("large.scap"), &sections, passes) - few;
    println!(
        "{events} events in {} sections, {} MiB; CPU time, best of {RUNS} runs\n",
        sections.len(),
        fs::metadata(at("large.scap")).map_or(0, |m| m.len()) >> 20
    );
    println!(
        "{:<34}{:>16}{:>20}",
        "rules", "million events/s", "ms before the first"
    );
    for (name, files) in rules(dir.path()) {
        let lanner = |capture: &str| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_lanner"));
            command
                .arg("replay")
                .arg(at(capture))
                .args(["-c", "/dev/null"]);
            command.args(["-o", "stdout_output.enabled=true", "-o", "log_level=error"]);
            for file in &files {
                command.arg("-r").arg(file);
            }
            command
        };
        let few = best(|| lanner("few.scap"));
        let large = best(|| lanner("large.scap"));
        let rate = millions(events, large - few);
        println!("{name:<34}{rate:>16.2}{:>20.0}", few * 1e3);
    }
    if Command::new("sysdig").arg("--version").output().is_err() {
        println!("sysdig is not installed");
        return;
    }
    // It does not read the capture of few events: it loses the next section.
    let large = best(|| {
        let mut command = Command::new("sysdig");
        command.arg("-r").arg(at("large.scap"));
        command.arg("proc.name = nothing");
        command
    });
    let rate = millions(events, large);
    println!(
        "{:<34}{rate:>16.2}{:>20}",
        "sysdig -r, a filter", "counted in"
    );
}

/// Millions of events a second.
fn millions(events: usize, seconds: f64) -> f64 {
    events as f64 / seconds.max(1.0 / TICKS) / 1e6
}

/// The CPU time of the best of several runs.
fn best(command: impl Fn() -> Command) -> f64 {
    let runs = (0..RUNS).map(|_| cpu_time(&mut command()));
    runs.fold(f64::MAX, f64::min)
}

/// Seconds of CPU time that a command takes.
fn cpu_time(command: &mut Command) -> f64 {
    let before = children();
    let ended = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(ended.is_ok_and(|s| s.success()), "{command:?}");
    children() - before
}

/// Seconds of CPU time that all commands so far took.
fn children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("/proc");
    // Behind the name, which is in parentheses: user and system time of waited-for children.
    let (_, fields) = stat.rsplit_once(") ").expect("a name");
    let ticks: f64 = fields
        .split(' ')
        .skip(13)
        .take(2)
        .map(|n| n.parse::<f64>().expect("a number"))
        .sum();
    ticks / TICKS
}

/// The shared captures, or what is made here.
fn sections() -> Vec<Section> {
    let shared = std::env::var_os("LANNER_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("captures/scap");
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("no captures in {}: one is made", folder.display());
        let (snapshot, events) = made::capture();
        let events = events.iter().map(|e| owned(&e.raw())).collect();
        return vec![(snapshot, events)];
    };
    let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    paths.sort();
    paths.iter().map(|path| section(path)).collect()
}

fn section(path: &Path) -> Section {
    let mut reader = Reader::open(path).expect("a capture");
    let snapshot = reader.snapshot();
    let mut events = Vec::new();
    loop {
        match reader.poll(Duration::ZERO).expect("an event") {
            Poll::Event(raw) => events.push(owned(&raw)),
            Poll::Idle | Poll::Section => {}
            Poll::End => return (snapshot, events),
        }
    }
}

fn owned(raw: &RawEvent<'_>) -> Event {
    Event {
        cpu: raw.cpu,
        state_only: raw.state_only,
        bytes: raw.bytes.to_vec(),
    }
}

/// Writes a capture in which the events of each section come `passes` times; how many they are.
/// Without any, each has its first few events, so that everything is read up to there.
fn write(path: &Path, sections: &[Section], passes: usize) -> usize {
    let mut count = 0;
    let mut writer = None;
    for (snapshot, events) in sections {
        let writer = match &mut writer {
            None => {
                let new = Writer::create(path, Compression::None, snapshot).expect("a file");
                writer.insert(new)
            }
            Some(writer) => {
                writer.section(snapshot).expect("room");
                writer
            }
        };
        let time = |event: &Event| {
            let bytes = event.bytes.first_chunk().expect("a header");
            u64::from_le_bytes(*bytes)
        };
        let first = events.iter().map(time).min().unwrap_or(0);
        let span = events.iter().map(time).max().unwrap_or(0) - first + 1_000_000;
        let mut put = |event: &Event, pass: usize| {
            let mut bytes = event.bytes.clone();
            let ts = time(event) + span * pass as u64;
            bytes[..8].copy_from_slice(&ts.to_le_bytes());
            let raw = RawEvent {
                cpu: event.cpu,
                // What describes the state comes again in the middle, where it would be shown.
                state_only: event.state_only,
                counted: true,
                bytes: &bytes,
            };
            writer.event(&raw).expect("room");
            count += 1;
        };
        for pass in 0..passes {
            events.iter().for_each(|event| put(event, pass));
        }
        if passes == 0 {
            events.iter().take(FEW).for_each(|event| put(event, 0));
        }
    }
    writer.expect("a section").finish().expect("room");
    count
}

/// Rules, by what they are.
fn rules(dir: &Path) -> Vec<(String, Vec<PathBuf>)> {
    let file = |name: &str, text: String| {
        let path = dir.join(name);
        fs::write(&path, text).expect("a file");
        vec![path]
    };
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/lanner_rules.yaml");
    let text = fs::read_to_string(&own).expect("the default rules");
    let count = text.matches("\n- rule: ").count();
    let twenty_five = text
        .split_inclusive("\n- ")
        .scan(0, |rules, item| {
            *rules += usize::from(item.starts_with("rule: "));
            Some((item.starts_with("rule: ") && *rules > 25, item))
        })
        .filter(|(beyond, _)| !beyond)
        .map(|(_, item)| item)
        .collect::<String>();
    let twenty_five = twenty_five.trim_end_matches("- ").to_owned();
    let more = made::rules(93_usize.saturating_sub(count));
    let mut all = vec![
        ("none".to_owned(), file("none.yaml", String::new())),
        (
            "25 of Lanner's own".to_owned(),
            file("25.yaml", twenty_five),
        ),
        (
            format!("93: Lanner's {count}, and more"),
            file("93.yaml", format!("{text}\n{more}")),
        ),
    ];
    if let Some(folder) = std::env::var_os("LANNER_FALCO_RULES").map(PathBuf::from) {
        let names = ["falco", "falco-incubating", "falco-sandbox"];
        let paths = names.map(|name| folder.join(format!("{name}_rules.yaml")));
        all.push(("Falco's stable 25".to_owned(), paths[..1].to_vec()));
        all.push(("Falco's 93".to_owned(), paths.to_vec()));
    }
    for count in [100, 1_000, 10_000] {
        let name = format!("{count}.yaml");
        all.push((
            format!("{count} simple ones"),
            file(&name, made::rules(count)),
        ));
    }
    all
}
