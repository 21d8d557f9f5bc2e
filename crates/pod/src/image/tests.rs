//! Archives into the store and out of it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tar::{Builder, EntryType, Header};
use tempfile::TempDir;

use super::*;

/// Whether this runs as root; says so if not.
pub(crate) fn is_root(test: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        eprintln!("{test}: skipped, needs root");
    }
    root
}

/// A layer of these entries: `755` for a folder, `644 file TEXT`, `600 UID:GID file TEXT`,
/// `-> TARGET`, `= TARGET` for a hard link, `666 char MAJOR:MINOR`, `640 fifo`.
pub(crate) fn layer(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, text) in entries {
        let mut header = Header::new_gnu();
        // As raw bytes: the library refuses to write paths that lead outside.
        let path = &mut header.as_gnu_mut().unwrap().name;
        path[..name.len()].copy_from_slice(name.as_bytes());
        let mut words: Vec<&str> = text.split(' ').collect();
        let mut data = String::new();
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        match words[0] {
            "->" | "=" => {
                let kind = match words[0] {
                    "=" => EntryType::Link,
                    _ => EntryType::Symlink,
                };
                header.set_entry_type(kind);
                header.set_mode(0o777);
                let target = &mut header.as_gnu_mut().unwrap().linkname;
                target[..words[1].len()].copy_from_slice(words[1].as_bytes());
            }
            mode => {
                header.set_mode(u32::from_str_radix(mode, 8).unwrap());
                words.remove(0);
                if let Some((uid, gid)) = words.first().and_then(|w| w.split_once(':')) {
                    header.set_uid(uid.parse().unwrap());
                    header.set_gid(gid.parse().unwrap());
                    words.remove(0);
                }
                match words.first().copied() {
                    None => header.set_entry_type(EntryType::Directory),
                    Some("fifo") => header.set_entry_type(EntryType::Fifo),
                    Some("what") => header.set_entry_type(EntryType::new(b'Q')),
                    Some("char") => {
                        header.set_entry_type(EntryType::Char);
                        let (major, minor) = words[1].split_once(':').unwrap();
                        header.set_device_major(major.parse().unwrap()).unwrap();
                        header.set_device_minor(minor.parse().unwrap()).unwrap();
                    }
                    _ => {
                        header.set_entry_type(EntryType::Regular);
                        data = words[1..].join(" ");
                    }
                }
            }
        }
        header.set_size(data.len() as u64);
        header.set_cksum();
        builder.append(&header, data.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn pack(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder
            .append_data(&mut header, name, bytes.as_slice())
            .unwrap();
    }
    builder.into_inner().unwrap()
}

pub(crate) fn config(layers: &[Vec<u8>]) -> Vec<u8> {
    let ids: Vec<String> = layers.iter().map(|l| digest::of(l)).collect();
    let config = json!({
        "architecture": "amd64", "os": "linux",
        "config": {"Env": ["PATH=/bin"], "Entrypoint": ["/bin/echo"], "Cmd": ["hello"], "WorkingDir": "/tmp", "User": "nobody"},
        "rootfs": {"type": "layers", "diff_ids": ids},
    });
    serde_json::to_vec(&config).unwrap()
}

/// The files of an OCI layout with one image of these layers, compressed.
fn layout(layers: &[Vec<u8>], name: Option<&str>) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut blob = |bytes: Vec<u8>, media: &str| -> Value {
        let digest = digest::of(&bytes);
        let size = bytes.len();
        files.push((format!("blobs/sha256/{}", digest::hex(&digest)), bytes));
        json!({"mediaType": media, "digest": digest, "size": size})
    };
    let packed: Vec<Value> = layers
        .iter()
        .map(|l| blob(gzip(l), "application/vnd.oci.image.layer.v1.tar+gzip"))
        .collect();
    let config = blob(config(layers), "application/vnd.oci.image.config.v1+json");
    let manifest = json!({"schemaVersion": 2, "config": config, "layers": packed});
    let manifest = blob(
        serde_json::to_vec(&manifest).unwrap(),
        "application/vnd.oci.image.manifest.v1+json",
    );
    // An index of machines around it.
    let mut foreign = manifest.clone();
    foreign["digest"] = json!(digest::of(b"not here"));
    foreign["platform"] = json!({"os": "linux", "architecture": "s390x"});
    let mut own = manifest;
    own["platform"] = json!({"os": "linux", "architecture": "amd64"});
    let index = json!({"schemaVersion": 2, "manifests": [foreign, own]});
    let mut index = blob(
        serde_json::to_vec(&index).unwrap(),
        "application/vnd.oci.image.index.v1+json",
    );
    if let Some(name) = name {
        index["annotations"] = json!({"org.opencontainers.image.ref.name": name});
    }
    let index = json!({"schemaVersion": 2, "manifests": [index]});
    files.push(("index.json".to_owned(), serde_json::to_vec(&index).unwrap()));
    files.push((
        "oci-layout".to_owned(),
        b"{\"imageLayoutVersion\":\"1.0.0\"}".to_vec(),
    ));
    files
}

/// What `docker save` wrote for long: layers by names of their own, uncompressed.
fn saved(layers: &[Vec<u8>], tags: Value) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut names = Vec::new();
    for (i, layer) in layers.iter().enumerate() {
        names.push(format!("l{i}/layer.tar"));
        files.push((format!("l{i}/layer.tar"), layer.clone()));
    }
    let config = config(layers);
    let name = format!("{}.json", digest::hex(&digest::of(&config)));
    let list = json!([{"Config": name, "RepoTags": tags, "Layers": names}]);
    files.push((name, config));
    files.push((
        "manifest.json".to_owned(),
        serde_json::to_vec(&list).unwrap(),
    ));
    files
}

pub(crate) fn layers() -> Vec<Vec<u8>> {
    vec![
        layer(&[
            ("bin/", "755"),
            ("bin/echo", "755 file one"),
            ("old", "644 file o"),
        ]),
        layer(&[("bin/echo", "755 file two"), (".wh.old", "644 file ")]),
    ]
}

fn put(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn root_images_come_from_layouts_and_docker_archives() {
    if !is_root("images") {
        return;
    }
    let layers = layers();
    let dir = TempDir::new().unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    let check = |path: &Path, name: Option<&str>, expect: &[&str]| {
        let name = name.map(|n| Reference::parse(n).unwrap());
        let names = store.load(path, name.as_ref()).unwrap();
        let shown: Vec<String> = names.iter().map(ToString::to_string).collect();
        assert_eq!(shown, expect);
        let image = store.find(&names[0]).unwrap();
        assert_eq!(
            image.config.config.cmd.as_deref(),
            Some(&["hello".to_owned()][..])
        );
        let folders = store.layers(&image).unwrap();
        assert_eq!(folders.len(), 2);
        assert_eq!(
            fs::read_to_string(folders[1].join("bin/echo")).unwrap(),
            "two"
        );
        let copy = TempDir::new().unwrap();
        store.copy_to(&image, copy.path()).unwrap();
        assert_eq!(
            fs::read_to_string(copy.path().join("bin/echo")).unwrap(),
            "two"
        );
        assert!(!copy.path().join("old").exists());
        for name in &names {
            store.remove(name).unwrap();
        }
        let left = |folder: &str| {
            fs::read_dir(dir.path().join("store").join(folder))
                .unwrap()
                .count()
        };
        assert_eq!((left("blobs/sha256"), left("layers")), (0, 0));
        assert!(matches!(
            store.find(&names[0]),
            Err(ImageError::NotFound(_))
        ));
    };
    let named = layout(&layers, Some("docker.io/library/one:1"));
    let path = put(dir.path(), "oci.tar", &pack(&named));
    check(&path, None, &["docker.io/library/one:1"]);
    check(&path, Some("two"), &["docker.io/library/two:latest"]);
    let path = put(dir.path(), "oci.tar.gz", &gzip(&pack(&named)));
    check(&path, None, &["docker.io/library/one:1"]);
    let folder = dir.path().join("folder");
    fs::create_dir_all(folder.join("blobs/sha256")).unwrap();
    for (name, bytes) in &named {
        put(&folder, name, bytes);
    }
    check(&folder, None, &["docker.io/library/one:1"]);
    let path = put(
        dir.path(),
        "saved.tar",
        &pack(&saved(&layers, json!(["a:1", "b/c:2"]))),
    );
    check(&path, None, &["docker.io/library/a:1", "docker.io/b/c:2"]);
    // As newer versions of Docker write it: both, the name in only one of them.
    let mut both = layout(&layers, Some("1"));
    both.extend(saved(&layers, json!(["d:1"])));
    let path = put(dir.path(), "both.tar", &pack(&both));
    check(&path, None, &["docker.io/library/d:1"]);
}

#[test]
fn what_is_no_image_or_a_damaged_one_is_refused_and_leaves_nothing() {
    let dir = TempDir::new().unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    let check = |bytes: &[u8], expect: &str| {
        let path = put(dir.path(), "x.tar", bytes);
        let error = store.load(&path, None).unwrap_err().to_string();
        assert!(error.contains(expect), "{error}\nlacks {expect}");
        assert!(store.list().unwrap().is_empty());
        let tmp = dir.path().join("store/tmp/archive");
        assert!(!tmp.exists());
        let blobs = dir.path().join("store/blobs/sha256");
        assert_eq!(fs::read_dir(blobs).unwrap().count(), 0, "{expect}");
    };
    check(b"", "is no image: neither an OCI layout (index.json)");
    check(b"hello", "is no tar archive, or breaks off");
    check(&pack(&[("x".to_owned(), vec![1])]), "is no image");
    check(&pack(&layout(&layers(), None)), "give it one with --name");
    check(
        &pack(&saved(&layers(), Value::Null)),
        "give it one with --name",
    );
    check(
        &pack(&saved(&layers(), json!(["A:1"]))),
        "invalid reference format",
    );
    let whole = layout(&layers(), Some("a:1"));
    for at in 0..whole.len() - 2 {
        let mut damaged = whole.clone();
        damaged[at].1.push(b'\n');
        check(&pack(&damaged), "expected digest sha256:");
        let mut torn = whole.clone();
        torn.remove(at);
        check(&pack(&torn), "lacks blobs/sha256/");
    }
    let text = pack(&whole);
    check(&text[..text.len() / 2], "is no image");
    let mut foreign = saved(&layers(), json!(["a:1"]));
    for (name, bytes) in &mut foreign {
        if name.ends_with(".json") {
            *bytes = String::from_utf8_lossy(bytes)
                .replace("amd64", "riscv64")
                .into_bytes();
        }
        if name.len() > 64 {
            *name = "c.json".to_owned();
        }
        let text = String::from_utf8_lossy(bytes).into_owned();
        if let Some(at) = text.find("\"Config\":\"") {
            let end = at + 10 + text[at + 10..].find('"').unwrap();
            *bytes = format!("{}c.json{}", &text[..at + 10], &text[end..]).into_bytes();
        }
    }
    check(&pack(&foreign), "is for linux/riscv64");
    let missing = dir.path().join("nothing.tar");
    let error = store.load(&missing, None).unwrap_err().to_string();
    assert!(
        error.ends_with("nothing.tar: No such file or directory (os error 2)"),
        "{error}"
    );
}
