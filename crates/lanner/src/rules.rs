//! The rules of a run: loading, checking, describing.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Result, anyhow, bail};
use lanner_diag::Style;
use lanner_filter::{KindSet, Scheme};
use lanner_rules::{
    Code, ErrorCode, LoadResults, Options, RulesFiles, Ruleset, Select, description_text,
};

use crate::cli::Flags;
use crate::config::Config;
use crate::log::{Level, Log};

/// How many of the further errors of a file are shown.
const SHOWN_ERRORS: usize = 20;

/// Rules that can be used, and the files they came from.
pub(crate) struct Loaded {
    /// The rules.
    pub(crate) ruleset: Ruleset,
    /// The files, in order.
    pub(crate) files: Vec<PathBuf>,
}

/// Loads the rules that the command line or the configuration names, and switches them on and off.
pub(crate) fn load(flags: &Flags, config: &Config, scheme: &Scheme, log: &Log) -> Result<Loaded> {
    let paths = if flags.rules.is_empty() {
        &config.rules_files
    } else {
        &flags.rules
    };
    if paths.is_empty() {
        bail!(
            "You must specify at least one rules file/directory via -r or a rules_file entry in \
             falco.yaml"
        );
    }
    let found = RulesFiles::find(paths);
    for path in &found.ignored {
        log.warn(format!(
            "{} is not called .yaml or .yml and is ignored",
            path.display()
        ));
    }
    let describe = flags.describe || flags.describe_rule.is_some();
    let (ruleset, results) = Ruleset::load(&found.files, scheme, &options(config, flags, describe));
    log.info("Loading rules from:");
    for result in &results.results {
        let schema = result.schema_validation();
        let level = if schema == "ok" {
            Level::Info
        } else {
            Level::Warning
        };
        log.write(
            level,
            &format!("   {} | schema validation: {schema}", result.name),
        );
        if result.successful() && !result.warnings.is_empty() {
            log.warn(result.verbose(&results.files));
        }
    }
    let Some(mut ruleset) = ruleset else {
        return Err(failure(&results));
    };
    for switch in &config.switches {
        let verb = if switch.enable {
            "Enabling"
        } else {
            "Disabling"
        };
        match &switch.select {
            Select::Name(name) => log.info(format!("{verb} rules with name: {name}")),
            Select::Tag(tag) => log.info(format!("{verb} rules with tag: {tag}")),
        }
    }
    ruleset.select(&config.switches);
    Ok(Loaded {
        ruleset,
        files: found.files,
    })
}

fn options(config: &Config, flags: &Flags, describe: bool) -> Options {
    let mut append = config.append.clone();
    // -pc and -pk once chose a preset; anything else is a text.
    let print = flags
        .print
        .as_deref()
        .filter(|p| !["c", "container", "k", "kubernetes", "m", "mesos"].contains(p));
    append.extend(print.map(|text| lanner_rules::Append {
        output: Some(text.to_owned()),
        ..lanner_rules::Append::default()
    }));
    Options {
        min_priority: config.priority,
        append,
        event_type: |kind| lanner_fields::type_behind(kind).0,
        describe,
        ..Options::default()
    }
}

/// Why rules cannot be used: first as Falco says it, then every error with its place.
fn failure(results: &LoadResults) -> anyhow::Error {
    let mut text = results.failure().unwrap_or_default();
    let errors = results
        .diagnostics()
        .filter(|d| d.severity == lanner_diag::Severity::Error && d.span().is_some());
    let mut more = 0;
    for (i, error) in errors.enumerate() {
        if i < SHOWN_ERRORS {
            text.push('\n');
            text += &lanner_diag::render(&error, &results.files, Style::Plain);
        } else {
            more += 1;
        }
    }
    if more > 0 {
        text += &format!("\n… and {more} more errors");
    }
    anyhow!(text)
}

/// `-V`: what is said of each file on standard output. The error, if there is one, is that of the
/// process.
pub(crate) fn validate(
    flags: &Flags,
    config: &Config,
    scheme: &Scheme,
    log: &Log,
) -> (String, Result<()>) {
    let describe = flags.describe || flags.describe_rule.is_some();
    log.info("Validating rules file(s):");
    for file in &flags.validate {
        log.info(format!("   {}", file.display()));
    }
    let options = options(config, flags, describe);
    let (mut ruleset, results) = Ruleset::load(&flags.validate, scheme, &options);
    let mut errors = results.results.iter().flat_map(|r| &r.errors);
    let unread = errors.any(|e| e.code == Code::Error(ErrorCode::FileRead));
    if unread || results.requirement.is_some() {
        let message = results.failure().unwrap_or_default();
        return (String::new(), Err(anyhow!(message)));
    }
    for result in &results.results {
        if result.successful() && !result.warnings.is_empty() {
            log.warn(result.verbose(&results.files));
        }
    }
    let description = ruleset
        .as_mut()
        .and_then(|r| r.describe(flags.describe_rule.as_deref(), scheme, &event_names));
    let mut text;
    if config.json.enabled {
        text = results.validation_json(description).to_string() + "\n";
    } else {
        text = results.validation() + "\n";
        if let Some(description) = description {
            text += "\n";
            text += &description_text(&description);
        }
    }
    let outcome = if results.successful() {
        Ok(())
    } else {
        Err(failure(&results))
    };
    (text, outcome)
}

/// `-L` and `-l`.
pub(crate) fn describe(
    flags: &Flags,
    config: &Config,
    scheme: &Scheme,
    ruleset: &mut Ruleset,
) -> Result<String> {
    let name = flags.describe_rule.as_deref();
    let Some(description) = ruleset.describe(name, scheme, &event_names) else {
        bail!("Rule \"{}\" is not loaded", name.unwrap_or_default());
    };
    if config.json.enabled {
        return Ok(format!("{description}\n"));
    }
    Ok(description_text(&description))
}

/// The names of the events of some kinds, in their order.
fn event_names(kinds: &KindSet) -> Vec<String> {
    let names: BTreeSet<&str> = kinds.iter().map(lanner_fields::name_of).collect();
    names.into_iter().map(str::to_owned).collect()
}
