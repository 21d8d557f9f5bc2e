//! Beside libseccomp: the same decisions, and never a longer way to them.
//!
//! libseccomp runs in a child: for some profiles it does not return. `LANNER_RANDOM_PROFILES` says
//! how many random profiles are compared.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use lanner_seccomp::arch::X32_BIT;
use lanner_seccomp::bpf::{self, Data, Insn};
use lanner_seccomp::compile::{Options, compile};
use lanner_seccomp::policy::{AbiPolicy, Choice, Op, Policy, Rule, Spec};
use lanner_seccomp::{Action, Arch, table};

mod peer;

/// How many random profiles are compared if nothing says how many.
const RANDOM: u64 = 150;

/// Milliseconds after which libseccomp counts as hanging; it takes a few.
const PATIENCE: Duration = Duration::from_secs(5);

/// Up to so many combinations of arguments are all tried.
const MOST_ARGUMENTS: usize = 512;

/// The child that runs libseccomp: reads names of profiles, writes programs.
#[test]
#[ignore = "started by the comparison"]
fn worker() {
    for name in std::io::stdin().lines() {
        let spec = peer::known_spec(&name.expect("a name"));
        let answer = |optimize| match peer::libseccomp(&spec, optimize) {
            Ok(program) => bpf::to_bytes(&program, false)
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect(),
            Err(error) => format!("!{}", error.replace(char::is_whitespace, "_")),
        };
        println!("@ {} {}", answer(1), answer(2));
    }
}

struct Libseccomp {
    child: Child,
    names: ChildStdin,
    answers: Receiver<String>,
}

impl Libseccomp {
    fn start() -> Libseccomp {
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args(["worker", "--exact", "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this test starts again");
        let (send, answers) = channel();
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // The first line has the name of the test in front.
                if let Some((_, answer)) = line.split_once("@ ")
                    && send.send(answer.to_owned()).is_err()
                {
                    break;
                }
            }
        });
        Libseccomp {
            names: child.stdin.take().expect("a pipe"),
            child,
            answers,
        }
    }

    /// Its list and its tree of a profile; `None` if it refuses the profile or does not return.
    fn compile(&mut self, name: &str, tally: &mut Tally) -> Option<[Vec<Insn>; 2]> {
        writeln!(self.names, "{name}").expect("the worker reads");
        let answer = match self.answers.recv_timeout(PATIENCE) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => {
                tally.hangs += 1;
                *self = Libseccomp::start();
                return None;
            }
            Err(RecvTimeoutError::Disconnected) => panic!("the worker ended at {name}"),
        };
        let mut programs = answer.split(' ').map(|hex| {
            let digits = hex.as_bytes().as_chunks::<2>().0;
            let byte = |d: &[u8; 2]| {
                let text = std::str::from_utf8(d).ok()?;
                u8::from_str_radix(text, 16).ok()
            };
            let bytes: Option<Vec<u8>> = digits.iter().map(byte).collect();
            bpf::from_bytes(&bytes?, false)
        });
        match (programs.next().flatten(), programs.next().flatten()) {
            (Some(list), Some(tree)) => Some([list, tree]),
            _ => {
                tally.refused += 1;
                None
            }
        }
    }
}

impl Drop for Libseccomp {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What became of the profiles.
#[derive(Debug, Default)]
struct Tally {
    compared: usize,
    /// Rules of different actions that hold together, so there is nothing to compare.
    overlapping: usize,
    /// libseccomp's list, tree or both do not say what the profile says. What is wrong is left out
    /// of the comparison; if both are, the shape must be one that is known for it.
    defective: usize,
    /// Profiles without such a shape that libseccomp makes neither a right list nor a right tree of.
    unknown: Vec<String>,
    refused: usize,
    hangs: usize,
    /// Metrics in which ours is worse.
    worse: Vec<String>,
}

/// Orders of magnitude of a program over the calls of a profile.
#[derive(Clone, Copy, Debug)]
struct Cost {
    len: usize,
    worst: usize,
    /// Of the calls of all ABIs that are listed, each counting as much as any other.
    average: f64,
}

/// Calls around every boundary of a profile: by number, the arguments to try.
fn calls(policy: &Policy) -> Vec<(Arch, u32, Vec<[u64; 6]>)> {
    let mut all = Vec::new();
    for abi in &policy.abis {
        let numbers = table::calls().iter().filter_map(|c| c.number(abi.arch));
        let mut numbers: Vec<u32> = numbers.collect();
        numbers.sort_unstable();
        numbers.dedup();
        for number in numbers {
            let at = abi.decisions.binary_search_by_key(&number, |d| d.0);
            let choices = at.map_or(&[][..], |at| &abi.decisions[at].1.choices);
            all.push((abi.arch, number, arguments(choices)));
        }
    }
    all
}

/// Arguments around the boundaries of conditions: all of them beside all others, or where those
/// are too many, some, and what meets all conditions of a choice but at most one.
fn arguments(choices: &[Choice]) -> Vec<[u64; 6]> {
    let mut values: [Vec<u64>; 6] = Default::default();
    for c in choices.iter().flat_map(|c| &c.conditions) {
        let list = &mut values[usize::from(c.arg)];
        let v = c.value;
        list.extend([v, v.wrapping_add(1), v.wrapping_sub(1), v ^ 1 << 32]);
        if let Op::MaskedEq(mask) = c.op {
            list.extend([v | !mask, v ^ (mask & mask.wrapping_neg()), mask]);
        }
    }
    for list in &mut values {
        list.sort_unstable();
        list.dedup();
    }
    let mut all = vec![[0; 6], [u64::MAX; 6]];
    let product: usize = values.iter().map(|list| list.len().max(1)).product();
    if product <= MOST_ARGUMENTS {
        all.extend((0..product).map(|mut at| {
            values.each_ref().map(|list| match list.len() {
                0 => 0,
                len => {
                    let value = list[at % len];
                    at /= len;
                    value
                }
            })
        }));
        return all;
    }
    let longest = values.iter().map(Vec::len).max().unwrap_or(0);
    // Each value beside several of each other argument.
    for turn in 0..3 {
        for i in 0..longest {
            let at = |arg: usize, list: &Vec<u64>| match list.len() {
                0 => 0,
                len => list[(i + turn * (arg * 3 + 1)) % len],
            };
            all.push(std::array::from_fn(|arg| at(arg, &values[arg])));
        }
    }
    let mut meeting = Vec::new();
    for choice in choices {
        let from = meeting.last().copied().unwrap_or([0; 6]);
        // Also what meets this one and some of the one before.
        for mut args in [[0; 6], from] {
            for c in &choice.conditions {
                args[usize::from(c.arg)] = match c.op {
                    Op::Ne | Op::Gt => c.value.wrapping_add(1),
                    Op::Lt => c.value.wrapping_sub(1),
                    _ => c.value,
                };
            }
            meeting.push(args);
        }
    }
    for args in meeting {
        all.push(args);
        for (arg, list) in values.iter().enumerate() {
            all.extend(list.iter().map(|value| {
                let mut one = args;
                one[arg] = *value;
                one
            }));
        }
    }
    all
}

fn cost(program: &[Insn], calls: &Calls) -> Cost {
    let (mut worst, mut sum) = (0, 0.0);
    for (arch, number, arguments) in calls {
        let mut steps = 0;
        for args in arguments {
            let data = Data::new(*arch, *number, *args);
            let outcome = bpf::run(program, &data).expect("runs to a return");
            steps += outcome.steps;
            worst = worst.max(outcome.steps);
        }
        sum += steps as f64 / arguments.len() as f64;
    }
    Cost {
        len: program.len(),
        worst,
        average: sum / calls.len().max(1) as f64,
    }
}

/// Compares one profile; its costs: ours, theirs as a list, theirs as a tree.
fn compare(peer: &mut Libseccomp, name: &str, tally: &mut Tally) -> Option<[Cost; 3]> {
    let spec = peer::known_spec(name);
    let policy = Policy::new(&spec);
    if !policy.overlaps().is_empty() {
        tally.overlapping += 1;
        return None;
    }
    let ours = compile(&policy, &Options::default()).expect("compiles");
    bpf::check(&ours).expect("the kernel takes it");
    let [list, tree] = peer.compile(name, tally)?;
    tally.compared += 1;
    let calls = calls(&policy);
    let numbers = numbers(peer::REFERENCES.contains(&name));
    let found = difference(&policy, &calls, &numbers, &ours);
    assert_eq!(found, None, "{name}: {spec:?}");
    let found = [&list, &tree].map(|theirs| difference(&policy, &calls, &numbers, theirs));
    let right = found.clone().map(|difference| difference.is_none());
    if right != [true; 2] {
        tally.defective += 1;
    }
    if right == [false; 2] {
        if !may_be_defective(&spec, &policy) {
            let fault = format!("{name}: {found:?} of {:?}", peer::known_spec(name));
            tally.unknown.push(fault);
        }
        return None;
    }
    let costs = [&ours, &list, &tree].map(|program| cost(program, &calls));
    let [ours, list, tree] = costs;
    let mut worse = |what: &str, ours: f64, theirs: f64| {
        if ours > theirs + 1e-9 {
            let fault = format!("{name}: {what} {ours:.2} > {theirs:.2}");
            tally.worse.push(fault);
        }
    };
    let best = |of: fn(&Cost) -> f64| {
        let good = [list, tree].into_iter().zip(right).filter(|(_, r)| *r);
        good.map(|(cost, _)| of(&cost)).fold(f64::MAX, f64::min)
    };
    worse("worst", ours.worst as f64, best(|c| c.worst as f64));
    worse("average", ours.average, best(|c| c.average));
    if right[1] {
        worse("instructions", ours.len as f64, tree.len as f64);
    }
    Some(costs)
}

/// Whether a profile has a shape for which libseccomp 2.5 is known to forget in list and tree what
/// a register holds, or a rule: several orders on one call whose constants differ in the upper
/// words; different rules of several conditions on one call, which do not come back to each other's
/// next conditions; or conditions on ABIs of different widths, which share code there. On 32-bit
/// MIPS it compares what goes through a multiplexer with the arguments of the multiplexer, on other
/// ABIs it does not.
fn may_be_defective(spec: &Spec, policy: &Policy) -> bool {
    let rules_of = |name: &str| -> Vec<&Rule> {
        let rules = spec.rules.iter().filter(|r| !r.conditions.is_empty());
        rules
            .filter(|r| r.names.iter().any(|n| n == name))
            .collect()
    };
    let tangled = spec.rules.iter().flat_map(|r| &r.names).any(|name| {
        let rules = rules_of(name);
        let orders: Vec<_> = rules
            .iter()
            .flat_map(|r| &r.conditions)
            .filter(|c| !matches!(c.op, Op::Eq | Op::MaskedEq(_)))
            .collect();
        let wide = orders.len() > 1 && orders.iter().any(|c| c.value >> 32 != 0);
        let several = rules.iter().filter(|r| r.conditions.len() > 1);
        let different = several.clone().any(|r| {
            let mut others = several.clone();
            others.any(|other| other.conditions != r.conditions)
        });
        wide || different
    });
    let conditional = |a: &&AbiPolicy| {
        let mut choices = a.decisions.iter().flat_map(|d| &d.1.choices);
        choices.any(|c| !c.conditions.is_empty())
    };
    let mut widths: Vec<u8> = policy
        .abis
        .iter()
        .filter(conditional)
        .map(|a| a.arch.word_bits())
        .collect();
    widths.dedup();
    let mips = |a: &AbiPolicy| matches!(a.arch, Arch::Mips | Arch::Mipsel) && conditional(&a);
    tangled || widths.len() > 1 || policy.abis.iter().any(mips)
}

type Calls = [(Arch, u32, Vec<[u64; 6]>)];

/// Numbers that are tried on every ABI, in each profile or all that calls may have.
fn numbers(all: bool) -> Vec<u32> {
    let mut numbers = vec![
        0,
        1,
        700,
        4000,
        5500,
        X32_BIT,
        X32_BIT + 2,
        1 << 31,
        u32::MAX,
    ];
    if all {
        // MIPS begins at 4000, 5000 and 6000; ARM has some at 0xf0000.
        for first in [0, 4000, 5000, 6000, 0xf_0000, X32_BIT, 1 << 31] {
            numbers.extend(first..first + 600);
        }
    }
    numbers
}

/// The first call of which a program and the policy do not say the same; numbers and ABIs that are
/// in no profile are tried too.
fn difference(policy: &Policy, calls: &Calls, numbers: &[u32], program: &[Insn]) -> Option<String> {
    let differs = |arch: Arch, number: u32, args: [u64; 6]| {
        let data = Data::new(arch, number, args);
        let (action, reason) = policy.decide(&data);
        let ret = bpf::run(program, &data).expect("runs to a return").ret;
        let found = Action::from_ret(ret);
        (found != action)
            .then(|| format!("{arch} {number:#x} {args:x?}: {action} ({reason:?}), not {found}"))
    };
    let known = calls
        .iter()
        .flat_map(|(arch, number, all)| all.iter().map(|args| (*arch, *number, *args)));
    let others = Arch::all().flat_map(|arch| numbers.iter().map(move |n| (arch, *n, [3; 6])));
    let mut all = known.chain(others);
    all.find_map(|(arch, number, args)| differs(arch, number, args))
}

fn shown(name: &str, costs: [Cost; 3]) -> String {
    let cost = |c: Cost| format!("  {:5} {:4} {:7.2}", c.len, c.worst, c.average);
    format!("{name:28}{}", costs.map(cost).concat())
}

#[test]
fn the_profiles_of_engines_and_of_the_course() {
    let mut tally = Tally::default();
    let mut peer = Libseccomp::start();
    println!("instructions, most executed, executed on average: ours, list, tree");
    for name in peer::REFERENCES {
        if let Some(costs) = compare(&mut peer, name, &mut tally) {
            println!("{}", shown(name, costs));
        }
    }
    println!("{tally:?}");
    assert_eq!(tally.worse, Vec::<String>::new());
    assert_eq!(tally.unknown, Vec::<String>::new());
}

#[test]
fn random_profiles() {
    let count = std::env::var("LANNER_RANDOM_PROFILES").ok();
    let count = count.and_then(|n| n.parse().ok()).unwrap_or(RANDOM);
    let mut tally = Tally::default();
    let mut peer = Libseccomp::start();
    for seed in 0..count {
        compare(&mut peer, &format!("random/{seed}"), &mut tally);
    }
    let worse = std::mem::take(&mut tally.worse);
    let unknown = std::mem::take(&mut tally.unknown);
    println!("{tally:?}");
    assert!(worse.is_empty(), "{worse:#?}");
    assert!(unknown.is_empty(), "{unknown:#?}");
    assert!(tally.compared * 2 > count as usize, "{tally:?}");
    assert!(tally.defective * 20 < tally.compared, "{tally:?}");
}

/// The kernel answers for a call without running the filter if it can tell beforehand that it is
/// allowed. It can tell that of every call that a profile allows whatever its arguments are.
#[test]
fn the_kernels_cache_serves_every_call_that_is_allowed_without_a_look_at_arguments() {
    let random = (0..RANDOM).map(|seed| format!("random/{seed}"));
    let names = peer::REFERENCES
        .map(str::to_owned)
        .into_iter()
        .chain(random);
    let mut served = 0;
    for name in names {
        let policy = Policy::new(&peer::spec(&name));
        let program = compile(&policy, &Options::default()).expect("compiles");
        for abi in &policy.abis {
            let known = table::calls().iter().filter_map(|c| c.number(abi.arch));
            for number in known {
                let at = abi.decisions.binary_search_by_key(&number, |d| d.0);
                let choices = at.map_or(&[][..], |at| &abi.decisions[at].1.choices);
                let data = Data::new(abi.arch, number, [0; 6]);
                let plain = choices.iter().all(|c| c.conditions.is_empty());
                if plain && policy.decide(&data).0 == Action::Allow {
                    let outcome = bpf::run(&program, &data).expect("runs to a return");
                    assert_eq!(Action::from_ret(outcome.ret), Action::Allow);
                    assert!(outcome.constant, "{name}: {number:#x} of {}", abi.arch);
                    served += 1;
                }
            }
        }
    }
    assert!(served > 10_000, "{served}");
}

#[test]
fn dockers_profile_is_short_and_quick() {
    let spec: Spec = peer::spec("docker/x86_64/one");
    let policy = Policy::new(&spec);
    let program = compile(&policy, &Options::default()).expect("compiles");
    let worst = calls(&policy)
        .iter()
        .filter_map(|(arch, number, _)| {
            let abi = policy.abis.iter().find(|a| a.arch == *arch)?;
            let at = abi.decisions.binary_search_by_key(number, |d| d.0);
            let tested = at.is_ok_and(|at| {
                let choices = &abi.decisions[at].1.choices;
                choices.iter().any(|c| !c.conditions.is_empty())
            });
            let outcome = bpf::run(&program, &Data::new(*arch, *number, [0; 6]))?;
            (!tested).then_some(outcome.steps)
        })
        .max();
    println!("{} instructions, {worst:?} executed", program.len());
    assert!(program.len() <= 180, "{}", program.len());
    assert!(worst <= Some(11), "{worst:?}");
}
