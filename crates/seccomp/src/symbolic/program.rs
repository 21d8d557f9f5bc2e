//! A BPF program as a function, by following all its paths at once.
//!
//! At each instruction stand the sets of calls that come there, by what the registers hold; what a
//! register holds is a function of the call for each of its 32 bits. Jumps go forward only, so one
//! pass over the program is enough.

use std::mem;

use hashbrown::HashMap;

use super::{ARCH_BIT, ARG_BIT, Function, IP_BIT, NR_BIT, Space, TooComplex};
use crate::bpf::{self, DATA_LEN, Insn, OFF_ARCH, OFF_ARGS, OFF_IP, OFF_NR, Operation, Refused};

/// Register contents and sets that are followed.
const MAX_STATES: usize = 100_000;
/// Different values that a `return A` may give.
const MAX_RETURNS: usize = 4096;

/// Why a program has no function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// The kernel would not take it.
    #[error("the kernel would refuse this program: {0}")]
    Refused(#[from] Refused),
    /// It computes too much.
    #[error("the program computes too much to look at each case")]
    TooComplex,
    /// It divides by something else than a power of two.
    #[error("instruction {at}: what a division gives cannot be followed")]
    Division {
        /// Its index.
        at: usize,
    },
}

impl From<TooComplex> for ProgramError {
    fn from(_: TooComplex) -> ProgramError {
        ProgramError::TooComplex
    }
}

/// The bits of a register, lowest first.
type Word = [Function; 32];

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct WordId(u32);

/// What the registers hold.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct State {
    a: WordId,
    x: WordId,
    memory: [WordId; 16],
}

#[derive(Default)]
struct Words {
    words: Vec<Word>,
    ids: HashMap<Word, WordId>,
}

impl Words {
    fn id(&mut self, word: Word) -> WordId {
        let words = &mut self.words;
        *self.ids.entry(word).or_insert_with(|| {
            words.push(word);
            WordId(words.len() as u32 - 1)
        })
    }

    fn get(&self, id: WordId) -> Word {
        self.words[id.0 as usize]
    }
}

impl Space {
    /// What a program returns for every call.
    ///
    /// # Errors
    /// The kernel would refuse it, or it is too complex.
    pub fn program(&mut self, program: &[Insn]) -> Result<Function, ProgramError> {
        bpf::check(program)?;
        let mut words = Words::default();
        let zero = words.id([Space::NONE; 32]);
        let start = State {
            a: zero,
            x: zero,
            memory: [zero; 16],
        };
        let mut waiting: Vec<HashMap<State, Function>> = vec![HashMap::new(); program.len()];
        waiting[0].insert(start, Space::ALL);
        let mut returns: HashMap<u32, Function> = HashMap::new();
        let mut states = 0;
        for at in 0..program.len() {
            for (state, set) in mem::take(&mut waiting[at]) {
                states += 1;
                self.check()?;
                if states > MAX_STATES {
                    return Err(ProgramError::TooComplex);
                }
                let mut ended = |space: &mut Space, ret: u32, set: Function| {
                    let before = returns.get(&ret).copied().unwrap_or(Space::NONE);
                    let now = space.or(before, set);
                    returns.insert(ret, now);
                };
                let operation = program[at].operation();
                let mut next = state;
                match operation {
                    Operation::Return(k) => {
                        ended(self, k, set);
                        continue;
                    }
                    Operation::ReturnA => {
                        for (ret, part) in self.values(&words.get(state.a), set)? {
                            ended(self, ret, part);
                        }
                        continue;
                    }
                    Operation::Jump(skip) => {
                        self.arrive(&mut waiting, at + 1 + skip as usize, state, set);
                        continue;
                    }
                    Operation::Branch {
                        test,
                        operand,
                        jt,
                        jf,
                    } => {
                        let a = words.get(state.a);
                        let other = match operand {
                            Some(k) => constant(k),
                            None => words.get(state.x),
                        };
                        let holds = self.compare(test, &a, &other);
                        let yes = self.and(set, holds);
                        let fails = self.not(holds);
                        let no = self.and(set, fails);
                        self.arrive(&mut waiting, at + 1 + usize::from(jt), state, yes);
                        self.arrive(&mut waiting, at + 1 + usize::from(jf), state, no);
                        continue;
                    }
                    Operation::Load(offset) => next.a = words.id(self.loaded(offset)),
                    Operation::LoadLen => next.a = words.id(constant(DATA_LEN)),
                    Operation::LoadXLen => next.x = words.id(constant(DATA_LEN)),
                    Operation::LoadImm(k) => next.a = words.id(constant(k)),
                    Operation::LoadXImm(k) => next.x = words.id(constant(k)),
                    Operation::LoadMem(k) => next.a = state.memory[k as usize % 16],
                    Operation::LoadXMem(k) => next.x = state.memory[k as usize % 16],
                    Operation::Store(k) => next.memory[k as usize % 16] = state.a,
                    Operation::StoreX(k) => next.memory[k as usize % 16] = state.x,
                    Operation::Tax => next.x = state.a,
                    Operation::Txa => next.a = state.x,
                    Operation::Negate => {
                        let zero = constant(0);
                        let negated = self.subtract(&zero, &words.get(state.a));
                        next.a = words.id(negated);
                    }
                    Operation::Alu(op, operand) => {
                        let a = words.get(state.a);
                        let other = match operand {
                            Some(k) => constant(k),
                            None => words.get(state.x),
                        };
                        if op == bpf::Alu::Div {
                            // The kernel ends the filter with 0 on a division by zero.
                            let zero = self.compare(bpf::Test::Eq, &other, &constant(0));
                            let ends = self.and(set, zero);
                            if ends != Space::NONE {
                                ended(self, 0, ends);
                            }
                            let goes_on = self.not(zero);
                            let set = self.and(set, goes_on);
                            let divisor = as_constant(&other);
                            match divisor {
                                Some(0) => {}
                                Some(d) if d.is_power_of_two() => {
                                    next.a = words.id(shifted(&a, -(d.trailing_zeros() as i32)));
                                    self.arrive(&mut waiting, at + 1, next, set);
                                }
                                _ => return Err(ProgramError::Division { at }),
                            }
                            continue;
                        }
                        let result = self.arithmetic(op, &a, &other);
                        next.a = words.id(result);
                    }
                    Operation::Unknown => return Err(ProgramError::TooComplex),
                }
                self.arrive(&mut waiting, at + 1, next, set);
            }
        }
        let mut rets: Vec<(u32, Function)> = returns.into_iter().collect();
        rets.sort_unstable();
        let mut function = self.leaf(0);
        for (ret, set) in rets {
            let value = self.leaf(ret);
            function = self.choose(set, value, function);
        }
        self.check()?;
        Ok(function)
    }

    fn arrive(
        &mut self,
        waiting: &mut [HashMap<State, Function>],
        at: usize,
        state: State,
        set: Function,
    ) {
        if set == Space::NONE {
            return;
        }
        if let Some(here) = waiting.get_mut(at) {
            let before = here.get(&state).copied().unwrap_or(Space::NONE);
            let now = self.or(before, set);
            here.insert(state, now);
        }
    }

    /// The word at an offset of the data.
    fn loaded(&mut self, offset: u32) -> Word {
        let mut word = [Space::NONE; 32];
        for (low, bit) in (0u16..).zip(&mut word) {
            let high_first = 31 - low;
            *bit = match offset {
                OFF_NR => self.test(NR_BIT + high_first, Space::NONE, Space::ALL),
                OFF_ARCH => self.test(ARCH_BIT + high_first, Space::NONE, Space::ALL),
                _ => {
                    let first = if offset < OFF_ARGS {
                        IP_BIT
                    } else {
                        ARG_BIT + 64 * ((offset - OFF_ARGS) / 8) as u16
                    };
                    let upper = self.test(first + high_first, Space::NONE, Space::ALL);
                    let lower = self.test(first + 32 + high_first, Space::NONE, Space::ALL);
                    // Which half it is depends on the byte order, bit 30 of the architecture.
                    if (offset - OFF_IP).is_multiple_of(8) {
                        self.test(ARCH_BIT + 1, upper, lower)
                    } else {
                        self.test(ARCH_BIT + 1, lower, upper)
                    }
                }
            };
        }
        word
    }

    fn compare(&mut self, test: bpf::Test, a: &Word, b: &Word) -> Function {
        let mut result = match test {
            bpf::Test::Eq | bpf::Test::Ge => Space::ALL,
            bpf::Test::Gt | bpf::Test::Set => Space::NONE,
        };
        for (a, b) in a.iter().zip(b) {
            let not_b = self.not(*b);
            result = match test {
                bpf::Test::Eq => {
                    let same = self.choose(*a, *b, not_b);
                    self.and(same, result)
                }
                bpf::Test::Set => {
                    let both = self.and(*a, *b);
                    self.or(both, result)
                }
                bpf::Test::Gt | bpf::Test::Ge => {
                    // Decided here if the bits differ, further down if not.
                    let if_set = self.or(not_b, result);
                    let if_clear = self.and(not_b, result);
                    self.choose(*a, if_set, if_clear)
                }
            };
        }
        result
    }

    fn arithmetic(&mut self, op: bpf::Alu, a: &Word, b: &Word) -> Word {
        let mut bitwise = |op: fn(&mut Space, Function, Function) -> Function| {
            let mut word = *a;
            for (bit, other) in word.iter_mut().zip(b) {
                *bit = op(self, *bit, *other);
            }
            word
        };
        match op {
            bpf::Alu::And => bitwise(Space::and),
            bpf::Alu::Or => bitwise(Space::or),
            bpf::Alu::Xor => bitwise(Space::xor),
            bpf::Alu::Add => self.add_words(a, b, Space::NONE),
            bpf::Alu::Sub => self.subtract(a, b),
            bpf::Alu::Mul => {
                let mut sum = [Space::NONE; 32];
                for (low, bit) in (0..).zip(b) {
                    let part = shifted(a, low).map(|p| self.and(p, *bit));
                    sum = self.add_words(&sum, &part, Space::NONE);
                }
                sum
            }
            bpf::Alu::Lsh | bpf::Alu::Rsh => {
                // A shift by a register takes its low five bits.
                let mut word = *a;
                for (power, bit) in (0..5).zip(b) {
                    let by = 1 << power;
                    let moved = shifted(&word, if op == bpf::Alu::Lsh { by } else { -by });
                    for (kept, moved) in word.iter_mut().zip(moved) {
                        *kept = self.choose(*bit, moved, *kept);
                    }
                }
                word
            }
            // Handled where it can end the filter.
            bpf::Alu::Div => *a,
        }
    }

    fn xor(&mut self, a: Function, b: Function) -> Function {
        let not_b = self.not(b);
        self.choose(a, not_b, b)
    }

    fn add_words(&mut self, a: &Word, b: &Word, mut carry: Function) -> Word {
        let mut sum = [Space::NONE; 32];
        for ((a, b), out) in a.iter().zip(b).zip(&mut sum) {
            let half = self.xor(*a, *b);
            *out = self.xor(half, carry);
            carry = self.choose(half, carry, *a);
        }
        sum
    }

    fn subtract(&mut self, a: &Word, b: &Word) -> Word {
        let inverted = b.map(|bit| self.not(bit));
        self.add_words(a, &inverted, Space::ALL)
    }

    /// The values that a register has within a set, and the part of the set for each.
    fn values(&mut self, word: &Word, set: Function) -> Result<Vec<(u32, Function)>, ProgramError> {
        let mut parts = vec![(0u32, set)];
        for (low, bit) in word.iter().enumerate() {
            let mut next = Vec::with_capacity(parts.len());
            let clear = self.not(*bit);
            for (value, part) in parts {
                let without = self.and(part, clear);
                let with = self.and(part, *bit);
                let both = [(value, without), (value | 1 << low, with)];
                next.extend(both.into_iter().filter(|p| p.1 != Space::NONE));
            }
            if next.len() > MAX_RETURNS {
                return Err(ProgramError::TooComplex);
            }
            parts = next;
        }
        self.check()?;
        Ok(parts)
    }
}

fn constant(k: u32) -> Word {
    let mut word = [Space::NONE; 32];
    for (low, bit) in word.iter_mut().enumerate() {
        if k >> low & 1 == 1 {
            *bit = Space::ALL;
        }
    }
    word
}

fn as_constant(word: &Word) -> Option<u32> {
    let mut k = 0;
    for (low, bit) in word.iter().enumerate() {
        match *bit {
            Space::ALL => k |= 1 << low,
            Space::NONE => {}
            _ => return None,
        }
    }
    Some(k)
}

/// A register shifted to the left by `by`, to the right if that is negative.
fn shifted(word: &Word, by: i32) -> Word {
    let mut out = [Space::NONE; 32];
    for (low, bit) in (0i32..).zip(&mut out) {
        let from = usize::try_from(low - by).ok();
        if let Some(held) = from.and_then(|f| word.get(f)) {
            *bit = *held;
        }
    }
    out
}
