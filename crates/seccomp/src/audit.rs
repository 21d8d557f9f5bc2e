//! What the kernel logs of refused calls: SECCOMP records (type 1326).
//!
//! [`Listener`] reads them from the audit system's multicast group, which needs no auditd, stands
//! beside one, and loses nothing as long as its buffer is emptied; where that may not be had, from
//! the kernel log, which lets 10 records through in 5 seconds and counts the rest. Either way what
//! was lost comes out as an [`Event`].
//!
//! A record has a process, a number and an action, and no arguments. Logged are kills and LOG
//! always, the other refusals where the filter was loaded with
//! [`Flags::LOG`](crate::load::Flags::LOG), and of these what [`logged_actions`] lists.
//!
//! Facts: the kernel's `audit_seccomp` (kernel/auditsc.c), `kauditd_send_multicast_skb`
//! (kernel/audit.c), `seccomp_log` (kernel/seccomp.c), and Documentation/ABI/testing/dev-kmsg.

mod listener;
mod record;
#[cfg(test)]
mod tests;

pub use listener::{Channel, Event, Listener, Lost, OpenError};
pub use record::Record;

use crate::Action;

/// The actions that the kernel logs (`/proc/sys/kernel/seccomp/actions_logged`), by their names in
/// profiles.
///
/// # Errors
/// The file cannot be read.
pub fn logged_actions() -> std::io::Result<Vec<&'static str>> {
    let text = std::fs::read_to_string("/proc/sys/kernel/seccomp/actions_logged")?;
    let known = [
        ("kill_process", Action::KillProcess),
        ("kill_thread", Action::KillThread),
        ("trap", Action::Trap(0)),
        ("errno", Action::Errno(0)),
        ("user_notif", Action::Notify),
        ("trace", Action::Trace(0)),
        ("log", Action::Log),
    ];
    let listed = |name: &str| text.split_whitespace().any(|word| word == name);
    let logged = known.iter().filter(|(name, _)| listed(name));
    Ok(logged.map(|(_, action)| action.name()).collect())
}
