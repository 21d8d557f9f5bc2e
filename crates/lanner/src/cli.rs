//! The command line: Falco's flags, and our subcommands.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::config_command::ConfigCommand;
use crate::doctor::Doctor;
use crate::launcher;
use crate::legacy::Legacy;
use crate::pod::PodArgs;
use crate::seccomp::Seccomp;

/// What a command line asks for.
pub(crate) struct Invocation {
    /// Flags as given.
    pub(crate) flags: Flags,
    /// A capture named by `replay FILE`.
    pub(crate) replay: Option<PathBuf>,
}

/// What to do.
pub(crate) enum Task {
    /// Falco's part: monitor, replay, or print something about it.
    Monitor(Arc<Invocation>),
    /// Start programs for a monitor that was called like this.
    Launch(Arc<Invocation>),
    /// `show`.
    Show(Show),
    /// `record`.
    Record(Record),
    /// `diff-alerts`.
    DiffAlerts(DiffAlerts),
    /// `config`.
    Config(ConfigCommand),
    /// `doctor`.
    Doctor(Doctor),
    /// `seccomp`.
    Seccomp(Box<Seccomp>),
    /// `pod`.
    Pod(Box<PodArgs>),
    /// `completions`.
    Completions(Completions),
    /// `man`.
    Man(Man),
}

/// Print the events of a capture.
#[derive(Args, Debug)]
pub(crate) struct Show {
    /// The capture, plain or gzipped; `-` reads it from standard input.
    pub(crate) file: PathBuf,

    /// Print only events that satisfy this condition, written as in rules.
    #[arg(value_name = "FILTER")]
    pub(crate) filter: Vec<String>,

    /// What to print of each event, written as the output of a rule.
    #[arg(short = 'p', long = "print", value_name = "FORMAT", default_value = crate::show::FORMAT)]
    pub(crate) format: String,

    /// Print what is inside instead: time span, events by type, processes, containers.
    #[arg(long)]
    pub(crate) summary: bool,

    /// Stop after so many events were printed.
    #[arg(short = 'n', value_name = "COUNT")]
    pub(crate) count: Option<u64>,
}

/// Write what happens on this machine to a capture.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lanner record -w incident.scap.gz -M 60\n  \
    lanner record -w build.scap -- make\n  \
    lanner record -w web.scap -f 'container.name = web'")]
pub(crate) struct Record {
    /// The capture; compressed if its name ends in .gz.
    #[arg(short = 'w', long = "write", value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Stop after so many seconds; otherwise with the command, or on Ctrl-C.
    #[arg(short = 'M', value_name = "SECONDS", default_value_t = 0)]
    pub(crate) duration: u64,

    /// Write only events that satisfy this condition, written as in rules; those that start and
    /// end processes are always written.
    #[arg(short = 'f', long, value_name = "FILTER")]
    pub(crate) filter: Option<String>,

    /// Bytes kept of what is read, written, sent and received.
    #[arg(short = 's', long, value_name = "BYTES", default_value_t = 80)]
    pub(crate) snaplen: u16,

    /// Bytes of the ring buffer of each CPU, a power of two.
    #[arg(long, value_name = "BYTES", default_value_t = 8 << 20)]
    pub(crate) buffer: usize,

    /// A command to run meanwhile; recording ends with it, and with its exit code.
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// Compare the alerts of two versions of rules over captures.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit code: 0 if the alerts are the same, 1 if not, 2 if they cannot be compared."
)]
pub(crate) struct DiffAlerts {
    /// The old rules: a file, or a folder of .yml and .yaml files.
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,

    /// The new rules.
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,

    /// A capture to compare them on; may be repeated.
    #[arg(short = 'e', long = "capture", value_name = "FILE", required = true)]
    pub(crate) captures: Vec<PathBuf>,

    /// Alerts shown of each rule that differ.
    #[arg(short = 'n', value_name = "COUNT", default_value_t = 3)]
    pub(crate) examples: usize,
}

/// Print the completion script of a shell.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lanner completions bash > /etc/bash_completion.d/lanner\n  \
    lanner completions zsh --name falco > /usr/local/share/zsh/site-functions/_falco")]
pub(crate) struct Completions {
    /// The shell.
    pub(crate) shell: Shell,

    /// The name that the binary is called by.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) name: Name,
}

/// Write the manual pages into a folder.
#[derive(Args, Debug)]
pub(crate) struct Man {
    /// The folder.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}

/// A name of the binary; its flags and subcommands depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Name {
    /// With subcommands.
    #[default]
    Lanner,
    /// Flags only, as Falco has them.
    Falco,
}

impl Name {
    /// The definition of the command line under this name.
    pub(crate) fn command(self) -> clap::Command {
        match self {
            Name::Lanner => Cli::command(),
            Name::Falco => Bare::command().name("falco"),
        }
    }
}

/// Reads the command line. Under the name `falco` there are flags only, as Falco has them.
pub(crate) fn parse(args: impl Iterator<Item = OsString>) -> Result<Task, clap::Error> {
    let args: Vec<OsString> = args.collect();
    let called = args.first().map(PathBuf::from);
    if args.first().is_some_and(|name| name == launcher::NAME) {
        return Ok(match parse(args.into_iter().skip(1))? {
            Task::Monitor(invocation) => Task::Launch(invocation),
            other => other,
        });
    }
    let falco = called.is_some_and(|p| p.file_stem().is_some_and(|name| name == "falco"));
    if falco {
        let mut command = Name::Falco.command();
        let matches = command.try_get_matches_from_mut(&args)?;
        let flags = Bare::from_arg_matches(&matches)?.flags;
        return Ok(Task::Monitor(Arc::new(Invocation {
            flags,
            replay: None,
        })));
    }
    let cli = Cli::try_parse_from(&args)?;
    let monitor = |flags, replay| Task::Monitor(Arc::new(Invocation { flags, replay }));
    Ok(match cli.command {
        None => monitor(cli.flags, None),
        Some(Command::Run(flags)) => monitor(*flags, None),
        Some(Command::Replay { file, flags }) => monitor(*flags, Some(file)),
        Some(Command::Show(show)) => Task::Show(show),
        Some(Command::Record(record)) => Task::Record(record),
        Some(Command::DiffAlerts(diff)) => Task::DiffAlerts(diff),
        Some(Command::Config(config)) => Task::Config(config),
        Some(Command::Doctor(doctor)) => Task::Doctor(doctor),
        Some(Command::Seccomp(seccomp)) => Task::Seccomp(seccomp),
        Some(Command::Pod(pod)) => Task::Pod(pod),
        Some(Command::Completions(completions)) => Task::Completions(completions),
        Some(Command::Man(man)) => Task::Man(man),
    })
}

/// Watches what programs do on this machine and tells when that is not what it should be.
///
/// Without a subcommand it monitors, as `run` does. Takes Falco's flags, rules and configuration.
#[derive(Parser)]
#[command(
    name = "lanner",
    disable_version_flag = true,
    args_override_self = true,
    args_conflicts_with_subcommands = true,
    max_term_width = 100
)]
struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Watches what programs do on this machine and tells when that is not what it should be.
#[derive(Parser)]
#[command(
    disable_version_flag = true,
    args_override_self = true,
    max_term_width = 100
)]
struct Bare {
    #[command(flatten)]
    flags: Flags,
}

#[derive(Subcommand)]
enum Command {
    /// Monitor this machine.
    #[command(args_override_self = true)]
    Run(Box<Flags>),
    /// Run the rules over a capture; `-` reads it from standard input.
    #[command(args_override_self = true)]
    Replay {
        /// The capture, a `.scap` file, plain or gzipped.
        file: PathBuf,
        #[command(flatten)]
        flags: Box<Flags>,
    },
    Show(Show),
    Record(Record),
    DiffAlerts(DiffAlerts),
    Config(ConfigCommand),
    Doctor(Doctor),
    Seccomp(Box<Seccomp>),
    Pod(Box<PodArgs>),
    Completions(Completions),
    #[command(hide = true)]
    Man(Man),
}

/// How listings are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people.
    #[default]
    Text,
    /// A table in Markdown.
    Markdown,
    /// One JSON object.
    Json,
}

/// Falco's flags.
#[derive(Args, Debug, Default)]
pub(crate) struct Flags {
    /// Configuration file. Without it, /etc/lanner/lanner.yaml or /etc/falco/falco.yaml if there
    /// is one.
    #[arg(short = 'c', value_name = "PATH")]
    pub(crate) config: Option<PathBuf>,

    /// Rules file, or folder of .yml and .yaml files; may be repeated. Replaces rules_files of the
    /// configuration.
    #[arg(short = 'r', value_name = "PATH")]
    pub(crate) rules: Vec<PathBuf>,

    /// Stop after so many seconds.
    #[arg(short = 'M', value_name = "SECONDS", default_value_t = 0)]
    pub(crate) duration: u64,

    /// Set a configuration key: key=value, key.subkey=value, key[n]=value, key[]=value.
    #[arg(short = 'o', long = "option", value_name = "KEY=VALUE")]
    pub(crate) options: Vec<String>,

    /// Write each alert as soon as it is raised.
    #[arg(short = 'U', long)]
    pub(crate) unbuffered: bool,

    /// Check rules files and exit; may be repeated.
    #[arg(short = 'V', long, value_name = "FILE")]
    pub(crate) validate: Vec<PathBuf>,

    /// Say more.
    #[arg(short = 'v')]
    pub(crate) verbose: bool,

    /// Describe the loaded rules and exit; all of it with -o json_output=true.
    #[arg(short = 'L')]
    pub(crate) describe: bool,

    /// Describe one rule and exit.
    #[arg(short = 'l', value_name = "RULE")]
    pub(crate) describe_rule: Option<String>,

    /// List the fields that rules can use (of one event source) and exit.
    #[arg(long, value_name = "SOURCE", num_args = 0..=1, require_equals = true,
          default_missing_value = "")]
    pub(crate) list: Option<String>,

    /// List the events that rules can match and exit.
    #[arg(long)]
    pub(crate) list_events: bool,

    /// With --list or --list-events: how to print.
    #[arg(
        long,
        value_name = "FORMAT",
        ignore_case = true,
        conflicts_with = "markdown"
    )]
    pub(crate) format: Option<ListFormat>,

    /// Same as --format markdown.
    #[arg(long)]
    pub(crate) markdown: bool,

    /// With --list: names only.
    #[arg(short = 'N')]
    pub(crate) names_only: bool,

    /// Do everything but process events.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Print the system calls that are left out unless base_syscalls.all is set, and exit.
    #[arg(short = 'i')]
    pub(crate) ignored: bool,

    /// Run only these event sources; may be repeated.
    #[arg(long, value_name = "SOURCE", conflicts_with = "disable_source")]
    pub(crate) enable_source: Vec<String>,

    /// Leave out these event sources; may be repeated.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) disable_source: Vec<String>,

    /// Append this to the output of every rule. -pc and -pk do nothing: container and pod are
    /// appended by append_output.
    #[arg(short = 'p', long, value_name = "FORMAT")]
    pub(crate) print: Option<String>,

    /// Keep all capabilities, and load no seccomp filter (as -o sandbox.enabled=false).
    #[arg(long)]
    pub(crate) no_sandbox: bool,

    /// Write the process id to this file.
    #[arg(short = 'P', long, value_name = "FILE")]
    pub(crate) pidfile: Option<PathBuf>,

    /// Print the loaded plugins and exit.
    #[arg(long)]
    pub(crate) list_plugins: bool,

    /// Print one plugin's information and exit.
    #[arg(long, value_name = "NAME")]
    pub(crate) plugin_info: Option<String>,

    /// Print what a bug report needs as JSON and exit.
    #[arg(long)]
    pub(crate) support: bool,

    /// Print the JSON Schema of configuration files and exit.
    #[arg(long)]
    pub(crate) config_schema: bool,

    /// Print the JSON Schema of rules files and exit.
    #[arg(long)]
    pub(crate) rule_schema: bool,

    /// Print the size of a memory page and exit.
    #[arg(long)]
    pub(crate) page_size: bool,

    /// Print versions and exit.
    #[arg(long)]
    pub(crate) version: bool,

    #[command(flatten)]
    pub(crate) legacy: Legacy,
}

impl Flags {
    /// How listings are to be printed.
    pub(crate) fn list_format(&self) -> ListFormat {
        if self.markdown {
            return ListFormat::Markdown;
        }
        self.format.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Invocation, clap::Error> {
        match parse(line.split(' ').map(OsString::from))? {
            Task::Monitor(invocation) => Ok(Arc::into_inner(invocation).unwrap()),
            _ => panic!("{line} does not monitor"),
        }
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
        Bare::command().debug_assert();
    }

    #[test]
    fn falcos_ways_of_writing_flags_are_read() {
        let flags = read("falco -M 45 -r a.yml -rb.yml -o json_output=true -U -pc")
            .unwrap()
            .flags;
        assert_eq!(flags.duration, 45);
        assert_eq!(flags.rules, ["a.yml", "b.yml"].map(PathBuf::from));
        assert_eq!(flags.options, ["json_output=true"]);
        assert_eq!(flags.print.as_deref(), Some("c"));
        assert!(flags.unbuffered);
        let flags = read("/usr/bin/falco --list=syscall -N --option a=1,2 -o b=2")
            .unwrap()
            .flags;
        assert_eq!(flags.list.as_deref(), Some("syscall"));
        assert_eq!(flags.options, ["a=1,2", "b=2"]);
        assert_eq!(
            read("falco --list -v").unwrap().flags.list.as_deref(),
            Some("")
        );
        assert_eq!(read("falco -M 1 -M 2").unwrap().flags.duration, 2);
    }

    #[test]
    fn the_same_flags_go_with_every_way_to_run() {
        let flags = read("lanner -r a").unwrap().flags;
        assert_eq!(flags.rules.len(), 1);
        let flags = read("lanner run -r a").unwrap().flags;
        assert_eq!(flags.rules.len(), 1);
        let run = read("lanner replay x.scap -r a -r b").unwrap();
        assert_eq!(run.replay, Some(PathBuf::from("x.scap")));
        assert_eq!(run.flags.rules.len(), 2);
    }

    #[test]
    fn what_cannot_be_meant_is_an_error() {
        for line in [
            "falco --nosuch",
            "falco -M x",
            "falco --format xml --list",
            "falco --markdown --format text",
            "falco --enable-source a --disable-source b",
            "falco run",
            "lanner replay",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
