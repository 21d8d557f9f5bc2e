//! The cgroups of a process, as events list them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use bstr::{BStr, BString, ByteSlice as _};

/// What a cgroup v2 controls where the tree of cgroups cannot be read.
const USUAL: &[&str] = &["cpuset", "cpu", "io", "memory", "pids"];

/// The unified hierarchy, in which each controller has its own view of where a process is: the
/// nearest cgroup upwards that it is enabled in.
pub(super) struct CgroupTree {
    mount: Option<PathBuf>,
    /// What was made of a path before.
    known: Mutex<BTreeMap<BString, BString>>,
}

impl CgroupTree {
    /// Finds where the unified hierarchy is mounted.
    pub(super) fn find(root: &Path) -> CgroupTree {
        let mounts = std::fs::read(root.join("proc/1/mounts"))
            .or_else(|_| std::fs::read(root.join("proc/self/mounts")))
            .unwrap_or_default();
        let mount = mounts.lines().find_map(|line| {
            let mut fields = line.fields();
            let (_device, dir, kind) = (fields.next()?, fields.next()?, fields.next()?);
            (kind == b"cgroup2").then(|| dir.to_str().ok()).flatten()
        });
        CgroupTree {
            mount: mount.map(|dir| root.join(dir.trim_start_matches('/'))),
            known: Mutex::default(),
        }
    }

    /// From the text of `/proc/PID/cgroup` to NUL-separated `subsystem=path`.
    pub(super) fn list(&self, text: &[u8]) -> BString {
        let mut out = BString::default();
        for line in text.lines() {
            let mut fields = line.splitn(3, |b| *b == b':');
            let (Some(_id), Some(names), Some(path)) =
                (fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            let path = from_root(path);
            if names.is_empty() {
                if self.mount.is_some() {
                    let unified = self.unified(path);
                    out.extend_from_slice(&unified);
                }
                continue;
            }
            for name in names.split_str(b",") {
                push(&mut out, name, path);
            }
        }
        out
    }

    fn unified(&self, path: &[u8]) -> BString {
        let Ok(mut known) = self.known.lock() else {
            return BString::default();
        };
        if let Some(list) = known.get(BStr::new(path)) {
            return list.clone();
        }
        let list = self.resolve(path);
        known.insert(path.into(), list.clone());
        list
    }

    fn resolve(&self, path: &[u8]) -> BString {
        let mut out = BString::default();
        let Some(mount) = &self.mount else {
            return out;
        };
        let mut seen: Vec<BString> = Vec::new();
        let mut readable = false;
        let mut at = path;
        loop {
            let dir = mount.join(at.to_str_lossy().trim_start_matches('/'));
            if let Ok(text) = std::fs::read(dir.join("cgroup.controllers")) {
                readable = true;
                for name in text.fields() {
                    if !seen.iter().any(|s| s == name) {
                        push(&mut out, name, at);
                        seen.push(name.into());
                    }
                }
            }
            match at.rfind_byte(b'/') {
                None => break,
                Some(0) if at.len() == 1 => break,
                Some(0) => at = b"/",
                Some(slash) => at = &at[..slash],
            }
        }
        if !readable {
            for name in USUAL {
                push(&mut out, name.as_bytes(), path);
            }
        }
        out
    }
}

fn push(out: &mut BString, name: &[u8], path: &[u8]) {
    out.extend_from_slice(name);
    out.push(b'=');
    out.extend_from_slice(path);
    out.push(0);
}

/// Paths of cgroups outside of the reader's own cgroup namespace begin with `/..`, once for each
/// level between; without these they are what the host sees, short of the levels above.
fn from_root(path: &[u8]) -> &[u8] {
    let mut path = path;
    while let Some(rest) = path.strip_prefix(b"/..") {
        path = rest;
    }
    if path.is_empty() { b"/" } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(mount: Option<&Path>) -> CgroupTree {
        CgroupTree {
            mount: mount.map(Path::to_path_buf),
            known: Mutex::default(),
        }
    }

    #[test]
    fn hierarchies_of_version_1_are_listed_by_controller() {
        let list = tree(None).list(
            b"12:cpu,cpuacct:/a/b\n1:name=systemd:/init.scope\n0::/ignored\nbad\n3:memory:/../../c\n",
        );
        assert_eq!(
            list,
            "cpu=/a/b\0cpuacct=/a/b\0name=systemd=/init.scope\0memory=/c\0"
        );
    }

    #[test]
    fn the_unified_hierarchy_is_resolved_upwards() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, controllers: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(&path).unwrap();
            std::fs::write(path.join("cgroup.controllers"), controllers).unwrap();
        };
        write("", "cpu memory pids\n");
        write("a", "cpu memory\n");
        write("a/b", "memory\n");
        let tree = tree(Some(dir.path()));
        for _ in 0..2 {
            assert_eq!(tree.list(b"0::/a/b\n"), "memory=/a/b\0cpu=/a\0pids=/\0");
        }
        assert_eq!(tree.list(b"0::/\n"), "cpu=/\0memory=/\0pids=/\0");
    }

    #[test]
    fn an_unreadable_tree_has_the_usual_controllers() {
        let list = tree(Some(Path::new("/nowhere"))).list(b"0::/x\n");
        assert_eq!(list, "cpuset=/x\0cpu=/x\0io=/x\0memory=/x\0pids=/x\0");
    }
}
