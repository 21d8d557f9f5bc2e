//! What each key of the configuration and each flag changes: a row for each that a replay of a few
//! events shows, the name of the test for each of the others. A key or flag that has neither, nor a
//! line in `docs/falco-differences.md`, fails.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::sync::{Arc, Mutex};

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::lab::{Lab, execve, rule, write};

/// What is seen of a run with the key, and not of one without it; or the other way round.
enum See {
    Shows(&'static str),
    Hides(&'static str),
}
use See::{Hides, Shows};

/// A key or flag; what both runs are given; what one of them is given besides; the difference.
/// `{url}` is a server that takes everything, `{dir}` the folder of the run. What begins with `-`
/// is a flag, all else the value of `-o`.
type Row = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    See,
);

const FILE: &[&str] = &["file_output.enabled=true", "file_output.filename=alerts"];
const HTTP: &[&str] = &["http_output.enabled=true", "http_output.url={url}"];
const DEAD: &[&str] = &[
    "http_output.enabled=true",
    "http_output.url=http://127.0.0.1:1/",
    "http_output.spool=false",
    "outputs_spool.path=spool",
];
const SYSLOG: &[&str] = &[
    "syslog_output.enabled=true",
    "syslog_output.socket={dir}/log",
];
const PROGRAM: &[&str] = &[
    "program_output.enabled=true",
    "program_output.program=echo begun >> alerts; cat >> alerts",
];
const SLOW: &[&str] = &[
    "program_output.enabled=true",
    "program_output.program=sleep 0.5",
];
const COLLAPSE: &[&str] = &["collapse.rules[]={rule: Exec, window: 60s, first: 1}"];
const PLUGIN: &[&str] = &["plugins[]={name: json, library_path: libjson.so}"];
const CAPTURE: &[&str] = &["capture.enabled=true", "capture.path_prefix=caught"];

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("append_output", &[], &["append_output[]={extra_output: more=%proc.pid}"], Shows("more=100")),
    ("base_syscalls.all", &["log_level=debug", "rules_files=[io.yaml]"], &["base_syscalls.all=true"], Shows(", pread64")),
    ("base_syscalls.custom_set", &["log_level=debug"], &["base_syscalls.custom_set=[mkdir]"], Shows(", mkdir")),
    ("base_syscalls.repair", &["log_level=debug", "rules_files=[io.yaml]"], &["base_syscalls.repair=true"], Hides(", close_range")),
    ("buffer_format_base64", &["rules_files=[io.yaml]", "engine.replay.capture_file=io.scap"], &["buffer_format_base64=true"], Shows("wrote aGVsbG8=")),
    ("capture.enabled", &["capture.path_prefix=caught", "capture.mode=all_rules"], &["capture.enabled=true"], Shows("caught_")),
    ("capture.mode", CAPTURE, &["capture.mode=all_rules"], Shows("caught_")),
    ("capture.path_prefix", &["capture.enabled=true", "capture.mode=all_rules", "capture.path_prefix=other"], &["capture.path_prefix=caught"], Shows("caught_")),
    ("collapse.rules", &[], COLLAPSE, Shows("more like this")),
    ("collapse.max_groups", COLLAPSE, &["collapse.max_groups=0"], Hides("more like this")),
    ("collapse.keep_in", COLLAPSE, &["collapse.keep_in=alerts.held"], Shows("alerts.held")),
    ("config_files", &[], &["config_files=[more.yaml]"], Shows("{\"hostname\"")),
    ("engine.kind", &["-M", "1"], &["engine.kind=nodriver"], Hides("ran ls")),
    ("engine.replay.capture_file", &[], &["engine.replay.capture_file=other.scap"], Shows("ran other")),
    ("file_output.enabled", &["file_output.filename=alerts"], &["file_output.enabled=true"], Shows("alerts: 22:13:20")),
    ("file_output.filename", FILE, &["file_output.filename=alerts.too"], Shows("alerts.too: 22:13:20")),
    ("file_output.format", FILE, &["file_output.format=json"], Shows("alerts: {\"hostname\"")),
    ("file_output.spool", &["file_output.enabled=true", "file_output.filename=/dev/full", "outputs_spool.path=spool"], &["file_output.spool=true"], Shows("alerts for file are in its spool")),
    ("http_output.batch", HTTP, &["json_output=true", "http_output.batch=ndjson"], Shows("application/x-ndjson")),
    ("http_output.compression", HTTP, &["http_output.compression=gzip"], Shows("content-encoding: gzip")),
    ("http_output.echo", HTTP, &["http_output.echo=true"], Shows("thanks for that")),
    ("http_output.enabled", &["http_output.url={url}"], &["http_output.enabled=true"], Shows("POST /")),
    ("http_output.format", HTTP, &["http_output.format=otlp_json"], Shows("{\"resourceLogs\"")),
    ("http_output.headers", HTTP, &["http_output.headers.x-lab=yes"], Shows("x-lab: yes")),
    ("http_output.spool", DEAD, &["http_output.spool=true"], Shows("alerts for http are in its spool")),
    ("http_output.token", HTTP, &["http_output.token=hush"], Shows("authorization: Bearer hush")),
    ("http_output.token_file", HTTP, &["http_output.token_file=token"], Shows("authorization: Bearer from-file")),
    ("http_output.url", HTTP, &["http_output.url={url}elsewhere"], Shows("POST /elsewhere")),
    ("http_output.user_agent", HTTP, &["http_output.user_agent=lab/1"], Shows("user-agent: lab/1")),
    ("json_include_message_property", &["json_output=true"], &["json_include_message_property=true"], Shows("\"message\":")),
    ("json_include_output_fields_property", &["json_output=true"], &["json_include_output_fields_property=false"], Hides("\"output_fields\":")),
    ("json_include_output_property", &["json_output=true"], &["json_include_output_property=false"], Hides("\"output\":")),
    ("json_include_tags_property", &["json_output=true"], &["json_include_tags_property=false"], Hides("\"tags\":")),
    ("json_output", &[], &["json_output=true"], Shows("{\"hostname\"")),
    ("load_plugins", PLUGIN, &["load_plugins=[container]"], Hides("plugin 'json' is not loaded")),
    ("log_level", &[], &["log_level=debug"], Shows("CLI args: ")),
    ("log_stderr", &[], &["log_stderr=false"], Hides("Falco version: ")),
    ("log_syslog", &["syslog_output.socket={dir}/log"], &["log_syslog=true"], Shows("syslog <14>")),
    ("output_timeout", SLOW, &["output_timeout=100"], Shows("discarded because of the blocked output program")),
    ("outputs_queue.capacity", DEAD, &["outputs_queue.capacity=1"], Shows("http: Outputs queue out of memory")),
    ("outputs_spool.path", &["http_output.enabled=true", "http_output.url=http://127.0.0.1:1/", "outputs_spool.path=spool"], &["outputs_spool.path=elsewhere"], Shows("file elsewhere/http")),
    ("plugins", &[], PLUGIN, Shows("plugin 'json' is not loaded")),
    ("priority", &[], &["priority=error"], Hides("Notice ran")),
    ("program_output.enabled", &["program_output.program=cat >> alerts"], &["program_output.enabled=true"], Shows("alerts: 22:13:20")),
    ("program_output.format", PROGRAM, &["program_output.format=json"], Shows("alerts: {\"hostname\"")),
    ("program_output.keep_alive", PROGRAM, &["program_output.keep_alive=true"], Hides("\nalerts: begun\nalerts: 22:13:20.000000007: Notice ran ls 100\nalerts: begun\n")),
    ("program_output.program", PROGRAM, &["program_output.program=cat >> alerts.too"], Shows("alerts.too: 22:13:20")),
    ("rule_matching", &[], &["rule_matching=all"], Shows("second ls")),
    ("rules", &[], &["rules[].disable.rule=Exec"], Hides("Notice ran")),
    ("rules_files", &[], &["rules_files=[other.yaml]"], Shows("other rule")),
    ("sandbox.enabled", &[], &["sandbox.enabled=false"], Shows("The sandbox is off")),
    ("static_fields", &["append_output[]={suggested_output: true}"], &["static_fields.site=lab"], Shows("static_site=lab")),
    ("stdout_output.enabled", FILE, &["stdout_output.enabled=false"], Hides("stdout 22:13:20")),
    ("stdout_output.format", &[], &["stdout_output.format=ecs"], Shows("\"ecs\":{\"version\"")),
    ("syslog_output.enabled", &["syslog_output.socket={dir}/log"], &["syslog_output.enabled=true"], Shows("syslog <13>")),
    ("syslog_output.format", SYSLOG, &["syslog_output.format=json"], Shows("lanner: {\"hostname\"")),
    ("syslog_output.socket", &["syslog_output.enabled=true", "syslog_output.socket={dir}/nobody", "outputs_spool.path=spool"], &["syslog_output.socket={dir}/log"], Shows("syslog <13>")),
    ("syslog_output.spool", &["syslog_output.enabled=true", "syslog_output.socket={dir}/nobody", "outputs_spool.path=spool"], &["syslog_output.spool=true"], Shows("alerts for syslog are in its spool")),
    ("time_format_iso_8601", &[], &["time_format_iso_8601=true"], Shows("2023-11-14T22:13:20.000000007+0000: Notice")),
    // Flags.
    ("-r", &[], &["-r", "other.yaml"], Shows("other rule")),
    ("-o", &[], &["-o", "priority=error"], Hides("Notice ran")),
    ("--option", &[], &["--option=priority=error"], Hides("Notice ran")),
    ("-c", &[], &["-c", "json.yaml"], Shows("{\"hostname\"")),
    ("-M", &[], &["-M", "1"], Hides("ran cat")),
    ("-v", &[], &["-v"], Shows("Elapsed time: ")),
    ("-p", &[], &["-p", "printed %proc.pid"], Shows("printed 100")),
    ("--print", &[], &["--print", "printed %proc.pid"], Shows("printed 100")),
    ("--dry-run", &[], &["--dry-run"], Hides("Notice ran")),
    ("-P", &[], &["-P", "alerts.pid"], Shows("file alerts.pid")),
    ("--pidfile", &[], &["--pidfile", "alerts.pid"], Shows("file alerts.pid")),
    ("--no-sandbox", &[], &["--no-sandbox"], Shows("The sandbox is off")),
    ("-V", &[], &["-V", "rules.yaml"], Shows("stdout rules.yaml: Ok")),
    ("--validate", &[], &["--validate", "rules.yaml"], Shows("stdout rules.yaml: Ok")),
    ("-L", &[], &["-L"], Shows("a rule of the tests")),
    ("-l", &[], &["-l", "Exec"], Shows("a rule of the tests")),
    ("-i", &[], &["-i"], Shows("Ignored syscall(s):")),
    ("-h", &[], &["-h"], Shows("--page-size")),
    ("--help", &[], &["--help"], Shows("--page-size")),
    ("-N", &["--list"], &["-N"], Shows("\nstdout proc.name\n")),
    ("--list", &[], &["--list=syscall"], Shows("proc.name")),
    ("--list-events", &[], &["--list-events"], Shows("< openat(")),
    ("--format", &["--list"], &["--format", "json"], Shows("\"fieldclasses\": [")),
    ("--markdown", &["--list"], &["--markdown"], Shows("## Field Class")),
    ("--list-plugins", &[], &["--list-plugins"], Shows("lugins Loaded")),
    ("--plugin-info", &[], &["--plugin-info", "container"], Shows("container")),
    ("--support", &[], &["--support"], Shows("\"system_info\"")),
    ("--config-schema", &[], &["--config-schema"], Shows("\"properties\"")),
    ("--rule-schema", &[], &["--rule-schema"], Shows("\"definitions\"")),
    ("--page-size", &[], &["--page-size"], Shows("page size is")),
    ("--version", &[], &["--version"], Shows("Libs version")),
    ("--enable-source", &[], &["--enable-source", "nosuch"], Shows("unknown event source: nosuch")),
    ("--disable-source", &["engine.kind=nodriver", "-M", "1"], &["--disable-source", "syscall"], Shows("Must enable at least one event source")),
];

/// What others test: a key or flag, the file of the test, its name.
#[rustfmt::skip]
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("buffered_outputs", "../output/src/channel/file.rs", "lines_wait_for_each_other_only_if_they_may"),
    ("capture.default_duration", "tests/it/captures.rs", "a_match_starts_a_capture_that_lasts_as_long_as_the_rule_says"),
    ("capture.max_file_size_mb", "tests/it/captures.rs", "a_capture_that_became_too_large_is_an_alert"),
    ("engine.kmod.buf_size_preset", "tests/it/effects.rs", "root_buffers_are_as_large_as_configured"),
    ("engine.kmod.drop_failed_exit", "tests/it/effects.rs", "root_failed_calls_and_long_data_are_left_out_as_configured"),
    ("engine.modern_ebpf.buf_size_preset", "tests/it/effects.rs", "root_buffers_are_as_large_as_configured"),
    ("engine.modern_ebpf.cpus_for_each_buffer", "tests/it/effects.rs", "root_buffers_are_as_large_as_configured"),
    ("engine.modern_ebpf.drop_failed_exit", "tests/it/effects.rs", "root_failed_calls_and_long_data_are_left_out_as_configured"),
    ("falco_libs.snaplen", "tests/it/effects.rs", "root_failed_calls_and_long_data_are_left_out_as_configured"),
    ("file_output.keep_alive", "tests/it/live.rs", "root_sigusr1_reopens_the_file_output"),
    ("http_output.batch_alerts", "tests/it/outputs.rs", "alerts_share_requests_up_to_the_limits"),
    ("http_output.batch_bytes", "tests/it/outputs.rs", "alerts_share_requests_up_to_the_limits"),
    ("http_output.ca_bundle", "tests/it/outputs.rs", "a_server_with_a_private_authority_that_asks_who_comes_is_served"),
    ("http_output.ca_cert", "tests/it/outputs.rs", "a_server_with_a_private_authority_that_asks_who_comes_is_served"),
    ("http_output.ca_path", "tests/it/outputs.rs", "a_server_with_a_private_authority_that_asks_who_comes_is_served"),
    ("http_output.client_cert", "tests/it/outputs.rs", "a_server_with_a_private_authority_that_asks_who_comes_is_served"),
    ("http_output.client_key", "tests/it/outputs.rs", "a_server_with_a_private_authority_that_asks_who_comes_is_served"),
    ("http_output.insecure", "tests/it/outputs.rs", "a_server_with_a_private_authority_that_asks_who_comes_is_served"),
    ("http_output.mtls", "tests/it/outputs.rs", "a_server_with_a_private_authority_that_asks_who_comes_is_served"),
    ("http_output.max_consecutive_timeouts", "../output/src/tests.rs", "timeouts_are_repeated_at_once_as_often_as_configured"),
    ("http_output.timeout", "tests/it/outputs.rs", "a_server_that_does_not_answer_in_time_is_asked_again"),
    ("http_output.max_pause", "../output/src/backoff.rs", "pauses_double_up_to_the_limit_and_begin_again"),
    ("metrics.convert_memory_to_mb", "src/metrics/falco.rs", "each_group_of_fields_can_be_switched_off"),
    ("metrics.enabled", "tests/it/endpoints.rs", "metrics_snapshots_go_to_a_file_and_to_the_outputs"),
    ("metrics.include_empty_values", "src/metrics/falco.rs", "each_group_of_fields_can_be_switched_off"),
    ("metrics.interval", "tests/it/endpoints.rs", "metrics_snapshots_go_to_a_file_and_to_the_outputs"),
    ("metrics.kernel_event_counters_enabled", "src/metrics/falco.rs", "each_group_of_fields_can_be_switched_off"),
    ("metrics.kernel_event_counters_per_cpu_enabled", "src/metrics/falco.rs", "each_group_of_fields_can_be_switched_off"),
    ("metrics.output_file", "tests/it/endpoints.rs", "metrics_snapshots_go_to_a_file_and_to_the_outputs"),
    ("metrics.output_rule", "tests/it/endpoints.rs", "metrics_snapshots_go_to_a_file_and_to_the_outputs"),
    ("metrics.resource_utilization_enabled", "src/metrics/falco.rs", "each_group_of_fields_can_be_switched_off"),
    ("metrics.rules_counters_enabled", "src/metrics/falco.rs", "each_group_of_fields_can_be_switched_off"),
    ("metrics.state_counters_enabled", "src/metrics/falco.rs", "each_group_of_fields_can_be_switched_off"),
    ("outputs_spool.max_age", "../output/src/spool/tests.rs", "what_is_too_old_is_left_out_and_counted"),
    ("outputs_spool.max_bytes", "tests/it/outputs.rs", "a_full_spool_is_counted_told_and_hurts_nobody"),
    ("outputs_spool.sync", "../output/src/spool/tests.rs", "the_disk_is_waited_for_as_configured"),
    ("program_output.spool", "tests/it/programs.rs", "a_program_that_hangs_costs_nothing_that_has_a_spool"),
    ("rules_file", "tests/it/effects.rs", "the_old_name_of_rules_files_works"),
    ("syscall_event_drops.actions", "tests/it/effects.rs", "losses_lead_to_what_is_configured"),
    ("syscall_event_drops.max_burst", "tests/it/effects.rs", "losses_lead_to_what_is_configured"),
    ("syscall_event_drops.rate", "../engine/src/drops.rs", "losses_above_the_threshold_are_told_as_often_as_the_rate_allows"),
    ("syscall_event_drops.simulate_drops", "tests/it/effects.rs", "losses_lead_to_what_is_configured"),
    ("syscall_event_drops.threshold", "tests/it/effects.rs", "losses_lead_to_what_is_configured"),
    ("syscall_event_timeouts.max_consecutives", "tests/it/effects.rs", "root_silence_is_told_after_as_many_looks_as_configured"),
    ("falco_libs.thread_table_size", "tests/it/effects.rs", "a_full_table_of_threads_is_full"),
    ("watch_config_files", "tests/it/reload.rs", "root_changed_rules_are_at_work_without_a_signal"),
    ("webserver.enabled", "tests/it/endpoints.rs", "health_readiness_and_versions_are_served_and_metrics_only_if_asked_for"),
    ("webserver.k8s_healthz_endpoint", "tests/it/endpoints.rs", "health_readiness_and_versions_are_served_and_metrics_only_if_asked_for"),
    ("webserver.listen_address", "tests/it/endpoints.rs", "health_readiness_and_versions_are_served_and_metrics_only_if_asked_for"),
    ("webserver.listen_port", "tests/it/endpoints.rs", "a_port_in_use_does_not_keep_the_monitor_from_its_work"),
    ("webserver.prometheus_metrics_enabled", "tests/it/endpoints.rs", "root_metrics_are_what_prometheus_reads_and_survive_a_reload"),
    ("webserver.ssl_certificate", "tests/it/endpoints.rs", "over_tls_with_a_certificate_of_ones_own"),
    ("webserver.ssl_enabled", "tests/it/endpoints.rs", "over_tls_with_a_certificate_of_ones_own"),
    ("-U", "../output/src/channel/file.rs", "lines_wait_for_each_other_only_if_they_may"),
    ("--unbuffered", "../output/src/channel/file.rs", "lines_wait_for_each_other_only_if_they_may"),
];

fn read_all(folder: &Path, below: &str, text: &mut String) {
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{below}{}", entry.file_name().display());
        let _ = writeln!(text, "file {name}");
        if entry.file_type().unwrap().is_dir() {
            read_all(&entry.path(), &format!("{name}/"), text);
        } else if name.starts_with("alerts") {
            let content = std::fs::read_to_string(entry.path()).unwrap();
            content.lines().for_each(|line| {
                let _ = writeln!(text, "{name}: {line}");
            });
        }
    }
}

/// Takes requests, and notes them.
fn serve(mut stream: TcpStream, requests: &Mutex<String>) -> Option<()> {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).ok()?;
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).ok()?;
        let length = head.split("content-length: ").nth(1)?;
        let mut body = vec![0; length.split("\r\n").next()?.parse().ok()?];
        stream.read_exact(&mut body).ok()?;
        if head.contains("content-encoding: gzip") {
            let mut plain = Vec::new();
            GzDecoder::new(&body[..]).read_to_end(&mut plain).ok()?;
            body = plain;
        }
        let body = String::from_utf8_lossy(&body);
        let _ = writeln!(requests.lock().unwrap(), "{head}{body}");
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\nthanks for that")
            .ok()?;
    }
}

fn lab() -> Lab {
    let lab = Lab::new();
    let config = "{stdout_output: {enabled: true}, log_stderr: true, log_syslog: false, \
        engine: {kind: replay, replay: {capture_file: x.scap}}, rules_files: [rules.yaml]";
    lab.file("falco.yaml", format!("{config}}}"));
    lab.file("json.yaml", format!("{config}, json_output: true}}"));
    lab.file("more.yaml", "json_output: true");
    lab.file("token", "from-file\n");
    let exec = rule("Exec", "evt.type = execve", "ran %proc.name %proc.pid");
    let second = rule("Second", "evt.type = execve", "second %proc.name");
    lab.file("rules.yaml", exec + &second);
    lab.file(
        "other.yaml",
        rule("Other", "evt.type = execve", "other rule"),
    );
    lab.file(
        "io.yaml",
        rule("Io", "evt.type in (write, pread64)", "wrote %evt.buffer"),
    );
    lab.capture("x.scap", &["/bin/ls", "/bin/id", "/bin/cat"]);
    lab.capture("other.scap", &["/bin/other"]);
    lab.events("io.scap", [execve("/bin/ls"), write("hello")]);
    lab
}

/// Everything that can be seen of a run.
fn observe(options: &[&str]) -> String {
    let lab = lab();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(String::new()));
    let noted = Arc::clone(&requests);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let noted = Arc::clone(&noted);
            std::thread::spawn(move || serve(stream, &noted));
        }
    });
    let socket = lab.path().join("log");
    let daemon = UnixDatagram::bind(&socket).unwrap();
    let messages = std::thread::spawn(move || {
        let (mut text, mut buffer) = (String::new(), [0; 65536]);
        loop {
            let n = daemon.recv(&mut buffer).unwrap();
            match &buffer[..n] {
                b"end" => return text,
                message => {
                    let _ = writeln!(text, "syslog {}", String::from_utf8_lossy(message));
                }
            }
        }
    });
    let dir = lab.path().display().to_string();
    let mut flag = false;
    let mut args = Vec::new();
    for option in options {
        // The value of a flag follows it.
        let of_flag = std::mem::replace(&mut flag, option.starts_with('-'));
        if !of_flag && !flag {
            args.push("-o".to_owned());
        }
        args.push(option.replace("{url}", &url).replace("{dir}", &dir));
    }
    let ran = match options.contains(&"-c") {
        true => lab.command(&args).output().unwrap().into(),
        false => lab.run(&args),
    };
    UnixDatagram::unbound()
        .unwrap()
        .send_to(b"end", &socket)
        .unwrap();
    let mut text = String::new();
    for (name, content) in [("stdout", ran.stdout), ("stderr", ran.stderr)] {
        content.lines().for_each(|line| {
            let _ = writeln!(text, "{name} {line}");
        });
    }
    text += &messages.join().unwrap();
    text += &requests.lock().unwrap();
    read_all(lab.path(), "", &mut text);
    text
}

#[test]
fn each_key_and_flag_makes_the_difference_that_it_is_there_for() {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((name, given, changed, see)) =
                    ROWS.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                {
                    let without = observe(given);
                    let with = observe(&[*given, *changed].concat());
                    let (text, here, there) = match see {
                        Shows(text) => (text, &with, &without),
                        Hides(text) => (text, &without, &with),
                    };
                    if !here.contains(text) || there.contains(text) {
                        let fault = format!("{name}: {text}\nwithout:\n{without}\nwith:\n{with}");
                        wrong.lock().unwrap().push(fault);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n----\n"));
}

/// All keys, as the binary knows them.
fn keys() -> BTreeSet<String> {
    fn walk(at: &Value, prefix: &str, keys: &mut BTreeSet<String>) {
        for (part, below) in at["properties"].as_object().unwrap() {
            let name = format!("{prefix}{part}");
            match below.get("properties") {
                Some(_) => walk(below, &format!("{name}."), keys),
                None => _ = keys.insert(name),
            }
        }
    }
    let schema = Lab::new().run(["--config-schema"]).stdout;
    let mut keys = BTreeSet::new();
    walk(&serde_json::from_str(&schema).unwrap(), "", &mut keys);
    keys
}

/// All flags, as the binary tells of them.
fn flags() -> BTreeSet<String> {
    let help = Lab::new().run(["run", "--help"]).stdout;
    let lines = help.lines().map(str::trim_start);
    let heads = lines.filter(|l| l.starts_with('-') && !l.starts_with("- "));
    heads
        .flat_map(|l| l.split(", "))
        .filter(|part| part.starts_with('-'))
        .map(|part| part.split([' ', '[']).next().unwrap().to_owned())
        .collect()
}

#[test]
fn no_key_or_flag_is_without_a_test_of_its_effect_or_a_line_that_says_it_has_none() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(package.join(path)).unwrap();
    let differences = read("../../docs/falco-differences.md");
    for (name, file, test) in ELSEWHERE {
        let text = read(file);
        let found = text.contains(&format!("#[test]\nfn {test}() {{"))
            || text.contains(&format!("#[test]\n    fn {test}() {{"));
        assert!(found, "{name}: there is no test {test} in {file}");
    }
    let rows = ROWS.iter().map(|row| row.0);
    let tested: BTreeSet<&str> = rows.chain(ELSEWHERE.iter().map(|e| e.0)).collect();
    let (keys, flags) = (keys(), flags());
    assert!(keys.len() > 100 && flags.len() > 25, "{keys:?} {flags:?}");
    let all: BTreeSet<String> = keys.union(&flags).cloned().collect();
    let lacking: Vec<&String> = all
        .iter()
        .filter(|name| !tested.contains(name.as_str()))
        .filter(|name| !differences.contains(&format!("`{name}`")))
        .collect();
    assert!(lacking.is_empty(), "without test or line: {lacking:?}");
    let unknown: Vec<_> = tested.iter().filter(|name| !all.contains(**name)).collect();
    assert!(unknown.is_empty(), "no keys or flags: {unknown:?}");
}
