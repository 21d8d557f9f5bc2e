//! Image references.

/// Splits a reference into repository, tag and digest; what it lacks is empty.
///
/// `host:5000/a/b:1@sha256:…` is `host:5000/a/b`, `1` and `sha256:…`.
pub(crate) fn split(reference: &str) -> (&str, &str, &str) {
    let (name, digest) = reference.split_once('@').unwrap_or((reference, ""));
    match name.rsplit_once(':') {
        // A colon before a slash is that of a port.
        Some((repository, tag)) if !tag.contains('/') => (repository, tag, digest),
        _ => (name, "", digest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_falls_into_repository_tag_and_digest() {
        for (reference, expect) in [
            ("", ("", "", "")),
            ("nginx", ("nginx", "", "")),
            ("nginx:1.25", ("nginx", "1.25", "")),
            ("reg.example:5000/a/b", ("reg.example:5000/a/b", "", "")),
            (
                "reg.example:5000/a/b:v2",
                ("reg.example:5000/a/b", "v2", ""),
            ),
            ("a/b@sha256:0f", ("a/b", "", "sha256:0f")),
            ("r:5000/a:1@sha256:0f", ("r:5000/a", "1", "sha256:0f")),
        ] {
            assert_eq!(split(reference), expect, "{reference}");
        }
    }
}
