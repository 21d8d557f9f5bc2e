//! Unpacking layers: safely, whoever made them.
//!
//! Every path of a layer is resolved inside the folder that it is unpacked to, by the kernel
//! (`openat2` with `RESOLVE_IN_ROOT`), so neither `..` nor a symbolic link leads out of it; what is
//! made is made next to a descriptor of its folder and replaces what was there.

use std::ffi::{CString, OsStr};
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

use flate2::read::MultiGzDecoder;
use rustix::fs::{
    AtFlags, CWD, FileType, Gid, Mode, OFlags, ResolveFlags, Timespec, Timestamps, Uid, XattrFlags,
    chmodat, chownat, fchmod, fchown, futimens, linkat, mkdirat, mknodat, openat, openat2,
    setxattr, statat, symlinkat, unlinkat,
};
use rustix::io::Errno;
use tar::{Archive, Entry, EntryType};

use super::digest::Digesting;
use super::error::{At, ImageError, quoted};

/// What is made of the marks by which a layer removes what lower layers have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whiteouts {
    /// The marks of overlayfs: the layer is unpacked to a folder of its own.
    Overlay,
    /// They are carried out: the layer is unpacked over lower ones.
    Apply,
}

/// Unpacks a layer to a folder, and checks that it is the one with that digest. `digest` is of the
/// uncompressed layer.
pub(crate) fn unpack(
    layer: impl Read,
    folder: &Path,
    whiteouts: Whiteouts,
    digest: &str,
) -> Result<(), ImageError> {
    let what = format!("layer {digest}");
    let io = |error: io::Error| ImageError::Malformed {
        what: what.clone(),
        why: format!("cannot be read: {}", quoted(&error)),
    };
    let plain = decompress(layer).map_err(|e| match e.kind() {
        io::ErrorKind::Unsupported => ImageError::Unsupported {
            what: what.clone(),
            why: e.to_string(),
        },
        _ => io(e),
    })?;
    let root = openat(
        CWD,
        folder,
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    );
    let unpacker = Unpacker {
        root: root.at(folder)?,
        folder,
        whiteouts,
    };
    let mut archive = Archive::new(Digesting::new(plain));
    let entries = archive.entries().map_err(io)?;
    for entry in entries {
        unpacker.entry(entry.map_err(io)?, &what)?;
    }
    let mut rest = archive.into_inner();
    // The padding behind the last entry belongs to what is digested.
    io::copy(&mut rest, &mut io::sink()).map_err(io)?;
    let (found, _) = rest.finish();
    if found != digest {
        return Err(ImageError::Digest {
            what: "layer".to_owned(),
            expected: digest.to_owned(),
            found,
        });
    }
    Ok(())
}

/// The bytes of a stream that may be compressed.
pub(crate) fn decompress<'a>(mut stream: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut magic = [0; 4];
    let mut have = 0;
    while have < magic.len() {
        match stream.read(&mut magic[have..])? {
            0 => break,
            n => have += n,
        }
    }
    let whole = io::Cursor::new(magic).take(have as u64).chain(stream);
    match magic {
        [0x1f, 0x8b, ..] => Ok(Box::new(MultiGzDecoder::new(whole))),
        [0x28, 0xb5, 0x2f, 0xfd] => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "compressed with zstd, which is not done; save the image with gzip layers, or with \
             `docker save`",
        )),
        _ => Ok(Box::new(whole)),
    }
}

struct Unpacker<'a> {
    root: OwnedFd,
    folder: &'a Path,
    whiteouts: Whiteouts,
}

/// A path of an archive as components below the root.
fn components(path: &Path) -> Option<Vec<&OsStr>> {
    let mut list = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => list.push(name),
            Component::RootDir | Component::CurDir => {}
            Component::ParentDir | Component::Prefix(_) => return None,
        }
    }
    Some(list)
}

impl Unpacker<'_> {
    fn entry(&self, mut entry: Entry<'_, impl Read>, what: &str) -> Result<(), ImageError> {
        let bad = |why: String| ImageError::malformed(what, why);
        let path = entry.path().map_err(|e| bad(e.to_string()))?.into_owned();
        let outside = || {
            bad(format!(
                "has a path that leads out of it: {}",
                path.display()
            ))
        };
        let list = components(&path).ok_or_else(outside)?;
        let kind = entry.header().entry_type();
        if matches!(kind, EntryType::XGlobalHeader) {
            return Ok(());
        }
        let Some((name, parents)) = list.split_last() else {
            // The root itself.
            let dir = openat(
                &self.root,
                ".",
                OFlags::DIRECTORY | OFlags::CLOEXEC,
                Mode::empty(),
            );
            return self.attributes(&dir.at(&path)?, &mut entry).at(&path);
        };
        let parent = self.parent(parents).at(&path)?;
        if let Some(hidden) = name.as_bytes().strip_prefix(b".wh.") {
            return self.whiteout(&parent, hidden, &path);
        }
        let made = self.make(&parent, name, kind, &mut entry, what);
        made.map_err(|e| match e {
            Failure::Image(e) => e,
            Failure::Errno(e) => ImageError::Io {
                path: self.folder.join(&path),
                cause: e,
            },
        })
    }

    /// The folder with this path, made if it is not there.
    fn parent(&self, list: &[&OsStr]) -> Result<OwnedFd, Errno> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let open = |path: &Path| {
            openat2(
                &self.root,
                path,
                flags,
                Mode::empty(),
                ResolveFlags::IN_ROOT,
            )
        };
        let whole: std::path::PathBuf =
            Path::new(".").join(list.iter().collect::<std::path::PathBuf>());
        match open(&whole) {
            Err(Errno::NOENT) => {}
            other => return other,
        }
        let mut path = std::path::PathBuf::from(".");
        let mut dir = open(&path)?;
        for name in list {
            path.push(name);
            dir = match open(&path) {
                Err(Errno::NOENT) => {
                    mkdirat(&dir, *name, Mode::from_raw_mode(0o755))?;
                    open(&path)?
                }
                other => other?,
            };
        }
        Ok(dir)
    }

    fn whiteout(&self, parent: &OwnedFd, hidden: &[u8], path: &Path) -> Result<(), ImageError> {
        let opaque = hidden == b".wh..opq";
        match (self.whiteouts, opaque) {
            // Other names that begin so are aufs's own.
            _ if !opaque && (hidden.starts_with(b".wh.") || hidden.is_empty()) => Ok(()),
            (Whiteouts::Overlay, true) => {
                let at = format!("/proc/self/fd/{}", parent.as_raw_fd());
                setxattr(at, "trusted.overlay.opaque", b"y", XattrFlags::empty()).at(path)
            }
            (Whiteouts::Overlay, false) => {
                let name = OsStr::from_bytes(hidden);
                remove(parent, name).at(path)?;
                mknodat(parent, name, FileType::CharacterDevice, Mode::empty(), 0).at(path)
            }
            (Whiteouts::Apply, false) => remove(parent, OsStr::from_bytes(hidden)).at(path),
            (Whiteouts::Apply, true) => {
                let at = format!("/proc/self/fd/{}", parent.as_raw_fd());
                for entry in std::fs::read_dir(at).at(path)? {
                    remove(parent, &entry.at(path)?.file_name()).at(path)?;
                }
                Ok(())
            }
        }
    }

    fn make(
        &self,
        parent: &OwnedFd,
        name: &OsStr,
        kind: EntryType,
        entry: &mut Entry<'_, impl Read>,
        what: &str,
    ) -> Result<(), Failure> {
        let header = entry.header();
        let owner = (owner(header.uid()?), owner(header.gid()?));
        let (uid, gid) = (Uid::from_raw(owner.0), Gid::from_raw(owner.1));
        let mode = Mode::from_raw_mode(header.mode()? & 0o7777);
        let link = entry.link_name()?.map(|l| l.into_owned());
        let wanted = || {
            let why = format!("has a link without a target: {}", name.display());
            Failure::Image(ImageError::malformed(what, why))
        };
        match kind {
            EntryType::Directory => {
                match mkdirat(parent, name, Mode::from_raw_mode(0o755)) {
                    Err(Errno::EXIST) => {
                        let found = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
                        if FileType::from_raw_mode(found.st_mode) != FileType::Directory {
                            remove(parent, name)?;
                            mkdirat(parent, name, Mode::from_raw_mode(0o755))?;
                        }
                    }
                    other => other?,
                }
                let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let dir = openat(parent, name, flags, Mode::empty())?;
                self.attributes(&dir, entry)?;
            }
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                remove(parent, name)?;
                let flags = OFlags::CREATE
                    | OFlags::EXCL
                    | OFlags::WRONLY
                    | OFlags::NOFOLLOW
                    | OFlags::CLOEXEC;
                let file = openat(parent, name, flags, Mode::from_raw_mode(0o600))?;
                let mut file = std::fs::File::from(file);
                io::copy(entry, &mut file)?;
                self.attributes(&OwnedFd::from(file), entry)?;
            }
            EntryType::Symlink => {
                remove(parent, name)?;
                symlinkat(link.ok_or_else(wanted)?, parent, name)?;
                chownat(
                    parent,
                    name,
                    Some(uid),
                    Some(gid),
                    AtFlags::SYMLINK_NOFOLLOW,
                )?;
            }
            EntryType::Link => {
                let target = link.ok_or_else(wanted)?;
                let list = components(&target);
                let (file, folders) = list
                    .as_ref()
                    .and_then(|l| l.split_last())
                    .ok_or_else(wanted)?;
                let from = self.parent(folders)?;
                // A link to itself would remove what it links to.
                if statat(&from, *file, AtFlags::SYMLINK_NOFOLLOW)?.st_ino
                    != statat(parent, name, AtFlags::SYMLINK_NOFOLLOW).map_or(0, |s| s.st_ino)
                {
                    remove(parent, name)?;
                    linkat(&from, *file, parent, name, AtFlags::empty())?;
                }
            }
            EntryType::Char | EntryType::Block | EntryType::Fifo => {
                remove(parent, name)?;
                // Pipes have none.
                let major = header.device_major().ok().flatten().unwrap_or(0);
                let minor = header.device_minor().ok().flatten().unwrap_or(0);
                let device = rustix::fs::makedev(major, minor);
                let kind = match kind {
                    EntryType::Char => FileType::CharacterDevice,
                    EntryType::Block => FileType::BlockDevice,
                    _ => FileType::Fifo,
                };
                mknodat(parent, name, kind, mode, device)?;
                // The umask took from it.
                chmodat(parent, name, mode, AtFlags::empty())?;
                chownat(
                    parent,
                    name,
                    Some(uid),
                    Some(gid),
                    AtFlags::SYMLINK_NOFOLLOW,
                )?;
            }
            other => {
                let why = format!(
                    "has an entry of unknown type {}: {}",
                    char::from(other.as_byte()).escape_default(),
                    name.display()
                );
                return Err(Failure::Image(ImageError::malformed(what, why)));
            }
        }
        Ok(())
    }

    /// Owner, mode, time and file capabilities.
    fn attributes(&self, file: &OwnedFd, entry: &mut Entry<'_, impl Read>) -> io::Result<()> {
        let header = entry.header();
        let (uid, gid) = (owner(header.uid()?), owner(header.gid()?));
        let mode = Mode::from_raw_mode(header.mode()? & 0o7777);
        let time = Timespec {
            tv_sec: i64::try_from(header.mtime().unwrap_or(0)).unwrap_or(0),
            tv_nsec: 0,
        };
        // Changing the owner clears set-user-ID bits, so the mode comes after.
        fchown(file, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)))?;
        fchmod(file, mode)?;
        let mut attributes = Vec::new();
        if let Some(extensions) = entry.pax_extensions()? {
            for extension in extensions.flatten() {
                let key = extension
                    .key()
                    .ok()
                    .and_then(|k| k.strip_prefix("SCHILY.xattr."));
                // Others mean nothing in a container, or mean too much: overlayfs keeps its own.
                if let Some(key) =
                    key.filter(|k| *k == "security.capability" || k.starts_with("user."))
                {
                    attributes.push((key.to_owned(), extension.value_bytes().to_owned()));
                }
            }
        }
        for (key, value) in attributes {
            let key = CString::new(key)?;
            rustix::fs::fsetxattr(file, &key, &value, XattrFlags::empty())?;
        }
        futimens(
            file,
            &Timestamps {
                last_access: time,
                last_modification: time,
            },
        )?;
        Ok(())
    }
}

enum Failure {
    Image(ImageError),
    Errno(io::Error),
}

impl<E: Into<io::Error>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Errno(error.into())
    }
}

/// Numbers beyond what a user can have are nobody's.
fn owner(id: u64) -> u32 {
    u32::try_from(id)
        .ok()
        .filter(|id| *id != u32::MAX)
        .unwrap_or(65_534)
}

/// Removes whatever has that name, folders with all that is in them; nothing is no error.
fn remove(parent: &OwnedFd, name: &OsStr) -> io::Result<()> {
    match unlinkat(parent, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => return Ok(()),
        Err(Errno::ISDIR) => {}
        Err(error) => return Err(error.into()),
    }
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let dir = openat(parent, name, flags, Mode::empty())?;
    for entry in std::fs::read_dir(format!("/proc/self/fd/{}", dir.as_raw_fd()))? {
        remove(&dir, &entry?.file_name())?;
    }
    Ok(unlinkat(parent, name, AtFlags::REMOVEDIR)?)
}

#[cfg(test)]
mod tests;
