//! What a running monitor serves and tells of itself: without a probe, which these need not.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::lab::{Lab, rule};
use crate::live::can_monitor;

/// A monitor whose webserver is known to be there.
struct Served {
    child: Child,
    log: BufReader<std::process::ChildStderr>,
    address: String,
}

impl Served {
    fn start(lab: &Lab, engine: &str, more: &[&str]) -> Served {
        lab.file(
            "rules.yaml",
            rule("Exec", "evt.type = execve", "%proc.name"),
        );
        let mut child = lab
            .lanner(["-r", "rules.yaml", "-o", &format!("engine.kind={engine}")])
            .args([
                "-o",
                "webserver.enabled=true",
                "-o",
                "webserver.listen_port=0",
            ])
            .args(more.iter().flat_map(|option| ["-o", option]))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut text = String::new();
        while !text.contains("listening on ") {
            assert!(log.read_line(&mut text).unwrap() > 0, "it ended: {text}");
        }
        let (_, address) = text.rsplit_once("listening on ").unwrap();
        let address = address.split_whitespace().next().unwrap().to_owned();
        Served {
            child,
            log,
            address,
        }
    }

    /// The status and the body of an answer.
    fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: lab\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        (status, body.to_owned())
    }

    /// Asks until there is an answer of this kind: the monitor may still be on its way.
    fn wait_for(&self, path: &str, accept: impl Fn(u16, &str) -> bool) -> String {
        for _ in 0..600 {
            let (status, body) = self.get(path);
            if accept(status, &body) {
                return body;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{path}: {:?}", self.get(path));
    }

    fn end(mut self) -> (String, String) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        let (mut out, mut log) = (String::new(), String::new());
        self.child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut out)
            .unwrap();
        self.log.read_to_string(&mut log).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{log}");
        (out, log)
    }
}

#[test]
fn health_readiness_and_versions_are_served_and_metrics_only_if_asked_for() {
    let lab = Lab::new();
    let served = Served::start(&lab, "nodriver", &["webserver.k8s_healthz_endpoint=/alive"]);
    assert!(served.address.starts_with("127.0.0.1:"));
    assert_eq!(served.get("/alive"), (200, r#"{"status":"ok"}"#.to_owned()));
    assert_eq!(served.get("/healthz").0, 404);
    // It listens only when everything else is at work.
    assert_eq!(served.get("/readyz").0, 200);
    let (status, body) = served.get("/versions?x");
    let versions: Value = serde_json::from_str(&body).unwrap();
    // What falcoctl compares the requirements of artifacts with.
    assert_eq!(status, 200);
    assert_eq!(versions["engine_version_semver"], "0.62.0");
    assert_eq!(versions["engine_version"], "62");
    for key in [
        "falco_version",
        "libs_version",
        "plugin_api_version",
        "driver_api_version",
        "driver_schema_version",
        "default_driver_version",
    ] {
        assert!(versions[key].is_string(), "{key}");
    }
    assert_eq!(versions["plugin_versions"]["container"], "0.7.1");
    assert_eq!(served.get("/metrics").0, 404);
    served.end();
    let elsewhere = ["webserver.listen_address=127.0.0.2"];
    let served = Served::start(&lab, "nodriver", &elsewhere);
    assert!(served.address.starts_with("127.0.0.2:"));
    assert_eq!(served.get("/healthz").0, 200);
    served.end();
}

#[test]
fn without_an_enabled_rule_it_is_alive_and_not_ready() {
    let lab = Lab::new();
    let served = Served::start(&lab, "nodriver", &["rules[].disable.rule=*"]);
    assert_eq!(served.get("/healthz").0, 200);
    served.wait_for("/readyz", |status, body| {
        status == 503 && body.contains("no rule is enabled")
    });
    served.end();
}

#[test]
fn a_port_in_use_does_not_keep_the_monitor_from_its_work() {
    let lab = Lab::new();
    let served = Served::start(&lab, "nodriver", &[]);
    let port = served.address.rsplit_once(':').unwrap().1;
    let mut other = lab
        .lanner(["-r", "rules.yaml", "-o", "engine.kind=nodriver"])
        .args(["-o", "webserver.enabled=true"])
        .args(["-o", &format!("webserver.listen_port={port}")])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(other.stderr.take().unwrap());
    let mut text = String::new();
    while !text.contains("monitoring goes on without it") {
        assert!(log.read_line(&mut text).unwrap() > 0, "it ended: {text}");
    }
    kill_process(Pid::from_child(&other), Signal::TERM).unwrap();
    assert_eq!(other.wait().unwrap().code(), Some(0));
    served.end();
}

#[test]
fn root_metrics_are_what_prometheus_reads_and_survive_a_reload() {
    if !can_monitor() {
        return;
    }
    let lab = Lab::new();
    let options = [
        "webserver.prometheus_metrics_enabled=true",
        "metrics.enabled=true",
        "metrics.kernel_event_counters_per_cpu_enabled=true",
    ];
    let served = Served::start(&lab, "modern_ebpf", &options);
    // A hostile neighbour does not disturb.
    let mut hostile = TcpStream::connect(&served.address).unwrap();
    hostile.write_all(b"GET /metrics HTTP/1.1\r\nA: ").unwrap();
    assert!(Command::new("/bin/true").status().unwrap().success());
    let body = served.wait_for("/metrics", |status, body| {
        status == 200 && body.contains("falcosecurity_falco_rules_matches_total{")
    });
    assert!(
        body.contains("rule_name=\"Exec\",source=\"syscall\",tag_a_tag=\"true\""),
        "{body}"
    );
    for series in [
        "falcosecurity_scap_n_evts_cpu_total{cpu=\"0\"}",
        "lanner_events_lost_total{cpu=\"0\",cause=\"full\",class=\"open\"} 0",
        "lanner_buffer_size_bytes{cpu=\"0\",lane=\"lifecycle\"}",
        "lanner_output_alerts_total{output=\"stdout\",outcome=\"sent\"}",
        "lanner_table_entries{table=\"threads\"}",
        "lanner_rule_evaluations_total{rule_name=\"Exec\"}",
    ] {
        assert!(body.contains(series), "{series}\n{body}");
    }
    lab.file(
        "rules.yaml",
        rule("Other", "evt.type = execve", "%proc.name"),
    );
    let body = served.wait_for("/metrics", |_, body| {
        body.contains("lanner_rule_evaluations_total{rule_name=\"Other\"}")
    });
    assert!(
        !body.contains("lanner_reloads_total{outcome=\"done\"} 0"),
        "{body}"
    );
    check_with_promtool(&body);
    served.end();
}

/// What the distribution's promtool says: nothing of our own names, and of Falco's only that they
/// are not named as it likes.
fn check_with_promtool(body: &str) {
    let promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut promtool) = promtool else {
        eprintln!("skipped: needs promtool");
        return;
    };
    promtool
        .stdin
        .take()
        .unwrap()
        .write_all(body.as_bytes())
        .unwrap();
    let output = promtool.wait_with_output().unwrap();
    // 1: it cannot be read. 3: names are not as recommended.
    assert!(matches!(output.status.code(), Some(0 | 3)), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    for line in said.lines() {
        assert!(line.starts_with("falcosecurity_"), "{said}");
    }
}

#[test]
fn metrics_snapshots_go_to_a_file_and_to_the_outputs() {
    let lab = Lab::new();
    let file = lab.path().join("metrics.jsonl");
    let options = [
        "metrics.enabled=true",
        "metrics.interval=100ms",
        "metrics.output_rule=true",
        &format!("metrics.output_file={}", file.display()),
        "json_output=true",
    ];
    let served = Served::start(&lab, "nodriver", &options);
    for _ in 0..600 {
        if fs::read_to_string(&file).is_ok_and(|text| text.lines().count() >= 2) {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let (out, _) = served.end();
    let text = fs::read_to_string(&file).unwrap();
    for (i, line) in text.lines().enumerate() {
        let sample: Value = serde_json::from_str(line).unwrap();
        assert_eq!(sample["sample"], i + 1);
        assert_eq!(sample["output_fields"]["falco.version"], "0.44.1");
    }
    let alert = out
        .lines()
        .find(|l| l.contains("Falco internal: metrics snapshot"));
    let alert: Value = serde_json::from_str(alert.unwrap()).unwrap();
    assert_eq!(alert["priority"], "Informational");
    assert_eq!(alert["source"], "internal");
    assert_eq!(alert["output"], "Falco metrics snapshot");
    assert!(alert["output_fields"]["evt.time"].is_u64());
}

#[test]
fn over_tls_with_a_certificate_of_ones_own() {
    let lab = Lab::new();
    let pem = lab.path().join("lab.pem");
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
        ])
        .args([
            "-nodes",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
        ])
        .args(["-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(lab.path())
        .output();
    if !made.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: needs openssl");
        return;
    }
    let read = |name: &str| fs::read_to_string(lab.path().join(name)).unwrap();
    fs::write(&pem, read("key.pem") + &read("cert.pem")).unwrap();
    let options = [
        "webserver.ssl_enabled=true",
        &format!("webserver.ssl_certificate={}", pem.display()),
    ];
    let served = Served::start(&lab, "nodriver", &options);
    // One who does not speak TLS gets no answer, and does not hurt.
    let mut plain = TcpStream::connect(&served.address).unwrap();
    plain.write_all(b"GET /healthz HTTP/1.1\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"));
    let port = served.address.rsplit_once(':').unwrap().1;
    let asked = Command::new("curl")
        .args(["-s", "--cacert", "cert.pem", "--resolve"])
        .arg(format!("localhost:{port}:127.0.0.1"))
        .arg(format!("https://localhost:{port}/healthz"))
        .current_dir(lab.path())
        .output();
    match asked {
        Ok(output) => assert_eq!(output.stdout, br#"{"status":"ok"}"#, "{output:?}"),
        Err(_) => eprintln!("skipped: needs curl"),
    }
    served.end();
}

#[test]
fn the_service_manager_is_told_and_the_watchdog_content() {
    let lab = Lab::new();
    lab.file(
        "rules.yaml",
        rule("Exec", "evt.type = execve", "%proc.name"),
    );
    let path = lab.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let mut child = lab
        .lanner(["-r", "rules.yaml", "-o", "engine.kind=nodriver"])
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "400000")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let pid = Pid::from_child(&child);
    let wait_for = |expect: &str| {
        let mut buffer = [0; 1024];
        loop {
            let n = manager.recv(&mut buffer).unwrap();
            let message = String::from_utf8_lossy(&buffer[..n]).into_owned();
            if message.contains(expect) {
                return message;
            }
        }
    };
    wait_for("STATUS=Monitoring with 1 rules");
    wait_for("READY=1");
    wait_for("WATCHDOG=1");
    wait_for("WATCHDOG=1");
    kill_process(pid, Signal::HUP).unwrap();
    let reloading = wait_for("RELOADING=1");
    let (_, micros) = reloading.split_once("MONOTONIC_USEC=").unwrap();
    assert!(micros.trim().parse::<u64>().unwrap() > 0);
    wait_for("READY=1");
    kill_process(pid, Signal::TERM).unwrap();
    wait_for("STOPPING=1");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
