use std::collections::HashSet;

use super::*;
use crate::bpf::Data;
use crate::policy::Policy;
use crate::target::{DEFAULT_CAPS, Runtime};

fn target(native: Arch, caps: &[&str], kernel: (u16, u16)) -> Target {
    Target {
        engine: Engine::None,
        runtime: Runtime::Runc,
        native,
        caps: caps.iter().map(|c| c.to_string()).collect(),
        kernel,
    }
}

fn names(rules: &[ProfileRule]) -> HashSet<&str> {
    let names = rules.iter().flat_map(|r| &r.names);
    names.map(|n| n.value.as_str()).collect()
}

#[test]
fn profiles_name_as_many_calls_as_the_engines_do() {
    let check = |which, rules: usize, plain: usize, distinct: usize| {
        let profile = profile(which);
        assert_eq!(profile.rules.len(), rules, "{which:?}");
        let largest = profile.rules.iter().map(|r| r.names.len()).max();
        assert_eq!(largest, Some(plain), "{which:?}");
        assert_eq!(names(&profile.rules).len(), distinct, "{which:?}");
    };
    check(RuntimeDefault::Docker, 33, 361, 426);
    check(RuntimeDefault::Containerd, 33, 363, 426);
    check(RuntimeDefault::ContainersCommon, 40, 374, 443);
}

#[test]
fn a_container_with_the_usual_capabilities_gets_as_many_as_there() {
    let check = |which, rules: usize, allowed: usize| {
        let target = target(Arch::X86_64, &DEFAULT_CAPS, (6, 1));
        let spec = runtime_default(which, &target);
        assert_eq!(spec.rules.len(), rules, "{which:?}");
        let permitted = spec.rules.iter().filter(|r| r.action.permits());
        let permitted: HashSet<&String> = permitted.flat_map(|r| &r.names).collect();
        assert_eq!(permitted.len(), allowed, "{which:?}");
        assert_eq!(spec.arches, [Arch::X86_64, Arch::X86, Arch::X32]);
    };
    check(RuntimeDefault::Docker, 15, 370);
    check(RuntimeDefault::ContainersCommon, 22, 379);
}

#[test]
fn capabilities_machines_and_kernels_decide_what_is_let_happen() {
    use RuntimeDefault::{Containerd, ContainersCommon, CriO, Docker};
    const OLD: (u16, u16) = (4, 7);
    const NEW: (u16, u16) = (6, 1);
    let check = |which, native, caps: &[&str], kernel, call: &str, a0: u64, expect| {
        let policy = Policy::new(&runtime_default(which, &target(native, caps, kernel)));
        let number = table::by_name(call).and_then(|c| c.number(native));
        let data = Data::new(native, number.expect(call), [a0, 0, 0, 0, 0, 0]);
        assert_eq!(
            policy.decide(&data).0,
            expect,
            "{which:?} {native} {caps:?} {kernel:?} {call}({a0:#x})"
        );
    };
    let x86 = Arch::X86_64;
    let eperm = Action::Errno(1);
    for which in [Docker, Containerd] {
        check(which, x86, &[], NEW, "read", 0, Action::Allow);
        check(which, x86, &[], NEW, "ptrace", 0, Action::Allow);
        check(which, x86, &[], OLD, "ptrace", 0, eperm);
        check(
            which,
            x86,
            &["CAP_SYS_PTRACE"],
            OLD,
            "ptrace",
            0,
            Action::Allow,
        );
        check(which, x86, &[], NEW, "mount", 0, eperm);
        check(which, x86, ADMIN, NEW, "mount", 0, Action::Allow);
        check(which, x86, &[], NEW, "clone", 0x11, Action::Allow);
        check(which, x86, &[], NEW, "clone", 0x1000_0011, eperm);
        check(which, x86, ADMIN, NEW, "clone", 0x1000_0011, Action::Allow);
        check(
            which,
            Arch::S390x,
            &[],
            NEW,
            "clone",
            0x1000_0011,
            Action::Allow,
        );
        check(which, x86, &[], NEW, "clone3", 0, Action::Errno(38));
        check(which, x86, ADMIN, NEW, "clone3", 0, Action::Allow);
        check(which, x86, &[], NEW, "socket", 38, eperm);
        check(which, x86, &[], NEW, "socket", 40, eperm);
        check(which, x86, &[], NEW, "socket", 39, Action::Allow);
        check(which, x86, &[], NEW, "io_uring_setup", 0, eperm);
        check(
            which,
            Arch::Riscv64,
            &[],
            NEW,
            "riscv_flush_icache",
            0,
            Action::Allow,
        );
    }
    check(Docker, x86, &[], NEW, "lsm_list_modules", 0, eperm);
    check(
        Containerd,
        x86,
        &[],
        NEW,
        "lsm_list_modules",
        0,
        Action::Allow,
    );
    check(ContainersCommon, x86, &[], NEW, "mount", 0, Action::Allow);
    check(ContainersCommon, x86, &[], NEW, "chroot", 0, eperm);
    let enosys = Action::Errno(38);
    check(ContainersCommon, x86, &[], NEW, "unshare", 0, Action::Allow);
    for (call, flags, plain) in [
        ("unshare", 0, enosys),
        ("clone3", 0, enosys),
        ("clone", 17, Action::Allow),
        ("clone", 0x1000_0011, enosys),
        ("mount", 0, Action::Allow),
    ] {
        check(CriO, x86, &[], NEW, call, flags, plain);
        check(CriO, x86, ADMIN, NEW, call, flags, Action::Allow);
    }
    check(
        ContainersCommon,
        x86,
        &[],
        NEW,
        "io_uring_setup",
        0,
        Action::Errno(38),
    );
    check(
        ContainersCommon,
        x86,
        AUDIT,
        NEW,
        "socket",
        16,
        Action::Allow,
    );
}
