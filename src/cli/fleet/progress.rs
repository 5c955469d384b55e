//! How far a run is: a line for each account and Region every ten seconds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kms_byok::Progress;
use kms_byok::fleet::{Lane, Place, State, Told};
use kms_byok::kms::Region;

use super::super::output::Stderr;

/// How often it is said.
pub(super) const EVERY: Duration = Duration::from_secs(10);

pub(super) struct Counts {
    talk: Arc<Stderr>,
    lanes: Mutex<BTreeMap<Place, Count>>,
    begun: Instant,
}

struct Count {
    name: String,
    keys: u64,
    done: u64,
    failed: u64,
}

impl Counts {
    pub(super) fn new(talk: Arc<Stderr>) -> Self {
        Counts { talk, lanes: Mutex::default(), begun: Instant::now() }
    }

    fn lanes(&self) -> MutexGuard<'_, BTreeMap<Place, Count>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says how far each account and Region is that is not at its end.
    pub(super) fn say(&self) {
        let seconds = self.begun.elapsed().as_secs_f64();
        for count in self.lanes().values().filter(|count| count.ended() < count.keys) {
            let rate = count.ended() as f64 / seconds;
            let left = if rate > 0.0 { (count.keys - count.ended()) as f64 / rate } else { 0.0 };
            let left = humantime::format_duration(Duration::from_secs(left.ceil() as u64));
            let left = if rate > 0.0 { format!(", {left} left") } else { String::new() };
            let Count { name, keys, done, failed } = count;
            self.talk.step(&format!("{name}: {done} of {keys} keys done, {failed} failed, {rate:.1} a second{left}"));
        }
    }
}

impl Count {
    fn ended(&self) -> u64 {
        self.done + self.failed
    }
}

impl Progress for Counts {
    fn step(&self, text: &str) {
        self.talk.detail(text);
    }

    fn warn(&self, text: &str) {
        self.talk.warn(text);
    }

    fn detail(&self, text: &str) {
        self.talk.detail(text);
    }
}

impl Told for Counts {
    fn lane(&self, lane: &Lane, region: &Region) {
        let place = [lane.place.profile.as_deref(), lane.place.role_arn.as_deref(), Some(region.as_str())];
        let name = place.into_iter().flatten().collect::<Vec<_>>().join(" ");
        self.lanes().insert(lane.place.clone(), Count { name, keys: lane.keys, done: 0, failed: 0 });
    }

    fn key(&self, lane: &Lane, state: State) {
        if let Some(count) = self.lanes().get_mut(&lane.place) {
            match state {
                State::Failed => count.failed += 1,
                State::Done | State::Begun => count.done += 1,
            }
        }
    }
}
