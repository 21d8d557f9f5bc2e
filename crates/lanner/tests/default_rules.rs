//! The default rules: each is set off by its deed, done for real, and by no near miss; the work of
//! every day sets off none.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

#[path = "deeds/mod.rs"]
mod deeds;
#[path = "../../container/tests/engines/mod.rs"]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
#[expect(dead_code, reason = "containerd is for other tests")]
mod engines;
#[path = "monitor/mod.rs"]
#[expect(dead_code, reason = "waiting for an alert is for other tests")]
mod monitor;

use deeds::{DEEDS, Deed, EVERYDAY, Place};
use engines::{Podman, able, shown, unique};
use monitor::Monitor;

/// The environment variable that tells whose deed a process does.
const MARK: &str = "LANNER_DEED";

fn rules_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/lanner_rules.yaml")
}

/// The names of the default rules, in order.
fn rule_names() -> Vec<String> {
    let text = fs::read_to_string(rules_file()).expect("the rules");
    text.lines()
        .filter_map(|line| line.strip_prefix("- rule: "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_rule_has_a_deed_and_there_are_at_least_forty() {
    let names: BTreeSet<String> = rule_names().into_iter().collect();
    let deeds: BTreeSet<String> = DEEDS.iter().map(|deed| deed.rule.to_owned()).collect();
    assert_eq!(names, deeds);
    assert_eq!(deeds.len(), DEEDS.len());
    assert!(names.len() >= 40, "{}", names.len());
}

#[test]
fn every_rule_says_where_it_applies_and_which_tactic_it_is_about() {
    let text = fs::read_to_string(rules_file()).expect("the rules");
    let mut tactics = BTreeSet::new();
    for rule in text.split("\n- rule: ").skip(1) {
        let name = rule.lines().next().unwrap_or_default();
        let tags = rule
            .lines()
            .find_map(|line| line.trim().strip_prefix("tags: ["))
            .unwrap_or_else(|| panic!("{name} has no tags"));
        let tags: Vec<&str> = tags.trim_end_matches(']').split(", ").collect();
        let has = |test: &dyn Fn(&str) -> bool| tags.iter().any(|tag| test(tag));
        assert!(has(&|tag| tag.starts_with("maturity_")), "{name}");
        assert!(has(&|tag| tag == "host" || tag == "container"), "{name}");
        assert!(has(&|tag| tag.starts_with("mitre_")), "{name}");
        tactics.extend(tags.iter().filter(|tag| tag.starts_with("mitre_")).copied());
    }
    assert!(tactics.len() >= 10, "{tactics:?}");
}

/// The kernel cuts the names of processes to 15 characters: a longer one never matches.
#[test]
fn no_name_of_a_process_is_longer_than_the_kernel_keeps() {
    let text = fs::read_to_string(rules_file()).expect("the rules");
    let mut names = 0;
    for field in ["proc.name in (", "proc.pname in (", "proc.aname in ("] {
        for list in text.split(field).skip(1) {
            // Names in parentheses are quoted.
            let plain = list.replace("\"(", "\"").replace(")\"", "\"");
            let list = plain.split(')').next().unwrap_or_default();
            for name in list.split(',').map(|name| name.trim().trim_matches('"')) {
                let known = name.contains('_') && text.contains(&format!("- list: {name}\n"));
                assert!(known || name.len() <= 15, "{name}");
                names += 1;
            }
        }
    }
    let items = text.split("- list: ").skip(1).filter_map(|list| {
        let end = list.find("\n\n").unwrap_or(list.len());
        list[..end].split_once("items:")
    });
    for (_, items) in items {
        for name in items.split(['[', ']', ',', '\n']).map(str::trim) {
            let name = name.trim_start_matches("- ");
            assert!(
                name.contains('/') || name.starts_with('#') || name.len() <= 15,
                "{name}"
            );
            names += 1;
        }
    }
    assert!(names > 500, "{names}");
}

#[test]
fn the_rules_load_without_a_complaint() {
    let scheme = lanner_fields::scheme();
    let options = lanner_rules::Options::default();
    let (ruleset, results) = lanner_rules::Ruleset::load(&[rules_file()], &scheme, &options);
    let complaints: Vec<String> = results
        .results
        .iter()
        .flat_map(|result| result.errors.iter().chain(&result.warnings))
        .map(|problem| problem.message.clone())
        .collect();
    assert_eq!(complaints, [""; 0]);
    let rules = ruleset.expect("rules");
    assert_eq!(rules.enabled().count(), DEEDS.len());
}

/// Done before the deeds of the host, in a mount namespace of their own: what they change in the
/// folders of the system goes to an overlay that ends with them.
const SANDBOX: &str = r#"set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$S"
mount -t tmpfs tmpfs /dev/shm
for dir in etc usr var root; do
    mkdir -p "$S/upper/$dir" "$S/work/$dir"
    mount -t overlay overlay "/$dir" \
        -o "lowerdir=/$dir,upperdir=$S/upper/$dir,workdir=$S/work/$dir"
done
mkdir -p /usr/local/bin /var/log
"#;

const HELPERS: &str = r#"as() {
    for bin in /usr/bin /bin; do
        if [ -e "$bin/$1" ]; then cp "$bin/$1" "$D/$2"; return; fi
    done
    false
}
"#;

/// A script that runs each of these (mark, script) in a shell of its own, whose environment bears
/// the mark. Scripts come in by standard input, so that no command line contains them.
fn chain(scripts: &[(String, &str)]) -> String {
    let mut out = String::new();
    for (mark, script) in scripts {
        write!(
            out,
            "mkdir -p \"$S/{mark}\"\n\
             {MARK}={mark} D=\"$S/{mark}\" sh -s <<'END-OF-DEED' || echo 'failed: {mark}' >&2\n\
             set -e\n{HELPERS}cd \"$D\"\n{script}\nEND-OF-DEED\n"
        )
        .expect("text");
    }
    out
}

/// Runs a command with a script on its standard input; returns the marks of what failed.
fn feed(mut command: Command, script: &str) -> String {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the shell starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(script.as_bytes()).expect("the script");
    drop(stdin);
    let output = child.wait_with_output().expect("the shell ends");
    assert!(output.status.success(), "{}", shown(&output));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn on_host(scripts: &[(String, &str)]) -> String {
    let dir = TempDir::new().expect("a folder");
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-s"])
        .env_clear()
        .env(
            "PATH",
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        )
        .env("S", dir.path());
    feed(command, &format!("{SANDBOX}{}", chain(scripts)))
}

fn in_container(podman: &Podman, scripts: &[(String, &str)]) -> String {
    let command = podman.run(
        &unique("deeds"),
        &["-i", "-e", "S=/tmp"],
        &["/bin/sh", "-s"],
    );
    feed(command, &chain(scripts))
}

fn start_one(podman: &Podman, mark: &str, options: &[&str]) {
    let variable = format!("{MARK}={mark}");
    let options = [&["-e", &variable], options].concat();
    let mut command = podman.run(&unique("deed"), &options, &["/bin/sh", "-c", "exec true"]);
    let output = command.env(MARK, mark).output().expect("podman starts");
    assert!(output.status.success(), "{mark}: {}", shown(&output));
}

/// The scripts of the deeds or the near misses at a place, with their marks.
fn scripts(place: Place, kind: &str) -> Vec<(String, &'static str)> {
    let script = |deed: &Deed| if kind == "deed" { deed.deed } else { deed.near };
    DEEDS
        .iter()
        .enumerate()
        .filter(|(_, deed)| deed.place == place)
        .map(|(number, deed)| (format!("{kind}-{number}"), script(deed)))
        .collect()
}

#[test]
fn root_each_rule_is_set_off_by_its_deed_and_by_no_near_miss() {
    let tools = [
        "perl", "unshare", "nsenter", "setpriv", "bash", "make", "cc", "dpkg-deb",
    ];
    let test = "the default rules";
    if !able(test, &tools) || !cfg!(target_arch = "x86_64") {
        return;
    }
    let podman = Podman::new(test);

    // The mark goes into the alerts by the language's own means.
    let dir = TempDir::new().expect("a folder");
    let marks = dir.path().join("marks.yaml");
    let text: String = rule_names()
        .iter()
        .map(|name| {
            format!(
                "- rule: {name}\n  output: \" mark=%proc.env[{MARK}]\"\n  \
                 override: {{output: append}}\n"
            )
        })
        .collect();
    fs::write(&marks, text).expect("a file");

    let monitor = Monitor::start(&[
        "-r",
        &rules_file().to_string_lossy(),
        "-r",
        &marks.to_string_lossy(),
    ]);
    let everyday: Vec<(String, &str)> = EVERYDAY
        .iter()
        .enumerate()
        .map(|(number, (_, script))| (format!("day-{number}"), *script))
        .collect();
    let mut failed = on_host(&everyday);
    for kind in ["near", "deed"] {
        failed += &on_host(&scripts(Place::Host, kind));
        let Some(podman) = &podman else { continue };
        failed += &in_container(podman, &scripts(Place::Container, kind));
        for (number, deed) in DEEDS.iter().enumerate() {
            if let Place::Started(for_deed, for_near) = deed.place {
                let options = if kind == "deed" { for_deed } else { for_near };
                start_one(podman, &format!("{kind}-{number}"), options);
            }
        }
    }
    let alerts = monitor.finish();

    // Which rules each mark set off.
    let field = format!("proc.env[{MARK}]");
    let mut seen: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for alert in &alerts {
        let mark = alert["output_fields"][&field].as_str().unwrap_or_default();
        let rule = alert["rule"].as_str().unwrap_or_default();
        seen.entry(mark).or_default().insert(rule);
    }
    let mut faults: String = failed
        .lines()
        .filter(|line| line.starts_with("failed: "))
        .map(|line| format!("{line}\n"))
        .collect();
    let none = BTreeSet::new();
    for (number, deed) in DEEDS.iter().enumerate() {
        if deed.place != Place::Host && podman.is_none() {
            continue;
        }
        let of = |kind: &str| seen.get(&*format!("{kind}-{number}")).unwrap_or(&none);
        if !of("deed").contains(deed.rule) {
            writeln!(faults, "not seen: {} ({number})", deed.rule).expect("text");
        }
        // Nothing at all is to be said about a container that starts in the usual way.
        let usual = matches!(deed.place, Place::Started(_, []));
        if of("near").contains(deed.rule) || usual && !of("near").is_empty() {
            let rules = of("near");
            writeln!(faults, "near miss: {} ({number}): {rules:?}", deed.rule).expect("text");
        }
    }
    for (number, (name, _)) in EVERYDAY.iter().enumerate() {
        if let Some(rules) = seen.get(&*format!("day-{number}")) {
            writeln!(faults, "{name}: {rules:?}").expect("text");
        }
    }
    assert!(faults.is_empty(), "{faults}\nscripts: {failed}");
}
