//! `lanner show --summary`: what is inside a capture. When and where, events by type, processes as
//! a tree, containers.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write;

use bstr::{BStr, BString, ByteSlice};
use lanner_container::Identity;
use lanner_engine::Step;
use lanner_event::snapshot::Machine;
use lanner_fields::EventRecord;
use lanner_state::Thread;

/// How wide columns are laid out where there is no terminal to ask.
const WIDTH: usize = 80;

/// The longest command line that is shown where there is no terminal to cut it to.
const LONGEST: usize = 400;

/// Columns at which the tree stops going right.
const DEEPEST: usize = 16;

/// A process, as far as the capture tells.
#[derive(Default)]
struct Process {
    name: BString,
    cmdline: String,
    events: u64,
}

/// A container, as far as the capture tells.
struct Inside {
    name: String,
    image: String,
    processes: HashSet<i64>,
    events: u64,
}

/// What a capture holds.
#[derive(Default)]
pub(crate) struct Summary {
    machine: Option<Machine>,
    sections: u64,
    first: Option<u64>,
    last: u64,
    events: u64,
    types: HashMap<&'static str, u64>,
    processes: BTreeMap<i64, Process>,
    parents: HashMap<i64, i64>,
    containers: BTreeMap<BString, Inside>,
}

impl Summary {
    /// Takes note of a section that begins.
    pub(crate) fn section(&mut self, machine: &Machine) {
        self.sections += 1;
        self.machine.get_or_insert_with(|| machine.clone());
    }

    /// Takes note of an event.
    pub(crate) fn add(&mut self, step: &Step<'_>, record: &EventRecord<'_>) {
        let event = &step.event;
        self.first = Some(self.first.map_or(event.ts, |first| first.min(event.ts)));
        self.last = self.last.max(event.ts);
        self.events += 1;
        let kind = lanner_fields::kind_of(event);
        *self.types.entry(lanner_fields::name_of(kind)).or_default() += 1;
        let Some(thread) = record.thread() else {
            return;
        };
        let leader = record.leader(thread).unwrap_or(thread);
        if !self.processes.contains_key(&leader.pid) {
            // Also those that did nothing, so that the tree has its roots.
            let mut child = leader.pid;
            for ancestor in record.ancestors() {
                self.parents.insert(child, ancestor.pid);
                child = ancestor.pid;
                self.process(ancestor);
            }
        }
        self.process(leader).events += 1;
        if let Some(Identity::Container(container)) = record.identity() {
            let known = |field: &Option<BString>| {
                let text = field.as_ref().map(|text| printable(text));
                text.unwrap_or_default()
            };
            let inside = self
                .containers
                .entry(container.id.clone())
                .or_insert_with(|| Inside {
                    name: String::new(),
                    image: String::new(),
                    processes: HashSet::new(),
                    events: 0,
                });
            inside.name = known(&container.name);
            inside.image = known(&container.image);
            inside.events += 1;
            inside.processes.insert(thread.pid);
        }
    }

    /// A process by its main thread, as it is called now.
    fn process(&mut self, leader: &Thread) -> &mut Process {
        let process = self.processes.entry(leader.pid).or_default();
        if process.name != leader.comm {
            process.name = leader.comm.clone();
            process.cmdline = cmdline(&leader.image.exe, &leader.image.args);
        }
        process
    }

    /// The summary, for a terminal of so many columns or, without one, for a file.
    pub(crate) fn text(&self, columns: Option<usize>) -> String {
        let mut text = String::new();
        self.head(&mut text);
        self.event_types(&mut text, columns.unwrap_or(WIDTH));
        self.tree(&mut text, columns);
        self.list_containers(&mut text, columns);
        text
    }

    fn head(&self, text: &mut String) {
        let span = self.last - self.first.unwrap_or(self.last);
        let _ = writeln!(
            text,
            "Events   {} in {:.3} s\nFrom     {}\nTo       {}",
            self.events,
            span as f64 / 1e9,
            utc(self.first.unwrap_or_default()),
            utc(self.last)
        );
        if let Some(machine) = self.machine.as_ref().filter(|m| m.num_cpus > 0) {
            let _ = writeln!(
                text,
                "Machine  {}, {} CPU{}, {} MiB of memory",
                printable(&machine.hostname),
                machine.num_cpus,
                if machine.num_cpus == 1 { "" } else { "s" },
                machine.memory_bytes >> 20
            );
        }
        if self.sections > 1 {
            let _ = writeln!(
                text,
                "Sections {}: the capture was joined of several, and pids mean what they do in each",
                self.sections
            );
        }
    }

    /// The types, most frequent first, down each column.
    fn event_types(&self, text: &mut String, columns: usize) {
        let mut types: Vec<_> = self.types.iter().collect();
        types.sort_by_key(|(name, n)| (std::cmp::Reverse(**n), **name));
        let digits = types.first().map_or(1, |(_, n)| n.to_string().len());
        let longest = types.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let cell = 2 + digits + 1 + longest;
        let across = (columns / cell.max(1)).clamp(1, types.len().max(1));
        let down = types.len().div_ceil(across).max(1);
        if !types.is_empty() {
            *text += "\nEvents by type\n";
        }
        for row in 0..down.min(types.len()) {
            let mut line = String::new();
            for (name, count) in types.iter().skip(row).step_by(down) {
                let _ = write!(line, "  {count:>digits$} {name:<longest$}");
            }
            *text += line.trim_end();
            text.push('\n');
        }
    }

    fn tree(&self, text: &mut String, columns: Option<usize>) {
        if self.processes.is_empty() {
            return;
        }
        let width = |numbers: &mut dyn Iterator<Item = u64>, title: &str| {
            let longest = numbers.max().unwrap_or(0).to_string().len();
            longest.max(title.len())
        };
        let events = width(&mut self.processes.values().map(|p| p.events), "events");
        let pids = self.processes.keys().map(|pid| pid.unsigned_abs());
        let pid_width = width(&mut { pids }, "pid");
        let _ = writeln!(
            text,
            "\nProcesses\n  {:>events$}  {:>pid_width$}  command",
            "events", "pid"
        );
        let mut children: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        let mut roots = Vec::new();
        for pid in self.processes.keys() {
            match self.parents.get(pid).filter(|parent| *parent != pid) {
                Some(parent) => children.entry(*parent).or_default().push(*pid),
                None => roots.push(*pid),
            }
        }
        // A process id that was used twice may stand above itself: each is shown once.
        let mut shown = HashSet::new();
        let mut work: Vec<Node> = roots.into_iter().rev().map(Node::root).collect();
        let mut rest: Vec<i64> = self.processes.keys().rev().copied().collect();
        while let Some(node) = work.pop().or_else(|| rest.pop().map(Node::root)) {
            let pid = node.pid;
            let Some(process) = self.processes.get(&pid).filter(|_| shown.insert(pid)) else {
                continue;
            };
            let command = match process.cmdline.is_empty() {
                true => printable(&process.name),
                false => process.cmdline.clone(),
            };
            let mut line = format!("  {:>events$}  {pid:>pid_width$}  ", process.events);
            line += &node.branch;
            line += &command;
            push_cut(text, &line, columns.unwrap_or(usize::MAX));
            let below = children.get(&pid).map_or(&[][..], Vec::as_slice);
            let nodes = below.iter().enumerate().rev();
            work.extend(nodes.map(|(i, child)| node.child(*child, i + 1 == below.len())));
        }
    }

    fn list_containers(&self, text: &mut String, columns: Option<usize>) {
        if self.containers.is_empty() {
            return;
        }
        *text += "\nContainers\n";
        let or_none = |text: &str| match text.is_empty() {
            true => "-".to_owned(),
            false => text.to_owned(),
        };
        let mut rows = vec![["events", "processes", "id", "name", "image"].map(str::to_owned)];
        for (id, inside) in &self.containers {
            rows.push([
                inside.events.to_string(),
                inside.processes.len().to_string(),
                printable(id),
                or_none(&inside.name),
                or_none(&inside.image),
            ]);
        }
        let mut widths = [0; 5];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        for [events, processes, id, name, image] in &rows {
            let line = format!(
                "  {events:>0$}  {processes:>1$}  {id:<2$}  {name:<3$}  {image}",
                widths[0], widths[1], widths[2], widths[3]
            );
            push_cut(text, &line, columns.unwrap_or(usize::MAX));
        }
    }
}

/// A process in the tree.
struct Node {
    pid: i64,
    /// What stands before its command.
    branch: String,
    /// What stands before the branches of its children.
    below: String,
}

impl Node {
    fn root(pid: i64) -> Node {
        Node {
            pid,
            branch: String::new(),
            below: String::new(),
        }
    }

    fn child(&self, pid: i64, last: bool) -> Node {
        let (branch, below) = match last {
            true => ("└ ", "  "),
            false => ("├ ", "│ "),
        };
        let deep = self.below.chars().count() >= 2 * DEEPEST;
        Node {
            pid,
            branch: format!("{}{branch}", self.below),
            below: match deep {
                true => self.below.clone(),
                false => format!("{}{below}", self.below),
            },
        }
    }
}

/// Appends a line, cut to the columns that there are.
fn push_cut(text: &mut String, line: &str, columns: usize) {
    let line = line.trim_end();
    if line.chars().count() <= columns {
        *text += line;
    } else {
        text.extend(line.chars().take(columns.saturating_sub(1)));
        text.push('…');
    }
    text.push('\n');
}

/// A time since the epoch, in nanoseconds, as UTC.
fn utc(ns: u64) -> String {
    let time = jiff::Timestamp::from_nanosecond(i128::from(ns));
    time.map_or_else(
        |_| ns.to_string(),
        |time| time.strftime("%Y-%m-%d %H:%M:%S.%9f UTC").to_string(),
    )
}

/// Text that does nothing to a terminal.
fn printable(text: &[u8]) -> String {
    let text = BStr::new(text).to_str_lossy();
    text.chars()
        .map(|c| if c.is_control() { '.' } else { c })
        .collect()
}

/// The command line of a process in one printable line.
fn cmdline(exe: &[u8], args: &[u8]) -> String {
    let mut line = exe.to_vec();
    for arg in args.split(|b| *b == 0).filter(|a| !a.is_empty()) {
        line.push(b' ');
        line.extend_from_slice(arg);
    }
    printable(&line).chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A summary of processes: pid, parent, name.
    fn summary(processes: impl IntoIterator<Item = (i64, i64, &'static str)>) -> Summary {
        let mut summary = Summary::default();
        for (pid, parent, name) in processes {
            let process = Process {
                name: name.into(),
                cmdline: String::new(),
                events: 7,
            };
            summary.processes.insert(pid, process);
            if parent > 0 {
                summary.parents.insert(pid, parent);
            }
        }
        summary
    }

    #[test]
    fn processes_are_a_tree_and_lines_are_cut_to_the_terminal() {
        let summary = summary([
            (1, 0, "init"),
            (20, 1, "a long name of a shell\x1b[31m"),
            (300, 20, "ls"),
            (301, 20, "cat"),
            (40, 1, "cron"),
            // Of pids that were used twice.
            (50, 51, "egg"),
            (51, 50, "hen"),
        ]);
        let mut text = String::new();
        summary.tree(&mut text, Some(30));
        assert_eq!(
            text,
            "\nProcesses\n  events  pid  command\n       7    1  init\n       \
             7   20  ├ a long name …\n       7  300  │ ├ ls\n       7  301  │ └ cat\n       \
             7   40  └ cron\n       7   50  egg\n       7   51  └ hen\n"
        );
        text.clear();
        summary.tree(&mut text, None);
        assert!(text.contains("├ a long name of a shell.[31m\n"), "{text}");
    }

    #[test]
    fn a_deep_tree_stays_within_its_columns() {
        let summary = summary((1..200).map(|pid| (pid, pid - 1, "p")));
        let mut text = String::new();
        summary.tree(&mut text, Some(80));
        assert_eq!(text.matches("└ p\n").count(), 198);
    }

    #[test]
    fn types_stand_in_columns_most_frequent_first() {
        let mut summary = Summary::default();
        summary
            .types
            .extend([("read", 100), ("open", 5), ("close", 5), ("x", 1)]);
        let check = |columns, expect: &str| {
            let mut text = String::new();
            summary.event_types(&mut text, columns);
            assert_eq!(text, expect);
        };
        check(
            80,
            "\nEvents by type\n  100 read     5 close    5 open     1 x\n",
        );
        check(
            24,
            "\nEvents by type\n  100 read     5 open\n    5 close    1 x\n",
        );
        check(
            1,
            "\nEvents by type\n  100 read\n    5 close\n    5 open\n    1 x\n",
        );
    }
}
