//! What a manifest says about seccomp that it does not mean, with a place and a stable code each.

use lanner_diag::{Diagnostic, Span};
use lanner_seccomp::lint::Code;

use super::standards;
use crate::manifest::{Container, Object, Pod, Read};

/// The codes of [`lint`].
#[rustfmt::skip]
pub const CODES: [Code; 5] = [
    Code { code: "pod-annotation", finds: "an annotation that names a profile",
        means: "Kubelets pass over it since Kubernetes 1.27: the pod runs without that profile." },
    Code { code: "pod-privileged", finds: "a privileged container with a profile",
        means: "A privileged container has no filter, whatever its profile says." },
    Code { code: "pod-unconfined", finds: "a container without a profile, or with Unconfined",
        means: "It may make every system call, unless the kubelet has seccompDefault." },
    Code { code: "pod-escalation", finds: "a Localhost profile without allowPrivilegeEscalation: false",
        means: "The runtime loads the filter early then, and makes some twenty more calls under it." },
    Code { code: "pod-standard", finds: "what the baseline Pod Security Standard forbids",
        means: "A namespace that enforces baseline or restricted refuses the pod." },
];

/// Prefixes of the annotations that named profiles before 1.19 (KEP-135).
const ANNOTATIONS: [&str; 2] = [
    "seccomp.security.alpha.kubernetes.io/",
    "container.seccomp.security.alpha.kubernetes.io/",
];

/// Lints an object of a manifest; one that is no pod has no faults.
pub fn lint(read: &Read) -> Vec<Diagnostic> {
    let Object::Pod(pod) = &read.object else {
        return Vec::new();
    };
    let mut faults = Vec::new();
    for key in pod.metadata.annotations.keys() {
        if ANNOTATIONS.iter().any(|prefix| key.starts_with(prefix)) {
            let place = read.place(&format!("metadata.annotations.{key}"));
            faults.push(
                Diagnostic::warning(
                    "pod-annotation",
                    format!("kubelets pass over the annotation {key} since Kubernetes 1.27"),
                )
                .label(place, "")
                .help(Some("set securityContext.seccompProfile".into())),
            );
        }
    }
    for (path, container) in pod.all_containers() {
        let at = |field: &str| read.place(&format!("{path}.securityContext.{field}"));
        faults.extend(one(
            pod,
            container,
            &at,
            read.place(&format!("{path}.name")),
        ));
    }
    let (baseline, _) = standards(pod);
    for rule in baseline {
        faults.push(
            Diagnostic::warning(
                "pod-standard",
                format!("the Pod Security Standard baseline forbids: {rule}"),
            )
            .label(read.place("metadata.name"), ""),
        );
    }
    faults
}

fn one(
    pod: &Pod,
    container: &Container,
    at: &dyn Fn(&str) -> Span,
    name: Span,
) -> Option<Diagnostic> {
    let security = container.security();
    let own = security.seccomp_profile;
    let whole = &pod.spec.security_context.seccomp_profile;
    let kind = own.as_ref().or(whole.as_ref()).map(|p| p.kind.as_str());
    let confined = !matches!(kind, None | Some("Unconfined"));
    let of = &container.name;
    if container.privileged() {
        let message = format!("container {of} is privileged: its seccomp profile is passed over");
        return confined.then(|| {
            Diagnostic::warning("pod-privileged", message)
                .label(at("privileged"), "")
                .help(Some(
                    "give it the capabilities that it needs instead".into(),
                ))
        });
    }
    if !confined {
        let (message, place) = match kind {
            None => (format!("container {of} has no seccomp profile"), name),
            Some(_) => {
                let place = if own.is_some() {
                    at("seccompProfile.type")
                } else {
                    name
                };
                (format!("container {of} is Unconfined"), place)
            }
        };
        return Some(
            Diagnostic::warning("pod-unconfined", message)
                .label(place, "")
                .help(Some("seccompProfile: {type: RuntimeDefault}".into())),
        );
    }
    if kind == Some("Localhost") && security.allow_privilege_escalation.is_none() {
        let message = format!(
            "container {of} has a Localhost profile and does not set allowPrivilegeEscalation: \
             the runtime makes more calls under the filter"
        );
        return Some(
            Diagnostic::warning("pod-escalation", message)
                .label(name, "")
                .help(Some("allowPrivilegeEscalation: false".into())),
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use lanner_diag::Files;

    use super::*;
    use crate::manifest;

    /// The faults of a pod with this spec, as `line:column code message`.
    fn faults(metadata: &str, spec: &str) -> Vec<String> {
        let text =
            format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n{metadata}spec:\n{spec}");
        let mut files = Files::new();
        let read = manifest::read(&mut files, "p.yaml", text.as_bytes());
        assert_eq!(read.faults, [], "{text}");
        let found = lint(&read.objects[0]);
        let shown = found.iter().map(|fault| {
            let at = files.line_column(fault.span().expect("a place"));
            format!("{}:{} {} {}", at.line, at.column, fault.code, fault.message)
        });
        shown.collect()
    }

    fn container(security: &str) -> String {
        format!("  containers:\n  - name: c\n    image: i:1\n    securityContext: {{{security}}}\n")
    }

    #[test]
    fn the_documentation_lists_the_codes() {
        let doc = include_str!("../../../../docs/seccomp.md");
        for known in CODES {
            let row = format!("| `{}` | {} |", known.code, known.finds);
            assert!(doc.contains(&row), "{row}");
        }
    }

    #[test]
    fn each_code_is_found_where_it_is_meant_and_nowhere_else() {
        let check = |security: &str, expect: &[&str]| {
            assert_eq!(faults("", &container(security)), expect, "{security}");
        };
        const DEFAULT: &str = "seccompProfile: {type: RuntimeDefault}";
        check(DEFAULT, &[]);
        check(
            &format!("privileged: true, {DEFAULT}"),
            &[
                "9:35 pod-privileged container c is privileged: its seccomp profile is passed over",
                "4:9 pod-standard the Pod Security Standard baseline forbids: privileged (container \
                 \"c\" must not set securityContext.privileged=true)",
            ],
        );
        check(
            "",
            &["7:11 pod-unconfined container c has no seccomp profile"],
        );
        check(
            "seccompProfile: {type: Unconfined}",
            &[
                "9:46 pod-unconfined container c is Unconfined",
                "4:9 pod-standard the Pod Security Standard baseline forbids: seccompProfile \
                 (container \"c\" must not set securityContext.seccompProfile.type to \
                 \"Unconfined\")",
            ],
        );
        let local = "seccompProfile: {type: Localhost, localhostProfile: a.json}";
        check(
            local,
            &[
                "7:11 pod-escalation container c has a Localhost profile and does not set \
                 allowPrivilegeEscalation: the runtime makes more calls under the filter",
            ],
        );
        for set in ["true", "false"] {
            check(&format!("allowPrivilegeEscalation: {set}, {local}"), &[]);
        }
        let annotated = |key: &str| {
            let line = format!("  annotations:\n    {key}: runtime/default\n");
            faults(&line, &container(DEFAULT))
        };
        assert_eq!(
            annotated("seccomp.security.alpha.kubernetes.io/pod"),
            ["6:47 pod-annotation kubelets pass over the annotation \
                 seccomp.security.alpha.kubernetes.io/pod since Kubernetes 1.27"]
        );
        assert_eq!(annotated("example.org/seccomp"), [""; 0]);
    }
}
