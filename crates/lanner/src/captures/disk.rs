//! The thread that compresses captures and writes them, behind a queue that is bounded in bytes.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use flate2::write::GzEncoder;

/// Bytes that may wait to be written. An event is let in while fewer wait, and may be 16 MiB long;
/// the state at the beginning of a capture is let in always.
const ROOM: usize = 64 << 20;

/// How long a disk may take nothing at the end of a run.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where captures are written to.
pub(crate) type Target = Box<dyn Write + Send>;

/// A queue of bytes, and the thread behind it.
pub(crate) struct Disk {
    orders: Sender<Order>,
    queue: Arc<Queue>,
    ended: Receiver<()>,
    wait: bool,
    begun: u64,
}

enum Order {
    Begin(u64, PathBuf),
    Bytes(Vec<u8>),
    End,
}

/// What both sides see.
#[derive(Default)]
struct Queue {
    /// Bytes that wait.
    waiting: Mutex<usize>,
    taken: Condvar,
    /// The number of the last capture that could not be written; 0 is none.
    failed: AtomicU64,
}

impl Queue {
    fn waiting(&self) -> usize {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, bytes: usize) {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) += bytes;
    }

    fn take(&self, bytes: usize) {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) -= bytes;
        self.taken.notify_all();
    }
}

impl Disk {
    /// Starts the thread. It gets the files from `open`, and tells `fault` what goes wrong, once
    /// for each capture.
    pub(crate) fn start(
        wait: bool,
        open: impl FnMut(&Path) -> io::Result<Target> + Send + 'static,
        fault: impl Fn(&Path, io::Error) + Send + 'static,
    ) -> Disk {
        let queue = Arc::new(Queue::default());
        let (orders, receiver) = channel();
        let (end, ended) = channel();
        let mut worker = Worker {
            open,
            fault,
            queue: Arc::clone(&queue),
            current: None,
        };
        std::thread::spawn(move || {
            for order in receiver {
                worker.carry_out(order);
            }
            worker.end();
            // Nobody may wait any more.
            let _ = end.send(());
        });
        Disk {
            orders,
            queue,
            ended,
            wait,
            begun: 0,
        }
    }

    /// Begins a file: its number, and what takes its content.
    pub(crate) fn begin(&mut self, path: PathBuf) -> (u64, Spool) {
        self.begun += 1;
        self.send(Order::Begin(self.begun, path));
        let spool = Spool {
            orders: self.orders.clone(),
            queue: Arc::clone(&self.queue),
        };
        (self.begun, spool)
    }

    /// Completes the file that was begun.
    pub(crate) fn end(&self) {
        self.send(Order::End);
    }

    fn send(&self, order: Order) {
        // The thread ends after all senders only.
        let _ = self.orders.send(order);
    }

    /// Whether the file of this number cannot be written.
    pub(crate) fn has_failed(&self, number: u64) -> bool {
        self.queue.failed.load(Ordering::Relaxed) == number
    }

    /// Whether another event may come; waits for room if it is to.
    pub(crate) fn has_room(&self) -> bool {
        let mut waiting = self
            .queue
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        while self.wait && *waiting >= ROOM {
            waiting = self
                .queue
                .taken
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *waiting < ROOM
    }

    /// Waits until all is written.
    ///
    /// # Errors
    /// So many bytes are not, and the disk takes no more.
    pub(crate) fn finish(self) -> Result<(), usize> {
        drop(self.orders);
        let mut waiting = self.queue.waiting();
        loop {
            match self.ended.recv_timeout(PATIENCE) {
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => {
                    let now = self.queue.waiting();
                    if now == waiting {
                        return Err(now);
                    }
                    waiting = now;
                }
            }
        }
    }
}

/// Takes the bytes of a file, at once and always.
pub(crate) struct Spool {
    orders: Sender<Order>,
    queue: Arc<Queue>,
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.queue.add(bytes.len());
        let _ = self.orders.send(Order::Bytes(bytes.to_vec()));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Creates a file.
pub(crate) fn file(path: &Path) -> io::Result<Target> {
    Ok(Box::new(File::create(path)?))
}

struct Worker<O, F> {
    open: O,
    fault: F,
    queue: Arc<Queue>,
    current: Option<Current>,
}

struct Current {
    number: u64,
    path: PathBuf,
    out: GzEncoder<Target>,
}

impl<O, F> Worker<O, F>
where
    O: FnMut(&Path) -> io::Result<Target>,
    F: Fn(&Path, io::Error),
{
    fn carry_out(&mut self, order: Order) {
        match order {
            Order::Begin(number, path) => {
                self.end();
                match (self.open)(&path) {
                    Ok(target) => {
                        self.current = Some(Current {
                            number,
                            path,
                            out: GzEncoder::new(target, flate2::Compression::fast()),
                        });
                    }
                    Err(error) => self.fail(number, &path, error),
                }
            }
            Order::Bytes(bytes) => {
                if let Some(current) = &mut self.current
                    && let Err(error) = current.out.write_all(&bytes)
                {
                    let Current { number, path, .. } = current;
                    let (number, path) = (*number, std::mem::take(path));
                    self.current = None;
                    self.fail(number, &path, error);
                }
                self.queue.take(bytes.len());
            }
            Order::End => self.end(),
        }
    }

    fn end(&mut self) {
        let Some(current) = self.current.take() else {
            return;
        };
        let written = current.out.finish().and_then(|mut out| out.flush());
        if let Err(error) = written {
            self.fail(current.number, &current.path, error);
        }
    }

    fn fail(&self, number: u64, path: &Path, error: io::Error) {
        self.queue.failed.store(number, Ordering::Relaxed);
        (self.fault)(path, error);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::SyncSender;
    use std::sync::mpsc::sync_channel;

    use super::*;

    /// A disk that takes nothing until it is told to.
    struct Gate {
        opened: Receiver<()>,
        open: bool,
        content: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if !self.open {
                let _ = self.opened.recv();
                self.open = true;
            }
            self.content.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn gated(wait: bool) -> (Disk, SyncSender<()>, Arc<Mutex<Vec<u8>>>) {
        let (send, opened) = sync_channel(1);
        let content = Arc::default();
        let mut gate = Some(Gate {
            opened,
            open: false,
            content: Arc::clone(&content),
        });
        let open = move |_: &Path| -> io::Result<Target> { Ok(Box::new(gate.take().unwrap())) };
        (Disk::start(wait, open, |_, _| {}), send, content)
    }

    fn unzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        io::Read::read_to_end(&mut flate2::read::GzDecoder::new(bytes), &mut out).unwrap();
        out
    }

    #[test]
    fn a_disk_that_takes_nothing_does_not_block_and_has_no_room_at_last() {
        let (mut disk, open, content) = gated(false);
        let (number, mut spool) = disk.begin("a".into());
        let chunk = vec![7; 1 << 20];
        let mut taken = 0;
        while disk.has_room() {
            spool.write_all(&chunk).unwrap();
            taken += 1;
        }
        assert_eq!(taken, ROOM >> 20);
        disk.end();
        assert!(!disk.has_failed(number));
        open.send(()).unwrap();
        drop(spool);
        assert_eq!(disk.finish(), Ok(()));
        assert_eq!(unzip(&content.lock().unwrap()).len(), taken << 20);
    }

    #[test]
    fn a_replay_waits_for_the_disk() {
        let (mut disk, open, content) = gated(true);
        let (_, mut spool) = disk.begin("a".into());
        spool.write_all(&vec![7; ROOM]).unwrap();
        open.send(()).unwrap();
        assert!(disk.has_room());
        drop(spool);
        assert_eq!(disk.finish(), Ok(()));
        assert_eq!(unzip(&content.lock().unwrap()).len(), ROOM);
    }

    #[test]
    fn what_cannot_be_opened_or_written_is_said_once_and_does_not_harm_the_next() {
        let (send, faults) = channel();
        let open = |path: &Path| -> io::Result<Target> {
            match path.to_str() {
                Some("full") => file(Path::new("/dev/full")),
                Some("good") => Ok(Box::new(io::sink())),
                _ => Err(io::Error::other("no such folder")),
            }
        };
        let mut disk = Disk::start(false, open, move |path, error| {
            send.send(format!("{}: {error}", path.display())).unwrap();
        });
        for name in ["none", "full", "good"] {
            let (_, mut spool) = disk.begin(name.into());
            // Bytes that do not compress.
            let noise: Vec<u8> = (0..1u32 << 18)
                .flat_map(|n| {
                    n.wrapping_mul(2_654_435_761)
                        .rotate_left(n % 32)
                        .to_le_bytes()
                })
                .collect();
            spool.write_all(&noise).unwrap();
            disk.end();
        }
        assert_eq!(disk.finish(), Ok(()));
        let faults: Vec<String> = faults.into_iter().collect();
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert_eq!(faults[0], "none: no such folder");
        assert!(faults[1].starts_with("full: No space left"), "{faults:?}");
    }
}
