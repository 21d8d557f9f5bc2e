//! `lanner diff-alerts`: what a change of rules changes, on captures.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};
use bstr::ByteSlice;
use lanner_container::Containers;
use lanner_diag::{Severity, Style};
use lanner_engine::{Alert, CompiledRuleset, Matching, Pipeline, Settings, Sink, Template};
use lanner_fields::Session;
use lanner_filter::{PrintOptions, Scheme};
use lanner_rules::{Options, RulesFiles, Ruleset};
use lanner_state::{Limits, State};

use crate::cli::DiffAlerts;
use crate::source::{Events, Read};

/// The exit code if the alerts cannot be compared.
const CANNOT: u8 = 2;

/// Compares, and tells whether anything differs.
pub(crate) fn run(diff: &DiffAlerts) -> Result<ExitCode> {
    match compare(diff) {
        Ok(same) => Ok(ExitCode::from(u8::from(!same))),
        Err(error) => {
            // Nobody is left to tell if stderr is closed.
            let _ = writeln!(std::io::stderr(), "Error: {error:#}");
            Ok(ExitCode::from(CANNOT))
        }
    }
}

fn compare(diff: &DiffAlerts) -> Result<bool> {
    let scheme = lanner_fields::scheme();
    let mut old = Alerts::default();
    let mut new = Alerts::default();
    for capture in &diff.captures {
        collect(&diff.old, capture, &scheme, &mut old)?;
        collect(&diff.new, capture, &scheme, &mut new)?;
    }
    let (text, same) = report(&old, &new, diff.examples);
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(same)
}

/// By rule, each text and how often it was raised, in the order in which it first was.
#[derive(Default)]
struct Alerts(BTreeMap<String, RuleAlerts>);

#[derive(Default)]
struct RuleAlerts {
    texts: Vec<(String, u64)>,
    index: HashMap<String, usize>,
    total: u64,
}

impl Sink for Alerts {
    fn alert(&mut self, alert: &Alert<'_, '_>) {
        let mut text = Vec::new();
        alert.render(alert.time, &mut text);
        text.extend_from_slice(b": ");
        text.extend_from_slice(alert.rule.priority.name().as_bytes());
        text.push(b' ');
        alert.render(&alert.rule.output, &mut text);
        let text = text.to_str_lossy().into_owned();
        let rule = self.0.entry(alert.rule.name.clone()).or_default();
        rule.total += 1;
        match rule.index.get(&text) {
            Some(at) => rule.texts[*at].1 += 1,
            None => {
                rule.index.insert(text.clone(), rule.texts.len());
                rule.texts.push((text, 1));
            }
        }
    }
}

fn collect(rules: &PathBuf, capture: &Path, scheme: &Scheme, alerts: &mut Alerts) -> Result<()> {
    let mut pipeline = Pipeline::new(
        State::new(Limits::default()),
        Containers::offline(),
        Session::new(lanner_fields::Settings::default()),
        CompiledRuleset::new(
            load(rules, scheme)?,
            Settings {
                matching: Matching::All,
                time: Template::parse("%evt.time", scheme).map_err(|e| anyhow!(e))?,
                print: PrintOptions::default(),
            },
        ),
    );
    Events::open(capture)?.read(|read| {
        match read {
            Read::Machine(snapshot) => pipeline.seed(snapshot),
            Read::Event(raw) => {
                pipeline.take(&raw, alerts);
            }
        }
        Ok(true)
    })
}

fn load(path: &PathBuf, scheme: &Scheme) -> Result<Ruleset> {
    let found = RulesFiles::find(std::slice::from_ref(path));
    let options = Options {
        event_type: |kind| lanner_fields::type_behind(kind).0,
        ..Options::default()
    };
    let (ruleset, results) = Ruleset::load(&found.files, scheme, &options);
    match ruleset {
        Some(ruleset) => Ok(ruleset),
        None => {
            let errors = results
                .diagnostics()
                .filter(|d| d.severity == Severity::Error);
            let texts: Vec<String> = errors
                .map(|d| lanner_diag::render(&d, &results.files, Style::Plain))
                .collect();
            bail!("the rules cannot be used\n{}", texts.join("\n"))
        }
    }
}

/// The comparison as people read it, and whether nothing differs.
fn report(old: &Alerts, new: &Alerts, examples: usize) -> (String, bool) {
    let mut text = String::new();
    let empty = RuleAlerts::default();
    let names: std::collections::BTreeSet<&String> = old.0.keys().chain(new.0.keys()).collect();
    let (mut vanished, mut appeared) = (0, 0);
    for name in names {
        let before = old.0.get(name).unwrap_or(&empty);
        let after = new.0.get(name).unwrap_or(&empty);
        let lost = missing(before, after);
        let gained = missing(after, before);
        let count = |alerts: &[(&str, u64)]| alerts.iter().map(|(_, n)| n).sum::<u64>();
        let (lost_count, gained_count) = (count(&lost), count(&gained));
        vanished += lost_count;
        appeared += gained_count;
        if lost_count + gained_count == 0 {
            continue;
        }
        let _ = writeln!(
            text,
            "{name}: {} before, {} after; {lost_count} vanished, {gained_count} appeared",
            before.total, after.total
        );
        for (sign, alerts) in [('-', lost), ('+', gained)] {
            for (line, n) in alerts.iter().take(examples) {
                let times = match n {
                    1 => String::new(),
                    n => format!(" ({n} times)"),
                };
                let _ = writeln!(text, "  {sign} {line}{times}");
            }
            if alerts.len() > examples {
                let _ = writeln!(text, "  {sign} and {} more", alerts.len() - examples);
            }
        }
    }
    let total = |alerts: &Alerts| alerts.0.values().map(|r| r.total).sum::<u64>();
    let _ = writeln!(
        text,
        "{} alerts before, {} after: {vanished} vanished, {appeared} appeared",
        total(old),
        total(new)
    );
    (text, vanished + appeared == 0)
}

/// Texts that `there` has more often than `here`, with how much more often.
fn missing<'a>(there: &'a RuleAlerts, here: &RuleAlerts) -> Vec<(&'a str, u64)> {
    let texts = there.texts.iter();
    texts
        .filter_map(|(text, n)| {
            let kept = here.index.get(text).map_or(0, |at| here.texts[*at].1);
            (*n > kept).then(|| (text.as_str(), n - kept))
        })
        .collect()
}
