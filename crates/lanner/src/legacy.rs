//! Flags that Falco had and removed. Scripts still carry them: they are accepted, each with one
//! warning that names what replaces it.

use clap::Args;

/// Removed flags, and what they do now: set a configuration key, or nothing.
#[derive(Args, Debug, Default)]
pub(crate) struct Legacy {
    /// Capture to replay, now `replay FILE`.
    #[arg(short = 'e', hide = true)]
    e: Option<String>,
    #[arg(short = 'A', hide = true)]
    all: bool,
    #[arg(short = 'b', hide = true)]
    base64: bool,
    #[arg(short = 'S', long = "snaplen", hide = true)]
    snaplen: Option<String>,
    #[arg(short = 'D', hide = true)]
    disable_substring: Vec<String>,
    #[arg(short = 'T', hide = true)]
    disable_tag: Vec<String>,
    #[arg(short = 't', hide = true)]
    only_tag: Vec<String>,
    #[arg(long, hide = true)]
    modern_bpf: bool,
    #[arg(long, hide = true)]
    nodriver: bool,
    #[arg(short = 'd', long, hide = true)]
    daemon: bool,
    #[arg(short = 's', hide = true)]
    stats_file: Option<String>,
    #[arg(long, hide = true)]
    stats_interval: Option<String>,
    #[arg(long, hide = true)]
    list_syscall_events: bool,
    #[arg(long, hide = true)]
    cri: Vec<String>,
    #[arg(long, hide = true)]
    disable_cri_async: bool,
    #[arg(short = 'u', long, hide = true)]
    userspace: bool,
    #[arg(short = 'k', hide = true)]
    k8s_api: Option<String>,
    #[arg(short = 'K', hide = true)]
    k8s_api_cert: Option<String>,
    #[arg(long, hide = true)]
    k8s_node: Option<String>,
    #[arg(short = 'm', long, hide = true)]
    mesos_api: Option<String>,
    #[arg(short = 'g', long, hide = true)]
    gvisor_config: Option<String>,
    #[arg(long, hide = true)]
    gvisor_root: Option<String>,
    #[arg(long, hide = true)]
    gvisor_generate_config: bool,
    #[arg(short = 'w', long, hide = true)]
    writefile: Option<String>,
    #[arg(short = 'F', hide = true)]
    ftrace: bool,
    #[arg(long, hide = true)]
    alternate_lua_dir: Option<String>,
}

/// What the removed flags of a command line come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Translation {
    /// Configuration keys to set, in `-o` form.
    pub(crate) options: Vec<String>,
    /// One warning for each flag.
    pub(crate) warnings: Vec<String>,
    /// `--list-syscall-events` was given.
    pub(crate) list_events: bool,
}

impl Legacy {
    /// What they come to.
    pub(crate) fn translate(&self) -> Translation {
        let mut t = Translation::default();
        if let Some(file) = &self.e {
            t.now(
                "-e FILE",
                "`lanner replay FILE`, or -o engine.kind=replay -o engine.replay.capture_file=FILE",
                &[
                    "engine.kind=replay".to_owned(),
                    format!("engine.replay.capture_file={file}"),
                ],
            );
        }
        if self.all {
            t.now(
                "-A",
                "-o base_syscalls.all=true",
                &set("base_syscalls.all=true"),
            );
        }
        if self.base64 {
            let key = "buffer_format_base64=true";
            t.now("-b", &format!("-o {key}"), &set(key));
        }
        if let Some(n) = &self.snaplen {
            let key = format!("falco_libs.snaplen={n}");
            t.now("-S, --snaplen", &format!("-o {key}"), &set(&key));
        }
        self.selection(&mut t);
        self.engine(&mut t);
        if self.list_syscall_events {
            t.list_events = true;
            t.now("--list-syscall-events", "--list-events", &[]);
        }
        for (given, flag, instead) in [
            (self.daemon, "-d, --daemon", "a systemd unit"),
            (
                self.stats_file.is_some(),
                "-s",
                "-o metrics.output_file=FILE",
            ),
            (
                self.stats_interval.is_some(),
                "--stats-interval",
                "-o metrics.interval=1h",
            ),
            (
                !self.cri.is_empty(),
                "--cri",
                "engines.cri in the container plugin's init_config",
            ),
            (
                self.disable_cri_async,
                "--disable-cri-async",
                "nothing: containers are never awaited",
            ),
            (self.userspace, "-u, --userspace", "nothing: it was removed"),
            (
                self.k8s_api.is_some(),
                "-k",
                "nothing: pods are known from the container runtimes",
            ),
            (
                self.k8s_api_cert.is_some(),
                "-K",
                "nothing: pods are known from the container runtimes",
            ),
            (
                self.k8s_node.is_some(),
                "--k8s-node",
                "nothing: pods are known from the container runtimes",
            ),
            (
                self.mesos_api.is_some(),
                "-m, --mesos-api",
                "nothing: it was removed",
            ),
            (
                self.gvisor_config.is_some(),
                "-g, --gvisor-config",
                "nothing: gVisor is not supported",
            ),
            (
                self.gvisor_root.is_some(),
                "--gvisor-root",
                "nothing: gVisor is not supported",
            ),
            (
                self.gvisor_generate_config,
                "--gvisor-generate-config",
                "nothing: gVisor is not supported",
            ),
            (
                self.writefile.is_some(),
                "-w, --writefile",
                "the `capture` section of the configuration",
            ),
            (self.ftrace, "-F", "nothing: it was removed"),
            (
                self.alternate_lua_dir.is_some(),
                "--alternate-lua-dir",
                "nothing: rules are not in Lua",
            ),
        ] {
            if given {
                t.gone(flag, instead);
            }
        }
        t
    }

    fn selection(&self, t: &mut Translation) {
        if !self.disable_substring.is_empty() {
            let keys: Vec<String> = self
                .disable_substring
                .iter()
                .map(|s| format!("rules[].disable.rule=*{s}*"))
                .collect();
            t.now("-D TEXT", "-o rules[].disable.rule=*TEXT*", &keys);
        }
        if !self.disable_tag.is_empty() {
            let keys: Vec<String> = self
                .disable_tag
                .iter()
                .map(|s| format!("rules[].disable.tag={s}"))
                .collect();
            t.now("-T TAG", "-o rules[].disable.tag=TAG", &keys);
        }
        if !self.only_tag.is_empty() {
            let keys: Vec<String> = std::iter::once("rules[].disable.rule=*".to_owned())
                .chain(
                    self.only_tag
                        .iter()
                        .map(|s| format!("rules[].enable.tag={s}")),
                )
                .collect();
            t.now(
                "-t TAG",
                "-o rules[].disable.rule=* -o rules[].enable.tag=TAG",
                &keys,
            );
        }
    }

    fn engine(&self, t: &mut Translation) {
        for (given, flag, kind) in [
            (self.modern_bpf, "--modern-bpf", "modern_ebpf"),
            (self.nodriver, "--nodriver", "nodriver"),
        ] {
            if given {
                let key = format!("engine.kind={kind}");
                t.now(flag, &format!("-o {key}"), &set(&key));
            }
        }
    }
}

fn set(key: &str) -> [String; 1] {
    [key.to_owned()]
}

impl Translation {
    /// A flag that is replaced by these keys.
    fn now(&mut self, flag: &str, instead: &str, keys: &[String]) {
        self.options.extend_from_slice(keys);
        self.warnings
            .push(format!("{flag} is an old flag of Falco: use {instead}"));
    }

    /// A flag that no longer does anything.
    fn gone(&mut self, flag: &str, instead: &str) {
        self.warnings.push(format!(
            "{flag} is an old flag of Falco and is ignored. Instead: {instead}"
        ));
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    #[track_caller]
    fn check(args: &str, options: &[&str]) {
        let line = format!("falco {args}");
        let task = crate::cli::parse(line.split(' ').map(OsString::from)).unwrap();
        let crate::cli::Task::Monitor(invocation) = task else {
            panic!("{line} does not monitor");
        };
        let t = invocation.flags.legacy.translate();
        assert_eq!(t.options, options);
        assert_eq!(t.warnings.len(), 1, "{:?}", t.warnings);
    }

    #[test]
    fn removed_flags_set_what_replaced_them_and_warn_once() {
        check(
            "-e x.scap",
            &["engine.kind=replay", "engine.replay.capture_file=x.scap"],
        );
        check("-A", &["base_syscalls.all=true"]);
        check("-b", &["buffer_format_base64=true"]);
        check("-S 200", &["falco_libs.snaplen=200"]);
        check("--snaplen=200", &["falco_libs.snaplen=200"]);
        check("-D ssh", &["rules[].disable.rule=*ssh*"]);
        check(
            "-T a -T b",
            &["rules[].disable.tag=a", "rules[].disable.tag=b"],
        );
        check("-t a", &["rules[].disable.rule=*", "rules[].enable.tag=a"]);
        check("--modern-bpf", &["engine.kind=modern_ebpf"]);
        check("--nodriver", &["engine.kind=nodriver"]);
        for flag in [
            "-d",
            "-s x",
            "--stats-interval 5",
            "--cri /x --cri /y",
            "--disable-cri-async",
            "-u",
            "-k x",
            "-K x",
            "--k8s-node x",
            "-m x",
            "-g x",
            "--gvisor-root x",
            "--gvisor-generate-config",
            "-w x",
            "-F",
            "--alternate-lua-dir x",
            "--list-syscall-events",
        ] {
            check(flag, &[]);
        }
    }
}
