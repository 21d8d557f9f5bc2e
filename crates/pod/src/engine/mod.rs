//! Containers: made by runc, begun by the shim.
//!
//! runc makes namespaces, mounts, devices and cgroups of a configuration that has no seccomp
//! profile. Its program is the shim (`shim/shim.rs`), which puts on user, capabilities and our own
//! filter and becomes the container's program; no call but execve happens under the filter that is
//! not the program's own. Why so: `docs/decisions/0012-pods.md`.
//!
//! Everything that must go when a container goes is found by the container's id alone: runc's
//! state, the cgroup, the bundle with the mounted root. So whatever was interrupted can be taken
//! away by who comes next.

pub(crate) mod block;
pub(crate) mod bundle;
pub(crate) mod cgroup;
pub(crate) mod process;
mod runc;
pub(crate) mod users;

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use rustix::pipe::{PipeFlags, pipe_with};

use block::{Orders, Reached};
use bundle::Bundle;
pub use process::Process;
pub use runc::RuncError;
use runc::{Handed, Runc};

use crate::image::{Image, ImageError, Store};

/// Where bundles and runc's state are: gone after a restart of the machine, like all that they
/// tell of.
pub const RUN: &str = "/run/lanner";

/// Makes and removes containers.
#[derive(Debug)]
pub struct Engine {
    runc: Runc,
    shim: File,
}

/// Why a container could not be made, begun or removed.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A file or mount.
    #[error("{}: {cause}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// runc.
    #[error(transparent)]
    Runc(#[from] RuncError),
    /// The image.
    #[error(transparent)]
    Image(#[from] ImageError),
}

/// Puts a path beside an error.
pub(crate) trait At<T> {
    fn at(self, path: &Path) -> Result<T, EngineError>;
}

impl<T, E: Into<io::Error>> At<T> for Result<T, E> {
    fn at(self, path: &Path) -> Result<T, EngineError> {
        self.map_err(|cause| EngineError::Io {
            path: path.to_owned(),
            cause: cause.into(),
        })
    }
}

/// The bundle of a container.
pub(crate) fn bundle_path(id: &str) -> PathBuf {
    Path::new(RUN).join("containers").join(id)
}

impl Engine {
    /// Finds runc.
    ///
    /// # Errors
    /// It is not installed, or folders cannot be made.
    pub fn new() -> Result<Engine, EngineError> {
        let run = Path::new(RUN);
        fs::create_dir_all(run.join("containers")).at(run)?;
        let runc = Runc::find(&run.join("runc"))?;
        let shim = block::shim().at(Path::new("memfd"))?;
        Ok(Engine { runc, shim })
    }

    /// Makes the root of a container from an image: layers below, a writable folder above; copied
    /// where overlayfs is refused. `above` is a folder of the container's own.
    pub(crate) fn mount_image(
        &self,
        store: &Store,
        image: &Image,
        id: &str,
        above: &Path,
    ) -> Result<PathBuf, EngineError> {
        let root = bundle_path(id).join("rootfs");
        let (upper, work) = (above.join("upper"), above.join("work"));
        for folder in [&root, &upper, &work] {
            fs::create_dir_all(folder).at(folder)?;
        }
        let mut lower = store.layers(image)?;
        lower.reverse();
        if lower.is_empty() {
            let empty = above.join("empty");
            fs::create_dir_all(&empty).at(&empty)?;
            lower.push(empty);
        }
        let lower: Vec<String> = lower.iter().map(|p| p.display().to_string()).collect();
        let options = format!(
            "lowerdir={},upperdir={},workdir={}",
            lower.join(":"),
            upper.display(),
            work.display()
        );
        let options = CString::new(options).map_err(io::Error::from).at(&root)?;
        let mounted = mount(
            "overlay",
            &root,
            "overlay",
            MountFlags::empty(),
            options.as_c_str(),
        );
        if mounted.is_err() {
            store.copy_to(image, &root)?;
        }
        Ok(root)
    }

    /// Writes a bundle's configuration.
    pub(crate) fn write_bundle(&self, bundle: &Bundle<'_>) -> Result<(), EngineError> {
        let folder = bundle_path(bundle.id);
        let path = folder.join("config.json");
        fs::create_dir_all(&folder).at(&folder)?;
        fs::write(&path, bundle.config().to_string()).at(&path)
    }

    /// Begins a container whose bundle is written; returns when its program begins or will not.
    pub(crate) fn begin(
        &self,
        id: &str,
        orders: &Orders,
        output: Option<(&File, &File)>,
        lock: &File,
    ) -> Result<(Process, Reached), EngineError> {
        let bundle = bundle_path(id);
        let memory = Path::new("memfd");
        let file = block::write(orders).at(memory)?;
        let (read, write) = pipe_with(PipeFlags::CLOEXEC).at(memory)?;
        let handed = Handed {
            shim: &self.shim,
            orders: &file,
            done: &write,
            lock: Some(lock),
        };
        self.runc.run(id, &bundle, &handed, output)?;
        drop(write);
        // Closes when the program begins, or the shim ends.
        let mut rest = Vec::new();
        File::from(read).read_to_end(&mut rest).at(memory)?;
        let path = bundle.join("pid");
        let text = fs::read_to_string(&path).at(&path)?;
        let pid = text.trim().parse().map_err(io::Error::other).at(&path)?;
        Ok((Process::of(pid), block::reached(&file).at(memory)?))
    }

    /// Runs one more program in a container; returns when it has ended.
    pub(crate) fn exec(
        &self,
        id: &str,
        process: &serde_json::Value,
        orders: &Orders,
        scratch: &Path,
        stdin: bool,
    ) -> Result<(std::process::ExitStatus, Reached), EngineError> {
        let memory = Path::new("memfd");
        let file = block::write(orders).at(memory)?;
        let (_read, write) = pipe_with(PipeFlags::CLOEXEC).at(memory)?;
        let path = scratch.join("process.json");
        fs::write(&path, process.to_string()).at(&path)?;
        let handed = Handed {
            shim: &self.shim,
            orders: &file,
            done: &write,
            lock: None,
        };
        let status = self
            .runc
            .exec(id, &path, &scratch.join("log"), &handed, stdin)?;
        Ok((status, block::reached(&file).at(memory)?))
    }

    /// Takes away a container: whatever of it there is. `above` is the folder that
    /// [`Engine::mount_image`] was given.
    pub(crate) fn remove(&self, uid: &str, id: &str, above: &Path) -> Result<(), EngineError> {
        self.runc.delete(id)?;
        let cgroup = cgroup::path(uid, id);
        cgroup::remove(&cgroup).at(Path::new(&cgroup))?;
        let bundle = bundle_path(id);
        let root = bundle.join("rootfs");
        // One over the other if it was interrupted and begun again.
        while is_mounted(&root) {
            unmount(&root, UnmountFlags::DETACH).at(&root)?;
        }
        for folder in [&bundle, above] {
            match fs::remove_dir_all(folder) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e).at(folder),
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes away the cgroup of a pod.
    pub(crate) fn remove_pod(&self, uid: &str) -> Result<(), EngineError> {
        let path = format!("/lanner/pod{uid}");
        cgroup::remove(&path).at(Path::new(&path))
    }
}

fn is_mounted(path: &Path) -> bool {
    let text = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let path = path.to_string_lossy();
    text.lines().any(|l| l.split(' ').nth(4) == Some(&*path))
}
