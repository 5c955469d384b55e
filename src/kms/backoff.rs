//! Waiting for KMS with bounded back-off.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use tokio::time::Instant;

/// Delays that double, up to a twelfth of the budget, until the budget is spent.
///
/// With the usual 60 s: 0.25 s, 0.5 s, 1 s, 2 s, 4 s, 5 s, 5 s… Each is shortened by up to a half at random, so that
/// many clients that were throttled together do not come back together.
pub(super) struct Backoff {
    budget: Duration,
    next: Duration,
    end: Instant,
}

impl Backoff {
    pub(super) fn new(budget: Duration) -> Self {
        Self::since(Instant::now(), budget)
    }

    /// The budget counts from an instant in the past.
    pub(super) fn since(start: Instant, budget: Duration) -> Self {
        Backoff { budget, next: budget / 240, end: start + budget }
    }

    /// The next delay; `None` when the budget is spent.
    pub(super) fn delay(&mut self) -> Option<Duration> {
        let left = self.end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
        let full = self.next.max(Duration::from_millis(1));
        self.next = (full * 2).min(self.budget / 12);
        Some(full.mul_f64(1.0 - jitter() / 2.0).min(left))
    }
}

/// 0 to 1, as unpredictable as the keys of std's hash maps; nothing secret depends on it.
fn jitter() -> f64 {
    RandomState::new().hash_one(0) as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_from_a_quarter_second_to_five_for_a_minute() {
        let mut backoff = Backoff::new(Duration::from_secs(60));
        for full in [0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0] {
            let delay = backoff.delay().unwrap().as_secs_f64();
            assert!(delay >= full / 2.0 - 0.001 && delay <= full + 0.001, "{delay} of {full}");
        }
    }

    #[test]
    fn no_delay_goes_beyond_the_budget() {
        let mut backoff = Backoff::new(Duration::from_millis(1));
        assert!(backoff.delay().unwrap() <= Duration::from_millis(1));
        let long_ago = Instant::now() - Duration::from_secs(10);
        assert!(Backoff::since(long_ago, Duration::from_secs(9)).delay().is_none());
        assert!(Backoff::new(Duration::ZERO).delay().is_none());
    }
}
