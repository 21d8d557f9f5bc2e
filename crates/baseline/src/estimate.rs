//! How likely it is that a workload makes calls that its recordings have not.
//!
//! Good and Turing: if of N observations n were the only ones of their kind, the chance that the
//! next one is of a new kind is about n/N (Good 1953). The calls of one run hang together, so
//! where there are several runs, these are the observations: of R runs, q kinds came up in one
//! alone; then the next run may be expected to bring about q/R kinds that none before it had
//! (Chao and others 2014, for incidence data).

use std::fmt;

/// The chance of something new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Calls that were observed.
    pub calls: u64,
    /// Different calls, by what a profile tells apart.
    pub kinds: u64,
    /// Kinds that were observed once.
    pub once: u64,
    /// Runs.
    pub runs: u64,
    /// Kinds that one run alone had.
    pub in_one_run: u64,
}

impl Estimate {
    /// The chance that the next call is of a kind that was not observed; where every kind came up
    /// more than once, the largest chance that is likely to go unnoticed (95 %, 3/N).
    pub fn next_call(&self) -> f64 {
        if self.calls == 0 {
            return 1.0;
        }
        let n = if self.once == 0 { 3 } else { self.once };
        (n as f64 / self.calls as f64).min(1.0)
    }

    /// How many new kinds the next run may be expected to bring; `None` after one run.
    pub fn next_run(&self) -> Option<f64> {
        (self.runs > 1).then(|| self.in_one_run as f64 / self.runs as f64)
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = if self.runs == 1 { "run" } else { "runs" };
        write!(
            f,
            "{} calls of {} kinds in {} {runs}. ",
            self.calls, self.kinds, self.runs
        )?;
        let one_in = (1.0 / self.next_call()).round();
        if self.once == 0 {
            write!(
                f,
                "Every kind came up more than once: the chance that the next call is a new one is \
                 likely below 1 in {one_in}."
            )?;
        } else {
            write!(
                f,
                "{} of the kinds came up once: the chance that the next call is a new one is about \
                 1 in {one_in}.",
                self.once
            )?;
        }
        match self.next_run() {
            None => write!(
                f,
                " That holds for more of the same: one run says nothing about what other runs \
                 would do. Record more, and learn from all of them."
            ),
            Some(_) if self.in_one_run == 0 => write!(
                f,
                " No kind was in one run alone: nothing new is to be expected of the next run, if \
                 it is like these."
            ),
            Some(new) => write!(
                f,
                " {} of the kinds were in one run alone: about {new:.1} new ones are to be expected \
                 of the next run, if it is like these.",
                self.in_one_run
            ),
        }
    }
}
