//! The profiles that engines apply where none is named: RuntimeDefault.
//!
//! Which calls they name without a condition stands in `table/syscalls.tsv`; the groups with a
//! condition are here, in the engines' order. Sources: moby/profiles (2026-06-30), containerd's
//! `contrib/seccomp` (2026-08-22), container-libs' `pkg/seccomp` (2026-04-01), CRI-O's
//! `internal/config/seccomp`.

use lanner_diag::{FileId, TextRange};

use crate::policy::{Condition, Op, Spec};
use crate::profile::{ArchEntry, Filter, Format, Profile, ProfileArg, ProfileRule, Spanned};
use crate::target::{Engine, Target};
use crate::{Action, Arch, table};

/// Whose default profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuntimeDefault {
    /// Docker.
    Docker,
    /// containerd, and so Kubernetes with it. It makes the profile in code and has no file of it;
    /// [`profile`] says the same in Docker's form.
    Containerd,
    /// containers-common: Podman and Buildah.
    ContainersCommon,
    /// CRI-O: that of containers-common, but new namespaces need CAP_SYS_ADMIN.
    CriO,
}

/// The profile before it is resolved for a container, in the engine's own form.
pub fn profile(which: RuntimeDefault) -> Profile {
    let mark = which.mark();
    let marked = |mark: char| -> Vec<Spanned<String>> {
        let calls = table::calls().iter();
        let calls = calls.filter(|c| c.defaults.contains(mark));
        calls.map(|c| spanned(c.name.to_owned())).collect()
    };
    let mut rules = Vec::new();
    let common = matches!(
        which,
        RuntimeDefault::ContainersCommon | RuntimeDefault::CriO
    );
    if common {
        rules.push(plain(marked('e'), EPERM, true));
    }
    rules.push(plain(marked(mark), Action::Allow, false));
    rules.extend(
        GROUPS
            .iter()
            .filter(|g| g.of.contains(mark))
            .map(Group::rule),
    );
    if which == RuntimeDefault::CriO {
        for rule in &mut rules {
            rule.names.retain(|n| !NAMESPACES.contains(&&*n.value));
        }
        rules.extend(CRI_O.iter().map(Group::rule));
    }
    let errno = match which {
        RuntimeDefault::Docker => Some(1),
        RuntimeDefault::Containerd => None,
        RuntimeDefault::ContainersCommon | RuntimeDefault::CriO => Some(ENOSYS),
    };
    let natives = ARCH_MAP.iter().filter(|native| match native {
        Arch::Riscv64 | Arch::Loongarch64 => !common,
        _ => true,
    });
    Profile {
        file: FileId(0),
        span: TextRange::default(),
        format: Format::Engine,
        default_action: Some(spanned(Action::Errno(errno.unwrap_or(1)))),
        default_errno: errno.map(|e| spanned(u64::from(e))),
        architectures: None,
        arch_map: Some(spanned(natives.map(|a| arch_entry(*a)).collect())),
        flags: None,
        listener_path: None,
        listener_metadata: None,
        rules,
        errno_names: None,
        comments: Vec::new(),
    }
}

/// The profile that a container gets on a target. The target's engine does not count: each
/// profile is resolved by its own.
pub fn runtime_default(which: RuntimeDefault, target: &Target) -> Spec {
    let engine = match which {
        RuntimeDefault::Docker | RuntimeDefault::Containerd => Engine::Docker,
        RuntimeDefault::ContainersCommon | RuntimeDefault::CriO => Engine::ContainersCommon,
    };
    let target = Target {
        engine,
        ..target.clone()
    };
    let profile = profile(which);
    let action = profile.default_action.as_ref().map_or(EPERM, |a| a.value);
    target.resolve(&profile, action).spec
}

impl RuntimeDefault {
    /// The letter in the table of calls.
    fn mark(self) -> char {
        match self {
            RuntimeDefault::Docker => 'd',
            RuntimeDefault::Containerd => 'k',
            RuntimeDefault::ContainersCommon | RuntimeDefault::CriO => 'p',
        }
    }
}

const EPERM: Action = Action::Errno(1);
const ENOSYS: u16 = 38;

/// The machines for which other ABIs are listed, or at least the own one is.
const ARCH_MAP: [Arch; 9] = [
    Arch::X86_64,
    Arch::Aarch64,
    Arch::Mips64,
    Arch::Mips64n32,
    Arch::Mipsel64,
    Arch::Mipsel64n32,
    Arch::S390x,
    Arch::Riscv64,
    Arch::Loongarch64,
];

/// What CRI-O takes out of the rules of containers-common…
const NAMESPACES: [&str; 3] = ["clone", "clone3", "unshare"];

/// …and what it adds.
#[rustfmt::skip]
const CRI_O: [Group; 3] = [
    allow("", &NAMESPACES).with(ADMIN),
    allow("", &["clone"]).args(&[when(0, Op::MaskedEq(CLONE_NEW), 0)]).without(ADMIN).not_on(S390),
    allow("", &["clone"]).args(&[when(1, Op::MaskedEq(CLONE_NEW), 0)]).without(ADMIN).on(S390),
];

/// A rule that not every container gets, or that has conditions.
struct Group {
    /// Marks of the profiles that have it.
    of: &'static str,
    names: &'static [&'static str],
    action: Action,
    args: &'static [Condition],
    /// Kept only with all these capabilities…
    caps: &'static [&'static str],
    /// …with none of these…
    without: &'static [&'static str],
    /// …on one of these machines, as Go names them, if any is named…
    arches: &'static [&'static str],
    /// …on none of these…
    not_on: &'static [&'static str],
    /// …and from this kernel on.
    kernel: Option<(u16, u16)>,
}

const fn allow(of: &'static str, names: &'static [&'static str]) -> Group {
    Group {
        of,
        names,
        action: Action::Allow,
        args: &[],
        caps: &[],
        without: &[],
        arches: &[],
        not_on: &[],
        kernel: None,
    }
}

const fn refuse(of: &'static str, names: &'static [&'static str], errno: u16) -> Group {
    Group {
        action: Action::Errno(errno),
        ..allow(of, names)
    }
}

const fn when(arg: u8, op: Op, value: u64) -> Condition {
    Condition { arg, op, value }
}

impl Group {
    const fn args(self, args: &'static [Condition]) -> Group {
        Group { args, ..self }
    }

    const fn with(self, caps: &'static [&'static str]) -> Group {
        Group { caps, ..self }
    }

    const fn without(self, without: &'static [&'static str]) -> Group {
        Group { without, ..self }
    }

    const fn on(self, arches: &'static [&'static str]) -> Group {
        Group { arches, ..self }
    }

    const fn not_on(self, not_on: &'static [&'static str]) -> Group {
        Group { not_on, ..self }
    }

    const fn since(self, major: u16, minor: u16) -> Group {
        Group {
            kernel: Some((major, minor)),
            ..self
        }
    }

    fn rule(&self) -> ProfileRule {
        let texts = |list: &[&str]| list.iter().map(|t| spanned((*t).to_owned())).collect();
        let filter = |caps: &[&str], arches: &[&str], kernel: Option<(u16, u16)>| {
            let filter = Filter {
                caps: texts(caps),
                arches: texts(arches),
                min_kernel: kernel.map(spanned),
            };
            (filter != Filter::default()).then(|| spanned(filter))
        };
        let names = texts(self.names);
        let mut rule = plain(names, self.action, matches!(self.action, Action::Errno(_)));
        rule.args = self.args.iter().map(|c| arg(*c)).collect();
        rule.includes = filter(self.caps, self.arches, self.kernel);
        rule.excludes = filter(self.without, self.not_on, None);
        rule
    }
}

fn spanned<T>(value: T) -> Spanned<T> {
    Spanned {
        value,
        span: TextRange::default(),
    }
}

fn plain(names: Vec<Spanned<String>>, action: Action, errno: bool) -> ProfileRule {
    let number = match action {
        Action::Errno(n) if errno => Some(spanned(u64::from(n))),
        _ => None,
    };
    ProfileRule {
        span: TextRange::default(),
        names,
        legacy_name: None,
        action: Some(spanned(action)),
        errno: number,
        args: Vec::new(),
        includes: None,
        excludes: None,
    }
}

fn arg(condition: Condition) -> ProfileArg {
    ProfileArg {
        span: TextRange::default(),
        condition,
        index: TextRange::default(),
        value: TextRange::default(),
        value_two: None,
    }
}

fn arch_entry(native: Arch) -> ArchEntry {
    ArchEntry {
        arch: spanned(native),
        sub: native.sub_arches().iter().map(|a| spanned(*a)).collect(),
    }
}

/// `CLONE_NEWNS`, `NEWUTS`, `NEWIPC`, `NEWUSER`, `NEWPID`, `NEWNET` and `NEWCGROUP` (linux/sched.h).
pub(crate) const CLONE_NEW: u64 = 0x7e02_0000;

const ADMIN: &[&str] = &["CAP_SYS_ADMIN"];
const PTRACE: &[&str] = &["CAP_SYS_PTRACE"];
const MODULE: &[&str] = &["CAP_SYS_MODULE"];
const TIME: &[&str] = &["CAP_SYS_TIME"];
const AUDIT: &[&str] = &["CAP_AUDIT_WRITE"];
const S390: &[&str] = &["s390", "s390x"];

const AF_NETLINK: u64 = 16;
const AF_ALG: u64 = 38;
const AF_VSOCK: u64 = 40;
const NETLINK_AUDIT: u64 = 9;
const EINVAL: u16 = 22;

#[rustfmt::skip]
const GROUPS: &[Group] = &[
    allow("dk", &["process_vm_readv", "process_vm_writev", "ptrace"]).since(4, 8),
    allow("dk", &["socket"]).args(&[when(0, Op::Lt, AF_ALG)]),
    allow("dk", &["socket"]).args(&[when(0, Op::Eq, AF_ALG + 1)]),
    allow("dk", &["socket"]).args(&[when(0, Op::Gt, AF_VSOCK)]),
    // PER_LINUX, PER_LINUX32, both with UNAME26, and the question what it is.
    allow("dkp", &["personality"]).args(&[when(0, Op::Eq, 0)]),
    allow("dkp", &["personality"]).args(&[when(0, Op::Eq, 0x8)]),
    allow("dkp", &["personality"]).args(&[when(0, Op::Eq, 0x20000)]),
    allow("dkp", &["personality"]).args(&[when(0, Op::Eq, 0x20008)]),
    allow("dkp", &["personality"]).args(&[when(0, Op::Eq, 0xffff_ffff)]),
    allow("dkp", &["sync_file_range2", "swapcontext"]).on(&["ppc64le"]),
    allow("dkp", &["arm_fadvise64_64", "arm_sync_file_range", "sync_file_range2", "breakpoint",
        "cacheflush", "set_tls"]).on(&["arm", "arm64"]),
    allow("dkp", &["arch_prctl"]).on(&["amd64", "x32"]),
    allow("dkp", &["modify_ldt"]).on(&["amd64", "x32", "x86"]),
    allow("dkp", &["s390_pci_mmio_read", "s390_pci_mmio_write", "s390_runtime_instr"]).on(S390),
    allow("dp", &["riscv_flush_icache"]).on(&["riscv64"]),
    allow("k", &["riscv_flush_icache", "riscv_hwprobe"]).on(&["riscv64"]),
    allow("dkp", &["open_by_handle_at"]).with(&["CAP_DAC_READ_SEARCH"]),
    refuse("p", &["open_by_handle_at"], 1).without(&["CAP_DAC_READ_SEARCH"]),
    allow("d", &["bpf", "clone", "clone3", "fanotify_init", "fsconfig", "fsmount", "fsopen",
        "fspick", "lookup_dcookie", "lsm_get_self_attr", "lsm_list_modules", "lsm_set_self_attr",
        "mount", "mount_setattr", "move_mount", "open_tree", "perf_event_open", "quotactl",
        "quotactl_fd", "setdomainname", "sethostname", "setns", "syslog", "umount", "umount2",
        "unshare"]).with(ADMIN),
    allow("k", &["bpf", "clone", "clone3", "fanotify_init", "fsconfig", "fsmount", "fsopen",
        "fspick", "lookup_dcookie", "mount", "mount_setattr", "move_mount", "open_tree",
        "perf_event_open", "quotactl", "quotactl_fd", "setdomainname", "sethostname", "setns",
        "syslog", "umount", "umount2", "unshare"]).with(ADMIN),
    allow("p", &["bpf", "lookup_dcookie", "perf_event_open", "quotactl", "quotactl_fd",
        "setdomainname", "sethostname", "setns"]).with(ADMIN),
    refuse("p", &["lookup_dcookie", "quotactl", "quotactl_fd", "setdomainname", "sethostname",
        "setns"], 1).without(ADMIN),
    // On s390 the flags are the second argument.
    allow("dk", &["clone"]).args(&[when(0, Op::MaskedEq(CLONE_NEW), 0)]).without(ADMIN).not_on(S390),
    allow("dk", &["clone"]).args(&[when(1, Op::MaskedEq(CLONE_NEW), 0)]).without(ADMIN).on(S390),
    // Its flags are in memory; for ENOSYS the C library uses clone.
    refuse("dk", &["clone3"], ENOSYS).without(ADMIN),
    allow("dk", &["reboot"]).with(&["CAP_SYS_BOOT"]),
    allow("dkp", &["chroot"]).with(&["CAP_SYS_CHROOT"]),
    refuse("p", &["chroot"], 1).without(&["CAP_SYS_CHROOT"]),
    allow("dk", &["delete_module", "init_module", "finit_module"]).with(MODULE),
    allow("p", &["delete_module", "finit_module", "init_module", "query_module"]).with(MODULE),
    refuse("p", &["delete_module", "finit_module", "init_module", "query_module"], 1)
        .without(MODULE),
    allow("dkp", &["acct"]).with(&["CAP_SYS_PACCT"]),
    refuse("p", &["acct"], 1).without(&["CAP_SYS_PACCT"]),
    allow("dk", &["kcmp", "pidfd_getfd", "process_madvise", "process_vm_readv",
        "process_vm_writev", "ptrace"]).with(PTRACE),
    allow("p", &["kcmp", "process_madvise"]).with(PTRACE),
    refuse("p", &["kcmp", "process_madvise"], 1).without(PTRACE),
    allow("dkp", &["iopl", "ioperm"]).with(&["CAP_SYS_RAWIO"]),
    refuse("p", &["iopl", "ioperm"], 1).without(&["CAP_SYS_RAWIO"]),
    allow("dkp", &["settimeofday", "stime", "clock_settime", "clock_settime64"]).with(TIME),
    refuse("p", &["settimeofday", "stime", "clock_settime", "clock_settime64"], 1).without(TIME),
    allow("dkp", &["vhangup"]).with(&["CAP_SYS_TTY_CONFIG"]),
    refuse("p", &["vhangup"], 1).without(&["CAP_SYS_TTY_CONFIG"]),
    allow("dk", &["get_mempolicy", "mbind", "set_mempolicy", "set_mempolicy_home_node"])
        .with(&["CAP_SYS_NICE"]),
    allow("dk", &["syslog"]).with(&["CAP_SYSLOG"]),
    refuse("p", &["socket"], 1).args(&[when(0, Op::Eq, AF_VSOCK)]),
    refuse("p", &["socket"], EINVAL)
        .args(&[when(0, Op::Eq, AF_NETLINK), when(2, Op::Eq, NETLINK_AUDIT)]).without(AUDIT),
    allow("p", &["socket"])
        .args(&[when(0, Op::Eq, AF_NETLINK), when(2, Op::Ne, NETLINK_AUDIT)]).without(AUDIT),
    allow("p", &["socket"]).args(&[when(0, Op::Ne, AF_NETLINK)]).without(AUDIT),
    allow("p", &["socket"]).args(&[when(0, Op::Ne, AF_VSOCK)]).with(AUDIT),
    refuse("p", &["bpf"], 1).without(&["CAP_SYS_ADMIN", "CAP_BPF"]),
    allow("dkp", &["bpf"]).with(&["CAP_BPF"]),
    refuse("p", &["perf_event_open"], 1).without(&["CAP_SYS_ADMIN", "CAP_PERFMON"]),
    allow("dkp", &["perf_event_open"]).with(&["CAP_PERFMON"]),
];

#[cfg(test)]
mod tests;
