//! Which files are meant, and their texts.

use std::path::{Path, PathBuf};

use lanner_diag::yaml::{self, LoadError};

/// The files that paths stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RulesFiles {
    /// Files to load, in order.
    pub files: Vec<PathBuf>,
    /// The folders among the paths, to watch for changes.
    pub folders: Vec<PathBuf>,
    /// Paths that are not loaded: files that are not called `.yaml` or `.yml`.
    pub ignored: Vec<PathBuf>,
}

impl RulesFiles {
    /// Looks up paths of files and folders. A folder stands for the YAML files in it (not in its
    /// folders), by name. A path that does not exist is taken for a file, so that loading it says
    /// what is wrong.
    pub fn find<P: AsRef<Path>>(paths: &[P]) -> RulesFiles {
        let mut found = RulesFiles::default();
        for path in paths.iter().map(AsRef::as_ref) {
            if path.is_dir() {
                found.folders.push(path.to_owned());
                let mut files = yaml_files(path);
                files.sort();
                found.files.append(&mut files);
            } else if is_yaml(path) || !path.exists() {
                found.files.push(path.to_owned());
            } else {
                found.ignored.push(path.to_owned());
            }
        }
        found
    }
}

/// A folder that cannot be read has no files, as for Falco.
fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.filter_map(|entry| entry.ok().map(|e| e.path()));
    paths
        .filter(|path| is_yaml(path) && path.is_file())
        .collect()
}

fn is_yaml(path: &Path) -> bool {
    let name = path.as_os_str().as_encoded_bytes();
    name.ends_with(b".yaml") || name.ends_with(b".yml")
}

/// The text of a file, or why there is none.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    let name = path.display();
    yaml::load(path).map_err(|error| match error {
        LoadError::Io(e) => format!("Could not open file {name} for reading: {e}"),
        other => format!("Could not read file {name}: it {other}"),
    })
}
