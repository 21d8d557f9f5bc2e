//! Answers every HTTP request with a text: a stand-in for the program of that name.

use std::io::{Read, Write};
use std::net::TcpListener;

unsafe extern "C" {
    fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
    fn _exit(code: i32) -> !;
}

/// The first process of a container ignores SIGTERM unless it says otherwise.
extern "C" fn end(_: i32) {
    // SAFETY: _exit is async-signal-safe.
    unsafe { _exit(0) }
}

fn main() {
    // SAFETY: the handler calls nothing but _exit.
    unsafe { signal(15, end) };
    let (mut text, mut listen) = (String::new(), ":5678".to_owned());
    let mut args = std::env::args().skip(1).peekable();
    while let Some(arg) = args.next() {
        let (name, value) = match arg.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (arg, None),
        };
        let value = value.or_else(|| args.next()).unwrap_or_default();
        match name.trim_start_matches('-') {
            "text" => text = value,
            "listen" => listen = value,
            other => panic!("unknown flag {other}"),
        }
    }
    let at = if listen.starts_with(':') {
        format!("0.0.0.0{listen}")
    } else {
        listen.clone()
    };
    let listener = TcpListener::bind(&at).unwrap_or_else(|e| panic!("cannot listen on {at}: {e}"));
    println!("[INFO] server is listening on {listen}");
    for stream in listener.incoming() {
        let Ok(mut stream) = stream else { continue };
        let mut request = [0; 4096];
        let read = stream.read(&mut request).unwrap_or(0);
        let request = String::from_utf8_lossy(&request[..read]);
        println!("[INFO] {}", request.lines().next().unwrap_or_default());
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}\n",
            text.len() + 1
        );
        let _ = stream.write_all(answer.as_bytes());
    }
}
