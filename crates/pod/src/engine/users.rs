//! The user that a container runs as: from the manifest, else from the image.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};

use crate::manifest::{Container, Pod};

/// Who runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Further groups.
    pub(crate) groups: Vec<u32>,
    /// Its home folder, if the image knows one.
    pub(crate) home: Option<String>,
}

/// Why it cannot be told, or may not be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UserError {
    /// The image names a user that it does not have.
    #[error(
        "failed to create containerd container: mount callback failed: unable to find user {0}: no matching entries in passwd file"
    )]
    Unknown(String),
    /// As above for a group.
    #[error(
        "failed to create containerd container: mount callback failed: unable to find group {0}: no matching entries in group file"
    )]
    UnknownGroup(String),
    /// `runAsNonRoot`, and it would be root.
    #[error("container has runAsNonRoot and image will run as root (pod: \"{0}\", container: {1})")]
    Root(String, String),
    /// `runAsNonRoot` and `runAsUser: 0`.
    #[error("container's runAsUser breaks non-root policy (pod: \"{0}\", container: {1})")]
    RunAsRoot(String, String),
    /// `runAsNonRoot`, and the image's user is a name.
    #[error(
        "container has runAsNonRoot and image has non-numeric user ({0}), cannot verify user is non-root (pod: \"{1}\", container: {2})"
    )]
    Name(String, String, String),
}

impl UserError {
    /// Whether the kubelet finds it before it asks the runtime.
    pub(crate) fn is_config(&self) -> bool {
        !matches!(self, UserError::Unknown(_) | UserError::UnknownGroup(_))
    }
}

/// Files in the root of a container, however its links are laid.
pub(crate) struct Rootfs(OwnedFd);

impl Rootfs {
    pub(crate) fn open(root: &Path) -> std::io::Result<Rootfs> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Rootfs(openat(CWD, root, flags, Mode::empty())?))
    }

    /// The text of a file, empty if it is not there or larger than such files are.
    fn text(&self, path: &str) -> String {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = openat2(&self.0, path, flags, Mode::empty(), ResolveFlags::IN_ROOT);
        let mut text = Vec::new();
        if let Ok(file) = file.map(File::from)
            && file.metadata().is_ok_and(|m| m.is_file())
        {
            // What cannot be read is as if it were not there.
            let _ = file.take(4 << 20).read_to_end(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// Works out the user of a container. `image_user` is the image's `User`.
pub(crate) fn resolve(
    pod: &Pod,
    container: &Container,
    image_user: &str,
    root: &Rootfs,
) -> Result<User, UserError> {
    let security = container.security();
    let of_pod = &pod.spec.security_context;
    let metadata = &pod.metadata;
    let full = format!("{}_{}({})", metadata.name, metadata.namespace, metadata.uid);
    let run_as = security.run_as_user.or(of_pod.run_as_user);
    let non_root = security.run_as_non_root.or(of_pod.run_as_non_root);
    let (image_name, image_group) = match image_user.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (image_user, None),
    };
    if non_root == Some(true) {
        let name = container.name.clone();
        match (run_as, image_name.parse::<u32>()) {
            (Some(0), _) => return Err(UserError::RunAsRoot(full, name)),
            (Some(_), _) => {}
            (None, Ok(0)) => return Err(UserError::Root(full, name)),
            (None, Ok(_)) => {}
            (None, Err(_)) if image_name.is_empty() => return Err(UserError::Root(full, name)),
            (None, Err(_)) => return Err(UserError::Name(image_name.to_owned(), full, name)),
        }
    }
    let passwd = root.text("/etc/passwd");
    let group = root.text("/etc/group");
    let wanted = match run_as {
        Some(uid) => uid.to_string(),
        None if image_name.is_empty() => "0".to_owned(),
        None => image_name.to_owned(),
    };
    let entry = passwd
        .lines()
        .map(|l| l.split(':').collect::<Vec<_>>())
        .find(|f| f.len() >= 6 && (f[0] == wanted || f[2] == wanted));
    let uid = entry
        .as_ref()
        .and_then(|f| f[2].parse().ok())
        .or_else(|| wanted.parse().ok())
        .ok_or_else(|| UserError::Unknown(wanted.clone()))?;
    let of_entry = entry.as_ref().and_then(|f| f[3].parse().ok());
    let groups: Vec<Vec<&str>> = group.lines().map(|l| l.split(':').collect()).collect();
    let number = |f: &Vec<&str>| f.get(2).and_then(|g| g.parse::<u32>().ok());
    let gid = match (security.run_as_group.or(of_pod.run_as_group), image_group) {
        (Some(gid), _) => u32::try_from(gid).unwrap_or(0),
        (None, Some(name)) if run_as.is_none() => {
            let found = groups
                .iter()
                .find(|f| f.first() == Some(&name))
                .and_then(number);
            found
                .or_else(|| name.parse().ok())
                .ok_or_else(|| UserError::UnknownGroup(name.to_owned()))?
        }
        _ => of_entry.unwrap_or(0),
    };
    let name = entry.as_ref().map(|f| f[0]);
    let member = |f: &&Vec<&str>| {
        f.get(3)
            .is_some_and(|list| name.is_some_and(|n| list.split(',').any(|m| m == n)))
    };
    let mut further: Vec<u32> = groups.iter().filter(member).filter_map(number).collect();
    let stated = of_pod.supplemental_groups.iter().chain(&of_pod.fs_group);
    further.extend(stated.filter_map(|g| u32::try_from(*g).ok()));
    further.push(gid);
    further.sort_unstable();
    further.dedup();
    Ok(User {
        uid,
        gid,
        groups: further,
        home: entry.map(|f| f[5].to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Security;

    fn check(image: &str, security: Security, expect: Result<(u32, u32, &[u32]), &str>) {
        let dir = tempfile::TempDir::new().unwrap();
        std::fs::create_dir(dir.path().join("etc")).unwrap();
        std::fs::write(
            dir.path().join("etc/passwd"),
            "root:x:0:0::/root:/bin/sh\nweb:x:33:34::/srv:/bin/sh\n",
        )
        .unwrap();
        std::fs::write(
            dir.path().join("etc/group"),
            "root:x:0:\nlog:x:4:web,root\nweb:x:34:\n",
        )
        .unwrap();
        let container = Container {
            name: "c".to_owned(),
            security_context: Some(security),
            ..Container::default()
        };
        let mut pod = Pod::default();
        pod.metadata.name = "p".to_owned();
        pod.metadata.namespace = "n".to_owned();
        pod.metadata.uid = "u".to_owned();
        let root = Rootfs::open(dir.path()).unwrap();
        let got = resolve(&pod, &container, image, &root);
        let got = got
            .map(|u| (u.uid, u.gid, u.groups))
            .map_err(|e| e.to_string());
        let expect = expect
            .map(|(u, g, list)| (u, g, list.to_vec()))
            .map_err(str::to_owned);
        assert_eq!(got, expect, "{image}");
    }

    #[test]
    fn the_user_is_the_manifests_else_the_images() {
        let none = Security::default;
        let user = |uid| Security {
            run_as_user: Some(uid),
            ..Security::default()
        };
        let non_root = |uid| Security {
            run_as_user: uid,
            run_as_non_root: Some(true),
            ..Security::default()
        };
        check("", none(), Ok((0, 0, &[0, 4])));
        check("web", none(), Ok((33, 34, &[4, 34])));
        check("33", none(), Ok((33, 34, &[4, 34])));
        check("web:log", none(), Ok((33, 4, &[4])));
        check("1000:1001", none(), Ok((1000, 1001, &[1001])));
        check("web", user(1000), Ok((1000, 0, &[0])));
        check("web", user(33), Ok((33, 34, &[4, 34])));
        check("33", non_root(None), Ok((33, 34, &[4, 34])));
        check("", non_root(Some(1)), Ok((1, 0, &[0])));
        check(
            "nobody",
            none(),
            Err(
                "failed to create containerd container: mount callback failed: unable to find user nobody: no matching entries in passwd file",
            ),
        );
        check(
            "",
            non_root(None),
            Err(
                "container has runAsNonRoot and image will run as root (pod: \"p_n(u)\", container: c)",
            ),
        );
        check(
            "web",
            non_root(None),
            Err(
                "container has runAsNonRoot and image has non-numeric user (web), cannot verify user is non-root (pod: \"p_n(u)\", container: c)",
            ),
        );
        check(
            "web",
            non_root(Some(0)),
            Err("container's runAsUser breaks non-root policy (pod: \"p_n(u)\", container: c)"),
        );
    }
}
