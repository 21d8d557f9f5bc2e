//! Each event: make the call, find the event by thread and type, assert every parameter.
//!
//! `bpf/README.md` tells how to add one. All carry `root_` in their names and skip, saying so,
//! where the kernel refuses BPF.

#[cfg(target_arch = "x86_64")]
mod compat;
mod descriptor;
mod identity;
mod io;
mod kernel;
mod layout;
mod lifecycle;
mod memory;
mod path;
mod socket;
mod stream;

use std::ffi::CString;
use std::time::{Duration, Instant};

use lanner_event::{Event, EventType, Outcomes, Poll, Selection, Source, Syscall};

use crate::{Options, Probe, ProbeError};

/// What a parameter must be.
pub(crate) enum Param<'a> {
    /// No value.
    Empty,
    /// 64 bits, signed: errno, fd, pid.
    S64(i64),
    U64(u64),
    U32(u32),
    U16(u16),
    U8(u8),
    /// Exactly these bytes.
    Bytes(&'a [u8]),
    /// Text and its NUL.
    Str(&'a str),
    /// Whatever satisfies it; for what the kernel chooses.
    That(&'a dyn Fn(&[u8]) -> bool),
}

use Param::{Bytes, Empty, S64, Str, That, U8, U16, U32, U64};

/// An event that was seen: its type, thread and parameters.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) ty: EventType,
    pub(crate) tid: i64,
    pub(crate) state_only: bool,
    pub(crate) params: Vec<Vec<u8>>,
}

impl Seen {
    /// Asserts every parameter.
    #[track_caller]
    pub(crate) fn assert(&self, expected: &[Param<'_>]) {
        self.assert_from(0, expected);
    }

    /// Asserts every parameter from the one at `first` on.
    #[track_caller]
    pub(crate) fn assert_from(&self, first: usize, expected: &[Param<'_>]) {
        let info = self.ty.info();
        assert_eq!(self.params.len(), info.params.len(), "{}", info.symbol);
        assert_eq!(first + expected.len(), info.params.len(), "{}", info.symbol);
        let params = self.params.iter().zip(info.params).skip(first);
        for ((value, param), expected) in params.zip(expected) {
            let bytes = match expected {
                Empty => vec![],
                S64(n) => n.to_le_bytes().to_vec(),
                U64(n) => n.to_le_bytes().to_vec(),
                U32(n) => n.to_le_bytes().to_vec(),
                U16(n) => n.to_le_bytes().to_vec(),
                U8(n) => vec![*n],
                Bytes(b) => b.to_vec(),
                Str(s) => [s.as_bytes(), b"\0"].concat(),
                That(holds) => {
                    assert!(
                        holds(value),
                        "{}.{} is {:?}",
                        info.symbol,
                        param.name,
                        String::from_utf8_lossy(value)
                    );
                    continue;
                }
            };
            assert_eq!(
                *value,
                bytes,
                "{}.{}: {:?}, expected {:?}",
                info.symbol,
                param.name,
                String::from_utf8_lossy(value),
                String::from_utf8_lossy(&bytes)
            );
        }
    }

    /// A parameter as a number of 8 bytes.
    pub(crate) fn s64(&self, index: usize) -> i64 {
        i64::from_le_bytes(self.params[index].as_slice().try_into().unwrap())
    }
}

/// Everything that was seen while something was done.
pub(crate) struct Observed<T> {
    /// What it returned.
    pub(crate) value: T,
    /// The thread that did it.
    pub(crate) tid: i64,
    /// All events, also of other threads and processes.
    pub(crate) events: Vec<Seen>,
}

impl<T> Observed<T> {
    /// The only event of this type by the thread that did it.
    #[track_caller]
    pub(crate) fn one(&self, ty: EventType) -> &Seen {
        self.one_of(self.tid, ty)
    }

    /// The only event of this type by thread `tid`.
    #[track_caller]
    pub(crate) fn one_of(&self, tid: i64, ty: EventType) -> &Seen {
        let mut found = self.events.iter().filter(|e| e.tid == tid && e.ty == ty);
        let first = found.next().unwrap_or_else(|| {
            let own: Vec<&Seen> = self.events.iter().filter(|e| e.tid == tid).collect();
            panic!("no {} by thread {tid}, but {own:?}", ty.info().symbol)
        });
        assert!(found.next().is_none(), "more than one {}", ty.info().symbol);
        first
    }

    /// All events of this type by thread `tid`, in order.
    pub(crate) fn all_of(&self, tid: i64, ty: EventType) -> Vec<&Seen> {
        self.events
            .iter()
            .filter(|e| e.tid == tid && e.ty == ty)
            .collect()
    }
}

/// A selection of all calls that are reported as these types, whatever their outcome.
pub(crate) fn select(types: &[EventType]) -> Selection {
    let mut selection = Selection::new();
    for ty in types {
        selection.show_event(*ty, Outcomes::ANY);
    }
    selection
}

/// The probe with these options, or `None`, having said so, where there is no right to it.
pub(crate) fn open(options: &Options) -> Option<Probe> {
    match Probe::open(options) {
        Ok(probe) => Some(probe),
        Err(ProbeError::Rights { .. }) => {
            println!("skipped: needs root");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Options for a test: small buffers, own events included.
pub(crate) fn options(selection: Selection) -> Options {
    Options {
        selection,
        buffer_bytes: 1 << 20,
        report_self: true,
        ..Options::default()
    }
}

/// Runs `act` in a thread of its own while the probe watches for events of these types, and
/// returns what was seen. `None` where there is no right to it.
pub(crate) fn observe<T: Send>(
    types: &[EventType],
    act: impl FnOnce() -> T + Send,
) -> Option<Observed<T>> {
    observe_with(&options(select(types)), act)
}

/// As [`observe`], with other options.
pub(crate) fn observe_with<T: Send>(
    options: &Options,
    act: impl FnOnce() -> T + Send,
) -> Option<Observed<T>> {
    let mut probe = open(options)?;
    let (value, tid) = std::thread::scope(|scope| {
        scope
            .spawn(|| (act(), thread_id()))
            .join()
            .expect("the act to observe succeeds")
    });
    probe.stop();
    let events = drain(&mut probe);
    let ledger = probe.ledger();
    assert_eq!(ledger.produced(), ledger.received + ledger.lost());
    Some(Observed { value, tid, events })
}

/// Everything that a stopped probe still holds.
pub(crate) fn drain(probe: &mut Probe) -> Vec<Seen> {
    let mut events = Vec::new();
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        assert!(Instant::now() < end, "the probe does not end");
        match probe.poll(Duration::from_millis(10)).unwrap() {
            Poll::Event(raw) => {
                let event = Event::parse(raw.bytes, raw.cpu, 0).unwrap();
                events.push(Seen {
                    ty: event.ty,
                    tid: event.tid,
                    state_only: raw.state_only,
                    params: event.params().map(<[u8]>::to_vec).collect(),
                });
            }
            Poll::Idle | Poll::Section => {}
            Poll::End => return events,
        }
    }
}

/// The calling thread, as the initial pid namespace numbers it if we are in it.
pub(crate) fn thread_id() -> i64 {
    // SAFETY: takes no pointers.
    unsafe { libc::syscall(libc::SYS_gettid) }
}

/// Makes a system call by number, as the C library would not.
#[macro_export]
#[doc(hidden)]
macro_rules! raw_syscall {
    ($number:expr $(, $arg:expr)* $(,)?) => {{
        // SAFETY: pointers among the arguments are valid, or meant not to be.
        let result = unsafe { libc::syscall($number $(, $arg as libc::c_long)*) };
        if result == -1 {
            -i64::from(std::io::Error::last_os_error().raw_os_error().unwrap_or(0))
        } else {
            result
        }
    }};
}

/// A C string.
pub(crate) fn cstr(text: &str) -> CString {
    CString::new(text).expect("no NUL in a test's text")
}

#[test]
fn root_a_call_without_an_event_of_its_own_is_generic() {
    let Some(seen) = observe(&[EventType::GENERIC_X], || raw_syscall!(libc::SYS_getppid)) else {
        return;
    };
    let getppid = Syscall::by_name("getppid").unwrap();
    let found = seen.all_of(seen.tid, EventType::GENERIC_X);
    let ours: Vec<_> = found
        .iter()
        .filter(|e| e.params[0] == getppid.0.to_le_bytes())
        .collect();
    assert_eq!(ours.len(), 1);
    ours[0].assert(&[U16(getppid.0), U16(libc::SYS_getppid as u16)]);
}

/// A system call through the 32-bit gate, as 32-bit programs make it; up to three arguments.
#[cfg(target_arch = "x86_64")]
pub(crate) fn compat_syscall(number: i32, args: [u32; 3]) -> i64 {
    compat_syscall6(number, [args[0], args[1], args[2], 0, 0, 0])
}

/// The same with six.
#[cfg(target_arch = "x86_64")]
pub(crate) fn compat_syscall6(number: i32, args: [u32; 6]) -> i64 {
    let result: i64;
    // SAFETY: the calls made so are harmless; the kernel may clobber r8 to r11, and the two
    // registers that the compiler keeps for itself are put back.
    unsafe {
        std::arch::asm!(
            "push rbp",
            "push rbx",
            "mov ebp, {sixth:e}",
            "mov ebx, {first:e}",
            "int 0x80",
            "pop rbx",
            "pop rbp",
            first = in(reg) args[0],
            sixth = in(reg) args[5],
            inlateout("rax") i64::from(number) => result,
            in("rcx") u64::from(args[1]),
            in("rdx") u64::from(args[2]),
            in("rsi") u64::from(args[3]),
            in("rdi") u64::from(args[4]),
            out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
    }
    i64::from(result as i32)
}

#[test]
fn root_32_bit_calls_are_recognised_by_their_own_numbers_and_registers() {
    // close is 6 there; 6 is lstat for 64-bit programs.
    let types = [EventType::SYSCALL_CLOSE_X, EventType::SYSCALL_LSTAT_X];
    let Some(seen) = observe(&types, || compat_syscall(6, [u32::MAX - 3, 0, 0])) else {
        return;
    };
    assert_eq!(seen.value, -i64::from(libc::EBADF));
    seen.one(EventType::SYSCALL_CLOSE_X)
        .assert(&[S64(-i64::from(libc::EBADF)), S64(-4)]);
    // getppid is 64 there.
    let Some(seen) = observe(&[EventType::GENERIC_X], || compat_syscall(64, [0; 3])) else {
        return;
    };
    let getppid = Syscall::by_name("getppid").unwrap();
    let ours: Vec<_> = seen
        .all_of(seen.tid, EventType::GENERIC_X)
        .into_iter()
        .filter(|e| e.params[0] == getppid.0.to_le_bytes())
        .collect();
    assert_eq!(ours.len(), 1);
    ours[0].assert(&[U16(getppid.0), U16(64)]);
}

#[test]
fn root_32_bit_calls_behind_socketcall_and_ipc_are_told_apart() {
    // Arguments of socketcall lie in memory that 32-bit pointers reach.
    // SAFETY: a fresh mapping, written within its bounds while it lives.
    let memory = unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_32BIT;
        let prot = libc::PROT_READ | libc::PROT_WRITE;
        let memory = libc::mmap(std::ptr::null_mut(), 4096, prot, flags, -1, 0);
        assert_ne!(memory, libc::MAP_FAILED);
        memory.cast::<[u32; 3]>().write([2, 0x8_0002, 0]);
        memory
    };
    let types = [
        EventType::SOCKET_SOCKET_X,
        EventType::SOCKET_LISTEN_X,
        EventType::SYSCALL_SEMGET_X,
        EventType::GENERIC_X,
    ];
    let pointer = memory as u32;
    let Some(seen) = observe(&types, || {
        let fd = compat_syscall(102, [1, pointer, 0]);
        compat_syscall(102, [4, pointer, 0]);
        // semget with a count that is refused; a call that ipc does not have.
        compat_syscall(117, [2, 0, u32::MAX]);
        compat_syscall(117, [30, 0, 0]);
        raw_syscall!(libc::SYS_close, fd);
        fd
    }) else {
        return;
    };
    // SAFETY: exactly what mmap gave.
    unsafe { libc::munmap(memory, 4096) };
    assert!(seen.value >= 0, "{}", seen.value);
    seen.one(types[0]).assert(&[
        S64(seen.value),
        U32(2),
        U32(0x8_0002),
        U32(0),
        That(&|flags| flags.len() == 4),
    ]);
    // listen(2, 0x80002): descriptor 2 is no socket.
    seen.one(types[1])
        .assert(&[That(&|res| res[7] == 255), S64(2), U32(0x8_0002)]);
    let semget = seen.one(types[2]);
    semget.assert_from(1, &[U32(0), U32(u32::MAX), That(&|v| v.len() == 4)]);
    let ipc = Syscall::by_name("ipc").unwrap();
    let generic = seen.all_of(seen.tid, EventType::GENERIC_X);
    assert!(generic.iter().any(|e| e.params[0] == ipc.0.to_le_bytes()));
}
