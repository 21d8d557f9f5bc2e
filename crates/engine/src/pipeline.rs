//! From an event to the alerts that it raises.

use bstr::BStr;
use bumpalo::Bump;
use lanner_container::{Containers, Identity};
use lanner_event::snapshot::Snapshot;
use lanner_event::{Event, EventType, RawEvent};
use lanner_fields::{EventRecord, Session, kind_of, thread_of};
use lanner_filter::{KindId, Matcher, Matching, PrintOptions, RuleIndex, Scratch, Template};
use lanner_rules::{RuleId, Ruleset};
use lanner_state::{State, Subject};

use crate::alert::{Alert, Sink};
use crate::counters::Counters;

/// How a pipeline works.
pub struct Settings {
    /// Which rules of an event raise alerts (`rule_matching`).
    pub matching: Matching,
    /// The time at the beginning of a text alert.
    pub time: Template,
    /// How values print.
    pub print: PrintOptions,
}

/// The machine as the events leave it, the rules, and what they have counted.
pub struct Pipeline {
    state: State,
    containers: Containers,
    session: Session,
    ruleset: Ruleset,
    /// Of the enabled rules, in the order of definition.
    matcher: Matcher,
    /// The rule behind each condition of the matcher.
    enabled: Vec<RuleId>,
    scratch: Scratch,
    matched: Vec<RuleIndex>,
    settings: Settings,
    counters: Counters,
    arena: Bump,
    /// The number of the last event that was counted.
    num: u64,
}

impl Pipeline {
    /// A pipeline before its first event.
    pub fn new(
        state: State,
        containers: Containers,
        session: Session,
        ruleset: Ruleset,
        settings: Settings,
    ) -> Pipeline {
        let matcher = Matcher::new(ruleset.enabled().map(|rule| &rule.condition));
        Pipeline {
            state,
            containers,
            session,
            counters: Counters::new(ruleset.rules().len()),
            enabled: ruleset.enabled().map(|rule| rule.id).collect(),
            scratch: matcher.scratch(),
            matched: Vec::new(),
            matcher,
            ruleset,
            settings,
            arena: Bump::new(),
            num: 0,
        }
    }

    /// The machine.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The machine, to be seeded.
    pub fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// The rules.
    pub fn ruleset(&self) -> &Ruleset {
        &self.ruleset
    }

    /// What was counted so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Takes over the state of a machine, forgetting everything before.
    pub fn seed(&mut self, snapshot: Snapshot) {
        self.state.seed(snapshot);
    }

    /// The summary at the end of a run, as Falco prints it.
    pub fn summary(&self) -> String {
        let names = self.ruleset.rules().iter().map(|r| r.name.as_str());
        self.counters.summary(names)
    }

    /// Takes in a record, and hands the alerts that it raises to `sink`. Returns the time of the
    /// event.
    pub fn take(&mut self, raw: &RawEvent<'_>, sink: &mut dyn Sink) -> u64 {
        self.counters.events += 1;
        if raw.counted {
            self.num += 1;
        }
        let event = match Event::parse(raw.bytes, raw.cpu, self.num) {
            Ok(event) => event,
            Err(_) => {
                self.counters.malformed += 1;
                return 0;
            }
        };
        let subject = self.state.apply(&event);
        let kind = kind_of(&event);
        let told = told(&mut self.containers, &event);
        if starts_process(&event) {
            self.look_into_container(&event, subject);
        }
        self.session.observe(&event);
        if !raw.state_only && self.matcher.kinds().contains(kind) {
            self.evaluate(&event, subject, kind, told, sink);
            self.arena.reset();
        }
        self.state.settle();
        event.ts
    }

    /// Finds out what there is to know of the container of a new process, whether rules ask or
    /// not: the files of a container that lives briefly are soon gone.
    fn look_into_container(&mut self, event: &Event<'_>, subject: Subject) {
        let Some(key) = subject.thread else {
            return;
        };
        let Some(thread) = self.state.thread(key) else {
            return;
        };
        let identity = self
            .containers
            .identify(&self.state, thread.cgroups, event.ts);
        if let Identity::Container(container) = identity {
            self.state.meet_container(BStr::new(&container.id), key);
        }
    }

    fn evaluate(
        &mut self,
        event: &Event<'_>,
        subject: Subject,
        kind: KindId,
        told: Option<Identity>,
        sink: &mut dyn Sink,
    ) {
        self.counters.evaluated += 1;
        let identity = match &told {
            Some(identity) => Some(identity),
            None => identity(&mut self.containers, &self.state, subject, event),
        };
        let record = EventRecord::new(event, &self.state, subject, identity, &self.session);
        self.matched.clear();
        self.matcher.matches(
            kind,
            &record,
            &self.arena,
            &mut self.scratch,
            self.settings.matching,
            &mut self.matched,
        );
        for index in &self.matched {
            let id = self.enabled.get(index.0 as usize);
            let Some(rule) = id.and_then(|id| self.ruleset.rule(*id)) else {
                continue;
            };
            self.counters.alert(rule.id, rule.priority);
            sink.alert(&Alert {
                rule,
                ts: event.ts,
                time: &self.settings.time,
                record: &record,
                print: self.settings.print,
                arena: &self.arena,
            });
        }
    }
}

/// Events after which a thread may be in another container than before.
fn starts_process(event: &Event<'_>) -> bool {
    matches!(
        event.ty,
        EventType::SYSCALL_EXECVE_19_X
            | EventType::SYSCALL_EXECVEAT_X
            | EventType::SYSCALL_CLONE_20_X
            | EventType::SYSCALL_CLONE3_X
            | EventType::SYSCALL_FORK_20_X
            | EventType::SYSCALL_VFORK_20_X
    )
}

/// What the thread of an event is in, if it is known.
fn identity<'c>(
    containers: &'c mut Containers,
    state: &State,
    subject: Subject,
    event: &Event<'_>,
) -> Option<&'c Identity> {
    let thread = thread_of(event, state, subject)?;
    Some(containers.identify(state, thread.cgroups, event.ts))
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
