//! SHA-256 digests as OCI writes them.

use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

/// `sha256:` and the digest of some bytes.
pub(crate) fn of(bytes: &[u8]) -> String {
    text(Sha256::new_with_prefix(bytes))
}

fn text(hasher: Sha256) -> String {
    let mut out = String::from("sha256:");
    for byte in hasher.finalize() {
        out.push_str(&format!("{byte:02x}"));
    }
    out
}

/// The hexadecimal digits of a digest.
pub(crate) fn hex(digest: &str) -> &str {
    digest.strip_prefix("sha256:").unwrap_or(digest)
}

/// Passes on what it reads or writes, and digests it.
pub(crate) struct Digesting<T> {
    inner: T,
    hasher: Sha256,
    /// Bytes that went through.
    pub(crate) length: u64,
}

impl<T> Digesting<T> {
    pub(crate) fn new(inner: T) -> Digesting<T> {
        Digesting {
            inner,
            hasher: Sha256::new(),
            length: 0,
        }
    }

    /// The digest so far, and what was wrapped.
    pub(crate) fn finish(self) -> (String, T) {
        (text(self.hasher), self.inner)
    }

    fn count(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
    }
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count(&buffer[..read]);
        Ok(read)
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.count(&buffer[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
