//! The text that Prometheus reads (exposition format 0.0.4): Falco's metrics under Falco's names
//! (§6.8 of the interface), and our own, which begin with `lanner_`.

use std::fmt::{Display, Write};

use lanner_event::LossClass;
use lanner_output::{ChannelStats, Stats};

use super::falco::{cpus, state_counts};
use super::host::Usage;
use super::{Losses, Snapshot};
use crate::config::Metrics;
use crate::version;

/// What a metric is.
#[derive(Clone, Copy)]
enum Kind {
    Counter,
    Gauge,
}

/// The text, metric by metric.
struct Text(String);

impl Text {
    /// Begins a metric of Falco's, `falcosecurity_` and this name.
    fn falco(&mut self, name: &str, kind: Kind) -> Metric<'_> {
        let help = "https://falco.org/docs/metrics/";
        self.begin(format!("falcosecurity_{name}"), help, kind)
    }

    /// Begins one of ours, `lanner_` and this name.
    fn ours(&mut self, name: &str, help: &str, kind: Kind) -> Metric<'_> {
        self.begin(format!("lanner_{name}"), help, kind)
    }

    fn begin(&mut self, name: String, help: &str, kind: Kind) -> Metric<'_> {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        // Writing to a string does not fail.
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        Metric {
            text: &mut self.0,
            name,
        }
    }
}

/// A metric, of which samples follow.
struct Metric<'t> {
    text: &'t mut String,
    name: String,
}

impl Metric<'_> {
    fn sample(&mut self, labels: &[(&str, &str)], value: impl Display) {
        self.text.push_str(&self.name);
        for (i, (key, value)) in labels.iter().enumerate() {
            self.text.push(if i == 0 { '{' } else { ',' });
            self.text.push_str(key);
            self.text.push_str("=\"");
            for c in value.chars() {
                match c {
                    '\\' => self.text.push_str("\\\\"),
                    '"' => self.text.push_str("\\\""),
                    '\n' => self.text.push_str("\\n"),
                    c => self.text.push(c),
                }
            }
            self.text.push('"');
        }
        if !labels.is_empty() {
            self.text.push('}');
        }
        let _ = writeln!(self.text, " {value}");
    }
}

/// The text for a snapshot.
pub(crate) fn text(snapshot: &Snapshot, usage: &Usage, settings: &Metrics) -> String {
    let mut text = Text(String::with_capacity(32 * 1024));
    let t = &mut text;
    about(t, snapshot);
    if settings.rules {
        matches(t, snapshot);
    }
    if settings.resources {
        resources(t, usage);
    }
    if settings.state {
        for (name, count) in state_counts(snapshot) {
            let kind = match name {
                "n_threads" | "n_fds" => Kind::Gauge,
                _ => Kind::Counter,
            };
            t.falco(&format!("falco_{name}_total"), kind)
                .sample(&[], count);
        }
    }
    if settings.kernel {
        kernel(t, snapshot, settings.kernel_per_cpu);
    }
    ledger(t, snapshot);
    outputs(t, snapshot);
    own(t, snapshot);
    text.0
}

fn about(t: &mut Text, snapshot: &Snapshot) {
    let info = |t: &mut Text, name: &str, labels: &[(&str, &str)]| {
        t.falco(name, Kind::Gauge).sample(labels, 1);
    };
    info(
        t,
        "scap_engine_name_info",
        &[("engine_name", snapshot.engine), ("evt_source", "syscall")],
    );
    info(t, "falco_version_info", &[("version", version::FALCO)]);
    let uname = rustix::system::uname();
    let release = uname.release().to_string_lossy();
    info(
        t,
        "falco_kernel_release_info",
        &[("kernel_release", &release)],
    );
    info(t, "evt_hostname_info", &[("hostname", &snapshot.hostname)]);
    let digests = &snapshot.digests;
    for (kind, files) in [("rules", &digests.rules), ("config", &digests.config)] {
        let mut metric = t.falco(&format!("falco_sha256_{kind}_files_info"), Kind::Gauge);
        let mut seen = std::collections::BTreeSet::new();
        for (path, digest) in files {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            // Two folders may have files of one name: a series may be there once only.
            if seen.insert((name.clone(), digest)) {
                metric.sample(&[("file_name", &name), ("sha256", digest)], 1);
            }
        }
    }
    for (name, value) in [
        ("falco_start_timestamp_nanoseconds", snapshot.started),
        ("falco_reload_timestamp_nanoseconds", snapshot.reloaded),
        ("falco_host_boot_timestamp_nanoseconds", snapshot.boot),
        ("falco_host_num_cpus_total", cpus(snapshot)),
    ] {
        t.falco(name, Kind::Gauge).sample(&[], value);
    }
    let seconds = snapshot.at.saturating_sub(snapshot.started) / 1_000_000_000;
    t.falco("falco_duration_seconds_total", Kind::Counter)
        .sample(&[], seconds);
    t.falco("falco_outputs_queue_num_drops_total", Kind::Counter)
        .sample(&[], snapshot.outputs.queue_drops());
}

fn matches(t: &mut Text, snapshot: &Snapshot) {
    let mut metric = t.falco("falco_rules_matches_total", Kind::Counter);
    for (rule, count) in snapshot.rules.iter().zip(&snapshot.counters.by_rule) {
        if *count == 0 {
            continue;
        }
        let priority = rule.priority.to_string();
        let mut tags: Vec<String> = rule.tags.iter().map(|tag| label(tag)).collect();
        tags.sort();
        tags.dedup();
        let mut labels = vec![
            ("priority", priority.as_str()),
            ("rule_name", rule.name.as_str()),
            ("source", rule.source.as_str()),
        ];
        labels.extend(tags.iter().map(|tag| (tag.as_str(), "true")));
        metric.sample(&labels, count);
    }
}

/// The name of a tag as that of a label.
fn label(tag: &str) -> String {
    let ok = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    format!("tag_{}", tag.chars().map(ok).collect::<String>())
}

fn resources(t: &mut Text, usage: &Usage) {
    for (name, value) in [
        ("cpu_usage_ratio", usage.cpu_percent / 100.0),
        ("host_cpu_usage_ratio", usage.host_cpu_percent / 100.0),
        ("memory_rss_bytes", usage.rss_kb as f64 * 1024.0),
        ("memory_vsz_bytes", usage.vsz_kb as f64 * 1024.0),
        ("memory_pss_bytes", usage.pss_kb as f64 * 1024.0),
        ("container_memory_used_bytes", usage.cgroup_bytes as f64),
        (
            "host_memory_used_bytes",
            usage.host_memory_kb as f64 * 1024.0,
        ),
        ("host_procs_running_total", usage.host_running as f64),
        ("host_open_fds_total", usage.host_open_fds as f64),
    ] {
        t.falco(&format!("falco_{name}"), Kind::Gauge)
            .sample(&[], value);
    }
}

fn kernel(t: &mut Text, snapshot: &Snapshot, per_cpu: bool) {
    let ledger = &snapshot.ledger;
    let losses = Losses::of(ledger);
    t.falco("scap_n_evts_total", Kind::Counter)
        .sample(&[], ledger.produced());
    t.falco("scap_n_drops_total", Kind::Counter)
        .sample(&[], losses.total);
    let mut metric = t.falco("scap_n_drops_buffer_total", Kind::Counter);
    for (name, count) in losses.full {
        metric.sample(&[("dir", "exit"), ("drop", name)], count);
    }
    if !per_cpu {
        return;
    }
    let mut metric = t.falco("scap_n_evts_cpu_total", Kind::Counter);
    for (cpu, entry) in ledger.cpus.iter().enumerate() {
        metric.sample(&[("cpu", &cpu.to_string())], entry.produced);
    }
    let mut metric = t.falco("scap_n_drops_cpu_total", Kind::Counter);
    for (cpu, entry) in ledger.cpus.iter().enumerate() {
        metric.sample(&[("cpu", &cpu.to_string())], entry.lost());
    }
}

/// produced = received + lost, by CPU, class and cause.
fn ledger(t: &mut Text, snapshot: &Snapshot) {
    let ledger = &snapshot.ledger;
    let help = "Events that the probe set out to deliver.";
    let mut metric = t.ours("events_produced_total", help, Kind::Counter);
    for (cpu, entry) in ledger.cpus.iter().enumerate() {
        metric.sample(&[("cpu", &cpu.to_string())], entry.produced);
    }
    t.ours(
        "events_received_total",
        "Events that were read from the buffers.",
        Kind::Counter,
    )
    .sample(&[], ledger.received);
    let help = "Events that were lost: for a full ring buffer by class, else by cause.";
    let mut metric = t.ours("events_lost_total", help, Kind::Counter);
    for (cpu, entry) in ledger.cpus.iter().enumerate() {
        let cpu = cpu.to_string();
        let mut sample = |cause, class, count| {
            metric.sample(&[("cpu", &cpu), ("cause", cause), ("class", class)], count);
        };
        for (class, count) in LossClass::ALL.iter().zip(entry.lost_full) {
            sample("full", class.name(), count);
        }
        sample("too_large", "any", entry.lost_too_large);
        sample("nested", "any", entry.lost_nested);
        sample("dispatch", "any", entry.lost_dispatch);
    }
    t.ours(
        "events_malformed_total",
        "Records that could not be decoded.",
        Kind::Counter,
    )
    .sample(&[], ledger.malformed + snapshot.counters.malformed);
    let help = "Bytes that wait in ring buffers, or in memory that they were moved to.";
    let mut metric = t.ours("buffer_used_bytes", help, Kind::Gauge);
    for buffer in &snapshot.buffers {
        let lane = if buffer.lifecycle {
            "lifecycle"
        } else {
            "other"
        };
        let labels = [("cpu", &*buffer.cpu.to_string()), ("lane", lane)];
        metric.sample(&labels, buffer.used + buffer.moved);
    }
    let help = "Sizes of ring buffers.";
    let mut metric = t.ours("buffer_size_bytes", help, Kind::Gauge);
    for buffer in &snapshot.buffers {
        let lane = if buffer.lifecycle {
            "lifecycle"
        } else {
            "other"
        };
        let labels = [("cpu", &*buffer.cpu.to_string()), ("lane", lane)];
        metric.sample(&labels, buffer.size);
    }
}

/// What became of alerts, by output.
fn outputs(t: &mut Text, snapshot: &Snapshot) {
    let stats = &snapshot.outputs;
    t.ours("alerts_total", "Alerts that were raised.", Kind::Counter)
        .sample(&[], stats.raised);
    t.ours(
        "alerts_collapsed_total",
        "Alerts that were held back because they repeat another.",
        Kind::Counter,
    )
    .sample(&[], stats.collapsed);
    let help = "Alerts by output and by what became of them.";
    let mut metric = t.ours("output_alerts_total", help, Kind::Counter);
    for (name, channel) in channels(stats) {
        for (outcome, count) in [
            ("sent", channel.sent),
            ("lost", channel.lost),
            ("dropped", channel.dropped),
            ("rejected", channel.rejected),
            ("expired", channel.expired),
            ("damaged", channel.damaged),
            ("discarded", channel.discarded),
        ] {
            metric.sample(&[("output", &name), ("outcome", outcome)], count);
        }
    }
    let help = "Attempts to deliver that failed.";
    let mut metric = t.ours("output_failures_total", help, Kind::Counter);
    for (name, channel) in channels(stats) {
        metric.sample(&[("output", &name)], channel.failed);
    }
    let help = "Alerts that wait, in memory and on disk.";
    let mut metric = t.ours("output_waiting_alerts", help, Kind::Gauge);
    for (name, channel) in channels(stats) {
        let queued = channel.depth + channel.in_flight;
        metric.sample(&[("output", &name), ("where", "queue")], queued);
        metric.sample(
            &[("output", &name), ("where", "spool")],
            channel.spool_depth,
        );
    }
    let help = "Alerts that may wait in memory.";
    let mut metric = t.ours("output_queue_capacity_alerts", help, Kind::Gauge);
    for (name, channel) in channels(stats) {
        metric.sample(&[("output", &name)], channel.capacity);
    }
    let help = "Size of the files of the spool.";
    let mut metric = t.ours("output_spool_bytes", help, Kind::Gauge);
    for (name, channel) in channels(stats) {
        metric.sample(&[("output", &name)], channel.spool_bytes);
    }
    let help = "Whether the last attempt to deliver failed.";
    let mut metric = t.ours("output_failing", help, Kind::Gauge);
    for (name, channel) in channels(stats) {
        metric.sample(&[("output", &name)], u8::from(channel.failing));
    }
}

/// The outputs that are configured, each with a name of its own.
fn channels(stats: &Stats) -> impl Iterator<Item = (String, &ChannelStats)> {
    let configured = stats.channels.iter().filter(|c| !c.removed);
    configured.enumerate().map(|(i, channel)| {
        let before = stats.channels[..i]
            .iter()
            .filter(|c| c.name == channel.name);
        let name = match before.count() {
            0 => channel.name.to_owned(),
            n => format!("{}-{}", channel.name, n + 1),
        };
        (name, channel)
    })
}

fn own(t: &mut Text, snapshot: &Snapshot) {
    let counters = &snapshot.counters;
    t.ours("version_info", "Lanner's version.", Kind::Gauge)
        .sample(&[("version", version::LANNER)], 1);
    t.ours("events_total", "Events that were taken in.", Kind::Counter)
        .sample(&[], counters.events);
    t.ours(
        "events_evaluated_total",
        "Events that rules were asked about.",
        Kind::Counter,
    )
    .sample(&[], counters.evaluated);
    let help = "Reloads of configuration and rules.";
    let mut metric = t.ours("reloads_total", help, Kind::Counter);
    metric.sample(&[("outcome", "done")], snapshot.reloads.0);
    metric.sample(&[("outcome", "refused")], snapshot.reloads.1);
    let help = "Entries of tables.";
    let mut metric = t.ours("table_entries", help, Kind::Gauge);
    for table in &snapshot.tables {
        metric.sample(&[("table", table.name)], table.entries);
    }
    let help = "About how much memory tables take.";
    let mut metric = t.ours("table_bytes", help, Kind::Gauge);
    for table in snapshot.tables.iter().filter(|t| t.bytes > 0) {
        metric.sample(&[("table", table.name)], table.bytes);
    }
    let rules = || {
        let enabled = snapshot.rules.iter().filter(|r| r.enabled);
        enabled.zip(&snapshot.costs)
    };
    let help = "Events that a rule can match by their type, since it was loaded.";
    let mut metric = t.ours("rule_evaluations_total", help, Kind::Counter);
    for (rule, cost) in rules() {
        metric.sample(&[("rule_name", &rule.name)], cost.evaluations);
    }
    let help = "How often a rule's condition was timed alone.";
    let mut metric = t.ours("rule_samples_total", help, Kind::Counter);
    for (rule, cost) in rules() {
        metric.sample(&[("rule_name", &rule.name)], cost.sampled);
    }
    let help = "Time that these took; divide by the samples.";
    let mut metric = t.ours("rule_sampled_seconds_total", help, Kind::Counter);
    for (rule, cost) in rules() {
        metric.sample(&[("rule_name", &rule.name)], cost.nanos as f64 / 1e9);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::RuleName;

    #[test]
    fn names_and_labels_are_falcos() {
        let mut snapshot = Snapshot {
            engine: "modern_bpf",
            hostname: "a \"b\"\\\nc".into(),
            rules: std::sync::Arc::new(vec![RuleName {
                name: "R 1".into(),
                priority: 4,
                source: "syscall".into(),
                tags: vec!["T1059".into(), "mitre-x.y".into()],
                enabled: true,
            }]),
            ..Snapshot::default()
        };
        snapshot.counters.by_rule = vec![2];
        let text = text(&snapshot, &Usage::default(), &Metrics::default());
        for line in [
            "# HELP falcosecurity_falco_version_info https://falco.org/docs/metrics/",
            "# TYPE falcosecurity_falco_version_info gauge",
            "falcosecurity_falco_version_info{version=\"0.44.1\"} 1",
            "falcosecurity_evt_hostname_info{hostname=\"a \\\"b\\\"\\\\\\nc\"} 1",
            "falcosecurity_scap_engine_name_info{engine_name=\"modern_bpf\",evt_source=\"syscall\"} 1",
            "falcosecurity_falco_rules_matches_total{priority=\"4\",rule_name=\"R 1\",\
             source=\"syscall\",tag_T1059=\"true\",tag_mitre_x_y=\"true\"} 2",
            "falcosecurity_scap_n_drops_buffer_total{dir=\"exit\",drop=\"clone_fork\"} 0",
            "lanner_reloads_total{outcome=\"refused\"} 0",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
    }
}
