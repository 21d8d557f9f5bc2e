//! What the engine hands out when a rule matches.

use bumpalo::Bump;
use lanner_event::RawEvent;
use lanner_fields::EventRecord;
use lanner_filter::{PrintOptions, Printed, Template};
use lanner_rules::Rule;

use crate::follower::{Follower, Step};

/// A rule that matched an event, with everything its text is made of. It lives as long as the
/// engine looks at the event: whoever takes it makes a text of it at once.
pub struct Alert<'r, 'a> {
    /// The rule.
    pub rule: &'r Rule,
    /// The time of the event, nanoseconds since the epoch.
    pub ts: u64,
    /// The template of the time that begins a text.
    pub time: &'r Template,
    pub(crate) record: &'r EventRecord<'a>,
    pub(crate) print: PrintOptions,
    pub(crate) arena: &'a Bump,
}

impl<'r, 'a> Alert<'r, 'a> {
    /// Appends the text of a template for the event.
    pub fn render(&self, template: &Template, out: &mut Vec<u8>) {
        template.render(self.record, self.print, self.arena, out);
    }

    /// A text that lasts as long as the values of the event.
    pub fn keep(&self, text: &[u8]) -> &'a [u8] {
        self.arena.alloc_slice_copy(text)
    }

    /// The values of the fields that a template names, as JSON holds them.
    pub fn values<'t>(
        &'t self,
        template: &'t Template,
    ) -> impl Iterator<Item = (&'t str, Printed<'a>)> {
        template.values(self.record, self.print, self.arena)
    }
}

/// Takes alerts.
pub trait Sink {
    /// Takes one. Must not block the engine of a live source.
    fn alert(&mut self, alert: &Alert<'_, '_>);

    /// Is shown an event whose alerts it took, before what the event ends is forgotten. Nothing is
    /// done unless this is implemented.
    fn event(&mut self, raw: &RawEvent<'_>, step: &Step<'_>, follower: &mut Follower) {
        let _ = (raw, step, follower);
    }
}
