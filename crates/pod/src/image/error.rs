//! What goes wrong with images.

use std::io;
use std::path::{Path, PathBuf};

use super::ReferenceError;

/// Why an image cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// A file cannot be read or written.
    #[error("{}: {cause}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// Not a name of an image.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// Something is not what its digest says.
    #[error(
        "{what}: expected digest {expected}, found {found}: the image is damaged; get it again"
    )]
    Digest {
        /// What was read.
        what: String,
        /// The digest by which it was asked for.
        expected: String,
        /// The digest that it has.
        found: String,
    },
    /// Not an image, or a broken one.
    #[error("{what}: {why}")]
    Malformed {
        /// What was read.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// The image is of a kind that is not done.
    #[error("{what}: {why}")]
    Unsupported {
        /// What was read.
        what: String,
        /// What it would take.
        why: String,
    },
    /// The archive does not tell a name.
    #[error("{}: the archive has an image without a name; give it one with --name", .0.display())]
    Nameless(PathBuf),
    /// No such image in the store.
    #[error("Error: No such image: {0}")]
    NotFound(String),
    /// A registry refused, or could not be reached.
    #[error("{0}")]
    Registry(String),
}

impl ImageError {
    pub(crate) fn malformed(what: impl Into<String>, why: impl Into<String>) -> ImageError {
        ImageError::Malformed {
            what: what.into(),
            why: why.into(),
        }
    }
}

/// Puts the path beside an error of the system.
pub(crate) trait At<T> {
    fn at(self, path: &Path) -> Result<T, ImageError>;
}

impl<T, E: Into<io::Error>> At<T> for Result<T, E> {
    fn at(self, path: &Path) -> Result<T, ImageError> {
        self.map_err(|cause| ImageError::Io {
            path: path.to_owned(),
            cause: cause.into(),
        })
    }
}

/// An error of a parser, which may quote bytes of what it read: without what is no text, and not
/// at any length.
pub(crate) fn quoted(error: &io::Error) -> String {
    const LENGTH: usize = 120;
    let text = error.to_string();
    let clean = text.chars().filter(|c| !c.is_control() && *c != '\u{fffd}');
    clean.take(LENGTH).collect()
}
