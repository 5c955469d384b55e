//! What ends a fleet as a whole. What is wrong with a row is a [`ManifestError`](super::ManifestError) or the error of its run.

use std::path::PathBuf;

use super::holder::Holder;
use crate::explain::{Explain, Hint, Setting, hint, some};
use crate::kms::KeyArn;
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
    #[error("there is no key for the row `{id}`")]
    #[strum(serialize = "row_without_key")]
    NoKey { id: String },
    #[error("{arn} holds no key material")]
    #[strum(serialize = "key_empty")]
    Empty { arn: KeyArn },
    #[error("the key material expires {at}, and the row asks for no later time")]
    #[strum(serialize = "not_later")]
    NotLater { at: String },
    #[error("other key materials of {arn} expire, too: {ids}")]
    #[strum(serialize = "others_expire")]
    OthersExpire { arn: KeyArn, ids: String },
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
            FleetError::NoKey { .. } => some("make it first: run the fleet without another task"),
            FleetError::Empty { .. } => some("import its key material again: renew it"),
            FleetError::NotLater { .. } => some("write a later time, or a duration as in 90d, into the column expires"),
            FleetError::OthersExpire { .. } => hint!["import each of them with ", Setting::KeyMaterialId],
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
