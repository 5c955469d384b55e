//! How a fleet is run, and who hears of it.

use std::sync::Arc;

use super::super::check::Lane;
use super::super::entry::{Said, State};
use super::super::pace::Quotas;
use super::super::stop::Stop;
use super::super::task::Task;
use crate::kms::Region;
use crate::lifecycle::Error;
use crate::progress::Progress;
use crate::proof::Level;

/// How a fleet is run. [`FleetRun::new`] begins with the defaults of the command line.
pub struct FleetRun {
    /// What is done to each key.
    pub task: Task,
    /// How many calls a second each operation may have.
    pub quotas: Quotas,
    /// How many keys of an account and Region are under way at once.
    pub concurrency: usize,
    /// Ends the run after so many keys have failed; never without a number.
    pub stop_after: Option<u64>,
    /// How much is proven of each key.
    pub level: Level,
    /// Refuse a key that is there where not everything about it may be compared.
    pub strict: bool,
    /// Tells the run to stop.
    pub stop: Stop,
    /// Says an error in the words of the program.
    pub words: Arc<dyn Fn(&Error) -> Said + Send + Sync>,
    /// What is told while it runs.
    pub told: Arc<dyn Told>,
}

/// What is told of a fleet while it runs.
pub trait Told: Progress + Send + Sync {
    /// A lane of so many keys has begun.
    fn lane(&self, lane: &Lane, region: &Region) {
        let _ = (lane, region);
    }

    /// A key of that lane has come to an end: it is done now, was done before, or has failed.
    fn key(&self, lane: &Lane, state: State) {
        let _ = (lane, state);
    }
}

impl FleetRun {
    /// With KMS's own quotas, 64 keys at a time, and whatever `words` and `told` make of it.
    pub fn new(words: Arc<dyn Fn(&Error) -> Said + Send + Sync>, told: Arc<dyn Told>) -> Self {
        FleetRun {
            task: Task::Provision,
            quotas: Quotas::default(),
            concurrency: 64,
            stop_after: None,
            level: Level::Use,
            strict: false,
            stop: Stop::default(),
            words,
            told,
        }
    }
}
