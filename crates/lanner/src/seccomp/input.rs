//! Profiles from files, folders and standard input.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use lanner_diag::{Diagnostic, Files, Severity, render};
use lanner_seccomp::document::{self, MAX_TEXT};
use lanner_seccomp::policy::Policy;
use lanner_seccomp::profile::{self, Profile};
use lanner_seccomp::target::{Applied, Engine, Target};

use super::report;
use super::target::TargetArgs;

/// Folders are searched this deep.
const MAX_DEPTH: usize = 8;

/// Bytes of a file, and the name that people know it by.
pub(crate) struct Source {
    /// As given; `<stdin>` for standard input.
    pub(crate) name: String,
    /// At most one more than may be read.
    pub(crate) bytes: Vec<u8>,
}

/// A profile that was read.
pub(crate) struct Loaded {
    /// The file that its spans point into.
    pub(crate) files: Files,
    /// The profile, as far as it can be used.
    pub(crate) profile: Profile,
    /// What is wrong with its form.
    pub(crate) faults: Vec<Diagnostic>,
}

/// What a person wrote cannot be used: diagnostics with carets, ready to print.
#[derive(Debug)]
pub(crate) struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl Refused {
    /// From diagnostics.
    pub(crate) fn new(faults: &[Diagnostic], files: &Files) -> Refused {
        let style = report::style(&std::io::stderr());
        let shown: Vec<String> = faults.iter().map(|f| render(f, files, style)).collect();
        Refused(shown.join("\n"))
    }
}

/// Reads a file, or standard input for `-`, up to one byte more than `most`.
pub(crate) fn read(path: &Path, most: usize) -> Result<Source> {
    let limit = most as u64 + 1;
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        let stdin = std::io::stdin().lock();
        stdin
            .take(limit)
            .read_to_end(&mut bytes)
            .context("standard input")?;
        return Ok(Source {
            name: "<stdin>".to_owned(),
            bytes,
        });
    }
    let name = path.display().to_string();
    let file = File::open(path).with_context(|| name.clone())?;
    if file.metadata().with_context(|| name.clone())?.is_dir() {
        bail!("{name} is a folder; this takes one file");
    }
    file.take(limit)
        .read_to_end(&mut bytes)
        .with_context(|| name.clone())?;
    Ok(Source { name, bytes })
}

/// The files of these paths: themselves, and in folders all that end in .json, .yaml or .yml.
pub(crate) fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" || !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let before = found.len();
        search(path, MAX_DEPTH, &mut found)?;
        if found.len() == before {
            bail!(
                "{} has no file that ends in .json, .yaml or .yml",
                path.display()
            );
        }
    }
    Ok(found)
}

fn search(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        entries.push(entry.with_context(|| folder.display().to_string())?);
    }
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // Links to folders are not followed: they may lead back.
        if entry.file_type().is_ok_and(|t| t.is_dir()) {
            if depth > 0 {
                search(&path, depth - 1, found)?;
            }
            continue;
        }
        let extension = path.extension().and_then(|e| e.to_str());
        if matches!(extension, Some("json" | "yaml" | "yml")) && path.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

/// Reads a profile, with everything that is wrong with its form. The files hold its text, also
/// where it is no profile at all.
pub(crate) fn parse(
    source: &Source,
    files: &mut Files,
) -> Result<(Profile, Vec<Diagnostic>), Diagnostic> {
    let document = document::read(files, &source.name, &source.bytes)?;
    Ok(profile::read(&document))
}

/// Reads a profile that is to be used. What is wrong with its form and does not keep it from being
/// used goes to stderr, a line each.
///
/// # Errors
/// [`Refused`] if it cannot be used; whatever reading the file gave.
pub(crate) fn load(path: &Path) -> Result<Loaded> {
    load_source(&read(path, MAX_TEXT)?)
}

/// The same for a file that was read.
pub(crate) fn load_source(source: &Source) -> Result<Loaded> {
    let mut files = Files::new();
    let (profile, faults) = match parse(source, &mut files) {
        Ok(read) => read,
        Err(fault) => return Err(Refused::new(&[fault], &files).into()),
    };
    let is_error = |f: &&Diagnostic| f.severity == Severity::Error;
    let errors: Vec<Diagnostic> = faults.iter().filter(is_error).cloned().collect();
    if !errors.is_empty() {
        return Err(Refused::new(&errors, &files).into());
    }
    Ok(Loaded {
        files,
        profile,
        faults,
    })
}

impl Loaded {
    /// What the profile says on a target. Says on stderr what a person should know of how it was
    /// read.
    ///
    /// # Errors
    /// [`Refused`] if the engine would refuse it.
    pub(crate) fn apply(&self, args: &TargetArgs) -> Result<(Target, Applied, Policy)> {
        let target = args.target(Some(&self.profile))?;
        self.tell(args, &target);
        match target.apply(&self.profile) {
            Ok(Some(applied)) => {
                let policy = Policy::new(&applied.spec);
                Ok((target, applied, policy))
            }
            Ok(None) => bail!("the profile decides nothing: it has no default action"),
            Err(fault) => Err(Refused::new(&[fault], &self.files).into()),
        }
    }

    /// Notes on how the profile was read, on stderr.
    fn tell(&self, args: &TargetArgs, target: &Target) {
        let name = self.files.name(self.profile.file);
        let mut notes = Vec::new();
        if !self.profile.comments.is_empty() {
            notes.push("has comments: read here, refused by runtimes".to_owned());
        }
        if args.engine_is_assumed(&self.profile) {
            let engine = match target.engine {
                Engine::ContainersCommon => "containers-common does",
                _ => "Docker does",
            };
            notes.push(format!(
                "has keys that only engines resolve, and is read as {engine}; --runtime \
                 containerd shows what is left of it without one"
            ));
        }
        for fault in &self.faults {
            let place = fault.span().map(|s| self.files.line_column(s));
            let place = place.map_or(String::new(), |at| format!("{}:{}: ", at.line, at.column));
            notes.push(format!("{place}{}", fault.message));
        }
        // A verb that looks at a profile twice says it once.
        static TOLD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
        let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
        for note in notes {
            if !told.insert(format!("{name}: {note}")) {
                continue;
            }
            // Nobody is left to tell if stderr is closed.
            let _ = writeln!(std::io::stderr(), "note: {name}: {note}");
        }
    }
}
