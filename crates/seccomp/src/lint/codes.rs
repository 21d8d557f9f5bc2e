//! The codes of faults, for `--explain` and the documentation.

/// A code: what it finds, and what that means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The code itself; it stays what it is.
    pub code: &'static str,
    /// What it finds.
    pub finds: &'static str,
    /// What that means.
    pub means: &'static str,
}

const fn code(code: &'static str, finds: &'static str, means: &'static str) -> Code {
    Code { code, finds, means }
}

/// All codes: faults of meaning, then those of form.
#[rustfmt::skip]
pub const CODES: [Code; 62] = [
    code("unknown-syscall", "a name that no architecture has",
        "Runtimes pass over it without a word, so a misspelt call stays refused (or permitted)."),
    code("not-on-arch", "a name that none of the listed architectures has",
        "The rule does nothing here. Often the name of a 32-bit call in a profile for 64-bit machines."),
    code("duplicate-syscall", "a name twice in one rule",
        "Harmless; usually the trace of a merge."),
    code("empty-names", "a rule about no call",
        "Some validators read it as all calls; runtimes as none."),
    code("equals-default", "a rule whose action is the default's",
        "Runtimes leave it out, so a later rule for the same call decides."),
    code("dead-rule", "a rule that another one decides before",
        "Of rules without conditions the first counts, whatever stands behind it."),
    code("overlap", "rules of different actions that can hold together",
        "Which of them counts follows from the tree that libseccomp builds, not from their order."),
    code("repeated-index", "two conditions on one argument",
        "Runtimes make a rule of each condition then, so they are joined by or."),
    code("narrowed-argument", "a comparison wider than the argument",
        "The kernel drops the upper bits that the filter compares: with one of them set, the call gets past."),
    code("pointer-compared", "a condition on an address",
        "A filter cannot see what is in memory."),
    code("mask-swapped", "MASKED_EQ with bits in the value that the mask lacks",
        "`value` is the mask, `valueTwo` what must be left under it."),
    code("mask-zero", "MASKED_EQ with an empty mask",
        "It always holds."),
    code("unused-value", "valueTwo with another comparison",
        "Only SCMP_CMP_MASKED_EQ looks at it."),
    code("errno-ignored", "an error number on an action that takes none",
        "runc passes over it, crun refuses the profile."),
    code("errno-range", "an error number that does not exist",
        "The kernel makes 4095 of what is larger; runtimes cut it to 15 or 16 bits."),
    code("engine-key", "archMap, includes, excludes or name where no engine resolves them",
        "containerd and runtimes pass over them: rules meant for some containers apply to all."),
    code("arches-and-map", "architectures beside archMap",
        "Engines refuse the profile."),
    code("json-comment", "comments in JSON",
        "Courses print them; runtimes refuse them."),
    code("unknown-flag", "a flag that runtimes refuse",
        "Known are the flags of seccomp(2) that a profile may name."),
    code("empty-flags", "an empty list of flags",
        "It takes SPEC_ALLOW away, which runtimes set where the key is left out."),
    code("unlogged", "flags without LOG in a profile that refuses",
        "Nobody learns which calls were refused."),
    code("kill-thread", "KILL_THREAD as the default",
        "One thread dies and the others wait for it: programs in Go hang."),
    code("notify-default", "NOTIFY as the default",
        "The runtime could not hand over the listener."),
    code("notify-write", "NOTIFY on write",
        "The runtime writes to hand over the listener, and would wait for itself."),
    code("no-listener", "NOTIFY without listenerPath",
        "Nobody would answer."),
    code("metadata-without-path", "listenerMetadata without listenerPath",
        "There is nobody to send it to."),
    code("trace-decides", "TRACE in a profile",
        "Without a tracer the call fails with ENOSYS."),
    code("missing-arch", "an architecture that the machine runs is not listed",
        "The first call of such a program kills its thread."),
    code("foreign-arch", "an architecture that the machine does not run",
        "It only makes the filter longer."),
    code("x32-open", "x32 is listed",
        "A second set of numbers for the same calls that hardly any program uses."),
    code("multiplexed", "conditions that socketcall or ipc go round",
        "On 32-bit x86, s390, PowerPC and MIPS some calls go through one that has its arguments in memory."),
    code("clone3", "clone3 beside a clone whose flags are filtered",
        "Its flags are in memory. With ENOSYS the C library uses clone."),
    code("io-uring", "io_uring beside refused calls that it can make",
        "What is submitted to it does not pass the filter."),
    code("way-round", "a call is refused or has conditions, one that does the same has not",
        "open and openat, chmod and fchmodat2, mount and move_mount…"),
    code("missing-exit", "calls without which no program ends",
        "A program that cannot exit crashes or spins."),
    code("runtime-needs", "calls that the runtime itself makes under the filter",
        "Measured; with no_new_privs the filter is loaded last, and fewer are needed."),
    code("program-needs", "calls without which no program starts",
        "The dynamic linker and the C library make them before main."),
    code("dangerous", "permitted calls that give the kernel away",
        "Told only where the container has a capability that makes them so."),
    code("too-long", "a filter longer than the kernel takes",
        "4096 instructions, all architectures together."),
    code("enosys-step", "the highest call named moves the line between EPERM and ENOSYS",
        "runc answers ENOSYS for numbers above it."),
    code("eperm-default", "EPERM for calls newer than the profile",
        "Programs fall back for ENOSYS only."),
    code("nothing-permitted", "every call is refused",
        "No container starts under the profile."),
    code("libseccomp-hang", "two rules from which libseccomp does not come back",
        "They share a condition that is no equality; the first orders a higher argument, the second compares it for equality."),
    code("libseccomp-wide", "ordered comparisons with different upper halves",
        "libseccomp makes a wrong filter of them."),
    code("no-default-action", "no defaultAction",
        "Without it the file is no profile."),
    code("no-action", "a rule without action",
        "Runtimes refuse the profile."),
    code("no-op", "a condition without op",
        "Runtimes refuse the profile."),
    code("unknown-action", "an action that does not exist",
        "Runtimes refuse the profile."),
    code("unknown-arch", "an architecture that does not exist",
        "Runtimes refuse the profile."),
    code("unknown-op", "a comparison that does not exist",
        "Runtimes refuse the profile."),
    code("unknown-errno", "an error number's name that does not exist",
        "containers-common refuses the profile."),
    code("unknown-key", "a key that means nothing",
        "Runtimes pass over it: a misspelt key loses what it says."),
    code("repeated-key", "a key twice",
        "Runtimes take the last one."),
    code("wrong-type", "another kind of value than expected",
        "Runtimes refuse the profile."),
    code("wrong-number", "a number that is none, negative, or beyond 64 bits",
        "Runtimes refuse the profile."),
    code("wrong-index", "an argument beyond the sixth",
        "Runtimes refuse the profile."),
    code("wrong-kernel", "a minKernel that is no version",
        "Docker refuses the profile."),
    code("not-json", "text that breaks off or is no JSON",
        "Nothing of it can be used."),
    code("not-yaml", "text that is neither JSON nor YAML",
        "Nothing of it can be used."),
    code("not-text", "bytes that are no text",
        "Nothing of it can be used."),
    code("several-documents", "several YAML documents",
        "A file holds one profile."),
    code("empty", "nothing in the file",
        "Nothing of it can be used."),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The sources of everything that makes faults.
    const SOURCES: [&str; 8] = [
        include_str!("arguments.rs"),
        include_str!("calls.rs"),
        include_str!("form.rs"),
        include_str!("needs.rs"),
        include_str!("rules.rs"),
        include_str!("../document.rs"),
        include_str!("../profile.rs"),
        include_str!("../target.rs"),
    ];

    #[test]
    fn every_code_is_made_somewhere_and_every_one_made_is_listed() {
        for known in CODES {
            let quoted = format!("\"{}\"", known.code);
            assert!(
                SOURCES.iter().any(|s| s.contains(&quoted)),
                "{}",
                known.code
            );
        }
        for source in SOURCES {
            for kind in ["Diagnostic::error(", "Diagnostic::warning("] {
                for made in source.split(kind).skip(1) {
                    let quoted = made.trim_start();
                    if let Some(rest) = quoted.strip_prefix('"') {
                        let code = rest.split('"').next().unwrap_or_default();
                        assert!(CODES.iter().any(|c| c.code == code), "{code}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_documentation_lists_them() {
        let doc = include_str!("../../../../docs/seccomp.md");
        for known in CODES {
            let row = format!("| `{}` | {} |", known.code, known.finds);
            assert!(doc.contains(&row), "{row}");
        }
    }
}
