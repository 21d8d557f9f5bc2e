//! Taking over what a reload prepared, in the engine's thread and without a gap.
//!
//! First the probe is to deliver what the old and the new rules want together. From then on
//! nothing is missing for either, so the moment of the change can be chosen: it is the time at
//! which the probe had been extended. Events up to it are matched by the old rules, the first
//! event after it and all others by the new ones, however long they waited in the buffers. Then
//! the probe is narrowed to what the new rules want.
//!
//! If the new rules follow more of the machine than the old ones (descriptors, say), what happened
//! to it before is read from `/proc` in between.

use std::sync::Arc;

use lanner_event::RawEvent;
use lanner_rules::Priority;
use serde_json::Map;

use crate::captures::Captures;
use crate::config::Config;
use crate::digest::Digests;
use crate::internal;
use crate::monitor::Monitor;
use crate::prepare::Prepared;
use crate::reload::{Answer, Reloads, Step};
use crate::source::Events;

/// Where a monitor is with a reload.
pub(crate) struct Takeover {
    reloads: Reloads,
    next: Option<Box<(Prepared, Digests)>>,
    /// The last moment of the old rules, once it is known.
    until: Option<u64>,
    /// The probe delivers more than the rules want.
    narrow: bool,
}

/// How much later than it happened an event may be handed out while the source is quiet.
const LATENESS_NS: u64 = 2_000_000;

impl Takeover {
    /// Nothing is to be taken over yet.
    pub(crate) fn new(reloads: Reloads) -> Takeover {
        Takeover {
            reloads,
            next: None,
            until: None,
            narrow: false,
        }
    }
}

impl Monitor {
    /// Goes on with a reload, if there is one. Called when nothing has come for a while, and every
    /// few hundred events.
    pub(crate) fn take_over(&mut self, events: &mut Events, idle: bool) {
        let Some(takeover) = &mut self.takeover else {
            return;
        };
        if std::mem::take(&mut takeover.narrow) {
            self.narrow(events);
        } else if let Some(until) = takeover.until {
            let live = matches!(events, Events::Live(_));
            if idle && (!live || events.now() > until + LATENESS_NS) {
                self.swap();
                self.narrow(events);
            }
        } else {
            match takeover.reloads.next() {
                None => {}
                Some(Step::Failed(why)) => {
                    takeover.reloads.answer(Answer::Refused);
                    self.refuse(&why);
                }
                Some(Step::Prepared(next)) => self.extend(events, next),
                Some(Step::Scan(scan)) => {
                    takeover.until = Some(events.now());
                    self.pipeline.state_mut().refresh(*scan);
                }
            }
        }
    }

    /// Has the source deliver what both the old and the new rules want.
    fn extend(&mut self, events: &mut Events, next: Box<(Prepared, Digests)>) {
        let wanted = &next.0.selected.wanted;
        let outcome = events.set_wanted(&self.wanted.union(wanted));
        let Some(takeover) = &mut self.takeover else {
            return;
        };
        if let Err(error) = outcome {
            takeover.reloads.answer(Answer::Refused);
            self.refuse(&error.to_string());
            // Back to what was delivered before, as far as that can be.
            self.narrow(events);
            return;
        }
        if wanted.follows_more_than(&self.wanted) && matches!(events, Events::Live(_)) {
            takeover.reloads.answer(Answer::Scan);
        } else {
            takeover.until = Some(events.now());
        }
        takeover.next = Some(next);
    }

    /// Changes to the new rules if this event is the first that is theirs.
    #[inline]
    pub(crate) fn swap_before(&mut self, raw: &RawEvent<'_>) {
        if let Some(takeover) = &self.takeover
            && let Some(until) = takeover.until
            && raw.ts() > until
        {
            self.swap();
        }
    }

    /// Changes to the new rules.
    fn swap(&mut self) {
        let Some(takeover) = &mut self.takeover else {
            return;
        };
        takeover.until = None;
        let Some(next) = takeover.next.take() else {
            return;
        };
        takeover.narrow = true;
        let (prepared, digests) = *next;
        let new = prepared.config;
        let old = std::mem::replace(&mut self.config, Arc::clone(&new));
        let rules = self.pipeline.replace(prepared.rules, prepared.fields);
        takeover.reloads.answer(Answer::Done(Box::new(rules)));
        self.wanted = prepared.selected.wanted;
        self.log.configure(new.log.clone());
        self.lines.outputs.replace(prepared.outputs);
        self.watch.configure(&new);
        match (&mut self.lines.captures, new.captures.clone()) {
            (Some(captures), Some(settings)) => captures.configure(settings),
            (Some(captures), None) => {
                captures.end();
                self.lines.captures = None;
            }
            (None, settings) => {
                let log = Arc::clone(&self.log);
                self.lines.captures = settings.map(|s| Captures::new(s, false, log));
            }
        }
        for what in needs_restart(&old, &new) {
            self.log.warn(format!(
                "{what} was changed: that takes effect with a restart"
            ));
        }
        self.digests = digests;
        self.reloaded();
    }

    /// Has the source deliver what the rules want and no more.
    fn narrow(&mut self, events: &mut Events) {
        if let Some(takeover) = &mut self.takeover {
            takeover.narrow = false;
        }
        if let Err(error) = events.set_wanted(&self.wanted) {
            self.log.error(format!(
                "the probe cannot be narrowed to what the rules want: {error}"
            ));
        }
    }

    /// Goes on with the old rules, and says so.
    fn refuse(&mut self, why: &str) {
        self.reloads.1 += 1;
        let rule = "Falco internal: hot restart failure";
        self.log.error(format!(
            "Reload failed, the previous configuration and rules stay: {why}"
        ));
        let message = format!("{rule}: {why}");
        internal::send(
            &mut self.lines,
            rule,
            Priority::Critical,
            &message,
            &Map::new(),
        );
    }
}

/// What was changed and cannot be changed while events are taken.
fn needs_restart(old: &Config, new: &Config) -> Vec<&'static str> {
    [
        ("engine.kind", old.engine != new.engine),
        (
            "the size of ring buffers",
            old.buffer_bytes != new.buffer_bytes,
        ),
        ("falco_libs.snaplen", old.snaplen != new.snaplen),
        ("falco_libs.thread_table_size", old.threads != new.threads),
    ]
    .into_iter()
    .filter(|(_, changed)| *changed)
    .map(|(what, _)| what)
    .collect()
}
