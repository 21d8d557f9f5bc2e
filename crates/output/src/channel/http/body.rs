//! What a request carries: one alert, or several.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::format::{Encoding, otlp};
use crate::queue::Item;

/// How several JSON alerts share a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batch {
    /// They do not: a request an alert, as Falco does it.
    Single,
    /// An array, also of one.
    JsonArray,
    /// A line each (`application/x-ndjson`).
    Ndjson,
}

/// The body of a request for these alerts, all of one encoding, and its content type.
pub(super) fn write(items: &[Item], batch: Batch) -> (Vec<u8>, &'static str) {
    let Some(first) = items.first() else {
        return (Vec::new(), "text/plain");
    };
    let lines = |between: &[u8]| {
        let mut body = Vec::new();
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                body.extend_from_slice(between);
            }
            body.extend_from_slice(&item.line());
        }
        body
    };
    match (first.encoding, batch) {
        (Encoding::OtlpProtobuf, _) => {
            // Messages that follow each other are one message with all their records.
            (lines(b""), "application/x-protobuf")
        }
        (Encoding::OtlpJson, _) => {
            let alerts = items.iter().map(Item::line);
            (otlp::merge_json(alerts), "application/json")
        }
        (Encoding::Text, _) => (lines(b"\n"), "text/plain"),
        (Encoding::Json | Encoding::Ecs, Batch::Single) => (lines(b"\n"), "application/json"),
        (Encoding::Json | Encoding::Ecs, Batch::JsonArray) => {
            let mut body = vec![b'['];
            body.extend_from_slice(&lines(b","));
            body.push(b']');
            (body, "application/json")
        }
        (Encoding::Json | Encoding::Ecs, Batch::Ndjson) => {
            let mut body = lines(b"\n");
            body.push(b'\n');
            (body, "application/x-ndjson")
        }
    }
}

/// The body, compressed.
pub(super) fn gzip(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_share_a_request_as_configured() {
        let check = |encoding, batch, expect: (&str, &str)| {
            let items: Vec<Item> = ["1", "2"]
                .into_iter()
                .map(|text| Item {
                    encoding,
                    ..Item::of(text)
                })
                .collect();
            let (body, kind) = write(&items, batch);
            assert_eq!((std::str::from_utf8(&body).unwrap(), kind), expect);
        };
        let json = "application/json";
        check(Encoding::Json, Batch::JsonArray, ("[1,2]", json));
        check(Encoding::Ecs, Batch::JsonArray, ("[1,2]", json));
        check(
            Encoding::Json,
            Batch::Ndjson,
            ("1\n2\n", "application/x-ndjson"),
        );
        check(Encoding::Text, Batch::Ndjson, ("1\n2", "text/plain"));
        check(
            Encoding::OtlpProtobuf,
            Batch::Single,
            ("12", "application/x-protobuf"),
        );
    }
}
