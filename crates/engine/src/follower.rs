//! Following a machine event by event: its state, its containers, what fields remember.

use lanner_container::{Containers, Identity};
use lanner_event::snapshot::Snapshot;
use lanner_event::{Event, EventType, Malformed, RawEvent};
use lanner_fields::{EventRecord, Session, thread_of};
use lanner_state::{State, Subject};

/// The machine as the events leave it.
pub struct Follower {
    state: State,
    containers: Containers,
    session: Session,
    /// The number of the last event that was counted.
    num: u64,
}

/// An event that was taken in.
pub struct Step<'e> {
    /// The event.
    pub event: Event<'e>,
    /// What it is about.
    pub subject: Subject,
    /// The container that it announces.
    told: Option<Identity>,
}

impl Step<'_> {
    /// Whether a thread may be in another container after it than before.
    pub fn starts_process(&self) -> bool {
        matches!(
            self.event.ty,
            EventType::SYSCALL_EXECVE_19_X
                | EventType::SYSCALL_EXECVEAT_X
                | EventType::SYSCALL_CLONE_20_X
                | EventType::SYSCALL_CLONE3_X
                | EventType::SYSCALL_FORK_20_X
                | EventType::SYSCALL_VFORK_20_X
        )
    }
}

impl Follower {
    /// A machine before its first event.
    pub fn new(state: State, containers: Containers, session: Session) -> Follower {
        Follower {
            state,
            containers,
            session,
            num: 0,
        }
    }

    /// The machine.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Cgroups of which is remembered what container they belong to.
    pub fn known_cgroups(&self) -> usize {
        self.containers.known()
    }

    /// The machine, to be seeded.
    pub fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// The number of the last event that was counted.
    pub fn num(&self) -> u64 {
        self.num
    }

    /// Takes over the state of a machine, forgetting everything before.
    pub fn seed(&mut self, snapshot: Snapshot) {
        self.state.seed(snapshot);
    }

    /// Prints values in another way from the next event on.
    pub fn set_fields(&mut self, settings: lanner_fields::Settings) {
        self.session.set_settings(settings);
    }

    /// Takes in a record. [`Follower::settle`] must follow once it was looked at.
    ///
    /// # Errors
    /// The record cannot be decoded; nothing was changed but the number of the next event.
    pub fn take<'e>(&mut self, raw: &RawEvent<'e>) -> Result<Step<'e>, Malformed> {
        if raw.counted {
            self.num += 1;
        }
        let event = Event::parse(raw.bytes, raw.cpu, self.num)?;
        let subject = self.state.apply(&event);
        let step = Step {
            told: told(&mut self.containers, &event),
            event,
            subject,
        };
        if step.starts_process() {
            self.look_into_container(&step);
        }
        self.session.observe(&step.event);
        Ok(step)
    }

    /// Carries out what had to wait until the event was looked at.
    pub fn settle(&mut self) {
        self.state.settle();
    }

    /// What the thread of an event is in, if it is known.
    pub fn identity(&mut self, step: &Step<'_>) -> Option<&Identity> {
        let thread = thread_of(&step.event, &self.state, step.subject)?;
        let now = step.event.ts;
        Some(self.containers.identify(&self.state, thread.cgroups, now))
    }

    /// Finds out what there is to know of the container of a new process, whether anybody asks or
    /// not: the files of a container that lives briefly are soon gone.
    fn look_into_container(&mut self, step: &Step<'_>) {
        let Some(key) = step.subject.thread else {
            return;
        };
        let Some(thread) = self.state.thread(key) else {
            return;
        };
        let now = step.event.ts;
        let identity = self.containers.identify(&self.state, thread.cgroups, now);
        if let Identity::Container(container) = identity {
            self.state.meet_container(container.id.as_ref(), key);
        }
    }

    /// The event as the source of field values.
    pub fn record<'a>(&'a mut self, step: &'a Step<'a>) -> EventRecord<'a> {
        let Follower {
            state,
            containers,
            session,
            ..
        } = self;
        let identity = match &step.told {
            Some(identity) => Some(identity),
            None => thread_of(&step.event, state, step.subject)
                .map(|thread| containers.identify(state, thread.cgroups, step.event.ts)),
        };
        EventRecord::new(&step.event, state, step.subject, identity, session)
    }
}

/// What an event of a capture tells of a container: its fields are about that container.
fn told(containers: &mut Containers, event: &Event<'_>) -> Option<Identity> {
    let container = match event.ty {
        EventType::CONTAINER_E => {
            let text = |i| event.text(i).map_or(&b""[..], |t| t);
            let ty = event.uint(1).unwrap_or_default();
            let ty = u32::try_from(ty).unwrap_or_default();
            Some(containers.learn(text(0), ty, text(2), text(3)))
        }
        EventType::CONTAINER_JSON_E | EventType::CONTAINER_JSON_2_E => {
            containers.learn_json(event.text(0)?)
        }
        EventType::ASYNCEVENT_E => match &**event.text(1)? {
            b"container" => containers.learn_json(event.text(2)?),
            b"container_removed" => containers.forget_json(event.text(2)?),
            _ => None,
        },
        _ => None,
    };
    container.map(Identity::Container)
}
