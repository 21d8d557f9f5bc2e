//! The thread that writes alerts, and the queue in front of it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use crate::channel::{Channel, Lost};

/// What to do with an alert for which the queue has no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// Drop and count it: events do not wait for outputs.
    Drop,
    /// Wait for room: a capture does not run away.
    Wait,
}

/// How the worker runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Alerts that may wait (`outputs_queue.capacity`).
    pub capacity: usize,
    /// What to do with more.
    pub when_full: WhenFull,
    /// Pass lines on when the buffer is full and at the end only (`buffered_outputs`), instead of
    /// whenever no other line is waiting.
    pub buffered: bool,
    /// How long a channel may take at the end before what is left is discarded
    /// (`output_timeout`).
    pub timeout: Duration,
}

/// What the worker reports while it runs.
#[derive(Debug)]
pub enum Fault {
    /// The queue is full for the first time.
    QueueFull,
    /// A channel failed; reported at its first failure and when it fails again after a success.
    Channel {
        /// Its name.
        channel: &'static str,
        /// Alerts lost by this failure.
        lost: u64,
        /// Why.
        error: io::Error,
    },
    /// At the end: the channels did not take what was left in time.
    Blocked {
        /// The channel that did not return.
        channel: &'static str,
    },
}

/// What became of the alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Alerts that were handed over.
    pub accepted: u64,
    /// Alerts dropped because the queue was full.
    pub dropped: u64,
    /// Alerts that a channel lost, by its name.
    pub lost: Vec<(&'static str, u64)>,
    /// Alerts still in the queue when the end was not waited for any longer.
    pub discarded: u64,
}

enum Message {
    Line(Vec<u8>),
    Reopen,
    Stop,
}

/// Counters that both threads see.
#[derive(Default)]
struct Shared {
    stdout_closed: AtomicBool,
    /// Index of the channel that is being written to, plus one; 0 when none is.
    busy: AtomicU64,
}

/// The outputs: a bounded queue and the thread that empties it.
pub struct Outputs {
    queue: Sender<Message>,
    free: Receiver<Vec<u8>>,
    done: Receiver<Vec<(&'static str, u64)>>,
    worker: JoinHandle<()>,
    names: Vec<&'static str>,
    settings: Settings,
    shared: Arc<Shared>,
    on_fault: Arc<dyn Fn(Fault) + Send + Sync>,
    accepted: u64,
    dropped: u64,
}

impl Outputs {
    /// Starts the worker over these channels. `on_fault` is called from either thread when there
    /// is something to tell the operator.
    pub fn start(
        channels: Vec<Box<dyn Channel>>,
        settings: Settings,
        on_fault: impl Fn(Fault) + Send + Sync + 'static,
    ) -> io::Result<Outputs> {
        let capacity = settings.capacity.max(1);
        let (queue, messages) = bounded(capacity);
        let (recycle, free) = bounded(64);
        let (finished, done) = bounded(1);
        let shared = Arc::new(Shared::default());
        let on_fault: Arc<dyn Fn(Fault) + Send + Sync> = Arc::new(on_fault);
        let names = channels.iter().map(|c| c.name()).collect();
        let mut worker = Worker {
            lost: vec![0; channels.len()],
            failing: vec![false; channels.len()],
            channels,
            buffered: settings.buffered,
            shared: Arc::clone(&shared),
            on_fault: Arc::clone(&on_fault),
        };
        let worker = std::thread::Builder::new()
            .name("outputs".to_owned())
            .spawn(move || {
                worker.run(&messages, &recycle);
                // The other end is gone only if nobody waits for the result any longer.
                let _ = finished.send(worker.losses());
            })?;
        Ok(Outputs {
            queue,
            free,
            done,
            worker,
            names,
            settings,
            shared,
            on_fault,
            accepted: 0,
            dropped: 0,
        })
    }

    /// An empty buffer for a line, one that was used before if there is one.
    pub fn buffer(&self) -> Vec<u8> {
        self.free.try_recv().unwrap_or_default()
    }

    /// Hands over a line, without its end.
    pub fn send(&mut self, line: Vec<u8>) {
        self.accepted += 1;
        let message = Message::Line(line);
        let refused = match self.settings.when_full {
            WhenFull::Drop => matches!(self.queue.try_send(message), Err(TrySendError::Full(_))),
            WhenFull::Wait => self.queue.send(message).is_err(),
        };
        if refused {
            if self.dropped == 0 {
                (self.on_fault)(Fault::QueueFull);
            }
            self.dropped += 1;
        }
    }

    /// Alerts dropped so far because the queue was full.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Whether the reader of standard output went away.
    pub fn stdout_closed(&self) -> bool {
        self.shared.stdout_closed.load(Ordering::Relaxed)
    }

    /// Has the channels closed and opened again once what is queued is written.
    pub fn reopen(&self) {
        // A full queue means that the worker is stuck in a channel; reopening cannot help it.
        let _ = self.queue.try_send(Message::Reopen);
    }

    /// Writes what is queued, ends the worker, and tells what became of the alerts.
    pub fn finish(self) -> Report {
        let mut report = Report {
            accepted: self.accepted,
            dropped: self.dropped,
            ..Report::default()
        };
        let stopped = self
            .queue
            .send_timeout(Message::Stop, self.settings.timeout)
            .is_ok();
        // While lines are being taken, the end may take as long as it needs.
        let mut left = self.queue.len();
        let lost = loop {
            match self.done.recv_timeout(self.settings.timeout) {
                Ok(lost) => break Some(lost),
                Err(_) if stopped && self.queue.len() < left => left = self.queue.len(),
                Err(_) => break None,
            }
        };
        match lost {
            Some(lost) => {
                report.lost = lost;
                // It has nothing left to do but to return.
                let _ = self.worker.join();
            }
            None => {
                let busy = self.shared.busy.load(Ordering::Relaxed) as usize;
                let channel = busy.checked_sub(1).and_then(|i| self.names.get(i));
                report.discarded = left as u64;
                (self.on_fault)(Fault::Blocked {
                    channel: channel.copied().unwrap_or("outputs"),
                });
            }
        }
        report
    }
}

struct Worker {
    channels: Vec<Box<dyn Channel>>,
    lost: Vec<u64>,
    failing: Vec<bool>,
    buffered: bool,
    shared: Arc<Shared>,
    on_fault: Arc<dyn Fn(Fault) + Send + Sync>,
}

impl Worker {
    fn run(&mut self, messages: &Receiver<Message>, recycle: &Sender<Vec<u8>>) {
        while let Ok(message) = messages.recv() {
            match message {
                Message::Line(mut line) => {
                    self.each(|c| c.write(&line), false);
                    line.clear();
                    // With enough spare buffers, this one is freed.
                    let _ = recycle.try_send(line);
                }
                Message::Reopen => self.each(
                    |c| {
                        c.flush()?;
                        c.reopen().map_err(|error| Lost { lines: 0, error })
                    },
                    true,
                ),
                Message::Stop => break,
            }
            if !self.buffered && messages.is_empty() {
                self.each(|c| c.flush(), true);
            }
        }
        self.each(|c| c.flush(), true);
    }

    fn losses(&self) -> Vec<(&'static str, u64)> {
        let lost = self.channels.iter().zip(&self.lost);
        lost.filter(|(_, n)| **n > 0)
            .map(|(c, n)| (c.name(), *n))
            .collect()
    }

    /// Does `what` to each channel. `passed_on` tells that success means that lines arrived.
    fn each(&mut self, what: impl Fn(&mut dyn Channel) -> Result<(), Lost>, passed_on: bool) {
        for (i, channel) in self.channels.iter_mut().enumerate() {
            self.shared.busy.store(i as u64 + 1, Ordering::Relaxed);
            match what(channel.as_mut()) {
                Ok(()) => self.failing[i] &= !passed_on,
                Err(Lost { lines, error }) => {
                    self.lost[i] += lines;
                    if channel.name() == "stdout" && error.kind() == io::ErrorKind::BrokenPipe {
                        self.shared.stdout_closed.store(true, Ordering::Relaxed);
                    }
                    if !std::mem::replace(&mut self.failing[i], true) {
                        (self.on_fault)(Fault::Channel {
                            channel: channel.name(),
                            lost: lines,
                            error,
                        });
                    }
                }
            }
        }
        self.shared.busy.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc;

    use super::*;

    /// Writes to memory once the gate opens; fails with the queue of errors first.
    struct Memory {
        gate: Option<mpsc::Receiver<()>>,
        errors: Vec<io::ErrorKind>,
        lines: Arc<Mutex<Vec<Vec<u8>>>>,
    }

    impl Channel for Memory {
        fn name(&self) -> &'static str {
            "stdout"
        }

        fn write(&mut self, line: &[u8]) -> Result<(), Lost> {
            if let Some(gate) = self.gate.take() {
                gate.recv().unwrap();
            }
            if let Some(kind) = self.errors.pop() {
                let error = kind.into();
                return Err(Lost { lines: 1, error });
            }
            self.lines.lock().unwrap().push(line.to_vec());
            Ok(())
        }

        fn flush(&mut self) -> Result<(), Lost> {
            Ok(())
        }

        fn reopen(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Run {
        outputs: Outputs,
        gate: mpsc::Sender<()>,
        lines: Arc<Mutex<Vec<Vec<u8>>>>,
        faults: Arc<Mutex<Vec<String>>>,
    }

    fn start(capacity: usize, when_full: WhenFull, errors: &[io::ErrorKind]) -> Run {
        let (gate, closed) = mpsc::channel();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let channel = Memory {
            gate: Some(closed),
            errors: errors.to_vec(),
            lines: Arc::clone(&lines),
        };
        let settings = Settings {
            capacity,
            when_full,
            buffered: false,
            timeout: Duration::from_millis(200),
        };
        let faults = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&faults);
        let on_fault = move |f| seen.lock().unwrap().push(format!("{f:?}"));
        Run {
            outputs: Outputs::start(vec![Box::new(channel)], settings, on_fault).unwrap(),
            gate,
            lines,
            faults,
        }
    }

    #[test]
    fn what_does_not_fit_in_the_queue_is_counted_and_reported_once() {
        let mut run = start(2, WhenFull::Drop, &[]);
        for i in 0..10 {
            run.outputs.send(vec![b'0' + i]);
        }
        run.gate.send(()).unwrap();
        let report = run.outputs.finish();
        let written = run.lines.lock().unwrap().len() as u64;
        assert_eq!(report.accepted, 10);
        assert_eq!(report.accepted, written + report.dropped);
        assert!(report.dropped >= 7, "{report:?}");
        assert_eq!(*run.faults.lock().unwrap(), ["QueueFull"]);
    }

    #[test]
    fn a_capture_waits_for_its_outputs() {
        let mut run = start(1, WhenFull::Wait, &[]);
        run.gate.send(()).unwrap();
        for i in 0..100 {
            run.outputs.send(vec![i]);
        }
        let report = run.outputs.finish();
        assert_eq!((report.accepted, report.dropped), (100, 0));
        assert_eq!(run.lines.lock().unwrap().len(), 100);
    }

    #[test]
    fn failures_are_counted_and_reported_at_their_first() {
        let full = io::ErrorKind::StorageFull;
        let mut run = start(8, WhenFull::Wait, &[full, full, full]);
        for i in 0..5 {
            run.outputs.send(vec![i]);
        }
        run.gate.send(()).unwrap();
        assert!(!run.outputs.stdout_closed());
        let report = run.outputs.finish();
        assert_eq!(report.lost, [("stdout", 3)]);
        assert_eq!(run.lines.lock().unwrap().len(), 2);
        assert_eq!(run.faults.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_channel_that_blocks_does_not_hang_the_end() {
        let mut run = start(8, WhenFull::Drop, &[]);
        for i in 0..3 {
            run.outputs.send(vec![i]);
        }
        let report = run.outputs.finish();
        assert!(report.discarded >= 2, "{report:?}");
        let faults = run.faults.lock().unwrap();
        assert_eq!(*faults, ["Blocked { channel: \"stdout\" }"]);
    }
}
