//! Keys and values that do not do what they seem to.

use lanner_diag::{Diagnostic, nearest};

use super::Subject;
use crate::Action;
use crate::profile::{FLAGS, Spanned};
use crate::target::Engine;

pub(super) fn check(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    comments(subject, faults);
    engine_keys(subject, faults);
    flags(subject, faults);
    flags_left_out(subject, faults);
    errnos(subject, faults);
    default_action(subject, faults);
    notification(subject, faults);
}

fn comments(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    if let Some(first) = subject.profile.comments.first() {
        faults.push(
            Diagnostic::warning("json-comment", "runtimes refuse JSON with comments")
                .label(subject.span(*first), "")
                .help(Some(
                    "remove the comments before a runtime reads the file".into(),
                )),
        );
    }
}

fn engine_keys(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    if subject.target.engine != Engine::None {
        return;
    }
    let profile = subject.profile;
    let mut report = |range, message: String, help: &str| {
        faults.push(
            Diagnostic::error("engine-key", message)
                .label(subject.span(range), "")
                .note("Docker and containers-common resolve it; containerd and runtimes do not")
                .help(Some(help.to_owned())),
        );
    };
    if let Some(map) = &profile.arch_map {
        let message = "`archMap` is passed over here: only the native architecture is listed";
        report(
            map.span,
            message.to_owned(),
            "list them under `architectures`",
        );
    }
    for rule in &profile.rules {
        let names = rule.names.first().map_or("", |n| n.value.as_str());
        for (filter, key) in [(&rule.includes, "includes"), (&rule.excludes, "excludes")] {
            if let Some(filter) = filter {
                report(
                    filter.span,
                    format!("`{key}` is passed over here: the rule for `{names}` always applies"),
                    "keep the rule only if it is meant for this container, without the condition",
                );
            }
        }
        if let Some(key) = rule.legacy_name {
            let message = format!("`name` is passed over here: `{names}` has no rule");
            report(key, message, "write \"names\": [\u{2026}]");
        }
    }
}

fn flags(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    for flag in subject.profile.flags.iter().flat_map(|f| &f.value) {
        if FLAGS.iter().any(|(name, _)| *name == flag.value) {
            continue;
        }
        let help = nearest(&flag.value, FLAGS.iter().map(|(name, _)| *name))
            .map(|near| format!("did you mean `{near}`?"));
        let message = format!("`{}` is no flag that a profile may have", flag.value);
        faults.push(
            Diagnostic::error("unknown-flag", message)
                .label(subject.span(flag.span), "")
                .help(help),
        );
    }
}

/// What the list of flags does not say.
fn flags_left_out(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    let profile = subject.profile;
    let Some(Spanned { value: flags, span }) = &profile.flags else {
        return;
    };
    let has = |flag: &str| flags.iter().any(|f| f.value == flag);
    if flags.is_empty() {
        faults.push(
            Diagnostic::warning(
                "empty-flags",
                "an empty list of flags takes SECCOMP_FILTER_FLAG_SPEC_ALLOW away",
            )
            .label(subject.span(*span), "")
            .note(
                "without the key, runtimes set it; without the flag, the kernel turns off \
                 speculation in the container, which costs time",
            )
            .help(Some("leave the key out".into())),
        );
        return;
    }
    let refuses = matches!(subject.policy.default, Action::Errno(_) | Action::Trap(_));
    if refuses && !has("SECCOMP_FILTER_FLAG_LOG") {
        faults.push(
            Diagnostic::warning(
                "unlogged",
                "nothing that the profile refuses is logged: SECCOMP_FILTER_FLAG_LOG is not listed",
            )
            .label(subject.span(*span), "")
            .help(Some(
                "add it while the profile is tried: the kernel then records each refused call"
                    .into(),
            )),
        );
    }
}

fn errnos(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    let profile = subject.profile;
    let default = (&profile.default_action, &profile.default_errno);
    let rules = profile.rules.iter().map(|r| (&r.action, &r.errno));
    for (action, errno) in std::iter::once(default).chain(rules) {
        if let (Some(action), Some(errno)) = (action, errno) {
            errno_of(subject, action.value, errno, faults);
        }
    }
}

fn errno_of(
    subject: &Subject<'_>,
    action: Action,
    errno: &Spanned<u64>,
    faults: &mut Vec<Diagnostic>,
) {
    let span = subject.span(errno.span);
    match action {
        Action::Errno(_) if errno.value > 4095 => faults.push(
            Diagnostic::error(
                "errno-range",
                format!(
                    "error number {} does not exist: the kernel makes 4095 of it",
                    errno.value
                ),
            )
            .label(span, "")
            .help(Some("use 1 (EPERM) or 38 (ENOSYS)".into())),
        ),
        Action::Trace(_) if errno.value > 32767 => faults.push(
            Diagnostic::error(
                "errno-range",
                format!(
                    "runtimes keep 15 bits of it: {} becomes another number",
                    errno.value
                ),
            )
            .label(span, "")
            .help(Some("use a number up to 32767".into())),
        ),
        Action::Errno(_) | Action::Trace(_) => {}
        other => faults.push(
            Diagnostic::warning(
                "errno-ignored",
                format!(
                    "{other} takes no error number: runc passes over it, crun refuses the profile"
                ),
            )
            .label(span, "")
            .help(Some("remove it".into())),
        ),
    }
}

fn default_action(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    if subject.policy.default == Action::KillThread {
        faults.push(
            Diagnostic::warning(
                "kill-thread",
                "the default kills one thread and leaves the others: a program in Go, the \
                 runtime's own start among them, then hangs instead of ending",
            )
            .label(subject.default_span(), "")
            .help(Some("use SCMP_ACT_KILL_PROCESS or SCMP_ACT_ERRNO".into())),
        );
    }
}

fn notification(subject: &Subject<'_>, faults: &mut Vec<Diagnostic>) {
    let profile = subject.profile;
    if subject.policy.default == Action::Notify {
        faults.push(
            Diagnostic::error(
                "notify-default",
                "SCMP_ACT_NOTIFY cannot be the default action",
            )
            .label(subject.default_span(), "")
            .note("the runtime could not hand over the listener: that takes calls too")
            .help(Some("name the calls to be notified of in a rule".into())),
        );
    }
    let mut notified = None;
    for (index, rule) in subject.applied.spec.rules.iter().enumerate() {
        if rule.action != Action::Notify {
            continue;
        }
        notified = notified.or(Some(index));
        if rule.names.iter().any(|n| n == "write") {
            faults.push(
                Diagnostic::error("notify-write", "runc refuses notification of `write`")
                    .label(subject.name_span(index, "write"), "")
                    .note("it writes to hand over the listener, and would wait for itself"),
            );
        }
    }
    if let (Some(index), None) = (notified, &profile.listener_path) {
        let action = profile.rules[subject.applied.origins[index]]
            .action
            .as_ref();
        faults.push(
            Diagnostic::error("no-listener", "SCMP_ACT_NOTIFY needs `listenerPath`")
                .label(subject.span(action.map_or(profile.span, |a| a.span)), "")
                .help(Some(
                    "give the path of the socket that an agent listens on".into(),
                )),
        );
    }
    if let (Some(metadata), None) = (&profile.listener_metadata, &profile.listener_path) {
        faults.push(
            Diagnostic::error(
                "metadata-without-path",
                "`listenerMetadata` needs `listenerPath`",
            )
            .label(subject.span(metadata.span), ""),
        );
    }
}
