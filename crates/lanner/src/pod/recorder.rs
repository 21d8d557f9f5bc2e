//! Calls of pods, counted in the kernel with their arguments.

use std::fs::{File, TryLockError};
use std::path::Path;

use lanner_baseline::arguments;
use lanner_pod::syscalls::{Call, Recorded, Recorder};
use lanner_probe::{Counted, Scope, Shortfall};
use lanner_seccomp::{Arch, constants, table};

use crate::seccomp::trace::{abi_of, choices, in_initial_pid_namespace, mount_namespace};

/// Pods that are recorded at a time. Each costs every system call of the machine time, of whomever.
const MOST: usize = 4;

/// The probe's recorder, for a supervisor.
struct InKernel {
    recorder: lanner_probe::Recorder,
    /// Mount namespaces that are recorded, with their labels and inodes. Held, because the inode of
    /// one that is gone may be that of another pod's at once.
    spaces: Vec<(u32, u32, File)>,
    /// One of [`MOST`].
    _place: File,
    native: Arch,
}

/// Begins to record a pod of the home with this root.
///
/// # Errors
/// This kernel, or this process's rights, do not permit it; or enough pods are recorded.
pub(crate) fn open(root: &Path) -> Result<Box<dyn Recorder>, String> {
    if !in_initial_pid_namespace() {
        return Err("processes are numbered otherwise in the kernel than here".to_owned());
    }
    let place = place(root)?;
    let native = Arch::native().ok_or("the machine has an unknown ABI")?;
    let recorder = lanner_probe::Recorder::open(&choices(native), Scope::Filtered);
    let recorder = recorder.map_err(|e| e.to_string())?;
    Ok(Box::new(InKernel {
        recorder,
        spaces: Vec::new(),
        _place: place,
        native,
    }))
}

/// A place among those that are recorded, held by a lock, so that it is free again however this
/// process ends.
fn place(root: &Path) -> Result<File, String> {
    for number in 0..MOST {
        let path = root.join(format!("recorder-{number}.lock"));
        let file = File::options().create(true).append(true).open(&path);
        let file = file.map_err(|e| format!("{}: {e}", path.display()))?;
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(e)) => return Err(format!("{}: {e}", path.display())),
        }
    }
    Err(format!("{MOST} other pods are recorded already"))
}

impl Recorder for InKernel {
    fn follow_children(&self, label: u32) -> Result<(), String> {
        let added = self.recorder.add_process(std::process::id(), label);
        added.map_err(|e| e.to_string())
    }

    fn leave_children(&self) {
        self.recorder.remove_process(std::process::id());
    }

    fn follow(&mut self, pid: i32, label: u32) -> Result<(), String> {
        let text = |e: lanner_probe::ProbeError| e.to_string();
        let process = pid.unsigned_abs();
        self.recorder.add_process(process, label).map_err(text)?;
        let Some((inode, space)) = mount_namespace(&pid.to_string()) else {
            // It has ended, perhaps before it was added: its number may be another's.
            self.recorder.remove_process(process);
            return Ok(());
        };
        if self.spaces.iter().any(|(_, known, _)| *known == inode) {
            return Ok(());
        }
        self.recorder
            .add_mount_namespace(inode, label)
            .map_err(text)?;
        self.spaces.push((label, inode, space));
        Ok(())
    }

    fn leave(&mut self, label: u32) {
        // Taken out of the kernel's table before it is let go.
        for (_, inode, _space) in self.spaces.extract_if(.., |(of, ..)| *of == label) {
            self.recorder.remove_mount_namespace(inode);
        }
    }

    fn counted(&self) -> Result<(Vec<Recorded>, Vec<String>), String> {
        let counted = self.recorder.counted().map_err(|e| e.to_string())?;
        let mut calls: Vec<_> = counted.iter().map(|c| recorded(c, self.native)).collect();
        calls.sort_by(|a, b| (a.label, &a.call).cmp(&(b.label, &b.call)));
        let lost = self.recorder.shortfall().map_err(|e| e.to_string())?;
        Ok((calls, losses(lost)))
    }
}

fn recorded(counted: &Counted, native: Arch) -> Recorded {
    let arch = abi_of(counted, native);
    let known = table::by_number(arch, counted.number);
    Recorded {
        label: counted.label,
        call: Call {
            arguments: match (known, &counted.args) {
                (Some(call), Some(values)) => shown(arch, call, values),
                _ => String::new(),
            },
            ..Call::new(arch.audit(), counted.number, &counted.exe)
        },
        audit_arch: arch.audit(),
        number: counted.number,
        refused: counted.refused,
        count: counted.count,
    }
}

/// The arguments that are told apart, by their names.
fn shown(arch: Arch, call: &table::Call, values: &[u64; 6]) -> String {
    let (chosen, _) = arguments::recorded(arch, call);
    let args = call.args.iter().flatten().zip(values).enumerate();
    let shown: Vec<String> = args
        .filter(|(i, _)| chosen & 1 << i != 0)
        .map(|(i, (arg, value))| {
            let value = constants::render_arg(arch, call, i as u8, *value);
            format!("{}={value}", arg.name)
        })
        .collect();
    shown.join(", ")
}

/// What did not fit the kernel's tables, in words.
fn losses(lost: Shortfall) -> Vec<String> {
    let said = [
        (
            lost.values,
            "calls are counted without their arguments: too many different values",
        ),
        (
            lost.calls,
            "calls were not counted in the kernel: too many different ones",
        ),
        (
            lost.processes,
            "processes were not counted in the kernel: too many at once",
        ),
    ];
    let said = said.iter().filter(|(n, _)| *n > 0);
    said.map(|(n, what)| format!("{n} {what}")).collect()
}
