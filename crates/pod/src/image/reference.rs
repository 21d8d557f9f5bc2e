//! Names of images: `nginx`, `registry:5000/team/app:1.2@sha256:…`.

use std::fmt;

/// A name of an image with everything that may be left out filled in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    /// `docker.io` unless given.
    pub registry: String,
    /// `library/…` for names of one word on Docker's registry.
    pub repository: String,
    /// `latest` unless a tag or a digest is given.
    pub tag: Option<String>,
    /// `sha256:…`
    pub digest: Option<String>,
}

/// Not a name of an image; worded as the kubelet does.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "Failed to apply default image tag \"{0}\": couldn't parse image name \"{0}\": invalid \
     reference format{1}"
)]
pub struct ReferenceError(String, &'static str);

impl Reference {
    /// Reads a name.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Reference, ReferenceError> {
        let error = |detail| Err(ReferenceError(text.to_owned(), detail));
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        if digest.is_some_and(|d| !is_digest(d)) {
            return error("");
        }
        let (name, tag) = match name.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (name, None),
        };
        if tag.is_some_and(|t| !is_tag(t)) {
            return error("");
        }
        let (registry, path) = match name.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => {
                (first, rest)
            }
            _ => ("docker.io", name),
        };
        let registry = match registry {
            "index.docker.io" => "docker.io",
            other => other,
        };
        if path.bytes().any(|b| b.is_ascii_uppercase()) {
            return error(": repository name must be lowercase");
        }
        let is_host =
            |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
        let sound = registry.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
            && registry.bytes().all(is_host)
            && path.split('/').all(is_component);
        if !sound || path.len() > 255 {
            return error("");
        }
        let repository = match (registry, path.contains('/')) {
            ("docker.io", false) => format!("library/{path}"),
            _ => path.to_owned(),
        };
        let tag = match (tag, digest) {
            (None, None) => Some("latest".to_owned()),
            (tag, _) => tag.map(str::to_owned),
        };
        Ok(Reference {
            registry: registry.to_owned(),
            repository,
            tag,
            digest: digest.map(str::to_owned),
        })
    }

    /// Whether the kubelet pulls it each time unless told otherwise: its tag is `latest`.
    pub fn pulls_always(&self) -> bool {
        self.digest.is_none() && self.tag.as_deref() == Some("latest")
    }

    /// Registry and repository.
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// What a registry calls the wanted version.
    pub fn version(&self) -> &str {
        let digest = self.digest.as_deref();
        digest.or(self.tag.as_deref()).unwrap_or("latest")
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// Lower-case words joined by `.`, `_`, `__` or dashes.
fn is_component(text: &str) -> bool {
    let word = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.first().is_some_and(word)
        && bytes.last().is_some_and(word)
        && bytes
            .iter()
            .all(|b| word(b) || matches!(b, b'.' | b'_' | b'-'))
        && !text.contains("..")
        && !text.contains("___")
}

fn is_tag(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    (1..=128).contains(&text.len())
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|b| word(b) || matches!(b, b'.' | b'-'))
}

/// Whether it is a SHA-256 digest as OCI writes it.
pub fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_completed_as_everywhere() {
        let check = |text: &str, expect: &str| {
            let got = Reference::parse(text).map(|r| r.to_string());
            assert_eq!(got.as_deref(), Ok(expect), "{text}");
        };
        check("nginx", "docker.io/library/nginx:latest");
        check(
            "hashicorp/http-echo:1.0",
            "docker.io/hashicorp/http-echo:1.0",
        );
        check(
            "docker.io/hashicorp/http-echo:1.0",
            "docker.io/hashicorp/http-echo:1.0",
        );
        check("index.docker.io/library/a:b", "docker.io/library/a:b");
        check("localhost:5000/a", "localhost:5000/a:latest");
        check("localhost/a:1", "localhost/a:1");
        check("quay.io/a/b-c_d.e:v1", "quay.io/a/b-c_d.e:v1");
        let digest = format!("sha256:{}", "a".repeat(64));
        check(
            &format!("a@{digest}"),
            &format!("docker.io/library/a@{digest}"),
        );
        check(
            &format!("a:1@{digest}"),
            &format!("docker.io/library/a:1@{digest}"),
        );
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            ":",
            "a:",
            "a b",
            "A/b",
            "a//b",
            "a/../b",
            "-a",
            "a@sha256:12",
            "http://a/b",
            "a:b c",
            "a/b_",
            "../x",
        ] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
        assert_eq!(
            Reference::parse("Nginx").unwrap_err().to_string(),
            "Failed to apply default image tag \"Nginx\": couldn't parse image name \"Nginx\": \
             invalid reference format: repository name must be lowercase"
        );
    }
}
