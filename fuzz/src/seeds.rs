//! The first inputs of each target, made here and nowhere else.

use std::io::Result;

use lanner_event::testing::EventBuilder;
use lanner_event::{EventType, RawEvent};
use lanner_scap::{Compression, Writer};
use lanner_seccomp::bpf;
use lanner_seccomp::compile::{Options, compile};
use lanner_seccomp::policy::{Policy, Rule, Spec};
use lanner_seccomp::{Action, Arch};

use super::world;

const PROFILES: [&str; 5] = [
    r#"{"defaultAction":"SCMP_ACT_LOG"}"#,
    r#"// as printed in a course
{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":1,"architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86"],"flags":["SECCOMP_FILTER_FLAG_LOG"],"syscalls":[{"names":["read","clone3","socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":2080505856,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"}]}]}"#,
    r#"{"defaultAction":"SCMP_ACT_ERRNO","archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X32"]}],"listenerPath":"/s","listenerMetadata":"m","syscalls":[{"name":"ptrace","action":"SCMP_ACT_NOTIFY","errnoRet":3,"comment":"c","includes":{"minKernel":"4.8","caps":["CAP_SYS_ADMIN"],"arches":["amd64"]},"excludes":{"caps":["CAP_BPF"]}}]}"#,
    "apiVersion: security-profiles-operator.x-k8s.io/v1beta1\nkind: SeccompProfile\nspec:\n  defaultAction: SCMP_ACT_KILL\n  syscalls:\n  - action: SCMP_ACT_TRAP\n    names: [exit, personality]\n    args:\n    - {index: 0, value: 4294967295, op: SCMP_CMP_EQ}\n    - {index: 0, value: 8, op: SCMP_CMP_NE}\n",
    r#"{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["umask"],"action":"SCMP_ACT_ERRNO","errno":"EPERM"},{"names":["umask"],"action":"SCMP_ACT_TRACE"}]}}}"#,
];

const RULES: [&str; 3] = [
    "- list: shells\n  items: [bash, sh]\n- macro: spawned\n  condition: evt.type in (execve, execveat) and evt.dir = <\n- rule: Shell\n  desc: d\n  condition: spawned and proc.name in (shells)\n  output: \"%proc.name %fd.name\"\n  priority: NOTICE\n  tags: [a]\n  exceptions:\n  - name: e\n    fields: [proc.name, fd.name]\n    comps: [=, startswith]\n    values:\n    - [cat, /etc]\n",
    "- required_engine_version: 0.40.0\n- required_plugin_versions:\n  - name: container\n    version: 0.2.0\n- rule: R\n  desc: d\n  condition: evt.type = openat\n  output: o\n  priority: 3\n  source: syscall\n  enabled: false\n- rule: R\n  condition: and fd.name glob /etc/*\n  override:\n    condition: append\n- rule: R\n  append: true\n  condition: or proc.pname exists\n",
    "- macro: m\n  condition: (n)\n- macro: n\n  condition: not (m)\n- rule: R\n  desc: d\n  condition: n\n  output: '%container.id'\n  priority: ERROR\n  warn_evttypes: false\n",
];

const CONDITIONS: [&str; 6] = [
    "evt.type in (openat, open) and fd.name startswith /etc or not proc.name = cat\nproc.aname[2] = bash and proc.cmdline icontains \"-l\"\n%evt.time %proc.name %fd.name",
    "fd.name pmatch (/etc, /usr/bin) and fd.num >= 0\nfd.rip in (10.0.0.0/8, 127.0.0.1) and fd.rport = 443",
    "evt.arg.flags contains O_CREAT and evt.rawarg.mode != 0\nevt.arg[0] exists",
    "proc.name regex '^[a-z]+$' and proc.exe glob */n?\nproc.args bcontains 2d6c",
    "toupper(proc.name) = NC and len(proc.args) > 3\nproc.name = val(proc.exe) or basename(proc.exepath) = proc.name",
    "proc.name in (proc.pname, bash) and evt.res != SUCCESS\n((((evt.type=close))))\nevt.is_open_write=true and not fd.directory in (/dev, /tmp)",
];

/// The folder in which a target puts its first inputs before it begins, if this is set.
const FOLDER: &str = "LANNER_FUZZ_SEEDS";

/// Writes the first inputs of a target where [`FOLDER`] says.
pub fn write(target: &str) {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let folder = std::path::Path::new(&folder);
    std::fs::create_dir_all(folder).expect("a folder for seeds");
    for (name, bytes) in seeds(target).expect("memory takes all") {
        std::fs::write(folder.join(name), bytes).expect("room for seeds");
    }
}

/// The first inputs of a target, with names.
pub fn seeds(target: &str) -> Result<Vec<(String, Vec<u8>)>> {
    let mut all = Vec::new();
    let mut put = |name: &str, bytes: &[u8]| all.push((name.to_owned(), bytes.to_vec()));
    let texts: &[&str] = match target {
        "profile" => &PROFILES,
        "rules" => &RULES,
        "condition" => &CONDITIONS,
        _ => &[],
    };
    for (i, text) in texts.iter().enumerate() {
        put(&format!("text{i}"), text.as_bytes());
    }
    match target {
        "capture" => captures(&mut put)?,
        "event" => events(&mut put),
        "bpf" | "decompile" => programs(&mut put),
        _ => {}
    }
    if ["event", "compile", "bpf", "decompile"].contains(&target) {
        // What is read as choices needs something to choose by.
        let choices: Vec<u8> = (0..600u32).map(|i| ((i * i) >> 3) as u8 | 1).collect();
        for len in [60, 200, 600] {
            put(&format!("choices{len}"), &choices[..len]);
        }
    }
    Ok(all)
}

type Put<'a> = &'a mut dyn FnMut(&str, &[u8]);

fn events(put: Put<'_>) {
    for ty in EventType::all() {
        let record = EventBuilder::new(ty).tid(100).build();
        put(ty.info().symbol, &[&[0], record.bytes()].concat());
    }
    for (i, sample) in world::samples().iter().enumerate() {
        put(&format!("sample{i}"), &[&[0], sample.bytes()].concat());
    }
}

fn programs(put: Put<'_>) {
    for (name, arches) in [("one", &[][..]), ("three", &[Arch::X86, Arch::X32])] {
        let spec = Spec {
            native: Arch::X86_64,
            arches: arches.to_vec(),
            default: Action::Errno(1),
            rules: vec![Rule {
                names: ["read", "openat", "mseal"].map(String::from).to_vec(),
                action: Action::Allow,
                conditions: Vec::new(),
            }],
            stub: true,
        };
        let program = compile(&Policy::new(&spec), &Options::default()).unwrap_or_default();
        for (how, big) in [(0u8, true), (2, false)] {
            let bytes = [&[how], &bpf::to_bytes(&program, big)[..]].concat();
            put(&format!("{name}-{how}"), &bytes);
        }
    }
}

/// Captures that our own writer makes.
fn captures(put: Put<'_>) -> Result<()> {
    for (name, compression) in [("plain", Compression::None), ("gzip", Compression::Gzip)] {
        let mut writer = Writer::new(Vec::new(), compression, &world::snapshot())?;
        for (i, sample) in (0..).zip(world::samples()) {
            writer.event(&RawEvent {
                cpu: i % 2,
                state_only: i == 0,
                counted: true,
                bytes: sample.bytes(),
            })?;
        }
        writer.section(&world::snapshot())?;
        put(name, &writer.finish()?);
    }
    // Both halves of calls, as older writers had them.
    let halves = [
        (EventType::SYSCALL_OPEN_E, EventType::SYSCALL_OPEN_X),
        (EventType::SYSCALL_READ_E, EventType::SYSCALL_READ_X),
        (EventType::SOCKET_CONNECT_E, EventType::SOCKET_CONNECT_X),
        (EventType::SYSCALL_CLOSE_E, EventType::SYSCALL_CLOSE_X),
        (EventType::CONTAINER_E, EventType::CONTAINER_JSON_E),
    ];
    let mut writer = Writer::new(Vec::new(), Compression::None, &Default::default())?;
    for (enter, exit) in halves {
        for ty in [enter, exit] {
            let record = EventBuilder::new(ty).tid(7);
            for count in [1, 2, ty.info().params.len()] {
                writer.event(&RawEvent {
                    cpu: 0,
                    state_only: false,
                    counted: true,
                    bytes: record.clone().truncate(count).build().bytes(),
                })?;
            }
        }
    }
    put("halves", &writer.finish()?);
    Ok(())
}
