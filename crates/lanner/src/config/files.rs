//! Where a configuration is read from: the main file, the files that it includes, and `-o`
//! overrides, merged into one tree.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use lanner_diag::yaml::{self, Node, Value};
use lanner_diag::{Diagnostic, Files, Severity, Span, TextRange};

use super::origin::Origins;
use super::tree::Strategy;
use super::{Loaded, keys, tree};

/// Where configuration is looked for without `-c`; the first that exists is taken.
pub(super) const DEFAULT_FILES: [&str; 3] = [
    "/etc/lanner/lanner.yaml",
    "/etc/lanner/falco.yaml",
    "/etc/falco/falco.yaml",
];

/// Where rules and further configuration are without any main file, below these folders; what is in
/// the first wins.
const FOLDERS: [&str; 2] = ["/etc/lanner", "/etc/falco"];

/// What holds without any file: what Falco's packaged file says where that differs from the
/// defaults of its keys, as far as it concerns alerts on a terminal.
pub(super) fn without_file() -> Node {
    let find = |name: &str| {
        let mut paths = FOLDERS.map(|folder| format!("{folder}/{name}")).into_iter();
        let falcos = paths.next_back().unwrap_or_default();
        let found = paths.find(|path| Path::new(path).exists());
        Node::new(Value::Scalar(found.unwrap_or(falcos).into()))
    };
    let scalar = |text: &str| Node::new(Value::Scalar(text.into()));
    let list = |names: &[&str]| Node::new(Value::Seq(names.iter().map(|n| find(n)).collect()));
    let enabled = Node::new(Value::Map(vec![(scalar("enabled"), scalar("true"))]));
    Node::new(Value::Map(vec![
        (scalar("config_files"), list(&["config.d"])),
        (scalar("log_stderr"), scalar("true")),
        (
            scalar("rules_files"),
            list(&["falco_rules.yaml", "falco_rules.local.yaml", "rules.d"]),
        ),
        (scalar("stdout_output"), enabled),
    ]))
}

/// The main file: the one named, which must be there, or the first of the default ones.
pub(super) fn main_file(named: Option<&Path>) -> Result<Option<PathBuf>> {
    if let Some(path) = named {
        if !path.exists() {
            bail!("Could not find configuration file at {}", path.display());
        }
        return Ok(Some(path.to_owned()));
    }
    let first = DEFAULT_FILES.iter().map(PathBuf::from).find(|p| p.exists());
    Ok(first)
}

/// Carries out the overrides that concern included files, or all others.
pub(super) fn apply(root: &mut Node, options: &[String], includes: bool) -> Result<()> {
    for option in options {
        let (key, value) = tree::split(option)?;
        if key.starts_with("config_files") == includes {
            tree::set(root, key, &tree::expand_text(value, &variable))?;
        }
    }
    Ok(())
}

/// The environment variable of this name.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Files as they are read: what was read, and what is wrong with it.
#[derive(Default)]
pub(super) struct Reading {
    files: Files,
    pub(super) loaded: Vec<Loaded>,
    pub(super) sources: Vec<PathBuf>,
    pub(super) warnings: Vec<String>,
    /// A fault ends the start, unless its value is overridden.
    pub(super) fatal: bool,
    pub(super) origins: Origins,
}

impl Reading {
    /// Reads and checks one file.
    pub(super) fn file(&mut self, path: &Path) -> Result<(Node, Loaded)> {
        let shown = path.display();
        let text =
            yaml::load(path).with_context(|| format!("Cannot read config file ({shown})"))?;
        let file = self.files.add(shown.to_string(), text.as_str());
        let mut root = match yaml::parse(&text) {
            Ok(documents) => documents
                .into_iter()
                .next()
                .unwrap_or_else(|| Node::new(Value::Null)),
            Err(error) => {
                let at = error.mark.offset as usize;
                let range = TextRange::new(at, at);
                let fault = Diagnostic::error("CONFIG_YAML", error.message.clone())
                    .label(Span { file, range }, "");
                bail!(
                    "Cannot read config file ({shown}):\n{}",
                    lanner_diag::render(&fault, &self.files, lanner_diag::Style::Plain)
                );
            }
        };
        if root.is_null() {
            root.value = Value::Map(Vec::new());
        }
        if !root.is_map() {
            bail!("Cannot read config file ({shown}): it is not a mapping of keys to values");
        }
        tree::expand(&mut root, &variable);
        let found = keys::check(&root, file);
        keys::drop_repeated(&mut root);
        // What Falco does not tell is not part of its verdict.
        let mut of_schema = found.iter().filter(|d| d.code != keys::DUPLICATE_KEY);
        let validation = of_schema
            .next()
            .map_or_else(|| "ok".to_owned(), |d| format!("failed: {}", d.message));
        for fault in &found {
            let text = lanner_diag::render(fault, &self.files, lanner_diag::Style::Plain);
            self.fatal |= fault.severity == Severity::Error;
            self.warnings.push(text);
        }
        let path = path.to_owned();
        Ok((root, Loaded { path, validation }))
    }

    /// Merges the files that `config_files` names.
    pub(super) fn include(&mut self, root: &mut Node, main: &Path) -> Result<()> {
        let Some(list) = root.get("config_files") else {
            return Ok(());
        };
        let entries: Vec<Node> = match &list.value {
            Value::Seq(items) => items.clone(),
            Value::Scalar(_) => vec![list.clone()],
            _ => Vec::new(),
        };
        for entry in entries {
            let (path, strategy) = include_entry(&entry)?;
            if path == main {
                bail!(
                    "Config error: 'config_files' directive tried to recursively include main \
                     config file: {}.",
                    main.display()
                );
            }
            self.sources.push(path.clone());
            for file in files_of(&path)? {
                let (included, loaded) = self.file(&file)?;
                if included.get("config_files").is_some() {
                    bail!(
                        "Config error: 'config_files' directive in included config file {}.",
                        file.display()
                    );
                }
                self.origins.merged(&file, &included, strategy);
                self.loaded.push(loaded);
                tree::merge(root, included, strategy);
            }
        }
        Ok(())
    }

    /// Reports an override of a key that does not exist.
    pub(super) fn check_option(&mut self, option: &str) -> Result<()> {
        let (key, value) = tree::split(option)?;
        let name = tree::plain_name(key);
        match keys::key(&name) {
            Some((kind, _)) if !key.contains('[') => {
                let value = Node::new(Value::Scalar(value.into()));
                let structured = option.contains("={") || option.contains("=[");
                if let Some(expected) = keys::mismatch(kind, &value).filter(|_| !structured) {
                    bail!("-o {option}: `{name}` must be {expected}");
                }
            }
            Some(_) => {}
            None => {
                let open = |prefix: &str| {
                    name.strip_prefix(prefix)
                        .is_some_and(|rest| rest.starts_with('.'))
                };
                let free = [
                    "append_output",
                    "config_files",
                    "http_output.headers",
                    "plugins",
                    "rules",
                    "static_fields",
                ];
                let section = keys::KEYS
                    .iter()
                    .any(|(k, ..)| k.strip_prefix(&name).is_some_and(|r| r.starts_with('.')));
                if !section && !free.iter().any(|f| open(f)) {
                    let help = keys::unknown_help(&name)
                        .map(|h| format!("; {h}"))
                        .unwrap_or_default();
                    self.warnings
                        .push(format!("-o {option}: there is no key `{name}`{help}"));
                }
            }
        }
        Ok(())
    }
}

fn include_entry(entry: &Node) -> Result<(PathBuf, Strategy)> {
    if let Some(path) = entry.as_str() {
        return Ok((PathBuf::from(path), Strategy::default()));
    }
    let path = entry
        .get("path")
        .and_then(Node::as_str)
        .context("an entry of config_files is a path, or has a key `path`")?;
    let strategy = match entry.get("strategy").and_then(Node::as_str) {
        None => Strategy::default(),
        Some(name) => Strategy::by_name(name).with_context(|| {
            format!("unknown strategy '{name}'--must be one of append, override, add-only")
        })?,
    };
    Ok((PathBuf::from(path), strategy))
}

/// A file itself, or the regular files of a folder in the order of their names; nothing if it is
/// not there.
fn files_of(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    let entries = fs::read_dir(path).with_context(|| format!("reading {}", path.display()))?;
    for entry in entries {
        let file = entry
            .with_context(|| format!("reading {}", path.display()))?
            .path();
        if file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}
