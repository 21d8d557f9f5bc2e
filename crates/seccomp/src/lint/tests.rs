use lanner_diag::Files;

use super::*;
use crate::document;
use crate::profile;
use crate::target::{Engine, Runtime};

fn target(engine: Engine) -> Target {
    Target {
        engine,
        runtime: Runtime::Runc,
        native: Arch::X86_64,
        caps: Vec::new(),
        kernel: (6, 18),
    }
}

/// The faults of a profile in OCI form, as `line:column code message`.
fn faults(text: &str, engine: Engine, context: &Context) -> Vec<String> {
    let mut files = Files::new();
    let document = document::read(&mut files, "p.json", text.as_bytes()).expect("reads");
    let (profile, form) = profile::read(&document);
    assert_eq!(form, [], "{text}");
    let found = lint(&profile, &target(engine), context);
    found
        .iter()
        .map(|d| {
            let at = files.line_column(d.span().expect("a place"));
            format!("{}:{} {} {}", at.line, at.column, d.code, d.message)
        })
        .collect()
}

/// Asserts that a profile has this fault, and that it has no fault of the code without `cause`.
fn check(default: &str, rules: &str, expect: &str) {
    let text = format!("{{\"defaultAction\": \"{default}\", \"syscalls\": [\n{rules}]}}");
    let found = faults(&text, Engine::None, &Context::default());
    assert!(
        found.iter().any(|f| f == expect),
        "{expect}\nnot in {found:#?}"
    );
}

fn check_silent(default: &str, rules: &str, code: &str) {
    let text = format!("{{\"defaultAction\": \"{default}\", \"syscalls\": [\n{rules}]}}");
    let found = faults(&text, Engine::None, &Context::default());
    let code = format!(" {code} ");
    assert!(!found.iter().any(|f| f.contains(&code)), "{found:#?}");
}

const ERRNO: &str = "SCMP_ACT_ERRNO";
const ALLOW: &str = "SCMP_ACT_ALLOW";

fn rule(names: &str, action: &str, args: &str) -> String {
    format!(r#"{{"names": [{names}], "action": "{action}", "args": [{args}]}}"#)
}

fn arg(index: u8, value: u64, op: &str) -> String {
    format!(r#"{{"index": {index}, "value": {value}, "op": "SCMP_CMP_{op}"}}"#)
}

#[test]
fn names_that_no_abi_or_no_listed_one_has() {
    check(
        ERRNO,
        &rule(r#""raed""#, ALLOW, ""),
        "2:12 unknown-syscall `raed` is no system call; runtimes pass over it",
    );
    check(
        ERRNO,
        &rule(r#""mmap2""#, ALLOW, ""),
        "2:12 not-on-arch mmap2 does not exist on X86_64",
    );
    check(
        ERRNO,
        &rule(r#""read", "read""#, ALLOW, ""),
        "2:20 duplicate-syscall `read` is in this rule twice",
    );
    check(
        ERRNO,
        &rule("", ALLOW, ""),
        "2:1 empty-names the rule names no call",
    );
    check_silent(
        ERRNO,
        &rule(r#""read", "openat2""#, ALLOW, ""),
        "unknown-syscall",
    );
}

#[test]
fn rules_that_decide_nothing() {
    check(
        ERRNO,
        &rule(r#""read""#, ERRNO, ""),
        "2:31 equals-default the rule does what the default does: SCMP_ACT_ERRNO(1)",
    );
    let both = format!(
        "{},\n{}",
        rule(r#""setns""#, ALLOW, ""),
        rule(r#""setns""#, "SCMP_ACT_LOG", "")
    );
    check(
        ERRNO,
        &both,
        "3:12 dead-rule this never decides: another rule has SCMP_ACT_ALLOW for `setns` whatever its arguments",
    );
    let absorbed = format!(
        "{},\n{}",
        rule(r#""umask""#, "SCMP_ACT_LOG", &arg(0, 1, "EQ")),
        rule(r#""umask""#, ALLOW, "")
    );
    check(
        ERRNO,
        &absorbed,
        "2:12 dead-rule this never decides: another rule has SCMP_ACT_ALLOW for `umask` whatever its arguments",
    );
}

#[test]
fn rules_that_contradict_each_other() {
    let both = |a: &str, b: &str| {
        format!(
            "{},\n{}",
            rule(r#""umask""#, ALLOW, a),
            rule(r#""umask""#, "SCMP_ACT_LOG", b)
        )
    };
    check(
        ERRNO,
        &both(&arg(0, 5, "LE"), &arg(0, 3, "EQ")),
        "3:12 overlap `umask` is both SCMP_ACT_ALLOW and SCMP_ACT_LOG when argument 0 = 0x3",
    );
    check_silent(ERRNO, &both(&arg(0, 5, "LE"), &arg(0, 6, "EQ")), "overlap");
}

#[test]
fn conditions_that_do_not_mean_what_they_say() {
    let two = format!("{}, {}", arg(0, 38, "NE"), arg(0, 40, "NE"));
    check(
        ERRNO,
        &rule(r#""socket""#, ALLOW, &two),
        "2:118 repeated-index two conditions on one argument are joined by *or*: together they always hold",
    );
    check(
        ERRNO,
        &rule(
            r#""clone""#,
            ALLOW,
            r#"{"index": 0, "value": 0, "valueTwo": 2114060288, "op": "SCMP_CMP_MASKED_EQ"}"#,
        ),
        "2:81 mask-zero the mask is 0, so the condition always holds",
    );
    check(
        ERRNO,
        &rule(
            r#""clone""#,
            ALLOW,
            r#"{"index": 0, "value": 1, "valueTwo": 6, "op": "SCMP_CMP_MASKED_EQ"}"#,
        ),
        "2:96 mask-swapped `valueTwo` 0x6 has bits that the mask `value` 0x1 does not have: are the two swapped?",
    );
    check(
        ERRNO,
        &rule(
            r#""clone""#,
            ALLOW,
            r#"{"index": 0, "value": 1, "valueTwo": 6, "op": "SCMP_CMP_EQ"}"#,
        ),
        "2:96 unused-value `valueTwo` counts for SCMP_CMP_MASKED_EQ only",
    );
    check(
        ERRNO,
        &rule(r#""openat""#, ALLOW, &arg(1, 4096, "EQ")),
        "2:60 pointer-compared argument 1 of `openat` (`filename`) is an address: a filter cannot see what is there",
    );
    check(
        ERRNO,
        &rule(r#""close""#, ALLOW, &arg(3, 1, "EQ")),
        "2:59 pointer-compared `close` takes 1 arguments; there is nothing to compare",
    );
}

#[test]
fn comparisons_wider_than_the_argument() {
    let expect = "2:12 narrowed-argument the filter compares 64 bits of `family`, the kernel takes 32: \
                  socket(family = 0x100000028) is SCMP_ACT_ALLOW and does what 0x28 would, which is refused";
    check(
        ERRNO,
        &rule(r#""socket""#, ALLOW, &arg(0, 40, "NE")),
        expect,
    );
    check(
        ALLOW,
        &rule(r#""socket""#, ERRNO, &arg(0, 40, "EQ")),
        expect,
    );
    // Equality that permits is safe: other registers are refused.
    check_silent(
        ERRNO,
        &rule(r#""socket""#, ALLOW, &arg(0, 40, "EQ")),
        "narrowed-argument",
    );
    // The kernel takes all of it.
    check_silent(
        ERRNO,
        &rule(r#""mmap""#, ALLOW, &arg(1, 40, "NE")),
        "narrowed-argument",
    );
    let masked = r#"{"index": 0, "value": 4294967295, "valueTwo": 40, "op": "SCMP_CMP_MASKED_EQ"}"#;
    check_silent(
        ALLOW,
        &rule(r#""socket""#, ERRNO, masked),
        "narrowed-argument",
    );
}

#[test]
fn what_a_list_of_flags_leaves_out() {
    let found = |default: &str, flags: &str| {
        let text = format!(
            "{{\"defaultAction\": \"{default}\", {flags}\"syscalls\": [{}]}}",
            rule(r#""read", "exit_group""#, ALLOW, "")
        );
        let mut found = faults(&text, Engine::None, &Context::default());
        found.retain(|f| f.contains(" empty-flags ") || f.contains(" unlogged "));
        found
    };
    let empty = "1:46 empty-flags an empty list of flags takes SECCOMP_FILTER_FLAG_SPEC_ALLOW away";
    assert_eq!(found(ERRNO, "\"flags\": [], "), [empty]);
    let unlogged = "1:46 unlogged nothing that the profile refuses is logged: \
                    SECCOMP_FILTER_FLAG_LOG is not listed";
    let some = "\"flags\": [\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\"], ";
    assert_eq!(found(ERRNO, some), [unlogged]);
    // Kills are logged in any case, and what logs refuses nothing.
    for default in ["SCMP_ACT_KILL_PROCESS", "SCMP_ACT_LOG", ALLOW] {
        assert_eq!(found(default, some), [""; 0], "{default}");
    }
    assert_eq!(
        found(ERRNO, "\"flags\": [\"SECCOMP_FILTER_FLAG_LOG\"], "),
        [""; 0]
    );
    assert_eq!(found(ERRNO, ""), [""; 0]);
}

#[test]
fn conditions_that_another_call_does_not_have() {
    let filtered = rule(r#""socket""#, ALLOW, &arg(0, 1, "EQ"));
    let write = rule(r#""accept4""#, ALLOW, &arg(3, 0, "EQ"));
    let round = "2:12 way-round `accept4` has conditions, accept does the same without";
    check(
        ERRNO,
        &format!("{write},\n{}", rule(r#""accept""#, ALLOW, "")),
        round,
    );
    // Neither where the other has conditions too, nor where it is refused.
    let both = format!("{write},\n{}", rule(r#""accept""#, ALLOW, &arg(1, 0, "EQ")));
    check_silent(ERRNO, &both, "way-round");
    check_silent(ERRNO, &write, "way-round");
    check_silent(ERRNO, &filtered, "way-round");
}

#[test]
fn architectures_that_the_machine_does_not_run() {
    let found = |arches: &str| {
        let text = format!(
            "{{\"defaultAction\": \"{ERRNO}\", \"architectures\": [{arches}], \"syscalls\": [{}]}}",
            rule(r#""read""#, ALLOW, "")
        );
        let mut found = faults(&text, Engine::None, &Context::default());
        found.retain(|f| f.contains(" foreign-arch "));
        found
    };
    assert_eq!(
        found(r#""SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64""#),
        [
            "1:75 foreign-arch a machine of X86_64 runs no program of AARCH64: listing it only \
             makes the filter longer"
        ]
    );
    let own = r#""SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32""#;
    assert_eq!(found(own), [""; 0]);
}

#[test]
fn an_error_number_that_keeps_programs_from_falling_back() {
    let rules = rule(r#""read""#, ALLOW, "");
    let expect = "1:19 eperm-default calls newer than the profile get EPERM: programs fall back on \
                  an older call for ENOSYS only";
    let found = |default: &str, runtime| {
        let text = format!("{{\"defaultAction\": {default}, \"syscalls\": [{rules}]}}");
        let mut files = Files::new();
        let document = document::read(&mut files, "p.json", text.as_bytes()).expect("reads");
        let (profile, _) = profile::read(&document);
        let target = Target {
            runtime,
            ..target(Engine::None)
        };
        let found = lint(&profile, &target, &Context::default());
        let found = found
            .iter()
            .filter(|f| f.code == "eperm-default")
            .map(|fault| {
                let at = files.line_column(fault.span().expect("a place"));
                format!("{}:{} {} {}", at.line, at.column, fault.code, fault.message)
            });
        found.collect::<Vec<_>>()
    };
    let errno = "\"SCMP_ACT_ERRNO\"";
    assert_eq!(found(errno, Runtime::Crun), [expect]);
    // runc answers ENOSYS for those itself; so does a default that says so.
    assert_eq!(found(errno, Runtime::Runc), [""; 0]);
    let enosys = "\"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 38";
    assert_eq!(found(enosys, Runtime::Crun), [""; 0]);
    assert_eq!(found("\"SCMP_ACT_LOG\"", Runtime::Crun), [""; 0]);
}

#[test]
fn a_tracer_that_is_to_decide() {
    check(
        ERRNO,
        &rule(r#""read""#, "SCMP_ACT_TRACE", ""),
        "2:31 trace-decides SCMP_ACT_TRACE asks a tracer; without one the call fails with ENOSYS",
    );
    check_silent(
        ERRNO,
        &rule(r#""read""#, "SCMP_ACT_LOG", ""),
        "trace-decides",
    );
}

#[test]
fn calls_that_are_left_open() {
    check(
        ALLOW,
        &rule(r#""chmod", "fchmodat""#, ERRNO, ""),
        "2:12 way-round `chmod` is refused, fchmodat2 does the same and is not",
    );
    check_silent(
        ALLOW,
        &rule(r#""chmod", "fchmodat", "fchmodat2""#, ERRNO, ""),
        "way-round",
    );
    check(
        ERRNO,
        &rule(
            r#""io_uring_setup", "io_uring_enter", "openat", "openat2""#,
            ALLOW,
            "",
        ),
        "2:12 io-uring io_uring is permitted: what is submitted to it does not pass the filter, socket, connect, sendmsg, unlinkat and 1 more among it",
    );
    check(
        ERRNO,
        &rule(r#""ptrace""#, ALLOW, ""),
        "2:12 dangerous `ptrace` is permitted: it reads and changes other processes",
    );
    let masked = r#"{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}"#;
    let both = format!(
        "{},\n{}",
        rule(r#""clone""#, ALLOW, masked),
        rule(r#""clone3""#, ALLOW, "")
    );
    check(
        ERRNO,
        &both,
        "3:12 clone3 the flags of `clone` are filtered and `clone3` is permitted: its flags are in memory, so it makes the same namespaces",
    );
    check(
        ERRNO,
        &format!(
            "{},\n{}",
            rule(r#""clone""#, ALLOW, masked),
            rule(r#""mseal""#, ALLOW, "")
        ),
        "2:12 clone3 `clone3` gives SCMP_ACT_ERRNO(1): the C library falls back to `clone` for ENOSYS (38) only, so threads cannot start",
    );
}

#[test]
fn defaults_that_hurt() {
    check(
        "SCMP_ACT_KILL",
        "",
        "1:19 kill-thread the default kills one thread and leaves the others: a program in Go, the runtime's own start among them, then hangs instead of ending",
    );
    check(
        ERRNO,
        "",
        "1:19 program-needs no program can start: every call that it begins with is refused",
    );
    check(
        ERRNO,
        &rule(r#""exit", "exit_group", "restart_syscall""#, ALLOW, ""),
        "1:19 missing-exit `rt_sigreturn` is refused: programs crash where they should end, return from a signal or go on after a stop",
    );
    check(
        ERRNO,
        &rule(r#""pipe2", "read""#, ALLOW, ""),
        "2:12 enosys-step `pipe2` (293) is the highest call named: runc answers ENOSYS for those above it, and unlisted ones below get SCMP_ACT_ERRNO(1)",
    );
    check(
        "SCMP_ACT_NOTIFY",
        "",
        "1:19 notify-default SCMP_ACT_NOTIFY cannot be the default action",
    );
    check(
        ALLOW,
        &rule(r#""write""#, "SCMP_ACT_NOTIFY", ""),
        "2:12 notify-write runc refuses notification of `write`",
    );
    check(
        ALLOW,
        &rule(r#""read""#, "SCMP_ACT_NOTIFY", ""),
        "2:31 no-listener SCMP_ACT_NOTIFY needs `listenerPath`",
    );
}

#[test]
fn numbers_and_keys_without_effect() {
    let check = |text: &str, engine, expect: &str| {
        let found = faults(text, engine, &Context::default());
        assert!(
            found.iter().any(|f| f == expect),
            "{expect}\nnot in {found:#?}"
        );
    };
    check(
        r#"{"defaultAction": "SCMP_ACT_KILL_PROCESS", "defaultErrnoRet": 1}"#,
        Engine::None,
        "1:63 errno-ignored SCMP_ACT_KILL_PROCESS takes no error number: runc passes over it, crun refuses the profile",
    );
    check(
        r#"{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 4096}"#,
        Engine::None,
        "1:56 errno-range error number 4096 does not exist: the kernel makes 4095 of it",
    );
    let gated = r#"{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}}]}"#;
    check(
        gated,
        Engine::None,
        "1:111 engine-key `includes` is passed over here: the rule for `mount` always applies",
    );
    let found = faults(gated, Engine::Docker, &Context::default());
    assert!(
        !found.iter().any(|f| f.contains("engine-key")),
        "{found:#?}"
    );
    check(
        r#"{"defaultAction": "SCMP_ACT_ERRNO", "flags": ["SECCOMP_FILTER_FLAG_LOGS"]}"#,
        Engine::None,
        "1:47 unknown-flag `SECCOMP_FILTER_FLAG_LOGS` is no flag that a profile may have",
    );
    check(
        "// profiles/audit.json\n{\"defaultAction\": \"SCMP_ACT_LOG\"}",
        Engine::None,
        "1:1 json-comment runtimes refuse JSON with comments",
    );
    check(
        r#"{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"], "syscalls": [{"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]}]}"#,
        Engine::None,
        "1:114 multiplexed on X86 `socket` can be made through `socketcall(1, \u{2026})`, where its arguments are in memory and the conditions do not count",
    );
    check(
        r#"{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32"]}"#,
        Engine::None,
        "1:75 x32-open x32 is listed: a second set of numbers for the same calls, which hardly any program uses and most kernels do not have",
    );
}

#[test]
fn a_runtime_says_what_it_lacks() {
    let text = r#"{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["close", "openat", "write", "fcntl", "futex", "mmap", "getdents64", "fstatfs", "execve"], "action": "SCMP_ACT_ALLOW"}]}"#;
    let check = |name: &str, no_new_privs, expect: &[&str]| {
        let context = Context {
            needs: RUNTIMES.iter().find(|n| n.name == name),
            no_new_privs,
        };
        let mut found = faults(text, Engine::None, &context);
        found.retain(|f| f.contains(" runtime-needs "));
        assert_eq!(found, expect, "{name}");
    };
    check(
        "runc",
        true,
        &[
            "1:19 runtime-needs runc 1.5 cannot start a container: it also needs fstat and statx",
            "1:19 runtime-needs runc 1.5 also calls openat2, and can do without",
        ],
    );
    check("crun", true, &[]);
    check(
        "crun",
        false,
        &[
            "1:19 runtime-needs crun 1.8 cannot start a container: unless allowPrivilegeEscalation is false it needs prctl, setresgid, setresuid, capset, rt_sigprocmask and rt_sigaction",
        ],
    );
}

#[test]
fn rules_that_libseccomp_makes_something_else_of() {
    let umask = |args: &[String]| rule(r#""setpriority""#, ALLOW, &args.join(", "));
    let first = umask(&[arg(0, 0, "GT"), arg(2, 7, "LT")]);
    let second = umask(&[arg(0, 0, "GT"), arg(2, 3, "EQ")]);
    check(
        ERRNO,
        &format!("{first},\n{second}"),
        "3:12 libseccomp-hang `setpriority`: libseccomp does not come back from these two rules together: the start of the container hangs",
    );
    check_silent(ERRNO, &format!("{second},\n{first}"), "libseccomp-hang");
    let wide = format!(
        "{},\n{}",
        umask(&[arg(0, 2, "LT")]),
        umask(&[arg(0, 0x1_0000_0000, "LE")])
    );
    check(
        ERRNO,
        &wide,
        "3:12 libseccomp-wide `setpriority`: libseccomp makes a wrong filter of comparisons on one argument whose constants differ in their upper 32 bits",
    );
    check(
        ERRNO,
        "",
        "1:19 nothing-permitted every call is refused: no container starts under this profile",
    );
}
