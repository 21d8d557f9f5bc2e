//! Files and folders whose changes are noticed, by inotify(7).
//!
//! Not the files are watched but the folders that hold their names: an editor replaces a file by
//! another, Kubernetes swaps the symbolic link `..data` on the way to it, and a file that is not
//! there yet may come. Whether anything changed in content is for the caller to find out.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};

/// What is watched.
pub(crate) struct Watched {
    inotify: OwnedFd,
    /// By folder: the names in it that matter; `None` stands for all.
    folders: BTreeMap<PathBuf, Names>,
    by_descriptor: BTreeMap<i32, PathBuf>,
}

type Names = Option<BTreeSet<Vec<u8>>>;

/// Symbolic links that are followed on the way to a file (path_resolution(7) allows 40).
const MAX_LINKS: usize = 40;

impl Watched {
    /// Watches nothing yet.
    pub(crate) fn new() -> rustix::io::Result<Watched> {
        Ok(Watched {
            inotify: inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?,
            folders: BTreeMap::new(),
            by_descriptor: BTreeMap::new(),
        })
    }

    /// Watches these paths, and no others any longer. Folders among them are watched for whatever
    /// happens in them. Returns the folders that cannot be watched, and why.
    pub(crate) fn set(&mut self, paths: &[PathBuf]) -> Vec<(PathBuf, rustix::io::Errno)> {
        let mut folders = BTreeMap::new();
        for path in paths {
            on_the_way(path, &mut folders);
        }
        for (descriptor, folder) in &self.by_descriptor {
            if !folders.contains_key(folder) {
                // It is gone already if its folder is.
                let _ = inotify::remove_watch(&self.inotify, *descriptor);
            }
        }
        self.by_descriptor.clear();
        let flags = WatchFlags::CLOSE_WRITE
            | WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR;
        let mut failed = Vec::new();
        for folder in folders.keys() {
            match inotify::add_watch(&self.inotify, folder, flags) {
                Ok(descriptor) => {
                    self.by_descriptor.insert(descriptor, folder.clone());
                }
                Err(error) => failed.push((folder.clone(), error)),
            }
        }
        self.folders = folders;
        failed
    }

    /// Takes what happened since the last call, without waiting, and tells whether any of it is
    /// about what is watched.
    pub(crate) fn take(&mut self) -> bool {
        let mut buffer = [MaybeUninit::<u8>::uninit(); 4096];
        let mut reader = inotify::Reader::new(&self.inotify, &mut buffer);
        let mut concerned = false;
        while let Ok(event) = reader.next() {
            let lost = ReadFlags::QUEUE_OVERFLOW | ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF;
            if event.events().intersects(lost) {
                concerned = true;
                continue;
            }
            let Some(folder) = self.by_descriptor.get(&event.wd()) else {
                continue;
            };
            let name = event.file_name().map(|n| n.to_bytes()).unwrap_or_default();
            concerned |= match self.folders.get(folder) {
                Some(Some(names)) => names.contains(name),
                Some(None) => true,
                None => false,
            };
        }
        concerned
    }
}

impl AsFd for Watched {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }
}

/// Adds the folders, and the names in them, that decide what `path` leads to: that of the path
/// itself, those of symbolic links on the way, or that of the first part that does not exist.
fn on_the_way(path: &Path, folders: &mut BTreeMap<PathBuf, Names>) {
    let Ok(path) = std::path::absolute(path) else {
        return;
    };
    let mut links = 0;
    let mut at = PathBuf::from("/");
    let mut rest: Vec<Vec<u8>> = parts(&path);
    rest.reverse();
    while let Some(part) = rest.pop() {
        if part == b".." {
            at.pop();
            continue;
        }
        let next = at.join(OsStr::from_bytes(&part));
        let kind = fs::symlink_metadata(&next).ok();
        let link = kind.as_ref().is_some_and(fs::Metadata::is_symlink);
        if link || kind.is_none() || rest.is_empty() {
            let names = folders
                .entry(at.clone())
                .or_insert_with(|| Some(BTreeSet::new()));
            if let Some(names) = names {
                names.insert(part);
            }
        }
        if kind.is_none() {
            return;
        }
        if !link {
            at = next;
            continue;
        }
        links += 1;
        let Ok(target) = fs::read_link(&next) else {
            return;
        };
        if links > MAX_LINKS {
            return;
        }
        if target.is_absolute() {
            at = PathBuf::from("/");
        }
        rest.extend(parts(&target).into_iter().rev());
    }
    if at.is_dir() {
        folders.insert(at, None);
    }
}

fn parts(path: &Path) -> Vec<Vec<u8>> {
    let parts = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.as_bytes().to_vec()),
        Component::ParentDir => Some(b"..".to_vec()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Watches, lets something happen, and tells whether it was noticed.
    #[track_caller]
    fn check(watch: &str, act: impl Fn(&Path), noticed: bool) {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path();
        fs::create_dir(at.join("rules.d")).unwrap();
        fs::write(at.join("a.yaml"), "a").unwrap();
        fs::create_dir(at.join("v1")).unwrap();
        fs::create_dir(at.join("v2")).unwrap();
        fs::write(at.join("v1/m.yaml"), "1").unwrap();
        fs::write(at.join("v2/m.yaml"), "2").unwrap();
        symlink("v1", at.join("..data")).unwrap();
        symlink("..data/m.yaml", at.join("m.yaml")).unwrap();
        let mut watched = Watched::new().unwrap();
        assert!(watched.set(&[at.join(watch)]).is_empty());
        assert!(!watched.take());
        act(at);
        assert_eq!(watched.take(), noticed);
        assert!(!watched.take());
    }

    #[test]
    fn what_happens_to_a_file_is_noticed_and_what_happens_beside_it_is_not() {
        let write = |name: &'static str| move |at: &Path| fs::write(at.join(name), "x").unwrap();
        check("a.yaml", write("a.yaml"), true);
        check("a.yaml", write("b.yaml"), false);
        check(
            "a.yaml",
            |at| fs::remove_file(at.join("a.yaml")).unwrap(),
            true,
        );
        check(
            "a.yaml",
            |at| {
                fs::write(at.join("tmp"), "new").unwrap();
                fs::rename(at.join("tmp"), at.join("a.yaml")).unwrap();
            },
            true,
        );
        check("new.yaml", write("new.yaml"), true);
        check("rules.d", write("rules.d/x.yaml"), true);
        check(
            "no/such/file",
            |at| fs::create_dir(at.join("no")).unwrap(),
            true,
        );
    }

    #[test]
    fn the_swap_of_a_link_on_the_way_is_noticed() {
        let swap = |at: &Path| {
            symlink("v2", at.join("..data_tmp")).unwrap();
            fs::rename(at.join("..data_tmp"), at.join("..data")).unwrap();
        };
        check("m.yaml", swap, true);
        check("..data/m.yaml", swap, true);
        check("a.yaml", swap, false);
    }

    #[test]
    fn links_that_lead_in_a_circle_end() {
        let dir = tempfile::tempdir().unwrap();
        symlink("b", dir.path().join("a")).unwrap();
        symlink("a", dir.path().join("b")).unwrap();
        let mut watched = Watched::new().unwrap();
        assert!(watched.set(&[dir.path().join("a")]).is_empty());
    }
}
