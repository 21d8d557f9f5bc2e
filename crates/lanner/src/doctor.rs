//! `lanner doctor`: what this host offers a monitor, tried out where that can be done, and what each
//! lack costs.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};
use lanner_event::Selection;
use lanner_probe::{Hook, MIN_BUFFER, Options, Probe};
use lanner_seccomp::Action;
use lanner_state::scan;
use rustix::process::{Resource, getrlimit};
use rustix::thread::CapabilitySet;
use serde_json::json;

use crate::config::{self, Config, Request};
use crate::sandbox;

/// Tell what this host offers, and what each lack costs.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit code: 0 if this machine can be monitored, 1 if not. Run it as the user, and \
                  in the container, that the monitor is to run in."
)]
pub(crate) struct Doctor {
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    /// It is there.
    Ok,
    /// It is so; nothing is wrong with it.
    Note,
    /// It is not there, and costs something.
    Lack,
    /// It is not there, and nothing can be monitored.
    Fatal,
}

impl Health {
    fn word(self) -> &'static str {
        match self {
            Health::Ok => "ok",
            Health::Note => "note",
            Health::Lack => "lack",
            Health::Fatal => "fatal",
        }
    }
}

/// One finding.
struct Finding {
    health: Health,
    what: &'static str,
    is: String,
    /// What a lack costs, and how to mend it.
    costs: String,
}

/// The findings, in order.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, health: Health, what: &'static str, is: impl Into<String>, costs: &str) {
        self.0.push(Finding {
            health,
            what,
            is: is.into(),
            costs: match health {
                Health::Ok => String::new(),
                _ => costs.to_owned(),
            },
        });
    }

    /// There, or lacking at this cost.
    fn check(&mut self, there: bool, what: &'static str, is: impl Into<String>, costs: &str) {
        let health = if there { Health::Ok } else { Health::Lack };
        self.add(health, what, is, costs);
    }
}

/// Looks at everything and prints it.
pub(crate) fn run(doctor: &Doctor) -> Result<ExitCode> {
    let mut found = Findings::default();
    kernel(&mut found);
    capabilities(&mut found);
    probe(&mut found);
    memory(&mut found);
    proc(&mut found);
    cgroups(&mut found);
    runtimes(&mut found);
    confinement(&mut found);
    limits(&mut found);
    let fatal = found.0.iter().any(|f| f.health == Health::Fatal);
    let text = match doctor.format {
        Format::Text => text(&found, fatal),
        Format::Json => {
            let findings = found.0.iter().map(|f| {
                json!({"status": f.health.word(), "what": f.what, "is": f.is, "costs": f.costs})
            });
            let findings: Vec<_> = findings.collect();
            format!(
                "{:#}\n",
                json!({"can_monitor": !fatal, "findings": findings})
            )
        }
    };
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(ExitCode::from(u8::from(fatal)))
}

fn text(found: &Findings, fatal: bool) -> String {
    let mut text = String::new();
    for finding in &found.0 {
        let Finding {
            what, is, costs, ..
        } = finding;
        text += &format!("{:<6} {what}: {is}\n", finding.health.word());
        if !costs.is_empty() {
            text += &format!("       {costs}\n");
        }
    }
    text + match fatal {
        true => "\nThis machine cannot be monitored as things are.\n",
        false => "\nThis machine can be monitored.\n",
    }
}

fn kernel(found: &mut Findings) {
    let uname = rustix::system::uname();
    let release = uname.release().to_string_lossy().into_owned();
    let new_enough = lanner_seccomp::load::kernel_version() >= (6, 1);
    let health = if new_enough { Health::Ok } else { Health::Lack };
    found.add(
        health,
        "kernel",
        release,
        "6.1 or later is what the probe is tested with; older ones may refuse it",
    );
    let machine = uname.machine().to_string_lossy().into_owned();
    let health = match machine.as_str() {
        "x86_64" => Health::Ok,
        _ => Health::Fatal,
    };
    found.add(health, "machine", machine, "the probe is for x86-64 only");
    let btf = Path::new("/sys/kernel/btf/vmlinux").exists();
    let health = if btf { Health::Ok } else { Health::Fatal };
    let is = if btf {
        "/sys/kernel/btf/vmlinux"
    } else {
        "missing"
    };
    found.add(
        health,
        "type information of the kernel (BTF)",
        is,
        "the probe cannot find its way without it: a kernel with CONFIG_DEBUG_INFO_BTF is needed, \
         and /sys must be mounted",
    );
    let lockdown = fs::read_to_string("/sys/kernel/security/lockdown").unwrap_or_default();
    let confidential = lockdown.contains("[confidentiality]");
    let health = if confidential {
        Health::Fatal
    } else {
        Health::Ok
    };
    let mode = lockdown.split(['[', ']']).nth(1).unwrap_or("none");
    found.add(
        health,
        "kernel lockdown",
        mode,
        "BPF programs may not read kernel memory: boot without lockdown=confidentiality",
    );
}

fn capabilities(found: &mut Findings) {
    let held = sandbox::held().unwrap_or(CapabilitySet::empty());
    for (capability, name, what_for) in sandbox::KEPT {
        let there = held.contains(capability)
            || (held.contains(CapabilitySet::SYS_ADMIN) && what_for.contains("prob"));
        found.check(
            there,
            name,
            if there { "held" } else { "not held" },
            &format!("needed for {what_for}"),
        );
    }
}

/// Loads and attaches the probe, and takes it away again.
fn probe(found: &mut Findings) {
    let options = Options {
        selection: Selection::everything(),
        buffer_bytes: MIN_BUFFER,
        ..Options::default()
    };
    match Probe::open(&options) {
        Err(error) => found.add(
            Health::Fatal,
            "probe",
            error.to_string(),
            "nothing can be seen",
        ),
        Ok(probe) => {
            let can = probe.capabilities();
            let programs = "every program was loaded into the kernel and attached, and taken away";
            found.add(Health::Ok, "probe", programs, "");
            for hook in Hook::ALL.iter().filter(|h| can.attached.contains(h)) {
                found.add(Health::Ok, "tracepoint", hook.tracepoint(), "");
            }
            for (hook, why) in &can.refused {
                let is = format!("{} is refused ({why})", hook.tracepoint());
                found.add(Health::Lack, "tracepoint", is, hook.cost_of_lack());
            }
        }
    }
}

/// What the ring buffers of the configuration take.
fn memory(found: &mut Findings) {
    let config: Config = match config::load(&Request::default()) {
        Ok(config) => config,
        Err(error) => {
            let error = format!("{error:#}");
            let first = error.lines().next().unwrap_or_default();
            found.add(
                Health::Lack,
                "configuration",
                first,
                "`lanner config check` tells more",
            );
            return;
        }
    };
    let possible = fs::read_to_string("/sys/devices/system/cpu/possible").unwrap_or_default();
    let last = possible.trim().rsplit(['-', ',']).next();
    let cpus = last
        .and_then(|n| n.parse::<u64>().ok())
        .map_or(1, |n| n + 1);
    let each = config.buffer_bytes + config.buffer_bytes / 4;
    let total = cpus * each;
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = meminfo
        .lines()
        .find_map(|l| l.strip_prefix("MemAvailable:"));
    let available = available.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok());
    let available = available.unwrap_or(0) * 1024;
    found.check(
        available == 0 || total * 4 < available,
        "ring buffers",
        format!(
            "{} MiB: {cpus} CPUs with {} KiB each ({} MiB of memory are available)",
            total.div_ceil(1 << 20),
            each >> 10,
            available >> 20
        ),
        "they take more than a quarter of the memory that is left: lower \
         engine.modern_ebpf.buf_size_preset",
    );
}

fn proc(found: &mut Findings) {
    let options = scan::Options::from_env();
    let root = options.host_root.display().to_string();
    let scan = scan::scan(&options);
    let threads = scan.snapshot.threads.len();
    let is = format!("{threads} threads below {root}");
    found.check(
        threads > 1,
        "processes (/proc)",
        is,
        "processes that run already are known only by their events: mount the host's /proc, and \
         set HOST_ROOT to where",
    );
    let denied = scan.report.denied;
    found.check(
        denied == 0,
        "their descriptors",
        match denied {
            0 => "all can be read".to_owned(),
            n => format!("those of {n} processes cannot be read"),
        },
        "files that these have open already have no name: CAP_SYS_PTRACE is needed",
    );
    for problem in scan.report.problems {
        found.add(Health::Lack, "scan", problem, "");
    }
}

fn cgroups(found: &mut Findings) {
    let root = host_root();
    let v2 = root.join("sys/fs/cgroup/cgroup.controllers").exists();
    let hybrid = root
        .join("sys/fs/cgroup/unified/cgroup.controllers")
        .exists();
    let v1 = root.join("sys/fs/cgroup/memory").exists();
    let is = match (v2, hybrid, v1) {
        (true, ..) => "version 2",
        (_, true, _) => "versions 1 and 2 (hybrid)",
        (.., true) => "version 1",
        _ => "not mounted",
    };
    found.check(
        v2 || hybrid || v1,
        "cgroups",
        is,
        "containers are told by cgroups in events all the same; what is in /sys/fs/cgroup is not \
         needed for more than this line",
    );
}

/// The host's root as this process sees it.
fn host_root() -> PathBuf {
    scan::Options::from_env().host_root
}

/// Runtimes, and folders that they keep what containers are called in.
const RUNTIMES: [(&str, &[&str]); 6] = [
    ("Docker", &["var/lib/docker/containers"]),
    (
        "containerd",
        &[
            "run/containerd/io.containerd.runtime.v2.task",
            "run/containerd",
        ],
    ),
    ("containerd of k3s", &["run/k3s/containerd"]),
    ("CRI-O", &["run/crio", "var/run/crio"]),
    (
        "Podman",
        &[
            "var/lib/containers/storage/overlay-containers",
            "run/containers/storage",
        ],
    ),
    ("runc", &["run/runc"]),
];

fn runtimes(found: &mut Findings) {
    let root = host_root();
    let mut any = false;
    for (name, folders) in RUNTIMES {
        let Some(folder) = folders.iter().map(|f| root.join(f)).find(|f| f.exists()) else {
            continue;
        };
        any = true;
        let is = format!("{name}, {}", folder.display());
        let readable = fs::read_dir(&folder).is_ok();
        found.check(
            readable,
            "container runtime",
            is,
            "its folder cannot be read: names, images and pods of its containers stay unknown; \
             CAP_DAC_READ_SEARCH is needed",
        );
    }
    if !any {
        found.add(
            Health::Note,
            "container runtime",
            "none found",
            "in a container, the host's /run and /var/lib are to be mounted below HOST_ROOT",
        );
    }
}

fn confinement(found: &mut Findings) {
    let actions = [
        Action::KillProcess,
        Action::Errno(1),
        Action::Log,
        Action::Notify,
    ];
    let lacking: Vec<String> = actions
        .into_iter()
        .filter(|action| !lanner_seccomp::load::action_available(*action))
        .map(|action| format!("{action:?}"))
        .collect();
    found.check(
        lacking.is_empty(),
        "seccomp",
        match lacking.is_empty() {
            true => "kill, errno, log and notify are available".to_owned(),
            false => format!("{} not available", lacking.join(", ")),
        },
        "the monitor cannot confine itself fully, and profiles with these actions cannot be loaded",
    );
    let logged = lanner_seccomp::audit::logged_actions().unwrap_or_default();
    found.check(
        logged.contains(&"SCMP_ACT_ERRNO"),
        "what seccomp refuses is logged",
        match logged.is_empty() {
            true => "/proc/sys/kernel/seccomp/actions_logged cannot be read".to_owned(),
            false => logged.join(", "),
        },
        "what the monitor's own filter refuses leaves no trace",
    );
    let audit = lanner_seccomp::audit::Listener::open().is_ok_and(|(_, refused)| refused.is_none());
    found.check(
        audit,
        "audit (multicast)",
        if audit {
            "can be read"
        } else {
            "cannot be read"
        },
        "`lanner seccomp` commands cannot tell what a filter refused to programs in containers: \
         CAP_AUDIT_READ and a kernel with CONFIG_AUDIT are needed",
    );
    // In a thread of its own: it cannot be undone.
    let landlock =
        std::thread::spawn(|| sandbox::confine_thread(CapabilitySet::empty(), &[], &[])).join();
    let landlock = matches!(landlock, Ok(Ok(true)));
    found.check(
        landlock,
        "Landlock",
        if landlock {
            "available"
        } else {
            "not available"
        },
        "the threads that face the network are confined by seccomp and capabilities only",
    );
}

fn limits(found: &mut Findings) {
    let files = getrlimit(Resource::Nofile);
    let enough = files.current.is_none_or(|n| n >= 1024);
    found.check(
        enough,
        "limit of open files",
        files.current.map_or("none".to_owned(), |n| n.to_string()),
        "at least 1024 are needed for a probe with all programs (LimitNOFILE)",
    );
    let locked = getrlimit(Resource::Memlock);
    found.add(
        Health::Note,
        "limit of locked memory",
        locked
            .current
            .map_or("none".to_owned(), |n| format!("{} KiB", n >> 10)),
        "kernels from 5.11 charge BPF memory to the cgroup instead, so it does not matter",
    );
}
