//! Manual pages and completion scripts, made from the definition of the command line, so that they
//! say what it says.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::{self, Name};

/// What the help of a flag has no place for: title of the section, and its entries.
const SECTIONS: &[(&str, &[(&str, &str)])] = &[
    (
        "SIGNALS",
        &[
            (
                "SIGINT, SIGTERM",
                "End: what is queued is delivered, and the summary printed.",
            ),
            (
                "SIGHUP",
                "Read configuration and rules again. If they are broken, the old ones stay.",
            ),
            (
                "SIGUSR1",
                "Close and open again what alerts are written to, after a log was rotated.",
            ),
        ],
    ),
    (
        "EXIT STATUS",
        &[
            ("0", "Success."),
            ("1", "Any failure; what and why is on standard error."),
        ],
    ),
    (
        "FILES",
        &[
            (
                "/etc/falco/falco.yaml",
                "The configuration, unless there is /etc/lanner/lanner.yaml or -c names another.",
            ),
            (
                "/etc/falco/config.d",
                "Files merged into it, in the order of their names.",
            ),
            (
                "/etc/falco/falco_rules.yaml",
                "The rules that the package brings.",
            ),
            (
                "/etc/falco/falco_rules.local.yaml, /etc/falco/rules.d",
                "Rules of this machine; loaded after those, so they can replace and extend them.",
            ),
        ],
    ),
];

/// Prints the completion script of a shell.
pub(crate) fn completions(asked: &cli::Completions) -> Result<ExitCode> {
    let mut command = asked.name.command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(asked.shell, &mut command, name, &mut script);
    crate::print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes `lanner.1`, a page for each subcommand, and `falco.1`.
pub(crate) fn pages(asked: &cli::Man) -> Result<ExitCode> {
    let folder = &asked.folder;
    fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    for name in [Name::Lanner, Name::Falco] {
        let mut command = name.command().disable_help_subcommand(true);
        command.build();
        let name = command.get_name().to_owned();
        page_of(command, folder, &name, true)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes the page of a command and those of its subcommands.
fn page_of(command: clap::Command, folder: &Path, name: &str, main: bool) -> Result<()> {
    for subcommand in command.get_subcommands().filter(|c| !c.is_hide_set()) {
        let name = format!("{name}-{}", subcommand.get_name());
        page_of(subcommand.clone(), folder, &name, false)?;
    }
    let mut text = Vec::new();
    // What a shell is told to type has spaces, the name of the page has none.
    let page = Man::new(command.display_name(name.to_owned()))
        .title(name.to_uppercase())
        .section("1")
        .source(format!("Lanner {}", crate::version::LANNER))
        .manual("Lanner")
        .date("");
    page.render(&mut text).context("rendering a manual page")?;
    if main {
        let mut roff = Roff::new();
        for (title, entries) in SECTIONS {
            roff.control("SH", [*title]);
            for (term, meaning) in *entries {
                roff.control("TP", []);
                roff.text([bold(*term)]);
                roff.text([roman(*meaning)]);
            }
        }
        roff.to_writer(&mut text)
            .context("rendering a manual page")?;
    }
    let file = folder.join(format!("{name}.1"));
    fs::write(&file, text).with_context(|| format!("writing {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_page_for_each_name_and_subcommand() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("man");
        pages(&cli::Man {
            folder: folder.clone(),
        })
        .unwrap();
        let mut names: Vec<String> = fs::read_dir(&folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        for expected in ["falco.1", "lanner-replay.1", "lanner.1"] {
            assert!(names.iter().any(|n| n == expected), "{names:?}");
        }
        assert!(
            !names
                .iter()
                .any(|n| n.contains("-man") || n.contains("-help")),
            "{names:?}"
        );
        let text = fs::read_to_string(folder.join("falco.1")).unwrap();
        assert!(
            text.contains("SIGHUP") && !text.contains("replay FILE"),
            "{text}"
        );
    }
}
