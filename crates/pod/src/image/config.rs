//! Manifests and configurations of images (OCI image-spec 1.1, Docker schema 2).

use serde::{Deserialize, Serialize};

use super::error::ImageError;
use super::is_digest;

/// A reference to a blob.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    pub(crate) digest: String,
    pub(crate) size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) platform: Option<Platform>,
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub(crate) annotations: std::collections::BTreeMap<String, String>,
}

/// What an image runs on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Platform {
    pub(crate) architecture: String,
    pub(crate) os: String,
}

/// An index of images, or the image itself: each has what the other lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Manifest {
    pub(crate) schema_version: u32,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) media_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) config: Option<Descriptor>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) layers: Vec<Descriptor>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) manifests: Vec<Descriptor>,
}

/// The configuration of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are those of OCI")]
pub struct ImageConfig {
    pub architecture: String,
    pub os: String,
    pub config: Defaults,
    pub rootfs: RootFs,
}

/// What a container is started with unless told otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(missing_docs, reason = "the names are those of OCI")]
pub struct Defaults {
    pub user: Option<String>,
    pub env: Option<Vec<String>>,
    pub entrypoint: Option<Vec<String>>,
    pub cmd: Option<Vec<String>>,
    pub working_dir: Option<String>,
}

/// The layers, uncompressed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are those of OCI")]
pub struct RootFs {
    pub diff_ids: Vec<String>,
}

impl Manifest {
    /// Reads a manifest or an index.
    pub(crate) fn parse(what: &str, bytes: &[u8]) -> Result<Manifest, ImageError> {
        let manifest: Manifest = serde_json::from_slice(bytes)
            .map_err(|e| ImageError::malformed(what, format!("is no image manifest: {e}")))?;
        let all = manifest
            .config
            .iter()
            .chain(&manifest.layers)
            .chain(&manifest.manifests);
        if let Some(bad) = all.map(|d| &d.digest).find(|d| !is_digest(d)) {
            let why = format!("has a digest that is not sha256: {bad}");
            return Err(ImageError::malformed(what, why));
        }
        Ok(manifest)
    }

    /// Of an index, the image for this machine.
    pub(crate) fn for_this_machine(&self, what: &str) -> Result<&Descriptor, ImageError> {
        let fits = |d: &&Descriptor| match &d.platform {
            Some(p) => p.os == "linux" && p.architecture == architecture(),
            None => true,
        };
        self.manifests.iter().find(fits).ok_or_else(|| {
            let offered: Vec<String> = self
                .manifests
                .iter()
                .filter_map(|d| d.platform.as_ref())
                .filter(|p| p.os != "unknown")
                .map(|p| format!("{}/{}", p.os, p.architecture))
                .collect();
            ImageError::Unsupported {
                what: what.to_owned(),
                why: format!(
                    "no match for platform linux/{}: not found; it is for {}",
                    architecture(),
                    match offered.as_slice() {
                        [] => "nothing".to_owned(),
                        list => list.join(", "),
                    }
                ),
            }
        })
    }
}

impl ImageConfig {
    /// Reads a configuration.
    pub(crate) fn parse(what: &str, bytes: &[u8]) -> Result<ImageConfig, ImageError> {
        let config: ImageConfig = serde_json::from_slice(bytes)
            .map_err(|e| ImageError::malformed(what, format!("is no image configuration: {e}")))?;
        if let Some(bad) = config.rootfs.diff_ids.iter().find(|d| !is_digest(d)) {
            let why = format!("has a layer digest that is not sha256: {bad}");
            return Err(ImageError::malformed(what, why));
        }
        let fits = config.architecture.is_empty() || config.architecture == architecture();
        if !fits || !matches!(config.os.as_str(), "" | "linux") {
            return Err(ImageError::Unsupported {
                what: what.to_owned(),
                why: format!(
                    "is for {}/{}, this machine is linux/{}",
                    config.os,
                    config.architecture,
                    architecture()
                ),
            });
        }
        Ok(config)
    }
}

/// This machine as OCI names it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
