//! Guests with other kernels: a small Debian system with systemd boots each of them under QEMU's
//! software emulation, installs the package, and tries service and probe there
//! (`vm/guest.sh`). A table tells what came out.
//!
//! QEMU and the kernels are Debian's, downloaded and unpacked under `target/vm`; nothing of them is
//! installed. No KVM is needed, and nothing is shared with this machine but a disk image.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::debian;
use crate::dist::{self, run_tool};

/// A guest: its name, which of Debian's kernels it boots, what the kernel is told, and what of
/// `guest.sh` runs in it.
struct Guest {
    name: &'static str,
    kernel: &'static str,
    parameters: &'static str,
    checks: &'static str,
}

/// Packages of kernels carry their version in their name; the newest of each series is taken.
const GUESTS: &[Guest] = &[
    Guest {
        name: "6.1",
        kernel: "linux-image-cloud-amd64",
        parameters: "",
        checks: "all",
    },
    Guest {
        name: "6.12",
        kernel: "linux-image-6.12-cloud-amd64",
        parameters: "",
        checks: "all",
    },
    Guest {
        name: "6.1-integrity",
        kernel: "linux-image-cloud-amd64",
        parameters: "lockdown=integrity",
        checks: "probe",
    },
    Guest {
        name: "6.12-confidentiality",
        kernel: "linux-image-6.12-cloud-amd64",
        parameters: "lockdown=confidentiality",
        checks: "refused",
    },
];

/// How long a guest may take. Emulated, a second of its work takes several.
const LIMIT: Duration = Duration::from_secs(2400);

/// Boots the guests whose names are given, or all.
pub fn run(names: &[&str]) -> Result<()> {
    let known: Vec<&str> = GUESTS.iter().map(|g| g.name).collect();
    for name in names {
        ensure!(
            known.contains(name),
            "expected one of {known:?}, not {name}"
        );
    }
    crate::setup::dist()?;
    let package = dist::package()?;
    let tests = probe_tests()?;
    let qemu = unpacked("qemu-system-x86")?;
    let disk = root_disk()?;
    let payload = payload_disk(&package, &tests)?;
    let disk = joined(&disk, &payload)?;
    let mut columns = Vec::new();
    for guest in GUESTS {
        if names.is_empty() || names.contains(&guest.name) {
            columns.push((guest.name, boot(guest, &qemu, &disk)?));
        }
    }
    report(&columns)
}

fn folder() -> PathBuf {
    crate::root().join("target/vm")
}

/// The tests of the probe as a static binary.
fn probe_tests() -> Result<PathBuf> {
    let text = dist::cargo_static(&[
        "test",
        "--no-run",
        "--package",
        "lanner-probe",
        "--lib",
        "--message-format",
        "json",
    ])?;
    let key = "\"executable\":\"";
    let path = text
        .lines()
        .filter(|l| l.contains("\"profile\":{") && l.contains("\"test\":true"))
        .find_map(|l| l.split_once(key)?.1.split('"').next())
        .context("cargo named no test binary")?;
    Ok(PathBuf::from(path))
}

/// A folder with what a package, and all that it depends on and this machine lacks, contains.
fn unpacked(package: &str) -> Result<PathBuf> {
    let tree = folder().join(package);
    let done = tree.join(".unpacked");
    if done.exists() {
        return Ok(tree);
    }
    let debs = tree.join(".debs");
    fs::create_dir_all(&debs)?;
    println!("downloading {package}");
    let text = dist::output(Command::new("apt-cache").args([
        "depends",
        "--recurse",
        "--no-recommends",
        "--no-suggests",
        "--no-conflicts",
        "--no-breaks",
        "--no-replaces",
        "--no-enhances",
        package,
    ]))?;
    let text = String::from_utf8_lossy(&text);
    let mut needed: Vec<&str> = text
        .lines()
        .filter(|l| l.starts_with(|c: char| c.is_ascii_alphanumeric()))
        .filter(|name| wanted(package, name))
        .collect();
    needed.sort_unstable();
    needed.dedup();
    run_tool(
        Command::new("apt-get")
            .args(["--quiet=2", "-o", "APT::Sandbox::User=root", "download"])
            .args(&needed)
            .current_dir(&debs),
    )?;
    for deb in fs::read_dir(&debs)? {
        run_tool(
            Command::new("dpkg-deb")
                .arg("--extract")
                .args([&deb?.path(), &tree]),
        )?;
    }
    fs::remove_dir_all(&debs)?;
    fs::write(done, "")?;
    Ok(tree)
}

/// Of a kernel only the image itself: it runs in the guest. Of a program what is not installed.
fn wanted(package: &str, name: &str) -> bool {
    if package.starts_with("linux-image") {
        return name.starts_with("linux-image-");
    }
    !Command::new("dpkg-query")
        .args(["--show", "--showformat", "${db:Status-Status}", name])
        .stderr(std::process::Stdio::null())
        .output()
        .is_ok_and(|o| o.stdout == b"installed")
}

/// The guests' system disk. Guests write to a copy in memory.
fn root_disk() -> Result<PathBuf> {
    let disk = folder().join("root.img");
    let service = include_str!("vm/payload.service");
    let made_with = folder().join("root.service");
    if disk.exists() && fs::read_to_string(&made_with).is_ok_and(|text| text == service) {
        return Ok(disk);
    }
    let tree = folder().join("root");
    if tree.exists() {
        fs::remove_dir_all(&tree)?;
    }
    run_tool(Command::new("cp").arg("-a").args([&debian::tree()?, &tree]))?;
    let units = tree.join("etc/systemd/system");
    fs::write(units.join("payload.service"), service)?;
    let wants = units.join("multi-user.target.wants");
    fs::create_dir_all(&wants)?;
    std::os::unix::fs::symlink("../payload.service", wants.join("payload.service"))?;
    // Guests are told apart by their kernels, not by their names.
    fs::write(tree.join("etc/hostname"), "guest\n")?;
    make_disk(&tree, &disk, 1024)?;
    fs::remove_dir_all(&tree)?;
    fs::write(made_with, service)?;
    Ok(disk)
}

/// The disk with what is tried.
fn payload_disk(package: &Path, tests: &Path) -> Result<PathBuf> {
    let tree = folder().join("payload");
    if tree.exists() {
        fs::remove_dir_all(&tree)?;
    }
    fs::create_dir_all(&tree)?;
    fs::copy(package, tree.join("lanner.deb"))?;
    run_tool(
        Command::new("strip")
            .arg("--strip-debug")
            .arg("-o")
            .args([&tree.join("probe-tests"), &tests.to_owned()]),
    )?;
    fs::write(tree.join("guest.sh"), include_str!("vm/guest.sh"))?;
    let disk = folder().join("payload.img");
    make_disk(&tree, &disk, 256)?;
    Ok(disk)
}

/// One disk with both as partitions: which of two disks gets which name depends on who is found
/// first.
fn joined(root: &Path, payload: &Path) -> Result<PathBuf> {
    /// Bytes in front of the first partition.
    const START: u64 = 1 << 20;
    const SECTOR: u64 = 512;
    let disk = folder().join("disk.img");
    let (first, second) = (fs::metadata(root)?.len(), fs::metadata(payload)?.len());
    // A partition table as PCs have it: four entries of 16 bytes, and a mark.
    let mut table = [0; SECTOR as usize];
    table[510..].copy_from_slice(&[0x55, 0xaa]);
    let parts = [(START, first), (START + first, second)];
    for (entry, (start, len)) in table[446..].chunks_mut(16).zip(parts) {
        entry[4] = 0x83;
        entry[8..12].copy_from_slice(&u32::try_from(start / SECTOR)?.to_le_bytes());
        entry[12..].copy_from_slice(&u32::try_from(len / SECTOR)?.to_le_bytes());
    }
    let mut file = fs::File::create(&disk)?;
    file.write_all(&table)?;
    file.set_len(START + first + second)?;
    for ((start, _), image) in parts.iter().zip([root, payload]) {
        run_tool(
            Command::new("dd")
                .args(["bs=1M", "conv=notrunc,sparse", "status=none"])
                .arg(format!("if={}", image.display()))
                .arg(format!("of={}", disk.display()))
                .arg(format!("seek={}", start >> 20)),
        )?;
    }
    Ok(disk)
}

/// Makes an ext4 image of a folder, without mounting anything.
fn make_disk(tree: &Path, disk: &Path, megabytes: u32) -> Result<()> {
    if disk.exists() {
        fs::remove_file(disk)?;
    }
    run_tool(
        Command::new("mke2fs")
            .args(["-q", "-t", "ext4", "-d"])
            .args([tree, disk])
            .arg(format!("{megabytes}M")),
    )
}

/// What a check came to, and a word on it.
struct Outcome {
    passed: bool,
    detail: String,
}

/// Boots a guest and waits until it powers off. The checks in the order in which they ran.
fn boot(guest: &Guest, qemu: &Path, disk: &Path) -> Result<Vec<(String, Outcome)>> {
    let image = fs::read_dir(unpacked(guest.kernel)?.join("boot"))?
        .filter_map(|e| Some(e.ok()?.path()))
        .find(|p| p.to_string_lossy().contains("/vmlinuz-"))
        .with_context(|| format!("{} has no kernel in it", guest.kernel))?;
    let console = folder().join(format!("{}.console", guest.name));
    let results = folder().join(format!("{}.results", guest.name));
    fs::write(&results, "")?;
    println!(
        "booting {} ({}); console in {}",
        guest.name,
        image.file_name().unwrap_or_default().to_string_lossy(),
        console.display()
    );
    let command_line = format!(
        "console=ttyS0 quiet panic=-1 root=/dev/nvme0n1p1 rw \
         lsm=landlock,lockdown,yama,bpf lanner.checks={} {}",
        guest.checks, guest.parameters
    );
    let drive = format!(
        "if=none,id=disk,file={},format=raw,snapshot=on",
        disk.display()
    );
    let libraries = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"];
    let libraries: Vec<String> = libraries
        .iter()
        .map(|l| qemu.join(l).display().to_string())
        .collect();
    let mut child = Command::new(qemu.join("usr/bin/qemu-system-x86_64"))
        .env("LD_LIBRARY_PATH", libraries.join(":"))
        // One thread for all CPUs: with several, one may run what another has just patched (the
        // kernel's static keys, behind tracepoints) as it was, and the kernel dies of a stray int3.
        .args(["-accel", "tcg,thread=single", "-cpu", "max"])
        .args(["-smp", "2", "-m", "1024", "-display", "none"])
        .args(["-no-reboot", "-nodefaults"])
        .arg("-L")
        .arg(qemu.join("usr/share/qemu"))
        .arg("-L")
        .arg(qemu.join("usr/share/seabios"))
        .arg("-kernel")
        .arg(&image)
        .args(["-append", &command_line])
        .args(["-drive", &drive, "-device", "nvme,serial=disk,drive=disk"])
        .args(["-serial", &format!("file:{}", console.display())])
        .args(["-serial", &format!("file:{}", results.display())])
        .stdin(std::process::Stdio::null())
        .spawn()
        .context("QEMU cannot be started")?;
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            ensure!(status.success(), "QEMU failed ({status})");
            break;
        }
        if start.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            bail!("{} did not end within {LIMIT:?}", guest.name);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let text = fs::read_to_string(&results)?;
    let outcomes = read_results(&text);
    ensure!(
        text.lines().any(|l| l.trim_end() == "end"),
        "{} ended before its checks; see {}",
        guest.name,
        console.display()
    );
    println!("{} took {:.0} s", guest.name, start.elapsed().as_secs_f64());
    Ok(outcomes)
}

/// Reads lines of `ok|FAIL`, name and detail, separated by tabs.
fn read_results(text: &str) -> Vec<(String, Outcome)> {
    text.lines()
        .filter_map(|line| {
            let mut parts = line.trim_end().splitn(3, '\t');
            let passed = match parts.next()? {
                "ok" => true,
                "FAIL" => false,
                _ => return None,
            };
            let name = parts.next()?.to_owned();
            let detail = parts.next().unwrap_or_default().to_owned();
            Some((name, Outcome { passed, detail }))
        })
        .collect()
}

/// Prints the table; fails if a check did.
fn report(columns: &[(&str, Vec<(String, Outcome)>)]) -> Result<()> {
    let mut order: Vec<&str> = Vec::new();
    let mut cells: BTreeMap<(&str, &str), &Outcome> = BTreeMap::new();
    for (guest, outcomes) in columns {
        for (name, outcome) in outcomes {
            if !order.contains(&name.as_str()) {
                order.push(name);
            }
            cells.insert((name, guest), outcome);
        }
    }
    let head: Vec<&str> = columns.iter().map(|(guest, _)| *guest).collect();
    println!("\n| check | {} |", head.join(" | "));
    println!("|---|{}", "---|".repeat(head.len()));
    for name in order {
        let row: Vec<String> = head
            .iter()
            .map(|guest| match cells.get(&(name, guest)) {
                None => String::new(),
                Some(o) if o.passed && o.detail.is_empty() => "ok".to_owned(),
                Some(o) if o.passed => o.detail.clone(),
                Some(_) => "FAIL".to_owned(),
            })
            .collect();
        println!("| {name} | {} |", row.join(" | "));
    }
    println!();
    let mut failed = 0;
    for ((name, guest), outcome) in &cells {
        if !outcome.passed {
            failed += 1;
            println!("{guest}: {name}: {}", outcome.detail);
        }
    }
    ensure!(failed == 0, "{failed} checks failed");
    Ok(())
}
