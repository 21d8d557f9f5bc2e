//! One SECCOMP record.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{Action, Arch, table};

/// The type of these records (`AUDIT_SECCOMP` of linux/audit.h).
pub(super) const SECCOMP: u16 = 1326;

/// That a filter did something to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When, to the millisecond.
    pub time: SystemTime,
    /// Together with the time it tells records apart.
    pub serial: u64,
    /// The thread that made the call, in the initial pid namespace.
    pub pid: i32,
    /// Its user, in the initial user namespace.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// The user who logged in; `None` where nobody did.
    pub login_uid: Option<u32>,
    /// The audit session, which begins when a login user is set; `None` outside of any.
    pub session: Option<u32>,
    /// The name of the thread.
    pub comm: String,
    /// The program; empty where the kernel knows none.
    pub exe: String,
    /// The signal that it gets: 31 (SIGSYS) where it is killed, else 0.
    pub signal: i32,
    /// `AUDIT_ARCH_…`.
    pub audit_arch: u32,
    /// The call's number, the x32 bit included.
    pub number: u32,
    /// Whether a 32-bit entry was used.
    pub compat: bool,
    /// Where in the program it was made.
    pub ip: u64,
    /// What was done with it; the kernel leaves out the error number and other data, so these are
    /// 0.
    pub action: Action,
}

impl Record {
    /// Reads a record as the kernel sends it (`audit(TIME:SERIAL): auid=…`), as the kernel log has
    /// it, or as auditd writes it. `None` for anything else.
    pub fn parse(text: &str) -> Option<Record> {
        let text = match text.find("audit(") {
            // The kernel log and auditd put the type in front.
            Some(0) => text,
            Some(at) if is_seccomp(&text[..at]) => &text[at..],
            _ => return None,
        };
        let (stamp, fields) = text.strip_prefix("audit(")?.split_once("):")?;
        let (time, serial) = parse_stamp(stamp)?;
        // After this byte auditd says the same in words.
        let fields = fields.split('\x1d').next()?;
        let field = |name: &str| find(fields, name);
        let number = |name: &str| field(name)?.parse::<i64>().ok();
        let hex = |name: &str| {
            let text = field(name)?;
            u64::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).ok()
        };
        Some(Record {
            time,
            serial,
            pid: number("pid")? as i32,
            uid: number("uid")? as u32,
            gid: number("gid")? as u32,
            login_uid: Some(number("auid")? as u32).filter(|uid| *uid != u32::MAX),
            session: number("ses").map(|n| n as u32).filter(|n| *n != u32::MAX),
            comm: text_of(field("comm")?),
            exe: text_of(field("exe")?),
            signal: number("sig")? as i32,
            audit_arch: hex("arch")? as u32,
            number: number("syscall")? as u32,
            compat: number("compat")? != 0,
            ip: hex("ip")?,
            action: Action::from_ret(hex("code")? as u32),
        })
    }

    /// The ABI of the call; `None` for one that is in no profile.
    pub fn arch(&self) -> Option<Arch> {
        Arch::of_call(self.audit_arch, self.number)
    }

    /// The call; `None` for a number that the ABI has not.
    pub fn call(&self) -> Option<&'static table::Call> {
        table::by_number(self.arch()?, self.number)
    }
}

/// Whether what stands before a record says that it is one of ours.
fn is_seccomp(prefix: &str) -> bool {
    prefix.contains("type=1326 ") || prefix.contains("type=SECCOMP ")
}

/// When something was recorded, whatever it was; `None` for text that is no record.
pub(super) fn time_of(text: &str) -> Option<SystemTime> {
    let at = text.find("audit(")?;
    let (stamp, _) = text[at..].strip_prefix("audit(")?.split_once("):")?;
    Some(parse_stamp(stamp)?.0)
}

fn parse_stamp(stamp: &str) -> Option<(SystemTime, u64)> {
    let (time, serial) = stamp.split_once(':')?;
    let (seconds, millis) = time.split_once('.')?;
    let since = Duration::from_secs(seconds.parse().ok()?)
        .checked_add(Duration::from_millis(millis.parse().ok()?))?;
    Some((UNIX_EPOCH.checked_add(since)?, serial.parse().ok()?))
}

/// The value of a field. Quoted ones have neither spaces nor quotes inside: the kernel writes such
/// text in hexadecimal.
fn find<'a>(fields: &'a str, name: &str) -> Option<&'a str> {
    fields
        .split_ascii_whitespace()
        .find_map(|f| f.strip_prefix(name)?.strip_prefix('='))
}

/// Text that programs chose: quoted, in hexadecimal, or `(null)`.
fn text_of(value: &str) -> String {
    if let Some(quoted) = value.strip_prefix('"') {
        return quoted.strip_suffix('"').unwrap_or(quoted).to_owned();
    }
    if value == "(null)" || value == "?" {
        return String::new();
    }
    let (pairs, rest) = value.as_bytes().as_chunks::<2>();
    let digit = |b: u8| char::from(b).to_digit(16);
    let bytes: Option<Vec<u8>> = pairs
        .iter()
        .map(|[high, low]| Some((digit(*high)? << 4 | digit(*low)?) as u8))
        .collect();
    match bytes {
        Some(bytes) if rest.is_empty() => String::from_utf8_lossy(&bytes).into_owned(),
        _ => value.to_owned(),
    }
}
