//! What is kept on disk, so that a supervisor that was killed is picked up by the next.
//!
//! ```text
//! ROOT/images/                      the store of images
//! ROOT/configmaps/NAMESPACE_NAME.json
//! ROOT/pods/NAMESPACE_NAME/
//!     state.json                    the pod, its containers, its status: a Record
//!     lock                          held by the supervisor, and by runc while it works for it
//!     delete                        asks the supervisor to end the pod; seconds of grace in it
//!     logs/CONTAINER/N.log          output in the CRI's format, N restarts
//!     syscalls.json                 what filters have logged
//!     volumes/, above/, shm/, etc/
//! ```

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use crate::engine::{At, EngineError, Process};
use crate::env::ConfigMaps;
use crate::image::{ImageError, Store};
use crate::machine::{Machine, Slot};
use crate::manifest::{ConfigMap, Pod};
use crate::profile::As;

/// Where it is unless told otherwise.
pub const ROOT: &str = "/var/lib/lanner";

/// How a pod is run; what on a node the kubelet's configuration says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Options {
    /// As which runtime to answer.
    #[serde(rename = "as")]
    pub runtime: As,
    /// Where Localhost profiles are.
    pub seccomp_root: PathBuf,
    /// RuntimeDefault where nothing is set.
    pub seccomp_default: bool,
}

/// A container that was made, or was about to be: whatever there is of it has to go some time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    /// Which of the pod.
    pub slot: Slot,
    /// Its id, 64 hexadecimal digits.
    pub id: String,
    /// Restarts before it.
    pub attempt: u32,
    /// Its first process, once there is one.
    pub process: Option<Process>,
    /// The audit session of its processes.
    pub session: Option<u32>,
}

/// The sandbox: what holds the namespaces that containers share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sandbox {
    /// Its id, 64 hexadecimal digits.
    pub id: String,
    /// Its process, once there is one.
    pub process: Option<Process>,
}

/// What is known of a container's profile beyond its status, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Note {
    /// The container.
    pub container: String,
    /// Its profile, and why it is that one.
    pub profile: String,
    /// What keeps it from starting, as sentences.
    pub trouble: Vec<String>,
    /// What to do about it.
    pub advice: Option<String>,
    /// Runtimes that would not start it although it was started here, with what they lack.
    pub elsewhere: Vec<String>,
}

/// A pod on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// As it was asked for.
    pub pod: Pod,
    /// Its status.
    pub machine: Machine,
    /// How it is run.
    pub options: Options,
    /// Its sandbox, if it has one.
    pub sandbox: Option<Sandbox>,
    /// Its containers that were made.
    pub live: Vec<Live>,
    /// What to tell people.
    pub notes: Vec<Note>,
    /// Who supervises it.
    pub supervisor: Option<Process>,
}

/// A folder of pods and images.
#[derive(Clone, Debug)]
pub struct Home {
    root: PathBuf,
}

/// The folder of one pod.
#[derive(Clone, Debug)]
pub struct PodHome {
    /// Where it is.
    pub path: PathBuf,
    /// The folder it lies in.
    pub home: Home,
}

impl Home {
    /// One that is made when it is first written to.
    pub fn new(root: &Path) -> Home {
        Home {
            root: std::path::absolute(root).unwrap_or_else(|_| root.to_owned()),
        }
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The store of images.
    ///
    /// # Errors
    /// Its folder cannot be made.
    pub fn images(&self) -> Result<Store, ImageError> {
        Store::open(&self.root.join("images"))
    }

    /// The folder of a pod.
    pub fn pod(&self, namespace: &str, name: &str) -> PodHome {
        PodHome {
            path: self.root.join("pods").join(format!("{namespace}_{name}")),
            home: self.clone(),
        }
    }

    /// Every pod, by namespace and name.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn pods(&self) -> Result<Vec<PodHome>, EngineError> {
        let folder = self.root.join("pods");
        let entries = match fs::read_dir(&folder) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.at(&folder)?,
        };
        let mut pods = Vec::new();
        for entry in entries {
            pods.push(PodHome {
                path: entry.at(&folder)?.path(),
                home: self.clone(),
            });
        }
        pods.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(pods)
    }

    fn map_path(&self, namespace: &str, name: &str) -> PathBuf {
        let folder = self.root.join("configmaps");
        folder.join(format!("{namespace}_{name}.json"))
    }

    /// Stores a ConfigMap; whether it was there, and whether it changed.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn apply_map(&self, map: &ConfigMap) -> Result<Applied, EngineError> {
        let namespace = match map.metadata.namespace.as_str() {
            "" => "default",
            other => other,
        };
        let path = self.map_path(namespace, &map.metadata.name);
        let text = serde_json::to_vec(map).map_err(io::Error::from).at(&path)?;
        let applied = match fs::read(&path) {
            Ok(old) if old == text => return Ok(Applied::Unchanged),
            Ok(_) => Applied::Configured,
            Err(_) => Applied::Created,
        };
        write_whole(&path, &text)?;
        Ok(applied)
    }

    /// The ConfigMaps of a namespace.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn maps(&self, namespace: &str) -> Result<ConfigMaps, EngineError> {
        let folder = self.root.join("configmaps");
        let mut maps = ConfigMaps::new();
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.at(&folder)?.path();
            let name = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let Some((of, name)) = name.split_once('_') else {
                continue;
            };
            if of == namespace {
                let bytes = fs::read(&path).at(&path)?;
                let map = serde_json::from_slice(&bytes)
                    .map_err(io::Error::from)
                    .at(&path)?;
                maps.insert(name.to_owned(), map);
            }
        }
        Ok(maps)
    }
}

/// What became of an object that was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words are kubectl's")]
pub enum Applied {
    Created,
    Configured,
    Unchanged,
}

/// Writes a file so that it is there whole or as it was.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), EngineError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).at(folder)?;
    }
    let temporary = path.with_extension("new");
    fs::write(&temporary, bytes).at(&temporary)?;
    fs::rename(&temporary, path).at(path)
}

impl PodHome {
    /// `namespace/name`.
    pub fn full_name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        name.replacen('_', "/", 1)
    }

    /// The pod as it was last written; `None` if there is none.
    ///
    /// # Errors
    /// It cannot be read, or is damaged.
    pub fn read(&self) -> Result<Option<Record>, EngineError> {
        let path = self.path.join("state.json");
        let bytes = match fs::read(&path) {
            Err(e)
                if matches!(
                    e.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            other => other.at(&path)?,
        };
        let record = serde_json::from_slice(&bytes)
            .map_err(io::Error::from)
            .at(&path)?;
        Ok(Some(record))
    }

    /// Writes it.
    ///
    /// # Errors
    /// The disk is full, or the folder cannot be written to.
    pub fn write(&self, record: &Record) -> Result<(), EngineError> {
        let path = self.path.join("state.json");
        let bytes = serde_json::to_vec(record)
            .map_err(io::Error::from)
            .at(&path)?;
        write_whole(&path, &bytes)
    }

    /// Makes the folder, for a new pod.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn make(&self) -> Result<(), EngineError> {
        fs::create_dir_all(&self.path).at(&self.path)
    }

    /// The lock of the pod, if it is there and nobody has it.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn try_lock(&self) -> Result<Option<File>, EngineError> {
        let path = self.path.join("lock");
        let file = match File::create(&path) {
            // Whoever comes too late must not bring back what was deleted.
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.at(&path)?,
        };
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(file)),
            Err(rustix::io::Errno::AGAIN) => Ok(None),
            Err(error) => Err(error).at(&path),
        }
    }

    /// Where a container's writable layer is.
    pub(crate) fn above(&self, id: &str) -> PathBuf {
        self.path.join("above").join(id)
    }

    /// The log of a container after so many restarts.
    pub fn log(&self, container: &str, attempt: u32) -> PathBuf {
        self.path
            .join("logs")
            .join(container)
            .join(format!("{attempt}.log"))
    }

    /// What its filters have logged.
    pub fn syscalls(&self) -> PathBuf {
        self.path.join("syscalls.json")
    }

    /// The request to end it.
    pub fn delete_request(&self) -> PathBuf {
        self.path.join("delete")
    }
}
