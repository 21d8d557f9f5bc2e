//! What the process and its host use, from `/proc`.

use std::fs;

/// What is used at one moment; 0 where it cannot be read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Usage {
    /// CPU of this process since it began, in percent of one CPU.
    pub(crate) cpu_percent: f64,
    /// Resident memory of this process, KiB.
    pub(crate) rss_kb: u64,
    /// Its address space, KiB.
    pub(crate) vsz_kb: u64,
    /// Its share of resident memory, KiB.
    pub(crate) pss_kb: u64,
    /// Memory of the cgroup, bytes.
    pub(crate) cgroup_bytes: u64,
    /// CPU of the host since it started, in percent of all CPUs.
    pub(crate) host_cpu_percent: f64,
    /// Memory in use on the host, KiB.
    pub(crate) host_memory_kb: u64,
    /// Threads that run or could.
    pub(crate) host_running: u64,
    /// Open files.
    pub(crate) host_open_fds: u64,
}

/// Where the memory of the cgroup stands, unless `FALCO_CGROUP_MEM_PATH` says otherwise.
const CGROUP_MEMORY: &str = "/sys/fs/cgroup/memory/memory.usage_in_bytes";

/// Clock ticks a second in `/proc`, on every Linux (`USER_HZ`).
const TICKS: f64 = 100.0;

impl Usage {
    /// Reads it.
    pub(crate) fn read() -> Usage {
        let root = std::env::var("HOST_ROOT").unwrap_or_default();
        let host = |file: &str| fs::read_to_string(format!("{root}/proc/{file}"));
        let cgroup = std::env::var("FALCO_CGROUP_MEM_PATH");
        let cgroup = fs::read_to_string(cgroup.as_deref().unwrap_or(CGROUP_MEMORY));
        let mut usage = Usage {
            cgroup_bytes: number(&cgroup.unwrap_or_default()),
            ..Usage::default()
        };
        usage.process();
        if let Ok(stat) = host("stat") {
            usage.host_stat(&stat);
        }
        if let Ok(text) = host("meminfo") {
            let key = |name: &str| value(&text, name);
            let free = key("MemFree:") + key("Buffers:") + key("Cached:") + key("SReclaimable:");
            usage.host_memory_kb = (key("MemTotal:") + key("Shmem:")).saturating_sub(free);
        }
        usage.host_open_fds = number(&host("sys/fs/file-nr").unwrap_or_default());
        usage
    }

    fn process(&mut self) {
        if let Ok(text) = fs::read_to_string("/proc/self/status") {
            self.rss_kb = value(&text, "VmRSS:");
            self.vsz_kb = value(&text, "VmSize:");
        }
        if let Ok(text) = fs::read_to_string("/proc/self/smaps_rollup") {
            self.pss_kb = value(&text, "Pss:");
        }
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let uptime = fs::read_to_string("/proc/uptime").unwrap_or_default();
        let uptime: f64 = word(&uptime, 0).parse().unwrap_or_default();
        // The name of the program, in parentheses, may hold anything; fields from 3 follow it.
        let fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        let ticks = |field: usize| word(fields, field - 3).parse().unwrap_or(0.0) / TICKS;
        let age = uptime - ticks(22);
        if age > 0.0 {
            self.cpu_percent = tenth(100.0 * (ticks(14) + ticks(15)) / age);
        }
    }

    fn host_stat(&mut self, text: &str) {
        self.host_running = value(text, "procs_running");
        let cpu = text.lines().next().unwrap_or_default();
        let ticks: Vec<f64> = cpu
            .split_whitespace()
            .skip(1)
            .take(8)
            .filter_map(|t| t.parse().ok())
            .collect();
        let total: f64 = ticks.iter().sum();
        // Idle, and waiting for a disk.
        let idle: f64 = ticks.iter().skip(3).take(2).sum();
        if total > 0.0 {
            self.host_cpu_percent = tenth(100.0 * (total - idle) / total);
        }
    }
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn word(text: &str, index: usize) -> &str {
    text.split_whitespace().nth(index).unwrap_or_default()
}

fn number(text: &str) -> u64 {
    word(text, 0).parse().unwrap_or_default()
}

/// The number behind a key at the beginning of a line.
fn value(text: &str, key: &str) -> u64 {
    let found = text.lines().find_map(|line| line.strip_prefix(key));
    found.map_or(0, number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_read_from_this_machine() {
        let usage = Usage::read();
        assert!(
            usage.rss_kb > 100 && usage.vsz_kb >= usage.rss_kb,
            "{usage:?}"
        );
        assert!(usage.pss_kb > 0 && usage.host_memory_kb > 1000, "{usage:?}");
        assert!(
            usage.host_running > 0 && usage.host_open_fds > 0,
            "{usage:?}"
        );
        assert!((0.0..=100.0).contains(&usage.host_cpu_percent), "{usage:?}");
    }
}
