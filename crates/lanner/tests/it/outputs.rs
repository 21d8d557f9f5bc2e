//! Alerts at their receivers: HTTP servers that are there, dead, or want to know who comes, and a
//! real syslog daemon.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;

use rustix::process::Signal;

use crate::lab::{Lab, rule};
use crate::live::can_monitor;
use crate::reload::{flood, lines, setting, signal, wait_for};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// The head of a request, in lower case, and its body.
fn read_request(stream: &mut impl Read) -> Option<(String, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?.to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1)?;
    let mut body = vec![0; length.split("\r\n").next()?.parse().ok()?];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// Answers requests with success, and hands out their bodies.
fn serve(mut stream: impl Read + Write, bodies: &Sender<Vec<u8>>) -> Option<()> {
    loop {
        let (_, body) = read_request(&mut stream)?;
        bodies.send(body).ok()?;
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .ok()?;
        stream.flush().ok()?;
    }
}

/// A server in threads of its own.
fn receiver(listener: TcpListener, tls: Option<Arc<rustls::ServerConfig>>) -> Receiver<Vec<u8>> {
    let (bodies, received) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (bodies, tls) = (bodies.clone(), tls.clone());
            std::thread::spawn(move || match tls {
                None => serve(stream, &bodies),
                Some(config) => {
                    let connection = rustls::ServerConnection::new(config).ok()?;
                    serve(rustls::StreamOwned::new(connection, stream), &bodies)
                }
            });
        }
    });
    received
}

fn options(url: &str, more: &[&str]) -> Vec<String> {
    let url = format!("http_output.url={url}");
    let all = [
        "http_output.enabled=true",
        &url,
        "json_output=true",
        "stdout_output.enabled=false",
        "outputs_spool.path=spool",
    ];
    let all = all.iter().chain(more);
    all.flat_map(|o| ["-o".to_owned(), (*o).to_owned()])
        .collect()
}

fn replay(options: &[String]) -> Vec<&str> {
    let fixed = ["replay", "x.scap", "-r", "rules.yaml"];
    fixed
        .into_iter()
        .chain(options.iter().map(String::as_str))
        .collect()
}

#[test]
fn falcosidekick_can_decode_what_http_output_sends() {
    let lab = Lab::new();
    lab.capture("x.scap", &["/bin/ls"]);
    lab.file(
        "rules.yaml",
        rule("Exec", "evt.type = execve", "ran %proc.name %proc.pid"),
    );
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let received = receiver(listener, None);
    let ran = lab.run(replay(&options(&url, &[])));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let alert: Value = serde_json::from_slice(&received.recv_timeout(PATIENCE).unwrap()).unwrap();
    for key in ["output", "priority", "rule", "time", "source", "hostname"] {
        assert!(alert[key].is_string(), "{key}: {alert}");
    }
    assert_eq!(alert["priority"].as_str().unwrap().to_lowercase(), "notice");
    assert_eq!(alert["time"], "2023-11-14T22:13:20.000000007Z");
    assert!(alert["tags"].is_array());
    assert_eq!(alert["output_fields"]["proc.pid"], 100);
    assert_eq!(
        alert["output_fields"]["evt.time"],
        1_700_000_000_000_000_007_u64
    );
    let keys: BTreeSet<&str> = alert
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let known = "hostname output output_fields priority rule source tags time";
    assert_eq!(keys, known.split(' ').collect());
}

#[test]
fn a_monitor_that_is_killed_again_and_again_sends_its_spool_once_but_for_what_it_marks() {
    const ALERTS: usize = 500;
    let lab = Lab::new();
    lab.capture("x.scap", &["/bin/ls"; ALERTS]);
    lab.file("rules.yaml", rule("Exec", "evt.type = execve", "%evt.num"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let url = format!("http://{address}/");
    // Nobody listens: everything goes to the spool.
    let ran = lab.run(replay(&options(&url, &[])));
    let said = format!("{ALERTS} alerts for http are in its spool");
    assert!(ran.stderr.contains(&said), "{}", ran.stderr);
    let received = receiver(TcpListener::bind(address).unwrap(), None);
    let idle = options(&url, &["engine.kind=nodriver"]);
    let mut got: Vec<(u64, bool)> = Vec::new();
    let mut take = |count: usize| {
        for _ in 0..count {
            let body = received.recv_timeout(PATIENCE).unwrap();
            let alert: Value = serde_json::from_slice(&body).unwrap();
            let number = alert["output_fields"]["evt.num"].as_u64().unwrap();
            got.push((number, alert.get("uuid").is_some()));
        }
        got.iter().map(|(n, _)| n).collect::<BTreeSet<_>>().len()
    };
    for stop_after in [1, 40, 100, usize::MAX] {
        let args = ["-r", "rules.yaml"]
            .into_iter()
            .chain(idle.iter().map(String::as_str));
        let mut child = lab.lanner(args).stderr(Stdio::null()).spawn().unwrap();
        if stop_after == usize::MAX {
            while take(1) < ALERTS {}
        } else {
            take(stop_after);
        }
        // SIGKILL.
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let numbers: Vec<u64> = got.iter().map(|(n, _)| *n).collect();
    assert!(numbers.is_sorted(), "{got:?}");
    let mut seen = BTreeSet::new();
    for (number, marked) in &got {
        assert!(
            seen.insert(number) || *marked,
            "{number} came twice and is not marked"
        );
    }
    // Each kill leaves one attempt in doubt at most.
    assert!(
        got.iter().filter(|(_, marked)| *marked).count() <= 3,
        "{got:?}"
    );
}

/// A server that replies with what it is told to, and hands out what it was sent: `reply` has the
/// number of the request, and nothing to say if none is to come.
fn scripted(
    reply: impl Fn(usize) -> Option<&'static str> + Send + 'static,
) -> (String, Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (send, received) = channel();
    std::thread::spawn(move || {
        // Connections that get no reply stay open.
        let mut silent = Vec::new();
        let mut number = 0;
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            while let Some(request) = read_request(&mut stream) {
                if send.send(request).is_err() {
                    return;
                }
                let Some(status) = reply(number) else {
                    number += 1;
                    silent.push(stream);
                    break;
                };
                number += 1;
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
                if stream.write_all(answer.as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    (url, received)
}

/// How many alerts each request carried.
fn sizes(received: &Receiver<(String, Vec<u8>)>) -> Vec<usize> {
    let bodies = received.try_iter().map(|(_, body)| body);
    bodies
        .map(|body| serde_json::from_slice::<Vec<Value>>(&body).unwrap().len())
        .collect()
}

#[test]
fn alerts_share_requests_up_to_the_limits() {
    const ALERTS: usize = 100;
    let check = |more: &[&str], expect: fn(usize) -> bool| {
        let lab = Lab::new();
        lab.capture("x.scap", &["/bin/ls"; ALERTS]);
        lab.file("rules.yaml", rule("Exec", "evt.type = execve", "%evt.num"));
        let file = lab.path().join("alerts");
        // The first request is answered when all alerts are raised, so that the others wait.
        let (url, received) = scripted(move |number| {
            let raised = || {
                std::fs::read_to_string(&file)
                    .unwrap_or_default()
                    .lines()
                    .count()
            };
            while number == 0 && raised() < ALERTS {
                std::thread::yield_now();
            }
            Some("200 OK")
        });
        let more: Vec<&str> = [
            "http_output.batch=json_array",
            "file_output.enabled=true",
            "file_output.filename=alerts",
        ]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
        let ran = lab.run(replay(&options(&url, &more)));
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let sizes = sizes(&received);
        assert_eq!(sizes.iter().sum::<usize>(), ALERTS, "{sizes:?}");
        assert!(expect(*sizes.iter().max().unwrap()), "{sizes:?}");
    };
    check(&[], |most| most > 10);
    check(&["http_output.batch_alerts=7"], |most| most == 7);
    check(&["http_output.batch_bytes=1"], |most| most == 1);
}

#[test]
fn a_server_that_does_not_answer_in_time_is_asked_again() {
    let lab = Lab::new();
    let capture = lab.capture("x.scap", &["/bin/ls"]);
    lab.file("rules.yaml", rule("Exec", "evt.type = execve", "ran"));
    let (url, received) = scripted(|n| (n > 1).then_some("200 OK"));
    let more = ["http_output.timeout=200ms", "http_output.spool=false"];
    let options = options(&url, &more);
    let fixed = ["replay", "-", "-r", "rules.yaml"];
    let mut child = lab
        .lanner(fixed.into_iter().chain(options.iter().map(String::as_str)))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The run lasts until the last request has come.
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&std::fs::read(capture).unwrap()).unwrap();
    let requests: Vec<_> = (0..3)
        .map(|_| received.recv_timeout(PATIENCE).unwrap())
        .collect();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert!(log.contains("timeout: receive response"), "{log}");
    let marked = |head: &str| head.contains("lanner-redelivery: true");
    let marks: Vec<bool> = requests.iter().map(|(head, _)| marked(head)).collect();
    assert_eq!(marks, [false, true, true]);
    let key = |head: &str| head.split("idempotency-key: ").nth(1).unwrap()[..36].to_owned();
    assert_eq!(key(&requests[0].0), key(&requests[2].0));
}

#[test]
fn a_full_spool_is_counted_told_and_hurts_nobody() {
    const ALERTS: usize = 3000;
    let lab = Lab::new();
    lab.capture("x.scap", &["/bin/ls"; ALERTS]);
    lab.file("rules.yaml", rule("Exec", "evt.type = execve", "%evt.num"));
    let more = [
        "outputs_spool.max_bytes=65536",
        "outputs_queue.capacity=10",
        "file_output.enabled=true",
        "file_output.filename=alerts",
    ];
    let ran = lab.run(replay(&options("http://127.0.0.1:1/", &more)));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let told = |what: &str| {
        let line = ran.stderr.lines().find(|l| l.contains(what));
        let line = line.unwrap_or_else(|| panic!("{what}: {}", ran.stderr));
        let words: Vec<&str> = line.split(' ').collect();
        let at = words.iter().position(|w| *w == "alerts").unwrap();
        words[at - 1].parse::<usize>().unwrap()
    };
    let kept = told("alerts for http are in its spool");
    let lost: usize = ran
        .stderr
        .lines()
        .filter(|l| l.contains(" alerts were ") && l.ends_with(" http"))
        .map(|l| {
            l.rsplit_once(" alerts were ")
                .unwrap()
                .0
                .rsplit(' ')
                .next()
                .unwrap()
        })
        .map(|n| n.parse::<usize>().unwrap())
        .sum();
    assert!(kept > 50 && lost > 0, "{}", ran.stderr);
    assert_eq!(kept + lost, ALERTS, "{}", ran.stderr);
    // All went where there was room.
    let file = std::fs::read_to_string(lab.path().join("alerts")).unwrap();
    assert_eq!(file.lines().count(), ALERTS);
}

#[test]
fn a_server_that_asks_for_a_pause_gets_it() {
    let lab = Lab::new();
    let capture = lab.capture("x.scap", &["/bin/ls"]);
    lab.file("rules.yaml", rule("Exec", "evt.type = execve", "ran"));
    let (note, times) = channel();
    let (url, received) = scripted(move |n| {
        note.send(Instant::now()).unwrap();
        Some(match n {
            0 => "503 Service Unavailable\r\nretry-after: 1",
            _ => "200 OK",
        })
    });
    let options = options(&url, &["http_output.spool=false"]);
    let fixed = ["replay", "-", "-r", "rules.yaml"];
    let mut child = lab
        .lanner(fixed.into_iter().chain(options.iter().map(String::as_str)))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&std::fs::read(capture).unwrap()).unwrap();
    for _ in 0..2 {
        let (head, _) = received.recv_timeout(PATIENCE).unwrap();
        // A server that says so has not taken it.
        assert!(!head.contains("lanner-redelivery"), "{head}");
    }
    // From before the reply to behind the next request.
    let [first, second] = [(); 2].map(|()| times.recv_timeout(PATIENCE).unwrap());
    assert!(second - first >= Duration::from_secs(1));
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn root_a_receiver_that_was_dead_gets_every_alert_once_and_in_order() {
    if !can_monitor() {
        return;
    }
    let dead = Duration::from_secs(setting("LANNER_TEST_DEAD", 2));
    let rate = setting("LANNER_TEST_ALERTS", 1000);
    let lab = Lab::new();
    let folder = lab.path().join("numbered");
    let condition = format!(
        "evt.type = unlinkat and evt.arg.name startswith {}/n",
        folder.display()
    );
    lab.file("rules.yaml", rule("Numbered", &condition, "%evt.arg.name"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let options = options(&format!("http://{address}/"), &["http_output.max_pause=1s"]);
    let fixed = ["-r", "rules.yaml"];
    let mut child = lab
        .lanner(fixed.into_iter().chain(options.iter().map(String::as_str)))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = lines(child.stderr.take().unwrap());
    let mut said = Vec::new();
    wait_for(&log, "One ring buffer", &mut said);
    let ended = AtomicBool::new(false);
    let (received, produced) = std::thread::scope(|scope| {
        let flooding = scope.spawn(|| flood(&folder, rate, &ended));
        // The time is what is tried out here, not what is waited for.
        std::thread::sleep(dead);
        let received = receiver(TcpListener::bind(address).unwrap(), None);
        wait_for(&log, "alerts are delivered again", &mut said);
        ended.store(true, Ordering::Relaxed);
        (received, flooding.join().unwrap())
    });
    for number in 0..produced {
        let body = received.recv_timeout(PATIENCE);
        let body = body.unwrap_or_else(|_| panic!("{number} of {produced}: {said:#?}"));
        let alert: Value = serde_json::from_slice(&body).unwrap();
        let name = alert["output_fields"]["evt.arg.name"].as_str().unwrap();
        assert!(name.ends_with(&format!("/n{number}")), "{number}: {name}");
        assert!(alert.get("uuid").is_none(), "{alert}");
    }
    signal(&child, Signal::TERM);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(received.try_recv().is_err());
    eprintln!("{produced} alerts, receiver dead for {dead:?}");
}

/// Certificates of a private authority: its own, a server's and a client's.
fn certificates(dir: &Path) {
    let script = "
        key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
        openssl req -x509 $key -keyout ca.key -out ca.crt -subj /CN=ca -days 2
        printf 'subjectAltName=DNS:localhost\\nbasicConstraints=CA:FALSE' > extensions
        for who in server client; do
            openssl req $key -keyout $who.key -out $who.csr -subj /CN=$who
            openssl x509 -req -in $who.csr -CA ca.crt -CAkey ca.key -CAcreateserial \
                -out $who.crt -days 2 -extfile extensions
        done";
    let made = Command::new("sh")
        .args(["-ec", script])
        .current_dir(dir)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
}

#[test]
fn a_server_with_a_private_authority_that_asks_who_comes_is_served() {
    let lab = Lab::new();
    certificates(lab.path());
    lab.capture("x.scap", &["/bin/ls"]);
    lab.file("rules.yaml", rule("Exec", "evt.type = execve", "ran"));
    let pem = |name: &str| std::fs::read(lab.path().join(name)).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(&pem("ca.crt")).unwrap())
        .unwrap();
    let roots = Arc::new(roots);
    let verifier =
        rustls::server::WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(&provider));
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(&pem("server.crt")).unwrap()],
            PrivateKeyDer::from_pem_slice(&pem("server.key")).unwrap(),
        )
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "https://localhost:{}/",
        listener.local_addr().unwrap().port()
    );
    let received = receiver(listener, Some(Arc::new(config)));
    let check = |more: &[&str], expect: Option<&str>| {
        let more: Vec<&str> = more
            .iter()
            .copied()
            .chain(["http_output.spool=false"])
            .collect();
        let ran = lab.run(replay(&options(&url, &more)));
        match expect {
            None => {
                received.recv_timeout(PATIENCE).unwrap();
            }
            Some(error) => {
                assert!(ran.stderr.contains(error), "{}", ran.stderr);
                assert!(received.try_recv().is_err());
            }
        }
    };
    let ca = "http_output.ca_cert=ca.crt";
    let mtls = "http_output.mtls=true";
    let cert = "http_output.client_cert=client.crt";
    let key = "http_output.client_key=client.key";
    check(&[ca, mtls, cert, key], None);
    check(&["http_output.ca_bundle=ca.crt", mtls, cert, key], None);
    std::fs::create_dir(lab.path().join("trusted")).unwrap();
    std::fs::copy(lab.path().join("ca.crt"), lab.path().join("trusted/ca.crt")).unwrap();
    check(&["http_output.ca_path=trusted", mtls, cert, key], None);
    check(&["http_output.insecure=true", mtls, cert, key], None);
    // The first that is set counts.
    let other = "http_output.ca_bundle=client.crt";
    check(&[ca, other, mtls, cert, key], None);
    // Whether its reason arrives before the connection is closed is a matter of chance.
    check(&[ca], Some("http: https://localhost"));
    check(&[], Some("UnknownIssuer"));
    check(
        &[ca, mtls, cert, "http_output.client_key=server.key"],
        Some("does not go with the key"),
    );
}

#[test]
fn a_real_syslog_daemon_gets_facility_priority_and_name() {
    if !Path::new("/usr/sbin/rsyslogd").exists() {
        eprintln!("skipped: there is no rsyslogd");
        return;
    }
    let lab = Lab::new();
    lab.capture("x.scap", &["/bin/ls"; 300]);
    lab.file("rules.yaml", rule("Exec", "evt.type = execve", "%evt.num"));
    let dir = lab.path().display();
    let config = format!(
        "module(load=\"imuxsock\" SysSock.Use=\"off\")\n\
         input(type=\"imuxsock\" Socket=\"{dir}/log\" RateLimit.Interval=\"0\")\n\
         template(name=\"t\" type=\"string\" \
         string=\"%syslogfacility-text%.%syslogseverity-text% %programname%%msg%\\n\")\n\
         action(type=\"omfile\" file=\"{dir}/pipe\" template=\"t\")\n"
    );
    lab.file("rsyslog.conf", config);
    let made = Command::new("mkfifo").arg(lab.path().join("pipe")).status();
    assert!(made.unwrap().success());
    let mut daemon = Command::new("/usr/sbin/rsyslogd")
        .args([
            "-n",
            "-i",
            &format!("{dir}/pid"),
            "-f",
            &format!("{dir}/rsyslog.conf"),
        ])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !lab.path().join("log").exists() && begun.elapsed() < PATIENCE {
        std::thread::yield_now();
    }
    let pipe = lab.path().join("pipe");
    let reader = std::thread::spawn(move || {
        let lines = BufReader::new(std::fs::File::open(pipe).unwrap()).lines();
        lines.take(300).map(Result::unwrap).collect::<Vec<String>>()
    });
    let socket = format!("syslog_output.socket={dir}/log");
    let args = [
        "-o",
        "syslog_output.enabled=true",
        "-o",
        &socket,
        "-o",
        "json_output=false",
    ];
    let args: Vec<String> = args.iter().map(|a| (*a).to_owned()).collect();
    let ran = lab.run(replay(&args));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let lines = reader.join().unwrap();
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    assert!(
        lines[0].starts_with("user.notice lanner 22:13:20.000000007: Notice "),
        "{}",
        lines[0]
    );
    let numbers: Vec<u64> = lines
        .iter()
        .map(|l| l.rsplit(' ').next().unwrap().parse().unwrap())
        .collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
}
