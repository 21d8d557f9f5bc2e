//! `lanner config`: what a configuration comes to, without running it.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, anyhow};
use clap::{Args, Subcommand, ValueEnum};

use crate::config::{self, Config, Request};

/// Check a configuration, or show what its files and overrides come to.
#[derive(Args, Debug)]
pub(crate) struct ConfigCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Tell what is wrong with a configuration. Exit code: 0 if it can be used, 1 if not.
    Check {
        #[command(flatten)]
        which: Which,

        /// Doubtful keys and values, which are warnings otherwise, fail too.
        #[arg(long)]
        strict: bool,
    },
    /// Print the configuration that its files and overrides come to, each value with where it came
    /// from. Tokens are not shown.
    Show {
        #[command(flatten)]
        which: Which,

        /// Keys that are not set, too, with their defaults.
        #[arg(long)]
        all: bool,

        /// How to print.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

/// Which configuration.
#[derive(Args, Debug)]
struct Which {
    /// Configuration file. Without it, /etc/lanner/lanner.yaml or /etc/falco/falco.yaml if there
    /// is one.
    #[arg(short = 'c', value_name = "PATH")]
    config: Option<PathBuf>,

    /// Set a configuration key, as for a run.
    #[arg(short = 'o', long = "option", value_name = "KEY=VALUE")]
    options: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// YAML, with the origins as comments.
    #[default]
    Yaml,
    /// One JSON object: dotted keys, each with `value` and `origin` (null for a default).
    Json,
}

impl Which {
    fn load(&self) -> Result<Config> {
        config::load(&Request {
            path: self.config.as_deref(),
            options: &self.options,
        })
    }
}

/// Does what was asked for.
pub(crate) fn run(command: &ConfigCommand) -> Result<ExitCode> {
    let (text, code) = match &command.what {
        What::Check { which, strict } => check(&which.load()?, *strict)?,
        What::Show { which, all, format } => {
            let config = which.load()?;
            let text = match format {
                Format::Yaml => config::origin::yaml(&config, *all),
                Format::Json => format!("{:#}\n", config::origin::json(&config, *all)),
            };
            (text, ExitCode::SUCCESS)
        }
    };
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(code)
}

fn check(config: &Config, strict: bool) -> Result<(String, ExitCode)> {
    let mut text = String::new();
    if config.loaded.is_empty() {
        text += "no configuration file: defaults, and what the command line says\n";
    }
    for file in &config.loaded {
        text += &format!("{}: {}\n", file.path.display(), file.validation);
    }
    let doubtful = config.warnings.len();
    if doubtful == 0 {
        return Ok((text, ExitCode::SUCCESS));
    }
    let warnings = config.warnings.join("\n");
    if strict {
        return Err(anyhow!("{doubtful} doubtful keys or values\n{warnings}"));
    }
    text += &warnings;
    text.push('\n');
    Ok((text, ExitCode::SUCCESS))
}
