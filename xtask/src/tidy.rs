//! Checks of the tree that no compiler makes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// Which crate may depend on which (`ARCHITECTURE.md`). `lanner`, the binary, may use all.
const ARROWS: &[(&str, &[&str])] = &[
    ("event", &[]),
    ("diag", &[]),
    ("probe", &["event"]),
    ("scap", &["event"]),
    ("state", &["event"]),
    ("container", &["state"]),
    ("filter", &["diag"]),
    ("fields", &["filter", "state", "container", "event"]),
    ("rules", &["filter", "diag"]),
    (
        "engine",
        &["event", "state", "container", "fields", "filter", "rules"],
    ),
    ("output", &["engine"]),
    ("seccomp", &["diag"]),
    ("baseline", &["seccomp"]),
    ("pod", &["diag", "seccomp"]),
];

/// Crates that may contain `unsafe`: anywhere, or in these modules alone.
const UNSAFE: &[(&str, &[&str])] = &[
    ("pod", &["engine/runc"]),
    ("probe", &[]),
    ("seccomp", &["launch", "load", "notify", "ptrace"]),
];

pub fn run() -> Result<()> {
    let mut faults = Vec::new();
    arrows(&mut faults)?;
    unsafe_code(&mut faults)?;
    crate::codegen::run(true)?;
    crate::bpf::run(true)?;
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    println!("tidy");
    Ok(())
}

/// The crates: their names and folders.
fn crates() -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(crate::root().join("crates"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        found.push((name, entry.path()));
    }
    Ok(found)
}

/// Fails on an arrow between crates that [`ARROWS`] does not allow (dev-dependencies included:
/// a test that needs more belongs to a crate further down).
fn arrows(faults: &mut Vec<String>) -> Result<()> {
    for (name, dir) in crates()? {
        if name == "lanner" {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(n, _)| *n == name) else {
            faults.push(format!(
                "crates/{name} is not in the table of arrows in xtask/src/tidy.rs"
            ));
            continue;
        };
        let manifest = dir.join("Cargo.toml");
        let text = fs::read_to_string(&manifest).with_context(|| manifest.display().to_string())?;
        let used: BTreeSet<&str> = text
            .lines()
            .filter_map(|l| l.strip_prefix("lanner-"))
            .filter_map(|l| l.split(['.', ' ', '=']).next())
            .collect();
        for other in used.iter().filter(|u| !allowed.contains(u)) {
            faults.push(format!(
                "crates/{name} depends on {other}; it may depend on {allowed:?} only"
            ));
        }
    }
    Ok(())
}

fn unsafe_code(faults: &mut Vec<String>) -> Result<()> {
    for (name, dir) in crates()? {
        let (level, modules) = match UNSAFE.iter().find(|(n, _)| *n == name) {
            Some((_, [])) => continue,
            Some((_, modules)) => ("deny", *modules),
            None => ("forbid", [].as_slice()),
        };
        for head in ["src/lib.rs", "src/main.rs"] {
            let file = dir.join(head);
            let wanted = format!("#![{level}(unsafe_code)]");
            if file.exists() && !fs::read_to_string(&file)?.contains(&wanted) {
                faults.push(format!("crates/{name}/{head} lacks {wanted}"));
            }
        }
        let mut files = Vec::new();
        sources(&dir.join("src"), &mut files)?;
        for file in files {
            let module = file.strip_prefix(dir.join("src"))?.with_extension("");
            let listed = modules.iter().any(|m| module == Path::new(m));
            if !listed && fs::read_to_string(&file)?.contains("#![expect(unsafe_code") {
                let file = file.display();
                faults.push(format!("{file} may not contain unsafe code"));
            }
        }
    }
    Ok(())
}

/// The Rust files of a folder and what is in it.
fn sources(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tree_keeps_its_rules() {
        super::run().unwrap();
    }
}
