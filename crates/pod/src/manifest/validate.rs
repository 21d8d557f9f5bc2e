//! What the API server refuses, in its words. [`validate`] gives all of it, by field.

use std::collections::BTreeMap;

use super::Object;
use super::quantity;
use super::types::*;

/// A field, and what is wrong with it.
type Fault = (String, String);

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric \
    characters, '-' or '.', and must start and end with an alphanumeric character (e.g. \
    'example.com', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric \
    characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or \
    '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const ENV_NAME: &str = "a valid environment variable name must consist only of printable ASCII \
    characters other than '='";
const REQUIRED: &str = "Required value";

/// Everything that is invalid in an object.
pub(super) fn validate(object: &Object) -> Vec<Fault> {
    let mut check = Check(Vec::new());
    match object {
        Object::Pod(pod) => check.pod(pod),
        Object::ConfigMap(map) => check.metadata(&map.metadata),
    }
    check.0
}

struct Check(Vec<Fault>);

fn is_label(text: &str) -> bool {
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let bytes = text.as_bytes();
    (1..=63).contains(&bytes.len())
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes
            .iter()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
}

/// Whether a name may stand for an object: it becomes part of file names.
pub(crate) fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_label)
}

impl Check {
    fn fault(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push((path.into(), message.into()));
    }

    fn supported(&mut self, path: &str, value: &str, allowed: &[&str]) {
        if !allowed.contains(&value) {
            let list: Vec<String> = allowed.iter().map(|a| format!("\"{a}\"")).collect();
            let message = format!(
                "Unsupported value: \"{value}\": supported values: {}",
                list.join(", ")
            );
            self.fault(path, message);
        }
    }

    fn invalid(&mut self, path: &str, value: impl std::fmt::Debug, why: &str) {
        self.fault(path, format!("Invalid value: {value:?}: {why}"));
    }

    fn metadata(&mut self, metadata: &Metadata) {
        let name = &metadata.name;
        if name.is_empty() {
            match &metadata.generate_name {
                Some(_) => self.fault(
                    "metadata.generateName",
                    "Forbidden: names are not generated here; write metadata.name",
                ),
                None => self.fault(
                    "metadata.name",
                    "Required value: name or generateName is required",
                ),
            }
        } else if name.len() > 253 {
            self.invalid("metadata.name", name, "must be no more than 253 characters");
        } else if !is_subdomain(name) {
            self.invalid("metadata.name", name, SUBDOMAIN);
        }
        if !is_label(&metadata.namespace) && !metadata.namespace.is_empty() {
            self.invalid("metadata.namespace", &metadata.namespace, LABEL);
        }
    }

    fn pod(&mut self, pod: &Pod) {
        self.metadata(&pod.metadata);
        let spec = &pod.spec;
        let mut volumes = BTreeMap::new();
        for (i, volume) in spec.volumes.iter().enumerate() {
            let path = format!("spec.volumes[{i}]");
            if volumes.insert(volume.name.as_str(), volume).is_some() {
                self.fault(
                    format!("{path}.name"),
                    format!("Duplicate value: \"{}\"", volume.name),
                );
            }
            self.volume(&path, volume);
        }
        if spec.containers.is_empty() {
            self.fault("spec.containers", REQUIRED);
        }
        let mut names: Vec<&str> = Vec::new();
        for (path, container) in pod.all_containers() {
            if names.contains(&container.name.as_str()) {
                self.fault(
                    format!("{path}.name"),
                    format!("Duplicate value: \"{}\"", container.name),
                );
            }
            names.push(&container.name);
            self.container(&path, container, &volumes);
        }
        self.supported(
            "spec.restartPolicy",
            &spec.restart_policy,
            &["Always", "OnFailure", "Never"],
        );
        if let Some(seconds) = spec.termination_grace_period_seconds
            && seconds < 0
        {
            self.invalid(
                "spec.terminationGracePeriodSeconds",
                seconds,
                "must be greater than or equal to 0",
            );
        }
        if let Some(hostname) = &spec.hostname
            && !is_label(hostname)
        {
            self.invalid("spec.hostname", hostname, LABEL);
        }
        if let Some(os) = &spec.os {
            match os.name.as_str() {
                "windows" => self.fault("spec.os.name", "Forbidden: this machine runs Linux"),
                name => self.supported("spec.os.name", name, &["linux", "windows"]),
            }
        }
        if spec.share_process_namespace && spec.host_pid {
            self.invalid(
                "spec.securityContext.shareProcessNamespace",
                true,
                "ShareProcessNamespace and HostPID cannot both be enabled",
            );
        }
        let path = "spec.securityContext";
        let security = &spec.security_context;
        self.identity(&format!("{path}.runAsUser"), security.run_as_user);
        self.identity(&format!("{path}.runAsGroup"), security.run_as_group);
        self.identity(&format!("{path}.fsGroup"), security.fs_group);
        for (i, group) in security.supplemental_groups.iter().enumerate() {
            self.identity(&format!("{path}.supplementalGroups[{i}]"), Some(*group));
        }
        self.profile(&format!("{path}.seccompProfile"), &security.seccomp_profile);
    }

    fn identity(&mut self, path: &str, id: Option<i64>) {
        if let Some(id) = id
            && !(0..=i64::from(i32::MAX)).contains(&id)
        {
            self.invalid(path, id, "must be between 0 and 2147483647, inclusive");
        }
    }

    fn profile(&mut self, path: &str, profile: &Option<SeccompProfile>) {
        let Some(profile) = profile else { return };
        let at = format!("{path}.localhostProfile");
        match (profile.kind.as_str(), &profile.localhost_profile) {
            ("Localhost", None) => self.fault(
                at,
                "Required value: must be set when seccomp type is Localhost",
            ),
            ("Localhost", Some(file)) => {
                if file.is_empty() {
                    self.fault(
                        at,
                        "Required value: must be set when seccomp type is Localhost",
                    );
                } else if file.starts_with('/') {
                    self.invalid(&at, file, "must be a relative path");
                } else if file.split('/').any(|part| part == "..") {
                    self.invalid(&at, file, "must not contain '..'");
                }
            }
            ("", _) => self.fault(
                format!("{path}.type"),
                "Required value: type is required when seccompProfile is set",
            ),
            (kind, file) => {
                self.supported(
                    &format!("{path}.type"),
                    kind,
                    &["Localhost", "RuntimeDefault", "Unconfined"],
                );
                if let Some(file) = file {
                    self.invalid(&at, file, "can only be set when seccomp type is Localhost");
                }
            }
        }
    }

    fn container(&mut self, path: &str, container: &Container, volumes: &BTreeMap<&str, &Volume>) {
        if container.name.is_empty() {
            self.fault(format!("{path}.name"), REQUIRED);
        } else if !is_label(&container.name) {
            self.invalid(&format!("{path}.name"), &container.name, LABEL);
        }
        if container.image.is_empty() {
            self.fault(format!("{path}.image"), REQUIRED);
        } else if container.image.trim() != container.image {
            self.invalid(
                &format!("{path}.image"),
                &container.image,
                "must not have leading or trailing whitespace",
            );
        }
        if let Some(policy) = &container.image_pull_policy {
            self.supported(
                &format!("{path}.imagePullPolicy"),
                policy,
                &["Always", "IfNotPresent", "Never"],
            );
        }
        self.env(path, container);
        self.ports(path, container);
        for (i, mount) in container.volume_mounts.iter().enumerate() {
            self.mount(
                &format!("{path}.volumeMounts[{i}]"),
                mount,
                i,
                container,
                volumes,
            );
        }
        self.resources(path, &container.resources);
        if let Some(security) = &container.security_context {
            self.security(&format!("{path}.securityContext"), security);
        }
    }

    fn env(&mut self, path: &str, container: &Container) {
        for (i, var) in container.env.iter().enumerate() {
            let path = format!("{path}.env[{i}]");
            if var.name.is_empty() {
                self.fault(format!("{path}.name"), REQUIRED);
            } else if !var
                .name
                .bytes()
                .all(|b| (b' '..=b'~').contains(&b) && b != b'=')
            {
                self.invalid(&format!("{path}.name"), &var.name, ENV_NAME);
            }
            let Some(from) = &var.value_from else {
                continue;
            };
            if var.value.as_ref().is_some_and(|v| !v.is_empty()) {
                self.invalid(
                    &format!("{path}.valueFrom"),
                    "",
                    "may not be specified when `value` is not empty",
                );
            }
            if let Some(key) = &from.config_map_key_ref {
                if key.key.is_empty() {
                    self.fault(format!("{path}.valueFrom.configMapKeyRef.key"), REQUIRED);
                }
                if !is_subdomain(&key.name) {
                    self.invalid(
                        &format!("{path}.valueFrom.configMapKeyRef.name"),
                        &key.name,
                        SUBDOMAIN,
                    );
                }
            }
            if let Some(field) = &from.field_ref
                && !crate::env::is_field(&field.field_path)
            {
                self.supported(
                    &format!("{path}.valueFrom.fieldRef.fieldPath"),
                    &field.field_path,
                    &crate::env::FIELDS,
                );
            }
        }
    }

    fn ports(&mut self, path: &str, container: &Container) {
        for (i, port) in container.ports.iter().enumerate() {
            let path = format!("{path}.ports[{i}]");
            if port.container_port == 0 {
                self.fault(format!("{path}.containerPort"), REQUIRED);
            } else if !(1..=65535).contains(&port.container_port) {
                self.invalid(
                    &format!("{path}.containerPort"),
                    port.container_port,
                    "must be between 1 and 65535, inclusive",
                );
            }
            if let Some(protocol) = &port.protocol {
                self.supported(
                    &format!("{path}.protocol"),
                    protocol,
                    &["SCTP", "TCP", "UDP"],
                );
            }
        }
    }

    fn mount(
        &mut self,
        path: &str,
        mount: &VolumeMount,
        index: usize,
        container: &Container,
        volumes: &BTreeMap<&str, &Volume>,
    ) {
        if mount.name.is_empty() {
            self.fault(format!("{path}.name"), REQUIRED);
        } else if !volumes.contains_key(mount.name.as_str()) {
            self.fault(
                format!("{path}.name"),
                format!("Not found: \"{}\"", mount.name),
            );
        }
        if mount.mount_path.is_empty() {
            self.fault(format!("{path}.mountPath"), REQUIRED);
        }
        let before = &container.volume_mounts[..index];
        if before.iter().any(|m| m.mount_path == mount.mount_path) {
            self.invalid(
                &format!("{path}.mountPath"),
                &mount.mount_path,
                "must be unique",
            );
        }
        self.sub_path(&format!("{path}.subPath"), &mount.sub_path);
    }

    fn sub_path(&mut self, path: &str, sub: &str) {
        if sub.starts_with('/') {
            self.invalid(path, sub, "must be a relative path");
        } else if sub.split('/').any(|part| part == "..") {
            self.invalid(path, sub, "must not contain '..'");
        }
    }

    fn volume(&mut self, path: &str, volume: &Volume) {
        if volume.name.is_empty() {
            self.fault(format!("{path}.name"), REQUIRED);
        } else if !is_label(&volume.name) {
            self.invalid(&format!("{path}.name"), &volume.name, LABEL);
        }
        let sources = usize::from(volume.config_map.is_some())
            + usize::from(volume.empty_dir.is_some())
            + usize::from(volume.host_path.is_some())
            + volume.other.len();
        match sources {
            0 => self.fault(path, "Required value: must specify a volume type"),
            1 => {}
            _ => self.fault(path, "Forbidden: may not specify more than 1 volume type"),
        }
        if let Some(host) = &volume.host_path {
            let at = format!("{path}.hostPath");
            if host.path.is_empty() {
                self.fault(format!("{at}.path"), REQUIRED);
            } else if host.path.split('/').any(|part| part == "..") {
                self.invalid(&format!("{at}.path"), &host.path, "must not contain '..'");
            }
            self.supported(
                &format!("{at}.type"),
                &host.kind,
                &[
                    "",
                    "BlockDevice",
                    "CharDevice",
                    "Directory",
                    "DirectoryOrCreate",
                    "File",
                    "FileOrCreate",
                    "Socket",
                ],
            );
        }
        if let Some(map) = &volume.config_map {
            let at = format!("{path}.configMap");
            if map.name.is_empty() {
                self.fault(format!("{at}.name"), REQUIRED);
            } else if !is_subdomain(&map.name) {
                self.invalid(&format!("{at}.name"), &map.name, SUBDOMAIN);
            }
            self.mode(&format!("{at}.defaultMode"), map.default_mode);
            for (i, item) in map.items.iter().enumerate() {
                let at = format!("{at}.items[{i}]");
                if item.key.is_empty() {
                    self.fault(format!("{at}.key"), REQUIRED);
                }
                if item.path.is_empty() {
                    self.fault(format!("{at}.path"), REQUIRED);
                }
                self.sub_path(&format!("{at}.path"), &item.path);
                self.mode(&format!("{at}.mode"), item.mode);
            }
        }
    }

    fn mode(&mut self, path: &str, mode: Option<i64>) {
        if let Some(mode) = mode
            && !(0..=0o777).contains(&mode)
        {
            self.invalid(
                path,
                mode,
                "must be a number between 0 and 0777 (octal), both inclusive",
            );
        }
    }

    fn resources(&mut self, path: &str, resources: &Resources) {
        for (list, quantities) in [
            ("limits", &resources.limits),
            ("requests", &resources.requests),
        ] {
            for (name, text) in quantities {
                let at = format!("{path}.resources.{list}[{name}]");
                match quantity::parse(text) {
                    None => self.invalid(
                        &at,
                        text,
                        "quantities must match the regular expression \
                         '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
                    ),
                    Some(q) if q.0 < 0 => {
                        self.invalid(&at, text, "must be greater than or equal to 0");
                    }
                    Some(_) => {}
                }
            }
        }
        for (name, request) in &resources.requests {
            let limit = resources.limits.get(name);
            let pair = (
                quantity::parse(request),
                limit.and_then(|l| quantity::parse(l)),
            );
            if let ((Some(wanted), Some(most)), Some(limit)) = (pair, limit)
                && wanted > most
            {
                self.invalid(
                    &format!("{path}.resources.requests"),
                    request,
                    &format!("must be less than or equal to {name} limit of {limit}"),
                );
            }
        }
    }

    fn security(&mut self, path: &str, security: &Security) {
        self.identity(&format!("{path}.runAsUser"), security.run_as_user);
        self.identity(&format!("{path}.runAsGroup"), security.run_as_group);
        self.profile(&format!("{path}.seccompProfile"), &security.seccomp_profile);
        if security.allow_privilege_escalation == Some(false) {
            if security.privileged == Some(true) {
                self.invalid(
                    path,
                    "",
                    "cannot set `allowPrivilegeEscalation` to false and `privileged` to true",
                );
            }
            let adds = security.capabilities.iter().flat_map(|c| &c.add);
            if adds.into_iter().any(|c| c == "CAP_SYS_ADMIN") {
                self.invalid(
                    path,
                    "",
                    "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` \
                     CAP_SYS_ADMIN",
                );
            }
        }
        let listed = security.capabilities.clone().unwrap_or_default();
        for (list, names) in [("add", &listed.add), ("drop", &listed.drop)] {
            for (i, name) in names.iter().enumerate() {
                if name != "ALL" && crate::caps::by_name(name).is_none() {
                    self.invalid(
                        &format!("{path}.capabilities.{list}[{i}]"),
                        name,
                        "no such capability",
                    );
                }
            }
        }
    }
}
