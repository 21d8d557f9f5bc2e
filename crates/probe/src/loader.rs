//! Loads the object into the kernel and attaches what a selection needs.

use std::collections::BTreeSet;
use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;

use lanner_event::{
    EventType, OpenFilter, OpenModes, Outcomes, Selection, Syscall, SyscallInfo, Want,
};
use libbpf_rs::{
    ErrorKind, Link, MapCore, MapFlags, MapHandle, Object, ObjectBuilder, OpenObject, PrintLevel,
    ProgramInput, ProgramMut,
};

use crate::buffers;
use crate::error::{
    Capabilities, Hook, MIN_BUFFER, ProbeError, chain, explain, keep_reason, take_reason,
};
use crate::layout::{
    Config, EVENTS, LANES, OPEN_READ, OPEN_WRITE, Route, SHOW_FAILURE, SHOW_SUCCESS, SUBCALLS,
    SYSCALLS, TRACK_FAILURE, TRACK_SUCCESS,
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

/// The program that the loader runs once itself.
const IDENTIFY: &str = "self__identify";

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

/// The numbers of the two calls of 32-bit programs that stand for many.
const NR_COMPAT_SOCKETCALL: usize = 102;
const NR_COMPAT_IPC: usize = 117;

/// What they stand for, by their first argument (socketcall(2), ipc(2)).
const SOCKET_CALLS: &[(usize, &str)] = &[
    (1, "socket"),
    (2, "bind"),
    (3, "connect"),
    (4, "listen"),
    (5, "accept"),
    (6, "getsockname"),
    (7, "getpeername"),
    (8, "socketpair"),
    (9, "send"),
    (10, "recv"),
    (11, "sendto"),
    (12, "recvfrom"),
    (13, "shutdown"),
    (14, "setsockopt"),
    (15, "getsockopt"),
    (16, "sendmsg"),
    (17, "recvmsg"),
    (18, "accept4"),
    (19, "recvmmsg"),
    (20, "sendmmsg"),
];
const IPC_CALLS: &[(usize, &str)] = &[
    (1, "semop"),
    (2, "semget"),
    (3, "semctl"),
    (4, "semtimedop"),
    (11, "msgsnd"),
    (12, "msgrcv"),
    (13, "msgget"),
    (14, "msgctl"),
    (21, "shmat"),
    (22, "shmdt"),
    (23, "shmget"),
    (24, "shmctl"),
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
    socket_calls: [Route; SUBCALLS],
    ipc_calls: [Route; SUBCALLS],
    opens: OpenFilter,
    hooks: Vec<Hook>,
    /// Event types that a program of their own reports at the exit of the call.
    events: BTreeSet<u16>,
}

/// What has been loaded and attached.
pub(crate) struct Loader {
    objects: Vec<Object>,
    /// Names of the programs in them.
    loaded: BTreeSet<String>,
    /// Hooks that this kernel does not have.
    unloadable: Vec<(Hook, String)>,
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
        libbpf_rs::set_print(Some((PrintLevel::Warn, keep_reason)));
        let cpus = libbpf_rs::num_possible_cpus().map_err(|e| explain("prepared", &e))?;
        let plan = Plan::new(selection, &programs()?);
        let mut loader = Loader {
            objects: Vec::new(),
            loaded: BTreeSet::new(),
            unloadable: Vec::new(),
            links: Vec::new(),
            capabilities: Capabilities::default(),
        };
        let slots = cpus * LANES;
        let outer = buffers::outer(slots);
        let prepare = |open: &mut OpenObject| {
            for mut map in open.maps_mut() {
                match (map.name().to_str(), &outer) {
                    (Some("cpus"), _) => {
                        map.set_max_entries(u32::try_from(cpus).unwrap_or(u32::MAX))?;
                    }
                    (Some("rings"), Ok(outer)) => map.reuse_fd(outer.as_fd())?,
                    _ => {}
                }
            }
            Ok(())
        };
        let sizes = buffers::sizes(fixed.buffer_bytes);
        let (object, buffers) = match &outer {
            Ok(outer) => buffers::make_while(outer, slots, sizes, || loader.load(&plan, prepare)),
            // What stands in the way of one map is told best of the whole object.
            Err(_) => (loader.load(&plan, prepare), Ok(Vec::new())),
        };
        let object = object?;
        outer.map_err(|e| explain("given its buffers", &e))?;
        let buffers = buffers.map_err(|e| match e.kind() {
            ErrorKind::PermissionDenied => explain("given its buffers", &e),
            _ => ProbeError::BufferMemory {
                cpus,
                bytes: sizes.iter().sum(),
                error: chain(&e),
            },
        })?;
        let maps = Maps::new(&object, cpus, fixed, buffers)?;
        loader.adopt(object, &maps)?;
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
            let object = self.load(&plan, |open| {
                for mut map in open.maps_mut() {
                    let name = map.name().to_owned();
                    if let Some(ours) = maps.handles.iter().find(|h| h.name() == name) {
                        map.reuse_fd(ours.as_fd())?;
                    }
                }
                Ok(())
            })?;
            self.adopt(object, maps)?;
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

    /// Loads the programs of the plan that are not loaded yet, less hooks that this kernel does
    /// not have.
    fn load(
        &mut self,
        plan: &Plan,
        prepare: impl Fn(&mut OpenObject) -> libbpf_rs::Result<()>,
    ) -> Result<Object, ProbeError> {
        let wanted = |loader: &Loader, name: &str| {
            plan.programs().contains(name)
                && !loader.loaded.contains(name)
                && !loader.unloadable.iter().any(|(h, _)| h.program() == name)
        };
        match load_where(&prepare, |name| wanted(self, name)) {
            Ok(object) => Ok(object),
            Err(first) => {
                // A tracepoint that the kernel lacks fails the whole object: find out which.
                for &hook in &plan.hooks {
                    let alone = load_where(&prepare, |name| name == hook.program());
                    if let Err(error) = alone {
                        self.unloadable.push((hook, chain(&error) + &take_reason()));
                    }
                }
                if self.unloadable.len() >= plan.hooks.len() {
                    return Err(explain("loaded", &first));
                }
                load_where(&prepare, |name| wanted(self, name)).map_err(|e| explain("loaded", &e))
            }
        }
    }

    fn adopt(&mut self, object: Object, maps: &Maps) -> Result<(), ProbeError> {
        let table = maps.handle("programs")?;
        for program in object.progs().filter(|p| p.autoload()) {
            let name = program.name().to_string_lossy().into_owned();
            if let Some(event) = event_of(&name) {
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
            self.loaded.insert(name);
        }
        self.objects.push(object);
        Ok(())
    }

    /// Tells the programs which process we are, as the initial pid namespace numbers it.
    fn identify(&self) -> Result<(), ProbeError> {
        if let Some(program) = self.program(IDENTIFY) {
            program
                .test_run(ProgramInput::default())
                .map_err(|e| explain("told its own process", &e))?;
        }
        Ok(())
    }

    fn program(&self, name: &str) -> Option<ProgramMut<'_>> {
        let mut all = self.objects.iter().flat_map(Object::progs_mut);
        all.find(|p| p.autoload() && p.name() == name)
    }

    fn attach(&mut self, plan: &Plan) -> Result<(), ProbeError> {
        self.capabilities.refused.clear();
        for &hook in &plan.hooks {
            if self.links.iter().any(|(h, _)| *h == hook) {
                continue;
            }
            let refused = match self.program(hook.program()).map(|p| p.attach()) {
                Some(Ok(link)) => {
                    self.links.push((hook, link));
                    continue;
                }
                Some(Err(error)) => chain(&error),
                None => {
                    let known = self.unloadable.iter().find(|(h, _)| *h == hook);
                    known.map_or_else(String::new, |(_, why)| why.clone())
                }
            };
            self.capabilities.refused.push((hook, refused));
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
    fn new(
        object: &Object,
        cpus: usize,
        fixed: &Fixed,
        buffers: Vec<(MapHandle, Ring)>,
    ) -> Result<Maps, ProbeError> {
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
        for (fd, ring) in buffers {
            maps.rings.push(ring);
            maps.ring_fds.push(fd);
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
            socket_calls: subcalls(SOCKET_CALLS),
            ipc_calls: subcalls(IPC_CALLS),
            opens: selection.open_filter(),
            hooks: Vec::new(),
            events: BTreeSet::new(),
        };
        let mut hooks = BTreeSet::new();
        let filtered = plan.opens != OpenFilter::default();
        for (call, want) in selection.iter() {
            let Some(info) = call.get() else { continue };
            let event = info.event;
            if let Some(hook) = hook_of(info)
                && want.any().contains(Outcomes::SUCCESS)
            {
                hooks.insert(hook.tracepoint());
                plan.policy[usize::from(reported_as(event).0)] |= policy(want, Outcomes::SUCCESS);
            }
            let outcomes = outcomes_at_exit(info);
            let bits = policy(want, outcomes);
            if bits == 0 || !programs.contains(&serving(event.0)) {
                continue;
            }
            let route = Route {
                event: event.0,
                code: call.0,
                policy: bits,
                open_flags: if filtered { open_flags(info.name) } else { 0 },
                reserved: [0; 2],
            };
            for number in 0..SYSCALLS {
                let number32 = number as u32;
                if Syscall::from_x86_64(number32) == Some(call) {
                    plan.native[number] = route;
                }
                if Syscall::from_i386(number32) == Some(call) {
                    let bits = plan.compat[number].policy | route.policy;
                    plan.compat[number] = Route {
                        policy: bits,
                        ..route
                    };
                }
            }
            for (table, number) in [
                (&mut plan.socket_calls, NR_COMPAT_SOCKETCALL),
                (&mut plan.ipc_calls, NR_COMPAT_IPC),
            ] {
                if let Some(slot) = table.iter_mut().find(|r| r.code == call.0) {
                    *slot = route;
                    // Lets the multiplexer itself through.
                    plan.compat[number].policy |= bits;
                    plan.events.insert(event.0);
                }
            }
            if info.x86_64.is_some() || info.i386.is_some() {
                plan.events.insert(event.0);
            }
        }
        if !plan.events.is_empty() {
            hooks.insert(Hook::SyscallExit.tracepoint());
        }
        plan.hooks = Hook::ALL
            .into_iter()
            .filter(|h| hooks.contains(h.tracepoint()))
            .collect();
        plan
    }

    /// The names of the programs that this takes.
    fn programs(&self) -> BTreeSet<String> {
        let exits = self.events.iter().map(|event| {
            let symbol = EventType(serving(*event)).info().symbol;
            format!("{EXIT_PREFIX}{}", symbol.to_ascii_uppercase())
        });
        let hooks = self.hooks.iter().map(|hook| hook.program().to_owned());
        exits.chain(hooks).chain([IDENTIFY.to_owned()]).collect()
    }

    fn publish(&self, maps: &Maps) {
        let config = &maps.config;
        let shown = [(OpenModes::READ, OPEN_READ), (OpenModes::WRITE, OPEN_WRITE)]
            .into_iter()
            .filter(|(modes, _)| self.opens.shown.contains(*modes))
            .fold(0, |bits, (_, bit)| bits | bit);
        config.write(std::mem::offset_of!(Config, opens_shown), shown);
        config.write(
            std::mem::offset_of!(Config, opens_tracked),
            u8::from(self.opens.track_directories_only),
        );
        config.write(std::mem::offset_of!(Config, policy), self.policy);
        config.write(std::mem::offset_of!(Config, native), self.native);
        config.write(std::mem::offset_of!(Config, compat), self.compat);
        config.write(
            std::mem::offset_of!(Config, socket_calls),
            self.socket_calls,
        );
        config.write(std::mem::offset_of!(Config, ipc_calls), self.ipc_calls);
    }
}

/// The type whose program reports events of this type.
fn serving(event: u16) -> u16 {
    SERVED_BY
        .iter()
        .find(|(served, _)| served.0 == event)
        .map_or(event, |(_, by)| by.0)
}

/// The tracepoint that reports this call's successes, or that it stands for.
fn hook_of(call: &SyscallInfo) -> Option<Hook> {
    match call.event {
        EventType::SYSCALL_EXECVE_19_X | EventType::SYSCALL_EXECVEAT_X => Some(Hook::Exec),
        event if LIFECYCLE.contains(&event) => Some(Hook::Fork),
        EventType::PROCEXIT_1_E
        | EventType::SIGNALDELIVER_E
        | EventType::SCHEDSWITCH_6_E
        | EventType::PAGE_FAULT_E => Hook::ALL.into_iter().find(|h| h.tracepoint() == call.name),
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

fn outcomes_at_exit(call: &SyscallInfo) -> Outcomes {
    match hook_of(call) {
        None => Outcomes::ANY,
        Some(_) if LIFECYCLE.contains(&call.event) => Outcomes::FAILURE,
        Some(_) => Outcomes::NONE,
    }
}

/// Where an opening call has its flags (`enum open_flags` of the probe).
fn open_flags(call: &str) -> u8 {
    match call {
        "open" => 1,
        "openat" | "open_by_handle_at" => 2,
        "openat2" => 3,
        "creat" => 4,
        _ => 0,
    }
}

/// A table of calls behind another, none of them wanted yet.
fn subcalls(calls: &[(usize, &str)]) -> [Route; SUBCALLS] {
    let mut table = [Route::default(); SUBCALLS];
    for (number, name) in calls {
        if let Some(call) = Syscall::by_name(name) {
            table[*number].code = call.0;
        }
    }
    table
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

/// Loads the object with only those programs whose names `wanted` accepts.
fn load_where(
    prepare: impl Fn(&mut OpenObject) -> libbpf_rs::Result<()>,
    wanted: impl Fn(&str) -> bool,
) -> libbpf_rs::Result<Object> {
    let mut open = ObjectBuilder::default()
        .name("lanner")?
        .open_memory(object_bytes())?;
    prepare(&mut open)?;
    for mut program in open.progs_mut() {
        let name = program.name().to_string_lossy().into_owned();
        program.set_autoload(wanted(&name));
    }
    open.load()
}

fn event_of(program: &str) -> Option<u16> {
    let symbol = program.strip_prefix(EXIT_PREFIX)?.to_ascii_lowercase();
    EventType::by_symbol(&symbol).map(|e| e.0)
}

/// Event types that the object has a program for.
pub(crate) fn programs() -> Result<BTreeSet<u16>, ProbeError> {
    let open = ObjectBuilder::default()
        .open_memory(object_bytes())
        .map_err(|e| explain("read", &e))?;
    Ok(open
        .progs()
        .filter_map(|p| event_of(&p.name().to_string_lossy()))
        .collect())
}

/// Where the counters of a CPU lie.
pub(crate) fn counters_at(maps: &Maps, cpu: usize) -> usize {
    cpu * maps.cpu_stride
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_system_call_has_a_program() {
        let programs = programs().unwrap();
        for call in Syscall::all() {
            let x86 = call.x86_64.is_some() || call.i386.is_some();
            let event = serving(call.event.0);
            assert!(!x86 || programs.contains(&event), "{}", call.name);
        }
    }
}
