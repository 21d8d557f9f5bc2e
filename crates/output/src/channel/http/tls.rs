//! Which servers are trusted, and who the client is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

/// What is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Roots {
    /// The certificates in a file (`ca_cert`, `ca_bundle`).
    File(PathBuf),
    /// The certificates in the files of a folder (`ca_path`).
    Folder(PathBuf),
    /// Every server, whoever it is (`insecure`).
    Anyone,
}

/// The settings of `https`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// What is trusted.
    pub roots: Roots,
    /// The files of the certificate and the key that the client shows (`mtls`).
    pub client: Option<(PathBuf, PathBuf)>,
}

impl Tls {
    /// Reads the files.
    pub(super) fn load(&self) -> io::Result<TlsConfig> {
        // Somebody else in the process may have chosen it already; there is only one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut config = TlsConfig::builder();
        match &self.roots {
            Roots::Anyone => config = config.disable_verification(true),
            Roots::File(path) => {
                let found = certificates(path)?;
                if found.is_empty() {
                    return Err(wrong(path, "there is no certificate in it"));
                }
                config = config.root_certs(RootCerts::new_with_certs(&found));
            }
            Roots::Folder(path) => {
                let found = folder(path)?;
                if found.is_empty() {
                    return Err(wrong(path, "there are no certificates in its files"));
                }
                config = config.root_certs(RootCerts::new_with_certs(&found));
            }
        }
        if let Some((cert, key)) = &self.client {
            config = config.client_cert(Some(client(cert, key)?));
        }
        Ok(config.build())
    }
}

fn wrong(path: &Path, what: &str) -> io::Error {
    let text = format!("{}: {what}", path.display());
    io::Error::new(io::ErrorKind::InvalidData, text)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    fs::read(path).map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))
}

fn ders(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let text = read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    found.map_err(|e| wrong(path, &e.to_string()))
}

fn certificates(path: &Path) -> io::Result<Vec<Certificate<'static>>> {
    let found = ders(path)?;
    Ok(found
        .iter()
        .map(|c| Certificate::from_der(c).to_owned())
        .collect())
}

/// The certificates of all files of a folder, each once: distributions keep a file of all of them
/// beside one of each, and names for their hashes. Files that hold none are left out.
fn folder(path: &Path) -> io::Result<Vec<Certificate<'static>>> {
    let entries = fs::read_dir(path);
    let entries = entries.map_err(|e| wrong(path, &e.to_string()))?;
    let mut found = std::collections::BTreeSet::new();
    for entry in entries {
        let file = entry?.path();
        if file.is_file() {
            found.extend(
                ders(&file)
                    .unwrap_or_default()
                    .into_iter()
                    .map(|c| c.to_vec()),
            );
        }
    }
    Ok(found
        .iter()
        .map(|c| Certificate::from_der(c).to_owned())
        .collect())
}

/// The identity of the client, which must be usable: the key must be of the certificate.
fn client(cert: &Path, key: &Path) -> io::Result<ClientCert> {
    let chain = ders(cert)?;
    if chain.is_empty() {
        return Err(wrong(cert, "there is no certificate in it"));
    }
    let text = read(key)?;
    let private = PrivateKeyDer::from_pem_slice(&text).map_err(|e| {
        wrong(
            key,
            &format!(
                "there is no private key in it that can be read ({e}); one that is encrypted cannot"
            ),
        )
    })?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let usable = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder
                .with_root_certificates(rustls::RootCertStore::empty())
                .with_client_auth_cert(chain.clone(), private.clone_key())
        });
    usable.map_err(|e| {
        wrong(
            cert,
            &format!("it does not go with the key {}: {e}", key.display()),
        )
    })?;
    let pem = PrivateKey::from_pem(&text).map_err(|e| wrong(key, &e.to_string()))?;
    let chain: Vec<Certificate<'static>> = chain
        .iter()
        .map(|c| Certificate::from_der(c).to_owned())
        .collect();
    Ok(ClientCert::new_with_certs(&chain, pem))
}
