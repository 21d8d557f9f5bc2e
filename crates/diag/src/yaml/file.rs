//! Files into text.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The largest file that is read, in bytes: 64 MiB, twice what 100,000 rules take.
pub const MAX_FILE: u64 = 64 << 20;

/// Why a file has no text.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The operating system says no.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is not a file.
    #[error("is a directory")]
    Directory,
    /// More than [`MAX_FILE`] bytes.
    #[error("has {} MiB, more than the {} MiB that are read", size >> 20, MAX_FILE >> 20)]
    TooLarge {
        /// Its size in bytes, as far as it is known.
        size: u64,
    },
    /// It has bytes that no text has.
    #[error("is not text: byte {offset} is 0x{byte:02x}")]
    Binary {
        /// Where the byte is.
        offset: usize,
        /// The byte.
        byte: u8,
    },
}

/// Reads the text of a file: UTF-8, or UTF-16 with a byte order mark (which is taken off). Bytes
/// that are not UTF-8 become U+FFFD, since a stray one in a comment should not cost the rules.
pub fn load(path: &Path) -> Result<String, LoadError> {
    let file = File::open(path)?;
    let meta = file.metadata()?;
    if meta.is_dir() {
        return Err(LoadError::Directory);
    }
    if meta.is_file() && meta.len() > MAX_FILE {
        return Err(LoadError::TooLarge { size: meta.len() });
    }
    let mut bytes = Vec::with_capacity(if meta.is_file() {
        meta.len() as usize + 1
    } else {
        0
    });
    // A pipe or a device has no size; what it gives is cut off just past the limit.
    file.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(LoadError::TooLarge {
            size: bytes.len() as u64,
        });
    }
    decode(bytes)
}

fn decode(bytes: Vec<u8>) -> Result<String, LoadError> {
    let utf16 = |unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..]
            .chunks_exact(2)
            .map(|c| unit([c[0], c[1]]))
            .collect();
        String::from_utf16_lossy(&units)
    };
    let text = match bytes.as_slice() {
        [0xff, 0xfe, ..] => utf16(u16::from_le_bytes),
        [0xfe, 0xff, ..] => utf16(u16::from_be_bytes),
        _ => {
            let bytes = match bytes.strip_prefix(b"\xef\xbb\xbf") {
                Some(rest) => rest.to_vec(),
                None => bytes,
            };
            match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(e) => match String::from_utf8_lossy(e.as_bytes()) {
                    Cow::Owned(text) => text,
                    Cow::Borrowed(text) => text.to_owned(),
                },
            }
        }
    };
    let control = |b: &u8| *b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r') || *b == 0x7f;
    match text.bytes().position(|b| control(&b)) {
        Some(offset) => Err(LoadError::Binary {
            offset,
            byte: text.as_bytes()[offset],
        }),
        None => Ok(text),
    }
}
