//! How long to wait before a failed delivery is repeated.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// Doubles from one failure to the next up to a limit, and scatters, so that many monitors do not
/// come back to a receiver at the same moment.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    most: Duration,
    next: Duration,
    random: u64,
}

/// The longest pause that a receiver is granted (http `Retry-After`).
const MOST_GRANTED: Duration = Duration::from_secs(300);

impl Backoff {
    pub(crate) fn new(first: Duration, most: Duration) -> Backoff {
        Backoff {
            first: first.min(most),
            most,
            next: first.min(most),
            random: random(),
        }
    }

    /// The next pause: from half of the current one to all of it; what the receiver `asked` for
    /// counts if that is longer.
    pub(crate) fn pause(&mut self, asked: Option<Duration>) -> Duration {
        let half = self.next / 2;
        // SplitMix64: any spread is good enough.
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.random;
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits ^= bits >> 27;
        let share = (bits >> 32) as f64 / f64::from(u32::MAX);
        let pause = half + half.mul_f64(share);
        self.next = (self.next * 2).min(self.most);
        pause.max(asked.unwrap_or_default().min(MOST_GRANTED))
    }

    /// After a success the next failure is a first one.
    pub(crate) fn reset(&mut self) {
        self.next = self.first;
    }
}

/// Bits that differ from process to process and from call to call.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_limit_and_begin_again() {
        let ms = Duration::from_millis;
        let mut backoff = Backoff::new(ms(100), ms(1000));
        for most in [100, 200, 400, 800, 1000, 1000] {
            let pause = backoff.pause(None);
            assert!(
                ms(most / 2) <= pause && pause <= ms(most),
                "{pause:?} {most}"
            );
        }
        backoff.reset();
        assert!(backoff.pause(None) <= ms(100));
        assert_eq!(backoff.pause(Some(ms(5000))), ms(5000));
        assert_eq!(backoff.pause(Some(MOST_GRANTED * 9)), MOST_GRANTED);
    }
}
