//! Records as they are read from text; the kernel's own in `load/tests.rs`.

use std::time::{Duration, UNIX_EPOCH};

use super::listener::{drops_of, parse_log_line};
use super::*;
use crate::Arch;

const PLAIN: &str = "audit(1790000000.123:45): auid=4294967295 uid=0 gid=5 ses=4294967295 \
    subj=unconfined pid=77 comm=\"sh\" exe=\"/usr/bin/dash\" sig=0 arch=c000003e syscall=39 \
    compat=0 ip=0x7f00deadbeef code=0x7ffc0000";

#[test]
fn a_record_is_read_however_it_is_wrapped() {
    let expect = Record {
        time: UNIX_EPOCH + Duration::from_millis(1_790_000_000_123),
        serial: 45,
        pid: 77,
        uid: 0,
        gid: 5,
        login_uid: None,
        session: None,
        comm: "sh".into(),
        exe: "/usr/bin/dash".into(),
        signal: 0,
        audit_arch: Arch::X86_64.audit(),
        number: 39,
        compat: false,
        ip: 0x7f00_dead_beef,
        action: Action::Log,
    };
    let enriched = format!("type=SECCOMP msg={PLAIN}\x1dARCH=x86_64 SYSCALL=getpid AUID=\"unset\"");
    let logged = format!("6,1000,2000,-;audit: type=1326 {PLAIN}\n");
    for text in [PLAIN, &format!("audit: type=1326 {PLAIN}"), &enriched] {
        assert_eq!(Record::parse(text).as_ref(), Some(&expect), "{text}");
    }
    assert_eq!(parse_log_line(&logged), Some(Event::Record(expect.clone())));
    assert_eq!(expect.call().unwrap().name, "getpid");
}

#[test]
fn text_that_programs_choose_is_decoded() {
    let check = |from: &str, to: &str, comm: &str, exe: &str| {
        let record = Record::parse(&PLAIN.replace(from, to)).unwrap();
        assert_eq!((record.comm.as_str(), record.exe.as_str()), (comm, exe));
    };
    check("comm=\"sh\"", "comm=6120622263", "a b\"c", "/usr/bin/dash");
    check("exe=\"/usr/bin/dash\"", "exe=(null)", "sh", "");
    // Neither text nor hexadecimal: as it is.
    check("comm=\"sh\"", "comm=61206", "61206", "/usr/bin/dash");
}

#[test]
fn a_program_cannot_forge_a_record() {
    // A comm that looks like fields comes in hexadecimal; in the kernel log only the kernel's own
    // lines start as records do.
    for line in [
        "12,5,6,-;hello audit: type=1326 audit(1.1:1): pid=1",
        "6,5,6,-;audit: type=1400 audit(1.1:1): apparmor=\"DENIED\"",
        "6,5,6",
        "",
    ] {
        assert_eq!(parse_log_line(line), None, "{line}");
    }
    for text in ["", "audit(", "audit(1.1:1): pid=x", &PLAIN[..150]] {
        assert_eq!(Record::parse(text), None, "{text}");
    }
}

#[test]
fn the_abi_and_the_call_follow_from_number_and_architecture() {
    let check = |arch: &str, number: &str, expect: Option<(Arch, &str)>| {
        let text = PLAIN
            .replace("arch=c000003e", arch)
            .replace("syscall=39", number);
        let record = Record::parse(&text).unwrap();
        let call = record.arch().zip(record.call().map(|c| c.name));
        assert_eq!(call, expect, "{text}");
    };
    check("arch=40000003", "syscall=5", Some((Arch::X86, "open")));
    check(
        "arch=c000003e",
        "syscall=1073741825",
        Some((Arch::X32, "write")),
    );
    check(
        "arch=c00000b7",
        "syscall=56",
        Some((Arch::Aarch64, "openat")),
    );
    check("arch=c000003e", "syscall=-1", None);
    check("arch=1234", "syscall=1", None);
}

#[test]
fn what_is_missing_is_told() {
    let line = "4,9,8,-;kauditd_printk_skb: 90 callbacks suppressed\n";
    let lost = Lost::Suppressed(90);
    assert_eq!(parse_log_line(line), Some(Event::Lost(lost)));
    let table = "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n\
        00000000df6a8ae1 9   1          00000001 0        0        0     2        17       4711\n\
        00000000df6a8ae2 9   2          00000001 0        0        0     2        3        4712\n";
    assert_eq!(drops_of(table, 4712), Some(3));
    assert_eq!(drops_of(table, 1), None);
    assert_eq!(drops_of("", 1), None);
}
