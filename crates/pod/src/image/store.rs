//! The store of images: blobs by their digests, layers unpacked once, names in an index.
//!
//! ```text
//! ROOT/index.json            names -> digest of the manifest
//! ROOT/blobs/sha256/HEX      manifests, configurations, layers as they came
//! ROOT/layers/HEX            layers unpacked, by the digest of what they hold
//! ROOT/tmp/                  what is being written; of nobody after a crash
//! ROOT/lock
//! ```

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::Reference;
use super::config::{ImageConfig, Manifest};
use super::digest::{self, Digesting, hex};
use super::error::{At, ImageError};
use super::layer::{Whiteouts, unpack};

/// Largest manifest or configuration, bytes.
pub(crate) const MAX_DOCUMENT: u64 = 4 << 20;

/// Images on this machine.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

/// An image in the store.
#[derive(Clone, Debug)]
pub struct Image {
    /// Its name.
    pub reference: Reference,
    /// The digest of its manifest.
    pub digest: String,
    /// The digest of its configuration, by which Docker knows it.
    pub id: String,
    /// Its configuration.
    pub config: ImageConfig,
    /// Bytes of its layers as they came.
    pub size: u64,
    /// Digests of its layers as they came.
    layers: Vec<String>,
}

/// A name in the store, and its image or what is wrong with it.
pub type Listed = (String, Result<Image, ImageError>);

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Index {
    images: BTreeMap<String, String>,
}

/// Holds the lock of the store; what is written under it is whole.
pub(crate) struct Locked<'a> {
    pub(crate) store: &'a Store,
    _lock: File,
}

impl Store {
    /// The store in a folder, which is made if it is not there.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn open(root: &Path) -> Result<Store, ImageError> {
        for folder in ["blobs/sha256", "layers", "tmp"] {
            let folder = root.join(folder);
            fs::create_dir_all(&folder).at(&folder)?;
        }
        Ok(Store {
            root: root.to_owned(),
        })
    }

    pub(crate) fn root_path(&self) -> &Path {
        &self.root
    }

    pub(crate) fn lock(&self) -> Result<Locked<'_>, ImageError> {
        let path = self.root.join("lock");
        let file = File::create(&path).at(&path)?;
        flock(&file, FlockOperation::LockExclusive).at(&path)?;
        Ok(Locked {
            store: self,
            _lock: file,
        })
    }

    fn index(&self) -> Result<Index, ImageError> {
        let path = self.root.join("index.json");
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|e| ImageError::malformed(path.display().to_string(), e.to_string())),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Index::default()),
            Err(e) => Err(e).at(&path),
        }
    }

    fn blob_path(&self, digest: &str) -> PathBuf {
        self.root.join("blobs/sha256").join(hex(digest))
    }

    /// Whether a blob is there.
    pub(crate) fn has(&self, digest: &str) -> bool {
        self.blob_path(digest).is_file()
    }

    /// A manifest or configuration, checked against its digest.
    pub(crate) fn document(&self, digest: &str) -> Result<Vec<u8>, ImageError> {
        let path = self.blob_path(digest);
        let mut bytes = Vec::new();
        let file = File::open(&path).at(&path)?;
        file.take(MAX_DOCUMENT).read_to_end(&mut bytes).at(&path)?;
        let found = digest::of(&bytes);
        if found != digest {
            return Err(ImageError::Digest {
                what: path.display().to_string(),
                expected: digest.to_owned(),
                found,
            });
        }
        Ok(bytes)
    }

    /// The image of that name.
    ///
    /// # Errors
    /// It is not there, or damaged.
    pub fn find(&self, reference: &Reference) -> Result<Image, ImageError> {
        let index = self.index()?;
        let name = reference.to_string();
        let digest = match &reference.digest {
            // A name with a digest is found by that, whatever its tag.
            Some(digest) => index.images.values().find(|d| *d == digest),
            None => index.images.get(&name),
        };
        match digest {
            Some(digest) => self.image(reference, digest),
            None => Err(ImageError::NotFound(name)),
        }
    }

    fn image(&self, reference: &Reference, digest: &str) -> Result<Image, ImageError> {
        let what = reference.to_string();
        let manifest = Manifest::parse(&what, &self.document(digest)?)?;
        let config = manifest.config.unwrap_or_default();
        let id = config.digest;
        let config = ImageConfig::parse(&what, &self.document(&id)?)?;
        if config.rootfs.diff_ids.len() != manifest.layers.len() {
            let why = format!(
                "has {} layers, and its configuration {}",
                manifest.layers.len(),
                config.rootfs.diff_ids.len()
            );
            return Err(ImageError::malformed(what, why));
        }
        Ok(Image {
            reference: reference.clone(),
            digest: digest.to_owned(),
            id,
            config,
            size: manifest.layers.iter().map(|l| l.size).sum(),
            layers: manifest.layers.into_iter().map(|l| l.digest).collect(),
        })
    }

    /// All images by name; with those that are damaged, why.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn list(&self) -> Result<Vec<Listed>, ImageError> {
        let index = self.index()?;
        let list = index.images.into_iter().map(|(name, digest)| {
            let image = Reference::parse(&name)
                .map_err(ImageError::from)
                .and_then(|reference| self.image(&reference, &digest));
            (name, image)
        });
        Ok(list.collect())
    }

    /// Removes a name, and what no other name needs.
    ///
    /// # Errors
    /// There is no such name, or files cannot be removed.
    pub fn remove(&self, reference: &Reference) -> Result<(), ImageError> {
        let locked = self.lock()?;
        let mut index = self.index()?;
        let name = reference.to_string();
        if index.images.remove(&name).is_none() {
            return Err(ImageError::NotFound(name));
        }
        locked.write_index(&index)?;
        locked.sweep(&index)
    }

    /// The unpacked layers of an image, the lowest first. Those that are not there are unpacked.
    ///
    /// # Errors
    /// A layer is damaged, or the disk is full.
    pub fn layers(&self, image: &Image) -> Result<Vec<PathBuf>, ImageError> {
        let locked = self.lock()?;
        let pairs = image.layers.iter().zip(&image.config.rootfs.diff_ids);
        pairs.map(|(blob, diff)| locked.layer(blob, diff)).collect()
    }

    /// Unpacks an image into a folder, for where overlayfs is refused.
    ///
    /// # Errors
    /// A layer is damaged, or the disk is full.
    pub fn copy_to(&self, image: &Image, folder: &Path) -> Result<(), ImageError> {
        for (blob, diff) in image.layers.iter().zip(&image.config.rootfs.diff_ids) {
            let path = self.blob_path(blob);
            let file = File::open(&path).at(&path)?;
            unpack(io::BufReader::new(file), folder, Whiteouts::Apply, diff)?;
        }
        Ok(())
    }

    fn layer_path(&self, diff: &str) -> PathBuf {
        // overlayfs takes its options on one page of memory: short names let an image have more
        // layers. 96 bits are still out of reach for anybody who would like two to be equal.
        self.root.join("layers").join(&hex(diff)[..24])
    }
}

impl Locked<'_> {
    fn write_index(&self, index: &Index) -> Result<(), ImageError> {
        let path = self.store.root.join("index.json");
        let temporary = self.store.root.join("tmp/index.json");
        let text = serde_json::to_vec_pretty(index)
            .map_err(|e| ImageError::malformed("the index", e.to_string()))?;
        fs::write(&temporary, text).at(&temporary)?;
        fs::rename(&temporary, &path).at(&path)
    }

    /// Gives an image a name.
    pub(crate) fn name(&self, reference: &Reference, digest: &str) -> Result<(), ImageError> {
        let mut index = self.store.index()?;
        index
            .images
            .insert(reference.to_string(), digest.to_owned());
        self.write_index(&index)?;
        self.sweep(&index)
    }

    /// Takes in a blob. Without an expected digest it is stored under the one that it has; digest
    /// and size are returned.
    pub(crate) fn put(
        &self,
        mut blob: impl Read,
        expected: Option<&str>,
        what: &str,
    ) -> Result<(String, u64), ImageError> {
        let temporary = self.store.root.join("tmp/blob");
        let mut file = Digesting::new(File::create(&temporary).at(&temporary)?);
        io::copy(&mut blob, &mut file).at(&temporary)?;
        let size = file.length;
        let (found, _) = file.finish();
        if let Some(expected) = expected.filter(|e| **e != *found) {
            // Nothing to be done about a failure: the next one writes over it.
            let _ = fs::remove_file(&temporary);
            return Err(ImageError::Digest {
                what: what.to_owned(),
                expected: expected.to_owned(),
                found,
            });
        }
        let path = self.store.blob_path(&found);
        fs::rename(&temporary, &path).at(&path)?;
        Ok((found, size))
    }

    fn layer(&self, blob: &str, diff: &str) -> Result<PathBuf, ImageError> {
        let path = self.store.layer_path(diff);
        if path.is_dir() {
            return Ok(path);
        }
        let temporary = self.store.root.join("tmp/layer");
        remove_tree(&temporary)?;
        fs::create_dir(&temporary).at(&temporary)?;
        let source = self.store.blob_path(blob);
        let file = File::open(&source).at(&source)?;
        let unpacked = unpack(
            io::BufReader::new(file),
            &temporary,
            Whiteouts::Overlay,
            diff,
        );
        if let Err(error) = unpacked {
            remove_tree(&temporary)?;
            return Err(error);
        }
        fs::rename(&temporary, &path).at(&path)?;
        Ok(path)
    }

    /// Removes what no name in the index needs.
    pub(crate) fn sweep_all(&self) -> Result<(), ImageError> {
        self.sweep(&self.store.index()?)
    }

    /// Removes blobs and layers that no name needs. Layers that are mounted stay until later.
    fn sweep(&self, index: &Index) -> Result<(), ImageError> {
        let mut blobs: Vec<String> = Vec::new();
        let mut layers: Vec<PathBuf> = Vec::new();
        for (name, digest) in &index.images {
            blobs.push(digest.clone());
            let Ok(image) = Reference::parse(name)
                .map_err(ImageError::from)
                .and_then(|reference| self.store.image(&reference, digest))
            else {
                // It cannot be told what a damaged image needs.
                return Ok(());
            };
            blobs.push(image.id);
            blobs.extend(image.layers);
            let diffs = image.config.rootfs.diff_ids.iter();
            layers.extend(diffs.map(|d| self.store.layer_path(d)));
        }
        let folder = self.store.root.join("blobs/sha256");
        for entry in fs::read_dir(&folder).at(&folder)? {
            let path = entry.at(&folder)?.path();
            if !blobs.iter().any(|b| self.store.blob_path(b) == path) {
                fs::remove_file(&path).at(&path)?;
            }
        }
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let folder = self.store.root.join("layers");
        for entry in fs::read_dir(&folder).at(&folder)? {
            let path = entry.at(&folder)?.path();
            if !layers.contains(&path) && !mounts.contains(&*path.to_string_lossy()) {
                remove_tree(&path)?;
            }
        }
        Ok(())
    }
}

/// Removes a folder with all that is in it; nothing there is no error.
pub(crate) fn remove_tree(path: &Path) -> Result<(), ImageError> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other.at(path),
    }
}
