//! Images from registries: the few requests of OCI's distribution-spec 1.1 that a pull takes.
//!
//! Whatever a registry sends is checked against the digest by which it was asked for before it
//! gets into the store. A registry on this machine is spoken to without encryption, as in Docker;
//! every other one with it. Credentials are not sent: what needs some is loaded from an archive.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use ureq::Agent;
use ureq::http::Response;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::config::{ImageConfig, Manifest};
use super::digest::{self, Digesting};
use super::error::{At, ImageError};
use super::store::{MAX_DOCUMENT, Store};
use super::{Image, Reference};

/// How long a registry may take to answer, and between two pieces of what it sends.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest that a blob may take altogether.
const BLOB: Duration = Duration::from_secs(3600);

/// What a manifest may be.
const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.docker.distribution.manifest.v2+json";

/// Where the machine keeps the certificates that it trusts.
const CERTIFICATES: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

impl Store {
    /// Pulls an image, also if one of that name is there: what is there already of it is not
    /// fetched again.
    ///
    /// # Errors
    /// The registry cannot be reached, does not have the image or wants credentials, or sends
    /// something else than it was asked for.
    pub fn pull(&self, reference: &Reference) -> Result<Image, ImageError> {
        let folder = self.root_path().join("tmp");
        let pull = Pull {
            registry: Registry::new(reference)?,
            store: self,
            folder: folder.join(format!("pull-{}", std::process::id())),
        };
        sweep(&folder);
        fs::create_dir_all(&pull.folder).at(&pull.folder)?;
        let pulled = pull.run();
        super::store::remove_tree(&pull.folder)?;
        pulled?;
        self.find(reference)
    }
}

/// Removes what pulls that were killed have left.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|n| n.strip_prefix("pull-"));
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            // It is in nobody's way.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

struct Pull<'a> {
    registry: Registry<'a>,
    store: &'a Store,
    /// Blobs lie here until all are there.
    folder: PathBuf,
}

impl Pull<'_> {
    fn run(&self) -> Result<(), ImageError> {
        let reference = self.registry.reference;
        let (mut digest, mut bytes) = self.registry.manifest(reference.version())?;
        let what = reference.to_string();
        let mut manifest = Manifest::parse(&what, &bytes)?;
        // An index may list indices.
        for _ in 0..4 {
            if manifest.manifests.is_empty() {
                break;
            }
            let wanted = manifest.for_this_machine(&what)?.digest.clone();
            (digest, bytes) = self.registry.manifest(&wanted)?;
            manifest = Manifest::parse(&what, &bytes)?;
        }
        let Some(config) = &manifest.config else {
            return Err(ImageError::malformed(what, "has no configuration"));
        };
        let mut fetched = Vec::new();
        for descriptor in std::iter::once(config).chain(&manifest.layers) {
            if !self.store.has(&descriptor.digest) {
                let path = self
                    .registry
                    .blob(&descriptor.digest, descriptor.size, &self.folder)?;
                fetched.push((descriptor.digest.as_str(), path));
            }
        }
        let locked = self.store.lock()?;
        for (digest, path) in &fetched {
            locked.put(File::open(path).at(path)?, Some(digest), &what)?;
        }
        // Looked at before it gets a name, so that an image for another machine gets none.
        let checked = self
            .store
            .document(&config.digest)
            .and_then(|bytes| ImageConfig::parse(&what, &bytes));
        if let Err(error) = checked {
            locked.sweep_all()?;
            return Err(error);
        }
        locked.put(bytes.as_slice(), Some(&digest), &what)?;
        locked.name(reference, &digest)
    }
}

/// One repository of a registry.
struct Registry<'a> {
    reference: &'a Reference,
    agent: Agent,
    base: String,
    token: std::cell::RefCell<Option<String>>,
}

impl<'a> Registry<'a> {
    fn new(reference: &'a Reference) -> Result<Registry<'a>, ImageError> {
        let host = match reference.registry.as_str() {
            "docker.io" => "registry-1.docker.io",
            host => host,
        };
        let local = host
            .split(':')
            .next()
            .is_some_and(|h| h == "localhost" || h.starts_with("127."));
        let scheme = if local { "http" } else { "https" };
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .timeout_recv_body(Some(BLOB))
            .user_agent(concat!("lanner/", env!("CARGO_PKG_VERSION")));
        if !local {
            config = config.tls_config(tls()?);
        }
        Ok(Registry {
            reference,
            agent: config.build().into(),
            base: format!("{scheme}://{host}/v2/{}", reference.repository),
            token: std::cell::RefCell::default(),
        })
    }

    /// The kubelet shows this to people.
    fn error(&self, code: &str, why: &str) -> ImageError {
        let name = self.reference;
        ImageError::Registry(format!(
            "rpc error: code = {code} desc = failed to pull and unpack image \"{name}\": failed to \
             resolve reference \"{name}\": {why}"
        ))
    }

    fn get(&self, path: &str) -> Result<Response<ureq::Body>, ImageError> {
        let url = format!("{}/{path}", self.base);
        let send = || {
            let mut request = self.agent.get(&url).header("Accept", ACCEPT);
            if let Some(token) = &*self.token.borrow() {
                request = request.header("Authorization", format!("Bearer {token}"));
            }
            let failed = |e| {
                self.error(
                    "Unknown",
                    &format!("failed to do request: Get \"{url}\": {e}"),
                )
            };
            request.call().map_err(failed)
        };
        let mut response = send()?;
        if response.status() == 401 && self.token.borrow().is_none() {
            self.log_in(&response)?;
            response = send()?;
        }
        let name = self.reference;
        match response.status().as_u16() {
            200 => Ok(response),
            404 => Err(self.error("NotFound", &format!("{name}: not found"))),
            401 | 403 => Err(self.error(
                "Unknown",
                "pull access denied, repository does not exist or may require authorization",
            )),
            429 => Err(self.error(
                "Unknown",
                "the registry takes no more requests for now (429)",
            )),
            code => Err(self.error(
                "Unknown",
                &format!("unexpected status from GET {url}: {code}"),
            )),
        }
    }

    /// Gets a token where the registry said that one is to be had: anybody's may pull what is public.
    fn log_in(&self, refused: &Response<ureq::Body>) -> Result<(), ImageError> {
        let header = refused.headers().get("www-authenticate");
        let header = header.and_then(|h| h.to_str().ok()).unwrap_or_default();
        let Some(fields) = header
            .strip_prefix("Bearer ")
            .or(header.strip_prefix("bearer "))
        else {
            return Ok(());
        };
        let field = |name: &str| {
            let at = fields.find(&format!("{name}=\""))? + name.len() + 2;
            fields[at..].split('"').next()
        };
        let Some(realm) = field("realm") else {
            return Ok(());
        };
        let scope = format!("repository:{}:pull", self.reference.repository);
        let mut request = self
            .agent
            .get(realm)
            .query("scope", field("scope").unwrap_or(&scope));
        if let Some(service) = field("service") {
            request = request.query("service", service);
        }
        let failed = |why: String| {
            self.error(
                "Unknown",
                &format!("failed to fetch anonymous token: {why}"),
            )
        };
        let response = request.call().map_err(|e| failed(e.to_string()))?;
        if response.status() != 200 {
            return Err(failed(format!(
                "unexpected status from GET {realm}: {}",
                response.status()
            )));
        }
        let bytes = read(response.into_body().into_reader(), MAX_DOCUMENT);
        let bytes = bytes.map_err(|e| failed(e.to_string()))?;
        let answer: serde_json::Value =
            serde_json::from_slice(&bytes).map_err(|e| failed(e.to_string()))?;
        let token = answer.get("token").or_else(|| answer.get("access_token"));
        let token = token.and_then(|t| t.as_str()).map(str::to_owned);
        *self.token.borrow_mut() =
            Some(token.ok_or_else(|| failed("there is none in the answer".to_owned()))?);
        Ok(())
    }

    /// A manifest by its tag or digest, and its digest.
    fn manifest(&self, version: &str) -> Result<(String, Vec<u8>), ImageError> {
        let response = self.get(&format!("manifests/{version}"))?;
        let bytes = read(response.into_body().into_reader(), MAX_DOCUMENT);
        let bytes = bytes.map_err(|e| self.error("Unknown", &e.to_string()))?;
        let found = digest::of(&bytes);
        if super::is_digest(version) && found != version {
            return Err(ImageError::Digest {
                what: format!("the manifest that {} sent", self.reference.registry),
                expected: version.to_owned(),
                found,
            });
        }
        Ok((found, bytes))
    }

    /// Fetches a blob to a file in a folder.
    fn blob(&self, digest: &str, size: u64, folder: &Path) -> Result<PathBuf, ImageError> {
        let path = folder.join(digest::hex(digest));
        let response = self.get(&format!("blobs/{digest}"))?;
        // One byte more than there should be tells that it is another blob.
        let body = response
            .into_body()
            .into_with_config()
            .limit(u64::MAX)
            .reader();
        let mut body = Digesting::new(body.take(size + 1));
        let mut file = File::create(&path).at(&path)?;
        io::copy(&mut body, &mut file).map_err(|e| self.error("Unknown", &e.to_string()))?;
        let (found, _) = body.finish();
        match found == digest {
            true => Ok(path),
            false => Err(ImageError::Digest {
                what: format!("what {} sent", self.reference.registry),
                expected: digest.to_owned(),
                found,
            }),
        }
    }
}

/// A whole body of at most so many bytes.
fn read(body: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    body.take(most + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(io::Error::other(format!(
            "the answer is longer than {most} bytes"
        ))),
        false => Ok(bytes),
    }
}

fn tls() -> Result<TlsConfig, ImageError> {
    // Somebody else in the process may have chosen it already; there is only one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let set = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let mut all = set.into_iter().chain(CERTIFICATES.map(PathBuf::from));
    let Some(path) = all.find(|p| p.is_file()) else {
        return Err(ImageError::Registry(
            "this machine has no certificates to know registries by: apt-get install \
             ca-certificates, or load the image from an archive"
                .to_owned(),
        ));
    };
    let text = fs::read(&path).at(&path)?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .flatten()
        .map(|c| Certificate::from_der(&c).to_owned())
        .collect();
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&found))
        .build())
}

#[cfg(test)]
mod tests;
