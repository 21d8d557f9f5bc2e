//! What is compared: profiles, engines' defaults and BPF programs, each as what it returns for
//! every call.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use lanner_seccomp::bpf::{self, Insn, MAX_LEN};
use lanner_seccomp::defaults::{self, RuntimeDefault};
use lanner_seccomp::document::MAX_TEXT;
use lanner_seccomp::policy::Policy;
use lanner_seccomp::symbolic::{Function, Outcomes, Space};
use lanner_seccomp::table::{self, Call};
use lanner_seccomp::{Action, Arch};

use super::input::{self, Source};
use super::target::TargetArgs;

/// How a default profile is named.
const DEFAULT: &str = "default:";

/// Something that decides calls.
pub(crate) struct Filter {
    /// The name that people know it by.
    pub(crate) name: String,
    /// What it returns for every call.
    pub(crate) function: Function,
}

impl Filter {
    /// Reads a profile, a BPF program (a file with NUL bytes), or `default:docker`.
    pub(crate) fn load(path: &Path, args: &TargetArgs, space: &mut Space) -> Result<Filter> {
        let text = path.to_string_lossy();
        if let Some(whose) = text.strip_prefix(DEFAULT) {
            let which = match whose {
                "docker" => RuntimeDefault::Docker,
                "containerd" => RuntimeDefault::Containerd,
                "containers-common" | "podman" => RuntimeDefault::ContainersCommon,
                "cri-o" => RuntimeDefault::CriO,
                _ => bail!(
                    "{text}: known are default:docker, default:containerd, \
                     default:containers-common and default:cri-o"
                ),
            };
            let spec = defaults::runtime_default(which, &args.target(None)?);
            return Filter::of(&text, &Policy::new(&spec), space);
        }
        let source = input::read(path, MAX_TEXT)?;
        if is_program(&source) {
            let program = program(&source, args)?;
            let function = function(space, &program).with_context(|| source.name.clone())?;
            return Ok(Filter {
                name: source.name,
                function,
            });
        }
        let loaded = input::load_source(&source)?;
        let (_, _, policy) = loaded.apply(args)?;
        Filter::of(&source.name, &policy, space)
    }

    fn of(name: &str, policy: &Policy, space: &mut Space) -> Result<Filter> {
        let mut verdicts = Outcomes::new();
        let function = space
            .policy(policy, &mut verdicts)
            .with_context(|| name.to_owned())?;
        Ok(Filter {
            name: name.to_owned(),
            function: space.returns(function, &verdicts),
        })
    }
}

/// What a program does, in return values that profiles give: what the kernel takes for the same
/// action is the same.
pub(crate) fn function(space: &mut Space, program: &[Insn]) -> Result<Function> {
    let returned = space.program(program)?;
    let function = space.map(returned, &mut |ret| match Action::from_ret(ret) {
        // MAX_ERRNO of linux/err.h.
        Action::Errno(errno) => Action::Errno(errno.min(4095)).ret(),
        action => action.ret(),
    });
    space.check()?;
    Ok(function)
}

/// Whether a file holds a BPF program: no profile has NUL bytes, and every program has.
pub(crate) fn is_program(source: &Source) -> bool {
    source.bytes.contains(&0)
}

/// The program in a file, in the byte order of the machine that the target names.
///
/// # Errors
/// It is cut off, too long, or none that the kernel would take.
pub(crate) fn program(source: &Source, args: &TargetArgs) -> Result<Vec<Insn>> {
    let name = &source.name;
    let length = source.bytes.len();
    if length > MAX_LEN * 8 {
        bail!(
            "{name}: a filter has at most {MAX_LEN} instructions of 8 bytes, this file is longer"
        );
    }
    let big_endian = args.native()?.big_endian();
    let program = bpf::from_bytes(&source.bytes, big_endian).ok_or_else(|| {
        anyhow!(
            "{name}: a BPF program is a whole number of instructions of 8 bytes, this has \
             {length} bytes: is it cut off?"
        )
    })?;
    bpf::check(&program)
        .with_context(|| format!("{name}: the kernel would refuse this program"))?;
    Ok(program)
}

/// The calls that an ABI has, with their numbers.
pub(crate) fn calls_of(arch: Arch) -> impl Iterator<Item = (&'static Call, u32)> {
    let calls = table::calls().iter();
    calls.filter_map(move |c| Some((c, c.number(arch)?)))
}

/// How much an action lets happen: 0 nothing, 1 what somebody who is asked says, 2 the call.
pub(crate) fn permission(action: Action) -> u8 {
    match action {
        Action::Allow | Action::Log => 2,
        Action::Notify | Action::Trace(_) => 1,
        _ => 0,
    }
}
