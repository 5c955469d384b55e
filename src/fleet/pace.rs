//! So many calls a second as KMS allows: one bucket for each operation of an account and Region. Others use the same quotas, so that a
//! bucket slows down when KMS throttles it, and grows again with every call that is not throttled.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::kms::{Operation, Pace};

/// Of each quota so much is used: KMS counts when a call arrives, and no two calls travel equally long.
const SHARE: f64 = 0.99;

/// After a throttled call the rate is so much of what it was.
const DECREASE: f64 = 0.9;

/// After every other call it grows by so much of the quota, and faster the longer none was throttled.
const INCREASE: f64 = 0.0003;
const CALM: f64 = 200.0;

/// It never falls below that share of the quota.
const LEAST: f64 = 0.02;

/// How many calls a second one account may make in one Region.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quotas {
    /// No operation has a quota.
    none: bool,
    /// Those that were adjusted.
    adjusted: HashMap<&'static str, f64>,
}

impl Quotas {
    /// No quotas at all: calls are made as they come.
    pub fn none() -> Self {
        Quotas { none: true, ..Quotas::default() }
    }

    /// With another rate for that operation, in calls a second.
    #[must_use]
    pub fn with(mut self, operation: Operation, rate: f64) -> Self {
        self.adjusted.insert(operation.name(), rate);
        self
    }

    /// The rate of an operation; `None` where it has no quota of its own that is known here.
    pub fn rate(&self, operation: Operation) -> Option<f64> {
        let adjusted = self.adjusted.get(operation.name()).copied();
        adjusted.or_else(|| operation.quota_per_second().filter(|_| !self.none).map(f64::from))
    }
}

/// The buckets of one account and Region.
#[derive(Debug)]
pub(crate) struct Lanes {
    quotas: Quotas,
    buckets: StdMutex<HashMap<Operation, Arc<Bucket>>>,
}

#[derive(Debug)]
struct Bucket {
    /// Whoever holds it is the next; the others wait in the order in which they came.
    next: Mutex<()>,
    state: StdMutex<Rate>,
}

#[derive(Debug)]
struct Rate {
    quota: f64,
    rate: f64,
    /// Calls since one was throttled.
    calm: f64,
    /// When the next call may be sent.
    next: Instant,
    /// When the rate was lowered last.
    slowed: Option<Instant>,
}

impl Lanes {
    pub(crate) fn new(quotas: Quotas) -> Self {
        Lanes { quotas, buckets: StdMutex::default() }
    }

    fn bucket(&self, operation: Operation) -> Option<Arc<Bucket>> {
        let quota = self.quotas.rate(operation)?;
        let mut buckets = lock(&self.buckets);
        Some(buckets.entry(operation).or_insert_with(|| Arc::new(Bucket::new(quota))).clone())
    }
}

impl Pace for Lanes {
    fn turn(&self, operation: Operation) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            if let Some(bucket) = self.bucket(operation) {
                bucket.turn().await;
            }
        })
    }

    fn answered(&self, operation: Operation, throttled: bool) {
        if let Some(bucket) = self.bucket(operation) {
            lock(&bucket.state).answered(throttled);
        }
    }
}

impl Bucket {
    fn new(quota: f64) -> Self {
        let rate = quota * SHARE;
        let state = Rate { quota, rate, calm: 0.0, next: Instant::now(), slowed: None };
        Bucket { next: Mutex::new(()), state: StdMutex::new(state) }
    }

    async fn turn(&self) {
        let _next = self.next.lock().await;
        loop {
            let at = match lock(&self.state).take() {
                None => return,
                Some(at) => at,
            };
            tokio::time::sleep_until(at).await;
        }
    }
}

impl Rate {
    /// Counts a call that may be sent now; otherwise says when it may. A call that comes a little late is made up for by the next one.
    fn take(&mut self) -> Option<Instant> {
        let now = Instant::now();
        if now < self.next {
            return Some(self.next);
        }
        self.next = self.next.max(now - self.slack()) + self.period();
        None
    }

    /// How much later than at its time a call may come without slowing down those after it: timers count milliseconds. KMS counts calls
    /// over a second, so that only where it allows less than two a second the next call must not come nearly too early.
    fn slack(&self) -> Duration {
        if self.quota < 2.0 { self.period().mul_f64(0.8 * (1.0 - SHARE)) } else { Duration::from_millis(20) }
    }

    fn period(&self) -> Duration {
        Duration::from_secs_f64((1.0 / self.rate).min(1e6))
    }

    fn answered(&mut self, throttled: bool) {
        if !throttled {
            self.calm += 1.0;
            let more = self.quota * INCREASE * (1.0 + self.calm / CALM);
            self.rate = (self.rate + more).min(self.quota * SHARE);
            return;
        }
        // Calls that were on their way together are one sign.
        if self.slowed.is_some_and(|at| at.elapsed() < self.period()) {
            return;
        }
        (self.calm, self.slowed) = (0.0, Some(Instant::now()));
        self.rate = (self.rate * DECREASE).max(self.quota * LEAST);
    }
}

fn lock<T>(mutex: &StdMutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const CALL: Operation = Operation::GetParametersForImport;

    #[tokio::test(start_paused = true)]
    async fn an_hour_of_calls_takes_an_hour_and_less_than_two_hundredths_more() {
        let (lanes, begun) = (Lanes::new(Quotas::default()), Instant::now());
        for _ in 0..3600 {
            lanes.turn(CALL).await;
            lanes.answered(CALL, false);
        }
        let seconds = begun.elapsed().as_secs_f64();
        assert!((3600.0..3600.0 * 1.02).contains(&seconds), "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn rows_take_turns_in_the_order_in_which_they_came_and_others_do_not_wait_for_them() {
        let lanes = Arc::new(Lanes::new(Quotas::default().with(CALL, 10.0)));
        let (done, begun) = (Arc::new(StdMutex::new(Vec::new())), Instant::now());
        let mut waiting = tokio::task::JoinSet::new();
        for row in 0..20 {
            let (lanes, done) = (lanes.clone(), done.clone());
            waiting.spawn(async move {
                lanes.turn(CALL).await;
                lock(&done).push(row);
            });
            tokio::task::yield_now().await;
        }
        lanes.turn(Operation::GenerateMac).await;
        lanes.turn(Operation::CreateKey).await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
        waiting.join_all().await;
        assert_eq!(*lock(&done), (0..20).collect::<Vec<_>>());
    }

    /// A server that allows `rate` calls a second, of which another client takes half for the first half of the time.
    #[tokio::test(start_paused = true)]
    async fn a_bucket_finds_what_others_leave_and_comes_back() {
        let lanes = Lanes::new(Quotas::default().with(CALL, 20.0));
        let (begun, calls, throttles) = (Instant::now(), AtomicUsize::new(0), AtomicUsize::new(0));
        let (mut tokens, mut filled) = (20.0_f64, Instant::now());
        let mut spans = [(0, 0); 2];
        for (span, left) in [10.0, 20.0].into_iter().enumerate() {
            let end = begun + Duration::from_secs(600 * (span as u64 + 1));
            while Instant::now() < end {
                lanes.turn(CALL).await;
                tokens = (tokens + filled.elapsed().as_secs_f64() * left).min(20.0);
                filled = Instant::now();
                let throttled = tokens < 1.0;
                lanes.answered(CALL, throttled);
                if throttled {
                    throttles.fetch_add(1, Ordering::Relaxed);
                } else {
                    tokens -= 1.0;
                    calls.fetch_add(1, Ordering::Relaxed);
                }
            }
            spans[span] = (calls.swap(0, Ordering::Relaxed), throttles.swap(0, Ordering::Relaxed));
        }
        let [(shared, throttled), (alone, later)] = spans;
        assert!(shared as f64 * 1.1 >= 6000.0, "{shared} of 6000");
        assert!(throttled * 100 < shared, "{throttled} of {shared}");
        assert!(alone as f64 * 1.1 >= 12000.0 && later == 0, "{alone} of 12000, {later} throttled");
    }
}
