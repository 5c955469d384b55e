//! What ends a fleet as a whole. What is wrong with a row is a [`ManifestError`](super::ManifestError) or the error of its run.

use std::path::PathBuf;

use super::holder::Holder;
use crate::explain::{Explain, Hint, some};
use crate::lifecycle::Error;

/// What is wrong with a fleet.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum FleetError {
    #[error("the journal `{}` is in use by {holder}", .path.display())]
    JournalHeld { path: PathBuf, holder: Holder },
    #[error("the journal `{}` cannot be used", .path.display())]
    JournalUnusable { path: PathBuf, because: String },
    #[error("the fleet was stopped before this call")]
    FleetStopped,
}

impl Explain for FleetError {
    fn id(&self) -> &'static str {
        self.into()
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            FleetError::JournalHeld { .. } => some("wait until that run has ended, or give this one another manifest"),
            FleetError::JournalUnusable { .. } => {
                some("move the file away: a run without a journal finds its keys by their aliases and tags")
            }
            FleetError::FleetStopped => some("run the same command again"),
        }
    }

    fn because(&self) -> Option<String> {
        match self {
            FleetError::JournalUnusable { because, .. } => Some(because.clone()),
            _ => None,
        }
    }
}

impl From<FleetError> for Error {
    fn from(error: FleetError) -> Self {
        Error::Caller(Box::new(error))
    }
}
