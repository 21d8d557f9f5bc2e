//! `lanner record`: what happens on this machine, written to a capture.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use bstr::BString;
use bumpalo::Bump;
use lanner_container::{Container, Containers, Identity};
use lanner_engine::{Follower, balance};
use lanner_event::snapshot::{FdKind, Snapshot};
use lanner_event::{EventType, HEADER_LEN, Poll, RawEvent, Selection, Source};
use lanner_fields::Session;
use lanner_filter::Condition;
use lanner_probe::{Options, Probe};
use lanner_scap::{Compression, Writer};
use lanner_state::scan::{self, Procfs};
use lanner_state::{Limits, Live, State};

use crate::cli::Record;
use crate::filter;
use crate::signals::Signals;

/// How long to wait for an event before looking at signals, the command and the clock.
const TICK: Duration = Duration::from_millis(50);

/// Events between two such looks when they keep coming.
const EVENTS_BETWEEN_LOOKS: u32 = 4096;

/// Records until it is told to stop, or the command ends.
pub(crate) fn run(record: &Record) -> Result<ExitCode> {
    let scheme = lanner_fields::scheme();
    let filter = match &record.filter {
        Some(text) => Some(filter::condition(text, &scheme)?),
        None => None,
    };
    let signals = Signals::install().context("signals cannot be handled")?;
    let options = Options {
        selection: Selection::everything(),
        buffer_bytes: record.buffer,
        snaplen: record.snaplen,
        ..Options::default()
    };
    let mut probe = Probe::open(&options).map_err(|e| anyhow!(e))?;
    // Attached first, read then: what happens meanwhile waits in the buffers.
    let options = scan::Options::from_env();
    let scan = scan::scan(&options);
    let writer = create(&record.file, &for_older_readers(scan.snapshot.clone()))?;
    let live = Procfs::new(&options, scan.snapshot.machine.boot_ts);
    let live = live.ok().map(|procfs| Box::new(procfs) as Box<dyn Live>);
    let mut follower = Follower::new(
        State::new(Limits::default()),
        Containers::new(options.host_root.clone()),
        Session::new(lanner_fields::Settings::default()),
    );
    follower.state_mut().seed_scan(scan, live);
    let mut recording = Recording {
        path: &record.file,
        writer,
        follower,
        filter,
        told: HashSet::new(),
        arena: Bump::new(),
        written: 0,
    };
    let mut command = start(record)?;
    let outcome = recording.until_the_end(&mut probe, record, &signals, &mut command);
    if let Err(error) = outcome {
        stop(&mut command);
        return Err(error);
    }
    let written = recording.written;
    recording
        .writer
        .finish()
        .and_then(|file| file.sync_all())
        .with_context(|| record.file.display().to_string())?;
    let mut log = std::io::stderr().lock();
    // Nobody is left to tell if stderr is closed.
    let _ = writeln!(log, "{written} events written to {}", record.file.display());
    for line in balance(&probe.ledger()) {
        let _ = writeln!(log, "{line}");
    }
    match command {
        Some(mut child) => Ok(exit_code(child.wait().context("the command is lost")?)),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// The same with descriptors of kinds that sysdig 0.29, which distributions have, would refuse the
/// whole capture for; what happens to such descriptors later is recorded in full.
fn for_older_readers(mut snapshot: Snapshot) -> Snapshot {
    for fd in snapshot.fds.iter_mut().flat_map(|table| &mut table.fds) {
        if let FdKind::Bpf { name }
        | FdKind::UserFaultFd { name }
        | FdKind::IoUring { name }
        | FdKind::MemFd { name }
        | FdKind::PidFd { name } = &mut fd.kind
        {
            let name = std::mem::take(name);
            fd.kind = FdKind::Unsupported { name };
        }
    }
    snapshot
}

fn create(path: &Path, snapshot: &Snapshot) -> Result<Writer<File>> {
    let compression = match path.extension() {
        Some(extension) if extension == "gz" => Compression::Gzip,
        _ => Compression::None,
    };
    Writer::create(path, compression, snapshot)
        .with_context(|| format!("{} cannot be written", path.display()))
}

fn start(record: &Record) -> Result<Option<Child>> {
    let [program, arguments @ ..] = record.command.as_slice() else {
        return Ok(None);
    };
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::inherit())
        .spawn()
        .with_context(|| format!("{} cannot be started", program.to_string_lossy()))?;
    Ok(Some(child))
}

/// Ends the command, because there is nothing left to record it.
fn stop(command: &mut Option<Child>) {
    if let Some(child) = command {
        // It may have ended by itself.
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn exit_code(status: std::process::ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt;
    let code = status.code().or(status.signal().map(|s| 128 + s));
    ExitCode::from(code.and_then(|c| u8::try_from(c).ok()).unwrap_or(1))
}

struct Recording<'a> {
    path: &'a Path,
    writer: Writer<File>,
    follower: Follower,
    filter: Option<Condition>,
    /// Containers that the capture has been told of.
    told: HashSet<BString>,
    arena: Bump,
    written: u64,
}

impl Recording<'_> {
    fn until_the_end(
        &mut self,
        probe: &mut Probe,
        record: &Record,
        signals: &Signals,
        command: &mut Option<Child>,
    ) -> Result<()> {
        let end =
            (record.duration > 0).then(|| Instant::now() + Duration::from_secs(record.duration));
        let mut until_look = EVENTS_BETWEEN_LOOKS;
        let mut stopped = false;
        loop {
            match probe.poll(TICK).map_err(|e| anyhow!(e))? {
                Poll::Event(raw) => {
                    self.take(&raw)?;
                    until_look -= 1;
                    if until_look > 0 {
                        continue;
                    }
                }
                Poll::Idle | Poll::Section if stopped => return Ok(()),
                Poll::Idle | Poll::Section => {}
                Poll::End => return Ok(()),
            }
            until_look = EVENTS_BETWEEN_LOOKS;
            let ended = match command {
                Some(child) => child.try_wait().context("the command is lost")?.is_some(),
                None => false,
            };
            let over = end.is_some_and(|end| Instant::now() >= end);
            if !stopped && (ended || over || signals.end()) {
                probe.stop();
                stopped = true;
                if !ended {
                    stop(command);
                }
            }
        }
    }

    fn take(&mut self, raw: &RawEvent<'_>) -> Result<()> {
        let Ok(step) = self.follower.take(raw) else {
            return Ok(());
        };
        let news = match self.follower.identity(&step) {
            Some(Identity::Container(container)) if self.told.len() < MOST_CONTAINERS => {
                // What is known of a container may grow after its first event.
                let new = container.name.is_some() && !self.told.contains(&container.full_id);
                new.then(|| Arc::clone(container))
            }
            _ => None,
        };
        let wanted = match &self.filter {
            None => true,
            Some(filter) => {
                let lifecycle = step.starts_process() || step.event.ty == EventType::PROCEXIT_1_E;
                lifecycle || filter.matches(&self.follower.record(&step), &self.arena)
            }
        };
        let (ts, tid) = (step.event.ts, step.event.tid);
        drop(step);
        self.follower.settle();
        self.arena.reset();
        if let Some(container) = news {
            self.tell(&container, ts, tid, raw.cpu)?;
        }
        if wanted {
            self.write(raw)?;
        }
        Ok(())
    }

    /// Writes an event that tells of a container, before the first event of that container: a
    /// capture has no files of runtimes to look into.
    fn tell(&mut self, container: &Container, ts: u64, tid: i64, cpu: u16) -> Result<()> {
        self.told.insert(container.full_id.clone());
        let bytes = container_event(&container.to_json(), ts, tid);
        self.write(&RawEvent {
            cpu,
            state_only: false,
            counted: true,
            bytes: &bytes,
        })
    }

    fn write(&mut self, raw: &RawEvent<'_>) -> Result<()> {
        self.writer.event(raw).with_context(|| {
            format!(
                "{}: {} events were written before this",
                self.path.display(),
                self.written
            )
        })?;
        self.written += 1;
        Ok(())
    }
}

/// Containers that are remembered as told of; those beyond it have ids only when replayed.
const MOST_CONTAINERS: usize = 1 << 20;

/// The record of an asynchronous event of the container plugin.
fn container_event(json: &[u8], ts: u64, tid: i64) -> Vec<u8> {
    let params: [&[u8]; 3] = [&0u32.to_le_bytes(), b"container\0", &[json, b"\0"].concat()];
    let payload: usize = params.iter().map(|p| p.len()).sum();
    // Its lengths are 32 bits wide.
    let total = HEADER_LEN + 4 * params.len() + payload;
    let mut out = Vec::with_capacity(total);
    out.extend(ts.to_le_bytes());
    out.extend(tid.to_le_bytes());
    out.extend((total as u32).to_le_bytes());
    out.extend(EventType::ASYNCEVENT_E.0.to_le_bytes());
    out.extend((params.len() as u32).to_le_bytes());
    for param in params {
        out.extend((param.len() as u32).to_le_bytes());
    }
    for param in params {
        out.extend(param);
    }
    out
}
