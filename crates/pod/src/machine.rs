//! When containers of a pod are started, and started again: the kubelet's rules, as pure code.
//!
//! The supervisor asks [`Machine::due`] what to start now and tells it what came of it; the clock
//! is an argument. Rules and words are those of the kubelet's runtime manager and of the back-off
//! that it uses:
//!
//! * The first restart follows at once (when the kubelet next looks, a second later), the next ones
//!   10, 20, 40, 80, 160 and then 300 seconds after the last end.
//! * A container that ended more than ten minutes after its last start was decided begins anew.
//! * A container that cannot be made is tried again every ten seconds, and counts no restart.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::manifest::{Pod, RestartPolicy};
use crate::status::{
    ContainerStatus, Event, PodStatus, Running, START_ERROR, State, Terminated, Waiting, record,
};

/// The first wait, and the longest.
const BACK_OFF: (SignedDuration, SignedDuration) = (
    SignedDuration::from_secs(10),
    SignedDuration::from_secs(300),
);
/// How soon the kubelet notices the end of a container.
const RELIST: SignedDuration = SignedDuration::from_secs(1);
/// When a container that could not be made is tried again.
const RETRY: SignedDuration = SignedDuration::from_secs(10);

/// How long the next start has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct BackOff {
    seconds: i64,
    updated: Timestamp,
}

impl BackOff {
    fn expired(self, finished: Timestamp) -> bool {
        finished.duration_since(self.updated) > BACK_OFF.1 * 2
    }

    /// Until when a container that ended then has to wait.
    fn until(self, finished: Timestamp) -> Option<Timestamp> {
        (!self.expired(finished)).then(|| finished + SignedDuration::from_secs(self.seconds))
    }

    fn next(this: Option<BackOff>, finished: Timestamp, now: Timestamp) -> BackOff {
        let seconds = match this {
            Some(old) if !old.expired(finished) => (old.seconds * 2).min(BACK_OFF.1.as_secs()),
            _ => BACK_OFF.0.as_secs(),
        };
        BackOff {
            seconds,
            updated: now,
        }
    }
}

/// What is known of a container besides its status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Track {
    back_off: Option<BackOff>,
    /// How the last one made ended.
    ended: Option<Terminated>,
    /// When to try again to make one.
    retry: Option<Timestamp>,
    /// The supervisor is at it.
    busy: bool,
}

/// A container of a pod: its place among the init containers, or among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Slot {
    /// Of `initContainers`.
    Init(usize),
    /// Of `containers`.
    Main(usize),
}

/// The containers of a pod in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// What people see.
    pub status: PodStatus,
    /// What happened.
    pub events: Vec<Event>,
    policy: String,
    pod: String,
    init: Vec<Track>,
    main: Vec<Track>,
}

impl Machine {
    /// A pod of which nothing was started.
    pub fn new(pod: &Pod) -> Machine {
        let tracks = |n| vec![Track::default(); n];
        let metadata = &pod.metadata;
        Machine {
            status: PodStatus::new(pod),
            events: Vec::new(),
            policy: pod.spec.restart_policy.clone(),
            pod: format!("{}_{}({})", metadata.name, metadata.namespace, metadata.uid),
            init: tracks(pod.spec.init_containers.len()),
            main: tracks(pod.spec.containers.len()),
        }
    }

    fn policy(&self) -> RestartPolicy {
        match self.policy.as_str() {
            "Never" => RestartPolicy::Never,
            "OnFailure" => RestartPolicy::OnFailure,
            _ => RestartPolicy::Always,
        }
    }

    fn track(&mut self, slot: Slot) -> &mut Track {
        match slot {
            Slot::Init(i) => &mut self.init[i],
            Slot::Main(i) => &mut self.main[i],
        }
    }

    /// The status of a container.
    pub fn container(&self, slot: Slot) -> &ContainerStatus {
        match slot {
            Slot::Init(i) => &self.status.init_container_statuses[i],
            Slot::Main(i) => &self.status.container_statuses[i],
        }
    }

    /// The same, to be changed.
    pub fn container_mut(&mut self, slot: Slot) -> &mut ContainerStatus {
        match slot {
            Slot::Init(i) => &mut self.status.init_container_statuses[i],
            Slot::Main(i) => &mut self.status.container_statuses[i],
        }
    }

    /// Every slot, init containers first.
    pub fn slots(&self) -> Vec<Slot> {
        let init = (0..self.init.len()).map(Slot::Init);
        init.chain((0..self.main.len()).map(Slot::Main)).collect()
    }

    /// Adds an event.
    pub fn record(&mut self, now: Timestamp, kind: &str, reason: &str, message: &str) {
        record(&mut self.events, now, kind, reason, message);
    }

    /// The containers that may run now: the first init container that has not done its work, or
    /// all others once those have.
    fn stage(&self) -> Vec<Slot> {
        for (i, status) in self.status.init_container_statuses.iter().enumerate() {
            match status.terminated() {
                Some(t) if t.exit_code == 0 => {}
                _ => return vec![Slot::Init(i)],
            }
        }
        (0..self.main.len()).map(Slot::Main).collect()
    }

    fn restarts(&self, slot: Slot, code: i32) -> bool {
        match (self.policy(), slot) {
            (RestartPolicy::Never, _) => false,
            (RestartPolicy::OnFailure, _) | (_, Slot::Init(_)) => code != 0,
            (RestartPolicy::Always, Slot::Main(_)) => true,
        }
    }

    /// What has to be started now; what has to wait is marked so.
    pub fn due(&mut self, now: Timestamp) -> Vec<Slot> {
        if self.status.deletion_timestamp.is_some() {
            return Vec::new();
        }
        let mut starts = Vec::new();
        for slot in self.stage() {
            let track = self.track(slot).clone();
            if track.busy || self.container(slot).is_running() {
                continue;
            }
            if let Some(retry) = track.retry {
                if now >= retry {
                    self.track(slot).retry = None;
                    starts.push(slot);
                }
                continue;
            }
            let Some(ended) = track.ended else {
                starts.push(slot);
                continue;
            };
            let finished = ended.finished_at;
            if !self.restarts(slot, ended.exit_code) || now < finished + RELIST {
                continue;
            }
            let waits = track.back_off.and_then(|b| Some((b, b.until(finished)?)));
            if let Some((back_off, _)) = waits.filter(|(_, until)| now < *until) {
                self.hold_back(slot, back_off, ended, now);
                continue;
            }
            self.track(slot).back_off = Some(BackOff::next(track.back_off, finished, now));
            let status = self.container_mut(slot);
            status.restart_count += 1;
            status.last_state = Some(ended);
            starts.push(slot);
        }
        for slot in &starts {
            self.track(*slot).busy = true;
        }
        starts
    }

    fn hold_back(&mut self, slot: Slot, back_off: BackOff, ended: Terminated, now: Timestamp) {
        let pod = self.pod.clone();
        let status = self.container_mut(slot);
        if status
            .waiting()
            .is_some_and(|w| w.reason == "CrashLoopBackOff")
        {
            return;
        }
        let name = status.name.clone();
        status.state = State::Waiting(Waiting {
            reason: "CrashLoopBackOff".to_owned(),
            message: format!(
                "back-off {} restarting failed container={name} pod={pod}",
                go_duration(back_off.seconds)
            ),
        });
        status.last_state = Some(ended);
        let message = format!("Back-off restarting failed container {name} in pod {pod}");
        self.record(now, "Warning", "BackOff", &message);
    }

    /// When [`Machine::due`] has something to say next; `None` if only what happens can change it.
    pub fn next(&self) -> Option<Timestamp> {
        if self.status.deletion_timestamp.is_some() {
            return None;
        }
        let when = |slot: Slot| {
            let track = match slot {
                Slot::Init(i) => &self.init[i],
                Slot::Main(i) => &self.main[i],
            };
            if track.busy || self.container(slot).is_running() {
                return None;
            }
            if track.retry.is_some() {
                return track.retry;
            }
            let ended = track.ended.as_ref()?;
            if !self.restarts(slot, ended.exit_code) {
                return None;
            }
            let noticed = ended.finished_at + RELIST;
            let held = self.container(slot).waiting();
            let held = held.is_some_and(|w| w.reason == "CrashLoopBackOff");
            let until = track.back_off.and_then(|b| b.until(ended.finished_at));
            Some(if held {
                until.unwrap_or(noticed)
            } else {
                noticed
            })
        };
        self.stage().into_iter().filter_map(when).min()
    }

    /// A container was made and runs.
    pub fn started(&mut self, slot: Slot, id: &str, now: Timestamp) {
        *self.track(slot) = Track {
            back_off: self.track(slot).back_off,
            ..Track::default()
        };
        let status = self.container_mut(slot);
        status.container_id = format!("lanner://{id}");
        status.state = State::Running(Running { started_at: now });
        status.ready = matches!(slot, Slot::Main(_));
        status.started = true;
    }

    /// A container could not be made: no image, no profile.
    pub fn not_created(&mut self, slot: Slot, reason: &str, message: &str, now: Timestamp) {
        let track = self.track(slot);
        track.busy = false;
        track.retry = Some(now + RETRY);
        let status = self.container_mut(slot);
        status.state = State::Waiting(Waiting {
            reason: reason.to_owned(),
            message: message.to_owned(),
        });
        status.ready = false;
        status.started = false;
    }

    /// A container was made and could not be started: exit code 128, `StartError`.
    pub fn not_started(&mut self, slot: Slot, id: &str, message: &str, now: Timestamp) {
        let ended = Terminated {
            container_id: format!("lanner://{id}"),
            exit_code: 128,
            reason: START_ERROR.to_owned(),
            message: message.to_owned(),
            // What has never started is said to have done so at the epoch.
            started_at: Timestamp::UNIX_EPOCH,
            finished_at: now,
        };
        let again = self.restarts(slot, 128);
        let track = self.track(slot);
        track.busy = false;
        track.ended = Some(ended.clone());
        let status = self.container_mut(slot);
        status.container_id.clone_from(&ended.container_id);
        status.ready = false;
        status.started = false;
        if again {
            if status.restart_count > 0 {
                status.last_state = Some(ended);
            }
            status.state = State::Waiting(Waiting {
                reason: "RunContainerError".to_owned(),
                message: message.to_owned(),
            });
        } else {
            status.state = State::Terminated(ended);
        }
    }

    /// A container has ended.
    pub fn exited(&mut self, slot: Slot, ended: Terminated) {
        let track = self.track(slot);
        track.busy = false;
        track.ended = Some(ended.clone());
        let status = self.container_mut(slot);
        status.ready = false;
        status.started = false;
        status.state = State::Terminated(ended);
    }

    /// Forgets what the supervisor was at when it was killed: what was being started is to be
    /// started anew.
    pub fn resume(&mut self) {
        for track in self.init.iter_mut().chain(&mut self.main) {
            track.busy = false;
        }
    }

    /// Whether nothing runs and nothing will be started any more.
    pub fn is_over(&self) -> bool {
        let slots = self.slots();
        let still = |slot: &Slot| self.container(*slot).is_running();
        if slots.iter().any(still) {
            return false;
        }
        self.stage().into_iter().all(|slot| {
            let ended = match slot {
                Slot::Init(i) => &self.init[i].ended,
                Slot::Main(i) => &self.main[i].ended,
            };
            ended
                .as_ref()
                .is_some_and(|t| !self.restarts(slot, t.exit_code))
        })
    }
}

/// Seconds as Go prints a duration: `10s`, `1m20s`, `5m0s`.
pub fn go_duration(seconds: i64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m{rest}s"),
        _ => format!("{hours}h{minutes}m{rest}s"),
    }
}

#[cfg(test)]
mod tests;
