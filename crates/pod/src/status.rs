//! The status of a pod, in the API's words, and how `kubectl` prints it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::manifest::{Pod, RestartPolicy};

/// What a container is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// It does not run yet, or not again.
    Waiting(Waiting),
    /// It runs.
    Running(Running),
    /// It has ended.
    Terminated(Terminated),
}

/// Why a container does not run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are those of the API")]
pub struct Waiting {
    pub reason: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// Since when a container runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of the API")]
pub struct Running {
    pub started_at: Timestamp,
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of the API")]
pub struct Terminated {
    #[serde(rename = "containerID")]
    pub container_id: String,
    /// 128 and the signal, if it was killed by one.
    pub exit_code: i32,
    pub reason: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    pub started_at: Timestamp,
    pub finished_at: Timestamp,
}

impl Terminated {
    /// The signal that killed it, if one did.
    pub fn signal(&self) -> Option<i32> {
        (self.reason != START_ERROR && (129..=192).contains(&self.exit_code))
            .then(|| self.exit_code - 128)
    }
}

/// Reason of a container that could not be started, exit code 128.
pub const START_ERROR: &str = "StartError";

/// The status of a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of the API")]
pub struct ContainerStatus {
    #[serde(rename = "containerID", default)]
    pub container_id: String,
    pub image: String,
    #[serde(rename = "imageID", default)]
    pub image_id: String,
    #[serde(rename = "lastState", with = "last_state", default)]
    pub last_state: Option<Terminated>,
    pub name: String,
    pub ready: bool,
    pub restart_count: u32,
    pub started: bool,
    pub state: State,
}

/// `{}` or `{"terminated": …}`.
mod last_state {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Terminated;

    #[derive(Default, Serialize, Deserialize)]
    struct Last<T> {
        #[serde(default = "none", skip_serializing_if = "Option::is_none")]
        terminated: Option<T>,
    }

    fn none<T>() -> Option<T> {
        None
    }

    pub(super) fn serialize<S: Serializer>(
        last: &Option<Terminated>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        Last {
            terminated: last.as_ref(),
        }
        .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Terminated>, D::Error> {
        Ok(Last::deserialize(deserializer)?.terminated)
    }
}

impl ContainerStatus {
    /// A container that has yet to be made.
    pub fn new(name: &str, image: &str, reason: &str) -> ContainerStatus {
        ContainerStatus {
            container_id: String::new(),
            image: image.to_owned(),
            image_id: String::new(),
            last_state: None,
            name: name.to_owned(),
            ready: false,
            restart_count: 0,
            started: false,
            state: State::Waiting(Waiting {
                reason: reason.to_owned(),
                message: String::new(),
            }),
        }
    }

    /// How it ended, if it has.
    pub fn terminated(&self) -> Option<&Terminated> {
        match &self.state {
            State::Terminated(t) => Some(t),
            _ => None,
        }
    }

    /// Why it does not run, if it does not and may yet.
    pub fn waiting(&self) -> Option<&Waiting> {
        match &self.state {
            State::Waiting(w) => Some(w),
            _ => None,
        }
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        matches!(self.state, State::Running(_))
    }
}

/// Something that happened to a pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of the API")]
pub struct Event {
    /// `Normal` or `Warning`.
    #[serde(rename = "type")]
    pub kind: String,
    pub reason: String,
    pub message: String,
    /// How often it happened.
    pub count: u32,
    pub first_timestamp: Timestamp,
    pub last_timestamp: Timestamp,
}

/// Most events that are kept of a pod; the oldest go first.
const MAX_EVENTS: usize = 64;

/// Adds an event; one that happened before is counted.
pub fn record(events: &mut Vec<Event>, now: Timestamp, kind: &str, reason: &str, message: &str) {
    let same = |e: &Event| e.reason == reason && e.message == message && e.kind == kind;
    match events.iter().position(same) {
        Some(at) => {
            let mut event = events.remove(at);
            event.count = event.count.saturating_add(1);
            event.last_timestamp = now;
            events.push(event);
        }
        None => events.push(Event {
            kind: kind.to_owned(),
            reason: reason.to_owned(),
            message: message.to_owned(),
            count: 1,
            first_timestamp: now,
            last_timestamp: now,
        }),
    }
    if events.len() > MAX_EVENTS {
        events.remove(0);
    }
}

/// The status of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of the API")]
pub struct PodStatus {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub init_container_statuses: Vec<ContainerStatus>,
    pub container_statuses: Vec<ContainerStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// When it was asked to go, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_timestamp: Option<Timestamp>,
}

/// The words of [`PodStatus::phase`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the API")]
pub enum Phase {
    Pending,
    Running,
    Succeeded,
    Failed,
}

impl Phase {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Pending => "Pending",
            Phase::Running => "Running",
            Phase::Succeeded => "Succeeded",
            Phase::Failed => "Failed",
        }
    }
}

impl PodStatus {
    /// A pod of which nothing was started.
    pub fn new(pod: &Pod) -> PodStatus {
        let made = |list: &[crate::manifest::Container], reason: &str| {
            list.iter()
                .map(|c| ContainerStatus::new(&c.name, &c.image, reason))
                .collect::<Vec<_>>()
        };
        let waiting = match pod.spec.init_containers.is_empty() {
            true => "ContainerCreating",
            false => "PodInitializing",
        };
        PodStatus {
            init_container_statuses: made(&pod.spec.init_containers, "PodInitializing"),
            container_statuses: made(&pod.spec.containers, waiting),
            start_time: None,
            deletion_timestamp: None,
        }
    }

    /// Init containers, then the others.
    pub fn all(&self) -> impl Iterator<Item = &ContainerStatus> {
        self.init_container_statuses
            .iter()
            .chain(&self.container_statuses)
    }

    /// Where the pod is in its life, as the kubelet works it out.
    pub fn phase(&self, policy: RestartPolicy) -> Phase {
        let mut initializing = false;
        for status in &self.init_container_statuses {
            match &status.state {
                State::Terminated(t) if t.exit_code == 0 => {}
                State::Terminated(_) if policy == RestartPolicy::Never => return Phase::Failed,
                _ => initializing = true,
            }
        }
        let (mut waiting, mut running, mut stopped, mut succeeded) = (0, 0, 0, 0);
        for status in &self.container_statuses {
            match &status.state {
                State::Running(_) => running += 1,
                State::Terminated(t) => {
                    stopped += 1;
                    succeeded += usize::from(t.exit_code == 0);
                }
                State::Waiting(_) if status.last_state.is_some() => stopped += 1,
                State::Waiting(_) => waiting += 1,
            }
        }
        if initializing || waiting > 0 {
            Phase::Pending
        } else if running > 0 || policy == RestartPolicy::Always {
            Phase::Running
        } else if stopped == succeeded {
            Phase::Succeeded
        } else if policy == RestartPolicy::Never {
            Phase::Failed
        } else {
            Phase::Running
        }
    }

    /// Whether every container runs.
    pub fn is_ready(&self) -> bool {
        self.deletion_timestamp.is_none() && self.container_statuses.iter().all(|c| c.ready)
    }

    /// Whether all init containers have done their work.
    pub fn is_initialized(&self) -> bool {
        let done = |c: &ContainerStatus| c.terminated().is_some_and(|t| t.exit_code == 0);
        self.init_container_statuses.iter().all(done)
    }

    /// READY, STATUS and RESTARTS as `kubectl get pods` prints them.
    pub fn columns(&self, policy: RestartPolicy, now: Timestamp) -> [String; 3] {
        let total = self.container_statuses.len();
        let mut reason = self.phase(policy).name().to_owned();
        let mut ready = 0;
        let mut restarts = 0;
        let mut last_restart = None;
        let mut count = |status: &ContainerStatus| {
            restarts += status.restart_count;
            let ended = status.last_state.as_ref().map(|t| t.finished_at);
            last_restart = last_restart.max(ended);
        };
        let initializing = self.initializing();
        match &initializing {
            Some(word) => {
                reason.clone_from(word);
                self.init_container_statuses.iter().for_each(&mut count);
            }
            None => {
                let mut has_running = false;
                for status in self.container_statuses.iter().rev() {
                    count(status);
                    match &status.state {
                        State::Waiting(w) if !w.reason.is_empty() => reason.clone_from(&w.reason),
                        State::Terminated(t) if !t.reason.is_empty() => {
                            reason.clone_from(&t.reason);
                        }
                        State::Running(_) if status.ready => {
                            has_running = true;
                            ready += 1;
                        }
                        _ => {}
                    }
                }
                if reason == "Completed" && has_running {
                    let all = self.is_ready();
                    reason = if all { "Running" } else { "NotReady" }.to_owned();
                }
            }
        }
        if self.deletion_timestamp.is_some() {
            reason = "Terminating".to_owned();
        }
        let restarts = match last_restart.filter(|_| restarts > 0) {
            Some(at) => format!("{restarts} ({} ago)", age(at, now)),
            None => restarts.to_string(),
        };
        [format!("{ready}/{total}"), reason, restarts]
    }

    /// The status word while init containers run.
    fn initializing(&self) -> Option<String> {
        let list = &self.init_container_statuses;
        for (i, status) in list.iter().enumerate() {
            return Some(match &status.state {
                State::Terminated(t) if t.exit_code == 0 => continue,
                State::Terminated(t) if !t.reason.is_empty() => format!("Init:{}", t.reason),
                State::Terminated(t) => format!("Init:ExitCode:{}", t.exit_code),
                State::Waiting(w) if !w.reason.is_empty() && w.reason != "PodInitializing" => {
                    format!("Init:{}", w.reason)
                }
                _ => format!("Init:{i}/{}", list.len()),
            });
        }
        None
    }
}

/// The time since `then`, as `kubectl` rounds it.
pub fn age(then: Timestamp, now: Timestamp) -> String {
    human(now.as_second().saturating_sub(then.as_second()))
}

/// Seconds as `kubectl` prints a duration in a table.
pub fn human(seconds: i64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let pair = |high: i64, unit: &str, low: i64, lower: &str| match low {
        0 => format!("{high}{unit}"),
        _ => format!("{high}{unit}{low}{lower}"),
    };
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1..0 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        _ if minutes < 10 => pair(minutes, "m", seconds % 60, "s"),
        _ if minutes < 180 => format!("{minutes}m"),
        _ if hours < 8 => pair(hours, "h", minutes % 60, "m"),
        _ if hours < 48 => format!("{hours}h"),
        _ if hours < 192 => pair(days, "d", hours % 24, "h"),
        _ if days < 730 => format!("{days}d"),
        _ if days < 2920 => pair(days / 365, "y", days % 365, "d"),
        _ => format!("{}y", days / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_rounded_as_kubectl_rounds_them() {
        let check = |seconds, expect: &str| assert_eq!(human(seconds), expect, "{seconds}");
        check(-5, "<invalid>");
        check(0, "0s");
        check(119, "119s");
        check(120, "2m");
        check(125, "2m5s");
        check(600, "10m");
        check(3 * 3600 - 1, "179m");
        check(3 * 3600, "3h");
        check(3 * 3600 + 61, "3h1m");
        check(8 * 3600, "8h");
        check(48 * 3600, "2d");
        check(50 * 3600, "2d2h");
        check(8 * 86_400, "8d");
        check(730 * 86_400, "2y");
    }

    #[test]
    fn an_event_that_happens_again_is_counted() {
        let mut events = Vec::new();
        let at = |s| Timestamp::from_second(s).unwrap();
        record(&mut events, at(1), "Normal", "Started", "a");
        record(&mut events, at(2), "Warning", "BackOff", "b");
        record(&mut events, at(3), "Normal", "Started", "a");
        let shown: Vec<_> = events
            .iter()
            .map(|e| {
                (
                    e.reason.as_str(),
                    e.count,
                    e.first_timestamp.as_second(),
                    e.last_timestamp.as_second(),
                )
            })
            .collect();
        assert_eq!(shown, [("BackOff", 1, 2, 2), ("Started", 2, 1, 3)]);
        for i in 0..200 {
            record(&mut events, at(i), "Normal", "x", &i.to_string());
        }
        assert_eq!(events.len(), MAX_EVENTS);
    }
}
