//! The fields of Falco's metrics snapshot (§6.7 of the interface).

use serde_json::{Map, Value, json};

use super::host::Usage;
use super::{Losses, Snapshot};
use crate::config::Metrics;
use crate::version;

/// What the snapshot before had, for rates.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Before {
    at: u64,
    events: u64,
    produced: u64,
    lost: u64,
}

/// Gathers fields; those that are zero only on request.
struct Fields {
    map: Map<String, Value>,
    empty: bool,
}

impl Fields {
    /// A field that is always there.
    fn always(&mut self, name: &str, value: impl Into<Value>) {
        self.map.insert(name.to_owned(), value.into());
    }

    /// A count that is left out if it is zero.
    fn count(&mut self, name: &str, value: u64) {
        if value > 0 || self.empty {
            self.always(name, value);
        }
    }

    fn fraction(&mut self, name: &str, value: f64) {
        if value > 0.0 || self.empty {
            self.always(name, value);
        }
    }
}

/// The fields of a snapshot, and what the next one needs of it.
pub(crate) fn fields(
    snapshot: &Snapshot,
    usage: &Usage,
    settings: &Metrics,
    before: &mut Before,
) -> Map<String, Value> {
    let mut f = Fields {
        map: Map::new(),
        empty: settings.empty,
    };
    let seconds = snapshot.at.saturating_sub(before.at) as f64 / 1e9;
    let rate = |now: u64, then: u64| match before.at {
        0 => 0.0,
        _ => now.saturating_sub(then) as f64 / seconds.max(1e-9),
    };
    common(&mut f, snapshot);
    let events = snapshot.counters.events;
    if before.at != 0 {
        f.always("falco.evts_rate_sec", rate(events, before.events));
    }
    f.always("falco.num_evts", events);
    f.always("falco.num_evts_prev", before.events);
    if settings.rules {
        f.count("falco.rules.matches_total", snapshot.counters.alerts());
        for (rule, count) in snapshot.rules.iter().zip(&snapshot.counters.by_rule) {
            f.count(&format!("falco.rules.{}", sanitized(&rule.name)), *count);
        }
    }
    if settings.resources {
        resources(&mut f, usage, settings.megabytes);
    }
    if settings.state {
        state(&mut f, snapshot);
    }
    let ledger = &snapshot.ledger;
    let losses = Losses::of(ledger);
    let produced = ledger.produced();
    f.always("scap.engine_name", snapshot.engine);
    if settings.kernel {
        f.always("scap.n_evts", produced);
        f.always("scap.n_evts_prev", before.produced);
        f.always("scap.evts_rate_sec", rate(produced, before.produced));
        f.always("scap.n_drops", losses.total);
        f.always("scap.n_drops_prev", before.lost);
        f.always("scap.evts_drop_rate_sec", rate(losses.total, before.lost));
        let recent = produced.saturating_sub(before.produced);
        let lost = losses.total.saturating_sub(before.lost);
        let percent = 100.0 * lost as f64 / recent.max(1) as f64;
        f.always("scap.n_drops_perc", percent);
        f.count("scap.n_drops_buffer_total", losses.full_total);
        for (name, count) in losses.full {
            f.count(&format!("scap.n_drops_buffer_{name}_exit"), count);
        }
        f.count("scap.n_drops_bug", losses.bug);
        if settings.kernel_per_cpu {
            for (cpu, entry) in ledger.cpus.iter().enumerate() {
                f.count(&format!("scap.n_evts_cpu_{cpu}"), entry.produced);
                f.count(&format!("scap.n_drops_cpu_{cpu}"), entry.lost());
            }
        }
    }
    *before = Before {
        at: snapshot.at,
        events,
        produced,
        lost: losses.total,
    };
    f.map
}

fn common(f: &mut Fields, snapshot: &Snapshot) {
    let uname = rustix::system::uname();
    f.always("evt.time", snapshot.at);
    f.always("evt.hostname", snapshot.hostname.as_str());
    f.always("evt.source", "syscall");
    f.always("falco.version", version::FALCO);
    f.always("falco.start_ts", snapshot.started);
    f.always("falco.reload_ts", snapshot.reloaded);
    f.always(
        "falco.duration_sec",
        snapshot.at.saturating_sub(snapshot.started) / 1_000_000_000,
    );
    f.always(
        "falco.kernel_release",
        uname.release().to_string_lossy().into_owned(),
    );
    f.always("falco.host_boot_ts", snapshot.boot);
    f.always("falco.host_num_cpus", cpus(snapshot));
    f.always(
        "falco.outputs_queue_num_drops",
        snapshot.outputs.queue_drops(),
    );
    let digests = &snapshot.digests;
    for (kind, files) in [("rules", &digests.rules), ("config", &digests.config)] {
        for (path, digest) in files {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let name = format!("falco.sha256_{kind}_file.{}", sanitized(&stem));
            f.always(&name, digest.as_str());
        }
    }
    for v6 in [false, true] {
        let version = if v6 { "ipv6" } else { "ipv4" };
        let of_version = snapshot.interfaces.iter().filter(|(_, six, _)| *six == v6);
        for (name, _, address) in of_version {
            let key = format!("falco.host_netinfo.interfaces.{name}.protocols.{version}.addresses");
            let known = f.map.entry(key).or_insert_with(|| json!(""));
            let joined = match known.as_str().unwrap_or_default() {
                "" => address.clone(),
                before => format!("{before},{address}"),
            };
            *known = Value::String(joined);
        }
    }
}

fn resources(f: &mut Fields, usage: &Usage, megabytes: bool) {
    f.fraction("falco.cpu_usage_perc", usage.cpu_percent);
    f.fraction("falco.host_cpu_usage_perc", usage.host_cpu_percent);
    for (name, kb) in [
        ("memory_rss", usage.rss_kb),
        ("memory_vsz", usage.vsz_kb),
        ("memory_pss", usage.pss_kb),
        ("host_memory_used", usage.host_memory_kb),
    ] {
        match megabytes {
            true => f.fraction(&format!("falco.{name}_mb"), tenth(kb as f64 / 1024.0)),
            false => f.count(&format!("falco.{name}_kb"), kb),
        }
    }
    match megabytes {
        true => f.fraction(
            "falco.container_memory_used_mb",
            tenth(usage.cgroup_bytes as f64 / 1_048_576.0),
        ),
        false => f.count("falco.container_memory_used_bytes", usage.cgroup_bytes),
    }
    f.count("falco.host_procs_running", usage.host_running);
    f.count("falco.host_open_fds", usage.host_open_fds);
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Counts of the state by Falco's names.
pub(crate) fn state_counts(snapshot: &Snapshot) -> [(&'static str, u64); 11] {
    let state = &snapshot.state;
    let entries = |name: &str| {
        let found = snapshot.tables.iter().find(|t| t.name == name);
        found.map_or(0, |t| t.entries as u64)
    };
    [
        ("n_threads", entries("threads")),
        ("n_fds", entries("fds")),
        ("n_added_threads", state.threads_added),
        ("n_removed_threads", state.threads_removed),
        ("n_added_fds", state.fds_added),
        ("n_removed_fds", state.fds_removed),
        ("n_stored_evts", state.enters_stored),
        ("n_retrieved_evts", state.enters_used),
        ("n_failed_thread_lookups", state.threads_missing),
        ("n_failed_fd_lookups", state.fds_missing),
        ("n_drops_full_threadtable", state.threads_refused),
    ]
}

fn state(f: &mut Fields, snapshot: &Snapshot) {
    for (name, count) in state_counts(snapshot) {
        f.count(&format!("falco.{name}"), count);
    }
}

/// CPUs of the host.
pub(crate) fn cpus(snapshot: &Snapshot) -> u64 {
    match snapshot.ledger.cpus.len() {
        0 => std::thread::available_parallelism().map_or(1, |n| n.get() as u64),
        n => n as u64,
    }
}

/// A name of which nothing but letters, digits and single underscores is left.
pub(crate) fn sanitized(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.ends_with('_') {
            out.push('_');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::RuleName;
    use lanner_event::source::CpuLedger;

    fn snapshot(at: u64, produced: u64, lost: u64) -> Snapshot {
        let mut cpu = CpuLedger {
            produced,
            lost_nested: 1,
            ..CpuLedger::default()
        };
        cpu.lost_full[1] = lost - 1;
        let mut snapshot = Snapshot {
            at,
            engine: "modern_bpf",
            interfaces: vec![
                ("lo".into(), false, "127.0.0.1".into()),
                ("lo".into(), false, "127.0.0.2".into()),
            ],
            rules: std::sync::Arc::new(vec![RuleName {
                name: "A rule, (of mine)".into(),
                ..RuleName::default()
            }]),
            ..Snapshot::default()
        };
        snapshot.ledger.cpus = vec![cpu];
        snapshot.counters.by_rule = vec![3];
        snapshot.counters.events = produced - lost;
        snapshot
    }

    #[test]
    fn the_fields_are_falcos() {
        let settings = Metrics {
            kernel_per_cpu: true,
            ..Metrics::default()
        };
        let mut before = Before::default();
        let second = 1_000_000_000;
        fields(
            &snapshot(second, 100, 10),
            &Usage::default(),
            &settings,
            &mut before,
        );
        let now = snapshot(3 * second, 300, 50);
        let usage = Usage {
            rss_kb: 2048,
            ..Usage::default()
        };
        let found = fields(&now, &usage, &settings, &mut before);
        for (name, expect) in [
            ("falco.num_evts", json!(250)),
            ("falco.num_evts_prev", json!(90)),
            ("falco.evts_rate_sec", json!(80.0)),
            ("falco.rules.A_rule_of_mine_", json!(3)),
            ("falco.memory_rss_mb", json!(2.0)),
            ("scap.n_evts", json!(300)),
            ("scap.n_drops_prev", json!(10)),
            ("scap.evts_drop_rate_sec", json!(20.0)),
            ("scap.n_drops_perc", json!(20.0)),
            ("scap.n_drops_buffer_execve_exit", json!(49)),
            ("scap.n_drops_bug", json!(1)),
            ("scap.n_drops_cpu_0", json!(50)),
            (
                "falco.host_netinfo.interfaces.lo.protocols.ipv4.addresses",
                json!("127.0.0.1,127.0.0.2"),
            ),
        ] {
            assert_eq!(found.get(name), Some(&expect), "{name}");
        }
        assert!(!found.contains_key("scap.n_drops_buffer_open_exit"));
        let all = Metrics {
            empty: true,
            megabytes: false,
            rules: false,
            ..settings
        };
        let found = fields(&now, &usage, &all, &mut before);
        assert_eq!(found["scap.n_drops_buffer_open_exit"], 0);
        assert_eq!(found["falco.memory_rss_kb"], 2048);
        assert!(!found.contains_key("falco.rules.matches_total"));
    }
    #[test]
    fn each_group_of_fields_can_be_switched_off() {
        let all = Metrics {
            kernel_per_cpu: true,
            empty: true,
            ..Metrics::default()
        };
        let usage = Usage {
            rss_kb: 2048,
            ..Usage::default()
        };
        let of = |settings: &Metrics| {
            let mut before = Before::default();
            fields(&snapshot(1, 100, 10), &usage, settings, &mut before)
        };
        let with = of(&all);
        type Off = fn(&mut Metrics);
        let groups: [(Off, &str); 7] = [
            (|m| m.rules = false, "falco.rules.matches_total"),
            (|m| m.resources = false, "falco.cpu_usage_perc"),
            (|m| m.state = false, "falco.n_threads"),
            (|m| m.kernel = false, "scap.n_evts"),
            (|m| m.kernel_per_cpu = false, "scap.n_evts_cpu_0"),
            (|m| m.megabytes = false, "falco.memory_rss_mb"),
            (|m| m.empty = false, "scap.n_drops_buffer_open_exit"),
        ];
        for (off, name) in groups {
            let mut settings = all.clone();
            off(&mut settings);
            let without = of(&settings);
            assert!(
                with.contains_key(name) && !without.contains_key(name),
                "{name}"
            );
            assert!(without.contains_key("falco.version"), "{name}");
        }
    }
}
