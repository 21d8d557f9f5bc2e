//! Loads the object into the kernel and attaches what a selection needs.

use std::collections::BTreeSet;
use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;

use lanner_event::{EventType, Outcomes, Selection, Syscall, Want};
use libbpf_rs::{
    ErrorKind, Link, MapCore, MapFlags, MapHandle, MapType, Object, ObjectBuilder, OpenObject,
    PrintLevel, ProgramInput, libbpf_sys,
};

use crate::error::{Capabilities, Hook, MIN_BUFFER, ProbeError, chain, explain};
use crate::layout::{
    Config, EVENTS, LANES, Route, SHOW_FAILURE, SHOW_SUCCESS, SYSCALLS, TRACK_FAILURE,
    TRACK_SUCCESS,
};
use crate::memory::Mapping;
use crate::ring::{Ring, page_size};

/// The object, aligned as its reader wants it.
#[repr(C, align(16))]
struct Aligned<T: ?Sized>(T);

static OBJECT: &Aligned<[u8]> = &Aligned(*include_bytes!("probe.bpf.o"));

/// The bytes of the object.
pub(crate) fn object_bytes() -> &'static [u8] {
    &OBJECT.0
}

/// Programs for single event types are called this and their symbol.
const EXIT_PREFIX: &str = "exit__";

/// Fork and exec: their successes come from tracepoints of the scheduler.
const LIFECYCLE: [EventType; 6] = [
    EventType::SYSCALL_EXECVE_19_X,
    EventType::SYSCALL_EXECVEAT_X,
    EventType::SYSCALL_CLONE_20_X,
    EventType::SYSCALL_FORK_20_X,
    EventType::SYSCALL_VFORK_20_X,
    EventType::SYSCALL_CLONE3_X,
];

/// Types whose program serves others too, with the same parameters.
const SERVED_BY: [(EventType, EventType); 3] = [
    (EventType::SYSCALL_FORK_20_X, EventType::SYSCALL_CLONE_20_X),
    (EventType::SYSCALL_VFORK_20_X, EventType::SYSCALL_CLONE_20_X),
    (EventType::SYSCALL_CLONE3_X, EventType::SYSCALL_CLONE_20_X),
];

/// The maps of the object, which outlive it.
pub(crate) struct Maps {
    pub(crate) config: Mapping,
    pub(crate) cpus: Mapping,
    /// Distance from one CPU's state to the next.
    pub(crate) cpu_stride: usize,
    pub(crate) rings: Vec<Ring>,
    pub(crate) ring_fds: Vec<MapHandle>,
    handles: Vec<MapHandle>,
}

/// What a selection comes to.
struct Plan {
    policy: [u8; EVENTS],
    native: [Route; SYSCALLS],
    compat: [Route; SYSCALLS],
    hooks: Vec<Hook>,
    /// Event types that a program of their own reports at the exit of the call.
    events: BTreeSet<u16>,
}

/// What has been loaded and attached.
pub(crate) struct Loader {
    objects: Vec<Object>,
    loaded: BTreeSet<u16>,
    links: Vec<(Hook, Link)>,
    pub(crate) capabilities: Capabilities,
}

/// What cannot change while the probe runs.
pub(crate) struct Fixed {
    pub(crate) buffer_bytes: usize,
    pub(crate) snaplen: u32,
    pub(crate) report_self: bool,
    pub(crate) boot_epoch_ns: u64,
}

impl Loader {
    pub(crate) fn start(
        selection: &Selection,
        fixed: &Fixed,
    ) -> Result<(Loader, Maps), ProbeError> {
        if !fixed.buffer_bytes.is_power_of_two()
            || fixed.buffer_bytes < MIN_BUFFER.max(page_size())
            || u32::try_from(fixed.buffer_bytes).is_err()
        {
            return Err(ProbeError::BufferSize {
                bytes: fixed.buffer_bytes,
            });
        }
        if !Path::new("/sys/kernel/btf/vmlinux").exists() {
            return Err(ProbeError::NoTypeInformation);
        }
        // libbpf says on stderr what it also returns; the reasons it gives are for its authors.
        libbpf_rs::set_print(None::<(PrintLevel, fn(PrintLevel, String))>);
        let cpus = libbpf_rs::num_possible_cpus().map_err(|e| explain("prepared", &e))?;
        let plan = Plan::new(selection, &programs()?);
        let mut loader = Loader {
            objects: Vec::new(),
            loaded: BTreeSet::new(),
            links: Vec::new(),
            capabilities: Capabilities::default(),
        };
        let mut open = open_object()?;
        for mut map in open.maps_mut() {
            let entries = match map.name().to_str() {
                Some("cpus") => cpus,
                Some("rings") => cpus * LANES,
                _ => continue,
            };
            map.set_max_entries(u32::try_from(entries).unwrap_or(u32::MAX))
                .map_err(|e| explain("prepared", &e))?;
        }
        let object = loader.load(open, &plan, true)?;
        let maps = Maps::new(&object, cpus, fixed)?;
        loader.adopt(object, &plan, &maps)?;
        if !fixed.report_self {
            loader.identify()?;
        }
        plan.publish(&maps);
        loader.attach(&plan)?;
        Ok((loader, maps))
    }

    /// Switches to another selection. What both want is reported without a gap.
    pub(crate) fn switch(&mut self, selection: &Selection, maps: &Maps) -> Result<(), ProbeError> {
        let plan = Plan::new(selection, &programs()?);
        if !plan.programs().is_subset(&self.loaded) {
            let mut open = open_object()?;
            for mut map in open.maps_mut() {
                let name = map.name().to_owned();
                if let Some(ours) = maps.handles.iter().find(|h| h.name() == name) {
                    map.reuse_fd(ours.as_fd())
                        .map_err(|e| explain("prepared", &e))?;
                }
            }
            let object = self.load(open, &plan, false)?;
            self.adopt(object, &plan, maps)?;
        }
        plan.publish(maps);
        self.links.retain(|(hook, _)| plan.hooks.contains(hook));
        self.attach(&plan)
    }

    /// Detaches everything; programs that are running on other CPUs may still finish.
    pub(crate) fn detach(&mut self) {
        self.links.clear();
        self.capabilities.attached.clear();
    }

    fn load(&self, mut open: OpenObject, plan: &Plan, hooks: bool) -> Result<Object, ProbeError> {
        for mut program in open.progs_mut() {
            let name = program.name().to_string_lossy().into_owned();
            let wanted = match event_of(&name) {
                Some(event) => plan.programs().contains(&event) && !self.loaded.contains(&event),
                // Hooks are few; having all of them makes a reload a matter of attaching.
                None => hooks,
            };
            program.set_autoload(wanted);
        }
        open.load().map_err(|e| explain("loaded", &e))
    }

    fn adopt(&mut self, object: Object, plan: &Plan, maps: &Maps) -> Result<(), ProbeError> {
        let table = maps.handle("programs")?;
        for program in object.progs() {
            let name = program.name().to_string_lossy().into_owned();
            let Some(event) = event_of(&name).filter(|e| plan.programs().contains(e)) else {
                continue;
            };
            if !self.loaded.insert(event) {
                continue;
            }
            let also = SERVED_BY.iter().filter(|(_, by)| by.0 == event);
            for slot in also.map(|(served, _)| served.0).chain([event]) {
                table
                    .update(
                        &u32::from(slot).to_ne_bytes(),
                        &program.as_fd().as_raw_fd().to_ne_bytes(),
                        MapFlags::ANY,
                    )
                    .map_err(|e| explain("put together", &e))?;
            }
        }
        self.objects.push(object);
        Ok(())
    }

    /// Tells the programs which process we are, as the initial pid namespace numbers it.
    fn identify(&self) -> Result<(), ProbeError> {
        for program in self.objects.iter().flat_map(Object::progs_mut) {
            if program.name() == "self__identify" {
                program
                    .test_run(ProgramInput::default())
                    .map_err(|e| explain("told its own process", &e))?;
            }
        }
        Ok(())
    }

    fn attach(&mut self, plan: &Plan) -> Result<(), ProbeError> {
        self.capabilities.refused.clear();
        for &hook in &plan.hooks {
            if self.links.iter().any(|(h, _)| *h == hook) {
                continue;
            }
            let program = self
                .objects
                .iter()
                .flat_map(Object::progs_mut)
                .find(|p| p.name() == hook.program());
            match program.map(|p| p.attach()) {
                Some(Ok(link)) => self.links.push((hook, link)),
                Some(Err(error)) => {
                    let why = chain(&error);
                    self.capabilities.refused.push((hook, why));
                }
                None => {
                    let why = "the object has no program for it".to_owned();
                    self.capabilities.refused.push((hook, why));
                }
            }
        }
        self.capabilities.attached = self.links.iter().map(|(hook, _)| *hook).collect();
        if self.links.is_empty() && !plan.hooks.is_empty() {
            let why: Vec<String> = self.capabilities.lacks().collect();
            return Err(ProbeError::NoHook(why.join("; ")));
        }
        Ok(())
    }
}

impl Maps {
    fn new(object: &Object, cpus: usize, fixed: &Fixed) -> Result<Maps, ProbeError> {
        let handles = object
            .maps()
            .map(|m| MapHandle::try_from(&m))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| explain("set up", &e))?;
        let by_name = |name: &'static str| {
            handles
                .iter()
                .find(|h| h.name() == name)
                .ok_or(ProbeError::Kernel {
                    step: "set up",
                    error: format!("the object has no map {name}"),
                })
        };
        let page = page_size();
        let map = |handle: &MapHandle, len: usize| {
            Mapping::new(handle.as_fd(), 0, len.next_multiple_of(page), true).map_err(|e| {
                ProbeError::Kernel {
                    step: "shown its memory",
                    error: e.to_string(),
                }
            })
        };
        let config = map(by_name("config_map")?, size_of::<Config>())?;
        let cpu_map = by_name("cpus")?;
        let cpu_stride = (cpu_map.value_size() as usize).next_multiple_of(8);
        let cpu_memory = map(cpu_map, cpu_stride * cpus)?;
        config.write(
            std::mem::offset_of!(Config, boot_epoch_ns),
            fixed.boot_epoch_ns,
        );
        config.write(std::mem::offset_of!(Config, snaplen), fixed.snaplen);
        let mut maps = Maps {
            config,
            cpus: cpu_memory,
            cpu_stride,
            rings: Vec::new(),
            ring_fds: Vec::new(),
            handles: Vec::new(),
        };
        // Exec, fork and exit are rare, but large when they come: a quarter is plenty.
        let sizes = [
            (fixed.buffer_bytes / 4).max(MIN_BUFFER).max(page),
            fixed.buffer_bytes,
        ];
        let no_memory = |error: &dyn std::error::Error| ProbeError::BufferMemory {
            cpus,
            bytes: sizes.iter().sum(),
            error: chain(error),
        };
        let outer = by_name("rings")?;
        for cpu in 0..cpus {
            for (lane, size) in sizes.into_iter().enumerate() {
                let mut options = libbpf_sys::bpf_map_create_opts::default();
                options.sz = size_of_val(&options) as libbpf_sys::size_t;
                let fd = MapHandle::create(
                    MapType::RingBuf,
                    Some("ring"),
                    0,
                    0,
                    u32::try_from(size).unwrap_or(u32::MAX),
                    &options,
                )
                .map_err(|e| match e.kind() {
                    ErrorKind::PermissionDenied => explain("given its buffers", &e),
                    _ => no_memory(&e),
                })?;
                let ring = Ring::new(fd.as_fd(), size, u16::try_from(cpu).unwrap_or(u16::MAX))
                    .map_err(|e| no_memory(&e))?;
                let key = u32::try_from(cpu * LANES + lane).unwrap_or(u32::MAX);
                outer
                    .update(
                        &key.to_ne_bytes(),
                        &fd.as_fd().as_raw_fd().to_ne_bytes(),
                        MapFlags::ANY,
                    )
                    .map_err(|e| explain("given its buffers", &e))?;
                maps.rings.push(ring);
                maps.ring_fds.push(fd);
            }
        }
        maps.handles = handles;
        Ok(maps)
    }

    fn handle(&self, name: &'static str) -> Result<&MapHandle, ProbeError> {
        self.handles
            .iter()
            .find(|h| h.name() == name)
            .ok_or(ProbeError::Kernel {
                step: "put together",
                error: format!("the object has no map {name}"),
            })
    }
}

impl Plan {
    fn new(selection: &Selection, programs: &BTreeSet<u16>) -> Plan {
        let mut plan = Plan {
            policy: [0; EVENTS],
            native: [Route::default(); SYSCALLS],
            compat: [Route::default(); SYSCALLS],
            hooks: Vec::new(),
            events: BTreeSet::new(),
        };
        let mut hooks = BTreeSet::new();
        for (call, want) in selection.iter() {
            let Some(info) = call.get() else { continue };
            let event = info.event;
            if let Some(hook) = hook_of(event)
                && want.any().contains(Outcomes::SUCCESS)
            {
                hooks.insert(hook.tracepoint());
                plan.policy[usize::from(reported_as(event).0)] |= policy(want, Outcomes::SUCCESS);
            }
            let outcomes = outcomes_at_exit(event);
            let bits = policy(want, outcomes);
            if bits == 0 || !programs.contains(&serving(event.0)) {
                continue;
            }
            let route = Route {
                event: event.0,
                code: call.0,
                policy: bits,
                reserved: [0; 3],
            };
            for number in 0..SYSCALLS {
                let number32 = number as u32;
                if Syscall::from_x86_64(number32) == Some(call) {
                    plan.native[number] = route;
                }
                if Syscall::from_i386(number32) == Some(call) {
                    plan.compat[number] = route;
                }
            }
            if info.x86_64.is_some() || info.i386.is_some() {
                plan.events.insert(event.0);
                hooks.insert(Hook::SyscallExit.tracepoint());
            }
        }
        plan.hooks = Hook::ALL
            .into_iter()
            .filter(|h| hooks.contains(h.tracepoint()))
            .collect();
        plan
    }

    /// The programs that this takes, by the event type that they are named after.
    fn programs(&self) -> BTreeSet<u16> {
        self.events.iter().map(|event| serving(*event)).collect()
    }

    fn publish(&self, maps: &Maps) {
        let config = &maps.config;
        config.write(std::mem::offset_of!(Config, policy), self.policy);
        config.write(std::mem::offset_of!(Config, native), self.native);
        config.write(std::mem::offset_of!(Config, compat), self.compat);
    }
}

/// The type whose program reports events of this type.
fn serving(event: u16) -> u16 {
    SERVED_BY
        .iter()
        .find(|(served, _)| served.0 == event)
        .map_or(event, |(_, by)| by.0)
}

/// The tracepoint that reports events of this type, or their successes.
fn hook_of(event: EventType) -> Option<Hook> {
    match event {
        EventType::SYSCALL_EXECVE_19_X | EventType::SYSCALL_EXECVEAT_X => Some(Hook::Exec),
        EventType::PROCEXIT_1_E => Some(Hook::Exit),
        EventType::SIGNALDELIVER_E => Some(Hook::Signal),
        event if LIFECYCLE.contains(&event) => Some(Hook::Fork),
        _ => None,
    }
}

/// Successful calls of execveat are reported as execve.
fn reported_as(event: EventType) -> EventType {
    match event {
        EventType::SYSCALL_EXECVEAT_X => EventType::SYSCALL_EXECVE_19_X,
        event => event,
    }
}

fn outcomes_at_exit(event: EventType) -> Outcomes {
    match hook_of(event) {
        None => Outcomes::ANY,
        Some(_) if LIFECYCLE.contains(&event) => Outcomes::FAILURE,
        Some(_) => Outcomes::NONE,
    }
}

/// The bits of a policy, of these outcomes only.
fn policy(want: Want, outcomes: Outcomes) -> u8 {
    let shown = want.shown.and(outcomes);
    let tracked = want.tracked.and(outcomes);
    [
        (shown, Outcomes::SUCCESS, SHOW_SUCCESS),
        (shown, Outcomes::FAILURE, SHOW_FAILURE),
        (tracked, Outcomes::SUCCESS, TRACK_SUCCESS),
        (tracked, Outcomes::FAILURE, TRACK_FAILURE),
    ]
    .into_iter()
    .filter(|(have, outcome, _)| have.contains(*outcome))
    .fold(0, |bits, (_, _, bit)| bits | bit)
}

fn event_of(program: &str) -> Option<u16> {
    let symbol = program.strip_prefix(EXIT_PREFIX)?.to_ascii_lowercase();
    EventType::by_symbol(&symbol).map(|e| e.0)
}

/// Event types that the object has a program for.
pub(crate) fn programs() -> Result<BTreeSet<u16>, ProbeError> {
    Ok(open_object()?
        .progs()
        .filter_map(|p| event_of(&p.name().to_string_lossy()))
        .collect())
}

pub(crate) fn open_object() -> Result<OpenObject, ProbeError> {
    ObjectBuilder::default()
        .name("lanner")
        .and_then(|b| b.open_memory(object_bytes()))
        .map_err(|e| explain("read", &e))
}

/// Where the counters of a CPU lie.
pub(crate) fn counters_at(maps: &Maps, cpu: usize) -> usize {
    cpu * maps.cpu_stride
}
