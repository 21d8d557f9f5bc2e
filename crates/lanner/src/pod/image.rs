//! `lanner pod image`: the images that pods are made of.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use lanner_pod::image::Reference;

use super::{Shared, print, table};

/// Load, pull, list and remove images.
#[derive(Args, Debug)]
pub(crate) struct ImageArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Take in an image from an OCI layout or a `docker save` archive: a file, packed or not, or a
    /// folder.
    Load {
        /// The archive.
        #[arg(value_name = "FILE")]
        path: PathBuf,
        /// The name to give it [default: the one in the archive].
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
    /// Pull an image from its registry.
    Pull {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// List images.
    #[command(visible_alias = "list")]
    Ls,
    /// Remove images.
    Rm {
        /// Their names.
        #[arg(value_name = "NAME", required = true)]
        names: Vec<String>,
    },
}

pub(crate) fn run(shared: &Shared, args: &ImageArgs) -> Result<ExitCode> {
    let store = shared.home().images()?;
    match &args.verb {
        Verb::Load { path, name } => {
            let name = name.as_deref().map(Reference::parse).transpose()?;
            for loaded in store.load(path, name.as_ref())? {
                print(&format!("Loaded image: {loaded}\n"))?;
            }
        }
        Verb::Pull { name } => {
            let image = store.pull(&Reference::parse(name)?)?;
            print(&format!("{}@{}\n", image.reference.name(), image.digest))?;
        }
        Verb::Ls => {
            let heads = ["IMAGE", "TAG", "IMAGE ID", "SIZE"].map(str::to_owned);
            let mut rows = vec![heads.to_vec()];
            for (name, image) in store.list()? {
                rows.push(match image {
                    Ok(image) => vec![
                        image.reference.name(),
                        image
                            .reference
                            .tag
                            .clone()
                            .unwrap_or_else(|| "<none>".to_owned()),
                        image
                            .id
                            .trim_start_matches("sha256:")
                            .chars()
                            .take(13)
                            .collect(),
                        size(image.size),
                    ],
                    Err(error) => vec![
                        name,
                        String::new(),
                        String::new(),
                        format!("damaged: {error}"),
                    ],
                });
            }
            print(&table(&rows))?;
        }
        Verb::Rm { names } => {
            for name in names {
                let reference = Reference::parse(name)?;
                store.remove(&reference)?;
                print(&format!("Deleted: {reference}\n"))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Bytes as `crictl` prints them.
fn size(bytes: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1000, "kB")];
    match units.iter().find(|(least, _)| bytes >= *least) {
        Some((least, unit)) => format!("{:.3}{unit}", bytes as f64 / *least as f64),
        None => format!("{bytes}B"),
    }
}
