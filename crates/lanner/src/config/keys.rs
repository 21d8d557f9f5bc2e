//! The keys of a configuration file: type and default of each (§2.3 to §2.12 of the interface),
//! and what is wrong with a file that does not keep to them.

use lanner_diag::yaml::{Node, Value};
use lanner_diag::{Diagnostic, FileId, Span, TextRange, nearest};

/// The type of a key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// `true`, `yes`, `on`…
    Bool,
    /// A whole number from 0.
    Uint,
    /// A number.
    Float,
    /// Text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A sequence, or one item of it.
    List,
    /// A scalar that a function accepts, and what it should be.
    Checked(fn(&str) -> bool, &'static str),
    /// Anything: read by what it belongs to.
    Any,
}

use Kind::{Any, Bool, Checked, Float, List, Text, Uint, Word};

const ADDRESS: Kind = Checked(
    |text| text.parse::<std::net::IpAddr>().is_ok(),
    "an IP address",
);
const PORT: Kind = Checked(|text| text.parse::<u16>().is_ok(), "a port, 0 to 65535");
const PRESET: Kind = Checked(
    |text| text.parse().is_ok_and(|n: u8| (1..=10).contains(&n)),
    "a number from 1 to 10 (1 MB to 512 MB, doubling)",
);
const RATIO: Kind = Checked(
    |text| text.parse().is_ok_and(|n: f64| (0.0..=1.0).contains(&n)),
    "a number from 0 to 1",
);
const AT_LEAST_ONE: Kind = Checked(
    |text| text.parse().is_ok_and(|n: u64| n > 0),
    "a whole number above 0",
);
const DURATION: Kind = Checked(
    |text| super::duration_or_zero(text).is_some(),
    "a duration such as 1h30m, 60s or 500ms (units y, w, d, h, m, s, ms)",
);
const INTERVAL: Kind = Checked(
    |text| super::duration(text).is_some_and(|d| d.as_millis() >= 100),
    "a duration of at least 100ms such as 1h30m, 15m or 5000ms (units y, w, d, h, m, s, ms)",
);

/// Keys whose value ends the start if it is not what it should be, as it does with Falco. With the
/// others, Falco goes on.
const FATAL: [&str; 12] = [
    "capture.mode",
    "engine.kind",
    "engine.kmod.buf_size_preset",
    "engine.modern_ebpf.buf_size_preset",
    "log_level",
    "metrics.interval",
    "priority",
    "rule_matching",
    "syscall_event_drops.threshold",
    "syscall_event_timeouts.max_consecutives",
    "webserver.listen_address",
    "webserver.listen_port",
];

const PRIORITIES: &[&str] = &[
    "emergency",
    "alert",
    "critical",
    "error",
    "warning",
    "notice",
    "informational",
    "info",
    "debug",
];

/// Every key with its type and the value that it has when it is absent.
pub(crate) const KEYS: &[(&str, Kind, &str)] = &[
    ("append_output", Any, ""),
    ("base_syscalls.all", Bool, "false"),
    ("base_syscalls.custom_set", List, ""),
    ("base_syscalls.repair", Bool, "false"),
    ("buffer_format_base64", Bool, "false"),
    ("buffered_outputs", Bool, "false"),
    ("capture.default_duration", Uint, "5000"),
    ("capture.enabled", Bool, "false"),
    ("capture.max_file_size_mb", Uint, "0"),
    ("capture.mode", Word(&["rules", "all_rules"]), "rules"),
    ("capture.path_prefix", Text, "/tmp/falco"),
    ("collapse.keep_in", Text, ""),
    ("collapse.max_groups", Uint, "2000"),
    ("collapse.rules", Any, ""),
    ("config_files", Any, ""),
    (
        "engine.kind",
        Word(&["modern_ebpf", "kmod", "replay", "nodriver"]),
        "modern_ebpf",
    ),
    ("engine.kmod.buf_size_preset", PRESET, "4"),
    ("engine.kmod.drop_failed_exit", Bool, "false"),
    ("engine.modern_ebpf.buf_size_preset", PRESET, "4"),
    ("engine.modern_ebpf.cpus_for_each_buffer", Uint, "2"),
    ("engine.modern_ebpf.disable_iterators", Bool, "false"),
    ("engine.modern_ebpf.drop_failed_exit", Bool, "false"),
    ("engine.replay.capture_file", Text, ""),
    ("falco_libs.snaplen", Uint, "0"),
    (
        "falco_libs.thread_table_auto_purging_interval_s",
        Uint,
        "300",
    ),
    (
        "falco_libs.thread_table_auto_purging_thread_timeout_s",
        Uint,
        "300",
    ),
    ("falco_libs.thread_table_size", Uint, "262144"),
    ("file_output.enabled", Bool, "false"),
    ("file_output.filename", Text, ""),
    ("file_output.format", Word(super::outputs::FORMATS), "falco"),
    ("file_output.keep_alive", Bool, "false"),
    ("file_output.spool", Bool, "false"),
    (
        "http_output.batch",
        Word(&["single", "json_array", "ndjson"]),
        "single",
    ),
    ("http_output.batch_alerts", Uint, "0"),
    ("http_output.batch_bytes", Uint, "1048576"),
    ("http_output.ca_bundle", Text, ""),
    ("http_output.ca_cert", Text, ""),
    ("http_output.ca_path", Text, "/etc/ssl/certs"),
    ("http_output.client_cert", Text, "/etc/ssl/certs/client.crt"),
    ("http_output.client_key", Text, "/etc/ssl/certs/client.key"),
    ("http_output.compress_uploads", Bool, "false"),
    ("http_output.compression", Word(&["none", "gzip"]), "none"),
    ("http_output.echo", Bool, "false"),
    ("http_output.enabled", Bool, "false"),
    ("http_output.format", Word(super::outputs::FORMATS), "falco"),
    ("http_output.headers", Any, ""),
    ("http_output.insecure", Bool, "false"),
    ("http_output.keep_alive", Bool, "false"),
    ("http_output.max_consecutive_timeouts", Uint, "5"),
    ("http_output.max_pause", DURATION, "10s"),
    ("http_output.mtls", Bool, "false"),
    ("http_output.spool", Bool, "true"),
    ("http_output.timeout", DURATION, "5s"),
    ("http_output.token", Text, ""),
    ("http_output.token_file", Text, ""),
    ("http_output.url", Text, ""),
    ("http_output.user_agent", Text, "falcosecurity/falco"),
    ("json_include_message_property", Bool, "false"),
    ("json_include_output_fields_property", Bool, "true"),
    ("json_include_output_property", Bool, "true"),
    ("json_include_tags_property", Bool, "true"),
    ("json_output", Bool, "false"),
    ("libs_logger.enabled", Bool, "true"),
    ("libs_logger.severity", Text, "info"),
    ("load_plugins", List, ""),
    ("log_level", Word(&crate::log::Level::NAMES), "info"),
    ("log_stderr", Bool, "false"),
    ("log_syslog", Bool, "true"),
    ("metrics.convert_memory_to_mb", Bool, "true"),
    ("metrics.enabled", Bool, "false"),
    ("metrics.include_empty_values", Bool, "false"),
    ("metrics.interval", INTERVAL, "1h"),
    ("metrics.jemalloc_stats_enabled", Bool, "true"),
    ("metrics.kernel_event_counters_enabled", Bool, "true"),
    (
        "metrics.kernel_event_counters_per_cpu_enabled",
        Bool,
        "true",
    ),
    ("metrics.kernel_iter_event_counters_enabled", Bool, "true"),
    ("metrics.libbpf_stats_enabled", Bool, "true"),
    ("metrics.output_file", Text, ""),
    ("metrics.output_rule", Bool, "false"),
    ("metrics.plugins_metrics_enabled", Bool, "true"),
    ("metrics.resource_utilization_enabled", Bool, "true"),
    ("metrics.rules_counters_enabled", Bool, "true"),
    ("metrics.state_counters_enabled", Bool, "true"),
    ("output_timeout", Uint, "2000"),
    ("outputs_queue.capacity", Uint, "0"),
    ("outputs_spool.max_age", DURATION, "7d"),
    ("outputs_spool.max_bytes", Uint, "268435456"),
    ("outputs_spool.path", Text, "/var/lib/lanner/spool"),
    (
        "outputs_spool.sync",
        Word(&["never", "second", "always"]),
        "second",
    ),
    ("plugins", Any, ""),
    ("plugins_hostinfo", Bool, "true"),
    ("priority", Word(PRIORITIES), "debug"),
    ("program_output.enabled", Bool, "false"),
    (
        "program_output.format",
        Word(super::outputs::FORMATS),
        "falco",
    ),
    ("program_output.keep_alive", Bool, "false"),
    ("program_output.program", Text, ""),
    ("program_output.spool", Bool, "false"),
    ("rule_matching", Word(&["first", "all"]), "first"),
    ("rules", Any, ""),
    ("rules_file", List, ""),
    ("rules_files", List, ""),
    ("sandbox.enabled", Bool, "true"),
    ("static_fields", Any, ""),
    ("stdout_output.enabled", Bool, "false"),
    (
        "stdout_output.format",
        Word(super::outputs::FORMATS),
        "falco",
    ),
    ("syscall_event_drops.actions", List, "ignore"),
    ("syscall_event_drops.max_burst", Float, "1"),
    ("syscall_event_drops.rate", Float, ".03333"),
    ("syscall_event_drops.simulate_drops", Bool, "false"),
    ("syscall_event_drops.threshold", RATIO, ".1"),
    (
        "syscall_event_timeouts.max_consecutives",
        AT_LEAST_ONE,
        "1000",
    ),
    ("syslog_output.enabled", Bool, "false"),
    (
        "syslog_output.format",
        Word(super::outputs::FORMATS),
        "falco",
    ),
    ("syslog_output.socket", Text, "/dev/log"),
    ("syslog_output.spool", Bool, "false"),
    ("time_format_iso_8601", Bool, "false"),
    ("watch_config_files", Bool, "true"),
    ("webserver.enabled", Bool, "false"),
    ("webserver.k8s_healthz_endpoint", Text, "/healthz"),
    ("webserver.listen_address", ADDRESS, "127.0.0.1"),
    ("webserver.listen_port", PORT, "8765"),
    ("webserver.prometheus_metrics_enabled", Bool, "false"),
    ("webserver.ssl_certificate", Text, "/etc/falco/falco.pem"),
    ("webserver.ssl_enabled", Bool, "false"),
    ("webserver.threadiness", Uint, "0"),
];

/// Keys that Falco had once, and what became of them.
const GONE: &[(&str, &str)] = &[
    (
        "container_engines",
        "use init_config.engines of the container plugin",
    ),
    ("engine.ebpf", "use engine.kind: modern_ebpf"),
    ("engine.gvisor", "gVisor is no longer an event source"),
    ("grpc", "it was removed"),
    ("grpc_output", "it was removed"),
    ("metadata_download", "it was removed"),
    ("modern_bpf", "use engine.modern_ebpf"),
    ("outputs", "use collapse.rules, which loses nothing"),
    (
        "syscall_buf_size_preset",
        "use engine.modern_ebpf.buf_size_preset",
    ),
    (
        "syscall_drop_failed_exit",
        "use engine.modern_ebpf.drop_failed_exit",
    ),
];

/// The type and default of a key.
pub(crate) fn key(name: &str) -> Option<(Kind, &'static str)> {
    let at = KEYS.iter().find(|(n, ..)| *n == name)?;
    Some((at.1, at.2))
}

/// Whether there are keys below this name.
fn is_section(name: &str) -> bool {
    KEYS.iter().any(|(key, ..)| {
        key.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('.'))
    })
}

/// The code of diagnostics about keys that do not exist.
pub(crate) const UNKNOWN_KEY: &str = "CONFIG_UNKNOWN_KEY";
/// The code of diagnostics about values of the wrong type.
pub(crate) const WRONG_TYPE: &str = "CONFIG_WRONG_TYPE";
/// The code of diagnostics about keys that are there twice.
pub(crate) const DUPLICATE_KEY: &str = "CONFIG_DUPLICATE_KEY";

/// What in a file is unknown or has the wrong type: errors where Falco does not start, warnings
/// where it goes on.
pub(crate) fn check(root: &Node, file: FileId) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    check_section(root, "", file, &mut found);
    found
}

fn check_section(node: &Node, prefix: &str, file: FileId, found: &mut Vec<Diagnostic>) {
    let Some(entries) = node.as_map() else {
        if !node.is_null() {
            let what = if prefix.is_empty() {
                "a configuration is a mapping of keys to values".to_owned()
            } else {
                format!("`{prefix}` is a mapping of keys to values")
            };
            found.push(Diagnostic::warning(WRONG_TYPE, what).label(span(node, file), ""));
        }
        return;
    };
    for (index, (key_node, value)) in entries.iter().enumerate() {
        let name = below(prefix, key_node);
        let part = key_node.as_str();
        let first = entries.iter().position(|(k, _)| k.as_str() == part);
        if let Some(first) = first.filter(|first| *first < index) {
            let what = format!("`{name}` is there twice, and the first one counts");
            found.push(
                Diagnostic::warning(DUPLICATE_KEY, what)
                    .label(span(key_node, file), "this one does not count")
                    .label(span(&entries[first].0, file), "this one does"),
            );
        } else if let Some((kind, _)) = key(&name) {
            if let Some(expected) = mismatch(kind, value) {
                let message = format!("`{name}` must be {expected}");
                let fault = match FATAL.contains(&name.as_str()) {
                    true => Diagnostic::error(WRONG_TYPE, message),
                    false => Diagnostic::warning(WRONG_TYPE, message),
                };
                found.push(
                    fault
                        .label(span(value, file), "")
                        .help(word_help(kind, value)),
                );
            }
        } else if is_section(&name) {
            check_section(value, &name, file, found);
        } else {
            found.push(
                Diagnostic::warning(UNKNOWN_KEY, format!("there is no key `{name}`"))
                    .label(span(key_node, file), "")
                    .help(unknown_help(&name)),
            );
        }
    }
}

/// Drops the entries that do not count because their key was there before.
pub(crate) fn drop_repeated(root: &mut Node) {
    drop_repeated_in(root, "");
}

fn drop_repeated_in(node: &mut Node, prefix: &str) {
    let Value::Map(entries) = &mut node.value else {
        return;
    };
    let mut seen = Vec::new();
    entries.retain_mut(|(key_node, value)| {
        let name = below(prefix, key_node);
        if seen.contains(&name) {
            return false;
        }
        if key(&name).is_none() && is_section(&name) {
            drop_repeated_in(value, &name);
        }
        seen.push(name);
        true
    });
}

/// The dotted name of an entry of a section.
fn below(prefix: &str, key_node: &Node) -> String {
    let part = key_node.as_str().unwrap_or_default();
    match prefix {
        "" => part.to_owned(),
        prefix => format!("{prefix}.{part}"),
    }
}

/// What a person who wrote a key that does not exist may have meant.
pub(crate) fn unknown_help(name: &str) -> Option<String> {
    let gone = GONE.iter().find(|(old, _)| {
        name == *old || name.strip_prefix(old).is_some_and(|r| r.starts_with('.'))
    });
    if let Some((old, instead)) = gone {
        return Some(format!("`{old}` was a key of earlier versions: {instead}"));
    }
    let sections = KEYS
        .iter()
        .filter_map(|(k, ..)| k.rsplit_once('.').map(|(s, _)| s));
    let all: Vec<&str> = KEYS.iter().map(|(k, ..)| *k).chain(sections).collect();
    let near = nearest(name, all.iter().copied())?;
    Some(format!("did you mean `{near}`?"))
}

fn word_help(kind: Kind, value: &Node) -> Option<String> {
    let Word(words) = kind else {
        return None;
    };
    let near = nearest(value.to_text()?, words.iter().copied())?;
    Some(format!("did you mean `{near}`?"))
}

/// What the value should be, if it is something else.
pub(crate) fn mismatch(kind: Kind, value: &Node) -> Option<String> {
    if value.is_null() {
        return None;
    }
    let (fits, expected) = match kind {
        Bool => (value.to_bool().is_some(), "true or false".to_owned()),
        Uint => (value.to_uint(64).is_some(), "a whole number".to_owned()),
        Float => (value.to_float().is_some(), "a number".to_owned()),
        Text => (value.to_text().is_some(), "text".to_owned()),
        List => (!value.is_map(), "a list".to_owned()),
        Checked(accepts, expected) => (value.to_text().is_some_and(accepts), expected.to_owned()),
        Any => (true, String::new()),
        Word(words) => (
            value
                .to_text()
                .is_some_and(|t| words.contains(&t.to_ascii_lowercase().as_str())),
            format!("one of {}", words.join(", ")),
        ),
    };
    (!fits).then_some(expected)
}

fn span(node: &Node, file: FileId) -> Span {
    let start = node.mark.offset as usize;
    let end = match node.value {
        Value::Map(_) | Value::Seq(_) => start,
        _ => node.end as usize,
    };
    Span {
        file,
        range: TextRange::new(start, end.max(start)),
    }
}

#[cfg(test)]
mod tests {
    use lanner_diag::yaml::parse;

    use super::*;

    #[test]
    fn defaults_have_the_type_of_their_key() {
        for (name, kind, default) in KEYS {
            let empty = default.is_empty();
            let value = Node::new(Value::Scalar((*default).into()));
            assert!(
                (empty && matches!(kind, Any | List | Text)) || mismatch(*kind, &value).is_none(),
                "{name}"
            );
        }
    }

    #[track_caller]
    fn check_file(text: &str, expect: &[(&str, Option<&str>)]) {
        let root = parse(text).unwrap().into_iter().next().unwrap();
        let found = check(&root, FileId(0));
        let found: Vec<(&str, Option<&str>)> = found
            .iter()
            .map(|d| (d.message.as_str(), d.help.as_deref()))
            .collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn a_key_that_does_not_exist_is_reported_with_what_was_meant() {
        check_file(
            "json_ouput: true",
            &[(
                "there is no key `json_ouput`",
                Some("did you mean `json_output`?"),
            )],
        );
        check_file(
            "engine: {kind: kmod, modern_ebpf: {bufsize_preset: 3}}",
            &[(
                "there is no key `engine.modern_ebpf.bufsize_preset`",
                Some("did you mean `engine.modern_ebpf.buf_size_preset`?"),
            )],
        );
        check_file(
            "modern_bpf: {cpus_for_each_syscall_buffer: 2}",
            &[(
                "there is no key `modern_bpf`",
                Some("`modern_bpf` was a key of earlier versions: use engine.modern_ebpf"),
            )],
        );
    }

    #[test]
    fn a_value_of_the_wrong_type_is_reported() {
        check_file(
            "{json_output: maybe, outputs_queue: {capacity: -1}, engine: {kind: kmodd}}",
            &[
                ("`json_output` must be true or false", None),
                ("`outputs_queue.capacity` must be a whole number", None),
                (
                    "`engine.kind` must be one of modern_ebpf, kmod, replay, nodriver",
                    Some("did you mean `kmod`?"),
                ),
            ],
        );
        check_file(
            "engine: kmod",
            &[("`engine` is a mapping of keys to values", None)],
        );
    }

    #[test]
    fn plugins_and_selections_are_nobodys_keys_here() {
        check_file(
            "{plugins: [{name: x, init_config: {any: 1}}], rules: [], priority: INFO}",
            &[],
        );
    }
}
