//! What a receiver refused for good, with its reason: a line of JSON each.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::queue::Item;

/// The file `rejected.jsonl`. When it is as large as it may be it becomes `rejected.jsonl.1`, in
/// place of the one before.
pub(crate) struct Rejected {
    path: PathBuf,
    max_bytes: u64,
}

impl Rejected {
    pub(super) fn new(path: PathBuf, max_bytes: u64) -> Rejected {
        Rejected { path, max_bytes }
    }

    /// Writes an alert and why it was refused.
    pub(crate) fn add(&self, item: &Item, reason: &str) -> io::Result<()> {
        let mut line = Map::new();
        let alert = match std::str::from_utf8(&item.bytes) {
            Ok(text) => text.to_owned(),
            // Only the protobuf encoding is no text; each byte as two digits.
            Err(_) => item.bytes.iter().map(|b| format!("{b:02x}")).collect(),
        };
        line.insert("alert".to_owned(), Value::from(alert));
        line.insert("id".to_owned(), Value::from(item.id.uuid()));
        line.insert("reason".to_owned(), Value::from(reason));
        line.insert("time_ms".to_owned(), Value::from(super::now_ms()));
        let mut line = Value::Object(line).to_string();
        line.push('\n');
        let size = fs::metadata(&self.path).map_or(0, |m| m.len());
        if size > 0 && size + line.len() as u64 > self.max_bytes {
            fs::rename(&self.path, self.path.with_extension("jsonl.1"))?;
        }
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.path)?;
        file.write_all(line.as_bytes())
    }
}
