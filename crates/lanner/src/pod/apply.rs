//! `lanner pod run` and `lanner pod apply`: pods from manifests.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use jiff::Timestamp;
use lanner_diag::{Diagnostic, Files, Severity, render};
use lanner_pod::home::{Applied, Home, Options, Record};
use lanner_pod::machine::Machine;
use lanner_pod::manifest::{self, Object, Pod, Read as ReadObject};
use lanner_pod::supervisor::node_name;

use super::{NodeArgs, Shared, print, reconcile, supervise};
use crate::seccomp::report::style;

/// Run the pods of a manifest.
#[derive(Args, Debug)]
pub(crate) struct Run {
    #[command(flatten)]
    files: FileArgs,
    #[command(flatten)]
    node: NodeArgs,
}

/// The same, and pods that are there already are left as they are.
#[derive(Args, Debug)]
pub(crate) struct Apply {
    #[command(flatten)]
    files: FileArgs,
    #[command(flatten)]
    node: NodeArgs,
}

/// Where manifests are.
#[derive(Args, Debug)]
pub(crate) struct FileArgs {
    /// Manifests: files, folders (all .yaml, .yml and .json in them), `-` for standard input.
    #[arg(short = 'f', long = "filename", required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// Look into folders of folders, too.
    #[arg(short = 'R', long)]
    pub(crate) recursive: bool,
}

/// Everything that was read, with every fault printed.
pub(crate) struct Manifests {
    pub(crate) files: Files,
    pub(crate) objects: Vec<ReadObject>,
    /// Whether something could not be used.
    pub(crate) broken: bool,
}

impl FileArgs {
    /// Reads all manifests and prints what is wrong with them to stderr.
    pub(crate) fn read(&self, namespace: Option<&str>) -> Result<Manifests> {
        let mut manifests = Manifests {
            files: Files::new(),
            objects: Vec::new(),
            broken: false,
        };
        for path in self.find()? {
            let (name, bytes) = load(&path)?;
            let read = manifest::read(&mut manifests.files, &name, &bytes);
            manifests.broken |= read.has_errors();
            show(&read.faults, &manifests.files);
            manifests.objects.extend(read.objects);
        }
        let Some(namespace) = namespace else {
            return Ok(manifests);
        };
        for read in &mut manifests.objects {
            let metadata = match &mut read.object {
                Object::Pod(pod) => &mut pod.metadata,
                Object::ConfigMap(map) => &mut map.metadata,
            };
            if !matches!(metadata.namespace.as_str(), "" | "default")
                && metadata.namespace != namespace
            {
                bail!(
                    "error: the namespace from the provided object \"{}\" does not match the \
                     namespace \"{namespace}\". You must pass '--namespace={}' to perform this \
                     operation.",
                    metadata.namespace,
                    metadata.namespace
                );
            }
            metadata.namespace = namespace.to_owned();
        }
        Ok(manifests)
    }

    fn find(&self) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for path in &self.files {
            if path.is_dir() {
                let before = found.len();
                walk(path, self.recursive, &mut found)?;
                if found.len() == before {
                    bail!(
                        "error: no manifest in {}: expected .yaml, .yml or .json files",
                        path.display()
                    );
                }
            } else {
                found.push(path.clone());
            }
        }
        Ok(found)
    }
}

fn walk(folder: &Path, recursive: bool, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths: Vec<PathBuf> = entries.map(|e| Ok(e?.path())).collect::<Result<_>>()?;
    paths.sort();
    for path in paths {
        let manifest = path
            .extension()
            .is_some_and(|e| ["yaml", "yml", "json"].iter().any(|x| e == *x));
        if path.is_dir() {
            if recursive {
                walk(&path, recursive, found)?;
            }
        } else if manifest {
            found.push(path);
        }
    }
    Ok(())
}

fn load(path: &Path) -> Result<(String, Vec<u8>)> {
    // One byte more than is taken tells that it is too long.
    let most = manifest::MAX_TEXT as u64 + 1;
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().take(most).read_to_end(&mut bytes)?;
        return Ok(("stdin".to_owned(), bytes));
    }
    let name = path.display().to_string();
    let missing = || format!("error: the path \"{name}\" cannot be read");
    if std::fs::metadata(path).is_ok_and(|m| m.is_dir()) {
        bail!("error: the path \"{name}\" is a folder");
    }
    let file = std::fs::File::open(path).with_context(missing)?;
    file.take(most)
        .read_to_end(&mut bytes)
        .with_context(missing)?;
    Ok((name, bytes))
}

/// Prints faults to stderr, those that matter most last.
pub(crate) fn show(faults: &[Diagnostic], files: &Files) {
    let stderr = std::io::stderr();
    let style = style(&stderr);
    let mut sorted: Vec<&Diagnostic> = faults.iter().collect();
    sorted.sort_by_key(|f| f.severity == Severity::Error);
    for fault in sorted {
        // Nobody is left to tell if stderr is closed.
        let _ = writeln!(stderr.lock(), "{}\n", render(fault, files, style));
    }
}

pub(crate) fn run(shared: &Shared, run: &Run) -> Result<ExitCode> {
    start(shared, &run.files, &run.node, true)
}

pub(crate) fn apply(shared: &Shared, apply: &Apply) -> Result<ExitCode> {
    start(shared, &apply.files, &apply.node, false)
}

fn start(shared: &Shared, files: &FileArgs, node: &NodeArgs, new: bool) -> Result<ExitCode> {
    let home = shared.home();
    reconcile::run(&home)?;
    let manifests = files.read(shared.namespace.as_deref())?;
    let options = node.options();
    let mut failed = manifests.broken;
    // ConfigMaps first: pods of the same command may refer to them.
    for read in &manifests.objects {
        if let Object::ConfigMap(map) = &read.object {
            let word = match home.apply_map(map)? {
                Applied::Created => "created",
                Applied::Configured => "configured",
                Applied::Unchanged => "unchanged",
            };
            print(&format!("configmap/{} {word}\n", map.metadata.name))?;
        }
    }
    for read in &manifests.objects {
        if let Object::Pod(pod) = &read.object {
            match create(&home, pod, &options, new) {
                Ok(word) => print(&format!("pod/{} {word}\n", pod.metadata.name))?,
                Err(error) => {
                    failed = true;
                    // Nobody is left to tell if stderr is closed.
                    let _ = writeln!(std::io::stderr(), "{error:#}");
                }
            }
        }
    }
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Stores a pod and starts its supervisor.
fn create(home: &Home, pod: &Pod, options: &Options, new: bool) -> Result<&'static str> {
    let metadata = &pod.metadata;
    let folder = home.pod(&metadata.namespace, &metadata.name);
    folder.make()?;
    let Some(lock) = folder.try_lock()? else {
        return exists(folder.read()?, pod, new);
    };
    if let Some(old) = folder.read()? {
        return exists(Some(old), pod, new);
    }
    let mut pod = pod.clone();
    pod.metadata.uid = new_uid()?;
    let now = Timestamp::now();
    pod.metadata.creation_timestamp = Some(format!("{now:.0}"));
    let mut machine = Machine::new(&pod);
    let message = format!(
        "Successfully assigned {} to {}",
        pod.full_name(),
        node_name()
    );
    machine.record(now, "Normal", "Scheduled", &message);
    let record = Record {
        machine,
        options: options.clone(),
        sandbox: None,
        live: Vec::new(),
        notes: Vec::new(),
        supervisor: None,
        pod,
    };
    if let Err(error) = folder.write(&record) {
        // What is not there whole is not there: the disk is full, most likely.
        let _ = std::fs::remove_dir_all(&folder.path);
        return Err(error.into());
    }
    drop(lock);
    supervise::spawn(home, &folder)?;
    Ok("created")
}

fn exists(old: Option<Record>, pod: &Pod, new: bool) -> Result<&'static str> {
    let name = &pod.metadata.name;
    let Some(old) = old else {
        bail!("Error from server (Conflict): pod \"{name}\" is being deleted");
    };
    if new {
        bail!("Error from server (AlreadyExists): pods \"{name}\" already exists");
    }
    if old.pod.spec == pod.spec {
        return Ok("unchanged");
    }
    Err(anyhow!(
        "The Pod \"{name}\" is invalid: spec: Forbidden: a pod is not changed while it is there; \
         run `lanner pod delete {name}` first"
    ))
}

/// A random UUID.
fn new_uid() -> Result<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/uuid");
    Ok(text
        .context("/proc/sys/kernel/random/uuid")?
        .trim()
        .to_owned())
}
