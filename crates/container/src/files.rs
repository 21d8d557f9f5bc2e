//! Reading the runtimes' files: bounded, never blocking, a missing or damaged file is `None`.

use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use rustix::fs::OFlags;
use serde_json::Value;

use crate::bolt::Bolt;

/// Largest file that describes one container. Bundles with a long seccomp profile have 100 KiB.
const MAX_FILE: u64 = 4 << 20;
/// Largest index of a store (`containers.json`, `images.json`).
const MAX_INDEX: u64 = 32 << 20;
/// Most entries of a folder that are looked at.
const MAX_ENTRIES: usize = 8192;

/// The file system of the machine that is looked at.
#[derive(Clone, Debug)]
pub(crate) struct Root(PathBuf);

impl Root {
    pub(crate) fn new(path: PathBuf) -> Root {
        Root(path)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.join(path.trim_start_matches('/'))
    }

    /// The whole file, if it is a regular one of a reasonable size.
    pub(crate) fn read(&self, path: &str) -> Option<Vec<u8>> {
        read(&self.path(path), MAX_FILE)
    }

    /// The file as JSON.
    pub(crate) fn json(&self, path: &str) -> Option<Value> {
        serde_json::from_slice(&self.read(path)?).ok()
    }

    /// The object with this `id` in a file that is an array of objects. As written by its owner,
    /// an object begins with its id, and then only that object is parsed: an index may list
    /// thousands, and may be torn elsewhere.
    pub(crate) fn indexed(&self, path: &str, id: &str) -> Option<Value> {
        let bytes = read(&self.path(path), MAX_INDEX)?;
        if let Some(at) = bytes.find(format!("{{\"id\":\"{id}\"")) {
            return serde_json::Deserializer::from_slice(&bytes[at..])
                .into_iter::<Value>()
                .next()?
                .ok();
        }
        bytes.find(id)?;
        let Ok(Value::Array(entries)) = serde_json::from_slice(&bytes) else {
            return None;
        };
        entries
            .into_iter()
            .find(|entry| entry.get("id").and_then(Value::as_str) == Some(id))
    }

    /// The file as a bbolt database.
    pub(crate) fn bolt(&self, path: &str) -> Option<Bolt> {
        Bolt::open(open(&self.path(path))?)
    }

    /// Names in a folder that are UTF-8.
    pub(crate) fn names(&self, dir: &str) -> impl Iterator<Item = String> {
        fs::read_dir(self.path(dir))
            .into_iter()
            .flatten()
            .take(MAX_ENTRIES)
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
    }

    /// The home folder of a user, from the machine's own `/etc/passwd`.
    pub(crate) fn home(&self, uid: u32) -> Option<String> {
        let text = String::from_utf8(self.read("/etc/passwd")?).ok()?;
        text.lines().find_map(|line| {
            let mut fields = line.split(':').skip(2);
            let found = fields.next()?.parse() == Ok(uid);
            found.then(|| fields.nth(2).map(str::to_owned))?
        })
    }
}

fn read(path: &Path, max: u64) -> Option<Vec<u8>> {
    let file = open(path)?;
    let len = file.metadata().ok()?.len();
    if len > max {
        return None;
    }
    let mut bytes = Vec::with_capacity(len as usize);
    file.take(max).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Opens a regular file. Parts of these trees belong to users: neither a pipe nor a device may
/// hold us up.
fn open(path: &Path) -> Option<File> {
    if !fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits() as i32;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)
        .ok()?;
    file.metadata().ok()?.is_file().then_some(file)
}
