use std::fs;

use lanner_diag::yaml;

use super::*;

/// The first document of a text.
fn parsed(text: &str) -> Node {
    yaml::parse(text).unwrap().into_iter().next().unwrap()
}

fn with(text: &str, options: &[&str]) -> Result<Config> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("falco.yaml");
    fs::write(&path, text).unwrap();
    let options: Vec<String> = options.iter().map(|o| (*o).to_owned()).collect();
    load(&Request {
        path: Some(&path),
        options: &options,
    })
}

#[test]
fn keys_have_falcos_defaults() {
    let config = with("", &[]).unwrap();
    assert_eq!(config.engine, Engine::Live);
    assert_eq!(buffer_bytes(8 << 20, 1), 8 << 20);
    assert!(buffer_bytes(8 << 20, 0) <= 8 << 20);
    assert_eq!(buffer_bytes(1, 1), lanner_probe::MIN_BUFFER as u64);
    assert!(config.buffer_bytes.is_power_of_two());
    assert_eq!(config.matching, Matching::First);
    assert_eq!(config.priority, Priority::Debug);
    assert!(config.channels.is_empty() && !config.log.stderr && !config.buffered);
    assert!(config.json.output && config.json.fields && config.json.tags);
    assert!(!config.json.enabled && !config.json.message);
    assert_eq!(config.snaplen, 80);
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
}

#[test]
fn without_a_file_alerts_go_to_the_terminal() {
    let config = read(without_file(), Reading::default()).unwrap();
    assert_eq!(config.channels[0].target, Target::Stdout);
    assert!(config.log.stderr);
    assert!(config.append.is_empty());
}

#[test]
fn overrides_win_over_files() {
    let config = with(
        "json_output: false\nrules: [{enable: {tag: a}}]",
        &[
            "json_output=true",
            "rules[].disable.rule=*x*",
            "append_output[]={match: {tags: [t]}, extra_output: o, extra_fields: [f, {k: v}]}",
        ],
    )
    .unwrap();
    assert!(config.json.enabled);
    let selects: Vec<_> = config
        .switches
        .iter()
        .map(|s| (s.enable, &s.select))
        .collect();
    assert_eq!(
        selects,
        [
            (true, &Select::Tag("a".to_owned())),
            (false, &Select::Name("*x*".to_owned()))
        ]
    );
    let append = &config.append[0];
    assert_eq!(append.output.as_deref(), Some("o"));
    assert_eq!(append.tags, ["t"]);
    assert_eq!(append.fields, ["f"]);
    assert_eq!(append.texts, [("k".to_owned(), "v".to_owned())]);
}

#[test]
fn the_way_to_switch_suggested_output_off_works() {
    let shipped = "append_output: [{suggested_output: true}]";
    assert!(with(shipped, &[]).unwrap().append[0].suggested);
    let off = with(shipped, &["append_output.suggested_output=false"]).unwrap();
    assert!(off.append.is_empty());
}

#[test]
fn included_files_are_merged_by_their_strategy() {
    let dir = tempfile::tempdir().unwrap();
    let main = dir.path().join("falco.yaml");
    let more = dir.path().join("config.d");
    fs::create_dir(&more).unwrap();
    fs::write(more.join("2.yaml"), "log_level: debug").unwrap();
    fs::write(
        more.join("1.yaml"),
        "log_level: error\nrules: [{disable: {tag: b}}]",
    )
    .unwrap();
    let text = format!(
        "config_files: [{}, /nonexistent]\nrules: [{{enable: {{tag: a}}}}]",
        more.display()
    );
    fs::write(&main, text).unwrap();
    let request = Request {
        path: Some(&main),
        options: &[],
    };
    let config = load(&request).unwrap();
    assert_eq!(config.log.level, Level::Debug);
    assert_eq!(config.switches.len(), 2);
    assert_eq!(config.loaded.len(), 3);
    fs::write(&main, format!("config_files: [{}]", main.display())).unwrap();
    let error = load(&request).unwrap_err().to_string();
    assert!(
        error.contains("recursively include main config file"),
        "{error}"
    );
}

#[test]
fn what_ends_the_start_is_shown_in_its_place() {
    let error = with("engine:\n  kind: modern_bpf\n", &[])
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("Error reading config file ("), "{error}");
    assert!(error.contains("falco.yaml:2:9"), "{error}");
    assert!(error.contains("did you mean `modern_ebpf`?"), "{error}");
    // Overridden, it ends nothing.
    assert!(with("engine: {kind: modern_bpf}", &["engine.kind=kmod"]).is_ok());
}

#[test]
fn every_value_tells_where_it_came_from() {
    let dir = tempfile::tempdir().unwrap();
    let (main, more) = (dir.path().join("main.yaml"), dir.path().join("more.yaml"));
    let text = format!(
        "config_files: [{}]\njson_output: true\npriority: error\nrules: [{{enable: {{tag: a}}}}]\n\
         http_output: {{url: 'http://x:1', token: hush}}\n",
        more.display()
    );
    fs::write(&main, text).unwrap();
    fs::write(&more, "rules: [{disable: {tag: b}}]\n\npriority: debug\n").unwrap();
    let options = [
        "json_output=false".to_owned(),
        "engine.kind=nodriver".to_owned(),
    ];
    let config = load(&Request {
        path: Some(&main),
        options: &options,
    })
    .unwrap();
    let (main, more) = (main.display(), more.display());
    for (name, expect) in [
        ("json_output", Some("-o json_output=false".to_owned())),
        ("engine.kind", Some("-o engine.kind=nodriver".to_owned())),
        ("priority", Some(format!("{more}:3"))),
        ("rules", Some(format!("{main}:4, {more}:1"))),
        ("http_output.url", Some(format!("{main}:5"))),
        ("log_level", None),
    ] {
        assert_eq!(config.origins.of(name), expect, "{name}");
    }
    let shown = origin::yaml(&config, false);
    assert!(shown.contains("engine:\n  kind: nodriver"), "{shown}");
    assert!(shown.contains("# -o engine.kind=nodriver"), "{shown}");
    assert!(
        !shown.contains("hush") && !shown.contains("log_level"),
        "{shown}"
    );
    // What is shown is a configuration with the same meaning.
    let again = yaml::parse(&shown).unwrap().remove(0);
    assert_eq!(
        tree::find(&again, "priority").unwrap().as_str(),
        Some("debug")
    );
    assert_eq!(again.get("rules").unwrap().as_seq().unwrap().len(), 2);
    let all = origin::json(&config, true);
    assert_eq!(all["log_level"]["value"], "info");
    assert!(all["log_level"]["origin"].is_null());
}

#[test]
fn plugins_other_than_container_are_named() {
    assert!(
        with("load_plugins: [container]", &[])
            .unwrap()
            .warnings
            .is_empty()
    );
    let json = "{plugins: [{name: json, library_path: libjson.so}], load_plugins: [json]}";
    let config = with(json, &[]).unwrap();
    assert!(config.warnings[0].contains("plugin 'json' is not loaded"));
    check_fatal("load_plugins: [json]", &[], "Cannot load plugin 'json'");
    check_fatal("capture: {mode: some}", &[], "capture.mode 'some'");
}

#[test]
fn durations_are_written_as_for_prometheus() {
    for (text, millis) in [
        ("1h30m", Some(5_400_000)),
        ("1h", Some(3_600_000)),
        ("100ms", Some(100)),
        ("1y2w3d4h5m6s7ms", Some(33_019_506_007)),
        ("5000", None),
        ("", None),
        ("0s", None),
        ("1m1h", None),
        ("1h1h", None),
        ("1.5h", None),
        ("-1h", None),
        ("h", None),
        ("99999999999999999y", None),
    ] {
        assert_eq!(duration(text), millis.map(Duration::from_millis), "{text}");
    }
}

#[track_caller]
fn check_fatal(text: &str, options: &[&str], expect: &str) {
    let error = format!("{:#}", with(text, options).unwrap_err());
    assert!(error.contains(expect), "{error}");
}

#[test]
fn values_that_cannot_be_meant_are_fatal() {
    check_fatal(
        "engine: {kind: x}",
        &[],
        "engine.kind 'x' is not a valid kind.",
    );
    check_fatal(
        "engine: {kind: replay}",
        &[],
        "engine.kind is 'replay' but no engine.replay.capture_file specified.",
    );
    check_fatal("priority: loud", &[], "Unknown priority");
    check_fatal("rule_matching: some", &[], "must be one of first, all");
    check_fatal("file_output: {enabled: true}", &[], "no filename");
    check_fatal("syscall_event_drops: {threshold: 2}", &[], "threshold");
    check_fatal(
        "engine: {modern_ebpf: {buf_size_preset: 11}}",
        &[],
        "from 1 to 10",
    );
    check_fatal("", &["json_output"], "Must be of the form key=val");
    check_fatal("", &["json_output=perhaps"], "must be true or false");
    check_fatal(
        "{rules_files: [a], rules_file: [b]}",
        &[],
        "both 'rules_files' and 'rules_file'",
    );
    check_fatal("metrics: {interval: 5000}", &[], "metrics.interval");
    check_fatal("metrics: {interval: 99ms}", &[], "at least 100ms");
    check_fatal("webserver: {listen_address: here}", &[], "valid IP address");
    check_fatal("webserver: {listen_port: 65536}", &[], "no port");
    check_fatal("a: [", &[], "Cannot read config file");
    check_fatal("- a", &[], "not a mapping");
}

#[test]
fn doubtful_keys_are_reported_with_their_place() {
    let config = with("log_level: info\njson_ouput: true\n", &["josn_output=true"]).unwrap();
    assert_eq!(config.warnings.len(), 2);
    let first = &config.warnings[0];
    assert!(first.contains("falco.yaml:2:1"), "{first}");
    assert!(first.contains("did you mean `json_output`?"), "{first}");
    assert!(config.warnings[1].contains("josn_output"));
    assert!(config.loaded[0].validation.starts_with("failed: "));
}

#[test]
fn keys_of_delivery_reach_the_outputs() {
    let on = [
        "http_output.enabled=true",
        "http_output.url=http://h/",
        "http_output.spool=true",
    ];
    let check = |option: &str, of: fn(&Config) -> String, before: &str, after: &str| {
        let given = on.iter().copied();
        let config = |more: &[&str]| {
            let options: Vec<&str> = given.clone().chain(more.iter().copied()).collect();
            of(&with("", &options).unwrap())
        };
        assert_eq!(config(&[]), before, "{option}");
        assert_eq!(config(&[option]), after, "{option}");
    };
    check(
        "outputs_spool.max_age=90s",
        |c| format!("{:?}", c.channels[0].spool.as_ref().map(|s| s.max_age)),
        "Some(604800s)",
        "Some(90s)",
    );
    check(
        "outputs_spool.sync=always",
        |c| format!("{:?}", c.channels[0].spool.as_ref().map(|s| s.sync)),
        "Some(Second)",
        "Some(Always)",
    );
    check(
        "http_output.max_pause=90s",
        |c| format!("{:?}", c.channels[0].retry.map(|r| r.most)),
        "Some(10s)",
        "Some(90s)",
    );
    check(
        "http_output.max_consecutive_timeouts=2",
        |c| format!("{:?}", c.channels[0].retry.map(|r| r.timeouts)),
        "Some(5)",
        "Some(2)",
    );
    check(
        "buffered_outputs=true",
        |c| c.buffered.to_string(),
        "false",
        "true",
    );
}

#[test]
fn a_main_file_that_is_not_there_is_an_error() {
    let request = Request {
        path: Some(Path::new("/nonexistent.yaml")),
        options: &[],
    };
    let error = load(&request).unwrap_err().to_string();
    assert_eq!(
        error,
        "Could not find configuration file at /nonexistent.yaml"
    );
}

/// What the packaged file sets otherwise than the keys' defaults.
const PACKAGED: &[&str] = &[
    "capture.path_prefix",
    "file_output.filename",
    "log_stderr",
    "log_syslog",
    "metrics.enabled",
    "program_output.program",
    "stdout_output.enabled",
    "syscall_event_drops.actions",
    "syslog_output.enabled",
    "webserver.enabled",
    "webserver.prometheus_metrics_enabled",
];

#[test]
fn the_packaged_file_has_every_key_with_its_default() {
    let text = include_str!("../../../../packaging/falco.yaml");
    let root = yaml::parse(text).unwrap().remove(0);
    let found = keys::check(&root, lanner_diag::FileId(0));
    assert!(found.is_empty(), "{found:?}");
    for (name, kind, default) in keys::KEYS {
        // An old name; and what has no value of its own.
        if *name == "rules_file" {
            continue;
        }
        let top = name.split('.').next().unwrap_or(name);
        let line = |start: &str| {
            text.lines()
                .any(|l| l.starts_with(&format!("{start}{top}:")))
        };
        let Some(value) = tree::find(&root, name) else {
            let without = matches!(kind, keys::Kind::Any | keys::Kind::List);
            assert!(
                without && line("# "),
                "{name} is not in packaging/falco.yaml"
            );
            continue;
        };
        let Some(value) = value.to_text() else {
            assert!(line(""), "{name}");
            continue;
        };
        let same = value == *default;
        assert_ne!(
            same,
            PACKAGED.contains(name),
            "{name}: {value}, default {default}"
        );
        if !same {
            let beside = format!(
                "default: {}",
                if default.is_empty() { "none" } else { default }
            );
            assert!(text.contains(&beside), "{name}: {beside}");
        }
    }
}

#[test]
fn the_configuration_for_clusters_is_sound_and_the_same_in_both_forms() {
    let kustomize = parsed(include_str!("../../../../deploy/kubernetes/cluster.yaml"));
    let found = keys::check(&kustomize, lanner_diag::FileId(0));
    assert!(found.is_empty(), "{found:?}");
    let values = parsed(include_str!("../../../../deploy/helm/lanner/values.yaml"));
    assert_eq!(show(values.get("config").unwrap()), show(&kustomize));
}
