//! Which calls a workload made: the file that `trace` writes and `learn` reads.

use std::collections::BTreeMap;

use lanner_seccomp::{Arch, table};
use serde::{Deserialize, Serialize};

/// What the file says that it is.
const FORMAT: &str = "lanner-seccomp-recording";
/// The version of its form.
const VERSION: u32 = 1;

/// Bytes of a recording that are read.
pub const MAX_TEXT: usize = 256 << 20;

/// How calls were recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// In the kernel, with every call.
    Probe,
    /// By tracing the command, with every call.
    Ptrace,
    /// From a capture: what was captured, without arguments.
    Capture,
    /// From several recordings.
    Merged,
}

/// Whose calls were recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Subject {
    /// A command, from its start.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// Processes that were running already.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pids: Vec<u32>,
    /// Containers, by what was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<String>,
    /// Pods, by what was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pods: Vec<String>,
    /// Captures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub captures: Vec<String>,
}

/// What is missing in a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shortfall {
    /// Calls that were recorded without the values of their arguments.
    pub values: u64,
    /// Calls that were not recorded.
    pub calls: u64,
    /// Processes that were not seen.
    pub processes: u64,
}

/// Values of the arguments of a call that came together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Values {
    /// By the argument's index, 0 to 5.
    pub args: BTreeMap<u8, u64>,
    /// How often.
    pub count: u64,
    /// In how many runs.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub runs: u64,
}

/// A call that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The ABI, as profiles name it.
    pub arch: String,
    /// Its number.
    pub number: u32,
    /// Its name; empty where it has none.
    pub name: String,
    /// How often it was made.
    pub count: u64,
    /// In how many runs.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub runs: u64,
    /// The files of the programs that made it, and how often each.
    #[serde(default)]
    pub programs: BTreeMap<String, u64>,
    /// The values of its arguments, where they are recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Values>,
    /// Whether `values` has all of them.
    #[serde(default)]
    pub values_complete: bool,
}

fn one() -> u64 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes fields by reference"
)]
fn is_one(n: &u64) -> bool {
    *n == 1
}

/// Which calls a workload made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    format: String,
    version: u32,
    /// How.
    pub method: Method,
    /// Whose.
    pub subject: Subject,
    /// The release of the kernel.
    pub kernel: String,
    /// The machine's ABI, as profiles name it.
    pub arch: String,
    /// When it began, in seconds since the epoch.
    pub started: u64,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Runs in it: 1, or how many were merged.
    #[serde(default = "one")]
    pub runs: u64,
    /// What is missing.
    #[serde(default)]
    pub shortfall: Shortfall,
    /// By ABI and number.
    pub calls: Vec<Call>,
}

/// Why a file is no recording.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It cannot be read as one.
    #[error("this is no recording: {0}")]
    Form(serde_json::Error),
    /// It says that it is something else.
    #[error("this is no recording: its format is {0:?}, expected {FORMAT:?}")]
    Format(String),
    /// It is of a later version.
    #[error("this recording has version {0}, and this lanner reads {VERSION}: use a newer one")]
    Version(u32),
    /// It names an ABI that nobody has.
    #[error("this recording has calls of architecture {0:?}, which is none")]
    Arch(String),
}

impl Recording {
    /// An empty recording.
    pub fn new(method: Method, subject: Subject, arch: Arch) -> Recording {
        Recording {
            format: FORMAT.to_owned(),
            version: VERSION,
            method,
            subject,
            kernel: String::new(),
            arch: arch.to_string(),
            started: 0,
            seconds: 0.0,
            runs: 1,
            shortfall: Shortfall::default(),
            calls: Vec::new(),
        }
    }

    /// Reads a recording.
    ///
    /// # Errors
    /// The text is none, or of a later version.
    pub fn parse(text: &[u8]) -> Result<Recording, ReadError> {
        /// What has to be looked at before the rest.
        #[derive(Deserialize)]
        struct Head {
            #[serde(default)]
            format: String,
            #[serde(default)]
            version: u32,
        }
        let head: Head = serde_json::from_slice(text).map_err(ReadError::Form)?;
        if head.format != FORMAT {
            return Err(ReadError::Format(head.format));
        }
        if head.version != VERSION {
            return Err(ReadError::Version(head.version));
        }
        let recording: Recording = serde_json::from_slice(text).map_err(ReadError::Form)?;
        let named = recording.calls.iter().map(|c| &c.arch);
        for name in named.chain([&recording.arch]) {
            if Arch::from_name(name).is_none() {
                return Err(ReadError::Arch(name.clone()));
            }
        }
        Ok(recording)
    }

    /// The text of the file.
    ///
    /// # Errors
    /// None that a recording can cause.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// The machine's ABI.
    pub fn native(&self) -> Option<Arch> {
        Arch::from_name(&self.arch)
    }

    /// How many calls it has.
    pub fn total(&self) -> u64 {
        self.calls.iter().map(|c| c.count).sum()
    }

    /// Adds that a call was made `count` times by a program; `args` are the values of its recorded
    /// arguments, a bit of `chosen` each, and `None` where they are not known.
    pub fn add(
        &mut self,
        (arch, number): (Arch, u32),
        program: &str,
        (chosen, args): (u8, Option<&[u64; 6]>),
        count: u64,
    ) {
        let name = arch.to_string();
        let found = self
            .calls
            .iter()
            .position(|c| c.number == number && c.arch == name);
        let at = found.unwrap_or_else(|| {
            self.calls.push(Call {
                arch: name,
                number,
                name: table::by_number(arch, number)
                    .map_or("", |c| c.name)
                    .to_owned(),
                count: 0,
                runs: 1,
                programs: BTreeMap::new(),
                values: Vec::new(),
                values_complete: true,
            });
            self.calls.len() - 1
        });
        let call = &mut self.calls[at];
        call.count += count;
        *call.programs.entry(program.to_owned()).or_default() += count;
        if chosen == 0 {
            return;
        }
        let Some(args) = args else {
            call.values_complete = false;
            return;
        };
        let recorded = (0..6u8).filter(|i| chosen >> i & 1 != 0);
        let args: BTreeMap<u8, u64> = recorded.map(|i| (i, args[usize::from(i)])).collect();
        match call.values.iter_mut().find(|v| v.args == args) {
            Some(known) => known.count += count,
            None => call.values.push(Values {
                args,
                count,
                runs: 1,
            }),
        }
    }

    /// Puts everything in order: the same workload gives the same file.
    pub fn sort(&mut self) {
        self.calls
            .sort_by(|a, b| (&a.arch, a.number).cmp(&(&b.arch, b.number)));
        for call in &mut self.calls {
            call.values.sort_by(|a, b| a.args.cmp(&b.args));
        }
    }

    /// One recording of several: of repeated runs, or of the replicas of a workload. Nothing is
    /// left out; of each call it is known in how many runs it was made.
    pub fn merge(recordings: &[Recording]) -> Option<Recording> {
        let (first, rest) = recordings.split_first()?;
        if rest.is_empty() {
            return Some(first.clone());
        }
        let mut merged = Recording {
            method: Method::Merged,
            ..first.clone()
        };
        for other in rest {
            merged.absorb(other);
        }
        merged.sort();
        Some(merged)
    }

    fn absorb(&mut self, other: &Recording) {
        fn add<T: PartialEq + Clone>(to: &mut Vec<T>, from: &[T]) {
            for item in from {
                if !to.contains(item) {
                    to.push(item.clone());
                }
            }
        }
        if self.subject.command != other.subject.command {
            // One file has room for one command.
            self.subject.command.clear();
        }
        add(&mut self.subject.pids, &other.subject.pids);
        add(&mut self.subject.containers, &other.subject.containers);
        add(&mut self.subject.pods, &other.subject.pods);
        add(&mut self.subject.captures, &other.subject.captures);
        if self.kernel != other.kernel {
            self.kernel = format!("{}, {}", self.kernel, other.kernel);
        }
        self.started = self.started.min(other.started);
        self.seconds += other.seconds;
        self.runs += other.runs;
        self.shortfall.values += other.shortfall.values;
        self.shortfall.calls += other.shortfall.calls;
        self.shortfall.processes += other.shortfall.processes;
        for call in &other.calls {
            let same = |c: &&mut Call| c.number == call.number && c.arch == call.arch;
            let Some(known) = self.calls.iter_mut().find(same) else {
                self.calls.push(call.clone());
                continue;
            };
            known.count += call.count;
            known.runs += call.runs;
            known.values_complete &= call.values_complete;
            for (program, count) in &call.programs {
                *known.programs.entry(program.clone()).or_default() += count;
            }
            for values in &call.values {
                match known.values.iter_mut().find(|v| v.args == values.args) {
                    Some(same) => {
                        same.count += values.count;
                        same.runs += values.runs;
                    }
                    None => known.values.push(values.clone()),
                }
            }
        }
    }
}
