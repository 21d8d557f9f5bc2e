//! From the path of a cgroup to the id of the container whose name it bears.
//!
//! Two readings of a path: [`live`] goes through its components and marks what only the runtime's
//! files can settle; [`capture`] has no files to ask and follows Falco's matchers (falco.md §4.8
//! and the container plugin's `matchers/`), so that a capture gives the ids that Falco gives.

use bstr::ByteSlice;

use crate::ContainerType;

/// Length of the ids that all engines but containerd's clients use.
const ID_LEN: usize = 64;

/// Which runtimes to ask first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hint {
    Podman,
    Docker,
    /// A pod of Kubernetes; CRI-O names itself, so most likely containerd.
    Kubernetes,
    CriO,
    Nerdctl,
    /// A pod that `lanner pod` runs.
    Lanner,
    /// An id of 64 hexadecimal digits and nothing else to go by.
    Any,
    /// Not known to be a container at all until files say so.
    Unproven,
    /// Identified by name alone; it has no files that could be read.
    Named(ContainerType),
}

/// A container that a path may belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate<'a> {
    pub(crate) id: &'a str,
    pub(crate) hint: Hint,
    /// The component before the id: the containerd namespace, if it is containerd's.
    pub(crate) parent: &'a str,
    /// The user whose slice the cgroup lies in.
    pub(crate) uid: Option<u32>,
}

/// What a path says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reading<'a> {
    /// The container of this name, whatever files say.
    Container(Candidate<'a>),
    /// One of these if a runtime knows it, innermost first; the host's otherwise.
    Perhaps(Vec<Candidate<'a>>),
}

/// Most components of a path that are looked at, from the innermost.
const DEPTH: usize = 16;
/// Most unproven candidates of a path.
const UNPROVEN: usize = 3;

/// The paths of a cgroup set: NUL-separated `subsystem=path`.
pub(crate) fn paths(set: &[u8]) -> impl Iterator<Item = &[u8]> {
    set.split(|b| *b == 0).filter_map(|entry| {
        // `name=systemd=/path`: the path is what follows the last `=` before a slash.
        let start = entry.find("=/").or_else(|| entry.find_byte(b'='))? + 1;
        Some(&entry[start..])
    })
}

/// Reads a path of the running machine.
pub(crate) fn live(path: &[u8]) -> Reading<'_> {
    let comps: Vec<&str> = path
        .split(|b| *b == b'/')
        // `/../..`: the cgroup lies outside the cgroup namespace of the reader.
        .filter(|c| !c.is_empty() && *c != b"..")
        .map(|c| std::str::from_utf8(c).unwrap_or(""))
        .collect();
    let uid = comps.iter().find_map(|c| {
        c.strip_prefix("user-")?
            .strip_suffix(".slice")?
            .parse()
            .ok()
    });
    let kube = comps.iter().any(|c| c.contains("kubepods"));
    // `/lanner/podUID/ID`
    let own = comps
        .windows(2)
        .any(|w| w[0] == "lanner" && w[1].starts_with("pod"));
    let mut unproven = Vec::new();
    for at in (0..comps.len()).rev().take(DEPTH) {
        let parent = if at == 0 { "" } else { comps[at - 1] };
        let candidate = |id, hint| Candidate {
            id,
            hint,
            parent,
            uid,
        };
        match component(comps[at], parent, at == 1, (kube, own)) {
            Some(Component::Monitor) => return Reading::Perhaps(Vec::new()),
            Some(Component::Container(id, hint)) => {
                return Reading::Container(candidate(id, hint));
            }
            Some(Component::Plain(id)) if unproven.len() < UNPROVEN => {
                unproven.push(candidate(id, Hint::Unproven));
            }
            Some(Component::Plain(_)) | None => {}
        }
    }
    Reading::Perhaps(unproven)
}

enum Component<'a> {
    /// The runtime's own monitor of a container: of the host.
    Monitor,
    Container(&'a str, Hint),
    Plain(&'a str),
}

fn component<'a>(
    comp: &'a str,
    parent: &str,
    parent_is_top: bool,
    (kube, own): (bool, bool),
) -> Option<Component<'a>> {
    const PREFIXES: [(&str, Hint); 6] = [
        ("libpod-payload-", Hint::Podman),
        ("libpod-", Hint::Podman),
        ("docker-", Hint::Docker),
        ("cri-containerd-", Hint::Kubernetes),
        ("crio-", Hint::CriO),
        ("nerdctl-", Hint::Nerdctl),
    ];
    let named = |id: &'a str, ty| is_name(id).then_some(Component::Container(id, Hint::Named(ty)));
    if comp.starts_with("libpod-conmon-")
        || comp.starts_with("crio-conmon-")
        || comp.starts_with("lxc.monitor")
        || comp == "conmon" && parent.starts_with("libpod")
    {
        return Some(Component::Monitor);
    }
    let bare = comp.strip_suffix(".scope").unwrap_or(comp);
    for (prefix, hint) in PREFIXES {
        if let Some(id) = bare.strip_prefix(prefix).filter(|id| is_id(id)) {
            return Some(Component::Container(id, hint));
        }
    }
    // containerd with a systemd slice as parent and without its systemd driver:
    // `kubepods-pod….slice:cri-containerd:ID`.
    if let Some((_, id)) = comp.rsplit_once(':').filter(|(_, id)| is_id(id)) {
        return Some(Component::Container(id, Hint::Kubernetes));
    }
    if is_id(comp) {
        let hint = match parent {
            "docker" => Hint::Docker,
            _ if own => Hint::Lanner,
            _ if kube => Hint::Kubernetes,
            _ => Hint::Any,
        };
        return Some(Component::Container(comp, hint));
    }
    if parent_is_top && (parent == "lxc" || parent == "lxc.payload") {
        return named(comp, ContainerType::Lxc);
    }
    if let Some(name) = comp.strip_prefix("lxc.payload.") {
        return named(name, ContainerType::Lxc);
    }
    if let Some(name) = comp.strip_suffix(".libvirt-lxc") {
        return named(name, ContainerType::LibvirtLxc);
    }
    if let Some(name) = comp.strip_prefix("machine-lxc\\x2d") {
        let name = name.strip_suffix(".scope")?;
        return Some(Component::Container(
            name,
            Hint::Named(ContainerType::LibvirtLxc),
        ));
    }
    if let Some(name) = bare.strip_prefix("machine-rkt\\x2d") {
        return Some(Component::Container(name, Hint::Named(ContainerType::Rkt)));
    }
    if parent == "mesos" && comp.len() == 36 {
        return named(comp, ContainerType::Mesos);
    }
    if let Some(name) = bare.strip_prefix("bpm-") {
        return named(name, ContainerType::Bpm);
    }
    // The systemd driver of runc and crun: `runc-ID.scope`.
    if let Some((_, id)) = comp
        .strip_suffix(".scope")
        .and_then(|c| c.split_once('-'))
        .filter(|(runtime, id)| matches!(*runtime, "runc" | "crun") && is_name(id))
    {
        return Some(Component::Plain(id));
    }
    const UNITS: [&str; 6] = [".slice", ".scope", ".service", ".socket", ".mount", ".swap"];
    let unit = UNITS.iter().any(|suffix| comp.ends_with(suffix));
    (!unit && is_name(comp)).then_some(Component::Plain(comp))
}

/// Whether it is an id of 64 hexadecimal digits.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == ID_LEN && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether it may name a container, and so a folder.
fn is_name(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && !text.starts_with('.')
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+'))
}

/// Reads a path of a capture as Falco does: the id as `container.id` prints it, and the type if
/// the name alone tells it.
pub(crate) fn capture(path: &[u8]) -> Option<(&[u8], Option<ContainerType>)> {
    // Each engine's layouts in Falco's order. An empty prefix stands for "the last component".
    const LAYOUTS: [(&[u8], &[u8]); 13] = [
        (b"/libpod-", b".scope"),
        (b"/libpod-", b".scope/container"),
        (b"/libpod-", b""),
        (b"/libpod-payload-", b".scope"),
        (b"/libpod-payload-", b".scope/container"),
        (b"/libpod-payload-", b""),
        (b"/", b""),
        (b"/docker-", b".scope"),
        (b"/crio-", b""),
        (b"/cri-containerd-", b".scope"),
        (b"/crio-", b".scope"),
        (b":cri-containerd:", b""),
        (b"/nerdctl-", b".scope"),
    ];
    for (prefix, suffix) in LAYOUTS {
        if let Some(id) = between(path, prefix, suffix)
            && id.len() == ID_LEN
            && id.iter().all(u8::is_ascii_hexdigit)
        {
            return Some((&id[..12], None));
        }
    }
    if let Some(id) = containerd_client(path) {
        return Some((id, None));
    }
    for prefix in ["/lxc/", "/lxc.payload/", "/lxc.payload."] {
        if let Some(at) = path.find(prefix) {
            let rest = &path[at + prefix.len()..];
            let end = rest.find_byte(b'/').unwrap_or(rest.len());
            return Some((&rest[..end], Some(ContainerType::Lxc)));
        }
    }
    libvirt(path)
        .map(|id| (id, Some(ContainerType::LibvirtLxc)))
        .or_else(|| bpm(path).map(|id| (id, Some(ContainerType::Bpm))))
}

/// What lies between the last `prefix` and the last `suffix`.
fn between<'a>(path: &'a [u8], prefix: &[u8], suffix: &[u8]) -> Option<&'a [u8]> {
    let start = path.rfind(prefix)? + prefix.len();
    let end = if suffix.is_empty() {
        path.len()
    } else {
        path.rfind(suffix)?
    };
    path.get(start..end)
}

/// `/NAMESPACE/ID`: whatever follows the first component that could be a namespace, up to 64
/// characters and unless it is a systemd unit. Falco calls many a plain cgroup a container so.
fn containerd_client(path: &[u8]) -> Option<&[u8]> {
    let mut from = 0;
    let namespace = loop {
        let start = from + path[from..].find_byte(b'/')? + 1;
        let end = start + path[start..].find_byte(b'/')?;
        if is_namespace(&path[start..end]) {
            break &path[start - 1..=end];
        }
        from = end;
    };
    let id = between(path, namespace, b"")?;
    let unit = [&b".service"[..], b".slice", b".scope"]
        .iter()
        .any(|suffix| path.ends_with(suffix));
    let hex = id.len() == ID_LEN && id.iter().all(u8::is_ascii_hexdigit);
    ((1..=ID_LEN).contains(&id.len()) && (hex || !unit)).then(|| &id[..id.len().min(12)])
}

/// Alphanumeric words joined by single `.`, `_` or `-`.
fn is_namespace(text: &[u8]) -> bool {
    text.split(|b| matches!(b, b'.' | b'_' | b'-'))
        .all(|word| !word.is_empty() && word.iter().all(u8::is_ascii_alphanumeric))
}

fn libvirt(path: &[u8]) -> Option<&[u8]> {
    if let Some(head) = path.strip_suffix(b".libvirt-lxc") {
        let start = head.rfind_byte(b'/')? + 1;
        return Some(&head[start..]);
    }
    if let Some(at) = path.find("-lxc\\x2") {
        let head = path
            .strip_suffix(b".scope/libvirt")
            .or_else(|| path.strip_suffix(b".scope"));
        if let Some(id) = head.and_then(|h| h.get(at + 8..)) {
            return Some(id);
        }
    }
    let at = path.find("/libvirt/lxc/")?;
    Some(&path[at + 13..])
}

fn bpm(path: &[u8]) -> Option<&[u8]> {
    let rest = &path[path.find("bpm-")? + 4..];
    let id = &rest[..rest.find(".scope").unwrap_or(rest.len())];
    (!id.is_empty()
        && id
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')))
    .then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";

    #[test]
    fn a_live_path_names_its_container() {
        #[track_caller]
        fn check(path: &str, expect: Option<(&str, Hint)>) {
            let path = path.replace("ID", ID);
            let got = match live(path.as_bytes()) {
                Reading::Container(c) => Some((c.id.to_owned(), c.hint)),
                Reading::Perhaps(list) => list.first().map(|c| (c.id.to_owned(), Hint::Unproven)),
            };
            let expect = expect.map(|(id, hint)| (id.replace("ID", ID), hint));
            assert_eq!(got, expect, "{path}");
        }
        let lxc = Hint::Named(ContainerType::Lxc);
        let libvirt = Hint::Named(ContainerType::LibvirtLxc);
        check("/", None);
        check("/init.scope", None);
        check("/system.slice/ssh.service", None);
        check("/user.slice/user-1000.slice/session-2.scope", None);
        check("/docker/ID", Some(("ID", Hint::Docker)));
        check("/docker/ID/init.scope", Some(("ID", Hint::Docker)));
        check("/../../docker/ID", Some(("ID", Hint::Docker)));
        check("/system.slice/docker-ID.scope", Some(("ID", Hint::Docker)));
        check(
            "/docker/ID/system.slice/x.service",
            Some(("ID", Hint::Docker)),
        );
        check("/custom-parent/ID", Some(("ID", Hint::Any)));
        check("/libpod_parent/libpod-ID", Some(("ID", Hint::Podman)));
        check("/libpod_parent/conmon", None);
        check("/machine.slice/libpod-conmon-ID.scope", None);
        check("/machine.slice/libpod-ID.scope", Some(("ID", Hint::Podman)));
        check(
            "/machine.slice/libpod-ID.scope/container",
            Some(("ID", Hint::Podman)),
        );
        check(
            "/system.slice/a.service/libpod-payload-ID",
            Some(("ID", Hint::Podman)),
        );
        check(
            "/kubepods/besteffort/pod1-2/ID",
            Some(("ID", Hint::Kubernetes)),
        );
        check(
            "/kubepods.slice/kubepods-pod1.slice/cri-containerd-ID.scope",
            Some(("ID", Hint::Kubernetes)),
        );
        check(
            "/kubepods-burstable-pod1.slice:cri-containerd:ID",
            Some(("ID", Hint::Kubernetes)),
        );
        check(
            "/kubepods.slice/kubepods-pod1.slice/crio-ID.scope",
            Some(("ID", Hint::CriO)),
        );
        check("/kubepods/pod1/crio-ID", Some(("ID", Hint::CriO)));
        check("/lanner/pod1-2/ID", Some(("ID", Hint::Lanner)));
        check("/docker/ID/lanner/pod1/ID", Some(("ID", Hint::Lanner)));
        check(
            "/kubepods.slice/kubepods-pod1.slice/crio-conmon-ID.scope",
            None,
        );
        check(
            "/docker/ID/kubelet/kubepods/pod1/ID",
            Some(("ID", Hint::Kubernetes)),
        );
        check(
            "/system.slice/nerdctl-ID.scope",
            Some(("ID", Hint::Nerdctl)),
        );
        check("/default/redis", Some(("redis", Hint::Unproven)));
        check(
            "/user.slice/runc-my_box.scope",
            Some(("my_box", Hint::Unproven)),
        );
        check("/lxc/web", Some(("web", lxc)));
        check("/lxc/web/init.scope", Some(("web", lxc)));
        check("/lxc.payload/web", Some(("web", lxc)));
        check("/lxc.payload.web/system.slice", Some(("web", lxc)));
        check("/lxc.monitor.web", None);
        check(
            "/machine.slice/machine-lxc\\x2d29\\x2dbox.scope/libvirt",
            Some(("29\\x2dbox", libvirt)),
        );
        check("/machine/box.libvirt-lxc", Some(("box", libvirt)));
        check(
            "/bpm-job.scope",
            Some(("job", Hint::Named(ContainerType::Bpm))),
        );
        check(
            "/mesos/7f6a1c0e-6b0b-4b3c-8f0e-2d1c5a9b7e11",
            Some((
                "7f6a1c0e-6b0b-4b3c-8f0e-2d1c5a9b7e11",
                Hint::Named(ContainerType::Mesos),
            )),
        );
        check(
            "/machine.slice/machine-rkt\\x2dab.scope/system.slice/app.service",
            Some(("ab", Hint::Named(ContainerType::Rkt))),
        );
    }

    #[test]
    fn the_user_of_a_rootless_container_is_that_of_its_slice() {
        let path = format!(
            "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ID}.scope/container"
        );
        let Reading::Container(candidate) = live(path.as_bytes()) else {
            panic!("not a container: {path}");
        };
        assert_eq!((candidate.id, candidate.uid), (ID, Some(1000)));
    }

    #[test]
    fn a_path_of_a_capture_is_read_as_falco_reads_it() {
        #[track_caller]
        fn check(path: &str, expect: Option<&str>) {
            let path = path.replace("ID", ID);
            let got = capture(path.as_bytes()).map(|(id, _)| id.as_bstr().to_string());
            assert_eq!(got.as_deref(), expect, "{path}");
        }
        let short = Some(&ID[..12]);
        check("/", None);
        check("/docker/ID", short);
        check("/docker/ID/init.scope", None);
        check("/machine.slice/libpod-ID.scope", short);
        check("/machine.slice/libpod-ID.scope/container", short);
        check("/machine.slice/libpod-conmon-ID.scope", None);
        check("/system.slice/docker-ID.scope", short);
        check("/kubepods-pod1.slice:cri-containerd:ID", short);
        check("/system.slice/a.service", None);
        check("/system.slice/a.service\u{1}", Some("a.service\u{1}"));
        check("/user/bencer/0", Some("bencer/0"));
        check("/user.slice", None);
        check("/default/a-rather-long-name", Some("a-rather-lon"));
        check("/lxc/web/init.scope", Some("web"));
        check(
            "/machine.slice/machine-lxc\\x2d29\\x2dbox.scope/libvirt",
            Some("machine-lxc\\"),
        );
        check("/bpm-job.scope", Some("job"));
        let long = format!("/machine.slice/libpod-{ID}00.scope");
        check(&long, None);
    }

    #[test]
    fn the_paths_of_a_set_come_without_their_subsystems() {
        let set = b"cpuset=/a\0name=systemd=/b=/c\0misc=\0junk\0";
        let got: Vec<&[u8]> = paths(set).collect();
        assert_eq!(got, [&b"/a"[..], b"/b=/c", b""]);
    }
}
