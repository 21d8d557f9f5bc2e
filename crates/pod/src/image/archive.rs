//! Images from files: OCI layouts and `docker save` archives, packed or as a folder.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tar::{Archive, EntryType};

use super::config::{Descriptor, ImageConfig, Manifest};
use super::error::{At, ImageError, quoted};
use super::layer::decompress;
use super::store::{Locked, MAX_DOCUMENT, Store, remove_tree};
use super::{Reference, is_digest};

/// Most files of an archive.
const MAX_FILES: usize = 100_000;

/// An entry of `manifest.json` in what `docker save` writes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

impl Store {
    /// Takes in the images of an archive or a folder, and returns their names. `name` is for an
    /// archive of one image, and wins over the name in it.
    ///
    /// # Errors
    /// It is no such archive, damaged, for another machine, or without a name.
    pub fn load(
        &self,
        path: &Path,
        name: Option<&Reference>,
    ) -> Result<Vec<Reference>, ImageError> {
        let locked = self.lock()?;
        let result = self.load_locked(&locked, path, name);
        remove_tree(&self.staging())?;
        if result.is_err() {
            // What was taken in before it failed belongs to no name.
            locked.sweep_all()?;
        }
        result
    }

    fn load_locked(
        &self,
        locked: &Locked<'_>,
        path: &Path,
        name: Option<&Reference>,
    ) -> Result<Vec<Reference>, ImageError> {
        let files = match path.is_dir() {
            true => Files::Folder(path.to_owned()),
            false => Files::Unpacked(unpack(path, &self.staging())?),
        };
        let loader = Loader {
            locked,
            files,
            path,
            name,
        };
        loader.run()
    }

    /// Where an archive is unpacked.
    fn staging(&self) -> PathBuf {
        self.root_path().join("tmp/archive")
    }
}

/// The files of an archive by their names in it.
enum Files {
    Folder(PathBuf),
    Unpacked(BTreeMap<String, PathBuf>),
}

/// Unpacks an archive to files with names of our own.
fn unpack(path: &Path, folder: &Path) -> Result<BTreeMap<String, PathBuf>, ImageError> {
    remove_tree(folder)?;
    fs::create_dir_all(folder).at(folder)?;
    let what = path.display().to_string();
    let file = File::open(path).at(path)?;
    let plain = decompress(io::BufReader::new(file)).at(path)?;
    let mut archive = Archive::new(plain);
    let mut names = BTreeMap::new();
    let mut links = Vec::new();
    let broken = |e: io::Error| {
        let why = format!("is no tar archive, or breaks off: {}", quoted(&e));
        ImageError::malformed(&what, why)
    };
    for (i, entry) in archive.entries().map_err(broken)?.enumerate() {
        if i >= MAX_FILES {
            let why = format!("has more than {MAX_FILES} files");
            return Err(ImageError::malformed(&what, why));
        }
        let mut entry = entry.map_err(broken)?;
        let name = normal(&entry.path().map_err(broken)?);
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => {
                let to = folder.join(i.to_string());
                let mut file = File::create(&to).at(&to)?;
                io::copy(&mut entry, &mut file).at(&to)?;
                names.insert(name, to);
            }
            EntryType::Symlink | EntryType::Link => {
                let target = entry.link_name().map_err(broken)?.unwrap_or_default();
                let target = match entry.header().entry_type() {
                    EntryType::Link => normal(&target),
                    _ => normal(&Path::new(&name).join("..").join(target)),
                };
                links.push((name, target));
            }
            _ => {}
        }
    }
    for (name, target) in links {
        if let Some(file) = names.get(&target).cloned() {
            names.insert(name, file);
        }
    }
    Ok(names)
}

impl Files {
    fn open(&self, name: &str) -> Result<Option<File>, ImageError> {
        let path = match self {
            Files::Folder(folder) => {
                let name = normal(Path::new(name));
                Some(folder.join(name))
            }
            Files::Unpacked(names) => names.get(&normal(Path::new(name))).cloned(),
        };
        let Some(path) = path else { return Ok(None) };
        match File::open(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            other => other.at(&path).map(Some),
        }
    }
}

/// A path with `.` and `..` worked out, never leading outside.
fn normal(path: &Path) -> String {
    let mut list: Vec<String> = Vec::new();
    for component in path.components() {
        match component {
            std::path::Component::Normal(name) => list.push(name.to_string_lossy().into_owned()),
            std::path::Component::ParentDir => {
                list.pop();
            }
            _ => {}
        }
    }
    list.join("/")
}

struct Loader<'a> {
    locked: &'a Locked<'a>,
    files: Files,
    path: &'a Path,
    name: Option<&'a Reference>,
}

impl Loader<'_> {
    fn what(&self, part: &str) -> String {
        format!("{}: {part}", self.path.display())
    }

    fn document(&self, name: &str) -> Result<Option<Vec<u8>>, ImageError> {
        let Some(file) = self.files.open(name)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        file.take(MAX_DOCUMENT + 1)
            .read_to_end(&mut bytes)
            .at(self.path)?;
        if bytes.len() as u64 > MAX_DOCUMENT {
            let why = format!("is longer than {MAX_DOCUMENT} bytes");
            return Err(ImageError::malformed(self.what(name), why));
        }
        Ok(Some(bytes))
    }

    fn run(&self) -> Result<Vec<Reference>, ImageError> {
        let saved = self.document("manifest.json")?;
        if let Some(index) = self.document("index.json")? {
            let index = Manifest::parse(&self.what("index.json"), &index)?;
            let nameless =
                self.name.is_none() && index.manifests.iter().all(|d| annotated(d).is_none());
            if !(nameless && saved.is_some()) {
                return self.layout(&index);
            }
        }
        match saved {
            Some(saved) => self.saved(&saved),
            None => Err(ImageError::malformed(
                self.path.display().to_string(),
                "is no image: neither an OCI layout (index.json) nor what `docker save` writes \
                 (manifest.json)",
            )),
        }
    }

    /// An OCI layout.
    fn layout(&self, index: &Manifest) -> Result<Vec<Reference>, ImageError> {
        if index.manifests.is_empty() {
            return Err(ImageError::malformed(
                self.what("index.json"),
                "lists no image",
            ));
        }
        let mut names = Vec::new();
        // An index that lists one image for each kind of machine, under the same name.
        let several =
            index.manifests.len() > 1 && index.manifests.iter().all(|d| d.platform.is_some());
        let listed: Vec<&Descriptor> = match several {
            true => vec![index.for_this_machine(&self.what("index.json"))?],
            false => index.manifests.iter().collect(),
        };
        for descriptor in listed {
            let named = match (self.name, annotated(descriptor)) {
                (Some(name), _) => name.clone(),
                (None, Some(name)) => Reference::parse(name)?,
                (None, None) => return Err(ImageError::Nameless(self.path.to_owned())),
            };
            let digest = self.manifest(&descriptor.digest, 0)?;
            self.locked.name(&named, &digest)?;
            names.push(named);
        }
        Ok(names)
    }

    fn blob(&self, digest: &str) -> Result<File, ImageError> {
        let name = format!("blobs/sha256/{}", super::digest::hex(digest));
        let missing =
            || ImageError::malformed(self.path.display().to_string(), format!("lacks {name}"));
        self.files.open(&name)?.ok_or_else(missing)
    }

    /// Takes in an image by the digest of its manifest, or of an index that has it.
    fn manifest(&self, digest: &str, depth: u8) -> Result<String, ImageError> {
        let what = self.what(digest);
        let mut bytes = Vec::new();
        self.blob(digest)?
            .take(MAX_DOCUMENT)
            .read_to_end(&mut bytes)
            .at(self.path)?;
        let found = super::digest::of(&bytes);
        if found != digest {
            return Err(ImageError::Digest {
                what,
                expected: digest.to_owned(),
                found,
            });
        }
        let manifest = Manifest::parse(&what, &bytes)?;
        if !manifest.manifests.is_empty() && depth < 4 {
            let inner = &manifest.for_this_machine(&what)?.digest;
            return self.manifest(inner, depth + 1);
        }
        let Some(config) = &manifest.config else {
            return Err(ImageError::malformed(what, "has no configuration"));
        };
        let (digest, _) = self.locked.put(bytes.as_slice(), Some(digest), &what)?;
        for descriptor in std::iter::once(config).chain(&manifest.layers) {
            let wanted = &descriptor.digest;
            self.locked
                .put(self.blob(wanted)?, Some(wanted), &self.what(wanted))?;
        }
        ImageConfig::parse(&what, &self.locked.store.document(&config.digest)?)?;
        Ok(digest)
    }

    /// What `docker save` writes: a manifest is made for each image.
    fn saved(&self, bytes: &[u8]) -> Result<Vec<Reference>, ImageError> {
        let what = self.what("manifest.json");
        let list: Vec<Saved> = serde_json::from_slice(bytes).map_err(|e| {
            ImageError::malformed(&what, format!("is not what `docker save` writes: {e}"))
        })?;
        let mut names = Vec::new();
        for saved in &list {
            let named: Vec<Reference> = match (self.name, &saved.repo_tags) {
                (Some(name), _) => vec![name.clone()],
                (None, Some(tags)) if !tags.is_empty() => tags
                    .iter()
                    .map(|t| Reference::parse(t))
                    .collect::<Result<_, _>>()?,
                _ => return Err(ImageError::Nameless(self.path.to_owned())),
            };
            let digest = self.one_saved(saved, &what)?;
            for name in named {
                self.locked.name(&name, &digest)?;
                names.push(name);
            }
        }
        if names.is_empty() {
            return Err(ImageError::malformed(what, "lists no image"));
        }
        Ok(names)
    }

    fn one_saved(&self, saved: &Saved, what: &str) -> Result<String, ImageError> {
        let open = |name: &str| {
            let missing =
                || ImageError::malformed(self.path.display().to_string(), format!("lacks {name}"));
            self.files.open(name)?.ok_or_else(missing)
        };
        let put = |name: &str, media_type: &str| -> Result<Descriptor, ImageError> {
            // Newer archives name files by their digests.
            let stated = name
                .rsplit('/')
                .next()
                .unwrap_or(name)
                .trim_end_matches(".json");
            let stated = format!("sha256:{stated}");
            let stated = Some(stated.as_str()).filter(|d| is_digest(d));
            let (digest, size) = self.locked.put(open(name)?, stated, &self.what(name))?;
            Ok(Descriptor {
                media_type: media_type.to_owned(),
                digest,
                size,
                ..Descriptor::default()
            })
        };
        let config = put(&saved.config, "application/vnd.oci.image.config.v1+json")?;
        let stored = self.locked.store.document(&config.digest)?;
        let parsed = ImageConfig::parse(what, &stored)?;
        let layers = saved
            .layers
            .iter()
            .map(|l| put(l, "application/vnd.oci.image.layer.v1.tar"))
            .collect::<Result<Vec<_>, _>>()?;
        if parsed.rootfs.diff_ids.len() != layers.len() {
            return Err(ImageError::malformed(
                what,
                "lists other layers than the image has",
            ));
        }
        let manifest = Manifest {
            schema_version: 2,
            media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(),
            config: Some(config),
            layers,
            manifests: Vec::new(),
        };
        let bytes = serde_json::to_vec(&manifest)
            .map_err(|e| ImageError::malformed(what, e.to_string()))?;
        Ok(self.locked.put(bytes.as_slice(), None, what)?.0)
    }
}

/// The name of an image in an index: a whole one.
fn annotated(descriptor: &Descriptor) -> Option<&str> {
    let keys = [
        "io.containerd.image.name",
        "org.opencontainers.image.ref.name",
    ];
    keys.iter()
        .filter_map(|key| descriptor.annotations.get(*key))
        .map(String::as_str)
        // The second is often a tag alone.
        .find(|name| name.contains(['/', ':']))
}
