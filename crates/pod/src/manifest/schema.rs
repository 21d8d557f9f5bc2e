//! The fields of a Pod and of a ConfigMap (API `v1`, Kubernetes 1.35), their types, and what is
//! done about each.

/// What a field may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    Text,
    Int,
    Bool,
    /// A port or a quantity: `8080`, `"http"`, `100Mi`.
    IntOrText,
    List(&'static Shape),
    /// Text by text.
    Texts,
    Object(&'static [Field]),
    /// An object or list that is taken as it is.
    Any,
}

/// What is done about a field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Support {
    Done,
    /// Not done; the words say what that means.
    Not(&'static str),
    /// Nothing has to be done for this value of it; for others as `Not`.
    Only(&'static str, &'static str),
}

/// One field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) support: Support,
}

const fn done(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        shape,
        support: Support::Done,
    }
}

const fn not(name: &'static str, shape: Shape, why: &'static str) -> Field {
    Field {
        name,
        shape,
        support: Support::Not(why),
    }
}

const fn only(name: &'static str, shape: Shape, value: &'static str, why: &'static str) -> Field {
    Field {
        name,
        shape,
        support: Support::Only(value, why),
    }
}

const TEXTS: Shape = Shape::List(&Shape::Text);
const NO_SCHEDULER: &str = "there is one machine and no scheduler";
const NO_PROBES: &str = "no probe is run; a container is ready as soon as it runs";
const NO_TOKEN: &str = "there is no API server to give the pod a token for";
const NO_MAC: &str = "AppArmor and SELinux are left as they are on this machine";

const PROFILE: &[Field] = &[
    done("type", Shape::Text),
    done("localhostProfile", Shape::Text),
];

const POD_SECURITY: &[Field] = &[
    not("appArmorProfile", Shape::Any, NO_MAC),
    done("fsGroup", Shape::Int),
    only(
        "fsGroupChangePolicy",
        Shape::Text,
        "Always",
        "the group of volumes is always changed",
    ),
    done("runAsGroup", Shape::Int),
    done("runAsNonRoot", Shape::Bool),
    done("runAsUser", Shape::Int),
    not("seLinuxChangePolicy", Shape::Text, NO_MAC),
    not("seLinuxOptions", Shape::Any, NO_MAC),
    done("seccompProfile", Shape::Object(PROFILE)),
    done("supplementalGroups", Shape::List(&Shape::Int)),
    only(
        "supplementalGroupsPolicy",
        Shape::Text,
        "Merge",
        "groups of the image are always merged in",
    ),
    not(
        "sysctls",
        Shape::Any,
        "kernel parameters are left as they are",
    ),
    not("windowsOptions", Shape::Any, "this is Linux"),
];

const SECURITY: &[Field] = &[
    done("allowPrivilegeEscalation", Shape::Bool),
    not("appArmorProfile", Shape::Any, NO_MAC),
    done(
        "capabilities",
        Shape::Object(&[done("add", TEXTS), done("drop", TEXTS)]),
    ),
    done("privileged", Shape::Bool),
    only(
        "procMount",
        Shape::Text,
        "Default",
        "/proc is always masked as by default",
    ),
    done("readOnlyRootFilesystem", Shape::Bool),
    done("runAsGroup", Shape::Int),
    done("runAsNonRoot", Shape::Bool),
    done("runAsUser", Shape::Int),
    not("seLinuxOptions", Shape::Any, NO_MAC),
    done("seccompProfile", Shape::Object(PROFILE)),
    not("windowsOptions", Shape::Any, "this is Linux"),
];

const KEY_REF: &[Field] = &[
    done("key", Shape::Text),
    done("name", Shape::Text),
    done("optional", Shape::Bool),
];

const ENV: &[Field] = &[
    done("name", Shape::Text),
    done("value", Shape::Text),
    done(
        "valueFrom",
        Shape::Object(&[
            done("configMapKeyRef", Shape::Object(KEY_REF)),
            done(
                "fieldRef",
                Shape::Object(&[
                    done("apiVersion", Shape::Text),
                    done("fieldPath", Shape::Text),
                ]),
            ),
            not("resourceFieldRef", Shape::Any, "the variable is left out"),
            not("fileKeyRef", Shape::Any, "the variable is left out"),
            not(
                "secretKeyRef",
                Shape::Any,
                "there are no Secrets here; the variable is left out",
            ),
        ]),
    ),
];

const ENV_FROM: &[Field] = &[
    done(
        "configMapRef",
        Shape::Object(&[done("name", Shape::Text), done("optional", Shape::Bool)]),
    ),
    done("prefix", Shape::Text),
    not(
        "secretRef",
        Shape::Any,
        "there are no Secrets here; its variables are left out",
    ),
];

const PORT: &[Field] = &[
    done("containerPort", Shape::Int),
    not(
        "hostIP",
        Shape::Text,
        "no port of the machine is taken; use `lanner pod port-forward`",
    ),
    not(
        "hostPort",
        Shape::Int,
        "no port of the machine is taken; use `lanner pod port-forward`",
    ),
    done("name", Shape::Text),
    done("protocol", Shape::Text),
];

const MOUNT: &[Field] = &[
    done("mountPath", Shape::Text),
    only(
        "mountPropagation",
        Shape::Text,
        "None",
        "mounts are private to the container",
    ),
    done("name", Shape::Text),
    done("readOnly", Shape::Bool),
    only(
        "recursiveReadOnly",
        Shape::Text,
        "Disabled",
        "only the mount itself is made read-only",
    ),
    done("subPath", Shape::Text),
    not("subPathExpr", Shape::Text, "the whole volume is mounted"),
];

const RESOURCES: &[Field] = &[
    not("claims", Shape::Any, "there are no devices to claim here"),
    done("limits", Shape::Texts),
    done("requests", Shape::Texts),
];

const CONTAINER: &[Field] = &[
    done("args", TEXTS),
    done("command", TEXTS),
    done("env", Shape::List(&Shape::Object(ENV))),
    done("envFrom", Shape::List(&Shape::Object(ENV_FROM))),
    done("image", Shape::Text),
    done("imagePullPolicy", Shape::Text),
    not("lifecycle", Shape::Any, "no hook is run"),
    not("livenessProbe", Shape::Any, NO_PROBES),
    done("name", Shape::Text),
    done("ports", Shape::List(&Shape::Object(PORT))),
    not("readinessProbe", Shape::Any, NO_PROBES),
    not("resizePolicy", Shape::Any, "a running pod is not resized"),
    done("resources", Shape::Object(RESOURCES)),
    not(
        "restartPolicy",
        Shape::Text,
        "the pod's restartPolicy counts; there are no sidecar init containers",
    ),
    not(
        "restartPolicyRules",
        Shape::Any,
        "the pod's restartPolicy counts",
    ),
    done("securityContext", Shape::Object(SECURITY)),
    not("startupProbe", Shape::Any, NO_PROBES),
    only("stdin", Shape::Bool, "false", "standard input is /dev/null"),
    only(
        "stdinOnce",
        Shape::Bool,
        "false",
        "standard input is /dev/null",
    ),
    only(
        "terminationMessagePath",
        Shape::Text,
        "/dev/termination-log",
        "no termination message is read",
    ),
    only(
        "terminationMessagePolicy",
        Shape::Text,
        "File",
        "no termination message is read",
    ),
    only("tty", Shape::Bool, "false", "no terminal is made"),
    not("volumeDevices", Shape::Any, "no block device is passed on"),
    done("volumeMounts", Shape::List(&Shape::Object(MOUNT))),
    done("workingDir", Shape::Text),
];

const NO_VOLUME: &str = "the volume is left out, with all mounts of it";

const CONFIG_ITEM: &[Field] = &[
    done("key", Shape::Text),
    done("mode", Shape::Int),
    done("path", Shape::Text),
];

const VOLUME: &[Field] = &[
    done("name", Shape::Text),
    done(
        "configMap",
        Shape::Object(&[
            done("defaultMode", Shape::Int),
            done("items", Shape::List(&Shape::Object(CONFIG_ITEM))),
            done("name", Shape::Text),
            done("optional", Shape::Bool),
        ]),
    ),
    done(
        "emptyDir",
        Shape::Object(&[
            not("medium", Shape::Text, "the folder is on disk"),
            not("sizeLimit", Shape::IntOrText, "its size is not limited"),
        ]),
    ),
    done(
        "hostPath",
        Shape::Object(&[done("path", Shape::Text), done("type", Shape::Text)]),
    ),
    not("awsElasticBlockStore", Shape::Any, NO_VOLUME),
    not("azureDisk", Shape::Any, NO_VOLUME),
    not("azureFile", Shape::Any, NO_VOLUME),
    not("cephfs", Shape::Any, NO_VOLUME),
    not("cinder", Shape::Any, NO_VOLUME),
    not("csi", Shape::Any, NO_VOLUME),
    not("downwardAPI", Shape::Any, NO_VOLUME),
    not("ephemeral", Shape::Any, NO_VOLUME),
    not("fc", Shape::Any, NO_VOLUME),
    not("flexVolume", Shape::Any, NO_VOLUME),
    not("flocker", Shape::Any, NO_VOLUME),
    not("gcePersistentDisk", Shape::Any, NO_VOLUME),
    not("gitRepo", Shape::Any, NO_VOLUME),
    not("glusterfs", Shape::Any, NO_VOLUME),
    not("image", Shape::Any, NO_VOLUME),
    not("iscsi", Shape::Any, NO_VOLUME),
    not("nfs", Shape::Any, NO_VOLUME),
    not("persistentVolumeClaim", Shape::Any, NO_VOLUME),
    not("photonPersistentDisk", Shape::Any, NO_VOLUME),
    not("portworxVolume", Shape::Any, NO_VOLUME),
    not("projected", Shape::Any, NO_VOLUME),
    not("quobyte", Shape::Any, NO_VOLUME),
    not("rbd", Shape::Any, NO_VOLUME),
    not("scaleIO", Shape::Any, NO_VOLUME),
    not("secret", Shape::Any, NO_VOLUME),
    not("storageos", Shape::Any, NO_VOLUME),
    not("vsphereVolume", Shape::Any, NO_VOLUME),
];

const POD_SPEC: &[Field] = &[
    not(
        "activeDeadlineSeconds",
        Shape::Int,
        "the pod runs as long as it runs",
    ),
    not("affinity", Shape::Any, NO_SCHEDULER),
    only(
        "automountServiceAccountToken",
        Shape::Bool,
        "false",
        NO_TOKEN,
    ),
    done("containers", Shape::List(&Shape::Object(CONTAINER))),
    not(
        "dnsConfig",
        Shape::Any,
        "names are resolved as on this machine",
    ),
    only(
        "dnsPolicy",
        Shape::Text,
        "Default",
        "names are resolved as on this machine",
    ),
    only(
        "enableServiceLinks",
        Shape::Bool,
        "false",
        "there are no Services whose variables could be set",
    ),
    not("ephemeralContainers", Shape::Any, "use `lanner pod exec`"),
    not(
        "hostAliases",
        Shape::Any,
        "/etc/hosts has the pod's own name only",
    ),
    done("hostIPC", Shape::Bool),
    done("hostNetwork", Shape::Bool),
    done("hostPID", Shape::Bool),
    only(
        "hostUsers",
        Shape::Bool,
        "true",
        "containers are in the user namespace of this machine",
    ),
    done("hostname", Shape::Text),
    not(
        "hostnameOverride",
        Shape::Text,
        "the hostname is the pod's name",
    ),
    not(
        "imagePullSecrets",
        Shape::Any,
        "images are pulled without credentials",
    ),
    done("initContainers", Shape::List(&Shape::Object(CONTAINER))),
    not("nodeName", Shape::Text, NO_SCHEDULER),
    not("nodeSelector", Shape::Texts, NO_SCHEDULER),
    done("os", Shape::Object(&[done("name", Shape::Text)])),
    not("overhead", Shape::Any, NO_SCHEDULER),
    not("preemptionPolicy", Shape::Text, NO_SCHEDULER),
    not("priority", Shape::Int, NO_SCHEDULER),
    not("priorityClassName", Shape::Text, NO_SCHEDULER),
    not("readinessGates", Shape::Any, NO_PROBES),
    not(
        "resourceClaims",
        Shape::Any,
        "there are no devices to claim here",
    ),
    not(
        "resources",
        Shape::Any,
        "limits count for each container only",
    ),
    done("restartPolicy", Shape::Text),
    not(
        "runtimeClassName",
        Shape::Text,
        "use `--as` to choose a runtime",
    ),
    only(
        "schedulerName",
        Shape::Text,
        "default-scheduler",
        NO_SCHEDULER,
    ),
    not("schedulingGates", Shape::Any, NO_SCHEDULER),
    done("securityContext", Shape::Object(POD_SECURITY)),
    not("serviceAccount", Shape::Text, NO_TOKEN),
    only("serviceAccountName", Shape::Text, "default", NO_TOKEN),
    not(
        "setHostnameAsFQDN",
        Shape::Bool,
        "the hostname is the pod's name",
    ),
    done("shareProcessNamespace", Shape::Bool),
    not("subdomain", Shape::Text, "there is no cluster domain"),
    done("terminationGracePeriodSeconds", Shape::Int),
    not("tolerations", Shape::Any, NO_SCHEDULER),
    not("topologySpreadConstraints", Shape::Any, NO_SCHEDULER),
    done("volumes", Shape::List(&Shape::Object(VOLUME))),
];

const META: &[Field] = &[
    done("annotations", Shape::Texts),
    done("creationTimestamp", Shape::Text),
    not(
        "deletionGracePeriodSeconds",
        Shape::Int,
        "it is set by a delete",
    ),
    not("deletionTimestamp", Shape::Text, "it is set by a delete"),
    not("finalizers", Shape::Any, "there is nobody to wait for"),
    done("generateName", Shape::Text),
    done("generation", Shape::Int),
    done("labels", Shape::Texts),
    done("managedFields", Shape::Any),
    done("name", Shape::Text),
    done("namespace", Shape::Text),
    not("ownerReferences", Shape::Any, "there are no owners here"),
    done("resourceVersion", Shape::Text),
    done("selfLink", Shape::Text),
    // A pod gets an identity of its own here.
    done("uid", Shape::Text),
];

pub(crate) const POD: &[Field] = &[
    done("apiVersion", Shape::Text),
    done("kind", Shape::Text),
    done("metadata", Shape::Object(META)),
    done("spec", Shape::Object(POD_SPEC)),
    // What `kubectl get -o yaml` prints has one; it is ours to fill.
    done("status", Shape::Any),
];

pub(crate) const CONFIG_MAP: &[Field] = &[
    done("apiVersion", Shape::Text),
    done("binaryData", Shape::Texts),
    done("data", Shape::Texts),
    done("immutable", Shape::Bool),
    done("kind", Shape::Text),
    done("metadata", Shape::Object(META)),
];
