//! Users and groups, capabilities, directories, limits and memory of threads.

use bstr::BStr;

use super::*;

fn call(ty: T) -> EventBuilder {
    EventBuilder::new(ty).tid(100).with("res", 0)
}

#[test]
fn the_effective_user_and_group_are_followed() {
    for (event, uid, gid) in [
        (call(T::SYSCALL_SETUID_X).with("uid", 5), 5, 0),
        (
            call(T::SYSCALL_SETUID_X).with("uid", 5).with("res", -1),
            0,
            0,
        ),
        (
            call(T::SYSCALL_SETRESUID_X).with("ruid", 1).with("euid", 5),
            5,
            0,
        ),
        (
            call(T::SYSCALL_SETREUID_X).with("ruid", 1).with("euid", 5),
            5,
            0,
        ),
        (
            call(T::SYSCALL_SETRESUID_X)
                .with("ruid", 1)
                .with("euid", u32::MAX),
            u32::MAX,
            0,
        ),
        (call(T::SYSCALL_SETGID_X).with("gid", 6), 0, 6),
        (
            call(T::SYSCALL_SETRESGID_X).with("rgid", 1).with("egid", 6),
            0,
            6,
        ),
        (
            call(T::SYSCALL_SETREGID_X).with("rgid", 1).with("egid", 6),
            0,
            6,
        ),
    ] {
        let mut state = machine();
        apply(&mut state, &event);
        let t = thread(&state, 100);
        assert_eq!((t.uid, t.gid), (uid, gid), "{event:?}");
    }
}

#[test]
fn capabilities_are_followed() {
    let set = call(T::SYSCALL_CAPSET_X)
        .with("cap_inheritable", 1)
        .with("cap_permitted", 2)
        .with("cap_effective", 3);
    let all = (1 << 41) - 1;
    for (event, expect) in [
        (set.clone(), (1, 2, 3)),
        (set.with("res", -1), (0, 0, 7)),
        (
            call(T::SYSCALL_UNSHARE_X).with("flags", 1 << 20),
            (all, all, all),
        ),
        (call(T::SYSCALL_UNSHARE_X).with("flags", 1 << 5), (0, 0, 7)),
        (
            call(T::SYSCALL_SETNS_X).with("nstype", 1 << 20),
            (all, all, all),
        ),
    ] {
        let mut state = machine();
        apply(&mut state, &event);
        let t = thread(&state, 100);
        assert_eq!(
            (t.cap_inheritable, t.cap_permitted, t.cap_effective),
            expect,
            "{event:?}"
        );
    }
}

#[test]
fn the_working_directory_is_that_of_the_process() {
    let mut state = machine();
    apply(&mut state, &clone(100, 301, crate::thread::flags::THREAD));
    for (event, expect) in [
        (call(T::SYSCALL_CHDIR_X).with("path", "sub"), "/home/u/sub/"),
        (call(T::SYSCALL_CHDIR_X).with("path", ".."), "/home/u/"),
        (
            call(T::SYSCALL_CHDIR_X).with("path", "/").with("res", -2),
            "/home/u/",
        ),
        (call(T::SYSCALL_CHDIR_X).with("path", "/"), "/"),
        (
            call(T::SYSCALL_CHDIR_X).with("path", "tmp").tid(301),
            "/tmp/",
        ),
        (call(T::SYSCALL_GETCWD_X).with("path", "/var"), "/var/"),
        (call(T::SYSCALL_FCHDIR_X).with("fd", 9), "/var/"),
    ] {
        apply(&mut state, &event);
        assert_eq!(thread(&state, 100).cwd, expect, "{event:?}");
    }
    apply(&mut state, &open(301, 9, "/etc"));
    apply(&mut state, &call(T::SYSCALL_FCHDIR_X).with("fd", 9));
    assert_eq!(thread(&state, 100).cwd, "/etc/");
    apply(&mut state, &open(301, 8, "x"));
    assert_eq!(open_fd(&state, 100, 8).name, "/etc/x");
}

#[test]
fn the_root_directory_is_followed() {
    let mut state = machine();
    for (path, res, expect) in [
        ("/jail", 0, "/jail"),
        ("/other", -1, "/jail"),
        ("rel", 0, "/home/u/rel"),
    ] {
        let event = call(T::SYSCALL_CHROOT_X)
            .with("path", path)
            .with("res", res);
        apply(&mut state, &event);
        assert_eq!(thread(&state, 100).root, expect);
    }
}

#[test]
fn the_session_is_followed() {
    let mut state = machine();
    apply(&mut state, &call(T::SYSCALL_SETSID_X).with("res", -1));
    assert_eq!(thread(&state, 100).sid, 100);
    apply(&mut state, &call(T::SYSCALL_SETSID_X).with("res", 42));
    assert_eq!(thread(&state, 100).sid, 42);
}

#[test]
fn the_limit_of_open_files_is_followed() {
    let set = call(T::SYSCALL_SETRLIMIT_X).with("resource", 7);
    let other = call(T::SYSCALL_PRLIMIT_X)
        .with("resource", 7)
        .with("newcur", 9);
    for (event, expect) in [
        (set.clone().with("cur", 5), 5),
        (set.clone().with("cur", -1), 1024),
        (set.clone().with("cur", 5).with("resource", 3), 1024),
        (set.with("cur", 5).with("res", -1), 1024),
        (other.clone().with("pid", 0), 9),
        (other.clone().tid(1).with("pid", 100), 9),
        (other.clone().with("pid", 1), 1024),
        (other.with("pid", 0).with("newcur", -1), 1024),
    ] {
        let mut state = machine();
        apply(&mut state, &event);
        assert_eq!(thread(&state, 100).fdlimit, expect, "{event:?}");
    }
}

#[test]
fn memory_figures_are_followed() {
    let mut state = machine();
    for (ty, base) in [
        (T::SYSCALL_BRK_4_X, 1),
        (T::SYSCALL_MMAP_X, 2),
        (T::SYSCALL_MUNMAP_X, 3),
    ] {
        let event = EventBuilder::new(ty)
            .tid(100)
            .with("vm_size", base * 10)
            .with("vm_rss", base * 20)
            .with("vm_swap", base * 30);
        apply(&mut state, &event);
        let t = thread(&state, 100);
        assert_eq!(
            (t.vmsize_kb, t.vmrss_kb, t.vmswap_kb),
            (base * 10, base * 20, base * 30)
        );
    }
    let switch = EventBuilder::new(T::SCHEDSWITCH_6_E)
        .tid(100)
        .with("pgft_maj", 1)
        .with("pgft_min", 2)
        .with("vm_size", 3)
        .with("vm_rss", 4)
        .with("vm_swap", 5);
    apply(&mut state, &switch);
    let t = thread(&state, 100);
    assert_eq!((t.pfmajor, t.pfminor, t.vmsize_kb), (1, 2, 3));
    // A switch makes nobody up.
    assert_eq!(apply(&mut state, &switch.tid(5000)).thread, None);
}

#[test]
fn users_and_groups_come_and_go() {
    let mut state = machine();
    let user = |ty: T| {
        EventBuilder::new(ty)
            .tid(-1)
            .with("uid", 5)
            .with("gid", 6)
            .with("name", "n")
            .with("home", "/h")
            .with("shell", "/s")
            .with("container_id", "c1")
    };
    apply(&mut state, &user(T::USER_ADDED_E));
    let found = state.user(BStr::new("c1"), 5).unwrap();
    assert_eq!((found.name.to_string(), found.gid), ("n".into(), 6));
    assert!(state.user(BStr::new(""), 5).is_none());
    apply(&mut state, &user(T::USER_DELETED_E));
    assert!(state.user(BStr::new("c1"), 5).is_none());
    let group = |ty: T| {
        EventBuilder::new(ty)
            .tid(-1)
            .with("gid", 6)
            .with("name", "g")
    };
    assert_eq!(
        apply(&mut state, &group(T::GROUP_ADDED_E)),
        Subject::default()
    );
    assert_eq!(state.group(BStr::new(""), 6).unwrap().name, "g");
    apply(&mut state, &group(T::GROUP_DELETED_E));
    assert!(state.group(BStr::new(""), 6).is_none());
}
