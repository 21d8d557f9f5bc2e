use std::path::Path;

use super::*;
use crate::queue::Id;

const ALL: Portion = Portion {
    items: usize::MAX,
    bytes: usize::MAX,
};

fn settings(dir: &Path) -> SpoolSettings {
    SpoolSettings {
        dir: dir.to_owned(),
        max_bytes: 1 << 20,
        max_age: Duration::from_secs(3600),
        sync: Sync::Second,
    }
}

fn open(dir: &Path) -> Spool {
    Spool::open(settings(dir), 1).unwrap()
}

fn items(numbers: std::ops::Range<u64>) -> Vec<Item> {
    numbers
        .map(|seq| Item {
            id: Id { run: 1, seq },
            ..Item::of(&format!("alert {seq}"))
        })
        .collect()
}

fn append(spool: &mut Spool, numbers: std::ops::Range<u64>) -> Vec<Position> {
    let (ends, error) = spool.append(&items(numbers));
    assert!(error.is_none(), "{error:?}");
    ends
}

fn numbers(read: &[(Item, Position)]) -> Vec<u64> {
    read.iter().map(|(i, _)| i.id.seq).collect()
}

/// The files of alerts, in order.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "spool"));
    files.sort();
    files
}

#[test]
fn alerts_come_back_in_order_with_everything_about_them() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    append(&mut spool, 0..3);
    append(&mut spool, 3..5);
    let read = spool.read(Portion { items: 2, ..ALL });
    let back: Vec<Item> = read.iter().map(|(i, _)| i.clone()).collect();
    assert_eq!(back, items(0..2));
    assert_eq!(numbers(&spool.read(ALL)), [2, 3, 4]);
    assert_eq!(spool.depth(), 5);
    assert_eq!(spool.take_losses(), Losses::default());
}

#[test]
fn what_is_delivered_is_gone_also_from_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    append(&mut spool, 0..3);
    let read = spool.read(ALL);
    spool.attempt(read[2].1).unwrap();
    spool.ack(read[0].1, 1).unwrap();
    drop(spool);
    let mut spool = open(dir.path());
    let read = spool.read(ALL);
    assert_eq!(numbers(&read), [1, 2]);
    spool.ack(read[1].1, 2).unwrap();
    assert_eq!((spool.depth(), spool.bytes()), (0, 0));
    assert_eq!(files(dir.path()), Vec::<PathBuf>::new());
    // It goes on behind what was deleted.
    append(&mut spool, 3..4);
    assert_eq!(numbers(&spool.read(ALL)), [3]);
}

#[test]
fn what_an_attempt_may_have_delivered_is_marked_and_nothing_else() {
    #[track_caller]
    fn check(after: impl Fn(&mut Spool, &[Position]), expect: &[bool]) {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = open(dir.path());
        let ends = append(&mut spool, 0..4);
        after(&mut spool, &ends);
        // The process ends here, without leaving the spool in order.
        drop(spool);
        let read = open(dir.path()).read(ALL);
        let marked: Vec<bool> = read.iter().map(|(i, _)| i.redelivery).collect();
        assert_eq!(marked, expect);
    }
    check(|_, _| {}, &[false; 4]);
    check(
        |spool, ends| spool.attempt(ends[1]).unwrap(),
        &[true, true, false, false],
    );
    check(
        |spool, ends| {
            spool.attempt(ends[1]).unwrap();
            spool.ack(ends[1], 2).unwrap();
        },
        &[false, false],
    );
    check(
        |spool, ends| {
            spool.attempt(ends[2]).unwrap();
            spool.refused(Position::default()).unwrap();
        },
        &[false; 4],
    );
    check(
        |spool, ends| {
            spool.attempt(ends[0]).unwrap();
            spool.attempt(ends[2]).unwrap();
            spool.refused(ends[0]).unwrap();
        },
        &[true, false, false, false],
    );
}

#[test]
fn after_another_boot_all_is_marked_unless_the_run_had_ended_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    append(&mut spool, 0..1);
    spool.progress.boot = [9; 16];
    spool.persist().unwrap();
    drop(spool);
    let mut spool = open(dir.path());
    assert!(spool.read(ALL)[0].0.redelivery);
    spool.refused(Position::default()).unwrap();
    spool.progress.boot = [9; 16];
    spool.close().unwrap();
    assert!(!open(dir.path()).read(ALL)[0].0.redelivery);
}

#[test]
fn a_file_cut_off_anywhere_gives_what_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    let ends = append(&mut spool, 0..3);
    drop(spool);
    let file = files(dir.path()).remove(0);
    let whole = fs::read(&file).unwrap();
    assert_eq!(ends[2].offset, whole.len() as u64);
    for cut in 0..=whole.len() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(file.file_name().unwrap()), &whole[..cut]).unwrap();
        let mut spool = open(dir.path());
        let expect = ends.iter().filter(|e| e.offset <= cut as u64).count();
        assert_eq!(spool.depth(), expect as u64, "cut at {cut}");
        let torn = cut > 32 && !ends.iter().any(|e| e.offset == cut as u64);
        assert_eq!(spool.take_losses().damaged, u64::from(torn), "cut at {cut}");
        append(&mut spool, 10..11);
        let mut numbers = numbers(&spool.read(ALL));
        assert_eq!(numbers.pop(), Some(10), "cut at {cut}");
        assert_eq!(numbers.len(), expect, "cut at {cut}");
    }
}

#[test]
fn a_flipped_byte_costs_at_most_what_follows_it_in_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    let ends = append(&mut spool, 0..4);
    drop(spool);
    let file = files(dir.path()).remove(0);
    let whole = fs::read(&file).unwrap();
    for at in 32..whole.len() {
        let dir = tempfile::tempdir().unwrap();
        let mut bytes = whole.clone();
        bytes[at] ^= 0x40;
        fs::write(dir.path().join(file.file_name().unwrap()), bytes).unwrap();
        let mut spool = open(dir.path());
        let found = spool.depth() + spool.losses.damaged;
        let read = numbers(&spool.read(ALL));
        let hit = ends.iter().filter(|e| e.offset <= at as u64).count() as u64;
        let before = (0..hit).all(|n| read.contains(&n));
        assert!(before && !read.contains(&hit), "{at}: {read:?}");
        let losses = spool.take_losses();
        assert_eq!(read.len() as u64 + losses.damaged, found, "{at}: {read:?}");
        assert!(losses.damaged > 0);
    }
}

#[test]
fn it_grows_to_its_limit_and_has_room_again_as_it_is_delivered() {
    let dir = tempfile::tempdir().unwrap();
    let mut small = settings(dir.path());
    small.max_bytes = 40_000;
    let mut spool = Spool::open(small, 1).unwrap();
    let (ends, error) = spool.append(&items(0..5000));
    assert!(matches!(error, Some(SpoolError::Full { .. })), "{error:?}");
    let stored = ends.len() as u64;
    assert!(stored > 500 && spool.bytes() <= 40_000, "{stored}");
    let on_disk: u64 = files(dir.path())
        .iter()
        .map(|f| fs::metadata(f).unwrap().len())
        .sum();
    assert_eq!(on_disk, spool.bytes());
    let read = spool.read(Portion { items: 300, ..ALL });
    spool.ack(read[299].1, 300).unwrap();
    let (more, _) = spool.append(&items(5000..9000));
    assert!(more.len() > 100, "{}", more.len());
    let mut expect: Vec<u64> = (300..stored).collect();
    expect.extend(5000..5000 + more.len() as u64);
    assert_eq!(numbers(&spool.read(ALL)), expect);
}

#[test]
fn what_is_too_old_is_left_out_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    append(&mut spool, 0..3);
    drop(spool);
    let written = now_ms();
    while now_ms() == written {
        std::thread::yield_now();
    }
    let mut impatient = settings(dir.path());
    impatient.max_age = Duration::ZERO;
    let mut spool = Spool::open(impatient, 1).unwrap();
    assert_eq!(spool.depth(), 3);
    assert_eq!(spool.read(ALL), []);
    assert_eq!(spool.take_losses().expired, 3);
    assert_eq!((spool.depth(), files(dir.path()).len()), (0, 0));
}

#[test]
fn the_disk_is_waited_for_as_configured() {
    // After an append, and when it would be due.
    let check = |sync: Sync, expect: [bool; 2]| {
        let dir = tempfile::tempdir().unwrap();
        let settings = SpoolSettings {
            sync,
            ..settings(dir.path())
        };
        let mut spool = Spool::open(settings, 1).unwrap();
        append(&mut spool, 0..1);
        // Now, or a second later: both must do.
        let now = spool.synced;
        let synced = !spool.unsynced;
        spool.synced = now.checked_sub(Duration::from_secs(2)).unwrap_or(now);
        spool.sync_if_due().unwrap();
        assert_eq!([synced, !spool.unsynced], expect, "{sync:?}");
    };
    check(Sync::Never, [false, false]);
    check(Sync::Second, [false, true]);
    check(Sync::Always, [true, true]);
}

#[test]
fn two_processes_do_not_share_a_spool() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path());
    let second = Spool::open(settings(dir.path()), 2);
    assert!(matches!(second, Err(SpoolError::Locked { .. })));
    drop(first);
    open(dir.path());
}

#[test]
fn what_is_rejected_is_kept_in_two_files_of_bounded_size() {
    let dir = tempfile::tempdir().unwrap();
    let mut small = settings(dir.path());
    small.max_bytes = 4096;
    let spool = Spool::open(small, 1).unwrap();
    for item in items(0..100) {
        spool.rejected.add(&item, "400 Bad Request").unwrap();
    }
    let now = fs::read_to_string(dir.path().join("rejected.jsonl")).unwrap();
    let before = fs::read_to_string(dir.path().join("rejected.jsonl.1")).unwrap();
    assert!(now.len() <= 1024 && before.len() <= 1024);
    let last: serde_json::Value = serde_json::from_str(now.lines().last().unwrap()).unwrap();
    assert_eq!(last["alert"], "alert 99");
    assert_eq!(last["reason"], "400 Bad Request");
}

#[test]
fn root_a_disk_that_fills_up_and_has_room_again_loses_nothing_that_was_spooled() {
    let Some(disk) = Tmpfs::mount("size=64k") else {
        return;
    };
    let mut spool = open(disk.0.path());
    let (ends, error) = spool.append(&items(0..5000));
    let stored = ends.len() as u64;
    assert!(matches!(error, Some(SpoolError::Io { .. })), "{error:?}");
    assert!(stored > 100, "{stored}");
    // Nothing is written in part.
    assert_eq!(numbers(&spool.read(ALL)).len() as u64, stored);
    drop(spool);
    let mut spool = open(disk.0.path());
    assert_eq!((spool.depth(), spool.losses.damaged), (stored, 0));
    let read = spool.read(ALL);
    spool.ack(read[read.len() - 1].1, stored).unwrap();
    append(&mut spool, 0..100);
    assert_eq!(spool.depth(), 100);
}

/// A small file system in memory; `None`, and a word about it, where that cannot be mounted.
struct Tmpfs(tempfile::TempDir);

impl Tmpfs {
    fn mount(options: &str) -> Option<Tmpfs> {
        let dir = tempfile::tempdir().unwrap();
        let mount = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "lanner-test"])
            .arg(dir.path())
            .status();
        if mount.is_ok_and(|s| s.success()) {
            return Some(Tmpfs(dir));
        }
        println!("skipped: a tmpfs cannot be mounted here");
        None
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount")
            .arg("-l")
            .arg(self.0.path())
            .status();
    }
}
