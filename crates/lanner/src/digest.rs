//! What configuration and rules were made of: the SHA-256 of each file, for metrics and to tell
//! whether a file that was written differs.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::reload::touched_since;

/// The files of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Digests {
    /// Configuration files and their digests, in hexadecimal.
    pub(crate) config: Vec<(PathBuf, String)>,
    /// Rules files and their digests.
    pub(crate) rules: Vec<(PathBuf, String)>,
    /// The files that folders and lists stand for, as they are now.
    listed: Vec<PathBuf>,
    sources: Vec<PathBuf>,
}

impl Digests {
    /// Of the files that a configuration and its rules were read from.
    pub(crate) fn of(config: &Config, rules: &[PathBuf]) -> Digests {
        let mut digests = Digests {
            config: config.loaded.iter().map(|l| hashed(&l.path)).collect(),
            rules: rules.iter().map(hashed).collect(),
            sources: [
                config.sources.as_slice(),
                config.rules_paths.as_slice(),
                rules,
            ]
            .concat(),
            listed: Vec::new(),
        };
        digests.listed = digests.list();
        digests
    }

    /// Whether any file has another content now, is gone, or is new.
    pub(crate) fn differ_from_files(&self) -> bool {
        let mut all = self.config.iter().chain(&self.rules);
        all.any(|(path, digest)| hashed(path).1 != *digest) || self.list() != self.listed
    }

    /// Takes the contents of now for those that are known.
    pub(crate) fn refresh(&mut self) {
        for entry in self.config.iter_mut().chain(&mut self.rules) {
            *entry = hashed(&entry.0);
        }
        self.listed = self.list();
    }

    /// Whether a file was written since this time: what was read may be older.
    pub(crate) fn changed_since(&self, time: SystemTime) -> bool {
        let mut all = self.config.iter().chain(&self.rules);
        all.any(|(path, _)| touched_since(path, time))
    }

    fn list(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for path in &self.sources {
            if !path.is_dir() {
                found.extend(path.exists().then(|| path.clone()));
                continue;
            }
            let entries = fs::read_dir(path).into_iter().flatten().flatten();
            let mut files: Vec<_> = entries.map(|e| e.path()).filter(|p| p.is_file()).collect();
            files.sort();
            found.append(&mut files);
        }
        found
    }
}

/// A file and the digest of its content; empty if it cannot be read.
fn hashed(path: &PathBuf) -> (PathBuf, String) {
    use std::fmt::Write;
    let mut text = String::new();
    if let Ok(content) = fs::read(path) {
        for byte in Sha256::digest(&content) {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
        }
    }
    (path.clone(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_written_with_the_same_content_does_not_differ() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.yaml");
        fs::write(&path, "abc").unwrap();
        let mut digests = Digests {
            rules: vec![hashed(&path)],
            sources: vec![dir.path().to_owned()],
            ..Digests::default()
        };
        digests.refresh();
        assert_eq!(
            digests.rules[0].1,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        fs::write(&path, "abc").unwrap();
        assert!(!digests.differ_from_files());
        fs::write(&path, "abd").unwrap();
        assert!(digests.differ_from_files());
        digests.refresh();
        fs::write(dir.path().join("b.yaml"), "").unwrap();
        assert!(digests.differ_from_files());
        digests.refresh();
        fs::remove_file(&path).unwrap();
        assert!(digests.differ_from_files());
    }
}
