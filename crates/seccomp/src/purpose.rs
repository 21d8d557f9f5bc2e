//! What calls are for, and which of them give the kernel away.

use std::sync::LazyLock;

use hashbrown::HashMap;

/// Calls that serve one purpose.
#[derive(Debug)]
pub struct Purpose {
    /// A word for it.
    pub name: &'static str,
    /// What that stands for.
    pub what: &'static str,
    /// Their names.
    pub calls: Vec<&'static str>,
}

struct Table {
    purposes: Vec<Purpose>,
    by_call: HashMap<&'static str, usize>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table {
        purposes: Vec::new(),
        by_call: HashMap::new(),
    };
    let text = include_str!("../table/purposes.tsv");
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        let mut cells = line.split('\t');
        if let (Some(name), Some(what), Some(calls)) = (cells.next(), cells.next(), cells.next()) {
            let calls: Vec<&str> = calls.split(' ').collect();
            let index = table.purposes.len();
            table.by_call.extend(calls.iter().map(|c| (*c, index)));
            table.purposes.push(Purpose { name, what, calls });
        }
    }
    table
});

/// All purposes, everyday ones first. Every call is in one.
pub fn all() -> &'static [Purpose] {
    &TABLE.purposes
}

/// The purpose of a call.
pub fn of(call: &str) -> Option<&'static Purpose> {
    TABLE.by_call.get(call).map(|i| &TABLE.purposes[*i])
}

/// Calls that give away more of the kernel than most programs need: what they are good for, and
/// capabilities without any of which the kernel refuses what makes them so, if there are.
#[rustfmt::skip]
pub const DANGEROUS: [(&str, &str, &[&str]); 39] = [
    ("bpf", "loads programs into the kernel", &["CAP_BPF", "CAP_SYS_ADMIN"]),
    ("ptrace", "reads and changes other processes", &[]),
    ("process_vm_readv", "reads other processes", &[]),
    ("process_vm_writev", "changes other processes", &[]),
    ("pidfd_getfd", "takes open files of other processes", &[]),
    ("kcmp", "compares what other processes have open", &[]),
    ("kexec_load", "replaces the kernel", &["CAP_SYS_BOOT"]),
    ("kexec_file_load", "replaces the kernel", &["CAP_SYS_BOOT"]),
    ("reboot", "stops the machine", &["CAP_SYS_BOOT"]),
    ("init_module", "loads code into the kernel", &["CAP_SYS_MODULE"]),
    ("finit_module", "loads code into the kernel", &["CAP_SYS_MODULE"]),
    ("delete_module", "unloads code from the kernel", &["CAP_SYS_MODULE"]),
    ("mount", "changes what is where", &["CAP_SYS_ADMIN"]),
    ("umount2", "changes what is where", &["CAP_SYS_ADMIN"]),
    ("move_mount", "changes what is where", &["CAP_SYS_ADMIN"]),
    ("fsopen", "makes file systems of the kernel", &["CAP_SYS_ADMIN"]),
    ("fsconfig", "sets up file systems of the kernel", &["CAP_SYS_ADMIN"]),
    ("fsmount", "changes what is where", &["CAP_SYS_ADMIN"]),
    ("open_tree", "takes mounts along", &["CAP_SYS_ADMIN"]),
    ("mount_setattr", "changes what mounts allow", &["CAP_SYS_ADMIN"]),
    ("pivot_root", "changes what is where", &["CAP_SYS_ADMIN"]),
    ("unshare", "makes namespaces, and with them new capabilities", &[]),
    ("setns", "enters the namespaces of others", &["CAP_SYS_ADMIN"]),
    ("userfaultfd", "stops the kernel in the middle of a copy", &[]),
    ("perf_event_open", "observes other processes and the kernel", &[]),
    ("io_uring_setup", "makes calls that do not pass the filter", &[]),
    ("keyctl", "uses keys that are not kept apart by containers", &[]),
    ("add_key", "uses keys that are not kept apart by containers", &[]),
    ("request_key", "uses keys that are not kept apart by containers", &[]),
    ("open_by_handle_at", "opens files that no path leads to", &["CAP_DAC_READ_SEARCH"]),
    ("iopl", "talks to devices directly", &["CAP_SYS_RAWIO"]),
    ("ioperm", "talks to devices directly", &["CAP_SYS_RAWIO"]),
    ("swapon", "changes what memory is written to", &["CAP_SYS_ADMIN"]),
    ("swapoff", "changes what memory is written to", &["CAP_SYS_ADMIN"]),
    ("acct", "writes what every process does to a file", &["CAP_SYS_PACCT"]),
    ("settimeofday", "sets the clock of the machine", &["CAP_SYS_TIME"]),
    ("clock_settime", "sets the clock of the machine", &["CAP_SYS_TIME"]),
    ("quotactl", "changes quotas of file systems", &["CAP_SYS_ADMIN"]),
    ("vm86", "runs code in a mode that few have tested", &[]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table;

    #[test]
    fn every_call_has_one_purpose() {
        let listed: usize = all().iter().map(|p| p.calls.len()).sum();
        assert_eq!(listed, table::calls().len());
        for call in table::calls() {
            assert!(of(call.name).is_some(), "{}", call.name);
        }
    }

    #[test]
    fn dangerous_calls_and_capabilities_exist() {
        for (call, _, caps) in DANGEROUS {
            assert!(table::by_name(call).is_some(), "{call}");
            for cap in caps {
                assert!(crate::target::CAPS.contains(cap), "{cap}");
            }
        }
    }
}
