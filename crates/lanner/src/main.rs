//! Lanner: behavioural monitoring for Linux. The command line, the configuration and everything
//! that talks to people; the work is done in the other crates, all of which it may use.
#![forbid(unsafe_code)]

mod board;
mod captures;
mod cli;
mod config;
mod config_command;
mod diff_alerts;
mod digest;
mod doctor;
mod endpoints;
mod filter;
mod http;
mod info;
mod internal;
mod launcher;
mod legacy;
mod list_events;
mod list_fields;
mod log;
mod manual;
mod metrics;
mod monitor;
mod notify;
mod outputs;
mod pod;
mod prepare;
mod record;
mod reload;
mod rules;
mod run;
mod sandbox;
mod seccomp;
mod show;
mod signals;
mod source;
mod summary;
mod takeover;
mod version;
mod watch;
mod watched;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Result;
use lanner_output::Programs;

use crate::cli::{Invocation, Task};
use crate::config::Config;
use crate::log::Log;
use crate::run::Run;

fn main() -> ExitCode {
    let task = match cli::parse(std::env::args_os()) {
        Ok(task) => task,
        Err(error) => {
            let code = match (error.use_stderr(), std::env::args_os().nth(1)) {
                (false, _) => 0,
                (true, Some(verb)) if verb == "seccomp" => seccomp::CANNOT,
                (true, _) => 1,
            };
            // Nobody is left to tell if the terminal is gone.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let outcome = match &task {
        Task::Monitor(invocation) => execute(invocation).map(|()| ExitCode::SUCCESS),
        Task::Launch(invocation) => launcher::serve(invocation).map(|()| ExitCode::SUCCESS),
        Task::Show(show) => show::run(show).map(|()| ExitCode::SUCCESS),
        Task::Record(record) => record::run(record),
        Task::DiffAlerts(diff) => diff_alerts::run(diff),
        Task::Config(config) => config_command::run(config),
        Task::Doctor(doctor) => doctor::run(doctor),
        Task::Seccomp(seccomp) => Ok(seccomp::run(seccomp)),
        Task::Pod(pod) => Ok(pod::run(pod)),
        Task::Completions(completions) => manual::completions(completions),
        Task::Man(man) => manual::pages(man),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            // Nobody is left to tell if stderr is closed.
            let _ = writeln!(std::io::stderr(), "Error: {error:#}");
            run::exit_code(&error)
        }
    }
}

/// Does what the command line asks for, in Falco's order: what only prints comes first.
fn execute(invocation: &Arc<Invocation>) -> Result<()> {
    let flags = &invocation.flags;
    let log = Arc::new(Log::new());
    let mut legacy = flags.legacy.translate();
    if flags.markdown {
        let warning = "--markdown is deprecated, use --format markdown instead.";
        legacy.warnings.push(warning.to_owned());
    }
    if let Some(text) = info::without_config(flags, legacy.list_events) {
        warn(&log, &legacy.warnings);
        return print(&text);
    }
    let read_at = SystemTime::now();
    let config = Arc::new(prepare::configure(invocation)?);
    log.configure(config.log.clone());
    warn(&log, &legacy.warnings);
    if let Some(text) = info::with_config(flags, &config)? {
        return print(&text);
    }
    greet(&log, &config);
    warn(&log, &config.warnings);
    info::check_sources(flags)?;
    let fields = prepare::fields(&config);
    let scheme = lanner_fields::scheme_for(&fields);
    if !flags.validate.is_empty() {
        let (text, outcome) = rules::validate(flags, &config, &scheme, &log);
        print(&text)?;
        return outcome;
    }
    let mut loaded = rules::load(flags, &config, &scheme, &log)?;
    if flags.describe || flags.describe_rule.is_some() {
        return print(&rules::describe(
            flags,
            &config,
            &scheme,
            &mut loaded.ruleset,
        )?);
    }
    if flags.support {
        return print(&info::support(&config, &loaded.files));
    }
    let rules = (loaded.ruleset, loaded.files);
    let sandbox = config.sandbox && !flags.no_sandbox;
    let programs = match sandbox && !flags.dry_run {
        true => launcher::start(&config),
        false => Programs::Here,
    };
    let prepared = prepare::compile(config, &scheme, fields, rules, &programs, &log)?;
    let run = Run {
        invocation: Arc::clone(invocation),
        sandbox,
        programs,
        prepared,
        log,
        read_at,
    };
    run.start()
}

/// The first lines of the log.
fn greet(log: &Log, config: &Config) {
    let arch = std::env::consts::ARCH;
    log.info(format!(
        "Falco version: {} ({arch}), provided by Lanner {}",
        version::FALCO,
        version::LANNER
    ));
    let arguments: Vec<String> = std::env::args().collect();
    log.debug(format!("CLI args: {}", arguments.join(" ")));
    if config.loaded.is_empty() {
        log.info("No configuration file: defaults, and what the command line says");
    } else {
        log.info("Falco initialized with configuration files:");
    }
    for file in &config.loaded {
        let validation = &file.validation;
        let path = file.path.display();
        log.info(format!("   {path} | schema validation: {validation}"));
    }
    if let Ok(system) = std::fs::read_to_string("/proc/version") {
        log.info(format!("System info: {}", system.trim_end()));
    }
}

fn warn(log: &Log, messages: &[String]) {
    messages.iter().for_each(|m| log.warn(m));
}

fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}
