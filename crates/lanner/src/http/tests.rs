use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};

use super::*;

fn server() -> Server {
    let route = |path: &str| match path {
        "/big" => Answer::text(200, "x".repeat(1_000_000)),
        "/hello" => Answer::text(200, "hello"),
        other => Answer::text(404, other),
    };
    Server::start(
        (Ipv4Addr::LOCALHOST.into(), 0),
        None,
        Box::new(route),
        || {},
    )
    .unwrap()
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    stream
}

fn ask(server: &Server, request: &[u8]) -> String {
    let mut stream = connect(server);
    // A refused request may be answered, and the connection closed, before all of it is sent.
    let _ = stream.write_all(request);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn requests_are_answered_and_hostile_ones_refused() {
    let server = server();
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(REQUEST));
    let many = format!("GET /hello HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(100));
    let endless = format!("GET /hello HTTP/1.1\r\nA: {}", "b".repeat(1 << 20));
    let body = format!(
        "POST /hello HTTP/1.1\r\nContent-Length: 99\r\n\r\n{}",
        "x".repeat(99)
    );
    for (request, expect) in [
        (
            "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
            "HTTP/1.1 200 OK\r\n",
        ),
        ("GET /hello?a=b HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n"),
        ("GET /nothing HTTP/1.1\r\n\r\n", "HTTP/1.1 404 "),
        ("GET /../etc/passwd HTTP/1.1\r\n\r\n", "HTTP/1.1 404 "),
        ("\x16\x03\x01\x02\0\x01", "HTTP/1.1 400 "),
        ("GET /hello\r\n\r\n", "HTTP/1.1 400 "),
        ("GET /\0 HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "),
        ("DELETE /hello HTTP/1.1\r\n\r\n", "HTTP/1.1 405 "),
        (&body, "HTTP/1.1 405 "),
        (&long, "HTTP/1.1 431 "),
        (&many, "HTTP/1.1 431 "),
        (&endless, "HTTP/1.1 431 "),
        ("GET /hel", ""),
        ("", ""),
    ] {
        let answer = ask(&server, request.as_bytes());
        let shown: String = request.chars().take(40).collect();
        // One that is refused while it is being sent may find the connection reset.
        let reset = request.len() > 2 * REQUEST && answer.is_empty();
        assert!(answer.starts_with(expect) || reset, "{shown:?}: {answer}");
        assert_eq!(answer.is_empty(), expect.is_empty() || reset, "{shown:?}");
    }
    let answer = ask(&server, b"HEAD /hello HTTP/1.1\r\n\r\n");
    assert!(answer.contains("Content-Length: 5\r\n") && answer.ends_with("\r\n\r\n"));
    let answer = ask(&server, b"GET /big HTTP/1.1\r\n\r\n");
    assert!(answer.ends_with(&"x".repeat(1_000_000)));
}

#[test]
fn a_request_may_come_byte_by_byte() {
    let server = server();
    let mut stream = connect(&server);
    for byte in b"GET /hello HTTP/1.1\r\n\r\n" {
        stream.write_all(&[*byte]).unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
}

#[test]
fn connections_that_say_nothing_keep_nobody_else_out() {
    let server = server();
    let mut silent: Vec<TcpStream> = (0..3 * CONNECTIONS).map(|_| connect(&server)).collect();
    for stream in &mut silent {
        // Those that had to make room are closed already.
        let _ = stream.write_all(b"GET /hello HTTP/1.1\r\nX-a: b\r\n");
    }
    assert!(ask(&server, b"GET /hello HTTP/1.1\r\n\r\n").ends_with("hello"));
    // And in the end they are closed themselves.
    for mut stream in silent {
        let _ = stream.read(&mut [0]);
    }
}

#[test]
fn a_reader_that_does_not_read_keeps_nobody_else_out() {
    let server = server();
    let mut stuck: Vec<TcpStream> = (0..8).map(|_| connect(&server)).collect();
    for stream in &mut stuck {
        stream.write_all(b"GET /big HTTP/1.1\r\n\r\n").unwrap();
    }
    for _ in 0..20 {
        assert!(ask(&server, b"GET /hello HTTP/1.1\r\n\r\n").ends_with("hello"));
    }
}

#[test]
fn an_address_in_use_and_a_missing_certificate_are_errors() {
    let server = server();
    let at = (server.address().ip(), server.address().port());
    let again = Server::start(at, None, Box::new(|_| Answer::text(200, "")), || {});
    let error = format!("{:#}", again.err().unwrap());
    assert!(
        error.contains("the webserver cannot listen at 127.0.0.1:"),
        "{error}"
    );
    let path = Path::new("/nonexistent.pem");
    let at = (Ipv4Addr::LOCALHOST.into(), 0);
    let error = Server::start(at, Some(path), Box::new(|_| Answer::text(200, "")), || {});
    let error = format!("{:#}", error.err().unwrap());
    assert!(
        error.contains("webserver.ssl_certificate /nonexistent.pem"),
        "{error}"
    );
}
