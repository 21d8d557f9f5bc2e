//! One more program in a container that runs.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::start::container_of;
use crate::engine::block::{DEFAULT_PATH, Orders};
use crate::engine::users::{self, Rootfs};
use crate::engine::{At, Engine, EngineError, RuncError};
use crate::env;
use crate::home::{PodHome, Record};
use crate::image::Reference;
use crate::machine::Slot;
use crate::profile;

/// What to run.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Whether standard input is passed on.
    pub stdin: bool,
    /// Whether it gets a terminal.
    pub terminal: bool,
}

/// Runs it, and returns its exit code; 128 and the signal if one killed it.
///
/// # Errors
/// The container is gone, or the program cannot be started in it.
pub fn run(
    home: &PodHome,
    record: &Record,
    slot: Slot,
    request: &Request,
) -> Result<i32, EngineError> {
    let engine = Engine::new()?;
    let pod = &record.pod;
    let container = container_of(pod, slot);
    let failed = |message: String| EngineError::Runc(RuncError::Failed(message));
    let live = record.live.iter().find(|l| l.slot == slot);
    let Some((live, process)) = live.and_then(|l| Some((l, l.process?))) else {
        return Err(failed(format!(
            "container not found (\"{}\")",
            container.name
        )));
    };
    let reference = Reference::parse(&container.image).map_err(|e| failed(e.to_string()))?;
    let defaults = home
        .home
        .images()?
        .find(&reference)
        .map(|i| i.config.config);
    let defaults = defaults.unwrap_or_default();
    let maps = home.home.maps(&pod.metadata.namespace)?;
    let node = super::node_name();
    let variables =
        env::variables(pod, container, &maps, &node).map_err(|e| failed(e.to_string()))?;
    let root = format!("/proc/{}/root", process.pid);
    let root = Path::new(&root);
    let user = defaults.user.as_deref().unwrap_or_default();
    let user = users::resolve(pod, container, user, &Rootfs::open(root).at(root)?);
    let user = user.map_err(|e| failed(e.to_string()))?;
    let caps = super::caps_of(container);
    let choice = profile::choose(
        pod,
        container,
        &record.options.seccomp_root,
        record.options.seccomp_default,
    );
    let loaded = choice.load(caps, record.options.runtime.runtime());
    let loaded = loaded.map_err(|broken| failed(broken.message))?;
    let mut env = vec![("PATH".to_owned(), DEFAULT_PATH.to_owned())];
    if request.terminal {
        env.push(("TERM".to_owned(), "xterm".to_owned()));
    }
    let of_image = defaults.env.clone().unwrap_or_default();
    let of_image = of_image.iter().filter_map(|e| e.split_once('='));
    let of_image = of_image.map(|(k, v)| (k.to_owned(), v.to_owned()));
    let home_folder = user.home.clone().unwrap_or_else(|| "/".to_owned());
    let rest = [
        ("HOSTNAME".to_owned(), super::start::hostname(pod, &node)),
        ("HOME".to_owned(), home_folder),
    ];
    for (name, value) in rest.into_iter().chain(of_image).chain(variables) {
        env.retain(|e: &(String, String)| e.0 != name);
        env.push((name, value));
    }
    let cwd = container.working_dir.clone().or(defaults.working_dir);
    let cwd = cwd
        .filter(|c| c.starts_with('/'))
        .unwrap_or_else(|| "/".to_owned());
    let orders = Orders {
        no_new_privs: container.no_new_privs(),
        filter: loaded.map(|l| (l.program, l.flags)),
        uid: user.uid,
        gid: user.gid,
        groups: user.groups,
        caps,
        cwd: cwd.clone(),
        argv: request.command.clone(),
        env,
        ..Orders::default()
    };
    let given = crate::engine::bundle::shim_caps(caps);
    let process = json!({
        "terminal": request.terminal,
        "user": {"uid": 0, "gid": 0},
        "args": ["/proc/self/fd/3"],
        "env": [],
        "cwd": cwd,
        "capabilities": {"bounding": given, "effective": given, "permitted": given},
        "noNewPrivileges": false,
    });
    let scratch = home.path.join(format!("exec-{}", std::process::id()));
    fs::create_dir_all(&scratch).at(&scratch)?;
    let result = engine.exec(&live.id, &process, &orders, &scratch, request.stdin);
    let log = fs::read_to_string(scratch.join("log")).unwrap_or_default();
    // Nothing to be done about a failure: it goes with the pod.
    let _ = fs::remove_dir_all(&scratch);
    let (status, reached) = result?;
    if reached.step == 0 {
        let why = log.lines().last().unwrap_or("runc said nothing").to_owned();
        return Err(failed(format!(
            "error: Internal error occurred: failed to exec in container: {why}"
        )));
    }
    if !reached.executed() {
        let message = reached.message(&orders);
        return Err(failed(format!(
            "error: Internal error occurred: failed to exec in container: OCI runtime exec failed: \
             exec failed: unable to start container process: {message}: unknown"
        )));
    }
    use std::os::unix::process::ExitStatusExt;
    let by_signal = status.signal().map(|s| 128 + s);
    Ok(status.code().or(by_signal).unwrap_or(1))
}
