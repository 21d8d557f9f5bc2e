//! What the loaded rules and the state want of the kernel.

use crate::schema::{EventType, Syscall};

/// Outcomes of a system call. Events that no call causes always count as successes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Outcomes(u8);

impl Outcomes {
    /// Neither.
    pub const NONE: Outcomes = Outcomes(0);
    /// Calls that returned no error.
    pub const SUCCESS: Outcomes = Outcomes(1);
    /// Calls that returned an error.
    pub const FAILURE: Outcomes = Outcomes(2);
    /// Both.
    pub const ANY: Outcomes = Outcomes(3);

    /// Those of either.
    pub const fn or(self, other: Outcomes) -> Outcomes {
        Outcomes(self.0 | other.0)
    }

    /// Those of both.
    pub const fn and(self, other: Outcomes) -> Outcomes {
        Outcomes(self.0 & other.0)
    }

    /// True if `other` is part of it.
    pub const fn contains(self, other: Outcomes) -> bool {
        self.0 & other.0 == other.0
    }

    /// True if it holds no outcome.
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// What is wanted of one system call or tracepoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Want {
    /// Outcomes that rules are to see.
    pub shown: Outcomes,
    /// Outcomes that the state needs. What is here and not in `shown` arrives as
    /// [`crate::RawEvent::state_only`].
    pub tracked: Outcomes,
}

impl Want {
    /// Outcomes that are wanted for either purpose.
    pub const fn any(self) -> Outcomes {
        self.shown.or(self.tracked)
    }
}

/// How a file is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct OpenModes(u8);

impl OpenModes {
    /// Not at all.
    pub const NONE: OpenModes = OpenModes(0);
    /// For reading, or for both.
    pub const READ: OpenModes = OpenModes(1);
    /// For writing, or for both; creat(2) too.
    pub const WRITE: OpenModes = OpenModes(2);
    /// In any way.
    pub const ANY: OpenModes = OpenModes(3);

    /// Those of either.
    pub const fn or(self, other: OpenModes) -> OpenModes {
        OpenModes(self.0 | other.0)
    }

    /// True if `other` is part of it.
    pub const fn contains(self, other: OpenModes) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Which of the files that are opened matter. It narrows open, openat, openat2, creat and
/// open_by_handle_at; a source may deliver more than it lets through, never less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OpenFilter {
    /// Rules match only opens that share a mode with these. Others may still arrive for the
    /// state.
    pub shown: OpenModes,
    /// The state needs directories only, to tell what paths relative to them mean.
    pub track_directories_only: bool,
}

impl Default for OpenFilter {
    /// Lets everything through.
    fn default() -> OpenFilter {
        OpenFilter {
            shown: OpenModes::ANY,
            track_directories_only: false,
        }
    }
}

/// Which system calls and tracepoints a source is to deliver, by [`Syscall`] code (tracepoints
/// have codes too: `sched_process_exit`, `signal_deliver`, …), and with which outcome.
///
/// The probe attaches only what this needs: if only successes of exec, fork, clone, vfork and
/// clone3, process exits and signals are wanted, no system call of the machine is slowed down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    wants: Vec<Want>,
    opens: OpenFilter,
}

impl Selection {
    /// Wants nothing.
    pub fn new() -> Selection {
        Selection::default()
    }

    /// Wants to see every system call, whatever its outcome, and the exits of processes; not
    /// the noise of context switches and page faults.
    pub fn everything() -> Selection {
        let mut all = Selection::new();
        for call in Syscall::all() {
            let noise = matches!(
                call.event,
                EventType::SCHEDSWITCH_6_E | EventType::PAGE_FAULT_E
            );
            if !noise {
                all.show(call.code, Outcomes::ANY);
            }
        }
        all
    }

    /// What is wanted of `call`.
    pub fn get(&self, call: Syscall) -> Want {
        self.wants
            .get(usize::from(call.0))
            .copied()
            .unwrap_or_default()
    }

    /// Lets rules see `call` with these outcomes, besides those they see already.
    pub fn show(&mut self, call: Syscall, outcomes: Outcomes) {
        let want = self.slot(call);
        want.shown = want.shown.or(outcomes);
    }

    /// Lets the state see `call` with these outcomes, besides those it sees already.
    pub fn track(&mut self, call: Syscall, outcomes: Outcomes) {
        let want = self.slot(call);
        want.tracked = want.tracked.or(outcomes);
    }

    /// Lets rules see all calls that are reported as events of type `ty`.
    pub fn show_event(&mut self, ty: EventType, outcomes: Outcomes) {
        for call in Syscall::all().filter(|c| c.event == ty) {
            self.show(call.code, outcomes);
        }
    }

    /// Lets the state see all calls that are reported as events of type `ty`.
    pub fn track_event(&mut self, ty: EventType, outcomes: Outcomes) {
        for call in Syscall::all().filter(|c| c.event == ty) {
            self.track(call.code, outcomes);
        }
    }

    /// Wants nothing of `call` any more.
    pub fn remove(&mut self, call: Syscall) {
        *self.slot(call) = Want::default();
    }

    /// Wants no failed calls.
    pub fn drop_failed(&mut self) {
        for want in &mut self.wants {
            want.shown = want.shown.and(Outcomes::SUCCESS);
            want.tracked = want.tracked.and(Outcomes::SUCCESS);
        }
    }

    /// Wants what either wants.
    #[must_use]
    pub fn union(&self, other: &Selection) -> Selection {
        let mut all = self.clone();
        for (call, want) in other.iter() {
            all.show(call, want.shown);
            all.track(call, want.tracked);
        }
        all.opens = OpenFilter {
            shown: self.opens.shown.or(other.opens.shown),
            track_directories_only: self.opens.track_directories_only
                && other.opens.track_directories_only,
        };
        all
    }

    /// Whether the state is to follow something that `other` leaves out.
    pub fn follows_more_than(&self, other: &Selection) -> bool {
        let calls = self
            .iter()
            .any(|(call, want)| !other.get(call).any().contains(want.tracked));
        calls || (other.opens.track_directories_only && !self.opens.track_directories_only)
    }

    /// Narrows which opens are wanted.
    pub fn filter_opens(&mut self, filter: OpenFilter) {
        self.opens = filter;
    }

    /// Which opens are wanted, of those calls that are.
    pub fn open_filter(&self) -> OpenFilter {
        self.opens
    }

    /// Everything wanted, in the order of codes.
    pub fn iter(&self) -> impl Iterator<Item = (Syscall, Want)> {
        self.wants
            .iter()
            .enumerate()
            .filter(|(_, want)| !want.any().is_none())
            .map(|(code, want)| (Syscall(code as u16), *want))
    }

    /// What is wanted of events of type `ty`, over all calls that are reported so.
    pub fn event(&self, ty: EventType) -> Want {
        let mut sum = Want::default();
        for (call, want) in self.iter() {
            if call.get().is_some_and(|c| c.event == ty) {
                sum.shown = sum.shown.or(want.shown);
                sum.tracked = sum.tracked.or(want.tracked);
            }
        }
        sum
    }

    fn slot(&mut self, call: Syscall) -> &mut Want {
        let index = usize::from(call.0);
        if self.wants.len() <= index {
            self.wants.resize(index + 1, Want::default());
        }
        &mut self.wants[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str) -> Syscall {
        Syscall::by_name(name).unwrap()
    }

    #[test]
    fn outcomes_add_up_and_failed_calls_can_be_dropped() {
        let mut selection = Selection::new();
        selection.show(call("execve"), Outcomes::SUCCESS);
        selection.track(call("execve"), Outcomes::ANY);
        selection.show(call("getppid"), Outcomes::FAILURE);
        assert_eq!(selection.get(call("execve")).shown, Outcomes::SUCCESS);
        assert_eq!(selection.get(call("execve")).any(), Outcomes::ANY);
        assert_eq!(selection.get(call("open")), Want::default());
        assert_eq!(
            selection.event(EventType::SYSCALL_EXECVE_19_X).any(),
            Outcomes::ANY
        );
        selection.drop_failed();
        assert_eq!(selection.get(call("execve")).any(), Outcomes::SUCCESS);
        assert_eq!(selection.iter().count(), 1);
        selection.remove(call("execve"));
        assert_eq!(selection.iter().count(), 0);
    }

    #[test]
    fn a_union_wants_what_either_wants_and_follows_no_less() {
        let mut few = Selection::new();
        few.track(call("execve"), Outcomes::SUCCESS);
        few.filter_opens(OpenFilter {
            shown: OpenModes::WRITE,
            track_directories_only: true,
        });
        let mut more = Selection::new();
        more.track(call("execve"), Outcomes::SUCCESS);
        more.track(call("dup"), Outcomes::SUCCESS);
        more.show(call("openat"), Outcomes::FAILURE);
        let both = few.union(&more);
        assert_eq!(both.get(call("dup")).tracked, Outcomes::SUCCESS);
        assert_eq!(both.get(call("openat")).shown, Outcomes::FAILURE);
        assert_eq!(both.open_filter(), OpenFilter::default());
        assert!(more.follows_more_than(&few));
        assert!(!few.follows_more_than(&more));
        assert!(!few.follows_more_than(&both) && !more.follows_more_than(&both));
        assert!(few.union(&Selection::new()).follows_more_than(&few));
    }

    #[test]
    fn an_event_type_stands_for_all_calls_reported_so() {
        let mut selection = Selection::new();
        selection.show_event(EventType::SYSCALL_SETUID_X, Outcomes::ANY);
        for (code, _) in selection.iter() {
            assert_eq!(code.get().unwrap().event, EventType::SYSCALL_SETUID_X);
        }
        assert!(selection.get(call("setuid")).shown.contains(Outcomes::ANY));
    }

    #[test]
    fn everything_has_no_context_switches() {
        let all = Selection::everything();
        assert!(all.event(EventType::SCHEDSWITCH_6_E).any().is_none());
        assert!(!all.event(EventType::PROCEXIT_1_E).any().is_none());
        assert!(!all.event(EventType::GENERIC_X).any().is_none());
    }
}
