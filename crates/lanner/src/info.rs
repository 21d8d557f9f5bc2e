//! Flags that print something and end.

use std::path::PathBuf;

use anyhow::{Result, bail};
use lanner_engine::selection;
use serde_json::json;

use crate::cli::Flags;
use crate::config::{self, Config, origin};
use crate::{list_events, list_fields, version};

/// What is printed without a configuration.
pub(crate) fn without_config(flags: &Flags, list_events: bool) -> Option<String> {
    if flags.config_schema {
        return Some(format!("{:#}\n", config::config_schema()));
    }
    if flags.rule_schema {
        return Some(format!("{:#}\n", lanner_rules::rule_schema()));
    }
    if flags.ignored {
        let names = selection::ignored().names();
        let lines: String = names.iter().map(|n| format!("- {n}\n")).collect();
        return Some(format!("Ignored syscall(s):\n{lines}\n"));
    }
    (flags.list_events || list_events).then(|| list_events::render(flags.list_format()))
}

/// What is printed once the configuration is known.
pub(crate) fn with_config(flags: &Flags, config: &Config) -> Result<Option<String>> {
    if flags.version {
        return Ok(Some(match config.json.enabled {
            true => format!("{}\n", version::json()),
            false => version::text(),
        }));
    }
    if flags.page_size {
        let size = rustix::param::page_size();
        return Ok(Some(format!("Your system page size is: {size} bytes\n")));
    }
    if let Some(name) = &flags.plugin_info {
        if name != "container" {
            bail!(
                "no plugin '{name}': the fields of the container plugin are built in, others \
                 cannot be loaded"
            );
        }
        return Ok(Some(
            container_plugin() + "No init config, open params or schema: built in.\n",
        ));
    }
    if flags.list_plugins {
        return Ok(Some(format!("1 Plugins Loaded:\n\n{}", container_plugin())));
    }
    if let Some(source) = &flags.list {
        let request = list_fields::Request {
            source,
            format: flags.list_format(),
            names_only: flags.names_only,
            verbose: flags.verbose,
        };
        return match list_fields::render(&lanner_fields::scheme(), request) {
            Some(text) => Ok(Some(text)),
            None => bail!("Value for --list must be a valid source type"),
        };
    }
    Ok(None)
}

fn container_plugin() -> String {
    format!(
        "Name: container\n\
         Description: container metadata, built in\n\
         Contact: \n\
         Version: {}\n\
         Capabilities:\n  \
         - Field Extraction\n\n",
        version::CONTAINER_PLUGIN
    )
}

/// What a bug report needs.
pub(crate) fn support(config: &Config, rules: &[PathBuf]) -> String {
    let system = rustix::system::uname();
    let text = |s: &std::ffi::CStr| s.to_string_lossy().into_owned();
    let files = rules.iter().map(|path| {
        let content = std::fs::read(path).unwrap_or_default();
        json!({
            "name": path.display().to_string(),
            "variants": [{ "content": String::from_utf8_lossy(&content) }],
        })
    });
    let arguments: Vec<String> = std::env::args()
        .map(|a| origin::public_argument(&a))
        .collect();
    let object = json!({
        "version": version::FALCO,
        "system_info": {
            "sysname": text(system.sysname()),
            "nodename": text(system.nodename()),
            "release": text(system.release()),
            "version": text(system.version()),
            "machine": text(system.machine()),
        },
        "engine_info": version::json(),
        "cmdline": arguments.join(" "),
        "config": origin::public(config),
        "rules_files": files.collect::<Vec<_>>(),
    });
    format!("{object}\n")
}

/// Checks the event sources that were switched on or off: there is one.
pub(crate) fn check_sources(flags: &Flags) -> Result<()> {
    for (verb, names) in [
        ("enabling", &flags.enable_source),
        ("disabling", &flags.disable_source),
    ] {
        if let Some(name) = names.iter().find(|n| *n != "syscall") {
            bail!("Attempted {verb} an unknown event source: {name}");
        }
    }
    if !flags.disable_source.is_empty() {
        bail!("Must enable at least one event source");
    }
    Ok(())
}
