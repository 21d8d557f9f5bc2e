//! Alerts at their receivers: HTTP servers that are there, dead, or want to know who comes, and a
//! real syslog daemon.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;

use crate::lab::{Lab, rule};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Answers requests with success, and hands out their bodies.
fn serve(mut stream: impl Read + Write, bodies: &Sender<Vec<u8>>) -> Option<()> {
    loop {
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
    check(&[ca, mtls, cert, "http_output.client_key=client.key"], None);
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
