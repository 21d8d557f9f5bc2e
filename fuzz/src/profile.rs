//! Any text as a seccomp profile: reading, judging, applying, compiling.

use lanner_diag::{Diagnostic, Files, Severity, Style, render};
use lanner_seccomp::compile::{Options, compile};
use lanner_seccomp::lint::{Context, RUNTIMES, lint};
use lanner_seccomp::policy::Policy;
use lanner_seccomp::target::{Engine, Runtime, Target};
use lanner_seccomp::{Arch, bpf, document, profile};

/// Diagnostics that are rendered of an input.
const MAX_SHOWN: usize = 40;

pub fn run(data: &[u8]) {
    let mut files = Files::new();
    let document = match document::read(&mut files, "profile", data) {
        Ok(document) => document,
        Err(fault) => return show(&[fault], &files),
    };
    let (profile, faults) = profile::read(&document);
    show(&faults, &files);
    if faults.iter().any(|f| f.severity == Severity::Error) {
        return;
    }
    let engines = [Engine::None, Engine::Docker, Engine::ContainersCommon];
    let natives = [Arch::X86_64, Arch::S390x, Arch::Aarch64];
    for (turn, engine) in engines.into_iter().enumerate() {
        let target = Target {
            engine,
            runtime: [Runtime::Runc, Runtime::Crun][turn % 2],
            native: natives[(turn + data.len()) % 3],
            caps: vec!["CAP_SYS_ADMIN".into()],
            kernel: (5, 10),
        };
        let Ok(Some(applied)) = target.apply(&profile) else {
            continue;
        };
        let policy = Policy::new(&applied.spec);
        if let Ok(program) = compile(&policy, &Options::default()) {
            bpf::check(&program).expect("the kernel takes what is compiled");
        }
        let context = Context {
            needs: RUNTIMES.iter().find(|n| n.name == "runc"),
            no_new_privs: turn == 0,
        };
        show(&lint(&profile, &target, &context), &files);
    }
}

fn show(faults: &[Diagnostic], files: &Files) {
    for fault in faults.iter().take(MAX_SHOWN) {
        let text = render(fault, files, Style::Plain);
        assert!(!text.is_empty());
    }
}
