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
];

/// Crates that may contain `unsafe`.
const UNSAFE: &[&str] = &["probe"];

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
        if UNSAFE.contains(&name.as_str()) {
            continue;
        }
        for head in ["src/lib.rs", "src/main.rs"] {
            let file = dir.join(head);
            if file.exists() && !forbids_unsafe(&file)? {
                faults.push(format!(
                    "crates/{name}/{head} lacks #![forbid(unsafe_code)]"
                ));
            }
        }
    }
    Ok(())
}

fn forbids_unsafe(file: &Path) -> Result<bool> {
    Ok(fs::read_to_string(file)?.contains("#![forbid(unsafe_code)]"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tree_keeps_its_rules() {
        super::run().unwrap();
    }
}
