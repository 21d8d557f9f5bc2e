//! Pulls from a registry in this process.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use super::*;
use crate::image::tests::{config, gzip, layers};

/// What a registry has, by the path of the request.
type Files = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

struct Server {
    port: u16,
    files: Files,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers each path with its file; wants a token first if `token` is set.
    fn start(token: bool) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Server {
            port,
            files: Files::default(),
            asked: Arc::default(),
        };
        let (files, asked) = (server.files.clone(), server.asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), port, token, &files, &asked);
            }
        });
        server
    }

    fn put(&self, path: &str, bytes: Vec<u8>) {
        self.files.lock().unwrap().insert(path.to_owned(), bytes);
    }

    /// An image of these layers under a tag of `team/app`.
    fn image(&self, tag: &str) -> String {
        let layers = layers();
        let blob = |bytes: Vec<u8>| {
            let digest = digest::of(&bytes);
            let size = bytes.len();
            self.put(&format!("/v2/team/app/blobs/{digest}"), bytes);
            serde_json::json!({"mediaType": "x", "digest": digest, "size": size})
        };
        let packed: Vec<_> = layers.iter().map(|l| blob(gzip(l))).collect();
        let config = blob(config(&layers));
        let manifest = serde_json::json!({"schemaVersion": 2, "config": config, "layers": packed});
        let bytes = serde_json::to_vec(&manifest).unwrap();
        let digest = digest::of(&bytes);
        self.put(&format!("/v2/team/app/manifests/{digest}"), bytes);
        let index = serde_json::json!({"schemaVersion": 2, "manifests": [
            {"digest": digest::of(b"x"), "platform": {"os": "linux", "architecture": "s390x"}},
            {"digest": digest, "platform": {"os": "linux", "architecture": "amd64"}},
        ]});
        let index = serde_json::to_vec(&index).unwrap();
        self.put(&format!("/v2/team/app/manifests/{tag}"), index);
        digest
    }

    fn name(&self, rest: &str) -> Reference {
        Reference::parse(&format!("127.0.0.1:{}/{rest}", self.port)).unwrap()
    }
}

fn answer(
    mut stream: TcpStream,
    port: u16,
    token: bool,
    files: &Files,
    asked: &Mutex<Vec<String>>,
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    let mut authorized = !token;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) < 3 {
            break;
        }
        authorized |= line.to_ascii_lowercase().trim_end() == "authorization: bearer secret";
        head.push_str(&line);
    }
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    asked.lock().unwrap().push(path.clone());
    let bare = path.split('?').next().unwrap();
    let (status, extra, body) = if bare == "/token" {
        ("200 OK", String::new(), b"{\"token\":\"secret\"}".to_vec())
    } else if !authorized {
        let realm = format!(
            "WWW-Authenticate: Bearer realm=\"http://127.0.0.1:{port}/token\",service=\"here\",scope=\"repository:team/app:pull\"\r\n"
        );
        ("401 Unauthorized", realm, Vec::new())
    } else {
        match files.lock().unwrap().get(bare) {
            Some(bytes) => ("200 OK", String::new(), bytes.clone()),
            None => ("404 Not Found", String::new(), Vec::new()),
        }
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{extra}\r\n",
        body.len()
    );
    // A client that has seen enough hangs up.
    let _ = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(&body));
}

#[test]
fn an_image_is_pulled_for_this_machine_with_a_token_and_once() {
    let dir = TempDir::new().unwrap();
    let store = Store::open(dir.path()).unwrap();
    for token in [false, true] {
        let server = Server::start(token);
        let digest = server.image("1.0");
        let name = server.name("team/app:1.0");
        let image = store.pull(&name).unwrap();
        assert_eq!(
            (image.digest.as_str(), image.config.config.user.as_deref()),
            (digest.as_str(), Some("nobody"))
        );
        let by_digest = server.name(&format!("team/app@{digest}"));
        assert_eq!(store.pull(&by_digest).unwrap().digest, digest);
        let asked = server.asked.lock().unwrap().clone();
        let count = |part: &str| asked.iter().filter(|p| p.contains(part)).count();
        // The second registry has blobs that are there already.
        assert_eq!(count("/blobs/"), if token { 0 } else { 3 }, "{asked:?}");
        assert_eq!(
            count("/token?scope=repository"),
            if token { 2 } else { 0 },
            "{asked:?}"
        );
        drop(asked);
    }
    assert_eq!(
        fs::read_dir(dir.path().join("tmp"))
            .unwrap()
            .flatten()
            .filter(|e| e.path().is_dir())
            .count(),
        0
    );
}

#[test]
fn what_a_registry_sends_must_be_what_was_asked_for() {
    let dir = TempDir::new().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let server = Server::start(false);
    server.image("1.0");
    let check = |name: &str, expect: &str| {
        let error = store.pull(&server.name(name)).unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
        assert!(store.list().unwrap().is_empty());
    };
    check(
        "team/app:2.0",
        "rpc error: code = NotFound desc = failed to pull and unpack image \"127.0.0.1:",
    );
    check("other/app:1.0", "not found");
    let blobs: Vec<String> = server
        .files
        .lock()
        .unwrap()
        .keys()
        .filter(|k| k.contains("/blobs/"))
        .cloned()
        .collect();
    for blob in blobs {
        let whole = server.files.lock().unwrap()[&blob].clone();
        server.put(&blob, [whole.as_slice(), b"more"].concat());
        check("team/app:1.0", "the image is damaged");
        server.put(&blob, whole[..whole.len() / 2].to_vec());
        check("team/app:1.0", "the image is damaged");
        server.put(&blob, whole);
    }
    server.put("/v2/team/app/manifests/1.0", b"hello".to_vec());
    check("team/app:1.0", "is no image manifest");
    let gone = Reference::parse("127.0.0.1:1/a:1").unwrap();
    let error = store.pull(&gone).unwrap_err().to_string();
    assert!(
        error.contains("failed to do request: Get \"http://127.0.0.1:1/v2/a/manifests/1\""),
        "{error}"
    );
}
