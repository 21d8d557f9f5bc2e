//! From a command line to everything that a run needs: the configuration read, the rules loaded
//! and compiled. Done at the start, and again beside a running monitor for each reload.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, anyhow, bail};
use lanner_engine::selection::{self, Selected};
use lanner_engine::{CompiledRuleset, Settings, Template};
use lanner_filter::{PrintOptions, Scheme};
use lanner_output::{Opened, Programs};
use lanner_rules::Ruleset;

use crate::cli::Invocation;
use crate::config::{self, Config, Engine};
use crate::log::Log;
use crate::outputs;
use crate::rules;

/// A configuration, and its rules ready to be matched.
pub(crate) struct Prepared {
    /// The configuration.
    pub(crate) config: Arc<Config>,
    /// The rules.
    pub(crate) rules: CompiledRuleset,
    /// How values of fields print.
    pub(crate) fields: lanner_fields::Settings,
    /// What the source is to deliver.
    pub(crate) selected: Selected,
    /// The outputs, open.
    pub(crate) outputs: Opened,
    /// The rules files that were read, in order.
    pub(crate) files: Vec<PathBuf>,
}

/// Reads the configuration; flags that stand for keys come before `-o`, which wins.
pub(crate) fn configure(invocation: &Invocation) -> Result<Config> {
    let flags = &invocation.flags;
    let mut options = flags.legacy.translate().options;
    options.extend_from_slice(&flags.options);
    if let Some(file) = &invocation.replay {
        options.push("engine.kind=replay".to_owned());
        options.push(format!("engine.replay.capture_file={}", file.display()));
    }
    if flags.unbuffered {
        options.push("buffered_outputs=false".to_owned());
    }
    config::load(&config::Request {
        path: flags.config.as_deref(),
        options: &options,
    })
}

/// The fields that rules can use under a configuration.
pub(crate) fn fields(config: &Config) -> lanner_fields::Settings {
    lanner_fields::Settings {
        base64: config.base64,
        statics: config.static_fields.clone(),
        ..lanner_fields::Settings::default()
    }
}

/// Compiles loaded rules, and finds out what they need of the source.
pub(crate) fn compile(
    config: Arc<Config>,
    scheme: &Scheme,
    mut fields: lanner_fields::Settings,
    (ruleset, files): (Ruleset, Vec<PathBuf>),
    programs: &Programs,
    log: &Log,
) -> Result<Prepared> {
    let hostname = crate::run::hostname();
    let outputs = outputs::open(&config, &hostname, programs, log);
    if outputs.is_empty() {
        bail!(
            "No output configured, please make sure at least one output is configured and enabled."
        );
    }
    fields.hostname = Some(hostname.into());
    let selected = select(&config, &ruleset, scheme, log);
    let time = match config.iso_time {
        true => "%evt.time.iso8601",
        false => "%evt.time",
    };
    let settings = Settings {
        matching: config.matching,
        time: Template::parse(time, scheme).map_err(|e| anyhow!(e))?,
        print: PrintOptions {
            base64: config.base64,
        },
    };
    Ok(Prepared {
        outputs,
        rules: CompiledRuleset::new(ruleset, settings),
        config,
        fields,
        selected,
        files,
    })
}

/// All of it, as a reload needs it.
pub(crate) fn prepare(invocation: &Invocation, programs: &Programs, log: &Log) -> Result<Prepared> {
    let config = Arc::new(configure(invocation)?);
    config.warnings.iter().for_each(|w| log.warn(w));
    let fields = fields(&config);
    let scheme = lanner_fields::scheme_for(&fields);
    let loaded = rules::load(&invocation.flags, &config, &scheme, log)?;
    let rules = (loaded.ruleset, loaded.files);
    compile(config, &scheme, fields, rules, programs, log)
}

/// What the source is to deliver.
fn select(config: &Config, ruleset: &Ruleset, scheme: &Scheme, log: &Log) -> Selected {
    let needs = lanner_engine::needs(ruleset, scheme);
    let mut selected = selection::select(&needs, &config.base_syscalls);
    if config.drop_failed {
        selected.wanted.drop_failed();
    }
    if !selected.unknown.is_empty() {
        log.warn(format!(
            "Invalid syscall names: warning (base_syscalls override): {}",
            selected.unknown.join(", ")
        ));
    }
    if !selected.unmet.is_empty() && config.engine == Engine::Live {
        log.warn(format!(
            "Loaded rules match syscalls that are not activated: warning \
             (unsupported-evttype): {}. Syscalls of high volume are activated by -o \
             base_syscalls.all=true; others may be left out by base_syscalls.custom_set",
            selected.unmet.names().join(", ")
        ));
    }
    let names: selection::SyscallSet = selected.wanted.iter().map(|(call, _)| call).collect();
    log.debug(format!(
        "({}) syscalls selected in total (final set): {}",
        names.len(),
        names.names().join(", ")
    ));
    selected
}
