//! Volumes of a pod, and the files that every container gets.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, mkdirat, openat, openat2};

use crate::engine::bundle::Bind;
use crate::engine::{At, EngineError};
use crate::env::ConfigMaps;
use crate::home::PodHome;
use crate::manifest::{Container, Pod, Volume};

/// What appears in a container, and what has to stay open until it does.
#[derive(Default)]
pub(super) struct Mounts {
    pub(super) binds: Vec<Bind>,
    held: Vec<OwnedFd>,
}

/// Why a volume cannot be had, in the kubelet's words.
#[derive(Debug, thiserror::Error)]
pub(super) enum VolumeError {
    /// Of the machine, or of the manifest.
    #[error("{0}")]
    Setup(String),
    /// A file.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Mounts {
    /// Makes the volumes that a container mounts, as far as they are not there yet.
    pub(super) fn new(
        home: &PodHome,
        pod: &Pod,
        container: &Container,
        maps: &ConfigMaps,
        hostname: &str,
    ) -> Result<Mounts, VolumeError> {
        let mut mounts = Mounts::default();
        mounts.files(home, pod, hostname)?;
        for mount in &container.volume_mounts {
            let volume = pod.spec.volumes.iter().find(|v| v.name == mount.name);
            let Some(volume) = volume else { continue };
            let Some(source) = source(home, pod, volume, maps)? else {
                // A kind that is not done: there was a warning.
                continue;
            };
            let source = match mount.sub_path.as_str() {
                "" => source,
                sub => mounts.below(&source, sub)?,
            };
            let target = match mount.mount_path.starts_with('/') {
                true => mount.mount_path.clone(),
                false => format!("/{}", mount.mount_path),
            };
            // A mount of the manifest's own wins over ours.
            mounts.binds.retain(|b| b.target != target);
            mounts.binds.push(Bind {
                source,
                target,
                read_only: mount.read_only || volume.config_map.is_some(),
            });
        }
        Ok(mounts)
    }

    /// A path below a volume. What is there belongs to containers, which may lay links: the kernel
    /// resolves it inside the volume, and what was found is held and named by its descriptor.
    fn below(&mut self, volume: &Path, sub: &str) -> Result<PathBuf, VolumeError> {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let root = openat(CWD, volume, flags, Mode::empty()).at(volume)?;
        let open = |path: &Path| openat2(&root, path, flags, Mode::empty(), ResolveFlags::IN_ROOT);
        let whole = volume.join(sub);
        let mut path = PathBuf::from(".");
        let mut found = open(&path).at(&whole)?;
        for name in Path::new(sub).components() {
            path.push(name);
            found = match open(&path) {
                Err(rustix::io::Errno::NOENT) => {
                    mkdirat(&found, name.as_os_str(), Mode::from_raw_mode(0o755)).at(&whole)?;
                    open(&path).at(&whole)?
                }
                other => other.at(&whole)?,
            };
        }
        let at = format!("/proc/{}/fd/{}", std::process::id(), found.as_raw_fd());
        self.held.push(found);
        Ok(PathBuf::from(at))
    }

    /// hosts, hostname, resolv.conf, and the shared memory of the pod.
    fn files(&mut self, home: &PodHome, pod: &Pod, hostname: &str) -> Result<(), VolumeError> {
        let folder = home.path.join("etc");
        fs::create_dir_all(&folder).at(&folder)?;
        let mut file = |name: &str, text: String| -> Result<(), EngineError> {
            let path = folder.join(name);
            if !path.exists() {
                fs::write(&path, text).at(&path)?;
            }
            self.binds.push(Bind {
                source: path,
                target: format!("/etc/{name}"),
                read_only: false,
            });
            Ok(())
        };
        let of_machine = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let hosts = match pod.spec.host_network {
            true => of_machine("/etc/hosts"),
            false => format!(
                "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.0.1\t{hostname}\n"
            ),
        };
        file("hosts", hosts)?;
        file("hostname", format!("{hostname}\n"))?;
        file("resolv.conf", of_machine("/etc/resolv.conf"))?;
        let shm = match pod.spec.host_ipc {
            true => PathBuf::from("/dev/shm"),
            false => {
                let shm = home.path.join("shm");
                fs::create_dir_all(&shm).at(&shm)?;
                fs::set_permissions(&shm, fs::Permissions::from_mode(0o1777)).at(&shm)?;
                shm
            }
        };
        self.binds.push(Bind {
            source: shm,
            target: "/dev/shm".to_owned(),
            read_only: false,
        });
        Ok(())
    }
}

/// Where a volume is on this machine; `None` for a kind that is not done.
fn source(
    home: &PodHome,
    pod: &Pod,
    volume: &Volume,
    maps: &ConfigMaps,
) -> Result<Option<PathBuf>, VolumeError> {
    let group = pod
        .spec
        .security_context
        .fs_group
        .and_then(|g| u32::try_from(g).ok());
    let path = home.path.join("volumes").join(&volume.name);
    if let Some(host) = &volume.host_path {
        return host_path(&volume.name, &host.path, &host.kind).map(Some);
    }
    if volume.empty_dir.is_some() {
        if !path.is_dir() {
            fs::create_dir_all(&path).at(&path)?;
            let mode = if group.is_some() { 0o2777 } else { 0o777 };
            if let Some(group) = group {
                chown(&path, None, Some(group)).at(&path)?;
            }
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).at(&path)?;
        }
        return Ok(Some(path));
    }
    let Some(wanted) = &volume.config_map else {
        return Ok(None);
    };
    let failed = |why: String| {
        VolumeError::Setup(format!(
            "MountVolume.SetUp failed for volume \"{}\" : {why}",
            volume.name
        ))
    };
    fs::create_dir_all(&path).at(&path)?;
    let Some(map) = maps.get(&wanted.name) else {
        return match wanted.optional {
            true => Ok(Some(path)),
            false => Err(failed(format!("configmap \"{}\" not found", wanted.name))),
        };
    };
    let default = wanted.default_mode.unwrap_or(0o644);
    let mut files: Vec<(String, Vec<u8>, i64)> = Vec::new();
    let value = |key: &str| match (map.data.get(key), map.binary_data.get(key)) {
        (Some(text), _) => Some(text.clone().into_bytes()),
        (None, Some(text)) => base64(text),
        (None, None) => None,
    };
    if wanted.items.is_empty() {
        for key in map.data.keys().chain(map.binary_data.keys()) {
            files.push((key.clone(), value(key).unwrap_or_default(), default));
        }
    }
    for item in &wanted.items {
        match value(&item.key) {
            Some(bytes) => files.push((item.path.clone(), bytes, item.mode.unwrap_or(default))),
            None if wanted.optional => {}
            None => {
                let why = format!("configmap references non-existent config key: {}", item.key);
                return Err(failed(why));
            }
        }
    }
    for (name, bytes, mode) in files {
        // Keys have no slashes; paths of items were checked for `..`.
        let file = path.join(name);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).at(folder)?;
        }
        fs::write(&file, bytes).at(&file)?;
        if let Some(group) = group {
            chown(&file, None, Some(group)).at(&file)?;
        }
        let mode = u32::try_from(mode).unwrap_or(0o644);
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).at(&file)?;
    }
    Ok(Some(path))
}

fn host_path(volume: &str, path: &str, kind: &str) -> Result<PathBuf, VolumeError> {
    use std::os::unix::fs::FileTypeExt;
    let path = PathBuf::from(path);
    let failed = |why: &str| {
        let shown = path.display();
        Err(VolumeError::Setup(format!(
            "MountVolume.SetUp failed for volume \"{volume}\" : hostPath type check failed: \
             {shown} is not a {why}"
        )))
    };
    let meta = match fs::metadata(&path) {
        Ok(meta) => Some(meta),
        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
        Err(e) => return Err(e).at(&path)?,
    };
    let is =
        |test: &dyn Fn(fs::FileType) -> bool| meta.as_ref().is_some_and(|m| test(m.file_type()));
    match kind {
        "DirectoryOrCreate" | "" if meta.is_none() => fs::create_dir_all(&path).at(&path)?,
        "FileOrCreate" if meta.is_none() => fs::write(&path, "").at(&path)?,
        "Directory" | "DirectoryOrCreate" if !is(&|t| t.is_dir()) => return failed("directory"),
        "File" | "FileOrCreate" if !is(&|t| t.is_file()) => return failed("file"),
        "Socket" if !is(&|t| t.is_socket()) => return failed("socket file"),
        "CharDevice" if !is(&|t| t.is_char_device()) => return failed("character device"),
        "BlockDevice" if !is(&|t| t.is_block_device()) => return failed("block device"),
        _ => {}
    }
    Ok(path)
}

/// Standard base64 with or without its padding.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text
        .bytes()
        .filter(|b| !b.is_ascii_whitespace() && *b != b'=')
    {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    Some(out)
}
