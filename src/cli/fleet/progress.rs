//! How far a run is: a bar for each account and Region on a terminal, and a line every ten seconds elsewhere.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use humantime::{FormattedDuration, format_duration};
use kms_byok::Progress;
use kms_byok::fleet::{Lane, Place, Quotas, State, Task, Told};
use kms_byok::kms::{Operation, Region};
use unicode_width::UnicodeWidthStr;

use super::super::output::Stderr;

/// How often it is said.
pub(super) const EVERY: Duration = Duration::from_secs(10);

/// How many columns a bar has at least, and at most.
const BAR: RangeInclusive<usize> = 10..=40;

pub(super) struct Counts {
    talk: Arc<Stderr>,
    lanes: Mutex<BTreeMap<Place, Count>>,
    /// How many keys a second the quotas let come to an end.
    quota: Option<f64>,
    begun: Instant,
}

struct Count {
    name: String,
    keys: u64,
    done: u64,
    failed: u64,
}

impl Counts {
    pub(super) fn new(talk: Arc<Stderr>, task: &Task, quotas: &Quotas) -> Self {
        Counts { talk, lanes: Mutex::default(), quota: keys_a_second(task, quotas), begun: Instant::now() }
    }

    fn lanes(&self) -> MutexGuard<'_, BTreeMap<Place, Count>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says how far each account and Region is that is not at its end.
    pub(super) fn say(&self) {
        let seconds = self.begun.elapsed().as_secs_f64();
        for count in self.lanes().values().filter(|count| count.ended() < count.keys) {
            let left = count.left(seconds).map(|left| format!(", {left} left")).unwrap_or_default();
            let (rate, Count { name, keys, done, failed }) = (count.rate(seconds), count);
            self.talk.step(&format!("{name}: {done} of {keys} keys done, {failed} failed, {rate:.1} a second{left}"));
        }
    }

    /// The same as bars that fill up, so many columns wide.
    pub(super) fn bars(&self, columns: usize) -> Vec<String> {
        let seconds = self.begun.elapsed().as_secs_f64();
        let lanes = self.lanes();
        let name = lanes.values().map(|count| count.name.width()).max().unwrap_or(0);
        let texts: Vec<String> = lanes.values().map(|count| count.text(seconds, self.quota)).collect();
        let text = texts.iter().map(String::len).max().unwrap_or(0);
        // Two columns for its ends, and one on either side.
        let bar = columns.saturating_sub(name + text + 4).min(*BAR.end());
        let line = |(count, text): (&Count, String)| match bar {
            bar if BAR.contains(&bar) => {
                let gap = name - count.name.width();
                format!("{}{:gap$} [{}] {text}", count.name, "", count.bar(bar))
            }
            _ => format!("{} {text}", count.name),
        };
        lanes.values().zip(texts).map(line).collect()
    }
}

/// What the scarcest operation of the task allows.
fn keys_a_second(task: &Task, quotas: &Quotas) -> Option<f64> {
    let operations: &[Operation] = match task {
        Task::Provision => &[Operation::GetParametersForImport, Operation::CreateKey, Operation::ImportKeyMaterial],
        Task::Renew { .. } => &[Operation::GetParametersForImport, Operation::ImportKeyMaterial],
        Task::Rotate { .. } => {
            &[Operation::GetParametersForImport, Operation::ImportKeyMaterial, Operation::RotateKeyOnDemand]
        }
        Task::Verify => &[],
    };
    operations.iter().filter_map(|operation| quotas.rate(*operation)).reduce(f64::min)
}

impl Count {
    fn ended(&self) -> u64 {
        self.done + self.failed
    }

    fn rate(&self, seconds: f64) -> f64 {
        if seconds > 0.0 { self.ended() as f64 / seconds } else { 0.0 }
    }

    /// How long the rest takes; nothing before a key has come to its end.
    fn left(&self, seconds: f64) -> Option<FormattedDuration> {
        let rate = self.rate(seconds);
        let left = self.keys.saturating_sub(self.ended());
        (rate > 0.0).then(|| format_duration(Duration::from_secs((left as f64 / rate).ceil() as u64)))
    }

    fn text(&self, seconds: f64, quota: Option<f64>) -> String {
        let Count { keys, done, failed, .. } = self;
        let failed = if *failed > 0 { format!(", {failed} failed") } else { String::new() };
        let of = quota.map(|quota| format!(" of {quota}/s")).unwrap_or_default();
        let rate = format!(", {:.1}/s{of}", self.rate(seconds));
        let left = self.left(seconds).filter(|_| self.ended() < *keys);
        let left = left.map(|left| format!(", {left} left")).unwrap_or_default();
        format!("{done}/{keys} keys{failed}{rate}{left}")
    }

    fn bar(&self, columns: usize) -> String {
        let full = (self.ended().min(self.keys) as f64 / self.keys.max(1) as f64 * columns as f64) as usize;
        format!("{}{}", "#".repeat(full), "-".repeat(columns - full))
    }
}

impl Progress for Counts {
    fn step(&self, text: &str) {
        self.talk.detail(text);
    }

    fn note(&self, text: &str) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn count(done: u64, failed: u64) -> Count {
        Count { name: "us-east-1".to_owned(), keys: 3600, done, failed }
    }

    #[test]
    fn a_bar_tells_rate_quota_and_time_left() {
        assert_eq!(count(899, 1).text(1000.0, Some(1.0)), "899/3600 keys, 1 failed, 0.9/s of 1/s, 50m left");
        assert_eq!(count(0, 0).text(3.0, None), "0/3600 keys, 0.0/s");
        assert_eq!(count(3600, 0).text(3600.0, Some(15.5)), "3600/3600 keys, 1.0/s of 15.5/s");
        assert_eq!(count(899, 1).bar(20), format!("{}{}", "#".repeat(5), "-".repeat(15)));
        assert_eq!(count(3600, 5).bar(3), "###");
    }

    #[test]
    fn the_scarcest_operation_of_the_task_is_the_quota() {
        let quotas = Quotas::default();
        assert_eq!(keys_a_second(&Task::Provision, &quotas), Some(1.0));
        assert_eq!(keys_a_second(&Task::Verify, &quotas), None);
        let adjusted = quotas.with(Operation::GetParametersForImport, 100.0);
        assert_eq!(keys_a_second(&Task::Provision, &adjusted), Some(5.0));
        assert_eq!(keys_a_second(&Task::Provision, &Quotas::none()), None);
    }
}
