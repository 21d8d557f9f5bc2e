//! `lanner record`: what happens on this machine, written to a capture.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use bumpalo::Bump;
use lanner_container::Containers;
use lanner_engine::{Announcements, Follower, Step, balance};
use lanner_event::snapshot::Snapshot;
use lanner_event::{EventType, Poll, RawEvent, Selection, Source};
use lanner_fields::Session;
use lanner_filter::Condition;
use lanner_probe::{Options, Probe};
use lanner_scap::{Compression, Writer};
use lanner_state::scan::{self, Procfs};
use lanner_state::{Limits, Live, State};

use crate::cli::Record;
use crate::filter;
use crate::signals::Signals;
use crate::source::{Looks, TICK};

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
    let writer = create(&record.file, &scan.snapshot)?;
    let live = Procfs::new(&options, scan.snapshot.machine.boot_ts);
    let live = live.ok().map(|procfs| Box::new(procfs) as Box<dyn Live>);
    let mut follower = Follower::new(
        State::new(Limits::default()),
        Containers::new(options.host_root.clone()),
        Session::new(lanner_fields::Settings::default()),
    );
    follower.state_mut().seed_scan(scan, live);
    let announcements = Announcements::new(follower.state());
    let mut recording = Recording {
        path: &record.file,
        writer,
        follower,
        filter,
        announcements,
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
    announcements: Announcements,
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
        let mut looks = Looks::default();
        let mut stopped = false;
        loop {
            match probe.poll(TICK).map_err(|e| anyhow!(e))? {
                Poll::Event(raw) => {
                    let due = looks.is_due(raw.ts());
                    self.take(&raw)?;
                    if !due {
                        continue;
                    }
                }
                Poll::Idle | Poll::Section if stopped => return Ok(()),
                Poll::Idle | Poll::Section => {}
                Poll::End => return Ok(()),
            }
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
        let wanted = match &self.filter {
            None => true,
            Some(filter) => {
                let lifecycle = step.starts_process() || step.event.ty == EventType::PROCEXIT_1_E;
                lifecycle || filter.matches(&self.follower.record(&step), &self.arena)
            }
        };
        let outcome = match wanted {
            true => self.write(raw, &step),
            false => Ok(()),
        };
        drop(step);
        self.follower.settle();
        self.arena.reset();
        outcome
    }

    /// Writes an event, and before it what a reader must be told to understand it.
    fn write(&mut self, raw: &RawEvent<'_>, step: &Step<'_>) -> Result<()> {
        let Recording {
            writer,
            follower,
            announcements,
            written,
            ..
        } = self;
        let mut write = |raw: &RawEvent<'_>| {
            *written += 1;
            writer.event(raw)
        };
        announcements
            .before(step, follower, &mut write)
            .and_then(|()| write(raw))
            .with_context(|| {
                format!(
                    "{}: {} events were written before this",
                    self.path.display(),
                    self.written.saturating_sub(1)
                )
            })
    }
}
