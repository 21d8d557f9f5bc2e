//! Layers of all kinds, good and wicked. Owners, devices and trusted attributes take root.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};

use expect_test::{Expect, expect};
use tempfile::TempDir;

use super::*;
use crate::image::digest;
use crate::image::tests::{is_root, layer};

/// Unpacks and lists what came of it; `Err` is the message.
fn unpacked(bytes: &[u8], whiteouts: Whiteouts, folder: &Path) -> String {
    match unpack(bytes, folder, whiteouts, &digest::of(bytes)) {
        Ok(()) => listing(folder),
        Err(error) => format!("{error}\n").replace(&*folder.to_string_lossy(), "ROOT"),
    }
}

fn listing(folder: &Path) -> String {
    fn walk(root: &Path, at: &Path, out: &mut String) {
        let mut names: Vec<_> = fs::read_dir(at)
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        names.sort();
        for path in names {
            let meta = fs::symlink_metadata(&path).unwrap();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            let kind = meta.file_type();
            let what = if kind.is_symlink() {
                format!("-> {}", fs::read_link(&path).unwrap().display())
            } else if kind.is_dir() {
                "/".to_owned()
            } else if kind.is_char_device() {
                format!("char {}", meta.rdev())
            } else if kind.is_fifo() {
                "fifo".to_owned()
            } else {
                format!("{:?}", fs::read_to_string(&path).unwrap())
            };
            out.push_str(&format!(
                "{name} {:o} {}:{} {what}\n",
                meta.mode() & 0o7777,
                meta.uid(),
                meta.gid()
            ));
            if kind.is_dir() {
                walk(root, &path, out);
            }
        }
    }
    let mut out = String::new();
    walk(folder, folder, &mut out);
    out
}

#[track_caller]
fn check(entries: &[(&str, &str)], expect: Expect) {
    if !is_root("layers") {
        return;
    }
    let dir = TempDir::new().unwrap();
    let root = dir.path().join("root");
    fs::create_dir(&root).unwrap();
    fs::write(dir.path().join("outside"), "untouched").unwrap();
    expect.assert_eq(&unpacked(&layer(entries), Whiteouts::Overlay, &root));
    let outside = fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(outside, 2, "something was made outside");
    assert_eq!(
        fs::read_to_string(dir.path().join("outside")).unwrap(),
        "untouched"
    );
}

#[test]
fn root_what_a_layer_says_is_made() {
    check(
        &[
            ("bin/", "755"),
            ("bin/su", "4755 file su"),
            ("bin/sh", "-> su"),
            ("etc/a/b", "600 7:8 file x"),
            ("same", "= etc/a/b"),
            ("dev/zero", "666 char 1:5"),
            ("pipe", "640 fifo"),
            ("./dot/./x", "644 file y"),
            ("/abs", "644 file z"),
            ("bin/su", "700 file again"),
        ],
        expect![[r#"
            abs 644 0:0 "z"
            bin 755 0:0 /
            bin/sh 777 0:0 -> su
            bin/su 700 0:0 "again"
            dev 755 0:0 /
            dev/zero 666 0:0 char 261
            dot 755 0:0 /
            dot/x 644 0:0 "y"
            etc 755 0:0 /
            etc/a 755 0:0 /
            etc/a/b 600 7:8 "x"
            pipe 640 0:0 fifo
            same 600 7:8 "x"
        "#]],
    );
}

#[test]
fn root_a_layer_cannot_reach_outside_its_folder() {
    check(
        &[("../evil", "644 file x")],
        expect![[r#"
            layer sha256:8da46345a9f00de0e84b478b2ab00b0cebf2690d3df975bd4f2cb44284afb617: has a path that leads out of it: ../evil
        "#]],
    );
    check(
        &[("a/../../evil", "644 file x")],
        expect![[r#"
            layer sha256:7d7f554a77d6bea0200078c72a99ac32603018502ecdf8af89df533fb39e3eef: has a path that leads out of it: a/../../evil
        "#]],
    );
    check(
        &[("up", "-> .."), ("up/evil", "644 file x")],
        expect![[r#"
            evil 644 0:0 "x"
            up 777 0:0 -> ..
        "#]],
    );
    check(
        &[("abs", "-> /"), ("abs/tmp/lanner-evil", "644 file x")],
        expect![[r#"
            abs 777 0:0 -> /
            tmp 755 0:0 /
            tmp/lanner-evil 644 0:0 "x"
        "#]],
    );
    check(
        &[("out", "-> ../outside"), ("out", "644 file x")],
        expect![[r#"
            out 644 0:0 "x"
        "#]],
    );
    check(
        &[("out", "-> ../outside"), ("hard", "= out")],
        expect![[r#"
            hard 777 0:0 -> ../outside
            out 777 0:0 -> ../outside
        "#]],
    );
    check(
        &[("hard", "= ../outside")],
        expect![[r#"
            layer sha256:a12118bb75f8d932a643e279b3111fbca97fc3d75410f589ce3385528cd21684: has a link without a target: hard
        "#]],
    );
    check(
        &[("d", "-> ../../.."), ("d/.wh.tmp", "644 file ")],
        expect![[r#"
            d 777 0:0 -> ../../..
            tmp 0 0:0 char 0
        "#]],
    );
    check(
        &[("loop", "-> loop"), ("loop/x", "644 file x")],
        expect![[r#"
            loop/x: Too many levels of symbolic links (os error 40)
        "#]],
    );
    check(
        &[("f", "644 file x"), ("f/g", "644 file y")],
        expect![[r#"
            f/g: Not a directory (os error 20)
        "#]],
    );
    check(
        &[("x", "644 what")],
        expect![[r#"
            layer sha256:39d48b229c08ddd6b66a5685fcc412bfe55b0d0bbe0bf499ba6613cf6745026e: has an entry of unknown type Q: x
        "#]],
    );
}

#[test]
fn root_whiteouts_become_overlayfs_marks_or_are_carried_out() {
    if !is_root("whiteouts") {
        return;
    }
    let upper = layer(&[
        ("etc/.wh.gone", "644 file "),
        ("var/.wh..wh..opq", "644 file "),
        ("var/new", "644 file n"),
        ("etc/.wh..wh.plnk", "644 file "),
    ]);
    let dir = TempDir::new().unwrap();
    expect![[r#"
        etc 755 0:0 /
        etc/gone 0 0:0 char 0
        var 755 0:0 /
        var/new 644 0:0 "n"
    "#]]
    .assert_eq(&unpacked(&upper, Whiteouts::Overlay, dir.path()));
    let mut value = [0_u8; 8];
    let var = dir.path().join("var");
    let len = rustix::fs::getxattr(&var, "trusted.overlay.opaque", &mut value).unwrap();
    assert_eq!(&value[..len], b"y");
    let lower = layer(&[
        ("etc/gone", "644 file g"),
        ("etc/kept", "644 file k"),
        ("var/old/deep", "644 file o"),
    ]);
    let dir = TempDir::new().unwrap();
    unpacked(&lower, Whiteouts::Apply, dir.path());
    expect![[r#"
        etc 755 0:0 /
        etc/kept 644 0:0 "k"
        var 755 0:0 /
        var/new 644 0:0 "n"
    "#]]
    .assert_eq(&unpacked(&upper, Whiteouts::Apply, dir.path()));
}

#[test]
fn root_what_was_there_before_is_replaced_and_not_followed() {
    if !is_root("replacing") {
        return;
    }
    let dir = TempDir::new().unwrap();
    let root = dir.path().join("root");
    fs::create_dir(&root).unwrap();
    fs::write(dir.path().join("outside"), "untouched").unwrap();
    symlink("../outside", root.join("file")).unwrap();
    symlink("..", root.join("dir")).unwrap();
    let bytes = layer(&[("file", "644 file x"), ("dir/", "755")]);
    expect![[r#"
        dir 755 0:0 /
        file 644 0:0 "x"
    "#]]
    .assert_eq(&unpacked(&bytes, Whiteouts::Apply, &root));
    assert_eq!(
        fs::read_to_string(dir.path().join("outside")).unwrap(),
        "untouched"
    );
}

#[test]
fn a_layer_with_another_digest_is_refused() {
    let bytes = layer(&[("a/", "755")]);
    let dir = TempDir::new().unwrap();
    let wanted = digest::of(b"something else");
    let error = unpack(bytes.as_slice(), dir.path(), Whiteouts::Overlay, &wanted).unwrap_err();
    assert!(matches!(error, ImageError::Digest { .. }), "{error}");
    let torn = &bytes[..300];
    let error = unpack(torn, dir.path(), Whiteouts::Overlay, &digest::of(torn)).unwrap_err();
    assert!(matches!(error, ImageError::Malformed { .. }), "{error}");
    let zstd = [0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0];
    let error = unpack(&zstd[..], dir.path(), Whiteouts::Overlay, &wanted).unwrap_err();
    assert!(matches!(error, ImageError::Unsupported { .. }), "{error}");
}
