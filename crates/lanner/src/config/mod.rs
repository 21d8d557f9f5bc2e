//! The configuration: Falco's `falco.yaml`, its included files and `-o` overrides.
//!
//! What is wrong with a file (an unknown key, a value of the wrong type) is reported with its
//! place and does not stop a run; a value that cannot be meant does. Defaults are Falco's.

mod files;
mod keys;
pub(crate) mod origin;
mod outputs;
mod schema;
mod tree;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use bstr::BString;
use lanner_diag::yaml::{Node, Value};
use lanner_engine::selection::BaseSyscalls;
use lanner_engine::{DropSettings, Matching};
use lanner_output::{ChannelPlan, Collapse, Target};
use lanner_rules::{Append, Priority, Select, Switch};

pub(crate) use self::schema::config_schema;

pub(crate) use self::outputs::program_name;

use self::files::{DEFAULT_FILES, Reading, apply, main_file, without_file};
use self::origin::Origins;
use self::tree::Strategy;
use crate::log::{Level, Settings};

/// Where events come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// The kernel.
    Live,
    /// A capture.
    Replay(PathBuf),
    /// Nowhere.
    Nothing,
}

/// What JSON alerts contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Json {
    /// Whether alerts are JSON at all (`json_output`).
    pub(crate) enabled: bool,
    /// `json_include_output_property`.
    pub(crate) output: bool,
    /// `json_include_message_property`.
    pub(crate) message: bool,
    /// `json_include_output_fields_property`.
    pub(crate) fields: bool,
    /// `json_include_tags_property`.
    pub(crate) tags: bool,
}

/// What is done when too many events are lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DropActions {
    /// A line in the log.
    pub(crate) log: bool,
    /// An alert.
    pub(crate) alert: bool,
    /// The end of the run.
    pub(crate) exit: bool,
}

/// Captures that matches start (`capture`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Captures {
    /// What the names of their files begin with.
    pub(crate) prefix: String,
    /// Every rule starts one, not only those that ask for it.
    pub(crate) all_rules: bool,
    /// How long one lasts if the rule does not say, of the time of events.
    pub(crate) duration: Duration,
    /// Bytes at which a file ends, before compression; `None` for no limit.
    pub(crate) max_bytes: Option<u64>,
}

/// What is served over HTTP (`webserver`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Webserver {
    /// Anything is.
    pub(crate) enabled: bool,
    /// Where.
    pub(crate) address: IpAddr,
    /// The port.
    pub(crate) port: u16,
    /// The path of the liveness probe.
    pub(crate) healthz: String,
    /// `/metrics` is served, if there are metrics.
    pub(crate) prometheus: bool,
    /// Over TLS.
    pub(crate) tls: bool,
    /// The certificate and its key.
    pub(crate) certificate: PathBuf,
}

/// Which metrics there are, and where they go besides `/metrics` (`metrics`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Metrics {
    /// There are any.
    pub(crate) enabled: bool,
    /// How often they are written.
    pub(crate) interval: Duration,
    /// As an alert.
    pub(crate) rule: bool,
    /// To this file.
    pub(crate) file: Option<PathBuf>,
    /// Matches by rule.
    pub(crate) rules: bool,
    /// What process and host use.
    pub(crate) resources: bool,
    /// Counts of the state.
    pub(crate) state: bool,
    /// Counts of the probe.
    pub(crate) kernel: bool,
    /// These by CPU, too.
    pub(crate) kernel_per_cpu: bool,
    /// Memory in megabytes.
    pub(crate) megabytes: bool,
    /// Fields that are zero, too.
    pub(crate) empty: bool,
}

impl Default for Metrics {
    /// What Falco's packaged file says.
    fn default() -> Metrics {
        Metrics {
            enabled: false,
            interval: Duration::from_secs(3600),
            rule: true,
            file: None,
            rules: true,
            resources: true,
            state: true,
            kernel: true,
            kernel_per_cpu: false,
            megabytes: true,
            empty: false,
        }
    }
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Loaded {
    /// Its path.
    pub(crate) path: PathBuf,
    /// `ok`, or the first fault.
    pub(crate) validation: String,
}

/// A configuration, read and checked.
#[derive(Debug)]
pub(crate) struct Config {
    /// The files it was read from, in order.
    pub(crate) loaded: Vec<Loaded>,
    /// What is doubtful in them, as text to log.
    pub(crate) warnings: Vec<String>,
    /// How to log.
    pub(crate) log: Settings,
    /// Where events come from.
    pub(crate) engine: Engine,
    /// Bytes of the ring buffer of one CPU.
    pub(crate) buffer_bytes: u64,
    /// System calls that failed are not reported.
    pub(crate) drop_failed: bool,
    /// Rules files and folders that exist, in order.
    pub(crate) rules_files: Vec<PathBuf>,
    /// All rules files and folders, whether they exist or not.
    pub(crate) rules_paths: Vec<PathBuf>,
    /// The files and folders that it is read from, whether they exist or not.
    pub(crate) sources: Vec<PathBuf>,
    /// Changes of files lead to a reload (`watch_config_files`).
    pub(crate) watch: bool,
    /// Switches, in order.
    pub(crate) switches: Vec<Switch>,
    /// Rules less severe than this are left out.
    pub(crate) priority: Priority,
    /// Which rules of an event raise alerts.
    pub(crate) matching: Matching,
    /// Additions to outputs.
    pub(crate) append: Vec<Append>,
    /// Fields with a fixed value, by name.
    pub(crate) static_fields: Vec<(String, BString)>,
    /// JSON alerts.
    pub(crate) json: Json,
    /// Times in ISO 8601.
    pub(crate) iso_time: bool,
    /// Byte buffers in base64.
    pub(crate) base64: bool,
    /// Where alerts go.
    pub(crate) channels: Vec<ChannelPlan>,
    /// Which alerts are held back because they repeat others.
    pub(crate) collapse: Collapse,
    /// Captures that matches start, if any do.
    pub(crate) captures: Option<Captures>,
    /// Alerts may wait in a buffer.
    pub(crate) buffered: bool,
    /// Alerts that may wait for the outputs; 0: the default.
    pub(crate) queue_capacity: usize,
    /// How long an output may block.
    pub(crate) output_timeout: Duration,
    /// When losses of events are too many (`syscall_event_drops`).
    pub(crate) drops: DropSettings,
    /// What is done then.
    pub(crate) drop_actions: DropActions,
    /// Looks for events in a row that find none, before that is told
    /// (`syscall_event_timeouts.max_consecutives`).
    pub(crate) max_timeouts: u64,
    /// The monitor confines itself once it is at work.
    pub(crate) sandbox: bool,
    /// What is served over HTTP.
    pub(crate) webserver: Webserver,
    /// Metrics.
    pub(crate) metrics: Metrics,
    /// Which system calls keep the state.
    pub(crate) base_syscalls: BaseSyscalls,
    /// Threads that are remembered.
    pub(crate) threads: usize,
    /// Bytes kept of the data of a read or write.
    pub(crate) snaplen: u64,
    /// The merged tree.
    pub(crate) tree: Node,
    /// Where its values came from.
    pub(crate) origins: Origins,
}

impl Config {
    /// The command of `program_output`, if it is on.
    pub(crate) fn program(&self) -> Option<&str> {
        let mut channels = self.channels.iter();
        channels.find_map(|channel| match &channel.target {
            Target::Program { command, .. } => Some(command.as_str()),
            _ => None,
        })
    }
}

/// What the command line has to say about the configuration.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Request<'a> {
    /// The main file, if it was named.
    pub(crate) path: Option<&'a Path>,
    /// `key=value`, in order.
    pub(crate) options: &'a [String],
}

/// Reads the configuration.
pub(crate) fn load(request: &Request<'_>) -> Result<Config> {
    let mut reading = Reading::default();
    let mut root = match main_file(request.path)? {
        Some(path) => {
            reading.sources.push(path.clone());
            let (mut root, loaded) = reading.file(&path)?;
            reading.loaded.push(loaded);
            reading.origins.merged(&path, &root, Strategy::Override);
            apply(&mut root, request.options, true)?;
            reading.include(&mut root, &path)?;
            root
        }
        None => {
            reading.sources.extend(DEFAULT_FILES.map(PathBuf::from));
            let mut root = without_file();
            apply(&mut root, request.options, true)?;
            reading.include(&mut root, Path::new(""))?;
            root
        }
    };
    apply(&mut root, request.options, false)?;
    for option in request.options {
        reading.check_option(option)?;
        reading.origins.overridden(tree::split(option)?.0, option);
    }
    // The first fault as Falco tells it, then each with its place.
    let (fatal, faults) = (reading.fatal, reading.warnings.clone());
    read(root, reading).map_err(|error| {
        let mut text = format!("{error:#}");
        let is_of_it = |fault: &&String| {
            let (_, key) = fault.split_once('`').unwrap_or_default();
            let (key, _) = key.split_once('`').unwrap_or_default();
            fatal || (!key.is_empty() && text.contains(key))
        };
        let places: Vec<&str> = faults.iter().filter(is_of_it).map(String::as_str).collect();
        if !places.is_empty() {
            text = format!("{text}\n{}", places.join("\n"));
        }
        anyhow!(text)
    })
}

/// Typed access with the defaults of the table of keys.
struct Reader<'t>(&'t Node, &'t Origins);

impl<'t> Reader<'t> {
    fn node(&self, name: &str) -> Option<&'t Node> {
        tree::find(self.0, name).filter(|n| !n.is_null())
    }

    /// Where a value came from, in words.
    fn place(&self, name: &str) -> String {
        self.1.of(name).unwrap_or_else(|| "by default".to_owned())
    }

    fn default(name: &str) -> &'static str {
        keys::key(name).map_or("", |(_, default)| default)
    }

    fn flag(&self, name: &str) -> bool {
        let read = self.node(name).and_then(Node::to_bool);
        read.unwrap_or(Self::default(name) == "true")
    }

    fn number(&self, name: &str) -> u64 {
        let read = self.node(name).and_then(|n| n.to_uint(64));
        read.unwrap_or_else(|| Self::default(name).parse().unwrap_or_default())
    }

    fn fraction(&self, name: &str) -> f64 {
        let read = self.node(name).and_then(Node::to_float);
        read.unwrap_or_else(|| Self::default(name).parse().unwrap_or_default())
    }

    fn text(&self, name: &str) -> &'t str {
        let read = self.node(name).and_then(Node::to_text);
        read.unwrap_or(Self::default(name))
    }

    fn list(&self, name: &str) -> Vec<&'t str> {
        self.node(name).map(texts).unwrap_or_default()
    }

    fn items(&self, name: &str) -> &'t [Node] {
        self.node(name).and_then(Node::as_seq).unwrap_or_default()
    }
}

/// The texts of a sequence; a scalar counts as a sequence of itself.
fn texts(node: &Node) -> Vec<&str> {
    match &node.value {
        Value::Seq(items) => items.iter().filter_map(Node::to_text).collect(),
        _ => node.to_text().into_iter().collect(),
    }
}

fn read(root: Node, reading: Reading) -> Result<Config> {
    let r = Reader(&root, &reading.origins);
    let mut warnings = reading.warnings;
    let main = reading
        .loaded
        .first()
        .map_or_else(|| "built in".to_owned(), |l| l.path.display().to_string());
    let log_level = r.text("log_level").to_ascii_lowercase();
    let Some(level) = Level::by_name(&log_level) else {
        bail!("Unknown log level {log_level}");
    };
    let iso_time = r.flag("time_format_iso_8601");
    let log = Settings {
        level,
        stderr: r.flag("log_stderr"),
        syslog: r
            .flag("log_syslog")
            .then(|| PathBuf::from(r.text("syslog_output.socket"))),
        iso_time,
    };
    let engine = engine(&r, &main)?;
    let section = match r.text("engine.kind") {
        "kmod" => "engine.kmod",
        _ => "engine.modern_ebpf",
    };
    let preset = r.number(&format!("{section}.buf_size_preset"));
    if !(1..=10).contains(&preset) {
        bail!("{section}.buf_size_preset must be from 1 to 10, not {preset}");
    }
    let rules_files = match (r.node("rules_files"), r.node("rules_file")) {
        (Some(_), Some(_)) => {
            bail!(
                "Error reading config file ({main}): both 'rules_files' and 'rules_file' keys set"
            )
        }
        (None, Some(_)) => {
            warnings.push(
                "Using deprecated config key 'rules_file' (singular form). Please use new \
                 'rules_files' config key (plural form)."
                    .to_owned(),
            );
            r.list("rules_file")
        }
        _ => r.list("rules_files"),
    };
    let rules_paths: Vec<PathBuf> = rules_files.into_iter().map(PathBuf::from).collect();
    let priority = priority(&r, &main)?;
    let matching = match r.text("rule_matching") {
        "first" => Matching::First,
        "all" => Matching::All,
        other => {
            bail!("Unknown rule matching strategy \"{other}\"--must be one of first, all")
        }
    };
    let (drops, drop_actions) = drops(&r, &main)?;
    plugins(&r, &main, &mut warnings)?;
    let mode = r.text("capture.mode");
    if !["rules", "all_rules"].contains(&mode) {
        bail!(
            "Error reading config file ({main}): capture.mode '{mode}' is not a valid mode, must be \
             'rules' or 'all_rules'."
        );
    }
    Ok(Config {
        log,
        engine,
        buffer_bytes: buffer_bytes(
            1 << (19 + preset),
            r.number("engine.modern_ebpf.cpus_for_each_buffer"),
        ),
        drop_failed: r.flag(&format!("{section}.drop_failed_exit")),
        rules_files: rules_paths.iter().filter(|p| p.exists()).cloned().collect(),
        rules_paths,
        sources: reading.sources,
        watch: r.flag("watch_config_files"),
        switches: switches(&r)?,
        priority,
        matching,
        append: r.items("append_output").iter().map(append).collect(),
        static_fields: static_fields(&r),
        json: Json {
            enabled: r.flag("json_output"),
            output: r.flag("json_include_output_property"),
            message: r.flag("json_include_message_property"),
            fields: r.flag("json_include_output_fields_property"),
            tags: r.flag("json_include_tags_property"),
        },
        iso_time,
        base64: r.flag("buffer_format_base64"),
        channels: outputs::channels(&r, &main)?,
        collapse: outputs::collapse(&r, &main)?,
        captures: r.flag("capture.enabled").then(|| Captures {
            prefix: r.text("capture.path_prefix").to_owned(),
            all_rules: r.text("capture.mode") == "all_rules",
            duration: Duration::from_millis(r.number("capture.default_duration")),
            max_bytes: match r.number("capture.max_file_size_mb") {
                0 => None,
                n => Some(n.saturating_mul(1 << 20)),
            },
        }),
        buffered: r.flag("buffered_outputs"),
        queue_capacity: usize::try_from(r.number("outputs_queue.capacity")).unwrap_or(usize::MAX),
        output_timeout: Duration::from_millis(r.number("output_timeout")),
        drops,
        drop_actions,
        max_timeouts: r.number("syscall_event_timeouts.max_consecutives"),
        sandbox: r.flag("sandbox.enabled"),
        webserver: webserver(&r, &main)?,
        metrics: metrics(&r, &main)?,
        base_syscalls: BaseSyscalls {
            custom_set: r
                .list("base_syscalls.custom_set")
                .into_iter()
                .map(str::to_owned)
                .collect(),
            repair: r.flag("base_syscalls.repair"),
            all: r.flag("base_syscalls.all"),
        },
        threads: usize::try_from(r.number("falco_libs.thread_table_size")).unwrap_or(usize::MAX),
        snaplen: match r.number("falco_libs.snaplen") {
            0 => 80,
            n => n,
        },
        loaded: reading.loaded,
        origins: reading.origins,
        warnings,
        tree: root,
    })
}

/// The share of one CPU in a ring buffer of `bytes` that `cpus` share (0: all CPUs).
fn buffer_bytes(bytes: u64, cpus: u64) -> u64 {
    let online = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let sharing = if cpus == 0 { online } else { cpus.min(online) };
    let share = bytes / sharing.max(1);
    let least = u64::try_from(lanner_probe::MIN_BUFFER).unwrap_or(bytes);
    // Rounded down to a power of two, as the kernel wants it.
    (1 << share.max(1).ilog2()).max(least)
}

fn engine(r: &Reader<'_>, main: &str) -> Result<Engine> {
    Ok(match r.text("engine.kind") {
        // One probe of ours serves for both.
        "modern_ebpf" | "kmod" => Engine::Live,
        "nodriver" => Engine::Nothing,
        "replay" => match r.text("engine.replay.capture_file") {
            "" => bail!(
                "Error reading config file ({main}): engine.kind is 'replay' but no \
                 engine.replay.capture_file specified."
            ),
            file => Engine::Replay(PathBuf::from(file)),
        },
        other => {
            bail!("Error reading config file ({main}): engine.kind '{other}' is not a valid kind.")
        }
    })
}

fn priority(r: &Reader<'_>, main: &str) -> Result<Priority> {
    let given = r.text("priority");
    Priority::parse(given).with_context(|| {
        format!(
            "Error reading config file ({main}): Unknown priority \"{given}\"--must be one of \
             emergency, alert, critical, error, warning, notice, informational, debug"
        )
    })
}

fn drops(r: &Reader<'_>, main: &str) -> Result<(DropSettings, DropActions)> {
    let threshold = r.fraction("syscall_event_drops.threshold");
    if !(0.0..=1.0).contains(&threshold) {
        bail!(
            "Error reading config file ({main}): syscall event drops threshold must be in the \
             range [0, 1]"
        );
    }
    let actions = r.list("syscall_event_drops.actions");
    for action in &actions {
        if !["ignore", "log", "alert", "exit"].contains(action) {
            bail!(
                "Error reading config file ({main}): available actions for syscall event drops \
                   are \"ignore\", \"log\", \"alert\", and \"exit\""
            );
        }
    }
    if actions.contains(&"ignore") && actions.iter().any(|a| *a == "log" || *a == "alert") {
        bail!(
            "Error reading config file ({main}): syscall event drops action \"ignore\" cannot \
               be used with others"
        );
    }
    if r.number("syscall_event_timeouts.max_consecutives") == 0 {
        bail!(
            "Error reading config file ({main}): the maximum consecutive timeouts without an \
               event must be an unsigned integer > 0"
        );
    }
    let settings = DropSettings {
        threshold,
        rate: r.fraction("syscall_event_drops.rate"),
        burst: r.fraction("syscall_event_drops.max_burst"),
        simulate: r.flag("syscall_event_drops.simulate_drops"),
    };
    let actions = DropActions {
        log: actions.contains(&"log"),
        alert: actions.contains(&"alert"),
        exit: actions.contains(&"exit"),
    };
    Ok((settings, actions))
}

/// Plugins cannot be loaded; the fields of the container plugin are built in.
fn plugins(r: &Reader<'_>, main: &str, warnings: &mut Vec<String>) -> Result<()> {
    let name_of = |plugin: &'_ Node| {
        plugin
            .get("name")
            .and_then(Node::to_text)
            .map(str::to_owned)
    };
    let known: Vec<String> = r.items("plugins").iter().filter_map(name_of).collect();
    let wanted: Vec<String> = match r.node("load_plugins") {
        Some(_) => r
            .list("load_plugins")
            .into_iter()
            .map(str::to_owned)
            .collect(),
        None => known.clone(),
    };
    for name in wanted.iter().filter(|name| *name != "container") {
        if !known.contains(name) {
            bail!(
                "Error reading config file ({main}): Cannot load plugin '{name}': plugin config not \
                 found for given name"
            );
        }
        warnings.push(format!(
            "plugin '{name}' is not loaded: there are no plugins but container, whose fields are \
             built in"
        ));
    }
    Ok(())
}

fn webserver(r: &Reader<'_>, main: &str) -> Result<Webserver> {
    let address = r.text("webserver.listen_address");
    let address: IpAddr = address.parse().map_err(|_| {
        anyhow!(
            "Error reading config file ({main}): webserver listen address \"{address}\" is not \
             a valid IP address"
        )
    })?;
    let port = r.number("webserver.listen_port");
    let port = u16::try_from(port).map_err(|_| {
        anyhow!("Error reading config file ({main}): webserver.listen_port {port} is no port")
    })?;
    Ok(Webserver {
        enabled: r.flag("webserver.enabled"),
        address,
        port,
        healthz: r.text("webserver.k8s_healthz_endpoint").to_owned(),
        prometheus: r.flag("webserver.prometheus_metrics_enabled"),
        tls: r.flag("webserver.ssl_enabled"),
        certificate: PathBuf::from(r.text("webserver.ssl_certificate")),
    })
}

fn metrics(r: &Reader<'_>, main: &str) -> Result<Metrics> {
    let interval = r.text("metrics.interval");
    let interval = duration(interval).filter(|d| *d >= Duration::from_millis(100));
    let interval = interval.with_context(|| {
        format!(
            "Error reading config file ({main}): metrics.interval is a duration of at least 100ms \
             such as 1h30m, 15m or 5000ms (units y, w, d, h, m, s, ms)"
        )
    })?;
    let file = r.text("metrics.output_file");
    Ok(Metrics {
        enabled: r.flag("metrics.enabled"),
        interval,
        rule: r.flag("metrics.output_rule"),
        file: (!file.is_empty()).then(|| PathBuf::from(file)),
        rules: r.flag("metrics.rules_counters_enabled"),
        resources: r.flag("metrics.resource_utilization_enabled"),
        state: r.flag("metrics.state_counters_enabled"),
        kernel: r.flag("metrics.kernel_event_counters_enabled"),
        kernel_per_cpu: r.flag("metrics.kernel_event_counters_per_cpu_enabled"),
        megabytes: r.flag("metrics.convert_memory_to_mb"),
        empty: r.flag("metrics.include_empty_values"),
    })
}

/// A duration as [`duration`] reads it, or 0, which needs no unit.
fn duration_or_zero(text: &str) -> Option<Duration> {
    match text.trim() {
        "0" => Some(Duration::ZERO),
        text => duration(text),
    }
}

/// A duration as Prometheus writes it: numbers with units, from the longest unit to the shortest,
/// each at most once.
fn duration(text: &str) -> Option<Duration> {
    const UNITS: [(&str, u64); 7] = [
        ("y", 365 * 86_400_000),
        ("w", 7 * 86_400_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1000),
        ("ms", 1),
    ];
    let mut millis = 0_u64;
    let mut rest = text.trim();
    let mut next = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, behind) = rest.split_at(digits);
        let number: u64 = number.parse().ok()?;
        let letters = behind.find(|c: char| c.is_ascii_digit());
        let (unit, behind) = behind.split_at(letters.unwrap_or(behind.len()));
        let at = UNITS.iter().position(|(name, _)| *name == unit)?;
        if at < next {
            return None;
        }
        next = at + 1;
        millis = millis.checked_add(number.checked_mul(UNITS[at].1)?)?;
        rest = behind;
    }
    (millis > 0).then(|| Duration::from_millis(millis))
}

fn switches(r: &Reader<'_>) -> Result<Vec<Switch>> {
    let mut switches = Vec::new();
    for item in r.items("rules") {
        for (verb, enable) in [("enable", true), ("disable", false)] {
            let Some(what) = item.get(verb) else {
                continue;
            };
            let rule = what.get("rule").and_then(Node::to_text);
            let tag = what.get("tag").and_then(Node::to_text);
            if rule.is_none() && tag.is_none() {
                bail!("an entry of `rules` under `{verb}` needs the key `rule` or `tag`");
            }
            let selects = rule
                .map(|r| Select::Name(r.to_owned()))
                .into_iter()
                .chain(tag.map(|t| Select::Tag(t.to_owned())));
            switches.extend(selects.map(|select| Switch { enable, select }));
        }
    }
    Ok(switches)
}

fn append(item: &Node) -> Append {
    let of_match = |key: &str| item.get("match").and_then(|m| m.get(key));
    let owned = |n: &Node| n.to_text().map(str::to_owned);
    let mut append = Append {
        source: of_match("source").and_then(owned).filter(|s| !s.is_empty()),
        tags: of_match("tags")
            .map(|n| texts(n).into_iter().map(str::to_owned).collect())
            .unwrap_or_default(),
        rule: of_match("rule").and_then(owned).filter(|s| !s.is_empty()),
        output: item.get("extra_output").and_then(owned),
        suggested: item
            .get("suggested_output")
            .and_then(Node::to_bool)
            .unwrap_or(false),
        ..Append::default()
    };
    let fields = item.get("extra_fields").and_then(Node::as_seq);
    for field in fields.unwrap_or_default() {
        match &field.value {
            Value::Map(entries) => append.texts.extend(
                entries
                    .iter()
                    .filter_map(|(k, v)| Some((k.to_text()?.to_owned(), v.to_text()?.to_owned()))),
            ),
            _ => append.fields.extend(owned(field)),
        }
    }
    append
}

fn static_fields(r: &Reader<'_>) -> Vec<(String, BString)> {
    let entries = r.node("static_fields").and_then(Node::as_map);
    let entries = entries.unwrap_or_default().iter();
    entries
        .filter_map(|(k, v)| Some((k.to_text()?.to_owned(), v.to_text()?.into())))
        .collect()
}

/// A tree as JSON: texts stay texts.
pub(crate) fn show(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Scalar(text) => serde_json::Value::from(&**text),
        Value::Seq(items) => items.iter().map(show).collect(),
        Value::Map(entries) => {
            let entries = entries.iter();
            let entries =
                entries.map(|(k, v)| (k.to_text().unwrap_or_default().to_owned(), show(v)));
            serde_json::Value::Object(entries.collect())
        }
    }
}

#[cfg(test)]
mod tests;
